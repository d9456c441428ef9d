//! Sets of characters: sorted intervals of code points.
//!
//! The classes that depend on the Unicode database are exact below U+0250. Above, a character counts as one of a word
//! unless it lies in a block of punctuation. What is asked here (do two classes share a character an attacker can send,
//! does a class let a slash through) is decided far below, and a table of thousands of ranges would slow down all.

use std::sync::OnceLock;

/// Beyond this the classes of Unicode are coarse.
const COARSE: u32 = 0x250;

/// The largest code point of a text, and of bytes.
pub const LAST_CHARACTER: u32 = 0x0010_FFFF;
/// The largest byte.
pub const LAST_BYTE: u32 = 0xFF;

/// The first of ten decimal digits, for each script beyond ASCII in the Basic Multilingual Plane.
const DIGITS: &[u32] = &[
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6,
    0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50,
    0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
];

/// What `str.isspace` says, beyond ASCII.
const SPACES: &[(u32, u32)] = &[
    (0x85, 0x85),
    (0xa0, 0xa0),
    (0x1680, 0x1680),
    (0x2000, 0x200a),
    (0x2028, 0x2029),
    (0x202f, 0x202f),
    (0x205f, 0x205f),
    (0x3000, 0x3000),
];

/// Blocks without letters, beyond [`COARSE`].
const PUNCTUATION: &[(u32, u32)] = &[
    (0x1680, 0x1680),
    (0x2000, 0x206f),
    (0x3000, 0x3003),
    (0xd800, 0xf8ff),
    (0xff00, 0xff0f),
];

/// A set of characters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct CharSet {
    /// Inclusive; sorted, disjoint and not adjacent.
    ranges: Vec<(u32, u32)>,
}

impl CharSet {
    /// The characters in any of these inclusive ranges, which may overlap and stand in any order.
    pub fn of_ranges(mut ranges: Vec<(u32, u32)>) -> Self {
        ranges.retain(|&(first, last)| first <= last);
        ranges.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match merged.last_mut() {
                Some(before) if first <= before.1.saturating_add(1) => {
                    before.1 = before.1.max(last);
                }
                _ => merged.push((first, last)),
            }
        }
        Self { ranges: merged }
    }

    /// One character.
    pub fn of(character: u32) -> Self {
        Self {
            ranges: vec![(character, character)],
        }
    }

    /// All characters up to `last`.
    pub fn up_to(last: u32) -> Self {
        Self {
            ranges: vec![(0, last)],
        }
    }

    /// The inclusive ranges, sorted.
    pub fn ranges(&self) -> &[(u32, u32)] {
        &self.ranges
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Whether it has `character`.
    pub fn contains(&self, character: u32) -> bool {
        let after = self
            .ranges
            .partition_point(|&(first, _)| first <= character);
        after > 0 && self.ranges[after - 1].1 >= character
    }

    /// Whether it has `character`.
    pub fn has(&self, character: char) -> bool {
        self.contains(u32::from(character))
    }

    /// All characters of both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut ranges = self.ranges.clone();
        ranges.extend_from_slice(&other.ranges);
        Self::of_ranges(ranges)
    }

    /// The characters that are in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let mut ranges = Vec::new();
        self.overlaps(other, |first, last| {
            ranges.push((first, last));
            false
        });
        Self { ranges }
    }

    /// Whether a character is in both.
    pub fn intersects(&self, other: &Self) -> bool {
        self.overlaps(other, |_, _| true)
    }

    /// Calls `found` with each common range until it says true, and tells whether it did.
    fn overlaps(&self, other: &Self, mut found: impl FnMut(u32, u32) -> bool) -> bool {
        let (mut left, mut right) = (0, 0);
        while let (Some(&a), Some(&b)) = (self.ranges.get(left), other.ranges.get(right)) {
            let (first, last) = (a.0.max(b.0), a.1.min(b.1));
            if first <= last && found(first, last) {
                return true;
            }
            if a.1 <= b.1 {
                left += 1;
            } else {
                right += 1;
            }
        }
        false
    }

    /// The characters up to `last` that are not in it.
    #[must_use]
    pub fn complement(&self, last: u32) -> Self {
        let mut ranges = Vec::with_capacity(self.ranges.len() + 1);
        let mut next = 0;
        for &(from, to) in &self.ranges {
            if from > last {
                break;
            }
            if from > next {
                ranges.push((next, from - 1));
            }
            next = to.saturating_add(1);
        }
        if next <= last {
            ranges.push((next, last));
        }
        Self { ranges }
    }

    /// With the other case of each letter, as `re.IGNORECASE` adds it.
    #[must_use]
    pub fn fold(&self, ascii_only: bool) -> Self {
        /// Larger ranges beyond [`COARSE`] have both cases anyway.
        const SMALL: u32 = 64;
        let mut ranges = self.ranges.clone();
        for &(first, last) in &self.ranges {
            let end = if ascii_only {
                0x80
            } else if last < COARSE || last - first <= SMALL {
                last.saturating_add(1)
            } else {
                COARSE
            };
            for code in first..end.min(last.saturating_add(1)) {
                let Some(character) = char::from_u32(code) else {
                    continue;
                };
                if ascii_only {
                    let other = if character.is_ascii_lowercase() {
                        character.to_ascii_uppercase()
                    } else {
                        character.to_ascii_lowercase()
                    };
                    ranges.push((u32::from(other), u32::from(other)));
                    continue;
                }
                for other in character.to_lowercase().chain(character.to_uppercase()) {
                    ranges.push((u32::from(other), u32::from(other)));
                }
                // What lies elsewhere and folds to an ASCII letter.
                let foreign: &[u32] = match character {
                    'k' | 'K' => &[0x212a],
                    's' | 'S' => &[0x17f],
                    'i' | 'I' => &[0x130, 0x131],
                    _ => &[],
                };
                ranges.extend(foreign.iter().map(|&other| (other, other)));
            }
        }
        Self::of_ranges(ranges)
    }

    /// The character that reads best in a message, else the first.
    pub fn representative(&self) -> Option<u32> {
        preferred()
            .chain(0x21..0x7f)
            .find(|&code| self.contains(code))
            .or_else(|| self.ranges.first().map(|&(first, _)| first))
    }
}

/// Characters that read well in a message, the best first.
pub fn preferred() -> impl Iterator<Item = u32> {
    "a0A xbB1-_.,:;/=\"'<>()[]{}!#@\t\n\u{e9}"
        .chars()
        .map(u32::from)
}

/// What `\d` matches in ASCII.
const ASCII_DIGITS: (u32, u32) = (0x30, 0x39);
/// What `\w` matches in ASCII.
const ASCII_WORD: &[(u32, u32)] = &[(0x30, 0x39), (0x41, 0x5a), (0x5f, 0x5f), (0x61, 0x7a)];

/// What `\d` matches.
pub fn digits(ascii: bool) -> CharSet {
    static UNICODE: OnceLock<CharSet> = OnceLock::new();
    if ascii {
        return CharSet::of_ranges(vec![ASCII_DIGITS]);
    }
    UNICODE
        .get_or_init(|| {
            let mut ranges = vec![ASCII_DIGITS];
            ranges.extend(DIGITS.iter().map(|&first| (first, first + 9)));
            CharSet::of_ranges(ranges)
        })
        .clone()
}

/// What `\s` matches.
pub fn spaces(ascii: bool) -> CharSet {
    let mut ranges = vec![(0x09, 0x0d), (0x20, 0x20)];
    if !ascii {
        ranges.push((0x1c, 0x1f));
        ranges.extend_from_slice(SPACES);
    }
    CharSet::of_ranges(ranges)
}

/// What `\w` matches.
pub fn word(ascii: bool) -> CharSet {
    static UNICODE: OnceLock<CharSet> = OnceLock::new();
    if ascii {
        return CharSet {
            ranges: ASCII_WORD.to_vec(),
        };
    }
    UNICODE
        .get_or_init(|| {
            let mut ranges = ASCII_WORD.to_vec();
            ranges.extend(
                (0x80..COARSE)
                    .filter(|&code| char::from_u32(code).is_some_and(char::is_alphanumeric))
                    .map(|code| (code, code)),
            );
            let low = CharSet::of_ranges(ranges);
            let mut others = PUNCTUATION.to_vec();
            others.push((0, COARSE - 1));
            low.union(&CharSet::of_ranges(others).complement(LAST_CHARACTER))
        })
        .clone()
}

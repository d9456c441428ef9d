//! Escapes, and what stands between brackets.

use super::charset::{self, CharSet, LAST_BYTE};
use super::pattern::Assertion;

/// What an escape means.
pub(super) enum Escape {
    Character(u32),
    Class(CharSet),
    Assertion(Assertion),
    Group(u32),
}

/// Reads an escape, after its backslash at `at`; `inside` a class some letters mean something else.
pub(super) fn escape(
    source: &[char],
    at: &mut usize,
    ascii: bool,
    last: u32,
    inside: bool,
) -> Option<Escape> {
    let letter = *source.get(*at)?;
    *at += 1;
    let class = |set: CharSet, negated: bool| {
        Escape::Class(if negated { set.complement(last) } else { set })
    };
    let escape = match letter {
        'd' | 'D' => class(charset::digits(ascii), letter == 'D'),
        's' | 'S' => class(charset::spaces(ascii), letter == 'S'),
        'w' | 'W' => class(charset::word(ascii), letter == 'W'),
        'b' if inside => Escape::Character(8),
        'b' => Escape::Assertion(Assertion::Boundary),
        'B' if !inside => Escape::Assertion(Assertion::NotBoundary),
        'A' if !inside => Escape::Assertion(Assertion::TextStart),
        'Z' | 'z' if !inside => Escape::Assertion(Assertion::TextEnd),
        'a' => Escape::Character(7),
        'f' => Escape::Character(12),
        'n' => Escape::Character(10),
        'r' => Escape::Character(13),
        't' => Escape::Character(9),
        'v' => Escape::Character(11),
        'x' => Escape::Character(hexadecimal(source, at, 2)?),
        'u' if last > LAST_BYTE => Escape::Character(hexadecimal(source, at, 4)?),
        'U' if last > LAST_BYTE => Escape::Character(hexadecimal(source, at, 8)?),
        // The names of characters are not known here; any one character stands for it.
        'N' if last > LAST_BYTE => {
            if source.get(*at) != Some(&'{') {
                return None;
            }
            while *source.get(*at)? != '}' {
                *at += 1;
            }
            *at += 1;
            Escape::Character(0xfffd)
        }
        '0'..='9' => number(source, at, letter, inside)?,
        letter if letter.is_ascii_alphabetic() => return None,
        letter => Escape::Character(u32::from(letter)),
    };
    Some(escape)
}

/// Exactly so many hexadecimal digits.
fn hexadecimal(source: &[char], at: &mut usize, digits: usize) -> Option<u32> {
    let mut code = 0_u32;
    for character in source.get(*at..*at + digits)? {
        code = code.checked_mul(16)?.checked_add(character.to_digit(16)?)?;
    }
    *at += digits;
    (code <= charset::LAST_CHARACTER).then_some(code)
}

/// An octal escape or the number of a group.
fn number(source: &[char], at: &mut usize, first: char, inside: bool) -> Option<Escape> {
    let octal_at = |at: usize| source.get(at).and_then(|digit| digit.to_digit(8));
    let value = first.to_digit(10)?;
    if first == '0' || inside {
        let mut code = first.to_digit(8)?;
        for _ in 0..2 {
            let Some(digit) = octal_at(*at) else { break };
            code = code * 8 + digit;
            *at += 1;
        }
        return (code <= 0o377).then_some(Escape::Character(code));
    }
    let Some(second) = source.get(*at).and_then(|digit| digit.to_digit(10)) else {
        return Some(Escape::Group(value));
    };
    if value < 8
        && second < 8
        && let Some(third) = octal_at(*at + 1)
    {
        *at += 2;
        let code = value * 64 + second * 8 + third;
        return (code <= 0o377).then_some(Escape::Character(code));
    }
    *at += 1;
    Some(Escape::Group(value * 10 + second))
}

/// Reads a class, after its bracket at `at`: the characters listed, and whether all others are meant.
pub(super) fn class(
    source: &[char],
    at: &mut usize,
    ascii: bool,
    last: u32,
) -> Option<(CharSet, bool)> {
    let negated = source.get(*at) == Some(&'^');
    *at += usize::from(negated);
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    let mut is_first = true;
    loop {
        let character = *source.get(*at)?;
        *at += 1;
        if character == ']' && !is_first {
            break;
        }
        is_first = false;
        let Some(low) = member(source, at, character, ascii, last, &mut ranges)? else {
            // A class has no range; a hyphen after it must be the last.
            if source.get(*at) == Some(&'-') && source.get(*at + 1).is_some_and(|next| *next != ']')
            {
                return None;
            }
            continue;
        };
        if source.get(*at) != Some(&'-') {
            ranges.push((low, low));
            continue;
        }
        let character = *source.get(*at + 1)?;
        if character == ']' {
            ranges.push((low, low));
            continue;
        }
        *at += 2;
        // A class at the end of a range is refused.
        let high = member(source, at, character, ascii, last, &mut ranges)??;
        if high < low {
            return None;
        }
        ranges.push((low, high));
    }
    Some((CharSet::of_ranges(ranges), negated))
}

/// One character of a class, or the inner nothing for an escape that is a class, which is added to `ranges`.
#[allow(clippy::option_option)]
fn member(
    source: &[char],
    at: &mut usize,
    character: char,
    ascii: bool,
    last: u32,
    ranges: &mut Vec<(u32, u32)>,
) -> Option<Option<u32>> {
    if character != '\\' {
        return Some(Some(u32::from(character)));
    }
    match escape(source, at, ascii, last, true)? {
        Escape::Character(code) => Some(Some(code)),
        Escape::Class(set) => {
            ranges.extend_from_slice(set.ranges());
            Some(None)
        }
        Escape::Assertion(_) | Escape::Group(_) => None,
    }
}

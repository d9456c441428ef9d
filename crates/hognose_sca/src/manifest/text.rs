//! Bytes to text, and offsets to lines.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use hognose_finding::{Position, Range};

/// Bytes of the decoded text.
pub(crate) type Span = std::ops::Range<usize>;

/// Decodes a manifest the way pip does: a byte order mark, a PEP 263 line, else UTF-8. The second part says what did
/// not fit; those bytes stand in the text as U+FFFD.
pub(crate) fn decode(bytes: &[u8]) -> (Cow<'_, str>, Option<String>) {
    // UTF-32 first: its little-endian mark begins with that of UTF-16.
    for (mark, big_endian) in [([0xff, 0xfe, 0, 0], false), ([0, 0, 0xfe, 0xff], true)] {
        if let Some(rest) = bytes.strip_prefix(&mark) {
            let (text, bad) = decode_utf32(rest, big_endian);
            return (Cow::Owned(text), bad.then(|| "invalid UTF-32".to_owned()));
        }
    }
    let marks: [(&[u8], &'static Encoding); 3] = [
        (&[0xef, 0xbb, 0xbf], UTF_8),
        (&[0xff, 0xfe], UTF_16LE),
        (&[0xfe, 0xff], UTF_16BE),
    ];
    for (mark, encoding) in marks {
        if let Some(rest) = bytes.strip_prefix(mark) {
            return decode_as(rest, encoding);
        }
    }
    match declared(bytes) {
        None => decode_as(bytes, UTF_8),
        Some(label) => match named(&label) {
            Some(encoding) => decode_as(bytes, encoding),
            None => {
                let (text, _) = decode_as(bytes, UTF_8);
                (text, Some(format!("unknown encoding `{label}`")))
            }
        },
    }
}

/// The encoding that Python calls so. Its spellings are freer than those of the web.
fn named(label: &str) -> Option<&'static Encoding> {
    let label = label.strip_suffix("-sig").unwrap_or(label);
    let plain = label.replace('-', "");
    Encoding::for_label(label.as_bytes()).or_else(|| Encoding::for_label(plain.as_bytes()))
}

fn decode_as<'b>(bytes: &'b [u8], encoding: &'static Encoding) -> (Cow<'b, str>, Option<String>) {
    let (text, bad) = encoding.decode_without_bom_handling(bytes);
    (text, bad.then(|| format!("invalid {}", encoding.name())))
}

fn decode_utf32(bytes: &[u8], big_endian: bool) -> (String, bool) {
    let chunks = bytes.chunks_exact(4);
    let mut bad = !chunks.remainder().is_empty();
    let text = chunks
        .map(|chunk| {
            let unit = [chunk[0], chunk[1], chunk[2], chunk[3]];
            let code = if big_endian {
                u32::from_be_bytes(unit)
            } else {
                u32::from_le_bytes(unit)
            };
            char::from_u32(code).unwrap_or_else(|| {
                bad = true;
                char::REPLACEMENT_CHARACTER
            })
        })
        .collect();
    (text, bad)
}

/// The encoding that one of the first two lines declares in a comment: `# -*- coding: latin-1 -*-`.
fn declared(bytes: &[u8]) -> Option<String> {
    bytes.split(|byte| *byte == b'\n').take(2).find_map(|line| {
        let line = line.trim_ascii_start();
        if line.first() != Some(&b'#') {
            return None;
        }
        let at = line.windows(6).position(|window| window == b"coding")?;
        let rest = line[at + 6..]
            .strip_prefix(b":")
            .or_else(|| line[at + 6..].strip_prefix(b"="))?;
        let label: String = rest
            .trim_ascii_start()
            .iter()
            .map(|byte| char::from(*byte))
            .take_while(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c))
            .take(64)
            .collect();
        (!label.is_empty()).then(|| label.to_ascii_lowercase().replace('_', "-"))
    })
}

/// Bytes between two counts of characters.
const STRIDE: usize = 4096;

/// Where the lines of a text begin, and how many characters come before a place. A column costs a look at no more than
/// two strides, however long the line is.
pub(crate) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
    /// Characters that begin before each multiple of `STRIDE`. Empty if all are one byte long.
    counts: Vec<usize>,
}

impl<'t> Lines<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (at, byte) in bytes.iter().enumerate() {
            if *byte == b'\n' || *byte == b'\r' && bytes.get(at + 1) != Some(&b'\n') {
                starts.push(at + 1);
            }
        }
        let mut counts = Vec::new();
        if !text.is_ascii() {
            let mut count = 0;
            for chunk in bytes.chunks(STRIDE) {
                counts.push(count);
                count += chars_in(chunk);
            }
        }
        Lines {
            text,
            starts,
            counts,
        }
    }

    /// The range of `span`, which is cut to the text.
    pub(crate) fn range(&self, span: &Span) -> Range {
        let start = self.position(span.start);
        Range {
            start,
            end: self.position(span.end.max(span.start)),
        }
    }

    fn position(&self, offset: usize) -> Position {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.starts.partition_point(|start| *start <= offset);
        let column = self.chars_before(offset) - self.chars_before(self.starts[line - 1]);
        Position {
            line: line as u32,
            column: column as u32 + 1,
            offset: offset as u32,
        }
    }

    fn chars_before(&self, offset: usize) -> usize {
        match self.counts.get(offset / STRIDE) {
            Some(count) => {
                count + chars_in(&self.text.as_bytes()[offset / STRIDE * STRIDE..offset])
            }
            // The end of a text that fills its last stride.
            None if !self.counts.is_empty() => {
                let from = (self.counts.len() - 1) * STRIDE;
                self.counts[self.counts.len() - 1] + chars_in(&self.text.as_bytes()[from..offset])
            }
            None => offset,
        }
    }
}

/// How many characters begin in `bytes` of UTF-8.
fn chars_in(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| (**byte as i8) >= -0x40).count()
}

#[cfg(test)]
mod tests {
    use super::{Lines, decode};

    #[track_caller]
    fn decodes(bytes: &[u8], text: &str, problem: Option<&str>) {
        let (found, said) = decode(bytes);
        assert_eq!((&*found, said.as_deref()), (text, problem));
    }

    #[test]
    fn every_encoding_of_pip() {
        let utf16 = |le: bool| -> Vec<u8> {
            "\u{feff}é==1"
                .encode_utf16()
                .flat_map(|unit| {
                    if le {
                        unit.to_le_bytes()
                    } else {
                        unit.to_be_bytes()
                    }
                })
                .collect()
        };
        let utf32 = |le: bool| -> Vec<u8> {
            "\u{feff}é==1"
                .chars()
                .map(u32::from)
                .flat_map(|unit| {
                    if le {
                        unit.to_le_bytes()
                    } else {
                        unit.to_be_bytes()
                    }
                })
                .collect()
        };
        decodes("é==1".as_bytes(), "é==1", None);
        decodes("\u{feff}é==1".as_bytes(), "é==1", None);
        decodes(&utf16(true), "é==1", None);
        decodes(&utf16(false), "é==1", None);
        decodes(&utf32(true), "é==1", None);
        decodes(&utf32(false), "é==1", None);
        decodes(
            b"# -*- coding: latin_1 -*-\n# \xe9",
            "# -*- coding: latin_1 -*-\n# é",
            None,
        );
        decodes(
            b"a\n# vim: set fileencoding=cp1252 :\n# \x80",
            "a\n# vim: set fileencoding=cp1252 :\n# €",
            None,
        );
        decodes(
            b"# coding: klingon\na",
            "# coding: klingon\na",
            Some("unknown encoding `klingon`"),
        );
        decodes(b"a\xff", "a\u{fffd}", Some("invalid UTF-8"));
        decodes(b"\xff\xfe\0\0a\0", "", Some("invalid UTF-32"));
    }

    #[test]
    fn positions_count_characters_of_all_line_ends() {
        let text = "é\r\nxé\rz\n\u{1f40d}y";
        let lines = Lines::new(text);
        let at = |needle: &str| {
            let offset = text.find(needle).unwrap();
            let start = lines.range(&(offset..offset + 1)).start;
            (start.line, start.column, start.offset as usize)
        };
        assert_eq!(at("x"), (2, 1, 4));
        assert_eq!(at("z"), (3, 1, 8));
        assert_eq!(at("y"), (4, 2, 14));
        let long = "é".repeat(10_000);
        let end = Lines::new(&long).range(&(0..usize::MAX)).end;
        assert_eq!((end.line, end.column, end.offset), (1, 10_001, 20_000));
        let full = "é".repeat(super::STRIDE / 2);
        assert_eq!(Lines::new(&full).range(&(0..full.len())).end.column, 2049);
    }
}

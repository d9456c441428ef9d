//! Bytes to text, and offsets to lines.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use hognose_finding::{Position, Range};

use crate::ir::Span;

/// A file's text and how it was stored.
#[derive(Debug)]
pub struct Decoded<'a> {
    /// The text, without a byte order mark.
    pub text: Cow<'a, str>,
    /// How the bytes were read.
    pub encoding: SourceEncoding,
    /// What did not fit, if anything: those bytes stand in `text` as U+FFFD.
    pub problem: Option<String>,
}

/// How a source file stores its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceEncoding {
    encoding: &'static Encoding,
    /// ISO 8859-1 proper: `encoding_rs` follows the web, which reads that name as Windows-1252.
    latin1: bool,
    /// Starts with a UTF-8 byte order mark.
    pub byte_order_mark: bool,
}

impl SourceEncoding {
    /// Whether offsets into the text are offsets into the file, byte order mark aside.
    pub fn is_utf8(self) -> bool {
        self.encoding == UTF_8
    }

    /// `text` as it is stored, or nothing if the encoding has no way to.
    pub fn encode(self, text: &str) -> Option<Vec<u8>> {
        if self.latin1 {
            return text
                .chars()
                .map(|c| u8::try_from(u32::from(c)).ok())
                .collect();
        }
        if self.encoding == UTF_16LE || self.encoding == UTF_16BE {
            return None;
        }
        let (bytes, _, unmappable) = self.encoding.encode(text);
        if unmappable {
            return None;
        }
        let mut stored = Vec::with_capacity(bytes.len() + 3);
        if self.byte_order_mark {
            stored.extend(BOM);
        }
        stored.extend_from_slice(&bytes);
        Some(stored)
    }
}

const BOM: [u8; 3] = [0xef, 0xbb, 0xbf];

/// Decodes a Python source file: byte order mark, PEP 263 declaration, else UTF-8.
pub fn decode(bytes: &[u8]) -> Decoded<'_> {
    let of = |encoding, byte_order_mark| SourceEncoding {
        encoding,
        latin1: false,
        byte_order_mark,
    };
    for (mark, encoding) in [([0xff, 0xfe], UTF_16LE), ([0xfe, 0xff], UTF_16BE)] {
        if let Some(rest) = bytes.strip_prefix(&mark) {
            let (text, malformed) = encoding.decode_without_bom_handling(rest);
            return Decoded {
                text,
                encoding: of(encoding, true),
                problem: Some(if malformed {
                    "neither UTF-8 nor UTF-16; Python cannot read this file".to_owned()
                } else {
                    "stored as UTF-16, which Python cannot read; analysed all the same".to_owned()
                }),
            };
        }
    }
    let (bytes, byte_order_mark) = match bytes.strip_prefix(&BOM) {
        Some(rest) => (rest, true),
        None => (bytes, false),
    };
    let declared = if byte_order_mark {
        None
    } else {
        declared_encoding(bytes)
    };
    let contradiction = declared_encoding(bytes)
        .filter(|name| byte_order_mark && !is_utf8_name(name))
        .map(|name| format!("declared as {name}, but starts with the mark of UTF-8; Python cannot read this file"));
    match declared {
        None => {}
        Some(name) if is_utf8_name(&name) => {}
        Some(name)
            if matches!(
                name.as_str(),
                "latin-1" | "iso-8859-1" | "latin1" | "iso8859-1" | "l1" | "8859"
            ) =>
        {
            let text = match std::str::from_utf8(bytes) {
                Ok(text) if text.is_ascii() => Cow::Borrowed(text),
                _ => Cow::Owned(bytes.iter().map(|&byte| char::from(byte)).collect()),
            };
            let encoding = SourceEncoding {
                encoding: WINDOWS_1252,
                latin1: true,
                byte_order_mark: false,
            };
            return Decoded {
                text,
                encoding,
                problem: None,
            };
        }
        Some(name) => {
            let label = name.replace('_', "-");
            match Encoding::for_label(label.as_bytes())
                .or_else(|| Encoding::for_label(code_page(&label).as_bytes()))
            {
                Some(encoding) => {
                    let (text, malformed) = encoding.decode_without_bom_handling(bytes);
                    let problem = malformed
                        .then(|| format!("bytes that are not {name}, the declared encoding"));
                    return Decoded {
                        text,
                        encoding: of(encoding, false),
                        problem,
                    };
                }
                None => {
                    let (text, _) = UTF_8.decode_without_bom_handling(bytes);
                    let problem =
                        Some(format!("unknown encoding `{name}` declared; read as UTF-8"));
                    return Decoded {
                        text,
                        encoding: of(UTF_8, false),
                        problem,
                    };
                }
            }
        }
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Decoded {
            text: Cow::Borrowed(text),
            encoding: of(UTF_8, byte_order_mark),
            problem: contradiction,
        },
        Err(error) => Decoded {
            text: String::from_utf8_lossy(bytes),
            encoding: of(UTF_8, byte_order_mark),
            problem: Some(format!(
                "invalid UTF-8 at byte {}; Python cannot read this file",
                error.valid_up_to()
            )),
        },
    }
}

fn is_utf8_name(name: &str) -> bool {
    matches!(
        name,
        "utf-8" | "utf8" | "utf_8" | "ascii" | "us-ascii" | "utf-8-sig" | "utf_8_sig" | "u8"
    ) || name.starts_with("utf-8-")
}

/// Python's `cp1251` is the web's `windows-1251`.
fn code_page(name: &str) -> String {
    name.strip_prefix("cp")
        .map_or_else(|| name.to_owned(), |number| format!("windows-{number}"))
}

/// The encoding named in one of the first two lines (PEP 263), lower case.
fn declared_encoding(bytes: &[u8]) -> Option<String> {
    for line in bytes.split(|&byte| byte == b'\n').take(2) {
        let line = &line[..line.len().min(512)];
        let text = line.trim_ascii_start();
        let Some(comment) = text.strip_prefix(b"#") else {
            if text.is_empty() || text == b"\x0c" {
                continue;
            }
            return None;
        };
        let Some(at) = memchr::memmem::find(comment, b"coding") else {
            continue;
        };
        let rest = &comment[at + b"coding".len()..];
        let Some(rest) = rest.strip_prefix(b":").or_else(|| rest.strip_prefix(b"=")) else {
            continue;
        };
        let name: String = rest
            .iter()
            .skip_while(|byte| matches!(byte, b' ' | b'\t'))
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
            .map(|&byte| char::from(byte.to_ascii_lowercase()))
            .collect();
        if !name.is_empty() {
            return Some(name);
        }
    }
    None
}

/// Where the lines of a text begin. Lines end with `\n`, `\r\n` or `\r`, as for Python.
#[derive(Debug)]
pub struct LineIndex<'a> {
    text: &'a str,
    starts: Vec<u32>,
    /// Each byte is a column: a line may be very long and be asked about very often.
    is_ascii: bool,
}

impl<'a> LineIndex<'a> {
    /// Finds the lines of `text`.
    pub fn new(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
            if bytes[at] == b'\r' && bytes.get(at + 1) == Some(&b'\n') {
                continue;
            }
            starts.push(at as u32 + 1);
        }
        LineIndex {
            text,
            starts,
            is_ascii: text.is_ascii(),
        }
    }

    /// Number of lines; a final newline does not start another.
    pub fn count(&self) -> u32 {
        let last = self.starts.last().copied().unwrap_or(0);
        self.starts.len() as u32 - u32::from(last as usize == self.text.len())
    }

    /// Line, column and offset of a byte offset; past the end counts as the end.
    pub fn position(&self, offset: u32) -> Position {
        let mut offset = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self
            .starts
            .partition_point(|&start| start as usize <= offset)
            - 1;
        let start = self.starts[line] as usize;
        let column = if self.is_ascii {
            (offset - start) as u32
        } else {
            bytecount_chars(&self.text[start..offset])
        };
        Position {
            line: line as u32 + 1,
            column: column + 1,
            offset: offset as u32,
        }
    }

    /// The same for both ends.
    pub fn range(&self, span: Span) -> Range {
        Range {
            start: self.position(span.start),
            end: self.position(span.end.max(span.start)),
        }
    }

    /// Where line `number` (1-based) begins; past the last line, the end.
    pub fn start(&self, number: u32) -> u32 {
        let index = number.saturating_sub(1) as usize;
        let start = self.starts.get(index).copied();
        start.unwrap_or(self.text.len() as u32)
    }

    /// The text of line `number` (1-based), without its end.
    pub fn line(&self, number: u32) -> &'a str {
        let index = number.saturating_sub(1) as usize;
        let Some(&start) = self.starts.get(index) else {
            return "";
        };
        let end = self
            .starts
            .get(index + 1)
            .map_or(self.text.len(), |&end| end as usize);
        self.text[start as usize..end].trim_end_matches(['\n', '\r'])
    }
}

fn bytecount_chars(text: &str) -> u32 {
    text.bytes().filter(|byte| byte & 0xc0 != 0x80).count() as u32
}

/// Number of lines in `text`; a final newline does not start another.
pub(crate) fn count_lines(text: &str) -> u32 {
    let newlines = memchr::memchr_iter(b'\n', text.as_bytes()).count() as u32;
    newlines + u32::from(!text.is_empty() && !text.ends_with('\n'))
}

#[cfg(test)]
mod tests {
    use super::{LineIndex, decode};
    use crate::ir::Span;

    #[test]
    fn encodings() {
        let text = |bytes: &[u8]| {
            let decoded = decode(bytes);
            (decoded.text.into_owned(), decoded.problem)
        };
        assert_eq!(text(b"x = 1\n"), ("x = 1\n".to_owned(), None));
        assert_eq!(text(b"\xef\xbb\xbfx"), ("x".to_owned(), None));
        assert_eq!(
            text(b"# -*- coding: latin-1 -*-\n'\xe9'"),
            ("# -*- coding: latin-1 -*-\n'é'".to_owned(), None)
        );
        assert_eq!(
            text(b"#!/bin/py\n# vim: set fileencoding=cp1251 :\n'\xff'")
                .0
                .chars()
                .nth_back(1),
            Some('я')
        );
        assert_eq!(
            text(b"# coding: euc-jp\n'\xa4\xa2'").0.chars().nth_back(1),
            Some('あ')
        );
        assert_eq!(
            text(b"'\xe9'").1.as_deref(),
            Some("invalid UTF-8 at byte 1; Python cannot read this file")
        );
        assert_eq!(
            text(b"# coding: nonsense\n").1.as_deref(),
            Some("unknown encoding `nonsense` declared; read as UTF-8")
        );
        assert_eq!(
            text(b"x = 1\n\n# coding: latin-1\n'\xc3\xa9'")
                .0
                .chars()
                .nth_back(1),
            Some('é')
        );
    }

    #[test]
    fn stored_as_it_was() {
        for bytes in [
            &b"# coding: latin-1\n'\xe9'"[..],
            b"\xef\xbb\xbf'\xc3\xa9'",
            b"# coding: cp1251\n'\xff'",
        ] {
            let decoded = decode(bytes);
            assert_eq!(
                decoded.encoding.encode(&decoded.text).as_deref(),
                Some(bytes)
            );
        }
    }

    #[test]
    fn positions() {
        let index = LineIndex::new("a\nbé\r\nc\rd\n");
        let range = index.range(Span { start: 3, end: 5 });
        assert_eq!(
            (range.start.line, range.start.column, range.end.column),
            (2, 2, 3)
        );
        assert_eq!(index.position(8).line, 3);
        assert_eq!(index.position(9).line, 4);
        assert_eq!(
            (index.count(), index.line(2), index.line(4), index.line(9)),
            (4, "bé", "d", "")
        );
    }
}

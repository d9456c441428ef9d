//! The tokens inside a tag.

use std::ops::Range;

/// A token of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: Kind,
    /// Bytes of the text.
    pub at: Range<usize>,
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Name,
    Number,
    Text,
    /// `(`, `[` or `{`.
    Open(u8),
    /// `)`, `]` or `}`.
    Close,
    Pipe,
    Dot,
    Colon,
    Assign,
    /// Any other operator, and the comma.
    Operator,
}

/// How the expression ends, and how its strings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Ends with these two bytes outside strings and brackets, perhaps after `-` or `+`.
    Jinja([u8; 2]),
    /// Ends with the text: the tag was cut out before, since Django looks for its end without heed of strings.
    Django,
    /// Ends with `}`, has Python's strings and comments.
    Mako,
}

/// The tokens of an expression, and where what ends it begins.
pub(super) struct Tokens {
    pub list: Vec<Token>,
    pub end: usize,
}

/// Reads tokens from `start`. Nothing if the end is not found, with how far was read.
pub(super) fn tokens(text: &str, start: usize, style: Style) -> Result<Tokens, usize> {
    let bytes = text.as_bytes();
    let mut list = Vec::new();
    let mut open = Vec::new();
    let mut at = start;
    loop {
        let Some(&byte) = bytes.get(at) else {
            return match style {
                Style::Django => Ok(Tokens { list, end: at }),
                _ => Err(at),
            };
        };
        let next = bytes.get(at + 1).copied();
        match style {
            Style::Jinja(closer) => {
                if open.is_empty() {
                    let close = if matches!(byte, b'-' | b'+') {
                        at + 1
                    } else {
                        at
                    };
                    if bytes.get(close..close + 2) == Some(&closer[..]) {
                        return Ok(Tokens { list, end: at });
                    }
                }
                // No expression has these: the tag before was never closed.
                if byte == b'{' && matches!(next, Some(b'{' | b'%')) {
                    return Err(at);
                }
            }
            Style::Mako if byte == b'}' && open.is_empty() => {
                return Ok(Tokens { list, end: at });
            }
            // Not Python either.
            Style::Mako if byte == b'$' && next == Some(b'{') => return Err(at),
            Style::Mako if byte == b'#' => {
                at = line_end(bytes, at);
                continue;
            }
            _ => {}
        }
        let from = at;
        let kind = match byte {
            b' ' | b'\t' | b'\r' | b'\n' => {
                at += 1;
                continue;
            }
            b'"' | b'\'' => match string_end(bytes, at, style) {
                Some(end) => {
                    at = end;
                    Kind::Text
                }
                None if style == Style::Django => {
                    at += 1;
                    Kind::Operator
                }
                None => return Err(bytes.len()),
            },
            b'(' | b'[' | b'{' => {
                open.push(byte);
                at += 1;
                Kind::Open(byte)
            }
            b')' | b']' | b'}' => {
                let opener = match byte {
                    b')' => b'(',
                    b']' => b'[',
                    _ => b'{',
                };
                at += 1;
                if open.pop() == Some(opener) {
                    Kind::Close
                } else if style == Style::Django {
                    open.clear();
                    Kind::Operator
                } else {
                    return Err(at);
                }
            }
            b'|' => {
                at += 1;
                Kind::Pipe
            }
            b'.' => {
                at += 1;
                Kind::Dot
            }
            b':' => {
                at += 1;
                Kind::Colon
            }
            b'=' if next != Some(b'=') => {
                at += 1;
                Kind::Assign
            }
            b'=' | b'!' | b'<' | b'>' if next == Some(b'=') => {
                at += 2;
                Kind::Operator
            }
            b'0'..=b'9' => {
                at = word_end(bytes, at);
                Kind::Number
            }
            _ if is_word(byte) => {
                at = word_end(bytes, at);
                Kind::Name
            }
            _ => {
                at += 1;
                Kind::Operator
            }
        };
        // `b"…"`, `f'…'` and so on: the letters belong to the string, and an f-string is not constant.
        if style == Style::Mako
            && kind == Kind::Text
            && let Some(last) = list.last_mut()
            && let Token {
                kind: Kind::Name,
                at: prefix,
            } = last
            && prefix.end == from
        {
            let formatted = text[prefix.clone()].contains(['f', 'F']);
            last.kind = if formatted { Kind::Name } else { Kind::Text };
            last.at.end = at;
            continue;
        }
        list.push(Token { kind, at: from..at });
    }
}

fn string_end(bytes: &[u8], start: usize, style: Style) -> Option<usize> {
    let quote = bytes[start];
    let triple = [quote; 3];
    if style == Style::Mako && bytes[start..].starts_with(&triple) {
        let mut at = start + 3;
        while at < bytes.len() {
            if bytes[at] == b'\\' {
                at += 2;
            } else if bytes[at..].starts_with(&triple) {
                return Some(at + 3);
            } else {
                at += 1;
            }
        }
        return None;
    }
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            byte if byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
    None
}

/// Letters, digits, the underscore, and all beyond ASCII, so that tokens end on character boundaries.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

fn word_end(bytes: &[u8], start: usize) -> usize {
    start
        + bytes[start..]
            .iter()
            .take_while(|&&byte| is_word(byte))
            .count()
}

/// Where the line break after `start` is, or the end of the text.
pub(super) fn line_end(bytes: &[u8], start: usize) -> usize {
    start
        + bytes[start..]
            .iter()
            .take_while(|&&byte| !matches!(byte, b'\n' | b'\r'))
            .count()
}

//! The words of Python source.

use super::super::text::Span;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Name,
    /// A string. Its span has prefix and quotes in it.
    Text,
    Number,
    /// One character, or `+=`, `->`, `**`, `==` and its like.
    Operator,
    /// The end of a statement.
    Newline,
}

/// A token and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) span: Span,
    /// Whether it is the first of a line that is indented.
    pub(crate) indented: bool,
}

/// Splits a source. Brackets join lines; what closes nothing is passed over.
pub(crate) fn tokenize(source: &str) -> Vec<Token> {
    let bytes = source.as_bytes();
    let mut tokens: Vec<Token> = Vec::new();
    let mut depth = 0usize;
    let mut line_start = 0;
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let fresh = tokens.last().is_none_or(|last| last.kind == Kind::Newline);
        let kind = match bytes[at] {
            b'\n' => {
                at += 1;
                line_start = at;
                if depth > 0 || fresh {
                    continue;
                }
                Kind::Newline
            }
            b';' if depth == 0 => {
                at += 1;
                Kind::Newline
            }
            b'\\' => {
                // Joined with the next line.
                at += 1;
                at += usize::from(bytes.get(at) == Some(&b'\r'));
                at += usize::from(bytes.get(at) == Some(&b'\n'));
                continue;
            }
            b'#' => {
                at = end_of_line(bytes, at);
                continue;
            }
            byte if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b'\'' | b'"' => {
                at = end_of_text(bytes, at);
                Kind::Text
            }
            byte if byte.is_ascii_digit() => {
                while bytes
                    .get(at)
                    .is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_' || *b == b'.')
                {
                    at += 1;
                }
                Kind::Number
            }
            byte if byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80 => {
                while bytes
                    .get(at)
                    .is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_' || *b >= 0x80)
                {
                    at += 1;
                }
                let prefix = &source[start..at];
                let quoted = matches!(bytes.get(at), Some(b'\'' | b'"'));
                if quoted && prefix.len() <= 2 && prefix.chars().all(|c| "rRbBuUfFtT".contains(c)) {
                    at = end_of_text(bytes, at);
                    Kind::Text
                } else {
                    Kind::Name
                }
            }
            byte => {
                at += 1;
                let next = bytes.get(at);
                match byte {
                    b'(' | b'[' | b'{' => depth += 1,
                    b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                    b'*' if next == Some(&b'*') => at += 1,
                    b'=' | b'+' | b'-' | b'<' | b'>' | b'!' | b'|' | b'%' | b':'
                        if next == Some(&b'=') =>
                    {
                        at += 1;
                    }
                    b'-' if next == Some(&b'>') => at += 1,
                    _ => {}
                }
                Kind::Operator
            }
        };
        tokens.push(Token {
            kind,
            span: start..at,
            indented: fresh && start > line_start,
        });
    }
    tokens
}

fn end_of_line(bytes: &[u8], from: usize) -> usize {
    let length = bytes[from..].iter().position(|byte| *byte == b'\n');
    length.map_or(bytes.len(), |length| from + length)
}

/// One past the string whose quote is at `from`. One that is not closed ends with its line, or with the source.
fn end_of_text(bytes: &[u8], from: usize) -> usize {
    let quote = bytes[from];
    let triple = bytes.get(from + 1) == Some(&quote) && bytes.get(from + 2) == Some(&quote);
    let mut at = from + if triple { 3 } else { 1 };
    while let Some(byte) = bytes.get(at) {
        match *byte {
            // In a raw string too, a quote behind a backslash does not end it.
            b'\\' => at += 2,
            b'\n' if !triple => return at,
            byte if byte == quote => {
                if !triple {
                    return at + 1;
                }
                if bytes.get(at + 1) == Some(&quote) && bytes.get(at + 2) == Some(&quote) {
                    return at + 3;
                }
                at += 1;
            }
            _ => at += 1,
        }
    }
    bytes.len()
}

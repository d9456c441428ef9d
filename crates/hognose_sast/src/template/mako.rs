//! Mako: `${… | filters}`, `<%…>`, `% …`, `## …`.

use super::comment::{Form, suppression};
use super::expression::{Unescaped, cleans, evaluate};
use super::find::Forward;
use super::token::{Kind, Style, Token, Tokens, line_end, tokens};
use super::{Language, Notes};

/// Reads a template.
pub(super) fn read<'a>(text: &'a str, notes: &mut Notes<'a>) {
    Reader {
        text,
        bytes: text.as_bytes(),
        notes,
        switched_off: false,
        html_until: 0,
        wasted: 0,
        page: false,
        html_comment_end: Forward::new(text, "-->"),
        python_end: Forward::new(text, "%>"),
        text_end: Forward::new(text, "</%text>"),
        doc_end: Forward::new(text, "</%doc>"),
    }
    .run();
}

struct Reader<'a, 'n> {
    text: &'a str,
    bytes: &'a [u8],
    notes: &'n mut Notes<'a>,
    /// The page tag takes the default filters away.
    switched_off: bool,
    /// Where the last HTML comment ends.
    html_until: usize,
    /// Bytes that were read for expressions that turned out not to end; bounds the work on garbage.
    wasted: usize,
    /// A page tag was seen.
    page: bool,
    html_comment_end: Forward<'a>,
    python_end: Forward<'a>,
    text_end: Forward<'a>,
    doc_end: Forward<'a>,
}

impl Reader<'_, '_> {
    fn run(&mut self) {
        let mut at = self.line(0);
        while at < self.bytes.len() {
            at = match (self.bytes[at], self.bytes.get(at + 1)) {
                (b'\n', _) => self.line(at + 1),
                (b'$', Some(b'{')) => self.expression(at),
                (b'<', Some(b'%')) => self.tag(at),
                (b'<', Some(b'!')) => self.html_comment(at),
                _ => at + 1,
            };
        }
    }

    /// The beginning of a line: where to read on, behind it if it is a comment or a line of Python.
    fn line(&mut self, start: usize) -> usize {
        let blank = self.bytes[start..]
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'\t'))
            .count();
        let at = start + blank;
        let rest = &self.bytes[at..];
        if rest.starts_with(b"##") {
            let end = line_end(self.bytes, at);
            let inner = self.text[at..end].trim_start_matches('#');
            let found = suppression(at, end, inner, Form::Line);
            self.notes.comments.extend(found);
            return end;
        }
        if !rest.starts_with(b"%") || rest.starts_with(b"%%") {
            return at;
        }
        let mut end = line_end(self.bytes, at);
        while self.bytes[..end].ends_with(b"\\") && end < self.bytes.len() {
            let next = if self.bytes[end..].starts_with(b"\r\n") {
                end + 2
            } else {
                end + 1
            };
            end = line_end(self.bytes, next);
        }
        end
    }

    fn expression(&mut self, at: usize) -> usize {
        let Some(read) = self.expression_tokens(at) else {
            self.notes.problem(at, at + 2, "`${` is never closed");
            return at + 2;
        };
        let end = read.end + 1;
        self.notes.tag(at, end);
        if self.switched_off {
            return end;
        }
        let (code, filters) = split(&read.list);
        let names = filters
            .iter()
            .filter(|token| token.kind == Kind::Name)
            .map(|token| &self.text[token.at.clone()]);
        let (mut none, mut escaped) = (false, false);
        for name in names {
            none |= name == "n";
            escaped |= escapes(name);
        }
        if escaped {
            return end;
        }
        let outcome = evaluate(self.text, code, Language::Mako);
        if none && !outcome.harmless {
            let code_end = code.last().map_or(at + 2, |token| token.at.end);
            let output = Unescaped {
                what: "|n".to_owned(),
                value: self.text[at + 2..code_end].trim().to_owned(),
            };
            self.notes.unescaped(at, end, output);
        } else if let Some(output) = outcome.unescaped {
            self.notes.unescaped(at, end, output);
        }
        end
    }

    fn expression_tokens(&mut self, at: usize) -> Option<Tokens> {
        // Once as much was read in vain as a few texts of this length, expressions must end on their line.
        if self.wasted <= 8 * self.bytes.len() {
            match tokens(self.text, at + 2, Style::Mako) {
                Ok(read) => return Some(read),
                Err(failed) => self.wasted += failed - at,
            }
        }
        let plain = self.bytes[at + 2..]
            .iter()
            .position(|byte| matches!(byte, b'}' | b'\n' | b'\r' | b'$'))?;
        tokens(&self.text[..=at + 2 + plain], at + 2, Style::Mako).ok()
    }

    fn tag(&mut self, at: usize) -> usize {
        let rest = &self.bytes[at + 2..];
        let named = rest
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':'))
            .count();
        let name = &self.text[at + 2..at + 2 + named];
        let (found, closer) = match name {
            "" => (self.python_end.from(at + 2), "%>"),
            "text" => (self.text_end.from(at + 2), "</%text>"),
            "doc" => (self.doc_end.from(at + 2), "</%doc>"),
            "page" => {
                self.page_tag(at);
                return at + 2 + named;
            }
            _ => return at + 2 + named,
        };
        let Some(end) = found else {
            self.notes
                .problem(at, at + 2 + named, &format!("`<%{name}` is never closed"));
            return at + 2 + named;
        };
        if name == "doc"
            && let Some(inner) = self.text.get(at + 6..end)
        {
            let inner = inner.trim_start_matches('>');
            let found = suppression(at, end + closer.len(), inner, Form::Template);
            self.notes.comments.extend(found);
        }
        end + closer.len()
    }

    /// `<%page expression_filter="n"/>`. A template has one page tag.
    fn page_tag(&mut self, at: usize) {
        if self.page {
            return;
        }
        self.page = true;
        let mut quote = None;
        let end = self.bytes[at..].iter().position(|&byte| {
            match quote {
                Some(open) if byte == open => quote = None,
                None if matches!(byte, b'"' | b'\'') => quote = Some(byte),
                _ => {}
            }
            quote.is_none() && byte == b'>'
        });
        let Some(length) = end else {
            self.notes.problem(at, at + 6, "`<%page` is never closed");
            return;
        };
        let tag = &self.text[at..=at + length];
        self.notes.tag(at, at + length + 1);
        let Some((_, value)) = tag.split_once("expression_filter") else {
            return;
        };
        let value = value
            .trim_start()
            .strip_prefix('=')
            .unwrap_or_default()
            .trim_start();
        let Some(quote) = value
            .chars()
            .next()
            .filter(|quote| matches!(quote, '"' | '\''))
        else {
            return;
        };
        let filters = value[1..].split(quote).next().unwrap_or_default();
        let mut filters = filters.split(',').map(str::trim);
        if filters.clone().any(|name| name == "n") && !filters.any(escapes) {
            self.switched_off = true;
            self.notes.autoescape_off(at, at + length + 1);
        }
    }

    fn html_comment(&mut self, at: usize) -> usize {
        if at >= self.html_until
            && self.bytes[at..].starts_with(b"<!--")
            && let Some(end) = self.html_comment_end.from(at + 4)
        {
            self.html_until = end + 3;
            let found = suppression(at, end + 3, &self.text[at + 4..end], Form::Html);
            self.notes.comments.extend(found);
        }
        at + 2
    }
}

/// The code, and the filters behind the first `|` outside brackets.
pub(super) fn split(list: &[Token]) -> (&[Token], &[Token]) {
    let mut depth = 0_usize;
    for (index, token) in list.iter().enumerate() {
        match token.kind {
            Kind::Open(_) => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            Kind::Pipe if depth == 0 => return (&list[..index], &list[index + 1..]),
            _ => {}
        }
    }
    (list, &[])
}

/// Mako's own filters that escape, and those of projects whose names say so. They hold beside `n` in any order, which
/// only takes the default filters away.
fn escapes(name: &str) -> bool {
    matches!(name, "h" | "x" | "u" | "entity" | "tojson") || cleans(name)
}

//! What is wrong with a page or a stub, and where.

use std::fmt;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use hognose_finding::{Position, Range};

/// A fault in a rule page or a model stub. Shown with [`RuleError::render`]; `Display` gives one line,
/// `path:line:column: message (help)`.
#[derive(Clone, PartialEq, Eq)]
pub struct RuleError {
    /// The page or stub, as given to the reader.
    pub path: Arc<str>,
    /// The text at fault, within one line.
    pub range: Range,
    /// What is wrong, lower case, no full stop.
    pub message: String,
    /// How to put it right, if that is known.
    pub help: Option<String>,
    /// All of it, for the excerpt.
    source: Arc<str>,
}

impl RuleError {
    /// A fault at the bytes `start..end` of `source`, cut at the end of the line on which it starts.
    pub fn new(
        path: impl Into<Arc<str>>,
        source: Arc<str>,
        span: std::ops::Range<usize>,
        message: impl Into<String>,
    ) -> Self {
        let start = source.floor_char_boundary(span.start);
        let line_end = source[start..]
            .find(['\n', '\r'])
            .map_or(source.len(), |length| start + length);
        let end = source.ceil_char_boundary(span.end).clamp(start, line_end);
        let range = Range {
            start: position(&source, start),
            end: position(&source, end),
        };
        RuleError {
            path: path.into(),
            range,
            message: message.into(),
            help: None,
            source,
        }
    }

    /// The fault with an excerpt of the page and a caret under the text at fault, several lines without a final
    /// newline. `colour` adds terminal escape sequences.
    pub fn render(&self, colour: bool) -> String {
        let span = self.range.start.offset as usize..self.range.end.offset as usize;
        let snippet = Snippet::source(&*self.source)
            .path(&*self.path)
            .annotation(AnnotationKind::Primary.span(span));
        let mut group = Level::ERROR
            .primary_title(self.message.as_str())
            .element(snippet);
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        let renderer = if colour {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        renderer.render(&[group])
    }
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Position { line, column, .. } = self.range.start;
        write!(f, "{}:{line}:{column}: {}", self.path, self.message)?;
        if let Some(help) = &self.help {
            write!(f, " ({help})")?;
        }
        Ok(())
    }
}

/// Without the page's text, which would bury everything else.
impl fmt::Debug for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RuleError({self})")
    }
}

impl std::error::Error for RuleError {}

/// Line and column of a byte offset.
fn position(text: &str, offset: usize) -> Position {
    let (mut line, mut line_start) = (1, 0);
    let bytes = text.as_bytes();
    for (at, &byte) in bytes[..offset].iter().enumerate() {
        // `\n`, `\r\n` and `\r` end a line.
        if byte == b'\n' || byte == b'\r' && bytes.get(at + 1) != Some(&b'\n') {
            line += 1;
            line_start = at + 1;
        }
    }
    Position {
        line,
        column: text[line_start..offset].chars().count() as u32 + 1,
        offset: offset as u32,
    }
}

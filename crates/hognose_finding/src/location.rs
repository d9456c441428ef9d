//! Where something is.

use std::sync::Arc;

/// Where a finding is. Engines other than SAST add their own variants (package, endpoint, stack frame).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A range of source text.
    Code(CodeLocation),
}

impl Location {
    /// The code range, if this is one.
    pub fn code(&self) -> Option<&CodeLocation> {
        let Location::Code(code) = self;
        Some(code)
    }
}

/// A range of source text in a file, with the text around it so that renderers need no file access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeLocation {
    /// Path as shown to the user: relative to the working directory where possible, `/` as separator.
    pub path: Arc<str>,
    /// The range in the file. For a notebook, in the concatenated source of its code cells.
    pub range: Range,
    /// For a notebook: which cell (1-based, counting all cells) and which line in that cell `range.start` falls on.
    pub cell: Option<(u32, u32)>,
    /// Dotted name of the innermost function or class around it, relative to the module: `Session.get`.
    /// Empty at module level.
    pub scope: Arc<str>,
    /// The whole lines that the range touches, and a little context.
    pub excerpt: Excerpt,
}

/// Whole source lines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Excerpt {
    /// Number of the first line in `text`, 1-based. Zero if there is no text.
    pub first_line: u32,
    /// Lines joined by `\n`, no final newline. Over-long lines are cut by the renderer, not here.
    pub text: Arc<str>,
    /// Where each of the lines begins in the file, in bytes of the decoded text: line ends differ.
    pub starts: Arc<[u32]>,
}

/// A half-open range of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Range {
    /// First character.
    pub start: Position,
    /// One past the last character.
    pub end: Position,
}

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Position {
    /// 1-based.
    pub line: u32,
    /// 1-based, in Unicode code points.
    pub column: u32,
    /// Bytes from the start of the decoded (UTF-8) text.
    pub offset: u32,
}

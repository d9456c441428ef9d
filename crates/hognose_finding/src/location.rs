//! Where something is.

use std::sync::Arc;

/// Where a finding is. Engines other than SAST add their own variants (package, endpoint, stack frame).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A range of source text.
    Code(CodeLocation),
    /// A distribution that a place of a manifest asks for or has.
    Package(Box<PackageLocation>),
}

impl Location {
    /// The range of text: of a package, the place that names it.
    pub fn code(&self) -> Option<&CodeLocation> {
        match self {
            Location::Code(code) => Some(code),
            Location::Package(package) => Some(&package.code),
        }
    }

    /// The same, to be changed.
    pub fn code_mut(&mut self) -> Option<&mut CodeLocation> {
        match self {
            Location::Code(code) => Some(code),
            Location::Package(package) => Some(&mut package.code),
        }
    }

    /// The package, if it is one.
    pub fn package(&self) -> Option<&PackageLocation> {
        match self {
            Location::Code(_) => None,
            Location::Package(package) => Some(package),
        }
    }
}

/// A distribution that a place of a manifest asks for or has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageLocation {
    /// Normalised name (PEP 503).
    pub name: Arc<str>,
    /// The version, if the place says one.
    pub version: Option<Arc<str>>,
    /// Package URL, with the version if there is one: `pkg:pypi/requests@2.19.1`.
    pub purl: String,
    /// Names of the distributions that bring it in, outermost first. Empty for what the project asks for itself.
    pub chain: Vec<Arc<str>>,
    /// Groups that bring it in: `dev`. Empty for what a plain installation brings in.
    pub groups: Vec<Arc<str>>,
    /// Where it is named.
    pub code: CodeLocation,
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

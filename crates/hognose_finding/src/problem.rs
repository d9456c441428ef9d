//! We could not look properly.

use std::fmt;
use std::sync::Arc;

use crate::Range;

/// Something that could not be looked at, or not properly. Corresponds to a SARIF notification.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file concerned, as shown to the user, if there is one.
    pub path: Option<Arc<str>>,
    /// The place in the file, if known.
    pub range: Option<Range>,
    /// What kind.
    pub kind: ProblemKind,
    /// What exactly, lower case, no full stop: "invalid UTF-8 at byte 17".
    pub message: String,
}

/// How much a problem takes away from the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProblemLevel {
    /// Worth knowing; nothing was left out that would have been looked at.
    Note,
    /// Part of a file or of an analysis was left out.
    Warning,
    /// A whole file, or a whole check, was left out.
    Error,
}

/// What kind of problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProblemKind {
    /// The file does not parse in places; the rest of it was analysed.
    SyntaxError,
    /// The file is written for Python 2; only what parses was analysed.
    Python2,
    /// The declared or assumed encoding does not fit the bytes.
    Encoding,
    /// The file could not be opened or read.
    Unreadable,
    /// The file was there when listed and gone when read, or changed while it was read.
    Vanished,
    /// Not a regular file (FIFO, socket, device).
    SpecialFile,
    /// A symbolic link that leads to itself or to nothing.
    BrokenLink,
    /// Larger than what is parsed.
    TooLarge,
    /// Nested deeper than what is parsed.
    TooDeep,
    /// A notebook that is not a notebook.
    Notebook,
    /// A configuration or data file that could not be understood.
    Configuration,
    /// A configuration file that is not used.
    UnusedConfiguration,
    /// A suppression comment that is malformed, unused or expired.
    Suppression,
    /// A limit on work was reached; results for the place are incomplete.
    Budget,
    /// A check failed from within; its results are missing.
    CheckFailed,
    /// There was nothing to look at.
    Empty,
    /// A fix could not be applied.
    Fix,
    /// The data about published vulnerabilities is missing, damaged or old.
    Advisories,
    /// A requirement leaves open which version is installed, and some that it allows are vulnerable.
    Unpinned,
    /// A package has published vulnerabilities, and whether they concern this place cannot be told.
    Unjudged,
}

impl ProblemKind {
    /// The word in machine-readable output.
    pub const fn as_str(self) -> &'static str {
        match self {
            ProblemKind::SyntaxError => "syntax-error",
            ProblemKind::Python2 => "python-2",
            ProblemKind::Encoding => "encoding",
            ProblemKind::Unreadable => "unreadable",
            ProblemKind::Vanished => "vanished",
            ProblemKind::SpecialFile => "special-file",
            ProblemKind::BrokenLink => "broken-link",
            ProblemKind::TooLarge => "too-large",
            ProblemKind::TooDeep => "too-deep",
            ProblemKind::Notebook => "notebook",
            ProblemKind::Configuration => "configuration",
            ProblemKind::UnusedConfiguration => "unused-configuration",
            ProblemKind::Suppression => "suppression",
            ProblemKind::Budget => "budget",
            ProblemKind::CheckFailed => "check-failed",
            ProblemKind::Empty => "empty",
            ProblemKind::Fix => "fix",
            ProblemKind::Advisories => "advisories",
            ProblemKind::Unpinned => "unpinned",
            ProblemKind::Unjudged => "unjudged",
        }
    }

    /// How much it takes away from the result.
    pub const fn level(self) -> ProblemLevel {
        match self {
            ProblemKind::UnusedConfiguration
            | ProblemKind::Suppression
            | ProblemKind::Empty
            | ProblemKind::Fix => ProblemLevel::Note,
            ProblemKind::SyntaxError
            | ProblemKind::Python2
            | ProblemKind::SpecialFile
            | ProblemKind::BrokenLink
            | ProblemKind::Configuration
            | ProblemKind::Budget
            | ProblemKind::Unpinned => ProblemLevel::Warning,
            ProblemKind::Encoding
            | ProblemKind::Unreadable
            | ProblemKind::Vanished
            | ProblemKind::TooLarge
            | ProblemKind::TooDeep
            | ProblemKind::Notebook
            | ProblemKind::CheckFailed
            | ProblemKind::Advisories
            | ProblemKind::Unjudged => ProblemLevel::Error,
        }
    }
}

impl fmt::Display for ProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Problem {
    /// A problem with a whole file.
    pub fn in_file(
        kind: ProblemKind,
        path: impl Into<Arc<str>>,
        message: impl Into<String>,
    ) -> Self {
        Problem {
            path: Some(path.into()),
            range: None,
            kind,
            message: message.into(),
        }
    }

    /// A problem with no file of its own.
    pub fn general(kind: ProblemKind, message: impl Into<String>) -> Self {
        Problem {
            path: None,
            range: None,
            kind,
            message: message.into(),
        }
    }

    /// The same problem at a place in its file.
    #[must_use]
    pub fn at(mut self, range: Range) -> Self {
        self.range = Some(range);
        self
    }
}

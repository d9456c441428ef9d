//! How files come to the core, which does no I/O of its own.

use std::fmt;

/// Gives the bytes of a file. The binary reads the disk; tests and the editor give text they hold.
pub trait Sources: Sync {
    /// The bytes of the file shown to the user as `path`.
    fn read(&self, path: &str) -> Result<Vec<u8>, SourceError>;
}

/// Why a file's bytes could not be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceError {
    /// What kind of problem it makes.
    pub kind: crate::ProblemKind,
    /// What exactly, lower case, no full stop.
    pub message: String,
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SourceError {}

//! Texts held in memory as [`Sources`]: standard input, fixes being tried.

use std::io::Read;
use std::sync::Arc;

use hognose_finding::{ProblemKind, SourceError, Sources};
use rustc_hash::FxHashMap;

use super::read::too_large;

/// Files held in memory, in front of others that are not.
pub struct HeldSources<'a> {
    held: FxHashMap<Arc<str>, Vec<u8>>,
    behind: Option<&'a dyn Sources>,
}

impl<'a> HeldSources<'a> {
    /// Only what is held.
    pub fn alone() -> Self {
        HeldSources {
            held: FxHashMap::default(),
            behind: None,
        }
    }

    /// What is held hides what lies `behind`.
    pub fn before(behind: &'a dyn Sources) -> Self {
        HeldSources {
            held: FxHashMap::default(),
            behind: Some(behind),
        }
    }

    /// Holds `bytes` as the file shown as `path`.
    pub fn hold(&mut self, path: Arc<str>, bytes: Vec<u8>) {
        self.held.insert(path, bytes);
    }
}

impl Sources for HeldSources<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        match (self.held.get(path), self.behind) {
            (Some(bytes), _) => Ok(bytes.clone()),
            (None, Some(behind)) => behind.read(path),
            (None, None) => Err(SourceError {
                kind: ProblemKind::Unreadable,
                message: "is not among the scanned files".to_owned(),
            }),
        }
    }
}

/// Standard input, at most `limit` bytes of it.
pub fn read_stdin(limit: u64) -> Result<Vec<u8>, SourceError> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| super::read::describe(&error))?;
    if bytes.len() as u64 > limit {
        Err(too_large(bytes.len() as u64, limit))
    } else {
        Ok(bytes)
    }
}

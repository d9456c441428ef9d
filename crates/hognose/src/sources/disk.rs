//! The disk as [`Sources`].

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hognose_finding::{ProblemKind, SourceError, Sources};
use rustc_hash::FxHashMap;

use super::read::read_regular;
use super::walk::FoundFile;

/// The files that were found on disk, each under the path it is shown as.
#[derive(Debug)]
pub struct DiskSources {
    paths: FxHashMap<Arc<str>, PathBuf>,
    limit: u64,
}

impl DiskSources {
    /// The given files; larger ones than `limit` bytes are refused.
    pub fn new(files: &[FoundFile], limit: u64) -> Self {
        let paths = files
            .iter()
            .map(|file| (Arc::clone(&file.shown), file.path.clone()))
            .collect();
        DiskSources { paths, limit }
    }

    /// Where the file shown as `shown` is.
    pub fn path(&self, shown: &str) -> Option<&Path> {
        self.paths.get(shown).map(PathBuf::as_path)
    }
}

impl Sources for DiskSources {
    fn read(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        match self.path(path) {
            Some(real) => read_regular(real, self.limit),
            None => Err(SourceError {
                kind: ProblemKind::Unreadable,
                message: "is not among the scanned files".to_owned(),
            }),
        }
    }
}

/// Manifests that were found on disk, and what they lead to: `-r ../base.txt`.
#[derive(Debug)]
pub struct ManifestSources {
    found: DiskSources,
    working: PathBuf,
    limit: u64,
}

impl ManifestSources {
    /// The given files; others relative to the folder `working`. Larger ones than `limit` bytes are refused.
    pub fn new(files: &[FoundFile], working: &Path, limit: u64) -> Self {
        ManifestSources {
            found: DiskSources::new(files, limit),
            working: working.to_path_buf(),
            limit,
        }
    }
}

impl Sources for ManifestSources {
    fn read(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        match self.found.path(path) {
            Some(real) => read_regular(real, self.limit),
            None => read_regular(&self.working.join(path), self.limit),
        }
    }
}

//! Places of manifests, with the lines around them.

use std::sync::Arc;

use hognose_finding::{CodeLocation, Excerpt, Range, Sources};
use rustc_hash::FxHashMap;

use crate::manifest::decode;

/// Lines shown before and after.
const AROUND: usize = 1;

/// Makes places of ranges; each file is read once.
pub(super) struct Places<'a> {
    sources: &'a dyn Sources,
    files: FxHashMap<Arc<str>, File>,
}

/// The lines of a file; none if it has no text.
#[derive(Default)]
struct File {
    text: String,
    /// Where each line begins.
    starts: Vec<u32>,
}

impl<'a> Places<'a> {
    pub(super) fn new(sources: &'a dyn Sources) -> Self {
        Places {
            sources,
            files: FxHashMap::default(),
        }
    }

    /// The place at `range` of the file shown as `path`.
    pub(super) fn code(&mut self, path: &Arc<str>, range: Range) -> CodeLocation {
        let sources = self.sources;
        let file = self
            .files
            .entry(path.clone())
            .or_insert_with(|| File::of(path, sources));
        // A file without lines of its own: an archive, an environment.
        let nowhere = range == Range::default();
        CodeLocation {
            path: path.clone(),
            range: if nowhere { beginning() } else { range },
            cell: None,
            scope: "".into(),
            excerpt: if nowhere {
                Excerpt::default()
            } else {
                file.excerpt(range)
            },
        }
    }
}

fn beginning() -> Range {
    let mut range = Range::default();
    for position in [&mut range.start, &mut range.end] {
        (position.line, position.column) = (1, 1);
    }
    range
}

impl File {
    fn of(path: &str, sources: &dyn Sources) -> Self {
        let Ok(bytes) = sources.read(path) else {
            return File::default();
        };
        let (text, _) = decode(&bytes);
        let ends = text.match_indices('\n').map(|(at, _)| at as u32 + 1);
        File {
            starts: std::iter::once(0).chain(ends).collect(),
            text: text.into_owned(),
        }
    }

    fn excerpt(&self, range: Range) -> Excerpt {
        let first = (range.start.line as usize).saturating_sub(1 + AROUND);
        let last = (range.end.line as usize + AROUND).min(self.starts.len());
        if first >= last {
            return Excerpt::default();
        }
        let lines: Vec<&str> = (first..last).filter_map(|index| self.line(index)).collect();
        Excerpt {
            first_line: first as u32 + 1,
            text: lines.join("\n").into(),
            starts: self.starts[first..last].into(),
        }
    }

    fn line(&self, index: usize) -> Option<&str> {
        let start = *self.starts.get(index)? as usize;
        let end = self
            .starts
            .get(index + 1)
            .map_or(self.text.len(), |next| *next as usize);
        let line = self.text.get(start..end)?;
        Some(line.trim_end_matches(['\n', '\r']))
    }
}

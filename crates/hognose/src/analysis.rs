//! The one call into the engines.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hognose_finding::{Directive, Finding, Problem, Sources};
use hognose_report::suppression::{Comment, directives_of};
use hognose_sast::{InputFile, InputKind, ScanOptions, ScanResult};

use crate::knowledge::Knowledge;
use crate::sources::{FileKind, FoundFile, is_distribution, shown};

/// What the analysis of some files gives.
#[derive(Debug, Clone, Default)]
pub struct Analysed {
    /// What it found, for all personas.
    pub findings: Vec<Finding>,
    /// What it could not look at.
    pub problems: Vec<Problem>,
    /// The suppression comments.
    pub directives: Vec<Directive>,
    /// Paths of the files that were looked at.
    pub scanned: Vec<Arc<str>>,
    /// Physical lines in them.
    pub lines: u64,
}

/// Stack of a thread that calls [`analyse`], in bytes.
pub const STACK_SIZE: usize = hognose_python::STACK_SIZE;

/// `files` as the engines know them. `src`: folders (absolute) from which the project's modules are imported, if the
/// user says so.
pub fn inputs(files: &[FoundFile], src: &[PathBuf], working: &Path) -> Vec<InputFile> {
    let src: Vec<(&Path, Arc<str>)> = src
        .iter()
        .map(|folder| (folder.as_path(), shown(folder, working)))
        .map(|(folder, shown)| {
            (
                folder,
                if shown == "." {
                    "".into()
                } else {
                    shown.into()
                },
            )
        })
        .collect();
    files
        .iter()
        .map(|file| {
            let around = src
                .iter()
                .filter(|(folder, _)| file.path.starts_with(folder));
            let nearest = around.max_by_key(|(folder, _)| folder.components().count());
            InputFile {
                path: Arc::clone(&file.shown),
                base: Arc::clone(nearest.map_or(&file.base, |(_, shown)| shown)),
                kind: match file.kind {
                    FileKind::Python | FileKind::Stub | FileKind::Notebook => InputKind::Python,
                    FileKind::Template | FileKind::Manifest => InputKind::Template,
                },
            }
        })
        .collect()
}

/// Whether one of `paths` is the folder of a package that others install.
pub fn holds_package(paths: &[PathBuf], working: &Path) -> bool {
    paths
        .iter()
        .any(|path| is_distribution(&working.join(path)))
}

/// Analyses `files`, on the threads of the current pool. `src`: see [`inputs`].
pub fn analyse(
    files: &[FoundFile],
    sources: &dyn Sources,
    knowledge: &Knowledge,
    src: &[PathBuf],
    working: &Path,
    options: ScanOptions,
) -> Analysed {
    let inputs = inputs(files, src, working);
    let ScanResult {
        findings,
        problems,
        comments,
        scanned,
        lines,
    } = hognose_sast::scan(
        &inputs,
        sources,
        &knowledge.catalogue,
        &knowledge.models,
        options,
    );
    let directives = comments
        .iter()
        .flat_map(|(path, comments)| {
            let comments: Vec<Comment<'_>> = comments
                .iter()
                .map(|comment| Comment {
                    range: comment.range,
                    lines: comment.lines,
                    text: &comment.text,
                })
                .collect();
            directives_of(path, &comments)
        })
        .collect();
    Analysed {
        findings,
        problems,
        directives,
        scanned,
        lines,
    }
}

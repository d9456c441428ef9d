//! What the tests of formats share: a file's dependencies, one a line.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use hognose_finding::{ProblemKind, SourceError, Sources};

use super::{FORMATS, Format, read};
use crate::{Dependency, DependencySource, Requirement};

/// Files held in memory.
pub(crate) struct Files(BTreeMap<String, Vec<u8>>);

impl Sources for Files {
    fn read(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        self.0.get(path).cloned().ok_or(SourceError {
            kind: ProblemKind::Unreadable,
            message: "no such file".to_owned(),
        })
    }
}

pub(crate) fn files(files: &[(&str, &str)]) -> Files {
    let files = files.iter();
    Files(
        files
            .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()))
            .collect(),
    )
}

/// Reads the first file as `format` and compares all that is found, one dependency or problem a line.
#[track_caller]
pub(crate) fn check(format: &str, given: &[(&str, &str)], expected: &str) {
    let format = FORMATS.iter().find(|known| known.name == format).unwrap();
    let (path, text) = given[0];
    let sources = files(given);
    let found = read(format, path, text.as_bytes(), &sources);
    let texts = |path: &str| given.iter().find(|(known, _)| *known == path).unwrap().1;
    let mut shown = String::new();
    for dependency in &found.dependencies {
        let source = texts(&dependency.path);
        let range = dependency.range;
        let place = &source[range.start.offset as usize..range.end.offset as usize];
        let file = if *dependency.path == *path {
            ""
        } else {
            &dependency.path
        };
        writeln!(
            shown,
            "{file}:{} `{}` {}",
            range.start.line,
            place.replace('\n', "⏎"),
            show(dependency)
        )
        .unwrap();
    }
    for problem in &found.problems {
        let range = problem.range.unwrap_or_default();
        writeln!(
            shown,
            "! {}: {}: {}",
            range.start.line, problem.kind, problem.message
        )
        .unwrap();
    }
    let trim = |text: &str| {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.collect::<Vec<_>>().join("\n")
    };
    let (shown, expected) = (trim(&shown), trim(expected));
    assert!(
        shown == expected,
        "found:\n{shown}\n\nexpected:\n{expected}\n"
    );
    survives_mutation(format, path, text.as_bytes(), &sources);
}

/// Reads many damaged forms of a text: none may panic, and all that is found must lie in the text.
fn survives_mutation(format: &Format, path: &str, text: &[u8], sources: &Files) {
    // Pieces that mean something to one format or another.
    let pieces: [&[u8]; 16] = [
        b"[",
        b"]",
        b"{",
        b"}",
        b"(",
        b"\"",
        b"'",
        b"\"\"\"",
        b"\\",
        b"\n",
        b"\n  - ",
        b": ",
        b" = ",
        b"<",
        b"&a *a",
        "é\u{2028}".as_bytes(),
    ];
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..150 {
        let mut damaged = text.to_vec();
        for _ in 0..=random.below(3) {
            let at = random.below(damaged.len());
            let end = at + random.below((damaged.len() - at).min(40));
            match random.below(4) {
                0 => damaged.truncate(at),
                1 => drop(damaged.drain(at..end)),
                2 => {
                    let piece = pieces[random.below(pieces.len())].iter().copied();
                    drop(damaged.splice(at..at, piece));
                }
                _ => {
                    let copy = damaged[at..end].to_vec();
                    let to = random.below(damaged.len());
                    drop(damaged.splice(to..to, copy));
                }
            }
        }
        let found = read(format, path, &damaged, sources);
        let here = found
            .dependencies
            .iter()
            .filter(|found| *found.path == *path);
        for dependency in here {
            // A byte that fits no encoding takes three as U+FFFD.
            assert!(dependency.range.end.offset as usize <= damaged.len() * 3);
            assert!(dependency.range.start <= dependency.range.end);
        }
    }
}

/// A small generator, the same at each run.
struct Random(u64);

impl Random {
    /// A number below `limit`, or zero.
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 as usize % limit.max(1)
    }
}

/// One dependency without its place.
pub(crate) fn show(dependency: &Dependency) -> String {
    let mut shown = dependency.name.to_string();
    if !dependency.extras.is_empty() {
        write!(shown, "[{}]", dependency.extras.join(",")).unwrap();
    }
    match &dependency.requirement {
        Requirement::Exact(version) => write!(shown, " = {version}").unwrap(),
        Requirement::Range(range) => write!(shown, " {range}").unwrap(),
        Requirement::AnyOf(ranges) => write!(shown, " {}", ranges.join(" || ")).unwrap(),
        Requirement::Any => shown.push_str(" any"),
        Requirement::Unknown => shown.push_str(" unknown"),
    }
    match &dependency.source {
        DependencySource::Index(None) => {}
        DependencySource::Index(Some(at)) => write!(shown, " index {at}").unwrap(),
        DependencySource::Conda(at) => {
            write!(shown, " conda {}", at.as_deref().unwrap_or("?")).unwrap();
        }
        DependencySource::Vcs(at) => write!(shown, " vcs {at}").unwrap(),
        DependencySource::Url(at) => write!(shown, " url {at}").unwrap(),
        DependencySource::Path(at) => write!(shown, " path {at}").unwrap(),
    }
    let lists = [
        ("groups", &dependency.groups),
        ("hashes", &dependency.hashes),
        ("chain", &dependency.chain),
        ("by", &dependency.included_by),
    ];
    for (name, list) in lists {
        if !list.is_empty() {
            write!(shown, " {name}({})", list.join(" ")).unwrap();
        }
    }
    if !dependency.marker.is_empty() {
        write!(shown, " ;{}", dependency.marker).unwrap();
    }
    if dependency.constraint {
        shown.push_str(" constraint");
    }
    shown
}

//! Prints what manifests say as JSON, one object a file: `cargo run --example dependencies -- FILE…`.
//!
//! `--format NAME FILE` reads the next file as that format, whatever it is called. For `benches/manifests.py`.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a program of its own, which opens files and prints"
)]

use std::process::ExitCode;
use std::sync::Arc;

use hognose_finding::{ProblemKind, SourceError, Sources};
use hognose_sca::manifest::{FORMATS, read, recognise};
use hognose_sca::{Dependency, DependencySource, Requirement};
use serde_json::{Value, json};

/// The disk.
struct Disk;

impl Sources for Disk {
    fn read(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        std::fs::read(path).map_err(|error| SourceError {
            kind: ProblemKind::Unreadable,
            message: error.to_string(),
        })
    }
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let mut named = None;
    while let Some(argument) = arguments.next() {
        if argument == "--format" {
            named = arguments.next();
            continue;
        }
        let format = match named.take() {
            Some(name) => FORMATS.iter().find(|format| format.name == name),
            None => recognise(&argument),
        };
        let Some(format) = format else {
            eprintln!("{argument}: no format is known for it");
            return ExitCode::from(2);
        };
        let bytes = match Disk.read(&argument) {
            Ok(bytes) => bytes,
            Err(error) => {
                eprintln!("{argument}: {error}");
                return ExitCode::from(2);
            }
        };
        let found = read(format, &argument, &bytes, &Disk);
        let problems = found.problems.iter().map(|problem| {
            json!({
                "path": problem.path.as_deref(),
                "line": problem.range.map(|range| range.start.line),
                "kind": problem.kind.as_str(),
                "message": problem.message,
            })
        });
        let output = json!({
            "path": argument,
            "format": format.name,
            "dependencies": found.dependencies.iter().map(dependency).collect::<Vec<_>>(),
            "problems": problems.collect::<Vec<_>>(),
        });
        println!("{output}");
    }
    ExitCode::SUCCESS
}

fn dependency(dependency: &Dependency) -> Value {
    let (kind, version) = match &dependency.requirement {
        Requirement::Exact(version) => ("exact", version.to_string()),
        Requirement::Range(range) => ("range", range.to_string()),
        Requirement::AnyOf(ranges) => ("any-of", ranges.join(" || ")),
        Requirement::Any => ("any", String::new()),
        Requirement::Unknown => ("unknown", String::new()),
    };
    let (source, at) = match &dependency.source {
        DependencySource::Index(at) => ("index", at.as_deref()),
        DependencySource::Conda(at) => ("conda", at.as_deref()),
        DependencySource::Vcs(at) => ("vcs", Some(&**at)),
        DependencySource::Url(at) => ("url", Some(&**at)),
        DependencySource::Path(at) => ("path", Some(&**at)),
    };
    let texts = |texts: &[Arc<str>]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
    json!({
        "name": &*dependency.name,
        "requirement": kind,
        "version": version,
        "source": source,
        "at": at,
        "path": &*dependency.path,
        "line": dependency.range.start.line,
        "start": dependency.range.start.offset,
        "end": dependency.range.end.offset,
        "groups": texts(&dependency.groups),
        "extras": texts(&dependency.extras),
        "marker": &*dependency.marker,
        "hashes": texts(&dependency.hashes),
        "chain": texts(&dependency.chain),
        "constraint": dependency.constraint,
    })
}

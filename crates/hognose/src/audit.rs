//! `hognose audit`: find manifests, read them, look up what they ask for.

use std::sync::Arc;
use std::time::Instant;

use hognose_finding::{Problem, ProblemKind, Sources};
use hognose_report::{Date, Facts, Outcome, Report, assess};
use hognose_sca::advisory::{About, Index};
use hognose_sca::manifest::{self, Format, Manifest};
use hognose_sca::{Dependency, index_problem};
use tracing::info;

use crate::args::{Audit, Global};
use crate::commands::db;
use crate::failure::Failure;
use crate::scan::{Job, no_such_path, prepared};
use crate::sources::{
    FileKind, Found, FoundFile, IndexFile, ManifestSources, WalkOptions, shown, walk,
};
use crate::terminal::Terminal;

/// A collection with as many records as the public ones changes every day; a few advisories of one's own do not.
const COLLECTION: u32 = 1000;

/// Runs the command; gives the exit code.
pub fn run(global: &Global, arguments: &Audit, terminal: &Terminal) -> Result<u8, Failure> {
    prepared(global, &arguments.as_scan(), terminal, |job, started| {
        let found = found(&job)?;
        let sources = ManifestSources::new(&found.files, job.working, job.settings.max_file_size);
        let manifests = read_all(&found.files, &sources);
        info!(
            "{} dependencies in {} files, after {:.3} s",
            manifests.dependencies.len(),
            manifests.files.len(),
            started.elapsed().as_secs_f64()
        );
        let looked_up = look_up(arguments, &job, &manifests.dependencies, &sources)?;
        job.show(&report(&job, found, manifests, looked_up, started))
    })
}

fn found(job: &Job<'_>) -> Result<Found, Failure> {
    let options = WalkOptions {
        manifests: true,
        ..job.settings.walk.clone()
    };
    walk(&job.arguments.paths, job.working, &options)
        .map_err(|error| no_such_path(&error, job.working))
}

/// What the manifests say.
#[derive(Default)]
struct Manifests {
    /// Their paths as shown.
    files: Vec<Arc<str>>,
    dependencies: Vec<Dependency>,
    problems: Vec<Problem>,
}

fn read_all(files: &[FoundFile], sources: &ManifestSources) -> Manifests {
    let mut all = Manifests::default();
    for file in files {
        match read_one(file, sources) {
            Ok(None) => {}
            Ok(Some(manifest)) => {
                all.files.push(file.shown.clone());
                all.dependencies.extend(manifest.dependencies);
                all.problems.extend(manifest.problems);
            }
            Err(problem) => all.problems.push(problem),
        }
    }
    all
}

/// `None`: a Python file that says nothing about what it needs.
fn read_one(file: &FoundFile, sources: &ManifestSources) -> Result<Option<Manifest>, Problem> {
    let bytes = sources
        .read(&file.shown)
        .map_err(|error| Problem::in_file(error.kind, file.shown.clone(), error.message))?;
    let format = match file.kind {
        FileKind::Manifest => format_of(&file.shown)?,
        _ if manifest::has_script_metadata(&String::from_utf8_lossy(&bytes)) => named("script"),
        _ => return Ok(None),
    };
    Ok(Some(manifest::read(format, &file.shown, &bytes, sources)))
}

/// The format of a file. One that was named and whose name says nothing is read as pip would read it.
fn format_of(path: &str) -> Result<&'static Format, Problem> {
    if let Some(format) = manifest::recognise(path) {
        return Ok(format);
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    let end = name
        .rsplit_once('.')
        .map(|(_, end)| end.to_ascii_lowercase());
    match end.as_deref() {
        Some("txt" | "in" | "pip") | None => Ok(named("requirements.txt")),
        Some("py" | "pyw") => Ok(named("script")),
        Some(_) => Err(Problem::in_file(
            ProblemKind::Unreadable,
            path,
            "is no manifest, lock file or bill of materials of a known format",
        )),
    }
}

fn named(name: &str) -> &'static Format {
    let mut formats = manifest::FORMATS.iter();
    formats
        .find(|format| format.name == name)
        .expect("a format of the list")
}

/// Looks up the dependencies; that there is nothing to look into, or nothing new, is a problem.
fn look_up(
    arguments: &Audit,
    job: &Job<'_>,
    dependencies: &[Dependency],
    sources: &ManifestSources,
) -> Result<hognose_sca::Audit, Failure> {
    let place = db::place(arguments.advisories.as_ref(), job.settings, job.working)?;
    let without = |problem: Problem| {
        Ok(hognose_sca::Audit {
            problems: vec![problem],
            ..hognose_sca::Audit::default()
        })
    };
    let file = match IndexFile::open(&place) {
        Ok(file) => file,
        Err(error) => {
            let message = if error.kind == ProblemKind::Vanished {
                "there are no advisories to look into; `hognose db update` fetches them".to_owned()
            } else {
                format!("the index of advisories {error}")
            };
            return without(Problem::general(ProblemKind::Advisories, message));
        }
    };
    let index = match Index::open(file) {
        Ok(index) => index,
        Err(error) => return without(index_problem(&error)),
    };
    let mut audit = hognose_sca::audit(dependencies, &index, &job.knowledge.catalogue, sources);
    let limit = arguments.max_age.unwrap_or(job.settings.advisories_max_age);
    let old = too_old(index.about(), job.begun.date(), limit);
    audit.problems.extend(old);
    Ok(audit)
}

/// The problem that the advisories were fetched too long ago, or that what was fetched was old already.
fn too_old(about: &About, today: Date, limit: u32) -> Option<Problem> {
    let fetched = db::days_since(&about.built, today);
    let newest = db::days_since(&about.newest, today).filter(|_| about.records >= COLLECTION);
    let (days, what) = match (fetched, newest) {
        (Some(days), _) if days > limit => (days, format!("were fetched on {}", about.built)),
        (_, Some(days)) if days > limit => {
            (days, format!("have nothing newer than {}", about.newest))
        }
        _ => return None,
    };
    let message = format!(
        "the advisories {what}, {days} days ago, so that later ones are missing; `hognose db update` fetches them"
    );
    Some(Problem::general(ProblemKind::Advisories, message))
}

fn report(
    job: &Job<'_>,
    found: Found,
    manifests: Manifests,
    looked_up: hognose_sca::Audit,
    started: Instant,
) -> Report {
    let mut problems = found.problems;
    problems.extend(manifests.problems);
    problems.extend(looked_up.problems);
    if manifests.files.is_empty() {
        let paths = job.arguments.paths.iter();
        let paths: Vec<String> = paths
            .map(|path| format!("`{}`", shown(path, job.working)))
            .collect();
        let message = format!("no manifests or lock files in {}", paths.join(", "));
        problems.push(Problem::general(ProblemKind::Empty, message));
    }
    let facts = Facts {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        files: manifests.files.len() as u64,
        lines: 0,
        dependencies: Some(looked_up.looked_up),
        started: job.begun,
        elapsed: started.elapsed(),
    };
    let outcome = Outcome {
        findings: looked_up.findings,
        problems,
        directives: Vec::new(),
        left_out: found.left_out,
        scanned: manifests.files,
    };
    let rules = job.knowledge.rules();
    let today = job.begun.date();
    assess(
        outcome,
        &rules,
        &job.policy,
        job.baseline.as_ref(),
        today,
        facts,
    )
}

//! `--fix` and `--diff`: fixes are tried in memory, round by round, before a file is touched.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use hognose_finding::{Finding, Problem, ProblemKind, Safety, Sources};
use hognose_report::Report;
use tracing::debug;

use crate::analysis::Analysed;
use crate::fix::{Editable, choose, unified_diff};
use crate::scan::{Input, Job};
use crate::sources::{Found, HeldSources, write_atomically};
use crate::terminal::Terminal;

/// Fixes that make room for others are followed up this often.
const ROUNDS: usize = 10;

/// What came of fixing.
pub struct Fixed {
    /// What could not be fixed.
    pub problems: Vec<Problem>,
    /// What there is afterwards.
    pub last: Analysed,
    /// The files that change.
    files: BTreeMap<Arc<str>, FixedFile>,
}

struct FixedFile {
    before: Vec<u8>,
    after: Vec<u8>,
    /// Findings fixed.
    count: usize,
}

/// Applies fixes in memory, and scans again until nothing is left to fix.
///
/// Only findings that count are fixed. A file that cannot be fixed without harm is left as it is, which is a problem.
pub fn fix(
    job: &Job<'_>,
    found: &Found,
    disk: &dyn Sources,
    unfixed: Analysed,
    started: Instant,
) -> Fixed {
    let most = if job.arguments.unsafe_fixes {
        Safety::Unsafe
    } else {
        Safety::Safe
    };
    let mut files: BTreeMap<Arc<str>, FixedFile> = BTreeMap::new();
    let mut refused: BTreeMap<Arc<str>, String> = BTreeMap::new();
    let mut last = unfixed;
    for round in 1..=ROUNDS {
        let open = job.assess(found, last.clone(), Vec::new(), started);
        let mut by_file: BTreeMap<Arc<str>, Vec<&Finding>> = BTreeMap::new();
        for finding in open.open() {
            if let Some(code) = finding.location.code()
                && !refused.contains_key(&code.path)
            {
                by_file
                    .entry(Arc::clone(&code.path))
                    .or_default()
                    .push(finding);
            }
        }

        // The files that change in this round, as they were before it.
        let mut before: BTreeMap<Arc<str>, Option<FixedFile>> = BTreeMap::new();
        for (path, findings) in by_file {
            let (chosen, edits) = choose(&findings, most);
            if edits.is_empty() {
                continue;
            }
            if !parses(&last, &path) {
                refused.insert(
                    path,
                    "fixes are not applied, since the file does not parse".to_owned(),
                );
                continue;
            }
            let Ok(original) = disk.read(&path) else {
                continue;
            };
            let known = files.get(&path);
            let now = known.map_or(&original, |file| &file.after);
            match Editable::read(&path, now).and_then(|file| file.edited(&edits)) {
                Ok(after) if after != *now => {
                    let count = known.map_or(0, |file| file.count) + chosen.len();
                    let before_all = known.map_or(&original, |file| &file.before).clone();
                    let file = FixedFile {
                        before: before_all,
                        after,
                        count,
                    };
                    before.insert(Arc::clone(&path), files.insert(path, file));
                }
                Ok(_) => {}
                Err(reason) => _ = refused.insert(path, reason.to_owned()),
            }
        }
        if before.is_empty() {
            break;
        }
        debug!("fix round {round}: {} files", before.len());
        let mut next = job.analyse(&found.files, &held(disk, &files));
        let broken: Vec<Arc<str>> = before
            .keys()
            .filter(|path| !parses(&next, path))
            .cloned()
            .collect();
        if !broken.is_empty() {
            for path in broken {
                match before.remove(&path).flatten() {
                    Some(file) => _ = files.insert(Arc::clone(&path), file),
                    None => _ = files.remove(&path),
                }
                refused.insert(
                    path,
                    "a fix would break the syntax and was not applied".to_owned(),
                );
            }
            next = job.analyse(&found.files, &held(disk, &files));
        }
        last = next;
    }
    let problems = refused
        .into_iter()
        .map(|(path, reason)| Problem::in_file(ProblemKind::Fix, path, reason));
    Fixed {
        problems: problems.collect(),
        last,
        files,
    }
}

/// Whether a file that was analysed parses.
fn parses(analysed: &Analysed, path: &Arc<str>) -> bool {
    !analysed.problems.iter().any(|problem| {
        problem.path.as_ref() == Some(path)
            && matches!(
                problem.kind,
                ProblemKind::SyntaxError | ProblemKind::Python2
            )
    })
}

fn held<'a>(disk: &'a dyn Sources, files: &BTreeMap<Arc<str>, FixedFile>) -> HeldSources<'a> {
    let mut sources = HeldSources::before(disk);
    for (path, file) in files {
        sources.hold(Arc::clone(path), file.after.clone());
    }
    sources
}

impl Fixed {
    /// What the fixes change, as a unified diff.
    pub fn diff(&self, colour: bool) -> String {
        self.files
            .iter()
            .map(|(path, file)| unified_diff(path, &file.before, &file.after, colour))
            .collect()
    }

    /// Writes the changed files to disk. Those that cannot be written become problems, and are looked at again as
    /// they are.
    pub fn write(mut self, job: &Job<'_>, found: &Found, input: &Input) -> Self {
        let Input::Disk(disk) = input else {
            return self;
        };
        let paths = job.arguments.paths.iter();
        let roots: Vec<PathBuf> = paths
            .filter_map(|path| job.working.join(path).canonicalize().ok())
            .collect();
        let files = self.files.len();
        self.files.retain(|path, file| {
            let Some(real) = disk.path(path) else {
                return false;
            };
            let written = if !roots.iter().any(|root| real.starts_with(root)) {
                // A link led the scan there; what is elsewhere is not ours to change.
                Err("lies outside the scanned folders, so it was not fixed".to_owned())
            } else if disk.read(path).is_ok_and(|now| now != file.before) {
                Err("changed while it was scanned, so it was not fixed".to_owned())
            } else {
                write_atomically(real, &file.after, None)
            };
            if let Err(reason) = &written {
                self.problems.push(Problem::in_file(
                    ProblemKind::Fix,
                    Arc::clone(path),
                    reason.as_str(),
                ));
            }
            written.is_ok()
        });
        if self.files.len() < files {
            self.last = job.analyse(&found.files, disk);
        }
        self
    }

    /// Says how many findings were fixed, and how many more unsafe fixes are there for.
    pub fn tell(&self, terminal: &Terminal, verb: &str, riskier: usize) {
        if terminal.quiet {
            return;
        }
        let count: usize = self.files.values().map(|file| file.count).sum();
        let mut line = match count {
            0 => "nothing to fix".to_owned(),
            1 => format!("{verb} 1 finding"),
            _ => format!("{verb} {count} findings"),
        };
        if riskier > 0 {
            let _ = write!(line, "; with `--unsafe-fixes`, {riskier} more");
        }
        terminal.tell(&(line + "\n"));
    }
}

/// How many findings that count have only fixes which were not asked for.
pub fn only_unsafe(report: &Report, unsafe_fixes: bool) -> usize {
    let is_left = |finding: &&Finding| {
        !finding.fixes.is_empty() && finding.fixes.iter().all(|fix| fix.safety == Safety::Unsafe)
    };
    if unsafe_fixes {
        0
    } else {
        report.open().filter(is_left).count()
    }
}

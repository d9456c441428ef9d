//! `hognose scan`: find files, analyse, assess, render.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use hognose_finding::{Persona, Problem, ProblemKind, Sources};
use hognose_report::render::Options;
use hognose_report::{Baseline, DateTime, Facts, Outcome, Policy, Report, assess, summary_line};
use hognose_sast::ScanOptions;
use tracing::info;

use crate::analysis::{self, Analysed, analyse, holds_package};
use crate::args::{Global, Scan};
use crate::commands::statistics;
use crate::config::{OutputTo, ProblemsMean, Settings, unused_configuration};
use crate::failure::Failure;
use crate::fixing;
use crate::knowledge::Knowledge;
use crate::progress::{Counted, Progress};
use crate::sources::{
    DiskSources, Found, FoundFile, HeldSources, NoSuchPath, Revision, base_of, explicit_kind,
    read_regular, read_stdin, shown, walk, write_atomically,
};
use crate::terminal::Terminal;

/// A baseline larger than this is none.
const BASELINE_LIMIT: u64 = 1 << 30;

/// Runs the command; gives the exit code.
pub fn run(global: &Global, arguments: &Scan, terminal: &Terminal) -> Result<u8, Failure> {
    #[allow(clippy::redundant_closure_for_method_calls)]
    // The method alone has one lifetime, not any.
    prepared(global, arguments, terminal, |job, started| job.run(started))
}

/// Finds out all that a run needs to know, then runs it; gives the exit code.
pub fn prepared(
    global: &Global,
    arguments: &Scan,
    terminal: &Terminal,
    run: impl FnOnce(Job<'_>, Instant) -> Result<u8, Failure> + Send,
) -> Result<u8, Failure> {
    let (started, begun) = (now(), clock());
    let working = working_folder()?;
    let settings = Settings::of_scan(global, arguments, &working)?;
    for origin in settings.origins() {
        info!("configuration: {origin}");
    }
    let knowledge = Knowledge::load(&settings.rules, &settings.models, &working)?;
    let policy = settings.policy(&knowledge.catalogue, &working)?;
    let baseline = settings
        .baseline
        .as_deref()
        .map(|file| read_baseline(file, &working))
        .transpose()?;
    let pool = threads(settings.jobs)?;
    let job = Job {
        global,
        arguments,
        settings: &settings,
        knowledge: &knowledge,
        policy,
        baseline,
        working: &working,
        terminal,
        begun,
    };
    pool.install(|| run(job, started))
}

/// The threads that an analysis runs on; one a core if their number is not given.
pub fn threads(number: Option<usize>) -> Result<rayon::ThreadPool, Failure> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(number.unwrap_or(0))
        .stack_size(analysis::STACK_SIZE)
        .thread_name(|index| format!("hognose-{index}"))
        .build()
        .map_err(|error| Failure::new(format!("cannot start threads: {error}")))
}

/// The folder that relative paths are relative to.
pub fn working_folder() -> Result<PathBuf, Failure> {
    std::env::current_dir()
        .and_then(|folder| folder.canonicalize())
        .map_err(|error| Failure::new(format!("the working folder cannot be used: {error}")))
}

#[allow(
    clippy::disallowed_methods,
    reason = "the clock is read here and passed on"
)]
fn now() -> Instant {
    Instant::now()
}

#[allow(
    clippy::disallowed_methods,
    reason = "the clock is read here and passed on"
)]
/// The time, UTC.
pub fn clock() -> DateTime {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    let first = DateTime::new(1970, 1, 1, 0, 0, 0, 0).unwrap_or(DateTime::ZERO);
    first.checked_add(since).unwrap_or(first)
}

/// Everything a scan needs to know.
pub struct Job<'a> {
    global: &'a Global,
    /// The command line.
    pub arguments: &'a Scan,
    /// What holds.
    pub settings: &'a Settings,
    /// The rules.
    pub knowledge: &'a Knowledge,
    /// What the user wants to see.
    pub policy: Policy,
    /// What is known already.
    pub baseline: Option<Baseline>,
    /// The folder that paths are relative to.
    pub working: &'a Path,
    terminal: &'a Terminal,
    /// When the run began, UTC.
    pub begun: DateTime,
}

/// The files to scan and where their bytes come from.
pub enum Input {
    /// Files on disk.
    Disk(DiskSources),
    /// Standard input.
    Held(HeldSources<'static>),
}

impl Input {
    /// Where the bytes come from.
    pub fn sources(&self) -> &dyn Sources {
        match self {
            Input::Disk(disk) => disk,
            Input::Held(held) => held,
        }
    }
}

impl Job<'_> {
    fn run(mut self, started: Instant) -> Result<u8, Failure> {
        let (found, input) = self.input()?;
        info!(
            "{} files to scan, found in {:.3} s",
            found.files.len(),
            started.elapsed().as_secs_f64()
        );
        for left_out in &found.left_out {
            info!("left out: {} ({})", left_out.path, left_out.reason);
        }
        if self.arguments.list_files {
            return self.list(&found);
        }
        if let Some(revision) = &self.arguments.new_since {
            self.baseline = Some(self.findings_of(revision)?);
        }

        let analysed = self.analyse(&found.files, input.sources());
        info!(
            "{} findings for all personas, after {:.3} s",
            analysed.findings.len(),
            started.elapsed().as_secs_f64()
        );
        let wanted = self.arguments.fix || self.arguments.unsafe_fixes || self.arguments.diff;
        let unfixed = wanted.then(|| analysed.clone());
        let mut report = self.assess(&found, analysed, Vec::new(), started);

        if let Some(unfixed) = unfixed {
            let fixed = fixing::fix(&self, &found, input.sources(), unfixed, started);
            let riskier = fixing::only_unsafe(&report, self.arguments.unsafe_fixes);
            if self.arguments.diff {
                self.terminal.print(&fixed.diff(self.terminal.colour))?;
                fixed.tell(self.terminal, "would fix", riskier);
                report.problems.extend(fixed.problems);
            } else {
                let fixed = fixed.write(&self, &found, &input);
                fixed.tell(self.terminal, "fixed", riskier);
                report = self.assess(&found, fixed.last, fixed.problems, started);
            }
        }
        self.show(&report)
    }

    fn input(&self) -> Result<(Found, Input), Failure> {
        let paths = &self.arguments.paths;
        let is_stdin = |path: &PathBuf| path.as_os_str() == "-";
        if !paths.iter().any(is_stdin) {
            if self.arguments.stdin_filename.is_some() {
                return Err(Failure::with_help(
                    "--stdin-filename: standard input is not read",
                    Some("`hognose scan -` reads it".to_owned()),
                ));
            }
            let mut found = walk(paths, self.working, &self.settings.walk)
                .map_err(|error| no_such_path(&error, self.working))?;
            let files: Vec<&Path> = found.files.iter().map(|file| &*file.path).collect();
            let unused = unused_configuration(self.global, paths, &files, self.working);
            found.problems.extend(unused);
            let disk = DiskSources::new(&found.files, self.settings.max_file_size);
            return Ok((found, Input::Disk(disk)));
        }
        if paths.len() > 1 {
            return Err(Failure::new("`-` cannot be combined with other paths"));
        }
        if (self.arguments.fix || self.arguments.unsafe_fixes) && !self.arguments.diff {
            let help = "`--diff` shows what they would change".to_owned();
            return Err(Failure::with_help(
                "fixes cannot be applied to standard input",
                Some(help),
            ));
        }
        let name = self
            .arguments
            .stdin_filename
            .clone()
            .unwrap_or_else(|| PathBuf::from("<stdin>"));
        let path: Arc<str> = shown(&name, self.working).into();
        let mut found = Found::default();
        let mut held = HeldSources::alone();
        match read_stdin(self.settings.max_file_size) {
            Ok(bytes) => {
                let kind = explicit_kind(&name);
                found.files.push(FoundFile {
                    base: base_of(&path, false),
                    shown: Arc::clone(&path),
                    path: self.working.join(name),
                    kind,
                });
                held.hold(path, bytes);
            }
            Err(error) => found
                .problems
                .push(Problem::in_file(error.kind, path, error.message)),
        }
        Ok((found, Input::Held(held)))
    }

    /// One path a line on standard output, and everything else on standard error.
    fn list(&self, found: &Found) -> Result<u8, Failure> {
        let files: Vec<String> = found
            .files
            .iter()
            .map(|file| format!("{}\n", file.shown))
            .collect();
        self.terminal.print(&files.concat())?;
        for left_out in &found.left_out {
            self.terminal.tell(&format!(
                "{}: left out, {}\n",
                left_out.path, left_out.reason
            ));
        }
        for Problem { path, message, .. } in &found.problems {
            let path = path.as_deref().unwrap_or_default();
            self.terminal.tell(&format!("{path}: {message}\n"));
        }
        Ok(0)
    }

    /// Analyses `files`, with a progress bar if it takes long.
    pub fn analyse(&self, files: &[FoundFile], sources: &dyn Sources) -> Analysed {
        let progress = Progress::new(self.terminal, files.len());
        analyse(
            files,
            &Counted::new(sources, &progress),
            self.knowledge,
            &self.settings.src,
            self.working,
            ScanOptions {
                library: self
                    .settings
                    .library
                    .unwrap_or_else(|| holds_package(&self.arguments.paths, self.working)),
                tests: self.policy.persona == Persona::Auditor,
            },
        )
    }

    /// Decides what counts; `more` are problems met since.
    pub fn assess(
        &self,
        found: &Found,
        analysed: Analysed,
        more: Vec<Problem>,
        started: Instant,
    ) -> Report {
        let mut problems = found.problems.clone();
        problems.extend(analysed.problems);
        problems.extend(more);
        if found.files.is_empty() && problems.is_empty() {
            let names: Vec<String> = self
                .arguments
                .paths
                .iter()
                .map(|path| format!("`{}`", shown(path, self.working)))
                .collect();
            let message = format!(
                "no Python files, notebooks or templates in {}",
                names.join(", ")
            );
            problems.push(Problem::general(ProblemKind::Empty, message));
        }
        let facts = Facts {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            files: analysed.scanned.len() as u64,
            lines: analysed.lines,
            dependencies: None,
            started: self.begun,
            elapsed: started.elapsed(),
        };
        let outcome = Outcome {
            findings: analysed.findings,
            problems,
            directives: analysed.directives,
            left_out: found.left_out.clone(),
            scanned: analysed.scanned,
        };
        assess(
            outcome,
            &self.knowledge.rules(),
            &self.policy,
            self.baseline.as_ref(),
            self.begun.date(),
            facts,
        )
    }

    /// The findings of an old revision, which is scanned in memory.
    fn findings_of(&self, revision: &str) -> Result<Baseline, Failure> {
        let paths = &self.arguments.paths;
        let old = Revision::open(
            revision,
            paths,
            self.working,
            &self.settings.walk,
            self.settings.max_file_size,
        )
        .map_err(|error| Failure::new(format!("--new-since: {}", error.0)))?;
        info!("{} files in revision {revision}", old.files.len());
        let analysed = self.analyse(&old.files, &old);
        Ok(analysed.findings.iter().collect())
    }

    /// Writes all outputs, the baseline and the summary; gives the exit code.
    pub fn show(&self, report: &Report) -> Result<u8, Failure> {
        if let Some(file) = &self.arguments.write_baseline {
            let file = self.working.join(file);
            self.write_output(&file, &Baseline::of(report).render(), None)?;
        }
        let mut summarised = false;
        for OutputTo {
            format,
            file,
            within,
        } in &self.settings.outputs
        {
            if let Some(file) = file {
                self.write_output(
                    file,
                    &(format.render)(report, &Options::default()),
                    within.as_deref(),
                )?;
            } else if self.arguments.statistics {
                self.terminal
                    .print(&statistics::render(report, self.terminal))?;
            } else if !self.arguments.diff {
                let options = self.terminal.render_options(self.working);
                summarised = matches!(format.name, "full" | "concise");
                // Formats for people end with the summary; a quiet run that found nothing says nothing.
                let silent = summarised
                    && self.terminal.quiet
                    && report.open().next().is_none()
                    && report.problems.is_empty();
                if !silent {
                    self.terminal.print(&(format.render)(report, &options))?;
                }
            }
        }
        if !summarised && !self.terminal.quiet {
            self.terminal.tell(&(summary_line(report) + "\n"));
        }
        let code = report.exit_code();
        Ok(
            if code == 2 && self.settings.problems == ProblemsMean::Allow {
                0
            } else {
                code
            },
        )
    }

    fn write_output(&self, file: &Path, text: &str, within: Option<&Path>) -> Result<(), Failure> {
        write_atomically(file, text.as_bytes(), within)
            .map_err(|reason| Failure::new(format!("`{}` {reason}", shown(file, self.working))))
    }
}

/// The failure to find a path that was given, with the one that may have been meant.
pub fn no_such_path(error: &NoSuchPath, working: &Path) -> Failure {
    let name = error.path.display();
    let help = error
        .near
        .as_ref()
        .map(|near| format!("did you mean `{}`?", shown(near, working)));
    Failure::with_help(format!("`{name}` {}", error.reason), help)
}

fn read_baseline(file: &Path, working: &Path) -> Result<Baseline, Failure> {
    let name = shown(file, working);
    let failure = |reason: String| Failure::new(format!("baseline `{name}` {reason}"));
    let bytes = read_regular(file, BASELINE_LIMIT).map_err(|error| {
        let missing = error.kind == ProblemKind::Vanished;
        let help = missing.then(|| format!("`hognose scan --write-baseline {name}` writes one"));
        let reason = if missing {
            "does not exist".to_owned()
        } else {
            error.message
        };
        Failure::with_help(format!("baseline `{name}` {reason}"), help)
    })?;
    let text = String::from_utf8(bytes).map_err(|_| failure("is not UTF-8".to_owned()))?;
    Baseline::parse(&text).map_err(|error| failure(format!("cannot be used: {error}")))
}

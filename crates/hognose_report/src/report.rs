//! The assessed report: what every renderer reads.

use std::sync::Arc;
use std::time::Duration;

use hognose_finding::{Finding, Persona, Problem, ProblemLevel, Rule, Severity};
use jiff::civil::DateTime;

/// Everything there is to say about one run, in its final order.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// All findings the persona is shown, suppressed and baselined ones included, in order of path, range, rule.
    pub findings: Vec<Assessed>,
    /// What could not be looked at, in order.
    pub problems: Vec<Problem>,
    /// Folders that were recognised and left out, each with the reason: "virtual environment", "ignored by git".
    pub left_out: Vec<LeftOut>,
    /// The rules that were run, in order of id, whether or not they found anything.
    pub rules: Vec<Arc<Rule>>,
    /// Whether findings were compared with a baseline, so that an open one is a new one.
    pub compared: bool,
    /// The run itself.
    pub run: Run,
}

impl Report {
    /// The exit code of the program: 1 if an open finding is at or above the threshold, else 2 if a whole file or
    /// check was left out, else 0.
    ///
    /// Findings come before problems, since a build that must fail for a finding must not look like a broken tool.
    /// A run that could not look properly never ends with 0: what was not looked at is not clean.
    pub fn exit_code(&self) -> u8 {
        let fails = |assessed: &Assessed| {
            assessed.status == Status::Open
                && self
                    .run
                    .fail_on
                    .is_some_and(|least| assessed.finding.severity >= least)
        };
        if self.findings.iter().any(fails) {
            1
        } else if self
            .problems
            .iter()
            .any(|problem| problem.kind.level() == ProblemLevel::Error)
        {
            2
        } else {
            0
        }
    }

    /// The findings that count, in order.
    pub fn open(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(|assessed| assessed.status == Status::Open)
            .map(|assessed| &assessed.finding)
    }
}

/// A finding and what we do about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessed {
    /// The finding.
    pub finding: Finding,
    /// Whether it counts.
    pub status: Status,
}

/// What we do about a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// It counts.
    Open,
    /// A comment in the source accepts it.
    Suppressed {
        /// The comment's spelling, for people: `# nosec B602`.
        by: String,
        /// The reason the comment gives.
        reason: Option<String>,
    },
    /// It was there before (baseline or `--new-since`).
    Known,
}

/// A folder that was not scanned.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeftOut {
    /// As shown to the user.
    pub path: String,
    /// Why, a few words.
    pub reason: String,
}

/// Facts about the run.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Hognose's version.
    pub version: String,
    /// The persona the report is for.
    pub persona: Persona,
    /// Findings below this do not fail the run; `None`: findings never fail it.
    pub fail_on: Option<Severity>,
    /// Python files, notebooks and templates analysed.
    pub files: u64,
    /// Physical lines in them.
    pub lines: u64,
    /// Dependencies that were looked up, where that is what was looked at; `files` are manifests then.
    pub dependencies: Option<u64>,
    /// When it began, UTC. Only in formats that demand it.
    pub started: DateTime,
    /// Wall time. Left out of machine-readable formats that must be reproducible.
    pub elapsed: Duration,
}

impl Run {
    /// When it ended, UTC.
    pub fn ended(&self) -> DateTime {
        let ended = self.started.checked_add(self.elapsed);
        ended.unwrap_or(self.started)
    }
}

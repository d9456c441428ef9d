//! From what the engines found to what the user is told.

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::Duration;

use hognose_finding::{
    AliasTool, CodeLocation, Directive, DirectiveKind, DirectiveScope, Finding, Problem,
    ProblemKind, Rule,
};
use jiff::civil::{Date, DateTime};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::baseline::Baseline;
use crate::policy::Policy;
use crate::report::{Assessed, LeftOut, Report, Run, Status};
use crate::suppression::date;

/// What the engines give, in any order.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// What they found, for all personas.
    pub findings: Vec<Finding>,
    /// What they could not look at.
    pub problems: Vec<Problem>,
    /// The suppression comments in what they looked at.
    pub directives: Vec<Directive>,
    /// Folders that were recognised and not scanned.
    pub left_out: Vec<LeftOut>,
    /// Paths of all files looked at, as shown to the user.
    pub scanned: Vec<Arc<str>>,
}

/// Facts about the run that nobody but the caller knows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// Hognose's version.
    pub version: String,
    /// Python files, notebooks and templates analysed.
    pub files: u64,
    /// Physical lines in them.
    pub lines: u64,
    /// Dependencies that were looked up, where that is what was looked at.
    pub dependencies: Option<u64>,
    /// When the run began, UTC.
    pub started: DateTime,
    /// Wall time.
    pub elapsed: Duration,
}

/// Decides what counts, and puts everything into its final order.
///
/// `rules` is the whole catalogue, so that a comment that names a rule which is switched off is told from one that
/// names no rule at all. `today` decides which suppressions have expired; the last day counts as before it.
pub fn assess(
    outcome: Outcome,
    rules: &[Arc<Rule>],
    policy: &Policy,
    baseline: Option<&Baseline>,
    today: Date,
    facts: Facts,
) -> Report {
    let Outcome {
        findings,
        mut problems,
        mut directives,
        mut left_out,
        scanned,
    } = outcome;
    let findings = merged(findings);

    // Before anything is filtered: a comment is not unused because this reader does not see what it accepts.
    directives.sort_by(|a, b| (&a.path, a.range).cmp(&(&b.path, b.range)));
    let mut suppressions = Suppressions::new(&directives, rules, policy, today);
    let statuses: Vec<Option<Status>> = findings
        .iter()
        .map(|finding| suppressions.status(finding))
        .collect();
    problems.extend(suppressions.problems(policy));

    let mut assessed: Vec<Assessed> = findings
        .into_iter()
        .zip(statuses)
        .filter(|(finding, _)| is_shown(finding, policy))
        .map(|(finding, status)| Assessed {
            finding,
            status: status.unwrap_or(Status::Open),
        })
        .collect();

    if let Some(baseline) = baseline {
        let there: FxHashSet<&str> = scanned.iter().map(|path| &**path).collect();
        let open: Vec<&Finding> = assessed
            .iter()
            .filter(|one| one.status == Status::Open)
            .map(|one| &one.finding)
            .collect();
        let mut known = baseline
            .known(&open, |path| there.contains(path))
            .into_iter();
        for one in &mut assessed {
            if one.status == Status::Open && known.next() == Some(true) {
                one.status = Status::Known;
            }
        }
    }

    problems.sort();
    problems.dedup();
    left_out.sort();
    left_out.dedup();
    Report {
        rules: rules_run(rules, &assessed, policy),
        findings: assessed,
        problems,
        left_out,
        compared: baseline.is_some(),
        run: Run {
            version: facts.version,
            persona: policy.persona,
            fail_on: policy.fail_on,
            files: facts.files,
            lines: facts.lines,
            dependencies: facts.dependencies,
            started: facts.started,
            elapsed: facts.elapsed,
        },
    }
}

/// Findings in their final order, those of one rule at one range joined: the surest stays.
fn merged(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by(|a, b| {
        let best_first = |finding: &Finding| {
            Reverse((
                finding.confidence,
                finding.severity,
                finding.evidence.len(),
                finding.fixes.len(),
            ))
        };
        (
            place(a),
            &a.rule.id,
            a.location.package().map(|_| a.fingerprint),
            best_first(a),
            &a.message,
            a.fingerprint,
        )
            .cmp(&(
                place(b),
                &b.rule.id,
                b.location.package().map(|_| b.fingerprint),
                best_first(b),
                &b.message,
                b.fingerprint,
            ))
    });
    findings.dedup_by(|later, kept| {
        // One line asks for one package, which may have many vulnerabilities.
        let same = later.location.package().is_none() || later.fingerprint == kept.fingerprint;
        same && place(later) == place(kept) && later.rule.id == kept.rule.id
    });
    findings.sort_by(|a, b| order(a).cmp(&order(b)));
    findings
}

fn place(finding: &Finding) -> Option<(&str, hognose_finding::Range)> {
    finding
        .location
        .code()
        .map(|code| (&*code.path, code.range))
}

/// Path, start, rule, message; the end only tells apart what is otherwise equal.
fn order(finding: &Finding) -> impl Ord + '_ {
    let code = finding.location.code();
    (
        code.map(|code| (&*code.path, code.range.start)),
        &*finding.rule.id,
        &*finding.message,
        code.map(|code| code.range.end),
    )
}

fn is_shown(finding: &Finding, policy: &Policy) -> bool {
    let rule = &finding.rule;
    rule.shown_to(policy.persona, finding.confidence)
        && policy.runs(&rule.id)
        && policy
            .severity
            .is_none_or(|least| finding.severity >= least)
        && !finding
            .location
            .code()
            .is_some_and(|code| policy.per_file_ignores.ignores(&code.path, &rule.id))
}

/// The rules that were run. Those of the findings are there in any case, since formats point from one to the other.
fn rules_run(rules: &[Arc<Rule>], assessed: &[Assessed], policy: &Policy) -> Vec<Arc<Rule>> {
    let mut run: Vec<Arc<Rule>> = rules
        .iter()
        .filter(|rule| policy.runs(&rule.id))
        .chain(assessed.iter().map(|one| &one.finding.rule))
        .cloned()
        .collect();
    run.sort_by(|a, b| a.id.cmp(&b.id));
    run.dedup_by(|a, b| a.id == b.id);
    run
}

/// Problems with suppression comments told one by one, per file.
const MOST_PROBLEMS_A_FILE: usize = 100;

/// The comments of all files, and what they were good for.
struct Suppressions<'a> {
    /// In order of path and place.
    all: Vec<Suppression<'a>>,
    /// Where in `all` those of a path are that may hold.
    by_path: FxHashMap<&'a str, Vec<usize>>,
}

struct Suppression<'a> {
    directive: &'a Directive,
    /// What it names; empty: everything.
    codes: Vec<Code<'a>>,
    /// Whether it accepted anything.
    used: bool,
    /// Why it does not hold, if it does not.
    void: Option<Void>,
}

struct Code<'a> {
    text: &'a str,
    /// The rules it stands for; none if it is not ours.
    rules: Vec<&'a str>,
    used: bool,
}

enum Void {
    Malformed(String),
    Expired(Date),
    NoReason,
    Disregarded,
}

impl<'a> Suppressions<'a> {
    fn new(
        directives: &'a [Directive],
        rules: &'a [Arc<Rule>],
        policy: &Policy,
        today: Date,
    ) -> Self {
        let mut names: FxHashMap<(Option<AliasTool>, &str), Vec<&str>> = FxHashMap::default();
        for rule in rules {
            names.entry((None, &rule.id)).or_default().push(&rule.id);
            for alias in &rule.aliases {
                names
                    .entry((Some(alias.tool), &alias.code))
                    .or_default()
                    .push(&rule.id);
            }
        }
        let all: Vec<Suppression> = directives
            .iter()
            .map(|directive| {
                let spellings: &[Option<AliasTool>] = match directive.kind {
                    DirectiveKind::Hognose => {
                        &[None, Some(AliasTool::Bandit), Some(AliasTool::Ruff)]
                    }
                    DirectiveKind::Nosec => &[Some(AliasTool::Bandit)],
                    DirectiveKind::Noqa => &[Some(AliasTool::Ruff)],
                };
                let stands_for = |text: &'a str| {
                    spellings
                        .iter()
                        .filter_map(|&tool| names.get(&(tool, text)))
                        .flatten()
                        .copied()
                        .collect()
                };
                Suppression {
                    directive,
                    codes: directive
                        .codes
                        .iter()
                        .map(|text| Code {
                            text,
                            rules: stands_for(text),
                            used: false,
                        })
                        .collect(),
                    used: false,
                    void: void(directive, policy, today),
                }
            })
            .collect();
        let mut by_path: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
        for (index, suppression) in all.iter().enumerate() {
            if suppression.void.is_none() {
                by_path
                    .entry(&suppression.directive.path)
                    .or_default()
                    .push(index);
            }
        }
        Suppressions { all, by_path }
    }

    /// The status of a finding that comments accept, and a note on them all that they are of use.
    fn status(&mut self, finding: &Finding) -> Option<Status> {
        let code = finding.location.code()?;
        let mut first: Option<&Directive> = None;
        for &index in self.by_path.get(&*code.path)? {
            let suppression = &mut self.all[index];
            if suppression.accepts(&finding.rule.id, code) {
                // Ours says more than another tool's, so it speaks if both are there.
                let rank =
                    |directive: &Directive| u8::from(directive.kind != DirectiveKind::Hognose);
                if first.is_none_or(|first| rank(suppression.directive) < rank(first)) {
                    first = Some(suppression.directive);
                }
            }
        }
        first.map(|directive| Status::Suppressed {
            by: spelling(directive),
            reason: directive.reason.clone(),
        })
    }

    /// What is wrong with the comments. Of a file with very many such comments only the first are told one by one.
    fn problems(&self, policy: &Policy) -> Vec<Problem> {
        let mut problems = Vec::new();
        for of_file in self
            .all
            .chunk_by(|a, b| a.directive.path == b.directive.path)
        {
            let mut told = 0;
            let mut first_left_out: Option<Problem> = None;
            let mut left_out = 0_usize;
            for problem in of_file.iter().flat_map(|one| one.problems(policy)) {
                if told < MOST_PROBLEMS_A_FILE {
                    told += 1;
                    problems.push(problem);
                } else {
                    left_out += 1;
                    first_left_out.get_or_insert(problem);
                }
            }
            problems.extend(first_left_out.map(|mut first| {
                if left_out > 1 {
                    first.message = format!(
                        "{left_out} more problems with suppression comments in this file, from here on"
                    );
                }
                first
            }));
        }
        problems
    }
}

impl Suppression<'_> {
    /// Whether it accepts a finding of `rule` at `code`; if so, it and all its codes for the rule are of use.
    fn accepts(&mut self, rule: &str, code: &CodeLocation) -> bool {
        let (first, last) = self.directive.lines;
        let reaches = match self.directive.scope {
            DirectiveScope::File => true,
            DirectiveScope::Lines => (first..=last).contains(&code.range.start.line),
        };
        if !reaches {
            return false;
        }
        let mut accepts = self.directive.codes.is_empty();
        for code in &mut self.codes {
            if code.rules.contains(&rule) {
                code.used = true;
                accepts = true;
            }
        }
        self.used |= accepts;
        accepts
    }

    fn problems(&self, policy: &Policy) -> Vec<Problem> {
        let ours = self.directive.kind == DirectiveKind::Hognose;
        let problem = |message: String| {
            Problem::in_file(
                ProblemKind::Suppression,
                Arc::clone(&self.directive.path),
                message,
            )
            .at(self.directive.range)
        };
        let mut out = Vec::new();
        match &self.void {
            Some(Void::Disregarded) => return out,
            Some(Void::Malformed(what)) => {
                return vec![problem(format!("this comment suppresses nothing: {what}"))];
            }
            Some(Void::Expired(until)) => {
                out.push(problem(format!(
                    "`{}` expired after {until}",
                    spelling(self.directive)
                )));
            }
            Some(Void::NoReason) => {
                let how = if ours { ": add `reason=\"…\"`" } else { "" };
                out.push(problem(format!(
                    "`{}` suppresses nothing without a reason{how}",
                    spelling(self.directive)
                )));
            }
            None => {}
        }
        if ours {
            for code in self.codes.iter().filter(|code| code.rules.is_empty()) {
                out.push(problem(format!("`{}` is not a rule", code.text)));
            }
        }
        if self.void.is_none() && (ours || policy.report_unused_foreign) {
            // Codes of others, and of rules that did not run, may well be of use.
            let ran = |code: &&Code| code.rules.iter().any(|rule| policy.runs(rule));
            let unused: Vec<String> = self
                .codes
                .iter()
                .filter(|code| !code.used)
                .filter(ran)
                .map(|code| format!("`{}`", code.text))
                .collect();
            let here = match self.directive.scope {
                DirectiveScope::Lines => "here",
                DirectiveScope::File => "in this file",
            };
            if !unused.is_empty() {
                out.push(problem(format!(
                    "unused suppression: {} is not found {here}",
                    unused.join(", ")
                )));
            } else if self.codes.is_empty() && !self.used {
                out.push(problem(format!(
                    "unused suppression: nothing is found {here}"
                )));
            }
        }
        out
    }
}

fn void(directive: &Directive, policy: &Policy, today: Date) -> Option<Void> {
    if directive.kind != DirectiveKind::Hognose && policy.disregard_foreign {
        return Some(Void::Disregarded);
    }
    if let Some(what) = &directive.malformed {
        return Some(Void::Malformed(what.clone()));
    }
    if let Some(until) = &directive.until {
        match date(until) {
            None => {
                return Some(Void::Malformed(format!(
                    "`{until}` is not a day such as `2027-01-31`"
                )));
            }
            Some(until) if until < today => return Some(Void::Expired(until)),
            Some(_) => {}
        }
    }
    (policy.require_reason && directive.reason.is_none()).then_some(Void::NoReason)
}

/// A comment as people know it.
fn spelling(directive: &Directive) -> String {
    let codes = directive.codes.join(", ");
    match (directive.kind, directive.scope) {
        (DirectiveKind::Hognose, DirectiveScope::Lines) => format!("# hognose: ignore[{codes}]"),
        (DirectiveKind::Hognose, DirectiveScope::File) => {
            format!("# hognose: ignore-file[{codes}]")
        }
        (DirectiveKind::Nosec, _) if codes.is_empty() => "# nosec".to_owned(),
        (DirectiveKind::Nosec, _) => format!("# nosec {codes}"),
        (DirectiveKind::Noqa, DirectiveScope::Lines) if codes.is_empty() => "# noqa".to_owned(),
        (DirectiveKind::Noqa, DirectiveScope::Lines) => format!("# noqa: {codes}"),
        (DirectiveKind::Noqa, DirectiveScope::File) if codes.is_empty() => {
            "# ruff: noqa".to_owned()
        }
        (DirectiveKind::Noqa, DirectiveScope::File) => format!("# ruff: noqa: {codes}"),
    }
}

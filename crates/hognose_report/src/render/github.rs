//! Workflow commands of GitHub Actions: annotations in the diff, with no upload and no permission.

use std::fmt::Write as _;

use hognose_finding::{Evidence, Finding, Problem, ProblemLevel, Severity};

use super::advisory::advisory_facts;
use super::text::visible;
use super::{Options, concise};
use crate::report::Report;
use crate::summary::verdict;

/// One command a finding and a problem; the folders left out, and the summary, as plain lines.
pub(super) fn render(report: &Report, _: &Options) -> String {
    let mut out = String::new();
    for finding in report.open() {
        annotate(&mut out, finding);
    }
    for problem in &report.problems {
        problem_command(&mut out, problem);
    }
    concise::left_out(&mut out, report, &Options::default());
    let _ = writeln!(out, "{}", verdict(report));
    out
}

fn annotate(out: &mut String, finding: &Finding) {
    let command = match finding.severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "notice",
    };
    let title = format!("{} ({})", finding.rule.name, finding.rule.id);
    let _ = write!(out, "::{command} title={}", property(&title));
    if let Some(code) = finding.location.code() {
        let (start, end) = (code.range.start, code.range.end);
        let _ = write!(
            out,
            ",file={},line={},endLine={}",
            property(&code.path),
            start.line,
            end.line
        );
        // Columns of a range over several lines are refused.
        if start.line == end.line {
            let _ = write!(out, ",col={},endColumn={}", start.column, end.column);
        }
    }
    let mut text = finding.message.clone();
    for evidence in &finding.evidence {
        match evidence {
            Evidence::Flow(flow) => {
                for (index, step) in flow.steps.iter().enumerate() {
                    let place = &step.location;
                    let _ = write!(
                        text,
                        "\n{}. {}:{} {}",
                        index + 1,
                        place.path,
                        place.range.start.line,
                        step.note
                    );
                }
            }
            Evidence::Advisory(advisory) => {
                for (name, fact) in advisory_facts(advisory, &finding.location) {
                    let _ = write!(text, "\n{name}: {fact}");
                }
            }
            Evidence::Related(_) => {}
        }
    }
    let _ = writeln!(out, "::{}", data(&text));
}

fn problem_command(out: &mut String, problem: &Problem) {
    let command = match problem.kind.level() {
        ProblemLevel::Error => "error",
        ProblemLevel::Warning => "warning",
        ProblemLevel::Note => "notice",
    };
    let _ = write!(out, "::{command} title={}", property(problem.kind.as_str()));
    if let Some(path) = &problem.path {
        let _ = write!(out, ",file={}", property(path));
    }
    if let Some(range) = problem.range {
        let _ = write!(out, ",line={},endLine={}", range.start.line, range.end.line);
    }
    let _ = writeln!(out, "::{}", data(&problem.message));
}

/// What stands after the second `::`.
fn data(text: &str) -> String {
    let lines: Vec<String> = text
        .split('\n')
        .map(|line| visible(line).replace('%', "%25"))
        .collect();
    lines.join("%0A")
}

/// What stands after a `=`.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

//! One line a finding, as compilers and linters write them, so that editors can jump.

use std::fmt::Write as _;

use super::Options;
use super::text::{DIM, STRONG, place, problem_style, severity_style, visible};
use crate::report::Report;

/// `path:line:column: severity rule-id message`, then problems, folders left out, and the summary line.
pub(super) fn render(report: &Report, options: &Options) -> String {
    let mut out = String::new();
    for finding in report.open() {
        let (path, place) = match finding.location.code() {
            Some(code) => (&*code.path, place(code)),
            None => ("", String::new()),
        };
        let _ = writeln!(
            out,
            "{}: {} {} {}",
            options.link(path, &options.paint(STRONG, &place)),
            options.paint(severity_style(finding.severity), finding.severity.as_str()),
            options.paint(DIM, &finding.rule.id),
            options.tint(&visible(&finding.message)),
        );
    }
    problems(&mut out, report, options);
    left_out(&mut out, report, options);
    if let Some(summary) = options.summary(report) {
        let _ = writeln!(out, "{summary}");
    }
    out
}

/// The problems, one a line.
pub(super) fn problems(out: &mut String, report: &Report, options: &Options) {
    for problem in &report.problems {
        if let Some(path) = &problem.path {
            let mut place = visible(path).into_owned();
            if let Some(range) = problem.range {
                let _ = write!(place, ":{}:{}", range.start.line, range.start.column);
            }
            let _ = write!(
                out,
                "{}: ",
                options.link(path, &options.paint(STRONG, &place))
            );
        }
        let level = problem.kind.level();
        let _ = writeln!(
            out,
            "{} {} {}",
            options.paint(problem_style(level), super::level_word(level)),
            options.paint(DIM, problem.kind.as_str()),
            options.tint(&visible(&problem.message)),
        );
    }
}

/// Folders that were left out, in a line or a few.
pub(super) fn left_out(out: &mut String, report: &Report, options: &Options) {
    const SHOWN: usize = 6;
    if report.left_out.is_empty() {
        return;
    }
    let mut parts: Vec<String> = report
        .left_out
        .iter()
        .take(SHOWN)
        .map(|one| format!("{} ({})", visible(&one.path), visible(&one.reason)))
        .collect();
    if report.left_out.len() > SHOWN {
        parts.push(format!("and {} more", report.left_out.len() - SHOWN));
    }
    let _ = writeln!(
        out,
        "{} {}",
        options.paint(STRONG, "left out:"),
        parts.join(", ")
    );
}

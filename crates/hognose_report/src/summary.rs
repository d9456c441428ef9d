//! The one line that says how it went.

use std::fmt::Write as _;

use hognose_finding::{ProblemLevel, Severity};

use crate::report::{Report, Status};

/// How many of what a report has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Open findings by severity, in the order of [`Severity::ALL`].
    pub by_severity: [u64; Severity::ALL.len()],
    /// Findings accepted by a comment in the source.
    pub suppressed: u64,
    /// Findings that were there before.
    pub known: u64,
    /// Problems of all levels.
    pub problems: u64,
    /// Problems because of which something was not looked at: warnings and errors.
    pub gaps: u64,
}

impl Counts {
    /// Counts what `report` has.
    pub fn of(report: &Report) -> Self {
        let mut counts = Counts::default();
        for assessed in &report.findings {
            match assessed.status {
                Status::Open => counts.by_severity[assessed.finding.severity as usize] += 1,
                Status::Suppressed { .. } => counts.suppressed += 1,
                Status::Known => counts.known += 1,
            }
        }
        counts.problems = report.problems.len() as u64;
        counts.gaps = report
            .problems
            .iter()
            .filter(|problem| problem.kind.level() >= ProblemLevel::Warning)
            .count() as u64;
        counts
    }

    /// All open findings.
    pub fn open(&self) -> u64 {
        self.by_severity.iter().sum()
    }
}

/// The line at the end of a run, without a line end:
/// `5 findings (2 high, 3 medium), 1 suppressed, 2 problems · 312 files, 48,201 lines in 0.21 s`.
pub fn summary_line(report: &Report) -> String {
    let seconds = report.run.elapsed.as_secs_f64();
    format!("{} in {seconds:.2} s", timeless_summary(report))
}

/// The same without how long it took, so that the same input gives the same text.
pub(crate) fn timeless_summary(report: &Report) -> String {
    format!("{} · {}", verdict(report), extent(report))
}

/// The second half: how much was looked at.
pub(crate) fn extent(report: &Report) -> String {
    let files = counted(report.run.files, "file");
    match report.run.dependencies {
        Some(1) => format!("{files}, 1 dependency"),
        Some(count) => format!("{files}, {} dependencies", thousands(count)),
        None => format!("{files}, {}", counted(report.run.lines, "line")),
    }
}

/// The first half of the summary: what was found.
pub(crate) fn verdict(report: &Report) -> String {
    let counts = Counts::of(report);
    let mut out = String::new();
    match counts.open() {
        0 if report.run.files == 0 => out.push_str("nothing to check"),
        0 if counts.gaps > 0 => out.push_str("no findings in what could be checked"),
        0 if report.compared => out.push_str("no new findings"),
        0 => out.push_str("no findings"),
        open => {
            let new = if report.compared { "new " } else { "" };
            let parts: Vec<String> = Severity::ALL
                .iter()
                .rev()
                .zip(counts.by_severity.iter().rev())
                .filter(|(_, count)| **count > 0)
                .map(|(severity, &count)| format!("{} {severity}", thousands(count)))
                .collect();
            let noun = if open == 1 { "finding" } else { "findings" };
            let _ = write!(
                out,
                "{} {new}{noun} ({})",
                thousands(open),
                parts.join(", ")
            );
        }
    }
    if counts.known > 0 {
        let _ = write!(out, ", {} known", thousands(counts.known));
    }
    if counts.suppressed > 0 {
        let _ = write!(out, ", {} suppressed", thousands(counts.suppressed));
    }
    if counts.problems > 0 {
        let _ = write!(out, ", {}", counted(counts.problems, "problem"));
    }
    out
}

/// `1 file`, `2,000 files`.
pub(crate) fn counted(count: u64, noun: &str) -> String {
    format!(
        "{} {noun}{}",
        thousands(count),
        if count == 1 { "" } else { "s" }
    )
}

/// `48,201`.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{counted, thousands};

    #[test]
    fn numbers_are_grouped_by_three() {
        let shown: Vec<String> = [0, 999, 1000, 48_201, 1_234_567]
            .into_iter()
            .map(thousands)
            .collect();
        assert_eq!(shown, ["0", "999", "1,000", "48,201", "1,234,567"]);
    }

    #[test]
    fn one_is_singular() {
        assert_eq!(counted(1, "file"), "1 file");
        assert_eq!(counted(0, "file"), "0 files");
    }
}

//! A table for spreadsheets (RFC 4180), a row a finding or a problem.

use hognose_finding::{CodeLocation, Problem};

use super::Options;
use super::text::visible;
use crate::report::{Assessed, Report, Status};

const HEADER: &str = "type,status,severity,confidence,rule,cwe,path,line,column,end_line,end_column,scope,message,\
                      reason,fingerprint,package,version,vulnerability,fixed_in\r\n";

/// The table with its header. `type` is `finding`, `problem` or `left-out`; for a problem, `severity` is its level and
/// `rule` its kind.
pub(super) fn render(report: &Report, _: &Options) -> String {
    let mut out = String::from(HEADER);
    for assessed in &report.findings {
        finding(&mut out, assessed);
    }
    for one in &report.problems {
        problem(&mut out, one);
    }
    for one in &report.left_out {
        row(
            &mut out,
            &[
                "left-out",
                "",
                "",
                "",
                "",
                "",
                &one.path,
                "",
                "",
                "",
                "",
                "",
                "",
                &one.reason,
                "",
                "",
                "",
                "",
                "",
            ],
        );
    }
    out
}

fn finding(out: &mut String, assessed: &Assessed) {
    let Assessed { finding, status } = assessed;
    let code = finding.location.code();
    let package = finding.location.package();
    let number =
        |pick: fn(&CodeLocation) -> u32| code.map_or(String::new(), |code| pick(code).to_string());
    row(
        out,
        &[
            "finding",
            super::status_word(status),
            finding.severity.as_str(),
            finding.confidence.as_str(),
            &finding.rule.id,
            &super::weaknesses(&finding.rule).join(" "),
            code.map_or("", |code| &code.path),
            &number(|code| code.range.start.line),
            &number(|code| code.range.start.column),
            &number(|code| code.range.end.line),
            &number(|code| code.range.end.column),
            code.map_or("", |code| &code.scope),
            &finding.message,
            match status {
                Status::Suppressed { reason, .. } => reason.as_deref().unwrap_or_default(),
                Status::Open | Status::Known => "",
            },
            &finding.fingerprint.to_string(),
            package.map_or("", |package| &package.name),
            package
                .and_then(|package| package.version.as_deref())
                .unwrap_or_default(),
            super::vulnerability(finding).unwrap_or_default(),
            &super::advisory_of(finding)
                .map_or(String::new(), |advisory| advisory.fixed_in.join(" ")),
        ],
    );
}

fn problem(out: &mut String, problem: &Problem) {
    let [line, column, end_line, end_column] = match problem.range {
        Some(range) => [
            range.start.line,
            range.start.column,
            range.end.line,
            range.end.column,
        ]
        .map(|number| number.to_string()),
        None => [const { String::new() }; 4],
    };
    row(
        out,
        &[
            "problem",
            "",
            super::level_word(problem.kind.level()),
            "",
            problem.kind.as_str(),
            "",
            problem.path.as_deref().unwrap_or_default(),
            &line,
            &column,
            &end_line,
            &end_column,
            "",
            &problem.message,
            "",
            "",
            "",
            "",
            "",
            "",
        ],
    );
}

fn row(out: &mut String, cells: &[&str; 19]) {
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        push_cell(out, cell);
    }
    out.push_str("\r\n");
}

/// A spreadsheet runs a cell that begins like a formula, and names of files and strings in the source are a stranger's:
/// such a cell begins with an apostrophe.
fn push_cell(out: &mut String, cell: &str) {
    let cell = visible(cell);
    let formula = cell.starts_with(['=', '+', '-', '@']);
    if formula || cell.contains([',', '"']) {
        out.push('"');
        if formula {
            out.push('\'');
        }
        out.push_str(&cell.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(&cell);
    }
}

//! What stands at the top: how it went, how much there is of what, and what could not be looked at.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use hognose_finding::{Problem, ProblemLevel, Rule, Severity};

use super::super::level_word;
use super::markup::{escaped, number, prose};
use crate::report::Report;
use crate::summary::{Counts, counted};

/// Above this many, the list of problems scrolls by itself, so that the findings stay in reach.
const LONG_LIST: usize = 12;

/// Whether the run fails, and why.
pub(super) fn gate(report: &Report) -> String {
    let (class, text) = match (report.exit_code(), report.run.fail_on) {
        (1, Some(least)) => {
            let failing = report
                .open()
                .filter(|finding| finding.severity >= least)
                .count() as u64;
            (
                "fails",
                format!("Fails: {} {}", counted(failing, "finding"), at_least(least)),
            )
        }
        (2, _) => (
            "fails",
            "Incomplete: files or checks were left out".to_owned(),
        ),
        (_, Some(least)) => (
            "passes",
            format!("Passes: no open finding is {}", at_least(least)),
        ),
        (_, None) => ("passes", "Passes: findings never fail this run".to_owned()),
    };
    format!("<p class=\"gate {class}\">{text}</p>")
}

fn at_least(severity: Severity) -> String {
    if severity == Severity::Critical {
        severity.to_string()
    } else {
        format!("{severity} or worse")
    }
}

/// How many there are of each severity and of what else counts, and a bar of it.
pub(super) fn tiles(report: &Report) -> String {
    let counts = Counts::of(report);
    let mut out = String::from("<ul class=\"tiles\">\n");
    for (severity, &count) in Severity::ALL.iter().zip(&counts.by_severity).rev() {
        let _ = writeln!(
            out,
            "<li class=\"{severity}{}\"><button type=\"button\" data-tile=\"{severity}\" disabled><b>{}</b> \
             <span>{severity}</span></button></li>",
            if count == 0 { " zero" } else { "" },
            number(count as usize)
        );
    }
    let mut others = vec![("suppressed", counts.suppressed)];
    if report.compared {
        others.insert(0, ("known", counts.known));
    }
    for (status, count) in others {
        let _ = writeln!(
            out,
            "<li class=\"other{}\"><button type=\"button\" data-tile=\"{status}\" disabled><b>{}</b> \
             <span>{status}</span></button></li>",
            if count == 0 { " zero" } else { "" },
            number(count as usize)
        );
    }
    let _ = writeln!(
        out,
        "<li class=\"other{}\"><a href=\"#problems\"><b>{}</b> <span>problem{}</span></a></li>\n</ul>",
        match (counts.gaps, counts.problems) {
            (_, 0) => " zero",
            (0, _) => "",
            _ => " gap",
        },
        number(counts.problems as usize),
        if counts.problems == 1 { "" } else { "s" }
    );
    out.push_str(&bar(&counts));
    out
}

/// The shares of the severities among the open findings. Attributes rather than styles: the policy allows no others.
fn bar(counts: &Counts) -> String {
    const WIDTH: u64 = 1000;
    let open = counts.open();
    if open == 0 {
        return String::new();
    }
    let mut out = format!(
        "<svg class=\"bar\" viewBox=\"0 0 {WIDTH} 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
    );
    let mut before = 0;
    for (severity, &count) in Severity::ALL.iter().zip(&counts.by_severity).rev() {
        if count > 0 {
            let from = before * WIDTH / open;
            before += count;
            let to = before * WIDTH / open;
            let _ = write!(
                out,
                "<rect class=\"{severity}\" x=\"{from}\" width=\"{}\" height=\"8\"/>",
                to - from
            );
        }
    }
    out.push_str("</svg>\n");
    out
}

/// What could not be looked at, the worst first, and the folders that were left out.
pub(super) fn problems(report: &Report) -> String {
    let mut out = String::new();
    if report.problems.is_empty() {
        out.push_str("<p>None: everything that was found to look at could be looked at.</p>\n");
    } else {
        let gaps = Counts::of(report).gaps;
        if gaps > 0 {
            let _ = writeln!(
                out,
                "<p>{} left something out of this report. Findings may be missing there.</p>",
                counted(gaps, "problem")
            );
        }
        // A list that scrolls must be reachable by keyboard.
        let scrolls = if report.problems.len() > LONG_LIST {
            " class=\"long\" tabindex=\"0\""
        } else {
            ""
        };
        let _ = writeln!(out, "<ul{scrolls}>");
        for level in [
            ProblemLevel::Error,
            ProblemLevel::Warning,
            ProblemLevel::Note,
        ] {
            for problem in &report.problems {
                if problem.kind.level() == level {
                    one_problem(&mut out, problem);
                }
            }
        }
        out.push_str("</ul>\n");
    }
    if !report.left_out.is_empty() {
        let _ = writeln!(
            out,
            "<details class=\"more\"><summary>{} left out</summary>\n<ul>",
            counted(report.left_out.len() as u64, "folder")
        );
        for left_out in &report.left_out {
            let _ = writeln!(
                out,
                "<li><code>{}</code> {}</li>",
                escaped(&left_out.path),
                escaped(&left_out.reason)
            );
        }
        out.push_str("</ul></details>\n");
    }
    out
}

fn one_problem(out: &mut String, problem: &Problem) {
    let level = level_word(problem.kind.level());
    let _ = write!(
        out,
        "<li class=\"{level}\"><span class=\"pill\">{level}</span> <span class=\"what\">{}</span> <span class=\"meta\">",
        prose(&problem.message)
    );
    if let Some(path) = &problem.path {
        out.push_str("<span class=\"where\">");
        out.push_str(&escaped(path));
        if let Some(range) = problem.range {
            let _ = write!(out, ":{}:{}", range.start.line, range.start.column);
        }
        out.push_str("</span> ");
    }
    let _ = writeln!(out, "<span>{}</span></span></li>", problem.kind);
}

/// The rules that were run and found nothing: silence means something only where somebody listened.
pub(super) fn silent_rules(report: &Report, found: &BTreeMap<&str, (&Rule, usize)>) -> String {
    let silent: Vec<&Rule> = report
        .rules
        .iter()
        .map(|rule| &**rule)
        .filter(|rule| !found.contains_key(&*rule.id))
        .collect();
    if silent.is_empty() {
        return String::new();
    }
    let mut out = format!(
        "<details class=\"more\"><summary>{} found nothing</summary>\n<ul>\n",
        counted(silent.len() as u64, "rule")
    );
    for rule in silent {
        let _ = writeln!(
            out,
            "<li><code>{}</code> {}</li>",
            escaped(&rule.id),
            escaped(&rule.name)
        );
    }
    out.push_str("</ul></details>\n");
    out
}

//! For a comment on a pull request or a job's summary: a table, and the details to unfold.

use std::fmt::Write as _;

use hognose_finding::{CodeLocation, Evidence, Finding, FlowStep};

use super::advisory::advisory_facts;
use super::text::{place, visible};
use super::{Options, advice, weaknesses};
use crate::report::Report;
use crate::summary::{counted, extent, verdict};

/// Code hosts refuse longer comments (65,536 characters); a little is kept for the end.
const LONGEST: usize = 60_000;
/// Lines of source shown for a finding.
const LINES: usize = 12;

/// The document.
pub(super) fn render(report: &Report, _: &Options) -> String {
    let mut out = format!("## Hognose: {}\n\n", verdict(report));
    let open: Vec<&Finding> = report.open().collect();
    if !open.is_empty() {
        out.push_str("| Severity | Finding | Where |\n| --- | --- | --- |\n");
        let rows = open.iter().map(|finding| row(finding));
        let shown = push_while_short(&mut out, rows, LONGEST / 3);
        more(&mut out, open.len() - shown, "finding");
        let details = open.iter().map(|finding| details(finding));
        push_while_short(&mut out, details, LONGEST * 5 / 6);
    }
    if !report.problems.is_empty() {
        let heading = counted(report.problems.len() as u64, "problem");
        let _ = write!(
            out,
            "<details{}><summary>{heading}</summary>\n\n",
            if open.is_empty() { " open" } else { "" }
        );
        let items = report.problems.iter().map(|problem| {
            let place = match (&problem.path, problem.range) {
                (Some(path), Some(range)) => {
                    format!("{}: ", code_span(&format!("{path}:{}", range.start.line)))
                }
                (Some(path), None) => format!("{}: ", code_span(path)),
                (None, _) => String::new(),
            };
            format!("- {place}{} ({})\n", prose(&problem.message), problem.kind)
        });
        let shown = push_while_short(&mut out, items, LONGEST);
        more(&mut out, report.problems.len() - shown, "problem");
        out.push_str("\n</details>\n\n");
    }
    if !report.left_out.is_empty() {
        let heading = counted(report.left_out.len() as u64, "folder");
        let _ = write!(out, "<details><summary>{heading} left out</summary>\n\n");
        let items = report
            .left_out
            .iter()
            .map(|one| format!("- {}: {}\n", code_span(&one.path), prose(&one.reason)));
        let shown = push_while_short(&mut out, items, LONGEST);
        more(&mut out, report.left_out.len() - shown, "folder");
        out.push_str("\n</details>\n\n");
    }
    let _ = writeln!(out, "{} · Hognose {}", extent(report), report.run.version);
    out
}

/// Adds parts as long as the whole stays under `limit` bytes; how many were added.
fn push_while_short(out: &mut String, parts: impl Iterator<Item = String>, limit: usize) -> usize {
    let mut shown = 0;
    for part in parts {
        if out.len() + part.len() > limit {
            break;
        }
        out.push_str(&part);
        shown += 1;
    }
    shown
}

fn more(out: &mut String, left: usize, noun: &str) {
    if left > 0 {
        let _ = write!(out, "\nand {} more\n", counted(left as u64, noun));
    }
    out.push('\n');
}

fn row(finding: &Finding) -> String {
    let place = finding.location.code().map(place).unwrap_or_default();
    format!(
        "| {} | {} | {} |\n",
        finding.severity,
        prose(&finding.message).replace('|', "\\|"),
        code_span(&place).replace('|', "\\|"),
    )
}

fn details(finding: &Finding) -> String {
    let mut out = String::new();
    let Some(code) = finding.location.code() else {
        return out;
    };
    let _ = write!(
        out,
        "<details><summary><b>{}</b> {} <code>{}</code></summary>\n\n",
        finding.severity,
        html(&finding.rule.name),
        html(&place(code)),
    );
    let _ = write!(out, "{}\n\n", prose(&finding.message));
    out.push_str(&source(code));
    for evidence in &finding.evidence {
        match evidence {
            Evidence::Flow(flow) => {
                let _ = write!(
                    out,
                    "Data flow, {} to {}:\n\n",
                    prose(&flow.source),
                    prose(&flow.sink)
                );
                for (index, one) in flow.steps.iter().enumerate() {
                    let _ = writeln!(out, "{}. {}", index + 1, step(one));
                }
                out.push('\n');
            }
            Evidence::Related(one) => {
                let _ = write!(out, "See also {}\n\n", step(one));
            }
            Evidence::Advisory(advisory) => {
                for (name, text) in advisory_facts(advisory, &finding.location) {
                    let _ = writeln!(out, "- {name}: {}", prose(&text));
                }
                out.push('\n');
            }
        }
    }
    if let Some(fix) = finding.fixes.first() {
        let _ = write!(out, "**Fix:** {}\n\n", prose(&fix.title));
    } else if let Some(advice) = advice(&finding.rule) {
        let _ = write!(out, "**How to fix it:** {}\n\n", prose(&advice));
    }
    let mut facts = vec![finding.confidence.to_string()];
    facts.extend(weaknesses(&finding.rule));
    let facts = facts.join(", ");
    let _ = write!(
        out,
        "{facts}, `hognose explain {}`\n\n</details>\n\n",
        finding.rule.id
    );
    out
}

fn step(step: &FlowStep) -> String {
    format!(
        "{} {}",
        code_span(&place(&step.location)),
        prose(&step.note)
    )
}

/// The excerpt as a fenced block, with a fence longer than any in it.
fn source(code: &CodeLocation) -> String {
    if code.excerpt.first_line == 0 {
        return String::new();
    }
    let longest = code
        .excerpt
        .text
        .split(|char| char != '`')
        .map(str::len)
        .max()
        .unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    let mut out = format!("{fence}python\n");
    for line in code.excerpt.text.split('\n').take(LINES) {
        out.extend(visible(line).chars().take(200));
        out.push('\n');
    }
    out.push_str(&fence);
    out.push_str("\n\n");
    out
}

/// Text whose parts in backquotes stay code and in which nothing else is markup, a mention or a reference.
fn prose(text: &str) -> String {
    let text = visible(text);
    if text.matches('`').count() % 2 == 1 {
        return escaped(&text);
    }
    let mut out = String::new();
    for (index, part) in text.split('`').enumerate() {
        if index % 2 == 1 {
            out.push_str(&code_span(part));
        } else {
            out.push_str(&escaped(part));
        }
    }
    out
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            // An empty comment keeps a mention or a reference from being one.
            '@' | '#' => {
                out.push_str("<!-- -->");
                out.push(char);
            }
            '\\' | '`' | '*' | '_' | '[' | ']' | '>' | '~' => {
                out.push('\\');
                out.push(char);
            }
            _ => out.push(char),
        }
    }
    out
}

fn code_span(text: &str) -> String {
    let text = visible(text);
    if text.is_empty() {
        return String::new();
    }
    if text.contains('`') {
        format!("`` {text} ``")
    } else {
        format!("`{text}`")
    }
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

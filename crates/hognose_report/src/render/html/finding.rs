//! One finding: a line that says it, and what unfolds below.

use std::fmt::Write as _;

use hognose_finding::{AliasTool, CodeLocation, Evidence, Finding, Fix, FlowStep, Rule, Safety};

use super::super::advisory::advisory_facts;
use super::super::text::{place, visible};
use super::super::{advice, status_word, weaknesses};
use super::markup::{escaped, prose, rule_anchor};
use super::{Entry, code};
use crate::report::Status;

/// Lines of context around the range of a finding; a step of a flow has none.
const AROUND: u32 = 3;

/// The finding as an element that folds.
pub(super) fn article(out: &mut String, one: &Entry, unfolded: bool) {
    let finding = &one.assessed.finding;
    let status = status_word(&one.assessed.status);
    let id = escaped(&finding.rule.id);
    let (severity, confidence) = (finding.severity, finding.confidence);
    let path = finding.location.code().map_or("", |code| &*code.path);
    let _ = write!(
        out,
        "<details class=\"finding {severity}\" id=\"{}\" data-severity=\"{severity}\" \
         data-confidence=\"{confidence}\" data-status=\"{status}\" data-rule=\"{id}\" data-path=\"{}\"{}>\n\
         <summary><span class=\"pill\">{severity}</span> <span class=\"what\">{}</span> ",
        one.anchor,
        escaped(path),
        if unfolded { " open" } else { "" },
        prose(&finding.message),
    );
    out.push_str("<span class=\"meta\">");
    if let Some(code) = finding.location.code() {
        let place = place(code);
        let file = visible(&code.path);
        let line = place.strip_prefix(&*file).unwrap_or(&place);
        let line = line.trim_start_matches(':');
        // The path goes where the file stands above, the word where it does not.
        let word = if code.cell.is_none() { "line " } else { "" };
        let _ = write!(
            out,
            "<span class=\"where\"><span class=\"file\">{}:</span><span class=\"word\">{word}</span>{}</span> ",
            escaped(&file),
            escaped(line)
        );
    }
    let _ = write!(
        out,
        "<span class=\"id\">{id}</span> <span>{confidence}</span>"
    );
    if one.assessed.status != Status::Open {
        let _ = write!(out, " <span class=\"tag\">{status}</span>");
    }
    out.push_str("</span></summary>\n<div class=\"body\">\n");
    body(out, one);
    out.push_str("</div></details>\n");
}

fn body(out: &mut String, one: &Entry) {
    let finding = &one.assessed.finding;
    status(out, &one.assessed.status);
    if let Some(at) = finding.location.code() {
        let _ = writeln!(out, "<p class=\"at\">{}</p>", at_text(at));
        code::excerpt(out, at, AROUND);
    }
    for evidence in &finding.evidence {
        match evidence {
            Evidence::Flow(flow) => {
                let _ = writeln!(
                    out,
                    "<h4>Data flow: {} to {}</h4>\n<ol class=\"flow\">",
                    escaped(&flow.source),
                    escaped(&flow.sink)
                );
                for one in &flow.steps {
                    out.push_str("<li>");
                    step(out, one);
                    out.push_str("</li>\n");
                }
                out.push_str("</ol>\n");
            }
            Evidence::Related(one) => {
                out.push_str("<h4>See also</h4>\n");
                step(out, one);
            }
            Evidence::Advisory(advisory) => {
                out.push_str("<dl class=\"facts\">");
                for (name, text) in advisory_facts(advisory, &finding.location) {
                    let _ = write!(out, "<div><dt>{name}</dt><dd>{}</dd></div>", linked(&text));
                }
                out.push_str("</dl>\n");
            }
        }
    }
    how_to_fix(out, finding);
    facts(out, one);
}

/// Text in which addresses are links.
fn linked(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        let shown = escaped(word);
        if word.starts_with("https://") || word.starts_with("http://") {
            format!("<a href=\"{shown}\" rel=\"noreferrer\">{shown}</a>")
        } else {
            shown
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

fn status(out: &mut String, status: &Status) {
    match status {
        Status::Open => {}
        Status::Known => {
            out.push_str("<p class=\"status\">Known: it was there before.</p>\n");
        }
        Status::Suppressed { by, reason } => {
            let reason = reason.as_ref().map_or_else(
                || "no reason is given".to_owned(),
                |reason| format!("“{}”", escaped(reason)),
            );
            let _ = writeln!(
                out,
                "<p class=\"status\">Suppressed by <code>{}</code>: {reason}</p>",
                escaped(by)
            );
        }
    }
}

fn step(out: &mut String, step: &FlowStep) {
    let _ = writeln!(
        out,
        "<p class=\"note\">{}</p><p class=\"at\">{}</p>",
        prose(&step.note),
        at_text(&step.location)
    );
    code::excerpt(out, &step.location, 0);
}

/// Where it is, for people.
fn at_text(code: &CodeLocation) -> String {
    let mut out = escaped(&place(code));
    if !code.scope.is_empty() {
        let _ = write!(out, " in <code>{}</code>", escaped(&code.scope));
    }
    out
}

fn how_to_fix(out: &mut String, finding: &Finding) {
    let advice = advice(&finding.rule);
    if finding.fixes.is_empty() && advice.is_none() {
        return;
    }
    out.push_str("<h4>How to fix it</h4>\n");
    if let Some(advice) = advice {
        let _ = writeln!(out, "<p>{}</p>", prose(&advice));
    }
    for fix in &finding.fixes {
        one_fix(out, fix, finding);
    }
}

fn one_fix(out: &mut String, fix: &Fix, finding: &Finding) {
    let how = match fix.safety {
        Safety::Safe => "safe, <code>--fix</code>",
        Safety::Unsafe => "may change behaviour, <code>--fix --unsafe-fixes</code>",
    };
    let _ = writeln!(
        out,
        "<p><strong>{}</strong> <span class=\"dim\">({how})</span></p>",
        prose(&fix.title)
    );
    if let Some(at) = finding.location.code() {
        code::change(out, at, &fix.edits);
    }
}

fn facts(out: &mut String, one: &Entry) {
    let rule = &*one.assessed.finding.rule;
    let _ = write!(
        out,
        "<dl class=\"facts\"><div><dt>Rule</dt><dd><a class=\"page\" href=\"#{}\">{}</a></dd></div>",
        rule_anchor(&rule.id),
        escaped(&rule.name)
    );
    rule_facts(out, rule);
    let _ = writeln!(
        out,
        "<div><dt>Fingerprint</dt><dd><a href=\"#{}\"><code>{}</code></a></dd></div></dl>",
        one.anchor, one.assessed.finding.fingerprint
    );
}

/// What is told of a rule both with its findings and on its page.
pub(super) fn rule_facts(out: &mut String, rule: &Rule) {
    let aliases: Vec<String> = rule
        .aliases
        .iter()
        .map(|alias| {
            let tool = match alias.tool {
                AliasTool::Bandit => "Bandit",
                AliasTool::Ruff => "Ruff",
            };
            format!("{tool} {}", alias.code)
        })
        .collect();
    let facts = [
        ("CWE", weaknesses(rule)),
        ("OWASP", rule.owasp.clone()),
        ("Also known as", aliases),
    ];
    for (name, values) in facts {
        if !values.is_empty() {
            let _ = write!(
                out,
                "<div><dt>{name}</dt><dd>{}</dd></div>",
                escaped(&values.join(", "))
            );
        }
    }
}

//! For a browser: one file that needs nothing else, to hand on and to keep.
//!
//! Everything is written as plain markup here, so that the list can be read without scripts; the script adds filters,
//! search, keys and colours of code. What comes from the scanned project is a stranger's: it passes through
//! [`markup`], there is no place where it could be script, and the page's policy allows no script but our own, known
//! by its hash. The time a run took is left out, so that equal findings make equal files.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use hognose_finding::{Confidence, Fingerprint, Rule, Severity};
use rustc_hash::FxHashMap;

use self::markup::{escaped, number};
use super::Options;
use crate::report::{Assessed, Report, Status};
use crate::summary::{counted, extent, verdict};

mod code;
mod filters;
mod finding;
mod guide;
mod markup;
mod overview;
#[cfg(test)]
mod tests;

const PAGE: &str = include_str!("html/page.html");
const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// SHA-256 of the style and the script as the page's policy names them; a test says what they have to be.
const STYLE_HASH: &str = "6mrUvLoBFv+wLehYsravyYiDcyppJDCOqORQnb2oHcQ=";
const SCRIPT_HASH: &str = "5Fo3/RHjJLowOhKLyHGSB//NwWBasjk18MWTs5fi1bI=";

/// Up to this many findings are shown unfolded: that few are read anyway.
const UNFOLDED: usize = 4;

/// The document.
pub(super) fn render(report: &Report, _: &Options) -> String {
    let groups = by_file(report);
    let rules = rules_found(report);
    fill(PAGE, |part| match part {
        "style" => STYLE.to_owned(),
        "script" => SCRIPT.to_owned(),
        "style-hash" => STYLE_HASH.to_owned(),
        "script-hash" => SCRIPT_HASH.to_owned(),
        "verdict" => escaped(&verdict(report)),
        "extent" => format!(
            "{}, {}",
            extent(report),
            counted(report.rules.len() as u64, "rule"),
        ),
        "gate" => overview::gate(report),
        "tiles" => overview::tiles(report),
        "problems" => overview::problems(report),
        "filters" => filters::all(report),
        "total" => number(report.findings.len()),
        "findings" => findings(report, &groups),
        "guide" => {
            let mut out = String::new();
            for (rule, count) in rules.values() {
                guide::page(&mut out, rule, *count);
            }
            out
        }
        "silent" => overview::silent_rules(report, &rules),
        "persona" => report.run.persona.to_string(),
        "version" => escaped(&report.run.version),
        _ => String::new(),
    })
}

/// `template` with each `{{part}}` replaced, in one pass: what is put in is not looked at again.
fn fill(template: &str, part: impl Fn(&str) -> String) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let (name, after) = after.split_once("}}").unwrap_or((after, ""));
        out.push_str(&part(name));
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The rules that found something, each with how much, by id.
fn rules_found(report: &Report) -> BTreeMap<&str, (&Rule, usize)> {
    let mut rules = BTreeMap::new();
    for assessed in &report.findings {
        let rule = &*assessed.finding.rule;
        rules.entry(&*rule.id).or_insert((rule, 0)).1 += 1;
    }
    rules
}

/// A finding with the name of its place in the document.
struct Entry<'a> {
    anchor: String,
    assessed: &'a Assessed,
}

/// The findings by file: the files with the worst open finding first, those where none is open last.
fn by_file(report: &Report) -> Vec<(&str, Vec<Entry<'_>>)> {
    let mut seen: FxHashMap<Fingerprint, usize> = FxHashMap::default();
    let mut groups: BTreeMap<&str, Vec<Entry>> = BTreeMap::new();
    for assessed in &report.findings {
        let finding = &assessed.finding;
        // Equal lines in different files have equal fingerprints.
        let count = seen.entry(finding.fingerprint).or_default();
        *count += 1;
        let anchor = match count {
            1 => format!("f-{}", finding.fingerprint),
            _ => format!("f-{}-{count}", finding.fingerprint),
        };
        let path = finding.location.code().map_or("", |code| &*code.path);
        groups
            .entry(path)
            .or_default()
            .push(Entry { anchor, assessed });
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, group)| Reverse(worst_open(group)));
    groups
}

fn worst_open(group: &[Entry]) -> Option<(Severity, Confidence)> {
    group
        .iter()
        .filter(|one| one.assessed.status == Status::Open)
        .map(|one| &one.assessed.finding)
        .map(|finding| (finding.severity, finding.confidence))
        .max()
}

fn findings(report: &Report, groups: &[(&str, Vec<Entry>)]) -> String {
    if report.findings.is_empty() {
        return format!("<p class=\"nothing\">{}</p>\n", escaped(&verdict(report)));
    }
    let unfolded = report.findings.len() <= UNFOLDED;
    let mut out = String::new();
    for (path, group) in groups {
        out.push_str("<section class=\"group\"><h3><span class=\"name\">");
        out.push_str(&escaped(path));
        out.push_str("</span> <span class=\"count\">");
        out.push_str(&number(group.len()));
        out.push_str("</span></h3>\n");
        for one in group {
            finding::article(&mut out, one, unfolded);
        }
        out.push_str("</section>\n");
    }
    out
}

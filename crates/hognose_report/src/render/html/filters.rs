//! The choices by which the script filters the list, each with how many findings it has.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use hognose_finding::{Confidence, Severity};

use super::super::status_word;
use super::markup::{escaped, number};
use crate::report::{Assessed, Report};

/// All groups of choices.
pub(super) fn all(report: &Report) -> String {
    let mut out = String::new();
    let by = |word: fn(&Assessed) -> &str| {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for assessed in &report.findings {
            *counts.entry(word(assessed)).or_default() += 1;
        }
        counts
    };

    let counts = by(|one| status_word(&one.status));
    let mut words = vec!["open", "suppressed"];
    if report.compared {
        words.insert(1, "known");
    }
    // What somebody has accepted is not shown unless asked for; alone in a report, it is what there is to see.
    let only_accepted = !counts.contains_key("open");
    group(&mut out, "status", "Status", words, &counts, |word| {
        only_accepted || word == "open"
    });

    let counts = by(|one| one.finding.severity.as_str());
    let words = Severity::WORDS.iter().rev().copied();
    group(&mut out, "severity", "Severity", words, &counts, |_| true);

    let counts = by(|one| one.finding.confidence.as_str());
    let words = Confidence::WORDS.iter().rev().copied();
    group(&mut out, "confidence", "Confidence", words, &counts, |_| {
        true
    });

    let counts = by(|one| &one.finding.rule.id);
    let mut words: Vec<&str> = counts.keys().copied().collect();
    words.sort_by_key(|word| Reverse(counts[word]));
    group(&mut out, "rule", "Rule", words, &counts, |_| true);
    out
}

fn group<'a>(
    out: &mut String,
    name: &str,
    title: &str,
    words: impl IntoIterator<Item = &'a str>,
    counts: &BTreeMap<&str, usize>,
    checked: impl Fn(&str) -> bool,
) {
    let _ = writeln!(
        out,
        "<fieldset data-filter=\"{name}\"><legend>{title}</legend>"
    );
    for word in words {
        let text = escaped(word);
        let _ = writeln!(
            out,
            "<div><label><input type=\"checkbox\" value=\"{text}\"{}> <span class=\"name\">{text}</span> \
             <span class=\"count\">{}</span></label></div>",
            if checked(word) { " checked" } else { "" },
            number(counts.get(word).copied().unwrap_or(0))
        );
    }
    out.push_str("</fieldset>\n");
}

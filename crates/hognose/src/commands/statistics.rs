//! `hognose scan --statistics`: how often each rule was broken.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use hognose_finding::Rule;
use hognose_report::{Report, Status};

use super::rules::severity_style;
use crate::terminal::Terminal;

/// One line a rule, the most broken first: open findings, known and suppressed ones, severity, id, name.
pub fn render(report: &Report, terminal: &Terminal) -> String {
    let mut counts: BTreeMap<&str, (&Rule, [usize; 2])> = BTreeMap::new();
    for assessed in &report.findings {
        let rule = &assessed.finding.rule;
        let (_, [open, accepted]) = counts.entry(&rule.id).or_insert((rule, [0, 0]));
        *(if assessed.status == Status::Open {
            open
        } else {
            accepted
        }) += 1;
    }
    let mut rows: Vec<(&Rule, [usize; 2])> = counts.into_values().collect();
    rows.sort_by(|(one, [open, _]), (other, [more, _])| {
        more.cmp(open).then_with(|| one.id.cmp(&other.id))
    });
    let ids = rows
        .iter()
        .map(|(rule, _)| rule.id.len())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for (rule, [open, accepted]) in rows {
        let severity = terminal.paint(
            severity_style(rule.severity),
            &format!("{:<8}", rule.severity),
        );
        let accepted = if accepted > 0 {
            format!(" ({accepted} accepted)")
        } else {
            String::new()
        };
        let _ = writeln!(
            text,
            "{open:>6}  {severity}  {:<ids$}  {}{accepted}",
            rule.id, rule.name
        ); // cannot fail
    }
    text
}

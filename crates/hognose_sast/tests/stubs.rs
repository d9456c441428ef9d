//! The embedded model stubs are right.

use std::collections::BTreeSet;

use hognose_rules::{Kinds, RuleError, model_files};
use hognose_sast::check_stub;

const README: &str = include_str!("../../../models/README.md");

/// The kinds in the first column of the table under a heading of the description of the models.
fn described(heading: &str) -> BTreeSet<&'static str> {
    let (_, section) = README.split_once(heading).expect("a section");
    let section = section.split("\n## ").next().unwrap_or_default();
    section
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .flat_map(|line| {
            let cell = line.split(" |").next().unwrap_or_default();
            cell.split('`').step_by(2)
        })
        .collect()
}

fn check_all() -> Vec<RuleError> {
    let mut kinds = Kinds::default();
    for (role, heading) in [("Sink", "## Sink kinds"), ("Source", "## Source kinds")] {
        for kind in described(heading) {
            kinds.add_stub(&format!("{role}[\"{kind}\"]"));
        }
    }
    model_files()
        .flat_map(|(path, text)| check_stub(&format!("models/{path}"), text, &kinds))
        .collect()
}

#[test]
fn every_embedded_stub_is_right() {
    let errors: Vec<String> = check_all()
        .iter()
        .map(|error| error.render(false))
        .collect();
    assert!(errors.is_empty(), "{}", errors.join("\n\n"));
}

#[test]
fn every_described_kind_is_used() {
    let kinds = Kinds::builtin();
    let mut unused: Vec<&str> = described("## Sink kinds")
        .into_iter()
        .filter(|kind| kinds.check_sink(kind).is_err())
        .collect();
    unused.extend(
        described("## Source kinds")
            .into_iter()
            .filter(|kind| kinds.check_source(kind).is_err()),
    );
    assert_eq!(unused, Vec::<&str>::new());
}

//! What was there before does not count; what is new does.

use hognose_finding::{Finding, Severity};
use hognose_report::{
    Baseline, BaselineError, Outcome, Policy, Report, Status, assess, summary_line,
};

use crate::build::{catalogue, facts, on_line, report_of, tls, today, weak_cipher};

fn compared(findings: Vec<Finding>, baseline: &Baseline, scanned: &[&str]) -> Report {
    let outcome = Outcome {
        findings,
        scanned: scanned.iter().map(|&path| path.into()).collect(),
        ..Outcome::default()
    };
    let policy = Policy {
        fail_on: Some(Severity::Low),
        ..Policy::default()
    };
    assess(
        outcome,
        &catalogue(),
        &policy,
        Some(baseline),
        today(),
        facts(),
    )
}

fn known(report: &Report) -> Vec<bool> {
    report
        .findings
        .iter()
        .map(|one| one.status == Status::Known)
        .collect()
}

fn moved(mut finding: Finding, by: u32) -> Finding {
    let code = finding.location.code_mut().unwrap();
    for position in [&mut code.range.start, &mut code.range.end] {
        position.line += by;
        position.offset += by * 10;
    }
    finding
}

#[test]
fn moved_lines_keep_their_identity() {
    let before = report_of(vec![
        on_line(&tls(), "a.py", 1),
        on_line(&weak_cipher(), "a.py", 2),
    ]);
    let after = compared(
        vec![
            moved(on_line(&tls(), "a.py", 1), 7),
            on_line(&weak_cipher(), "a.py", 2),
            on_line(&tls(), "a.py", 3),
        ],
        &Baseline::of(&before),
        &["a.py"],
    );
    assert_eq!(known(&after), [true, false, true]);
    assert_eq!(after.exit_code(), 1);
    assert_eq!(
        summary_line(&after),
        "1 new finding (1 high), 2 known · 312 files, 48,201 lines in 0.21 s"
    );
}

#[test]
fn a_renamed_file_keeps_its_findings_and_a_copied_one_does_not() {
    let baseline = Baseline::of(&report_of(vec![on_line(&tls(), "old.py", 1)]));
    let renamed = compared(vec![on_line(&tls(), "new.py", 1)], &baseline, &["new.py"]);
    assert_eq!(known(&renamed), [true]);
    let copied = compared(
        vec![on_line(&tls(), "new.py", 1), on_line(&tls(), "old.py", 1)],
        &baseline,
        &["new.py", "old.py"],
    );
    assert_eq!(known(&copied), [false, true]);
}

#[test]
fn a_second_equal_finding_is_new() {
    let baseline = Baseline::of(&report_of(vec![on_line(&tls(), "a.py", 1)]));
    let after = compared(
        vec![
            on_line(&tls(), "a.py", 1),
            moved(on_line(&tls(), "a.py", 1), 4),
        ],
        &baseline,
        &["a.py"],
    );
    assert_eq!(known(&after), [true, false]);
}

#[test]
fn a_baseline_is_written_in_order_one_entry_a_line() {
    let mut twice = on_line(&tls(), "a.py", 2);
    twice.fingerprint = on_line(&tls(), "a.py", 1).fingerprint;
    let report = report_of(vec![
        on_line(&weak_cipher(), "b.py", 9),
        on_line(&tls(), "a.py", 1),
        twice,
    ]);
    let baseline = Baseline::of(&report);
    assert_eq!(baseline.len(), 3);
    insta::assert_snapshot!(baseline.render(), @r#"
    {
      "version": 1,
      "findings": [
        {"path":"a.py","rule":"tls-verification-disabled","fingerprint":"0000000000000001","count":2},
        {"path":"b.py","rule":"weak-cipher","fingerprint":"0000000000000009"}
      ]
    }
    "#);
    assert_eq!(Baseline::parse(&baseline.render()), Ok(baseline));
}

#[test]
fn an_empty_baseline_is_a_baseline() {
    let empty = Baseline::default();
    assert_eq!(
        empty.render(),
        "{\n  \"version\": 1,\n  \"findings\": []\n}\n"
    );
    assert_eq!(Baseline::parse(&empty.render()), Ok(empty));
}

#[test]
fn what_is_no_baseline_is_refused_with_a_reason() {
    let error = |text| Baseline::parse(text).unwrap_err();
    assert_eq!(
        error("{\"version\": 2, \"other\": 1}"),
        BaselineError::Version { found: 2 }
    );
    assert_eq!(
        error("{\"version\": 2}").to_string(),
        "the baseline has format 2, this version of Hognose reads format 1; write it anew"
    );
    assert_eq!(
        error("{}").to_string(),
        "not a baseline: missing field `version` at line 1 column 2"
    );
    assert_eq!(
        error(
            "{\"version\":1,\"findings\":[{\"path\":\"a\",\"rule\":\"r\",\"fingerprint\":\"xyz\"}]}"
        )
        .to_string(),
        "not a baseline: `xyz` in entry 1 is not a fingerprint of 16 hexadecimal digits"
    );
    assert_eq!(
        error("{\"version\":1,\"findings\":[{\"path\":\"a\",\"rule\":\"r\",\"fingerprint\":\"+000000000000001\"}]}")
            .to_string(),
        "not a baseline: `+000000000000001` in entry 1 is not a fingerprint of 16 hexadecimal digits"
    );
}

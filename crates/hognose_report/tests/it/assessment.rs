//! Filters, order, duplicates, exit codes, the summary line.

use hognose_finding::{Confidence, Evidence, Persona, Problem, ProblemKind, Severity};
use hognose_report::{
    Facts, LeftOut, Outcome, PerFileIgnores, Policy, Report, assess, summary_line,
};

use crate::build::{
    VIEWS, assert_used, at, catalogue, facts, finding, on_line, report, report_of, sql_injection,
    step, tls, today, weak_cipher,
};

fn with(policy: &Policy, outcome: Outcome) -> Report {
    assess(outcome, &catalogue(), policy, None, today(), facts())
}

/// `path:line rule` of what is in a report.
fn places(report: &Report) -> Vec<String> {
    report
        .findings
        .iter()
        .map(|one| {
            let code = one.finding.location.code().unwrap();
            format!(
                "{}:{} {}",
                code.path, code.range.start.line, one.finding.rule.id
            )
        })
        .collect()
}

#[test]
fn findings_are_in_order_of_place_and_rule() {
    let report = report_of(vec![
        on_line(&tls(), "b.py", 1),
        on_line(&tls(), "a.py", 10),
        on_line(&weak_cipher(), "a.py", 9),
        on_line(&sql_injection(), "a.py", 9),
    ]);
    assert_eq!(
        places(&report),
        [
            "a.py:9 sql-injection",
            "a.py:9 weak-cipher",
            "a.py:10 tls-verification-disabled",
            "b.py:1 tls-verification-disabled"
        ]
    );
}

#[test]
fn of_equal_findings_the_surest_stays() {
    let place = || at("a.py", VIEWS, "query)");
    let mut possible = finding(&sql_injection(), place(), "a");
    possible.confidence = Confidence::Possible;
    let mut proven = finding(&sql_injection(), place(), "c");
    proven
        .evidence
        .push(Evidence::Related(step(place(), "here")));
    let report = report_of(vec![
        possible,
        finding(&sql_injection(), place(), "b"),
        proven,
    ]);
    assert_eq!(report.findings.len(), 1);
    assert_eq!(report.findings[0].finding.message, "c");
}

#[test]
fn another_range_or_rule_is_no_duplicate() {
    let report = report_of(vec![
        finding(&sql_injection(), at("a.py", VIEWS, "query)"), "a"),
        finding(&sql_injection(), at("a.py", VIEWS, "query"), "a"),
        finding(&tls(), at("a.py", VIEWS, "query"), "a"),
    ]);
    assert_eq!(report.findings.len(), 3);
}

#[test]
fn a_persona_sees_what_is_meant_for_it() {
    let findings = || {
        let mut possible = on_line(&tls(), "a.py", 2);
        possible.confidence = Confidence::Possible;
        vec![
            on_line(&tls(), "a.py", 1),
            possible,
            on_line(&assert_used(), "a.py", 3),
        ]
    };
    let seen = |persona| {
        with(
            &Policy {
                persona,
                ..Policy::default()
            },
            Outcome {
                findings: findings(),
                ..Outcome::default()
            },
        )
        .findings
        .len()
    };
    assert_eq!(
        (
            seen(Persona::Regular),
            seen(Persona::Pedantic),
            seen(Persona::Auditor)
        ),
        (1, 1, 3)
    );
}

#[test]
fn rules_paths_and_severities_are_filtered() {
    let outcome = || Outcome {
        findings: vec![
            on_line(&tls(), "app/a.py", 1),
            on_line(&tls(), "tests/a.py", 1),
            on_line(&sql_injection(), "tests/a.py", 2),
            on_line(&weak_cipher(), "app/a.py", 3),
        ],
        ..Outcome::default()
    };
    let policy = Policy {
        per_file_ignores: PerFileIgnores::new([("tests", vec![tls().id.clone()])]).unwrap(),
        ..Policy::default()
    };
    assert_eq!(
        places(&with(&policy, outcome())),
        [
            "app/a.py:1 tls-verification-disabled",
            "app/a.py:3 weak-cipher",
            "tests/a.py:2 sql-injection"
        ]
    );
    let policy = Policy {
        severity: Some(Severity::High),
        ignore: vec![sql_injection().id.clone()],
        ..Policy::default()
    };
    let report = with(&policy, outcome());
    assert_eq!(
        places(&report),
        [
            "app/a.py:1 tls-verification-disabled",
            "tests/a.py:1 tls-verification-disabled"
        ]
    );
    let run: Vec<&str> = report.rules.iter().map(|rule| &*rule.id).collect();
    assert_eq!(
        run,
        ["assert-used", "tls-verification-disabled", "weak-cipher"]
    );
    let policy = Policy {
        select: Some(vec![weak_cipher().id.clone()]),
        ..Policy::default()
    };
    let report = with(&policy, outcome());
    assert_eq!(places(&report), ["app/a.py:3 weak-cipher"]);
    assert_eq!(report.rules.len(), 1);
}

#[test]
fn the_exit_code_never_fails_open() {
    let code = |fail_on, findings, problems| {
        with(
            &Policy {
                fail_on,
                ..Policy::default()
            },
            Outcome {
                findings,
                problems,
                ..Outcome::default()
            },
        )
        .exit_code()
    };
    let high = || vec![on_line(&tls(), "a.py", 1)];
    let problem = |kind| vec![Problem::in_file(kind, "b.py", "x")];
    assert_eq!(code(Some(Severity::Low), vec![], vec![]), 0);
    assert_eq!(code(Some(Severity::High), high(), vec![]), 1);
    assert_eq!(code(Some(Severity::Critical), high(), vec![]), 0);
    assert_eq!(code(None, high(), vec![]), 0);
    assert_eq!(
        code(
            Some(Severity::High),
            high(),
            problem(ProblemKind::Unreadable)
        ),
        1
    );
    assert_eq!(
        code(
            Some(Severity::Critical),
            high(),
            problem(ProblemKind::Unreadable)
        ),
        2
    );
    assert_eq!(
        code(
            Some(Severity::Low),
            vec![],
            problem(ProblemKind::SyntaxError)
        ),
        0
    );
    assert_eq!(
        code(
            Some(Severity::Low),
            vec![],
            problem(ProblemKind::Suppression)
        ),
        0
    );
}

#[test]
fn problems_and_folders_are_in_order_and_once() {
    let outcome = Outcome {
        problems: vec![
            Problem::in_file(ProblemKind::Encoding, "b.py", "x"),
            Problem::general(ProblemKind::Empty, "x"),
            Problem::in_file(ProblemKind::Encoding, "b.py", "x"),
            Problem::in_file(ProblemKind::SyntaxError, "a.py", "x"),
        ],
        left_out: ["b", "a", "b"]
            .map(|path| LeftOut {
                path: path.into(),
                reason: "vendored".into(),
            })
            .into(),
        ..Outcome::default()
    };
    let report = report(outcome);
    let paths: Vec<Option<&str>> = report
        .problems
        .iter()
        .map(|problem| problem.path.as_deref())
        .collect();
    assert_eq!(paths, [None, Some("a.py"), Some("b.py")]);
    let folders: Vec<&str> = report
        .left_out
        .iter()
        .map(|one| one.path.as_str())
        .collect();
    assert_eq!(folders, ["a", "b"]);
}

#[test]
fn the_summary_is_one_line() {
    let all = Outcome {
        findings: vec![
            on_line(&tls(), "a.py", 1),
            on_line(&tls(), "a.py", 2),
            on_line(&weak_cipher(), "a.py", 3),
            on_line(&weak_cipher(), "a.py", 4),
            on_line(&weak_cipher(), "a.py", 5),
        ],
        problems: vec![
            Problem::general(ProblemKind::Empty, "x"),
            Problem::general(ProblemKind::SyntaxError, "x"),
        ],
        ..Outcome::default()
    };
    assert_eq!(
        summary_line(&report(all)),
        "5 findings (2 high, 3 medium), 2 problems · 312 files, 48,201 lines in 0.21 s"
    );
    assert_eq!(
        summary_line(&report_of(vec![on_line(&tls(), "a.py", 1)])),
        "1 finding (1 high) · 312 files, 48,201 lines in 0.21 s"
    );
    assert_eq!(
        summary_line(&report_of(vec![])),
        "no findings · 312 files, 48,201 lines in 0.21 s"
    );
}

#[test]
fn no_findings_is_not_said_of_what_was_not_looked_at() {
    let with_problem = |kind| {
        summary_line(&report(Outcome {
            problems: vec![Problem::general(kind, "x")],
            ..Outcome::default()
        }))
    };
    assert_eq!(
        with_problem(ProblemKind::Unreadable),
        "no findings in what could be checked, 1 problem · 312 files, 48,201 lines in 0.21 s"
    );
    assert_eq!(
        with_problem(ProblemKind::Fix),
        "no findings, 1 problem · 312 files, 48,201 lines in 0.21 s"
    );
    let empty = assess(
        Outcome::default(),
        &[],
        &Policy::default(),
        None,
        today(),
        Facts::default(),
    );
    assert_eq!(
        summary_line(&empty),
        "nothing to check · 0 files, 0 lines in 0.00 s"
    );
}

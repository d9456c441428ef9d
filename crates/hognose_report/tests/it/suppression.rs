//! What comments say, and what they do.

use std::fmt::Write as _;
use std::sync::Arc;

use hognose_finding::{Directive, DirectiveKind, Finding, Persona, Position, Problem, Range};
use hognose_report::suppression::{Comment, directives_of, parse_directives};
use hognose_report::{Outcome, Policy, Report, Status, assess};

use crate::build::{
    assert_used, catalogue, facts, on_line, sql_injection, tls, today, weak_cipher,
};

/// Kind, scope, codes, reason, expiry and what is wrong, each directive of a comment in a line.
fn read(comment: &str) -> Vec<String> {
    parse_directives(comment)
        .into_iter()
        .map(|parsed| {
            let mut out = format!("{:?} {:?} {:?}", parsed.kind, parsed.scope, parsed.codes);
            for (name, value) in [
                ("reason", parsed.reason),
                ("until", parsed.until),
                ("malformed", parsed.malformed),
            ] {
                if let Some(value) = value {
                    let _ = write!(out, " {name}={value}");
                }
            }
            out
        })
        .collect()
}

#[track_caller]
fn check(comment: &str, expected: &[&str]) {
    assert_eq!(read(comment), expected, "{comment}");
}

#[test]
fn ours_names_rules_a_reason_and_a_day() {
    check(
        "# hognose: ignore[sql-injection]",
        &[r#"Hognose Lines ["sql-injection"]"#],
    );
    check(
        "#hognose:ignore[ a , S602, ]",
        &[r#"Hognose Lines ["a", "S602"]"#],
    );
    check(
        "# hognose: ignore[a] reason=\"a \\\"#1\\\" constant\" until=2027-01-31",
        &[r##"Hognose Lines ["a"] reason=a "#1" constant until=2027-01-31"##],
    );
    check(
        "# hognose: ignore[a] until=2027-01-31 reason='x'",
        &[r#"Hognose Lines ["a"] reason=x until=2027-01-31"#],
    );
    check("# hognose: ignore-file[a]", &[r#"Hognose File ["a"]"#]);
    check(
        "# hognose: ignore[a] reason=\"  \"",
        &[r#"Hognose Lines ["a"]"#],
    );
}

#[test]
fn ours_stands_in_comments_of_templates() {
    check(
        "{# hognose: ignore[template-unescaped] #}",
        &[r#"Hognose Lines ["template-unescaped"]"#],
    );
    check(
        "<!-- hognose: ignore[a] reason=\"x\" -->",
        &[r#"Hognose Lines ["a"] reason=x"#],
    );
    check("## hognose: ignore[a]", &[r#"Hognose Lines ["a"]"#]);
    check("<!-- nosec -->", &["Nosec Lines []"]);
}

#[test]
fn ours_says_what_is_wrong_with_it() {
    let cases = [
        (
            "# hognose: ignore",
            "name the rules it accepts: `ignore[rule-id]`",
        ),
        (
            "# hognose: ignore-file",
            "name the rules it accepts: `ignore-file[rule-id]`",
        ),
        (
            "# hognose: disable[a]",
            "expected `ignore[rule-id]` or `ignore-file[rule-id]`, found `disable`",
        ),
        ("# hognose: ignore[a", "`[` is never closed"),
        ("# hognose: ignore[ , ]", "no rule is named in `ignore[]`"),
        (
            "# hognose: ignore[a] reason=safe",
            "the reason must stand in quotes: `reason=\"…\"`",
        ),
        (
            "# hognose: ignore[a] reason=\"safe",
            "the quotes around the reason are never closed",
        ),
        (
            "# hognose: ignore[a] until=2027-02-30",
            "`2027-02-30` is not a day such as `2027-01-31`",
        ),
        (
            "# hognose: ignore[a] until=20270131",
            "`20270131` is not a day such as `2027-01-31`",
        ),
        (
            "# hognose: ignore[a] because it is fine",
            "unexpected `because`, only `reason=\"…\"` and `until=YYYY-MM-DD` may follow",
        ),
    ];
    for (comment, expected) in cases {
        let parsed = parse_directives(comment);
        assert_eq!(parsed.len(), 1, "{comment}");
        assert_eq!(parsed[0].malformed.as_deref(), Some(expected), "{comment}");
    }
}

#[test]
fn nosec_is_read_as_bandit_reads_it() {
    check("# nosec", &["Nosec Lines []"]);
    check("#nosec: B602,b607", &[r#"Nosec Lines ["B602", "B607"]"#]);
    check(
        "# nosec B602 B607 the command is fixed",
        &[r#"Nosec Lines ["B602", "B607"] reason=the command is fixed"#],
    );
    check(
        "# nosec - a constant",
        &["Nosec Lines [] reason=a constant"],
    );
    check(
        "# nosec because B602 is wrong",
        &[r#"Nosec Lines ["B602"] reason=because B602 is wrong"#],
    );
    check("# nosecurity here", &[]);
    check("# see the nosec docs", &[]);
}

#[test]
fn noqa_is_read_as_ruff_reads_it() {
    check("# noqa", &["Noqa Lines []"]);
    check("# NoQA:S602,E501", &[r#"Noqa Lines ["S602", "E501"]"#]);
    check(
        "# noqa: s602 E501 fixed command",
        &[r#"Noqa Lines ["S602", "E501"] reason=fixed command"#],
    );
    check("# noqa: because", &[]);
    check("# ruff: noqa", &["Noqa File []"]);
    check("# ruff: noqa: S101", &[r#"Noqa File ["S101"]"#]);
    check("# flake8: noqa", &["Noqa File []"]);
    check("# noqable", &[]);
}

#[test]
fn a_comment_may_hold_several() {
    check(
        "# type: ignore # noqa: S602  # nosec B602 # hognose: ignore[a] reason=\"x\" # noqa",
        &[
            r#"Noqa Lines ["S602"]"#,
            r#"Nosec Lines ["B602"]"#,
            r#"Hognose Lines ["a"] reason=x"#,
            "Noqa Lines []",
        ],
    );
}

#[test]
fn prose_about_us_is_no_directive() {
    check("# see https://example.org/hognose: ignore[a]", &[]);
    check("# the form is `hognose: ignore[a]`", &[]);
    check("# über 日本 #", &[]);
}

/// A comment at the end of `line`, or on its own before the statement on the line after it.
fn directives(path: &str, comments: &[(u32, u32, &str)]) -> Vec<Directive> {
    let comments: Vec<Comment<'_>> = comments
        .iter()
        .map(|&(own, line, text)| {
            let start = Position {
                line: own,
                column: 20,
                offset: own * 10,
            };
            let end = Position {
                line: own,
                column: 30,
                offset: own * 10 + 10,
            };
            Comment {
                range: Range { start, end },
                lines: (line, line),
                text,
            }
        })
        .collect();
    directives_of(&Arc::from(path), &comments)
}

#[test]
fn a_comment_of_its_own_line_speaks_for_the_next_statement_only_if_it_is_ours() {
    let read = directives(
        "a.py",
        &[
            (4, 5, "# nosec"),
            (4, 5, "# hognose: ignore[a]"),
            (5, 5, "# noqa"),
        ],
    );
    let reach: Vec<(DirectiveKind, (u32, u32))> =
        read.iter().map(|one| (one.kind, one.lines)).collect();
    assert_eq!(
        reach,
        [
            (DirectiveKind::Nosec, (4, 4)),
            (DirectiveKind::Hognose, (5, 5)),
            (DirectiveKind::Noqa, (5, 5)),
        ]
    );
}

/// A run over `a.py` with these findings and comments (own line, line spoken for, text).
fn run(findings: Vec<Finding>, comments: &[(u32, u32, &str)], policy: &Policy) -> Report {
    let outcome = Outcome {
        findings,
        directives: directives("a.py", comments),
        ..Outcome::default()
    };
    assess(outcome, &catalogue(), policy, None, today(), facts())
}

fn statuses(report: &Report) -> Vec<String> {
    report
        .findings
        .iter()
        .map(|one| match &one.status {
            Status::Open => "open".to_owned(),
            Status::Known => "known".to_owned(),
            Status::Suppressed { by, reason } => match reason {
                Some(reason) => format!("{by} ({reason})"),
                None => by.clone(),
            },
        })
        .collect()
}

fn messages(report: &Report) -> Vec<&str> {
    report
        .problems
        .iter()
        .map(|problem: &Problem| problem.message.as_str())
        .collect()
}

/// One TLS finding on line 5 with `comment` at the end of that line: its status and the problems.
#[track_caller]
fn tls_with(comment: &str, policy: &Policy, status: &str, problems: &[&str]) {
    let report = run(vec![on_line(&tls(), "a.py", 5)], &[(5, 5, comment)], policy);
    assert_eq!(statuses(&report), [status], "{comment}");
    assert_eq!(messages(&report), problems, "{comment}");
}

#[test]
fn each_spelling_accepts_what_it_names() {
    let policy = Policy::default();
    for (comment, by) in [
        (
            "# hognose: ignore[tls-verification-disabled]",
            "# hognose: ignore[tls-verification-disabled]",
        ),
        ("# hognose: ignore[B501]", "# hognose: ignore[B501]"),
        (
            "# hognose: ignore[S501] reason=\"lab\"",
            "# hognose: ignore[S501] (lab)",
        ),
        (
            "# hognose: ignore-file[S501]",
            "# hognose: ignore-file[S501]",
        ),
        ("# nosec", "# nosec"),
        ("# nosec B501", "# nosec B501"),
        ("# noqa", "# noqa"),
        ("# noqa: E501, S501", "# noqa: E501, S501"),
        ("# ruff: noqa: S501", "# ruff: noqa: S501"),
    ] {
        tls_with(comment, &policy, by, &[]);
    }
}

#[test]
fn a_foreign_code_accepts_nothing_and_is_not_unused() {
    let policy = Policy {
        report_unused_foreign: true,
        ..Policy::default()
    };
    tls_with("# noqa: E501", &policy, "open", &[]);
    // In `# noqa` the letter B belongs to another plugin, and Bandit has no S.
    tls_with("# noqa: B501", &policy, "open", &[]);
    tls_with("# nosec S501", &policy, "# nosec (S501)", &[]);
}

#[test]
fn what_does_not_hold_is_said() {
    let policy = Policy::default();
    tls_with(
        "# hognose: ignore[tls]",
        &policy,
        "open",
        &["`tls` is not a rule"],
    );
    tls_with(
        "# hognose: ignore",
        &policy,
        "open",
        &["this comment suppresses nothing: name the rules it accepts: `ignore[rule-id]`"],
    );
    tls_with(
        "# hognose: ignore[S501] until=2026-11-15",
        &policy,
        "# hognose: ignore[S501]",
        &[],
    );
    tls_with(
        "# hognose: ignore[S501] until=2026-11-14",
        &policy,
        "open",
        &["`# hognose: ignore[S501]` expired after 2026-11-14"],
    );
}

#[test]
fn a_policy_may_demand_a_reason() {
    let policy = Policy {
        require_reason: true,
        ..Policy::default()
    };
    tls_with(
        "# hognose: ignore[S501]",
        &policy,
        "open",
        &["`# hognose: ignore[S501]` suppresses nothing without a reason: add `reason=\"…\"`"],
    );
    tls_with(
        "# nosec",
        &policy,
        "open",
        &["`# nosec` suppresses nothing without a reason"],
    );
    tls_with(
        "# nosec B501 lab only",
        &policy,
        "# nosec B501 (lab only)",
        &[],
    );
}

#[test]
fn a_policy_may_disregard_other_tools() {
    let policy = Policy {
        disregard_foreign: true,
        report_unused_foreign: true,
        ..Policy::default()
    };
    tls_with("# nosec", &policy, "open", &[]);
    tls_with(
        "# hognose: ignore[S501]",
        &policy,
        "# hognose: ignore[S501]",
        &[],
    );
}

#[test]
fn unused_ones_of_ours_are_said_and_those_of_others_if_asked_for() {
    let comments = [
        (5, 5, "# hognose: ignore[S501, sql-injection]"),
        (9, 9, "# nosec B501"),
        (9, 9, "# nosec"),
    ];
    let finding = || vec![on_line(&tls(), "a.py", 5)];
    let report = run(finding(), &comments, &Policy::default());
    assert_eq!(
        messages(&report),
        ["unused suppression: `sql-injection` is not found here"]
    );
    let report = run(
        finding(),
        &comments,
        &Policy {
            report_unused_foreign: true,
            ..Policy::default()
        },
    );
    assert_eq!(
        messages(&report),
        [
            "unused suppression: `sql-injection` is not found here",
            "unused suppression: `B501` is not found here",
            "unused suppression: nothing is found here",
        ]
    );
}

#[test]
fn of_very_many_the_first_are_said_and_the_rest_is_counted() {
    let comments: Vec<_> = (1..=130)
        .map(|line| (line, line, "# hognose: ignore[sql-injection]"))
        .collect();
    let report = run(Vec::new(), &comments, &Policy::default());
    let messages = messages(&report);
    assert_eq!(messages.len(), 101);
    assert_eq!(
        messages[99..],
        [
            "unused suppression: `sql-injection` is not found here",
            "30 more problems with suppression comments in this file, from here on",
        ]
    );
    let line = report.problems[100].range.map(|range| range.start.line);
    assert_eq!(line, Some(101));
}

#[test]
fn a_rule_that_did_not_run_leaves_no_comment_unused() {
    let comments = [
        (5, 5, "# hognose: ignore[weak-cipher]"),
        (6, 6, "# hognose: ignore-file[S608]"),
    ];
    let policy = Policy {
        ignore: vec![weak_cipher().id.clone()],
        ..Policy::default()
    };
    let report = run(Vec::new(), &comments, &policy);
    assert_eq!(
        messages(&report),
        ["unused suppression: `S608` is not found in this file"]
    );
}

#[test]
fn a_comment_on_what_this_reader_does_not_see_is_used() {
    let comments = [(5, 5, "# hognose: ignore[assert-used]")];
    let report = run(
        vec![on_line(&assert_used(), "a.py", 5)],
        &comments,
        &Policy::default(),
    );
    assert_eq!((report.findings.len(), report.problems.len()), (0, 0));
    let auditor = Policy {
        persona: Persona::Auditor,
        ..Policy::default()
    };
    let report = run(
        vec![on_line(&assert_used(), "a.py", 5)],
        &comments,
        &auditor,
    );
    assert_eq!(statuses(&report), ["# hognose: ignore[assert-used]"]);
}

#[test]
fn a_comment_reaches_its_lines_and_its_file_alone() {
    let findings = || {
        vec![
            on_line(&tls(), "a.py", 5),
            on_line(&sql_injection(), "a.py", 5),
            on_line(&tls(), "a.py", 6),
            on_line(&tls(), "b.py", 5),
        ]
    };
    let report = run(
        findings(),
        &[(5, 5, "# hognose: ignore[S501]")],
        &Policy::default(),
    );
    assert_eq!(
        statuses(&report),
        ["open", "# hognose: ignore[S501]", "open", "open"]
    );
    let report = run(
        findings(),
        &[(1, 1, "# hognose: ignore-file[S501]")],
        &Policy::default(),
    );
    assert_eq!(
        statuses(&report),
        [
            "open",
            "# hognose: ignore-file[S501]",
            "# hognose: ignore-file[S501]",
            "open"
        ]
    );
}

#[test]
fn our_comment_speaks_where_another_tools_stands_too() {
    let report = run(
        vec![on_line(&tls(), "a.py", 5)],
        &[(5, 5, "# nosec # hognose: ignore[S501] reason=\"lab\"")],
        &Policy {
            report_unused_foreign: true,
            ..Policy::default()
        },
    );
    assert_eq!(statuses(&report), ["# hognose: ignore[S501] (lab)"]);
    assert_eq!(messages(&report), [""; 0]);
}

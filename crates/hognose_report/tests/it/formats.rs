//! Each format, byte for byte, on a report that has everything.

use std::sync::Arc;

use hognose_finding::{
    Directive, Edit, Excerpt, Finding, Fix, Position, Problem, ProblemKind, Range, Safety, Severity,
};
use hognose_report::render::{FORMATS, Options, Summary, format};
use hognose_report::suppression::{Comment, directives_of};
use hognose_report::{Baseline, DateTime, LeftOut, Outcome, Policy, Report, assess};
use serde_json::Value;

use crate::build::{
    VIEWS, at, catalogue, facts, finding, injection, on_line, report_of, tls, today, unverified,
    weak_cipher,
};

/// In a notebook, in a file with an awkward name, over two lines, with characters that mean something somewhere.
fn awkward() -> Finding {
    let source = "cipher = new(\n    \"a|b\", \"<c>\")\n";
    let mut location = at(
        "notes/größe, 100%:@x.ipynb",
        source,
        "new(\n    \"a|b\", \"<c>\")",
    );
    location.cell = Some((3, 1));
    finding(
        &weak_cipher(),
        location,
        "`new` gets `\"a|b\"`, <c> & *100%* of it: [see](1)\u{1b}[31m @all",
    )
}

fn suppressed() -> (Finding, Vec<Directive>) {
    let finding = on_line(&tls(), "=cmd.py", 4);
    let at = |column| Position {
        line: 4,
        column,
        offset: 40 + column,
    };
    let comment = Comment {
        range: Range {
            start: at(9),
            end: at(40),
        },
        lines: (4, 4),
        text: "# hognose: ignore[tls-verification-disabled] reason=\"a \\\"lab\\\", no more\"",
    };
    (finding, directives_of(&Arc::from("=cmd.py"), &[comment]))
}

pub fn everything() -> Report {
    let known = on_line(&weak_cipher(), "app/old.py", 7);
    let baseline: Baseline = [&known].into_iter().collect();
    let (suppressed, directives) = suppressed();
    let mut bare = on_line(&weak_cipher(), "/srv/other/x y.py", 2);
    bare.severity = Severity::Low;
    let range = Range {
        start: Position {
            line: 3,
            column: 1,
            offset: 20,
        },
        end: Position {
            line: 3,
            column: 9,
            offset: 28,
        },
    };
    let outcome = Outcome {
        findings: vec![
            injection(),
            unverified(),
            awkward(),
            suppressed,
            known,
            bare,
        ],
        problems: vec![
            Problem::in_file(
                ProblemKind::SyntaxError,
                "app/bro,ken.py",
                "expected `:`, found `<`",
            )
            .at(range),
            Problem::in_file(
                ProblemKind::Unreadable,
                "app/secret.py",
                "permission denied",
            ),
            Problem::general(ProblemKind::Configuration, "unknown key `colour`"),
            Problem::in_file(ProblemKind::Fix, "app/client.py", "two fixes overlap"),
        ],
        directives,
        left_out: vec![LeftOut {
            path: ".venv".into(),
            reason: "virtual environment".into(),
        }],
        scanned: vec!["app/old.py".into()],
    };
    let policy = Policy {
        fail_on: Some(Severity::High),
        ..Policy::default()
    };
    assess(
        outcome,
        &catalogue(),
        &policy,
        Some(&baseline),
        today(),
        facts(),
    )
}

fn rendered(name: &str, report: &Report) -> String {
    (format(name).unwrap().render)(report, &Options::default())
}

#[test]
fn the_list_has_every_format_once() {
    let names: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
    assert_eq!(names[0], "full");
    for expected in [
        "full", "concise", "json", "jsonl", "sarif", "github", "gitlab", "junit", "csv", "markdown",
    ] {
        assert_eq!(
            names.iter().filter(|name| **name == expected).count(),
            1,
            "{expected}"
        );
    }
    assert!(format("sarif").is_some_and(|format| format.extension == "sarif"));
    assert!(format("SARIF").is_none());
}

macro_rules! snapshots {
    ($($name:ident),+) => {$(
        #[test]
        fn $name() {
            let name = stringify!($name);
            insta::assert_snapshot!(name, rendered(name, &everything()));
            insta::assert_snapshot!(format!("{name}-nothing"), rendered(name, &report_of(vec![])));
        }
    )+};
}

snapshots!(
    full, concise, json, jsonl, sarif, github, gitlab, junit, csv, markdown
);

#[test]
fn no_format_in_a_file_knows_when_it_was_or_how_long_it_took() {
    let mut slow = everything();
    slow.run.elapsed *= 100;
    slow.run.started = DateTime::default();
    // The schema of GitLab demands times.
    for format in FORMATS.iter().filter(|format| format.name != "gitlab") {
        let one = (format.render)(&everything(), &Options::default());
        assert_eq!(
            one,
            (format.render)(&slow, &Options::default()),
            "{}",
            format.name
        );
    }
}

#[test]
fn people_at_a_terminal_read_how_long_it_took() {
    let options = Options {
        summary: Summary::Timed,
        ..Options::default()
    };
    for name in ["full", "concise"] {
        let text = (format(name).unwrap().render)(&everything(), &options);
        assert!(
            text.ends_with(" · 312 files, 48,201 lines in 0.21 s\n"),
            "{text}"
        );
    }
}

#[test]
fn every_format_names_what_was_left_out() {
    for format in FORMATS {
        let text = (format.render)(&everything(), &Options::default());
        for part in [".venv", "virtual environment"] {
            assert!(text.contains(part), "{} does not say `{part}`", format.name);
        }
    }
}

/// A fix over several lines, one of which the finding does not touch, whatever the line ends are.
#[test]
fn fixes_over_several_lines_are_shown() {
    for end in ["\n", "\r\n"] {
        let source = [
            "import requests",
            "requests.get(",
            "    url,",
            "    verify=False,",
            ")",
            "",
        ]
        .join(end);
        let mut one = finding(
            &tls(),
            at("a.py", &source, "verify=False"),
            "`verify` is off",
        );
        let start = source.find(',').unwrap() as u32;
        one.fixes = vec![Fix {
            title: "Remove it".into(),
            safety: Safety::Safe,
            edits: vec![Edit {
                start,
                end: one.location.code().unwrap().range.end.offset,
                text: String::new(),
            }],
        }];
        let report = report_of(vec![one]);
        let log: Value = serde_json::from_str(&rendered("sarif", &report)).unwrap();
        assert_eq!(
            log["runs"][0]["results"][0]["fixes"][0]["artifactChanges"],
            serde_json::json!([{
                "artifactLocation": {"uri": "a.py", "uriBaseId": "%SRCROOT%"},
                "replacements": [{
                    "deletedRegion": {"startLine": 3, "startColumn": 8, "endLine": 4, "endColumn": 17},
                    "insertedContent": {"text": ""},
                }],
            }])
        );
        let text = rendered("full", &report);
        assert!(
            text.contains("- url,\n  │    - verify=False,\n  │    + url,\n"),
            "{text}"
        );
    }
}

#[test]
fn every_format_names_every_problem() {
    let report = everything();
    assert_eq!(report.problems.len(), 4);
    for format in FORMATS {
        let text = (format.render)(&report, &Options::default());
        for part in ["permission denied", "two fixes overlap", "unknown key"] {
            assert!(text.contains(part), "{} does not say `{part}`", format.name);
        }
    }
}

#[test]
fn no_format_passes_escape_sequences_on() {
    for format in FORMATS {
        let text = (format.render)(&everything(), &Options::default());
        assert!(!text.contains('\u{1b}'), "{}", format.name);
    }
}

#[test]
fn a_line_of_jsonl_is_an_object_that_says_what_it_is() {
    let text = rendered("jsonl", &everything());
    let kinds: Vec<String> = text
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["type"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    let mut expected = vec!["run"];
    expected.extend(["finding"; 6]);
    expected.extend(["problem"; 4]);
    expected.extend(["left-out", "summary"]);
    assert_eq!(kinds, expected);
}

#[test]
fn gitlab_has_what_its_schema_requires() {
    let report: Value = serde_json::from_str(&rendered("gitlab", &everything())).unwrap();
    for field in ["analyzer", "scanner"] {
        for part in ["id", "name", "version", "vendor"] {
            assert!(!report["scan"][field][part].is_null(), "{field}.{part}");
        }
    }
    assert_eq!(report["scan"]["type"], "sast");
    assert_eq!(report["scan"]["status"], "failure");
    let vulnerabilities = report["vulnerabilities"].as_array().unwrap();
    assert_eq!(vulnerabilities.len(), 4);
    let mut ids: Vec<&str> = vulnerabilities
        .iter()
        .map(|one| one["id"].as_str().unwrap())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 4);
    assert!(
        vulnerabilities
            .iter()
            .all(|one| one["identifiers"][0]["type"] == "hognose_rule")
    );
}

#[test]
fn markdown_stays_short_enough_for_a_comment() {
    let many: Vec<Finding> = (1..3000)
        .map(|line| {
            let mut finding = on_line(&tls(), "app/a/rather/long/path/to/a/module.py", line);
            let code = finding.location.code_mut().unwrap();
            code.excerpt = Excerpt {
                first_line: line,
                text: VIEWS.into(),
                starts: Arc::default(),
            };
            finding
        })
        .collect();
    let text = rendered("markdown", &report_of(many));
    assert!(text.len() < 65_536, "{}", text.len());
    assert!(
        text.contains("and 2,"),
        "the table says how many it leaves out"
    );
}

#[test]
fn a_huge_line_makes_no_huge_document() {
    let line = "x".repeat(1_000_000);
    let text = format!("{line}eval(x){line}");
    let huge = finding(&tls(), at("min.py", &text, "eval(x)"), "`eval` is wrong");
    for format in FORMATS {
        let text = (format.render)(&report_of(vec![huge.clone()]), &Options::default());
        assert!(text.contains("min.py"), "{}", format.name);
        assert!(
            text.len() < 1_000_000,
            "{} has {} bytes",
            format.name,
            text.len()
        );
    }
}

#[test]
fn rows_of_csv_end_as_the_standard_says() {
    let text = rendered("csv", &everything());
    assert_eq!(
        (text.matches("\r\n").count(), text.matches('\n').count()),
        (12, 12)
    );
}

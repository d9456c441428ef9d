//! The report for people in its shapes.

use hognose_finding::{CodeLocation, Excerpt, Fingerprint, Position, Range};
use hognose_report::render::{Options, format};

use crate::build::{VIEWS, at, finding, injection, report_of, sql_injection, unverified};

fn full(findings: Vec<hognose_finding::Finding>, options: &Options) -> String {
    (format("full").unwrap().render)(&report_of(findings), options)
}

#[test]
fn narrow_and_ascii() {
    let options = Options {
        ascii: true,
        width: 60,
        ..Options::default()
    };
    insta::assert_snapshot!(full(vec![injection(), unverified()], &options));
}

#[test]
fn colour_and_links() {
    let options = Options {
        color: true,
        links: Some("file:///home/me/a%20b/".into()),
        ..Options::default()
    };
    insta::assert_snapshot!(full(vec![unverified()], &options).replace('\u{1b}', "␛"));
}

#[test]
fn the_same_advice_is_given_once() {
    let mut second = injection();
    second.fingerprint = Fingerprint(2);
    let code = second.location.code_mut().unwrap();
    code.path = "app/z.py".into();
    let text = full(vec![injection(), second], &Options::default());
    assert_eq!(text.matches("how to fix:").count(), 1);
}

#[test]
fn a_range_over_many_lines_shows_its_ends() {
    let lines: Vec<String> = (1..40).map(|line| format!("    line_{line},\n")).collect();
    let source = format!("call(\n{})\n", lines.concat());
    let text = full(
        vec![finding(
            &sql_injection(),
            at("a.py", &source, source.trim_end()),
            "`call` is wrong",
        )],
        &Options::default(),
    );
    insta::assert_snapshot!(text);
}

#[test]
fn a_huge_line_is_cut() {
    let before = "x".repeat(3_000_000);
    let line = format!("{before}eval(text){before}");
    let at = |offset| Position {
        line: 1,
        column: offset + 1,
        offset,
    };
    let location = CodeLocation {
        path: "min.py".into(),
        range: Range {
            start: at(3_000_000),
            end: at(3_000_010),
        },
        cell: None,
        scope: "".into(),
        excerpt: Excerpt {
            first_line: 1,
            text: line.into(),
            starts: [0].into(),
        },
    };
    let text = full(
        vec![finding(&sql_injection(), location, "`eval` is wrong")],
        &Options::default(),
    );
    assert!(text.len() < 2_000, "{}", text.len());
    assert!(text.contains("min.py:1:3000001"));
    assert!(text.contains("eval(text)"));
}

#[test]
fn wide_characters_keep_their_carets() {
    let source = "名前 = eval(入力)\n";
    let text = full(
        vec![finding(
            &sql_injection(),
            at("a.py", source, "eval(入力)"),
            "`eval` is wrong",
        )],
        &Options::default(),
    );
    insta::assert_snapshot!(text);
}

#[test]
fn an_excerpt_that_does_not_fit_its_range_is_left_out() {
    let mut location = at("a.py", VIEWS, "query)");
    location.excerpt.first_line = 90;
    let text = full(
        vec![finding(&sql_injection(), location, "`x` is wrong")],
        &Options::default(),
    );
    assert!(
        text.starts_with("critical[sql-injection]: `x` is wrong\n  ╭▸ a.py:9:20\n"),
        "{text}"
    );
}

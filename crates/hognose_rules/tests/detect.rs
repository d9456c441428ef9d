//! What front matter means, entry by entry.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use hognose_finding::{Confidence, Persona, Safety, Severity};
use hognose_rules::{
    Constant, Detect, FixAction, FixRecipe, Framework, Kinds, Matcher, Origin, RulePage,
    TemplateConstruct, ValueTest,
};

const BODY: &str = "\n## What it is\n\nIt *is*\nthis.\n\n## Why it matters\n\nx\n\n## Examples\n\n```python\nf()  # \
                    finding\n```\n\n## How to fix it\n\n```python\n```\n\n## When to suppress\n\nx\n\n## References\n\nx\n";

fn page(head: &str) -> RulePage {
    let text = format!(
        "---\nid: demo\nname: Demo\ncwe: [78, 88]\nseverity: high\nsince: 0.1.0\n{head}---\n{BODY}"
    );
    RulePage::parse("rules/demo.md", text, Origin::Builtin, &Kinds::builtin())
        .unwrap_or_else(|errors| panic!("{}", errors[0].render(false)))
}

/// The one entry of `detect`, whose YAML is given without its message.
fn detect(entry: &str) -> Detect {
    let page = page(&format!("detect:\n  - {entry}\n    message: m\n"));
    assert_eq!(page.detect.len(), 1);
    page.detect.into_iter().next().unwrap()
}

#[test]
fn the_rule_has_all_of_the_page() {
    let page = page(
        "owasp: [A03:2021]\npersona: auditor\naliases: {bandit: [B602], ruff: [S602]}\ndetect: [{import: [os.path], message: \"m\"}]\n",
    );
    let rule = &page.rule;
    assert_eq!(
        (&*rule.id, rule.name.as_str(), rule.since.as_str()),
        ("demo", "Demo", "0.1.0")
    );
    assert_eq!(rule.summary, "It *is* this.");
    assert_eq!(rule.help, BODY.trim());
    assert_eq!(rule.cwe, [78, 88]);
    assert_eq!(rule.owasp, ["A03:2021"]);
    assert_eq!(
        (rule.severity, rule.persona),
        (Severity::High, Persona::Auditor)
    );
    assert_eq!(
        rule.aliases
            .iter()
            .map(|alias| alias.code.as_str())
            .collect::<Vec<_>>(),
        ["B602", "S602"]
    );
    assert_eq!(
        page.detect[0].matcher,
        Matcher::Import {
            modules: vec!["os.path".to_owned()]
        }
    );
    assert_eq!(page.examples().len(), 2);
}

#[test]
fn defaults() {
    let entry = detect("call: [os.system]");
    assert_eq!(
        entry.matcher,
        Matcher::Call {
            names: vec!["os.system".to_owned()]
        }
    );
    assert_eq!(
        (entry.confidence, entry.severity),
        (Confidence::Likely, None)
    );
    assert_eq!(
        (entry.with, entry.fix, entry.message.as_str()),
        (Vec::new(), None, "m")
    );
    assert_eq!(
        page("detect: [{call: [f], message: m}]\n").rule.persona,
        Persona::Regular
    );
}

#[test]
fn every_mechanism() {
    let sink = || "sql".to_owned();
    for (entry, expected) in [
        (
            "sink: sql\n    value: built",
            Matcher::Value {
                sink: sink(),
                test: ValueTest::Built,
            },
        ),
        ("missing: sql", Matcher::Missing { sink: sink() }),
        (
            "flow: {from: [remote-input, local-input], to: [sql]}",
            Matcher::Flow {
                from: vec!["remote-input".to_owned(), "local-input".to_owned()],
                to: vec![sink()],
            },
        ),
        (
            "setting: {framework: flask, name: SECRET_KEY, value: literal}",
            Matcher::Setting {
                framework: Framework::Flask,
                name: "SECRET_KEY".to_owned(),
                test: ValueTest::Literal,
            },
        ),
        (
            "template: unescaped-output",
            Matcher::Template {
                construct: TemplateConstruct::UnescapedOutput,
            },
        ),
        (
            "template: autoescape-off",
            Matcher::Template {
                construct: TemplateConstruct::AutoescapeOff,
            },
        ),
        (
            "check: insecure-random",
            Matcher::Check {
                name: "insecure-random".to_owned(),
            },
        ),
    ] {
        assert_eq!(detect(entry).matcher, expected, "{entry}");
    }
}

#[test]
fn every_value_test() {
    let text = |text: &str| Constant::Str(text.to_owned());
    for (test, expected) in [
        (
            "[false, 0, null, md5, \"0\", 0o22, -1.5, '']",
            ValueTest::OneOf(vec![
                Constant::Bool(false),
                Constant::Int(0),
                Constant::None,
                text("md5"),
                text("0"),
                Constant::Int(18),
                Constant::Float(-1.5),
                text(""),
            ]),
        ),
        ("any", ValueTest::Any),
        ("literal", ValueTest::Literal),
        ("dynamic", ValueTest::Dynamic),
        ("built", ValueTest::Built),
        ("{below: 2048}", ValueTest::Below(2048)),
        ("{has-bits: 0o022}", ValueTest::HasBits(18)),
    ] {
        let Matcher::Value { test: found, .. } =
            detect(&format!("sink: sql\n    value: {test}")).matcher
        else {
            panic!("not a value matcher");
        };
        assert_eq!(found, expected, "{test}");
    }
    let Matcher::Value { test, .. } =
        detect("sink: sql\n    value: {matches: '(?i)^md[45]$'}").matcher
    else {
        panic!("not a value matcher");
    };
    assert!(test.accepts(&text("MD5")) && !test.accepts(&text("sha1")));
}

#[test]
fn further_keys() {
    let entry = detect(
        "call: [f]\n    with: {shell-flag: [true], sql: dynamic}\n    confidence: possible\n    severity: low\n    fix: \
         {title: T, safety: safe, set: \"shell=a == b\"}",
    );
    assert_eq!(
        entry.with,
        [
            (
                "shell-flag".to_owned(),
                ValueTest::OneOf(vec![Constant::Bool(true)])
            ),
            ("sql".to_owned(), ValueTest::Dynamic)
        ]
    );
    assert_eq!(
        (entry.confidence, entry.severity),
        (Confidence::Possible, Some(Severity::Low))
    );
    let action = FixAction::Set {
        name: "shell".to_owned(),
        code: "a == b".to_owned(),
    };
    assert_eq!(
        entry.fix,
        Some(FixRecipe {
            title: "T".to_owned(),
            safety: Safety::Safe,
            action
        })
    );
}

#[test]
fn every_fix() {
    for (action, expected) in [
        (
            "callee: safe_load",
            FixAction::Callee("safe_load".to_owned()),
        ),
        (
            "value: '\"127.0.0.1\"'",
            FixAction::Value("\"127.0.0.1\"".to_owned()),
        ),
        ("remove: argument", FixAction::Remove),
    ] {
        let entry = detect(&format!(
            "call: [f]\n    fix: {{title: T, safety: unsafe, {action}}}"
        ));
        assert_eq!(entry.fix.unwrap().action, expected);
    }
}

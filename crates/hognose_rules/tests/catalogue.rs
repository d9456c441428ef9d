//! The catalogue: the embedded pages are right, names are found, a user's pages join.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::BTreeSet;

use hognose_rules::{Catalogue, Kinds, Origin, RulePage, model_files};

/// A page of a user's own, right for `own/<id>.md`.
fn own_page(id: &str, head: &str) -> (String, String) {
    let text = format!(
        "---\nid: {id}\nname: Own rule\ncwe: [78]\nseverity: low\n{head}detect:\n  - call: [own.run]\n    \
         message: \"`{{callee}}` is not ours\"\n---\n\n## What it is\n\nOwn.\n\n## Why it matters\n\nOwn.\n\n## \
         Examples\n\n```python\nimport own\nown.run()  # finding\n```\n\n## How to fix it\n\n```python\npass\n```\n\n\
         ## When to suppress\n\nNever.\n\n## References\n\nNone.\n"
    );
    (format!("own/{id}.md"), text)
}

fn messages(result: Result<Catalogue, Vec<hognose_rules::RuleError>>) -> Vec<String> {
    result
        .err()
        .unwrap_or_default()
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn every_embedded_page_is_right() {
    let catalogue = Catalogue::builtin().unwrap_or_else(|errors| panic!("{}", render(&errors)));
    let errors = catalogue.check();
    assert!(errors.is_empty(), "{}", render(&errors));
    for page in catalogue.rules() {
        assert!(!page.rule.summary.is_empty(), "{}", page.path);
        assert!(page.rule.help.starts_with("## What it is"), "{}", page.path);
        assert!(
            page.rule.help.contains("https://"),
            "{}: references are links",
            page.path
        );
        assert_eq!(page.path, format!("rules/{}.md", page.id()));
    }
}

fn render(errors: &[hognose_rules::RuleError]) -> String {
    errors
        .iter()
        .map(|error| error.render(false))
        .collect::<Vec<_>>()
        .join("\n\n")
}

#[test]
fn the_folders_are_embedded_whole() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let on_disk = files(&format!("{root}/rules"), "md");
    let catalogue = Catalogue::builtin().unwrap_or_else(|errors| panic!("{}", render(&errors)));
    let embedded: BTreeSet<String> = catalogue
        .rules()
        .iter()
        .map(|page| page.path.trim_start_matches("rules/").to_owned())
        .collect();
    assert_eq!(embedded, on_disk);

    let models: Vec<(&str, &str)> = model_files().collect();
    assert!(models.is_sorted_by(|a, b| a.0 < b.0));
    assert_eq!(
        models
            .iter()
            .map(|(path, _)| (*path).to_owned())
            .collect::<BTreeSet<_>>(),
        files(&format!("{root}/models"), "pyi")
    );
}

/// Paths relative to `folder` of all files in it that end in `.extension`.
#[allow(
    clippy::disallowed_methods,
    reason = "the test compares the binary with the disk"
)]
fn files(folder: &str, extension: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![String::new()];
    while let Some(below) = folders.pop() {
        for entry in std::fs::read_dir(format!("{folder}/{below}")).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{below}{}", entry.file_name().into_string().unwrap());
            if entry.file_type().unwrap().is_dir() {
                folders.push(format!("{path}/"));
            } else if path.ends_with(&format!(".{extension}")) && !path.ends_with("README.md") {
                found.insert(path);
            }
        }
    }
    found
}

#[test]
fn rules_are_found_by_id_and_by_code() {
    let (path, text) = own_page("own-run", "aliases: {bandit: [B901], ruff: [S901, S902]}\n");
    let catalogue = Catalogue::default()
        .with_user_pages([(path, text)])
        .unwrap();
    for name in ["own-run", "OWN-RUN", "B901", "b901", "S901", "s902"] {
        assert_eq!(
            catalogue.get(name).map(RulePage::id),
            Some("own-run"),
            "{name}"
        );
    }
    for name in ["", "own", "B902", "901", "S90"] {
        assert!(catalogue.get(name).is_none(), "{name}");
    }
    assert_eq!(catalogue.did_you_mean("own-rnu"), ["own-run"]);
    assert_eq!(catalogue.did_you_mean("b902"), ["B901", "S902"]);
    assert_eq!(catalogue.did_you_mean("something"), [""; 0]);
}

#[test]
fn user_pages_join_in_order() {
    let builtin = Catalogue::builtin().unwrap_or_default().rules().len();
    let catalogue = Catalogue::builtin()
        .and_then(|catalogue| {
            catalogue.with_user_pages([own_page("zz-own", ""), own_page("aa-own", "")])
        })
        .unwrap();
    assert_eq!(catalogue.rules().len(), builtin + 2);
    assert_eq!(catalogue.rules()[0].id(), "aa-own");
    assert_eq!(catalogue.rules()[0].origin, Origin::User);
    assert_eq!(catalogue.rules()[0].rule.summary, "Own.");
    assert!(catalogue.rules().is_sorted_by(|a, b| a.id() < b.id()));
}

#[test]
fn user_pages_are_checked_whole() {
    let (path, text) = own_page("own-run", "");
    let text = text
        .replace("## References", "## Reference")
        .replace("severity: low", "severity: lwo");
    assert_eq!(
        messages(Catalogue::default().with_user_pages([(path, text)])),
        [
            "own/own-run.md:5:11: unknown severity `lwo` (did you mean `low`?)",
            "own/own-run.md:36:1: unknown section `Reference` (did you mean `References`?)",
        ]
    );
}

#[test]
fn names_are_taken_once() {
    let (_, text) = own_page("own-run", "aliases: {ruff: [S901]}\n");
    let twice = [
        ("a/own-run.md".to_owned(), text.clone()),
        ("b/own-run.md".to_owned(), text),
    ];
    assert_eq!(
        messages(Catalogue::default().with_user_pages(twice)),
        [
            "b/own-run.md:2:5: `own-run` is already taken by a/own-run.md",
            "b/own-run.md:6:18: `S901` is already taken by a/own-run.md",
        ]
    );
}

#[test]
fn built_in_rules_cannot_be_replaced() {
    let catalogue = Catalogue::builtin().unwrap_or_else(|errors| panic!("{}", render(&errors)));
    let same_id = catalogue
        .clone()
        .with_user_pages([own_page("sql-injection", "")]);
    assert_eq!(
        messages(same_id),
        [
            "own/sql-injection.md:2:5: `sql-injection` is already taken by the built-in rule `sql-injection`"
        ]
    );
    // Before the built-in rule in the alphabet, and all the same second to it.
    let same_code = catalogue.with_user_pages([own_page("aa-own", "aliases: {bandit: [B608]}\n")]);
    assert_eq!(
        messages(same_code),
        ["own/aa-own.md:6:20: `B608` is already taken by the built-in rule `sql-injection`"]
    );
}

#[test]
fn kinds_of_own_stubs_may_be_named() {
    let (path, text) = own_page("own-run", "");
    let page = [(
        path,
        text.replace(
            "call: [own.run]",
            "flow: {from: [own-input], to: [own-sink]}",
        ),
    )];
    assert_eq!(
        messages(Catalogue::default().with_user_pages(page.clone())),
        [
            "own/own-run.md:7:19: unknown source kind `own-input` (a kind exists when a stub uses it)",
            "own/own-run.md:7:36: unknown sink kind `own-sink` (a kind exists when a stub uses it)",
        ]
    );
    let stub = "def f(x: Sink[\"own-sink\"]) -> Source[\"own-input\"]: ...";
    let catalogue = Catalogue::default()
        .with_user_stubs([stub])
        .with_user_pages(page)
        .unwrap();
    assert_eq!(catalogue.rules().len(), 1);
}

#[test]
fn engines_can_point_into_a_page() {
    let (path, text) = own_page("own-run", "");
    let page = RulePage::parse(&path, text, Origin::User, &Kinds::builtin()).unwrap();
    let error = page.error_at(
        &page.detect[0],
        "no such callable",
        Some("look again".to_owned()),
    );
    assert_eq!(
        error.render(false),
        "error: no such callable\n --> own/own-run.md:7:11\n  |\n7 |   - call: [own.run]\n  |           ^^^^^^^^^\n  \
         |\n  = help: look again"
    );
}

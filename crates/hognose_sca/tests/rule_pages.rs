//! The examples of the rule pages that are about manifests: found where they are marked, silent elsewhere.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::BTreeMap;

use hognose_finding::{Confidence, ProblemKind, SourceError, Sources};
use hognose_rules::{Catalogue, ExampleLanguage, ExpectedLevel};
use hognose_sca::advisory::{Builder, Index};
use hognose_sca::{audit, manifest};

/// Package, events, listed versions: what the examples are about, in the words of this test.
const ADVISORIES: [(&str, &str, &str); 4] = [
    (
        "requests",
        r#"{"introduced": "0"}, {"fixed": "2.33.0"}"#,
        "",
    ),
    ("urllib3", r#"{"introduced": "0"}, {"fixed": "1.26.5"}"#, ""),
    ("jinja2", r#"{"introduced": "0"}, {"fixed": "3.1.6"}"#, ""),
    ("example-malware", "", r#""1.8.1""#),
];

struct Held(String);

impl Sources for Held {
    fn read(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        if path == "requirements.txt" {
            return Ok(self.0.clone().into_bytes());
        }
        Err(SourceError {
            kind: ProblemKind::Vanished,
            message: "not held".to_owned(),
        })
    }
}

fn index() -> Vec<u8> {
    let mut builder = Builder::default();
    for (number, (package, events, versions)) in ADVISORIES.iter().enumerate() {
        let id = if events.is_empty() { "MAL" } else { "PYSEC" };
        let ranges = if events.is_empty() {
            String::new()
        } else {
            format!(r#"{{"type": "ECOSYSTEM", "events": [{events}]}}"#)
        };
        let json = format!(
            r#"{{"id": "{id}-{number}", "modified": "2026-01-01T00:00:00Z", "affected": [{{"package": {{"ecosystem":
               "PyPI", "name": "{package}"}}, "ranges": [{ranges}], "versions": [{versions}]}}]}}"#
        );
        builder.add_file("x.json", json.as_bytes());
    }
    builder.finish("2026-01-02").unwrap().bytes
}

#[test]
fn examples_are_found_where_marked() {
    let catalogue = Catalogue::builtin().unwrap_or_else(|errors| panic!("{}", errors[0]));
    let bytes = index();
    let index = Index::open(bytes.as_slice()).unwrap();
    let mut run = 0;
    for page in catalogue.rules() {
        for example in page.examples() {
            for file in &example.files {
                if file.language != ExampleLanguage::Requirements {
                    continue;
                }
                run += 1;
                let sources = Held(file.text.clone());
                let format = manifest::recognise("requirements.txt").unwrap();
                let read =
                    manifest::read(format, "requirements.txt", file.text.as_bytes(), &sources);
                let found = audit(&read.dependencies, &index, &catalogue, &sources);
                let lines: BTreeMap<u32, bool> = found
                    .findings
                    .iter()
                    .filter(|finding| finding.rule.id == page.rule.id)
                    .map(|finding| {
                        let line = finding.location.code().unwrap().range.start.line;
                        (line, finding.confidence >= Confidence::Likely)
                    })
                    .collect();
                let expected: BTreeMap<u32, bool> = file
                    .expected
                    .iter()
                    .map(|one| (one.line, one.level == ExpectedLevel::Finding))
                    .collect();
                assert_eq!(
                    lines, expected,
                    "{}:{}\n{}",
                    page.path, file.page_line, file.text
                );
            }
        }
    }
    assert_eq!(run, 6);
}

//! SARIF against the schema that OASIS publishes, which a crate we only test with brings along.

use std::path::PathBuf;
use std::process::Command;

use hognose_report::render::{Options, format};
use serde_json::Value;

use crate::build::report_of;
use crate::formats::everything;

/// The package that has the schema, and where in it.
const PACKAGE: (&str, &str) = ("serde-sarif", "src/schema.json");

fn output_of(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "the schema lies on the disk")]
fn schema() -> Value {
    let version = output_of(Command::new("rustc").arg("-vV"));
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .unwrap();
    let metadata = output_of(
        Command::new(env!("CARGO"))
            .args([
                "metadata",
                "--format-version",
                "1",
                "--offline",
                "--filter-platform",
                host,
            ])
            .args([
                "--manifest-path",
                concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
            ]),
    );
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let manifest = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .find(|package| package["name"] == PACKAGE.0)
        .and_then(|package| package["manifest_path"].as_str())
        .expect("the package with the schema is a development dependency");
    let path = PathBuf::from(manifest).with_file_name(PACKAGE.1);
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut schema: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        schema["title"],
        "Static Analysis Results Format (SARIF) Version 2.1.0 JSON Schema"
    );
    // As published, the pattern for languages, which we do not write, is no regular expression: a bracket in it is
    // not escaped.
    for object in ["run", "toolComponent"] {
        let language = schema["definitions"][object]["properties"]["language"]
            .as_object_mut()
            .unwrap();
        assert_eq!(
            language.remove("pattern").unwrap(),
            "^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$"
        );
    }
    schema
}

#[test]
fn it_is_valid() {
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&schema())
        .unwrap();
    for (name, report) in [("everything", everything()), ("nothing", report_of(vec![]))] {
        let text = (format("sarif").unwrap().render)(&report, &Options::default());
        let log: Value = serde_json::from_str(&text).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&log)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert_eq!(errors, [""; 0], "{name}");
    }
    // The schema does say no.
    let text = (format("sarif").unwrap().render)(&everything(), &Options::default());
    let mut log: Value = serde_json::from_str(&text).unwrap();
    log["runs"][0]["results"][0]["level"] = "fatal".into();
    assert!(!validator.is_valid(&log));
}

/// What the schema cannot say.
#[test]
fn indices_point_to_what_they_name() {
    let text = (format("sarif").unwrap().render)(&everything(), &Options::default());
    let log: Value = serde_json::from_str(&text).unwrap();
    let run = &log["runs"][0];
    let rules = &run["tool"]["driver"]["rules"];
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 6);
    for result in results {
        let index = result["ruleIndex"].as_u64().unwrap() as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
    }
    let mut relationships = 0;
    for rule in rules.as_array().unwrap() {
        for relationship in rule["relationships"].as_array().unwrap() {
            let target = &relationship["target"];
            let index = target["index"].as_u64().unwrap() as usize;
            assert_eq!(run["taxonomies"][0]["taxa"][index]["id"], target["id"]);
            relationships += 1;
        }
    }
    assert_eq!(relationships, 4);
}

//! The example applications: found where they are marked, silent elsewhere, and the fixed twins clean.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Line and rule id of findings, by file.
type Places = BTreeMap<String, BTreeSet<(u64, String)>>;

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

/// What the pedantic persona is shown in an application, with paths below it.
fn found(application: &Path) -> Places {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_hognose"))
        .args([
            "scan",
            "--isolated",
            "--persona",
            "pedantic",
            "--output",
            "json",
            ".",
        ])
        .current_dir(application)
        .output()
        .expect("the binary runs");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a report");
    assert_eq!(
        report["problems"].as_array().map(Vec::len),
        Some(0),
        "{}",
        report["problems"]
    );
    let mut places = Places::new();
    for finding in report["findings"].as_array().expect("findings") {
        let location = &finding["location"];
        let path = location["path"]
            .as_str()
            .expect("a path")
            .trim_start_matches("./");
        let line = location["start"]["line"].as_u64().expect("a line");
        let rule = finding["rule"].as_str().expect("a rule");
        places
            .entry(path.to_owned())
            .or_default()
            .insert((line, rule.to_owned()));
    }
    places
}

/// What the marks `expect: rule-id[, rule-id]` say.
fn marked(application: &Path) -> Places {
    let mut places = Places::new();
    let mut folders = vec![application.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let Ok(text) = std::fs::read_to_string(&path) else {
                continue;
            };
            for (number, line) in text.lines().enumerate() {
                let Some((_, mark)) = line.split_once("expect: ") else {
                    continue;
                };
                let ids = mark
                    .split("#}")
                    .next()
                    .unwrap_or(mark)
                    .split('#')
                    .next()
                    .unwrap_or(mark);
                let relative = path
                    .strip_prefix(application)
                    .expect("below")
                    .to_string_lossy()
                    .replace('\\', "/");
                for id in ids.split(',') {
                    places
                        .entry(relative.clone())
                        .or_default()
                        .insert((number as u64 + 1, id.trim().to_owned()));
                }
            }
        }
    }
    places
}

fn differences(expected: &Places, found: &Places) -> Vec<String> {
    let empty = BTreeSet::new();
    let files: BTreeSet<&String> = expected.keys().chain(found.keys()).collect();
    let mut differences = Vec::new();
    for file in files {
        let (expected, found) = (
            expected.get(file).unwrap_or(&empty),
            found.get(file).unwrap_or(&empty),
        );
        for (line, rule) in expected.difference(found) {
            differences.push(format!("{file}:{line}: {rule} is missing"));
        }
        for (line, rule) in found.difference(expected) {
            differences.push(format!("{file}:{line}: {rule} is not expected"));
        }
    }
    differences
}

fn check(application: &str) {
    let folder = examples().join(application);
    let vulnerable = folder.join("vulnerable");
    let expected = marked(&vulnerable);
    assert!(
        expected.values().map(BTreeSet::len).sum::<usize>() >= 20,
        "the marks of {application} were read"
    );
    let mut all = differences(&expected, &found(&vulnerable));
    all.extend(
        differences(&Places::new(), &found(&folder.join("fixed")))
            .into_iter()
            .map(|line| format!("fixed: {line}")),
    );
    assert!(
        all.is_empty(),
        "{application}: {} differences\n{}",
        all.len(),
        all.join("\n")
    );
}

#[test]
fn flask_shop() {
    check("flask-shop");
}

#[test]
fn django_site() {
    check("django-site");
}

#[test]
fn fastapi_service() {
    check("fastapi-service");
}

//! The invariants of ARCHITECTURE.md that can be read off the workspace.

#![allow(
    clippy::disallowed_methods,
    reason = "reads the sources of the workspace"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Which crates of the workspace each may depend on.
const ALLOWED: &[(&str, &[&str])] = &[
    ("hognose_finding", &[]),
    ("hognose_python", &["hognose_finding"]),
    ("hognose_rules", &["hognose_finding"]),
    ("hognose_report", &["hognose_finding"]),
    ("hognose_http", &[]),
    ("hognose_sca", &["hognose_finding", "hognose_rules"]),
    ("hognose_taint", &["hognose_finding", "hognose_python"]),
    (
        "hognose_sast",
        &[
            "hognose_finding",
            "hognose_python",
            "hognose_rules",
            "hognose_taint",
        ],
    ),
    (
        "hognose",
        &[
            "hognose_finding",
            "hognose_http",
            "hognose_python",
            "hognose_report",
            "hognose_rules",
            "hognose_sast",
            "hognose_sca",
        ],
    ),
    ("xtask", &["hognose_rules"]),
];

/// Crates that open connections. Only `hognose_http` may lead to one.
const NETWORK: &[&str] = &[
    "reqwest",
    "ureq",
    "hyper",
    "curl",
    "isahc",
    "attohttpc",
    "surf",
    "tokio",
    "async-std",
    "native-tls",
    "rustls",
    "socket2",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies in the workspace")
        .to_owned()
}

fn metadata(arguments: &[&str]) -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .args(arguments)
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("cargo writes JSON")
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// Name and dependencies (without those of tests) of each crate of the workspace.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = metadata(&["--no-deps"]);
    metadata["packages"]
        .as_array()
        .expect("packages")
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"]
                .as_array()
                .expect("dependencies")
                .iter();
            let used = dependencies.filter(|dependency| dependency["kind"].as_str() != Some("dev"));
            (
                text(package, "name").to_owned(),
                used.map(|dependency| text(dependency, "name").to_owned())
                    .collect(),
            )
        })
        .collect()
}

#[test]
fn crates_depend_downwards_only() {
    let found = dependencies();
    let known: BTreeSet<&str> = ALLOWED.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        found.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        known
    );
    for (name, allowed) in ALLOWED {
        let own: BTreeSet<&str> = found[*name]
            .iter()
            .map(String::as_str)
            .filter(|name| known.contains(name))
            .collect();
        let allowed: BTreeSet<&str> = allowed.iter().copied().collect();
        let extra: Vec<_> = own.difference(&allowed).collect();
        assert!(extra.is_empty(), "{name} must not depend on {extra:?}");
    }
}

#[test]
fn only_hognose_python_names_the_parser() {
    for (name, dependencies) in dependencies() {
        let parsers: Vec<_> = dependencies
            .iter()
            .filter(|dependency| dependency.starts_with("ruff_"))
            .collect();
        assert_eq!(
            parsers.is_empty(),
            name != "hognose_python",
            "{name}: {parsers:?}"
        );
    }
    let manifest =
        std::fs::read_to_string(root().join("Cargo.toml")).expect("the workspace manifest");
    let pins: Vec<_> = manifest
        .lines()
        .filter(|line| line.starts_with("ruff_"))
        .collect();
    assert_eq!(pins.len(), 3);
    assert!(
        pins.iter().all(|pin| pin.ends_with("\"=0.0.10\"")),
        "{pins:?}"
    );
}

#[test]
fn only_hognose_http_opens_connections() {
    let metadata = metadata(&[]);
    // What the binary is linked with: its dependencies, followed without those of tests and builds.
    let nodes: BTreeMap<&str, &Value> = metadata["resolve"]["nodes"]
        .as_array()
        .expect("nodes")
        .iter()
        .map(|node| (text(node, "id"), node))
        .collect();
    let names: BTreeMap<&str, &str> = metadata["packages"]
        .as_array()
        .expect("packages")
        .iter()
        .map(|package| (text(package, "id"), text(package, "name")))
        .collect();
    let start = names
        .iter()
        .find(|(_, name)| **name == "hognose")
        .map(|(id, _)| *id)
        .expect("the binary");
    let mut linked = BTreeSet::new();
    let mut next = vec![start];
    while let Some(id) = next.pop() {
        if !linked.insert(names[id]) || names[id] == "hognose_http" {
            continue;
        }
        for dependency in nodes[id]["deps"].as_array().expect("deps") {
            let kinds = dependency["dep_kinds"].as_array().expect("kinds");
            if kinds.iter().any(|kind| kind["kind"].is_null()) {
                next.push(text(dependency, "pkg"));
            }
        }
    }
    assert!(
        linked.contains("hognose_sast") && linked.contains("hognose_http"),
        "the graph was read"
    );
    let network: Vec<_> = NETWORK
        .iter()
        .filter(|name| linked.contains(**name))
        .collect();
    assert!(network.is_empty(), "{network:?}");
    for file in sources() {
        let text = std::fs::read_to_string(&file).expect("a source file");
        assert!(
            !text.contains("std::net::") || file.starts_with(root().join("crates/hognose_http")),
            "{} opens connections",
            file.display()
        );
    }
}

/// All Rust files of the crates, without tests.
fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = std::fs::read_dir(root().join("crates"))
        .expect("the crates")
        .map(|entry| entry.expect("an entry").path().join("src"))
        .collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn only_the_binary_touches_files_and_prints() {
    // clippy's `disallowed_methods` and `disallowed_macros` ban it; this sees to it that nobody lifts the ban.
    for file in sources() {
        let relative = file
            .strip_prefix(root())
            .expect("below the root")
            .to_owned();
        if relative.starts_with("crates/hognose/src") {
            continue;
        }
        let text = std::fs::read_to_string(&file).expect("a source file");
        assert!(
            !text.contains("allow(clippy::disallowed"),
            "{} lifts a ban",
            relative.display()
        );
    }
}

#[test]
fn every_crate_says_where_to_start() {
    for folder in std::fs::read_dir(root().join("crates")).expect("the crates") {
        let source = folder.expect("an entry").path().join("src");
        let path = if source.join("lib.rs").exists() {
            source.join("lib.rs")
        } else {
            source.join("main.rs")
        };
        let text = std::fs::read_to_string(&path).expect("a crate's first file");
        let screen: Vec<_> = text
            .lines()
            .take_while(|line| line.starts_with("//!"))
            .collect();
        assert!(
            screen.len() >= 4,
            "{}: {} lines",
            path.display(),
            screen.len()
        );
        assert!(
            screen.iter().any(|line| line.contains("Start reading at")),
            "{}",
            path.display()
        );
    }
}

//! `Pipfile` and `Pipfile.lock`.

use rustc_hash::FxHashMap;

use super::link::{Link, without_password};
use super::pyproject::vcs;
use super::reader::{Reader, normal_name};
use super::requirement::{self, shortened, sorted};
use super::requirements_txt;
use super::tree::{self, Entry, Node};
use crate::{DependencySource, Requirement};

/// Tables of a `Pipfile` that hold no packages.
const OTHER_TABLES: &[&str] = &["source", "requires", "scripts", "pipenv", "pipfile"];

/// Reads a `Pipfile`.
pub(crate) fn parse(reader: &mut Reader<'_>) {
    let (root, faults) = tree::toml(reader.text);
    for fault in &faults {
        reader.fault(fault);
    }
    let indexes = indexes(root.items_at(&["source"]));
    for table in root.entries() {
        let group = match &*table.key {
            "packages" => None,
            "dev-packages" => Some("dev"),
            other if OTHER_TABLES.contains(&other) => continue,
            other => Some(other),
        };
        read_table(reader, &table.value, group, &indexes);
    }
}

/// Reads a `Pipfile.lock`.
pub(crate) fn parse_lock(reader: &mut Reader<'_>) {
    let root = match tree::json(reader.text) {
        Ok(root) => root,
        Err(fault) => return reader.fault(&fault),
    };
    let indexes = indexes(root.items_at(&["_meta", "sources"]));
    for table in root.entries() {
        let group = match &*table.key {
            "default" => None,
            "develop" => Some("dev"),
            "_meta" => continue,
            other => Some(other),
        };
        read_table(reader, &table.value, group, &indexes);
    }
}

fn indexes<'n>(sources: &'n [Node<'_>]) -> FxHashMap<&'n str, &'n str> {
    let named = |source: &'n Node<'_>| Some((source.text_at("name")?, source.text_at("url")?));
    sources.iter().filter_map(named).collect()
}

fn read_table(
    reader: &mut Reader<'_>,
    table: &Node<'_>,
    group: Option<&str>,
    indexes: &FxHashMap<&str, &str>,
) {
    let groups = group.map(Into::into).into_iter().collect();
    reader.within(groups, |reader| {
        for entry in table.entries() {
            read_entry(reader, entry, indexes);
        }
    });
}

fn read_entry(reader: &mut Reader<'_>, entry: &Entry<'_>, indexes: &FxHashMap<&str, &str>) {
    let value = &entry.value;
    let span = if entry.value.entries().is_empty() {
        entry.span()
    } else {
        entry.key_span.clone()
    };
    if !requirement::is_name(&entry.key) || value.text().is_none() && value.entries().is_empty() {
        return reader.unreadable(&span, format!("`{}` is no package", shortened(&entry.key)));
    }
    let source = source(value, indexes);
    if let DependencySource::Path(path) = &source
        && requirements_txt::is_project_itself(path)
    {
        return;
    }
    let requirement = match (value.text().or_else(|| value.text_at("version")), &source) {
        (Some("*"), _) | (None, DependencySource::Index(_)) => Requirement::Any,
        (Some(version), _) => {
            let bare = version.starts_with(|c: char| c.is_ascii_digit());
            let version = if bare {
                format!("=={version}")
            } else {
                version.to_owned()
            };
            requirement::specifiers(&version).unwrap_or_else(|message| {
                reader.unreadable(&span, message);
                Requirement::Unknown
            })
        }
        (None, DependencySource::Url(at) | DependencySource::Path(at)) => {
            Link::parse(at).requirement()
        }
        (None, _) => Requirement::Unknown,
    };
    let mut dependency = reader.dependency(&entry.key, requirement, &span);
    dependency.source = source;
    let extras = value.items_at(&["extras"]).iter().filter_map(Node::text);
    dependency.extras = sorted(extras.map(|extra| normal_name(extra).into()).collect());
    dependency.marker = marker(value).into();
    let hashes = value.items_at(&["hashes"]).iter().filter_map(Node::text);
    dependency.hashes = hashes.map(Into::into).collect();
    reader.push(dependency);
}

fn source(value: &Node<'_>, indexes: &FxHashMap<&str, &str>) -> DependencySource {
    for system in ["git", "hg", "svn", "bzr"] {
        if let Some(address) = value.text_at(system) {
            return vcs(system, address, value);
        }
    }
    if let Some(place) = value.text_at("file").or_else(|| value.text_at("path")) {
        return Link::parse(place).source();
    }
    let index = value
        .text_at("index")
        .map(|name| without_password(indexes.get(name).copied().unwrap_or(name)).into());
    DependencySource::Index(index)
}

/// The marker of `markers` and of the keys that are named like variables of markers: `os_name = "== 'nt'"`.
fn marker(value: &Node<'_>) -> String {
    let mut parts = Vec::new();
    for entry in value.entries() {
        let Some(text) = entry.value.text() else {
            continue;
        };
        if entry.key == "markers" {
            parts.push(text.to_owned());
        } else if super::marker::check(&format!("{} {text}", entry.key)).is_ok() {
            parts.push(format!("{} {text}", entry.key));
        }
    }
    parts.join(" and ")
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn pipfile() {
        check(
            "Pipfile",
            &[(
                "Pipfile",
                r#"[[source]]
name = "corp"
url = "https://u:p@h/simple"
[packages]
Requests = {version = ">=2", extras = ["socks"], index = "corp"}
any = "*"
exact = "==1.0"
bare = "2.0"
g = {git = "https://h/g.git", ref = "main"}
f = {file = "https://h/f-1.0.tar.gz"}
e = {path = ".", editable = true}
m = {version = "*", os_name = "== 'nt'", markers = "python_version < '3'"}
broken = "^1"
[dev-packages]
pytest = "~=8.0"
[docs]
sphinx = "*"
[requires]
python_version = "3.11"
"#,
            )],
            r#":5 `Requests` requests[socks] >=2 index https://u:****@h/simple
:6 `any = "*"` any any
:7 `exact = "==1.0"` exact = 1.0
:8 `bare = "2.0"` bare = 2.0
:9 `g` g unknown vcs git+https://h/g.git@main
:10 `f` f = 1.0 url https://h/f-1.0.tar.gz
:12 `m` m any ;os_name == 'nt' and python_version < '3'
:13 `broken = "^1"` broken unknown
:15 `pytest = "~=8.0"` pytest ~=8.0 groups(dev)
:17 `sphinx = "*"` sphinx any groups(docs)
! 13: configuration: `^1` is no version specifier"#,
        );
    }

    #[test]
    fn lock() {
        check(
            "Pipfile.lock",
            &[(
                "Pipfile.lock",
                r#"{
    "_meta": {"sources": [{"name": "pypi", "url": "https://h/simple"}]},
    "default": {
        "Requests": {"extras": ["socks"], "hashes": ["sha256:aa", "sha256:bb"], "index": "pypi", "markers": "python_version >= '3.7'", "version": "==2.31.0"},
        "g": {"git": "https://h/g.git", "ref": "abc"}
    },
    "develop": {"pytest": {"version": "==8.0.0"}},
    "docs": {"sphinx": {"version": "==7"}, "bad": 3}
}
"#,
            )],
            ":4 `Requests` requests[socks] = 2.31.0 index https://h/simple hashes(sha256:aa sha256:bb) ;python_version >= '3.7'
:5 `g` g unknown vcs git+https://h/g.git@abc
:7 `pytest` pytest = 8.0.0 groups(dev)
:8 `sphinx` sphinx = 7 groups(docs)
! 8: configuration: `bad` is no package",
        );
    }
}

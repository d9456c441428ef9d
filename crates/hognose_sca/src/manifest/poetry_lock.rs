//! `poetry.lock` of all versions.

use std::sync::Arc;

use super::link::without_password;
use super::listed;
use super::lock::{Lock, Roots, file_hashes, name_of};
use super::pyproject::{extra_group, vcs};
use super::reader::{Reader, normal_name};
use super::requirement::sorted;
use super::tree::{self, Node, Value};
use crate::{DependencySource, Requirement};

/// Reads a `poetry.lock`.
pub(crate) fn parse(reader: &mut Reader<'_>) {
    let (root, faults) = tree::toml(reader.text);
    for fault in &faults {
        reader.fault(fault);
    }
    let mut lock = Lock::default();
    for package in root.items_at(&["package"]) {
        let Some((name, node)) = name_of(reader, package) else {
            continue;
        };
        let requirement = match package.text_at("version") {
            Some(version) => Requirement::Exact(version.into()),
            None => Requirement::Unknown,
        };
        let mut entry = reader.dependency(name, requirement, &listed::place(reader, node));
        entry.source = source(package);
        entry.marker = marker(package).into();
        entry.hashes = hashes(&root, package, name);
        entry.groups = groups(&root, package, &entry.name);
        if let Requirement::Unknown = entry.requirement {
            reader.unreadable(&node.span, "an entry without a version");
        }
        let asks = package.entries_at(&["dependencies"]).iter();
        lock.push(entry, asks.map(|asked| normal_name(&asked.key)).collect());
    }
    lock.finish(reader, Roots::Guessed);
}

fn source(package: &Node<'_>) -> DependencySource {
    let Some(source) = package.get("source") else {
        return DependencySource::Index(None);
    };
    let address = source.text_at("url").unwrap_or_default();
    match source.text_at("type").unwrap_or_default() {
        system @ ("git" | "hg" | "svn") => match source.text_at("resolved_reference") {
            Some(revision) => DependencySource::Vcs(
                format!("{system}+{}@{revision}", without_password(address)).into(),
            ),
            None => vcs(system, address, source),
        },
        "url" => DependencySource::Url(without_password(address).into()),
        "directory" | "file" => DependencySource::Path(address.into()),
        _ => DependencySource::Index(Some(without_password(address).into())),
    }
}

/// A marker for all groups, or one for each.
fn marker(package: &Node<'_>) -> String {
    let Some(markers) = package.get("markers") else {
        return String::new();
    };
    match markers.text() {
        Some(marker) => marker.to_owned(),
        None => {
            let each = markers
                .entries()
                .iter()
                .filter_map(|entry| entry.value.text());
            let each: Vec<_> = each.map(|marker| format!("({marker})")).collect();
            each.join(" or ")
        }
    }
}

/// Hashes stand beside the package, or in tables at the end in older files.
fn hashes(root: &Node<'_>, package: &Node<'_>, name: &str) -> Vec<Arc<str>> {
    let beside = package.items_at(&["files"]);
    if !beside.is_empty() {
        return file_hashes(beside, "hash");
    }
    let files = root.items_at(&["metadata", "files", name]);
    if !files.is_empty() {
        return file_hashes(files, "hash");
    }
    let bare = root.items_at(&["metadata", "hashes", name]).iter();
    bare.filter_map(Node::text)
        .map(|hash| {
            if hash.contains(':') {
                hash.into()
            } else {
                format!("sha256:{hash}").into()
            }
        })
        .collect()
}

/// The groups of an entry: `groups` today, `category` before, and the extras that an optional one belongs to.
fn groups(root: &Node<'_>, package: &Node<'_>, name: &str) -> Vec<Arc<str>> {
    let mut groups: Vec<Arc<str>> = match package.get("groups") {
        Some(groups) => groups.texts().map(Into::into).collect(),
        None => package
            .text_at("category")
            .map(Into::into)
            .into_iter()
            .collect(),
    };
    let main = groups.is_empty() || groups.iter().any(|group| &**group == "main");
    let optional = package.get("optional").is_some_and(Node::is_true);
    if main && !optional {
        return Vec::new();
    }
    groups.retain(|group| &**group != "main");
    if main {
        let extras = root.entries_at(&["extras"]).iter();
        let asking = extras.filter(|extra| {
            extra.value.texts().any(|asked| {
                let end = asked.find([' ', '[', '(', ';']).unwrap_or(asked.len());
                normal_name(&asked[..end]) == name
            })
        });
        let before = groups.len();
        groups.extend(asking.map(|extra| Arc::from(extra_group(&extra.key))));
        if groups.len() == before {
            groups.push("extra:*".into());
        }
    }
    sorted(groups)
}

/// Reads a `pdm.lock`.
pub(crate) fn parse_pdm(reader: &mut Reader<'_>) {
    let (root, faults) = tree::toml(reader.text);
    for fault in &faults {
        reader.fault(fault);
    }
    let mut lock = Lock::default();
    for package in root.items_at(&["package"]) {
        let Some((name, node)) = name_of(reader, package) else {
            continue;
        };
        let version = package.text_at("version");
        let requirement = version.map_or(Requirement::Unknown, |version| {
            Requirement::Exact(version.into())
        });
        let mut entry = reader.dependency(name, requirement, &listed::place(reader, node));
        entry.source = pdm_source(package);
        entry.marker = package.text_at("marker").unwrap_or_default().into();
        entry.hashes = file_hashes(package.items_at(&["files"]), "hash");
        if entry.hashes.is_empty()
            && let Some(Value::List(files)) = root
                .path(&["metadata", "files"])
                .and_then(|files| files.get(&format!("{name} {}", version.unwrap_or_default())))
                .map(|files| &files.value)
        {
            entry.hashes = file_hashes(files, "hash");
        }
        let extras = package.items_at(&["extras"]).iter().filter_map(Node::text);
        entry.extras = sorted(extras.map(|extra| normal_name(extra).into()).collect());
        let groups: Vec<Arc<str>> = package
            .items_at(&["groups"])
            .iter()
            .filter_map(|group| group.text().map(Into::into))
            .collect();
        if !groups.iter().any(|group| &**group == "default") {
            entry.groups = sorted(groups);
        }
        let asks = package.items_at(&["dependencies"]).iter();
        let asks = asks.filter_map(|asked| super::requirement::parse(asked.text()?).ok());
        // The entry with extras asks for the same distribution without them.
        let asks = asks.map(|asked| asked.name.to_string());
        let asks = asks.filter(|asked| *asked != *entry.name).collect();
        lock.push(entry, asks);
    }
    lock.finish(reader, Roots::Guessed);
}

fn pdm_source(package: &Node<'_>) -> DependencySource {
    for system in ["git", "hg", "svn", "bzr"] {
        if let Some(address) = package.text_at(system) {
            return vcs(system, address, package);
        }
    }
    if let Some(address) = package.text_at("url") {
        return DependencySource::Url(without_password(address).into());
    }
    match package.text_at("path") {
        Some(path) => DependencySource::Path(path.into()),
        None => DependencySource::Index(None),
    }
}

//! `poetry.lock` of all versions.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::link::without_password;
use super::listed;
use super::lock::{Lock, Roots, file_hashes, name_of};
use super::pyproject::{extra_group, vcs};
use super::reader::{Reader, normal_name};
use super::requirement::sorted;
use super::tree::{self, Node};
use crate::{DependencySource, Requirement};

/// Reads a `poetry.lock`.
pub(crate) fn parse(reader: &mut Reader<'_>) {
    let (root, faults) = tree::toml(reader.text);
    for fault in &faults {
        reader.fault(fault);
    }
    let files = by_key(root.path(&["metadata", "files"]));
    let bare = by_key(root.path(&["metadata", "hashes"]));
    let extras = asking_extras(&root);
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
        entry.hashes = hashes(package, files.get(name).copied(), bare.get(name).copied());
        entry.groups = groups(package, extras.get(&*entry.name));
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

/// The values of a mapping by key, since files may have thousands.
fn by_key<'n, 't>(node: Option<&'n Node<'t>>) -> FxHashMap<&'n str, &'n Node<'t>> {
    let entries = node.map_or(&[][..], Node::entries).iter();
    entries.map(|entry| (&*entry.key, &entry.value)).collect()
}

/// Hashes stand beside the package, or in tables at the end in older files.
fn hashes(package: &Node<'_>, files: Option<&Node<'_>>, bare: Option<&Node<'_>>) -> Vec<Arc<str>> {
    let beside = package.items_at(&["files"]);
    if !beside.is_empty() {
        return file_hashes(beside, "hash");
    }
    if let Some(files) = files {
        return file_hashes(files.items(), "hash");
    }
    let Some(bare) = bare else { return Vec::new() };
    bare.texts()
        .map(|hash| {
            if hash.contains(':') {
                hash.into()
            } else {
                format!("sha256:{hash}").into()
            }
        })
        .collect()
}

/// The extras that ask for a distribution, by its name.
fn asking_extras(root: &Node<'_>) -> FxHashMap<String, Vec<Arc<str>>> {
    let mut asking: FxHashMap<String, Vec<Arc<str>>> = FxHashMap::default();
    for extra in root.entries_at(&["extras"]) {
        for asked in extra.value.texts() {
            let end = asked.find([' ', '[', '(', ';']).unwrap_or(asked.len());
            let extras = asking.entry(normal_name(&asked[..end])).or_default();
            extras.push(extra_group(&extra.key).into());
        }
    }
    asking
}

/// The groups of an entry: `groups` today, `category` before, and the extras that an optional one belongs to.
fn groups(package: &Node<'_>, extras: Option<&Vec<Arc<str>>>) -> Vec<Arc<str>> {
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
        match extras {
            Some(extras) => groups.extend(extras.iter().cloned()),
            None => groups.push("extra:*".into()),
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
    let files = by_key(root.path(&["metadata", "files"]));
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
        let key = format!("{name} {}", version.unwrap_or_default());
        if let Some(files) = files.get(key.as_str()).filter(|_| entry.hashes.is_empty()) {
            entry.hashes = file_hashes(files.items(), "hash");
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

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn today() {
        check(
            "poetry.lock",
            &[(
                "poetry.lock",
                r#"[[package]]
name = "Requests"
version = "2.31.0"
optional = false
groups = ["main", "dev"]
markers = "python_version >= \"3.8\""
files = [{file = "r.whl", hash = "sha256:aa"}, {file = "r.tar.gz", hash = "sha256:bb"}]
[package.dependencies]
urllib3 = ">=1.21"
Idna = {version = "*", optional = true}

[[package]]
name = "urllib3"
version = "2.0"
groups = ["dev"]
[[package]]
name = "idna"
version = "3.4"
optional = true
groups = ["main"]
markers = {main = "extra == 'x'", dev = "os_name == 'nt'"}
[[package]]
name = "g"
version = "1.0"
[package.source]
type = "git"
url = "https://tok@h/g.git"
reference = "main"
resolved_reference = "abc"
[[package]]
name = "p"
version = "1.0"
[package.source]
type = "legacy"
url = "https://h/simple"
[[package]]
version = "1"
[extras]
x = ["idna (>=3)"]
"#,
            )],
            r#":2 `Requests` requests = 2.31.0 hashes(sha256:aa sha256:bb) ;python_version >= "3.8"
:13 `urllib3` urllib3 = 2.0 groups(dev) chain(requests)
:17 `idna` idna = 3.4 groups(extra:x) chain(requests) ;(extra == 'x') or (os_name == 'nt')
:23 `g` g = 1.0 vcs git+https://****@h/g.git@abc
:31 `p` p = 1.0 index https://h/simple
! 36: configuration: an entry without the name of a distribution"#,
        );
    }

    #[test]
    fn of_before() {
        check(
            "poetry.lock",
            &[(
                "poetry.lock",
                r#"[[package]]
category = "dev"
name = "a"
version = "1"
[package.dependencies]
b = "*"
[[package]]
category = "main"
name = "b"
version = "2"
[metadata.files]
a = [{file = "a.whl", hash = "sha256:aa"}]
[metadata.hashes]
b = ["bb"]
"#,
            )],
            ":3 `a` a = 1 groups(dev) hashes(sha256:aa)
:9 `b` b = 2 hashes(sha256:bb) chain(a)",
        );
    }

    #[test]
    fn of_pdm() {
        check(
            "pdm.lock",
            &[(
                "pdm.lock",
                r#"[metadata]
groups = ["default", "test"]
[metadata.files]
"old 1.0" = [{url = "https://h/old", hash = "sha256:oo"}]
[[package]]
name = "requests"
version = "2.31.0"
extras = ["socks"]
groups = ["default", "test"]
dependencies = ["requests==2.31.0", "PySocks!=1.5.7,>=1.5.6"]
[[package]]
name = "requests"
version = "2.31.0"
groups = ["default"]
marker = "os_name == 'nt'"
files = [{file = "r.whl", hash = "sha256:aa"}]
[[package]]
name = "pysocks"
version = "1.7"
groups = ["test"]
[[package]]
name = "old"
version = "1.0"
git = "https://h/old.git"
revision = "abc"
"#,
            )],
            ":6 `requests` requests[socks] = 2.31.0
:12 `requests` requests = 2.31.0 hashes(sha256:aa) ;os_name == 'nt'
:18 `pysocks` pysocks = 1.7 groups(test) chain(requests)
:22 `old` old = 1.0 vcs git+https://h/old.git@abc hashes(sha256:oo)",
        );
    }
}

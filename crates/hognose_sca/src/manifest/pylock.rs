//! `pylock.toml` (PEP 751).

use std::sync::Arc;

use super::link::{Link, without_password};
use super::listed;
use super::lock::{Lock, Roots, name_of};
use super::pyproject::vcs;
use super::reader::{Reader, normal_name};
use super::tree::{self, Node};
use crate::{DependencySource, Requirement};

/// Reads a `pylock.toml`.
pub(crate) fn parse(reader: &mut Reader<'_>) {
    let (root, faults) = tree::toml(reader.text);
    for fault in &faults {
        reader.fault(fault);
    }
    let mut lock = Lock::default();
    for package in root.items_at(&["packages"]) {
        let Some((name, node)) = name_of(reader, package) else {
            continue;
        };
        let source = source(package);
        let requirement = match (package.text_at("version"), &source) {
            (Some(version), _) => Requirement::Exact(version.into()),
            (None, DependencySource::Url(at) | DependencySource::Path(at)) => {
                Link::parse(at).requirement()
            }
            (None, _) => Requirement::Unknown,
        };
        let mut entry = reader.dependency(name, requirement, &listed::place(reader, node));
        entry.source = source;
        entry.marker = package.text_at("marker").unwrap_or_default().into();
        entry.hashes = hashes(package);
        let asks = package.items_at(&["dependencies"]).iter();
        let asks = asks.filter_map(|asked| asked.text_at("name").map(normal_name));
        lock.push(entry, asks.collect());
    }
    lock.finish(reader, Roots::Guessed);
}

fn source(package: &Node<'_>) -> DependencySource {
    if let Some(reference) = package.get("vcs") {
        let system = reference.text_at("type").unwrap_or("git");
        let address = reference
            .text_at("url")
            .or_else(|| reference.text_at("path"));
        let address = address.unwrap_or_default();
        let commit = reference.text_at("commit-id");
        return match commit {
            Some(commit) => DependencySource::Vcs(
                format!("{system}+{}@{commit}", without_password(address)).into(),
            ),
            None => vcs(system, address, reference),
        };
    }
    if let Some(directory) = package.get("directory") {
        return DependencySource::Path(directory.text_at("path").unwrap_or_default().into());
    }
    if let Some(archive) = package.get("archive") {
        return match (archive.text_at("url"), archive.text_at("path")) {
            (Some(address), _) => DependencySource::Url(without_password(address).into()),
            (None, path) => DependencySource::Path(path.unwrap_or_default().into()),
        };
    }
    let index = package.text_at("index");
    DependencySource::Index(index.map(|index| without_password(index).into()))
}

/// The hashes of all files of a package.
fn hashes(package: &Node<'_>) -> Vec<Arc<str>> {
    let single = ["archive", "sdist"]
        .iter()
        .filter_map(|key| package.get(key));
    single
        .chain(package.items_at(&["wheels"]))
        .flat_map(|file| file.entries_at(&["hashes"]))
        .filter_map(|entry| Some(format!("{}:{}", entry.key, entry.value.text()?).into()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn entries() {
        check(
            "pylock.toml",
            &[(
                "pylock.toml",
                r#"lock-version = "1.0"
[[packages]]
name = "attrs"
version = "25.1"
marker = "'dev' in dependency_groups"
index = "https://h/simple"
wheels = [{ name = "a.whl", url = "https://h/a.whl", hashes = { sha256 = "aa" } }]
sdist = { url = "https://h/a.tar.gz", hashes = { sha256 = "bb", md5 = "cc" } }
[[packages]]
name = "cattrs"
version = "24.1"
dependencies = [{ name = "attrs" }]
[[packages]]
name = "g"
vcs = { type = "git", url = "https://tok@h/g", requested-revision = "v1", commit-id = "abc" }
[[packages]]
name = "d"
directory = { path = "../d", editable = true }
[[packages]]
name = "u"
archive = { url = "https://h/u-1.5.tar.gz", hashes = { sha256 = "uu" } }
"#,
            )],
            ":3 `attrs` attrs = 25.1 index https://h/simple hashes(sha256:bb md5:cc sha256:aa) chain(cattrs) ;'dev' in dependency_groups
:10 `cattrs` cattrs = 24.1
:14 `g` g unknown vcs git+https://****@h/g@abc
:17 `d` d unknown path ../d
:20 `u` u = 1.5 url https://h/u-1.5.tar.gz hashes(sha256:uu)",
        );
    }
}

//! `uv.lock`.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::link::without_password;
use super::listed;
use super::lock::{Lock, Roots, file_hashes, name_of};
use super::pyproject::extra_group;
use super::reader::{Reader, normal_name};
use super::tree::{self, Node};
use crate::{DependencySource, Requirement};

/// Reads a `uv.lock`. The project and the members of its workspace are no dependencies, but say what is.
pub(crate) fn parse(reader: &mut Reader<'_>) {
    let (root, faults) = tree::toml(reader.text);
    for fault in &faults {
        reader.fault(fault);
    }
    let members: FxHashSet<String> = root
        .items_at(&["manifest", "members"])
        .iter()
        .filter_map(|member| member.text().map(normal_name))
        .collect();
    let mut roots = Vec::new();
    // Scripts, and folders without a project, ask in the manifest itself.
    ask(
        &mut roots,
        root.items_at(&["manifest", "requirements"]),
        None,
    );
    for group in root.entries_at(&["manifest", "dependency-groups"]) {
        ask(&mut roots, group.value.items(), Some(&group.key));
    }
    let mut lock = Lock::default();
    for package in root.items_at(&["package"]) {
        let Some((name, node)) = name_of(reader, package) else {
            continue;
        };
        if is_own(package, &members, name) {
            ask(&mut roots, package.items_at(&["dependencies"]), None);
            for extra in package.entries_at(&["optional-dependencies"]) {
                ask(
                    &mut roots,
                    extra.value.items(),
                    Some(&extra_group(&extra.key)),
                );
            }
            for key in ["dev-dependencies", "dependency-groups"] {
                for group in package.entries_at(&[key]) {
                    ask(&mut roots, group.value.items(), Some(&group.key));
                }
            }
            continue;
        }
        let version = package.text_at("version");
        let requirement = version.map_or(Requirement::Unknown, |version| {
            Requirement::Exact(version.into())
        });
        let mut entry = reader.dependency(name, requirement, &listed::place(reader, node));
        entry.source = source(reader, package, node);
        entry.hashes = file_hashes(package.items_at(&["wheels"]), "hash");
        if let Some(hash) = package.get("sdist").and_then(|sdist| sdist.text_at("hash")) {
            entry.hashes.push(hash.into());
        }
        let optional = package.entries_at(&["optional-dependencies"]).iter();
        let asks = package
            .items_at(&["dependencies"])
            .iter()
            .chain(optional.flat_map(|extra| extra.value.items()))
            .filter_map(|asked| asked.text_at("name").map(normal_name));
        lock.push(entry, asks.collect());
    }
    lock.finish(reader, Roots::Named(roots));
}

/// Whether a package is the project or a member of its workspace.
fn is_own(package: &Node<'_>, members: &FxHashSet<String>, name: &str) -> bool {
    let Some(source) = package.get("source") else {
        return false;
    };
    let local = ["virtual", "editable", "directory"].iter();
    let mut local = local.filter_map(|key| source.text_at(key));
    match local.next() {
        Some(path) => {
            path == "." || source.get("virtual").is_some() || members.contains(&normal_name(name))
        }
        None => false,
    }
}

fn ask(roots: &mut Vec<(String, Option<Arc<str>>)>, asked: &[Node<'_>], group: Option<&str>) {
    let names = asked.iter().filter_map(|asked| asked.text_at("name"));
    roots.extend(names.map(|name| (normal_name(name), group.map(Into::into))));
}

fn source(reader: &mut Reader<'_>, package: &Node<'_>, name: &Node<'_>) -> DependencySource {
    let source = package.get("source");
    let text = |key: &str| source.and_then(|source| source.text_at(key));
    if let Some(registry) = text("registry") {
        return DependencySource::Index(Some(without_password(registry).into()));
    }
    if let Some(address) = text("git") {
        return DependencySource::Vcs(format!("git+{}", without_password(address)).into());
    }
    if let Some(address) = text("url") {
        return DependencySource::Url(without_password(address).into());
    }
    let path = ["path", "directory", "editable"]
        .iter()
        .find_map(|key| text(key));
    match path {
        Some(path) => DependencySource::Path(path.into()),
        None => {
            reader.unreadable(&name.span, "an entry without a source");
            DependencySource::Index(None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn entries() {
        check(
            "uv.lock",
            &[(
                "uv.lock",
                r#"version = 1
[manifest]
members = ["app", "lib"]
[[package]]
name = "app"
version = "0.1"
source = { virtual = "." }
dependencies = [{ name = "requests" }]
[package.optional-dependencies]
Web = [{ name = "flask" }]
[package.dev-dependencies]
dev = [{ name = "pytest" }, { name = "flask" }]
[[package]]
name = "lib"
source = { editable = "packages/lib" }
dependencies = [{ name = "six" }]
[[package]]
name = "requests"
version = "2.31.0"
source = { registry = "https://h/simple" }
dependencies = [{ name = "idna" , marker = "x"}]
sdist = { url = "https://h/r.tar.gz", hash = "sha256:ss" }
wheels = [{ url = "https://h/r.whl", hash = "sha256:ww" }]
[[package]]
name = "idna"
version = "3.4"
source = { registry = "https://h/simple" }
[[package]]
name = "flask"
version = "3.0"
source = { registry = "https://h/simple" }
dependencies = [{ name = "jinja2" }]
[[package]]
name = "jinja2"
version = "3.1"
source = { git = "https://h/j?tag=v3#abc" }
[[package]]
name = "pytest"
version = "8"
source = { url = "https://h/pytest.whl" }
dependencies = [{ name = "idna" }, { name = "jinja2" }]
[[package]]
name = "six"
source = { directory = "../six" }
[[package]]
name = "lost"
version = "1"
"#,
            )],
            ":18 `requests` requests = 2.31.0 index https://h/simple hashes(sha256:ww sha256:ss)
:25 `idna` idna = 3.4 index https://h/simple chain(requests)
:29 `flask` flask = 3.0 index https://h/simple groups(dev extra:web)
:34 `jinja2` jinja2 = 3.1 vcs git+https://h/j?tag=v3#abc groups(dev extra:web) chain(flask)
:38 `pytest` pytest = 8 url https://h/pytest.whl groups(dev)
:43 `six` six unknown path ../six
:46 `lost` lost = 1
! 46: configuration: an entry without a source",
        );
    }
}

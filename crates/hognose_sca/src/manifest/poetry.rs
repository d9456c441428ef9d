//! The table `tool.poetry` of `pyproject.toml`, and Poetry's operators for versions.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use pep440_rs::Version;
use rustc_hash::{FxHashMap, FxHashSet};

use super::link::{Link, without_password};
use super::pyproject::{extra_group, vcs};
use super::reader::{Reader, normal_name};
use super::requirement::{self, shortened, sorted};
use super::tree::{Entry, Node, Value};
use crate::{DependencySource, Requirement};

/// What holds for the whole table.
struct Tables<'n> {
    /// Names that `project` asks for itself, so that an entry without a version only adds a source to them.
    project: FxHashSet<String>,
    /// The extras of the project that an optional distribution belongs to.
    extras: BTreeMap<String, Vec<Arc<str>>>,
    indexes: FxHashMap<&'n str, &'n str>,
}

/// Reads the table `tool.poetry`. `project` is the standard's table beside it.
pub(crate) fn read(reader: &mut Reader<'_>, poetry: &Node<'_>, project: Option<&Node<'_>>) {
    let tables = Tables {
        project: project_names(project),
        extras: extras(poetry),
        indexes: poetry
            .items_at(&["source"])
            .iter()
            .filter_map(|source| Some((source.text_at("name")?, source.text_at("url")?)))
            .collect(),
    };
    read_entries(reader, poetry.get("dependencies"), None, &tables);
    read_entries(reader, poetry.get("dev-dependencies"), Some("dev"), &tables);
    for group in poetry.entries_at(&["group"]) {
        let name = normal_name(&group.key);
        let name = Some(name.as_str()).filter(|name| *name != "main");
        read_entries(reader, group.value.get("dependencies"), name, &tables);
    }
    read_entries(
        reader,
        poetry.get("requires-plugins"),
        Some("env:poetry"),
        &tables,
    );
}

fn project_names(project: Option<&Node<'_>>) -> FxHashSet<String> {
    let Some(project) = project else {
        return FxHashSet::default();
    };
    let optional = project.entries_at(&["optional-dependencies"]).iter();
    project
        .items_at(&["dependencies"])
        .iter()
        .chain(optional.flat_map(|entry| entry.value.items()))
        .filter_map(|item| Some(requirement::parse(item.text()?).ok()?.name.to_string()))
        .collect()
}

fn extras(poetry: &Node<'_>) -> BTreeMap<String, Vec<Arc<str>>> {
    let mut extras: BTreeMap<String, Vec<Arc<str>>> = BTreeMap::new();
    for entry in poetry.entries_at(&["extras"]) {
        for name in entry.value.texts() {
            let groups = extras.entry(normal_name(name)).or_default();
            groups.push(extra_group(&entry.key).into());
        }
    }
    extras
}

fn read_entries(
    reader: &mut Reader<'_>,
    node: Option<&Node<'_>>,
    group: Option<&str>,
    tables: &Tables<'_>,
) {
    for entry in node.map_or(&[][..], Node::entries) {
        if entry.key == "python" {
            continue;
        }
        match &entry.value.value {
            Value::List(items) => {
                for item in items {
                    read_entry(reader, entry, item, group, tables);
                }
            }
            _ => read_entry(reader, entry, &entry.value, group, tables),
        }
    }
}

/// One distribution under one condition: a text of versions or a table.
fn read_entry(
    reader: &mut Reader<'_>,
    entry: &Entry<'_>,
    value: &Node<'_>,
    group: Option<&str>,
    tables: &Tables<'_>,
) {
    let span = if std::ptr::eq(value, &raw const entry.value) {
        entry.span()
    } else {
        value.span.clone()
    };
    let name = normal_name(&entry.key);
    let source = source(value, tables);
    let version = value.text().or_else(|| value.text_at("version"));
    if version.is_none() && source.is_none() && tables.project.contains(&name) {
        return;
    }
    if !requirement::is_name(&entry.key) || value.text().is_none() && value.entries().is_empty() {
        return reader.unreadable(
            &span,
            format!("`{}` is no dependency", shortened(&entry.key)),
        );
    }
    let requirement = match (version, &source) {
        (Some(version), _) => translate(version).unwrap_or_else(|message| {
            reader.unreadable(&span, message);
            Requirement::Unknown
        }),
        (None, Some(DependencySource::Url(at) | DependencySource::Path(at))) => {
            Link::parse(at).requirement()
        }
        (None, Some(DependencySource::Vcs(_))) => Requirement::Unknown,
        (None, _) => Requirement::Any,
    };
    let mut dependency = reader.dependency(&name, requirement, &span);
    dependency.groups = group.map(Into::into).into_iter().collect();
    if value.get("optional").is_some_and(Node::is_true) {
        let extras = tables.extras.get(&name).cloned();
        dependency.groups = sorted(extras.unwrap_or_else(|| vec!["extra:*".into()]));
    }
    if let Some(extras) = value.get("extras") {
        let names = extras.texts().map(|extra| normal_name(extra).into());
        dependency.extras = sorted(names.collect());
    }
    dependency.marker = marker(value).into();
    dependency.source = source.unwrap_or(DependencySource::Index(None));
    reader.push(dependency);
}

fn source(value: &Node<'_>, tables: &Tables<'_>) -> Option<DependencySource> {
    for system in ["git", "hg", "svn"] {
        if let Some(address) = value.text_at(system) {
            return Some(vcs(system, address, value));
        }
    }
    if let Some(address) = value.text_at("url") {
        return Some(DependencySource::Url(without_password(address).into()));
    }
    if let Some(path) = value.text_at("path").or_else(|| value.text_at("file")) {
        return Some(DependencySource::Path(path.into()));
    }
    let name = value.text_at("source")?;
    let address = tables.indexes.get(name).copied().unwrap_or(name);
    Some(DependencySource::Index(Some(
        without_password(address).into(),
    )))
}

/// The marker of the keys `markers`, `python` and `platform`.
fn marker(value: &Node<'_>) -> String {
    let mut parts = Vec::new();
    if let Some(markers) = value
        .text_at("markers")
        .filter(|text| !text.trim().is_empty())
    {
        parts.push(markers.trim().to_owned());
    }
    if let Some(python) = value.text_at("python") {
        parts.extend(python_marker(python));
    }
    if let Some(platform) = value.text_at("platform") {
        parts.push(format!("sys_platform == '{platform}'"));
    }
    if let [one] = parts.as_slice() {
        return one.clone();
    }
    let parts = parts.iter().map(|part| {
        if part.contains(" or ") {
            format!("({part})")
        } else {
            part.clone()
        }
    });
    parts.collect::<Vec<_>>().join(" and ")
}

/// A constraint on Python as a marker.
fn python_marker(python: &str) -> Option<String> {
    let all = |range: &str| {
        let parts = range.split(',').map(|part| {
            let version = part.trim_start_matches(|c| "<>=!~".contains(c));
            let operator = &part[..part.len() - version.len()];
            format!("python_version {operator} '{version}'")
        });
        parts.collect::<Vec<_>>().join(" and ")
    };
    match translate(python).ok()? {
        Requirement::Exact(version) => Some(format!("python_version == '{version}'")),
        Requirement::Range(range) => Some(all(&range)),
        Requirement::AnyOf(ranges) => {
            let ranges: Vec<_> = ranges.iter().map(|range| all(range)).collect();
            Some(ranges.join(" or "))
        }
        Requirement::Any | Requirement::Unknown => None,
    }
}

/// Poetry's versions as those of PEP 440: `^1.2` is `>=1.2,<2`.
pub(crate) fn translate(text: &str) -> Result<Requirement, String> {
    let mut alternatives = Vec::new();
    for alternative in text
        .split('|')
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        let parts = translate_all(alternative)?;
        if parts.is_empty() {
            return Ok(Requirement::Any);
        }
        alternatives.push(parts.join(","));
    }
    match alternatives.as_slice() {
        [] => Ok(Requirement::Any),
        [one] => requirement::specifiers(one),
        _ => {
            for alternative in &alternatives {
                requirement::specifiers(alternative)?;
            }
            Ok(Requirement::AnyOf(
                alternatives.into_iter().map(Into::into).collect(),
            ))
        }
    }
}

/// The specifiers of constraints that must all hold, divided by commas or white space.
fn translate_all(text: &str) -> Result<Vec<String>, String> {
    let separates = |c: char| c == ',' || c.is_whitespace();
    let mut specifiers = Vec::new();
    let mut rest = text.trim_start_matches(separates);
    while !rest.is_empty() {
        let version = rest.trim_start_matches(|c| "<>=!~^".contains(c));
        let operator = &rest[..rest.len() - version.len()];
        let version = version.trim_start();
        let end = version.find(separates).unwrap_or(version.len());
        let (version, after) = version.split_at(end);
        if version.is_empty() {
            return Err(format!("`{}` is no version constraint", shortened(text)));
        }
        specifiers.extend(translate_one(operator, version)?);
        rest = after.trim_start_matches(separates);
    }
    Ok(specifiers)
}

fn translate_one(operator: &str, version: &str) -> Result<Option<String>, String> {
    let wrong = || {
        format!(
            "`{}` is no version constraint",
            shortened(&format!("{operator}{version}"))
        )
    };
    if version == "*" {
        return Ok(None);
    }
    if !matches!(operator, "^" | "~") {
        let operator = match operator {
            "" | "=" => "==",
            other => other,
        };
        // `1.*.*` says no more than `1.*`.
        let mut version = version.to_ascii_lowercase().replace(".x", ".*");
        while let Some(shorter) = version.strip_suffix(".*.*") {
            version = format!("{shorter}.*");
        }
        return Ok(Some(format!("{operator}{version}")));
    }
    let parsed = Version::from_str(version.trim_end_matches(".*")).map_err(|_| wrong())?;
    let release = parsed.release();
    let last = release.len() - 1;
    let raised = if operator == "^" {
        release.iter().position(|part| *part != 0).unwrap_or(last)
    } else {
        last.min(1)
    };
    let mut upper: Vec<String> = release[..=raised].iter().map(u64::to_string).collect();
    let next = release[raised].checked_add(1).ok_or_else(wrong)?;
    upper[raised] = next.to_string();
    let epoch = match parsed.epoch() {
        0 => String::new(),
        epoch => format!("{epoch}!"),
    };
    let lower = version.trim_end_matches(".*");
    Ok(Some(format!(">={lower},<{epoch}{}", upper.join("."))))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::translate;
    use crate::Requirement;

    #[test]
    fn constraints() {
        for (text, expected) in [
            ("^1.2.3", ">=1.2.3,<2"),
            ("^0.2.3", ">=0.2.3,<0.3"),
            ("^0.0.3", ">=0.0.3,<0.0.4"),
            ("^0.0", ">=0.0,<0.1"),
            ("^0", ">=0,<1"),
            ("^1!2.0b1", ">=1!2.0b1,<1!3"),
            ("~1.2.3", ">=1.2.3,<1.3"),
            ("~1", ">=1,<2"),
            ("1.*", "==1.*"),
            ("1.x", "==1.*"),
            (">= 1.0 <2,!=1.5.*", ">=1.0,<2,!=1.5.*"),
            ("~=1.2", "~=1.2"),
            ("=1.2", "exactly 1.2"),
            ("1.2", "exactly 1.2"),
            ("*", "any"),
            ("", "any"),
            ("^1 || ^2.1|3", ">=1,<2 | >=2.1,<3 | ==3"),
            (">=1 || *", "any"),
        ] {
            let shown = match translate(text).unwrap() {
                Requirement::Exact(version) => format!("exactly {version}"),
                Requirement::Range(range) => range.to_string(),
                Requirement::AnyOf(ranges) => ranges.join(" | "),
                Requirement::Any => "any".to_owned(),
                Requirement::Unknown => "unknown".to_owned(),
            };
            assert_eq!(shown, expected, "{text}");
        }
        for text in ["^", "^x", ">=1 - 2", "^18446744073709551615"] {
            assert!(translate(text).is_err(), "{text}");
        }
    }

    #[test]
    fn tables() {
        check(
            "pyproject.toml",
            &[(
                "pyproject.toml",
                r#"[tool.poetry]
name = "app"
[tool.poetry.dependencies]
python = "^3.8"
Requests = "^2.31"
both = [
  {version = "<2", python = "<3.9"},
  {version = ">=2", python = "^3.9", platform = "linux"},
]
lib = {git = "https://h/lib.git", rev = "abc"}
local = {path = "../local", develop = true}
arch = {url = "https://h/arch-1.2.tar.gz"}
opt = {version = "~1.4", optional = true, extras = ["a", "B"], markers = "os_name == 'nt' or os_name == 'x'"}
priv = {version = "1.0", source = "corp"}
multi = "^1 || ^2"
odd = "latest!"
num = 3
[tool.poetry.dependencies.table]
version = "*"
[tool.poetry.dev-dependencies]
old = "1.2.*"
[tool.poetry.group.docs]
optional = true
[tool.poetry.group.docs.dependencies]
sphinx = {version = ">=5", allow-prereleases = true}
[tool.poetry.extras]
x = ["opt"]
[[tool.poetry.source]]
name = "corp"
url = "https://u:p@h/simple"
"#,
            )],
            r#":5 `Requests = "^2.31"` requests >=2.31,<3
:7 `{version = "<2", python = "<3.9"}` both <2 ;python_version < '3.9'
:8 `{version = ">=2", python = "^3.9", platform = "linux"}` both >=2 ;python_version >= '3.9' and python_version < '4' and sys_platform == 'linux'
:10 `lib = {git = "https://h/lib.git", rev = "abc"}` lib unknown vcs git+https://h/lib.git@abc
:11 `local = {path = "../local", develop = true}` local unknown path ../local
:12 `arch = {url = "https://h/arch-1.2.tar.gz"}` arch = 1.2 url https://h/arch-1.2.tar.gz
:13 `opt = {version = "~1.4", optional = true, extras = ["a", "B"], markers = "os_name == 'nt' or os_name == 'x'"}` opt[a,b] >=1.4,<1.5 groups(extra:x) ;os_name == 'nt' or os_name == 'x'
:14 `priv = {version = "1.0", source = "corp"}` priv = 1.0 index https://u:****@h/simple
:15 `multi = "^1 || ^2"` multi >=1,<2 || >=2,<3
:16 `odd = "latest!"` odd unknown
:18 `table` table any
:21 `old = "1.2.*"` old ==1.2.* groups(dev)
:25 `sphinx = {version = ">=5", allow-prereleases = true}` sphinx >=5 groups(docs)
! 16: configuration: `==latest!` is no version specifier
! 17: configuration: `num` is no dependency"#,
        );
    }

    #[test]
    fn beside_the_standard_table() {
        check(
            "pyproject.toml",
            &[(
                "pyproject.toml",
                r#"[project]
dependencies = ["requests>=2"]
[tool.poetry.dependencies]
requests = {extras = ["x"]}
other = {optional = true, version = "1"}
"#,
            )],
            r#":2 `requests>=2` requests >=2
:5 `other = {optional = true, version = "1"}` other = 1 groups(extra:*)"#,
        );
    }
}

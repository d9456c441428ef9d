//! What is installed: the metadata of distributions in an environment, and archives that hold distributions.

use std::io::{Cursor, Read};
use std::str::FromStr;
use std::sync::Arc;

use hognose_finding::{Problem, ProblemKind, Sources};
use pep440_rs::Version;
use zip::ZipArchive;

use super::link::{self, without_password};
use super::reader::{Reader, normal_name};
use super::requirement::{is_name, trimmed};
use super::text::{Span, decode};
use super::tree::{self, Node};
use super::{Manifest, pyproject};
use crate::{Dependency, DependencySource, Requirement};

/// Bytes of one member of an archive that are read; metadata has its README inside.
const MAX_MEMBER: u64 = 4 << 20;

/// Bytes of all members together, and how many members there may be.
const MAX_MEMBERS: u64 = 256 << 20;
const MAX_COUNT: usize = 200_000;

/// Reads `METADATA` or `PKG-INFO`, with the `direct_url.json` beside it if there is one.
pub(crate) fn parse(reader: &mut Reader<'_>) {
    let Some(mut dependency) = read_headers(reader) else {
        return;
    };
    if let Some(bytes) = reader.neighbour("direct_url.json") {
        let (text, _) = decode(&bytes);
        match tree::json(&text) {
            Ok(direct) => read_direct_url(&mut dependency, &direct),
            Err(fault) => {
                let message = format!("`direct_url.json`: {}", fault.message);
                reader.unreadable(&(0..0), message);
            }
        }
    }
    reader.push(dependency);
}

/// The distribution that the headers name. The folder's name stands in for what they leave out.
fn read_headers(reader: &mut Reader<'_>) -> Option<Dependency> {
    let text = reader.text;
    let folder = folder_claim(&reader.path);
    let name = header(text, "name").filter(|span| is_name(&text[span.clone()]));
    let version = header(text, "version").filter(|span| !span.is_empty());
    let claim = |part: fn(&(String, String)) -> &String| folder.as_ref().map(part).cloned();
    if name.is_none() || version.is_none() {
        let missing = if name.is_none() { "Name" } else { "Version" };
        reader.unreadable(&(0..0), format!("the metadata has no `{missing}`"));
    }
    let shown_name = match &name {
        Some(span) => text[span.clone()].to_owned(),
        None => claim(|(name, _)| name)?,
    };
    let shown_version = match &version {
        Some(span) => Some(text[span.clone()].to_owned()),
        None => claim(|(_, version)| version),
    };
    if let (Some((folder_name, folder_version)), Some(version)) = (&folder, &shown_version) {
        let same_version = folder_version == version
            || Version::from_str(folder_version)
                .ok()
                .is_some_and(|of_folder| {
                    Version::from_str(version).is_ok_and(|version| version == of_folder)
                });
        if normal_name(folder_name) != normal_name(&shown_name) || !same_version {
            let message = format!(
                "the folder says {folder_name} {folder_version}, the metadata {shown_name} {version}"
            );
            reader.unreadable(&name.clone().unwrap_or(0..0), message);
        }
    }
    let requirement = match shown_version {
        Some(version) => Requirement::Exact(version.into()),
        None => Requirement::Unknown,
    };
    Some(reader.dependency(&shown_name, requirement, &name.unwrap_or(0..0)))
}

/// Name and version in the name of the folder `name-version.dist-info` around a file.
fn folder_claim(path: &str) -> Option<(String, String)> {
    let mut parts = path.rsplit(['/', '\\']);
    let folder = parts.nth(1)?;
    let stem = folder.strip_suffix(".dist-info")?;
    let (name, version) = stem.split_once('-')?;
    Some((name.to_owned(), version.to_owned()))
}

/// The value of a header; headers end at the first empty line.
fn header(text: &str, name: &str) -> Option<Span> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if line.trim().is_empty() && start > 0 {
            return None;
        }
        if let Some((key, value)) = line.split_once(':')
            && key.eq_ignore_ascii_case(name)
        {
            return Some(trimmed(
                text,
                start + line.len() - value.len()..start + line.len(),
            ));
        }
        start += line.len();
    }
    None
}

/// What was asked for when something was not taken from an index (PEP 610).
fn read_direct_url(dependency: &mut Dependency, direct: &Node<'_>) {
    let Some(address) = direct.text_at("url") else {
        return;
    };
    if let Some(vcs) = direct.get("vcs_info") {
        let system = vcs.text_at("vcs").unwrap_or("git");
        dependency.source = match vcs.text_at("commit_id") {
            Some(commit) => DependencySource::Vcs(
                format!("{system}+{}@{commit}", without_password(address)).into(),
            ),
            None => pyproject::vcs(system, address, vcs),
        };
        return;
    }
    dependency.source = match address.strip_prefix("file:") {
        Some(path) => DependencySource::Path(path.trim_start_matches("//").into()),
        None => DependencySource::Url(without_password(address).into()),
    };
    let hashes = direct.entries_at(&["archive_info", "hashes"]).iter();
    let hashes = hashes.filter_map(|entry| Some(format!("{}:{}", entry.key, entry.value.text()?)));
    dependency.hashes = hashes.map(Arc::from).collect();
}

/// Reads the distributions in an archive: a wheel, an egg, an application in one file.
pub(crate) fn parse_archive(path: &str, bytes: &[u8], sources: &dyn Sources) -> Manifest {
    let mut found = Manifest::default();
    let problem = |kind, message: String| Problem::in_file(kind, path, message);
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    match ZipArchive::new(Cursor::new(bytes)) {
        Ok(mut archive) if archive.len() <= MAX_COUNT => {
            read_members(path, &mut archive, sources, &mut found);
        }
        Ok(_) => {
            let message = format!("more than {MAX_COUNT} members");
            found.problems.push(problem(ProblemKind::TooLarge, message));
        }
        Err(error) => {
            let message = format!("no archive: {error}");
            found
                .problems
                .push(problem(ProblemKind::Unreadable, message));
        }
    }
    // A wheel's own name says what it is, even if nothing in it does.
    if let Some((name, version)) = link::archive(file) {
        let name = normal_name(&name);
        let known = found.dependencies.iter().find(|known| *known.name == *name);
        match known.map(|known| &known.requirement) {
            Some(Requirement::Exact(inside)) if !same_version(inside, &version) => {
                let message = format!("the file name says {name} {version}, the metadata {inside}");
                found
                    .problems
                    .push(problem(ProblemKind::Configuration, message));
            }
            Some(_) => {}
            None => {
                if found.problems.is_empty() {
                    let message = format!("no metadata of {name} inside");
                    found
                        .problems
                        .push(problem(ProblemKind::Configuration, message));
                }
                let reader = Reader::new(path, "", sources);
                let requirement = Requirement::Exact(version.into());
                found
                    .dependencies
                    .push(reader.dependency(&name, requirement, &(0..0)));
            }
        }
    }
    for dependency in &mut found.dependencies {
        // The places are those of members.
        dependency.path = path.into();
        dependency.range = hognose_finding::Range::default();
    }
    found
}

fn same_version(one: &str, other: &str) -> bool {
    one == other
        || matches!((Version::from_str(one), Version::from_str(other)), (Ok(one), Ok(other)) if one == other)
}

fn read_members(
    path: &str,
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    sources: &dyn Sources,
    found: &mut Manifest,
) {
    let mut left = MAX_MEMBERS;
    for at in 0..archive.len() {
        let name = match archive.name_for_index(at) {
            Some(Ok(name)) => name.into_owned(),
            Some(Err(error)) => {
                let message = format!("the name of a member: {error}");
                found
                    .problems
                    .push(Problem::in_file(ProblemKind::Unreadable, path, message));
                return;
            }
            None => continue,
        };
        if link::is_wheel(&name) {
            // An archive in the archive, by its name alone.
            let file = name.rsplit('/').next().unwrap_or(&name);
            if let Some((name, version)) = link::archive(file) {
                let reader = Reader::new(path, "", sources);
                let requirement = Requirement::Exact(version.into());
                found
                    .dependencies
                    .push(reader.dependency(&name, requirement, &(0..0)));
            }
            continue;
        }
        if !is_metadata(&name) {
            continue;
        }
        let mut content = Vec::new();
        let limit = MAX_MEMBER.min(left);
        let read = match archive.by_index(at) {
            Ok(member) => member
                .take(limit + 1)
                .read_to_end(&mut content)
                .map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        left = left.saturating_sub(content.len() as u64);
        let problem = match read {
            Ok(_) if content.len() as u64 <= limit => None,
            Ok(_) => Some((ProblemKind::TooLarge, "larger than what is read".to_owned())),
            Err(error) => Some((ProblemKind::Unreadable, error)),
        };
        if let Some((kind, message)) = problem {
            let message = format!("`{name}`: {message}");
            found.problems.push(Problem::in_file(kind, path, message));
            if found.problems.len() > 100 {
                return;
            }
            continue;
        }
        let (text, _) = decode(&content);
        let mut reader = Reader::new(&name, &text, sources);
        if let Some(dependency) = read_headers(&mut reader) {
            found.dependencies.push(dependency);
        }
        let problems = reader.finish().problems.into_iter();
        found.problems.extend(problems.map(|problem| {
            let message = format!("`{name}`: {}", problem.message);
            Problem::in_file(problem.kind, path, message)
        }));
    }
}

/// Whether a member is the metadata of a distribution.
fn is_metadata(name: &str) -> bool {
    let mut parts = name.rsplit('/');
    let (file, folder) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    match file {
        "METADATA" => folder.ends_with(".dist-info"),
        "PKG-INFO" => folder.ends_with(".egg-info") || folder == "EGG-INFO",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn metadata() {
        check(
            "installed distribution",
            &[
                (
                    "v/lib/Foo_Bar-1.0.dist-info/METADATA",
                    "Metadata-Version: 2.1
Name: Foo.Bar
Version: 1.0.0
Summary: x
Requires-Dist: requests

Name: not-this
",
                ),
                (
                    "v/lib/Foo_Bar-1.0.dist-info/direct_url.json",
                    r#"{"url": "https://tok@h/x", "vcs_info": {"vcs": "git", "commit_id": "abc"}}"#,
                ),
            ],
            ":2 `Foo.Bar` foo-bar = 1.0.0 vcs git+https://****@h/x@abc",
        );
    }

    #[test]
    fn lying_metadata() {
        check(
            "installed distribution",
            &[(
                "a-1.0.dist-info/METADATA",
                "Name: b
Version: 2
",
            )],
            ":1 `b` b = 2
! 1: configuration: the folder says a 1.0, the metadata b 2",
        );
    }

    #[test]
    fn missing_metadata() {
        check(
            "installed distribution",
            &[(
                "a_b-1.0.dist-info/METADATA",
                "Summary: x
",
            )],
            ":1 `` a-b = 1.0
! 1: configuration: the metadata has no `Name`",
        );
    }
}

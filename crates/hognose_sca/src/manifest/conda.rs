//! Environments of conda: `environment.yml`, lists of explicit addresses, `conda-lock.yml`, `pixi.lock`.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::link::{Link, without_password};
use super::listed;
use super::lock::{Lock, Roots, name_of};
use super::reader::{Reader, normal_name};
use super::requirement::{self, shortened, sorted};
use super::requirements_txt;
use super::text::Span;
use super::tree::{self, Node, Value};
use crate::{Dependency, DependencySource, Requirement};

/// Reads an `environment.yml`.
pub(crate) fn parse(reader: &mut Reader<'_>) {
    let (documents, fault) = tree::yaml(reader.text);
    if let Some(fault) = &fault {
        reader.fault(fault);
    }
    for root in &documents {
        for item in root.items_at(&["dependencies"]) {
            match item.text() {
                Some(text) => {
                    let span = listed::place(reader, item);
                    push_match(reader, text, &span);
                }
                None => read_pip(reader, item),
            }
        }
    }
}

/// The part of an environment that pip installs, each line as in a file of requirements.
fn read_pip(reader: &mut Reader<'_>, node: &Node<'_>) {
    for entry in node.entries() {
        if entry.key != "pip" {
            let message = format!("packages of `{}` are not read", shortened(&entry.key));
            reader.unreadable(&entry.key_span, message);
            continue;
        }
        for item in entry.value.items() {
            let span = listed::place(reader, item);
            if item
                .text()
                .is_some_and(|text| text == &reader.text[span.clone()])
            {
                requirements_txt::parse_part(reader, span);
            } else {
                listed::push(reader, item);
            }
        }
    }
}

/// Pushes what a match specification of conda asks for: `conda-forge::numpy>=1.20,<2`, `numpy=1.20=py39_0`.
pub(crate) fn push_match(reader: &mut Reader<'_>, text: &str, span: &Span) {
    let text = text.split(" #").next().unwrap_or(text).trim();
    if text.contains("://") {
        return push_archive(reader, text, span);
    }
    let (channel, text) = match text.rsplit_once("::") {
        Some((channel, text)) => (Some(channel), text),
        None => (None, text),
    };
    // `numpy[version='>=1']` is the long form.
    let (text, inner) = match text.split_once('[') {
        Some((text, inner)) => (text.trim(), inner.trim_end_matches(']')),
        None => (text, ""),
    };
    let end = text
        .find([' ', '=', '<', '>', '!', '~'])
        .unwrap_or(text.len());
    let (name, versions) = text.split_at(end);
    let name = name.trim_start_matches('_');
    if !requirement::is_name(name) {
        return reader.unreadable(span, format!("`{}` is no package", shortened(text)));
    }
    let key = |key: &str| {
        let (_, value) = inner.split_once(&format!("{key}="))?;
        let quote = value.chars().next().filter(|c| matches!(c, '\'' | '"'));
        Some(match quote {
            Some(quote) => value[1..].split(quote).next().unwrap_or_default(),
            None => value.split(',').next().unwrap_or_default(),
        })
    };
    let versions = key("version").unwrap_or(versions);
    let requirement = translate(versions).unwrap_or_else(|message| {
        reader.unreadable(span, message);
        Requirement::Unknown
    });
    let mut dependency = reader.dependency(name, requirement, span);
    let channel = channel.or_else(|| key("channel"));
    dependency.source = DependencySource::Conda(channel.map(|at| without_password(at).into()));
    reader.push(dependency);
}

/// Versions as conda writes them: `=1.2` and `1.2.*` mean any 1.2, `==1.2` that one, `|` or, and a build behind.
fn translate(text: &str) -> Result<Requirement, String> {
    let text = text.trim();
    let wrong = || format!("`{}` is no version of conda", shortened(text));
    let mut alternatives = Vec::new();
    for alternative in text.split('|') {
        let mut parts = Vec::new();
        for part in alternative.split(',').map(str::trim) {
            let version = part.trim_start_matches(|c| "<>=!~".contains(c));
            let operator = &part[..part.len() - version.len()];
            // A build follows behind white space or one more `=`.
            let mut words = version.split(|c: char| c.is_whitespace() || c == '=');
            let mut words = words.by_ref().filter(|word| !word.is_empty());
            let (version, build) = (words.next().unwrap_or_default(), words.next());
            if matches!(version, "" | "*") {
                continue;
            }
            let bare = version.trim_end_matches('*').trim_end_matches('.');
            let star = bare.len() < version.len();
            parts.push(match operator {
                "=" if build.is_none() => format!("=={bare}.*"),
                "" if star => format!("=={bare}.*"),
                "" | "=" | "==" if !star => format!("=={version}"),
                "==" | "=" => format!("=={bare}.*"),
                "!=" if star => format!("!={bare}.*"),
                "!=" | "~=" | ">=" | "<" | "<=" | ">" => format!("{operator}{bare}"),
                _ => return Err(wrong()),
            });
        }
        if parts.is_empty() {
            return Ok(Requirement::Any);
        }
        alternatives.push(parts.join(","));
    }
    // Versions of conda need not be those of PEP 440.
    match alternatives.as_slice() {
        [one] => match requirement::specifiers(one) {
            Ok(requirement) => Ok(requirement),
            Err(_) if one.starts_with("==") && !one.contains([',', '*']) => {
                Ok(Requirement::Exact(one[2..].into()))
            }
            Err(_) => Err(wrong()),
        },
        _ => {
            for alternative in &alternatives {
                requirement::specifiers(alternative).map_err(|_| wrong())?;
            }
            Ok(Requirement::AnyOf(
                alternatives.into_iter().map(Into::into).collect(),
            ))
        }
    }
}

/// Channel, name and version in the address of an archive: `…/conda-forge/linux-64/numpy-1.26.4-py311_0.conda`.
fn archive(address: &str) -> Option<(&str, &str, &str)> {
    let path = address.split(['#', '?']).next()?;
    let (folder, file) = path.rsplit_once('/')?;
    let stem = file
        .strip_suffix(".conda")
        .or_else(|| file.strip_suffix(".tar.bz2"))?;
    let mut parts = stem.rsplitn(3, '-');
    let (_build, version, name) = (parts.next()?, parts.next()?, parts.next()?);
    let channel = folder
        .rsplit_once('/')
        .map_or(folder, |(channel, _)| channel);
    Some((channel, name, version))
}

fn push_archive(reader: &mut Reader<'_>, text: &str, span: &Span) {
    let Some(dependency) = archive_entry(reader, text, span) else {
        let shown = shortened(&without_password(text));
        return reader.unreadable(span, format!("`{shown}` does not say which package it is"));
    };
    reader.push(dependency);
}

fn archive_entry(reader: &Reader<'_>, address: &str, span: &Span) -> Option<Dependency> {
    let (channel, name, version) = archive(address)?;
    let name = name.trim_start_matches('_');
    let mut dependency = reader.dependency(name, Requirement::Exact(version.into()), span);
    dependency.source = DependencySource::Conda(Some(without_password(channel).into()));
    if let Some((_, hash)) = address.split_once('#') {
        let kind = if hash.len() == 32 { "md5:" } else { "sha256:" };
        let hash = if hash.contains(':') {
            hash.to_owned()
        } else {
            format!("{kind}{hash}")
        };
        dependency.hashes.push(hash.into());
    }
    Some(dependency)
}

/// Reads a list of addresses below `@EXPLICIT`; what pip is to install stands in comments `# pip name @ address`.
pub(crate) fn parse_explicit(reader: &mut Reader<'_>) {
    let mut start = 0;
    for line in reader.text.split_inclusive('\n') {
        let span = requirement::trimmed(reader.text, start..start + line.len());
        start += line.len();
        let text = &reader.text[span.clone()];
        if let Some(pip) = text.strip_prefix("# pip ") {
            requirements_txt::parse_part(reader, span.end - pip.len()..span.end);
        } else if !text.is_empty() && !text.starts_with(['#', '@']) {
            push_archive(reader, text, &span);
        }
    }
}

/// Reads a `conda-lock.yml`. A package stands there once for each platform.
pub(crate) fn parse_conda_lock(reader: &mut Reader<'_>) {
    let (documents, fault) = tree::yaml(reader.text);
    if let Some(fault) = &fault {
        reader.fault(fault);
    }
    let mut lock = Lock::default();
    for package in documents
        .iter()
        .flat_map(|root| root.items_at(&["package"]))
    {
        let Some((name, node)) = name_of_conda(reader, package) else {
            continue;
        };
        let version = package.text_at("version");
        let requirement = version.map_or(Requirement::Unknown, |version| {
            Requirement::Exact(version.into())
        });
        let span = listed::place(reader, node);
        let mut entry = reader.dependency(name.trim_start_matches('_'), requirement, &span);
        let address = package.text_at("url").unwrap_or_default();
        entry.source = if package.text_at("manager") == Some("pip") {
            DependencySource::Index(None)
        } else {
            let channel = archive(address).map(|(channel, ..)| without_password(channel).into());
            DependencySource::Conda(channel)
        };
        for hash in package.entries_at(&["hash"]) {
            if let Some(digest) = hash.value.text() {
                entry.hashes.push(format!("{}:{digest}", hash.key).into());
            }
        }
        let groups: Vec<Arc<str>> = match package.get("category") {
            Some(category) => category.text().map(Into::into).into_iter().collect(),
            None => {
                let categories = package.items_at(&["categories"]).iter();
                categories
                    .filter_map(|group| group.text().map(Into::into))
                    .collect()
            }
        };
        if !groups.iter().any(|group| &**group == "main") {
            entry.groups = sorted(groups);
        }
        let asks = package.entries_at(&["dependencies"]).iter();
        lock.push(entry, asks.map(|asked| normal_name(&asked.key)).collect());
    }
    lock.finish(reader, Roots::Guessed);
}

/// Names of conda may begin with an underscore: `_libgcc_mutex`.
fn name_of_conda<'n>(
    reader: &mut Reader<'_>,
    package: &'n Node<'_>,
) -> Option<(&'n str, &'n Node<'n>)> {
    match package.get("name") {
        Some(node) if node.text().is_some_and(|name| name.starts_with('_')) => {
            node.text().map(|name| (name, node))
        }
        _ => name_of(reader, package),
    }
}

/// Reads a `pixi.lock`: packages, and which environments on which platforms have them.
pub(crate) fn parse_pixi(reader: &mut Reader<'_>) {
    let (documents, fault) = tree::yaml(reader.text);
    if let Some(fault) = &fault {
        reader.fault(fault);
    }
    let mut lock = Lock::default();
    for root in &documents {
        let groups = pixi_groups(root);
        for package in root.items_at(&["packages"]) {
            read_pixi(reader, package, &groups, &mut lock);
        }
    }
    lock.finish(reader, Roots::Guessed);
}

/// The environments that have each address. Of `default`, nothing is said.
fn pixi_groups<'n>(root: &'n Node<'_>) -> FxHashMap<&'n str, Vec<Arc<str>>> {
    let mut groups: FxHashMap<&str, Vec<Arc<str>>> = FxHashMap::default();
    for environment in root.entries_at(&["environments"]) {
        let name: Arc<str> = format!("env:{}", environment.key).into();
        for platform in environment.value.entries_at(&["packages"]) {
            for package in platform.value.items() {
                for address in ["conda", "pypi"]
                    .iter()
                    .filter_map(|key| package.text_at(key))
                {
                    let known = groups.entry(address).or_default();
                    if !known.contains(&name) {
                        known.push(name.clone());
                    }
                }
            }
        }
    }
    for known in groups.values_mut() {
        if known.iter().any(|name| &**name == "env:default") {
            known.clear();
        }
        known.sort();
    }
    groups
}

fn read_pixi(
    reader: &mut Reader<'_>,
    package: &Node<'_>,
    groups: &FxHashMap<&str, Vec<Arc<str>>>,
    lock: &mut Lock,
) {
    // Version 4 says the kind in a key of its own, later ones say it by the key of the address.
    let kind = package.text_at("kind");
    let address_node = ["pypi", "conda", "url", "path"]
        .iter()
        .find_map(|key| package.get(key));
    let Some((node, address)) = address_node.and_then(|node| Some((node, node.text()?))) else {
        return reader.unreadable(&package.span, "a package without an address");
    };
    let pypi = kind == Some("pypi") || package.get("pypi").is_some();
    let name_node = package.get("name").filter(|node| node.text().is_some());
    let span = listed::place(reader, name_node.unwrap_or(node));
    let name = name_node.and_then(Node::text);
    let version = package.text_at("version");
    let mut entry = if pypi {
        let link = Link::parse(address);
        let Some(name) = name
            .map(normal_name)
            .or_else(|| link.name().map(|name| name.to_string()))
        else {
            return reader.unreadable(&span, "a package without a name");
        };
        let requirement = match version {
            Some(version) => Requirement::Exact(version.into()),
            None => link.requirement(),
        };
        let mut entry = reader.dependency(&name, requirement, &span);
        // Archives of an index are addresses too; what is local or a repository is told apart.
        entry.source = match link.source() {
            DependencySource::Url(_) => DependencySource::Index(None),
            other => other,
        };
        entry
    } else {
        let Some(mut entry) = archive_entry(reader, address, &span) else {
            // A folder that is built from source.
            return push_source_package(reader, address, name, &span);
        };
        if let (Some(name), Some(version)) = (name, version) {
            entry.name = normal_name(name.trim_start_matches('_')).into();
            entry.requirement = Requirement::Exact(version.into());
        }
        entry
    };
    for key in ["sha256", "md5"] {
        if let Some(digest) = package.text_at(key) {
            entry.hashes.push(format!("{key}:{digest}").into());
        }
    }
    if let Some(known) = groups.get(address) {
        entry.groups.clone_from(known);
    }
    let key = if pypi { "requires_dist" } else { "depends" };
    let asks = match package.get(key).map(|node| &node.value) {
        Some(Value::List(items)) => items
            .iter()
            .filter_map(Node::text)
            .filter_map(asked)
            .collect(),
        _ => Vec::new(),
    };
    lock.push(entry, asks);
}

/// The name that a requirement of either kind asks for, unless it is for an extra.
fn asked(text: &str) -> Option<String> {
    if text.contains("extra ==") || text.contains("extra==") {
        return None;
    }
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)))
        .unwrap_or(text.len());
    Some(normal_name(&text[..end]))
}

fn push_source_package(reader: &mut Reader<'_>, path: &str, name: Option<&str>, span: &Span) {
    match name {
        Some(name) => {
            let mut entry = reader.dependency(name, Requirement::Unknown, span);
            entry.source = DependencySource::Path(path.into());
            reader.push(entry);
        }
        None if path == "." => {}
        None => reader.unreadable(
            span,
            format!("`{}` does not say which package it is", shortened(path)),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn environment() {
        check(
            "environment.yml",
            &[
                (
                    "environment.yml",
                    r#"name: x
channels: [conda-forge]
dependencies:
  - python=3.11
  - numpy=1.20
  - scipy==1.11.1=py311_0
  - conda-forge::pandas>=2,<3
  - "pytorch 2.0.* *cuda*"
  - blas 1.0|2.0
  - _libgcc_mutex
  - s3fs[version='>=0.4,<0.5', channel=defaults]
  - openssl=3.0.2j
  - odd=^1
  - pip
  - pip:
      - requests==2.31.0  # c
      - -r more.txt
      - "flask>=3"
      - git+https://h/x.git#egg=x
  - npm:
      - left-pad
"#,
                ),
                (
                    "more.txt", "six
",
                ),
            ],
            ":4 `python=3.11` python ==3.11.* conda ?
:5 `numpy=1.20` numpy ==1.20.* conda ?
:6 `scipy==1.11.1=py311_0` scipy = 1.11.1 conda ?
:7 `conda-forge::pandas>=2,<3` pandas >=2,<3 conda conda-forge
:8 `pytorch 2.0.* *cuda*` pytorch ==2.0.* conda ?
:9 `blas 1.0|2.0` blas ==1.0 || ==2.0 conda ?
:10 `_libgcc_mutex` libgcc-mutex any conda ?
:11 `s3fs[version='>=0.4,<0.5', channel=defaults]` s3fs >=0.4,<0.5 conda defaults
:12 `openssl=3.0.2j` openssl unknown conda ?
:13 `odd=^1` odd unknown conda ?
:14 `pip` pip any conda ?
:16 `requests==2.31.0` requests = 2.31.0
more.txt:1 `six` six any by(environment.yml)
:18 `flask>=3` flask >=3
:19 `git+https://h/x.git#egg=x` x unknown vcs git+https://h/x.git#egg=x
! 12: configuration: `=3.0.2j` is no version of conda
! 13: configuration: `=^1` is no version of conda
! 20: configuration: packages of `npm` are not read",
        );
    }

    #[test]
    fn explicit() {
        check(
            "conda explicit list",
            &[(
                "conda-linux-64.lock",
                "# platform: linux-64
@EXPLICIT
https://conda.h/conda-forge/linux-64/numpy-1.26.4-py311h64a7726_0.conda#0123456789abcdef0123456789abcdef
https://conda.h/conda-forge/noarch/typing-extensions-4.9.0-hd8ed1ab_0.tar.bz2
# pip certifi @ https://h/certifi-2024.2.2-py3-none-any.whl --hash=sha256:aa
nonsense
",
            )],
            ":3 `https://conda.h/conda-forge/linux-64/numpy-1.26.4-py311h64a7726_0.conda#0123456789abcdef0123456789abcdef` numpy = 1.26.4 conda https://conda.h/conda-forge hashes(md5:0123456789abcdef0123456789abcdef)
:4 `https://conda.h/conda-forge/noarch/typing-extensions-4.9.0-hd8ed1ab_0.tar.bz2` typing-extensions = 4.9.0 conda https://conda.h/conda-forge
:5 `certifi @ https://h/certifi-2024.2.2-py3-none-any.whl` certifi = 2024.2.2 url https://h/certifi-2024.2.2-py3-none-any.whl hashes(sha256:aa)
! 6: configuration: `nonsense` does not say which package it is",
        );
    }

    #[test]
    fn conda_lock() {
        check(
            "conda-lock.yml",
            &[(
                "conda-lock.yml",
                "version: 1
metadata: {}
package:
- name: numpy
  version: 1.26.4
  manager: conda
  platform: linux-64
  dependencies: {python: '>=3.11', libblas: ''}
  url: https://conda.h/conda-forge/linux-64/numpy-1.26.4-py311_0.conda
  hash: {md5: aa, sha256: bb}
  category: main
  optional: false
- name: libblas
  version: 3.9.0
  manager: conda
  url: https://conda.h/conda-forge/linux-64/libblas-3.9.0-x.conda
  category: dev
- name: requests
  version: '2.31.0'
  manager: pip
  dependencies: {idna: '*'}
  url: https://h/requests-2.31.0.whl
  hash: {sha256: cc}
  categories: [test, main]
",
            )],
            ":4 `numpy` numpy = 1.26.4 conda https://conda.h/conda-forge hashes(md5:aa sha256:bb)
:13 `libblas` libblas = 3.9.0 conda https://conda.h/conda-forge groups(dev) chain(numpy)
:18 `requests` requests = 2.31.0 hashes(sha256:cc)",
        );
    }

    #[test]
    fn pixi() {
        check(
            "pixi.lock",
            &[(
                "pixi.lock",
                "version: 6
environments:
  default:
    packages:
      linux-64:
      - conda: https://conda.h/conda-forge/linux-64/numpy-1.26.4-py311_0.conda
      - pypi: https://h/packages/requests-2.31.0-py3-none-any.whl
  lint:
    packages:
      linux-64:
      - pypi: https://h/packages/idna-3.4-py3-none-any.whl
packages:
- conda: https://conda.h/conda-forge/linux-64/numpy-1.26.4-py311_0.conda
  sha256: aa
  depends: [python >=3.11]
- pypi: https://h/packages/requests-2.31.0-py3-none-any.whl
  name: requests
  version: 2.31.0
  sha256: bb
  requires_dist:
  - idna>=2
  - pysocks ; extra == 'socks'
- pypi: https://h/packages/idna-3.4-py3-none-any.whl
  name: idna
  version: '3.4'
- pypi: ./local
  name: local
  version: 0.1
- kind: conda
  name: zlib
  version: 1.3
  url: https://conda.h/conda-forge/linux-64/zlib-1.3-h_1.conda
",
            )],
            ":13 `https://conda.h/conda-forge/linux-64/numpy-1.26.4-py311_0.conda` numpy = 1.26.4 conda https://conda.h/conda-forge hashes(sha256:aa)
:17 `requests` requests = 2.31.0 hashes(sha256:bb)
:24 `idna` idna = 3.4 groups(env:lint) chain(requests)
:27 `local` local = 0.1 path ./local
:30 `zlib` zlib = 1.3 conda https://conda.h/conda-forge",
        );
    }
}

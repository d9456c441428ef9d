//! Requirements of PEP 508, taken apart where they stand.
//!
//! Versions and specifiers are judged by `pep440_rs`. The rest is read here: the spans are needed, and libraries turn
//! markers into decision diagrams, whose size a hostile marker decides.

use std::str::FromStr;
use std::sync::Arc;

use pep440_rs::VersionSpecifier;

use super::link::Link;
use super::marker;
use super::reader::normal_name;
use super::text::Span;
use crate::{DependencySource, Requirement};

/// A requirement taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parsed {
    pub(crate) name: Arc<str>,
    pub(crate) extras: Vec<Arc<str>>,
    pub(crate) requirement: Requirement,
    pub(crate) source: DependencySource,
    pub(crate) marker: Arc<str>,
    pub(crate) hashes: Vec<Arc<str>>,
    /// What is wrong behind the name.
    pub(crate) fault: Option<String>,
}

/// Takes `name[extras] specifiers; marker` or `name[extras] @ address ; marker` apart. Without a name there is nothing
/// to report, and the error says so.
pub(crate) fn parse(text: &str) -> Result<Parsed, String> {
    let text = text.trim();
    let name_end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)))
        .unwrap_or(text.len());
    let name = &text[..name_end];
    if !is_name(name) {
        return Err(format!("`{}` is no requirement", shortened(text)));
    }
    let mut parsed = Parsed {
        name: normal_name(name).into(),
        extras: Vec::new(),
        requirement: Requirement::Any,
        source: DependencySource::Index(None),
        marker: "".into(),
        hashes: Vec::new(),
        fault: None,
    };
    let mut rest = text[name_end..].trim_start();
    if let Some(inner) = rest.strip_prefix('[') {
        match inner.split_once(']') {
            Some((extras, after)) => {
                parsed.extras = read_extras(extras);
                rest = after.trim_start();
            }
            None => {
                parsed.requirement = Requirement::Unknown;
                parsed.fault = Some("the `[` of the extras is not closed".to_owned());
                return Ok(parsed);
            }
        }
    }
    let marker = match rest.strip_prefix('@') {
        Some(address) => read_address(&mut parsed, address.trim()),
        None => {
            let (versions, marker) = split_marker(rest);
            read_versions(&mut parsed, versions);
            marker
        }
    };
    if let Some(marker) = marker.map(str::trim) {
        parsed.marker = marker.into();
        if let Err(message) = marker::check(marker) {
            parsed.fault.get_or_insert(message);
        }
    }
    Ok(parsed)
}

/// Whether it is the name of a distribution (PEP 508).
pub(crate) fn is_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    edge(bytes.first())
        && edge(bytes.last())
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

/// The names between the brackets, normalised and sorted.
pub(crate) fn read_extras(text: &str) -> Vec<Arc<str>> {
    let names = text
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    sorted(names.map(|name| normal_name(name).into()).collect())
}

/// The same names in order, each once.
pub(crate) fn sorted(mut names: Vec<Arc<str>>) -> Vec<Arc<str>> {
    names.sort();
    names.dedup();
    names
}

/// The address behind `@` and the marker behind it.
fn read_address<'t>(parsed: &mut Parsed, text: &'t str) -> Option<&'t str> {
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (address, rest) = text.split_at(end);
    let link = Link::parse(address);
    parsed.requirement = link.requirement();
    parsed.source = link.source();
    parsed.hashes = link.hashes();
    let rest = rest.trim_start();
    if address.is_empty() {
        parsed.fault = Some("an address is missing behind `@`".to_owned());
    }
    match rest.strip_prefix(';') {
        Some(marker) => Some(marker),
        None => {
            if !rest.is_empty() {
                parsed.fault = Some(format!("unexpected `{}`", shortened(rest)));
            }
            None
        }
    }
}

fn split_marker(text: &str) -> (&str, Option<&str>) {
    match text.split_once(';') {
        Some((versions, marker)) => (versions.trim(), Some(marker)),
        None => (text.trim(), None),
    }
}

fn read_versions(parsed: &mut Parsed, text: &str) {
    let inner = text
        .strip_prefix('(')
        .and_then(|inner| inner.strip_suffix(')'))
        .unwrap_or(text);
    match specifiers(inner) {
        Ok(requirement) => parsed.requirement = requirement,
        Err(message) => {
            parsed.requirement = Requirement::Unknown;
            parsed.fault = Some(message);
        }
    }
}

/// Reads specifiers of PEP 440, divided by commas.
pub(crate) fn specifiers(text: &str) -> Result<Requirement, String> {
    let parts: Vec<&str> = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    for part in &parts {
        // Whatever stands behind `===` is compared as text.
        let arbitrary = part.strip_prefix("===").is_some_and(|version| {
            let version = version.trim();
            !version.is_empty() && !version.contains(|c: char| c.is_whitespace() || c == ')')
        });
        if !arbitrary && VersionSpecifier::from_str(part).is_err() {
            return Err(format!("`{}` is no version specifier", shortened(part)));
        }
    }
    Ok(match parts.as_slice() {
        [] => Requirement::Any,
        [one] => match exact(one) {
            Some(version) => Requirement::Exact(version.into()),
            None => Requirement::Range((*one).into()),
        },
        _ => Requirement::Range(parts.join(",").into()),
    })
}

/// The only version that a specifier lets through.
fn exact(specifier: &str) -> Option<&str> {
    let version = match specifier.strip_prefix("===") {
        Some(version) => version,
        None => specifier
            .strip_prefix("==")
            .filter(|version| !version.ends_with('*'))?,
    };
    Some(version.trim())
}

/// The first characters of a long text.
pub(crate) fn shortened(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

/// The part of `span` in `text` without white space around it.
pub(crate) fn trimmed(text: &str, span: Span) -> Span {
    let part = &text[span.clone()];
    let start = span.start + (part.len() - part.trim_start().len());
    start..start + part.trim().len()
}

#[cfg(test)]
mod tests {
    use super::{Parsed, parse};
    use crate::{DependencySource, Requirement};

    fn show(parsed: &Parsed) -> String {
        let version = match &parsed.requirement {
            Requirement::Exact(version) => format!("exactly {version}"),
            Requirement::Range(range) => range.to_string(),
            other => format!("{other:?}"),
        };
        let source = match &parsed.source {
            DependencySource::Index(_) => String::new(),
            DependencySource::Conda(at) => format!(" conda {at:?}"),
            DependencySource::Vcs(at) | DependencySource::Url(at) | DependencySource::Path(at) => {
                format!(" from {at}")
            }
        };
        let extras = parsed.extras.join(",");
        let marker = &parsed.marker;
        let fault = parsed.fault.as_deref().unwrap_or_default();
        format!(
            "{}[{extras}] {version}{source} {{{marker}}} {fault}",
            parsed.name
        )
    }

    #[track_caller]
    fn reads(text: &str, expected: &str) {
        let shown = parse(text).map_or_else(|error| error, |parsed| show(&parsed));
        assert_eq!(shown.trim_end(), expected, "{text}");
    }

    #[test]
    fn everything_of_pep_508() {
        reads("A.B_c", "a-b-c[] Any {}");
        reads("a[Y_x , b,b] >=1 , <2,", "a[b,y-x] >=1,<2 {}");
        reads("a(==1.0)", "a[] exactly 1.0 {}");
        reads("a==1.*;os_name=='nt'", "a[] ==1.* {os_name=='nt'}");
        reads(
            "a===Weird-1 ; extra == \"x\"",
            "a[] exactly Weird-1 {extra == \"x\"}",
        );
        reads("a== 1!2.0.post1+loc.1", "a[] exactly 1!2.0.post1+loc.1 {}");
        reads("a~=1.4.2", "a[] ~=1.4.2 {}");
        reads(
            "a @ https://h/x/a-1.2-py3-none-any.whl ; os_name=='nt'",
            "a[] exactly 1.2 from https://h/x/a-1.2-py3-none-any.whl {os_name=='nt'}",
        );
        reads(
            "a[x]@git+https://u:p@h/r.git@v1#egg=a",
            "a[x] Unknown from git+https://u:****@h/r.git@v1#egg=a {}",
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        reads("-a", "`-a` is no requirement");
        reads("a- ==1", "`a- ==1` is no requirement");
        reads("a=1", "a[] Unknown {} `=1` is no version specifier");
        reads(
            "a>=1.0.*",
            "a[] Unknown {} `>=1.0.*` is no version specifier",
        );
        reads("a[x", "a[] Unknown {} the `[` of the extras is not closed");
        reads(
            "a @",
            "a[] Unknown from  {} an address is missing behind `@`",
        );
        reads(
            "a; colour=='red'",
            "a[] Any {colour=='red'} unknown variable `colour` in the marker",
        );
        reads("a b", "a[] Unknown {} `b` is no version specifier");
    }
}

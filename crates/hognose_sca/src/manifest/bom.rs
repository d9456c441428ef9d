//! Bills of materials, whatever their format: components with package URLs, and which of them depend on which.

use std::sync::Arc;

use hognose_finding::ProblemKind;
use rustc_hash::FxHashMap;

use super::lock::{Lock, Roots};
use super::purl;
use super::reader::{Reader, normal_name};
use super::text::Span;
use crate::{DependencySource, Requirement};

/// A component as a bill of materials lists it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Component {
    pub(crate) reference: String,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) purl: Option<String>,
    /// Whether it is code that others use, and not a file, a container or an operating system.
    pub(crate) library: bool,
    pub(crate) group: Option<Arc<str>>,
    pub(crate) hashes: Vec<Arc<str>>,
    pub(crate) span: Span,
}

/// A bill of materials.
#[derive(Debug, Default)]
pub(crate) struct Bom {
    pub(crate) components: Vec<Component>,
    /// References of who depends on whom.
    pub(crate) edges: Vec<(String, String)>,
    /// References of what the bill is about.
    pub(crate) roots: Vec<String>,
}

/// Pushes the distributions of a bill, with chains.
pub(crate) fn push(reader: &mut Reader<'_>, bom: &Bom) {
    let mut names: FxHashMap<&str, String> = FxHashMap::default();
    let mut entries = Vec::new();
    let mut unnamed = Vec::new();
    for component in &bom.components {
        // What the bill is about is no dependency of itself.
        if bom.roots.contains(&component.reference) {
            continue;
        }
        let Some(text) = &component.purl else {
            if component.library {
                unnamed.push(component);
            }
            continue;
        };
        match purl::parse(text) {
            Err(message) => reader.unreadable(&component.span, message),
            Ok(None) => {}
            Ok(Some(purl)) => {
                names.insert(&component.reference, purl.name.clone());
                entries.push((component, purl));
            }
        }
    }
    let mut asks: FxHashMap<&str, Vec<String>> = FxHashMap::default();
    let mut roots = Vec::new();
    for (from, to) in &bom.edges {
        let Some(name) = names.get(to.as_str()) else {
            continue;
        };
        if bom.roots.contains(from) {
            roots.push((name.clone(), None));
        } else {
            asks.entry(from).or_default().push(name.clone());
        }
    }
    let mut lock = Lock::default();
    for (component, purl) in entries {
        check_claims(reader, component, &purl);
        let version = purl
            .version
            .clone()
            .or_else(|| Some(component.version.clone()).filter(|version| !version.is_empty()));
        let requirement = version.map_or(Requirement::Unknown, |version| {
            Requirement::Exact(version.into())
        });
        let mut entry = reader.dependency(&purl.name, requirement, &component.span);
        if purl.conda {
            entry.source = DependencySource::Conda(None);
        }
        entry.groups = component.group.clone().into_iter().collect();
        entry.hashes.clone_from(&component.hashes);
        let asks = asks
            .remove(component.reference.as_str())
            .unwrap_or_default();
        lock.push(entry, asks);
    }
    let grouped = bom
        .components
        .iter()
        .any(|component| component.group.is_some());
    lock.finish(
        reader,
        if roots.is_empty() || grouped {
            Roots::Guessed
        } else {
            Roots::Named(roots)
        },
    );
    if let Some(first) = unnamed.first() {
        let message = format!(
            "{} components without a package URL are left out, the first is `{}`",
            unnamed.len(),
            super::requirement::shortened(&first.name)
        );
        reader.problem(ProblemKind::Configuration, &first.span, message);
    }
}

/// A bill that says two things about a component is believed in its package URL, and said to be odd.
fn check_claims(reader: &mut Reader<'_>, component: &Component, purl: &purl::Purl) {
    let name = normal_name(component.name.rsplit('/').next().unwrap_or_default());
    let other_name = !name.is_empty() && name.trim_start_matches('-') != purl.name;
    let other_version = !component.version.is_empty()
        && purl
            .version
            .as_ref()
            .is_some_and(|version| *version != component.version);
    if other_name || other_version {
        let message = format!(
            "the component says {} {}, its package URL {} {}",
            component.name,
            component.version,
            purl.name,
            purl.version.as_deref().unwrap_or("nothing"),
        );
        reader.unreadable(&component.span, message);
    }
}

/// `sha256:…` for an algorithm as bills write it: `SHA-256`, `SHA256`.
pub(crate) fn hash(algorithm: &str, digest: &str) -> Arc<str> {
    let algorithm = algorithm.to_ascii_lowercase().replace("sha-", "sha");
    format!("{algorithm}:{}", digest.trim()).into()
}

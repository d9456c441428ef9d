//! One thing that a project installs, as one place says it.

use std::sync::Arc;

use hognose_finding::Range;

/// One distribution that one place of a manifest, lock file or environment asks for or has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// Normalised name of the distribution (PEP 503): `ruamel-yaml`.
    pub name: Arc<str>,
    /// Which versions.
    pub requirement: Requirement,
    /// Where from.
    pub source: DependencySource,
    /// Path of the file that says so, as shown to the user.
    pub path: Arc<str>,
    /// Where in the file. Empty for files without lines of their own (an installed environment).
    pub range: Range,
    /// Group or section: `dev`, `build-system`, `tool.poetry.group.test`. Empty for the main one.
    pub group: Arc<str>,
    /// Extras of the *dependency* that are asked for: `["socks"]` in `requests[socks]`. Normalised, sorted.
    pub extras: Vec<Arc<str>>,
    /// Environment marker (PEP 508) as written, empty if none.
    pub marker: Arc<str>,
    /// Hashes given for it: `sha256:…`.
    pub hashes: Vec<Arc<str>>,
    /// Normalised names of the distributions of the same file that ask for it, outermost first, where the file says so.
    /// Empty for what the project asks for itself.
    pub chain: Vec<Arc<str>>,
    /// Whether the entry only restrains versions and installs nothing itself (`-c constraints.txt`).
    pub constraint: bool,
}

/// Which versions of a distribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requirement {
    /// Exactly one version (`==1.2`, `===1.2`, a lock file's entry, an installed distribution), as written.
    Exact(Arc<str>),
    /// Specifiers of PEP 440, as written: `>=1.2,<2`.
    Range(Arc<str>),
    /// Any version.
    Any,
    /// A version that the place does not say (a VCS reference, an unversioned URL).
    Unknown,
}

/// Where a distribution comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DependencySource {
    /// A package index; the address where the manifest names one for this entry.
    Index(Option<Arc<str>>),
    /// A version control system: `git+https://…@rev`.
    Vcs(Arc<str>),
    /// An archive at an address.
    Url(Arc<str>),
    /// A file or folder beside the project.
    Path(Arc<str>),
}

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
    /// Where in the file: the requirement where it is one text (without its quotes), else the key with its value, or
    /// the name in a lock file's entry. Empty for files without lines of their own (an archive).
    pub range: Range,
    /// Groups that bring it in, sorted. Empty for what a plain installation of the project brings in, whatever else
    /// does too.
    ///
    /// `build-system`, the name of a dependency group (`dev`), `extra:socks` for an extra of the project (`extra:*` where
    /// the file does not say which), `env:lint`
    /// for an environment of a task runner.
    pub groups: Vec<Arc<str>>,
    /// Extras of the *dependency* that are asked for: `["socks"]` in `requests[socks]`. Normalised, sorted.
    pub extras: Vec<Arc<str>>,
    /// Environment marker (PEP 508), empty if none. As written, or put together from the keys that a tool has for it.
    pub marker: Arc<str>,
    /// Hashes given for it: `sha256:…`, in the order of the file.
    pub hashes: Vec<Arc<str>>,
    /// Normalised names of the distributions of the same file that ask for it, outermost first, where the file says so:
    /// the shortest way, and of a very long one the beginning. Empty for what the project asks for itself.
    pub chain: Vec<Arc<str>>,
    /// Paths of the files that led to this one, outermost first: `requirements.txt` for what its `-r base.txt` says.
    pub included_by: Vec<Arc<str>>,
    /// Whether the entry only restrains versions and installs nothing itself (`-c constraints.txt`).
    pub constraint: bool,
}

/// Which versions of a distribution.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Requirement {
    /// Exactly one version (`==1.2`, `===1.2`, a lock file's entry, an installed distribution), as written.
    Exact(Arc<str>),
    /// Specifiers of PEP 440: `>=1.2,<2`. As written, or translated from a tool's own operators (`^1.2`).
    Range(Arc<str>),
    /// Versions that fit one of these specifiers: Poetry's and conda's `1.2.* || >=2`.
    AnyOf(Vec<Arc<str>>),
    /// Any version.
    Any,
    /// A version that the place does not say (a VCS reference, an unversioned URL), or says in a way nobody reads.
    Unknown,
}

/// Where a distribution comes from. Passwords in addresses are replaced by `****`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DependencySource {
    /// A package index; the address where the manifest names one for this entry.
    Index(Option<Arc<str>>),
    /// A conda channel, if named. Names and versions are conda's: most, but not all, are those of the Python index.
    Conda(Option<Arc<str>>),
    /// A version control system: `git+https://…@rev`.
    Vcs(Arc<str>),
    /// An archive at an address.
    Url(Arc<str>),
    /// A file or folder beside the project.
    Path(Arc<str>),
}

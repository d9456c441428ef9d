//! Addresses and paths that stand for a distribution, and what their file names tell.

use std::str::FromStr;
use std::sync::Arc;

use pep440_rs::Version;
use percent_encoding::percent_decode_str;

use super::reader::normal_name;
use super::requirement::{is_name, read_extras};
use crate::{DependencySource, Requirement};

/// What an address or a path says about a distribution.
#[derive(Debug, Clone)]
pub(crate) struct Link<'t> {
    text: &'t str,
    kind: Kind,
    /// Name and version of the archive's file name.
    archive: Option<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Vcs,
    Url,
    Path,
}

impl<'t> Link<'t> {
    pub(crate) fn parse(text: &'t str) -> Self {
        let text = text.trim();
        let kind = if is_vcs(text) {
            Kind::Vcs
        } else if text.contains("://") && !text.starts_with("file:") {
            Kind::Url
        } else {
            Kind::Path
        };
        let path = text.split(['#', '?']).next().unwrap_or_default();
        let file = path.rsplit(['/', '\\']).next().unwrap_or_default();
        let archive = match kind {
            Kind::Vcs => None,
            Kind::Url | Kind::Path => archive(&percent_decode_str(file).decode_utf8_lossy()),
        };
        Link {
            text,
            kind,
            archive,
        }
    }

    /// Whether a text looks like an address or a path at all, and not like a requirement.
    pub(crate) fn is_one(text: &str) -> bool {
        let path = text.split(['#', ';', ' ']).next().unwrap_or_default();
        is_vcs(text)
            || path.contains("://")
            || path.starts_with("file:")
            || path.starts_with(['.', '/', '~', '\\'])
            || path.as_bytes().get(1) == Some(&b':')
            || path.contains('/') && !path.contains('@')
            || is_archive(path)
    }

    /// The distribution's name, normalised, if the link tells it: the `egg` of the fragment, else the file name.
    pub(crate) fn name(&self) -> Option<Arc<str>> {
        if let Some(egg) = self.fragment("egg") {
            let name = egg.split('[').next().unwrap_or(egg);
            // `egg=name-1.0` is an old way to give the version too.
            let name = archive_parts(name).map_or_else(|| name.to_owned(), |(name, _)| name);
            return is_name(&name).then(|| normal_name(&name).into());
        }
        let (name, _) = self.archive.as_ref()?;
        Some(normal_name(name).into())
    }

    /// The version in the file name.
    pub(crate) fn requirement(&self) -> Requirement {
        match &self.archive {
            Some((_, version)) => Requirement::Exact(version.as_str().into()),
            None => Requirement::Unknown,
        }
    }

    /// The extras that `#egg=name[extra]` asks for.
    pub(crate) fn extras(&self) -> Vec<Arc<str>> {
        let extras = self
            .fragment("egg")
            .and_then(|egg| egg.split_once('['))
            .and_then(|(_, extras)| extras.split_once(']'));
        extras.map_or_else(Vec::new, |(extras, _)| read_extras(extras))
    }

    /// The hashes of the fragment.
    pub(crate) fn hashes(&self) -> Vec<Arc<str>> {
        let kinds = ["sha512", "sha384", "sha256", "sha224", "sha1", "md5"];
        let hash = |kind: &str| Some(format!("{kind}:{}", self.fragment(kind)?).into());
        kinds.into_iter().filter_map(hash).collect()
    }

    pub(crate) fn source(&self) -> DependencySource {
        let text = without_password(self.text).into();
        match self.kind {
            Kind::Vcs => DependencySource::Vcs(text),
            Kind::Url => DependencySource::Url(text),
            Kind::Path => DependencySource::Path(text),
        }
    }

    /// Whether it is a file or folder beside the project that no file name tells more about.
    pub(crate) fn is_folder(&self) -> bool {
        self.kind == Kind::Path && self.archive.is_none()
    }

    fn fragment(&self, key: &str) -> Option<&'t str> {
        let (_, fragment) = self.text.split_once('#')?;
        let mut parts = fragment.split('&').filter_map(|part| part.split_once('='));
        parts.find(|(name, _)| *name == key).map(|(_, value)| value)
    }
}

fn is_vcs(text: &str) -> bool {
    ["git+", "hg+", "svn+", "bzr+", "git://", "git@"]
        .iter()
        .any(|scheme| text.starts_with(scheme))
}

/// Endings of source archives; wheels have a grammar of their own.
const SDIST_ENDINGS: &[&str] = &[
    ".tar.gz",
    ".zip",
    ".tar.bz2",
    ".tgz",
    ".tbz",
    ".tar.xz",
    ".txz",
    ".tlz",
    ".tar.lz",
    ".tar.lzma",
    ".tar",
    ".tar.Z",
];

/// Whether a file name is that of a wheel. Pip takes no other spelling.
pub(crate) fn is_wheel(file: &str) -> bool {
    file.strip_suffix(".whl").is_some()
}

/// Whether a file name is that of something pip installs.
pub(crate) fn is_archive(file: &str) -> bool {
    is_wheel(file) || SDIST_ENDINGS.iter().any(|ending| file.ends_with(ending))
}

/// Name and version in the file name of a wheel, an egg or a source archive.
pub(crate) fn archive(file: &str) -> Option<(String, String)> {
    if let Some(stem) = file.strip_suffix(".whl") {
        let parts: Vec<&str> = stem.split('-').collect();
        let right = matches!(parts.len(), 5 | 6) && is_name(parts[0]);
        // A build tag begins with a digit.
        let right =
            right && (parts.len() == 5 || parts[2].starts_with(|c: char| c.is_ascii_digit()));
        return (right && Version::from_str(parts[1]).is_ok())
            .then(|| (parts[0].to_owned(), parts[1].to_owned()));
    }
    if let Some(stem) = file.strip_suffix(".egg") {
        let mut parts = stem.split('-');
        let (name, version) = (parts.next()?, parts.next()?);
        return (is_name(name) && Version::from_str(version).is_ok())
            .then(|| (name.to_owned(), version.to_owned()));
    }
    let stem = SDIST_ENDINGS
        .iter()
        .find_map(|ending| file.strip_suffix(ending))?;
    archive_parts(stem)
}

/// `name-version`: both may contain hyphens, so the longest part that is a version is one.
fn archive_parts(stem: &str) -> Option<(String, String)> {
    // A name beyond this length is none, and each try costs its length.
    if stem.len() > 512 {
        return None;
    }
    stem.match_indices('-').find_map(|(at, _)| {
        let (name, version) = (&stem[..at], &stem[at + 1..]);
        (is_name(name) && Version::from_str(version).is_ok())
            .then(|| (name.to_owned(), version.to_owned()))
    })
}

/// An address with its password, or the token in the password's place, replaced.
pub(crate) fn without_password(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.to_owned();
    };
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let Some(at) = rest[..authority_end].rfind('@') else {
        return text.to_owned();
    };
    let user = match rest[..at].split_once(':') {
        Some((user, _)) => format!("{user}:****"),
        // `ssh://git@…` names the account that everybody uses; alone over HTTP it is a token.
        None if scheme.contains("http") => "****".to_owned(),
        None => rest[..at].to_owned(),
    };
    format!("{scheme}://{user}{}", &rest[at..])
}

#[cfg(test)]
mod tests {
    use super::{Link, archive, without_password};

    #[track_caller]
    fn names(file: &str, expected: Option<(&str, &str)>) {
        let found = archive(file);
        assert_eq!(
            found.as_ref().map(|(n, v)| (n.as_str(), v.as_str())),
            expected
        );
    }

    #[test]
    fn file_names() {
        names("a_b-1.0+l.1-py3-none-any.whl", Some(("a_b", "1.0+l.1")));
        names("a-1.0-2b-cp311-cp311-linux_x86_64.whl", Some(("a", "1.0")));
        names("a-1.0-x-cp311-cp311-linux_x86_64.whl", None);
        names("a-py3-none-any.whl", None);
        names("a-b-2-1.0.tar.gz", Some(("a-b-2", "1.0")));
        names("a-1.0-1.zip", Some(("a", "1.0-1")));
        names("master.zip", None);
        names("a-1.0-py2.7.egg", Some(("a", "1.0")));
    }

    #[test]
    fn links() {
        let link = Link::parse("https://h/a%2Bb/c-1.0%2Bx-py3-none-any.whl#sha256=ab&egg=C.d[y,x]");
        assert_eq!(link.name().as_deref(), Some("c-d"));
        assert_eq!(link.hashes(), ["sha256:ab".into()]);
        assert_eq!(link.extras(), ["x".into(), "y".into()]);
        assert_eq!(
            Link::parse("git+ssh://git@h/r@v1#egg=a-1.0")
                .name()
                .as_deref(),
            Some("a")
        );
        assert_eq!(
            without_password("git+https://tok@h/x"),
            "git+https://****@h/x"
        );
        assert_eq!(without_password("ssh://git@h/x"), "ssh://git@h/x");
        assert_eq!(
            without_password("https://u:p@x@h/a@b"),
            "https://u:****@h/a@b"
        );
    }
}

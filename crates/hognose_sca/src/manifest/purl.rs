//! Package URLs.

use percent_encoding::percent_decode_str;

use super::reader::normal_name;
use super::requirement::is_name;

/// A package URL of a Python distribution, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Purl {
    /// Normalised.
    pub(crate) name: String,
    pub(crate) version: Option<String>,
    /// Of conda, not of the Python index.
    pub(crate) conda: bool,
}

/// Reads `pkg:pypi/name@version?qualifiers#path`. `Ok(None)` is a package of another kind.
pub(crate) fn parse(text: &str) -> Result<Option<Purl>, String> {
    let rest = text.trim().strip_prefix("pkg:").ok_or("no package URL")?;
    let rest = rest.trim_start_matches('/');
    let rest = rest.split(['#', '?']).next().unwrap_or(rest);
    let (kind, path) = rest.split_once('/').ok_or("a package URL without a name")?;
    let conda = match kind.to_ascii_lowercase().as_str() {
        "pypi" => false,
        "conda" => true,
        _ => return Ok(None),
    };
    let path = path.trim_matches('/');
    let (path, version) = match path.rsplit_once('@') {
        Some((path, version)) => (path, Some(version)),
        None => (path, None),
    };
    let plain = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let name = plain(path.rsplit('/').next().unwrap_or(path));
    let name = name.trim_start_matches('_');
    if !is_name(name) {
        return Err("a package URL without the name of a distribution".to_owned());
    }
    Ok(Some(Purl {
        name: normal_name(name),
        version: version.map(plain).filter(|version| !version.is_empty()),
        conda,
    }))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn package_urls() {
        let read = |text| parse(text).map(|purl| purl.map(|purl| (purl.name, purl.version)));
        let some = |name: &str, version: Option<&str>| {
            Ok(Some((name.to_owned(), version.map(str::to_owned))))
        };
        assert_eq!(
            read("pkg:pypi/A_b@1.0%2Bx?q=1#s"),
            some("a-b", Some("1.0+x"))
        );
        assert_eq!(read("pkg:PyPI/a"), some("a", None));
        assert_eq!(read("pkg:conda/_x@1"), some("x", Some("1")));
        assert_eq!(read("pkg:deb/debian/x@1"), Ok(None));
        assert!(read("pkg:pypi/@1").is_err());
        assert!(read("nothing").is_err());
    }
}

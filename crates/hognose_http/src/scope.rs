//! Which hosts may be asked.

use std::fmt;

use ureq::http::Uri;

/// The hosts that may be asked: scheme, name and port of each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    origins: Vec<Origin>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Origin {
    secure: bool,
    host: String,
    port: u16,
}

/// An address that is none of HTTP.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no address of the form `https://host/path`")]
pub struct BadUrl(pub String);

impl Scope {
    /// The host of one address.
    pub fn of(url: &str) -> Result<Self, BadUrl> {
        Ok(Scope {
            origins: vec![Origin::of(url)?],
        })
    }

    /// One host more.
    pub fn and(mut self, url: &str) -> Result<Self, BadUrl> {
        self.origins.push(Origin::of(url)?);
        Ok(self)
    }

    /// Whether `url` may be asked. The same host may be asked more securely than was declared, never less.
    pub fn allows(&self, url: &str) -> bool {
        let Ok(asked) = Origin::of(url) else {
            return false;
        };
        self.origins.iter().any(|allowed| {
            let more_secure =
                asked.secure && !allowed.secure && (asked.port, allowed.port) == (443, 80);
            asked.host == allowed.host
                && (more_secure || (asked.secure, asked.port) == (allowed.secure, allowed.port))
        })
    }
}

impl Origin {
    fn of(url: &str) -> Result<Self, BadUrl> {
        let bad = || BadUrl(without_password(url));
        let uri: Uri = url.parse().map_err(|_| bad())?;
        let secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(bad()),
        };
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(bad)?;
        let default = if secure { 443 } else { 80 };
        Ok(Origin {
            secure,
            host: host.trim_end_matches('.').to_ascii_lowercase(),
            port: uri.port_u16().unwrap_or(default),
        })
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, origin) in self.origins.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            let scheme = if origin.secure { "https" } else { "http" };
            write!(f, "{comma}{scheme}://{}:{}", origin.host, origin.port)?;
        }
        Ok(())
    }
}

/// The address without a name and password in it, to be shown.
pub fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
        None => url.to_owned(),
    }
}

/// The address that `location` means in an answer from `url`.
pub(crate) fn redirected(url: &str, location: &str) -> String {
    let location = location.trim();
    if location.contains("://") {
        return location.to_owned();
    }
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    if let Some(elsewhere) = location.strip_prefix("//") {
        return format!("{scheme}://{elsewhere}");
    }
    let path = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = &rest[..path];
    if location.starts_with('/') {
        return format!("{scheme}://{host}{location}");
    }
    let path = rest[path..].split(['?', '#']).next().unwrap_or_default();
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    format!("{scheme}://{host}{folder}/{location}")
}

#[cfg(test)]
mod tests {
    use super::{Scope, redirected, without_password};

    #[test]
    fn only_the_same_host_and_never_less_securely() {
        let https = Scope::of("https://Data.example.org/all.zip").unwrap();
        let http = Scope::of("http://data.example.org/all.zip").unwrap();
        let check = |scope: &Scope, url: &str, expected: bool| {
            assert_eq!(scope.allows(url), expected, "{scope} {url}");
        };
        check(&https, "https://data.example.org:443/other", true);
        check(&https, "https://data.example.org./x", true);
        check(&https, "http://data.example.org/", false);
        check(&https, "https://data.example.org:8443/", false);
        check(&https, "https://example.org/", false);
        check(&https, "https://data.example.org.evil.test/", false);
        check(&https, "https://data.example.org@evil.test/", false);
        check(&https, "file:///etc/passwd", false);
        check(&https, "gopher://data.example.org/", false);
        check(&http, "https://data.example.org/", true);
        check(&http, "https://data.example.org:8443/", false);
        let both = https.and("http://localhost:8080").unwrap();
        check(&both, "http://localhost:8080/x", true);
        assert!(Scope::of("data.example.org").is_err());
    }

    #[test]
    fn redirects_are_relative_to_where_they_come_from() {
        let check = |location: &str, expected: &str| {
            assert_eq!(redirected("https://a.test/b/c?d", location), expected);
        };
        check("/x", "https://a.test/x");
        check("x?y", "https://a.test/b/x?y");
        check("//b.test/x", "https://b.test/x");
        check("http://b.test/", "http://b.test/");
    }

    #[test]
    fn passwords_are_not_shown() {
        assert_eq!(
            without_password("https://me:secret@a.test/x@y"),
            "https://a.test/x@y"
        );
        assert_eq!(without_password("https://a.test/x@y"), "https://a.test/x@y");
    }
}

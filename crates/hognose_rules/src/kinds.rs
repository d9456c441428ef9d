//! The kinds: labels by which models and rules meet.

use std::collections::BTreeSet;

use crate::detect::{Detect, Matcher};
use crate::embedded::model_files;
use crate::nearest::nearest;

/// Sink kinds that rules may name whatever the stubs say, with what such a port takes.
pub const SINK_KINDS: &[(&str, &str)] = &[
    (
        "archive-extract",
        "members of an archive that are written to disk",
    ),
    ("argv", "the argument list of a program that is started"),
    ("autoescape", "whether a template engine escapes"),
    ("bind-address", "the address a server listens on"),
    ("cipher-mode", "the mode of operation of a cipher"),
    ("code", "text or code that is executed"),
    ("code-path", "the path of a file whose code is run"),
    ("cookie-httponly", "whether scripts may read a cookie"),
    (
        "cookie-samesite",
        "whether a cookie goes with requests from other sites",
    ),
    ("cookie-secure", "whether a cookie travels over plain HTTP"),
    ("debug-flag", "whether a debugger or debug pages are on"),
    (
        "deserialize",
        "bytes from which objects of any type are built",
    ),
    (
        "environment-name",
        "the name of a variable of the environment",
    ),
    (
        "environment-value",
        "the value of a variable of the environment",
    ),
    ("file-mode", "permission bits of a file"),
    (
        "file-path",
        "the path of a file that is opened, sent or deleted",
    ),
    ("format-string", "a format that is filled in"),
    ("hash", "the construction of a hash"),
    ("hash-name", "the name of a hash algorithm"),
    ("html", "text that becomes HTML without escaping"),
    ("html-address", "the address of a link in a page"),
    ("http-header", "a header of a response"),
    ("key-size", "the size of a key in bits"),
    ("ldap", "an LDAP filter"),
    ("log", "a log message"),
    ("module-name", "the name of a module that is imported"),
    ("nosql", "a query document"),
    ("nosql-code", "code that a database runs"),
    ("password", "a credential"),
    (
        "path-or-file",
        "the path of a file, or the open file itself",
    ),
    ("program", "the program that is started"),
    ("raw-header", "a header that is written without a check"),
    ("redirect", "the URL a browser is sent to"),
    ("regex", "a regular expression"),
    ("regex-text", "the text that a pattern is matched with"),
    ("response", "the body of a response"),
    ("secret-key", "the key that signs sessions or tokens"),
    ("session", "what a session keeps"),
    ("shell", "a string that a shell interprets"),
    ("shell-flag", "whether a program is started through a shell"),
    ("sql", "the text of an SQL statement"),
    ("ssh-host-key", "what happens with an unknown SSH host key"),
    ("template", "the source text of a template"),
    ("timeout", "how long a call waits for the network"),
    (
        "tls-cert-reqs",
        "whether a TLS certificate is checked, where `None` says no",
    ),
    (
        "tls-client-context",
        "the TLS context of a client, without which nothing is checked",
    ),
    ("tls-context", "the creation of a TLS context"),
    (
        "tls-skip-verify",
        "whether the check of a TLS certificate is skipped",
    ),
    ("tls-verify", "whether a TLS certificate is checked"),
    ("tls-version", "the version of TLS or SSL"),
    (
        "trust-remote-code",
        "whether code that comes with a model is run",
    ),
    ("url", "a URL that is fetched"),
    ("usedforsecurity", "whether a hash serves security"),
    ("xml-parse", "XML that is parsed"),
    ("xpath", "an XPath expression"),
    ("yaml-document", "YAML that may build any object"),
    ("yaml-loader", "the loader that YAML is read with"),
];

/// Source kinds that rules may name whatever the stubs say, with what such data is.
pub const SOURCE_KINDS: &[(&str, &str)] = &[
    ("archive-member", "a name inside an archive"),
    ("database", "rows that were stored before"),
    ("file-content", "what a file holds"),
    ("local-input", "command line, environment, standard input"),
    ("message", "the payload of a task or a message"),
    ("model-output", "text that a language model wrote"),
    ("network-response", "what another server answers"),
    (
        "parameter",
        "a parameter of a function that a library exports",
    ),
    ("remote-input", "data of a request"),
    ("secret", "a credential or a key"),
    ("stack-trace", "the trace of an error"),
    (
        "template-value",
        "what a template hands to a filter or a tag of the project",
    ),
];

/// The kinds that a page may name: [`SINK_KINDS`], [`SOURCE_KINDS`] and those that stubs use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kinds {
    sinks: BTreeSet<String>,
    sources: BTreeSet<String>,
}

impl Kinds {
    /// The listed kinds and those of the embedded stubs.
    pub fn builtin() -> Self {
        let mut kinds = Kinds {
            sinks: SINK_KINDS
                .iter()
                .map(|(kind, _)| (*kind).to_owned())
                .collect(),
            sources: SOURCE_KINDS
                .iter()
                .map(|(kind, _)| (*kind).to_owned())
                .collect(),
        };
        for (_, text) in model_files() {
            kinds.add_stub(text);
        }
        kinds
    }

    /// Adds the kinds that a stub names in `Sink["…"]` and `Source["…"]`.
    pub fn add_stub(&mut self, text: &str) {
        collect(text, "Sink[", &mut self.sinks);
        collect(text, "Source[", &mut self.sources);
    }

    /// Adds the kinds that an entry of a page names.
    pub(crate) fn add_entry(&mut self, entry: &Detect) {
        match &entry.matcher {
            Matcher::Value { sink, .. } | Matcher::Missing { sink } => {
                self.sinks.insert(sink.clone());
            }
            Matcher::Flow { from, to } => {
                self.sources.extend(from.iter().cloned());
                self.sinks.extend(to.iter().cloned());
            }
            Matcher::Call { .. }
            | Matcher::Import { .. }
            | Matcher::Setting { .. }
            | Matcher::Template { .. }
            | Matcher::Advisory { .. }
            | Matcher::Check { .. } => {}
        }
        self.sinks
            .extend(entry.with.iter().map(|(sink, _)| sink.clone()));
    }

    /// Adds the kinds of `other`.
    pub(crate) fn extend(&mut self, other: &Kinds) {
        self.sinks.extend(other.sinks.iter().cloned());
        self.sources.extend(other.sources.iter().cloned());
    }

    /// All sink kinds, in alphabetical order.
    pub fn sinks(&self) -> impl Iterator<Item = &str> {
        self.sinks.iter().map(String::as_str)
    }

    /// All source kinds, in alphabetical order.
    pub fn sources(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().map(String::as_str)
    }

    /// `Err` with a suggestion, if there is a near one, for a word that is no sink kind.
    pub fn check_sink(&self, word: &str) -> Result<(), Option<&str>> {
        if self.sinks.contains(word) {
            Ok(())
        } else {
            Err(nearest(word, self.sinks()))
        }
    }

    /// `Err` with a suggestion, if there is a near one, for a word that is no source kind.
    pub fn check_source(&self, word: &str) -> Result<(), Option<&str>> {
        if self.sources.contains(word) {
            Ok(())
        } else {
            Err(nearest(word, self.sources()))
        }
    }
}

/// Collects the word of each `role"word"]`. Textual on purpose: it decides only which words pages may use, and the
/// reader of the stubs judges the stubs.
fn collect(text: &str, role: &str, kinds: &mut BTreeSet<String>) {
    for rest in text.split(role).skip(1) {
        let Some(quote @ ('"' | '\'')) = rest.chars().next() else {
            continue;
        };
        if let Some((kind, _)) = rest[1..].split_once(quote)
            && crate::reader::is_kebab_case(kind)
        {
            kinds.insert(kind.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Kinds, SINK_KINDS, SOURCE_KINDS};

    #[test]
    fn lists_are_sorted_and_well_formed() {
        for list in [SINK_KINDS, SOURCE_KINDS] {
            assert!(list.is_sorted_by(|a, b| a.0 < b.0));
            assert!(
                list.iter()
                    .all(|(kind, _)| crate::reader::is_kebab_case(kind))
            );
        }
    }

    #[test]
    fn stubs_add_kinds() {
        let mut kinds = Kinds::default();
        kinds.add_stub(
            "def f(a: Annotated[str, Sink[\"own-sink\"]]) -> Source['own-source']: ...  # Sink[x]",
        );
        assert_eq!(kinds.sinks().collect::<Vec<_>>(), ["own-sink"]);
        assert_eq!(kinds.sources().collect::<Vec<_>>(), ["own-source"]);
        assert_eq!(kinds.check_sink("own-sink"), Ok(()));
        assert_eq!(kinds.check_sink("own-snik"), Err(Some("own-sink")));
        assert_eq!(kinds.check_source("sql"), Err(None));
    }
}

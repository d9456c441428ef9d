//! One record in the format of OSV, as far as it is used here.
//!
//! <https://ossf.github.io/osv-schema/>. What the schema allows and nobody here asks about is skipped, and what is
//! missing has an empty value: a record with a fault in one place still says something in the others.

use serde::{Deserialize, Deserializer};

use crate::manifest::tree;

/// A record.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Record {
    pub(super) id: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) modified: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) published: String,
    pub(super) withdrawn: Option<String>,
    #[serde(deserialize_with = "or_default")]
    pub(super) aliases: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    pub(super) summary: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) details: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) severity: Vec<Severity>,
    #[serde(deserialize_with = "or_default")]
    pub(super) affected: Vec<Affected>,
    #[serde(deserialize_with = "or_default")]
    pub(super) references: Vec<Reference>,
    pub(super) database_specific: Option<DatabaseSpecific>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Severity {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) score: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Affected {
    pub(super) package: Option<Package>,
    #[serde(deserialize_with = "or_default")]
    pub(super) severity: Vec<Severity>,
    #[serde(deserialize_with = "or_default")]
    pub(super) ranges: Vec<Range>,
    #[serde(deserialize_with = "or_default")]
    pub(super) versions: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Package {
    pub(super) ecosystem: String,
    pub(super) name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Range {
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) events: Vec<Event>,
}

/// Exactly one of these is given.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Event {
    pub(super) introduced: Option<String>,
    pub(super) fixed: Option<String>,
    pub(super) last_affected: Option<String>,
    pub(super) limit: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reference {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) url: String,
}

/// What databases add of their own; GitHub's says how bad it is in a word.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DatabaseSpecific {
    #[serde(deserialize_with = "text_or_default")]
    pub(super) severity: String,
}

/// Why a record cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// It is no JSON, or no JSON of a record.
    #[error("is not a record in the format of OSV: {0}")]
    Malformed(String),
    /// It has no identifier.
    #[error("is not a record in the format of OSV: it has no `id`")]
    NoId,
}

impl Record {
    /// Reads the JSON of a record.
    pub(super) fn of_json(bytes: &[u8]) -> Result<Self, RecordError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let record: Record = serde_json::from_slice(bytes)
            .map_err(|error| RecordError::Malformed(error.to_string()))?;
        record.checked()
    }

    /// Reads a record that is kept as YAML, as in the repository of the Python Packaging Advisory Database. All that is
    /// read of it is text, lists and mappings.
    pub(super) fn of_yaml(bytes: &[u8]) -> Result<Self, RecordError> {
        let text = String::from_utf8_lossy(bytes);
        let (documents, fault) = tree::yaml(&text);
        if let Some(fault) = fault {
            return Err(RecordError::Malformed(fault.message));
        }
        let first = documents.first().ok_or(RecordError::NoId)?;
        let record: Record = serde_json::from_value(plain(first))
            .map_err(|error| RecordError::Malformed(error.to_string()))?;
        record.checked()
    }

    fn checked(self) -> Result<Self, RecordError> {
        if self.id.trim().is_empty() {
            return Err(RecordError::NoId);
        }
        Ok(self)
    }

    /// What is wrong, in one line: the summary, or the first sentence of the details.
    pub(super) fn headline(&self) -> String {
        let text = if self.summary.trim().is_empty() {
            &self.details
        } else {
            &self.summary
        };
        headline(text)
    }
}

/// A tree of YAML without its places. Its depth is bounded where it is parsed.
fn plain(node: &tree::Node<'_>) -> serde_json::Value {
    match &node.value {
        tree::Value::Text(text) if matches!(&**text, "" | "~" | "null") => serde_json::Value::Null,
        tree::Value::Text(text) => text.to_string().into(),
        tree::Value::Boolean(value) => (*value).into(),
        tree::Value::Other => serde_json::Value::Null,
        tree::Value::List(items) => items.iter().map(plain).collect(),
        tree::Value::Map(entries) => {
            let entries = entries
                .iter()
                .map(|entry| (entry.key.to_string(), plain(&entry.value)));
            serde_json::Value::Object(entries.collect())
        }
    }
}

/// The longest headline, in characters.
const HEADLINE: usize = 200;
/// A sentence that says something, in bytes.
const SENTENCE: usize = 70;

fn headline(text: &str) -> String {
    let first = text
        .lines()
        .map(|line| line.trim_start_matches(['#', '*', '>', ' ', '\t']).trim())
        .find(|line| !line.is_empty() && !is_heading(line))
        .unwrap_or_default();
    // A first sentence that only says what the package is gets the next one, too.
    let mut ends = first.match_indices(". ").map(|(at, _)| at);
    let end = ends.find(|at| *at >= SENTENCE).unwrap_or(first.len());
    let sentence = first[..end].trim_end_matches('.');
    let mut words: String = sentence.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() > HEADLINE {
        words = words.chars().take(HEADLINE).collect();
        let end = words.rfind(' ').unwrap_or(words.len());
        words.truncate(end);
        words.push('…');
    }
    words
}

/// Titles of sections that many advisories begin with.
fn is_heading(line: &str) -> bool {
    matches!(
        line.trim_end_matches(':').to_ascii_lowercase().as_str(),
        "impact" | "summary" | "description" | "overview" | "details"
    )
}

/// `null` is what some databases write for "nothing".
fn or_default<'de, T: Default + Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// A text, and nothing where there is something else: this part of a record has no schema.
fn text_or_default<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Any {
        Text(String),
        Other(serde::de::IgnoredAny),
    }
    Ok(match Any::deserialize(deserializer)? {
        Any::Text(text) => text,
        Any::Other(_) => String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::{Record, RecordError, headline};

    #[test]
    fn what_is_missing_or_null_is_empty() {
        let record = Record::of_json(
            br#"{"id": "X-1", "aliases": null, "database_specific": {"severity": 3}, "affected": [{"versions": null}]}"#,
        )
        .unwrap();
        assert_eq!(record.id, "X-1");
        assert!(record.aliases.is_empty() && record.affected[0].versions.is_empty());
        assert_eq!(record.database_specific.unwrap().severity, "");
    }

    #[test]
    fn what_is_no_record_says_so() {
        assert_eq!(Record::of_json(b"{}").unwrap_err(), RecordError::NoId);
        assert!(matches!(
            Record::of_json(b"[1]"),
            Err(RecordError::Malformed(_))
        ));
    }

    #[test]
    fn records_are_kept_as_yaml_too() {
        let yaml =
            b"id: X-1\nwithdrawn:\naffected:\n- package: {name: a, ecosystem: PyPI}\n  ranges:\n  \
            - type: ECOSYSTEM\n    events:\n    - introduced: '0'\n    - fixed: 1.10\n";
        let record = Record::of_yaml(yaml).unwrap();
        assert_eq!(
            record.affected[0].ranges[0].events[1].fixed.as_deref(),
            Some("1.10")
        );
        assert_eq!(record.withdrawn, None);
        assert_eq!(Record::of_yaml(b"").unwrap_err(), RecordError::NoId);
        assert!(Record::of_yaml(b"a: [").is_err());
    }

    #[test]
    fn headlines_are_one_sentence() {
        assert_eq!(
            headline("### Impact\n\nReads any file. And more."),
            "Reads any file. And more"
        );
        assert_eq!(headline("One\ntwo."), "One");
        assert_eq!(headline(""), "");
        let long = headline(&"word ".repeat(100));
        assert!(long.ends_with("word…") && long.chars().count() <= 201);
    }
}

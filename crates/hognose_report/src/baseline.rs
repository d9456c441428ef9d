//! What was there before.

use std::collections::BTreeMap;

use hognose_finding::{Finding, Fingerprint};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

use crate::report::{Report, Status};

/// The version of the file format this program reads and writes.
const VERSION: u32 = 1;

/// Findings of an earlier run, which do not count any more.
///
/// It is a multiset: two equal findings in the baseline make two known ones, and a third is new.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Baseline {
    entries: BTreeMap<Key, u32>,
}

/// Ordered so that a rendered baseline makes small diffs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    path: String,
    rule: String,
    fingerprint: Fingerprint,
}

/// Why a text is not a baseline.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BaselineError {
    /// Not the JSON that a baseline is.
    #[error("not a baseline: {0}")]
    Malformed(String),
    /// Written by a newer Hognose.
    #[error(
        "the baseline has format {found}, this version of Hognose reads format {VERSION}; write it anew"
    )]
    Version {
        /// The format it says it has.
        found: u32,
    },
    /// A fingerprint that is none.
    #[error(
        "not a baseline: `{found}` in entry {entry} is not a fingerprint of 16 hexadecimal digits"
    )]
    Fingerprint {
        /// 1-based.
        entry: usize,
        /// What stands there.
        found: String,
    },
}

#[derive(Serialize, Deserialize)]
struct Wire {
    version: u32,
    findings: Vec<WireEntry>,
}

#[derive(Deserialize)]
struct WireVersion {
    version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireEntry {
    path: String,
    rule: String,
    fingerprint: String,
    #[serde(default = "once", skip_serializing_if = "is_once")]
    count: u32,
}

fn once() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_once(count: &u32) -> bool {
    *count == 1
}

impl Baseline {
    /// Everything a report shows that is not suppressed in the source: what is open, and what was known already.
    pub fn of(report: &Report) -> Self {
        report
            .findings
            .iter()
            .filter(|assessed| !matches!(assessed.status, Status::Suppressed { .. }))
            .map(|assessed| &assessed.finding)
            .collect()
    }

    /// Reads what [`Baseline::render`] wrote.
    pub fn parse(text: &str) -> Result<Self, BaselineError> {
        // The version first: a newer format may have other fields.
        let malformed = |error: serde_json::Error| BaselineError::Malformed(error.to_string());
        let WireVersion { version } = serde_json::from_str(text).map_err(malformed)?;
        if version != VERSION {
            return Err(BaselineError::Version { found: version });
        }
        let wire: Wire = serde_json::from_str(text).map_err(malformed)?;
        let mut entries = BTreeMap::new();
        for (index, entry) in wire.findings.into_iter().enumerate() {
            let WireEntry {
                path,
                rule,
                fingerprint,
                count,
            } = entry;
            let hash = (fingerprint.len() == 16 && !fingerprint.starts_with('+'))
                .then(|| u64::from_str_radix(&fingerprint, 16).ok())
                .flatten()
                .ok_or(BaselineError::Fingerprint {
                    entry: index + 1,
                    found: fingerprint,
                })?;
            let known: &mut u32 = entries
                .entry(Key {
                    path,
                    rule,
                    fingerprint: Fingerprint(hash),
                })
                .or_default();
            *known = known.saturating_add(count);
        }
        Ok(Baseline { entries })
    }

    /// As JSON, one entry a line and in order, so that a version control system shows small changes.
    pub fn render(&self) -> String {
        let mut out = format!("{{\n  \"version\": {VERSION},\n  \"findings\": [");
        for (index, (key, &count)) in self.entries.iter().enumerate() {
            let entry = WireEntry {
                path: key.path.clone(),
                rule: key.rule.clone(),
                fingerprint: key.fingerprint.to_string(),
                count,
            };
            out.push_str(if index == 0 { "\n    " } else { ",\n    " });
            out.push_str(&serde_json::to_string(&entry).expect("strings and numbers serialise"));
        }
        out.push_str(if self.entries.is_empty() {
            "]\n}\n"
        } else {
            "\n  ]\n}\n"
        });
        out
    }

    /// How many findings it holds.
    pub fn len(&self) -> u64 {
        self.entries.values().map(|&count| u64::from(count)).sum()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// For each of `findings`, whether the baseline has it.
    ///
    /// First by path and fingerprint; what is left, by the fingerprint alone among the baseline's files that
    /// `is_there` no longer knows, so that a renamed file keeps its findings.
    pub(crate) fn known(
        &self,
        findings: &[&Finding],
        is_there: impl Fn(&str) -> bool,
    ) -> Vec<bool> {
        let mut left: FxHashMap<(&str, Fingerprint), u32> = FxHashMap::default();
        for (key, &count) in &self.entries {
            let known = left.entry((&key.path, key.fingerprint)).or_default();
            *known = known.saturating_add(count);
        }
        let mut known: Vec<bool> = findings
            .iter()
            .map(|finding| {
                left.get_mut(&(path_of(finding), finding.fingerprint))
                    .is_some_and(take)
            })
            .collect();

        let gone: FxHashSet<&str> = self
            .entries
            .keys()
            .map(|key| key.path.as_str())
            .filter(|path| !is_there(path))
            .collect();
        let mut moved: FxHashMap<Fingerprint, u32> = FxHashMap::default();
        for ((path, fingerprint), count) in left {
            if gone.contains(path) {
                let known = moved.entry(fingerprint).or_default();
                *known = known.saturating_add(count);
            }
        }
        for (known, finding) in known.iter_mut().zip(findings) {
            *known = *known || moved.get_mut(&finding.fingerprint).is_some_and(take);
        }
        known
    }
}

/// Takes one of `count`, if there is one.
fn take(count: &mut u32) -> bool {
    let there = *count > 0;
    *count -= u32::from(there);
    there
}

fn path_of(finding: &Finding) -> &str {
    finding.location.code().map_or("", |code| &code.path)
}

impl<'a> FromIterator<&'a Finding> for Baseline {
    fn from_iter<T: IntoIterator<Item = &'a Finding>>(findings: T) -> Self {
        let mut entries = BTreeMap::new();
        for finding in findings {
            let key = Key {
                path: path_of(finding).to_owned(),
                rule: finding.rule.id.to_string(),
                fingerprint: finding.fingerprint,
            };
            *entries.entry(key).or_default() += 1;
        }
        Baseline { entries }
    }
}

//! What the index holds. The structs are the file's format: a change of any of them needs a new
//! [`FORMAT`](super::index::FORMAT).

use serde::{Deserialize, Serialize};

use super::ranges::Span;
use super::table::VersionTable;

/// About the index as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct About {
    /// Day on which it was built, `YYYY-MM-DD`.
    pub built: String,
    /// Where the records came from: addresses or names of files.
    pub sources: Vec<String>,
    /// Records that it was made of, withdrawn ones not counted.
    pub records: u32,
    /// Records that were withdrawn.
    pub withdrawn: u32,
    /// Records that were left out, because nobody could read them or they are about other ecosystems.
    pub unreadable: u32,
    /// Vulnerabilities: records about the same one are joined.
    pub vulnerabilities: u32,
    /// The newest day on which a record was changed, not later than `built`.
    pub newest: String,
    /// Version of the catalogue of exploited vulnerabilities, if one was given.
    pub kev: Option<String>,
    /// Day of the exploit predictions, if they were given.
    pub epss: Option<String>,
}

/// What is known about one package.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PackageAdvisories {
    /// The versions that its records name.
    pub versions: VersionTable,
    /// What is wrong with some of them, the best known names in order.
    pub vulnerabilities: Vec<Vulnerability>,
}

/// One vulnerability of one package, whatever number of records it has.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Vulnerability {
    /// All its names, the best known first: `CVE-2018-18074`, `GHSA-…`, `PYSEC-…`.
    pub names: Vec<String>,
    /// Which of them are records of the data.
    pub records: Vec<String>,
    /// What is wrong, in one line without full stop. May be empty.
    pub summary: String,
    /// Scores by CVSS, the one to use first.
    pub scores: Vec<Score>,
    /// How bad it is in the word of a database, where it gives one and no score: `HIGH`, `MODERATE`.
    pub word: String,
    /// Whether the package itself is malicious, not merely vulnerable.
    pub malicious: bool,
    /// Day of the first publication, `YYYY-MM-DD`. May be empty.
    pub published: String,
    /// Addresses to read on, the best first.
    pub links: Vec<String>,
    /// Whether it is known to be exploited.
    pub kev: Option<Kev>,
    /// How probably it will be exploited.
    pub epss: Option<Epss>,
    /// Positions that its ranges affect, sorted.
    pub(super) ranges: Vec<Span>,
    /// Positions of the versions it lists, as runs of versions of the table: first and last, sorted.
    pub(super) listed: Vec<Span>,
    /// The odd ones of the versions it lists, sorted.
    pub(super) odd: Vec<u32>,
    /// Positions of the versions that fix it, sorted.
    pub(super) fixed: Vec<u32>,
    /// Some record says that versions are affected and not which, or in a way that nobody can compare.
    pub vague: bool,
}

/// A vector of CVSS and its score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// `CVSS:3.1/AV:N/…`
    pub vector: String,
    /// The score, times ten.
    pub tenths: u8,
}

/// The entry of CISA's catalogue of known exploited vulnerabilities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kev {
    /// Day on which it was added, `YYYY-MM-DD`.
    pub added: String,
    /// Whether ransomware is known to use it.
    pub ransomware: bool,
}

/// FIRST's prediction that a vulnerability is exploited in the next 30 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Epss {
    /// Probability, times 100,000.
    pub probability: u32,
    /// Part of all vulnerabilities that are less probable, times 100,000.
    pub percentile: u32,
}

impl PackageAdvisories {
    /// The versions that fix a vulnerability, ascending.
    pub fn fixed_in<'a>(
        &'a self,
        vulnerability: &'a Vulnerability,
    ) -> impl Iterator<Item = &'a str> {
        vulnerability
            .fixed
            .iter()
            .filter_map(|&position| self.versions.at(position))
    }
}

//! One place where something is wrong, and why we believe it.

use std::sync::Arc;

use crate::{CodeLocation, Confidence, Fingerprint, Location, Rule, Severity};

/// One place where something is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which rule it breaks.
    pub rule: Arc<Rule>,
    /// What is wrong here, with the names of the code at hand in backquotes. One sentence, no full stop.
    pub message: String,
    /// Where.
    pub location: Location,
    /// How bad, here: the rule's severity unless the place says otherwise.
    pub severity: Severity,
    /// How sure we are.
    pub confidence: Confidence,
    /// Why we believe it.
    pub evidence: Vec<Evidence>,
    /// Edits that repair it, best first.
    pub fixes: Vec<Fix>,
    /// Identity across runs.
    pub fingerprint: Fingerprint,
}

/// Why we believe a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// Untrusted data reaches a dangerous place.
    Flow(Flow),
    /// Another place that matters, with a note: where a constant was set, where a setting is read.
    Related(FlowStep),
    /// What is published about a package.
    Advisory(Box<Advisory>),
}

/// One published vulnerability, with what is known about it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Advisory {
    /// All its names, the best known first: `CVE-2018-18074`, `GHSA-…`, `PYSEC-…`.
    pub names: Vec<String>,
    /// What is wrong, in one line without full stop. May be empty.
    pub summary: String,
    /// How bad it is, if somebody scored it.
    pub cvss: Option<Cvss>,
    /// Since when it is known to be exploited, by CISA's catalogue.
    pub exploited: Option<KnownExploited>,
    /// How probably it will be exploited, by FIRST's predictions.
    pub epss: Option<Epss>,
    /// Versions that fix it, ascending.
    pub fixed_in: Vec<String>,
    /// The smallest later version in which nothing at all is known to be wrong.
    pub upgrade_to: Option<String>,
    /// Day of publication, `YYYY-MM-DD`. May be empty.
    pub published: String,
    /// Addresses to read on, the best first.
    pub links: Vec<String>,
    /// Whose data this is, and its licence.
    pub credits: Vec<String>,
}

/// A score by CVSS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cvss {
    /// `CVSS:3.1/AV:N/…`
    pub vector: String,
    /// The score times ten, 0 to 100.
    pub tenths: u8,
}

/// An entry in CISA's catalogue of known exploited vulnerabilities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownExploited {
    /// Day on which it was added, `YYYY-MM-DD`.
    pub since: String,
    /// Whether ransomware is known to use it.
    pub ransomware: bool,
}

/// FIRST's prediction that a vulnerability is exploited within 30 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Epss {
    /// Probability, times 100,000.
    pub probability: u32,
    /// Part of all vulnerabilities that are less probable, times 100,000.
    pub percentile: u32,
}

/// The path source → … → sink. Corresponds to a SARIF `codeFlow`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// Kind of the source: `remote-input`.
    pub source: Arc<str>,
    /// Kind of the sink: `sql`.
    pub sink: Arc<str>,
    /// From source to sink; at least one step.
    pub steps: Vec<FlowStep>,
}

/// One step of a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowStep {
    /// Where.
    pub location: CodeLocation,
    /// What happens there, a short note without full stop: "`name` from the query string".
    pub note: String,
}

/// Edits that together repair a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// Imperative, no full stop: "Use `yaml.safe_load`".
    pub title: String,
    /// Whether it may change what the program does for good input.
    pub safety: Safety,
    /// Non-overlapping, in ascending order, all in the finding's file.
    pub edits: Vec<Edit>,
}

/// Whether applying a fix needs thought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Safety {
    /// The program does the same for all input that is not an attack.
    Safe,
    /// The program may behave differently; read before you commit.
    Unsafe,
}

/// Replaces a byte range of the decoded text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// First byte replaced.
    pub start: u32,
    /// One past the last byte replaced; equal to `start` for an insertion.
    pub end: u32,
    /// What stands there afterwards.
    pub text: String,
}

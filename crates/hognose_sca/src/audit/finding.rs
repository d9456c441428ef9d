//! The words of a finding.

use std::sync::Arc;

use hognose_finding::{
    Advisory, CodeLocation, Cvss, Epss, Evidence, Finding, Fingerprint, KnownExploited, Location,
    PackageLocation, ProblemKind, Severity,
};
use hognose_rules::{Detect, Placeholder, RulePage, fill_message};

use crate::advisory::{PackageAdvisories, Requested, Vulnerability};
use crate::{Dependency, DependencySource};

/// Names of vulnerabilities that a problem lists.
const LISTED: usize = 3;

/// Whose records begin how, and under which licence they may be passed on.
const CREDITS: [(&str, &str); 3] = [
    ("PYSEC-", "Python Packaging Advisory Database, CC BY 4.0"),
    ("GHSA-", "GitHub Advisory Database, CC BY 4.0"),
    ("MAL-", "OpenSSF Malicious Packages, Apache 2.0"),
];

/// What is said about one dependency.
pub(super) struct Words<'a> {
    dependency: &'a Dependency,
    package: &'a PackageAdvisories,
    /// The version, if there is one.
    version: Option<&'a str>,
    /// The requirement as people write it.
    requirement: String,
    upgrade_to: Option<&'a str>,
}

impl<'a> Words<'a> {
    pub(super) fn of(
        dependency: &'a Dependency,
        package: &'a PackageAdvisories,
        requested: Requested<'a>,
    ) -> Self {
        let (version, requirement) = match requested {
            Requested::Exact(version) => (Some(version), format!("=={version}")),
            Requested::OneOf(specifiers) => (None, specifiers.join(" || ")),
            Requested::Unknown => (None, String::new()),
        };
        Words {
            dependency,
            package,
            version,
            requirement,
            upgrade_to: version.and_then(|version| package.repaired_after(version)),
        }
    }

    pub(super) fn finding(
        &self,
        page: &RulePage,
        detect: &Detect,
        vulnerability: &Vulnerability,
        code: CodeLocation,
        ordinal: u32,
    ) -> Finding {
        let rule = &page.rule;
        let name = vulnerability.names.first().map_or("", String::as_str);
        let ordinal = ordinal.to_string();
        // Without the version: what is accepted stays accepted in the next one that has it.
        let fingerprint = Fingerprint::of([&*rule.id, &*self.dependency.name, name, &ordinal]);
        Finding {
            rule: Arc::clone(rule),
            message: self.message(detect, vulnerability),
            location: Location::Package(Box::new(self.location(code))),
            severity: detect
                .severity
                .or_else(|| (!vulnerability.malicious).then(|| severity(vulnerability))?)
                .unwrap_or(rule.severity),
            confidence: detect.confidence,
            evidence: vec![Evidence::Advisory(Box::new(self.advisory(vulnerability)))],
            fixes: Vec::new(),
            fingerprint,
        }
    }

    fn message(&self, detect: &Detect, vulnerability: &Vulnerability) -> String {
        let mut message = fill_message(&detect.message, |placeholder| match placeholder {
            Placeholder::Package => self.dependency.name.to_string(),
            Placeholder::Version => self.version.unwrap_or_default().to_owned(),
            Placeholder::Vulnerability => vulnerability.names.first().cloned().unwrap_or_default(),
            _ => self.requirement(),
        });
        if !vulnerability.summary.is_empty() {
            message.push_str(": ");
            message.push_str(&vulnerability.summary);
        }
        message
    }

    fn requirement(&self) -> String {
        format!("{}{}", self.dependency.name, self.requirement)
    }

    fn location(&self, code: CodeLocation) -> PackageLocation {
        let dependency = self.dependency;
        let version = self.version.map_or(String::new(), |version| {
            format!("@{}", percent_encoded(version))
        });
        PackageLocation {
            name: dependency.name.clone(),
            version: self.version.map(Into::into),
            purl: format!("pkg:pypi/{}{version}", percent_encoded(&dependency.name)),
            chain: dependency.chain.clone(),
            groups: dependency.groups.clone(),
            code,
        }
    }

    fn advisory(&self, vulnerability: &Vulnerability) -> Advisory {
        let credits = CREDITS.iter().filter(|(prefix, _)| {
            vulnerability
                .records
                .iter()
                .any(|id| id.starts_with(prefix))
        });
        Advisory {
            names: vulnerability.names.clone(),
            summary: vulnerability.summary.clone(),
            cvss: vulnerability.scores.first().map(|score| Cvss {
                vector: score.vector.clone(),
                tenths: score.tenths,
            }),
            exploited: vulnerability.kev.as_ref().map(|kev| KnownExploited {
                since: kev.added.clone(),
                ransomware: kev.ransomware,
            }),
            epss: vulnerability.epss.map(|epss| Epss {
                probability: epss.probability,
                percentile: epss.percentile,
            }),
            fixed_in: self
                .package
                .fixed_in(vulnerability)
                .map(str::to_owned)
                .collect(),
            upgrade_to: self.upgrade_to.map(str::to_owned),
            published: vulnerability.published.clone(),
            links: vulnerability.links.clone(),
            credits: credits.map(|(_, credit)| (*credit).to_owned()).collect(),
        }
    }

    /// What to say of vulnerabilities of which it is open whether they are there.
    pub(super) fn open_question(
        &self,
        kind: ProblemKind,
        vulnerabilities: &[&Vulnerability],
    ) -> Option<String> {
        if vulnerabilities.is_empty() {
            return None;
        }
        let name = &self.dependency.name;
        let count = vulnerabilities.len();
        let noun = if count == 1 {
            "vulnerability"
        } else {
            "vulnerabilities"
        };
        let mut names: Vec<&str> = vulnerabilities
            .iter()
            .filter_map(|one| one.names.first().map(String::as_str))
            .collect();
        // The newest tell most; names have the year in them.
        names.reverse();
        let more = if count > LISTED { " and others" } else { "" };
        names.truncate(LISTED);
        let names = names.join(", ");
        Some(match (kind, self.version) {
            (ProblemKind::Unpinned, _) => format!(
                "`{}` leaves the version open, and allows some with known vulnerabilities ({names}{more}); pin it, or \
                 audit a lock file",
                self.requirement()
            ),
            (_, Some(version)) => format!(
                "`{name}` {version} cannot be compared with the versions of {count} known {noun} ({names}{more})"
            ),
            (_, None) if !self.requirement.is_empty() => format!(
                "`{}` cannot be understood, and `{name}` has {count} known {noun} ({names}{more})",
                self.requirement()
            ),
            (_, None) => format!(
                "it is not known which version of `{name}` {}, and it has {count} known {noun} ({names}{more})",
                source(&self.dependency.source)
            ),
        })
    }
}

fn source(source: &DependencySource) -> &'static str {
    match source {
        DependencySource::Vcs(_) => "comes from version control",
        DependencySource::Url(_) => "comes from an address",
        DependencySource::Path(_) => "comes from a path",
        DependencySource::Index(_) | DependencySource::Conda(_) => "is installed",
    }
}

/// How bad it is: by its score, else by a database's word. What is exploited is critical.
fn severity(vulnerability: &Vulnerability) -> Option<Severity> {
    if vulnerability.kev.is_some() {
        return Some(Severity::Critical);
    }
    if let Some(score) = vulnerability.scores.first() {
        return Some(match score.tenths {
            90.. => Severity::Critical,
            70..90 => Severity::High,
            40..70 => Severity::Medium,
            _ => Severity::Low,
        });
    }
    match vulnerability.word.to_ascii_lowercase().as_str() {
        "critical" => Some(Severity::Critical),
        "high" | "important" => Some(Severity::High),
        "moderate" | "medium" => Some(Severity::Medium),
        "low" => Some(Severity::Low),
        _ => None,
    }
}

/// As package URLs want it.
fn percent_encoded(text: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'.')
        .remove(b'-')
        .remove(b'_')
        .remove(b'~');
    utf8_percent_encode(text, KEPT).to_string()
}

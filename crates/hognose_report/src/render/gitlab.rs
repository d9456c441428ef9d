//! GitLab's report for static analysis (`gl-sast-report.json`), schema 15.
//!
//! Deterministic but for the times of the scan, which the schema demands.
//! What a comment or the baseline accepts is left out: the format has no word for it.

use hognose_finding::{Finding, Fingerprint, Problem, ProblemLevel, Severity};
use serde::Serialize;

use super::{Options, advice, advisory_of, json_text};
use crate::report::Report;

/// How the schema wants times, which are UTC.
const TIME: &str = "%Y-%m-%dT%H:%M:%S";

#[derive(Serialize)]
struct Document<'a> {
    version: &'static str,
    scan: Scan<'a>,
    vulnerabilities: Vec<Vulnerability<'a>>,
}

#[derive(Serialize)]
struct Scan<'a> {
    analyzer: Scanner<'a>,
    scanner: Scanner<'a>,
    #[serde(rename = "type")]
    kind: &'static str,
    start_time: String,
    end_time: String,
    status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    messages: Vec<Message>,
}

#[derive(Serialize)]
struct Scanner<'a> {
    id: &'static str,
    name: &'static str,
    version: &'a str,
    vendor: Vendor,
}

#[derive(Serialize)]
struct Vendor {
    name: &'static str,
}

#[derive(Serialize)]
struct Message {
    level: &'static str,
    value: String,
}

#[derive(Serialize)]
struct Vulnerability<'a> {
    id: String,
    name: &'a str,
    description: &'a str,
    severity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    solution: Option<String>,
    identifiers: Vec<Identifier>,
    location: Place<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tracking: Option<Tracking<'a>>,
}

#[derive(Serialize)]
struct Identifier {
    #[serde(rename = "type")]
    kind: String,
    name: String,
    value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

#[derive(Serialize)]
struct Place<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'a str>,
}

#[derive(Serialize)]
struct Tracking<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    items: [Tracked<'a>; 1],
}

#[derive(Serialize)]
struct Tracked<'a> {
    file: &'a str,
    start_line: u32,
    end_line: u32,
    signatures: [Signature; 1],
}

#[derive(Serialize)]
struct Signature {
    algorithm: &'static str,
    value: String,
}

/// The document.
pub(super) fn render(report: &Report, _: &Options) -> String {
    let scanner = || Scanner {
        id: "hognose",
        name: "Hognose",
        version: &report.run.version,
        vendor: Vendor { name: "Hognose" },
    };
    let failed = report
        .problems
        .iter()
        .any(|problem| problem.kind.level() == ProblemLevel::Error);
    let folders = report.left_out.iter().map(|one| Message {
        level: "info",
        value: format!("{}: left out, {}", one.path, one.reason),
    });
    json_text(&Document {
        version: "15.2.1",
        scan: Scan {
            analyzer: scanner(),
            scanner: scanner(),
            kind: "sast",
            start_time: report.run.started.strftime(TIME).to_string(),
            end_time: report.run.ended().strftime(TIME).to_string(),
            status: if failed { "failure" } else { "success" },
            messages: report.problems.iter().map(message).chain(folders).collect(),
        },
        vulnerabilities: report.open().map(vulnerability).collect(),
    })
}

fn message(problem: &Problem) -> Message {
    let place = match (&problem.path, problem.range) {
        (Some(path), Some(range)) => format!("{path}:{}: ", range.start.line),
        (Some(path), None) => format!("{path}: "),
        (None, _) => String::new(),
    };
    Message {
        level: match problem.kind.level() {
            ProblemLevel::Note => "info",
            ProblemLevel::Warning => "warn",
            ProblemLevel::Error => "fatal",
        },
        value: format!("{place}{} [{}]", problem.message, problem.kind),
    }
}

fn vulnerability(finding: &Finding) -> Vulnerability<'_> {
    let rule = &finding.rule;
    let code = finding.location.code();
    let path = code.map_or("", |code| &*code.path);
    let fingerprint = finding.fingerprint.to_string();
    let advisory = advisory_of(finding);
    let published = advisory
        .iter()
        .flat_map(|advisory| &advisory.names)
        .map(|name| Identifier {
            kind: name.split('-').next().unwrap_or(name).to_lowercase(),
            name: name.clone(),
            value: name.clone(),
            url: name
                .starts_with("CVE-")
                .then(|| format!("https://nvd.nist.gov/vuln/detail/{name}")),
        });
    // The first identifier is the one that GitLab goes by.
    let mut identifiers: Vec<Identifier> = published.collect();
    identifiers.push(Identifier {
        kind: "hognose_rule".to_owned(),
        name: format!("Hognose {}", rule.id),
        value: rule.id.to_string(),
        url: None,
    });
    identifiers.extend(rule.cwe.iter().map(|cwe| Identifier {
        kind: "cwe".to_owned(),
        name: format!("CWE-{cwe}"),
        value: cwe.to_string(),
        url: Some(format!("https://cwe.mitre.org/data/definitions/{cwe}.html")),
    }));
    identifiers.extend(rule.owasp.iter().map(|category| Identifier {
        kind: "owasp".to_owned(),
        name: category.clone(),
        value: category.clone(),
        url: None,
    }));
    Vulnerability {
        id: Fingerprint::of([path, &fingerprint]).to_string(),
        name: &rule.name,
        description: &finding.message,
        severity: match finding.severity {
            Severity::Low => "Low",
            Severity::Medium => "Medium",
            Severity::High => "High",
            Severity::Critical => "Critical",
        },
        solution: finding
            .fixes
            .first()
            .map(|fix| fix.title.clone())
            .or_else(|| Some(format!("Upgrade to {}", advisory?.upgrade_to.as_ref()?)))
            .or_else(|| advice(rule)),
        identifiers,
        location: Place {
            file: code.map(|code| &*code.path),
            start_line: code.map(|code| code.range.start.line),
            end_line: code.map(|code| code.range.end.line),
            method: code
                .map(|code| &*code.scope)
                .filter(|scope| !scope.is_empty()),
        },
        tracking: code.map(|code| Tracking {
            kind: "source",
            items: [Tracked {
                file: &code.path,
                start_line: code.range.start.line,
                end_line: code.range.end.line,
                signatures: [Signature {
                    algorithm: "hash",
                    value: fingerprint,
                }],
            }],
        }),
    }
}

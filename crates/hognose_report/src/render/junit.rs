//! `JUnit`'s XML, for build servers: a suite a file, a failed test a finding, an error a problem.
//!
//! Findings that a comment or the baseline accepts, problems because of which nothing is missing, and folders that were
//! left out, are skipped tests. Without anything to say there is one test, which passes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use hognose_finding::{Evidence, Finding, Problem, ProblemLevel};

use super::advisory::advisory_facts;
use super::text::place;
use super::{Options, vulnerability, weaknesses};
use crate::report::{Assessed, LeftOut, Report, Status};
use crate::summary::verdict;

#[derive(Default)]
struct Suite {
    tests: u64,
    failures: u64,
    errors: u64,
    skipped: u64,
    cases: String,
}

/// The document.
pub(super) fn render(report: &Report, _: &Options) -> String {
    let mut suites: BTreeMap<&str, Suite> = BTreeMap::new();
    for assessed in &report.findings {
        let path = assessed
            .finding
            .location
            .code()
            .map_or("", |code| &*code.path);
        suites.entry(path).or_default().finding(path, assessed);
    }
    for problem in &report.problems {
        let path = problem.path.as_deref().unwrap_or("");
        suites.entry(path).or_default().problem(path, problem);
    }
    for one in &report.left_out {
        suites.entry("").or_default().left_out(one);
    }
    if suites.is_empty() {
        let suite = suites.entry("").or_default();
        suite.tests = 1;
        let _ = writeln!(
            suite.cases,
            "    <testcase name=\"{}\" classname=\"hognose\"/>",
            escaped(&verdict(report))
        );
    }

    let sum = |what: fn(&Suite) -> u64| suites.values().map(what).sum::<u64>();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        out,
        "<testsuites name=\"hognose\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">",
        sum(|suite| suite.tests),
        sum(|suite| suite.failures),
        sum(|suite| suite.errors),
        sum(|suite| suite.skipped),
    );
    for (path, suite) in &suites {
        let _ = writeln!(
            out,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">",
            escaped(name(path)),
            suite.tests,
            suite.failures,
            suite.errors,
            suite.skipped,
        );
        out.push_str(&suite.cases);
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

/// What has no file belongs to the run.
fn name(path: &str) -> &str {
    if path.is_empty() { "hognose" } else { path }
}

impl Suite {
    fn finding(&mut self, path: &str, assessed: &Assessed) {
        let finding = &assessed.finding;
        let start = finding
            .location
            .code()
            .map(|code| code.range.start)
            .unwrap_or_default();
        let mut test = format!("{}:{}:{}", finding.rule.id, start.line, start.column);
        if let Some(advisory) = vulnerability(finding) {
            let _ = write!(test, ":{advisory}");
        }
        self.open(path, &test);
        match &assessed.status {
            Status::Open => {
                self.failures += 1;
                let _ = writeln!(
                    self.cases,
                    "      <failure type=\"{}\" message=\"{}\">{}</failure>",
                    finding.severity,
                    escaped(&finding.message),
                    escaped(&details(finding)),
                );
            }
            Status::Suppressed { by, reason } => {
                let reason = reason
                    .as_ref()
                    .map_or(String::new(), |reason| format!(": {reason}"));
                self.skip(&format!("suppressed by {by}{reason}"));
            }
            Status::Known => self.skip("known"),
        }
        self.cases.push_str("    </testcase>\n");
    }

    fn problem(&mut self, path: &str, problem: &Problem) {
        let place = problem.range.map_or(String::new(), |range| {
            format!(":{}:{}", range.start.line, range.start.column)
        });
        self.open(path, &format!("{}{place}", problem.kind));
        if problem.kind.level() >= ProblemLevel::Warning {
            self.errors += 1;
            let _ = writeln!(
                self.cases,
                "      <error type=\"{}\" message=\"{}\"/>",
                problem.kind,
                escaped(&problem.message)
            );
        } else {
            self.skip(&problem.message);
        }
        self.cases.push_str("    </testcase>\n");
    }

    fn left_out(&mut self, one: &LeftOut) {
        self.open("", &format!("left out: {}", one.path));
        self.skip(&one.reason);
        self.cases.push_str("    </testcase>\n");
    }

    fn open(&mut self, path: &str, test: &str) {
        self.tests += 1;
        let _ = writeln!(
            self.cases,
            "    <testcase name=\"{}\" classname=\"{}\">",
            escaped(test),
            escaped(name(path))
        );
    }

    fn skip(&mut self, why: &str) {
        self.skipped += 1;
        let _ = writeln!(self.cases, "      <skipped message=\"{}\"/>", escaped(why));
    }
}

/// Where, how sure, and how the data gets there.
fn details(finding: &Finding) -> String {
    let mut out = String::new();
    if let Some(code) = finding.location.code() {
        let _ = writeln!(out, "{}", place(code));
    }
    let mut facts = vec![finding.confidence.to_string()];
    facts.extend(weaknesses(&finding.rule));
    let facts = facts.join(", ");
    let _ = write!(out, "{} ({facts})", finding.rule.name);
    for evidence in &finding.evidence {
        match evidence {
            Evidence::Flow(flow) => {
                for (index, step) in flow.steps.iter().enumerate() {
                    let _ = write!(
                        out,
                        "\n{}. {}: {}",
                        index + 1,
                        place(&step.location),
                        step.note
                    );
                }
            }
            Evidence::Advisory(advisory) => {
                for (name, fact) in advisory_facts(advisory, &finding.location) {
                    let _ = write!(out, "\n{name}: {fact}");
                }
            }
            Evidence::Related(_) => {}
        }
    }
    out
}

/// Text for content and for attributes in double quotes. Characters that XML 1.0 does not have become U+FFFD.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(char),
            '\r' => out.push_str("&#13;"),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(char),
        }
    }
    out
}

//! Everything there is to say, for other programs: one document (`json`) or one object a line (`jsonl`).
//!
//! [`VERSION`] rises when a field goes or changes its meaning; new fields may come without. How long the run took is
//! left out, so that the same input gives the same bytes.

use hognose_finding::{
    Advisory, CodeLocation, Evidence, Finding, Fix, FlowStep, Problem, Range, Safety,
};
use serde::Serialize;

use super::Options;
use crate::report::{Assessed, LeftOut, Report, Status};
use crate::summary::{Counts, verdict};

/// The version of the format.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    run: WireRun<'a>,
    summary: WireSummary,
    findings: Vec<WireFinding<'a>>,
    problems: Vec<WireProblem<'a>>,
    left_out: Vec<WireLeftOut<'a>>,
    rules: Vec<WireRule<'a>>,
}

/// A line of `jsonl`.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
enum Line<'a> {
    Run {
        version: u32,
        #[serde(flatten)]
        run: WireRun<'a>,
    },
    Finding(Box<WireFinding<'a>>),
    Problem(WireProblem<'a>),
    LeftOut(WireLeftOut<'a>),
    Summary(WireSummary),
}

#[derive(Serialize)]
struct WireRun<'a> {
    tool: &'static str,
    tool_version: &'a str,
    persona: &'static str,
    fail_on: Option<&'static str>,
    compared: bool,
    files: u64,
    lines: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    dependencies: Option<u64>,
}

#[derive(Serialize)]
struct WireSummary {
    text: String,
    critical: u64,
    high: u64,
    medium: u64,
    low: u64,
    known: u64,
    suppressed: u64,
    problems: u64,
    exit_code: u8,
}

#[derive(Serialize)]
struct WireFinding<'a> {
    rule: &'a str,
    name: &'a str,
    message: &'a str,
    severity: &'static str,
    confidence: &'static str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressed_by: Option<WireSuppression<'a>>,
    cwe: &'a [u32],
    fingerprint: String,
    location: Option<WireLocation<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    package: Option<WirePackage<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    advisories: Vec<WireAdvisory<'a>>,
    flows: Vec<WireFlow<'a>>,
    related: Vec<WireStep<'a>>,
    fixes: Vec<WireFix<'a>>,
}

/// What a package manager knows the place as.
#[derive(Serialize)]
struct WirePackage<'a> {
    name: &'a str,
    version: Option<&'a str>,
    purl: &'a str,
    chain: Vec<&'a str>,
    groups: Vec<&'a str>,
}

#[derive(Serialize)]
struct WireAdvisory<'a> {
    id: &'a str,
    aliases: &'a [String],
    summary: &'a str,
    cvss: Option<WireCvss<'a>>,
    exploited: Option<WireExploited<'a>>,
    epss: Option<WireEpss>,
    fixed_in: &'a [String],
    upgrade_to: Option<&'a str>,
    published: &'a str,
    links: &'a [String],
    credits: &'a [String],
}

#[derive(Serialize)]
struct WireCvss<'a> {
    score: f32,
    vector: &'a str,
}

#[derive(Serialize)]
struct WireExploited<'a> {
    since: &'a str,
    ransomware: bool,
}

/// Both from 0 to 1.
#[derive(Serialize)]
struct WireEpss {
    probability: f64,
    percentile: f64,
}

#[derive(Serialize)]
struct WireSuppression<'a> {
    comment: &'a str,
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct WireLocation<'a> {
    path: &'a str,
    start: WirePosition,
    end: WirePosition,
    #[serde(skip_serializing_if = "Option::is_none")]
    cell: Option<WireCell>,
    scope: &'a str,
    excerpt: Option<WireExcerpt<'a>>,
}

/// Line and column from 1, column in code points, offset in bytes of the decoded text.
#[derive(Serialize)]
struct WirePosition {
    line: u32,
    column: u32,
    offset: u32,
}

#[derive(Serialize)]
struct WireCell {
    number: u32,
    line: u32,
}

#[derive(Serialize)]
struct WireExcerpt<'a> {
    first_line: u32,
    text: &'a str,
}

#[derive(Serialize)]
struct WireFlow<'a> {
    source: &'a str,
    sink: &'a str,
    steps: Vec<WireStep<'a>>,
}

#[derive(Serialize)]
struct WireStep<'a> {
    note: &'a str,
    location: WireLocation<'a>,
}

#[derive(Serialize)]
struct WireFix<'a> {
    title: &'a str,
    safe: bool,
    edits: Vec<WireEdit<'a>>,
}

#[derive(Serialize)]
struct WireEdit<'a> {
    start: u32,
    end: u32,
    text: &'a str,
}

#[derive(Serialize)]
struct WireProblem<'a> {
    kind: &'static str,
    level: &'static str,
    message: &'a str,
    path: Option<&'a str>,
    start: Option<WirePosition>,
    end: Option<WirePosition>,
}

#[derive(Serialize)]
struct WireLeftOut<'a> {
    path: &'a str,
    reason: &'a str,
}

/// A rule that has a finding in the report.
#[derive(Serialize)]
struct WireRule<'a> {
    id: &'a str,
    name: &'a str,
    summary: &'a str,
    severity: &'static str,
    persona: &'static str,
    cwe: &'a [u32],
    owasp: &'a [String],
    aliases: Vec<&'a str>,
}

/// One document, indented.
pub(super) fn render(report: &Report, _: &Options) -> String {
    let document = Document {
        version: VERSION,
        run: run(report),
        summary: summary(report),
        findings: report.findings.iter().map(finding).collect(),
        problems: report.problems.iter().map(problem).collect(),
        left_out: report.left_out.iter().map(left_out).collect(),
        rules: rules(report),
    };
    super::json_text(&document)
}

/// One object a line: the run, then findings, problems and what was left out, then the summary.
pub(super) fn render_lines(report: &Report, _: &Options) -> String {
    let head = Line::Run {
        version: VERSION,
        run: run(report),
    };
    let findings = report
        .findings
        .iter()
        .map(|one| Line::Finding(Box::new(finding(one))));
    let problems = report
        .problems
        .iter()
        .map(|one| Line::Problem(problem(one)));
    let folders = report
        .left_out
        .iter()
        .map(|one| Line::LeftOut(left_out(one)));
    let tail = Line::Summary(summary(report));
    let mut out = String::new();
    for line in std::iter::once(head)
        .chain(findings)
        .chain(problems)
        .chain(folders)
        .chain([tail])
    {
        out.push_str(&serde_json::to_string(&line).expect("plain data serialises"));
        out.push('\n');
    }
    out
}

fn run(report: &Report) -> WireRun<'_> {
    WireRun {
        tool: "hognose",
        tool_version: &report.run.version,
        persona: report.run.persona.as_str(),
        fail_on: report.run.fail_on.map(hognose_finding::Severity::as_str),
        compared: report.compared,
        files: report.run.files,
        lines: report.run.lines,
        dependencies: report.run.dependencies,
    }
}

fn summary(report: &Report) -> WireSummary {
    let counts = Counts::of(report);
    let [low, medium, high, critical] = counts.by_severity;
    WireSummary {
        text: verdict(report),
        critical,
        high,
        medium,
        low,
        known: counts.known,
        suppressed: counts.suppressed,
        problems: counts.problems,
        exit_code: report.exit_code(),
    }
}

fn finding(assessed: &Assessed) -> WireFinding<'_> {
    let Assessed { finding, status } = assessed;
    let Finding {
        rule,
        message,
        location,
        severity,
        confidence,
        evidence,
        fixes,
        fingerprint,
    } = finding;
    WireFinding {
        rule: &rule.id,
        name: &rule.name,
        message,
        severity: severity.as_str(),
        confidence: confidence.as_str(),
        status: super::status_word(status),
        suppressed_by: match status {
            Status::Suppressed { by, reason } => Some(WireSuppression {
                comment: by,
                reason: reason.as_deref(),
            }),
            Status::Open | Status::Known => None,
        },
        cwe: &rule.cwe,
        fingerprint: fingerprint.to_string(),
        location: location.code().map(place),
        package: location.package().map(|package| WirePackage {
            name: &package.name,
            version: package.version.as_deref(),
            purl: &package.purl,
            chain: package.chain.iter().map(|name| &**name).collect(),
            groups: package.groups.iter().map(|name| &**name).collect(),
        }),
        advisories: evidence
            .iter()
            .filter_map(|evidence| match evidence {
                Evidence::Advisory(found) => Some(advisory(found)),
                Evidence::Flow(_) | Evidence::Related(_) => None,
            })
            .collect(),
        flows: evidence
            .iter()
            .filter_map(|evidence| match evidence {
                Evidence::Flow(flow) => Some(WireFlow {
                    source: &flow.source,
                    sink: &flow.sink,
                    steps: flow.steps.iter().map(step).collect(),
                }),
                Evidence::Related(_) | Evidence::Advisory(_) => None,
            })
            .collect(),
        related: evidence
            .iter()
            .filter_map(|evidence| match evidence {
                Evidence::Related(related) => Some(step(related)),
                Evidence::Flow(_) | Evidence::Advisory(_) => None,
            })
            .collect(),
        fixes: fixes.iter().map(fix).collect(),
    }
}

fn advisory(found: &Advisory) -> WireAdvisory<'_> {
    WireAdvisory {
        id: found.names.first().map_or("", String::as_str),
        aliases: found.names.get(1..).unwrap_or_default(),
        summary: &found.summary,
        cvss: found.cvss.as_ref().map(|cvss| WireCvss {
            score: f32::from(cvss.tenths) / 10.0,
            vector: &cvss.vector,
        }),
        exploited: found.exploited.as_ref().map(|exploited| WireExploited {
            since: &exploited.since,
            ransomware: exploited.ransomware,
        }),
        epss: found.epss.map(|epss| WireEpss {
            probability: f64::from(epss.probability) / 100_000.0,
            percentile: f64::from(epss.percentile) / 100_000.0,
        }),
        fixed_in: &found.fixed_in,
        upgrade_to: found.upgrade_to.as_deref(),
        published: &found.published,
        links: &found.links,
        credits: &found.credits,
    }
}

fn step(step: &FlowStep) -> WireStep<'_> {
    WireStep {
        note: &step.note,
        location: place(&step.location),
    }
}

fn fix(fix: &Fix) -> WireFix<'_> {
    WireFix {
        title: &fix.title,
        safe: fix.safety == Safety::Safe,
        edits: fix
            .edits
            .iter()
            .map(|edit| WireEdit {
                start: edit.start,
                end: edit.end,
                text: &edit.text,
            })
            .collect(),
    }
}

fn place(code: &CodeLocation) -> WireLocation<'_> {
    let (start, end) = positions(code.range);
    WireLocation {
        path: &code.path,
        start,
        end,
        cell: code.cell.map(|(number, line)| WireCell { number, line }),
        scope: &code.scope,
        excerpt: super::excerpt(code).map(|excerpt| WireExcerpt {
            first_line: excerpt.first_line,
            text: &excerpt.text,
        }),
    }
}

fn positions(range: Range) -> (WirePosition, WirePosition) {
    let one = |position: hognose_finding::Position| WirePosition {
        line: position.line,
        column: position.column,
        offset: position.offset,
    };
    (one(range.start), one(range.end))
}

fn problem(problem: &Problem) -> WireProblem<'_> {
    let (start, end) = problem.range.map(positions).unzip();
    WireProblem {
        kind: problem.kind.as_str(),
        level: super::level_word(problem.kind.level()),
        message: &problem.message,
        path: problem.path.as_deref(),
        start,
        end,
    }
}

fn left_out(one: &LeftOut) -> WireLeftOut<'_> {
    WireLeftOut {
        path: &one.path,
        reason: &one.reason,
    }
}

fn rules(report: &Report) -> Vec<WireRule<'_>> {
    report
        .rules
        .iter()
        .filter(|rule| {
            report
                .findings
                .iter()
                .any(|one| one.finding.rule.id == rule.id)
        })
        .map(|rule| WireRule {
            id: &rule.id,
            name: &rule.name,
            summary: &rule.summary,
            severity: rule.severity.as_str(),
            persona: rule.persona.as_str(),
            cwe: &rule.cwe,
            owasp: &rule.owasp,
            aliases: rule
                .aliases
                .iter()
                .map(|alias| alias.code.as_str())
                .collect(),
        })
        .collect()
}

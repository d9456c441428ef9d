//! Findings put together by hand.

use std::sync::Arc;
use std::time::Duration;

use hognose_finding::{
    Alias, AliasTool, CodeLocation, Confidence, Edit, Evidence, Excerpt, Finding, Fingerprint, Fix,
    Flow, FlowStep, Location, Persona, Position, Range, Rule, Safety, Severity,
};
use hognose_report::{Date, Facts, Outcome, Policy, Report, assess};

pub fn today() -> Date {
    "2026-11-15".parse().unwrap()
}

pub fn facts() -> Facts {
    Facts {
        dependencies: None,
        version: "0.1.0".into(),
        files: 312,
        lines: 48_201,
        started: today().at(9, 30, 59, 900_000_000),
        elapsed: Duration::from_millis(213),
    }
}

pub fn rule(id: &str, severity: Severity) -> Rule {
    Rule {
        id: id.into(),
        name: format!("Title of {id}"),
        summary: format!("What is wrong with {id}."),
        help: format!(
            "## What it is\n\nWhat is wrong with {id}.\n\n## How to fix it\n\nDo it [the other way](https://example.org/x).\nIt is `safer`.\n\n```python\nok()\n```\n"
        ),
        cwe: vec![89],
        owasp: vec!["A03:2021".into()],
        severity,
        persona: Persona::Regular,
        aliases: Vec::new(),
        since: "0.1.0".into(),
    }
}

pub fn sql_injection() -> Arc<Rule> {
    Arc::new(Rule {
        name: "SQL statement built from untrusted input".into(),
        aliases: vec![
            alias(AliasTool::Bandit, "B608"),
            alias(AliasTool::Ruff, "S608"),
        ],
        ..rule("sql-injection", Severity::Critical)
    })
}

pub fn tls() -> Arc<Rule> {
    Arc::new(Rule {
        name: "TLS certificate verification is switched off".into(),
        cwe: vec![295],
        owasp: vec!["A02:2021".into(), "A07:2021".into()],
        aliases: vec![
            alias(AliasTool::Bandit, "B501"),
            alias(AliasTool::Ruff, "S501"),
        ],
        ..rule("tls-verification-disabled", Severity::High)
    })
}

pub fn assert_used() -> Arc<Rule> {
    Arc::new(Rule {
        name: "Assertion used as a check".into(),
        cwe: vec![703],
        owasp: Vec::new(),
        persona: Persona::Auditor,
        aliases: vec![
            alias(AliasTool::Bandit, "B101"),
            alias(AliasTool::Ruff, "S101"),
        ],
        ..rule("assert-used", Severity::Low)
    })
}

/// Alias `B304` belongs to it and to nothing else here.
pub fn weak_cipher() -> Arc<Rule> {
    Arc::new(Rule {
        cwe: vec![327],
        aliases: vec![
            alias(AliasTool::Bandit, "B304"),
            alias(AliasTool::Bandit, "B305"),
        ],
        ..rule("weak-cipher", Severity::Medium)
    })
}

pub fn catalogue() -> Vec<Arc<Rule>> {
    vec![weak_cipher(), tls(), sql_injection(), assert_used()]
}

fn alias(tool: AliasTool, code: &str) -> Alias {
    Alias {
        tool,
        code: code.into(),
    }
}

/// The place of the first `needle` in the file `path` that holds `source`, with two lines of context.
pub fn at(path: &str, source: &str, needle: &str) -> CodeLocation {
    let start = source
        .find(needle)
        .unwrap_or_else(|| panic!("no `{needle}` in {path}"));
    let range = Range {
        start: position(source, start),
        end: position(source, start + needle.len()),
    };
    let lines: Vec<&str> = source.lines().collect();
    let mut starts = vec![0];
    starts.extend(source.match_indices('\n').map(|(at, _)| at as u32 + 1));
    let first = range.start.line.saturating_sub(2).max(1);
    let last = (range.end.line as usize + 2).min(lines.len());
    CodeLocation {
        path: path.into(),
        range,
        cell: None,
        scope: "".into(),
        excerpt: Excerpt {
            first_line: first,
            text: lines[first as usize - 1..last].join("\n").into(),
            starts: starts[first as usize - 1..last].into(),
        },
    }
}

fn position(source: &str, offset: usize) -> Position {
    let before = &source[..offset];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Position {
        line: before.matches('\n').count() as u32 + 1,
        column: before[line_start..].chars().count() as u32 + 1,
        offset: offset as u32,
    }
}

/// A likely finding; the fingerprint is of the rule and the marked text, as the engines make it.
pub fn finding(rule: &Arc<Rule>, location: CodeLocation, message: &str) -> Finding {
    let fingerprint = Fingerprint::of([&*rule.id, &*location.scope, message]);
    Finding {
        rule: Arc::clone(rule),
        message: message.into(),
        location: Location::Code(location),
        severity: rule.severity,
        confidence: Confidence::Likely,
        evidence: Vec::new(),
        fixes: Vec::new(),
        fingerprint,
    }
}

/// A finding that only has a line.
pub fn on_line(rule: &Arc<Rule>, path: &str, line: u32) -> Finding {
    let range = Range {
        start: Position {
            line,
            column: 1,
            offset: line * 10,
        },
        end: Position {
            line,
            column: 4,
            offset: line * 10 + 3,
        },
    };
    let location = CodeLocation {
        path: path.into(),
        range,
        cell: None,
        scope: "".into(),
        excerpt: Excerpt::default(),
    };
    let mut finding = finding(rule, location, &format!("`{}` is wrong", rule.id));
    finding.fingerprint = Fingerprint(u64::from(line));
    finding
}

pub fn step(location: CodeLocation, note: &str) -> FlowStep {
    FlowStep {
        location,
        note: note.into(),
    }
}

pub const VIEWS: &str = r#"from app.db import connect
from app.forms import term


def search(request):
    name = term(request)
    query = "SELECT * FROM item WHERE name = '" + name + "'"
    cursor = connect().cursor()
    cursor.execute(query)
    return cursor.fetchall()
"#;

pub const FORMS: &str = "def term(request):\n    return request.args[\"q\"]\n";

pub const CLIENT: &str = r"import requests


def fetch(url):
    return requests.get(url, verify=False, timeout=10)
";

/// A critical finding with a flow over two files.
pub fn injection() -> Finding {
    let steps = vec![
        step(
            at("app/forms.py", FORMS, "request.args[\"q\"]"),
            "a value of the query string",
        ),
        step(
            at("app/views.py", VIEWS, "term(request)"),
            "returned to `search`",
        ),
        step(
            at(
                "app/views.py",
                VIEWS,
                "\"SELECT * FROM item WHERE name = '\" + name + \"'\"",
            ),
            "becomes part of `query` together with constant text on both sides of it",
        ),
        step(
            at("app/views.py", VIEWS, "query)").shortened(1),
            "reaches the statement",
        ),
    ];
    let mut location = at("app/views.py", VIEWS, "query)").shortened(1);
    location.scope = "search".into();
    Finding {
        evidence: vec![Evidence::Flow(Flow {
            source: "remote-input".into(),
            sink: "sql".into(),
            steps,
        })],
        confidence: Confidence::Confirmed,
        ..finding(
            &sql_injection(),
            location,
            "`execute` runs a statement built from `request.args`",
        )
    }
}

/// A high finding with a fix and a related place.
pub fn unverified() -> Finding {
    let mut location = at("app/client.py", CLIENT, "verify=False");
    location.scope = "fetch".into();
    let start = location.range.start.offset - 2;
    let fix = Fix {
        title: "Remove `verify=False`".into(),
        safety: Safety::Unsafe,
        edits: vec![Edit {
            start,
            end: location.range.end.offset,
            text: String::new(),
        }],
    };
    Finding {
        confidence: Confidence::Confirmed,
        fixes: vec![fix],
        evidence: vec![Evidence::Related(step(
            at("app/client.py", CLIENT, "import requests"),
            "`requests` is the library",
        ))],
        ..finding(
            &tls(),
            location,
            "`requests.get` is called with `verify=False`, so any certificate is accepted",
        )
    }
}

pub trait Shortened {
    fn shortened(self, by: u32) -> Self;
}

impl Shortened for CodeLocation {
    /// Ends `by` ASCII characters earlier.
    fn shortened(mut self, by: u32) -> Self {
        self.range.end.column -= by;
        self.range.end.offset -= by;
        self
    }
}

/// Assesses findings alone under the default policy.
pub fn report_of(findings: Vec<Finding>) -> Report {
    report(Outcome {
        findings,
        ..Outcome::default()
    })
}

pub fn report(outcome: Outcome) -> Report {
    assess(
        outcome,
        &catalogue(),
        &Policy::default(),
        None,
        today(),
        facts(),
    )
}

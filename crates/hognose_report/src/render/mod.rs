//! Reports as text: one file a format, one list of them all.

use hognose_finding::{Advisory, CodeLocation, Evidence, Excerpt, Finding, ProblemLevel, Rule};

use crate::report::{Report, Status};
use crate::summary::{summary_line, timeless_summary};

mod advisory;
mod anchored;
mod concise;
mod csv;
mod full;
mod github;
mod gitlab;
mod html;
mod json;
mod junit;
mod markdown;
mod sarif;
mod text;

/// How to render for people. Formats for machines heed none of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Colours by ANSI escape sequences.
    pub color: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// Lines and carets from ASCII alone.
    pub ascii: bool,
    /// If places are to be links (OSC 8): the URL, with a final `/`, that relative paths are relative to, such as
    /// `file:///home/me/project/`.
    pub links: Option<String>,
    /// The line at the end.
    pub summary: Summary,
}

/// The line at the end of a report for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Summary {
    /// Says how long it took, too.
    Timed,
    /// The same input gives the same bytes, as in a file.
    Timeless,
    /// There is none.
    Omitted,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            color: false,
            width: 100,
            ascii: false,
            links: None,
            summary: Summary::Timeless,
        }
    }
}

impl Options {
    fn summary(&self, report: &Report) -> Option<String> {
        match self.summary {
            Summary::Timed => Some(summary_line(report)),
            Summary::Timeless => Some(timeless_summary(report)),
            Summary::Omitted => None,
        }
    }
}

/// A way to write a report.
#[derive(Debug, Clone, Copy)]
pub struct Format {
    /// What users call it: `sarif`.
    pub name: &'static str,
    /// Usual extension of a file in it, without a dot.
    pub extension: &'static str,
    /// What it is for, a few words.
    pub about: &'static str,
    /// Writes the report. The text ends with a line end, or is empty.
    pub render: fn(&Report, &Options) -> String,
}

/// All formats, the default first.
pub static FORMATS: &[Format] = &[
    Format {
        name: "full",
        extension: "txt",
        about: "for people: source, data flow, how to fix",
        render: full::render,
    },
    Format {
        name: "concise",
        extension: "txt",
        about: "for people: one line a finding",
        render: concise::render,
    },
    Format {
        name: "json",
        extension: "json",
        about: "everything, as one JSON document",
        render: json::render,
    },
    Format {
        name: "jsonl",
        extension: "jsonl",
        about: "everything, as one JSON object a line",
        render: json::render_lines,
    },
    Format {
        name: "sarif",
        extension: "sarif",
        about: "SARIF 2.1.0, for code hosts and vulnerability managers",
        render: sarif::render,
    },
    Format {
        name: "github",
        extension: "txt",
        about: "annotations in GitHub Actions",
        render: github::render,
    },
    Format {
        name: "gitlab",
        extension: "json",
        about: "GitLab's report for static analysis",
        render: gitlab::render,
    },
    Format {
        name: "junit",
        extension: "xml",
        about: "JUnit's XML, for build servers",
        render: junit::render,
    },
    Format {
        name: "csv",
        extension: "csv",
        about: "a table for spreadsheets",
        render: csv::render,
    },
    Format {
        name: "html",
        extension: "html",
        about: "for a browser: one file with filters, search and the rules' pages",
        render: html::render,
    },
    Format {
        name: "markdown",
        extension: "md",
        about: "for a comment on a pull request or a job's summary",
        render: markdown::render,
    },
];

/// The format users call `name`.
pub fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

/// What users read for a problem's level.
fn level_word(level: ProblemLevel) -> &'static str {
    match level {
        ProblemLevel::Note => "note",
        ProblemLevel::Warning => "warning",
        ProblemLevel::Error => "error",
    }
}

/// What other programs read for a finding's status.
fn status_word(status: &Status) -> &'static str {
    match status {
        Status::Open => "open",
        Status::Suppressed { .. } => "suppressed",
        Status::Known => "known",
    }
}

/// Source text above this many bytes is left out of documents for machines: lines of minified code are of no use there.
const LONGEST_EXCERPT: usize = 4_000;

/// The excerpt of a place, if it has one that is not too long.
fn excerpt(code: &CodeLocation) -> Option<&Excerpt> {
    let excerpt = &code.excerpt;
    (excerpt.first_line > 0 && excerpt.text.len() <= LONGEST_EXCERPT).then_some(excerpt)
}

/// The name of the published vulnerability that a finding is about.
fn vulnerability(finding: &Finding) -> Option<&str> {
    advisory_of(finding)?.names.first().map(String::as_str)
}

/// What is published, if the finding is about that.
fn advisory_of(finding: &Finding) -> Option<&Advisory> {
    finding.evidence.iter().find_map(|evidence| match evidence {
        Evidence::Advisory(advisory) => Some(&**advisory),
        Evidence::Flow(_) | Evidence::Related(_) => None,
    })
}

/// `CWE-89`, most exact first.
fn weaknesses(rule: &Rule) -> Vec<String> {
    rule.cwe.iter().map(|cwe| format!("CWE-{cwe}")).collect()
}

/// `value` as indented JSON with a final line end.
fn json_text<T: serde::Serialize>(value: &T) -> String {
    let mut text = serde_json::to_string_pretty(value)
        .expect("wire structs have string keys and plain values");
    text.push('\n');
    text
}

/// The first paragraph of what a rule's page says on how to fix it, on one line, links reduced to their words.
fn advice(rule: &Rule) -> Option<String> {
    let mut section = rule
        .help
        .lines()
        .skip_while(|line| line.trim_end() != "## How to fix it")
        .skip(1);
    let paragraph: Vec<&str> = section
        .by_ref()
        .map(str::trim)
        .skip_while(|line| line.is_empty())
        .take_while(|line| !(line.is_empty() || line.starts_with("```") || line.starts_with('#')))
        .collect();
    let text = without_links(&paragraph.join(" "));
    (!text.is_empty()).then_some(text)
}

/// `see [the guide](https://…)` becomes `see the guide`.
fn without_links(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        out.push_str(before);
        rest = match after
            .split_once("](")
            .and_then(|(words, url)| Some((words, url.split_once(')')?)))
        {
            Some((words, (_, after))) if !words.contains('[') => {
                out.push_str(words);
                after
            }
            _ => {
                out.push('[');
                after
            }
        };
    }
    out.push_str(rest);
    out
}

//! `hognose rules`: all rules.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use hognose_finding::{AliasTool, Rule, Severity};
use serde::Serialize;

use crate::args::{Global, Rules, RulesFormat};
use crate::failure::Failure;
use crate::terminal::Terminal;

/// Prints all rules.
pub fn run(global: &Global, arguments: &Rules, terminal: &Terminal) -> Result<u8, Failure> {
    let rules = super::knowledge(global)?.rules();
    let rules: Vec<&Rule> = rules.iter().map(|rule| &**rule).collect();
    let text = match arguments.format {
        RulesFormat::Table => table(&rules, terminal),
        RulesFormat::Markdown => markdown(&rules),
        RulesFormat::Json => json(&rules),
    };
    terminal.print(&text)?;
    Ok(0)
}

fn table(rules: &[&Rule], terminal: &Terminal) -> String {
    let wide = |text: fn(&Rule) -> usize| rules.iter().map(|rule| text(rule)).max().unwrap_or(0);
    let (ids, wide_codes) = (wide(|rule| rule.id.len()), wide(|rule| codes(rule).len()));
    let bold = Style::new().bold();
    let mut text = String::new();
    let head = format!(
        "{:<ids$}  {:<8}  {:<8}  {:<wide_codes$}  name",
        "rule", "severity", "persona", "codes"
    );
    let _ = writeln!(text, "{}", terminal.paint(bold, &head)); // writing to a String cannot fail
    for rule in rules {
        let severity = terminal.paint(
            severity_style(rule.severity),
            &format!("{:<8}", rule.severity),
        );
        let id = terminal.paint(bold, &format!("{:<ids$}", rule.id));
        let _ = writeln!(
            text,
            "{id}  {severity}  {:<8}  {:<wide_codes$}  {}",
            rule.persona,
            codes(rule),
            rule.name
        );
    }
    text
}

/// Colours by meaning: what is worse glows more.
pub fn severity_style(severity: Severity) -> Style {
    match severity {
        Severity::Low => AnsiColor::Blue.on_default(),
        Severity::Medium => AnsiColor::Yellow.on_default(),
        Severity::High => AnsiColor::Red.on_default(),
        Severity::Critical => AnsiColor::Red.on_default().bold(),
    }
}

/// The rule's codes in other tools; Ruff's are left out where they are Bandit's with another letter.
fn codes(rule: &Rule) -> String {
    let of = |tool| {
        rule.aliases
            .iter()
            .filter(move |alias| alias.tool == tool)
            .map(|alias| alias.code.as_str())
    };
    let bandit: Vec<&str> = of(AliasTool::Bandit).collect();
    let same = |code: &&str| {
        code.strip_prefix('S')
            .is_some_and(|number| bandit.contains(&format!("B{number}").as_str()))
    };
    let ruff = of(AliasTool::Ruff).filter(|code| !same(code));
    bandit
        .iter()
        .copied()
        .chain(ruff)
        .collect::<Vec<_>>()
        .join(" ")
}

fn markdown(rules: &[&Rule]) -> String {
    let mut text =
        "| rule | finds | severity | persona | CWE | codes |\n|---|---|---|---|---|---|\n"
            .to_owned();
    for rule in rules {
        let cwe: Vec<String> = rule.cwe.iter().map(ToString::to_string).collect();
        let aliases: Vec<&str> = rule
            .aliases
            .iter()
            .map(|alias| alias.code.as_str())
            .collect();
        let name = rule.name.replace('|', "\\|");
        let (cwe, aliases) = (cwe.join(", "), aliases.join(", "));
        let _ = writeln!(
            text,
            "| `{}` | {name} | {} | {} | {cwe} | {aliases} |",
            rule.id, rule.severity, rule.persona
        );
    }
    text
}

/// The wire format of `--format json`. Fields may be added; the version counts other changes.
#[derive(Serialize)]
struct WireRules<'a> {
    version: u32,
    rules: Vec<WireRule<'a>>,
}

/// The wire format of a rule.
#[derive(Serialize)]
pub struct WireRule<'a> {
    id: &'a str,
    name: &'a str,
    summary: &'a str,
    severity: &'static str,
    persona: &'static str,
    cwe: &'a [u32],
    owasp: &'a [String],
    bandit: Vec<&'a str>,
    ruff: Vec<&'a str>,
    since: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
}

impl<'a> WireRule<'a> {
    /// The rule; with its page if `help`.
    pub fn of(rule: &'a Rule, help: bool) -> Self {
        let of = |tool| {
            rule.aliases
                .iter()
                .filter(|alias| alias.tool == tool)
                .map(|alias| alias.code.as_str())
                .collect()
        };
        WireRule {
            id: &rule.id,
            name: &rule.name,
            summary: &rule.summary,
            severity: rule.severity.as_str(),
            persona: rule.persona.as_str(),
            cwe: &rule.cwe,
            owasp: &rule.owasp,
            bandit: of(AliasTool::Bandit),
            ruff: of(AliasTool::Ruff),
            since: &rule.since,
            help: help.then_some(rule.help.as_str()),
        }
    }
}

fn json(rules: &[&Rule]) -> String {
    let wire = WireRules {
        version: 1,
        rules: rules.iter().map(|rule| WireRule::of(rule, false)).collect(),
    };
    to_json(&wire)
}

/// As indented JSON with a final newline.
pub fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).expect("texts and numbers serialise") + "\n"
}

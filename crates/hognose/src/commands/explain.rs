//! `hognose explain`: the page of a rule.

use anstyle::Style;
use hognose_finding::Rule;
use hognose_rules::RulePage;

use super::markdown;
use super::rules::{WireRule, severity_style, to_json};
use crate::args::{Explain, ExplainFormat, Global};
use crate::config::find_rule;
use crate::failure::Failure;
use crate::terminal::Terminal;

/// Lines longer than this are hard to read, however wide the terminal is.
const WIDEST: usize = 100;

/// Prints the pages of some rules.
pub fn run(global: &Global, arguments: &Explain, terminal: &Terminal) -> Result<u8, Failure> {
    let knowledge = super::knowledge(global)?;
    let mut pages: Vec<&RulePage> = Vec::new();
    for name in &arguments.rules {
        let page = find_rule(name, &knowledge.catalogue)?;
        if !pages.iter().any(|known| known.id() == page.id()) {
            pages.push(page);
        }
    }
    let texts: Vec<String> = pages
        .iter()
        .map(|page| match arguments.format {
            ExplainFormat::Terminal => for_reading(&page.rule, terminal),
            ExplainFormat::Markdown => page.text().trim_end().to_owned() + "\n",
            ExplainFormat::Json => to_json(&WireRule::of(&page.rule, true)),
        })
        .collect();
    terminal.print(&texts.join("\n"))?;
    Ok(0)
}

fn for_reading(rule: &Rule, terminal: &Terminal) -> String {
    let bold = Style::new().bold();
    let dim = Style::new().dimmed();
    let mut facts = vec![terminal.paint(severity_style(rule.severity), rule.severity.as_str())];
    facts.push(format!("{} persona", rule.persona));
    facts.extend(rule.cwe.iter().map(|number| format!("CWE-{number}")));
    facts.extend(
        rule.owasp
            .iter()
            .map(|category| format!("OWASP {category}")),
    );
    facts.extend(rule.aliases.iter().map(|alias| alias.code.clone()));
    facts.push(format!("since {}", rule.since));
    let width = terminal.width.min(WIDEST);
    let look = markdown::Look {
        colour: terminal.colour,
        links: terminal.colour && terminal.output_seen,
        width,
    };
    format!(
        "{} {}\n{}\n\n{}",
        terminal.paint(bold, &rule.id),
        terminal.paint(dim, &format!("– {}", rule.name)),
        markdown::wrap(&facts.join(" · "), width, "", ""),
        markdown::render(&rule.help, &look)
    )
}

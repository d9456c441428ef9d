//! Reads the front matter of a page.

use std::sync::Arc;

use hognose_finding::{Alias, AliasTool, Persona, Rule};

use crate::Detect;
use crate::page::Origin;
use crate::read_detect::SEVERITIES;
use crate::reader::Reader;
use crate::yaml::{Node, Span, parse};

/// The keys of the front matter.
const KEYS: [&str; 9] = [
    "id", "name", "cwe", "owasp", "severity", "persona", "aliases", "since", "detect",
];

/// Persona words with their meaning.
const PERSONAS: [(&str, Persona); 3] = [
    (Persona::Regular.as_str(), Persona::Regular),
    (Persona::Pedantic.as_str(), Persona::Pedantic),
    (Persona::Auditor.as_str(), Persona::Auditor),
];

/// What the front matter says. The text of the rule is still empty.
pub(crate) struct FrontMatter {
    pub(crate) rule: Rule,
    pub(crate) detect: Vec<Detect>,
    pub(crate) id_span: Span,
    /// Where each of `rule.aliases` stands.
    pub(crate) alias_spans: Vec<Span>,
}

/// Finds the YAML between the two `---` lines: its bytes, and where the body begins.
pub(crate) fn split(page: &str) -> Option<(Span, usize)> {
    let start = if page.starts_with('\u{feff}') {
        '\u{feff}'.len_utf8()
    } else {
        0
    };
    let mut at = start;
    let mut yaml = None;
    for line in page[start..].split_inclusive('\n') {
        let end = at + line.len();
        match (yaml, line.trim_end() == "---") {
            (None, true) => yaml = Some(end),
            (None, false) => return None,
            (Some(yaml), true) => return Some((yaml..at, end)),
            (Some(_), false) => {}
        }
        at = end;
    }
    None
}

impl<'t> Reader<'t> {
    /// The front matter at `yaml`; `None` if anything is wrong with it.
    pub(crate) fn front_matter(&mut self, yaml: Span, origin: Origin) -> Option<FrontMatter> {
        let node = match parse(self.page, yaml) {
            Ok(node) => node,
            Err((at, message)) => {
                let line = self.page[at.start.min(self.page.len())..].trim_start();
                // The commonest slip: Markdown's code mark may not begin an unquoted text.
                let help = line
                    .starts_with('`')
                    .then_some("put a text that begins with a backquote into quotes");
                self.error_with_help(&at, format!("invalid YAML: {message}"), help);
                return None;
            }
        };
        let fields = self.map(&node, "front matter", &KEYS)?;
        let top = 0..self.page.find(['\r', '\n']).unwrap_or(self.page.len());

        let id_node = self.required(&fields, "id", &top, None);
        let id = id_node.and_then(|node| self.id(node));
        let name = self
            .required(&fields, "name", &top, None)
            .and_then(|node| self.title(node));
        let cwe = self
            .required(&fields, "cwe", &top, Some("as in `[89]`"))
            .map(|node| self.cwe(node));
        let owasp = fields
            .get("owasp")
            .map(|node| self.owasp(node))
            .unwrap_or_default();
        let severity = self
            .required(&fields, "severity", &top, None)
            .and_then(|node| self.word(node, "severity", &SEVERITIES));
        let persona = match fields.get("persona") {
            Some(node) => self.word(node, "persona", &PERSONAS),
            None => Some(Persona::Regular),
        };
        let aliases = fields
            .get("aliases")
            .map(|node| self.aliases(node))
            .unwrap_or_default();
        let since = match origin {
            Origin::Builtin => self.required(
                &fields,
                "since",
                &top,
                Some("the first version that has the rule"),
            ),
            Origin::User => fields.get("since"),
        };
        let since = since.map(|node| self.version(node));
        let detect_node = self.required(&fields, "detect", &top, None);
        let detect = detect_node.map(|node| {
            self.list(node, "detect")
                .iter()
                .filter_map(|entry| self.detect(entry))
                .collect::<Vec<_>>()
        });

        if !self.errors.is_empty() {
            return None;
        }
        let (aliases, alias_spans) = aliases.into_iter().unzip();
        Some(FrontMatter {
            rule: Rule {
                id: Arc::from(id?),
                name: name?,
                summary: String::new(),
                help: String::new(),
                cwe: cwe?,
                owasp,
                severity: severity?,
                persona: persona?,
                aliases,
                since: since.unwrap_or_default(),
            },
            detect: detect?,
            id_span: id_node?.span.clone(),
            alias_spans,
        })
    }

    /// The id, which is also the name of the file.
    fn id(&mut self, node: &Node<'t>) -> Option<String> {
        let id = self.kebab_case(node, "id")?;
        let file = self.path.rsplit(['/', '\\']).next().unwrap_or_default();
        let stem = file.strip_suffix(".md").unwrap_or(file);
        if id != stem {
            self.error_with_help(
                &node.span,
                format!("the id differs from the file name `{file}`"),
                Some(format!(
                    "rename the file to `{id}.md` or write `id: {stem}`"
                )),
            );
        }
        Some(id)
    }

    /// The name: a title, so without a full stop.
    fn title(&mut self, node: &Node<'t>) -> Option<String> {
        let name = self.text(node, "name")?;
        if name.ends_with('.') {
            self.error(&node.span, "`name` is a title and takes no full stop");
        }
        if name.contains('\n') {
            self.error(&node.span, "`name` must be one line");
        }
        Some(name)
    }

    fn cwe(&mut self, node: &Node<'t>) -> Vec<u32> {
        let mut numbers = Vec::new();
        for item in self.list(node, "cwe") {
            let text = item.scalar().unwrap_or(&self.page[item.span.clone()]);
            match text.parse() {
                Ok(number) if number > 0 => numbers.push(number),
                _ => {
                    let number = text.trim_start_matches(|c: char| !c.is_ascii_digit());
                    let help = number
                        .parse::<u32>()
                        .is_ok()
                        .then(|| format!("write `{number}`"));
                    self.error_with_help(&item.span, format!("`{text}` is not a CWE number"), help);
                }
            }
        }
        numbers
    }

    fn owasp(&mut self, node: &Node<'t>) -> Vec<String> {
        let mut categories = Vec::new();
        for item in self.list(node, "owasp") {
            let Some(category) = self.text(item, "owasp") else {
                continue;
            };
            let well_formed = matches!(category.split_once(':'), Some((code, year))
                if is_code(code, "A", 2) && is_code(year, "20", 2));
            if well_formed {
                categories.push(category);
            } else {
                self.error_with_help(
                    &item.span,
                    format!("`{category}` is not an OWASP Top 10 category"),
                    Some("as in `A03:2021`"),
                );
            }
        }
        categories
    }

    /// Aliases and where each stands.
    fn aliases(&mut self, node: &Node<'t>) -> Vec<(Alias, Span)> {
        let mut aliases: Vec<(Alias, Span)> = Vec::new();
        let Some(fields) = self.map(node, "aliases", AliasTool::WORDS) else {
            return aliases;
        };
        for (tool, prefix) in [(AliasTool::Bandit, "B"), (AliasTool::Ruff, "S")] {
            let Some(list) = fields.get(tool.as_str()) else {
                continue;
            };
            for item in self.list(list, tool.as_str()) {
                let Some(code) = self.text(item, tool.as_str()) else {
                    continue;
                };
                if !is_code(&code, prefix, 3) {
                    self.error_with_help(
                        &item.span,
                        format!("`{code}` is not a code of {tool}"),
                        Some(format!("as in `{prefix}101`")),
                    );
                } else if aliases.iter().any(|(alias, _)| alias.code == code) {
                    self.error(&item.span, format!("`{code}` is listed twice"));
                } else {
                    aliases.push((Alias { tool, code }, item.span.clone()));
                }
            }
        }
        aliases
    }

    /// `0.1.0`, which YAML takes for text.
    fn version(&mut self, node: &Node<'t>) -> String {
        let text = node.scalar().unwrap_or_default();
        let parts: Vec<&str> = text.split('.').collect();
        if parts.len() != 3 || parts.iter().any(|part| part.parse::<u32>().is_err()) {
            self.error_with_help(
                &node.span,
                "`since` must be a version",
                Some("as in `0.1.0`"),
            );
        }
        text.to_owned()
    }
}

/// `prefix` and then so many digits.
fn is_code(word: &str, prefix: &str, digits: usize) -> bool {
    word.strip_prefix(prefix)
        .is_some_and(|rest| rest.len() == digits && rest.bytes().all(|byte| byte.is_ascii_digit()))
}

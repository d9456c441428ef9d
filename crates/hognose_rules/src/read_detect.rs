//! Reads the entries of `detect`.

use std::ops::Range;

use hognose_finding::{Confidence, Safety, Severity};

use crate::reader::{Fields, Reader, backquoted, is_dotted_name, is_kebab_case, is_name};
use crate::test_value::compile;
use crate::yaml::{Entry, Node, Span, Value};
use crate::{
    AdvisoryKind, AffectedVersions, Detect, FixAction, FixRecipe, Framework, Matcher, Pattern,
    TemplateConstruct, ValueTest,
};

/// The keys of which an entry has exactly one.
const MECHANISMS: [&str; 9] = [
    "call", "sink", "missing", "flow", "import", "setting", "template", "advisory", "check",
];

/// All keys of an entry.
const KEYS: [&str; 15] = [
    "call",
    "sink",
    "missing",
    "flow",
    "import",
    "setting",
    "template",
    "advisory",
    "check",
    "value",
    "with",
    "confidence",
    "severity",
    "message",
    "fix",
];

/// Confidence words with their meaning.
const CONFIDENCES: [(&str, Confidence); 3] = [
    (Confidence::Possible.as_str(), Confidence::Possible),
    (Confidence::Likely.as_str(), Confidence::Likely),
    (Confidence::Confirmed.as_str(), Confidence::Confirmed),
];

/// Severity words with their meaning.
pub(crate) const SEVERITIES: [(&str, Severity); 4] = [
    (Severity::Low.as_str(), Severity::Low),
    (Severity::Medium.as_str(), Severity::Medium),
    (Severity::High.as_str(), Severity::High),
    (Severity::Critical.as_str(), Severity::Critical),
];

/// Safety words with their meaning.
const SAFETIES: [(&str, Safety); 2] = [("safe", Safety::Safe), ("unsafe", Safety::Unsafe)];

/// Which of the two vocabularies a kind belongs to.
#[derive(Clone, Copy)]
enum Role {
    Source,
    Sink,
}

impl<'t> Reader<'t> {
    /// One entry of `detect`.
    pub(crate) fn detect(&mut self, node: &Node<'t>) -> Option<Detect> {
        let faults = self.errors.len();
        let fields = self.map(node, "detect", &KEYS)?;
        let mechanism = self.mechanism(&fields)?;
        let matcher = self.matcher(mechanism, &fields);
        let with = self.with(mechanism, &fields);
        let confidence = match fields.get("confidence") {
            Some(node) => self.word(node, "confidence", &CONFIDENCES),
            None => Some(Confidence::Likely),
        };
        let severity = fields
            .get("severity")
            .and_then(|node| self.word(node, "severity", &SEVERITIES));
        let message = self
            .required(
                &fields,
                "message",
                &mechanism.key_span,
                Some("say what is wrong at the place that is found"),
            )
            .and_then(|node| self.message(node, "message", &mechanism.key));
        let fix = fields
            .get("fix")
            .and_then(|node| self.fix(node, &mechanism.key));
        if self.errors.len() > faults {
            return None;
        }
        Some(Detect {
            matcher: matcher?,
            with,
            confidence: confidence?,
            severity,
            message: message?,
            fix,
            span: short(&mechanism.value.span),
        })
    }

    /// The one mechanism key.
    fn mechanism<'n>(&mut self, fields: &Fields<'n, 't>) -> Option<&'n Entry<'t>> {
        let mut found = fields
            .entries
            .iter()
            .filter(|entry| MECHANISMS.contains(&&*entry.key));
        let Some(first) = found.next() else {
            // A misspelt mechanism has been reported as an unknown key.
            if fields
                .entries
                .iter()
                .all(|entry| KEYS.contains(&&*entry.key))
            {
                let help = format!("expected one of {}", backquoted(&MECHANISMS));
                self.error_with_help(&fields.span, "this entry selects nothing", Some(help));
            }
            return None;
        };
        if let Some(second) = found.next() {
            self.error_with_help(
                &second.key_span,
                format!("`{}` and `{}` in one entry", first.key, second.key),
                Some("one entry selects by one of them; write two entries"),
            );
            return None;
        }
        Some(first)
    }

    fn matcher(&mut self, mechanism: &Entry<'t>, fields: &Fields<'_, 't>) -> Option<Matcher> {
        let node = &mechanism.value;
        let value = fields.entry("value");
        if let Some(value) = value
            && mechanism.key != "sink"
        {
            let help = (mechanism.key == "setting").then_some("`value` stands inside `setting`");
            self.error_with_help(
                &value.key_span,
                format!("`value` does not go with `{}`", mechanism.key),
                help,
            );
        }
        match &*mechanism.key {
            "call" => Some(Matcher::Call {
                names: self.dotted_names(node, "call"),
            }),
            "import" => Some(Matcher::Import {
                modules: self.dotted_names(node, "import"),
            }),
            "sink" => {
                let sink = self.kind(node, "sink", Role::Sink);
                let help = Some("write `value: any` to accept every argument");
                let test = self
                    .required(fields, "value", &mechanism.key_span, help)
                    .and_then(|node| self.value_test(node, "value"));
                Some(Matcher::Value {
                    sink: sink?,
                    test: test?,
                })
            }
            "missing" => Some(Matcher::Missing {
                sink: self.kind(node, "missing", Role::Sink)?,
            }),
            "flow" => {
                let fields = self.map(node, "flow", &["from", "to"])?;
                let from = self.required(
                    &fields,
                    "from",
                    &mechanism.key_span,
                    Some("name the source kinds"),
                );
                let to = self.required(
                    &fields,
                    "to",
                    &mechanism.key_span,
                    Some("name the sink kinds"),
                );
                Some(Matcher::Flow {
                    from: self.kinds(from?, "from", Role::Source),
                    to: self.kinds(to?, "to", Role::Sink),
                })
            }
            "setting" => {
                let fields = self.map(node, "setting", &["framework", "name", "value"])?;
                let at = &mechanism.key_span;
                let framework = self
                    .required(&fields, "framework", at, None)
                    .and_then(|node| self.word(node, "framework", &Framework::WORDS));
                let name = self
                    .required(&fields, "name", at, None)
                    .and_then(|node| self.text(node, "name"));
                let test = self
                    .required(&fields, "value", at, None)
                    .and_then(|node| self.value_test(node, "value"));
                Some(Matcher::Setting {
                    framework: framework?,
                    name: name?,
                    test: test?,
                })
            }
            "template" => Some(Matcher::Template {
                construct: self.word(node, "template construct", &TemplateConstruct::WORDS)?,
            }),
            "advisory" => {
                let fields = self.map(node, "advisory", &["kind", "versions"])?;
                let at = &mechanism.key_span;
                let kind = self
                    .required(&fields, "kind", at, None)
                    .and_then(|node| self.word(node, "kind of advisory", &AdvisoryKind::WORDS));
                let versions = self
                    .required(&fields, "versions", at, None)
                    .and_then(|node| self.word(node, "versions", &AffectedVersions::WORDS));
                Some(Matcher::Advisory {
                    kind: kind?,
                    versions: versions?,
                })
            }
            "check" => Some(Matcher::Check {
                name: self.kebab_case(node, "check")?,
            }),
            _ => None,
        }
    }

    /// Further ports and their tests.
    fn with(&mut self, mechanism: &Entry<'t>, fields: &Fields<'_, 't>) -> Vec<(String, ValueTest)> {
        let Some(with) = fields.entry("with") else {
            return Vec::new();
        };
        if !matches!(&*mechanism.key, "call" | "sink" | "missing" | "flow") {
            self.error_with_help(
                &with.key_span,
                format!("`with` does not go with `{}`", mechanism.key),
                Some("it tests further arguments of the call that is found"),
            );
            return Vec::new();
        }
        let Value::Map(entries) = &with.value.value else {
            self.error_with_help(
                &with.value.span,
                "`with` must be a mapping",
                Some("write `{sink-kind: [false]}`"),
            );
            return Vec::new();
        };
        let mut ports = Vec::new();
        for entry in entries {
            self.check_kind(&entry.key_span, &entry.key, Role::Sink);
            if let Some(test) = self.value_test(&entry.value, &entry.key) {
                ports.push((entry.key.to_string(), test));
            }
        }
        ports
    }

    /// A test on a value: a list of constants, a word, or a mapping with one key.
    pub(crate) fn value_test(&mut self, node: &Node<'t>, what: &str) -> Option<ValueTest> {
        match &node.value {
            Value::List(_) => {
                let items = self.list(node, what);
                Some(ValueTest::OneOf(
                    items
                        .iter()
                        .filter_map(|item| self.constant(item, what))
                        .collect(),
                ))
            }
            Value::Map(_) => {
                let known = ["below", "matches", "has-bits"];
                let fields = self.map(node, what, &known)?;
                let [entry] = fields.entries else {
                    self.error(
                        &node.span,
                        format!("expected exactly one of {}", backquoted(&known)),
                    );
                    return None;
                };
                match &*entry.key {
                    "below" => self.integer(&entry.value, "below").map(ValueTest::Below),
                    "has-bits" => self
                        .integer(&entry.value, "has-bits")
                        .map(ValueTest::HasBits),
                    "matches" => {
                        let text = self.text(&entry.value, "matches")?;
                        self.pattern(&entry.value.span, &text);
                        Some(ValueTest::Matches(Pattern::new(text)))
                    }
                    _ => None,
                }
            }
            Value::Scalar { text, .. } => {
                let words = ValueTest::WORDS.map(|(word, _)| word);
                if let Some((_, test)) = ValueTest::WORDS.iter().find(|(word, _)| word == text) {
                    return Some(test.clone());
                }
                if crate::nearest::nearest(text, words).is_some() {
                    self.unknown_word(&node.span, "value test", text, &words);
                } else {
                    let source = &self.page[node.span.clone()];
                    let constant = if source.is_empty() {
                        String::new()
                    } else {
                        format!("write `[{source}]`, or ")
                    };
                    let help = format!(
                        "{constant}one of {}, or a mapping such as `{{below: 2048}}`",
                        backquoted(&words)
                    );
                    self.error_with_help(
                        &node.span,
                        format!("`{what}` must be a list or a known word"),
                        Some(help),
                    );
                }
                None
            }
        }
    }

    /// Reports a pattern that does not compile, unless the page is known to be right.
    fn pattern(&mut self, at: &Span, source: &str) {
        if self.kinds.is_none() {
            return;
        }
        if let Err(error) = compile(source) {
            // The last line of the `regex` crate's message says what, those before draw the pattern again.
            let text = error.to_string();
            let what = text.lines().last().unwrap_or_default();
            let what = what.strip_prefix("error: ").unwrap_or(what);
            self.error(at, format!("invalid pattern: {what}"));
        }
    }

    fn fix(&mut self, node: &Node<'t>, mechanism: &str) -> Option<FixRecipe> {
        const ACTIONS: [&str; 4] = ["callee", "value", "set", "remove"];
        let fields = self.map(
            node,
            "fix",
            &["title", "safety", "callee", "value", "set", "remove"],
        )?;
        let title = self
            .required(&fields, "title", &node.span, None)
            .and_then(|node| self.message(node, "title", mechanism));
        let safety = self
            .required(
                &fields,
                "safety",
                &node.span,
                Some("`safe` if the program does the same for all good input"),
            )
            .and_then(|node| self.word(node, "safety", &SAFETIES));
        let mut actions = fields
            .entries
            .iter()
            .filter(|entry| ACTIONS.contains(&&*entry.key));
        let (Some(action), None) = (actions.next(), actions.next()) else {
            self.error(
                &node.span,
                format!("a fix needs exactly one of {}", backquoted(&ACTIONS)),
            );
            return None;
        };
        let text = self.text(&action.value, &action.key)?;
        let at = &action.value.span;
        let action = match &*action.key {
            "callee" if is_name(&text) => FixAction::Callee(text),
            "callee" => {
                self.error_with_help(
                    at,
                    format!("`{text}` is not a name"),
                    Some("it replaces the last name of what is called, as in `safe_load`"),
                );
                return None;
            }
            "value" => FixAction::Value(text),
            "set" => match text.split_once('=') {
                Some((name, code)) if is_name(name) && !code.is_empty() => FixAction::Set {
                    name: name.to_owned(),
                    code: code.to_owned(),
                },
                _ => {
                    self.error(at, "`set` must look like `\"name=code\"`");
                    return None;
                }
            },
            _ if text == "argument" => FixAction::Remove,
            _ => {
                self.unknown_word(at, "thing to remove", &text, &["argument"]);
                return None;
            }
        };
        Some(FixRecipe {
            title: title?,
            safety: safety?,
            action,
        })
    }

    /// A list of qualified names.
    fn dotted_names(&mut self, node: &Node<'t>, what: &str) -> Vec<String> {
        let mut names = Vec::new();
        for item in self.list(node, what) {
            let Some(name) = self.text(item, what) else {
                continue;
            };
            if !is_dotted_name(&name) {
                self.error(&item.span, format!("`{name}` is not a dotted name"));
            } else if names.contains(&name) {
                self.error(&item.span, format!("`{name}` is listed twice"));
            } else {
                names.push(name);
            }
        }
        names
    }

    fn kinds(&mut self, node: &Node<'t>, what: &str, role: Role) -> Vec<String> {
        self.list(node, what)
            .iter()
            .filter_map(|item| self.kind(item, what, role))
            .collect()
    }

    fn kind(&mut self, node: &Node<'t>, what: &str, role: Role) -> Option<String> {
        let kind = self.text(node, what)?;
        self.check_kind(&node.span, &kind, role);
        Some(kind)
    }

    /// Reports a kind that no model has, unless the page is known to be right.
    fn check_kind(&mut self, at: &Span, kind: &str, role: Role) {
        let Some(kinds) = self.kinds else { return };
        let (what, checked) = match role {
            Role::Source => ("source kind", kinds.check_source(kind)),
            Role::Sink => ("sink kind", kinds.check_sink(kind)),
        };
        if let Err(near) = checked {
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None if kinds.check_sink(kind).is_ok() => format!("`{kind}` is a sink kind"),
                None if kinds.check_source(kind).is_ok() => format!("`{kind}` is a source kind"),
                None => "a kind exists when a stub uses it".to_owned(),
            };
            self.error_with_help(at, format!("unknown {what} `{kind}`"), Some(help));
        }
    }

    /// A word such as `sql-injection`.
    pub(crate) fn kebab_case(&mut self, node: &Node<'t>, what: &str) -> Option<String> {
        let text = self.text(node, what)?;
        if !is_kebab_case(&text) {
            self.error_with_help(
                &node.span,
                format!("`{what}` must be lower-case words joined by hyphens"),
                None::<String>,
            );
            return None;
        }
        Some(text)
    }
}

fn short(span: &Span) -> Range<u32> {
    span.start as u32..span.end as u32
}

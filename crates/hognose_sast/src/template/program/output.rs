//! What an expression of a template puts out, as Python.
//!
//! Three parts are told apart: what the engine takes for markup and leaves as it is, what it escapes if it escapes at
//! all, and what was escaped by a filter. Each is a Python expression that holds the data of the part. The text of
//! values does not matter here, so that filters and operators are one function which keeps what it is given.

use std::collections::BTreeSet;

use super::super::Language;
use super::super::expression::{Filter, cleans, filter};
use super::super::token::{Kind, Token};

/// How deep expressions are nested; what is deeper counts as nothing.
const MAX_DEPTH: u32 = 40;

/// What an expression puts out.
#[derive(Debug, Clone, Default)]
pub(super) struct Output {
    /// Taken for markup.
    raw: Option<String>,
    /// Escaped by an engine that escapes.
    plain: Option<String>,
    /// Escaped in any case.
    escaped: Option<String>,
    /// Variables that are read.
    pub(super) names: BTreeSet<String>,
    /// Functions that are called by their name alone, with their arguments.
    pub(super) calls: Vec<(String, String)>,
}

fn joined(parts: &[&Option<String>]) -> Option<String> {
    let parts: Vec<&str> = parts.iter().filter_map(|part| part.as_deref()).collect();
    match parts.as_slice() {
        [] => None,
        [one] => Some((*one).to_owned()),
        all => Some(format!("_keep({})", all.join(", "))),
    }
}

impl Output {
    pub(super) fn plain(text: String) -> Output {
        Output {
            plain: Some(text),
            ..Output::default()
        }
    }

    /// What reaches the page as it is, and what escaped.
    pub(super) fn split(&self, escapes: bool) -> (Option<String>, Option<String>) {
        if escapes {
            (self.raw.clone(), joined(&[&self.plain, &self.escaped]))
        } else {
            (joined(&[&self.raw, &self.plain]), self.escaped.clone())
        }
    }

    /// All of it, as one value.
    pub(super) fn all(&self) -> Option<String> {
        joined(&[&self.raw, &self.plain, &self.escaped])
    }

    /// The same as a value that is always there.
    pub(super) fn value(&self) -> String {
        self.all().unwrap_or_else(|| "None".to_owned())
    }

    fn take_notes(&mut self, other: &Output) {
        self.names.extend(other.names.iter().cloned());
        self.calls.extend(other.calls.iter().cloned());
    }

    fn with(&self, other: &Output) -> Output {
        let mut both = Output {
            raw: joined(&[&self.raw, &other.raw]),
            plain: joined(&[&self.plain, &other.plain]),
            escaped: joined(&[&self.escaped, &other.escaped]),
            ..Output::default()
        };
        both.take_notes(self);
        both.take_notes(other);
        both
    }

    /// All of it as one part.
    fn into_part(self, part: impl FnOnce(&mut Output, Option<String>)) -> Output {
        let all = self.all();
        let mut output = Output {
            names: self.names,
            calls: self.calls,
            ..Output::default()
        };
        part(&mut output, all);
        output
    }

    /// Taken for markup, but for what was escaped.
    pub(super) fn marked(self) -> Output {
        Output {
            raw: joined(&[&self.raw, &self.plain]),
            plain: None,
            ..self
        }
    }

    pub(super) fn unmarked(self) -> Output {
        self.into_part(|output, all| output.plain = all)
    }

    pub(super) fn into_escaped(self) -> Output {
        self.into_part(|output, all| output.escaped = all)
    }

    pub(super) fn dropped(self) -> Output {
        self.into_part(|_, _| {})
    }

    /// Escaped unless it is taken for markup.
    fn escape(self) -> Output {
        Output {
            escaped: joined(&[&self.plain, &self.escaped]),
            plain: None,
            ..self
        }
    }

    /// Each part with a step into it.
    fn map(self, step: impl Fn(&str) -> String) -> Output {
        let apply = |part: Option<String>| part.map(|part| step(&part));
        Output {
            raw: apply(self.raw),
            plain: apply(self.plain),
            escaped: apply(self.escaped),
            ..self
        }
    }
}

/// What the tokens put out.
pub(super) fn output_of(text: &str, tokens: &[Token], language: Language) -> Output {
    let mut reader = Reader {
        text,
        tokens,
        language,
        at: 0,
        depth: 0,
    };
    let mut output = reader.expression();
    // Django's tags have their arguments side by side.
    while reader.at < tokens.len() {
        let before = reader.at;
        output = output.with(&reader.expression());
        if reader.at == before {
            reader.at += 1;
        }
    }
    output
}

struct Reader<'a> {
    text: &'a str,
    tokens: &'a [Token],
    language: Language,
    at: usize,
    depth: u32,
}

/// Attributes of forms and their fields.
const FORM_WORDS: [&str; 9] = [
    "help_text",
    "id_for_label",
    "label_tag",
    "legend_tag",
    "html_name",
    "auto_id",
    "management_form",
    "hidden_fields",
    "media",
];
/// Functions that make an address of the application itself.
const OWN_ADDRESSES: [&str; 7] = [
    "url_for",
    "url",
    "static",
    "static_url",
    "get_url",
    "reverse_url",
    "get_absolute_url",
];

/// Words that are no variables.
const WORDS: [&str; 12] = [
    "and",
    "or",
    "not",
    "in",
    "is",
    "if",
    "else",
    "for",
    "as",
    "with",
    "only",
    "recursive",
];

impl Reader<'_> {
    fn piece(&self, at: usize) -> &str {
        self.tokens
            .get(at)
            .map_or("", |token| &self.text[token.at.clone()])
    }

    fn kind(&self, at: usize) -> Option<Kind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    /// Operands with operators between them.
    fn expression(&mut self) -> Output {
        if self.depth > MAX_DEPTH {
            self.at = self.tokens.len();
            return Output::default();
        }
        self.depth += 1;
        let mut output = Output::default();
        loop {
            match self.kind(self.at) {
                Some(Kind::Name) if self.piece(self.at) == "if" => {
                    // What decides is not put out.
                    self.at += 1;
                    let condition = self.until_else();
                    output.take_notes(&condition);
                }
                Some(Kind::Name) if WORDS.contains(&self.piece(self.at)) => {
                    let compares = matches!(self.piece(self.at), "is" | "in" | "not");
                    self.at += 1;
                    if compares {
                        let other = self.operand();
                        let held = std::mem::take(&mut output);
                        output.take_notes(&held);
                        output.take_notes(&other);
                    }
                }
                Some(Kind::Name | Kind::Text | Kind::Number | Kind::Open(_)) => {
                    let operand = self.operand();
                    output = output.with(&operand);
                }
                Some(Kind::Operator) if self.piece(self.at) == "," => break,
                Some(Kind::Operator) => {
                    let compares =
                        matches!(self.piece(self.at), "==" | "!=" | "<" | ">" | "<=" | ">=");
                    self.at += 1;
                    if compares {
                        let other = self.operand();
                        let held = std::mem::take(&mut output);
                        output.take_notes(&held);
                        output.take_notes(&other);
                    }
                }
                Some(Kind::Pipe | Kind::Dot) => self.at += 1,
                Some(Kind::Close | Kind::Colon | Kind::Assign) | None => break,
            }
        }
        self.depth -= 1;
        output
    }

    fn until_else(&mut self) -> Output {
        let mut depth = 0_usize;
        let start = self.at;
        while let Some(kind) = self.kind(self.at) {
            match kind {
                Kind::Open(_) => depth += 1,
                Kind::Close if depth == 0 => break,
                Kind::Close => depth -= 1,
                Kind::Name if depth == 0 && self.piece(self.at) == "else" => break,
                Kind::Operator if depth == 0 && self.piece(self.at) == "," => break,
                _ => {}
            }
            self.at += 1;
        }
        let mut inner = Reader {
            tokens: &self.tokens[start..self.at],
            at: 0,
            ..*self
        };
        inner.expression()
    }

    /// A value with all that is behind it: attributes, calls, filters.
    fn operand(&mut self) -> Output {
        let mut last = String::new();
        let mut output = match self.kind(self.at) {
            Some(Kind::Name) => self.name(),
            Some(Kind::Open(_)) => self.bracket(),
            // A constant, or what has no meaning here.
            Some(_) => {
                self.at += 1;
                Output::default()
            }
            None => Output::default(),
        };
        loop {
            match self.kind(self.at) {
                Some(Kind::Dot) => {
                    let name = self.piece(self.at + 1).to_owned();
                    self.at += 2;
                    output = self.attribute(output, &name);
                    last = name;
                }
                Some(Kind::Open(b'(')) if self.language != Language::Django => {
                    let arguments = self.bracket();
                    output = output.with(&arguments);
                    if OWN_ADDRESSES.contains(&last.as_str()) {
                        output = output.dropped();
                    }
                }
                Some(Kind::Open(b'[')) => {
                    let index = self.index();
                    let key = self.bracket();
                    output.take_notes(&key);
                    output = output.map(|base| format!("{base}[{index}]"));
                }
                Some(Kind::Pipe) if self.kind(self.at + 1) == Some(Kind::Name) => {
                    output = self.filter(output);
                }
                _ => return output,
            }
        }
    }

    /// What stands in brackets: all of it together.
    fn bracket(&mut self) -> Output {
        self.at += 1;
        let mut output = Output::default();
        while let Some(kind) = self.kind(self.at) {
            if kind == Kind::Close {
                self.at += 1;
                break;
            }
            let before = self.at;
            // `name=value`: the name is none of ours.
            if kind == Kind::Name && self.kind(self.at + 1) == Some(Kind::Assign) {
                self.at += 2;
            }
            let inner = self.expression();
            output = output.with(&inner);
            if self.at == before || self.kind(self.at) != Some(Kind::Close) {
                self.at = self.at.max(before) + usize::from(self.at < self.tokens.len());
            }
        }
        output
    }

    /// The index in brackets, if it is a constant.
    fn index(&self) -> String {
        match (self.kind(self.at + 1), self.kind(self.at + 2)) {
            (Some(Kind::Number | Kind::Text), Some(Kind::Close)) => {
                self.piece(self.at + 1).to_owned()
            }
            _ => "_keep()".to_owned(),
        }
    }

    fn attribute(&self, output: Output, name: &str) -> Output {
        if name.is_empty() || is_keyword(name) {
            return output;
        }
        if name.bytes().all(|byte| byte.is_ascii_digit()) {
            return output.map(|base| format!("{base}[{name}]"));
        }
        if self.kind(self.at) == Some(Kind::Open(b'(')) || self.language == Language::Mako {
            return output.map(|base| format!("{base}.{name}"));
        }
        // What a form says of itself and of its fields was written by its author.
        if FORM_WORDS.contains(&name) {
            return output.dropped();
        }
        output.map(|base| format!("_get({base}, {name:?})"))
    }

    fn name(&mut self) -> Output {
        let name = self.piece(self.at).to_owned();
        self.at += 1;
        if matches!(
            name.as_str(),
            "true" | "True" | "false" | "False" | "none" | "None" | "loop" | "forloop" | "block"
        ) {
            return Output::default();
        }
        if self.kind(self.at) == Some(Kind::Open(b'(')) && self.language != Language::Django {
            return self.call(&name);
        }
        if is_keyword(&name) || !is_identifier(&name) {
            return Output::default();
        }
        let mut output = Output::plain(name.clone());
        output.names.insert(name);
        output
    }

    fn call(&mut self, name: &str) -> Output {
        let mut arguments = self.bracket();
        match name {
            "Markup" | "mark_safe" => arguments.marked(),
            "super" | "caller" | "range" | "len" | "csrf_token" => arguments.dropped(),
            name if OWN_ADDRESSES.contains(&name) => arguments.dropped(),
            name if cleans(name) => arguments.into_escaped(),
            name => {
                let value = arguments.value();
                arguments.calls.push((name.to_owned(), value));
                arguments.unmarked()
            }
        }
    }

    fn filter(&mut self, value: Output) -> Output {
        self.at += 1;
        let mut name = self.piece(self.at).to_owned();
        self.at += 1;
        while self.kind(self.at) == Some(Kind::Dot) {
            name.clone_from(&self.piece(self.at + 1).to_owned());
            self.at += 2;
        }
        let mut arguments = Output::default();
        if self.language == Language::Django {
            if self.kind(self.at) == Some(Kind::Colon) {
                self.at += 1;
                arguments = self.argument();
            }
        } else if self.kind(self.at) == Some(Kind::Open(b'(')) {
            if name == "map" && self.kind(self.at + 1) == Some(Kind::Text) {
                let mapped = self.piece(self.at + 1).trim_matches(['"', '\'']);
                name = String::from(mapped);
            }
            arguments = self.bracket();
        }
        if cleans(&name) && !matches!(name.as_str(), "escape" | "escapeseq") {
            return if name.contains("js") {
                value.dropped()
            } else {
                value.into_escaped()
            };
        }
        match filter(&name, self.language) {
            Filter::Safe => value.marked(),
            Filter::Escape => value.escape(),
            Filter::Clean => value.dropped(),
            Filter::Unmark => value.with(&arguments).unmarked(),
            Filter::Strip if self.language == Language::Jinja => value.unmarked(),
            Filter::Strip | Filter::Other => {
                value.with(&arguments).map(|part| format!("_keep({part})"))
            }
        }
    }

    /// The argument of a filter of Django's: a constant or a path.
    fn argument(&mut self) -> Output {
        let mut output = match self.kind(self.at) {
            Some(Kind::Name) => self.name(),
            _ => {
                self.at += 1;
                return Output::default();
            }
        };
        while self.kind(self.at) == Some(Kind::Dot) {
            let name = self.piece(self.at + 1).to_owned();
            self.at += 2;
            output = self.attribute(output, &name);
        }
        output
    }
}

/// Whether Python takes it for a name.
pub(super) fn is_identifier(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !is_keyword(name)
}

/// Whether Python has the word for itself.
pub(super) fn is_keyword(name: &str) -> bool {
    const KEYWORDS: [&str; 35] = [
        "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class",
        "continue", "def", "del", "elif", "else", "except", "finally", "for", "from", "global",
        "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return",
        "try", "while", "with", "yield",
    ];
    KEYWORDS.contains(&name)
}

//! From YAML nodes to typed values, collecting what is wrong.

use std::cell::OnceCell;
use std::sync::Arc;

use crate::message::{Part, Placeholder, parts};
use crate::nearest::nearest;
use crate::yaml::{Entry, Node, Span, Value};
use crate::{Constant, Kinds, RuleError};

/// Reads one page.
pub(crate) struct Reader<'t> {
    pub(crate) path: &'t str,
    pub(crate) page: &'t str,
    /// The kinds that exist. `None` leaves out what an embedded page has passed when the project was tested:
    /// whether kinds exist and patterns compile.
    pub(crate) kinds: Option<&'t Kinds>,
    pub(crate) errors: Vec<RuleError>,
    source: OnceCell<Arc<str>>,
}

impl<'t> Reader<'t> {
    pub(crate) fn new(path: &'t str, page: &'t str, kinds: Option<&'t Kinds>) -> Self {
        Reader {
            path,
            page,
            kinds,
            errors: Vec::new(),
            source: OnceCell::new(),
        }
    }

    /// Notes a fault.
    pub(crate) fn error(&mut self, at: &Span, message: impl Into<String>) {
        self.error_with_help(at, message, None::<String>);
    }

    /// Notes a fault, and how to put it right if that is known.
    pub(crate) fn error_with_help(
        &mut self,
        at: &Span,
        message: impl Into<String>,
        help: Option<impl Into<String>>,
    ) {
        let source = self.source.get_or_init(|| Arc::from(self.page)).clone();
        let mut error = RuleError::new(self.path, source, at.clone(), message);
        error.help = help.map(Into::into);
        self.errors.push(error);
    }

    /// Notes a word that is none of `known`.
    pub(crate) fn unknown_word(&mut self, at: &Span, what: &str, word: &str, known: &[&str]) {
        let help = match (nearest(word, known.iter().copied()), known) {
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, [only]) => format!("expected `{only}`"),
            (None, _) => format!("expected one of {}", backquoted(known)),
        };
        self.error_with_help(at, format!("unknown {what} `{word}`"), Some(help));
    }

    fn wrong_type(&mut self, node: &Node, what: &str, expected: &str) {
        let found = describe(node);
        self.error(
            &node.span,
            format!("`{what}` must be {expected}, not {found}"),
        );
    }

    /// A text that is not empty.
    pub(crate) fn text(&mut self, node: &Node, what: &str) -> Option<String> {
        match &node.value {
            // An unquoted number or `true` is a slip where text is wanted.
            Value::Scalar { text, plain }
                if !*plain || matches!(constant_of(text), Constant::Str(_)) =>
            {
                if text.trim().is_empty() {
                    self.error(&node.span, format!("`{what}` is empty"));
                    return None;
                }
                Some(text.trim().to_owned())
            }
            _ => {
                self.wrong_type(node, what, "a text");
                None
            }
        }
    }

    /// A text in which all placeholders are known. `{source}` has a meaning in flows only.
    pub(crate) fn message(&mut self, node: &Node, what: &str, mechanism: &str) -> Option<String> {
        let text = self.text(node, what)?;
        for part in parts(&text) {
            let Part::Hole(word, _) = part else { continue };
            // Point at the placeholder itself where the text stands in one piece, and at the whole text otherwise.
            let hole = format!("{{{word}}}");
            let at = match self.page[node.span.clone()].find(&hole) {
                Some(offset) => node.span.start + offset..node.span.start + offset + hole.len(),
                None => node.span.clone(),
            };
            match Placeholder::WORDS.iter().find(|(known, _)| *known == word) {
                None => {
                    let words = Placeholder::WORDS.map(|(known, _)| known);
                    self.unknown_word(&at, "placeholder", word, &words);
                    if let Some(error) = self.errors.last_mut()
                        && error
                            .help
                            .as_ref()
                            .is_some_and(|help| help.starts_with("expected"))
                    {
                        error.help = Some(format!(
                            "expected one of {}; write `{{{{` and `}}}}` for braces",
                            backquoted(&words)
                        ));
                    }
                }
                Some((_, placeholder)) => {
                    let only = placeholder.only_with(mechanism);
                    if let Some(only) = only {
                        let message =
                            format!("`{hole}` has a meaning in an entry with {only} only");
                        self.error(&at, message);
                    }
                }
            }
        }
        Some(text)
    }

    /// One of the words of a closed set.
    pub(crate) fn word<T: Clone>(
        &mut self,
        node: &Node,
        what: &str,
        words: &[(&str, T)],
    ) -> Option<T> {
        let text = self.text(node, what)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(value.clone());
        }
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        self.unknown_word(&node.span, what, &text, &known);
        None
    }

    /// A list that is not empty.
    pub(crate) fn list<'n>(&mut self, node: &'n Node<'t>, what: &str) -> &'n [Node<'t>] {
        match &node.value {
            Value::List(items) if items.is_empty() => {
                self.error(&node.span, format!("`{what}` is empty"));
                items
            }
            Value::List(items) => items,
            Value::Scalar { .. } => {
                let source = &self.page[node.span.clone()];
                let help = (!source.is_empty()).then(|| format!("write `[{source}]`"));
                let found = describe(node);
                self.error_with_help(
                    &node.span,
                    format!("`{what}` must be a list, not {found}"),
                    help,
                );
                &[]
            }
            Value::Map(_) => {
                self.wrong_type(node, what, "a list");
                &[]
            }
        }
    }

    /// A mapping whose keys are all known.
    pub(crate) fn map<'n>(
        &mut self,
        node: &'n Node<'t>,
        what: &str,
        known: &[&str],
    ) -> Option<Fields<'n, 't>> {
        let Value::Map(entries) = &node.value else {
            self.wrong_type(node, what, "a mapping");
            return None;
        };
        for entry in entries {
            if !known.contains(&&*entry.key) {
                self.unknown_word(&entry.key_span, "key", &entry.key, known);
            }
        }
        Some(Fields {
            entries,
            span: node.span.clone(),
        })
    }

    /// An integer.
    pub(crate) fn integer(&mut self, node: &Node, what: &str) -> Option<i64> {
        if let Value::Scalar { text, plain: true } = &node.value
            && let Constant::Int(number) = constant_of(text)
        {
            return Some(number);
        }
        self.wrong_type(node, what, "an integer");
        None
    }

    /// A constant.
    pub(crate) fn constant(&mut self, node: &Node, what: &str) -> Option<Constant> {
        let Value::Scalar { text, plain } = &node.value else {
            self.wrong_type(node, what, "a list of constants");
            return None;
        };
        if !plain {
            return Some(Constant::Str(text.to_string()));
        }
        if text == "None" {
            self.error_with_help(
                &node.span,
                "`None` is a text here",
                Some("write `null` for Python's `None`"),
            );
            return None;
        }
        Some(constant_of(text))
    }

    /// The required field, or a fault at `at`.
    pub(crate) fn required<'n>(
        &mut self,
        fields: &Fields<'n, 't>,
        key: &str,
        at: &Span,
        help: Option<&str>,
    ) -> Option<&'n Node<'t>> {
        let found = fields.get(key);
        if found.is_none() {
            self.error_with_help(at, format!("missing `{key}`"), help);
        }
        found
    }
}

/// The entries of a mapping.
pub(crate) struct Fields<'n, 't> {
    pub(crate) entries: &'n [Entry<'t>],
    pub(crate) span: Span,
}

impl<'n, 't> Fields<'n, 't> {
    pub(crate) fn entry(&self, key: &str) -> Option<&'n Entry<'t>> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    pub(crate) fn get(&self, key: &str) -> Option<&'n Node<'t>> {
        self.entry(key).map(|entry| &entry.value)
    }
}

/// What an unquoted scalar means, by the core schema of YAML 1.2.
fn constant_of(text: &str) -> Constant {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Constant::None,
        "true" | "True" | "TRUE" => return Constant::Bool(true),
        "false" | "False" | "FALSE" => return Constant::Bool(false),
        _ => {}
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let number = if let Some(octal) = digits.strip_prefix("0o") {
        i64::from_str_radix(octal, 8).ok()
    } else if let Some(hexadecimal) = digits.strip_prefix("0x") {
        i64::from_str_radix(hexadecimal, 16).ok()
    } else if digits.starts_with(|c: char| c.is_ascii_digit()) {
        digits.parse().ok()
    } else {
        None
    };
    if let Some(number) = number {
        return Constant::Int(if text.starts_with('-') {
            -number
        } else {
            number
        });
    }
    // Rust also reads `inf` and `nan`, which are words here.
    match text.parse() {
        Ok(number) if text.contains(|c: char| c.is_ascii_digit()) => Constant::Float(number),
        _ => Constant::Str(text.to_owned()),
    }
}

/// What a node is, for messages.
fn describe(node: &Node) -> String {
    match &node.value {
        Value::List(_) => "a list".to_owned(),
        Value::Map(_) => "a mapping".to_owned(),
        Value::Scalar { text, plain: true } => match constant_of(text) {
            Constant::None => "nothing".to_owned(),
            Constant::Bool(_) => format!("`{text}`"),
            Constant::Int(_) | Constant::Float(_) => "a number".to_owned(),
            Constant::Str(_) => "a text".to_owned(),
        },
        Value::Scalar { .. } => "a text".to_owned(),
    }
}

/// `` `a`, `b`, `c` ``
pub(crate) fn backquoted(words: &[&str]) -> String {
    words
        .iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// `sql-injection`: lower-case letters and digits in groups joined by single hyphens, beginning with a letter.
pub(crate) fn is_kebab_case(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.split('-').all(|group| {
            !group.is_empty()
                && group
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
}

/// `os.path.join`: names joined by dots.
pub(crate) fn is_dotted_name(word: &str) -> bool {
    word.split('.').all(is_name)
}

/// A Python name, as far as a page needs to know.
pub(crate) fn is_name(word: &str) -> bool {
    !word.is_empty()
        && !word.starts_with(|c: char| c.is_numeric())
        && word.chars().all(|c| c == '_' || c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::{Constant, constant_of, is_dotted_name, is_kebab_case};

    #[test]
    fn scalars_mean_what_yaml_says() {
        let text = |text: &str| Constant::Str(text.to_owned());
        for (source, expected) in [
            ("null", Constant::None),
            ("~", Constant::None),
            ("true", Constant::Bool(true)),
            ("False", Constant::Bool(false)),
            ("no", text("no")),
            ("0", Constant::Int(0)),
            ("-5", Constant::Int(-5)),
            ("0o022", Constant::Int(18)),
            ("0xff", Constant::Int(255)),
            ("022", Constant::Int(22)),
            ("1.5", Constant::Float(1.5)),
            ("1e3", Constant::Float(1000.0)),
            ("inf", text("inf")),
            ("--5", text("--5")),
            ("0.0.0.0", text("0.0.0.0")),
            ("md5", text("md5")),
            ("99999999999999999999", Constant::Float(1e20)),
        ] {
            assert_eq!(constant_of(source), expected, "{source}");
        }
    }

    #[test]
    fn names() {
        assert!(is_kebab_case("sql-injection"));
        assert!(is_kebab_case("jinja2-autoescape-off"));
        for wrong in ["", "-a", "a-", "a--b", "A", "a_b", "2a", "é"] {
            assert!(!is_kebab_case(wrong), "{wrong}");
        }
        assert!(is_dotted_name("os.path._join"));
        for wrong in ["", ".os", "os.", "os..path", "os path", "2x", "os.*"] {
            assert!(!is_dotted_name(wrong), "{wrong}");
        }
    }
}

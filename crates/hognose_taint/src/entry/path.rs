//! Path templates, in the spellings of the frameworks.

use hognose_finding::ValueConstraint;

/// A path, or a part of one, with `{name}` for what varies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Template {
    /// The path.
    pub path: String,
    /// What varies, in order.
    pub variables: Vec<(String, ValueConstraint)>,
}

/// How a framework spells what varies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    /// `<int:name>` (Werkzeug, Django).
    TypeFirst,
    /// `<name:int>` (Bottle, Sanic).
    TypeLast,
    /// `{name:int}` (Starlette, Falcon).
    Braces,
    /// `{name:regex}` (aiohttp, Pyramid).
    BracesRegex,
    /// A regular expression with groups (Django's `re_path`, Tornado).
    Regex,
}

impl Template {
    /// A path without anything that varies.
    pub(super) fn plain(path: &str) -> Self {
        Template {
            path: path.to_owned(),
            variables: Vec::new(),
        }
    }

    /// Reads `text`.
    pub(super) fn read(text: &str, spelling: Spelling) -> Self {
        let mut template = Template::default();
        match spelling {
            Spelling::TypeFirst | Spelling::TypeLast => {
                template.read_marked(text, '<', '>', spelling);
            }
            Spelling::Braces | Spelling::BracesRegex => {
                template.read_marked(text, '{', '}', spelling);
            }
            Spelling::Regex => {
                RegexReader {
                    rest: text,
                    template: &mut template,
                }
                .read(false);
            }
        }
        template
    }

    /// The two, one after the other, with one slash where they meet.
    pub(super) fn join(&self, below: &Template) -> Template {
        let mut joined = self.clone();
        if joined.path.ends_with('/') && below.path.starts_with('/') {
            joined.path.pop();
        }
        joined.path.push_str(&below.path);
        joined.variables.extend(below.variables.iter().cloned());
        joined
    }

    fn read_marked(&mut self, text: &str, open: char, close: char, spelling: Spelling) {
        let mut rest = text;
        while let Some(at) = rest.find(open) {
            self.path.push_str(&rest[..at]);
            let inner = &rest[at + 1..];
            let Some(end) = closing(inner, open, close) else {
                rest = &rest[at..];
                break;
            };
            let (name, constraint) = variable(&inner[..end], spelling);
            self.add(name, constraint);
            rest = &inner[end + close.len_utf8()..];
        }
        self.path.push_str(rest);
    }

    fn add(&mut self, name: &str, constraint: ValueConstraint) {
        self.path.push('{');
        self.path.push_str(name);
        self.path.push('}');
        self.variables.push((name.to_owned(), constraint));
    }
}

/// Where the mark that opened before `text` is closed.
fn closing(text: &str, open: char, close: char) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        if c == close {
            if depth == 0 {
                return Some(at);
            }
            depth -= 1;
        } else if c == open {
            depth += 1;
        }
    }
    None
}

fn variable(text: &str, spelling: Spelling) -> (&str, ValueConstraint) {
    match spelling {
        Spelling::TypeFirst => match split_outside(text) {
            Some((kind, name)) => (name.trim(), converter(kind.trim())),
            None => (text.trim(), ValueConstraint::NoSlash),
        },
        Spelling::TypeLast | Spelling::Braces => match text.split_once(':') {
            Some((name, kind)) => match kind.strip_prefix("re:") {
                Some(regex) => (name, of_regex(regex)),
                None => (name, converter(kind)),
            },
            None => (text, ValueConstraint::NoSlash),
        },
        Spelling::BracesRegex | Spelling::Regex => match text.split_once(':') {
            Some((name, regex)) => (name.trim(), of_regex(regex)),
            None => (text.trim(), ValueConstraint::NoSlash),
        },
    }
}

/// Splits `any(a:b, c):name` at the colon that is in no parentheses.
fn split_outside(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0;
    let at = text.char_indices().find_map(|(at, c)| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        (c == ':' && depth == 0).then_some(at)
    })?;
    Some((&text[..at], &text[at + 1..]))
}

/// What a converter that frameworks ship makes sure of; one of the project's own may let anything through.
fn converter(text: &str) -> ValueConstraint {
    let (name, arguments) = match text.split_once('(') {
        Some((name, arguments)) => (name, arguments.trim_end_matches(')')),
        None => (text, ""),
    };
    match name {
        "int" | "integer" => ValueConstraint::Int,
        "float" | "number" => ValueConstraint::Float,
        "bool" => ValueConstraint::Bool,
        "uuid" => ValueConstraint::Uuid,
        "date" | "dt" | "ymd" => ValueConstraint::Date,
        "str" | "string" | "default" | "strorempty" => ValueConstraint::NoSlash,
        "slug" => ValueConstraint::Slug,
        "alpha" => ValueConstraint::Pattern("[A-Za-z]+".to_owned()),
        "any" => ValueConstraint::Choice(
            arguments
                .split(',')
                .map(|choice| choice.trim().trim_matches(['"', '\'']).to_owned())
                .filter(|choice| !choice.is_empty())
                .collect(),
        ),
        _ if !name.chars().all(|c| c == '_' || c.is_alphanumeric()) => of_regex(text),
        _ => ValueConstraint::Any,
    }
}

/// What a regular expression that matches as a whole makes sure of.
pub(super) fn of_regex(regex: &str) -> ValueConstraint {
    let regex = regex.trim_start_matches('^');
    let end = regex
        .strip_suffix('$')
        .or_else(|| regex.strip_suffix(r"\Z"));
    let regex = end.unwrap_or(regex);
    let (class, _) = repeated(regex);
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .chars()
                .all(|c| c == '_' || c == '-' || c.is_alphanumeric())
    };
    match class {
        r"\d" | "[0-9]" | r"[\d]" => return ValueConstraint::Int,
        r"[-\w]" | r"[\w-]" | r"[\w\-]" | r"\w" | "[a-zA-Z0-9_-]" | "[-a-zA-Z0-9_]"
        | "[a-z0-9-]" | "[0-9A-Za-z_-]" | "[-a-zA-Z0-9]" => return ValueConstraint::Slug,
        "[^/]" | r"[^\/]" => return ValueConstraint::NoSlash,
        "." => return ValueConstraint::Any,
        _ => {}
    }
    if regex.split('|').all(is_word) {
        return ValueConstraint::Choice(regex.split('|').map(str::to_owned).collect());
    }
    ValueConstraint::Pattern(regex.to_owned())
}

/// An atom that is repeated, and the rest.
fn repeated(regex: &str) -> (&str, &str) {
    let atom_end = if let Some(class) = regex.strip_prefix('[') {
        // A bracket at the start of the class is a member of it.
        let from =
            usize::from(class.starts_with([']', '^'])) + usize::from(class.starts_with("^]"));
        class[from..].find(']').map(|at| at + from + 2)
    } else if regex.starts_with('\\') {
        regex
            .char_indices()
            .nth(2)
            .map(|(at, _)| at)
            .or(Some(regex.len()))
    } else {
        regex.char_indices().nth(1).map(|(at, _)| at)
    };
    let Some(end) = atom_end else {
        return ("", regex);
    };
    let (atom, rest) = regex.split_at(end.min(regex.len()));
    match rest {
        "+" | "*" | "+?" | "*?" => (atom, ""),
        _ if rest.starts_with('{') && rest.find('}') == Some(rest.len() - 1) => (atom, ""),
        _ => ("", regex),
    }
}

/// Reads the path out of a regular expression: literal characters, and the groups.
struct RegexReader<'r, 't> {
    rest: &'r str,
    template: &'t mut Template,
}

impl RegexReader<'_, '_> {
    fn read(&mut self, is_inner: bool) {
        let mut chars = self.rest.char_indices();
        while let Some((at, c)) = chars.next() {
            let after = &self.rest[at + c.len_utf8()..];
            match c {
                '^' | '$' => {}
                '\\' => match after.chars().next() {
                    Some('A' | 'Z' | 'z' | 'b' | 'B') => {
                        chars.next();
                    }
                    Some(escaped) => {
                        chars.next();
                        if escaped.is_alphanumeric() {
                            // A class outside of any group: varies, and nobody is told.
                            self.template.path.push('*');
                        } else {
                            self.template.path.push(escaped);
                        }
                    }
                    None => {}
                },
                '?' => {
                    self.template.path.pop();
                }
                '+' | '*' if at > 0 => {}
                '.' => self.template.path.push('*'),
                '[' => {
                    let Some(end) = after.find(']') else { return };
                    self.template.path.push('*');
                    for _ in after[..=end].chars() {
                        chars.next();
                    }
                }
                '{' => {
                    let Some(end) = after.find('}') else { return };
                    for _ in after[..=end].chars() {
                        chars.next();
                    }
                }
                '(' => {
                    let Some(end) = group_end(after) else { return };
                    self.group(&after[..end]);
                    for _ in after[..=end].chars() {
                        chars.next();
                    }
                }
                '|' if is_inner => return,
                other => self.template.path.push(other),
            }
        }
    }

    fn group(&mut self, inner: &str) {
        if let Some(named) = inner.strip_prefix("?P<")
            && let Some((name, body)) = named.split_once('>')
        {
            self.template.add(name, of_regex(body));
        } else if let Some(plain) = inner.strip_prefix("?:") {
            RegexReader {
                rest: plain,
                template: &mut *self.template,
            }
            .read(true);
        } else if !inner.starts_with('?') {
            let number = self.template.variables.len();
            self.template.add(&number.to_string(), of_regex(inner));
        }
    }
}

/// Where the group ends that opened before `text`.
fn group_end(text: &str) -> Option<usize> {
    let mut depth = 0;
    let mut is_escaped = false;
    let mut in_class = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            _ if in_class => {}
            '(' => depth += 1,
            ')' if depth == 0 => return Some(at),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use hognose_finding::ValueConstraint as Constraint;

    use super::{Spelling, Template};

    #[track_caller]
    fn reads(text: &str, spelling: Spelling, path: &str, variables: &[(&str, Constraint)]) {
        let template = Template::read(text, spelling);
        let expected: Vec<(String, Constraint)> = variables
            .iter()
            .map(|(name, constraint)| ((*name).to_owned(), constraint.clone()))
            .collect();
        assert_eq!(
            (template.path.as_str(), template.variables),
            (path, expected)
        );
    }

    #[test]
    fn spellings() {
        let choice = Constraint::Choice(vec!["a".to_owned(), "b".to_owned()]);
        reads(
            "/u/<int:id>/<name>/<path:rest>",
            Spelling::TypeFirst,
            "/u/{id}/{name}/{rest}",
            &[
                ("id", Constraint::Int),
                ("name", Constraint::NoSlash),
                ("rest", Constraint::Any),
            ],
        );
        reads(
            "/<any(a, b):x>",
            Spelling::TypeFirst,
            "/{x}",
            &[("x", choice.clone())],
        );
        reads(
            "/<id:int>/<p:re:[a-c]+>",
            Spelling::TypeLast,
            "/{id}/{p}",
            &[
                ("id", Constraint::Int),
                ("p", Constraint::Pattern("[a-c]+".to_owned())),
            ],
        );
        reads(
            "/{a:path}/{b}",
            Spelling::Braces,
            "/{a}/{b}",
            &[("a", Constraint::Any), ("b", Constraint::NoSlash)],
        );
        reads(
            r"/{n:\d{4}}/x",
            Spelling::BracesRegex,
            "/{n}/x",
            &[("n", Constraint::Int)],
        );
        reads(
            r"^a/(?P<year>[0-9]{4})/(?P<s>[-\w]+)/(a|b)\.html/?$",
            Spelling::Regex,
            "a/{year}/{s}/{2}.html",
            &[
                ("year", Constraint::Int),
                ("s", Constraint::Slug),
                ("2", choice),
            ],
        );
        reads(
            r"(?:x|y)/([^/]+)",
            Spelling::Regex,
            "x/{0}",
            &[("0", Constraint::NoSlash)],
        );
        reads("/a<b", Spelling::TypeFirst, "/a<b", &[]);
    }
}

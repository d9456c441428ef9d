//! What expressions are worth, as far as they are written out.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::super::text::Span;
use super::tokens::{Kind, Token};

/// Brackets inside each other.
const MAX_DEPTH: usize = 40;

/// Mappings inside each other. Lists inside lists are one list, so that values are no deeper than this.
const MAX_MAPS: usize = 8;

/// Values that one source may make, copies through names included.
const MAX_VALUES: usize = 200_000;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Text(Text),
    /// Lists, tuples and sets; also what may be one or the other. Holds no list itself.
    List(Rc<Vec<Value>>),
    Map(Rc<Vec<(Value, Value)>>),
    /// Numbers, `None` and the like: nothing that is installed.
    Nothing,
    /// Depends on running the code. Texts within, which may be names of files that are read.
    Dynamic(Span, Rc<Vec<Text>>),
}

/// A string.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Text {
    pub(crate) content: String,
    /// Where it stands, without quotes if it stands there as it is.
    pub(crate) span: Span,
    /// Whether something that depends on running the code follows.
    pub(crate) open: bool,
    /// Whether `span` holds exactly `text`.
    plain: bool,
}

/// An argument of a call.
pub(crate) struct Argument<'s> {
    /// The name, `*` or `**`.
    pub(crate) name: Option<&'s str>,
    pub(crate) value: Value,
}

/// A source, the names bound so far, and a place in its tokens.
pub(crate) struct Scope<'s> {
    source: &'s str,
    tokens: &'s [Token],
    pub(crate) at: usize,
    names: FxHashMap<&'s str, Value>,
    values: usize,
}

impl<'s> Scope<'s> {
    pub(crate) fn new(source: &'s str, tokens: &'s [Token]) -> Self {
        Scope {
            source,
            tokens,
            at: 0,
            names: FxHashMap::default(),
            values: 0,
        }
    }

    /// Whether values were left out because there were too many.
    pub(crate) fn exhausted(&self) -> bool {
        self.values > MAX_VALUES
    }

    pub(crate) fn token(&self, at: usize) -> Option<(Kind, &'s str)> {
        let token = self.tokens.get(at)?;
        Some((token.kind, &self.source[token.span.clone()]))
    }

    pub(crate) fn indented(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| token.indented)
    }

    pub(crate) fn span(&self, at: usize) -> Span {
        match self.tokens.get(at) {
            Some(token) => token.span.clone(),
            None => self.source.len()..self.source.len(),
        }
    }

    fn is(&self, text: &str) -> bool {
        matches!(self.token(self.at), Some((Kind::Operator | Kind::Name, found)) if found == text)
    }

    fn eat(&mut self, text: &str) -> bool {
        let found = self.is(text);
        self.at += usize::from(found);
        found
    }

    /// Gives a name a value; under a condition, another one beside those it has.
    pub(crate) fn bind(&mut self, name: &'s str, value: Value, beside: bool) {
        let value = match self.names.remove(name) {
            Some(before) if beside => join(before, value),
            _ => value,
        };
        self.names.insert(name, value);
    }

    /// Gives a key of a mapping a value.
    pub(crate) fn bind_key(&mut self, name: &'s str, key: Value, value: Value) {
        if let Some(Value::Map(entries)) = self.names.get_mut(name)
            && maps(&value) < MAX_MAPS
        {
            Rc::make_mut(entries).push((key, value));
        }
    }

    /// An expression, up to the comma, bracket or line end behind it.
    pub(crate) fn expression(&mut self, depth: usize) -> Value {
        let start = self.at;
        let mut value = self.operand(depth);
        loop {
            match self.token(self.at) {
                Some((Kind::Operator, "+" | "|")) => {
                    self.at += 1;
                    let right = self.operand(depth);
                    value = add(value, right);
                }
                Some((Kind::Operator, "%")) => {
                    self.at += 1;
                    self.operand(depth);
                    value = cut(value, '%');
                }
                Some((Kind::Name, "or")) => {
                    self.at += 1;
                    let right = self.operand(depth);
                    value = join(value, right);
                }
                Some((Kind::Name, "if")) => {
                    self.at += 1;
                    // The condition decides; either may be.
                    self.skip(&["else"]);
                    let other = if self.eat("else") {
                        self.expression(depth + 1)
                    } else {
                        Value::Nothing
                    };
                    value = join(value, other);
                }
                None
                | Some((Kind::Newline, _) | (Kind::Operator, "," | ")" | "]" | "}" | ":" | "=")) => {
                    return value;
                }
                // Whatever else there is: comparisons, other operators.
                Some(_) => {
                    let texts = self.skip(&[]);
                    return self.dynamic(start, [texts, texts_of(&value)].concat());
                }
            }
            if depth > MAX_DEPTH {
                let texts = self.skip(&[]);
                return self.dynamic(start, texts);
            }
        }
    }

    fn operand(&mut self, depth: usize) -> Value {
        self.values += 1;
        let start = self.at;
        if depth > MAX_DEPTH || self.exhausted() {
            let texts = self.skip(&[]);
            return self.dynamic(start, texts);
        }
        let mut value = match self.token(self.at) {
            Some((Kind::Text, _)) => self.text(),
            Some((Kind::Operator, "[")) => self.display(depth, "]"),
            Some((Kind::Operator, "(")) => self.display(depth, ")"),
            Some((Kind::Operator, "{")) => self.display(depth, "}"),
            Some((Kind::Operator, "*" | "-" | "+") | (Kind::Name, "await" | "not")) => {
                self.at += 1;
                return self.operand(depth + 1);
            }
            Some((Kind::Number, _) | (Kind::Name, "None" | "True" | "False")) => {
                self.at += 1;
                Value::Nothing
            }
            Some((Kind::Name, "lambda")) => {
                let texts = self.skip(&[]);
                return self.dynamic(start, texts);
            }
            Some((Kind::Name, name)) => {
                self.at += 1;
                match self.names.get(name).cloned() {
                    Some(value) => {
                        self.values += size(&value);
                        value
                    }
                    None => self.builtin(name, start, depth),
                }
            }
            _ => return self.dynamic(start, Vec::new()),
        };
        loop {
            value = match self.token(self.at) {
                Some((Kind::Operator, ".")) => self.attribute(value, start, depth),
                Some((Kind::Operator, "[")) => self.subscript(&value, start, depth),
                Some((Kind::Operator, "(")) => {
                    let arguments = self.arguments(depth);
                    self.called(value, &arguments, start)
                }
                _ => return value,
            };
        }
    }

    /// What a call of a function is worth that returns `value`: what is not known there has to do with the arguments.
    fn called(&self, value: Value, arguments: &[Argument<'s>], start: usize) -> Value {
        match value {
            Value::List(items) => {
                let items = items.iter().map(|item| match item {
                    Value::Dynamic(..) => self.called(item.clone(), arguments, start),
                    item => item.clone(),
                });
                Value::List(Rc::new(items.collect()))
            }
            Value::Map(_) | Value::Text(_) => value,
            Value::Dynamic(..) | Value::Nothing => {
                let texts = [texts_of(&value), texts_of_all(arguments)].concat();
                self.dynamic(start, texts)
            }
        }
    }

    /// A name that is bound to nothing known: functions that leave a list a list.
    fn builtin(&mut self, name: &str, start: usize, depth: usize) -> Value {
        if !self.is("(") {
            return self.dynamic(start, Vec::new());
        }
        let mut arguments = self.arguments(depth);
        match name {
            "list" | "tuple" | "set" | "sorted" | "frozenset" | "str" if arguments.len() <= 1 => {
                match arguments.pop() {
                    Some(argument) => argument.value,
                    None => Value::List(Rc::default()),
                }
            }
            "dict" => {
                let mut entries = Vec::new();
                for argument in arguments {
                    match (argument.name, argument.value) {
                        (None | Some("**"), Value::Map(more)) => {
                            entries.extend(more.iter().cloned());
                        }
                        (Some(key), value) if key != "*" && key != "**" => {
                            let key = Text {
                                content: key.to_owned(),
                                span: self.span(start),
                                open: false,
                                plain: false,
                            };
                            entries.push((Value::Text(key), value));
                        }
                        (_, value) => return self.dynamic(start, texts_of(&value)),
                    }
                }
                let value = Value::Map(Rc::new(entries));
                if maps(&value) > MAX_MAPS {
                    return self.dynamic(start, Vec::new());
                }
                value
            }
            _ => self.dynamic(start, texts_of_all(&arguments)),
        }
    }

    /// `.name`, and the call behind it.
    fn attribute(&mut self, value: Value, start: usize, depth: usize) -> Value {
        let name = self.token(self.at + 1).map_or("", |(_, name)| name);
        self.at += 2;
        let arguments = if self.is("(") {
            self.arguments(depth)
        } else {
            Vec::new()
        };
        let separator = arguments.iter().find_map(|argument| match &argument.value {
            Value::Text(text) if argument.name.is_none() => Some(text.content.clone()),
            _ => None,
        });
        match (name, value) {
            ("split", Value::Text(text)) => split(&text, separator.as_deref()),
            ("splitlines", Value::Text(text)) => split(&text, Some("\n")),
            ("strip" | "lstrip" | "rstrip", Value::Text(text)) if separator.is_none() => {
                let span = part(&text, text.content.trim());
                Value::Text(span)
            }
            ("format", value @ Value::Text(_)) => cut(value, '{'),
            ("copy", value) => value,
            ("values", Value::Map(entries)) => {
                let mut items = Vec::new();
                for (_, value) in entries.iter() {
                    push(&mut items, value.clone());
                }
                Value::List(Rc::new(items))
            }
            ("get", Value::Map(entries)) => match separator {
                Some(key) => look_up(&entries, &key).unwrap_or(Value::Nothing),
                None => self.dynamic(start, Vec::new()),
            },
            (_, value) => {
                self.dynamic(start, [texts_of(&value), texts_of_all(&arguments)].concat())
            }
        }
    }

    /// `[key]`
    fn subscript(&mut self, value: &Value, start: usize, depth: usize) -> Value {
        self.at += 1;
        let key = self.expression(depth + 1);
        self.skip(&[]);
        self.eat("]");
        match (value, &key) {
            (Value::Map(entries), Value::Text(key)) => match look_up(entries, &key.content) {
                Some(value) => {
                    self.values += size(&value);
                    value
                }
                None => self.dynamic(start, Vec::new()),
            },
            _ => self.dynamic(start, texts_of(value)),
        }
    }

    /// The arguments of the call whose bracket is next.
    pub(crate) fn arguments(&mut self, depth: usize) -> Vec<Argument<'s>> {
        let mut arguments = Vec::new();
        self.at += 1;
        while self.token(self.at).is_some() && !self.eat(")") {
            let before = self.at;
            let name = match (self.token(self.at), self.token(self.at + 1)) {
                (Some((Kind::Operator, star @ ("*" | "**"))), _) => {
                    self.at += 1;
                    Some(star)
                }
                (Some((Kind::Name, name)), Some((Kind::Operator, "="))) => {
                    self.at += 2;
                    Some(name)
                }
                _ => None,
            };
            let value = self.element(depth);
            arguments.push(Argument { name, value });
            self.eat(",");
            if self.at == before {
                self.at += 1;
            }
        }
        arguments
    }

    /// An element of a display or a call: an expression that may go on as a comprehension.
    fn element(&mut self, depth: usize) -> Value {
        let start = self.at;
        let value = self.expression(depth + 1);
        match self.token(self.at) {
            None | Some((Kind::Newline, _) | (Kind::Operator, "," | ")" | "]" | "}" | ":")) => {
                value
            }
            Some(_) => {
                let texts = self.skip(&[]);
                self.dynamic(start, [texts_of(&value), texts].concat())
            }
        }
    }

    /// A list, tuple, set or mapping, from its bracket on.
    fn display(&mut self, depth: usize, close: &str) -> Value {
        self.at += 1;
        let start = self.at - 1;
        let mut items = Vec::new();
        let mut entries = Vec::new();
        let (mut commas, mut count) = (0, 0);
        while self.token(self.at).is_some() && !self.eat(close) {
            let before = self.at;
            if self.eat("**") {
                match self.element(depth) {
                    Value::Map(more) => entries.extend(more.iter().cloned()),
                    other => entries.push((Value::Nothing, other)),
                }
            } else {
                let item = self.element(depth);
                if self.eat(":") {
                    let value = self.element(depth);
                    entries.push((item, value));
                } else {
                    push(&mut items, item);
                    count += 1;
                }
            }
            commas += usize::from(self.eat(","));
            if self.at == before {
                self.at += 1;
            }
        }
        if close == "}" && items.is_empty() {
            let value = Value::Map(Rc::new(entries));
            return if maps(&value) > MAX_MAPS {
                self.dynamic(start, Vec::new())
            } else {
                value
            };
        }
        // Brackets around one expression.
        if close == ")" && commas == 0 && count == 1 && items.len() == 1 {
            return items.swap_remove(0);
        }
        Value::List(Rc::new(items))
    }

    /// One or more strings beside each other.
    fn text(&mut self) -> Value {
        let mut whole: Option<Text> = None;
        while let Some((Kind::Text, written)) = self.token(self.at) {
            let text = self.one_text(written, self.span(self.at).start);
            self.at += 1;
            whole = Some(match whole {
                None => text,
                Some(before) => concat(before, &text),
            });
        }
        whole.map_or(Value::Nothing, Value::Text)
    }

    fn one_text(&self, written: &str, start: usize) -> Text {
        let quotes = written.find(['\'', '"']).unwrap_or(0);
        let prefix = written[..quotes].to_ascii_lowercase();
        let rest = &written[quotes..];
        let triple = rest.len() >= 6
            && rest.as_bytes()[0] == rest.as_bytes()[1]
            && rest.as_bytes()[1] == rest.as_bytes()[2];
        let width = if triple { 3 } else { 1 };
        let closed = rest.len() >= 2 * width && rest.ends_with(&rest[..width]);
        let content = &rest[width..rest.len() - if closed { width } else { 0 }];
        let from = start + quotes + width;
        let plain = !content.contains('\\') || prefix.contains('r');
        let mut text = Text {
            content: if plain {
                content.to_owned()
            } else {
                unescape(content)
            },
            span: if plain {
                from..from + content.len()
            } else {
                start..start + written.len()
            },
            open: false,
            plain,
        };
        if prefix.contains(['f', 't']) && text.content.contains('{') {
            text = self.interpolate(&text);
        }
        text
    }

    /// A formatted string, up to the first thing in it that is not known.
    fn interpolate(&self, text: &Text) -> Text {
        let mut filled = String::new();
        let mut rest = text.content.as_str();
        let mut open = false;
        while let Some(at) = rest.find('{') {
            filled.push_str(&rest[..at]);
            let inner = &rest[at + 1..];
            if let Some(after) = inner.strip_prefix('{') {
                filled.push('{');
                rest = after;
                continue;
            }
            let end = inner.find('}').unwrap_or(inner.len());
            match self.names.get(inner[..end].trim()) {
                Some(Value::Text(value)) if !value.open => filled.push_str(&value.content),
                _ => {
                    open = true;
                    rest = "";
                    break;
                }
            }
            rest = inner.get(end + 1..).unwrap_or("");
        }
        filled.push_str(rest);
        Text {
            content: filled,
            span: text.span.clone(),
            open,
            plain: false,
        }
    }

    /// Goes on to the end of the expression, or one of these words, and collects the texts on the way.
    pub(crate) fn skip(&mut self, words: &[&str]) -> Vec<Text> {
        let mut texts = Vec::new();
        let mut depth = 0usize;
        while let Some((kind, word)) = self.token(self.at) {
            match (kind, word) {
                (Kind::Newline, _) => break,
                (Kind::Operator, ")" | "]" | "}" | ",") if depth == 0 => break,
                (Kind::Operator, "(" | "[" | "{") => depth += 1,
                (Kind::Operator, ")" | "]" | "}") => depth -= 1,
                (Kind::Name, word) if depth == 0 && words.contains(&word) => break,
                (Kind::Name, name) => {
                    if let Some(value) = self.names.get(name) {
                        texts.extend(texts_of(value));
                    }
                }
                (Kind::Text, written) => {
                    texts.push(self.one_text(written, self.span(self.at).start));
                }
                _ => {}
            }
            texts.truncate(100);
            self.at += 1;
        }
        texts
    }

    fn dynamic(&self, start: usize, mut texts: Vec<Text>) -> Value {
        texts.truncate(100);
        let from = self.span(start).start;
        let to = self.span(self.at.saturating_sub(1).max(start)).end;
        Value::Dynamic(from..to.max(from), Rc::new(texts))
    }
}

fn look_up(entries: &[(Value, Value)], key: &str) -> Option<Value> {
    let found = entries
        .iter()
        .rev()
        .find(|(known, _)| matches!(known, Value::Text(text) if text.content == key));
    found.map(|(_, value)| value.clone())
}

/// How much copying a value costs those who look at it.
fn size(value: &Value) -> usize {
    match value {
        Value::List(items) => items.iter().map(size).sum::<usize>() + 1,
        Value::Map(entries) => entries.iter().map(|(_, value)| size(value)).sum::<usize>() + 1,
        _ => 1,
    }
}

/// The texts that a value that is not known may have to do with.
fn texts_of(value: &Value) -> Vec<Text> {
    match value {
        Value::Text(text) => vec![text.clone()],
        Value::Dynamic(_, texts) => texts.to_vec(),
        Value::List(items) => items
            .iter()
            .take(100)
            .flat_map(texts_of)
            .take(100)
            .collect(),
        Value::Map(_) | Value::Nothing => Vec::new(),
    }
}

fn texts_of_all(arguments: &[Argument<'_>]) -> Vec<Text> {
    let texts = arguments
        .iter()
        .flat_map(|argument| texts_of(&argument.value));
    texts.take(100).collect()
}

/// Both values: one or the other, or one after the other.
fn join(left: Value, right: Value) -> Value {
    match (left, right) {
        (Value::Nothing, other) | (other, Value::Nothing) => other,
        (Value::Map(mut left), Value::Map(right)) => {
            Rc::make_mut(&mut left).extend(right.iter().cloned());
            Value::Map(left)
        }
        (Value::List(mut items), other) => {
            push(Rc::make_mut(&mut items), other);
            Value::List(items)
        }
        (left, right) => {
            let mut items = vec![left];
            push(&mut items, right);
            Value::List(Rc::new(items))
        }
    }
}

/// Adds an item, or the items of a list.
fn push(items: &mut Vec<Value>, item: Value) {
    match item {
        Value::List(more) => items.extend(more.iter().cloned()),
        item => items.push(item),
    }
}

/// Mappings inside each other in a value.
fn maps(value: &Value) -> usize {
    match value {
        Value::Map(entries) => {
            let inner = entries.iter().map(|(_, value)| maps(value));
            inner.max().unwrap_or(0) + 1
        }
        Value::List(items) => items.iter().map(maps).max().unwrap_or(0),
        _ => 0,
    }
}

fn add(left: Value, right: Value) -> Value {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => Value::Text(concat(left, &right)),
        (Value::Text(mut left), Value::Dynamic(..)) => {
            left.open = true;
            Value::Text(left)
        }
        (left, right) => join(left, right),
    }
}

fn concat(left: Text, right: &Text) -> Text {
    if left.open {
        return left;
    }
    Text {
        content: left.content + &right.content,
        span: left.span.start..right.span.end.max(left.span.end),
        open: right.open,
        plain: false,
    }
}

/// A template up to its first gap.
fn cut(value: Value, gap: char) -> Value {
    match value {
        Value::Text(mut text) => {
            if let Some(at) = text.content.find(gap) {
                text.content.truncate(at);
                text.open = true;
                text.plain = false;
            }
            Value::Text(text)
        }
        other => other,
    }
}

fn split(text: &Text, separator: Option<&str>) -> Value {
    let pieces: Vec<&str> = match separator {
        None | Some("") => text.content.split_whitespace().collect(),
        Some(separator) => text.content.split(separator).collect(),
    };
    let pieces = pieces.into_iter().take(MAX_VALUES);
    Value::List(Rc::new(
        pieces.map(|piece| Value::Text(part(text, piece))).collect(),
    ))
}

/// A piece of a text, which must be a slice of it.
fn part(whole: &Text, piece: &str) -> Text {
    let at = piece.as_ptr() as usize - whole.content.as_ptr() as usize;
    let start = whole.span.start + at;
    Text {
        content: piece.to_owned(),
        span: if whole.plain {
            start..start + piece.len()
        } else {
            whole.span.clone()
        },
        open: whole.open,
        plain: whole.plain,
    }
}

/// Resolves the escapes that requirements may have; others stay as they are.
fn unescape(content: &str) -> String {
    let mut text = String::with_capacity(content.len());
    let mut chars = content.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('\n') | None => {}
            Some('\r') => {
                let mut ahead = chars.clone();
                if ahead.next() == Some('\n') {
                    chars = ahead;
                }
            }
            Some(c @ ('\\' | '\'' | '"')) => text.push(c),
            Some(c) => text.extend(['\\', c]),
        }
    }
    text
}

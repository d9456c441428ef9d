//! Texts that are put together, taken apart and formatted.

use std::sync::Arc;

use hognose_python::ir::Op;

use crate::integers;

use super::call::Arguments;
use super::harm::RELATIVE;
use super::heap::{Object, Shape, State};
use super::machine::Machine;
use super::value::{Taint, TextPart, Value, What};

/// How many parts of a text are told apart.
const MAX_TEXT_PARTS: usize = 32;

impl Machine<'_, '_> {
    pub(super) fn parts(&self, value: &Value) -> Vec<TextPart> {
        value.text_parts(|symbol| Arc::from(self.engine.project.text(symbol)))
    }

    /// A constant string.
    pub(super) fn string(&self, text: &str) -> What {
        match self.engine.project.symbols().find(text) {
            Some(symbol) => What::Symbol(symbol),
            None => What::Str(Arc::from(text)),
        }
    }

    /// The text of a constant string.
    pub(super) fn as_text<'w>(&'w self, what: &'w What) -> Option<&'w str> {
        match what {
            What::Symbol(symbol) => Some(self.engine.project.text(*symbol)),
            What::Str(text) => Some(text),
            _ => None,
        }
    }

    /// A text of these parts.
    pub(super) fn text(&self, parts: Vec<TextPart>, taint: Taint) -> Value {
        let mut merged: Vec<TextPart> = Vec::new();
        for part in parts {
            match (merged.last_mut(), part) {
                (Some(TextPart::Literal(a)), TextPart::Literal(b)) => {
                    *a = format!("{a}{b}").into();
                }
                (_, part) => merged.push(part),
            }
        }
        let what = match merged.as_slice() {
            [] => self.string(""),
            [TextPart::Literal(text)] => self.string(text),
            parts if parts.len() > MAX_TEXT_PARTS => What::Top,
            _ => What::Text(merged.into()),
        };
        Value {
            taint,
            what,
            whole: false,
        }
    }

    /// What `str(value)` is.
    pub(super) fn stringified(&mut self, state: &mut State, value: &Value) -> Value {
        match &value.what {
            What::Object(id) => {
                if let Some(Shape::Instance(module, class)) =
                    state.object(*id).map(|object| object.shape)
                {
                    for name in [self.engine.names.str_method, self.engine.names.repr_method]
                        .into_iter()
                        .flatten()
                    {
                        if let Some((found_module, function)) =
                            self.engine.method((module, class), name)
                        {
                            return self
                                .call_function(state, found_module, function, Some(value), &[])
                                .unwrap_or(Value::TOP);
                        }
                    }
                }
                Value::tainted(state.deep_taint(value))
            }
            What::Choice(_) | What::None | What::Bool(_) => Value {
                taint: state.deep_taint(value),
                what: if value.what.is_number() {
                    What::Number
                } else {
                    What::Top
                },
                whole: value.whole,
            },
            _ => value.clone(),
        }
    }

    pub(super) fn concatenate(&mut self, state: &mut State, a: &Value, b: &Value) -> Value {
        if let (What::Int(x), What::Int(y)) = (&a.what, &b.what) {
            return Value::new(What::Int(x.wrapping_add(*y)));
        }
        if a.what.is_number() && b.what.is_number() && a.taint.is_clean() && b.taint.is_clean() {
            return Value::NUMBER;
        }
        // Lists.
        if matches!(a.what, What::Object(_)) || matches!(b.what, What::Object(_)) {
            let mut object = Object::new(Shape::List);
            match (self.exact_items(state, a), self.exact_items(state, b)) {
                (Some(mut items), Some(more)) => {
                    items.extend(more);
                    object = Object::sequence(Shape::List, items);
                }
                (Some(items), None) => {
                    object = Object::sequence(Shape::List, items);
                    let element = self.element(state, b);
                    object.add_rest(&element);
                }
                (None, more) if self.front(state, a).is_some_and(|front| !front.is_empty()) => {
                    let front = self.front(state, a).unwrap_or_default();
                    object = Object::sequence(Shape::List, front);
                    if let What::Object(id) = a.what
                        && let Some(rest) = state.object(id).and_then(|list| list.rest.clone())
                    {
                        object.add_rest(&rest);
                    }
                    match more {
                        Some(more) => more.iter().for_each(|item| object.add_rest(item)),
                        None => {
                            let element = self.element(state, b);
                            object.add_rest(&element);
                        }
                    }
                }
                (first, second) => {
                    object.items = None;
                    for (items, value) in [(first, a), (second, b)] {
                        match items {
                            Some(items) => items.iter().for_each(|item| object.add_rest(item)),
                            None => {
                                let element = self.element(state, value);
                                object.add_rest(&element);
                            }
                        }
                    }
                }
            }
            return self.allocate(state, object);
        }
        let mut parts = self.parts(a);
        let behind = self.behind(&parts, b);
        parts.extend(self.parts(&behind));
        self.text(parts, a.taint.join(&behind.taint))
    }

    /// A value that is put behind these parts of a text: it is no longer what the text begins with.
    pub(super) fn behind(&self, parts: &[TextPart], value: &Value) -> Value {
        let is_behind = parts.iter().any(|part| match part {
            TextPart::Literal(text) => !text.is_empty(),
            TextPart::Hole { taint, .. } => taint.is_clean(),
        });
        if !is_behind || value.taint.is_clean() {
            return value.clone();
        }
        let mut behind = value.clone();
        behind.taint = behind.taint.cleaned(RELATIVE);
        behind
    }

    /// The elements of a list whose positions are known, from the front.
    fn front(&self, state: &State, value: &Value) -> Option<Vec<Value>> {
        match &value.what {
            What::Object(id) => state.object(*id)?.items.clone(),
            _ => None,
        }
    }

    /// `format % arguments`
    pub(super) fn percent(
        &mut self,
        state: &mut State,
        index: u32,
        format: &Value,
        given: &Value,
    ) -> Value {
        if let (What::Int(a), What::Int(b)) = (&format.what, &given.what) {
            return integers::binary(Op::Mod, *a, *b)
                .map_or(Value::NUMBER, |result| Value::new(What::Int(result)));
        }
        if format.what.is_number() && format.taint.is_clean() {
            return Value::NUMBER;
        }
        let Some(text) = self.as_text(&format.what).map(str::to_owned) else {
            let taint = format.taint.join(&state.deep_taint(given));
            let taint = self.passed(&taint, index);
            return match &format.what {
                What::Text(parts) => {
                    let mut parts = parts.to_vec();
                    parts.push(TextPart::Hole {
                        taint: state.deep_taint(given),
                        number: false,
                    });
                    self.text(parts, taint)
                }
                _ => Value::tainted(taint),
            };
        };
        let items = match &given.what {
            What::Object(id) => match state.object(*id) {
                Some(object) if object.shape == Shape::Tuple => object.items.clone(),
                _ => None,
            },
            _ => Some(vec![given.clone()]),
        };
        let mut parts = Vec::new();
        let mut number = 0;
        let mut rest = text.as_str();
        let mut taint = format.taint.clone();
        while let Some(at) = rest.find('%') {
            parts.push(TextPart::Literal(rest[..at].into()));
            let mut conversion = &rest[at + 1..];
            let mut named = None;
            if let Some(stripped) = conversion.strip_prefix('(')
                && let Some(end) = stripped.find(')')
            {
                named = Some(stripped[..end].to_owned());
                conversion = &stripped[end + 1..];
            }
            let flags = conversion
                .find(|c: char| !(c.is_ascii_digit() || "-+ #.*lh".contains(c)))
                .unwrap_or(conversion.len());
            let kind = conversion[flags..].chars().next();
            rest = &conversion[flags + kind.map_or(0, char::len_utf8)..];
            if kind == Some('%') {
                parts.push(TextPart::Literal("%".into()));
                continue;
            }
            let value = match (&named, &items) {
                (Some(name), _) => {
                    let key = self.string(name);
                    self.subscript(state, given, &Value::new(key))
                }
                (None, Some(items)) => {
                    number += 1;
                    items.get(number - 1).cloned().unwrap_or(Value::TOP)
                }
                (None, None) => {
                    let element = self.element(state, given);
                    element.join(&Value::tainted(given.taint.clone()))
                }
            };
            if matches!(
                kind,
                Some('d' | 'i' | 'u' | 'f' | 'F' | 'e' | 'E' | 'g' | 'G' | 'x' | 'X' | 'o')
            ) {
                parts.push(TextPart::Hole {
                    taint: Taint::CLEAN,
                    number: true,
                });
                continue;
            }
            let value = self.stringified(state, &value);
            let value = self.behind(&parts, &value);
            taint.add(&state.deep_taint(&value));
            parts.extend(self.parts(&value));
        }
        parts.push(TextPart::Literal(rest.into()));
        let taint = self.passed(&taint, index);
        self.text(parts, taint)
    }

    pub(super) fn text_method(
        &mut self,
        state: &mut State,
        index: u32,
        receiver: &Value,
        method: &str,
        arguments: &Arguments,
    ) -> Option<Value> {
        let constant = self.as_text(&receiver.what).map(str::to_owned);
        let given: Option<String> = arguments
            .first()
            .and_then(|first| self.as_text(&first.what).map(str::to_owned));
        let mut taint = receiver.taint.clone();
        for given in arguments.all() {
            let more = state.deep_taint(&given.value);
            taint.add(&more);
        }
        let whole_taint = self.passed(&taint, index);
        Some(match method {
            "format" => self.format_method(state, index, receiver, arguments),
            "format_map" => Value::tainted(whole_taint),
            "join" => {
                let list = arguments.first()?.clone();
                match self.exact_items(state, &list) {
                    Some(items) if items.len() <= 16 => {
                        let separator = self.parts(receiver);
                        let mut parts: Vec<TextPart> = Vec::new();
                        for (number, item) in items.iter().enumerate() {
                            if number > 0 {
                                parts.extend(separator.iter().cloned());
                            }
                            let item = self.stringified(state, item);
                            parts.extend(self.parts(&item));
                        }
                        self.text(parts, whole_taint)
                    }
                    _ => Value::tainted(whole_taint),
                }
            }
            "startswith" | "endswith" | "isalnum" | "isalpha" | "isdigit" | "isidentifier"
            | "islower" | "isupper" | "isspace" | "isnumeric" | "isdecimal" | "isascii" => {
                match (&constant, &given, method) {
                    (Some(text), Some(given), "startswith") => {
                        Value::new(What::Bool(text.starts_with(given.as_str())))
                    }
                    (Some(text), Some(given), "endswith") => {
                        Value::new(What::Bool(text.ends_with(given.as_str())))
                    }
                    (Some(text), _, "isdigit" | "isdecimal" | "isnumeric") => Value::new(
                        What::Bool(!text.is_empty() && text.chars().all(char::is_numeric)),
                    ),
                    (Some(text), _, "isalnum") => Value::new(What::Bool(
                        !text.is_empty() && text.chars().all(char::is_alphanumeric),
                    )),
                    _ => Value::NUMBER,
                }
            }
            "find" | "rfind" | "index" | "rindex" | "count" | "__len__" => {
                match (&constant, &given, method) {
                    (Some(text), Some(given), "find" | "index") if receiver.taint.is_clean() => {
                        match text.find(given.as_str()) {
                            Some(at) => Value::new(What::Int(text[..at].chars().count() as i64)),
                            None => Value::new(What::Int(-1)),
                        }
                    }
                    _ => Value::NUMBER,
                }
            }
            "lower" | "upper" | "strip" | "lstrip" | "rstrip" | "casefold" | "title"
            | "capitalize" | "encode" | "decode" | "expandtabs" | "swapcase" => {
                match (&constant, method, arguments.positional.len()) {
                    (Some(text), "lower" | "casefold", _) => {
                        Value::new(self.string(&text.to_lowercase()))
                    }
                    (Some(text), "upper", _) => Value::new(self.string(&text.to_uppercase())),
                    (Some(text), "strip", 0) => Value::new(self.string(text.trim())),
                    (Some(_), "encode" | "decode", _) => receiver.clone(),
                    (Some(_), ..) => Value::TOP,
                    (None, "encode" | "decode" | "strip" | "rstrip" | "lstrip", _) => Value {
                        taint: self.passed(&receiver.taint, index),
                        what: receiver.what.clone(),
                        whole: false,
                    },
                    (None, ..) => Value::tainted(self.passed(&receiver.taint, index)),
                }
            }
            "replace" => match (&constant, &given, arguments.value(1)) {
                (Some(text), Some(from), Some(to)) => match self.as_text(&to.what) {
                    Some(to) => {
                        let text = text.replace(from.as_str(), to);
                        Value::new(self.string(&text))
                    }
                    None => {
                        // What is put in stands where the marker stood.
                        let to = self.parts(to);
                        let mut parts = Vec::new();
                        for (number, piece) in text.split(from.as_str()).enumerate() {
                            if number > 0 {
                                parts.extend(to.iter().cloned());
                            }
                            parts.push(TextPart::Literal(piece.into()));
                        }
                        self.text(parts, whole_taint)
                    }
                },
                _ => Value::tainted(whole_taint),
            },
            "split" | "rsplit" | "splitlines" | "partition" | "rpartition" => {
                if let (Some(text), Some(given), true) =
                    (&constant, &given, receiver.taint.is_clean())
                {
                    let pieces: Vec<Value> = match method {
                        "partition" => match text.split_once(given.as_str()) {
                            Some((before, after)) => vec![
                                Value::new(self.string(before)),
                                Value::new(self.string(given)),
                                Value::new(self.string(after)),
                            ],
                            None => vec![
                                Value::new(self.string(text)),
                                Value::new(self.string("")),
                                Value::new(self.string("")),
                            ],
                        },
                        "split" if !given.is_empty() => text
                            .split(given.as_str())
                            .map(|piece| Value::new(self.string(piece)))
                            .collect(),
                        _ => return Some(Value::TOP),
                    };
                    let shape = if method == "partition" {
                        Shape::Tuple
                    } else {
                        Shape::List
                    };
                    return Some(self.allocate(state, Object::sequence(shape, pieces)));
                }
                if let (What::Text(parts), Some(given)) = (&receiver.what, &given)
                    && matches!(method, "partition" | "split")
                    && arguments.positional.len() == 1
                    && let Some(pieces) = self.split_parts(parts, given, method)
                {
                    let shape = if method == "partition" {
                        Shape::Tuple
                    } else {
                        Shape::List
                    };
                    return Some(self.allocate(state, Object::sequence(shape, pieces)));
                }
                let mut object = Object::new(Shape::List);
                object.items = None;
                object.rest = Some(Value::tainted(self.passed(&receiver.taint, index)));
                self.allocate(state, object)
            }
            "hex" => Value::TOP,
            "translate" | "zfill" | "ljust" | "rjust" | "center" | "removeprefix"
            | "removesuffix" | "__add__" | "__mod__" | "__str__" => Value::tainted(whole_taint),
            // Paths that were put together with `/` have other methods.
            _ => return None,
        })
    }

    /// A part of a text put together, where the bounds lie in its constant beginning.
    pub(super) fn slice_of_parts(
        &self,
        parts: &[TextPart],
        taint: &Taint,
        from: i64,
        to: Option<i64>,
    ) -> Option<Value> {
        let Some(TextPart::Literal(first)) = parts.first() else {
            return None;
        };
        let count = first.chars().count() as i64;
        if !(0..=count).contains(&from) {
            return None;
        }
        let after = |to: i64| -> String {
            let length = (to - from).max(0) as usize;
            first.chars().skip(from as usize).take(length).collect()
        };
        match to {
            Some(to) if (0..=count).contains(&to) => Some(Value::new(self.string(&after(to)))),
            None => {
                let mut rest = vec![TextPart::Literal(after(count).into())];
                rest.extend(parts[1..].iter().cloned());
                Some(self.text(rest, taint.clone()))
            }
            Some(_) => None,
        }
    }

    /// A text put together, cut at a separator that stands in its constant parts only.
    fn split_parts(&self, parts: &[TextPart], separator: &str, method: &str) -> Option<Vec<Value>> {
        let mut pieces: Vec<Vec<TextPart>> = vec![Vec::new()];
        for part in parts {
            match part {
                TextPart::Literal(text) => {
                    for (number, piece) in text.split(separator).enumerate() {
                        if number > 0 && (method != "partition" || pieces.len() == 1) {
                            pieces.push(Vec::new());
                        } else if number > 0 {
                            pieces.last_mut()?.push(TextPart::Literal(separator.into()));
                        }
                        if !piece.is_empty() {
                            pieces.last_mut()?.push(TextPart::Literal(piece.into()));
                        }
                    }
                }
                hole @ TextPart::Hole { .. } => {
                    // The data may hold the separator: what comes after is no longer sure.
                    if method == "partition" && pieces.len() == 1 {
                        return None;
                    }
                    pieces.last_mut()?.push(hole.clone());
                }
            }
        }
        let value = |parts: Vec<TextPart>| {
            let mut taint = Taint::CLEAN;
            for part in &parts {
                if let TextPart::Hole { taint: own, .. } = part {
                    taint.add(own);
                }
            }
            self.text(parts, taint)
        };
        if method == "partition" {
            let after = pieces.pop()?;
            let before = pieces.pop()?;
            return Some(vec![
                value(before),
                Value::new(self.string(separator)),
                value(after),
            ]);
        }
        Some(pieces.into_iter().map(value).collect())
    }

    /// `text.format(…)`: only the fields that are used.
    fn format_method(
        &mut self,
        state: &mut State,
        index: u32,
        receiver: &Value,
        arguments: &Arguments,
    ) -> Value {
        let mut all = receiver.taint.clone();
        for given in arguments.all() {
            let more = state.deep_taint(&given.value);
            all.add(&more);
        }
        let Some(text) = self.as_text(&receiver.what).map(str::to_owned) else {
            // The data in the format reads what is put in.
            if let Some(kind) = self.engine.program.models.kind("format-string") {
                let format = Value::tainted(receiver.taint.clone());
                let name = self.engine.names.self_word;
                self.check_sink(state, index, kind, &format, name, None);
            }
            let mut parts = self.parts(receiver);
            parts.push(TextPart::Hole {
                taint: all.clone(),
                number: false,
            });
            let taint = self.passed(&all, index);
            return self.text(parts, taint);
        };
        let mut parts = Vec::new();
        let mut taint = receiver.taint.clone();
        let mut next = 0;
        let mut rest = text.as_str();
        while let Some(at) = rest.find(['{', '}']) {
            parts.push(TextPart::Literal(rest[..at].into()));
            let doubled = rest[at..].starts_with("{{") || rest[at..].starts_with("}}");
            if doubled {
                parts.push(TextPart::Literal(rest[at..=at].into()));
                rest = &rest[at + 2..];
                continue;
            }
            let Some(end) = rest[at..].find('}') else {
                break;
            };
            let field = rest[at + 1..(at + end).max(at + 1)].to_owned();
            rest = &rest[at + end + 1..];
            let (name, specification) = match field.split_once(':') {
                Some((name, specification)) => (name.to_owned(), specification.to_owned()),
                None => (field.clone(), String::new()),
            };
            let name = name.split('!').next().unwrap_or_default().to_owned();
            let base_end = name.find(['.', '[']).unwrap_or(name.len());
            let base = &name[..base_end];
            let value = if base.is_empty() {
                next += 1;
                arguments.value(next - 1).cloned()
            } else if let Ok(number) = base.parse::<usize>() {
                arguments.value(number).cloned()
            } else {
                arguments
                    .named
                    .iter()
                    .find(|(symbol, _)| self.engine.project.text(*symbol) == base)
                    .map(|(_, given)| given.value.clone())
            };
            let value = value.or_else(|| {
                arguments
                    .star
                    .as_ref()
                    .or(arguments.double_star.as_ref())
                    .map(|given| given.value.clone())
            });
            let mut value = value.unwrap_or(Value::TOP);
            if base_end < name.len() {
                value = Value::tainted(state.deep_taint(&value));
            }
            if specification.ends_with(['d', 'f', 'x', 'X', 'e', 'g', 'b', 'o', '%', 'n'])
                && !specification.ends_with(">n")
            {
                parts.push(TextPart::Hole {
                    taint: Taint::CLEAN,
                    number: true,
                });
                continue;
            }
            let value = self.stringified(state, &value);
            let value = self.behind(&parts, &value);
            let own = state.deep_taint(&value);
            taint.add(&own);
            parts.extend(self.parts(&value));
        }
        parts.push(TextPart::Literal(rest.into()));
        let taint = self.passed(&taint, index);
        self.text(parts, taint)
    }
}

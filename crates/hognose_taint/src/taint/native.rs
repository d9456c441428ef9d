//! Built-in types and functions whose effect on contents is known exactly.

use std::sync::Arc;

use hognose_python::Symbol;
use hognose_python::ir::{FunctionId, FunctionKind, Operand, OperandKind};

use super::call::{Arguments, Given};
use super::engine::{ALL, Native};
use super::heap::{Object, Shape, State};
use super::machine::{Machine, part_of};
use super::value::{Part, PartialCall, Taint, TextPart, Value, What};

/// Methods that put something into a container.
const FILLING: &[&str] = &[
    "append",
    "add",
    "appendleft",
    "put",
    "put_nowait",
    "push",
    "insert",
    "extend",
    "update",
    "setdefault",
];

/// Methods and functions that call what they are given, with the arguments that follow.
const CALLING: &[&str] = &[
    "submit",
    "run_in_executor",
    "call_soon",
    "call_soon_threadsafe",
    "start_soon",
    "spawn",
    "enqueue",
    "add_task",
    "create_task",
    "to_thread",
    "run_sync",
    "apply_async",
    "starmap",
    "map",
    "apply",
    "run_in_threadpool",
    "start_new_thread",
    "add_job",
    "call_later",
    "deferToThread",
];

impl<'a> Machine<'_, 'a> {
    /// A method of a built-in container or text; none if the receiver is something else or the method is not known.
    pub(super) fn native_method(
        &mut self,
        state: &mut State,
        index: u32,
        receiver: &Value,
        name: Symbol,
        arguments: &Arguments,
    ) -> Option<Value> {
        let method = self.engine.project.text(name);
        match &receiver.what {
            What::Object(id) => {
                let shape = state.object(*id)?.shape;
                match shape {
                    Shape::Instance(..) => None,
                    Shape::Buffer => self.buffer_method(state, index, *id, method, arguments),
                    _ => {
                        self.container_method(state, index, receiver, *id, shape, method, arguments)
                    }
                }
            }
            What::Symbol(_) | What::Str(_) | What::Text(_) => {
                self.text_method(state, index, receiver, method, arguments)
            }
            What::Function(_) | What::Method(_)
                if matches!(method, "delay" | "apply_async" | "s" | "si" | "send") =>
            {
                let given = if method == "apply_async" {
                    let list = arguments
                        .named
                        .iter()
                        .find(|(name, _)| self.engine.project.text(*name) == "args")
                        .map(|(_, given)| given.value.clone())
                        .or_else(|| arguments.first().cloned());
                    match list.and_then(|list| self.exact_items(state, &list)) {
                        Some(items) => Arguments::of(&items),
                        None => Arguments::default(),
                    }
                } else {
                    arguments.clone()
                };
                self.dispatch(state, index, receiver, None, None, &given)
            }
            What::Choice(all) => {
                let builtin = all.iter().all(|what| match what {
                    What::Object(id) => state
                        .object(*id)
                        .is_some_and(|object| !matches!(object.shape, Shape::Instance(..))),
                    What::Symbol(_) | What::Str(_) | What::Text(_) => true,
                    _ => false,
                });
                if !builtin {
                    return None;
                }
                let mut joined: Option<Value> = None;
                for what in all.iter() {
                    let one = Value {
                        taint: receiver.taint.clone(),
                        what: what.clone(),
                        whole: false,
                    };
                    let before = state.clone();
                    let value = self.native_method(state, index, &one, name, arguments)?;
                    // It is one of them that changes.
                    state.join(&before);
                    joined = Some(match joined {
                        None => value,
                        Some(joined) => joined.join(&value),
                    });
                }
                joined
            }
            // A container of which nothing else is known.
            What::Top | What::Typed(..) if FILLING.contains(&method) && receiver.whole => {
                for given in arguments.all() {
                    let value = match method {
                        "extend" | "update" => self.element(state, &given.value),
                        _ => given.value.clone(),
                    };
                    self.store(state, receiver, Part::Element, &value);
                }
                Some(Value::TOP)
            }
            _ => {
                if CALLING.contains(&method) {
                    return self.call_back(state, index, arguments);
                }
                None
            }
        }
    }

    /// Calls the function among the arguments with those after it.
    fn call_back(&mut self, state: &mut State, index: u32, arguments: &Arguments) -> Option<Value> {
        let at = arguments.positional.iter().take(2).position(|given| {
            matches!(
                given.value.what,
                What::Function(_) | What::Method(_) | What::Partial(_)
            )
        })?;
        let callee = arguments.positional[at].value.clone();
        let rest = Arguments {
            positional: arguments.positional[at + 1..].to_vec(),
            named: arguments.named.clone(),
            ..Arguments::default()
        };
        Some(
            self.dispatch(state, index, &callee, None, None, &rest)
                .unwrap_or(Value::TOP),
        )
    }

    #[allow(clippy::too_many_arguments)]
    fn container_method(
        &mut self,
        state: &mut State,
        index: u32,
        receiver: &Value,
        id: u32,
        shape: Shape,
        method: &str,
        arguments: &Arguments,
    ) -> Option<Value> {
        let first = arguments.first().cloned();
        let second = arguments.value(1).cloned();
        let object = state.object(id)?.clone();
        let own = object.taint.clone();
        Some(match (shape, method) {
            (_, "append" | "add" | "put" | "put_nowait" | "push") => {
                let value = first?;
                if let Some(object) = state.object_mut(id) {
                    let in_loop = object.items.as_ref().is_some_and(|items| items.len() >= 32);
                    if in_loop {
                        object.blur();
                    }
                    match &mut object.items {
                        Some(items) if object.rest.is_none() => items.push(value.clone()),
                        _ => {
                            object.blur();
                            object.add_rest(&value);
                        }
                    }
                }
                self.share(state, &object, Part::Element, &value);
                Value::new(What::None)
            }
            (Shape::List, "appendleft" | "insert") => {
                let (at, value) = if method == "insert" {
                    (first?, second?)
                } else {
                    (Value::new(What::Int(0)), first?)
                };
                if let Some(object) = state.object_mut(id) {
                    match (&mut object.items, &at.what) {
                        (Some(items), What::Int(at)) => {
                            let count = items.len() as i64;
                            let at =
                                if *at < 0 { count + at } else { *at }.clamp(0, count) as usize;
                            items.insert(at, value.clone());
                        }
                        _ => {
                            object.blur();
                            object.add_rest(&value);
                        }
                    }
                }
                self.share(state, &object, Part::Element, &value);
                Value::new(What::None)
            }
            (Shape::List, "extend") => {
                let more = first?;
                match (self.exact_items(state, &more), &object.items) {
                    (Some(new), Some(_)) => {
                        if let Some(items) = state
                            .object_mut(id)
                            .and_then(|object| object.items.as_mut())
                        {
                            items.extend(new);
                        }
                    }
                    _ => {
                        let element = self.element(state, &more);
                        if let Some(object) = state.object_mut(id) {
                            object.blur();
                            object.add_rest(&element);
                        }
                        self.share(state, &object, Part::Element, &element);
                    }
                }
                Value::new(What::None)
            }
            (Shape::List, "pop" | "popleft" | "get" | "get_nowait") => {
                let at = match (method, first.as_ref().map(|at| &at.what)) {
                    ("pop", None) => Some(-1),
                    ("pop", Some(What::Int(at))) => Some(*at),
                    ("pop", _) => None,
                    _ => Some(0),
                };
                if let (Some(at), Some(items)) = (at, &object.items) {
                    let count = items.len() as i64;
                    let place = if at < 0 { count + at } else { at };
                    if let Some(place) = usize::try_from(place)
                        .ok()
                        .filter(|place| *place < items.len())
                    {
                        let value = items[place].clone();
                        if let Some(items) = state
                            .object_mut(id)
                            .and_then(|object| object.items.as_mut())
                        {
                            items.remove(place);
                        }
                        return Some(value);
                    }
                }
                if let Some(object) = state.object_mut(id) {
                    object.blur();
                }
                self.element(state, receiver)
            }
            (Shape::List, "remove" | "clear" | "reverse" | "sort") => {
                if let Some(object) = state.object_mut(id) {
                    match (method, &mut object.items) {
                        ("clear", _) => {
                            object.items = Some(Vec::new());
                            object.rest = None;
                        }
                        ("reverse", Some(items)) => items.reverse(),
                        ("remove", Some(items)) => {
                            match first.as_ref().and_then(|first| {
                                items.iter().position(|item| {
                                    item.what == first.what
                                        && !matches!(item.what, What::Top)
                                        && item.taint == first.taint
                                })
                            }) {
                                Some(at) => {
                                    items.remove(at);
                                }
                                None => object.blur(),
                            }
                        }
                        _ => object.blur(),
                    }
                }
                Value::new(What::None)
            }
            (Shape::Dict, "get" | "pop" | "setdefault" | "getlist") => {
                let key = first?;
                let value = self.subscript(state, receiver, &key);
                let default = second.unwrap_or(Value::new(What::None));
                let part = part_of(&key.what);
                let has = object.entries.iter().any(|(known, _)| *known == part);
                let complete = object.rest.is_none() && object.origins.is_empty();
                if method == "setdefault" && !has {
                    self.store(state, receiver, part, &default);
                }
                if method == "pop"
                    && has
                    && let Some(object) = state.object_mut(id)
                {
                    object.entries.retain(|(known, _)| *known != part);
                }
                if has && part != Part::Element {
                    value
                } else if complete && part != Part::Element {
                    default
                } else {
                    value.join(&default)
                }
            }
            // A store with sections, as `configparser` has.
            (Shape::Dict, "set") if arguments.positional.len() == 3 => {
                let section = self.subscript(state, receiver, &first?);
                let (key, value) = (second?, arguments.value(2)?.clone());
                self.store_element(state, index, &section, &key, &value);
                Value::new(What::None)
            }
            (Shape::Dict, "add_section") => {
                let inner = self.allocate_extra(state, 1, Object::new(Shape::Dict));
                let part = part_of(&first?.what);
                self.store(state, receiver, part, &inner);
                Value::new(What::None)
            }
            (Shape::Dict, "update") => {
                let mut changed = object.clone();
                if let Some(first) = &first {
                    self.merge_mapping(state, &mut changed, first);
                }
                for (name, given) in &arguments.named {
                    changed.write(Part::Key(*name), &given.value, false);
                }
                state.put(id, changed);
                Value::new(What::None)
            }
            (Shape::Dict, "items") => {
                let key = self.element(state, receiver);
                let value = object.any_element().unwrap_or(Value::TOP);
                let pair =
                    self.allocate_extra(state, 1, Object::sequence(Shape::Tuple, vec![key, value]));
                let mut list = Object::new(Shape::Iterator);
                list.rest = Some(pair);
                self.allocate_extra(state, 2, list)
            }
            (Shape::Dict, "values" | "keys") => {
                let element = if method == "keys" {
                    self.element(state, receiver)
                } else {
                    object.any_element().unwrap_or(Value::TOP)
                };
                let mut list = Object::new(Shape::Iterator);
                list.rest = Some(element);
                self.allocate_extra(state, 2, list)
            }
            (Shape::Dict, "clear") => {
                if let Some(object) = state.object_mut(id) {
                    object.entries.clear();
                    object.rest = None;
                }
                Value::new(What::None)
            }
            (_, "copy") => {
                let mut copy = object;
                copy.origins.clear();
                self.allocate_extra(state, 1, copy)
            }
            (_, "index" | "count" | "qsize" | "__len__") => Value::NUMBER,
            (Shape::Set, "union" | "intersection" | "difference") => {
                let mut joined = object;
                for given in arguments.all() {
                    let element = self.element(state, &given.value);
                    joined.add_rest(&element);
                }
                self.allocate_extra(state, 1, joined)
            }
            (Shape::Iterator, "send" | "__next__" | "asend" | "result") => {
                self.element(state, receiver)
            }
            _ => {
                let mut taint = state.deep_taint(receiver);
                taint.add(&own);
                for given in arguments.all() {
                    let more = state.deep_taint(&given.value);
                    taint.add(&more);
                }
                Value::tainted(self.passed(&taint, index))
            }
        })
    }

    /// What is put into a shared container is kept in what it is a part of.
    fn share(&mut self, state: &State, object: &Object, part: Part, value: &Value) {
        for origin in &object.origins {
            let label = self.store_mark(*origin, part);
            if let Some(mark) = label.marks().first() {
                self.write(state, mark.label, value);
            }
        }
    }

    fn buffer_method(
        &mut self,
        state: &mut State,
        index: u32,
        id: u32,
        method: &str,
        arguments: &Arguments,
    ) -> Option<Value> {
        Some(match method {
            "write" | "writelines" => {
                let value = arguments.first()?.clone();
                let value = if method == "writelines" {
                    self.element(state, &value)
                } else {
                    value
                };
                let old = state.object(id)?.rest.clone();
                let joined = match old {
                    None => value,
                    Some(old) => self.concatenate(state, &old, &value),
                };
                if let Some(object) = state.object_mut(id) {
                    object.rest = Some(joined);
                }
                Value::NUMBER
            }
            "getvalue" | "read" | "readline" | "getbuffer" | "readlines" => state
                .object(id)?
                .rest
                .clone()
                .unwrap_or_else(|| Value::new(self.string(""))),
            "truncate" => {
                if let Some(object) = state.object_mut(id) {
                    object.rest = None;
                }
                Value::NUMBER
            }
            _ => {
                let _ = index;
                Value::TOP
            }
        })
    }

    fn text_method(
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
            "translate" | "zfill" | "ljust" | "rjust" | "center" | "removeprefix"
            | "removesuffix" | "__add__" | "__mod__" | "__str__" => Value::tainted(whole_taint),
            // Paths that were put together with `/` have other methods.
            _ => return None,
        })
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
            let own = state.deep_taint(&value);
            taint.add(&own);
            parts.extend(self.parts(&value));
        }
        parts.push(TextPart::Literal(rest.into()));
        let taint = self.passed(&taint, index);
        self.text(parts, taint)
    }

    /// A built-in function, called by its name. The outer option: whether it is one; the inner: whether it returns.
    #[allow(clippy::option_option)]
    pub(super) fn builtin_by_name(
        &mut self,
        ir: &'a hognose_python::Ir,
        state: &mut State,
        index: u32,
        callee: Operand,
        arguments: &Arguments,
    ) -> Option<Option<Value>> {
        let OperandKind::Global(name) = callee.kind() else {
            return None;
        };
        if !self.engine.is_builtin(self.module(), name) {
            return None;
        }
        let first = arguments.first().cloned();
        let operand = arguments.positional.first().and_then(|given| given.operand);
        let value = match self.engine.project.text(name) {
            "int" | "float" | "complex" => {
                if let (Some(first), Some(operand)) = (&first, operand)
                    && !first.taint.is_clean()
                {
                    // It raises where the text is no number.
                    self.fact(state, operand, ALL);
                }
                match first.map(|first| first.what) {
                    Some(What::Int(number)) => Value::new(What::Int(number)),
                    _ => Value::NUMBER,
                }
            }
            "len" => match first {
                Some(first) => match self.exact_items(state, &first) {
                    Some(items)
                        if match &first.what {
                            What::Object(id) => state
                                .object(*id)
                                .is_some_and(|object| object.origins.is_empty()),
                            _ => false,
                        } =>
                    {
                        Value::new(What::Int(items.len() as i64))
                    }
                    _ => match self.as_text(&first.what) {
                        Some(text) => Value::new(What::Int(text.chars().count() as i64)),
                        None => Value::NUMBER,
                    },
                },
                None => Value::NUMBER,
            },
            "ord" | "hash" | "id" | "abs" | "round" | "callable" | "hasattr" | "issubclass"
            | "any" | "all" | "divmod" | "pow" | "range" | "bool" => {
                if let ("bool", Some(first)) = (self.engine.project.text(name), &first)
                    && let Some(truth) = self.truth(state, first)
                {
                    return Some(Some(Value::new(What::Bool(truth))));
                }
                Value::NUMBER
            }
            "isinstance" => match (first, arguments.value(1)) {
                (Some(value), Some(class)) => match self.is_instance(state, &value, class) {
                    Some(truth) => Value::new(What::Bool(truth)),
                    None => Value::NUMBER,
                },
                _ => Value::NUMBER,
            },
            "str" | "repr" | "ascii" | "bytes" | "bytearray" | "format" => match first {
                None => Value::new(self.string("")),
                Some(first) => {
                    let whole = first.whole;
                    let mut value = self.stringified(state, &first);
                    // A quoted form has no line breaks; a text is no document of a database.
                    let kinds = match self.engine.project.text(name) {
                        "repr" | "ascii" => self.engine.sinks.log | self.engine.sinks.http_header,
                        "str" => self.engine.sinks.nosql,
                        _ => 0,
                    };
                    value.taint = self.passed(&value.taint, index).cleaned(kinds);
                    if let What::Int(number) = value.what {
                        value.what = self.string(&number.to_string());
                    }
                    value.whole = whole && value.whole;
                    value
                }
            },
            "list" | "tuple" | "set" | "frozenset" | "sorted" | "reversed" | "iter" | "deque" => {
                match first {
                    None => self.allocate(state, Object::new(Shape::List)),
                    Some(first) => {
                        let text = self.engine.project.text(name);
                        let mut object = Object::new(match text {
                            "tuple" => Shape::Tuple,
                            "set" | "frozenset" => Shape::Set,
                            _ => Shape::List,
                        });
                        match self.exact_items(state, &first) {
                            Some(mut items) if !matches!(text, "sorted" | "set" | "frozenset") => {
                                if text == "reversed" {
                                    items.reverse();
                                }
                                object = Object::sequence(object.shape, items);
                            }
                            _ => {
                                let element = self.element(state, &first);
                                object.items = None;
                                object.rest = Some(element);
                            }
                        }
                        self.allocate(state, object)
                    }
                }
            }
            "dict" => {
                let mut object = Object::new(Shape::Dict);
                if let Some(first) = &first {
                    match self.exact_items(state, first) {
                        Some(pairs) => {
                            for pair in pairs {
                                let key = self.subscript(state, &pair, &Value::new(What::Int(0)));
                                let value = self.subscript(state, &pair, &Value::new(What::Int(1)));
                                object.taint.add(&key.taint);
                                object.write(part_of(&key.what), &value, false);
                            }
                        }
                        None => self.merge_mapping(state, &mut object, first),
                    }
                }
                for (name, given) in &arguments.named {
                    object.write(Part::Key(*name), &given.value, false);
                }
                if let Some(rest) = &arguments.double_star {
                    object.add_rest(&rest.value);
                }
                self.allocate(state, object)
            }
            "enumerate" | "zip" => {
                let lists: Vec<Value> = arguments
                    .positional
                    .iter()
                    .map(|given| given.value.clone())
                    .collect();
                let is_zip = self.engine.project.text(name) == "zip";
                let exact: Option<Vec<Vec<Value>>> = lists
                    .iter()
                    .take(if is_zip { lists.len() } else { 1 })
                    .map(|list| self.exact_items(state, list))
                    .collect();
                let mut object = Object::new(Shape::List);
                match exact {
                    Some(exact)
                        if exact.iter().all(|items| items.len() <= 16) && !exact.is_empty() =>
                    {
                        let count = exact.iter().map(Vec::len).min().unwrap_or(0);
                        let mut rows = Vec::new();
                        for row in 0..count {
                            let mut items: Vec<Value> =
                                exact.iter().map(|list| list[row].clone()).collect();
                            if !is_zip {
                                items.insert(0, Value::new(What::Int(row as i64)));
                            }
                            rows.push(self.allocate_extra(
                                state,
                                row as u32 + 2,
                                Object::sequence(Shape::Tuple, items),
                            ));
                        }
                        object = Object::sequence(Shape::List, rows);
                    }
                    _ => {
                        let mut items: Vec<Value> = Vec::new();
                        if !is_zip {
                            items.push(Value::NUMBER);
                        }
                        for list in lists.iter().take(if is_zip { lists.len() } else { 1 }) {
                            items.push(self.element(state, list));
                        }
                        let row =
                            self.allocate_extra(state, 1, Object::sequence(Shape::Tuple, items));
                        object.items = None;
                        object.rest = Some(row);
                    }
                }
                self.allocate(state, object)
            }
            "map" | "filter" => {
                let function = first?;
                let mut elements = Vec::new();
                for given in arguments.positional.iter().skip(1) {
                    elements.push(self.element(state, &given.value));
                }
                let element = if self.engine.project.text(name) == "map" {
                    self.dispatch(
                        state,
                        index,
                        &function,
                        None,
                        None,
                        &Arguments::of(&elements),
                    )
                    .unwrap_or(Value::TOP)
                } else {
                    elements.into_iter().next().unwrap_or(Value::TOP)
                };
                let mut object = Object::new(Shape::Iterator);
                object.rest = Some(element);
                self.allocate(state, object)
            }
            "next" | "min" | "max" | "anext" => {
                let first = first?;
                if arguments.positional.len() > 1 && self.engine.project.text(name) != "next" {
                    let mut joined = first;
                    for given in arguments.positional.iter().skip(1) {
                        joined = joined.join(&given.value);
                    }
                    joined
                } else {
                    let element = self.element(state, &first);
                    match arguments.value(1) {
                        Some(default) => element.join(default),
                        None => element,
                    }
                }
            }
            "sum" => Value::NUMBER,
            "getattr" => {
                let (base, key) = (first?, arguments.value(1)?.clone());
                let name = match &key.what {
                    What::Symbol(name) => Some(*name),
                    What::Str(text) => self.engine.project.symbols().find(text),
                    _ => None,
                };
                match name {
                    Some(name) => {
                        let value = self.attribute(state, &base, name, operand);
                        match arguments.value(2) {
                            Some(default) if matches!(value.what, What::Top) => value.join(default),
                            _ => value,
                        }
                    }
                    None => Value::tainted(state.deep_taint(&base)),
                }
            }
            "setattr" => {
                let (base, key) = (first?, arguments.value(1)?.clone());
                let value = arguments.value(2)?.clone();
                let part = match &key.what {
                    What::Symbol(name) => Part::Attr(*name),
                    _ => return Some(Some(Value::new(What::None))),
                };
                self.store(state, &base, part, &value);
                Value::new(What::None)
            }
            "type" if arguments.positional.len() == 1 => match first?.what {
                What::Object(id) => match state.object(id).map(|object| object.shape) {
                    Some(Shape::Instance(module, class)) => Value::new(What::Class(module, class)),
                    _ => Value::TOP,
                },
                What::Instance(module, class) => Value::new(What::Class(module, class)),
                _ => Value::TOP,
            },
            "super" => {
                // Looked up by the attribute that follows; the object itself otherwise.
                let function = self.frame().function;
                let mut owner = function;
                while owner != FunctionId::MODULE && ir.function(owner).kind != FunctionKind::Class
                {
                    owner = ir.function(owner).parent;
                }
                return Some(Some(Value::new(What::Super(self.module(), owner))));
            }
            "print" => Value::new(What::None),
            "exit" | "quit" => return Some(None),
            _ => return None,
        };
        Some(Some(value))
    }

    /// Whether a value is an instance of a class, if that is known.
    fn is_instance(&self, state: &State, value: &Value, class: &Value) -> Option<bool> {
        let classes = match self.exact_items(state, class) {
            Some(items) => items,
            None => vec![class.clone()],
        };
        let mut all_known = true;
        for class in &classes {
            let What::Class(module, class) = class.what else {
                all_known = false;
                continue;
            };
            let name = self
                .engine
                .project
                .text(self.engine.project.module(module).ir.function(class).name);
            let is_model = self.engine.project.module(module).is_model;
            let found = match &value.what {
                What::Symbol(_) | What::Str(_) | What::Text(_) => Some(is_model && name == "str"),
                What::Int(_) => {
                    Some(is_model && matches!(name, "int" | "object" | "Number" | "Integral"))
                }
                What::Bool(_) => Some(is_model && matches!(name, "bool" | "int")),
                What::None => Some(false),
                What::Object(id) => {
                    let object = state.object(*id)?;
                    match object.shape {
                        Shape::Instance(m, c) => {
                            Some(self.engine.ancestry((m, c)).contains(&(module, class)))
                        }
                        Shape::List => {
                            Some(is_model && matches!(name, "list" | "Sequence" | "Iterable"))
                        }
                        Shape::Tuple => {
                            Some(is_model && matches!(name, "tuple" | "Sequence" | "Iterable"))
                        }
                        Shape::Dict => Some(is_model && matches!(name, "dict" | "Mapping")),
                        Shape::Set => Some(is_model && name == "set"),
                        _ => None,
                    }
                }
                _ => None,
            };
            match found {
                Some(true) => return Some(true),
                Some(false) => {}
                None => all_known = false,
            }
        }
        all_known.then_some(false)
    }

    /// A library function that is known exactly. The outer option: whether it is done; the inner: whether it returns.
    #[allow(clippy::option_option)]
    pub(super) fn native_function(
        &mut self,
        state: &mut State,
        index: u32,
        native: Native,
        receiver: Option<&Value>,
        arguments: &Arguments,
    ) -> Option<Option<Value>> {
        let first = arguments.first().cloned();
        let named = |machine: &Self, wanted: &str| {
            arguments
                .named
                .iter()
                .find(|(name, _)| machine.engine.project.text(*name) == wanted)
                .map(|(_, given)| given.value.clone())
        };
        let value = match native {
            Native::Partial => {
                let callee = first?;
                Value::new(What::Partial(Arc::new(PartialCall {
                    callee,
                    positional: arguments
                        .positional
                        .iter()
                        .skip(1)
                        .map(|given| given.value.clone())
                        .collect(),
                    named: arguments
                        .named
                        .iter()
                        .map(|(name, given)| (*name, given.value.clone()))
                        .collect(),
                })))
            }
            Native::Identity => first?,
            Native::Copy => {
                let value = first?;
                match &value.what {
                    What::Object(id) => {
                        let mut copy = state.object(*id)?.clone();
                        copy.origins.clear();
                        self.allocate(state, copy)
                    }
                    _ => value,
                }
            }
            Native::Dict => {
                let mut object = Object::new(Shape::Dict);
                for given in &arguments.positional {
                    if !matches!(given.value.what, What::Function(_) | What::Class(..)) {
                        self.merge_mapping(state, &mut object, &given.value);
                    }
                }
                for (name, given) in &arguments.named {
                    object.write(Part::Key(*name), &given.value, false);
                }
                self.allocate(state, object)
            }
            Native::List => {
                let mut object = Object::new(Shape::List);
                if let Some(first) = first
                    && !first.what.is_number()
                {
                    match self.exact_items(state, &first) {
                        Some(items) => object = Object::sequence(Shape::List, items),
                        None => {
                            object.items = None;
                            object.rest = Some(self.element(state, &first));
                        }
                    }
                }
                self.allocate(state, object)
            }
            Native::Buffer => {
                let mut object = Object::new(Shape::Buffer);
                object.rest = first;
                self.allocate(state, object)
            }
            Native::Chain => {
                let mut object = Object::new(Shape::Iterator);
                for given in &arguments.positional {
                    let element = self.element(state, &given.value);
                    object.add_rest(&element);
                }
                self.allocate(state, object)
            }
            Native::Reduce => {
                let function = first?;
                let list = arguments.value(1)?.clone();
                let element = self.element(state, &list);
                let start = arguments
                    .value(2)
                    .cloned()
                    .unwrap_or_else(|| element.clone());
                let once = self
                    .dispatch(
                        state,
                        index,
                        &function,
                        None,
                        None,
                        &Arguments::of(&[start, element.clone()]),
                    )
                    .unwrap_or(Value::TOP);
                once.join(&element)
            }
            Native::Gather => {
                let mut items: Vec<Value> = arguments
                    .positional
                    .iter()
                    .map(|given| given.value.clone())
                    .collect();
                let object = if let Some(star) = &arguments.star {
                    let mut object = Object::new(Shape::List);
                    object.items = None;
                    items.push(star.value.clone());
                    for item in &items {
                        object.add_rest(item);
                    }
                    object
                } else {
                    Object::sequence(Shape::List, items)
                };
                self.allocate(state, object)
            }
            Native::CallBack => {
                return self.call_back(state, index, arguments).map(Some);
            }
            Native::Thread => {
                let target = named(self, "target").or_else(|| arguments.value(1).cloned())?;
                let given = named(self, "args").and_then(|list| self.exact_items(state, &list));
                let mut all = Arguments::of(&given.unwrap_or_default());
                if let Some(kwargs) = named(self, "kwargs")
                    && let What::Object(id) = kwargs.what
                    && let Some(object) = state.object(id)
                {
                    for (part, value) in object.entries.clone() {
                        if let Part::Key(name) = part {
                            all.named.push((name, Given::of(value)));
                        }
                    }
                }
                self.dispatch(state, index, &target, None, None, &all);
                return None;
            }
            Native::Template => {
                // Its text is what matters; `substitute` fills it in.
                let text = first?;
                let mut object = Object::new(Shape::Buffer);
                object.rest = Some(text);
                self.allocate(state, object)
            }
            Native::ConfigParser => self.allocate(state, Object::new(Shape::Dict)),
            Native::Path => {
                let mut parts = Vec::new();
                let mut taint = Taint::CLEAN;
                for (number, given) in arguments.positional.iter().enumerate() {
                    if number > 0 {
                        parts.push(TextPart::Literal("/".into()));
                    }
                    taint.add(&given.value.taint);
                    parts.extend(self.parts(&given.value));
                }
                let _ = receiver;
                let whole = arguments.positional.len() == 1
                    && first.as_ref().is_some_and(|first| first.whole);
                let mut value = self.text(parts, self.passed(&taint, index));
                value.whole = whole;
                if matches!(value.what, What::Symbol(_) | What::Str(_)) {
                    value.what = What::Top;
                }
                value
            }
        };
        Some(Some(value))
    }

    /// `super().name`: looked up behind the class of the function that is being run.
    pub(super) fn super_attribute(
        &mut self,
        state: &mut State,
        class: (hognose_python::ModuleId, FunctionId),
        name: Symbol,
    ) -> Value {
        let receiver = self
            .register(
                self.engine
                    .project
                    .module(self.module())
                    .ir
                    .function(self.frame().function)
                    .start,
            )
            .cloned()
            .unwrap_or(Value::TOP);
        let dynamic = match &receiver.what {
            What::Object(id) => match state.object(*id).map(|object| object.shape) {
                Some(Shape::Instance(module, class)) => (module, class),
                _ => class,
            },
            What::Instance(module, class) | What::Class(module, class) => (*module, *class),
            _ => class,
        };
        let order = self.engine.ancestry(dynamic);
        let at = order
            .iter()
            .position(|known| *known == class)
            .map_or(0, |at| at + 1);
        for &(module, ancestor) in &order[at..] {
            if let Some((m, f)) = self.engine.own_method((module, ancestor), name) {
                return Value::new(What::Method(Arc::new((receiver, m, f))));
            }
        }
        Value::TOP
    }
}

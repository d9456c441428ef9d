//! Methods of built-in containers, buffers and texts, whose effect on contents is known exactly.

use hognose_python::Symbol;

use super::call::Arguments;
use super::heap::{Object, Shape, State};
use super::machine::{Machine, part_of};
use super::names::Native;
use super::value::{Part, Value, What};

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

impl Machine<'_, '_> {
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
                    Shape::Instance(..) if method == "_replace" => {
                        self.replaced(state, *id, arguments)
                    }
                    Shape::Instance(..) if method == "_asdict" => self.record_function(
                        state,
                        Native::AsDict,
                        &Arguments::of(std::slice::from_ref(receiver)),
                    ),
                    Shape::Instance(..) => None,
                    Shape::Buffer => self.buffer_method(state, *id, method, arguments),
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
                    value.join_into(&mut joined);
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
    pub(super) fn call_back(
        &mut self,
        state: &mut State,
        index: u32,
        arguments: &Arguments,
    ) -> Option<Value> {
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
                        Some(items) if object.rest.is_none() => {
                            items.push(value.clone());
                            self.behind_dashes(items);
                        }
                        _ => object.add_rest(&value),
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
                        (Some(items), What::Int(at)) if *at >= 0 || object.rest.is_none() => {
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
                    (Some(new), Some(_)) if object.rest.is_none() => {
                        if let Some(items) = state
                            .object_mut(id)
                            .and_then(|object| object.items.as_mut())
                        {
                            items.extend(new);
                            self.behind_dashes(items);
                        }
                    }
                    _ => {
                        let element = self.element(state, &more);
                        if let Some(object) = state.object_mut(id) {
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
                if let (Some(at), Some(items)) = (at, &object.items)
                    && (at >= 0 || object.rest.is_none())
                {
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
                        ("reverse", Some(items)) if object.rest.is_none() => items.reverse(),
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
            // What a configuration parser keeps lies in a section: `get(section, option)`.
            (Shape::Dict, "get")
                if second
                    .as_ref()
                    .is_some_and(|option| self.as_text(&option.what).is_some())
                    && first.as_ref().is_some_and(|section| {
                        let part = part_of(&section.what);
                        object
                            .entries
                            .iter()
                            .any(|(known, inner)| *known == part && self.is_dict(state, inner))
                    }) =>
            {
                let section = self.subscript(state, receiver, &first?);
                self.subscript(state, &section, &second?)
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
            (Shape::Dict, "most_common") => {
                let key = self.element(state, receiver);
                let count = object.any_element().unwrap_or(Value::NUMBER);
                let pair =
                    self.allocate_extra(state, 1, Object::sequence(Shape::Tuple, vec![key, count]));
                let mut list = Object::new(Shape::List);
                list.items = None;
                list.rest = Some(pair);
                self.allocate_extra(state, 2, list)
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

    fn is_dict(&self, state: &State, value: &Value) -> bool {
        match value.what {
            What::Object(id) => state
                .object(id)
                .is_some_and(|object| object.shape == Shape::Dict),
            _ => false,
        }
    }

    /// What is put into a shared container is kept in what it is a part of.
    pub(super) fn share(&mut self, state: &State, object: &Object, part: Part, value: &Value) {
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
            // A template.
            "substitute" | "safe_substitute" => {
                let index = self.frame().at;
                let text = state.object(id)?.rest.clone()?;
                match self.as_text(&text.what).map(str::to_owned) {
                    Some(text) => self.fill_template(state, index, &text, arguments),
                    None => {
                        let mut taint = state.deep_taint(&text);
                        for given in arguments.all() {
                            taint.add(&state.deep_taint(&given.value));
                        }
                        Value::tainted(self.passed(&taint, index))
                    }
                }
            }
            "truncate" => {
                if let Some(object) = state.object_mut(id) {
                    object.rest = None;
                }
                Value::NUMBER
            }
            _ => Value::TOP,
        })
    }
}

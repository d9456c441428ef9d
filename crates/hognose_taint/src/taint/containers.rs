//! Lists, dictionaries, buffers and what else holds values by number or key.

use hognose_python::ModuleId;
use hognose_python::ir::{FunctionId, Op, Operand};

use super::heap::{Object, Shape, State};
use super::machine::{Machine, part_of};
use super::value::{Doubt, Label, Mark, Note, Part, Path, Root, Taint, Value, What, step};

/// Names in the environment of a request that the server sets, whatever the client sends.
const SERVER_WORDS: &[&str] = &[
    "GATEWAY_INTERFACE",
    "REMOTE_ADDR",
    "REMOTE_PORT",
    "SCRIPT_NAME",
    "SERVER_PORT",
    "SERVER_PROTOCOL",
    "SERVER_SOFTWARE",
    "wsgi.url_scheme",
];

impl<'a> Machine<'_, 'a> {
    pub(super) fn merge_mapping(&mut self, state: &State, object: &mut Object, value: &Value) {
        match &value.what {
            What::Object(id) if state.object(*id).is_some() => {
                if let Some(other) = state.object(*id) {
                    for (part, value) in &other.entries {
                        object.write(*part, value, false);
                    }
                    if let Some(rest) = &other.rest {
                        object.add_rest(rest);
                    }
                    object.taint.add(&other.taint);
                }
            }
            _ => {
                if !value.taint.is_clean() {
                    object.add_rest(&Value::tainted(value.taint.clone()));
                }
                object.taint.add(&value.taint);
            }
        }
    }

    pub(super) fn comprehension(
        &mut self,
        ir: &'a hognose_python::Ir,
        index: u32,
        state: &mut State,
    ) -> Value {
        let instruction = ir.get(index);
        // The element was made where the conditions of the comprehension hold.
        let block = ir.block_at(index);
        let mut inner = state.clone();
        if ir.blocks[block as usize].start == index
            && let Some(end) = self.end_of(block.wrapping_sub(1))
        {
            inner.facts = end.facts.clone();
        }
        let mut object = Object::new(if instruction.op == Op::Comprehension {
            Shape::List
        } else {
            Shape::Dict
        });
        object.items = None;
        if instruction.op == Op::Comprehension {
            object.rest = Some(self.read(&mut inner, instruction.operand_a()));
        } else {
            let key = self.read(&mut inner, instruction.operand_a());
            let value = self.read(&mut inner, instruction.operand_b());
            object.taint.add(&key.taint);
            object.write(part_of(&key.what), &value, true);
        }
        self.allocate(state, object)
    }

    /// All items of a sequence, if their positions are known.
    pub(super) fn exact_items(&self, state: &State, value: &Value) -> Option<Vec<Value>> {
        match &value.what {
            What::Object(id) => {
                let object = state.object(*id)?;
                if object.rest.is_some() {
                    return None;
                }
                object.items.clone()
            }
            _ => None,
        }
    }

    /// An element of an iterable.
    pub(super) fn element(&mut self, state: &mut State, value: &Value) -> Value {
        let mut joined: Option<Value> = None;
        let mut add = |value: Value| {
            value.join_into(&mut joined);
        };
        for what in value.what.alternatives() {
            match what {
                What::Object(id) => {
                    let Some(object) = state.object(*id) else {
                        continue;
                    };
                    match object.shape {
                        Shape::Dict => {
                            let mut keys = Value::tainted(object.taint.clone());
                            let mut first = object.taint.is_clean() && object.rest.is_none();
                            for (part, _) in &object.entries {
                                let what = match part {
                                    Part::Key(symbol) => What::Symbol(*symbol),
                                    Part::Index(number) => What::Int(i64::from(*number)),
                                    _ => continue,
                                };
                                keys = if first {
                                    first = false;
                                    Value::new(what)
                                } else {
                                    keys.join(&Value::new(what))
                                };
                            }
                            add(keys);
                        }
                        Shape::Instance(module, class) => {
                            let mut found = None;
                            if let Some(name) = self.engine.names.iter
                                && let Some((m, f)) = self.engine.method((module, class), name)
                            {
                                let result = self
                                    .call_function(state, m, f, Some(value), &[])
                                    .unwrap_or(Value::TOP);
                                if result != *value {
                                    found = Some(self.element(state, &result));
                                }
                            }
                            add(found.unwrap_or_else(|| Value::tainted(state.deep_taint(value))));
                        }
                        _ => {
                            let mut element = object.any_element().unwrap_or(Value::TOP);
                            element.taint.add(&object.taint);
                            let label_part = object.origins.clone();
                            for origin in label_part {
                                element.taint.add(&self.store_mark(origin, Part::Element));
                            }
                            add(element);
                        }
                    }
                }
                What::Typed(module, annotation) => {
                    let mut element = self.part_of_whole(value, Part::Element);
                    let types = self.evaluator.element_types(*module, *annotation);
                    element.what = self.what_of(&types);
                    if element.what.is_number() {
                        element.taint = Taint::CLEAN;
                    }
                    add(element);
                }
                What::Symbol(_) | What::Str(_) if value.taint.is_clean() => add(Value::TOP),
                What::Number | What::Int(_) => add(Value::NUMBER),
                _ => add(self.part_of_whole(value, Part::Element)),
            }
        }
        joined.unwrap_or(Value::TOP)
    }

    /// Something in a value of which only the origin is known.
    pub(super) fn part_of_whole(&mut self, value: &Value, part: Part) -> Value {
        if value.taint.is_clean() {
            return Value::TOP;
        }
        let (module, index) = (self.module(), self.frame().at);
        if !value.whole {
            return Value::tainted(value.taint.clone());
        }
        let taint = value.taint.map(|mark| {
            let label = self.label_of_part(mark.label, part);
            let step = match mark.label {
                Label::Source { .. } => step(mark.step.as_ref(), module, index, Note::Pass, None),
                _ => mark.step.clone(),
            };
            Mark {
                label,
                step,
                ..mark.clone()
            }
        });
        let taint = Taint::from_marks(taint.marks().to_vec());
        Value {
            taint,
            what: What::Top,
            whole: true,
        }
    }

    /// The label of a part of something that has a label.
    fn label_of_part(&self, label: Label, part: Part) -> Label {
        match label {
            // Another part of what comes from outside is another piece of data.
            Label::Source { kind, .. } => Label::Source {
                kind,
                module: self.module(),
                index: self.frame().at,
            },
            Label::Input { param, path } => Label::Input {
                param,
                path: path.then(part),
            },
            Label::Store { root, path } => Label::Store {
                root,
                path: path.then(part),
            },
        }
    }

    /// What a library's container gave, which was untrusted as a whole: a piece of data of its own.
    pub(super) fn as_part(&self, base: &Value, part: Part, mut read: Value) -> Value {
        let is_passed = |label: Label| base.taint.marks().iter().any(|mark| mark.label == label);
        if base.whole
            && !read.taint.is_clean()
            && read.taint.marks().iter().all(|mark| is_passed(mark.label))
        {
            read.taint = Taint::from_marks(
                read.taint
                    .marks()
                    .iter()
                    .map(|mark| Mark {
                        label: self.label_of_part(mark.label, part),
                        ..mark.clone()
                    })
                    .collect(),
            );
            read.whole = true;
        }
        read
    }

    /// Taint of a place in something that outlives the call.
    pub(super) fn store_mark(&self, origin: Label, part: Part) -> Taint {
        let label = match origin {
            Label::Store { root, path } => Label::Store {
                root,
                path: path.then(part),
            },
            Label::Input { param, path } => Label::Input {
                param,
                path: path.then(part),
            },
            Label::Source { .. } => return Taint::CLEAN,
        };
        Taint::of(Mark {
            label,
            clean: 0,
            doubt: Doubt::None,
            undone: false,
            step: None,
        })
    }

    /// What a library's object that keeps things for others has at a place.
    pub(super) fn kept(&self, class: (ModuleId, FunctionId), part: Part) -> Taint {
        if !self.engine.keeps(class) {
            return Taint::CLEAN;
        }
        let root = Root::Instance(class.0, class.1);
        let path = Path::EMPTY;
        self.store_mark(Label::Store { root, path }, part)
    }

    pub(super) fn unpack(
        &mut self,
        state: &mut State,
        value: &Value,
        number: u32,
        count: u32,
    ) -> Value {
        let items = match value.what {
            What::Object(id) => self
                .exact_items(state, value)
                .or_else(|| self.fields_of(state, id)),
            _ => None,
        };
        if let Some(items) = items
            && items.len() as u32 == count
            && let Some(item) = items.get(number as usize)
        {
            return item.clone();
        }
        match &value.what {
            What::Object(_) => {
                let part = Part::Index(number as i32);
                self.read_part(state, value, part)
            }
            What::Typed(module, annotation) => {
                let mut element = self.part_of_whole(value, Part::Index(number as i32));
                let types = self.evaluator.argument_types(*module, *annotation, number);
                element.what = self.what_of(&types);
                element
            }
            _ => self.part_of_whole(value, Part::Index(number as i32)),
        }
    }

    /// `value[key]`
    pub(super) fn subscript(&mut self, state: &mut State, value: &Value, key: &Value) -> Value {
        if let (Some(text), What::Int(at)) = (self.as_text(&value.what), &key.what) {
            let count = text.chars().count() as i64;
            let at = if *at < 0 { count + at } else { *at };
            if let Some(c) = usize::try_from(at).ok().and_then(|at| text.chars().nth(at)) {
                let text = c.to_string();
                return Value::new(self.string(&text));
            }
            return Value::TOP;
        }
        // The server's own words about a request, in WSGI and in Django's `META`.
        if value.whole
            && self
                .as_text(&key.what)
                .is_some_and(|key| SERVER_WORDS.contains(&key))
            && value
                .taint
                .marks()
                .iter()
                .all(|mark| matches!(mark.label, Label::Source { .. }))
        {
            return Value::TOP;
        }
        self.read_part(state, value, part_of(&key.what))
    }

    fn read_part(&mut self, state: &mut State, value: &Value, part: Part) -> Value {
        let mut joined: Option<Value> = None;
        for what in value.what.alternatives() {
            let one = match what {
                What::Object(id) => {
                    let Some(object) = state.object(*id).cloned() else {
                        continue;
                    };
                    if let Shape::Instance(module, class) = object.shape
                        && !self.engine.project.module(module).is_model
                    {
                        let method = self
                            .engine
                            .names
                            .getitem
                            .and_then(|name| self.engine.method((module, class), name));
                        match method {
                            Some((m, f)) => self
                                .call_function(
                                    state,
                                    m,
                                    f,
                                    Some(value),
                                    &[Value::new(key_of(part))],
                                )
                                .unwrap_or(Value::TOP),
                            None => {
                                let mut read = object.read(part).unwrap_or(Value::TOP);
                                read.taint.add(&object.taint);
                                read
                            }
                        }
                    } else {
                        if let Some(shape) = object.default
                            && part != Part::Element
                            && object.read(part).is_none()
                        {
                            let made = self.allocate_extra(state, 5, Object::new(shape));
                            self.store(state, &Value::new(What::Object(*id)), part, &made);
                            made.join_into(&mut joined);
                            continue;
                        }
                        let mut read = object.read(part).unwrap_or(Value::TOP);
                        if !object.taint.is_clean() && object.shape != Shape::Dict {
                            read.taint.add(&object.taint);
                            read.whole = false;
                        }
                        for origin in &object.origins {
                            let mark = self.store_mark(*origin, part);
                            if read.taint.is_clean() {
                                read.whole = true;
                            }
                            read.taint.add(&mark);
                        }
                        read
                    }
                }
                What::Typed(module, annotation) => {
                    let mut element = self.part_of_whole(value, part);
                    let mut types = self.evaluator.argument_types(*module, *annotation, 1);
                    if types.is_empty() {
                        types = self.evaluator.argument_types(*module, *annotation, 0);
                    }
                    element.what = self.what_of(&types);
                    element
                }
                What::Instance(module, class) => {
                    let method = self
                        .engine
                        .names
                        .getitem
                        .and_then(|name| self.engine.method((*module, *class), name));
                    let mut read = match method {
                        Some((m, f)) => {
                            let read = self
                                .call_function(
                                    state,
                                    m,
                                    f,
                                    Some(value),
                                    &[Value::new(key_of(part))],
                                )
                                .unwrap_or(Value::TOP);
                            self.as_part(value, part, read)
                        }
                        None => self.part_of_whole(value, part),
                    };
                    if self.engine.project.module(*module).is_model {
                        read.taint.add(&self.kept((*module, *class), part));
                    }
                    read
                }
                // `Generic[T]`, an enumeration's member by name.
                What::Class(module, class) => Value::new(What::Class(*module, *class)),
                _ => self.part_of_whole(value, part),
            };
            one.join_into(&mut joined);
        }
        joined.unwrap_or(Value::TOP)
    }

    pub(super) fn slice(
        &mut self,
        ir: &'a hognose_python::Ir,
        state: &mut State,
        value: &Value,
        slice: Operand,
    ) -> Value {
        let bounds = slice.as_register().map(|index| {
            let at = ir.get(index).a as usize;
            [at, at + 1].map(|at| ir.extra_operand(at))
        });
        if let Some([lower, upper]) = bounds {
            let lower = self.read(state, lower).what;
            let upper = self.read(state, upper).what;
            let bound = |what: &What, default: i64| match what {
                What::None => Some(default),
                What::Int(number) => Some(*number),
                _ => None,
            };
            if let Some(items) = self.exact_items(state, value) {
                let count = items.len() as i64;
                if let (Some(from), Some(to)) = (bound(&lower, 0), bound(&upper, count)) {
                    let at = |number: i64| {
                        (if number < 0 { count + number } else { number }).clamp(0, count) as usize
                    };
                    let (from, to) = (at(from), at(to));
                    let kept = if from < to {
                        items[from..to].to_vec()
                    } else {
                        Vec::new()
                    };
                    let object = Object::sequence(Shape::List, kept);
                    return self.allocate(state, object);
                }
            }
            if let What::Text(parts) = &value.what
                && let Some(from) = bound(&lower, 0)
                && let to = if matches!(upper, What::None) {
                    Some(None)
                } else {
                    bound(&upper, 0).map(Some)
                }
                && let Some(to) = to
                && let Some(piece) = self.slice_of_parts(parts, &value.taint, from, to)
            {
                return piece;
            }
            if let Some(text) = self.as_text(&value.what)
                && value.taint.is_clean()
            {
                let chars: Vec<char> = text.chars().collect();
                let count = chars.len() as i64;
                if let (Some(from), Some(to)) = (bound(&lower, 0), bound(&upper, count)) {
                    let at = |number: i64| {
                        (if number < 0 { count + number } else { number }).clamp(0, count) as usize
                    };
                    let (from, to) = (at(from), at(to));
                    let kept: String = if from < to {
                        chars[from..to].iter().collect()
                    } else {
                        String::new()
                    };
                    return Value::new(self.string(&kept));
                }
            }
        }
        if let What::Object(_) = value.what {
            let element = self.element(state, value);
            let mut object = Object::new(Shape::List);
            object.items = None;
            object.rest = Some(element);
            return self.allocate(state, object);
        }
        Value::tainted(value.taint.clone())
    }

    /// `del base[key]`, said of the instruction that reads the element.
    pub(super) fn delete(&mut self, ir: &'a hognose_python::Ir, state: &mut State, read: Operand) {
        let Some(element) = ir.instruction(read).filter(|read| read.op == Op::Subscript) else {
            return;
        };
        let base = self.read(state, element.operand_a());
        let key = self.read(state, element.operand_b());
        let What::Object(id) = base.what else { return };
        let Some(object) = state.object_mut(id) else {
            return;
        };
        match (&mut object.items, part_of(&key.what)) {
            (Some(items), Part::Index(at)) if at >= 0 || object.rest.is_none() => {
                let at = if at < 0 {
                    items.len() as i64 + i64::from(at)
                } else {
                    i64::from(at)
                };
                match usize::try_from(at).ok().filter(|at| *at < items.len()) {
                    Some(at) => {
                        items.remove(at);
                    }
                    None => object.blur(),
                }
            }
            (Some(_), _) => object.blur(),
            (None, Part::Element) => {}
            (None, part) => object.entries.retain(|(known, _)| *known != part),
        }
    }

    pub(super) fn store_element(
        &mut self,
        state: &mut State,
        index: u32,
        base: &Value,
        key: &Value,
        value: &Value,
    ) {
        if let What::Object(id) = &base.what
            && let Some(Shape::Instance(module, class)) =
                state.object(*id).map(|object| object.shape)
            && let Some(name) = self.engine.names.setitem
            && let Some((m, f)) = self.engine.method((module, class), name)
            && !self.engine.project.module(m).is_model
        {
            self.call_function(state, m, f, Some(base), &[key.clone(), value.clone()]);
            return;
        }
        self.subscript_sinks(state, index, base, key, value);
        if let What::Object(id) = &base.what
            && !key.taint.is_clean()
            && let Some(object) = state.object_mut(*id)
        {
            object.taint.add(&key.taint);
        }
        self.store(state, base, part_of(&key.what), value);
    }
}

fn key_of(part: Part) -> What {
    match part {
        Part::Key(symbol) | Part::Attr(symbol) => What::Symbol(symbol),
        Part::Index(number) => What::Int(i64::from(number)),
        Part::Element => What::Top,
    }
}

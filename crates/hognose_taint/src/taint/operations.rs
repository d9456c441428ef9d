//! What the instructions that are not calls do to values.

use std::sync::Arc;

use hognose_python::ir::{Compare, FunctionId, Op, Operand};
use hognose_python::{ModuleId, Symbol, Target};

use super::heap::{Object, Shape, State};
use super::machine::{MAX_DEPTH, Machine, part_of};
use super::summary::Write;
use super::value::{Label, Mark, Note, Part, Path, Root, Taint, TextPart, Value, What, step};
use crate::models::{Binding, binding_of};
use crate::values;

/// How many parts of a text are told apart.
const MAX_TEXT_PARTS: usize = 32;

impl<'a> Machine<'_, 'a> {
    pub(super) fn operation(
        &mut self,
        ir: &'a hognose_python::Ir,
        index: u32,
        state: &mut State,
    ) -> Value {
        let instruction = ir.get(index);
        match instruction.op {
            Op::Attr => {
                let base = self.read(state, instruction.operand_a());
                let value = self.attribute(
                    state,
                    &base,
                    instruction.symbol_b(),
                    Some(instruction.operand_a()),
                );
                self.refined_like(ir, index, state, value)
            }
            Op::Subscript => {
                let base = self.read(state, instruction.operand_a());
                let is_slice = ir
                    .instruction(instruction.operand_b())
                    .is_some_and(|slice| slice.op == Op::Slice);
                let value = if is_slice {
                    self.slice(ir, state, &base, instruction.operand_b())
                } else {
                    let key = self.read(state, instruction.operand_b());
                    self.subscript(state, &base, &key)
                };
                self.refined_like(ir, index, state, value)
            }
            Op::Slice => Value::TOP,
            Op::Add => {
                let (a, b) = self.both(state, instruction.operand_a(), instruction.operand_b());
                let mut value = self.concatenate(state, &a, &b);
                value.taint = self.passed(&value.taint, index);
                value
            }
            Op::Mod => {
                let (a, b) = self.both(state, instruction.operand_a(), instruction.operand_b());
                self.percent(state, index, &a, &b)
            }
            Op::Div | Op::Mul | Op::BitOr | Op::Binary => {
                let (a, b) = self.both(state, instruction.operand_a(), instruction.operand_b());
                self.arithmetic(state, index, instruction.op, &a, &b)
            }
            Op::Not => {
                let value = self.read(state, instruction.operand_a());
                match self.truth(state, &value) {
                    Some(truth) => Value::new(What::Bool(!truth)),
                    None => Value::NUMBER,
                }
            }
            Op::Neg => {
                let value = self.read(state, instruction.operand_a());
                match value.what {
                    What::Int(number) => Value::new(What::Int(number.wrapping_neg())),
                    _ => Value::NUMBER,
                }
            }
            Op::Unary => Value::NUMBER,
            Op::And | Op::Or => {
                let a = self.read(state, instruction.operand_a());
                let truth = self.truth(state, &a);
                let keeps_first = match (instruction.op, truth) {
                    (Op::And, Some(truth)) => Some(!truth),
                    (_, Some(truth)) => Some(truth),
                    (_, None) => None,
                };
                match keeps_first {
                    Some(true) => a,
                    Some(false) => self.read(state, instruction.operand_b()),
                    None => {
                        let b = self.read(state, instruction.operand_b());
                        // What is false is empty.
                        if instruction.op == Op::And && a.what.is_number() {
                            return b.join(&Value::NUMBER);
                        }
                        a.join(&b)
                    }
                }
            }
            Op::Compare => {
                let (operator, left, right) = ir.comparison(instruction.a);
                let a = self.read(state, left);
                let b = self.read(state, right);
                match self.compare(state, operator, &a, &b) {
                    Some(truth) => Value::new(What::Bool(truth)),
                    None => Value::NUMBER,
                }
            }
            Op::Format => {
                let mut parts = Vec::new();
                let mut taint = Taint::CLEAN;
                for part in ir.list(instruction.a) {
                    let value = self.read(state, part);
                    let value = self.stringified(state, &value);
                    taint.add(&value.taint);
                    parts.extend(self.parts(&value));
                }
                let taint = self.passed(&taint, index);
                self.text(parts, taint)
            }
            Op::Tuple | Op::List | Op::Set => {
                let shape = match instruction.op {
                    Op::Tuple => Shape::Tuple,
                    Op::List => Shape::List,
                    _ => Shape::Set,
                };
                let mut object = Object::new(shape);
                let mut exact = Vec::new();
                let mut is_exact = shape != Shape::Set;
                for operand in ir.list(instruction.a) {
                    let star = ir
                        .instruction(operand)
                        .filter(|star| star.op == Op::Star)
                        .map(hognose_python::ir::Instruction::operand_a);
                    if let Some(inner) = star {
                        let inner = self.read(state, inner);
                        match self.exact_items(state, &inner) {
                            Some(items) => exact.extend(items),
                            None => {
                                is_exact = false;
                                let element = self.element(state, &inner);
                                exact.push(element);
                            }
                        }
                    } else {
                        exact.push(self.read(state, operand));
                    }
                }
                if is_exact {
                    object = Object::sequence(shape, exact);
                } else {
                    object.items = None;
                    for value in &exact {
                        object.add_rest(value);
                    }
                }
                self.allocate(state, object)
            }
            Op::Dict => {
                let mut object = Object::new(Shape::Dict);
                for (key, operand) in ir.pairs(instruction.a) {
                    let value = self.read(state, operand);
                    if key.is_absent() {
                        self.merge_mapping(state, &mut object, &value);
                        continue;
                    }
                    let key = self.read(state, key);
                    object.taint.add(&key.taint);
                    object.write(part_of(&key.what), &value, false);
                }
                self.allocate(state, object)
            }
            Op::Star => self.read(state, instruction.operand_a()),
            Op::Comprehension | Op::DictComprehension => self.comprehension(ir, index, state),
            Op::Element => {
                let value = self.read(state, instruction.operand_a());
                self.element(state, &value)
            }
            Op::Unpack => {
                let value = self.read(state, instruction.operand_a());
                let (number, count) = (instruction.b & 0xffff, instruction.b >> 16);
                self.unpack(state, &value, number, count)
            }
            Op::UnpackRest | Op::Capture => {
                let value = self.read(state, instruction.operand_a());
                let mut taint = state.deep_taint(&value);
                taint = self.passed(&taint, index);
                let mut object = Object::new(Shape::List);
                object.items = None;
                object.rest = Some(Value::tainted(taint));
                if instruction.op == Op::Capture {
                    return Value {
                        whole: value.whole,
                        ..value
                    };
                }
                self.allocate(state, object)
            }
            Op::Enter => {
                let value = self.read(state, instruction.operand_a());
                self.enter(state, index, &value)
            }
            Op::Await => {
                let value = self.read(state, instruction.operand_a());
                if matches!(value.what, What::Top) && value.taint.is_clean() {
                    let types = self
                        .evaluator
                        .values(self.module(), Operand::from_register(index));
                    return Value::new(self.what_of(&types));
                }
                value
            }
            Op::Import => {
                let module = self.module();
                let import = ir.imports[instruction.a as usize];
                let targets = self.engine.project.resolve_import(module, &import);
                let mut joined: Option<Value> = None;
                for target in targets {
                    let value = self.of_target(state, target, None);
                    joined = Some(match joined {
                        None => value,
                        Some(joined) => joined.join(&value),
                    });
                }
                joined.unwrap_or(Value::TOP)
            }
            Op::MakeFunction => {
                let closure = self.captured(ir, FunctionId(instruction.a));
                Value::new(What::Function(Arc::new(closure)))
            }
            Op::MakeClass => Value::new(What::Class(self.module(), FunctionId(instruction.a))),
            Op::Free => self.free(ir, state, FunctionId(instruction.b), instruction.symbol_a()),
            Op::Caught => Value::TOP,
            _ => Value::TOP,
        }
    }

    fn both(&mut self, state: &mut State, a: Operand, b: Operand) -> (Value, Value) {
        (self.read(state, a), self.read(state, b))
    }

    /// Taint that passes through the current instruction, with a step for it.
    pub(super) fn passed(&self, taint: &Taint, index: u32) -> Taint {
        let module = self.module();
        taint.map(|mark| Mark {
            step: step(mark.step.as_ref(), module, index, Note::Pass, None),
            ..mark.clone()
        })
    }

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
                                .call_function(
                                    state,
                                    found_module,
                                    function,
                                    None,
                                    Some(value.clone()),
                                    &[],
                                )
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
        parts.extend(self.parts(b));
        self.text(parts, a.taint.join(&b.taint))
    }

    /// `format % arguments`
    fn percent(&mut self, state: &mut State, index: u32, format: &Value, given: &Value) -> Value {
        if let (What::Int(a), What::Int(b)) = (&format.what, &given.what)
            && *b != 0
        {
            return Value::new(What::Int(a.rem_euclid(*b)));
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
            taint.add(&state.deep_taint(&value));
            parts.extend(self.parts(&value));
        }
        parts.push(TextPart::Literal(rest.into()));
        let taint = self.passed(&taint, index);
        self.text(parts, taint)
    }

    fn arithmetic(&mut self, state: &mut State, index: u32, op: Op, a: &Value, b: &Value) -> Value {
        if let (What::Int(x), What::Int(y)) = (&a.what, &b.what) {
            return match op {
                Op::Mul => Value::new(What::Int(x.wrapping_mul(*y))),
                Op::BitOr => Value::new(What::Int(x | y)),
                // Which of the others it is was not kept.
                _ => Value::NUMBER,
            };
        }
        if a.what.is_number() && b.what.is_number() && a.taint.is_clean() && b.taint.is_clean() {
            return Value::NUMBER;
        }
        if op == Op::Mul && matches!(a.what, What::Object(_)) {
            let element = self.element(state, a);
            let mut object = Object::new(Shape::List);
            object.items = None;
            object.rest = Some(element);
            return self.allocate(state, object);
        }
        if op == Op::BitOr
            && (matches!(a.what, What::Object(_)) || matches!(b.what, What::Object(_)))
        {
            let mut object = Object::new(Shape::Dict);
            for value in [a, b] {
                self.merge_mapping(state, &mut object, value);
            }
            return self.allocate(state, object);
        }
        if op == Op::Div {
            // A path.
            let mut parts = self.parts(a);
            parts.push(TextPart::Literal("/".into()));
            parts.extend(self.parts(b));
            let taint = self.passed(&a.taint.join(&b.taint), index);
            return self.text(parts, taint);
        }
        if op == Op::Mul {
            // A text repeated.
            let text = if a.what.is_number() { b } else { a };
            return Value::tainted(self.passed(&text.taint, index));
        }
        Value::tainted(a.taint.join(&b.taint))
    }

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

    fn comprehension(
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
            joined = Some(match joined.take() {
                None => value,
                Some(joined) => joined.join(&value),
            });
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
                                    .call_function(state, m, f, None, Some(value.clone()), &[])
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
                    add(element);
                }
                What::Symbol(_) | What::Str(_) if value.taint.is_clean() => add(Value::TOP),
                What::Number | What::Int(_) => add(Value::NUMBER),
                _ => add(self.part_of_whole(value, Part::Element)),
            }
        }
        joined.unwrap_or(Value::TOP)
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
            doubt: false,
            step: None,
        })
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
            let label = match mark.label {
                // Another part of what comes from outside is another piece of data.
                Label::Source { kind, .. } => Label::Source {
                    kind,
                    module,
                    index,
                },
                Label::Input { param, path } => Label::Input {
                    param,
                    path: path.then(part),
                },
                Label::Store { root, path } => Label::Store {
                    root,
                    path: path.then(part),
                },
            };
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

    pub(super) fn unpack(
        &mut self,
        state: &mut State,
        value: &Value,
        number: u32,
        count: u32,
    ) -> Value {
        if let Some(items) = self.exact_items(state, value)
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
                                    None,
                                    Some(value.clone()),
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
                    match method {
                        Some((m, f)) => self
                            .call_function(
                                state,
                                m,
                                f,
                                None,
                                Some(value.clone()),
                                &[Value::new(key_of(part))],
                            )
                            .unwrap_or(Value::TOP),
                        None => self.part_of_whole(value, part),
                    }
                }
                // `Generic[T]`, an enumeration's member by name.
                What::Class(module, class) => Value::new(What::Class(*module, *class)),
                _ => self.part_of_whole(value, part),
            };
            joined = Some(match joined {
                None => one,
                Some(joined) => joined.join(&one),
            });
        }
        joined.unwrap_or(Value::TOP)
    }

    fn slice(
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

    /// `base.name`
    pub(super) fn attribute(
        &mut self,
        state: &mut State,
        base: &Value,
        name: Symbol,
        operand: Option<Operand>,
    ) -> Value {
        if self.depth >= MAX_DEPTH {
            self.gave_up = true;
            return Value::TOP;
        }
        self.depth += 1;
        let value = self.attribute_of_any(state, base, name, operand);
        self.depth -= 1;
        value
    }

    fn attribute_of_any(
        &mut self,
        state: &mut State,
        base: &Value,
        name: Symbol,
        operand: Option<Operand>,
    ) -> Value {
        let mut joined: Option<Value> = None;
        for what in base.what.alternatives() {
            let one = self.attribute_of(state, base, what, name, operand);
            joined = Some(match joined {
                None => one,
                Some(joined) => joined.join(&one),
            });
        }
        joined.unwrap_or(Value::TOP)
    }

    fn attribute_of(
        &mut self,
        state: &mut State,
        base: &Value,
        what: &What,
        name: Symbol,
        operand: Option<Operand>,
    ) -> Value {
        match what {
            What::Object(id) => {
                let Some(object) = state.object(*id) else {
                    return Value::TOP;
                };
                let shape = object.shape;
                let (origins, taint) = (object.origins.clone(), object.taint.clone());
                if let Some(value) = object.read(Part::Attr(name)) {
                    return value;
                }
                match shape {
                    Shape::Instance(module, class) => {
                        let receiver = Value {
                            taint: Taint::CLEAN,
                            what: what.clone(),
                            whole: false,
                        };
                        let mut value =
                            self.class_attribute(state, (module, class), name, &receiver, operand);
                        let is_data = !matches!(value.what, What::Function(_) | What::Method(_));
                        if is_data {
                            for origin in origins {
                                value.taint.add(&self.store_mark(origin, Part::Attr(name)));
                                value.whole = true;
                            }
                            if !taint.is_clean() {
                                value.taint.add(&taint);
                                value.whole = false;
                            }
                        }
                        value
                    }
                    _ => Value::TOP,
                }
            }
            What::Instance(module, class) => {
                let receiver = Value {
                    taint: base.taint.clone(),
                    what: what.clone(),
                    whole: base.whole,
                };
                let mut value =
                    self.class_attribute(state, (*module, *class), name, &receiver, operand);
                if !matches!(value.what, What::Function(_) | What::Method(_)) {
                    let part = self.part_of_whole(base, Part::Attr(name));
                    let whole = part.whole || part.taint.is_clean();
                    value.whole = (value.whole || value.taint.is_clean()) && whole;
                    value.taint.add(&part.taint);
                }
                value
            }
            What::Class(module, class) => self.class_attribute(
                state,
                (*module, *class),
                name,
                &Value::new(what.clone()),
                operand,
            ),
            What::Module(module) => {
                let targets = self.engine.project.member(Target::Module(*module), name);
                let mut joined: Option<Value> = None;
                for target in targets {
                    let one = self.of_target(state, target, Some((*module, name)));
                    joined = Some(match joined {
                        None => one,
                        Some(joined) => joined.join(&one),
                    });
                }
                joined.unwrap_or(Value::TOP)
            }
            What::External(external) => {
                let mut types = Vec::new();
                self.evaluator
                    .attribute(values::Value::External(*external), name, &mut types);
                Value::new(self.what_of(&types))
            }
            What::Typed(module, annotation) => {
                let mut types = Vec::new();
                self.evaluator.attribute(
                    values::Value::Typed(*module, *annotation),
                    name,
                    &mut types,
                );
                let mut value = self.part_of_whole(base, Part::Attr(name));
                value.what = self.what_of(&types);
                value
            }
            What::Function(_) | What::Method(_) | What::Partial(_) => Value::TOP,
            What::Super(module, class) => self.super_attribute(state, (*module, *class), name),
            What::Top => {
                // What the evaluator knows of an expression, where values do not.
                let mut value = self.part_of_whole(base, Part::Attr(name));
                if let Some(operand) = operand
                    && self.engine.program.models.interesting().contains(&name)
                {
                    let types = self.evaluator.values(self.module(), operand);
                    let known = self.what_of(&types);
                    if let What::Instance(..) | What::Module(_) | What::Class(..) = known {
                        let base = Value {
                            taint: base.taint.clone(),
                            what: known.clone(),
                            whole: base.whole,
                        };
                        value = self.attribute_of(state, &base, &known, name, None);
                    }
                }
                value
            }
            // Strings and numbers have methods and nothing else.
            _ => Value::tainted(base.taint.clone()),
        }
    }

    /// An attribute that the class of an object has.
    fn class_attribute(
        &mut self,
        state: &mut State,
        class: (ModuleId, FunctionId),
        name: Symbol,
        receiver: &Value,
        _operand: Option<Operand>,
    ) -> Value {
        let engine = self.engine;
        let project = engine.project;
        let models = &engine.program.models;
        let is_class = matches!(receiver.what, What::Class(..));
        for &(module, ancestor) in engine.ancestry(class).iter() {
            let (module, ancestor) = models.twin(module, ancestor);
            if let Some((roles, _)) = models.attribute(module, ancestor, name) {
                let mut types = Vec::new();
                self.evaluator.attribute(
                    values::Value::Instance(module, ancestor),
                    name,
                    &mut types,
                );
                let sources = roles.sources.clone();
                let mut value = Value::new(self.what_of(&types));
                if !sources.is_empty() {
                    value.taint = self.source_taint(&sources);
                    value.whole = true;
                }
                return value;
            }
            let Some(operand) = project.module(module).ir.export(ancestor, name) else {
                continue;
            };
            if let Some(target) = project.resolve(module, operand).into_iter().next() {
                match target {
                    Target::Function(module, function) => {
                        let binding = match models.function(module, function) {
                            Some(model) => model.binding,
                            None => binding_of(project, module, function, true),
                        };
                        return match binding {
                            Binding::Property if !is_class => {
                                self.property(state, module, function, receiver)
                            }
                            Binding::Free => {
                                Value::new(What::Function(Arc::new(self.close(module, function))))
                            }
                            Binding::ClassMethod => Value::new(What::Method(Arc::new((
                                Value::new(What::Class(class.0, class.1)),
                                module,
                                function,
                            )))),
                            _ if is_class => {
                                Value::new(What::Function(Arc::new(self.close(module, function))))
                            }
                            _ => Value::new(What::Method(Arc::new((
                                receiver.clone(),
                                module,
                                function,
                            )))),
                        };
                    }
                    Target::Value(module, operand) => {
                        let root = Root::Class(class.0, class.1);
                        let mut value = self.materialize(state, module, operand, None, 0);
                        if !project.module(module).is_model
                            && !matches!(value.what, What::Object(_))
                        {
                            // Instances may set their own.
                            value.taint.add(&self.store_mark(
                                Label::Store {
                                    root,
                                    path: Path::EMPTY,
                                },
                                Part::Attr(name),
                            ));
                            value.whole = true;
                        } else if let What::Object(id) = value.what
                            && let Some(object) = state.object_mut(id)
                        {
                            let origin = Label::Store {
                                root,
                                path: Path::EMPTY.then(Part::Attr(name)),
                            };
                            if !object.origins.contains(&origin) {
                                object.origins.push(origin);
                            }
                        }
                        return value;
                    }
                    target => return self.of_target(state, target, None),
                }
            }
        }
        // Set by methods.
        let mut types = Vec::new();
        self.evaluator
            .attribute(values::Value::Instance(class.0, class.1), name, &mut types);
        let mut value = Value::new(self.what_of(&types));
        if let What::Symbol(_) | What::Str(_) | What::Int(_) | What::Bool(_) | What::None =
            value.what
        {
            // One of the values it may have.
            value.what = What::Top;
        }
        // `__getattr__` answers for what is not there.
        if !is_class
            && types.is_empty()
            && let Some(getattr) = engine.names.getattr
            && let Some((m, f)) = engine.method(class, getattr)
            && !project.module(m).is_model
        {
            return self
                .call_function(
                    state,
                    m,
                    f,
                    None,
                    Some(receiver.clone()),
                    &[Value::new(What::Symbol(name))],
                )
                .unwrap_or(Value::TOP);
        }
        if !project.module(class.0).is_model {
            value.taint = self.store_mark(
                Label::Store {
                    root: Root::Class(class.0, class.1),
                    path: Path::EMPTY,
                },
                Part::Attr(name),
            );
            value.whole = true;
        }
        value
    }

    fn property(
        &mut self,
        state: &mut State,
        module: ModuleId,
        function: FunctionId,
        receiver: &Value,
    ) -> Value {
        let models = self.engine.program.models;
        if self.engine.is_model(module, function) {
            let mut types = Vec::new();
            if let What::Instance(class_module, class) = receiver.what {
                self.evaluator.attribute(
                    values::Value::Instance(class_module, class),
                    self.engine
                        .project
                        .module(module)
                        .ir
                        .function(function)
                        .name,
                    &mut types,
                );
            }
            let mut value = Value::new(self.what_of(&types));
            if let Some(model) = models.function(module, function)
                && !model.returns.sources.is_empty()
            {
                let sources = model.returns.sources.clone();
                value.taint = self.source_taint(&sources);
                value.whole = true;
            }
            return value;
        }
        if self.is_looking_up {
            let name = self
                .engine
                .project
                .module(module)
                .ir
                .function(function)
                .name;
            return self.part_of_whole(receiver, Part::Attr(name));
        }
        self.call_function(state, module, function, None, Some(receiver.clone()), &[])
            .unwrap_or(Value::TOP)
    }

    /// Keeps `value` in a part of `base`.
    pub(super) fn store(&mut self, state: &mut State, base: &Value, part: Part, value: &Value) {
        let alternatives = base.what.alternatives();
        let weak = alternatives.len() > 1;
        for what in alternatives {
            match what {
                What::Object(id) => {
                    let Some(object) = state.object_mut(*id) else {
                        continue;
                    };
                    let is_shared = object
                        .origins
                        .iter()
                        .any(|origin| matches!(origin, Label::Store { .. }));
                    let shape = object.shape;
                    let origins = object.origins.clone();
                    if let (Shape::Instance(module, class), Part::Attr(name)) = (shape, part)
                        && self.setter(state, base, (module, class), name, value)
                    {
                        continue;
                    }
                    if let Some(object) = state.object_mut(*id) {
                        object.write(part, value, weak || is_shared);
                    }
                    for origin in origins {
                        let label = self.store_mark(origin, part);
                        if let Some(mark) = label.marks().first() {
                            self.write(state, mark.label, value);
                        }
                    }
                    if let (Shape::Instance(module, class), Part::Attr(_)) = (shape, part)
                        && !self.engine.project.module(module).is_model
                    {
                        self.write(
                            state,
                            Label::Store {
                                root: Root::Class(module, class),
                                path: Path::EMPTY.then(part),
                            },
                            value,
                        );
                    }
                }
                What::Instance(module, class) | What::Class(module, class)
                    if !self.engine.project.module(*module).is_model =>
                {
                    self.write(
                        state,
                        Label::Store {
                            root: Root::Class(*module, *class),
                            path: Path::EMPTY.then(part),
                        },
                        value,
                    );
                }
                What::Module(module) => {
                    if let Part::Attr(name) = part {
                        self.write(
                            state,
                            Label::Store {
                                root: Root::Global(*module, name),
                                path: Path::EMPTY,
                            },
                            value,
                        );
                    }
                }
                _ => {}
            }
        }
        if base.whole {
            for mark in base.taint.marks() {
                match mark.label {
                    Label::Source { .. } => {}
                    origin => {
                        let label = self.store_mark(origin, part);
                        if let Some(mark) = label.marks().first() {
                            self.write(state, mark.label, value);
                        }
                    }
                }
            }
        }
    }

    /// Calls the setter of a property, if there is one.
    fn setter(
        &mut self,
        state: &mut State,
        base: &Value,
        class: (ModuleId, FunctionId),
        name: Symbol,
        value: &Value,
    ) -> bool {
        let Some((module, function)) = self.engine.setter(class, name) else {
            return false;
        };
        self.call_function(
            state,
            module,
            function,
            None,
            Some(base.clone()),
            std::slice::from_ref(value),
        );
        true
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
            self.call_function(
                state,
                m,
                f,
                None,
                Some(base.clone()),
                &[key.clone(), value.clone()],
            );
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

    /// Records that data gets into something that outlives the call.
    pub(super) fn write(&mut self, state: &State, label: Label, value: &Value) {
        let taint = state.deep_taint(value);
        if taint.is_clean() || self.writes.len() >= super::summary::MAX_WRITES {
            return;
        }
        let (module, index) = (self.module(), self.frame().at);
        let taint = taint.map(|mark| Mark {
            step: step(mark.step.as_ref(), module, index, Note::Stored, None),
            ..mark.clone()
        });
        // A place is not kept in itself.
        let marks: Vec<Mark> = taint
            .marks()
            .iter()
            .filter(|mark| mark.label != label)
            .cloned()
            .collect();
        if marks.is_empty() {
            return;
        }
        match self.writes.iter_mut().find(|write| write.label == label) {
            Some(write) => write.taint.add(&Taint::from_marks(marks)),
            None => self.writes.push(Write {
                label,
                taint: Taint::from_marks(marks),
            }),
        }
    }

    fn enter(&mut self, state: &mut State, index: u32, value: &Value) -> Value {
        let engine = self.engine;
        match &value.what {
            What::Object(id) => match state.object(*id).map(|object| object.shape) {
                Some(Shape::Iterator) => self.element(state, value),
                Some(Shape::Instance(module, class)) => {
                    for name in [engine.names.enter, engine.names.aenter]
                        .into_iter()
                        .flatten()
                    {
                        if let Some((m, f)) = engine.method((module, class), name)
                            && !engine.project.module(m).is_model
                        {
                            return self
                                .call_function(state, m, f, None, Some(value.clone()), &[])
                                .unwrap_or(Value::TOP);
                        }
                    }
                    value.clone()
                }
                _ => value.clone(),
            },
            What::Top | What::Instance(..) | What::Choice(_) | What::Typed(..) => {
                let types = self
                    .evaluator
                    .values(self.module(), Operand::from_register(index));
                Value {
                    taint: value.taint.clone(),
                    what: self.what_of(&types),
                    whole: value.whole,
                }
            }
            _ => value.clone(),
        }
    }

    /// Whether a value is true, if that is known.
    pub(super) fn truth(&self, state: &State, value: &Value) -> Option<bool> {
        match &value.what {
            What::None => Some(false),
            What::Bool(value) => Some(*value),
            What::Int(number) => Some(*number != 0),
            What::Symbol(_) | What::Str(_) => {
                self.as_text(&value.what).map(|text| !text.is_empty())
            }
            What::Function(_) | What::Method(_) | What::Class(..) | What::Module(_) => Some(true),
            What::Object(id) => {
                let object = state.object(*id)?;
                match object.shape {
                    Shape::Instance(..) | Shape::Iterator | Shape::Buffer => None,
                    _ if !object.origins.is_empty() || object.rest.is_some() => None,
                    _ => match &object.items {
                        Some(items) => Some(!items.is_empty()),
                        None => (!object.entries.is_empty()).then_some(true),
                    },
                }
            }
            What::Text(parts) => parts
                .iter()
                .any(|part| matches!(part, TextPart::Literal(text) if !text.is_empty()))
                .then_some(true),
            What::Choice(all) => {
                let first = self.truth(state, &Value::new(all[0].clone()))?;
                all[1..]
                    .iter()
                    .all(|what| self.truth(state, &Value::new(what.clone())) == Some(first))
                    .then_some(first)
            }
            _ => None,
        }
    }

    /// The outcome of a comparison, if it is known.
    pub(super) fn compare(
        &self,
        state: &State,
        operator: Compare,
        a: &Value,
        b: &Value,
    ) -> Option<bool> {
        let same = || -> Option<bool> {
            match (&a.what, &b.what) {
                (What::Int(a), What::Int(b)) => Some(a == b),
                (What::Bool(a), What::Bool(b)) => Some(a == b),
                (What::Int(a), What::Bool(b)) | (What::Bool(b), What::Int(a)) => {
                    Some(*a == i64::from(*b))
                }
                (What::None, What::None) => Some(true),
                (What::None, other) | (other, What::None) => match other {
                    What::Top
                    | What::Choice(_)
                    | What::Number
                    | What::Instance(..)
                    | What::Typed(..) => None,
                    _ => Some(false),
                },
                (What::Class(m, c), What::Class(n, d)) => Some((m, c) == (n, d)),
                (first, second) => {
                    let (first, second) = (self.as_text(first)?, self.as_text(second)?);
                    Some(first == second)
                }
            }
        };
        match operator {
            Compare::Eq | Compare::Is => same(),
            Compare::NotEq | Compare::IsNot => same().map(|same| !same),
            Compare::In | Compare::NotIn => {
                let found = match &b.what {
                    What::Object(id) => {
                        let object = state.object(*id)?;
                        if object.rest.is_some()
                            || !object.origins.is_empty()
                                && object.entries.is_empty()
                                && object.items.as_ref().is_none_or(Vec::is_empty)
                        {
                            return None;
                        }
                        if object.shape == Shape::Dict {
                            let part = part_of(&a.what);
                            if part == Part::Element || !object.origins.is_empty() {
                                return None;
                            }
                            object.entries.iter().any(|(key, _)| *key == part)
                        } else {
                            let text = self.as_text(&a.what);
                            let mut any = false;
                            for item in object.items.as_ref()? {
                                match (text, self.as_text(&item.what), &a.what, &item.what) {
                                    (Some(a), Some(b), ..) => any |= a == b,
                                    (_, _, What::Int(a), What::Int(b)) => any |= a == b,
                                    _ => return None,
                                }
                            }
                            any
                        }
                    }
                    what => {
                        let (needle, text) = (self.as_text(&a.what)?, self.as_text(what)?);
                        text.contains(needle)
                    }
                };
                Some(found == (operator == Compare::In))
            }
            Compare::Order => None,
        }
    }
}

fn key_of(part: Part) -> What {
    match part {
        Part::Key(symbol) | Part::Attr(symbol) => What::Symbol(symbol),
        Part::Index(number) => What::Int(i64::from(number)),
        Part::Element => What::Top,
    }
}

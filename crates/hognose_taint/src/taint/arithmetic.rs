//! Numbers, truth and comparison, as far as constants decide them.

use std::cmp::Ordering;

use hognose_python::ir::{Compare, Op};

use crate::integers;

use super::heap::{Object, Shape, State};
use super::machine::{Machine, part_of};
use super::value::{Part, TextPart, Value, What};

impl Machine<'_, '_> {
    pub(super) fn arithmetic(
        &mut self,
        state: &mut State,
        index: u32,
        op: Op,
        a: &Value,
        b: &Value,
    ) -> Value {
        if let (What::Int(x), What::Int(y)) = (&a.what, &b.what) {
            return integers::binary(op, *x, *y)
                .map_or(Value::NUMBER, |result| Value::new(What::Int(result)));
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
                (first @ What::Class(..), second @ What::Class(..)) => Some(first == second),
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
            Compare::Lt => self.order(state, a, b).map(Ordering::is_lt),
            Compare::LtE => self.order(state, a, b).map(Ordering::is_le),
            Compare::Gt => self.order(state, a, b).map(Ordering::is_gt),
            Compare::GtE => self.order(state, a, b).map(Ordering::is_ge),
        }
    }

    /// Which of two constants is the smaller one.
    fn order(&self, state: &State, a: &Value, b: &Value) -> Option<Ordering> {
        match (&a.what, &b.what) {
            (What::Int(a), What::Int(b)) => Some(a.cmp(b)),
            (What::Object(_), What::Object(_)) => {
                let (a, b) = (self.exact_items(state, a)?, self.exact_items(state, b)?);
                for (a, b) in a.iter().zip(&b) {
                    // Only one level: tuples of numbers and texts, such as versions.
                    if matches!(a.what, What::Object(_)) {
                        return None;
                    }
                    match self.order(state, a, b)? {
                        Ordering::Equal => {}
                        decided => return Some(decided),
                    }
                }
                Some(a.len().cmp(&b.len()))
            }
            (a, b) => Some(self.as_text(a)?.cmp(self.as_text(b)?)),
        }
    }

    /// Whether a value is an instance of a class, if that is known.
    pub(super) fn is_instance(&self, state: &State, value: &Value, class: &Value) -> Option<bool> {
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
}

//! Library functions that copy, make and take apart objects with fields: `copy`, `dataclasses`, `collections`, `types`.

use hognose_python::ir::{Operand, OperandKind};

use super::call::Arguments;
use super::heap::{Object, Shape, State};
use super::machine::Machine;
use super::names::Native;
use super::value::{Part, Value, What};

/// How deep copies go; what lies deeper is shared.
const MAX_COPY_DEPTH: u32 = 5;
/// How many objects one deep copy makes.
const MAX_COPIES: u32 = 64;

impl Machine<'_, '_> {
    /// One of those functions; none if the arguments are not what is known.
    pub(super) fn record_function(
        &mut self,
        state: &mut State,
        native: Native,
        arguments: &Arguments,
    ) -> Option<Value> {
        let first = arguments.first().cloned();
        Some(match native {
            Native::Copy => {
                let value = first?;
                let What::Object(id) = value.what else {
                    return Some(value);
                };
                let mut copy = state.object(id)?.clone();
                copy.origins.clear();
                self.allocate(state, copy)
            }
            Native::DeepCopy => self.deep_copy(state, &first?, &mut 0, 0),
            Native::Replace => {
                let What::Object(id) = first?.what else {
                    return None;
                };
                self.replaced(state, id, arguments)?
            }
            Native::AsDict => {
                let What::Object(id) = first?.what else {
                    return None;
                };
                let record = state.object(id)?.clone();
                let mut object = Object::new(Shape::Dict);
                for (part, value) in &record.entries {
                    if let Part::Attr(name) = part {
                        object.write(Part::Key(*name), value, false);
                    }
                }
                for origin in &record.origins {
                    object.add_rest(&Value::tainted(self.store_mark(*origin, Part::Element)));
                }
                object.taint = record.taint;
                self.allocate(state, object)
            }
            Native::AsTuple => {
                let What::Object(id) = first?.what else {
                    return None;
                };
                let items = self.fields_of(state, id)?;
                self.allocate(state, Object::sequence(Shape::Tuple, items))
            }
            Native::Namespace => {
                let (module, class) = self.engine.namespace?;
                let mut object = Object::new(Shape::Instance(module, class));
                for (name, given) in &arguments.named {
                    object.write(Part::Attr(*name), &given.value, false);
                }
                if let Some(rest) = &arguments.double_star {
                    object.taint = rest.value.taint.clone();
                }
                self.allocate(state, object)
            }
            Native::Grouping => {
                let mut object = Object::new(Shape::Dict);
                object.default = arguments
                    .positional
                    .first()
                    .and_then(|given| self.container_class(given.operand?));
                for given in arguments.positional.iter().skip(1) {
                    self.merge_mapping(state, &mut object, &given.value);
                }
                self.allocate(state, object)
            }
            Native::Counter => {
                let mut object = Object::new(Shape::Dict);
                if let Some(first) = &first {
                    object.taint = self.element(state, first).taint;
                }
                object.rest = Some(Value::NUMBER);
                self.allocate(state, object)
            }
            _ => return None,
        })
    }

    /// The same object with other values in some fields: `dataclasses.replace`, `_replace` of a named tuple.
    pub(super) fn replaced(
        &mut self,
        state: &mut State,
        id: u32,
        arguments: &Arguments,
    ) -> Option<Value> {
        let mut copy = state.object(id)?.clone();
        for (name, given) in &arguments.named {
            copy.write(Part::Attr(*name), &given.value, false);
        }
        if let Some(rest) = &arguments.double_star {
            copy.taint.add(&rest.value.taint);
        }
        Some(self.allocate_extra(state, 4, copy))
    }

    /// The fields of a record, in the order of its constructor.
    pub(super) fn fields_of(&mut self, state: &mut State, id: u32) -> Option<Vec<Value>> {
        let Shape::Instance(module, class) = state.object(id)?.shape else {
            return None;
        };
        let fields = self.engine.fields_in_order((module, class));
        if fields.is_empty() {
            return None;
        }
        let record = Value::new(What::Object(id));
        Some(
            fields
                .into_iter()
                .map(|field| self.attribute(state, &record, field, None))
                .collect(),
        )
    }

    /// The container that a built-in class, said by its name, makes.
    fn container_class(&self, operand: Operand) -> Option<Shape> {
        let OperandKind::Global(name) = operand.kind() else {
            return None;
        };
        match self.engine.project.text(name) {
            "list" => Some(Shape::List),
            "set" => Some(Shape::Set),
            "dict" => Some(Shape::Dict),
            _ => None,
        }
    }

    fn deep_copy(&mut self, state: &mut State, value: &Value, made: &mut u32, depth: u32) -> Value {
        let What::Object(id) = value.what else {
            return value.clone();
        };
        let Some(mut copy) = state.object(id).cloned() else {
            return value.clone();
        };
        if depth > MAX_COPY_DEPTH || *made >= MAX_COPIES {
            return value.clone();
        }
        *made += 1;
        let number = *made;
        copy.origins.clear();
        for (_, inner) in &mut copy.entries {
            *inner = self.deep_copy(state, inner, made, depth + 1);
        }
        for inner in copy.items.iter_mut().flatten().chain(&mut copy.rest) {
            *inner = self.deep_copy(state, inner, made, depth + 1);
        }
        let mut own = self.allocate_extra(state, number, copy);
        own.taint = value.taint.clone();
        own
    }
}

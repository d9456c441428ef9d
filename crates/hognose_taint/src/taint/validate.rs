//! What generated constructors call: `__post_init__`, and the validators of models, which test a field or replace it.

use hognose_python::ir::{Argument, FunctionId, Op, OperandKind};
use hognose_python::{ModuleId, Symbol};

use super::call::Arguments;
use super::engine::Engine;
use super::heap::State;
use super::machine::Machine;
use super::value::{Part, Value, What};

/// Decorators whose arguments name the fields that a method validates.
const VALIDATORS: &[&str] = &["field_validator", "validator", "validates"];

impl Machine<'_, '_> {
    /// Calls them on a new object; none if they never return.
    pub(super) fn validate(
        &mut self,
        state: &mut State,
        index: u32,
        class: (ModuleId, FunctionId),
        object: &Value,
    ) -> Option<()> {
        if let Some(name) = self.engine.names.post_init
            && let Some((module, function)) = self.engine.method(class, name)
        {
            let closure = self.close(module, function);
            self.call_closure(state, index, &closure, Some(object), &Arguments::default())?;
        }
        let What::Object(id) = object.what else {
            return Some(());
        };
        for (field, module, function) in self.engine.validators(class) {
            let part = Part::Attr(field);
            let Some(value) = state.object(id).and_then(|object| object.read(part)) else {
                continue;
            };
            let mut closure = self.close(module, function);
            closure.raw = true;
            let own = Value::new(What::Class(class.0, class.1));
            let arguments = Arguments::of(&[value]);
            let value = self.call_closure(state, index, &closure, Some(&own), &arguments)?;
            if let Some(object) = state.object_mut(id) {
                object.write(part, &value, false);
            }
        }
        Some(())
    }
}

impl Engine<'_> {
    /// Whether a class method of a model makes an instance from a mapping.
    pub(super) fn is_validation(
        &self,
        class: (ModuleId, FunctionId),
        module: ModuleId,
        function: FunctionId,
    ) -> bool {
        let name = self.project.module(module).ir.function(function).name;
        self.is_model(module, function)
            && matches!(
                self.project.text(name),
                "model_validate" | "model_validate_json" | "parse_obj" | "parse_raw"
            )
            && self.converts(class)
    }

    /// The validators of a class and its bases: the field, and the method that is given its value.
    fn validators(&self, class: (ModuleId, FunctionId)) -> Vec<(Symbol, ModuleId, FunctionId)> {
        let mut found = Vec::new();
        if !self.converts(class) {
            return found;
        }
        for &(module, class) in self.ancestry(class).iter() {
            if self.project.module(module).is_model {
                continue;
            }
            let ir = &self.project.module(module).ir;
            for (number, function) in ir.functions.iter().enumerate() {
                if function.parent != class {
                    continue;
                }
                let id = FunctionId(number as u32);
                for &decorator in ir.decorators_of(id) {
                    let Some(call) = ir.instruction(decorator).filter(|call| call.op == Op::Call)
                    else {
                        continue;
                    };
                    let is_validator = ir
                        .written_name(call.operand_a())
                        .is_some_and(|name| VALIDATORS.contains(&self.project.text(name)));
                    if !is_validator {
                        continue;
                    }
                    for (kind, field) in ir.arguments(call.b) {
                        if let (Argument::Positional, OperandKind::Str(field)) =
                            (kind, field.kind())
                        {
                            found.push((field, module, id));
                        }
                    }
                }
            }
        }
        found
    }
}

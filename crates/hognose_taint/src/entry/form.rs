//! Forms, serializers and schemas: classes whose fields hold what came in, once it was checked.

use std::borrow::Cow;

use hognose_finding::ValueConstraint;
use hognose_python::ir::{Argument, FunctionId, FunctionKind, Op, Operand};
use hognose_python::{ModuleId, Symbol};

use super::annotation::{FieldInput, last_name};
use super::path::of_regex;
use super::search::Family;
use super::walk::{Walk, is_true};
use super::{Definition, REMOTE_INPUT};

pub(super) static FAMILY: Family = Family {
    packages: &["django", "rest_framework", "flask_wtf"],
    module,
    ..Family::NONE
};

/// Last names of base classes.
const BASES: &[&str] = &[
    "Form",
    "ModelForm",
    "BaseForm",
    "FlaskForm",
    "Serializer",
    "ModelSerializer",
    "HyperlinkedModelSerializer",
];

fn module(walk: &mut Walk<'_, '_>) {
    let ir = walk.ir();
    for (number, function) in ir.functions.iter().enumerate() {
        let class = FunctionId(number as u32);
        if function.kind == FunctionKind::Class
            && !ir.bases_of(class).is_empty()
            && walk.derives((walk.module, class), BASES)
        {
            let fields = fields(walk, (walk.module, class));
            walk.found.fields.push(((walk.module, class), fields));
        }
    }
}

fn fields(walk: &Walk<'_, '_>, class: Definition) -> Vec<(Symbol, FieldInput)> {
    let project = walk.project();
    let mut fields: Vec<(Symbol, FieldInput)> = Vec::new();
    for (module, ancestor) in project.ancestry(class.0, class.1) {
        let ir = &project.module(module).ir;
        for &(name, value) in ir.exports_of(ancestor) {
            if !fields.iter().any(|&(known, _)| known == name)
                && let Some(input) = field(walk, module, value)
            {
                fields.push((name, input));
            }
        }
    }
    fields
}

fn field(walk: &Walk<'_, '_>, module: ModuleId, value: Operand) -> Option<FieldInput> {
    let project = walk.project();
    let ir = &project.module(module).ir;
    let call = ir.instruction(value).filter(|call| call.op == Op::Call)?;
    let kind = last_name(project, ir, call.operand_a())?.strip_suffix("Field")?;
    let cleans = match kind {
        "Integer" | "BigInteger" | "IntegerRange" => ValueConstraint::Int,
        "Float" | "Decimal" | "DecimalRange" => ValueConstraint::Float,
        "Boolean" | "NullBoolean" => ValueConstraint::Bool,
        "Date" | "DateTime" | "DateTimeLocal" | "Time" | "Duration" | "SplitDateTime" | "Month" => {
            ValueConstraint::Date
        }
        "UUID" => ValueConstraint::Uuid,
        "GenericIPAddress" | "IPAddress" => ValueConstraint::Address,
        "Slug" => ValueConstraint::Slug,
        "Choice" | "TypedChoice" | "MultipleChoice" | "Select" | "Radio" | "SelectMultiple" => {
            ValueConstraint::Choice(choices(walk, module, value))
        }
        "Regex" => {
            let (_, regex) = ir.arguments(call.b).next()?;
            match walk.evaluator.constant_text(module, regex) {
                Some(regex)
                    if regex.starts_with('^')
                        && (regex.ends_with('$') || regex.ends_with(r"\Z")) =>
                {
                    of_regex(&regex)
                }
                _ => ValueConstraint::Any,
            }
        }
        // An object of the application's own, found by what came in.
        "ModelChoice"
        | "ModelMultipleChoice"
        | "PrimaryKeyRelated"
        | "SlugRelated"
        | "HyperlinkedRelated" => return None,
        _ => ValueConstraint::Any,
    };
    let is_required = !ir.arguments(call.b).any(|(argument, value)| {
        matches!(argument, Argument::Named(name)
            if matches!(project.text(name), "required" | "default" | "allow_null"))
            && !is_true(value)
    });
    Some(FieldInput {
        kind: Cow::Borrowed(REMOTE_INPUT),
        cleans,
        object: None,
        is_required,
    })
}

/// What may be chosen: the texts in the argument `choices`, the first of each pair; none where that is not known.
fn choices(walk: &Walk<'_, '_>, module: ModuleId, field: Operand) -> Vec<String> {
    let project = walk.project();
    let ir = &project.module(module).ir;
    let Some(call) = ir.instruction(field) else {
        return Vec::new();
    };
    let Some((_, list)) = ir.arguments(call.b).find(|&(argument, _)| {
        matches!(argument, Argument::Named(name) if project.text(name) == "choices")
    }) else {
        return Vec::new();
    };
    walk.elements(module, list)
        .into_iter()
        .filter_map(|(module, element)| {
            let ir = &project.module(module).ir;
            let key = match ir.instruction(element) {
                Some(pair) if matches!(pair.op, Op::Tuple | Op::List) => ir.list(pair.a).next()?,
                _ => element,
            };
            walk.evaluator.constant_text(module, key)
        })
        .collect()
}

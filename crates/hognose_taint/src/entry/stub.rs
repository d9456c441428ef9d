//! Decorators that a stub gives the role `EntryPoint[…]` and no family knows: those of the user's own frameworks.

use std::borrow::Cow;

use hognose_python::Symbol;
use rustc_hash::FxHashSet;

use super::Definition;
use super::call::push_typed;
use super::path::{Spelling, Template};
use super::registration::Registration;
use super::search::Site;
use super::walk::Walk;
use crate::values::{Program, Value};

/// What handlers of such decorators have for a framework.
const FRAMEWORK: &str = "stub";

/// Last names of such decorators.
pub(super) fn names(program: &Program<'_>) -> FxHashSet<Symbol> {
    program
        .models
        .entry_point_functions()
        .map(|(module, function)| program.project.module(module).ir.function(function).name)
        .collect()
}

/// Writes down a function that is decorated with one.
pub(super) fn decorated(
    walk: &mut Walk<'_, '_>,
    site: &Site,
    values: &[Value],
    definition: Definition,
) {
    let models = walk.evaluator.program.models;
    let kind = values.iter().find_map(|&value| match value {
        Value::Function(module, function) | Value::Method((module, function), _) => models
            .function(module, function)?
            .returns
            .entry_point
            .first()
            .copied(),
        _ => None,
    });
    let Some(kind) = kind.filter(|_| !walk.is_class(definition)) else {
        return;
    };
    let path = walk
        .argument(site, 0, "path")
        .and_then(|path| walk.text(path))
        .filter(|path| path.starts_with('/'));
    let spelling = match &path {
        Some(path) if path.contains('<') => Spelling::TypeFirst,
        _ => Spelling::Braces,
    };
    let registration = Registration {
        templates: path
            .iter()
            .map(|path| Template::read(path, spelling))
            .collect(),
        kind: Cow::Owned(models.kind_name(kind).to_owned()),
        returned: super::Returned::Ignored,
        ..Registration::of_request(FRAMEWORK, definition)
    };
    let first = walk.first_parameter(definition);
    push_typed(walk, registration, first, true);
}

//! Commands of a command line: Click, Typer, Fire.

use std::borrow::Cow;

use hognose_finding::{ParameterLocation, ValueConstraint};
use hognose_python::ModuleId;
use hognose_python::ir::{Argument, Instruction, Op, Operand};

use super::annotation::last_name;
use super::call::{package_of, push_typed, registration};
use super::registration::Registration;
use super::search::{Family, Site};
use super::walk::{Walk, is_true};
use super::{Definition, EntryParameter};
use crate::literals::Literal;

/// Commands of Click and Typer.
pub(super) static FAMILY: Family = Family {
    packages: &["click", "typer", "fire"],
    decorators: &["command", "group", "callback"],
    calls: &["Fire"],
    common_calls: &["run"],
    decorated: command,
    called: command_run,
    ..Family::NONE
};

const LOCAL_INPUT: &str = "local-input";

fn command(walk: &mut Walk<'_, '_>, site: &Site, function: Definition) -> bool {
    if walk.is_class(function) {
        return false;
    }
    // `@cli.command()`, where `cli` is itself a decorated function.
    let of_function = site.names.is_empty() && site.receiver.is_some() && walk.imports(&["click"]);
    let framework = match package_of(site, &["click", "typer"]) {
        Some(framework) => framework,
        None if of_function => "click",
        None if site.names.is_empty() && walk.imports(&["typer"]) => "typer",
        None => return false,
    };
    let registration = registration(framework, LOCAL_INPUT, function);
    if framework == "typer" {
        push_typed(walk, registration, walk.first_parameter(function), true);
    } else {
        click(walk, registration);
    }
    true
}

/// `typer.run(main)`, `fire.Fire(main)`.
fn command_run(walk: &mut Walk<'_, '_>, site: &Site) -> bool {
    let (framework, is_checked) = if site.is(&["typer.run"]) {
        ("typer", true)
    } else if site.is(&["fire.Fire"]) {
        ("fire", false)
    } else {
        return false;
    };
    let called = walk
        .argument(site, 0, if is_checked { "function" } else { "component" })
        .and_then(|function| walk.handler(function));
    let Some(called) = called else {
        return false;
    };
    if !walk.is_class(called) {
        let first = walk.first_parameter(called);
        push_typed(
            walk,
            registration(framework, LOCAL_INPUT, called),
            first,
            is_checked,
        );
    }
    true
}

/// Each option and argument that decorators declare fills the parameter of its name.
fn click(walk: &mut Walk<'_, '_>, mut registration: Registration) {
    let (module, function) = registration.handler;
    let project = walk.project();
    let ir = &project.module(module).ir;
    let mut declared: Vec<(String, EntryParameter)> = Vec::new();
    for &decorator in ir.decorators_of(function) {
        let Some(call) = ir.instruction(decorator).filter(|call| call.op == Op::Call) else {
            continue;
        };
        let is_argument = match last_name(project, ir, call.operand_a()) {
            Some("argument") => true,
            Some("option") => false,
            _ => continue,
        };
        let mut names: Vec<String> = Vec::new();
        let mut filled = EntryParameter {
            kind: Cow::Borrowed(LOCAL_INPUT),
            is_required: is_argument,
            ..EntryParameter::input(LOCAL_INPUT, ParameterLocation::Argument)
        };
        for (argument, value) in ir.arguments(call.b) {
            match argument {
                Argument::Positional => names.extend(walk.evaluator.constant_text(module, value)),
                Argument::Named(name) => match project.text(name) {
                    "type" => filled.cleans = click_type(walk, module, value),
                    "is_flag" | "count" if is_true(value) => {
                        filled.cleans = ValueConstraint::Bool;
                    }
                    "required" => filled.is_required = is_true(value),
                    // The type of the default is the type of the value.
                    "default" if filled.cleans == ValueConstraint::Any => {
                        filled.cleans = type_of_default(walk, module, value);
                    }
                    _ => {}
                },
                Argument::Star | Argument::DoubleStar => {}
            }
        }
        if let Some(name) = click_name(&names) {
            declared.push((name, filled));
        }
    }
    registration.parameters = ir
        .params_of(function)
        .iter()
        .map(|param| {
            let name = project.text(param.name);
            declared
                .iter()
                .find(|(declared, _)| declared == name)
                .map(|(_, filled)| filled.clone())
        })
        .collect();
    walk.found.registrations.push(registration);
}

/// The parameter that a declaration fills: the name without dashes if there is one, else the longest option.
fn click_name(names: &[String]) -> Option<String> {
    let plain = names.iter().find(|name| !name.starts_with('-'));
    let long = || {
        names
            .iter()
            .max_by_key(|name| name.chars().take_while(|&c| c == '-').count())
    };
    let name = plain.or_else(long)?;
    // `--yes/--no`: the first is the name.
    let name = name.split('/').next()?.trim();
    Some(
        name.trim_start_matches('-')
            .replace('-', "_")
            .to_lowercase(),
    )
}

fn type_of_default(walk: &Walk<'_, '_>, module: ModuleId, value: Operand) -> ValueConstraint {
    match walk.evaluator.literals(module, value) {
        (literals, true) => match literals[..] {
            [Literal::Int(_)] => ValueConstraint::Int,
            [Literal::Float(_)] => ValueConstraint::Float,
            [Literal::Bool(_)] => ValueConstraint::Bool,
            _ => ValueConstraint::Any,
        },
        _ => ValueConstraint::Any,
    }
}

fn click_type(walk: &Walk<'_, '_>, module: ModuleId, value: Operand) -> ValueConstraint {
    let project = walk.project();
    let ir = &project.module(module).ir;
    let call = ir.instruction(value).filter(|call| call.op == Op::Call);
    let callee = call.map_or(value, Instruction::operand_a);
    match last_name(project, ir, callee) {
        Some("int" | "IntRange" | "INT") => ValueConstraint::Int,
        Some("float" | "FloatRange" | "FLOAT") => ValueConstraint::Float,
        Some("bool" | "BOOL") => ValueConstraint::Bool,
        Some("UUID") => ValueConstraint::Uuid,
        Some("DateTime") => ValueConstraint::Date,
        Some("Choice") => {
            let choices = call.and_then(|call| ir.arguments(call.b).next());
            ValueConstraint::Choice(match choices {
                Some((_, choices)) => walk
                    .evaluator
                    .literals(module, choices)
                    .0
                    .into_iter()
                    .filter_map(|literal| match literal {
                        Literal::Str(text) => Some(text),
                        _ => None,
                    })
                    .collect(),
                None => Vec::new(),
            })
        }
        _ => ValueConstraint::Any,
    }
}

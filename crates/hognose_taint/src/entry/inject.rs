//! How FastAPI fills parameters: what annotations, defaults and dependencies mean.

use hognose_finding::{ParameterLocation, ValueConstraint};
use hognose_python::ModuleId;
use hognose_python::ir::{Argument, Op, Operand, Param, ParamKind};

use super::annotation::{Typing, fields_of, last_name, pattern_of, typing};
use super::registration::Registration;
use super::walk::Walk;
use super::{Definition, EntryParameter, Filling, REMOTE_INPUT, Returned};

/// Parameters with these classes are the framework's own business.
const SERVICES: &[&str] = &["BackgroundTasks", "Response", "SecurityScopes"];

/// How the parameters of a handler or of a dependency are filled. Dependencies are written down as handlers, too.
pub(super) fn filled(
    walk: &mut Walk<'_, '_>,
    function: Definition,
    first: usize,
    met: &mut Vec<Definition>,
) -> Vec<Option<EntryParameter>> {
    let params: Vec<Param> = walk
        .project()
        .module(function.0)
        .ir
        .params_of(function.1)
        .to_vec();
    params
        .iter()
        .enumerate()
        .map(|(number, param)| {
            if number < first || matches!(param.kind, ParamKind::Star | ParamKind::DoubleStar) {
                None
            } else {
                parameter(walk, function.0, param, met)
            }
        })
        .collect()
}

fn parameter(
    walk: &mut Walk<'_, '_>,
    module: ModuleId,
    param: &Param,
    met: &mut Vec<Definition>,
) -> Option<EntryParameter> {
    let project = walk.project();
    let ir = &project.module(module).ir;
    let known = typing(walk.evaluator, module, param.annotation);
    let marker = std::iter::once((module, param.default))
        .chain(known.metadata.iter().copied())
        .find_map(|(module, operand)| marker(walk, module, operand));
    if let Some(marker) = &marker
        && marker.is_dependency
    {
        return dependency(walk, marker, &known, met);
    }
    let name = last_name(project, ir, param.annotation);
    if marker.is_none() && name.is_some_and(|name| SERVICES.contains(&name)) {
        return None;
    }
    let mut filled = EntryParameter {
        cleans: known.constraint.clone(),
        is_required: param.default.is_absent() || param.default == Operand::ELLIPSIS,
        ..EntryParameter::input(REMOTE_INPUT, ParameterLocation::Query)
    };
    if let Some(marker) = &marker {
        filled.location = marker.location;
        filled.alias.clone_from(&marker.alias);
        filled.is_required = marker.is_required;
        if filled.cleans == ValueConstraint::Any
            && let Some(pattern) = &marker.pattern
        {
            filled.cleans = pattern.clone();
        }
        if marker.location == ParameterLocation::Header && filled.alias.is_none() {
            filled.alias = Some(project.text(param.name).replace('_', "-"));
        }
    }
    let Some(class) = known.class else {
        let is_whole = matches!(name, Some("dict" | "Dict" | "Any" | "bytes")) && marker.is_none();
        if is_whole {
            filled.location = ParameterLocation::Body;
        }
        return Some(filled);
    };
    let class_name = project.qualified_name(class.0, class.1);
    if project.module(class.0).is_model {
        if class_name.ends_with(".UploadFile") {
            filled.location = ParameterLocation::File;
        } else {
            filled.location = ParameterLocation::Request;
        }
        filled.object = Some(class);
        filled.filling = Filling::Object;
        return Some(filled);
    }
    if marker.is_none() {
        filled.location = ParameterLocation::Body;
    }
    // The elements of a list have fields, the list has none.
    if !known.is_collection {
        filled.object = Some(class);
        filled.filling = Filling::Fields;
    }
    walk.fill_fields(class);
    Some(filled)
}

/// What a default (or an argument of `Annotated`) says: `Query(…)`, `Depends(…)`.
struct Marker {
    location: ParameterLocation,
    alias: Option<String>,
    pattern: Option<ValueConstraint>,
    is_required: bool,
    is_dependency: bool,
    /// What `Depends` names.
    dependency: Option<(ModuleId, Operand)>,
}

fn marker(walk: &Walk<'_, '_>, module: ModuleId, operand: Operand) -> Option<Marker> {
    let project = walk.project();
    let (module, operand) = walk.origin(module, operand);
    let ir = &project.module(module).ir;
    let call = ir.instruction(operand).filter(|call| call.op == Op::Call)?;
    let name = last_name(project, ir, call.operand_a())?;
    let location = match name {
        "Query" => ParameterLocation::Query,
        "Path" => ParameterLocation::Path,
        "Header" => ParameterLocation::Header,
        "Cookie" => ParameterLocation::Cookie,
        "Body" => ParameterLocation::Body,
        "Form" => ParameterLocation::Form,
        "File" => ParameterLocation::File,
        "Depends" | "Security" => ParameterLocation::Request,
        _ => return None,
    };
    let mut marker = Marker {
        location,
        alias: None,
        pattern: pattern_of(walk.evaluator, module, operand),
        is_required: true,
        is_dependency: matches!(name, "Depends" | "Security"),
        dependency: None,
    };
    for (number, (argument, value)) in ir.arguments(call.b).enumerate() {
        match argument {
            Argument::Positional if number == 0 => {
                marker.is_required = value == Operand::ELLIPSIS;
                marker.dependency = Some((module, value));
            }
            Argument::Named(name) => match project.text(name) {
                "alias" | "validation_alias" => {
                    marker.alias = walk.evaluator.constant_text(module, value);
                }
                "default" => marker.is_required = value == Operand::ELLIPSIS,
                "default_factory" => marker.is_required = false,
                "dependency" => marker.dependency = Some((module, value)),
                _ => {}
            },
            _ => {}
        }
    }
    Some(marker)
}

/// A parameter that is what a dependency gives.
fn dependency(
    walk: &mut Walk<'_, '_>,
    marker: &Marker,
    known: &Typing,
    met: &mut Vec<Definition>,
) -> Option<EntryParameter> {
    let named = marker
        .dependency
        .and_then(|(module, operand)| walk.handler_at(module, operand, 0));
    // `Depends()` calls the class that the annotation names.
    let callee = named.or(known.class)?;
    if walk.project().module(callee.0).is_model {
        return None;
    }
    let is_class = walk.is_class(callee);
    let function = if is_class {
        walk.members(callee, &["__init__"])
            .first()
            .map(|&(_, function)| function)
    } else {
        Some(callee)
    };
    if let Some(function) = function
        && !met.contains(&function)
    {
        met.push(function);
        let first = walk.first_parameter(function);
        let parameters = filled(walk, function, first, met);
        walk.found.registrations.push(Registration {
            parameters,
            returned: Returned::Ignored,
            is_listed: false,
            ..Registration::of_request("fastapi", function)
        });
    }
    let request = EntryParameter::input(REMOTE_INPUT, ParameterLocation::Request);
    Some(match function {
        Some(function) if !is_class => EntryParameter {
            filling: Filling::Result(function),
            object: known.class,
            ..request
        },
        Some(_) => EntryParameter {
            filling: Filling::Object,
            object: Some(callee),
            ..request
        },
        // Without a constructor of its own: a dataclass or a model, whose fields are filled.
        None => {
            walk.fill_fields(callee);
            EntryParameter {
                filling: Filling::Fields,
                object: Some(callee),
                location: ParameterLocation::Query,
                ..request
            }
        }
    })
}

impl Walk<'_, '_> {
    /// Writes down the fields of a class that a framework fills, and of the classes met in them.
    pub(super) fn fill_fields(&mut self, class: Definition) {
        let mut waiting = vec![class];
        while let Some(class) = waiting.pop() {
            if self.found.fields.iter().any(|&(known, _)| known == class) {
                continue;
            }
            let fields = fields_of(self.evaluator, class, &mut waiting);
            self.found.fields.push((class, fields));
        }
    }
}

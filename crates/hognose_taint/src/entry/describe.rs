//! Entry points in the words that all engines share, with places in the source text.

use std::sync::Arc;

use hognose_finding::{
    CodeLocation, EntryPoint, Excerpt, ParameterLocation, Position, Problem, Range, Route,
    RouteParameter, Sources, ValueConstraint,
};
use hognose_python::ir::{ParamKind, Span};
use hognose_python::{LineIndex, ModuleId, Notebook, Project, Target, source_text};
use rustc_hash::FxHashMap;

use super::read::add_read;
use super::{Definition, EntryPoints, EntryRoute, Filling, REMOTE_INPUT};

/// All entry points, in the order of [`EntryPoints::routes`]. The files of the handlers are read a second time; one that
/// is gone is a problem, and its handlers are placed at its start.
pub fn describe(
    entry_points: &EntryPoints,
    project: &Project,
    sources: &dyn Sources,
) -> (Vec<EntryPoint>, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut spans: FxHashMap<ModuleId, Vec<Span>> = FxHashMap::default();
    for route in entry_points.routes() {
        let (module, function) = route.handler;
        let span = project.module(module).ir.function(function).span;
        spans.entry(module).or_default().push(span);
    }
    let mut ranges: FxHashMap<(ModuleId, Span), Range> = FxHashMap::default();
    let mut modules: Vec<(ModuleId, Vec<Span>)> = spans.into_iter().collect();
    modules.sort_by_key(|&(module, _)| module);
    for (module, spans) in modules {
        let path = &project.module(module).path;
        match sources.read(path) {
            Ok(bytes) => {
                if let Some(text) = source_text(path, &bytes) {
                    let lines = LineIndex::new(&text);
                    for span in spans {
                        ranges.insert((module, span), lines.range(span));
                    }
                }
            }
            Err(error) => problems.push(Problem::in_file(error.kind, path.clone(), error.message)),
        }
    }
    let described = entry_points
        .routes()
        .iter()
        .map(|route| {
            let (module, function) = route.handler;
            let span = project.module(module).ir.function(function).span;
            let range = ranges
                .get(&(module, span))
                .copied()
                .unwrap_or_else(at_start);
            let cells = project.module(module).cells.as_deref();
            entry_point(entry_points, project, route, range, cells)
        })
        .collect();
    (described, problems)
}

fn at_start() -> Range {
    let start = Position {
        line: 1,
        column: 1,
        offset: 0,
    };
    Range { start, end: start }
}

fn entry_point(
    entry_points: &EntryPoints,
    project: &Project,
    route: &EntryRoute,
    range: Range,
    cells: Option<&[(u32, u32)]>,
) -> EntryPoint {
    let (module, function) = route.handler;
    let kind = entry_points
        .handler(module, function)
        .map_or(REMOTE_INPUT, |handler| &handler.kind);
    let scope = project.scope_name(module, project.module(module).ir.function(function).parent);
    EntryPoint {
        framework: route.framework,
        route: route.path.as_ref().map(|path| Route {
            path: path.clone(),
            methods: route.methods.clone(),
            is_websocket: route.is_websocket,
        }),
        handler: project.qualified_name(module, function).into(),
        location: CodeLocation {
            path: project.module(module).path.clone(),
            range,
            cell: cells.and_then(|cells| Notebook::cell_of(cells, range.start.line)),
            scope: Arc::from(scope),
            excerpt: Excerpt::default(),
        },
        source: Arc::from(kind),
        parameters: parameters(entry_points, project, route),
    }
}

fn parameters(
    entry_points: &EntryPoints,
    project: &Project,
    route: &EntryRoute,
) -> Vec<RouteParameter> {
    let mut found: Vec<RouteParameter> = route
        .variables
        .iter()
        .map(|(name, constraint)| RouteParameter {
            name: name.clone(),
            location: ParameterLocation::Path,
            constraint: constraint.clone(),
            is_required: true,
        })
        .collect();
    let mut functions = vec![route.handler];
    let mut at = 0;
    while let Some(&function) = functions.get(at) {
        add_parameters(entry_points, project, function, &mut functions, &mut found);
        add_read(entry_points, project, function, &mut found);
        at += 1;
    }
    found
}

/// The constructor of a class of the project.
fn constructor(project: &Project, (module, class): Definition) -> Option<Definition> {
    let init = project.symbols().find("__init__")?;
    project
        .member(Target::Class(module, class), init)
        .into_iter()
        .find_map(|target| match target {
            Target::Function(module, function) if !project.module(module).is_model => {
                Some((module, function))
            }
            _ => None,
        })
}

/// What a function is called with; what is called to fill its parameters comes after it in `functions`.
fn add_parameters(
    entry_points: &EntryPoints,
    project: &Project,
    (module, function): Definition,
    functions: &mut Vec<Definition>,
    found: &mut Vec<RouteParameter>,
) {
    let params = project.module(module).ir.params_of(function);
    for (number, param) in params.iter().enumerate() {
        let Some(filled) = entry_points.parameter(module, function, number as u32) else {
            continue;
        };
        let name = filled
            .alias
            .clone()
            .unwrap_or_else(|| project.text(param.name).to_owned());
        if let Some(known) = found.iter_mut().find(|known| known.name == name) {
            // The type that the handler asks for is checked after the path.
            if known.constraint == ValueConstraint::NoSlash && filled.cleans != ValueConstraint::Any
            {
                known.constraint = filled.cleans.clone();
            }
            continue;
        }
        let is_rest = matches!(param.kind, ParamKind::Star | ParamKind::DoubleStar);
        match filled.filling {
            Filling::Input if filled.location != ParameterLocation::Path && !is_rest => {
                found.push(RouteParameter {
                    name,
                    location: filled.location,
                    constraint: filled.cleans.clone(),
                    is_required: filled.is_required,
                });
            }
            Filling::Fields => {
                let fields = filled
                    .object
                    .and_then(|class| entry_points.fields.get(&class));
                for (field, input) in fields.into_iter().flatten() {
                    found.push(RouteParameter {
                        name: project.text(*field).to_owned(),
                        location: filled.location,
                        constraint: input.cleans.clone(),
                        is_required: filled.is_required && input.is_required,
                    });
                }
            }
            Filling::Object if filled.location == ParameterLocation::File => {
                found.push(RouteParameter {
                    name,
                    location: ParameterLocation::File,
                    constraint: ValueConstraint::Any,
                    is_required: filled.is_required,
                });
            }
            // A dependency that is a class is made with what its constructor asks for.
            Filling::Object => {
                let constructor = filled
                    .object
                    .and_then(|class| constructor(project, class))
                    .filter(|constructor| !functions.contains(constructor));
                functions.extend(constructor);
            }
            Filling::Result(dependency) if !functions.contains(&dependency) => {
                functions.push(dependency);
            }
            _ => {}
        }
    }
}

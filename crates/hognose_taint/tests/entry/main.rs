//! Entry points of small programs, framework by framework.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use hognose_finding::{ProblemKind, SourceError, Sources};
use hognose_python::Project;
use hognose_python::ir::FunctionId;
use hognose_taint::entry::{EntryParameter, FieldInput, describe};
use hognose_taint::{EntryPoints, Filling, Models, Program};

mod calls;
mod django;
mod fastapi;
mod flask;
mod servers;

struct Held(BTreeMap<String, String>);

impl Sources for Held {
    fn read(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        let text = self.0.get(path).ok_or_else(|| SourceError {
            kind: ProblemKind::Vanished,
            message: "not held".to_owned(),
        })?;
        Ok(text.clone().into_bytes())
    }
}

/// All ways in, as `hognose routes` knows them, and how each handler's parameters are filled. One line a way in, below
/// it one line a parameter.
fn entry_points(files: &[(&str, &str)]) -> String {
    entry_points_with(files, &[])
}

/// The same with stubs of a user's own.
fn entry_points_with(files: &[(&str, &str)], own: &[(&str, &str)]) -> String {
    let held = files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    let held = Held(held.collect());
    let list: Vec<(Arc<str>, Arc<str>)> = files
        .iter()
        .map(|(path, _)| (Arc::from(*path), Arc::from("")))
        .collect();
    let mut models: Vec<(&str, &str)> = own.to_vec();
    for (path, text) in hognose_rules::model_files() {
        models.push((path, text));
    }
    let (project, problems) = Project::load(&list, &held, &models, &[]);
    assert_eq!(problems, []);
    let roles = Models::read(&project);
    let program = Program::new(&project, &roles);
    let found = EntryPoints::find(&program);
    let (described, problems) = describe(&found, &project, &held);
    assert_eq!(problems, []);
    assert_eq!(described.len(), found.routes().len());
    let mut shown = String::from("\n");
    for (entry_point, route) in described.iter().zip(found.routes()) {
        let (module, function) = route.handler;
        let handler = found.handler(module, function).expect("a handler");
        let way = match &entry_point.route {
            Some(route) if route.is_websocket => format!("WS {}", route.path),
            Some(route) if route.methods.is_empty() => format!("* {}", route.path),
            Some(route) => format!("{} {}", route.methods.join(","), route.path),
            None => "-".to_owned(),
        };
        let _ = writeln!(
            shown,
            "{} {way} {}:{} returns {:?}",
            entry_point.framework,
            entry_point.handler,
            entry_point.location.range.start.line,
            handler.returned
        );
        for parameter in &entry_point.parameters {
            let _ = writeln!(
                shown,
                "    {} {}{}: {:?}",
                parameter.location.name(),
                parameter.name,
                if parameter.is_required { "" } else { "?" },
                parameter.constraint
            );
        }
    }
    let mut handlers: Vec<_> = found
        .handlers()
        .map(|(definition, handler)| {
            let name = project.qualified_name(definition.0, definition.1);
            (name, definition, handler)
        })
        .collect();
    handlers.sort_by(|(one, ..), (other, ..)| one.cmp(other));
    for (name, (module, function), _) in handlers {
        let ir = &project.module(module).ir;
        let mut line = String::new();
        for (number, param) in ir.params_of(function).iter().enumerate() {
            if let Some(filled) = found.parameter(module, function, number as u32) {
                let filled = filled_with(&project, filled);
                let _ = write!(line, " {}={filled}", project.text(param.name));
            }
        }
        let _ = writeln!(shown, "{name}:{line}");
    }
    shown.push_str(&fields(&project, &found));
    shown
}

/// One line a class whose instances are filled.
fn fields(project: &Project, found: &EntryPoints) -> String {
    let mut shown = String::new();
    for (id, module) in project.modules().filter(|(_, module)| !module.is_model) {
        for number in 0..module.ir.functions.len() {
            let class = FunctionId(number as u32);
            let Some(fields) = found.fields(id, class) else {
                continue;
            };
            let _ = write!(shown, "{}:", project.qualified_name(id, class));
            let mut fields: Vec<(&str, &FieldInput)> = fields
                .iter()
                .map(|(name, input)| (project.text(*name), input))
                .collect();
            fields.sort_by_key(|&(name, _)| name);
            for (name, input) in fields {
                let _ = write!(shown, " {name}={:?}", input.cleans);
            }
            shown.push('\n');
        }
    }
    shown
}

fn filled_with(project: &Project, parameter: &EntryParameter) -> String {
    let name = |(module, function)| project.qualified_name(module, function);
    match parameter.filling {
        Filling::Input => format!("{}({:?})", parameter.kind, parameter.cleans),
        Filling::Object => format!(
            "object({})",
            parameter.object.map_or_else(String::new, name)
        ),
        Filling::Fields => format!(
            "fields({})",
            parameter.object.map_or_else(String::new, name)
        ),
        Filling::Result(function) => format!("result({})", name(function)),
    }
}

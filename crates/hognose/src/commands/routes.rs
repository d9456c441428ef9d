//! `hognose routes`: where data from outside comes in.

use std::fmt::Write as _;

use anstyle::Style;
use hognose_finding::{
    EntryPoint, ParameterLocation, Problem, ProblemLevel, RouteParameter, ValueConstraint,
};
use serde::Serialize;

use super::openapi::openapi;
use super::rules::to_json;
use crate::analysis;
use crate::args::{Global, Routes, RoutesFormat, Scan};
use crate::config::Settings;
use crate::failure::Failure;
use crate::knowledge::Knowledge;
use crate::scan::{no_such_path, threads, working_folder};
use crate::sources::{DiskSources, walk};
use crate::terminal::Terminal;

/// Prints all entry points; gives the exit code.
pub fn run(global: &Global, arguments: &Routes, terminal: &Terminal) -> Result<u8, Failure> {
    let working = working_folder()?;
    let scan = Scan {
        paths: arguments.paths.clone(),
        ..Scan::of_nothing()
    };
    let settings = Settings::of_scan(global, &scan, &working)?;
    let knowledge = Knowledge::load(&settings.rules, &settings.models, &working)?;
    let found = walk(&arguments.paths, &working, &settings.walk)
        .map_err(|error| no_such_path(&error, &working))?;
    let sources = DiskSources::new(&found.files, settings.max_file_size);
    let inputs = analysis::inputs(&found.files, &settings.src, &working);
    let (entry_points, more) = threads(settings.jobs)?
        .install(|| hognose_sast::entry_points(&inputs, &sources, &knowledge.models));
    let mut problems = found.problems;
    problems.extend(more);
    let text = match arguments.format {
        RoutesFormat::Table => table(&entry_points, terminal),
        RoutesFormat::Json => json(&entry_points, &problems),
        RoutesFormat::Openapi => openapi(&entry_points),
    };
    terminal.print(&text)?;
    for Problem { path, message, .. } in &problems {
        let path = path.as_deref().map(|path| format!("{path}: "));
        terminal.tell(&format!("{}{message}\n", path.unwrap_or_default()));
    }
    let incomplete = problems
        .iter()
        .any(|problem| problem.kind.level() == ProblemLevel::Error);
    Ok(if incomplete { 2 } else { 0 })
}

/// Columns: methods, path, handler, place, parameters. What is no request has its framework for a path.
fn table(entry_points: &[EntryPoint], terminal: &Terminal) -> String {
    let head = ["methods", "path", "handler", "place", "parameters"].map(str::to_owned);
    let mut rows: Vec<[String; 5]> = vec![head];
    // Requests first, by path.
    let mut sorted: Vec<&EntryPoint> = entry_points.iter().collect();
    sorted.sort_by_key(|entry_point| {
        let path = entry_point.route.as_ref().map(|route| &route.path);
        (path.is_none(), path)
    });
    for entry_point in sorted {
        let (methods, path) = match &entry_point.route {
            Some(route) if route.is_websocket => ("socket".to_owned(), route.path.clone()),
            Some(route) if route.methods.is_empty() => ("any".to_owned(), route.path.clone()),
            Some(route) => (route.methods.join(" "), route.path.clone()),
            None => ("-".to_owned(), format!("({})", entry_point.framework)),
        };
        let location = &entry_point.location;
        let parameters: Vec<String> = entry_point.parameters.iter().map(parameter).collect();
        rows.push([
            methods,
            path,
            entry_point.handler.to_string(),
            format!("{}:{}", location.path, location.range.start.line),
            parameters.join(" "),
        ]);
    }
    let mut widths = [0; 5];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(line, "{cell:<width$}  "); // writing to a String cannot fail
        }
        let line = harmless(line.trim_end());
        if number == 0 {
            text.push_str(&terminal.paint(Style::new().bold(), &line));
        } else {
            text.push_str(&line);
        }
        text.push('\n');
    }
    text
}

/// What stands in the code cannot steer the terminal.
fn harmless(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

/// `id:int` for the path, `query.q?` elsewhere; `?` says that it may be left out.
fn parameter(parameter: &RouteParameter) -> String {
    let mut text = match parameter.location {
        ParameterLocation::Path => String::new(),
        location => format!("{}.", location.name()),
    };
    text.push_str(&parameter.name);
    if let Some(constraint) = word(&parameter.constraint) {
        text.push(':');
        text.push_str(constraint);
    }
    if !parameter.is_required {
        text.push('?');
    }
    text
}

/// A constraint in a word; none where any text will do.
fn word(constraint: &ValueConstraint) -> Option<&'static str> {
    Some(match constraint {
        ValueConstraint::Any => return None,
        ValueConstraint::NoSlash => "segment",
        ValueConstraint::Int => "int",
        ValueConstraint::Float => "float",
        ValueConstraint::Bool => "bool",
        ValueConstraint::Uuid => "uuid",
        ValueConstraint::Date => "date",
        ValueConstraint::Address => "address",
        ValueConstraint::Choice(_) => "choice",
        ValueConstraint::Slug => "slug",
        ValueConstraint::Pattern(_) => "pattern",
    })
}

/// The wire format of `--format json`. Fields may be added; the version counts other changes.
#[derive(Serialize)]
struct WireEntryPoints<'a> {
    version: u32,
    entry_points: Vec<WireEntryPoint<'a>>,
    problems: Vec<WireProblem<'a>>,
}

#[derive(Serialize)]
struct WireEntryPoint<'a> {
    framework: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<WireRoute<'a>>,
    handler: &'a str,
    path: &'a str,
    line: u32,
    column: u32,
    source: &'a str,
    parameters: Vec<WireParameter<'a>>,
}

#[derive(Serialize)]
struct WireRoute<'a> {
    path: &'a str,
    methods: &'a [String],
    websocket: bool,
}

#[derive(Serialize)]
struct WireParameter<'a> {
    name: &'a str,
    location: &'static str,
    required: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    constraint: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    choices: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pattern: Option<&'a str>,
}

#[derive(Serialize)]
struct WireProblem<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    message: &'a str,
}

fn json(entry_points: &[EntryPoint], problems: &[Problem]) -> String {
    let wire = WireEntryPoints {
        version: 1,
        entry_points: entry_points.iter().map(wire_entry_point).collect(),
        problems: problems
            .iter()
            .map(|problem| WireProblem {
                path: problem.path.as_deref(),
                message: &problem.message,
            })
            .collect(),
    };
    to_json(&wire)
}

fn wire_entry_point(entry_point: &EntryPoint) -> WireEntryPoint<'_> {
    let location = &entry_point.location;
    WireEntryPoint {
        framework: entry_point.framework,
        route: entry_point.route.as_ref().map(|route| WireRoute {
            path: &route.path,
            methods: &route.methods,
            websocket: route.is_websocket,
        }),
        handler: &entry_point.handler,
        path: &location.path,
        line: location.range.start.line,
        column: location.range.start.column,
        source: &entry_point.source,
        parameters: entry_point
            .parameters
            .iter()
            .map(|parameter| WireParameter {
                name: &parameter.name,
                location: parameter.location.name(),
                required: parameter.is_required,
                constraint: word(&parameter.constraint),
                choices: match &parameter.constraint {
                    ValueConstraint::Choice(choices) => Some(choices),
                    _ => None,
                },
                pattern: match &parameter.constraint {
                    ValueConstraint::Pattern(pattern) => Some(pattern),
                    _ => None,
                },
            })
            .collect(),
    }
}

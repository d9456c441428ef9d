//! Routes as an OpenAPI 3.1 document.

use std::collections::{BTreeMap, BTreeSet};

use hognose_finding::{EntryPoint, ParameterLocation, Route, RouteParameter, ValueConstraint};
use serde_json::{Map, Value, json};

use super::rules::to_json;

/// Methods that an OpenAPI path can have.
const METHODS: &[&str] = &[
    "delete", "get", "head", "options", "patch", "post", "put", "trace",
];

/// The requests among the entry points. Web sockets are left out: the format knows none.
pub fn openapi(entry_points: &[EntryPoint]) -> String {
    let mut paths = Paths::default();
    for entry_point in entry_points {
        if let Some(route) = &entry_point.route
            && !route.is_websocket
        {
            paths.add(entry_point, route);
        }
    }
    to_json(&json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Routes found by Hognose",
            "version": env!("CARGO_PKG_VERSION"),
        },
        "paths": paths.operations,
    }))
}

#[derive(Default)]
struct Paths {
    /// Operations by path and method.
    operations: BTreeMap<String, BTreeMap<String, Value>>,
    /// The spelling of a path, by the path without the names in it: the format takes `/{a}` and `/{b}` for one.
    spellings: BTreeMap<String, String>,
    ids: BTreeSet<String>,
}

impl Paths {
    fn add(&mut self, entry_point: &EntryPoint, route: &Route) {
        let parts = split(&route.path);
        let shape = parts
            .iter()
            .map(|part| part.0)
            .collect::<Vec<_>>()
            .join("{}");
        let spelling = self
            .spellings
            .entry(shape)
            .or_insert_with(|| route.path.clone())
            .clone();
        let names: Vec<(&str, String)> = parts
            .iter()
            .filter_map(|part| part.1)
            .zip(split(&spelling).iter().filter_map(|part| part.1))
            .map(|(own, first)| (own, first.to_owned()))
            .collect();
        let methods: Vec<String> = if route.methods.is_empty() {
            vec!["get".to_owned(), "post".to_owned()]
        } else {
            route
                .methods
                .iter()
                .map(|method| method.to_ascii_lowercase())
                .filter(|method| METHODS.contains(&method.as_str()))
                .collect()
        };
        for method in methods {
            let operations = self.operations.entry(spelling.clone()).or_default();
            if operations.contains_key(&method) {
                // The framework asks the first.
                continue;
            }
            let mut id = format!("{}.{method}", entry_point.handler);
            let mut number = 2;
            while !self.ids.insert(id.clone()) {
                id = format!("{}.{method}.{number}", entry_point.handler);
                number += 1;
            }
            operations.insert(method, operation(entry_point, id, &names));
        }
    }
}

/// The constant parts of a path, each with the name of what varies after it.
fn split(path: &str) -> Vec<(&str, Option<&str>)> {
    let mut parts = Vec::new();
    let mut rest = path;
    while let Some((constant, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else {
            break;
        };
        parts.push((constant, Some(name)));
        rest = after;
    }
    parts.push((rest, None));
    parts
}

fn operation(entry_point: &EntryPoint, id: String, names: &[(&str, String)]) -> Value {
    let mut parameters: Vec<Value> = Vec::new();
    // Every name in the path must be declared, once.
    for (own, name) in names {
        let constraint = entry_point
            .parameters
            .iter()
            .find(|parameter| {
                parameter.location == ParameterLocation::Path && parameter.name == *own
            })
            .map_or(&ValueConstraint::Any, |parameter| &parameter.constraint);
        let declared = json!({
            "name": name,
            "in": "path",
            "required": true,
            "schema": schema(constraint),
        });
        if !parameters.contains(&declared) {
            parameters.push(declared);
        }
    }
    for parameter in &entry_point.parameters {
        let place = match parameter.location {
            ParameterLocation::Query => "query",
            ParameterLocation::Header => "header",
            ParameterLocation::Cookie => "cookie",
            _ => continue,
        };
        parameters.push(json!({
            "name": parameter.name,
            "in": place,
            "required": parameter.is_required,
            "schema": schema(&parameter.constraint),
        }));
    }
    let location = &entry_point.location;
    let mut operation = Map::new();
    operation.insert("operationId".to_owned(), Value::String(id));
    operation.insert(
        "x-hognose".to_owned(),
        json!({
            "framework": entry_point.framework,
            "handler": &*entry_point.handler,
            "path": &*location.path,
            "line": location.range.start.line,
        }),
    );
    if !parameters.is_empty() {
        operation.insert("parameters".to_owned(), Value::Array(parameters));
    }
    if let Some(body) = body(&entry_point.parameters) {
        operation.insert("requestBody".to_owned(), body);
    }
    operation.insert(
        "responses".to_owned(),
        json!({"default": {"description": "Not analysed"}}),
    );
    Value::Object(operation)
}

/// The body, by the kind of its parts; none if the request has none.
fn body(parameters: &[RouteParameter]) -> Option<Value> {
    let of = |location: ParameterLocation| {
        parameters
            .iter()
            .filter(move |parameter| parameter.location == location)
    };
    let mut content = Map::new();
    let files: Vec<&RouteParameter> = of(ParameterLocation::File).collect();
    let fields: Vec<&RouteParameter> = of(ParameterLocation::Form).collect();
    let members: Vec<&RouteParameter> = of(ParameterLocation::Body).collect();
    if !files.is_empty() {
        let all: Vec<&RouteParameter> = files.iter().chain(&fields).copied().collect();
        content.insert(
            "multipart/form-data".to_owned(),
            json!({"schema": object(&all)}),
        );
    } else if !fields.is_empty() {
        content.insert(
            "application/x-www-form-urlencoded".to_owned(),
            json!({"schema": object(&fields)}),
        );
    }
    if !members.is_empty() {
        content.insert(
            "application/json".to_owned(),
            json!({"schema": object(&members)}),
        );
    }
    (!content.is_empty()).then(|| json!({"content": content}))
}

fn object(members: &[&RouteParameter]) -> Value {
    let properties: BTreeMap<&str, Value> = members
        .iter()
        .map(|member| {
            let schema = if member.location == ParameterLocation::File {
                json!({"type": "string", "contentMediaType": "application/octet-stream"})
            } else {
                schema(&member.constraint)
            };
            (member.name.as_str(), schema)
        })
        .collect();
    let required: BTreeSet<&str> = members
        .iter()
        .filter(|member| member.is_required)
        .map(|member| member.name.as_str())
        .collect();
    let mut object = json!({"type": "object", "properties": properties});
    if !required.is_empty() {
        object["required"] = json!(required);
    }
    object
}

fn schema(constraint: &ValueConstraint) -> Value {
    match constraint {
        ValueConstraint::Any => json!({}),
        ValueConstraint::NoSlash => json!({"type": "string", "pattern": "^[^/]+$"}),
        ValueConstraint::Int => json!({"type": "integer"}),
        ValueConstraint::Float => json!({"type": "number"}),
        ValueConstraint::Bool => json!({"type": "boolean"}),
        ValueConstraint::Uuid => json!({"type": "string", "format": "uuid"}),
        ValueConstraint::Date | ValueConstraint::Address => json!({"type": "string"}),
        ValueConstraint::Choice(choices) => json!({"type": "string", "enum": choices}),
        ValueConstraint::Slug => json!({"type": "string", "pattern": "^[-A-Za-z0-9_]+$"}),
        ValueConstraint::Pattern(pattern) => {
            json!({"type": "string", "pattern": format!("^(?:{pattern})$")})
        }
    }
}

//! FastAPI and Starlette: decorators, routers, dependencies, what annotations and defaults of parameters mean.

use hognose_finding::{ParameterLocation, ValueConstraint};
use hognose_python::ModuleId;
use hognose_python::ir::{Argument, Op, Operand, Param, ParamKind};

use super::annotation::{Typing, fields_of, last_name, pattern_of, typing};
use super::path::Spelling;
use super::registration::{Mount, Owner, Registration};
use super::walk::{Family, Site, Walk};
use super::{Definition, EntryParameter, Filling, REMOTE_INPUT, Returned};

pub(super) static FAMILY: Family = Family {
    packages: PACKAGES,
    decorators: &[
        "get",
        "post",
        "put",
        "delete",
        "patch",
        "head",
        "options",
        "trace",
        "api_route",
        "route",
        "websocket",
        "websocket_route",
    ],
    calls: &[
        "add_api_route",
        "add_api_websocket_route",
        "add_websocket_route",
        "include_router",
        "APIRouter",
        "Mount",
        "WebSocketRoute",
        "APIRoute",
    ],
    common_calls: &["mount", "Route", "add_route"],
    decorated,
    called,
    bases: &[
        "starlette.endpoints.HTTPEndpoint",
        "starlette.endpoints.WebSocketEndpoint",
    ],
    derived,
    ..Family::NONE
};

const PACKAGES: &[&str] = &["fastapi", "starlette"];
/// Classes whose instances have routes.
const OWNERS: &[&str] = &[
    "fastapi.FastAPI",
    "fastapi.APIRouter",
    "starlette.applications.Starlette",
    "starlette.routing.Router",
];
/// Methods of an endpoint class.
const ENDPOINT_METHODS: &[&str] = &["get", "post", "put", "delete", "patch", "head", "options"];
const SOCKET_METHODS: &[&str] = &["on_connect", "on_receive", "on_disconnect"];
/// Parameters with these classes are the framework's own business.
const SERVICES: &[&str] = &["BackgroundTasks", "Response", "SecurityScopes"];

fn is_ours(walk: &Walk<'_, '_>, site: &Site) -> bool {
    if site.names.is_empty() {
        site.receiver.is_some() && walk.imports(PACKAGES)
    } else {
        site.is_member(OWNERS)
    }
}

fn decorated(walk: &mut Walk<'_, '_>, site: &Site, definition: Definition) -> bool {
    if !is_ours(walk, site) || walk.is_class(definition) {
        return false;
    }
    let templates = walk.templates(walk.argument(site, 0, "path"), Spelling::Braces);
    if site.names.is_empty()
        && !templates
            .iter()
            .any(|path| path.path.starts_with('/') || path.path.is_empty())
    {
        return false;
    }
    let methods = match site.last {
        "api_route" | "route" => match walk.named(site, "methods") {
            Some(methods) => walk.methods(methods),
            None => vec!["GET".to_owned()],
        },
        "websocket" | "websocket_route" => Vec::new(),
        verb @ ("get" | "post" | "put" | "delete" | "patch" | "head" | "options" | "trace") => {
            vec![verb.to_ascii_uppercase()]
        }
        _ => return false,
    };
    let registration = Registration {
        owner: site.receiver.and_then(|receiver| walk.owner(receiver)),
        templates,
        methods,
        is_websocket: site.last.starts_with("websocket"),
        returned: returned(walk, site),
        ..Registration::of_request("fastapi", definition)
    };
    if matches!(site.last, "route" | "websocket_route") {
        register_starlette(walk, registration);
    } else {
        register_fastapi(walk, registration);
    }
    true
}

/// What becomes of a returned value: JSON, unless the registration names another class of responses.
fn returned(walk: &Walk<'_, '_>, site: &Site) -> Returned {
    let class = walk
        .named(site, "response_class")
        .and_then(|class| last_name(walk.project(), walk.ir(), class));
    match class {
        Some("HTMLResponse") => Returned::Html,
        Some("PlainTextResponse") => Returned::Text,
        Some("JSONResponse" | "ORJSONResponse" | "UJSONResponse") | None => Returned::Json,
        Some(_) => Returned::Response,
    }
}

fn called(walk: &mut Walk<'_, '_>, site: &Site) -> bool {
    match site.last {
        "APIRouter" => {
            if site.is(&["fastapi.APIRouter"])
                && let Some(prefix) = walk.named(site, "prefix")
                && let Some(prefix) = walk.templates(Some(prefix), Spelling::Braces).pop()
                && let Some(owner) = walk.made(site)
            {
                walk.found.prefixes.push((owner, prefix));
            }
        }
        "include_router" if is_ours(walk, site) => {
            let prefix = walk.named(site, "prefix");
            let child = walk
                .argument(site, 0, "router")
                .and_then(|child| walk.owner(child));
            mount(walk, site, child, prefix);
        }
        "mount" if is_ours(walk, site) => {
            let prefix = walk.argument(site, 0, "path");
            let child = walk
                .argument(site, 1, "app")
                .and_then(|child| walk.owner(child));
            mount(walk, site, child, prefix);
        }
        "add_api_route" | "add_api_websocket_route" | "add_route" | "add_websocket_route"
            if is_ours(walk, site) =>
        {
            let endpoint = walk
                .argument(site, 1, "endpoint")
                .or_else(|| walk.named(site, "route"));
            let Some(handler) = endpoint.and_then(|endpoint| walk.handler(endpoint)) else {
                return true;
            };
            let registration = Registration {
                owner: site.receiver.and_then(|receiver| walk.owner(receiver)),
                returned: returned(walk, site),
                ..route(walk, site, handler)
            };
            if site.last.starts_with("add_api") {
                register_fastapi(walk, registration);
            } else {
                register_starlette(walk, registration);
            }
            return true;
        }
        "Route" | "WebSocketRoute" | "APIRoute" => {
            if !site.is_member(&["starlette.routing", "fastapi.routing"]) {
                return false;
            }
            let endpoint = walk.argument(site, 1, "endpoint");
            let Some(handler) = endpoint.and_then(|endpoint| walk.handler(endpoint)) else {
                return true;
            };
            let registration = Registration {
                owner: walk.made(site),
                returned: returned(walk, site),
                ..route(walk, site, handler)
            };
            if site.last == "APIRoute" {
                register_fastapi(walk, registration);
            } else {
                register_starlette(walk, registration);
            }
            return true;
        }
        "Mount" if site.is_member(&["starlette.routing", "fastapi.routing"]) => {
            let parent = walk.made(site);
            let prefix = walk
                .templates(walk.argument(site, 0, "path"), Spelling::Braces)
                .pop()
                .unwrap_or_default();
            let mut children: Vec<Owner> = walk
                .argument(site, 1, "app")
                .and_then(|app| walk.owner(app))
                .into_iter()
                .collect();
            if let Some(routes) = walk.argument(site, 2, "routes") {
                children.extend(
                    walk.elements(walk.module, routes)
                        .into_iter()
                        .map(|(module, route)| Owner::Object(module, route)),
                );
            }
            for child in children {
                walk.found.mounts.push(Mount {
                    parent,
                    child,
                    prefix: prefix.clone(),
                    replaces: false,
                });
            }
            return true;
        }
        _ => return false,
    }
    false
}

fn mount(walk: &mut Walk<'_, '_>, site: &Site, child: Option<Owner>, prefix: Option<Operand>) {
    if let Some(child) = child {
        let prefix = walk
            .templates(prefix, Spelling::Braces)
            .pop()
            .unwrap_or_default();
        walk.found.mounts.push(Mount {
            parent: site.receiver.and_then(|receiver| walk.owner(receiver)),
            child,
            prefix,
            replaces: false,
        });
    }
}

fn route(walk: &Walk<'_, '_>, site: &Site, handler: Definition) -> Registration {
    let is_websocket = site.last.to_ascii_lowercase().contains("websocket");
    let methods = match walk.named(site, "methods") {
        Some(methods) => walk.methods(methods),
        None if is_websocket => Vec::new(),
        None => vec!["GET".to_owned()],
    };
    Registration {
        templates: walk.templates(walk.argument(site, 0, "path"), Spelling::Braces),
        methods,
        is_websocket,
        ..Registration::of_request("starlette", handler)
    }
}

fn derived(walk: &mut Walk<'_, '_>, class: Definition, _base: &'static str) {
    let registration = Registration {
        is_fallback: true,
        ..Registration::of_request("starlette", class)
    };
    register_starlette(walk, registration);
}

/// An endpoint that is called with the request (or the socket), or a class of them.
fn register_starlette(walk: &mut Walk<'_, '_>, registration: Registration) {
    let registration = Registration {
        framework: "starlette",
        returned: Returned::Response,
        ..registration
    };
    let endpoint = registration.handler;
    if !walk.is_class(endpoint) {
        return push_starlette(walk, registration, 0);
    }
    for (name, method) in walk.members(endpoint, ENDPOINT_METHODS) {
        let registration = Registration {
            handler: method,
            methods: vec![name.to_ascii_uppercase()],
            ..registration.clone()
        };
        push_starlette(walk, registration, 1);
    }
    for (_, method) in walk.members(endpoint, SOCKET_METHODS) {
        let registration = Registration {
            handler: method,
            methods: Vec::new(),
            is_websocket: true,
            ..registration.clone()
        };
        push_starlette(walk, registration, 1);
    }
}

fn push_starlette(walk: &mut Walk<'_, '_>, mut registration: Registration, first: usize) {
    let class = if registration.is_websocket {
        "starlette.websockets.WebSocket"
    } else {
        "starlette.requests.Request"
    };
    let mut parameters = walk.inputs(
        registration.handler,
        first,
        REMOTE_INPUT,
        ParameterLocation::Body,
    );
    if let Some(parameter) = parameters.get_mut(first) {
        *parameter = walk.request(class);
    }
    registration.parameters = parameters;
    walk.found.registrations.push(registration);
}

/// A function whose parameters are filled by name and annotation.
fn register_fastapi(walk: &mut Walk<'_, '_>, mut registration: Registration) {
    let first = walk.first_parameter(registration.handler);
    let mut met = vec![registration.handler];
    registration.parameters = filled(walk, registration.handler, first, &mut met);
    walk.found.registrations.push(registration);
}

/// How the parameters of a handler or of a dependency are filled. Dependencies are written down as handlers, too.
fn filled(
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

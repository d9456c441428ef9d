//! FastAPI and Starlette: decorators, routers, dependencies, what annotations and defaults of parameters mean.

use hognose_finding::ParameterLocation;
use hognose_python::ir::Operand;

use super::annotation::last_name;
use super::inject::filled;
use super::path::Spelling;
use super::registration::{Mount, Owner, Registration};
use super::search::{Family, Site};
use super::walk::Walk;
use super::{Definition, REMOTE_INPUT, Returned};

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

//! Servers whose handlers are methods of classes: Tornado (and Jupyter), Falcon, Twisted, `http.server`,
//! `socketserver`, gRPC; and the bare interfaces WSGI, ASGI and AWS Lambda.

use hognose_finding::{ParameterLocation, ValueConstraint};
use hognose_python::ir::{FunctionId, FunctionKind, Op, Operand};
use hognose_python::{ModuleId, Symbol};

use super::annotation::last_name;
use super::path::{Spelling, Template};
use super::registration::Registration;
use super::search::{Family, Site};
use super::walk::Walk;
use super::{Definition, EntryParameter, REMOTE_INPUT, Returned};

pub(super) static FAMILY: Family = Family {
    packages: &[
        "tornado",
        "jupyter_server",
        "notebook",
        "falcon",
        "twisted",
        "http",
        "socketserver",
        "grpc",
    ],
    calls: &["add_handlers", "add_sink", "add_error_handler", "add_route"],
    common_calls: &["Application"],
    called,
    bases: &[
        "tornado.web.RequestHandler",
        "tornado.websocket.WebSocketHandler",
        "twisted.web.resource.Resource",
        "twisted.internet.protocol.BaseProtocol",
        "http.server.BaseHTTPRequestHandler",
        "socketserver.BaseRequestHandler",
    ],
    derived,
    module,
    ..Family::NONE
};

/// Interfaces that no import tells of.
pub(super) static BARE: Family = Family {
    module: bare,
    ..Family::NONE
};

const METHODS: &[&str] = &["get", "post", "put", "delete", "patch", "head", "options"];
const FALCON_METHODS: &[&str] = &[
    "on_get",
    "on_post",
    "on_put",
    "on_delete",
    "on_patch",
    "on_head",
    "on_options",
];
const STDLIB_METHODS: &[&str] = &[
    "do_GET",
    "do_POST",
    "do_PUT",
    "do_DELETE",
    "do_PATCH",
    "do_HEAD",
    "do_OPTIONS",
];
/// Methods of a protocol that get what the other side sent.
const TWISTED_DATA: &[&str] = &[
    "dataReceived",
    "datagramReceived",
    "lineReceived",
    "rawDataReceived",
    "stringReceived",
];
const TWISTED_METHODS: &[&str] = &[
    "render_GET",
    "render_POST",
    "render_PUT",
    "render_DELETE",
    "render_HEAD",
    "render",
];

fn called(walk: &mut Walk<'_, '_>, site: &Site) -> bool {
    match site.last {
        "Application" if site.is(&["tornado.web.Application"]) => {
            let handlers = walk.argument(site, 0, "handlers");
            if let Some(handlers) = handlers {
                tornado_handlers(walk, handlers);
            }
            true
        }
        "add_handlers" => {
            let is_ours = site.is_member(&["tornado.web.Application"])
                || site.names.is_empty() && walk.project().model("tornado").is_some();
            let handlers = walk.argument(site, 1, "host_handlers");
            if let Some(handlers) = handlers.filter(|_| is_ours) {
                tornado_handlers(walk, handlers);
            }
            is_ours
        }
        "add_route" => {
            let is_ours = site.is_member(&["falcon.App"])
                || site.names.is_empty() && site.receiver.is_some() && walk.imports(&["falcon"]);
            let resource = walk.argument(site, 1, "resource").filter(|_| is_ours);
            let Some(class) = resource.and_then(|resource| walk.class_of(resource)) else {
                return false;
            };
            let templates =
                walk.templates(walk.argument(site, 0, "uri_template"), Spelling::Braces);
            falcon_resource(walk, class, &templates);
            true
        }
        "add_sink" | "add_error_handler" => {
            if !site.is_member(&["falcon.App"]) {
                return false;
            }
            if let Some(handler) = walk
                .argument(site, 0, "sink")
                .and_then(|sink| walk.handler(sink))
            {
                let first = walk.first_parameter(handler);
                falcon_push(walk, handler, first, Vec::new(), &[]);
            }
            true
        }
        _ => false,
    }
}

/// Pairs of a regular expression and a class: tuples, or calls of `url` and `URLSpec`.
fn tornado_handlers(walk: &mut Walk<'_, '_>, handlers: Operand) {
    for (module, element) in walk.elements(walk.module, handlers) {
        let ir = &walk.project().module(module).ir;
        let parts: Vec<Operand> = match ir.instruction(element) {
            Some(tuple) if matches!(tuple.op, Op::Tuple | Op::List) => ir.list(tuple.a).collect(),
            Some(call) if call.op == Op::Call => {
                ir.arguments(call.b).map(|(_, value)| value).collect()
            }
            _ => continue,
        };
        let [pattern, class, ..] = parts[..] else {
            continue;
        };
        let Some(class) = walk
            .handler_at(module, class, 0)
            .filter(|&class| walk.is_class(class))
        else {
            continue;
        };
        let pattern = walk.evaluator.constant_text(module, pattern);
        let templates: Vec<Template> = pattern
            .iter()
            .map(|pattern| Template::read(pattern, Spelling::Regex))
            .collect();
        tornado_class(walk, class, &templates, false);
    }
}

fn tornado_class(
    walk: &mut Walk<'_, '_>,
    class: Definition,
    templates: &[Template],
    is_fallback: bool,
) {
    let registration = |method| Registration {
        templates: templates.to_vec(),
        returned: Returned::Ignored,
        is_fallback,
        ..Registration::of_request("tornado", method)
    };
    for (name, method) in walk.members(class, METHODS) {
        let parameters = walk.inputs(method, 1, REMOTE_INPUT, ParameterLocation::Path);
        walk.found.registrations.push(Registration {
            parameters,
            methods: vec![name.to_ascii_uppercase()],
            ..registration(method)
        });
    }
    for (name, method) in walk.members(class, &["open", "on_message", "data_received"]) {
        let parameters = if name == "open" {
            walk.inputs(method, 1, REMOTE_INPUT, ParameterLocation::Path)
        } else {
            walk.inputs(method, 1, REMOTE_INPUT, ParameterLocation::Body)
        };
        walk.found.registrations.push(Registration {
            parameters,
            is_websocket: name != "data_received",
            ..registration(method)
        });
    }
}

fn falcon_resource(walk: &mut Walk<'_, '_>, class: Definition, templates: &[Template]) {
    for (name, method) in walk.members(class, FALCON_METHODS) {
        let verb = name.trim_start_matches("on_").to_ascii_uppercase();
        falcon_push(walk, method, 1, vec![verb], templates);
    }
}

fn falcon_push(
    walk: &mut Walk<'_, '_>,
    handler: Definition,
    first: usize,
    methods: Vec<String>,
    templates: &[Template],
) {
    let mut parameters = walk.inputs(handler, first + 2, REMOTE_INPUT, ParameterLocation::Path);
    if let Some(parameter) = parameters.get_mut(first) {
        *parameter = walk.request("falcon.Request");
    }
    walk.found.registrations.push(Registration {
        parameters,
        methods,
        templates: templates.to_vec(),
        returned: Returned::Ignored,
        ..Registration::of_request("falcon", handler)
    });
}

fn derived(walk: &mut Walk<'_, '_>, class: Definition, base: &'static str) {
    match base {
        "tornado.web.RequestHandler" | "tornado.websocket.WebSocketHandler" => {
            tornado_class(walk, class, &[], true);
        }
        "twisted.web.resource.Resource" => {
            for (name, method) in walk.members(class, TWISTED_METHODS) {
                let parameters = walk.request_at(method, 1, "twisted.web.http.Request");
                let verb = name.trim_start_matches("render").trim_start_matches('_');
                walk.found.registrations.push(Registration {
                    parameters,
                    methods: (!verb.is_empty())
                        .then(|| verb.to_owned())
                        .into_iter()
                        .collect(),
                    returned: Returned::Html,
                    ..Registration::of_request("twisted", method)
                });
            }
            for (_, method) in walk.members(class, &["getChild", "getChildWithDefault"]) {
                let mut parameters = walk.request_at(method, 2, "twisted.web.http.Request");
                if let Some(segment) = parameters.get_mut(1) {
                    *segment = Some(EntryParameter {
                        cleans: ValueConstraint::NoSlash,
                        ..EntryParameter::input(REMOTE_INPUT, ParameterLocation::Path)
                    });
                }
                walk.found.registrations.push(Registration {
                    parameters,
                    returned: Returned::Ignored,
                    is_listed: false,
                    ..Registration::of_request("twisted", method)
                });
            }
        }
        "twisted.internet.protocol.BaseProtocol" => {
            for (_, method) in walk.members(class, TWISTED_DATA) {
                let parameters = walk.inputs(method, 1, REMOTE_INPUT, ParameterLocation::Body);
                walk.found.registrations.push(Registration {
                    parameters,
                    returned: Returned::Ignored,
                    is_listed: false,
                    ..Registration::of_request("twisted", method)
                });
            }
        }
        "http.server.BaseHTTPRequestHandler" => {
            for (name, method) in walk.members(class, STDLIB_METHODS) {
                walk.found.registrations.push(Registration {
                    methods: vec![name.trim_start_matches("do_").to_owned()],
                    returned: Returned::Ignored,
                    ..Registration::of_request("http.server", method)
                });
            }
        }
        _ => {
            for (_, method) in walk.members(class, &["handle"]) {
                walk.found.registrations.push(Registration {
                    returned: Returned::Ignored,
                    ..Registration::of_request("socketserver", method)
                });
            }
        }
    }
}

fn module(walk: &mut Walk<'_, '_>) {
    if walk.imports(&["falcon"]) {
        falcon_by_shape(walk);
    }
    if walk.project().model("grpc").is_some() {
        grpc(walk);
    }
}

/// Resources need no base class and may be added to routes elsewhere.
fn falcon_by_shape(walk: &mut Walk<'_, '_>) {
    let ir = walk.ir();
    for (number, function) in ir.functions.iter().enumerate() {
        let definition = (walk.module, FunctionId(number as u32));
        if function.kind == FunctionKind::Def
            && ir.is_class(function.parent)
            && FALCON_METHODS.contains(&walk.project().text(function.name))
            && ir.params_of(definition.1).len() >= 3
        {
            let verb = walk.project().text(function.name).trim_start_matches("on_");
            falcon_push(walk, definition, 1, vec![verb.to_ascii_uppercase()], &[]);
            if let Some(last) = walk.found.registrations.last_mut() {
                last.is_fallback = true;
            }
        }
    }
}

/// Classes derived from a generated `…Servicer`: each method is called with a message and a context.
fn grpc(walk: &mut Walk<'_, '_>) {
    let ir = walk.ir();
    let project = walk.project();
    for (number, function) in ir.functions.iter().enumerate() {
        let class = FunctionId(number as u32);
        let is_servicer = function.kind == FunctionKind::Class
            && ir.bases_of(class).iter().any(|&base| {
                last_name(project, ir, base).is_some_and(|base| base.ends_with("Servicer"))
            });
        if !is_servicer {
            continue;
        }
        for (method, info) in ir.functions.iter().enumerate() {
            let id = FunctionId(method as u32);
            if info.parent != class
                || info.kind != FunctionKind::Def
                || project.text(info.name).starts_with('_')
                || ir.params_of(id).len() != 3
            {
                continue;
            }
            let definition = (walk.module, id);
            let mut parameters = walk.inputs(definition, 1, REMOTE_INPUT, ParameterLocation::Body);
            parameters[2] = None;
            walk.found.registrations.push(Registration {
                parameters,
                returned: Returned::Ignored,
                ..Registration::of_request("grpc", definition)
            });
        }
    }
}

/// Functions that have the parameters of an interface, by their names.
fn bare(walk: &mut Walk<'_, '_>) {
    let project = walk.project();
    let all = |names: &[&'static str]| -> Option<Vec<Symbol>> {
        names
            .iter()
            .map(|&name| project.symbols().find(name))
            .collect()
    };
    let wsgi = all(&["environ", "start_response"]);
    let asgi = all(&["scope", "receive", "send"]);
    let event = all(&["event", "context"]);
    let lambda: Vec<Symbol> = ["lambda_handler", "handler", "main_handler"]
        .into_iter()
        .filter_map(|name| project.symbols().find(name))
        .collect();
    if wsgi.is_none() && asgi.is_none() && event.is_none() {
        return;
    }
    let ir = walk.ir();
    for (number, function) in ir.functions.iter().enumerate() {
        if function.kind != FunctionKind::Def {
            continue;
        }
        let definition = (walk.module, FunctionId(number as u32));
        let params = ir.params_of(definition.1);
        let first = usize::from(ir.is_class(function.parent));
        let takes = |names: &Option<Vec<Symbol>>| {
            names.as_ref().is_some_and(|names| {
                params.len() == names.len() + first
                    && params[first..]
                        .iter()
                        .zip(names)
                        .all(|(param, name)| param.name == *name)
            })
        };
        let (framework, returned, untrusted) = if takes(&wsgi) {
            ("wsgi", pages(walk), &[0][..])
        } else if takes(&asgi) {
            ("asgi", Returned::Ignored, &[0, 1][..])
        } else if first == 0 && takes(&event) && lambda.contains(&function.name) {
            ("aws-lambda", Returned::Response, &[0][..])
        } else {
            continue;
        };
        push_bare(walk, framework, returned, definition, first, untrusted);
    }
}

/// What a bare application returns: pages, where the module says so of its answers.
fn pages(walk: &Walk<'_, '_>) -> Returned {
    const TYPES: [&str; 4] = [
        "text/html",
        "text/html; charset=utf-8",
        "text/html; charset=UTF-8",
        "text/html;charset=utf-8",
    ];
    let symbols = walk.project().symbols();
    let says = TYPES
        .iter()
        .filter_map(|text| symbols.find(text))
        .any(|text| walk.ir().mentions(Operand::str(text)));
    if says {
        Returned::Html
    } else {
        Returned::Response
    }
}

fn push_bare(
    walk: &mut Walk<'_, '_>,
    framework: &'static str,
    returned: Returned,
    handler: (ModuleId, FunctionId),
    first: usize,
    untrusted: &[usize],
) {
    let mut parameters = walk.inputs(handler, first, REMOTE_INPUT, ParameterLocation::Request);
    for (number, parameter) in parameters.iter_mut().enumerate() {
        if number < first || !untrusted.contains(&(number - first)) {
            *parameter = None;
        }
    }
    walk.found.registrations.push(Registration {
        parameters,
        returned,
        is_fallback: true,
        ..Registration::of_request(framework, handler)
    });
}

//! Bottle, Sanic and CherryPy: functions whose returned text is the page, and whose parameters come from the path (or,
//! for CherryPy, from the query).

use hognose_finding::ParameterLocation;
use hognose_python::Target;

use super::path::{Spelling, Template};
use super::registration::{Mount, Owner, Registration};
use super::search::{Family, Site};
use super::walk::Walk;
use super::{Definition, REMOTE_INPUT, Returned};
use crate::values::Value;

pub(super) static FAMILY: Family = Family {
    packages: &["bottle", "sanic", "cherrypy"],
    decorators: &[
        "route",
        "get",
        "post",
        "put",
        "delete",
        "patch",
        "head",
        "options",
        "websocket",
        "expose",
    ],
    calls: &["quickstart"],
    common_calls: &["route", "mount", "Blueprint", "blueprint", "add_route"],
    decorated,
    called,
    bases: &["sanic.views.HTTPMethodView"],
    derived,
    ..Family::NONE
};

const BOTTLE: &[&str] = &["bottle", "bottle.Bottle"];
const SANIC: &[&str] = &["sanic.Sanic", "sanic.Blueprint"];
const VIEW_METHODS: &[&str] = &["get", "post", "put", "delete", "patch", "head", "options"];

/// Which of the frameworks a decorator or call belongs to.
fn framework(walk: &Walk<'_, '_>, site: &Site) -> Option<&'static str> {
    if site.is_member(BOTTLE) {
        return Some("bottle");
    }
    if site.is_member(SANIC) {
        return Some("sanic");
    }
    if !site.names.is_empty() || site.receiver.is_none() {
        return None;
    }
    ["bottle", "sanic"]
        .into_iter()
        .find(|package| walk.imports(&[package]))
}

fn decorated(walk: &mut Walk<'_, '_>, site: &Site, definition: Definition) -> bool {
    if site.last == "expose" {
        return exposed(walk, site, definition);
    }
    let Some(framework) = framework(walk, site) else {
        return false;
    };
    let path = walk.argument(site, 0, if framework == "bottle" { "path" } else { "uri" });
    let templates = walk.templates(path, Spelling::TypeLast);
    if site.names.is_empty() && !templates.iter().any(|path| path.path.starts_with('/')) {
        return false;
    }
    let registration = Registration {
        owner: site.receiver.and_then(|receiver| walk.owner(receiver)),
        templates,
        methods: methods(walk, site),
        is_websocket: site.last == "websocket",
        ..Registration::of_request(framework, definition)
    };
    register(walk, registration);
    true
}

fn methods(walk: &Walk<'_, '_>, site: &Site) -> Vec<String> {
    match site.last {
        "route" | "add_route" => match walk
            .named(site, "methods")
            .or_else(|| walk.named(site, "method"))
        {
            Some(methods) => walk.methods(methods),
            None => vec!["GET".to_owned()],
        },
        "websocket" => Vec::new(),
        verb => vec![verb.to_ascii_uppercase()],
    }
}

fn called(walk: &mut Walk<'_, '_>, site: &Site) -> bool {
    match site.last {
        "Blueprint" if site.is(&["sanic.Blueprint"]) => {
            let prefix = walk.argument(site, 1, "url_prefix");
            if let Some(prefix) = walk.templates(prefix, Spelling::TypeLast).pop()
                && let Some(owner) = walk.made(site)
            {
                walk.found.prefixes.push((owner, prefix));
            }
            true
        }
        "blueprint" | "mount" => {
            if framework(walk, site).is_none() {
                return false;
            }
            let (prefix, child) = if site.last == "mount" {
                (
                    walk.argument(site, 0, "prefix"),
                    walk.argument(site, 1, "app"),
                )
            } else {
                (
                    walk.named(site, "url_prefix"),
                    walk.argument(site, 0, "blueprint"),
                )
            };
            if let Some(child) = child.and_then(|child| walk.owner(child)) {
                walk.found.mounts.push(Mount {
                    parent: site.receiver.and_then(|receiver| walk.owner(receiver)),
                    child,
                    prefix: walk
                        .templates(prefix, Spelling::TypeLast)
                        .pop()
                        .unwrap_or_default(),
                    replaces: false,
                });
            }
            true
        }
        // Bottle: `route("/path", "GET", callback)`; Sanic: `add_route(handler, "/path")`.
        "route" | "add_route" => {
            let Some(framework) = framework(walk, site) else {
                return false;
            };
            let (handler, path) = match framework {
                "bottle" => (
                    walk.argument(site, 2, "callback"),
                    walk.argument(site, 0, "path"),
                ),
                _ => (
                    walk.argument(site, 0, "handler"),
                    walk.argument(site, 1, "uri"),
                ),
            };
            let Some(handler) = handler.and_then(|handler| walk.handler(handler)) else {
                return false;
            };
            let registration = Registration {
                owner: site.receiver.and_then(|receiver| walk.owner(receiver)),
                templates: walk.templates(path, Spelling::TypeLast),
                methods: methods(walk, site),
                ..Registration::of_request(framework, handler)
            };
            register(walk, registration);
            true
        }
        // CherryPy: the tree of objects below which exposed methods answer.
        "quickstart" if site.is(&["cherrypy.quickstart"]) => cherrypy_mount(walk, site),
        _ => false,
    }
}

fn derived(walk: &mut Walk<'_, '_>, class: Definition, _base: &'static str) {
    let registration = Registration {
        is_fallback: true,
        ..Registration::of_request("sanic", class)
    };
    register(walk, registration);
}

fn register(walk: &mut Walk<'_, '_>, registration: Registration) {
    let handler = registration.handler;
    if walk.is_class(handler) {
        for (name, method) in walk.members(handler, VIEW_METHODS) {
            let registration = Registration {
                handler: method,
                methods: vec![name.to_ascii_uppercase()],
                ..registration.clone()
            };
            push(walk, registration, 1);
        }
        return;
    }
    let first = walk.first_parameter(handler);
    push(walk, registration, first);
}

fn push(walk: &mut Walk<'_, '_>, mut registration: Registration, first: usize) {
    let handler = registration.handler;
    registration.parameters = walk.inputs(handler, first, REMOTE_INPUT, ParameterLocation::Path);
    if registration.framework == "sanic" {
        registration.returned = Returned::Response;
        if let Some(parameter) = registration.parameters.get_mut(first) {
            *parameter = walk.request("sanic.Request");
        }
    } else {
        registration.returned = Returned::Html;
    }
    walk.found.registrations.push(registration);
}

/// `@cherrypy.expose`: the parameters are those of the query or of a form, and path segments by position.
fn exposed(walk: &mut Walk<'_, '_>, site: &Site, method: Definition) -> bool {
    if !site.is(&["cherrypy.expose"]) || walk.is_class(method) {
        return false;
    }
    let project = walk.project();
    let function = project.module(method.0).ir.function(method.1);
    let name = project.text(function.name);
    let path = if name == "index" { "/" } else { name };
    let first = walk.first_parameter(method);
    let registration = Registration {
        owner: Some(Owner::Class(method.0, function.parent)),
        templates: vec![Template::plain("/").join(&Template::plain(path))],
        parameters: walk.inputs(method, first, REMOTE_INPUT, ParameterLocation::Query),
        returned: Returned::Html,
        ..Registration::of_request("cherrypy", method)
    };
    walk.found.registrations.push(registration);
    true
}

fn cherrypy_mount(walk: &mut Walk<'_, '_>, site: &Site) -> bool {
    let Some(root) = walk.argument(site, 0, "root") else {
        return false;
    };
    let prefix = walk.argument(site, 1, "script_name");
    let prefix = walk
        .templates(prefix, Spelling::Braces)
        .pop()
        .unwrap_or_default();
    for &value in &*walk.evaluator.values(walk.module, root) {
        let Value::Instance(module, class) = value else {
            continue;
        };
        mount_class(walk, (module, class), &prefix, 0);
    }
    true
}

/// An object is mounted with those in its class attributes: `blog = Blog()`.
fn mount_class(walk: &mut Walk<'_, '_>, class: Definition, prefix: &Template, depth: u32) {
    walk.found.mounts.push(Mount {
        parent: None,
        child: Owner::Class(class.0, class.1),
        prefix: prefix.clone(),
        replaces: false,
    });
    if depth > 4 {
        return;
    }
    let project = walk.project();
    let ir = &project.module(class.0).ir;
    for &(name, _) in ir.exports_of(class.1) {
        for target in project.member(Target::Class(class.0, class.1), name) {
            let Target::Value(module, operand) = target else {
                continue;
            };
            for &value in &*walk.evaluator.values(module, operand) {
                if let Value::Instance(module, inner) = value
                    && !project.module(module).is_model
                    && (module, inner) != class
                {
                    let below = Template::plain(&format!("/{}", project.text(name)));
                    mount_class(walk, (module, inner), &prefix.join(&below), depth + 1);
                }
            }
        }
    }
}

//! Pyramid: routes have names; views (functions, classes, methods) say which one they answer.

use hognose_finding::ParameterLocation;
use hognose_python::ir::Operand;

use super::path::{Spelling, Template};
use super::registration::{Owner, Registration};
use super::search::{Family, Site};
use super::walk::Walk;
use super::{Definition, EntryParameter, REMOTE_INPUT, Returned};

pub(super) static FAMILY: Family = Family {
    packages: &["pyramid"],
    decorators: &[
        "view_config",
        "notfound_view_config",
        "exception_view_config",
    ],
    calls: &["add_route", "add_view"],
    decorated,
    called,
    ..Family::NONE
};

fn decorated(walk: &mut Walk<'_, '_>, site: &Site, definition: Definition) -> bool {
    if !site.is_member(&["pyramid.view"]) {
        return false;
    }
    let registration = registration(walk, site, definition);
    register(walk, registration);
    true
}

fn called(walk: &mut Walk<'_, '_>, site: &Site) -> bool {
    let is_ours = site.is_member(&["pyramid.config.Configurator"])
        || site.names.is_empty()
            && site.receiver.is_some()
            && walk.project().model("pyramid").is_some();
    if !is_ours {
        return false;
    }
    match site.last {
        "add_route" => {
            let name = walk.argument(site, 0, "name").and_then(Operand::as_str);
            let pattern = walk.argument(site, 1, "pattern");
            let Some(pattern) = walk.templates(pattern, Spelling::BracesRegex).pop() else {
                return false;
            };
            if let Some(name) = name {
                walk.found.prefixes.push((Owner::Name(name), pattern));
            }
            true
        }
        "add_view" => {
            let Some(view) = walk
                .argument(site, 0, "view")
                .and_then(|view| walk.handler(view))
            else {
                return false;
            };
            let registration = registration(walk, site, view);
            register(walk, registration);
            true
        }
        _ => false,
    }
}

fn registration(walk: &Walk<'_, '_>, site: &Site, view: Definition) -> Registration {
    let route = walk.named(site, "route_name").and_then(Operand::as_str);
    let methods = walk.named(site, "request_method");
    let renderer = walk
        .named(site, "renderer")
        .and_then(|renderer| walk.text(renderer));
    Registration {
        owner: route.map(Owner::Name),
        templates: route.map(|_| Template::default()).into_iter().collect(),
        methods: methods
            .map(|methods| walk.methods(methods))
            .unwrap_or_default(),
        returned: match renderer.as_deref() {
            Some("json" | "jsonp") => Returned::Json,
            Some("string") => Returned::Text,
            Some(_) => Returned::Template,
            None => Returned::Response,
        },
        ..Registration::of_request("pyramid", view)
    }
}

/// A view is called with the request, or with a context and the request; a class is made with them.
fn register(walk: &mut Walk<'_, '_>, registration: Registration) {
    let view = registration.handler;
    let project = walk.project();
    let ir = &project.module(view.0).ir;
    let class = if walk.is_class(view) {
        Some(view)
    } else {
        let parent = ir.function(view.1).parent;
        ir.is_class(parent).then_some((view.0, parent))
    };
    if let Some(class) = class {
        // The request comes with the object.
        for (_, constructor) in walk.members(class, &["__init__"]) {
            let parameters = parameters(walk, constructor, 1);
            walk.found.registrations.push(Registration {
                parameters,
                is_listed: false,
                ..Registration::of_request("pyramid", constructor)
            });
        }
        let methods = if class == view {
            walk.members(view, &["__call__"])
        } else {
            vec![("", view)]
        };
        for (_, method) in methods {
            walk.found.registrations.push(Registration {
                handler: method,
                ..registration.clone()
            });
        }
        return;
    }
    let parameters = parameters(walk, view, 0);
    walk.found.registrations.push(Registration {
        parameters,
        ..registration
    });
}

fn parameters(
    walk: &Walk<'_, '_>,
    function: Definition,
    first: usize,
) -> Vec<Option<EntryParameter>> {
    let count = walk
        .project()
        .module(function.0)
        .ir
        .params_of(function.1)
        .len();
    let mut parameters: Vec<Option<EntryParameter>> = vec![None; count];
    // The request is the last of one or two.
    let at = (first + 1).min(count.saturating_sub(1));
    if let Some(parameter) = parameters.get_mut(at)
        && at >= first
    {
        *parameter = walk.request("pyramid.request.Request").or_else(|| {
            Some(EntryParameter::input(
                REMOTE_INPUT,
                ParameterLocation::Request,
            ))
        });
    }
    parameters
}

//! Flask and Quart: `@app.route`, blueprints, `add_url_rule`, class-based views.

use hognose_finding::ParameterLocation;

use super::path::{Spelling, Template};
use super::registration::{Mount, Registration};
use super::search::{Family, Site};
use super::walk::Walk;
use super::{Definition, REMOTE_INPUT, Returned};

pub(super) static FAMILY: Family = Family {
    packages: PACKAGES,
    decorators: &[
        "route",
        "get",
        "post",
        "put",
        "delete",
        "patch",
        "websocket",
    ],
    calls: &[
        "add_url_rule",
        "add_websocket",
        "register_blueprint",
        "Blueprint",
        "add_resource",
        "Api",
        "Namespace",
        "add_namespace",
    ],
    decorated,
    called,
    ..Family::NONE
};

const PACKAGES: &[&str] = &["flask", "quart"];
/// Packages on top of Flask whose objects have routes in the same way; no stub describes them.
const EXTENSIONS: &[&str] = &[
    "flask_restful",
    "flask_restx",
    "flask_restplus",
    "flask_smorest",
];
/// Classes whose instances have routes.
const OWNERS: &[&str] = &[
    "flask.Flask",
    "flask.Blueprint",
    "quart.Quart",
    "quart.Blueprint",
];
/// Methods of a class-based view, which answer the request method of the same name.
const VIEW_METHODS: &[&str] = &["get", "post", "put", "delete", "patch", "dispatch_request"];

fn framework(walk: &Walk<'_, '_>, site: &Site) -> Option<&'static str> {
    let known = if site.names.is_empty() {
        site.receiver.is_some() && (walk.imports(PACKAGES) || walk.imports(EXTENSIONS))
    } else {
        site.is_member(OWNERS)
    };
    let is_quart = site.names.iter().any(|name| name.starts_with("quart."))
        || site.names.is_empty() && !walk.imports(&["flask"]) && walk.imports(&["quart"]);
    known.then_some(if is_quart { "quart" } else { "flask" })
}

fn decorated(walk: &mut Walk<'_, '_>, site: &Site, definition: Definition) -> bool {
    let Some(framework) = framework(walk, site) else {
        return false;
    };
    let Some(rule) = walk
        .argument(site, 0, "rule")
        .or_else(|| walk.named(site, "path"))
    else {
        return false;
    };
    let methods = match site.last {
        "route" => match walk.named(site, "methods") {
            Some(methods) => walk.methods(methods),
            None => vec!["GET".to_owned()],
        },
        "websocket" => Vec::new(),
        verb @ ("get" | "post" | "put" | "delete" | "patch") => vec![verb.to_ascii_uppercase()],
        _ => return false,
    };
    let templates = walk.templates(Some(rule), Spelling::TypeFirst);
    // Nothing says that an unknown object is an application, except the look of its rule.
    if site.names.is_empty() && !templates.iter().any(|rule| rule.path.starts_with('/')) {
        return false;
    }
    let registration = Registration {
        owner: site.receiver.and_then(|receiver| walk.owner(receiver)),
        templates,
        methods,
        is_websocket: site.last == "websocket",
        ..Registration::of_request(framework, definition)
    };
    register(walk, registration);
    true
}

fn called(walk: &mut Walk<'_, '_>, site: &Site) -> bool {
    match site.last {
        "Blueprint" => {
            if site.is(&["flask.Blueprint", "quart.Blueprint"])
                && let Some(prefix) = walk.argument(site, 5, "url_prefix")
                && let Some(prefix) = walk.templates(Some(prefix), Spelling::TypeFirst).pop()
                && let Some(owner) = walk.made(site)
            {
                walk.found.prefixes.push((owner, prefix));
            }
            false
        }
        "register_blueprint" => {
            if framework(walk, site).is_none() {
                return false;
            }
            let child = walk.argument(site, 0, "blueprint");
            if let Some(child) = child.and_then(|child| walk.owner(child)) {
                let prefix = walk
                    .named(site, "url_prefix")
                    .and_then(|prefix| walk.templates(Some(prefix), Spelling::TypeFirst).pop());
                walk.found.mounts.push(Mount {
                    parent: site.receiver.and_then(|receiver| walk.owner(receiver)),
                    child,
                    replaces: prefix.is_some(),
                    prefix: prefix.unwrap_or_default(),
                });
            }
            true
        }
        "add_url_rule" | "add_websocket" => {
            let Some(framework) = framework(walk, site) else {
                return false;
            };
            let view = walk.argument(site, 2, "view_func");
            let Some(handler) = view.and_then(|view| walk.handler(view)) else {
                return true;
            };
            let rule = walk.argument(site, 0, "rule");
            let methods = walk
                .named(site, "methods")
                .map(|methods| walk.methods(methods));
            let registration = Registration {
                owner: site.receiver.and_then(|receiver| walk.owner(receiver)),
                templates: walk.templates(rule, Spelling::TypeFirst),
                methods: methods.unwrap_or_else(|| vec!["GET".to_owned()]),
                is_websocket: site.last == "add_websocket",
                ..Registration::of_request(framework, handler)
            };
            register(walk, registration);
            true
        }
        "Api" | "Namespace" | "add_namespace"
            if site.names.is_empty() && walk.imports(EXTENSIONS) =>
        {
            extension(walk, site);
            true
        }
        // Flask-RESTful and its kin: `api.add_resource(Resource, "/path", …)`.
        "add_resource" => {
            if !site.names.is_empty() && !site.is_member(&["flask_restful.Api", "flask_restx.Api"])
            {
                return false;
            }
            let Some(handler) = walk
                .argument(site, 0, "resource")
                .and_then(|resource| walk.handler(resource))
            else {
                return false;
            };
            let mut templates: Vec<Template> = Vec::new();
            let mut position = 1;
            while let Some(rule) = walk.argument(site, position, "") {
                templates.extend(walk.templates(Some(rule), Spelling::TypeFirst));
                position += 1;
            }
            let registration = Registration {
                owner: site.receiver.and_then(|receiver| walk.owner(receiver)),
                templates,
                ..Registration::of_request("flask", handler)
            };
            register(walk, registration);
            true
        }
        _ => false,
    }
}

/// `Api(app, prefix="/v1")`, `Namespace("users", path="/users")`, `api.add_namespace(namespace, path="/users")`.
fn extension(walk: &mut Walk<'_, '_>, site: &Site) {
    let prefix = |walk: &Walk<'_, '_>, name| {
        let prefix = walk.named(site, name);
        walk.templates(prefix, Spelling::TypeFirst).pop()
    };
    match site.last {
        "Api" => {
            let parent = walk
                .argument(site, 0, "app")
                .and_then(|app| walk.owner(app));
            if let Some(child) = walk.made(site) {
                let prefix = prefix(walk, "prefix").unwrap_or_default();
                walk.found.mounts.push(Mount {
                    parent,
                    child,
                    prefix,
                    replaces: false,
                });
            }
        }
        "Namespace" => {
            // Without a path it is the name.
            let own = prefix(walk, "path").or_else(|| {
                let name = walk.argument(site, 0, "name")?;
                Some(Template::plain(&format!("/{}", walk.text(name)?)))
            });
            if let (Some(own), Some(owner)) = (own, walk.made(site)) {
                walk.found.prefixes.push((owner, own));
            }
        }
        _ => {
            let child = walk
                .argument(site, 0, "ns")
                .and_then(|child| walk.owner(child));
            if let Some(child) = child {
                let prefix = prefix(walk, "path");
                walk.found.mounts.push(Mount {
                    parent: site.receiver.and_then(|receiver| walk.owner(receiver)),
                    child,
                    replaces: prefix.is_some(),
                    prefix: prefix.unwrap_or_default(),
                });
            }
        }
    }
}

/// Writes down a view, or the methods of a class of views.
fn register(walk: &mut Walk<'_, '_>, registration: Registration) {
    let view = registration.handler;
    if !walk.is_class(view) {
        return push(walk, registration, view, 0);
    }
    // Resources give data that is written as JSON; other views give pages.
    let is_resource = walk.derives(view, &["Resource"]);
    for (name, method) in walk.members(view, VIEW_METHODS) {
        let mut registration = registration.clone();
        if name != "dispatch_request" {
            registration.methods = vec![name.to_ascii_uppercase()];
        }
        push(walk, registration, method, 1);
        if is_resource && let Some(last) = walk.found.registrations.last_mut() {
            last.returned = Returned::Json;
        }
    }
}

fn push(
    walk: &mut Walk<'_, '_>,
    mut registration: Registration,
    handler: Definition,
    first: usize,
) {
    registration.handler = handler;
    registration.returned = Returned::Html;
    registration.parameters = walk.inputs(handler, first, REMOTE_INPUT, ParameterLocation::Path);
    walk.found.registrations.push(registration);
}

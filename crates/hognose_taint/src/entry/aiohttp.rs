//! aiohttp: route tables, `add_get` and its kin, `web.get(…)` in lists, views that are classes.

use hognose_python::ir::{Op, Operand};

use super::path::{Spelling, Template};
use super::registration::{Mount, Owner, Registration};
use super::search::{Family, Site};
use super::walk::Walk;
use super::{Definition, Returned};

pub(super) static FAMILY: Family = Family {
    packages: &["aiohttp"],
    decorators: &[
        "get", "post", "put", "delete", "patch", "head", "options", "view", "route",
    ],
    calls: &[
        "add_get",
        "add_post",
        "add_put",
        "add_delete",
        "add_patch",
        "add_head",
        "add_options",
        "add_view",
        "add_routes",
        "add_subapp",
    ],
    common_calls: &[
        "get",
        "post",
        "put",
        "delete",
        "patch",
        "head",
        "options",
        "view",
        "route",
        "add_route",
    ],
    decorated,
    called,
    bases: &["aiohttp.web.View"],
    derived,
    ..Family::NONE
};

const VIEW_METHODS: &[&str] = &["get", "post", "put", "delete", "patch", "head", "options"];

fn decorated(walk: &mut Walk<'_, '_>, site: &Site, definition: Definition) -> bool {
    if !site.is_member(&["aiohttp.web.RouteTableDef"]) {
        return false;
    }
    let is_route = site.last == "route";
    let registration = Registration {
        owner: site.receiver.and_then(|receiver| walk.owner(receiver)),
        templates: walk.templates(
            walk.argument(site, usize::from(is_route), "path"),
            Spelling::BracesRegex,
        ),
        methods: methods(walk, site),
        ..Registration::of_request("aiohttp", definition)
    };
    register(walk, registration);
    true
}

fn methods(walk: &Walk<'_, '_>, site: &Site) -> Vec<String> {
    match site.last.trim_start_matches("add_") {
        "view" => Vec::new(),
        "route" => {
            let method = walk.argument(site, 0, "method");
            let mut methods = method
                .map(|method| walk.methods(method))
                .unwrap_or_default();
            methods.retain(|method| method != "*");
            methods
        }
        verb => vec![verb.to_ascii_uppercase()],
    }
}

fn called(walk: &mut Walk<'_, '_>, site: &Site) -> bool {
    let is_known = |owners: &[&str]| {
        site.is_member(owners)
            || site.names.is_empty() && site.receiver.is_some() && walk.imports(&["aiohttp"])
    };
    match site.last {
        "add_routes" if is_known(&["aiohttp.web.Application", "aiohttp.web.UrlDispatcher"]) => {
            let parent = site
                .receiver
                .and_then(|receiver| application(walk, receiver));
            if let Some(routes) = walk.argument(site, 0, "routes") {
                let mut children: Vec<Owner> = walk
                    .elements(walk.module, routes)
                    .into_iter()
                    .map(|(module, element)| Owner::Object(module, element))
                    .collect();
                children.extend(walk.owner(routes));
                mount(walk, parent, children, &Template::default());
            }
            true
        }
        "add_subapp" if is_known(&["aiohttp.web.Application"]) => {
            let parent = site
                .receiver
                .and_then(|receiver| application(walk, receiver));
            let prefix = walk
                .templates(walk.argument(site, 0, "prefix"), Spelling::BracesRegex)
                .pop()
                .unwrap_or_default();
            let child = walk
                .argument(site, 1, "subapp")
                .and_then(|child| walk.owner(child));
            mount(walk, parent, child.into_iter().collect(), &prefix);
            true
        }
        adds if adds.starts_with("add_") && is_known(&["aiohttp.web.UrlDispatcher"]) => {
            let owner = site
                .receiver
                .and_then(|receiver| application(walk, receiver));
            add(walk, site, owner, usize::from(site.last == "add_route"))
        }
        "get" | "post" | "put" | "delete" | "patch" | "head" | "options" | "view" | "route"
            if site.is_member(&["aiohttp.web"]) =>
        {
            let owner = walk.made(site);
            add(walk, site, owner, usize::from(site.last == "route"))
        }
        _ => false,
    }
}

/// `app` and `app.router` are the same owner.
fn application(walk: &Walk<'_, '_>, receiver: Operand) -> Option<Owner> {
    let (module, operand) = walk.origin(walk.module, receiver);
    let ir = &walk.project().module(module).ir;
    match ir.instruction(operand) {
        Some(router)
            if router.op == Op::Attr && walk.project().text(router.symbol_b()) == "router" =>
        {
            walk.owner_in(module, router.operand_a())
        }
        _ => walk.owner(receiver),
    }
}

fn mount(walk: &mut Walk<'_, '_>, parent: Option<Owner>, children: Vec<Owner>, prefix: &Template) {
    for child in children {
        walk.found.mounts.push(Mount {
            parent,
            child,
            prefix: prefix.clone(),
            replaces: false,
        });
    }
}

fn add(walk: &mut Walk<'_, '_>, site: &Site, owner: Option<Owner>, path_at: usize) -> bool {
    let templates = walk.templates(walk.argument(site, path_at, "path"), Spelling::BracesRegex);
    let Some(handler) = walk
        .argument(site, path_at + 1, "handler")
        .and_then(|handler| walk.handler(handler))
    else {
        return false;
    };
    let registration = Registration {
        owner,
        templates,
        methods: methods(walk, site),
        ..Registration::of_request("aiohttp", handler)
    };
    register(walk, registration);
    true
}

fn derived(walk: &mut Walk<'_, '_>, class: Definition, _base: &'static str) {
    let registration = Registration {
        is_fallback: true,
        ..Registration::of_request("aiohttp", class)
    };
    register(walk, registration);
}

fn register(walk: &mut Walk<'_, '_>, registration: Registration) {
    let handler = registration.handler;
    if walk.is_class(handler) {
        for (name, method) in walk.members(handler, VIEW_METHODS) {
            walk.found.registrations.push(Registration {
                handler: method,
                methods: vec![name.to_ascii_uppercase()],
                ..registration.clone()
            });
        }
        return;
    }
    let first = walk.first_parameter(handler);
    let parameters = walk.request_at(handler, first, "aiohttp.web.Request");
    walk.found.registrations.push(Registration {
        parameters,
        returned: Returned::Response,
        ..registration
    });
}

//! Django REST framework: `@api_view`, views that are classes, view sets and their routers.

use hognose_python::ir::{Argument, FunctionId, Op};

use super::annotation::last_name;
use super::django;
use super::path::{Spelling, Template};
use super::registration::Registration;
use super::search::{Family, Site};
use super::walk::{Walk, is_true};
use super::{Definition, Returned};

pub(super) static FAMILY: Family = Family {
    packages: &["rest_framework"],
    decorators: &["api_view"],
    common_calls: &["register"],
    decorated,
    called,
    bases: &[
        "rest_framework.viewsets.ViewSet",
        "rest_framework.viewsets.GenericViewSet",
    ],
    derived,
    ..Family::NONE
};

/// What a view set is asked to do, by which method, and whether of one object.
const ACTIONS: &[(&str, &str, bool)] = &[
    ("list", "GET", false),
    ("create", "POST", false),
    ("retrieve", "GET", true),
    ("update", "PUT", true),
    ("partial_update", "PATCH", true),
    ("destroy", "DELETE", true),
];
/// Bases that bring actions along.
const PROVIDED: &[(&str, &[&str])] = &[
    (
        "ModelViewSet",
        &[
            "list",
            "create",
            "retrieve",
            "update",
            "partial_update",
            "destroy",
        ],
    ),
    ("ReadOnlyModelViewSet", &["list", "retrieve"]),
    ("ListModelMixin", &["list"]),
    ("CreateModelMixin", &["create"]),
    ("RetrieveModelMixin", &["retrieve"]),
    ("UpdateModelMixin", &["update", "partial_update"]),
    ("DestroyModelMixin", &["destroy"]),
];

fn decorated(walk: &mut Walk<'_, '_>, site: &Site, definition: Definition) -> bool {
    if site.last != "api_view" {
        return false;
    }
    let methods = walk.argument(site, 0, "http_method_names");
    let registration = Registration {
        methods: methods.map_or_else(|| vec!["GET".to_owned()], |methods| walk.methods(methods)),
        is_fallback: true,
        ..Registration::of_request("django-rest-framework", definition)
    };
    django::register(walk, registration);
    true
}

fn derived(walk: &mut Walk<'_, '_>, class: Definition, _base: &'static str) {
    let registration = Registration {
        is_fallback: true,
        ..Registration::of_request("django-rest-framework", class)
    };
    for (action, method, _) in ACTIONS {
        for (_, function) in walk.members(class, &[action]) {
            push_action(walk, &registration, function, method, Vec::new());
        }
    }
    for (function, extra) in extra_actions(walk, class) {
        for method in extra.methods {
            push_action(walk, &registration, function, &method, Vec::new());
        }
    }
}

fn called(walk: &mut Walk<'_, '_>, site: &Site) -> bool {
    if site.last != "register"
        || !site.names.is_empty() && !site.is_member(&["rest_framework.routers.BaseRouter"])
    {
        return false;
    }
    let (Some(prefix), Some(view_set)) = (
        walk.argument(site, 0, "prefix"),
        walk.argument(site, 1, "viewset"),
    ) else {
        return false;
    };
    let Some(class) = walk.handler(view_set).filter(|&class| walk.is_class(class)) else {
        return false;
    };
    let prefixes = walk.templates(Some(prefix), Spelling::Regex);
    let Some(prefix) = prefixes.first() else {
        return false;
    };
    let owner = site.receiver.and_then(|receiver| walk.owner(receiver));
    let lookup = walk
        .class_text(class, "lookup_url_kwarg")
        .or_else(|| walk.class_text(class, "lookup_field"))
        .unwrap_or_else(|| "pk".to_owned());
    let whole = prefix.join(&Template::plain("/"));
    let one = whole.join(&Template::read(
        &format!("<str:{lookup}>/"),
        Spelling::TypeFirst,
    ));
    let registration = Registration {
        owner,
        ..Registration::of_request("django-rest-framework", class)
    };
    for &(action, method, is_detail) in ACTIONS {
        let template = if is_detail { &one } else { &whole };
        match walk.members(class, &[action]).first() {
            Some(&(_, function)) => {
                push_action(
                    walk,
                    &registration,
                    function,
                    method,
                    vec![template.clone()],
                );
            }
            None if provides(walk, class, action) => walk.found.registrations.push(Registration {
                templates: vec![template.clone()],
                methods: vec![method.to_owned()],
                returned: Returned::Json,
                ..registration.clone()
            }),
            None => {}
        }
    }
    for (function, extra) in extra_actions(walk, class) {
        let template = if extra.is_detail { &one } else { &whole };
        let template = template.join(&Template::read(
            &format!("{}/", extra.path),
            Spelling::Regex,
        ));
        for method in extra.methods {
            push_action(
                walk,
                &registration,
                function,
                &method,
                vec![template.clone()],
            );
        }
    }
    true
}

fn provides(walk: &Walk<'_, '_>, class: Definition, action: &str) -> bool {
    PROVIDED
        .iter()
        .any(|(base, actions)| actions.contains(&action) && walk.derives(class, &[base]))
}

fn push_action(
    walk: &mut Walk<'_, '_>,
    registration: &Registration,
    function: Definition,
    method: &str,
    templates: Vec<Template>,
) {
    let registration = Registration {
        handler: function,
        methods: vec![method.to_owned()],
        templates,
        ..registration.clone()
    };
    django::push(walk, registration, 1);
}

/// A method with `@action`.
struct Extra {
    methods: Vec<String>,
    is_detail: bool,
    path: String,
}

fn extra_actions(walk: &Walk<'_, '_>, class: Definition) -> Vec<(Definition, Extra)> {
    let project = walk.project();
    let (module, class) = class;
    let ir = &project.module(module).ir;
    let mut found = Vec::new();
    for (number, function) in ir.functions.iter().enumerate() {
        if function.parent != class || function.decorators.0 == function.decorators.1 {
            continue;
        }
        let id = FunctionId(number as u32);
        for &decorator in ir.decorators_of(id) {
            let Some(call) = ir.instruction(decorator) else {
                continue;
            };
            if call.op != Op::Call || last_name(project, ir, call.operand_a()) != Some("action") {
                continue;
            }
            let mut extra = Extra {
                methods: vec!["GET".to_owned()],
                is_detail: false,
                path: project.text(function.name).to_owned(),
            };
            for (argument, value) in ir.arguments(call.b) {
                let Argument::Named(name) = argument else {
                    continue;
                };
                match project.text(name) {
                    "methods" => extra.methods = walk.methods_in(module, value),
                    "detail" => extra.is_detail = is_true(value),
                    "url_path" => {
                        if let Some(path) = walk.evaluator.constant_text(module, value) {
                            extra.path = path;
                        }
                    }
                    _ => {}
                }
            }
            found.push(((module, id), extra));
        }
    }
    found
}

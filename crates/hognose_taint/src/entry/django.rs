//! Django: `path` and `re_path`, `include`, views that are functions or classes.

use hognose_finding::ParameterLocation;
use hognose_python::ModuleId;
use hognose_python::ir::{FunctionId, Instruction, Op, Operand};

use super::annotation::last_name;
use super::path::{Spelling, Template};
use super::registration::{Mount, Owner, Registration};
use super::search::{Family, Site};
use super::walk::Walk;
use super::{Definition, REMOTE_INPUT, Returned};

pub(super) static FAMILY: Family = Family {
    packages: &["django", "rest_framework"],
    calls: &["re_path"],
    common_calls: &["path", "url"],
    called,
    bases: &["django.views.generic.View", "rest_framework.views.APIView"],
    derived,
    module,
    ..Family::NONE
};

/// Methods of a class-based view.
const VIEW_METHODS: &[&str] = &[
    "get", "post", "put", "delete", "patch", "head", "options", "trace", "dispatch", "setup",
];

fn called(walk: &mut Walk<'_, '_>, site: &Site) -> bool {
    let is_ours = if site.names.is_empty() {
        // A stub may lack one of the older spellings.
        site.receiver.is_none() && walk.imports(&["django"])
    } else {
        site.is_member(&["django.urls", "django.conf.urls"])
    };
    if !is_ours {
        return false;
    }
    let spelling = if site.last == "path" {
        Spelling::TypeFirst
    } else {
        Spelling::Regex
    };
    let route = walk
        .argument(site, 0, "route")
        .or_else(|| walk.named(site, "regex"));
    let templates = walk.templates(route, spelling);
    let Some(view) = walk.argument(site, 1, "view") else {
        return true;
    };
    let owner = walk.made(site);
    if let Some(children) = included(walk, view) {
        let prefix = templates.into_iter().next().unwrap_or_default();
        for child in children {
            walk.found.mounts.push(Mount {
                parent: owner,
                child,
                prefix: prefix.clone(),
                replaces: false,
            });
        }
        return true;
    }
    let Some(handler) = walk.handler(view) else {
        return true;
    };
    let constants = walk
        .argument(site, 2, "kwargs")
        .map(|kwargs| keys(walk, kwargs))
        .unwrap_or_default();
    let registration = Registration {
        owner,
        templates,
        constants,
        ..Registration::of_request("django", handler)
    };
    register(walk, registration);
    true
}

/// The constant keys of a dictionary that is written out.
fn keys(walk: &Walk<'_, '_>, dict: Operand) -> Vec<String> {
    let (module, dict) = walk.origin(walk.module, dict);
    let ir = &walk.project().module(module).ir;
    match ir.instruction(dict) {
        Some(dict) if dict.op == Op::Dict => ir
            .pairs(dict.a)
            .filter_map(|(key, _)| walk.evaluator.constant_text(module, key))
            .collect(),
        _ => Vec::new(),
    }
}

/// What `include(…)` (or `site.urls`) brings in; nothing if the operand is a view.
fn included(walk: &Walk<'_, '_>, view: Operand) -> Option<Vec<Owner>> {
    let project = walk.project();
    let (module, view) = walk.origin(walk.module, view);
    let ir = &project.module(module).ir;
    let instruction = ir.instruction(view)?;
    match instruction.op {
        Op::Call if last_name(project, ir, instruction.operand_a()) == Some("include") => {
            let (_, argument) = ir.arguments(instruction.b).next()?;
            Some(children(walk, module, argument))
        }
        // `admin.site.urls`, or a tuple of patterns and names.
        Op::Attr if project.text(instruction.symbol_b()) == "urls" => {
            Some(children(walk, module, view))
        }
        Op::Tuple | Op::List => Some(children(walk, module, view)),
        _ => None,
    }
}

fn children(walk: &Walk<'_, '_>, module: ModuleId, argument: Operand) -> Vec<Owner> {
    let project = walk.project();
    if let Some(name) = walk.evaluator.constant_text(module, argument) {
        return walk
            .module_named(&name)
            .map(Owner::Module)
            .into_iter()
            .collect();
    }
    if let Some(Owner::Module(included)) = walk.owner_in(module, argument) {
        return vec![Owner::Module(included)];
    }
    let (module, argument) = walk.origin(module, argument);
    let ir = &project.module(module).ir;
    match ir.instruction(argument) {
        Some(urls) if urls.op == Op::Attr && project.text(urls.symbol_b()) == "urls" => walk
            .owner_in(module, urls.operand_a())
            .into_iter()
            .collect(),
        // `(patterns, "namespace")`
        Some(pair) if pair.op == Op::Tuple => match ir.list(pair.a).next() {
            Some(first) if walk.is_list(module, first) || first.as_str().is_some() => {
                children(walk, module, first)
            }
            _ => patterns(walk, module, argument),
        },
        _ => patterns(walk, module, argument),
    }
}

/// The routes in a list, or in lists put together and handed through functions (`i18n_patterns(…)`).
fn patterns(walk: &Walk<'_, '_>, module: ModuleId, list: Operand) -> Vec<Owner> {
    let project = walk.project();
    let mut owners = Vec::new();
    for (module, element) in walk.elements(module, list) {
        let ir = &project.module(module).ir;
        let Some(instruction) = ir.instruction(element) else {
            continue;
        };
        match instruction.op {
            Op::Call
                if matches!(
                    last_name(project, ir, instruction.operand_a()),
                    Some("i18n_patterns" | "format_suffix_patterns" | "patterns")
                ) =>
            {
                for (_, argument) in ir.arguments(instruction.b) {
                    owners.extend(patterns(walk, module, argument));
                }
            }
            Op::Attr if project.text(instruction.symbol_b()) == "urls" => {
                owners.extend(walk.owner_in(module, instruction.operand_a()));
            }
            _ => owners.push(Owner::Object(module, element)),
        }
    }
    owners
}

/// The routes of the module are those in its `urlpatterns`.
fn module(walk: &mut Walk<'_, '_>) {
    middleware(walk);
    let ir = walk.ir();
    if ir.functions.is_empty() {
        return;
    }
    let Some(list) = walk
        .project()
        .symbols()
        .find("urlpatterns")
        .and_then(|name| ir.export(FunctionId::MODULE, name))
    else {
        return;
    };
    for child in patterns(walk, walk.module, list) {
        walk.found.mounts.push(Mount {
            parent: Some(Owner::Module(walk.module)),
            child,
            prefix: Template::default(),
            replaces: false,
        });
    }
}

fn derived(walk: &mut Walk<'_, '_>, class: Definition, _base: &'static str) {
    let registration = Registration {
        is_fallback: true,
        ..Registration::of_request("django", class)
    };
    register(walk, registration);
}

/// Views of the framework's own that need no method in the project, with the methods they answer.
const GENERIC: &[(&str, &[&str])] = &[
    ("TemplateView", &["GET"]),
    ("ListView", &["GET"]),
    ("DetailView", &["GET"]),
    ("RedirectView", &["GET"]),
    ("FormView", &["GET", "POST"]),
    ("CreateView", &["GET", "POST"]),
    ("UpdateView", &["GET", "POST"]),
    ("DeleteView", &["GET", "POST"]),
    ("ListAPIView", &["GET"]),
    ("RetrieveAPIView", &["GET"]),
    ("CreateAPIView", &["POST"]),
    ("DestroyAPIView", &["DELETE"]),
    ("UpdateAPIView", &["PATCH", "PUT"]),
    ("ListCreateAPIView", &["GET", "POST"]),
    ("RetrieveUpdateAPIView", &["GET", "PATCH", "PUT"]),
    ("RetrieveDestroyAPIView", &["DELETE", "GET"]),
    (
        "RetrieveUpdateDestroyAPIView",
        &["DELETE", "GET", "PATCH", "PUT"],
    ),
];

/// Writes down a view, or the methods of a class of views.
pub(super) fn register(walk: &mut Walk<'_, '_>, mut registration: Registration) {
    let view = registration.handler;
    if !walk.is_class(view) {
        let first = walk.first_parameter(view);
        if let Some(methods) = api_view(walk, view).or_else(|| required_methods(walk, view)) {
            registration.methods = methods;
        }
        return push(walk, registration, first);
    }
    let mut answered: Vec<String> = Vec::new();
    for (name, method) in walk.members(view, VIEW_METHODS) {
        let is_request = !matches!(name, "dispatch" | "setup");
        if is_request {
            answered.push(name.to_ascii_uppercase());
        }
        let registration = Registration {
            handler: method,
            methods: if is_request {
                vec![name.to_ascii_uppercase()]
            } else {
                Vec::new()
            },
            is_listed: is_request,
            ..registration.clone()
        };
        push(walk, registration, 1);
    }
    // What the base answers, as far as the class does not do it itself.
    let provided = GENERIC.iter().find(|(base, _)| walk.derives(view, &[base]));
    if let Some((_, methods)) = provided
        && !registration.is_fallback
    {
        registration.methods = methods
            .iter()
            .map(|&method| method.to_owned())
            .filter(|method| !answered.contains(method))
            .collect();
        if !registration.methods.is_empty() {
            if is_rest(walk, view) {
                registration.framework = "django-rest-framework";
            }
            walk.found.registrations.push(registration);
        }
    }
}

/// The methods that `@api_view` names, if a function has it.
fn api_view(walk: &Walk<'_, '_>, (module, function): Definition) -> Option<Vec<String>> {
    let project = walk.project();
    let ir = &project.module(module).ir;
    let call = ir.decorators_of(function).iter().find_map(|&decorator| {
        ir.instruction(decorator).filter(|call| {
            call.op == Op::Call && last_name(project, ir, call.operand_a()) == Some("api_view")
        })
    })?;
    Some(match ir.arguments(call.b).next() {
        Some((_, methods)) => walk.methods_in(module, methods),
        None => vec!["GET".to_owned()],
    })
}

/// The methods that a decorator of `django.views.decorators.http` lets through.
fn required_methods(walk: &Walk<'_, '_>, (module, function): Definition) -> Option<Vec<String>> {
    let project = walk.project();
    let ir = &project.module(module).ir;
    ir.decorators_of(function).iter().find_map(|&decorator| {
        let call = ir.instruction(decorator).filter(|call| call.op == Op::Call);
        let callee = call.map_or(decorator, Instruction::operand_a);
        let methods: &[&str] = match last_name(project, ir, callee)? {
            "require_POST" => &["POST"],
            "require_GET" => &["GET"],
            "require_safe" => &["GET", "HEAD"],
            "require_http_methods" => {
                let (_, methods) = ir.arguments(call?.b).next()?;
                return Some(walk.methods_in(module, methods));
            }
            _ => return None,
        };
        Some(methods.iter().map(|&method| method.to_owned()).collect())
    })
}

/// Whether a class of views is Django REST framework's.
fn is_rest(walk: &Walk<'_, '_>, class: Definition) -> bool {
    walk.ancestors(class)
        .iter()
        .any(|name| name == "rest_framework.views.APIView")
}

/// `first`: number of the parameter that is the request.
pub(super) fn push(walk: &mut Walk<'_, '_>, mut registration: Registration, first: usize) {
    let handler = registration.handler;
    let ir = &walk.project().module(handler.0).ir;
    let class = (handler.0, ir.function(handler.1).parent);
    let is_rest = if walk.is_class(class) {
        is_rest(walk, class)
    } else {
        api_view(walk, handler).is_some()
    };
    let request = if is_rest {
        registration.framework = "django-rest-framework";
        "rest_framework.request.Request"
    } else {
        "django.http.HttpRequest"
    };
    let mut parameters = walk.inputs(handler, first, REMOTE_INPUT, ParameterLocation::Path);
    if let Some(parameter) = parameters.get_mut(first) {
        *parameter = walk.request(request);
    }
    registration.parameters = parameters;
    registration.returned = Returned::Response;
    walk.found.registrations.push(registration);
}

/// Middleware: classes that are made with `get_response` and called with the request.
fn middleware(walk: &mut Walk<'_, '_>) {
    let Some(get_response) = walk.project().symbols().find("get_response") else {
        return;
    };
    let ir = walk.ir();
    let classes: Vec<Definition> = ir
        .functions
        .iter()
        .enumerate()
        .filter(|(number, function)| {
            let params = ir.params_of(FunctionId(*number as u32));
            ir.is_class(function.parent)
                && params
                    .get(1)
                    .is_some_and(|param| param.name == get_response)
        })
        .map(|(_, function)| (walk.module, function.parent))
        .collect();
    let hooks = [
        "__call__",
        "process_request",
        "process_view",
        "process_response",
        "process_exception",
        "process_template_response",
    ];
    for class in classes {
        for (name, method) in walk.members(class, &hooks) {
            let mut parameters = walk.request_at(method, 1, "django.http.HttpRequest");
            if name == "process_view" {
                // The arguments of the view come from the path.
                let inputs = walk.inputs(method, 3, REMOTE_INPUT, ParameterLocation::Path);
                parameters.truncate(3);
                parameters.extend(inputs.into_iter().skip(3));
            }
            let registration = Registration {
                parameters,
                is_listed: false,
                ..Registration::of_request("django", method)
            };
            walk.found.registrations.push(registration);
        }
    }
}

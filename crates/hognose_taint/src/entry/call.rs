//! Functions that are called from outside without a route: tasks and consumers of messages, tools of a language model,
//! resolvers of GraphQL, callbacks of a user interface.

use std::borrow::Cow;

use hognose_finding::ParameterLocation;
use hognose_python::ir::{FunctionId, FunctionKind, Op, ParamKind};

use super::annotation::{last_name, typing};
use super::registration::Registration;
use super::search::{Family, Site};
use super::walk::{Walk, is_true};
use super::{Definition, EntryParameter, REMOTE_INPUT, Returned};

/// Tasks and consumers: what comes in was put into a queue.
pub(super) static MESSAGES: Family = Family {
    packages: &[
        "celery",
        "rq",
        "django_rq",
        "dramatiq",
        "huey",
        "pika",
        "faust",
        "arq",
    ],
    decorators: &[
        "task",
        "shared_task",
        "periodic_task",
        "job",
        "actor",
        "agent",
        "db_task",
        "db_periodic_task",
    ],
    calls: &["basic_consume"],
    decorated: task,
    called: consumer,
    ..Family::NONE
};

/// Tools that a language model calls as it likes.
pub(super) static TOOLS: Family = Family {
    packages: &[
        "mcp",
        "fastmcp",
        "langchain",
        "langchain_core",
        "langchain_community",
        "crewai",
        "crewai_tools",
        "pydantic_ai",
        "llama_index",
        "smolagents",
        "autogen",
    ],
    decorators: &["tool", "resource", "prompt", "tool_plain", "function_tool"],
    calls: &["from_function", "StructuredTool", "FunctionTool"],
    common_calls: &["Tool", "from_defaults"],
    decorated: tool,
    called: tool_made,
    module: tool_classes,
    ..Family::NONE
};

/// Callbacks that a browser fills, and resolvers of GraphQL.
pub(super) static CALLBACKS: Family = Family {
    packages: &["gradio", "strawberry", "graphene", "ariadne"],
    decorators: &["field", "mutation", "subscription"],
    common_calls: &[
        "Interface",
        "ChatInterface",
        "click",
        "submit",
        "change",
        "upload",
        "input",
        "select",
        "blur",
    ],
    decorated: resolver,
    called: callback,
    module: graphene,
    ..Family::NONE
};

const MESSAGE: &str = "message";
const MODEL_OUTPUT: &str = "model-output";

pub(super) fn registration(
    framework: &'static str,
    kind: &'static str,
    handler: Definition,
) -> Registration {
    Registration {
        kind: Cow::Borrowed(kind),
        returned: Returned::Ignored,
        ..Registration::of_request(framework, handler)
    }
}

/// Which of the packages a callee belongs to, by the beginning of its name.
pub(super) fn package_of(site: &Site, packages: &[&'static str]) -> Option<&'static str> {
    packages.iter().copied().find(|package| {
        site.names.iter().any(|name| {
            name.strip_prefix(package)
                .is_some_and(|rest| rest.starts_with('.'))
        })
    })
}

/// The same, also for an object of which nothing is known, in a module that imports the package.
fn package_of_or_imported(
    walk: &Walk<'_, '_>,
    site: &Site,
    packages: &[&'static str],
) -> Option<&'static str> {
    if site.names.is_empty() && site.receiver.is_some() {
        return packages
            .iter()
            .copied()
            .find(|package| walk.imports(&[package]));
    }
    package_of(site, packages)
}

fn task(walk: &mut Walk<'_, '_>, site: &Site, function: Definition) -> bool {
    if walk.is_class(function) {
        return false;
    }
    let packages = MESSAGES.packages;
    // `@app.task`, where the application comes from a module that imports Celery.
    let package = package_of_or_imported(walk, site, packages).or_else(|| {
        (site.names.is_empty() && site.receiver.is_some() && site.last == "task")
            .then(|| {
                packages
                    .iter()
                    .copied()
                    .find(|package| walk.project().model(package).is_some())
            })
            .flatten()
    });
    let Some(framework) = package else {
        return false;
    };
    let is_bound = walk.named(site, "bind").is_some_and(is_true);
    let first = walk.first_parameter(function).max(usize::from(is_bound));
    push_typed(
        walk,
        registration(framework, MESSAGE, function),
        first,
        false,
    );
    true
}

/// `channel.basic_consume(queue, callback)`: called with channel, method, properties and body.
fn consumer(walk: &mut Walk<'_, '_>, site: &Site) -> bool {
    if site.last != "basic_consume" || package_of_or_imported(walk, site, &["pika"]).is_none() {
        return false;
    }
    let Some(function) = walk
        .argument(site, 1, "on_message_callback")
        .and_then(|callback| walk.handler(callback))
    else {
        return false;
    };
    let first = walk.first_parameter(function) + 2;
    let parameters = walk.inputs(function, first, MESSAGE, ParameterLocation::Argument);
    walk.found.registrations.push(Registration {
        parameters,
        ..registration("pika", MESSAGE, function)
    });
    true
}

fn tool(walk: &mut Walk<'_, '_>, site: &Site, function: Definition) -> bool {
    let Some(framework) = package_of_or_imported(walk, site, TOOLS.packages) else {
        return false;
    };
    if walk.is_class(function) {
        return false;
    }
    let first = walk.first_parameter(function);
    push_typed(
        walk,
        registration(framework, MODEL_OUTPUT, function),
        first,
        true,
    );
    true
}

/// `StructuredTool.from_function(function)`, `Tool(name, function, …)`.
fn tool_made(walk: &mut Walk<'_, '_>, site: &Site) -> bool {
    let Some(framework) = package_of(site, TOOLS.packages) else {
        return false;
    };
    let function = ["func", "coroutine", "fn", "function"]
        .into_iter()
        .find_map(|name| walk.named(site, name))
        .or_else(|| match site.last {
            "from_function" | "from_defaults" => walk.argument(site, 0, "func"),
            "Tool" => walk.argument(site, 1, "func"),
            _ => None,
        });
    let Some(function) = function.and_then(|function| walk.handler(function)) else {
        return false;
    };
    let first = walk.first_parameter(function);
    push_typed(
        walk,
        registration(framework, MODEL_OUTPUT, function),
        first,
        true,
    );
    true
}

/// Subclasses of `BaseTool` are called by their `_run`.
fn tool_classes(walk: &mut Walk<'_, '_>) {
    if !walk.imports(TOOLS.packages) {
        return;
    }
    let ir = walk.ir();
    for (number, function) in ir.functions.iter().enumerate() {
        let class = FunctionId(number as u32);
        let is_tool = function.kind == FunctionKind::Class
            && ir
                .bases_of(class)
                .iter()
                .any(|&base| last_name(walk.project(), ir, base) == Some("BaseTool"));
        if !is_tool {
            continue;
        }
        for (_, method) in walk.members((walk.module, class), &["_run", "_arun"]) {
            push_typed(
                walk,
                registration("langchain", MODEL_OUTPUT, method),
                1,
                true,
            );
        }
    }
}

/// Strawberry's fields and Ariadne's resolvers.
fn resolver(walk: &mut Walk<'_, '_>, site: &Site, function: Definition) -> bool {
    let Some(framework) = package_of_or_imported(walk, site, &["strawberry", "ariadne"]) else {
        return false;
    };
    if walk.is_class(function) {
        return false;
    }
    let registration = Registration {
        returned: Returned::Json,
        ..registration(framework, REMOTE_INPUT, function)
    };
    let first = if framework == "ariadne" {
        2
    } else {
        walk.first_parameter(function)
    };
    push_typed(walk, registration, first, true);
    if let Some(last) = walk.found.registrations.last_mut() {
        for parameter in last.parameters.iter_mut().flatten() {
            parameter.location = ParameterLocation::Body;
        }
    }
    true
}

/// Methods `resolve_…` of Graphene's types, and `mutate`: the parent, the call's info, then the arguments.
fn graphene(walk: &mut Walk<'_, '_>) {
    if !walk.imports(&["graphene", "graphene_django"]) {
        return;
    }
    let ir = walk.ir();
    let project = walk.project();
    for (number, function) in ir.functions.iter().enumerate() {
        let name = project.text(function.name);
        if function.kind == FunctionKind::Def
            && ir.is_class(function.parent)
            && (name.starts_with("resolve_")
                || name == "mutate"
                || name == "mutate_and_get_payload")
        {
            let definition = (walk.module, FunctionId(number as u32));
            let mut parameters = walk.inputs(definition, 2, REMOTE_INPUT, ParameterLocation::Body);
            for (param, filled) in ir.params_of(definition.1).iter().zip(&mut parameters) {
                // `mutate(cls, root, info, …)` has one more.
                if matches!(project.text(param.name), "info" | "_info") {
                    *filled = None;
                }
            }
            walk.found.registrations.push(Registration {
                parameters,
                returned: Returned::Json,
                ..registration("graphene", REMOTE_INPUT, definition)
            });
        }
    }
}

/// Gradio: `Interface(fn=…)`, `button.click(fn, …)`.
fn callback(walk: &mut Walk<'_, '_>, site: &Site) -> bool {
    if package_of_or_imported(walk, site, &["gradio"]).is_none() {
        return false;
    }
    let Some(function) = walk
        .argument(site, 0, "fn")
        .and_then(|function| walk.handler(function))
        .filter(|&function| !walk.is_class(function))
    else {
        return false;
    };
    let first = walk.first_parameter(function);
    let parameters = walk.inputs(function, first, REMOTE_INPUT, ParameterLocation::Body);
    walk.found.registrations.push(Registration {
        parameters,
        ..registration("gradio", REMOTE_INPUT, function)
    });
    true
}

/// Parameters whose annotations are services of a framework, not data.
const SERVICES: &[&str] = &[
    "Context",
    "RunContext",
    "Info",
    "CallbackManagerForToolRun",
    "AsyncCallbackManagerForToolRun",
];

/// Writes down a function whose parameters from `first` on come in. With `is_checked`, the framework converts them to the
/// annotated types; else the annotations are only what the author hopes for.
pub(super) fn push_typed(
    walk: &mut Walk<'_, '_>,
    mut registration: Registration,
    first: usize,
    is_checked: bool,
) {
    let (module, function) = registration.handler;
    let project = walk.project();
    let ir = &project.module(module).ir;
    let mut parameters = Vec::new();
    for (number, param) in ir.params_of(function).iter().enumerate() {
        let annotation = last_name(project, ir, param.annotation).or_else(|| {
            let generic = ir.instruction(param.annotation)?;
            (generic.op == Op::Subscript).then(|| last_name(project, ir, generic.operand_a()))?
        });
        if number < first || annotation.is_some_and(|annotation| SERVICES.contains(&annotation)) {
            parameters.push(None);
            continue;
        }
        let known = typing(walk.evaluator, module, param.annotation);
        let mut filled = EntryParameter {
            kind: registration.kind.clone(),
            is_required: param.default.is_absent()
                && !matches!(param.kind, ParamKind::Star | ParamKind::DoubleStar),
            ..EntryParameter::input(REMOTE_INPUT, ParameterLocation::Argument)
        };
        if is_checked {
            filled.cleans = known.constraint;
            if let Some(class) = known.class
                && !known.is_collection
                && !project.module(class.0).is_model
            {
                filled.filling = super::Filling::Fields;
                filled.object = Some(class);
                walk.fill_fields(class);
            }
        }
        parameters.push(Some(filled));
    }
    registration.parameters = parameters;
    walk.found.registrations.push(registration);
}

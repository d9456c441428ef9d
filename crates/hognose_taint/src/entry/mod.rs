//! Entry points: the functions that a framework calls with data from outside, and how it fills their parameters.
//!
//! [`EntryPoints::find`] walks each module once ([`search`], [`walk`]): decorators, registering calls and handler classes whose
//! names lead anywhere are shown to the [`Family`] of each framework that the project imports, and those write down
//! *registrations* (this function answers that path of this router) and *mounts* (this router hangs below that one
//! under a prefix). Then all of them are put together ([`link`]): full paths, and what path parameters are made sure of.
//!
//! A family knows what its framework documents, nothing else. To add one: a file here, an entry in [`FAMILIES`], and a
//! stub for its request object in `models/`.

mod aiohttp;
mod annotation;
mod bottle;
mod call;
mod command;
mod describe;
mod django;
mod fastapi;
mod flask;
mod form;
mod inject;
mod link;
mod path;
mod pyramid;
mod read;
mod registration;
mod rest_framework;
mod search;
mod server;
mod stub;
mod walk;

use std::borrow::Cow;

use hognose_finding::{ParameterLocation, Problem, ProblemKind, ValueConstraint};
use hognose_python::ir::FunctionId;
use hognose_python::{ModuleId, Symbol};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::values::{Evaluator, Program};
use search::Family;

pub use annotation::{FieldInput, constraint_of};
pub use describe::describe;

/// Data of a request.
pub const REMOTE_INPUT: &str = "remote-input";

/// All frameworks.
static FAMILIES: &[&Family] = &[
    &flask::FAMILY,
    &fastapi::FAMILY,
    &rest_framework::FAMILY,
    &django::FAMILY,
    &form::FAMILY,
    &aiohttp::FAMILY,
    &bottle::FAMILY,
    &pyramid::FAMILY,
    &server::FAMILY,
    &server::BARE,
    &call::MESSAGES,
    &call::TOOLS,
    &call::CALLBACKS,
    &command::FAMILY,
];

/// A function or class of the project.
pub type Definition = (ModuleId, FunctionId);

/// How a framework fills a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryParameter {
    /// Source kind: `remote-input`, `local-input`, `message`, `model-output`.
    pub kind: Cow<'static, str>,
    /// What the framework makes sure of.
    pub cleans: ValueConstraint,
    /// The class that the parameter is an instance of, if [`Filling`] says that it is one.
    pub object: Option<Definition>,
    /// What it is filled with.
    pub filling: Filling,
    /// Which part of the request it comes from.
    pub location: ParameterLocation,
    /// Its name in the request, where that is not the parameter's own.
    pub alias: Option<String>,
    /// Whether the handler is not called without it.
    pub is_required: bool,
}

/// What a parameter is filled with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filling {
    /// What came in: the parameter itself is untrusted, and so is all that is in it.
    Input,
    /// An object of the framework (a request, an upload). The roles in its stub say what of it is untrusted.
    Object,
    /// An object of a class of the project whose annotated fields hold what came in; see [`EntryPoints::field`].
    Fields,
    /// What a function of the project returned, which the framework called before (a dependency).
    Result(Definition),
}

impl EntryParameter {
    /// What came in, of any value.
    pub(crate) fn input(kind: &'static str, location: ParameterLocation) -> Self {
        EntryParameter {
            kind: Cow::Borrowed(kind),
            cleans: ValueConstraint::Any,
            object: None,
            filling: Filling::Input,
            location,
            alias: None,
            is_required: true,
        }
    }

    /// An object of the framework's.
    pub(crate) fn request(class: Definition) -> Self {
        EntryParameter {
            object: Some(class),
            filling: Filling::Object,
            ..EntryParameter::input(REMOTE_INPUT, ParameterLocation::Request)
        }
    }
}

/// What a framework does with what a handler returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Returned {
    /// Text that a browser reads as HTML.
    Html,
    /// Text that no browser reads as HTML.
    Text,
    /// A value that is written as JSON.
    Json,
    /// The variables of a template.
    Template,
    /// A response object that says itself what it is.
    Response,
    /// Nothing is done with it, or nothing is known of it.
    Ignored,
}

/// A function that a framework calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handler {
    /// The framework.
    pub framework: &'static str,
    /// What what it returns means.
    pub returned: Returned,
    /// Source kind of what it is called with.
    pub kind: Cow<'static, str>,
}

/// A way in to a handler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryRoute {
    /// The framework.
    pub framework: &'static str,
    /// The function.
    pub handler: Definition,
    /// Path with `{name}` for what varies; none where it is no request, or where its path is not known.
    pub path: Option<String>,
    /// Methods in capitals, sorted; empty for any.
    pub methods: Vec<String>,
    /// Whether it is a web socket.
    pub is_websocket: bool,
    /// What varies in the path, in order.
    pub variables: Vec<(String, ValueConstraint)>,
}

/// All entry points of a project.
#[derive(Debug, Default)]
pub struct EntryPoints {
    handlers: FxHashMap<Definition, Handler>,
    parameters: FxHashMap<Definition, Vec<Option<EntryParameter>>>,
    fields: FxHashMap<Definition, Vec<(Symbol, FieldInput)>>,
    routes: Vec<EntryRoute>,
    problems: Vec<Problem>,
}

impl EntryPoints {
    /// Finds them in all modules of the project.
    pub fn find(program: &Program<'_>) -> Self {
        let project = program.project;
        let search = search::Search::new(program, FAMILIES);
        if search.is_empty() {
            return EntryPoints::default();
        }
        let modules: Vec<ModuleId> = project
            .modules()
            .filter(|(_, module)| !module.is_model && !module.path.is_empty())
            .map(|(id, _)| id)
            .collect();
        let found: Vec<_> = modules
            .par_iter()
            .with_max_len(8)
            .map(|&module| {
                // A panic is a problem with that file, not the end of the run.
                let walk = || search.module(&Evaluator::new(program), module);
                std::panic::catch_unwind(std::panic::AssertUnwindSafe(walk)).map_err(|_| {
                    let message = "looking for entry points in this file failed from within; \
                                   please report it";
                    let path = project.module(module).path.clone();
                    Problem::in_file(ProblemKind::CheckFailed, path, message)
                })
            })
            .collect();
        let mut problems = Vec::new();
        let found = found
            .into_iter()
            .filter_map(|found| found.map_err(|problem| problems.push(problem)).ok())
            .collect();
        EntryPoints {
            problems,
            ..link::link(program, found)
        }
    }

    /// What could not be looked at.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// How a parameter of a function is filled by a framework; nothing if it is not.
    pub fn parameter(
        &self,
        module: ModuleId,
        function: FunctionId,
        number: u32,
    ) -> Option<&EntryParameter> {
        self.parameters
            .get(&(module, function))?
            .get(number as usize)?
            .as_ref()
    }

    /// What is known of a function that a framework calls; nothing if none does.
    pub fn handler(&self, module: ModuleId, function: FunctionId) -> Option<&Handler> {
        self.handlers.get(&(module, function))
    }

    /// What the field `name` of a class holds whose instances a framework fills: a model of a request's body (see
    /// [`Filling::Fields`]), a form, a serializer. Nothing if it holds nothing from outside.
    pub fn field(&self, module: ModuleId, class: FunctionId, name: Symbol) -> Option<&FieldInput> {
        self.fields
            .get(&(module, class))?
            .iter()
            .find(|&&(field, _)| field == name)
            .map(|(_, input)| input)
    }

    /// All ways in, by framework, path, methods and handler.
    pub fn routes(&self) -> &[EntryRoute] {
        &self.routes
    }

    /// The fields of such a class; nothing if it is none.
    pub fn fields(&self, module: ModuleId, class: FunctionId) -> Option<&[(Symbol, FieldInput)]> {
        self.fields.get(&(module, class)).map(Vec::as_slice)
    }

    /// All functions that a framework calls, in no particular order.
    pub fn handlers(&self) -> impl Iterator<Item = (Definition, &Handler)> {
        self.handlers
            .iter()
            .map(|(&definition, handler)| (definition, handler))
    }
}

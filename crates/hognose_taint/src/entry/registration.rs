//! What the modules of a project say about routes, before it is put together.

use std::borrow::Cow;

use hognose_python::ir::{FunctionId, Operand};
use hognose_python::{ModuleId, Symbol};

use super::annotation::FieldInput;
use super::path::Template;
use super::{Definition, EntryParameter, REMOTE_INPUT, Returned};

/// What routes belong to: an application, a router, a list of routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Owner {
    /// The routes of a module.
    Module(ModuleId),
    /// An object, by the instruction that makes it.
    Object(ModuleId, Operand),
    /// The object that is made of a class.
    Class(ModuleId, FunctionId),
    /// What bears a name that is known in the whole project; without a path of its own it has none.
    Name(Symbol),
}

/// A function is called for requests (or the like).
#[derive(Debug, Clone)]
pub(super) struct Registration {
    pub framework: &'static str,
    /// Whom its path is relative to; nothing if it stands alone.
    pub owner: Option<Owner>,
    /// Its paths; none if it is no request, or if they are not known.
    pub templates: Vec<Template>,
    /// In capitals; empty for any.
    pub methods: Vec<String>,
    pub is_websocket: bool,
    pub handler: Definition,
    /// As many as the handler has parameters.
    pub parameters: Vec<Option<EntryParameter>>,
    /// Names and values of these come from the registration, not from the request.
    pub constants: Vec<String>,
    pub returned: Returned,
    /// Says less than any other registration of the same handler.
    pub is_fallback: bool,
    /// Is a way in of its own, not something called on the way to another handler.
    pub is_listed: bool,
    pub kind: Cow<'static, str>,
}

impl Registration {
    /// A handler of requests at a path that is not known yet.
    pub(super) fn of_request(framework: &'static str, handler: Definition) -> Self {
        Registration {
            framework,
            owner: None,
            templates: Vec::new(),
            methods: Vec::new(),
            is_websocket: false,
            handler,
            parameters: Vec::new(),
            constants: Vec::new(),
            returned: Returned::Response,
            is_fallback: false,
            is_listed: true,
            kind: Cow::Borrowed(REMOTE_INPUT),
        }
    }
}

/// The routes of `child` hang below those of `parent`.
#[derive(Debug, Clone)]
pub(super) struct Mount {
    pub parent: Option<Owner>,
    pub child: Owner,
    pub prefix: Template,
    /// `prefix` stands for the child's own prefix.
    pub replaces: bool,
}

/// What one module says.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub registrations: Vec<Registration>,
    pub mounts: Vec<Mount>,
    /// Prefixes that routers have of their own.
    pub prefixes: Vec<(Owner, Template)>,
    /// Classes whose instances the framework fills, with the fields.
    pub fields: Vec<(Definition, Vec<(Symbol, FieldInput)>)>,
}

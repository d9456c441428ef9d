//! Where untrusted data comes in.

use std::sync::Arc;

use crate::CodeLocation;

/// A function that a framework calls with data from outside, by one way in. A handler with two routes has two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryPoint {
    /// The framework that calls it: `flask`.
    pub framework: &'static str,
    /// The request that leads to it, if it is a web application's.
    pub route: Option<Route>,
    /// Dotted name of the function.
    pub handler: Arc<str>,
    /// The function's name in its definition.
    pub location: CodeLocation,
    /// Kind of source that its parameters are: `remote-input`.
    pub source: Arc<str>,
    /// What the framework fills from outside, in the order of the path, then of the function's own parameters.
    pub parameters: Vec<RouteParameter>,
}

/// A request that an application answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Path below the application's root, with `{name}` for what varies: `/shop/{item}`.
    pub path: String,
    /// Methods in capitals, sorted; empty where any is answered.
    pub methods: Vec<String>,
    /// Whether it is a web socket.
    pub is_websocket: bool,
}

/// One value that a request carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteParameter {
    /// Its name in the request.
    pub name: String,
    /// Which part of the request holds it.
    pub location: ParameterLocation,
    /// What values it may have.
    pub constraint: ValueConstraint,
    /// Whether a request without it is refused.
    pub is_required: bool,
}

/// Which part of a request (or call) holds a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ParameterLocation {
    /// The path.
    Path,
    /// The query string.
    Query,
    /// A header.
    Header,
    /// A cookie.
    Cookie,
    /// The body as a whole, or a member of its JSON object.
    Body,
    /// A field of a form.
    Form,
    /// An uploaded file.
    File,
    /// The request as a whole.
    Request,
    /// An argument that is no part of a web request: of a command, of a task, of a tool.
    Argument,
}

impl ParameterLocation {
    /// In lower case.
    pub fn name(self) -> &'static str {
        match self {
            ParameterLocation::Path => "path",
            ParameterLocation::Query => "query",
            ParameterLocation::Header => "header",
            ParameterLocation::Cookie => "cookie",
            ParameterLocation::Body => "body",
            ParameterLocation::Form => "form",
            ParameterLocation::File => "file",
            ParameterLocation::Request => "request",
            ParameterLocation::Argument => "argument",
        }
    }
}

/// What a framework makes sure of before it calls a handler.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ValueConstraint {
    /// Nothing: any text.
    #[default]
    Any,
    /// Text without a slash, and not empty.
    NoSlash,
    /// An integer.
    Int,
    /// A number.
    Float,
    /// True or false.
    Bool,
    /// A UUID.
    Uuid,
    /// A date, time or duration.
    Date,
    /// An address (IP, network) that was parsed.
    Address,
    /// One of these texts; empty where it is one of a list that is not known.
    Choice(Vec<String>),
    /// Letters, digits, `-` and `_`.
    Slug,
    /// Text that a regular expression matches as a whole.
    Pattern(String),
}

//! What a rule found, before it is put into words.

use std::borrow::Cow;

use hognose_finding::{Confidence, Severity};
use hognose_python::ModuleId;
use hognose_python::ir::Span;
use hognose_taint::Flow;

/// An entry of a rule's `detect` list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct DetectRef {
    /// Number of the rule in the catalogue.
    pub rule: u32,
    /// Number of the entry in the rule.
    pub entry: u32,
}

/// A place where an entry of a rule matches.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub detect: DetectRef,
    pub module: ModuleId,
    /// What is wrong: usually the whole call.
    pub span: Span,
    /// The instruction it was found at, for the scope and for fixes.
    pub index: u32,
    /// The argument at fault, by its number among the arguments as written.
    pub argument: Option<u32>,
    /// The name of the parameter at fault.
    pub name: Option<String>,
    /// The value at fault, where the text of the argument does not say it.
    pub value: Option<Cow<'static, str>>,
    /// How untrusted data gets there.
    pub flow: Option<Flow>,
    /// Surer or less sure than the entry says.
    pub confidence: Option<Confidence>,
    /// Worse or less bad than the entry says.
    pub severity: Option<Severity>,
}

impl Place {
    /// A place with nothing but a range.
    pub fn new(detect: DetectRef, module: ModuleId, index: u32, span: Span) -> Self {
        Place {
            detect,
            module,
            span,
            index,
            argument: None,
            name: None,
            value: None,
            flow: None,
            confidence: None,
            severity: None,
        }
    }
}

//! What a function does, for its callers: evaluated once, with its parameters as unknowns.

use std::sync::Arc;

use hognose_python::{ModuleId, Symbol};

use super::heap::{Fact, Object};
use super::machine::Guards;
use super::value::{Label, Mark, Step, Taint, TextPart, Value, What};
use crate::models::Kind;

/// How many sinks of one function are kept.
pub(super) const MAX_HITS: usize = 64;
/// How many places that outlive a call are kept for one function.
pub(super) const MAX_WRITES: usize = 48;

/// Data reaches a sink.
#[derive(Debug, Clone)]
pub(crate) struct Hit {
    /// Kind of the sink.
    pub sink: Kind,
    /// The module and the instruction of the sink.
    pub module: ModuleId,
    pub index: u32,
    /// Number of the argument as written.
    pub position: Option<u32>,
    /// Name of the parameter.
    pub name: Option<Symbol>,
    pub mark: Mark,
    /// The argument of a caller as it came in, with nothing around it.
    pub whole: bool,
    /// What stands before the data in a URL and the like, where that decides.
    pub before: Option<Arc<[TextPart]>>,
}

/// Data is kept in something that outlives the call.
#[derive(Debug, Clone)]
pub(crate) struct Write {
    pub label: Label,
    pub taint: Taint,
}

/// What a function does, in terms of its parameters.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    /// None if it never returns.
    pub returns: Option<Value>,
    /// The objects that the returned value refers to.
    pub objects: Vec<(u32, Object)>,
    /// What becomes of the objects that came in, by parameter.
    pub effects: Vec<(u16, Object)>,
    pub hits: Vec<Hit>,
    pub writes: Vec<Write>,
    /// What holds after it returned.
    pub ensures: Vec<Fact>,
    /// What its result says, if it is taken as a truth value.
    pub guards: Guards,
    /// Parameters whose values decide where control goes, or that are called.
    pub decides: u64,
    /// It calls what some parameter is.
    pub calls_parameter: bool,
    /// Parameters whose texts name the template that is rendered.
    pub chooses: u64,
    /// Something was given up.
    pub gave_up: bool,
}

impl Summary {
    /// Whether callers see no difference, as far as that can be told without looking into objects.
    pub fn says_the_same(&self, other: &Summary) -> bool {
        self.returns.is_some() == other.returns.is_some()
            && self.returns.as_ref().map(|value| &value.taint)
                == other.returns.as_ref().map(|value| &value.taint)
            && self.hits.len() == other.hits.len()
            && self.writes.len() == other.writes.len()
            && self
                .writes
                .iter()
                .zip(&other.writes)
                .all(|(a, b)| a.label == b.label && a.taint == b.taint)
            && self.ensures == other.ensures
            && self.effects == other.effects
            && self.decides == other.decides
    }

    /// Whether it does anything that arguments could change.
    pub fn tells(&self) -> bool {
        self.calls_parameter
            || !self.hits.is_empty()
            || !self.writes.is_empty()
            || self.returns.as_ref().is_none_or(|value| {
                !value.taint.is_clean()
                    || !matches!(value.what, What::Top | What::None | What::Number)
            })
    }
}

/// The steps of a witness in order, callees' steps where they belong.
pub(crate) fn flatten(
    step: Option<&Arc<Step>>,
    depth: u32,
    found: &mut Vec<(ModuleId, u32, super::value::Note)>,
) {
    let mut chain = Vec::new();
    let mut at = step;
    while let Some(step) = at {
        chain.push(step);
        at = step.before.as_ref();
    }
    for step in chain.into_iter().rev() {
        let from_inside = step.before.is_none() && step.inside.is_some();
        if !from_inside {
            found.push((step.module, step.index, step.note));
        }
        if depth < 12 && step.inside.is_some() {
            flatten(step.inside.as_ref(), depth + 1, found);
        }
        if from_inside {
            found.push((step.module, step.index, step.note));
        }
    }
}

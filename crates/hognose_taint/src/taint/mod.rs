//! Whole-program taint: which data from outside reaches which sink, through functions, objects and modules.
//!
//! Each function that may matter is run once on unknown parameters ([`machine`]), callees before callers ([`solve`]),
//! and gives a [`summary`]. Calls use the summary, or run the callee in place where the arguments (constants, functions,
//! objects) decide what it does. What outlives a call (attributes of objects, module variables) is a *store*: writes
//! and reads are joined at the end.
//!
//! What is known: values in [`value`], objects and the state of control in [`heap`], names in [`scope`]. What is done:
//! instructions in [`operations`] with [`arithmetic`], [`attributes`], [`containers`], [`container_methods`] and
//! [`texts`]; calls in [`call`], then [`call_project`] with [`instantiate`], [`call_model`] with [`library`], or [`builtins`]. What
//! conditions say is in [`guard`] and [`guard_calls`], what is dangerous where in [`sink`] and [`harm`].
//! Templates that the program renders are in [`template`], and whether their engine escapes in [`escaping`].
//!
//! Which functions are run is decided in [`plan`]; [`stores`] and [`witness`] make flows of their summaries.

// Methods of the machine take it even where they need none of it yet; arms say case by case what is known.
#![allow(
    clippy::unused_self,
    clippy::only_used_in_recursion,
    clippy::self_only_used_in_recursion,
    clippy::match_same_arms
)]

mod agree;
mod arithmetic;
mod attributes;
mod builtins;
mod call;
mod call_model;
mod call_project;
mod container_methods;
mod containers;
mod engine;
mod escaping;
mod guard;
mod guard_calls;
mod harm;
mod heap;
mod instantiate;
mod library;
mod machine;
mod names;
mod operations;
mod overrides;
mod plan;
mod records;
mod scope;
mod sink;
mod solve;
mod stores;
mod summary;
mod template;
mod texts;
mod validate;
mod value;
mod witness;

pub use solve::{Flow, FlowNote, FlowStep, Flows, Options};
pub use template::{ESCAPED_TEMPLATE, PLAIN_TEMPLATE, templates_named};
pub use value::Doubt;

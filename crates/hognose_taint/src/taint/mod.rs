//! Whole-program taint: which data from outside reaches which sink, through functions, objects and modules.
//!
//! Each function that may matter is run once on unknown parameters ([`machine`]), callees before callers ([`solve`]),
//! and gives a [`summary`]. Calls use the summary, or run the callee in place where the arguments (constants, functions,
//! objects) decide what it does. What outlives a call (attributes of objects, module variables) is a *store*: writes
//! and reads are joined at the end.
//!
//! Values are in [`value`], objects and the state of control in [`heap`]; instructions in [`operations`], calls in
//! [`call`] and [`native`], what conditions say in [`guard`], what is dangerous where in [`sink`].

mod call;
mod engine;
mod guard;
mod heap;
mod machine;
mod native;
mod operations;
mod sink;
mod solve;
mod summary;
mod value;

pub use solve::{Flow, FlowNote, FlowStep, Flows, Options};

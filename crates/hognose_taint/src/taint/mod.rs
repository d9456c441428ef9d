//! Whole-program taint: which data from outside reaches which sink, through functions, objects and modules.
//!
//! Each function that may matter is run once on unknown parameters ([`machine`]), callees before callers ([`solve`]),
//! and gives a [`summary`]. Calls use the summary, or run the callee in place where the arguments (constants, functions,
//! objects) decide what it does. What outlives a call (attributes of objects, module variables) is a *store*: writes
//! and reads are joined at the end.
//!
//! Values are in [`value`], objects and the state of control in [`heap`]; instructions in [`operations`], calls in
//! [`call`] and [`native`], what conditions say in [`guard`], what is dangerous where in [`sink`].

// Methods of the machine take it even where they need none of it yet; arms say case by case what is known.
#![allow(
    clippy::unused_self,
    clippy::only_used_in_recursion,
    clippy::self_only_used_in_recursion,
    clippy::needless_pass_by_value,
    clippy::match_same_arms,
    clippy::many_single_char_names
)]

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

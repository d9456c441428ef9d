//! Whole-program taint: which data from outside reaches which sink, through functions, objects and modules.
//!
//! Each function that may matter is run once on unknown parameters ([`machine`]), callees before callers ([`solve`]),
//! and gives a [`summary`]. Calls use the summary, or run the callee in place where the arguments (constants, functions,
//! objects) decide what it does. What outlives a call (attributes of objects, module variables) is a *store*: writes
//! and reads are joined at the end.
//!
//! Values are in [`value`], objects and the state of control in [`heap`]; instructions in [`operations`], calls in
//! [`call`] and its neighbours, built-in types in [`containers`] and [`texts`], what conditions say in [`guard`], what is dangerous where in [`sink`].

// Methods of the machine take it even where they need none of it yet; arms say case by case what is known.
#![allow(
    clippy::unused_self,
    clippy::only_used_in_recursion,
    clippy::self_only_used_in_recursion,
    clippy::match_same_arms
)]

mod arithmetic;
mod attributes;
mod builtins;
mod call;
mod call_model;
mod call_project;
mod container_methods;
mod containers;
mod engine;
mod guard;
mod guard_calls;
mod harm;
mod heap;
mod instantiate;
mod machine;
mod names;
mod operations;
mod plan;
mod scope;
mod sink;
mod solve;
mod stores;
mod summary;
mod texts;
mod value;
mod witness;

pub use solve::{Flow, FlowNote, FlowStep, Flows, Options};

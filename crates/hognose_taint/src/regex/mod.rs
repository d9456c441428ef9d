//! Patterns of Python's `re`: what they cost a backtracking matcher, and what they prove of a text.
//!
//! [`parse()`] makes a [`Pattern`]. [`analyse`] judges whether an attacker can make matching slow, and shows how:
//!
//! | step | module |
//! |---|---|
//! | source to nodes | [`parse`](mod@parse), `class`; [`pattern`], [`charset`] |
//! | nodes to an automaton that counts its ways | `automaton` |
//! | words along which the ways grow | `ambiguity`, `loops` |
//! | the words tried on a matcher like `CPython`'s | `program`, `machine` |
//! | the verdict | [`backtracking`] |
//!
//! [`Accepted`] says which characters a text can hold that a pattern has matched ([`alphabet`]).
//!
//! All of it is bounded for any pattern, recurses nowhere, and depends on nothing but the pattern.

pub mod alphabet;
mod ambiguity;
mod automaton;
pub mod backtracking;
pub mod charset;
mod class;
mod loops;
mod machine;
pub mod parse;
pub mod pattern;
mod program;
#[cfg(test)]
mod tests;

pub use alphabet::{Accepted, accepted_alphabet};
pub use backtracking::{Attack, Verdict, analyse};
pub use charset::CharSet;
pub use machine::Use;
pub use parse::parse;
pub use pattern::{Flags, Pattern};

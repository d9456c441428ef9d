//! The real program, run over small projects. Each test shows all that a user would see.
//!
//! `SNAPSHOTS=overwrite cargo test -p hognose --test it` writes changed outputs into the tests; read the diff.

#![allow(
    clippy::needless_raw_string_hashes,
    reason = "the snapshots are written by a program"
)]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests make and read files, and stop at the first thing that goes wrong"
)]

mod audit;
mod command_line;
mod configuration;
mod discovery;
mod examples;
mod findings;
mod fixes;
mod knowledge;
mod project;
mod revision;
mod routes;

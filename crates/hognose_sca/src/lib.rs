//! What a Python project installs, and what is known to be wrong with it.
//!
//! Manifests and lock files become [`Dependency`]s (`manifest`), advisories become an index (`advisory`), and where the
//! two meet there are findings. This crate opens no file and no connection: texts and bytes come in, values and
//! [`Problem`](hognose_finding::Problem)s go out. It knows nothing of source code: which symbols are reached arrives as
//! data.
//!
//! Start reading at [`Dependency`].

pub mod advisory;
mod audit;
mod dependency;
pub mod manifest;

pub use audit::{Audit, audit, index_problem};
pub use dependency::{Dependency, DependencySource, Requirement};

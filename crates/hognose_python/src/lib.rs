//! A Python project as facts: modules, names, and an [`Ir`] of what the code does.
//!
//! This is the only crate that knows Python's syntax, and the only one that names `ruff_*` crates. It reads each file
//! once ([`read_module`]): decode, parse, lower to the [`ir`], drop the tree. [`Project`] then knows all modules by
//! name and resolves imports between them. It does no I/O (bytes are handed in) and knows nothing of rules or taint.
//!
//! Start reading at [`ir`], then [`Project`]. What needs syntax after all, such as the range of an argument or an edit,
//! is read again from the text at the place in question: see [`syntax`].

mod depth;
mod derived;
mod intern;
pub mod ir;
mod lower;
mod module;
mod notebook;
mod project;
pub mod stub;
pub mod syntax;
mod text;

pub use derived::Derived;
pub use intern::{Interner, Symbol, Symbols};
pub use ir::Ir;
pub use module::{Comment, Module, Scratch, content_hash, read_module, source_text};
pub use notebook::Notebook;
pub use project::{ExternalId, ModuleId, Project, Target, module_name};
pub use text::{Decoded, LineIndex, SourceEncoding, decode};

/// Stack that a thread which calls [`read_module`] needs, in bytes.
pub const STACK_SIZE: usize = 16 * 1024 * 1024;

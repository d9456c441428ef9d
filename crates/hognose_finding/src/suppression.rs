//! A developer's word that a finding is accepted.

use std::sync::Arc;

use crate::Range;

/// A suppression comment in a source file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// File, as shown to the user.
    pub path: Arc<str>,
    /// The comment itself.
    pub range: Range,
    /// First and last line (1-based, inclusive) of the logical line the comment belongs to: the whole statement
    /// head for a comment at its end or inside its brackets, the next statement for a comment on its own line.
    pub lines: (u32, u32),
    /// How far it reaches.
    pub scope: DirectiveScope,
    /// Which spelling it is.
    pub kind: DirectiveKind,
    /// The codes or rule ids it names; empty means all.
    pub codes: Vec<String>,
    /// Why, if the comment says so.
    pub reason: Option<String>,
    /// Last day on which it holds, `YYYY-MM-DD`, if the comment says so.
    pub until: Option<String>,
    /// What is wrong with the spelling, if anything; such a directive suppresses nothing.
    pub malformed: Option<String>,
}

/// How far a directive reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DirectiveScope {
    /// Findings that start on one of `lines`.
    Lines,
    /// Findings anywhere in the file (`# hognose: ignore-file[…]`, `# ruff: noqa: S…`).
    File,
}

/// Which spelling a directive has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DirectiveKind {
    /// `# hognose: ignore[…]`
    Hognose,
    /// `# nosec`, Bandit's.
    Nosec,
    /// `# noqa: S…`, Ruff's and flake8's.
    Noqa,
}

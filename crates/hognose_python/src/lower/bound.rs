//! Which names a body binds: Python's rule for what is local.

use ruff_python_ast::{ExceptHandler, Expr, Pattern, Stmt};

/// What a statement does to names of the body it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binding {
    /// Assigns, imports, defines or deletes it.
    Local,
    /// `global` or `nonlocal`.
    Declared {
        /// `nonlocal`
        nonlocal: bool,
    },
}

/// Calls `found` for each name that `body` binds or declares, in source order, repeats included. Does not enter nested
/// functions and classes, nor expressions: a walrus target becomes known when it is lowered.
pub(super) fn bound_names<'a>(body: &'a [Stmt], found: &mut dyn FnMut(&'a str, Binding)) {
    for stmt in body {
        bound_in(stmt, found);
    }
}

fn bound_in<'a>(stmt: &'a Stmt, found: &mut dyn FnMut(&'a str, Binding)) {
    match stmt {
        Stmt::FunctionDef(def) => found(def.name.as_str(), Binding::Local),
        Stmt::ClassDef(def) => found(def.name.as_str(), Binding::Local),
        Stmt::Assign(assign) => assign
            .targets
            .iter()
            .for_each(|target| target_names(target, found)),
        Stmt::AugAssign(assign) => target_names(&assign.target, found),
        Stmt::AnnAssign(assign) => target_names(&assign.target, found),
        Stmt::TypeAlias(alias) => target_names(&alias.name, found),
        Stmt::Delete(delete) => delete
            .targets
            .iter()
            .for_each(|target| target_names(target, found)),
        Stmt::For(stmt) => {
            target_names(&stmt.target, found);
            bound_names(&stmt.body, found);
            bound_names(&stmt.orelse, found);
        }
        Stmt::While(stmt) => {
            bound_names(&stmt.body, found);
            bound_names(&stmt.orelse, found);
        }
        Stmt::If(stmt) => {
            bound_names(&stmt.body, found);
            stmt.elif_else_clauses
                .iter()
                .for_each(|clause| bound_names(&clause.body, found));
        }
        Stmt::With(stmt) => {
            for item in &stmt.items {
                if let Some(target) = &item.optional_vars {
                    target_names(target, found);
                }
            }
            bound_names(&stmt.body, found);
        }
        Stmt::Match(stmt) => {
            for case in &stmt.cases {
                pattern_names(&case.pattern, found);
                bound_names(&case.body, found);
            }
        }
        Stmt::Try(stmt) => {
            bound_names(&stmt.body, found);
            for ExceptHandler::ExceptHandler(handler) in &stmt.handlers {
                if let Some(name) = &handler.name {
                    found(name.as_str(), Binding::Local);
                }
                bound_names(&handler.body, found);
            }
            bound_names(&stmt.orelse, found);
            bound_names(&stmt.finalbody, found);
        }
        Stmt::Import(import) => {
            for alias in &import.names {
                let name = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
                found(name.split('.').next().unwrap_or(name), Binding::Local);
            }
        }
        Stmt::ImportFrom(import) => {
            for alias in &import.names {
                let name = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
                if name != "*" {
                    found(name, Binding::Local);
                }
            }
        }
        Stmt::Global(stmt) => {
            stmt.names
                .iter()
                .for_each(|name| found(name.as_str(), Binding::Declared { nonlocal: false }));
        }
        Stmt::Nonlocal(stmt) => {
            stmt.names
                .iter()
                .for_each(|name| found(name.as_str(), Binding::Declared { nonlocal: true }));
        }
        Stmt::Return(_)
        | Stmt::Raise(_)
        | Stmt::Assert(_)
        | Stmt::Expr(_)
        | Stmt::Pass(_)
        | Stmt::Break(_)
        | Stmt::Continue(_)
        | Stmt::IpyEscapeCommand(_) => {}
    }
}

fn target_names<'a>(target: &'a Expr, found: &mut dyn FnMut(&'a str, Binding)) {
    match target {
        Expr::Name(name) => found(name.id.as_str(), Binding::Local),
        Expr::Tuple(tuple) => tuple
            .elts
            .iter()
            .for_each(|target| target_names(target, found)),
        Expr::List(list) => list
            .elts
            .iter()
            .for_each(|target| target_names(target, found)),
        Expr::Starred(starred) => target_names(&starred.value, found),
        _ => {}
    }
}

/// Calls `found` for each name that `pattern` captures.
fn pattern_names<'a>(pattern: &'a Pattern, found: &mut dyn FnMut(&'a str, Binding)) {
    match pattern {
        Pattern::MatchAs(pattern) => {
            if let Some(inner) = &pattern.pattern {
                pattern_names(inner, found);
            }
            if let Some(name) = &pattern.name {
                found(name.as_str(), Binding::Local);
            }
        }
        Pattern::MatchStar(pattern) => {
            if let Some(name) = &pattern.name {
                found(name.as_str(), Binding::Local);
            }
        }
        Pattern::MatchMapping(pattern) => {
            pattern
                .patterns
                .iter()
                .for_each(|pattern| pattern_names(pattern, found));
            if let Some(name) = &pattern.rest {
                found(name.as_str(), Binding::Local);
            }
        }
        Pattern::MatchSequence(pattern) => {
            pattern
                .patterns
                .iter()
                .for_each(|pattern| pattern_names(pattern, found));
        }
        Pattern::MatchOr(pattern) => pattern
            .patterns
            .iter()
            .for_each(|pattern| pattern_names(pattern, found)),
        Pattern::MatchClass(pattern) => {
            pattern
                .arguments
                .patterns
                .iter()
                .for_each(|pattern| pattern_names(pattern, found));
            pattern
                .arguments
                .keywords
                .iter()
                .for_each(|keyword| pattern_names(&keyword.pattern, found));
        }
        Pattern::MatchValue(_) | Pattern::MatchSingleton(_) => {}
    }
}

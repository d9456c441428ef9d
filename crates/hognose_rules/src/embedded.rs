//! The files that are part of the binary. The build script writes the lists.

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// The model stubs that are part of the binary, sorted by path: `("django/http.pyi", "…")`.
///
/// The path is relative to `models/`, with `/` as separator, and is the module's path.
pub fn model_files() -> impl Iterator<Item = (&'static str, &'static str)> {
    MODELS
        .iter()
        .map(|(path, text)| (path.strip_prefix("models/").unwrap_or(path), *text))
}

/// The rule pages that are part of the binary, sorted by path: `("rules/sql-injection.md", "…")`.
pub(crate) fn rule_files() -> impl Iterator<Item = (&'static str, &'static str)> {
    RULES.iter().copied()
}

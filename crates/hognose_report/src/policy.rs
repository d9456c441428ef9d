//! What the user wants to see, and what makes a run fail.

use std::sync::Arc;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use hognose_finding::{Persona, Severity};

/// What the user wants to see, and what makes a run fail. Rule ids are resolved: no prefixes, no aliases.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Who reads the report.
    pub persona: Persona,
    /// Rules to run; `None`: all.
    pub select: Option<Vec<Arc<str>>>,
    /// Rules not to run; wins over `select`.
    pub ignore: Vec<Arc<str>>,
    /// Findings below this are left out of the report; `None`: none is.
    pub severity: Option<Severity>,
    /// Open findings at or above this fail the run; `None`: findings never fail it.
    pub fail_on: Option<Severity>,
    /// Rules that do not hold for some files.
    pub per_file_ignores: PerFileIgnores,
    /// A suppression comment without a reason suppresses nothing and is a problem.
    pub require_reason: bool,
    /// Unused comments of other tools (`# nosec`, `# noqa`) are problems too, not only our own.
    pub report_unused_foreign: bool,
    /// Comments of other tools suppress nothing.
    pub disregard_foreign: bool,
}

impl Policy {
    /// Whether the rule `id` is run at all.
    pub fn runs(&self, id: &str) -> bool {
        self.select
            .as_ref()
            .is_none_or(|select| select.iter().any(|rule| &**rule == id))
            && !self.ignore.iter().any(|rule| &**rule == id)
    }
}

/// Rules that do not hold for files that match a pattern.
#[derive(Debug, Clone, Default)]
pub struct PerFileIgnores {
    globs: GlobSet,
    /// Rule ids for each pattern that went into `globs`, with the index of the entry it belongs to.
    entries: Vec<Vec<Arc<str>>>,
    owner: Vec<usize>,
}

/// A pattern that is not a glob.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{pattern}` is not a valid pattern: {reason}")]
pub struct BadGlob {
    /// The pattern.
    pub pattern: String,
    /// What is wrong with it.
    pub reason: String,
}

impl PerFileIgnores {
    /// Compiles `(pattern, rule ids)` pairs.
    ///
    /// Patterns are relative to where shown paths are relative to. `*` stays inside a folder, `**` does not; a
    /// pattern without a `/` fits in any folder (`test_*.py`), as in a `.gitignore`, and one that names a folder
    /// fits everything in it (`tests` or `tests/`).
    pub fn new<P: AsRef<str>>(
        pairs: impl IntoIterator<Item = (P, Vec<Arc<str>>)>,
    ) -> Result<Self, BadGlob> {
        let mut set = GlobSetBuilder::new();
        let mut entries = Vec::new();
        let mut owner = Vec::new();
        for (index, (pattern, rules)) in pairs.into_iter().enumerate() {
            let pattern = pattern.as_ref();
            let bad = |error: &globset::Error| BadGlob {
                pattern: pattern.to_owned(),
                reason: error.kind().to_string(),
            };
            let bare = pattern.trim_end_matches('/');
            let bare = bare.strip_prefix("./").unwrap_or(bare);
            let anchored = match bare.strip_prefix('/') {
                Some(rest) => rest.to_owned(),
                None if bare.contains('/') => bare.to_owned(),
                None => format!("**/{bare}"),
            };
            for spelling in [anchored.clone(), format!("{anchored}/**")] {
                let glob = GlobBuilder::new(&spelling)
                    .literal_separator(true)
                    .build()
                    .map_err(|error| bad(&error))?;
                set.add(glob);
                owner.push(index);
            }
            entries.push(rules);
        }
        let globs = set.build().map_err(|error| BadGlob {
            pattern: error.glob().unwrap_or_default().to_owned(),
            reason: error.kind().to_string(),
        })?;
        Ok(PerFileIgnores {
            globs,
            entries,
            owner,
        })
    }

    /// Whether the rule `id` is ignored in the file `path`.
    pub fn ignores(&self, path: &str, id: &str) -> bool {
        !self.entries.is_empty()
            && self.globs.matches(path).into_iter().any(|glob| {
                self.entries[self.owner[glob]]
                    .iter()
                    .any(|rule| &**rule == id)
            })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{PerFileIgnores, Policy};

    fn ignores(pattern: &str) -> PerFileIgnores {
        PerFileIgnores::new([(pattern, vec![Arc::from("assert-used")])]).unwrap()
    }

    #[test]
    fn a_name_fits_in_any_folder_and_a_path_only_where_it_says() {
        let name = ignores("test_*.py");
        assert!(name.ignores("test_a.py", "assert-used"));
        assert!(name.ignores("deep/down/test_a.py", "assert-used"));
        assert!(!name.ignores("deep/a_test.py", "assert-used"));
        let path = ignores("tests/*.py");
        assert!(path.ignores("tests/a.py", "assert-used"));
        assert!(!path.ignores("tests/unit/a.py", "assert-used"));
        assert!(!path.ignores("app/tests/a.py", "assert-used"));
    }

    #[test]
    fn a_folder_fits_everything_in_it() {
        for spelling in ["tests", "tests/", "./tests", "tests/**"] {
            assert!(
                ignores(spelling).ignores("tests/unit/a.py", "assert-used"),
                "{spelling}"
            );
        }
        assert!(!ignores("/tests").ignores("app/tests/a.py", "assert-used"));
        assert!(ignores("tests").ignores("app/tests/a.py", "assert-used"));
    }

    #[test]
    fn only_the_named_rules_are_ignored() {
        assert!(!ignores("tests").ignores("tests/a.py", "sql-injection"));
        assert!(!PerFileIgnores::default().ignores("tests/a.py", "sql-injection"));
    }

    #[test]
    fn a_bad_pattern_is_named() {
        let error = PerFileIgnores::new([("tests/[", vec![])]).unwrap_err();
        assert_eq!(error.pattern, "tests/[");
        assert_eq!(
            error.to_string(),
            "`tests/[` is not a valid pattern: unclosed character class; missing ']'"
        );
    }

    #[test]
    fn ignoring_wins_over_selecting() {
        let policy = Policy {
            select: Some(vec!["a".into(), "b".into()]),
            ignore: vec!["b".into()],
            ..Policy::default()
        };
        assert_eq!(
            (policy.runs("a"), policy.runs("b"), policy.runs("c")),
            (true, false, false)
        );
    }
}

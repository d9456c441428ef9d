//! Which paths git ignores, and which ones the configuration names.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::read::read_regular;

/// Ignore files larger than this are not ignore files.
const IGNORE_FILE_LIMIT: u64 = 4 << 20;

/// The ignore rules in force in a folder: the ones of its own `.gitignore`, then those further up, then
/// `.git/info/exclude`, then the user's global ones. The first that has an opinion decides.
#[derive(Debug, Default)]
pub struct Ignores {
    rules: Option<Rules>,
    next: Option<Arc<Ignores>>,
}

#[derive(Debug)]
struct Rules {
    /// The folder, absolute, that the patterns are relative to. `None`: patterns without a place of their own.
    base: Option<PathBuf>,
    matcher: Gitignore,
}

impl Ignores {
    /// No rules at all.
    pub fn none() -> Arc<Self> {
        Arc::default()
    }

    /// The user's global rules (`core.excludesFile`).
    pub fn global() -> Arc<Self> {
        let Some(path) = ignore::gitignore::gitconfig_excludes_path() else {
            return Ignores::none();
        };
        Ignores::none().with_file(&path, None)
    }

    /// The rules that apply in `folder` (absolute) because of the folders above it, up to the top of its repository.
    /// If they leave out `folder` itself, they do not apply: who names a folder wants it scanned.
    pub fn above(folder: &Path, global: &Arc<Self>) -> Arc<Self> {
        if folder.join(".git").exists() {
            return Arc::clone(global); // `folder` is the top
        }
        let Some(top) = folder
            .ancestors()
            .skip(1)
            .find(|above| above.join(".git").exists())
        else {
            return Arc::clone(global);
        };
        let mut between: Vec<&Path> = folder
            .ancestors()
            .skip(1)
            .take_while(|above| above.starts_with(top))
            .collect();
        between.reverse();
        let mut ignores = global.at_top_of_repository(top);
        for above in between {
            ignores = ignores.with_file(&above.join(".gitignore"), Some(above));
        }
        let leaves_out = folder
            .ancestors()
            .take_while(|above| *above != top)
            .any(|above| ignores.ignores(above, true));
        if leaves_out {
            Arc::clone(global)
        } else {
            ignores
        }
    }

    /// The rules of the repository whose top is `top`; what applied around it does not count inside.
    /// To be called on the global rules.
    pub fn at_top_of_repository(self: &Arc<Self>, top: &Path) -> Arc<Self> {
        self.with_file(&top.join(".git/info/exclude"), Some(top))
    }

    /// These rules, and before them those of an ignore file, if it is there.
    pub fn with_file(self: &Arc<Self>, file: &Path, base: Option<&Path>) -> Arc<Self> {
        let Ok(bytes) = read_regular(file, IGNORE_FILE_LIMIT) else {
            return Arc::clone(self);
        };
        let text = String::from_utf8_lossy(&bytes);
        let matcher = matcher(text.trim_start_matches('\u{feff}').lines());
        if matcher.is_empty() {
            return Arc::clone(self);
        }
        let rules = Rules {
            base: base.map(Path::to_path_buf),
            matcher,
        };
        Arc::new(Ignores {
            rules: Some(rules),
            next: Some(Arc::clone(self)),
        })
    }

    /// Whether `path` (absolute) is ignored. Its folder is taken not to be.
    pub fn ignores(&self, path: &Path, is_folder: bool) -> bool {
        let mut here = Some(self);
        while let Some(Ignores { rules, next }) = here {
            if let Some(Rules { base, matcher }) = rules {
                let relative = match base {
                    Some(base) => path.strip_prefix(base).ok(),
                    None => path.file_name().map(Path::new),
                };
                match relative.map(|relative| matcher.matched(relative, is_folder)) {
                    Some(Match::Ignore(_)) => return true,
                    Some(Match::Whitelist(_)) => return false,
                    Some(Match::None) | None => {}
                }
            }
            here = next.as_deref();
        }
        false
    }
}

/// Patterns of the configuration or the command line, spelled as in a `.gitignore` file.
#[derive(Debug, Clone)]
pub struct Patterns {
    base: PathBuf,
    matcher: Gitignore,
}

impl Patterns {
    /// Patterns relative to the folder `base` (absolute).
    pub fn new<'a>(base: PathBuf, patterns: impl IntoIterator<Item = &'a str>) -> Self {
        Patterns {
            base,
            matcher: matcher(patterns),
        }
    }

    /// Whether a pattern is well-formed; the error says what is wrong with it.
    pub fn check(pattern: &str) -> Result<(), String> {
        let mut builder = GitignoreBuilder::new("");
        match builder.add_line(None, pattern) {
            Ok(_) => Ok(()),
            Err(ignore::Error::Glob { err, .. }) => Err(err),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Whether a pattern names `path` (absolute); where that is not below the patterns' folder, its part below
    /// `root` is looked at.
    pub fn names(&self, path: &Path, root: &Path, is_folder: bool) -> bool {
        let relative = path
            .strip_prefix(&self.base)
            .or_else(|_| path.strip_prefix(root));
        relative.is_ok_and(|relative| self.matcher.matched(relative, is_folder).is_ignore())
    }

    /// Whether a pattern names `path` (absolute) or a folder around it.
    pub fn names_or_holds(&self, path: &Path) -> bool {
        let relative = path.strip_prefix(&self.base).unwrap_or(path);
        !relative.has_root()
            && self
                .matcher
                .matched_path_or_any_parents(relative, false)
                .is_ignore()
    }
}

fn matcher<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Gitignore {
    let mut builder = GitignoreBuilder::new("");
    for pattern in patterns {
        // As git does: a pattern it cannot read matches nothing. Our own configuration is checked before.
        let _ = builder.add_line(None, pattern);
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::Patterns;

    #[test]
    fn patterns_are_spelled_as_in_gitignore() {
        let check = |pattern: &str, path: &str, expected: bool| {
            let patterns = Patterns::new(PathBuf::from("/p"), [pattern]);
            assert_eq!(
                patterns.names_or_holds(Path::new(path)),
                expected,
                "{pattern} {path}"
            );
        };
        check("tests", "/p/a/tests/x.py", true);
        check("/tests", "/p/a/tests/x.py", false);
        check("/tests", "/p/tests/x.py", true);
        check("*_pb2.py", "/p/a/b_pb2.py", true);
        check("a/**/c.py", "/p/a/b/c.py", true);
        check("tests", "/elsewhere/tests/x.py", false);
    }

    #[test]
    fn bad_patterns_are_told() {
        assert_eq!(Patterns::check("tests"), Ok(()));
        assert!(Patterns::check("a{b").is_err_and(|message| message.contains("alternate")));
    }
}

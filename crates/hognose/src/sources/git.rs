//! An old revision of the project, read from its git repository.
//!
//! Only the plumbing commands `rev-parse`, `ls-tree` and `cat-file --batch` are run. They neither look at the index
//! nor at the work tree, run no hook, no filter and no pager, and open no connection; what a repository's own
//! configuration could make git start is switched off all the same, since the repository may be a stranger's.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use hognose_finding::{ProblemKind, SourceError, Sources};
use rustc_hash::FxHashMap;

use super::read::too_large;
use super::shown::shown;
use super::walk::{FoundFile, WalkOptions, base_of, kind_by_path};

/// Why a revision cannot be read: a message, lower case, no full stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitError(pub String);

/// The files of a revision as [`Sources`].
#[derive(Debug)]
pub struct Revision {
    /// The files that would be scanned, in the order of their shown paths.
    pub files: Vec<FoundFile>,
    objects: FxHashMap<Arc<str>, String>,
    reader: Mutex<BlobReader>,
    limit: u64,
}

/// A running `git cat-file --batch`.
#[derive(Debug)]
struct BlobReader {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Revision {
    /// The files at and below `paths` in the revision `name`, as seen from the working folder `working` (canonical).
    pub fn open(
        name: &str,
        paths: &[PathBuf],
        working: &Path,
        options: &WalkOptions,
        limit: u64,
    ) -> Result<Self, GitError> {
        let top = text(&run(working, &["rev-parse", "--show-toplevel"])?);
        let top = PathBuf::from(top.trim_end_matches(['\n', '\r']));
        let top = top.canonicalize().unwrap_or(top);
        let spelled = format!("{name}^{{commit}}");
        let commit = run(
            working,
            &[
                "rev-parse",
                "--verify",
                "--quiet",
                "--end-of-options",
                &spelled,
            ],
        )
        .map_err(|_| GitError(format!("git knows no revision `{name}`")))?;
        let commit = text(&commit).trim().to_owned();
        let listing = run(working, &["ls-tree", "-r", "-z", "--full-tree", &commit])?;

        let roots = roots(paths, working, &top)?;
        let mut revision = Revision {
            files: Vec::new(),
            objects: FxHashMap::default(),
            reader: Mutex::new(BlobReader::start(working)?),
            limit,
        };
        for (object, path) in listing.split(|&byte| byte == 0).filter_map(entry) {
            let found = roots
                .iter()
                .find_map(|root| root.shown(&path).map(|shown| (root, shown)));
            let Some((root, shown_path)) = found else {
                continue;
            };
            let kind = kind_by_path(&path, options, &top, || {
                revision.blob(&object).unwrap_or_default()
            });
            let Some(kind) = kind else { continue };
            let shown_path: Arc<str> = shown_path.into();
            if revision
                .objects
                .insert(Arc::clone(&shown_path), object)
                .is_none()
            {
                revision.files.push(FoundFile {
                    shown: shown_path,
                    path: top.join(&path),
                    kind,
                    base: base_of(&root.shown, root.inside != path),
                });
            }
        }
        revision
            .files
            .sort_by(|one, other| one.shown.cmp(&other.shown));
        Ok(revision)
    }

    fn blob(&self, object: &str) -> Result<Vec<u8>, SourceError> {
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        reader.blob(object, self.limit)
    }
}

impl Sources for Revision {
    fn read(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        match self.objects.get(path) {
            Some(object) => self.blob(object),
            None => Err(unreadable("is not in the revision")),
        }
    }
}

/// A path that is scanned, in the repository and as shown.
struct Root {
    /// Relative to the top of the repository, `/` between the parts; empty for the top itself.
    inside: String,
    shown: String,
}

impl Root {
    /// The shown path of a file of the repository, if it lies at or below this root.
    fn shown(&self, path: &str) -> Option<String> {
        let rest = match path.strip_prefix(self.inside.as_str()) {
            Some("") => return Some(self.shown.clone()),
            Some(rest) if self.inside.is_empty() => rest,
            Some(rest) => rest.strip_prefix('/')?,
            None => return None,
        };
        let shown = self.shown.trim_end_matches('/');
        Some(if self.shown == "." {
            rest.to_owned()
        } else {
            format!("{shown}/{rest}")
        })
    }
}

fn roots(paths: &[PathBuf], working: &Path, top: &Path) -> Result<Vec<Root>, GitError> {
    paths
        .iter()
        .map(|path| {
            let real = working
                .join(path)
                .canonicalize()
                .unwrap_or_else(|_| working.join(path));
            let inside = real.strip_prefix(top).map_err(|_| {
                GitError(format!(
                    "`{}` does not lie in the repository `{}`",
                    path.display(),
                    top.display()
                ))
            })?;
            // Shown paths have odd bytes escaped; git's listing goes through the same escaping below.
            let inside = if inside.as_os_str().is_empty() {
                String::new()
            } else {
                shown(inside, top)
            };
            Ok(Root {
                inside,
                shown: shown(path, working),
            })
        })
        .collect()
}

/// `100644 blob 0123…<TAB>path`: the object and the path of a regular file.
fn entry(line: &[u8]) -> Option<(String, String)> {
    let tab = line.iter().position(|&byte| byte == b'\t')?;
    let mut fields = std::str::from_utf8(&line[..tab]).ok()?.split(' ');
    let (mode, kind, object) = (fields.next()?, fields.next()?, fields.next()?);
    // 120000 is a symbolic link: what it leads to is listed under its own name.
    if kind != "blob" || !mode.starts_with("100") {
        return None;
    }
    #[cfg(unix)]
    let path = {
        use std::os::unix::ffi::OsStrExt;
        shown(
            Path::new(std::ffi::OsStr::from_bytes(&line[tab + 1..])),
            Path::new("/"),
        )
    };
    #[cfg(not(unix))]
    let path = String::from_utf8_lossy(&line[tab + 1..]).into_owned();
    Some((object.to_owned(), path))
}

impl BlobReader {
    fn start(folder: &Path) -> Result<Self, GitError> {
        let mut child = git(folder)
            .args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| cannot_run(&error))?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(requests), Some(answers)) => Ok(BlobReader {
                child,
                requests,
                answers: BufReader::new(answers),
            }),
            _ => Err(GitError("git gave no pipes".to_owned())),
        }
    }

    fn blob(&mut self, object: &str, limit: u64) -> Result<Vec<u8>, SourceError> {
        let failed = |_| unreadable("cannot be read from the repository");
        writeln!(self.requests, "{object}").map_err(failed)?;
        self.requests.flush().map_err(failed)?;
        let mut header = String::new();
        self.answers.read_line(&mut header).map_err(failed)?;
        // `<object> blob <size>`, or `<object> missing`.
        let size = header
            .trim_end()
            .rsplit(' ')
            .next()
            .and_then(|size| size.parse::<u64>().ok());
        let size = size.ok_or_else(|| unreadable("is not in the repository (a partial clone?)"))?;
        if size > limit {
            std::io::copy(
                &mut (&mut self.answers).take(size + 1),
                &mut std::io::sink(),
            )
            .map_err(failed)?;
            return Err(too_large(size, limit));
        }
        let mut bytes = vec![0; size as usize + 1]; // and the newline after it
        self.answers.read_exact(&mut bytes).map_err(failed)?;
        bytes.pop();
        Ok(bytes)
    }
}

impl Drop for BlobReader {
    fn drop(&mut self) {
        let _ = self.child.kill(); // it may have ended already
        let _ = self.child.wait();
    }
}

fn unreadable(message: &str) -> SourceError {
    SourceError {
        kind: ProblemKind::Unreadable,
        message: message.to_owned(),
    }
}

/// `git`, told to start nothing and to talk to nobody.
fn git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .current_dir(folder)
        .args(["--no-pager", "--no-optional-locks", "--literal-pathspecs"])
        .args(["-c", "core.fsmonitor=false"])
        .args(["-c", "core.hooksPath=/dev/null"])
        .args(["-c", "core.sshCommand=false"])
        .args(["-c", "core.askPass="])
        .args(["-c", "credential.helper="])
        .args(["-c", "protocol.allow=never"])
        // A folder of the scanned tree that looks like a repository must not bring its own configuration along.
        .args(["-c", "safe.bareRepository=explicit"])
        // A partial clone would fetch what it lacks.
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_ALLOW_PROTOCOL", "none")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("LC_ALL", "C")
        .stdin(Stdio::null());
    // Inside a git hook these point to the repository of the hook, whatever is scanned.
    for name in [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_PREFIX",
        "GIT_EXTERNAL_DIFF",
        "GIT_TRACE",
    ] {
        command.env_remove(name);
    }
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Result<Vec<u8>, GitError> {
    let output = git(folder)
        .args(arguments)
        .output()
        .map_err(|error| cannot_run(&error))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = text(&output.stderr);
    let said = said
        .lines()
        .next()
        .unwrap_or("it did not say why")
        .trim_start_matches("fatal: ")
        .to_owned();
    Err(GitError(format!("git failed: {said}")))
}

fn cannot_run(error: &std::io::Error) -> GitError {
    if error.kind() == std::io::ErrorKind::NotFound {
        return GitError("the program `git` was not found".to_owned());
    }
    GitError(format!("git cannot be started: {error}"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::Root;

    #[test]
    fn files_of_the_repository_as_shown() {
        let check = |inside: &str, shown: &str, path: &str, expected: Option<&str>| {
            let root = Root {
                inside: inside.to_owned(),
                shown: shown.to_owned(),
            };
            assert_eq!(root.shown(path).as_deref(), expected, "{inside} {path}");
        };
        check("", ".", "a/b.py", Some("a/b.py"));
        check("a", ".", "a/b.py", Some("b.py"));
        check("a", "..", "a/b.py", Some("../b.py"));
        check("a", "a", "ab.py", None);
        check("a/b.py", "b.py", "a/b.py", Some("b.py"));
        check("a/b", "/srv/a/b", "a/b/c.py", Some("/srv/a/b/c.py"));
    }
}

//! Which files there are to scan below the paths the user gave.
//!
//! One pass over each folder, in parallel, with one `readdir` a folder and no `stat` of its own: the directory entries
//! say what is a file, a folder or a link. Symbolic links are put aside and followed afterwards, so that what lies
//! inside the scanned folders is known under its real path, whoever links to it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use hognose_finding::{Problem, ProblemKind, SourceError};
use hognose_report::LeftOut;
use rustc_hash::FxHashSet;

use super::ignored::{Ignores, Patterns};
use super::read::{describe, not_regular, read_beginning};
use super::recognise::{self, FileKind, FolderIs, NameSays, SHEBANG_LENGTH};
use super::shown::{shown, shown_in};
use crate::config::nearest;

/// What to look for.
#[derive(Debug, Clone, Default)]
pub struct WalkOptions {
    /// Leave out what git ignores.
    pub respect_gitignore: bool,
    /// Scan other people's code that was copied into the project.
    pub include_vendored: bool,
    /// What the configuration and the command line leave out.
    pub exclude: Vec<Patterns>,
    /// What is scanned as Python although its name does not say so.
    pub include: Vec<Patterns>,
    /// Look for manifests instead of source code.
    pub manifests: bool,
}

/// A file to scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundFile {
    /// As shown to the user; unique.
    pub shown: Arc<str>,
    /// Where it is, absolute.
    pub path: PathBuf,
    /// What it holds.
    pub kind: FileKind,
    /// The folder the user named, as shown (empty for the working folder): modules are imported relative to it.
    pub base: Arc<str>,
}

/// The [`FoundFile::base`] of what is found at a path that the user gave.
pub fn base_of(shown: &str, is_folder: bool) -> Arc<str> {
    match shown {
        "." => "".into(),
        _ if is_folder => shown.into(),
        // A file alone: as if the working folder had been scanned, where the file lies in it.
        _ if !shown.starts_with('/') && !shown.starts_with("../") => "".into(),
        _ => shown
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder)
            .into(),
    }
}

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// In the order of their shown paths.
    pub files: Vec<FoundFile>,
    /// What could not be looked at.
    pub problems: Vec<Problem>,
    /// What was recognised and left out.
    pub left_out: Vec<LeftOut>,
}

/// A path the user gave that cannot be scanned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoSuchPath {
    /// As given.
    pub path: PathBuf,
    /// Why it cannot be used, no full stop.
    pub reason: String,
    /// What may have been meant, absolute.
    pub near: Option<PathBuf>,
}

/// Finds the files to scan at and below `paths`, as seen from the working folder `working` (absolute, canonical).
pub fn walk(paths: &[PathBuf], working: &Path, options: &WalkOptions) -> Result<Found, NoSuchPath> {
    let global = if options.respect_gitignore {
        Ignores::global()
    } else {
        Ignores::none()
    };
    let walk = Walk {
        options,
        global,
        gathered: Mutex::default(),
    };
    let mut gathered = Gathered::default();
    let mut roots = Vec::new();

    for path in paths {
        let real = working
            .join(path)
            .canonicalize()
            .map_err(|error| no_such_path(path, working, describe(&error)))?;
        let metadata = real
            .metadata()
            .map_err(|error| no_such_path(path, working, describe(&error)))?;
        let shown = shown(path, working);
        if metadata.is_dir() {
            let folder = walk.root(&real, shown, true);
            walk.below(folder, &real);
            roots.push(real);
        } else if metadata.is_file() {
            let kind = if options.manifests {
                FileKind::Manifest
            } else {
                explicit_kind(&real)
            };
            gathered.files.push(FoundFile {
                base: base_of(&shown, false),
                shown: shown.into(),
                path: real,
                kind,
            });
        } else {
            return Err(NoSuchPath {
                path: path.clone(),
                reason: not_regular(metadata.file_type()).to_owned(),
                near: None,
            });
        }
    }
    gathered.append(walk.take());
    walk.follow_links(&mut gathered, &mut roots);
    Ok(gathered.finish())
}

fn no_such_path(path: &Path, working: &Path, error: SourceError) -> NoSuchPath {
    if error.kind != ProblemKind::Vanished {
        return NoSuchPath {
            path: path.to_path_buf(),
            reason: error.message,
            near: None,
        };
    }
    // The deepest folder that is there may have an entry with nearly this name.
    let absolute = working.join(path);
    let folder = absolute.ancestors().skip(1).find(|folder| folder.is_dir());
    let near = folder.and_then(|folder| {
        let wanted = absolute.strip_prefix(folder).ok()?.components().next()?;
        let entries = read_entries(folder).ok()?;
        let names: Vec<&str> = entries
            .iter()
            .filter_map(|(name, _)| name.to_str())
            .collect();
        nearest(wanted.as_os_str().to_str()?, names).map(|name| folder.join(name))
    });
    NoSuchPath {
        path: path.to_path_buf(),
        reason: "does not exist".to_owned(),
        near,
    }
}

/// A file that was named is scanned whatever it is called.
pub fn explicit_kind(path: &Path) -> FileKind {
    let in_templates = path
        .components()
        .any(|part| part.as_os_str() == "templates");
    match recognise::file_name(path.file_name().unwrap_or_default(), in_templates) {
        NameSays::Kind(kind) => kind,
        NameSays::PerhapsScript | NameSays::Nothing => FileKind::Python,
    }
}

struct Walk<'a> {
    options: &'a WalkOptions,
    global: Arc<Ignores>,
    gathered: Mutex<Gathered>,
}

#[derive(Debug, Default)]
struct Gathered {
    files: Vec<FoundFile>,
    links: Vec<Link>,
    problems: Vec<Problem>,
    left_out: Vec<LeftOut>,
}

#[derive(Debug)]
struct Link {
    path: PathBuf,
    shown: String,
    base: Arc<str>,
    in_templates: bool,
}

/// A folder about to be listed.
#[allow(clippy::struct_excessive_bools, reason = "independent facts")]
struct Folder {
    path: PathBuf,
    shown: String,
    base: Arc<str>,
    /// What git ignores here, without the folder's own `.gitignore`.
    ignores: Arc<Ignores>,
    /// Named by the user: scanned whatever it looks like.
    asked_for: bool,
    /// Folders of installed packages inside are scanned: the user named an environment.
    in_environment: bool,
    in_templates: bool,
    beside_setup: bool,
}

/// Where an entry was found.
struct Place<'a> {
    folder: &'a Folder,
    root: &'a Path,
    /// With the folder's own `.gitignore`.
    ignores: &'a Ignores,
    in_templates: bool,
}

impl Walk<'_> {
    fn take(&self) -> Gathered {
        std::mem::take(&mut *self.gathered.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn root(&self, path: &Path, shown: String, asked_for: bool) -> Folder {
        Folder {
            ignores: if self.options.respect_gitignore {
                Ignores::above(path, &self.global)
            } else {
                Ignores::none()
            },
            in_templates: path
                .components()
                .any(|part| part.as_os_str() == "templates"),
            path: path.to_path_buf(),
            base: base_of(&shown, true),
            shown,
            asked_for,
            in_environment: false,
            beside_setup: false,
        }
    }

    /// Everything in and below a folder; `root` is the folder the user named.
    fn below(&self, folder: Folder, root: &Path) {
        rayon::scope(|scope| self.list(folder, root, scope));
    }

    fn list<'scope>(
        &'scope self,
        mut folder: Folder,
        root: &'scope Path,
        scope: &rayon::Scope<'scope>,
    ) {
        let mut gathered = Gathered::default();
        let entries = match read_entries(&folder.path) {
            Ok(entries) => entries,
            Err(error) => {
                gathered
                    .problems
                    .push(Problem::in_file(error.kind, folder.shown, error.message));
                return self.add(gathered);
            }
        };

        let name = folder.path.file_name().unwrap_or_default();
        let what = recognise::folder(
            name,
            &entries.iter().map(|(name, _)| name.as_os_str()),
            folder.beside_setup,
        );
        match what {
            Some(FolderIs::Environment(_)) if folder.asked_for => folder.in_environment = true,
            Some(FolderIs::Environment(_)) if folder.in_environment => {}
            Some(FolderIs::Vendored(_)) if self.options.include_vendored => {}
            Some(what) if !folder.asked_for => {
                gathered.left_out.push(LeftOut {
                    path: folder.shown,
                    reason: what.reason().to_owned(),
                });
                return self.add(gathered);
            }
            _ => {}
        }

        let has = |wanted: &str| entries.iter().any(|(name, _)| name == wanted);
        let mut ignores = Arc::clone(&folder.ignores);
        if self.options.respect_gitignore {
            if has(".git") {
                ignores = self.global.at_top_of_repository(&folder.path);
            }
            if has(".gitignore") {
                ignores = ignores.with_file(&folder.path.join(".gitignore"), Some(&folder.path));
            }
        }
        let beside_setup = has("setup.py") || has("pyproject.toml") || has("setup.cfg");
        let in_templates = folder.in_templates || name == "templates";

        for (name, file_type) in entries {
            let path = folder.path.join(&name);
            if file_type.is_dir() {
                if recognise::is_administration(&name) {
                    continue;
                }
                let shown = shown_in(&folder.shown, &name);
                if let Some(reason) = self.leaves_out(&path, root, &ignores, true) {
                    // The more telling reason, for the folder that everybody ignores.
                    let environment = path.join("pyvenv.cfg").exists();
                    let reason = if environment {
                        "virtual environment"
                    } else {
                        reason
                    }
                    .to_owned();
                    gathered.left_out.push(LeftOut {
                        path: shown,
                        reason,
                    });
                    continue;
                }
                let inner = Folder {
                    path,
                    shown,
                    base: Arc::clone(&folder.base),
                    ignores: Arc::clone(&ignores),
                    asked_for: false,
                    in_environment: folder.in_environment,
                    in_templates,
                    beside_setup,
                };
                scope.spawn(move |scope| self.list(inner, root, scope));
            } else if file_type.is_symlink() {
                // `.#name` is how Emacs locks a file: it never leads anywhere.
                if name.as_encoded_bytes().starts_with(b".#")
                    || self.leaves_out(&path, root, &ignores, false).is_some()
                {
                    continue;
                }
                gathered.links.push(Link {
                    path,
                    shown: shown_in(&folder.shown, &name),
                    base: Arc::clone(&folder.base),
                    in_templates,
                });
            } else {
                let place = Place {
                    folder: &folder,
                    root,
                    ignores: &ignores,
                    in_templates,
                };
                self.file(&place, path, file_type, &mut gathered);
            }
        }
        self.add(gathered);
    }

    fn file(
        &self,
        place: &Place<'_>,
        path: PathBuf,
        file_type: std::fs::FileType,
        gathered: &mut Gathered,
    ) {
        let &Place {
            folder,
            root,
            ignores,
            in_templates,
        } = place;
        let name = path.file_name().unwrap_or_default();
        let included = |path: &Path| {
            self.options
                .include
                .iter()
                .any(|patterns| patterns.names(path, root, false))
        };
        let shown = shown_in(&folder.shown, name);
        let kind = match self.says(&shown, name, in_templates) {
            NameSays::Kind(kind) => kind,
            NameSays::Nothing if self.options.manifests => return,
            says => {
                let regular = file_type.is_file();
                if included(&path)
                    || (regular && says == NameSays::PerhapsScript && is_script(&path))
                {
                    FileKind::Python
                } else {
                    return;
                }
            }
        };
        if let Some(reason) = self.leaves_out(&path, root, ignores, false) {
            gathered.left_out.push(LeftOut {
                path: shown,
                reason: reason.to_owned(),
            });
        } else if file_type.is_file() {
            gathered.files.push(FoundFile {
                shown: shown.into(),
                path,
                kind,
                base: Arc::clone(&folder.base),
            });
        } else {
            gathered.problems.push(Problem::in_file(
                ProblemKind::SpecialFile,
                shown,
                not_regular(file_type),
            ));
        }
    }

    /// What the name of a file says of it.
    fn says(&self, shown: &str, name: &OsStr, in_templates: bool) -> NameSays {
        if self.options.manifests {
            recognise::manifest(shown)
        } else {
            recognise::file_name(name, in_templates)
        }
    }

    /// Why a path that lies in a scanned folder is not scanned, if so.
    fn leaves_out(
        &self,
        path: &Path,
        root: &Path,
        ignores: &Ignores,
        is_folder: bool,
    ) -> Option<&'static str> {
        if self
            .options
            .exclude
            .iter()
            .any(|patterns| patterns.names(path, root, is_folder))
        {
            return Some("excluded");
        }
        ignores.ignores(path, is_folder).then_some("ignored by git")
    }

    fn add(&self, gathered: Gathered) {
        self.gathered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .append(gathered);
    }

    /// Follows the links that were put aside: each to a file that is not known yet, or to a folder that was not
    /// walked. Ends, since every folder is walked at most once.
    fn follow_links(&self, gathered: &mut Gathered, roots: &mut Vec<PathBuf>) {
        let mut known: FxHashSet<PathBuf> = FxHashSet::default();
        let mut taken = 0;
        while !gathered.links.is_empty() {
            known.extend(gathered.files[taken..].iter().map(|file| file.path.clone()));
            taken = gathered.files.len();
            let mut links = std::mem::take(&mut gathered.links);
            links.sort_by(|one, other| one.shown.cmp(&other.shown));
            for link in links {
                match self.follow(&link, &known, roots) {
                    Ok(Followed::File(file)) => {
                        known.insert(file.path.clone());
                        gathered.files.push(file);
                    }
                    Ok(Followed::Folder(target)) => {
                        let mut folder = self.root(&target, link.shown, false);
                        folder.in_templates |= link.in_templates;
                        folder.base = link.base;
                        self.below(folder, &target);
                        gathered.append(self.take());
                        roots.push(target);
                    }
                    Ok(Followed::Nothing) => {}
                    Err(problem) => gathered.problems.push(problem),
                }
            }
        }
    }

    /// Where a link leads, if to anything that is to be scanned and is not known.
    fn follow(
        &self,
        link: &Link,
        known: &FxHashSet<PathBuf>,
        roots: &[PathBuf],
    ) -> Result<Followed, Problem> {
        let name = link.path.file_name().unwrap_or_default();
        let says = self.says(&link.shown, name, link.in_templates);
        let broken =
            |message: &str| Problem::in_file(ProblemKind::BrokenLink, link.shown.as_str(), message);
        let target = match link.path.canonicalize() {
            Ok(target) => target,
            // A link to nothing that could not have been Python is none of our business.
            Err(_) if says == NameSays::Nothing => return Ok(Followed::Nothing),
            Err(error) => {
                let error = describe(&error);
                return Err(match error.kind {
                    ProblemKind::Vanished => broken("is a symbolic link to nothing"),
                    kind => Problem::in_file(kind, link.shown.as_str(), error.message),
                });
            }
        };
        let Ok(metadata) = target.metadata() else {
            return Ok(Followed::Nothing);
        };
        if metadata.is_dir() {
            if link.path.starts_with(&target) {
                return Err(broken(
                    "is a symbolic link to a folder around it, so it was not followed",
                ));
            }
            if recognise::is_administration(name)
                || roots.iter().any(|root| target.starts_with(root))
            {
                return Ok(Followed::Nothing);
            }
            return Ok(Followed::Folder(target));
        }
        let kind = match (
            says,
            self.says(
                &target.to_string_lossy(),
                target.file_name().unwrap_or_default(),
                link.in_templates,
            ),
        ) {
            (NameSays::Kind(kind), _) | (_, NameSays::Kind(kind)) => kind,
            (NameSays::PerhapsScript, _) if metadata.is_file() && is_script(&target) => {
                FileKind::Python
            }
            _ => return Ok(Followed::Nothing),
        };
        if !metadata.is_file() {
            let message = not_regular(metadata.file_type());
            return Err(Problem::in_file(
                ProblemKind::SpecialFile,
                link.shown.as_str(),
                message,
            ));
        }
        if known.contains(&target) {
            return Ok(Followed::Nothing);
        }
        Ok(Followed::File(FoundFile {
            shown: link.shown.as_str().into(),
            path: target,
            kind,
            base: Arc::clone(&link.base),
        }))
    }
}

enum Followed {
    File(FoundFile),
    Folder(PathBuf),
    Nothing,
}

impl Gathered {
    fn append(&mut self, mut other: Self) {
        self.files.append(&mut other.files);
        self.links.append(&mut other.links);
        self.problems.append(&mut other.problems);
        self.left_out.append(&mut other.left_out);
    }

    /// Sorted, and each file once: by real path for one that was reached twice, and by shown path, since that is its
    /// name from here on.
    fn finish(mut self) -> Found {
        self.files
            .sort_by(|one, other| (&one.shown, &one.base).cmp(&(&other.shown, &other.base)));
        let mut seen: FxHashSet<&Path> = FxHashSet::default();
        let mut files: BTreeMap<&Arc<str>, &FoundFile> = BTreeMap::new();
        for file in self.files.iter().filter(|file| seen.insert(&file.path)) {
            match files.entry(&file.shown) {
                Entry::Vacant(place) => _ = place.insert(file),
                Entry::Occupied(_) => self.problems.push(Problem::in_file(
                    ProblemKind::Unreadable,
                    Arc::clone(&file.shown),
                    "has the name under which another file is shown",
                )),
            }
        }
        let files = files.into_values().cloned().collect();
        self.problems.sort();
        self.problems.dedup();
        self.left_out.sort();
        self.left_out.dedup();
        Found {
            files,
            problems: self.problems,
            left_out: self.left_out,
        }
    }
}

fn read_entries(folder: &Path) -> Result<Vec<(OsString, std::fs::FileType)>, SourceError> {
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| describe(&error))? {
        let entry = entry.map_err(|error| describe(&error))?;
        match entry.file_type() {
            Ok(file_type) => entries.push((entry.file_name(), file_type)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {} // gone since it was listed
            Err(error) => return Err(describe(&error)),
        }
    }
    Ok(entries)
}

fn is_script(path: &Path) -> bool {
    // What cannot be opened here is no script as far as anybody can tell.
    read_beginning(path, SHEBANG_LENGTH).is_ok_and(|beginning| recognise::runs_python(&beginning))
}

/// The kind of a file of an old revision, known by its path alone, or `None` if it would not have been scanned.
/// `bytes` is asked for the beginning of a file that may be a script.
pub fn kind_by_path(
    path: &str,
    options: &WalkOptions,
    base: &Path,
    bytes: impl FnOnce() -> Vec<u8>,
) -> Option<FileKind> {
    let parts: Vec<&str> = path.split('/').collect();
    let (name, folders) = parts.split_last()?;
    let in_templates = folders.contains(&"templates");
    let left_out = folders.iter().any(|folder| {
        recognise::is_administration(OsStr::new(folder))
            || match recognise::folder(OsStr::new(folder), &std::iter::empty(), false) {
                Some(FolderIs::Vendored(_)) => !self::is_own(folder) && !options.include_vendored,
                Some(_) => true,
                None => false,
            }
    });
    let absolute = base.join(path);
    if left_out
        || options
            .exclude
            .iter()
            .any(|patterns| patterns.names_or_holds(&absolute))
    {
        return None;
    }
    match recognise::file_name(OsStr::new(name), in_templates) {
        NameSays::Kind(kind) => Some(kind),
        _ if options
            .include
            .iter()
            .any(|patterns| patterns.names_or_holds(&absolute)) =>
        {
            Some(FileKind::Python)
        }
        NameSays::PerhapsScript => recognise::runs_python(&bytes()).then_some(FileKind::Python),
        NameSays::Nothing => None,
    }
}

/// `vendor` may be an application of the project; which, its files would tell. An old revision is read to know what
/// was there before, so too much does no harm.
fn is_own(folder: &str) -> bool {
    folder == "vendor"
}

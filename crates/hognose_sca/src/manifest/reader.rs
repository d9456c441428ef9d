//! One file being read: its text, what was found so far, and the files it leads to.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use hognose_finding::{Problem, ProblemKind, Range, Sources};
use rustc_hash::FxHashSet;

use super::Manifest;
use super::text::{Lines, Span, decode};
use super::tree::Fault;
use crate::{Dependency, DependencySource, Requirement};

/// Problems of one file; a file that is broken in more places is broken.
const MAX_PROBLEMS: usize = 200;

/// Files that include each other.
const MAX_INCLUDE_DEPTH: usize = 32;

/// Files that a container is noted to have, and folders that a file of it is looked for in.
const MAX_COPIES: usize = 200;
const MAX_PLACES: usize = 8;

/// Files that one file leads to.
const MAX_INCLUDES: usize = 2_000;

/// Files that were read, whether as constraints, and for which groups.
type Seen = FxHashSet<(Arc<str>, bool, Vec<Arc<str>>)>;

/// A file, and what it gave so far.
pub(crate) struct Reader<'a> {
    pub(crate) path: Arc<str>,
    pub(crate) text: &'a str,
    lines: Lines<'a>,
    sources: &'a dyn Sources,
    /// Files that led here, outermost first.
    included_by: Vec<Arc<str>>,
    /// What was read because of the first file.
    seen: Rc<RefCell<Seen>>,
    /// Whether all of this file only restrains versions.
    pub(crate) constraint: bool,
    /// Groups of all that is found.
    pub(crate) groups: Vec<Arc<str>>,
    found: Manifest,
    /// Whether paths are those of another place (a container, the root of the repository), so that files are looked for
    /// in all folders around.
    looks_around: bool,
    /// What was copied into the container under which name.
    copies: Vec<(String, String)>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(path: &str, text: &'a str, sources: &'a dyn Sources) -> Self {
        let path: Arc<str> = path.into();
        Reader {
            seen: Rc::default(),
            path,
            text,
            lines: Lines::new(text),
            sources,
            included_by: Vec::new(),
            constraint: false,
            groups: Vec::new(),
            found: Manifest::default(),
            looks_around: false,
            copies: Vec::new(),
        }
    }

    /// What was found, in the order of the file.
    pub(crate) fn finish(self) -> Manifest {
        self.found
    }

    pub(crate) fn range(&self, span: &Span) -> Range {
        self.lines.range(span)
    }

    /// A dependency at a place of this file, from an index, in the reader's groups.
    pub(crate) fn dependency(
        &self,
        name: &str,
        requirement: Requirement,
        span: &Span,
    ) -> Dependency {
        Dependency {
            name: normal_name(name).into(),
            requirement,
            source: DependencySource::Index(None),
            path: self.path.clone(),
            range: self.range(span),
            groups: self.groups.clone(),
            extras: Vec::new(),
            marker: "".into(),
            hashes: Vec::new(),
            chain: Vec::new(),
            included_by: self.included_by.clone(),
            constraint: self.constraint,
        }
    }

    pub(crate) fn push(&mut self, dependency: Dependency) {
        self.found.dependencies.push(dependency);
    }

    /// From here on paths of files are those of a container or of the repository's root.
    pub(crate) fn look_around(&mut self) {
        self.looks_around = true;
    }

    /// Notes a file that a container has under another name.
    pub(crate) fn copied(&mut self, from: &str, to: &str) {
        if self.copies.len() < MAX_COPIES {
            self.copies.push((from.to_owned(), to.to_owned()));
        }
    }

    /// Where the file may lie that this one calls `relative`, best first.
    fn places(&self, relative: &str) -> Vec<String> {
        let mut places = vec![beside(&self.path, relative)];
        if !self.looks_around {
            return places;
        }
        let copied = self.copies.iter().filter(|(_, to)| to == relative);
        let mut names: Vec<&str> = copied.map(|(from, _)| from.as_str()).collect();
        // `/app/requirements/base.txt`, then without `/app`, then without `requirements`.
        let mut rest = relative.trim_start_matches("./").trim_start_matches('/');
        loop {
            names.push(rest);
            match rest.split_once('/') {
                Some((_, after)) if names.len() < MAX_PLACES => rest = after,
                _ => break,
            }
        }
        let path = normal_path(&self.path);
        for name in names {
            let mut folder = path.as_str();
            for _ in 0..MAX_PLACES {
                folder = folder.rsplit_once('/').map_or("", |(folder, _)| folder);
                let prefix = if folder.is_empty() {
                    String::new()
                } else {
                    format!("{folder}/")
                };
                places.push(normal_path(&format!("{prefix}{name}")));
                if folder.is_empty() {
                    break;
                }
            }
        }
        places
    }

    /// Whether there is a file that this one would call so.
    pub(crate) fn exists(&self, relative: &str) -> bool {
        self.sources.read(&beside(&self.path, relative)).is_ok()
    }

    /// The bytes of a file in the same folder, if there is one.
    pub(crate) fn neighbour(&self, name: &str) -> Option<Vec<u8>> {
        self.sources.read(&beside(&self.path, name)).ok()
    }

    /// Everything found so far.
    pub(crate) fn dependencies(&mut self) -> &mut [Dependency] {
        &mut self.found.dependencies
    }

    /// Does something for whose findings these groups hold.
    pub(crate) fn within(&mut self, groups: Vec<Arc<str>>, read: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.groups, groups);
        read(self);
        self.groups = outer;
    }

    /// Does something whose findings only restrain versions.
    pub(crate) fn restraining(&mut self, read: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.constraint, true);
        read(self);
        self.constraint = outer;
    }

    pub(crate) fn problem(&mut self, kind: ProblemKind, span: &Span, message: impl Into<String>) {
        let problems = self.found.problems.len();
        if problems < MAX_PROBLEMS {
            let problem = Problem::in_file(kind, self.path.clone(), message);
            self.found.problems.push(problem.at(self.range(span)));
        } else if problems == MAX_PROBLEMS {
            let message = "further problems of this file are left out";
            let problem = Problem::in_file(ProblemKind::Budget, self.path.clone(), message);
            self.found.problems.push(problem);
        }
    }

    /// A place that says what is installed in a way that cannot be read.
    pub(crate) fn unreadable(&mut self, span: &Span, message: impl Into<String>) {
        self.problem(ProblemKind::Configuration, span, message);
    }

    /// What a tree's reader could not make out.
    pub(crate) fn fault(&mut self, fault: &Fault) {
        let kind = if fault.too_deep {
            ProblemKind::TooDeep
        } else {
            ProblemKind::SyntaxError
        };
        self.problem(kind, &fault.span, fault.message.as_str());
    }

    /// Reads another file with `parse`, as if its entries stood here. `relative` is what this file calls it.
    pub(crate) fn include(
        &mut self,
        span: &Span,
        relative: &str,
        constraint: bool,
        parse: fn(&mut Reader<'_>),
    ) {
        if relative.contains("://") {
            let message = format!(
                "`{}` is not fetched",
                super::link::without_password(relative)
            );
            return self.problem(ProblemKind::Unreadable, span, message);
        }
        let constraint = constraint || self.constraint;
        let mut places = self.places(relative).into_iter();
        let mut path: Arc<str> = places.next().unwrap_or_default().into();
        let mut bytes = self.sources.read(&path);
        for place in places {
            if bytes.is_ok() {
                break;
            }
            if let Ok(found) = self.sources.read(&place) {
                bytes = Ok(found);
                path = place.into();
            }
        }
        let circular = self.included_by.contains(&path) || *path == *normal_path(&self.path);
        if circular {
            return self.unreadable(span, format!("`{relative}` leads back to itself"));
        }
        if self.included_by.len() >= MAX_INCLUDE_DEPTH {
            return self.problem(
                ProblemKind::TooDeep,
                span,
                "too many files inside each other",
            );
        }
        let (first, count) = {
            let mut seen = self.seen.borrow_mut();
            let key = (path.clone(), constraint, self.groups.clone());
            (seen.insert(key), seen.len())
        };
        if !first {
            return;
        }
        if count > MAX_INCLUDES {
            return self.problem(ProblemKind::Budget, span, "too many files are included");
        }
        let bytes = match bytes {
            Ok(bytes) => bytes,
            // What is named and not there was not lost on the way.
            Err(error) if error.kind == ProblemKind::Vanished => {
                let message = format!("`{relative}` does not exist");
                return self.problem(ProblemKind::Unreadable, span, message);
            }
            Err(error) => {
                return self.problem(error.kind, span, format!("`{relative}`: {error}"));
            }
        };
        let (text, bad) = decode(&bytes);
        let mut included_by = self.included_by.clone();
        included_by.push(normal_path(&self.path).into());
        let mut inner = Reader {
            path,
            text: &text,
            lines: Lines::new(&text),
            sources: self.sources,
            included_by,
            seen: Rc::clone(&self.seen),
            constraint,
            groups: self.groups.clone(),
            found: Manifest::default(),
            looks_around: false,
            copies: Vec::new(),
        };
        if let Some(message) = bad {
            inner.problem(ProblemKind::Encoding, &(0..0), message);
        }
        parse(&mut inner);
        let found = inner.finish();
        self.found.dependencies.extend(found.dependencies);
        self.found.problems.extend(found.problems);
    }
}

/// A name in the form in which names are compared (PEP 503).
pub fn normal_name(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for c in name.trim().chars() {
        if matches!(c, '-' | '_' | '.') {
            if !normal.ends_with('-') {
                normal.push('-');
            }
        } else {
            normal.push(c.to_ascii_lowercase());
        }
    }
    normal
}

/// The path of what `path` calls `relative`.
pub(crate) fn beside(path: &str, relative: &str) -> String {
    let relative = relative.strip_prefix("file:").unwrap_or(relative);
    let relative = relative.replace('\\', "/");
    let absolute = relative.starts_with('/') || relative.as_bytes().get(1) == Some(&b':');
    match path.replace('\\', "/").rsplit_once('/') {
        Some((folder, _)) if !absolute => normal_path(&format!("{folder}/{relative}")),
        _ => normal_path(&relative),
    }
}

/// A path without `.` and without a `..` that has something to take away.
fn normal_path(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." if !matches!(parts.last(), None | Some(&".." | &"")) => {
                parts.pop();
            }
            "" if !parts.is_empty() => {}
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::{beside, normal_name};

    #[test]
    fn names_and_paths_have_one_form() {
        assert_eq!(normal_name("Ruamel._-Yaml"), "ruamel-yaml");
        assert_eq!(beside("a/b/r.txt", "../c/./d.txt"), "a/c/d.txt");
        assert_eq!(beside("r.txt", "../c.txt"), "../c.txt");
        assert_eq!(beside("a/r.txt", "/x/c.txt"), "/x/c.txt");
        assert_eq!(beside("/a/r.txt", "../../c.txt"), "/../c.txt");
        assert_eq!(beside("a/r.txt", "sub\\c.txt"), "a/sub/c.txt");
    }
}

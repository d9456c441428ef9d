//! What a file or folder is, judged by its name and by what lies in it.

use std::ffi::OsStr;
use std::path::Path;

/// What kind of source a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// A Python module or script.
    Python,
    /// A Python stub.
    Stub,
    /// A Jupyter notebook.
    Notebook,
    /// A template of a web framework.
    Template,
    /// A file that says what is installed.
    Manifest,
}

/// What a file name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameSays {
    /// It is of this kind.
    Kind(FileKind),
    /// It may be a script: the first line decides.
    PerhapsScript,
    /// It is nothing that is scanned.
    Nothing,
}

/// Judges a file by its name; `in_templates`: some folder above it is called `templates`.
pub fn file_name(name: &OsStr, in_templates: bool) -> NameSays {
    let name = name.as_encoded_bytes();
    let Some(dot) = name.iter().rposition(|&byte| byte == b'.') else {
        return NameSays::PerhapsScript;
    };
    if dot == 0 {
        return NameSays::Nothing; // `.bashrc` has no extension and is no Python script
    }
    match name[dot + 1..].to_ascii_lowercase().as_slice() {
        b"py" | b"pyw" => NameSays::Kind(FileKind::Python),
        b"pyi" => NameSays::Kind(FileKind::Stub),
        b"ipynb" => NameSays::Kind(FileKind::Notebook),
        b"html" | b"htm" | b"jinja" | b"jinja2" | b"j2" | b"mako" => {
            NameSays::Kind(FileKind::Template)
        }
        b"xml" | b"txt" if in_templates => NameSays::Kind(FileKind::Template),
        _ => NameSays::Nothing,
    }
}

/// Judges a file, by its path, as what may say what is installed. Any Python file may: scripts name their dependencies.
pub fn manifest(path: &str) -> NameSays {
    if hognose_sca::manifest::recognise(path).is_some() {
        return NameSays::Kind(FileKind::Manifest);
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    match file_name(OsStr::new(name), false) {
        NameSays::Kind(FileKind::Python) => NameSays::Kind(FileKind::Python),
        _ => NameSays::Nothing,
    }
}

/// Whether the beginning of a file is a `#!` line that runs Python.
pub fn runs_python(beginning: &[u8]) -> bool {
    let Some(rest) = beginning.strip_prefix(b"#!") else {
        return false;
    };
    let line = rest.split(|&byte| byte == b'\n').next().unwrap_or_default();
    // `/usr/bin/env -S python3 -u`, `/opt/python3.12/bin/python3.12`, `/usr/bin/pypy3`: the interpreter is the last
    // part of the first path, or an argument of `env`.
    line.split(u8::is_ascii_whitespace).any(|word| {
        let program = word.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
        let bare = program
            .strip_prefix(b"python")
            .or_else(|| program.strip_prefix(b"pypy"));
        bare.is_some_and(|version| {
            version
                .iter()
                .all(|&byte| byte.is_ascii_digit() || byte == b'.' || byte == b'w')
        })
    })
}

/// How many bytes of a file [`runs_python`] wants; the kernel reads no more either.
pub const SHEBANG_LENGTH: u64 = 256;

/// Folders that nobody expects to be scanned, so that naming them in the report would only be noise: the
/// administration of version control systems, and caches that tools rebuild.
pub fn is_administration(name: &OsStr) -> bool {
    matches!(
        name.to_str(),
        Some(
            ".git"
                | ".hg"
                | ".svn"
                | ".bzr"
                | ".jj"
                | "__pycache__"
                | ".mypy_cache"
                | ".ruff_cache"
                | ".pytest_cache"
                | ".hypothesis"
                | ".ipynb_checkpoints"
                | ".pytype"
                | ".hognose"
        )
    )
}

/// Why a folder is left out unless it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FolderIs {
    /// Installed packages and tools: never part of the project.
    Environment(&'static str),
    /// Other people's code, copied into the project.
    Vendored(&'static str),
    /// Made from other files.
    Generated(&'static str),
}

impl FolderIs {
    /// A few words for the report.
    pub fn reason(self) -> &'static str {
        match self {
            FolderIs::Environment(reason)
            | FolderIs::Vendored(reason)
            | FolderIs::Generated(reason) => reason,
        }
    }
}

/// Judges a folder by its name and the names of its `entries`; `beside_setup`: a file that builds a package
/// (`setup.py`, `pyproject.toml`, `setup.cfg`) lies next to the folder.
pub fn folder<'a>(
    name: &OsStr,
    entries: &(impl Iterator<Item = &'a OsStr> + Clone),
    beside_setup: bool,
) -> Option<FolderIs> {
    let has = |wanted: &[&str]| {
        entries.clone().any(|entry| {
            wanted
                .iter()
                .any(|&wanted| entry.as_encoded_bytes() == wanted.as_bytes())
        })
    };
    if has(&["pyvenv.cfg", "conda-meta"]) {
        return Some(FolderIs::Environment("virtual environment"));
    }
    match name.to_str()? {
        "site-packages" | "dist-packages" | "node_modules" | "bower_components"
        | "__pypackages__" => Some(FolderIs::Environment("installed packages")),
        ".tox" | ".nox" | ".eggs" | ".pixi" | ".direnv" => {
            Some(FolderIs::Environment("environments of a tool"))
        }
        "_vendor" | "_vendored" | "vendored" | "third_party" | "third-party" | "thirdparty" => {
            Some(FolderIs::Vendored("vendored code"))
        }
        // A shop has vendors too: an application folder is the project's own.
        "vendor"
            if !has(&[
                "apps.py",
                "models.py",
                "views.py",
                "urls.py",
                "admin.py",
                "migrations",
                "models",
                "views",
            ]) =>
        {
            Some(FolderIs::Vendored("vendored code"))
        }
        "build" if beside_setup && entries.clone().any(is_build_product) => {
            Some(FolderIs::Generated("build output"))
        }
        "dist" if entries.clone().any(is_distribution) => {
            Some(FolderIs::Generated("built distributions"))
        }
        name if Path::new(name)
            .extension()
            .is_some_and(|extension| extension == "egg")
            && has(&["EGG-INFO"]) =>
        {
            Some(FolderIs::Environment("installed packages"))
        }
        _ => None,
    }
}

/// Entries that `setup.py build` makes: `lib`, `lib.linux-x86_64-3.12`, `bdist.linux-x86_64`, `temp.linux-…`.
fn is_build_product(entry: &OsStr) -> bool {
    let entry = entry.as_encoded_bytes();
    entry == b"lib"
        || [&b"lib."[..], b"bdist.", b"temp.", b"scripts-"]
            .iter()
            .any(|start| entry.starts_with(start))
}

fn is_distribution(entry: &OsStr) -> bool {
    let entry = entry.as_encoded_bytes();
    [&b".whl"[..], b".tar.gz", b".egg"]
        .iter()
        .any(|end| entry.ends_with(end))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::{FileKind, FolderIs, NameSays, file_name, folder, runs_python};

    #[test]
    fn names_of_files() {
        let check = |name: &str, in_templates, expected| {
            assert_eq!(
                file_name(OsStr::new(name), in_templates),
                expected,
                "{name}"
            );
        };
        check("a.py", false, NameSays::Kind(FileKind::Python));
        check("A.PY", false, NameSays::Kind(FileKind::Python));
        check("a.pyw", false, NameSays::Kind(FileKind::Python));
        check("a.pyi", false, NameSays::Kind(FileKind::Stub));
        check("a.ipynb", false, NameSays::Kind(FileKind::Notebook));
        check("a.html", false, NameSays::Kind(FileKind::Template));
        check("a.sql.j2", false, NameSays::Kind(FileKind::Template));
        check("mail.txt", true, NameSays::Kind(FileKind::Template));
        check("mail.txt", false, NameSays::Nothing);
        check("manage", false, NameSays::PerhapsScript);
        check(".py", false, NameSays::Nothing);
        check("a.pyc", false, NameSays::Nothing);
    }

    #[test]
    fn first_lines() {
        let check =
            |line: &str, expected| assert_eq!(runs_python(line.as_bytes()), expected, "{line}");
        check("#!/usr/bin/python\n", true);
        check("#!/usr/bin/env python3\nimport os", true);
        check("#! /usr/bin/env -S python3.12 -u", true);
        check("#!/usr/bin/pypy3", true);
        check("#!/bin/sh\n# python", false);
        check("#!/usr/bin/python-config", false);
        check("python", false);
        check("", false);
    }

    #[test]
    fn folders() {
        let check = |name: &str, entries: &[&str], beside_setup, expected: Option<FolderIs>| {
            assert_eq!(
                folder(
                    OsStr::new(name),
                    &entries.iter().map(OsStr::new),
                    beside_setup
                ),
                expected,
                "{name}"
            );
        };
        check(
            "env",
            &["bin", "pyvenv.cfg"],
            false,
            Some(FolderIs::Environment("virtual environment")),
        );
        check(
            "site-packages",
            &[],
            false,
            Some(FolderIs::Environment("installed packages")),
        );
        check(
            "_vendor",
            &[],
            false,
            Some(FolderIs::Vendored("vendored code")),
        );
        check(
            "vendor",
            &["requests"],
            false,
            Some(FolderIs::Vendored("vendored code")),
        );
        check("vendor", &["__init__.py", "models.py"], false, None);
        check(
            "build",
            &["lib"],
            true,
            Some(FolderIs::Generated("build output")),
        );
        check("build", &["lib"], false, None);
        check("build", &["tasks.py"], true, None);
        check(
            "dist",
            &["a-1.0.tar.gz"],
            false,
            Some(FolderIs::Generated("built distributions")),
        );
        check("dist", &["a.py"], true, None);
        check("src", &["a.py"], true, None);
    }
}

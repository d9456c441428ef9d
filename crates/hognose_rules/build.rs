//! Lists the rule pages and the model stubs, so that they become part of the binary.
//!
//! Cargo runs this again when a file below `rules/` or `models/` is added, removed or changed.
#![allow(
    clippy::disallowed_methods,
    reason = "build scripts read and write files by their nature"
)]
#![allow(
    clippy::disallowed_macros,
    reason = "printing is how a build script speaks to Cargo"
)]

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

fn main() -> io::Result<()> {
    // Relative to the package, which is the working directory of a build script.
    let root = Path::new("../..");
    let mut code = String::new();
    list(root, "rules", "md", "RULES", &mut code)?;
    list(root, "models", "pyi", "MODELS", &mut code)?;
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("embedded.rs"), code)
}

/// Adds `static NAME: [(path, text); n]`, sorted by path, of all files in `folder` that end in `.extension`.
fn list(
    root: &Path,
    folder: &str,
    extension: &str,
    name: &str,
    code: &mut String,
) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", root.join(folder).display());
    let mut paths = Vec::new();
    walk(root, folder, extension, &mut paths)?;
    paths.sort();
    let _ = writeln!(
        code,
        "pub(crate) static {name}: [(&str, &str); {}] = [",
        paths.len()
    );
    for path in paths {
        let _ = writeln!(
            code,
            "    ({path:?}, include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {:?}))),",
            format!("/../../{path}")
        );
    }
    code.push_str("];\n");
    Ok(())
}

/// Collects paths relative to `root`, with `/` as separator.
fn walk(root: &Path, folder: &str, extension: &str, paths: &mut Vec<String>) -> io::Result<()> {
    let entries = match fs::read_dir(root.join(folder)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let path = format!("{folder}/{name}");
        if entry.file_type()?.is_dir() {
            walk(root, &path, extension, paths)?;
        } else if Path::new(&name)
            .extension()
            .is_some_and(|found| found == extension)
            && name != "README.md"
        {
            paths.push(path);
        }
    }
    Ok(())
}

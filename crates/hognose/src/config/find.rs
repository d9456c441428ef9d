//! Finding and reading configuration files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hognose_finding::ProblemKind;
use serde::Deserialize as _;
use toml::de::{DeTable, DeValue, Deserializer};

use super::error::{ConfigError, Origin};
use super::keys::Keys;
use crate::sources::{read_regular, shown};

/// A configuration file larger than this is none.
const LIMIT: u64 = 4 << 20;

/// What configuration files are called, in the order in which they are looked for in a folder.
const NAMES: [&str; 2] = ["hognose.toml", "pyproject.toml"];

/// Keys from one place.
#[derive(Debug, Clone)]
pub struct Layer {
    /// What it sets.
    pub keys: Keys,
    /// The text, for errors.
    pub origin: Arc<Origin>,
    /// What paths and patterns in it are relative to, absolute.
    pub base: PathBuf,
    /// Found beside the scanned code, not given by the user, so that it is trusted no further than the code.
    pub discovered: bool,
}

/// The configuration nearest to `paths`: in the deepest folder that holds them all, or the first one above.
pub fn discover(paths: &[PathBuf], working: &Path) -> Result<Option<Layer>, ConfigError> {
    for folder in common_folder(paths, working).ancestors() {
        for name in NAMES {
            let path = folder.join(name);
            let Ok(bytes) = read_regular(&path, LIMIT) else {
                continue;
            };
            let text = String::from_utf8_lossy(&bytes);
            if let Some(layer) = parse(
                &shown(&path, working),
                &text,
                folder,
                name == "pyproject.toml",
            )? {
                return Ok(Some(Layer {
                    discovered: true,
                    ..layer
                }));
            }
        }
    }
    Ok(None)
}

/// Configuration files that lie beside or above one of `files`, but too deep to hold for all of `paths`. They are not
/// used, which whoever wrote them should be told.
pub fn too_deep(paths: &[PathBuf], files: &[&Path], working: &Path) -> Vec<PathBuf> {
    let common = common_folder(paths, working);
    let mut folders = BTreeSet::new();
    for file in files {
        for folder in file.ancestors().skip(1) {
            let inside = folder.starts_with(&common) && folder != common;
            // Where one folder has been seen, so have those above it.
            if !inside || !folders.insert(folder) {
                break;
            }
        }
    }
    let is_ours = |path: &PathBuf| {
        let Ok(bytes) = read_regular(path, LIMIT) else {
            return false;
        };
        let text = String::from_utf8_lossy(&bytes);
        // A wrong one was meant to be used, too.
        path.ends_with("hognose.toml") || !matches!(parse("", &text, &common, true), Ok(None))
    };
    folders
        .into_iter()
        .filter_map(|folder| {
            NAMES
                .iter()
                .map(|name| folder.join(name))
                .find(|path| is_ours(path))
        })
        .collect()
}

/// The deepest folder that holds all of `paths`.
fn common_folder(paths: &[PathBuf], working: &Path) -> PathBuf {
    let mut common: Option<PathBuf> = None;
    for path in paths {
        let Ok(path) = working.join(path).canonicalize() else {
            continue;
        };
        let folder = if path.is_dir() {
            path.as_path()
        } else {
            path.parent().unwrap_or(&path)
        };
        common = Some(match common {
            None => folder.to_path_buf(),
            Some(common) => common
                .ancestors()
                .find(|ancestor| folder.starts_with(ancestor))
                .map_or_else(|| working.to_path_buf(), Path::to_path_buf),
        });
    }
    common.unwrap_or_else(|| working.to_path_buf())
}

/// A file the user named with `--config`. The error without a place says why it cannot be read.
pub fn read(path: &Path, working: &Path) -> Result<Layer, ReadError> {
    let absolute = working.join(path);
    let name = shown(path, working);
    let bytes = read_regular(&absolute, LIMIT).map_err(|error| {
        let reason = if error.kind == ProblemKind::Vanished {
            "does not exist".to_owned()
        } else {
            error.message
        };
        ReadError::File(name.clone(), reason)
    })?;
    let text = String::from_utf8(bytes)
        .map_err(|_| ReadError::File(name.clone(), "is not UTF-8".to_owned()))?;
    let base = absolute
        .parent()
        .unwrap_or(working)
        .canonicalize()
        .unwrap_or_else(|_| working.to_path_buf());
    let is_pyproject = path
        .file_name()
        .is_some_and(|name| name == "pyproject.toml");
    match parse(&name, &text, &base, is_pyproject).map_err(ReadError::Config)? {
        Some(layer) => Ok(layer),
        None => Err(ReadError::File(
            name,
            "has no section `[tool.hognose]`".to_owned(),
        )),
    }
}

/// Why a file given with `--config` cannot be used.
#[derive(Debug)]
pub enum ReadError {
    /// The file as such: its shown path, and why.
    File(String, String),
    /// What stands in it.
    Config(ConfigError),
}

/// `key=value` given with `--config`. A value that is not TOML is taken as a text, so that the shell's quotes do:
/// `--config persona=auditor`.
pub fn parse_argument(argument: &str, working: &Path) -> Result<Layer, ConfigError> {
    let result = parse("--config", argument, working, false);
    if let (Err(_), Some((key, value))) = (&result, argument.split_once('='))
        && argument.parse::<toml::Table>().is_err()
        && !value.trim_start().starts_with(['"', '\'', '[', '{'])
        && !value.trim().is_empty()
    {
        let quoted = format!("{key}={}", toml::Value::String(value.trim().to_owned()));
        return parse("--config", &quoted, working, false).map(expect_layer);
    }
    result.map(expect_layer)
}

fn expect_layer(layer: Option<Layer>) -> Layer {
    layer.expect("only a `pyproject.toml` can lack the section")
}

/// `None`: a `pyproject.toml` without our section.
fn parse(
    name: &str,
    text: &str,
    base: &Path,
    is_pyproject: bool,
) -> Result<Option<Layer>, ConfigError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let origin = Arc::new(Origin {
        name: name.to_owned(),
        text: text.to_owned(),
    });
    let mut table = match DeTable::parse(text) {
        Ok(table) => table,
        // Somebody else's `pyproject.toml` may be a template of one; it is only our business if we are in it.
        Err(_) if is_pyproject && !text.contains("tool.hognose") => return Ok(None),
        Err(error) => return Err(ConfigError::of_toml(&origin, &error)),
    };
    if is_pyproject {
        let section = table
            .get_mut()
            .remove("tool")
            .and_then(|tool| match tool.into_inner() {
                DeValue::Table(mut tool) => tool.remove("hognose"),
                _ => None,
            });
        let Some(section) = section else {
            return Ok(None);
        };
        let span = section.span();
        let DeValue::Table(section) = section.into_inner() else {
            return Err(ConfigError::new(
                &origin,
                span,
                "`tool.hognose` must be a table",
            ));
        };
        table = toml::Spanned::new(span, section);
    }
    let keys = Keys::deserialize(Deserializer::from(table))
        .map_err(|error| ConfigError::of_toml(&origin, &error))?;
    Ok(Some(Layer {
        keys,
        origin,
        base: base.to_path_buf(),
        discovered: false,
    }))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{parse, parse_argument};
    use crate::config::keys::PersonaWord;

    #[test]
    fn a_section_of_pyproject_keeps_its_place_in_the_file() {
        let text = "[project]\nname = 'x'\n\n[tool.hognose]\npersona = 'auditor'\nselct = ['S6']\n";
        let error = parse("pyproject.toml", text, Path::new("/p"), true).unwrap_err();
        assert_eq!(&text[error.span.clone()], "selct");
        assert_eq!(error.message, "unknown key `selct`");
        assert_eq!(error.help.as_deref(), Some("did you mean `select`?"));
    }

    #[test]
    fn a_pyproject_without_us_is_nobodys_business() {
        assert!(
            parse(
                "pyproject.toml",
                "[project]\nname = 'x'\n",
                Path::new("/p"),
                true
            )
            .unwrap()
            .is_none()
        );
        assert!(
            parse(
                "pyproject.toml",
                "{{ cookiecutter }}",
                Path::new("/p"),
                true
            )
            .unwrap()
            .is_none()
        );
        assert!(parse("pyproject.toml", "[tool.hognose\n", Path::new("/p"), true).is_err());
    }

    #[test]
    fn arguments_need_no_quotes() {
        let working = Path::new("/p");
        for argument in [
            "persona=auditor",
            "persona = 'auditor'",
            "persona=\"auditor\"",
        ] {
            assert_eq!(
                parse_argument(argument, working).unwrap().keys.persona,
                Some(PersonaWord::Auditor)
            );
        }
        assert_eq!(
            parse_argument("max-file-size=1 MiB", working)
                .unwrap()
                .keys
                .max_file_size
                .unwrap()
                .0,
            1 << 20
        );
        assert_eq!(
            parse_argument("require-reason=true", working)
                .unwrap()
                .keys
                .require_reason,
            Some(true)
        );
        let error = parse_argument("persona=audtor", working).unwrap_err();
        assert_eq!(error.help.as_deref(), Some("did you mean `auditor`?"));
    }

    #[test]
    fn wrong_types_are_shown_at_the_value() {
        let text = "persona = 'regular'\nrequire-reason = 'yes'\n";
        let error = parse("hognose.toml", text, Path::new("/p"), false).unwrap_err();
        assert_eq!(&text[error.span.clone()], "'yes'");
        assert_eq!(
            error.message,
            "invalid type: string \"yes\", expected a boolean"
        );
    }
}

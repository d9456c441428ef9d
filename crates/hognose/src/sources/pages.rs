//! The user's own rule pages and model stubs.

use std::path::Path;

use super::read::{describe, read_regular};
use super::shown::shown;

/// A page larger than this is none.
const LIMIT: u64 = 4 << 20;

/// A text file in a folder of the user's knowledge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// As shown to the user.
    pub shown: String,
    /// Relative to the folder, with `/` between the parts.
    pub relative: String,
    /// All of it.
    pub text: String,
}

/// All files with an extension in a folder and the folders in it, in order of their path. The error is a message that
/// begins with the shown path.
pub fn read_folder(folder: &Path, extension: &str, working: &Path) -> Result<Vec<Page>, String> {
    let mut pages = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(here) = folders.pop() {
        let say = |path: &Path, error: &std::io::Error| {
            format!("`{}` {}", shown(path, working), describe(error).message)
        };
        for entry in std::fs::read_dir(&here).map_err(|error| say(&here, &error))? {
            let entry = entry.map_err(|error| say(&here, &error))?;
            let path = entry.path();
            let file_type = entry.file_type().map_err(|error| say(&path, &error))?;
            if file_type.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                let name = shown(&path, working);
                let bytes = read_regular(&path, LIMIT)
                    .map_err(|error| format!("`{name}` {}", error.message))?;
                let text =
                    String::from_utf8(bytes).map_err(|_| format!("`{name}` is not UTF-8"))?;
                let relative = shown(path.strip_prefix(folder).unwrap_or(&path), working);
                pages.push(Page {
                    shown: name,
                    relative,
                    text,
                });
            }
        }
    }
    pages.sort_by(|one, other| one.shown.cmp(&other.shown));
    Ok(pages)
}

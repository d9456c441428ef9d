//! The index of advisories on disk, and folders of records.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use hognose_finding::SourceError;
use hognose_sca::advisory::ReadAt;

use super::read::{describe, open_regular, read_regular};

/// What the index is called in the user's cache.
const NAME: &str = "advisories.index";
/// A record larger than this is none.
const LARGEST_RECORD: u64 = 64 << 20;
/// Folders inside each other; checkouts of databases have some four.
const DEPTH: usize = 32;

/// Where the index is if the user says nothing: in the folder for what can be made again. `None`: the environment does
/// not say which that is.
pub fn index_place(environment: impl Fn(&str) -> Option<std::ffi::OsString>) -> Option<PathBuf> {
    let folder = |name: &str| {
        let folder = PathBuf::from(environment(name)?);
        folder.is_absolute().then_some(folder)
    };
    let cache = if cfg!(windows) {
        folder("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        folder("HOME").map(|home| home.join("Library/Caches"))
    } else {
        folder("XDG_CACHE_HOME").or_else(|| folder("HOME").map(|home| home.join(".cache")))
    };
    cache.map(|cache| cache.join("hognose").join(NAME))
}

/// The file of an index, read in pieces.
#[derive(Debug)]
pub struct IndexFile {
    file: File,
    length: u64,
}

impl IndexFile {
    /// Opens the file.
    pub fn open(path: &Path) -> Result<Self, SourceError> {
        let (file, length) = open_regular(path)?;
        Ok(IndexFile { file, length })
    }
}

impl ReadAt for IndexFile {
    fn length(&self) -> io::Result<u64> {
        Ok(self.length)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(buffer)
    }
}

/// Gives `take` each record of a folder, with its path below the folder and its bytes or why they cannot be had. Hidden
/// folders and links are passed over. The error is a message for after the folder's name.
pub fn each_file(
    folder: &Path,
    mut take: impl FnMut(&str, Result<Vec<u8>, SourceError>),
) -> Result<(), String> {
    let reason = |error: io::Error| describe(&error).message;
    let mut folders = vec![(folder.to_path_buf(), String::new(), 0)];
    while let Some((path, below, depth)) = folders.pop() {
        for entry in fs::read_dir(&path).map_err(reason)? {
            let entry = entry.map_err(reason)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = entry.file_type().map_err(reason)?;
            if name.starts_with('.') {
                continue;
            }
            let shown = if below.is_empty() {
                name
            } else {
                format!("{below}/{name}")
            };
            if kind.is_dir() {
                if depth >= DEPTH {
                    return Err(format!("has more than {DEPTH} folders inside each other"));
                }
                folders.push((entry.path(), shown, depth + 1));
            } else if kind.is_file() && is_record(&shown) {
                take(&shown, read_regular(&entry.path(), LARGEST_RECORD));
            }
        }
    }
    Ok(())
}

/// Whether a name is that of a record: JSON, or YAML.
pub fn is_record(name: &str) -> bool {
    let end = Path::new(name).extension().and_then(|end| end.to_str());
    end.is_some_and(|end| ["json", "yaml", "yml"].contains(&end.to_ascii_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::index_place;

    #[test]
    #[cfg(all(unix, not(target_os = "macos")))]
    fn the_cache_is_where_the_environment_says() {
        let place = |name: &'static str, value: &'static str| {
            index_place(move |asked| (asked == name).then(|| value.into()))
                .map(|path| path.to_string_lossy().into_owned())
        };
        let expected = |text: &str| Some(text.to_owned());
        assert_eq!(
            place("XDG_CACHE_HOME", "/c"),
            expected("/c/hognose/advisories.index")
        );
        assert_eq!(
            place("HOME", "/h"),
            expected("/h/.cache/hognose/advisories.index")
        );
        assert_eq!(place("XDG_CACHE_HOME", "relative"), None);
        assert_eq!(place("OTHER", "/x"), None);
    }
}

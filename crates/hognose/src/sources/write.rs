//! Writing files so that nobody ever sees half of one.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::read::describe;

/// Stands in the name of a file that is about to replace another one.
pub const TEMPORARY: &str = ".hognose-";

/// Replaces `path` by `bytes`, keeping its permissions, or makes it. If anything fails, what was there is untouched.
///
/// A symbolic link is written through to what it leads to. If `within` is given, that must lie in this folder
/// (canonical); else nothing is written. The error is a message for after the path's name.
pub fn write_atomically(path: &Path, bytes: &[u8], within: Option<&Path>) -> Result<(), String> {
    let target = target(path)?;
    if let Some(within) = within
        && !target.starts_with(within)
    {
        return Err(format!("leads out of the folder `{}`", within.display()));
    }
    let existing = fs::metadata(&target).ok();
    if let Some(metadata) = &existing
        && !metadata.is_file()
    {
        // `/dev/null`, `/dev/stdout`, a FIFO: there is nothing to replace, and the user means to write into it.
        if metadata.is_dir() {
            return Err("is a folder".to_owned());
        }
        return OpenOptions::new()
            .write(true)
            .open(&target)
            .and_then(|mut file| file.write_all(bytes))
            .map_err(|error| message(&error));
    }
    let (mut file, temporary) = temporary_beside(&target).map_err(|error| message(&error))?;
    let written = file
        .write_all(bytes)
        .and_then(|()| match &existing {
            Some(metadata) => file.set_permissions(metadata.permissions()),
            None => Ok(()),
        })
        .and_then(|()| file.sync_data())
        .and_then(|()| fs::rename(&temporary, &target));
    drop(file);
    written.map_err(|error| {
        let _ = fs::remove_file(&temporary); // the first error is the one to tell
        message(&error)
    })
}

/// Where writing to `path` ends up: with its folder, and itself if it is there, resolved.
fn target(path: &Path) -> Result<PathBuf, String> {
    match path.canonicalize() {
        Ok(target) => Ok(target),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if path.is_symlink() {
                return Err("is a symbolic link to nothing".to_owned());
            }
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty())
                .unwrap_or(Path::new("."));
            let name = path.file_name().ok_or("is not the name of a file")?;
            let folder = folder.canonicalize().map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => format!(
                    "cannot be written: there is no folder `{}`",
                    folder.display()
                ),
                _ => message(&error),
            })?;
            Ok(folder.join(name))
        }
        Err(error) => Err(message(&error)),
    }
}

/// A new file in the same folder, since only there renaming is atomic. `create_new` refuses what somebody else put
/// there.
fn temporary_beside(target: &Path) -> io::Result<(fs::File, PathBuf)> {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let mut attempt = 0;
    loop {
        let temporary = target.with_file_name(format!(
            ".{name}{TEMPORARY}{}-{attempt}",
            std::process::id()
        ));
        match OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&temporary)
        {
            Ok(file) => return Ok((file, temporary)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < 100 => {
                attempt += 1;
            }
            Err(error) => return Err(error),
        }
    }
}

fn message(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "cannot be written: permission denied".to_owned(),
        io::ErrorKind::StorageFull => "cannot be written: no space left".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => {
            "cannot be written: the file system is read-only".to_owned()
        }
        _ => describe(error)
            .message
            .replace("cannot be read", "cannot be written"),
    }
}

/// Makes a folder and those above it, if they are not there. The error is a message for after the folder's name.
pub fn make_folder(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| message(&error))
}

/// Sees to it that what was renamed in a folder stays so when the power goes. Where a folder cannot be opened for that,
/// as on Windows, the system does it.
pub fn sync_folder(folder: &Path) {
    if let Ok(folder) = fs::File::open(folder) {
        let _ = folder.sync_all(); // the file itself is safe
    }
}

/// Writes files into a folder, which is made if it is not there. The error is a message that names the path.
pub fn write_new_folder(folder: &Path, files: &[(String, Vec<u8>)]) -> Result<(), String> {
    fs::create_dir_all(folder)
        .map_err(|error| format!("`{}` {}", folder.display(), message(&error)))?;
    for (name, bytes) in files {
        let path = folder.join(name);
        write_atomically(&path, bytes, None)
            .map_err(|reason| format!("`{}` {reason}", path.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::write_atomically;

    #[test]
    #[cfg(unix)]
    fn keeps_permissions_and_leaves_nothing_behind() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("run.py");
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o750)).unwrap();
        write_atomically(&file, b"new", None).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(
            fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o750
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    #[cfg(unix)]
    fn writes_through_links_inside_and_not_outside() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let inside = root.join("inside");
        fs::create_dir(&inside).unwrap();
        for (name, text) in [("outside.py", "old"), ("inside/real.py", "old")] {
            fs::write(root.join(name), text).unwrap();
        }
        std::os::unix::fs::symlink("real.py", inside.join("link.py")).unwrap();
        std::os::unix::fs::symlink("../outside.py", inside.join("escape.py")).unwrap();
        write_atomically(&inside.join("link.py"), b"new", Some(&inside)).unwrap();
        assert!(inside.join("link.py").is_symlink());
        assert_eq!(fs::read(inside.join("real.py")).unwrap(), b"new");
        let error = write_atomically(&inside.join("escape.py"), b"new", Some(&inside)).unwrap_err();
        assert!(error.starts_with("leads out of the folder"), "{error}");
        assert_eq!(fs::read(root.join("outside.py")).unwrap(), b"old");
    }

    #[test]
    fn errors_name_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let error = write_atomically(&folder.path().join("no/x"), b"", None).unwrap_err();
        assert!(
            error.starts_with("cannot be written: there is no folder"),
            "{error}"
        );
        assert_eq!(
            write_atomically(folder.path(), b"", None).unwrap_err(),
            "is a folder"
        );
    }
}

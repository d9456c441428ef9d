//! Opening and reading one file, whatever it turns out to be.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

use hognose_finding::{ProblemKind, SourceError};

/// Opens a regular file for reading.
///
/// The check is made on the open file: between listing and opening, a path may have become a FIFO, on which an
/// ordinary open waits for ever.
pub fn open_regular(path: &Path) -> Result<(File, u64), SourceError> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    }
    let file = options.open(path).map_err(|error| describe(&error))?;
    let metadata = file.metadata().map_err(|error| describe(&error))?;
    if metadata.is_dir() {
        return Err(SourceError {
            kind: ProblemKind::SpecialFile,
            message: "is a folder".to_owned(),
        });
    }
    if !metadata.is_file() {
        return Err(SourceError {
            kind: ProblemKind::SpecialFile,
            message: not_regular(metadata.file_type()).to_owned(),
        });
    }
    Ok((file, metadata.len()))
}

/// The bytes of a regular file of at most `limit` bytes.
pub fn read_regular(path: &Path, limit: u64) -> Result<Vec<u8>, SourceError> {
    let (file, length) = open_regular(path)?;
    if length > limit {
        return Err(too_large(length, limit));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0) + 1);
    // One byte more than allowed tells a file that grew, or one whose length is not known (in /proc).
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| describe(&error))?;
    if bytes.len() as u64 > limit {
        return Err(too_large(bytes.len() as u64, limit));
    }
    Ok(bytes)
}

/// The first `count` bytes of a regular file.
pub fn read_beginning(path: &Path, count: u64) -> Result<Vec<u8>, SourceError> {
    let (file, _) = open_regular(path)?;
    let mut bytes = Vec::with_capacity(usize::try_from(count).unwrap_or(0));
    file.take(count)
        .read_to_end(&mut bytes)
        .map_err(|error| describe(&error))?;
    Ok(bytes)
}

/// The problem that a file is larger than what is read.
pub fn too_large(length: u64, limit: u64) -> SourceError {
    let message = format!("{length} bytes are more than `max-file-size` allows ({limit} bytes)");
    SourceError {
        kind: ProblemKind::TooLarge,
        message,
    }
}

/// What a file that is neither regular nor a folder is, as a message.
pub fn not_regular(file_type: std::fs::FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if file_type.is_fifo() {
            return "is a named pipe, not a regular file";
        }
        if file_type.is_socket() {
            return "is a socket, not a regular file";
        }
        if file_type.is_block_device() || file_type.is_char_device() {
            return "is a device, not a regular file";
        }
    }
    let _ = file_type;
    "is not a regular file"
}

/// An operating system's error in our words: they must be the same on every system and in every language.
pub fn describe(error: &io::Error) -> SourceError {
    #[cfg(unix)]
    match error.raw_os_error() {
        Some(libc::ELOOP) => {
            return SourceError {
                kind: ProblemKind::BrokenLink,
                message: "is a symbolic link that leads to itself".to_owned(),
            };
        }
        // What opening a socket says.
        Some(libc::ENXIO) => {
            return SourceError {
                kind: ProblemKind::SpecialFile,
                message: "is not a regular file".to_owned(),
            };
        }
        _ => {}
    }
    let (kind, message) = match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => (
            ProblemKind::Vanished,
            "was gone before it could be read".to_owned(),
        ),
        io::ErrorKind::PermissionDenied => {
            (ProblemKind::Unreadable, "permission denied".to_owned())
        }
        _ => {
            let text = error.to_string();
            // Without the number that the standard library appends: "Input/output error (os error 5)".
            let text = text.split(" (os error").next().unwrap_or(&text);
            (
                ProblemKind::Unreadable,
                format!("cannot be read: {}", lower_first(text)),
            )
        }
    };
    SourceError { kind, message }
}

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(characters).collect()
    })
}

//! Files in a zip file, one after the other, with limits on what they may become.

use std::io::{Cursor, Read as _};

use zip::ZipArchive;

/// A record has some kilobytes; the largest, with thousands of versions, some hundred.
const LARGEST_FILE: u64 = 64 << 20;
/// All files of the public export have some hundred megabytes together.
const LARGEST_ALL: u64 = 4 << 30;

/// An entry of a zip file.
pub(super) enum Entry {
    /// A file.
    File {
        /// Its name, with `/` between folders.
        name: String,
        /// What it holds.
        bytes: Vec<u8>,
    },
    /// A file that cannot be unpacked.
    Unreadable {
        /// Its name, or its number where the name cannot be read.
        name: String,
        /// Why.
        reason: String,
    },
}

/// Gives each file of a zip file to `take`. The error is a message for after the file's name.
pub(super) fn each(bytes: &[u8], mut take: impl FnMut(Entry)) -> Result<(), String> {
    let mut archive =
        ZipArchive::new(Cursor::new(bytes)).map_err(|error| format!("is no zip file: {error}"))?;
    let mut left = LARGEST_ALL;
    for index in 0..archive.len() {
        let unreadable = |name: &str, reason: String| Entry::Unreadable {
            name: name.to_owned(),
            reason,
        };
        let file = match archive.by_index(index) {
            Ok(file) => file,
            Err(error) => {
                take(unreadable(&format!("entry {index}"), error.to_string()));
                continue;
            }
        };
        if file.is_dir() {
            continue;
        }
        let name = file
            .name()
            .map_or_else(|_| format!("entry {index}"), |name| name.to_string());
        let limit = LARGEST_FILE.min(left);
        // What the header says of the size is only a hint: it may lie.
        let mut bytes = Vec::with_capacity(file.size().min(1 << 20) as usize);
        match file.take(limit + 1).read_to_end(&mut bytes) {
            Ok(read) if read as u64 > limit && limit < LARGEST_FILE => {
                return Err(format!("unpacks to more than {} GiB", LARGEST_ALL >> 30));
            }
            Ok(read) if read as u64 > limit => {
                left = left.saturating_sub(limit);
                let reason = format!("unpacks to more than {} MiB", LARGEST_FILE >> 20);
                take(unreadable(&name, reason));
            }
            Ok(read) => {
                left -= read as u64;
                take(Entry::File { name, bytes });
            }
            Err(error) => take(unreadable(&name, format!("cannot be unpacked: {error}"))),
        }
    }
    Ok(())
}

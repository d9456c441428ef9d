//! The file of the index, and looking up in it.
//!
//! ```text
//! magic (8 bytes), format, length of the head, checksum of the head (each 4 bytes, little-endian)
//! head: what it is made of, and for each package its name, the length of its block, the block's checksum
//! blocks, one a package, in the order of the head
//! ```
//!
//! The head has the checksums of all blocks and the head's own stands before it, so that damage anywhere is noticed when
//! the place is read, and reading one package costs the head and one block.

use std::io;

use serde::{Deserialize, Serialize};

use super::stored::{About, PackageAdvisories};

/// What the file begins with.
const MAGIC: [u8; 8] = *b"HOGNOSE\x1a";
/// Rises with each change of the structs in `stored` or of the file.
pub(super) const FORMAT: u32 = 1;
/// Bytes before the head.
const PREFIX: u64 = 20;

/// Bytes somewhere, read in pieces.
pub trait ReadAt {
    /// How many there are.
    fn length(&self) -> io::Result<u64>;
    /// Fills `buffer` with those from `offset` on.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()>;
}

impl ReadAt for &[u8] {
    fn length(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let end = start.saturating_add(buffer.len());
        let bytes = self.get(start..end).ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(bytes);
        Ok(())
    }
}

/// Why an index cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IndexError {
    /// Its bytes cannot be had.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// It is something else.
    #[error("is no index of advisories")]
    Foreign,
    /// It was written by another version of Hognose.
    #[error("is an index of format {0}, and this is made for format {FORMAT}")]
    OtherFormat(u32),
    /// It is not what was written.
    #[error("is damaged: {0}")]
    Damaged(&'static str),
}

#[derive(Debug, Serialize, Deserialize)]
struct Head {
    about: About,
    packages: Vec<Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    name: String,
    length: u32,
    checksum: u32,
}

/// The bytes of an index of `packages`, which are sorted by name.
pub(super) fn write(about: About, packages: &[(String, PackageAdvisories)]) -> Vec<u8> {
    let mut blocks = Vec::new();
    let mut entries = Vec::with_capacity(packages.len());
    for (name, package) in packages {
        let block = encoded(package);
        entries.push(Entry {
            name: name.clone(),
            length: block.len() as u32,
            checksum: crc32fast::hash(&block),
        });
        blocks.extend(block);
    }
    let head = encoded(&Head {
        about,
        packages: entries,
    });
    let mut bytes = Vec::with_capacity(PREFIX as usize + head.len() + blocks.len());
    bytes.extend(MAGIC);
    for number in [FORMAT, head.len() as u32, crc32fast::hash(&head)] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend(head);
    bytes.extend(blocks);
    bytes
}

fn encoded<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_stdvec(value).expect("plain data with known lengths")
}

/// An index that was opened.
pub struct Index<R> {
    bytes: R,
    head: Head,
    /// Where each block begins, and at the end where the last one ends.
    offsets: Vec<u64>,
}

impl<R: ReadAt> Index<R> {
    /// Reads the head.
    ///
    /// # Errors
    /// What cannot be used, or is not as long as it should be.
    pub fn open(bytes: R) -> Result<Self, IndexError> {
        let length = bytes.length().map_err(unreadable)?;
        if length < PREFIX {
            return Err(IndexError::Foreign);
        }
        let prefix = read(&bytes, 0, PREFIX)?;
        let number = |at: usize| {
            let four = prefix[at..at + 4].try_into().expect("four bytes of twenty");
            u32::from_le_bytes(four)
        };
        if prefix[..8] != MAGIC {
            return Err(IndexError::Foreign);
        }
        if number(8) != FORMAT {
            return Err(IndexError::OtherFormat(number(8)));
        }
        let head_length = u64::from(number(12));
        if PREFIX + head_length > length {
            return Err(IndexError::Damaged("it ends too early"));
        }
        let head = read(&bytes, PREFIX, head_length)?;
        let head: Head = decoded(&head, number(16))?;
        let mut offsets = vec![PREFIX + head_length];
        for entry in &head.packages {
            let end = offsets[offsets.len() - 1] + u64::from(entry.length);
            offsets.push(end);
        }
        match offsets[offsets.len() - 1].cmp(&length) {
            std::cmp::Ordering::Greater => Err(IndexError::Damaged("it ends too early")),
            std::cmp::Ordering::Less => Err(IndexError::Damaged("something follows its end")),
            std::cmp::Ordering::Equal => Ok(Index {
                bytes,
                head,
                offsets,
            }),
        }
    }

    /// What it is made of.
    pub fn about(&self) -> &About {
        &self.head.about
    }

    /// How many packages it knows anything about.
    pub fn packages(&self) -> usize {
        self.head.packages.len()
    }

    /// What is known about the package with this normalised name.
    pub fn package(&self, name: &str) -> Result<Option<PackageAdvisories>, IndexError> {
        let packages = &self.head.packages;
        match packages.binary_search_by(|entry| entry.name.as_str().cmp(name)) {
            Ok(index) => self.block(index).map(Some),
            Err(_) => Ok(None),
        }
    }

    /// Reads everything once, to see whether it is whole.
    pub fn verify(&self) -> Result<(), IndexError> {
        (0..self.head.packages.len()).try_for_each(|index| self.block(index).map(drop))
    }

    fn block(&self, index: usize) -> Result<PackageAdvisories, IndexError> {
        let entry = &self.head.packages[index];
        let block = read(&self.bytes, self.offsets[index], u64::from(entry.length))?;
        decoded(&block, entry.checksum)
    }
}

fn read(bytes: &impl ReadAt, offset: u64, length: u64) -> Result<Vec<u8>, IndexError> {
    let mut buffer = vec![0; usize::try_from(length).unwrap_or(0)];
    bytes.read_at(offset, &mut buffer).map_err(unreadable)?;
    Ok(buffer)
}

#[allow(clippy::needless_pass_by_value, reason = "made for `map_err`")]
fn unreadable(error: io::Error) -> IndexError {
    IndexError::Unreadable(error.to_string())
}

fn decoded<'de, T: Deserialize<'de>>(bytes: &'de [u8], checksum: u32) -> Result<T, IndexError> {
    if crc32fast::hash(bytes) != checksum {
        return Err(IndexError::Damaged("a checksum does not fit"));
    }
    postcard::from_bytes(bytes).map_err(|_| IndexError::Damaged("it has another structure"))
}

#[cfg(test)]
mod tests {
    use super::super::stored::{About, PackageAdvisories, Vulnerability};
    use super::{FORMAT, Index, IndexError, write};

    fn example() -> Vec<u8> {
        let package = |name: &str| {
            let vulnerability = Vulnerability {
                names: vec![name.to_owned()],
                ..Vulnerability::default()
            };
            PackageAdvisories {
                vulnerabilities: vec![vulnerability],
                ..PackageAdvisories::default()
            }
        };
        let packages = ["a", "b", "c"].map(|name| (name.to_owned(), package(name)));
        write(About::default(), &packages)
    }

    fn error(bytes: &[u8]) -> IndexError {
        let result = Index::open(bytes).and_then(|index| index.verify());
        result.expect_err("it is not whole")
    }

    #[test]
    fn what_was_written_is_read() {
        let bytes = example();
        let index = Index::open(bytes.as_slice()).unwrap();
        let package = index.package("b").unwrap().unwrap();
        assert_eq!(package.vulnerabilities[0].names, ["b"]);
        assert_eq!(index.package("bb").unwrap(), None);
        index.verify().unwrap();
    }

    #[test]
    fn any_damage_is_noticed() {
        let bytes = example();
        for length in 0..bytes.len() {
            error(&bytes[..length]);
        }
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 0x40;
            error(&changed);
        }
        assert_eq!(
            error(&[bytes.as_slice(), b"x"].concat()),
            IndexError::Damaged("something follows its end")
        );
        assert_eq!(
            error(b"<html>not found, try again</html>"),
            IndexError::Foreign
        );
        let mut newer = bytes;
        newer[8] += 1;
        assert_eq!(error(&newer), IndexError::OtherFormat(FORMAT + 1));
    }
}

//! Reads manifests, lock files, environments and bills of materials into dependencies.
//!
//! One file a format, and one list of them all, [`FORMATS`]. Nothing here opens a file: [`read`] gets the bytes, and
//! what they lead to (`-r base.txt`) comes through [`Sources`].
//!
//! Each reader goes over what `tree`, `ini` or `python` made of the text and pushes what it finds into a `Reader`.
//! What says something about installing that cannot be read becomes a [`Problem`], never silence.

mod bom;
mod ci;
mod conda;
mod cyclonedx;
mod dockerfile;
mod format;
mod graph;
#[cfg(test)]
mod hostile;
mod ini;
mod installed;
mod link;
mod listed;
mod lock;
mod marker;
mod pip_command;
mod pipfile;
mod poetry;
mod poetry_lock;
mod purl;
mod pylock;
mod pyproject;
mod python;
mod reader;
mod requirement;
mod requirements_txt;
mod script;
mod setup_cfg;
mod setup_py;
mod shell;
mod shell_words;
mod spdx;
#[cfg(test)]
mod testing;
mod text;
mod tox;
pub(crate) mod tree;
mod uv_lock;

use hognose_finding::{Problem, ProblemKind, Sources};

use self::format::Parser;
pub use self::format::{FORMATS, Format, recognise};
use self::reader::Reader;
pub use self::reader::normal_name;
pub use self::script::has_block as has_script_metadata;
pub(crate) use self::text::decode;
use crate::Dependency;

/// Bytes of a file that are read. Offsets have 32 bits, and real lock files have some megabytes.
const MAX_SIZE: usize = 256 << 20;

/// What one file says, files that it includes with it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// In the order of the file.
    pub dependencies: Vec<Dependency>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// Reads the file shown to the user as `path`, which is of this format. Files that it includes come from `sources`.
pub fn read(format: &Format, path: &str, bytes: &[u8], sources: &dyn Sources) -> Manifest {
    if bytes.len() > MAX_SIZE {
        let message = format!("larger than the {} MiB that are read", MAX_SIZE >> 20);
        return Manifest {
            dependencies: Vec::new(),
            problems: vec![Problem::in_file(ProblemKind::TooLarge, path, message)],
        };
    }
    match format.parser {
        Parser::Text(parse) => {
            let (text, bad) = text::decode(bytes);
            let mut reader = Reader::new(path, &text, sources);
            if let Some(message) = bad {
                reader.problem(ProblemKind::Encoding, &(0..0), message);
            }
            parse(&mut reader);
            reader.finish()
        }
        Parser::Bytes(parse) => parse(path, bytes, sources),
    }
}

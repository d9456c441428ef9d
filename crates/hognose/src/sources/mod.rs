//! Files: which there are, how to read them, how to write them. The only place of the product that touches the file
//! system; everything below the binary takes bytes from a [`Sources`](hognose_finding::Sources).
#![allow(
    clippy::disallowed_methods,
    reason = "the only place of the product with file access"
)]

mod advisories;
mod disk;
mod distribution;
mod git;
mod held;
mod ignored;
mod pages;
mod read;
mod recognise;
mod shown;
mod walk;
mod write;

pub use advisories::{IndexFile, each_file, index_place, is_record};
pub use disk::{DiskSources, ManifestSources};
pub use distribution::is_distribution;
pub use git::Revision;
pub use held::{HeldSources, read_stdin};
pub use ignored::Patterns;
pub use pages::{Page, read_folder};
pub use read::read_regular;
pub use recognise::FileKind;
pub use shown::shown;
pub use walk::{Found, FoundFile, NoSuchPath, WalkOptions, base_of, explicit_kind, walk};
pub use write::{TEMPORARY, make_folder, sync_folder, write_atomically, write_new_folder};

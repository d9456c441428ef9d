//! Advisories: reading OSV records, the index built from them, and which versions they affect.
//!
//! Records come in as bytes ([`Builder`]), an index goes out as bytes, and is opened through [`ReadAt`], so that a look-up
//! reads only the packages it asks about. What is compared with what is decided when the index is built: each package
//! has one ordered table of all versions its records name ([`VersionTable`]), and a record is a few ranges of positions
//! in it. [`judge`] then answers for a requirement.
//!
//! Start reading at [`Builder`] and [`PackageAdvisories`].

mod alias;
mod builder;
mod exploited;
mod index;
mod judge;
mod osv;
mod ranges;
mod score;
mod stored;
mod table;
mod zipped;

pub use builder::{BuildError, Builder, Built};
pub use exploited::{ExploitedError, read_epss, read_kev};
pub use index::{Index, IndexError, ReadAt};
pub use judge::{Judgement, Requested, judge};
pub use osv::RecordError;
pub use stored::{About, Epss, Kev, PackageAdvisories, Score, Vulnerability};
pub use table::VersionTable;

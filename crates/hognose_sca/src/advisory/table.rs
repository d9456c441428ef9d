//! The versions that the records of one package name, in the order of PEP 440.
//!
//! A *position* says where a version stands among them: `2 * i + 1` for the `i`-th version of the table, and the even
//! numbers for the gaps between. So what a record says about versions becomes numbers once, when the index is built,
//! and a version that no record names is compared by one binary search.

use std::str::FromStr as _;

use pep440_rs::Version;
use serde::{Deserialize, Serialize};

/// The position before all versions.
pub(super) const START: u32 = 0;
/// The position after all versions.
pub(super) const END: u32 = u32::MAX;

/// All versions that the records of a package name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct VersionTable {
    /// In the order of PEP 440, no two equal.
    pub(super) ordered: Vec<String>,
    /// What is no version of PEP 440, in lower case, sorted as text.
    pub(super) odd: Vec<String>,
}

/// A version as the table sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The position.
    At(u32),
    /// Which of the odd ones it is, if one.
    Odd(Option<u32>),
}

impl VersionTable {
    /// The table of some versions, in any order.
    pub(super) fn of<'a>(versions: impl IntoIterator<Item = &'a str>) -> Self {
        let mut ordered: Vec<(Version, &str)> = Vec::new();
        let mut odd = Vec::new();
        for text in versions {
            match parsed(text) {
                Some(version) => ordered.push((version, text.trim())),
                None => odd.push(text.trim().to_ascii_lowercase()),
            }
        }
        ordered.sort();
        ordered.dedup_by(|later, kept| later.0 == kept.0);
        odd.sort();
        odd.dedup();
        VersionTable {
            ordered: ordered
                .into_iter()
                .map(|(_, text)| text.to_owned())
                .collect(),
            odd,
        }
    }

    /// Where `text` stands.
    ///
    /// A local build (`2.0+cu118`) counts as the version it is built from unless a record knows it by itself: PEP 440
    /// has specifiers ignore the local part, and what is wrong with a version is wrong with its builds.
    pub(super) fn place(&self, text: &str) -> Place {
        let Some(version) = parsed(text) else {
            let lower = text.trim().to_ascii_lowercase();
            return Place::Odd(self.odd.binary_search(&lower).ok().map(|at| at as u32));
        };
        Place::At(self.position_as_built(&version))
    }

    /// [`VersionTable::place`] of a version of PEP 440.
    pub(super) fn position_as_built(&self, version: &Version) -> u32 {
        let exact = self.position(version);
        if is_gap(exact) && version.is_local() {
            let public = self.position(&version.clone().without_local());
            if !is_gap(public) {
                return public;
            }
        }
        exact
    }

    /// Where exactly this version stands.
    pub(super) fn position(&self, version: &Version) -> u32 {
        let found = self
            .ordered
            .binary_search_by(|text| parsed(text).as_ref().cmp(&Some(version)));
        match found {
            Ok(index) => 2 * index as u32 + 1,
            Err(index) => 2 * index as u32,
        }
    }

    /// The version at a position that is no gap.
    pub(super) fn at(&self, position: u32) -> Option<&str> {
        if is_gap(position) {
            return None;
        }
        self.ordered.get(position as usize / 2).map(String::as_str)
    }
}

/// Whether a position lies between versions.
pub(super) fn is_gap(position: u32) -> bool {
    position.is_multiple_of(2)
}

/// A version of PEP 440.
pub(super) fn parsed(text: &str) -> Option<Version> {
    Version::from_str(text.trim()).ok()
}

#[cfg(test)]
mod tests {
    use super::{Place, VersionTable};

    #[test]
    fn positions_follow_pep_440() {
        let table = VersionTable::of(["1.10", "1.9", "1.9.0", "2.0rc1", "2.0", "2004D", "1!0.1"]);
        assert_eq!(table.ordered, ["1.9", "1.10", "2.0rc1", "2.0", "1!0.1"]);
        let at = |text: &str| table.place(text);
        assert_eq!(at("0.1.dev0"), Place::At(0));
        assert_eq!(at("1.9.0.0"), Place::At(1));
        assert_eq!(at("1.9.post1"), Place::At(2));
        assert_eq!(at("v1.10"), Place::At(3));
        assert_eq!(at("2.0.dev5"), Place::At(4));
        assert_eq!(at("2.0-rc.1"), Place::At(5));
        assert_eq!(at("2.0+cu118"), Place::At(7));
        assert_eq!(at("2.0.post1+x"), Place::At(8));
        assert_eq!(at("1!0.1"), Place::At(9));
        assert_eq!(at("1!9"), Place::At(10));
        assert_eq!(at("2004d"), Place::Odd(Some(0)));
        assert_eq!(at("2005x"), Place::Odd(None));
    }

    #[test]
    fn a_local_build_that_a_record_names_is_its_own() {
        let table = VersionTable::of(["2.0", "2.0+patched"]);
        assert_eq!(table.place("2.0+patched"), Place::At(3));
        assert_eq!(table.place("2.0+other"), Place::At(1));
    }
}

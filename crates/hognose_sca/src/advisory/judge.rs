//! Which vulnerabilities a requirement brings in.

use std::str::FromStr as _;

use pep440_rs::{Version, VersionSpecifiers};

use super::ranges;
use super::stored::{PackageAdvisories, Vulnerability};
use super::table::{END, Place, START, VersionTable, is_gap, parsed};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requested<'a> {
    /// One version, as written.
    Exact(&'a str),
    /// A version that fits one of these specifiers of PEP 440; an empty one fits all.
    OneOf(&'a [&'a str]),
    /// Nobody knows.
    Unknown,
}

/// What comes of it for one vulnerability.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// The version is affected.
    Affected,
    /// Every version that may be taken is affected.
    Surely,
    /// Some version that may be taken is affected; the newest known of them, if a record names one.
    Possibly(Option<String>),
    /// The records do not say which versions are affected.
    Vague,
    /// It cannot be told, since the version is not known or cannot be compared.
    Unknown,
}

/// What a request is told about one vulnerability; none if it is surely not affected.
type Verdict<'a> = Box<dyn Fn(&Vulnerability) -> Option<Judgement> + 'a>;

/// The vulnerabilities that concern `requested`. What is left out is surely not affected.
pub fn judge<'a>(
    requested: Requested<'_>,
    package: &'a PackageAdvisories,
) -> Vec<(&'a Vulnerability, Judgement)> {
    let verdict: Verdict<'_> = match requested {
        Requested::Exact(version) => {
            let place = package.versions.place(version);
            Box::new(move |one| exact(place, one))
        }
        Requested::OneOf(specifiers) => match Points::of(specifiers, &package.versions) {
            Some(points) => Box::new(move |one| points.judge(one, &package.versions)),
            None => Box::new(|_| Some(Judgement::Unknown)),
        },
        Requested::Unknown => Box::new(|_| Some(Judgement::Unknown)),
    };
    let all = package.vulnerabilities.iter();
    all.filter_map(|one| Some((one, verdict(one)?))).collect()
}

fn exact(place: Place, one: &Vulnerability) -> Option<Judgement> {
    let otherwise = one.vague.then_some(Judgement::Vague);
    match place {
        Place::At(position) if affects(one, position) => Some(Judgement::Affected),
        Place::At(_) => otherwise,
        Place::Odd(Some(odd)) if one.odd.binary_search(&odd).is_ok() => Some(Judgement::Affected),
        Place::Odd(_) if one.ranges == [(START, END)] => Some(Judgement::Affected),
        Place::Odd(_) if one.ranges.is_empty() => otherwise,
        Place::Odd(_) => Some(Judgement::Unknown),
    }
}

/// Whether a version that stands at `position` is affected.
fn affects(one: &Vulnerability, position: u32) -> bool {
    if ranges::contains(&one.ranges, position) {
        return true;
    }
    let after = one.listed.partition_point(|(first, _)| *first <= position);
    !is_gap(position) && after > 0 && position <= one.listed[after - 1].1
}

/// Versions that a requirement allows, enough of them to stand for all: each that a record or the requirement names,
/// and one behind each of these, since between two of them nothing changes.
struct Points {
    positions: Vec<u32>,
}

impl Points {
    /// `None`: a specifier that cannot be read.
    fn of(specifiers: &[&str], table: &VersionTable) -> Option<Self> {
        let specifiers: Vec<VersionSpecifiers> = specifiers
            .iter()
            .map(|text| VersionSpecifiers::from_str(text).ok())
            .collect::<Option<_>>()?;
        let own = specifiers
            .iter()
            .flat_map(|all| all.iter())
            .map(|one| one.version().clone());
        let mut versions: Vec<Version> = table
            .ordered
            .iter()
            .filter_map(|text| parsed(text))
            .collect();
        versions.extend(own);
        let behind: Vec<Version> = versions.iter().map(just_behind).collect();
        versions.extend(behind);
        versions.push(Version::new([0]));
        versions.retain(|version| specifiers.iter().any(|all| allows(all, version)));
        // As installers do: a version before its release is taken only if the requirement names one, or nothing else
        // is left.
        let names_early = specifiers
            .iter()
            .flat_map(|all| all.iter())
            .any(|one| one.version().any_prerelease());
        if !names_early && versions.iter().any(|version| !version.any_prerelease()) {
            versions.retain(|version| !version.any_prerelease());
        }
        let mut positions: Vec<u32> = versions
            .iter()
            .map(|version| table.position_as_built(version))
            .collect();
        positions.sort_unstable();
        positions.dedup();
        Some(Points { positions })
    }

    fn judge(&self, one: &Vulnerability, table: &VersionTable) -> Option<Judgement> {
        let affected = self
            .positions
            .iter()
            .filter(|position| affects(one, **position));
        let count = affected.clone().count();
        if count == 0 {
            return one.vague.then_some(Judgement::Vague);
        }
        if count == self.positions.len() {
            return Some(Judgement::Surely);
        }
        let newest = affected.rev().find_map(|position| table.at(*position));
        Some(Judgement::Possibly(newest.map(str::to_owned)))
    }
}

/// Whether all of `specifiers` allow `version`. Its release is filled up with zeros as PEP 440 wants it: `1` is not in
/// `1.2.*`, which the library takes it for.
fn allows(specifiers: &VersionSpecifiers, version: &Version) -> bool {
    specifiers.iter().all(|specifier| {
        let wanted = specifier.version().release().len();
        let missing = wanted.saturating_sub(version.release().len());
        if missing == 0 {
            return specifier.contains(version);
        }
        let zeros = std::iter::repeat_n(0, missing);
        let release: Vec<u64> = version.release().iter().copied().chain(zeros).collect();
        specifier.contains(&version.clone().with_release(release))
    })
}

/// A version later than this one and all that is made of it, and earlier than any other that people would think of.
fn just_behind(version: &Version) -> Version {
    let release = version.release().iter().copied();
    Version::new(release.chain([0, 0, 1])).with_epoch(version.epoch())
}

impl PackageAdvisories {
    /// The smallest version, later than `version`, in which nothing is known to be wrong. A version before its release
    /// is named only if there is no other.
    pub fn repaired_after(&self, version: &str) -> Option<&str> {
        let from = match self.versions.place(version) {
            Place::At(position) => position,
            Place::Odd(_) => START,
        };
        let fixes = self.vulnerabilities.iter().flat_map(|one| &one.fixed);
        let mut candidates: Vec<u32> = fixes.copied().filter(|fix| *fix > from).collect();
        candidates.sort_unstable();
        candidates.dedup();
        candidates.retain(|fix| !self.vulnerabilities.iter().any(|one| affects(one, *fix)));
        let texts: Vec<&str> = candidates
            .iter()
            .filter_map(|position| self.versions.at(*position))
            .collect();
        let released = |text: &&&str| parsed(text).is_some_and(|version| !version.any_prerelease());
        texts.iter().find(released).or(texts.first()).copied()
    }
}

#[cfg(test)]
mod tests;

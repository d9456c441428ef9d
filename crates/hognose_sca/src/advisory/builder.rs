//! From records to an index.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::alias::{Aliases, best_known_first};
use super::exploited::{EpssTable, KevCatalogue};
use super::index;
use super::osv::{Affected, Event, Range, Record, Reference, Severity};
use super::ranges::{self, Boundary, Span};
use super::score;
use super::stored::{About, PackageAdvisories, Vulnerability};
use super::table::{Place, VersionTable};
use super::zipped::{self, Entry};
use crate::manifest::normal_name;

/// Links kept of a vulnerability.
const LINKS: usize = 6;
/// Names of files that cannot be read, kept to tell.
const TOLD: usize = 5;

/// Gathers records, and makes an index of them.
#[derive(Debug, Default)]
pub struct Builder {
    /// By id, so that a record that comes twice counts once.
    records: BTreeMap<String, Held>,
    versions: Interner,
    withdrawn: FxHashSet<String>,
    sources: Vec<String>,
    kev: Option<KevCatalogue>,
    epss: Option<EpssTable>,
    unreadable: u32,
    told: Vec<String>,
}

/// A record without its versions' texts: the public data lists half a million.
#[derive(Debug)]
struct Held {
    record: Record,
    /// For each of `record.affected` the versions it lists.
    listed: Vec<Vec<u32>>,
}

#[derive(Debug, Default)]
struct Interner {
    numbers: FxHashMap<String, u32>,
    texts: Vec<String>,
}

impl Interner {
    fn number(&mut self, text: String) -> u32 {
        if let Some(&number) = self.numbers.get(&text) {
            return number;
        }
        let number = self.texts.len() as u32;
        self.texts.push(text.clone());
        self.numbers.insert(text, number);
        number
    }
}

/// An index that was made.
#[derive(Debug)]
pub struct Built {
    /// The file.
    pub bytes: Vec<u8>,
    /// What it is made of.
    pub about: About,
    /// Packages that something is known about.
    pub packages: usize,
    /// Some of what could not be read: `name: reason`.
    pub unreadable: Vec<String>,
}

/// Why no index is made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// There is not one record of the ecosystem.
    #[error("there are no advisories about Python packages in it{}", first(.0))]
    Empty(Vec<String>),
    /// So much cannot be read that the rest would give a wrong impression.
    #[error("{unreadable} of {all} records cannot be read{}", first(.told))]
    TooMuchUnreadable {
        /// How many cannot be read.
        unreadable: u32,
        /// Of how many.
        all: u32,
        /// The first of them.
        told: Vec<String>,
    },
}

fn first(told: &[String]) -> String {
    told.first()
        .map_or_else(String::new, |first| format!(" ({first})"))
}

impl Builder {
    /// Notes where records come from, for people.
    pub fn source(&mut self, source: impl Into<String>) {
        self.sources.push(source.into());
    }

    /// Joins the catalogue of known exploited vulnerabilities.
    pub fn kev(&mut self, catalogue: KevCatalogue) {
        self.kev = Some(catalogue);
    }

    /// Joins the predictions of exploits.
    pub fn epss(&mut self, table: EpssTable) {
        self.epss = Some(table);
    }

    /// Takes all records of a zip file. The error is a message for after the file's name.
    pub fn add_zip(&mut self, bytes: &[u8]) -> Result<(), String> {
        zipped::each(bytes, |entry| match entry {
            Entry::File { name, bytes } => self.add_file(&name, &bytes),
            Entry::Unreadable { name, reason } => self.unreadable(&name, &reason),
        })
    }

    /// Takes the record in a file, if its name says that it is one.
    pub fn add_file(&mut self, name: &str, bytes: &[u8]) {
        let read = match extension(name).as_deref() {
            Some("json") => Record::of_json(bytes),
            Some("yaml" | "yml") => Record::of_yaml(bytes),
            _ => return,
        };
        match read {
            Ok(record) => self.add(record),
            Err(error) => self.unreadable(name, &error.to_string()),
        }
    }

    /// Notes a file that should have been a record.
    pub fn unreadable(&mut self, name: &str, reason: &str) {
        self.unreadable += 1;
        if self.told.len() < TOLD {
            self.told.push(format!("{name}: {reason}"));
        }
    }

    fn add(&mut self, mut record: Record) {
        if record.withdrawn.is_some() {
            self.withdrawn.insert(record.id);
            return;
        }
        record
            .affected
            .retain(|affected| package_of(affected).is_some());
        if record.affected.is_empty() {
            return;
        }
        let known = self.records.get(&record.id);
        if known.is_some_and(|known| known.record.modified >= record.modified) {
            return;
        }
        let listed = record
            .affected
            .iter_mut()
            .map(|affected| {
                let versions = std::mem::take(&mut affected.versions);
                let numbers = versions.into_iter().map(|text| self.versions.number(text));
                numbers.collect()
            })
            .collect();
        if record.summary.is_empty() {
            record.summary = record.headline();
        }
        record.details = String::new();
        self.records
            .insert(record.id.clone(), Held { record, listed });
    }

    /// Makes the index. `today`: the day, `YYYY-MM-DD`.
    ///
    /// # Errors
    /// Data that would give a wrong impression of what is known.
    pub fn finish(mut self, today: &str) -> Result<Built, BuildError> {
        let all = self.records.len() as u32 + self.unreadable;
        if self.records.is_empty() {
            return Err(BuildError::Empty(self.told));
        }
        if self.unreadable > 10 && self.unreadable * 20 > all {
            return Err(BuildError::TooMuchUnreadable {
                unreadable: self.unreadable,
                all,
                told: self.told,
            });
        }
        // What one source withdrew and another has not heard of is withdrawn.
        self.records.retain(|id, _| !self.withdrawn.contains(id));
        let packages = self.packages();
        let vulnerabilities = packages
            .iter()
            .map(|(_, package)| package.vulnerabilities.len());
        let days = self.records.values().map(|held| day(&held.record.modified));
        let about = About {
            built: today.to_owned(),
            records: self.records.len() as u32,
            withdrawn: self.withdrawn.len() as u32,
            unreadable: self.unreadable,
            vulnerabilities: vulnerabilities.sum::<usize>() as u32,
            // A day to come is a slip, and would make the data look new for ever.
            newest: days
                .filter(|day| *day <= today)
                .max()
                .unwrap_or_default()
                .to_owned(),
            kev: self.kev.as_ref().map(|kev| kev.version.clone()),
            epss: self.epss.as_ref().map(|epss| epss.day.clone()),
            sources: std::mem::take(&mut self.sources),
        };
        Ok(Built {
            bytes: index::write(about.clone(), &packages),
            about,
            packages: packages.len(),
            unreadable: self.told,
        })
    }

    /// What is known about each package, by name.
    fn packages(&self) -> Vec<(String, PackageAdvisories)> {
        let mut aliases = Aliases::default();
        for Held { record, .. } in self.records.values() {
            let names = record.aliases.iter().map(String::as_str);
            aliases.join(std::iter::once(record.id.as_str()).chain(names));
        }
        let sets = aliases.sets();
        // For each package, for each vulnerability, the entries of records about it.
        let mut found: BTreeMap<String, BTreeMap<usize, Vec<EntryOf<'_>>>> = BTreeMap::new();
        for held in self.records.values() {
            let set = aliases.set(&held.record.id);
            for (affected, listed) in held.record.affected.iter().zip(&held.listed) {
                let Some(name) = package_of(affected) else {
                    continue;
                };
                let entries = found.entry(name).or_default().entry(set).or_default();
                entries.push(EntryOf {
                    record: &held.record,
                    affected,
                    listed,
                });
            }
        }
        found
            .into_iter()
            .map(|(name, by_set)| {
                let listed: FxHashSet<u32> = by_set
                    .values()
                    .flatten()
                    .flat_map(|entry| entry.listed.iter().copied())
                    .collect();
                let text = |number: u32| self.versions.texts[number as usize].as_str();
                let named = boundaries(by_set.values().flatten());
                let named = named.iter().map(String::as_str);
                let versions = VersionTable::of(named.chain(listed.iter().map(|&one| text(one))));
                // Each is listed by many records, and looked for once.
                let places = listed
                    .iter()
                    .map(|&number| (number, versions.place(text(number))))
                    .collect();
                let mut vulnerabilities: Vec<Vulnerability> = by_set
                    .iter()
                    .map(|(set, entries)| {
                        let mut one = self.vulnerability(&sets[set], entries);
                        say_which(&mut one, entries, &versions, &places);
                        one
                    })
                    .collect();
                vulnerabilities.sort_by(|a, b| a.names.cmp(&b.names));
                let package = PackageAdvisories {
                    versions,
                    vulnerabilities,
                };
                (name, package)
            })
            .collect()
    }

    fn vulnerability(&self, names: &[String], entries: &[EntryOf<'_>]) -> Vulnerability {
        let mut one = Vulnerability::default();
        let ours: FxHashSet<&str> = entries
            .iter()
            .map(|entry| entry.record.id.as_str())
            .collect();
        // The same fault in another package has a record of its own, which is no name of this one.
        let is_ours =
            |name: &&String| ours.contains(name.as_str()) || !self.records.contains_key(*name);
        one.names = names.iter().filter(is_ours).cloned().collect();
        best_known_first(&mut one.names);
        one.records = ours.iter().map(|id| (*id).to_owned()).collect();
        best_known_first(&mut one.records);
        one.malicious = one.names.iter().any(|name| name.starts_with("MAL-"));

        let mut records: Vec<&Record> = entries.iter().map(|entry| entry.record).collect();
        records.sort_by_key(|record| one.records.iter().position(|id| *id == record.id));
        records.dedup_by_key(|record| &record.id);
        let texts = |pick: fn(&Record) -> &str| {
            let texts = records.iter().map(move |record| pick(record));
            texts.filter(|text| !text.is_empty())
        };
        let mut summaries = texts(|record| &record.summary);
        summaries
            .next()
            .unwrap_or_default()
            .clone_into(&mut one.summary);
        let published = texts(|record| day(&record.published)).min();
        published.unwrap_or_default().clone_into(&mut one.published);
        let mut words = texts(|record| {
            let specific = record.database_specific.as_ref();
            specific.map_or("", |specific| &specific.severity)
        });
        words.next().unwrap_or_default().clone_into(&mut one.word);
        one.links = links(records.iter().flat_map(|record| &record.references));
        one.scores = score::scores(entries.iter().flat_map(EntryOf::severities));
        let of_names = one.names.iter();
        if let Some(kev) = &self.kev {
            one.kev = of_names
                .clone()
                .find_map(|name| kev.entries.get(name))
                .cloned();
        }
        if let Some(epss) = &self.epss {
            let found = of_names.filter_map(|name| epss.entries.get(name));
            one.epss = found.max_by_key(|epss| epss.probability).copied();
        }
        one
    }
}

/// The versions that the events of `entries` name.
fn boundaries<'a>(entries: impl Iterator<Item = &'a EntryOf<'a>>) -> Vec<String> {
    let texts = entries.flat_map(EntryOf::events).flat_map(|event| {
        [
            &event.introduced,
            &event.fixed,
            &event.last_affected,
            &event.limit,
        ]
    });
    texts
        .flatten()
        .filter_map(|text| match Boundary::of(text)? {
            // As it is spelled there: people are told it as a fix.
            Boundary::Version(_) => Some(text.clone()),
            other => other.version().map(ToString::to_string),
        })
        .collect()
}

/// Notes which versions are affected.
fn say_which(
    one: &mut Vulnerability,
    entries: &[EntryOf<'_>],
    versions: &VersionTable,
    places: &FxHashMap<u32, Place>,
) {
    let (mut spans, mut listed): (Vec<Span>, Vec<u32>) = Default::default();
    for entry in entries {
        let mut says_which = !entry.listed.is_empty();
        for number in entry.listed {
            match places.get(number) {
                Some(Place::At(position)) => listed.push(*position),
                Some(Place::Odd(odd)) => one.odd.extend(odd),
                None => {}
            }
        }
        for range in entry.ranges() {
            match ranges::affected(&range.events, versions) {
                Some(found) => {
                    says_which = true;
                    spans.extend(found);
                }
                // With a list beside it, the list says which.
                None => one.vague |= entry.listed.is_empty(),
            }
        }
        one.vague |= !says_which;
        let fixed = entry
            .events()
            .filter_map(|event| Boundary::of(event.fixed.as_ref()?));
        one.fixed
            .extend(fixed.filter_map(|boundary| match boundary {
                Boundary::Version(version) => Some(versions.position(&version)),
                _ => None,
            }));
    }
    one.ranges = ranges::joined(spans);
    one.listed = runs(listed);
    one.odd.sort_unstable();
    one.odd.dedup();
    one.fixed.sort_unstable();
    one.fixed.dedup();
}

/// What one record says about one package.
#[derive(Debug)]
struct EntryOf<'a> {
    record: &'a Record,
    affected: &'a Affected,
    listed: &'a [u32],
}

impl<'a> EntryOf<'a> {
    /// The ranges of versions; those of commits are for others.
    fn ranges(&self) -> impl Iterator<Item = &'a Range> + use<'a> {
        self.affected
            .ranges
            .iter()
            .filter(|range| range.kind != "GIT")
    }

    fn events(&self) -> impl Iterator<Item = &'a Event> + use<'a> {
        self.ranges().flat_map(|range| &range.events)
    }

    /// What stands at the package goes before what stands at the record.
    fn severities(&self) -> &'a [Severity] {
        if self.affected.severity.is_empty() {
            &self.record.severity
        } else {
            &self.affected.severity
        }
    }
}

/// Positions of versions as runs of versions that follow each other in the table: first and last.
fn runs(mut positions: Vec<u32>) -> Vec<Span> {
    positions.sort_unstable();
    positions.dedup();
    let mut runs: Vec<Span> = Vec::new();
    for position in positions {
        match runs.last_mut() {
            Some(last) if position == last.1 + 2 => last.1 = position,
            _ => runs.push((position, position)),
        }
    }
    runs
}

/// The end of a file's name, in lower case; none of a hidden file.
fn extension(name: &str) -> Option<String> {
    let file = name.rsplit('/').next().unwrap_or(name);
    let (stem, end) = file.rsplit_once('.')?;
    (!stem.is_empty() && !stem.starts_with('.')).then(|| end.to_ascii_lowercase())
}

/// The normalised name (PEP 503) of the package, if it is one of Python's.
fn package_of(affected: &Affected) -> Option<String> {
    let package = affected.package.as_ref()?;
    let ecosystem = package.ecosystem.split(':').next().unwrap_or_default();
    let is_python = ecosystem.eq_ignore_ascii_case("PyPI") && !package.name.trim().is_empty();
    is_python.then(|| normal_name(&package.name))
}

/// The day of a time such as `2024-01-30T21:15:00Z`.
fn day(time: &str) -> &str {
    time.get(..10).unwrap_or_default()
}

fn links<'a>(references: impl Iterator<Item = &'a Reference>) -> Vec<String> {
    let rank = |kind: &str| {
        ["ADVISORY", "FIX", "REPORT", "WEB"]
            .iter()
            .position(|known| *known == kind)
    };
    let mut all: Vec<(usize, &str)> = references
        .filter(|reference| {
            reference.url.starts_with("https://") || reference.url.starts_with("http://")
        })
        .map(|reference| (rank(&reference.kind).unwrap_or(4), reference.url.as_str()))
        .collect();
    all.sort_by_key(|(rank, _)| *rank);
    let mut links: Vec<String> = Vec::new();
    for (_, url) in all {
        if links.len() < LINKS && links.iter().all(|known| known != url) {
            links.push(url.to_owned());
        }
    }
    links
}

#[cfg(test)]
mod tests;

//! From the events of a record to ranges of positions.

use pep440_rs::Version;

use super::osv::Event;
use super::table::{END, START, VersionTable, parsed};

/// A half-open range of positions.
pub(super) type Span = (u32, u32);

/// What an event says about versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Introduced,
    Fixed,
    LastAffected,
    Limit,
}

/// The version of an event in the order of PEP 440.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Boundary {
    /// `0`: before all versions.
    Start,
    /// `*`: after all versions.
    End,
    /// A version.
    Version(Version),
    /// A version with something behind it that PEP 440 does not have (`2.6.0-NA`): later than this one, and earlier
    /// than the next.
    After(Version),
}

impl Boundary {
    /// Reads the text of an event. `None`: nothing in it is a version.
    pub(super) fn of(text: &str) -> Option<Self> {
        // Data that comes from CPE names has its escapes.
        let text = text.trim().replace('\\', "");
        match text.as_str() {
            "0" => return Some(Boundary::Start),
            "*" => return Some(Boundary::End),
            _ => {}
        }
        if let Some(version) = parsed(&text) {
            return Some(Boundary::Version(version));
        }
        let mut ends = text.match_indices(['.', '-', '_', '+']).rev();
        ends.find_map(|(end, _)| parsed(&text[..end]))
            .map(Boundary::After)
    }

    /// The version that a table needs for it.
    pub(super) fn version(&self) -> Option<&Version> {
        match self {
            Boundary::Version(version) | Boundary::After(version) => Some(version),
            Boundary::Start | Boundary::End => None,
        }
    }
}

/// The positions that the `events` of one range affect. `None`: an event names no version, so that nobody can tell.
///
/// As the schema has it: events in the order of their versions switch the state, and a version is affected if the state
/// is on where it stands. What is fixed in an odd version is not fixed in the version before it.
pub(super) fn affected(events: &[Event], table: &VersionTable) -> Option<Vec<Span>> {
    let mut switches: Vec<(u32, bool)> = Vec::new();
    let mut limit: Option<u32> = None;
    for event in events {
        for (change, text) in changes(event) {
            let boundary = Boundary::of(text)?;
            let at = position(change, &boundary, table);
            match change {
                Change::Introduced => switches.push((at, true)),
                Change::Fixed | Change::LastAffected => switches.push((at, false)),
                Change::Limit => limit = limit.max(Some(at)),
            }
        }
    }
    if !switches.is_empty() && !switches.iter().any(|(_, on)| *on) {
        switches.insert(0, (START, true));
    }
    // Stable: of events at the same version the later in the record decides.
    switches.sort_by_key(|(at, _)| *at);
    let limit = limit.unwrap_or(END);
    let mut spans: Vec<Span> = Vec::new();
    let mut since = None;
    for (at, on) in switches {
        match (since, on) {
            (None, true) => since = Some(at),
            (Some(from), false) => {
                spans.push((from, at.min(limit)));
                since = None;
            }
            _ => {}
        }
    }
    spans.extend(since.map(|from| (from, limit)));
    spans.retain(|(from, to)| from < to);
    Some(spans)
}

fn changes(event: &Event) -> impl Iterator<Item = (Change, &str)> {
    let all = [
        (Change::Introduced, &event.introduced),
        (Change::Fixed, &event.fixed),
        (Change::LastAffected, &event.last_affected),
        (Change::Limit, &event.limit),
    ];
    all.into_iter()
        .filter_map(|(change, text)| Some((change, text.as_deref()?)))
}

fn position(change: Change, boundary: &Boundary, table: &VersionTable) -> u32 {
    match (boundary, change) {
        (Boundary::Start, _) => START,
        (Boundary::End, _) => END,
        (Boundary::Version(version), Change::LastAffected) => table.position(version) + 1,
        (Boundary::After(version), Change::Fixed | Change::LastAffected | Change::Limit) => {
            table.position(version) + 1
        }
        (Boundary::Version(version) | Boundary::After(version), _) => table.position(version),
    }
}

/// Sorted, with those that touch joined.
pub(super) fn joined(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut joined: Vec<Span> = Vec::new();
    for (from, to) in spans {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    joined
}

/// Whether one of the sorted `spans` has `position`.
pub(super) fn contains(spans: &[Span], position: u32) -> bool {
    let after = spans.partition_point(|(from, _)| *from <= position);
    after > 0 && position < spans[after - 1].1
}

#[cfg(test)]
mod tests {
    use super::super::osv::Event;
    use super::super::table::{Place, VersionTable};
    use super::{affected, contains};

    /// Which of `versions` are affected by events such as `introduced 1.0`.
    fn check(events: &[&str], versions: &[&str], expected: &[&str]) {
        let named: Vec<(&str, &str)> = events
            .iter()
            .filter_map(|event| event.split_once(' '))
            .collect();
        let events: Vec<Event> = named
            .iter()
            .map(|(kind, version)| {
                let mut event = Event::default();
                let field = match *kind {
                    "introduced" => &mut event.introduced,
                    "fixed" => &mut event.fixed,
                    "limit" => &mut event.limit,
                    _ => &mut event.last_affected,
                };
                *field = Some((*version).to_owned());
                event
            })
            .collect();
        let boundaries = named
            .iter()
            .filter_map(|(_, version)| super::Boundary::of(version)?.version().cloned())
            .map(|version| version.to_string())
            .collect::<Vec<_>>();
        let table = VersionTable::of(boundaries.iter().map(String::as_str));
        let spans = affected(&events, &table).unwrap();
        let found: Vec<&str> = versions
            .iter()
            .filter(|version| match table.place(version) {
                Place::At(position) => contains(&spans, position),
                Place::Odd(_) => false,
            })
            .copied()
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn fixed_is_exclusive_and_last_affected_is_not() {
        let versions = [
            "0.9",
            "1.0.dev1",
            "1.0",
            "1.9",
            "2.0rc1",
            "2.0",
            "2.0+local",
            "2.0.post1",
        ];
        check(
            &["introduced 1.0", "fixed 2.0"],
            &versions,
            &["1.0", "1.9", "2.0rc1"],
        );
        check(
            &["introduced 1.0", "last_affected 2.0"],
            &versions,
            &["1.0", "1.9", "2.0rc1", "2.0", "2.0+local"],
        );
        check(&["introduced 0"], &versions, &versions);
    }

    #[test]
    fn several_branches_in_any_order() {
        let versions = ["0.5", "1.2", "1.3", "2.0", "2.1"];
        check(
            &["fixed 2.1", "introduced 2.0", "introduced 1.0", "fixed 1.3"],
            &versions,
            &["1.2", "2.0"],
        );
        check(
            &["introduced 0", "fixed 1.3", "introduced 1.3", "fixed 2.1"],
            &versions,
            &["0.5", "1.2", "1.3", "2.0"],
        );
        check(&["introduced 1.2", "fixed 1.2"], &versions, &[]);
        check(&["introduced 0", "limit 1.3"], &versions, &["0.5", "1.2"]);
    }

    #[test]
    fn odd_versions_stand_behind_what_they_begin_with() {
        let versions = ["2.5", "2.6.0", "2.6.0.post1", "2.6.1"];
        check(
            &["introduced 0", "last_affected 2.6.0-NA"],
            &versions,
            &["2.5", "2.6.0"],
        );
        check(
            &["introduced 0", "fixed 2.6.0-n653"],
            &versions,
            &["2.5", "2.6.0"],
        );
        check(
            &["introduced 0", "last_affected 2.6.0-alpha\\.3"],
            &["2.6.0a2", "2.6.0a3", "2.6.0a4"],
            &["2.6.0a2", "2.6.0a3"],
        );
    }
}

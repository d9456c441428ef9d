//! Where dependencies and advisories meet.

mod finding;
mod place;

use std::collections::hash_map::Entry;
use std::sync::Arc;

use hognose_finding::{Finding, Problem, ProblemKind, Range, Sources};
use hognose_rules::{AdvisoryKind, AffectedVersions, Catalogue, Detect, Matcher, RulePage};
use rustc_hash::{FxHashMap, FxHashSet};

use self::finding::Words;
use self::place::Places;
use crate::advisory::{
    Index, IndexError, Judgement, PackageAdvisories, ReadAt, Requested, Vulnerability, judge,
};
use crate::{Dependency, Requirement};

/// What comes of looking up dependencies.
#[derive(Debug, Clone, Default)]
pub struct Audit {
    /// What is wrong with them, for all personas.
    pub findings: Vec<Finding>,
    /// What could not be judged.
    pub problems: Vec<Problem>,
    /// How many dependencies were looked up.
    pub looked_up: u64,
}

/// Looks up what is known about `dependencies`. Texts for the excerpts come from `sources`.
///
/// A dependency that cannot be judged is a problem if anything at all is known about its package.
pub fn audit<R: ReadAt>(
    dependencies: &[Dependency],
    index: &Index<R>,
    catalogue: &Catalogue,
    sources: &dyn Sources,
) -> Audit {
    let rules = Rules::of(catalogue);
    let mut auditor = Auditor {
        rules: &rules,
        places: Places::new(sources),
        audit: Audit::default(),
        ordinals: FxHashMap::default(),
    };
    let mut known: FxHashMap<&str, Option<PackageAdvisories>> = FxHashMap::default();
    let dependencies = each_place_once(dependencies);
    let demand = Demand::of(&dependencies);
    let mut damaged = FxHashSet::default();
    for dependency in dependencies {
        auditor.audit.looked_up += u64::from(!dependency.constraint);
        let package = match known.entry(&dependency.name) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let found = index.package(&dependency.name).unwrap_or_else(|error| {
                    if damaged.insert(error.to_string()) {
                        auditor.audit.problems.push(index_problem(&error));
                    }
                    None
                });
                place.insert(found)
            }
        };
        if let Some(package) = package {
            auditor.dependency(dependency, package, &demand);
        }
    }
    auditor.audit
}

/// A file that was found by itself and included by others says the same several times. What is asked for at a place
/// goes before a constraint there.
fn each_place_once(dependencies: &[Dependency]) -> Vec<&Dependency> {
    let mut at: FxHashMap<(&str, Range, &str, &Requirement), usize> = FxHashMap::default();
    let mut kept: Vec<&Dependency> = Vec::new();
    for one in dependencies {
        match at.entry((&one.path, one.range, &one.name, &one.requirement)) {
            Entry::Occupied(place) => {
                let known = &mut kept[*place.get()];
                if known.constraint && !one.constraint {
                    *known = one;
                }
            }
            Entry::Vacant(place) => {
                place.insert(kept.len());
                kept.push(one);
            }
        }
    }
    kept
}

/// The problem that the index of advisories cannot be used.
pub fn index_problem(error: &IndexError) -> Problem {
    Problem::general(
        ProblemKind::Advisories,
        format!("the index of advisories {error}; `hognose db update` makes a new one"),
    )
}

/// What the dependencies say about each other.
struct Demand<'a> {
    /// What anything but a constraint asks for.
    asked_for: FxHashSet<&'a str>,
    /// What is held at one version somewhere.
    held: FxHashSet<&'a str>,
}

impl<'a> Demand<'a> {
    fn of(dependencies: &[&'a Dependency]) -> Self {
        let exact = |one: &&Dependency| matches!(one.requirement, Requirement::Exact(_));
        let constraints = dependencies.iter().copied().filter(|one| one.constraint);
        Demand {
            asked_for: dependencies
                .iter()
                .copied()
                .filter(|one| !one.constraint)
                .map(|one| &*one.name)
                .collect(),
            held: constraints.filter(exact).map(|one| &*one.name).collect(),
        }
    }
}

/// The entries of the catalogue that are about packages.
struct Rules<'a> {
    entries: Vec<(&'a RulePage, &'a Detect)>,
}

impl<'a> Rules<'a> {
    fn of(catalogue: &'a Catalogue) -> Self {
        let pages = catalogue.rules().iter();
        let entries = pages.flat_map(|page| page.detect.iter().map(move |detect| (page, detect)));
        let about = entries.filter(|(_, one)| matches!(one.matcher, Matcher::Advisory { .. }));
        Rules {
            entries: about.collect(),
        }
    }

    /// Those that `kind` and `versions` break: one of each page, the first.
    fn broken(
        &self,
        kind: AdvisoryKind,
        versions: AffectedVersions,
    ) -> impl Iterator<Item = (&'a RulePage, &'a Detect)> {
        let wanted = Matcher::Advisory { kind, versions };
        let mut last = None;
        self.entries
            .iter()
            .filter(move |(_, detect)| detect.matcher == wanted)
            .filter(move |(page, _)| last.replace(page.id()) != Some(page.id()))
            .copied()
    }
}

struct Auditor<'a> {
    rules: &'a Rules<'a>,
    places: Places<'a>,
    audit: Audit,
    /// How often a fingerprint came in a file.
    ordinals: FxHashMap<(Arc<str>, String), u32>,
}

impl Auditor<'_> {
    fn dependency(
        &mut self,
        dependency: &Dependency,
        package: &PackageAdvisories,
        demand: &Demand<'_>,
    ) {
        let specifiers: Vec<&str>;
        let requested = match &dependency.requirement {
            Requirement::Exact(version) => Requested::Exact(version),
            // The constraint is looked up at its own place.
            _ if !dependency.constraint && demand.held.contains(&*dependency.name) => return,
            // A constraint that leaves it open is no demand.
            _ if dependency.constraint => return,
            Requirement::Range(specifier) => {
                specifiers = vec![specifier];
                Requested::OneOf(&specifiers)
            }
            Requirement::AnyOf(several) => {
                specifiers = several.iter().map(|one| &**one).collect();
                Requested::OneOf(&specifiers)
            }
            Requirement::Any => Requested::OneOf(&[""]),
            Requirement::Unknown => Requested::Unknown,
        };
        let judged = judge(requested, package);
        if judged.is_empty() {
            return;
        }
        let idle = dependency.constraint && !demand.asked_for.contains(&*dependency.name);
        let words = Words::of(dependency, package, requested);
        let (mut open, mut unknown): (Vec<&Vulnerability>, Vec<&Vulnerability>) =
            Default::default();
        for (vulnerability, judgement) in judged {
            let versions = match judgement {
                Judgement::Affected if idle => AffectedVersions::Constraint,
                Judgement::Affected => AffectedVersions::Exact,
                Judgement::Surely => AffectedVersions::All,
                Judgement::Possibly(_) => {
                    open.push(vulnerability);
                    AffectedVersions::Some
                }
                Judgement::Vague => AffectedVersions::Unsaid,
                Judgement::Unknown => {
                    unknown.push(vulnerability);
                    continue;
                }
            };
            self.findings(dependency, &words, vulnerability, versions);
        }
        self.tell(dependency, &words, ProblemKind::Unpinned, &open);
        self.tell(dependency, &words, ProblemKind::Unjudged, &unknown);
    }

    fn findings(
        &mut self,
        dependency: &Dependency,
        words: &Words<'_>,
        vulnerability: &Vulnerability,
        versions: AffectedVersions,
    ) {
        let kind = if vulnerability.malicious {
            AdvisoryKind::Malice
        } else {
            AdvisoryKind::Vulnerability
        };
        for (page, detect) in self.rules.broken(kind, versions) {
            let code = self.places.code(&dependency.path, dependency.range);
            let name = vulnerability.names.first().map_or("", String::as_str);
            let key = format!("{} {} {name}", page.id(), dependency.name);
            let ordinal = self
                .ordinals
                .entry((dependency.path.clone(), key))
                .or_default();
            *ordinal += 1;
            let finding = words.finding(page, detect, vulnerability, code, *ordinal);
            self.audit.findings.push(finding);
        }
    }

    /// Says that it is not known which version is installed, although some have vulnerabilities.
    fn tell(
        &mut self,
        dependency: &Dependency,
        words: &Words<'_>,
        kind: ProblemKind,
        vulnerabilities: &[&Vulnerability],
    ) {
        let Some(message) = words.open_question(kind, vulnerabilities) else {
            return;
        };
        let problem = Problem::in_file(kind, dependency.path.clone(), message);
        let empty = dependency.range == Range::default();
        self.audit.problems.push(if empty {
            problem
        } else {
            problem.at(dependency.range)
        });
    }
}

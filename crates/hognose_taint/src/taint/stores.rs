//! What outlives a call: who writes it, who reads it, and what comes in from the sources.

use std::collections::VecDeque;
use std::sync::Arc;

use hognose_python::ir::FunctionId;
use hognose_python::{ModuleId, Symbol};
use rustc_hash::{FxHashMap, FxHashSet};

use super::engine::Engine;
use super::solve::Definition;
use super::summary::Summary;
use super::value::{Doubt, Kinds, Label, Mark, Part, Path, Root, Step};
use super::witness::chain;
use crate::models::Kind;

/// How many origins of a store are told apart.
const MAX_ORIGINS: usize = 16;

/// Where writes and reads of stores meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    /// An attribute (or entry) of this very class, or of its instances.
    Own(Definition, Option<Part>, Level),
    /// The same of the classes derived from it.
    Derived(Definition, Option<Part>, Level),
    Global(ModuleId, Symbol),
    Cell(ModuleId, FunctionId, Symbol),
}

/// Whose attribute it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Level {
    Class,
    Instance,
}

/// Where data comes from in the end.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    pub(super) source: Kind,
    pub(super) doubt: Doubt,
    pub(super) clean: Kinds,
    pub(super) steps: Option<Arc<Step>>,
}

/// Who reads a store.
#[derive(Debug, Clone, Copy)]
enum Reader {
    /// What is put into another store: number of the write, number of its mark.
    Write(usize, usize),
    /// A sink.
    Sink,
}

/// The places at which a store is written, or read: an attribute is the same in a class and in those derived from it.
fn places(engine: &Engine<'_>, root: Root, path: &Path, is_read: bool) -> Vec<Place> {
    let first = path.parts().first().copied();
    match root {
        Root::Class(module, class) | Root::Instance(module, class) => {
            let own = (module, class);
            let order = engine.ancestry(own);
            let ancestors: Vec<Definition> = order[1..]
                .iter()
                .copied()
                .filter(|(module, _)| !engine.project.module(*module).is_model)
                .collect();
            let level = match root {
                Root::Instance(..) => Level::Instance,
                _ => Level::Class,
            };
            let mut places = Vec::new();
            if is_read {
                // An instance shows what its class has.
                let levels = match level {
                    Level::Instance => &[Level::Instance, Level::Class][..],
                    Level::Class => &[Level::Class],
                };
                for &level in levels {
                    places.push(Place::Own(own, first, level));
                    places.push(Place::Derived(own, first, level));
                    let above = ancestors.iter();
                    places.extend(above.map(|&ancestor| Place::Own(ancestor, first, level)));
                }
            } else {
                places.push(Place::Own(own, first, level));
                let above = ancestors.iter();
                places.extend(above.map(|&ancestor| Place::Derived(ancestor, first, level)));
            }
            places
        }
        Root::Global(module, name) => vec![Place::Global(module, name)],
        Root::Cell(module, function, name) => vec![Place::Cell(module, function, name)],
    }
}

/// What the stores that sinks read hold, followed from the sources on.
pub(super) fn fill(
    engine: &Engine<'_>,
    summaries: &[(Definition, Arc<Summary>)],
    parameter: Option<Kind>,
) -> FxHashMap<Label, Vec<Origin>> {
    // What is written at the same place by many is looked at once for each origin.
    let mut numbers: FxHashMap<Label, usize> = FxHashMap::default();
    let mut writes: Vec<(Label, Vec<&Mark>)> = Vec::new();
    let mut known: FxHashSet<(Label, Label)> = FxHashSet::default();
    let mut queue: VecDeque<(usize, Origin)> = VecDeque::new();
    for (writer, summary) in summaries {
        for write in summary
            .writes
            .iter()
            .filter(|write| matches!(write.label, Label::Store { .. }))
        {
            for mark in write.taint.marks() {
                let source = source_of(engine, *writer, mark.label, parameter);
                if source.is_none() && !matches!(mark.label, Label::Store { .. }) {
                    continue;
                }
                let number = *numbers.entry(write.label).or_insert_with(|| {
                    writes.push((write.label, Vec::new()));
                    writes.len() - 1
                });
                match source {
                    Some(source) => queue.push_back((
                        number,
                        Origin {
                            source,
                            doubt: mark.doubt,
                            clean: mark.clean,
                            steps: mark.step.clone(),
                        },
                    )),
                    None if known.insert((write.label, mark.label)) => writes[number].1.push(mark),
                    None => {}
                }
            }
        }
    }
    let mut readers: FxHashMap<Place, Vec<(Label, Reader)>> = FxHashMap::default();
    let mut add = |label: Label, reader: Reader| {
        if let Label::Store { root, path } = label {
            for place in places(engine, root, &path, true) {
                readers.entry(place).or_default().push((label, reader));
            }
        }
    };
    if !queue.is_empty() {
        for (number, (_, marks)) in writes.iter().enumerate() {
            for (at, mark) in marks.iter().enumerate() {
                add(mark.label, Reader::Write(number, at));
            }
        }
    }
    let mut sinks: FxHashSet<Label> = FxHashSet::default();
    for (_, summary) in summaries {
        for hit in &summary.hits {
            if matches!(hit.mark.label, Label::Store { .. }) && sinks.insert(hit.mark.label) {
                add(hit.mark.label, Reader::Sink);
            }
        }
    }
    let mut filled: FxHashMap<Label, Vec<Origin>> = FxHashMap::default();
    let mut seen: FxHashSet<(usize, Kind)> = FxHashSet::default();
    while let Some((number, origin)) = queue.pop_front() {
        if !seen.insert((number, origin.source)) {
            continue;
        }
        let Label::Store { root, path } = writes[number].0 else {
            continue;
        };
        for place in places(engine, root, &path, false) {
            for &(label, reader) in readers.get(&place).into_iter().flatten() {
                let Label::Store { path: read, .. } = label else {
                    continue;
                };
                if !path.meets(&read) {
                    continue;
                }
                match reader {
                    Reader::Write(number, at) => {
                        if seen.contains(&(number, origin.source)) {
                            continue;
                        }
                        let mark = writes[number].1[at];
                        let next = Origin {
                            source: origin.source,
                            doubt: origin.doubt.max(mark.doubt),
                            clean: mark.cleaned_after(origin.clean),
                            steps: chain(origin.steps.as_ref(), mark.step.as_ref()),
                        };
                        queue.push_back((number, next));
                    }
                    Reader::Sink => {
                        let all = filled.entry(label).or_default();
                        if all.len() < MAX_ORIGINS {
                            all.push(origin.clone());
                        }
                    }
                }
            }
        }
    }
    filled
}

/// The source kind that a label is by itself.
pub(super) fn source_of(
    engine: &Engine<'_>,
    function: Definition,
    label: Label,
    parameter: Option<Kind>,
) -> Option<Kind> {
    match label {
        Label::Source { kind, .. } => Some(kind),
        Label::Input { param, .. } => parameter.filter(|_| {
            engine.library
                && engine.is_exported(function.0, function.1)
                && !(param == 0 && engine.has_receiver(function.0, function.1))
        }),
        Label::Store { .. } => None,
    }
}

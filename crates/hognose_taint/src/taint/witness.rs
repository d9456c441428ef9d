//! Puts flows together from the summaries: where data comes from, where it goes, by which steps.

use std::sync::Arc;

use hognose_python::ModuleId;
use rustc_hash::{FxHashMap, FxHashSet};

use super::engine::Engine;
use super::solve::{Definition, Flow, FlowNote, FlowStep, FlowsBySink, Options};
use super::stores::{Origin, fill, source_of};
use super::summary::{Hit, Summary, flatten};
use super::value::{Doubt, Label, Note, Step, Taint, TextPart, kind_bit, step};
use crate::models::Kind;

/// Puts together where data comes from and where it goes.
///
/// Beside the flows: the functions in which they were seen, in order.
pub(super) fn collect(
    engine: &Engine<'_>,
    summaries: &[(Definition, Arc<Summary>)],
    options: &Options,
) -> (FlowsBySink, Vec<Definition>) {
    let parameter = engine.program.models.kind("parameter");
    let filled = fill(engine, summaries, parameter);
    let mut suspects: Vec<Definition> = Vec::new();
    let mut seen: FxHashSet<(ModuleId, u32, Kind, Label)> = FxHashSet::default();
    let mut flows: FlowsBySink = FxHashMap::default();
    for (function, summary) in summaries {
        for hit in &summary.hits {
            let own;
            let origins: &[Origin] = match source_of(engine, *function, hit.mark.label, parameter) {
                Some(source) => {
                    own = [Origin {
                        source,
                        doubt: Doubt::None,
                        clean: 0,
                        steps: None,
                    }];
                    &own
                }
                None => filled.get(&hit.mark.label).map_or(&[], Vec::as_slice),
            };
            let is_asked = |origin: &&Origin| options.pairs.contains(&(origin.source, hit.sink));
            if !origins.iter().any(|origin| is_asked(&origin)) {
                continue;
            }
            // Many callers hand the same store to the same sink; one of them will do.
            let is_store = matches!(hit.mark.label, Label::Store { .. });
            if is_store && !seen.insert((hit.module, hit.index, hit.sink, hit.mark.label)) {
                continue;
            }
            suspects.push(*function);
            if let Some(before) = &hit.before
                && engine.is_fixed(hit.sink, &owned(before))
            {
                continue;
            }
            for origin in origins.iter().filter(is_asked) {
                if engine.complete(hit.mark.cleaned_after(origin.clean)) & kind_bit(hit.sink) != 0 {
                    continue;
                }
                let mut steps = Vec::new();
                flatten(origin.steps.as_ref(), 0, &mut steps);
                flatten(hit.mark.step.as_ref(), 0, &mut steps);
                add_flow(
                    &mut flows,
                    hit,
                    origin.source,
                    &steps,
                    origin.doubt.max(hit.mark.doubt),
                );
            }
        }
    }
    suspects.sort_unstable();
    suspects.dedup();
    (flows, suspects)
}

/// Parts of a text, with what only callers or stores know taken for the program's own.
pub(super) fn owned(parts: &[TextPart]) -> Vec<TextPart> {
    parts
        .iter()
        .map(|part| match part {
            TextPart::Hole { taint, number }
                if taint
                    .marks()
                    .iter()
                    .all(|mark| !matches!(mark.label, Label::Source { .. })) =>
            {
                TextPart::Hole {
                    taint: Taint::CLEAN,
                    number: *number,
                }
            }
            part => part.clone(),
        })
        .collect()
}

/// One witness after the other.
pub(super) fn chain(first: Option<&Arc<Step>>, second: Option<&Arc<Step>>) -> Option<Arc<Step>> {
    match (first, second) {
        (None, other) | (other, None) => other.cloned(),
        (Some(first), Some(second)) => step(
            Some(first),
            second.module,
            second.index,
            second.note,
            Some(second),
        ),
    }
}

fn add_flow(
    flows: &mut FlowsBySink,
    hit: &Hit,
    source: Kind,
    steps: &[(ModuleId, u32, Note)],
    doubt: Doubt,
) {
    let mut shown: Vec<FlowStep> = Vec::new();
    for &(module, index, note) in steps {
        let note = match note {
            Note::Source => FlowNote::Source,
            Note::Param => FlowNote::Param,
            Note::Pass => FlowNote::Pass,
            Note::Argument => FlowNote::Argument,
            Note::Returned => FlowNote::Returned,
            Note::Stored => FlowNote::Stored,
        };
        let step = FlowStep {
            module,
            index,
            note,
        };
        if shown
            .last()
            .is_none_or(|last| (last.module, last.index) != (module, index))
        {
            shown.push(step);
        }
    }
    if shown.is_empty() {
        shown.push(FlowStep {
            module: hit.module,
            index: hit.index,
            note: FlowNote::Source,
        });
    }
    let flow = Flow {
        sink: hit.sink,
        source,
        position: hit.position,
        name: hit.name,
        steps: shown,
        doubt,
        is_whole: hit.whole,
    };
    let all = flows.entry((hit.module, hit.index)).or_default();
    let same = all.iter_mut().find(|known| {
        known.sink == flow.sink && known.source == flow.source && known.name == flow.name
    });
    match same {
        Some(known) => {
            if (flow.doubt, flow.steps.len()) < (known.doubt, known.steps.len()) {
                *known = flow;
            }
        }
        None => all.push(flow),
    }
}

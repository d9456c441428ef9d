//! Which functions matter, in which order they are run, and what comes of it.

use std::rc::Rc;
use std::sync::Arc;

use hognose_python::ir::{FunctionId, Operand, ParamKind};
use hognose_python::{ModuleId, Symbol};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::engine::Engine;
use super::harm::ALL;
use super::heap::{Fact, Object, Shape, State, Subject};
use super::machine::{Guards, Machine, label_facts};
use super::plan::Plan;
use super::summary::Summary;
use super::value::{Doubt, Label, Mark, Note, Part, Path, Taint, Value, What, step};
use super::witness::collect;
use crate::entry::{EntryParameter, EntryPoints, Filling};
use crate::models::Kind;
use crate::values::{Evaluator, Program};

/// How often functions that call each other are run at most. What a round adds lies one call deeper, and data that is
/// handed round is there after two.
const MAX_ROUNDS: usize = 4;

pub(super) type Definition = (ModuleId, FunctionId);
/// Flows by the instruction of their sink.
pub(super) type FlowsBySink = FxHashMap<(ModuleId, u32), Vec<Flow>>;

/// Reads a template: the variables that it puts out as they are. Takes the text, whether it is written for Mako, and
/// whether the engine escapes.
pub type Inline = fn(&str, bool, bool) -> Vec<String>;

/// What is looked for.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Parameters of the functions that a library exports are sources of kind `parameter`.
    pub library: bool,
    /// The kinds of source and sink that are asked about.
    pub pairs: FxHashSet<(Kind, Kind)>,
    /// Modules in which flows are not looked for; what others call there is followed all the same.
    pub left_out: FxHashSet<ModuleId>,
    /// Reads templates that are texts of the program.
    pub inline_template: Option<Inline>,
}

/// What a step of a flow tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlowNote {
    /// The data comes from outside here.
    Source,
    /// It comes in as this parameter.
    Param,
    /// An instruction passes it on.
    Pass,
    /// It is handed to a function.
    Argument,
    /// A function gives it back.
    Returned,
    /// It is kept for later.
    Stored,
}

/// A step of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlowStep {
    /// The module.
    pub module: ModuleId,
    /// The instruction.
    pub index: u32,
    /// What happens.
    pub note: FlowNote,
}

/// Data from outside reaches a sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// Kind of the sink.
    pub sink: Kind,
    /// Kind of the source.
    pub source: Kind,
    /// Number of the argument as written, if it is one.
    pub position: Option<u32>,
    /// Name of the parameter at fault.
    pub name: Option<Symbol>,
    /// From the source on.
    pub steps: Vec<FlowStep>,
    /// Whether something unknown is on the way.
    pub doubt: Doubt,
    /// It is what a caller passes, as it came in.
    pub is_whole: bool,
}

/// All flows of a program, by the instruction of the sink.
#[derive(Debug, Default)]
pub struct Flows {
    by_sink: FlowsBySink,
    gave_up: Vec<Definition>,
    evaluated: usize,
}

impl Flows {
    /// Finds all flows.
    pub fn solve(program: &Program<'_>, entries: &EntryPoints, options: &Options) -> Flows {
        let engine = Engine::new(program, entries, options);
        let plan = Plan::new(&engine, options);
        let mut gave_up = Vec::new();
        let mut evaluated: Vec<Definition> = Vec::new();
        for level in &plan.levels {
            let done = run_all(&engine, &level.plain, false);
            let cycles: Vec<(Definition, Arc<Summary>)> = level
                .cycles
                .par_iter()
                .flat_map_iter(|cycle| run_cycle(&engine, cycle))
                .collect();
            for (function, summary) in done.into_iter().chain(cycles) {
                if summary.gave_up {
                    gave_up.push(function);
                }
                evaluated.push(function);
                engine.set_summary(function.0, function.1, summary);
            }
        }
        evaluated.sort_unstable();
        let mut summaries: Vec<(Definition, Arc<Summary>)> = evaluated
            .iter()
            .filter_map(|&function| Some((function, engine.summary(function.0, function.1)?)))
            .collect();
        // What seems to reach a sink is looked at again, this time with all that the arguments of calls decide.
        let (_, suspects) = collect(&engine, &summaries, options);
        for (function, summary) in run_all(&engine, &suspects, true) {
            if let Ok(at) = summaries.binary_search_by_key(&function, |(known, _)| *known) {
                // Half of a closer look is worth less than the whole of the first.
                if !summary.gave_up || summaries[at].1.gave_up {
                    summaries[at].1 = summary;
                }
            }
        }
        let (flows, _) = collect(&engine, &summaries, options);
        gave_up.sort_unstable();
        Flows {
            by_sink: flows,
            gave_up,
            evaluated: evaluated.len(),
        }
    }

    /// Flows whose sink is at an instruction.
    pub fn at(&self, module: ModuleId, index: u32) -> &[Flow] {
        self.by_sink
            .get(&(module, index))
            .map_or(&[], Vec::as_slice)
    }

    /// Instructions of a module that are sinks of flows, in order.
    pub fn sinks_in(&self, module: ModuleId) -> Vec<u32> {
        let mut found: Vec<u32> = self
            .by_sink
            .keys()
            .filter(|(id, _)| *id == module)
            .map(|&(_, index)| index)
            .collect();
        found.sort_unstable();
        found
    }

    /// Functions that were too much work to be looked at as a whole.
    pub fn gave_up(&self) -> &[(ModuleId, FunctionId)] {
        &self.gave_up
    }

    /// How many functions were run.
    pub fn evaluated(&self) -> usize {
        self.evaluated
    }
}

/// Runs functions, which are in order, in parallel: those of a module together, since they ask about the same things.
fn run_all(
    engine: &Engine<'_>,
    functions: &[Definition],
    is_precise: bool,
) -> Vec<(Definition, Arc<Summary>)> {
    let groups: Vec<&[Definition]> = functions.chunk_by(|a, b| a.0 == b.0).collect();
    let done: Vec<Vec<(Definition, Arc<Summary>)>> = groups
        .into_par_iter()
        .map(|group| {
            let evaluator = Rc::new(Evaluator::new(engine.program));
            group
                .iter()
                .map(|&function| {
                    let summary = guarded(engine, &evaluator, function, is_precise);
                    (function, Arc::new(summary))
                })
                .collect()
        })
        .collect();
    done.into_iter().flatten().collect()
}

/// Runs functions that call each other until they say the same again, at first as if no call of them returned.
fn run_cycle(engine: &Engine<'_>, cycle: &[Definition]) -> Vec<(Definition, Arc<Summary>)> {
    let evaluator = Rc::new(Evaluator::new(engine.program));
    let mut known: Vec<Arc<Summary>> = vec![Arc::default(); cycle.len()];
    for &(module, function) in cycle {
        engine.set_summary(module, function, Arc::default());
    }
    for _ in 0..MAX_ROUNDS {
        let mut changed = false;
        for (at, &function) in cycle.iter().enumerate() {
            let summary = Arc::new(guarded(engine, &evaluator, function, false));
            changed |= !summary.says_the_same(&known[at]);
            engine.set_summary(function.0, function.1, summary.clone());
            known[at] = summary;
        }
        if !changed {
            break;
        }
    }
    cycle.iter().copied().zip(known).collect()
}

/// A panic is a function that was given up, not the end of the run.
fn guarded<'a>(
    engine: &Engine<'a>,
    evaluator: &Rc<Evaluator<'a>>,
    function: Definition,
    is_precise: bool,
) -> Summary {
    let run = std::panic::AssertUnwindSafe(|| summarise(engine, evaluator, function, is_precise));
    std::panic::catch_unwind(run).unwrap_or_else(|_| Summary {
        returns: Some(Value::TOP),
        gave_up: true,
        ..Summary::default()
    })
}

/// Runs a function on unknown parameters.
fn summarise<'a>(
    engine: &Engine<'a>,
    evaluator: &Rc<Evaluator<'a>>,
    (module, function): Definition,
    is_precise: bool,
) -> Summary {
    let mut machine = Machine::new(engine, evaluator.clone(), is_precise);
    let mut state = State::default();
    let ir = &engine.project.module(module).ir;
    let info = ir.function(function);
    let params = ir.params_of(function);
    let mut values = Vec::with_capacity(params.len());
    for (number, param) in params.iter().enumerate() {
        let index = info.start + number as u32;
        let origin = Label::Input {
            param: number as u16,
            path: Path::EMPTY,
        };
        let mut mark = Mark {
            label: origin,
            clean: 0,
            doubt: Doubt::None,
            undone: false,
            step: step(None, module, index, Note::Param, None),
        };
        let operand = Operand::from_register(index);
        let types = evaluator.values(module, operand);
        let mut what = match param.kind {
            ParamKind::Star | ParamKind::DoubleStar => What::Top,
            _ => machine.what_of(&types),
        };
        let entry = engine.entries.parameter(module, function, number as u32);
        if let Some(entry) = entry
            && let Some((object_module, class)) = entry.object
            && matches!(what, What::Top)
        {
            what = What::Instance(object_module, class);
        }
        if what.is_number() && !types.is_empty() {
            values.push(Value::NUMBER);
            continue;
        }
        let mut taint = Taint::of(mark.clone());
        if let Some(entry) = entry
            && entry.filling == Filling::Input
        {
            let clean = engine.constraint_kinds(&entry.cleans);
            if clean == ALL {
                values.push(Value::NUMBER);
                continue;
            }
            if let Some(kind) = engine.program.models.kind(&entry.kind) {
                mark.label = Label::Source {
                    kind,
                    module,
                    index,
                };
                mark.clean = clean;
                mark.step = step(None, module, index, Note::Source, None);
                taint.add(&Taint::of(mark));
            }
        }
        if let Some(entry) = entry
            && entry.filling == Filling::Fields
            && let Some((class_module, class)) = entry.object
        {
            values.push(filled(
                engine,
                &mut machine,
                &mut state,
                (class_module, class),
                module,
                index,
                origin,
                0,
            ));
            continue;
        }
        if let Some(entry) = entry
            && let Some(value) = injected(engine, &mut machine, &mut state, entry, index)
        {
            values.push(value);
            continue;
        }
        let shape = match (param.kind, &what) {
            (ParamKind::Star, _) => Some(Shape::Iterator),
            (ParamKind::DoubleStar, _) => Some(Shape::Dict),
            (_, What::Instance(class_module, class))
                if !engine.project.module(*class_module).is_model =>
            {
                Some(Shape::Instance(*class_module, *class))
            }
            _ => None,
        };
        match shape {
            Some(shape) => {
                let mut object = Object::new(shape);
                object.origins.push(origin);
                if !matches!(shape, Shape::Instance(..)) {
                    object.rest = Some(Value {
                        taint: Taint::of(Mark {
                            label: Label::Input {
                                param: number as u16,
                                path: Path::EMPTY.then(Part::Element),
                            },
                            clean: 0,
                            doubt: Doubt::None,
                            undone: false,
                            step: step(None, module, index, Note::Param, None),
                        }),
                        what: What::Top,
                        whole: true,
                    });
                    if let Some(rest) = &mut object.rest {
                        for own in taint.marks() {
                            if matches!(own.label, Label::Source { .. }) {
                                rest.taint.add(&Taint::of(own.clone()));
                            }
                        }
                    }
                }
                let id = machine.site(0, number as u32);
                state.put(id, object);
                values.push(Value::new(What::Object(id)));
            }
            None => {
                values.push(Value {
                    taint,
                    what,
                    whole: true,
                });
            }
        }
    }
    let outcome = machine.run(module, function, &values, state, None);
    let mut objects = Vec::new();
    let mut effects = Vec::new();
    for (number, value) in values.iter().enumerate() {
        if let What::Object(id) = value.what
            && let Some(object) = outcome.state.object(id)
            && !object.entries.is_empty()
            && matches!(object.shape, Shape::Instance(..))
        {
            for (_, value) in &object.entries {
                reach(&outcome.state, value, &mut objects);
            }
            effects.push((number as u16, object.clone()));
        }
    }
    if let Some(value) = &outcome.value {
        reach(&outcome.state, value, &mut objects);
    }
    // What becomes of an object says more than that something is kept in it.
    machine.writes.retain(|write| {
        !matches!(write.label, Label::Input { param, path }
        if matches!(path.parts(), [part]
            if effects.iter().any(|(number, object)| {
                *number == param && object.entries.iter().any(|(known, _)| known == part)
            })))
    });
    Summary {
        returns: outcome.value,
        objects,
        effects,
        hits: machine.hits,
        writes: machine.writes,
        ensures: only_labels(&outcome.state.facts),
        guards: Guards {
            on_true: outcome.guards.on_true.map(|facts| only_labels(&facts)),
            on_false: outcome.guards.on_false.map(|facts| only_labels(&facts)),
        },
        decides: machine.decides,
        calls_parameter: machine.calls_parameter,
        chooses: machine.chooses,
        gave_up: machine.gave_up,
    }
}

/// What a framework hands on of what it called before: the result of a function, or an object that it made.
fn injected<'a>(
    engine: &Engine<'a>,
    machine: &mut Machine<'_, 'a>,
    state: &mut State,
    entry: &EntryParameter,
    index: u32,
) -> Option<Value> {
    match (entry.filling, entry.object) {
        (Filling::Result((module, function)), _) => {
            let summary = engine.summary(module, function)?;
            let returned = summary.returns.as_ref()?;
            let mut taint = from_sources(&summary, &returned.taint);
            if let What::Object(id) = returned.what
                && let Some((_, object)) = summary.objects.iter().find(|(own, _)| *own == id)
            {
                taint.add(&from_sources(&summary, &object.content_taint()));
            }
            Some(Value::tainted(taint))
        }
        (Filling::Object, Some(class)) if !engine.project.module(class.0).is_model => {
            let (module, function) = engine.method(class, engine.names.init?)?;
            let summary = engine.summary(module, function)?;
            let (_, made) = summary.effects.iter().find(|(number, _)| *number == 0)?;
            let mut object = Object::new(Shape::Instance(class.0, class.1));
            for (part, value) in &made.entries {
                let value = Value {
                    taint: from_sources(&summary, &value.taint),
                    what: What::Top,
                    whole: false,
                };
                object.write(*part, &value, false);
            }
            let id = machine.site(0, 0x2000 + index);
            state.put(id, object);
            Some(Value::new(What::Object(id)))
        }
        _ => None,
    }
}

/// The data that comes from outside by itself, with what the function made sure of.
fn from_sources(summary: &Summary, taint: &Taint) -> Taint {
    let marks = taint.marks().iter();
    let own = marks.filter(|mark| matches!(mark.label, Label::Source { .. }));
    let marks = own.map(|mark| {
        let sure = summary
            .ensures
            .iter()
            .filter(|fact| matches!(&fact.subject, Subject::Label(label) if *label == mark.label));
        Mark {
            clean: sure.fold(mark.clean, |clean, fact| clean | fact.kinds),
            ..mark.clone()
        }
    });
    Taint::from_marks(marks.collect())
}

/// An instance whose fields a framework fills with what came in.
#[allow(clippy::too_many_arguments)]
fn filled<'a>(
    engine: &Engine<'a>,
    machine: &mut Machine<'_, 'a>,
    state: &mut State,
    class: Definition,
    module: ModuleId,
    index: u32,
    origin: Label,
    depth: u32,
) -> Value {
    let mut object = Object::new(Shape::Instance(class.0, class.1));
    object.origins.push(origin);
    for name in engine.fields_in_order(class) {
        let Some(field) = engine.entries.field(class.0, class.1, name) else {
            // Its type lets nothing through.
            object.write(Part::Attr(name), &Value::NUMBER, false);
            continue;
        };
        let clean = engine.constraint_kinds(&field.cleans);
        let value = match (field.object, engine.program.models.kind(&field.kind)) {
            (Some(inner), _) if depth < 3 => filled(
                engine,
                machine,
                state,
                inner,
                module,
                index,
                origin,
                depth + 1,
            ),
            (_, Some(kind)) if clean != ALL => Value {
                taint: Taint::of(Mark {
                    label: Label::Source {
                        kind,
                        module,
                        index,
                    },
                    clean,
                    doubt: Doubt::None,
                    undone: false,
                    step: step(None, module, index, Note::Source, None),
                }),
                what: What::Top,
                whole: false,
            },
            _ => Value::NUMBER,
        };
        object.write(Part::Attr(name), &value, false);
    }
    let id = machine.site(0, 0x1000 + index * 4 + depth);
    state.put(id, object);
    Value::new(What::Object(id))
}

/// The facts about places in arguments.
fn only_labels(facts: &[Fact]) -> Vec<Fact> {
    label_facts(facts)
        .into_iter()
        .filter(|fact| matches!(fact.subject, Subject::Label(_)))
        .collect()
}

/// The objects that a value refers to.
fn reach(state: &State, value: &Value, found: &mut Vec<(u32, Object)>) {
    let add = |value: &Value, found: &mut Vec<(u32, Object)>| reach(state, value, found);
    for what in value.what.alternatives() {
        match what {
            What::Object(id) => {
                if found.len() >= 64 || found.iter().any(|(known, _)| known == id) {
                    continue;
                }
                let Some(object) = state.object(*id) else {
                    continue;
                };
                found.push((*id, object.clone()));
                for value in object
                    .items
                    .iter()
                    .flatten()
                    .chain(object.entries.iter().map(|(_, value)| value))
                    .chain(&object.rest)
                {
                    add(value, found);
                }
            }
            What::Function(closure) => {
                for (_, value) in &closure.cells {
                    add(value, found);
                }
            }
            What::Method(method) => add(&method.0, found),
            What::Partial(partial) => {
                add(&partial.callee, found);
                for value in &partial.positional {
                    add(value, found);
                }
            }
            _ => {}
        }
    }
}

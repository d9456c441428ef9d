//! Which functions matter, in which order they are run, and what comes of it.

use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use hognose_python::ir::{FunctionId, Op, Operand, OperandKind, ParamKind};
use hognose_python::{ModuleId, Symbol};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::engine::{ALL, Engine};
use super::heap::{Fact, Object, Shape, State, Subject};
use super::machine::{Guards, Machine, label_facts};
use super::summary::{Hit, Summary, flatten};
use super::value::{
    Kinds, Label, Mark, Note, Part, Path, Root, Step, Taint, TextPart, Value, What, kind_bit, step,
};
use crate::entry::{EntryPoints, Filling};
use crate::models::Kind;
use crate::values::{self, Evaluator, Program};

type Definition = (ModuleId, FunctionId);
/// Flows by the instruction of their sink.
type FlowsBySink = FxHashMap<(ModuleId, u32), Vec<Flow>>;

/// What is looked for.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Parameters of the functions that a library exports are sources of kind `parameter`.
    pub library: bool,
    /// The kinds of source and sink that are asked about.
    pub pairs: FxHashSet<(Kind, Kind)>,
    /// Modules in which flows are not looked for; what others call there is followed all the same.
    pub left_out: FxHashSet<ModuleId>,
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
    /// Nothing unknown is on the way.
    pub is_certain: bool,
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
            // One evaluator for the functions of a module: they ask about the same things.
            let groups: Vec<&[Definition]> = level.chunk_by(|a, b| a.0 == b.0).collect();
            let done: Vec<Vec<(Definition, Arc<Summary>)>> = groups
                .into_par_iter()
                .map(|group| {
                    let evaluator = Rc::new(Evaluator::new(program));
                    group
                        .iter()
                        .map(|&function| {
                            (
                                function,
                                Arc::new(guarded(&engine, &evaluator, function, false)),
                            )
                        })
                        .collect()
                })
                .collect();
            for (function, summary) in done.into_iter().flatten() {
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
        let groups: Vec<&[Definition]> = suspects.chunk_by(|a, b| a.0 == b.0).collect();
        let again: Vec<Vec<(Definition, Arc<Summary>)>> = groups
            .into_par_iter()
            .map(|group| {
                let evaluator = Rc::new(Evaluator::new(program));
                group
                    .iter()
                    .map(|&function| {
                        (
                            function,
                            Arc::new(guarded(&engine, &evaluator, function, true)),
                        )
                    })
                    .collect()
            })
            .collect();
        for (function, summary) in again.into_iter().flatten() {
            if let Ok(at) = summaries.binary_search_by_key(&function, |(known, _)| *known) {
                summaries[at].1 = summary;
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

/// The functions to run, callees before callers.
struct Plan {
    levels: Vec<Vec<Definition>>,
}

/// What a quick look at a function tells.
struct Glance {
    /// Functions of the project that it calls, or makes.
    callees: Vec<Definition>,
    /// Last names of what it calls, where nothing else is known of it.
    unknown: Vec<Symbol>,
    /// It may have a sink.
    has_sink: bool,
    /// It may have a sink that is looked at only where the source is, and a source.
    is_meeting: bool,
}

impl Plan {
    fn new(engine: &Engine<'_>, options: &Options) -> Plan {
        let project = engine.project;
        let models = engine.program.models;
        let modules: Vec<ModuleId> = project
            .modules()
            .filter(|(_, module)| !module.is_model && !module.ir.functions.is_empty())
            .map(|(id, _)| id)
            .collect();
        // Names by which functions of the project can be called.
        let mut callable: FxHashSet<Symbol> = FxHashSet::default();
        let mut sink_names: FxHashSet<Symbol> = models.sink_names().clone();
        for &id in &modules {
            let ir = &project.module(id).ir;
            for function in &ir.functions {
                callable.insert(function.name);
            }
            // `run = subprocess.run`, `from subprocess import run as execute`
            for &(name, value) in ir.exports_of(FunctionId::MODULE) {
                if let Some(instruction) = ir.instruction(value) {
                    let original = match instruction.op {
                        Op::Import => ir.imports[instruction.a as usize].name,
                        Op::Attr => Some(instruction.symbol_b()),
                        _ => None,
                    };
                    if original.is_some_and(|original| {
                        original != name && models.sink_names().contains(&original)
                    }) {
                        sink_names.insert(name);
                    }
                }
            }
        }
        let glances: Vec<Vec<Glance>> = modules
            .par_iter()
            .with_max_len(8)
            .map(|&id| glance(engine, id, &callable, &sink_names))
            .collect();
        // What leads to a sink, from the sinks up: by calls that are known, and by name where nothing else is.
        let mut callers: FxHashMap<Definition, Vec<Definition>> = FxHashMap::default();
        let mut callers_by_name: FxHashMap<Symbol, Vec<Definition>> = FxHashMap::default();
        let mut calls: FxHashMap<Definition, Vec<Definition>> = FxHashMap::default();
        let mut waiting: Vec<Definition> = Vec::new();
        let mut meeting: Vec<Definition> = Vec::new();
        for (&id, functions) in modules.iter().zip(glances) {
            for (number, glance) in functions.into_iter().enumerate() {
                let function = (id, FunctionId(number as u32));
                for name in glance.unknown {
                    callers_by_name.entry(name).or_default().push(function);
                }
                for &callee in &glance.callees {
                    callers.entry(callee).or_default().push(function);
                }
                calls.insert(function, glance.callees);
                if glance.is_meeting && !options.left_out.contains(&id) {
                    meeting.push(function);
                }
                if glance.has_sink && !options.left_out.contains(&id) {
                    waiting.push(function);
                }
            }
        }
        let mut hot: FxHashSet<Definition> = FxHashSet::default();
        let mut hot_names: FxHashSet<Symbol> = FxHashSet::default();
        while let Some(function) = waiting.pop() {
            if !hot.insert(function) {
                continue;
            }
            let name = project.module(function.0).ir.function(function.1).name;
            if !engine.is_common(name) && hot_names.insert(name) {
                waiting.extend(callers_by_name.get(&name).into_iter().flatten().copied());
            }
            waiting.extend(callers.get(&function).into_iter().flatten().copied());
            waiting.retain(|caller| !options.left_out.contains(&caller.0));
        }
        // And what those call.
        let mut needed: FxHashMap<Definition, Vec<Definition>> = FxHashMap::default();
        let mut waiting: Vec<Definition> = hot.into_iter().chain(meeting).collect();
        while let Some(function) = waiting.pop() {
            if needed.contains_key(&function) {
                continue;
            }
            let callees = calls.remove(&function).unwrap_or_default();
            waiting.extend(callees.iter().copied());
            needed.insert(function, callees);
        }
        Plan {
            levels: levels(&needed),
        }
    }
}

fn glance(
    engine: &Engine<'_>,
    id: ModuleId,
    callable: &FxHashSet<Symbol>,
    sink_names: &FxHashSet<Symbol>,
) -> Vec<Glance> {
    let ir = &engine.project.module(id).ir;
    let models = engine.program.models;
    let evaluator = Evaluator::new(engine.program);
    let renamed: FxHashMap<Symbol, Symbol> = ir
        .exports_of(FunctionId::MODULE)
        .iter()
        .filter_map(|&(name, value)| {
            let import = ir
                .instruction(value)
                .filter(|import| import.op == Op::Import)?;
            let original = ir.imports[import.a as usize].name?;
            (original != name).then_some((name, original))
        })
        .collect();
    ir.functions
        .iter()
        .enumerate()
        .map(|(number, function)| {
            let mut unknown = Vec::new();
            let mut has_sink = false;
            let (mut has_near, mut has_source) = (
                false,
                engine
                    .entries
                    .handler(id, FunctionId(number as u32))
                    .is_some(),
            );
            let callees = callees(
                engine,
                &evaluator,
                (id, FunctionId(number as u32)),
                callable,
                &mut unknown,
            );
            for index in function.start..function.end {
                let name = match ir.op(index) {
                    Op::Call => match ir.get(index).operand_a().kind() {
                        OperandKind::Global(name) => {
                            Some(renamed.get(&name).copied().unwrap_or(name))
                        }
                        OperandKind::Register(callee) => match ir.op(callee) {
                            Op::Attr => Some(ir.get(callee).symbol_b()),
                            Op::Import => ir.imports[ir.get(callee).a as usize].name,
                            Op::MakeFunction | Op::MakeClass => {
                                Some(ir.function(FunctionId(ir.get(callee).a)).name)
                            }
                            // Whatever is called there may lead anywhere.
                            _ => None,
                        },
                        _ => None,
                    },
                    Op::Attr => {
                        has_source |= models.source_names().contains(&ir.get(index).symbol_b());
                        None
                    }
                    Op::StoreAttr => Some(ir.stored_attr(ir.get(index).b).0),
                    Op::StoreSubscript => {
                        // `response.headers[name] = value`
                        match ir.instruction(ir.get(index).operand_a()) {
                            Some(base) if base.op == Op::Attr => {
                                has_sink |= models.interesting().contains(&base.symbol_b());
                            }
                            _ => {}
                        }
                        if let OperandKind::Global(name) = ir.get(index).operand_a().kind() {
                            has_sink |= models.interesting().contains(&name);
                        }
                        None
                    }
                    _ => None,
                };
                let Some(name) = name else { continue };
                has_source |= models.source_names().contains(&name);
                has_near |= sink_names.contains(&name);
                has_sink |=
                    sink_names.contains(&name) && may_be_sink(engine, &evaluator, id, index, name);
            }
            let id_function = FunctionId(number as u32);
            if engine.entries.handler(id, id_function).is_some()
                || !ir.decorators_of(id_function).is_empty()
            {
                has_sink |= engine
                    .entries
                    .handler(id, id_function)
                    .is_some_and(|handler| handler.returned == crate::entry::Returned::Html)
                    || ir.decorators_of(id_function).iter().any(|&decorator| {
                        ir.instruction(decorator)
                            .filter(|call| call.op == Op::Call)
                            .and_then(|call| ir.instruction(call.operand_a()))
                            .filter(|callee| callee.op == Op::Attr)
                            .is_some_and(|callee| models.interesting().contains(&callee.symbol_b()))
                    });
            }
            unknown.sort_unstable();
            unknown.dedup();
            Glance {
                is_meeting: has_near && has_source,
                callees,
                unknown,
                has_sink,
            }
        })
        .collect()
}

/// Whether a call of something with the name of a sink may be one: it is, or nothing is known of it and the name is
/// none that containers and texts have.
fn may_be_sink(
    engine: &Engine<'_>,
    evaluator: &Evaluator<'_>,
    module: ModuleId,
    index: u32,
    name: Symbol,
) -> bool {
    let ir = &engine.project.module(module).ir;
    if ir.op(index) != Op::Call {
        return true;
    }
    let values = evaluator.values(module, ir.get(index).operand_a());
    let mut is_known = false;
    for &value in values.iter() {
        match value {
            values::Value::Function(module, function)
            | values::Value::Method((module, function), _) => {
                is_known = true;
                if engine.is_sink(module, function) {
                    return true;
                }
            }
            values::Value::Class(module, class) => {
                is_known = true;
                if let Some((module, function)) = engine.program.constructor(module, class)
                    && engine.is_sink(module, function)
                {
                    return true;
                }
            }
            _ => {}
        }
    }
    !is_known && !engine.is_common(name)
}

/// Functions of the project that a function calls, as far as that is known without running it.
fn callees(
    engine: &Engine<'_>,
    evaluator: &Evaluator<'_>,
    (module, function): Definition,
    callable: &FxHashSet<Symbol>,
    unknown: &mut Vec<Symbol>,
) -> Vec<Definition> {
    let ir = &engine.project.module(module).ir;
    let info = ir.function(function);
    let mut found = Vec::new();
    for index in info.start..info.end {
        if ir.op(index) == Op::MakeFunction {
            found.push((module, FunctionId(ir.get(index).a)));
        }
        if ir.op(index) != Op::Call {
            continue;
        }
        let callee = ir.get(index).operand_a();
        if let Some(attribute) = ir.instruction(callee)
            && attribute.op == Op::Attr
            && !callable.contains(&attribute.symbol_b())
        {
            continue;
        }
        let values = evaluator.values(module, callee);
        let is_known = values.iter().any(|value| {
            !matches!(
                value,
                values::Value::Other(..) | values::Value::Constant(..)
            )
        });
        if !is_known
            && let Some(attribute) = ir.instruction(callee)
            && attribute.op == Op::Attr
        {
            unknown.push(attribute.symbol_b());
        }
        for &value in values.iter() {
            let target = match value {
                values::Value::Function(module, function)
                | values::Value::Method((module, function), _) => Some((module, function)),
                values::Value::Class(module, class) => engine.program.constructor(module, class),
                _ => None,
            };
            if let Some((module, function)) = target
                && !engine.is_model(module, function)
            {
                found.push((module, function));
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found.retain(|&callee| callee != (module, function));
    found
}

/// Groups of functions such that each calls only functions of earlier groups, but for recursion.
fn levels(calls: &FxHashMap<Definition, Vec<Definition>>) -> Vec<Vec<Definition>> {
    let mut nodes: Vec<Definition> = calls.keys().copied().collect();
    nodes.sort_unstable();
    let number: FxHashMap<Definition, usize> = nodes
        .iter()
        .enumerate()
        .map(|(at, &node)| (node, at))
        .collect();
    let edges: Vec<Vec<usize>> = nodes
        .iter()
        .map(|node| {
            calls[node]
                .iter()
                .filter_map(|callee| number.get(callee).copied())
                .collect()
        })
        .collect();
    let component = components(&edges);
    let count = component.iter().max().map_or(0, |max| max + 1);
    // Components are numbered callees first.
    let mut height = vec![0_usize; count];
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (node, &component) in component.iter().enumerate() {
        members[component].push(node);
    }
    for at in 0..count {
        let mut own = 0;
        for &node in &members[at] {
            for &callee in &edges[node] {
                if component[callee] != at {
                    own = own.max(height[component[callee]] + 1);
                }
            }
        }
        height[at] = own;
    }
    let top = height.iter().max().map_or(0, |max| max + 1);
    let mut levels: Vec<Vec<Definition>> = vec![Vec::new(); top];
    for (node, &component) in component.iter().enumerate() {
        levels[height[component]].push(nodes[node]);
    }
    for level in &mut levels {
        level.sort_unstable();
    }
    levels
}

/// The strongly connected component of each node, numbered so that callees come first (Tarjan 1972, without recursion).
fn components(edges: &[Vec<usize>]) -> Vec<usize> {
    const NONE: usize = usize::MAX;
    let count = edges.len();
    let mut index = vec![NONE; count];
    let mut low = vec![0; count];
    let mut on_stack = vec![false; count];
    let mut component = vec![NONE; count];
    let mut stack = Vec::new();
    let (mut next, mut components) = (0, 0);
    for start in 0..count {
        if index[start] != NONE {
            continue;
        }
        let mut work: Vec<(usize, usize)> = vec![(start, 0)];
        while let Some(&mut (node, ref mut edge)) = work.last_mut() {
            if *edge == 0 {
                index[node] = next;
                low[node] = next;
                next += 1;
                stack.push(node);
                on_stack[node] = true;
            }
            if let Some(&callee) = edges[node].get(*edge) {
                *edge += 1;
                if index[callee] == NONE {
                    work.push((callee, 0));
                } else if on_stack[callee] {
                    low[node] = low[node].min(index[callee]);
                }
                continue;
            }
            work.pop();
            if let Some(&(parent, _)) = work.last() {
                low[parent] = low[parent].min(low[node]);
            }
            if low[node] == index[node] {
                while let Some(member) = stack.pop() {
                    on_stack[member] = false;
                    component[member] = components;
                    if member == node {
                        break;
                    }
                }
                components += 1;
            }
        }
    }
    component
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
            doubt: false,
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
                            doubt: false,
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
        gave_up: machine.gave_up,
    }
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
                    doubt: false,
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

/// Where writes and reads of stores meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    /// An attribute (or entry) of this very class.
    Own(Definition, Option<Part>),
    /// The same of the classes derived from it.
    Derived(Definition, Option<Part>),
    Global(ModuleId, Symbol),
    Cell(ModuleId, FunctionId, Symbol),
}

/// The places at which a store is written, or read: an attribute is the same in a class and in those derived from it.
fn places(engine: &Engine<'_>, root: Root, path: &Path, is_read: bool) -> Vec<Place> {
    let first = path.parts().first().copied();
    match root {
        Root::Class(module, class) => {
            let own = (module, class);
            let order = engine.ancestry(own);
            let ancestors = order[1..]
                .iter()
                .copied()
                .filter(|(module, _)| !engine.project.module(*module).is_model);
            let mut places = vec![Place::Own(own, first)];
            if is_read {
                places.push(Place::Derived(own, first));
                places.extend(ancestors.map(|ancestor| Place::Own(ancestor, first)));
            } else {
                places.extend(ancestors.map(|ancestor| Place::Derived(ancestor, first)));
            }
            places
        }
        Root::Global(module, name) => vec![Place::Global(module, name)],
        Root::Cell(module, function, name) => vec![Place::Cell(module, function, name)],
    }
}

/// Where data comes from in the end.
#[derive(Debug, Clone)]
struct Origin {
    source: Kind,
    doubt: bool,
    clean: Kinds,
    steps: Option<Arc<Step>>,
}

/// How many origins of a store are told apart.
const MAX_ORIGINS: usize = 16;

/// Who reads a store.
#[derive(Debug, Clone, Copy)]
enum Reader {
    /// What is put into another store: number of the write, number of its mark.
    Write(usize, usize),
    /// A sink.
    Sink,
}

/// What the stores that sinks read hold, followed from the sources on.
fn fill(
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
                            doubt: origin.doubt || mark.doubt,
                            clean: origin.clean | mark.clean,
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
fn source_of(
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

/// Puts together where data comes from and where it goes.
///
/// Beside the flows: the functions in which they were seen, in order.
fn collect(
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
                        doubt: false,
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
                if origin.clean & kind_bit(hit.sink) != 0 {
                    continue;
                }
                let mut steps = Vec::new();
                flatten(origin.steps.as_ref(), 0, &mut steps);
                flatten(hit.mark.step.as_ref(), 0, &mut steps);
                add_flow(
                    engine,
                    &mut flows,
                    hit,
                    origin.source,
                    &steps,
                    !(origin.doubt || hit.mark.doubt),
                );
            }
        }
    }
    suspects.sort_unstable();
    suspects.dedup();
    (flows, suspects)
}

/// Parts of a text, with what only callers or stores know taken for the program's own.
fn owned(parts: &[TextPart]) -> Vec<TextPart> {
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
fn chain(first: Option<&Arc<Step>>, second: Option<&Arc<Step>>) -> Option<Arc<Step>> {
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
    engine: &Engine<'_>,
    flows: &mut FlowsBySink,
    hit: &Hit,
    source: Kind,
    steps: &[(ModuleId, u32, Note)],
    is_certain: bool,
) {
    let _ = engine;
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
        is_certain,
    };
    let all = flows.entry((hit.module, hit.index)).or_default();
    let same = all.iter_mut().find(|known| {
        known.sink == flow.sink && known.source == flow.source && known.name == flow.name
    });
    match same {
        Some(known) => {
            if (!flow.is_certain, flow.steps.len()) < (!known.is_certain, known.steps.len()) {
                *known = flow;
            }
        }
        None => all.push(flow),
    }
}

//! Which functions matter, and in which order they are run.

use hognose_python::ir::{FunctionId, Op, OperandKind};
use hognose_python::{ModuleId, Symbol};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::engine::Engine;
use super::solve::{Definition, Options};
use crate::entry::Filling;
use crate::values;
use crate::values::Evaluator;

/// The functions to run, callees before callers.
pub(super) struct Plan {
    pub(super) levels: Vec<Level>,
}

/// Functions that call only functions of earlier levels, but for recursion.
#[derive(Default)]
pub(super) struct Level {
    /// Functions that do not call themselves.
    pub(super) plain: Vec<Definition>,
    /// Functions that call themselves, by way of each other, in order.
    pub(super) cycles: Vec<Vec<Definition>>,
}

/// What a quick look at a function tells.
struct Glance {
    /// Functions of the project that it calls, or makes.
    callees: Vec<Definition>,
    /// Last names of what it calls, where nothing else is known of it.
    unknown: Vec<Symbol>,
    /// It may have a sink.
    has_sink: bool,
    /// It may have a source, and a sink that is looked at only where the source is or a place that others read.
    is_meeting: bool,
}

impl Plan {
    pub(super) fn new(engine: &Engine<'_>, options: &Options) -> Plan {
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
        // Templates first: which of them is rendered is often known only when the program is run.
        let (templates, others): (FxHashMap<_, _>, FxHashMap<_, _>) = needed
            .into_iter()
            .partition(|(function, _)| project.module(function.0).is_derived);
        let mut all = levels(&templates);
        all.extend(levels(&others));
        Plan { levels: all }
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
            let mut has_store = false;
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
                    Op::StoreAttr => {
                        has_store = true;
                        Some(ir.stored_attr(ir.get(index).b).0)
                    }
                    Op::StoreSubscript => {
                        has_store = true;
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
                is_meeting: has_source && (has_near || has_store),
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
pub(super) fn callees(
    engine: &Engine<'_>,
    evaluator: &Evaluator<'_>,
    (module, function): Definition,
    callable: &FxHashSet<Symbol>,
    unknown: &mut Vec<Symbol>,
) -> Vec<Definition> {
    let ir = &engine.project.module(module).ir;
    let info = ir.function(function);
    let mut found = injected(engine, (module, function));
    for index in info.start..info.end {
        if ir.op(index) == Op::MakeFunction {
            found.push((module, FunctionId(ir.get(index).a)));
        }
        if ir.op(index) != Op::Call {
            continue;
        }
        // What is handed on is called by whoever gets it.
        for (_, argument) in ir.arguments(ir.get(index).b) {
            let name = match argument.kind() {
                OperandKind::Global(name) => name,
                OperandKind::Register(value) if ir.op(value) == Op::Attr => {
                    ir.get(value).symbol_b()
                }
                _ => continue,
            };
            if callable.contains(&name) {
                called(engine, &evaluator.values(module, argument), &mut found);
            }
        }
        if engine.project.module(module).is_derived {
            found.extend(engine.included(evaluator, module, index));
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
        called(engine, &values, &mut found);
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Functions that a framework calls before, for parameters of this one.
fn injected(engine: &Engine<'_>, (module, function): Definition) -> Vec<Definition> {
    let params = engine.project.module(module).ir.params_of(function).len();
    let entries =
        (0..params).filter_map(|number| engine.entries.parameter(module, function, number as u32));
    entries
        .filter_map(|entry| match (entry.filling, entry.object) {
            (Filling::Result(function), _) => Some(function),
            (Filling::Object, Some(class)) if !engine.project.module(class.0).is_model => {
                engine.method(class, engine.names.init?)
            }
            _ => None,
        })
        .collect()
}

/// The functions of the project that calling one of `values` runs.
fn called(engine: &Engine<'_>, values: &[values::Value], found: &mut Vec<Definition>) {
    for &value in values {
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
            found.extend_from_slice(engine.overrides((module, function)));
        }
    }
}

/// All functions, callees first.
fn levels(calls: &FxHashMap<Definition, Vec<Definition>>) -> Vec<Level> {
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
    let mut levels: Vec<Level> = Vec::new();
    levels.resize_with(top, Level::default);
    for (at, members) in members.into_iter().enumerate() {
        let level = &mut levels[height[at]];
        match members.as_slice() {
            [node] if !edges[*node].contains(node) => level.plain.push(nodes[*node]),
            _ => {
                let mut cycle: Vec<Definition> =
                    members.into_iter().map(|node| nodes[node]).collect();
                cycle.sort_unstable();
                level.cycles.push(cycle);
            }
        }
    }
    for level in &mut levels {
        level.plain.sort_unstable();
        level.cycles.sort_unstable();
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

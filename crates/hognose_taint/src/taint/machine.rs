//! Runs one function on abstract values: blocks in order, loops a few times, calls by summary or in place.

use std::rc::Rc;
use std::sync::Arc;

use hognose_python::ModuleId;
use hognose_python::ir::{FunctionId, FunctionKind, Op, Operand, OperandKind};
use rustc_hash::FxHashMap;

use super::agree::{Repeated, repeated};
use super::engine::Engine;
use super::heap::{Fact, Object, Shape, State, Subject};
use super::summary::{Hit, Write};
use super::value::{Closure, Kinds, Label, Part, Value, What};
use crate::values::Evaluator;

/// How often a loop's body is run: once, once with what comes around, and once more where that changed something.
const MAX_PASSES: u8 = 3;
/// How many instructions the evaluation of one function may run, those of functions run in place included.
const MAX_FUEL: u32 = 20_000;
/// How deep functions are run in place.
pub(super) const MAX_FRAMES: usize = 6;

/// How deep calls and attributes that call are nested. Bounds the stack, with [`MAX_FRAMES`].
pub(super) const MAX_DEPTH: u32 = 24;

/// A function being run.
pub(super) struct Frame {
    pub module: ModuleId,
    pub function: FunctionId,
    /// Distinguishes runs of the same function.
    pub serial: u32,
    pub(super) start: u32,
    pub(super) registers: Vec<Option<Value>>,
    /// State at the end of each block; none where control does not get there.
    ends: Vec<Option<State>>,
    /// State where a block was left by return or raise, for handlers.
    last: Vec<Option<State>>,
    /// What held where control entered a block: all that is sure where it was left by an exception.
    first: Vec<Arc<Vec<Fact>>>,
    block_start: u32,
    /// What the result of a call says of its arguments, if it is true and if it is false.
    pub call_facts: FxHashMap<u32, Guards>,
    returns: Vec<(Value, State, Guards)>,
    yields: Option<Value>,
    pub closure: Option<Arc<Closure>>,
    pub(super) repeated: Repeated,
    /// The instruction being run.
    pub at: u32,
}

impl Frame {
    /// State at the end of a block.
    pub fn end_of(&self, block: u32) -> Option<&State> {
        let at = block.checked_sub(self.block_start)?;
        self.ends.get(at as usize)?.as_ref()
    }
}

/// What a truth value says: facts if it is true, and if it is false. None: it is never so.
#[derive(Debug, Clone, Default)]
pub(crate) struct Guards {
    pub on_true: Option<Vec<Fact>>,
    pub on_false: Option<Vec<Fact>>,
}

/// What running a function gives.
pub(super) struct Outcome {
    /// None if it never returns.
    pub value: Option<Value>,
    pub state: State,
    pub guards: Guards,
}

/// Runs functions; one for each group that is evaluated together.
#[allow(clippy::struct_excessive_bools)] // Each says one thing of the run, whatever the others say.
pub(super) struct Machine<'e, 'a> {
    pub engine: &'e Engine<'a>,
    pub evaluator: Rc<Evaluator<'a>>,
    pub frames: Vec<Frame>,
    pub hits: Vec<Hit>,
    pub writes: Vec<Write>,
    pub fuel: u32,
    /// Callees are run in place wherever that may tell more, not only where the summary cannot know what is called.
    pub is_precise: bool,
    /// Something was given up.
    pub gave_up: bool,
    /// Parameters of the outermost function that decide where control goes, or that are called.
    pub decides: u64,
    /// The outermost function calls what one of its parameters is.
    pub calls_parameter: bool,
    /// Parameters of the outermost function whose texts name the template that is rendered.
    pub chooses: u64,
    /// How deep calls and attributes are nested right now.
    pub depth: u32,
    /// Places in arguments are being looked up: properties are not run for that.
    pub is_looking_up: bool,
    serials: u32,
    sites: FxHashMap<(u32, u32), u32>,
    pub(super) globals: FxHashMap<(ModuleId, Operand), u32>,
    pub(super) objects: u32,
}

enum Next {
    Go,
    Stop,
}

impl<'e, 'a> Machine<'e, 'a> {
    pub fn new(engine: &'e Engine<'a>, evaluator: Rc<Evaluator<'a>>, is_precise: bool) -> Self {
        Machine {
            engine,
            evaluator,
            frames: Vec::new(),
            hits: Vec::new(),
            writes: Vec::new(),
            fuel: if is_precise { MAX_FUEL } else { MAX_FUEL / 4 },
            is_precise,
            gave_up: false,
            decides: 0,
            calls_parameter: false,
            chooses: 0,
            depth: 0,
            is_looking_up: false,
            serials: 0,
            sites: FxHashMap::default(),
            globals: FxHashMap::default(),
            objects: 0,
        }
    }

    pub fn frame(&self) -> &Frame {
        self.frames.last().expect("a function is being run")
    }

    pub fn frame_mut(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("a function is being run")
    }

    pub fn module(&self) -> ModuleId {
        self.frame().module
    }

    pub fn ir(&self) -> &'a hognose_python::Ir {
        &self.engine.project.module(self.module()).ir
    }

    /// Runs a function on its parameters' values.
    pub fn run(
        &mut self,
        module: ModuleId,
        function: FunctionId,
        params: &[Value],
        state: State,
        closure: Option<Arc<Closure>>,
    ) -> Outcome {
        let ir = &self.engine.project.module(module).ir;
        let info = ir.function(function);
        let blocks = (info.block_end - info.block_start) as usize;
        self.serials += 1;
        let mut frame = Frame {
            module,
            function,
            serial: self.serials,
            start: info.start,
            registers: vec![None; (info.end - info.start) as usize],
            ends: vec![None; blocks],
            last: vec![None; blocks],
            first: vec![Arc::default(); blocks],
            block_start: info.block_start,
            call_facts: FxHashMap::default(),
            returns: Vec::new(),
            yields: None,
            closure,
            repeated: repeated(ir, info.block_start, info.block_end),
            at: info.start,
        };
        for (number, value) in params.iter().enumerate() {
            // Parameters are the first instructions.
            if let Some(register) = frame.registers.get_mut(number) {
                *register = Some(value.clone());
            }
        }
        self.frames.push(frame);
        self.run_blocks(ir, info.block_start, info.block_end, state);
        let frame = self.frames.pop().expect("pushed above");
        self.finish(frame)
    }

    fn run_blocks(&mut self, ir: &'a hognose_python::Ir, first: u32, end: u32, mut initial: State) {
        // The last block that goes back to a header, and how often the loop was run.
        let mut headers: Vec<(u32, u32, u8, bool)> = Vec::new();
        for &(to, from) in &ir.edges[ir.edges.partition_point(|&(to, _)| to < first)..] {
            if to >= end {
                break;
            }
            if from >= to {
                match headers.iter_mut().find(|header| header.0 == to) {
                    Some(header) => header.1 = header.1.max(from),
                    None => headers.push((to, from, 0, false)),
                }
            }
        }
        let mut block = first;
        while block < end {
            let state = if block == first {
                Some(std::mem::take(&mut initial))
            } else {
                self.entry_state(ir, block)
            };
            let header = headers.iter().position(|header| header.0 == block);
            let at = (block - first) as usize;
            if let Some(mut state) = state {
                self.frame_mut().first[at] = state.facts.clone();
                let start = ir.blocks[block as usize].start;
                let stop = match ir.blocks.get(block as usize + 1) {
                    Some(next) if block + 1 < end => next.start,
                    _ => ir.function(self.frame().function).end,
                };
                let mut alive = true;
                let mut changed = false;
                for index in start..stop {
                    self.frame_mut().at = index;
                    if self.fuel == 0 {
                        self.gave_up = true;
                        return;
                    }
                    self.fuel -= 1;
                    let is_loop = header.is_some_and(|header| headers[header].2 > 0);
                    if let Next::Stop =
                        self.instruction(ir, index, &mut state, is_loop, &mut changed)
                    {
                        alive = false;
                        break;
                    }
                }
                if let Some(header) = header {
                    headers[header].3 = changed;
                }
                let frame = self.frame_mut();
                frame.last[at] = Some(state.clone());
                frame.ends[at] = alive.then_some(state);
            } else {
                let frame = self.frame_mut();
                frame.ends[at] = None;
                frame.last[at] = None;
            }
            // Innermost first: the loop that ends here and began last.
            let again = headers
                .iter_mut()
                .filter(|header| header.1 == block)
                .rev()
                .find_map(|header| {
                    header.2 += 1;
                    let more = header.2 < 2 || header.2 < MAX_PASSES && header.3;
                    if more {
                        Some(header.0)
                    } else {
                        header.2 = 0;
                        None
                    }
                });
            block = again.unwrap_or(block + 1);
        }
    }

    /// The state with which control enters a block, if it does.
    fn entry_state(&mut self, ir: &'a hognose_python::Ir, block: u32) -> Option<State> {
        let info = ir.blocks[block as usize];
        let is_handler = ir.handlers.binary_search(&block).is_ok();
        let mut joined: Option<State> = None;
        for from in ir.predecessors(block) {
            let frame = self.frame();
            let Some(at) = from.checked_sub(frame.block_start) else {
                continue;
            };
            let states = if is_handler { &frame.last } else { &frame.ends };
            let Some(Some(state)) = states.get(at as usize) else {
                continue;
            };
            let mut state = state.clone();
            if is_handler && let Some(facts) = frame.first.get(at as usize) {
                state.facts = facts.clone();
            }
            match &mut joined {
                None => joined = Some(state),
                Some(joined) => joined.join(&state),
            }
        }
        let mut state = joined?;
        if !info.condition.is_absent() {
            self.note_decision(ir, info.condition);
            if !self.refine(&mut state, info.condition, info.polarity) {
                return None;
            }
        }
        Some(state)
    }

    /// Remembers that a parameter of the outermost function decides a condition.
    fn note_decision(&mut self, ir: &'a hognose_python::Ir, condition: Operand) {
        if self.frames.len() != 1 {
            return;
        }
        let mut waiting = vec![condition];
        let mut budget = 12;
        while let Some(operand) = waiting.pop() {
            let Some(index) = operand.as_register() else {
                continue;
            };
            budget -= 1;
            if budget == 0 {
                return;
            }
            let mut decides = 0;
            if let Some(value) = self.register(index) {
                for mark in value.taint.marks() {
                    if let Label::Input { param, .. } = mark.label {
                        decides |= 1 << param.min(63);
                    }
                }
            }
            self.decides |= decides;
            if !matches!(ir.op(index), Op::Call) {
                ir.for_each_operand(index, |operand| waiting.push(operand));
            }
        }
    }

    fn finish(&mut self, frame: Frame) -> Outcome {
        let ir = &self.engine.project.module(frame.module).ir;
        let info = ir.function(frame.function);
        let mut state: Option<State> = None;
        let mut value: Option<Value> = None;
        let mut guards = Guards::default();
        let mut returns = frame.returns;
        // Falling off the end returns None.
        if info.kind == FunctionKind::Def
            && let Some(Some(end)) = frame.ends.last()
        {
            returns.push((
                Value::new(What::None),
                end.clone(),
                Guards {
                    on_true: None,
                    on_false: Some(label_facts(&end.facts)),
                },
            ));
        } else if info.kind != FunctionKind::Def
            && let Some(Some(end)) = frame.ends.last()
            && returns.is_empty()
        {
            returns.push((Value::new(What::None), end.clone(), Guards::default()));
        }
        for (returned, end, says) in returns {
            guards.on_true = meet(guards.on_true, says.on_true);
            guards.on_false = meet(guards.on_false, says.on_false);
            match &mut state {
                None => state = Some(end),
                Some(state) => state.join(&end),
            }
            returned.join_into(&mut value);
        }
        let never = state.is_none();
        let mut state = state.unwrap_or_default();
        if info.is_generator {
            let mut iterator = Object::new(Shape::Iterator);
            iterator.rest = frame.yields;
            let id = self.site(frame.serial, u32::MAX);
            state.put(id, iterator);
            return Outcome {
                value: Some(Value::new(What::Object(id))),
                state,
                guards: Guards::default(),
            };
        }
        Outcome {
            value: if never { None } else { value },
            state,
            guards,
        }
    }

    /// The identity of the object that an instruction makes.
    pub fn site(&mut self, serial: u32, index: u32) -> u32 {
        let objects = &mut self.objects;
        *self.sites.entry((serial, index)).or_insert_with(|| {
            *objects += 1;
            *objects - 1
        })
    }

    /// Puts a new object on the heap for the current instruction.
    pub fn allocate(&mut self, state: &mut State, object: Object) -> Value {
        let (serial, at) = (self.frame().serial, self.frame().at);
        let mut number = at;
        // Several objects may be made by one instruction.
        let mut id = self.site(serial, number);
        let mut tries = 0;
        while state
            .object(id)
            .is_some_and(|old| old.shape != object.shape)
            && tries < 4
        {
            tries += 1;
            number = number.wrapping_add(0x4000_0000);
            id = self.site(serial, number);
        }
        state.put(id, object);
        Value::new(What::Object(id))
    }

    /// A further object, beside the one of the current instruction.
    pub fn allocate_extra(&mut self, state: &mut State, number: u32, object: Object) -> Value {
        let (serial, at) = (self.frame().serial, self.frame().at);
        let id = self.site(serial, at.wrapping_add(number.wrapping_mul(0x0100_0000)));
        state.put(id, object);
        Value::new(What::Object(id))
    }

    pub fn register(&self, index: u32) -> Option<&Value> {
        let frame = self.frame();
        let at = index.checked_sub(frame.start)?;
        frame.registers.get(at as usize)?.as_ref()
    }

    pub fn set(&mut self, index: u32, value: Value) {
        let frame = self.frame_mut();
        let at = (index - frame.start) as usize;
        if let Some(register) = frame.registers.get_mut(at) {
            *register = Some(value);
        }
    }

    fn instruction(
        &mut self,
        ir: &'a hognose_python::Ir,
        index: u32,
        state: &mut State,
        is_loop: bool,
        changed: &mut bool,
    ) -> Next {
        let instruction = ir.get(index);
        let value = match instruction.op {
            Op::Param => return Next::Go,
            Op::Return => {
                let value = self.read(state, instruction.operand_a());
                self.returned(ir, index, state, instruction.operand_a(), value);
                return Next::Stop;
            }
            Op::Raise => return Next::Stop,
            Op::Delete => {
                self.delete(ir, state, instruction.operand_a());
                return Next::Go;
            }
            Op::Assert | Op::Bind => return Next::Go,
            Op::Phi => {
                let mut joined: Option<Value> = None;
                for (operand, from) in ir.phi(instruction.a) {
                    if operand.is_absent() {
                        continue;
                    }
                    let frame = self.frame();
                    let at = from.wrapping_sub(frame.block_start) as usize;
                    let (end, last) = (frame.ends.get(at), frame.last.get(at));
                    let facts = match (end, last) {
                        (Some(Some(end)), _) => end.facts.clone(),
                        // A handler's values come from a block that was left.
                        (_, Some(Some(_))) if self.is_in_handler(ir, index) => {
                            frame.first.get(at).cloned().unwrap_or_default()
                        }
                        _ => continue,
                    };
                    let value = match operand.as_register() {
                        Some(register) => match self.register(register) {
                            Some(value) => apply_facts(&facts, value.clone(), Some(register)),
                            None => continue,
                        },
                        None => self.read(state, operand),
                    };
                    joined = Some(match joined {
                        None => value,
                        Some(joined) => {
                            let mut value = joined.join(&value);
                            // A counter.
                            if is_loop
                                && matches!(value.what, What::Choice(_))
                                && value.what.is_number()
                            {
                                value.what = What::Number;
                            }
                            value
                        }
                    });
                }
                let value = joined.unwrap_or(Value::TOP);
                if is_loop && self.register(index) != Some(&value) {
                    *changed = true;
                }
                value
            }
            Op::StoreGlobal => {
                let value = self.read(state, instruction.operand_b());
                self.store_global(ir, state, instruction.symbol_a(), &value);
                return Next::Go;
            }
            Op::StoreAttr => {
                let (name, operand) = ir.stored_attr(instruction.b);
                let base = self.read(state, instruction.operand_a());
                let value = self.read(state, operand);
                self.attribute_sinks(state, index, &value);
                self.store(state, &base, Part::Attr(name), &value);
                return Next::Go;
            }
            Op::StoreSubscript => {
                let (key, operand) = ir.stored(instruction.b);
                let base = self.read(state, instruction.operand_a());
                let key = self.read(state, key);
                let value = self.read(state, operand);
                self.store_element(state, index, &base, &key, &value);
                return Next::Go;
            }
            Op::Yield => {
                let value = self.read(state, instruction.operand_a());
                let frame = self.frame_mut();
                frame.yields = Some(match &frame.yields {
                    None => value,
                    Some(yields) => yields.join(&value),
                });
                // What is sent in is not known.
                Value::TOP
            }
            Op::YieldFrom => {
                let value = self.read(state, instruction.operand_a());
                let element = self.element(state, &value);
                let frame = self.frame_mut();
                frame.yields = Some(match &frame.yields {
                    None => element.clone(),
                    Some(yields) => yields.join(&element),
                });
                element
            }
            Op::Call => match self.call(ir, index, state) {
                Some(value) => value,
                None => return Next::Stop,
            },
            _ => self.operation(ir, index, state),
        };
        self.set(index, value);
        Next::Go
    }

    fn is_in_handler(&self, ir: &'a hognose_python::Ir, index: u32) -> bool {
        let block = ir.block_at(index);
        ir.handlers.binary_search(&block).is_ok()
    }

    fn returned(
        &mut self,
        ir: &'a hognose_python::Ir,
        index: u32,
        state: &mut State,
        operand: Operand,
        value: Value,
    ) {
        let function = self.frame().function;
        if self.frames.len() == 1 {
            self.handler_sinks(ir, function, index, state, &value);
        }
        let mut on = |polarity: bool| {
            let mut then = state.clone();
            self.refine(&mut then, operand, polarity)
                .then(|| label_facts(&then.facts))
        };
        let guards = Guards {
            on_true: on(true),
            on_false: on(false),
        };
        self.frame_mut()
            .returns
            .push((value, state.clone(), guards));
    }
}

/// The facts about data, which hold in every function.
pub(super) fn label_facts(facts: &[Fact]) -> Vec<Fact> {
    facts
        .iter()
        .filter(|fact| matches!(fact.subject, Subject::Label(_)) || fact.kinds != 0)
        .cloned()
        .collect()
}

/// What holds in both cases; a case that never happens says nothing.
fn meet(a: Option<Vec<Fact>>, b: Option<Vec<Fact>>) -> Option<Vec<Fact>> {
    match (a, b) {
        (None, other) | (other, None) => other,
        (Some(a), Some(b)) => Some(
            a.into_iter()
                .filter_map(|fact| {
                    let known = b.iter().find(|known| {
                        known.subject == fact.subject && known.kinds & fact.kinds != 0
                    })?;
                    Some(Fact {
                        kinds: fact.kinds & known.kinds,
                        exactly: None,
                        subject: fact.subject,
                    })
                })
                .collect(),
        ),
    }
}

/// A value under what is known of it.
pub(super) fn apply_facts(facts: &[Fact], mut value: Value, register: Option<u32>) -> Value {
    if facts.is_empty() {
        return value;
    }
    let mut all: Kinds = 0;
    for fact in facts {
        match &fact.subject {
            Subject::Register(index) if Some(*index) == register => {
                all |= fact.kinds;
                if let Some(what) = &fact.exactly {
                    return Value::new(what.clone());
                }
            }
            Subject::Label(label)
                if fact.kinds != 0
                    && value.taint.marks().iter().any(|mark| mark.label == *label) =>
            {
                value.taint = value.taint.map(|mark| {
                    let mut mark = mark.clone();
                    if mark.label == *label && fact.holds_for(&mark) {
                        mark.clean |= fact.kinds;
                    }
                    mark
                });
            }
            _ => {}
        }
    }
    if all != 0 {
        value.taint = value.taint.cleaned(all);
    }
    value
}

/// A constant operand.
pub(super) fn constant(operand: Operand) -> What {
    match operand.kind() {
        OperandKind::Str(symbol) | OperandKind::Bytes(symbol) => What::Symbol(symbol),
        OperandKind::Int(number) => What::Int(i64::from(number)),
        OperandKind::None => What::None,
        OperandKind::Bool(value) => What::Bool(value),
        OperandKind::Number(_) => What::Number,
        _ => What::Top,
    }
}

/// The place in a container that a key means.
pub(super) fn part_of(key: &What) -> Part {
    match key {
        What::Symbol(symbol) => Part::Key(*symbol),
        What::Int(number) => i32::try_from(*number).map_or(Part::Element, Part::Index),
        What::Bool(value) => Part::Index(i32::from(*value)),
        _ => Part::Element,
    }
}

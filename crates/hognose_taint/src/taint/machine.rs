//! Runs one function on abstract values: blocks in order, loops a few times, calls by summary or in place.

use std::rc::Rc;
use std::sync::Arc;

use hognose_python::ir::{FunctionId, FunctionKind, Op, Operand, OperandKind};
use hognose_python::{ModuleId, Symbol, Target};
use rustc_hash::FxHashMap;

use super::engine::Engine;
use super::heap::{Fact, Object, Shape, State, Subject};
use super::summary::{Hit, Write};
use super::value::{Closure, Kinds, Label, Mark, Note, Part, Path, Root, Taint, Value, What, step};
use crate::values::{self, Evaluator};

/// How often a loop's body is run: once, once with what comes around, and once more where that changed something.
const MAX_PASSES: u8 = 3;
/// How many instructions the evaluation of one function may run, those of functions run in place included.
pub(super) const MAX_FUEL: u32 = 20_000;
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
    start: u32,
    registers: Vec<Option<Value>>,
    /// State at the end of each block; none where control does not get there.
    ends: Vec<Option<State>>,
    /// State where a block was left by return or raise, for handlers.
    last: Vec<Option<State>>,
    block_start: u32,
    /// What the result of a call says of its arguments, if it is true and if it is false.
    pub call_facts: FxHashMap<u32, Guards>,
    returns: Vec<(Value, State, Guards)>,
    yields: Option<Value>,
    pub closure: Option<Arc<Closure>>,
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
    /// How deep calls and attributes are nested right now.
    pub depth: u32,
    /// Places in arguments are being looked up: properties are not run for that.
    pub is_looking_up: bool,
    serials: u32,
    sites: FxHashMap<(u32, u32), u32>,
    globals: FxHashMap<(ModuleId, Operand), u32>,
    objects: u32,
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
            block_start: info.block_start,
            call_facts: FxHashMap::default(),
            returns: Vec::new(),
            yields: None,
            closure,
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
            match &mut joined {
                None => joined = Some(state.clone()),
                Some(joined) => joined.join(state),
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
            value = Some(match value {
                None => returned,
                Some(value) => value.join(&returned),
            });
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

    /// The value of an operand under the facts of `state`.
    pub fn read(&mut self, state: &mut State, operand: Operand) -> Value {
        match operand.kind() {
            OperandKind::Register(index) => {
                let value = self.register(index).cloned().unwrap_or(Value::TOP);
                apply_facts(&state.facts, value, Some(index))
            }
            OperandKind::Global(name) => self.global(state, name),
            OperandKind::Str(symbol) | OperandKind::Bytes(symbol) => {
                Value::new(What::Symbol(symbol))
            }
            OperandKind::Int(number) => Value::new(What::Int(i64::from(number))),
            OperandKind::None => Value::new(What::None),
            OperandKind::Bool(value) => Value::new(What::Bool(value)),
            OperandKind::Number(_) => Value::NUMBER,
            OperandKind::Ellipsis | OperandKind::Absent => Value::TOP,
        }
    }

    /// What a name that is not local holds.
    fn global(&mut self, state: &mut State, name: Symbol) -> Value {
        let module = self.module();
        let targets = self.engine.resolve_name(module, name);
        let mut joined: Option<Value> = None;
        for &target in targets.iter() {
            let value = self.of_target(state, target, Some((module, name)));
            joined = Some(match joined {
                None => value,
                Some(joined) => joined.join(&value),
            });
        }
        let mut value = joined.unwrap_or(Value::TOP);
        if self.engine.is_set_by_functions(module, name) {
            let label = Label::Store {
                root: Root::Global(module, name),
                path: Path::EMPTY,
            };
            value = Value {
                taint: value.taint.join(&Taint::of(Mark {
                    label,
                    clean: 0,
                    doubt: false,
                    step: None,
                })),
                what: What::Top,
                whole: true,
            };
        }
        value
    }

    /// The value of a definition, or of a variable of a module or class.
    pub fn of_target(
        &mut self,
        state: &mut State,
        target: Target,
        variable: Option<(ModuleId, Symbol)>,
    ) -> Value {
        match target {
            Target::Module(module) => Value::new(What::Module(module)),
            Target::Function(module, function) => {
                // The closure of a function that is being run knows more.
                Value::new(What::Function(Arc::new(self.close(module, function))))
            }
            Target::Class(module, class) => Value::new(What::Class(module, class)),
            Target::External(external) => Value::new(What::External(external)),
            Target::Value(module, operand) => {
                let root = variable.map(|(module, name)| Root::Global(module, name));
                self.materialize(state, module, operand, root, 0)
            }
            Target::Variable(module, name) => {
                let found = self
                    .engine
                    .program
                    .models
                    .attribute(module, FunctionId::MODULE, name);
                let mut value = Value::TOP;
                if let Some((roles, _)) = found {
                    value.taint = self.source_taint(&roles.sources.clone());
                    value.whole = true;
                }
                let mut types = Vec::new();
                self.evaluator
                    .attribute(values::Value::Module(module), name, &mut types);
                value.what = self.what_of(&types);
                value
            }
        }
    }

    /// A function with what it closes over, as far as that is known here.
    pub fn close(&self, module: ModuleId, function: FunctionId) -> Closure {
        Closure {
            module,
            function,
            cells: Vec::new(),
            raw: false,
        }
    }

    /// Taint that starts at the current instruction.
    pub fn source_taint(&self, kinds: &[crate::Kind]) -> Taint {
        let (module, index) = (self.module(), self.frame().at);
        Taint::from_marks(
            kinds
                .iter()
                .map(|&kind| Mark {
                    label: Label::Source {
                        kind,
                        module,
                        index,
                    },
                    clean: 0,
                    doubt: false,
                    step: step(None, module, index, Note::Source, None),
                })
                .collect(),
        )
    }

    /// What types that the evaluator knows stand for.
    pub fn what_of(&self, types: &[values::Value]) -> What {
        let mut joined: Option<What> = None;
        for &value in types.iter().take(6) {
            let what = match value {
                values::Value::Module(module) => What::Module(module),
                values::Value::Function(module, function) => {
                    What::Function(Arc::new(self.close(module, function)))
                }
                values::Value::Method((module, function), class) => What::Method(Arc::new((
                    Value::new(What::Instance(class.0, class.1)),
                    module,
                    function,
                ))),
                values::Value::Class(module, class) => What::Class(module, class),
                values::Value::Instance(module, class) => {
                    if self.engine.program.models.is_harmless(module, class) {
                        What::Number
                    } else {
                        What::Instance(module, class)
                    }
                }
                values::Value::External(external) => What::External(external),
                values::Value::Typed(module, annotation) => What::Typed(module, annotation),
                values::Value::Constant(_, operand) => constant(operand),
                values::Value::Other(..) => What::Top,
            };
            joined = Some(match joined {
                None => what,
                Some(joined) => joined.join(&what),
            });
        }
        joined.unwrap_or(What::Top)
    }

    /// The value of an expression at the level of a module or class, from its own instruction.
    pub fn materialize(
        &mut self,
        state: &mut State,
        module: ModuleId,
        operand: Operand,
        root: Option<Root>,
        depth: u32,
    ) -> Value {
        let ir = &self.engine.project.module(module).ir;
        let Some(index) = operand.as_register() else {
            return match operand.kind() {
                OperandKind::Global(name) if depth < 6 => {
                    let targets = self.engine.resolve_name(module, name);
                    match targets.as_slice() {
                        [target] => self.of_target(state, *target, Some((module, name))),
                        _ => Value::TOP,
                    }
                }
                _ => Value::new(constant(operand)),
            };
        };
        if depth > 6 {
            return Value::TOP;
        }
        let instruction = ir.get(index);
        match instruction.op {
            Op::Dict | Op::List | Op::Tuple | Op::Set => {
                let next = self.objects;
                let id = *self.globals.entry((module, operand)).or_insert(next);
                if id == next {
                    self.objects += 1;
                }
                if state.object(id).is_none() {
                    let shape = match instruction.op {
                        Op::Dict => Shape::Dict,
                        Op::List => Shape::List,
                        Op::Tuple => Shape::Tuple,
                        _ => Shape::Set,
                    };
                    // Itself, while it is being made.
                    state.put(id, Object::new(shape));
                    let mut object = Object::new(shape);
                    if shape == Shape::Dict {
                        for (key, value) in ir.pairs(instruction.a) {
                            let value = self.materialize(state, module, value, None, depth + 1);
                            object.write(part_of(&constant(key)), &value, false);
                        }
                    } else {
                        let items: Vec<Value> = ir
                            .list(instruction.a)
                            .map(|item| self.materialize(state, module, item, None, depth + 1))
                            .collect();
                        object = Object::sequence(shape, items);
                    }
                    object.origins = root
                        .map(|root| Label::Store {
                            root,
                            path: Path::EMPTY,
                        })
                        .into_iter()
                        .collect();
                    state.put(id, object);
                }
                Value::new(What::Object(id))
            }
            Op::MakeFunction => Value::new(What::Function(Arc::new(
                self.close(module, FunctionId(instruction.a)),
            ))),
            Op::MakeClass => Value::new(What::Class(module, FunctionId(instruction.a))),
            Op::Add | Op::Format => {
                let parts: Vec<Operand> = match instruction.op {
                    Op::Format => ir.list(instruction.a).collect(),
                    _ => vec![instruction.operand_a(), instruction.operand_b()],
                };
                let mut joined: Option<Value> = None;
                for part in parts {
                    let value = self.materialize(state, module, part, None, depth + 1);
                    joined = Some(match joined {
                        None => value,
                        Some(joined) => self.concatenate(state, &joined, &value),
                    });
                }
                joined.unwrap_or(Value::TOP)
            }
            _ => {
                let types = self.evaluator.values(module, operand);
                let what = self.what_of(&types);
                // An object of the module's own may be changed by any function.
                if let (Some(root), What::Instance(class_module, class)) = (root, &what) {
                    let next = self.objects;
                    let id = *self.globals.entry((module, operand)).or_insert(next);
                    if id == next {
                        self.objects += 1;
                    }
                    if !self.engine.project.module(*class_module).is_model {
                        if state.object(id).is_none() {
                            let mut object = Object::new(Shape::Instance(*class_module, *class));
                            object.origins.push(Label::Store {
                                root,
                                path: Path::EMPTY,
                            });
                            state.put(id, object);
                        }
                        return Value::new(What::Object(id));
                    }
                }
                Value::new(what)
            }
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
            Op::Assert | Op::Delete | Op::Bind => return Next::Go,
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
                        (_, Some(Some(last))) if self.is_in_handler(ir, index) => {
                            last.facts.clone()
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
                let taint = value.taint.clone();
                let frame = self.frame_mut();
                frame.yields = Some(match &frame.yields {
                    None => value,
                    Some(yields) => yields.join(&value),
                });
                // What is sent in is not known.
                let _ = taint;
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

    fn store_global(
        &mut self,
        ir: &'a hognose_python::Ir,
        state: &mut State,
        name: Symbol,
        value: &Value,
    ) {
        let module = self.module();
        // A nonlocal variable is a cell of a function around.
        let mut owner = self.frame().function;
        while owner != FunctionId::MODULE {
            owner = ir.function(owner).parent;
            if ir.cell(owner, name).next().is_some() {
                self.write(
                    state,
                    Label::Store {
                        root: Root::Cell(module, owner, name),
                        path: Path::EMPTY,
                    },
                    value,
                );
                for frame in self.frames.iter_mut().rev() {
                    if frame.module == module && frame.function == owner {
                        for operand in ir.cell(owner, name) {
                            if let Some(at) = operand
                                .as_register()
                                .and_then(|index| index.checked_sub(frame.start))
                                && let Some(Some(register)) = frame.registers.get_mut(at as usize)
                            {
                                *register = register.join(value);
                            }
                        }
                        break;
                    }
                }
                return;
            }
        }
        self.write(
            state,
            Label::Store {
                root: Root::Global(module, name),
                path: Path::EMPTY,
            },
            value,
        );
    }

    /// The value of a variable of an enclosing function.
    pub fn free(
        &mut self,
        ir: &'a hognose_python::Ir,
        state: &mut State,
        owner: FunctionId,
        name: Symbol,
    ) -> Value {
        let module = self.module();
        let running = self
            .frames
            .iter()
            .rev()
            .skip(1)
            .find(|frame| frame.module == module && frame.function == owner);
        if let Some(frame) = running {
            let mut joined: Option<Value> = None;
            for operand in ir.cell(owner, name) {
                let value = match operand.as_register() {
                    Some(index) => {
                        let at = index.wrapping_sub(frame.start) as usize;
                        match frame.registers.get(at) {
                            Some(Some(value)) => value.clone(),
                            _ => continue,
                        }
                    }
                    None => Value::new(constant(operand)),
                };
                joined = Some(match joined {
                    None => value,
                    Some(joined) => joined.join(&value),
                });
            }
            if let Some(value) = joined {
                return value;
            }
        }
        if let Some(closure) = &self.frame().closure
            && let Some((_, value)) = closure
                .cells
                .iter()
                .find(|(cell, _)| *cell == (owner, name))
        {
            return value.clone();
        }
        // Evaluated on its own: constants and functions are known, data is a store.
        let mut what = What::Top;
        let operands: Vec<Operand> = ir.cell(owner, name).collect();
        if let [operand] = operands.as_slice() {
            let value = self.materialize(state, module, *operand, None, 0);
            if !matches!(value.what, What::Top) && value.taint.is_clean() {
                what = value.what;
            }
        }
        Value {
            taint: Taint::of(Mark {
                label: Label::Store {
                    root: Root::Cell(module, owner, name),
                    path: Path::EMPTY,
                },
                clean: 0,
                doubt: false,
                step: None,
            }),
            what,
            whole: true,
        }
    }

    /// Variables of enclosing functions that a function uses, as they are now.
    pub fn captured(&mut self, ir: &'a hognose_python::Ir, function: FunctionId) -> Closure {
        let module = self.module();
        let mut closure = self.close(module, function);
        let info = ir.function(function);
        let mut seen: Vec<(FunctionId, Symbol)> = Vec::new();
        for index in info.start..info.end {
            if ir.op(index) == Op::Free {
                let instruction = ir.get(index);
                let cell = (FunctionId(instruction.b), instruction.symbol_a());
                if !seen.contains(&cell) && seen.len() < 32 {
                    seen.push(cell);
                }
            }
        }
        for (owner, name) in seen {
            let frame = self.frame();
            let mut joined: Option<Value> = None;
            if frame.function == owner {
                for operand in ir.cell(owner, name) {
                    let value = match operand.as_register() {
                        Some(index) => match self.register(index) {
                            Some(value) => value.clone(),
                            None => continue,
                        },
                        None => Value::new(constant(operand)),
                    };
                    joined = Some(match joined {
                        None => value,
                        Some(joined) => joined.join(&value),
                    });
                }
            } else if let Some(outer) = &frame.closure {
                joined = outer
                    .cells
                    .iter()
                    .find(|(cell, _)| *cell == (owner, name))
                    .map(|(_, value)| value.clone());
            }
            if let Some(value) = joined {
                closure.cells.push(((owner, name), value));
            }
        }
        closure
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
                    if mark.label == *label {
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

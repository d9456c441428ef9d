//! What names mean while a function is run: parameters, globals, variables of the functions around, and values of modules.

use std::sync::Arc;

use hognose_python::ir::{FunctionId, Op, Operand, OperandKind};
use hognose_python::{ModuleId, Symbol, Target};

use super::heap::{Object, Shape, State};
use super::machine::{Machine, apply_facts, constant, part_of};
use super::names::Native;
use super::value::{Closure, Doubt, Label, Mark, Note, Path, Root, Taint, Value, What, step};
use crate::values;

impl<'a> Machine<'_, 'a> {
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
    pub(super) fn global(&mut self, state: &mut State, name: Symbol) -> Value {
        let module = self.module();
        let targets = self.engine.resolve_name(module, name);
        let mut joined: Option<Value> = None;
        for &target in targets.iter() {
            let value = self.of_target(state, target, Some((module, name)));
            value.join_into(&mut joined);
        }
        self.set_by_functions(joined.unwrap_or(Value::TOP), module, name)
    }

    /// A variable of a module that functions set, too.
    pub(super) fn set_by_functions(
        &self,
        mut value: Value,
        module: ModuleId,
        name: Symbol,
    ) -> Value {
        if self.engine.is_set_by_functions(module, name) {
            let label = Label::Store {
                root: Root::Global(module, name),
                path: Path::EMPTY,
            };
            value = Value {
                taint: value.taint.join(&Taint::of(Mark {
                    label,
                    clean: 0,
                    doubt: Doubt::None,
                    undone: false,
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
        self.of_target_at(state, target, variable, 0)
    }

    /// The same, `depth` definitions from where it was asked: a variable may be made of itself (`count += 1`).
    fn of_target_at(
        &mut self,
        state: &mut State,
        target: Target,
        variable: Option<(ModuleId, Symbol)>,
        depth: u32,
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
                self.materialize(state, module, operand, root, depth)
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
                    doubt: Doubt::None,
                    undone: false,
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
            what.join_into(&mut joined);
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
                        [target] => {
                            self.of_target_at(state, *target, Some((module, name)), depth + 1)
                        }
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
                let shape = match instruction.op {
                    Op::Dict => Shape::Dict,
                    Op::List => Shape::List,
                    Op::Tuple => Shape::Tuple,
                    _ => Shape::Set,
                };
                self.shared_object(state, (module, operand), shape, root, |machine, state| {
                    if shape == Shape::Dict {
                        let mut object = Object::new(shape);
                        for (key, value) in ir.pairs(instruction.a) {
                            let value = machine.materialize(state, module, value, None, depth + 1);
                            object.write(part_of(&constant(key)), &value, false);
                        }
                        object
                    } else {
                        let items: Vec<Value> = ir
                            .list(instruction.a)
                            .map(|item| machine.materialize(state, module, item, None, depth + 1))
                            .collect();
                        Object::sequence(shape, items)
                    }
                })
            }
            Op::Call
                if let Some(shape) = self.shared_container(module, instruction.operand_a()) =>
            {
                self.shared_object(state, (module, operand), shape, root, |_, _| {
                    let mut object = Object::new(shape);
                    object.items = None;
                    object
                })
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
                    // Parts that are texts of parts themselves multiply with the depth.
                    if self.fuel == 0 {
                        self.gave_up = true;
                        return Value::TOP;
                    }
                    self.fuel -= 1;
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
                if let (Some(root), &What::Instance(class_module, class)) = (root, &what)
                    && !self.engine.project.module(class_module).is_model
                {
                    let shape = Shape::Instance(class_module, class);
                    return self.shared_object(
                        state,
                        (module, operand),
                        shape,
                        Some(root),
                        |_, _| Object::new(shape),
                    );
                }
                Value::new(what)
            }
        }
    }

    /// The one object that an expression of a module makes, kept in `root`.
    fn shared_object(
        &mut self,
        state: &mut State,
        place: (ModuleId, Operand),
        shape: Shape,
        root: Option<Root>,
        fill: impl FnOnce(&mut Self, &mut State) -> Object,
    ) -> Value {
        let next = self.objects;
        let id = *self.globals.entry(place).or_insert(next);
        if id == next {
            self.objects += 1;
        }
        if state.object(id).is_none() {
            // Itself, while it is being made.
            state.put(id, Object::new(shape));
            let mut object = fill(self, state);
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

    /// The container that calling a function of the standard library makes: a queue, a mapping.
    fn shared_container(&self, module: ModuleId, callee: Operand) -> Option<Shape> {
        let targets = self.engine.project.resolve(module, callee);
        let [Target::Class(module, class)] = targets.as_slice() else {
            return None;
        };
        match self.engine.native(*module, *class)? {
            Native::List => Some(Shape::List),
            Native::Dict | Native::Grouping | Native::ConfigParser => Some(Shape::Dict),
            _ => None,
        }
    }

    pub(super) fn store_global(
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
                value.join_into(&mut joined);
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
                doubt: Doubt::None,
                undone: false,
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
                    value.join_into(&mut joined);
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

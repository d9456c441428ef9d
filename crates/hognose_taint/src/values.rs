//! What an operand may be: definitions, instances, constants.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::OnceLock;

use hognose_python::ir::{
    FunctionId, FunctionKind, Instruction, Op, Operand, OperandKind, ParamKind,
};
use hognose_python::{ExternalId, ModuleId, Project, Symbol, Target};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::entry::{EntryPoints, Filling};
use crate::models::{Binding, Kind, Models, binding_of};
use crate::text::Shape;
use crate::view::{CallView, Given};

/// One thing that an operand may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Value {
    /// A module.
    Module(ModuleId),
    /// A function that is not bound.
    Function(ModuleId, FunctionId),
    /// A function bound to an instance of the class that follows it.
    Method((ModuleId, FunctionId), (ModuleId, FunctionId)),
    /// A class.
    Class(ModuleId, FunctionId),
    /// An instance of a class.
    Instance(ModuleId, FunctionId),
    /// Something outside the project, or an instance of it.
    External(ExternalId),
    /// A constant of that module.
    Constant(ModuleId, Operand),
    /// A value of the type that an annotation with parameters stands for: `list[str]`.
    Typed(ModuleId, Operand),
    /// The result of an instruction about which no more is known.
    Other(ModuleId, Operand),
}

/// Values stored in attributes, per class and name.
type Fields = FxHashMap<(FunctionId, Symbol), Vec<Operand>>;

/// Attributes of modules that other modules store to: `config.ident = name`.
type Stored = FxHashSet<(ModuleId, Symbol)>;

/// What all evaluators of a project share.
#[derive(Debug)]
pub struct Program<'a> {
    /// The project.
    pub project: &'a Project,
    /// The roles.
    pub models: &'a Models,
    /// What frameworks call. Empty until it is set, which is possible only once the rest is there to find it with.
    pub entry_points: EntryPoints,
    fields: Vec<OnceLock<Fields>>,
    stored: OnceLock<Stored>,
    well_known: WellKnown,
}

/// Symbols that evaluation asks for.
#[derive(Debug)]
struct WellKnown {
    init: Option<Symbol>,
    enter: Option<Symbol>,
    aenter: Option<Symbol>,
    call: Option<Symbol>,
    getitem: Option<Symbol>,
    truediv: Option<Symbol>,
    rtruediv: Option<Symbol>,
    objects: Option<Symbol>,
    /// The class of `objects` of a Django model.
    manager: Option<(ModuleId, FunctionId)>,
    django: Option<Symbol>,
    request: Option<Symbol>,
    optional: Option<Symbol>,
    union: Option<Symbol>,
    self_type: Option<Symbol>,
    /// Methods that enter the context they are given.
    enter_context: [Option<Symbol>; 2],
    type_of: Option<Symbol>,
    str_class: Option<(ModuleId, FunctionId)>,
    bytes_class: Option<(ModuleId, FunctionId)>,
    /// Classes of a parameter that is called `request`, by the package that the module imports from.
    requests: Vec<(Symbol, (ModuleId, FunctionId))>,
}

/// What an unannotated first parameter named `request` is, by convention, in a module that imports from the package.
const REQUESTS: &[(&str, &str)] = &[
    ("rest_framework", "rest_framework.request.Request"),
    ("django", "django.http.HttpRequest"),
];

impl<'a> Program<'a> {
    /// Prepares evaluation.
    pub fn new(project: &'a Project, models: &'a Models) -> Self {
        let find = |name: &str| project.symbols().find(name);
        let class = |name: &str| {
            let (module, class) = name.rsplit_once('.')?;
            let module = project.model(module)?;
            match project.member(Target::Module(module), find(class)?).first() {
                Some(&Target::Class(module, class)) => Some((module, class)),
                _ => None,
            }
        };
        let requests = REQUESTS
            .iter()
            .filter_map(|(package, name)| Some((find(package)?, class(name)?)))
            .collect();
        let mut fields = Vec::new();
        fields.resize_with(project.modules().len(), OnceLock::new);
        Program {
            project,
            models,
            entry_points: EntryPoints::default(),
            fields,
            stored: OnceLock::new(),
            well_known: WellKnown {
                init: find("__init__"),
                enter: find("__enter__"),
                aenter: find("__aenter__"),
                call: find("__call__"),
                getitem: find("__getitem__"),
                truediv: find("__truediv__"),
                rtruediv: find("__rtruediv__"),
                objects: find("objects"),
                manager: class("django.db.models.Manager"),
                django: find("django"),
                request: find("request"),
                optional: find("Optional"),
                union: find("Union"),
                self_type: find("Self"),
                enter_context: [find("enter_context"), find("enter_async_context")],
                type_of: find("type"),
                str_class: class("builtins.str"),
                bytes_class: class("builtins.bytes"),
                requests,
            },
        }
    }

    /// What methods of a class store in attributes of their instance.
    fn fields(&self, module: ModuleId) -> &Fields {
        self.fields[module.0 as usize].get_or_init(|| {
            let ir = &self.project.module(module).ir;
            let mut fields = Fields::default();
            for (index, &op) in ir.ops().iter().enumerate() {
                if op != Op::StoreAttr {
                    continue;
                }
                let instruction = ir.get(index as u32);
                let on_self = ir
                    .instruction(instruction.operand_a())
                    .is_some_and(|base| base.op == Op::Param && base.a == 0);
                if !on_self {
                    continue;
                }
                let class = ir.function(ir.function_at(index as u32)).parent;
                if ir.is_class(class) {
                    let (name, value) = ir.stored_attr(instruction.b);
                    fields.entry((class, name)).or_default().push(value);
                }
            }
            fields
        })
    }

    /// The attributes of modules that other modules store to.
    fn stored(&self) -> &Stored {
        self.stored.get_or_init(|| {
            let mut stored = Stored::default();
            for (id, module) in self.project.modules() {
                let ir = &module.ir;
                if module.is_model {
                    continue;
                }
                for (index, &op) in ir.ops().iter().enumerate() {
                    if op != Op::StoreAttr {
                        continue;
                    }
                    let instruction = ir.get(index as u32);
                    let base = instruction.operand_a();
                    // Parameters are by far the most, and no modules.
                    let is_name = match base.kind() {
                        OperandKind::Global(_) => true,
                        OperandKind::Register(base) => matches!(ir.op(base), Op::Import | Op::Attr),
                        _ => false,
                    };
                    if !is_name {
                        continue;
                    }
                    let (name, _) = ir.stored_attr(instruction.b);
                    for target in self.project.resolve(id, base) {
                        if let Target::Module(other) = target
                            && other != id
                        {
                            stored.insert((other, name));
                        }
                    }
                }
            }
            stored
        })
    }

    /// The constructor of a class.
    pub fn constructor(
        &self,
        module: ModuleId,
        class: FunctionId,
    ) -> Option<(ModuleId, FunctionId)> {
        let init = self.well_known.init?;
        self.project
            .member(Target::Class(module, class), init)
            .into_iter()
            .find_map(|target| match target {
                Target::Function(module, function) => Some((module, function)),
                _ => None,
            })
    }

    /// Whether a class is `builtins.str`.
    pub fn is_str(&self, class: (ModuleId, FunctionId)) -> bool {
        self.well_known.str_class == Some(class) || self.well_known.bytes_class == Some(class)
    }
}

/// How deep evaluation follows calls and attributes.
const MAX_DEPTH: u32 = 24;
/// How many values of one operand are told apart.
const MAX_VALUES: usize = 16;

type ValuesByOperand = FxHashMap<(ModuleId, Operand), Rc<[Value]>>;
type ShapesByOperand = FxHashMap<(ModuleId, Operand, Option<Kind>), Shape>;

/// Evaluates operands of one module after the other's need, with memory. Results do not depend on other evaluators.
pub struct Evaluator<'a> {
    /// What all share.
    pub program: &'a Program<'a>,
    memo: RefCell<ValuesByOperand>,
    depth: Cell<u32>,
    pub(crate) shapes: RefCell<ShapesByOperand>,
    pub(crate) work: Cell<u32>,
    /// Results whose constants are being put together.
    pub(crate) folding: RefCell<Vec<(ModuleId, Operand)>>,
}

impl<'a> Evaluator<'a> {
    /// An evaluator without memory so far.
    pub fn new(program: &'a Program<'a>) -> Self {
        Evaluator {
            program,
            memo: RefCell::default(),
            depth: Cell::new(0),
            shapes: RefCell::default(),
            work: Cell::new(0),
            folding: RefCell::default(),
        }
    }

    /// The project.
    pub fn project(&self) -> &'a Project {
        self.program.project
    }

    /// Says that a limit was reached while something of `module` was followed: for every part of the evaluation that
    /// stops early. It becomes a problem with the module's file.
    pub(crate) fn give_up(&self, module: ModuleId) {
        self.project().give_up(module);
    }

    /// All that `operand` of `module` may be; empty where nothing is known.
    pub fn values(&self, module: ModuleId, operand: Operand) -> Rc<[Value]> {
        if operand.is_constant() {
            return Rc::from([Value::Constant(module, operand)]);
        }
        if operand.is_absent() {
            return Rc::from([]);
        }
        if self.depth.get() >= MAX_DEPTH {
            self.give_up(module);
            return Rc::from([]);
        }
        if let Some(values) = self.memo.borrow().get(&(module, operand)) {
            return values.clone();
        }
        // In a cycle, the inner occurrence adds nothing.
        self.memo
            .borrow_mut()
            .insert((module, operand), Rc::from([]));
        self.depth.set(self.depth.get() + 1);
        let mut values = Vec::new();
        for target in self.project().resolve(module, operand) {
            match target {
                Target::Module(module) => add(&mut values, Value::Module(module)),
                Target::Function(module, function) => {
                    add(&mut values, Value::Function(module, function));
                }
                Target::Class(module, class) => add(&mut values, Value::Class(module, class)),
                Target::External(external) => add(&mut values, Value::External(external)),
                Target::Value(module, value) => self.derive(module, value, &mut values),
                Target::Variable(module, name) => {
                    self.annotated_variable(module, FunctionId::MODULE, name, &mut values);
                }
            }
        }
        self.stored_elsewhere(module, operand, &mut values);
        self.depth.set(self.depth.get() - 1);
        if values.len() >= MAX_VALUES {
            self.give_up(module);
        }
        let values: Rc<[Value]> = values.into();
        self.memo
            .borrow_mut()
            .insert((module, operand), values.clone());
        values
    }

    /// Adds something unknown where an operand reads an attribute of a module that other modules store to. What they
    /// store says little of what is there: tests and examples do it most.
    fn stored_elsewhere(&self, module: ModuleId, operand: Operand, values: &mut Vec<Value>) {
        let project = self.project();
        let Some(attribute) = project
            .module(module)
            .ir
            .instruction(operand)
            .filter(|instruction| instruction.op == Op::Attr)
        else {
            return;
        };
        // Definitions that somebody replaces are still what the reader of the code means.
        if !values
            .iter()
            .all(|value| matches!(value, Value::Constant(..) | Value::Other(..)))
        {
            return;
        }
        for target in project.resolve(module, attribute.operand_a()) {
            let Target::Module(owner) = target else {
                continue;
            };
            if self
                .program
                .stored()
                .contains(&(owner, attribute.symbol_b()))
            {
                add(values, Value::Other(module, operand));
            }
        }
    }

    fn derive(&self, module: ModuleId, operand: Operand, values: &mut Vec<Value>) {
        let ir = &self.project().module(module).ir;
        let Some(index) = operand.as_register() else {
            return add(values, Value::Constant(module, operand));
        };
        let instruction = ir.get(index);
        let before = values.len();
        match instruction.op {
            Op::Call => {
                for &callee in &*self.values(module, instruction.operand_a()) {
                    let overloaded = match callee {
                        Value::Function(module, function)
                        | Value::Method((module, function), _) => self
                            .program
                            .models
                            .function(module, function)
                            .is_some_and(|model| !model.overloads.is_empty()),
                        _ => false,
                    };
                    // Which overload it is may decide what comes back.
                    let chosen = if overloaded {
                        CallView::chosen(self, module, index, callee)
                    } else {
                        callee
                    };
                    if !self.passed_through(module, index, chosen, values) {
                        self.call_result(chosen, values);
                    }
                }
            }
            Op::Attr => {
                let bases = self.values(module, instruction.operand_a());
                for &base in &*bases {
                    self.attribute(base, instruction.symbol_b(), values);
                }
                // A model whose definition is not at hand still has Django's manager.
                let known = &self.program.well_known;
                if bases.is_empty()
                    && Some(instruction.symbol_b()) == known.objects
                    && let (Some(django), Some((manager_module, manager))) =
                        (known.django, known.manager)
                    && self.imports_from(module, django)
                {
                    add(values, Value::Instance(manager_module, manager));
                }
            }
            Op::Div => {
                let known = &self.program.well_known;
                for (operand, method) in [
                    (instruction.operand_a(), known.truediv),
                    (instruction.operand_b(), known.rtruediv),
                ] {
                    let Some(method) = method else { continue };
                    for &base in &*self.values(module, operand) {
                        let mut methods = Vec::new();
                        self.attribute(base, method, &mut methods);
                        for method in methods {
                            self.call_result(method, values);
                        }
                    }
                }
            }
            Op::Await | Op::YieldFrom => {
                extend(values, &self.values(module, instruction.operand_a()));
            }
            Op::Enter => {
                for &context in &*self.values(module, instruction.operand_a()) {
                    self.entered(context, values);
                }
            }
            Op::And | Op::Or => {
                extend(values, &self.values(module, instruction.operand_a()));
                extend(values, &self.values(module, instruction.operand_b()));
            }
            Op::Param => self.parameter(module, index, instruction.a, values),
            Op::Subscript => self.subscript(module, instruction, values),
            Op::Element => {
                for &iterable in &*self.values(module, instruction.operand_a()) {
                    match iterable {
                        Value::Typed(module, annotation) => {
                            self.type_argument(module, annotation, 0, values);
                        }
                        Value::Other(module, display) => {
                            if let Some(display) =
                                self.project().module(module).ir.instruction(display)
                                && matches!(display.op, Op::List | Op::Tuple | Op::Set)
                            {
                                for element in self
                                    .project()
                                    .module(module)
                                    .ir
                                    .list(display.a)
                                    .take(MAX_VALUES)
                                {
                                    extend(values, &self.values(module, element));
                                }
                            }
                        }
                        _ => {}
                    }
                }
            }
            Op::Unpack => {
                let number = instruction.b & 0xffff;
                for &sequence in &*self.values(module, instruction.operand_a()) {
                    match sequence {
                        Value::Typed(module, annotation) => {
                            self.type_argument(module, annotation, number, values);
                        }
                        Value::Other(module, display) => {
                            let ir = &self.project().module(module).ir;
                            if let Some(display) = ir.instruction(display)
                                && matches!(display.op, Op::List | Op::Tuple)
                                && let Some(element) = ir.list(display.a).nth(number as usize)
                            {
                                extend(values, &self.values(module, element));
                            }
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        if values.len() == before {
            add(values, Value::Other(module, operand));
        }
    }

    /// What `with` binds when it enters `context`.
    fn entered(&self, context: Value, values: &mut Vec<Value>) {
        let known = &self.program.well_known;
        let from = values.len();
        for name in [known.enter, known.aenter].into_iter().flatten() {
            let mut methods = Vec::new();
            self.attribute(context, name, &mut methods);
            for method in methods {
                self.call_result(method, values);
            }
        }
        if values.len() == from {
            add(values, context);
        }
    }

    /// Where a stub says that a call gives back one of its arguments, by a type variable (`def closing(thing: T) -> T`):
    /// the values of that argument. Whether it does.
    fn passed_through(
        &self,
        module: ModuleId,
        index: u32,
        callee: Value,
        values: &mut Vec<Value>,
    ) -> bool {
        let (function, is_bound) = match callee {
            Value::Function(module, function) => ((module, function), false),
            Value::Method(function, _) => (function, true),
            _ => return false,
        };
        let project = self.project();
        if !project.module(function.0).is_model {
            return false;
        }
        let ir = &project.module(function.0).ir;
        let info = ir.function(function.1);
        let OperandKind::Global(_) = info.returns.kind() else {
            return false;
        };
        let Some(number) = ir
            .params_of(function.1)
            .iter()
            .position(|param| param.annotation == info.returns)
        else {
            return false;
        };
        // The name of a class is no type variable.
        if !project
            .resolve(function.0, info.returns)
            .iter()
            .any(|target| matches!(target, Target::Value(..)))
        {
            return false;
        }
        if let Some(Some(Given::Argument { value, .. })) =
            CallView::given(self, module, index, function, is_bound).get(number)
        {
            let enters = self
                .program
                .well_known
                .enter_context
                .contains(&Some(info.name));
            for &value in &*self.values(module, *value) {
                if enters {
                    self.entered(value, values);
                } else {
                    add(values, value);
                }
            }
        }
        true
    }

    /// What calling `callee` gives.
    pub fn call_result(&self, callee: Value, values: &mut Vec<Value>) {
        match callee {
            Value::Class(module, class) => add(values, Value::Instance(module, class)),
            Value::Function(module, function) => self.returned((module, function), None, values),
            Value::Method(function, class) => self.returned(function, Some(class), values),
            Value::External(external) => add(values, Value::External(external)),
            Value::Instance(..) => {
                if let Some(call) = self.program.well_known.call {
                    let mut methods = Vec::new();
                    self.attribute(callee, call, &mut methods);
                    for method in methods {
                        if matches!(method, Value::Method(..)) {
                            self.call_result(method, values);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    fn returned(
        &self,
        (module, function): (ModuleId, FunctionId),
        receiver: Option<(ModuleId, FunctionId)>,
        values: &mut Vec<Value>,
    ) {
        let (module, function) = self.program.models.twin(module, function);
        let ir = &self.project().module(module).ir;
        let info = ir.function(function);
        if !info.returns.is_absent() {
            let before = values.len();
            self.of_type(module, info.returns, receiver, values);
            if values.len() > before || self.project().module(module).is_model {
                return;
            }
        }
        if self.depth.get() > 8 || info.end - info.start > 4_000 {
            self.give_up(module);
            return;
        }
        for index in info.start..info.end {
            if ir.op(index) == Op::Return {
                extend(values, &self.values(module, ir.get(index).operand_a()));
            }
        }
    }

    /// What the attribute `name` of `base` may be.
    pub fn attribute(&self, base: Value, name: Symbol, values: &mut Vec<Value>) {
        match base {
            Value::Instance(module, class) => {
                self.instance_attribute((module, class), name, values);
            }
            Value::Constant(_, operand) if operand.as_str().is_some() => {
                if let Some(class) = self.program.well_known.str_class {
                    self.instance_attribute(class, name, values);
                }
            }
            Value::Module(module) => {
                for target in self.project().member(Target::Module(module), name) {
                    self.target(target, values);
                }
            }
            Value::Class(module, class) => {
                let before = values.len();
                for target in self.project().member(Target::Class(module, class), name) {
                    self.target(target, values);
                }
                if values.len() == before {
                    for (module, class) in self.project().ancestry(module, class) {
                        let (module, class) = self.program.models.twin(module, class);
                        self.annotated_variable(module, class, name, values);
                    }
                }
            }
            Value::External(external) => {
                for target in self.project().member(Target::External(external), name) {
                    self.target(target, values);
                }
            }
            Value::Typed(module, annotation) => {
                let ir = &self.project().module(module).ir;
                if let Some(instruction) = ir.instruction(annotation)
                    && instruction.op == Op::Subscript
                {
                    for target in self.project().resolve(module, instruction.operand_a()) {
                        if let Target::Class(module, class) = target {
                            self.instance_attribute((module, class), name, values);
                        }
                    }
                }
            }
            Value::Function(..) | Value::Method(..) | Value::Constant(..) | Value::Other(..) => {}
        }
    }

    fn target(&self, target: Target, values: &mut Vec<Value>) {
        match target {
            Target::Module(module) => add(values, Value::Module(module)),
            Target::Function(module, function) => add(values, Value::Function(module, function)),
            Target::Class(module, class) => add(values, Value::Class(module, class)),
            Target::External(external) => add(values, Value::External(external)),
            Target::Value(module, operand) => extend(values, &self.values(module, operand)),
            Target::Variable(module, name) => {
                self.annotated_variable(module, FunctionId::MODULE, name, values);
            }
        }
    }

    fn instance_attribute(
        &self,
        class: (ModuleId, FunctionId),
        name: Symbol,
        values: &mut Vec<Value>,
    ) {
        let before = values.len();
        let project = self.project();
        for (module, ancestor) in project.ancestry(class.0, class.1) {
            let (module, ancestor) = self.program.models.twin(module, ancestor);
            let ir = &project.module(module).ir;
            self.annotated_variable(module, ancestor, name, values);
            if values.len() > before {
                return;
            }
            if let Some(operand) = ir.export(ancestor, name) {
                for target in project.resolve(module, operand) {
                    match target {
                        Target::Function(module, function) => {
                            let binding = match self.program.models.function(module, function) {
                                Some(model) => model.binding,
                                None => binding_of(project, module, function, true),
                            };
                            if binding == Binding::Property {
                                self.returned((module, function), Some(class), values);
                                if values.len() == before {
                                    add(values, Value::Other(module, operand));
                                }
                            } else if binding == Binding::Free {
                                add(values, Value::Function(module, function));
                            } else {
                                add(values, Value::Method((module, function), class));
                            }
                        }
                        target => self.target(target, values),
                    }
                }
            }
            if let Some(stored) = self.program.fields(module).get(&(ancestor, name)) {
                for &operand in stored.iter().take(MAX_VALUES) {
                    extend(values, &self.values(module, operand));
                }
            }
            if values.len() > before {
                return;
            }
        }
        for external in project.external_ancestry(class.0, class.1) {
            for target in project.member(Target::External(external), name) {
                self.target(target, values);
            }
        }
    }

    fn annotated_variable(
        &self,
        module: ModuleId,
        class: FunctionId,
        name: Symbol,
        values: &mut Vec<Value>,
    ) {
        if let Some((_, annotation)) = self.program.models.attribute(module, class, name) {
            return self.of_type(module, annotation, None, values);
        }
        let ir = &self.project().module(module).ir;
        for annotation in &ir.annotations {
            if annotation.name == name
                && (annotation.function == class
                    || annotation.on_self && ir.function(annotation.function).parent == class)
            {
                self.of_type(module, annotation.annotation, None, values);
            }
        }
    }

    /// Values of the type that an annotation stands for.
    fn of_type(
        &self,
        module: ModuleId,
        annotation: Operand,
        receiver: Option<(ModuleId, FunctionId)>,
        values: &mut Vec<Value>,
    ) {
        if self.depth.get() >= MAX_DEPTH {
            self.give_up(module);
            return;
        }
        self.depth.set(self.depth.get() + 1);
        self.of_type_inner(module, annotation, receiver, values);
        self.depth.set(self.depth.get() - 1);
    }

    fn of_type_inner(
        &self,
        module: ModuleId,
        annotation: Operand,
        receiver: Option<(ModuleId, FunctionId)>,
        values: &mut Vec<Value>,
    ) {
        let project = self.project();
        let known = &self.program.well_known;
        let ir = &project.module(module).ir;
        match annotation.kind() {
            OperandKind::Str(text) => {
                // A forward reference; only plain names and dotted names are read.
                let mut parts = project
                    .text(text)
                    .split('.')
                    .map(|part| project.symbols().find(part));
                let Some(Some(first)) = parts.next() else {
                    return;
                };
                let mut targets = project.resolve_name(module, first);
                for part in parts {
                    let Some(part) = part else { return };
                    targets = targets
                        .into_iter()
                        .flat_map(|target| project.member(target, part))
                        .collect();
                }
                for target in targets {
                    if let Target::Class(module, class) = target {
                        add(values, Value::Instance(module, class));
                    }
                }
                return;
            }
            OperandKind::None => return add(values, Value::Constant(module, annotation)),
            OperandKind::Global(name) if Some(name) == known.self_type => {
                if let Some((module, class)) = receiver {
                    add(values, Value::Instance(module, class));
                }
                return;
            }
            _ => {}
        }
        if let Some(instruction) = ir.instruction(annotation) {
            match instruction.op {
                Op::BitOr => {
                    self.of_type(module, instruction.operand_a(), receiver, values);
                    self.of_type(module, instruction.operand_b(), receiver, values);
                    return;
                }
                Op::Subscript => {
                    let name = match instruction.operand_a().kind() {
                        OperandKind::Global(name) => Some(name),
                        OperandKind::Register(index) if ir.op(index) == Op::Attr => {
                            Some(ir.get(index).symbol_b())
                        }
                        _ => None,
                    };
                    let arguments: Vec<Operand> = match ir.instruction(instruction.operand_b()) {
                        Some(tuple) if tuple.op == Op::Tuple => ir.list(tuple.a).collect(),
                        _ => vec![instruction.operand_b()],
                    };
                    match name {
                        Some(name) if self.program.models.is_role(name) => {}
                        Some(name) if self.program.models.is_annotated(name) => {
                            if let Some(&first) = arguments.first() {
                                self.of_type(module, first, receiver, values);
                            }
                        }
                        Some(_) if name == known.optional || name == known.union => {
                            for argument in arguments {
                                self.of_type(module, argument, receiver, values);
                            }
                        }
                        Some(_) if name == known.type_of => {
                            for argument in arguments {
                                for target in project.resolve(module, argument) {
                                    if let Target::Class(module, class) = target {
                                        add(values, Value::Class(module, class));
                                    }
                                }
                            }
                        }
                        _ => add(values, Value::Typed(module, annotation)),
                    }
                    return;
                }
                _ => {}
            }
        }
        for target in project.resolve(module, annotation) {
            match target {
                Target::Class(module, class) => add(values, Value::Instance(module, class)),
                Target::External(external) => add(values, Value::External(external)),
                _ => {}
            }
        }
    }

    /// What elements of a value of a type with parameters are.
    pub(crate) fn element_types(&self, module: ModuleId, annotation: Operand) -> Vec<Value> {
        self.argument_types(module, annotation, 0)
    }

    /// What argument `number` of a type with parameters stands for.
    pub(crate) fn argument_types(
        &self,
        module: ModuleId,
        annotation: Operand,
        number: u32,
    ) -> Vec<Value> {
        let mut values = Vec::new();
        self.type_argument(module, annotation, number, &mut values);
        values
    }

    /// Values of the type that is argument `number` of an annotation with parameters; for mappings, that of the values.
    fn type_argument(
        &self,
        module: ModuleId,
        annotation: Operand,
        number: u32,
        values: &mut Vec<Value>,
    ) {
        let ir = &self.project().module(module).ir;
        let Some(instruction) = ir.instruction(annotation) else {
            return;
        };
        if instruction.op != Op::Subscript {
            return;
        }
        match ir.instruction(instruction.operand_b()) {
            Some(tuple) if tuple.op == Op::Tuple => {
                if let Some(argument) = ir.list(tuple.a).nth(number as usize) {
                    self.of_type(module, argument, None, values);
                }
            }
            _ => self.of_type(module, instruction.operand_b(), None, values),
        }
    }

    /// Whether a module imports from a top-level package.
    pub fn imports_from(&self, module: ModuleId, package: Symbol) -> bool {
        let project = self.project();
        let package = project.text(package);
        project.module(module).ir.imports.iter().any(|import| {
            import.level == 0 && project.text(import.module).split('.').next() == Some(package)
        })
    }

    fn subscript(&self, module: ModuleId, instruction: Instruction, values: &mut Vec<Value>) {
        let project = self.project();
        for &base in &*self.values(module, instruction.operand_a()) {
            match base {
                Value::Instance(..) => {
                    if let Some(getitem) = self.program.well_known.getitem {
                        let mut methods = Vec::new();
                        self.attribute(base, getitem, &mut methods);
                        for method in methods {
                            if matches!(method, Value::Method(..)) {
                                self.call_result(method, values);
                            }
                        }
                    }
                }
                // `list[X]` has one argument, `dict[K, V]` two.
                Value::Typed(module, annotation) => {
                    let from = values.len();
                    self.type_argument(module, annotation, 1, values);
                    if values.len() == from {
                        self.type_argument(module, annotation, 0, values);
                    }
                }
                Value::Other(base_module, display) => {
                    let ir = &project.module(base_module).ir;
                    let Some(display) = ir.instruction(display) else {
                        continue;
                    };
                    match (display.op, instruction.operand_b().kind()) {
                        (Op::List | Op::Tuple, OperandKind::Int(number)) => {
                            let count = ir.list(display.a).len() as i64;
                            let number = if number < 0 {
                                count + i64::from(number)
                            } else {
                                i64::from(number)
                            };
                            if let Some(element) = usize::try_from(number)
                                .ok()
                                .and_then(|number| ir.list(display.a).nth(number))
                            {
                                extend(values, &self.values(base_module, element));
                            }
                        }
                        (Op::Dict, _) => {
                            let key = instruction.operand_b();
                            let exact = key.is_constant()
                                && ir.pairs(display.a).any(|(candidate, _)| candidate == key);
                            for (candidate, value) in ir.pairs(display.a) {
                                if values.len() >= MAX_VALUES {
                                    break;
                                }
                                if !exact || candidate == key {
                                    extend(values, &self.values(base_module, value));
                                }
                            }
                        }
                        _ => {}
                    }
                }
                _ => {}
            }
        }
    }

    fn parameter(&self, module: ModuleId, index: u32, number: u32, values: &mut Vec<Value>) {
        let project = self.project();
        let ir = &project.module(module).ir;
        let function = ir.function_at(index);
        let params = ir.params_of(function);
        let Some(param) = params.get(number as usize) else {
            return;
        };
        if matches!(param.kind, ParamKind::Star | ParamKind::DoubleStar) {
            return;
        }
        // Without an argument, it is the default. A stub's defaults say nothing of what is given to its callers.
        if !param.default.is_absent() && !project.module(module).is_model {
            extend(values, &self.values(module, param.default));
            add(values, Value::Other(module, Operand::from_register(index)));
        }
        if !param.annotation.is_absent() {
            self.of_type(module, param.annotation, None, values);
            return;
        }
        if let Some(filled) = self
            .program
            .entry_points
            .parameter(module, function, number)
        {
            match (filled.filling, filled.object) {
                (Filling::Object | Filling::Fields, Some((module, class))) => {
                    return add(values, Value::Instance(module, class));
                }
                (Filling::Result(dependency), _) => return self.returned(dependency, None, values),
                _ => {}
            }
        }
        let parent = ir.function(function).parent;
        if number == 0 && ir.is_class(parent) {
            match binding_of(project, module, function, true) {
                Binding::Method | Binding::Property => {
                    return add(values, Value::Instance(module, parent));
                }
                Binding::ClassMethod => return add(values, Value::Class(module, parent)),
                Binding::Free => {}
            }
        }
        let known = &self.program.well_known;
        if Some(param.name) == known.request
            && number <= 1
            && ir.function(function).kind == FunctionKind::Def
        {
            for &(package, (class_module, class)) in &known.requests {
                if self.imports_from(module, package) {
                    return add(values, Value::Instance(class_module, class));
                }
            }
        }
    }
}

fn add(values: &mut Vec<Value>, value: Value) {
    if values.len() < MAX_VALUES && !values.contains(&value) {
        values.push(value);
    }
}

fn extend(values: &mut Vec<Value>, more: &[Value]) {
    for &value in more {
        add(values, value);
    }
}

//! The roles that model stubs give to callables, parameters and attributes.
//!
//! A stub is an ordinary module of the [`Project`]; its annotations carry roles: `Sink["sql"]`, `Source["remote-input"]`,
//! `Sanitizes["shell"]`, `EntryPoint["remote-input"]`, alone or inside `Annotated[type, …]`.

use hognose_python::ir::{FunctionId, FunctionKind, Op, Operand, OperandKind};
use hognose_python::{Ir, ModuleId, Project, Symbol, Target};
use rustc_hash::{FxHashMap, FxHashSet};

/// A kind of source or sink, as a number; see [`Models::kind`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Kind(u16);

impl Kind {
    /// Its number, below the number of kinds.
    pub(crate) fn number(self) -> u16 {
        self.0
    }
}

/// The words that stubs have for roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// What arrives here is used for something.
    Sink,
    /// What comes from here is from outside.
    Source,
    /// What goes in comes out clean.
    Sanitizes,
    /// What is decorated with it is called with data from outside.
    EntryPoint,
}

impl Role {
    /// All words.
    pub const NAMES: [&str; 4] = ["Sink", "Source", "Sanitizes", "EntryPoint"];

    /// The role that `name` is the word for.
    pub fn of_name(name: &str) -> Option<Role> {
        match name {
            "Sink" => Some(Role::Sink),
            "Source" => Some(Role::Source),
            "Sanitizes" => Some(Role::Sanitizes),
            "EntryPoint" => Some(Role::EntryPoint),
            _ => None,
        }
    }
}

/// Roles on one port.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roles {
    /// What reaches it is dangerous in these ways.
    pub sinks: Vec<Kind>,
    /// What comes from it is untrusted in these ways.
    pub sources: Vec<Kind>,
    /// What goes in comes out clean for these sink kinds.
    pub sanitizes: Vec<Kind>,
    /// What goes in comes out clean for every sink kind, or does not come out.
    pub sanitizes_all: bool,
    /// A function decorated with it, or passed to it, is called with parameters of these source kinds.
    pub entry_point: Vec<Kind>,
}

impl Roles {
    fn is_empty(&self) -> bool {
        *self == Roles::default()
    }
}

/// The roles of a callable in a stub.
#[derive(Debug, Clone, Default)]
pub struct FunctionModel {
    /// Roles by number of the parameter, as in the stub (with `self`). Only those that have any.
    pub params: Vec<(u32, Roles)>,
    /// Roles of what it returns.
    pub returns: Roles,
    /// All overloads, in source order, if it is overloaded.
    pub overloads: Vec<FunctionId>,
    /// How it is bound.
    pub binding: Binding,
}

/// How the first parameter of a function in a class is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Binding {
    /// Not in a class, or a static method.
    #[default]
    Free,
    /// By the instance.
    Method,
    /// By the class.
    ClassMethod,
    /// By the instance, when the attribute is read.
    Property,
}

/// All roles.
#[derive(Debug)]
pub struct Models {
    kinds: Vec<String>,
    functions: FxHashMap<(ModuleId, FunctionId), FunctionModel>,
    /// Roles of attributes of classes (and of module-level variables, with the module's body as the class).
    attributes: FxHashMap<(ModuleId, FunctionId, Symbol), (Roles, Operand)>,
    /// Names of callables and attributes that have roles.
    interesting: FxHashSet<Symbol>,
    /// Names of callables and attributes that are sinks.
    sink_names: FxHashSet<Symbol>,
    /// Names of callables and attributes that are sources.
    source_names: FxHashSet<Symbol>,
    harmless: FxHashSet<(ModuleId, FunctionId)>,
    /// Parts of a project that are the very library that a model describes.
    twins: FxHashMap<(ModuleId, FunctionId), (ModuleId, FunctionId)>,
    names: RoleNames,
}

#[derive(Debug, Default)]
struct RoleNames {
    sink: Option<Symbol>,
    source: Option<Symbol>,
    sanitizes: Option<Symbol>,
    entry_point: Option<Symbol>,
    annotated: Option<Symbol>,
}

/// Types whose values can carry no attack.
const HARMLESS: &[&str] = &[
    "builtins.int",
    "builtins.float",
    "builtins.bool",
    "builtins.complex",
    "uuid.UUID",
    "decimal.Decimal",
    "datetime.datetime",
    "datetime.date",
    "datetime.time",
    "datetime.timedelta",
];

impl Models {
    /// Reads the roles of all stubs in `project`.
    pub fn read(project: &Project) -> Self {
        let find = |name| project.symbols().find(name);
        let mut models = Models {
            kinds: Vec::new(),
            functions: FxHashMap::default(),
            attributes: FxHashMap::default(),
            interesting: FxHashSet::default(),
            sink_names: FxHashSet::default(),
            source_names: FxHashSet::default(),
            harmless: FxHashSet::default(),
            twins: FxHashMap::default(),
            names: RoleNames {
                sink: find("Sink"),
                source: find("Source"),
                sanitizes: find("Sanitizes"),
                entry_point: find("EntryPoint"),
                annotated: find("Annotated"),
            },
        };
        // What frameworks call functions with, and what they do with the result, whether or not the stubs of the
        // libraries that this project imports name it.
        for kind in [
            "parameter",
            "remote-input",
            "local-input",
            "message",
            "model-output",
            "html",
            // Known by what a statement or a header says, whatever library it is given to.
            "sql",
            "redirect",
        ] {
            models.intern(kind);
        }
        for (id, module) in project.modules() {
            if module.is_model {
                models.read_module(project, id);
            }
        }
        models.read_inherited_constructors(project);
        for name in HARMLESS {
            let Some((module, class)) = name.rsplit_once('.') else {
                continue;
            };
            if let (Some(module), Some(class)) = (project.model(module), find(class))
                && let Some(operand) = project.module(module).ir.export(FunctionId::MODULE, class)
                && let Some(instruction) = project.module(module).ir.instruction(operand)
                && instruction.op == Op::MakeClass
            {
                models.harmless.insert((module, FunctionId(instruction.a)));
            }
        }
        models.find_twins(project);
        models
    }

    /// A class of a stub may be a sink by the constructor that it inherits.
    fn read_inherited_constructors(&mut self, project: &Project) {
        let Some(init) = project.symbols().find("__init__") else {
            return;
        };
        for (id, module) in project.modules().filter(|(_, module)| module.is_model) {
            let ir = &module.ir;
            for (number, function) in ir.functions.iter().enumerate() {
                let class = FunctionId(number as u32);
                if function.kind != FunctionKind::Class
                    || ir.bases_of(class).is_empty()
                    || ir.export(class, init).is_some()
                {
                    continue;
                }
                let inherited = project
                    .member(Target::Class(id, class), init)
                    .into_iter()
                    .find_map(|target| match target {
                        Target::Function(module, function) => {
                            self.functions.get(&(module, function))
                        }
                        _ => None,
                    });
                let Some(constructor) = inherited else {
                    continue;
                };
                let has_sinks = constructor
                    .params
                    .iter()
                    .any(|(_, roles)| !roles.sinks.is_empty());
                if !constructor.params.is_empty() {
                    self.interesting.insert(function.name);
                }
                if has_sinks {
                    self.sink_names.insert(function.name);
                }
            }
        }
    }

    fn read_module(&mut self, project: &Project, id: ModuleId) {
        let ir = &project.module(id).ir;
        let mut by_name: FxHashMap<(FunctionId, Symbol), Vec<FunctionId>> = FxHashMap::default();
        for (number, function) in ir.functions.iter().enumerate() {
            let function_id = FunctionId(number as u32);
            if function.kind != FunctionKind::Def {
                continue;
            }
            let in_class = ir.function(function.parent).kind == FunctionKind::Class;
            let mut model = FunctionModel {
                binding: binding_of(project, id, function_id, in_class),
                ..Default::default()
            };
            for (number, param) in ir.params_of(function_id).iter().enumerate() {
                let roles = self.roles(project, id, param.annotation);
                if !roles.is_empty() {
                    model.params.push((number as u32, roles));
                }
            }
            model.returns = self.roles(project, id, function.returns);
            let group = by_name.entry((function.parent, function.name)).or_default();
            group.push(function_id);
            if group.len() > 1 {
                let overloads = group.clone();
                for other in &overloads {
                    if let Some(model) = self.functions.get_mut(&(id, *other)) {
                        model.overloads.clone_from(&overloads);
                    }
                }
                model.overloads = overloads;
            }
            if model.params.iter().any(|(_, roles)| !roles.is_empty()) || !model.returns.is_empty()
            {
                self.interesting.insert(function.name);
                if !model.returns.sources.is_empty() {
                    self.source_names.insert(function.name);
                }
                if model
                    .params
                    .iter()
                    .any(|(_, roles)| !roles.sinks.is_empty())
                {
                    self.sink_names.insert(function.name);
                    if in_class && project.text(function.name) == "__init__" {
                        self.sink_names.insert(ir.function(function.parent).name);
                    }
                }
                if in_class && project.text(function.name) == "__init__" {
                    self.interesting.insert(ir.function(function.parent).name);
                }
            }
            self.functions.insert((id, function_id), model);
        }
        for annotation in &ir.annotations {
            let roles = self.roles(project, id, annotation.annotation);
            if !roles.is_empty() {
                self.interesting.insert(annotation.name);
                if !roles.sinks.is_empty() {
                    self.sink_names.insert(annotation.name);
                }
                if !roles.sources.is_empty() {
                    self.source_names.insert(annotation.name);
                }
            }
            self.attributes.insert(
                (id, annotation.function, annotation.name),
                (roles, annotation.annotation),
            );
        }
    }

    /// Finds modules of the project that are the library itself: they bear the name of a model module and define most
    /// of what it describes. Their functions then have the roles of the model.
    fn find_twins(&mut self, project: &Project) {
        for (id, module) in project.modules() {
            if module.is_model || module.name.is_empty() || module.ir.functions.is_empty() {
                continue;
            }
            let Some(model) = project.model(&module.name) else {
                continue;
            };
            let model_ir = &project.module(model).ir;
            if model_ir.functions.is_empty() {
                continue;
            }
            // What the stub itself defines; imports say nothing.
            let described: Vec<Symbol> = model_ir
                .exports_of(FunctionId::MODULE)
                .iter()
                .filter(|(_, value)| {
                    model_ir.instruction(*value).is_some_and(|instruction| {
                        matches!(instruction.op, Op::MakeFunction | Op::MakeClass)
                    })
                })
                .map(|&(name, _)| name)
                .collect();
            let own = described
                .iter()
                .filter(|&&name| module.ir.export(FunctionId::MODULE, name).is_some())
                .count();
            if own * 2 < described.len() || own == 0 {
                continue;
            }
            for (number, function) in module.ir.functions.iter().enumerate() {
                if !matches!(function.kind, FunctionKind::Def | FunctionKind::Class) {
                    continue;
                }
                let in_class = module.ir.function(function.parent).kind == FunctionKind::Class;
                let container = if function.parent == FunctionId::MODULE {
                    Some(FunctionId::MODULE)
                } else if in_class {
                    self.twins
                        .get(&(id, function.parent))
                        .map(|&(_, class)| class)
                } else {
                    None
                };
                let twin = container
                    .and_then(|container| model_ir.export(container, function.name))
                    .and_then(|operand| model_ir.instruction(operand))
                    .filter(|instruction| {
                        matches!(instruction.op, Op::MakeFunction | Op::MakeClass)
                    })
                    .map(|instruction| FunctionId(instruction.a));
                if let Some(twin) = twin {
                    self.twins
                        .insert((id, FunctionId(number as u32)), (model, twin));
                }
            }
        }
    }

    fn roles(&mut self, project: &Project, module: ModuleId, annotation: Operand) -> Roles {
        let mut roles = Roles::default();
        self.add_roles(project, module, annotation, &mut roles, 0);
        roles
    }

    fn add_roles(
        &mut self,
        project: &Project,
        module: ModuleId,
        annotation: Operand,
        roles: &mut Roles,
        depth: u32,
    ) {
        let ir = &project.module(module).ir;
        let Some(instruction) = ir.instruction(annotation) else {
            return;
        };
        if instruction.op != Op::Subscript || depth > 4 {
            return;
        }
        let Some(name) = written_name(ir, instruction.operand_a()) else {
            return;
        };
        let name = Some(name);
        let argument = instruction.operand_b();
        if name == self.names.annotated {
            if let Some(tuple) = ir.instruction(argument)
                && tuple.op == Op::Tuple
            {
                for part in ir.list(tuple.a) {
                    self.add_roles(project, module, part, roles, depth + 1);
                }
            }
            return;
        }
        let Some(kind) = argument.as_str() else {
            return;
        };
        let text = project.text(kind);
        if name == self.names.sink {
            roles.sinks.push(self.intern(text));
        } else if name == self.names.source {
            roles.sources.push(self.intern(text));
        } else if name == self.names.entry_point {
            roles.entry_point.push(self.intern(text));
        } else if name == self.names.sanitizes {
            if text == "*" {
                roles.sanitizes_all = true;
            } else {
                roles.sanitizes.push(self.intern(text));
            }
        }
    }

    fn intern(&mut self, name: &str) -> Kind {
        let at = self
            .kinds
            .iter()
            .position(|kind| kind == name)
            .unwrap_or_else(|| {
                self.kinds.push(name.to_owned());
                self.kinds.len() - 1
            });
        Kind(at as u16)
    }

    /// The kind named `name`, if any stub uses it.
    pub fn kind(&self, name: &str) -> Option<Kind> {
        self.kinds
            .iter()
            .position(|kind| kind == name)
            .map(|at| Kind(at as u16))
    }

    /// The name of a kind.
    pub fn kind_name(&self, kind: Kind) -> &str {
        &self.kinds[kind.0 as usize]
    }

    /// The stub's definition for one of the project, if the project is the library that the stub describes.
    pub fn twin(&self, module: ModuleId, function: FunctionId) -> (ModuleId, FunctionId) {
        self.twins
            .get(&(module, function))
            .copied()
            .unwrap_or((module, function))
    }

    /// The roles of a callable.
    pub fn function(&self, module: ModuleId, function: FunctionId) -> Option<&FunctionModel> {
        self.functions.get(&self.twin(module, function))
    }

    /// Functions of stubs that decorate functions which are called from outside, in no particular order.
    pub(crate) fn entry_point_functions(&self) -> impl Iterator<Item = (ModuleId, FunctionId)> {
        self.functions
            .iter()
            .filter(|(_, model)| !model.returns.entry_point.is_empty())
            .map(|(&function, _)| function)
    }

    /// The roles and the annotation of an attribute of a class, or of a variable of a module.
    pub fn attribute(
        &self,
        module: ModuleId,
        class: FunctionId,
        name: Symbol,
    ) -> Option<(&Roles, Operand)> {
        self.attributes
            .get(&(module, class, name))
            .map(|(roles, annotation)| (roles, *annotation))
    }

    /// Names of callables and attributes that have roles.
    pub fn interesting(&self) -> &FxHashSet<Symbol> {
        &self.interesting
    }

    /// Names of callables and attributes that are sinks.
    pub(crate) fn sink_names(&self) -> &FxHashSet<Symbol> {
        &self.sink_names
    }

    /// Names of callables and attributes that are sources.
    pub(crate) fn source_names(&self) -> &FxHashSet<Symbol> {
        &self.source_names
    }

    /// Whether values of a class can carry no attack: numbers, dates and the like.
    pub fn is_harmless(&self, module: ModuleId, class: FunctionId) -> bool {
        self.harmless.contains(&(module, class))
    }

    /// Whether `name` is `Annotated`.
    pub(crate) fn is_annotated(&self, name: Symbol) -> bool {
        self.names.annotated == Some(name)
    }

    /// Whether `name` is that of a role.
    pub(crate) fn is_role(&self, name: Symbol) -> bool {
        let name = Some(name);
        name == self.names.sink
            || name == self.names.source
            || name == self.names.sanitizes
            || name == self.names.entry_point
    }
}

/// The last name of what stands before a bracket, whether it was imported or not: `Annotated`, `typing.Annotated`.
fn written_name(ir: &Ir, operand: Operand) -> Option<Symbol> {
    if let OperandKind::Global(name) = operand.kind() {
        return Some(name);
    }
    let instruction = ir.instruction(operand)?;
    match instruction.op {
        Op::Attr => Some(instruction.symbol_b()),
        Op::Import => ir.imports.get(instruction.a as usize)?.name,
        _ => None,
    }
}

/// How a function in a class body is bound, from its decorators.
pub(crate) fn binding_of(
    project: &Project,
    module: ModuleId,
    function: FunctionId,
    in_class: bool,
) -> Binding {
    if !in_class {
        return Binding::Free;
    }
    let ir = &project.module(module).ir;
    for &decorator in ir.decorators_of(function) {
        let name = match decorator.kind() {
            OperandKind::Global(name) => name,
            OperandKind::Register(index) if ir.op(index) == Op::Attr => ir.get(index).symbol_b(),
            _ => continue,
        };
        match project.text(name) {
            "staticmethod" => return Binding::Free,
            "classmethod" => return Binding::ClassMethod,
            "property" | "cached_property" | "setter" | "reify" => return Binding::Property,
            _ => {}
        }
    }
    match project.text(ir.function(function).name) {
        "__new__" | "__init_subclass__" | "__class_getitem__" => Binding::ClassMethod,
        _ => Binding::Method,
    }
}

//! What all runs of functions share: the program, its entry points, the names and kinds that matter, the summaries.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use hognose_python::ir::{Argument, FunctionId, FunctionKind, Op, Operand, OperandKind};
use hognose_python::{ModuleId, Project, Symbol, Target};
use rustc_hash::{FxHashMap, FxHashSet};

use super::call::Given;
use super::call_project::binding;
use super::harm::SinkKinds;
use super::names::{COMMON, CONTENT_KEEPING, NATIVES, Names, Native};
use super::overrides;
use super::sink::sinks_of_decorator;
use super::solve::Options;
use super::summary::Summary;
use super::template::Templates;
use super::value::{Kinds, What, kind_bit};
use crate::entry::{EntryPoints, Returned};
use crate::models::{Binding, Kind};
use crate::values::{Evaluator, Program};
use crate::view::CallView;

/// Each class with its bases.
type Ancestry = FxHashMap<(ModuleId, FunctionId), Arc<Vec<(ModuleId, FunctionId)>>>;
/// Targets of each name of each module.
type Resolved = FxHashMap<(ModuleId, Symbol), Arc<Vec<Target>>>;

/// What all runs share.
pub(crate) struct Engine<'a> {
    pub project: &'a Project,
    pub program: &'a Program<'a>,
    pub entries: &'a EntryPoints,
    pub names: Names,
    pub sinks: SinkKinds,
    pub templates: Templates,
    /// Parameters of exported functions are untrusted.
    pub library: bool,
    /// The sink kinds that are asked about.
    pub wanted: Kinds,
    natives: FxHashMap<(ModuleId, FunctionId), Native>,
    builtins: Option<ModuleId>,
    /// The class of objects that have the fields they are given.
    pub namespace: Option<(ModuleId, FunctionId)>,
    path_classes: FxHashSet<(ModuleId, FunctionId)>,
    stored_globals: FxHashSet<(ModuleId, Symbol)>,
    /// Names of attributes that are assigned to somewhere in the project.
    stored_attributes: FxHashSet<Symbol>,
    summaries: Vec<Vec<RwLock<Option<Arc<Summary>>>>>,
    overrides: FxHashMap<(ModuleId, FunctionId), Vec<(ModuleId, FunctionId)>>,
    /// Classes of libraries whose instances keep what one function puts in for others to read: sessions and the like.
    keepers: FxHashSet<(ModuleId, FunctionId)>,
    serial: u64,
}

/// Tells engines apart, so that what a thread remembers of one is not taken for another.
static SERIALS: AtomicU64 = AtomicU64::new(1);

thread_local! {
    static RESOLVED: RefCell<(u64, Resolved)> = RefCell::default();
    static ANCESTRY: RefCell<(u64, Ancestry)> = RefCell::default();
}

impl<'a> Engine<'a> {
    pub fn new(program: &'a Program<'a>, entries: &'a EntryPoints, options: &Options) -> Self {
        let project = program.project;
        let find = |name: &str| project.symbols().find(name);
        let bits = |names: &[&str]| {
            names
                .iter()
                .filter_map(|name| program.models.kind(name))
                .fold(0, |all, kind| all | kind_bit(kind))
        };
        let mut natives = FxHashMap::default();
        for (name, native) in NATIVES {
            for definition in definitions(project, name) {
                natives.insert(definition, *native);
            }
        }
        let path_classes = [
            "pathlib.Path",
            "pathlib.PurePath",
            "pathlib.PosixPath",
            "pathlib.PurePosixPath",
        ]
        .iter()
        .flat_map(|name| definitions(project, name))
        .collect();
        let mut stored_globals = FxHashSet::default();
        let mut stored_attributes = FxHashSet::default();
        for (id, module) in project.modules() {
            if module.is_model {
                continue;
            }
            let ir = &module.ir;
            for (index, &op) in ir.ops().iter().enumerate() {
                let instruction = ir.get(index as u32);
                match op {
                    Op::StoreGlobal => {
                        stored_globals.insert((id, instruction.symbol_a()));
                    }
                    // `settings.region = value`, where `settings` is a module.
                    Op::StoreAttr => {
                        let base = instruction.operand_a();
                        stored_attributes.insert(ir.stored_attr(instruction.b).0);
                        let is_name = matches!(base.kind(), OperandKind::Global(_))
                            || ir
                                .instruction(base)
                                .is_some_and(|base| base.op == Op::Import);
                        if is_name {
                            let name = ir.stored_attr(instruction.b).0;
                            for target in project.resolve(id, base) {
                                if let Target::Module(module) = target {
                                    stored_globals.insert((module, name));
                                }
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
        let keepers = match find("__keeps__") {
            Some(mark) => project
                .modules()
                .filter(|(_, module)| module.is_model)
                .flat_map(|(id, module)| {
                    let all = module.ir.annotations.iter();
                    let marks = all.filter(move |annotation| annotation.name == mark);
                    marks.map(move |annotation| (id, annotation.function))
                })
                .collect(),
            None => FxHashSet::default(),
        };
        let summaries = project
            .modules()
            .map(|(_, module)| {
                let mut all = Vec::new();
                all.resize_with(
                    if module.is_model {
                        0
                    } else {
                        module.ir.functions.len()
                    },
                    RwLock::default,
                );
                all
            })
            .collect();
        Engine {
            serial: SERIALS.fetch_add(1, Ordering::Relaxed),
            project,
            program,
            entries,
            library: options.library,
            wanted: options
                .pairs
                .iter()
                .fold(0, |all, &(_, sink)| all | kind_bit(sink)),
            templates: Templates::new(program, bits, options.inline_template),
            natives,
            namespace: definitions(project, "types.SimpleNamespace")
                .first()
                .copied(),
            builtins: project.model("builtins"),
            path_classes,
            stored_globals,
            stored_attributes,
            overrides: overrides::find(project),
            keepers,
            summaries,
            names: Names {
                init: find("__init__"),
                post_init: find("__post_init__"),
                call: find("__call__"),
                iter: find("__iter__"),
                enter: find("__enter__"),
                aenter: find("__aenter__"),
                getitem: find("__getitem__"),
                setitem: find("__setitem__"),
                getattr: find("__getattr__"),
                str_method: find("__str__"),
                repr_method: find("__repr__"),
                return_word: find("return"),
                self_word: find("self"),
                joining: ["join", "joinpath"]
                    .iter()
                    .filter_map(|name| find(name))
                    .collect(),
                no_return: ["NoReturn", "Never"]
                    .iter()
                    .filter_map(|name| find(name))
                    .collect(),
                common: CONTENT_KEEPING
                    .iter()
                    .chain(COMMON)
                    .filter_map(|name| find(name))
                    .collect(),
                keeping: CONTENT_KEEPING
                    .iter()
                    .filter_map(|name| find(name))
                    .collect(),
            },
            sinks: SinkKinds {
                url: bits(&["url"]),
                redirect: bits(&["redirect", "html-address"]),
                argv: bits(&["argv"]),
                file_path: bits(&["file-path"]),
                path_like: bits(&["archive-file"]),
                shell: bits(&["shell"]),
                html: bits(&["html"]),
                http_header: bits(&["http-header", "raw-header"]),
                autoescape: bits(&["autoescape", "mako-filters"]),
                log: bits(&["log"]),
                near: bits(&["log", "module-name", "regex-text", "regex", "hash"]),
                sql: bits(&["sql"]),
                code: bits(&["code", "module-name"]),
                template: bits(&["template"]),
                ldap: bits(&["ldap"]),
                xpath: bits(&["xpath"]),
                nosql: bits(&["nosql"]),
                format_string: bits(&["format-string"]),
            },
        }
    }

    /// The summary of a function, once it was made.
    pub fn summary(&self, module: ModuleId, function: FunctionId) -> Option<Arc<Summary>> {
        self.summaries
            .get(module.0 as usize)?
            .get(function.0 as usize)?
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub fn set_summary(&self, module: ModuleId, function: FunctionId, summary: Arc<Summary>) {
        if let Some(place) = self
            .summaries
            .get(module.0 as usize)
            .and_then(|all| all.get(function.0 as usize))
        {
            *place.write().unwrap_or_else(PoisonError::into_inner) = Some(summary);
        }
    }

    pub fn bits(&self, kinds: &[Kind]) -> Kinds {
        kinds.iter().fold(0, |all, &kind| all | kind_bit(kind))
    }

    /// All that a name means, remembered by thread.
    pub fn resolve_name(&self, module: ModuleId, name: Symbol) -> Arc<Vec<Target>> {
        let own = self.serial;
        RESOLVED.with_borrow_mut(|(project, known)| {
            if *project != own {
                known.clear();
                *project = own;
            }
            known
                .entry((module, name))
                .or_insert_with(|| Arc::new(self.project.resolve_name(module, name)))
                .clone()
        })
    }

    /// A class and its bases, remembered by thread.
    pub fn ancestry(&self, class: (ModuleId, FunctionId)) -> Arc<Vec<(ModuleId, FunctionId)>> {
        let own = self.serial;
        ANCESTRY.with_borrow_mut(|(project, known)| {
            if *project != own {
                known.clear();
                *project = own;
            }
            known
                .entry(class)
                .or_insert_with(|| Arc::new(self.project.ancestry(class.0, class.1)))
                .clone()
        })
    }

    /// Whether what is put into an instance of a class is kept for other functions to read. That holds of the project's
    /// own classes, and of those whose model says so.
    pub fn keeps(&self, class: (ModuleId, FunctionId)) -> bool {
        if !self.project.module(class.0).is_model {
            return true;
        }
        !self.keepers.is_empty()
            && self
                .ancestry(class)
                .iter()
                .any(|class| self.keepers.contains(class))
    }

    pub fn is_set_by_functions(&self, module: ModuleId, name: Symbol) -> bool {
        self.stored_globals.contains(&(module, name))
    }

    /// The methods that derived classes have in place of one that does nothing.
    pub fn overrides(&self, method: (ModuleId, FunctionId)) -> &[(ModuleId, FunctionId)] {
        self.overrides.get(&method).map_or(&[], Vec::as_slice)
    }

    /// Whether instances may have another value for an attribute than their class.
    pub fn is_set_by_instances(&self, class: (ModuleId, FunctionId), name: Symbol) -> bool {
        self.stored_attributes.contains(&name) || self.fields_in_order(class).contains(&name)
    }

    /// The functions of a property that is made by a call: `level = property(get, set)`.
    pub fn property_call(
        &self,
        module: ModuleId,
        operand: Operand,
    ) -> Option<[Option<(ModuleId, FunctionId)>; 2]> {
        let ir = &self.project.module(module).ir;
        let call = ir.instruction(operand).filter(|call| call.op == Op::Call)?;
        let OperandKind::Global(name) = call.operand_a().kind() else {
            return None;
        };
        if self.project.text(name) != "property" {
            return None;
        }
        let mut functions = [None, None];
        for (number, (kind, value)) in ir.arguments(call.b).enumerate() {
            let place = match kind {
                Argument::Positional => number,
                Argument::Named(name) => match self.project.text(name) {
                    "fget" => 0,
                    "fset" => 1,
                    _ => continue,
                },
                _ => continue,
            };
            if let Some(function) = functions.get_mut(place) {
                *function =
                    self.project.resolve(module, value).into_iter().find_map(
                        |target| match target {
                            Target::Function(module, function) => Some((module, function)),
                            _ => None,
                        },
                    );
            }
        }
        Some(functions)
    }

    /// Whether `name` is the built-in of that name in `module`.
    pub fn is_builtin(&self, module: ModuleId, name: Symbol) -> bool {
        self.resolve_name(module, name)
            .iter()
            .all(|target| match *target {
                Target::Function(module, _) | Target::Class(module, _) => {
                    Some(module) == self.builtins
                }
                _ => false,
            })
    }

    pub fn native(&self, module: ModuleId, function: FunctionId) -> Option<Native> {
        self.natives.get(&(module, function)).copied()
    }

    /// Whether only a model is known of a function.
    pub fn is_model(&self, module: ModuleId, function: FunctionId) -> bool {
        let (twin, _) = self.program.models.twin(module, function);
        self.project.module(twin).is_model
    }

    /// Whether some argument of a function with a model gets to a sink that data is followed to.
    pub fn is_sink(&self, module: ModuleId, function: FunctionId) -> bool {
        let models = self.program.models;
        let wanted = self.wanted & !self.sinks.near | self.templates.kinds();
        let has = |function: FunctionId, module: ModuleId| {
            models.function(module, function).is_some_and(|model| {
                model
                    .params
                    .iter()
                    .any(|(_, roles)| self.bits(&roles.sinks) & wanted != 0)
            })
        };
        let (module, function) = models.twin(module, function);
        has(function, module)
            || models.function(module, function).is_some_and(|model| {
                model
                    .overloads
                    .iter()
                    .any(|&overload| has(overload, module))
            })
    }

    /// Whether containers and texts have a method of this name.
    pub fn is_common(&self, name: Symbol) -> bool {
        self.names.common.contains(&name)
    }

    pub fn is_path_class(&self, class: (ModuleId, FunctionId)) -> bool {
        self.path_classes.contains(&class) || self.program.is_str(class)
    }

    /// Whether a method of this name reads an entry of a mapping.
    pub fn reads_entry(&self, name: Symbol) -> bool {
        self.keeps_content(name)
            && matches!(
                self.project.text(name),
                "get" | "getlist" | "getall" | "getone" | "pop"
            )
    }

    pub fn keeps_content(&self, name: Symbol) -> bool {
        self.names.keeping.contains(&name)
    }

    /// A method that a class itself defines.
    pub fn own_method(
        &self,
        class: (ModuleId, FunctionId),
        name: Symbol,
    ) -> Option<(ModuleId, FunctionId)> {
        let (module, class) = self.program.models.twin(class.0, class.1);
        let operand = self.project.module(module).ir.export(class, name)?;
        self.project
            .resolve(module, operand)
            .into_iter()
            .find_map(|target| match target {
                Target::Function(module, function) => Some((module, function)),
                _ => None,
            })
    }

    /// The method `name` of a class, its own or inherited.
    pub fn method(
        &self,
        class: (ModuleId, FunctionId),
        name: Symbol,
    ) -> Option<(ModuleId, FunctionId)> {
        self.ancestry(class)
            .iter()
            .find_map(|&class| self.own_method(class, name))
    }

    /// The function that sets the property `name` of a class.
    pub fn setter(
        &self,
        class: (ModuleId, FunctionId),
        name: Symbol,
    ) -> Option<(ModuleId, FunctionId)> {
        let (module, class) = class;
        let ir = &self.project.module(module).ir;
        if let Some(operand) = ir.export(class, name)
            && let Some([_, setter]) = self.property_call(module, operand)
        {
            return setter;
        }
        ir.functions
            .iter()
            .enumerate()
            .find(|(number, function)| {
                function.parent == class
                    && function.name == name
                    && function.kind == FunctionKind::Def
                    && ir
                        .decorators_of(FunctionId(*number as u32))
                        .iter()
                        .any(|&decorator| {
                            ir.instruction(decorator).is_some_and(|decorator| {
                                decorator.op == Op::Attr
                                    && self.project.text(decorator.symbol_b()) == "setter"
                            })
                        })
            })
            .map(|(number, _)| (module, FunctionId(number as u32)))
    }

    /// Decorators of a function that are functions or classes of the project.
    pub fn own_decorators(&self, module: ModuleId, function: FunctionId) -> Option<Vec<Operand>> {
        let ir = &self.project.module(module).ir;
        let own: Vec<Operand> =
            ir.decorators_of(function)
                .iter()
                .copied()
                .filter(|&decorator| {
                    let callee = match ir.instruction(decorator) {
                        Some(call) if call.op == Op::Call => call.operand_a(),
                        _ => decorator,
                    };
                    self.project
                        .resolve(module, callee)
                        .iter()
                        .any(|target| match *target {
                            Target::Function(module, function)
                            | Target::Class(module, function) => !self.is_model(module, function),
                            _ => false,
                        })
                })
                .collect();
        (!own.is_empty()).then_some(own)
    }

    /// Whether a class is an enumeration: what is made of a value is one of its members.
    pub fn is_enumeration(&self, class: (ModuleId, FunctionId)) -> bool {
        self.ancestry(class).iter().any(|&(module, class)| {
            let ir = &self.project.module(module).ir;
            ir.bases_of(class).iter().any(|base| {
                ir.written_name(*base).is_some_and(|name| {
                    matches!(
                        self.project.text(name),
                        "Enum"
                            | "IntEnum"
                            | "StrEnum"
                            | "Flag"
                            | "IntFlag"
                            | "TextChoices"
                            | "IntegerChoices"
                    )
                })
            })
        })
    }

    /// Whether making an instance converts its fields to their declared types.
    pub fn converts(&self, class: (ModuleId, FunctionId)) -> bool {
        self.ancestry(class).iter().any(|&(module, class)| {
            self.project.module(module).is_model
                && self.project.module(module).name.split('.').next() == Some("pydantic")
                && class != FunctionId::MODULE
        })
    }

    /// Annotated fields of a class and its bases, in the order of a generated constructor.
    pub fn fields_in_order(&self, class: (ModuleId, FunctionId)) -> Vec<Symbol> {
        let mut fields = Vec::new();
        for &(module, class) in self.ancestry(class).iter().rev() {
            for annotation in &self.project.module(module).ir.annotations {
                if annotation.function == class
                    && !annotation.on_self
                    && !fields.contains(&annotation.name)
                {
                    fields.push(annotation.name);
                }
            }
        }
        fields
    }

    /// Whether a function of a model never returns.
    pub fn never_returns(&self, function: (ModuleId, FunctionId)) -> bool {
        let ir = &self.project.module(function.0).ir;
        match ir.function(function.1).returns.kind() {
            OperandKind::Global(name) => self.names.no_return.contains(&name),
            OperandKind::Register(index) => match ir.op(index) {
                Op::Import => ir.imports[ir.get(index).a as usize]
                    .name
                    .is_some_and(|name| self.names.no_return.contains(&name)),
                Op::Attr => self.names.no_return.contains(&ir.get(index).symbol_b()),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether a function of a model answers yes or no, and whether it returns nothing and raises where it is not
    /// content.
    pub fn test_or_check(&self, function: (ModuleId, FunctionId)) -> (bool, bool) {
        let ir = &self.project.module(function.0).ir;
        match ir.function(function.1).returns.kind() {
            OperandKind::None => (false, true),
            OperandKind::Global(name) => (self.project.text(name) == "bool", false),
            _ => (false, false),
        }
    }

    /// Whether an argument may belong to what an overload asks for.
    pub fn fits(
        &self,
        view: &CallView<'_, '_>,
        module: ModuleId,
        annotation: Operand,
        given: &Given,
    ) -> bool {
        let ir = &self.project.module(module).ir;
        // `Annotated[Literal[True], …]`
        let mut annotation = annotation;
        while let Some(instruction) = ir.instruction(annotation) {
            if instruction.op != Op::Subscript {
                break;
            }
            let Some(name) = ir.written_name(instruction.operand_a()) else {
                break;
            };
            match self.project.text(name) {
                "Annotated" => {
                    annotation = match ir.instruction(instruction.operand_b()) {
                        Some(tuple) if tuple.op == Op::Tuple => {
                            ir.list(tuple.a).next().unwrap_or(Operand::ABSENT)
                        }
                        _ => instruction.operand_b(),
                    };
                }
                "Literal" => {
                    let accepted: Vec<Operand> = match ir.instruction(instruction.operand_b()) {
                        Some(tuple) if tuple.op == Op::Tuple => ir.list(tuple.a).collect(),
                        _ => vec![instruction.operand_b()],
                    };
                    if let Some(fits) = self.fits_literal(&accepted, &given.value.what) {
                        return fits;
                    }
                    break;
                }
                _ => break,
            }
        }
        match given.operand {
            Some(operand) => view.fits_annotation(module, annotation, view.module, operand),
            None => true,
        }
    }

    fn fits_literal(&self, accepted: &[Operand], what: &What) -> Option<bool> {
        let truth = match what {
            What::None => false,
            What::Bool(value) => *value,
            What::Int(number) => *number != 0,
            What::Symbol(symbol) => {
                return Some(accepted.iter().any(|accepted| match accepted.kind() {
                    OperandKind::Str(text) => text == *symbol,
                    OperandKind::Bool(value) => value,
                    _ => false,
                }));
            }
            _ => return None,
        };
        Some(accepted.iter().any(|accepted| match accepted.kind() {
            OperandKind::Bool(value) => value == truth,
            OperandKind::None => matches!(what, What::None),
            OperandKind::Int(number) => {
                matches!(what, What::Int(given) if *given == i64::from(number))
            }
            _ => false,
        }))
    }

    /// Sinks that what a function returns gets to.
    pub fn return_sinks(
        &self,
        evaluator: &Evaluator<'_>,
        module: ModuleId,
        function: FunctionId,
    ) -> Vec<Kind> {
        if let Some(handler) = self.entries.handler(module, function) {
            return match handler.returned {
                Returned::Html => self.program.models.kind("html").into_iter().collect(),
                _ => Vec::new(),
            };
        }
        let ir = &self.project.module(module).ir;
        let mut sinks = Vec::new();
        for &decorator in ir.decorators_of(function) {
            sinks.extend(sinks_of_decorator(self, evaluator, module, decorator));
        }
        sinks.sort_unstable();
        sinks.dedup();
        sinks
    }

    /// Whether users of a library can call a function.
    pub fn is_exported(&self, module: ModuleId, function: FunctionId) -> bool {
        let ir = &self.project.module(module).ir;
        let info = ir.function(function);
        if info.kind != FunctionKind::Def {
            return false;
        }
        let mut at = function;
        while at != FunctionId::MODULE {
            let info = ir.function(at);
            let name = self.project.text(info.name);
            let is_dunder = name.starts_with("__") && name.ends_with("__");
            if name.starts_with('_') && !is_dunder {
                return false;
            }
            let parent = ir.function(info.parent);
            if !matches!(parent.kind, FunctionKind::Module | FunctionKind::Class) {
                return false;
            }
            at = info.parent;
        }
        !self
            .project
            .module(module)
            .name
            .split('.')
            .any(|part| part.starts_with('_') && part != "__main__" && part != "__init__")
    }

    /// Whether the first parameter of a function is filled by the object or class that it is called on.
    pub fn has_receiver(&self, module: ModuleId, function: FunctionId) -> bool {
        let ir = &self.project.module(module).ir;
        ir.is_class(ir.function(function).parent)
            && binding(self, module, function) != Binding::Free
    }
}

/// Definitions in the models that a dotted name means: members of modules, and of classes in them.
fn definitions(project: &Project, name: &str) -> Vec<(ModuleId, FunctionId)> {
    let Some((owner, last)) = name.rsplit_once('.') else {
        return Vec::new();
    };
    let Some(last) = project.symbols().find(last) else {
        return Vec::new();
    };
    let owners = match project.model(owner) {
        Some(module) => vec![Target::Module(module)],
        // A class; no name has more than one.
        None => definitions(project, owner)
            .into_iter()
            .map(|(module, class)| Target::Class(module, class))
            .collect(),
    };
    owners
        .into_iter()
        .flat_map(|owner| project.member(owner, last))
        .filter_map(|target| match target {
            Target::Function(module, function) | Target::Class(module, function) => {
                Some((module, function))
            }
            _ => None,
        })
        .collect()
}

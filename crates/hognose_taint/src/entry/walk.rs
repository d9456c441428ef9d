//! One pass over a module: what may register a handler is shown to the families of frameworks.

use hognose_finding::ParameterLocation;
use hognose_python::ir::{
    Argument, FunctionId, FunctionKind, Import, Ir, Op, Operand, OperandKind, ParamKind, Span,
};
use hognose_python::{ModuleId, Project, Symbol, Target};
use rustc_hash::{FxHashMap, FxHashSet};

use super::annotation::{last_name, last_symbol};
use super::path::{Spelling, Template};
use super::registration::{Found, Owner};
use super::stub;
use super::{Definition, EntryParameter};
use crate::text::Literal;
use crate::values::{Evaluator, Program, Value};

/// What is known of related frameworks.
pub(super) struct Family {
    /// Top-level packages; a family is asked only where the project imports one.
    pub packages: &'static [&'static str],
    /// Last names of the decorators that it wants to see.
    pub decorators: &'static [&'static str],
    /// Last names of the calls that it wants to see.
    pub calls: &'static [&'static str],
    /// The same for names so common that they are looked at only in modules that import one of the packages.
    pub common_calls: &'static [&'static str],
    /// Looks at a decorator; whether it knows it.
    pub decorated: fn(&mut Walk<'_, '_>, &Site, Definition) -> bool,
    /// Looks at a call; whether it knows it.
    pub called: fn(&mut Walk<'_, '_>, &Site) -> bool,
    /// Qualified names of classes; classes of the project that are derived from one are shown to `derived`.
    pub bases: &'static [&'static str],
    /// Looks at a class, derived from the base named.
    pub derived: fn(&mut Walk<'_, '_>, Definition, &'static str),
    /// Looks at the module as a whole.
    pub module: fn(&mut Walk<'_, '_>),
}

impl Family {
    /// Knows nothing.
    pub(super) const NONE: Family = Family {
        packages: &[],
        decorators: &[],
        calls: &[],
        common_calls: &[],
        decorated: |_, _, _| false,
        called: |_, _| false,
        bases: &[],
        derived: |_, _, _| {},
        module: |_| {},
    };
}

/// What to look for in a project.
pub(super) struct Search<'a> {
    families: Vec<&'static Family>,
    /// Which families want to see a decorator, by its last name.
    decorators: Wanted,
    /// Last names of decorators that a stub gives a role.
    described: FxHashSet<Symbol>,
    /// The same as `decorators` for calls.
    calls: Wanted,
    /// By definition of a base class.
    bases: FxHashMap<Definition, Vec<(usize, &'static str)>>,
    program: &'a Program<'a>,
}

/// By last name: the name, and which families want to see it. With `true` only where the module imports the framework.
type Wanted = FxHashMap<Symbol, (&'static str, Vec<(usize, bool)>)>;

/// A decorator or a call.
pub(super) struct Site {
    /// The call, unless it is a bare decorator.
    pub call: Option<u32>,
    /// Whose attribute the callee is.
    pub receiver: Option<Operand>,
    /// Last name of the callee.
    pub last: &'static str,
    /// Qualified names of all that the callee may be; empty where that is not known.
    pub names: Vec<String>,
}

impl Site {
    /// Whether the callee may be one of these.
    pub(super) fn is(&self, names: &[&str]) -> bool {
        self.names.iter().any(|name| names.contains(&name.as_str()))
    }

    /// Whether the callee may be a member of one of these classes or modules.
    pub(super) fn is_member(&self, of: &[&str]) -> bool {
        self.names.iter().any(|name| {
            name.rsplit_once('.')
                .is_some_and(|(owner, _)| of.contains(&owner))
        })
    }
}

/// A pass over one module.
pub(super) struct Walk<'e, 'a> {
    /// Answers questions about values.
    pub evaluator: &'e Evaluator<'a>,
    /// The module.
    pub module: ModuleId,
    /// What it says.
    pub found: Found,
}

impl<'a> Search<'a> {
    /// Prepares for the frameworks that the project imports.
    pub(super) fn new(program: &'a Program<'a>, all: &[&'static Family]) -> Self {
        let project = program.project;
        let families: Vec<&'static Family> = all
            .iter()
            .copied()
            .filter(|family| {
                family.packages.is_empty()
                    || family
                        .packages
                        .iter()
                        .any(|package| project.model(package).is_some())
            })
            .collect();
        let mut decorators = Wanted::default();
        let mut calls = Wanted::default();
        let mut bases: FxHashMap<Definition, Vec<(usize, &'static str)>> = FxHashMap::default();
        for (index, family) in families.iter().enumerate() {
            let want = |wanted: &mut Wanted, names: &[&'static str], is_common: bool| {
                for &name in names {
                    if let Some(symbol) = project.symbols().find(name) {
                        let (_, families) = wanted.entry(symbol).or_insert((name, Vec::new()));
                        families.push((index, is_common));
                    }
                }
            };
            want(&mut decorators, family.decorators, false);
            want(&mut calls, family.calls, false);
            want(&mut calls, family.common_calls, true);
            for &name in family.bases {
                if let Some(class) = class_named(project, name) {
                    bases.entry(class).or_default().push((index, name));
                }
            }
        }
        Search {
            families,
            decorators,
            described: stub::names(program),
            calls,
            bases,
            program,
        }
    }

    /// Whether no framework is imported.
    pub(super) fn is_empty(&self) -> bool {
        self.families.is_empty()
    }

    /// What one module says.
    pub(super) fn module(&self, evaluator: &Evaluator<'a>, module: ModuleId) -> Found {
        let mut walk = Walk {
            evaluator,
            module,
            found: Found::default(),
        };
        let imported: Vec<bool> = self
            .families
            .iter()
            .map(|family| walk.imports(family.packages))
            .collect();
        let ir = &self.program.project.module(module).ir;
        for (number, function) in ir.functions.iter().enumerate() {
            let id = FunctionId(number as u32);
            match function.kind {
                FunctionKind::Def | FunctionKind::Class => {
                    for &decorator in ir.decorators_of(id) {
                        self.decorator(&mut walk, decorator, (module, id));
                    }
                }
                FunctionKind::Module | FunctionKind::Lambda => {}
            }
            if function.kind == FunctionKind::Class && !self.bases.is_empty() {
                self.class(&mut walk, id);
            }
        }
        if !self.calls.is_empty() {
            for (index, &op) in ir.ops().iter().enumerate() {
                if op == Op::Call {
                    self.call(&mut walk, index as u32, &imported);
                }
            }
        }
        for family in &self.families {
            (family.module)(&mut walk);
        }
        walk.found
    }

    fn decorator(&self, walk: &mut Walk<'_, 'a>, decorator: Operand, definition: Definition) {
        let ir = walk.ir();
        let call = decorator
            .as_register()
            .filter(|&index| ir.op(index) == Op::Call);
        let callee = call.map_or(decorator, |call| ir.get(call).operand_a());
        let Some(symbol) = last_symbol(ir, callee) else {
            return;
        };
        let wanted = self.decorators.get(&symbol);
        let is_described = self.described.contains(&symbol);
        if wanted.is_none() && !is_described {
            return;
        }
        let name = wanted.map_or("", |(name, _)| name);
        let site = walk.site(call, callee, name);
        for &(family, _) in wanted.iter().flat_map(|(_, families)| families) {
            if (self.families[family].decorated)(walk, &site, definition) {
                return;
            }
        }
        if is_described {
            let values = walk.evaluator.values(walk.module, callee);
            stub::decorated(walk, &site, &values, definition);
        }
    }

    fn call(&self, walk: &mut Walk<'_, 'a>, index: u32, imported: &[bool]) {
        let ir = walk.ir();
        let callee = ir.get(index).operand_a();
        let Some((name, families)) = last_symbol(ir, callee).and_then(|name| self.calls.get(&name))
        else {
            return;
        };
        if families
            .iter()
            .all(|&(family, is_common)| is_common && !imported[family])
        {
            return;
        }
        let site = walk.site(Some(index), callee, name);
        for &(family, is_common) in families {
            if (!is_common || imported[family]) && (self.families[family].called)(walk, &site) {
                return;
            }
        }
    }

    fn class(&self, walk: &mut Walk<'_, 'a>, class: FunctionId) {
        let project = self.program.project;
        if project.module(walk.module).ir.bases_of(class).is_empty() {
            return;
        }
        let mut met: Vec<(usize, &'static str)> = Vec::new();
        for ancestor in project.ancestry(walk.module, class) {
            for &(family, base) in self.bases.get(&ancestor).into_iter().flatten() {
                // The nearest base of a family says what kind of class it is.
                if !met.iter().any(|&(other, _)| other == family) {
                    met.push((family, base));
                }
            }
        }
        for (family, base) in met {
            (self.families[family].derived)(walk, (walk.module, class), base);
        }
    }
}

/// The class of a model with a qualified name.
pub(super) fn class_named(project: &Project, name: &str) -> Option<Definition> {
    let (module, class) = name.rsplit_once('.')?;
    let module = project.model(module)?;
    let class = project.symbols().find(class)?;
    match project.member(Target::Module(module), class).first() {
        Some(&Target::Class(module, class)) => Some((module, class)),
        _ => None,
    }
}

impl<'a> Walk<'_, 'a> {
    /// The project.
    pub(super) fn project(&self) -> &'a Project {
        self.evaluator.project()
    }

    /// The instructions of the module.
    pub(super) fn ir(&self) -> &'a Ir {
        &self.project().module(self.module).ir
    }

    fn site(&self, call: Option<u32>, callee: Operand, last: &'static str) -> Site {
        let ir = self.ir();
        let receiver = ir
            .instruction(callee)
            .filter(|callee| callee.op == Op::Attr)
            .map(|callee| callee.operand_a());
        Site {
            call,
            receiver,
            last,
            names: self.names_of(callee),
        }
    }

    /// Qualified names of all functions and classes that an operand may be.
    pub(super) fn names_of(&self, operand: Operand) -> Vec<String> {
        let project = self.project();
        let models = self.evaluator.program.models;
        let mut names: Vec<String> = Vec::new();
        for &value in &*self.evaluator.values(self.module, operand) {
            let name = match value {
                Value::Function(module, function) | Value::Method((module, function), _) => {
                    let (module, function) = models.twin(module, function);
                    project.qualified_name(module, function)
                }
                Value::Class(module, class) => {
                    let (module, class) = models.twin(module, class);
                    project.qualified_name(module, class)
                }
                Value::External(external) => project.external_name(external).to_owned(),
                _ => continue,
            };
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// Whether the module imports one of these top-level packages.
    pub(super) fn imports(&self, packages: &[&str]) -> bool {
        let project = self.project();
        self.ir().imports.iter().any(|import| {
            import.level == 0
                && project
                    .text(import.module)
                    .split('.')
                    .next()
                    .is_some_and(|top| packages.contains(&top))
        })
    }

    /// Argument number `position` of a call, or the one named so.
    pub(super) fn argument(&self, site: &Site, position: usize, name: &str) -> Option<Operand> {
        let ir = self.ir();
        let call = ir.get(site.call?);
        let mut at = 0;
        for (argument, value) in ir.arguments(call.b) {
            match argument {
                Argument::Positional => {
                    if at == position {
                        return Some(value);
                    }
                    at += 1;
                }
                Argument::Named(given) if self.project().text(given) == name => return Some(value),
                Argument::Star => at = usize::MAX / 2,
                Argument::Named(_) | Argument::DoubleStar => {}
            }
        }
        None
    }

    /// The argument named so.
    pub(super) fn named(&self, site: &Site, name: &str) -> Option<Operand> {
        self.argument(site, usize::MAX, name)
    }

    /// The constant text of an operand.
    pub(super) fn text(&self, operand: Operand) -> Option<String> {
        self.evaluator.constant_text(self.module, operand)
    }

    /// The constant texts in a collection, or the one text.
    pub(super) fn texts(&self, operand: Operand) -> Vec<String> {
        self.texts_in(self.module, operand)
    }

    fn texts_in(&self, module: ModuleId, operand: Operand) -> Vec<String> {
        let (literals, _) = self.evaluator.literals(module, operand);
        literals
            .into_iter()
            .filter_map(|literal| match literal {
                Literal::Str(text) => Some(text),
                _ => None,
            })
            .collect()
    }

    /// HTTP methods in a collection.
    pub(super) fn methods(&self, operand: Operand) -> Vec<String> {
        self.methods_in(self.module, operand)
    }

    /// The same for an operand of another module.
    pub(super) fn methods_in(&self, module: ModuleId, operand: Operand) -> Vec<String> {
        let mut methods: Vec<String> = self
            .texts_in(module, operand)
            .into_iter()
            .map(|method| method.to_ascii_uppercase())
            .collect();
        methods.sort();
        methods.dedup();
        methods
    }

    /// The templates that an operand may be.
    pub(super) fn templates(&self, operand: Option<Operand>, spelling: Spelling) -> Vec<Template> {
        let texts = operand
            .map(|operand| self.texts(operand))
            .unwrap_or_default();
        texts
            .iter()
            .map(|text| Template::read(text, spelling))
            .collect()
    }

    /// The object that routes belong to: where it was made.
    pub(super) fn owner(&self, operand: Operand) -> Option<Owner> {
        self.owner_in(self.module, operand)
    }

    /// The same for an operand of another module.
    pub(super) fn owner_in(&self, module: ModuleId, operand: Operand) -> Option<Owner> {
        self.project()
            .resolve(module, operand)
            .into_iter()
            .find_map(|target| match target {
                Target::Value(module, value) if value.as_register().is_some() => {
                    Some(Owner::Object(module, value))
                }
                Target::Module(module) => Some(Owner::Module(module)),
                _ => None,
            })
    }

    /// The object that a call makes, as an owner.
    pub(super) fn made(&self, site: &Site) -> Option<Owner> {
        let call = site.call?;
        Some(Owner::Object(self.module, Operand::from_register(call)))
    }

    /// Whether a base of a class, or of one of its ancestors, is written with one of these last names.
    pub(super) fn derives(&self, class: Definition, bases: &[&str]) -> bool {
        let project = self.project();
        project
            .ancestry(class.0, class.1)
            .into_iter()
            .any(|(module, class)| {
                let ir = &project.module(module).ir;
                ir.bases_of(class).iter().any(|&base| {
                    last_name(project, ir, base).is_some_and(|base| bases.contains(&base))
                })
            })
    }

    /// The function or class of the project that an operand is, through wrapping calls: `csrf_exempt(view)`,
    /// `View.as_view(…)`, `partial(view, …)`.
    pub(super) fn handler(&self, operand: Operand) -> Option<Definition> {
        self.handler_at(self.module, operand, 0)
    }

    pub(super) fn handler_at(
        &self,
        module: ModuleId,
        operand: Operand,
        depth: u32,
    ) -> Option<Definition> {
        let project = self.project();
        let is_own = |module: ModuleId| !project.module(module).is_model;
        for &value in &*self.evaluator.values(module, operand) {
            match value {
                Value::Function(module, function)
                | Value::Method((module, function), _)
                | Value::Class(module, function)
                    if is_own(module) =>
                {
                    return Some((module, function));
                }
                _ => {}
            }
        }
        if depth > 4 {
            return None;
        }
        for target in project.resolve(module, operand) {
            let Target::Value(module, value) = target else {
                continue;
            };
            let ir = &project.module(module).ir;
            let Some(call) = ir.instruction(value).filter(|call| call.op == Op::Call) else {
                continue;
            };
            let callee = call.operand_a();
            let as_view = ir.instruction(callee).filter(|callee| {
                callee.op == Op::Attr && project.text(callee.symbol_b()) == "as_view"
            });
            if let Some(as_view) = as_view {
                return self.handler_at(module, as_view.operand_a(), depth + 1);
            }
            for (argument, value) in ir.arguments(call.b) {
                if argument == Argument::Positional
                    && let Some(found) = self.handler_at(module, value, depth + 1)
                {
                    return Some(found);
                }
            }
        }
        None
    }

    /// The methods with these names that a class of the project has or inherits within the project.
    pub(super) fn members<'n>(
        &self,
        class: Definition,
        names: &[&'n str],
    ) -> Vec<(&'n str, Definition)> {
        let project = self.project();
        let mut found = Vec::new();
        for &name in names {
            let Some(symbol) = project.symbols().find(name) else {
                continue;
            };
            for target in project.member(Target::Class(class.0, class.1), symbol) {
                if let Target::Function(module, function) = target
                    && !project.module(module).is_model
                {
                    found.push((name, (module, function)));
                    break;
                }
            }
        }
        found
    }

    /// The constant text of an attribute of a class of the project, or of an ancestor of it.
    pub(super) fn class_text(&self, class: Definition, name: &str) -> Option<String> {
        let project = self.project();
        let name = project.symbols().find(name)?;
        project
            .member(Target::Class(class.0, class.1), name)
            .into_iter()
            .find_map(|target| match target {
                Target::Value(module, value) => self.evaluator.constant_text(module, value),
                _ => None,
            })
    }

    /// Whether a definition is a class.
    pub(super) fn is_class(&self, definition: Definition) -> bool {
        self.project()
            .module(definition.0)
            .ir
            .is_class(definition.1)
    }

    /// The qualified name of a class and of all its ancestors.
    pub(super) fn ancestors(&self, class: Definition) -> Vec<String> {
        let project = self.project();
        project
            .ancestry(class.0, class.1)
            .into_iter()
            .map(|(module, class)| project.qualified_name(module, class))
            .collect()
    }

    /// Number of the first parameter that the caller fills: 1 for methods, since the first is the object.
    pub(super) fn first_parameter(&self, function: Definition) -> usize {
        let project = self.project();
        let ir = &project.module(function.0).ir;
        let in_class = ir.is_class(ir.function(function.1).parent);
        match crate::models::binding_of(project, function.0, function.1, in_class) {
            crate::models::Binding::Free => 0,
            _ => 1,
        }
    }

    /// The parameters of a handler, each filled with what came in, from `first` on.
    pub(super) fn inputs(
        &self,
        function: Definition,
        first: usize,
        kind: &'static str,
        location: ParameterLocation,
    ) -> Vec<Option<EntryParameter>> {
        let ir = &self.project().module(function.0).ir;
        ir.params_of(function.1)
            .iter()
            .enumerate()
            .map(|(number, param)| {
                (number >= first).then(|| EntryParameter {
                    is_required: param.default.is_absent()
                        && !matches!(param.kind, ParamKind::Star | ParamKind::DoubleStar),
                    ..EntryParameter::input(kind, location)
                })
            })
            .collect()
    }

    /// The parameters of a handler of which number `first` is the request, an instance of a class that a stub describes;
    /// the others are not filled.
    pub(super) fn request_at(
        &self,
        function: Definition,
        first: usize,
        class: &str,
    ) -> Vec<Option<EntryParameter>> {
        let project = self.project();
        let count = project.module(function.0).ir.params_of(function.1).len();
        let mut parameters = vec![None; count];
        if let Some(parameter) = parameters.get_mut(first) {
            *parameter = self.request(class);
        }
        parameters
    }

    /// A parameter that is an object of a class that a stub describes.
    pub(super) fn request(&self, class: &str) -> Option<EntryParameter> {
        class_named(self.project(), class).map(EntryParameter::request)
    }

    /// The class of the project that an operand is an instance of.
    pub(super) fn class_of(&self, operand: Operand) -> Option<Definition> {
        self.evaluator
            .values(self.module, operand)
            .iter()
            .find_map(|&value| match value {
                Value::Instance(module, class) if !self.project().module(module).is_model => {
                    Some((module, class))
                }
                _ => None,
            })
    }

    /// The calls that are elements of a list (or of lists put together), and other operands in it.
    pub(super) fn elements(&self, module: ModuleId, operand: Operand) -> Vec<(ModuleId, Operand)> {
        let mut found = Vec::new();
        self.add_elements(module, operand, &mut found, 0);
        found
    }

    fn add_elements(
        &self,
        module: ModuleId,
        operand: Operand,
        found: &mut Vec<(ModuleId, Operand)>,
        depth: u32,
    ) {
        if depth > 12 {
            return;
        }
        let project = self.project();
        for target in project.resolve(module, operand) {
            let Target::Value(module, value) = target else {
                continue;
            };
            let ir = &project.module(module).ir;
            let Some(instruction) = ir.instruction(value) else {
                continue;
            };
            match instruction.op {
                Op::List | Op::Tuple => {
                    for element in ir.list(instruction.a) {
                        match ir.instruction(element) {
                            Some(star) if star.op == Op::Star => {
                                self.add_elements(module, star.operand_a(), found, depth + 1);
                            }
                            _ => found.push(self.origin(module, element)),
                        }
                    }
                }
                Op::Add => {
                    self.add_elements(module, instruction.operand_a(), found, depth + 1);
                    self.add_elements(module, instruction.operand_b(), found, depth + 1);
                }
                Op::Bind => self.add_elements(module, instruction.operand_a(), found, depth + 1),
                _ if !found.contains(&(module, value)) => found.push((module, value)),
                _ => {}
            }
        }
    }

    /// The instruction that makes a value, through names and imports.
    pub(super) fn origin(&self, module: ModuleId, operand: Operand) -> (ModuleId, Operand) {
        self.project()
            .resolve(module, operand)
            .into_iter()
            .find_map(|target| match target {
                Target::Value(module, value) => Some((module, value)),
                _ => None,
            })
            .unwrap_or((module, operand))
    }

    /// Whether an operand is a list, or lists put together.
    pub(super) fn is_list(&self, module: ModuleId, operand: Operand) -> bool {
        let (module, operand) = self.origin(module, operand);
        let ir = &self.project().module(module).ir;
        ir.instruction(operand)
            .is_some_and(|list| matches!(list.op, Op::List | Op::Add))
    }

    /// The module with a dotted name, as this one would import it.
    pub(super) fn module_named(&self, name: &str) -> Option<ModuleId> {
        let import = Import {
            module: self.project().symbols().find(name)?,
            level: 0,
            name: None,
            binds_top: false,
            span: Span::default(),
            function: FunctionId::MODULE,
        };
        self.project()
            .resolve_import(self.module, &import)
            .into_iter()
            .find_map(|target| match target {
                Target::Module(module) => Some(module),
                _ => None,
            })
    }

    /// Whether an operand is the constant `True`.
    pub(super) fn is_true(&self, operand: Operand) -> bool {
        operand.kind() == OperandKind::Bool(true)
    }
}

//! A pass over one module: the questions that families ask about what they are shown.

use hognose_finding::ParameterLocation;
use hognose_python::ir::{
    Argument, FunctionId, Import, Instruction, Ir, Op, Operand, OperandKind, ParamKind, Span,
};
use hognose_python::{ModuleId, Project, Target};

use super::annotation::last_name;
use super::path::{Spelling, Template};
use super::registration::{Found, Owner};
use super::search::Site;
use super::{Definition, EntryParameter};
use crate::literals::Literal;
use crate::values::{Evaluator, Value};

/// A pass over one module.
pub(super) struct Walk<'e, 'a> {
    /// Answers questions about values.
    pub evaluator: &'e Evaluator<'a>,
    /// The module.
    pub module: ModuleId,
    /// What it says.
    pub found: Found,
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

    pub(super) fn site(&self, call: Option<u32>, callee: Operand, last: &'static str) -> Site {
        let ir = self.ir();
        let receiver = ir
            .instruction(callee)
            .filter(|callee| callee.op == Op::Attr)
            .map(Instruction::operand_a);
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
}

/// Whether an operand is the constant `True`.
pub(super) fn is_true(operand: Operand) -> bool {
    operand.kind() == OperandKind::Bool(true)
}

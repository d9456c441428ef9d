//! The call view: all that a rule may ask about a call, without looking at syntax.

use hognose_python::ir::{Argument, FunctionId, Op, Operand, OperandKind, ParamKind};
use hognose_python::{ExternalId, ModuleId, Symbol};

use crate::literals::Literal;
use crate::models::{Binding, Kind};
use crate::values::{Evaluator, Value};

/// What a call may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Callee {
    /// A function with a definition, the right overload, and whether its first parameter is already bound.
    Function {
        /// The definition; that of the stub where the project is the library itself.
        function: (ModuleId, FunctionId),
        /// The first parameter is not among the arguments.
        is_bound: bool,
        /// The class, if it is a constructor.
        class: Option<(ModuleId, FunctionId)>,
    },
    /// A class without a constructor of its own.
    Class(ModuleId, FunctionId),
    /// Something outside the project.
    External(ExternalId),
}

impl Callee {
    /// What calling `value` calls, if it can be called; the definition, of all overloads the last.
    pub fn of_value(evaluator: &Evaluator<'_>, value: Value) -> Option<Self> {
        let program = evaluator.program;
        Some(match value {
            Value::Function(module, function) => {
                let function = program.models.twin(module, function);
                let model = program.models.function(function.0, function.1);
                let is_bound = model.is_some_and(|model| model.binding == Binding::ClassMethod);
                Callee::Function {
                    function,
                    is_bound,
                    class: None,
                }
            }
            Value::Method(function, _) => Callee::Function {
                function: program.models.twin(function.0, function.1),
                is_bound: true,
                class: None,
            },
            Value::Class(module, class) => {
                let class = program.models.twin(module, class);
                match program.constructor(class.0, class.1) {
                    Some(function) => {
                        let function = program.models.twin(function.0, function.1);
                        Callee::Function {
                            function,
                            is_bound: true,
                            class: Some(class),
                        }
                    }
                    None => Callee::Class(class.0, class.1),
                }
            }
            Value::External(external) => Callee::External(external),
            Value::Module(_)
            | Value::Instance(..)
            | Value::Constant(..)
            | Value::Typed(..)
            | Value::Other(..) => {
                return None;
            }
        })
    }
}

/// What is given to a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    /// Argument number `position` (in the order of the call's arguments).
    Argument {
        /// Its number.
        position: u32,
        /// Its value.
        value: Operand,
    },
    /// Left out; the default is used (a value of the module that defines the callee).
    Default(ModuleId, Operand),
    /// Left out, without default.
    Missing,
    /// Perhaps given through `*args` or `**kwargs`.
    Unknown,
}

impl Given {
    /// Position of the object whose method is called.
    pub const RECEIVER: u32 = u32::MAX;
}

/// A parameter with roles, and what is given to it.
#[derive(Debug, Clone, Copy)]
pub struct Port<'a> {
    /// The parameter's (or attribute's) name.
    pub name: Symbol,
    /// Kinds of sink it is.
    pub sinks: &'a [Kind],
    /// What is given.
    pub given: Given,
}

/// A call (or the assignment to an attribute that is a sink).
pub struct CallView<'e, 'a> {
    /// Evaluates operands.
    pub evaluator: &'e Evaluator<'a>,
    /// The module of the call.
    pub module: ModuleId,
    /// The instruction.
    pub index: u32,
    /// What it may call.
    pub callees: Vec<Callee>,
    ports: Vec<Port<'a>>,
}

impl<'e, 'a> CallView<'e, 'a> {
    /// The view of instruction `index`: a call, or a store to an attribute with a sink role. Nothing if it is neither,
    /// or if nothing is known of the callee.
    pub fn new(evaluator: &'e Evaluator<'a>, module: ModuleId, index: u32) -> Option<Self> {
        let ir = &evaluator.project().module(module).ir;
        let instruction = ir.get(index);
        let mut view = CallView::bare(evaluator, module, index);
        match instruction.op {
            Op::Call => {
                for &value in &*evaluator.values(module, instruction.operand_a()) {
                    view.add_callee(value);
                }
                if view.callees.is_empty() {
                    return None;
                }
                for callee in view.callees.clone() {
                    view.add_ports(callee);
                }
            }
            Op::StoreAttr => {
                let (name, value) = ir.stored_attr(instruction.b);
                view.add_attribute(instruction.operand_a(), name, value);
                if view.ports.is_empty() {
                    return None;
                }
            }
            _ => return None,
        }
        Some(view)
    }

    /// A view of which nothing is known yet.
    pub(crate) fn bare(evaluator: &'e Evaluator<'a>, module: ModuleId, index: u32) -> Self {
        CallView {
            evaluator,
            module,
            index,
            callees: Vec::new(),
            ports: Vec::new(),
        }
    }

    /// `callee` with the overload that fits the arguments of call `index`.
    pub(crate) fn chosen(
        evaluator: &'e Evaluator<'a>,
        module: ModuleId,
        index: u32,
        callee: Value,
    ) -> Value {
        let view = CallView::bare(evaluator, module, index);
        match (Callee::of_value(evaluator, callee), callee) {
            (
                Some(Callee::Function {
                    function, is_bound, ..
                }),
                Value::Function(..),
            ) => {
                let (module, function) = view.overload(function, is_bound);
                Value::Function(module, function)
            }
            (
                Some(Callee::Function {
                    function, is_bound, ..
                }),
                Value::Method(_, class),
            ) => Value::Method(view.overload(function, is_bound), class),
            _ => callee,
        }
    }

    /// What each parameter of `function` is given by call `index`.
    pub(crate) fn given(
        evaluator: &'e Evaluator<'a>,
        module: ModuleId,
        index: u32,
        function: (ModuleId, FunctionId),
        is_bound: bool,
    ) -> Vec<Option<Given>> {
        let view = CallView {
            evaluator,
            module,
            index,
            callees: Vec::new(),
            ports: Vec::new(),
        };
        view.bind(function, is_bound)
    }

    /// The view of call `index` as if it called `callee`, for a callee that is not known.
    pub fn assuming(
        evaluator: &'e Evaluator<'a>,
        module: ModuleId,
        index: u32,
        callee: Value,
    ) -> Self {
        let mut view = CallView {
            evaluator,
            module,
            index,
            callees: Vec::new(),
            ports: Vec::new(),
        };
        view.add_callee(callee);
        for callee in view.callees.clone() {
            view.add_ports(callee);
        }
        view
    }

    /// The parameters with sink roles and what is given to each.
    pub fn ports(&self) -> &[Port<'a>] {
        &self.ports
    }

    /// The number of arguments.
    pub fn argument_count(&self) -> usize {
        let ir = &self.evaluator.project().module(self.module).ir;
        let instruction = ir.get(self.index);
        if instruction.op == Op::Call {
            ir.arguments(instruction.b).len()
        } else {
            0
        }
    }

    fn add_attribute(&mut self, base: Operand, name: Symbol, value: Operand) {
        let program = self.evaluator.program;
        for &base in &*self.evaluator.values(self.module, base) {
            let Value::Instance(module, class) = base else {
                continue;
            };
            for (module, class) in program.project.ancestry(module, class) {
                let (module, class) = program.models.twin(module, class);
                if let Some((roles, _)) = program.models.attribute(module, class, name)
                    && !roles.sinks.is_empty()
                {
                    let given = Given::Argument { position: 0, value };
                    self.ports.push(Port {
                        name,
                        sinks: &roles.sinks,
                        given,
                    });
                    return;
                }
            }
        }
    }

    fn add_callee(&mut self, value: Value) {
        let Some(callee) = Callee::of_value(self.evaluator, value) else {
            return;
        };
        let callee = match callee {
            Callee::Function {
                function,
                is_bound,
                class,
            } => Callee::Function {
                function: self.overload(function, is_bound),
                is_bound,
                class,
            },
            callee => callee,
        };
        if !self.callees.contains(&callee) {
            self.callees.push(callee);
        }
    }

    /// The overload that the arguments fit: the first whose `Literal[…]` parameters do not contradict them.
    fn overload(&self, function: (ModuleId, FunctionId), is_bound: bool) -> (ModuleId, FunctionId) {
        let program = self.evaluator.program;
        let Some(model) = program.models.function(function.0, function.1) else {
            return function;
        };
        let module = function.0;
        for &candidate in &model.overloads {
            let ir = &program.project.module(module).ir;
            let given = self.bind((module, candidate), is_bound);
            let fits =
                ir.params_of(candidate)
                    .iter()
                    .zip(&given)
                    .all(|(param, given)| match given {
                        None
                        | Some(
                            Given::Default(..)
                            | Given::Argument {
                                position: Given::RECEIVER,
                                ..
                            },
                        ) => true,
                        // What `**kwargs` may hold is no reason to think that it does.
                        Some(Given::Unknown) => {
                            !param.default.is_absent() || param.kind != ParamKind::KeywordOnly
                        }
                        Some(Given::Missing) => {
                            matches!(param.kind, ParamKind::Star | ParamKind::DoubleStar)
                        }
                        Some(Given::Argument { value, .. }) => {
                            self.fits_annotation(module, param.annotation, self.module, *value)
                        }
                    });
            if fits {
                return (module, candidate);
            }
        }
        (
            module,
            model.overloads.last().copied().unwrap_or(function.1),
        )
    }

    /// Whether a value may belong to an annotation. Where either is not known well enough, it may.
    pub(crate) fn fits_annotation(
        &self,
        module: ModuleId,
        annotation: Operand,
        at: ModuleId,
        value: Operand,
    ) -> bool {
        let project = self.evaluator.project();
        let ir = &project.module(module).ir;
        let Some(instruction) = ir.instruction(annotation) else {
            return self.fits_class(module, annotation, at, value, false);
        };
        match instruction.op {
            Op::BitOr => {
                return self.fits_annotation(module, instruction.operand_a(), at, value)
                    || self.fits_annotation(module, instruction.operand_b(), at, value);
            }
            Op::Subscript => {}
            _ => return self.fits_class(module, annotation, at, value, false),
        }
        let Some(name) = ir.written_name(instruction.operand_a()) else {
            return true;
        };
        let arguments: Vec<Operand> = match ir.instruction(instruction.operand_b()) {
            Some(tuple) if tuple.op == Op::Tuple => ir.list(tuple.a).collect(),
            _ => vec![instruction.operand_b()],
        };
        match project.text(name) {
            "Annotated" => arguments
                .first()
                .is_none_or(|&first| self.fits_annotation(module, first, at, value)),
            "Union" | "Optional" => arguments
                .iter()
                .any(|&argument| self.fits_annotation(module, argument, at, value)),
            "Literal" => self.fits_literal(module, &arguments, at, value),
            "type" => arguments
                .iter()
                .any(|&argument| self.fits_class(module, argument, at, value, true)),
            _ => true,
        }
    }

    fn fits_literal(
        &self,
        module: ModuleId,
        accepted: &[Operand],
        at: ModuleId,
        value: Operand,
    ) -> bool {
        let (given, complete) = self.evaluator.literals(at, value);
        if !complete {
            return true;
        }
        let accepted: Vec<Literal> = accepted
            .iter()
            .flat_map(|&argument| self.evaluator.literals(module, argument).0)
            .collect();
        // `shell=1` is `shell=True`.
        let truth = |literal: &Literal| match literal {
            Literal::Bool(value) => Some(*value),
            Literal::Int(value) => Some(*value != 0),
            Literal::None => Some(false),
            Literal::Str(text) => Some(!text.is_empty()),
            Literal::Float(_) | Literal::Name(_) => None,
        };
        let boolean = accepted
            .iter()
            .all(|literal| matches!(literal, Literal::Bool(_)));
        given.iter().any(|given| {
            accepted.contains(given)
                || boolean
                    && accepted
                        .iter()
                        .any(|literal| truth(literal) == truth(given))
        })
    }

    /// Whether a value may be an instance of the class that `class` names, or with `is_type` the class or one below it.
    fn fits_class(
        &self,
        module: ModuleId,
        class: Operand,
        at: ModuleId,
        value: Operand,
        is_type: bool,
    ) -> bool {
        let project = self.evaluator.project();
        let wanted: Vec<_> = project
            .resolve(module, class)
            .into_iter()
            .filter_map(|target| match target {
                hognose_python::Target::Class(module, class) => Some((module, class)),
                _ => None,
            })
            .collect();
        let values = self.evaluator.values(at, value);
        if class == Operand::NONE {
            return values
                .iter()
                .any(|value| matches!(value, Value::Constant(_, Operand::NONE)));
        }
        if wanted.is_empty() || values.is_empty() {
            // Nothing says that an unknown class is the right one.
            return !is_type;
        }
        // Nor that the default of a parameter is what it is given.
        let is_parameter = |value: &Value| match *value {
            Value::Other(module, operand) => project
                .module(module)
                .ir
                .instruction(operand)
                .is_some_and(|instruction| instruction.op == Op::Param),
            _ => false,
        };
        if is_type && values.iter().any(is_parameter) {
            return false;
        }
        values.iter().any(|value| {
            let (module, class) = match *value {
                Value::Class(module, class) if is_type => (module, class),
                Value::Instance(module, class) if !is_type => (module, class),
                // A constant or a class is no instance of the classes that overloads ask for, and the other way round.
                Value::Class(..) | Value::Instance(..) => return false,
                Value::Constant(_, constant) => {
                    return !is_type && self.constant_fits(constant, &wanted);
                }
                _ => return !is_type,
            };
            project
                .ancestry(module, class)
                .into_iter()
                .any(|(module, class)| {
                    wanted.contains(&self.evaluator.program.models.twin(module, class))
                })
        })
    }

    fn constant_fits(&self, constant: Operand, wanted: &[(ModuleId, FunctionId)]) -> bool {
        let name = match constant.kind() {
            OperandKind::Str(_) => "str",
            OperandKind::Bytes(_) => "bytes",
            OperandKind::Int(_) => "int",
            OperandKind::Bool(_) => "bool",
            OperandKind::None => return false,
            _ => return true,
        };
        wanted.iter().any(|&(module, class)| {
            let wanted = self.evaluator.project().qualified_name(module, class);
            wanted == format!("builtins.{name}")
                || wanted == "builtins.object"
                || name == "bool" && wanted == "builtins.int"
        })
    }

    fn add_ports(&mut self, callee: Callee) {
        let Callee::Function {
            function, is_bound, ..
        } = callee
        else {
            return;
        };
        let program = self.evaluator.program;
        let Some(model) = program.models.function(function.0, function.1) else {
            return;
        };
        if model.params.iter().all(|(_, roles)| roles.sinks.is_empty()) {
            return;
        }
        let given = self.bind(function, is_bound);
        let params = program.project.module(function.0).ir.params_of(function.1);
        for (number, roles) in &model.params {
            if roles.sinks.is_empty() {
                continue;
            }
            let number = *number as usize;
            if let Some(Some(given)) = given.get(number) {
                self.ports.push(Port {
                    name: params[number].name,
                    sinks: &roles.sinks,
                    given: *given,
                });
            }
        }
    }

    /// What each parameter of `function` is given; nothing for a parameter that is already bound.
    pub fn bind(
        &self,
        (module, function): (ModuleId, FunctionId),
        is_bound: bool,
    ) -> Vec<Option<Given>> {
        let project = self.evaluator.project();
        let params = project.module(module).ir.params_of(function);
        let own = &project.module(self.module).ir;
        let arguments: Vec<_> = own.arguments(own.get(self.index).b).collect();
        let has_star = arguments.iter().any(|(kind, _)| *kind == Argument::Star);
        let has_double_star = arguments
            .iter()
            .any(|(kind, _)| *kind == Argument::DoubleStar);
        let first_star = arguments
            .iter()
            .position(|(kind, _)| *kind == Argument::Star)
            .unwrap_or(arguments.len());
        let positional: Vec<(u32, Operand)> = arguments[..first_star]
            .iter()
            .enumerate()
            .filter(|(_, (kind, _))| *kind == Argument::Positional)
            .map(|(position, (_, value))| (position as u32, *value))
            .collect();
        let mut next = positional.into_iter();
        let mut given = Vec::with_capacity(params.len());
        // The receiver of a method call; a constructor has none yet.
        let receiver = own
            .instruction(own.get(self.index).operand_a())
            .filter(|callee| callee.op == Op::Attr)
            .map(|callee| Given::Argument {
                position: Given::RECEIVER,
                value: callee.operand_a(),
            });
        for (number, param) in params.iter().enumerate() {
            if number == 0 && is_bound {
                let is_init =
                    project.text(project.module(module).ir.function(function).name) == "__init__";
                given.push(receiver.filter(|_| !is_init));
                continue;
            }
            if param.kind == ParamKind::DoubleStar {
                let other = arguments.iter().position(|(kind, _)| match kind {
                    Argument::Named(name) => !params.iter().any(|param| param.name == *name),
                    kind => *kind == Argument::DoubleStar,
                });
                given.push(Some(other.map_or(Given::Missing, |position| {
                    Given::Argument {
                        position: position as u32,
                        value: arguments[position].1,
                    }
                })));
                continue;
            }
            let by_position = match param.kind {
                ParamKind::PositionalOnly | ParamKind::Normal | ParamKind::Star => next.next(),
                ParamKind::KeywordOnly | ParamKind::DoubleStar => None,
            };
            let by_name = || {
                arguments
                    .iter()
                    .position(|(kind, _)| *kind == Argument::Named(param.name))
                    .map(|position| (position as u32, arguments[position].1))
            };
            let found = by_position.or_else(by_name);
            given.push(Some(match found {
                Some((position, value)) => Given::Argument { position, value },
                None if has_double_star && param.kind != ParamKind::PositionalOnly => {
                    Given::Unknown
                }
                None if has_star
                    && matches!(param.kind, ParamKind::PositionalOnly | ParamKind::Normal) =>
                {
                    Given::Unknown
                }
                None if !param.default.is_absent()
                    && param.default.kind() != OperandKind::Ellipsis =>
                {
                    Given::Default(module, param.default)
                }
                None => Given::Missing,
            }));
        }
        given
    }
}

//! Calls of library functions with models, and of the unknown.

use hognose_python::ir::{FunctionId, Instruction, Op, Operand, OperandKind, ParamKind};
use hognose_python::{ModuleId, Symbol, Target};

use super::call::{Arguments, Given};
use super::heap::{Object, Shape, State};
use super::machine::Machine;
use super::value::{Doubt, Taint, Value, What, kind_bit};
use crate::models::{Binding, Roles};
use crate::values;
use crate::view::CallView;

/// Parts of names of functions that make things safe, or say that they are.
const CLEANING: &[&str] = &[
    "bleach", "check", "clean", "escape", "filter", "purif", "quote", "safe", "sanit", "secur",
    "slug", "valid", "verif",
];

impl Machine<'_, '_> {
    /// A function of which only the model is known.
    pub(super) fn call_model(
        &mut self,
        state: &mut State,
        index: u32,
        function: (ModuleId, FunctionId),
        receiver: Option<&Value>,
        arguments: &Arguments,
        class: Option<(ModuleId, FunctionId)>,
    ) -> Option<Value> {
        let engine = self.engine;
        let models = engine.program.models;
        let function = models.twin(function.0, function.1);
        let binding = models
            .function(function.0, function.1)
            .map_or(Binding::Free, |model| model.binding);
        let skips_first = class.is_some()
            || receiver.is_some() && binding != Binding::Free
            || binding == Binding::ClassMethod;
        let native = engine.native(function.0, function.1);
        let function = self.overload(index, function, skips_first, arguments);
        let model = models.function(function.0, function.1);
        let ir = &engine.project.module(function.0).ir;
        let params = ir.params_of(function.1);
        let roles_of = |number: usize| -> Option<&Roles> {
            model?
                .params
                .iter()
                .find(|(at, _)| *at as usize == number)
                .map(|(_, roles)| roles)
        };
        let mut taint = Taint::CLEAN;
        // Which argument each parameter gets.
        let mut positional = arguments.positional.iter().peekable();
        let mut kept: Vec<(Option<usize>, &Given)> = Vec::new();
        for (number, param) in params.iter().enumerate() {
            if number == 0 && skips_first {
                continue;
            }
            match param.kind {
                ParamKind::PositionalOnly | ParamKind::Normal => {
                    if let Some(given) = positional.next() {
                        kept.push((Some(number), given));
                    } else if let Some((_, given)) =
                        arguments.named.iter().find(|(name, _)| *name == param.name)
                    {
                        kept.push((Some(number), given));
                    } else if let Some(star) = &arguments.star {
                        kept.push((Some(number), star));
                    }
                }
                ParamKind::Star => {
                    for given in positional.by_ref() {
                        kept.push((Some(number), given));
                    }
                    if let Some(star) = &arguments.star {
                        kept.push((Some(number), star));
                    }
                }
                ParamKind::KeywordOnly => {
                    if let Some((_, given)) =
                        arguments.named.iter().find(|(name, _)| *name == param.name)
                    {
                        kept.push((Some(number), given));
                    }
                }
                ParamKind::DoubleStar => {
                    for (name, given) in &arguments.named {
                        if !params.iter().any(|param| param.name == *name) {
                            kept.push((Some(number), given));
                        }
                    }
                    if let Some(rest) = &arguments.double_star {
                        kept.push((Some(number), rest));
                    }
                }
            }
        }
        for given in positional {
            kept.push((None, given));
        }
        // `exec(program, *arguments)`: together they are the list.
        let spread = params.iter().enumerate().find_map(|(number, param)| {
            let kind = (param.kind == ParamKind::Star)
                .then(|| roles_of(number))
                .flatten()?
                .sinks
                .iter()
                .copied()
                .find(|&kind| kind_bit(kind) & engine.sinks.argv != 0)?;
            Some((number, kind))
        });
        if let Some((_, kind)) = spread {
            let mut items: Vec<Value> = arguments
                .positional
                .iter()
                .map(|given| given.value.clone())
                .collect();
            if let Some(star) = &arguments.star {
                items.push(star.value.clone());
            }
            if let Some(first) = items.first_mut() {
                first.taint = Taint::CLEAN;
            }
            let list = self.allocate_extra(state, 9, Object::sequence(Shape::Tuple, items));
            let position = arguments
                .positional
                .iter()
                .rev()
                .find_map(|given| given.position);
            self.check_sink(state, index, kind, &list, None, position);
        }
        for (number, given) in &kept {
            let roles = number.and_then(&roles_of);
            if let (Some(roles), Some(number)) = (roles, number)
                && spread.is_none_or(|(spread, _)| spread != *number)
            {
                for &kind in &roles.sinks {
                    if kind_bit(kind) & engine.templates.kinds() != 0 {
                        continue;
                    }
                    self.check_sink(
                        state,
                        index,
                        kind,
                        &given.value,
                        Some(params[*number].name),
                        given.position,
                    );
                }
            }
            let mut passed = state.deep_taint(&given.value);
            if let Some(roles) = roles {
                passed = if roles.sanitizes_all {
                    Taint::CLEAN
                } else {
                    passed.cleaned(engine.bits(&roles.sanitizes))
                };
            }
            taint.add(&passed);
        }
        if let Some(receiver) = receiver
            && class.is_none()
            && skips_first
        {
            let mut own = state.deep_taint(receiver);
            if let Some(roles) = roles_of(0) {
                for &kind in &roles.sinks {
                    self.check_sink(state, index, kind, receiver, None, None);
                }
                own = if roles.sanitizes_all {
                    Taint::CLEAN
                } else {
                    own.cleaned(engine.bits(&roles.sanitizes))
                };
            }
            taint.add(&own);
        }
        if let Some(put_out) = self.render(state, index, function, &kept, arguments) {
            taint = taint.cleaned(engine.sinks.html).join(&put_out);
        }
        self.test_facts(index, function, &kept);
        let mut value = Value::tainted(engine.unnormalised(&self.passed(&taint, index)));
        if class.is_some() {
            return Some(value);
        }
        // What comes back has the type that the model says.
        let at_call = self.frame().at == index && self.ir().op(index) == Op::Call;
        let types = if at_call
            && arguments
                .all()
                .all(|given| given.operand.is_some() || given.position.is_some())
        {
            self.evaluator
                .values(self.module(), Operand::from_register(index))
        } else {
            let mut types = Vec::new();
            self.evaluator
                .call_result(values::Value::Function(function.0, function.1), &mut types);
            types.into()
        };
        value.what = self.what_of(&types);
        if value.what.is_number() && !types.is_empty() {
            value.taint = Taint::CLEAN;
        }
        if let Some(model) = model
            && !model.returns.sources.is_empty()
        {
            // What a method says of `self` holds for what it gives.
            let clean = roles_of(0)
                .filter(|_| skips_first)
                .map_or(0, |roles| engine.bits(&roles.sanitizes));
            value.taint = self
                .source_taint(&model.returns.sources.clone())
                .cleaned(clean);
            value.whole = true;
        }
        if let Some(What::Instance(module, own)) = receiver.map(|receiver| &receiver.what)
            && engine.project.module(*module).is_model
            && let Some(key) = arguments.first()
        {
            let part = super::machine::part_of(&key.what);
            match engine.project.text(ir.function(function.1).name) {
                "get" | "pop" => value.taint.add(&self.kept((*module, *own), part)),
                "setdefault" if engine.keeps((*module, *own)) => {
                    value.taint.add(&self.kept((*module, *own), part));
                    if let (Some(receiver), Some(kept)) = (receiver, arguments.value(1)) {
                        self.store(state, receiver, part, kept);
                    }
                }
                _ => {}
            }
        }
        self.normalising(state, index, function, receiver, &mut value);
        if let Some(native) = native {
            self.library_function(state, index, native, arguments, &mut value);
        }
        if engine.never_returns(function) {
            return None;
        }
        Some(value)
    }

    /// The overload that the arguments fit.
    pub(super) fn overload(
        &mut self,
        index: u32,
        function: (ModuleId, FunctionId),
        skips_first: bool,
        arguments: &Arguments,
    ) -> (ModuleId, FunctionId) {
        let engine = self.engine;
        let Some(model) = engine.program.models.function(function.0, function.1) else {
            return function;
        };
        if model.overloads.is_empty() {
            return function;
        }
        let module = function.0;
        let ir = &engine.project.module(module).ir;
        let evaluator = self.evaluator.clone();
        let view = CallView::bare(&evaluator, self.module(), index);
        for &candidate in &model.overloads {
            let params = ir.params_of(candidate);
            let mut positional = arguments.positional.iter();
            let fits = params.iter().enumerate().all(|(number, param)| {
                if number == 0 && skips_first {
                    return true;
                }
                let given = match param.kind {
                    ParamKind::PositionalOnly | ParamKind::Normal => {
                        positional.next().or_else(|| {
                            arguments
                                .named
                                .iter()
                                .find(|(name, _)| *name == param.name)
                                .map(|(_, given)| given)
                        })
                    }
                    ParamKind::KeywordOnly => arguments
                        .named
                        .iter()
                        .find(|(name, _)| *name == param.name)
                        .map(|(_, given)| given),
                    ParamKind::Star => {
                        positional.by_ref().for_each(drop);
                        return true;
                    }
                    ParamKind::DoubleStar => return true,
                };
                match given {
                    Some(given) => engine.fits(&view, module, param.annotation, given),
                    None if !param.default.is_absent() => {
                        param.default != Operand::ELLIPSIS || arguments.star.is_some()
                    }
                    None => {
                        arguments.star.is_some()
                            || arguments.double_star.is_some()
                                && param.kind != ParamKind::KeywordOnly
                    }
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

    /// Whether what a call calls was imported from outside of the project, or is a method of what such a call made. What
    /// is called after making things safe may do so.
    fn is_of_library(&self, index: u32) -> bool {
        let ir = self.ir();
        if ir.op(index) != Op::Call {
            return false;
        }
        let callee = ir.get(index).operand_a();
        let name = match (ir.instruction(callee), callee.kind()) {
            (Some(callee), _) if callee.op == Op::Attr => Some(callee.symbol_b()),
            (_, OperandKind::Global(name)) => Some(name),
            _ => None,
        };
        if name.is_none_or(|name| {
            let name = self.engine.project.text(name).to_ascii_lowercase();
            CLEANING.iter().any(|word| name.contains(word))
        }) {
            return false;
        }
        let mut at = Operand::from_register(index);
        for _ in 0..8 {
            match at.kind() {
                OperandKind::Global(name) => return self.is_foreign(name),
                OperandKind::Register(register) => match ir.op(register) {
                    Op::Call | Op::Attr => at = ir.get(register).operand_a(),
                    _ => return false,
                },
                _ => return false,
            }
        }
        false
    }

    /// The instruction that gives what a call calls.
    fn callee_of(&self, index: u32) -> Option<Instruction> {
        let ir = self.ir();
        (ir.op(index) == Op::Call)
            .then(|| ir.instruction(ir.get(index).operand_a()))
            .flatten()
    }

    /// Whether a name was imported from outside of the project, and no model tells of it.
    fn is_foreign(&self, name: Symbol) -> bool {
        let ir = self.ir();
        ir.export(FunctionId::MODULE, name)
            .and_then(|value| ir.instruction(value))
            .is_some_and(|value| value.op == Op::Import)
            && self
                .engine
                .resolve_name(self.module(), name)
                .iter()
                .all(|target| matches!(target, Target::External(_)))
    }

    /// A call of which nothing is known: what goes in may come out.
    pub(super) fn call_unknown(
        &mut self,
        state: &mut State,
        index: u32,
        callee: &Value,
        receiver: Option<&Value>,
        name: Option<Symbol>,
        arguments: &Arguments,
    ) -> Value {
        if let Some(name) = name {
            self.unknown_statement(state, index, name, arguments);
        }
        let mut taint = Taint::CLEAN;
        let mut is_known = false;
        if let Some(receiver) = receiver {
            taint.add(&state.deep_taint(receiver));
            // `textkit.title(text)` is no method of a text.
            let base = self
                .callee_of(index)
                .filter(|callee| callee.op == Op::Attr)
                .map(Instruction::operand_a);
            let is_module = base.is_some_and(
                |base| matches!(base.kind(), OperandKind::Global(name) if self.is_foreign(name)),
            );
            is_known = !is_module && name.is_some_and(|name| self.engine.keeps_content(name));
        } else {
            taint.add(&callee.taint);
        }
        if !is_known {
            for given in arguments.all() {
                let passed = state.deep_taint(&given.value);
                taint.add(&passed);
            }
        }
        let taint = self.passed(&taint, index);
        let types = self
            .evaluator
            .values(self.module(), Operand::from_register(index));
        let what = if self.ir().op(index) == Op::Call {
            self.what_of(&types)
        } else {
            What::Top
        };
        if what.is_number() && !types.is_empty() {
            return Value::NUMBER;
        }
        Value {
            taint: if is_known {
                taint
            } else if self.is_of_library(index) {
                taint.doubted(Doubt::Library)
            } else {
                taint.doubted(Doubt::Unknown)
            },
            what,
            whole: false,
        }
    }
}

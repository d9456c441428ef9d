//! Calls of the project's own functions and classes: by their summary, or in place.

use std::sync::Arc;

use hognose_python::ir::{Argument, FunctionId, Op, Operand, ParamKind};
use hognose_python::{ModuleId, Symbol};

use super::call::{Arguments, Given, is_callable};
use super::heap::{Fact, Object, Shape, State, Subject};
use super::machine::{Guards, MAX_FRAMES, Machine, constant};
use super::value::{Closure, Doubt, Label, Mark, Note, Part, Taint, Value, What, step};
use crate::models::{Binding, binding_of};
use crate::values;

/// Instructions of a function that is run in place at most.
const MAX_IN_PLACE: u32 = 3_000;

impl Machine<'_, '_> {
    /// A function whose decorators are functions of the project: what they make of it is called.
    pub(super) fn call_decorated(
        &mut self,
        state: &mut State,
        index: u32,
        closure: &Closure,
        decorators: &[Operand],
        receiver: Option<&Value>,
        arguments: &Arguments,
    ) -> Option<Value> {
        let mut raw = closure.clone();
        raw.raw = true;
        if self.frames.len() >= MAX_FRAMES {
            return self.call_project(state, index, &raw, receiver, arguments);
        }
        let plain = What::Function(Arc::new(raw.clone()));
        let mut current = Value::new(plain.clone());
        for &decorator in decorators.iter().rev() {
            let module = closure.module;
            let ir = &self.engine.project.module(module).ir;
            let next = match ir.instruction(decorator) {
                Some(call) if call.op == Op::Call => {
                    // `@decorator(options)`
                    let factory = self.materialize(state, module, call.operand_a(), None, 0);
                    let mut options = Arguments::default();
                    for (kind, operand) in ir.arguments(call.b) {
                        let value = self.materialize(state, module, operand, None, 0);
                        match kind {
                            Argument::Named(name) => options.named.push((name, Given::of(value))),
                            _ => options.positional.push(Given::of(value)),
                        }
                    }
                    self.dispatch(state, index, &factory, None, None, &options)
                        .and_then(|made| {
                            self.dispatch(
                                state,
                                index,
                                &made,
                                None,
                                None,
                                &Arguments::of(&[current.clone()]),
                            )
                        })
                }
                _ => {
                    let factory = self.materialize(state, module, decorator, None, 0);
                    self.dispatch(
                        state,
                        index,
                        &factory,
                        None,
                        None,
                        &Arguments::of(&[current.clone()]),
                    )
                }
            };
            // A decorator that gives back something unknown is taken to leave the function as it is.
            if let Some(next) = next
                && is_callable(&next.what)
            {
                current = next;
            }
        }
        let mut all = arguments.clone();
        if current.what == plain {
            return self.call_project(state, index, &raw, receiver, arguments);
        }
        if let Some(receiver) = receiver {
            all.positional.insert(0, Given::of(receiver.clone()));
        }
        self.dispatch(state, index, &current, None, None, &all)
    }

    /// Calls a function of the project: by its summary, or in place where the arguments decide what it does.
    pub(super) fn call_project(
        &mut self,
        state: &mut State,
        index: u32,
        closure: &Closure,
        receiver: Option<&Value>,
        arguments: &Arguments,
    ) -> Option<Value> {
        let (module, function) = (closure.module, closure.function);
        let (values, operands) = self.bind(state, closure, receiver, arguments);
        let info = self.engine.project.module(module).ir.function(function);
        let summary = self.engine.summary(module, function);
        let size = info.end - info.start;
        let running = self
            .frames
            .iter()
            .filter(|frame| frame.module == module && frame.function == function)
            .count();
        let most = if self.is_precise {
            MAX_FRAMES
        } else {
            MAX_FRAMES / 2
        };
        // Without a summary there is nothing else to go by.
        let most = if summary.is_none() { MAX_FRAMES } else { most };
        let can_run =
            self.frames.len() < most && running < 2 && size <= MAX_IN_PLACE && self.fuel > size * 2;
        let chooses = summary.as_ref().map_or(0, |summary| summary.chooses);
        let names_template = chooses != 0 && self.names_template(chooses, &values);
        let pays = names_template
            || summary.as_ref().is_none_or(|summary| {
                summary.tells()
                    && (!closure.cells.is_empty()
                        || values.iter().enumerate().any(|(number, value)| {
                            let decides = summary.decides >> number.min(63) & 1 == 1;
                            self.is_telling(
                                state,
                                (module, info.parent),
                                number == 0,
                                value,
                                decides,
                            ) || decides
                                && summary.calls_parameter
                                && matches!(value.what, What::Class(..))
                        }))
            });
        match summary {
            Some(summary) if !pays || !can_run => self.instantiate(
                state,
                index,
                (module, function),
                &summary,
                &values,
                &operands,
            ),
            _ if can_run => self.run_in_place(state, index, closure, &values, &operands),
            _ => {
                // It is being evaluated right now, or is too deep.
                let mut taint = Taint::CLEAN;
                for value in &values {
                    taint.add(&state.deep_taint(value));
                }
                self.gave_up |= running < 2;
                Some(Value::tainted(
                    self.passed(&taint, index).doubted(Doubt::Unknown),
                ))
            }
        }
    }

    /// Whether an argument of a function that renders what it is told to says which template that is.
    fn names_template(&mut self, chooses: u64, values: &[Value]) -> bool {
        let mut names = false;
        for (number, value) in values.iter().enumerate() {
            if chooses >> number.min(63) & 1 == 1 {
                names |= matches!(value.what, What::Symbol(_) | What::Str(_));
                self.note_choice(value);
            }
        }
        names
    }

    /// Remembers that a parameter of the outermost function names a template.
    pub(super) fn note_choice(&mut self, value: &Value) {
        for mark in value.taint.marks() {
            if let Label::Input { param, .. } = mark.label {
                self.chooses |= 1 << param.min(63);
            }
        }
    }

    /// Whether running a function with this argument may tell more than its summary.
    fn is_telling(
        &self,
        state: &State,
        class: (ModuleId, FunctionId),
        is_first: bool,
        value: &Value,
        decides: bool,
    ) -> bool {
        value.what.alternatives().iter().any(|what| match what {
            What::Function(closure) => {
                decides || !self.engine.is_model(closure.module, closure.function)
            }
            What::Method(method) => decides || !self.engine.is_model(method.1, method.2),
            What::Partial(_) => true,
            What::Object(id) => state.object(*id).is_some_and(|object| match object.shape {
                // A derived class may have other methods.
                Shape::Instance(module, own) if is_first => (module, own) != class,
                _ => self.is_precise && decides,
            }),
            What::Class(..)
            | What::None
            | What::Bool(_)
            | What::Int(_)
            | What::Symbol(_)
            | What::Str(_) => self.is_precise && decides,
            // Methods of what came in may be known now.
            What::Instance(..) => decides && !is_first,
            _ => false,
        })
    }

    fn run_in_place(
        &mut self,
        state: &mut State,
        index: u32,
        closure: &Closure,
        values: &[Value],
        operands: &[Option<Operand>],
    ) -> Option<Value> {
        let (module, function) = (closure.module, closure.function);
        let caller = self.module();
        let passed: Vec<Value> = values
            .iter()
            .map(|value| Value {
                taint: value.taint.map(|mark| Mark {
                    step: step(mark.step.as_ref(), caller, index, Note::Argument, None),
                    ..mark.clone()
                }),
                ..value.clone()
            })
            .collect();
        let outer = std::mem::take(&mut state.facts);
        let mut inner = state.clone();
        inner.facts = Arc::new(
            outer
                .iter()
                .filter(|fact| matches!(fact.subject, Subject::Label(_)))
                .cloned()
                .collect(),
        );
        let outcome = self.run(
            module,
            function,
            &passed,
            inner,
            Some(Arc::new(closure.clone())),
        );
        let start = self
            .engine
            .project
            .module(module)
            .ir
            .function(function)
            .start;
        let translate = |fact: &Fact| -> Option<Fact> {
            match fact.subject {
                Subject::Label(_) => Some(fact.clone()),
                Subject::Outcome(_) => None,
                // What is said of a parameter is said of the argument.
                Subject::Register(register) => {
                    let number = register.checked_sub(start)? as usize;
                    let argument = operands.get(number).copied().flatten()?.as_register()?;
                    Some(Fact {
                        subject: Subject::Register(argument),
                        kinds: fact.kinds,
                        exactly: None,
                    })
                }
            }
        };
        let value = outcome.value?;
        let inner_facts = outcome.state.facts.clone();
        *state = outcome.state;
        let mut facts: Vec<Fact> = outer.to_vec();
        for fact in inner_facts
            .iter()
            .filter(|fact| fact.kinds != 0)
            .filter_map(translate)
        {
            if !facts.contains(&fact) {
                facts.push(fact);
            }
        }
        state.facts = Arc::new(facts);
        let translate_all = |facts: Option<Vec<Fact>>| {
            facts.map(|facts| facts.iter().filter_map(translate).collect::<Vec<Fact>>())
        };
        let guards = Guards {
            on_true: translate_all(outcome.guards.on_true),
            on_false: translate_all(outcome.guards.on_false),
        };
        self.frame_mut().call_facts.insert(index, guards);
        Some(value)
    }

    /// The values of a function's parameters, and the operands that stand for them in the call.
    pub(super) fn bind(
        &mut self,
        state: &mut State,
        closure: &Closure,
        receiver: Option<&Value>,
        arguments: &Arguments,
    ) -> (Vec<Value>, Vec<Option<Operand>>) {
        let module = closure.module;
        let ir = &self.engine.project.module(module).ir;
        let params = ir.params_of(closure.function);
        let mut values = Vec::with_capacity(params.len());
        let mut operands = Vec::with_capacity(params.len());
        let mut positional = arguments.positional.iter();
        let mut used: Vec<Symbol> = Vec::new();
        for (number, param) in params.iter().enumerate() {
            if number == 0
                && let Some(receiver) = receiver
            {
                values.push(receiver.clone());
                operands.push(None);
                continue;
            }
            match param.kind {
                ParamKind::Star => {
                    let items: Vec<Value> = positional
                        .by_ref()
                        .map(|given| given.value.clone())
                        .collect();
                    let mut object = Object::sequence(Shape::Tuple, items);
                    if let Some(star) = &arguments.star {
                        object.blur();
                        object.add_rest(&star.value);
                    }
                    values.push(self.allocate_extra(state, 1, object));
                    operands.push(None);
                    continue;
                }
                ParamKind::DoubleStar => {
                    let mut object = Object::new(Shape::Dict);
                    for (name, given) in &arguments.named {
                        if !used.contains(name)
                            && !params.iter().any(|param| {
                                param.name == *name && param.kind != ParamKind::DoubleStar
                            })
                        {
                            object.write(Part::Key(*name), &given.value, false);
                        }
                    }
                    if let Some(rest) = &arguments.double_star {
                        object.add_rest(&rest.value);
                    }
                    values.push(self.allocate_extra(state, 2, object));
                    operands.push(None);
                    continue;
                }
                ParamKind::PositionalOnly | ParamKind::Normal => {
                    if let Some(given) = positional.next() {
                        values.push(given.value.clone());
                        operands.push(given.operand);
                        continue;
                    }
                }
                ParamKind::KeywordOnly => {}
            }
            if let Some((name, given)) =
                arguments.named.iter().find(|(name, _)| *name == param.name)
            {
                used.push(*name);
                values.push(given.value.clone());
                operands.push(given.operand);
                continue;
            }
            let unknown = match param.kind {
                ParamKind::PositionalOnly | ParamKind::Normal => {
                    arguments.star.as_ref().or(arguments.double_star.as_ref())
                }
                _ => arguments.double_star.as_ref(),
            };
            let default = if param.default.is_absent() {
                None
            } else if param.default.as_register().is_some() {
                Some(self.materialize(state, module, param.default, None, 0))
            } else if param.default.is_constant() {
                Some(Value::new(constant(param.default)))
            } else {
                Some(self.materialize(state, module, param.default, None, 0))
            };
            values.push(match (unknown, default) {
                (Some(given), Some(default)) => given.value.join(&default),
                (Some(given), None) => given.value.clone(),
                (None, Some(default)) => default,
                (None, None) => Value::TOP,
            });
            operands.push(None);
        }
        (values, operands)
    }

    /// Makes an object of a class.
    pub(super) fn construct(
        &mut self,
        state: &mut State,
        index: u32,
        class: (ModuleId, FunctionId),
        arguments: &Arguments,
    ) -> Option<Value> {
        let engine = self.engine;
        if let Some(native) = engine.native(class.0, class.1)
            && let Some(result) = self.native_function(state, index, native, arguments)
        {
            return result;
        }
        let (module, function) = engine.program.models.twin(class.0, class.1);
        if engine.project.module(module).is_model {
            let constructor = engine.program.constructor(module, function);
            let what = if engine.program.models.is_harmless(module, function) {
                What::Number
            } else {
                What::Instance(module, function)
            };
            return match constructor {
                Some(constructor) => {
                    let receiver = Value::new(what.clone());
                    let mut value = self.call_model(
                        state,
                        index,
                        constructor,
                        Some(&receiver),
                        arguments,
                        Some((module, function)),
                    )?;
                    value.what = what;
                    if value.what == What::Number {
                        value.taint = Taint::CLEAN;
                        // It raises where the text is none: what was converted may be used as it is.
                        if let Some(operand) =
                            arguments.positional.first().and_then(|given| given.operand)
                        {
                            self.fact(state, operand, super::harm::ALL);
                        }
                    }
                    Some(value)
                }
                None => {
                    let mut taint = Taint::CLEAN;
                    if what != What::Number {
                        for given in arguments.all() {
                            taint.add(&state.deep_taint(&given.value));
                        }
                    }
                    Some(Value {
                        taint: self.passed(&taint, index),
                        what,
                        whole: false,
                    })
                }
            };
        }
        if engine.is_enumeration(class) {
            // One of its members, or an exception.
            return Some(Value::NUMBER);
        }
        let mut object = Object::new(Shape::Instance(class.0, class.1));
        let init = engine
            .names
            .init
            .and_then(|name| engine.method(class, name))
            .filter(|&(module, _)| !engine.project.module(module).is_model);
        let value = match init {
            Some((module, function)) => {
                let value = self.allocate(state, object);
                let closure = self.close(module, function);
                self.call_closure(state, index, &closure, Some(&value), arguments)?;
                value
            }
            None => {
                // Dataclasses, named tuples, models: fields in the order of their annotations.
                let fields = engine.fields_in_order(class);
                for (field, given) in fields.iter().zip(&arguments.positional) {
                    let value = self.as_declared(class, *field, &given.value);
                    object.write(Part::Attr(*field), &value, false);
                }
                for (name, given) in &arguments.named {
                    let value = self.as_declared(class, *name, &given.value);
                    object.write(Part::Attr(*name), &value, false);
                }
                if let Some(rest) = &arguments.double_star {
                    if engine.converts(class) {
                        for field in fields {
                            if object.read(Part::Attr(field)).is_none() {
                                let value = self.as_declared(class, field, &rest.value);
                                object.write(Part::Attr(field), &value, false);
                            }
                        }
                    } else {
                        object.taint.add(&rest.value.taint);
                    }
                }
                let made = self.allocate(state, object);
                self.validate(state, index, class, &made)?;
                made
            }
        };
        Some(value)
    }

    /// A value that is put in a field with a declared type: models convert.
    fn as_declared(&self, class: (ModuleId, FunctionId), field: Symbol, value: &Value) -> Value {
        if value.taint.is_clean() || !self.engine.converts(class) {
            return value.clone();
        }
        let mut types = Vec::new();
        self.evaluator
            .attribute(values::Value::Instance(class.0, class.1), field, &mut types);
        if !types.is_empty() && self.what_of(&types).is_number() {
            return Value::NUMBER;
        }
        value.clone()
    }
}

/// How a function of a class is bound.
pub(super) fn binding(
    engine: &super::engine::Engine<'_>,
    module: ModuleId,
    function: FunctionId,
) -> Binding {
    match engine.program.models.function(module, function) {
        Some(model) => model.binding,
        None => {
            let ir = &engine.project.module(module).ir;
            let in_class = ir.is_class(ir.function(function).parent);
            binding_of(engine.project, module, function, in_class)
        }
    }
}

//! Calls: of the project's functions, of library functions with models, and of the unknown.

use std::sync::Arc;

use hognose_python::ir::{Argument, FunctionId, Op, Operand, ParamKind};
use hognose_python::{ModuleId, Symbol};

use super::heap::{Fact, Object, Shape, State, Subject};
use super::machine::{Guards, MAX_DEPTH, MAX_FRAMES, Machine, constant};
use super::summary::{Hit, Summary};
use super::value::{
    Closure, Kinds, Label, Mark, Note, Part, Step, Taint, TextPart, Value, What, kind_bit, step,
};
use crate::models::{Binding, Roles, binding_of};
use crate::values;
use crate::view::CallView;

/// An argument of a call.
#[derive(Debug, Clone)]
pub(super) struct Given {
    pub value: Value,
    /// Its operand and its number among the arguments, if it is written in the call.
    pub operand: Option<Operand>,
    pub position: Option<u32>,
}

impl Given {
    pub fn of(value: Value) -> Given {
        Given {
            value,
            operand: None,
            position: None,
        }
    }
}

/// The arguments of a call.
#[derive(Debug, Clone, Default)]
pub(super) struct Arguments {
    pub positional: Vec<Given>,
    pub named: Vec<(Symbol, Given)>,
    /// Elements of `*args` whose number is not known.
    pub star: Option<Given>,
    /// Values of `**kwargs` whose names are not known.
    pub double_star: Option<Given>,
}

impl Arguments {
    pub fn of(values: &[Value]) -> Arguments {
        Arguments {
            positional: values.iter().cloned().map(Given::of).collect(),
            ..Arguments::default()
        }
    }

    pub fn all(&self) -> impl Iterator<Item = &Given> {
        self.positional
            .iter()
            .chain(self.named.iter().map(|(_, given)| given))
            .chain(&self.star)
            .chain(&self.double_star)
    }

    pub fn first(&self) -> Option<&Value> {
        self.positional.first().map(|given| &given.value)
    }

    pub fn value(&self, number: usize) -> Option<&Value> {
        self.positional.get(number).map(|given| &given.value)
    }
}

/// What a call costs, in instructions.
const COST_OF_CALL: u32 = 4;
/// Instructions of a function that is run in place at most.
const MAX_IN_PLACE: u32 = 3_000;

impl<'a> Machine<'_, 'a> {
    /// Runs a call; none if it never returns.
    pub(super) fn call(
        &mut self,
        ir: &'a hognose_python::Ir,
        index: u32,
        state: &mut State,
    ) -> Option<Value> {
        let instruction = ir.get(index);
        let callee_operand = instruction.operand_a();
        let arguments = self.arguments(ir, index, state);
        let method = ir
            .instruction(callee_operand)
            .filter(|callee| callee.op == Op::Attr)
            .map(|callee| (callee.operand_a(), callee.symbol_b()));
        let receiver = method.map(|(base, _)| self.read(state, base));
        // Built-in containers and texts.
        if let (Some((_, name)), Some(receiver)) = (method, &receiver)
            && let Some(value) = self.native_method(state, index, receiver, name, &arguments)
        {
            return Some(value);
        }
        if let Some(value) = self.builtin_by_name(ir, state, index, callee_operand, &arguments) {
            return value;
        }
        let callee = self.read(state, callee_operand);
        let mut callee = callee;
        if !is_callable(&callee.what) {
            let types = self.evaluator.values(self.module(), callee_operand);
            let what = self.what_of(&types);
            if is_callable(&what) {
                callee.what = with_receiver(what, receiver.as_ref());
            }
        }
        self.dispatch(
            state,
            index,
            &callee,
            receiver.as_ref(),
            method.map(|(_, name)| name),
            &arguments,
        )
    }

    fn arguments(
        &mut self,
        ir: &'a hognose_python::Ir,
        index: u32,
        state: &mut State,
    ) -> Arguments {
        let mut arguments = Arguments::default();
        for (position, (kind, operand)) in ir.arguments(ir.get(index).b).enumerate() {
            let value = self.read(state, operand);
            let given = Given {
                value,
                operand: Some(operand),
                position: Some(position as u32),
            };
            match kind {
                Argument::Positional => {
                    if arguments.star.is_some() {
                        arguments.star = Some(given);
                    } else {
                        arguments.positional.push(given);
                    }
                }
                Argument::Named(name) => arguments.named.push((name, given)),
                Argument::Star => match self.exact_items(state, &given.value) {
                    Some(items) => {
                        arguments
                            .positional
                            .extend(items.into_iter().map(|value| Given {
                                value,
                                operand: None,
                                position: Some(position as u32),
                            }));
                    }
                    None => {
                        let element = self.element(state, &given.value);
                        arguments.star = Some(Given {
                            value: element,
                            operand: None,
                            position: Some(position as u32),
                        });
                    }
                },
                Argument::DoubleStar => {
                    let known = match &given.value.what {
                        What::Object(id) => state.object(*id).cloned(),
                        _ => None,
                    };
                    match known {
                        Some(object) => {
                            for (part, value) in object.entries {
                                if let Part::Key(name) = part {
                                    arguments.named.push((
                                        name,
                                        Given {
                                            value,
                                            operand: None,
                                            position: Some(position as u32),
                                        },
                                    ));
                                }
                            }
                            if let Some(rest) = object.rest {
                                arguments.double_star = Some(Given {
                                    value: rest,
                                    operand: None,
                                    position: Some(position as u32),
                                });
                            }
                        }
                        None => {
                            let value = self.part_of_whole(&given.value, Part::Element);
                            arguments.double_star = Some(Given {
                                value,
                                operand: None,
                                position: Some(position as u32),
                            });
                        }
                    }
                }
            }
        }
        arguments
    }

    /// Calls each thing that `callee` may be.
    pub(super) fn dispatch(
        &mut self,
        state: &mut State,
        index: u32,
        callee: &Value,
        receiver: Option<&Value>,
        name: Option<Symbol>,
        arguments: &Arguments,
    ) -> Option<Value> {
        // Whoever passes the callee decides what happens.
        for mark in callee.taint.marks() {
            if let Label::Input { param, .. } = mark.label
                && self.frames.len() == 1
            {
                self.decides |= 1 << param.min(63);
            }
        }
        let mut joined: Option<Value> = None;
        let mut joined_state: Option<State> = None;
        let mut any_returns = false;
        let alternatives = callee.what.alternatives();
        let before = (alternatives.len() > 1).then(|| state.clone());
        let mut guards: Option<Guards> = None;
        for what in alternatives {
            let mut now = before.clone().unwrap_or_else(|| std::mem::take(state));
            self.frame_mut().call_facts.remove(&index);
            let value = self.call_one(&mut now, index, what, callee, receiver, name, arguments);
            let says = self.frame_mut().call_facts.remove(&index);
            guards = match (guards, says) {
                (None, says) if !any_returns => says,
                _ => None,
            };
            match value {
                Some(value) => {
                    any_returns = true;
                    joined = Some(match joined {
                        None => value,
                        Some(joined) => joined.join(&value),
                    });
                    match &mut joined_state {
                        None => joined_state = Some(now),
                        Some(joined) => joined.join(&now),
                    }
                }
                None if before.is_none() => *state = now,
                None => {}
            }
        }
        if let Some(guards) = guards {
            self.frame_mut().call_facts.insert(index, guards);
        }
        if let Some(joined) = joined_state {
            *state = joined;
        }
        if any_returns { joined } else { None }
    }

    #[allow(clippy::too_many_arguments)]
    fn call_one(
        &mut self,
        state: &mut State,
        index: u32,
        what: &What,
        callee: &Value,
        receiver: Option<&Value>,
        name: Option<Symbol>,
        arguments: &Arguments,
    ) -> Option<Value> {
        match what {
            What::Function(closure) => self.call_closure(state, index, closure, None, arguments),
            What::Method(method) => {
                let (own, module, function) = &**method;
                let closure = Closure {
                    module: *module,
                    function: *function,
                    cells: Vec::new(),
                    raw: false,
                };
                self.call_closure(state, index, &closure, Some(own), arguments)
            }
            What::Class(module, class) => {
                self.construct(state, index, (*module, *class), arguments)
            }
            What::Partial(partial) => {
                let mut all = Arguments {
                    positional: partial.positional.iter().cloned().map(Given::of).collect(),
                    named: partial
                        .named
                        .iter()
                        .map(|(name, value)| (*name, Given::of(value.clone())))
                        .collect(),
                    ..arguments.clone()
                };
                all.positional.extend(arguments.positional.iter().cloned());
                all.named.extend(arguments.named.iter().cloned());
                let inner = partial.callee.clone();
                self.dispatch(state, index, &inner, None, None, &all)
            }
            What::Object(_) | What::Instance(..) => {
                let class = match what {
                    What::Object(id) => match state.object(*id).map(|object| object.shape) {
                        Some(Shape::Instance(module, class)) => Some((module, class)),
                        _ => None,
                    },
                    What::Instance(module, class) => Some((*module, *class)),
                    _ => None,
                };
                if let (Some(class), Some(call)) = (class, self.engine.names.call)
                    && let Some((module, function)) = self.engine.method(class, call)
                {
                    let own = Value::new(what.clone());
                    let closure = self.close(module, function);
                    return self.call_closure(state, index, &closure, Some(&own), arguments);
                }
                Some(self.call_unknown(state, index, callee, receiver, name, arguments))
            }
            _ => Some(self.call_unknown(state, index, callee, receiver, name, arguments)),
        }
    }

    /// Calls a function or method by its definition.
    pub(super) fn call_closure(
        &mut self,
        state: &mut State,
        index: u32,
        closure: &Closure,
        receiver: Option<&Value>,
        arguments: &Arguments,
    ) -> Option<Value> {
        if self.depth >= MAX_DEPTH || self.fuel < COST_OF_CALL {
            self.gave_up = true;
            return Some(Value::TOP);
        }
        self.fuel -= COST_OF_CALL;
        self.depth += 1;
        let value = self.call_definition(state, index, closure, receiver, arguments);
        self.depth -= 1;
        value
    }

    fn call_definition(
        &mut self,
        state: &mut State,
        index: u32,
        closure: &Closure,
        receiver: Option<&Value>,
        arguments: &Arguments,
    ) -> Option<Value> {
        let (module, function) = (closure.module, closure.function);
        if let Some(native) = self.engine.native(module, function)
            && let Some(result) = self.native_function(state, index, native, receiver, arguments)
        {
            return result;
        }
        if self.engine.is_model(module, function) {
            return self.call_model(state, index, (module, function), receiver, arguments, None);
        }
        if !closure.raw
            && let Some(decorators) = self.engine.own_decorators(module, function)
        {
            return self.call_decorated(state, index, closure, &decorators, receiver, arguments);
        }
        self.call_project(state, index, closure, receiver, arguments)
    }

    /// Calls a function on values that are not written in a call.
    pub(super) fn call_function(
        &mut self,
        state: &mut State,
        module: ModuleId,
        function: FunctionId,
        closure: Option<&Closure>,
        receiver: Option<Value>,
        values: &[Value],
    ) -> Option<Value> {
        let index = self.frame().at;
        let own = self.close(module, function);
        let arguments = Arguments::of(values);
        self.call_closure(
            state,
            index,
            closure.unwrap_or(&own),
            receiver.as_ref(),
            &arguments,
        )
    }

    /// A function whose decorators are functions of the project: what they make of it is called.
    fn call_decorated(
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
    fn call_project(
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
        let can_run =
            self.frames.len() < most && running < 2 && size <= MAX_IN_PLACE && self.fuel > size * 2;
        let pays = summary.as_ref().is_none_or(|summary| {
            summary.tells()
                && (!closure.cells.is_empty()
                    || values.iter().enumerate().any(|(number, value)| {
                        let decides = summary.decides >> number.min(63) & 1 == 1;
                        self.is_telling(state, (module, info.parent), number == 0, value, decides)
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
                Some(Value::tainted(self.passed(&taint, index).doubted()))
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
            What::Function(closure) => !self.engine.is_model(closure.module, closure.function),
            What::Method(method) => !self.engine.is_model(method.1, method.2),
            What::Partial(_) => true,
            What::Object(id) if !self.is_precise => {
                state.object(*id).is_some_and(|object| match object.shape {
                    Shape::Instance(module, own) => is_first && (module, own) != class,
                    _ => false,
                })
            }
            What::Class(..)
            | What::None
            | What::Bool(_)
            | What::Int(_)
            | What::Symbol(_)
            | What::Str(_)
                if !self.is_precise =>
            {
                false
            }
            What::Object(id) => state.object(*id).is_some_and(|object| match object.shape {
                // A derived class may have other methods.
                Shape::Instance(module, own) => {
                    is_first && (module, own) != class || !is_first && decides
                }
                _ => decides,
            }),
            What::Class(..)
            | What::None
            | What::Bool(_)
            | What::Int(_)
            | What::Symbol(_)
            | What::Str(_) => decides,
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
    fn construct(
        &mut self,
        state: &mut State,
        index: u32,
        class: (ModuleId, FunctionId),
        arguments: &Arguments,
    ) -> Option<Value> {
        let engine = self.engine;
        if let Some(native) = engine.native(class.0, class.1)
            && let Some(result) = self.native_function(state, index, native, None, arguments)
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
                    object.taint.add(&rest.value.taint);
                }
                self.allocate(state, object)
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
        let function = self.overload(state, index, function, skips_first, arguments);
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
            // What calls back with what it is given.
            if let (Some(roles), What::Function(closure)) = (roles, &given.value.what)
                && !roles.entry_point.is_empty()
            {
                let _ = closure;
            }
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
        self.test_facts(index, function, &kept, arguments, receiver);
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
            value.taint = self.source_taint(&model.returns.sources.clone());
            value.whole = true;
        }
        self.normalising(state, index, function, receiver, arguments, &mut value);
        if engine.never_returns(function) {
            return None;
        }
        Some(value)
    }

    /// The overload that the arguments fit.
    fn overload(
        &mut self,
        state: &State,
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
                    Some(given) => engine.fits(&view, state, module, param.annotation, given),
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
        let mut taint = Taint::CLEAN;
        let mut is_known = false;
        if let Some(receiver) = receiver {
            taint.add(&state.deep_taint(receiver));
            is_known = name.is_some_and(|name| self.engine.keeps_content(name));
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
            taint: if is_known { taint } else { taint.doubted() },
            what,
            whole: false,
        }
    }

    /// What a function of the project does, from its summary.
    fn instantiate(
        &mut self,
        state: &mut State,
        index: u32,
        function: (ModuleId, FunctionId),
        summary: &Arc<Summary>,
        values: &[Value],
        operands: &[Option<Operand>],
    ) -> Option<Value> {
        let caller = self.module();
        let cost = (summary.hits.len() + summary.writes.len() + 2 * summary.objects.len()) as u32;
        self.fuel = self.fuel.saturating_sub(cost);
        let mut mapping = Mapping {
            values,
            operands,
            caller,
            index,
            objects: Vec::new(),
        };
        for hit in &summary.hits {
            let Label::Input { .. } = hit.mark.label else {
                // Reported where it happens.
                continue;
            };
            if self.hits.len() >= super::summary::MAX_HITS {
                self.gave_up = true;
                break;
            }
            let bit = kind_bit(hit.sink);
            let actual = self.actual(state, &mapping, &hit.mark, Note::Argument);
            for mark in actual.marks() {
                if mark.clean & bit != 0 || self.is_clean_by_fact(state, mark.label, bit) {
                    continue;
                }
                let before = hit
                    .before
                    .as_ref()
                    .map(|parts| self.mapped_parts(state, &mapping, parts));
                if let Some(before) = &before
                    && self.engine.is_fixed(hit.sink, before)
                {
                    continue;
                }
                self.add_hit(Hit {
                    mark: mark.clone(),
                    before: before.map(Into::into),
                    ..hit.clone()
                });
            }
        }
        for write in &summary.writes {
            let is_store = matches!(write.label, Label::Store { .. });
            let mut taint = Taint::CLEAN;
            for mark in write.taint.marks() {
                // What does not come from an argument was written by the callee, whoever calls it.
                if !is_store || matches!(mark.label, Label::Input { .. }) {
                    taint.add(&self.actual(state, &mapping, mark, Note::Returned));
                }
            }
            if taint.is_clean() {
                continue;
            }
            let value = Value::tainted(taint);
            match write.label {
                Label::Input { param, path } => {
                    let Some((last, parents)) = path.parts().split_last() else {
                        continue;
                    };
                    let told = parents.is_empty()
                        && summary.effects.iter().any(|(number, object)| {
                            *number == param && object.entries.iter().any(|(part, _)| part == last)
                        });
                    if told {
                        continue;
                    }
                    let mut base = values
                        .get(usize::from(param))
                        .cloned()
                        .unwrap_or(Value::TOP);
                    for &part in parents {
                        base = self.part(state, &base, part);
                    }
                    self.store(state, &base, *last, &value);
                }
                label => self.write(state, label, &value),
            }
        }
        let is_new = self.engine.names.init
            == Some(
                self.engine
                    .project
                    .module(function.0)
                    .ir
                    .function(function.1)
                    .name,
            );
        for (param, object) in &summary.effects {
            let Some(What::Object(id)) = values.get(usize::from(*param)).map(|value| &value.what)
            else {
                continue;
            };
            for (part, value) in &object.entries {
                let value = self.mapped_value(state, &mut mapping, summary, value);
                if let Some(own) = state.object_mut(*id) {
                    own.write(*part, &value, !is_new);
                }
                let origins = state
                    .object(*id)
                    .map(|own| own.origins.clone())
                    .unwrap_or_default();
                for origin in origins {
                    if let Some(mark) = self.store_mark(origin, *part).marks().first() {
                        self.write(state, mark.label, &value);
                    }
                }
            }
        }
        let returns = summary.returns.as_ref()?;
        for fact in &summary.ensures {
            for fact in self.mapped_fact(state, &mapping, fact) {
                state.add_fact(fact);
            }
        }
        let map_facts = |machine: &mut Self, state: &mut State, facts: &Option<Vec<Fact>>| {
            facts.as_ref().map(|facts| {
                facts
                    .iter()
                    .flat_map(|fact| machine.mapped_fact(state, &mapping, fact))
                    .collect::<Vec<Fact>>()
            })
        };
        let guards = Guards {
            on_true: map_facts(self, state, &summary.guards.on_true),
            on_false: map_facts(self, state, &summary.guards.on_false),
        };
        self.frame_mut().call_facts.insert(index, guards);
        Some(self.mapped_value(state, &mut mapping, summary, returns))
    }

    /// A part of a value, whatever it is.
    fn part(&mut self, state: &mut State, value: &Value, part: Part) -> Value {
        match part {
            Part::Attr(name) => self.attribute(state, value, name, None),
            Part::Key(symbol) => self.subscript(state, value, &Value::new(What::Symbol(symbol))),
            Part::Index(number) => {
                self.subscript(state, value, &Value::new(What::Int(i64::from(number))))
            }
            Part::Element => self.element(state, value),
        }
    }

    fn argument_at(
        &mut self,
        state: &mut State,
        mapping: &Mapping<'_>,
        param: u16,
        parts: &[Part],
    ) -> Value {
        let mut value = mapping
            .values
            .get(usize::from(param))
            .cloned()
            .unwrap_or(Value::TOP);
        let before = std::mem::replace(&mut self.is_looking_up, true);
        for &part in parts {
            value = self.part(state, &value, part);
        }
        self.is_looking_up = before;
        value
    }

    /// The taint of the caller that a mark of the callee stands for.
    fn actual(
        &mut self,
        state: &mut State,
        mapping: &Mapping<'_>,
        mark: &Mark,
        note: Note,
    ) -> Taint {
        match mark.label {
            Label::Input { param, path } => {
                let value = self.argument_at(state, mapping, param, path.parts());
                let value = super::machine::apply_facts(&state.facts, value, None);
                let taint = state.deep_taint(&value);
                taint.map(|own| Mark {
                    label: own.label,
                    clean: own.clean | mark.clean,
                    doubt: own.doubt || mark.doubt,
                    step: step(
                        own.step.as_ref(),
                        mapping.caller,
                        mapping.index,
                        note,
                        mark.step.as_ref(),
                    ),
                })
            }
            _ => Taint::of(Mark {
                step: step(
                    None,
                    mapping.caller,
                    mapping.index,
                    note,
                    mark.step.as_ref(),
                ),
                ..mark.clone()
            }),
        }
    }

    fn mapped_taint(&mut self, state: &mut State, mapping: &Mapping<'_>, taint: &Taint) -> Taint {
        let mut mapped = Taint::CLEAN;
        for mark in taint.marks() {
            mapped.add(&self.actual(state, mapping, mark, Note::Returned));
        }
        mapped
    }

    fn mapped_parts(
        &mut self,
        state: &mut State,
        mapping: &Mapping<'_>,
        parts: &[TextPart],
    ) -> Vec<TextPart> {
        let mut mapped = Vec::new();
        for part in parts {
            match part {
                TextPart::Literal(_) => mapped.push(part.clone()),
                TextPart::Hole { taint, number } => {
                    // A parameter that is put in as it is: the argument's own text.
                    if let [
                        Mark {
                            label: Label::Input { param, path },
                            ..
                        },
                    ] = taint.marks()
                    {
                        let value = self.argument_at(state, mapping, *param, path.parts());
                        mapped.extend(self.parts(&value));
                    } else {
                        mapped.push(TextPart::Hole {
                            taint: self.mapped_taint(state, mapping, taint),
                            number: *number,
                        });
                    }
                }
            }
        }
        mapped
    }

    fn mapped_fact(&mut self, state: &mut State, mapping: &Mapping<'_>, fact: &Fact) -> Vec<Fact> {
        let Subject::Label(label) = fact.subject else {
            return Vec::new();
        };
        let Label::Input { param, path } = label else {
            return vec![fact.clone()];
        };
        let mut facts = Vec::new();
        if path.parts().is_empty()
            && let Some(register) = mapping
                .operands
                .get(usize::from(param))
                .copied()
                .flatten()
                .and_then(Operand::as_register)
        {
            facts.push(Fact {
                subject: Subject::Register(register),
                kinds: fact.kinds,
                exactly: None,
            });
        }
        let value = self.argument_at(state, mapping, param, path.parts());
        if value.whole {
            facts.extend(value.taint.marks().iter().map(|mark| Fact {
                subject: Subject::Label(mark.label),
                kinds: fact.kinds,
                exactly: None,
            }));
        }
        facts
    }

    fn mapped_value(
        &mut self,
        state: &mut State,
        mapping: &mut Mapping<'_>,
        summary: &Summary,
        value: &Value,
    ) -> Value {
        // The argument itself comes back.
        if value.whole
            && matches!(value.what, What::Top)
            && let [
                Mark {
                    label: Label::Input { param, path },
                    clean,
                    step: inside,
                    ..
                },
            ] = value.taint.marks()
        {
            let mut own = self.argument_at(state, mapping, *param, path.parts());
            own.taint = own.taint.map(|mark| Mark {
                clean: mark.clean | clean,
                step: step(
                    mark.step.as_ref(),
                    mapping.caller,
                    mapping.index,
                    Note::Returned,
                    inside.as_ref(),
                ),
                ..mark.clone()
            });
            return own;
        }
        let taint = self.mapped_taint(state, mapping, &value.taint);
        let what = self.mapped_what(state, mapping, summary, &value.what);
        Value {
            taint,
            what,
            whole: false,
        }
    }

    fn mapped_what(
        &mut self,
        state: &mut State,
        mapping: &mut Mapping<'_>,
        summary: &Summary,
        what: &What,
    ) -> What {
        match what {
            What::Object(id) => {
                if let Some((_, new)) = mapping.objects.iter().find(|(old, _)| old == id) {
                    return What::Object(*new);
                }
                let Some((_, object)) = summary.objects.iter().find(|(known, _)| known == id)
                else {
                    return What::Top;
                };
                // The argument itself.
                if let Some(Label::Input { param, path }) = object
                    .origins
                    .iter()
                    .find(|origin| matches!(origin, Label::Input { .. }))
                {
                    return self.argument_at(state, mapping, *param, path.parts()).what;
                }
                let number = mapping.objects.len() as u32 + 3;
                let made = self.allocate_extra(state, number, Object::new(object.shape));
                let What::Object(new) = made.what else {
                    return What::Top;
                };
                mapping.objects.push((*id, new));
                let mut copy = Object::new(object.shape);
                copy.origins.clone_from(&object.origins);
                copy.taint = self.mapped_taint(state, mapping, &object.taint);
                copy.items = object.items.as_ref().map(|items| {
                    items
                        .iter()
                        .map(|item| self.mapped_value(state, mapping, summary, item))
                        .collect()
                });
                for (part, value) in &object.entries {
                    let value = self.mapped_value(state, mapping, summary, value);
                    copy.entries.push((*part, value));
                }
                copy.rest = object
                    .rest
                    .as_ref()
                    .map(|rest| self.mapped_value(state, mapping, summary, rest));
                state.put(new, copy);
                What::Object(new)
            }
            What::Text(parts) => {
                let parts = self.mapped_parts(state, mapping, parts);
                self.text(parts, Taint::CLEAN).what
            }
            What::Function(closure) => {
                let mut closure = Closure::clone(closure);
                for (_, value) in &mut closure.cells {
                    *value = self.mapped_value(state, mapping, summary, value);
                }
                What::Function(Arc::new(closure))
            }
            What::Method(method) => {
                let receiver = self.mapped_value(state, mapping, summary, &method.0);
                What::Method(Arc::new((receiver, method.1, method.2)))
            }
            What::Partial(partial) => {
                let mut partial = super::value::PartialCall::clone(partial);
                partial.callee = self.mapped_value(state, mapping, summary, &partial.callee);
                for value in &mut partial.positional {
                    *value = self.mapped_value(state, mapping, summary, value);
                }
                for (_, value) in &mut partial.named {
                    *value = self.mapped_value(state, mapping, summary, value);
                }
                What::Partial(Arc::new(partial))
            }
            What::Choice(all) => {
                let mut joined: Option<What> = None;
                for one in all.iter() {
                    let one = self.mapped_what(state, mapping, summary, one);
                    joined = Some(match joined {
                        None => one,
                        Some(joined) => joined.join(&one),
                    });
                }
                joined.unwrap_or(What::Top)
            }
            other => other.clone(),
        }
    }

    pub(super) fn is_clean_by_fact(&self, state: &State, label: Label, bits: Kinds) -> bool {
        state
            .facts
            .iter()
            .any(|fact| fact.kinds & bits == bits && fact.subject == Subject::Label(label))
    }

    pub(super) fn add_hit(&mut self, hit: Hit) {
        let bit = kind_bit(hit.sink);
        let is_far = !matches!(hit.mark.label, Label::Source { .. });
        if bit & self.engine.wanted == 0 || is_far && bit & self.engine.sinks.near != 0 {
            return;
        }
        let is_full = self.hits.len() >= super::summary::MAX_HITS;
        let same = self.hits.iter_mut().find(|known| {
            known.sink == hit.sink
                && known.module == hit.module
                && known.index == hit.index
                && known.name == hit.name
                && known.mark.label == hit.mark.label
        });
        match same {
            Some(known) => {
                if known.mark.doubt && !hit.mark.doubt
                    || known.mark.doubt == hit.mark.doubt
                        && length(hit.mark.step.as_ref()) < length(known.mark.step.as_ref())
                {
                    *known = hit;
                }
            }
            None if is_full => self.gave_up = true,
            None => self.hits.push(hit),
        }
    }
}

fn length(step: Option<&Arc<Step>>) -> u16 {
    step.map_or(0, |step| step.depth)
}

/// Where the places of a summary are in the caller.
struct Mapping<'v> {
    values: &'v [Value],
    operands: &'v [Option<Operand>],
    caller: ModuleId,
    index: u32,
    objects: Vec<(u32, u32)>,
}

/// Whether something is known that calling it does.
pub(super) fn is_callable(what: &What) -> bool {
    what.alternatives().iter().any(|what| {
        matches!(
            what,
            What::Function(_)
                | What::Method(_)
                | What::Class(..)
                | What::Partial(_)
                | What::Object(_)
                | What::Instance(..)
        )
    })
}

/// Methods that the evaluator found get the receiver whose values are known.
fn with_receiver(what: What, receiver: Option<&Value>) -> What {
    let Some(receiver) = receiver else {
        return what;
    };
    let bind = |what: &What| match what {
        What::Method(method) => {
            let own = match (&receiver.what, &method.0.what) {
                (What::Object(_) | What::Instance(..) | What::Class(..), _) => receiver.clone(),
                (_, known) => Value {
                    what: known.clone(),
                    ..receiver.clone()
                },
            };
            What::Method(Arc::new((own, method.1, method.2)))
        }
        other => other.clone(),
    };
    match &what {
        What::Choice(all) => What::Choice(all.iter().map(bind).collect()),
        one => bind(one),
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

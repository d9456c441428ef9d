//! Calls: of the project's functions, of library functions with models, and of the unknown.

use std::sync::Arc;

use hognose_python::ir::{Argument, FunctionId, Op, Operand, OperandKind};
use hognose_python::{ModuleId, Symbol};

use super::heap::{Shape, State, Subject};
use super::machine::{Guards, MAX_DEPTH, Machine, part_of};
use super::summary::Hit;
use super::value::{Closure, Kinds, Label, Mark, Part, Step, Value, What, kind_bit};

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
            && let Some(mut value) = self.native_method(state, index, receiver, name, &arguments)
        {
            self.text_effect(state, receiver, name, &arguments, &mut value);
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
        let mut value = self.dispatch(
            state,
            index,
            &callee,
            receiver.as_ref(),
            method.map(|(_, name)| name),
            &arguments,
        )?;
        if let (Some((_, name)), Some(receiver)) = (method, &receiver)
            && !value.taint.is_clean()
        {
            self.text_effect(state, receiver, name, &arguments, &mut value);
        }
        // The same path put together again.
        let name = method
            .map(|(_, name)| name)
            .or(match callee_operand.kind() {
                OperandKind::Global(name) => Some(name),
                _ => None,
            });
        if !state.facts.is_empty()
            && name.is_some_and(|name| self.engine.names.joining.contains(&name))
        {
            value = self.refined_like(ir, index, state, value);
        }
        Some(match (receiver, method) {
            (Some(base), Some((_, name))) if self.engine.reads_entry(name) => {
                let part = arguments
                    .first()
                    .map_or(Part::Element, |key| part_of(&key.what));
                self.as_part(&base, part, value)
            }
            _ => value,
        })
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
                self.calls_parameter = true;
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
                    value.join_into(&mut joined);
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
                if let What::Class(class_module, class) = own.what
                    && self
                        .engine
                        .is_validation((class_module, class), *module, *function)
                    && let Some(given) = arguments.first().cloned()
                {
                    let value = self.part_of_whole(&given, Part::Element);
                    let fields = Arguments {
                        double_star: Some(Given::of(value)),
                        ..Arguments::default()
                    };
                    return self.construct(state, index, (class_module, class), &fields);
                }
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
            && let Some(result) = self.native_function(state, index, native, arguments)
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
        receiver: Option<&Value>,
        values: &[Value],
    ) -> Option<Value> {
        let index = self.frame().at;
        let own = self.close(module, function);
        let arguments = Arguments::of(values);
        self.call_closure(state, index, &own, receiver, &arguments)
    }

    /// Whether data is harmless for these kinds, by what was done to it and what is known of it.
    pub(super) fn is_clean(&self, state: &State, mark: &Mark, bits: Kinds) -> bool {
        let mut clean = mark.clean;
        for fact in state.facts.iter() {
            if fact.subject == Subject::Label(mark.label) && fact.holds_for(mark) {
                clean |= fact.kinds;
            }
        }
        self.engine.complete(clean) & bits == bits
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
                if known.mark.doubt > hit.mark.doubt
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

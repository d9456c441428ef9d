//! What the instructions that are not calls do to values.

use std::sync::Arc;

use hognose_python::ir::{FunctionId, Op, Operand};

use super::heap::{Object, Shape, State};
use super::machine::{Machine, part_of};
use super::value::{Mark, Note, Taint, Value, What, step};

impl<'a> Machine<'_, 'a> {
    pub(super) fn operation(
        &mut self,
        ir: &'a hognose_python::Ir,
        index: u32,
        state: &mut State,
    ) -> Value {
        let instruction = ir.get(index);
        match instruction.op {
            Op::Attr => {
                let base = self.read(state, instruction.operand_a());
                let value = self.attribute(
                    state,
                    &base,
                    instruction.symbol_b(),
                    Some(instruction.operand_a()),
                );
                self.refined_like(ir, index, state, value)
            }
            Op::Subscript => {
                let base = self.read(state, instruction.operand_a());
                let is_slice = ir
                    .instruction(instruction.operand_b())
                    .is_some_and(|slice| slice.op == Op::Slice);
                let value = if is_slice {
                    self.slice(ir, state, &base, instruction.operand_b())
                } else {
                    let key = self.read(state, instruction.operand_b());
                    self.subscript(state, &base, &key)
                };
                self.refined_like(ir, index, state, value)
            }
            Op::Slice => Value::TOP,
            Op::Add => {
                let (a, b) = self.both(state, instruction.operand_a(), instruction.operand_b());
                let mut value = self.concatenate(state, &a, &b);
                value.taint = self.passed(&value.taint, index);
                value
            }
            Op::Mod => {
                let (a, b) = self.both(state, instruction.operand_a(), instruction.operand_b());
                self.percent(state, index, &a, &b)
            }
            op if op.is_arithmetic() || op == Op::BitOr => {
                let (a, b) = self.both(state, instruction.operand_a(), instruction.operand_b());
                self.arithmetic(state, index, instruction.op, &a, &b)
            }
            Op::Not => {
                let value = self.read(state, instruction.operand_a());
                match self.truth(state, &value) {
                    Some(truth) => Value::new(What::Bool(!truth)),
                    None => Value::NUMBER,
                }
            }
            Op::Neg => {
                let value = self.read(state, instruction.operand_a());
                match value.what {
                    What::Int(number) => Value::new(What::Int(number.wrapping_neg())),
                    _ => Value::NUMBER,
                }
            }
            Op::Unary => Value::NUMBER,
            Op::And | Op::Or => {
                let a = self.read(state, instruction.operand_a());
                let truth = self.truth(state, &a);
                let keeps_first = match (instruction.op, truth) {
                    (Op::And, Some(truth)) => Some(!truth),
                    (_, Some(truth)) => Some(truth),
                    (_, None) => None,
                };
                match keeps_first {
                    Some(true) => a,
                    Some(false) => self.read(state, instruction.operand_b()),
                    None => {
                        let b = self.read(state, instruction.operand_b());
                        // What is false is empty.
                        if instruction.op == Op::And && a.what.is_number() {
                            return b.join(&Value::NUMBER);
                        }
                        a.join(&b)
                    }
                }
            }
            Op::Compare => {
                let (operator, left, right) = ir.comparison(instruction.a);
                let a = self.read(state, left);
                let b = self.read(state, right);
                match self.compare(state, operator, &a, &b) {
                    Some(truth) => Value::new(What::Bool(truth)),
                    None => Value::NUMBER,
                }
            }
            Op::Format => {
                let mut parts = Vec::new();
                let mut taint = Taint::CLEAN;
                for part in ir.list(instruction.a) {
                    let value = self.read(state, part);
                    let value = self.stringified(state, &value);
                    let value = self.behind(&parts, &value);
                    taint.add(&value.taint);
                    parts.extend(self.parts(&value));
                }
                let taint = self.passed(&taint, index);
                self.text(parts, taint)
            }
            Op::Tuple | Op::List | Op::Set => {
                let shape = match instruction.op {
                    Op::Tuple => Shape::Tuple,
                    Op::List => Shape::List,
                    _ => Shape::Set,
                };
                let mut object = Object::new(shape);
                let mut exact = Vec::new();
                let mut is_exact = shape != Shape::Set;
                // How many elements stand in front of those whose number is not known.
                let mut known = None;
                for operand in ir.list(instruction.a) {
                    let star = ir
                        .instruction(operand)
                        .filter(|star| star.op == Op::Star)
                        .map(hognose_python::ir::Instruction::operand_a);
                    if let Some(inner) = star {
                        let inner = self.read(state, inner);
                        match self.exact_items(state, &inner) {
                            Some(items) => exact.extend(items),
                            None => {
                                is_exact = false;
                                known.get_or_insert(exact.len());
                                let element = self.element(state, &inner);
                                exact.push(element);
                            }
                        }
                    } else {
                        exact.push(self.read(state, operand));
                    }
                }
                self.behind_dashes(&mut exact);
                if is_exact {
                    object = Object::sequence(shape, exact);
                } else if let Some(known) = known.filter(|_| shape != Shape::Set) {
                    let rest = exact.split_off(known);
                    object = Object::sequence(shape, exact);
                    for value in &rest {
                        object.add_rest(value);
                    }
                } else {
                    object.items = None;
                    for value in &exact {
                        object.add_rest(value);
                    }
                }
                self.allocate(state, object)
            }
            Op::Dict => {
                let mut object = Object::new(Shape::Dict);
                for (key, operand) in ir.pairs(instruction.a) {
                    let value = self.read(state, operand);
                    if key.is_absent() {
                        self.merge_mapping(state, &mut object, &value);
                        continue;
                    }
                    let key = self.read(state, key);
                    object.taint.add(&key.taint);
                    object.write(part_of(&key.what), &value, false);
                }
                self.allocate(state, object)
            }
            Op::Star => self.read(state, instruction.operand_a()),
            Op::Comprehension | Op::DictComprehension => self.comprehension(ir, index, state),
            Op::Element => {
                let value = self.read(state, instruction.operand_a());
                self.element(state, &value)
            }
            Op::Unpack => {
                let value = self.read(state, instruction.operand_a());
                let (number, count) = (instruction.b & 0xffff, instruction.b >> 16);
                self.unpack(state, &value, number, count)
            }
            Op::UnpackRest
                if let base = self.read(state, instruction.operand_a())
                    && let Some(items) = self.exact_items(state, &base)
                    && let (before, after) = (
                        (instruction.b & 0xffff) as usize,
                        (instruction.b >> 16) as usize,
                    )
                    && let Some(end) = items.len().checked_sub(after)
                    && before <= end =>
            {
                let rest = items[before..end].to_vec();
                self.allocate(state, Object::sequence(Shape::List, rest))
            }
            Op::Capture if let Some((class, number)) = ir.captured(instruction.b) => {
                let value = self.read(state, instruction.operand_a());
                let class = self.read(state, class);
                self.captured_field(state, &value, &class, number)
            }
            Op::UnpackRest | Op::Capture => {
                let value = self.read(state, instruction.operand_a());
                let mut taint = state.deep_taint(&value);
                taint = self.passed(&taint, index);
                let mut object = Object::new(Shape::List);
                object.items = None;
                object.rest = Some(Value::tainted(taint));
                if instruction.op == Op::Capture {
                    return Value {
                        whole: value.whole,
                        ..value
                    };
                }
                self.allocate(state, object)
            }
            Op::Enter => {
                let value = self.read(state, instruction.operand_a());
                self.enter(state, index, &value)
            }
            Op::Await => {
                let value = self.read(state, instruction.operand_a());
                if matches!(value.what, What::Top) && value.taint.is_clean() {
                    let types = self
                        .evaluator
                        .values(self.module(), Operand::from_register(index));
                    return Value::new(self.what_of(&types));
                }
                value
            }
            Op::Import => {
                let module = self.module();
                let import = ir.imports[instruction.a as usize];
                let targets = self.engine.project.resolve_import(module, &import);
                let mut joined: Option<Value> = None;
                for target in targets {
                    let value = self.of_target(state, target, None);
                    value.join_into(&mut joined);
                }
                joined.unwrap_or(Value::TOP)
            }
            Op::MakeFunction => {
                let closure = self.captured(ir, FunctionId(instruction.a));
                Value::new(What::Function(Arc::new(closure)))
            }
            Op::MakeClass => Value::new(What::Class(self.module(), FunctionId(instruction.a))),
            Op::Free => self.free(ir, state, FunctionId(instruction.b), instruction.symbol_a()),
            Op::Caught => Value::TOP,
            _ => Value::TOP,
        }
    }

    /// What stands behind `--` is no option of a program.
    pub(super) fn behind_dashes(&self, items: &mut [Value]) {
        if items.iter().all(|item| item.taint.is_clean()) {
            return;
        }
        let Some(dashes) = items
            .iter()
            .position(|item| self.as_text(&item.what) == Some("--"))
        else {
            return;
        };
        for item in items.iter_mut().skip(dashes) {
            item.taint = item.taint.cleaned(self.engine.sinks.argv);
        }
    }

    /// Part `number` of what `case Class(…)` matches: a field, in the order of their declarations.
    fn captured_field(
        &mut self,
        state: &mut State,
        subject: &Value,
        class: &Value,
        number: u32,
    ) -> Value {
        let What::Class(module, class) = class.what else {
            return Value::tainted(state.deep_taint(subject));
        };
        let fields = self.engine.fields_in_order((module, class));
        let Some(&field) = fields.get(number as usize) else {
            return Value::tainted(state.deep_taint(subject));
        };
        let mut joined: Option<Value> = None;
        for what in subject.what.alternatives() {
            let own = match what {
                What::Object(id) => match state.object(*id).map(|object| object.shape) {
                    Some(Shape::Instance(module, class)) => Some((module, class)),
                    _ => None,
                },
                What::Instance(module, class) => Some((*module, *class)),
                _ => None,
            };
            // An instance of another class does not match.
            if own.is_some_and(|own| !self.engine.ancestry(own).contains(&(module, class))) {
                continue;
            }
            let one = Value {
                what: what.clone(),
                ..subject.clone()
            };
            self.attribute(state, &one, field, None)
                .join_into(&mut joined);
        }
        joined.unwrap_or(Value::TOP)
    }

    fn both(&mut self, state: &mut State, a: Operand, b: Operand) -> (Value, Value) {
        (self.read(state, a), self.read(state, b))
    }

    /// Taint that passes through the current instruction, with a step for it.
    pub(super) fn passed(&self, taint: &Taint, index: u32) -> Taint {
        let module = self.module();
        taint.map(|mark| Mark {
            step: step(mark.step.as_ref(), module, index, Note::Pass, None),
            ..mark.clone()
        })
    }

    fn enter(&mut self, state: &mut State, index: u32, value: &Value) -> Value {
        let engine = self.engine;
        match &value.what {
            What::Object(id) => match state.object(*id).map(|object| object.shape) {
                Some(Shape::Iterator) => self.element(state, value),
                Some(Shape::Instance(module, class)) => {
                    for name in [engine.names.enter, engine.names.aenter]
                        .into_iter()
                        .flatten()
                    {
                        if let Some((m, f)) = engine.method((module, class), name)
                            && !engine.project.module(m).is_model
                        {
                            return self
                                .call_function(state, m, f, Some(value), &[])
                                .unwrap_or(Value::TOP);
                        }
                    }
                    value.clone()
                }
                _ => value.clone(),
            },
            What::Top | What::Instance(..) | What::Choice(_) | What::Typed(..) => {
                let types = self
                    .evaluator
                    .values(self.module(), Operand::from_register(index));
                Value {
                    taint: value.taint.clone(),
                    what: self.what_of(&types),
                    whole: value.whole,
                }
            }
            _ => value.clone(),
        }
    }
}

//! Conditions that are tested more than once agree with each other: what was joined after the first test is told apart
//! again after the second.

use hognose_python::Ir;
use hognose_python::ir::{Compare, Op, Operand};
use rustc_hash::FxHashMap;

use super::heap::{Fact, State, Subject};
use super::machine::{Machine, apply_facts};
use super::value::{Value, What};

/// Conditions of a function that are tested at several places; register to the first one that says the same.
pub(super) type Repeated = FxHashMap<u32, u32>;

/// How deep `not`, `and` and `or` are taken apart.
const MAX_DEPTH: u32 = 6;

/// What two conditions that say the same have in common.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Register(u32),
    Attribute(Operand, u32),
    Comparison(Compare, Operand, Operand),
}

/// Finds them in the blocks of one function.
pub(super) fn repeated(ir: &Ir, first: u32, end: u32) -> Repeated {
    let mut seen: FxHashMap<Key, (u32, u32, bool)> = FxHashMap::default();
    let mut registers: Vec<(u32, u32)> = Vec::new();
    for block in &ir.blocks[first as usize..end as usize] {
        leaves(ir, block.condition, 0, &mut |register| {
            let entry = seen
                .entry(key(ir, register))
                .or_insert((register, block.dominator, false));
            entry.2 |= entry.1 != block.dominator;
            registers.push((register, entry.0));
        });
    }
    if !seen.values().any(|entry| entry.2) {
        return Repeated::default();
    }
    let several: Vec<u32> = seen
        .values()
        .filter(|entry| entry.2)
        .map(|entry| entry.0)
        .collect();
    registers.retain(|(_, same)| several.contains(same));
    registers.into_iter().collect()
}

fn leaves(ir: &Ir, condition: Operand, depth: u32, found: &mut impl FnMut(u32)) {
    let Some(register) = condition.as_register() else {
        return;
    };
    let instruction = ir.get(register);
    match instruction.op {
        Op::Not if depth < MAX_DEPTH => leaves(ir, instruction.operand_a(), depth + 1, found),
        Op::And | Op::Or if depth < MAX_DEPTH => {
            leaves(ir, instruction.operand_a(), depth + 1, found);
            leaves(ir, instruction.operand_b(), depth + 1, found);
        }
        _ => found(register),
    }
}

fn key(ir: &Ir, register: u32) -> Key {
    let instruction = ir.get(register);
    match instruction.op {
        // Whoever tests an attribute twice takes it for the same.
        Op::Attr => Key::Attribute(instruction.operand_a(), instruction.b),
        Op::Compare => {
            let (operator, left, right) = ir.comparison(instruction.a);
            Key::Comparison(operator, left, right)
        }
        _ => Key::Register(register),
    }
}

impl Machine<'_, '_> {
    /// Remembers how a condition came out. `false` if an earlier test of the same came out otherwise.
    pub(super) fn agree(&mut self, ir: &Ir, state: &mut State, register: u32, holds: bool) -> bool {
        let Some(&condition) = self.frame().repeated.get(&register) else {
            return true;
        };
        let subject = Subject::Outcome(condition);
        if let Some(known) = state.facts.iter().find(|fact| fact.subject == subject) {
            return known.exactly == Some(What::Bool(holds));
        }
        self.tell_apart(ir, state, condition, holds);
        state.add_fact(Fact {
            subject,
            kinds: 0,
            exactly: Some(What::Bool(holds)),
        });
        true
    }

    /// Variables joined since the condition was first tested are what they are on the ways where it came out so.
    fn tell_apart(&self, ir: &Ir, state: &mut State, condition: u32, holds: bool) {
        let other = Some(What::Bool(!holds));
        let subject = Subject::Outcome(condition);
        let (from, to) = (self.frame().start.max(condition), self.frame().at);
        for index in from..=to {
            if ir.op(index) != Op::Phi || self.register(index).is_none() {
                continue;
            }
            let mut is_parted = false;
            let mut joined: Option<Value> = None;
            for (operand, block) in ir.phi(ir.get(index).a) {
                let Some(end) = self.end_of(block) else {
                    continue;
                };
                if end
                    .facts
                    .iter()
                    .any(|fact| fact.subject == subject && fact.exactly == other)
                {
                    is_parted = true;
                    continue;
                }
                let value = match operand.as_register() {
                    Some(register) => match self.register(register) {
                        Some(value) => apply_facts(&end.facts, value.clone(), Some(register)),
                        None => continue,
                    },
                    None if operand.is_absent() => continue,
                    None => Value::new(super::machine::constant(operand)),
                };
                value.join_into(&mut joined);
            }
            if let Some(value) = joined
                && is_parted
                && value.taint.is_clean()
                && !matches!(value.what, What::Object(_))
            {
                state.add_fact(Fact {
                    subject: Subject::Register(index),
                    kinds: 0,
                    exactly: Some(value.what),
                });
            }
        }
    }
}

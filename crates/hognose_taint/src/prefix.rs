//! What a text begins with, as far as that is constant.

use hognose_python::ModuleId;
use hognose_python::ir::{Op, Operand};

use crate::text::MOST_PARTS;
use crate::values::Evaluator;

/// How a text begins, while it is being found out.
#[derive(Default)]
struct Prefix {
    text: String,
    /// Joins whose ways are being looked at.
    pending: Vec<Operand>,
    /// Operands looked at so far.
    work: u32,
}

impl Evaluator<'_> {
    /// The constant text that a text begins with; empty where nothing is known of its beginning.
    pub fn constant_prefix(&self, module: ModuleId, operand: Operand) -> String {
        let mut prefix = Prefix::default();
        self.add_prefix(module, operand, &mut prefix, 0);
        prefix.text
    }

    /// Adds the constant beginning of an operand. Whether all of it was constant, so that what follows counts, too.
    fn add_prefix(
        &self,
        module: ModuleId,
        operand: Operand,
        prefix: &mut Prefix,
        depth: u32,
    ) -> bool {
        prefix.work += 1;
        if depth > 16 || prefix.work > MOST_PARTS as u32 {
            self.give_up(module);
            return false;
        }
        if let Some(text) = self.constant_text(module, operand) {
            prefix.text.push_str(&text);
            return true;
        }
        let ir = &self.project().module(module).ir;
        let Some(instruction) = ir.instruction(operand) else {
            return false;
        };
        match instruction.op {
            Op::Add => {
                self.add_prefix(module, instruction.operand_a(), prefix, depth + 1)
                    && self.add_prefix(module, instruction.operand_b(), prefix, depth + 1)
            }
            Op::Format => ir
                .list(instruction.a)
                .all(|part| self.add_prefix(module, part, prefix, depth + 1)),
            Op::Mod => {
                if let Some(text) = self.constant_text(module, instruction.operand_a()) {
                    prefix
                        .text
                        .push_str(text.split('%').next().unwrap_or_default());
                }
                false
            }
            Op::Phi => {
                self.add_common_prefix(module, operand, prefix, depth);
                false
            }
            Op::Call => {
                let template = ir
                    .instruction(instruction.operand_a())
                    .filter(|callee| {
                        callee.op == Op::Attr && self.project().text(callee.symbol_b()) == "format"
                    })
                    .and_then(|callee| self.constant_text(module, callee.operand_a()));
                if let Some(text) = template {
                    prefix
                        .text
                        .push_str(text.split('{').next().unwrap_or_default());
                } else if self.is_own_address(module, operand) {
                    // Which path it is does not matter: it is one of the application.
                    prefix.text.push_str("/.");
                }
                false
            }
            _ => false,
        }
    }

    /// Adds what all ways into a join begin with. A way that comes around from the join itself only appends.
    fn add_common_prefix(&self, module: ModuleId, join: Operand, prefix: &mut Prefix, depth: u32) {
        let ir = &self.project().module(module).ir;
        let Some(instruction) = ir.instruction(join) else {
            return;
        };
        if prefix.pending.contains(&join) {
            return;
        }
        prefix.pending.push(join);
        let mut common: Option<String> = None;
        for (value, _) in ir.phi(instruction.a) {
            if self.begins_with_pending(module, value, &prefix.pending, &mut prefix.work) {
                continue;
            }
            let before = std::mem::take(&mut prefix.text);
            self.add_prefix(module, value, prefix, depth + 1);
            let found = std::mem::replace(&mut prefix.text, before);
            common = Some(match common {
                None => found,
                Some(common) => common
                    .chars()
                    .zip(found.chars())
                    .take_while(|(a, b)| a == b)
                    .map(|(a, _)| a)
                    .collect(),
            });
        }
        prefix.pending.pop();
        prefix.text.push_str(&common.unwrap_or_default());
    }

    /// Whether a text begins with a join that is just being looked at: `url = f"{url}&{more}"` in a loop.
    fn begins_with_pending(
        &self,
        module: ModuleId,
        mut text: Operand,
        pending: &[Operand],
        work: &mut u32,
    ) -> bool {
        let ir = &self.project().module(module).ir;
        for _ in 0..16 {
            *work += 1;
            if *work > MOST_PARTS as u32 {
                self.give_up(module);
                return false;
            }
            if pending.contains(&text) {
                return true;
            }
            let Some(instruction) = ir.instruction(text) else {
                return false;
            };
            let first = match instruction.op {
                Op::Add => Some(instruction.operand_a()),
                Op::Format => ir.list(instruction.a).next(),
                // A join within the loop.
                Op::Phi if pending.len() < 8 => {
                    let pending: Vec<Operand> = pending.iter().copied().chain([text]).collect();
                    return ir
                        .phi(instruction.a)
                        .all(|(value, _)| self.begins_with_pending(module, value, &pending, work));
                }
                _ => None,
            };
            match first {
                Some(first) => text = first,
                None => return false,
            }
        }
        false
    }

    /// Whether a call makes an address of the application itself, whatever it is given: `url_for(name)`.
    fn is_own_address(&self, module: ModuleId, call: Operand) -> bool {
        self.program
            .models
            .kind("redirect")
            .is_some_and(|kind| self.is_cleaned(module, call, kind))
    }
}

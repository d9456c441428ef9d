//! Text that looks like SQL and is put together from parts, wherever it goes.

use std::sync::LazyLock;

use hognose_python::ir::{Op, Operand, Span};
use regex::Regex;
use rustc_hash::FxHashSet;

use super::Context;

/// The beginning of a statement with the word that must follow it.
static SQL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?is)\b(?:select\s+.*\s+from\s|delete\s+from\s|insert\s+into\s+.*[\s(]values[\s(]|(?:insert|replace)\s+into\s|update\s+(?:.*\s+)?set\s|merge\s+into\s|with\s+.*\s+as\s*\(|(?:create|drop|alter)\s+(?:table|index|view|database)\s)",
    )
    .ok()
});

pub(super) fn run(context: &mut Context<'_, '_>) {
    let ir = context.ir();
    // Parts of a larger text are reported with it.
    let mut covered: FxHashSet<u32> = FxHashSet::default();
    for index in (0..ir.len() as u32).rev() {
        if covered.contains(&index) || !is_text(context, index) {
            continue;
        }
        let mut text = Text {
            span: ir.span(index),
            ..Text::default()
        };
        collect(context, Operand::from_register(index), &mut text, 0);
        covered.extend(&text.inner);
        if text.has_hole
            && text.pieces.len() >= 8
            && SQL.as_ref().is_some_and(|sql| sql.is_match(&text.pieces))
        {
            context.report(index);
        }
    }
}

/// A text that is put together.
#[derive(Default)]
struct Text {
    /// The constant pieces, with ` ? ` for the others.
    pieces: String,
    has_hole: bool,
    /// The whole.
    span: Span,
    /// Instructions that make a part of it.
    inner: Vec<u32>,
}

/// Whether an instruction puts text together.
fn is_text(context: &Context<'_, '_>, index: u32) -> bool {
    let ir = context.ir();
    let instruction = ir.get(index);
    match instruction.op {
        Op::Add | Op::Mod | Op::Format => true,
        Op::Call => ir
            .instruction(instruction.operand_a())
            .is_some_and(|callee| {
                callee.op == Op::Attr && context.known.text_methods.contains(&callee.symbol_b())
            }),
        _ => false,
    }
}

fn within(inner: Span, outer: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// Collects the pieces of a text.
fn collect(context: &Context<'_, '_>, operand: Operand, text: &mut Text, depth: u32) {
    if depth > 200 || text.pieces.len() > 100_000 {
        return;
    }
    if let Some(constant) = context.string(operand) {
        text.pieces.push_str(constant);
        return;
    }
    let ir = context.ir();
    let parts = operand
        .as_register()
        .filter(|&index| is_text(context, index));
    let Some(index) = parts else {
        match context.evaluator.constant_text(context.module, operand) {
            Some(constant) => text.pieces.push_str(&constant),
            None => {
                text.pieces.push_str(" ? ");
                text.has_hole = true;
            }
        }
        return;
    };
    let instruction = ir.get(index);
    // What was put together in a statement of its own is reported there.
    if depth > 0 && within(ir.span(index), text.span) {
        text.inner.push(index);
    }
    match instruction.op {
        Op::Add => {
            collect(context, instruction.operand_a(), text, depth + 1);
            collect(context, instruction.operand_b(), text, depth + 1);
        }
        Op::Mod => {
            collect(context, instruction.operand_a(), text, depth + 1);
            text.has_hole |= !context
                .evaluator
                .literals(context.module, instruction.operand_b())
                .1;
        }
        Op::Format => ir
            .list(instruction.a)
            .for_each(|part| collect(context, part, text, depth + 1)),
        _ => {
            if let Some(callee) = ir.instruction(instruction.operand_a()) {
                collect(context, callee.operand_a(), text, depth + 1);
            }
            let all_constant = ir
                .arguments(instruction.b)
                .all(|(_, value)| context.evaluator.literals(context.module, value).1);
            text.has_hole |= !all_constant;
        }
    }
}

//! `shell=True` in a call of whatever name.

use hognose_python::ir::{Argument, Op};
use hognose_taint::Literal;

use super::Context;

pub(super) fn run(context: &mut Context<'_, '_>) {
    let Some(shell) = context.known.shell else {
        return;
    };
    let ir = context.ir();
    for (index, &op) in ir.ops().iter().enumerate() {
        if op != Op::Call {
            continue;
        }
        let index = index as u32;
        let mut arguments = ir.arguments(ir.get(index).b);
        let Some(position) = arguments
            .clone()
            .position(|(kind, _)| kind == Argument::Named(shell))
        else {
            continue;
        };
        let Some((_, value)) = arguments.nth(position) else {
            continue;
        };
        let truthy = context
            .evaluator
            .literals(context.module, value)
            .0
            .iter()
            .any(|literal| match literal {
                Literal::Bool(value) => *value,
                Literal::Int(value) => *value != 0,
                Literal::Float(value) => *value != 0.0,
                Literal::Str(text) => !text.is_empty(),
                Literal::None | Literal::Name(_) => false,
            });
        // A non-empty display is true, too.
        let display = ir.instruction(value).is_some_and(|value| match value.op {
            Op::List | Op::Tuple | Op::Set => ir.list(value.a).len() > 0,
            Op::Dict => ir.pairs(value.a).len() > 0,
            _ => false,
        });
        if truthy || display {
            let place = context.report(index);
            place.argument = Some(position as u32);
            place.name = Some("shell".to_owned());
        }
    }
}

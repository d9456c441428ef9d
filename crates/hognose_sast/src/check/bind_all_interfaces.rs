//! String constants that stand for all network interfaces, wherever they are.

use hognose_python::ir::{Op, Operand};

use super::Context;

const ADDRESSES: &[&str] = &["0.0.0.0", "::"];

pub(super) fn run(context: &mut Context<'_, '_>) {
    let project = context.evaluator.project();
    let ir = context.ir();
    let wanted: Vec<_> = ADDRESSES
        .iter()
        .filter_map(|text| project.symbols().find(text))
        .filter(|&symbol| ir.mentions(Operand::str(symbol)))
        .collect();
    if wanted.is_empty() {
        return;
    }
    let is_wanted = |operand: Operand| operand.as_str().filter(|symbol| wanted.contains(symbol));
    for index in 0..ir.len() as u32 {
        // A variable's constant shows again where ways meet; it is written where it is bound. A conditional expression
        // has no variable, and is where its constant is written.
        if ir.op(index) == Op::Phi && !context.text(ir.get(index).symbol_b()).is_empty() {
            continue;
        }
        let mut found = None;
        ir.for_each_operand(index, |operand| found = found.or(is_wanted(operand)));
        if let Some(symbol) = found {
            let text = project.text(symbol);
            context.report(index).value = Some(text.to_owned().into());
        }
    }
    for param in &ir.params {
        if let Some(symbol) = is_wanted(param.default) {
            let text = project.text(symbol);
            let place = context.report_span(0, param.span);
            place.value = Some(text.to_owned().into());
        }
    }
}

//! Assertions, which `python -O` leaves out.

use hognose_python::ir::Op;

use super::Context;

pub(super) fn run(context: &mut Context<'_, '_>) {
    let ir = context.ir();
    for (index, &op) in ir.ops().iter().enumerate() {
        if op == Op::Assert {
            context.report(index as u32);
        }
    }
}

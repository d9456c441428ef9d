//! `ssl._create_default_https_context = ssl._create_unverified_context`: no HTTPS connection of the process is verified.

use hognose_python::ir::Op;
use hognose_taint::Value;

use super::Context;

pub(super) fn run(context: &mut Context<'_, '_>) {
    let project = context.evaluator.project();
    let Some(default) = context.known.default_https_context else {
        return;
    };
    let ir = context.ir();
    for (index, &op) in ir.ops().iter().enumerate() {
        if op != Op::StoreAttr {
            continue;
        }
        let (name, value) = ir.stored_attr(ir.get(index as u32).b);
        let unverified = name == default
            && context
                .evaluator
                .values(context.module, value)
                .iter()
                .any(|value| match *value {
                    Value::Function(module, function) => {
                        project.qualified_name(module, function) == "ssl._create_unverified_context"
                    }
                    _ => false,
                });
        if unverified {
            context.report(index as u32);
        }
    }
}

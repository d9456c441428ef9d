//! Methods that a class leaves to those derived from it.

use hognose_python::ir::{FunctionId, FunctionKind, Ir, Op, Operand};
use hognose_python::{ModuleId, Project};
use rustc_hash::FxHashMap;

type Definition = (ModuleId, FunctionId);

/// How many overriding methods are followed; where more are there, no single one says much.
const MAX_OVERRIDES: usize = 6;
/// How many instructions a body that does nothing has at most.
const MAX_EMPTY: u32 = 12;

/// The overriding methods of each method that does nothing itself, in the order of the project.
pub(super) fn find(project: &Project) -> FxHashMap<Definition, Vec<Definition>> {
    let mut found: FxHashMap<Definition, Vec<Definition>> = FxHashMap::default();
    for (module, own) in project.modules() {
        if own.is_model {
            continue;
        }
        for (number, info) in own.ir.functions.iter().enumerate() {
            let class = info.parent;
            if info.kind != FunctionKind::Def || !own.ir.is_class(class) {
                continue;
            }
            let method = (module, FunctionId(number as u32));
            for (ancestor_module, ancestor) in project.ancestry(module, class).into_iter().skip(1) {
                let above = project.module(ancestor_module);
                let Some(base) = above
                    .ir
                    .export(ancestor, info.name)
                    .and_then(|operand| made_by(&above.ir, operand))
                else {
                    continue;
                };
                if !above.is_model && does_nothing(&above.ir, base) {
                    found
                        .entry((ancestor_module, base))
                        .or_default()
                        .push(method);
                }
            }
        }
    }
    found.retain(|_, methods| methods.len() <= MAX_OVERRIDES);
    found
}

fn made_by(ir: &Ir, operand: Operand) -> Option<FunctionId> {
    ir.instruction(operand)
        .filter(|made| made.op == Op::MakeFunction)
        .map(|made| FunctionId(made.a))
}

/// Whether a body only raises, or returns nothing.
fn does_nothing(ir: &Ir, function: FunctionId) -> bool {
    let info = ir.function(function);
    let body = info.start..info.end;
    let raises = body.clone().any(|index| ir.op(index) == Op::Raise);
    info.end - info.start <= MAX_EMPTY
        && body.into_iter().all(|index| match ir.op(index) {
            Op::Param | Op::Raise => true,
            Op::Call | Op::Attr | Op::Format | Op::Mod | Op::Add => raises,
            Op::Return => ir.get(index).operand_a() == Operand::NONE,
            _ => false,
        })
}

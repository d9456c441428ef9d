//! Tests and cleanings that a flow passes all the same: why they do not help.
//!
//! A flow is reported although somebody thought of it. Saying what their test lets through is what convinces them.

use hognose_python::ir::{Op, Operand, OperandKind};
use hognose_python::{Ir, ModuleId, Project};
use hognose_taint::{Evaluator, Flow, FlowNote, Value};
use rustc_hash::FxHashSet;

/// How many dominators, parts of a condition and operands are looked at.
const MOST_BLOCKS: usize = 64;
const MOST_PARTS: usize = 24;
const MOST_OPERANDS: usize = 64;
/// How many tests are shown with one flow.
const MOST_TESTS: usize = 3;

/// What data does where it arrives, as far as tests for it differ.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Harm {
    Path,
    Address,
    Redirect,
    Text,
}

impl Harm {
    fn of_kind(kind: &str) -> Harm {
        match kind {
            "file-path" | "path-or-file" | "archive-file" | "code-path" => Harm::Path,
            "url" => Harm::Address,
            "redirect" => Harm::Redirect,
            _ => Harm::Text,
        }
    }
}

/// A test that does not stop a flow.
pub(crate) struct Shortfall {
    pub(crate) module: ModuleId,
    /// The instruction of the test.
    pub(crate) index: u32,
    /// What it lacks, to be put after its text.
    pub(crate) reason: String,
}

/// Tests of the data of a flow that come before its sink, or before the calls that lead there, and do not help.
pub(crate) fn tests(
    project: &Project,
    flow: &Flow,
    kind: &str,
    sink: (ModuleId, u32),
) -> Vec<Shortfall> {
    let calls = flow
        .steps
        .iter()
        .filter(|step| step.note == FlowNote::Argument)
        .map(|step| (step.module, step.index));
    let mut found: Vec<Shortfall> = Vec::new();
    for (module, index) in calls.chain([sink]) {
        let ir = &project.module(module).ir;
        let function = ir.function_at(index);
        let data: FxHashSet<u32> = flow
            .steps
            .iter()
            .filter(|step| step.module == module && ir.function_at(step.index) == function)
            .map(|step| step.index)
            .collect();
        for test in parts_of_conditions(ir, index) {
            if found.len() >= MOST_TESTS {
                return found;
            }
            let is_known = found
                .iter()
                .any(|known| (known.module, known.index) == (module, test));
            if !is_known
                && let Some((subject, reason)) = shortfall(project, ir, test, Harm::of_kind(kind))
                && depends_on(ir, subject, &data)
            {
                found.push(Shortfall {
                    module,
                    index: test,
                    reason,
                });
            }
        }
    }
    found
}

/// What the function that a step goes through cleans for, where that is something else.
pub(crate) fn cleaning(
    evaluator: &Evaluator<'_>,
    flow: &Flow,
    module: ModuleId,
    index: u32,
) -> Option<String> {
    let models = evaluator.program.models;
    let callee = evaluator.project().module(module).ir.get(index).operand_a();
    evaluator
        .values(module, callee)
        .iter()
        .find_map(|value| match *value {
            Value::Function(module, function) | Value::Method((module, function), _) => {
                let model = models.function(module, function)?;
                let (_, roles) = model
                    .params
                    .iter()
                    .find(|(_, roles)| !roles.sanitizes.is_empty())?;
                // What many kinds are clean of is an encoding, not a cleaning.
                (roles.sanitizes.len() <= 2 && !roles.sanitizes.contains(&flow.sink))
                    .then(|| models.kind_name(roles.sanitizes[0]).to_owned())
            }
            _ => None,
        })
}

/// The calls and comparisons in the conditions that are asked on every way to an instruction.
fn parts_of_conditions(ir: &Ir, index: u32) -> Vec<u32> {
    let first = ir.function(ir.function_at(index)).block_start;
    let last = ir.block_at(index);
    let mut above: FxHashSet<u32> = FxHashSet::default();
    let mut at = last;
    for _ in 0..MOST_BLOCKS {
        if !above.insert(at) || at <= first {
            break;
        }
        at = ir.blocks[at as usize].dominator;
    }
    let mut waiting: Vec<Operand> = (first..=last)
        .map(|block| &ir.blocks[block as usize])
        .filter(|block| !block.condition.is_absent() && above.contains(&block.dominator))
        .map(|block| block.condition)
        .collect();
    let mut found = Vec::new();
    let mut seen = FxHashSet::default();
    while let Some(part) = waiting.pop() {
        let Some(part) = part.as_register() else {
            continue;
        };
        if seen.len() >= MOST_PARTS || !seen.insert(part) {
            continue;
        }
        let instruction = ir.get(part);
        match instruction.op {
            Op::Not => waiting.push(instruction.operand_a()),
            Op::And | Op::Or => {
                waiting.extend([instruction.operand_a(), instruction.operand_b()]);
            }
            Op::Compare => {
                found.push(part);
                let (_, left, right) = ir.comparison(instruction.a);
                // `path.find("..") == -1`, `PATTERN.match(x) is None`
                let is_call = |operand: &Operand| {
                    ir.instruction(*operand)
                        .is_some_and(|instruction| instruction.op == Op::Call)
                };
                waiting.extend([left, right].into_iter().filter(is_call));
            }
            Op::Call => {
                found.push(part);
                let inner = ir
                    .arguments(instruction.b)
                    .next()
                    .and_then(|(_, argument)| ir.instruction(argument))
                    .filter(|inner| inner.op == Op::Comprehension);
                waiting.extend(inner.map(hognose_python::ir::Instruction::operand_a));
            }
            _ => {}
        }
    }
    found.sort_unstable();
    found
}

/// Whether a value is made of one of these.
fn depends_on(ir: &Ir, operand: Operand, data: &FxHashSet<u32>) -> bool {
    let mut waiting = vec![operand];
    let mut seen = FxHashSet::default();
    while let Some(operand) = waiting.pop() {
        let Some(index) = operand.as_register() else {
            continue;
        };
        if data.contains(&index) {
            return true;
        }
        if seen.len() < MOST_OPERANDS && seen.insert(index) {
            ir.for_each_operand(index, |operand| waiting.push(operand));
        }
    }
    false
}

/// The value that a test is about, and what the test lacks; nothing for tests that are not known.
fn shortfall(project: &Project, ir: &Ir, test: u32, harm: Harm) -> Option<(Operand, String)> {
    let instruction = ir.get(test);
    let constant = |operand: Operand| operand.as_str().map(|text| project.text(text));
    if instruction.op == Op::Compare {
        let (_, left, right) = ir.comparison(instruction.a);
        for side in [left, right] {
            let name = called(project, ir, side).map(|(name, _)| name);
            if name == Some("commonprefix") && harm == Harm::Path {
                return Some((side, "compares letters, not folders".to_owned()));
            }
        }
        if let Some(attribute) = ir.instruction(left).filter(|left| left.op == Op::Attr) {
            let reason = match project.text(attribute.symbol_b()) {
                "scheme" => "says nothing of the host",
                "hostname" | "netloc" => "misses other spellings of a host",
                _ => return None,
            };
            return matches!(harm, Harm::Address | Harm::Redirect)
                .then(|| (left, reason.to_owned()));
        }
        // `".." in name`
        let part = constant(left)?;
        let reason = match (harm, part) {
            (Harm::Path, "..") => "sees neither an absolute path nor what is decoded later",
            (Harm::Path, _) => "does not stop `../`",
            (Harm::Address | Harm::Redirect, _) => "looks for it anywhere in the address",
            (Harm::Text, _) => "looks for one text of many",
        };
        return Some((right, reason.to_owned()));
    }
    let (name, receiver) = called(project, ir, Operand::from_register(test))?;
    let first = ir.arguments(instruction.b).next().map(|(_, first)| first);
    let subject = receiver.or(first)?;
    let given = first.and_then(constant);
    let reason = match name {
        "startswith" => {
            let is_normal = called(project, ir, subject).is_some_and(|(name, _)| {
                matches!(name, "realpath" | "abspath" | "normpath" | "resolve")
            });
            prefix(harm, given, is_normal)
        }
        "endswith" => suffix(harm, given),
        "match" | "fullmatch" | "search" => {
            // `re.match(pattern, text)`, `PATTERN.match(text)`
            let text = ir.arguments(instruction.b).nth(1).map(|(_, text)| text);
            let subject = text.or(first)?;
            return Some((subject, "lets through what does harm here".to_owned()));
        }
        "exists" | "isfile" | "isdir" | "is_file" | "is_dir" if harm == Harm::Path => {
            "says nothing of where the path leads".to_owned()
        }
        "is_relative_to" if harm == Harm::Path => "compares before `..` is taken out".to_owned(),
        "isprintable" | "isascii" | "islower" | "isupper" | "istitle" | "isspace" => {
            "lets through what does harm here".to_owned()
        }
        _ => return None,
    };
    // `os.path.isfile(path)`
    let subject = match name {
        "exists" | "isfile" | "isdir" => first.unwrap_or(subject),
        _ => subject,
    };
    Some((subject, reason))
}

fn prefix(harm: Harm, prefix: Option<&str>, is_normal: bool) -> String {
    match (harm, prefix) {
        (Harm::Path, Some("/" | "\\")) => "does not stop `../`".to_owned(),
        (Harm::Path, Some(prefix)) if prefix.starts_with('.') => {
            "does not stop `x/../../`".to_owned()
        }
        (Harm::Path, Some(prefix)) if is_normal => format!("does not stop `{prefix}-other/`"),
        (Harm::Path, Some(prefix)) => {
            format!("does not stop `{}/../`", prefix.trim_end_matches('/'))
        }
        (Harm::Path, None) if is_normal => {
            "does not stop a folder whose name begins the same".to_owned()
        }
        (Harm::Path, None) => "does not stop `../` behind it".to_owned(),
        (Harm::Redirect, Some("/")) => "does not stop `//evil.example`".to_owned(),
        (Harm::Address | Harm::Redirect, Some(prefix))
            if prefix
                .split_once("://")
                .is_some_and(|(_, host)| !host.is_empty()) =>
        {
            format!("does not stop `{prefix}.evil.example`")
        }
        (Harm::Address | Harm::Redirect, _) => "says nothing of the host".to_owned(),
        (Harm::Text, _) => "says nothing of what comes after".to_owned(),
    }
}

fn suffix(harm: Harm, suffix: Option<&str>) -> String {
    match (harm, suffix) {
        (Harm::Path, Some(suffix)) => format!("does not stop `../x{suffix}`"),
        (Harm::Path, None) => "does not stop `../`".to_owned(),
        (Harm::Address | Harm::Redirect, Some(suffix)) if !suffix.starts_with(['.', '/']) => {
            format!("does not stop `evil-{suffix}`")
        }
        (Harm::Address | Harm::Redirect, _) => "says nothing of the host".to_owned(),
        (Harm::Text, _) => "says nothing of what comes before".to_owned(),
    }
}

/// The last name of what a value is called from, and the receiver of a method.
fn called<'p>(
    project: &'p Project,
    ir: &Ir,
    operand: Operand,
) -> Option<(&'p str, Option<Operand>)> {
    let call = ir.instruction(operand).filter(|call| call.op == Op::Call)?;
    match (ir.instruction(call.operand_a()), call.operand_a().kind()) {
        (Some(callee), _) if callee.op == Op::Attr => {
            Some((project.text(callee.symbol_b()), Some(callee.operand_a())))
        }
        (None, OperandKind::Global(name)) => Some((project.text(name), None)),
        _ => None,
    }
}

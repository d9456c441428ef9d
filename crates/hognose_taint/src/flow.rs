//! Taint inside one function: from an operand back to the source it may come from.

use std::collections::VecDeque;

use hognose_python::ir::{
    Argument, Compare, FunctionId, FunctionKind, Op, Operand, OperandKind, ParamKind,
};
use hognose_python::{ModuleId, Symbol, Target};
use rustc_hash::FxHashMap;

use crate::models::{Kind, Roles};
use crate::text::Shape;
use crate::values::{Evaluator, Value};
use crate::view::{CallView, Callee, Given};

/// How untrusted data reaches an operand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// The kind of source.
    pub source: Kind,
    /// From the source on; at least one.
    pub steps: Vec<TraceStep>,
    /// No callee on the way is unknown.
    pub is_certain: bool,
}

/// An instruction on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceStep {
    /// The instruction.
    pub index: u32,
    /// What it does.
    pub op: Op,
}

/// How many instructions a trace looks at before it gives up.
const MAX_VISITED: usize = 4_000;

struct Visit {
    /// The instruction that uses this one; none for the sink's operand.
    user: Option<u32>,
    is_certain: bool,
}

/// The shortest way on which data of one of the `sources` reaches `operand`, used by instruction `sink_at` as a sink of
/// kind `sink`.
pub fn trace(
    evaluator: &Evaluator<'_>,
    module: ModuleId,
    sink_at: u32,
    operand: Operand,
    sources: &[Kind],
    sink: Kind,
) -> Option<Trace> {
    let tracer = Tracer {
        evaluator,
        module,
        sources,
        sink,
        sink_at,
    };
    tracer.run(operand)
}

struct Tracer<'t, 'a> {
    evaluator: &'t Evaluator<'a>,
    module: ModuleId,
    sources: &'t [Kind],
    sink: Kind,
    sink_at: u32,
}

impl Tracer<'_, '_> {
    fn run(&self, operand: Operand) -> Option<Trace> {
        let ir = &self.evaluator.project().module(self.module).ir;
        let mut visited: FxHashMap<u32, Visit> = FxHashMap::default();
        let mut queue = VecDeque::new();
        if let Some(index) = operand.as_register() {
            visited.insert(
                index,
                Visit {
                    user: None,
                    is_certain: true,
                },
            );
            queue.push_back(index);
        } else {
            // `cmd = argv` of a star import and the like: a name that is itself a source.
            let source = self.source_of_name(operand)?;
            let step = TraceStep {
                index: self.sink_at,
                op: ir.op(self.sink_at),
            };
            return Some(Trace {
                source,
                steps: vec![step],
                is_certain: true,
            });
        }
        while let Some(index) = queue.pop_front() {
            if visited.len() > MAX_VISITED {
                return None;
            }
            let is_certain = visited.get(&index).is_some_and(|visit| visit.is_certain);
            if self.is_guarded(Operand::from_register(index)) {
                continue;
            }
            if let Some(source) = self.source_at(index) {
                return Some(self.witness(source, index, is_certain, &visited));
            }
            let mut next = Vec::new();
            let stays_certain = self.inputs(index, &mut next);
            for operand in next {
                if let Some(input) = operand.as_register() {
                    if let std::collections::hash_map::Entry::Vacant(e) = visited.entry(input) {
                        e.insert(Visit {
                            user: Some(index),
                            is_certain: is_certain && stays_certain,
                        });
                        queue.push_back(input);
                    }
                } else if let Some(source) = self.source_of_name(operand) {
                    return Some(self.witness(
                        source,
                        index,
                        is_certain && stays_certain,
                        &visited,
                    ));
                }
            }
        }
        None
    }

    fn witness(
        &self,
        source: Kind,
        from: u32,
        is_certain: bool,
        visited: &FxHashMap<u32, Visit>,
    ) -> Trace {
        let ir = &self.evaluator.project().module(self.module).ir;
        let mut steps = Vec::new();
        let mut at = Some(from);
        while let Some(index) = at {
            let op = ir.op(index);
            if steps.is_empty() || is_telling(op) {
                steps.push(TraceStep { index, op });
            }
            at = visited.get(&index).and_then(|visit| visit.user);
        }
        Trace {
            source,
            steps,
            is_certain,
        }
    }

    fn wanted(&self, roles: &Roles) -> Option<Kind> {
        roles
            .sources
            .iter()
            .copied()
            .find(|kind| self.sources.contains(kind))
    }

    fn source_of_name(&self, operand: Operand) -> Option<Kind> {
        let OperandKind::Global(name) = operand.kind() else {
            return None;
        };
        self.evaluator
            .project()
            .resolve_name(self.module, name)
            .into_iter()
            .find_map(|target| match target {
                Target::Variable(module, name) => {
                    self.source_of_attribute(module, FunctionId::MODULE, name)
                }
                _ => None,
            })
    }

    fn source_of_attribute(
        &self,
        module: ModuleId,
        class: FunctionId,
        name: Symbol,
    ) -> Option<Kind> {
        self.evaluator
            .program
            .models
            .attribute(module, class, name)
            .and_then(|(roles, _)| self.wanted(roles))
    }

    /// The kind of source that an instruction's result is by itself.
    fn source_at(&self, index: u32) -> Option<Kind> {
        let evaluator = self.evaluator;
        let program = evaluator.program;
        let ir = &evaluator.project().module(self.module).ir;
        let instruction = ir.get(index);
        match instruction.op {
            Op::Attr => {
                let name = instruction.symbol_b();
                for &base in &*evaluator.values(self.module, instruction.operand_a()) {
                    let found = match base {
                        Value::Module(module) => {
                            self.source_of_attribute(module, FunctionId::MODULE, name)
                        }
                        Value::Instance(module, class) => {
                            program
                                .project
                                .ancestry(module, class)
                                .into_iter()
                                .find_map(|(module, class)| {
                                    let (module, class) = program.models.twin(module, class);
                                    self.source_of_attribute(module, class, name).or_else(|| {
                                        // A property.
                                        let ir = &program.project.module(module).ir;
                                        let property = ir.instruction(ir.export(class, name)?)?;
                                        if property.op != Op::MakeFunction {
                                            return None;
                                        }
                                        let model = program
                                            .models
                                            .function(module, FunctionId(property.a))?;
                                        if model.binding == crate::Binding::Property {
                                            self.wanted(&model.returns)
                                        } else {
                                            None
                                        }
                                    })
                                })
                        }
                        _ => None,
                    };
                    if found.is_some() {
                        return found;
                    }
                }
                None
            }
            Op::Call => CallView::new(evaluator, self.module, index)?
                .callees
                .iter()
                .find_map(|callee| match *callee {
                    Callee::Function {
                        function: (module, function),
                        ..
                    } => program
                        .models
                        .function(module, function)
                        .and_then(|model| self.wanted(&model.returns)),
                    _ => None,
                }),
            Op::Param => self.source_of_param(index, instruction.a),
            _ => None,
        }
    }

    /// Parameters of a function that a framework calls with what comes in.
    fn source_of_param(&self, index: u32, number: u32) -> Option<Kind> {
        let evaluator = self.evaluator;
        let project = evaluator.project();
        let ir = &project.module(self.module).ir;
        let function = ir.function_at(index);
        if ir.function(function).kind != FunctionKind::Def
            || evaluator.is_number(self.module, Operand::from_register(index))
        {
            return None;
        }
        let param = ir.params_of(function).get(number as usize)?;
        // What has a type of its own (a request object, a dependency) is judged by its attributes.
        let values = evaluator.values(self.module, Operand::from_register(index));
        let is_object = values.iter().any(|value| match *value {
            Value::Instance(module, class) => !evaluator.program.is_str((module, class)),
            _ => false,
        });
        if is_object {
            return None;
        }
        for &decorator in ir.decorators_of(function) {
            let Some(call) = decorator
                .as_register()
                .filter(|&call| ir.op(call) == Op::Call)
            else {
                continue;
            };
            let Some(view) = CallView::new(evaluator, self.module, call) else {
                continue;
            };
            for callee in &view.callees {
                let Callee::Function {
                    function: (module, callee),
                    ..
                } = *callee
                else {
                    continue;
                };
                let Some(model) = evaluator.program.models.function(module, callee) else {
                    continue;
                };
                let Some(kind) = model
                    .returns
                    .entry_point
                    .iter()
                    .copied()
                    .find(|kind| self.sources.contains(kind))
                else {
                    continue;
                };
                let route = ir
                    .arguments(ir.get(call).b)
                    .next()
                    .and_then(|(_, route)| evaluator.constant_text(self.module, route))
                    .unwrap_or_default();
                if !self.converter_cleans(&route, project.text(param.name)) {
                    return Some(kind);
                }
            }
        }
        None
    }

    /// Whether the converter of a route's parameter leaves nothing dangerous for the sink: `<int:id>`, or the default
    /// converter, which matches no slash, for a path.
    fn converter_cleans(&self, route: &str, param: &str) -> bool {
        let Some(placeholder) = route
            .split('<')
            .skip(1)
            .filter_map(|rest| rest.split('>').next())
            .find(|placeholder| placeholder.rsplit(':').next() == Some(param))
        else {
            return false;
        };
        let converter = placeholder
            .rsplit_once(':')
            .map_or("string", |(converter, _)| converter);
        match converter.split('(').next().unwrap_or(converter) {
            "int" | "float" | "uuid" => true,
            "string" => self.evaluator.program.models.kind_name(self.sink) == "file-path",
            _ => false,
        }
    }

    /// The operands from which taint passes to an instruction's result. Whether that is certain.
    fn inputs(&self, index: u32, next: &mut Vec<Operand>) -> bool {
        let ir = &self.evaluator.project().module(self.module).ir;
        let instruction = ir.get(index);
        match instruction.op {
            // An element of what is written in the program.
            Op::Call | Op::Subscript
                if self
                    .evaluator
                    .shape(self.module, Operand::from_register(index), None)
                    == Shape::Constant =>
            {
                true
            }
            Op::Attr
            | Op::Subscript
            | Op::Star
            | Op::Comprehension
            | Op::Element
            | Op::Unpack
            | Op::UnpackRest
            | Op::Enter
            | Op::Await
            | Op::YieldFrom
            | Op::Capture => {
                if !self
                    .evaluator
                    .is_number(self.module, Operand::from_register(index))
                {
                    next.push(instruction.operand_a());
                }
                true
            }
            Op::Add | Op::Mod | Op::Format | Op::Call if self.has_fixed_target(index) => true,
            Op::Add
            | Op::Mod
            | Op::Div
            | Op::Mul
            | Op::And
            | Op::Or
            | Op::BitOr
            | Op::DictComprehension => {
                next.extend([instruction.operand_a(), instruction.operand_b()]);
                true
            }
            Op::Format | Op::Tuple | Op::List | Op::Set => {
                next.extend(ir.list(instruction.a));
                true
            }
            Op::Dict => {
                next.extend(
                    ir.pairs(instruction.a)
                        .flat_map(|(key, value)| [key, value]),
                );
                true
            }
            Op::Phi => {
                // What a test lets through on one way in is harmless on that way.
                let harmless = |value, block| {
                    self.evaluator
                        .is_guarded_in(self.module, block, value, self.sink)
                };
                next.extend(
                    ir.phi(instruction.a)
                        .filter(|&(value, block)| !harmless(value, block))
                        .map(|(value, _)| value),
                );
                true
            }
            Op::Call => self.call_inputs(index, next),
            _ => true,
        }
    }

    /// Whether a URL has its host written in the program, so that what follows cannot send it elsewhere. For a redirect,
    /// a path on the own host is as good.
    fn has_fixed_target(&self, index: u32) -> bool {
        let kind = self.evaluator.program.models.kind_name(self.sink);
        if kind != "url" && kind != "redirect" {
            return false;
        }
        let ir = &self.evaluator.project().module(self.module).ir;
        // `url_for("page") + "?q=" + term`: the beginning decides.
        let mut first = Operand::from_register(index);
        while let Some(instruction) = ir.instruction(first) {
            first = match instruction.op {
                Op::Add => instruction.operand_a(),
                Op::Format => match ir.list(instruction.a).next() {
                    Some(part) => part,
                    None => break,
                },
                _ => break,
            };
        }
        if first != Operand::from_register(index)
            && self.evaluator.is_cleaned(self.module, first, self.sink)
        {
            return true;
        }
        let prefix = self
            .evaluator
            .constant_prefix(self.module, Operand::from_register(index));
        let after_scheme = prefix.split_once("://").map(|(_, rest)| rest);
        let fixed_host =
            after_scheme.is_some_and(|rest| rest.find(['/', '?', '#']).is_some_and(|end| end > 0));
        let own_path = kind == "redirect"
            && prefix
                .strip_prefix('/')
                .is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', '\\']));
        fixed_host || own_path
    }

    fn call_inputs(&self, index: u32, next: &mut Vec<Operand>) -> bool {
        let evaluator = self.evaluator;
        let program = evaluator.program;
        let ir = &evaluator.project().module(self.module).ir;
        let instruction = ir.get(index);
        let receiver = ir
            .instruction(instruction.operand_a())
            .filter(|callee| callee.op == Op::Attr)
            .map(hognose_python::ir::Instruction::operand_a);
        if evaluator.is_number(self.module, Operand::from_register(index)) {
            return true;
        }
        let Some(view) = CallView::new(evaluator, self.module, index) else {
            next.extend(receiver);
            next.extend(ir.arguments(instruction.b).map(|(_, value)| value));
            // What strings and containers do is known, whatever it is done to.
            return ir
                .instruction(instruction.operand_a())
                .filter(|callee| callee.op == Op::Attr)
                .is_some_and(|callee| {
                    let name = evaluator.project().text(callee.symbol_b());
                    CONTENT_KEEPING.contains(&name)
                });
        };
        let mut is_certain = true;
        for &callee in &view.callees {
            match callee {
                Callee::Function {
                    function: (module, function),
                    is_bound,
                    class,
                } => {
                    let is_model = program.project.module(module).is_model;
                    if !is_model {
                        // The project's own code is not unknown: what it does is the business of whole-program flow.
                        continue;
                    }
                    if class
                        .is_some_and(|(module, class)| program.models.is_harmless(module, class))
                    {
                        continue;
                    }
                    let model = program.models.function(module, function);
                    let roles = |number: usize| {
                        model
                            .and_then(|model| {
                                model.params.iter().find(|(at, _)| *at as usize == number)
                            })
                            .map(|(_, roles)| roles)
                    };
                    let cleans =
                        |roles: &Roles| roles.sanitizes_all || roles.sanitizes.contains(&self.sink);
                    if is_bound && class.is_none() && !roles(0).is_some_and(cleans) {
                        next.extend(receiver);
                    }
                    let params = program.project.module(module).ir.params_of(function);
                    let given = view.bind((module, function), is_bound);
                    let position_of = |number: usize| match given.get(number) {
                        Some(Some(Given::Argument { position, .. })) => Some(*position),
                        _ => None,
                    };
                    let cleaned: Vec<u32> = (0..params.len())
                        .filter(|&number| roles(number).is_some_and(cleans))
                        .filter_map(position_of)
                        .collect();
                    let star = |kind| params.iter().position(|param| param.kind == kind);
                    let cleans_star =
                        |kind| star(kind).is_some_and(|number| roles(number).is_some_and(cleans));
                    let (cleans_rest, cleans_named) = (
                        cleans_star(ParamKind::Star),
                        cleans_star(ParamKind::DoubleStar),
                    );
                    let after_star = star(ParamKind::Star)
                        .and_then(position_of)
                        .unwrap_or(u32::MAX);
                    for (position, (kind, value)) in ir.arguments(instruction.b).enumerate() {
                        let in_rest = cleans_rest
                            && matches!(kind, Argument::Positional | Argument::Star)
                            && position as u32 >= after_star;
                        let in_named = cleans_named
                            && match kind {
                                Argument::Named(name) => {
                                    !params.iter().any(|param| param.name == name)
                                }
                                kind => kind == Argument::DoubleStar,
                            };
                        if !cleaned.contains(&(position as u32)) && !in_rest && !in_named {
                            next.push(value);
                        }
                    }
                }
                Callee::Class(module, class) => {
                    if program.project.module(module).is_model
                        && !program.models.is_harmless(module, class)
                    {
                        next.extend(ir.arguments(instruction.b).map(|(_, value)| value));
                    }
                }
                Callee::External(_) => {
                    is_certain = false;
                    next.extend(receiver);
                    next.extend(ir.arguments(instruction.b).map(|(_, value)| value));
                }
            }
        }
        is_certain
    }

    /// Whether a condition that holds at the sink says that `value` is harmless there.
    fn is_guarded(&self, value: Operand) -> bool {
        self.evaluator
            .is_guarded(self.module, self.sink_at, value, self.sink)
    }
}

/// Methods of strings, bytes and containers whose result holds what the receiver or an argument held.
const CONTENT_KEEPING: &[&str] = &[
    "get",
    "getlist",
    "get_list",
    "getall",
    "pop",
    "items",
    "values",
    "copy",
    "strip",
    "lstrip",
    "rstrip",
    "lower",
    "upper",
    "title",
    "split",
    "rsplit",
    "splitlines",
    "partition",
    "rpartition",
    "encode",
    "decode",
    "format",
    "join",
    "replace",
    "removeprefix",
    "removesuffix",
    "read",
    "readline",
    "readlines",
    "getvalue",
];

/// Steps worth showing.
fn is_telling(op: Op) -> bool {
    matches!(
        op,
        Op::Call
            | Op::Format
            | Op::Add
            | Op::Mod
            | Op::Subscript
            | Op::List
            | Op::Dict
            | Op::Tuple
            | Op::Param
    )
}

/// How many dominating conditions are looked at.
const MAX_CONDITIONS: usize = 64;

impl Evaluator<'_> {
    /// Whether calling `operand` cleans for `kind` all that goes into it and is not constant.
    pub(crate) fn is_cleaned(&self, module: ModuleId, operand: Operand, kind: Kind) -> bool {
        let Some(index) = operand.as_register() else {
            return false;
        };
        let Some(view) = CallView::new(self, module, index) else {
            return false;
        };
        let cleans = |callee: &Callee| {
            let Callee::Function {
                function, is_bound, ..
            } = *callee
            else {
                return false;
            };
            let Some(model) = self.program.models.function(function.0, function.1) else {
                return false;
            };
            let (mut any, mut all) = (false, true);
            for (number, given) in view.bind(function, is_bound).into_iter().enumerate() {
                let Some(Given::Argument { value, .. }) = given else {
                    continue;
                };
                let cleaned = model.params.iter().any(|(at, roles)| {
                    *at as usize == number
                        && (roles.sanitizes_all || roles.sanitizes.contains(&kind))
                });
                any |= cleaned;
                all &= cleaned || self.shape(module, value, Some(kind)) == Shape::Constant;
            }
            any && all
        };
        !view.callees.is_empty() && view.callees.iter().all(cleans)
    }

    /// Whether a condition that holds at instruction `at` says that `value` is harmless for `kind`: it is one of some
    /// constants, has only harmless characters, or passed a test that a model names.
    pub(crate) fn is_guarded(&self, module: ModuleId, at: u32, value: Operand, kind: Kind) -> bool {
        let block = self.project().module(module).ir.block_at(at);
        self.is_guarded_in(module, block, value, kind)
    }

    /// The same for the end of a block.
    fn is_guarded_in(&self, module: ModuleId, mut block: u32, value: Operand, kind: Kind) -> bool {
        let ir = &self.project().module(module).ir;
        for _ in 0..MAX_CONDITIONS {
            let Some(info) = ir.blocks.get(block as usize) else {
                return false;
            };
            if !info.condition.is_absent()
                && self.condition_cleans(module, info.condition, info.polarity, value, kind, 0)
            {
                return true;
            }
            if info.dominator == block {
                return false;
            }
            block = info.dominator;
        }
        false
    }

    fn condition_cleans(
        &self,
        module: ModuleId,
        condition: Operand,
        holds: bool,
        value: Operand,
        kind: Kind,
        depth: u32,
    ) -> bool {
        let ir = &self.project().module(module).ir;
        let Some(instruction) = ir.instruction(condition) else {
            return false;
        };
        if depth > 8 {
            return false;
        }
        let recur = |condition, holds| {
            self.condition_cleans(module, condition, holds, value, kind, depth + 1)
        };
        match instruction.op {
            Op::Not => recur(instruction.operand_a(), !holds),
            // All parts of a true `and` hold; all parts of a false `or` do not.
            Op::And if holds => {
                recur(instruction.operand_a(), true) || recur(instruction.operand_b(), true)
            }
            Op::Or if !holds => {
                recur(instruction.operand_a(), false) || recur(instruction.operand_b(), false)
            }
            Op::Compare => {
                let (operator, left, right) = ir.comparison(instruction.a);
                let same = |operand| self.is_same(module, operand, value);
                let is_constant = |operand| self.shape(module, operand, None) == Shape::Constant;
                match (operator, holds) {
                    (Compare::In, true) | (Compare::NotIn, false)
                        if self.is_host_of(module, left, value, kind) && is_constant(right) =>
                    {
                        !is_text(ir, right)
                    }
                    (Compare::Eq, true) | (Compare::NotEq, false)
                        if self.is_host_of(module, left, value, kind) && is_constant(right)
                            || self.is_host_of(module, right, value, kind) && is_constant(left)
                            || self.call_cleans(module, left, value, kind)
                            || self.call_cleans(module, right, value, kind) =>
                    {
                        true
                    }
                    (Compare::In, true) | (Compare::NotIn, false) => {
                        same(left) && is_constant(right) && !is_text(ir, right)
                    }
                    (Compare::Eq, true) | (Compare::NotEq, false) => {
                        same(left) && is_constant(right) || same(right) && is_constant(left)
                    }
                    _ => false,
                }
            }
            // A test that a model names answers yes or no; what a sanitizer returns says nothing of what went in.
            Op::Call if holds && self.is_test(module, condition, value) => {
                self.call_cleans(module, condition, value, kind)
            }
            _ => false,
        }
    }

    /// Whether an operand is the host of the URL `value`: `urlsplit(value).hostname`.
    fn is_host_of(&self, module: ModuleId, operand: Operand, value: Operand, kind: Kind) -> bool {
        let project = self.project();
        let ir = &project.module(module).ir;
        let Some(attribute) = ir.instruction(operand).filter(|host| host.op == Op::Attr) else {
            return false;
        };
        if !matches!(
            project.text(attribute.symbol_b()),
            "hostname" | "netloc" | "host"
        ) || !matches!(self.program.models.kind_name(kind), "url" | "redirect")
        {
            return false;
        }
        ir.instruction(attribute.operand_a())
            .filter(|parsed| parsed.op == Op::Call)
            .is_some_and(|parsed| {
                ir.arguments(parsed.b)
                    .any(|(_, argument)| self.is_same(module, argument, value))
            })
    }

    /// Whether a call is a test: of a method of `value`, or one that returns a truth value.
    fn is_test(&self, module: ModuleId, call: Operand, value: Operand) -> bool {
        let ir = &self.project().module(module).ir;
        let on_value = ir
            .instruction(call)
            .filter(|call| call.op == Op::Call)
            .and_then(|call| ir.instruction(call.operand_a()))
            .filter(|callee| callee.op == Op::Attr)
            .is_some_and(|callee| self.is_same(module, callee.operand_a(), value));
        on_value || self.is_number(module, call)
    }

    fn call_cleans(
        &self,
        module: ModuleId,
        condition: Operand,
        value: Operand,
        kind: Kind,
    ) -> bool {
        let project = self.project();
        let ir = &project.module(module).ir;
        let Some(instruction) = ir.instruction(condition).filter(|call| call.op == Op::Call) else {
            return false;
        };
        if let Some(callee) = ir.instruction(instruction.operand_a())
            && callee.op == Op::Attr
            && self.is_same(module, callee.operand_a(), value)
        {
            match project.text(callee.symbol_b()) {
                "isalnum" | "isalpha" | "isdigit" | "isdecimal" | "isnumeric" | "isidentifier" => {
                    return true;
                }
                "is_relative_to" => return self.program.models.kind_name(kind) == "file-path",
                _ => {}
            }
        }
        let Some(index) = condition.as_register() else {
            return false;
        };
        let Some(view) = CallView::new(self, module, index) else {
            return false;
        };
        view.callees.iter().any(|callee| {
            let Callee::Function {
                function, is_bound, ..
            } = *callee
            else {
                return false;
            };
            let Some(model) = self.program.models.function(function.0, function.1) else {
                return false;
            };
            view.bind(function, is_bound)
                .into_iter()
                .enumerate()
                .any(|(number, given)| match given {
                    Some(Given::Argument {
                        value: argument, ..
                    }) => {
                        let in_list = ir
                            .instruction(argument)
                            .filter(|list| matches!(list.op, Op::List | Op::Tuple))
                            .is_some_and(|list| {
                                ir.list(list.a)
                                    .any(|element| self.is_same(module, element, value))
                            });
                        (in_list || self.is_same(module, argument, value))
                            && model.params.iter().any(|(at, roles)| {
                                *at as usize == number
                                    && (roles.sanitizes_all || roles.sanitizes.contains(&kind))
                            })
                    }
                    _ => false,
                })
        })
    }

    /// Whether two operands are the same value: the same one, or the same expression over the same ones.
    fn is_same(&self, module: ModuleId, a: Operand, b: Operand) -> bool {
        if a == b {
            return true;
        }
        let ir = &self.project().module(module).ir;
        let (Some(first), Some(second)) = (ir.instruction(a), ir.instruction(b)) else {
            return false;
        };
        match (first.op, second.op) {
            (Op::Attr | Op::Subscript, _) if first.op == second.op && first.b == second.b => {
                self.is_same(module, first.operand_a(), second.operand_a())
            }
            (Op::Call, Op::Call) => {
                let arguments = |extra| ir.arguments(extra).collect::<Vec<(Argument, Operand)>>();
                arguments(first.b) == arguments(second.b)
                    && self.is_same(module, first.operand_a(), second.operand_a())
            }
            _ => false,
        }
    }
}

/// `x in "abc"` is a test for a substring.
fn is_text(ir: &hognose_python::Ir, operand: Operand) -> bool {
    operand.as_str().is_some()
        || ir
            .instruction(operand)
            .is_some_and(|instruction| instruction.op == Op::Format)
}

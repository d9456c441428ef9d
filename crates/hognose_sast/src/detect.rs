//! Testing a call (or the assignment to a sink attribute) against the entries of the rules.

use hognose_finding::Confidence;
use hognose_python::ir::{FunctionId, FunctionKind, Op, Operand, OperandKind, Span};
use hognose_python::{ModuleId, Target};
use hognose_rules::{Constant, Matcher, ValueTest};
use hognose_taint::{
    CallView, Callee, Doubt, Evaluator, Flow, Flows, Given, Kind, Literal, Port, Shape, Value,
};

use crate::place::{DetectRef, Place};
use crate::ruleset::RuleSet;
use crate::surroundings;

/// Methods whose name says enough about a receiver of unknown type, in a module that imports from the package.
const ASSUMED: &[(&str, &str, &str, &str)] = &[
    ("django", "django.db.models", "QuerySet", "extra"),
    ("flask", "flask", "Flask", "run"),
    (
        "paramiko",
        "paramiko",
        "SSHClient",
        "set_missing_host_key_policy",
    ),
];

/// Methods by which a derived class decides what its base may do, so that it is no longer as dangerous.
const GATES: &[&str] = &["find_class"];

/// Tests all calls and attribute stores of a module.
pub(crate) fn calls(
    rules: &RuleSet<'_>,
    flows: &Flows,
    evaluator: &Evaluator<'_>,
    module: ModuleId,
    places: &mut Vec<Place>,
) {
    let ir = &evaluator.project().module(module).ir;
    let mut alone = flows.sinks_in(module);
    for (index, &op) in ir.ops().iter().enumerate() {
        let index = index as u32;
        match op {
            Op::Call if may_matter(rules, evaluator, module, index) => {}
            Op::Call => {
                if let Some(callee) = assumed(rules, evaluator, module, index) {
                    let view = CallView::assuming(evaluator, module, index, callee);
                    let from = places.len();
                    test(rules, flows, &view, places);
                    for place in &mut places[from..] {
                        place.confidence = Some(Confidence::Possible);
                    }
                }
                continue;
            }
            Op::StoreAttr if rules.is_interesting(ir.stored_attr(ir.get(index).b).0) => {}
            _ => continue,
        }
        if let Some(view) = CallView::new(evaluator, module, index) {
            test(rules, flows, &view, places);
            if let Ok(at) = alone.binary_search(&index) {
                alone.remove(at);
            }
        }
    }
    for index in alone {
        flows_alone(rules, flows, evaluator, module, index, places);
    }
    references(rules, evaluator, module, places);
    for (number, function) in ir.functions.iter().enumerate() {
        if function.kind == FunctionKind::Class {
            let class = FunctionId(number as u32);
            derived(rules, evaluator, module, class, places);
        }
        for number in function.decorators.0..function.decorators.1 {
            match ir.operands[number as usize].as_register() {
                Some(call) if ir.op(call) == Op::Call => {}
                _ => decorator(
                    rules,
                    evaluator,
                    module,
                    function.parent,
                    number as usize,
                    places,
                ),
            }
        }
    }
}

/// The method that an unknown receiver is taken to have.
fn assumed(
    rules: &RuleSet<'_>,
    evaluator: &Evaluator<'_>,
    module: ModuleId,
    index: u32,
) -> Option<Value> {
    let project = evaluator.project();
    let ir = &project.module(module).ir;
    let callee = ir
        .instruction(ir.get(index).operand_a())
        .filter(|callee| callee.op == Op::Attr && rules.is_interesting(callee.symbol_b()))?;
    let method = project.text(callee.symbol_b());
    let &(package, library, class, _) = ASSUMED.iter().find(|(.., name)| *name == method)?;
    let find = |name: &str| project.symbols().find(name);
    let is_unknown = evaluator
        .values(module, callee.operand_a())
        .iter()
        .all(|value| matches!(value, Value::Other(..) | Value::Constant(_, Operand::NONE)));
    if !is_unknown || !evaluator.imports_from(module, find(package)?) {
        return None;
    }
    let library = Target::Module(project.model(library)?);
    let class = match project.member(library, find(class)?).first() {
        Some(&Target::Class(module, class)) => (module, class),
        _ => return None,
    };
    match project
        .member(Target::Class(class.0, class.1), callee.symbol_b())
        .first()
    {
        Some(&Target::Function(module, function)) => Some(Value::Method((module, function), class)),
        _ => None,
    }
}

/// A class derived from one that rules name. Who makes an instance of what is not known, so it is merely possible.
fn derived(
    rules: &RuleSet<'_>,
    evaluator: &Evaluator<'_>,
    module: ModuleId,
    class: FunctionId,
    places: &mut Vec<Place>,
) {
    let project = evaluator.project();
    let ir = &project.module(module).ir;
    let is_gated = ir
        .functions
        .iter()
        .filter(|method| method.parent == class)
        .any(|method| GATES.contains(&project.text(method.name)));
    if is_gated {
        return;
    }
    let class = ir.function(class);
    for number in class.bases.0..class.bases.1 {
        let (base, span) = (
            ir.operands[number as usize],
            ir.operand_spans[number as usize],
        );
        let mut matched: Option<u32> = None;
        for &value in &*evaluator.values(module, base) {
            let (Value::Class(..), Some(callee)) = (value, Callee::of_value(evaluator, value))
            else {
                continue;
            };
            for at in rules.of_callee(callee, evaluator.program.models) {
                if matched != Some(at.rule) && rules.detect(at).with.is_empty() {
                    let mut place = Place::new(at, module, class.start, span);
                    place.confidence = Some(Confidence::Possible);
                    places.push(place);
                    matched = Some(at.rule);
                }
            }
        }
    }
}

/// A function that rules name, handed on instead of called: `map(pickle.loads, messages)`. Who calls it with what is
/// not known, so it is merely possible.
fn references(
    rules: &RuleSet<'_>,
    evaluator: &Evaluator<'_>,
    module: ModuleId,
    places: &mut Vec<Place>,
) {
    let ir = &evaluator.project().module(module).ir;
    let is_named = |operand: Operand| match operand.kind() {
        OperandKind::Global(name) => rules.is_interesting(name),
        OperandKind::Register(index) => {
            let instruction = ir.get(index);
            match instruction.op {
                Op::Attr => rules.is_interesting(instruction.symbol_b()),
                Op::Import => ir.imports[instruction.a as usize]
                    .name
                    .is_some_and(|name| rules.is_interesting(name)),
                _ => false,
            }
        }
        _ => false,
    };
    // Where it is written; a name alone has no place of its own.
    let span_of = |operand: Operand, whole: Span| {
        operand
            .as_register()
            .filter(|&index| ir.op(index) == Op::Attr)
            .map(|index| ir.span(index))
            .filter(|span| whole.start <= span.start && span.end <= whole.end)
            .unwrap_or(whole)
    };
    let mut report = |operand: Operand, index: u32, span: Span| {
        for &value in &*evaluator.values(module, operand) {
            let (Value::Function(..), Some(callee)) = (value, Callee::of_value(evaluator, value))
            else {
                continue;
            };
            let mut matched: Option<u32> = None;
            for at in rules.of_callee(callee, evaluator.program.models) {
                if matched != Some(at.rule) && rules.detect(at).with.is_empty() {
                    let mut place = Place::new(at, module, index, span);
                    place.confidence = Some(Confidence::Possible);
                    places.push(place);
                    matched = Some(at.rule);
                }
            }
        }
    };
    for index in 0..ir.len() as u32 {
        let instruction = ir.get(index);
        match instruction.op {
            Op::Call => {
                for (_, value) in ir
                    .arguments(instruction.b)
                    .filter(|&(_, value)| is_named(value))
                {
                    report(value, index, span_of(value, ir.span(index)));
                }
            }
            Op::List | Op::Tuple => {
                for value in ir.list(instruction.a).filter(|&value| is_named(value)) {
                    report(value, index, span_of(value, ir.span(index)));
                }
            }
            _ => {}
        }
    }
    for param in ir.params.iter().filter(|param| is_named(param.default)) {
        let written = param.default.as_register();
        let span = written.map_or(param.span, |value| ir.span(value));
        report(param.default, written.unwrap_or(0), span);
    }
}

/// `@csrf_exempt` calls what it names, too.
fn decorator(
    rules: &RuleSet<'_>,
    evaluator: &Evaluator<'_>,
    module: ModuleId,
    parent: FunctionId,
    number: usize,
    places: &mut Vec<Place>,
) {
    let ir = &evaluator.project().module(module).ir;
    let (operand, span) = (ir.operands[number], ir.operand_spans[number]);
    let index = match operand.kind() {
        OperandKind::Register(index) => index,
        _ => ir.function(parent).start,
    };
    let mut matched: Option<u32> = None;
    for &value in &*evaluator.values(module, operand) {
        let Some(callee) = Callee::of_value(evaluator, value) else {
            continue;
        };
        for at in rules.of_callee(callee, evaluator.program.models) {
            if matched != Some(at.rule) && rules.detect(at).with.is_empty() {
                places.push(Place::new(at, module, index, span));
                matched = Some(at.rule);
            }
        }
    }
}

/// Tests the flows at an instruction that is no call with a known callee: what a handler returns, a call of what came as
/// an argument, an entry of the headers.
fn flows_alone(
    rules: &RuleSet<'_>,
    flows: &Flows,
    evaluator: &Evaluator<'_>,
    module: ModuleId,
    index: u32,
    places: &mut Vec<Place>,
) {
    let ir = &evaluator.project().module(module).ir;
    let mut candidates: Vec<DetectRef> = flows
        .at(module, index)
        .iter()
        .flat_map(|flow| rules.of_sink(flow.sink))
        .copied()
        .filter(|&at| rules.detect(at).with.is_empty())
        .collect();
    candidates.sort_unstable();
    candidates.dedup();
    let mut matched: Option<u32> = None;
    for at in candidates {
        if matched == Some(at.rule) {
            continue;
        }
        if let Some(flow) = best_flow(rules, flows, module, index, at) {
            let mut place = Place::new(at, module, index, ir.span(index));
            if ir.op(index) == Op::Return {
                place.name = Some("return".to_owned());
            }
            follow(rules, &mut place, evaluator, flow);
            places.push(place);
            matched = Some(at.rule);
        }
    }
}

/// The flow at an instruction that an entry is about: the surest, then the shortest.
fn best_flow<'f>(
    rules: &RuleSet<'_>,
    flows: &'f Flows,
    module: ModuleId,
    index: u32,
    at: DetectRef,
) -> Option<&'f Flow> {
    let (sources, sinks) = rules.flows.get(&at)?;
    flows
        .at(module, index)
        .iter()
        .filter(|flow| sources.contains(&flow.source) && sinks.contains(&flow.sink))
        .min_by_key(|flow| (flow.doubt, flow.steps.len()))
}

fn follow(rules: &RuleSet<'_>, place: &mut Place, evaluator: &Evaluator<'_>, flow: &Flow) {
    if let Some(name) = flow.name {
        place.name = Some(evaluator.project().text(name).to_owned());
    }
    place.argument = flow.position;
    // What a library makes of its arguments may be anything, and is mostly what it was given.
    place.confidence = match (flow.doubt, rules.detect(place.detect).confidence) {
        (Doubt::None, _) => place.confidence,
        (Doubt::Library, Confidence::Confirmed) => Some(Confidence::Likely),
        _ => Some(Confidence::Possible),
    };
    // To run what its caller says is what such a function is for.
    let models = evaluator.program.models;
    let is_kind = |kind, names: &[&str]| names.iter().any(|name| models.kind(name) == Some(kind));
    if flow.is_whole
        && is_kind(flow.source, &["parameter"])
        && is_kind(flow.sink, &["shell", "program", "argv", "sql", "template"])
    {
        place.confidence = Some(Confidence::Possible);
    }
    place.flow = Some(flow.clone());
}

/// A quick look at the callee: most calls lead nowhere.
fn may_matter(
    rules: &RuleSet<'_>,
    evaluator: &Evaluator<'_>,
    module: ModuleId,
    index: u32,
) -> bool {
    let project = evaluator.project();
    let ir = &project.module(module).ir;
    let callee = ir.get(index).operand_a();
    if let Some(instruction) = ir.instruction(callee)
        && instruction.op == Op::Attr
        && !rules.is_interesting(instruction.symbol_b())
    {
        return false;
    }
    evaluator
        .values(module, callee)
        .iter()
        .any(|&value| match value {
            Value::Function(module, function) | Value::Method((module, function), _) => {
                let (twin, _) = evaluator.program.models.twin(module, function);
                project.module(twin).is_model
            }
            Value::Class(module, class) => {
                let (twin, _) = evaluator.program.models.twin(module, class);
                project.module(twin).is_model
                    || !project.module(module).ir.bases_of(class).is_empty()
            }
            Value::External(_) => true,
            _ => false,
        })
}

fn test(rules: &RuleSet<'_>, flows: &Flows, view: &CallView<'_, '_>, places: &mut Vec<Place>) {
    let models = view.evaluator.program.models;
    let mut candidates: Vec<DetectRef> = Vec::new();
    for &callee in &view.callees {
        candidates.extend(rules.of_callee(callee, models));
    }
    for port in view.ports() {
        for &kind in port.sinks {
            candidates.extend(rules.of_sink(kind));
        }
    }
    for flow in flows.at(view.module, view.index) {
        candidates.extend(rules.of_sink(flow.sink));
    }
    candidates.sort_unstable();
    candidates.dedup();
    // The first entry of a rule that matches wins. A flow that is merely possible does not hide what a later entry is
    // surer of.
    let mut last: Option<(u32, usize)> = None;
    for at in candidates {
        let held = last
            .filter(|(rule, _)| *rule == at.rule)
            .map(|(_, number)| number);
        let sure = |place: &Place| {
            place
                .confidence
                .unwrap_or(rules.detect(place.detect).confidence)
        };
        if let Some(number) = held
            && (places[number].flow.is_none()
                || sure(&places[number]) > Confidence::Possible
                || rules.detect(at).confidence == Confidence::Possible)
        {
            continue;
        }
        if let Some(mut place) = test_entry(rules, flows, view, at) {
            if surroundings::are_harmless(view, &rules.detect(at).matcher) {
                place.confidence = Some(Confidence::Possible);
            }
            match held {
                Some(number) if sure(&place) > sure(&places[number]) => places[number] = place,
                Some(_) => {}
                None => {
                    places.push(place);
                    last = Some((at.rule, places.len() - 1));
                }
            }
        }
    }
}

fn test_entry(
    rules: &RuleSet<'_>,
    flows: &Flows,
    view: &CallView<'_, '_>,
    at: DetectRef,
) -> Option<Place> {
    let detect = rules.detect(at);
    let models = view.evaluator.program.models;
    let ir = &view.evaluator.project().module(view.module).ir;
    for (kind, test) in &detect.with {
        let kind = models.kind(kind)?;
        // What `*arguments` hand over is not written here.
        let is_given = |port: &Port<'_>| {
            passes(view, port, kind, test)
                || matches!((port.given, test), (Given::Unknown, ValueTest::Dynamic))
        };
        if !ports_of(view, kind).any(is_given) {
            return None;
        }
    }
    let mut place = Place::new(at, view.module, view.index, ir.span(view.index));
    match &detect.matcher {
        Matcher::Call { .. } => {
            let first_argument = (view.argument_count() > 0).then_some(0);
            place.argument = first_argument;
        }
        Matcher::Value { sink, test } => {
            let kind = models.kind(sink)?;
            let port = ports_of(view, kind).find(|port| passes(view, port, kind, test))?;
            blame(&mut place, view, port, test);
        }
        Matcher::Missing { sink } => {
            let kind = models.kind(sink)?;
            let port = ports_of(view, kind)
                .find(|port| matches!(port.given, Given::Missing | Given::Default(..)))?;
            place.name = Some(view.evaluator.project().text(port.name).to_owned());
        }
        Matcher::Flow { .. } => {
            let flow = best_flow(rules, flows, view.module, view.index, at)?;
            follow(rules, &mut place, view.evaluator, flow);
        }
        _ => return None,
    }
    Some(place)
}

fn blame(place: &mut Place, view: &CallView<'_, '_>, port: &Port<'_>, test: &ValueTest) {
    place.name = Some(view.evaluator.project().text(port.name).to_owned());
    match port.given {
        Given::Argument { position, value } => {
            place.argument = Some(position);
            let literals = view.evaluator.literals(view.module, value).0;
            place.value = literals
                .iter()
                .find(|literal| accepts(test, literal))
                .map(shown)
                .map(Into::into);
        }
        Given::Default(module, value) => {
            let literals = view.evaluator.literals(module, value).0;
            place.value = literals.first().map(shown).map(Into::into);
        }
        Given::Missing | Given::Unknown => {}
    }
}

fn ports_of<'v, 'a>(view: &'v CallView<'_, 'a>, kind: Kind) -> impl Iterator<Item = &'v Port<'a>> {
    view.ports()
        .iter()
        .filter(move |port| port.sinks.contains(&kind))
}

fn passes(view: &CallView<'_, '_>, port: &Port<'_>, kind: Kind, test: &ValueTest) -> bool {
    match port.given {
        Given::Argument { value, .. } => {
            value_passes(view.evaluator, view.module, value, Some(kind), test)
        }
        Given::Default(module, value) => match test {
            ValueTest::Any | ValueTest::Dynamic | ValueTest::Built | ValueTest::Literal => false,
            test => view
                .evaluator
                .literals(module, value)
                .0
                .iter()
                .any(|literal| accepts(test, literal)),
        },
        Given::Missing | Given::Unknown => false,
    }
}

/// Whether a value passes a test: for constants, whether it may be one that does.
pub(crate) fn value_passes(
    evaluator: &Evaluator<'_>,
    module: ModuleId,
    value: hognose_python::ir::Operand,
    kind: Option<Kind>,
    test: &ValueTest,
) -> bool {
    match test {
        ValueTest::Any => true,
        ValueTest::Dynamic => evaluator.shape(module, value, kind) != Shape::Constant,
        ValueTest::Built => evaluator.shape(module, value, kind) == Shape::Built,
        // What is known of a text that is put together is how it begins.
        ValueTest::Matches(pattern)
            if pattern.is_match(&evaluator.constant_prefix(module, value)) =>
        {
            true
        }
        test => evaluator
            .literals(module, value)
            .0
            .iter()
            .any(|literal| accepts(test, literal)),
    }
}

/// Whether a constant passes a test.
pub(crate) fn accepts(test: &ValueTest, literal: &Literal) -> bool {
    let constant = match literal {
        Literal::None => Constant::None,
        Literal::Bool(value) => Constant::Bool(*value),
        Literal::Int(value) => Constant::Int(*value),
        Literal::Float(value) => Constant::Float(*value),
        Literal::Str(text) => Constant::Str(text.clone()),
        // A name is one of the values that a page lists, and no text.
        Literal::Name(name) => {
            return matches!(test, ValueTest::OneOf(listed) if listed.contains(&Constant::Str(name.clone())));
        }
    };
    test.accepts(&constant)
}

/// A constant as Python writes it, for people.
pub(crate) fn shown(literal: &Literal) -> String {
    match literal {
        Literal::None => "None".to_owned(),
        Literal::Bool(true) => "True".to_owned(),
        Literal::Bool(false) => "False".to_owned(),
        Literal::Int(value) => value.to_string(),
        Literal::Float(value) => value.to_string(),
        Literal::Str(text) | Literal::Name(text) => text.clone(),
    }
}

//! Regular expressions that an attacker can make slow.
//!
//! Each constant pattern that reaches a function of `re` (a port with one of the kinds in [`KINDS`]) is judged in the
//! way it is used. A compiled pattern is used where its name is: `NAME = re.compile(…)`, then `NAME.sub(…)`. Names are
//! compared within the module; a pattern whose use is not seen may be searched for.

use std::borrow::Cow;

use hognose_finding::{Confidence, Severity};
use hognose_python::Symbol;
use hognose_python::ir::{Argument, FunctionId, Op, Operand, OperandKind};
use hognose_taint::regex::{Attack, Flags, Use, Verdict, analyse, parse};
use hognose_taint::{CallView, Given, Shape, Value};
use rustc_hash::{FxHashMap, FxHashSet};

use super::Context;

/// The kinds of sink that take a pattern, and how they use it; `regex-compile` leaves that open.
const KINDS: &[(&str, Option<Use>)] = &[
    ("regex-compile", None),
    ("regex-match", Some(Use::Match)),
    ("regex-fullmatch", Some(Use::FullMatch)),
    ("regex-search", Some(Use::Search)),
    ("regex-scan", Some(Use::Scan)),
];

/// Methods of a compiled pattern, how they use it, and where among the arguments the text stands.
const METHODS: &[(&str, Use, usize)] = &[
    ("match", Use::Match, 0),
    ("fullmatch", Use::FullMatch, 0),
    ("search", Use::Search, 0),
    ("findall", Use::Scan, 0),
    ("finditer", Use::Scan, 0),
    ("split", Use::Scan, 0),
    ("sub", Use::Scan, 1),
    ("subn", Use::Scan, 1),
];

/// Callables with a port of one of these kinds, by their last names.
pub(crate) const FUNCTIONS: &[&str] = &[
    "compile",
    "match",
    "fullmatch",
    "search",
    "findall",
    "finditer",
    "split",
    "splititer",
    "sub",
    "subf",
    "subn",
    "template",
    "RegexValidator",
    "RegexField",
    "re_path",
    "url",
    "constr",
    "Field",
    "Query",
    "Path",
    "Header",
];

/// Texts of so many characters are matched soon, even where the time doubles with each.
const SHORT: u32 = 20;
/// Steps that nobody waits for.
const FEW_STEPS: u64 = 10_000_000;

/// Repetitions of the pump shown in a message.
const TIMES_EXPONENTIAL: usize = 50;
const TIMES_POLYNOMIAL: usize = 50_000;

/// A call with a constant pattern.
struct Site {
    /// Where the pattern is written: the call, or the variable of the module that holds it.
    written: u32,
    pattern: String,
    flags: Flags,
    is_bytes: bool,
    /// The ways it is used; empty if not seen.
    uses: Vec<Subject>,
    is_compiled: bool,
}

/// A use of a pattern, and the text it is used on.
#[derive(Clone, Copy)]
struct Subject {
    usage: Use,
    at: u32,
    text: Option<Operand>,
}

pub(super) fn run(context: &mut Context<'_, '_>) {
    let mut sites = Vec::new();
    let mut by_index: FxHashMap<u32, usize> = FxHashMap::default();
    let mut handed: Vec<(Operand, Subject)> = Vec::new();
    let ir = context.ir();
    for (index, &op) in ir.ops().iter().enumerate() {
        let index = index as u32;
        if op == Op::Call && is_wanted(context, ir.get(index).operand_a()) {
            site(context, index, &mut sites, &mut by_index, &mut handed);
        }
    }
    if sites.is_empty() {
        return;
    }
    let names = names(context, &by_index);
    for (pattern, subject) in handed {
        for site in compiled(context, pattern, &by_index, &names) {
            sites[site].uses.push(subject);
        }
    }
    for (index, &op) in ir.ops().iter().enumerate() {
        let index = index as u32;
        if op != Op::Call {
            continue;
        }
        let Some(callee) = ir
            .instruction(ir.get(index).operand_a())
            .filter(|callee| callee.op == Op::Attr)
        else {
            continue;
        };
        let name = callee.symbol_b();
        if !context.known.regex.contains(&name) {
            continue;
        }
        let name = context.text(name);
        let Some(&(_, usage, position)) = METHODS.iter().find(|(method, ..)| *method == name)
        else {
            continue;
        };
        for site in compiled(context, callee.operand_a(), &by_index, &names) {
            let text = argument(context, index, position);
            sites[site].uses.push(Subject {
                usage,
                at: index,
                text,
            });
        }
    }
    for site in &sites {
        report(context, site);
    }
}

/// Whether a callee may take a pattern, by its last name.
fn is_wanted(context: &Context<'_, '_>, callee: Operand) -> bool {
    let ir = context.ir();
    let name = match (ir.instruction(callee), callee.kind()) {
        (Some(instruction), _) => match instruction.op {
            Op::Attr => Some(instruction.symbol_b()),
            Op::Import => ir.imports[instruction.a as usize].name,
            _ => None,
        },
        (None, OperandKind::Global(name)) => Some(name),
        _ => None,
    };
    name.is_some_and(|name| context.known.regex.contains(&name))
}

/// Looks at one call: a pattern that is used at once, one that is compiled, or one that was compiled elsewhere.
fn site(
    context: &Context<'_, '_>,
    index: u32,
    sites: &mut Vec<Site>,
    by_index: &mut FxHashMap<u32, usize>,
    handed: &mut Vec<(Operand, Subject)>,
) {
    let evaluator = context.evaluator;
    let models = evaluator.program.models;
    let Some(view) = CallView::new(evaluator, context.module, index) else {
        return;
    };
    for port in view.ports() {
        let kind = KINDS.iter().find(|(name, _)| {
            models
                .kind(name)
                .is_some_and(|kind| port.sinks.contains(&kind))
        });
        let (Some(&(_, usage)), Given::Argument { value, .. }) = (kind, port.given) else {
            continue;
        };
        let subject = usage.map(|usage| {
            let after = if matches!(last_name(context, index), "sub" | "subn" | "subf") {
                2
            } else {
                1
            };
            // A validator or a field is given its text later.
            let text = argument(context, index, after).filter(|_| context.is_function_of_re(index));
            Subject {
                usage,
                at: index,
                text,
            }
        });
        match evaluator.constant_text(context.module, value) {
            Some(pattern) => {
                if by_index.insert(index, sites.len()).is_none() {
                    sites.push(Site {
                        written: written_at(context, value).unwrap_or(index),
                        pattern,
                        flags: flags(context, index),
                        is_bytes: matches!(value.kind(), OperandKind::Bytes(_)),
                        uses: subject.into_iter().collect(),
                        is_compiled: usage.is_none(),
                    });
                }
            }
            None => handed.extend(subject.map(|subject| (value, subject))),
        }
        return;
    }
}

/// The only assignment to the variable of the module that holds a pattern.
fn written_at(context: &Context<'_, '_>, pattern: Operand) -> Option<u32> {
    let OperandKind::Global(name) = pattern.kind() else {
        return None;
    };
    let ir = context.ir();
    let module = ir.function(FunctionId::MODULE);
    let mut bound = (module.start..module.end).filter(|&index| {
        let instruction = ir.get(index);
        instruction.op == Op::Bind && instruction.symbol_b() == name
    });
    match ir.export(FunctionId::MODULE, name)?.as_register() {
        Some(index) => (!matches!(ir.op(index), Op::Import | Op::Phi)).then_some(index),
        None => bound.next().filter(|_| bound.next().is_none()),
    }
}

impl Context<'_, '_> {
    /// Whether call `index` has the text beside the pattern, as the functions of `re` do.
    fn is_function_of_re(&self, index: u32) -> bool {
        METHODS
            .iter()
            .any(|(name, ..)| *name == last_name(self, index))
    }
}

/// How far the origin of a text is looked for.
const MAX_ORIGIN: u32 = 10;

/// Functions whose results the machine of the program itself wrote: commands, names of its files, its own code.
const OWN: &[&str] = &[
    "subprocess.run",
    "subprocess.check_output",
    "subprocess.getoutput",
    "subprocess.getstatusoutput",
    "subprocess.Popen",
    "asyncio.create_subprocess_exec",
    "asyncio.create_subprocess_shell",
    "os.popen",
    "os.uname",
    "os.listdir",
    "platform.platform",
    "platform.version",
    "platform.release",
    "inspect.getsource",
    "inspect.getdoc",
    "inspect.signature",
];

/// Whether a text comes from the machine itself: what a command printed, a file at a fixed place.
fn is_own(context: &Context<'_, '_>, text: Operand) -> bool {
    let ir = context.ir();
    let mut operand = text;
    for _ in 0..MAX_ORIGIN {
        let Some(instruction) = ir.instruction(operand) else {
            return false;
        };
        operand = match instruction.op {
            Op::Attr if context.text(instruction.symbol_b()) == "__doc__" => return true,
            Op::Attr
            | Op::Subscript
            | Op::Element
            | Op::Unpack
            | Op::UnpackRest
            | Op::Enter
            | Op::Await => instruction.operand_a(),
            Op::Call => {
                let callee = instruction.operand_a();
                if is_own_function(context, callee, instruction.b) {
                    return true;
                }
                // A method gives back what its object holds.
                match ir
                    .instruction(callee)
                    .filter(|callee| callee.op == Op::Attr)
                {
                    Some(method) => method.operand_a(),
                    None => return false,
                }
            }
            _ => return false,
        };
    }
    false
}

fn is_own_function(context: &Context<'_, '_>, callee: Operand, arguments: u32) -> bool {
    let project = context.evaluator.project();
    context
        .evaluator
        .values(context.module, callee)
        .iter()
        .any(|value| {
            let name = match *value {
                Value::Function(module, function) | Value::Class(module, function) => {
                    project.qualified_name(module, function)
                }
                Value::External(external) => project.external_name(external).to_owned(),
                _ => return false,
            };
            if name == "builtins.open" {
                let path = context.ir().arguments(arguments).next();
                return path.is_some_and(|(_, path)| {
                    context.evaluator.shape(context.module, path, None) == Shape::Constant
                });
            }
            OWN.contains(&name.as_str())
        })
}

fn last_name<'a>(context: &Context<'_, 'a>, index: u32) -> &'a str {
    let ir = context.ir();
    let callee = ir.get(index).operand_a();
    match (ir.instruction(callee), callee.kind()) {
        (Some(instruction), _) if instruction.op == Op::Attr => {
            context.text(instruction.symbol_b())
        }
        (Some(instruction), _) if instruction.op == Op::Import => ir.imports
            [instruction.a as usize]
            .name
            .map_or("", |name| context.text(name)),
        (None, OperandKind::Global(name)) => context.text(name),
        _ => "",
    }
}

/// The text given to a call, as the argument at a position or by the name `string`.
fn argument(context: &Context<'_, '_>, index: u32, position: usize) -> Option<Operand> {
    let ir = context.ir();
    let mut count = 0;
    for (kind, value) in ir.arguments(ir.get(index).b) {
        match kind {
            Argument::Named(name) if context.text(name) == "string" => return Some(value),
            Argument::Named(_) => {}
            Argument::Positional => {
                if count == position {
                    return Some(value);
                }
                count += 1;
            }
            _ => return None,
        }
    }
    None
}

/// The flags that a call gives, by the names of the constants of `re` in any of its arguments.
fn flags(context: &Context<'_, '_>, index: u32) -> Flags {
    let ir = context.ir();
    let mut flags = Flags::default();
    let mut left: Vec<Operand> = ir
        .arguments(ir.get(index).b)
        .map(|(_, value)| value)
        .collect();
    for _ in 0..32 {
        let Some(operand) = left.pop() else { break };
        let name = match (ir.instruction(operand), operand.kind()) {
            (Some(instruction), _) => match instruction.op {
                Op::BitOr => {
                    left.extend([instruction.operand_a(), instruction.operand_b()]);
                    continue;
                }
                Op::Attr => Some(instruction.symbol_b()),
                Op::Import => ir.imports[instruction.a as usize].name,
                _ => None,
            },
            (None, OperandKind::Global(name)) => Some(name),
            _ => None,
        };
        let added = match name.map(|name| context.text(name)) {
            Some("I" | "IGNORECASE") => Flags::IGNORE_CASE,
            Some("M" | "MULTILINE") => Flags::MULTI_LINE,
            Some("S" | "DOTALL") => Flags::DOT_ALL,
            Some("X" | "VERBOSE") => Flags::VERBOSE,
            Some("A" | "ASCII") => Flags::ASCII,
            _ => continue,
        };
        flags = flags.with(added);
    }
    flags
}

/// The compiled patterns that each name of the module may mean: of variables, of attributes.
fn names(
    context: &Context<'_, '_>,
    by_index: &FxHashMap<u32, usize>,
) -> FxHashMap<Symbol, FxHashSet<usize>> {
    let ir = context.ir();
    let mut names: FxHashMap<Symbol, FxHashSet<usize>> = FxHashMap::default();
    let mut add = |name: Symbol, value: Operand| {
        if let Some(site) = value.as_register().and_then(|at| by_index.get(&at)) {
            names.entry(name).or_default().insert(*site);
        }
    };
    for function in 0..ir.functions.len() as u32 {
        for (name, value) in ir.assigned_names(FunctionId(function)) {
            add(name, value);
        }
    }
    for index in 0..ir.len() as u32 {
        match ir.op(index) {
            Op::StoreAttr => {
                let (name, value) = ir.stored_attr(ir.get(index).b);
                add(name, value);
            }
            Op::StoreGlobal => add(ir.get(index).symbol_a(), ir.get(index).operand_b()),
            _ => {}
        }
    }
    names
}

/// The compiled patterns that an operand may be, in order.
fn compiled(
    context: &Context<'_, '_>,
    operand: Operand,
    by_index: &FxHashMap<u32, usize>,
    names: &FxHashMap<Symbol, FxHashSet<usize>>,
) -> Vec<usize> {
    if let Some(site) = operand.as_register().and_then(|at| by_index.get(&at)) {
        return vec![*site];
    }
    let name = match (context.ir().instruction(operand), operand.kind()) {
        (Some(instruction), _) if matches!(instruction.op, Op::Attr | Op::Phi) => {
            Some(instruction.symbol_b())
        }
        (None, OperandKind::Global(name)) => Some(name),
        _ => None,
    };
    let mut sites: Vec<usize> = name
        .and_then(|name| names.get(&name))
        .map(|sites| sites.iter().copied().collect())
        .unwrap_or_default();
    sites.sort_unstable();
    sites
}

fn report(context: &mut Context<'_, '_>, site: &Site) {
    let Some(pattern) = parse(&site.pattern, site.flags, site.is_bytes) else {
        return;
    };
    // What is only used on texts of the program's own is nobody's to attack.
    let open: Vec<Subject> = site
        .uses
        .iter()
        .copied()
        .filter(|subject| {
            subject.text.is_none_or(|text| {
                context.evaluator.shape(context.module, text, None) != Shape::Constant
                    && !is_own(context, text)
            })
        })
        .collect();
    if open.is_empty() && !site.uses.is_empty() {
        return;
    }
    let mut usages: Vec<Use> = open.iter().map(|subject| subject.usage).collect();
    if usages.is_empty() {
        usages.push(Use::Search);
    }
    usages.sort_unstable();
    usages.dedup();
    // Anchored, a pattern costs at most what it costs anywhere.
    let judged: Vec<(Use, Verdict)> = usages
        .iter()
        .map(|&usage| (usage, analyse(&pattern, usage)))
        .collect();
    let Some((usage, verdict)) = judged
        .into_iter()
        .max_by_key(|(_, verdict)| weight(verdict))
    else {
        return;
    };
    let Some(attack) = verdict.attack() else {
        return;
    };
    let longest = open
        .iter()
        .map(|subject| longest(context, subject))
        .collect::<Option<Vec<u32>>>()
        .and_then(|all| all.into_iter().max());
    if let Some(length) = longest
        && match verdict.degree() {
            None => length <= SHORT,
            Some(degree) => u64::from(length).saturating_pow(degree) <= FEW_STEPS,
        }
    {
        return;
    }
    let Some(degree) = verdict.degree() else {
        show(
            context,
            site,
            attack,
            "exponentially".into(),
            (Severity::High, Confidence::Confirmed),
        );
        return;
    };
    let growth: Cow<'static, str> = match degree {
        2 => "with the square of its length".into(),
        3 => "with the cube of its length".into(),
        more => format!("with the {more}th power of its length").into(),
    };
    let is_remote = open
        .iter()
        .any(|subject| comes_from_outside(context, subject));
    // Many patterns take quadratic time when looked for everywhere, and little is ever made of it: one needs texts of
    // some ten thousand characters. It is worth saying where the text comes from outside, or where a run of blanks
    // does it, which nobody who wrote the pattern thought of.
    let anywhere = matches!(usage, Use::Search | Use::Scan);
    let is_seen = !site.is_compiled || !site.uses.is_empty();
    let likely = degree > 2
        || is_remote
        || is_seen && (!anywhere || attack.pump.chars().all(char::is_whitespace));
    let confidence = if likely {
        Confidence::Likely
    } else {
        Confidence::Possible
    };
    show(
        context,
        site,
        attack,
        growth,
        (Severity::Medium, confidence),
    );
}

/// The most characters that a text has which is cut: `text[:20]`.
fn longest(context: &Context<'_, '_>, subject: &Subject) -> Option<u32> {
    let ir = context.ir();
    let cut = ir
        .instruction(subject.text?)
        .filter(|cut| cut.op == Op::Subscript)?;
    let slice = ir
        .instruction(cut.operand_b())
        .filter(|slice| slice.op == Op::Slice)?;
    let bound = |at: u32| ir.extra_operand((slice.a + at) as usize).kind();
    let from = match bound(0) {
        OperandKind::None => 0,
        OperandKind::Int(from) => u32::try_from(from).ok()?,
        _ => return None,
    };
    match bound(1) {
        OperandKind::Int(to) => Some(u32::try_from(to).ok()?.saturating_sub(from)),
        _ => None,
    }
}

/// Orders verdicts, the worst last.
fn weight(verdict: &Verdict) -> u32 {
    match verdict {
        Verdict::Exponential { .. } => u32::MAX,
        Verdict::Polynomial { degree, .. } => *degree,
        Verdict::Safe | Verdict::TooLarge => 0,
    }
}

/// Whether the text comes with a request.
fn comes_from_outside(context: &Context<'_, '_>, subject: &Subject) -> bool {
    let models = context.evaluator.program.models;
    let (source, sink) = (models.kind("remote-input"), models.kind("regex-text"));
    context
        .flows
        .at(context.module, subject.at)
        .iter()
        .any(|flow| Some(flow.source) == source && Some(flow.sink) == sink)
}

fn show(
    context: &mut Context<'_, '_>,
    site: &Site,
    attack: &Attack,
    growth: Cow<'static, str>,
    (severity, confidence): (Severity, Confidence),
) {
    let times = if severity == Severity::High {
        TIMES_EXPONENTIAL
    } else {
        TIMES_POLYNOMIAL
    };
    let place = context.report(site.written);
    place.value = Some(attack.expression(times, site.is_bytes).into());
    place.name = Some(growth.into_owned());
    place.severity = Some(severity);
    place.confidence = Some(confidence);
}

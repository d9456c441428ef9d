//! What a condition says of the values in it.

use std::sync::Arc;

use hognose_python::ir::{Argument, Compare, Op, Operand, OperandKind};

use super::harm::{ALL, DOTLESS, NO_LINE_FEED, NO_RETURN, NORMAL, RELATIVE};
use super::heap::{Fact, Shape, State, Subject};
use super::machine::Machine;
use super::value::{Kinds, Label, Value, What};
use crate::regex::{Accepted, CharSet};

/// How deep a condition is taken apart.
const MAX_DEPTH: u32 = 12;

impl<'a> Machine<'_, 'a> {
    /// Adds to `state` what holds where `condition` is `polarity`. Whether that can be.
    pub(super) fn refine(&mut self, state: &mut State, condition: Operand, polarity: bool) -> bool {
        self.refine_at(state, condition, polarity, 0)
    }

    pub(super) fn refine_at(
        &mut self,
        state: &mut State,
        condition: Operand,
        holds: bool,
        depth: u32,
    ) -> bool {
        let value = self.read(state, condition);
        if let Some(truth) = self.truth(state, &value)
            && truth != holds
        {
            return false;
        }
        let Some(index) = condition.as_register() else {
            return true;
        };
        if depth > MAX_DEPTH || self.register(index).is_none() {
            return true;
        }
        let ir = self.ir();
        if !self.agree(ir, state, index, holds) {
            return false;
        }
        let instruction = ir.get(index);
        match instruction.op {
            Op::Not => self.refine_at(state, instruction.operand_a(), !holds, depth + 1),
            Op::And | Op::Or if (instruction.op == Op::And) == holds => {
                self.refine_at(state, instruction.operand_a(), holds, depth + 1)
                    && self.refine_at(state, instruction.operand_b(), holds, depth + 1)
            }
            Op::And | Op::Or => {
                // One of the two decided it.
                let mut first = state.clone();
                let mut second = state.clone();
                let a = self.refine_at(&mut first, instruction.operand_a(), holds, depth + 1);
                let b = self.refine_at(&mut second, instruction.operand_a(), !holds, depth + 1)
                    && self.refine_at(&mut second, instruction.operand_b(), holds, depth + 1);
                match (a, b) {
                    (true, true) => {
                        first.join(&second);
                        *state = first;
                    }
                    (true, false) => *state = first,
                    (false, true) => *state = second,
                    (false, false) => return false,
                }
                true
            }
            Op::Compare => {
                self.comparison_facts(ir, state, index, holds);
                true
            }
            Op::Call => {
                self.call_facts(ir, state, index, holds);
                true
            }
            Op::Phi => {
                self.phi_facts(ir, state, index, holds, depth);
                true
            }
            _ => {
                if !holds
                    && value
                        .taint
                        .marks()
                        .iter()
                        .any(|mark| !matches!(mark.label, Label::Store { .. }))
                {
                    // What is empty does no harm.
                    self.fact(state, condition, ALL);
                }
                true
            }
        }
    }

    /// A flag that was set on the ways where something held.
    fn phi_facts(
        &mut self,
        ir: &'a hognose_python::Ir,
        state: &mut State,
        index: u32,
        holds: bool,
        depth: u32,
    ) {
        let mut joined: Option<State> = None;
        for (operand, from) in ir.phi(ir.get(index).a) {
            let Some(end) = self.end_of(from) else {
                continue;
            };
            let mut end = end.clone();
            if end.facts.is_empty() {
                end.facts = Arc::default();
            }
            let known = match operand.as_register() {
                Some(register) if self.register(register).is_none() => continue,
                Some(_) => {
                    let mut then = end.clone();
                    if !self.refine_at(&mut then, operand, holds, depth + 4) {
                        continue;
                    }
                    end = then;
                    None
                }
                None => {
                    let value = self.read(&mut end.clone(), operand);
                    self.truth(&end, &value)
                }
            };
            if known.is_some_and(|truth| truth != holds) {
                continue;
            }
            match &mut joined {
                None => joined = Some(end),
                Some(joined) => joined.join(&end),
            }
        }
        if let Some(joined) = joined {
            for fact in joined.facts.iter() {
                state.add_fact(fact.clone());
            }
        }
    }

    /// State at the end of a block of the function that is being run.
    pub(super) fn end_of(&self, block: u32) -> Option<&State> {
        self.frame().end_of(block)
    }

    /// An operand is harmless for some kinds from here on, and so is what it says the same of.
    pub(super) fn fact(&mut self, state: &mut State, operand: Operand, kinds: Kinds) {
        let mut next = Some((operand, kinds));
        for _ in 0..MAX_DEPTH {
            let Some((operand, kinds)) = next else {
                return;
            };
            self.own_fact(state, operand, kinds);
            next = self.says_the_same(operand, kinds);
        }
    }

    /// The value that a test of `operand` was about as well, and for which kinds: `str(x)`, `x.lower()` and `x.strip()`
    /// are as harmless as `x`; where a path leads is where it leads when it is written out.
    fn says_the_same(&self, operand: Operand, kinds: Kinds) -> Option<(Operand, Kinds)> {
        let ir = self.ir();
        let call = ir.instruction(operand)?;
        if call.op == Op::Attr && self.engine.project.text(call.symbol_b()) == "parts" {
            // None of the parts of a path.
            return (kinds & DOTLESS != 0).then_some((call.operand_a(), DOTLESS));
        }
        if call.op != Op::Call {
            return None;
        }
        let first = || {
            ir.arguments(call.b)
                .next()
                .filter(|(kind, _)| *kind == Argument::Positional)
                .map(|(_, argument)| argument)
        };
        let (name, receiver) = match ir.instruction(call.operand_a()) {
            Some(callee) if callee.op == Op::Attr => (callee.symbol_b(), Some(callee.operand_a())),
            Some(_) => return None,
            None => match call.operand_a().kind() {
                OperandKind::Global(name) => (name, None),
                _ => return None,
            },
        };
        let name = self.engine.project.text(name);
        let paths = self.engine.sinks.file_path | self.engine.sinks.path_like;
        if normalises(name) {
            // `os.path.realpath(path)`, `path.resolve()`
            let subject = first().or(receiver)?;
            return (kinds & paths != 0).then_some((subject, kinds & paths));
        }
        match (name, receiver) {
            ("lower" | "upper" | "strip" | "casefold" | "decode" | "encode" | "title", Some(_)) => {
                Some((receiver?, kinds))
            }
            // `name.split("/")`
            ("split", Some(_)) if kinds & DOTLESS != 0 => Some((receiver?, DOTLESS)),
            ("str" | "set" | "list" | "frozenset" | "fspath" | "Path" | "PurePath", _) => {
                Some((first()?, kinds))
            }
            _ => None,
        }
    }

    fn own_fact(&mut self, state: &mut State, operand: Operand, kinds: Kinds) {
        let Some(index) = operand.as_register() else {
            // A global variable.
            let value = self.read(state, operand);
            if value.whole {
                for mark in value.taint.marks() {
                    state.add_fact(Fact {
                        subject: Subject::Label(mark.label),
                        kinds,
                        exactly: None,
                    });
                }
            }
            return;
        };
        state.add_fact(Fact {
            subject: Subject::Register(index),
            kinds,
            exactly: None,
        });
        if let Some(value) = self.register(index)
            && value.whole
        {
            let labels: Vec<Label> = value.taint.marks().iter().map(|mark| mark.label).collect();
            for label in labels {
                state.add_fact(Fact {
                    subject: Subject::Label(label),
                    kinds,
                    exactly: None,
                });
            }
        }
        self.combine(state, index);
    }

    /// Two half guards make a whole one: no `..` and not absolute; begins with `/` and not with `//`.
    pub(super) fn combine(&mut self, state: &mut State, index: u32) {
        let mut together: Kinds = 0;
        for fact in state.facts.iter() {
            if fact.subject == Subject::Register(index) {
                together |= fact.kinds;
            }
        }
        let more = self.engine.complete(together) & !together;
        if more != 0 {
            state.add_fact(Fact {
                subject: Subject::Register(index),
                kinds: more,
                exactly: None,
            });
            if let Some(value) = self.register(index)
                && value.whole
            {
                let labels: Vec<Label> =
                    value.taint.marks().iter().map(|mark| mark.label).collect();
                for label in labels {
                    state.add_fact(Fact {
                        subject: Subject::Label(label),
                        kinds: more,
                        exactly: None,
                    });
                }
            }
        }
    }

    fn comparison_facts(
        &mut self,
        ir: &'a hognose_python::Ir,
        state: &mut State,
        index: u32,
        holds: bool,
    ) {
        let (operator, left, right) = ir.comparison(ir.get(index).a);
        let a = self.read(state, left);
        let b = self.read(state, right);
        self.compared_answer(ir, state, (left, &a), (right, &b), operator, holds);
        match (operator, holds) {
            (Compare::Eq | Compare::Is, true) | (Compare::NotEq | Compare::IsNot, false) => {
                for (operand, other) in [(left, &b), (right, &a)] {
                    // What is equal to something harmless: `os.path.basename(name) == name`.
                    let shared = other
                        .taint
                        .marks()
                        .iter()
                        .fold(ALL, |all, mark| all & mark.clean);
                    if !other.taint.is_clean() && shared != 0 {
                        self.fact(state, operand, shared);
                    }
                    let is_constant = self.is_written_here(state, other);
                    if is_constant {
                        self.exactly(state, operand, other);
                    }
                    // A host of the program, of the request itself or of the configuration.
                    if is_constant || other.taint.is_clean() {
                        let hosts = self.hosts_of(ir, operand);
                        for subject in hosts {
                            let kinds = self.engine.sinks.url | self.engine.sinks.redirect;
                            self.fact(state, subject, kinds);
                        }
                    }
                    self.common_path(ir, state, operand);
                }
            }
            (Compare::Eq, false) | (Compare::NotEq, true) => {
                // `part != ".."`, for the parts of a path.
                for (operand, other) in [(left, &b), (right, &a)] {
                    let is_part = ir
                        .instruction(operand)
                        .is_some_and(|element| element.op == Op::Element);
                    if is_part && self.as_text(&other.what) == Some("..") {
                        self.fact(state, operand, DOTLESS);
                    }
                }
            }
            (Compare::Lt | Compare::LtE, true) => {
                // `set(text) <= ALLOWED`
                let is_set = ir.instruction(left).is_some_and(|call| {
                    call.op == Op::Call
                        && matches!(call.operand_a().kind(), OperandKind::Global(name)
                            if matches!(self.engine.project.text(name), "set" | "frozenset"))
                });
                if is_set && self.is_allow_list(state, &b) {
                    self.fact(state, left, ALL);
                }
            }
            (Compare::In, true) | (Compare::NotIn, false) => {
                if let Some(text) = self.as_text(&b.what).map(str::to_owned) {
                    // A part of a constant text, a character of it above all.
                    let kinds = self
                        .engine
                        .accepted_kinds(&Accepted::over(characters(&text)));
                    self.fact(state, left, kinds);
                }
                if self.is_allow_list(state, &b) {
                    self.fact(state, left, ALL);
                    let hosts = self.hosts_of(ir, left);
                    for subject in hosts {
                        let kinds = self.engine.sinks.url | self.engine.sinks.redirect;
                        self.fact(state, subject, kinds);
                    }
                }
                // `root in path.parents`
                if let Some(attribute) = ir.instruction(right).filter(|right| right.op == Op::Attr)
                    && self.engine.project.text(attribute.symbol_b()) == "parents"
                    && self.is_normal(state, attribute.operand_a())
                {
                    let kinds = self.engine.sinks.file_path;
                    self.fact(state, attribute.operand_a(), kinds);
                }
            }
            (Compare::In, false) | (Compare::NotIn, true) => {
                // `".." in path`, `"/" in name`
                if let Some(text) = self.as_text(&a.what).map(str::to_owned) {
                    let kinds = absent(&text);
                    if kinds != 0 {
                        self.fact(state, right, kinds);
                        // `".." in path.split("/")`, `".." in path.parts`
                        if let Some(instruction) = ir.instruction(right) {
                            let base = match instruction.op {
                                Op::Call => ir
                                    .instruction(instruction.operand_a())
                                    .filter(|callee| callee.op == Op::Attr)
                                    .map(hognose_python::ir::Instruction::operand_a),
                                Op::Attr => Some(instruction.operand_a()),
                                _ => None,
                            };
                            if let Some(base) = base {
                                self.fact(state, base, kinds);
                            }
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// What a comparison of an answer with a constant says of the answer: `PATTERN.match(x) is not None`,
    /// `check(x) == True`, `x.find("..") == -1`.
    fn compared_answer(
        &mut self,
        ir: &'a hognose_python::Ir,
        state: &mut State,
        left: (Operand, &Value),
        right: (Operand, &Value),
        operator: Compare,
        holds: bool,
    ) {
        for ((answer, _), (_, constant)) in [(left, right), (right, left)] {
            let Some(call) = ir.instruction(answer).filter(|call| call.op == Op::Call) else {
                continue;
            };
            let is_equal = match operator {
                Compare::Eq | Compare::Is => holds,
                Compare::NotEq | Compare::IsNot => !holds,
                _ => continue,
            };
            let truth = match &constant.what {
                What::None => !is_equal,
                What::Bool(value) => *value == is_equal,
                What::Int(number) => {
                    let Some(callee) = ir
                        .instruction(call.operand_a())
                        .filter(|callee| callee.op == Op::Attr)
                    else {
                        continue;
                    };
                    let method = self.engine.project.text(callee.symbol_b());
                    let is_absent = is_equal
                        && matches!((method, number), ("find" | "rfind", -1) | ("count", 0));
                    let Some((_, part)) = ir.arguments(call.b).next().filter(|_| is_absent) else {
                        continue;
                    };
                    let part = self.read(state, part);
                    let kinds = self.as_text(&part.what).map_or(0, absent);
                    if kinds != 0 {
                        self.fact(state, callee.operand_a(), kinds);
                    }
                    continue;
                }
                _ => continue,
            };
            if let Some(index) = answer.as_register()
                && self.register(index).is_some()
            {
                self.call_facts(ir, state, index, truth);
            }
        }
    }

    /// Whether a value is one that the program says: a constant, or an unknown that does not come from outside.
    fn is_written_here(&self, state: &State, value: &Value) -> bool {
        value.taint.is_clean()
            && match &value.what {
                What::Symbol(_) | What::Str(_) | What::Int(_) | What::None | What::Bool(_) => true,
                What::Choice(all) => all
                    .iter()
                    .all(|what| self.is_written_here(state, &Value::new(what.clone()))),
                _ => false,
            }
    }

    pub(super) fn is_allow_list(&self, state: &State, value: &Value) -> bool {
        match &value.what {
            // `x in "abc"` looks for a part of a text.
            What::Symbol(_) | What::Str(_) | What::Text(_) => false,
            What::Object(id) => state.object(*id).is_some_and(|object| {
                let clean = |value: &Value| {
                    value
                        .taint
                        .marks()
                        .iter()
                        .all(|mark| matches!(mark.label, Label::Store { .. }))
                };
                matches!(
                    object.shape,
                    Shape::List | Shape::Tuple | Shape::Set | Shape::Dict | Shape::Iterator
                ) && object.taint.is_clean()
                    && (object.shape == Shape::Dict
                        || object.items.iter().flatten().all(clean)
                            && object.rest.iter().all(clean))
            }),
            What::Choice(all) => all
                .iter()
                .all(|what| self.is_allow_list(state, &Value::new(what.clone()))),
            // A list of the configuration, of the database: not the user's.
            What::Top | What::Instance(..) | What::Typed(..) | What::Class(..) => value
                .taint
                .marks()
                .iter()
                .all(|mark| matches!(mark.label, Label::Store { .. })),
            _ => false,
        }
    }

    fn exactly(&mut self, state: &mut State, operand: Operand, value: &Value) {
        let Some(index) = operand.as_register() else {
            return;
        };
        self.fact(state, operand, ALL);
        if !matches!(value.what, What::Choice(_)) {
            state.add_fact(Fact {
                subject: Subject::Register(index),
                kinds: ALL,
                exactly: Some(value.what.clone()),
            });
        }
    }

    /// The URLs whose host an operand is: `urlsplit(url).hostname`, also `.netloc`, and `url` for `parsed.netloc`.
    pub(super) fn hosts_of(
        &mut self,
        ir: &'a hognose_python::Ir,
        operand: Operand,
    ) -> Vec<Operand> {
        let mut found = Vec::new();
        let mut operand = operand;
        // `parsed.hostname.lower()`
        for _ in 0..MAX_DEPTH {
            match ir
                .instruction(operand)
                .filter(|call| call.op == Op::Call)
                .and_then(|call| ir.instruction(call.operand_a()))
            {
                Some(callee) if callee.op == Op::Attr => operand = callee.operand_a(),
                _ => break,
            }
        }
        let Some(attribute) = ir.instruction(operand) else {
            return found;
        };
        let base = match attribute.op {
            Op::Attr
                if matches!(
                    self.engine.project.text(attribute.symbol_b()),
                    "hostname" | "netloc" | "host"
                ) =>
            {
                attribute.operand_a()
            }
            // `urlparse(url)[1]`
            Op::Subscript
                if attribute.operand_b().kind() == hognose_python::ir::OperandKind::Int(1) =>
            {
                attribute.operand_a()
            }
            _ => return found,
        };
        found.push(base);
        if let Some(parsed) = ir.instruction(base).filter(|parsed| parsed.op == Op::Call) {
            found.extend(ir.arguments(parsed.b).next().map(|(_, url)| url));
        }
        found
    }

    /// `commonpath([root, path]) == root`
    fn common_path(&mut self, ir: &'a hognose_python::Ir, state: &mut State, operand: Operand) {
        let Some(call) = ir.instruction(operand).filter(|call| call.op == Op::Call) else {
            return;
        };
        let name = match ir.instruction(call.operand_a()) {
            Some(callee) if callee.op == Op::Attr => callee.symbol_b(),
            Some(_) => return,
            None => match call.operand_a().kind() {
                hognose_python::ir::OperandKind::Global(name) => name,
                _ => return,
            },
        };
        if self.engine.project.text(name) != "commonpath" {
            return;
        }
        let Some((_, list)) = ir.arguments(call.b).next() else {
            return;
        };
        let items: Vec<Operand> = match ir.instruction(list) {
            Some(display) if matches!(display.op, Op::List | Op::Tuple) => {
                ir.list(display.a).collect()
            }
            _ => return,
        };
        for item in items {
            if self.is_normal(state, item) {
                let kinds = self.engine.sinks.file_path;
                self.fact(state, item, kinds);
            }
        }
    }

    /// Whether a path was normalised before.
    pub(super) fn is_normal(&mut self, state: &mut State, operand: Operand) -> bool {
        let value = self.read(state, operand);
        let taint = state.deep_taint(&value);
        !taint.is_clean() && taint.marks().iter().all(|mark| mark.clean & NORMAL != 0)
    }

    /// A value that reads the same expression as one that a guard was about is guarded, too.
    pub(super) fn refined_like(
        &mut self,
        ir: &'a hognose_python::Ir,
        index: u32,
        state: &State,
        mut value: Value,
    ) -> Value {
        if state.facts.is_empty() || value.taint.is_clean() {
            return value;
        }
        let mut kinds: Kinds = 0;
        for fact in state.facts.iter() {
            if let Subject::Register(register) = fact.subject
                && register != index
                && self.register(register).is_some()
                && same(
                    ir,
                    Operand::from_register(index),
                    Operand::from_register(register),
                    0,
                )
            {
                if let Some(what) = &fact.exactly {
                    return Value::new(what.clone());
                }
                kinds |= fact.kinds;
            }
        }
        value.taint = value.taint.cleaned(kinds);
        value
    }
}

/// Whether two operands are the same expression over the same values.
pub(super) fn same(ir: &hognose_python::Ir, a: Operand, b: Operand, depth: u32) -> bool {
    if a == b {
        return true;
    }
    let (Some(first), Some(second)) = (ir.instruction(a), ir.instruction(b)) else {
        return false;
    };
    if depth > 6 || first.op != second.op {
        return false;
    }
    match first.op {
        Op::Attr | Op::Subscript => {
            first.b == second.b && same(ir, first.operand_a(), second.operand_a(), depth + 1)
        }
        Op::Call => {
            let arguments = |extra| ir.arguments(extra).collect::<Vec<(Argument, Operand)>>();
            arguments(first.b) == arguments(second.b)
                && same(ir, first.operand_a(), second.operand_a(), depth + 1)
        }
        _ => false,
    }
}

/// What a text is harmless for in which this part does not occur.
pub(super) fn absent(part: &str) -> Kinds {
    match part {
        ".." => DOTLESS,
        "/" => RELATIVE | DOTLESS,
        "\n" => NO_LINE_FEED,
        "\r" => NO_RETURN,
        _ => 0,
    }
}

/// The characters of a text.
pub(super) fn characters(text: &str) -> CharSet {
    CharSet::of_ranges(
        text.chars()
            .map(|character| (u32::from(character), u32::from(character)))
            .collect(),
    )
}

/// Names of functions that normalise a path.
pub(super) fn normalises(name: &str) -> bool {
    matches!(
        name,
        "realpath" | "abspath" | "normpath" | "resolve" | "absolute"
    )
}

//! What the result of a test says of its arguments: prefixes, patterns, helpers, models.

use hognose_python::ir::{Argument, Compare, FunctionId, Op, Operand};
use hognose_python::{ModuleId, Project, Target};

use super::call::Given;
use super::guard::{absent, characters};
use super::harm::{ALL, NOT_DOUBLE, RELATIVE, ROOTED};
use super::heap::{Fact, State, Subject};
use super::machine::{Guards, Machine};
use super::value::{Kinds, Label, TextPart, Value, What};
use crate::regex::{Accepted, Flags, charset};

impl<'a> Machine<'_, 'a> {
    pub(super) fn call_facts(
        &mut self,
        ir: &'a hognose_python::Ir,
        state: &mut State,
        index: u32,
        holds: bool,
    ) {
        // What a helper says.
        if let Some(guards) = self.frame().call_facts.get(&index) {
            let says = if holds {
                &guards.on_true
            } else {
                &guards.on_false
            };
            for fact in says.clone().into_iter().flatten() {
                if fact.kinds != 0 {
                    state.add_fact(fact.clone());
                    if let Subject::Register(register) = fact.subject {
                        self.combine(state, register);
                    }
                }
            }
        }
        let instruction = ir.get(index);
        let Some(callee) = ir.instruction(instruction.operand_a()) else {
            self.builtin_facts(ir, state, index, holds);
            return;
        };
        if callee.op != Op::Attr {
            return;
        }
        let subject = callee.operand_a();
        let name = self.engine.project.text(callee.symbol_b());
        let first = ir.arguments(instruction.b).next().map(|(_, first)| first);
        match (name, holds) {
            (
                "isalnum" | "isalpha" | "isdigit" | "isdecimal" | "isnumeric" | "isidentifier",
                true,
            ) => {
                self.fact(state, subject, ALL);
                self.replaced_fact(ir, state, subject);
            }
            ("is_relative_to", true) if self.is_normal(state, subject) => {
                let kinds = self.engine.sinks.file_path;
                self.fact(state, subject, kinds);
            }
            ("is_absolute", false) => self.fact(state, subject, RELATIVE),
            ("isabs", false) => {
                if let Some(first) = first {
                    self.fact(state, first, RELATIVE);
                }
            }
            ("startswith", _) => {
                if let Some(first) = first {
                    self.prefix_facts(state, subject, first, holds);
                }
            }
            ("endswith", true) => {
                if let Some(first) = first {
                    self.suffix_facts(ir, state, subject, first);
                }
            }
            ("issubset", true) => {
                if let Some(first) = first {
                    let list = self.read(state, first);
                    if self.is_allow_list(state, &list) {
                        self.fact(state, subject, ALL);
                    } else if let Some(text) = self.as_text(&list.what) {
                        let over = Accepted::over(characters(text));
                        let kinds = self.engine.accepted_kinds(&over);
                        self.fact(state, subject, kinds);
                    }
                }
            }
            ("match" | "fullmatch" | "search", true) => {
                self.pattern_facts(ir, state, index, name);
            }
            _ => {}
        }
    }

    /// `text.replace("-", "").isalnum()`: the text has what was replaced besides.
    fn replaced_fact(&mut self, ir: &'a hognose_python::Ir, state: &mut State, tested: Operand) {
        let mut at = tested;
        let mut besides = String::new();
        for _ in 0..8 {
            let Some(call) = ir.instruction(at).filter(|call| call.op == Op::Call) else {
                break;
            };
            let Some(callee) = ir.instruction(call.operand_a()).filter(|callee| {
                callee.op == Op::Attr
                    && matches!(
                        self.engine.project.text(callee.symbol_b()),
                        "replace" | "strip" | "lstrip" | "rstrip"
                    )
            }) else {
                break;
            };
            let Some((_, replaced)) = ir.arguments(call.b).next() else {
                break;
            };
            let replaced = self.read(state, replaced);
            let Some(text) = self.as_text(&replaced.what) else {
                break;
            };
            besides.push_str(text);
            at = callee.operand_a();
        }
        if at != tested {
            let all = charset::word(false).union(&characters(&besides));
            let kinds = self.engine.accepted_kinds(&Accepted::over(all));
            self.fact(state, at, kinds);
        }
    }

    /// `urlsplit(url).hostname.endswith(".example.org")`: a host below one of the program's.
    fn suffix_facts(
        &mut self,
        ir: &'a hognose_python::Ir,
        state: &mut State,
        subject: Operand,
        suffix: Operand,
    ) {
        let value = self.read(state, suffix);
        let suffixes = match self.exact_items(state, &value) {
            Some(items) => items,
            None => vec![value],
        };
        let is_domain = |value: &Value| match &value.what {
            What::Text(parts) => {
                matches!(parts.first(), Some(TextPart::Literal(text)) if text.starts_with('.'))
                    && value.taint.is_clean()
            }
            what => self
                .as_text(what)
                .is_some_and(|text| text.starts_with('.') && text.len() > 1),
        };
        if suffixes.is_empty() || !suffixes.iter().all(is_domain) {
            return;
        }
        let kinds = self.engine.sinks.url | self.engine.sinks.redirect;
        for subject in self.hosts_of(ir, subject) {
            self.fact(state, subject, kinds);
        }
    }

    /// `value.startswith(prefix)`
    fn prefix_facts(&mut self, state: &mut State, subject: Operand, prefix: Operand, holds: bool) {
        let value = self.read(state, prefix);
        let text = self.as_text(&value.what).map(str::to_owned);
        // A tuple of prefixes that it does not begin with.
        let all: Vec<String> = match (&text, self.exact_items(state, &value)) {
            (Some(text), _) => vec![text.clone()],
            (None, Some(items)) => items
                .iter()
                .filter_map(|item| self.as_text(&item.what).map(str::to_owned))
                .collect(),
            (None, None) => Vec::new(),
        };
        let sinks = &self.engine.sinks;
        let (url, redirect, file_path, argv) =
            (sinks.url, sinks.redirect, sinks.file_path, sinks.argv);
        if !holds {
            let mut kinds: Kinds = 0;
            for prefix in &all {
                match prefix.as_str() {
                    "-" => kinds |= argv,
                    "/" => kinds |= RELATIVE,
                    "//" => kinds |= NOT_DOUBLE,
                    ".." => {}
                    _ => {}
                }
            }
            if kinds != 0 {
                self.fact(state, subject, kinds);
            }
            return;
        }
        let fixed = |prefix: &str| {
            prefix
                .split_once("://")
                .is_some_and(|(_, rest)| rest.find(['/', '?', '#']).is_some_and(|end| end > 0))
        };
        if !all.is_empty() && all.iter().all(|prefix| fixed(prefix)) {
            self.fact(state, subject, url | redirect);
        }
        // `f"https://{host}/"`
        if let What::Text(parts) = &value.what
            && matches!(parts.last(), Some(TextPart::Literal(text)) if text.ends_with('/'))
            && let Some(kind) = self.engine.program.models.kind("url")
            && self.engine.is_fixed(kind, &super::witness::owned(parts))
            && value
                .taint
                .marks()
                .iter()
                .all(|mark| matches!(mark.label, Label::Store { .. }))
        {
            self.fact(state, subject, url | redirect);
        }
        if !all.is_empty()
            && all.iter().all(|prefix| {
                prefix.starts_with('/')
                    && prefix.len() > 1
                    && !prefix.starts_with("//")
                    && !prefix.starts_with("/\\")
            })
        {
            self.fact(state, subject, redirect);
        }
        if all.iter().any(|prefix| prefix == "/") {
            self.fact(state, subject, ROOTED);
        }
        if !all.is_empty()
            && all
                .iter()
                .all(|prefix| !prefix.starts_with('-') && !prefix.is_empty())
        {
            self.fact(state, subject, argv);
        }
        // Inside a folder: normalised before, and the separator counted.
        let ends_with_separator = match (&text, &value.what) {
            (Some(text), _) => text.ends_with(['/', '\\']),
            (None, What::Text(parts)) => match parts.last() {
                Some(TextPart::Literal(text)) => text.ends_with(['/', '\\']),
                // `root + os.sep`
                Some(TextPart::Hole { taint, .. }) => parts.len() > 1 && taint.is_clean(),
                None => false,
            },
            _ => false,
        };
        if (ends_with_separator || self.is_joined_with_nothing(prefix))
            && self.is_normal(state, subject)
        {
            self.fact(state, subject, file_path);
        }
    }

    /// `os.path.join(root, "")` ends with a separator.
    fn is_joined_with_nothing(&self, operand: Operand) -> bool {
        let ir = self.ir();
        let Some(call) = ir.instruction(operand).filter(|call| call.op == Op::Call) else {
            return false;
        };
        let is_join = ir.instruction(call.operand_a()).is_some_and(|callee| {
            callee.op == Op::Attr && self.engine.project.text(callee.symbol_b()) == "join"
        });
        is_join
            && ir
                .arguments(call.b)
                .last()
                .and_then(|(_, last)| last.as_str())
                .is_some_and(|last| self.engine.project.text(last).is_empty())
    }

    /// A regular expression that the whole value has to match.
    fn pattern_facts(
        &mut self,
        ir: &'a hognose_python::Ir,
        state: &mut State,
        index: u32,
        method: &str,
    ) {
        let instruction = ir.get(index);
        let arguments: Vec<Operand> = ir
            .arguments(instruction.b)
            .filter(|(kind, _)| *kind == Argument::Positional)
            .map(|(_, operand)| operand)
            .collect();
        // `re.match(pattern, value)` or `PATTERN.match(value)`
        let Some((pattern, flags, is_compiled)) = self.pattern_of(state, index) else {
            return;
        };
        let Some(&subject) = arguments.get(usize::from(!is_compiled)) else {
            return;
        };
        let kinds = self.engine.pattern_kinds(&pattern, flags, method);
        if kinds != 0 {
            self.fact(state, subject, kinds);
        }
    }

    /// The pattern that a call of `re.match` and the like, or of a method of a compiled pattern, looks for; its flags;
    /// whether it was compiled before.
    pub(super) fn pattern_of(
        &mut self,
        state: &mut State,
        index: u32,
    ) -> Option<(String, Flags, bool)> {
        let ir = self.ir();
        let call = ir.get(index);
        let callee = ir.instruction(call.operand_a());
        if let Some(callee) = callee.filter(|callee| callee.op == Op::Attr)
            && !matches!(self.read(state, callee.operand_a()).what, What::Module(_))
        {
            let (text, flags) = self.compiled_pattern(callee.operand_a())?;
            return Some((text, flags, true));
        }
        let (_, pattern) = ir.arguments(call.b).next()?;
        let pattern = self.read(state, pattern);
        let text = self.as_text(&pattern.what)?.to_owned();
        Some((text, flags_of(self.engine.project, ir, call.b)?, false))
    }

    /// The text of a pattern that was compiled once, and its flags.
    fn compiled_pattern(&mut self, operand: Operand) -> Option<(String, Flags)> {
        let (module, call) = self.made_by(operand)?;
        let ir = &self.engine.project.module(module).ir;
        let call = ir.instruction(call)?;
        let (_, pattern) = ir.arguments(call.b).next()?;
        let text = self.evaluator.constant_text(module, pattern)?;
        Some((text, flags_of(self.engine.project, ir, call.b)?))
    }

    /// The call that made a value which has only one: `NAME = re.compile(…)`.
    pub(super) fn made_by(&mut self, operand: Operand) -> Option<(ModuleId, Operand)> {
        let module = self.module();
        let mut targets = self.engine.project.resolve(module, operand);
        if targets.is_empty() {
            targets.push(Target::Value(module, operand));
        }
        let [Target::Value(module, call)] = targets.as_slice() else {
            return None;
        };
        let ir = &self.engine.project.module(*module).ir;
        ir.instruction(*call)
            .filter(|call| call.op == Op::Call)
            .map(|_| (*module, *call))
    }

    /// `isinstance(value, int)`, `all(c in ALLOWED for c in value)` and the like.
    fn builtin_facts(
        &mut self,
        ir: &'a hognose_python::Ir,
        state: &mut State,
        call: u32,
        holds: bool,
    ) {
        let callee = ir.get(call).operand_a();
        let arguments = ir.get(call).b;
        let hognose_python::ir::OperandKind::Global(name) = callee.kind() else {
            return;
        };
        let given: Vec<Operand> = ir.arguments(arguments).map(|(_, value)| value).collect();
        match (self.engine.project.text(name), given.as_slice()) {
            // `from re import fullmatch`
            (method @ ("match" | "fullmatch" | "search"), _) if holds => {
                let is_re = self
                    .engine
                    .resolve_name(self.module(), name)
                    .iter()
                    .any(|target| {
                        matches!(*target, Target::Function(module, _)
                        if self.engine.project.module(module).name == "re")
                    });
                if is_re {
                    self.pattern_facts(ir, state, call, method);
                }
            }
            ("bool", &[answer]) => {
                self.refine_at(state, answer, holds, 4);
            }
            ("isinstance", &[subject, class]) if holds => {
                let class = self.read(state, class);
                let classes = match self.exact_items(state, &class) {
                    Some(items) => items,
                    None => vec![class],
                };
                let harmless = !classes.is_empty()
                    && classes.iter().all(|class| match class.what {
                        What::Class(module, class) => {
                            self.engine.program.models.is_harmless(module, class)
                        }
                        _ => false,
                    });
                if harmless {
                    self.fact(state, subject, ALL);
                }
            }
            ("all" | "any", &[elements]) => {
                // `all(c.isalnum() or c in "_-" for c in name)`; `any(…)` is false where none is. Of `any(…)` that is
                // true only what the test says of things outside of the elements is sure.
                let is_each = (self.engine.project.text(name) == "all") == holds;
                let is_one = self.engine.project.text(name) == "any" && holds;
                let Some(comprehension) = ir
                    .instruction(elements)
                    .filter(|inner| inner.op == Op::Comprehension && (is_each || is_one))
                else {
                    return;
                };
                if is_each {
                    self.absent_facts(ir, state, comprehension.operand_a(), holds);
                }
                let mut then = state.clone();
                if !self.refine_at(&mut then, comprehension.operand_a(), holds, 1) {
                    return;
                }
                let tested: Vec<(u32, Kinds)> = then
                    .facts
                    .iter()
                    .filter(|fact| !state.facts.contains(fact))
                    .filter_map(|fact| match fact.subject {
                        Subject::Register(register) => Some((register, fact.kinds)),
                        Subject::Label(_) | Subject::Outcome(_) => None,
                    })
                    .collect();
                for (register, kinds) in tested {
                    let element = ir.get(register);
                    if element.op != Op::Element {
                        self.fact(state, Operand::from_register(register), kinds);
                    } else if is_each {
                        // Letters one by one: only what no letter makes dangerous is sure.
                        self.fact(state, element.operand_a(), kinds);
                    }
                }
            }
            _ => {}
        }
    }

    /// `any(bad in name for bad in ("..", "/"))` is false: none of them is in it.
    fn absent_facts(
        &mut self,
        ir: &'a hognose_python::Ir,
        state: &mut State,
        test: Operand,
        holds: bool,
    ) {
        let Some(compare) = ir.instruction(test).filter(|test| test.op == Op::Compare) else {
            return;
        };
        let (operator, left, right) = ir.comparison(compare.a);
        if !matches!(
            (operator, holds),
            (Compare::In, false) | (Compare::NotIn, true)
        ) {
            return;
        }
        let Some(element) = ir.instruction(left).filter(|left| left.op == Op::Element) else {
            return;
        };
        let list = self.read(state, element.operand_a());
        let kinds = match self.exact_items(state, &list) {
            Some(items) => items
                .iter()
                .filter_map(|item| self.as_text(&item.what))
                .fold(0, |all, item| all | absent(item)),
            // The characters of a text.
            None => self.as_text(&list.what).map_or(0, |text| {
                text.chars().fold(0, |all, letter| {
                    all | absent(letter.encode_utf8(&mut [0; 4]))
                })
            }),
        };
        if kinds != 0 {
            self.fact(state, right, kinds);
        }
    }

    /// What a library's test says of its arguments: those that its model calls clean.
    pub(super) fn test_facts(
        &mut self,
        index: u32,
        function: (ModuleId, FunctionId),
        given: &[(Option<usize>, &Given)],
    ) {
        let engine = self.engine;
        let Some(model) = engine.program.models.function(function.0, function.1) else {
            return;
        };
        let (is_test, is_check) = engine.test_or_check(function);
        if !is_test && !is_check {
            return;
        }
        let mut facts = Vec::new();
        for (number, given) in given {
            let Some(roles) = number.and_then(|number| {
                model
                    .params
                    .iter()
                    .find(|(at, _)| *at as usize == number)
                    .map(|(_, roles)| roles)
            }) else {
                continue;
            };
            let kinds = if roles.sanitizes_all {
                continue;
            } else {
                engine.bits(&roles.sanitizes)
            };
            if kinds == 0 {
                continue;
            }
            if let Some(register) = given.operand.and_then(Operand::as_register) {
                facts.push(Fact {
                    subject: Subject::Register(register),
                    kinds,
                    exactly: None,
                });
            }
            if given.value.whole {
                facts.extend(given.value.taint.marks().iter().map(|mark| Fact {
                    subject: Subject::Label(mark.label),
                    kinds,
                    exactly: None,
                }));
            }
        }
        if facts.is_empty() {
            return;
        }
        self.frame_mut().call_facts.insert(
            index,
            Guards {
                on_true: Some(facts),
                on_false: Some(Vec::new()),
            },
        );
    }
}

/// The flags that a call of a function of `re` is given; nothing if they are not written there.
fn flags_of(project: &Project, ir: &hognose_python::Ir, arguments: u32) -> Option<Flags> {
    let given = ir
        .arguments(arguments)
        .find_map(|(kind, operand)| match kind {
            Argument::Named(name) if project.text(name) == "flags" => Some(operand),
            _ => None,
        });
    // `re.compile(pattern, flags)`, `re.match(pattern, text, flags)`: the last one that is no text.
    let last = ir
        .arguments(arguments)
        .skip(1)
        .last()
        .filter(|(kind, _)| *kind == Argument::Positional)
        .map(|(_, operand)| operand)
        .filter(|operand| {
            ir.instruction(*operand).is_some_and(|instruction| {
                matches!(instruction.op, Op::Attr | Op::BitOr)
                    && flags_in(project, ir, *operand, 0).is_some()
            })
        });
    match given.or(last) {
        Some(operand) => flags_in(project, ir, operand, 0),
        None => Some(Flags::default()),
    }
}

/// `re.I | re.VERBOSE`
fn flags_in(
    project: &Project,
    ir: &hognose_python::Ir,
    operand: Operand,
    depth: u32,
) -> Option<Flags> {
    let instruction = ir.instruction(operand)?;
    match instruction.op {
        Op::BitOr if depth < 8 => Some(
            flags_in(project, ir, instruction.operand_a(), depth + 1)?.with(flags_in(
                project,
                ir,
                instruction.operand_b(),
                depth + 1,
            )?),
        ),
        Op::Attr => Some(match project.text(instruction.symbol_b()) {
            "I" | "IGNORECASE" => Flags::IGNORE_CASE,
            "M" | "MULTILINE" => Flags::MULTI_LINE,
            "S" | "DOTALL" => Flags::DOT_ALL,
            "X" | "VERBOSE" => Flags::VERBOSE,
            "A" | "ASCII" => Flags::ASCII,
            "U" | "UNICODE" => Flags::UNICODE,
            _ => return None,
        }),
        _ => None,
    }
}

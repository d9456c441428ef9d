//! Sinks: whether the data in a value is dangerous where it arrives.

use std::sync::Arc;

use hognose_python::Symbol;
use hognose_python::ir::{Argument, FunctionId, Op, Operand};

use super::call::Arguments;
use super::guard::normalises;
use super::harm::{DOTLESS, NORMAL, UNSLASHED};
use super::heap::{Shape, State};
use super::machine::Machine;
use super::summary::Hit;
use super::value::{Kinds, Mark, Part, Taint, TextPart, Value, What, kind_bit};
use crate::models::Kind;
use crate::values;
use crate::view::Callee;

impl<'a> Machine<'_, 'a> {
    /// Records the data in `value` that is dangerous at a sink of `kind`.
    pub(super) fn check_sink(
        &mut self,
        state: &mut State,
        index: u32,
        kind: Kind,
        value: &Value,
        name: Option<Symbol>,
        position: Option<u32>,
    ) {
        let bit = kind_bit(kind);
        let sinks = &self.engine.sinks;
        if value.what.is_number() && value.taint.is_clean() {
            return;
        }
        let mut found: Vec<(Mark, Option<Arc<[TextPart]>>)> = Vec::new();
        let mut others: Vec<(Kind, Mark)> = Vec::new();
        if bit & (sinks.url | sinks.redirect) != 0 {
            self.targets(state, kind, value, (index, position), &mut found);
        } else if bit & sinks.log != 0 && self.is_quoted_in_log(state, index, position) {
            return;
        } else if bit & sinks.argv != 0 {
            self.program_arguments(state, index, value, &mut found, &mut others);
        } else if bit & (sinks.file_path | sinks.path_like) != 0 && !self.is_text_like(state, value)
        {
            // A stream or an object, not a path.
            return;
        } else {
            let taint = state.deep_taint(value);
            found.extend(taint.marks().iter().map(|mark| (mark.clone(), None)));
        }
        if bit & sinks.http_header != 0 {
            self.location(state, index, value, position);
        }
        let module = self.module();
        let found = found
            .into_iter()
            .map(|(mark, before)| (kind, mark, before))
            .chain(others.into_iter().map(|(kind, mark)| (kind, mark, None)));
        for (kind, mark, before) in found {
            let bit = kind_bit(kind);
            if self.is_clean(state, &mark, bit) {
                continue;
            }
            self.add_hit(Hit {
                sink: kind,
                module,
                index,
                position,
                name,
                whole: value.whole && mark.label.is_argument(),
                mark,
                before,
            });
        }
    }

    /// A header that sends the browser elsewhere: `{"Location": url}`, `("Location", url)`, `set("Location", url)`.
    fn location(&mut self, state: &mut State, index: u32, value: &Value, position: Option<u32>) {
        let Some(redirect) = self.engine.program.models.kind("redirect") else {
            return;
        };
        let is_location = |machine: &Self, key: &Value| {
            machine
                .as_text(&key.what)
                .is_some_and(|key| key.eq_ignore_ascii_case("location"))
        };
        let mut targets: Vec<Value> = Vec::new();
        if let What::Object(id) = &value.what
            && let Some(object) = state.object(*id)
        {
            targets.extend(
                object
                    .entries
                    .iter()
                    .filter(|(part, _)| {
                        matches!(part, Part::Key(name)
                            if self.engine.project.text(*name).eq_ignore_ascii_case("location"))
                    })
                    .map(|(_, value)| value.clone()),
            );
            for pair in object.items.iter().flatten() {
                if let Some([key, value]) = self.exact_items(state, pair).as_deref()
                    && is_location(self, key)
                {
                    targets.push(value.clone());
                }
            }
        } else if let Some(before) = position.and_then(|position| position.checked_sub(1))
            && let Some(key) = self.sink_operand(index, Some(before))
            && let key = self.read(state, key)
            && is_location(self, &key)
        {
            targets.push(value.clone());
        }
        for target in targets {
            self.check_sink(state, index, redirect, &target, None, position);
        }
    }

    /// Whether a logger quotes an argument, or writes a number of it: `logger.info("%r", value)`.
    fn is_quoted_in_log(&mut self, state: &mut State, index: u32, position: Option<u32>) -> bool {
        let Some(number) = position.filter(|number| *number > 0) else {
            return false;
        };
        // `log(level, format, …)` has one more in front.
        for at in 0..number.min(2) {
            let Some(format) = self.sink_operand(index, Some(at)) else {
                return false;
            };
            let format = self.read(state, format);
            let Some(format) = self.as_text(&format.what) else {
                continue;
            };
            return conversions(format)
                .get((number - at - 1) as usize)
                .is_some_and(|kind| !matches!(kind, 's'));
        }
        false
    }

    /// Whether a value may be a text, as far as that is known.
    fn is_text_like(&self, state: &State, value: &Value) -> bool {
        value.what.alternatives().iter().any(|what| match what {
            What::Instance(module, class) => self.engine.is_path_class((*module, *class)),
            What::Object(id) => state
                .object(*id)
                .is_some_and(|object| !matches!(object.shape, Shape::Buffer)),
            What::Number | What::Int(_) | What::Bool(_) | What::None => false,
            _ => true,
        })
    }

    /// The operand of an argument of the call that is being run.
    fn sink_operand(&self, index: u32, position: Option<u32>) -> Option<Operand> {
        let ir = self.ir();
        if self.frame().at != index || ir.op(index) != Op::Call {
            return None;
        }
        ir.arguments(ir.get(index).b)
            .nth(position? as usize)
            .filter(|(kind, _)| {
                !matches!(
                    kind,
                    hognose_python::ir::Argument::Star | hognose_python::ir::Argument::DoubleStar
                )
            })
            .map(|(_, operand)| operand)
    }

    /// Data that may choose the host of a URL.
    fn targets(
        &mut self,
        state: &State,
        kind: Kind,
        value: &Value,
        (index, position): (u32, Option<u32>),
        found: &mut Vec<(Mark, Option<Arc<[TextPart]>>)>,
    ) {
        let What::Text(parts) = &value.what else {
            // What the evaluator knows of the beginning, where values were joined.
            if let Some(operand) = self.sink_operand(index, position)
                && let prefix = self.evaluator.constant_prefix(self.module(), operand)
                && !prefix.is_empty()
                && self
                    .engine
                    .is_fixed(kind, &[TextPart::Literal(prefix.as_str().into())])
            {
                return;
            }
            let taint = state.deep_taint(value);
            // The address is the data itself: callers may know what it begins with.
            let before: Option<Arc<[TextPart]>> = value.whole.then(|| Arc::from([]));
            found.extend(
                taint
                    .marks()
                    .iter()
                    .map(|mark| (mark.clone(), before.clone())),
            );
            return;
        };
        let parts = parts.clone();
        for (number, part) in parts.iter().enumerate() {
            let TextPart::Hole { taint, .. } = part else {
                continue;
            };
            let before = &parts[..number];
            if self.engine.is_fixed(kind, before) {
                break;
            }
            // `"/" + path.lstrip("/\\")`
            let is_root = kind_bit(kind) & self.engine.sinks.redirect != 0
                && matches!(before, [TextPart::Literal(text)] if &**text == "/");
            let before: Arc<[TextPart]> = before.into();
            for mark in taint.marks() {
                if is_root && self.is_clean(state, mark, UNSLASHED) {
                    continue;
                }
                // The steps of the whole text are longer by those that put it together.
                let whole = value
                    .taint
                    .marks()
                    .iter()
                    .find(|whole| whole.label == mark.label)
                    .unwrap_or(mark);
                let mark = Mark {
                    step: whole.step.clone(),
                    ..mark.clone()
                };
                found.push((mark, Some(before.clone())));
            }
        }
    }

    /// Data that may become an option, or the program, of an argument list.
    fn program_arguments(
        &mut self,
        state: &State,
        index: u32,
        value: &Value,
        found: &mut Vec<(Mark, Option<Arc<[TextPart]>>)>,
        others: &mut Vec<(Kind, Mark)>,
    ) {
        let models = self.engine.program.models;
        let (program_kind, shell_kind) = (models.kind("program"), models.kind("shell"));
        let mut add = |kind: Option<Kind>, taint: &Taint| {
            if let Some(kind) = kind {
                others.extend(taint.marks().iter().map(|mark| (kind, mark.clone())));
            }
        };
        let object = match &value.what {
            What::Object(id) => state.object(*id),
            _ => None,
        };
        let Some(object) = object else {
            // A text: the program, or what is split by the program that runs it.
            add(program_kind, &value.taint);
            return;
        };
        let items = object.items.as_ref();
        let Some(items) = items.filter(|items| !items.is_empty() || object.rest.is_none()) else {
            // Which of them is the program is not known.
            let element = object.any_element().unwrap_or(Value::TOP);
            if object.shape == Shape::List || object.shape == Shape::Iterator {
                add(program_kind, &element.taint);
            }
            return;
        };
        let program = items
            .first()
            .and_then(|program| self.as_text(&program.what))
            .map(|program| program.rsplit('/').next().unwrap_or(program));
        let is_shell = program.is_some_and(|program| {
            matches!(
                program,
                "sh" | "bash"
                    | "zsh"
                    | "dash"
                    | "ksh"
                    | "ash"
                    | "cmd"
                    | "cmd.exe"
                    | "powershell"
                    | "pwsh"
            )
        });
        if is_shell
            && object.rest.is_none()
            && items.iter().skip(1).all(|item| {
                self.as_text(&item.what)
                    .is_some_and(|item| item == "-s" || item == "-")
            })
        {
            // It reads what it runs.
            let ir = self.ir();
            let input = ir
                .arguments(ir.get(index).b)
                .find_map(|(kind, operand)| match kind {
                    Argument::Named(name) if self.engine.project.text(name) == "input" => {
                        Some(operand)
                    }
                    _ => None,
                });
            if self.ir().op(index) == Op::Call
                && let Some(input) = input
            {
                let mut now = state.clone();
                let input = self.read(&mut now, input);
                add(shell_kind, &now.deep_taint(&input));
            }
            return;
        }
        let takes_options =
            program.is_some_and(|program| super::names::RISKY_PROGRAMS.contains(&program));
        let mut has_dashes = false;
        for (number, item) in items.iter().enumerate() {
            if self.as_text(&item.what) == Some("--") {
                has_dashes = true;
                break;
            }
            if number == 0 {
                let taint = state.deep_taint(item);
                add(program_kind, &taint);
                continue;
            }
            let before = self.as_text(&items[number - 1].what);
            if is_shell {
                // `sh -c text`; what comes after are the parameters of the text.
                let is_text = before.is_some_and(|before| {
                    before.starts_with(['-', '/']) && before.to_ascii_lowercase().ends_with('c')
                });
                if is_text {
                    let taint = state.deep_taint(item);
                    add(shell_kind, &taint);
                    break;
                }
                continue;
            }
            if !takes_options {
                continue;
            }
            let leading: Taint = match &item.what {
                What::Text(parts) => match parts.first() {
                    Some(TextPart::Hole { taint, .. }) => taint.clone(),
                    _ => Taint::CLEAN,
                },
                What::Object(_) => state.deep_taint(item),
                _ => item.taint.clone(),
            };
            // The value of an option that stands before it.
            if before.is_some_and(|before| before.starts_with('-') && before.len() == 2)
                && number > 1
            {
                continue;
            }
            found.extend(leading.marks().iter().map(|mark| (mark.clone(), None)));
        }
        if let Some(rest) = object.rest.as_ref().filter(|_| !has_dashes) {
            let leading = match &rest.what {
                What::Text(parts) => match parts.first() {
                    Some(TextPart::Hole { taint, .. }) => taint.clone(),
                    _ => Taint::CLEAN,
                },
                _ => rest.taint.clone(),
            };
            if items.is_empty() {
                add(program_kind, &leading);
            } else if is_shell {
                add(shell_kind, &leading);
            } else if takes_options {
                found.extend(leading.marks().iter().map(|mark| (mark.clone(), None)));
            }
        }
    }

    /// A statement that is put together and handed to the method `execute` of something unknown: what it says proves
    /// what the name alone does not.
    pub(super) fn unknown_statement(
        &mut self,
        state: &mut State,
        index: u32,
        name: Symbol,
        arguments: &Arguments,
    ) {
        if !matches!(
            self.engine.project.text(name),
            "execute" | "executemany" | "executescript" | "exec_driver_sql"
        ) {
            return;
        }
        let (Some(given), Some(kind)) = (
            arguments.positional.first(),
            self.engine.program.models.kind("sql"),
        ) else {
            return;
        };
        let What::Text(parts) = &given.value.what else {
            return;
        };
        if !given.value.taint.is_clean() && is_statement(parts) {
            let (value, position) = (given.value.clone(), given.position);
            self.check_sink(state, index, kind, &value, None, position);
        }
    }

    /// Sinks that are attributes: `response.headers = …`, `env.autoescape = …`.
    pub(super) fn attribute_sinks(&mut self, state: &mut State, index: u32, value: &Value) {
        let ir = self.ir();
        let (name, _) = ir.stored_attr(ir.get(index).b);
        if !self.engine.program.models.interesting().contains(&name) {
            return;
        }
        let evaluator = self.evaluator.clone();
        let Some(view) = crate::view::CallView::new(&evaluator, self.module(), index) else {
            return;
        };
        let ports: Vec<(Symbol, Vec<Kind>)> = view
            .ports()
            .iter()
            .map(|port| (port.name, port.sinks.to_vec()))
            .collect();
        for (name, sinks) in ports {
            for kind in sinks {
                self.check_sink(state, index, kind, value, Some(name), Some(0));
            }
        }
    }

    /// Sinks behind `base[key] = value`: headers, sessions.
    pub(super) fn subscript_sinks(
        &mut self,
        state: &mut State,
        index: u32,
        base: &Value,
        key: &Value,
        value: &Value,
    ) {
        let engine = self.engine;
        let Some(setitem) = engine.names.setitem else {
            return;
        };
        let mut classes = Vec::new();
        for what in base.what.alternatives() {
            if let What::Instance(module, class) = what {
                classes.push((*module, *class));
            }
        }
        if classes.is_empty() && matches!(base.what, What::Top) {
            let ir = self.ir();
            let operand = ir.get(index).operand_a();
            for value in self.evaluator.values(self.module(), operand).iter() {
                if let values::Value::Instance(module, class) = value {
                    classes.push((*module, *class));
                }
            }
        }
        for class in classes {
            let Some((module, function)) = engine.method(class, setitem) else {
                continue;
            };
            if !engine.is_model(module, function) {
                continue;
            }
            let Some(model) = engine.program.models.function(module, function) else {
                continue;
            };
            let is_location = self
                .as_text(&key.what)
                .is_some_and(|key| key.eq_ignore_ascii_case("location"));
            for (number, roles) in &model.params {
                let given = match number {
                    1 => key,
                    2 => value,
                    _ => continue,
                };
                for &kind in &roles.sinks.clone() {
                    self.check_sink(state, index, kind, given, None, Some(number - 1));
                    if is_location
                        && kind_bit(kind) & engine.sinks.http_header != 0
                        && let Some(redirect) = engine.program.models.kind("redirect")
                    {
                        self.check_sink(state, index, redirect, given, None, Some(number - 1));
                    }
                }
            }
        }
    }

    /// What a handler returns is what its framework sends.
    pub(super) fn handler_sinks(
        &mut self,
        ir: &'a hognose_python::Ir,
        function: FunctionId,
        index: u32,
        state: &mut State,
        value: &Value,
    ) {
        let sinks = self
            .engine
            .return_sinks(&self.evaluator, self.module(), function);
        if sinks.is_empty() {
            return;
        }
        // `return body, 404`
        let mut value = value.clone();
        if self.is_other_type(state, &value) {
            return;
        }
        let is_iterable = self
            .engine
            .entries
            .handler(self.module(), function)
            .is_some_and(|handler| handler.framework == "wsgi");
        if is_iterable {
            value = Value::tainted(state.deep_taint(&value));
        }
        if let What::Object(id) = &value.what
            && let Some(object) = state.object(*id)
            && object.shape == Shape::Tuple
            && let Some(first) = object.items.as_ref().and_then(|items| items.first())
        {
            value = first.clone();
        }
        let is_text = value.what.alternatives().iter().any(|what| match what {
            What::Object(_) | What::Number | What::None | What::Bool(_) | What::Int(_) => false,
            What::Instance(module, class) => self.engine.program.is_str((*module, *class)),
            _ => true,
        });
        let operand = ir.get(index).operand_a();
        let is_response = matches!(value.what, What::Top)
            && self
                .evaluator
                .values(self.module(), operand)
                .iter()
                .any(|known| match *known {
                    values::Value::Instance(module, class) => {
                        !self.engine.program.is_str((module, class))
                    }
                    _ => false,
                });
        if !is_text || is_response {
            return;
        }
        for kind in sinks {
            self.check_sink(
                state,
                index,
                kind,
                &value,
                self.engine.names.return_word,
                None,
            );
        }
    }

    /// Whether what a handler returns says in its headers that it is no page: `return body, 200, {"Content-Type": …}`.
    fn is_other_type(&self, state: &State, value: &Value) -> bool {
        let What::Object(id) = value.what else {
            return false;
        };
        let items = state
            .object(id)
            .filter(|object| object.shape == Shape::Tuple)
            .and_then(|object| object.items.as_ref());
        items.into_iter().flatten().skip(1).any(|item| {
            let What::Object(id) = item.what else {
                return false;
            };
            let entries = state.object(id).map(|object| object.entries.as_slice());
            entries.unwrap_or_default().iter().any(|(part, value)| {
                let is_type = matches!(part, Part::Key(name)
                    if self.engine.project.text(*name).eq_ignore_ascii_case("content-type"));
                is_type
                    && self.as_text(&value.what).is_some_and(|text| {
                        !["html", "xml", "svg"]
                            .iter()
                            .any(|kind| text.contains(kind))
                    })
            })
        })
    }

    /// Paths that were normalised are remembered as such, until something is joined to them.
    pub(super) fn normalising(
        &mut self,
        state: &mut State,
        index: u32,
        function: (hognose_python::ModuleId, FunctionId),
        receiver: Option<&Value>,
        value: &mut Value,
    ) {
        let engine = self.engine;
        let name = engine.project.text(
            engine
                .project
                .module(function.0)
                .ir
                .function(function.1)
                .name,
        );
        if normalises(name) {
            // `normpath("/" + name)` leads nowhere above the root.
            let begins = self
                .sink_operand(index, Some(0))
                .map(|path| self.read(state, path).what);
            let is_rooted = matches!(&begins, Some(What::Text(parts))
                if matches!(parts.first(), Some(TextPart::Literal(text)) if &**text == "/"));
            let more = NORMAL | if is_rooted { DOTLESS } else { 0 };
            let taint = value.taint.clone();
            value.taint = taint.map(|mark| Mark {
                clean: mark.clean | more,
                ..mark.clone()
            });
        }
        if name == "relative_to"
            && let Some(receiver) = receiver
        {
            // Raises where it is not inside.
            let taint = state.deep_taint(receiver);
            if taint.marks().iter().all(|mark| mark.clean & NORMAL != 0) {
                let ir = self.ir();
                if let Some(callee) = ir.instruction(ir.get(index).operand_a())
                    && callee.op == Op::Attr
                {
                    let kinds: Kinds = engine.sinks.file_path;
                    self.fact(state, callee.operand_a(), kinds);
                    value.taint = value.taint.cleaned(kinds);
                }
            }
        }
        // A check that returns normally.
        let (_, is_check) = engine.test_or_check(function);
        if is_check && let Some(guards) = self.frame_mut().call_facts.remove(&index) {
            for fact in guards.on_true.into_iter().flatten() {
                state.add_fact(fact);
            }
        }
    }
}

/// Whether a text is one of SQL, by its first word and one that has to follow.
fn is_statement(parts: &[TextPart]) -> bool {
    const WORDS: [(&str, &str); 8] = [
        ("select", "from"),
        ("insert", "into"),
        ("replace", "into"),
        ("update", "set"),
        ("delete", "from"),
        ("create", "table"),
        ("alter", "table"),
        ("drop", "table"),
    ];
    let mut words = parts.iter().flat_map(|part| match part {
        TextPart::Literal(text) => text
            .split(|letter: char| !letter.is_ascii_alphabetic())
            .filter(|word| !word.is_empty())
            .collect::<Vec<&str>>(),
        // No word of the program's.
        TextPart::Hole { .. } => vec![""],
    });
    let first = words.next().unwrap_or_default();
    WORDS.iter().any(|(begins, has)| {
        first.eq_ignore_ascii_case(begins)
            && words.clone().any(|word| word.eq_ignore_ascii_case(has))
    })
}

/// The letters of the conversions in a `%` format, in order.
fn conversions(format: &str) -> Vec<char> {
    let mut found = Vec::new();
    let mut letters = format.chars();
    while letters.by_ref().any(|letter| letter == '%') {
        // `%(name)s`
        if letters.as_str().starts_with('(') {
            letters.by_ref().find(|letter| *letter == ')');
        }
        let kind = letters
            .by_ref()
            .find(|letter| !(letter.is_ascii_digit() || "-+ #.*lh".contains(*letter)));
        match kind {
            Some('%') | None => {}
            Some(kind) => found.push(kind),
        }
    }
    found
}

/// Sinks of what functions with this decorator return.
pub(super) fn sinks_of_decorator(
    engine: &super::engine::Engine<'_>,
    evaluator: &crate::values::Evaluator<'_>,
    module: hognose_python::ModuleId,
    decorator: Operand,
) -> Vec<Kind> {
    let ir = &engine.project.module(module).ir;
    let callee = match ir.instruction(decorator) {
        Some(call) if call.op == Op::Call => call.operand_a(),
        _ => return Vec::new(),
    };
    evaluator
        .values(module, callee)
        .iter()
        .filter_map(|&value| Callee::of_value(evaluator, value))
        .filter_map(|callee| match callee {
            Callee::Function { function, .. } => {
                engine.program.models.function(function.0, function.1)
            }
            _ => None,
        })
        .flat_map(|model| model.returns.sinks.iter().copied())
        .collect()
}

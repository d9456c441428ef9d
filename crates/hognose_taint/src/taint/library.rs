//! Functions of the standard library whose effect on a text depends on what they are given, which no stub can say.

use hognose_python::Symbol;
use hognose_python::ir::{Op, OperandKind};

use super::call::Arguments;
use super::harm::{DOTLESS, NO_LINE_FEED, NO_RETURN, RELATIVE, SEGMENT, UNSLASHED};
use super::heap::{Object, Shape, State};
use super::machine::Machine;
use super::names::Native;
use super::value::{Kinds, Taint, TextPart, Value, What};
use crate::regex::{Accepted, parse};

impl Machine<'_, '_> {
    /// Corrects what the model of a function made of its arguments.
    pub(super) fn library_function(
        &mut self,
        state: &mut State,
        index: u32,
        native: Native,
        arguments: &Arguments,
        value: &mut Value,
    ) {
        // Called by an instruction that is no call: nothing is written that could be looked at.
        let is_written = self.ir().op(index) == Op::Call;
        match native {
            Native::Undo => {
                value.taint = value.taint.undone();
                value.whole = false;
            }
            Native::Group if is_written || self.ir().op(index) == Op::Subscript => {
                let kinds = self.group_kinds(state, index, arguments);
                value.taint = value.taint.cleaned(kinds);
            }
            _ if !is_written => {}
            Native::Quote => {
                let kinds = self.quoted_kinds(index, arguments);
                value.taint = value.taint.cleaned(kinds);
            }
            Native::JoinAddress => self.join_address(state, index, arguments, value),
            Native::MakeAddress => {
                if let Some(made) = self.made_address(state, index, arguments) {
                    *value = made;
                }
            }
            Native::Substitute => {
                let kinds = self.substituted_kinds(state, index, arguments);
                value.taint = value.taint.cleaned(kinds);
            }
            Native::FindAll => {
                let kinds = self
                    .pattern_of(state, index)
                    .and_then(|(text, flags, _)| parse(&text, flags, false))
                    .and_then(|pattern| Accepted::found(&pattern, 0))
                    .map_or(0, |found| self.engine.accepted_kinds(&found));
                let kinds = kinds & !self.engine.sinks.argv;
                value.taint = value.taint.cleaned(kinds);
            }
            Native::Fill => {
                let text = self
                    .ir()
                    .instruction(self.ir().get(index).operand_a())
                    .filter(|callee| callee.op == Op::Attr)
                    .and_then(|callee| self.made_by(callee.operand_a()))
                    .and_then(|(module, call)| {
                        let ir = &self.engine.project.module(module).ir;
                        let (_, text) = ir.arguments(ir.instruction(call)?.b).next()?;
                        self.evaluator.constant_text(module, text)
                    });
                if let Some(text) = text {
                    *value = self.fill_template(state, index, &text, arguments);
                }
            }
            _ => {}
        }
    }

    /// What `quote` takes away beyond what its model says: slashes and colons, unless they are safe.
    fn quoted_kinds(&self, index: u32, arguments: &Arguments) -> Kinds {
        let ir = self.ir();
        let callee = ir.get(index).operand_a();
        let is_plus = match ir.instruction(callee) {
            Some(callee) if callee.op == Op::Attr => {
                self.engine.project.text(callee.symbol_b()) == "quote_plus"
            }
            _ => {
                matches!(callee.kind(), OperandKind::Global(name) if self.engine.project.text(name) == "quote_plus")
            }
        };
        let safe = self
            .named(arguments, "safe")
            .or_else(|| arguments.value(1))
            .map(|safe| self.as_text(&safe.what).map(str::to_owned));
        let safe = match safe {
            Some(Some(safe)) => safe,
            Some(None) => return 0,
            None if is_plus => String::new(),
            None => "/".to_owned(),
        };
        let mut kinds = 0;
        if !safe.contains('/') {
            kinds |=
                self.engine.sinks.file_path | self.engine.sinks.path_like | UNSLASHED | RELATIVE;
        }
        if !safe.contains(['/', '\\', ':']) {
            kinds |= SEGMENT;
        }
        kinds
    }

    /// `urljoin(base, address)`: an address of its own leaves nothing of the base; a segment is put at its end.
    fn join_address(
        &mut self,
        state: &mut State,
        index: u32,
        arguments: &Arguments,
        value: &mut Value,
    ) {
        let (Some(base), Some(address)) = (arguments.value(0), arguments.value(1)) else {
            return;
        };
        let taint = state.deep_taint(address);
        let is_segment = !taint.is_clean()
            && taint
                .marks()
                .iter()
                .all(|mark| self.is_clean(state, mark, SEGMENT));
        if !is_segment || !matches!(base.what, What::Symbol(_) | What::Str(_) | What::Text(_)) {
            return;
        }
        let mut parts = self.parts(base);
        let ends = matches!(parts.last(), Some(TextPart::Literal(text)) if text.ends_with('/'));
        if !ends {
            parts.push(TextPart::Literal("/".into()));
        }
        parts.extend(self.parts(address));
        let all = self.passed(&base.taint.join(&taint), index);
        *value = self.text(parts, all);
    }

    /// `urlunsplit((scheme, host, path, query, fragment))`
    fn made_address(
        &mut self,
        state: &mut State,
        index: u32,
        arguments: &Arguments,
    ) -> Option<Value> {
        let items = self.exact_items(state, arguments.first()?)?;
        let [scheme, host, rest @ ..] = items.as_slice() else {
            return None;
        };
        let mut taint = Taint::CLEAN;
        for item in &items {
            let more = state.deep_taint(item);
            taint.add(&more);
        }
        let is_empty = |machine: &Self, value: &Value| machine.as_text(&value.what) == Some("");
        let mut parts = Vec::new();
        if !is_empty(self, host) {
            if !is_empty(self, scheme) {
                parts.extend(self.parts(scheme));
                parts.push(TextPart::Literal(":".into()));
            }
            parts.push(TextPart::Literal("//".into()));
            parts.extend(self.parts(host));
            parts.push(TextPart::Literal("/".into()));
        } else if !is_empty(self, scheme) {
            return None;
        }
        for item in rest {
            parts.extend(self.parts(item));
        }
        let taint = self.passed(&taint, index);
        Some(self.text(parts, taint))
    }

    /// `re.sub(pattern, replacement, text)`: which kinds what is left is harmless for.
    fn substituted_kinds(&mut self, state: &mut State, index: u32, arguments: &Arguments) -> Kinds {
        let Some((text, flags, is_compiled)) = self.pattern_of(state, index) else {
            return 0;
        };
        // A limited number of replacements leaves the rest.
        let texts = 2 + usize::from(!is_compiled);
        if arguments.positional.len() > texts || self.named(arguments, "count").is_some() {
            return 0;
        }
        let replacement = self
            .named(arguments, "repl")
            .or_else(|| arguments.value(usize::from(!is_compiled)))
            .and_then(|replacement| self.as_text(&replacement.what));
        let Some(replacement) = replacement.filter(|text| !text.contains('\\')) else {
            return 0;
        };
        parse(&text, flags, false)
            .and_then(|pattern| Accepted::without(&pattern, replacement))
            .map_or(0, |left| self.engine.accepted_kinds(&left))
    }

    /// `found.group(1)`, `found[0]`, `found.groups()`
    fn group_kinds(&mut self, state: &mut State, index: u32, arguments: &Arguments) -> Kinds {
        let ir = self.ir();
        let instruction = ir.get(index);
        let (found, is_all) = match instruction.op {
            Op::Subscript => (instruction.operand_a(), false),
            Op::Call => match ir.instruction(instruction.operand_a()) {
                Some(callee) if callee.op == Op::Attr => (
                    callee.operand_a(),
                    self.engine.project.text(callee.symbol_b()) == "groups",
                ),
                _ => return 0,
            },
            _ => return 0,
        };
        // An element of `finditer(…)`.
        let found = match ir.instruction(found) {
            Some(element) if element.op == Op::Element => element.operand_a(),
            _ => found,
        };
        let Some(call) = found.as_register().filter(|&call| ir.op(call) == Op::Call) else {
            return 0;
        };
        let Some(pattern) = self
            .pattern_of(state, call)
            .and_then(|(text, flags, _)| parse(&text, flags, false))
        else {
            return 0;
        };
        let number = match arguments.first().map(|first| &first.what) {
            None if is_all => None,
            None => Some(0),
            Some(What::Int(number)) => u32::try_from(*number).ok(),
            Some(_) => None,
        };
        let (number, mask) = match number {
            Some(number) if arguments.positional.len() <= 1 => (number, Kinds::MAX),
            // Some group: made of the same characters as the whole.
            _ => (
                0,
                !(self.engine.sinks.argv | self.engine.sinks.redirect | RELATIVE | UNSLASHED),
            ),
        };
        Accepted::found(&pattern, number)
            .map_or(0, |found| self.engine.accepted_kinds(&found) & mask)
    }

    /// `Template(text).substitute(…)`: only the names that the text has.
    pub(super) fn fill_template(
        &mut self,
        state: &mut State,
        index: u32,
        text: &str,
        arguments: &Arguments,
    ) -> Value {
        let mut parts = Vec::new();
        let mut taint = Taint::CLEAN;
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            parts.push(TextPart::Literal(rest[..at].into()));
            let after = &rest[at + 1..];
            let (name, next) = if let Some(braced) = after.strip_prefix('{')
                && let Some(end) = braced.find('}')
            {
                (&braced[..end], &braced[end + 1..])
            } else {
                let end = after
                    .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                    .unwrap_or(after.len());
                (&after[..end], &after[end..])
            };
            if name.is_empty() {
                // `$$`, or a dollar that stands for itself.
                parts.push(TextPart::Literal("$".into()));
                rest = after.strip_prefix('$').unwrap_or(after);
                continue;
            }
            rest = next;
            let value = match self.named(arguments, name) {
                Some(value) => value.clone(),
                None => match arguments.first().cloned() {
                    Some(mapping) => {
                        let key = Value::new(self.string(name));
                        self.subscript(state, &mapping, &key)
                    }
                    None => arguments
                        .double_star
                        .as_ref()
                        .map_or(Value::TOP, |given| given.value.clone()),
                },
            };
            let value = self.stringified(state, &value);
            let own = state.deep_taint(&value);
            taint.add(&own);
            parts.extend(self.parts(&value));
        }
        parts.push(TextPart::Literal(rest.into()));
        let taint = self.passed(&taint, index);
        self.text(parts, taint)
    }

    /// `print(…, file=buffer)` writes what it is given.
    pub(super) fn print(&mut self, state: &mut State, index: u32, arguments: &Arguments) -> Value {
        if let Some(What::Object(id)) = self.named(arguments, "file").map(|file| file.what.clone())
            && state
                .object(id)
                .is_some_and(|object| object.shape == Shape::Buffer)
        {
            let mut parts = Vec::new();
            let mut taint = Taint::CLEAN;
            for given in &arguments.positional {
                let value = self.stringified(state, &given.value);
                let own = state.deep_taint(&value);
                taint.add(&own);
                parts.extend(self.parts(&value));
                parts.push(TextPart::Literal(" ".into()));
            }
            let taint = self.passed(&taint, index);
            let written = self.text(parts, taint);
            let joined = match state.object(id).and_then(|object| object.rest.clone()) {
                None => written,
                Some(old) => self.concatenate(state, &old, &written),
            };
            if let Some(object) = state.object_mut(id) {
                object.rest = Some(joined);
            }
        }
        Value::new(What::None)
    }

    /// The argument of that name.
    fn named<'v>(&self, arguments: &'v Arguments, wanted: &str) -> Option<&'v Value> {
        arguments
            .named
            .iter()
            .find(|(name, _)| self.engine.project.text(*name) == wanted)
            .map(|(_, given)| &given.value)
    }

    /// What a method of texts takes away from a text of which nothing else is known.
    pub(super) fn text_effect(
        &mut self,
        state: &mut State,
        receiver: &Value,
        name: Symbol,
        arguments: &Arguments,
        value: &mut Value,
    ) {
        let is_text = match &receiver.what {
            What::Top | What::Text(_) => true,
            What::Instance(module, class) => self.engine.program.is_str((*module, *class)),
            _ => false,
        };
        if !is_text {
            return;
        }
        let text = |number: usize| {
            arguments
                .value(number)
                .and_then(|given| self.as_text(&given.what))
        };
        let sinks = &self.engine.sinks;
        let kinds: Kinds = match (self.engine.project.text(name), text(0)) {
            ("replace", Some(from)) if arguments.value(2).is_none() => match text(1) {
                Some(to) => self.replaced_kinds(from, to),
                None => 0,
            },
            ("lstrip" | "strip", Some(cut)) => {
                let mut kinds = 0;
                if cut.contains('/') {
                    kinds |= RELATIVE;
                }
                if cut.contains('/') && cut.contains('\\') {
                    kinds |= UNSLASHED;
                }
                if cut.contains('-') {
                    kinds |= sinks.argv;
                }
                kinds
            }
            ("splitlines", _) => NO_LINE_FEED | NO_RETURN,
            ("split", None) if arguments.positional.is_empty() => NO_LINE_FEED | NO_RETURN,
            ("split" | "rsplit", Some(separator))
                if arguments.positional.len() == 1 && arguments.named.is_empty() =>
            {
                self.replaced_kinds(separator, "")
            }
            ("partition" | "rpartition", Some(separator)) => {
                let separator = Value::new(self.string(separator));
                let piece = Value::tainted(value.taint.clone());
                let pieces = vec![piece.clone(), separator, piece];
                if !value.taint.is_clean() && !matches!(value.what, What::Object(_)) {
                    let object = Object::sequence(Shape::Tuple, pieces);
                    *value = self.allocate(state, object);
                }
                return;
            }
            _ => 0,
        };
        if kinds == 0 {
            return;
        }
        value.taint = value.taint.cleaned(kinds);
        if let What::Object(id) = value.what
            && let Some(object) = state.object_mut(id)
        {
            let cleaned = |value: &mut Value| value.taint = value.taint.cleaned(kinds);
            object.items.iter_mut().flatten().for_each(cleaned);
            object.rest.iter_mut().for_each(cleaned);
        }
    }

    /// What a text is harmless for in which `to` was put for each `from`.
    fn replaced_kinds(&self, from: &str, to: &str) -> Kinds {
        let sinks = &self.engine.sinks;
        let gone = !to.contains(from);
        match from {
            "\n" if gone => NO_LINE_FEED,
            "\r" if gone => NO_RETURN,
            "/" if gone => sinks.file_path | sinks.path_like | RELATIVE,
            ".." if !to.contains('.') => DOTLESS,
            "{" if gone || to == "{{" => sinks.format_string,
            _ => 0,
        }
    }
}

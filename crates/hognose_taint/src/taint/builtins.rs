//! Built-in functions, and those of the standard library that do what no model can say.

use std::sync::Arc;

use hognose_python::ir::{FunctionId, FunctionKind, Op, Operand, OperandKind};

use super::call::{Arguments, Given};
use super::harm::ALL;
use super::heap::{Object, Shape, State};
use super::machine::{Machine, part_of};
use super::names::Native;
use super::value::{Part, PartialCall, Taint, TextPart, Value, What};

impl<'a> Machine<'_, 'a> {
    /// A built-in function, called by its name. The outer option: whether it is one; the inner: whether it returns.
    #[allow(clippy::option_option)]
    pub(super) fn builtin_by_name(
        &mut self,
        ir: &'a hognose_python::Ir,
        state: &mut State,
        index: u32,
        callee: Operand,
        arguments: &Arguments,
    ) -> Option<Option<Value>> {
        let OperandKind::Global(name) = callee.kind() else {
            return None;
        };
        if !self.engine.is_builtin(self.module(), name) {
            return None;
        }
        let first = arguments.first().cloned();
        let operand = arguments.positional.first().and_then(|given| given.operand);
        let value = match self.engine.project.text(name) {
            "int" | "float" | "complex" => {
                if let (Some(first), Some(operand)) = (&first, operand)
                    && !first.taint.is_clean()
                {
                    // It raises where the text is no number.
                    self.fact(state, operand, ALL);
                }
                match first.map(|first| first.what) {
                    Some(What::Int(number)) => Value::new(What::Int(number)),
                    _ => Value::NUMBER,
                }
            }
            "len" => match first {
                Some(first) => match self.exact_items(state, &first) {
                    Some(items)
                        if match &first.what {
                            What::Object(id) => state
                                .object(*id)
                                .is_some_and(|object| object.origins.is_empty()),
                            _ => false,
                        } =>
                    {
                        Value::new(What::Int(items.len() as i64))
                    }
                    _ => match self.as_text(&first.what) {
                        Some(text) => Value::new(What::Int(text.chars().count() as i64)),
                        None => Value::NUMBER,
                    },
                },
                None => Value::NUMBER,
            },
            "ord" | "hash" | "id" | "abs" | "round" | "callable" | "hasattr" | "issubclass"
            | "any" | "all" | "divmod" | "pow" | "range" | "bool" => {
                if let ("bool", Some(first)) = (self.engine.project.text(name), &first)
                    && let Some(truth) = self.truth(state, first)
                {
                    return Some(Some(Value::new(What::Bool(truth))));
                }
                Value::NUMBER
            }
            "isinstance" => match (first, arguments.value(1)) {
                (Some(value), Some(class)) => match self.is_instance(state, &value, class) {
                    Some(truth) => Value::new(What::Bool(truth)),
                    None => Value::NUMBER,
                },
                _ => Value::NUMBER,
            },
            "str" | "repr" | "ascii" | "bytes" | "bytearray" | "format" => match first {
                None => Value::new(self.string("")),
                Some(first) => {
                    let whole = first.whole;
                    let mut value = self.stringified(state, &first);
                    // A quoted form has no line breaks; a text is no document of a database.
                    let kinds = match self.engine.project.text(name) {
                        "repr" | "ascii" => self.engine.sinks.log | self.engine.sinks.http_header,
                        "str" => self.engine.sinks.nosql,
                        _ => 0,
                    };
                    value.taint = self.passed(&value.taint, index).cleaned(kinds);
                    if let What::Int(number) = value.what {
                        value.what = self.string(&number.to_string());
                    }
                    value.whole = whole && value.whole;
                    value
                }
            },
            "list" | "tuple" | "set" | "frozenset" | "sorted" | "reversed" | "iter" | "deque" => {
                match first {
                    None => self.allocate(state, Object::new(Shape::List)),
                    Some(first) => {
                        let text = self.engine.project.text(name);
                        let mut object = Object::new(match text {
                            "tuple" => Shape::Tuple,
                            "set" | "frozenset" => Shape::Set,
                            _ => Shape::List,
                        });
                        match self.exact_items(state, &first) {
                            Some(mut items) if !matches!(text, "sorted" | "set" | "frozenset") => {
                                if text == "reversed" {
                                    items.reverse();
                                }
                                object = Object::sequence(object.shape, items);
                            }
                            _ => {
                                let element = self.element(state, &first);
                                object.items = None;
                                object.rest = Some(element);
                            }
                        }
                        self.allocate(state, object)
                    }
                }
            }
            "dict" => {
                let mut object = Object::new(Shape::Dict);
                if let Some(first) = &first {
                    match self.exact_items(state, first) {
                        Some(pairs) => {
                            for pair in pairs {
                                let key = self.subscript(state, &pair, &Value::new(What::Int(0)));
                                let value = self.subscript(state, &pair, &Value::new(What::Int(1)));
                                object.taint.add(&key.taint);
                                object.write(part_of(&key.what), &value, false);
                            }
                        }
                        None => self.merge_mapping(state, &mut object, first),
                    }
                }
                for (name, given) in &arguments.named {
                    object.write(Part::Key(*name), &given.value, false);
                }
                if let Some(rest) = &arguments.double_star {
                    object.add_rest(&rest.value);
                }
                self.allocate(state, object)
            }
            "enumerate" | "zip" => {
                let lists: Vec<Value> = arguments
                    .positional
                    .iter()
                    .map(|given| given.value.clone())
                    .collect();
                let is_zip = self.engine.project.text(name) == "zip";
                let exact: Option<Vec<Vec<Value>>> = lists
                    .iter()
                    .take(if is_zip { lists.len() } else { 1 })
                    .map(|list| self.exact_items(state, list))
                    .collect();
                let mut object = Object::new(Shape::List);
                match exact {
                    Some(exact)
                        if exact.iter().all(|items| items.len() <= 16) && !exact.is_empty() =>
                    {
                        let count = exact.iter().map(Vec::len).min().unwrap_or(0);
                        let mut rows = Vec::new();
                        for row in 0..count {
                            let mut items: Vec<Value> =
                                exact.iter().map(|list| list[row].clone()).collect();
                            if !is_zip {
                                items.insert(0, Value::new(What::Int(row as i64)));
                            }
                            rows.push(self.allocate_extra(
                                state,
                                row as u32 + 2,
                                Object::sequence(Shape::Tuple, items),
                            ));
                        }
                        object = Object::sequence(Shape::List, rows);
                    }
                    _ => {
                        let mut items: Vec<Value> = Vec::new();
                        if !is_zip {
                            items.push(Value::NUMBER);
                        }
                        for list in lists.iter().take(if is_zip { lists.len() } else { 1 }) {
                            items.push(self.element(state, list));
                        }
                        let row =
                            self.allocate_extra(state, 1, Object::sequence(Shape::Tuple, items));
                        object.items = None;
                        object.rest = Some(row);
                    }
                }
                self.allocate(state, object)
            }
            "map" | "filter" => {
                let function = first?;
                let mut elements = Vec::new();
                for given in arguments.positional.iter().skip(1) {
                    elements.push(self.element(state, &given.value));
                }
                let element = if self.engine.project.text(name) == "map" {
                    self.dispatch(
                        state,
                        index,
                        &function,
                        None,
                        None,
                        &Arguments::of(&elements),
                    )
                    .unwrap_or(Value::TOP)
                } else {
                    let mut element = elements.into_iter().next().unwrap_or(Value::TOP);
                    // `filter(str.isalnum, text)`
                    let is_test =
                        operand
                            .and_then(|test| ir.instruction(test))
                            .is_some_and(|test| {
                                test.op == Op::Attr
                                    && matches!(
                                        self.engine.project.text(test.symbol_b()),
                                        "isalnum"
                                            | "isalpha"
                                            | "isdigit"
                                            | "isdecimal"
                                            | "isnumeric"
                                    )
                            });
                    if is_test {
                        element.taint = Taint::CLEAN;
                    }
                    element
                };
                let mut object = Object::new(Shape::Iterator);
                object.rest = Some(element);
                self.allocate(state, object)
            }
            "next" | "min" | "max" | "anext" => {
                let first = first?;
                if arguments.positional.len() > 1 && self.engine.project.text(name) != "next" {
                    let mut joined = first;
                    for given in arguments.positional.iter().skip(1) {
                        joined = joined.join(&given.value);
                    }
                    joined
                } else {
                    let element = self.element(state, &first);
                    match arguments.value(1) {
                        Some(default) => element.join(default),
                        None => element,
                    }
                }
            }
            "sum" => Value::NUMBER,
            "getattr" => {
                let (base, key) = (first?, arguments.value(1)?.clone());
                let name = match &key.what {
                    What::Symbol(name) => Some(*name),
                    What::Str(text) => self.engine.project.symbols().find(text),
                    _ => None,
                };
                match name {
                    Some(name) => {
                        let value = self.attribute(state, &base, name, operand);
                        match arguments.value(2) {
                            Some(default) if matches!(value.what, What::Top) => value.join(default),
                            _ => value,
                        }
                    }
                    None => self
                        .methods_by_prefix(state, &base, &key)
                        .unwrap_or_else(|| Value::tainted(state.deep_taint(&base))),
                }
            }
            "setattr" => {
                let (base, key) = (first?, arguments.value(1)?.clone());
                let value = arguments.value(2)?.clone();
                let part = match &key.what {
                    What::Symbol(name) => Part::Attr(*name),
                    _ => return Some(Some(Value::new(What::None))),
                };
                self.store(state, &base, part, &value);
                Value::new(What::None)
            }
            "type" if arguments.positional.len() == 1 => match first?.what {
                What::Object(id) => match state.object(id).map(|object| object.shape) {
                    Some(Shape::Instance(module, class)) => Value::new(What::Class(module, class)),
                    _ => Value::TOP,
                },
                What::Instance(module, class) => Value::new(What::Class(module, class)),
                _ => Value::TOP,
            },
            "super" => {
                // Looked up by the attribute that follows; the object itself otherwise.
                let function = self.frame().function;
                let mut owner = function;
                while owner != FunctionId::MODULE && ir.function(owner).kind != FunctionKind::Class
                {
                    owner = ir.function(owner).parent;
                }
                return Some(Some(Value::new(What::Super(self.module(), owner))));
            }
            "print" => self.print(state, index, arguments),
            "exit" | "quit" => return Some(None),
            _ => return None,
        };
        Some(Some(value))
    }

    /// A library function that is known exactly. The outer option: whether it is done; the inner: whether it returns.
    #[allow(clippy::option_option)]
    pub(super) fn native_function(
        &mut self,
        state: &mut State,
        index: u32,
        native: Native,
        arguments: &Arguments,
    ) -> Option<Option<Value>> {
        let first = arguments.first().cloned();
        let named = |machine: &Self, wanted: &str| {
            arguments
                .named
                .iter()
                .find(|(name, _)| machine.engine.project.text(*name) == wanted)
                .map(|(_, given)| given.value.clone())
        };
        let value = match native {
            Native::Partial => {
                let callee = first?;
                Value::new(What::Partial(Arc::new(PartialCall {
                    callee,
                    positional: arguments
                        .positional
                        .iter()
                        .skip(1)
                        .map(|given| given.value.clone())
                        .collect(),
                    named: arguments
                        .named
                        .iter()
                        .map(|(name, given)| (*name, given.value.clone()))
                        .collect(),
                })))
            }
            Native::Identity => first?,
            Native::Second => arguments.value(1)?.clone(),
            Native::Copy
            | Native::DeepCopy
            | Native::Replace
            | Native::AsDict
            | Native::AsTuple
            | Native::Namespace
            | Native::Grouping
            | Native::Counter => self.record_function(state, native, arguments)?,
            Native::Member => {
                let base = first?;
                let What::Symbol(name) = arguments.value(1)?.what else {
                    return None;
                };
                self.member(state, &base, name)
            }
            Native::Dict => {
                let mut object = Object::new(Shape::Dict);
                for given in &arguments.positional {
                    if !matches!(given.value.what, What::Function(_) | What::Class(..)) {
                        self.merge_mapping(state, &mut object, &given.value);
                    }
                }
                for (name, given) in &arguments.named {
                    object.write(Part::Key(*name), &given.value, false);
                }
                self.allocate(state, object)
            }
            Native::List => {
                let mut object = Object::new(Shape::List);
                if let Some(first) = first
                    && !first.what.is_number()
                {
                    match self.exact_items(state, &first) {
                        Some(items) => object = Object::sequence(Shape::List, items),
                        None => {
                            object.items = None;
                            object.rest = Some(self.element(state, &first));
                        }
                    }
                }
                self.allocate(state, object)
            }
            Native::Buffer => {
                let mut object = Object::new(Shape::Buffer);
                object.rest = first;
                self.allocate(state, object)
            }
            Native::Chain => {
                let mut object = Object::new(Shape::Iterator);
                for given in &arguments.positional {
                    let element = self.element(state, &given.value);
                    object.add_rest(&element);
                }
                self.allocate(state, object)
            }
            Native::Reduce => {
                let function = first?;
                let list = arguments.value(1)?.clone();
                let element = self.element(state, &list);
                let start = arguments
                    .value(2)
                    .cloned()
                    .unwrap_or_else(|| element.clone());
                let once = self
                    .dispatch(
                        state,
                        index,
                        &function,
                        None,
                        None,
                        &Arguments::of(&[start, element.clone()]),
                    )
                    .unwrap_or(Value::TOP);
                once.join(&element)
            }
            Native::Gather => {
                let mut items: Vec<Value> = arguments
                    .positional
                    .iter()
                    .map(|given| given.value.clone())
                    .collect();
                let object = if let Some(star) = &arguments.star {
                    let mut object = Object::new(Shape::List);
                    object.items = None;
                    items.push(star.value.clone());
                    for item in &items {
                        object.add_rest(item);
                    }
                    object
                } else {
                    Object::sequence(Shape::List, items)
                };
                self.allocate(state, object)
            }
            Native::CallBack => {
                return self.call_back(state, index, arguments).map(Some);
            }
            Native::Thread => {
                let target = named(self, "target").or_else(|| arguments.value(1).cloned())?;
                let given = named(self, "args").and_then(|list| self.exact_items(state, &list));
                let mut all = Arguments::of(&given.unwrap_or_default());
                if let Some(kwargs) = named(self, "kwargs")
                    && let What::Object(id) = kwargs.what
                    && let Some(object) = state.object(id)
                {
                    for (part, value) in object.entries.clone() {
                        if let Part::Key(name) = part {
                            all.named.push((name, Given::of(value)));
                        }
                    }
                }
                self.dispatch(state, index, &target, None, None, &all);
                return None;
            }
            Native::Template => {
                // Its text is what matters; `substitute` fills it in.
                let text = first?;
                let mut object = Object::new(Shape::Buffer);
                object.rest = Some(text);
                self.allocate(state, object)
            }
            Native::ConfigParser => self.allocate(state, Object::new(Shape::Dict)),
            Native::Path => {
                let mut parts = Vec::new();
                let mut taint = Taint::CLEAN;
                for (number, given) in arguments.positional.iter().enumerate() {
                    if number > 0 {
                        parts.push(TextPart::Literal("/".into()));
                    }
                    taint.add(&given.value.taint);
                    parts.extend(self.parts(&given.value));
                }
                let whole = arguments.positional.len() == 1
                    && first.as_ref().is_some_and(|first| first.whole);
                let mut value = self.text(parts, self.passed(&taint, index));
                value.whole = whole;
                if matches!(value.what, What::Symbol(_) | What::Str(_)) {
                    value.what = What::Top;
                }
                value
            }
            // Their models say the rest; see `library.rs`.
            Native::Undo
            | Native::Quote
            | Native::JoinAddress
            | Native::MakeAddress
            | Native::Substitute
            | Native::FindAll
            | Native::Group
            | Native::Fill => return None,
        };
        Some(Some(value))
    }
}

//! The shape of text: constant, put together from parts, or unknown; and the constants a value may be.

use hognose_python::ModuleId;
use hognose_python::ir::{Argument, Instruction, Number, Op, Operand, OperandKind};

use crate::integers;
use crate::models::Kind;
use crate::values::{Evaluator, Value};
use crate::view::{CallView, Callee, Given};

/// How a text comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// Written in the program, or made only of what is written there and of harmless values such as numbers.
    Constant,
    /// Not known.
    Dynamic,
    /// Put together from constant text and other parts.
    Built,
}

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// `None`
    None,
    /// `True`, `False`
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// A string; bytes by code point.
    Str(String),
    /// The qualified name of a class or function, or of the class of an instance.
    Name(String),
}

/// How deep shapes are followed.
const MAX_DEPTH: u32 = 64;

/// How many elements of a display, or ways into a join, are looked at.
const MOST_PARTS: usize = 256;

/// How many constants of one value are told apart.
const MOST_LITERALS: usize = 256;
/// How many operands are looked at for the constants of one value.
const MOST_WORK: u32 = 4_000;

/// Methods of strings that give a text of the same shape.
const SHAPE_KEEPING: &[&str] = &[
    "strip",
    "lstrip",
    "rstrip",
    "lower",
    "upper",
    "title",
    "capitalize",
    "casefold",
    "encode",
    "decode",
    "expandtabs",
    "removeprefix",
    "removesuffix",
    "swapcase",
    "splitlines",
    "split",
];

/// How a text begins, while it is being found out.
#[derive(Default)]
struct Prefix {
    text: String,
    /// Joins whose ways are being looked at.
    pending: Vec<Operand>,
    /// Operands looked at so far.
    work: u32,
}

/// Which constants of a value are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// All that there are.
    All,
    /// The only one that there is: a second one, or something unknown, ends the search.
    One,
}

impl Wanted {
    fn is_hopeless(self, literals: &[Literal], complete: bool) -> bool {
        self == Wanted::One && (!complete || literals.len() > 1)
    }
}

impl Evaluator<'_> {
    /// The shape of a text; parts that are clean for `kind` count as constant.
    pub fn shape(&self, module: ModuleId, operand: Operand, kind: Option<Kind>) -> Shape {
        self.shape_at(module, operand, kind, 0)
    }

    fn shape_at(
        &self,
        module: ModuleId,
        operand: Operand,
        kind: Option<Kind>,
        depth: u32,
    ) -> Shape {
        if operand.is_constant() {
            return Shape::Constant;
        }
        if depth > MAX_DEPTH {
            self.give_up(module);
            return Shape::Dynamic;
        }
        let key = (module, operand, kind);
        if let Some(&shape) = self.shapes.borrow().get(&key) {
            return shape;
        }
        // In a cycle, the inner occurrence adds nothing.
        self.shapes.borrow_mut().insert(key, Shape::Constant);
        let shape = self.shape_new(module, operand, kind, depth);
        self.shapes.borrow_mut().insert(key, shape);
        shape
    }

    fn shape_new(
        &self,
        module: ModuleId,
        operand: Operand,
        kind: Option<Kind>,
        depth: u32,
    ) -> Shape {
        let project = self.project();
        let Some(index) = operand.as_register() else {
            return self.shape_of_values(module, operand, kind, depth);
        };
        let ir = &project.module(module).ir;
        let instruction = ir.get(index);
        let recur = |operand| self.shape_at(module, operand, kind, depth + 1);
        match instruction.op {
            Op::Add => match (
                recur(instruction.operand_a()),
                recur(instruction.operand_b()),
            ) {
                (Shape::Constant, Shape::Constant) => Shape::Constant,
                (Shape::Dynamic, Shape::Dynamic) => Shape::Dynamic,
                _ => Shape::Built,
            },
            Op::Mod => match recur(instruction.operand_a()) {
                Shape::Constant => {
                    if self.is_number(module, instruction.operand_a())
                        || self.formats_numbers_only(module, instruction.operand_a())
                    {
                        return Shape::Constant;
                    }
                    match recur(instruction.operand_b()) {
                        Shape::Constant => Shape::Constant,
                        _ => Shape::Built,
                    }
                }
                shape => shape,
            },
            // `"?, " * n`
            Op::Mul
            | Op::Sub
            | Op::FloorDiv
            | Op::Pow
            | Op::Shl
            | Op::Shr
            | Op::BitAnd
            | Op::BitXor
            | Op::MatMul
            | Op::Div
            | Op::Neg
            | Op::Unary => {
                let constant = recur(instruction.operand_a()) == Shape::Constant
                    || instruction.op == Op::Mul
                        && recur(instruction.operand_b()) == Shape::Constant;
                if constant {
                    Shape::Constant
                } else {
                    Shape::Dynamic
                }
            }
            Op::Compare | Op::Not => Shape::Constant,
            Op::Format => {
                let (mut has_text, mut worst) = (false, Shape::Constant);
                for part in ir.list(instruction.a) {
                    if part
                        .as_str()
                        .is_some_and(|text| !project.text(text).is_empty())
                    {
                        has_text = true;
                    }
                    worst = worst.max(recur(part));
                }
                match worst {
                    Shape::Dynamic if has_text => Shape::Built,
                    shape => shape,
                }
            }
            Op::Tuple | Op::List | Op::Set => worst(ir.list(instruction.a), &recur),
            Op::Dict => worst(ir.pairs(instruction.a).map(|(_, value)| value), &recur),
            Op::Phi => worst(
                ir.phi(instruction.a)
                    .map(|(value, _)| value)
                    .filter(|&value| value != operand && !value.is_absent()),
                &recur,
            ),
            Op::And | Op::Or => recur(instruction.operand_a()).max(recur(instruction.operand_b())),
            Op::Star | Op::Comprehension | Op::Element | Op::Await | Op::UnpackRest | Op::Enter => {
                recur(instruction.operand_a())
            }
            Op::Unpack => match self.place_in_row(module, operand) {
                RowPlace::Number => Shape::Constant,
                RowPlace::Of(iterable) => recur(iterable),
                RowPlace::Unknown => recur(instruction.operand_a()),
            },
            Op::DictComprehension => recur(instruction.operand_b()),
            Op::Subscript => match recur(instruction.operand_a()) {
                // An element of a constant collection.
                Shape::Constant => Shape::Constant,
                _ => self.shape_of_values(module, operand, kind, depth),
            },
            Op::Call => self.shape_of_call(module, operand, kind, depth),
            _ => self.shape_of_values(module, operand, kind, depth),
        }
    }

    /// Where something that is unpacked from a row of `enumerate(…)` or `zip(…)` comes from.
    fn place_in_row(&self, module: ModuleId, unpacked: Operand) -> RowPlace {
        let project = self.project();
        let ir = &project.module(module).ir;
        let row = |operand: Operand| -> Option<(&str, Vec<Operand>)> {
            let element = ir
                .instruction(operand)
                .filter(|element| element.op == Op::Element)?;
            let call = ir
                .instruction(element.operand_a())
                .filter(|call| call.op == Op::Call)?;
            let OperandKind::Global(name) = call.operand_a().kind() else {
                return None;
            };
            Some((
                project.text(name),
                ir.arguments(call.b).map(|(_, value)| value).collect(),
            ))
        };
        let place = |unpack: Instruction| (unpack.b & 0xffff) as usize;
        let Some(unpack) = ir
            .instruction(unpacked)
            .filter(|unpack| unpack.op == Op::Unpack)
        else {
            return RowPlace::Unknown;
        };
        match row(unpack.operand_a()) {
            Some(("enumerate", _)) if place(unpack) == 0 => RowPlace::Number,
            Some(("enumerate", iterables)) => iterables
                .first()
                .map_or(RowPlace::Unknown, |&first| RowPlace::Of(first)),
            Some(("zip", iterables)) => iterables
                .get(place(unpack))
                .map_or(RowPlace::Unknown, |&iterable| RowPlace::Of(iterable)),
            _ => RowPlace::Unknown,
        }
    }

    fn shape_of_call(
        &self,
        module: ModuleId,
        operand: Operand,
        kind: Option<Kind>,
        depth: u32,
    ) -> Shape {
        let project = self.project();
        let ir = &project.module(module).ir;
        let Some(instruction) = ir.instruction(operand) else {
            return Shape::Dynamic;
        };
        let recur = |operand| self.shape_at(module, operand, kind, depth + 1);
        if let Some(callee) = ir.instruction(instruction.operand_a())
            && callee.op == Op::Attr
            // `os.path.join` is no method of a string.
            && !self.is_definition(module, callee.operand_a())
        {
            let base = callee.operand_a();
            match project.text(callee.symbol_b()) {
                "format" | "format_map" => {
                    let base = recur(base);
                    if base != Shape::Dynamic {
                        let arguments =
                            worst(ir.arguments(instruction.b).map(|(_, value)| value), &recur);
                        return if arguments == Shape::Constant {
                            base
                        } else {
                            Shape::Built
                        };
                    }
                }
                "join" if recur(base) == Shape::Constant => {
                    // Elements that are themselves built make it built; unknown ones may be anything.
                    return match ir.arguments(instruction.b).next() {
                        Some((Argument::Positional, elements)) => {
                            let shape = recur(elements);
                            let mixed = ir.instruction(elements).is_some_and(|display| {
                                matches!(display.op, Op::List | Op::Tuple)
                                    && ir
                                        .list(display.a)
                                        .any(|element| recur(element) == Shape::Constant)
                            });
                            if shape == Shape::Dynamic && mixed {
                                Shape::Built
                            } else {
                                shape
                            }
                        }
                        _ => Shape::Dynamic,
                    };
                }
                "replace" => {
                    let arguments =
                        worst(ir.arguments(instruction.b).map(|(_, value)| value), &recur);
                    return match (recur(base), arguments) {
                        (shape, Shape::Constant) => shape,
                        (Shape::Constant, _) => Shape::Built,
                        (shape, _) => shape,
                    };
                }
                // An element of a constant mapping, or a constant default.
                "get" if recur(base) == Shape::Constant => {
                    let rest = ir.arguments(instruction.b).skip(1).map(|(_, value)| value);
                    return worst(rest, &recur);
                }
                // Only dates and times have it, and the format decides what shows.
                "strftime" => {
                    return worst(ir.arguments(instruction.b).map(|(_, value)| value), &recur);
                }
                method if SHAPE_KEEPING.contains(&method) => {
                    let shape = recur(base);
                    if shape != Shape::Dynamic {
                        return shape;
                    }
                }
                _ => {}
            }
        }
        if let OperandKind::Global(name) = instruction.operand_a().kind() {
            let first = ir.arguments(instruction.b).next().map(|(_, value)| value);
            match (project.text(name), first) {
                (
                    "str" | "dedent" | "repr" | "format" | "bytes" | "sorted" | "list" | "tuple"
                    | "set" | "frozenset" | "reversed",
                    Some(first),
                ) => {
                    return recur(first);
                }
                ("enumerate", Some(first)) => return recur(first),
                ("len" | "range", _) => return Shape::Constant,
                _ => {}
            }
        }
        if let Some(kind) = kind
            && self.is_cleaned(module, operand, kind)
        {
            return Shape::Constant;
        }
        self.shape_of_values(module, operand, kind, depth)
    }

    /// Whether an operand is a module, a class or a function rather than data.
    fn is_definition(&self, module: ModuleId, operand: Operand) -> bool {
        self.values(module, operand).iter().any(|value| {
            matches!(
                value,
                Value::Module(_) | Value::Class(..) | Value::Function(..) | Value::External(_)
            )
        })
    }

    fn shape_of_values(
        &self,
        module: ModuleId,
        operand: Operand,
        kind: Option<Kind>,
        depth: u32,
    ) -> Shape {
        let values = self.values(module, operand);
        if values.is_empty() {
            return Shape::Dynamic;
        }
        let mut worst = Shape::Constant;
        for &value in &*values {
            let shape = match value {
                Value::Constant(..)
                | Value::Class(..)
                | Value::Function(..)
                | Value::Module(..) => Shape::Constant,
                Value::Instance(module, class)
                    if self.program.models.is_harmless(module, class) =>
                {
                    Shape::Constant
                }
                Value::Other(other, result) if (other, result) != (module, operand) => {
                    self.shape_at(other, result, kind, depth + 1)
                }
                _ => Shape::Dynamic,
            };
            worst = worst.max(shape);
        }
        worst
    }

    /// Whether all that an operand may be is a number, a date or the like.
    pub fn is_number(&self, module: ModuleId, operand: Operand) -> bool {
        let values = self.values(module, operand);
        !values.is_empty()
            && values.iter().all(|&value| match value {
                Value::Instance(module, class) => self.program.models.is_harmless(module, class),
                Value::Constant(_, constant) => {
                    matches!(
                        constant.kind(),
                        OperandKind::Int(_)
                            | OperandKind::Number(_)
                            | OperandKind::Bool(_)
                            | OperandKind::None
                    )
                }
                _ => false,
            })
    }

    /// Whether a `%` format has conversions for numbers only: `"%d rows"`.
    fn formats_numbers_only(&self, module: ModuleId, format: Operand) -> bool {
        let Some(text) = self.constant_text(module, format) else {
            return false;
        };
        let mut rest = text.as_str();
        while let Some(at) = rest.find('%') {
            let conversion = rest[at + 1..]
                .trim_start_matches(|c: char| c.is_ascii_digit() || "-+ #.*".contains(c));
            match conversion.chars().next() {
                Some(
                    'd' | 'i' | 'u' | 'f' | 'F' | 'e' | 'E' | 'g' | 'G' | 'x' | 'X' | 'o' | '%',
                ) => rest = &conversion[1..],
                _ => return false,
            }
        }
        true
    }

    /// The constant text that a text begins with; empty where nothing is known of its beginning.
    pub fn constant_prefix(&self, module: ModuleId, operand: Operand) -> String {
        let mut prefix = Prefix::default();
        self.add_prefix(module, operand, &mut prefix, 0);
        prefix.text
    }

    /// Adds the constant beginning of an operand. Whether all of it was constant, so that what follows counts, too.
    fn add_prefix(
        &self,
        module: ModuleId,
        operand: Operand,
        prefix: &mut Prefix,
        depth: u32,
    ) -> bool {
        prefix.work += 1;
        if depth > 16 || prefix.work > MOST_PARTS as u32 {
            self.give_up(module);
            return false;
        }
        if let Some(text) = self.constant_text(module, operand) {
            prefix.text.push_str(&text);
            return true;
        }
        let ir = &self.project().module(module).ir;
        let Some(instruction) = ir.instruction(operand) else {
            return false;
        };
        match instruction.op {
            Op::Add => {
                self.add_prefix(module, instruction.operand_a(), prefix, depth + 1)
                    && self.add_prefix(module, instruction.operand_b(), prefix, depth + 1)
            }
            Op::Format => ir
                .list(instruction.a)
                .all(|part| self.add_prefix(module, part, prefix, depth + 1)),
            Op::Mod => {
                if let Some(text) = self.constant_text(module, instruction.operand_a()) {
                    prefix
                        .text
                        .push_str(text.split('%').next().unwrap_or_default());
                }
                false
            }
            Op::Phi => {
                self.add_common_prefix(module, operand, prefix, depth);
                false
            }
            Op::Call => {
                let template = ir
                    .instruction(instruction.operand_a())
                    .filter(|callee| {
                        callee.op == Op::Attr && self.project().text(callee.symbol_b()) == "format"
                    })
                    .and_then(|callee| self.constant_text(module, callee.operand_a()));
                if let Some(text) = template {
                    prefix
                        .text
                        .push_str(text.split('{').next().unwrap_or_default());
                } else if self.is_own_address(module, operand) {
                    // Which path it is does not matter: it is one of the application.
                    prefix.text.push_str("/.");
                }
                false
            }
            _ => false,
        }
    }

    /// Adds what all ways into a join begin with. A way that comes around from the join itself only appends.
    fn add_common_prefix(&self, module: ModuleId, join: Operand, prefix: &mut Prefix, depth: u32) {
        let ir = &self.project().module(module).ir;
        let Some(instruction) = ir.instruction(join) else {
            return;
        };
        if prefix.pending.contains(&join) {
            return;
        }
        prefix.pending.push(join);
        let mut common: Option<String> = None;
        for (value, _) in ir.phi(instruction.a) {
            if self.begins_with_pending(module, value, &prefix.pending, &mut prefix.work) {
                continue;
            }
            let before = std::mem::take(&mut prefix.text);
            self.add_prefix(module, value, prefix, depth + 1);
            let found = std::mem::replace(&mut prefix.text, before);
            common = Some(match common {
                None => found,
                Some(common) => common
                    .chars()
                    .zip(found.chars())
                    .take_while(|(a, b)| a == b)
                    .map(|(a, _)| a)
                    .collect(),
            });
        }
        prefix.pending.pop();
        prefix.text.push_str(&common.unwrap_or_default());
    }

    /// Whether a text begins with a join that is just being looked at: `url = f"{url}&{more}"` in a loop.
    fn begins_with_pending(
        &self,
        module: ModuleId,
        mut text: Operand,
        pending: &[Operand],
        work: &mut u32,
    ) -> bool {
        let ir = &self.project().module(module).ir;
        for _ in 0..16 {
            *work += 1;
            if *work > MOST_PARTS as u32 {
                self.give_up(module);
                return false;
            }
            if pending.contains(&text) {
                return true;
            }
            let Some(instruction) = ir.instruction(text) else {
                return false;
            };
            let first = match instruction.op {
                Op::Add => Some(instruction.operand_a()),
                Op::Format => ir.list(instruction.a).next(),
                // A join within the loop.
                Op::Phi if pending.len() < 8 => {
                    let pending: Vec<Operand> = pending.iter().copied().chain([text]).collect();
                    return ir
                        .phi(instruction.a)
                        .all(|(value, _)| self.begins_with_pending(module, value, &pending, work));
                }
                _ => None,
            };
            match first {
                Some(first) => text = first,
                None => return false,
            }
        }
        false
    }

    /// Whether a call makes an address of the application itself, whatever it is given: `url_for(name)`.
    fn is_own_address(&self, module: ModuleId, call: Operand) -> bool {
        self.program
            .models
            .kind("redirect")
            .is_some_and(|kind| self.is_cleaned(module, call, kind))
    }

    /// The one text that an operand is, if it is constant.
    pub fn constant_text(&self, module: ModuleId, operand: Operand) -> Option<String> {
        let mut literals = Vec::new();
        self.work.set(0);
        let complete = self.collect_literals(module, operand, &mut literals, Wanted::One, 0);
        match literals.pop() {
            Some(Literal::Str(text)) if complete && literals.is_empty() => Some(text),
            _ => None,
        }
    }

    /// The constants that an operand may be (for a collection: that its elements may be), and whether that is all it
    /// may be.
    pub fn literals(&self, module: ModuleId, operand: Operand) -> (Vec<Literal>, bool) {
        let mut literals = Vec::new();
        self.work.set(0);
        let complete = self.collect_literals(module, operand, &mut literals, Wanted::All, 0);
        (literals, complete)
    }

    fn collect_literals(
        &self,
        module: ModuleId,
        operand: Operand,
        literals: &mut Vec<Literal>,
        wanted: Wanted,
        depth: u32,
    ) -> bool {
        let work = self.work.get();
        if depth > 8 || literals.len() > MOST_LITERALS || work > MOST_WORK {
            self.give_up(module);
            return false;
        }
        self.work.set(work + 1);
        if let Some(text) = self.text_passed_through(module, operand) {
            return self.collect_literals(module, text, literals, wanted, depth + 1);
        }
        let project = self.project();
        let values = self.values(module, operand);
        let mut complete = !values.is_empty();
        for &value in &*values {
            match value {
                Value::Constant(module, constant) => match self.literal(module, constant) {
                    Some(literal) => push(literals, literal),
                    None => complete = false,
                },
                Value::Class(module, class) | Value::Instance(module, class) => {
                    push(
                        literals,
                        Literal::Name(project.qualified_name(module, class)),
                    );
                    complete &= matches!(value, Value::Class(..));
                }
                Value::Function(module, function) => {
                    push(
                        literals,
                        Literal::Name(project.qualified_name(module, function)),
                    );
                }
                Value::External(external) => {
                    push(
                        literals,
                        Literal::Name(project.external_name(external).to_owned()),
                    );
                    complete = false;
                }
                Value::Other(module, result) => {
                    // What a loop makes of its own result has no end.
                    if self.folding.borrow().contains(&(module, result)) {
                        complete = false;
                    } else {
                        self.folding.borrow_mut().push((module, result));
                        complete &= self.fold(module, result, literals, wanted, depth);
                        self.folding.borrow_mut().pop();
                    }
                }
                Value::Module(_) | Value::Method(..) | Value::Typed(..) => complete = false,
            }
            if wanted.is_hopeless(literals, complete) {
                return false;
            }
        }
        complete
    }

    fn literal(&self, module: ModuleId, constant: Operand) -> Option<Literal> {
        let project = self.project();
        Some(match constant.kind() {
            OperandKind::None => Literal::None,
            OperandKind::Bool(value) => Literal::Bool(value),
            OperandKind::Int(value) => Literal::Int(i64::from(value)),
            OperandKind::Str(text) | OperandKind::Bytes(text) => {
                Literal::Str(project.text(text).to_owned())
            }
            OperandKind::Number(index) => match project.module(module).ir.numbers[index as usize] {
                Number::Int(value) => Literal::Int(value),
                Number::Float(value) => Literal::Float(value),
                Number::BigInt | Number::Complex => return None,
            },
            _ => return None,
        })
    }

    /// The argument whose text a call gives back, in bytes or as it is: `text.encode()`, `bytes(text, "ascii")`, and
    /// functions of the project that do nothing else.
    fn text_passed_through(&self, module: ModuleId, call: Operand) -> Option<Operand> {
        let project = self.project();
        let ir = &project.module(module).ir;
        let instruction = ir.instruction(call).filter(|call| call.op == Op::Call)?;
        let callee = instruction.operand_a();
        if let Some(text) = self.encoded(module, instruction) {
            return Some(text);
        }
        let mut place = None;
        for value in self.values(module, callee).iter() {
            let Value::Function(module, function) = *value else {
                return None;
            };
            let inner = &project.module(module).ir;
            let info = inner.function(function);
            // One statement: what is longer does something else, too.
            if project.module(module).is_model || info.end - info.start > 12 {
                return None;
            }
            for index in (info.start..info.end).filter(|&index| inner.op(index) == Op::Return) {
                let mut result = inner.get(index).operand_a();
                if let Some(call) = inner.instruction(result).filter(|call| call.op == Op::Call) {
                    result = self.encoded(module, call)?;
                }
                let param = inner
                    .instruction(result)
                    .filter(|param| param.op == Op::Param)?;
                if *place.get_or_insert(param.a) != param.a {
                    return None;
                }
            }
        }
        let (kind, argument) = ir.arguments(instruction.b).nth(place? as usize)?;
        (kind == Argument::Positional).then_some(argument)
    }

    /// The text that a call of a built-in gives back in another form.
    fn encoded(&self, module: ModuleId, call: Instruction) -> Option<Operand> {
        let project = self.project();
        let ir = &project.module(module).ir;
        let callee = call.operand_a();
        if let Some(method) = ir
            .instruction(callee)
            .filter(|callee| callee.op == Op::Attr)
        {
            return matches!(project.text(method.symbol_b()), "encode" | "decode")
                .then(|| method.operand_a());
        }
        let OperandKind::Global(name) = callee.kind() else {
            return None;
        };
        if !matches!(project.text(name), "str" | "bytes") {
            return None;
        }
        let (kind, text) = ir.arguments(call.b).next()?;
        (kind == Argument::Positional).then_some(text)
    }

    /// The one constant that a part may be.
    fn only_literal(&self, module: ModuleId, operand: Operand, depth: u32) -> Option<Literal> {
        let mut found = Vec::new();
        let complete = self.collect_literals(module, operand, &mut found, Wanted::One, depth + 1);
        (complete && found.len() == 1).then(|| found.remove(0))
    }

    /// Constants put together from constants.
    fn fold(
        &self,
        module: ModuleId,
        result: Operand,
        literals: &mut Vec<Literal>,
        wanted: Wanted,
        depth: u32,
    ) -> bool {
        let ir = &self.project().module(module).ir;
        let Some(instruction) = ir.instruction(result) else {
            return false;
        };
        match instruction.op {
            Op::List | Op::Tuple | Op::Set => {
                let mut complete = true;
                for element in ir.list(instruction.a).take(64) {
                    complete &= self.collect_literals(module, element, literals, wanted, depth + 1);
                    if wanted.is_hopeless(literals, complete) {
                        return false;
                    }
                }
                complete
            }
            // Patterns are put together from dozens of parts: a sum is as deep as its deepest part.
            Op::Add if let Some(parts) = long_sum(ir, result) => {
                let mut text = String::new();
                for part in parts {
                    match self.only_literal(module, part, depth) {
                        Some(Literal::Str(part)) => text.push_str(&part),
                        _ => return false,
                    }
                }
                push(literals, Literal::Str(text));
                true
            }
            Op::Add
            | Op::Sub
            | Op::Mul
            | Op::FloorDiv
            | Op::Mod
            | Op::Pow
            | Op::Shl
            | Op::Shr
            | Op::BitOr
            | Op::BitAnd
            | Op::BitXor => {
                let one = |operand| self.only_literal(module, operand, depth);
                match (
                    instruction.op,
                    one(instruction.operand_a()),
                    one(instruction.operand_b()),
                ) {
                    (Op::Add, Some(Literal::Str(a)), Some(Literal::Str(b))) => {
                        push(literals, Literal::Str(a + &b));
                    }
                    (op, Some(Literal::Int(a)), Some(Literal::Int(b))) => {
                        match integers::binary(op, a, b) {
                            Some(result) => push(literals, Literal::Int(result)),
                            None => return false,
                        }
                    }
                    // These bits are set, whatever the others are.
                    (Op::BitOr, Some(Literal::Int(bits)), None)
                    | (Op::BitOr, None, Some(Literal::Int(bits))) => {
                        push(literals, Literal::Int(bits));
                        return false;
                    }
                    _ => return false,
                }
                true
            }
            Op::Format => {
                let mut text = String::new();
                for part in ir.list(instruction.a) {
                    let mut found = Vec::new();
                    let complete =
                        self.collect_literals(module, part, &mut found, Wanted::One, depth + 1);
                    match (complete, found.as_slice()) {
                        (true, [Literal::Str(part)]) => text.push_str(part),
                        (true, [Literal::Int(part)]) => text.push_str(&part.to_string()),
                        _ => return false,
                    }
                }
                push(literals, Literal::Str(text));
                true
            }
            _ => false,
        }
    }
}

fn push(literals: &mut Vec<Literal>, literal: Literal) {
    if !literals.contains(&literal) {
        literals.push(literal);
    }
}

/// The shape of what is made of all `operands`.
fn worst(operands: impl Iterator<Item = Operand>, recur: &dyn Fn(Operand) -> Shape) -> Shape {
    operands
        .take(MOST_PARTS)
        .map(recur)
        .max()
        .unwrap_or(Shape::Constant)
}

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
}
/// What something that is unpacked from a row is.
enum RowPlace {
    /// The number of the row.
    Number,
    /// An element of this iterable.
    Of(Operand),
    Unknown,
}

/// The parts of a sum of more than two, from the left.
fn long_sum(ir: &hognose_python::Ir, sum: Operand) -> Option<Vec<Operand>> {
    let mut parts = Vec::new();
    let mut left = sum;
    while let Some(add) = ir.instruction(left).filter(|add| add.op == Op::Add) {
        parts.push(add.operand_b());
        left = add.operand_a();
    }
    parts.push(left);
    parts.reverse();
    (parts.len() > 2).then_some(parts)
}

//! The shape of text: constant, put together from parts, or unknown.

use hognose_python::ModuleId;
use hognose_python::ir::{Argument, Instruction, Op, Operand, OperandKind};

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

/// How deep shapes are followed.
const MAX_DEPTH: u32 = 64;

/// How many elements of a display, or ways into a join, are looked at.
pub(crate) const MOST_PARTS: usize = 256;

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
            op if op.is_arithmetic() || matches!(op, Op::Neg | Op::Unary) => {
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

//! The constants that a value may be.

use hognose_python::ModuleId;
use hognose_python::ir::{Argument, Instruction, Number, Op, Operand, OperandKind};

use crate::integers;
use crate::values::{Evaluator, Value};

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

/// How many constants of one value are told apart.
const MOST_LITERALS: usize = 256;
/// How many operands are looked at for the constants of one value.
const MOST_WORK: u32 = 4_000;

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

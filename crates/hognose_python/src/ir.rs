//! The intermediate representation: what a module does, without syntax.
//!
//! Each module has one [`Ir`]: parallel arrays of instructions, in the order of execution, function after function
//! (nested functions come after the function around them). It is in SSA form: a local variable is not an instruction
//! but the [`Operand`] last assigned to it; where paths meet, a [`Op::Phi`] joins. Constants, and names that are not
//! local, are operands and cost no instruction.
//!
//! Control flow is kept as *blocks*: maximal runs of instructions with the same dominating conditions. A block names
//! the block that dominates it and the condition that holds on entry, which is what guards and feasibility need.
//!
//! Invariants: a register operand refers to an instruction of the same function; it has a lower number except in the
//! operands of a loop header's phi. `Free` crosses functions.

use crate::Symbol;

mod op;

pub use op::{Compare, Op};

/// A half-open byte range of the decoded text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// A value: an instruction's result, a constant, or a name that is not local.
///
/// Three tag bits, 29 bits of payload.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Operand(pub(crate) u32);

const TAG_SHIFT: u32 = 29;
const PAYLOAD: u32 = (1 << TAG_SHIFT) - 1;
const TAG_REGISTER: u32 = 0;
const TAG_GLOBAL: u32 = 1;
const TAG_STR: u32 = 2;
const TAG_BYTES: u32 = 3;
const TAG_INT: u32 = 4;
const TAG_SPECIAL: u32 = 5;
const TAG_NUMBER: u32 = 6;

/// What an [`Operand`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OperandKind {
    /// The result of the instruction with this number.
    Register(u32),
    /// A name that is not local: of the module, of a star import or a builtin.
    Global(Symbol),
    /// A string constant.
    Str(Symbol),
    /// A bytes constant, each byte as the code point of the same number.
    Bytes(Symbol),
    /// A small integer.
    Int(i32),
    /// `None`
    None,
    /// `True` or `False`
    Bool(bool),
    /// `...`
    Ellipsis,
    /// A number that is not a small integer, at this index of [`Ir::numbers`].
    Number(u32),
    /// No value: unbound, absent.
    Absent,
}

impl Operand {
    /// No value: unbound, absent.
    pub const ABSENT: Operand = Operand(TAG_SPECIAL << TAG_SHIFT);
    /// Python's `None`.
    pub const NONE: Operand = Operand(TAG_SPECIAL << TAG_SHIFT | 1);
    /// Python's `True`.
    pub const TRUE: Operand = Operand(TAG_SPECIAL << TAG_SHIFT | 2);
    /// Python's `False`.
    pub const FALSE: Operand = Operand(TAG_SPECIAL << TAG_SHIFT | 3);
    /// Python's `...`.
    pub const ELLIPSIS: Operand = Operand(TAG_SPECIAL << TAG_SHIFT | 4);

    /// The result of instruction `index`.
    pub fn from_register(index: u32) -> Self {
        debug_assert!(index <= PAYLOAD);
        Operand(index)
    }

    /// A name that is not local.
    pub fn global(name: Symbol) -> Self {
        Operand(TAG_GLOBAL << TAG_SHIFT | name.0)
    }

    /// A string constant.
    pub fn str(text: Symbol) -> Self {
        Operand(TAG_STR << TAG_SHIFT | text.0)
    }

    /// A bytes constant.
    pub(crate) fn bytes(text: Symbol) -> Self {
        Operand(TAG_BYTES << TAG_SHIFT | text.0)
    }

    /// An integer of 29 bits, or nothing.
    pub(crate) fn int(value: i64) -> Option<Self> {
        (-(1 << 28)..1 << 28)
            .contains(&value)
            .then_some(Operand(TAG_INT << TAG_SHIFT | (value as u32 & PAYLOAD)))
    }

    /// `True` or `False`.
    pub(crate) fn bool(value: bool) -> Self {
        if value { Operand::TRUE } else { Operand::FALSE }
    }

    pub(crate) fn number(index: u32) -> Self {
        Operand(TAG_NUMBER << TAG_SHIFT | index)
    }

    /// What it is.
    pub fn kind(self) -> OperandKind {
        let payload = self.0 & PAYLOAD;
        match self.0 >> TAG_SHIFT {
            TAG_REGISTER => OperandKind::Register(payload),
            TAG_GLOBAL => OperandKind::Global(Symbol(payload)),
            TAG_STR => OperandKind::Str(Symbol(payload)),
            TAG_BYTES => OperandKind::Bytes(Symbol(payload)),
            TAG_INT => OperandKind::Int((payload << 3).cast_signed() >> 3),
            TAG_NUMBER => OperandKind::Number(payload),
            _ => match payload {
                1 => OperandKind::None,
                2 => OperandKind::Bool(true),
                3 => OperandKind::Bool(false),
                4 => OperandKind::Ellipsis,
                _ => OperandKind::Absent,
            },
        }
    }

    /// The instruction number, if it is a register.
    pub fn as_register(self) -> Option<u32> {
        (self.0 >> TAG_SHIFT == TAG_REGISTER).then_some(self.0)
    }

    /// The text, if it is a string constant.
    pub fn as_str(self) -> Option<Symbol> {
        (self.0 >> TAG_SHIFT == TAG_STR).then_some(Symbol(self.0 & PAYLOAD))
    }

    /// Whether it is a constant of any type.
    pub fn is_constant(self) -> bool {
        self.0 >> TAG_SHIFT >= TAG_STR && self != Operand::ABSENT
    }

    /// Whether there is no value.
    pub fn is_absent(self) -> bool {
        self == Operand::ABSENT
    }

    /// The raw word, for [`Ir::extra`].
    pub(crate) fn word(self) -> u32 {
        self.0
    }
}

impl std::fmt::Debug for Operand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.kind().fmt(f)
    }
}

/// How an argument is passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Argument {
    /// By position.
    Positional,
    /// By name.
    Named(Symbol),
    /// `*args`
    Star,
    /// `**kwargs`
    DoubleStar,
}

impl Argument {
    const POSITIONAL: u32 = u32::MAX;
    const STAR: u32 = u32::MAX - 1;
    const DOUBLE_STAR: u32 = u32::MAX - 2;

    pub(crate) fn word(self) -> u32 {
        match self {
            Argument::Positional => Self::POSITIONAL,
            Argument::Star => Self::STAR,
            Argument::DoubleStar => Self::DOUBLE_STAR,
            Argument::Named(name) => name.0,
        }
    }

    fn from_word(word: u32) -> Self {
        match word {
            Self::POSITIONAL => Argument::Positional,
            Self::STAR => Argument::Star,
            Self::DOUBLE_STAR => Argument::DoubleStar,
            name => Argument::Named(Symbol(name)),
        }
    }
}

/// Index of a function in its module; 0 is the module's own body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FunctionId(pub u32);

impl FunctionId {
    /// The body of the module.
    pub const MODULE: FunctionId = FunctionId(0);
}

/// What kind of body a function is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FunctionKind {
    /// The body of a module.
    Module,
    /// The body of a class.
    Class,
    /// `def`
    Def,
    /// `lambda`
    Lambda,
}

/// A run of code with its own local names.
#[derive(Debug, Clone)]
pub struct Function {
    /// Which kind.
    pub kind: FunctionKind,
    /// Its name; `<module>`, `<lambda>` for those without one.
    pub name: Symbol,
    /// The function whose body contains it; itself for the module.
    pub parent: FunctionId,
    /// Number of its first instruction.
    pub start: u32,
    /// One past the number of its last instruction.
    pub end: u32,
    /// Its first block.
    pub block_start: u32,
    /// One past its last block.
    pub block_end: u32,
    /// Its parameters: a range of [`Ir::params`].
    pub params: (u32, u32),
    /// Decorators, in source order: a range of [`Ir::operands`], values of the parent function.
    pub decorators: (u32, u32),
    /// Bases of a class: a range of [`Ir::operands`], values of the parent function.
    pub bases: (u32, u32),
    /// Annotation of what it returns, a value of the parent function.
    pub returns: Operand,
    /// What each name is bound to when a module or class body ends: a range of [`Ir::exports`], sorted by symbol.
    pub exports: (u32, u32),
    /// Names that instructions' results are assigned to: a range of [`Ir::assigned`].
    pub assigned: (u32, u32),
    /// `async def`
    pub is_async: bool,
    /// Contains `yield`.
    pub is_generator: bool,
    /// The name in the `def` or `class` line; the whole lambda.
    pub span: Span,
}

/// A parameter of a function.
#[derive(Debug, Clone, Copy)]
pub struct Param {
    /// Its name.
    pub name: Symbol,
    /// How it takes arguments.
    pub kind: ParamKind,
    /// Its default, a value of the function around; absent if it has none.
    pub default: Operand,
    /// Its annotation, a value of the function around; absent if it has none.
    pub annotation: Operand,
    /// The parameter with annotation and default.
    pub span: Span,
}

/// How a parameter takes arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ParamKind {
    /// By position only.
    PositionalOnly,
    /// By position or name.
    Normal,
    /// `*args`
    Star,
    /// By name only.
    KeywordOnly,
    /// `**kwargs`
    DoubleStar,
}

/// A run of instructions with the same dominating conditions.
#[derive(Debug, Clone, Copy)]
pub struct Block {
    /// Number of its first instruction; it ends where the next block begins.
    pub start: u32,
    /// The block that dominates it; itself for a function's first.
    pub dominator: u32,
    /// The condition under which it is entered from the dominator; absent if there is none (or it is not a value).
    pub condition: Operand,
    /// Whether the condition is true or false here.
    pub polarity: bool,
}

/// An `import` or one name of a `from … import`.
#[derive(Debug, Clone, Copy)]
pub struct Import {
    /// Dotted name as written, without leading dots.
    pub module: Symbol,
    /// Number of leading dots.
    pub level: u32,
    /// The name imported from the module; absent for `import module`.
    pub name: Option<Symbol>,
    /// `import a.b` without `as` binds the top package `a`.
    pub binds_top: bool,
    /// The whole statement.
    pub span: Span,
    /// The function that contains it.
    pub function: FunctionId,
}

/// An annotated or plain assignment in a class or module body, for types.
#[derive(Debug, Clone, Copy)]
pub struct Annotation {
    /// The function it is in.
    pub function: FunctionId,
    /// The variable, or the attribute of `self`.
    pub name: Symbol,
    /// Whether it annotates `self.name`.
    pub on_self: bool,
    /// The annotation.
    pub annotation: Operand,
}

/// A number that is not a small integer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// An integer that fits in 64 bits.
    Int(i64),
    /// An integer that does not.
    BigInt,
    /// A float.
    Float(f64),
    /// A complex number.
    Complex,
}

/// The instructions of a module.
#[derive(Debug, Default, Clone)]
pub struct Ir {
    pub(crate) ops: Vec<Op>,
    pub(crate) a: Vec<u32>,
    pub(crate) b: Vec<u32>,
    pub(crate) spans: Vec<Span>,
    pub(crate) extra: Vec<u32>,
    /// Functions; the first is the module's body.
    pub functions: Vec<Function>,
    /// Parameters of all functions.
    pub params: Vec<Param>,
    /// Decorators and bases.
    pub operands: Vec<Operand>,
    /// Where each of them is written.
    pub operand_spans: Vec<Span>,
    /// Final bindings of module and class bodies, sorted by symbol within each range.
    pub exports: Vec<(Symbol, Operand)>,
    /// Blocks, in order of their first instruction.
    pub blocks: Vec<Block>,
    /// How control gets from block to block, as (to, from), sorted; an edge from a later block goes around a loop.
    pub edges: Vec<(u32, u32)>,
    /// Blocks that control gets to from anywhere in the blocks before them (exception handlers, `finally`), sorted.
    pub handlers: Vec<u32>,
    /// Imports in source order.
    pub imports: Vec<Import>,
    /// Modules named in `from … import *`, as indices of `imports`, with the function they are in.
    pub star_imports: Vec<u32>,
    /// Numbers that are not small integers.
    pub numbers: Vec<Number>,
    /// Annotations of variables.
    pub annotations: Vec<Annotation>,
    /// Results that are assigned to names, function by function, in source order.
    pub assigned: Vec<(Symbol, Operand)>,
    /// Definitions of variables that inner functions use: (function, variable, value), sorted.
    pub cells: Vec<(FunctionId, Symbol, Operand)>,
}

/// One instruction.
#[derive(Debug, Clone, Copy)]
pub struct Instruction {
    /// What it does.
    pub op: Op,
    /// First word, see [`Op`].
    pub a: u32,
    /// Second word, see [`Op`].
    pub b: u32,
}

impl Instruction {
    /// First word as an operand.
    pub fn operand_a(self) -> Operand {
        Operand(self.a)
    }

    /// Second word as an operand.
    pub fn operand_b(self) -> Operand {
        Operand(self.b)
    }

    /// Second word as a symbol.
    pub fn symbol_b(self) -> Symbol {
        Symbol(self.b)
    }

    /// First word as a symbol.
    pub fn symbol_a(self) -> Symbol {
        Symbol(self.a)
    }
}

impl Ir {
    /// Number of instructions.
    pub fn len(&self) -> usize {
        self.ops.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }

    /// What kind of instruction number `index` is.
    pub fn op(&self, index: u32) -> Op {
        self.ops[index as usize]
    }

    /// Instruction number `index`.
    pub fn get(&self, index: u32) -> Instruction {
        let index = index as usize;
        Instruction {
            op: self.ops[index],
            a: self.a[index],
            b: self.b[index],
        }
    }

    /// The instruction behind `operand`, if it is a register.
    pub fn instruction(&self, operand: Operand) -> Option<Instruction> {
        operand.as_register().map(|index| self.get(index))
    }

    /// Whether some instruction or parameter uses a constant or a name; quicker than to ask each.
    pub fn mentions(&self, operand: Operand) -> bool {
        let word = operand.0;
        [&self.a, &self.b, &self.extra]
            .into_iter()
            .any(|words| words.contains(&word))
            || self.params.iter().any(|param| param.default == operand)
    }

    /// Source range of instruction number `index`.
    pub fn span(&self, index: u32) -> Span {
        self.spans[index as usize]
    }

    /// All instruction kinds, for quick scans.
    pub fn ops(&self) -> &[Op] {
        &self.ops
    }

    /// The arguments of a [`Op::Call`] whose second word is `extra`.
    pub fn arguments(
        &self,
        extra: u32,
    ) -> impl ExactSizeIterator<Item = (Argument, Operand)> + Clone + '_ {
        let at = extra as usize;
        let count = self.extra[at] as usize;
        self.extra[at + 1..=at + 2 * count]
            .chunks_exact(2)
            .map(|pair| (Argument::from_word(pair[0]), Operand(pair[1])))
    }

    /// The counted operands at `extra` (formats and displays).
    pub fn list(
        &self,
        extra: u32,
    ) -> impl ExactSizeIterator<Item = Operand> + DoubleEndedIterator + Clone + '_ {
        let at = extra as usize;
        self.extra[at + 1..=at + self.extra[at] as usize]
            .iter()
            .map(|&word| Operand(word))
    }

    /// The counted pairs at `extra` (dicts: key, value; phis: value, block word).
    pub fn pairs(
        &self,
        extra: u32,
    ) -> impl ExactSizeIterator<Item = (Operand, Operand)> + Clone + '_ {
        let at = extra as usize;
        self.extra[at + 1..=at + 2 * self.extra[at] as usize]
            .chunks_exact(2)
            .map(|pair| (Operand(pair[0]), Operand(pair[1])))
    }

    /// The values a [`Op::Phi`] joins and the block each comes from.
    pub fn phi(&self, extra: u32) -> impl ExactSizeIterator<Item = (Operand, u32)> + Clone + '_ {
        self.pairs(extra).map(|(value, block)| (value, block.0))
    }

    /// The operator and the two sides of a [`Op::Compare`].
    pub fn comparison(&self, extra: u32) -> (Compare, Operand, Operand) {
        let at = extra as usize;
        let operator = Compare::from_word(self.extra[at]);
        (
            operator,
            Operand(self.extra[at + 1]),
            Operand(self.extra[at + 2]),
        )
    }

    /// The name that an operand is written as, without what stands before its last dot. For an imported name, the one
    /// it has where it is defined.
    pub fn written_name(&self, operand: Operand) -> Option<Symbol> {
        match operand.kind() {
            OperandKind::Global(name) => Some(name),
            OperandKind::Register(index) => match self.op(index) {
                Op::Attr => Some(self.get(index).symbol_b()),
                Op::Import => self.imports[self.get(index).a as usize].name,
                _ => None,
            },
            _ => None,
        }
    }

    /// Name (or key) and value of a [`Op::StoreAttr`] (or [`Op::StoreSubscript`]).
    pub fn stored(&self, extra: u32) -> (Operand, Operand) {
        (
            Operand(self.extra[extra as usize]),
            Operand(self.extra[extra as usize + 1]),
        )
    }

    /// Name and value of a [`Op::StoreAttr`].
    pub fn stored_attr(&self, extra: u32) -> (Symbol, Operand) {
        (
            Symbol(self.extra[extra as usize]),
            Operand(self.extra[extra as usize + 1]),
        )
    }

    /// The class of the pattern and the number of its part that an [`Op::Capture`] with word `b` takes; nothing if it
    /// takes the rest of a mapping.
    pub fn captured(&self, b: u32) -> Option<(Operand, u32)> {
        let at = b.checked_sub(1)? as usize;
        Some((Operand(self.extra[at]), self.extra[at + 1]))
    }

    /// Word `at` of the extra words, as an operand: the bounds of an [`Op::Slice`].
    pub fn extra_operand(&self, at: usize) -> Operand {
        Operand(self.extra[at])
    }

    /// Calls `found` for each operand that instruction number `index` uses.
    pub fn for_each_operand(&self, index: u32, mut found: impl FnMut(Operand)) {
        let Instruction { op, a, b } = self.get(index);
        match op {
            Op::Param | Op::Import | Op::MakeFunction | Op::MakeClass | Op::Free | Op::Unknown => {}
            Op::Attr
            | Op::Not
            | Op::Neg
            | Op::Unary
            | Op::Star
            | Op::Comprehension
            | Op::Element
            | Op::Unpack
            | Op::UnpackRest
            | Op::Enter
            | Op::Await
            | Op::Yield
            | Op::YieldFrom
            | Op::Caught
            | Op::Capture
            | Op::Bind
            | Op::Return
            | Op::Raise
            | Op::Assert
            | Op::Delete => found(Operand(a)),
            Op::Subscript
            | Op::Add
            | Op::Mod
            | Op::Div
            | Op::Mul
            | Op::BitOr
            | Op::Sub
            | Op::FloorDiv
            | Op::Pow
            | Op::Shl
            | Op::Shr
            | Op::BitAnd
            | Op::BitXor
            | Op::MatMul
            | Op::And
            | Op::Or
            | Op::DictComprehension => {
                found(Operand(a));
                found(Operand(b));
            }
            Op::Slice => self.extra[a as usize..a as usize + 3]
                .iter()
                .for_each(|&word| found(Operand(word))),
            Op::Call => {
                found(Operand(a));
                self.arguments(b).for_each(|(_, value)| found(value));
            }
            Op::Compare => {
                let (_, left, right) = self.comparison(a);
                found(left);
                found(right);
            }
            Op::Format | Op::Tuple | Op::List | Op::Set => self.list(a).for_each(found),
            Op::Dict => self.pairs(a).for_each(|(key, value)| {
                found(key);
                found(value);
            }),
            Op::Phi => self.phi(a).for_each(|(value, _)| found(value)),
            Op::StoreAttr => {
                found(Operand(a));
                found(self.stored_attr(b).1);
            }
            Op::StoreSubscript => {
                let (key, value) = self.stored(b);
                found(Operand(a));
                found(key);
                found(value);
            }
            Op::StoreGlobal => found(Operand(b)),
        }
    }

    /// A function.
    pub fn function(&self, id: FunctionId) -> &Function {
        &self.functions[id.0 as usize]
    }

    /// A function's parameters.
    pub fn params_of(&self, id: FunctionId) -> &[Param] {
        let (start, end) = self.function(id).params;
        &self.params[start as usize..end as usize]
    }

    /// A function's or class's decorators.
    pub fn decorators_of(&self, id: FunctionId) -> &[Operand] {
        let (start, end) = self.function(id).decorators;
        &self.operands[start as usize..end as usize]
    }

    /// A class's bases.
    pub fn bases_of(&self, id: FunctionId) -> &[Operand] {
        let (start, end) = self.function(id).bases;
        &self.operands[start as usize..end as usize]
    }

    /// Names that results of instructions of a function are assigned to, in source order.
    pub fn assigned_names(&self, id: FunctionId) -> impl Iterator<Item = (Symbol, Operand)> + '_ {
        let (start, end) = self.function(id).assigned;
        self.assigned[start as usize..end as usize].iter().copied()
    }

    /// Final bindings of a module or class body.
    pub fn exports_of(&self, id: FunctionId) -> &[(Symbol, Operand)] {
        let (start, end) = self.function(id).exports;
        &self.exports[start as usize..end as usize]
    }

    /// What `name` is bound to when the module or class body `id` ends.
    pub fn export(&self, id: FunctionId, name: Symbol) -> Option<Operand> {
        let exports = self.exports_of(id);
        exports
            .binary_search_by_key(&name, |&(symbol, _)| symbol)
            .ok()
            .map(|index| exports[index].1)
    }

    /// All values the variable `name` of function `id` ever has, as inner functions see it.
    pub fn cell(&self, id: FunctionId, name: Symbol) -> impl Iterator<Item = Operand> + '_ {
        let start = self
            .cells
            .partition_point(|&(function, symbol, _)| (function, symbol) < (id, name));
        self.cells[start..]
            .iter()
            .take_while(move |&&(function, symbol, _)| (function, symbol) == (id, name))
            .map(|&(_, _, value)| value)
    }

    /// The function that contains instruction number `index`.
    pub fn function_at(&self, index: u32) -> FunctionId {
        // Functions are laid out one after the other in the order of their numbers.
        let at = self
            .functions
            .partition_point(|function| function.start <= index);
        let mut id = at.saturating_sub(1);
        // Empty functions share their start with the next one.
        while id > 0 && self.functions[id].end <= index {
            id -= 1;
        }
        FunctionId(id as u32)
    }

    /// The blocks from which control gets to `block`.
    pub fn predecessors(&self, block: u32) -> impl Iterator<Item = u32> + '_ {
        let start = self.edges.partition_point(|&(to, _)| to < block);
        self.edges[start..]
            .iter()
            .take_while(move |&&(to, _)| to == block)
            .map(|&(_, from)| from)
    }

    /// The block that contains instruction number `index`.
    pub fn block_at(&self, index: u32) -> u32 {
        self.blocks
            .partition_point(|block| block.start <= index)
            .saturating_sub(1) as u32
    }

    /// Empties it and keeps its memory.
    pub(crate) fn clear(&mut self) {
        self.ops.clear();
        self.a.clear();
        self.b.clear();
        self.spans.clear();
        self.extra.clear();
        self.functions.clear();
        self.params.clear();
        self.operands.clear();
        self.operand_spans.clear();
        self.exports.clear();
        self.blocks.clear();
        self.edges.clear();
        self.handlers.clear();
        self.imports.clear();
        self.star_imports.clear();
        self.numbers.clear();
        self.annotations.clear();
        self.assigned.clear();
        self.cells.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::{Operand, OperandKind};

    #[test]
    fn small_integers_keep_their_sign() {
        for value in [0, 1, -1, (1 << 28) - 1, -(1 << 28)] {
            let operand = Operand::int(i64::from(value)).expect("fits");
            assert_eq!(operand.kind(), OperandKind::Int(value));
        }
        assert_eq!(Operand::int(1 << 28), None);
    }
}

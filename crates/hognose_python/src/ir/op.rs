//! What an instruction does.

/// What an instruction does. `a` and `b` are its two words in [`Ir`](super::Ir); "extra" means an index into [`Ir::extra`](super::Ir::extra).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Op {
    /// Parameter number `a` of the function.
    Param,
    /// Attribute `b` (symbol) of operand `a`.
    Attr,
    /// Element `b` (operand) of operand `a`.
    Subscript,
    /// Slice object; extra `a`: lower, upper, step.
    Slice,
    /// Call of operand `a` with arguments at extra `b`: count, then pairs (argument word, operand), see [`Argument`](super::Argument).
    Call,
    /// `a + b`
    Add,
    /// `a % b`
    Mod,
    /// `a / b`
    Div,
    /// `a * b`
    Mul,
    /// `a | b`
    BitOr,
    /// `a - b`
    Sub,
    /// `a // b`
    FloorDiv,
    /// `a ** b`
    Pow,
    /// `a << b`
    Shl,
    /// `a >> b`
    Shr,
    /// `a & b`
    BitAnd,
    /// `a ^ b`
    BitXor,
    /// `a @ b`
    MatMul,
    /// `not a`
    Not,
    /// `-a`
    Neg,
    /// `+a`, `~a`
    Unary,
    /// `a and b`
    And,
    /// `a or b`
    Or,
    /// Comparison; extra `a`: [`Compare`] as word, left, right.
    Compare,
    /// f-string (or t-string); extra `a`: count, then operands. Literal parts are string constants.
    Format,
    /// Tuple; extra `a`: count, then operands (a starred element is a [`Op::Star`]).
    Tuple,
    /// List, as tuple.
    List,
    /// Set, as tuple.
    Set,
    /// Dict; extra `a`: number of pairs, then key, value; key [`Operand::NONE`](super::Operand::NONE) for `**value`.
    Dict,
    /// `*a` inside a display.
    Star,
    /// List, set or generator whose elements are `a`.
    Comprehension,
    /// Dict with keys `a` and values `b` from a comprehension.
    DictComprehension,
    /// An element of the iterable `a`.
    Element,
    /// Element number `b & 0xffff` of the sequence `a`, of `b >> 16` in all.
    Unpack,
    /// The starred rest of the unpacked sequence `a`, without `b & 0xffff` elements in front and `b >> 16` at its end.
    UnpackRest,
    /// What `with a` binds.
    Enter,
    /// `await a`
    Await,
    /// `yield a`; the value is what is sent in.
    Yield,
    /// `yield from a`
    YieldFrom,
    /// Import number `a` of [`Ir::imports`](super::Ir::imports).
    Import,
    /// Function (or lambda) number `a`.
    MakeFunction,
    /// Class number `a` (its body is a function of kind class).
    MakeClass,
    /// Variable `a` (symbol) of the enclosing function `b`.
    Free,
    /// Join; extra `a`: count, then pairs (operand, block it comes from). `b`: symbol of the variable.
    Phi,
    /// The caught exception, an instance of `a` ([`Operand::NONE`](super::Operand::NONE) for a bare except).
    Caught,
    /// Part of the subject `a` captured by a pattern. `b - 1`, unless `b` is 0: extra class and number of the part in a
    /// pattern of that class.
    Capture,
    /// Name `b` (symbol) is bound by an assignment to `a`: a constant, or what was imported under another name.
    Bind,
    /// `a.name = value`; extra `b`: symbol, value.
    StoreAttr,
    /// `a[key] = value`; extra `b`: key, value.
    StoreSubscript,
    /// Global or nonlocal variable `a` (symbol) is set to `b`.
    StoreGlobal,
    /// `return a`
    Return,
    /// `raise a`
    Raise,
    /// `assert a`
    Assert,
    /// `del a` of an attribute or element.
    Delete,
    /// Something that was not lowered (nested too deeply); its value is unknown.
    Unknown,
}

impl Op {
    /// Whether it is an operation of two operands that computes rather than puts texts or sets together.
    pub fn is_arithmetic(self) -> bool {
        matches!(
            self,
            Op::Sub
                | Op::Mul
                | Op::Div
                | Op::FloorDiv
                | Op::Pow
                | Op::Shl
                | Op::Shr
                | Op::BitAnd
                | Op::BitXor
                | Op::MatMul
        )
    }
}

/// A comparison operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Compare {
    /// `==`
    Eq,
    /// `!=`
    NotEq,
    /// `<`
    Lt,
    /// `<=`
    LtE,
    /// `>`
    Gt,
    /// `>=`
    GtE,
    /// `is`
    Is,
    /// `is not`
    IsNot,
    /// `in`
    In,
    /// `not in`
    NotIn,
}

impl Compare {
    const ALL: [Compare; 10] = [
        Compare::Eq,
        Compare::NotEq,
        Compare::Lt,
        Compare::LtE,
        Compare::Gt,
        Compare::GtE,
        Compare::Is,
        Compare::IsNot,
        Compare::In,
        Compare::NotIn,
    ];

    /// The operator that was written as this word of [`Ir::extra`](super::Ir::extra).
    pub(super) fn from_word(word: u32) -> Compare {
        Self::ALL[word as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::Compare;

    #[test]
    fn each_operator_has_its_word() {
        for (word, operator) in Compare::ALL.into_iter().enumerate() {
            assert_eq!(operator as usize, word);
            assert_eq!(Compare::from_word(word as u32), operator);
        }
    }
}

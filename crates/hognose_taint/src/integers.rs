//! What Python computes from integers, where the result fits a word.

use hognose_python::ir::Op;

/// The result of a binary operation; `None` if it is no integer, does not fit, or fails.
pub(crate) fn binary(op: Op, a: i64, b: i64) -> Option<i64> {
    match op {
        Op::Add => a.checked_add(b),
        Op::Sub => a.checked_sub(b),
        Op::Mul => a.checked_mul(b),
        Op::FloorDiv => floor(a, b).map(|(quotient, _)| quotient),
        Op::Mod => floor(a, b).map(|(_, rest)| rest),
        Op::Pow => a.checked_pow(u32::try_from(b).ok()?),
        Op::Shl => {
            let shifted = a.checked_shl(u32::try_from(b).ok()?)?;
            (shifted >> b == a).then_some(shifted)
        }
        Op::Shr => (b >= 0).then(|| a >> b.min(63)),
        Op::BitOr => Some(a | b),
        Op::BitAnd => Some(a & b),
        Op::BitXor => Some(a ^ b),
        _ => None,
    }
}

/// Quotient rounded down, and the rest, which has the sign of the divisor.
fn floor(a: i64, b: i64) -> Option<(i64, i64)> {
    let (quotient, rest) = (a.checked_div(b)?, a.checked_rem(b)?);
    Some(if rest != 0 && (rest < 0) != (b < 0) {
        (quotient - 1, rest + b)
    } else {
        (quotient, rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn division_rounds_down() {
        for (a, b, quotient, rest) in [
            (7, 2, 3, 1),
            (-7, 2, -4, 1),
            (7, -2, -4, -1),
            (-7, -2, 3, -1),
        ] {
            assert_eq!(binary(Op::FloorDiv, a, b), Some(quotient));
            assert_eq!(binary(Op::Mod, a, b), Some(rest));
        }
    }

    #[test]
    fn what_does_not_fit_or_fails_is_unknown() {
        assert_eq!(binary(Op::FloorDiv, 1, 0), None);
        assert_eq!(binary(Op::Mod, i64::MIN, -1), None);
        assert_eq!(binary(Op::Shl, 1, 63), None);
        assert_eq!(binary(Op::Shl, 1, 64), None);
        assert_eq!(binary(Op::Shl, 3, -1), None);
        assert_eq!(binary(Op::Shr, -8, 100), Some(-1));
        assert_eq!(binary(Op::Pow, 10, 19), None);
        assert_eq!(binary(Op::Pow, 2, -1), None);
        assert_eq!(binary(Op::Mul, i64::MAX, 2), None);
    }
}

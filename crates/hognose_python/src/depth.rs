//! Bounds on nesting, so that no input takes the stack or the memory.
//!
//! The parser grows its stack on the heap, about a kilobyte a level, so what bounds its memory is the deepest nesting
//! that a text can have. A small text cannot nest deeper than it is long. A larger one is read token by token first:
//! what a level can come from is a bracket, an operator, a prefix such as `not` or `lambda`, or indentation.

use ruff_python_ast::ModModule;
use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{Mode, Parsed, lexer};

/// Texts up to this size (bytes) are parsed as they are.
const SMALL: usize = 256 * 1024;
/// Deepest nesting parsed in a larger text.
const MAX_LEVELS: usize = 100_000;
/// Python gives up at 100.
const MAX_INDENTATION: usize = 1_000;
/// Stack for dropping a deeply nested tree: bytes for each byte of its text, which is at least a level each.
const DROP_STACK_A_BYTE: usize = 256;
/// The least and the most stack for that, bytes.
const DROP_STACK: (usize, usize) = (1 << 20, 256 << 20);

/// Says why `text` must not be parsed, if it must not.
pub(crate) fn check(text: &str) -> Result<(), String> {
    if text.len() <= SMALL {
        return Ok(());
    }
    let levels = levels(text);
    if levels > MAX_LEVELS {
        return Err(format!("nested up to {levels} levels deep; not analysed"));
    }
    Ok(())
}

/// An upper bound on how deep the parser recurses and how deep the tree becomes.
fn levels(text: &str) -> usize {
    let mut lexer = lexer::lex(text, Mode::Module);
    // For each open bracket: levels in the current element, levels that commas do not end (lambda parameters).
    let mut open: Vec<(usize, usize)> = vec![(0, 0)];
    let mut total = 0_usize;
    let mut deepest = 0;
    let mut indentation = 0_usize;
    loop {
        let kind = lexer.next_token();
        match kind {
            TokenKind::EndOfFile => break,
            TokenKind::Indent => indentation += 1,
            TokenKind::Dedent => indentation = indentation.saturating_sub(1),
            TokenKind::Newline => {
                open.truncate(1);
                open[0] = (0, 0);
                total = 0;
            }
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => {
                // Both a level of its own and, after an expression, a link of a chain of calls.
                bump(&mut open, &mut total);
                open.push((0, 0));
            }
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace => {
                if open.len() > 1
                    && let Some((element, kept)) = open.pop()
                {
                    total -= element + kept;
                }
            }
            TokenKind::Comma => {
                if let Some((element, _)) = open.last_mut() {
                    total -= std::mem::take(element);
                }
            }
            TokenKind::Lambda => {
                if let Some((_, kept)) = open.last_mut() {
                    *kept += 1;
                    total += 1;
                }
            }
            TokenKind::Name
            | TokenKind::Int
            | TokenKind::Float
            | TokenKind::Complex
            | TokenKind::String
            | TokenKind::Comment
            | TokenKind::NonLogicalNewline
            | TokenKind::Colon => {}
            _ => bump(&mut open, &mut total),
        }
        deepest = deepest.max(total + indentation);
        if indentation > MAX_INDENTATION {
            return usize::MAX;
        }
    }
    deepest
}

fn bump(open: &mut [(usize, usize)], total: &mut usize) {
    if let Some((element, _)) = open.last_mut() {
        *element += 1;
        *total += 1;
    }
}

/// Drops a tree on a stack that is large enough for its depth. Where there is no such stack to be had, the memory of
/// the tree is given up instead.
pub(crate) fn drop_deep(parsed: Parsed<ModModule>, deep: bool, text_len: usize) {
    if !deep {
        return;
    }
    let need = text_len.saturating_mul(DROP_STACK_A_BYTE);
    if need > DROP_STACK.1 {
        std::mem::forget(parsed);
        return;
    }
    let mut tree = Some(parsed);
    let on_large_stack = std::panic::AssertUnwindSafe(|| {
        stacker::grow(need.max(DROP_STACK.0), || drop(tree.take()));
    });
    if std::panic::catch_unwind(on_large_stack).is_err() {
        std::mem::forget(tree);
    }
}

#[cfg(test)]
mod tests {
    use super::levels;

    #[test]
    fn levels_are_counted() {
        assert_eq!(levels("x = 1\n"), 1);
        assert_eq!(
            levels(&format!("x = {}{}\n", "[".repeat(50), "]".repeat(50))),
            51
        );
        assert_eq!(levels(&format!("x = [{}]\n", "(1), ".repeat(1000))), 3);
        assert!(levels(&format!("x = {}1\n", "not ".repeat(1000))) >= 1000);
        assert!(levels(&format!("x = [{}1]\n", "lambda a, b: ".repeat(1000))) >= 1000);
        assert!(levels(&format!("x = f{}\n", "()".repeat(1000))) >= 1000);
    }
}

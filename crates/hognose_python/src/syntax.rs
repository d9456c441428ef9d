//! Syntax on demand: what a place in the text looks like, read again where a finding needs it.
//!
//! The [`crate::ir`] keeps one range an instruction. The range of an argument, or where to insert one, is found by
//! parsing the expression at that range once more, which happens only for what is reported.

use ruff_python_ast::{Expr, ExprCall};
use ruff_python_parser::parse_parenthesized_expression_range;
use ruff_text_size::{Ranged, TextRange, TextSize};

use crate::ir::Span;

/// A call as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallSyntax {
    /// The callee: `requests.get`.
    pub callee: Span,
    /// The last name of the callee, if it is an attribute: `get`.
    pub attribute: Option<Span>,
    /// Arguments in source order.
    pub arguments: Vec<ArgumentSyntax>,
    /// Between the opening parenthesis and the closing one.
    pub inside: Span,
}

/// An argument as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArgumentSyntax {
    /// The keyword, if it has one.
    pub name: Option<String>,
    /// All of it: `verify=False`.
    pub span: Span,
    /// Its value: `False`.
    pub value: Span,
    /// `*value` or `**value`.
    pub is_splat: bool,
}

fn span(range: TextRange) -> Span {
    Span {
        start: range.start().to_u32(),
        end: range.end().to_u32(),
    }
}

/// Expressions longer than this (bytes) are not read again.
const MAX_LENGTH: u32 = 1 << 18;

fn expression(text: &str, at: Span) -> Option<Expr> {
    let within =
        at.start <= at.end && at.end as usize <= text.len() && at.end - at.start <= MAX_LENGTH;
    if !within
        || !text.is_char_boundary(at.start as usize)
        || !text.is_char_boundary(at.end as usize)
    {
        return None;
    }
    let range = TextRange::new(TextSize::new(at.start), TextSize::new(at.end));
    let parsed = parse_parenthesized_expression_range(text, range).ok()?;
    Some(*parsed.into_syntax().body)
}

/// The call at `at` (the range of a call instruction).
pub fn call_at(text: &str, at: Span) -> Option<CallSyntax> {
    let Expr::Call(call) = expression(text, at)? else {
        return None;
    };
    Some(call_syntax(&call))
}

fn call_syntax(call: &ExprCall) -> CallSyntax {
    let arguments = call
        .arguments
        .iter_source_order()
        .map(|argument| match argument {
            ruff_python_ast::ArgOrKeyword::Arg(Expr::Starred(starred)) => ArgumentSyntax {
                name: None,
                span: span(starred.range()),
                value: span(starred.value.range()),
                is_splat: true,
            },
            ruff_python_ast::ArgOrKeyword::Arg(expr) => ArgumentSyntax {
                name: None,
                span: span(expr.range()),
                value: span(expr.range()),
                is_splat: false,
            },
            ruff_python_ast::ArgOrKeyword::Keyword(keyword) => ArgumentSyntax {
                name: keyword.arg.as_ref().map(|name| name.as_str().to_owned()),
                span: span(keyword.range()),
                value: span(keyword.value.range()),
                is_splat: keyword.arg.is_none(),
            },
        })
        .collect();
    let attribute = match &*call.func {
        Expr::Attribute(attribute) => Some(span(attribute.attr.range)),
        _ => None,
    };
    CallSyntax {
        callee: span(call.func.range()),
        attribute,
        arguments,
        inside: span(call.arguments.inner_range()),
    }
}

/// The whole statement that contains `at` is not needed by anyone; the value of a `name = value` at `at` is.
pub fn assigned_value(text: &str, at: Span) -> Option<Span> {
    let source = text.get(at.start as usize..at.end as usize)?;
    let parsed = ruff_python_parser::parse_module(source).ok()?;
    let value = match parsed.suite().first()? {
        ruff_python_ast::Stmt::Assign(assign) => assign.value.range(),
        ruff_python_ast::Stmt::AnnAssign(assign) => assign.value.as_ref()?.range(),
        _ => return None,
    };
    Some(Span {
        start: at.start + value.start().to_u32(),
        end: at.start + value.end().to_u32(),
    })
}

/// Whether `text` parses without a syntax error.
pub fn parses(text: &str) -> bool {
    ruff_python_parser::parse_module(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::call_at;
    use crate::ir::Span;

    #[test]
    fn a_call_in_pieces() {
        let text = "x = (requests\n  .get(url, *more, verify=False,\n  **rest))\n";
        let at = Span {
            start: 5,
            end: text.len() as u32 - 2,
        };
        let call = call_at(text, at).expect("a call");
        let piece = |span: Span| &text[span.start as usize..span.end as usize];
        assert_eq!(piece(call.callee), "requests\n  .get");
        assert_eq!(call.attribute.map(piece), Some("get"));
        let arguments: Vec<_> = call
            .arguments
            .iter()
            .map(|argument| {
                (
                    argument.name.as_deref(),
                    piece(argument.value),
                    argument.is_splat,
                )
            })
            .collect();
        assert_eq!(
            arguments,
            [
                (None, "url", false),
                (None, "more", true),
                (Some("verify"), "False", false),
                (None, "rest", true)
            ]
        );
        assert_eq!(piece(call.inside), "url, *more, verify=False,\n  **rest");
    }
}

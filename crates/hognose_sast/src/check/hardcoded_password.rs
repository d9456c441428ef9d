//! Passwords and tokens that are written in the source, found by the name they get.
//!
//! Every non-empty string under such a name is possible; it is likely a credential where it looks like one and not
//! like the name of a field, a message or a placeholder.

use std::sync::LazyLock;

use hognose_python::Symbol;
use hognose_python::ir::{Argument, Compare, Op, Operand, OperandKind, Span};
use regex::Regex;

use super::{Context, confidence};

/// Names of credentials: the whole name, or a part of it between underscores.
static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let words = r"(?:pas+wo?r?d|pass(?:phrase)?|pwd|token|secrete?)";
    Regex::new(&format!(r"(?i)(?:^{words}$|_{words}_|^{words}_|_{words}$)")).ok()
});

pub(super) fn run(context: &mut Context<'_, '_>) {
    let ir = context.ir();
    for index in 0..ir.len() as u32 {
        let instruction = ir.get(index);
        match instruction.op {
            Op::Bind => check(
                context,
                index,
                instruction.symbol_b(),
                instruction.operand_a(),
            ),
            Op::StoreAttr => {
                let (name, value) = ir.stored_attr(instruction.b);
                check(context, index, name, value);
            }
            Op::StoreGlobal => check(
                context,
                index,
                instruction.symbol_a(),
                instruction.operand_b(),
            ),
            Op::StoreSubscript => {
                let (key, value) = ir.stored(instruction.b);
                if let Some(name) = key.as_str() {
                    check(context, index, name, value);
                }
            }
            Op::Dict => {
                for (key, value) in ir.pairs(instruction.a) {
                    if let Some(name) = key.as_str() {
                        check(context, index, name, value);
                    }
                }
            }
            Op::Compare => {
                let (operator, left, right) = ir.comparison(instruction.a);
                if !matches!(operator, Compare::Eq | Compare::NotEq) {
                    continue;
                }
                for (named, value) in [(left, right), (right, left)] {
                    if context.string_or_bytes(value).is_some()
                        && let Some(name) = names_of(context, named, index)
                            .into_iter()
                            .find(|name| says_credential(name))
                    {
                        report(context, index, None, name, value);
                    }
                }
            }
            Op::Call => {
                for (kind, value) in ir.arguments(instruction.b) {
                    if let Argument::Named(name) = kind {
                        check(context, index, name, value);
                    }
                }
            }
            _ => {}
        }
    }
    for (number, function) in ir.functions.iter().enumerate() {
        for param in ir.params_of(hognose_python::ir::FunctionId(number as u32)) {
            let index = function.start.min(ir.len().saturating_sub(1) as u32);
            report(
                context,
                index,
                Some(param.span),
                context.text(param.name),
                param.default,
            );
        }
    }
}

/// The names by which a compared value goes: the variable it was assigned to, the attribute or the key it was read
/// from.
fn names_of<'a>(context: &Context<'_, 'a>, operand: Operand, at: u32) -> Vec<&'a str> {
    let ir = context.ir();
    if let OperandKind::Global(name) = operand.kind() {
        return vec![context.text(name)];
    }
    let Some(instruction) = ir.instruction(operand) else {
        return Vec::new();
    };
    let function = ir.function_at(at);
    let mut names: Vec<&str> = ir
        .assigned_names(function)
        .filter(|&(_, value)| value == operand)
        .map(|(name, _)| context.text(name))
        .collect();
    match instruction.op {
        Op::Attr | Op::Phi => names.push(context.text(instruction.symbol_b())),
        Op::Subscript => names.extend(context.string(instruction.operand_b())),
        Op::Param => {
            let param = ir.params_of(function).get(instruction.a as usize);
            names.extend(param.map(|param| context.text(param.name)));
        }
        _ => {}
    }
    names
}

/// Whether a name is that of a credential.
fn says_credential(name: &str) -> bool {
    NAME.as_ref().is_some_and(|pattern| pattern.is_match(name)) && !is_position(name)
}

/// Whether a token says where a list goes on: `next_page_token`.
fn is_position(name: &str) -> bool {
    let plain: String = name
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    ["pagetoken", "pagingtoken", "continuationtoken", "synctoken"]
        .iter()
        .any(|word| plain.contains(word))
}

fn check(context: &mut Context<'_, '_>, index: u32, name: Symbol, value: Operand) {
    // Few values are strings; look at those only.
    if context.string_or_bytes(value).is_some() {
        report(context, index, None, context.text(name), value);
    }
}

fn report(
    context: &mut Context<'_, '_>,
    index: u32,
    span: Option<Span>,
    name: &str,
    value: Operand,
) {
    let Some(text) = context.string_or_bytes(value) else {
        return;
    };
    if text.is_empty() || !says_credential(name) {
        return;
    }
    let is_likely = looks_like_credential(name, text);
    let span = span.unwrap_or_else(|| context.ir().span(index));
    let place = context.report_span(index, span);
    place.name = Some(name.to_owned());
    place.confidence = Some(confidence(is_likely));
}

/// Words that stand where a credential will be, or name a thing rather than being one.
const PLACEHOLDERS: &[&str] = &[
    "changeme",
    "change_me",
    "change-me",
    "example",
    "placeholder",
    "dummy",
    "none",
    "null",
    "todo",
    "xxx",
    "your",
    "my_",
    "test",
    "fake",
    "sample",
    "redacted",
    "hidden",
    "****",
    "....",
    "<",
    "{",
    "$",
    "%(",
    "%s",
    "env",
    "enter ",
];

/// Whether a text under the name of a credential looks like one.
fn looks_like_credential(name: &str, text: &str) -> bool {
    let lower = text.to_lowercase();
    let normal = |text: &str| {
        text.chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_lowercase()
    };
    let (plain, plain_name) = (normal(text), normal(name));
    if ["dummy", "fake", "example", "placeholder", "sample"]
        .iter()
        .any(|word| plain_name.contains(word))
    {
        return false;
    }
    // Settings of that name have a rule of their own.
    if plain_name == "secretkey" {
        return false;
    }
    if text.chars().count() < 4 || text.chars().count() > 200 || plain.is_empty() {
        return false;
    }
    // Sentences, paths, addresses, names of fields and settings.
    if text.contains([' ', '\n', '\t', '/', '\\', '[', ']', '(', ')']) || text.contains("://") {
        return false;
    }
    if PLACEHOLDERS.iter().any(|word| lower.contains(word)) {
        return false;
    }
    if plain_name.contains(&plain)
        || plain.contains("password")
        || plain.contains("passwd")
        || plain.contains("token")
        || plain.contains("secret")
    {
        // `TOKEN_URL = "token"`, `password = "password"`: the latter is a credential only where nothing else is known.
        return false;
    }
    let digits = text.chars().any(|c| c.is_ascii_digit());
    let symbols = text
        .chars()
        .any(|c| !c.is_alphanumeric() && !matches!(c, '_' | '-' | '.' | ':'));
    let mixed =
        text.chars().skip(1).any(char::is_uppercase) && text.chars().any(char::is_lowercase);
    let is_identifier = text
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':'));
    if is_identifier && text.contains(['_', '-', '.', ':']) && !digits {
        return false;
    }
    digits && (text.chars().any(char::is_alphabetic) || text.len() >= 6)
        || symbols
        || mixed && text.len() >= 8
}

#[cfg(test)]
mod tests {
    use super::looks_like_credential;

    #[test]
    fn credentials_and_look_alikes() {
        for text in [
            "hunter2",
            "s3cr3t!",
            "Tr0ub4dor&3",
            "sk_live_51H8xYz",
            "AKIAIOSFODNN7QWERTY",
            "p@ssw0rd",
        ] {
            assert!(looks_like_credential("password", text), "{text}");
        }
        for text in [
            "",
            "abc",
            "password",
            "Enter your password",
            "user_password",
            "/etc/passwd",
            "changeme",
            "<token>",
            "${PASS}",
            "access-token",
            "Authorization",
            "bearer",
        ] {
            assert!(!looks_like_credential("password", text), "{text}");
        }
    }
}

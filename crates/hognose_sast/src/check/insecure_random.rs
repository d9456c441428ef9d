//! Numbers from `random` that become secrets.
//!
//! Every use of the module is possible; it is likely wrong where the result gets a name that says secret, or is made
//! in a function whose name does.

use hognose_python::ir::{Argument, FunctionId, Op, Operand};
use hognose_taint::{CallView, Callee, Value};
use rustc_hash::FxHashSet;

use super::{Context, confidence};

pub(crate) const FUNCTIONS: &[&str] = &[
    "random.Random",
    "random.random",
    "random.randrange",
    "random.randint",
    "random.choice",
    "random.choices",
    "random.uniform",
    "random.triangular",
    "random.randbytes",
    "random.sample",
    "random.getrandbits",
    "random.shuffle",
];

/// Words that say secret, as whole words of a name.
const SECRET_WORDS: &[&str] = &[
    "token",
    "tokens",
    "secret",
    "secrets",
    "password",
    "passwords",
    "passwd",
    "pwd",
    "passphrase",
    "salt",
    "nonce",
    "otp",
    "csrf",
    "apikey",
    "sessionid",
    "session",
    "captcha",
    "pin",
    "iv",
    "authcode",
    "verification",
    "activation",
    "recovery",
    "invite",
    "voucher",
    "coupon",
];

/// Pairs of words that say secret together.
const SECRET_PAIRS: &[(&str, &str)] = &[
    ("api", "key"),
    ("private", "key"),
    ("secret", "key"),
    ("encryption", "key"),
    ("signing", "key"),
    ("auth", "code"),
    ("reset", "code"),
    ("reset", "key"),
    ("confirmation", "code"),
    ("access", "key"),
    ("access", "code"),
    ("login", "code"),
    ("one", "time"),
    ("session", "id"),
    ("session", "key"),
    ("activation", "key"),
    ("reset", "link"),
    ("security", "code"),
];

pub(super) fn run(context: &mut Context<'_, '_>) {
    let evaluator = context.evaluator;
    let project = evaluator.project();
    let Some(random) = project.model("random") else {
        return;
    };
    let ir = context.ir();
    let names = &context.known.random;
    for (index, &op) in ir.ops().iter().enumerate() {
        if op != Op::Call {
            continue;
        }
        let index = index as u32;
        let callee = ir.get(index).operand_a();
        if let Some(attribute) = ir.instruction(callee)
            && attribute.op == Op::Attr
            && !names.contains(&attribute.symbol_b())
        {
            continue;
        }
        let from_random = evaluator.values(context.module, callee).iter().any(|value| {
            matches!(value, Value::Function(module, _) | Value::Method((module, _), _) | Value::Class(module, _) if *module == random)
        });
        if !from_random {
            continue;
        }
        let Some(view) = CallView::new(evaluator, context.module, index) else {
            continue;
        };
        let is_named = view.callees.iter().any(|callee| {
            let name = match *callee {
                Callee::Function {
                    class: Some((module, class)),
                    ..
                }
                | Callee::Class(module, class) => project.qualified_name(module, class),
                Callee::Function {
                    function: (module, function),
                    ..
                } => project
                    .qualified_name(module, function)
                    .replace("random.Random.", "random."),
                Callee::External(_) => return false,
            };
            FUNCTIONS.contains(&name.as_str())
        });
        if is_named {
            let is_secret = is_secret(context, index);
            context.report(index).confidence = Some(confidence(is_secret));
        }
    }
}

/// Whether what instruction `index` makes is used as a secret, by the names it gets.
fn is_secret(context: &Context<'_, '_>, index: u32) -> bool {
    let ir = context.ir();
    let function = ir.function_at(index);
    let body = ir.function(function);
    // Everything in the function that is made of it.
    let mut made: FxHashSet<u32> = FxHashSet::default();
    made.insert(index);
    for at in index + 1..body.end {
        if matches!(ir.op(at), Op::Compare | Op::Not) {
            continue;
        }
        // An element chosen by it is something else: `names[randint(0, 3)]` hides no secret, but it may be one still.
        let mut uses = false;
        ir.for_each_operand(at, |operand| {
            uses |= operand
                .as_register()
                .is_some_and(|input| made.contains(&input));
        });
        if uses {
            made.insert(at);
        }
    }
    let is_made = |operand: Operand| {
        operand
            .as_register()
            .is_some_and(|input| made.contains(&input))
    };
    let names_of = |operand: Operand| context.string(operand).is_some_and(says_secret);
    for &at in &made {
        let instruction = ir.get(at);
        let secret = match instruction.op {
            Op::StoreAttr => {
                let (name, value) = ir.stored_attr(instruction.b);
                is_made(value) && says_secret(context.text(name))
            }
            Op::StoreSubscript => {
                let (key, value) = ir.stored(instruction.b);
                is_made(value) && names_of(key)
            }
            Op::StoreGlobal => says_secret(context.text(instruction.symbol_a())),
            Op::Phi => says_secret(context.text(instruction.symbol_b())),
            Op::Dict => ir
                .pairs(instruction.a)
                .any(|(key, value)| is_made(value) && names_of(key)),
            Op::Call => ir.arguments(instruction.b).any(|(kind, value)| match kind {
                Argument::Named(name) => is_made(value) && says_secret(context.text(name)),
                _ => false,
            }),
            Op::Return => says_secret(context.text(body.name)),
            _ => false,
        };
        if secret {
            return true;
        }
    }
    named_local(context, function, &made)
}

/// Whether a local variable, or a variable of the module or class, that holds one of `made` has a name that says secret.
fn named_local(context: &Context<'_, '_>, function: FunctionId, made: &FxHashSet<u32>) -> bool {
    context.ir().assigned_names(function).any(|(name, value)| {
        value
            .as_register()
            .is_some_and(|value| made.contains(&value))
            && says_secret(context.text(name))
    })
}

/// Whether a name says that it holds a secret.
fn says_secret(name: &str) -> bool {
    let mut spaced = String::with_capacity(name.len() + 4);
    let mut lower = false;
    for c in name.chars() {
        if c.is_uppercase() && lower {
            spaced.push('_');
        }
        lower = c.is_lowercase();
        spaced.extend(c.to_lowercase());
    }
    let words: Vec<&str> = spaced
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    words.iter().any(|word| SECRET_WORDS.contains(word))
        || words
            .windows(2)
            .any(|pair| SECRET_PAIRS.contains(&(pair[0], pair[1])))
}

#[cfg(test)]
mod tests {
    use super::says_secret;

    #[test]
    fn names_that_say_secret() {
        for name in [
            "token",
            "reset_token",
            "csrfToken",
            "API_KEY",
            "makePassword",
            "session_id",
        ] {
            assert!(says_secret(name), "{name}");
        }
        for name in [
            "tokenize", "key", "retries", "shipping", "pinned", "delay", "index",
        ] {
            assert!(!says_secret(name), "{name}");
        }
    }
}

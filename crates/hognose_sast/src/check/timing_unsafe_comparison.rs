//! Secrets that are compared with `==`, which stops at the first difference.
//!
//! Either the value shows what it is (a digest that `hmac` or `hashlib` made), or its name says so. Names are read with
//! the other side in view: two passwords of one form, a token of a parser and the type of a token are no secrets that
//! an attacker guesses.

use hognose_finding::Confidence;
use hognose_python::ModuleId;
use hognose_python::ir::{Argument, Compare, Op, Operand, OperandKind};
use hognose_taint::Value;

use super::Context;

/// How many instructions lie between a digest and its comparison at most.
const MAX_DEPTH: u32 = 6;

/// How many functions lie between a digest and its comparison at most.
const MAX_CALLS: u32 = 2;

/// How many names of a function are looked at.
const MAX_NAMES: usize = 2_000;

/// Words of names that end in a secret.
const SECRET: &str = "password passwd passphrase pwd secret apikey otp totp csrf xsrf hmac";

/// The same, of two words.
const SECRET_PAIRS: &str = "api-key api-token access-key access-token auth-token auth-key bearer-token csrf-token \
    xsrf-token login-token reset-token refresh-token secret-token secret-key security-token \
    session-token user-token admin-token webhook-token verification-token verify-token \
    otp-code password-hash hashed-password hub-signature webhook-signature request-signature";

/// Words that name a secret only in company: a parser has tokens, a function has a signature, a file has a digest.
/// A "mac" is most often the address of a network card; one that is a code is known by how it is made.
const WEAK: &str = "token signature sig digest credentials";

/// Words of a value that the program worked out.
const EXPECTED: &str = "expected computed calculated generated valid correct";

/// Words behind which the name still means the value itself.
const TRAILING: &str = "value hash hex hexdigest str string bytes b64 header param input provided received given \
    supplied expected actual computed calculated sent";

/// Words of a password that is typed once more, or of one that is replaced.
const COUNTERPART: &str = "current captured snapshot mutated confirm confirmation confirmed conf repeat repeated again retype retyped reenter reentered \
    verify verification check second copy old new original orig previous prev last initial \
    cached username user email default placeholder empty sentinel type kind";

/// Words of a digest that tells one content from another.
const INTEGRITY: &str = "crc checksum checksums etag file files content contents cache cached fingerprint commit blob \
    chunk block download downloaded archive wheel image layer version integrity revision tree \
    asset old previous prev last changed duplicate dedupe";

/// Modules whose import says that signatures and digests of this file are cryptographic.
const CRYPTOGRAPHY: &str = "hmac jwt jose Crypto Cryptodome cryptography nacl itsdangerous secrets";

/// Parts of the path of a file that works with another sort of token.
const GRAMMAR: &str = "lex pars token grammar syntax compil ast scanner template pygments nlp llm";

/// Where things are looked up that a request, the environment or a configuration holds.
const STORES: &str = "request req headers environ environment cookies params form args query config settings session get post \
    cleaned_data query_params";

/// Whether a list of words has `word`.
fn lists(list: &str, word: &str) -> bool {
    list.split(' ').any(|listed| listed == word)
}

/// Whether a list of pairs of words has this one.
fn lists_pair(first: &str, second: &str) -> bool {
    SECRET_PAIRS
        .split(' ')
        .any(|pair| pair.split_once('-') == Some((first, second)))
}

/// What an operand shows about itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Evidence {
    Nothing,
    /// A digest of any data.
    Hash,
    /// A word that needs company.
    Weak,
    /// A name that says secret.
    Named,
    /// A message authentication code.
    Hmac,
}

#[allow(clippy::struct_excessive_bools)] // Independent observations of one operand.
struct Side<'a> {
    names: Vec<&'a str>,
    evidence: Evidence,
    /// It is a digest, of whatever.
    is_digest: bool,
    /// It is a digest or a code that is made at the comparison or just before.
    is_made: bool,
    /// It is an attribute of something.
    is_field: bool,
    /// It is a name in capital letters.
    is_upper: bool,
    /// It comes from a request, a header, the environment or a configuration.
    is_looked_up: bool,
}

pub(super) fn run(context: &mut Context<'_, '_>) {
    let ir = context.ir();
    for (index, &op) in ir.ops().iter().enumerate() {
        if op != Op::Compare {
            continue;
        }
        let index = index as u32;
        let (operator, left, right) = ir.comparison(ir.get(index).a);
        if !matches!(operator, Compare::Eq | Compare::NotEq)
            || left == right
            || is_plain(context, left)
            || is_plain(context, right)
        {
            continue;
        }
        let function = context.text(ir.function(ir.function_at(index)).name);
        if function.starts_with("__") && function.ends_with("__") && function != "__call__" {
            continue;
        }
        if let Some(confidence) = judge(context, index, left, right, function) {
            context.report(index).confidence = Some(confidence);
        }
    }
}

fn judge(
    context: &Context<'_, '_>,
    index: u32,
    left: Operand,
    right: Operand,
    function: &str,
) -> Option<Confidence> {
    let left = side(context, left, index);
    let right = side(context, right, index);
    let strongest = left.evidence.max(right.evidence);
    if strongest == Evidence::Nothing {
        return None;
    }
    // Two digests that were both made here differ in places that nobody chooses.
    if left.is_made && right.is_made {
        return None;
    }
    if strongest == Evidence::Hmac {
        return Some(Confidence::Likely);
    }
    let words = |side: &Side<'_>| -> Vec<String> {
        side.names.iter().flat_map(|name| split(name)).collect()
    };
    let (of_left, of_right) = (words(&left), words(&right));
    let has = |words: &[String], list: &str| words.iter().any(|word| lists(list, word));
    // Two of a kind, or the one that is compared with another field.
    let is_numbered = |side: &Side<'_>| {
        side.names
            .iter()
            .any(|name| name.ends_with(|c: char| c.is_ascii_digit()))
    };
    if strongest >= Evidence::Weak
        && (is_counterpart(&of_left)
            || is_counterpart(&of_right)
            || is_numbered(&left) && is_numbered(&right)
            || is_numbered(&left)
                && right.evidence == Evidence::Named
                && has(&of_right, "password passwd pwd")
            || is_numbered(&right)
                && left.evidence == Evidence::Named
                && has(&of_left, "password passwd pwd"))
    {
        return None;
    }
    let is_both = left.evidence >= Evidence::Weak && right.evidence >= Evidence::Weak;
    let is_digest = left.is_digest || right.is_digest;
    let is_looked_up = left.is_looked_up || right.is_looked_up;
    match strongest {
        Evidence::Named => {
            let are_fields = left.is_field && right.is_field && is_both && !is_looked_up;
            Some(if are_fields && !is_digest {
                Confidence::Possible
            } else {
                Confidence::Likely
            })
        }
        Evidence::Weak => {
            let path = context
                .evaluator
                .project()
                .module(context.module)
                .name
                .to_lowercase();
            if path
                .split(['.', '_', '/'])
                .any(|part| GRAMMAR.split(' ').any(|word| part.starts_with(word)))
            {
                return None;
            }
            // Magic numbers and members of enumerations.
            let is_member = |side: &Side<'_>, words: &[String]| {
                side.is_upper && !side.is_looked_up && !has(words, "token")
            };
            if has(&of_left, INTEGRITY)
                || has(&of_right, INTEGRITY)
                || is_member(&left, &of_left)
                || is_member(&right, &of_right)
            {
                return None;
            }
            let is_cryptographic = imports_cryptography(context);
            let is_token = has(&of_left, "token") || has(&of_right, "token");
            let is_expected = is_both
                && (has(&of_left, EXPECTED) || has(&of_right, EXPECTED))
                && is_cryptographic;
            if is_digest || is_looked_up || is_expected || is_token && is_cryptographic {
                Some(Confidence::Likely)
            } else if is_both || is_cryptographic {
                Some(Confidence::Possible)
            } else {
                None
            }
        }
        // A digest against something without a telling name.
        _ => {
            let of_function = split(function);
            (!has(&of_left, INTEGRITY)
                && !has(&of_right, INTEGRITY)
                && !has(&of_function, INTEGRITY))
            .then_some(Confidence::Possible)
        }
    }
}

/// Whether a name is that of a repeated, older or newer value.
fn is_counterpart(words: &[String]) -> bool {
    words
        .iter()
        .enumerate()
        .any(|(at, word)| {
            let word = word.as_str();
            lists(COUNTERPART, word)
                // `verify_token`, `user_token` and `user.password` are themselves.
                && !(matches!(word, "verify" | "verification" | "user" | "check" | "second") && words.len() > at + 1
                    && words[at + 1] != "password")
                && !(word == "user" && words.len() > 1)
        })
}

/// What can carry no secret: a constant, a length, a type, a truth.
fn is_plain(context: &Context<'_, '_>, operand: Operand) -> bool {
    if operand.is_constant() || operand.is_absent() {
        return true;
    }
    let ir = context.ir();
    let Some(instruction) = ir.instruction(operand) else {
        // A name of the module that stands for a text: a rule of its own is about secrets in the source.
        return context
            .evaluator
            .values(context.module, operand)
            .iter()
            .any(|value| matches!(value, Value::Constant(..)));
    };
    match instruction.op {
        Op::Tuple | Op::List | Op::Set | Op::Dict | Op::Compare | Op::Not | Op::Neg | Op::Unary => {
            true
        }
        Op::Call => match instruction.operand_a().kind() {
            OperandKind::Global(name) => matches!(
                context.text(name),
                "len"
                    | "type"
                    | "id"
                    | "hash"
                    | "bool"
                    | "int"
                    | "float"
                    | "set"
                    | "frozenset"
                    | "sorted"
                    | "dict"
                    | "list"
                    | "tuple"
            ),
            _ => false,
        },
        // `Token.STRING`: a member of an enumeration.
        Op::Attr => {
            let base = instruction.operand_a();
            let name = match base.kind() {
                OperandKind::Global(name) => Some(context.text(name)),
                _ => ir
                    .instruction(base)
                    .filter(|base| base.op == Op::Attr)
                    .map(|base| context.text(base.symbol_b())),
            };
            name.is_some_and(|name| {
                name.starts_with(|c: char| c.is_ascii_uppercase())
                    && name.chars().any(|c| c.is_ascii_lowercase())
                    && !split(name)
                        .iter()
                        .any(|word| word.starts_with("config") || word.starts_with("setting"))
            })
        }
        _ => false,
    }
}

fn side<'a>(context: &Context<'_, 'a>, operand: Operand, at: u32) -> Side<'a> {
    let mut side = Side {
        names: Vec::new(),
        evidence: Evidence::Nothing,
        is_digest: false,
        is_made: false,
        is_field: context
            .ir()
            .instruction(operand)
            .is_some_and(|instruction| instruction.op == Op::Attr),
        is_upper: is_upper(context, operand),
        is_looked_up: false,
    };
    look(context, operand, at, 0, &mut side);
    let named = side.names.iter().map(|name| says(name)).max();
    side.evidence = side.evidence.max(named.unwrap_or(Evidence::Nothing));
    side
}

/// Whether an operand is a global or an attribute in capital letters.
fn is_upper(context: &Context<'_, '_>, operand: Operand) -> bool {
    let name = match operand.kind() {
        OperandKind::Global(name) => context.text(name),
        OperandKind::Register(index) if context.ir().op(index) == Op::Attr => {
            context.text(context.ir().get(index).symbol_b())
        }
        _ => return false,
    };
    name.chars().any(|c| c.is_ascii_uppercase()) && !name.chars().any(|c| c.is_ascii_lowercase())
}

/// Collects what an operand is called and how it was made.
fn look<'a>(context: &Context<'_, 'a>, operand: Operand, at: u32, depth: u32, side: &mut Side<'a>) {
    let ir = context.ir();
    if let OperandKind::Global(name) = operand.kind() {
        side.names.push(context.text(name));
        return;
    }
    let Some(index) = operand.as_register() else {
        return;
    };
    let instruction = ir.get(index);
    let function = ir.function_at(at);
    side.names.extend(
        ir.assigned_names(function)
            .take(MAX_NAMES)
            .filter(|&(_, value)| value == operand)
            .map(|(name, _)| context.text(name)),
    );
    if depth > MAX_DEPTH {
        return;
    }
    let deeper = |operand, side: &mut Side<'a>| look(context, operand, at, depth + 1, side);
    match instruction.op {
        Op::Attr => {
            side.names.push(context.text(instruction.symbol_b()));
            side.is_looked_up |= is_store(context, instruction.operand_a());
        }
        Op::Subscript => {
            if let Some(key) = context.string(instruction.operand_b()) {
                side.names.push(key);
                side.is_looked_up |= is_store(context, instruction.operand_a());
            }
        }
        Op::Param => {
            let param = ir.params_of(function).get(instruction.a as usize);
            side.names
                .extend(param.map(|param| context.text(param.name)));
        }
        Op::Free => side.names.push(context.text(instruction.symbol_a())),
        Op::Phi => {
            side.names.push(context.text(instruction.symbol_b()));
            if depth < 2 {
                for (operand, _) in ir.phi(instruction.a) {
                    if operand.as_register().is_some_and(|input| input < index) {
                        deeper(operand, side);
                    }
                }
            }
        }
        Op::Add => {
            deeper(instruction.operand_a(), side);
            deeper(instruction.operand_b(), side);
        }
        Op::Mod => deeper(instruction.operand_b(), side),
        Op::Format => {
            for operand in ir.list(instruction.a) {
                if operand.as_register().is_some() {
                    deeper(operand, side);
                }
            }
        }
        Op::Or | Op::Await => deeper(instruction.operand_a(), side),
        Op::Call => call(
            context,
            instruction.operand_a(),
            instruction.b,
            at,
            depth,
            side,
        ),
        _ => {}
    }
}

fn call<'a>(
    context: &Context<'_, 'a>,
    callee: Operand,
    arguments: u32,
    at: u32,
    depth: u32,
    side: &mut Side<'a>,
) {
    let ir = context.ir();
    let first = ir
        .arguments(arguments)
        .find(|(kind, _)| *kind == Argument::Positional)
        .map(|(_, operand)| operand);
    let (name, receiver) = match ir.instruction(callee) {
        Some(attribute) if attribute.op == Op::Attr => (
            context.text(attribute.symbol_b()),
            Some(attribute.operand_a()),
        ),
        _ => match callee.kind() {
            OperandKind::Global(name) => (context.text(name), None),
            _ => return,
        },
    };
    match (name, receiver) {
        ("digest" | "hexdigest", Some(receiver)) => {
            let found = digest_of(context, context.module, receiver);
            side.is_digest |= found == Evidence::Hash;
            side.is_made |= found != Evidence::Nothing;
            side.evidence = side.evidence.max(found);
        }
        // Views of the same text.
        (
            "encode" | "decode" | "lower" | "upper" | "strip" | "hex" | "rstrip" | "lstrip",
            Some(receiver),
        ) if depth < MAX_DEPTH => {
            look(context, receiver, at, depth + 1, side);
        }
        (
            "str" | "bytes" | "b64encode" | "urlsafe_b64encode" | "standard_b64encode" | "hexlify"
            | "force_bytes" | "force_str" | "to_bytes" | "quote" | "b64decode" | "unhexlify",
            _,
        ) if depth < MAX_DEPTH => {
            if let Some(first) = first {
                look(context, first, at, depth + 1, side);
            }
        }
        ("get" | "getenv" | "pop" | "get_argument" | "header" | "get_header", receiver) => {
            if let Some(key) = first.and_then(|first| context.string(first)) {
                side.names.push(key);
                side.is_looked_up |=
                    name == "getenv" || receiver.is_some_and(|store| is_store(context, store));
            }
        }
        // `self.sign(message, key)`, `make_signature(body)`
        _ => {
            let words = split(name);
            side.is_digest |= words
                .last()
                .is_some_and(|last| lists("sign signature hmac mac", last));
            // A function of the project that gives back a code which it made.
            if returned_by(context, context.module, callee, 0) == Evidence::Hmac {
                side.evidence = Evidence::Hmac;
            }
        }
    }
}

/// What the functions of the project that a call may run give back.
fn returned_by(
    context: &Context<'_, '_>,
    module: ModuleId,
    callee: Operand,
    depth: u32,
) -> Evidence {
    let project = context.evaluator.project();
    let mut evidence = Evidence::Nothing;
    if depth > MAX_CALLS {
        return evidence;
    }
    for value in context.evaluator.values(module, callee).iter() {
        let (Value::Function(module, function) | Value::Method((module, function), _)) = *value
        else {
            continue;
        };
        let module_of = project.module(module);
        if module_of.is_model {
            continue;
        }
        let info = module_of.ir.function(function);
        for index in info.start..info.end {
            if module_of.ir.op(index) == Op::Return {
                let result = module_of.ir.get(index).operand_a();
                evidence = evidence.max(made_of(context, module, result, depth));
            }
        }
    }
    evidence
}

/// Whether a value is a digest, or a view of one.
fn made_of(context: &Context<'_, '_>, module: ModuleId, operand: Operand, depth: u32) -> Evidence {
    let project = context.evaluator.project();
    let ir = &project.module(module).ir;
    let mut operand = operand;
    for _ in 0..MAX_DEPTH {
        let Some(call) = ir.instruction(operand).filter(|call| call.op == Op::Call) else {
            break;
        };
        let (name, receiver) = match ir.instruction(call.operand_a()) {
            Some(attribute) if attribute.op == Op::Attr => (
                project.text(attribute.symbol_b()),
                Some(attribute.operand_a()),
            ),
            _ => match call.operand_a().kind() {
                OperandKind::Global(name) => (project.text(name), None),
                _ => break,
            },
        };
        let first = ir.arguments(call.b).next().map(|(_, first)| first);
        operand = match (name, receiver, first) {
            ("digest" | "hexdigest", Some(receiver), _) => {
                return digest_of(context, module, receiver);
            }
            ("encode" | "decode" | "lower" | "upper" | "strip" | "hex", Some(receiver), _) => {
                receiver
            }
            (
                "str" | "bytes" | "b64encode" | "urlsafe_b64encode" | "standard_b64encode"
                | "hexlify",
                _,
                Some(first),
            ) => first,
            _ => return returned_by(context, module, call.operand_a(), depth + 1),
        };
    }
    Evidence::Nothing
}

/// What a digest is of.
fn digest_of(context: &Context<'_, '_>, module: ModuleId, receiver: Operand) -> Evidence {
    let project = context.evaluator.project();
    let mut evidence = Evidence::Nothing;
    for value in context.evaluator.values(module, receiver).iter() {
        let name = match *value {
            Value::Instance(module, class) => project.qualified_name(module, class),
            Value::External(external) => project.external_name(external).to_owned(),
            _ => continue,
        };
        let found = if name.to_lowercase().contains("hmac") {
            Evidence::Hmac
        } else {
            Evidence::Hash
        };
        evidence = evidence.max(found);
    }
    evidence
}

/// Whether something is looked up in a request, its headers, the environment or a configuration.
fn is_store(context: &Context<'_, '_>, mut store: Operand) -> bool {
    let ir = context.ir();
    for _ in 0..4 {
        let name = match store.kind() {
            OperandKind::Global(name) => context.text(name),
            OperandKind::Register(index) => {
                let instruction = ir.get(index);
                match instruction.op {
                    Op::Attr => {
                        store = instruction.operand_a();
                        context.text(instruction.symbol_b())
                    }
                    Op::Param => {
                        let function = ir.function_at(index);
                        ir.params_of(function)
                            .get(instruction.a as usize)
                            .map_or("", |param| context.text(param.name))
                    }
                    _ => return false,
                }
            }
            _ => return false,
        };
        if lists(STORES, &name.to_lowercase()) {
            return true;
        }
        if store
            .as_register()
            .is_none_or(|index| ir.op(index) == Op::Param)
        {
            return false;
        }
    }
    false
}

fn imports_cryptography(context: &Context<'_, '_>) -> bool {
    context.ir().imports.iter().any(|import| {
        let module = context.text(import.module);
        let top = module.split('.').next().unwrap_or(module);
        import.level == 0 && lists(CRYPTOGRAPHY, top)
    })
}

/// The words of a name, in lower case.
fn split(name: &str) -> Vec<String> {
    let mut spaced = String::with_capacity(name.len() + 4);
    let mut lower = false;
    for c in name.chars() {
        if c.is_uppercase() && lower {
            spaced.push('_');
        }
        lower = c.is_lowercase();
        spaced.extend(c.to_lowercase());
    }
    spaced
        .split(|c: char| !c.is_alphanumeric())
        .map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit()))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// What a name says.
fn says(name: &str) -> Evidence {
    let words = split(name);
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    while words.len() > 1 && words.last().is_some_and(|last| lists(TRAILING, last)) {
        // `password_hash` is looked up among the pairs first.
        if let [.., first, second] = words[..]
            && lists_pair(first, second)
        {
            return Evidence::Named;
        }
        words.pop();
    }
    let Some(&last) = words.last() else {
        return Evidence::Nothing;
    };
    if lists(SECRET, last) || last == "csrftoken" {
        return Evidence::Named;
    }
    if let [.., first, second] = words[..]
        && lists_pair(first, second)
    {
        return Evidence::Named;
    }
    if lists(WEAK, last) {
        return Evidence::Weak;
    }
    Evidence::Nothing
}

#[cfg(test)]
mod tests {
    use super::{Evidence, says};

    #[test]
    fn names() {
        for name in [
            "password",
            "API_KEY",
            "X-Api-Key",
            "csrfToken",
            "expected_password",
            "password_hash",
            "X-Hub-Signature",
            "otp_value",
        ] {
            assert!(says(name) == Evidence::Named, "{name}");
        }
        for name in ["token", "signature", "file_digest"] {
            assert!(says(name) == Evidence::Weak, "{name}");
        }
        for name in [
            "password_length",
            "token_type",
            "secret_name",
            "key",
            "signature_version",
            "tokens",
        ] {
            assert!(says(name) == Evidence::Nothing, "{name}");
        }
    }
}

//! Whether an environment marker is one (PEP 508, PEP 751).

/// Everything that a marker may ask for, old spellings included.
const VARIABLES: &[&str] = &[
    "os_name",
    "os.name",
    "sys_platform",
    "sys.platform",
    "platform_machine",
    "platform.machine",
    "platform_python_implementation",
    "platform.python_implementation",
    "python_implementation",
    "platform_release",
    "platform_system",
    "platform_version",
    "platform.version",
    "python_version",
    "python_full_version",
    "implementation_name",
    "implementation_version",
    "extra",
    "extras",
    "dependency_groups",
];

/// What may come next.
#[derive(Clone, Copy, PartialEq)]
enum Expect {
    Left,
    Operator,
    Right,
    Joint,
}

/// Checks a marker in one pass, without recursion.
pub(crate) fn check(text: &str) -> Result<(), String> {
    let mut rest = text.trim_start();
    let mut expect = Expect::Left;
    let mut depth = 0usize;
    while !rest.is_empty() {
        let (token, after) = token(rest)?;
        rest = after.trim_start();
        expect = match (expect, token) {
            (Expect::Left, "(") => {
                depth += 1;
                Expect::Left
            }
            (Expect::Joint, ")") if depth > 0 => {
                depth -= 1;
                Expect::Joint
            }
            (Expect::Left | Expect::Right, value) if is_value(value)? => {
                if expect == Expect::Left {
                    Expect::Operator
                } else {
                    Expect::Joint
                }
            }
            (Expect::Operator, "<" | "<=" | "!=" | "==" | "===" | ">=" | ">" | "~=" | "in") => {
                Expect::Right
            }
            (Expect::Operator, "not") => {
                rest = rest
                    .strip_prefix("in")
                    .filter(|after| !after.starts_with(|c: char| c.is_alphanumeric()))
                    .ok_or("`not` without `in` in the marker")?
                    .trim_start();
                Expect::Right
            }
            (Expect::Joint, "and" | "or") => Expect::Left,
            (_, other) => return Err(format!("unexpected `{other}` in the marker")),
        };
    }
    match (expect, depth) {
        (Expect::Joint, 0) => Ok(()),
        (Expect::Joint, _) => Err("a `(` in the marker is not closed".to_owned()),
        _ => Err("the marker ends too early".to_owned()),
    }
}

/// The next token and what comes after it. `text` is not empty.
fn token(text: &str) -> Result<(&str, &str), String> {
    let first = text.chars().next().unwrap_or_default();
    let end = match first {
        '(' | ')' => 1,
        '\'' | '"' => match text[1..].find(first) {
            Some(at) => at + 2,
            None => return Err("a quote in the marker is not closed".to_owned()),
        },
        '<' | '>' | '=' | '!' | '~' => text
            .find(|c: char| !"<>=!~".contains(c))
            .unwrap_or(text.len()),
        _ => text
            .find(|c: char| !(c.is_ascii_alphanumeric() || "_.".contains(c)))
            .unwrap_or(text.len())
            .max(first.len_utf8()),
    };
    Ok(text.split_at(end))
}

/// Whether a token is a text or a variable. A word that is neither is an error of its own.
fn is_value(token: &str) -> Result<bool, String> {
    if token.starts_with(['\'', '"']) || VARIABLES.contains(&token) {
        return Ok(true);
    }
    if token.starts_with(|c: char| c.is_ascii_alphabetic())
        && !matches!(token, "and" | "or" | "not" | "in")
    {
        return Err(format!(
            "unknown variable `{}` in the marker",
            super::requirement::shortened(token)
        ));
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn markers() {
        for marker in [
            "python_version<'3'",
            "( os_name == 'nt' or (sys_platform in \"linux darwin\")) and 'x' not in extras",
            "python_full_version ~= '3.8' and extra==\"a\"",
        ] {
            assert_eq!(check(marker), Ok(()), "{marker}");
        }
        for (marker, message) in [
            ("", "the marker ends too early"),
            ("python_version<'3", "a quote in the marker is not closed"),
            ("(os_name=='nt'", "a `(` in the marker is not closed"),
            ("os_name=='nt')", "unexpected `)` in the marker"),
            ("os_name => 'nt'", "unexpected `=>` in the marker"),
            ("os_name not 'nt'", "`not` without `in` in the marker"),
            (
                "os_name == 'nt' xor os_name == 'x'",
                "unexpected `xor` in the marker",
            ),
            ("é == 'nt'", "unexpected `é` in the marker"),
        ] {
            assert_eq!(check(marker).unwrap_err(), message, "{marker}");
        }
        assert!(check(&"(".repeat(1_000_000)).is_err());
    }
}

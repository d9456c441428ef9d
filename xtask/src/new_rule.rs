//! Scaffolds a rule page.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use hognose_rules::{Kinds, Origin, RulePage};

/// The page, with `{id}`, `{name}` and `{version}` to be filled in. It passes every test as it stands, so that an
/// author starts from green and sees at each step what a change breaks.
const TEMPLATE: &str = r#"---
id: {id}
name: {name}                   # one line, sentence case, no full stop: what is wrong, not what to do
cwe: [710]                     # numbers from cwe.mitre.org, most exact first
owasp: [A04:2021]              # categories of the OWASP Top 10; leave the line out if none fits
severity: medium               # low, medium, high or critical, where it is real
persona: regular               # who wants to know: regular, pedantic or auditor
# aliases: {bandit: [B000], ruff: [S000]}   # codes of the same rule in other tools
since: {version}
detect:                        # the first entry that matches a place wins there
  # One key says what to look for: call, sink, missing, flow, import, setting, template or check.
  - call: [some_library.dangerous]
    confidence: likely         # possible (for the auditor only), likely or confirmed
    message: "`{callee}` does what it should not"   # may hold {callee}, {argument}, {value}, {source}, {sink}
---

## What it is

One or two sentences that say what the code does wrong; this paragraph is the rule's summary.

## Why it matters

What an attacker gains, under which circumstances, and an incident where it happened.

## Examples

These blocks are the rule's tests. End each line on which a finding starts with `# finding`, or with `# possible` if only
the auditor is to see it; nothing may be found on any other line.

```python
import some_library

some_library.dangerous()  # finding
```

## How to fix it

What to write instead, and what to look out for. Nothing may be found in these blocks.

```python
import some_library

some_library.harmless()
```

## When to suppress

The circumstances under which the code is right as it is.

## References

- [CWE-710: Improper Adherence to Coding Standards](https://cwe.mitre.org/data/definitions/710.html)
"#;

/// Writes `rules/<id>.md` below `root`. Both results are messages for the developer.
pub(crate) fn run(root: &Path, id: &str) -> Result<String, String> {
    let name = format!("rules/{id}.md");
    let page = page(id)?;
    let path = root.join(&name);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)
        .map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => format!("error: {name} is there already"),
            _ => format!("error: cannot write {name}: {error}"),
        })?;
    file.write_all(page.as_bytes())
        .map_err(|error| format!("error: cannot write {name}: {error}"))?;
    Ok(format!(
        "wrote {name}; fill it in, then run `cargo test -p hognose_rules -p hognose_sast`"
    ))
}

/// The scaffold, if a rule can have this id.
fn page(id: &str) -> Result<String, String> {
    let words = id.replace('-', " ");
    let mut letters = words.chars();
    let name: String = letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(letters)
        .collect();
    let page = TEMPLATE
        .replace("{id}", id)
        .replace("{name}", &name)
        .replace("{version}", env!("CARGO_PKG_VERSION"));
    let errors = RulePage::parse(
        &format!("rules/{id}.md"),
        page.clone(),
        Origin::Builtin,
        &Kinds::builtin(),
    )
    .err();
    match errors.as_deref() {
        None => Ok(page),
        Some(errors) => Err(errors
            .iter()
            .map(|error| error.render(false))
            .collect::<Vec<_>>()
            .join("\n\n")),
    }
}

#[cfg(test)]
mod tests {
    use super::page;

    #[test]
    fn the_scaffold_is_a_right_page() {
        let page = page("http-header-injection").unwrap();
        assert!(page.starts_with("---\nid: http-header-injection\nname: Http header injection  "));
        assert!(page.contains(concat!("\nsince: ", env!("CARGO_PKG_VERSION"), "\n")));
    }

    #[test]
    fn an_id_that_is_none_is_refused() {
        for id in [
            "Upper",
            "under_score",
            "",
            "a--b",
            "../escape",
            "a: b",
            "x\ny",
        ] {
            assert!(page(id).is_err(), "{id}");
        }
        assert_eq!(
            page("Upper").unwrap_err(),
            "error: `id` must be lower-case words joined by hyphens\n --> rules/Upper.md:2:5\n  |\n2 | id: Upper\n  \
             |     ^^^^^"
        );
    }
}

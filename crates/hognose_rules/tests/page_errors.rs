//! Every way in which a page can be wrong, and what its author reads.
//!
//! Each test changes one place of a page that is right and states the whole diagnosis.
#![allow(
    clippy::needless_raw_string_hashes,
    reason = "uniform, and the next diagnosis may need them"
)]

use hognose_rules::{Kinds, Origin, RulePage};

/// A page that is right.
const PAGE: &str = r##"---
id: demo
name: Demonstration of a page
cwe: [327]
owasp: [A02:2021]
severity: high
persona: regular
aliases: {bandit: [B901], ruff: [S901]}
since: 0.1.0
detect:
  - sink: tls-verify
    value: [false]
    confidence: confirmed
    message: "`{callee}` is called with `{argument}={value}`"
    fix: {title: "Remove `{argument}`", safety: unsafe, remove: argument}
  - flow: {from: [remote-input], to: [sql]}
    message: "{source} reaches {sink}"
---

## What it is

A demonstration.

## Why it matters

Pages must be right.

## Examples

```python
get(verify=False)  # finding
```

## How to fix it

```python
get()
```

## When to suppress

Never.

## References

- <https://cwe.mitre.org/data/definitions/327.html>
"##;

/// The diagnoses of a page, rendered, with an empty line between them.
fn diagnose(path: &str, page: &str) -> String {
    let errors = RulePage::parse(path, page.to_owned(), Origin::Builtin, &Kinds::builtin())
        .err()
        .unwrap_or_default();
    errors
        .iter()
        .map(|error| error.render(false))
        .collect::<Vec<_>>()
        .join("\n\n")
}

/// Replaces `old`, which must occur once, and compares the diagnosis.
#[track_caller]
fn check(old: &str, new: &str, expected: &str) {
    assert_eq!(
        PAGE.matches(old).count(),
        1,
        "the place to change must be unique"
    );
    let found = diagnose("rules/demo.md", &PAGE.replace(old, new));
    assert!(
        found == expected.trim_matches('\n'),
        "\n===== found\n{found}\n===== expected{expected}\n====="
    );
}

#[test]
fn a_right_page_is_right() {
    assert_eq!(diagnose("rules/demo.md", PAGE), "");
    assert_eq!(diagnose("rules/demo.md", &PAGE.replace('\n', "\r\n")), "");
    assert_eq!(diagnose("rules/demo.md", &format!("\u{feff}{PAGE}")), "");
}

/// A page comes from a stranger's repository: whatever it holds, reading it ends, without a panic, in a page or in
/// diagnoses that can be rendered.
#[test]
fn mangled_pages_do_not_panic() {
    let kinds = Kinds::builtin();
    let check = |page: String| {
        if let Err(errors) = RulePage::parse("rules/demo.md", page, Origin::User, &kinds) {
            assert!(!errors.is_empty());
            assert!(
                errors
                    .iter()
                    .all(|error| error.render(true).contains("demo.md"))
            );
        }
    };
    let page = PAGE.replace("Demonstration", "Démonstration日");
    for (offset, c) in page.char_indices() {
        check(page[..offset].to_owned());
        check(page[offset..].to_owned());
        for other in [
            "", "\n", "\r", "\t", "\0", "\"", "'", "{", "]", "&a ", "*a ", "|", "#", "`", "é",
            "\u{2028}",
        ] {
            check(format!(
                "{}{other}{}",
                &page[..offset],
                &page[offset + c.len_utf8()..]
            ));
        }
    }
}

// ---- one change each

#[test]
fn no_front_matter() {
    check(
        "---\nid: demo",
        "id: demo",
        r#"
error: no front matter
 --> rules/demo.md:1:1
  |
1 | id: demo
  | ^^^^^^^^
  |
  = help: a page begins with a line `---`, YAML, and a line `---`
"#,
    );
}

#[test]
fn front_matter_does_not_end() {
    check(
        "  - flow: {from: [remote-input], to: [sql]}\n    message: \"{source} reaches {sink}\"\n---\n",
        "",
        r#"
error: the front matter does not end
 --> rules/demo.md:1:1
  |
1 | ---
  | ^^^
  |
  = help: a page begins with a line `---`, YAML, and a line `---`
"#,
    );
}

#[test]
fn invalid_yaml() {
    check(
        "severity: high",
        "severity: [high",
        r#"
error: invalid YAML: illegal placement of ':' indicator
 --> rules/demo.md:7:8
  |
7 | persona: regular
  |        ^
"#,
    );
}

#[test]
fn unquoted_backquote() {
    check(
        r#"message: "`{callee}` is called with `{argument}={value}`""#,
        "message: `{callee}` is called",
        r#"
error: invalid YAML: unexpected character: ``'
  --> rules/demo.md:14:14
   |
14 |     message: `{callee}` is called
   |              ^
   |
   = help: put a text that begins with a backquote into quotes
"#,
    );
}

#[test]
fn tab_in_yaml() {
    check(
        "    value: [false]",
        "	value: [false]",
        r#"
error: invalid YAML: while scanning a plain scalar, found a tab
  --> rules/demo.md:11:11
   |
11 |   - sink: tls-verify
   |           ^
"#,
    );
}

#[test]
fn key_given_twice() {
    check(
        "severity: high\n",
        "severity: high\nseverity: low\n",
        r#"
error: invalid YAML: `severity` is given twice
 --> rules/demo.md:7:1
  |
7 | severity: low
  | ^^^^^^^^
"#,
    );
}

#[test]
fn unknown_key() {
    check(
        "severity: high",
        "severty: high",
        r#"
error: missing `severity`
 --> rules/demo.md:1:1
  |
1 | ---
  | ^^^

error: unknown key `severty`
 --> rules/demo.md:6:1
  |
6 | severty: high
  | ^^^^^^^
  |
  = help: did you mean `severity`?
"#,
    );
}

#[test]
fn unknown_entry_key() {
    check(
        "    confidence: confirmed",
        "    confidense: confirmed",
        r#"
error: unknown key `confidense`
  --> rules/demo.md:13:5
   |
13 |     confidense: confirmed
   |     ^^^^^^^^^^
   |
   = help: did you mean `confidence`?
"#,
    );
}

#[test]
fn wrong_type_list() {
    check(
        "cwe: [327]",
        "cwe: 327",
        r#"
error: `cwe` must be a list, not a number
 --> rules/demo.md:4:6
  |
4 | cwe: 327
  |      ^^^
  |
  = help: write `[327]`
"#,
    );
}

#[test]
fn wrong_type_text() {
    check(
        "name: Demonstration of a page",
        "name: [Demonstration]",
        r#"
error: `name` must be a text, not a list
 --> rules/demo.md:3:7
  |
3 | name: [Demonstration]
  |       ^^^^^^^^^^^^^^^
"#,
    );
}

#[test]
fn wrong_type_number_for_text() {
    check(
        "name: Demonstration of a page",
        "name: 12",
        r#"
error: `name` must be a text, not a number
 --> rules/demo.md:3:7
  |
3 | name: 12
  |       ^^
"#,
    );
}

#[test]
fn wrong_type_mapping() {
    check(
        "aliases: {bandit: [B901], ruff: [S901]}",
        "aliases: [B901]",
        r#"
error: `aliases` must be a mapping, not a list
 --> rules/demo.md:8:10
  |
8 | aliases: [B901]
  |          ^^^^^^
"#,
    );
}

#[test]
fn unknown_severity() {
    check(
        "severity: high",
        "severity: hgih",
        r#"
error: unknown severity `hgih`
 --> rules/demo.md:6:11
  |
6 | severity: hgih
  |           ^^^^
  |
  = help: did you mean `high`?
"#,
    );
}

#[test]
fn unknown_severity_far_off() {
    check(
        "severity: high",
        "severity: important",
        r#"
error: unknown severity `important`
 --> rules/demo.md:6:11
  |
6 | severity: important
  |           ^^^^^^^^^
  |
  = help: expected one of `low`, `medium`, `high`, `critical`
"#,
    );
}

#[test]
fn unknown_persona() {
    check(
        "persona: regular",
        "persona: pedant",
        r#"
error: unknown persona `pedant`
 --> rules/demo.md:7:10
  |
7 | persona: pedant
  |          ^^^^^^
  |
  = help: did you mean `pedantic`?
"#,
    );
}

#[test]
fn unknown_confidence() {
    check(
        "confidence: confirmed",
        "confidence: certain",
        r#"
error: unknown confidence `certain`
  --> rules/demo.md:13:17
   |
13 |     confidence: certain
   |                 ^^^^^^^
   |
   = help: expected one of `possible`, `likely`, `confirmed`
"#,
    );
}

#[test]
fn unknown_sink_kind() {
    check(
        "sink: tls-verify",
        "sink: tls-verfy",
        r#"
error: unknown sink kind `tls-verfy`
  --> rules/demo.md:11:11
   |
11 |   - sink: tls-verfy
   |           ^^^^^^^^^
   |
   = help: did you mean `tls-verify`?
"#,
    );
}

#[test]
fn unknown_source_kind() {
    check(
        "from: [remote-input]",
        "from: [remote]",
        r#"
error: unknown source kind `remote`
  --> rules/demo.md:16:19
   |
16 |   - flow: {from: [remote], to: [sql]}
   |                   ^^^^^^
   |
   = help: did you mean `remote-input`?
"#,
    );
}

#[test]
fn sink_kind_as_source() {
    check(
        "from: [remote-input]",
        "from: [tls-verify]",
        r#"
error: unknown source kind `tls-verify`
  --> rules/demo.md:16:19
   |
16 |   - flow: {from: [tls-verify], to: [sql]}
   |                   ^^^^^^^^^^
   |
   = help: `tls-verify` is a sink kind
"#,
    );
}

#[test]
fn missing_message() {
    check(
        "    message: \"{source} reaches {sink}\"\n",
        "",
        r#"
error: missing `message`
  --> rules/demo.md:16:5
   |
16 |   - flow: {from: [remote-input], to: [sql]}
   |     ^^^^
   |
   = help: say what is wrong at the place that is found
"#,
    );
}

#[test]
fn empty_message() {
    check(
        r#""{source} reaches {sink}""#,
        r#""""#,
        r#"
error: `message` is empty
  --> rules/demo.md:17:14
   |
17 |     message: ""
   |              ^^
"#,
    );
}

#[test]
fn two_mechanisms() {
    check(
        "    value: [false]",
        "    value: [false]\n    call: [requests.get]",
        r#"
error: `sink` and `call` in one entry
  --> rules/demo.md:13:5
   |
13 |     call: [requests.get]
   |     ^^^^
   |
   = help: one entry selects by one of them; write two entries
"#,
    );
}

#[test]
fn no_mechanism() {
    check(
        "  - sink: tls-verify\n    value: [false]\n",
        "  -\n",
        r#"
error: this entry selects nothing
  --> rules/demo.md:12:5
   |
12 |     confidence: confirmed
   |     ^^^^^^^^^^^^^^^^^^^^^
   |
   = help: expected one of `call`, `sink`, `missing`, `flow`, `import`, `setting`, `template`, `advisory`, `check`
"#,
    );
}

#[test]
fn misspelt_mechanism() {
    check(
        "sink: tls-verify",
        "snik: tls-verify",
        r#"
error: unknown key `snik`
  --> rules/demo.md:11:5
   |
11 |   - snik: tls-verify
   |     ^^^^
   |
   = help: did you mean `sink`?
"#,
    );
}

#[test]
fn sink_without_value() {
    check(
        "    value: [false]\n",
        "",
        r#"
error: missing `value`
  --> rules/demo.md:11:5
   |
11 |   - sink: tls-verify
   |     ^^^^
   |
   = help: write `value: any` to accept every argument
"#,
    );
}

#[test]
fn value_with_call() {
    check(
        "sink: tls-verify",
        "call: [requests.get]",
        r#"
error: `value` does not go with `call`
  --> rules/demo.md:12:5
   |
12 |     value: [false]
   |     ^^^^^
"#,
    );
}

#[test]
fn value_is_a_bare_constant() {
    check(
        "value: [false]",
        "value: false",
        r#"
error: `value` must be a list or a known word
  --> rules/demo.md:12:12
   |
12 |     value: false
   |            ^^^^^
   |
   = help: write `[false]`, or one of `any`, `literal`, `dynamic`, `built`, or a mapping such as `{below: 2048}`
"#,
    );
}

#[test]
fn value_is_a_misspelt_word() {
    check(
        "value: [false]",
        "value: dinamic",
        r#"
error: unknown value test `dinamic`
  --> rules/demo.md:12:12
   |
12 |     value: dinamic
   |            ^^^^^^^
   |
   = help: did you mean `dynamic`?
"#,
    );
}

#[test]
fn value_is_pythons_none() {
    check(
        "value: [false]",
        "value: [None]",
        r#"
error: `None` is a text here
  --> rules/demo.md:12:13
   |
12 |     value: [None]
   |             ^^^^
   |
   = help: write `null` for Python's `None`
"#,
    );
}

#[test]
fn value_mapping_with_two_keys() {
    check(
        "value: [false]",
        "value: {below: 1, has-bits: 2}",
        r#"
error: expected exactly one of `below`, `matches`, `has-bits`
  --> rules/demo.md:12:12
   |
12 |     value: {below: 1, has-bits: 2}
   |            ^^^^^^^^^^^^^^^^^^^^^^^
"#,
    );
}

#[test]
fn below_is_no_number() {
    check(
        "value: [false]",
        "value: {below: many}",
        r#"
error: `below` must be an integer, not a text
  --> rules/demo.md:12:20
   |
12 |     value: {below: many}
   |                    ^^^^
"#,
    );
}

#[test]
fn invalid_pattern() {
    check(
        "value: [false]",
        "value: {matches: '(?i)^(md5'}",
        r#"
error: invalid pattern: unclosed group
  --> rules/demo.md:12:22
   |
12 |     value: {matches: '(?i)^(md5'}
   |                      ^^^^^^^^^^^
"#,
    );
}

#[test]
fn with_on_a_setting() {
    check(
        "  - sink: tls-verify\n    value: [false]\n",
        "  - setting: {framework: django, name: DEBUG, value: [true]}\n    with: {sql: any}\n",
        r#"
error: `with` does not go with `setting`
  --> rules/demo.md:12:5
   |
12 |     with: {sql: any}
   |     ^^^^
   |
   = help: it tests further arguments of the call that is found
"#,
    );
}

#[test]
fn unknown_framework() {
    check(
        "  - sink: tls-verify\n    value: [false]\n",
        "  - setting: {framework: djnago, name: DEBUG, value: [true]}\n",
        r#"
error: unknown framework `djnago`
  --> rules/demo.md:11:26
   |
11 |   - setting: {framework: djnago, name: DEBUG, value: [true]}
   |                          ^^^^^^
   |
   = help: did you mean `django`?
"#,
    );
}

#[test]
fn unknown_template_construct() {
    check(
        "  - sink: tls-verify\n    value: [false]\n",
        "  - template: unescaped\n",
        r#"
error: unknown template construct `unescaped`
  --> rules/demo.md:11:15
   |
11 |   - template: unescaped
   |               ^^^^^^^^^
   |
   = help: did you mean `unescaped-output`?
"#,
    );
}

#[test]
fn call_is_no_dotted_name() {
    check(
        "  - sink: tls-verify\n    value: [false]\n",
        "  - call: [os.system, \"os.exec*\"]\n",
        r#"
error: `os.exec*` is not a dotted name
  --> rules/demo.md:11:23
   |
11 |   - call: [os.system, "os.exec*"]
   |                       ^^^^^^^^^^
"#,
    );
}

#[test]
fn unknown_placeholder() {
    check(
        "`{argument}={value}`",
        "`{argumnet}={value}`",
        r#"
error: unknown placeholder `argumnet`
  --> rules/demo.md:14:42
   |
14 |     message: "`{callee}` is called with `{argumnet}={value}`"
   |                                          ^^^^^^^^^^
   |
   = help: did you mean `argument`?
"#,
    );
}

#[test]
fn unknown_placeholder_far_off() {
    check(
        "{source} reaches {sink}",
        "{source} reaches {x}",
        r#"
error: unknown placeholder `x`
  --> rules/demo.md:17:32
   |
17 |     message: "{source} reaches {x}"
   |                                ^^^
   |
   = help: expected one of `callee`, `argument`, `value`, `source`, `sink`, `package`, `version`, `vulnerability`; write `{{` and `}}` for braces
"#,
    );
}

#[test]
fn source_outside_a_flow() {
    check(
        "`{callee}` is",
        "`{source}` is",
        r#"
error: `{source}` has a meaning in an entry with `flow` only
  --> rules/demo.md:14:16
   |
14 |     message: "`{source}` is called with `{argument}={value}`"
   |                ^^^^^^^^
"#,
    );
}

#[test]
fn fix_without_action() {
    check(
        ", remove: argument",
        "",
        r#"
error: a fix needs exactly one of `callee`, `value`, `set`, `remove`
  --> rules/demo.md:15:10
   |
15 |     fix: {title: "Remove `{argument}`", safety: unsafe}
   |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
"#,
    );
}

#[test]
fn fix_with_two_actions() {
    check(
        "remove: argument",
        r#"remove: argument, value: "True""#,
        r#"
error: a fix needs exactly one of `callee`, `value`, `set`, `remove`
  --> rules/demo.md:15:10
   |
15 |     fix: {title: "Remove `{argument}`", safety: unsafe, remove: argument, value: "True"}
   |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
"#,
    );
}

#[test]
fn fix_removes_something_else() {
    check(
        "remove: argument",
        "remove: call",
        r#"
error: unknown thing to remove `call`
  --> rules/demo.md:15:65
   |
15 |     fix: {title: "Remove `{argument}`", safety: unsafe, remove: call}
   |                                                                 ^^^^
   |
   = help: expected `argument`
"#,
    );
}

#[test]
fn fix_sets_nothing() {
    check(
        "remove: argument",
        "set: verify",
        r#"
error: `set` must look like `"name=code"`
  --> rules/demo.md:15:62
   |
15 |     fix: {title: "Remove `{argument}`", safety: unsafe, set: verify}
   |                                                              ^^^^^^
"#,
    );
}

#[test]
fn unknown_safety() {
    check(
        "safety: unsafe",
        "safety: insafe",
        r#"
error: unknown safety `insafe`
  --> rules/demo.md:15:49
   |
15 |     fix: {title: "Remove `{argument}`", safety: insafe, remove: argument}
   |                                                 ^^^^^^
   |
   = help: did you mean `unsafe`?
"#,
    );
}

#[test]
fn cwe_is_no_number() {
    check(
        "cwe: [327]",
        "cwe: [79, CWE-327]",
        r#"
error: `CWE-327` is not a CWE number
 --> rules/demo.md:4:11
  |
4 | cwe: [79, CWE-327]
  |           ^^^^^^^
  |
  = help: write `327`
"#,
    );
}

#[test]
fn owasp_is_no_category() {
    check(
        "[A02:2021]",
        "[A2]",
        r#"
error: `A2` is not an OWASP Top 10 category
 --> rules/demo.md:5:9
  |
5 | owasp: [A2]
  |         ^^
  |
  = help: as in `A03:2021`
"#,
    );
}

#[test]
fn alias_is_no_code() {
    check(
        "[B901]",
        "[S901]",
        r#"
error: `S901` is not a code of bandit
 --> rules/demo.md:8:20
  |
8 | aliases: {bandit: [S901], ruff: [S901]}
  |                    ^^^^
  |
  = help: as in `B101`
"#,
    );
}

#[test]
fn since_is_no_version() {
    check(
        "since: 0.1.0",
        "since: 0.1",
        r#"
error: `since` must be a version
 --> rules/demo.md:9:8
  |
9 | since: 0.1
  |        ^^^
  |
  = help: as in `0.1.0`
"#,
    );
}

#[test]
fn since_is_missing() {
    check(
        "since: 0.1.0\n",
        "",
        r#"
error: missing `since`
 --> rules/demo.md:1:1
  |
1 | ---
  | ^^^
  |
  = help: the first version that has the rule
"#,
    );
}

#[test]
fn id_differs_from_the_file_name() {
    check(
        "id: demo",
        "id: demonstration",
        r#"
error: the id differs from the file name `demo.md`
 --> rules/demo.md:2:5
  |
2 | id: demonstration
  |     ^^^^^^^^^^^^^
  |
  = help: rename the file to `demonstration.md` or write `id: demo`
"#,
    );
}

#[test]
fn id_is_no_kebab_case() {
    check(
        "id: demo",
        "id: Demo_Rule",
        r#"
error: `id` must be lower-case words joined by hyphens
 --> rules/demo.md:2:5
  |
2 | id: Demo_Rule
  |     ^^^^^^^^^
"#,
    );
}

#[test]
fn name_ends_with_full_stop() {
    check(
        "Demonstration of a page",
        "Demonstration of a page.",
        r#"
error: `name` is a title and takes no full stop
 --> rules/demo.md:3:7
  |
3 | name: Demonstration of a page.
  |       ^^^^^^^^^^^^^^^^^^^^^^^^
"#,
    );
}

#[test]
fn missing_section() {
    check(
        "## When to suppress\n\nNever.\n\n",
        "",
        r#"
error: missing section `## When to suppress`
  --> rules/demo.md:40:1
   |
40 | ## References
   | ^^^^^^^^^^^^^
   |
   = help: it belongs before this heading
"#,
    );
}

#[test]
fn missing_last_section() {
    check(
        "## References\n\n- <https://cwe.mitre.org/data/definitions/327.html>\n",
        "",
        r#"
error: missing section `## References`
  --> rules/demo.md:42:1
   |
42 | Never.
   | ^^^^^^
   |
   = help: it belongs after this line
"#,
    );
}

#[test]
fn misspelt_section() {
    check(
        "## Why it matters",
        "## Why It Matter",
        r#"
error: unknown section `Why It Matter`
  --> rules/demo.md:24:1
   |
24 | ## Why It Matter
   | ^^^^^^^^^^^^^^^^
   |
   = help: did you mean `Why it matters`?
"#,
    );
}

#[test]
fn unknown_section() {
    check(
        "## References",
        "## History\n\nNone.\n\n## References",
        r#"
error: unknown section `History`
  --> rules/demo.md:44:1
   |
44 | ## History
   | ^^^^^^^^^^
   |
   = help: expected one of `What it is`, `Why it matters`, `Examples`, `How to fix it`, `When to suppress`, `References`
"#,
    );
}

#[test]
fn misordered_sections() {
    let page = PAGE
        .replace("## Why it matters\n\nPages must be right.\n\n", "")
        .replace(
            "## When to suppress",
            "## Why it matters\n\nPages must be right.\n\n## When to suppress",
        );
    let expected = r#"
error: section `Why it matters` must come before `How to fix it`
  --> rules/demo.md:36:1
   |
36 | ## Why it matters
   | ^^^^^^^^^^^^^^^^^
   |
   = help: in order: `What it is`, `Why it matters`, `Examples`, `How to fix it`, `When to suppress`, `References`
"#;
    assert_eq!(
        diagnose("rules/demo.md", &page),
        expected.trim_matches('\n')
    );
}

#[test]
fn section_twice() {
    check(
        "## When to suppress",
        "## How to fix it\n\nAgain.\n\n## When to suppress",
        r#"
error: a second section `How to fix it`
  --> rules/demo.md:40:1
   |
40 | ## How to fix it
   | ^^^^^^^^^^^^^^^^
"#,
    );
}

#[test]
fn empty_section() {
    check(
        "Never.\n",
        "",
        r#"
error: section `When to suppress` is empty
  --> rules/demo.md:40:1
   |
40 | ## When to suppress
   | ^^^^^^^^^^^^^^^^^^^
"#,
    );
}

#[test]
fn no_summary() {
    check(
        "A demonstration.",
        "- A demonstration.",
        r#"
error: section `What it is` must begin with a paragraph
  --> rules/demo.md:20:1
   |
20 | ## What it is
   | ^^^^^^^^^^^^^
   |
   = help: its first paragraph is the rule's summary
"#,
    );
}

#[test]
fn no_vulnerable_example() {
    check(
        "  # finding",
        "",
        r#"
error: no example in which something is found
  --> rules/demo.md:28:1
   |
28 | ## Examples
   | ^^^^^^^^^^^
   |
   = help: end a line of a `python` block with `# finding` or `# possible`
"#,
    );
}

#[test]
fn no_fixed_example() {
    check(
        "```python\nget()\n```",
        "Do not.",
        r#"
error: no example of fixed code
  --> rules/demo.md:34:1
   |
34 | ## How to fix it
   | ^^^^^^^^^^^^^^^^
   |
   = help: add a fenced block with one of `python`, `html+jinja`, `html+django`, `mako`, `requirements`
"#,
    );
}

#[test]
fn finding_in_fixed_code() {
    check(
        "\nget()\n",
        "\nget()  # finding\n",
        r#"
error: fixed code in which something is found
  --> rules/demo.md:37:8
   |
37 | get()  # finding
   |        ^^^^^^^^^
"#,
    );
}

#[test]
fn almost_a_marker() {
    check(
        "\nget()\n",
        "\nget()  # Findings\n",
        r#"
error: `# Findings` is almost a marker
  --> rules/demo.md:37:8
   |
37 | get()  # Findings
   |        ^^^^^^^^^^
   |
   = help: write `# finding` or `# possible` at the end of the line
"#,
    );
}

#[test]
fn wrong_marker_for_a_template() {
    check(
        "```python\nget()\n```",
        "```html+jinja\n{{ x|safe }}  # possible\n```",
        r#"
error: `# possible` is almost a marker
  --> rules/demo.md:37:15
   |
37 | {{ x|safe }}  # possible
   |               ^^^^^^^^^^
   |
   = help: write `{# finding #}` or `{# possible #}` at the end of the line
"#,
    );
}

#[test]
fn marker_in_a_block_that_is_not_run() {
    check(
        "Never.",
        "```python\nx = 1  # finding\n```",
        r#"
error: a marker in a block that is not run
  --> rules/demo.md:43:8
   |
43 | x = 1  # finding
   |        ^^^^^^^^^
   |
   = help: only the blocks in `Examples` and `How to fix it` are run
"#,
    );
}

#[test]
fn almost_a_language() {
    check(
        "```python\nget()\n```",
        "```py\nget()\n```",
        r#"
error: `py` is not a language of examples
  --> rules/demo.md:36:4
   |
36 | ```py
   |    ^^
   |
   = help: write `python`
"#,
    );
}

#[test]
fn unknown_attribute() {
    check(
        "```python\nget()\n```",
        "```python name=app.py\nget()\n```",
        r#"
error: unknown attribute `name=app.py`
  --> rules/demo.md:36:11
   |
36 | ```python name=app.py
   |           ^^^^^^^^^^^
   |
   = help: expected `file=PATH`
"#,
    );
}

#[test]
fn path_leads_out() {
    check(
        "```python\nget()\n```",
        "```python file=../app.py\nget()\n```",
        r#"
error: the path of an example must be relative, as in `file=app/views.py`
  --> rules/demo.md:36:11
   |
36 | ```python file=../app.py
   |           ^^^^^^^^^^^^^^
"#,
    );
}

#[test]
fn python_file_without_py() {
    check(
        "```python\nget()\n```",
        "```python file=app\nget()\n```",
        r#"
error: the path of a Python example must end in `.py`
  --> rules/demo.md:36:11
   |
36 | ```python file=app
   |           ^^^^^^^^
"#,
    );
}

#[test]
fn caret_after_wide_letters() {
    check(
        "`{callee}` is",
        "é日 `{callé}` is",
        r#"
error: unknown placeholder `callé`
  --> rules/demo.md:14:19
   |
14 |     message: "é日 `{callé}` is called with `{argument}={value}`"
   |                    ^^^^^^^
   |
   = help: expected one of `callee`, `argument`, `value`, `source`, `sink`, `package`, `version`, `vulnerability`; write `{{` and `}}` for braces
"#,
    );
}

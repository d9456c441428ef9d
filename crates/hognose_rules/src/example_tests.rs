//! Tests of the examples.

use super::{Example, ExampleFile, ExampleLanguage, ExampleSection, Expected, examples};

/// An example as text: section, then each file with its line, language, expectations and text.
fn show(examples: &[Example]) -> String {
    let file = |file: &ExampleFile| {
        let expected = file.expected.iter();
        let expected = expected.map(|Expected { line, level }| format!(", {level:?} on {line}"));
        let (path, language, line) = (&file.path, file.language.as_str(), file.page_line);
        let expected: String = expected.collect();
        format!(
            "  {path} ({language}) from line {line}{expected}\n    {:?}\n",
            file.text
        )
    };
    let example = |example: &Example| {
        let files: String = example.files.iter().map(file).collect();
        format!("{:?}\n{files}", example.section)
    };
    examples.iter().map(example).collect()
}

#[track_caller]
fn check(page: &str, expected: &str) {
    assert_eq!(show(&examples(page, 0)), expected);
}

#[test]
fn markers_are_taken_out_and_lines_stay() {
    check(
        "## Examples\n\n```python\nimport os\n\nos.system(  # finding\n    a)   # nosec  # possible  \nf()  # finding # possible\n# finding\n# finding a way\n```\n",
        "Vulnerable\n  example.py (python) from line 4, Finding on 3, Possible on 4, Finding on 5, Possible on 5, \
         Finding on 6\n    \"import os\\n\\nos.system(\\n    a)   # nosec\\nf()\\n\\n# finding a way\\n\"\n",
    );
}

#[test]
fn templates_have_markers_of_their_own() {
    check(
        "## Examples\n```html+jinja\n{{ a|safe }} {# finding #}\n{{ b }} # finding\n```\n```mako\n${a | n}  {# possible #}\n```\n",
        "Vulnerable\n  example.html (html+jinja) from line 3, Finding on 1\n    \"{{ a|safe }}\\n{{ b }} # finding\\n\"\n\
         Vulnerable\n  example.mako (mako) from line 7, Possible on 1\n    \"${a | n}\\n\"\n",
    );
}

#[test]
fn named_files_make_a_project() {
    check(
        "## Examples\n\
         ```python file=app/a.py\na\n```\nText.\n```text\nno example\n```\n```html+django file=t/x.html\nx\n```\n\
         ```python file=app/a.py\nsecond\n```\n\
         ```python\nalone\n```\n\
         ```python file=b.py\nthird\n```\n\
         ## How to fix it\n\
         ```python file=c.py\nfourth\n```\n\
         ## References\n\
         ```python\nnot run\n```\n",
        "Vulnerable\n  app/a.py (python) from line 3\n    \"a\\n\"\n  t/x.html (html+django) from line 10\n    \"x\\n\"\n\
         Vulnerable\n  app/a.py (python) from line 13\n    \"second\\n\"\n\
         Vulnerable\n  example.py (python) from line 16\n    \"alone\\n\"\n\
         Vulnerable\n  b.py (python) from line 19\n    \"third\\n\"\n\
         Fixed\n  c.py (python) from line 23\n    \"fourth\\n\"\n",
    );
}

#[test]
fn blocks_in_lists_and_with_crlf() {
    check(
        "## Examples\r\n\r\n- Item:\r\n\r\n  ~~~python\r\n  a  # finding\r\n    b\r\n  ~~~\r\n",
        "Vulnerable\n  example.py (python) from line 6, Finding on 1\n    \"a\\n  b\\n\"\n",
    );
}

#[test]
fn a_block_without_text() {
    let found = examples("## How to fix it\n```python\n```\n", 0);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].section, ExampleSection::Fixed);
    assert_eq!(found[0].files[0].text, "");
    assert_eq!(found[0].files[0].language, ExampleLanguage::Python);
}

//! Workflows and pipelines in YAML: the scripts that they run.

use super::reader::Reader;
use super::requirement::trimmed;
use super::shell::{self, Variables};
use super::text::Span;
use super::tree::{self, Node};

/// Keys whose texts are scripts, in workflows of GitHub, pipelines of GitLab, Azure, Travis and their like.
const SCRIPTS: &[&str] = &[
    "run",
    "script",
    "before_script",
    "after_script",
    "install",
    "before_install",
    "bash",
    "command",
    "commands",
    "cmd",
    "build",
    "pre_install",
    "post_install",
    "post_create_environment",
    "CIBW_BEFORE_BUILD",
    "CIBW_BEFORE_ALL",
    "CIBW_BEFORE_TEST",
];

/// Reads a workflow or a pipeline.
pub(crate) fn parse(reader: &mut Reader<'_>) {
    let (documents, fault) = tree::yaml(reader.text);
    if let Some(fault) = &fault {
        reader.fault(fault);
    }
    reader.look_around();
    let mut scripts = Vec::new();
    for document in &documents {
        find(document, &mut scripts);
    }
    // An anchor's script appears again at each alias, at the same place.
    scripts.sort_by_key(|script: &&Node<'_>| script.span.start);
    scripts.dedup_by_key(|script| script.span.start);
    for script in scripts {
        read_script(reader, script);
    }
}

fn find<'n, 't>(node: &'n Node<'t>, scripts: &mut Vec<&'n Node<'t>>) {
    for item in node.items() {
        find(item, scripts);
    }
    for entry in node.entries() {
        if SCRIPTS.contains(&&*entry.key) {
            texts(&entry.value, scripts);
        }
        find(&entry.value, scripts);
    }
}

/// The texts of a script: one, or a list, or lists in it.
fn texts<'n, 't>(node: &'n Node<'t>, scripts: &mut Vec<&'n Node<'t>>) {
    if node.text().is_some() {
        scripts.push(node);
    }
    for item in node.items() {
        texts(item, scripts);
    }
}

fn read_script(reader: &mut Reader<'_>, script: &Node<'_>) {
    let source = reader.text;
    let mut variables = Variables::default();
    let span = script.span.clone();
    match style(source, &span) {
        Style::AsItIs => {
            let inner = script.content_span(source).unwrap_or(span);
            shell::read(reader, source, inner, &mut variables);
        }
        Style::Folded => {
            let text = fold(source, &span);
            shell::read(reader, &text, span, &mut variables);
        }
        Style::Escaped => {
            // Offsets are those of the text written down; escapes are nearly always of quotes.
            let inner = span.start + 1..span.end.saturating_sub(1).max(span.start + 1);
            let text = source[..inner.end].replace("\\\"", " \"");
            shell::read(reader, &text, trimmed(&text, inner), &mut variables);
        }
    }
}

enum Style {
    AsItIs,
    /// Line ends are spaces.
    Folded,
    Escaped,
}

/// How a text is written down. The indicator of a block stands before its lines.
fn style(source: &str, span: &Span) -> Style {
    let written = &source[span.clone()];
    if written.starts_with(['"', '\'']) {
        return if written.contains('\\') {
            Style::Escaped
        } else if written.contains('\n') {
            Style::Folded
        } else {
            Style::AsItIs
        };
    }
    let before = source[..span.start].trim_end();
    let header = before.rsplit(['\n', ' ', '\t']).next().unwrap_or_default();
    match header.trim_end_matches(|c: char| c.is_ascii_digit() || c == '+' || c == '-') {
        "|" => Style::AsItIs,
        _ if written.contains('\n') => Style::Folded,
        _ => Style::AsItIs,
    }
}

/// The source with single line ends in `span` turned into spaces; an empty line ends a line.
fn fold(source: &str, span: &Span) -> String {
    let mut text = source[..span.start].to_owned();
    let lines: Vec<&str> = source[span.clone()].split_inclusive('\n').collect();
    for (at, line) in lines.iter().enumerate() {
        let next_is_empty = lines.get(at + 1).is_some_and(|next| next.trim().is_empty());
        match line.strip_suffix('\n') {
            Some(content) if !next_is_empty && !content.trim().is_empty() => {
                text.push_str(content);
                text.push(' ');
            }
            _ => text.push_str(line),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn github() {
        check(
            "workflow",
            &[
                (
                    ".github/workflows/ci.yml",
                    r#"name: CI
on: push
jobs:
  test:
    strategy:
      matrix: {v: [1]}
    steps:
      - run: pip install tox==4
      - run: |
          python -m pip install --upgrade pip
          V=1.5
          pip install "a==$V" é # c
          pip install b==${{ matrix.v }}
      - run: >-
          pip install c
          d==2
      - run: "pip install \"e>=1\" f"
      - run: pip install -r requirements/dev.txt -c constraints.txt
      - uses: actions/checkout@v4
        with: {install: no}
"#,
                ),
                (
                    "requirements/dev.txt",
                    "dev==1
",
                ),
                (
                    "constraints.txt",
                    "idna<4
",
                ),
            ],
            r#":8 `tox==4` tox = 4
:10 `pip` pip any
:12 `"a==$V"` a = 1.5
:13 `b==${{ matrix.v }}` b unknown
:15 `c` c any
:16 `d==2` d = 2
:17 `"e>=1\"` e >=1
:17 `f` f any
requirements/dev.txt:1 `dev==1` dev = 1 by(.github/workflows/ci.yml)
constraints.txt:1 `idna<4` idna <4 by(.github/workflows/ci.yml) constraint
! 12: configuration: `é` is no requirement
! 13: configuration: what `b==${{ matrix.v }}` stands for is not known here"#,
        );
    }

    #[test]
    fn gitlab() {
        check(
            "workflow",
            &[(
                ".gitlab-ci.yml",
                ".base: &base
  - pip install shared==1
test:
  before_script: *base
  script:
    - pip install poetry
    - !reference [.x, script]
    - [pip install listed]
  cache: {paths: [x]}
",
            )],
            ":2 `shared==1` shared = 1
:6 `poetry` poetry any
:8 `listed` listed any",
        );
    }
}

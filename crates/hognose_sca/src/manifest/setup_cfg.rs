//! `setup.cfg`: what setuptools reads from it.

use super::ini::{self, Key};
use super::marker;
use super::pyproject::extra_group;
use super::reader::Reader;
use super::requirement::trimmed;
use super::requirements_txt;
use super::text::Span;

/// Reads a `setup.cfg`.
pub(crate) fn parse(reader: &mut Reader<'_>) {
    let (sections, stray) = ini::parse(reader.text);
    for span in &stray {
        reader.problem(
            hognose_finding::ProblemKind::SyntaxError,
            span,
            "a line that is neither a section nor a key",
        );
    }
    for section in &sections {
        match section.name {
            "options" => {
                for (key, group) in [
                    ("install_requires", ""),
                    ("setup_requires", "build-system"),
                    ("tests_require", "tests"),
                ] {
                    let written = section.keys.iter();
                    for key in written.filter(|known| known.name.replace('-', "_") == key) {
                        read_list(reader, key, group);
                    }
                }
            }
            "options.extras_require" => {
                for key in &section.keys {
                    // Old wheels allow a condition in the name: `socks:python_version<"3"`.
                    let extra = key.written.split(':').next().unwrap_or_default();
                    let group = if extra.is_empty() {
                        String::new()
                    } else {
                        extra_group(extra)
                    };
                    read_list(reader, key, &group);
                }
            }
            _ => {}
        }
    }
}

/// A list of setuptools: one requirement a line, or all on one line with semicolons between them, or files.
fn read_list(reader: &mut Reader<'_>, key: &Key<'_>, group: &str) {
    let groups = if group.is_empty() {
        Vec::new()
    } else {
        vec![group.into()]
    };
    reader.within(groups, |reader| {
        let text = reader.text;
        if let Some(first) = key.lines.first()
            && text[first.clone()].starts_with("file:")
        {
            let files = key.lines.iter().enumerate().flat_map(|(at, line)| {
                let start = line.start + if at == 0 { "file:".len() } else { 0 };
                split(text, start..line.end, ',')
            });
            for file in files.collect::<Vec<_>>() {
                let path = &text[file.clone()];
                reader.include(&file, path, false, requirements_txt::parse);
            }
            return;
        }
        for line in &key.lines {
            let one = key.hangs
                || text[line.clone()]
                    .split_once(';')
                    .is_none_or(|(_, rest)| marker::check(rest).is_ok());
            let items = if one {
                vec![line.clone()]
            } else {
                split(text, line.clone(), ';')
            };
            for item in items {
                requirements_txt::push(reader, &text[item.clone()], &item, &[]);
            }
        }
    });
}

/// The parts between separators, trimmed, without empty ones.
pub(crate) fn split(text: &str, part: Span, separator: char) -> Vec<Span> {
    let mut start = part.start;
    let mut parts = Vec::new();
    for piece in text[part].split(separator) {
        let span = trimmed(text, start..start + piece.len());
        start += piece.len() + separator.len_utf8();
        if !span.is_empty() {
            parts.push(span);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn options() {
        check(
            "setup.cfg",
            &[
                (
                    "setup.cfg",
                    r#"[metadata]
name = app
[options]
install_requires =
    requests[socks]>=2 ; python_version < "3.9"
    # comment
    Foo==1.0
	bar
setup_requires = setuptools_scm; wheel==0.40
tests_require = mock; python_version<"3"
[options.extras_require]
dev =
  pytest
  -bad
all = file: a.txt, b.txt
[tool:pytest]
addopts = x
stray
"#,
                ),
                (
                    "a.txt", "a
",
                ),
            ],
            r#":5 `requests[socks]>=2 ; python_version < "3.9"` requests[socks] >=2 ;python_version < "3.9"
:7 `Foo==1.0` foo = 1.0
:8 `bar` bar any
:9 `setuptools_scm` setuptools-scm any groups(build-system)
:9 `wheel==0.40` wheel = 0.40 groups(build-system)
:10 `mock; python_version<"3"` mock any groups(tests) ;python_version<"3"
:13 `pytest` pytest any groups(extra:dev)
a.txt:1 `a` a any groups(extra:all) by(setup.cfg)
! 18: syntax-error: a line that is neither a section nor a key
! 14: configuration: `-bad` is no requirement
! 15: unreadable: `b.txt`: no such file"#,
        );
    }
}

//! `tox.ini` and `tox.toml`: environments of tox.

use super::ini::{self, Section};
use super::listed;
use super::reader::Reader;
use super::requirements_txt;
use super::shell::{self, Variables};
use super::text::Span;
use super::tree::{self, Node, Value};

/// Reads a `tox.ini`.
pub(crate) fn parse(reader: &mut Reader<'_>) {
    let (sections, _) = ini::parse(reader.text);
    for section in &sections {
        let group = match section.name.split_once(':') {
            Some((_, name)) => format!("env:{name}"),
            None => format!("env:{}", section.name),
        };
        reader.within(vec![group.into()], |reader| {
            for key in &section.keys {
                let deps = matches!(key.name.as_str(), "deps" | "requires");
                let commands = key.name.starts_with("commands") || key.name == "install_command";
                for line in &key.lines {
                    if deps {
                        read_dependency(reader, line, &sections);
                    } else if commands {
                        shell::read(reader, reader.text, line.clone(), &mut Variables::default());
                    }
                }
            }
        });
    }
}

/// A line of `deps`: a requirement, or an option of pip, perhaps for some factors only.
fn read_dependency(reader: &mut Reader<'_>, line: &Span, sections: &[Section<'_>]) {
    let text = reader.text;
    let mut start = line.start;
    let content = &text[line.clone()];
    if let Some((factors, rest)) = content.split_once(':')
        && rest.starts_with(char::is_whitespace)
        && factors
            .chars()
            .all(|c| c.is_alphanumeric() || "_{}.,!- ".contains(c))
    {
        start = line.end - rest.trim_start().len();
    }
    let content = text[start..line.end].trim_end();
    let content = content.split(" #").next().unwrap_or(content);
    let span = start..start + content.len();
    // Those of another section, which is read itself.
    if let Some(reference) = content
        .strip_prefix("{[")
        .and_then(|rest| rest.strip_suffix('}'))
    {
        let known = reference.split_once(']').is_some_and(|(section, key)| {
            let mut named = sections.iter().filter(|known| known.name == section);
            named.any(|section| section.key(key).is_some())
        });
        if !known {
            reader.unreadable(&span, format!("`{content}` leads nowhere"));
        }
        return;
    }
    // The folder of the file, from which paths are taken anyway.
    let mut plain = content.to_owned();
    for folder in [
        "{toxinidir}/",
        "{tox_root}/",
        "{toxinidir}{/}",
        "{tox_root}{/}",
    ] {
        plain = plain.replace(folder, "./");
    }
    if plain.contains('{') {
        return reader.unreadable(&span, "depends on the environment of tox");
    }
    if plain == content {
        return requirements_txt::parse_part(reader, span);
    }
    requirements_txt::parse_line(reader, &plain, &span);
}

/// Reads a `tox.toml`, or the table `tool.tox` of a `pyproject.toml`.
pub(crate) fn parse_toml(reader: &mut Reader<'_>) {
    let (root, faults) = tree::toml(reader.text);
    for fault in &faults {
        reader.fault(fault);
    }
    read_table(reader, &root);
}

/// Reads the tables of environments.
pub(crate) fn read_table(reader: &mut Reader<'_>, root: &Node<'_>) {
    listed::push_all(reader, root.get("requires"), "env:tox");
    let named = root.entries_at(&["env"]).iter();
    let named = named.map(|entry| (&*entry.key, &entry.value));
    let base = ["env_run_base", "env_pkg_base"].iter();
    let base = base.filter_map(|key| Some((*key, root.get(key)?)));
    for (name, environment) in named.chain(base) {
        let Some(deps) = environment.get("deps") else {
            continue;
        };
        reader.within(vec![format!("env:{name}").into()], |reader| {
            for item in deps.items() {
                read_item(reader, item);
            }
            if deps.text().is_some() {
                read_item(reader, deps);
            }
        });
    }
}

fn read_item(reader: &mut Reader<'_>, item: &Node<'_>) {
    let span = listed::place(reader, item);
    match &item.value {
        Value::Text(text) if text.contains('{') => {
            reader.unreadable(&span, "depends on the environment of tox");
        }
        Value::Text(text) => {
            let text = text.clone().into_owned();
            requirements_txt::parse_line(reader, &text, &span);
        }
        _ => reader.unreadable(&span, "depends on the environment of tox"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn ini() {
        check(
            "tox.ini",
            &[
                (
                    "tox.ini",
                    "[tox]
requires = tox>=4
envlist = py
[base]
deps = six
[testenv]
deps =
    pytest>=7  # c
    -r{toxinidir}/dev.txt
    py38,!x: mock==5
    {[base]deps}
    {[gone]deps}
    {env:EXTRA:}
commands =
    pip install coverage==7
    pytest {posargs}
[testenv:lint]
deps = flake8
",
                ),
                (
                    "dev.txt", "a
",
                ),
            ],
            ":2 `tox>=4` tox >=4 groups(env:tox)
:5 `six` six any groups(env:base)
:8 `pytest>=7` pytest >=7 groups(env:testenv)
dev.txt:1 `a` a any groups(env:testenv) by(tox.ini)
:10 `mock==5` mock = 5 groups(env:testenv)
:15 `coverage==7` coverage = 7 groups(env:testenv)
:18 `flake8` flake8 any groups(env:lint)
! 12: configuration: `{[gone]deps}` leads nowhere
! 13: configuration: depends on the environment of tox",
        );
    }

    #[test]
    fn toml() {
        check(
            "tox.toml",
            &[
                (
                    "tox.toml",
                    r#"requires = ["tox>=4"]
[env_run_base]
deps = ["pytest", "-r dev.txt"]
[env.lint]
deps = "ruff"
[env.x]
deps = [{replace = "ref"}, "{env:A}"]
"#,
                ),
                (
                    "dev.txt", "a
",
                ),
            ],
            ":1 `tox>=4` tox >=4 groups(env:tox)
:5 `ruff` ruff any groups(env:lint)
:3 `pytest` pytest any groups(env:env_run_base)
dev.txt:1 `a` a any groups(env:env_run_base) by(tox.toml)
! 7: configuration: depends on the environment of tox
! 7: configuration: depends on the environment of tox",
        );
    }
}

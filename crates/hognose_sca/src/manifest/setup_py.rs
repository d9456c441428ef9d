//! `setup.py` and `noxfile.py`, read without running them.

use hognose_finding::ProblemKind;

use super::format::recognise;
use super::pip_command;
use super::pyproject::extra_group;
use super::python::{Argument, Kind, Scope, Text, Value, tokenize};
use super::reader::Reader;
use super::requirement;
use super::requirements_txt;
use super::text::Span;

/// Reads what the calls of `setup` in a `setup.py` ask for.
pub(crate) fn parse(reader: &mut Reader<'_>) {
    let tokens = tokenize(reader.text);
    let mut scope = Scope::new(reader.text, &tokens);
    let mut seen = false;
    let mut function = "";
    while scope.token(scope.at).is_some() {
        let at = scope.at;
        if let (Some((_, "def")), Some((_, name))) = (scope.token(at), scope.token(at + 1)) {
            function = name;
        }
        if is_call_of(&scope, "setup") {
            seen = true;
            let name = scope.span(at);
            scope.at += 1;
            let arguments = scope.arguments(0);
            read_setup(reader, arguments, &name);
        } else if scope.token(at) == Some((Kind::Name, "return")) {
            // What a function returns is what calls of it are worth.
            scope.at += 1;
            let value = scope.expression(0);
            scope.bind(function, value, true);
        } else {
            statement(&mut scope);
        }
    }
    if scope.exhausted() {
        reader.problem(
            ProblemKind::Budget,
            &(0..0),
            "too much code to follow its values",
        );
    }
    if !seen && reader.text.contains("setup") {
        let end = reader.text.lines().next().map_or(0, str::len);
        reader.unreadable(&(0..end), "no call of `setup` that could be read");
    }
}

/// Reads what the sessions of a `noxfile.py` install.
pub(crate) fn parse_nox(reader: &mut Reader<'_>) {
    let tokens = tokenize(reader.text);
    let mut scope = Scope::new(reader.text, &tokens);
    let mut session = "session";
    while let Some(token) = scope.token(scope.at) {
        let at = scope.at;
        if token == (Kind::Name, "def") {
            session = scope.token(at + 1).map_or("session", |(_, name)| name);
        }
        let method = match (scope.token(at), scope.token(at + 1), scope.token(at + 2)) {
            (Some((_, ".")), Some((Kind::Name, method)), Some((_, "("))) => method,
            _ => "",
        };
        if !matches!(
            method,
            "install" | "run" | "run_always" | "run_install" | "conda_install"
        ) {
            statement(&mut scope);
            continue;
        }
        let span = scope.span(at + 1);
        scope.at += 2;
        let mut words = Vec::new();
        for argument in scope.arguments(0) {
            if argument.name.is_none_or(|name| name == "*") {
                words_of(&argument.value, &span, &mut words);
            }
        }
        reader.within(
            vec![format!("env:{session}").into()],
            |reader| match method {
                "install" => pip_command::install(reader, &words),
                "conda_install" => pip_command::conda_install(reader, &words),
                _ => pip_command::command(reader, &words),
            },
        );
    }
    if scope.exhausted() {
        reader.problem(
            ProblemKind::Budget,
            &(0..0),
            "too much code to follow its values",
        );
    }
}

fn words_of(value: &Value, call: &Span, words: &mut Vec<pip_command::Word>) {
    match value {
        Value::Text(text) => words.push(pip_command::Word {
            text: text.content.clone(),
            span: text.span.clone(),
            unknown: text.open,
        }),
        Value::List(items) => items.iter().for_each(|item| words_of(item, call, words)),
        Value::Dynamic(span, _) => words.push(pip_command::Word {
            text: String::new(),
            span: if span.is_empty() {
                call.clone()
            } else {
                span.clone()
            },
            unknown: true,
        }),
        Value::Nothing | Value::Map(_) => {}
    }
}

/// Whether the token is the name of a function that is called here, and not defined.
fn is_call_of(scope: &Scope<'_>, function: &str) -> bool {
    let before = scope.at.checked_sub(1).and_then(|at| scope.token(at));
    scope.token(scope.at) == Some((Kind::Name, function))
        && scope.token(scope.at + 1) == Some((Kind::Operator, "("))
        && before != Some((Kind::Name, "def"))
}

/// Tokens of an annotation that are looked at.
const MAX_ANNOTATION: usize = 40;

/// Takes a step: binds a name if a statement that does so begins here, else goes on by one token.
fn statement(scope: &mut Scope<'_>) {
    let at = scope.at;
    let beside = scope.indented(at);
    let first = at == 0 || matches!(scope.token(at - 1), Some((Kind::Newline, _) | (_, ":")));
    let tokens = (scope.token(at), scope.token(at + 1), scope.token(at + 2));
    scope.at += 1;
    match tokens {
        (Some((Kind::Name, name)), Some((Kind::Operator, "=")), _) if first => {
            scope.at += 1;
            let value = scope.expression(0);
            scope.bind(name, value, beside);
        }
        (Some((Kind::Name, name)), Some((Kind::Operator, "+=" | "|=")), _) if first => {
            scope.at += 1;
            let value = scope.expression(0);
            scope.bind(name, value, true);
        }
        (Some((Kind::Name, name)), Some((_, ":")), Some((Kind::Name, _))) if first => {
            // An annotation, if an `=` follows it soon in the same statement.
            let ahead = (at + 2..at + 2 + MAX_ANNOTATION).take_while(|at| {
                !matches!(
                    scope.token(*at),
                    None | Some((Kind::Newline, _) | (_, "=" | "("))
                )
            });
            let end = at + 2 + ahead.count();
            scope.at += 1;
            if matches!(scope.token(end), Some((_, "="))) {
                scope.at = end + 1;
                let value = scope.expression(0);
                scope.bind(name, value, beside);
            }
        }
        (
            Some((Kind::Name, name)),
            Some((_, ".")),
            Some((_, method @ ("append" | "extend" | "insert" | "update"))),
        ) if first => {
            scope.at += 2;
            if matches!(scope.token(scope.at), Some((_, "("))) {
                for argument in scope.arguments(0) {
                    let value = match argument.value {
                        // A text that is appended is an element, not more text.
                        Value::Text(text) if method != "extend" => {
                            Value::List(vec![Value::Text(text)].into())
                        }
                        value => value,
                    };
                    scope.bind(name, value, true);
                }
            }
        }
        (Some((Kind::Name, name)), Some((_, "[")), _) if first => {
            scope.at += 1;
            let key = scope.expression(0);
            if matches!(scope.token(scope.at), Some((_, "]")))
                && matches!(scope.token(scope.at + 1), Some((_, "=" | "+=")))
            {
                scope.at += 2;
                let value = scope.expression(0);
                scope.bind_key(name, key, value);
            }
        }
        // `with open(…) as name`, `for name in …`: what comes out of it has to do with what goes in.
        (Some((Kind::Name, "with")), ..) => {
            bind_with(scope);
        }
        (Some((Kind::Name, "for")), Some((Kind::Name, name)), Some((_, "in"))) => {
            scope.at += 2;
            let value = scope.expression(0);
            scope.bind(name, value, true);
        }
        _ => {}
    }
}

/// Binds the name behind `as` to the value before it.
fn bind_with(scope: &mut Scope<'_>) {
    let start = scope.at;
    let texts = scope.skip(&["as"]);
    if let (Some((_, "as")), Some((Kind::Name, name))) =
        (scope.token(scope.at), scope.token(scope.at + 1))
    {
        let span = scope.span(start);
        scope.bind(name, Value::Dynamic(span, texts.into()), false);
        scope.at += 2;
    }
}

/// The arguments of `setup` that name distributions, and the group of each.
const REQUIREMENTS: &[(&str, &str)] = &[
    ("install_requires", ""),
    ("setup_requires", "build-system"),
    ("tests_require", "tests"),
];

fn read_setup(reader: &mut Reader<'_>, arguments: Vec<Argument<'_>>, call: &Span) {
    for argument in arguments {
        match argument.name {
            Some("**") => match argument.value {
                Value::Map(entries) => {
                    for (key, value) in entries.iter() {
                        if let Value::Text(key) = key {
                            read_keyword(reader, &key.content, value);
                        }
                    }
                }
                _ => {
                    reader.unreadable(call, "some arguments of `setup` depend on running the code");
                }
            },
            Some(name) => read_keyword(reader, name, &argument.value),
            None => {}
        }
    }
}

fn read_keyword(reader: &mut Reader<'_>, name: &str, value: &Value) {
    if let Some((_, group)) = REQUIREMENTS.iter().find(|(known, _)| *known == name) {
        read_group(reader, group, value);
    } else if name == "extras_require" {
        match value {
            Value::Map(entries) => {
                for (key, value) in entries.iter() {
                    let extra = match key {
                        Value::Text(key) => key.content.split(':').next().unwrap_or_default(),
                        _ => "*",
                    };
                    let group = match extra {
                        "" => String::new(),
                        "*" => "extra:*".to_owned(),
                        extra => extra_group(extra),
                    };
                    read_group(reader, &group, value);
                }
            }
            other => read_group(reader, "extra:*", other),
        }
    }
}

fn read_group(reader: &mut Reader<'_>, group: &str, value: &Value) {
    let groups = if group.is_empty() {
        Vec::new()
    } else {
        vec![group.into()]
    };
    reader.within(groups, |reader| read_value(reader, value));
}

/// Parts of a path that are put together.
const MAX_FOLDERS: usize = 4;

/// Endings of files with one requirement a line.
const LIST_ENDINGS: [&str; 3] = [".txt", ".in", ".pip"];

fn read_value(reader: &mut Reader<'_>, value: &Value) {
    match value {
        // A text may hold one requirement a line.
        Value::Text(text) => read_text(reader, text),
        Value::List(items) => items.iter().for_each(|item| read_value(reader, item)),
        Value::Nothing => {}
        Value::Map(entries) => entries
            .iter()
            .for_each(|(_, value)| read_value(reader, value)),
        Value::Dynamic(span, texts) => {
            read_files(reader, span, texts);
        }
    }
}

/// Code that reads a file of requirements passes on what the file says.
fn read_files(reader: &mut Reader<'_>, span: &Span, texts: &[Text]) {
    let mut read = false;
    for (at, text) in texts.iter().enumerate() {
        let name = text.content.as_str();
        let is_list = LIST_ENDINGS.iter().any(|ending| name.ends_with(ending))
            && !name.contains(char::is_whitespace);
        if text.open || !is_list {
            continue;
        }
        // `os.path.join("requirements", name)`, in the call or in a function that is called.
        let folders = texts[at.saturating_sub(MAX_FOLDERS)..at].iter();
        let mut places = vec![name.to_owned()];
        for folder in folders.rev() {
            let inner = &places[places.len() - 1];
            places.push(format!("{}/{inner}", folder.content));
        }
        let place = places.into_iter().find(|place| reader.exists(place));
        let named = recognise(name).is_some_and(|format| format.name == "requirements.txt");
        if let Some(place) = place.or_else(|| named.then(|| name.to_owned())) {
            reader.include(&text.span, &place, false, requirements_txt::parse);
            read = true;
        }
    }
    if !read {
        reader.unreadable(span, "what is installed depends on running the code");
    }
}

fn read_text(reader: &mut Reader<'_>, text: &Text) {
    let stands_there = reader.text.get(text.span.clone()) == Some(text.content.as_str());
    let mut start = text.span.start;
    for line in text.content.split('\n') {
        let span = if stands_there {
            requirement::trimmed(reader.text, start..start + line.len())
        } else {
            text.span.clone()
        };
        start += line.len() + 1;
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if !text.open {
            requirements_txt::push(reader, line, &span, &[]);
            continue;
        }
        let message = "the version depends on running the code".to_owned();
        requirements_txt::push_open(reader, line, &span, message);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn literals() {
        check(
            "setup.py",
            &[(
                "setup.py",
                r#"from setuptools import setup, find_packages
import sys
VERSION = "1.0"
base = [
    "requests[socks]>=2",  # c
    'six' '==1.16',
]
base += ["a"]
base.append("b<2")
if sys.version_info < (3,):
    base.extend(["futures"])
LINES = """
c==3
d
""".split()
extras: dict = {"web": ["flask"], "dev": base[0:1] + ["pytest"]}
extras["docs"] = ["sphinx"]
extras["all"] = extras["web"] + extras["docs"]

def helper(setup):
    return None

setup(
    name="x", version=VERSION,
    packages=find_packages(exclude=["install_requires"]),
    install_requires=base + LINES + (["win"] if sys.platform == "win32" else []),
    setup_requires=("wheel",),
    tests_require="mock\nnose",
    extras_require=extras,
    classifiers=["A :: B"],
)
"#,
            )],
            r#":5 `requests[socks]>=2` requests[socks] >=2
:6 `six' '==1.16` six = 1.16
:8 `a` a any
:9 `b<2` b <2
:11 `futures` futures any
:13 `c==3` c = 3
:14 `d` d any
:26 `win` win any
:27 `wheel` wheel any groups(build-system)
:28 `"mock\nnose"` mock any groups(tests)
:28 `"mock\nnose"` nose any groups(tests)
:16 `flask` flask any groups(extra:web)
:16 `pytest` pytest any groups(extra:dev)
:17 `sphinx` sphinx any groups(extra:docs)
:16 `flask` flask any groups(extra:all)
:17 `sphinx` sphinx any groups(extra:all)
! 16: configuration: what is installed depends on running the code"#,
        );
    }

    #[test]
    fn dynamic() {
        check(
            "setup.py",
            &[
                (
                    "setup.py",
                    r#"import os
from setuptools import setup
V = os.environ["V"]
with open("requirements.txt") as f:
    required = [line.strip() for line in f if line.strip()]
setup(
    install_requires=required,
    tests_require=compute(),
    extras_require={
        "a": [f"torch=={V}", "x==%s" % V, f"{V}-y", "ok"],
        name: ["z"],
    },
    **more
)
"#,
                ),
                (
                    "requirements.txt",
                    "flask==3
",
                ),
            ],
            "requirements.txt:1 `flask==3` flask = 3 by(setup.py)
:10 `torch=={V}` torch unknown groups(extra:a)
:10 `x==%s` x unknown groups(extra:a)
:10 `ok` ok any groups(extra:a)
:11 `z` z any groups(extra:*)
! 8: configuration: what is installed depends on running the code
! 10: configuration: the version depends on running the code
! 10: configuration: the version depends on running the code
! 6: configuration: some arguments of `setup` depend on running the code",
        );
    }

    #[test]
    fn functions_that_read_lists() {
        check(
            "setup.py",
            &[
                (
                    "setup.py",
                    "import os\nfrom setuptools import setup\n\
                     def reqs(*f):\n    return [x for x in open(os.path.join(os.getcwd(), 'req', *f))]\n\
                     def extras(*p):\n    return reqs('extras', *p)\n\
                     def dev():\n    return ['pytest']\n\
                     setup(install_requires=reqs('default.txt'), extras_require={'a': extras('a.txt'), 'b': extras('b.txt'), 'dev': dev()})\n",
                ),
                ("req/default.txt", "amqp==5\n"),
                ("req/extras/a.txt", "a\n"),
            ],
            "
            req/default.txt:1 `amqp==5` amqp = 5 by(setup.py)
            req/extras/a.txt:1 `a` a any groups(extra:a) by(setup.py)
            :8 `pytest` pytest any groups(extra:dev)
            ! 9: configuration: what is installed depends on running the code
            ",
        );
    }

    #[test]
    fn keyword_mapping() {
        check(
            "setup.py",
            &[(
                "setup.py",
                r#"kw = dict(install_requires=["a==1"], extras_require=dict(x=["b"]))
import setuptools
setuptools.setup(**kw)
"#,
            )],
            ":1 `a==1` a = 1
:1 `b` b any groups(extra:x)",
        );
    }

    #[test]
    fn nox() {
        check(
            "noxfile.py",
            &[
                (
                    "noxfile.py",
                    r#"import nox
DEPS = ["pytest", "mock==5"]
@nox.session(python=["3.11"])
def tests(session):
    session.install("-r", "dev.txt", *DEPS)
    session.install(".[test]")
    session.run("pytest", "-x")
@nox.session
def lint(s):
    s.run("python", "-m", "pip", "install", "ruff==0.5", external=True)
    s.install(f"black=={s.posargs}")
    s.conda_install("numpy=1.20", "--channel=x")
"#,
                ),
                (
                    "dev.txt", "six
",
                ),
            ],
            "dev.txt:1 `six` six any groups(env:tests) by(noxfile.py)
:2 `pytest` pytest any groups(env:tests)
:2 `mock==5` mock = 5 groups(env:tests)
:10 `ruff==0.5` ruff = 0.5 groups(env:lint)
:11 `black=={s.posargs}` black unknown groups(env:lint)
:12 `numpy=1.20` numpy ==1.20.* conda ? groups(env:lint)
! 11: configuration: what `black=={s.posargs}` stands for is not known here",
        );
    }
}

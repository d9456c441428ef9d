//! Commands that install distributions: `pip install`, `uv pip install`, `pipx`, `conda install`.

use super::conda;
use super::reader::Reader;
use super::requirement::shortened;
use super::requirements_txt;
use super::text::Span;

/// A word of a command, expanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) span: Span,
    /// Whether something in it is not known: a variable, the output of a command.
    pub(crate) unknown: bool,
}

/// Words in front of a command that run it: none of them takes part in what it means.
const WRAPPERS: &[&str] = &[
    "sudo",
    "exec",
    "time",
    "env",
    "command",
    "nohup",
    "nice",
    "then",
    "do",
    "else",
    "if",
    "elif",
    "while",
    "until",
    "!",
    "{",
    "xargs",
    "run",
    "retry",
    "travis_retry",
    "winpty",
    "call",
    "&",
];

/// Options of wrappers that a value follows.
const WRAPPER_VALUES: &[&str] = &["-u", "-g", "-n", "-C"];

/// Reads a command, if it installs anything.
pub(crate) fn command(reader: &mut Reader<'_>, words: &[Word]) {
    let mut words = words;
    let mut wrapped = false;
    while let Some((first, rest)) = words.split_first() {
        let text = first.text.as_str();
        let assigns = text.split_once('=').is_some_and(|(name, _)| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        });
        if WRAPPERS.contains(&text) || assigns {
            wrapped = true;
            words = rest;
        } else if wrapped && text.starts_with('-') {
            words = &rest[usize::from(WRAPPER_VALUES.contains(&text) && !rest.is_empty())..];
        } else {
            break;
        }
    }
    let Some((first, rest)) = words.split_first() else {
        return;
    };
    match program(&first.text) {
        "pip" => pip(reader, rest),
        "python" | "py" => {
            let module = rest.iter().position(|word| word.text == "-m");
            let module =
                module.filter(|at| rest[..*at].iter().all(|word| word.text.starts_with('-')));
            if let Some(at) = module
                && let Some(module) = rest.get(at + 1)
            {
                match module.text.as_str() {
                    "pip" | "pip3" => pip(reader, &rest[at + 2..]),
                    "uv" => uv(reader, &rest[at + 2..]),
                    _ => {}
                }
            }
        }
        "uv" => uv(reader, rest),
        "pipx" => {
            if let Some((verb, rest)) = verb(rest)
                && matches!(verb, "install" | "inject" | "run")
            {
                let one = usize::from(verb != "install").max(1);
                first_of(
                    reader,
                    rest,
                    if verb == "inject" { usize::MAX } else { one },
                );
            }
        }
        "uvx" => first_of(reader, rest, 1),
        "pip-sync" => files(reader, rest),
        "conda" | "mamba" | "micromamba" => {
            if let Some((verb, rest)) = verb(rest)
                && matches!(verb, "install" | "create" | "update")
            {
                conda_install(reader, rest);
            }
        }
        _ => {}
    }
}

/// The name of a program without folder, version and ending: `pip` for `/opt/bin/pip3.11`.
fn program(word: &str) -> &str {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
    let name = name.strip_suffix(".exe").unwrap_or(name);
    let plain = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    if matches!(plain, "pip" | "python" | "pypy") {
        return if plain == "pypy" { "python" } else { plain };
    }
    name
}

/// The first word that is no option, and what follows it.
fn verb(words: &[Word]) -> Option<(&str, &[Word])> {
    let at = words.iter().position(|word| !word.text.starts_with('-'))?;
    Some((&words[at].text, &words[at + 1..]))
}

fn pip(reader: &mut Reader<'_>, words: &[Word]) {
    // Global options may have values, so the verb is looked for.
    let verbs = ["install", "download", "wheel"];
    let Some(at) = words
        .iter()
        .position(|word| verbs.contains(&word.text.as_str()))
    else {
        return;
    };
    let others = [
        "list",
        "freeze",
        "show",
        "config",
        "uninstall",
        "check",
        "cache",
        "index",
        "help",
        "debug",
        "hash",
        "search",
    ];
    if words[..at]
        .iter()
        .any(|word| others.contains(&word.text.as_str()))
    {
        return;
    }
    install(reader, &words[at + 1..]);
}

fn uv(reader: &mut Reader<'_>, words: &[Word]) {
    match verb(words) {
        Some(("pip", rest)) => match verb(rest) {
            Some(("install", rest)) => install(reader, rest),
            Some(("sync", rest)) => files(reader, rest),
            _ => {}
        },
        Some(("tool", rest)) => {
            if let Some(("install" | "run", rest)) = verb(rest) {
                first_of(reader, rest, 1);
            }
        }
        _ => {}
    }
}

/// Options that a value follows. All others are flags.
const WITH_VALUE: &[&str] = &[
    "-i",
    "--index-url",
    "--extra-index-url",
    "-f",
    "--find-links",
    "-t",
    "--target",
    "--prefix",
    "--root",
    "--platform",
    "--python-version",
    "--implementation",
    "--abi",
    "--src",
    "--upgrade-strategy",
    "--cache-dir",
    "--log",
    "--proxy",
    "--retries",
    "--timeout",
    "--cert",
    "--client-cert",
    "--trusted-host",
    "--exists-action",
    "--progress-bar",
    "--report",
    "--config-settings",
    "--config-setting",
    "-C",
    "--global-option",
    "--install-option",
    "--build-option",
    "--no-binary",
    "--only-binary",
    "-d",
    "--dest",
    "-w",
    "--wheel-dir",
    "-p",
    "--python",
    "--use-feature",
    "--use-deprecated",
    "--root-user-action",
    "--keyring-provider",
    "--group",
    "--build-constraint",
    "-b",
    "--build-constraints",
    "--index-strategy",
    "--prerelease",
    "--resolution",
    "--torch-backend",
    "--exclude-newer",
    "--link-mode",
    "--index",
    "--default-index",
    "--extra",
    "--refresh-package",
    "--reinstall-package",
    "--upgrade-package",
    "-P",
    "--no-build-package",
    "--python-platform",
    "--suffix",
    "--backend",
    "--verify-hashes",
    "--allow-insecure-host",
    "--directory",
    "--project",
    "--config-file",
    "--color",
    "-n",
    "--name",
    "-c",
    "--channel",
    "--override-channels-file",
];

/// Reads the arguments of `pip install`.
pub(crate) fn install(reader: &mut Reader<'_>, words: &[Word]) {
    arguments(reader, words, usize::MAX, requirements_txt::push_word);
}

/// Programs that take one distribution, and pass on what follows it; `--with` and `--from` name more.
fn first_of(reader: &mut Reader<'_>, words: &[Word], count: usize) {
    arguments(reader, words, count, requirements_txt::push_word);
}

/// Reads the arguments of `conda install`.
pub(crate) fn conda_install(reader: &mut Reader<'_>, words: &[Word]) {
    let push =
        |reader: &mut Reader<'_>, text: &str, span: &Span| conda::push_match(reader, text, span);
    let mut kept = Vec::new();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        match word.text.as_str() {
            // Of a name, a folder, a channel or a file: what is in the file is read with it.
            "-n" | "-p" | "-c" | "--name" | "--prefix" | "--channel" | "-f" | "--file" => {
                rest.next();
            }
            text if text.starts_with('-') => {}
            _ => kept.push(word.clone()),
        }
    }
    arguments(reader, &kept, usize::MAX, push);
}

/// Files of requirements given as arguments.
fn files(reader: &mut Reader<'_>, words: &[Word]) {
    let include = |reader: &mut Reader<'_>, text: &str, span: &Span| {
        reader.include(span, text, false, requirements_txt::parse);
    };
    arguments(reader, words, usize::MAX, include);
}

/// Goes through the arguments: options, files of requirements, and up to `count` others, which go to `push`.
fn arguments(
    reader: &mut Reader<'_>,
    words: &[Word],
    count: usize,
    push: impl Fn(&mut Reader<'_>, &str, &Span),
) {
    let mut rest = words.iter();
    let mut left = count;
    while let Some(word) = rest.next() {
        let Some(option) = word.text.strip_prefix('-').map(|_| word.text.as_str()) else {
            if left == 0 {
                return;
            }
            left -= 1;
            if word.unknown {
                unknown(reader, word);
            } else if !word.text.is_empty() {
                push(reader, &word.text, &word.span);
            }
            continue;
        };
        if option == "--" {
            continue;
        }
        let (name, attached) = split_option(option);
        let meaning = match name {
            "-r" | "--requirement" | "--requirements" => Meaning::Requirements,
            "-c" | "--constraint" | "--constraints" | "--override" | "--overrides" => {
                Meaning::Constraints
            }
            "-e" | "--editable" | "--with" | "--from" | "--spec" => Meaning::Requirement,
            other if WITH_VALUE.contains(&other) => Meaning::Other,
            _ => continue,
        };
        let attached = attached.map(|text| Word {
            text: text.to_owned(),
            ..word.clone()
        });
        let Some(value) = attached.or_else(|| rest.next().cloned()) else {
            return;
        };
        match meaning {
            Meaning::Other => {}
            _ if value.unknown => unknown(reader, &value),
            Meaning::Requirement => requirements_txt::push_word(reader, &value.text, &value.span),
            Meaning::Requirements | Meaning::Constraints => {
                let constraint = matches!(meaning, Meaning::Constraints);
                reader.include(
                    &value.span,
                    &value.text,
                    constraint,
                    requirements_txt::parse,
                );
            }
        }
        // Behind `--from` or `--spec` stands a program, not a distribution.
        if matches!(name, "--from" | "--spec") {
            left = 0;
        }
    }
}

enum Meaning {
    Requirements,
    Constraints,
    Requirement,
    Other,
}

/// An option and a value in the same word: `--requirement=x`, `-rx`.
fn split_option(option: &str) -> (&str, Option<&str>) {
    if option.starts_with("--") {
        return match option.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (option, None),
        };
    }
    match option.char_indices().nth(2) {
        Some((at, _)) if ["-r", "-c", "-e"].contains(&&option[..at]) => {
            (&option[..at], Some(&option[at..]))
        }
        _ => (option, None),
    }
}

fn unknown(reader: &mut Reader<'_>, word: &Word) {
    let shown = shortened(&reader.text[word.span.clone()]);
    let message = format!("what `{shown}` stands for is not known here");
    requirements_txt::push_open(reader, &word.text, &word.span, message);
}

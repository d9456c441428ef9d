//! `Dockerfile`: the commands of `RUN`.

use super::pip_command::{self, Word};
use super::reader::Reader;
use super::shell::{self, Variables};
use super::text::Span;
use super::tree;

/// Reads a `Dockerfile`.
pub(crate) fn parse(reader: &mut Reader<'_>) {
    let (text, instructions) = instructions(reader.text);
    reader.look_around();
    let mut variables = Variables::default();
    for span in instructions {
        read_instruction(reader, &text, span, &mut variables);
    }
}

fn read_instruction(reader: &mut Reader<'_>, text: &str, span: Span, variables: &mut Variables) {
    let whole = &text[span.clone()];
    let end = whole.find(char::is_whitespace).unwrap_or(whole.len());
    let rest = whole[end..].trim_start();
    let part = span.end - rest.len()..span.end;
    match whole[..end].to_ascii_uppercase().as_str() {
        "ONBUILD" => read_instruction(reader, text, part, variables),
        "ARG" | "ENV" => read_variables(rest, variables),
        "COPY" | "ADD" => {
            let words: Vec<&str> = rest
                .split_whitespace()
                .filter(|word| !word.starts_with("--"))
                .collect();
            if let [source, target] = words.as_slice() {
                reader.copied(source, target);
            }
        }
        "RUN" => read_run(reader, text, part, variables),
        _ => {}
    }
}

/// `NAME=value NAME="other"`, or `NAME value`. Values from outside may differ from defaults; those are what a plain
/// build installs.
fn read_variables(text: &str, variables: &mut Variables) {
    let Ok(words) = super::shell_words::words(text, 0..text.len()) else {
        return;
    };
    if let [name, value] = words.as_slice()
        && !name.text.contains('=')
    {
        variables.insert(name.text.clone(), value.text.clone());
        return;
    }
    for word in &words {
        if let Some((name, value)) = word.text.split_once('=')
            && !value.contains('$')
        {
            variables.insert(name.to_owned(), value.to_owned());
        }
    }
}

fn read_run(reader: &mut Reader<'_>, text: &str, part: Span, variables: &mut Variables) {
    let mut start = part.start;
    // `--mount=…` and its like.
    while text[start..part.end].starts_with("--") {
        let rest = &text[start..part.end];
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        start = part.end - rest[end..].trim_start().len();
    }
    let part = start..part.end;
    let script = &text[part.clone()];
    if script.starts_with('[')
        && let Ok(list) = tree::json(script)
    {
        let words: Vec<Word> = list
            .items()
            .iter()
            .filter_map(|item| {
                let span = item.content_span(script).unwrap_or(item.span.clone());
                Some(Word {
                    text: item.text()?.to_owned(),
                    span: part.start + span.start..part.start + span.end,
                    unknown: false,
                })
            })
            .collect();
        let shell = words.iter().position(|word| word.text == "-c");
        return match shell.and_then(|at| words.get(at + 1)) {
            Some(script) => shell::read(reader, text, script.span.clone(), variables),
            None => pip_command::command(reader, &words),
        };
    }
    // A script in the lines below, to be read as it is.
    if let Some(heredoc) = script.strip_prefix("<<")
        && let Some((_, body)) = heredoc.split_once('\n')
    {
        return shell::read(reader, text, part.end - body.len()..part.end, variables);
    }
    shell::read(reader, text, part, variables);
}

/// The text with continuations and comments turned into spaces, and where its instructions stand.
fn instructions(source: &str) -> (String, Vec<Span>) {
    let escape = escape(source);
    let mut text = String::with_capacity(source.len());
    let mut spans = Vec::new();
    let mut open: Option<usize> = None;
    let mut heredocs: Vec<String> = Vec::new();
    for line in source.split_inclusive('\n') {
        let start = text.len();
        let content = line.trim_end();
        if !heredocs.is_empty() {
            text.push_str(line);
            if heredocs
                .first()
                .is_some_and(|close| content.trim_start() == close)
            {
                heredocs.remove(0);
            }
        } else if content.trim_start().starts_with('#') || open.is_some() && content.is_empty() {
            // Comments and empty lines stand between the lines of an instruction too.
            text.extend(std::iter::repeat_n(' ', line.len()));
            continue;
        } else if let Some(continued) = content.strip_suffix(escape) {
            text.push_str(continued);
            text.extend(std::iter::repeat_n(' ', line.len() - continued.len()));
            open.get_or_insert(start);
            continue;
        } else {
            text.push_str(line);
            heredocs = announced(content);
        }
        if heredocs.is_empty() {
            let span = open.take().unwrap_or(start)..text.len();
            let span = super::requirement::trimmed(&text, span);
            if !span.is_empty() {
                spans.push(span);
            }
        } else {
            open.get_or_insert(start);
        }
    }
    if let Some(start) = open {
        spans.push(super::requirement::trimmed(&text, start..text.len()));
    }
    (text, spans)
}

/// The character that continues a line: a directive at the top may change it.
fn escape(source: &str) -> char {
    let directives = source.lines().take_while(|line| line.starts_with('#'));
    for line in directives {
        let directive: String = line[1..].chars().filter(|c| !c.is_whitespace()).collect();
        if directive.eq_ignore_ascii_case("escape=`") {
            return '`';
        }
    }
    '\\'
}

/// The closing words of texts that an instruction announces: `RUN <<EOF`.
fn announced(line: &str) -> Vec<String> {
    let first = line
        .trim_start()
        .get(..4)
        .unwrap_or_default()
        .to_ascii_uppercase();
    if !matches!(first.trim_end(), "RUN" | "COPY" | "ADD") {
        return Vec::new();
    }
    line.split("<<")
        .skip(1)
        .take(8)
        .filter_map(|after| {
            let after = after.strip_prefix('-').unwrap_or(after);
            let word = after
                .split([' ', '\t', ';', '>', '&', '|'])
                .next()?
                .trim_matches(['\'', '"']);
            let named = word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
            named.then(|| word.to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn instructions() {
        check(
            "Dockerfile",
            &[
                (
                    "docker/Dockerfile",
                    r#"# syntax=x
FROM python:3.11 AS base
ARG DJANGO=4.2.1
ENV A=1 B="x y"
COPY reqs/prod.txt /tmp/requirements.txt
RUN pip install --no-cache-dir "django==${DJANGO}" \
    # why
    'requests[socks]>=2' \

    && apt-get install -y gcc; python3 -m pip install -U pip wheel==0.40
RUN --mount=type=cache,target=/root ["pip", "install", "exec-form==1"]
RUN ["sh", "-c", "pip install inner==2"]
RUN <<EOF
set -e
pip install here==3
EOF
RUN pip install -r /tmp/requirements.txt -r /app/base.txt -r gone.txt
RUN echo pip install no && echo "pip install no" && pip list | grep x
RUN bash -lc "pip3.11 install nested==4" && uv pip install --system uvd==1 && pip install $UNKNOWN 'q==1'
RUN pip install . -e git+https://h/x.git#egg=x https://h/y-1.0.tar.gz
ONBUILD RUN pip install onbuild
RUN if true; then sudo -H pip install -t /x cond; fi; X=$(pip install sub==1) && pip install redirect>=2 2>&1
RUN conda install -y -c conda-forge numpy=1.20 && pipx run --spec=tool==1 tool && pip uninstall -y gone
CMD ["pip", "install", "never"]
"#,
                ),
                (
                    "reqs/prod.txt",
                    "prod==1
",
                ),
                (
                    "docker/base.txt",
                    "base==1
",
                ),
            ],
            r#":6 `"django==${DJANGO}"` django = 4.2.1
:8 `'requests[socks]>=2'` requests[socks] >=2
:10 `pip` pip any
:10 `wheel==0.40` wheel = 0.40
:11 `exec-form==1` exec-form = 1
:12 `inner==2` inner = 2
:15 `here==3` here = 3
reqs/prod.txt:1 `prod==1` prod = 1 by(docker/Dockerfile)
docker/base.txt:1 `base==1` base = 1 by(docker/Dockerfile)
:19 `nested==4` nested = 4
:19 `uvd==1` uvd = 1
:19 `'q==1'` q = 1
:20 `git+https://h/x.git#egg=x` x unknown vcs git+https://h/x.git#egg=x
:20 `https://h/y-1.0.tar.gz` y = 1.0 url https://h/y-1.0.tar.gz
:21 `onbuild` onbuild any
:22 `cond` cond any
:22 `sub==1` sub = 1
:22 `redirect` redirect any
:23 `numpy=1.20` numpy ==1.20.* conda ?
:23 `--spec=tool==1` tool = 1
! 17: unreadable: `gone.txt`: no such file
! 19: configuration: what `$UNKNOWN` stands for is not known here"#,
        );
    }
}

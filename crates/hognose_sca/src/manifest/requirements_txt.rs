//! `requirements.txt` and its kin, in the grammar that pip gives them.

use std::sync::Arc;

use super::link::Link;
use super::reader::Reader;
use super::requirement::{self, shortened, trimmed};
use super::shell_words::{Word, words};
use super::text::Span;
use crate::{DependencySource, Requirement};

/// Reads a file of requirements.
pub(crate) fn parse(reader: &mut Reader<'_>) {
    parse_part(reader, 0..reader.text.len());
}

/// Reads a part of a file as lines of requirements.
pub(crate) fn parse_part(reader: &mut Reader<'_>, part: Span) {
    for line in logical_lines(reader.text, part) {
        read_line(reader, &line);
    }
}

/// Reads a file of constraints: all of it only restrains versions.
pub(crate) fn parse_constraints(reader: &mut Reader<'_>) {
    reader.constraint = true;
    parse(reader);
}

/// Reads lines that stand in the file in another form, at `span`.
pub(crate) fn parse_line(reader: &mut Reader<'_>, text: &str, span: &Span) {
    for mut line in logical_lines(text, 0..text.len()) {
        line.whole = Some(span.clone());
        read_line(reader, &line);
    }
}

/// Reports what a word of a command installs.
pub(crate) fn push_word(reader: &mut Reader<'_>, text: &str, span: &Span) {
    push(reader, text, span, &[]);
}

/// A line after continuations were joined and the comment taken away.
struct LogicalLine {
    text: String,
    /// Where the pieces of `text` stand in the file: offset in `text`, offset in the file.
    pieces: Vec<(usize, usize)>,
    /// The place of everything in it, if the text is not the file's.
    whole: Option<Span>,
}

impl LogicalLine {
    /// The place in the file of a part of the text.
    fn span(&self, part: &Span) -> Span {
        if let Some(whole) = &self.whole {
            return whole.clone();
        }
        let start = self.place(part.start);
        // The end is one past the last byte, which may stand on an earlier line than what follows it.
        let end = match part.end.checked_sub(1) {
            Some(last) if part.end > part.start => self.place(last) + 1,
            _ => start,
        };
        start..end
    }

    fn place(&self, at: usize) -> usize {
        let after = self.pieces.partition_point(|(start, _)| *start <= at);
        match after.checked_sub(1).map(|piece| self.pieces[piece]) {
            Some((start, place)) => place + (at - start),
            None => at,
        }
    }
}

/// Joins lines that end in a backslash, then cuts comments, as pip does in this order: a comment line ends a
/// continuation, and a backslash at the end of a comment behind a requirement swallows the next line.
fn logical_lines(text: &str, part: Span) -> Vec<LogicalLine> {
    let mut lines = Vec::new();
    let mut open: Option<LogicalLine> = None;
    for (start, line) in physical_lines(text, part) {
        let comment = line.trim_start().starts_with('#');
        let continued = line.ends_with('\\') && !comment;
        let mut logical = open.take().unwrap_or(LogicalLine {
            text: String::new(),
            pieces: Vec::new(),
            whole: None,
        });
        if comment {
            logical.text.push(' ');
        }
        let piece = if continued {
            line.trim_end_matches('\\')
        } else {
            line
        };
        logical.pieces.push((logical.text.len(), start));
        logical.text.push_str(piece);
        if continued {
            open = Some(logical);
        } else {
            lines.push(logical);
        }
    }
    lines.extend(open);
    for line in &mut lines {
        if let Some(at) = comment_start(&line.text) {
            line.text.truncate(at);
        }
    }
    lines
}

/// The lines of a text with their offsets. Python's `splitlines` knows more line ends than `\n`.
fn physical_lines(text: &str, part: Span) -> impl Iterator<Item = (usize, &str)> {
    let ends = |c: char| {
        matches!(
            c,
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'
                ..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}'
        )
    };
    let mut start = part.start;
    text[part].split(ends).map(move |line| {
        let at = start;
        // All ends take at most three bytes; the next line begins behind this one's.
        start += line.len();
        start += text[start..].chars().next().map_or(0, char::len_utf8);
        (at, line)
    })
}

/// Where the comment begins: a `#` at the start or behind white space.
fn comment_start(text: &str) -> Option<usize> {
    text.match_indices('#').map(|(at, _)| at).find(|at| {
        text[..*at]
            .chars()
            .next_back()
            .is_none_or(char::is_whitespace)
    })
}

fn read_line(reader: &mut Reader<'_>, line: &LogicalLine) {
    let whole = trimmed(&line.text, 0..line.text.len());
    if whole.is_empty() {
        return;
    }
    let options = options_start(&line.text, &whole);
    let requirement = trimmed(&line.text, whole.start..options);
    let arguments = words(&line.text, options..whole.end).unwrap_or_else(|message| {
        reader.unreadable(&line.span(&whole), message);
        Vec::new()
    });
    let options = Options::read(reader, line, &arguments);
    if requirement.is_empty() {
        return;
    }
    let text = &line.text[requirement.clone()];
    let span = line.span(&requirement);
    push(reader, text, &span, &options.hashes);
}

/// Where the options of a line begin: at the first word with a hyphen in front.
fn options_start(text: &str, whole: &Span) -> usize {
    let part = &text[whole.clone()];
    let mut before = ' ';
    for (at, c) in part.char_indices() {
        if c == '-' && before.is_whitespace() {
            return whole.start + at;
        }
        before = c;
    }
    whole.end
}

/// Options with a value that have nothing to say about what is installed.
const WITH_VALUE: &[&str] = &[
    "--index-url",
    "--pypi-url",
    "--extra-index-url",
    "--find-links",
    "--no-binary",
    "--only-binary",
    "--trusted-host",
    "--use-feature",
    "--global-option",
    "--install-option",
    "--config-settings",
    "--config-setting",
    "--uploaded-prior-to",
    "--exclude-newer",
];

/// Options without a value.
const FLAGS: &[&str] = &[
    "--no-index",
    "--prefer-binary",
    "--require-hashes",
    "--pre",
    "--always-unzip",
    "--no-use-wheel",
    "--use-wheel",
    "--process-dependency-links",
    "--allow-all-external",
];

/// The options of a line. Files and editables among them are read at once.
#[derive(Default)]
struct Options {
    hashes: Vec<Arc<str>>,
}

impl Options {
    fn read(reader: &mut Reader<'_>, line: &LogicalLine, words: &[Word]) -> Self {
        let mut options = Options::default();
        let mut rest = words.iter();
        while let Some(word) = rest.next() {
            let span = line.span(&word.span);
            let Some((name, attached)) = option_name(&word.text) else {
                let message = format!("unknown option `{}`", shortened(&word.text));
                reader.unreadable(&span, message);
                continue;
            };
            if FLAGS.contains(&name) {
                continue;
            }
            let value = match attached {
                Some(value) => (value.to_owned(), span.clone()),
                None => match rest.next() {
                    Some(value) => (value.text.clone(), line.span(&value.span)),
                    None => {
                        reader.unreadable(&span, format!("`{name}` needs a value"));
                        continue;
                    }
                },
            };
            options.apply(reader, name, &value.0, &value.1);
        }
        options
    }

    fn apply(&mut self, reader: &mut Reader<'_>, name: &str, value: &str, span: &Span) {
        match name {
            "--hash" => self.hashes.push(value.into()),
            "--requirement" | "--constraint" => {
                if has_variable(value) {
                    let message = format!("`{value}` depends on the environment");
                    return reader.unreadable(span, message);
                }
                reader.include(span, value, name == "--constraint", parse);
            }
            "--editable" => push(reader, value, span, &[]),
            _ => {}
        }
    }
}

/// The full name of an option, and a value in the same word. Long ones may be cut short, as `optparse` allows.
fn option_name(word: &str) -> Option<(&'static str, Option<&str>)> {
    if let Some(long) = word.strip_prefix("--") {
        let (name, value) = match long.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (long, None),
        };
        let all = || {
            ["--requirement", "--constraint", "--editable", "--hash"]
                .iter()
                .chain(WITH_VALUE)
                .chain(FLAGS)
        };
        let exact = all().find(|option| option[2..] == *name);
        let found = exact.or_else(|| {
            let mut starts = all().filter(|option| option[2..].starts_with(name));
            starts.next().filter(|_| starts.next().is_none())
        })?;
        return Some((*found, value));
    }
    let name = match word.strip_prefix('-')?.as_bytes().first()? {
        b'r' => "--requirement",
        b'c' => "--constraint",
        b'e' => "--editable",
        b'i' => "--index-url",
        b'f' => "--find-links",
        b'C' => "--config-settings",
        _ => return None,
    };
    let value = &word[2..];
    Some((name, (!value.is_empty()).then_some(value)))
}

/// Whether pip would put an environment variable there.
fn has_variable(text: &str) -> bool {
    text.match_indices("${").any(|(at, _)| {
        let rest = &text.as_bytes()[at + 2..];
        let name = rest.iter().take_while(|byte| {
            byte.is_ascii_uppercase() || byte.is_ascii_digit() || **byte == b'_'
        });
        let length = name.count();
        length > 0 && rest.get(length) == Some(&b'}')
    })
}

/// Reports what one requirement, address or path installs, as `pip install` takes it.
pub(crate) fn push(reader: &mut Reader<'_>, text: &str, span: &Span, hashes: &[Arc<str>]) {
    if Link::is_one(text) {
        return push_link(reader, text, span, hashes);
    }
    let parsed = match requirement::parse(text) {
        Ok(parsed) => parsed,
        Err(message) => return reader.unreadable(span, message),
    };
    let mut dependency = reader.dependency(&parsed.name, parsed.requirement, span);
    dependency.extras = parsed.extras;
    dependency.source = parsed.source;
    dependency.marker = parsed.marker;
    dependency.hashes = parsed.hashes;
    dependency.hashes.extend(hashes.iter().cloned());
    if has_variable(text) && dependency.source == DependencySource::Index(None) {
        dependency.requirement = Requirement::Unknown;
        reader.unreadable(span, "the version depends on the environment");
    } else if let Some(fault) = parsed.fault {
        reader.unreadable(span, fault);
    }
    reader.push(dependency);
}

/// Reports a requirement whose end depends on running something. Without an operator the name itself may go on there.
pub(crate) fn push_open(reader: &mut Reader<'_>, text: &str, span: &Span, message: String) {
    let name = text.split(['<', '>', '=', '!', '~', ';', ' ']).next();
    let name = name.filter(|name| name.len() < text.len());
    if let Some(Ok(parsed)) = name.map(requirement::parse) {
        let mut dependency = reader.dependency(&parsed.name, Requirement::Unknown, span);
        dependency.extras = parsed.extras;
        reader.push(dependency);
    }
    reader.unreadable(span, message);
}

/// An address or a path, with extras and a marker behind it.
fn push_link(reader: &mut Reader<'_>, text: &str, span: &Span, hashes: &[Arc<str>]) {
    let (address, marker) = match text.split_once("; ").or_else(|| text.split_once(" ;")) {
        Some((address, marker)) => (address.trim(), marker.trim()),
        None => (text, ""),
    };
    // `./folder[extra]`: brackets of a fragment belong to the link.
    let (address, extras) = match address.strip_suffix(']').and_then(|a| a.rsplit_once('[')) {
        Some((address, extras)) if !address.contains('#') => {
            (address.trim(), requirement::read_extras(extras))
        }
        _ => (address, Vec::new()),
    };
    let link = Link::parse(address);
    let Some(name) = link.name() else {
        let shown = shortened(&super::link::without_password(address));
        if !link.is_folder() {
            reader.unreadable(
                span,
                format!("`{shown}` does not say which distribution it is"),
            );
        } else if !is_project_itself(address) {
            reader.unreadable(
                span,
                format!("what the folder `{shown}` installs is not looked up"),
            );
        }
        return;
    };
    let mut dependency = reader.dependency(&name, link.requirement(), span);
    dependency.extras = requirement::sorted([extras, link.extras()].concat());
    dependency.source = link.source();
    dependency.marker = marker.into();
    dependency.hashes = link.hashes();
    dependency.hashes.extend(hashes.iter().cloned());
    if let Err(message) = check_marker(marker) {
        reader.unreadable(span, message);
    }
    reader.push(dependency);
}

fn check_marker(marker: &str) -> Result<(), String> {
    if marker.is_empty() {
        return Ok(());
    }
    super::marker::check(marker)
}

/// Whether a path is that of the project itself, whose own manifest is read anyway.
pub(crate) fn is_project_itself(path: &str) -> bool {
    let path = path.strip_prefix("file:").unwrap_or(path);
    path.chars().all(|c| c == '.' || c == '/' || c == '\\')
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn requirements_in_every_spelling() {
        check(
            "requirements.txt",
            &[(
                "r.txt",
                "# head\nDjango==4.2.1  # why\r\nrequests[socks, Security]>=2,<3 ; python_version<'3.9'\n\
                 \tx.y\t==1\t--hash=sha256:aa \\\n    --hash sha256:bb\n\
                 a>=1,\\\n<2\nz===1-weird\n\
                 b @ https://u:p@h/b-1.0.tar.gz#sha256=cc ; os_name=='nt'\n\
                 https://h/c_d-2.0-py3-none-any.whl#sha256=dd\n./wheels/e-3.0-py3-none-any.whl\nf-4.0.zip\n\
                 -e git+https://h/g.git@main#egg=g[x]&subdirectory=s\n--editable=git+ssh://git@h/i@v1#egg=i\n\
                 -e .\n.[dev]\n-i https://h/simple --extra-index-url https://h2/simple\n--pre\n\
                 j ; python_version < '3' # c\nk==1#no-comment\n",
            )],
            "
            :2 `Django==4.2.1` django = 4.2.1
            :3 `requests[socks, Security]>=2,<3 ; python_version<'3.9'` requests[security,socks] >=2,<3 ;python_version<'3.9'
            :4 `x.y\t==1` x-y = 1 hashes(sha256:aa sha256:bb)
            :6 `a>=1,\\⏎<2` a >=1,<2
            :8 `z===1-weird` z = 1-weird
            :9 `b @ https://u:p@h/b-1.0.tar.gz#sha256=cc ; os_name=='nt'` b = 1.0 url https://u:****@h/b-1.0.tar.gz#sha256=cc hashes(sha256:cc) ;os_name=='nt'
            :10 `https://h/c_d-2.0-py3-none-any.whl#sha256=dd` c-d = 2.0 url https://h/c_d-2.0-py3-none-any.whl#sha256=dd hashes(sha256:dd)
            :11 `./wheels/e-3.0-py3-none-any.whl` e = 3.0 path ./wheels/e-3.0-py3-none-any.whl
            :12 `f-4.0.zip` f = 4.0 path f-4.0.zip
            :13 `git+https://h/g.git@main#egg=g[x]&subdirectory=s` g[x] unknown vcs git+https://h/g.git@main#egg=g[x]&subdirectory=s
            :14 `--editable=git+ssh://git@h/i@v1#egg=i` i unknown vcs git+ssh://git@h/i@v1#egg=i
            :19 `j ; python_version < '3'` j any ;python_version < '3'
            :20 `k==1#no-comment` k unknown
            ! 20: configuration: `==1#no-comment` is no version specifier
            ",
        );
    }

    #[test]
    fn nested_files_are_read_where_they_stand() {
        check(
            "requirements.txt",
            &[
                (
                    "a/r.txt",
                    "-r base.txt\n-c ../c.txt\n-r gone.txt\n--requirement=sub/s.txt\nz\n-r base.txt\n-r https://h/r.txt\n",
                ),
                ("a/base.txt", "b==1\n-r r.txt\n"),
                ("c.txt", "b<2\n-r a/base.txt\n"),
                ("a/sub/s.txt", "-rt.txt\n"),
                ("a/sub/t.txt", "t\n-r s.txt\n"),
            ],
            "
            a/base.txt:1 `b==1` b = 1 by(a/r.txt)
            c.txt:1 `b<2` b <2 by(a/r.txt) constraint
            a/base.txt:1 `b==1` b = 1 by(a/r.txt c.txt) constraint
            a/sub/t.txt:1 `t` t any by(a/r.txt a/sub/s.txt)
            :5 `z` z any
            ! 2: configuration: `r.txt` leads back to itself
            ! 2: configuration: `r.txt` leads back to itself
            ! 3: unreadable: `gone.txt`: no such file
            ! 2: configuration: `s.txt` leads back to itself
            ! 7: unreadable: `https://h/r.txt` is not fetched
            ",
        );
    }

    #[test]
    fn what_cannot_be_read_is_a_problem() {
        check(
            "requirements.txt",
            &[(
                "r.txt",
                "a==${A_VERSION}\n-r ${DIR}/x.txt\n--colour red\n-r\ngit+https://h/x.git\n../lib\n==1\n\
                 b --hash='x\n-e ./pkg[extra]\nc @ https://${USER}:${TOKEN}@h/c-1.0.tar.gz\nd>=1 # tail \\\ne\n\
                 f \\\n# comment\ng\n",
            )],
            "
            :1 `a==${A_VERSION}` a unknown
            :8 `b` b any
            :10 `c @ https://${USER}:${TOKEN}@h/c-1.0.tar.gz` c = 1.0 url https://${USER}:****@h/c-1.0.tar.gz
            :11 `d>=1` d >=1
            :13 `f` f any
            :15 `g` g any
            ! 1: configuration: the version depends on the environment
            ! 2: configuration: `${DIR}/x.txt` depends on the environment
            ! 3: configuration: unknown option `--colour`
            ! 3: configuration: unknown option `red`
            ! 4: configuration: `--requirement` needs a value
            ! 5: configuration: `git+https://h/x.git` does not say which distribution it is
            ! 6: configuration: what the folder `../lib` installs is not looked up
            ! 7: configuration: `==1` is no requirement
            ! 8: configuration: a quote is not closed
            ! 9: configuration: what the folder `./pkg` installs is not looked up
            ",
        );
    }

    #[test]
    fn a_file_of_constraints() {
        check(
            "constraints.txt",
            &[("c.txt", "a==1\n")],
            ":1 `a==1` a = 1 constraint",
        );
    }
}

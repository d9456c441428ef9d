//! One file: parsed, lowered, and its tree dropped.

use std::sync::Arc;

use hognose_finding::{Problem, ProblemKind};
use memchr::memmem;
use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{ModModule, PythonVersion};
use ruff_python_parser::{Mode, ParseOptions, Parsed, parse_unchecked};
use ruff_text_size::Ranged;

use crate::depth;
use crate::intern::Interner;
use crate::ir::{Ir, Span};
use crate::lower;
use crate::notebook::{Notebook, read_notebook};
use crate::text::{LineIndex, count_lines, decode};

/// A Python file as facts.
#[derive(Debug)]
pub struct Module {
    /// As shown to the user.
    pub path: Arc<str>,
    /// Dotted name by which the project imports it: `shop.views`. Empty for a script that cannot be imported.
    pub name: String,
    /// An `__init__` file.
    pub is_package: bool,
    /// A model stub, not code of the project.
    pub is_model: bool,
    /// A file in another language, read as the program that it amounts to.
    pub is_derived: bool,
    /// What it does.
    pub ir: Ir,
    /// Comments that may be suppressions.
    pub comments: Vec<Comment>,
    /// Physical lines.
    pub lines: u32,
    /// Hash of the bytes, to notice a file that changes while it is analysed.
    pub hash: u64,
    /// For a notebook, where its cells begin.
    pub cells: Option<Box<[(u32, u32)]>>,
}

/// A comment that may be a suppression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// The comment.
    pub range: hognose_finding::Range,
    /// First and last line of the logical line it belongs to; see [`hognose_finding::Directive::lines`].
    pub lines: (u32, u32),
    /// With the leading `#`.
    pub text: String,
}

/// Hash of a file's bytes.
pub fn content_hash(bytes: &[u8]) -> u64 {
    use std::hash::{BuildHasher, Hasher};
    let mut hasher = rustc_hash::FxBuildHasher.build_hasher();
    hasher.write(bytes);
    hasher.finish()
}

/// The text that is analysed, for a file's bytes: decoded, and for a notebook its code cells. Nothing for a notebook
/// that is none, or is not Python.
pub fn source_text<'a>(path: &str, bytes: &'a [u8]) -> Option<std::borrow::Cow<'a, str>> {
    if is_notebook(path) {
        return read_notebook(bytes)
            .ok()
            .flatten()
            .map(|notebook| notebook.text.into());
    }
    Some(decode(bytes).text)
}

fn is_notebook(path: &str) -> bool {
    path.as_bytes()
        .last_chunk::<6>()
        .is_some_and(|end| end.eq_ignore_ascii_case(b".ipynb"))
}

/// Memory that [`read_module`] uses again for the next file; one [`Interner`]'s, never to be used with another.
#[derive(Default)]
pub struct Scratch(lower::Scratch);

/// Reads a file. Gives nothing where there is no Python to look at, with the problems that say why.
pub fn read_module(
    path: &Arc<str>,
    bytes: &[u8],
    name: String,
    is_package: bool,
    interner: &Interner,
    scratch: &mut Scratch,
) -> (Option<Module>, Vec<Problem>) {
    let mut problems = Vec::new();
    let hash = content_hash(bytes);
    let (text, cells) = if is_notebook(path) {
        match read_notebook(bytes) {
            Ok(Some(Notebook { text, cells })) => (text.into(), Some(cells.into_boxed_slice())),
            Ok(None) => return (None, problems),
            Err(error) => {
                problems.push(Problem::in_file(ProblemKind::Notebook, path.clone(), error));
                return (None, problems);
            }
        }
    } else {
        let decoded = decode(bytes);
        if let Some(message) = decoded.problem {
            problems.push(Problem::in_file(
                ProblemKind::Encoding,
                path.clone(),
                message,
            ));
        }
        (decoded.text, None)
    };
    if cells.is_none() && memchr::memchr(0, text.as_bytes()).is_some() {
        let message = "contains NUL bytes; Python cannot read this file";
        problems.push(Problem::in_file(
            ProblemKind::Encoding,
            path.clone(),
            message,
        ));
        return (None, problems);
    }
    if let Err(message) = depth::check(&text) {
        problems.push(Problem::in_file(
            ProblemKind::TooDeep,
            path.clone(),
            message,
        ));
        return (None, problems);
    }
    let mode = if cells.is_some() {
        Mode::Ipython
    } else {
        Mode::Module
    };
    let options = ParseOptions::from(mode).with_target_version(PythonVersion::latest());
    let Some(parsed) = parse_unchecked(&text, options).try_into_module() else {
        return (None, problems);
    };
    if !parsed.errors().is_empty() {
        problems.push(syntax_problem(path, &text, &parsed));
    }
    let comments = suppression_comments(&text, &parsed);
    let lowered = lower::lower_module(
        &parsed.syntax().body,
        text.len() as u32,
        interner,
        &mut scratch.0,
    );
    if let Some(span) = lowered.too_deep {
        let range = LineIndex::new(&text).range(span);
        let message = format!(
            "nested deeper than {} levels; not analysed below that",
            lower::MAX_DEPTH
        );
        problems.push(Problem::in_file(ProblemKind::TooDeep, path.clone(), message).at(range));
    }
    depth::drop_deep(
        parsed,
        lowered.too_deep.is_some() || lowered.has_long_chain,
        text.len(),
    );
    let lines = count_lines(&text);
    let module = Module {
        path: path.clone(),
        name,
        is_package,
        is_model: false,
        is_derived: false,
        ir: lowered.ir,
        comments,
        lines,
        hash,
        cells,
    };
    (Some(module), problems)
}

fn syntax_problem(path: &Arc<str>, text: &str, parsed: &Parsed<ModModule>) -> Problem {
    let errors = parsed.errors();
    let first = &errors[0];
    let location = first.location;
    let range = LineIndex::new(text).range(Span {
        start: location.start().to_u32(),
        end: location.end().to_u32(),
    });
    let mut message = first.error.to_string();
    if let Some(initial) = message.chars().next() {
        message.replace_range(..initial.len_utf8(), &initial.to_lowercase().to_string());
    }
    if errors.len() > 1 {
        message = format!("{message} (and {} more)", errors.len() - 1);
    }
    let kind = if looks_like_python2(text) {
        ProblemKind::Python2
    } else {
        ProblemKind::SyntaxError
    };
    Problem::in_file(kind, path.clone(), message).at(range)
}

/// Whether a text that does not parse has statements that only Python 2 knows.
fn looks_like_python2(text: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim_start();
        if let Some(rest) = line.strip_prefix("print ") {
            let rest = rest.trim_start();
            return rest.starts_with(['"', '\'', '>', '%'])
                || rest.starts_with(|c: char| c.is_alphabetic() || c == '_')
                    && !rest.contains(" = ");
        }
        if let Some(rest) = line.strip_prefix("except ") {
            return rest.contains(", ")
                && !rest.trim_start().starts_with('(')
                && rest.trim_end().ends_with(':');
        }
        line.strip_prefix("raise ").is_some_and(|rest| {
            rest.split_once(", ")
                .is_some_and(|(class, _)| class.chars().all(|c| c.is_alphanumeric() || c == '.'))
        }) || line.starts_with("exec \"")
    })
}

/// Comments with one of the words that suppressions have.
fn suppression_comments(text: &str, parsed: &Parsed<ModModule>) -> Vec<Comment> {
    let bytes = text.as_bytes();
    let any = ["nosec", "noqa", "NOQA", "hognose:"]
        .iter()
        .any(|word| memmem::find(bytes, word.as_bytes()).is_some());
    if !any {
        return Vec::new();
    }
    let index = LineIndex::new(text);
    let mut comments = Vec::new();
    // Start of the current logical line's first token; none between logical lines.
    let mut logical: Option<u32> = None;
    // Comments that wait for the end of their logical line, with whether they stand alone before it.
    let mut waiting: Vec<(usize, bool)> = Vec::new();
    for token in parsed.tokens() {
        match token.kind() {
            TokenKind::Comment => {
                let span = Span {
                    start: token.start().to_u32(),
                    end: token.end().to_u32(),
                };
                let comment = &text[span.start as usize..span.end as usize];
                let lower = comment.to_ascii_lowercase();
                if ["nosec", "noqa", "hognose:"]
                    .iter()
                    .any(|word| lower.contains(word))
                {
                    let range = index.range(span);
                    let own = range.start.line;
                    comments.push(Comment {
                        range,
                        lines: (own, own),
                        text: comment.to_owned(),
                    });
                    waiting.push((comments.len() - 1, logical.is_none()));
                }
            }
            TokenKind::Newline => {
                let start = index
                    .position(logical.unwrap_or(token.start().to_u32()))
                    .line;
                let end = index.position(token.start().to_u32()).line;
                for (comment, alone) in waiting.drain(..) {
                    let comment = &mut comments[comment];
                    // A comment above a statement speaks for it only directly above, or above other such comments.
                    if !alone || comment.range.start.line < start {
                        comment.lines = (start, end);
                    }
                }
                logical = None;
            }
            TokenKind::NonLogicalNewline
            | TokenKind::Indent
            | TokenKind::Dedent
            | TokenKind::EndOfFile => {}
            _ => {
                logical.get_or_insert(token.start().to_u32());
            }
        }
    }
    comments
}

//! Comments that may be suppressions, and the lines they speak for.

use super::TemplateComment;

/// A comment as it was found.
pub(super) struct Found {
    start: usize,
    end: usize,
    text: String,
}

/// The delimiters that a comment's text is given, so that one reader understands all of them.
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// `{# … #}`, and `{% comment %} … {% endcomment %}`.
    Template,
    /// `<!-- … -->`
    Html,
    /// `## …`
    Line,
}

/// The comment from `start` to `end` that says `inner`, if it has one of the words of suppressions.
pub(super) fn suppression(start: usize, end: usize, inner: &str, form: Form) -> Option<Found> {
    const WORDS: [&str; 3] = ["hognose:", "nosec", "noqa"];
    let lower = inner.to_ascii_lowercase();
    if !WORDS.iter().any(|word| lower.contains(word)) {
        return None;
    }
    let inner = inner.trim();
    let text = match form {
        Form::Template => format!("{{# {inner} #}}"),
        Form::Html => format!("<!-- {inner} -->"),
        Form::Line => format!("## {inner}"),
    };
    Some(Found { start, end, text })
}

/// Gives each comment the lines it speaks for. `long_tags`: tags that span lines, in order.
pub(super) fn with_lines(
    text: &str,
    mut found: Vec<Found>,
    long_tags: &[(usize, usize)],
) -> Vec<TemplateComment> {
    if found.is_empty() {
        return Vec::new();
    }
    found.sort_by_key(|comment| comment.start);
    let starts = line_starts(text.as_bytes());
    let line = |offset: usize| starts.partition_point(|&start| start <= offset) as u32;
    let mut out: Vec<TemplateComment> = Vec::with_capacity(found.len());
    // The comment below that stands alone: first line, and the lines it speaks for. One above speaks for the same.
    let mut below: Option<(u32, (u32, u32))> = None;
    for comment in found.into_iter().rev() {
        let own = (line(comment.start), line(comment.end));
        let alone = blank_before(text, comment.start) && blank_after(text, comment.end);
        let lines = if alone {
            let lines = match (next_line(text, comment.end).map(line), below) {
                (Some(next), Some((first, lines))) if next == first => lines,
                (Some(next), _) => (next, next),
                (None, _) => own,
            };
            below = Some((own.0, lines));
            lines
        } else {
            // A tag is reported where it begins, and the comment stands where it ends.
            let before = long_tags.partition_point(|&(_, end)| end <= comment.start);
            let tag = before.checked_sub(1).map(|last| long_tags[last]);
            match tag {
                Some((start, end)) if line(end) == own.0 => (line(start), own.1),
                _ => own,
            }
        };
        out.push(TemplateComment {
            span: (comment.start as u32, comment.end as u32),
            lines,
            text: comment.text,
        });
    }
    out.reverse();
    out
}

/// Where lines begin; `\n`, `\r\n` and `\r` end them, as everywhere in the project. (Its index also counts columns,
/// which takes too long for thousands of comments on one line.)
fn line_starts(bytes: &[u8]) -> Vec<usize> {
    let ends = bytes.iter().enumerate().filter(|&(at, &byte)| {
        byte == b'\n' || (byte == b'\r' && bytes.get(at + 1) != Some(&b'\n'))
    });
    std::iter::once(0)
        .chain(ends.map(|(at, _)| at + 1))
        .collect()
}

fn is_break(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

fn blank_before(text: &str, at: usize) -> bool {
    text.as_bytes()[..at]
        .iter()
        .rev()
        .take_while(|&&byte| !is_break(byte))
        .all(u8::is_ascii_whitespace)
}

fn blank_after(text: &str, at: usize) -> bool {
    text.as_bytes()[at..]
        .iter()
        .take_while(|&&byte| !is_break(byte))
        .all(u8::is_ascii_whitespace)
}

/// The first byte after `at` that is not blank; what is left of the line at `at` must be blank.
fn next_line(text: &str, at: usize) -> Option<usize> {
    let blank = text.as_bytes()[at..]
        .iter()
        .take_while(|byte| byte.is_ascii_whitespace())
        .count();
    (at + blank < text.len()).then_some(at + blank)
}

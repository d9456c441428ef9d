//! Source text: excerpts with the range marked, and what a fix changes.

use std::fmt::Write as _;
use std::ops::Range;

use hognose_finding::{CodeLocation, Edit};

use super::super::anchored::Anchored;
use super::super::text::byte_of;
use super::markup::escaped;

/// Lines that are shown whole; of more, the ends.
const WHOLE: usize = 14;
/// Characters of a line shown on either side of where its mark begins.
const NEARBY: usize = 200;

/// The excerpt of a place, its range marked, with `around` lines of context at most. Nothing if there is no text.
pub(super) fn excerpt(out: &mut String, code: &CodeLocation, around: u32) {
    let first = code.excerpt.first_line;
    let (start, end) = (code.range.start, code.range.end);
    if first == 0 || start.line < first {
        return;
    }
    let wanted = start.line.saturating_sub(around)..=end.line.saturating_add(around);
    let mut lines: Vec<(u32, &str)> = (first..)
        .zip(code.excerpt.text.split('\n'))
        .filter(|(line, _)| wanted.contains(line))
        .collect();
    let blank = |&(line, text): &(u32, &str)| {
        text.trim().is_empty() && !(start.line..=end.line).contains(&line)
    };
    while lines.last().is_some_and(blank) {
        lines.pop();
    }
    lines.drain(..lines.iter().take_while(|line| blank(line)).count());
    let indentation = indentation(lines.iter().map(|(_, text)| *text));
    let folded = fold(lines.len());
    open(out, is_python(&code.path));
    for (index, &(line, text)) in lines.iter().enumerate() {
        if folded.contains(&index) {
            if index == folded.start {
                let _ = write!(
                    out,
                    "<span class=\"l fold\">⋯ {} more lines</span>",
                    folded.len()
                );
            }
            continue;
        }
        // A line that says nothing may have less of it.
        let indentation = indentation.min(indented(text));
        let marked = (start.line..=end.line).contains(&line).then(|| {
            let from = if line == start.line {
                byte_of(text, start)
            } else {
                indented(text)
            };
            let from = from.max(indentation);
            let to = if line == end.line {
                byte_of(text, end)
            } else {
                text.trim_end().len()
            };
            from..to.max(from)
        });
        match shown_line(code, line) {
            Some(number) => {
                let _ = write!(out, "<span class=\"l\" data-n=\"{number}\">");
            }
            None => out.push_str("<span class=\"l\" data-n=\"·\">"),
        }
        marked_line(out, text, indentation, marked);
        out.push_str("</span>");
    }
    close(out);
}

/// The number people read: in a notebook, that of the line in its cell, if it is in the same one.
fn shown_line(code: &CodeLocation, line: u32) -> Option<u32> {
    match code.cell {
        None => Some(line),
        Some((_, in_cell)) => (line + in_cell)
            .checked_sub(code.range.start.line)
            .filter(|&number| number > 0),
    }
}

/// Which of so many lines are not shown.
fn fold(lines: usize) -> Range<usize> {
    if lines <= WHOLE {
        return lines..lines;
    }
    WHOLE / 2..lines - WHOLE / 2
}

/// How much all lines that say something begin with.
fn indentation<'a>(lines: impl Iterator<Item = &'a str>) -> usize {
    lines
        .filter(|line| !line.trim().is_empty())
        .map(indented)
        .min()
        .unwrap_or(0)
}

/// How many spaces and tabs a line begins with.
fn indented(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

/// A line without its first `indentation` bytes, the marked ones of the whole line marked.
fn marked_line(out: &mut String, text: &str, indentation: usize, marked: Option<Range<usize>>) {
    let middle = marked.as_ref().map_or(0, |marked| marked.start);
    let mut window = near(text, middle);
    if window.start > indentation {
        out.push('…');
    } else {
        window = indentation..window.end.max(indentation);
    }
    match marked {
        Some(marked) => {
            let to = marked.end.min(window.end);
            out.push_str(&escaped(&text[window.start..marked.start]));
            out.push_str("<mark>");
            out.push_str(&escaped(&text[marked.start..to]));
            out.push_str("</mark>");
            out.push_str(&escaped(&text[to..window.end]));
        }
        None => out.push_str(&escaped(&text[window.clone()])),
    }
    if window.end < text.len() {
        out.push('…');
    }
}

/// The bytes of a line that are shown: all, or those near `middle` if it is very long.
fn near(line: &str, middle: usize) -> Range<usize> {
    if line.len() <= 2 * NEARBY {
        return 0..line.len();
    }
    let from = line[..middle]
        .char_indices()
        .rev()
        .nth(NEARBY - 1)
        .map_or(0, |(byte, _)| byte);
    let to = line[middle..]
        .char_indices()
        .nth(NEARBY)
        .map_or(line.len(), |(more, _)| middle + more);
    from..to
}

/// The lines that edits change, before and after, with what goes and what comes marked. Nothing if the excerpt does
/// not have all of them.
pub(super) fn change(out: &mut String, code: &CodeLocation, edits: &[Edit]) {
    let Some(lines) = Anchored::of(code).and_then(|anchored| changed(&anchored, edits)) else {
        return;
    };
    open(out, is_python(&code.path));
    for (class, element, pieces) in [("del", "del", &lines.old), ("ins", "ins", &lines.new)] {
        // A piece may end a line, so lines are made of pieces and not the other way round.
        let mut rows: Vec<Vec<(bool, &str)>> = vec![Vec::new()];
        for (touched, piece) in pieces {
            for (index, part) in piece.split('\n').enumerate() {
                if index > 0 {
                    rows.push(Vec::new());
                }
                if let Some(row) = rows.last_mut().filter(|_| !part.is_empty()) {
                    row.push((*touched, part));
                }
            }
        }
        for row in rows.iter().filter(|row| !row.is_empty()) {
            let _ = write!(out, "<span class=\"l {class}\">");
            for &(touched, part) in row {
                let part = escaped(&part[near(part, 0)]);
                if touched {
                    let _ = write!(out, "<{element}>{part}</{element}>");
                } else {
                    out.push_str(&part);
                }
            }
            out.push_str("</span>");
        }
    }
    close(out);
}

/// Lines in pieces, each with whether an edit touches it.
struct Changed<'a> {
    old: Vec<(bool, &'a str)>,
    new: Vec<(bool, &'a str)>,
}

fn changed<'a>(anchored: &Anchored<'a>, edits: &'a [Edit]) -> Option<Changed<'a>> {
    let text = anchored.text;
    let first = anchored.byte(edits.first()?.start)?;
    let last = anchored.byte(edits.last()?.end)?;
    let mut at = text[..first].rfind('\n').map_or(0, |newline| newline + 1);
    let to = text[last..]
        .find('\n')
        .map_or(text.len(), |more| last + more);
    let (mut old, mut new) = (Vec::new(), Vec::new());
    for edit in edits {
        let (start, end) = (anchored.byte(edit.start)?, anchored.byte(edit.end)?);
        let kept = text.get(at..start)?;
        old.extend([(false, kept), (true, text.get(start..end)?)]);
        new.extend([(false, kept), (true, &*edit.text)]);
        at = end;
    }
    let kept = text.get(at..to)?;
    old.push((false, kept));
    new.push((false, kept));
    Some(Changed { old, new })
}

/// Begins a block of code; `python` lets the script colour it.
pub(super) fn open(out: &mut String, python: bool) {
    let class = if python { "code py" } else { "code" };
    let _ = write!(out, "<pre class=\"{class}\"><code>");
}

pub(super) fn close(out: &mut String) {
    out.push_str("</code></pre>\n");
}

fn is_python(path: &str) -> bool {
    let extension = path.rsplit('.').next().unwrap_or_default();
    matches!(extension, "py" | "pyi" | "pyw" | "ipynb")
}

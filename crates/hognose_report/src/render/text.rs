//! What the formats for people share: colours, links, and text that cannot play tricks on a terminal.

use std::borrow::Cow;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Effects, Style};
use hognose_finding::{CodeLocation, Position, ProblemLevel, Severity};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::Options;

pub(super) const DIM: Style = Style::new().effects(Effects::DIMMED);
pub(super) const STRONG: Style = Style::new().effects(Effects::BOLD);
pub(super) const ADDED: Style = AnsiColor::Green.on_default();
pub(super) const REMOVED: Style = AnsiColor::Red.on_default();
pub(super) const STEP: Style = AnsiColor::Cyan.on_default();
pub(super) const HINT: Style = AnsiColor::Cyan.on_default().effects(Effects::BOLD);

/// The colour of a severity.
pub(super) const fn severity_style(severity: Severity) -> Style {
    match severity {
        Severity::Critical => AnsiColor::Magenta.on_default().effects(Effects::BOLD),
        Severity::High => AnsiColor::Red.on_default().effects(Effects::BOLD),
        Severity::Medium => AnsiColor::Yellow.on_default().effects(Effects::BOLD),
        Severity::Low => AnsiColor::Blue.on_default().effects(Effects::BOLD),
    }
}

/// The colour of a problem.
pub(super) const fn problem_style(level: ProblemLevel) -> Style {
    match level {
        ProblemLevel::Error => AnsiColor::Red.on_default().effects(Effects::BOLD),
        ProblemLevel::Warning => AnsiColor::Yellow.on_default().effects(Effects::BOLD),
        ProblemLevel::Note => STRONG,
    }
}

impl Options {
    /// `text` in `style`, if colours are wanted.
    pub(super) fn paint(&self, style: Style, text: &str) -> String {
        if self.color && !text.is_empty() {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    /// One-line `text` with its parts in backquotes emphasised.
    pub(super) fn tint(&self, text: &str) -> String {
        if !self.color || text.matches('`').count() % 2 == 1 {
            return text.to_owned();
        }
        let mut out = String::new();
        for (index, part) in text.split('`').enumerate() {
            if index % 2 == 1 {
                let _ = write!(out, "{STRONG}`{part}`{STRONG:#}");
            } else {
                out.push_str(part);
            }
        }
        out
    }

    /// `shown` as a link to the file `path`, if links are wanted.
    pub(super) fn link(&self, path: &str, shown: &str) -> String {
        let Some(base) = &self.links else {
            return shown.to_owned();
        };
        let (base, path) = if path.starts_with('/') {
            ("file://", path)
        } else {
            (base.as_str(), path)
        };
        format!(
            "\x1b]8;;{base}{}\x1b\\{shown}\x1b]8;;\x1b\\",
            percent_encoded(path)
        )
    }
}

/// `path:line:column`, or what stands for it in a notebook: `path:cell 3:line:column`.
pub(super) fn place(code: &CodeLocation) -> String {
    let start = code.range.start;
    match code.cell {
        Some((cell, line)) => format!(
            "{}:cell {cell}:{line}:{}",
            visible(&code.path),
            start.column
        ),
        None => format!("{}:{}:{}", visible(&code.path), start.line, start.column),
    }
}

/// `text` on one line, with nothing in it that a terminal obeys: control characters and those that turn the direction
/// of writing are spelled out, since a file's name or a string in a stranger's source may hold them.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_sly) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for char in text.chars() {
        match char {
            '\t' => out.push_str("    "),
            char if is_sly(char) => out.extend(char.escape_default()),
            char => out.push(char),
        }
    }
    Cow::Owned(out)
}

fn is_sly(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Columns that `text` takes in a terminal.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// `text` broken at spaces into lines of at most `width` columns; a longer word gets a line of its own.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut used = 0;
    for word in text.split_whitespace() {
        let long = word.width();
        match lines.last_mut() {
            Some(line) if used + 1 + long <= width => {
                line.push(' ');
                line.push_str(word);
                used += 1 + long;
            }
            _ => {
                lines.push(word.to_owned());
                used = long;
            }
        }
    }
    lines
}

/// One source line as shown, and the columns in it that a range covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) text: String,
    /// Columns from 0, the end not included, never empty.
    pub(super) marked: (usize, usize),
}

/// The first line that the range of `code` touches, without indentation and cut to `width` columns around the range.
/// `None` if the excerpt does not have it.
pub(super) fn first_line(code: &CodeLocation, width: usize) -> Option<Line> {
    let index = code.range.start.line.checked_sub(code.excerpt.first_line)?;
    if code.excerpt.first_line == 0 {
        return None;
    }
    let text = code
        .excerpt
        .text
        .split('\n')
        .nth(index as usize)?
        .trim_end();
    let start = byte_of(text, code.range.start);
    let end = if code.range.end.line == code.range.start.line {
        byte_of(text, code.range.end)
    } else {
        text.len()
    };
    let indentation = text.len() - text.trim_start().len();
    let (text, start, end) = if start >= indentation {
        (
            &text[indentation..],
            start - indentation,
            end.saturating_sub(indentation),
        )
    } else {
        (text, start, end)
    };
    Some(clipped(text, start, end.max(start), width))
}

/// The byte of a one-line `text` at which the column of `position` stands.
pub(super) fn byte_of(text: &str, position: Position) -> usize {
    let skip = position.column.saturating_sub(1) as usize;
    // A line may be very long and have very many findings.
    if text.get(..skip).is_some_and(str::is_ascii) {
        return skip;
    }
    text.char_indices()
        .nth(skip)
        .map_or(text.len(), |(byte, _)| byte)
}

/// A window of at most `width` columns of `text` that has the start of the marked bytes in it.
fn clipped(text: &str, start: usize, end: usize, width: usize) -> Line {
    const ELLIPSIS: &str = "…";
    let width = width.max(20);
    // Characters rather than columns decide where to begin: a line may be a hundred megabytes long.
    let before = text[..start]
        .chars()
        .rev()
        .take(width)
        .map(char::len_utf8)
        .sum::<usize>();
    let marked = text[start..end]
        .chars()
        .take(width)
        .map(char::len_utf8)
        .sum::<usize>();
    let nearby = visible(&text[start - before..start]).into_owned();
    let shown = visible(&text[start..start + marked]).into_owned();
    let after = text[start + marked..]
        .chars()
        .take(width)
        .map(char::len_utf8)
        .sum::<usize>();
    let rest = visible(&text[start + marked..start + marked + after]).into_owned();

    // What is marked comes first, up to two thirds of the width; what stands before it fills the rest.
    let room = width.saturating_sub(shown.width().clamp(width / 3, width * 2 / 3) + 2);
    let mut line = String::new();
    if before == start && nearby.width() <= room {
        line.push_str(&nearby);
    } else {
        line.push_str(ELLIPSIS);
        line.push_str(last_columns(&nearby, room));
    }
    let from = line.width();
    line.push_str(&shown);
    let to = line.width().max(from + 1);
    line.push_str(&rest);
    let cut = line.width() > width || start + marked + after < text.len();
    if cut {
        let mut used = 0;
        let keep = line
            .char_indices()
            .find(|(_, char)| {
                used += char.width().unwrap_or(0);
                used > width - 1
            })
            .map_or(line.len(), |(byte, _)| byte);
        line.truncate(keep);
        line.push_str(ELLIPSIS);
    }
    Line {
        text: line,
        marked: (from, to.min(width.max(from + 1))),
    }
}

fn last_columns(text: &str, columns: usize) -> &str {
    let mut used = 0;
    let from = text
        .char_indices()
        .rev()
        .take_while(|(_, char)| {
            used += char.width().unwrap_or(0);
            used <= columns
        })
        .last()
        .map_or(text.len(), |(byte, _)| byte);
    &text[from..]
}

/// A path as part of a URL: everything but unreserved characters and `/` is encoded.
pub(super) fn percent_encoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{clipped, percent_encoded, visible, wrapped};

    #[test]
    fn a_terminal_is_not_given_orders() {
        assert_eq!(
            visible("a\x1b[31mb\u{202e}c\n"),
            "a\\u{1b}[31mb\\u{202e}c\\n"
        );
        assert_eq!(visible("naïve `日本`"), "naïve `日本`");
    }

    #[test]
    fn a_short_line_is_shown_whole() {
        let line = clipped("eval(text)", 5, 9, 40);
        assert_eq!((line.text.as_str(), line.marked), ("eval(text)", (5, 9)));
    }

    #[test]
    fn an_empty_range_still_has_a_mark() {
        assert_eq!(clipped("", 0, 0, 40).marked, (0, 1));
    }

    #[test]
    fn a_long_line_is_cut_around_what_matters() {
        let text = format!("{}eval(x){}", "a".repeat(500), "b".repeat(500));
        let line = clipped(&text, 500, 507, 30);
        assert_eq!(
            line.text,
            format!("…{}eval(x){}…", "a".repeat(18), "b".repeat(3))
        );
        assert_eq!(line.marked, (19, 26));
    }

    #[test]
    fn a_long_range_is_cut_as_well() {
        let text = "x".repeat(200);
        let line = clipped(&text, 100, 200, 30);
        assert_eq!((line.text.chars().count(), line.marked), (30, (9, 30)));
    }

    #[test]
    fn words_are_wrapped_by_columns() {
        assert_eq!(wrapped("日本 日本 ab", 7), ["日本", "日本 ab"]);
        assert_eq!(wrapped("  ", 7), [""; 0]);
    }

    #[test]
    fn paths_are_encoded_for_urls() {
        assert_eq!(percent_encoded("a b/ü%.py"), "a%20b/%C3%BC%25.py");
    }
}

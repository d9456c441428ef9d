//! Which bytes of the file an excerpt shows.

use hognose_finding::{CodeLocation, Position};

use super::text::byte_of;

/// The whole lines that a range touches, known to stand at `offset` in the file byte for byte.
///
/// Excerpts are joined by `\n` whatever the file has, so only what lies between two places whose offsets are known
/// can be told for sure.
pub(super) struct Anchored<'a> {
    pub(super) text: &'a str,
    pub(super) first_line: u32,
    pub(super) offset: u32,
}

impl<'a> Anchored<'a> {
    pub(super) fn of(code: &'a CodeLocation) -> Option<Self> {
        let (start, end) = (code.range.start, code.range.end);
        if code.excerpt.first_line == 0 || end.line < start.line {
            return None;
        }
        let from = start.line.checked_sub(code.excerpt.first_line)? as usize;
        let text = skip_lines(&code.excerpt.text, from)?;
        let last = skip_lines(text, (end.line - start.line) as usize)?;
        let last_at = text.len() - last.len();
        let last_line = last.split('\n').next().unwrap_or_default();
        let text = &text[..last_at + last_line.len()];
        let first_line = text.split('\n').next().unwrap_or_default();
        let offset = start
            .offset
            .checked_sub(byte_of(first_line, start) as u32)?;
        let ends = offset + (last_at + byte_of(last_line, end)) as u32;
        (ends == end.offset).then_some(Anchored {
            text,
            first_line: start.line,
            offset,
        })
    }

    /// Where in `text` a byte of the file stands.
    pub(super) fn byte(&self, offset: u32) -> Option<usize> {
        let byte = offset.checked_sub(self.offset)? as usize;
        self.text.is_char_boundary(byte).then_some(byte)
    }

    /// Line and column of a byte of the file.
    pub(super) fn position(&self, offset: u32) -> Option<Position> {
        let before = &self.text[..self.byte(offset)?];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Some(Position {
            line: self.first_line + before.matches('\n').count() as u32,
            column: before[line_start..].chars().count() as u32 + 1,
            offset,
        })
    }
}

/// What is left of `text` after `count` lines.
fn skip_lines(text: &str, count: usize) -> Option<&str> {
    let mut rest = text;
    for _ in 0..count {
        rest = rest.split_once('\n')?.1;
    }
    Some(rest)
}

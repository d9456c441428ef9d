//! Which bytes of the file an excerpt shows.

use hognose_finding::{CodeLocation, Position};

/// An excerpt whose lines are known by their place in the file, byte for byte.
pub(super) struct Anchored<'a> {
    pub(super) text: &'a str,
    first_line: u32,
    lines: Vec<Line<'a>>,
}

/// A line without its end.
struct Line<'a> {
    text: &'a str,
    /// Where it begins in the file.
    in_file: u32,
    /// Where it begins in the excerpt.
    in_text: usize,
}

impl<'a> Anchored<'a> {
    pub(super) fn of(code: &'a CodeLocation) -> Option<Self> {
        let excerpt = &code.excerpt;
        let mut in_text = 0;
        let mut lines = Vec::with_capacity(excerpt.starts.len());
        for (text, &in_file) in excerpt.text.split('\n').zip(&*excerpt.starts) {
            lines.push(Line {
                text,
                in_file,
                in_text,
            });
            in_text += text.len() + 1;
        }
        let complete = excerpt.first_line > 0 && in_text == excerpt.text.len() + 1;
        complete.then_some(Anchored {
            text: &excerpt.text,
            first_line: excerpt.first_line,
            lines,
        })
    }

    /// The line that a byte of the file stands in, by index, and how far into it.
    fn find(&self, offset: u32) -> Option<(usize, usize)> {
        let after = self.lines.partition_point(|line| line.in_file <= offset);
        let index = after.checked_sub(1)?;
        let within = (offset - self.lines[index].in_file) as usize;
        // Also none: between the carriage return and the newline, and in what follows the excerpt.
        self.lines[index]
            .text
            .is_char_boundary(within)
            .then_some((index, within))
    }

    /// Where in `text` a byte of the file stands.
    pub(super) fn byte(&self, offset: u32) -> Option<usize> {
        let (index, within) = self.find(offset)?;
        Some(self.lines[index].in_text + within)
    }

    /// Line and column of a byte of the file.
    pub(super) fn position(&self, offset: u32) -> Option<Position> {
        let (index, within) = self.find(offset)?;
        Some(Position {
            line: self.first_line + index as u32,
            column: self.lines[index].text[..within].chars().count() as u32 + 1,
            offset,
        })
    }
}

//! Repeated forward searches in linear time.

/// Searches a text for one string again and again, from places that only move forward.
///
/// A result is kept until the search starts behind it, so that a string that occurs late or never is looked for once,
/// however many openers ask for it.
pub(super) struct Forward<'a> {
    text: &'a str,
    wanted: &'static str,
    /// From where the last search started, and what it gave.
    last: Option<(usize, Option<usize>)>,
}

impl<'a> Forward<'a> {
    pub(super) fn new(text: &'a str, wanted: &'static str) -> Self {
        Forward {
            text,
            wanted,
            last: None,
        }
    }

    /// Where the string occurs first, at or after `from`.
    pub(super) fn from(&mut self, from: usize) -> Option<usize> {
        if let Some((start, found)) = self.last
            && start <= from
            && found.is_none_or(|found| from <= found)
        {
            return found;
        }
        let found = self
            .text
            .get(from..)
            .and_then(|rest| rest.find(self.wanted))
            .map(|offset| from + offset);
        self.last = Some((from, found));
        found
    }
}

//! Messages with placeholders: `` `{callee}` is called with `{argument}={value}` ``.

use std::ops::Range;

/// What a placeholder in a message stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Placeholder {
    /// The callable, as the rule's reader knows it: `requests.get`.
    Callee,
    /// The parameter at fault: `verify`.
    Argument,
    /// The value at fault, as code.
    Value,
    /// Where the data comes from; flows only.
    Source,
    /// Where the data ends up.
    Sink,
    /// The name of a package; advisories only.
    Package,
    /// Its version; advisories only.
    Version,
    /// The best known name of what is published about it; advisories only.
    Vulnerability,
}

impl Placeholder {
    /// The words between braces with their meaning.
    pub(crate) const WORDS: [(&str, Placeholder); 8] = [
        ("callee", Placeholder::Callee),
        ("argument", Placeholder::Argument),
        ("value", Placeholder::Value),
        ("source", Placeholder::Source),
        ("sink", Placeholder::Sink),
        ("package", Placeholder::Package),
        ("version", Placeholder::Version),
        ("vulnerability", Placeholder::Vulnerability),
    ];

    /// If it means nothing in an entry with this mechanism: where it does.
    pub(crate) fn only_with(self, mechanism: &str) -> Option<&'static str> {
        let advisory = mechanism == "advisory";
        match self {
            Placeholder::Source if mechanism != "flow" => Some("`flow`"),
            Placeholder::Package | Placeholder::Version | Placeholder::Vulnerability
                if !advisory =>
            {
                Some("`advisory`")
            }
            Placeholder::Callee | Placeholder::Argument | Placeholder::Sink if advisory => {
                Some("a call")
            }
            _ => None,
        }
    }
}

/// A part of a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part<'m> {
    /// Text as it stands.
    Text(&'m str),
    /// The word between braces, and the bytes it takes with them. It may be unknown.
    Hole(&'m str, Range<usize>),
}

/// Splits a message. `{{` and `}}` stand for single braces; a brace without its partner is text.
pub(crate) fn parts(message: &str) -> impl Iterator<Item = Part<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = &message[at..];
        let start = at;
        if rest.starts_with("{{") || rest.starts_with("}}") {
            at += 2;
            return Some(Part::Text(&rest[..1]));
        }
        if let Some(word) = rest
            .strip_prefix('{')
            .and_then(|inner| inner.split_once('}'))
            .map(|(word, _)| word)
        {
            at += word.len() + 2;
            return Some(Part::Hole(word, start..at));
        }
        let length = rest
            .char_indices()
            .skip(1)
            .find(|(_, c)| matches!(c, '{' | '}'))
            .map_or(rest.len(), |(i, _)| i);
        at += length;
        (length > 0).then(|| Part::Text(&rest[..length]))
    })
}

/// The message with each placeholder replaced by what `value` says. A backquote in a value would end the code span
/// around the placeholder, so it becomes an apostrophe.
pub fn fill_message(message: &str, mut value: impl FnMut(Placeholder) -> String) -> String {
    let mut filled = String::with_capacity(message.len() + 32);
    for part in parts(message) {
        match part {
            Part::Text(text) => filled.push_str(text),
            Part::Hole(word, span) => match Placeholder::WORDS
                .iter()
                .find(|(known, _)| *known == word)
            {
                Some((_, placeholder)) => filled.push_str(&value(*placeholder).replace('`', "'")),
                None => filled.push_str(&message[span]),
            },
        }
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::{Placeholder, fill_message};

    #[test]
    fn fills_and_keeps_the_rest() {
        let value = |placeholder| match placeholder {
            Placeholder::Callee => "requests.get".to_owned(),
            Placeholder::Value => "`x`".to_owned(),
            other => format!("<{other:?}>"),
        };
        assert_eq!(
            fill_message(
                "é `{callee}` with `{argument}={value}` from {source} to {sink}",
                value
            ),
            "é `requests.get` with `<Argument>='x'` from <Source> to <Sink>"
        );
        assert_eq!(
            fill_message("{{callee}} {other} {", value),
            "{callee} {other} {"
        );
        assert_eq!(fill_message("", value), "");
    }
}

//! Words of a command line in a POSIX shell, quotes and escapes resolved.

use super::text::Span;

/// A word and where it stands, quotes included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) span: Span,
}

/// Splits a part of a text at white space that is not quoted. Variables stay as they are.
pub(crate) fn words(text: &str, part: Span) -> Result<Vec<Word>, String> {
    let mut words = Vec::new();
    let mut word: Option<Word> = None;
    let mut chars = text[part.clone()].char_indices();
    while let Some((at, c)) = chars.next() {
        let at = part.start + at;
        if c.is_whitespace() {
            words.extend(word.take());
            continue;
        }
        let current = word.get_or_insert_with(|| Word {
            text: String::new(),
            span: at..at,
        });
        match c {
            '\\' => {
                if let Some((_, c)) = chars.next() {
                    current.text.push(c);
                }
            }
            '\'' | '"' => loop {
                match chars.next() {
                    None => return Err("a quote is not closed".to_owned()),
                    Some((_, end)) if end == c => break,
                    Some((_, '\\')) if c == '"' => match chars.next() {
                        Some((_, escaped @ ('"' | '\\' | '$' | '`'))) => current.text.push(escaped),
                        Some((_, other)) => current.text.extend(['\\', other]),
                        None => return Err("a quote is not closed".to_owned()),
                    },
                    Some((_, inner)) => current.text.push(inner),
                }
            },
            c => current.text.push(c),
        }
        current.span.end = part.start + (part.len() - chars.as_str().len());
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn quotes_and_places() {
        let text = "x 'a b'\"c\\\"\" d\\ e \"\\n\" é";
        let found = words(text, 2..text.len()).unwrap();
        let shown: Vec<_> = found
            .iter()
            .map(|word| (word.text.as_str(), &text[word.span.clone()]))
            .collect();
        assert_eq!(
            shown,
            [
                ("a bc\"", "'a b'\"c\\\"\""),
                ("d e", "d\\ e"),
                ("\\n", "\"\\n\""),
                ("é", "é")
            ]
        );
        assert_eq!(words("'a", 0..2).unwrap_err(), "a quote is not closed");
    }
}

//! Files of sections with keys, as Python's `configparser` reads them.

use super::requirement::trimmed;
use super::text::Span;

/// A section and its keys, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section<'t> {
    pub(crate) name: &'t str,
    pub(crate) keys: Vec<Key<'t>>,
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key<'t> {
    /// In small letters.
    pub(crate) name: String,
    pub(crate) written: &'t str,
    pub(crate) span: Span,
    /// The lines of the value that are neither empty nor comments, without white space around them.
    pub(crate) lines: Vec<Span>,
    /// Whether the value goes on below the key.
    pub(crate) hangs: bool,
}

impl<'t> Section<'t> {
    pub(crate) fn key(&self, name: &str) -> Option<&Key<'t>> {
        self.keys.iter().find(|key| key.name == name)
    }
}

/// The sections of a file, and the lines that belong to nothing.
pub(crate) fn parse(text: &str) -> (Vec<Section<'_>>, Vec<Span>) {
    let mut sections: Vec<Section<'_>> = Vec::new();
    let mut stray = Vec::new();
    let mut key_indent = 0;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let span = trimmed(text, start..start + line.len());
        start += line.len();
        let content = &text[span.clone()];
        if content.is_empty() || content.starts_with(['#', ';']) {
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        let section = sections.last_mut();
        if indent > key_indent
            && let Some(key) = section.and_then(|section| section.keys.last_mut())
        {
            key.lines.push(span);
            key.hangs = true;
            continue;
        }
        if let Some(name) = content.strip_prefix('[')
            && let Some(end) = name.find(']')
        {
            sections.push(Section {
                name: &name[..end],
                keys: Vec::new(),
            });
            key_indent = indent;
            continue;
        }
        key_indent = indent;
        match (sections.last_mut(), content.find(['=', ':'])) {
            (Some(section), Some(at)) if at > 0 => {
                let name = trimmed(text, span.start..span.start + at);
                let value = trimmed(text, span.start + at + 1..span.end);
                section.keys.push(Key {
                    name: text[name.clone()].to_lowercase(),
                    written: &text[name.clone()],
                    span: name,
                    lines: if value.is_empty() {
                        Vec::new()
                    } else {
                        vec![value]
                    },
                    hangs: false,
                });
            }
            _ => stray.push(span),
        }
    }
    (sections, stray)
}

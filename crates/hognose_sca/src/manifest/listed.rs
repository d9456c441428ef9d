//! Requirements that are texts in a tree, and lists of files with requirements.

use super::reader::Reader;
use super::requirement::trimmed;
use super::requirements_txt;
use super::text::Span;
use super::tree::{Node, Value};

/// The place of a text without its quotes, if it has no escapes.
pub(crate) fn place(reader: &Reader<'_>, node: &Node<'_>) -> Span {
    match node.content_span(reader.text) {
        Some(span) => trimmed(reader.text, span),
        None => node.span.clone(),
    }
}

/// Pushes the requirement that a node is.
pub(crate) fn push(reader: &mut Reader<'_>, node: &Node<'_>) {
    let span = place(reader, node);
    match node.text() {
        // PDM writes editable ones like pip does.
        Some(text) => {
            let text = text.trim();
            let text = text.strip_prefix("-e ").unwrap_or(text).trim_start();
            requirements_txt::push(reader, text, &span, &[]);
        }
        None => reader.unreadable(&span, "a requirement must be a text"),
    }
}

/// Pushes the requirements of a list, in a group unless that is empty.
pub(crate) fn push_all(reader: &mut Reader<'_>, node: Option<&Node<'_>>, group: &str) {
    let Some(node) = node else { return };
    let groups = if group.is_empty() {
        Vec::new()
    } else {
        vec![group.into()]
    };
    if !matches!(node.value, Value::List(_)) {
        let span = node.span.clone();
        return reader.unreadable(&span, "must be a list of requirements");
    }
    reader.within(groups, |reader| {
        for item in node.items() {
            push(reader, item);
        }
    });
}

/// Pushes the lists of a mapping, each in the group that `group` makes of its key.
pub(crate) fn push_groups(
    reader: &mut Reader<'_>,
    node: Option<&Node<'_>>,
    group: impl Fn(&str) -> String,
) {
    for entry in node.map_or(&[][..], Node::entries) {
        push_all(reader, Some(&entry.value), &group(&entry.key));
    }
}

/// Reads the file, or the files, that a node names.
pub(crate) fn include_all(reader: &mut Reader<'_>, node: &Node<'_>) {
    let one = std::slice::from_ref(node);
    let files = if node.text().is_some() {
        one
    } else {
        node.items()
    };
    for file in files {
        if let Some(path) = file.text() {
            let span = place(reader, file);
            reader.include(&span, path, false, requirements_txt::parse);
        }
    }
}

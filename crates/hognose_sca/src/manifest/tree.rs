//! TOML, JSON and YAML as one kind of tree that knows where everything stands.
//!
//! Depth is bounded, so that recursion over a tree is safe. What cannot be read is a [`Fault`] beside what can.

mod json;
mod toml;
mod yaml;

use std::borrow::Cow;

pub(crate) use self::json::parse as json;
pub(crate) use self::toml::parse as toml;
pub(crate) use self::yaml::parse as yaml;
use super::text::Span;

/// Lists and mappings inside each other. Real files need about ten.
pub(crate) const MAX_DEPTH: usize = 64;

/// What is wrong and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) span: Span,
    pub(crate) message: String,
    /// Nested deeper than what is read.
    pub(crate) too_deep: bool,
}

/// A value and where it stands, quotes and brackets included.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node<'t> {
    pub(crate) span: Span,
    pub(crate) value: Value<'t>,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value<'t> {
    /// Text; for YAML any scalar.
    Text(Cow<'t, str>),
    /// `true` and `false` of JSON and TOML.
    Boolean(bool),
    /// Any other scalar: numbers, dates, null.
    Other,
    List(Vec<Node<'t>>),
    /// In source order.
    Map(Vec<Entry<'t>>),
}

/// A key of a mapping and its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry<'t> {
    pub(crate) key: Cow<'t, str>,
    pub(crate) key_span: Span,
    pub(crate) value: Node<'t>,
}

impl Entry<'_> {
    /// Key and value. A value that lies elsewhere (a table's, an alias's) is left out.
    pub(crate) fn span(&self) -> Span {
        if self.value.span.start >= self.key_span.end {
            self.key_span.start..self.value.span.end
        } else {
            self.key_span.clone()
        }
    }
}

impl<'t> Node<'t> {
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn is_true(&self) -> bool {
        match &self.value {
            Value::Boolean(value) => *value,
            Value::Text(text) => text == "true",
            _ => false,
        }
    }

    /// The elements of a list; nothing for anything else.
    pub(crate) fn items(&self) -> &[Node<'t>] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The entries of a mapping; nothing for anything else.
    pub(crate) fn entries(&self) -> &[Entry<'t>] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The entry of a mapping. Of a key given twice the last counts, as it does in Python.
    pub(crate) fn entry(&self, key: &str) -> Option<&Entry<'t>> {
        self.entries().iter().rev().find(|entry| entry.key == key)
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Node<'t>> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The value below several keys.
    pub(crate) fn path(&self, keys: &[&str]) -> Option<&Node<'t>> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The text below a key.
    pub(crate) fn text_at(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Node::text)
    }

    /// The elements of the list below several keys.
    pub(crate) fn items_at(&self, keys: &[&str]) -> &[Node<'t>] {
        self.path(keys).map_or(&[], Node::items)
    }

    /// The entries of the mapping below several keys.
    pub(crate) fn entries_at(&self, keys: &[&str]) -> &[Entry<'t>] {
        self.path(keys).map_or(&[], Node::entries)
    }

    /// The texts of a list; other elements are passed over.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.items().iter().filter_map(Node::text)
    }

    /// Where the content of a text stands in `source`, if it stands there as it is: within quotes, without escapes.
    pub(crate) fn content_span(&self, source: &str) -> Option<Span> {
        let text = self.text()?;
        let written = source.get(self.span.clone())?;
        let at = written.find(text).filter(|at| *at <= 3)?;
        let start = self.span.start + at;
        Some(start..start + text.len())
    }
}

//! Text of a stranger as markup that says it and does nothing else.

use super::super::text::{percent_encoded, visible};

/// `text` as the content of an element or of a quoted attribute: nothing in it is markup, control characters and
/// those that turn the direction of writing are spelled out.
pub(super) fn escaped(text: &str) -> String {
    let text = visible(text);
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(char),
        }
    }
    out
}

/// `text` with its parts in backquotes as code.
pub(super) fn prose(text: &str) -> String {
    if text.matches('`').count() % 2 == 1 {
        return escaped(text);
    }
    let mut out = String::new();
    for (index, part) in text.split('`').enumerate() {
        if index % 2 == 1 {
            out.push_str("<code>");
            out.push_str(&escaped(part));
            out.push_str("</code>");
        } else {
            out.push_str(&escaped(part));
        }
    }
    out
}

/// The name of a rule's page in the document, as an attribute.
pub(super) fn rule_anchor(id: &str) -> String {
    format!("rule-{}", percent_encoded(id))
}

/// `1,234`.
pub(super) fn number(number: usize) -> String {
    let counted = crate::summary::counted(number as u64, "");
    counted.split(' ').next().unwrap_or_default().to_owned()
}

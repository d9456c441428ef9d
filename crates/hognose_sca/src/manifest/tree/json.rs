//! JSON, by `serde_json`. Its raw values are slices of the text, which tells where they stand.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Entry, Fault, MAX_DEPTH, Node, Value};

/// Reads a document.
pub(crate) fn parse(text: &str) -> Result<Node<'_>, Fault> {
    let raw: &RawValue = serde_json::from_str(text).map_err(|error| fault(text, 0, &error))?;
    node(text, raw, 0)
}

fn node<'t>(text: &'t str, raw: &'t RawValue, depth: usize) -> Result<Node<'t>, Fault> {
    let source = raw.get();
    let start = source.as_ptr() as usize - text.as_ptr() as usize;
    let span = start..start + source.len();
    if depth > MAX_DEPTH {
        return Err(Fault {
            span: start..start + 1,
            message: "nested too deeply".to_owned(),
            too_deep: true,
        });
    }
    let wrong = |error| fault(text, start, &error);
    let value = match source.as_bytes().first() {
        Some(b'"') => {
            let Str(value) = serde_json::from_str(source).map_err(wrong)?;
            Value::Text(value)
        }
        Some(b't') => Value::Boolean(true),
        Some(b'f') => Value::Boolean(false),
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(source).map_err(wrong)?;
            let items = items.into_iter().map(|raw| node(text, raw, depth + 1));
            Value::List(items.collect::<Result<_, _>>()?)
        }
        Some(b'{') => {
            let Pairs(pairs) = serde_json::from_str(source).map_err(wrong)?;
            let entries = pairs.into_iter().map(|(key, raw)| {
                let value = node(text, raw, depth + 1)?;
                Ok(Entry {
                    key,
                    key_span: key_before(text, value.span.start),
                    value,
                })
            });
            Value::Map(entries.collect::<Result<_, _>>()?)
        }
        _ => Value::Other,
    };
    Ok(Node { span, value })
}

/// Where the content of the key stands whose value begins at `value`.
fn key_before(text: &str, value: usize) -> std::ops::Range<usize> {
    let bytes = text.as_bytes();
    let Some(end) = bytes[..value].iter().rposition(|byte| *byte == b'"') else {
        return value..value;
    };
    let mut start = end;
    while let Some(quote) = bytes[..start].iter().rposition(|byte| *byte == b'"') {
        let slashes = bytes[..quote].iter().rev().take_while(|b| **b == b'\\');
        start = quote;
        if slashes.count() % 2 == 0 {
            break;
        }
    }
    (start + 1).min(end)..end
}

fn fault(text: &str, base: usize, error: &serde_json::Error) -> Fault {
    // Lines of `error` are counted from `base`, its columns in bytes from 1.
    let line_start = text[base..]
        .split_inclusive('\n')
        .take(error.line().saturating_sub(1))
        .map(str::len)
        .sum::<usize>();
    let at = (base + line_start + error.column().saturating_sub(1)).min(text.len());
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or(&message);
    Fault {
        span: at..at,
        message: message.to_owned(),
        too_deep: message.contains("recursion limit"),
    }
}

/// A text that is borrowed where it has no escapes.
struct Str<'t>(Cow<'t, str>);

impl<'de> Deserialize<'de> for Str<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Texts;
        impl<'de> Visitor<'de> for Texts {
            type Value = Str<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }
            fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
                Ok(Str(Cow::Borrowed(value)))
            }
            fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
                Ok(Str(Cow::Owned(value.to_owned())))
            }
        }
        deserializer.deserialize_str(Texts)
    }
}

/// The entries of an object, in order, a key given twice included.
struct Pairs<'t>(Vec<(Cow<'t, str>, &'t RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Objects;
        impl<'de> Visitor<'de> for Objects {
            type Value = Pairs<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some((Str(key), value)) = map.next_entry()? {
                    pairs.push((key, value));
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Objects)
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn spans_and_escapes() {
        let text = "{ \"a\\\"b\" : [\"x\", 1],\n\"é\":{\"k\":null},\"é\":true }";
        let node = parse(text).unwrap();
        let first = &node.entries()[0];
        assert_eq!(&*first.key, "a\"b");
        assert_eq!(&text[first.key_span.clone()], "a\\\"b");
        assert_eq!(&text[first.value.span.clone()], "[\"x\", 1]");
        assert_eq!(
            &text[first.value.items()[0].content_span(text).unwrap()],
            "x"
        );
        assert_eq!(&text[node.entries()[1].key_span.clone()], "é");
        assert!(node.get("é").unwrap().is_true());
    }

    #[test]
    fn faults_have_places() {
        let text = "{\n \"a\": [1,\n 2,}\n}";
        let fault = parse(text).unwrap_err();
        assert_eq!(
            (fault.message.as_str(), &text[fault.span.start..]),
            ("expected value", "}\n}")
        );
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        let fault = parse(&deep).unwrap_err();
        assert_eq!(
            (fault.message.as_str(), fault.too_deep),
            ("nested too deeply", true)
        );
    }
}

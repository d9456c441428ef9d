//! YAML, by the events of `saphyr-parser`.
//!
//! Tags are passed over, since what they make of a value is the business of the tool they are for. Aliases are copies,
//! and how much they may repeat is bounded.

use std::ops::Range;

use rustc_hash::FxHashMap;
use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};

use super::super::text::Span;
use super::{Entry, Fault, MAX_DEPTH, Node, Value};

/// Nodes that aliases may repeat in a file.
const MAX_REPEATED: usize = 200_000;

/// Reads the documents of a file up to the first mistake.
pub(crate) fn parse(text: &str) -> (Vec<Node<'_>>, Option<Fault>) {
    let mut builder = Builder {
        parser: Parser::new_from_str(text),
        text,
        offsets: offsets(text),
        nodes: 0,
        repeated: 0,
        anchors: FxHashMap::default(),
    };
    let mut documents = Vec::new();
    loop {
        match builder.next() {
            Err(fault) => return (documents, Some(fault)),
            Ok((Event::StreamEnd, _)) => return (documents, None),
            Ok((
                Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing,
                _,
            )) => {}
            Ok((event, at)) => match builder.node(event, at, 0) {
                Ok(node) => documents.push(node),
                Err(fault) => return (documents, Some(fault)),
            },
        }
    }
}

/// From characters, in which the parser counts, to bytes. Empty if all characters are one byte long.
fn offsets(text: &str) -> Vec<u32> {
    if text.is_ascii() {
        return Vec::new();
    }
    let starts = text.char_indices().map(|(offset, _)| offset as u32);
    starts.chain([text.len() as u32]).collect()
}

/// A node that has an anchor.
struct Anchored<'t> {
    node: Node<'t>,
    nodes: usize,
    height: usize,
}

struct Builder<'t> {
    parser: Parser<'t, StrInput<'t>>,
    text: &'t str,
    offsets: Vec<u32>,
    nodes: usize,
    repeated: usize,
    /// By the parser's number.
    anchors: FxHashMap<usize, Anchored<'t>>,
}

impl<'t> Builder<'t> {
    fn at(&self, index: usize) -> usize {
        match self.offsets.last() {
            None => index.min(self.text.len()),
            Some(last) => *self.offsets.get(index).unwrap_or(last) as usize,
        }
    }

    fn next(&mut self) -> Result<(Event<'t>, Span), Fault> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => {
                let start = self.at(span.start.index());
                Ok((event, start..self.at(span.end.index()).max(start)))
            }
            Some(Err(error)) => {
                let at = self.at(error.marker().index());
                Err(Fault {
                    span: at..at,
                    message: error.info().to_owned(),
                    too_deep: false,
                })
            }
            None => Ok((Event::StreamEnd, self.text.len()..self.text.len())),
        }
    }

    fn node(&mut self, event: Event<'t>, at: Span, depth: usize) -> Result<Node<'t>, Fault> {
        if let Event::Alias(anchor) = event {
            return self.alias(anchor, at, depth);
        }
        if depth > MAX_DEPTH {
            return Err(too_deep(at));
        }
        let before = self.nodes;
        self.nodes += 1;
        let (Event::Scalar(_, _, anchor, _)
        | Event::SequenceStart(anchor, _)
        | Event::MappingStart(anchor, _)) = event
        else {
            return Err(unexpected(at));
        };
        let node = match event {
            Event::Scalar(text, style, ..) => self.scalar(text, style, at),
            Event::SequenceStart(..) => self.list(&at, depth)?,
            _ => self.map(&at, depth)?,
        };
        if anchor > 0 {
            let anchored = Anchored {
                nodes: self.nodes - before,
                height: height(&node),
                node: node.clone(),
            };
            // A copy of what has anchors inside is a repetition too.
            self.repeat(anchored.nodes, &node.span)?;
            self.anchors.insert(anchor, anchored);
        }
        Ok(node)
    }

    fn alias(&mut self, anchor: usize, at: Span, depth: usize) -> Result<Node<'t>, Fault> {
        // An alias inside its own anchor is not there yet.
        let Some(anchored) = self.anchors.get(&anchor) else {
            return Err(Fault {
                span: at,
                message: "an alias inside its own anchor".to_owned(),
                too_deep: false,
            });
        };
        if depth + anchored.height > MAX_DEPTH {
            return Err(too_deep(at));
        }
        let (node, nodes) = (anchored.node.clone(), anchored.nodes);
        self.nodes += nodes;
        self.repeat(nodes, &at)?;
        Ok(node)
    }

    fn repeat(&mut self, nodes: usize, at: &Span) -> Result<(), Fault> {
        self.repeated += nodes;
        if self.repeated > MAX_REPEATED {
            return Err(Fault {
                span: at.clone(),
                message: "too much repeated by aliases".to_owned(),
                too_deep: false,
            });
        }
        Ok(())
    }

    fn scalar(&self, text: std::borrow::Cow<'t, str>, style: ScalarStyle, at: Span) -> Node<'t> {
        let end = match style {
            ScalarStyle::DoubleQuoted => quoted_end(self.text, &at, '"').unwrap_or(at.end),
            ScalarStyle::SingleQuoted => quoted_end(self.text, &at, '\'').unwrap_or(at.end),
            _ => at.end,
        };
        Node {
            span: at.start..end,
            value: Value::Text(text),
        }
    }

    fn list(&mut self, at: &Span, depth: usize) -> Result<Node<'t>, Fault> {
        let mut items = Vec::new();
        let mut end = at.end;
        loop {
            match self.next()? {
                (Event::SequenceEnd, last) => {
                    return Ok(Node {
                        span: at.start..end.max(self.flow_end(&last, b']')),
                        value: Value::List(items),
                    });
                }
                (event, at) => {
                    let item = self.node(event, at, depth + 1)?;
                    end = end.max(item.span.end);
                    items.push(item);
                }
            }
        }
    }

    fn map(&mut self, at: &Span, depth: usize) -> Result<Node<'t>, Fault> {
        let mut entries = Vec::new();
        let mut end = at.end;
        loop {
            let (event, key_at) = self.next()?;
            if event == Event::MappingEnd {
                return Ok(Node {
                    span: at.start..end.max(self.flow_end(&key_at, b'}')),
                    value: Value::Map(entries),
                });
            }
            let key = self.node(event, key_at, depth + 1)?;
            let (event, value_at) = self.next()?;
            let value = self.node(event, value_at, depth + 1)?;
            end = end.max(value.span.end);
            // A key that is no word has no meaning to any reader here.
            let Value::Text(text) = key.value else {
                continue;
            };
            entries.push(Entry {
                key: text,
                key_span: key.span,
                value,
            });
        }
    }

    /// One past the bracket that closes a flow collection. The end of a block collection lies wherever the parser
    /// noticed, which says nothing about the collection.
    fn flow_end(&self, end_event: &Range<usize>, bracket: u8) -> usize {
        if self.text.as_bytes().get(end_event.start) == Some(&bracket) {
            end_event.start + 1
        } else {
            0
        }
    }
}

/// One past the closing quote. The parser's span goes on over a comment behind it.
fn quoted_end(text: &str, at: &Span, quote: char) -> Option<usize> {
    let mut chars = text.get(at.clone())?.char_indices().skip(1).peekable();
    while let Some((offset, c)) = chars.next() {
        if c == '\\' && quote == '"' {
            chars.next();
        } else if c == quote
            && chars
                .next_if(|(_, next)| quote == '\'' && *next == '\'')
                .is_none()
        {
            return Some(at.start + offset + 1);
        }
    }
    None
}

fn height(node: &Node) -> usize {
    let items = node.items().iter();
    let values = node.entries().iter().map(|entry| &entry.value);
    items
        .chain(values)
        .map(|node| height(node) + 1)
        .max()
        .unwrap_or(0)
}

fn too_deep(span: Span) -> Fault {
    Fault {
        span,
        message: "nested too deeply".to_owned(),
        too_deep: true,
    }
}

fn unexpected(span: Span) -> Fault {
    Fault {
        span,
        message: "unexpected end".to_owned(),
        too_deep: false,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::parse;

    #[test]
    fn spans_tags_aliases_and_documents() {
        let text = "a: &x [1, 'q']  # c\nb: *x\nc: !reference [.a, s]\n--- \nr: |\n  é x\n  y\nz: \"t\" # c\n";
        let (documents, fault) = parse(text);
        assert_eq!(fault, None);
        assert_eq!(documents.len(), 2);
        let list = documents[0].get("b").unwrap();
        assert_eq!(list.texts().collect::<Vec<_>>(), ["1", "q"]);
        assert_eq!(&text[list.items()[1].span.clone()], "'q'");
        assert_eq!(documents[0].get("c").unwrap().texts().count(), 2);
        assert_eq!(documents[1].text_at("r"), Some("é x\ny\n"));
        // A block's span is that of its lines.
        let run = documents[1].get("r").unwrap();
        assert_eq!(&text[run.span.clone()], "é x\n  y\n");
        assert_eq!(&text[documents[1].get("z").unwrap().span.clone()], "\"t\"");
    }

    #[test]
    fn hostile_documents_end() {
        let mut wide = "a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9]\n".to_owned();
        for level in 1..30 {
            let repeated = vec![format!("*a{}", level - 1); 9].join(", ");
            writeln!(wide, "a{level}: &a{level} [{repeated}]").unwrap();
        }
        assert_eq!(
            parse(&wide).1.unwrap().message,
            "too much repeated by aliases"
        );
        for open in ["[", "{a: ", "- ", "? "] {
            let text = open.repeat(50_000);
            assert!(parse(&text).1.is_some(), "{open}");
        }
        assert_eq!(
            parse("a: &x [*x]\n").1.unwrap().message,
            "an alias inside its own anchor"
        );
    }
}

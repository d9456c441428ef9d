//! YAML as a tree that knows where everything stands.
//!
//! What a page needs: one document of mappings, lists and scalars, with anchors for lists that several entries share.
//! Tags are refused. Depth is bounded, so that recursion over the tree is safe, and so is the number of nodes, since
//! aliases of aliases grow without limit.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};

/// Bytes of the page.
pub(crate) type Span = Range<usize>;

/// Mappings and lists inside each other; a page needs five.
const MAX_DEPTH: usize = 16;

/// Nodes of a document, those that aliases repeat included.
const MAX_NODES: usize = 20_000;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node<'t> {
    pub(crate) span: Span,
    pub(crate) value: Value<'t>,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value<'t> {
    /// `plain` is false for what is quoted, or in a block, and therefore text whatever it looks like.
    Scalar {
        text: Cow<'t, str>,
        plain: bool,
    },
    List(Vec<Node<'t>>),
    /// In source order. Keys are scalars and differ from each other.
    Map(Vec<Entry<'t>>),
}

/// A key of a mapping and its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry<'t> {
    pub(crate) key: Cow<'t, str>,
    pub(crate) key_span: Span,
    pub(crate) value: Node<'t>,
}

/// What is wrong and where.
pub(crate) type YamlError = (Span, String);

/// Reads the YAML at `span` of `page`. All spans in the result are bytes of `page`.
pub(crate) fn parse(page: &str, span: Span) -> Result<Node<'_>, YamlError> {
    let text = &page[span.clone()];
    let offsets = Offsets::new(text, span.start);
    let mut builder = Builder {
        parser: Parser::new_from_str(text),
        page,
        offsets,
        end: span.end,
        nodes: 0,
        anchors: BTreeMap::new(),
    };
    loop {
        match builder.next()? {
            (Event::StreamStart | Event::DocumentStart(_) | Event::Nothing, _) => {}
            (Event::DocumentEnd | Event::StreamEnd, at) => {
                return Err((at, "the front matter is empty".to_owned()));
            }
            (event, at) => {
                let node = builder.node(event, at, 0)?;
                loop {
                    match builder.next()? {
                        (Event::StreamEnd, _) => return Ok(node),
                        (Event::DocumentEnd, _) => {}
                        (_, at) => {
                            return Err((at, "a second document in the front matter".to_owned()));
                        }
                    }
                }
            }
        }
    }
}

impl Node<'_> {
    /// The text of a scalar, whatever its style.
    pub(crate) fn scalar(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// How many levels there are below this node.
    fn height(&self) -> usize {
        match &self.value {
            Value::Scalar { .. } => 0,
            Value::List(items) => items
                .iter()
                .map(|item| item.height() + 1)
                .max()
                .unwrap_or(0),
            Value::Map(entries) => entries
                .iter()
                .map(|entry| entry.value.height() + 1)
                .max()
                .unwrap_or(0),
        }
    }
}

struct Builder<'t> {
    parser: Parser<'t, StrInput<'t>>,
    page: &'t str,
    offsets: Offsets,
    end: usize,
    /// Nodes so far.
    nodes: usize,
    /// Nodes with an anchor, by the parser's number, each with the count of its nodes and its height.
    anchors: BTreeMap<usize, (Node<'t>, usize, usize)>,
}

impl<'t> Builder<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Span), YamlError> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((
                event,
                self.offsets.at(span.start.index())..self.offsets.at(span.end.index()),
            )),
            Some(Err(error)) => {
                let at = self.offsets.at(error.marker().index()).min(self.end);
                Err((at..at + 1, error.info().to_owned()))
            }
            None => Ok((Event::StreamEnd, self.end..self.end)),
        }
    }

    fn node(&mut self, event: Event<'t>, at: Span, depth: usize) -> Result<Node<'t>, YamlError> {
        if depth > MAX_DEPTH {
            return Err((at, "nested too deeply".to_owned()));
        }
        if let Event::Alias(anchor) = event {
            // An alias inside its own anchor is not there yet.
            let Some((node, count, height)) = self.anchors.get(&anchor) else {
                return Err((at, "an alias inside its own anchor".to_owned()));
            };
            self.nodes += count;
            if self.nodes > MAX_NODES {
                return Err((at, "too much repeated by aliases".to_owned()));
            }
            if depth + height > MAX_DEPTH {
                return Err((at, "nested too deeply".to_owned()));
            }
            return Ok(node.clone());
        }
        let before = self.nodes;
        self.nodes += 1;
        let (Event::Scalar(_, _, anchor, _)
        | Event::SequenceStart(anchor, _)
        | Event::MappingStart(anchor, _)) = event
        else {
            return Err((at, "unexpected end of the front matter".to_owned()));
        };
        let node = self.plain_node(event, at, depth)?;
        if anchor > 0 {
            self.anchors
                .insert(anchor, (node.clone(), self.nodes - before, node.height()));
        }
        Ok(node)
    }

    /// A node that is no alias.
    fn plain_node(
        &mut self,
        event: Event<'t>,
        at: Span,
        depth: usize,
    ) -> Result<Node<'t>, YamlError> {
        match event {
            Event::Scalar(_, _, _, Some(_))
            | Event::SequenceStart(_, Some(_))
            | Event::MappingStart(_, Some(_)) => Err((at, "tags are not supported".to_owned())),
            Event::Scalar(text, style, ..) => {
                let plain = style == ScalarStyle::Plain;
                let at = at.start..self.quoted_end(&at, style).unwrap_or(at.end);
                Ok(Node {
                    span: at,
                    value: Value::Scalar { text, plain },
                })
            }
            Event::SequenceStart(..) => {
                let mut items = Vec::new();
                let mut end = at.end;
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, last) => {
                            let span = at.start..end.max(self.flow_end(&last, b']'));
                            return Ok(Node {
                                span,
                                value: Value::List(items),
                            });
                        }
                        (event, at) => {
                            let item = self.node(event, at, depth + 1)?;
                            end = item.span.end;
                            items.push(item);
                        }
                    }
                }
            }
            Event::MappingStart(..) => {
                let mut entries: Vec<Entry<'t>> = Vec::new();
                let mut end = at.end;
                loop {
                    let (event, key_span) = self.next()?;
                    let key = match event {
                        Event::MappingEnd => {
                            let span = at.start..end.max(self.flow_end(&key_span, b'}'));
                            return Ok(Node {
                                span,
                                value: Value::Map(entries),
                            });
                        }
                        Event::Scalar(text, _, 0, None) => text,
                        _ => return Err((key_span, "a key must be a word".to_owned())),
                    };
                    if entries.iter().any(|entry| entry.key == key) {
                        return Err((key_span, format!("`{key}` is given twice")));
                    }
                    let (event, value_at) = self.next()?;
                    let value = self.node(event, value_at, depth + 1)?;
                    end = value.span.end;
                    entries.push(Entry {
                        key,
                        key_span,
                        value,
                    });
                }
            }
            _ => Err((at, "unexpected end of the front matter".to_owned())),
        }
    }

    /// One past the closing quote. The parser's span goes on over a comment behind it.
    fn quoted_end(&self, at: &Span, style: ScalarStyle) -> Option<usize> {
        let quote = match style {
            ScalarStyle::DoubleQuoted => '"',
            ScalarStyle::SingleQuoted => '\'',
            _ => return None,
        };
        let mut chars = self.page[at.clone()].char_indices().skip(1).peekable();
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

    /// One past the bracket that closes a flow collection. The end of a block collection lies wherever the parser
    /// noticed, which says nothing about the collection.
    fn flow_end(&self, end_event: &Span, bracket: u8) -> usize {
        if self.page.as_bytes().get(end_event.start) == Some(&bracket) {
            end_event.start + 1
        } else {
            0
        }
    }
}

/// From character indices, in which the parser counts, to bytes of the page.
struct Offsets {
    base: usize,
    /// Empty if all characters are one byte long.
    table: Vec<usize>,
}

impl Offsets {
    fn new(text: &str, base: usize) -> Self {
        let table = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices()
                .map(|(offset, _)| offset)
                .chain([text.len()])
                .collect()
        };
        Offsets { base, table }
    }

    fn at(&self, index: usize) -> usize {
        let offset = match self.table.last() {
            None => index,
            Some(last) => self.table.get(index).copied().unwrap_or(*last),
        };
        self.base + offset
    }
}

#[cfg(test)]
mod tests {
    use super::{Node, Value, parse};

    /// The tree as text, each scalar and collection with the source text of its span.
    fn show(page: &str, node: &Node) -> String {
        let source = &page[node.span.clone()];
        match &node.value {
            Value::Scalar { text, plain } => {
                format!("{}{text}|{source}", if *plain { "" } else { "'" })
            }
            Value::List(items) => {
                let items: Vec<_> = items.iter().map(|item| show(page, item)).collect();
                format!("[{}]<{source}>", items.join(", "))
            }
            Value::Map(entries) => {
                let entries: Vec<_> = entries
                    .iter()
                    .map(|entry| {
                        format!(
                            "{}|{} = {}",
                            entry.key,
                            &page[entry.key_span.clone()],
                            show(page, &entry.value)
                        )
                    })
                    .collect();
                format!("{{{}}}<{source}>", entries.join(", "))
            }
        }
    }

    #[track_caller]
    fn check(yaml: &str, expected: &str) {
        let page = format!("---\n{yaml}---\n");
        let node = parse(&page, 4..4 + yaml.len()).unwrap();
        assert_eq!(show(&page, &node), expected);
    }

    #[track_caller]
    fn fails(yaml: &str, at: &str, message: &str) {
        let (span, found) = parse(yaml, 0..yaml.len()).unwrap_err();
        assert_eq!(
            (yaml.get(span).unwrap_or("<end>"), found.as_str()),
            (at, message)
        );
    }

    #[test]
    fn spans_are_exact() {
        check(
            "a: é x # c\nb: \"é\"  # c\n",
            "{a|a = é x|é x, b|b = 'é|\"é\"}<a: é x # c\nb: \"é\">",
        );
        check(
            "a: \"\\\"#'\"  # \"\nb: 'x''\"y'  # '\n",
            "{a|a = '\"#'|\"\\\"#'\", b|b = 'x'\"y|'x''\"y'}<a: \"\\\"#'\"  # \"\nb: 'x''\"y'>",
        );
        check(
            "a: [1, \"x\"]  # c\n",
            "{a|a = [1|1, 'x|\"x\"]<[1, \"x\"]>}<a: [1, \"x\"]>",
        );
        check(
            "a:\n  - b: {c: d}\n    e: f\n\n",
            "{a|a = [{b|b = {c|c = d|d}<{c: d}>, e|e = f|f}<b: {c: d}\n    e: f>]<- b: {c: d}\n    e: f>}<a:\n  - b: {c: d}\n    e: f>",
        );
    }

    #[test]
    fn refuses_what_a_page_does_not_need() {
        fails("a: &x [*x]\n", "*x", "an alias inside its own anchor");
        fails("a: !!str 1\n", "!!str 1", "tags are not supported");
        fails("a: 1\na: 2\n", "a", "`a` is given twice");
        fails("[a]: 2\n", "[", "a key must be a word");
        fails(
            "a: 1\n---\nb: 1\n",
            "---",
            "a second document in the front matter",
        );
        fails("# nothing\n", "", "the front matter is empty");
        let deep = format!("{}{}", "[".repeat(40), "]".repeat(40));
        fails(&deep, "[", "nested too deeply");
    }

    #[test]
    fn aliases_repeat() {
        check(
            "a: &x [1]\nb: *x\n",
            "{a|a = [1|1]<&x [1]>, b|b = [1|1]<&x [1]>}<a: &x [1]>",
        );
    }

    #[test]
    fn aliases_cannot_grow_without_limit() {
        use std::fmt::Write as _;
        let mut wide = "a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9]\n".to_owned();
        let mut deep = "b0: &b0 [1]\n".to_owned();
        for level in 1..20 {
            let repeated = vec![format!("*a{}", level - 1); 9].join(", ");
            writeln!(wide, "a{level}: &a{level} [{repeated}]").unwrap();
            writeln!(deep, "b{level}: &b{level} [*b{}]", level - 1).unwrap();
        }
        fails(&wide, "*a3", "too much repeated by aliases");
        fails(&deep, "*b14", "nested too deeply");
    }

    #[test]
    fn a_stranger_cannot_overflow_the_stack() {
        for open in ["[", "{a: ", "- ", "? "] {
            let text = open.repeat(50_000);
            assert!(parse(&text, 0..text.len()).is_err(), "{open}");
        }
    }
}

//! Patterns of `CPython`'s `re`, parsed into an arena of small nodes.
//!
//! The syntax is the one of Python 3.6 to 3.14 together. Nothing here recurses: a group costs a frame on a stack of our
//! own, so nesting ten thousand deep is no more than ten thousand frames.

use rustc_hash::FxHashMap;

use super::charset::{self, CharSet, LAST_BYTE, LAST_CHARACTER};
use super::class::{self, Escape};
use super::pattern::{Assertion, Flags, Greed, Node, NodeId, Pattern, SetId, UNBOUNDED};

/// What opened a group.
enum Opening {
    Plain,
    Numbered(u32),
    Atomic,
    Look { ahead: bool, negative: bool },
    Conditional(u32),
}

/// A group that is open.
struct Frame {
    opening: Opening,
    flags: Flags,
    alternatives: Vec<Vec<NodeId>>,
    items: Vec<NodeId>,
    /// Whether the last item is a repetition, or none that can be repeated.
    last: Last,
}

#[derive(PartialEq, Clone, Copy)]
enum Last {
    Nothing,
    Repeatable,
    Repeated,
}

impl Frame {
    fn new(opening: Opening, flags: Flags) -> Self {
        Self {
            opening,
            flags,
            alternatives: Vec::new(),
            items: Vec::new(),
            last: Last::Nothing,
        }
    }
}

/// Parses a pattern. Nothing if Python would refuse it, or it uses what only the `regex` package knows.
///
/// `bytes` says that the pattern is one for bytes; `source` then has each byte as the code point of the same number.
pub fn parse(source: &str, flags: Flags, bytes: bool) -> Option<Pattern> {
    let characters: Vec<char> = source.chars().collect();
    let mut flags = flags;
    // A flag inside counts for the whole, also for what stands before it (until Python 3.10). There are seven.
    for _ in 0..8 {
        let mut parser = Parser::new(&characters, flags, bytes);
        let root = parser.run()?;
        if parser.flags == flags {
            return Some(Pattern {
                root,
                groups: parser.groups,
                last: parser.last,
                word: charset::word(parser.is_ascii(flags)),
                nodes: parser.nodes,
                sets: parser.sets,
                length: characters.len(),
            });
        }
        flags = parser.flags;
    }
    None
}

struct Parser<'s> {
    source: &'s [char],
    at: usize,
    /// Of the whole pattern.
    flags: Flags,
    bytes: bool,
    last: u32,
    nodes: Vec<Node>,
    sets: Vec<CharSet>,
    set_ids: FxHashMap<CharSet, SetId>,
    literals: FxHashMap<(u32, bool), SetId>,
    /// Sets that `sre` joins when they stand alone in the branches of an alternation.
    joinable: Vec<bool>,
    groups: u32,
    names: FxHashMap<String, u32>,
}

impl<'s> Parser<'s> {
    fn new(source: &'s [char], flags: Flags, bytes: bool) -> Self {
        Self {
            source,
            at: 0,
            flags,
            bytes,
            last: if bytes { LAST_BYTE } else { LAST_CHARACTER },
            nodes: Vec::new(),
            sets: Vec::new(),
            set_ids: FxHashMap::default(),
            literals: FxHashMap::default(),
            joinable: Vec::new(),
            groups: 0,
            names: FxHashMap::default(),
        }
    }

    fn is_ascii(&self, flags: Flags) -> bool {
        self.bytes || flags.has(Flags::ASCII)
    }

    fn peek(&self) -> Option<char> {
        self.source.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek();
        self.at += usize::from(next.is_some());
        next
    }

    fn accept(&mut self, character: char) -> bool {
        let is_next = self.peek() == Some(character);
        self.at += usize::from(is_next);
        is_next
    }

    fn push(&mut self, node: Node, joinable: bool) -> NodeId {
        self.nodes.push(node);
        self.joinable.push(joinable);
        (self.nodes.len() - 1) as NodeId
    }

    fn set(&mut self, set: CharSet, joinable: bool) -> NodeId {
        let id = match self.set_ids.get(&set) {
            Some(&id) => id,
            None => {
                let id = self.sets.len() as SetId;
                self.sets.push(set.clone());
                self.set_ids.insert(set, id);
                id
            }
        };
        self.push(Node::Set(id), joinable)
    }

    fn literal(&mut self, character: u32, flags: Flags) -> NodeId {
        let folds = flags.has(Flags::IGNORE_CASE);
        if let Some(&id) = self.literals.get(&(character, folds)) {
            return self.push(Node::Set(id), true);
        }
        let mut set = CharSet::of(character);
        if folds {
            set = set.fold(self.is_ascii(flags));
        }
        let node = self.set(set, true);
        if let Node::Set(id) = self.nodes[node as usize] {
            self.literals.insert((character, folds), id);
        }
        node
    }

    fn run(&mut self) -> Option<NodeId> {
        let mut stack: Vec<Frame> = Vec::new();
        let mut frame = Frame::new(Opening::Plain, self.flags);
        while let Some(character) = self.next() {
            if frame.flags.has(Flags::VERBOSE) {
                if matches!(character, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c') {
                    continue;
                }
                if character == '#' {
                    while self.next().is_some_and(|skipped| skipped != '\n') {}
                    continue;
                }
            }
            match character {
                '|' => {
                    if matches!(frame.opening, Opening::Conditional(_))
                        && !frame.alternatives.is_empty()
                    {
                        return None;
                    }
                    let items = std::mem::take(&mut frame.items);
                    frame.alternatives.push(items);
                    frame.last = Last::Nothing;
                }
                ')' => {
                    let outer = stack.pop()?;
                    let closed = std::mem::replace(&mut frame, outer);
                    let node = self.close(closed);
                    frame.items.push(node);
                    frame.last = Last::Repeatable;
                }
                '(' => {
                    if let Some(opened) = self.open(&frame)? {
                        stack.push(std::mem::replace(&mut frame, opened));
                    }
                }
                '*' | '+' | '?' | '{' => self.quantifier(character, &mut frame)?,
                _ => {
                    let node = self.atom(character, frame.flags)?;
                    frame.last = match self.nodes[node as usize] {
                        Node::Assert(_) => Last::Nothing,
                        _ => Last::Repeatable,
                    };
                    frame.items.push(node);
                }
            }
        }
        if !stack.is_empty() {
            return None;
        }
        Some(self.close(frame))
    }

    /// What one character, an escape or a class stands for.
    fn atom(&mut self, character: char, flags: Flags) -> Option<NodeId> {
        let multi_line = flags.has(Flags::MULTI_LINE);
        let ascii = self.is_ascii(flags);
        Some(match character {
            '.' => {
                let set = if flags.has(Flags::DOT_ALL) {
                    CharSet::up_to(self.last)
                } else {
                    CharSet::of(u32::from('\n')).complement(self.last)
                };
                self.set(set, false)
            }
            '^' if multi_line => self.push(Node::Assert(Assertion::LineStart), false),
            '^' => self.push(Node::Assert(Assertion::TextStart), false),
            '$' if multi_line => self.push(Node::Assert(Assertion::LineEnd), false),
            '$' => self.push(Node::Assert(Assertion::LastLineEnd), false),
            '[' => {
                let (mut set, negated) = class::class(self.source, &mut self.at, ascii, self.last)?;
                if flags.has(Flags::IGNORE_CASE) {
                    set = set.fold(ascii);
                }
                if negated {
                    set = set.complement(self.last);
                }
                self.set(set, !negated)
            }
            '\\' => {
                let escape = class::escape(self.source, &mut self.at, ascii, self.last, false)?;
                match escape {
                    Escape::Character(code) => self.literal(code, flags),
                    Escape::Class(set) => self.set(set, true),
                    Escape::Assertion(assertion) => self.push(Node::Assert(assertion), false),
                    Escape::Group(group) => {
                        if group > self.groups {
                            return None;
                        }
                        self.push(Node::Backreference(group), false)
                    }
                }
            }
            _ => self.literal(u32::from(character), flags),
        })
    }

    /// A quantifier, put around the last item; or the brace that is none, as a literal.
    fn quantifier(&mut self, character: char, frame: &mut Frame) -> Option<()> {
        let (min, max) = match character {
            '*' => (0, UNBOUNDED),
            '+' => (1, UNBOUNDED),
            '?' => (0, 1),
            _ => match self.braces()? {
                Some(bounds) => bounds,
                None => {
                    let node = self.literal(u32::from('{'), frame.flags);
                    frame.items.push(node);
                    frame.last = Last::Repeatable;
                    return Some(());
                }
            },
        };
        if frame.last != Last::Repeatable {
            return None;
        }
        let greed = if self.accept('?') {
            Greed::Lazy
        } else if self.accept('+') {
            Greed::Possessive
        } else {
            Greed::Greedy
        };
        let body = frame.items.pop()?;
        let node = self.push(
            Node::Repeat {
                body,
                min,
                max,
                greed,
            },
            false,
        );
        frame.items.push(node);
        frame.last = Last::Repeated;
        Some(())
    }

    /// The bounds after `{`; the inner nothing if it is no quantifier, the outer one if it is a wrong one.
    #[allow(clippy::option_option)]
    fn braces(&mut self) -> Option<Option<(u32, u32)>> {
        if self.peek() == Some('}') {
            return Some(None);
        }
        let back = self.at;
        let low = self.number();
        let high = if self.accept(',') { self.number() } else { low };
        if !self.accept('}') {
            self.at = back;
            return Some(None);
        }
        let bounds = (low.unwrap_or(0), high.unwrap_or(UNBOUNDED));
        (bounds.0 <= bounds.1).then_some(Some(bounds))
    }

    /// A decimal number, if one stands here; too large ones saturate.
    fn number(&mut self) -> Option<u32> {
        let mut number = None;
        while let Some(digit) = self.peek().and_then(|character| character.to_digit(10)) {
            self.at += 1;
            let value: u32 = number.unwrap_or(0);
            number = Some(
                value
                    .saturating_mul(10)
                    .saturating_add(digit)
                    .min(UNBOUNDED - 1),
            );
        }
        number
    }

    /// What follows `(`: a frame, or the inner nothing if it is no group.
    #[allow(clippy::option_option)]
    fn open(&mut self, frame: &Frame) -> Option<Option<Frame>> {
        let flags = frame.flags;
        if !self.accept('?') {
            self.groups += 1;
            return Some(Some(Frame::new(Opening::Numbered(self.groups), flags)));
        }
        let opening = match self.next()? {
            ':' => Opening::Plain,
            '>' => Opening::Atomic,
            '=' => Opening::Look {
                ahead: true,
                negative: false,
            },
            '!' => Opening::Look {
                ahead: true,
                negative: true,
            },
            '<' => Opening::Look {
                ahead: false,
                negative: match self.next()? {
                    '=' => false,
                    '!' => true,
                    _ => return None,
                },
            },
            '#' => {
                while self.next()? != ')' {}
                return Some(None);
            }
            'P' => match self.next()? {
                '<' => {
                    let name = self.until('>')?;
                    self.groups += 1;
                    if self.names.insert(name, self.groups).is_some() {
                        return None;
                    }
                    Opening::Numbered(self.groups)
                }
                '=' => {
                    let name = self.until(')')?;
                    let group = *self.names.get(&name)?;
                    return Some(Some(self.reference(group, flags)));
                }
                _ => return None,
            },
            '(' => {
                let name = self.until(')')?;
                let group = match name.parse() {
                    Ok(number) => number,
                    Err(_) => *self.names.get(&name)?,
                };
                Opening::Conditional(group)
            }
            letter => return self.inline_flags(letter, flags),
        };
        Some(Some(Frame::new(opening, flags)))
    }

    /// `(?P=name)`, as a group of its own that is closed at once.
    fn reference(&mut self, group: u32, flags: Flags) -> Frame {
        let node = self.push(Node::Backreference(group), false);
        // The closing parenthesis is read again, and closes this frame.
        self.at -= 1;
        let mut frame = Frame::new(Opening::Plain, flags);
        frame.items.push(node);
        frame
    }

    fn until(&mut self, end: char) -> Option<String> {
        let mut name = String::new();
        loop {
            match self.next()? {
                character if character == end => break,
                character => name.push(character),
            }
        }
        (!name.is_empty()).then_some(name)
    }

    /// `(?i)` for the whole, `(?i-s:…)` for a group.
    #[allow(clippy::option_option)]
    fn inline_flags(&mut self, first: char, flags: Flags) -> Option<Option<Frame>> {
        let (mut add, mut remove) = (Flags::default(), Flags::default());
        let mut removes = false;
        let mut letter = first;
        loop {
            match letter {
                ')' if !removes => {
                    self.flags = self.flags.with(add);
                    return Some(None);
                }
                ':' => break,
                '-' if !removes => removes = true,
                letter => {
                    let flag = Flags::of_letter(letter)?;
                    if removes {
                        remove = remove.with(flag);
                    } else {
                        add = add.with(flag);
                    }
                }
            }
            letter = self.next()?;
        }
        let mut inner = flags.with(add).without(remove);
        if add.has(Flags::UNICODE) {
            inner = inner.without(Flags::ASCII);
        }
        Some(Some(Frame::new(Opening::Plain, inner)))
    }

    /// The node of a group that is closed.
    fn close(&mut self, mut frame: Frame) -> NodeId {
        if let Opening::Conditional(group) = frame.opening {
            let (yes, no) = match frame.alternatives.pop() {
                Some(yes) => (yes, frame.items),
                None => (frame.items, Vec::new()),
            };
            let yes = self.concat(yes);
            let no = self.concat(no);
            return self.push(Node::Conditional(group, yes, no), false);
        }
        let body = if frame.alternatives.is_empty() {
            self.concat(frame.items)
        } else {
            frame.alternatives.push(frame.items);
            self.alternate(frame.alternatives)
        };
        let node = match frame.opening {
            Opening::Plain | Opening::Conditional(_) => return body,
            Opening::Numbered(group) => Node::Group(group, body),
            Opening::Atomic => Node::Atomic(body),
            Opening::Look { ahead, negative } => Node::Look {
                body,
                ahead,
                negative,
            },
        };
        self.push(node, false)
    }

    fn concat(&mut self, mut items: Vec<NodeId>) -> NodeId {
        match items.len() {
            0 => self.push(Node::Empty, false),
            1 => items.swap_remove(0),
            _ => self.push(Node::Concat(items), false),
        }
    }

    /// An alternation, with the two rewritings of `sre` that take ambiguity away: a common beginning is moved out, and
    /// branches of one character each become a class.
    fn alternate(&mut self, mut branches: Vec<Vec<NodeId>>) -> NodeId {
        let mut prefix = 0;
        while let Some(first) = self.set_of(branches[0].get(prefix))
            && branches[1..]
                .iter()
                .all(|branch| self.set_of(branch.get(prefix)) == Some(first))
        {
            prefix += 1;
        }
        let mut items: Vec<NodeId> = branches[0][..prefix].to_vec();
        for branch in &mut branches {
            branch.drain(..prefix);
        }
        let joins = branches
            .iter()
            .all(|branch| branch.len() == 1 && self.joinable[branch[0] as usize]);
        let rest = if joins {
            let mut ranges = Vec::new();
            for branch in &branches {
                if let Some(set) = self.set_of(branch.first()) {
                    ranges.extend_from_slice(self.sets[set as usize].ranges());
                }
            }
            self.set(CharSet::of_ranges(ranges), true)
        } else {
            let nodes = branches
                .into_iter()
                .map(|branch| self.concat(branch))
                .collect();
            self.push(Node::Alternate(nodes), false)
        };
        items.push(rest);
        self.concat(items)
    }

    fn set_of(&self, node: Option<&NodeId>) -> Option<SetId> {
        match self.nodes[*node? as usize] {
            Node::Set(set) => Some(set),
            _ => None,
        }
    }
}

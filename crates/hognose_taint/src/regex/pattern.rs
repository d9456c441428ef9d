//! A pattern as nodes in an arena.

use super::charset::CharSet;

/// The flags that a call gives, as a set of bits of the same numbers as in Python.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags(pub u32);

impl Flags {
    /// `re.IGNORECASE`
    pub const IGNORE_CASE: Self = Self(2);
    /// `re.LOCALE`
    pub const LOCALE: Self = Self(4);
    /// `re.MULTILINE`
    pub const MULTI_LINE: Self = Self(8);
    /// `re.DOTALL`
    pub const DOT_ALL: Self = Self(16);
    /// `re.UNICODE`
    pub const UNICODE: Self = Self(32);
    /// `re.VERBOSE`
    pub const VERBOSE: Self = Self(64);
    /// `re.ASCII`
    pub const ASCII: Self = Self(256);

    /// Whether all flags of `other` are set.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both together.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Without `other`.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The flag that an inline letter stands for.
    pub(super) fn of_letter(letter: char) -> Option<Self> {
        Some(match letter {
            'i' => Self::IGNORE_CASE,
            'L' => Self::LOCALE,
            'm' => Self::MULTI_LINE,
            's' => Self::DOT_ALL,
            'u' => Self::UNICODE,
            'x' => Self::VERBOSE,
            'a' => Self::ASCII,
            _ => return None,
        })
    }
}

/// A node of a pattern: its place in [`Pattern::nodes`].
pub type NodeId = u32;
/// A class: its place in [`Pattern::sets`].
pub type SetId = u32;
/// The upper bound of an unbounded repetition.
pub const UNBOUNDED: u32 = u32::MAX;

/// How a repetition tries its counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Greed {
    /// The most first.
    Greedy,
    /// The fewest first.
    Lazy,
    /// The most, and never fewer.
    Possessive,
}

/// A test that takes no character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assertion {
    /// `\A`, and `^` without `MULTILINE`.
    TextStart,
    /// `^` with `MULTILINE`.
    LineStart,
    /// `\Z`
    TextEnd,
    /// `$` without `MULTILINE`: the end, or before a line break that ends the text.
    LastLineEnd,
    /// `$` with `MULTILINE`.
    LineEnd,
    /// `\b`
    Boundary,
    /// `\B`
    NotBoundary,
}

/// What stands in a pattern. Children come before their parents in the arena, and each node has one parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// Matches the empty text.
    Empty,
    /// One character of a class.
    Set(SetId),
    /// One after another.
    Concat(Vec<NodeId>),
    /// The first that leads on.
    Alternate(Vec<NodeId>),
    /// The body, over and over.
    Repeat {
        /// What is repeated.
        body: NodeId,
        /// At least so often.
        min: u32,
        /// At most so often; may be [`UNBOUNDED`].
        max: u32,
        /// What is tried first.
        greed: Greed,
    },
    /// A group with a number.
    Group(u32, NodeId),
    /// `(?>…)`
    Atomic(NodeId),
    /// `(?=…)`, `(?!…)`, `(?<=…)`, `(?<!…)`
    Look {
        /// What is looked for.
        body: NodeId,
        /// Ahead, or behind.
        ahead: bool,
        /// Whether it must not be there.
        negative: bool,
    },
    /// `\1`
    Backreference(u32),
    /// `(?(1)…|…)`
    Conditional(u32, NodeId, NodeId),
    /// A test of the place.
    Assert(Assertion),
}

/// A parsed pattern.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// All nodes, children first.
    pub nodes: Vec<Node>,
    /// The classes, each once.
    pub sets: Vec<CharSet>,
    /// The whole.
    pub root: NodeId,
    /// How many groups have a number.
    pub groups: u32,
    /// The largest character of the subject.
    pub last: u32,
    /// What `\w` means for `\b`.
    pub word: CharSet,
    /// The characters of the source.
    pub length: usize,
}

impl Pattern {
    /// Whether it asks for the borders of words.
    pub(super) fn asks_for_words(&self) -> bool {
        self.nodes.iter().any(|node| {
            matches!(
                node,
                Node::Assert(Assertion::Boundary | Assertion::NotBoundary)
            )
        })
    }

    /// Whether it asks for the borders of lines.
    pub(super) fn asks_for_lines(&self) -> bool {
        self.nodes.iter().any(|node| {
            matches!(
                node,
                Node::Assert(Assertion::LineStart | Assertion::LineEnd)
            )
        })
    }

    /// The shortest and the longest text of each node.
    pub(super) fn widths(&self) -> Vec<(u32, u32)> {
        let mut widths: Vec<(u32, u32)> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let of = |node: &NodeId| widths[*node as usize];
            let either = |nodes: &mut dyn Iterator<Item = (u32, u32)>| {
                nodes.fold((UNBOUNDED, 0), |all, width| {
                    (all.0.min(width.0), all.1.max(width.1))
                })
            };
            let width = match node {
                Node::Empty | Node::Assert(_) | Node::Look { .. } => (0, 0),
                Node::Set(_) => (1, 1),
                Node::Concat(items) => {
                    items.iter().map(of).fold((0, 0), |all: (u32, u32), width| {
                        (all.0.saturating_add(width.0), all.1.saturating_add(width.1))
                    })
                }
                Node::Alternate(branches) => either(&mut branches.iter().map(of)),
                Node::Conditional(_, yes, no) => either(&mut [of(yes), of(no)].into_iter()),
                Node::Group(_, body) | Node::Atomic(body) => of(body),
                Node::Repeat { body, min, max, .. } => {
                    let (shortest, longest) = of(body);
                    (shortest.saturating_mul(*min), longest.saturating_mul(*max))
                }
                Node::Backreference(_) => (0, UNBOUNDED),
            };
            widths.push(width);
        }
        widths
    }
}

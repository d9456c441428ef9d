//! The automaton of positions of a pattern (Glushkov), with the *number* of ways from one position to the next.
//!
//! Each character class in the pattern is a state; there are no empty steps. In `(a+)+` two ways lead from the `a` to
//! itself, the inner loop and the outer one, and that is just what a backtracking matcher suffers from. The plain
//! construction forgets it, so each edge counts its ways up to two ("many"), as in Weideman, van der Merwe, Berglund
//! and Watson, "Analyzing Matching Time Behavior of Backtracking Regular Expression Matchers by Using Ambiguity of
//! NFA" (CIAA 2016).
//!
//! What a matcher does and the automaton leaves out makes the automaton *more* ambiguous, never less: greed, atomic
//! groups, what a look-around demands, what a backreference repeats. [`super::machine`] tries out what is found.

use super::charset::CharSet;
use super::pattern::{Assertion, Node, NodeId, Pattern, UNBOUNDED};

/// A state. The first is the start, before any character.
pub(super) type State = u32;

/// The start.
pub(super) const START: State = 0;

/// The most states of an automaton.
const MOST_STATES: usize = 2_000;
/// The most edges, counted before equal ones are joined.
const MOST_EDGES: usize = 120_000;
/// From so many turns on, a counted group counts as a loop: an attacker has enough of them.
const MANY_TURNS: u32 = 12;
/// From so many turns on, so does a single counted class.
const VERY_MANY_TURNS: u32 = 2_000;
/// From so many characters on, so does a counted group whose turns differ in length: `((a{0,5}){0,5}){0,5}`.
const LONG: u32 = 32;
/// How many different conditions are told apart at one border of a part; beyond, they are ignored.
const MOST_CONDITIONS: usize = 4;

/// A set of assertions between two characters.
type Conditions = u8;

fn condition(assertion: Assertion) -> Conditions {
    match assertion {
        Assertion::TextStart => 1,
        Assertion::LineStart => 2,
        Assertion::TextEnd => 4,
        Assertion::LastLineEnd => 8,
        Assertion::LineEnd => 16,
        Assertion::Boundary => 32,
        Assertion::NotBoundary => 64,
    }
}

/// A state at the border of a part, what must hold between it and its neighbour, and in how many ways it gets there.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Border {
    state: State,
    conditions: Conditions,
    ways: u8,
}

/// A part of the automaton under construction.
#[derive(Debug, Default, Clone)]
struct Part {
    first: Vec<Border>,
    last: Vec<Border>,
    /// The ways to match the empty text; the state is not used.
    empty: Vec<Border>,
    /// Where its states and its edges begin; they end where the ones made next begin.
    states: usize,
    edges: usize,
}

/// A step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    from: State,
    pub to: State,
    /// One, or two for more than one.
    pub ways: u8,
}

/// An automaton.
pub(super) struct Automaton {
    /// The characters that each state takes when it is entered; none for the start.
    pub sets: Vec<CharSet>,
    /// The class of each state, equal for equal characters.
    pub classes: Vec<u32>,
    /// Steps out of each state.
    edges: Vec<Edge>,
    begins: Vec<usize>,
    /// States that stand for the text skipped before the match of a search.
    pub skipping: usize,
    /// Whether a counted repetition was shortened to fit, so that what is found need not be real.
    pub is_shortened: bool,
    /// Whether a counted repetition counts as a loop.
    pub is_widened: bool,
}

impl Automaton {
    /// The steps out of a state.
    pub fn steps(&self, state: State) -> &[Edge] {
        &self.edges[self.begins[state as usize]..self.begins[state as usize + 1]]
    }

    /// How many states there are.
    pub fn len(&self) -> usize {
        self.sets.len()
    }

    /// Builds the automaton; with `search`, any text may come before the match. Nothing if it would be too large.
    pub fn new(pattern: &Pattern, search: bool) -> Option<Self> {
        Builder::new(pattern, search, u32::MAX)
            .build()
            .or_else(|| Builder::new(pattern, search, 3).build())
    }
}

#[allow(clippy::struct_excessive_bools)]
struct Builder<'p> {
    pattern: &'p Pattern,
    search: bool,
    /// The shortest and the longest text of each node.
    widths: Vec<(u32, u32)>,
    /// How many copies a repetition may make.
    most_copies: u32,
    has_boundary: bool,
    has_lines: bool,
    sets: Vec<CharSet>,
    is_word: Vec<bool>,
    has_line_break: Vec<bool>,
    classes: Vec<u32>,
    edges: Vec<Edge>,
    is_shortened: bool,
    is_widened: bool,
}

/// Whether so many turns of a part make a long text in very many ways.
pub(super) fn is_long((shortest, longest): (u32, u32), turns: u32) -> bool {
    shortest != longest
        && longest != UNBOUNDED
        && turns != UNBOUNDED
        && turns > 1
        && longest.saturating_mul(turns) >= LONG
}

const NOT_USED: State = u32::MAX;

fn once() -> Vec<Border> {
    vec![Border {
        state: NOT_USED,
        conditions: 0,
        ways: 1,
    }]
}

/// Adds a border, joining it with an equal one.
fn add(borders: &mut Vec<Border>, border: Border) {
    match borders
        .iter_mut()
        .rev()
        .take(MOST_CONDITIONS * 2)
        .find(|other| other.state == border.state && other.conditions == border.conditions)
    {
        Some(other) => other.ways = (other.ways + border.ways).min(2),
        None => borders.push(border),
    }
}

/// Each of `borders` after (or before) each way of matching nothing.
fn through(borders: &[Border], empty: &[Border], into: &mut Vec<Border>) {
    for border in borders {
        for way in empty {
            add(
                into,
                Border {
                    state: border.state,
                    conditions: border.conditions | way.conditions,
                    ways: (border.ways * way.ways).min(2),
                },
            );
        }
    }
}

/// Keeps the number of ways through nothing small.
fn limit(empty: &mut Vec<Border>) {
    if empty.len() > MOST_CONDITIONS {
        *empty = once();
    }
}

impl<'p> Builder<'p> {
    fn new(pattern: &'p Pattern, search: bool, most_copies: u32) -> Self {
        Self {
            pattern,
            search,
            widths: pattern.widths(),
            most_copies,
            has_boundary: pattern.asks_for_words(),
            has_lines: pattern.asks_for_lines(),
            sets: Vec::new(),
            is_word: Vec::new(),
            has_line_break: Vec::new(),
            classes: Vec::new(),
            edges: Vec::new(),
            is_shortened: most_copies != u32::MAX,
            is_widened: false,
        }
    }

    fn state(&mut self, set: CharSet, class: u32) -> State {
        self.is_word.push(set.intersects(&self.pattern.word));
        self.has_line_break.push(set.has('\n'));
        self.sets.push(set);
        self.classes.push(class);
        (self.sets.len() - 1) as State
    }

    /// One state for a class; more where the pattern asks for the borders of words or lines, so that each state is of
    /// one side: characters of words, line breaks, others.
    fn states_of(&mut self, set: &CharSet, class: u32) -> Vec<State> {
        let mut rest = set.clone();
        let mut states = Vec::with_capacity(3);
        let line_break = CharSet::of(u32::from('\n'));
        let word = self.pattern.word.clone();
        for (number, side, splits) in [
            (1, &word, self.has_boundary),
            (2, &line_break, self.has_lines),
        ] {
            if splits {
                let part = rest.intersection(side);
                rest = rest.intersection(&side.complement(self.pattern.last));
                if !part.is_empty() {
                    states.push(self.state(part, class * 3 + number));
                }
            }
        }
        if !rest.is_empty() || states.is_empty() {
            states.push(self.state(rest, class * 3));
        }
        states
    }

    /// Whether the conditions can hold between two states.
    fn holds(&self, from: State, to: State, conditions: Conditions) -> bool {
        if conditions == 0 {
            return true;
        }
        let asks = |assertion| conditions & condition(assertion) != 0;
        let is_start = from == START;
        let line_break_before = is_start || self.has_line_break[from as usize];
        let line_break_after = self.has_line_break[to as usize];
        let boundary = (!is_start && self.is_word[from as usize]) != self.is_word[to as usize];
        !(asks(Assertion::TextStart) && !is_start
            || asks(Assertion::LineStart) && !line_break_before
            || asks(Assertion::TextEnd)
            || asks(Assertion::LastLineEnd) && !line_break_after
            || asks(Assertion::LineEnd) && !line_break_after
            || asks(Assertion::Boundary) && !boundary
            || asks(Assertion::NotBoundary) && boundary)
    }

    fn link(&mut self, last: &[Border], first: &[Border]) -> Option<()> {
        for from in last {
            for to in first {
                if self.holds(from.state, to.state, from.conditions | to.conditions) {
                    if self.edges.len() >= MOST_EDGES {
                        return None;
                    }
                    self.edges.push(Edge {
                        from: from.state,
                        to: to.state,
                        ways: (from.ways * to.ways).min(2),
                    });
                }
            }
        }
        Some(())
    }

    fn build(mut self) -> Option<Automaton> {
        // The start takes no character; its class is like no other.
        let start = self.state(CharSet::default(), u32::MAX);
        let mut before = vec![Border {
            state: start,
            conditions: 0,
            ways: 1,
        }];
        if self.search {
            let all = CharSet::up_to(self.pattern.last);
            let skipping: Vec<Border> = self
                .states_of(&all, self.pattern.sets.len() as u32)
                .into_iter()
                .map(|state| Border {
                    state,
                    conditions: 0,
                    ways: 1,
                })
                .collect();
            self.link(&before, &skipping)?;
            self.link(&skipping, &skipping)?;
            before.extend(skipping);
        }
        let skipping = before.len() - 1;
        let mut parts: Vec<Part> = Vec::with_capacity(self.pattern.nodes.len());
        let pattern = self.pattern;
        for node in &pattern.nodes {
            let part = self.part(node, &mut parts)?;
            parts.push(part);
            if self.sets.len() > MOST_STATES {
                return None;
            }
        }
        let whole = std::mem::take(&mut parts[pattern.root as usize]);
        self.link(&before, &whole.first)?;
        // Joins equal edges, adding up their ways.
        self.edges.sort_unstable_by_key(|edge| (edge.from, edge.to));
        let mut edges: Vec<Edge> = Vec::with_capacity(self.edges.len());
        for edge in self.edges {
            match edges.last_mut() {
                Some(last) if (last.from, last.to) == (edge.from, edge.to) => {
                    last.ways = (last.ways + edge.ways).min(2);
                }
                _ => edges.push(edge),
            }
        }
        let begins = (0..=self.sets.len() as State)
            .map(|state| edges.partition_point(|edge| edge.from < state))
            .collect();
        Some(Automaton {
            sets: self.sets,
            classes: self.classes,
            edges,
            begins,
            skipping,
            is_shortened: self.is_shortened,
            is_widened: self.is_widened,
        })
    }

    fn part(&mut self, node: &Node, parts: &mut [Part]) -> Option<Part> {
        let mut take = |node: NodeId| std::mem::take(&mut parts[node as usize]);
        let mut part = Part {
            states: self.sets.len(),
            edges: self.edges.len(),
            ..Part::default()
        };
        match node {
            Node::Empty => part.empty = once(),
            Node::Assert(assertion) => {
                part.empty = once();
                part.empty[0].conditions = condition(*assertion);
            }
            Node::Set(set) => {
                let pattern = self.pattern;
                for state in self.states_of(&pattern.sets[*set as usize], *set) {
                    let border = Border {
                        state,
                        conditions: 0,
                        ways: 1,
                    };
                    part.first.push(border);
                    part.last.push(border);
                }
            }
            // What it repeats may be anything.
            Node::Backreference(_) => {
                let all = CharSet::up_to(self.pattern.last);
                for state in self.states_of(&all, self.pattern.sets.len() as u32) {
                    let border = Border {
                        state,
                        conditions: 0,
                        ways: 1,
                    };
                    part.first.push(border);
                    part.last.push(border);
                }
                part.empty = once();
                let borders = part.first.clone();
                self.link(&borders, &borders)?;
            }
            Node::Group(_, body) | Node::Atomic(body) => part = take(*body),
            Node::Look { body, ahead, .. } => {
                let body = take(*body);
                part.empty = once();
                (part.states, part.edges) = (body.states, body.edges);
                // What is looked for is read, and read no further. Behind, its length is fixed.
                if *ahead {
                    part.first = body.first;
                }
            }
            Node::Concat(items) => {
                let mut items = items.iter();
                part = take(*items.next()?);
                for item in items {
                    let next = take(*item);
                    part = self.concat(part, next)?;
                }
            }
            Node::Alternate(branches) => {
                for (index, branch) in branches.iter().enumerate() {
                    let branch = take(*branch);
                    if index == 0 {
                        (part.states, part.edges) = (branch.states, branch.edges);
                    }
                    part.first.extend(branch.first);
                    part.last.extend(branch.last);
                    for way in branch.empty {
                        add(&mut part.empty, way);
                    }
                }
                limit(&mut part.empty);
            }
            Node::Conditional(_, yes, no) => {
                let yes = take(*yes);
                let no = take(*no);
                (part.states, part.edges) = (yes.states, yes.edges);
                part.first = [yes.first, no.first].concat();
                part.last = [yes.last, no.last].concat();
                part.empty = yes.empty;
                for way in no.empty {
                    add(&mut part.empty, way);
                }
                limit(&mut part.empty);
            }
            Node::Repeat { body, min, max, .. } => {
                let many = match self.pattern.nodes[*body as usize] {
                    Node::Set(_) => VERY_MANY_TURNS,
                    _ if is_long(self.widths[*body as usize], *max) => 2,
                    _ => MANY_TURNS,
                };
                let body = take(*body);
                return self.repeat(&body, *min, *max, many);
            }
        }
        Some(part)
    }

    fn concat(&mut self, left: Part, right: Part) -> Option<Part> {
        self.link(&left.last, &right.first)?;
        let mut part = Part {
            states: left.states,
            edges: left.edges,
            ..Part::default()
        };
        part.first = left.first;
        through(&right.first, &left.empty, &mut part.first);
        part.last = right.last;
        through(&left.last, &right.empty, &mut part.last);
        through(&left.empty, &right.empty, &mut part.empty);
        limit(&mut part.empty);
        Some(part)
    }

    /// A copy of the part that was made last.
    fn copy(&mut self, part: &Part, states_end: usize, edges_end: usize) -> Option<Part> {
        let shift = (self.sets.len() - part.states) as State;
        if self.sets.len() + (states_end - part.states) > MOST_STATES
            || self.edges.len() + (edges_end - part.edges) > MOST_EDGES
        {
            return None;
        }
        let mut copy = part.clone();
        copy.states = self.sets.len();
        copy.edges = self.edges.len();
        for state in part.states..states_end {
            self.sets.push(self.sets[state].clone());
            self.is_word.push(self.is_word[state]);
            self.has_line_break.push(self.has_line_break[state]);
            self.classes.push(self.classes[state]);
        }
        for edge in part.edges..edges_end {
            let edge = self.edges[edge];
            self.edges.push(Edge {
                from: edge.from + shift,
                to: edge.to + shift,
                ways: edge.ways,
            });
        }
        for border in copy.first.iter_mut().chain(&mut copy.last) {
            border.state += shift;
        }
        Some(copy)
    }

    fn repeat(&mut self, body: &Part, min: u32, max: u32, many: u32) -> Option<Part> {
        let (states, edges) = (body.states, body.edges);
        if max == 0 || body.first.is_empty() {
            return Some(Part {
                empty: once(),
                states,
                edges,
                ..Part::default()
            });
        }
        let is_loop = max >= many;
        self.is_widened |= is_loop && max != UNBOUNDED;
        let wanted = if is_loop {
            min.clamp(1, MANY_TURNS)
        } else {
            max
        };
        let copies = wanted.min(self.most_copies);
        let needed = min.min(copies);
        let (states_end, edges_end) = (self.sets.len(), self.edges.len());
        let optional = min == 0 || !body.empty.is_empty();
        let mut whole = Part {
            first: body.first.clone(),
            states,
            edges,
            ..Part::default()
        };
        if !body.empty.is_empty() || min == 0 {
            // An empty turn ends a loop in `sre`, so that no turns and empty ones count once.
            whole.empty = if body.empty.is_empty() {
                once()
            } else {
                body.empty.clone()
            };
        }
        let mut turn = body.clone();
        for count in 1..=copies {
            if is_loop && count == copies {
                self.link(&turn.last, &turn.first)?;
            }
            if count >= needed || optional {
                whole.last.extend_from_slice(&turn.last);
            }
            if count < copies {
                let next = self.copy(body, states_end, edges_end)?;
                self.link(&turn.last, &next.first)?;
                turn = next;
            }
        }
        Some(whole)
    }
}

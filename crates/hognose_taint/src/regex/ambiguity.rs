//! In how many ways an automaton reads a word, as the word grows.
//!
//! Exponentially many if a state returns to itself in two ways over the same word (EDA), polynomially many if a state
//! `p` leads over one word to itself, to another `q`, and that one to itself (IDA): Weber and Seidl, "On the degree of
//! ambiguity of finite automata" (1991); the tests in products of the automaton with itself are those of Allauzen,
//! Mohri and Rastogi, "General algorithms for testing the ambiguity of finite automata" (2008). Wüstholz, Olivo, Heule
//! and Dillig, "Static detection of `DoS` vulnerabilities in programs that use regular expressions" (TACAS 2017), read
//! attacks off the same products.

use rustc_hash::FxHashMap;

use super::automaton::{Automaton, START, State};
use super::charset::CharSet;
use super::loops::loops;

/// Steps in products until a search is given up.
const MOST_WORK: usize = 300_000;

/// A word that many ways lead along, and how to get to where they start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    pub prefix: Vec<CharSet>,
    pub pump: Vec<CharSet>,
    pub exponential: bool,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub candidates: Vec<Candidate>,
    /// Whether all was searched.
    pub is_complete: bool,
}

/// The most candidates that are worth trying out.
const MOST_CANDIDATES: usize = 48;

struct Search<'a> {
    automaton: &'a Automaton,
    /// The loop that a state is on, by number; none for a state that does not come back.
    loops: Vec<Option<u32>>,
    /// For each pair of classes, by `left * count + right` of compact numbers, whether they share a character.
    share: Vec<bool>,
    compact: Vec<usize>,
    count: usize,
    /// The states from which each state is entered.
    entered_from: Vec<Vec<State>>,
    work: usize,
    found: Vec<Candidate>,
}

/// Looks for ambiguity.
pub(super) fn search(automaton: &Automaton) -> Found {
    let loops = loops(automaton);
    if loops.iter().all(Option::is_none) {
        return Found {
            candidates: Vec::new(),
            is_complete: true,
        };
    }
    let mut numbers: FxHashMap<u32, usize> = FxHashMap::default();
    let mut representatives: Vec<usize> = Vec::new();
    let mut compact = Vec::with_capacity(automaton.len());
    for state in 0..automaton.len() {
        let next = numbers.len();
        let number = *numbers.entry(automaton.classes[state]).or_insert(next);
        if number == next && representatives.len() == next {
            representatives.push(state);
        }
        compact.push(number);
    }
    let count = representatives.len();
    let mut share = vec![false; count * count];
    for left in 0..count {
        for right in left..count {
            let intersects = automaton.sets[representatives[left]]
                .intersects(&automaton.sets[representatives[right]]);
            share[left * count + right] = intersects;
            share[right * count + left] = intersects;
        }
    }
    let mut entered_from = vec![Vec::new(); automaton.len()];
    for state in 0..automaton.len() as State {
        for edge in automaton.steps(state) {
            entered_from[edge.to as usize].push(state);
        }
    }
    let mut search = Search {
        automaton,
        entered_from,
        loops,
        share,
        compact,
        count,
        work: 0,
        found: Vec::new(),
    };
    let is_complete = search.exponential().is_some() && search.polynomial().is_some();
    Found {
        candidates: search.found,
        is_complete,
    }
}

impl Search<'_> {
    fn shares(&self, left: State, right: State) -> bool {
        self.share[self.compact[left as usize] * self.count + self.compact[right as usize]]
    }

    /// Counts a step; nothing when there were too many.
    fn step(&mut self) -> Option<()> {
        self.work += 1;
        (self.work <= MOST_WORK).then_some(())
    }

    /// The characters that are in the classes of all these states.
    fn characters(&self, states: &[State]) -> CharSet {
        let mut common: CharSet = self.automaton.sets[states[0] as usize].clone();
        for &state in &states[1..] {
            common = common.intersection(&self.automaton.sets[state as usize]);
        }
        common
    }

    /// The shortest word that leads from `from` to `to`, by at least one step if `proper`.
    fn word(&mut self, from: State, to: State, inside: Option<u32>) -> Option<Vec<CharSet>> {
        let mut before: Vec<State> = vec![State::MAX; self.automaton.len()];
        let mut queue = vec![from];
        let mut head = 0;
        while head < queue.len() {
            let state = queue[head];
            head += 1;
            for edge in self.automaton.steps(state) {
                self.step()?;
                let to_state = edge.to as usize;
                if before[to_state] != State::MAX
                    || inside.is_some() && self.loops[to_state] != inside
                {
                    continue;
                }
                before[to_state] = state;
                if edge.to == to {
                    let mut word = vec![self.characters(&[to])];
                    let mut at = state;
                    while at != from {
                        word.push(self.characters(&[at]));
                        at = before[at as usize];
                    }
                    word.reverse();
                    return Some(word);
                }
                queue.push(edge.to);
            }
        }
        None
    }

    fn prefix(&mut self, state: State) -> Option<Vec<CharSet>> {
        if state == START {
            return Some(Vec::new());
        }
        let mut word = self.word(START, state, None)?;
        // Where the text before a match is skipped, one may start right away.
        if (state as usize) <= self.automaton.skipping {
            word.clear();
        }
        Some(word)
    }

    fn add(&mut self, state: State, pump: Vec<CharSet>, exponential: bool) -> Option<()> {
        let Some(prefix) = self.prefix(state) else {
            // Never reached, or too much work.
            return (self.work <= MOST_WORK).then_some(());
        };
        let candidate = Candidate {
            prefix,
            pump,
            exponential,
        };
        if self.found.len() < MOST_CANDIDATES && !self.found.contains(&candidate) {
            self.found.push(candidate);
        }
        Some(())
    }

    /// The states of each loop.
    fn members(&self) -> Vec<Vec<State>> {
        let mut members: Vec<Vec<State>> = Vec::new();
        for (state, component) in self.loops.iter().enumerate() {
            if let Some(component) = *component {
                let component = component as usize;
                if members.len() <= component {
                    members.resize(component + 1, Vec::new());
                }
                members[component].push(state as State);
            }
        }
        members
    }

    fn exponential(&mut self) -> Option<()> {
        let automaton = self.automaton;
        for (component, members) in self.members().into_iter().enumerate() {
            let inside = Some(component as u32);
            // Two ways between neighbours.
            let mut doubled = 0;
            for &state in &members {
                for edge in automaton.steps(state) {
                    if edge.ways < 2 || self.loops[edge.to as usize] != inside {
                        continue;
                    }
                    let mut pump = vec![self.characters(&[edge.to])];
                    if edge.to != state {
                        pump.extend(self.word(edge.to, state, inside)?);
                    }
                    self.add(state, pump, true)?;
                    doubled += 1;
                }
                if doubled >= 4 {
                    break;
                }
            }
            // Two ways that part and meet again.
            let mut tries = 0;
            for &state in &members {
                if let Some(pump) = self.parting(state, inside)? {
                    self.add(state, pump, true)?;
                    tries += 1;
                    if tries >= 3 {
                        break;
                    }
                }
            }
        }
        Some(())
    }

    /// A word over which `state` returns to itself on two ways that part at once.
    #[allow(clippy::option_option)]
    fn parting(&mut self, state: State, inside: Option<u32>) -> Option<Option<Vec<CharSet>>> {
        let automaton = self.automaton;
        let stays = |search: &Self, to: State| search.loops[to as usize] == inside;
        let mut before: FxHashMap<(State, State), (State, State)> = FxHashMap::default();
        let mut queue: Vec<(State, State)> = Vec::new();
        let steps: Vec<State> = automaton
            .steps(state)
            .iter()
            .map(|edge| edge.to)
            .filter(|&to| stays(self, to))
            .collect();
        for (index, &left) in steps.iter().enumerate() {
            for &right in &steps[index + 1..] {
                self.step()?;
                if self.shares(left, right)
                    && before.insert((left, right), (state, state)).is_none()
                {
                    queue.push((left, right));
                }
            }
        }
        let mut head = 0;
        while head < queue.len() {
            let (left, right) = queue[head];
            head += 1;
            for left_edge in automaton.steps(left) {
                if !stays(self, left_edge.to) {
                    continue;
                }
                for right_edge in automaton.steps(right) {
                    self.step()?;
                    let pair = (left_edge.to, right_edge.to);
                    if !stays(self, pair.1) || !self.shares(pair.0, pair.1) {
                        continue;
                    }
                    if pair == (state, state) {
                        let mut word = vec![self.characters(&[state])];
                        let mut at = (left, right);
                        while at != (state, state) {
                            word.push(self.characters(&[at.0, at.1]));
                            at = before[&at];
                        }
                        word.reverse();
                        return Some(Some(word));
                    }
                    if let std::collections::hash_map::Entry::Vacant(entry) = before.entry(pair) {
                        entry.insert((left, right));
                        queue.push(pair);
                    }
                }
            }
        }
        Some(None)
    }

    fn polynomial(&mut self) -> Option<()> {
        let members = self.members();
        let mut reach: Vec<Vec<bool>> = Vec::with_capacity(members.len());
        for members in &members {
            reach.push(self.reachable(members[0])?);
        }
        // Loops of the pattern first, then those that a search enters anew at each place.
        let mut pairs: Vec<(bool, usize, usize)> = Vec::new();
        for (from, reached) in reach.iter().enumerate() {
            for (to, target) in members.iter().enumerate() {
                self.step()?;
                if from != to && reached[target[0] as usize] {
                    let skips = (members[from][0] as usize) <= self.automaton.skipping;
                    pairs.push((skips, from, to));
                }
            }
        }
        pairs.sort_unstable();
        for (_, from, to) in pairs {
            self.pair(&members[from], &members[to], &reach[from])?;
        }
        Some(())
    }

    fn reachable(&mut self, from: State) -> Option<Vec<bool>> {
        let automaton = self.automaton;
        let mut reached = vec![false; automaton.len()];
        let mut stack = vec![from];
        while let Some(state) = stack.pop() {
            for edge in automaton.steps(state) {
                self.step()?;
                if !std::mem::replace(&mut reached[edge.to as usize], true) {
                    stack.push(edge.to);
                }
            }
        }
        Some(reached)
    }

    /// Looks for a state in one loop and one in another with a word that keeps both and leads from one to the other.
    fn pair(&mut self, left: &[State], right: &[State], reached: &[bool]) -> Option<()> {
        let meet = left
            .iter()
            .any(|&a| right.iter().any(|&b| self.shares(a, b)));
        if !meet {
            return Some(());
        }
        // Only states from which the second loop is reached matter on the way.
        let leads = self.leads_to(right)?;
        let mut tries = 0;
        for &from in left {
            for &to in right {
                // All three ways end their first step with the same character.
                if !self.shares(from, to) {
                    continue;
                }
                if let Some(pump) = self.triple(from, to, reached, &leads)? {
                    self.add(from, pump, false)?;
                    tries += 1;
                    if tries >= 2 {
                        return Some(());
                    }
                    break;
                }
            }
        }
        Some(())
    }

    /// The states from which one of `targets` is reached.
    fn leads_to(&mut self, targets: &[State]) -> Option<Vec<bool>> {
        let mut leads = vec![false; self.automaton.len()];
        let mut stack = targets.to_vec();
        while let Some(state) = stack.pop() {
            if std::mem::replace(&mut leads[state as usize], true) {
                continue;
            }
            self.work += self.entered_from[state as usize].len();
            stack.extend_from_slice(&self.entered_from[state as usize]);
            self.step()?;
        }
        Some(leads)
    }

    /// A word with `from` → `from`, `from` → `to` and `to` → `to`.
    #[allow(clippy::option_option)]
    fn triple(
        &mut self,
        from: State,
        to: State,
        reached: &[bool],
        leads: &[bool],
    ) -> Option<Option<Vec<CharSet>>> {
        type Triple = (State, State, State);
        let automaton = self.automaton;
        let (first_loop, last_loop) = (self.loops[from as usize], self.loops[to as usize]);
        let begin: Triple = (from, from, to);
        let mut before: FxHashMap<Triple, Triple> = FxHashMap::default();
        let mut queue: Vec<Triple> = vec![begin];
        let mut head = 0;
        while head < queue.len() {
            let at = queue[head];
            head += 1;
            for first in automaton.steps(at.0) {
                if self.loops[first.to as usize] != first_loop {
                    continue;
                }
                for last in automaton.steps(at.2) {
                    self.step()?;
                    if self.loops[last.to as usize] != last_loop || !self.shares(first.to, last.to)
                    {
                        continue;
                    }
                    for middle in automaton.steps(at.1) {
                        self.step()?;
                        let next = (first.to, middle.to, last.to);
                        if !reached[next.1 as usize]
                            || !leads[next.1 as usize]
                            || !self.shares(next.0, next.1)
                            || !self.shares(next.1, next.2)
                            || before.contains_key(&next)
                            || !self.all_share(next)
                        {
                            continue;
                        }
                        before.insert(next, at);
                        if next == (from, to, to) {
                            let mut word = Vec::new();
                            let mut place = next;
                            loop {
                                word.push(self.characters(&[place.0, place.1, place.2]));
                                place = before[&place];
                                if place == begin {
                                    break;
                                }
                            }
                            word.reverse();
                            return Some(Some(word));
                        }
                        queue.push(next);
                    }
                }
            }
        }
        Some(None)
    }

    fn all_share(&self, (first, middle, last): (State, State, State)) -> bool {
        // Pairs share; only three different classes can still have nothing in common.
        let classes = (
            self.compact[first as usize],
            self.compact[middle as usize],
            self.compact[last as usize],
        );
        if classes.0 == classes.1 || classes.1 == classes.2 || classes.0 == classes.2 {
            return true;
        }
        let sets = &self.automaton.sets;
        sets[first as usize]
            .intersection(&sets[middle as usize])
            .intersects(&sets[last as usize])
    }
}

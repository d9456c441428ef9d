//! A backtracking matcher that works like `CPython`'s `sre` and counts its steps.
//!
//! An automaton shows where a pattern is ambiguous; whether a matcher suffers from it depends on what it tries first,
//! on what follows, and on what it cannot go back into. Rather than to prove all that, the attack is carried out here,
//! in small, with a bound on the steps. The stack of `sre` is a vector here.

use super::pattern::{Assertion, Greed, Pattern, UNBOUNDED};
use super::program::{Instruction, Program};

/// How a pattern is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Use {
    /// `re.match`: at the start of the text.
    Match,
    /// `re.fullmatch`: the whole text.
    FullMatch,
    /// `re.search`: the first match anywhere.
    Search,
    /// `re.sub`, `re.findall`, `re.split`, `re.finditer`: all matches anywhere.
    Scan,
}

/// What became of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    /// Steps taken: characters compared, choices tried.
    pub steps: u64,
    /// Whether there was a match; none if the bound was hit.
    pub matched: Option<bool>,
}

/// What to try otherwise.
enum Choice {
    At {
        pc: usize,
        position: usize,
        trail: usize,
    },
    /// A greedy class may give back until `fewest`.
    Fewer {
        pc: usize,
        position: usize,
        fewest: usize,
        trail: usize,
    },
    /// A lazy class may take more, at most until `most`.
    More {
        set: u32,
        pc: usize,
        position: usize,
        most: usize,
        trail: usize,
    },
    /// A lazy repetition may take a turn.
    Turn {
        counter: usize,
        body: usize,
        position: usize,
        trail: usize,
    },
}

const UNSET: u64 = u64::MAX;

/// A text with its characters made small numbers.
pub(super) struct Machine<'p> {
    program: &'p Program,
    text: Vec<usize>,
    is_word: Vec<bool>,
    line_break: Option<usize>,
    /// Whether class `set` has character `c`: at `set * distinct + c`.
    table: Vec<bool>,
    distinct: usize,
    budget: u64,
    steps: u64,
    /// Slots of groups, then counters and where their turns began, then cuts and where looks began.
    registers: Vec<u64>,
    trail: Vec<(usize, u64)>,
    choices: Vec<Choice>,
}

impl<'p> Machine<'p> {
    pub fn new(pattern: &'p Pattern, program: &'p Program, text: &[u32], budget: u64) -> Self {
        let mut distinct: Vec<u32> = text.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        let number = |code: u32| distinct.partition_point(|&other| other < code);
        let mut table = Vec::with_capacity(pattern.sets.len() * distinct.len());
        for set in &pattern.sets {
            table.extend(distinct.iter().map(|&code| set.contains(code)));
        }
        let registers = program.groups * 2 + program.counters * 2 + program.cuts * 2;
        Self {
            program,
            text: text.iter().map(|&code| number(code)).collect(),
            is_word: distinct
                .iter()
                .map(|&code| pattern.word.contains(code))
                .collect(),
            line_break: distinct.binary_search(&u32::from('\n')).ok(),
            table,
            distinct: distinct.len(),
            budget,
            steps: 0,
            registers: vec![UNSET; registers as usize],
            trail: Vec::new(),
            choices: Vec::new(),
        }
    }

    /// Runs the pattern as `usage` says.
    pub fn run(mut self, usage: Use) -> Run {
        let mut matched = Some(false);
        let anywhere = matches!(usage, Use::Search | Use::Scan);
        let mut start = 0;
        loop {
            match self.match_at(start, usage == Use::FullMatch) {
                None => {
                    matched = None;
                    break;
                }
                Some(Some(end)) => {
                    matched = Some(true);
                    if usage != Use::Scan {
                        break;
                    }
                    start = end.max(start + 1);
                }
                Some(None) if anywhere => start += 1,
                Some(None) => break,
            }
            if start > self.text.len() {
                break;
            }
        }
        Run {
            steps: self.steps,
            matched,
        }
    }

    fn step(&mut self, steps: usize) -> Option<()> {
        self.steps += steps as u64;
        (self.steps <= self.budget).then_some(())
    }

    fn set_register(&mut self, register: usize, value: u64) {
        self.trail.push((register, self.registers[register]));
        self.registers[register] = value;
    }

    fn is_in(&self, set: u32, position: usize) -> bool {
        self.text
            .get(position)
            .is_some_and(|&character| self.table[set as usize * self.distinct + character])
    }

    fn is_line_break(&self, position: usize) -> bool {
        self.line_break.is_some() && self.text.get(position).copied() == self.line_break
    }

    fn is_word_at(&self, position: usize) -> bool {
        self.text
            .get(position)
            .is_some_and(|&character| self.is_word[character])
    }

    fn holds(&self, assertion: Assertion, position: usize) -> bool {
        let end = self.text.len();
        match assertion {
            Assertion::TextStart => position == 0,
            Assertion::LineStart => position == 0 || self.is_line_break(position - 1),
            Assertion::TextEnd => position == end,
            Assertion::LastLineEnd => {
                position == end || position + 1 == end && self.is_line_break(position)
            }
            Assertion::LineEnd => position == end || self.is_line_break(position),
            Assertion::Boundary | Assertion::NotBoundary => {
                let before = position > 0 && self.is_word_at(position - 1);
                (before != self.is_word_at(position)) == (assertion == Assertion::Boundary)
            }
        }
    }

    /// Goes back to the latest choice: where to go on; the inner nothing if there is none left.
    #[allow(clippy::option_option)]
    fn back(&mut self) -> Option<Option<(usize, usize)>> {
        loop {
            self.step(1)?;
            let Some(choice) = self.choices.pop() else {
                return Some(None);
            };
            match choice {
                Choice::At {
                    pc,
                    position,
                    trail,
                } => {
                    self.undo(trail);
                    return Some(Some((pc, position)));
                }
                Choice::Fewer {
                    pc,
                    position,
                    fewest,
                    trail,
                } => {
                    self.undo(trail);
                    let position = position - 1;
                    if position > fewest {
                        self.choices.push(Choice::Fewer {
                            pc,
                            position,
                            fewest,
                            trail,
                        });
                    }
                    return Some(Some((pc, position)));
                }
                Choice::More {
                    set,
                    pc,
                    position,
                    most,
                    trail,
                } => {
                    self.undo(trail);
                    if !self.is_in(set, position) {
                        continue;
                    }
                    let position = position + 1;
                    if position < most {
                        self.choices.push(Choice::More {
                            set,
                            pc,
                            position,
                            most,
                            trail,
                        });
                    }
                    return Some(Some((pc, position)));
                }
                Choice::Turn {
                    counter,
                    body,
                    position,
                    trail,
                } => {
                    self.undo(trail);
                    let count = self.registers[counter].wrapping_add(1);
                    self.set_register(counter, count);
                    self.set_register(counter + 1, position as u64);
                    return Some(Some((body, position)));
                }
            }
        }
    }

    fn undo(&mut self, trail: usize) {
        while self.trail.len() > trail
            && let Some((register, value)) = self.trail.pop()
        {
            self.registers[register] = value;
        }
    }

    fn counter(&self, counter: u32) -> usize {
        (self.program.groups * 2 + counter * 2) as usize
    }

    fn cut(&self, cut: u32) -> usize {
        (self.program.groups * 2 + self.program.counters * 2 + cut * 2) as usize
    }

    /// Matches at a position: where the match ends, or the inner nothing; the outer if the budget is spent.
    #[allow(clippy::option_option)]
    fn match_at(&mut self, start: usize, full: bool) -> Option<Option<usize>> {
        self.undo(0);
        self.choices.clear();
        self.step(1)?;
        let (mut pc, mut position) = (0, start);
        loop {
            // Repetitions of nothing but assertions take no characters; they count, too.
            self.step(1)?;
            let mut failed = false;
            {
                match self.program.code[pc] {
                    Instruction::Set(set) => {
                        failed = !self.is_in(set, position);
                        position += 1;
                        pc += 1;
                    }
                    Instruction::RepeatSet {
                        set,
                        min,
                        max,
                        greed,
                    } => {
                        let room = self.text.len() - position;
                        let least = min as usize;
                        let most = if max == UNBOUNDED {
                            room
                        } else {
                            room.min(max as usize)
                        };
                        let wanted = if greed == Greed::Lazy {
                            least.min(room)
                        } else {
                            most
                        };
                        let mut count = 0;
                        while count < wanted && self.is_in(set, position + count) {
                            count += 1;
                        }
                        self.step(count)?;
                        pc += 1;
                        if count < least {
                            failed = true;
                        } else {
                            let trail = self.trail.len();
                            let taken = position + count;
                            if greed == Greed::Lazy && count < most {
                                self.choices.push(Choice::More {
                                    set,
                                    pc,
                                    position: taken,
                                    most: position + most,
                                    trail,
                                });
                            } else if greed == Greed::Greedy && count > least {
                                self.choices.push(Choice::Fewer {
                                    pc,
                                    position: taken,
                                    fewest: position + least,
                                    trail,
                                });
                            }
                            position = taken;
                        }
                    }
                    Instruction::Split(first, second) => {
                        self.choices.push(Choice::At {
                            pc: second as usize,
                            position,
                            trail: self.trail.len(),
                        });
                        pc = first as usize;
                    }
                    Instruction::Jump(place) => pc = place as usize,
                    Instruction::Save(slot) => {
                        self.set_register(slot as usize, position as u64);
                        pc += 1;
                    }
                    Instruction::Assert(assertion) => {
                        failed = !self.holds(assertion, position);
                        pc += 1;
                    }
                    Instruction::RepeatBegin(counter, turn) => {
                        let at = self.counter(counter);
                        self.set_register(at, UNSET);
                        self.set_register(at + 1, UNSET);
                        pc = turn as usize;
                    }
                    Instruction::RepeatTurn {
                        counter,
                        body,
                        min,
                        max,
                        lazy,
                    } => {
                        let at = self.counter(counter);
                        // From "unset", before the first turn, to zero.
                        let count = self.registers[at].wrapping_add(1);
                        let may = (max == UNBOUNDED || count < u64::from(max))
                            && self.registers[at + 1] != position as u64;
                        let trail = self.trail.len();
                        if count < u64::from(min) || may && !lazy {
                            if count >= u64::from(min) {
                                self.choices.push(Choice::At {
                                    pc: pc + 1,
                                    position,
                                    trail,
                                });
                            }
                            self.set_register(at, count);
                            self.set_register(at + 1, position as u64);
                            pc = body as usize;
                        } else {
                            if may && lazy {
                                self.choices.push(Choice::Turn {
                                    counter: at,
                                    body: body as usize,
                                    position,
                                    trail,
                                });
                            }
                            pc += 1;
                        }
                    }
                    Instruction::CutBegin(cut) => {
                        let at = self.cut(cut);
                        self.set_register(at, self.choices.len() as u64);
                        pc += 1;
                    }
                    Instruction::CutEnd(cut) => {
                        self.choices
                            .truncate(self.registers[self.cut(cut)] as usize);
                        pc += 1;
                    }
                    Instruction::Back(width) => {
                        failed = (width as usize) > position;
                        position = position.saturating_sub(width as usize);
                        pc += 1;
                    }
                    Instruction::LookBegin(cut, after) => {
                        let at = self.cut(cut);
                        self.set_register(at, self.choices.len() as u64);
                        self.set_register(at + 1, position as u64);
                        if let Some(after) = after {
                            self.choices.push(Choice::At {
                                pc: after as usize,
                                position,
                                trail: self.trail.len(),
                            });
                        }
                        pc += 1;
                    }
                    Instruction::LookEnd(cut) => {
                        let at = self.cut(cut);
                        self.choices.truncate(self.registers[at] as usize);
                        position = self.registers[at + 1] as usize;
                        pc += 1;
                    }
                    Instruction::LookFail(cut) => {
                        self.choices
                            .truncate(self.registers[self.cut(cut)] as usize);
                        failed = true;
                    }
                    Instruction::Backreference(group) => {
                        let (from, to) = self.group(group);
                        if to == UNSET || from == UNSET || from > to {
                            failed = true;
                        } else {
                            let length = (to - from) as usize;
                            let same = (0..length)
                                .take_while(|&at| {
                                    self.text.get(position + at)
                                        == self.text.get(from as usize + at)
                                })
                                .count();
                            self.step(same)?;
                            failed = same < length;
                            position += length;
                        }
                        pc += 1;
                    }
                    Instruction::UnlessGroup(group, place) => {
                        if self.group(group).1 == UNSET {
                            pc = place as usize;
                        } else {
                            pc += 1;
                        }
                    }
                    Instruction::Accept => {
                        if !full || position == self.text.len() {
                            return Some(Some(position));
                        }
                        failed = true;
                    }
                }
            }
            if failed {
                match self.back()? {
                    Some(next) => (pc, position) = next,
                    None => return Some(None),
                }
            }
        }
    }

    fn group(&self, group: u32) -> (u64, u64) {
        let at = group as usize * 2;
        (
            self.registers.get(at).copied().unwrap_or(UNSET),
            self.registers.get(at + 1).copied().unwrap_or(UNSET),
        )
    }
}

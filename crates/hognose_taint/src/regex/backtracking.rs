//! Whether a backtracking matcher can be made to take far longer than the text is long.
//!
//! Two steps. The automaton of the pattern is searched for words along which the number of ways grows
//! ([`super::ambiguity`]); a pattern without one is safe, and that is nearly every pattern. Each word found is then
//! tried on a matcher that works as `CPython`'s ([`super::machine`]), repeated more and more often, with several endings
//! that may make the match fail, and the steps are counted. Only an attack that works is reported.

use super::ambiguity::{self, Candidate};
use super::automaton::{Automaton, is_long};
use super::charset::{self, CharSet};
use super::machine::{Machine, Use};
use super::pattern::{Assertion, Node, Pattern};
use super::program::Program;

/// A text that takes long: `prefix`, then `pump` over and over, then `suffix`. Bytes by code point.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Attack {
    /// Leads to the repetition.
    pub prefix: String,
    /// The more of it, the longer.
    pub pump: String,
    /// Makes the match fail.
    pub suffix: String,
}

/// What a pattern costs at worst.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// As many steps as the text has characters, up to a factor.
    Safe,
    /// The number of characters to a power.
    Polynomial {
        /// The power, two or more.
        degree: u32,
        /// What takes so long.
        attack: Attack,
    },
    /// Each few characters more double the time.
    Exponential {
        /// What takes so long.
        attack: Attack,
    },
    /// The pattern is too large for a judgement.
    TooLarge,
}

impl Verdict {
    /// The power of a polynomial.
    pub fn degree(&self) -> Option<u32> {
        match self {
            Verdict::Polynomial { degree, .. } => Some(*degree),
            _ => None,
        }
    }

    /// The attack, if there is one.
    pub fn attack(&self) -> Option<&Attack> {
        match self {
            Verdict::Polynomial { attack, .. } | Verdict::Exponential { attack } => Some(attack),
            Verdict::Safe | Verdict::TooLarge => None,
        }
    }
}

/// The most steps of one run.
const RUN_BUDGET: u64 = 60_000;
/// The most steps for choosing an ending.
const ENDING_BUDGET: u64 = 8_000;
/// The most steps for one pattern.
const PATTERN_BUDGET: u64 = 2_000_000;
/// The most characters of a text that is tried.
const MOST_TEXT: usize = 20_000;
/// Repetitions at which growth is measured.
const SIZES: &[usize] = &[4, 8, 16, 32, 64, 128, 256, 512];
/// Repetitions at which exponential growth is told from polynomial growth of a high degree.
const SMALL_SIZES: &[usize] = &[5, 10, 15, 20, 25, 30, 35];

/// Judges a pattern, used in this way.
pub fn analyse(pattern: &Pattern, usage: Use) -> Verdict {
    // Without repetition, or with no more than a few turns of single classes, nothing can grow.
    let widths = pattern.widths();
    let repeats = pattern.nodes.iter().any(|node| match node {
        Node::Repeat { body, max, .. } => *max > 8 || is_long(widths[*body as usize], *max),
        _ => false,
    });
    if !repeats {
        return Verdict::Safe;
    }
    let anywhere = matches!(usage, Use::Search | Use::Scan);
    let Some(automaton) = Automaton::new(pattern, anywhere) else {
        return Verdict::TooLarge;
    };
    let found = ambiguity::search(&automaton);
    let unsettled = if found.is_complete {
        Verdict::Safe
    } else {
        Verdict::TooLarge
    };
    if found.candidates.is_empty() {
        return unsettled;
    }
    let Some(program) = Program::new(pattern) else {
        return Verdict::Safe;
    };
    let kinds = Kinds::new(pattern);
    let mut trial = Trial {
        pattern,
        program: &program,
        usage,
        spent: 0,
        endings: kinds.endings(),
        kinds,
        starts_anyhow: anywhere
            && pattern.nodes.iter().any(|node| {
                matches!(
                    node,
                    Node::Assert(
                        Assertion::TextStart
                            | Assertion::LineStart
                            | Assertion::Boundary
                            | Assertion::NotBoundary
                    ) | Node::Look { ahead: false, .. }
                )
            }),
    };
    let mut worst: Option<(u32, Attack)> = None;
    let mut candidates = found.candidates;
    // What begins early has the rest of the pattern to go wrong in.
    candidates.sort_by_key(|candidate| (!candidate.exponential, candidate.prefix.len()));
    let mut all_tried = true;
    for candidate in &candidates {
        // With something in hand, less is spent on finding worse.
        let budget = match worst {
            Some(_) => PATTERN_BUDGET / 4,
            None => PATTERN_BUDGET,
        };
        if trial.spent > budget {
            all_tried = false;
            break;
        }
        let may_explode = candidate.exponential || automaton.is_widened;
        match trial.growth_of(candidate, may_explode) {
            Some(Growth::Exponential(attack)) => return Verdict::Exponential { attack },
            Some(Growth::Polynomial(degree, attack))
                if worst.as_ref().is_none_or(|(most, _)| degree > *most) =>
            {
                worst = Some((degree, attack));
            }
            _ => {}
        }
    }
    match worst {
        Some((degree, attack)) => Verdict::Polynomial { degree, attack },
        // A word read off a shortened automaton need not be one of the pattern.
        None if automaton.is_shortened || !all_tried => Verdict::TooLarge,
        None => unsettled,
    }
}

enum Growth {
    Polynomial(u32, Attack),
    Exponential(Attack),
}

struct Trial<'p> {
    pattern: &'p Pattern,
    program: &'p Program,
    usage: Use,
    spent: u64,
    kinds: Kinds,
    endings: Vec<Vec<u32>>,
    /// Whether what comes before the repetition may matter although any text may.
    starts_anyhow: bool,
}

/// The characters that the pattern tells apart: one of each kind, with the number of classes that it is in.
struct Kinds {
    characters: Vec<(u32, usize)>,
}

impl Kinds {
    fn new(pattern: &Pattern) -> Self {
        const MOST: usize = 24;
        const MOST_SETS: usize = 64;
        let sets = &pattern.sets[..pattern.sets.len().min(MOST_SETS)];
        let mut seen: Vec<Vec<bool>> = Vec::new();
        let mut characters = Vec::new();
        let ends = sets
            .iter()
            .flat_map(|set| set.ranges().iter().take(8))
            .map(|&(first, _)| first);
        for code in charset::preferred()
            .chain(u32::from('!')..=u32::from('~'))
            .chain(ends)
        {
            let mut kind: Vec<bool> = sets.iter().map(|set| set.contains(code)).collect();
            kind.push(pattern.asks_for_words() && pattern.word.contains(code));
            kind.push(pattern.asks_for_lines() && code == u32::from('\n'));
            if code <= pattern.last && !seen.contains(&kind) {
                let count = kind.iter().filter(|&&is_in| is_in).count();
                characters.push((code, count));
                seen.push(kind);
                if seen.len() >= MOST {
                    break;
                }
            }
        }
        Self { characters }
    }

    /// Characters of a class: the one that fits least of the pattern, then the one that fits most, then the others. What
    /// fits little is more likely to make a match fail.
    fn of(&self, set: &CharSet) -> Vec<u32> {
        let mut inside: Vec<(u32, usize)> = self
            .characters
            .iter()
            .copied()
            .filter(|&(code, _)| set.contains(code))
            .collect();
        inside.sort_by_key(|&(_, count)| count);
        if inside.len() > 2
            && let Some(most) = inside.pop()
        {
            inside.insert(1, most);
        }
        let mut codes: Vec<u32> = inside.into_iter().map(|(code, _)| code).collect();
        if codes.is_empty() {
            codes.extend(set.representative());
        }
        codes
    }

    /// Endings worth trying: none, a line break, and a character of each kind.
    fn endings(&self) -> Vec<Vec<u32>> {
        let code = u32::from;
        let mut endings = vec![
            Vec::new(),
            vec![code('!')],
            vec![code('\n')],
            vec![code('\n'), code('!')],
            vec![code('\n'), code('\n')],
            vec![0],
        ];
        for &(code, _) in self.characters.iter().take(10) {
            if !endings.contains(&vec![code]) {
                endings.push(vec![code]);
            }
        }
        endings
    }
}

/// A text to try: what leads to the repetition, and what is repeated.
#[derive(Clone, PartialEq, Eq)]
struct Words {
    prefix: Vec<u32>,
    pump: Vec<u32>,
}

impl Words {
    /// The text with so many repetitions; nothing if it would be too long.
    fn with(&self, times: usize, ending: &[u32]) -> Option<Vec<u32>> {
        let length = self.prefix.len() + self.pump.len() * times + ending.len();
        if length > MOST_TEXT {
            return None;
        }
        let mut text = self.prefix.clone();
        for _ in 0..times {
            text.extend_from_slice(&self.pump);
        }
        text.extend_from_slice(ending);
        Some(text)
    }
}

impl Trial<'_> {
    /// The steps that a text takes; nothing beyond the budget.
    fn steps(&mut self, text: &[u32], budget: u64) -> Option<u64> {
        let run = Machine::new(self.pattern, self.program, text, budget).run(self.usage);
        self.spent += run.steps + text.len() as u64;
        run.matched.map(|_| run.steps)
    }

    /// The growth over a candidate, with different characters for its classes. Where a text may start anyhow, it is
    /// tried with other beginnings as well, since an attack that starts the text can be caught by what holds at its
    /// start only (`^\s+|\s+$`).
    fn growth_of(&mut self, candidate: &Candidate, may_explode: bool) -> Option<Growth> {
        const MOST_CHOICES: usize = 4;
        let choices: Vec<Vec<u32>> = candidate
            .pump
            .iter()
            .map(|set| self.kinds.of(set))
            .collect();
        let most = choices.iter().map(Vec::len).max()?.min(MOST_CHOICES);
        let prefix: Vec<u32> = candidate
            .prefix
            .iter()
            .filter_map(|set| self.kinds.of(set).first().copied())
            .collect();
        let mut tried: Vec<Words> = Vec::new();
        for choice in 0..most {
            let pump = choices
                .iter()
                .filter_map(|codes| {
                    codes
                        .get(choice.min(codes.len().saturating_sub(1)))
                        .copied()
                })
                .collect();
            tried.push(Words {
                prefix: prefix.clone(),
                pump,
            });
        }
        if self.starts_anyhow && prefix.is_empty() {
            let first = tried[0].pump.clone();
            tried.extend(
                self.kinds
                    .characters
                    .iter()
                    .take(8)
                    .map(|&(code, _)| Words {
                        prefix: vec![code],
                        pump: first.clone(),
                    }),
            );
        }
        for words in &tried {
            let growth = self.growth(words, may_explode);
            if growth.is_some() || self.spent > PATTERN_BUDGET {
                return growth;
            }
        }
        None
    }

    fn growth(&mut self, candidate: &Words, may_explode: bool) -> Option<Growth> {
        // The ending that costs most.
        let mut chosen: Option<(u64, usize)> = None;
        for index in 0..self.endings.len() {
            let ending = self.endings[index].clone();
            let text = candidate.with(24, &ending)?;
            let steps = self.steps(&text, ENDING_BUDGET).unwrap_or(u64::MAX);
            if chosen.is_none_or(|(most, _)| steps > most) {
                chosen = Some((steps, index));
            }
            if steps == u64::MAX {
                break;
            }
        }
        let ending = self.endings[chosen?.1].clone();
        let attack = |candidate: &Words| Attack {
            prefix: to_text(&candidate.prefix),
            pump: to_text(&candidate.pump),
            suffix: to_text(&ending),
        };
        if may_explode && self.explodes(candidate, &ending) {
            return Some(Growth::Exponential(attack(candidate)));
        }
        let mut measured: Vec<u64> = Vec::new();
        for &times in SIZES {
            let Some(text) = candidate.with(times, &ending) else {
                break;
            };
            let Some(steps) = self.steps(&text, RUN_BUDGET) else {
                break;
            };
            measured.push(steps);
        }
        let degree = match degree(&measured) {
            Some(degree) => degree,
            None if measured.len() < 3 => self.steep(candidate, &ending)?,
            None => return None,
        };
        (degree >= 2).then(|| Growth::Polynomial(degree, attack(candidate)))
    }

    /// The degree of what grows so fast that only a few repetitions can be paid; roughly, and rather too low.
    fn steep(&mut self, candidate: &Words, ending: &[u32]) -> Option<u32> {
        let mut measured: Vec<(usize, u64)> = Vec::new();
        for times in 2..16 {
            let text = candidate.with(times, ending)?;
            let Some(steps) = self.steps(&text, RUN_BUDGET) else {
                break;
            };
            measured.push((times, steps));
        }
        let [.., (few, first), (more, second)] = measured[..] else {
            return None;
        };
        let length = f64::from(u32::try_from(more).ok()?) / f64::from(u32::try_from(few).ok()?);
        let slope = (to_float(second) / to_float(first)).log2() / length.log2();
        (measured.len() < 14).then(|| slope.round() as u32)
    }

    /// Whether each few repetitions more multiply the steps, by the same factor or a growing one.
    fn explodes(&mut self, candidate: &Words, ending: &[u32]) -> bool {
        let mut measured: Vec<f64> = Vec::new();
        let mut over = false;
        for &times in SMALL_SIZES {
            let Some(text) = candidate.with(times, ending) else {
                break;
            };
            let Some(steps) = self.steps(&text, RUN_BUDGET) else {
                over = true;
                break;
            };
            measured.push(to_float(steps));
        }
        match measured[..] {
            // So steep that five repetitions more cannot be paid.
            [] | [_] => over,
            [.., first, second] if measured.len() == 2 => over && second / first > 8.0,
            [.., first, second, third] => {
                let (before, after) = (second / first, third / second);
                after > 1.8 && after > before * 0.93
            }
            _ => false,
        }
    }
}

/// Steps as a float; budgets keep them small.
fn to_float(steps: u64) -> f64 {
    f64::from(u32::try_from(steps).unwrap_or(u32::MAX))
}

/// The power with which steps grow while the text doubles in length.
fn degree(measured: &[u64]) -> Option<u32> {
    let [.., before, first, second] = *measured else {
        return None;
    };
    let slope = |first: u64, second: u64| (to_float(second) / to_float(first)).log2();
    let (early, late) = (slope(before, first), slope(first, second));
    // A bound in the pattern flattens the curve.
    if late < 1.55 || late < early - 0.6 {
        return None;
    }
    // The slope of a polynomial nears its degree from below, and the distance halves with each doubling.
    let limit = late + (late - early).clamp(0.0, 0.6);
    Some((limit.round() as u32).max(2))
}

/// Code points as text. Surrogates, which no text has here, become question marks.
fn to_text(codes: &[u32]) -> String {
    codes
        .iter()
        .map(|&code| char::from_u32(code).unwrap_or('?'))
        .collect()
}

impl Attack {
    /// The attack as a Python expression: `"a" * 50 + "!"`.
    pub fn expression(&self, times: usize, bytes: bool) -> String {
        let mut parts = Vec::new();
        if !self.prefix.is_empty() {
            parts.push(literal(&self.prefix, bytes));
        }
        parts.push(format!("{} * {times}", literal(&self.pump, bytes)));
        if !self.suffix.is_empty() {
            parts.push(literal(&self.suffix, bytes));
        }
        parts.join(" + ")
    }
}

/// A text as a Python literal.
fn literal(text: &str, bytes: bool) -> String {
    let mut literal = String::from(if bytes { "b\"" } else { "\"" });
    for character in text.chars() {
        match character {
            '"' => literal.push_str("\\\""),
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            // Messages put code in backquotes.
            '`' => literal.push_str("\\x60"),
            ' '..='~' => literal.push(character),
            _ => {
                let code = u32::from(character);
                let escaped = match code {
                    0..=0xff => format!("\\x{code:02x}"),
                    0x100..=0xffff => format!("\\u{code:04x}"),
                    _ => format!("\\U{code:08x}"),
                };
                literal.push_str(&escaped);
            }
        }
    }
    literal.push('"');
    literal
}

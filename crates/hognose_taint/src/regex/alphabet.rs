//! What a text is made of that a pattern accepts: for conditions that guard a sink.
//!
//! `if re.fullmatch(r"\w+", name)` proves that `name` holds no slash. All answers err on one side: a character that is
//! said to be excluded is, while one that is not may be excluded all the same.

use super::automaton::{Automaton, START};
use super::charset::CharSet;
use super::machine::{Machine, Use};
use super::parse::parse;
use super::pattern::{Assertion, Flags, Node, Pattern};
use super::program::Program;

/// How surely a part of a pattern ends where the text ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Anywhere,
    /// By `$`: a line break may follow.
    LastLine,
    /// By `\Z`.
    Text,
}

/// What is known of the texts that a pattern accepts as a whole.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// The characters that may occur in them.
    pub characters: CharSet,
    /// The characters they may begin with.
    first: CharSet,
    /// Whether `..` may occur in them.
    may_climb: bool,
    /// Whether the whole text may be `.` or `..`.
    may_be_dots: bool,
    /// It begins with a slash, after which comes neither another one nor what browsers take for one.
    stays_on_site: bool,
}

/// The characters that may occur anywhere in a text for which `re.fullmatch(pattern, text)` finds a match. Nothing if
/// the pattern is wrong.
pub fn accepted_alphabet(pattern: &str, flags: Flags) -> Option<CharSet> {
    Some(characters(&parse(pattern, flags, false)?))
}

/// Whether a match found by `usage` speaks of the whole text: `fullmatch` always, `match` where the pattern ends with
/// `\Z` or `$`, `search` where it begins with `^` as well.
pub fn proves(pattern: &Pattern, usage: Use) -> bool {
    let (starts, end) = anchors(pattern);
    match usage {
        Use::FullMatch => true,
        Use::Match => end > End::Anywhere,
        Use::Search | Use::Scan => starts && end > End::Anywhere,
    }
}

impl Accepted {
    /// What a match of `pattern`, found by `usage`, proves of the text; nothing if it does not speak of the whole.
    pub fn of(pattern: &Pattern, usage: Use) -> Option<Self> {
        if !proves(pattern, usage) {
            return None;
        }
        let mut characters = characters(pattern);
        if usage != Use::FullMatch && anchors(pattern).1 == End::LastLine {
            characters = characters.union(&CharSet::of(u32::from('\n')));
        }
        let (first, may_climb, stays_on_site) = match Automaton::new(pattern, false) {
            Some(automaton) => borders(&automaton),
            None => (characters.clone(), characters.has('.'), false),
        };
        let may_be_dots = characters.has('.')
            && Program::new(pattern).is_none_or(|program| {
                ["..", "."].into_iter().any(|text| {
                    let text: Vec<u32> = text.chars().map(u32::from).collect();
                    let run = Machine::new(pattern, &program, &text, 10_000).run(Use::FullMatch);
                    run.matched != Some(false)
                })
            });
        Some(Self {
            characters,
            first,
            may_climb,
            may_be_dots,
            stays_on_site,
        })
    }

    /// What is known of any text over these characters.
    pub fn over(characters: CharSet) -> Self {
        let dots = characters.has('.');
        Self {
            first: characters.clone(),
            characters,
            may_climb: dots,
            may_be_dots: dots,
            stays_on_site: false,
        }
    }

    /// What is known of the text that a match of `pattern` found, or that one of its groups did.
    pub fn found(pattern: &Pattern, group: u32) -> Option<Self> {
        if group == 0 {
            return Self::of(pattern, Use::FullMatch);
        }
        let body = pattern.nodes.iter().find_map(|node| match node {
            Node::Group(number, body) if *number == group => Some(*body),
            _ => None,
        })?;
        let part = Pattern {
            root: body,
            ..pattern.clone()
        };
        Self::of(&part, Use::FullMatch)
    }

    /// What is known of a text from which all matches of `pattern` were taken out, with `replacement` in their places.
    /// Only a pattern that finds each of some characters, wherever it stands, leaves nothing of them.
    pub fn without(pattern: &Pattern, replacement: &str) -> Option<Self> {
        let removed = always_found(pattern)?;
        let kept = removed.complement(pattern.last);
        let put_in = replacement
            .chars()
            .map(|character| (u32::from(character), u32::from(character)))
            .collect();
        Some(Self::over(kept.union(&CharSet::of_ranges(put_in))))
    }

    /// Whether none of these characters occurs.
    pub fn excludes(&self, characters: &str) -> bool {
        !characters
            .chars()
            .any(|character| self.characters.has(character))
    }

    /// No slash and no backslash: one name, no path.
    pub fn excludes_slash(&self) -> bool {
        self.excludes("/\\")
    }

    /// Nothing that a shell treats specially, blanks included.
    pub fn excludes_shell_metacharacters(&self) -> bool {
        self.excludes("|&;<>()$`\\\"' \t\r\n*?[]#~=%{}!^")
    }

    /// Nothing that ends a quoted text in SQL or in code.
    pub fn excludes_quotes(&self) -> bool {
        self.excludes("'\"`\\")
    }

    /// Nothing that begins markup or ends an attribute.
    pub fn excludes_markup(&self) -> bool {
        self.excludes("<>&\"'")
    }

    /// No line break, as headers and logs need it.
    pub fn excludes_newline(&self) -> bool {
        self.excludes("\r\n")
    }

    /// A program cannot take it for an option.
    pub fn cannot_start_with_dash(&self) -> bool {
        !self.first.has('-')
    }

    /// The whole is neither `.` nor `..`.
    pub fn excludes_dots(&self) -> bool {
        !self.may_be_dots
    }

    /// None of these characters is the first.
    pub fn cannot_start_with(&self, characters: &str) -> bool {
        !characters
            .chars()
            .any(|character| self.first.has(character))
    }

    /// As the target of a redirect, it leads to the same site.
    pub fn stays_on_site(&self) -> bool {
        self.stays_on_site
    }

    /// `..` occurs nowhere.
    pub fn excludes_parent_directory(&self) -> bool {
        !self.may_climb
    }

    /// A name of a file in a folder: no slash, and no way out by `..`.
    pub fn is_file_name(&self) -> bool {
        self.excludes_slash() && self.excludes_dots()
    }
}

/// The characters of all classes that take part in a match; what look-arounds look at is no part of it.
fn characters(pattern: &Pattern) -> CharSet {
    let mut used = vec![false; pattern.nodes.len()];
    used[pattern.root as usize] = true;
    let mut sets = vec![false; pattern.sets.len()];
    let mut ranges = Vec::new();
    // Parents come after their children.
    for (index, node) in pattern.nodes.iter().enumerate().rev() {
        if !used[index] {
            continue;
        }
        match node {
            Node::Set(set) => {
                if !std::mem::replace(&mut sets[*set as usize], true) {
                    ranges.extend_from_slice(pattern.sets[*set as usize].ranges());
                }
            }
            Node::Concat(items) | Node::Alternate(items) => {
                for &item in items {
                    used[item as usize] = true;
                }
            }
            Node::Repeat { body, max, .. } => used[*body as usize] = *max > 0,
            Node::Group(_, body) | Node::Atomic(body) => used[*body as usize] = true,
            Node::Conditional(_, yes, no) => {
                used[*yes as usize] = true;
                used[*no as usize] = true;
            }
            Node::Empty | Node::Look { .. } | Node::Backreference(_) | Node::Assert(_) => {}
        }
    }
    CharSet::of_ranges(ranges)
}

/// Whether each match starts where the text does, and ends where it does.
///
/// In a sequence one anchored item is enough, wherever it stands: nothing was taken before the start of the text, and
/// nothing can be taken after its end.
fn anchors(pattern: &Pattern) -> (bool, End) {
    let mut anchors: Vec<(bool, End)> = Vec::with_capacity(pattern.nodes.len());
    for node in &pattern.nodes {
        let of = |node: u32| anchors[node as usize];
        let free = (false, End::Anywhere);
        let all = |nodes: &[u32]| {
            nodes
                .iter()
                .map(|&node| of(node))
                .fold((true, End::Text), |(starts, end), (also, other)| {
                    (starts && also, end.min(other))
                })
        };
        let anchor = match node {
            Node::Assert(Assertion::TextStart) => (true, End::Anywhere),
            Node::Assert(Assertion::TextEnd) => (false, End::Text),
            Node::Assert(Assertion::LastLineEnd) => (false, End::LastLine),
            Node::Concat(items) => items
                .iter()
                .map(|&node| of(node))
                .fold(free, |(starts, end), (also, other)| {
                    (starts || also, end.max(other))
                }),
            Node::Alternate(branches) => all(branches),
            Node::Conditional(_, yes, no) => all(&[*yes, *no]),
            Node::Group(_, body) | Node::Atomic(body) => of(*body),
            Node::Repeat { body, min, .. } if *min > 0 => of(*body),
            _ => free,
        };
        anchors.push(anchor);
    }
    anchors[pattern.root as usize]
}

/// The characters each of which the pattern finds wherever it stands; nothing if there is none that is sure.
fn always_found(pattern: &Pattern) -> Option<CharSet> {
    let mut found: Vec<Option<CharSet>> = Vec::with_capacity(pattern.nodes.len());
    for node in &pattern.nodes {
        let of = |node: u32| found[node as usize].clone();
        let this = match node {
            Node::Set(set) => Some(pattern.sets[*set as usize].clone()),
            Node::Repeat { body, min, max, .. } if *min <= 1 && *max > 0 => of(*body),
            Node::Group(_, body) => of(*body),
            Node::Concat(items) if items.len() == 1 => of(items[0]),
            // A longer branch takes more away, and leaves none of the characters of the others.
            Node::Alternate(branches) => branches
                .iter()
                .filter_map(|&branch| of(branch))
                .reduce(|all, branch| all.union(&branch)),
            _ => None,
        };
        found.push(this);
    }
    found[pattern.root as usize].take()
}

/// The characters a text may begin with, whether two dots may follow each other, and whether it is a path that stays
/// on its site.
fn borders(automaton: &Automaton) -> (CharSet, bool, bool) {
    let has_dot = |state: u32| automaton.sets[state as usize].has('.');
    let mut ranges = Vec::new();
    for edge in automaton.steps(START) {
        ranges.extend_from_slice(automaton.sets[edge.to as usize].ranges());
    }
    let may_climb = (0..automaton.len() as u32)
        .any(|state| has_dot(state) && automaton.steps(state).iter().any(|edge| has_dot(edge.to)));
    let begins = automaton.steps(START);
    let stays_on_site = !begins.is_empty()
        && begins.iter().all(|edge| {
            automaton.sets[edge.to as usize] == CharSet::of(u32::from('/'))
                && automaton.steps(edge.to).iter().all(|next| {
                    let after = &automaton.sets[next.to as usize];
                    !"/\\\t\r\n".chars().any(|character| after.has(character))
                })
        });
    (CharSet::of_ranges(ranges), may_climb, stays_on_site)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(pattern: &str, usage: Use) -> Option<Accepted> {
        Accepted::of(&parse(pattern, Flags::default(), false)?, usage)
    }

    #[test]
    fn what_speaks_of_the_whole_text() {
        let proves = |pattern: &str, usage| {
            super::proves(&parse(pattern, Flags::default(), false).unwrap(), usage)
        };
        assert!(proves(r"\w+", Use::FullMatch));
        assert!(!proves(r"\w+", Use::Match));
        assert!(proves(r"\w+$", Use::Match));
        assert!(proves(r"\w+\Z", Use::Match));
        assert!(!proves(r"\w+$", Use::Search));
        assert!(proves(r"^\w+$", Use::Search));
        assert!(proves(r"^(?:a|b)\Z", Use::Search));
        assert!(proves(r"(?:^a$|^b$)", Use::Search));
        assert!(!proves(r"^a|b$", Use::Search));
        assert!(!proves(r"(?m)^\w+$", Use::Search));
        assert!(!proves(r"^\w+(?:$)?", Use::Match));
        assert!(!proves(r"^\w+(?=.*$)", Use::Match));
    }

    #[test]
    fn what_the_characters_exclude() {
        let name = accepted(r"[\w.-]+", Use::FullMatch).unwrap();
        assert!(name.excludes_slash() && name.excludes_quotes() && name.excludes_markup());
        assert!(name.excludes_newline() && name.excludes_shell_metacharacters());
        assert!(!name.excludes_dots() && !name.cannot_start_with_dash());
        assert!(!name.excludes_parent_directory() && !name.is_file_name());
        let file = accepted(r"^\w+(\.\w+)*$", Use::Match).unwrap();
        assert!(file.excludes_slash() && file.excludes_dots() && file.cannot_start_with_dash());
        assert!(file.excludes_parent_directory() && file.is_file_name());
        // `$` lets a line break through.
        assert!(!file.excludes_newline());
        assert!(accepted(r"^\w+\Z", Use::Match).unwrap().excludes_newline());
        let free = accepted(r"[^/]+", Use::FullMatch).unwrap();
        assert!(free.excludes("/") && !free.excludes_slash() && !free.excludes_newline());
        // What is only looked at is no part of the text.
        assert!(
            accepted(r"(?!/)\w+", Use::FullMatch)
                .unwrap()
                .excludes_slash()
        );
        assert!(accepted(r"\w+", Use::Match).is_none());
        let digits = accepted_alphabet(r"\d{3}-\d", Flags::ASCII).unwrap();
        assert_eq!(digits.ranges(), [(0x2d, 0x2d), (0x30, 0x39)]);
        assert!(accepted_alphabet("(", Flags::default()).is_none());
    }
}

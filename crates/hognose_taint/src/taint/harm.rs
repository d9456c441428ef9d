//! What is dangerous for which kind of sink, and what takes the danger away.

use hognose_finding::ValueConstraint;

use super::engine::Engine;
use super::value::{Kinds, Mark, Taint, TextPart, kind_bit};
use crate::models::Kind;
use crate::regex::{Accepted, Flags, Use, parse};

/// Harmless for every kind.
pub(super) const ALL: Kinds = Kinds::MAX;
/// Not a sink kind: the path was normalised.
pub(super) const NORMAL: Kinds = 1 << 126;
/// It has no `..`.
pub(super) const DOTLESS: Kinds = 1 << 125;
/// It is not absolute.
pub(super) const RELATIVE: Kinds = 1 << 124;
/// It begins with `/`.
pub(super) const ROOTED: Kinds = 1 << 123;
/// It does not begin with `//`.
pub(super) const NOT_DOUBLE: Kinds = 1 << 122;

/// It has neither a slash, nor a backslash, nor a colon: one segment of an address.
pub(super) const SEGMENT: Kinds = 1 << 121;
/// It has no line feed.
pub(super) const NO_LINE_FEED: Kinds = 1 << 120;
/// It has no carriage return.
pub(super) const NO_RETURN: Kinds = 1 << 119;
/// It begins with neither a slash nor a backslash.
pub(super) const UNSLASHED: Kinds = 1 << 118;

/// Sets of sink kinds that have a meaning of their own.
#[derive(Debug, Default)]
pub(crate) struct SinkKinds {
    pub url: Kinds,
    /// Addresses that a browser goes to: of a redirect, of a link.
    pub redirect: Kinds,
    pub argv: Kinds,
    pub file_path: Kinds,
    /// Ports that take a path or an open file.
    pub path_like: Kinds,
    pub shell: Kinds,
    pub html: Kinds,
    /// Whether an engine of templates escapes.
    pub autoescape: Kinds,
    /// Values of headers, whoever writes the lines.
    pub http_header: Kinds,
    pub log: Kinds,
    /// Found everywhere: data is not followed to them through functions.
    pub near: Kinds,
    pub sql: Kinds,
    pub code: Kinds,
    pub template: Kinds,
    pub ldap: Kinds,
    pub xpath: Kinds,
    pub nosql: Kinds,
    pub format_string: Kinds,
}

impl Engine<'_> {
    /// Kinds, with those that follow from halves: no `..` and not absolute; begins with `/` and not with `//`.
    pub fn complete(&self, kinds: Kinds) -> Kinds {
        let mut all = kinds;
        if kinds & (DOTLESS | RELATIVE) == DOTLESS | RELATIVE {
            all |= self.sinks.file_path | self.sinks.path_like;
        }
        if kinds & (ROOTED | NOT_DOUBLE) == ROOTED | NOT_DOUBLE {
            all |= self.sinks.redirect | self.sinks.url;
        }
        if kinds & (NO_LINE_FEED | NO_RETURN) == NO_LINE_FEED | NO_RETURN {
            all |= self.sinks.http_header | self.sinks.log;
        }
        all
    }

    /// Kinds for which a text that a pattern accepts as a whole is harmless.
    pub fn pattern_kinds(&self, pattern: &str, flags: Flags, method: &str) -> Kinds {
        let usage = match method {
            "fullmatch" => Use::FullMatch,
            "match" => Use::Match,
            _ => Use::Search,
        };
        parse(pattern, flags, false)
            .and_then(|pattern| Accepted::of(&pattern, usage))
            .map_or(0, |accepted| self.accepted_kinds(&accepted))
    }

    /// Kinds for which a text is harmless of which that much is known.
    pub fn accepted_kinds(&self, accepted: &Accepted) -> Kinds {
        let sinks = &self.sinks;
        let mut kinds: Kinds = 0;
        if accepted.excludes_shell_metacharacters() {
            kinds |= sinks.shell;
        }
        if accepted.cannot_start_with_dash() {
            kinds |= sinks.argv;
        }
        if accepted.excludes("'\";\\()= \n/*") {
            kinds |= sinks.sql | sinks.nosql;
        }
        if accepted.excludes_markup() && accepted.excludes_quotes() {
            kinds |= sinks.html;
        }
        if accepted.excludes("/") {
            kinds |= sinks.file_path | sinks.path_like;
        }
        if accepted.excludes("/\\:@?#%") {
            kinds |= sinks.url | sinks.redirect | SEGMENT;
        }
        if accepted.stays_on_site() {
            kinds |= sinks.redirect;
        }
        if accepted.excludes_parent_directory() {
            kinds |= DOTLESS;
        }
        if accepted.cannot_start_with("/\\") {
            kinds |= RELATIVE | UNSLASHED;
        }
        if accepted.excludes("{") {
            kinds |= sinks.format_string;
        }
        if accepted.excludes_newline() {
            kinds |= sinks.http_header | sinks.log;
        }
        if accepted.excludes("()[]{}'\" ;=.,+*") {
            kinds |= sinks.code | sinks.template | sinks.format_string;
        }
        if accepted.excludes("()*\\&|!=<>~") {
            kinds |= sinks.ldap;
        }
        if accepted.excludes("'\"[]()/@=| ") {
            kinds |= sinks.xpath;
        }
        if kinds & sinks.shell != 0 && accepted.excludes("/\\.'\"<>:@ ") {
            kinds |= ALL
                & !(sinks.argv | sinks.http_header | sinks.log | NO_LINE_FEED | NO_RETURN | NORMAL);
        }
        kinds
    }

    /// Kinds for which what a framework makes sure of a parameter is enough; none: it carries nothing at all.
    pub fn constraint_kinds(&self, constraint: &ValueConstraint) -> Kinds {
        match constraint {
            ValueConstraint::Any => 0,
            ValueConstraint::NoSlash => self.sinks.file_path | RELATIVE,
            ValueConstraint::Slug => ALL & !self.sinks.argv,
            ValueConstraint::Pattern(pattern) => {
                self.pattern_kinds(pattern, Flags::default(), "fullmatch")
            }
            _ => ALL,
        }
    }

    /// Whether a text that begins with these parts has its host written in the program, so that what follows cannot
    /// send it elsewhere. For a redirect, a path on the own host is as good.
    pub fn is_fixed(&self, kind: Kind, before: &[TextPart]) -> bool {
        let bit = kind_bit(kind);
        if bit & (self.sinks.url | self.sinks.redirect) == 0 {
            return false;
        }
        let mut text = String::new();
        for part in before {
            match part {
                TextPart::Literal(literal) => text.push_str(literal),
                TextPart::Hole { taint, number } => {
                    if !*number && text.is_empty() && taint.is_clean() {
                        // An address of the program's own, and then at least a path.
                        text.push_str("own://host");
                    } else if taint.is_clean() || *number {
                        text.push('x');
                    } else if text.split_once("://").is_none_or(|(_, rest)| {
                        rest.find(['/', '?', '#']).is_none_or(|end| end == 0)
                    }) {
                        // Tainted itself, and judged by itself.
                        return text.starts_with('/')
                            && text.len() > 1
                            && !text.starts_with("//")
                            && bit & self.sinks.redirect != 0;
                    }
                }
            }
        }
        let fixed_host = text
            .split_once("://")
            .is_some_and(|(_, rest)| rest.find(['/', '?', '#']).is_some_and(|end| end > 0));
        let own_unknown = text.starts_with("own://host");
        let own_path = bit & self.sinks.redirect != 0
            && text
                .strip_prefix('/')
                .is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', '\\']));
        let query_only = bit & self.sinks.redirect != 0 && text.starts_with(['?', '#']);
        fixed_host || own_path || own_unknown || query_only
    }

    /// A path to which something was done since it was normalised.
    pub fn unnormalised(&self, taint: &Taint) -> Taint {
        if taint.marks().iter().all(|mark| mark.clean & NORMAL == 0) {
            return taint.clone();
        }
        taint.map(|mark| Mark {
            clean: mark.clean & !NORMAL,
            ..mark.clone()
        })
    }
}

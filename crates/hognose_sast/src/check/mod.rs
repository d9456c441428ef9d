//! Checks with logic of their own. A rule page refers to one by name: `check: insecure-random`.

mod assert_used;
mod bind_all_interfaces;
mod hardcoded_password;
mod insecure_random;
mod regular_expression;
mod shell_keyword;
mod sql_built;
mod timing_unsafe_comparison;
mod unverified_https_default;

use hognose_finding::Confidence;
use hognose_python::ir::{Operand, OperandKind, Span};
use hognose_python::{Ir, ModuleId};
use hognose_taint::{Evaluator, Flows};

use crate::place::{DetectRef, Place};
use crate::ruleset::Known;

pub(crate) use insecure_random::FUNCTIONS as RANDOM_FUNCTIONS;
pub(crate) use regular_expression::FUNCTIONS as REGEX_FUNCTIONS;

/// A check.
pub(crate) struct Check {
    /// The name in rule pages.
    pub name: &'static str,
    /// Looks at one module.
    pub run: fn(&mut Context<'_, '_>),
}

/// All checks.
pub(crate) static CHECKS: &[Check] = &[
    Check {
        name: "assert-used",
        run: assert_used::run,
    },
    Check {
        name: "bind-all-interfaces",
        run: bind_all_interfaces::run,
    },
    Check {
        name: "hardcoded-password",
        run: hardcoded_password::run,
    },
    Check {
        name: "insecure-random",
        run: insecure_random::run,
    },
    Check {
        name: "regular-expression",
        run: regular_expression::run,
    },
    Check {
        name: "shell-keyword",
        run: shell_keyword::run,
    },
    Check {
        name: "sql-built",
        run: sql_built::run,
    },
    Check {
        name: "timing-unsafe-comparison",
        run: timing_unsafe_comparison::run,
    },
    Check {
        name: "unverified-https-default",
        run: unverified_https_default::run,
    },
];

/// What a check works with.
pub(crate) struct Context<'c, 'a> {
    pub evaluator: &'c Evaluator<'a>,
    pub flows: &'c Flows,
    pub module: ModuleId,
    pub known: &'c Known,
    pub detect: DetectRef,
    pub places: &'c mut Vec<Place>,
}

impl<'a> Context<'_, 'a> {
    /// The module's instructions.
    pub fn ir(&self) -> &'a Ir {
        &self.evaluator.project().module(self.module).ir
    }

    /// A text.
    pub fn text(&self, symbol: hognose_python::Symbol) -> &'a str {
        self.evaluator.project().text(symbol)
    }

    /// Reports instruction `index`.
    pub fn report(&mut self, index: u32) -> &mut Place {
        let span = self.ir().span(index);
        self.report_span(index, span)
    }

    /// Reports a range at instruction `index`.
    pub fn report_span(&mut self, index: u32, span: Span) -> &mut Place {
        let at = self.places.len();
        self.places
            .push(Place::new(self.detect, self.module, index, span));
        &mut self.places[at]
    }

    /// The string constant that an operand is, as written at the place.
    pub fn string(&self, operand: Operand) -> Option<&'a str> {
        operand.as_str().map(|symbol| self.text(symbol))
    }

    /// The same, or the bytes constant, each byte as the code point of the same number.
    pub fn string_or_bytes(&self, operand: Operand) -> Option<&'a str> {
        match operand.kind() {
            OperandKind::Str(symbol) | OperandKind::Bytes(symbol) => Some(self.text(symbol)),
            _ => None,
        }
    }
}

/// Likely or merely possible.
fn confidence(is_likely: bool) -> Confidence {
    if is_likely {
        Confidence::Likely
    } else {
        Confidence::Possible
    }
}

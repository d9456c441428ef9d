//! What can be wrong: a rule, and the scales on which a finding is judged.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// What can be wrong. Corresponds to a SARIF `reportingDescriptor`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Kebab-case identifier that reads well after "ignore": `sql-injection`.
    pub id: Arc<str>,
    /// One line, sentence case, no full stop: `SQL statement built from untrusted input`.
    pub name: String,
    /// What is wrong, in one or two sentences (the first paragraph of the rule page).
    pub summary: String,
    /// The whole page in Markdown, without front matter.
    pub help: String,
    /// CWE numbers, most exact first.
    pub cwe: Vec<u32>,
    /// OWASP Top 10 categories, e.g. `A03:2021`.
    pub owasp: Vec<String>,
    /// How bad it is where it is real.
    pub severity: Severity,
    /// The least inclusive persona that sees findings of this rule.
    pub persona: Persona,
    /// What other tools call it.
    pub aliases: Vec<Alias>,
    /// First Hognose version that had the rule.
    pub since: String,
}

/// A rule's name in another tool, for suppressions (`# nosec B602`) and for people who change tools.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Alias {
    /// The tool.
    pub tool: AliasTool,
    /// The code in that tool: `B602`, `S602`.
    pub code: String,
}

/// Tools whose rule codes Hognose understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AliasTool {
    /// Bandit, codes `B101`…
    Bandit,
    /// Ruff, codes `S101`…
    Ruff,
}

/// How bad a finding is where it is real.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Hardening; little to gain for an attacker on its own.
    Low,
    /// Helps an attacker, or needs unusual circumstances.
    Medium,
    /// Directly exploitable with serious consequences.
    High,
    /// Remote takeover of the application or its data.
    Critical,
}

/// How sure we are. `Possible < Likely < Confirmed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Confidence {
    /// The pattern is there; whether it matters needs a reader. Shown to the auditor only.
    Possible,
    /// Judged wrong on what the code says.
    Likely,
    /// Evidence closes the case: a complete flow, a literal value, or more than one engine.
    Confirmed,
}

/// Who reads the report. `Regular < Pedantic < Auditor`, each sees what the ones before see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Persona {
    /// A developer: what is worth fixing now.
    #[default]
    Regular,
    /// A developer who also wants hardening and hygiene.
    Pedantic,
    /// A reviewer who wants every place worth a look, including merely possible findings.
    Auditor,
}

impl Rule {
    /// Whether `persona` is shown a finding of this rule at `confidence`.
    pub fn shown_to(&self, persona: Persona, confidence: Confidence) -> bool {
        persona == Persona::Auditor || (self.persona <= persona && confidence >= Confidence::Likely)
    }
}

/// A word that is on none of the scales.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseLevelError {
    /// What was being read: `severity`, `confidence`, `persona`.
    pub what: &'static str,
    /// The word found.
    pub found: String,
    /// The words that would have been right.
    pub expected: &'static [&'static str],
}

impl fmt::Display for ParseLevelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "unknown {} `{}`, expected one of {}",
            self.what,
            self.found,
            self.expected.join(", ")
        )
    }
}

impl std::error::Error for ParseLevelError {}

macro_rules! words {
    ($type:ident, $what:literal, $($variant:ident => $word:literal),+) => {
        impl $type {
            /// All values, least first.
            pub const ALL: &'static [$type] = &[$($type::$variant),+];
            /// The words users write, least first.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word users read and write.
            pub const fn as_str(self) -> &'static str {
                match self { $($type::$variant => $word),+ }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $type {
            type Err = ParseLevelError;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word {
                    $($word => Ok($type::$variant),)+
                    _ => Err(ParseLevelError { what: $what, found: word.to_owned(), expected: Self::WORDS }),
                }
            }
        }
    };
}

words!(Severity, "severity", Low => "low", Medium => "medium", High => "high", Critical => "critical");
words!(Confidence, "confidence", Possible => "possible", Likely => "likely", Confirmed => "confirmed");
words!(Persona, "persona", Regular => "regular", Pedantic => "pedantic", Auditor => "auditor");
words!(AliasTool, "tool", Bandit => "bandit", Ruff => "ruff");

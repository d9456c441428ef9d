//! The keys of `hognose.toml` and of `[tool.hognose]` in `pyproject.toml`.
//!
//! This is the wire, and the one list of the keys: errors, the JSON Schema and the documentation follow from it.
//! The doc comments are what a user's editor shows.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use clap::ValueEnum;
use hognose_finding::{Persona, Severity};
use schemars::JsonSchema;
use serde::de::{Deserialize, Deserializer, Error as _, Visitor};
use toml::Spanned;

/// Configuration of Hognose.
///
/// Lies in `hognose.toml`, or in `[tool.hognose]` of `pyproject.toml`; the file nearest to what is scanned, in its
/// folder or one above, is used, and `hognose.toml` comes before `pyproject.toml` in the same folder. Paths and
/// patterns are relative to the folder of the file.
#[derive(Debug, Clone, Default, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
#[schemars(title = "Hognose")]
pub struct Keys {
    /// Who reads the report. `regular`: what is worth fixing now. `pedantic`: hardening and hygiene too. `auditor`:
    /// every place worth a look, merely possible findings included.
    pub persona: Option<PersonaWord>,
    /// Rules to run: ids (`sql-injection`), codes of Bandit or Ruff (`B608`, `S608`), or beginnings of either
    /// (`S6`). All rules if not given.
    #[schemars(with = "Option<Vec<String>>")]
    pub select: Option<Vec<Spanned<String>>>,
    /// Rules not to run, spelled as in `select`. Wins over `select`.
    #[schemars(with = "Option<Vec<String>>")]
    pub ignore: Option<Vec<Spanned<String>>>,
    /// Rules not to run in some files: a pattern as in `.gitignore`, and rules spelled as in `select`.
    #[schemars(with = "Option<BTreeMap<String, Vec<String>>>")]
    pub per_file_ignores: Option<BTreeMap<Spanned<String>, Vec<Spanned<String>>>>,
    /// Findings below this severity are left out of the report.
    pub severity: Option<SeverityWord>,
    /// Findings at or above this severity make the exit code 1; `never`: none does. `low` if not given.
    pub fail_on: Option<FailOn>,
    /// What files that could not be looked at mean for the exit code. `fail`, which is the default: it is 2.
    /// `allow`: they are reported, and the exit code stays 0.
    pub problems: Option<ProblemsMean>,
    /// Patterns, as in `.gitignore`, of what is not scanned.
    #[schemars(with = "Option<Vec<String>>")]
    pub exclude: Option<Vec<Spanned<String>>>,
    /// Patterns, as in `.gitignore`, of files that are Python although their name does not say so.
    #[schemars(with = "Option<Vec<String>>")]
    pub include: Option<Vec<Spanned<String>>>,
    /// Scan other people's code that was copied into the project (`_vendor`, `third_party`). `false` if not given.
    pub include_vendored: Option<bool>,
    /// Leave out what git ignores. `true` if not given.
    pub respect_gitignore: Option<bool>,
    /// Files larger than this are not scanned: a number of bytes, or a text such as `"32 MiB"`, which is the
    /// default. At most `"1 GiB"`.
    pub max_file_size: Option<Size>,
    /// Folders from which the project's own modules are imported. Found by themselves if not given.
    #[schemars(with = "Option<Vec<PathBuf>>")]
    pub src: Option<Vec<Spanned<PathBuf>>>,
    /// Folders of the project's own rule pages (`*.md`).
    #[schemars(with = "Option<Vec<PathBuf>>")]
    pub rules: Option<Vec<Spanned<PathBuf>>>,
    /// Folders of the project's own model stubs (`*.pyi`).
    #[schemars(with = "Option<Vec<PathBuf>>")]
    pub models: Option<Vec<Spanned<PathBuf>>>,
    /// Reports to write, by format: `sarif = "hognose.sarif"`. The files must lie in the folder of this file or
    /// below. Flags on the command line replace them.
    #[schemars(with = "Option<BTreeMap<String, PathBuf>>")]
    pub output: Option<BTreeMap<Spanned<String>, Spanned<PathBuf>>>,
    /// Findings that are known already, as written by `hognose scan --write-baseline`.
    #[schemars(with = "Option<PathBuf>")]
    pub baseline: Option<Spanned<PathBuf>>,
    /// A suppression comment without a reason suppresses nothing. `false` if not given.
    pub require_reason: Option<bool>,
    /// What suppression comments of other tools (`# nosec`, `# noqa: S…`) mean. `honour` if not given.
    pub foreign_comments: Option<ForeignComments>,
    /// Whether the project is a library, so that what is passed to the functions it exports is untrusted. If not given:
    /// whether the folder that is scanned has packaging metadata (`pyproject.toml` with a project, `setup.py`,
    /// `setup.cfg`).
    pub library: Option<bool>,
    /// The index of advisories that `hognose audit` looks into. In the user's cache if not given.
    #[schemars(with = "Option<PathBuf>")]
    pub advisories: Option<Spanned<PathBuf>>,
    /// Where `hognose db update` fetches advisories from: zip files of records in the format of OSV. Its public export
    /// if not given. Not heeded in a file that is found beside the code: name it with `--config`.
    #[schemars(with = "Option<Vec<String>>")]
    pub advisories_url: Option<Vec<Spanned<String>>>,
    /// Advisories older than this many days are a problem. 30 if not given.
    pub advisories_max_age: Option<u32>,
    /// Number of threads; one a core if not given.
    pub jobs: Option<Jobs>,
}

/// Who reads the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, ValueEnum)]
#[schemars(rename_all = "kebab-case")]
pub enum PersonaWord {
    /// What is worth fixing now
    Regular,
    /// Hardening and hygiene too
    Pedantic,
    /// Every place worth a look, merely possible findings included
    Auditor,
}

impl From<PersonaWord> for Persona {
    fn from(word: PersonaWord) -> Self {
        match word {
            PersonaWord::Regular => Persona::Regular,
            PersonaWord::Pedantic => Persona::Pedantic,
            PersonaWord::Auditor => Persona::Auditor,
        }
    }
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, ValueEnum)]
#[schemars(rename_all = "kebab-case")]
pub enum SeverityWord {
    /// Hardening
    Low,
    /// Helps an attacker, or needs unusual circumstances
    Medium,
    /// Directly exploitable with serious consequences
    High,
    /// Remote takeover of the application or its data
    Critical,
}

impl From<SeverityWord> for Severity {
    fn from(word: SeverityWord) -> Self {
        match word {
            SeverityWord::Low => Severity::Low,
            SeverityWord::Medium => Severity::Medium,
            SeverityWord::High => Severity::High,
            SeverityWord::Critical => Severity::Critical,
        }
    }
}

/// From which severity on findings make the exit code 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, ValueEnum)]
#[schemars(rename_all = "kebab-case")]
pub enum FailOn {
    /// Any finding
    Low,
    /// Medium and worse
    Medium,
    /// High and worse
    High,
    /// Critical alone
    Critical,
    /// Findings never fail the run
    Never,
}

impl FailOn {
    /// The least severity that fails the run, if any does.
    pub fn least(self) -> Option<Severity> {
        match self {
            FailOn::Low => Some(Severity::Low),
            FailOn::Medium => Some(Severity::Medium),
            FailOn::High => Some(Severity::High),
            FailOn::Critical => Some(Severity::Critical),
            FailOn::Never => None,
        }
    }
}

/// What files that could not be looked at mean for the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, ValueEnum)]
#[schemars(rename_all = "kebab-case")]
pub enum ProblemsMean {
    /// The exit code is 2 unless a finding makes it 1
    Fail,
    /// They are reported, and that is all
    Allow,
}

/// What suppression comments of other tools mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, ValueEnum)]
#[schemars(rename_all = "kebab-case")]
pub enum ForeignComments {
    /// They suppress.
    Honour,
    /// They suppress, and unused ones are reported.
    ReportUnused,
    /// They mean nothing.
    Disregard,
}

/// Reads one of the words of `T`. The message has the form of serde's own, which the configuration's errors look for.
fn word<'de, T: ValueEnum, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let found = String::deserialize(deserializer)?;
    T::from_str(&found, false).map_err(|_| {
        let known: Vec<String> = T::value_variants()
            .iter()
            .filter_map(ValueEnum::to_possible_value)
            .map(|value| format!("`{}`", value.get_name()))
            .collect();
        D::Error::custom(format!(
            "unknown variant `{found}`, expected one of {}",
            known.join(", ")
        ))
    })
}

macro_rules! words {
    ($($type:ident),+) => {
        $(impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                word(deserializer)
            }
        })+
    };
}

words!(
    PersonaWord,
    SeverityWord,
    FailOn,
    ProblemsMean,
    ForeignComments
);

/// A number of threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Jobs(pub usize);

impl JsonSchema for Jobs {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Jobs".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "integer", "minimum": 1, "maximum": Jobs::MOST })
    }
}

impl Jobs {
    /// More threads than this help nobody, and each needs a stack.
    pub const MOST: u64 = 512;
}

impl<'de> Deserialize<'de> for Jobs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let count = i64::deserialize(deserializer)?;
        match u64::try_from(count) {
            Ok(count @ 1..=Jobs::MOST) => Ok(Jobs(count as usize)),
            _ => Err(D::Error::custom(format!(
                "`jobs` must be between 1 and {}",
                Jobs::MOST
            ))),
        }
    }
}

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub u64);

impl Size {
    /// Offsets in a text have 32 bits; this leaves room for what decoding adds.
    pub const MOST: u64 = 1 << 30;

    /// Reads `33554432`, `32 MiB`, `32M`, `500 kB`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let digits = text
            .find(|character: char| !character.is_ascii_digit())
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let factor = match unit.trim().to_ascii_lowercase().as_str() {
            "" | "b" => 1,
            "kb" => 1000,
            "k" | "kib" => 1 << 10,
            "mb" => 1_000_000,
            "m" | "mib" => 1 << 20,
            "gb" => 1_000_000_000,
            "g" | "gib" => 1 << 30,
            _ => 0,
        };
        match number
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(factor))
        {
            Some(bytes @ 1..=Size::MOST) => Ok(Size(bytes)),
            Some(bytes) if bytes > Size::MOST => Err(format!(
                "`{text}` is more than 1 GiB, the most that is possible"
            )),
            _ => Err(format!("`{text}` is not a size such as `32 MiB`")),
        }
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Sizes;
        impl Visitor<'_> for Sizes {
            type Value = Size;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of bytes or a text such as \"32 MiB\"")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Size, E> {
                Size::parse(text).map_err(E::custom)
            }

            fn visit_i64<E: serde::de::Error>(self, bytes: i64) -> Result<Size, E> {
                Size::parse(&bytes.to_string()).map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Sizes)
    }
}

impl JsonSchema for Size {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Size".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "oneOf": [
                { "type": "integer", "minimum": 1, "maximum": Size::MOST },
                { "type": "string", "pattern": "^ *[0-9]+ *([bB]|[kKmMgG]([iI]?[bB])?)? *$" }
            ]
        })
    }
}

/// The JSON Schema of the configuration, as published.
pub fn json_schema() -> String {
    let schema = schemars::generate::SchemaSettings::draft07()
        .into_generator()
        .into_root_schema_for::<Keys>();
    let mut text = serde_json::to_string_pretty(schema.as_value()).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::{Size, json_schema};

    #[test]
    fn sizes() {
        assert_eq!(Size::parse("32 MiB"), Ok(Size(32 << 20)));
        assert_eq!(Size::parse("500kB"), Ok(Size(500_000)));
        assert_eq!(Size::parse("17"), Ok(Size(17)));
        assert_eq!(Size::parse("1G"), Ok(Size(1 << 30)));
        assert_eq!(
            Size::parse("much"),
            Err("`much` is not a size such as `32 MiB`".to_owned())
        );
        assert_eq!(
            Size::parse("0"),
            Err("`0` is not a size such as `32 MiB`".to_owned())
        );
        assert_eq!(
            Size::parse("2 GiB"),
            Err("`2 GiB` is more than 1 GiB, the most that is possible".to_owned())
        );
    }

    #[test]
    fn the_committed_schema_is_fresh() {
        assert!(
            include_str!("../../hognose.schema.json") == json_schema(),
            "run `cargo run -p hognose -- config-schema > crates/hognose/hognose.schema.json`"
        );
    }
}

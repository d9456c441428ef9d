//! The command line. Help, man pages and completions follow from it.

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Effects, Styles};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum, ValueHint};

use crate::config::{FailOn, PersonaWord, ProblemsMean, SeverityWord, Size};

/// Bold headings, green words to type, cyan words to fill in.
const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().effects(Effects::BOLD))
    .usage(AnsiColor::Green.on_default().effects(Effects::BOLD))
    .literal(AnsiColor::Cyan.on_default().effects(Effects::BOLD))
    .placeholder(AnsiColor::Cyan.on_default())
    .error(AnsiColor::Red.on_default().effects(Effects::BOLD))
    .invalid(AnsiColor::Yellow.on_default());

/// Finds security faults in Python software
#[derive(Debug, Parser)]
#[command(name = "hognose", version, styles = STYLES, max_term_width = 100, after_help = EXAMPLES)]
#[command(arg_required_else_help = true, infer_long_args = false)]
pub struct Arguments {
    /// What to do
    #[command(subcommand)]
    pub command: Command,

    /// Options for every command
    #[command(flatten)]
    pub global: Global,
}

const EXAMPLES: &str = "\
Examples:
  hognose scan                     scan the folder you are in
  hognose scan src --persona auditor
  hognose explain sql-injection    what a rule means and how to fix it
  hognose rules                    all rules

Exit codes:
  0  clean
  1  findings at or above `--fail-on`
  2  wrong usage, or something could not be looked at properly";

/// Options for every command.
#[derive(Debug, Args)]
pub struct Global {
    /// Say more: what is done, why, and how long it takes (twice: even more)
    #[arg(short, long, action = ArgAction::Count, global = true, help_heading = "Global options")]
    pub verbose: u8,

    /// Say less: no summary, no progress; only the findings and what went wrong
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "verbose",
        help_heading = "Global options"
    )]
    pub quiet: bool,

    /// When to use colours; `auto` heeds `NO_COLOR`, `FORCE_COLOR` and `CLICOLOR`
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        global = true,
        help_heading = "Global options"
    )]
    pub color: ColorWhen,

    /// A configuration file to use instead of the nearest one, or a single `KEY=VALUE` to set (repeatable)
    #[arg(long, value_name = "FILE|KEY=VALUE", global = true, help_heading = "Global options", value_hint = ValueHint::FilePath)]
    pub config: Vec<String>,

    /// Use no configuration file
    #[arg(long, global = true, help_heading = "Global options")]
    pub isolated: bool,

    /// Open no connection; what needs one fails
    #[arg(long, global = true, help_heading = "Global options")]
    pub offline: bool,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal
    Auto,
    /// Even into a file
    Always,
    /// Nowhere
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Scan source code, templates and settings; nothing is executed
    Scan(Box<Scan>),
    /// Look up known vulnerabilities of what the project installs; nothing is installed or fetched
    Audit(Box<Audit>),
    /// Fetch, import and describe the advisories that `audit` looks into
    Db(Db),
    /// Explain a rule: what it finds, why it matters, how to fix it
    Explain(Explain),
    /// List all rules
    Rules(Rules),
    /// List where data from outside comes in: routes with their parameters, tasks, commands
    Routes(Routes),
    /// Print completions for a shell
    #[command(
        after_help = "Example:\n  hognose completions bash > ~/.local/share/bash-completion/completions/hognose"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write all of them into a folder
    Man {
        /// Where to write one page a command
        #[arg(value_hint = ValueHint::DirPath)]
        folder: Option<PathBuf>,
    },
    /// Print the JSON Schema of the configuration
    ConfigSchema,
}

const SCAN_EXAMPLES: &str = "\
Examples:
  hognose scan                                     the folder you are in
  hognose scan src tests/conftest.py               some paths
  hognose scan --output concise                    one line a finding
  hognose scan --output full --output sarif=h.sarif --output html=h.html
  hognose scan --select sql-injection,S6           rules: ids, Bandit's or Ruff's codes, beginnings
  hognose scan --new-since origin/main             only what is new since a revision
  hognose scan --write-baseline known.json         accept what there is now ...
  hognose scan --baseline known.json               ... and see only what is new
  hognose scan --fix --diff                        what fixing would change
  cat app.py | hognose scan - --stdin-filename app.py

Accept a finding in the source:
  os.system(NAME)  # hognose: ignore[command-injection] reason=\"constant\" until=2027-01-31";

/// `hognose scan`
#[derive(Debug, Args)]
#[command(after_help = SCAN_EXAMPLES)]
#[allow(clippy::struct_excessive_bools, reason = "flags are what they are")]
pub struct Scan {
    /// Folders and files to scan; `-` is standard input
    #[arg(value_name = "PATH", default_value = ".", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,

    /// Who reads the report
    #[arg(long, help_heading = "What to look for")]
    pub persona: Option<PersonaWord>,

    /// Rules to run: ids, codes of Bandit or Ruff, or beginnings of either
    #[arg(
        long,
        value_name = "RULE",
        value_delimiter = ',',
        help_heading = "What to look for"
    )]
    pub select: Vec<String>,

    /// Rules not to run
    #[arg(
        long,
        value_name = "RULE",
        value_delimiter = ',',
        help_heading = "What to look for"
    )]
    pub ignore: Vec<String>,

    /// What is passed to exported functions is untrusted; by itself where the folder holds a package
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        help_heading = "What to look for"
    )]
    pub library: Option<bool>,

    /// Leave out findings below this severity
    #[arg(long, value_name = "SEVERITY", help_heading = "What to look for")]
    pub severity: Option<SeverityWord>,

    /// Leave out what matches a pattern, spelled as in `.gitignore` (repeatable)
    #[arg(long, value_name = "PATTERN", help_heading = "Where to look")]
    pub exclude: Vec<String>,

    /// Scan what git ignores too
    #[arg(long, help_heading = "Where to look")]
    pub no_ignore: bool,

    /// Scan copied code of other people too (`_vendor`, `third_party`)
    #[arg(long, help_heading = "Where to look")]
    pub include_vendored: bool,

    /// Print which files would be scanned and what is left out, and scan nothing
    #[arg(long, conflicts_with = "watch", help_heading = "Where to look")]
    pub list_files: bool,

    /// The name of what standard input holds
    #[arg(long, value_name = "PATH", help_heading = "Where to look", value_hint = ValueHint::FilePath)]
    pub stdin_filename: Option<PathBuf>,

    /// Leave out files larger than this, such as `32 MiB`
    #[arg(long, value_name = "SIZE", value_parser = Size::parse, help_heading = "Where to look")]
    pub max_file_size: Option<Size>,

    /// Write the report in a format: to a file, or to standard output without one (repeatable)
    #[arg(
        short,
        long,
        alias = "format",
        value_name = "FORMAT[=FILE]",
        help_heading = "Output"
    )]
    pub output: Vec<String>,

    /// Print how often each rule was broken, instead of the findings
    #[arg(long, help_heading = "Output")]
    pub statistics: bool,

    /// Fail (exit code 1) for findings at or above this severity
    #[arg(long, value_name = "SEVERITY", help_heading = "Output")]
    pub fail_on: Option<FailOn>,

    /// Whether files that could not be looked at make the exit code 2
    #[arg(
        long,
        value_name = "fail|allow",
        hide_possible_values = true,
        help_heading = "Output"
    )]
    pub problems: Option<ProblemsMean>,

    /// Findings in this file are known and do not count
    #[arg(long, value_name = "FILE", help_heading = "Only what is new", value_hint = ValueHint::FilePath)]
    pub baseline: Option<PathBuf>,

    /// Write all findings of this run to a file for `--baseline`
    #[arg(long, value_name = "FILE", help_heading = "Only what is new", value_hint = ValueHint::FilePath)]
    pub write_baseline: Option<PathBuf>,

    /// Findings that a git revision has too are known and do not count
    #[arg(
        long,
        value_name = "REV",
        conflicts_with = "baseline",
        help_heading = "Only what is new"
    )]
    pub new_since: Option<String>,

    /// Apply fixes that keep what the program does
    #[arg(long, help_heading = "Fixes")]
    pub fix: bool,

    /// Apply also fixes that may change what the program does (implies `--fix`)
    #[arg(long, help_heading = "Fixes")]
    pub unsafe_fixes: bool,

    /// Print what the fixes would change, and write nothing
    #[arg(long, help_heading = "Fixes")]
    pub diff: bool,

    /// Scan again whenever a file changes
    #[arg(long, conflicts_with_all = ["fix", "unsafe_fixes", "diff", "write_baseline"], help_heading = "How to run")]
    pub watch: bool,

    /// Number of threads; one a core if not given
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512), help_heading = "How to run")]
    pub jobs: Option<u16>,
}

const AUDIT_EXAMPLES: &str = "\
Examples:
  hognose db update                                fetch the advisories, once and then now and again
  hognose audit                                    all manifests and lock files in the folder you are in
  hognose audit requirements.txt poetry.lock       some files
  hognose audit --fail-on high --output sarif=audit.sarif
  hognose audit --persona auditor                  also what may be installed in a vulnerable version";

/// `hognose audit`
#[derive(Debug, Args)]
#[command(after_help = AUDIT_EXAMPLES)]
pub struct Audit {
    /// Folders and files to look at: manifests, lock files, environments, bills of materials
    #[arg(value_name = "PATH", default_value = ".", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,

    /// Who reads the report
    #[arg(long, help_heading = "What to look for")]
    pub persona: Option<PersonaWord>,

    /// Rules to run: ids or beginnings of ids
    #[arg(
        long,
        value_name = "RULE",
        value_delimiter = ',',
        help_heading = "What to look for"
    )]
    pub select: Vec<String>,

    /// Rules not to run
    #[arg(
        long,
        value_name = "RULE",
        value_delimiter = ',',
        help_heading = "What to look for"
    )]
    pub ignore: Vec<String>,

    /// Leave out findings below this severity
    #[arg(long, value_name = "SEVERITY", help_heading = "What to look for")]
    pub severity: Option<SeverityWord>,

    /// Leave out what matches a pattern, spelled as in `.gitignore` (repeatable)
    #[arg(long, value_name = "PATTERN", help_heading = "Where to look")]
    pub exclude: Vec<String>,

    /// Look at what git ignores too
    #[arg(long, help_heading = "Where to look")]
    pub no_ignore: bool,

    /// Leave out files larger than this, such as `32 MiB`
    #[arg(long, value_name = "SIZE", value_parser = Size::parse, help_heading = "Where to look")]
    pub max_file_size: Option<Size>,

    /// The index of advisories to look into, instead of the one in the user's cache
    #[arg(long, value_name = "FILE", env = "HOGNOSE_ADVISORIES", hide_env_values = true, help_heading = "Advisories", value_hint = ValueHint::FilePath)]
    pub advisories: Option<PathBuf>,

    /// Advisories older than this many days are a problem
    #[arg(long, value_name = "DAYS", help_heading = "Advisories")]
    pub max_age: Option<u32>,

    /// Write the report in a format: to a file, or to standard output without one (repeatable)
    #[arg(
        short,
        long,
        alias = "format",
        value_name = "FORMAT[=FILE]",
        help_heading = "Output"
    )]
    pub output: Vec<String>,

    /// Fail (exit code 1) for findings at or above this severity
    #[arg(long, value_name = "SEVERITY", help_heading = "Output")]
    pub fail_on: Option<FailOn>,

    /// Whether what could not be looked at makes the exit code 2
    #[arg(
        long,
        value_name = "fail|allow",
        hide_possible_values = true,
        help_heading = "Output"
    )]
    pub problems: Option<ProblemsMean>,

    /// Findings in this file are known and do not count
    #[arg(long, value_name = "FILE", help_heading = "Only what is new", value_hint = ValueHint::FilePath)]
    pub baseline: Option<PathBuf>,

    /// Write all findings of this run to a file for `--baseline`
    #[arg(long, value_name = "FILE", help_heading = "Only what is new", value_hint = ValueHint::FilePath)]
    pub write_baseline: Option<PathBuf>,
}

impl Audit {
    /// The same as a scan, for what the two have in common.
    pub fn as_scan(&self) -> Scan {
        Scan {
            paths: self.paths.clone(),
            persona: self.persona,
            select: self.select.clone(),
            ignore: self.ignore.clone(),
            severity: self.severity,
            exclude: self.exclude.clone(),
            no_ignore: self.no_ignore,
            max_file_size: self.max_file_size,
            output: self.output.clone(),
            fail_on: self.fail_on,
            problems: self.problems,
            baseline: self.baseline.clone(),
            write_baseline: self.write_baseline.clone(),
            ..Scan::of_nothing()
        }
    }
}

const DB_EXAMPLES: &str = "\
Examples:
  hognose db update                                the public export of OSV
  hognose db update --url https://mirror.example/pypi/all.zip
  hognose db import all.zip                        a file that was fetched elsewhere
  hognose db import advisory-database own-advisories --kev known_exploited_vulnerabilities.json
  hognose db status";

/// `hognose db`
#[derive(Debug, Args)]
#[command(after_help = DB_EXAMPLES)]
pub struct Db {
    /// What to do
    #[command(subcommand)]
    pub action: DbAction,
}

/// What to do with the advisories.
#[derive(Debug, Subcommand)]
pub enum DbAction {
    /// Fetch the advisories and build the index anew; until that is done, the old one stays
    Update {
        /// Where from: zip files of records in the format of OSV (repeatable)
        #[arg(
            long,
            value_name = "URL",
            env = "HOGNOSE_ADVISORIES_URL",
            hide_env_values = true
        )]
        url: Vec<String>,

        /// What all commands about the index share
        #[command(flatten)]
        index: DbIndex,
    },
    /// Build the index from files: zip files, folders or git checkouts of records in the format of OSV
    Import {
        /// Zip files, folders, single records (JSON or YAML), `file://` or `https://` addresses; all are joined
        #[arg(required = true, value_name = "SOURCE", value_hint = ValueHint::AnyPath)]
        sources: Vec<String>,

        /// What all commands about the index share
        #[command(flatten)]
        index: DbIndex,
    },
    /// Say where the index is, how old it is and what it is made of
    Status {
        /// The index, instead of the one in the user's cache
        #[arg(long, value_name = "FILE", env = "HOGNOSE_ADVISORIES", hide_env_values = true, value_hint = ValueHint::FilePath)]
        advisories: Option<PathBuf>,

        /// How to print it
        #[arg(long, value_name = "FORMAT", default_value = "table")]
        format: StatusFormat,
    },
}

/// What building the index needs to know.
#[derive(Debug, Args)]
pub struct DbIndex {
    /// CISA's catalogue of known exploited vulnerabilities (JSON): a file or an address
    #[arg(long, value_name = "SOURCE")]
    pub kev: Option<String>,

    /// FIRST's exploit predictions (EPSS, CSV): a file or an address
    #[arg(long, value_name = "SOURCE")]
    pub epss: Option<String>,

    /// Where to write the index, instead of the user's cache
    #[arg(long, value_name = "FILE", env = "HOGNOSE_ADVISORIES", hide_env_values = true, value_hint = ValueHint::FilePath)]
    pub advisories: Option<PathBuf>,
}

/// How to print the state of the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StatusFormat {
    /// For reading
    Table,
    /// For programs
    Json,
}

/// `hognose explain`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  hognose explain sql-injection\n  hognose explain B608 --format markdown"
)]
pub struct Explain {
    /// Id of the rule, or its code in Bandit or Ruff
    #[arg(required = true, value_name = "RULE")]
    pub rules: Vec<String>,

    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    pub format: ExplainFormat,
}

/// How to print a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExplainFormat {
    /// For reading
    Terminal,
    /// The page as it was written
    Markdown,
    /// For programs
    Json,
}

/// `hognose rules`
#[derive(Debug, Args)]
pub struct Rules {
    /// How to print them
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: RulesFormat,
}

/// How to print all rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RulesFormat {
    /// For reading
    Table,
    /// A Markdown table
    Markdown,
    /// For programs
    Json,
}

/// `hognose routes`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  hognose routes\n  hognose routes src --format openapi > openapi.json"
)]
pub struct Routes {
    /// Folders and files to look at
    #[arg(value_name = "PATH", default_value = ".", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,

    /// How to print them
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: RoutesFormat,
}

/// How to print all routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RoutesFormat {
    /// For reading
    Table,
    /// For programs
    Json,
    /// An OpenAPI 3.1 document of the requests
    Openapi,
}

impl Scan {
    /// `hognose scan`, nothing else said.
    pub fn of_nothing() -> Self {
        let arguments = Arguments::parse_from(["hognose", "scan"]);
        match arguments.command {
            Command::Scan(scan) => *scan,
            _ => unreachable!("`scan` is `scan`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::{Arguments, Scan};

    #[test]
    fn the_definitions_agree_with_each_other() {
        Arguments::command().debug_assert();
        assert_eq!(Scan::of_nothing().paths, [std::path::PathBuf::from(".")]);
    }
}

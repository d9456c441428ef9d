//! Why a command cannot be carried out: wrong usage, a wrong configuration, a wrong rule page.

use hognose_rules::RuleError;

use crate::config::ConfigError;

/// Why a command cannot be carried out. Shown on standard error; the exit code is 2.
#[derive(Debug)]
pub enum Failure {
    /// A message, lower case, no full stop, and how to put it right.
    Usage {
        /// What is wrong.
        message: String,
        /// How to put it right, if that is known.
        help: Option<String>,
    },
    /// A fault in a configuration.
    Config(ConfigError),
    /// Faults in rule pages and model stubs.
    Pages(Vec<RuleError>),
    /// Nobody reads our output any more (`hognose … | head`). Not an error.
    NobodyReads,
}

impl Failure {
    /// A message alone.
    pub fn new(message: impl Into<String>) -> Self {
        Failure::Usage {
            message: message.into(),
            help: None,
        }
    }

    /// A message and how to put it right.
    pub fn with_help(message: impl Into<String>, help: Option<String>) -> Self {
        Failure::Usage {
            message: message.into(),
            help,
        }
    }

    /// What the user is shown, with a final newline.
    pub fn render(&self, colour: bool) -> String {
        match self {
            Failure::Usage { message, help } => {
                let paint = |style: anstyle::Style, text: &str| {
                    if colour {
                        format!("{style}{text}{style:#}")
                    } else {
                        text.to_owned()
                    }
                };
                let error = paint(anstyle::AnsiColor::Red.on_default().bold(), "error");
                let label = paint(anstyle::AnsiColor::Cyan.on_default().bold(), "help");
                let help = help
                    .as_ref()
                    .map_or_else(String::new, |help| format!("  {label}: {help}\n"));
                format!("{error}: {message}\n{help}")
            }
            Failure::Config(error) => error.render(colour) + "\n",
            Failure::Pages(errors) => errors
                .iter()
                .map(|error| error.render(colour) + "\n")
                .collect::<Vec<_>>()
                .join("\n"),
            Failure::NobodyReads => String::new(),
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Failure::Config(error)
    }
}

impl From<Vec<RuleError>> for Failure {
    fn from(errors: Vec<RuleError>) -> Self {
        Failure::Pages(errors)
    }
}

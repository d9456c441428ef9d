//! The configuration: its keys ([`Keys`]), where it is found ([`find`]), what is wrong with it ([`ConfigError`]), and
//! what holds in the end ([`Settings`]).

mod error;
mod find;
mod keys;
mod select;
mod settings;

pub use error::{ConfigError, nearest};
pub use keys::{FailOn, PersonaWord, ProblemsMean, SeverityWord, Size, json_schema};
pub use select::find_rule;
pub use settings::{NamedFolder, OutputTo, Settings, unused_configuration};

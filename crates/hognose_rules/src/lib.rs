//! The guide (`rules/*.md`) and the models (`models/**/*.pyi`), read into typed values.
//!
//! A rule is a page of a security guide: YAML front matter that *selects* what the rule looks for, text for the
//! developer, and examples that are the rule's tests. This crate reads pages and says what is wrong with them, with
//! file, line and caret; it does not know how anything is detected, opens no files and prints nothing.
//!
//! Both folders are embedded in the binary. A user's own pages join through [`Catalogue::with_user_pages`].
//!
//! Start reading at [`Catalogue`], then [`RulePage`] and [`Detect`].

mod body;
mod catalogue;
mod detect;
mod embedded;
mod error;
mod example;
mod front_matter;
mod kinds;
mod message;
mod nearest;
mod page;
mod read_detect;
mod reader;
mod test_value;
mod yaml;

pub use catalogue::Catalogue;
pub use detect::{
    AdvisoryKind, AffectedVersions, Detect, FixAction, FixRecipe, Framework, Matcher,
    TemplateConstruct,
};
pub use embedded::model_files;
pub use error::RuleError;
pub use example::{Example, ExampleFile, ExampleLanguage, ExampleSection, Expected, ExpectedLevel};
pub use kinds::{Kinds, SINK_KINDS, SOURCE_KINDS};
pub use message::{Placeholder, fill_message};
pub use nearest::nearest;
pub use page::{Origin, RulePage};
pub use test_value::{Constant, Pattern, ValueTest};

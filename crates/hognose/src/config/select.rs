//! From what users write to rules: ids, codes of other tools, and beginnings of either.

use std::ops::Range;
use std::sync::Arc;

use hognose_rules::{Catalogue, RulePage};

use super::error::{ConfigError, Origin};
use crate::failure::Failure;

/// What a user wrote to name rules.
#[derive(Debug, Clone)]
pub struct Selector {
    /// As written.
    pub text: String,
    /// Where.
    pub place: Place,
}

/// Where a user wrote something.
#[derive(Debug, Clone)]
pub enum Place {
    /// After a flag of the command line: `--select`.
    Flag(&'static str),
    /// In a configuration.
    Config(Arc<Origin>, Range<usize>),
}

impl Place {
    /// A fault at this place.
    pub fn failure(&self, message: String, help: Option<String>) -> Failure {
        match self {
            Place::Flag(flag) => Failure::with_help(format!("{flag}: {message}"), help),
            Place::Config(origin, span) => ConfigError::new(origin, span.clone(), message)
                .with_help(help)
                .into(),
        }
    }
}

impl Selector {
    /// The rules it names, in order of id.
    pub fn resolve(&self, catalogue: &Catalogue) -> Result<Vec<Arc<str>>, Failure> {
        let wanted = self.text.trim();
        let named: Vec<&RulePage> = match catalogue.get(wanted) {
            Some(page) => vec![page],
            None => catalogue
                .rules()
                .iter()
                .filter(|page| begins(page, wanted))
                .collect(),
        };
        if named.is_empty() {
            let (message, help) = unknown(wanted, catalogue);
            return Err(self.place.failure(message, Some(help)));
        }
        Ok(named.iter().map(|page| Arc::clone(&page.rule.id)).collect())
    }
}

/// Whether the rule's id or one of its codes begins with `wanted`; `all` is the beginning of everything.
fn begins(page: &RulePage, wanted: &str) -> bool {
    let begins = |name: &str| {
        name.get(..wanted.len())
            .is_some_and(|beginning| beginning.eq_ignore_ascii_case(wanted))
    };
    !wanted.is_empty()
        && (wanted.eq_ignore_ascii_case("all")
            || begins(page.id())
            || page.rule.aliases.iter().any(|alias| begins(&alias.code)))
}

/// The rule that `name`, an id or a code of another tool, means.
pub fn find_rule<'a>(name: &str, catalogue: &'a Catalogue) -> Result<&'a RulePage, Failure> {
    catalogue.get(name.trim()).ok_or_else(|| {
        let (message, help) = unknown(name.trim(), catalogue);
        Failure::with_help(message, Some(help))
    })
}

fn unknown(name: &str, catalogue: &Catalogue) -> (String, String) {
    let near = catalogue.did_you_mean(name);
    let help = if near.is_empty() {
        "`hognose rules` lists all rules".to_owned()
    } else {
        let near: Vec<String> = near.iter().map(|near| format!("`{near}`")).collect();
        format!("did you mean {}?", near.join(" or "))
    };
    (format!("no rule is called `{name}`"), help)
}

//! Names outside the project that someone asks about.

use rustc_hash::FxHashMap;

use super::{ExternalId, Project};
use crate::intern::{Symbol, Symbols};

/// The names outside the project that rules ask about, as a tree.
#[derive(Debug, Default)]
pub(super) struct Externals {
    pub(super) names: Vec<String>,
    pub(super) tops: FxHashMap<Symbol, ExternalId>,
    pub(super) children: FxHashMap<(ExternalId, Symbol), ExternalId>,
}

impl Externals {
    pub(super) fn new(names: &[&str], symbols: &Symbols) -> Self {
        let mut tree = Externals::default();
        for name in names {
            let mut at: Option<ExternalId> = None;
            let mut prefix = String::new();
            for part in name.split('.') {
                if !prefix.is_empty() {
                    prefix.push('.');
                }
                prefix.push_str(part);
                // A name that occurs nowhere cannot be met.
                let Some(symbol) = symbols.find(part) else {
                    break;
                };
                let next = ExternalId(tree.names.len() as u32);
                let id = match at {
                    None => *tree.tops.entry(symbol).or_insert(next),
                    Some(parent) => *tree.children.entry((parent, symbol)).or_insert(next),
                };
                if id == next {
                    tree.names.push(prefix.clone());
                }
                at = Some(id);
            }
        }
        tree
    }
}

impl Project {
    /// The dotted name of an external.
    pub fn external_name(&self, id: ExternalId) -> &str {
        &self.externals.names[id.0 as usize]
    }

    /// The external with a dotted name, if its parts occur in the project.
    pub fn external(&self, name: &str) -> Option<ExternalId> {
        let mut parts = name.split('.');
        let mut at = *self
            .externals
            .tops
            .get(&self.symbols.find(parts.next()?)?)?;
        for part in parts {
            at = *self
                .externals
                .children
                .get(&(at, self.symbols.find(part)?))?;
        }
        Some(at)
    }
}

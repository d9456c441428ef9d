//! What lock files have in common: entries that ask for each other by name.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::graph::Graph;
use super::reader::Reader;
use super::tree::Node;
use crate::Dependency;

/// The entries of a lock file so far.
#[derive(Default)]
pub(crate) struct Lock {
    entries: Vec<Dependency>,
    /// Normalised names that each entry asks for.
    asks: Vec<Vec<String>>,
}

/// What the project itself asks for.
pub(crate) enum Roots {
    /// The file does not say: what nobody else asks for. Groups are those of the entries.
    Guessed,
    /// Normalised names, and the group if it is not the main one. Groups are those that lead to an entry.
    Named(Vec<(String, Option<Arc<str>>)>),
}

impl Lock {
    pub(crate) fn push(&mut self, entry: Dependency, asks: Vec<String>) {
        self.entries.push(entry);
        self.asks.push(asks);
    }

    /// Finds chains and groups, and pushes all entries.
    pub(crate) fn finish(self, reader: &mut Reader<'_>, roots: Roots) {
        // Entries of one name share a node, so that many versions of many names make no more edges than the file has.
        let mut names: Vec<Arc<str>> = Vec::new();
        let mut nodes: FxHashMap<Arc<str>, usize> = FxHashMap::default();
        let mut owners = Vec::with_capacity(self.entries.len());
        for entry in &self.entries {
            let node = *nodes.entry(entry.name.clone()).or_insert_with(|| {
                names.push(entry.name.clone());
                names.len() - 1
            });
            owners.push(node);
        }
        let mut graph = Graph::new(names);
        for (owner, asks) in owners.iter().zip(&self.asks) {
            for to in asks.iter().filter_map(|name| nodes.get(name.as_str())) {
                graph.edge(*owner, *to);
            }
        }
        let named = match roots {
            Roots::Guessed => {
                graph.guess_roots();
                false
            }
            Roots::Named(roots) => {
                for (name, group) in roots {
                    if let Some(node) = nodes.get(name.as_str()) {
                        graph.root(*node, group);
                    }
                }
                true
            }
        };
        let reached = graph.reach();
        for (mut entry, owner) in self.entries.into_iter().zip(owners) {
            let reached = &reached[owner];
            entry.chain.clone_from(&reached.chain);
            if named && reached.by_any {
                entry.groups.clone_from(&reached.groups);
            }
            reader.push(entry);
        }
    }
}

/// Name and version of a package's table, where they are texts.
pub(crate) fn name_of<'n>(
    reader: &mut Reader<'_>,
    package: &'n Node<'_>,
) -> Option<(&'n str, &'n Node<'n>)> {
    let found = package
        .get("name")
        .and_then(|node| node.text().map(|name| (name, node)))
        .filter(|(name, _)| super::requirement::is_name(name));
    if found.is_none() {
        reader.unreadable(&package.span, "an entry without the name of a distribution");
    }
    found
}

/// The hashes of a list of files, each `algorithm:digest` under `key`, each once.
pub(crate) fn file_hashes(files: &[Node<'_>], key: &str) -> Vec<Arc<str>> {
    files
        .iter()
        .filter_map(|file| file.text_at(key))
        .map(Into::into)
        .collect()
}

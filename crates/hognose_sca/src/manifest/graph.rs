//! Who brings whom in: the shortest chains and the groups of a lock file's entries.

use std::collections::VecDeque;
use std::sync::Arc;

/// Names that a chain keeps.
const MAX_CHAIN: usize = 64;

/// Groups that are told apart; what only further ones bring in counts as brought in by the project itself.
const MAX_GROUPS: usize = 64;

/// The entries of a lock file and which of them ask for which.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    names: Vec<Arc<str>>,
    edges: Vec<Vec<usize>>,
    /// What the project asks for, and in which group; none is the project's main one.
    roots: Vec<(usize, Option<Arc<str>>)>,
}

/// What a graph says about one entry.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Reached {
    pub(crate) chain: Vec<Arc<str>>,
    pub(crate) groups: Vec<Arc<str>>,
    /// Whether any root leads to it.
    pub(crate) by_any: bool,
}

impl Graph {
    /// A graph of entries with these names and no edges.
    pub(crate) fn new(names: Vec<Arc<str>>) -> Self {
        Graph {
            edges: vec![Vec::new(); names.len()],
            names,
            roots: Vec::new(),
        }
    }

    /// `from` asks for `to`.
    pub(crate) fn edge(&mut self, from: usize, to: usize) {
        self.edges[from].push(to);
    }

    pub(crate) fn root(&mut self, entry: usize, group: Option<Arc<str>>) {
        self.roots.push((entry, group));
    }

    /// Makes a root of each entry that no other asks for, where the file does not say what the project asks for. A ring
    /// that nobody asks for is entered at its first entry.
    pub(crate) fn guess_roots(&mut self) {
        let mut asked = vec![false; self.names.len()];
        for (from, edges) in self.edges.iter().enumerate() {
            for to in edges.iter().filter(|to| **to != from) {
                asked[*to] = true;
            }
        }
        let unasked = (0..self.names.len()).filter(|entry| !asked[*entry]);
        self.roots.extend(unasked.map(|entry| (entry, None)));
        let mut seen = vec![false; self.names.len()];
        for (root, _) in self.roots.clone() {
            self.mark(root, &mut seen);
        }
        for entry in 0..self.names.len() {
            if !seen[entry] {
                self.roots.push((entry, None));
                self.mark(entry, &mut seen);
            }
        }
    }

    fn mark(&self, root: usize, seen: &mut [bool]) {
        let mut work = vec![root];
        while let Some(entry) = work.pop() {
            if !std::mem::replace(&mut seen[entry], true) {
                work.extend(self.edges[entry].iter().filter(|to| !seen[**to]));
            }
        }
    }

    /// Chains and groups of all entries, in their order.
    pub(crate) fn reach(&self) -> Vec<Reached> {
        let (names, masks) = self.masks();
        self.chains()
            .into_iter()
            .zip(masks)
            .map(|(chain, (mask, main))| Reached {
                chain,
                by_any: main || mask != 0,
                groups: if main {
                    Vec::new()
                } else {
                    let set = |bit: &usize| mask >> *bit & 1 == 1;
                    let bits = (0..names.len()).filter(set);
                    super::requirement::sorted(bits.map(|bit| names[bit].clone()).collect())
                },
            })
            .collect()
    }

    /// For each entry a shortest way from a root. Main roots are tried first.
    fn chains(&self) -> Vec<Vec<Arc<str>>> {
        let mut chains = vec![Vec::new(); self.names.len()];
        let mut seen = vec![false; self.names.len()];
        let mut queue = VecDeque::new();
        let (main, other): (Vec<_>, Vec<_>) =
            self.roots.iter().partition(|(_, group)| group.is_none());
        for (root, _) in main.into_iter().chain(other) {
            if !std::mem::replace(&mut seen[*root], true) {
                queue.push_back(*root);
            }
        }
        while let Some(entry) = queue.pop_front() {
            for to in &self.edges[entry] {
                if !std::mem::replace(&mut seen[*to], true) {
                    let mut chain: Vec<Arc<str>> = chains[entry].clone();
                    // The beginning is what says who to talk to.
                    if chain.len() < MAX_CHAIN {
                        chain.push(self.names[entry].clone());
                    }
                    chains[*to] = chain;
                    queue.push_back(*to);
                }
            }
        }
        chains
    }

    /// Names of groups, and for each entry which of them lead to it and whether the main one does.
    fn masks(&self) -> (Vec<Arc<str>>, Vec<(u64, bool)>) {
        let mut names: Vec<Arc<str>> = Vec::new();
        let mut masks = vec![(0u64, false); self.names.len()];
        let mut work = Vec::new();
        for (root, group) in &self.roots {
            let group = group.as_ref().and_then(|group| {
                let known = names.iter().position(|name| name == group);
                known.or_else(|| {
                    let room = names.len() < MAX_GROUPS;
                    room.then(|| {
                        names.push(group.clone());
                        names.len() - 1
                    })
                })
            });
            match group {
                Some(bit) => masks[*root].0 |= 1 << bit,
                None => masks[*root].1 = true,
            }
            work.push(*root);
        }
        // Masks only grow, so each entry is looked at once a bit at most.
        while let Some(entry) = work.pop() {
            let (mask, main) = masks[entry];
            for to in &self.edges[entry] {
                let next = (masks[*to].0 | mask, masks[*to].1 || main);
                if next != masks[*to] {
                    masks[*to] = next;
                    work.push(*to);
                }
            }
        }
        (names, masks)
    }
}

#[cfg(test)]
mod tests {
    use super::Graph;

    fn graph(names: &str, edges: &[(usize, usize)]) -> Graph {
        let mut graph = Graph::new(names.split(' ').map(Into::into).collect());
        for (from, to) in edges {
            graph.edge(*from, *to);
        }
        graph
    }

    fn chains(graph: &Graph) -> Vec<String> {
        let reached = graph.reach().into_iter();
        reached
            .map(|reached| format!("{}|{}", reached.chain.join(">"), reached.groups.join(",")))
            .collect()
    }

    #[test]
    fn shortest_chains_and_groups() {
        let mut graph = graph(
            "a b c d e",
            &[(0, 1), (1, 2), (0, 2), (3, 2), (3, 4), (4, 3)],
        );
        graph.root(0, None);
        graph.root(3, Some("dev".into()));
        graph.root(4, Some("test".into()));
        assert_eq!(chains(&graph), ["|", "a|", "a|", "|dev,test", "|dev,test"]);
    }

    #[test]
    fn roots_are_guessed_and_rings_end() {
        let mut graph = graph("a b c d", &[(0, 1), (2, 3), (3, 2), (1, 1)]);
        graph.guess_roots();
        assert_eq!(chains(&graph), ["|", "a|", "|", "c|"]);
    }

    #[test]
    fn a_long_line_is_cheap() {
        let names = (0..50_000).map(|n| n.to_string()).collect::<Vec<_>>();
        let edges: Vec<_> = (1..50_000).map(|n| (n - 1, n)).collect();
        let mut graph = graph(&names.join(" "), &edges);
        graph.guess_roots();
        assert_eq!(graph.reach()[2].chain.len(), 2);
    }
}

//! Which names mean the same vulnerability.

use rustc_hash::FxHashMap;

/// Sets of names, joined where one record gives several.
#[derive(Debug, Default)]
pub(super) struct Aliases {
    number: FxHashMap<String, usize>,
    names: Vec<String>,
    /// For each name a name nearer to the one that stands for all of its set.
    parent: Vec<usize>,
}

impl Aliases {
    /// Notes that all of `names` mean the same.
    pub(super) fn join<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) {
        let mut first = None;
        for name in names {
            let number = self.number(name);
            match first {
                None => first = Some(number),
                Some(first) => self.unite(first, number),
            }
        }
    }

    /// The number of the set that `name` is in.
    pub(super) fn set(&mut self, name: &str) -> usize {
        let number = self.number(name);
        self.root(number)
    }

    /// All sets, by number, each with its names.
    pub(super) fn sets(&mut self) -> FxHashMap<usize, Vec<String>> {
        let mut sets: FxHashMap<usize, Vec<String>> = FxHashMap::default();
        for number in 0..self.names.len() {
            let root = self.root(number);
            sets.entry(root)
                .or_default()
                .push(self.names[number].clone());
        }
        sets
    }

    fn number(&mut self, name: &str) -> usize {
        if let Some(&number) = self.number.get(name) {
            return number;
        }
        let number = self.names.len();
        self.names.push(name.to_owned());
        self.parent.push(number);
        self.number.insert(name.to_owned(), number);
        number
    }

    fn root(&mut self, mut number: usize) -> usize {
        while self.parent[number] != number {
            self.parent[number] = self.parent[self.parent[number]];
            number = self.parent[number];
        }
        number
    }

    /// The smaller number stands for both, so that the result does not depend on the order of the joins.
    fn unite(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        self.parent[one.max(other)] = one.min(other);
    }
}

/// Sorts names so that the one people know best comes first: the CVE, then the databases' own.
pub(super) fn best_known_first(names: &mut Vec<String>) {
    let rank = |name: &str| {
        ["CVE-", "GHSA-", "PYSEC-", "MAL-"]
            .iter()
            .position(|prefix| name.starts_with(prefix))
            .unwrap_or(4)
    };
    names.sort_by(|a, b| (rank(a), a).cmp(&(rank(b), b)));
    names.dedup();
}

#[cfg(test)]
mod tests {
    use super::{Aliases, best_known_first};

    #[test]
    fn sets_grow_together() {
        let mut aliases = Aliases::default();
        aliases.join(["A", "B"]);
        aliases.join(["C", "D"]);
        assert_ne!(aliases.set("A"), aliases.set("D"));
        aliases.join(["D", "B"]);
        assert_eq!(aliases.set("A"), aliases.set("C"));
        assert_ne!(aliases.set("A"), aliases.set("E"));
        let set = aliases.set("A");
        assert_eq!(aliases.sets()[&set], ["A", "B", "C", "D"]);
    }

    #[test]
    fn the_best_known_name_leads() {
        let mut names = [
            "PYSEC-2020-1",
            "MAL-1",
            "GHSA-x",
            "CVE-2020-2",
            "OWN-7",
            "CVE-2020-2",
        ]
        .map(str::to_owned)
        .to_vec();
        best_known_first(&mut names);
        assert_eq!(
            names,
            ["CVE-2020-2", "GHSA-x", "PYSEC-2020-1", "MAL-1", "OWN-7"]
        );
    }
}

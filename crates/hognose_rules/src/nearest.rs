//! "Did you mean": the known word nearest to an unknown one.

/// The word of `known` nearest to `word`, if one is near enough to be what was meant.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    nearest_few(word, known).into_iter().next()
}

/// Up to three words near enough to be what was meant, nearest first, equals in alphabetical order.
pub(crate) fn nearest_few<'a>(
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Vec<&'a str> {
    let word = word.to_lowercase();
    // One slip in three letters; more and the suggestion is a guess.
    let limit = (word.chars().count() / 3).max(1);
    let mut near: Vec<(usize, &str)> = known
        .into_iter()
        .map(|candidate| {
            let lower = candidate.to_lowercase();
            let distance = strsim::osa_distance(&word, &lower);
            // `sql` for `sql-injection`: the beginning of a word, or one of its parts, says enough.
            let part = word.len() >= 3
                && (lower.starts_with(&word) || lower.split(['-', '.']).any(|part| part == word));
            (if part { distance.min(limit) } else { distance }, candidate)
        })
        .filter(|(distance, _)| *distance <= limit)
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter()
        .take(3)
        .map(|(_, candidate)| candidate)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{nearest, nearest_few};

    #[test]
    fn finds_slips_and_parts() {
        let known = ["critical", "high", "low", "medium"];
        assert_eq!(nearest("hihg", known), Some("high"));
        assert_eq!(nearest("crit", known), Some("critical"));
        assert_eq!(nearest("HIGH", known), Some("high"));
        assert_eq!(nearest("severe", known), None);
        assert_eq!(
            nearest_few(
                "injection",
                ["code-injection", "sql-injection", "weak-hash"]
            ),
            ["code-injection", "sql-injection"]
        );
    }
}

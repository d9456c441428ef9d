//! The identity of a finding across runs.

use std::fmt;

/// Identity of a finding that survives moved lines and renamed files: a hash over the rule, the scope, the
/// whitespace-normalised source text of the finding, and an ordinal among equals in the same file.
///
/// It leaves the path out on purpose; who compares runs matches on path *and* fingerprint first, then on the
/// fingerprint alone for paths that no longer exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Fingerprint(pub u64);

impl Fingerprint {
    /// Hashes `parts` with FNV-1a (64 bit), a separator after each part. Stable for ever: baselines depend on it.
    pub fn of<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        let mut eat = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        for part in parts {
            part.bytes().for_each(&mut eat);
            eat(0xff); // never occurs in UTF-8
        }
        Fingerprint(hash)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Fingerprint;

    #[test]
    fn is_stable_for_ever() {
        assert_eq!(
            Fingerprint::of(["sql-injection", "view", "x"]).to_string(),
            "d2dbf37f7ae20fb3"
        );
    }

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(Fingerprint::of(["ab", "c"]), Fingerprint::of(["a", "bc"]));
    }
}

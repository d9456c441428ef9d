//! Names and string literals as numbers.
//!
//! Every identifier and every string literal of a project is stored once. Files are read in parallel, so which number a
//! text gets is *not* deterministic: nothing that a user sees may depend on the order of [`Symbol`]s.

use std::hash::BuildHasher;
use std::sync::{Mutex, PoisonError};

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

/// Number of independently locked tables; a power of two.
const SHARDS: usize = 64;
const SHARD_BITS: u32 = SHARDS.trailing_zeros();

/// An interned text. Fits in 29 bits, so that an operand can hold one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol(pub(crate) u32);

/// Collects texts while files are read.
#[derive(Debug)]
pub struct Interner {
    shards: Vec<Mutex<Shard>>,
}

#[derive(Debug, Default)]
struct Shard {
    /// Index of each text and half its hash, so that growing need not hash again.
    table: HashTable<(u32, u32)>,
    /// Start and end of each text in `text`.
    places: Vec<(u32, u32)>,
    text: String,
}

impl Shard {
    fn get(&self, index: u32) -> &str {
        let (start, end) = self.places[index as usize];
        &self.text[start as usize..end as usize]
    }

    fn find(&self, hash: u64, text: &str) -> Option<u32> {
        let half = half_of(hash);
        let same = |&(index, other): &(u32, u32)| other == half && self.get(index) == text;
        self.table
            .find(table_hash(half), same)
            .map(|&(index, _)| index)
    }

    fn intern(&mut self, hash: u64, text: &str) -> u32 {
        if let Some(index) = self.find(hash, text) {
            return index;
        }
        let index = self.places.len() as u32;
        let start = self.text.len() as u32;
        self.text.push_str(text);
        self.places.push((start, self.text.len() as u32));
        let half = half_of(hash);
        self.table
            .insert_unique(table_hash(half), (index, half), |&(_, half)| {
                table_hash(half)
            });
        index
    }
}

/// The half of a hash that does not choose the shard.
fn half_of(hash: u64) -> u32 {
    hash as u32
}

/// The table looks at the low bits and the top seven.
fn table_hash(half: u32) -> u64 {
    u64::from(half) | u64::from(half) << 32
}

fn hash_of(text: &str) -> u64 {
    FxBuildHasher.hash_one(text)
}

fn shard_of(hash: u64) -> usize {
    (hash >> 40) as usize & (SHARDS - 1)
}

impl Default for Interner {
    fn default() -> Self {
        Interner {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
        }
    }
}

impl Interner {
    /// The symbol of `text`, made if new.
    pub fn intern(&self, text: &str) -> Symbol {
        self.intern_hashed(hash_of(text), text)
    }

    fn intern_hashed(&self, hash: u64, text: &str) -> Symbol {
        let shard = shard_of(hash);
        let index = self.shards[shard]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .intern(hash, text);
        Symbol(index << SHARD_BITS | shard as u32)
    }

    /// The text of `symbol`.
    pub fn text(&self, symbol: Symbol) -> String {
        let shard = self.shards[symbol.0 as usize & (SHARDS - 1)]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        shard.get(symbol.0 >> SHARD_BITS).to_owned()
    }

    /// No more texts: lock-free reading from here on.
    pub fn freeze(self) -> Symbols {
        Symbols {
            shards: self
                .shards
                .into_iter()
                .map(|shard| {
                    let mut shard = shard.into_inner().unwrap_or_else(PoisonError::into_inner);
                    shard.text.shrink_to_fit();
                    shard.places.shrink_to_fit();
                    shard
                })
                .collect(),
        }
    }
}

/// Longest text that is remembered, in bytes.
const SHORT: usize = 31;
/// Number of texts that are remembered; a power of two. Together they fit into a core's second-level cache.
const REMEMBERED: usize = 8_192;

/// The names one thread met last: most files use the same few thousand, and asking the shared table for each costs a
/// lock and several reads from far memory.
#[derive(Debug)]
pub(crate) struct RecentNames {
    slots: Vec<RecentName>,
}

#[derive(Debug, Clone, Copy)]
struct RecentName {
    symbol: Symbol,
    len: u8,
    text: [u8; SHORT],
}

impl Default for RecentNames {
    fn default() -> Self {
        // No text has this length, so an empty slot equals none.
        let empty = RecentName {
            symbol: Symbol(0),
            len: u8::MAX,
            text: [0; SHORT],
        };
        RecentNames {
            slots: vec![empty; REMEMBERED],
        }
    }
}

impl RecentNames {
    /// The symbol of `text` in `interner`, which must always be the same one.
    pub fn intern(&mut self, interner: &Interner, text: &str) -> Symbol {
        let hash = hash_of(text);
        let bytes = text.as_bytes();
        if bytes.len() > SHORT {
            return interner.intern_hashed(hash, text);
        }
        let slot = &mut self.slots[hash as usize & (REMEMBERED - 1)];
        if usize::from(slot.len) == bytes.len() && &slot.text[..bytes.len()] == bytes {
            return slot.symbol;
        }
        slot.symbol = interner.intern_hashed(hash, text);
        slot.len = bytes.len() as u8;
        slot.text[..bytes.len()].copy_from_slice(bytes);
        slot.symbol
    }
}

/// All texts of a project.
#[derive(Debug)]
pub struct Symbols {
    shards: Vec<Shard>,
}

impl Symbols {
    /// The text of `symbol`.
    pub fn text(&self, symbol: Symbol) -> &str {
        self.shards[symbol.0 as usize & (SHARDS - 1)].get(symbol.0 >> SHARD_BITS)
    }

    /// The symbol of `text`, if it occurs in the project.
    pub fn find(&self, text: &str) -> Option<Symbol> {
        let hash = hash_of(text);
        let shard = shard_of(hash);
        let index = self.shards[shard].find(hash, text)?;
        Some(Symbol(index << SHARD_BITS | shard as u32))
    }

    /// One past the largest symbol number, for tables indexed by symbol.
    pub fn table_len(&self) -> usize {
        self.shards
            .iter()
            .map(|shard| shard.places.len())
            .max()
            .unwrap_or(0)
            << SHARD_BITS
    }
}

impl Symbol {
    /// Index into a table of [`Symbols::table_len`] entries.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

#[cfg(test)]
mod tests {
    use super::Interner;

    #[test]
    fn same_text_same_symbol() {
        let interner = Interner::default();
        let (a, b, empty) = (
            interner.intern("alpha"),
            interner.intern("beta"),
            interner.intern(""),
        );
        assert_eq!(interner.intern("alpha"), a);
        assert_ne!(a, b);
        let symbols = interner.freeze();
        assert_eq!(
            (symbols.text(a), symbols.text(b), symbols.text(empty)),
            ("alpha", "beta", "")
        );
        assert_eq!(symbols.find("beta"), Some(b));
        assert_eq!(symbols.find("gamma"), None);
    }
}

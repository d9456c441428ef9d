//! Advisories: reading OSV records, the index built from them, and which versions they affect.

//! See `hognose_fuzz::notebook`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hognose_fuzz::notebook(data));

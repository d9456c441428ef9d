//! See `hognose_fuzz::suppression`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hognose_fuzz::suppression(data));

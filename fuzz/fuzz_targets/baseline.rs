//! See `hognose_fuzz::baseline`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hognose_fuzz::baseline(data));

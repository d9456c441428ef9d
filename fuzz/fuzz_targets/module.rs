//! See `hognose_fuzz::module`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hognose_fuzz::module(data));

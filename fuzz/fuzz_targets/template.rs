//! See `hognose_fuzz::template`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hognose_fuzz::template(data));

//! See `hognose_fuzz::rule_page`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hognose_fuzz::rule_page(data));

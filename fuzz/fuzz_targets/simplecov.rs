//! Arbitrary bytes as coverage of SimpleCov.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| portcullis_fuzz::coverage("simplecov", bytes));

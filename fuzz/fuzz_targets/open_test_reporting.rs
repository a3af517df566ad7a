//! Arbitrary bytes as a report in the format `open-test-reporting`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| portcullis_fuzz::report("open-test-reporting", bytes));

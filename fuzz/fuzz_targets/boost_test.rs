//! Arbitrary bytes as a report in the format `boost-test`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| portcullis_fuzz::report("boost-test", bytes));

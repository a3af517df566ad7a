//! Arbitrary bytes as a report in the format `qt-test`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| portcullis_fuzz::report("qt-test", bytes));

//! Arbitrary bytes as a report in the format `dart`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| portcullis_fuzz::report("dart", bytes));

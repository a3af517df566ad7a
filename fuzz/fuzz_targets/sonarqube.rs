//! Arbitrary bytes as a report in the format `sonarqube`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| portcullis_fuzz::report("sonarqube", bytes));

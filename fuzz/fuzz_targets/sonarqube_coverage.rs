//! Arbitrary bytes as SonarQube's generic coverage.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| portcullis_fuzz::coverage("sonarqube", bytes));

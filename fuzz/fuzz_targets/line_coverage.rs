//! Arbitrary bytes as a coverage report: in whatever format they look like, and in each one that somebody may say.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| portcullis_fuzz::line_coverage(bytes));

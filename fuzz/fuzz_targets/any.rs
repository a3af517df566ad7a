//! Arbitrary bytes as a report in whatever format they look like.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = portcullis_report::parse(bytes);
});

//! Arbitrary bytes as OpenCover XML.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| portcullis_fuzz::coverage("opencover", bytes));

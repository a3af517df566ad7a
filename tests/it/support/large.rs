//! Large reports, written on the spot: tests and benchmarks make the same.
#![allow(dead_code, reason = "each test binary uses its own part of this")]

use std::io::{self, Write};

/// How many tests a suite has.
const SUITE: usize = 100;

/// Writes a JUnit report of so many tests. One in fifty fails and one is skipped, unless all pass. In a later `run`, one test in ten
/// thousand is gone, and one fails that did not; from the run of number 2 on, every name is another. `output` stands in each test.
///
/// # Errors
/// Those of `out`.
pub fn junit(out: &mut impl Write, tests: usize, run: usize, all_pass: bool, output: &str) -> io::Result<()> {
    let does = if run < 2 { "rejects" } else { "refuses" };
    out.write_all(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"all\">\n")?;
    for first in (0..tests).step_by(SUITE) {
        let suite = first / SUITE;
        writeln!(out, "<testsuite name=\"suite {suite}\" timestamp=\"2026-01-01T00:00:00Z\" time=\"1.5\">")?;
        for number in (first..tests.min(first + SUITE)).filter(|number| run == 0 || number % 10_000 != 11) {
            let outcome = match number % 50 {
                7 if !all_pass => {
                    "<failure message=\"1 is not 2\" type=\"AssertionError\">at line 3</failure>"
                }
                8 if !all_pass => "<skipped message=\"not today\"/>",
                _ if run > 0 && number % 10_000 == 12 => "<failure message=\"new\"/>",
                _ => "",
            };
            writeln!(
                out,
                "<testcase classname=\"com.example.upload.loader.RecordLoaderTest\" name=\"{does} record {number:07} of the table\" \
                 time=\"0.012\">{outcome}{output}</testcase>"
            )?;
        }
        out.write_all(b"</testsuite>\n")?;
    }
    out.write_all(b"</testsuites>\n")
}

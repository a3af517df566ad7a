//! How much longer does reading a report take than looking at its XML?
//!
//! `cargo bench --bench reports` makes a JUnit report of a hundred thousand tests, lets a bare loop over the events of
//! the XML library and our reader read the same bytes by turns, and prints the median of each and the ratio. Judge a
//! machine by the ratios only. `-- --smoke` uses a small report and one turn: it shows that the benchmark runs.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark asks the clock and prints"
)]

use portcullis::report::parse;
use quick_xml::Reader;
use quick_xml::events::Event;
use std::fmt::Write;
use std::hint::black_box;
use std::time::{Duration, Instant};

fn main() {
    let given = |name: &str| std::env::args().any(|argument| argument == name);
    let (tests, turns) = if given("--bench") && !given("--smoke") { (100_000, 15) } else { (1000, 1) };
    println!("{:<44} {:>10} {:>10} {:>9}", format!("{tests} tests"), "events", "ours", "ours/bare");
    row("JUnit, names only", &junit(tests, ""), turns);
    let output = "<system-out>loaded 12 records &amp; rejected 3 of them\nthe end</system-out>";
    row("JUnit, with output of each test", &junit(tests, output), turns);
}

/// A report of passed, failed and skipped tests in suites of a hundred.
fn junit(tests: usize, output: &str) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"all\">\n");
    for number in 0..tests {
        if number % 100 == 0 {
            let suite = number / 100;
            let _ = writeln!(
                text,
                "<testsuite name=\"suite {suite}\" timestamp=\"2026-01-01T00:00:00Z\" time=\"1.5\">"
            );
        }
        let more = match number % 50 {
            7 => "<failure message=\"1 is not 2\" type=\"AssertionError\">at line 3</failure>",
            8 => "<skipped message=\"not today\"/>",
            _ => "",
        };
        let _ = writeln!(
            text,
            "<testcase classname=\"upload.loader\" name=\"rejects record {number}\" time=\"0.012\">{more}{output}</testcase>"
        );
        if number % 100 == 99 {
            text.push_str("</testsuite>\n");
        }
    }
    text + "</testsuites>\n"
}

fn row(label: &str, report: &str, turns: usize) {
    let (mut bare, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..turns {
        bare.push(timed(|| events(report)));
        ours.push(timed(|| {
            black_box(parse(report.as_bytes()).expect("a report"));
        }));
    }
    let (bare, ours) = (median(bare), median(ours));
    let ratio = ours.as_secs_f64() / bare.as_secs_f64();
    println!("{label:<44} {:>7.1} ms {:>7.1} ms {ratio:>9.2}", millis(bare), millis(ours));
}

/// Every event, and every attribute of every element: what no reader of such a report can leave out.
fn events(report: &str) {
    let mut reader = Reader::from_str(report);
    let mut seen = 0u64;
    loop {
        match reader.read_event().expect("well-formed XML") {
            Event::Start(tag) | Event::Empty(tag) => {
                for attribute in tag.attributes() {
                    seen += attribute.expect("an attribute").value.len() as u64;
                }
            }
            Event::Eof => break,
            _ => seen += 1,
        }
    }
    black_box(seen);
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

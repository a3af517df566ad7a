//! How long does it take to compare the tests of two runs?
//!
//! `cargo bench --bench evidence` makes two inventories of a million tests, of which some vanished, were renamed, skipped or
//! added, and prints the median of each comparison, and how it compares with sorting one of them.
//!
//! `-- --smoke` uses a small inventory and one turn: it shows that the benchmark runs. So does `cargo test --benches`.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark asks clock and environment, and prints"
)]

use portcullis_model::evidence::difference::Difference;
use portcullis_model::test_run::{Test, TestOutcome};
use std::time::{Duration, Instant};

fn main() {
    // `cargo bench` says `--bench`; without it this runs as one test among others.
    let told = |wanted: &str| std::env::args().any(|argument| argument == wanted);
    let smoke = told("--smoke") || !told("--bench");
    let (size, turns) = if smoke { (200, 1) } else { (1_000_000, 5) };
    let before = inventory(size, |_| true, TestOutcome::Passed);
    let few = changed(size, 1_000);
    let all: Vec<Test> = inventory(size, |_| true, TestOutcome::Passed).into_iter().map(renamed).collect();
    let sort = median(turns, || {
        let mut shuffled: Vec<&str> = before.iter().rev().map(|test| test.id.as_str()).collect();
        shuffled.sort_unstable();
        shuffled.len()
    });
    println!("{:<44} {:>10} {:>12}", format!("{size} tests"), "time", "of a sort");
    for (name, after) in [("a few changed", &few), ("every test renamed", &all)] {
        let time = median(turns, || Difference::between(&before, after).removed.len());
        println!("{name:<44} {time:>10.1?} {:>12.2}", time.as_secs_f64() / sort.as_secs_f64());
    }
}

fn name(number: usize) -> String {
    format!("suite_{:04} > module_{:03} > rejects_record_{number:07}", number / 1_000, number / 10_000)
}

fn inventory(size: usize, keep: impl Fn(usize) -> bool, outcome: TestOutcome) -> Vec<Test> {
    let kept = (0..size).filter(|number| keep(*number));
    let mut tests: Vec<Test> = kept.map(|number| Test { id: name(number), outcome, records: 1 }).collect();
    tests.sort();
    tests
}

/// One in so many is gone, one renamed, one skipped.
fn changed(size: usize, one_in: usize) -> Vec<Test> {
    let mut tests = inventory(size, |number| number % one_in != 1, TestOutcome::Passed);
    for (number, test) in tests.iter_mut().enumerate() {
        match number % one_in {
            2 => test.id.push_str("_again"),
            3 => test.outcome = TestOutcome::Skipped,
            _ => {}
        }
    }
    tests.sort();
    tests
}

fn renamed(test: Test) -> Test {
    Test { id: test.id.replace("rejects", "refuses"), ..test }
}

fn median(turns: usize, mut work: impl FnMut() -> usize) -> Duration {
    let mut times: Vec<Duration> = (0..turns)
        .map(|_| {
            let begin = Instant::now();
            std::hint::black_box(work());
            begin.elapsed()
        })
        .collect();
    times.sort();
    times[turns / 2]
}

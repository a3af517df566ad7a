//! Every JUnit-like report of a collection of real ones, when the collection is at hand (`../shared/reports`).
//!
//! Each is read or refused with a reason. Where the collection says what another reader made of a report, the two are
//! compared. What must never happen is a *false pass*: a report of which somebody else says that it holds
//! failures, and that we read as a run without any.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that reads files and prints a table"
)]

use portcullis::model::test_run::{TestOutcome, TestRun};
use portcullis::report::{ReportError, parse};
use std::path::{Path, PathBuf};

/// What the other reader counted: tests by their worst outcome.
#[derive(Debug, PartialEq, Eq)]
struct Oracle {
    tests: u64,
    passed: u64,
    skipped: u64,
    failed: u64,
    errors: u64,
    /// It could not read the report either.
    unread: bool,
}

impl Oracle {
    fn of(report: &Path) -> Option<Oracle> {
        let text = std::fs::read_to_string(report.with_extension("results.json")).ok()?;
        let results: serde_json::Value = serde_json::from_str(&text).unwrap();
        let stats = &results["stats"];
        let number = |name: &str| stats[name].as_u64().unwrap();
        Some(Oracle {
            tests: number("tests"),
            passed: number("tests_succ"),
            skipped: number("tests_skip"),
            failed: number("tests_fail"),
            errors: number("tests_error"),
            unread: stats["errors"].as_array().is_some_and(|errors| !errors.is_empty()),
        })
    }
}

fn number(run: &TestRun, outcome: TestOutcome) -> u64 {
    run.tests.iter().filter(|test| test.outcome == outcome).count() as u64
}

fn counts(run: &TestRun) -> Oracle {
    Oracle {
        tests: run.tests.len() as u64,
        // The other reader knows no flaky tests: they ended green.
        passed: number(run, TestOutcome::Passed) + number(run, TestOutcome::Flaky),
        skipped: number(run, TestOutcome::Skipped),
        failed: number(run, TestOutcome::Failed),
        errors: number(run, TestOutcome::Error),
        unread: false,
    }
}

fn is_green(run: &TestRun) -> bool {
    let good = |outcome| matches!(outcome, TestOutcome::Passed | TestOutcome::Skipped);
    run.contradictions.is_empty()
        && run.errors.is_empty()
        && !run.tests.is_empty()
        && run.tests.iter().all(|test| good(test.outcome))
}

fn collect(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "xml") {
            found.push(path);
        }
    }
    found.sort();
}

/// The collection, or `None` where it is not at hand.
fn collection() -> Option<(PathBuf, Vec<PathBuf>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/reports");
    let mut found = Vec::new();
    for part in [
        "generated",
        "test-summary-action/junit",
        "EnricoMi-publish-unit-test-result-action/junit-xml",
        "jstemmer-go-junit-report",
    ] {
        collect(&root.join(part), &mut found);
    }
    if found.is_empty() {
        println!("SKIPPED: there is no collection of real reports at {}", root.display());
        return None;
    }
    Some((root, found))
}

fn row(name: &str, result: &Result<TestRun, ReportError>) {
    match result {
        Err(error) => println!("{name:<50.50} refused: {error}"),
        Ok(run) => {
            let n = |outcome| number(run, outcome);
            let (passed, skipped) = (n(TestOutcome::Passed), n(TestOutcome::Skipped));
            let (flaky, failed, error) =
                (n(TestOutcome::Flaky), n(TestOutcome::Failed), n(TestOutcome::Error));
            println!("{name:<50.50} {passed:>4} {skipped:>4} {flaky:>4} {failed:>4} {error:>4}");
            for sentence in run.contradictions.iter().chain(&run.errors) {
                println!("    {sentence}");
            }
        }
    }
}

/// Prints where the two readers differ; is there a false pass?
fn is_false_pass(result: &Result<TestRun, ReportError>, oracle: &Oracle) -> bool {
    let Ok(run) = result else {
        if !oracle.unread {
            println!("    differs: the other reader read it: {oracle:?}");
        }
        return false;
    };
    let ours = counts(run);
    if &ours != oracle {
        let records: u64 = run.tests.iter().map(|test| test.records).sum();
        println!("    differs: other reader {oracle:?}");
        println!(
            "             this reader  {ours:?} ({records} records; tests of one identity are one test, the worst decides)"
        );
    }
    is_green(run) && (oracle.failed + oracle.errors > 0 || oracle.unread)
}

#[test]
fn real_reports_are_read_or_refused_and_never_falsely_green() {
    let Some((root, reports)) = collection() else { return };
    println!("{:<50} pass skip flak fail err", "report");
    let mut read = 0;
    let mut false_passes = Vec::new();
    for path in &reports {
        let name = path.strip_prefix(&root).unwrap().display().to_string();
        let name = name.rsplit_once("junit-xml/").map_or(name.as_str(), |(_, rest)| rest);
        let result = parse(&std::fs::read(path).unwrap());
        row(name, &result);
        read += u64::from(result.is_ok());
        if Oracle::of(path).is_some_and(|oracle| is_false_pass(&result, &oracle)) {
            false_passes.push(name.to_string());
        }
    }
    println!("{} reports, {read} read, {} refused", reports.len(), reports.len() as u64 - read);
    assert_eq!(false_passes, Vec::<String>::new());
    assert!(read > 0);
}

#[test]
fn no_half_of_a_real_report_is_a_run() {
    let Some((_, reports)) = collection() else { return };
    for path in reports {
        let bytes = std::fs::read(&path).unwrap();
        let end = bytes.trim_ascii_end().len();
        for part in 0..16 {
            let cut = end * part / 16;
            assert!(parse(&bytes[..cut]).is_err(), "{} cut at {cut}", path.display());
        }
        assert!(parse(&bytes[..end - 1]).is_err(), "{} without its last byte", path.display());
    }
}

//! Every report of a collection of real ones, when a collection is at hand.
//!
//! `cargo test --test it reports_corpus:: -- --nocapture` prints the table: each report is read, or refused with a
//! reason. Where the collection says what another reader made of a report, the two are compared, and a difference is
//! explained by a rule, which is printed, or said to be unexplained. What must never happen is a *false pass*: a
//! report of which somebody else says that it holds failures, and that we read as a run without any.
//!
//! The collection is `../shared/reports`, or the directory that `PORTCULLIS_REPORTS` names. What another reader made of
//! `NAME.xml` stands in `NAME.results.json` (publish-unit-test-result-action), and of `NAME.gojson.txt` in
//! `NAME-report.xml` (go-junit-report).

use portcullis_model::test_run::{TestOutcome, TestRun};
use portcullis_report::{ReportError, TABLE, parse};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How many tests a reader found, by their worst outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    tests: u64,
    passed: u64,
    skipped: u64,
    failed: u64,
    errors: u64,
}

impl Counts {
    fn bad(self) -> u64 {
        self.failed + self.errors
    }
}

/// What the other reader made of a report.
struct Oracle {
    counts: Counts,
    /// How many records it found; equal ones are one test.
    records: u64,
    /// It could not read the report either.
    unread: bool,
}

impl Oracle {
    fn of(report: &Path) -> Option<Oracle> {
        let name = report.file_name()?.to_str()?;
        match name.strip_suffix(".gojson.txt") {
            Some(stem) => {
                Oracle::of_go(&report.with_file_name(format!("{}-report.xml", stem.split_once('-')?.0)))
            }
            None => Oracle::of_results(&report.with_extension("results.json")),
        }
    }

    fn of_results(file: &Path) -> Option<Oracle> {
        let results: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(file).ok()?).unwrap();
        let stats = &results["stats"];
        let number = |name: &str| stats[name].as_u64().unwrap();
        Some(Oracle {
            counts: Counts {
                tests: number("tests"),
                passed: number("tests_succ"),
                skipped: number("tests_skip"),
                failed: number("tests_fail"),
                errors: number("tests_error"),
            },
            records: number("runs"),
            unread: stats["errors"].as_array().is_some_and(|errors| !errors.is_empty()),
        })
    }

    /// The summary of the JUnit report that was made of Go's events.
    fn of_go(file: &Path) -> Option<Oracle> {
        let text = std::fs::read_to_string(file).ok()?;
        let summary = text.split_once("<testsuites")?.1.split_once('>')?.0;
        let number = |name: &str| {
            let value = summary.split_once(&format!(" {name}=\""))?.1.split_once('"')?.0;
            value.parse::<u64>().ok()
        };
        let [tests, skipped, failed, errors] =
            ["tests", "skipped", "failures", "errors"].map(|name| number(name).unwrap_or(0));
        let passed = tests - skipped - failed - errors;
        let counts = Counts { tests, passed, skipped, failed, errors };
        Some(Oracle { counts, records: tests, unread: false })
    }
}

fn number(run: &TestRun, outcome: TestOutcome) -> u64 {
    run.tests.iter().filter(|test| test.outcome == outcome).count() as u64
}

fn counts(run: &TestRun) -> Counts {
    Counts {
        tests: run.tests.len() as u64,
        // Other readers know no flaky tests: they ended green.
        passed: number(run, TestOutcome::Passed) + number(run, TestOutcome::Flaky),
        skipped: number(run, TestOutcome::Skipped),
        failed: number(run, TestOutcome::Failed),
        errors: number(run, TestOutcome::Error),
    }
}

fn is_green(run: &TestRun) -> bool {
    let good = |outcome| matches!(outcome, TestOutcome::Passed | TestOutcome::Skipped);
    run.contradictions.is_empty()
        && run.errors.is_empty()
        && !run.tests.is_empty()
        && run.tests.iter().all(|test| good(test.outcome))
}

/// Why a run differs from what the other reader made of the report; `None`: nobody knows.
fn rule(format: &str, run: &TestRun, oracle: &Oracle) -> Option<&'static str> {
    let ours = counts(run);
    let theirs = oracle.counts;
    let records: u64 = run.tests.iter().map(|test| test.records).sum();
    if oracle.unread {
        return Some("the other reader could not read it");
    }
    if (ours.tests, ours.passed, ours.skipped) == (theirs.tests, theirs.passed, theirs.skipped) {
        return Some("what could not be run to its end is broken, not failed");
    }
    if (ours.tests, ours.passed) == (theirs.tests, theirs.passed) && ours.bad() > theirs.bad() {
        return Some("what could not be run to its end is broken, not skipped");
    }
    if records == oracle.records && ours.tests != theirs.tests {
        return Some("the readers name tests differently; tests of one name are one, the worst decides");
    }
    if !run.errors.is_empty() && ours.tests + run.errors.len() as u64 >= theirs.tests {
        return Some("a failure outside the tests is no test");
    }
    if !run.contradictions.is_empty() && ours.passed <= theirs.passed {
        return Some("what contradicts itself is not passed");
    }
    if format == "go-test" && ours.tests < theirs.tests && ours.bad() == theirs.bad() {
        return Some("a benchmark that Go only prints as text is no test");
    }
    None
}

fn collect(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = path.to_string_lossy();
        if path.is_dir() {
            collect(&path, found);
        } else if !name.ends_with(".results.json") && !name.ends_with("README.md") {
            found.push(path);
        }
    }
    found.sort();
}

/// The collection, or `None` where none is at hand.
fn collection() -> Option<(PathBuf, Vec<PathBuf>)> {
    let root = match std::env::var_os("PORTCULLIS_REPORTS") {
        Some(root) => PathBuf::from(root),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/reports"),
    };
    let mut found = Vec::new();
    collect(&root, &mut found);
    if found.is_empty() {
        println!("SKIPPED: there is no collection of real reports at {}", root.display());
        return None;
    }
    Some((root, found))
}

fn format(bytes: &[u8]) -> &'static str {
    TABLE.iter().find(|format| (format.detect)(bytes)).map_or("-", |format| format.name)
}

fn row(format: &str, name: &str, result: &Result<TestRun, ReportError>) {
    match result {
        Err(error) => println!("{format:<8} {name:<72.72} refused: {error}"),
        Ok(run) => {
            let n = |outcome| number(run, outcome);
            let (passed, skipped) = (n(TestOutcome::Passed), n(TestOutcome::Skipped));
            let (flaky, failed, error) =
                (n(TestOutcome::Flaky), n(TestOutcome::Failed), n(TestOutcome::Error));
            println!("{format:<8} {name:<72.72} {passed:>4} {skipped:>4} {flaky:>4} {failed:>4} {error:>4}");
            for sentence in run.contradictions.iter().chain(&run.errors).take(3) {
                println!("             {sentence}");
            }
        }
    }
}

/// What the table says in its last lines.
#[derive(Default)]
struct Totals {
    read: u64,
    refused: BTreeMap<String, u64>,
    compared: u64,
    agreed: u64,
    rules: BTreeMap<&'static str, u64>,
    unexplained: Vec<String>,
    false_passes: Vec<String>,
}

impl Totals {
    fn compare(&mut self, format: &str, name: &str, result: &Result<TestRun, ReportError>, oracle: &Oracle) {
        self.compared += 1;
        let run = match result {
            Ok(run) => run,
            Err(_) if oracle.unread => return self.agreed += 1,
            Err(_) => return *self.rules.entry("refused, with the reason in its line").or_default() += 1,
        };
        let (ours, theirs) = (counts(run), oracle.counts);
        if is_green(run) && (theirs.bad() > 0 || oracle.unread) {
            self.false_passes.push(name.to_string());
        }
        if ours == theirs && !oracle.unread {
            return self.agreed += 1;
        }
        let rule = rule(format, run, oracle);
        println!("             differs ({}): other reader {theirs:?}", rule.unwrap_or("UNEXPLAINED"));
        match rule {
            Some(rule) => *self.rules.entry(rule).or_default() += 1,
            None => self.unexplained.push(name.to_string()),
        }
    }

    fn print(&self, reports: usize) {
        let refused: u64 = self.refused.values().sum();
        println!("\n{reports} reports: {} read, {refused} refused", self.read);
        self.refused.iter().for_each(|(why, number)| println!("  {number:>4} {why}"));
        println!("{} compared with another reader, {} agree", self.compared, self.agreed);
        self.rules.iter().for_each(|(rule, number)| println!("  {number:>4} {rule}"));
        println!("  {:>4} unexplained {:?}", self.unexplained.len(), self.unexplained);
        println!("{} false passes {:?}", self.false_passes.len(), self.false_passes);
    }
}

#[test]
fn real_reports_are_read_or_refused_and_never_falsely_green() {
    let Some((root, reports)) = collection() else { return };
    println!("{:<8} {:<72} pass skip flak fail err", "format", "report");
    let mut totals = Totals::default();
    for path in &reports {
        let name = path.strip_prefix(&root).unwrap().display().to_string();
        let name = name.trim_start_matches("EnricoMi-publish-unit-test-result-action/");
        let bytes = std::fs::read(path).unwrap();
        let result = parse(&bytes);
        let format = format(&bytes);
        row(format, name, &result);
        match &result {
            Ok(_) => totals.read += 1,
            Err(error) => *totals.refused.entry(error.message.clone()).or_default() += 1,
        }
        if let Some(oracle) = Oracle::of(path) {
            totals.compare(format, name, &result, &oracle);
        }
    }
    totals.print(reports.len());
    assert_eq!(totals.false_passes, Vec::<String>::new());
    assert!(totals.read > 0);
}

#[test]
fn no_part_of_a_real_report_is_a_green_run() {
    let Some((_, reports)) = collection() else { return };
    for path in reports {
        let bytes = std::fs::read(&path).unwrap();
        let end = bytes.trim_ascii_end().len();
        let cuts = (0..8).map(|part| end * part / 8).chain(end.saturating_sub(3)..end);
        for cut in cuts {
            let green = parse(&bytes[..cut]).is_ok_and(|run| is_green(&run));
            assert!(!green, "{} cut at {cut} of {end}", path.display());
        }
    }
}

//! Events to suites and tests.

use super::wire::LibtestEvent;
use portcullis_report_shared::attempts::Attempts;
use portcullis_report_shared::error::ContentError;
use portcullis_report_shared::summary::{Tally, add_sentences};
use portcullis_testrun::test_run::{TestOutcome, TestRun};
use std::collections::BTreeSet;

/// All suites of a report while it is read: one after the other.
#[derive(Default)]
pub struct LibtestSuites {
    open: Option<LibtestSuite>,
    suites: u64,
    /// Tests that have begun and not ended. nextest can let one end in a later suite.
    running: BTreeSet<String>,
    /// The tools say that something failed.
    failed: bool,
    tests: Attempts,
    run: TestRun,
}

/// One suite.
#[derive(Default)]
struct LibtestSuite {
    nextest: bool,
    planned: u64,
    shown: Tally,
}

impl LibtestSuites {
    /// Takes an event.
    ///
    /// # Errors
    /// A sentence, when it is none that a runner writes.
    pub fn take(&mut self, event: &LibtestEvent<'_>) -> Result<(), ContentError> {
        match (&*event.kind, event.event.as_deref()) {
            ("suite", Some("started")) => self.suite_starts(event),
            ("suite", Some("ok" | "failed")) => self.suite_ends(event),
            ("test", Some("started")) => self.starts(event),
            // Still running after a minute; its end comes later.
            ("test", Some("timeout")) => self.named(event).map(|_| ()),
            ("test", Some(word)) => self.ends(event, read_outcome(word)?),
            // A benchmark has no word for what became of it: it was measured.
            ("bench", None) if event.median.is_some() => self.ends(event, TestOutcome::Passed),
            // How long doctests took.
            ("report", None) => Ok(()),
            _ => Err("an event is not known here".into()),
        }?;
        self.foreign(event)
    }

    /// What an event says in a field that no writer of the format has.
    fn foreign(&mut self, event: &LibtestEvent<'_>) -> Result<(), ContentError> {
        let Some(foreign) = event.foreign() else { return Ok(()) };
        match &*event.kind {
            "suite" => foreign.against(&format!("suite {}", self.suites), &mut self.run),
            "test" | "bench" => {
                add_sentences(&mut self.run.contradictions, [foreign.of_test()]);
                let (name, _) = self.named(event)?;
                self.record(name, foreign.outcome(), 1)?;
            }
            _ => foreign.against("the run", &mut self.run),
        }
        Ok(())
    }

    /// A line that is not JSON.
    pub fn say(&mut self, line: &str) {
        const FAILED: &[&str] = &[
            "error: could not compile `",
            "error: process didn't exit successfully",
            "error: test failed, to rerun pass",
            "error: test run failed",
        ];
        self.failed |= FAILED.iter().any(|begin| line.starts_with(begin));
    }

    fn suite_starts(&mut self, event: &LibtestEvent<'_>) -> Result<(), ContentError> {
        if self.open.is_some() {
            return Err("a suite begins in another".into());
        }
        self.suites += 1;
        let planned = event.test_count.ok_or("a suite does not say how many tests it has")?;
        self.open =
            Some(LibtestSuite { nextest: event.nextest.is_some(), planned, ..LibtestSuite::default() });
        Ok(())
    }

    fn suite_ends(&mut self, event: &LibtestEvent<'_>) -> Result<(), ContentError> {
        let suite = self.open.take().ok_or("a suite ends that has not begun")?;
        let number = self.suites;
        let contradictions = suite.contradictions(event).into_iter();
        add_sentences(
            &mut self.run.contradictions,
            contradictions.map(|what| format!("suite {number} {what}")),
        );
        let failed = event.event.as_deref() == Some("failed");
        if failed && suite.shown.bad() == 0 {
            add_sentences(&mut self.run.errors, [format!("suite {number} failed outside its tests")]);
        }
        Ok(())
    }

    fn starts(&mut self, event: &LibtestEvent<'_>) -> Result<(), ContentError> {
        let (name, _) = self.named(event)?;
        if !self.running.insert(name.to_string()) {
            return self.record(name, TestOutcome::Error, 1);
        }
        Ok(())
    }

    fn ends(&mut self, event: &LibtestEvent<'_>, outcome: TestOutcome) -> Result<(), ContentError> {
        let (name, attempts) = self.named(event)?;
        self.running.remove(name);
        let by_nextest = is_of_nextest(event);
        if let Some(suite) = &mut self.open {
            suite.shown.add(outcome);
            suite.nextest |= by_nextest;
        }
        self.record(name, outcome, attempts)
    }

    fn record(&mut self, name: &str, outcome: TestOutcome, attempts: u64) -> Result<(), ContentError> {
        self.tests.add_last(name, outcome, attempts)
    }

    /// The name without the number of the attempt, and that number.
    fn named<'e>(&self, event: &'e LibtestEvent<'_>) -> Result<(&'e str, u64), ContentError> {
        let suite = self.open.as_ref().ok_or("a test is outside every suite")?;
        let name = event.name.as_deref().filter(|name| !name.is_empty()).ok_or("a test has no name")?;
        let attempt = name.rsplit_once('#').filter(|_| suite.nextest || is_of_nextest(event));
        let attempt = attempt.and_then(|(name, attempt)| Some((name, attempt.parse().ok()?)));
        Ok(attempt.unwrap_or((name, 1)))
    }

    /// The run, once the report has ended.
    ///
    /// # Errors
    /// A sentence, when it holds more than a report may.
    pub fn finish(mut self) -> Result<TestRun, ContentError> {
        for name in std::mem::take(&mut self.running) {
            self.record(&name, TestOutcome::Error, 1)?;
        }
        if self.open.is_some() {
            let number = self.suites;
            add_sentences(
                &mut self.run.contradictions,
                [format!("suite {number} has no end: the report is cut off")],
            );
        }
        let tests = self.tests.finish();
        if self.failed && tests.iter().all(|test| test.outcome <= TestOutcome::Flaky) {
            add_sentences(&mut self.run.errors, ["cargo says that something failed, and no test shows it"]);
        }
        Ok(TestRun { tests, ..self.run })
    }
}

impl LibtestSuite {
    /// Where its end claims more than is shown, in words that follow "suite 1".
    fn contradictions(&self, end: &LibtestEvent<'_>) -> Vec<String> {
        let mut found = Vec::new();
        let shown = self.shown;
        // nextest also counts tests that it leaves out or that end in a later suite.
        if !self.nextest && self.planned != shown.all() {
            found.push(format!("plans {} tests and shows {}", self.planned, shown.all()));
        }
        // A benchmark that ran is counted apart.
        let passed = end.passed.map(|passed| passed.saturating_add(end.measured.unwrap_or(0)));
        let failed = end.failed.max(end.failed.and(end.allowed_fail));
        for (what, claimed, shown) in
            [("passed tests", passed, shown.passed), ("failed tests", failed, shown.bad())]
        {
            match claimed {
                None => found.push(format!("does not say how many {what} it has")),
                Some(claimed) if claimed > shown => {
                    found.push(format!("claims {claimed} {what} and shows {shown}"));
                }
                Some(_) => {}
            }
        }
        if shown.bad() > 0 && end.event.as_deref() == Some("ok") {
            found.push("is called ok and a test of it failed".into());
        }
        found
    }
}

/// nextest names tests `crate::binary$test`, and in `libtest-json` that alone shows that it wrote
/// them. No path of Rust has a `$`.
fn is_of_nextest(event: &LibtestEvent<'_>) -> bool {
    event.name.as_deref().is_some_and(|name| name.contains('$'))
}

fn read_outcome(word: &str) -> Result<TestOutcome, ContentError> {
    match word {
        "ok" => Ok(TestOutcome::Passed),
        "failed" => Ok(TestOutcome::Failed),
        "ignored" => Ok(TestOutcome::Skipped),
        _ => Err("an event of a test is not known here".into()),
    }
}

//! Events to packages and tests.

use super::wire::GoEvent;
use portcullis_report_shared::attempts::Attempts;
use portcullis_report_shared::error::ContentError;
use portcullis_report_shared::summary::add_sentences;
use portcullis_testrun::test_run::{SEPARATOR, TestOutcome, TestRun};
use std::collections::{BTreeMap, BTreeSet};

/// All packages of a report while it is read.
#[derive(Default)]
pub struct Packages {
    packages: BTreeMap<String, GoPackage>,
    replayed: BTreeSet<String>,
    tests: Attempts,
    run: TestRun,
    /// The second of the event before.
    second: String,
}

/// One package.
#[derive(Default)]
struct GoPackage {
    /// Something was heard of it since it last ended.
    open: bool,
    /// A test of it has failed since it last ended.
    failed: bool,
    /// Go marked a part of its output as an error since it last ended.
    marked: bool,
    /// Tests that have begun and not ended.
    running: BTreeSet<String>,
    /// Of each test that failed since it last ended, how many records say so.
    failing: BTreeMap<String, u64>,
    /// Of each test that failed in an earlier run of the package, how many records there are.
    earlier: BTreeMap<String, u64>,
    /// The records of this run, where an earlier one failed: whether they are attempts shows at its
    /// end.
    again: Vec<(String, TestOutcome)>,
}

impl GoPackage {
    /// Takes a record of a test, and keeps it if what it is shows only later.
    fn keeps(&mut self, test: &str, outcome: TestOutcome) -> bool {
        if !self.earlier.is_empty() {
            self.again.push((test.to_string(), outcome));
            return true;
        }
        if outcome > TestOutcome::Flaky {
            *self.failing.entry(test.to_string()).or_default() += 1;
        }
        false
    }
}

impl Packages {
    /// Takes an event.
    ///
    /// # Errors
    /// A sentence, when it is none that Go writes.
    pub fn take(&mut self, event: &GoEvent<'_>) -> Result<(), ContentError> {
        self.time(event.time.as_deref().unwrap_or_default());
        match &*event.action {
            "build-output" => {}
            "build-fail" => self.not_built(event.import_path.as_deref()),
            action => self.of_package(action, event)?,
        }
        self.foreign(event)
    }

    /// What an event says in a field that Go does not have, or not there.
    fn foreign(&mut self, event: &GoEvent<'_>) -> Result<(), ContentError> {
        let Some(foreign) = event.foreign() else { return Ok(()) };
        match event.test() {
            Some(test) => {
                add_sentences(&mut self.run.contradictions, [foreign.of_test()]);
                self.record(event.package(), test, foreign.outcome())?;
            }
            None if event.is_of_build() => foreign.against("the build", &mut self.run),
            None => foreign.against(&format!("package `{}`", event.package()), &mut self.run),
        }
        Ok(())
    }

    /// Many events bear the same second, and that is near enough.
    fn time(&mut self, text: &str) {
        let second = text.get(..19).unwrap_or_default();
        if !second.is_empty() && second != self.second {
            self.run.times.text(text);
            self.second.clear();
            self.second.push_str(second);
        }
    }

    fn of_package(&mut self, action: &str, event: &GoEvent<'_>) -> Result<(), ContentError> {
        let name = event.package();
        let package = self.packages.entry(name.to_string()).or_default();
        package.open = true;
        match (action, event.test()) {
            ("start" | "pause" | "cont" | "attr" | "artifacts", _) => Ok(()),
            ("output", test) => {
                package.marked |= event.is_marked_as_error();
                if test.is_none() {
                    self.said(name, event.output.as_deref().unwrap_or_default());
                }
                Ok(())
            }
            ("run", Some(test)) => self.begins(name, test),
            (action, Some(test)) => self.ends(name, test, read_outcome(action)?),
            ("bench", None) => Err(UNKNOWN.into()),
            (action, None) => self.package_ends(name, read_outcome(action)?),
        }
    }

    fn begins(&mut self, name: &str, test: &str) -> Result<(), ContentError> {
        let package = self.packages.entry(name.to_string()).or_default();
        if !package.running.insert(test.to_string()) {
            return self.record(name, test, TestOutcome::Error);
        }
        Ok(())
    }

    fn ends(&mut self, name: &str, test: &str, outcome: TestOutcome) -> Result<(), ContentError> {
        let package = self.packages.entry(name.to_string()).or_default();
        package.running.remove(test);
        package.failed |= outcome == TestOutcome::Failed;
        self.record(name, test, outcome)
    }

    fn record(&mut self, name: &str, test: &str, outcome: TestOutcome) -> Result<(), ContentError> {
        match self.packages.entry(name.to_string()).or_default().keeps(test, outcome) {
            true => Ok(()),
            false => self.tests.add(test_identity(name, test), outcome),
        }
    }

    fn package_ends(&mut self, name: &str, outcome: TestOutcome) -> Result<(), ContentError> {
        let package = self.packages.remove(name).unwrap_or_default();
        let (failed, running, marked) = (package.failed, package.running.clone(), package.marked);
        let earlier = self.run_ends(name, package)?;
        self.packages.insert(name.to_string(), GoPackage { earlier, ..GoPackage::default() });
        match outcome {
            TestOutcome::Failed if !failed && running.is_empty() => {
                add_sentences(&mut self.run.errors, [format!("package `{name}` failed outside its tests")]);
            }
            TestOutcome::Passed | TestOutcome::Skipped if failed => {
                add_sentences(
                    &mut self.run.contradictions,
                    [format!("package `{name}` passed and a test of it failed")],
                );
            }
            TestOutcome::Passed | TestOutcome::Skipped if marked => {
                add_sentences(
                    &mut self.run.contradictions,
                    [format!("package `{name}` passed, and an error of a test of it is told")],
                );
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes what was kept of a run of a package. What failed in it or before is left.
    fn run_ends(
        &mut self,
        name: &str,
        mut package: GoPackage,
    ) -> Result<BTreeMap<String, u64>, ContentError> {
        for test in std::mem::take(&mut package.running) {
            if !package.keeps(&test, TestOutcome::Error) {
                self.tests.add(test_identity(name, &test), TestOutcome::Error)?;
            }
        }
        let GoPackage { mut earlier, failing, again, .. } = package;
        let are_attempts = again.iter().all(|(test, _)| earlier.contains_key(test));
        for (test, outcome) in again {
            let records = earlier.get(&test).map_or(0, |records| *records);
            let attempt = if are_attempts { records + 1 } else { 1 };
            self.tests.add_attempt(test_identity(name, &test), outcome, attempt)?;
            if records > 0 || outcome > TestOutcome::Flaky {
                earlier.insert(test, records + 1);
            }
        }
        earlier.extend(failing);
        Ok(earlier)
    }

    /// What a package itself prints: its result may be an old one.
    fn said(&mut self, name: &str, output: &str) {
        if output.starts_with("ok") && output.contains("\t(cached)") {
            self.replayed.insert(name.to_string());
        }
    }

    /// A line that is not JSON.
    pub fn say(&mut self, line: &str) {
        let mut words = line.split_ascii_whitespace();
        match (words.next(), words.next()) {
            (Some("FAIL"), Some(_)) if line.trim_end().ends_with(" failed]") => {
                self.not_built(line.split_ascii_whitespace().nth(1));
            }
            (Some("FAIL"), _) => add_sentences(&mut self.run.errors, ["something failed outside the events"]),
            (Some("ok"), Some(name)) if line.contains("(cached)") => {
                self.replayed.insert(name.to_string());
            }
            _ => {}
        }
    }

    fn not_built(&mut self, name: Option<&str>) {
        // `a/b [a/b.test]`: the second is the test binary.
        let name = name.and_then(|name| name.split_ascii_whitespace().next()).unwrap_or("(unnamed)");
        add_sentences(&mut self.run.errors, [format!("package `{name}` could not be built")]);
    }

    /// The run, once the report has ended.
    ///
    /// # Errors
    /// A sentence, when it holds more than a report may.
    pub fn finish(mut self) -> Result<TestRun, ContentError> {
        for (name, package) in std::mem::take(&mut self.packages) {
            let open = package.open;
            self.run_ends(&name, package)?;
            if open {
                add_sentences(
                    &mut self.run.contradictions,
                    [format!("package `{name}` has no end: the report is cut off")],
                );
            }
        }
        let replayed = self.replayed.into_iter().collect();
        Ok(TestRun { tests: self.tests.finish(), replayed, ..self.run })
    }
}

fn test_identity(package: &str, test: &str) -> String {
    format!("{package}{SEPARATOR}{test}")
}

fn read_outcome(action: &str) -> Result<TestOutcome, ContentError> {
    match action {
        // A benchmark that printed and did not fail ends with `bench`.
        "pass" | "bench" => Ok(TestOutcome::Passed),
        "fail" => Ok(TestOutcome::Failed),
        "skip" => Ok(TestOutcome::Skipped),
        _ => Err(UNKNOWN.into()),
    }
}

const UNKNOWN: &str = "an action is not known here";

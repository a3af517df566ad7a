//! One `testsuite` or `testsuites`: what its summary claims against what its elements show.
//!
//! The summary never decides an outcome. It is only asked whether something is missing, so only a
//! claim that is *larger* than what is shown is a contradiction:
//!
//! - more `failures` or `errors` than are shown: always;
//! - more `tests` than are shown, unless the summary itself says that so many were skipped or
//!   disabled: libtest counts ignored tests for which it writes no case. Catch2 and doctest count
//!   assertions here, and their `tests` are not asked (see [`JunitSuite::counts_assertions`]). Nor
//!   are those of node-tap, which counts the levels of a test as well, and of pytest since version
//!   9, which counts each subtest that passed and writes no case for it, unless nothing at all is
//!   shown.
//!
//! What it says of itself in any other attribute (`result`, `success`, `crashed`, see `said.rs`) is
//! believed when it is bad: a suite that calls itself failed, and shows no test that is, failed
//! outside its tests.
//!
//! Smaller claims are conventions: mocha gives the root suite none of the tests of inner suites,
//! pytest counts several failures of a test as one, ctest has no `errors`. An attribute that should
//! be a count and is not one is a contradiction.

use super::case::JunitTally;
use portcullis_report_shared::said::{self, Hint};
use portcullis_report_shared::xml::AttributePair;
use portcullis_testrun::test_run::TestOutcome;
use std::collections::BTreeSet;

/// A suite while it is read.
#[derive(Debug, Default)]
pub struct JunitSuite {
    /// Its name; empty when it has none, and for `testsuites`.
    pub name: String,
    /// How identities of its tests begin, once it has one: the names of the suites around it and
    /// its own, each with what follows it.
    pub path: Option<String>,
    /// How they would begin if nothing were left out of the names of suites, where something is.
    pub whole: Option<String>,
    /// Its name as it is written, where something is left out of it.
    pub written: Option<String>,
    /// What its elements show, inner suites included.
    pub shown: JunitTally,
    /// It says of itself that it was skipped.
    pub skipped: bool,
    /// Tests of inner suites that were not run and for which no case is written, as those suites
    /// say.
    unwritten: u64,
    label: String,
    tests: u64,
    failures: u64,
    errors: u64,
    not_run: u64,
    garbled: bool,
    counts_assertions: bool,
    /// It has the attributes that doctest writes.
    as_doctest: bool,
    /// node-tap wrote it: it counts every level once more, and skipped tests have a property that
    /// says so.
    pub by_node_tap: bool,
    /// pytest wrote it.
    by_pytest: bool,
    /// A googletest wrote it.
    by_googletest: bool,
    /// How many of its tests ended badly.
    bad: u64,
    /// The first attribute that says that it failed.
    failed_by: Option<String>,
    /// The largest number of failures that it names in another way.
    named_failures: u64,
    /// The first attribute that says an outcome in an unknown word.
    unknown_word: Option<String>,
    /// A pytest that counts subtests wrote it.
    counts_subtests: bool,
    /// The cases of pytest so far.
    seen: BTreeSet<String>,
}

/// What pytest calls the outermost element since it began to count subtests.
const PYTEST: &str = "pytest tests";

/// What node-tap calls the outermost element.
const NODE_TAP: &str = "TAP Tests";

/// What doctest writes without its version, and also without times.
const DOCTEST: [&[&str]; 2] =
    [&["name", "errors", "failures", "tests"], &["name", "errors", "failures", "tests", "time", "timestamp"]];

/// What googletest calls the outermost element.
const GOOGLETEST: &str = "AllTests";

impl JunitSuite {
    /// A suite of this name; the name of `testsuites` is only for messages.
    pub fn new(name: &str, outermost: bool) -> Self {
        let label =
            if name.is_empty() { "a suite without a name".to_string() } else { format!("suite `{name}`") };
        let counts_subtests = outermost && name == PYTEST;
        let by_pytest = counts_subtests || (!outermost && name == "pytest");
        let by_node_tap = outermost && name == NODE_TAP;
        let by_googletest = outermost && name == GOOGLETEST;
        let name = if outermost { String::new() } else { name.to_string() };
        JunitSuite {
            name,
            label,
            by_pytest,
            by_googletest,
            by_node_tap,
            counts_subtests,
            ..JunitSuite::default()
        }
    }

    /// May its tests have attributes of any name?
    pub fn is_free(&self) -> bool {
        self.by_pytest || self.by_googletest
    }

    /// Takes from the suite around it who wrote it.
    pub fn within(&mut self, outer: &JunitSuite) {
        self.by_pytest |= outer.by_pytest;
        self.by_node_tap |= outer.by_node_tap;
        self.by_googletest |= outer.by_googletest;
        self.counts_subtests |= outer.counts_subtests;
    }

    /// Does the case tell that an earlier one of its name failed, although that one does not say
    /// so? pytest has no two tests of one name, and pytest-rerunfailures writes the attempts that
    /// failed as cases without an outcome.
    pub fn is_rerun(&mut self, id: &str) -> bool {
        self.by_pytest && !self.seen.insert(id.to_string())
    }

    /// How messages call it.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Catch2 is known by the host name `tbd` that it writes, doctest by its version. doctest can
    /// be told to leave that out, and then by all that it writes, in its order, and by the status
    /// of its cases.
    pub fn counts_assertions(&mut self, attributes: &[AttributePair<'_>]) {
        let value = |name: &str| attributes.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        let order = attributes.iter().map(|(name, _)| *name);
        self.counts_assertions = value("hostname") == Some("tbd") || value("doctest_version").is_some();
        self.as_doctest = DOCTEST.iter().any(|all| order.clone().eq(all.iter().copied()));
    }

    /// A case begins. doctest says of each that it was run.
    pub fn begins_case(&mut self, status: Option<&str>) {
        if self.as_doctest {
            self.counts_assertions = status == Some("run");
            self.as_doctest = self.counts_assertions;
        }
    }

    /// Takes an attribute (its name in lower case).
    pub fn attribute(&mut self, name: &str, value: &str) {
        match name {
            "tests" => self.tests = self.count(value),
            "failures" => self.failures = self.count(value),
            "errors" => self.errors = self.count(value),
            // One number under many names, or several numbers: they add up (ctest has `skipped` and
            // `disabled`).
            "disabled" | "ignored" | "skip" | "skipped" | "skips" => self.not_run += self.count(value),
            // What nearly every suite has, known without a search.
            "name" | "time" | "timestamp" | "id" | "package" | "file" | "assertions" => {}
            _ => self.other(name, value),
        }
    }

    fn other(&mut self, name: &str, value: &str) {
        match said::attribute(name, value) {
            // A number is how many passed.
            Hint::Bad if name.starts_with("pass") && value.trim() == "0" => {}
            Hint::Bad => self.says_failed(name),
            Hint::Failures(number) => self.named_failures = self.named_failures.max(number),
            Hint::Unknown if matches!(name, "result" | "status" | "outcome" | "verdict") => {
                self.unknown_word.get_or_insert_with(|| said::shown(name).to_string());
            }
            Hint::Harmless | Hint::Unknown => {}
        }
    }

    /// Takes the name of a part of it that says that it failed.
    pub fn says_failed(&mut self, part: &str) {
        self.failed_by.get_or_insert_with(|| said::shown(part).to_string());
    }

    /// What failed outside its tests, by its own account.
    pub fn error(&self) -> Option<String> {
        let part = self.failed_by.as_ref().filter(|_| self.bad == 0)?;
        Some(format!("{} says that it failed (`{part}`), and shows no test that did", self.label))
    }

    fn count(&mut self, value: &str) -> u64 {
        let count = value.trim().parse::<u32>();
        self.garbled |= count.is_err() && !value.trim().is_empty();
        count.map_or(0, u64::from)
    }

    /// Takes a case.
    pub fn add_case(&mut self, shown: JunitTally, outcome: TestOutcome) {
        self.shown.add(shown);
        self.bad += u64::from(outcome > TestOutcome::Flaky);
    }

    /// Takes an inner suite that has ended.
    pub fn add_suite(&mut self, inner: &JunitSuite) {
        self.shown.add(inner.shown);
        self.bad += inner.bad;
        self.unwritten += inner.unwritten();
    }

    fn shown_bad(&self) -> u64 {
        self.shown.failures + self.shown.errors
    }

    /// How many tests were not run and have no case: by its own summary or by those of inner
    /// suites.
    fn unwritten(&self) -> u64 {
        self.not_run.saturating_sub(self.shown.not_run).max(self.unwritten)
    }

    /// Where the summary claims more than is shown, each one sentence.
    pub fn contradictions(&self) -> Vec<String> {
        let uncounted =
            self.counts_assertions || self.by_node_tap || (self.counts_subtests && self.shown.tests > 0);
        let tests = if uncounted { 0 } else { self.tests };
        let mut found: Vec<String> = [
            ("tests", tests, self.shown.tests + self.unwritten(), self.shown.tests),
            ("failures", self.failures, self.shown.failures, self.shown.failures),
            ("errors", self.errors, self.shown.errors, self.shown.errors),
            ("failed tests", self.named_failures, self.shown_bad(), self.shown_bad()),
        ]
        .into_iter()
        .filter(|(_, claimed, explained, _)| claimed > explained)
        .map(|(what, claimed, _, shown)| format!("{} claims {claimed} {what} and shows {shown}", self.label))
        .collect();
        if let Some(word) = &self.unknown_word {
            found.push(format!("{} has a word in `{word}` that is not known here", self.label));
        }
        if self.garbled {
            found.push(format!("{} has a count that is not a number", self.label));
        }
        if self.skipped && self.shown.tests > self.shown.not_run {
            found.push(format!("{} is called skipped and shows tests that ran", self.label));
        }
        found
    }
}

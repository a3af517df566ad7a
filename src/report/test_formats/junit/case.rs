//! One `testcase`: everything it says of itself, and the one outcome that follows.
//!
//! | said by | means |
//! | --- | --- |
//! | `failure`, `error`, `warning`, `risky` (an element; `failure` also as an attribute, node:test) | failed; `error`: could not be run |
//! | any other child whose name contains a word for failure | failed |
//! | `skipped`, `skip`, `ignored`, `disabled`, `incomplete` | skipped |
//! | `skipped` in a `status="notrun"` of ctest, unless the test chose it (`SKIP_…`) | `error`: it could not be started |
//! | `skipped type="todo"` beside `failure` | skipped: a test of work that is not done (node:test) |
//! | `skipped` of Catch2 that says `!mayfail`, beside `failure` | skipped: its failure does not count |
//! | `skipped` of another type beside `failure` | failed, and a contradiction |
//! | `flakyFailure`, `flakyError`, `rerunFailure`, `rerunError` without `failure` or `error` | flaky |
//! | the attributes `attempt(s)` above 1, `retry`, `retries`, `rerun(s)`, `flaky` unless they say no | flaky: it was run before. A record of the same name right before it is that attempt, if the number says so |
//! | the attributes `status` and `result` | see [`OutcomeWord`]; a word that we do not know is an error and a contradiction |
//! | any other attribute, and any other element directly in the case | see `said.rs`: what names a failure is one, and what is unknown is an error and a contradiction |
//!
//! pytest (`record_xml_attribute`) and googletest before 1.8.1 (`RecordProperty`) let tests write
//! attributes of any name, and say outcomes in elements: of their attributes only those count that
//! name a failure.
//!
//! The worst wins. A test counts as passed only when nothing contradicts it.

use portcullis_report_shared::attempts::TestName;
use portcullis_report_shared::said::{self, Hint, OutcomeWord, is_no};
use portcullis_testrun::test_run::TestOutcome;

/// What an element says, outside or inside a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saying {
    /// The test failed.
    Failure,
    /// The test could not be run to its end.
    Error,
    /// The test did not run, or its result was declared not to matter.
    Skipped,
    /// An earlier attempt failed.
    EarlierFailure,
    /// An earlier attempt could not be run to its end.
    EarlierError,
}

impl Saying {
    /// What an element of this name says. `child`: it is directly in a test or a suite, where a
    /// name that names of failure is taken for one.
    pub fn of(element: &str, child: bool) -> Option<Saying> {
        match element {
            // What nearly every case has, known without a search.
            "system-out" | "system-err" | "properties" | "property" => None,
            "failure" | "risky" | "warning" => Some(Saying::Failure),
            "error" => Some(Saying::Error),
            "skipped" | "skip" | "ignored" | "disabled" | "incomplete" => Some(Saying::Skipped),
            "flakyfailure" | "rerunfailure" => Some(Saying::EarlierFailure),
            "flakyerror" | "rerunerror" => Some(Saying::EarlierError),
            other if child && said::element(other) == Hint::Bad => Some(Saying::Failure),
            _ => None,
        }
    }
}

impl Saying {
    /// What it is in a test that ctest did not run. ctest writes `skipped` also where a program or
    /// a file is missing or a fixture failed, and counts that as failed.
    pub fn of_ctest(self, message: Option<&str>) -> Saying {
        match self {
            Saying::Skipped if !message.is_some_and(|text| text.starts_with("SKIP_")) => Saying::Error,
            other => other,
        }
    }
}

/// One test case while it is read.
#[derive(Debug, Default)]
pub struct JunitCase {
    /// The identity of the test, with its groups.
    pub id: TestName,
    /// The beginning of the text directly in it.
    pub text: String,
    /// ctest says that it did not run it.
    pub not_run: bool,
    failures: u64,
    errors: u64,
    skips: u64,
    earlier_failures: u64,
    earlier_errors: u64,
    todo: bool,
    failure_attribute: bool,
    passed: bool,
    skipped: bool,
    failed: bool,
    broken: bool,
    unknown: bool,
    /// The first unknown part of it.
    foreign: Option<Box<str>>,
    /// It may have attributes of any name.
    free: bool,
    /// It says that it was run before.
    again: bool,
    /// Which attempt it says it is; 0 where it does not say.
    attempt: u64,
}

impl JunitCase {
    /// A case that has said nothing yet.
    pub fn new(id: TestName, free: bool) -> Self {
        JunitCase { id, free, ..JunitCase::default() }
    }

    /// Takes an attribute (its name in lower case).
    pub fn attribute(&mut self, name: &str, value: &str) {
        match name {
            // What nearly every case has, known without a search.
            "name" | "classname" | "class" | "time" | "file" | "line" | "timestamp" | "assertions" => {}
            "status" | "result" => self.status(OutcomeWord::of(value)),
            // An empty message is a message.
            "failure" => self.failure_attribute |= value.is_empty() || !is_no(value),
            "error" => self.broken |= value.is_empty() || !is_no(value),
            "skipped" | "disabled" | "ignored" => self.skipped |= !is_no(value),
            "attempt" | "attempts" => self.attempt(value, 1),
            "retry" | "retries" | "rerun" | "reruns" => self.attempt(value, 0),
            "flaky" => self.again |= is_above(value, 0),
            _ => self.other(name, value),
        }
    }

    /// Takes the number of an attempt; the first one is called `first`.
    fn attempt(&mut self, value: &str, first: u64) {
        let number = value.trim().parse::<u64>().unwrap_or(0);
        self.attempt = self.attempt.max(number.saturating_add(1 - first));
        self.again |= is_above(value, first);
    }

    fn other(&mut self, name: &str, value: &str) {
        match said::attribute(name, value) {
            Hint::Harmless => {}
            Hint::Bad | Hint::Failures(_) => self.failed = true,
            Hint::Unknown if self.free => {}
            Hint::Unknown => self.unknown_part("attribute", name),
        }
    }

    /// Takes an unknown part of it.
    pub fn unknown_part(&mut self, what: &str, name: &str) {
        self.foreign.get_or_insert_with(|| format!("{what} `{}`", said::shown(name)).into());
    }

    /// Takes what a part of it says in words that name a failure.
    pub fn failed(&mut self) {
        self.failed = true;
    }

    /// Which attempt of its test it says it is.
    pub fn attempts(&self) -> u64 {
        self.attempt.max(1)
    }

    fn status(&mut self, status: OutcomeWord) {
        match status {
            OutcomeWord::Silent => {}
            OutcomeWord::Passed => self.passed = true,
            OutcomeWord::Skipped => self.skipped = true,
            OutcomeWord::Failed => self.failed = true,
            OutcomeWord::Error => self.broken = true,
            OutcomeWord::Unknown => self.unknown = true,
        }
    }

    /// Takes an element. `todo`: it is a direct child and says that the test is of work to be done.
    pub fn element(&mut self, saying: Saying, todo: bool) {
        match saying {
            Saying::Failure => self.failures += 1,
            Saying::Error => self.errors += 1,
            Saying::Skipped => self.skips += 1,
            Saying::EarlierFailure => self.earlier_failures += 1,
            Saying::EarlierError => self.earlier_errors += 1,
        }
        self.todo |= todo;
    }

    /// What became of it.
    pub fn outcome(&self) -> TestOutcome {
        if self.errors > 0 || self.broken || self.unknown || self.foreign.is_some() {
            TestOutcome::Error
        } else if self.failed || (self.has_failure() && !self.todo) {
            TestOutcome::Failed
        } else if self.earlier() > 0 || self.again {
            TestOutcome::Flaky
        } else if self.skips > 0 || self.skipped {
            TestOutcome::Skipped
        } else {
            TestOutcome::Passed
        }
    }

    /// What the case says against itself, as what became of it, in words that follow "a test of
    /// it".
    pub fn contradictions(&self, outcome: TestOutcome) -> Vec<String> {
        let known = !self.unknown && self.foreign.is_none();
        let mut found = Vec::new();
        if self.unknown {
            found.push("has a status that is not known here".to_string());
        }
        if let Some(part) = &self.foreign {
            found.push(format!("has the {part}, which is not known here: it may say that the test failed (a property may have any name)"));
        }
        if self.passed && matches!(outcome, TestOutcome::Failed | TestOutcome::Error) && known {
            found.push("is called passed and shown as failed".to_string());
        }
        if self.skips > 0 && outcome == TestOutcome::Failed {
            found.push("is shown as skipped and as failed".to_string());
        }
        found
    }

    fn has_failure(&self) -> bool {
        self.failures > 0 || self.failure_attribute
    }

    fn earlier(&self) -> u64 {
        self.earlier_failures + self.earlier_errors
    }

    /// How much it adds to what its suites show, as what became of it.
    pub fn shown(&self, outcome: TestOutcome) -> JunitTally {
        let elements = self.failures + self.errors + self.skips;
        JunitTally {
            // Some runners count every outcome (pytest's subtests), every attempt (Surefire) or a
            // test that passed and then broke twice (pytest's fixtures). None of it is green, so
            // nothing is excused by it.
            tests: elements.max(1) + self.errors + self.earlier(),
            failures: self.failures.max(u64::from(self.failed || self.failure_attribute))
                + self.earlier_failures,
            errors: self.errors.max(u64::from(self.broken)) + self.earlier_errors,
            not_run: self.skips.max(u64::from(outcome == TestOutcome::Skipped)),
        }
    }
}

/// What the elements of a suite show, in the units that summaries count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JunitTally {
    /// Tests, attempts and repeated outcomes included.
    pub tests: u64,
    /// Failures, those of earlier attempts included.
    pub failures: u64,
    /// Errors, those of earlier attempts included.
    pub errors: u64,
    /// Tests that were skipped or disabled.
    pub not_run: u64,
}

impl JunitTally {
    /// Adds what a case or an inner suite shows.
    pub fn add(&mut self, other: JunitTally) {
        self.tests += other.tests;
        self.failures += other.failures;
        self.errors += other.errors;
        self.not_run += other.not_run;
    }
}

/// Is it a greater number, or a word that does not say no?
fn is_above(value: &str, first: u64) -> bool {
    value.trim().parse::<u64>().map_or(!is_no(value), |number| number > first)
}

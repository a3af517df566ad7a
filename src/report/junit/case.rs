//! One `testcase`: everything it says of itself, and the one outcome that follows.
//!
//! | said by | means |
//! | --- | --- |
//! | `failure`, `error`, `warning`, `risky` (an element; `failure` also as an attribute, node:test) | failed; `error`: could not be run |
//! | any other child whose name speaks of failure | failed: what we do not know is not passed |
//! | `skipped`, `skip`, `ignored`, `disabled`, `incomplete` | skipped |
//! | `skipped` in a `status="notrun"` of ctest, unless the test chose it (`SKIP_…`) | `error`: it could not be started |
//! | `skipped type="todo"` beside `failure` | skipped: a test of work that is not done (node:test) |
//! | `skipped` of Catch2 that says `!mayfail`, beside `failure` | skipped: its failure does not count |
//! | `skipped` of another type beside `failure` | failed, and a contradiction |
//! | `flakyFailure`, `flakyError`, `rerunFailure`, `rerunError` without `failure` or `error` | flaky |
//! | the attributes `attempt(s)` above 1, `retry`, `retries`, `rerun(s)`, `flaky` unless they say no | flaky: it was run before, and the report does not show what came of that |
//! | the attributes `status` and `result` | see [`Status`]; a word that we do not know is an error and a contradiction |
//!
//! The worst wins. A test counts as passed only when nothing speaks against it.

use crate::model::test_run::TestOutcome;

/// What an element says, outside or inside a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saying {
    /// It failed.
    Failure,
    /// It could not be run to its end.
    Error,
    /// It did not run, or its result was declared not to matter.
    Skipped,
    /// An earlier attempt failed.
    EarlierFailure,
    /// An earlier attempt could not be run to its end.
    EarlierError,
}

impl Saying {
    /// What an element of this name says. `child`: it stands directly in a test, where a name that speaks
    /// of failure is taken for one.
    pub fn of(element: &str, child: bool) -> Option<Saying> {
        match element {
            // What nearly every case has, known without a search.
            "system-out" | "system-err" | "properties" | "property" => None,
            "failure" | "risky" | "warning" => Some(Saying::Failure),
            "error" => Some(Saying::Error),
            "skipped" | "skip" | "ignored" | "disabled" | "incomplete" => Some(Saying::Skipped),
            "flakyfailure" | "rerunfailure" => Some(Saying::EarlierFailure),
            "flakyerror" | "rerunerror" => Some(Saying::EarlierError),
            other if child && (other.contains("fail") || other.contains("error")) => Some(Saying::Failure),
            _ => None,
        }
    }
}

impl Saying {
    /// What it is in a test that ctest did not run. ctest writes `skipped` also where a program or a file is missing or a
    /// fixture failed, and counts that as failed.
    pub fn of_ctest(self, message: Option<&str>) -> Saying {
        match self {
            Saying::Skipped if !message.is_some_and(|text| text.starts_with("SKIP_")) => Saying::Error,
            other => other,
        }
    }
}

/// What a `status` or `result` attribute says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    /// Nothing about the outcome: absent, empty, googletest's and ctest's `run`, googletest's `completed`.
    Silent,
    Passed,
    Skipped,
    Failed,
    Error,
    Unknown,
}

impl Status {
    fn of(word: &str) -> Status {
        match word.trim().to_ascii_lowercase().as_str() {
            "" | "run" | "completed" => Status::Silent,
            "ok" | "pass" | "passed" | "success" | "successful" | "succeeded" => Status::Passed,
            "disabled" | "ignored" | "notrun" | "pending" | "skip" | "skipped" | "suppressed" | "todo" => {
                Status::Skipped
            }
            "fail" | "failed" | "failure" => Status::Failed,
            "aborted" | "broken" | "error" | "errored" | "timedout" | "timeout" => Status::Error,
            _ => Status::Unknown,
        }
    }
}

/// One test case while it is read.
#[derive(Debug, Default)]
pub struct Case {
    /// Its identity.
    pub id: String,
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
    /// It says that it was run before.
    again: bool,
}

impl Case {
    /// A case that has said nothing yet.
    pub fn new(id: String) -> Self {
        Case { id, ..Case::default() }
    }

    /// Takes an attribute (its name in lower case).
    pub fn attribute(&mut self, name: &str, value: &str) {
        match name {
            "status" | "result" => self.status(Status::of(value)),
            // An empty message is a message.
            "failure" => self.failure_attribute |= value.is_empty() || !is_no(value),
            "error" => self.broken |= value.is_empty() || !is_no(value),
            "skipped" | "disabled" | "ignored" => self.skipped |= !is_no(value),
            "attempt" | "attempts" => self.again |= is_above(value, 1),
            "retry" | "retries" | "rerun" | "reruns" | "flaky" => self.again |= is_above(value, 0),
            _ => {}
        }
    }

    fn status(&mut self, status: Status) {
        match status {
            Status::Silent => {}
            Status::Passed => self.passed = true,
            Status::Skipped => self.skipped = true,
            Status::Failed => self.failed = true,
            Status::Error => self.broken = true,
            Status::Unknown => self.unknown = true,
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
        if self.errors > 0 || self.broken || self.unknown {
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

    /// What the case says against itself, in words that follow "a test of it".
    pub fn contradictions(&self) -> Vec<&'static str> {
        let outcome = self.outcome();
        let mut found = Vec::new();
        if self.unknown {
            found.push("has a status that is not known here");
        }
        if self.passed && matches!(outcome, TestOutcome::Failed | TestOutcome::Error) && !self.unknown {
            found.push("is called passed and shown as failed");
        }
        if self.skips > 0 && outcome == TestOutcome::Failed {
            found.push("is shown as skipped and as failed");
        }
        found
    }

    fn has_failure(&self) -> bool {
        self.failures > 0 || self.failure_attribute
    }

    fn earlier(&self) -> u64 {
        self.earlier_failures + self.earlier_errors
    }

    /// How much it adds to what its suites show.
    pub fn shown(&self) -> Shown {
        let elements = self.failures + self.errors + self.skips;
        let outcome = self.outcome();
        Shown {
            // Some runners count every outcome (pytest's subtests), every attempt (Surefire) or a test that passed
            // and then broke twice (pytest's fixtures). None of it is green, so nothing is excused by it.
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
pub struct Shown {
    /// Tests, attempts and repeated outcomes included.
    pub tests: u64,
    /// Failures, those of earlier attempts included.
    pub failures: u64,
    /// Errors, those of earlier attempts included.
    pub errors: u64,
    /// Tests that were skipped or disabled.
    pub not_run: u64,
}

impl Shown {
    /// Adds what a case or an inner suite shows.
    pub fn add(&mut self, other: Shown) {
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

fn is_no(value: &str) -> bool {
    matches!(value.trim().to_ascii_lowercase().as_str(), "" | "0" | "false" | "no")
}

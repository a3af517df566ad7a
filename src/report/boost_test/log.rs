//! The log: what was said while suites and tests ran.

use crate::model::test_run::{TestOutcome, TestRun};
use crate::report::attempts::Attempts;
use crate::report::identity::identity;
use crate::report::strict::{self, Foreign, Known};
use crate::report::summary::say;
use crate::report::xml::{Content, Element};

/// A log while it is read.
#[derive(Default)]
pub struct Document {
    open: Vec<Kind>,
    suites: Vec<String>,
    test: Option<Test>,
    tests: Attempts,
    any: bool,
    run: TestRun,
}

/// What an open element is to us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Root,
    Suite,
    Test,
    /// What is said in a test or suite, and what that holds.
    Entry,
}

/// What Boost.Test writes.
const KNOWN: &Known = &[
    ("testlog", &[]),
    ("testsuite", &["file", "line", "name", "reason", "skipped"]),
    ("testcase", &["file", "line", "name", "reason", "skipped"]),
    ("buildinfo", &["boost", "compiler", "platform", "stl"]),
    ("info", &["file", "line"]),
    ("message", &["file", "line"]),
    ("warning", &["file", "line"]),
    ("error", &["file", "line"]),
    ("fatalerror", &["file", "line"]),
    ("exception", &["file", "function", "line"]),
    ("testingtime", &[]),
    ("lastcheckpoint", &["file", "line"]),
    ("context", &[]),
    ("frame", &[]),
];

/// Those of them that stand within what is said.
const WITHIN: &[&str] = &["context", "frame", "lastcheckpoint"];

/// A test while it is read.
struct Test {
    id: String,
    outcome: TestOutcome,
}

impl Content for Document {
    fn start(&mut self, element: &Element<'_>) -> Result<(), String> {
        let kind = match (self.open.last(), element.name) {
            (None, _) => Kind::Root,
            (Some(Kind::Root | Kind::Suite), "testsuite") => self.suite(element)?,
            (Some(Kind::Root | Kind::Suite), "testcase") => self.test(element),
            (_, "testsuite" | "testcase") => return Err("a test or suite begins within a test".into()),
            (Some(Kind::Entry), name) if WITHIN.contains(&name) => Kind::Entry,
            (Some(_), name) => self.entry(name),
        };
        if let Some(foreign) = strict::part(element, KNOWN) {
            self.foreign(&foreign);
        }
        self.open.push(kind);
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        match self.open.pop() {
            Some(Kind::Suite) => {
                self.suites.pop();
                Ok(())
            }
            Some(Kind::Test) => self.end_test(),
            Some(Kind::Root | Kind::Entry) | None => Ok(()),
        }
    }
}

impl Document {
    /// A suite that was skipped has no tests in the log; it counts for them.
    fn suite(&mut self, element: &Element<'_>) -> Result<Kind, String> {
        let name = element.value("name").unwrap_or_default();
        if element.attribute("skipped").is_some() {
            self.any = true;
            let id = identity(self.suites.iter().map(String::as_str), name);
            let outcome = self.skipped(element);
            self.tests.add(id, outcome)?;
        }
        self.suites.push(name.to_string());
        Ok(Kind::Suite)
    }

    fn test(&mut self, element: &Element<'_>) -> Kind {
        self.any = true;
        let suites = self.suites.iter().map(String::as_str);
        let id = identity(suites, element.value("name").unwrap_or_default());
        let outcome = match element.attribute("skipped") {
            None => TestOutcome::Passed,
            Some(_) => self.skipped(element),
        };
        self.test = Some(Test { id, outcome });
        Kind::Test
    }

    /// Something unknown was found in a test, or outside of tests.
    fn foreign(&mut self, foreign: &Foreign) {
        match &mut self.test {
            Some(test) => {
                test.outcome = test.outcome.max(foreign.outcome());
                say(&mut self.run.contradictions, [foreign.of_test()]);
            }
            None => foreign.against("the log", &mut self.run),
        }
    }

    /// `skipped="yes"`; the writer knows no other word.
    fn skipped(&mut self, element: &Element<'_>) -> TestOutcome {
        if element.attribute("skipped") == Some("yes") {
            return TestOutcome::Skipped;
        }
        say(&mut self.run.contradictions, ["a test or suite is skipped in a word that is not known here"]);
        TestOutcome::Error
    }

    /// What is said directly in a test, a suite, or the log.
    fn entry(&mut self, name: &str) -> Kind {
        let outcome = match name {
            "info" | "message" | "warning" | "testingtime" | "buildinfo" => return Kind::Entry,
            "error" | "fatalerror" => TestOutcome::Failed,
            "exception" => TestOutcome::Error,
            _ => {
                say(&mut self.run.contradictions, ["something is logged that is not known here"]);
                TestOutcome::Error
            }
        };
        match (&mut self.test, self.suites.last()) {
            (Some(test), _) => test.outcome = test.outcome.max(outcome),
            (None, Some(suite)) => {
                say(&mut self.run.errors, [format!("suite `{suite}` failed outside its tests")]);
            }
            (None, None) => say(&mut self.run.errors, ["something failed outside of the suites"]),
        }
        Kind::Entry
    }

    fn end_test(&mut self) -> Result<(), String> {
        let Some(test) = self.test.take() else { return Ok(()) };
        self.tests.add(test.id, test.outcome)
    }

    /// The run, once the log has ended.
    ///
    /// # Errors
    /// A sentence, when it names no test, or more than a report may.
    pub fn finish(self) -> Result<TestRun, String> {
        if !self.any {
            return Err("the log names no test: write it with --log_level=test_suite, or the report with \
                        --report_format=XML --report_level=detailed"
                .into());
        }
        Ok(TestRun { tests: self.tests.finish(), ..self.run })
    }
}

//! The log: what was said while suites and tests ran.

use portcullis_report_shared::attempts::Attempts;
use portcullis_report_shared::error::ContentError;
use portcullis_report_shared::identity::join_identity;
use portcullis_report_shared::strict::{self, KnownElements, UnknownPart};
use portcullis_report_shared::summary::add_sentences;
use portcullis_report_shared::xml::{ContentHandler, Element};
use portcullis_testrun::test_run::{TestOutcome, TestRun};

/// A log while it is read.
#[derive(Default)]
pub struct BoostLog {
    open: Vec<BoostLogElement>,
    suites: Vec<String>,
    test: Option<LoggedTest>,
    tests: Attempts,
    any: bool,
    run: TestRun,
}

/// What an open element is to us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum BoostLogElement {
    Root,
    Suite,
    Test,
    /// What is said in a test or suite, and what that holds.
    Entry,
}

/// What Boost.Test writes.
const KNOWN: &KnownElements = &[
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

/// Those inside a message.
const WITHIN: &[&str] = &["context", "frame", "lastcheckpoint"];

/// A test while it is read.
struct LoggedTest {
    id: String,
    outcome: TestOutcome,
}

impl ContentHandler for BoostLog {
    fn start(&mut self, element: &Element<'_>) -> Result<(), ContentError> {
        let kind = match (self.open.last(), element.name) {
            (None, _) => BoostLogElement::Root,
            (Some(BoostLogElement::Root | BoostLogElement::Suite), "testsuite") => self.suite(element)?,
            (Some(BoostLogElement::Root | BoostLogElement::Suite), "testcase") => self.test(element),
            (_, "testsuite" | "testcase") => return Err("a test or suite begins within a test".into()),
            (Some(BoostLogElement::Entry), name) if WITHIN.contains(&name) => BoostLogElement::Entry,
            (Some(_), name) => self.entry(name),
        };
        if let Some(foreign) = strict::part(element, KNOWN) {
            self.foreign(&foreign);
        }
        self.open.push(kind);
        Ok(())
    }

    fn end(&mut self) -> Result<(), ContentError> {
        match self.open.pop() {
            Some(BoostLogElement::Suite) => {
                self.suites.pop();
                Ok(())
            }
            Some(BoostLogElement::Test) => self.end_test(),
            Some(BoostLogElement::Root | BoostLogElement::Entry) | None => Ok(()),
        }
    }
}

impl BoostLog {
    /// A suite that was skipped has no tests in the log; it counts for them.
    fn suite(&mut self, element: &Element<'_>) -> Result<BoostLogElement, ContentError> {
        let name = element.value("name").unwrap_or_default();
        if element.attribute("skipped").is_some() {
            self.any = true;
            let id = join_identity(self.suites.iter().map(String::as_str), name);
            let outcome = self.skipped(element);
            self.tests.add(id, outcome)?;
        }
        self.suites.push(name.to_string());
        Ok(BoostLogElement::Suite)
    }

    fn test(&mut self, element: &Element<'_>) -> BoostLogElement {
        self.any = true;
        let suites = self.suites.iter().map(String::as_str);
        let id = join_identity(suites, element.value("name").unwrap_or_default());
        let outcome = match element.attribute("skipped") {
            None => TestOutcome::Passed,
            Some(_) => self.skipped(element),
        };
        self.test = Some(LoggedTest { id, outcome });
        BoostLogElement::Test
    }

    /// Something unknown was found in a test, or outside of tests.
    fn foreign(&mut self, foreign: &UnknownPart) {
        match &mut self.test {
            Some(test) => {
                test.outcome = test.outcome.max(foreign.outcome());
                add_sentences(&mut self.run.contradictions, [foreign.of_test()]);
            }
            None => foreign.against("the log", &mut self.run),
        }
    }

    /// `skipped="yes"`; the writer knows no other word.
    fn skipped(&mut self, element: &Element<'_>) -> TestOutcome {
        if element.attribute("skipped") == Some("yes") {
            return TestOutcome::Skipped;
        }
        add_sentences(
            &mut self.run.contradictions,
            ["a test or suite is skipped in a word that is not known here"],
        );
        TestOutcome::Error
    }

    /// What is said directly in a test, a suite, or the log.
    fn entry(&mut self, name: &str) -> BoostLogElement {
        let outcome = match name {
            "info" | "message" | "warning" | "testingtime" | "buildinfo" => return BoostLogElement::Entry,
            "error" | "fatalerror" => TestOutcome::Failed,
            "exception" => TestOutcome::Error,
            _ => {
                add_sentences(&mut self.run.contradictions, ["something is logged that is not known here"]);
                TestOutcome::Error
            }
        };
        match (&mut self.test, self.suites.last()) {
            (Some(test), _) => test.outcome = test.outcome.max(outcome),
            (None, Some(suite)) => {
                add_sentences(&mut self.run.errors, [format!("suite `{suite}` failed outside its tests")]);
            }
            (None, None) => add_sentences(&mut self.run.errors, ["something failed outside of the suites"]),
        }
        BoostLogElement::Entry
    }

    fn end_test(&mut self) -> Result<(), ContentError> {
        let Some(test) = self.test.take() else { return Ok(()) };
        self.tests.add(test.id, test.outcome)
    }

    /// The run, once the log has ended.
    ///
    /// # Errors
    /// A sentence, when it names no test, or more than a report may.
    pub fn finish(self) -> Result<TestRun, ContentError> {
        if !self.any {
            return Err("the log names no test: write it with --log_level=test_suite, or the report with \
                        --report_format=XML --report_level=detailed"
                .into());
        }
        Ok(TestRun { tests: self.tests.finish(), ..self.run })
    }
}

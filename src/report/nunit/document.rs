//! The document: suites and tests.

use super::outcome::{has_failed, outcome};
use crate::model::test_run::{SEPARATOR, TestOutcome, TestRun};
use crate::report::attempts::Attempts;
use crate::report::name::{assembly, is_assembly};
use crate::report::summary::{Claims, Tally};
use crate::report::xml::{Content, Element};

/// A document while it is read.
#[derive(Default)]
pub struct Document {
    open: Vec<Kind>,
    suites: Vec<Suite>,
    test: Option<Test>,
    shown: Tally,
    claims: Claims,
    tests: Attempts,
    run: TestRun,
}

/// What an open element is to us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Suite,
    Test,
    Other,
}

/// A suite while it is read.
struct Suite {
    name: String,
    failed: bool,
    /// A test, or something outside the tests, within it failed.
    explained: bool,
}

/// A test while it is read.
struct Test {
    id: String,
    outcome: TestOutcome,
}

impl Content for Document {
    fn start(&mut self, element: &Element<'_>) -> Result<(), String> {
        let kind = match &*element.name {
            "test-run" | "test-results" => self.summary(element),
            "test-suite" => self.suite(element),
            "test-case" => self.case(element),
            "failure" => self.failure(),
            _ => Kind::Other,
        };
        self.open.push(kind);
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        match self.open.pop() {
            Some(Kind::Suite) => self.end_suite(),
            Some(Kind::Test) => self.end_test()?,
            Some(Kind::Other) | None => {}
        }
        Ok(())
    }
}

impl Document {
    fn summary(&mut self, element: &Element<'_>) -> Kind {
        let mut claims = Claims::of("the run");
        for (what, name) in [
            ("tests", "total"),
            ("passed tests", "passed"),
            ("failed tests", "failed"),
            ("failed tests", "failures"),
            ("failed tests", "errors"),
            ("failed tests", "invalid"),
            ("tests that did not run", "skipped"),
            ("tests that did not run", "ignored"),
            ("tests that did not run", "inconclusive"),
        ] {
            claims.claim(what, element.attribute(name));
        }
        self.claims = claims;
        Kind::Other
    }

    fn suite(&mut self, element: &Element<'_>) -> Kind {
        let name = element.value("name").unwrap_or_default();
        let name = if is_assembly(name) { assembly(name) } else { name };
        self.suites.push(Suite { name: name.to_string(), failed: has_failed(element), explained: false });
        Kind::Suite
    }

    fn case(&mut self, element: &Element<'_>) -> Kind {
        let (outcome, said) = outcome(element);
        self.run.contradictions.extend(said.map(|what| format!("a test {what}")));
        let name = element.value("fullname").or_else(|| element.value("name")).unwrap_or("(unnamed)");
        self.test = Some(Test { id: self.identity(name), outcome });
        Kind::Test
    }

    fn identity(&self, name: &str) -> String {
        let suites = self.suites.iter().map(|suite| suite.name.as_str());
        let mut parts: Vec<&str> =
            suites.filter(|suite| !suite.is_empty() && !name.contains(suite)).collect();
        parts.push(name);
        parts.join(SEPARATOR)
    }

    fn failure(&mut self) -> Kind {
        match (&mut self.test, self.suites.last_mut()) {
            (Some(test), _) if test.outcome <= TestOutcome::Skipped => {
                test.outcome = TestOutcome::Failed;
                self.run.contradictions.push("a test is not called failed and shown as failed".into());
            }
            (None, Some(suite)) => suite.failed = true,
            _ => {}
        }
        Kind::Other
    }

    fn end_test(&mut self) -> Result<(), String> {
        let Some(test) = self.test.take() else { return Ok(()) };
        self.shown.add(test.outcome);
        if let Some(suite) = self.suites.last_mut() {
            suite.explained |= test.outcome > TestOutcome::Skipped;
        }
        self.tests.add_distinct(&test.id, test.outcome)
    }

    fn end_suite(&mut self) {
        let Some(suite) = self.suites.pop() else { return };
        if suite.failed && !suite.explained {
            self.run.errors.push("a suite failed outside its tests".into());
        }
        if let Some(outer) = self.suites.last_mut() {
            outer.explained |= suite.failed || suite.explained;
        }
    }

    /// The run, once the document has ended.
    pub fn finish(self) -> TestRun {
        let shown = self.shown;
        let mut contradictions = self.run.contradictions;
        contradictions.extend(self.claims.contradictions(|what| match what {
            "tests" => shown.all(),
            "passed tests" => shown.passed,
            "failed tests" => shown.bad(),
            _ => shown.skipped,
        }));
        TestRun { tests: self.tests.finish(), contradictions, errors: self.run.errors, ..TestRun::default() }
    }
}

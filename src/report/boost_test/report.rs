//! The report: results of suites and tests.

use crate::model::test_run::{TestOutcome, TestRun};
use crate::report::attempts::Attempts;
use crate::report::identity::identity;
use crate::report::strict::{self, Known};
use crate::report::summary::{Claims, Tally, say};
use crate::report::xml::{Content, Element};

/// A report while it is read.
#[derive(Default)]
pub struct Document {
    open: Vec<Kind>,
    suites: Vec<Suite>,
    /// A test is open.
    within_test: bool,
    tests: Attempts,
    /// Tests that are called passed and checked nothing: they ran only if nothing was aborted.
    unchecked: Vec<String>,
    aborted: bool,
    any: bool,
    run: TestRun,
}

/// What an open element is to us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Suite,
    Test,
    Other,
}

/// What Boost.Test writes, but for `test_suites_timed_out`, which speaks for itself.
const KNOWN: &Known = &[
    ("testresult", &[]),
    (
        "testsuite",
        &[
            "assertions_failed",
            "assertions_passed",
            "expected_failures",
            "name",
            "result",
            "test_cases_aborted",
            "test_cases_failed",
            "test_cases_passed",
            "test_cases_passed_with_warnings",
            "test_cases_skipped",
            "test_cases_timed_out",
            "warnings_failed",
        ],
    ),
    (
        "testcase",
        &["assertions_failed", "assertions_passed", "expected_failures", "name", "result", "warnings_failed"],
    ),
];

/// A suite while it is read.
struct Suite {
    name: String,
    result: Word,
    claims: Claims,
    shown: Tally,
    /// How many assertions failed in it, as it says, and as what is within it says.
    failed: Option<u64>,
    failed_within: u64,
    /// More of them failed than were expected to, or nobody can tell.
    too_many: bool,
    /// Something within it failed, or failed outside of its tests.
    explained: bool,
}

/// What `result` says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Passed,
    Skipped,
    Failed,
    Aborted,
    Unknown,
}

impl Word {
    fn of(element: &Element<'_>) -> Word {
        match element.value("result") {
            Some("passed") => Word::Passed,
            Some("skipped") => Word::Skipped,
            Some("failed") => Word::Failed,
            Some("aborted" | "timed-out") => Word::Aborted,
            _ => Word::Unknown,
        }
    }
}

impl Content for Document {
    fn start(&mut self, element: &Element<'_>) -> Result<(), String> {
        let kind = match element.name {
            _ if self.within_test => return Err("an element is inside a test of a report".into()),
            "testsuite" => self.suite(element),
            "testcase" => self.test(element)?,
            _ if self.open.is_empty() => {
                strict::part(element, KNOWN).iter().for_each(|what| what.against("the run", &mut self.run));
                Kind::Other
            }
            _ => return Err("an element is where a report has only suites and tests".into()),
        };
        self.open.push(kind);
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        match self.open.pop() {
            Some(Kind::Suite) => self.end_suite(),
            Some(Kind::Test) => self.within_test = false,
            Some(Kind::Other) | None => {}
        }
        Ok(())
    }
}

impl Document {
    fn suite(&mut self, element: &Element<'_>) -> Kind {
        let name = element.value("name").unwrap_or_default().to_string();
        let mut claims = Claims::of(format!("suite `{name}`"));
        for (what, attribute) in [
            ("passed tests", "test_cases_passed"),
            ("failed tests", "test_cases_failed"),
            ("failed tests", "test_cases_aborted"),
            ("failed tests", "test_cases_timed_out"),
        ] {
            claims.claim(what, element.attribute(attribute));
        }
        let result = Word::of(element);
        self.aborted |= result == Word::Aborted;
        strict::part(element, KNOWN).iter().for_each(|what| what.against(claims.label(), &mut self.run));
        let failed = count(element, "assertions_failed");
        let too_many = match (failed, count(element, "expected_failures")) {
            (Some(failed), Some(expected)) => failed > expected,
            _ => true,
        };
        self.suites.push(Suite {
            name,
            result,
            claims,
            shown: Tally::default(),
            failed,
            failed_within: 0,
            too_many,
            explained: false,
        });
        Kind::Suite
    }

    fn test(&mut self, element: &Element<'_>) -> Result<Kind, String> {
        self.within_test = true;
        self.any = true;
        let (mut outcome, said) = outcome(element);
        say(&mut self.run.contradictions, said.map(|what| format!("a test {what}")));
        if let Some(foreign) = strict::part(element, KNOWN) {
            outcome = outcome.max(foreign.outcome());
            say(&mut self.run.contradictions, [foreign.of_test()]);
        }
        self.aborted |= Word::of(element) == Word::Aborted;
        if let Some(suite) = self.suites.last_mut() {
            suite.shown.add(outcome);
            suite.explained |= outcome > TestOutcome::Skipped;
            suite.failed_within += count(element, "assertions_failed").unwrap_or(0);
        }
        let suites = self.suites.iter().map(|suite| suite.name.as_str());
        let id = identity(suites, element.value("name").unwrap_or_default());
        if outcome == TestOutcome::Passed && count(element, "assertions_passed") == Some(0) {
            self.unchecked.push(id);
        } else {
            self.tests.add(id, outcome)?;
        }
        Ok(Kind::Test)
    }

    fn end_suite(&mut self) {
        let Some(suite) = self.suites.pop() else { return };
        let Suite { name, shown, .. } = &suite;
        let claimed = suite.claims.contradictions(|what| match what {
            // Those whose failures were expected are called passed.
            "passed tests" => shown.passed + shown.skipped,
            _ => shown.bad(),
        });
        say(&mut self.run.contradictions, claimed);
        let bad = matches!(suite.result, Word::Failed | Word::Aborted);
        let itself =
            bad && (!suite.explained || suite.failed.is_none_or(|failed| failed > suite.failed_within));
        if itself {
            say(&mut self.run.errors, [format!("suite `{name}` failed outside its tests")]);
        }
        if suite.result == Word::Unknown {
            say(
                &mut self.run.contradictions,
                [format!("suite `{name}` has a result that is not known here")],
            );
        } else if !bad && suite.explained {
            say(
                &mut self.run.contradictions,
                [format!("suite `{name}` passed and something within it failed")],
            );
        } else if suite.result == Word::Passed && suite.too_many {
            say(
                &mut self.run.contradictions,
                [format!("suite `{name}` passed and more assertions failed in it than were expected to")],
            );
        }
        if let Some(outer) = self.suites.last_mut() {
            outer.shown.add_all(suite.shown);
            outer.explained |= suite.explained || itself;
            outer.failed_within += suite.failed.unwrap_or(0);
        }
    }

    /// The run, once the report has ended.
    ///
    /// # Errors
    /// A sentence, when it names no test, or more than a report may.
    pub fn finish(mut self) -> Result<TestRun, String> {
        if !self.any {
            return Err("the report names no test: write it with --report_level=detailed".into());
        }
        let outcome = if self.aborted { TestOutcome::Skipped } else { TestOutcome::Passed };
        for id in self.unchecked {
            self.tests.add(id, outcome)?;
        }
        Ok(TestRun { tests: self.tests.finish(), ..self.run })
    }
}

/// What became of a test, and what it says against itself, in words that follow "a test".
fn outcome(element: &Element<'_>) -> (TestOutcome, Option<&'static str>) {
    let counts = (count(element, "assertions_failed"), count(element, "expected_failures"));
    let (Some(failed), Some(expected)) = counts else {
        return (TestOutcome::Error, Some("has a count that is not a number"));
    };
    match Word::of(element) {
        Word::Passed if failed > expected => {
            (TestOutcome::Failed, Some("is called passed and shows failed assertions"))
        }
        // They were expected to fail, and did.
        Word::Passed if failed > 0 => (TestOutcome::Skipped, None),
        Word::Passed => (TestOutcome::Passed, None),
        Word::Skipped => (TestOutcome::Skipped, None),
        Word::Failed => (TestOutcome::Failed, None),
        Word::Aborted => (TestOutcome::Error, None),
        Word::Unknown => (TestOutcome::Error, Some("has a result that is not known here")),
    }
}

/// The number that an attribute holds, 0 where it is not there, or nothing where it is no number.
fn count(element: &Element<'_>, name: &str) -> Option<u64> {
    element.attribute(name).map_or(Some(0), |text| text.trim().parse::<u32>().ok().map(u64::from))
}

//! The report: results of suites and tests.

use portcullis_report_shared::attempts::Attempts;
use portcullis_report_shared::error::ContentError;
use portcullis_report_shared::identity::join_identity;
use portcullis_report_shared::strict::{self, KnownElements};
use portcullis_report_shared::summary::{Claims, Tally, add_sentences};
use portcullis_report_shared::xml::{ContentHandler, Element};
use portcullis_testrun::test_run::{TestOutcome, TestRun};

/// A report while it is read.
#[derive(Default)]
pub struct BoostReport {
    open: Vec<BoostReportElement>,
    suites: Vec<BoostSuite>,
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
enum BoostReportElement {
    Suite,
    Test,
    Other,
}

/// What Boost.Test writes, but for `test_suites_timed_out`, which is read on its own.
const KNOWN: &KnownElements = &[
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
struct BoostSuite {
    name: String,
    result: BoostResult,
    claims: Claims,
    shown: Tally,
    /// How many assertions failed in it, as it says, and as what is within it says.
    failed: Option<u64>,
    failed_within: u64,
    /// More of them failed than were expected to, or it cannot be told.
    too_many: bool,
    /// Something within it failed, or failed outside of its tests.
    explained: bool,
}

/// What `result` says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum BoostResult {
    Passed,
    Skipped,
    Failed,
    Aborted,
    Unknown,
}

impl BoostResult {
    fn of(element: &Element<'_>) -> BoostResult {
        match element.value("result") {
            Some("passed") => BoostResult::Passed,
            Some("skipped") => BoostResult::Skipped,
            Some("failed") => BoostResult::Failed,
            Some("aborted" | "timed-out") => BoostResult::Aborted,
            _ => BoostResult::Unknown,
        }
    }
}

impl ContentHandler for BoostReport {
    fn start(&mut self, element: &Element<'_>) -> Result<(), ContentError> {
        let kind = match element.name {
            _ if self.within_test => return Err("an element is inside a test of a report".into()),
            "testsuite" => self.suite(element),
            "testcase" => self.test(element)?,
            _ if self.open.is_empty() => {
                strict::part(element, KNOWN).iter().for_each(|what| what.against("the run", &mut self.run));
                BoostReportElement::Other
            }
            _ => return Err("an element is where a report has only suites and tests".into()),
        };
        self.open.push(kind);
        Ok(())
    }

    fn end(&mut self) -> Result<(), ContentError> {
        match self.open.pop() {
            Some(BoostReportElement::Suite) => self.end_suite(),
            Some(BoostReportElement::Test) => self.within_test = false,
            Some(BoostReportElement::Other) | None => {}
        }
        Ok(())
    }
}

impl BoostReport {
    fn suite(&mut self, element: &Element<'_>) -> BoostReportElement {
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
        let result = BoostResult::of(element);
        self.aborted |= result == BoostResult::Aborted;
        strict::part(element, KNOWN).iter().for_each(|what| what.against(claims.label(), &mut self.run));
        let failed = read_count(element, "assertions_failed");
        let too_many = match (failed, read_count(element, "expected_failures")) {
            (Some(failed), Some(expected)) => failed > expected,
            _ => true,
        };
        self.suites.push(BoostSuite {
            name,
            result,
            claims,
            shown: Tally::default(),
            failed,
            failed_within: 0,
            too_many,
            explained: false,
        });
        BoostReportElement::Suite
    }

    fn test(&mut self, element: &Element<'_>) -> Result<BoostReportElement, ContentError> {
        self.within_test = true;
        self.any = true;
        let (mut outcome, said) = read_outcome(element);
        add_sentences(&mut self.run.contradictions, said.map(|what| format!("a test {what}")));
        if let Some(foreign) = strict::part(element, KNOWN) {
            outcome = outcome.max(foreign.outcome());
            add_sentences(&mut self.run.contradictions, [foreign.of_test()]);
        }
        self.aborted |= BoostResult::of(element) == BoostResult::Aborted;
        if let Some(suite) = self.suites.last_mut() {
            suite.shown.add(outcome);
            suite.explained |= outcome > TestOutcome::Skipped;
            suite.failed_within += read_count(element, "assertions_failed").unwrap_or(0);
        }
        let suites = self.suites.iter().map(|suite| suite.name.as_str());
        let id = join_identity(suites, element.value("name").unwrap_or_default());
        if outcome == TestOutcome::Passed && read_count(element, "assertions_passed") == Some(0) {
            self.unchecked.push(id);
        } else {
            self.tests.add(id, outcome)?;
        }
        Ok(BoostReportElement::Test)
    }

    fn end_suite(&mut self) {
        let Some(suite) = self.suites.pop() else { return };
        let BoostSuite { name, shown, .. } = &suite;
        let claimed = suite.claims.contradictions(|what| match what {
            // Those whose failures were expected are called passed.
            "passed tests" => shown.passed + shown.skipped,
            _ => shown.bad(),
        });
        add_sentences(&mut self.run.contradictions, claimed);
        let bad = matches!(suite.result, BoostResult::Failed | BoostResult::Aborted);
        let itself =
            bad && (!suite.explained || suite.failed.is_none_or(|failed| failed > suite.failed_within));
        if itself {
            add_sentences(&mut self.run.errors, [format!("suite `{name}` failed outside its tests")]);
        }
        if suite.result == BoostResult::Unknown {
            add_sentences(
                &mut self.run.contradictions,
                [format!("suite `{name}` has a result that is not known here")],
            );
        } else if !bad && suite.explained {
            add_sentences(
                &mut self.run.contradictions,
                [format!("suite `{name}` passed and something within it failed")],
            );
        } else if suite.result == BoostResult::Passed && suite.too_many {
            add_sentences(
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
    pub fn finish(mut self) -> Result<TestRun, ContentError> {
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
fn read_outcome(element: &Element<'_>) -> (TestOutcome, Option<&'static str>) {
    let counts = (read_count(element, "assertions_failed"), read_count(element, "expected_failures"));
    let (Some(failed), Some(expected)) = counts else {
        return (TestOutcome::Error, Some("has a count that is not a number"));
    };
    match BoostResult::of(element) {
        BoostResult::Passed if failed > expected => {
            (TestOutcome::Failed, Some("is called passed and shows failed assertions"))
        }
        // They were expected to fail, and did.
        BoostResult::Passed if failed > 0 => (TestOutcome::Skipped, None),
        BoostResult::Passed => (TestOutcome::Passed, None),
        BoostResult::Skipped => (TestOutcome::Skipped, None),
        BoostResult::Failed => (TestOutcome::Failed, None),
        BoostResult::Aborted => (TestOutcome::Error, None),
        BoostResult::Unknown => (TestOutcome::Error, Some("has a result that is not known here")),
    }
}

/// The number that an attribute holds, 0 where it is not there, or nothing where it is no number.
fn read_count(element: &Element<'_>, name: &str) -> Option<u64> {
    element.attribute(name).map_or(Some(0), |text| text.trim().parse::<u32>().ok().map(u64::from))
}

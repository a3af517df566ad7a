//! The document as it is written, and the run that it is.

use portcullis_report_shared::attempts::{Attempts, outcome_after};
use portcullis_report_shared::error::ContentError;
use portcullis_report_shared::members::{JsonText, json_objects, json_words};
use portcullis_report_shared::said::OutcomeWord;
use portcullis_report_shared::summary::{Tally, add_sentences};
use portcullis_testrun::own_times::OwnTimes;
use portcullis_testrun::test_run::{SEPARATOR, TestOutcome, TestRun};
use serde_core::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

json_objects! {
    /// The document. Members that are not read are named too: what is in none of them is not
    /// passed over.
    pub struct CtrfDocument<'a> {
        report_format: Option<JsonText<'a>> = "reportFormat",
        results: CtrfResults<'a> = "results",
        .. unread [
            "specVersion", "reportId", "timestamp", "generatedBy", "insights", "baseline", "extra",
        ]
    }

    struct CtrfResults<'a> {
        summary: CtrfSummary = "summary",
        tests: Vec<CtrfTest<'a>> = "tests",
        .. unread ["tool", "environment", "insights", "extra"]
    }

    /// Each count is required by the format; without it a missing test would go unnoticed.
    struct CtrfSummary {
        tests: u64 = "tests",
        passed: u64 = "passed",
        failed: u64 = "failed",
        skipped: u64 = "skipped",
        pending: u64 = "pending",
        other: u64 = "other",
        start: Option<f64> = "start",
        stop: Option<f64> = "stop",
        .. unread ["duration", "flaky", "suites", "extra"]
    }

    struct CtrfTest<'a> {
        name: JsonText<'a> = "name",
        status: CtrfStatus = "status",
        /// What the runner itself calls it.
        raw_status: Option<JsonText<'a>> = "rawStatus",
        suite: Option<CtrfSuite<'a>> = "suite",
        flaky: Option<bool> = "flaky",
        retries: Option<u64> = "retries",
        retry_attempts: Option<Vec<CtrfAttempt>> = "retryAttempts",
        start: Option<f64> = "start",
        stop: Option<f64> = "stop",
        .. unread [
            "id", "executionId", "duration", "message", "trace", "snippet", "ai", "line", "tags",
            "labels", "type", "filePath", "stdout", "stderr", "threadId", "attachments",
            "parameters", "steps", "screenshot", "browser", "device", "insights", "extra",
        ]
    }

    struct CtrfAttempt {
        status: CtrfStatus = "status",
    }
}

json_words! {
    #[derive(Clone, Copy)]
    enum CtrfStatus {
        Passed = "passed",
        Failed = "failed",
        Skipped = "skipped",
        Pending = "pending",
        Other = "other",
    }
}

/// A text in early versions of the format, a list in later ones.
enum CtrfSuite<'a> {
    One(JsonText<'a>),
    Path(Vec<JsonText<'a>>),
}

impl<'de: 'a, 'a> Deserialize<'de> for CtrfSuite<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SuiteVisitor(PhantomData))
    }
}

struct SuiteVisitor<'a>(PhantomData<CtrfSuite<'a>>);

impl<'de: 'a, 'a> Visitor<'de> for SuiteVisitor<'a> {
    type Value = CtrfSuite<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a suite, or a list of names")
    }

    fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<CtrfSuite<'a>, E> {
        Ok(CtrfSuite::One(name.into()))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<CtrfSuite<'a>, E> {
        Ok(CtrfSuite::One(name.to_string().into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut names: A) -> Result<CtrfSuite<'a>, A::Error> {
        let mut path = Vec::new();
        while let Some(name) = names.next_element()? {
            path.push(name);
        }
        Ok(CtrfSuite::Path(path))
    }
}

impl CtrfDocument<'_> {
    /// The run that it is.
    ///
    /// # Errors
    /// A sentence, when it is of another format or holds more than a report may.
    pub fn run(&self) -> Result<TestRun, ContentError> {
        if self.report_format.as_deref().is_some_and(|format| format != "CTRF") {
            return Err("it says that it is of another format than CTRF".into());
        }
        let mut tests = Attempts::default();
        let mut shown = Tally::default();
        let mut times = self.results.summary.times();
        let mut contradictions = Vec::new();
        for test in &self.results.tests {
            add_times(&mut times, [test.start, test.stop]);
            let mut outcome = test.outcome();
            if let Some(foreign) = &test.others.0 {
                outcome = outcome.max(foreign.outcome());
                add_sentences(&mut contradictions, [foreign.of_test()]);
            }
            shown.add(outcome);
            tests.add(test.identity(), outcome)?;
            if let Some(what) = test.contradiction() {
                add_sentences(&mut contradictions, [what]);
            }
        }
        add_sentences(&mut contradictions, self.results.summary.contradictions(shown));
        let mut run = TestRun { tests: tests.finish(), contradictions, times, ..TestRun::default() };
        for others in [&self.others, &self.results.others, &self.results.summary.others] {
            others.against("the report", &mut run);
        }
        Ok(run)
    }
}

/// Some reporters write fractions of a millisecond. What is no time, such as a negative number,
/// becomes one that is passed over.
fn add_times(times: &mut OwnTimes, numbers: [Option<f64>; 2]) {
    numbers.into_iter().flatten().for_each(|number| times.number(number as u64));
}

impl CtrfSummary {
    fn times(&self) -> OwnTimes {
        let mut times = OwnTimes::default();
        add_times(&mut times, [self.start, self.stop]);
        times
    }

    fn contradictions(&self, shown: Tally) -> Vec<String> {
        let not_run = self.skipped.saturating_add(self.pending);
        let bad = self.failed.saturating_add(self.other);
        [
            ("tests", self.tests, shown.all()),
            ("passed tests", self.passed, shown.passed),
            ("failed tests", bad, shown.bad()),
            ("tests that did not run", not_run, shown.skipped),
        ]
        .into_iter()
        .filter(|(_, claimed, shown)| claimed > shown)
        .map(|(what, claimed, shown)| format!("the summary claims {claimed} {what} and shows {shown}"))
        .collect()
    }
}

impl CtrfTest<'_> {
    fn outcome(&self) -> TestOutcome {
        let attempts = self.retry_attempts.iter().flatten();
        let earlier = attempts
            .map(|attempt| attempt.status.outcome())
            .filter(|outcome| *outcome != TestOutcome::Passed);
        // Nothing is tried again that passed, so attempts that are all called passed hide the one
        // that did not.
        let attempts = self.retry_attempts.as_ref().is_some_and(|attempts| !attempts.is_empty());
        let retried = self.flaky == Some(true) || attempts || self.retries.is_some_and(|retries| retries > 0);
        let retried = retried.then_some(TestOutcome::Failed);
        match earlier.max().max(retried) {
            Some(earlier) => outcome_after(earlier, self.status.outcome()),
            None => self.status.outcome(),
        }
    }

    /// The runner calls it failed, and the reporter does not.
    fn contradiction(&self) -> Option<&'static str> {
        let raw = self.raw_status.as_deref().map_or(OutcomeWord::Silent, OutcomeWord::of);
        let bad = raw.is_bad() && self.outcome() <= TestOutcome::Skipped;
        bad.then_some("a test is not called failed, and its `rawStatus` says that it was")
    }

    fn identity(&self) -> String {
        let mut parts: Vec<&str> = match &self.suite {
            None => Vec::new(),
            Some(CtrfSuite::One(name)) => vec![name],
            Some(CtrfSuite::Path(names)) => names.iter().map(|name| &**name).collect(),
        };
        parts.retain(|part| !part.is_empty());
        parts.push(if self.name.is_empty() { "(unnamed)" } else { &self.name });
        parts.join(SEPARATOR)
    }
}

impl CtrfStatus {
    fn outcome(self) -> TestOutcome {
        match self {
            CtrfStatus::Passed => TestOutcome::Passed,
            CtrfStatus::Skipped | CtrfStatus::Pending => TestOutcome::Skipped,
            CtrfStatus::Failed => TestOutcome::Failed,
            CtrfStatus::Other => TestOutcome::Error,
        }
    }
}

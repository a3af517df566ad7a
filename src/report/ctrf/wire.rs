//! The document as it is written, and the run that it is.

use crate::attempts::{Attempts, outcome_after};
use crate::error::ContentError;
use crate::said::OutcomeWord;
use crate::strict::UnknownFields;
use crate::summary::{Tally, add_sentences};
use portcullis_testrun::own_times::OwnTimes;
use portcullis_testrun::test_run::{SEPARATOR, TestOutcome, TestRun};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;

/// The document. Fields that are not looked at are named too: what is in none of them is not passed
/// over.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CtrfDocument<'a> {
    #[serde(borrow)]
    report_format: Option<Cow<'a, str>>,
    #[serde(borrow)]
    results: CtrfResults<'a>,
    #[serde(rename = "specVersion")]
    _spec_version: Option<IgnoredAny>,
    #[serde(rename = "reportId")]
    _report_id: Option<IgnoredAny>,
    #[serde(rename = "timestamp")]
    _timestamp: Option<IgnoredAny>,
    #[serde(rename = "generatedBy")]
    _generated_by: Option<IgnoredAny>,
    #[serde(rename = "insights")]
    _insights: Option<IgnoredAny>,
    #[serde(rename = "baseline")]
    _baseline: Option<IgnoredAny>,
    #[serde(rename = "extra")]
    _extra: Option<IgnoredAny>,
    #[serde(flatten)]
    others: UnknownFields,
}

#[derive(Deserialize)]
struct CtrfResults<'a> {
    summary: CtrfSummary,
    #[serde(borrow)]
    tests: Vec<CtrfTest<'a>>,
    #[serde(rename = "tool")]
    _tool: Option<IgnoredAny>,
    #[serde(rename = "environment")]
    _environment: Option<IgnoredAny>,
    #[serde(rename = "insights")]
    _insights: Option<IgnoredAny>,
    #[serde(rename = "extra")]
    _extra: Option<IgnoredAny>,
    #[serde(flatten)]
    others: UnknownFields,
}

/// Each count is required by the format; without it a missing test would go unnoticed.
#[derive(Deserialize)]
struct CtrfSummary {
    tests: u64,
    passed: u64,
    failed: u64,
    skipped: u64,
    pending: u64,
    other: u64,
    start: Option<f64>,
    stop: Option<f64>,
    #[serde(rename = "duration")]
    _duration: Option<IgnoredAny>,
    #[serde(rename = "flaky")]
    _flaky: Option<IgnoredAny>,
    #[serde(rename = "suites")]
    _suites: Option<IgnoredAny>,
    #[serde(rename = "extra")]
    _extra: Option<IgnoredAny>,
    #[serde(flatten)]
    others: UnknownFields,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CtrfTest<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    status: CtrfStatus,
    /// What the runner itself calls it.
    #[serde(borrow)]
    raw_status: Option<Cow<'a, str>>,
    #[serde(borrow)]
    suite: Option<CtrfSuite<'a>>,
    flaky: Option<bool>,
    retries: Option<u64>,
    retry_attempts: Option<Vec<CtrfAttempt>>,
    start: Option<f64>,
    stop: Option<f64>,
    #[serde(rename = "id")]
    _id: Option<IgnoredAny>,
    #[serde(rename = "executionId")]
    _execution_id: Option<IgnoredAny>,
    #[serde(rename = "duration")]
    _duration: Option<IgnoredAny>,
    #[serde(rename = "message")]
    _message: Option<IgnoredAny>,
    #[serde(rename = "trace")]
    _trace: Option<IgnoredAny>,
    #[serde(rename = "snippet")]
    _snippet: Option<IgnoredAny>,
    #[serde(rename = "ai")]
    _ai: Option<IgnoredAny>,
    #[serde(rename = "line")]
    _line: Option<IgnoredAny>,
    #[serde(rename = "tags")]
    _tags: Option<IgnoredAny>,
    #[serde(rename = "labels")]
    _labels: Option<IgnoredAny>,
    #[serde(rename = "type")]
    _type: Option<IgnoredAny>,
    #[serde(rename = "filePath")]
    _file_path: Option<IgnoredAny>,
    #[serde(rename = "stdout")]
    _stdout: Option<IgnoredAny>,
    #[serde(rename = "stderr")]
    _stderr: Option<IgnoredAny>,
    #[serde(rename = "threadId")]
    _thread_id: Option<IgnoredAny>,
    #[serde(rename = "attachments")]
    _attachments: Option<IgnoredAny>,
    #[serde(rename = "parameters")]
    _parameters: Option<IgnoredAny>,
    #[serde(rename = "steps")]
    _steps: Option<IgnoredAny>,
    #[serde(rename = "screenshot")]
    _screenshot: Option<IgnoredAny>,
    #[serde(rename = "browser")]
    _browser: Option<IgnoredAny>,
    #[serde(rename = "device")]
    _device: Option<IgnoredAny>,
    #[serde(rename = "insights")]
    _insights: Option<IgnoredAny>,
    #[serde(rename = "extra")]
    _extra: Option<IgnoredAny>,
    #[serde(flatten)]
    others: UnknownFields,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum CtrfStatus {
    Passed,
    Failed,
    Skipped,
    Pending,
    Other,
}

/// A text in early versions of the format, a list in later ones.
#[derive(Deserialize)]
#[serde(untagged)]
enum CtrfSuite<'a> {
    One(#[serde(borrow)] Cow<'a, str>),
    Path(Vec<String>),
}

#[derive(Deserialize)]
struct CtrfAttempt {
    status: CtrfStatus,
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
            Some(CtrfSuite::Path(names)) => names.iter().map(String::as_str).collect(),
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

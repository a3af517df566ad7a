//! The document as it is written, and the run that it is.

use portcullis_report_shared::attempts::{Attempts, outcome_after};
use portcullis_report_shared::error::ContentError;
use portcullis_report_shared::identity::join_identity;
use portcullis_report_shared::members::{JsonText, json_objects, json_words};
use portcullis_report_shared::strict::UnknownPart;
use portcullis_report_shared::summary::add_sentences;
use portcullis_testrun::own_times::OwnTimes;
use portcullis_testrun::test_run::{TestOutcome, TestRun};
use serde_core::de::IgnoredAny;

json_objects! {
    /// The document. Members that are not read are named too: what is in none of them is not
    /// passed over.
    pub struct PlaywrightDocument<'a> {
        suites: Vec<PlaywrightSuite<'a>> = "suites",
        errors: Vec<IgnoredAny> = "errors",
        stats: Option<Stats<'a>> = "stats",
        .. unread ["config"]
    }

    struct Stats<'a> {
        start_time: Option<JsonText<'a>> = "startTime",
        expected: Option<u64> = "expected",
        unexpected: Option<u64> = "unexpected",
        flaky: Option<u64> = "flaky",
        skipped: Option<u64> = "skipped",
        .. unread ["duration"]
    }

    /// A file, or a group in it.
    struct PlaywrightSuite<'a> {
        title: JsonText<'a> = "title",
        file: Option<JsonText<'a>> = "file",
        specs: Vec<Spec<'a>> = "specs",
        suites: Vec<PlaywrightSuite<'a>> = "suites" or default,
        .. unread ["line", "column"]
    }

    /// A test as it is written; each project runs it.
    struct Spec<'a> {
        title: JsonText<'a> = "title",
        ok: bool = "ok",
        tests: Vec<PlaywrightTest<'a>> = "tests",
        .. unread ["tags", "id", "file", "line", "column"]
    }

    struct PlaywrightTest<'a> {
        expected_status: Ended = "expectedStatus",
        project_name: Option<JsonText<'a>> = "projectName",
        results: Vec<PlaywrightAttempt<'a>> = "results",
        status: Called = "status",
        .. unread ["timeout", "annotations", "projectId"]
    }

    struct PlaywrightAttempt<'a> {
        status: Option<Ended> = "status",
        errors: Vec<IgnoredAny> = "errors" or default,
        error: Option<IgnoredAny> = "error",
        start_time: Option<JsonText<'a>> = "startTime",
        .. unread [
            "workerIndex", "parallelIndex", "shardIndex", "duration", "retry", "stdout", "stderr",
            "steps", "attachments", "annotations", "errorLocation",
        ]
    }
}

json_words! {
    /// How an attempt ended, or should.
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Ended {
        Passed = "passed",
        Failed = "failed",
        TimedOut = "timedOut",
        Skipped = "skipped",
        Interrupted = "interrupted",
    }

    /// What Playwright calls a test.
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Called {
        Expected = "expected",
        Unexpected = "unexpected",
        Flaky = "flaky",
        Skipped = "skipped",
    }
}

/// What is gathered on the way through the document.
#[derive(Default)]
struct PlaywrightTests {
    tests: Attempts,
    /// How many tests have each of the four names that Playwright calls them.
    called: [u64; 4],
    run: TestRun,
}

impl PlaywrightDocument<'_> {
    /// The run that it is.
    ///
    /// # Errors
    /// A sentence, when it holds more than a report may.
    pub fn run(&self) -> Result<TestRun, ContentError> {
        let mut gathered = PlaywrightTests::default();
        for suite in &self.suites {
            let file = suite.file.as_deref().filter(|file| !file.is_empty()).unwrap_or(&suite.title);
            gathered.suite(suite, &mut vec![file])?;
        }
        let PlaywrightTests { tests, called, mut run } = gathered;
        let errors = self.errors.iter().map(|_| "an error is reported outside of the tests");
        add_sentences(&mut run.errors, errors);
        if let Some(stats) = &self.stats {
            stats.start_time.iter().for_each(|text| run.times.text(text));
            add_sentences(&mut run.contradictions, stats.contradictions(called));
            stats.others.against("the stats", &mut run);
        }
        self.others.against("the report", &mut run);
        Ok(TestRun { tests: tests.finish(), ..run })
    }
}

impl PlaywrightTests {
    fn suite<'s>(
        &mut self,
        suite: &'s PlaywrightSuite<'_>,
        path: &mut Vec<&'s str>,
    ) -> Result<(), ContentError> {
        suite.others.against("a suite", &mut self.run);
        for spec in &suite.specs {
            self.spec(spec, path)?;
        }
        for inner in &suite.suites {
            path.push(&inner.title);
            self.suite(inner, path)?;
            path.pop();
        }
        Ok(())
    }

    fn spec(&mut self, spec: &Spec<'_>, path: &[&str]) -> Result<(), ContentError> {
        spec.others.against("a spec", &mut self.run);
        let mut bad = false;
        for test in &spec.tests {
            let (outcome, said) = test.outcome();
            add_sentences(&mut self.run.contradictions, said);
            let outcome = test.foreign().map_or(outcome, |foreign| {
                add_sentences(&mut self.run.contradictions, [foreign.of_test()]);
                outcome.max(foreign.outcome())
            });
            bad |= outcome > TestOutcome::Flaky;
            self.called[test.status as usize] += 1;
            test.times(&mut self.run.times);
            let project = test.project_name.as_deref().unwrap_or_default();
            let groups = std::iter::once(project).chain(path.iter().copied());
            self.tests.add(join_identity(groups, &spec.title), outcome)?;
        }
        // Of several projects `ok` is that of the first, so it says nothing when it is true.
        if !spec.ok && !bad {
            add_sentences(&mut self.run.contradictions, ["a spec is not ok and no test of it failed"]);
        }
        Ok(())
    }
}

impl Stats<'_> {
    fn contradictions(&self, called: [u64; 4]) -> Vec<String> {
        let claims = [
            ("expected tests", self.expected, Called::Expected),
            ("unexpected tests", self.unexpected, Called::Unexpected),
            ("flaky tests", self.flaky, Called::Flaky),
            ("skipped tests", self.skipped, Called::Skipped),
        ];
        claims
            .into_iter()
            .filter_map(|(what, claimed, name)| Some((what, claimed?, called[name as usize])))
            .filter(|(_, claimed, shown)| claimed > shown)
            .map(|(what, claimed, shown)| format!("the stats claim {claimed} {what} and show {shown}"))
            .collect()
    }
}

impl PlaywrightTest<'_> {
    fn times(&self, times: &mut OwnTimes) {
        self.results
            .iter()
            .filter_map(|attempt| attempt.start_time.as_deref())
            .for_each(|text| times.text(text));
    }

    /// What it and its attempts hold that is not known here.
    fn foreign(&self) -> Option<&UnknownPart> {
        let attempts = self.results.iter().map(|attempt| &attempt.others);
        std::iter::once(&self.others).chain(attempts).find_map(|others| others.0.as_ref())
    }

    /// What became of it, and where that is not what it is called, as a sentence.
    fn outcome(&self) -> (TestOutcome, Option<&'static str>) {
        let (shown, said) = self.shown();
        match (self.status, shown) {
            (Called::Unexpected, shown) if shown <= TestOutcome::Flaky => {
                (TestOutcome::Failed, Some("a test is called unexpected and shows no failure"))
            }
            (Called::Flaky, shown) if shown <= TestOutcome::Skipped => {
                (TestOutcome::Flaky, Some("a test is called flaky and shows no failure"))
            }
            (Called::Expected | Called::Flaky | Called::Skipped, TestOutcome::Failed) => {
                (shown, Some("a test is not called unexpected and shows a failure"))
            }
            _ => (shown, said),
        }
    }

    /// What its attempts show.
    fn shown(&self) -> (TestOutcome, Option<&'static str>) {
        let wanted = self.expected_status;
        let ran = self.results.iter().filter(|attempt| !attempt.is_left_out(wanted));
        let outcomes = ran.map(|attempt| attempt.outcome(wanted));
        let shown = outcomes.reduce(outcome_after_attempt);
        let broken =
            |attempt: &PlaywrightAttempt<'_>| attempt.status == Some(Ended::Passed) && attempt.has_errors();
        let said = self.results.iter().any(broken).then_some("an attempt is called passed and holds errors");
        match shown {
            Some(outcome) => (outcome, said),
            None if self.results.is_empty() && wanted == Ended::Skipped => (TestOutcome::Skipped, said),
            None => (TestOutcome::Error, said),
        }
    }
}

/// One more attempt. That it ended as it was expected to does not excuse an earlier one that did
/// not.
fn outcome_after_attempt(before: TestOutcome, attempt: TestOutcome) -> TestOutcome {
    match attempt {
        TestOutcome::Skipped => outcome_after(before, TestOutcome::Passed).max(TestOutcome::Skipped),
        attempt => outcome_after(before, attempt),
    }
}

impl PlaywrightAttempt<'_> {
    /// It did not run, although it was not meant to be skipped.
    fn is_left_out(&self, wanted: Ended) -> bool {
        self.status == Some(Ended::Skipped) && wanted != Ended::Skipped
    }

    fn has_errors(&self) -> bool {
        !self.errors.is_empty() || self.error.is_some()
    }

    fn outcome(&self, wanted: Ended) -> TestOutcome {
        match self.status {
            None | Some(Ended::Interrupted) => TestOutcome::Error,
            Some(Ended::Passed) if wanted == Ended::Passed && !self.has_errors() => TestOutcome::Passed,
            Some(Ended::Skipped) => TestOutcome::Skipped,
            Some(ended @ (Ended::Failed | Ended::TimedOut)) if ended == wanted => TestOutcome::Skipped,
            Some(Ended::Passed | Ended::Failed | Ended::TimedOut) => TestOutcome::Failed,
        }
    }
}

//! Events to runs, and runs to tests.

use super::events::{DartEvent, DartSuite, DartTest};
use portcullis_report_shared::attempts::{Attempts, LIMITS, outcome_after};
use portcullis_report_shared::error::ContentError;
use portcullis_report_shared::identity::join_identity;
use portcullis_report_shared::said::OutcomeWord;
use portcullis_report_shared::strict::{self, UnknownPart};
use portcullis_report_shared::summary::add_sentences;
use portcullis_testrun::test_run::{TestOutcome, TestRun};
use std::collections::{BTreeMap, BTreeSet};

/// All runs of a report while it is read: one after the other.
#[derive(Default)]
pub struct Runs {
    open: Option<DartRun>,
    tests: Attempts,
    run: TestRun,
}

/// One run.
#[derive(Default)]
struct DartRun {
    suites: BTreeMap<u64, SuitePlace>,
    tests: BTreeMap<u64, Running>,
    planned: u64,
    done: bool,
}

/// Where the tests of a suite are.
struct SuitePlace {
    file: String,
    platform: String,
}

/// A test that has begun.
struct Running {
    name: String,
    suite: u64,
    /// What its end says; nothing before it.
    end: Option<TestOutcome>,
    /// Its end says that it is no test, if all is well.
    hidden: bool,
    /// An error of it was told since it last began.
    failed: bool,
    /// An attempt of it failed before.
    earlier: bool,
    /// Something about it is told that is not known here.
    foreign: Option<UnknownPart>,
}

impl Runs {
    /// Takes an event.
    ///
    /// # Errors
    /// A sentence, when it is none that the runner writes.
    pub fn take(&mut self, event: DartEvent<'_>) -> Result<(), ContentError> {
        // Tests can print JSON of their own.
        let Some(kind) = event.kind.as_deref() else { return Ok(()) };
        if kind == "start" {
            event.others.against("the run", &mut self.run);
            self.end_run()?;
            self.open = Some(DartRun::default());
            return Ok(());
        }
        let Some(run) = &mut self.open else {
            add_sentences(&mut self.run.contradictions, ["an event comes before the start of a run"]);
            self.open = Some(DartRun::default());
            return self.take(event);
        };
        if run.done && event.test_id.is_some() {
            add_sentences(
                &mut self.run.contradictions,
                ["an event of a test comes after the end of its run"],
            );
        }
        if let Some(suite) = &event.suite {
            suite.others.against("a suite", &mut self.run);
        }
        if let Some(group) = &event.group {
            group.others.against("a group", &mut self.run);
        }
        if event.time.is_some() && event.test_id.is_none() {
            event.others.against("the run", &mut self.run);
        }
        match kind {
            "suite" => run.suite(event.suite.ok_or("a suite is not described")?),
            "testStart" => return run.begins(event.test.ok_or("a test is not described")?),
            "allSuites" => run.planned = run.planned.max(event.count.unwrap_or(u64::MAX)),
            "done" => self.done(event.success),
            "group" | "debug" => {}
            _ => self.of_test(&event)?,
        }
        Ok(())
    }

    /// An event of a test that has begun.
    fn of_test(&mut self, event: &DartEvent<'_>) -> Result<(), ContentError> {
        let (Some(id), Some(run)) = (event.test_id, &mut self.open) else {
            self.of_run(event);
            return Ok(());
        };
        let test = run.tests.get_mut(&id).ok_or("an event is about a test that has not begun")?;
        strict::keep(&mut test.foreign, event.others.0.clone());
        let said = match event.kind.as_deref() {
            Some("print") => {
                test.printed(event.message.as_deref().unwrap_or_default());
                None
            }
            Some("error") => {
                test.failed = true;
                None
            }
            Some("testDone") => test.ends(event),
            _ => Some("an event of a test is not known here"),
        };
        add_sentences(&mut self.run.contradictions, said);
        Ok(())
    }

    /// An event that is about no test, and of a type that is not known here. Those of the runner
    /// have a time; others a test printed.
    fn of_run(&mut self, event: &DartEvent<'_>) {
        let Some(kind) = event.kind.as_deref().filter(|_| event.time.is_some()) else { return };
        match event.result.as_deref().map(OutcomeWord::of) {
            Some(word) if word.is_bad() => {
                add_sentences(&mut self.run.errors, ["an event about no test reports a failure"])
            }
            Some(OutcomeWord::Unknown) => {
                add_sentences(
                    &mut self.run.contradictions,
                    ["an event about no test has a result that is not known here"],
                );
            }
            _ => {}
        }
        strict::event(kind).iter().for_each(|what| what.against("the run", &mut self.run));
    }

    fn done(&mut self, success: Option<bool>) {
        let Some(run) = &mut self.open else { return };
        if std::mem::replace(&mut run.done, true) {
            return add_sentences(&mut self.run.contradictions, ["a run ends twice"]);
        }
        let bad = run.tests.values().any(|test| test.outcome() > TestOutcome::Flaky);
        match success {
            None => add_sentences(&mut self.run.errors, ["the run was ended before all tests had run"]),
            Some(false) if !bad => add_sentences(&mut self.run.errors, ["the run failed outside its tests"]),
            Some(true) if bad => {
                add_sentences(
                    &mut self.run.contradictions,
                    ["the run is called a success and a test of it failed"],
                );
            }
            Some(_) => {}
        }
    }

    /// Takes over the tests of the run that is open.
    fn end_run(&mut self) -> Result<(), ContentError> {
        let Some(run) = self.open.take() else { return Ok(()) };
        if !run.done {
            add_sentences(&mut self.run.contradictions, ["a run has no end: the report is cut off"]);
        }
        let shown = run.suites.len() as u64;
        if run.planned > shown {
            add_sentences(
                &mut self.run.contradictions,
                [format!("a run names more suites than the {shown} that it shows")],
            );
        }
        let files = run.files();
        for test in run.tests.values().filter(|test| !test.is_none()) {
            add_sentences(&mut self.run.contradictions, test.foreign.as_ref().map(UnknownPart::of_test));
            let file = files.get(&test.suite).map_or("", String::as_str);
            self.tests.add(join_identity([file], &test.name), test.outcome())?;
        }
        Ok(())
    }

    /// The tests, once the report has ended.
    ///
    /// # Errors
    /// A sentence, when it holds no event, or more than a report may.
    pub fn finish(mut self) -> Result<TestRun, ContentError> {
        if self.open.is_none() {
            return Err("it holds no event of a run".into());
        }
        self.end_run()?;
        Ok(TestRun { tests: self.tests.finish(), ..self.run })
    }
}

impl DartRun {
    fn suite(&mut self, suite: DartSuite<'_>) {
        let file = suite.path.unwrap_or_default().replace('\\', "/");
        let platform = suite.platform.filter(|name| &**name != "vm").unwrap_or_default().into_owned();
        self.suites.insert(suite.id, SuitePlace { file, platform });
    }

    fn begins(&mut self, test: DartTest<'_>) -> Result<(), ContentError> {
        if self.tests.len() as u64 >= LIMITS.records {
            return Err(format!("it holds more than {} test cases", LIMITS.records).into());
        }
        let begun = Running {
            name: test.name.into_owned(),
            suite: test.suite,
            end: None,
            hidden: false,
            failed: false,
            earlier: false,
            foreign: test.others.0,
        };
        match self.tests.insert(test.id, begun) {
            None => Ok(()),
            Some(_) => Err("two tests have one number".into()),
        }
    }

    /// The file of each suite, as names begin with it. Two files that differ only before the
    /// directory of the tests keep their whole paths.
    fn files(&self) -> BTreeMap<u64, String> {
        let mut wholes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for place in self.suites.values() {
            wholes.entry(below_package(&place.file)).or_default().insert(&place.file);
        }
        let named = |place: &SuitePlace| {
            let short = below_package(&place.file);
            let unique = wholes.get(short).is_some_and(|wholes| wholes.len() == 1);
            let file = if unique { short } else { &place.file };
            match place.platform.as_str() {
                "" => file.to_string(),
                platform => format!("{file} [{platform}]"),
            }
        };
        self.suites.iter().map(|(id, place)| (*id, named(place))).collect()
    }
}

impl Running {
    fn printed(&mut self, message: &str) {
        if message.strip_prefix("Retry: ") == Some(self.name.as_str()) {
            self.earlier = true;
            self.failed = false;
        }
    }

    /// Takes its end. Notes contradictions.
    fn ends(&mut self, event: &DartEvent<'_>) -> Option<&'static str> {
        let skipped = event.skipped == Some(true);
        let (end, mut said) = match event.result.as_deref() {
            Some("success") if skipped => (TestOutcome::Skipped, None),
            Some("success") => (TestOutcome::Passed, None),
            Some("failure") => (TestOutcome::Failed, None),
            Some("error") => (TestOutcome::Error, None),
            _ => (TestOutcome::Error, Some("a test has a result that is not known here")),
        };
        if self.end.is_some() {
            said = Some("a test ends twice");
        } else if self.failed && end <= TestOutcome::Skipped {
            said = Some("a test is called a success and an error of it is told");
        }
        self.hidden = event.hidden == Some(true) && (self.hidden || self.end.is_none());
        self.end = self.end.max(Some(end));
        said
    }

    fn outcome(&self) -> TestOutcome {
        let end = self.end.unwrap_or(TestOutcome::Error);
        let end = if self.failed { end.max(TestOutcome::Failed) } else { end };
        let end = self.foreign.as_ref().map(UnknownPart::outcome).max(Some(end)).unwrap_or(end);
        if self.earlier { outcome_after(TestOutcome::Failed, end) } else { end }
    }

    /// Is it no test, because it is hidden and all is well?
    fn is_none(&self) -> bool {
        self.hidden && self.outcome() <= TestOutcome::Skipped
    }
}

/// A file from the directory of the package's tests on. Where the package lies is no part of a
/// name.
fn below_package(path: &str) -> &str {
    let at =
        ["/test/", "/integration_test/", "/test_driver/"].iter().filter_map(|place| path.rfind(place)).max();
    at.map_or(path, |at| &path[at + 1..])
}

//! What the reports of one suite come to.

use super::{Flaky, NAME, Skipped, TestPattern, broken_suite};
use crate::control::shared::text::{agree, first_few, plural};
use crate::control::{finding, unproven};
use portcullis_model::decision::{Finding, SubjectKind, Verdict};
use portcullis_model::test_run::{Report, TestOutcome, TestRun};
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU64;

/// The reports of a suite, and the tests of all of them, each once.
pub struct SuiteEvidence<'a> {
    reports: Vec<&'a Report>,
    tests: BTreeMap<&'a str, FoldedTest>,
    /// Every report could be read. Otherwise what is missing may be in one that could not.
    whole: bool,
}

/// What the reports say of one test.
#[derive(Clone, Copy)]
struct FoldedTest {
    /// The worst: no report excuses what another shows, because the order of reports says nothing.
    outcome: TestOutcome,
    /// The most records that one report holds.
    records: u64,
}

impl<'a> SuiteEvidence<'a> {
    /// Folds the reports. The same bytes under two names are one report.
    pub fn of(reports: &[&'a Report]) -> Self {
        let mut known = BTreeSet::new();
        let mut reports = reports.to_vec();
        // Of equal bytes the copy that says the worst stays: tracked before untracked, unseen
        // before read.
        reports.sort_by_key(|report| (!report.tracked, report.run.value().is_some(), &report.path));
        reports.retain(|report| report.digest.as_ref().is_none_or(|digest| known.insert(digest)));
        let whole = reports.iter().all(|report| report.run.value().is_some());
        let mut tests = BTreeMap::new();
        for test in reports.iter().filter_map(|report| report.run.value()).flat_map(|run| &run.tests) {
            let seen =
                tests.entry(test.id.as_str()).or_insert(FoldedTest { outcome: test.outcome, records: 0 });
            seen.outcome = seen.outcome.max(test.outcome);
            seen.records = seen.records.max(test.records);
        }
        SuiteEvidence { reports, tests, whole }
    }

    /// Could every report be read?
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// What contradicts the suite whatever its settings are.
    pub fn objections(&self, suite: &str) -> Vec<Finding> {
        let gaps = self.reports.iter().filter_map(|report| report.run.known().err());
        let mut findings: Vec<Finding> =
            gaps.map(|gap| unproven(NAME, SubjectKind::Suite, suite, &gap)).collect();
        findings.extend(self.tracked(suite));
        findings.extend(self.sentences(
            suite,
            |run| &run.contradictions,
            "its report is inconsistent",
            "Find out what the runner left out, and run the suite again.",
        ));
        findings.extend(self.sentences(
            suite,
            |run| &run.errors,
            "something failed outside its tests",
            "Make the suite start and end without errors, and run it again.",
        ));
        findings.extend(self.sentences(
            suite,
            |run| &run.replayed,
            "the runner repeated cached results of an earlier run",
            "Run the suite again, without the cache of its runner (`go test -count=1`).",
        ));
        findings.extend(self.empty(suite));
        findings.extend(self.failed(suite));
        findings
    }

    fn tracked(&self, suite: &str) -> Option<Finding> {
        let tracked = self.reports.iter().filter(|report| report.tracked);
        let paths: Vec<String> = tracked.map(|report| report.path.clone()).collect();
        (!paths.is_empty()).then(|| {
            broken_suite(suite, "git tracks a report of it, so it is not evidence of a run")
                .remedy("Remove the report from the repository and have the pipeline write it.")
                .details(first_few(paths))
        })
    }

    fn sentences(
        &self,
        suite: &str,
        part: impl Fn(&TestRun) -> &[String],
        reason: &str,
        remedy: &str,
    ) -> Option<Finding> {
        let mut all = Vec::new();
        for report in &self.reports {
            let said = report.run.value().map_or(&[][..], &part);
            all.extend(said.iter().map(|sentence| format!("{}: {sentence}", report.path)));
        }
        (!all.is_empty()).then(|| broken_suite(suite, reason).remedy(remedy).details(first_few(all)))
    }

    fn empty(&self, suite: &str) -> Option<Finding> {
        (self.whole && self.tests.is_empty()).then(|| {
            broken_suite(suite, "its report contains no test: zero tests are no evidence")
                .remedy("Check which tests the runner selects, and run the suite again.")
                .details(first_few(self.reports.iter().map(|report| report.path.clone()).collect()))
        })
    }

    fn failed(&self, suite: &str) -> Option<Finding> {
        let failed = self.named(|seen| matches!(seen.outcome, TestOutcome::Failed | TestOutcome::Error));
        (!failed.is_empty()).then(|| {
            broken_suite(suite, format!("{} failed", plural(failed.len() as u64, "test")))
                .remedy("Make the failing tests pass, and run the suite again.")
                .details(first_few(failed))
        })
    }

    /// Tests that passed only after they had failed.
    pub fn flaky(&self, suite: &str, setting: Flaky) -> Option<Finding> {
        let flaky = self.named(|seen| seen.outcome == TestOutcome::Flaky);
        let reason = format!("{} passed only after a failure", plural(flaky.len() as u64, "test"));
        let verdict = match setting {
            Flaky::Block => Verdict::Broken,
            Flaky::Note => Verdict::Noted,
        };
        (!flaky.is_empty()).then(|| {
            finding(NAME, verdict, SubjectKind::Suite, suite, reason)
                .remedy("Find out why they fail intermittently; a retry hides the cause.")
                .details(first_few(flaky))
        })
    }

    /// Tests that were skipped, where none may be.
    pub fn skipped(&self, suite: &str, setting: Skipped) -> Option<Finding> {
        let skipped = self.named(|seen| seen.outcome == TestOutcome::Skipped);
        (setting == Skipped::Block && !skipped.is_empty()).then(|| {
            broken_suite(suite, format!("{} did not run", plural(skipped.len() as u64, "test")))
                .remedy("Run every test of the suite, or remove those that are not needed.")
                .details(first_few(skipped))
        })
    }

    /// A required pattern that matches no test, or one that did not pass.
    pub fn requires(&self, suite: &str, pattern: &TestPattern) -> Option<Finding> {
        let matching = || self.tests.iter().filter(|(id, _)| pattern.matches(id));
        let open: Vec<String> = matching()
            .filter(|(_, seen)| seen.outcome != TestOutcome::Passed)
            .map(|(id, seen)| format!("{id}: {}", outcome_word(seen.outcome)))
            .collect();
        if !open.is_empty() {
            let reason =
                format!("a test required by `{}` did not pass at the first attempt", pattern.as_str());
            let remedy = "Make every required test run and pass at the first attempt.";
            return Some(broken_suite(suite, reason).remedy(remedy).details(first_few(open)));
        }
        (self.whole && matching().next().is_none()).then(|| {
            broken_suite(suite, format!("no test matches the required `{}`", pattern.as_str()))
                .remedy("Restore the test, or change `required` in a reviewed change of the policy.")
        })
    }

    /// Fewer tests passed than the policy wants.
    pub fn too_few(&self, suite: &str, minimum: NonZeroU64) -> Option<Finding> {
        let passed = self.number(TestOutcome::Passed);
        (self.whole && !self.tests.is_empty() && passed < minimum.get()).then(|| {
            broken_suite(suite, format!("{} passed, {minimum} required", plural(passed, "test")))
                .remedy("Run the whole suite; look for tests that were removed, skipped or not selected.")
                .details(vec![self.numbers()])
        })
    }

    /// All is well.
    pub fn met(&self, suite: &str, minimum: NonZeroU64) -> Finding {
        let reason = format!("{}; {minimum} required", self.numbers());
        let paths = self.reports.iter().map(|report| report.path.clone()).collect();
        finding(NAME, Verdict::Met, SubjectKind::Suite, suite, reason).details(first_few(paths))
    }

    /// Tests with several records that all passed: a rerun that the runner does not admit, or one
    /// name for several tests.
    pub fn repeated(&self, suite: &str) -> Option<Finding> {
        let repeated = self.named(|seen| seen.records > 1 && seen.outcome == TestOutcome::Passed);
        (!repeated.is_empty()).then(|| {
            let number = repeated.len() as u64;
            let reason = format!(
                "{} {} in a report more than once: unmarked reruns, or several tests of one name",
                plural(number, "passed test"),
                agree(number, "appears", "appear")
            );
            finding(NAME, Verdict::Noted, SubjectKind::Suite, suite, reason)
                .remedy("Give every test its own name, and have the runner mark reruns.")
                .details(first_few(repeated))
        })
    }

    fn named(&self, wanted: impl Fn(&FoldedTest) -> bool) -> Vec<String> {
        self.tests.iter().filter(|(_, seen)| wanted(seen)).map(|(id, _)| (*id).to_string()).collect()
    }

    fn number(&self, outcome: TestOutcome) -> u64 {
        self.tests.values().filter(|seen| seen.outcome == outcome).count() as u64
    }

    /// "41 passed, 2 skipped, in 1 report".
    fn numbers(&self) -> String {
        let all = [
            TestOutcome::Passed,
            TestOutcome::Skipped,
            TestOutcome::Flaky,
            TestOutcome::Failed,
            TestOutcome::Error,
        ];
        let parts = all.into_iter().map(|outcome| (self.number(outcome), outcome));
        let parts = parts.filter(|(number, outcome)| *number > 0 || *outcome == TestOutcome::Passed);
        let parts: Vec<String> =
            parts.map(|(number, outcome)| format!("{number} {}", outcome_word(outcome))).collect();
        format!("{} in {}", parts.join(", "), plural(self.reports.len() as u64, "report"))
    }
}

pub fn outcome_word(outcome: TestOutcome) -> &'static str {
    match outcome {
        TestOutcome::Passed => "passed",
        TestOutcome::Skipped => "skipped",
        TestOutcome::Flaky => "flaky",
        TestOutcome::Failed => "failed",
        TestOutcome::Error => "broken",
    }
}

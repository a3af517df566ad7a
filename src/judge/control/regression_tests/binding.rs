//! Which runs count for a suite, and why the others do not.
//!
//! A run counts when it is of the tree that would land, from a clean work tree, as fresh and as
//! trusted as the suite asks. What does not count is never silently left out: its reason is in
//! a finding.

use super::{Flaky, NAME, Suite, broken_suite};
use crate::control::shared::evidence_binding::{
    self, LocalReport, TimeFindings, TimeQuestion, is_answer, is_handed_over,
};
use crate::control::shared::text::{NAMED, first_few, plural};
use crate::control::{Case, finding, unproven};
use jiff::Timestamp;
use portcullis_model::change::ObjectName;
use portcullis_model::decision::{Finding, SubjectKind, Verdict};
use portcullis_model::evidence::{EvidenceFacts, Found, RecordedRun, Statement};
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::shell::quote_word;
use portcullis_model::test_run::{Report, TestOutcome};
use std::collections::{BTreeMap, BTreeSet};

/// A run that counts.
pub struct CountedRun<'a> {
    /// As a report; of a statement, one made from it.
    pub report: Report,
    /// Its configuration or shard, if it was named.
    pub configuration: Option<String>,
    /// The tree that it is bound to; `None` for a report that is bound to nothing.
    pub tree: Option<ObjectName>,
    /// The digests of the reports that a statement was read from.
    sources: BTreeSet<String>,
    /// As it was recorded; `None` for a report that lies here.
    recorded: Option<&'a RecordedRun>,
}

/// The runs that count, and what is to be said of the others.
pub struct CountedRuns<'a> {
    /// Those that count.
    pub runs: Vec<CountedRun<'a>>,
    /// What contradicts the suite or was left out.
    pub findings: Vec<Finding>,
}

/// One suite on its way through the evidence.
struct RunSorter<'a> {
    suite: &'a Suite,
    name: &'a str,
    facts: &'a EvidenceFacts,
    runs: Vec<CountedRun<'a>>,
    /// Why something does not count, each one sentence.
    left_out: Vec<String>,
    /// What to do about signatures that do not hold, or that no one can look at.
    about_signatures: Vec<String>,
    findings: Vec<Finding>,
}

/// Sorts reports and statements. A suite that asks for no more than reports, and got no more, takes
/// them as they are.
///
/// # Errors
/// A gap: what the evidence would be bound to could not be seen.
pub fn count_runs<'a>(
    suite: &'a Suite,
    name: &'a str,
    case: &Case<'a>,
    reports: &[&Report],
) -> Result<CountedRuns<'a>, Gap> {
    if !suite.is_bound() && !is_handed(name, &case.facts.evidence) {
        let runs: Vec<CountedRun> =
            reports.iter().map(|report| CountedRun::loose((*report).clone(), None)).collect();
        // No one knows of which tree they are. Where it makes a difference, they show nothing.
        let unsure = case.facts.change.value().and_then(|change| change.basis.known().err());
        let findings =
            unsure.filter(|_| !runs.is_empty()).map(|gap| unproven(NAME, SubjectKind::Suite, name, &gap));
        return Ok(CountedRuns { runs, findings: findings.into_iter().collect() });
    }
    let facts = case.facts.evidence.known()?;
    let mut sorter = RunSorter {
        suite,
        name,
        facts,
        runs: Vec::new(),
        left_out: Vec::new(),
        about_signatures: Vec::new(),
        findings: Vec::new(),
    };
    sorter.reports(reports);
    sorter.statements();
    if !sorter.runs.is_empty() {
        // A statement supports them.
        sorter.left_out.retain(|why| why != UNTOLD);
    }
    sorter.earlier_failures();
    sorter.later_attempts();
    sorter.configurations();
    sorter.times(&case.facts.observed);
    sorter.vouched(case);
    Ok(sorter.finish())
}

/// Why reports alone do not count where the exit status is required.
const UNTOLD: &str = "the reports: they do not contain the exit status of the suite";

impl<'a> CountedRun<'a> {
    fn loose(report: Report, tree: Option<ObjectName>) -> Self {
        CountedRun { report, configuration: None, tree, sources: BTreeSet::new(), recorded: None }
    }

    fn of(found: &Found, statement: &'a Statement) -> Self {
        let run = &statement.predicate;
        let configuration = run.configuration.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
        CountedRun {
            report: Report {
                path: format!("{}{configuration}", found.place),
                suite: Some(run.suite.clone()),
                digest: Some(found.digest.clone()),
                written: Some(run.finished),
                tracked: false,
                run: Fact::Known(run.as_run()),
            },
            configuration: run.configuration.clone(),
            tree: Some(statement.subject.tree.clone()),
            sources: run.reports.iter().map(|report| report.digest.to_string()).collect(),
            recorded: Some(run),
        }
    }
}

impl<'a> RunSorter<'a> {
    /// Reports that lie in the work tree.
    fn reports(&mut self, reports: &[&Report]) {
        if reports.is_empty() {
            return;
        }
        let tree = self.facts.checkout.value().map(|checkout| checkout.subject.tree.clone());
        match evidence_binding::objection_here(self.facts, self.suite.trust) {
            Err(gap) => self.findings.push(unproven(NAME, SubjectKind::Suite, self.name, &gap)),
            Ok(Some(why)) => self.left_out.push(why),
            Ok(None) if self.suite.exit_status.is_some() => {
                self.left_out.push(UNTOLD.into());
            }
            Ok(None) => {
                let runs = reports.iter().map(|report| CountedRun::loose((*report).clone(), tree.clone()));
                self.runs.extend(runs);
            }
        }
    }

    fn statements(&mut self) {
        for found in &self.facts.statements {
            match &found.statement {
                Fact::Known(statement) if statement.predicate.suite == self.name => {
                    self.statement(found, statement)
                }
                Fact::Known(_) => {}
                Fact::Gap(gap) => self.unread(found, gap),
            }
        }
    }

    fn statement(&mut self, found: &'a Found, statement: &'a Statement) {
        let trees = &self.facts.trees;
        let why = evidence_binding::why_not(trees, self.suite.trust, found, statement);
        let untold = self.suite.exit_status.is_some() && statement.predicate.exit_status.is_none();
        let untold = untold.then(|| "it does not contain the exit status of the suite".to_string());
        match why.or(untold) {
            None => self.runs.push(CountedRun::of(found, statement)),
            Some(why) if is_handed_over(found) && !evidence_binding::is_baseline(trees, statement) => {
                self.left_out.push(format!("{}: {why}", found.place));
            }
            Some(_) => {}
        }
    }

    /// Of a statement that cannot be read no one knows which suite it is of. A signature that does
    /// not hold is an answer.
    fn unread(&mut self, found: &Found, gap: &Gap) {
        if is_answer(gap) && is_handed_over(found) {
            self.left_out.push(gap.to_string());
            self.about_signatures.push(gap.remedy.clone());
        } else if !is_answer(gap) {
            self.findings.push(unproven(NAME, SubjectKind::Suite, self.name, gap));
        }
    }

    /// A failed run of the same tree that is only in a note was not handed over: someone ran
    /// it again.
    fn earlier_failures(&mut self) {
        let counted: BTreeSet<_> = self.runs.iter().filter_map(|run| run.report.digest.clone()).collect();
        let failed = self.facts.statements.iter().filter(|found| !counted.contains(&found.digest));
        let failed: Vec<String> = failed
            .filter_map(|found| Some((found, found.statement.value()?)))
            .filter(|(_, said)| {
                said.predicate.suite == self.name && self.facts.trees.is_judged(&said.subject.tree)
            })
            .filter_map(|(found, said)| Some(format!("{}: {}", found.place, describe_failures(said)?)))
            .collect();
        if failed.is_empty() {
            return;
        }
        let verdict = if self.suite.flaky == Flaky::Note { Verdict::Noted } else { Verdict::Broken };
        let reason = "an earlier run of the same tree failed, so the suite passes only on a later attempt";
        self.findings.push(
            finding(NAME, verdict, SubjectKind::Suite, self.name, reason)
                .remedy("Find out why it fails intermittently, and remove the cause")
                .details(first_few(failed)),
        );
    }

    /// A run that a CI system started again tells its number. What came of the attempts before it
    /// no one may have recorded, and perhaps they never came to the tests: someone has to look.
    fn later_attempts(&mut self) {
        let counted: BTreeSet<_> = self.runs.iter().filter_map(|run| run.report.digest.clone()).collect();
        let found = || self.facts.statements.iter();
        let later = found().filter(|found| counted.contains(&found.digest));
        let later = later.filter_map(|found| Some((found, &found.statement.value()?.predicate)));
        let alone: Vec<String> = later
            .filter(|(_, run)| {
                let before = 1..run.producer.attempt.unwrap_or(1);
                before.take(NAMED).any(|attempt| !found().any(|other| is_attempt(other, run, attempt)))
            })
            .map(|(found, run)| {
                format!("{}: attempt {}", found.place, run.producer.attempt.unwrap_or_default())
            })
            .collect();
        if !alone.is_empty() {
            let reason = "the CI system ran it again, and nothing shows the result of an earlier attempt";
            self.findings.push(
                finding(NAME, Verdict::Noted, SubjectKind::Suite, self.name, reason)
                    .remedy(
                        "Look at the first attempt, and have the job record every run, including failed ones",
                    )
                    .details(first_few(alone)),
            );
        }
    }

    /// Each expected configuration is there, and none represents another.
    fn configurations(&mut self) {
        let Some(expected) = &self.suite.configurations else { return };
        let here: BTreeSet<&str> = self.runs.iter().filter_map(|run| run.configuration.as_deref()).collect();
        let missing: Vec<String> =
            expected.iter().filter(|name| !here.contains(name.as_str())).cloned().collect();
        if !missing.is_empty() {
            let number = plural(missing.len() as u64, "configuration");
            self.findings.push(
                broken_suite(self.name, format!("{number} handed over no run that counts"))
                    .remedy("Record each configuration with `portcullis evidence record --configuration NAME`, and hand all of them over")
                    .details(first_few(missing)),
            );
        }
        let twice = self.twice();
        if !twice.is_empty() {
            self.findings.push(
                broken_suite(self.name, "several configurations handed over the same report")
                    .remedy("Hand over the report that each configuration wrote itself")
                    .details(first_few(twice)),
            );
        }
    }

    fn twice(&self) -> Vec<String> {
        let mut names: BTreeMap<&String, BTreeSet<&str>> = BTreeMap::new();
        for run in &self.runs {
            for (source, name) in run.sources.iter().zip(std::iter::repeat(run.configuration.as_deref())) {
                names.entry(source).or_default().extend(name);
            }
        }
        let several = names.into_iter().filter(|(_, names)| names.len() > 1);
        several
            .map(|(source, names)| format!("{source}: {}", names.into_iter().collect::<Vec<_>>().join(", ")))
            .collect()
    }

    /// First the work tree is what is judged, then the suite runs, and not too long ago.
    fn times(&mut self, observed: &Fact<Timestamp>) {
        let asked =
            TimeQuestion { facts: self.facts, trust: self.suite.trust, age: self.suite.max_age, observed };
        let mut told = TimeFindings::default();
        // A report that a statement here was read from is as old as the statement says.
        let recorded: BTreeSet<&String> = self.runs.iter().flat_map(|run| &run.sources).collect();
        let is_recorded = |report: &Report| {
            report.digest.as_ref().is_some_and(|digest| recorded.contains(&digest.to_string()))
        };
        for run in &self.runs {
            let report = &run.report;
            match run.recorded {
                Some(recorded) => told.recorded(&asked, &report.path, recorded),
                None if is_recorded(report) => {}
                None => {
                    let times = report.run.value().map(|run| &run.times);
                    told.local_report(&asked, &report.path, LocalReport { written: report.written, times });
                }
            }
        }
        let other_clock = told.other_clock(&asked);
        self.say_times(told, other_clock);
    }

    fn say_times(&mut self, told: TimeFindings, other_clock: Option<String>) {
        let say = |verdict, reason: String| finding(NAME, verdict, SubjectKind::Suite, self.name, reason);
        let mut findings: Vec<Finding> =
            told.gaps.iter().map(|gap| unproven(NAME, SubjectKind::Suite, self.name, gap)).collect();
        if !told.wrong.is_empty() {
            let number = plural(told.wrong.len() as u64, "report");
            findings.push(
                say(Verdict::Broken, format!("{number} cannot come from a fresh run of this change"))
                    .remedy(format!("Run the suite again on the judged commit, or let {} run it; remove old reports, and make sure that nothing restores them", record_command(self.name)))
                    .details(first_few(told.wrong)),
            );
        }
        if !told.by_files.is_empty() {
            let number = plural(told.by_files.len() as u64, "report");
            findings.push(
                say(
                    Verdict::Noted,
                    format!("{number}: only file times show that the suite ran on the judged commit"),
                )
                .remedy(format!(
                    "Let {} run the suite, or have the runner write a report that names its own times",
                    record_command(self.name)
                ))
                .details(first_few(told.by_files)),
            );
        }
        findings.extend(other_clock.map(|said| say(Verdict::Noted, said)));
        self.findings.extend(findings);
    }

    fn vouched(&mut self, case: &Case<'_>) {
        let Some(wanted) = self.suite.vouching() else { return };
        match evidence_binding::unvouched(NAME, wanted, case) {
            Err(gap) => self.findings.push(unproven(NAME, SubjectKind::Suite, self.name, &gap)),
            Ok(None) => {}
            Ok(Some(judged)) => {
                let reason =
                    format!("the check `{}` does not vouch for it: {}", judged.subject.name, judged.reason);
                let remedy = judged.remedy.unwrap_or_default();
                self.findings.push(broken_suite(self.name, reason).remedy(remedy).details(judged.details));
            }
        }
    }

    fn finish(mut self) -> CountedRuns<'a> {
        if !self.left_out.is_empty() {
            self.left_out.sort();
            let verdict = if self.runs.is_empty() { Verdict::Broken } else { Verdict::Noted };
            let number = self.left_out.len() as u64;
            let (noun, verb) = if number == 1 { ("piece", "does") } else { ("pieces", "do") };
            let reason = format!("{number} {noun} of evidence {verb} not count");
            let how = self.suite.how_to_count(self.name);
            let remedy = evidence_binding::about(self.about_signatures, self.left_out.len(), how);
            self.findings.push(
                finding(NAME, verdict, SubjectKind::Suite, self.name, reason)
                    .remedy(remedy)
                    .details(first_few(self.left_out)),
            );
        }
        CountedRuns { runs: self.runs, findings: self.findings }
    }
}

/// Was a statement handed over that is, or may be, of this suite?
fn is_handed(name: &str, facts: &Fact<EvidenceFacts>) -> bool {
    let is_of_it = |found: &Found| found.statement.value().is_none_or(|said| said.predicate.suite == name);
    evidence_binding::handed(facts).any(is_of_it)
}

/// Is it this attempt of the same run of the CI system?
fn is_attempt(found: &Found, of: &RecordedRun, attempt: u64) -> bool {
    found.statement.value().is_some_and(|said| {
        let run = &said.predicate;
        let same = (&run.suite, &run.configuration, &run.producer.kind, &run.producer.run);
        same == (&of.suite, &of.configuration, &of.producer.kind, &of.producer.run)
            && run.producer.attempt.unwrap_or(1) == attempt
    })
}

/// What failed in a run, if anything did.
fn describe_failures(statement: &Statement) -> Option<String> {
    let failed = |outcome| matches!(outcome, TestOutcome::Failed | TestOutcome::Error);
    let run = &statement.predicate;
    let errors = run.as_run().errors;
    let number = run.tests.iter().filter(|test| failed(test.outcome)).count() as u64;
    let flaky = run.tests.iter().filter(|test| test.outcome == TestOutcome::Flaky).count() as u64;
    let attempt = run.producer.attempt.map(|attempt| format!(" in attempt {attempt}")).unwrap_or_default();
    match (number, errors.is_empty()) {
        (0, true) if flaky == 0 => None,
        (0, true) => Some(format!("{} passed only after a failure{attempt}", plural(flaky, "test"))),
        (0, false) => Some(format!("something failed outside its tests{attempt}")),
        _ => Some(format!("{} failed{attempt}", plural(number, "test"))),
    }
}

/// The command that runs a suite and records it; its statement is handed over with `--evidence`.
fn record_command(suite: &str) -> String {
    format!(
        "`portcullis evidence record --suite {} --report FILE -o STATEMENT -- COMMAND`",
        quote_word(suite)
    )
}

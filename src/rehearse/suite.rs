//! A suite that passes: what the gate would see of a run in which every test that the policy, the
//! former reports and the recorded runs know of passed.

use jiff::{SignedDuration, Timestamp};
use portcullis_judge::control::SuiteNeed;
use portcullis_judge::policy::Policy;
use portcullis_model::change::{Change, ObjectName};
use portcullis_model::digest::Digest;
use portcullis_model::evidence::{
    EvidenceFacts, ExitStatus, Found, RecordedRun, RunProducer, RunSubject, Statement, StatementPlace,
    WorkTree,
};
use portcullis_model::fact::Fact;
use portcullis_model::facts::Facts;
use portcullis_model::path::RepoPath;
use portcullis_model::test_run::{Report, Test, TestOutcome, TestRun};
use std::collections::BTreeSet;

/// Where something comes from that is only assumed.
pub const ASSUMED: &str = "assumed";

/// How long before the judgement the run ended.
const BEFORE: SignedDuration = SignedDuration::from_mins(1);

/// Makes the run of a suite what it would be if every test passed.
pub fn pass_suite(policy: &Policy, suite: &str, facts: &mut Facts) {
    let needs = policy.controls.values().flat_map(|control| control.suite_needs());
    for need in needs.filter(|need| need.name == suite) {
        let tests = passing_tests(&need, facts);
        if let (Fact::Known(evidence), Fact::Known(change)) = (&mut facts.evidence, &facts.change) {
            drop_reports(&need, &mut facts.reports);
            let ended = facts.observed.value().and_then(|observed| observed.checked_sub(BEFORE).ok());
            state_runs(&need, evidence, change, &tests, ended.unwrap_or(Timestamp::UNIX_EPOCH));
        } else if drop_reports(&need, &mut facts.reports) {
            add_report(&need, &mut facts.reports, tests, facts.observed.value());
        }
    }
}

/// Every test that is known of, and more where the policy asks for more.
fn passing_tests(need: &SuiteNeed<'_>, facts: &Facts) -> Vec<Test> {
    let reports = facts.reports.value().into_iter().flatten().filter(|report| is_of(need, report));
    let reported = reports.filter_map(|report| report.run.value()).flat_map(|run| &run.tests);
    let statements = facts.evidence.value().into_iter().flat_map(|evidence| &evidence.statements);
    let recorded = statements.filter_map(|found| found.statement.value());
    let recorded =
        recorded.filter(|said| said.predicate.suite == need.name).flat_map(|said| &said.predicate.tests);
    let mut ids: BTreeSet<String> = reported.chain(recorded).map(|test| test.id.clone()).collect();
    ids.extend(need.required.iter().map(|pattern| pattern.replace('*', ASSUMED)));
    let mut number = 0;
    while (ids.len() as u64) < need.minimum {
        number += 1;
        ids.insert(format!("{ASSUMED} > test {number}"));
    }
    ids.into_iter().map(|id| Test { id, outcome: TestOutcome::Passed, records: 1 }).collect()
}

fn is_of(need: &SuiteNeed<'_>, report: &Report) -> bool {
    match &report.suite {
        Some(suite) => suite == need.name,
        None => {
            let path = RepoPath::new(report.path.as_str());
            need.reports.iter().any(|glob| glob.matches(path.as_bytes()))
        }
    }
}

/// Takes the former reports of a suite away; `false`: reports could not be looked for.
fn drop_reports(need: &SuiteNeed<'_>, reports: &mut Fact<Vec<Report>>) -> bool {
    match reports {
        Fact::Known(reports) => {
            reports.retain(|report| !is_of(need, report));
            true
        }
        Fact::Gap(_) => false,
    }
}

fn add_report(
    need: &SuiteNeed<'_>,
    reports: &mut Fact<Vec<Report>>,
    tests: Vec<Test>,
    written: Option<&Timestamp>,
) {
    if let Fact::Known(reports) = reports {
        reports.push(Report {
            path: format!("{ASSUMED}/{}", need.name),
            suite: Some(need.name.to_string()),
            digest: None,
            written: written.copied(),
            tracked: false,
            run: Fact::Known(TestRun { tests, ..TestRun::default() }),
        });
    }
}

/// A statement for each configuration, in the place of those of what would land.
fn state_runs(
    need: &SuiteNeed<'_>,
    evidence: &mut EvidenceFacts,
    change: &Change,
    tests: &[Test],
    ended: Timestamp,
) {
    let Some(tree) = judged_tree(evidence) else { return };
    let trees = evidence.trees.clone();
    evidence.statements.retain(|found| match &found.statement {
        Fact::Known(said) => said.predicate.suite != need.name || !trees.is_judged(&said.subject.tree),
        Fact::Gap(_) => true,
    });
    let configurations: Vec<Option<&String>> = match need.configurations {
        Some(names) => names.iter().map(Some).collect(),
        None => vec![None],
    };
    for configuration in configurations {
        let subject = RunSubject { commit: change.head.clone(), tree: tree.clone() };
        let run = assumed_run(need.name, configuration.cloned(), tests.to_vec(), ended);
        evidence.statements.push(found_statement(Statement { subject, predicate: run }));
    }
}

/// The tree that a run of what would land is on.
fn judged_tree(evidence: &EvidenceFacts) -> Option<ObjectName> {
    let head = Some(&evidence.trees.head).filter(|_| evidence.trees.head_lands);
    head.or_else(|| evidence.trees.merged.first()).cloned()
}

fn assumed_run(
    suite: &str,
    configuration: Option<String>,
    tests: Vec<Test>,
    ended: Timestamp,
) -> RecordedRun {
    let began = ended.checked_sub(BEFORE).unwrap_or(ended);
    RecordedRun {
        suite: suite.to_string(),
        configuration,
        producer: RunProducer { kind: ASSUMED.to_string(), run: None, attempt: None, workflow: None },
        work_tree: WorkTree::default(),
        finished: ended,
        materials: Vec::new(),
        reports: Vec::new(),
        tests,
        contradictions: Vec::new(),
        errors: Vec::new(),
        replayed: Vec::new(),
        coverage: Vec::new(),
        settled: Some(began),
        began: Some(began),
        exit_status: Some(ExitStatus::Code(0)),
        command: None,
    }
}

fn found_statement(statement: Statement) -> Found {
    let run = &statement.predicate;
    let name = format!("{ASSUMED}/{} {}", run.suite, run.configuration.as_deref().unwrap_or_default());
    Found {
        digest: Digest::of(name.as_bytes()),
        place: StatementPlace::File { path: name, tracked: false },
        signers: Fact::Known(BTreeSet::from([ASSUMED.to_string()])),
        statement: Fact::Known(statement),
    }
}

//! What became of the tests that ran on what the change began from.
//!
//! A test is the same in both when its name is, and also when the names differ only in what is made
//! anew for each run.
//!
//! Nothing may vanish, and nothing that passed may no longer be verified, unless the policy at the
//! base lists it under `removed`. Which commit the comparison is with follows from what was run: a
//! run of the head is compared with the merge base, where that has evidence, and a run of the merge
//! result with the base.

use super::binding::CountedRun;
use super::evidence::outcome_word;
use super::settings::BaselineSetting;
use super::{NAME, Suite, broken_suite};
use crate::control::shared::evidence_binding::Trust;
use crate::control::shared::text::{agree, first_few, plural};
use crate::control::{Case, finding};
use portcullis_model::change::ObjectName;
use portcullis_model::decision::{Finding, SubjectKind, Verdict};
use portcullis_model::evidence::names::same_tests;
use portcullis_model::evidence::renames::find_renames;
use portcullis_model::evidence::{EvidenceFacts, Found, Statement, StatementPlace};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::test_run::{Test, TestOutcome};
use std::collections::{BTreeMap, BTreeSet};

/// Tests by configuration and identity.
type SeenTests<'a> = BTreeMap<Option<&'a str>, BTreeMap<&'a str, BaselineTest>>;

/// What is known of a test.
#[derive(Clone, Copy)]
struct BaselineTest {
    outcome: TestOutcome,
    /// How many of its name there are in one run.
    records: u64,
}

impl From<&Test> for BaselineTest {
    fn from(test: &Test) -> Self {
        BaselineTest { outcome: test.outcome, records: test.records }
    }
}

/// A test that is not what it was.
struct LostTest<'a> {
    id: &'a str,
    configuration: Option<&'a str>,
    /// What it is now; `None` when it is gone.
    now: Option<TestOutcome>,
    /// How many of its name are left, of how many: a test is gone, and another hides that.
    left: Option<(u64, u64)>,
}

/// Compares the runs that count with the baseline, if the suite asks for it.
///
/// # Errors
/// A gap: a baseline is required, and none can be seen.
pub fn compare(
    suite: &Suite,
    name: &str,
    case: &Case<'_>,
    runs: &[CountedRun<'_>],
) -> Result<Vec<Finding>, Gap> {
    let Some(setting) = suite.baseline else { return Ok(Vec::new()) };
    let facts = case.facts.evidence.known()?;
    let Some((tree, statements)) = find_baseline(suite, name, facts, runs) else {
        return match setting {
            BaselineSetting::Required => Err(unseen_baseline(name, facts)),
            BaselineSetting::FirstRun => Ok(vec![first_run(name, facts)]),
        };
    };
    let (before, after) = (tests_before(&statements), tests_after(runs));
    let (approved, losses): (Vec<LostTest<'_>>, Vec<LostTest<'_>>) =
        find_losses(&before, &after).into_iter().partition(|loss| is_approved(suite, loss.id));
    let (gone, open): (Vec<_>, Vec<_>) = losses.into_iter().partition(|loss| loss.now.is_none());
    let mut findings = Vec::new();
    findings.extend(report_vanished(name, tree, &gone, &before, &after));
    findings.extend(report_unverified(name, tree, &open));
    findings.extend(note_approved(name, &approved));
    findings.extend((setting == BaselineSetting::FirstRun).then(|| declared_still(name, tree)));
    if gone.is_empty() && open.is_empty() {
        findings.push(report_accounted(name, tree, &before));
    }
    Ok(findings)
}

/// The tree that the runs are compared with, and its statements.
fn find_baseline<'a>(
    suite: &Suite,
    name: &str,
    facts: &'a EvidenceFacts,
    runs: &[CountedRun<'_>],
) -> Option<(&'a ObjectName, Vec<&'a Statement>)> {
    let trees = &facts.trees;
    let of_merge = runs.iter().any(|run| run.tree.as_ref().is_some_and(|tree| trees.merged.contains(tree)));
    let before = trees.merge_bases.iter().filter(|_| !of_merge);
    before.chain([&trees.base]).find_map(|tree| {
        let found = facts.statements.iter().filter(|found| is_baseline(suite, name, found, tree));
        let statements: Vec<&Statement> = found.filter_map(|found| found.statement.value()).collect();
        (!statements.is_empty()).then_some((tree, statements))
    })
}

/// A run that shows no test is no baseline, and one that no one may have made is none either.
fn is_baseline(suite: &Suite, name: &str, found: &Found, tree: &ObjectName) -> bool {
    let Some(Statement { subject, predicate: run }) = found.statement.value() else { return false };
    let signed = found.signers.value().is_some_and(|signers| !signers.is_empty());
    let trusted = match suite.trust {
        Some(Trust::Signed) => signed,
        _ => !matches!(found.place, StatementPlace::File { tracked: true, .. }),
    };
    let is_of_it = run.suite == name && subject.tree == *tree;
    trusted && is_of_it && run.work_tree.is_clean() && !run.tests.is_empty()
}

/// If it ever passed there, it has to pass here.
fn tests_before<'a>(statements: &[&'a Statement]) -> SeenTests<'a> {
    let mut inventory = SeenTests::new();
    for Statement { predicate: run, .. } in statements {
        let tests = inventory.entry(run.configuration.as_deref()).or_default();
        for test in &run.tests {
            let best = tests.entry(test.id.as_str()).or_insert(BaselineTest::from(test));
            best.outcome = best.outcome.min(test.outcome);
            best.records = best.records.min(test.records);
        }
    }
    inventory
}

/// The worst counts, as everywhere.
fn tests_after<'r>(runs: &'r [CountedRun<'_>]) -> SeenTests<'r> {
    let mut inventory = SeenTests::new();
    for run in runs {
        let tests = inventory.entry(run.configuration.as_deref()).or_default();
        for test in run.report.run.value().into_iter().flat_map(|run| &run.tests) {
            let worst = tests.entry(test.id.as_str()).or_insert(BaselineTest::from(test));
            worst.outcome = worst.outcome.max(test.outcome);
            worst.records = worst.records.max(test.records);
        }
    }
    inventory
}

fn find_losses<'a>(before: &SeenTests<'a>, after: &SeenTests<'_>) -> Vec<LostTest<'a>> {
    let mut losses = Vec::new();
    for (configuration, tests) in before {
        let here = after.get(configuration);
        let renamed = here.map(|here| same_names(tests, here)).unwrap_or_default();
        for (id, was) in tests {
            let now = here.and_then(|here| here.get(id).or_else(|| here.get(renamed.get(id)?))).copied();
            if is_lost(*was, now) && !(now.is_none() && is_moved(id, *configuration, before, after)) {
                let left = now.filter(|now| are_fewer(*was, *now)).map(|now| (now.records, was.records));
                let now = now.filter(|_| left.is_none()).map(|now| now.outcome);
                losses.push(LostTest { id, configuration: *configuration, now, left });
            }
        }
    }
    losses
}

/// Which tests are now known by a name that differs only in what changes from run to run.
fn same_names<'n>(
    before: &BTreeMap<&'n str, BaselineTest>,
    after: &BTreeMap<&'n str, BaselineTest>,
) -> BTreeMap<&'n str, &'n str> {
    let missing =
        |from: &BTreeMap<&'n str, BaselineTest>, other: &BTreeMap<&'n str, BaselineTest>| -> Vec<_> {
            let missing = from.iter().filter(|(id, _)| !other.contains_key(*id));
            missing.map(|(id, seen)| (*id, seen.outcome)).collect()
        };
    let gone = missing(before, after);
    if gone.is_empty() { BTreeMap::new() } else { same_tests(&gone, &missing(after, before)) }
}

/// What fails is reported elsewhere, whatever it was.
fn is_lost(was: BaselineTest, now: Option<BaselineTest>) -> bool {
    now.is_none_or(|now| {
        let verifies = !matches!(now.outcome, TestOutcome::Skipped | TestOutcome::Flaky);
        (was.outcome == TestOutcome::Passed && !verifies) || are_fewer(was, now)
    })
}

/// Several tests of one name passed, and not all of them are left.
fn are_fewer(was: BaselineTest, now: BaselineTest) -> bool {
    let passed = was.outcome == TestOutcome::Passed && now.outcome == TestOutcome::Passed;
    passed && now.records < was.records
}

/// Did it move to another shard? Only one that did not have it before counts, so that no other
/// configuration is in for the one that dropped it.
fn is_moved(id: &str, from: Option<&str>, before: &SeenTests<'_>, after: &SeenTests<'_>) -> bool {
    after.iter().filter(|(name, _)| **name != from).any(|(name, tests)| {
        let had = before.get(name).is_some_and(|tests| tests.contains_key(id));
        !had && tests.get(id).is_some_and(|test| test.outcome == TestOutcome::Passed)
    })
}

fn is_approved(suite: &Suite, id: &str) -> bool {
    suite.removed.iter().flatten().any(|pattern| pattern.matches(id))
}

fn report_vanished(
    name: &str,
    tree: &ObjectName,
    gone: &[LostTest<'_>],
    before: &SeenTests<'_>,
    after: &SeenTests<'_>,
) -> Option<Finding> {
    if gone.is_empty() {
        return None;
    }
    let known: BTreeSet<&str> = before.values().flat_map(BTreeMap::keys).copied().collect();
    let here: BTreeSet<&str> = after.values().flat_map(BTreeMap::keys).copied().collect();
    let added: Vec<&str> = here.difference(&known).copied().collect();
    let ids: Vec<&str> = gone.iter().map(|loss| loss.id).collect::<BTreeSet<_>>().into_iter().collect();
    let renamed: BTreeMap<&str, &str> = find_renames(&ids, &added).into_iter().collect();
    let hint = |loss: &LostTest<'_>| match renamed.get(loss.id) {
        Some(new) => format!("{}, perhaps renamed to {new}", describe_loss(loss)),
        None => describe_loss(loss),
    };
    let (number, are) = (plural(gone.len() as u64, "test"), agree(gone.len() as u64, "is", "are"));
    let reason = format!("{number} that ran on the baseline (tree {}) {are} missing", tree.short());
    Some(broken_suite(name, reason).remedy(REMEDY).details(first_few(gone.iter().map(hint).collect())))
}

const REMEDY: &str = "Restore them, or list them under `removed` in the policy, in a separate change that the owners of the gate approve";

fn report_unverified(name: &str, tree: &ObjectName, open: &[LostTest<'_>]) -> Option<Finding> {
    (!open.is_empty()).then(|| {
        let (number, verify) =
            (plural(open.len() as u64, "test"), agree(open.len() as u64, "verifies", "verify"));
        let reason = format!(
            "{number} that passed on the baseline (tree {}) no longer {verify} anything",
            tree.short()
        );
        broken_suite(name, reason).remedy(REMEDY).details(first_few(open.iter().map(describe_loss).collect()))
    })
}

fn describe_loss(loss: &LostTest<'_>) -> String {
    let configuration = loss.configuration.map(|name| format!(" ({name})")).unwrap_or_default();
    let now = loss.now.map(|now| format!(": {}", outcome_word(now))).unwrap_or_default();
    let left = loss
        .left
        .map(|(left, all)| format!(": {left} of {all} tests of this name are left"))
        .unwrap_or_default();
    format!("{}{configuration}{now}{left}", loss.id)
}

fn note_approved(name: &str, approved: &[LostTest<'_>]) -> Option<Finding> {
    (!approved.is_empty()).then(|| {
        let number = plural(approved.len() as u64, "test");
        let reason =
            format!("{number} of the baseline went missing or unverified, as `removed` in the policy allows");
        finding(NAME, Verdict::Noted, SubjectKind::Suite, name, reason)
            .remedy("Remove them from `removed` once this has landed")
            .details(first_few(approved.iter().map(describe_loss).collect()))
    })
}

fn report_accounted(name: &str, tree: &ObjectName, before: &SeenTests<'_>) -> Finding {
    let number = plural(before.values().map(|tests| tests.len() as u64).sum(), "test");
    let reason =
        format!("all of {number} that ran on the baseline (tree {}) are accounted for", tree.short());
    finding(NAME, Verdict::Met, SubjectKind::Suite, name, reason)
}

fn first_run(name: &str, facts: &EvidenceFacts) -> Finding {
    let reason = format!("there is no baseline yet, as the policy declares: {}", why_absent(facts));
    finding(NAME, Verdict::Noted, SubjectKind::Suite, name, reason)
        .remedy("Record the suite on the deployment branch, and then write `baseline = \"required\"`")
}

fn declared_still(name: &str, tree: &ObjectName) -> Finding {
    let reason =
        format!("the policy still declares a first run, but there is a baseline (tree {})", tree.short());
    finding(NAME, Verdict::Noted, SubjectKind::Suite, name, reason)
        .remedy("Write `baseline = \"required\"`, so that a missing baseline is noticed")
}

fn why_absent(facts: &EvidenceFacts) -> &'static str {
    if facts.notes {
        "no run that counts is recorded for the commit that the change is based on"
    } else {
        "this clone has no evidence notes"
    }
}

/// Statements of the base that could not be read or verified are named: they may be the ones.
fn unseen_baseline(name: &str, facts: &EvidenceFacts) -> Gap {
    let unread = facts.statements.iter().find_map(|found| match &found.statement {
        Fact::Gap(gap) => Some(format!("; {gap}")),
        Fact::Known(_) => None,
    });
    Gap::new(
        format!("the baseline of the suite `{name}`"),
        GapReason::Unreachable,
        format!("{}{}", why_absent(facts), unread.unwrap_or_default()),
        "Fetch the notes with `git fetch origin '+refs/notes/portcullis:refs/notes/portcullis'`, and let the deployment branch record each run with `portcullis evidence record --note`",
    )
}

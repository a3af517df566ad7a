//! Chains of runs, honest and tampered with, as plain values.

use super::*;
use crate::SIGNATURE;
use crate::stored::{StoredEntry, StoredFile};
use jiff::{SignedDuration, Timestamp};
use portcullis_model::path::RepoPath;
use portcullis_model::reconciliation::run::{ComparedManifest, RunManifests};
use portcullis_model::reconciliation::{
    ClassCount, Dataset, DeadlineShare, Isolation, RecordClass, RunOutcome, RunPopulation,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const START: i64 = 1_767_225_600;

fn name(number: u64) -> Revision {
    Revision::try_from(format!("{number:040x}")).unwrap()
}

fn tree() -> ObjectName {
    ObjectName::try_from("7".repeat(40)).unwrap()
}

fn day(number: i64) -> Timestamp {
    Timestamp::from_second(START + number * 86_400).unwrap()
}

fn dataset(name: &str) -> Dataset {
    let deadlines = vec![DeadlineShare { share: 1_000_000, within: SignedDuration::from_hours(24) }];
    Dataset {
        areas: vec!["upload".into()],
        deletion_deadlines: deadlines.clone(),
        deadlines,
        ..Dataset::blank(name)
    }
}

fn manifest(number: i64) -> ComparedManifest {
    let header = Digest::of(&number.to_be_bytes());
    ComparedManifest { header, as_of: day(number), rows: 9, isolation: Isolation::Snapshot }
}

fn draft(number: i64, missing: u64) -> RunDraft {
    let count = |count| ClassCount { seen: count, confirmed: count, accepted: 0 };
    let mut classes = BTreeMap::from([(RecordClass::Ok, count(9 - missing))]);
    if missing > 0 {
        classes.insert(RecordClass::Missing, count(missing));
    }
    RunDraft {
        time: day(number),
        policy: Digest::of(b"policy"),
        population: RunPopulation::Full,
        manifests: RunManifests {
            source: manifest(number),
            target: manifest(number),
            rejects: None,
            receipts: None,
        },
        classes,
        shares: Vec::new(),
        reasons: BTreeMap::new(),
        faults: Vec::new(),
        doubts: Vec::new(),
        breaks: Vec::new(),
        unlisted_breaks: 0,
        drift: Vec::new(),
        result: None,
    }
}

fn store(pending: &PendingRun, id: Revision) -> StoredEntry {
    let file = |(name, bytes): (&&str, &Vec<u8>)| {
        (RepoPath::from(*name), StoredFile { mode: 0o100_644, bytes: bytes.clone() })
    };
    StoredEntry {
        id,
        commit: pending.commit(&tree()),
        tree: tree(),
        parents: pending.previous.iter().cloned().collect(),
        files: pending.files.iter().map(file).collect(),
    }
}

fn check_at(entries: &[StoredEntry], clock: Timestamp) -> RunChain {
    let mut verifier = RunVerifier::new(run_reference("nominal"), clock);
    entries.iter().for_each(|entry| verifier.push(entry));
    verifier.finish()
}

fn check(entries: &[StoredEntry]) -> RunChain {
    check_at(entries, day(100))
}

/// Runs on days 1, 2, … with so many missing records each.
fn chain(missing: &[u64]) -> Vec<StoredEntry> {
    let mut entries: Vec<StoredEntry> = Vec::new();
    for (count, number) in missing.iter().zip(1..) {
        let chain = check(&entries);
        let chain = Some(&chain).filter(|_| !entries.is_empty());
        let pending = prepare_run(draft(number, *count), &dataset("nominal"), chain).unwrap();
        entries.push(store(&pending, name(1 + entries.len() as u64)));
    }
    entries
}

fn faults(entries: &[StoredEntry]) -> Vec<(u64, RunChainFault)> {
    check(entries).problems.into_iter().map(|problem| (problem.place, problem.fault)).collect()
}

/// Writes another `run.json` and seals the commit anew, as who may write the ref can.
fn rewritten(entry: &StoredEntry, edit: impl FnOnce(&mut Value)) -> StoredEntry {
    let mut value: Value = serde_json::from_slice(entry.file(RUN_FILE).unwrap()).unwrap();
    edit(&mut value);
    let run = portcullis_wire::run::v1::read_run(value.to_string().as_bytes()).unwrap();
    let bytes = portcullis_wire::run::v1::write_run(run.clone()).unwrap();
    let mut entry = entry.clone();
    entry.commit = run_commit(&tree(), entry.parents.first(), &run, &Digest::of(&bytes));
    entry.files.insert(RepoPath::from(RUN_FILE), StoredFile { mode: 0o100_644, bytes });
    entry
}

#[test]
fn honest_runs_verify_and_say_how_they_went() {
    let found = check(&chain(&[0, 2, 0]));
    assert_eq!(found.problems, []);
    let outcomes: Vec<RunOutcome> = found.links.iter().map(|link| link.run.outcome).collect();
    assert_eq!(outcomes, [RunOutcome::Green, RunOutcome::OverBudget, RunOutcome::Green]);
    assert_eq!(found.newest().unwrap().run.number, 3);
}

#[test]
fn runs_that_are_missing_swapped_or_of_another_chain_are_named() {
    let entries = chain(&[0, 2, 0]);
    let dropped = [entries[0].clone(), entries[2].clone()];
    assert!(faults(&dropped).contains(&(2, RunChainFault::Number(3))));
    assert!(faults(&dropped).contains(&(2, RunChainFault::Previous)));
    let swapped = [entries[1].clone(), entries[0].clone(), entries[2].clone()];
    assert!(faults(&swapped).iter().any(|(place, _)| *place == 1));
    let other = prepare_run(draft(1, 0), &dataset("firearms"), None).unwrap();
    let other = store(&other, name(9));
    assert!(faults(&[other]).contains(&(1, RunChainFault::Dataset("firearms".into()))));
}

#[test]
fn a_run_that_was_edited_shows_in_the_one_after_it_and_in_its_commit() {
    let entries = chain(&[2, 0]);
    let mut raw = entries.clone();
    let text = String::from_utf8(raw[0].file(RUN_FILE).unwrap().to_vec()).unwrap();
    let edited = text.replace("\"seen\": 2", "\"seen\": 0");
    assert_ne!(text, edited);
    raw[0].files.insert(RepoPath::from(RUN_FILE), StoredFile { mode: 0o100_644, bytes: edited.into_bytes() });
    assert!(faults(&raw).contains(&(1, RunChainFault::Commit)));
    let sealed = rewritten(&entries[0], |run| run["classes"]["missing"]["seen"] = json!(0));
    assert!(faults(&[sealed, entries[1].clone()]).contains(&(2, RunChainFault::Previous)));
}

#[test]
fn a_run_does_not_say_of_itself_what_cannot_be() {
    let [entry] = <[StoredEntry; 1]>::try_from(chain(&[0])).unwrap();
    let fault = |edit: fn(&mut Value)| {
        let found = faults(&[rewritten(&entry, edit)]);
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].1.clone()
    };
    assert_eq!(fault(|run| run["faults"] = json!(["nothing was read"])), RunChainFault::Outcome("green"));
    assert_eq!(fault(|run| run["outcome"] = json!("broken")), RunChainFault::Outcome("broken"));
    assert_eq!(fault(|run| run["time"] = json!("2026-06-01T00:00:00Z")), RunChainFault::Future);
    assert_eq!(fault(|run| run["time"] = json!("2026-01-02T06:00:00.5Z")), RunChainFault::Time);
    assert_eq!(fault(|run| run["schema"] = json!(2)), RunChainFault::Schema(2));
    let later = |run: &mut Value| run["manifests"]["target"]["as_of"] = json!("2026-01-02T02:00:00Z");
    assert_eq!(fault(later), RunChainFault::ReadLater("target"));
}

#[test]
fn nothing_else_is_in_the_tree_of_a_run() {
    let [entry] = <[StoredEntry; 1]>::try_from(chain(&[0])).unwrap();
    let with = |name: &str, mode| {
        let mut entry = entry.clone();
        entry.files.insert(RepoPath::from(name), StoredFile { mode, bytes: b"{}".to_vec() });
        faults(&[entry])
    };
    assert_eq!(with(SIGNATURE, 0o100_644), []);
    assert_eq!(with("more.json", 0o100_644), [(1, RunChainFault::Files)]);
    assert_eq!(with(SIGNATURE, 0o120_000), [(1, RunChainFault::Files)]);
    assert!(faults(&[rewritten(&entry, |_| ())]).is_empty());
}

#[test]
fn a_run_with_other_fields_deadlines_or_floors_is_of_another_definition_and_one_with_budgets_is_not() {
    let plain = dataset("nominal");
    let changed: [fn(&mut Dataset); 4] = [
        |one| one.deadlines[0].within = SignedDuration::from_hours(25),
        |one| one.floors.target_rows = 1,
        |one| one.clock_skew = SignedDuration::from_secs(1),
        |one| one.name = "other".into(),
    ];
    for change in changed {
        let mut other = plain.clone();
        change(&mut other);
        assert_ne!(plain.definition(), other.definition());
    }
    let mut same = plain.clone();
    same.budgets.insert(RecordClass::Missing, 7);
    same.green_within = Some(SignedDuration::from_hours(9));
    assert_eq!(plain.definition(), same.definition());
}

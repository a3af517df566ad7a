//! Chains, honest and tampered with, as plain values.

use super::*;
use crate::model::change::{ObjectName, Revision};
use crate::model::digest::Digest;
use crate::model::path::RepoPath;
use proptest::prelude::*;
use serde_json::{Value, json};

fn name(number: u64) -> Revision {
    Revision::try_from(format!("{number:040x}")).unwrap()
}

fn tree() -> ObjectName {
    ObjectName::try_from("7".repeat(40)).unwrap()
}

fn production() -> Environment {
    "production".parse().unwrap()
}

fn decision(candidate: &Revision, baseline: &Revision) -> Vec<u8> {
    let judged = json!({ "repository": "acme/upload", "base": baseline, "head": candidate, "files": 5 });
    let policy = json!({ "project": "upload", "digest": Digest::of(b"policy"), "origin": "base" });
    let decision =
        json!({ "schema": 1, "outcome": "allow", "judged": judged, "policy": policy, "findings": [] });
    serde_json::to_vec(&decision).unwrap()
}

fn draft(candidate: u64, baseline: u64) -> Draft {
    let origin = if baseline == 100 { BaselineOrigin::Asserted } else { BaselineOrigin::Recorded };
    let (candidate, baseline) = (name(candidate), name(baseline));
    Draft {
        environment: production(),
        repository: Some("acme/upload".into()),
        decision: decision(&candidate, &baseline),
        candidate,
        baseline: Baseline { commit: baseline, origin },
        policy: Some(Material::Kept(b"policy".to_vec())),
        facts: Some(Material::Kept(b"{\"facts\": true}".to_vec())),
        recorder: "robin-example".into(),
        time: "2026-01-02T03:04:05Z".parse().unwrap(),
    }
}

fn store(sealed: &Sealed, id: Revision) -> StoredEntry {
    let file = |(name, bytes): (&&str, &Vec<u8>)| {
        (RepoPath::from(*name), StoredFile { mode: 0o100_644, bytes: bytes.clone() })
    };
    StoredEntry {
        id,
        commit: sealed.commit(&tree()),
        tree: tree(),
        parents: sealed.previous().cloned().into_iter().collect(),
        files: sealed.files().iter().map(file).collect(),
    }
}

/// Candidates 101, 102, …, each on top of the one before, the first on 100.
fn chain(length: u64) -> Vec<StoredEntry> {
    chain_of((0..length).map(|at| draft(101 + at, 100 + at)))
}

fn chain_of(drafts: impl Iterator<Item = Draft>) -> Vec<StoredEntry> {
    let mut entries = Vec::new();
    for (draft, number) in drafts.zip(1..) {
        let sealed = seal(draft, checked(&entries).last().ok()).unwrap();
        entries.push(store(&sealed, name(1_000 + number)));
    }
    entries
}

fn checked(entries: &[StoredEntry]) -> Chain {
    let mut verifier = Verifier::new(production());
    entries.iter().for_each(|entry| verifier.push(entry));
    verifier.finish()
}

fn faults(entries: &[StoredEntry]) -> Vec<(u64, Fault)> {
    let problems = verify_chain(&production(), entries).expect_err("the chain verifies");
    problems.into_iter().map(|problem| (problem.place, problem.fault)).collect()
}

fn expect(entries: &[StoredEntry], place: u64, fault: &Fault) {
    let found = faults(entries);
    assert!(found.contains(&(place, fault.clone())), "{found:?}");
}

fn bytes_of<'e>(entry: &'e mut StoredEntry, file: &str) -> &'e mut Vec<u8> {
    &mut entry.files.get_mut(&RepoPath::from(file)).unwrap().bytes
}

fn replace(entry: &mut StoredEntry, file: &str, from: &str, to: &str) {
    let bytes = bytes_of(entry, file);
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(text.contains(from), "{text}");
    *bytes = text.replacen(from, to, 1).into_bytes();
}

/// Makes the commit follow from the entry again, as somebody would who knows the format.
fn recommit(entry: &mut StoredEntry) {
    let record = entry.file(RECORD).unwrap();
    let parsed: Entry = serde_json::from_slice(record).unwrap();
    entry.commit = commit_bytes(&entry.tree, entry.parents.first(), &parsed, &Digest::of(record));
}

#[test]
fn an_honest_chain_verifies_and_says_what_is_deployed() {
    let entries = chain(4);
    assert_eq!(verify_chain(&production(), &entries), Ok(()));
    let chain = checked(&entries);
    let last = chain.last().unwrap();
    assert_eq!((last.entry.number, &last.entry.candidate), (4, &name(104)));
    assert_eq!(
        (chain.tip(), chain.holds(&name(1_002)), chain.holds(&name(1_005))),
        (Some(&name(1_004)), true, false)
    );
}

#[test]
fn the_bytes_of_a_record() {
    let entries = chain(1);
    let expected = format!(
        r#"{{
  "schema": 1,
  "environment": "production",
  "number": 1,
  "previous": null,
  "repository": "acme/upload",
  "candidate": "{}",
  "baseline": {{
    "commit": "{}",
    "origin": "asserted"
  }},
  "outcome": "allow",
  "decision": "{}",
  "policy": {{
    "digest": "{}",
    "kept": true
  }},
  "facts": {{
    "digest": "{}",
    "kept": true
  }},
  "tool": "{TOOL}",
  "recorder": "robin-example",
  "time": "2026-01-02T03:04:05Z"
}}
"#,
        name(101),
        name(100),
        Digest::of(&decision(&name(101), &name(100))),
        Digest::of(b"policy"),
        Digest::of(b"{\"facts\": true}"),
    );
    assert_eq!(std::str::from_utf8(entries[0].file(RECORD).unwrap()).unwrap(), expected);
    let commit = format!(
        "tree {}\nauthor portcullis <> 1767323045 +0000\ncommitter portcullis <> 1767323045 +0000\n\n\
         Deployment 1 to production\n\nCandidate: {}\nRecord: {}\n",
        tree(),
        name(101),
        Digest::of(expected.as_bytes())
    );
    assert_eq!(String::from_utf8(entries[0].commit.clone()).unwrap(), commit);
}

#[test]
fn an_edited_record_is_seen_even_when_its_commit_was_made_again() {
    let mut entries = chain(3);
    replace(&mut entries[1], RECORD, "robin-example", "alex-example");
    expect(&entries, 2, &Fault::Commit);
    expect(&entries, 3, &Fault::Previous);
    recommit(&mut entries[1]);
    assert_eq!(faults(&entries), [(3, Fault::Previous)]);
}

#[test]
fn a_decision_of_another_chain_is_seen() {
    let mut entries = chain(2);
    let elsewhere = chain_of([draft(201, 100), draft(202, 201)].into_iter());
    *bytes_of(&mut entries[1], DECISION) = elsewhere[1].file(DECISION).unwrap().to_vec();
    expect(&entries, 2, &Fault::Digest(DECISION));
    expect(&entries, 2, &Fault::Disagree("candidate"));
    let digests = [&entries[1], &elsewhere[1]].map(|entry| {
        serde_json::from_slice::<Entry>(entry.file(RECORD).unwrap()).unwrap().decision.to_string()
    });
    let [old, _] = &digests;
    let new = Digest::of(elsewhere[1].file(DECISION).unwrap()).to_string();
    replace(&mut entries[1], RECORD, old, &new);
    recommit(&mut entries[1]);
    assert_eq!(faults(&entries), [(2, Fault::Disagree("candidate")), (2, Fault::Disagree("baseline"))]);
}

#[test]
fn whole_records_of_another_chain_are_seen() {
    let mut entries = chain(3);
    let elsewhere = chain_of([draft(201, 100), draft(202, 201), draft(203, 202)].into_iter());
    entries[1] = StoredEntry { id: entries[1].id.clone(), ..elsewhere[1].clone() };
    expect(&entries, 2, &Fault::Previous);
    expect(&entries, 3, &Fault::Previous);
    let staging: Environment = "staging".parse().unwrap();
    let problems = verify_chain(&staging, &chain(1)).unwrap_err();
    assert_eq!(problems[0].fault, Fault::Environment(production()));
}

#[test]
fn removed_renumbered_reordered_and_forked_records_are_seen() {
    let honest = chain(4);
    let without = |at: usize| {
        let mut entries = honest.clone();
        entries.remove(at);
        entries
    };
    expect(&without(0), 1, &Fault::Number(2));
    expect(&without(0), 1, &Fault::Parents(vec![name(1_001)]));
    expect(&without(2), 3, &Fault::Number(4));
    expect(&without(2), 3, &Fault::Previous);
    let mut renumbered = without(2);
    replace(&mut renumbered[2], RECORD, "\"number\": 4", "\"number\": 3");
    renumbered[2].parents = vec![name(1_002)];
    recommit(&mut renumbered[2]);
    assert_eq!(
        faults(&renumbered),
        [(3, Fault::Previous), (3, Fault::Baseline { found: name(103), expected: Some(name(102)) })]
    );
    let mut swapped = honest.clone();
    swapped.swap(1, 2);
    expect(&swapped, 2, &Fault::Number(3));
    let mut forked = honest;
    forked[2].parents = vec![name(1_001)];
    expect(&forked, 3, &Fault::Parents(vec![name(1_001)]));
}

#[test]
fn there_is_one_parent_and_only_one() {
    for parents in [vec![], vec![name(9)], vec![name(1_001), name(9)], vec![name(9), name(1_001)]] {
        let mut entries = chain(2);
        entries[1].parents = parents.clone();
        expect(&entries, 2, &Fault::Parents(parents));
    }
    let mut entries = chain(1);
    entries[0].parents = vec![name(9)];
    expect(&entries, 1, &Fault::Parents(vec![name(9)]));
}

#[test]
fn missing_extra_and_strange_files_are_seen() {
    for file in [DECISION, FACTS, POLICY, RECORD] {
        let mut entries = chain(2);
        entries[0].files.remove(&RepoPath::from(file));
        expect(&entries, 1, &Fault::Missing(file));
        for mode in [0o120_000, 0o100_755, 0o100_664, 0o040_000, 0o160_000] {
            let mut entries = chain(2);
            entries[0].files.get_mut(&RepoPath::from(file)).unwrap().mode = mode;
            expect(&entries, 1, &Fault::NotAFile(file.into(), mode));
        }
    }
    let mut entries = chain(1);
    let note = StoredFile { mode: 0o100_644, bytes: b"x".to_vec() };
    entries[0].files.insert("note.txt".into(), note.clone());
    assert_eq!(faults(&entries), [(1, Fault::Extra("note.txt".into()))]);
    let named = Draft { facts: Some(Material::Named(Digest::of(b"x"))), ..draft(101, 100) };
    let mut entries = chain_of([named].into_iter());
    assert_eq!(verify_chain(&production(), &entries), Ok(()));
    entries[0].files.insert(FACTS.into(), note);
    assert_eq!(faults(&entries), [(1, Fault::Extra(FACTS.into()))]);
}

#[test]
fn other_bytes_for_the_same_entry_are_seen() {
    for (from, to) in [
        ("\n  \"number\"", " \"number\""),
        ("03:04:05Z", "04:04:05+01:00"),
        ("\n}\n", "\n}"),
        ("robin", "\\u0072obin"),
    ] {
        let mut entries = chain(1);
        replace(&mut entries[0], RECORD, from, to);
        assert_eq!(faults(&entries), [(1, Fault::NotCanonical)], "{to}");
    }
    for (from, to) in [
        ("{\n", "{\n  \"note\": 1,\n"),
        ("\"number\": 1", "\"number\": 1,\n  \"number\": 1"),
        ("\n}\n", "\n}\n{}"),
        ("\"number\": 1", "\"number\": -1"),
    ] {
        let mut entries = chain(1);
        replace(&mut entries[0], RECORD, from, to);
        assert!(matches!(faults(&entries)[..], [(1, Fault::Unreadable(_))]), "{to}");
    }
    let mut entries = chain(1);
    replace(&mut entries[0], RECORD, "\"schema\": 1", "\"schema\": 2");
    assert_eq!(faults(&entries), [(1, Fault::Schema(2))]);
}

#[test]
fn a_field_that_is_left_out_is_not_nothing() {
    let mut entries = chain(1);
    replace(&mut entries[0], RECORD, "  \"previous\": null,\n", "");
    assert_eq!(faults(&entries), [(1, Fault::NotCanonical)]);
}

fn refused(draft: Draft, previous: Option<&Link>) -> Vec<Fault> {
    seal(draft, previous).expect_err("it was sealed")
}

#[test]
fn only_what_verifies_is_sealed() {
    let entries = chain(2);
    let chain = checked(&entries);
    let last = chain.last().ok();
    assert_eq!(
        refused(draft(150, 101), last),
        [Fault::Baseline { found: name(101), expected: Some(name(102)) }]
    );
    let unfounded = Baseline { commit: name(100), origin: BaselineOrigin::Recorded };
    assert_eq!(
        refused(Draft { baseline: unfounded, ..draft(101, 100) }, None),
        [Fault::Baseline { found: name(100), expected: None }]
    );
    assert_eq!(refused(draft(100, 100), None), [Fault::Idle]);
    let staging = Draft { environment: "staging".parse().unwrap(), ..draft(103, 102) };
    assert_eq!(refused(staging, last), [Fault::Environment(production())]);
    assert_eq!(
        refused(Draft { time: "1969-12-31T00:00:00Z".parse().unwrap(), ..draft(103, 102) }, last),
        [Fault::Time]
    );
}

#[test]
fn the_baseline_may_differ_only_where_the_entry_says_why() {
    let entries = chain(2);
    let chain = checked(&entries);
    for (origin, sealed) in [
        (BaselineOrigin::Recorded, false),
        (BaselineOrigin::Host, false),
        (BaselineOrigin::Asserted, true),
        (BaselineOrigin::Rollback, false),
    ] {
        let baseline = Baseline { commit: name(77), origin };
        let draft = Draft { baseline, ..draft(103, 77) };
        assert_eq!(seal(draft, chain.last().ok()).is_ok(), sealed, "{origin:?}");
    }
    let first = Baseline { commit: name(100), origin: BaselineOrigin::Host };
    assert!(seal(Draft { baseline: first, ..draft(101, 100) }, None).is_ok());
}

fn decided(bend: impl FnOnce(&mut Value)) -> Vec<Fault> {
    let honest = draft(101, 100);
    let mut decision: Value = serde_json::from_slice(&honest.decision).unwrap();
    bend(&mut decision);
    refused(Draft { decision: serde_json::to_vec(&decision).unwrap(), ..honest }, None)
}

#[test]
fn a_decision_that_speaks_of_something_else_is_not_sealed() {
    use crate::model::decision::Outcome;
    for outcome in ["block", "undetermined"] {
        let found = decided(|decision| decision["outcome"] = outcome.into());
        assert!(matches!(found[..], [Fault::NotAllowed(Outcome::Block | Outcome::Undetermined)]));
    }
    assert_eq!(decided(|d| d["judged"]["head"] = Value::Null), [Fault::Disagree("candidate")]);
    assert_eq!(decided(|d| d["judged"]["head"] = name(9).as_str().into()), [Fault::Disagree("candidate")]);
    assert_eq!(decided(|d| d["judged"]["base"] = name(9).as_str().into()), [Fault::Disagree("baseline")]);
    assert_eq!(decided(|d| d["judged"]["repository"] = "acme/other".into()), [Fault::Disagree("repository")]);
    assert_eq!(decided(|d| d["policy"] = Value::Null), [Fault::Disagree("policy")]);
    assert!(matches!(decided(|d| d["outcome"] = "fine".into())[..], [Fault::DecisionUnreadable(_)]));
}

#[test]
fn a_record_that_cannot_be_read_hides_no_other_fault() {
    let mut entries = chain(3);
    *bytes_of(&mut entries[1], RECORD) = b"{".to_vec();
    bytes_of(&mut entries[2], FACTS).push(b' ');
    let found = faults(&entries);
    assert!(matches!(found[..], [(2, Fault::Unreadable(_)), (3, Fault::Digest(FACTS))]), "{found:?}");
    assert!(checked(&entries).last().is_err());
}

proptest! {
    #[test]
    fn no_single_byte_can_be_changed(at in 0..3_usize, file in 0..5_usize, index: prop::sample::Index, flip in 1..=255_u8) {
        let mut entries = chain(3);
        let entry = &mut entries[at];
        let bytes = match [RECORD, DECISION, FACTS, POLICY].get(file) {
            Some(file) => bytes_of(entry, file),
            None => &mut entry.commit,
        };
        let index = index.index(bytes.len());
        bytes[index] ^= flip;
        prop_assert!(verify_chain(&production(), &entries).is_err());
    }

    #[test]
    fn no_byte_can_be_added_or_taken(at in 0..3_usize, file in 0..5_usize, index: prop::sample::Index, byte: Option<u8>) {
        let mut entries = chain(3);
        let entry = &mut entries[at];
        let bytes = match [RECORD, DECISION, FACTS, POLICY].get(file) {
            Some(file) => bytes_of(entry, file),
            None => &mut entry.commit,
        };
        let index = index.index(bytes.len());
        match byte {
            Some(byte) => bytes.insert(index, byte),
            None => drop(bytes.remove(index)),
        }
        prop_assert!(verify_chain(&production(), &entries).is_err());
    }

    #[test]
    fn anything_at_all_may_lie_there(bytes: Vec<u8>, file in 0..4_usize) {
        let mut entries = chain(2);
        *bytes_of(&mut entries[1], [RECORD, DECISION, FACTS, POLICY][file]) = bytes;
        prop_assert!(verify_chain(&production(), &entries).is_err());
    }
}

//! Chains, honest and tampered with, as plain values.

use super::*;
use portcullis_model::change::{ObjectName, Revision};
use portcullis_model::deployment::Deployment;
use portcullis_model::digest::Digest;
use portcullis_model::fact::Fact;
use portcullis_model::gathered::GatheredFacts;
use portcullis_model::path::RepoPath;
use portcullis_wire::facts::{read_facts, write_facts};
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

fn baseline(commit: u64) -> RecordedBaseline {
    let origin = if commit == 100 { RecordedOrigin::Asserted } else { RecordedOrigin::Recorded };
    RecordedBaseline { commit: name(commit), origin }
}

/// On top of these records.
fn draft_on(candidate: u64, before: u64, earlier: &[RecordLink]) -> Draft {
    testing::draft(&name(candidate), baseline(before), earlier)
}

fn draft(candidate: u64, before: u64) -> Draft {
    draft_on(candidate, before, &[])
}

fn store(sealed: &PendingRecord, id: Revision) -> StoredEntry {
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
    chain_of((0..length).map(|at| (101 + at, 100 + at)))
}

fn chain_of(pairs: impl Iterator<Item = (u64, u64)>) -> Vec<StoredEntry> {
    let mut entries = Vec::new();
    for ((candidate, before), number) in pairs.zip(1..) {
        let chain = checked(&entries);
        let sealed =
            prepare_record(draft_on(candidate, before, &chain.links), Some(&chain), &testing::judge).unwrap();
        entries.push(store(&sealed, name(1_000 + number)));
    }
    entries
}

fn checked(entries: &[StoredEntry]) -> Chain {
    let mut verifier = Verifier::new(production(), &testing::judge);
    entries.iter().for_each(|entry| verifier.push(entry, None));
    verifier.finish()
}

fn faults(entries: &[StoredEntry]) -> Vec<(u64, Fault)> {
    let problems = verify_chain(&production(), entries, &testing::judge).expect_err("the chain verifies");
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
    let parsed: RecordEntry = serde_json::from_slice(record).unwrap();
    entry.commit = commit_bytes(&entry.tree, entry.parents.first(), &parsed, &Digest::of(record));
}

#[test]
fn an_honest_chain_verifies_and_says_what_is_deployed() {
    let entries = chain(4);
    assert_eq!(verify_chain(&production(), &entries, &testing::judge), Ok(()));
    let chain = checked(&entries);
    let last = chain.last().unwrap();
    assert_eq!((last.entry.number, &last.entry.candidate), (4, &name(104)));
    assert_eq!(
        (chain.tip(), chain.holds(&name(1_002)), chain.holds(&name(1_005))),
        (Some(&name(1_004)), true, false)
    );
}

/// A record of candidate 102 without its facts, on top of one that keeps its own.
fn chain_without_facts() -> Vec<StoredEntry> {
    let mut entries = chain(1);
    let before = checked(&entries);
    let draft = Draft { omit_facts: true, ..draft_on(102, 101, &before.links) };
    let sealed = prepare_record(draft, Some(&before), &testing::judge).unwrap();
    entries.push(store(&sealed, name(1_002)));
    entries
}

#[test]
fn a_record_without_its_facts_is_part_of_the_chain_and_never_reproduced() {
    let entries = chain_without_facts();
    assert!(entries[1].file(FACTS).is_none());
    let chain = checked(&entries);
    assert_eq!(chain.problems, []);
    assert_eq!(chain.links[1].standing, RecordStanding::Omitted);
    assert!(chain.links[1].entry.omits_facts() && !chain.links[1].standing.is_taken());
}

#[test]
fn attack_facts_beside_a_record_that_leaves_them_out() {
    let mut entries = chain_without_facts();
    let facts = entries[0].files[&RepoPath::from(FACTS)].clone();
    entries[1].files.insert(FACTS.into(), facts);
    expect(&entries, 2, &Fault::Extra(FACTS.into()));
}

#[test]
fn attack_the_facts_of_a_record_are_taken_away() {
    let mut entries = chain(2);
    entries[1].files.remove(&RepoPath::from(FACTS));
    expect(&entries, 2, &Fault::Missing(FACTS));
    replace(&mut entries[1], RECORD, "\"kept\": true\n  },\n  \"tool\"", "\"kept\": false\n  },\n  \"tool\"");
    recommit(&mut entries[1]);
    // A person who writes the whole record anew can leave them out, and proves nothing with it.
    assert_eq!(checked(&entries).links[1].standing, RecordStanding::Omitted);
}

#[test]
fn attack_a_policy_is_left_out_like_facts() {
    let mut entries = chain(1);
    entries[0].files.remove(&RepoPath::from(POLICY));
    replace(
        &mut entries[0],
        RECORD,
        "\"kept\": true\n  },\n  \"facts\"",
        "\"kept\": false\n  },\n  \"facts\"",
    );
    recommit(&mut entries[0]);
    expect(&entries, 1, &Fault::Missing(POLICY));
}

/// The first record of the chain, byte for byte, without its facts.
fn record_text(schema: u32, decision: &Digest, tool: &str) -> String {
    format!(
        r#"{{
  "schema": {schema},
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
  "decision": "{decision}",
  "policy": {{
    "digest": "{}",
    "kept": true
  }},
  "facts": null,
  "tool": "{tool}",
  "recorder": "robin-example",
  "time": "2026-01-02T03:04:05Z"
}}
"#,
        name(101),
        name(100),
        Digest::of(b"policy"),
    )
}

#[test]
fn the_bytes_of_a_record() {
    let entries = chain(1);
    let expected = record_text(2, &Digest::of(entries[0].file(DECISION).unwrap()), TOOL).replace(
        "\"facts\": null",
        &format!(
            "\"facts\": {{\n    \"digest\": \"{}\",\n    \"kept\": true\n  }}",
            Digest::of(entries[0].file(FACTS).unwrap())
        ),
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
    let elsewhere = chain_of([(201, 100), (202, 201)].into_iter());
    *bytes_of(&mut entries[1], DECISION) = elsewhere[1].file(DECISION).unwrap().to_vec();
    expect(&entries, 2, &Fault::Digest(DECISION));
    expect(&entries, 2, &Fault::Disagree("candidate"));
    let digests = [&entries[1], &elsewhere[1]].map(|entry| {
        serde_json::from_slice::<RecordEntry>(entry.file(RECORD).unwrap()).unwrap().decision.to_string()
    });
    let [old, _] = &digests;
    let new = Digest::of(elsewhere[1].file(DECISION).unwrap()).to_string();
    replace(&mut entries[1], RECORD, old, &new);
    recommit(&mut entries[1]);
    expect(&entries, 2, &Fault::Disagree("candidate"));
    expect(&entries, 2, &Fault::Disagree("baseline"));
    assert!(faults(&entries).iter().any(|(_, fault)| matches!(fault, Fault::Judged(_))));
}

#[test]
fn whole_records_of_another_chain_are_seen() {
    let mut entries = chain(3);
    let elsewhere = chain_of([(201, 100), (202, 201), (203, 202)].into_iter());
    entries[1] = StoredEntry { id: entries[1].id.clone(), ..elsewhere[1].clone() };
    expect(&entries, 2, &Fault::Previous);
    expect(&entries, 3, &Fault::Previous);
    let staging: Environment = "staging".parse().unwrap();
    let problems = verify_chain(&staging, &chain(1), &testing::judge).unwrap_err();
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
        [
            (3, Fault::Previous),
            (3, Fault::RecordedBaseline { found: name(103), expected: Some(name(102)) }),
            (3, Fault::FactsDisagree("records before it"))
        ]
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
    entries[0].files.insert("note.txt".into(), note);
    assert_eq!(faults(&entries), [(1, Fault::Extra("note.txt".into()))]);
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
    replace(&mut entries[0], RECORD, "\"schema\": 2", "\"schema\": 3");
    assert_eq!(faults(&entries), [(1, Fault::Schema(3))]);
}

#[test]
fn a_field_that_is_left_out_is_not_nothing() {
    let mut entries = chain(1);
    replace(&mut entries[0], RECORD, "  \"previous\": null,\n", "");
    assert_eq!(faults(&entries), [(1, Fault::NotCanonical)]);
}

fn refused(draft: Draft, chain: Option<&Chain>) -> Vec<Fault> {
    prepare_record(draft, chain, &testing::judge).expect_err("it was sealed")
}

#[test]
fn only_what_verifies_is_sealed() {
    let entries = chain(2);
    let chain = checked(&entries);
    let on_top = |candidate, before| draft_on(candidate, before, &chain.links);
    assert_eq!(
        refused(on_top(150, 101), Some(&chain)),
        [Fault::RecordedBaseline { found: name(101), expected: Some(name(102)) }]
    );
    let unfounded = RecordedBaseline { commit: name(100), origin: RecordedOrigin::Recorded };
    assert_eq!(
        refused(testing::draft(&name(101), unfounded, &[]), None),
        [Fault::RecordedBaseline { found: name(100), expected: None }]
    );
    assert_eq!(refused(draft(100, 100), None), [Fault::Idle]);
    let staging = Draft { environment: "staging".parse().unwrap(), ..on_top(103, 102) };
    assert!(refused(staging, Some(&chain)).contains(&Fault::Environment(production())));
    let before = "1969-12-31T00:00:00Z".parse().unwrap();
    let early = refused(Draft { time: before, ..on_top(103, 102) }, Some(&chain));
    assert_eq!(early, [Fault::Backwards, Fault::Time, Fault::FactsDisagree("moments")]);
}

#[test]
fn the_baseline_may_differ_only_where_the_entry_says_why() {
    let entries = chain(2);
    let chain = checked(&entries);
    for (origin, sealed) in [
        (RecordedOrigin::Recorded, false),
        (RecordedOrigin::Host, false),
        (RecordedOrigin::Asserted, true),
        (RecordedOrigin::Rollback, false),
    ] {
        let draft = testing::draft(&name(103), RecordedBaseline { commit: name(77), origin }, &chain.links);
        assert_eq!(prepare_record(draft, Some(&chain), &testing::judge).is_ok(), sealed, "{origin:?}");
    }
    let first = RecordedBaseline { commit: name(100), origin: RecordedOrigin::Host };
    assert!(prepare_record(testing::draft(&name(101), first, &[]), None, &testing::judge).is_ok());
}

/// What is found when the facts of an honest record are bent; its decision is the one that they
/// give.
fn seen(bend: impl FnOnce(&mut Deployment)) -> Vec<Fault> {
    let entries = chain(2);
    let chain = checked(&entries);
    let mut draft = draft_on(103, 102, &chain.links);
    let mut facts = facts_in(&draft.facts);
    bend(&mut facts);
    draft.decision = testing::judge(testing::POLICY, &facts).unwrap();
    draft.facts = write_facts(facts).unwrap().into_bytes();
    prepare_record(draft, Some(&chain), &testing::judge).err().unwrap_or_default()
}

#[test]
fn facts_speak_of_this_deployment_and_of_no_other() {
    use portcullis_model::deployment::{self, Recorded};
    assert_eq!(seen(|_| ()), []);
    type Bend = fn(&mut Deployment);
    let bends: &[(&'static str, Bend)] = &[
        ("environments", |facts| facts.environment = "staging".into()),
        ("candidates", |facts| facts.candidate = name(9)),
        ("baselines", |facts| {
            let origin = deployment::BaselineOrigin::Recorded(2);
            facts.baseline = Fact::Known(deployment::Baseline { revision: name(9), origin });
        }),
        ("words for the baseline", |facts| {
            let origin = deployment::BaselineOrigin::Asserted;
            facts.baseline = Fact::Known(deployment::Baseline { revision: name(102), origin });
        }),
        ("words for the baseline", |facts| {
            let origin = deployment::BaselineOrigin::Retry(2);
            facts.baseline = Fact::Known(deployment::Baseline { revision: name(102), origin });
        }),
        ("repositories", |facts| facts.whole.host.repository = Some("acme/other".into())),
        ("records before it", |facts| facts.recorded = Fact::Known(Vec::new())),
        ("records before it", |facts| {
            let more = Recorded {
                number: 3,
                candidate: name(103),
                taken_again: true,
                facts_omitted: false,
                signers: None,
            };
            if let Fact::Known(all) = &mut facts.recorded {
                all.push(more);
            }
        }),
        ("moments", |facts| facts.whole.observed = Fact::Known("2026-01-02T03:04:06Z".parse().unwrap())),
        ("moments", |facts| facts.whole.observed = Fact::Known("2026-01-02T03:04:04Z".parse().unwrap())),
    ];
    for (what, bend) in bends {
        let found = seen(*bend);
        assert!(found.contains(&Fault::FactsDisagree(what)), "{what}: {found:?}");
    }
    let other = seen(|facts| facts.branch = portcullis_model::change::BranchName::new("release"));
    assert_eq!(other, [Fault::Branch]);
}

#[test]
fn a_decision_is_the_one_that_its_facts_give() {
    let unlike = |_: &str, facts: &Deployment| -> Result<Vec<u8>, String> {
        let mut decision: Value = serde_json::from_slice(&testing::judge(testing::POLICY, facts)?).unwrap();
        decision["outcome"] = "block".into();
        Ok(serde_json::to_vec(&decision).unwrap())
    };
    let found = verify_chain(&production(), &chain(2), &unlike).unwrap_err();
    assert_eq!(found.len(), 2, "every break is named: {found:?}");
    assert!(
        found.iter().all(|problem| matches!(&problem.fault, Fault::Judged(how) if how.contains("block")))
    );
    let mute = |_: &str, _: &Deployment| Err("its policy cannot be read".to_string());
    assert_eq!(verify_chain(&production(), &chain(2), &mute).unwrap_err().len(), 2);
}

#[test]
fn what_another_version_decided_otherwise_cannot_be_taken_again() {
    let mut entries = chain(1);
    replace(&mut entries[0], RECORD, TOOL, "portcullis 9.9.9");
    recommit(&mut entries[0]);
    assert!(checked(&entries).links[0].standing.is_taken(), "the same bytes are the same decision");
    let worded = |_: &str, facts: &Deployment| -> Result<Vec<u8>, String> {
        let mut decision: Value = serde_json::from_slice(&testing::judge(testing::POLICY, facts)?).unwrap();
        decision["findings"] = json!([]);
        decision["words"] = json!("other");
        Ok(serde_json::to_vec(&decision).unwrap())
    };
    let standing = |judge: &Judge<'_>| {
        let mut verifier = Verifier::new(production(), judge);
        verifier.push(&entries[0], None);
        let chain = verifier.finish();
        assert_eq!(chain.problems, []);
        chain.links[0].standing.clone()
    };
    assert!(standing(&worded).is_taken(), "other words are no other decision");
    let unlike = |_: &str, _: &Deployment| Ok(br#"{"outcome":"block","findings":[]}"#.to_vec());
    assert!(matches!(standing(&unlike), RecordStanding::Irreproducible(_)));
}

/// A record as the earlier form was: schema 1, and no facts.
fn earlier_form(entry: &mut StoredEntry) {
    let mut parsed: RecordEntry = serde_json::from_slice(entry.file(RECORD).unwrap()).unwrap();
    (parsed.schema, parsed.facts) = (EARLIER, None);
    entry.files.remove(&RepoPath::from(FACTS));
    *bytes_of(entry, RECORD) = parsed.bytes().unwrap();
    recommit(entry);
}

/// As records were written before they kept their facts.
#[test]
fn the_bytes_of_a_record_of_the_earlier_form_are_still_read() {
    let decision = format!(
        r#"{{"outcome":"allow","judged":{{"repository":"acme/upload","base":"{}","head":"{}"}},"policy":{{"digest":"{}"}}}}"#,
        name(100),
        name(101),
        Digest::of(b"policy"),
    );
    let record = record_text(1, &Digest::of(decision.as_bytes()), "portcullis 0.1.0");
    let file = |bytes: &[u8]| StoredFile { mode: 0o100_644, bytes: bytes.to_vec() };
    let files = [(RECORD, record.as_bytes()), (DECISION, decision.as_bytes()), (POLICY, b"policy")];
    let mut stored = StoredEntry {
        id: name(1_001),
        commit: Vec::new(),
        tree: tree(),
        parents: Vec::new(),
        files: files.into_iter().map(|(name, bytes)| (RepoPath::from(name), file(bytes))).collect(),
    };
    recommit(&mut stored);
    let chain = checked(&[stored]);
    assert_eq!(chain.problems, []);
    assert!(
        matches!(&chain.links[0].standing, RecordStanding::Irreproducible(why) if why.contains("keeps no facts"))
    );
}

#[test]
fn records_of_the_earlier_form_are_read_and_never_verified() {
    let mut entries = chain(1);
    earlier_form(&mut entries[0]);
    let chain = checked(&entries);
    assert_eq!(chain.problems, []);
    assert!(
        matches!(&chain.links[0].standing, RecordStanding::Irreproducible(why) if why.contains("keeps no facts"))
    );
    // What keeps its facts may follow.
    let mut facts_of_next = draft_on(102, 101, &chain.links);
    let mut facts = facts_in(&facts_of_next.facts);
    if let portcullis_model::fact::Fact::Known(all) = &mut facts.recorded {
        all[0].taken_again = false;
    }
    facts_of_next.facts = write_facts(facts).unwrap().into_bytes();
    let next = prepare_record(facts_of_next, Some(&chain), &testing::judge).unwrap();
    entries.push(store(&next, name(1_002)));
    assert_eq!(verify_chain(&production(), &entries, &testing::judge), Ok(()));
    // None of the earlier form follows that.
    let mut entries = self::chain(2);
    earlier_form(&mut entries[1]);
    assert_eq!(faults(&entries), [(2, Fault::EarlierForm)]);
    // Nor does one of this form without its facts verify.
    let mut entries = self::chain(1);
    earlier_form(&mut entries[0]);
    replace(&mut entries[0], RECORD, "\"schema\": 1", "\"schema\": 2");
    recommit(&mut entries[0]);
    assert_eq!(faults(&entries), [(1, Fault::Missing(FACTS))]);
}

#[test]
fn times_go_forward_and_not_beyond_the_present() {
    let entries = chain(1);
    let at = |clock: &str| {
        let mut verifier = Verifier::new(production(), &testing::judge).at(clock.parse().unwrap());
        verifier.push(&entries[0], None);
        verifier.finish().problems.into_iter().map(|problem| problem.fault).collect::<Vec<_>>()
    };
    assert_eq!(at("2026-01-02T02:30:00Z"), []);
    assert_eq!(at("2026-01-02T01:00:00Z"), [Fault::Future]);
}

fn decided(bend: impl FnOnce(&mut Value)) -> Vec<Fault> {
    let honest = draft(101, 100);
    let mut decision: Value = serde_json::from_slice(&honest.decision).unwrap();
    bend(&mut decision);
    let found = refused(Draft { decision: serde_json::to_vec(&decision).unwrap(), ..honest }, None);
    // That its facts do not give it is found as well.
    assert!(matches!(found.last(), Some(Fault::Judged(_))), "{found:?}");
    found[..found.len() - 1].to_vec()
}

#[test]
fn a_decision_that_speaks_of_something_else_is_not_sealed() {
    use portcullis_model::decision::Outcome;
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
        prop_assert!(verify_chain(&production(), &entries, &testing::judge).is_err());
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
        prop_assert!(verify_chain(&production(), &entries, &testing::judge).is_err());
    }

    #[test]
    fn anything_at_all_may_lie_there(bytes: Vec<u8>, file in 0..4_usize) {
        let mut entries = chain(2);
        *bytes_of(&mut entries[1], [RECORD, DECISION, FACTS, POLICY][file]) = bytes;
        prop_assert!(verify_chain(&production(), &entries, &testing::judge).is_err());
    }
}

fn facts_in(bytes: &[u8]) -> Deployment {
    match read_facts(bytes).unwrap() {
        GatheredFacts::Deployment(facts) => *facts,
        GatheredFacts::Batch(_) | GatheredFacts::Change(_) => panic!("these are facts of no deployment"),
    }
}

/// The list of signers is in the facts of later decisions, which rely on it.
#[test]
fn attack_facts_call_a_record_signed_that_is_not() {
    let list = || RepoPath::from("recorders");
    let mut entries = chain(2);
    let earlier = checked(&entries);
    let mut draft = draft_on(103, 102, &earlier.links);
    let mut facts = facts_in(&draft.facts);
    let Fact::Known(records) = &mut facts.recorded else { panic!("nothing is recorded") };
    records[1].signers = Some(list());
    draft.decision = testing::judge(testing::POLICY, &facts).unwrap();
    draft.facts = write_facts(facts).unwrap().into_bytes();
    let refused = prepare_record(draft.clone(), Some(&earlier), &testing::judge).unwrap_err();
    assert!(refused.contains(&Fault::FactsDisagree("records before it")), "{refused:?}");
    let mut signed = earlier.clone();
    let (key, signers) = ("SHA256:abc".to_string(), vec!["alex".to_string()]);
    signed.links[1].signature = RecordSignature::Signed { key, signers, list: list() };
    let sealed = prepare_record(draft, Some(&signed), &testing::judge).unwrap();
    entries.push(store(&sealed, name(1_003)));
    let problems = |check: &SignatureCheck<'_>| {
        let mut verifier = Verifier::new(production(), &testing::judge).with_signatures(check);
        entries.iter().for_each(|entry| verifier.push(entry, None));
        verifier.finish().problems
    };
    assert_eq!(problems(&|_, _, _| RecordSignature::Unsigned).len(), 1);
    let honest = problems(&|_, link, _| match link.entry.number {
        2 => signed.links[1].signature.clone(),
        _ => RecordSignature::Unsigned,
    });
    assert_eq!(honest, []);
}

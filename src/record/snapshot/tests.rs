//! Chains of snapshots, honest and tampered with, as plain values.

use super::*;
use crate::stored::{StoredEntry, StoredFile};
use jiff::Timestamp;
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::path::RepoPath;
use portcullis_model::protection::{Protection, Requirement, Rule};
use proptest::prelude::*;
use serde_json::{Value, json};

const START: i64 = 1_767_225_600;

fn name(number: u64) -> Revision {
    Revision::try_from(format!("{number:040x}")).unwrap()
}

fn tree() -> ObjectName {
    ObjectName::try_from("7".repeat(40)).unwrap()
}

fn main_ref() -> String {
    snapshot_reference(&BranchName::new("main"))
}

fn day(number: i64) -> Timestamp {
    Timestamp::from_second(START + number * 86_400).unwrap()
}

fn look(approvals: u64) -> ProtectionLook {
    let one = Requirement {
        rule: Rule::Approvals(approvals),
        source: "ruleset \"main\"".into(),
        bypass: Fact::Known(vec![]),
    };
    ProtectionLook {
        protected: Fact::Known(true),
        protection: Fact::Known(Protection { requirements: vec![one], unseen: vec![] }),
        administration: None,
    }
}

fn draft(number: i64, look: ProtectionLook) -> SnapshotDraft {
    SnapshotDraft {
        branch: BranchName::new("main"),
        host: "github".into(),
        repository: "example-org/data-upload".into(),
        time: day(number),
        tip: Fact::Known(name(900 + number as u64)),
        look,
    }
}

fn store(pending: &PendingSnapshot, id: Revision) -> StoredEntry {
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

fn check_at(entries: &[StoredEntry], clock: Timestamp) -> SnapshotChain {
    let mut verifier = SnapshotVerifier::new(main_ref(), clock);
    entries.iter().for_each(|entry| verifier.push(entry));
    verifier.finish()
}

fn check(entries: &[StoredEntry]) -> SnapshotChain {
    check_at(entries, day(100))
}

fn chain_of(drafts: impl IntoIterator<Item = SnapshotDraft>) -> Vec<StoredEntry> {
    let mut entries: Vec<StoredEntry> = Vec::new();
    for draft in drafts {
        let chain = check(&entries);
        let pending = prepare_snapshot(draft, Some(&chain).filter(|_| !entries.is_empty())).unwrap();
        entries.push(store(&pending, name(1 + entries.len() as u64)));
    }
    entries
}

/// Approvals on days 1, 2, …
fn chain(approvals: &[u64]) -> Vec<StoredEntry> {
    chain_of(approvals.iter().zip(1..).map(|(count, number)| draft(number, look(*count))))
}

fn faults(entries: &[StoredEntry]) -> Vec<(u64, SnapshotFault)> {
    check(entries).problems.into_iter().map(|problem| (problem.place, problem.fault)).collect()
}

/// Writes another `snapshot.json` and seals the commit anew, as who may write the ref can.
fn rewritten(entry: &StoredEntry, edit: impl FnOnce(&mut Value)) -> StoredEntry {
    let mut value: Value = serde_json::from_slice(entry.file(SNAPSHOT).unwrap()).unwrap();
    edit(&mut value);
    let form: portcullis_wire::snapshot::v1::SnapshotV1 = serde_json::from_value(value).unwrap();
    let snapshot = portcullis_wire::form::Form::model(form).unwrap();
    let bytes = portcullis_wire::snapshot::v1::write_snapshot(snapshot.clone()).unwrap();
    let mut entry = entry.clone();
    entry.commit = snapshot_commit(&tree(), entry.parents.first(), &snapshot, &Digest::of(&bytes));
    entry.files.insert(RepoPath::from(SNAPSHOT), StoredFile { mode: 0o100_644, bytes });
    entry
}

#[test]
fn only_what_differs_is_stored_and_each_snapshot_tells_what_it_saw() {
    let entries = chain(&[2, 2, 1, 1, 2]);
    let found = check(&entries);
    assert_eq!(found.problems, []);
    let stored: Vec<Option<u64>> = found
        .links
        .iter()
        .map(|link| match link.snapshot.look {
            portcullis_model::snapshot::StoredLook::New(_) => None,
            portcullis_model::snapshot::StoredLook::Same { number, .. } => Some(number),
        })
        .collect();
    assert_eq!(stored, [None, Some(1), None, Some(3), None]);
    let seen: Vec<ProtectionLook> = found.links.iter().map(|link| (*link.look).clone()).collect();
    assert_eq!(seen, [2, 2, 1, 1, 2].map(look));
    assert_eq!(found.branch(), Some(&BranchName::new("main")));
    assert!(entries[1].file(SNAPSHOT).unwrap().len() < 700);
}

#[test]
fn a_look_that_could_not_see_is_stored_like_any_other() {
    let gap = Gap::new("the rules of main", GapReason::NotVisible, "403", "Give the token more rights.");
    let blind = ProtectionLook { protection: Fact::Gap(gap.clone()), ..look(2) };
    let found = check(&chain_of([draft(1, look(2)), draft(2, blind), draft(3, look(2))]));
    assert_eq!(found.problems, []);
    assert_eq!(found.links[1].look.gaps(), [gap]);
    assert_eq!(found.links[2].look.gaps(), []);
}

#[test]
fn snapshots_that_are_missing_swapped_or_of_another_chain_are_named() {
    let entries = chain(&[2, 2, 1, 3]);
    assert_eq!(faults(&entries), [], "twin");
    let mut hole = entries.clone();
    hole.remove(1);
    let found = faults(&hole);
    assert!(found.contains(&(2, SnapshotFault::Parents)) && found.contains(&(2, SnapshotFault::Previous)));
    assert!(found.contains(&(2, SnapshotFault::Number(3))), "{found:?}");
    let mut swapped = entries.clone();
    swapped.swap(2, 3);
    assert!(faults(&swapped).contains(&(3, SnapshotFault::Number(4))));
    let mut twice = entries.clone();
    twice.push(entries[3].clone());
    assert!(faults(&twice).contains(&(5, SnapshotFault::Number(4))));
    let other = chain(&[1, 1, 1, 1]);
    let mut mixed = entries.clone();
    mixed[2] = other[2].clone();
    assert!(faults(&mixed).contains(&(3, SnapshotFault::Previous)));
    // The look of a snapshot is exchanged under those that saw the same.
    let mut exchanged = entries;
    exchanged[0] = rewritten(&exchanged[0], |value| {
        value["look"]["new"]["protection"]["known"]["requirements"] = json!([]);
    });
    let found = faults(&exchanged);
    assert!(found.contains(&(2, SnapshotFault::OtherLook(1))), "{found:?}");
}

#[test]
fn a_snapshot_that_names_a_look_that_is_not_the_newest_is_refused() {
    let mut entries = chain(&[2, 1, 1]);
    let first = look_digest(&look(2)).unwrap();
    entries[2] = rewritten(&entries[2], |value| {
        value["look"] = json!({ "same": { "number": 1, "digest": first.as_str() } });
    });
    assert_eq!(faults(&entries), [(3, SnapshotFault::NoSuchLook(1))]);
    assert_eq!(check(&entries).links.len(), 2, "it is no look");
    assert_eq!(faults(&chain(&[2, 1, 1])), [], "twin");
}

#[test]
fn a_snapshot_from_the_future_or_from_before_the_one_before_is_refused() {
    let entries = chain(&[2, 2]);
    let clock = Timestamp::from_second(START + 2 * 86_400 - 3_601).unwrap();
    let found: Vec<SnapshotFault> =
        check_at(&entries, clock).problems.into_iter().map(|one| one.fault).collect();
    assert_eq!(found, [SnapshotFault::Future]);
    assert_eq!(check_at(&entries, day(2)).problems, [], "twin");
    let back = rewritten(&entries[1], |value| value["time"] = json!("2025-12-31T00:00:00Z"));
    assert_eq!(faults(&[entries[0].clone(), back]), [(2, SnapshotFault::Time)]);
    let fraction = rewritten(&entries[1], |value| value["time"] = json!("2026-01-03T00:00:00.5Z"));
    assert_eq!(faults(&[entries[0].clone(), fraction]), [(2, SnapshotFault::Time)]);
    assert_eq!(prepare_snapshot(draft(0, look(2)), Some(&check(&entries))), Err(SnapshotFault::Time));
}

#[test]
fn a_snapshot_of_another_repository_branch_or_version_is_refused() {
    let entries = chain(&[2, 2]);
    let with = |member: &str, value: Value| {
        let other = rewritten(&entries[1], |snapshot| snapshot[member] = value);
        faults(&[entries[0].clone(), other])
    };
    let other = |own: &str| SnapshotFault::Repository(own.into(), "example-org/data-upload on github".into());
    assert_eq!(with("repository", json!("acme/copy")), [(2, other("acme/copy on github"))]);
    assert_eq!(with("host", json!("gitlab")), [(2, other("example-org/data-upload on gitlab"))]);
    assert_eq!(with("repository", json!("Example-Org/data-upload")), [], "twin: capitals are no difference");
    assert_eq!(with("branch", json!("next")), [(2, SnapshotFault::Branch(BranchName::new("next")))]);
    assert_eq!(with("schema", json!(2)), [(2, SnapshotFault::Schema(2))]);
    let mut verifier = SnapshotVerifier::new(main_ref(), day(9)).of_repository("github", "acme/copy");
    verifier.push(&entries[0]);
    assert_eq!(verifier.finish().problems.len(), 1);
    let moved = SnapshotDraft { repository: "acme/copy".into(), ..draft(3, look(2)) };
    assert!(matches!(prepare_snapshot(moved, Some(&check(&entries))), Err(SnapshotFault::Repository(_, _))));
}

#[test]
fn other_files_modes_bytes_and_commits_are_refused() {
    let entries = chain(&[2]);
    let with = |edit: &dyn Fn(&mut StoredEntry)| {
        let mut entry = entries[0].clone();
        edit(&mut entry);
        faults(&[entry]).into_iter().map(|(_, fault)| fault).collect::<Vec<_>>()
    };
    let file = |mode, bytes: &[u8]| StoredFile { mode, bytes: bytes.to_vec() };
    let text = entries[0].file(SNAPSHOT).unwrap().to_vec();
    let put = |entry: &mut StoredEntry, name: &str, file: StoredFile| {
        entry.files.insert(RepoPath::from(name), file);
    };
    assert_eq!(with(&|entry| put(entry, "more.json", file(0o100_644, b"{}"))), [SnapshotFault::Files]);
    assert_eq!(with(&|entry| put(entry, SNAPSHOT, file(0o120_000, &text))), [SnapshotFault::Files]);
    assert_eq!(with(&|entry| entry.files.clear()), [SnapshotFault::Files]);
    let spaced = [&text[..], b"\n"].concat();
    assert_eq!(with(&|entry| put(entry, SNAPSHOT, file(0o100_644, &spaced))), [SnapshotFault::NotCanonical]);
    let large = vec![b' '; LARGEST_SNAPSHOT + 1];
    assert_eq!(with(&|entry| put(entry, SNAPSHOT, file(0o100_644, &large))), [SnapshotFault::Large]);
    assert_eq!(with(&|entry| entry.commit.push(b'x')), [SnapshotFault::Commit]);
    assert_eq!(with(&|entry| entry.parents.push(name(8))), [SnapshotFault::Parents]);
    assert_eq!(with(&|_| ()), [], "twin");
}

#[test]
fn names_of_branches_never_meet_in_a_ref() {
    let of = |branch: &str| snapshot_reference(&BranchName::new(branch));
    assert_eq!(of("main"), "refs/portcullis/snapshots/main");
    assert_eq!(of("release/1.2"), "refs/portcullis/snapshots/release+2f1+2e2");
    let long = "a".repeat(300);
    let names = ["main", "Main", "main/x", "main+2fx", "main.lock", "+-", "", "-", "é", &long];
    let refs: std::collections::BTreeSet<String> = names.iter().map(|name| of(name)).collect();
    assert_eq!(refs.len(), names.len());
    for name in &refs {
        let last = name.strip_prefix(SNAPSHOTS_PREFIX).unwrap();
        assert!(!last.is_empty() && last.len() <= 200 && !last.contains(['/', '.']), "{name}");
        assert_eq!(last.to_ascii_lowercase(), last);
    }
}

proptest! {
    /// Who changes a byte of a snapshot, and leaves its commit as it is, is found out.
    #[test]
    fn no_changed_byte_is_accepted(place in 0_usize..3, at in 0_usize..4_000, byte in 0_u8..=255) {
        let mut entries = chain(&[2, 2, 1]);
        let mut bytes = entries[place].file(SNAPSHOT).unwrap().to_vec();
        let at = at % bytes.len();
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        entries[place].files.insert(RepoPath::from(SNAPSHOT), StoredFile { mode: 0o100_644, bytes });
        let problems = check(&entries).problems;
        prop_assert!(problems.iter().any(|problem| problem.place == place as u64 + 1), "{:?}", problems);
    }

    /// Nor are any snapshots that were left out, doubled or put into another order.
    #[test]
    fn no_other_order_is_accepted(order in proptest::collection::vec(0_usize..5, 1..7)) {
        let entries = chain(&[2, 2, 1, 1, 2]);
        let picked: Vec<StoredEntry> = order.iter().map(|place| entries[*place].clone()).collect();
        let is_beginning = order.iter().copied().eq(0..order.len());
        prop_assert_eq!(check(&picked).problems.is_empty(), is_beginning);
    }
}

//! Rounds as they are kept, edited and compared.

use super::*;
use portcullis_model::fleet::{FleetFinding, FleetStanding};
use portcullis_record::StoredFile;

fn time(hour: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + hour * 3600).unwrap()
}

fn item(name: &str, verdict: FleetVerdict) -> FleetItem {
    let finding = FleetFinding { verdict, subject: "main".into(), reason: "why".into(), remedy: None };
    FleetItem {
        schema: VERSION,
        repository: name.to_string(),
        branch: None,
        looked: None,
        mark: None,
        policy: None,
        standings: vec![FleetStanding {
            column: "policy".to_string(),
            verdict,
            since: time(0),
            findings: vec![finding],
        }],
    }
}

fn draft(hour: i64, items: Vec<FleetItem>) -> RoundDraft {
    let scope = FleetScope {
        host: "github".to_string(),
        organisation: Some("o".to_string()),
        list: None,
        names: Vec::new(),
        topics: Vec::new(),
        archived: false,
        shard: None,
    };
    RoundDraft { time: time(hour), scope, house: None, unlisted: None, items, tool: "portcullis".to_string() }
}

/// A round as a repository would hold it; the names of objects are made up.
fn stored(number: u8, pending: &PendingRound, before: Option<&KeptRound>) -> StoredEntry {
    let name = |digit: u8| format!("{digit:040x}");
    let tree = ObjectName::try_from(name(number + 100)).unwrap();
    let parent = before.map(|kept| kept.commit.clone());
    let files = pending.files.iter();
    let file = |(name, bytes): (&String, &Vec<u8>)| {
        (RepoPath::from(name.as_str()), StoredFile { mode: 0o100_644, bytes: bytes.clone() })
    };
    StoredEntry {
        id: Revision::try_from(name(number)).unwrap(),
        commit: pending.commit(&tree, parent.as_ref()),
        tree,
        parents: parent.into_iter().collect(),
        files: files.map(file).collect(),
    }
}

fn two() -> (StoredEntry, KeptRound, StoredEntry) {
    let first = prepare_round(&draft(0, vec![item("o/a", FleetVerdict::Met)]), None).unwrap();
    let first = stored(1, &first, None);
    let kept = read_kept(&first, None).unwrap();
    let items = vec![item("o/a", FleetVerdict::Broken), item("o/b", FleetVerdict::Met)];
    let second = prepare_round(&draft(1, items), Some(&RoundBefore::from(&kept))).unwrap();
    let second = stored(2, &second, Some(&kept));
    (first, kept, second)
}

#[test]
fn rounds_are_read_as_they_were_written_and_compared() {
    let (_, first, second) = two();
    let second = read_kept(&second, Some(&RoundBefore::from(&first))).unwrap();
    assert_eq!((second.round.number, second.items.len()), (2, 2));
    let changes = compare_rounds(&first, &second);
    let told: Vec<(&str, Option<FleetVerdict>, Option<FleetVerdict>)> =
        changes.iter().map(|one| (one.repository.as_str(), one.before, one.now)).collect();
    let (met, broken) = (Some(FleetVerdict::Met), Some(FleetVerdict::Broken));
    assert_eq!(told, [("o/a", met, broken), ("o/b", None, met)]);
}

#[test]
fn whatever_is_edited_in_a_round_is_named() {
    let (_, first, second) = two();
    let before = RoundBefore::from(&first);
    let fault = |edit: &dyn Fn(&mut StoredEntry)| {
        let mut edited = second.clone();
        edit(&mut edited);
        read_kept(&edited, Some(&before)).unwrap_err().to_string()
    };
    let item = || RepoPath::from("o%2Fa.json");
    let told = fault(&|one| one.files.get_mut(&item()).unwrap().bytes.push(b' '));
    assert_eq!(told, "`o%2Fa.json` holds other bytes than the round names");
    assert_eq!(fault(&|one| drop(one.files.remove(&item()))), "`o%2Fa.json` is missing");
    let told = fault(&|one| {
        let file = one.files[&item()].clone();
        one.files.insert(RepoPath::from("o%2Fz.json"), file);
    });
    assert_eq!(told, "`o%2Fz.json` is there, and the round does not name it");
    let told = fault(&|one| one.parents.clear());
    assert_eq!(told, "the commit does not follow the round before");
    let told = fault(&|one| {
        let file = one.files.get_mut(&RepoPath::from(ROUND_FILE)).unwrap();
        file.bytes =
            String::from_utf8(file.bytes.clone()).unwrap().replace("\"number\": 2", "\"number\": 3").into();
    });
    assert_eq!(told, "the commit is not the one that follows from its round");
    assert!(
        read_kept(&second, None).is_err(),
        "a round is not the first of its ref because its parent is gone"
    );
}

#[test]
fn files_of_repositories_never_meet() {
    assert_eq!(item_file("o/data.load"), "o%2Fdata.load.json");
    assert_ne!(item_file("o/a%2Fb"), item_file("o/a/b"));
    // Every name of a repository has a `/`, so that none is `round`.
    assert!(!item_file("o/round").contains('/') && item_file("o/round") != ROUND_FILE);
}

#[test]
fn counts_are_of_repositories_and_the_worst_come_first() {
    let mut items = vec![
        item("o/c", FleetVerdict::Met),
        item("o/b", FleetVerdict::Unproven),
        item("o/a", FleetVerdict::Met),
        item("o/d", FleetVerdict::Broken),
    ];
    assert_eq!(count_items(&items), RoundCounts { in_scope: 4, looked_at: 3, unknown: 1 });
    sort_worst_first(&mut items);
    let names: Vec<&str> = items.iter().map(|one| one.repository.as_str()).collect();
    assert_eq!(names, ["o/d", "o/b", "o/a", "o/c"]);
}

//! The form of an anchor.

use super::*;

fn anchor() -> Anchor {
    let tip = |name: &str, number| AnchoredTip {
        environment: name.parse().unwrap(),
        number,
        commit: Revision::try_from("a".repeat(40)).unwrap(),
        record: Digest::of(name.as_bytes()),
    };
    Anchor {
        time: "2026-03-04T05:06:07Z".parse().unwrap(),
        tips: vec![tip("production", 3), tip("staging", 9)],
        snapshots: vec![snapshot("main", 41), snapshot("release/2", 2)],
    }
}

fn snapshot(branch: &str, number: u64) -> AnchoredSnapshot {
    AnchoredSnapshot {
        branch: BranchName::new(branch),
        number,
        commit: Revision::try_from("b".repeat(40)).unwrap(),
        snapshot: Digest::of(branch.as_bytes()),
    }
}

#[test]
fn an_anchor_of_the_version_before_is_read_as_one_without_snapshots() {
    let kept = include_bytes!("../../wire/anchor/kept/v1.json");
    let read = Anchor::read(kept).unwrap();
    assert_eq!((read.tips.len(), read.tips[0].number, read.snapshots.len()), (1, 3, 0));
    let kept = include_bytes!("../../wire/anchor/kept/v2.json");
    let read = Anchor::read(kept).unwrap();
    assert_eq!(read.find_snapshot(&BranchName::new("main")).unwrap().number, 41);
    assert_eq!(read.bytes().unwrap(), kept);
}

#[test]
fn snapshots_alone_are_an_anchor_and_nothing_is_none() {
    let alone = Anchor { tips: Vec::new(), ..anchor() };
    assert_eq!(Anchor::read(&alone.bytes().unwrap()).unwrap(), alone);
    let nothing = Anchor { snapshots: Vec::new(), ..alone };
    assert!(Anchor::read(&nothing.bytes().unwrap()).is_err());
}

#[test]
fn what_is_written_is_read_again_on_one_line() {
    let bytes = anchor().bytes().unwrap();
    assert_eq!(bytes.iter().filter(|byte| **byte == b'\n').count(), 1);
    assert_eq!(Anchor::read(&bytes).unwrap(), anchor());
}

#[test]
fn an_anchor_that_could_be_read_in_two_ways_is_refused() {
    let text = String::from_utf8(anchor().bytes().unwrap()).unwrap();
    let altered = [
        text.replace("\"schema\":2", "\"schema\":1"),
        text.replace("\"schema\":2", "\"schema\":3"),
        text.replace("release/2", "main"),
        text.replace("staging", "production"),
        text.replace("\"number\":3", "\"number\":3,\"note\":1"),
        text.replace("\"number\":3", "\"number\":3,\"number\":4"),
        text.replace("2026-03-04", "2026-13-04"),
        format!("{text}{text}"),
        "{\"schema\":1,\"time\":\"2026-03-04T05:06:07Z\",\"tips\":[]}".to_string(),
    ];
    for text in altered {
        assert!(Anchor::read(text.as_bytes()).is_err(), "{text}");
    }
}

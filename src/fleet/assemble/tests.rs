//! Items of repositories, and looks that hold from one round to the next.

use super::*;
use crate::columns::SeenPolicy;
use portcullis_model::fact::{Gap, GapReason};

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn item(verdict: FleetVerdict, looked: Option<&str>) -> FleetItem {
    let findings = vec![FleetFinding { verdict, subject: "main".into(), reason: "why".into(), remedy: None }];
    FleetItem {
        schema: VERSION,
        repository: "o/r".to_string(),
        branch: None,
        looked: looked.map(time),
        mark: Some(Digest::of(b"mark")),
        policy: Some(Digest::of(b"policy")),
        standings: vec![FleetStanding {
            column: PROTECTION.to_string(),
            verdict,
            since: time("2026-01-01T00:00:00Z"),
            findings,
        }],
    }
}

fn mark(text: &[u8]) -> ProtectionMark {
    ProtectionMark { digest: Digest::of(text), shows_classic: false }
}

#[test]
fn a_look_holds_while_nothing_changed_and_it_is_not_too_old() {
    let before = item(FleetVerdict::Met, Some("2026-01-05T00:00:00Z"));
    let (same, policy, oldest) = (mark(b"mark"), Digest::of(b"policy"), time("2026-01-01T00:00:00Z"));
    let carry = |item: Option<&FleetItem>, mark: Option<&ProtectionMark>, policy, oldest| {
        carry_look(item, mark, policy, oldest).is_some()
    };
    assert!(carry(Some(&before), Some(&same), Some(&policy), oldest));
    assert!(!carry(None, Some(&same), Some(&policy), oldest));
    assert!(!carry(Some(&before), None, Some(&policy), oldest));
    assert!(!carry(Some(&before), Some(&mark(b"other")), Some(&policy), oldest));
    let other = Digest::of(b"other");
    assert!(!carry(Some(&before), Some(&same), Some(&other), oldest));
    assert!(!carry(Some(&before), Some(&same), None, oldest));
    assert!(!carry(Some(&before), Some(&same), Some(&policy), time("2026-01-06T00:00:00Z")));
    assert!(!carry(Some(&item(FleetVerdict::Met, None)), Some(&same), Some(&policy), oldest));
}

#[test]
fn what_could_not_be_seen_is_looked_at_again() {
    let before = item(FleetVerdict::Unproven, Some("2026-01-05T00:00:00Z"));
    let oldest = time("2026-01-01T00:00:00Z");
    assert_eq!(carry_look(Some(&before), Some(&mark(b"mark")), before.policy.as_ref(), oldest), None);
    let mut mixed = item(FleetVerdict::Broken, Some("2026-01-05T00:00:00Z"));
    let unseen = FleetFinding { verdict: FleetVerdict::Unproven, ..mixed.standings[0].findings[0].clone() };
    mixed.standings[0].findings.push(unseen);
    assert_eq!(carry_look(Some(&mixed), Some(&mark(b"mark")), mixed.policy.as_ref(), oldest), None);
}

#[test]
fn a_verdict_keeps_its_time_until_it_changes() {
    let gap = Gap::new("repository o/r", GapReason::NotVisible, "why", "do");
    let (survey, now) = (Fact::Gap(gap.clone()), time("2026-02-01T00:00:00Z"));
    let seen = SeenPolicy::Unseen(gap);
    let case = ColumnCase { survey: &survey, policy: &seen, house: None, protection: &[], now };
    let first = assemble_item("o/r", &case, None, None);
    assert!(first.standings.iter().all(|one| one.verdict == FleetVerdict::Unproven && one.since == now));
    let later = ColumnCase { now: time("2026-03-01T00:00:00Z"), ..case };
    let second = assemble_item("o/r", &later, None, Some(&first));
    assert_eq!(second, first);
    let known = item(FleetVerdict::Met, None);
    let third = assemble_item("o/r", &later, None, Some(&known));
    assert!(third.standings.iter().all(|one| one.since == later.now));
}

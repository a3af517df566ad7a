//! Deployments on a host against records, each as one letter and an hour.

use super::*;

fn at(hour: i64) -> Timestamp {
    "2026-01-05T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hour)
}

fn commit(letter: char) -> Revision {
    Revision::try_from(letter.to_string().repeat(40)).unwrap()
}

/// Deployments and records as `letter of the commit` and hour, and what became of each deployment:
/// the number of its record, or `None`.
fn found(deployed: &[(char, i64)], recorded: &[(char, i64)]) -> Vec<Option<u64>> {
    matched(deployed, recorded).listed.into_iter().map(|one| one.record).collect()
}

fn matched(deployed: &[(char, i64)], recorded: &[(char, i64)]) -> MatchedDeployments {
    let listed = deployed.iter().enumerate().map(|(number, (letter, hour))| HostDeployment {
        id: (number as u64 + 1).into(),
        revision: commit(*letter),
        since: at(*hour),
    });
    let records = recorded.iter().zip(1..).map(|((letter, hour), record)| AllowedCommit {
        record,
        commit: commit(*letter),
        time: at(*hour),
    });
    match_deployments(listed.collect(), &records.collect::<Vec<_>>())
}

#[test]
fn each_deployment_has_its_record() {
    assert_eq!(found(&[('a', 1), ('b', 3)], &[('a', 0), ('b', 2)]), [Some(1), Some(2)]);
    // Deployed again by a job that was run again; recorded before an earlier one was deployed.
    assert_eq!(found(&[('a', 1), ('a', 5)], &[('a', 0)]), [Some(1), Some(1)]);
    assert_eq!(found(&[('a', 3), ('b', 4)], &[('a', 0), ('b', 1)]), [Some(1), Some(2)]);
    assert_eq!(found(&[('b', 3), ('a', 4)], &[('a', 0), ('b', 1)]), [Some(2), Some(1)]);
    assert_eq!(found(&[], &[('a', 0)]), []);
}

#[test]
fn what_no_record_allowed_is_named() {
    assert_eq!(found(&[('a', 1), ('c', 2), ('b', 3)], &[('a', 0), ('b', 2)]), [Some(1), None, Some(2)]);
    assert_eq!(found(&[('a', 1)], &[]), [None]);
}

#[test]
fn going_back_needs_a_record_of_its_own() {
    let back = [('a', 1), ('b', 3), ('a', 5)];
    let matched = matched(&back, &[('a', 0), ('b', 2)]);
    assert_eq!(matched.listed[2].record, None);
    let why = matched.listed[2].why.as_deref().unwrap();
    assert!(why.contains("record 1 allowed it before bbbbbbbbbb was deployed (deployment 2)"), "{why}");
    assert_eq!(found(&back, &[('a', 0), ('b', 2), ('a', 4)]), [Some(1), Some(2), Some(3)], "twin");
    // Also twice: the record of the first way back is used up.
    let twice = [('a', 1), ('b', 3), ('a', 5), ('b', 7), ('a', 9)];
    let records = [('a', 0), ('b', 2), ('a', 4), ('b', 6)];
    assert_eq!(found(&twice, &records), [Some(1), Some(2), Some(3), Some(4), None]);
    // And past a commit that no record knows.
    assert_eq!(found(&[('a', 1), ('c', 3), ('a', 5)], &[('a', 0)]), [Some(1), None, None]);
}

#[test]
fn a_record_that_came_later_is_one_and_that_is_said() {
    let late = matched(&[('a', 1)], &[('a', 4)]);
    assert_eq!((late.listed[0].record, late.unchecked.len()), (Some(1), 1));
    assert!(late.unchecked[0].contains("whether the gate came before deployment 1"), "{:?}", late.unchecked);
    assert!(matched(&[('a', 4)], &[('a', 1)]).unchecked.is_empty(), "twin");
}

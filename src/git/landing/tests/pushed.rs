//! Which commits of a line never were the tip, by pushes of every kind.

use crate::graph::Graph;
use crate::landing::push_tips::within;
use crate::landing::tests::fixture::{Fixture, name};
use git2::Oid;
use portcullis_model::fact::GapReason;
use portcullis_model::landing::BranchPush;
use std::collections::BTreeSet;

/// A branch of `count` commits, oldest first, each with one parent.
fn line(fixture: &Fixture, start: &[Oid], count: usize, word: &str) -> Vec<Oid> {
    let mut line: Vec<Oid> = start.to_vec();
    for number in 0..count {
        let parents = line.last().copied();
        line.push(fixture.text(&format!("{word} {number}\n"), parents.as_slice()));
    }
    line
}

fn push(before: Option<Oid>, after: Option<Oid>) -> BranchPush {
    BranchPush { before: before.map(name), after: after.map(name) }
}

/// Each inner commit with what is around it, by their places in `line`.
fn inner(
    fixture: &Fixture,
    line: &[Oid],
    pushes: &[BranchPush],
) -> Result<Vec<(usize, Option<usize>, usize)>, GapReason> {
    let repository = fixture.open();
    let objects = repository.trusted_objects().unwrap();
    let place = |id: &Oid| line.iter().position(|one| one == id).unwrap();
    // Nothing but the end of the line ends the search.
    let sought = BTreeSet::from([Oid::from_str(&"9".repeat(40)).unwrap()]);
    let found = within(&mut Graph::new(&objects), *line.last().unwrap(), pushes, &sought);
    let mut found: Vec<_> = found
        .map_err(|gap| gap.reason)?
        .iter()
        .map(|(id, (before, tip))| (place(id), before.as_ref().map(place), place(tip)))
        .collect();
    found.sort_unstable();
    Ok(found)
}

#[test]
fn what_came_with_one_push_lies_between_its_tips() {
    let fixture = Fixture::new();
    let line = line(&fixture, &[], 8, "line");
    let pushes = [push(Some(line[3]), Some(line[7])), push(Some(line[2]), Some(line[3]))];
    assert_eq!(inner(&fixture, &line, &pushes), Ok(vec![(4, Some(3), 7), (5, Some(3), 7), (6, Some(3), 7)]));
    // What is older than the list is left out.
    assert_eq!(inner(&fixture, &line[..4], &pushes[1..]), Ok(Vec::new()));
    assert_eq!(inner(&fixture, &line, &[]), Ok(Vec::new()));
}

#[test]
fn the_newest_push_is_not_listed_yet() {
    let fixture = Fixture::new();
    let line = line(&fixture, &[], 6, "line");
    let pushes = [push(Some(line[1]), Some(line[2]))];
    assert_eq!(inner(&fixture, &line, &pushes), Ok(vec![(3, Some(2), 5), (4, Some(2), 5)]));
}

#[test]
fn a_push_that_rewrote_the_branch_brought_what_the_tip_before_does_not_reach() {
    let fixture = Fixture::new();
    let old = line(&fixture, &[], 4, "old");
    let new = line(&fixture, &old[..2], 3, "new");
    let forced = [push(Some(old[3]), Some(new[4]))];
    assert_eq!(inner(&fixture, &new, &forced), Ok(vec![(2, Some(1), 4), (3, Some(1), 4)]));
    // The same by deleting and creating it.
    let anew = [push(None, Some(new[4])), push(Some(old[3]), None)];
    assert_eq!(inner(&fixture, &new, &anew), Ok(vec![(2, Some(1), 4), (3, Some(1), 4)]));
    // What came with an older push, and was rewritten with what lies above it.
    let older = [forced.as_slice(), &[push(Some(old[0]), Some(old[3]))]].concat();
    assert_eq!(inner(&fixture, &new, &older), Ok(vec![(1, Some(0), 4), (2, Some(0), 4), (3, Some(0), 4)]));
}

#[test]
fn what_the_tip_before_only_reaches_never_was_the_tip() {
    let fixture = Fixture::new();
    let main = line(&fixture, &[], 3, "main");
    let guard = fixture.text("guard\n", &main[1..2]);
    let merge = fixture.text("main 2\n", &[main[2], guard]);
    let swapped = fixture.text("main 2\n", &[guard, merge]);
    let line_of = [main[0], main[1], guard, swapped];
    let pushes =
        [push(Some(merge), Some(swapped)), push(Some(main[2]), Some(merge)), push(None, Some(main[2]))];
    assert_eq!(inner(&fixture, &line_of, &pushes), Ok(vec![(2, Some(1), 3)]));
}

#[test]
fn a_push_of_another_history_brought_all_of_it() {
    let fixture = Fixture::new();
    let main = line(&fixture, &[], 2, "main");
    let root = fixture.text("root\n", &[]);
    let other = [root, fixture.text("guard\n", &[root, main[1]])];
    let tip = fixture.text("back\n", &other[1..]);
    let pushes = [push(Some(main[1]), Some(tip)), push(None, Some(main[1]))];
    assert_eq!(inner(&fixture, &[root, other[1], tip], &pushes), Ok(vec![(0, None, 2), (1, None, 2)]));
}

#[test]
fn pushes_after_the_one_that_is_judged_make_no_tips() {
    let fixture = Fixture::new();
    let main = line(&fixture, &[], 4, "main");
    let later = fixture.text("later\n", &main[3..]);
    let pushes = [
        push(Some(main[2]), Some(main[3])),
        push(Some(later), Some(main[2])),
        push(Some(main[3]), Some(later)),
        push(Some(main[0]), Some(main[3])),
    ];
    assert_eq!(inner(&fixture, &main, &pushes), Ok(vec![(1, Some(0), 3), (2, Some(0), 3)]));
}

#[test]
fn a_branch_that_was_created_with_its_history_has_no_older_tips() {
    let fixture = Fixture::new();
    let line = line(&fixture, &[], 5, "line");
    let pushes = [push(Some(line[2]), Some(line[4])), push(None, Some(line[2]))];
    assert_eq!(inner(&fixture, &line, &pushes), Ok(vec![(3, Some(2), 4)]));
}

#[test]
fn a_tip_that_is_gone_or_of_another_branch_is_a_gap() {
    let fixture = Fixture::new();
    let line = line(&fixture, &[], 4, "line");
    let gone = Oid::from_str(&"7".repeat(40)).unwrap();
    let forced = [push(Some(gone), Some(line[3]))];
    assert_eq!(inner(&fixture, &line, &forced), Err(GapReason::MissingObject));
    let elsewhere = [push(Some(gone), Some(Oid::from_str(&"8".repeat(40)).unwrap()))];
    assert_eq!(inner(&fixture, &line, &elsewhere), Err(GapReason::MissingObject));
}

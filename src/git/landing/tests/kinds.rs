//! Every way in which honest content lands.

use crate::landing::tests::fixture::{Fixture, lines};
use git2::Oid;

/// The branch before and after the request forked off, and the request's head.
struct Request {
    root: Oid,
    parent: Oid,
    head: Oid,
}

/// The branch edits line 2, the request line 18.
fn request(fixture: &Fixture) -> Request {
    let root = fixture.edited(&[], &[]);
    let parent = fixture.edited(&[(2, "branch")], &[root]);
    let head = fixture.edited(&[(18, "request")], &[root]);
    Request { root, parent, head }
}

const MERGED: &[(usize, &str)] = &[(2, "branch"), (18, "request")];

#[test]
fn a_merge_and_a_squash() {
    let fixture = Fixture::new();
    let Request { parent, head, .. } = request(&fixture);
    let merge = fixture.edited(MERGED, &[parent, head]);
    let squash = fixture.edited(MERGED, &[parent]);
    assert_eq!(fixture.covered(parent, merge, &[head]), "replay 1");
    assert_eq!(fixture.covered(parent, squash, &[head]), "replay 1");
}

#[test]
fn a_fast_forward_and_a_merge_that_could_have_been_one() {
    let fixture = Fixture::new();
    let parent = fixture.edited(&[], &[]);
    let one = fixture.edited(&[(3, "one")], &[parent]);
    let head = fixture.edited(&[(3, "one"), (9, "two")], &[one]);
    assert_eq!(fixture.covered(parent, head, &[head]), "identity 1");
    let merge = fixture.edited(&[(3, "one"), (9, "two")], &[parent, head]);
    assert_eq!(fixture.covered(parent, merge, &[head]), "identity 1");
}

#[test]
fn a_rebased_series() {
    let fixture = Fixture::new();
    let Request { root, parent, head } = request(&fixture);
    let second = fixture.edited(&[(18, "request"), (10, "more")], &[head]);
    let one = fixture.edited(MERGED, &[parent]);
    let two = fixture.edited(&[(2, "branch"), (18, "request"), (10, "more")], &[one]);
    assert_eq!(fixture.covered(parent, two, &[second]), "rebase 1");
    // The same in the end, by other commits: covered as what it is in the end.
    let odd = fixture.edited(&[(2, "branch"), (10, "more")], &[parent]);
    let two = fixture.edited(&[(2, "branch"), (18, "request"), (10, "more")], &[odd]);
    assert_eq!(fixture.covered(parent, two, &[second]), "replay 1");
    let _ = root;
}

/// Each commit of the series applies, but the sum of them does not merge: line 5 goes and comes
/// back.
#[test]
fn a_series_that_only_replays_one_by_one() {
    let fixture = Fixture::new();
    let root = fixture.edited(&[], &[]);
    let parent = fixture.edited(&[(5, "same")], &[root]);
    let one = fixture.commit_at(&fixture.files(&[("f", &lines(&[(5, "same")]))]), &[root], 7);
    let two = fixture.edited(&[(5, "last")], &[one]);
    let landed_one = fixture.edited(&[(5, "same")], &[parent]);
    let landed_two = fixture.edited(&[(5, "last")], &[landed_one]);
    assert_eq!(fixture.covered(parent, landed_two, &[two]), "rebase 1");
    let squash = fixture.edited(&[(5, "last")], &[parent]);
    assert_eq!(fixture.covered(parent, squash, &[two]), "residual 1: -f:5");
}

#[test]
fn a_train_and_an_octopus() {
    let fixture = Fixture::new();
    let root = fixture.edited(&[], &[]);
    let parent = fixture.edited(&[(2, "branch")], &[root]);
    let (one, two) = (fixture.edited(&[(8, "one")], &[root]), fixture.edited(&[(14, "two")], &[root]));
    let all = [(2, "branch"), (8, "one"), (14, "two")];
    let batch = fixture.edited(&all, &[parent]);
    assert_eq!(fixture.covered(parent, batch, &[one, two]), "train 1 2");
    let octopus = fixture.edited(&all, &[parent, two, one]);
    assert_eq!(fixture.covered(parent, octopus, &[one, two]), "train 2 1");
}

#[test]
fn a_stacked_request_in_a_train() {
    let fixture = Fixture::new();
    let root = fixture.edited(&[], &[]);
    let parent = fixture.edited(&[(2, "branch")], &[root]);
    let one = fixture.edited(&[(8, "one")], &[root]);
    let two = fixture.edited(&[(8, "one, better")], &[one]);
    let batch = fixture.edited(&[(2, "branch"), (8, "one, better")], &[parent]);
    // The second request holds the first, so it explains the batch by itself.
    assert_eq!(fixture.covered(parent, batch, &[one, two]), "replay 2");
}

#[test]
fn a_merge_of_the_branch_into_the_request_voids_nothing() {
    let fixture = Fixture::new();
    let Request { parent, head, .. } = request(&fixture);
    let updated = fixture.edited(MERGED, &[head, parent]);
    let later = fixture.edited(&[(2, "branch"), (6, "later")], &[parent]);
    let landed = [(2, "branch"), (6, "later"), (18, "request")];
    let merge = fixture.edited(&landed, &[later, updated]);
    assert_eq!(fixture.covered(later, merge, &[head]), "replay 1");
    assert_eq!(fixture.covered(later, fixture.edited(&landed, &[later]), &[head]), "replay 1");
    let forward = fixture.edited(MERGED, &[head, parent]);
    assert_eq!(fixture.covered(parent, forward, &[head]), "replay 1");
}

/// The approved head alone conflicts with the branch, but its update was clean: the branch took a
/// part of it back before.
#[test]
fn an_update_counts_where_the_head_alone_would_not_merge() {
    let fixture = Fixture::new();
    let root = fixture.edited(&[], &[]);
    let head = fixture.edited(&[(10, "request")], &[root]);
    let parent = fixture.edited(&[(2, "branch")], &[root]);
    let update = fixture.edited(&[(2, "branch"), (10, "request")], &[head, parent]);
    let later = fixture.edited(&[(2, "branch"), (10, "request")], &[parent]);
    let merge = fixture.edited(&[(2, "branch"), (10, "request")], &[later, update]);
    assert_eq!(fixture.covered(later, merge, &[head]), "replay 1");
}

#[test]
fn a_revert_is_an_ordinary_change() {
    let fixture = Fixture::new();
    let root = fixture.edited(&[], &[]);
    let fixed = fixture.edited(&[(4, "fix")], &[root]);
    let revert = fixture.edited(&[], &[fixed]);
    assert_eq!(fixture.covered(fixed, revert, &[]), "residual: -f:4 +f:4");
    assert_eq!(fixture.covered(fixed, revert, &[revert]), "identity 1");
}

#[test]
fn a_moved_file_takes_the_changes_of_both_sides() {
    let fixture = Fixture::new();
    let root = fixture.holding(&[("a/f", &lines(&[])), ("g", "g")], &[]);
    let parent = fixture.holding(&[("b/f", &lines(&[])), ("g", "g")], &[root]);
    let head = fixture.holding(&[("a/f", &lines(&[(18, "request")])), ("g", "g")], &[root]);
    let merge = fixture.holding(&[("b/f", &lines(&[(18, "request")])), ("g", "g")], &[parent, head]);
    assert_eq!(fixture.covered(parent, merge, &[head]), "replay 1");
    let changed = fixture.holding(&[("b/f", &lines(&[(2, "x")])), ("g", "g")], &[root]);
    let both = lines(&[(2, "x"), (18, "request")]);
    let merge = fixture.holding(&[("b/f", &both), ("g", "g")], &[changed, head]);
    assert_eq!(fixture.covered(changed, merge, &[head]), "replay 1");
    let evil = fixture.holding(&[("b/f", &format!("{both}evil\n")), ("g", "g")], &[changed, head]);
    assert_eq!(fixture.covered(changed, evil, &[head]), "residual 1: +b/f:21");
}

#[test]
fn criss_cross_with_two_merge_bases() {
    let fixture = Fixture::new();
    let root = fixture.edited(&[], &[]);
    let (a, b) = (fixture.edited(&[(2, "a")], &[root]), fixture.edited(&[(18, "b")], &[root]));
    let both = [(2, "a"), (18, "b")];
    let (left, right) = (
        fixture.edited(&both, &[a, b]),
        fixture.commit_at(&fixture.files(&[("f", &lines(&both))]), &[b, a], 5_000),
    );
    let parent = fixture.edited(&[(2, "a"), (18, "b"), (6, "left")], &[left]);
    let head = fixture.edited(&[(2, "a"), (18, "b"), (12, "right")], &[right]);
    let result = [(2, "a"), (6, "left"), (12, "right"), (18, "b")];
    let merge = fixture.edited(&result, &[parent, head]);
    assert_eq!(fixture.covered(parent, merge, &[head]), "replay 1");
    let evil = fixture.edited(&[(2, "a"), (6, "left"), (12, "right"), (18, "evil")], &[parent, head]);
    assert_eq!(fixture.covered(parent, evil, &[head]), "residual 1: -f:18 +f:18");
}

#[test]
fn nothing_changed_and_nobody_claims_it() {
    let fixture = Fixture::new();
    let parent = fixture.edited(&[], &[]);
    assert_eq!(fixture.covered(parent, fixture.edited(&[], &[parent]), &[]), "unchanged");
}

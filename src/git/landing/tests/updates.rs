//! Merges of the base into a request.

use crate::landing::tests::fixture::{Fixture, lines, name};
use git2::Oid;
use portcullis_model::change::{Revision, Updates};
use portcullis_model::fact::GapReason;

const BRANCH: &[(usize, &str)] = &[(2, "branch")];
const BOTH: &[(usize, &str)] = &[(2, "branch"), (18, "request")];

impl Fixture {
    fn updates(&self, base: Oid, head: Oid) -> Updates {
        self.change(base, head).updates
    }

    fn before(&self, base: Oid, head: Oid) -> Vec<Revision> {
        let updates = self.updates(base, head);
        assert_eq!(updates.unseen, None);
        updates.before
    }
}

/// The branch edits line 2, the approved commit line 18.
fn request(fixture: &Fixture) -> [Oid; 3] {
    let root = fixture.edited(&[], &[]);
    let base = fixture.edited(BRANCH, &[root]);
    let approved = fixture.edited(&[(18, "request")], &[root]);
    [root, base, approved]
}

#[test]
fn clean_merges_of_the_base_lead_to_what_was_approved() {
    let fixture = Fixture::new();
    let [_, base, approved] = request(&fixture);
    assert_eq!(fixture.before(base, approved), []);
    let update = fixture.edited(BOTH, &[approved, base]);
    assert_eq!(fixture.before(base, update), [name(approved)]);
    let later = fixture.edited(&[(2, "branch"), (9, "later")], &[base]);
    assert_eq!(fixture.before(later, update), [name(approved)], "the base went on");
    let again = fixture.edited(&[(2, "branch"), (9, "later"), (18, "request")], &[update, later]);
    assert_eq!(fixture.before(later, again), [name(update), name(approved)]);
}

#[test]
fn a_merge_of_a_base_that_was_merged_before_may_have_several_merge_bases() {
    let fixture = Fixture::new();
    let [_, base, approved] = request(&fixture);
    let update = fixture.edited(BOTH, &[approved, base]);
    // The branch takes the request in as it was approved, and goes on.
    let landed = fixture.edited(BOTH, &[base, approved]);
    let later = fixture.edited(&[(2, "branch"), (9, "later"), (18, "request")], &[landed]);
    let more = fixture.edited(&[(2, "branch"), (14, "more"), (18, "request")], &[update]);
    let both = [(2, "branch"), (9, "later"), (14, "more"), (18, "request")];
    let again = fixture.edited(&both, &[more, later]);
    assert_eq!(fixture.before(later, again), [name(more)]);
}

#[test]
fn what_is_more_or_less_than_a_clean_merge_is_no_update() {
    let fixture = Fixture::new();
    let [root, base, approved] = request(&fixture);
    let none = |head: Oid| assert_eq!(fixture.before(base, head), []);
    none(fixture.edited(&[(2, "branch"), (10, "evil"), (18, "request")], &[approved, base]));
    none(fixture.edited(&[(18, "request")], &[approved, base]));
    none(fixture.edited(BRANCH, &[approved, base]));
    none(fixture.edited(BOTH, &[approved]));
    none(fixture.edited(BOTH, &[base, approved]));
    none(fixture.edited(BOTH, &[approved, base, root]));
    let elsewhere = fixture.edited(BRANCH, &[root]);
    let touched = fixture.edited(&[(2, "branch"), (20, "x")], &[elsewhere]);
    none(fixture.edited(&[(2, "branch"), (18, "request"), (20, "x")], &[approved, touched]));
    let conflict = fixture.edited(&[(2, "request")], &[root]);
    none(fixture.edited(&[(2, "both")], &[conflict, base]));
    none(fixture.edited(&[(2, "request")], &[conflict, base]));
    let orphan = fixture.edited(&[(18, "request")], &[]);
    none(fixture.edited(BOTH, &[orphan, base]));
}

#[test]
fn a_base_that_was_moved_back_has_not_what_was_merged() {
    let fixture = Fixture::new();
    let [root, base, approved] = request(&fixture);
    let update = fixture.edited(BOTH, &[approved, base]);
    assert_eq!(fixture.before(root, update), []);
}

#[test]
fn the_way_down_ends_where_the_base_begins() {
    let fixture = Fixture::new();
    let [root, base, approved] = request(&fixture);
    let landed = fixture.edited(BOTH, &[base, approved]);
    let onward = fixture.edited(&[(2, "branch"), (9, "later"), (18, "request")], &[landed]);
    // A request that begins on the branch, with a merge that brings nothing.
    let empty = fixture.edited(BOTH, &[landed, base]);
    assert_eq!(fixture.before(onward, empty), []);
    let _ = root;
}

#[test]
fn what_cannot_be_recomputed_is_unseen() {
    let fixture = Fixture::new();
    let [_, base, approved] = request(&fixture);
    let first = fixture.edited(BOTH, &[approved, base]);
    let text = lines(&[(2, "branch"), (9, "later")]);
    let later = fixture.text(&text, &[base]);
    let head = fixture.edited(&[(2, "branch"), (9, "later"), (18, "request")], &[first, later]);
    // The first update cannot be recomputed without the text that both sides began with.
    fixture.remove(fixture.blob(lines(&[]).as_bytes()));
    let updates = fixture.updates(later, head);
    assert_eq!(updates.before, [name(first)]);
    assert_eq!(updates.unseen.unwrap().reason, GapReason::MissingObject);
}

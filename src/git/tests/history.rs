//! Merge bases and ranges over histories of every shape.

use crate::tests::fixture::{Files, Fixture, asking, ids, known, name, names, paths};
use git2::Oid;
use portcullis_model::change::FileStatus;
use portcullis_model::fact::GapReason;
use portcullis_model::inquiry::Inquiry;

#[test]
fn a_straight_line() {
    let fixture = Fixture::new();
    let base = fixture.text("1", &[]);
    let middle = fixture.text("2", &[base]);
    let head = fixture.text("3", &[middle]);
    let change = fixture.change(base, head);
    assert_eq!(change.merge_bases, names(&[base]));
    assert_eq!(ids(&change), names(&[middle, head]));
    assert_eq!(paths(&change.files), ["f"]);
    assert_eq!(change.on_the_way.known().unwrap_err().reason, GapReason::NotAsked);
}

#[test]
fn what_the_base_holds_is_no_change() {
    let fixture = Fixture::new();
    let head = fixture.text("1", &[]);
    let base = fixture.text("2", &[head]);
    for base in [base, head] {
        let change = fixture.change(base, head);
        assert_eq!(change.merge_bases, names(&[head]));
        assert!(change.commits.is_empty() && change.files.is_empty());
    }
}

#[test]
fn every_parent_counts() {
    let fixture = Fixture::new();
    let base = fixture.text("0", &[]);
    let arms: Vec<Oid> = (1..5).map(|arm| fixture.text(&arm.to_string(), &[base])).collect();
    let octopus = fixture.text("merged", &arms);
    let change = fixture.change(base, octopus);
    assert_eq!(ids(&change), names(&[arms.as_slice(), &[octopus]].concat()));
    assert_eq!(change.merge_bases, names(&[base]));
}

#[test]
fn a_criss_cross_has_two_bases_and_the_files_of_both() {
    let fixture = Fixture::new();
    let root = fixture.commit(&fixture.files(&[("a", "0"), ("b", "0"), ("c", "0")]), &[]);
    let left = fixture.commit(&fixture.files(&[("a", "1"), ("b", "0"), ("c", "0")]), &[root]);
    let right = fixture.commit(&fixture.files(&[("a", "0"), ("b", "1"), ("c", "0")]), &[root]);
    let both = fixture.files(&[("a", "1"), ("b", "1"), ("c", "0")]);
    let base = fixture.commit_at(&both, &[left, right], 2_000);
    let head = fixture.commit_at(&both, &[right, left], 3_000);
    let change = fixture.change(base, head);
    assert_eq!(change.merge_bases, names(&[left, right]));
    assert_eq!(ids(&change), names(&[head]));
    assert_eq!(paths(&change.files), ["a", "b"]);
}

#[test]
fn unrelated_histories_add_everything() {
    let fixture = Fixture::new();
    let base = fixture.commit(&fixture.files(&[("a", "1"), ("d/b", "2")]), &[]);
    let head = fixture.commit_at(&fixture.files(&[("a", "1"), ("d/b", "3")]), &[], 7);
    let change = fixture.change(base, head);
    assert!(change.merge_bases.is_empty());
    assert_eq!(ids(&change), names(&[head]));
    assert_eq!(paths(&change.files), ["a", "d/b"]);
    assert!(change.files.iter().all(|file| file.status == FileStatus::Added));
}

/// The head's history is older than the epoch says, or from the far future.
#[test]
fn false_dates_hide_no_commit() {
    for dates in [[9_000, 1, 5_000, 2], [1, 9_000, 2, 9_001], [-5, 7, i64::MAX, 0], [0, 0, 0, 0]] {
        let fixture = Fixture::new();
        let at = |text: &str, parents: &[Oid], date| {
            fixture.commit_at(&fixture.files(&[("f", text)]), parents, date)
        };
        let root = at("0", &[], dates[0]);
        let shared = at("1", &[root], dates[1]);
        let base = at("2", &[shared], dates[2]);
        let side = at("3", &[root], dates[3]);
        let head = at("4", &[shared, side], dates[1]);
        let change = fixture.change(base, head);
        assert_eq!(change.merge_bases, names(&[shared]), "{dates:?}");
        assert_eq!(ids(&change), names(&[side, head]), "{dates:?}");
    }
}

/// `base` reaches `bridged` only through a commit that claims to be very old.
#[test]
fn a_way_through_an_old_date_is_followed_into_the_range() {
    let fixture = Fixture::new();
    let at =
        |text: &str, parents: &[Oid], date| fixture.commit_at(&fixture.files(&[("f", text)]), parents, date);
    let root = at("0", &[], 1);
    let bridged = at("1", &[root], 5_000);
    let bridge = at("2", &[bridged], 10);
    let shared = at("3", &[bridge, root], 4_000);
    let base = at("4", &[shared], 9_000);
    let head = at("5", &[shared, bridged], 9_000);
    let change = fixture.change(base, head);
    assert_eq!((ids(&change), change.merge_bases), (names(&[head]), names(&[shared])));
}

#[test]
fn a_younger_looking_ancestor_is_no_second_base() {
    let fixture = Fixture::new();
    let at =
        |text: &str, parents: &[Oid], date| fixture.commit_at(&fixture.files(&[("f", text)]), parents, date);
    let older = at("0", &[], 5_000);
    let between = at("1", &[older], 50);
    let best = at("2", &[between], 100);
    let base = at("3", &[best, older], 9_000);
    let head = at("4", &[best, older], 9_001);
    assert_eq!(fixture.change(base, head).merge_bases, names(&[best]));
}

#[test]
fn who_wrote_what() {
    let fixture = Fixture::new();
    let base = fixture.text("1", &[]);
    let tree = fixture.tree(&fixture.files(&[("f", "2")]));
    let headers = "author Robin Example <robin@example.test> 1 +0000\ncommitter Kim Example <kim@example.test> 2 +0000\n";
    let message = "Load records\n\nCo-authored-by: Alex Example <alex@example.test>";
    let head = fixture.raw_commit(tree, &[base], headers, message);
    let commit = &fixture.change(base, head).commits[0];
    assert_eq!(
        (commit.author.email.as_str(), commit.committer.email.as_str()),
        ("robin@example.test", "kim@example.test")
    );
    assert_eq!(
        (commit.co_authors[0].name.as_str(), commit.subject.as_str()),
        ("Alex Example", "Load records")
    );
    assert_eq!((commit.tree.as_str(), &commit.parents), (tree.to_string().as_str(), &names(&[base])));
}

fn on_the_way(fixture: &Fixture, base: Oid, head: Oid) -> Vec<String> {
    let inquiry = Inquiry { each_commit: true, ..asking(&["nominal"]) };
    let change = known(fixture.open().change(&name(base), &name(head), &inquiry));
    paths(change.on_the_way.known().unwrap())
}

#[test]
fn what_is_put_in_and_taken_out_again_is_on_the_way() {
    let fixture = Fixture::new();
    let clean = fixture.files(&[("f", "1")]);
    let base = fixture.commit(&clean, &[]);
    let bad = fixture.commit(&fixture.files(&[("f", "1"), ("services/upload", "nominal")]), &[base]);
    let head = fixture.commit(&clean, &[bad]);
    assert!(fixture.change(base, head).files.is_empty());
    assert_eq!(on_the_way(&fixture, base, head), ["services/upload", "services/upload"]);
}

#[test]
fn what_a_merge_adds_by_itself_is_on_the_way() {
    let fixture = Fixture::new();
    let files = |pairs: &[(&str, &str)]| -> Files { fixture.files(pairs) };
    let base = fixture.commit(&files(&[("a", "0"), ("b", "0"), ("c", "0")]), &[]);
    let left = fixture.commit(&files(&[("a", "1"), ("b", "0"), ("c", "0")]), &[base]);
    let right = fixture.commit(&files(&[("a", "0"), ("b", "1"), ("c", "0")]), &[base]);
    let honest = fixture.commit(&files(&[("a", "1"), ("b", "1"), ("c", "0")]), &[left, right]);
    assert_eq!(on_the_way(&fixture, base, honest), ["a", "b"]);
    let again = fixture.commit(&files(&[("a", "0"), ("b", "2"), ("c", "0")]), &[right]);
    let clean = fixture.commit(&files(&[("a", "1"), ("b", "2"), ("c", "0")]), &[left, again]);
    assert_eq!(on_the_way(&fixture, base, clean), ["a", "b", "b"]);
    let evil = fixture.commit(&files(&[("a", "1"), ("b", "1"), ("c", "evil")]), &[left, right]);
    assert_eq!(on_the_way(&fixture, base, evil), ["a", "b", "c"]);
    let dropping = fixture.commit(&files(&[("a", "1"), ("b", "1")]), &[left, right]);
    assert_eq!(on_the_way(&fixture, base, dropping), ["a", "b", "c"]);
}

#[test]
fn a_root_on_the_way_adds_everything() {
    let fixture = Fixture::new();
    let base = fixture.text("1", &[]);
    let root = fixture.commit_at(&fixture.files(&[("g", "nominal")]), &[], 7);
    let head = fixture.text("1", &[base, root]);
    assert_eq!(on_the_way(&fixture, base, head), ["g"]);
    assert!(fixture.change(base, head).files.is_empty());
}

/// The tree that would land, recomputed: what somebody approved as a tree is compared with it.
#[test]
fn the_tree_that_merging_gives() {
    let fixture = Fixture::new();
    let root = fixture.commit(&fixture.files(&[("a", "0"), ("b", "0")]), &[]);
    let base = fixture.commit(&fixture.files(&[("a", "1"), ("b", "0")]), &[root]);
    let head = fixture.commit(&fixture.files(&[("a", "0"), ("b", "1")]), &[root]);
    let landing = |base: Oid, head: Oid| {
        fixture.open().landing_tree(&name(base), &name(head)).unwrap().map(|tree| tree.to_string())
    };
    let merged = fixture.tree(&fixture.files(&[("a", "1"), ("b", "1")])).to_string();
    assert_eq!(landing(base, head), Some(merged));
    let own = fixture.tree(&fixture.files(&[("a", "0"), ("b", "1")])).to_string();
    assert_eq!(landing(root, head), Some(own), "it begins at the tip");
    // A conflict is for a person, and without a history in common there is no merge.
    let other = fixture.commit(&fixture.files(&[("a", "2"), ("b", "0")]), &[root]);
    assert_eq!(landing(base, other), None);
    assert_eq!(landing(base, fixture.commit(&fixture.files(&[("a", "3")]), &[])), None);
    assert!(fixture.open().landing_tree(&name(base), &"1".repeat(40).try_into().unwrap()).is_err());
}

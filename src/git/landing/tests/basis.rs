//! A commit of a request becomes an ancestor of the branch without its content. The request adds a
//! guard in line 4, and then switches something on in line 16: what merging it brings must never be
//! the switch without the guard.

use crate::landing::tests::fixture::{Fixture, lines, name};
use git2::Oid;
use portcullis_model::change::Basis;
use portcullis_model::fact::{Fact, GapReason};

type Edits = [(usize, &'static str)];

const GUARD: (usize, &str) = (4, "guard");
const ON: (usize, &str) = (16, "on");
const BOTH: &Edits = &[GUARD, ON];
const STOPPED: &str = "unverifiable: Contradiction";

/// Where both begin, the guard, and the head.
fn request(fixture: &Fixture) -> [Oid; 3] {
    let root = fixture.edited(&[], &[]);
    let guard = fixture.edited(&[GUARD], &[root]);
    let head = fixture.edited(BOTH, &[guard]);
    [root, guard, head]
}

impl Fixture {
    fn basis(&self, base: Oid, head: Oid) -> Result<Basis, GapReason> {
        match self.change(base, head).basis {
            Fact::Known(basis) => Ok(basis),
            Fact::Gap(gap) => Err(gap.reason),
        }
    }

    /// The same as a landed merge, as a squash, and as a request that is still to land.
    fn stops(&self, main: Oid, head: Oid, landed: &Edits) {
        self.lands(main, head, landed, STOPPED, Err(GapReason::Contradiction));
    }

    fn allows(&self, main: Oid, head: Oid, landed: &Edits, basis: Basis) {
        self.lands(main, head, landed, "replay 1", Ok(basis));
    }

    fn lands(&self, main: Oid, head: Oid, landed: &Edits, covered: &str, basis: Result<Basis, GapReason>) {
        assert_eq!(self.basis(main, head), basis);
        for parents in [&[main, head][..], &[main]] {
            assert_eq!(self.covered(main, self.edited(landed, parents), &[head]), covered);
        }
    }
}

#[test]
fn a_merge_that_keeps_the_branchs_own_tree() {
    let fixture = Fixture::new();
    let [root, guard, head] = request(&fixture);
    fixture.stops(fixture.edited(&[], &[root, guard]), head, &[ON]);
    // The merge may say any date, and more may have come since.
    for date in [1, 2_000_000_000] {
        let main = fixture.commit_at(&fixture.files(&[("f", &lines(&[]))]), &[root, guard], date);
        fixture.stops(main, head, &[ON]);
        let main = fixture.edited(&[(10, "later")], &[main]);
        fixture.stops(main, head, &[(10, "later"), ON]);
    }
}

/// The twin of all of them: the guard came as it is.
#[test]
fn a_request_that_is_built_on_another_one() {
    let fixture = Fixture::new();
    let [root, guard, head] = request(&fixture);
    let main = fixture.edited(&[GUARD], &[root, guard]);
    fixture.allows(main, head, BOTH, Basis::SameTree);
    let edited = fixture.edited(&[(4, "a better guard")], &[main]);
    fixture.allows(edited, head, &[(4, "a better guard"), ON], Basis::Incorporated);
    let busy = fixture.edited(&[(10, "busy"), GUARD], &[fixture.edited(&[(10, "busy")], &[root]), guard]);
    fixture.allows(busy, head, &[(10, "busy"), GUARD, ON], Basis::SameTree);
}

#[test]
fn a_request_whose_diff_is_empty() {
    let fixture = Fixture::new();
    let [root, guard, head] = request(&fixture);
    let empty = fixture.edited(&[], &[root, guard]);
    let main = fixture.edited(&[], &[root, empty]);
    assert_eq!(fixture.covered(root, main, &[empty]), "identity 1", "what changes nothing may land");
    fixture.stops(main, head, &[ON]);
}

#[test]
fn a_request_with_the_commit_and_its_revert() {
    let fixture = Fixture::new();
    let [root, guard, head] = request(&fixture);
    for kept in [&[][..], &[(10, "something else")], &[(4, "a remark")], &[(4, ""), (10, "more")]] {
        let revert = fixture.edited(kept, &[guard]);
        let main = fixture.edited(kept, &[root, revert]);
        assert_eq!(fixture.covered(root, main, &[revert]), "identity 1");
        fixture.stops(main, head, &[kept, &[ON]].concat());
    }
}

#[test]
fn a_merge_that_keeps_only_a_part() {
    let fixture = Fixture::new();
    let root = fixture.edited(&[], &[]);
    let guard = fixture.edited(&[GUARD, (8, "and its test")], &[root]);
    let head = fixture.edited(&[GUARD, (8, "and its test"), ON], &[guard]);
    let part = fixture.edited(&[(8, "and its test")], &[root, guard]);
    fixture.stops(part, head, &[(8, "and its test"), ON]);
    let whole = fixture.edited(&[GUARD, (8, "and its test")], &[root, guard]);
    fixture.allows(whole, head, &[GUARD, (8, "and its test"), ON], Basis::SameTree);
}

#[test]
fn a_commit_that_came_by_way_of_another_branch() {
    let fixture = Fixture::new();
    let [root, guard, head] = request(&fixture);
    let aside = fixture.edited(&[(10, "aside")], &[root]);
    let aside = fixture.edited(&[(10, "aside")], &[aside, guard]);
    let aside = fixture.edited(&[(10, "aside"), (12, "more")], &[aside]);
    fixture.stops(
        fixture.edited(&[(10, "aside"), (12, "more")], &[root, aside]),
        head,
        &[(10, "aside"), (12, "more"), ON],
    );
    let octopus = fixture.edited(&[(10, "aside")], &[root, fixture.edited(&[(10, "aside")], &[root]), guard]);
    fixture.stops(octopus, head, &[(10, "aside"), ON]);
}

#[test]
fn one_of_two_commits_came_without_its_content() {
    let fixture = Fixture::new();
    let root = fixture.edited(&[], &[]);
    let first = fixture.edited(&[GUARD], &[root]);
    let second = fixture.edited(&[GUARD, (8, "another guard")], &[first]);
    let head = fixture.edited(&[GUARD, (8, "another guard"), ON], &[second]);
    let one = fixture.edited(&[GUARD], &[root, first]);
    let edited = fixture.edited(&[(4, "a better guard")], &[one]);
    fixture.stops(
        fixture.edited(&[(4, "a better guard")], &[edited, second]),
        head,
        &[(4, "a better guard"), ON],
    );
    let two = fixture.edited(&[(4, "a better guard"), (8, "another guard")], &[edited, second]);
    let again = fixture.edited(&[(4, "a better guard"), (8, "as good")], &[two]);
    fixture.allows(again, head, &[(4, "a better guard"), (8, "as good"), ON], Basis::Incorporated);
}

#[test]
fn a_series_that_is_replayed_without_its_first_commit() {
    let fixture = Fixture::new();
    let [root, guard, head] = request(&fixture);
    let last = fixture.edited(&[GUARD, ON, (18, "more")], &[head]);
    let series = |main: Oid, kept: &Edits| {
        let one = fixture.edited(&[kept, &[ON]].concat(), &[main]);
        let two = fixture.edited(&[kept, &[ON, (18, "more")]].concat(), &[one]);
        fixture.covered(main, two, &[last])
    };
    assert_eq!(series(fixture.edited(&[], &[root, guard]), &[]), STOPPED);
    assert_eq!(series(fixture.edited(&[GUARD], &[root, guard]), &[GUARD]), "rebase 1");
}

#[test]
fn a_batch_that_holds_the_commit_and_its_revert_besides() {
    let fixture = Fixture::new();
    let [root, guard, head] = request(&fixture);
    let revert = fixture.edited(&[(10, "another")], &[guard]);
    let batch = fixture.edited(&[(10, "another"), ON], &[root]);
    assert_eq!(fixture.covered(root, batch, &[revert, head]), STOPPED);
    let octopus = fixture.edited(&[(10, "another"), ON], &[root, revert, head]);
    assert_eq!(fixture.covered(root, octopus, &[revert, head]), STOPPED);
    let below = fixture.edited(&[GUARD, (10, "another")], &[guard]);
    let batch = fixture.edited(&[GUARD, (10, "another"), ON], &[root]);
    assert_eq!(fixture.covered(root, batch, &[below, head]), "train 1 2");
}

#[test]
fn an_update_that_brings_the_commit_without_its_content() {
    let fixture = Fixture::new();
    let [root, guard, head] = request(&fixture);
    let main = fixture.edited(&[], &[root, guard]);
    let update = fixture.edited(&[ON], &[head, main]);
    assert_eq!(fixture.change(main, update).updates.before, []);
    assert_eq!(fixture.basis(main, update), Ok(Basis::FirstParent), "its diff shows what lands");
    assert_eq!(fixture.covered(main, fixture.edited(&[ON], &[main, update]), &[head]), STOPPED);
    assert_eq!(fixture.covered(main, fixture.edited(&[ON], &[main, update]), &[update]), "identity 1");
    let main = fixture.edited(&[GUARD, (10, "main")], &[fixture.edited(&[(10, "main")], &[root]), guard]);
    let update = fixture.edited(&[GUARD, (10, "main"), ON], &[head, main]);
    assert_eq!(fixture.change(main, update).updates.before, [name(head)]);
}

/// The request was kept up to date before: there are two merge bases.
#[test]
fn a_request_that_was_updated_before() {
    let fixture = Fixture::new();
    let [root, guard, head] = request(&fixture);
    let news = fixture.edited(&[(10, "news")], &[root]);
    let update = fixture.edited(&[GUARD, (10, "news"), ON], &[head, news]);
    assert_eq!(fixture.change(news, update).updates.before, [name(head)]);
    let main = fixture.edited(&[(10, "news")], &[news, guard]);
    fixture.stops(main, update, &[(10, "news"), ON]);
    let again = fixture.edited(&[(10, "news"), ON], &[update, main]);
    assert_eq!(fixture.change(main, again).updates.before, []);
    let honest = fixture.edited(&[GUARD, (10, "news")], &[news, guard]);
    fixture.allows(honest, update, &[GUARD, (10, "news"), ON], Basis::SameTree);
}

/// Somebody pulled on the branch, and pushed a merge the wrong way round: what was its line is not
/// any more.
#[test]
fn a_merge_with_its_parents_the_other_way_round() {
    let fixture = Fixture::new();
    let root = fixture.edited(&[], &[]);
    let before = fixture.edited(&[(10, "main")], &[root]);
    let head = fixture.edited(&[(10, "main"), ON], &[before]);
    let aside = fixture.edited(&[(2, "aside")], &[root]);
    let main = fixture.edited(&[(2, "aside"), (10, "main")], &[aside, before]);
    fixture.allows(main, head, &[(2, "aside"), (10, "main"), ON], Basis::SameTree);
    let edited = fixture.edited(&[(2, "aside"), (10, "edited")], &[main]);
    fixture.allows(edited, head, &[(2, "aside"), (10, "edited"), ON], Basis::Incorporated);
    let lossy = fixture.edited(&[(2, "aside")], &[aside, before]);
    fixture.stops(lossy, head, &[(2, "aside"), ON]);
}

#[test]
fn a_merge_that_nobody_asked_for_and_that_changes_nothing() {
    let fixture = Fixture::new();
    let [root, guard, _] = request(&fixture);
    let ours = fixture.edited(&[], &[root, guard]);
    assert_eq!(fixture.covered(root, ours, &[]), "unverifiable: NotVisible");
    assert_eq!(fixture.covered(root, ours, &[ours]), "identity 1", "a request that shows it");
    let octopus = fixture.edited(&[], &[root, guard, fixture.edited(&[(10, "x")], &[root])]);
    assert_eq!(fixture.covered(root, octopus, &[]), "unverifiable: NotVisible");
    // Nothing is left out: it is an empty commit, or a merge of what is there.
    assert_eq!(fixture.covered(root, fixture.edited(&[], &[root]), &[]), "unchanged");
    let squashed = fixture.edited(&[GUARD], &[root]);
    assert_eq!(fixture.covered(squashed, fixture.edited(&[GUARD], &[squashed, guard]), &[]), "unchanged");
    assert_eq!(fixture.covered(ours, fixture.edited(&[], &[ours, guard]), &[]), "unchanged");
}

/// A branch of fixes that was merged and left out once, because the fix was there in another form.
#[test]
fn a_release_branch_that_was_left_out_once() {
    let fixture = Fixture::new();
    let root = fixture.edited(&[], &[]);
    let main = fixture.edited(&[(4, "fixed otherwise"), (10, "main")], &[root]);
    let fix = fixture.edited(&[(4, "fixed")], &[root]);
    let ours = fixture.edited(&[(4, "fixed otherwise"), (10, "main")], &[main, fix]);
    let merge = fixture.edited(&[(4, "fixed otherwise"), (10, "main")], &[main, ours]);
    assert_eq!(fixture.covered(main, merge, &[ours]), "identity 1");
    let next = fixture.edited(&[(4, "fixed"), (16, "another fix")], &[fix]);
    let landed = [(4, "fixed otherwise"), (10, "main"), (16, "another fix")];
    fixture.stops(merge, next, &landed);
    // As the remedy says: the branch is merged into what is to land.
    let update = fixture.edited(&landed, &[next, merge]);
    assert_eq!(fixture.basis(merge, update), Ok(Basis::FirstParent));
    assert_eq!(fixture.covered(merge, fixture.edited(&landed, &[merge, update]), &[update]), "identity 1");
}

//! Each way of knowing what a review was given on, by each setting, in and outside of areas.

use super::*;
use crate::control::ReviewBasis;
use crate::control::shared::approval::{Approvals, Independence, count_approvals};
use crate::control::testing::*;
use portcullis_model::decision::TouchedArea;
use portcullis_model::review::{Review, ReviewState};

const FROM: &str = "the version that was newest when it was given";

fn tree_of_head() -> ObjectName {
    change_of(&World::honest()).commits[0].tree.clone()
}

fn change_of(world: &World) -> Change {
    world.facts.change.known().unwrap().clone()
}

fn derived(digit: char) -> ReviewedContent {
    ReviewedContent::Derived { commit: revision(digit), from: FROM.to_string() }
}

fn tree(base: Revision, tree: ObjectName) -> ReviewedContent {
    ReviewedContent::Tree { base, tree }
}

/// Kim's review is of this; the settings and what is touched are these. (Alex approved the head as
/// the host states it.)
fn world(reviewed: ReviewedContent, basis: ReviewBasis, touched: Place) -> World {
    let mut world = World::honest();
    world.reviews()[0].reviewed = reviewed;
    world.scope.review_basis = basis;
    match touched {
        Place::Inside => {}
        Place::Outside => world.touched = Fact::Known(Vec::<TouchedArea>::new()),
        Place::Unknown => world.touched = Fact::Gap(gap()),
    }
    world
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Inside,
    Outside,
    Unknown,
}

fn sort(world: &World, subject: ApprovalSubject) -> Approvals {
    count_approvals(&world.case(), Independence { subject, ..Independence::default() }).unwrap()
}

/// `counts`, `unclear`, or why the approval does not count.
fn outcome(world: &World, subject: ApprovalSubject) -> String {
    let approvals = sort(world, subject);
    let is_kim = |login: &str| login == "kim";
    if approvals.counted.iter().any(|approval| is_kim(approval.login.as_str())) {
        return "counts".to_string();
    }
    if approvals.unclear.iter().any(|(approval, _)| is_kim(approval.login.as_str())) {
        return "unclear".to_string();
    }
    let about = approvals.rejected.iter().find(|sentence| sentence.starts_with("review 1 "));
    about.expect("each approval is spoken of").clone()
}

/// The table of the file's head: content, setting and place, and what becomes of the approval.
#[test]
fn each_content_by_each_setting_and_place() {
    use DerivedReviews::{Accept, OutsideDataProcessing, Refuse};
    use Place::{Inside, Outside, Unknown};
    let contents = [
        ("stated head", ReviewedContent::Stated(head())),
        ("stated other", ReviewedContent::Stated(revision('c'))),
        ("derived head", derived('b')),
        ("derived other", derived('c')),
        ("the tree", tree(base(), tree_of_head())),
        ("another tree", tree(base(), object('9'))),
        ("the tree over another base", tree(revision('d'), tree_of_head())),
        ("unknown", ReviewedContent::Unknown),
        ("unseen", ReviewedContent::Unseen(gap())),
    ];
    for (name, content) in &contents {
        for setting in [Refuse, OutsideDataProcessing, Accept] {
            for trees in [TreeReviews::Proved, TreeReviews::Refuse] {
                for place in [Inside, Outside, Unknown] {
                    for subject in [ApprovalSubject::Code, ApprovalSubject::Gate] {
                        let basis = ReviewBasis { derived: setting, trees };
                        let outcome = outcome(&world(content.clone(), basis, place), subject);
                        let derived = match (setting, subject, place) {
                            (Accept, ..) | (OutsideDataProcessing, ApprovalSubject::Code, Outside) => {
                                "counts"
                            }
                            (OutsideDataProcessing, ApprovalSubject::Code, Unknown) => "unclear",
                            _ => "does not count",
                        };
                        let expected = match *name {
                            "stated head" => "counts",
                            "derived head" => derived,
                            "the tree" if trees == TreeReviews::Proved => "counts",
                            "unseen" => "unclear",
                            _ => "does not count",
                        };
                        let case = format!("{name}, {basis:?}, {place:?}, {subject:?}: {outcome}");
                        assert!(outcome.contains(expected), "{case}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_refused_derived_commit_is_told_with_what_it_was_derived_from() {
    let told = |derived, place, subject| {
        let basis = ReviewBasis { derived, ..ReviewBasis::default() };
        outcome(&world(super::tests::derived('b'), basis, place), subject)
    };
    let start = "review 1 by kim does not count: the host does not state the commit it was given on; bbbbbbbbbb was \
                 derived from the version that was newest when it was given, and ";
    let code = ApprovalSubject::Code;
    for (derived, place, subject, why) in [
        (DerivedReviews::Refuse, Place::Outside, code, "the policy counts only approvals of a stated commit"),
        (
            DerivedReviews::default(),
            Place::Inside,
            code,
            "for data-processing code only a stated commit counts",
        ),
        (
            DerivedReviews::default(),
            Place::Outside,
            ApprovalSubject::Gate,
            "for files that steer the gate only a stated commit counts",
        ),
    ] {
        assert_eq!(told(derived, place, subject), format!("{start}{why}"));
    }
}

#[test]
fn only_an_approval_that_lacks_nothing_else_would_count_with_derived_commits() {
    let of = |change: fn(&mut World)| {
        let mut world = world(derived('b'), ReviewBasis::default(), Place::Inside);
        change(&mut world);
        sort(&world, ApprovalSubject::Code).derived
    };
    assert_eq!(of(|_| {}), ["kim"]);
    assert!(of(|world| world.request().author = Some(account("kim"))).is_empty());
    assert!(of(|world| world.reviews().push(review(9, "kim", ReviewState::Dismissed))).is_empty());
    assert!(of(|world| world.reviews()[0].submitted = None).is_empty());
}

/// A later approval of something else replaces an earlier one of the head, however it is known.
#[test]
fn a_later_approval_of_something_else_takes_the_earlier_one_with_it() {
    let accept = ReviewBasis { derived: DerivedReviews::Accept, trees: TreeReviews::Proved };
    let after = |first: ReviewedContent, later: ReviewedContent, basis| {
        let mut world = world(first, basis, Place::Inside);
        world.reviews().push(Review { reviewed: later, ..review(9, "kim", ReviewState::Approved) });
        outcome(&world, ApprovalSubject::Code)
    };
    let heads = || [ReviewedContent::Stated(head()), derived('b'), tree(base(), tree_of_head())];
    let others = || {
        [
            ReviewedContent::Stated(revision('c')),
            derived('c'),
            tree(base(), object('9')),
            ReviewedContent::Unknown,
            ReviewedContent::Unseen(gap()),
        ]
    };
    for first in heads() {
        for later in others() {
            let outcome = after(first.clone(), later.clone(), accept);
            let is_replaced = outcome.contains("later approved another commit (review 9)");
            // What could not be seen may be of the head, so the person may still count.
            assert!(
                is_replaced || matches!(later, ReviewedContent::Unseen(_)),
                "{first:?} {later:?}: {outcome}"
            );
            assert_ne!(outcome, "counts", "{first:?} {later:?}");
        }
        for later in heads() {
            assert_eq!(after(first.clone(), later, accept), "counts");
        }
    }
    // Where derived commits do not count, nobody knows that the later opinion is of the head.
    let strict = ReviewBasis { derived: DerivedReviews::Refuse, ..accept };
    let outcome = after(ReviewedContent::Stated(head()), derived('b'), strict);
    assert!(outcome.contains("later approved another commit"), "{outcome}");
}

#[test]
fn a_derived_commit_outlives_proved_updates_as_a_stated_one_does() {
    let basis = ReviewBasis { derived: DerivedReviews::Accept, ..ReviewBasis::default() };
    let mut updated = world(derived('c'), basis, Place::Inside);
    updated.add_commit(commit(revision('c'), "robin"), accounts("robin"));
    assert!(outcome(&updated, ApprovalSubject::Code).contains("not on the judged head"));
    updated.change().updates.before = vec![revision('c')];
    assert_eq!(outcome(&updated, ApprovalSubject::Code), "counts");
    let mut unseen = world(derived('c'), basis, Place::Inside);
    unseen.change().updates.unseen = Some(gap());
    assert_eq!(outcome(&unseen, ApprovalSubject::Code), "unclear");
}

/// The tree over the tip of the branch is what merging gives, which is not the head's own tree when
/// the branch has moved.
#[test]
fn a_tree_over_the_tip_counts_where_merging_gives_it() {
    let moved = |landing: Option<ObjectName>| {
        let mut world = world(tree(base(), object('9')), ReviewBasis::default(), Place::Inside);
        world.change().merge_bases = vec![revision('d')];
        world.change().landing_tree = landing;
        outcome(&world, ApprovalSubject::Code)
    };
    assert_eq!(moved(Some(object('9'))), "counts");
    for other in [None, Some(object('8'))] {
        assert!(moved(other).contains("which is not what the request would land"));
    }
    // The head's own tree over the tip would take away what the branch has gained.
    let mut stale = world(tree(base(), tree_of_head()), ReviewBasis::default(), Place::Inside);
    stale.change().merge_bases = vec![revision('d')];
    stale.change().landing_tree = Some(object('9'));
    assert!(outcome(&stale, ApprovalSubject::Code).contains("not what the request would land"));
    // Over one of several merge bases it is not known what the reviewer saw.
    let mut crossed = world(tree(base(), tree_of_head()), ReviewBasis::default(), Place::Inside);
    crossed.change().merge_bases = vec![base(), revision('d')];
    assert!(outcome(&crossed, ApprovalSubject::Code).contains("not what the request would land"));
}

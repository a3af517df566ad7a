//! Signed reviews beside those of a host.

use super::*;
use crate::control::ReviewSettings;
use crate::control::testing::*;
use ReviewState::{Approved, ChangesRequested};
use portcullis_model::digest::Digest;
use portcullis_model::review::Review;
use portcullis_model::signed::{ReviewChain, SignedReview, SignedReviews, SigningPerson};

fn person(name: &str) -> SigningPerson {
    SigningPerson { principals: [name.to_string()].into() }
}

fn signed(name: &str, number: u64, state: ReviewState) -> Review {
    let signer = person(name);
    let source = ReviewSource::Signed(SignedReview {
        chain: name.into(),
        key: "SHA256:key".into(),
        statement: Digest::of(b"statement"),
        roles: BTreeSet::new(),
        signer: signer.clone(),
    });
    Review {
        id: format!("{name}#{number}").into(),
        position: number,
        reviewer: Some(signer.account(name)),
        submitted: None,
        source,
        ..review(number, name, state)
    }
}

/// The honest change, with these signed reviews; the host's are those of Alex and Kim.
fn world(beside_host: bool, reviews: Vec<Review>) -> World {
    let mut world = World::honest();
    let chain = |review: &Review| ReviewChain {
        reviewer: review.reviewer.as_ref().unwrap().login.to_string(),
        tip: head(),
        length: 1,
        listed: true,
        reviews: Fact::Known(vec![review.clone()]),
        passed_over: Vec::new(),
    };
    let signers = ["robin-key", "kim-key", "alex-key"].map(person).into();
    let chains = reviews.iter().map(chain).collect();
    world.facts.signed = Fact::Known(SignedReviews { signers, chains, imported: Fact::Known(Vec::new()) });
    world.scope.reviews =
        ReviewSettings { signers: Some("signers".into()), beside_host, ..Default::default() };
    world
}

fn approvals(world: &World) -> Approvals {
    count_approvals(&world.case(), Independence::default()).unwrap()
}

fn counted(world: &World) -> Vec<String> {
    approvals(world).counted.iter().map(|approval| approval.login.to_string()).collect()
}

#[test]
fn a_signed_review_counts_beside_a_host_where_the_policy_says_so() {
    for (beside, people) in [(false, 2), (true, 3)] {
        let mut world = world(beside, vec![signed("sam-key", 1, Approved)]);
        world.person("Sam", &["sam-login", "sam-key"], &[]);
        assert_eq!(counted(&world).len(), people, "{:?}", approvals(&world));
    }
}

#[test]
fn attack_a_signer_without_a_login_approves_beside_a_host() {
    let mut world = world(true, vec![signed("sam@example.test", 1, Approved)]);
    assert_eq!(counted(&world).len(), 2);
    world.person("Sam", &[], &["sam@example.test"]);
    assert_eq!(counted(&world).len(), 2);
    let rejected = approvals(&world).rejected;
    assert!(rejected.iter().any(|why| why.contains("with a login on the host")), "{rejected:?}");
}

#[test]
fn attack_an_objection_in_one_place_is_answered_in_another() {
    let mut one = world(true, vec![signed("kim-key", 1, ChangesRequested)]);
    one.person("Kim", &["kim", "kim-key"], &[]);
    assert_eq!(counted(&one), ["alex"]);
    assert_eq!(approvals(&one).objections.len(), 1);
    let mut other = world(true, vec![signed("kim-key", 1, Approved)]);
    other.person("Kim", &["kim", "kim-key"], &[]);
    *other.reviews() = vec![review(9, "kim", ChangesRequested)];
    assert!(counted(&other).is_empty());
    assert_eq!(approvals(&other).objections.len(), 1);
    *other.reviews() = vec![review(8, "kim", ChangesRequested), review(9, "kim", Approved)];
    assert_eq!(counted(&other).len(), 1, "the host's own approval answers it");
}

#[test]
fn attack_a_second_vote_with_a_key() {
    let mut world = world(true, vec![signed("kim-key", 1, Approved)]);
    world.person("Kim", &["kim", "kim-key"], &[]);
    assert_eq!(counted(&world).len(), 2);
}

#[test]
fn a_chain_that_cannot_be_relied_on_leaves_it_open() {
    let mut world = world(true, vec![signed("robin-key", 1, Approved)]);
    world.person("Robin", &["robin-x", "robin-key"], &[]);
    let gap = Gap::new("the signed reviews of robin-key", GapReason::Untrusted, "cut", "Restore it");
    if let Fact::Known(signed) = &mut world.facts.signed {
        signed.chains[0].reviews = Fact::Gap(gap.clone());
    }
    let found = approvals(&world);
    assert_eq!((found.unreliable.as_slice(), found.unclear.len()), (&[gap][..], 1));
    assert_eq!(found.objection_findings("required-reviews", "7").len(), 1);
    if let Fact::Known(signed) = &mut world.facts.signed {
        signed.chains[0].listed = false;
    }
    let found = approvals(&world);
    assert!(found.unreliable.is_empty() && found.unclear.is_empty(), "nobody who may sign");
}

//! What became of reviews, where they are on a host, in the repository, or were not seen.

use super::*;
use portcullis_judge::control::finding;
use portcullis_judge::control::testing::{World, gap, head, review};
use portcullis_model::decision::SubjectKind;
use portcullis_model::signed::{ReviewChain, SignedReviews};

fn signed(chains: &[Fact<Vec<Review>>]) -> Fact<SignedReviews> {
    let chain = |reviews: &Fact<Vec<Review>>| ReviewChain {
        reviewer: "robin".to_string(),
        tip: head(),
        length: 1,
        listed: true,
        reviews: reviews.clone(),
        passed_over: Vec::new(),
    };
    let chains = chains.iter().map(chain).collect();
    let imported = Fact::Gap(Gap::not_asked("reviews of other systems", "Ask for them."));
    Fact::Known(SignedReviews { signers: Vec::new(), chains, imported })
}

fn facts(on_host: Fact<Vec<Review>>, signed: Fact<SignedReviews>) -> Facts {
    let mut facts = World::honest().facts;
    facts.host.reviews = on_host;
    facts.signed = signed;
    facts
}

#[test]
fn reviews_that_were_not_seen_are_not_reviews_that_nobody_gave() {
    let one = |name: &str| Fact::Known(vec![review(1, name, ReviewState::Approved)]);
    let none = || Fact::Gap(Gap::not_asked("signed reviews", "Ask for them."));
    let count = |is_host_asked, on_host, signed| {
        reviews_of(is_host_asked, &facts(on_host, signed)).map(|all| all.len()).ok()
    };
    assert_eq!(count(true, one("kim"), none()), Some(1));
    assert_eq!(count(true, one("kim"), signed(&[one("robin")])), Some(2));
    assert_eq!(count(false, Fact::Gap(gap()), signed(&[one("robin")])), Some(1));
    for (is_host_asked, on_host, signed) in [
        (true, Fact::Gap(gap()), signed(&[one("robin")])),
        (false, Fact::Gap(gap()), none()),
        (false, Fact::Gap(gap()), signed(&[])),
        (false, Fact::Gap(gap()), signed(&[one("robin"), Fact::Gap(gap())])),
        (true, one("kim"), Fact::Gap(gap())),
    ] {
        assert_eq!(count(is_host_asked, on_host.clone(), signed.clone()), None, "{on_host:?} {signed:?}");
    }
}

#[test]
fn a_review_counts_as_the_control_says_and_not_as_its_reviewer_is_called() {
    let weigh = |login: &str, detail: &str| {
        let found = finding("required-reviews", Verdict::Met, SubjectKind::Request, "7", "enough");
        let findings = [found.details(vec![detail.to_string()])];
        match weigh_review(&findings, &review(5, login, ReviewState::Approved)) {
            ReviewWeight::Counts => "counts".to_string(),
            ReviewWeight::DoesNotCount(why) => why.to_string(),
            ReviewWeight::Objects | ReviewWeight::NotJudged => "other".to_string(),
        }
    };
    assert_eq!(weigh("robin", "review 5 by robin counts"), "counts");
    assert_eq!(weigh("robin", "review 5 by robin counts: it is signed with SHA256:x"), "counts");
    assert_eq!(weigh("robin", "review 5 by robin does not count: too old"), ": too old");
    let named = "robin counts: yes";
    assert_eq!(weigh(named, &format!("review 5 by {named} does not count: too old")), ": too old");
    assert_eq!(weigh("robin", "review 55 by robin counts"), "other");
}

//! Which reviews are looked at: those of the host, and those that reviewers signed where the policy
//! counts them.
//!
//! Signed reviews count where no host has reviews of its own; beside a host's they count where the
//! policy says so, and so do those of other systems that the policy imports. A chain that cannot be
//! relied on may hide an objection of a person who may sign, so it is not passed over in silence.

use crate::control::Case;
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::facts::Facts;
use portcullis_model::review::Review;
use portcullis_model::signed::{ReviewChain, SignedReviews};

/// Every review that may count.
#[derive(Default)]
pub struct AllReviews<'a> {
    /// The reviews, those of the host first.
    pub reviews: Vec<&'a Review>,
    /// Why signed statements on the judged head do not count, one sentence each.
    pub passed_over: Vec<String>,
    /// The chains of people who may sign that cannot be relied on, each with why.
    pub unreliable: Vec<(&'a ReviewChain, Gap)>,
}

impl<'a> AllReviews<'a> {
    /// The reviews of a case.
    ///
    /// # Errors
    /// The host's reviews could not be seen, or the signed ones could not be where they count.
    pub fn of(case: &Case<'a>) -> Result<Self, Gap> {
        let facts = case.facts;
        let mut all = AllReviews::default();
        match &facts.host.reviews {
            Fact::Known(reviews) => all.reviews.extend(reviews),
            Fact::Gap(gap) => return Err(gap.clone()),
        }
        if is_counting_signed(case) {
            match &facts.signed {
                Fact::Known(signed) => all.add_signed(signed, case)?,
                Fact::Gap(gap) => return Err(gap.clone()),
            }
        }
        Ok(all)
    }

    fn add_signed(&mut self, signed: &'a SignedReviews, case: &Case<'_>) -> Result<(), Gap> {
        signed.chains.iter().for_each(|chain| self.add_chain(chain));
        if !case.scope.reviews.imports.is_empty() {
            match &signed.imported {
                Fact::Known(imported) => self.reviews.extend(imported),
                Fact::Gap(gap) => return Err(gap.clone()),
            }
        }
        Ok(())
    }

    fn add_chain(&mut self, chain: &'a ReviewChain) {
        self.passed_over.extend(chain.passed_over.iter().cloned());
        match &chain.reviews {
            _ if !chain.listed => {}
            Fact::Known(reviews) => self.reviews.extend(reviews),
            Fact::Gap(gap) => self.unreliable.push((chain, gap.clone())),
        }
    }
}

/// Does the policy count signed reviews of this change?
pub fn is_counting_signed(case: &Case<'_>) -> bool {
    let settings = &case.scope.reviews;
    settings.is_asking() && (settings.beside_host || is_alone(case.facts))
}

/// Are signed reviews the only ones?
pub fn is_alone(facts: &Facts) -> bool {
    facts.host.is_without_requests()
}

//! A landing that came in long ago, judged alone: what the deployment gate finds of it, with the
//! waivers that were in force at the moment it is judged at.
//!
//! What the gate asks once, of the branch, the baseline and the candidate, is left out: it belongs
//! to deployments, which have decisions of their own.

use super::deployment::judge_landings;
use super::landing::{share_of, touched_by};
use super::owner::LandingOwner;
use super::waivers::{self, ScopedFinding};
use super::{
    altered_policy, gate, judged_commits, policy_reference, read_altered, sealed_decision, stricter_of,
};
use crate::control::Case;
use crate::control::shared::approval::{Approvals, count_approvals};
use crate::control::shared::identity::Identity;
use crate::control::shared::quorum::is_named;
use crate::control::shared::reviews::AllReviews;
use crate::policy::Policy;
use portcullis_model::decision::{Decision, Judged, TouchedArea};
use portcullis_model::deployment::{Deployment, LandingFacts};
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::id::RequestId;
use portcullis_model::review::{Review, ReviewState};

/// Judges the landings of facts that are of nothing else, each by itself.
///
/// A policy that they alter is asked, too: the stricter of old and new, as for a change.
pub fn decide_landed(policy: &Policy, facts: &Deployment) -> Decision {
    let policy = &*policy.in_force(&facts.whole);
    let (mut areas, mut found) = judge_landed(policy, facts);
    let mut after = None;
    if let Some(text) = altered_policy(policy, &facts.whole) {
        match read_altered(policy, text, &facts.whole) {
            Ok(altered) => {
                let altered = altered.in_force(&facts.whole).into_owned();
                stricter_of(&mut areas, &mut found, judge_landed(&altered, facts));
                after = Some(altered);
            }
            Err(problems) => found.push(ScopedFinding::firm(gate::invalid_after(problems.len()))),
        }
    }
    let findings = waivers::of_deployment(policy, after.as_ref(), facts, found);
    let judged = Judged {
        branch: Some(facts.branch.clone()),
        base: facts.baseline.value().map(|baseline| baseline.revision.clone()),
        head: Some(facts.candidate.clone()),
        ..judged_commits(&facts.whole)
    };
    sealed_decision(judged, Some(policy_reference(policy, &facts.whole)), areas, findings)
}

fn judge_landed(policy: &Policy, facts: &Deployment) -> (Vec<TouchedArea>, Vec<ScopedFinding>) {
    let owner = LandingOwner::Deployment(facts);
    let (touched, found) = judge_landings(policy, owner, &facts.landings, &facts.candidate);
    (touched.unwrap_or_default(), found)
}

/// An approval of a request of a landing, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditedApproval {
    /// The request; `None` where it could not be seen.
    pub request: Option<RequestId>,
    /// The review.
    pub review: Review,
    /// Does it count? A gap where that could not be seen.
    pub counts: Fact<bool>,
    /// Why it does not.
    pub why_not: Option<String>,
    /// The roles of the policy that its giver has, as far as they could be seen, sorted.
    pub roles: Vec<String>,
}

/// Every approval of the requests of a landing, in the order of requests and reviews, by the rules
/// of the policy.
///
/// # Errors
/// The reviews of a request could not be seen.
pub fn audit_approvals(
    policy: &Policy,
    facts: &Deployment,
    landing: &LandingFacts,
) -> Result<Vec<AuditedApproval>, Gap> {
    let touched = Fact::from(touched_by(policy, landing, &facts.whole));
    let mut all = Vec::new();
    for request in landing.requests.known()? {
        let share = share_of(policy, landing, request, &facts.whole, &touched);
        let scope = policy.scope_at(request);
        let case = Case { facts: request, deployment: Some(facts), scope: &scope, touched: share.as_ref() };
        all.extend(approvals_in(policy, &case)?);
    }
    Ok(all)
}

fn approvals_in(policy: &Policy, case: &Case<'_>) -> Result<Vec<AuditedApproval>, Gap> {
    let reviews = AllReviews::of(case)?.reviews;
    let independence = policy.controls.values().find_map(|control| control.independence());
    let sorted = count_approvals(case, independence.unwrap_or_default());
    let request = case.facts.host.request.value().map(|request| request.id.clone());
    let given = reviews
        .into_iter()
        .filter(|review| matches!(review.state, ReviewState::Approved | ReviewState::Dismissed));
    let audited = |review: &Review| {
        let (counts, why_not) = match &sorted {
            Ok(approvals) => became_of(review, approvals),
            Err(gap) => (Fact::Gap(gap.clone()), None),
        };
        let roles = roles_of(policy, case, review);
        AuditedApproval { request: request.clone(), review: review.clone(), counts, why_not, roles }
    };
    Ok(given.map(audited).collect())
}

fn became_of(review: &Review, approvals: &Approvals) -> (Fact<bool>, Option<String>) {
    if approvals.counted.iter().any(|counted| counted.review == review.id) {
        return (Fact::Known(true), None);
    }
    if let Some((_, gap)) = approvals.unclear.iter().find(|(unclear, _)| unclear.review == review.id) {
        return (Fact::Gap(gap.clone()), None);
    }
    let own = [format!("review {} by ", review.id), format!("review {} does ", review.id)];
    let why = approvals.rejected.iter().find(|why| own.iter().any(|own| why.starts_with(own.as_str())));
    (Fact::Known(false), why.cloned())
}

fn roles_of(policy: &Policy, case: &Case<'_>, review: &Review) -> Vec<String> {
    let Some(account) = &review.reviewer else { return Vec::new() };
    let who = Identity::of(case).of_account(account);
    let has = |role: &&String| {
        let named = policy.scope.roles.get(*role).map(|role| is_named(case, &who, &account.login, role));
        matches!(named, Some(Ok(true)))
    };
    policy.scope.roles.keys().filter(has).cloned().collect()
}

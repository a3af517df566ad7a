//! Going back to what was deployed before.
//!
//! 1. A rollback begins at what the newest record let through, and ends at what an earlier record
//!    of the same environment let through: nothing gets out that did not pass the gate once.
//! 2. It needs leave: an entry of `[[rollbacks]]` beside the policy, of this environment, from this
//!    commit to that one, in force, which someone other than the requester approved, and signed
//!    where the policy names signers of waivers.
//! 3. The entry counts as it is at the deployed commit; or at the tip of the branch, if each
//!    landing since that touches the file is sound without any waiver. So an emergency can be met
//!    without deploying first, and no one grants leave by a push.
//!
//! Bringing an old state back by a revert is no rollback but a landing like any other.
//!
//! Where records and host differ in what is deployed, the same entry says what to go by: see
//! `super::deployed`.

use super::landing::found_in;
use super::waivers::{is_sound, why_unsound};
use super::{GATE, waivers};
use crate::control::{finding, unproven};
use crate::policy::Policy;
use jiff::Timestamp;
use portcullis_model::change::Revision;
use portcullis_model::decision::{Finding, SubjectKind, Verdict};
use portcullis_model::deployment::{Back, BaselineOrigin, Deployment, LandingFacts, Recorded};
use portcullis_model::fact::Gap;
use portcullis_model::inquiry::TextPurpose;
use portcullis_model::waiver::{self, Grant, Rollback};

/// What is to be said of a candidate that lies behind what is deployed.
pub(super) fn judge(policy: &Policy, facts: &Deployment) -> Finding {
    let short = facts.candidate.short();
    let deployed = facts.baseline.value().map_or("", |baseline| baseline.revision.short());
    let behind = format!("it is older than {deployed}, which is deployed: a rollback");
    match find_permission(policy, facts) {
        Ok(Ok((Rollback { grant, .. }, recorded))) => {
            let reason = format!(
                "{behind}, which {} asked for and {} granted until {} ({})",
                grant.requester, grant.approver, grant.expires, grant.id
            );
            let before = format!("record {} allowed {short} before", recorded.number);
            let why = format!("because: {} (ticket {})", grant.reason, grant.ticket);
            finding(GATE, Verdict::Waived, SubjectKind::Change, short, reason).details(vec![why, before])
        }
        Ok(Err(details)) => {
            finding(GATE, Verdict::Broken, SubjectKind::Change, short, behind).details(details).remedy(format!(
                "check which commit is deployed and which one was meant; revert through a request, or have a rollback approved in {}",
                waiver::PATH
            ))
        }
        Err(gap) => unproven(GATE, SubjectKind::Change, short, &gap),
    }
}

type Refused = Vec<String>;

/// The leave to go back, or why there is none.
fn find_permission(
    policy: &Policy,
    facts: &Deployment,
) -> Result<Result<(Rollback, Recorded), Refused>, Gap> {
    let asked = || Gap::not_asked("the facts about the rollback", "gather the facts again");
    let back = facts.back.known()?.as_ref().ok_or_else(asked)?;
    let moment = *facts.whole.observed.known()?;
    let recorded = match earlier_record(facts)? {
        Ok(recorded) => recorded,
        Err(why) => return Ok(Err(vec![why])),
    };
    let Some(text) = counting(policy, facts, back)? else {
        let nobody = || format!("no one approved it: there is no {}", waiver::PATH);
        return Ok(Err(vec![why_uncounted(policy, facts, back)?.unwrap_or_else(nobody)]));
    };
    let Ok(rollbacks) = policy.rollbacks(text) else {
        return Ok(Err(vec![format!("{} cannot be read, so it grants no rollback", waiver::PATH)]));
    };
    let from = &facts.baseline.known()?.revision;
    let transition = Transition { environment: &facts.environment, from, to: &facts.candidate };
    let signers = back.gate.value().and_then(|gate| waivers::signers(policy, gate));
    let flaw = |rollback: &Rollback| {
        transition.flaw(rollback, moment).or_else(|| unsigned(policy, signers, rollback, moment))
    };
    let mut refused = match find_granting(rollbacks, flaw) {
        Ok(rollback) => return Ok(Ok((rollback, recorded.clone()))),
        Err(refused) => refused,
    };
    let uncounted = why_uncounted(policy, facts, back)?;
    if refused.is_empty() && uncounted.is_none() {
        refused.push(format!("no one approved it: {} names no rollback", waiver::PATH));
    }
    refused.extend(uncounted);
    Ok(Err(refused))
}

/// The first rollback without a flaw, or the flaw of each.
fn find_granting(
    rollbacks: Vec<Rollback>,
    flaw: impl Fn(&Rollback) -> Option<String>,
) -> Result<Rollback, Refused> {
    let mut refused = Vec::new();
    for rollback in rollbacks {
        match flaw(&rollback) {
            None => return Ok(rollback),
            Some(flaw) => refused.push(format!("{} does not allow it: {flaw}", rollback.grant.id)),
        }
    }
    Err(refused)
}

/// The earlier record that let the candidate through.
fn earlier_record(facts: &Deployment) -> Result<Result<&Recorded, String>, Gap> {
    let (BaselineOrigin::Recorded(newest) | BaselineOrigin::Retry(newest)) = facts.baseline.known()?.origin
    else {
        return Ok(Err("it begins at a commit that no record says is deployed".to_string()));
    };
    let mut all = facts.recorded.known()?.iter();
    let earlier = all.find(|one| one.candidate == facts.candidate && one.number < newest);
    Ok(earlier
        .ok_or_else(|| format!("no record allowed {} for {}", facts.candidate.short(), facts.environment)))
}

/// Why the newest text does not count, where there is one that an older one is in for.
fn why_uncounted(policy: &Policy, facts: &Deployment, back: &Back) -> Result<Option<String>, Gap> {
    let gate = back.gate.known()?;
    let (before, after) = (gate.before(TextPurpose::Waivers), gate.after(TextPurpose::Waivers));
    if after.is_none() || after == before {
        return Ok(None);
    }
    let flaw = |landing: &LandingFacts| why_unsound(landing, &found_in(policy, facts, landing));
    let flaw = back.since.known()?.iter().find_map(flaw);
    Ok(flaw.map(|flaw| {
        format!(
            "no one approved it: what {} says at the tip of the branch does not count: {flaw}",
            waiver::PATH
        )
    }))
}

/// The text that counts.
pub(super) fn counting<'f>(
    policy: &Policy,
    facts: &'f Deployment,
    back: &'f Back,
) -> Result<Option<&'f String>, Gap> {
    let gate = back.gate.known()?;
    let sound =
        back.since.known()?.iter().all(|landing| is_sound(landing, &found_in(policy, facts, landing)));
    Ok(if sound { gate.after(TextPurpose::Waivers) } else { gate.before(TextPurpose::Waivers) })
}

/// Going from one commit to another in an environment.
pub(super) struct Transition<'a> {
    pub(super) environment: &'a str,
    pub(super) from: &'a Revision,
    pub(super) to: &'a Revision,
}

impl Transition<'_> {
    /// Why an entry does not allow this transition now.
    pub(super) fn flaw(&self, rollback: &Rollback, moment: Timestamp) -> Option<String> {
        let Rollback { grant: Grant { created, expires, .. }, environment, from, to } = rollback;
        if environment != self.environment {
            Some(format!("it is for {environment}"))
        } else if from != self.from {
            Some(format!("it begins at {}", from.short()))
        } else if to != self.to {
            Some(format!("it ends at {}", to.short()))
        } else if moment < *created {
            Some(format!("it is not in force before {created}"))
        } else if moment >= *expires {
            Some(format!("it expired at {expires}"))
        } else {
            None
        }
    }
}

/// Why its approval is not proved, where the policy wants a signature.
pub(super) fn unsigned(
    policy: &Policy,
    signers: Option<&str>,
    rollback: &Rollback,
    moment: Timestamp,
) -> Option<String> {
    let signers = policy.signers_of_waivers(signers)?;
    signers.and_then(|signers| policy.approval(rollback, &signers, moment)).err()
}

#[cfg(test)]
mod tests;

//! Policy and the facts of a deployment to a decision.
//!
//! 1. The baseline and the candidate have to be what a deployment runs between: see `super::gate`.
//! 2. Every landing is judged: its content by `reviewed-landings`, and each request that explains
//!    it by the controls of the merge gate, for every area that the landing touches.
//! 3. Controls that are about the branch or of the candidate are asked once, for everything that
//!    the range touches.
//! 4. When the range alters the policy, the altered policy is asked too: the stricter of old and
//!    new. Both have to list the environment, where they list any.
//! 5. What is deployed is what records and host say; who says otherwise needs another person: see
//!    `super::deployed`.
//! 6. Waivers in force allow what they cover: see `waivers`.

use super::documents::DocumentCase;
use super::landing::{LANDINGS, ask_landing, judge_landing, touched_by};
use super::owner::LandingOwner;
use super::waivers::{self, ScopedFinding};
use super::{
    altered_policy, deployed, gate, judged_commits, policy_reference, read_altered, rollback,
    sealed_decision, stricter_of,
};
use crate::control::{Granularity, finding, unproven};
use crate::policy::Policy;
use portcullis_model::change::Revision;
use portcullis_model::decision::{Decision, Finding, Judged, SubjectKind, TouchedArea, Verdict};
use portcullis_model::deployment::{Deployment, LandingFacts};
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::landing::{Span, Step};

/// Judges a deployment by the policy in force at its baseline.
pub fn decide_deployment(policy: &Policy, facts: &Deployment) -> Decision {
    let policy = &*policy.in_force(&facts.whole);
    let (mut areas, mut found) = judge_all(policy, facts);
    let words = deployed::judge_baseline(policy, facts, &found);
    found.extend(words.into_iter().map(ScopedFinding::firm));
    found.extend(deployed::unlisted_environment(policy, facts).map(ScopedFinding::firm));
    found.extend(
        gate::range(policy, facts, || rollback::judge(policy, facts)).into_iter().map(ScopedFinding::firm),
    );
    found.extend(check_population(facts).map(ScopedFinding::firm));
    found.extend(gate::detours(&facts.whole.host.detours, facts.candidate.short()).map(ScopedFinding::firm));
    let mut after = None;
    if let Some(text) = altered_policy(policy, &facts.whole) {
        match read_altered(policy, text, &facts.whole) {
            Ok(altered) => {
                let altered = altered.in_force(&facts.whole).into_owned();
                stricter_of(&mut areas, &mut found, judge_all(&altered, facts));
                found.extend(deployed::unlisted_environment(&altered, facts).map(ScopedFinding::firm));
                after = Some(altered);
            }
            Err(problems) => found.push(ScopedFinding::firm(gate::invalid_after(problems.len()))),
        }
    }
    let about = LandingOwner::Deployment(facts).about(vec![facts.candidate.clone()]);
    let (altered, deployment) = (after.as_ref(), Some(facts));
    DocumentCase { policy, altered, facts: &facts.whole, deployment, about }.judge(&mut found);
    let findings = waivers::of_deployment(policy, after.as_ref(), facts, found);
    let judged = Judged {
        environment: Some(facts.environment.clone()),
        branch: Some(facts.branch.clone()),
        base: facts.baseline.value().map(|baseline| baseline.revision.clone()),
        head: Some(facts.candidate.clone()),
        ..judged_commits(&facts.whole)
    };
    sealed_decision(judged, Some(policy_reference(policy, &facts.whole)), areas, findings)
}

/// How many commits the range has, and that each of them belongs to one landing: what an auditor
/// counts again.
fn check_population(facts: &Deployment) -> Option<Finding> {
    count_population(facts.span.value()?, facts.landings.value()?, &facts.candidate)
}

/// The same of any range that ends at a commit.
pub(super) fn count_population(span: &Span, landings: &[LandingFacts], head: &Revision) -> Option<Finding> {
    let Span::Steps(steps) = span else { return None };
    let commits: usize = steps.iter().map(Step::size).sum();
    let in_landings: Vec<_> = landings.iter().flat_map(|landing| &landing.steps).collect();
    let accounted = steps.iter().map(|step| &step.commit.id).eq(in_landings.iter().copied());
    let of = |verdict, reason: String| finding(LANDINGS, verdict, SubjectKind::Change, head.short(), reason);
    Some(if accounted && !steps.is_empty() {
        of(
            Verdict::Met,
            match (commits, landings.len()) {
                (1, _) => "1 commit, which is one landing".to_string(),
                (commits, 1) => format!("{commits} commits, all in one landing"),
                (commits, landings) => format!("{commits} commits, each in one of {landings} landings"),
            },
        )
    } else {
        let reason =
            format!("{} steps are not those of its landings, which have {}", steps.len(), in_landings.len());
        of(Verdict::Unproven, reason).remedy("gather the facts again")
    })
}

fn judge_all(policy: &Policy, facts: &Deployment) -> (Vec<TouchedArea>, Vec<ScopedFinding>) {
    let owner = LandingOwner::Deployment(facts);
    let (all, mut found) = judge_landings(policy, owner, &facts.landings, &facts.candidate);
    let touched = Fact::from(match touched_by_rollback(policy, facts) {
        Ok(Some(undone)) => Ok(undone),
        Ok(None) => all,
        Err(gap) => Err(gap),
    });
    found.extend(judge_whole(policy, owner, &touched, &facts.candidate));
    (touched.value().cloned().unwrap_or_default(), found)
}

/// What is found in each landing, and the areas that they touch together.
pub(super) fn judge_landings(
    policy: &Policy,
    owner: LandingOwner<'_>,
    landings: &Fact<Vec<LandingFacts>>,
    head: &Revision,
) -> (Result<Vec<TouchedArea>, Gap>, Vec<ScopedFinding>) {
    let mut found = Vec::new();
    let mut all: Result<Vec<TouchedArea>, Gap> = Ok(Vec::new());
    match landings {
        Fact::Known(landings) => {
            for landing in landings {
                let touched = Fact::from(touched_by(policy, landing, owner.whole()));
                found.extend(judge_landing(policy, owner, landing, &touched));
                all = merge_touched(all, touched);
            }
            all.iter_mut().flatten().for_each(sort_touches);
        }
        Fact::Gap(gap) => {
            let unseen = unproven(LANDINGS, SubjectKind::Change, head.short(), gap);
            found.push(ScopedFinding::firm(unseen));
            all = Err(gap.clone());
        }
    }
    (all, found)
}

/// What the controls find that are asked once for everything.
pub(super) fn judge_whole(
    policy: &Policy,
    owner: LandingOwner<'_>,
    touched: &Fact<Vec<TouchedArea>>,
    head: &Revision,
) -> impl Iterator<Item = ScopedFinding> {
    let about = owner.about(vec![head.clone()]);
    let of_whole = ask_landing(policy, Granularity::Once, owner, owner.whole(), touched);
    of_whole.into_iter().map(move |finding| ScopedFinding::of(finding, &about, touched))
}

/// The areas that going back touches, where that is what would be done.
fn touched_by_rollback(policy: &Policy, facts: &Deployment) -> Result<Option<Vec<TouchedArea>>, Gap> {
    match facts.back.known()? {
        Some(back) => {
            policy.scope.inventory.touched(back.undone.known()?.iter(), &facts.whole.inquiry).map(Some)
        }
        None => Ok(None),
    }
}

/// Each path once. Done when all landings are seen: thousands of them touch the same files again
/// and again.
fn sort_touches(area: &mut TouchedArea) {
    area.touches.sort();
    area.touches.dedup_by(|a, b| a.path == b.path);
}

fn merge_touched(
    all: Result<Vec<TouchedArea>, Gap>,
    more: Fact<Vec<TouchedArea>>,
) -> Result<Vec<TouchedArea>, Gap> {
    let mut all = all?;
    for area in more.known()?.clone() {
        match all.iter_mut().find(|known| known.area == area.area) {
            Some(known) => known.touches.extend(area.touches),
            None => all.push(area),
        }
    }
    Ok(all)
}

//! Policy and the facts of a batch to a decision: several requests that a merge queue would land
//! together.
//!
//! 1. Everything from the tip of the branch to the head of the batch is judged, whatever the queue
//!    calls the base of the batch: where requests are tested one behind the other, that base is
//!    another request, and its own check may never have run.
//! 2. Each commit of that row belongs to one request, as the queue lists them, and the content of
//!    its steps is what the head of that request gives: `reviewed-landings`, as before a
//!    deployment. What no request gives is refused.
//! 3. Each request is judged by the controls of a merge gate, for what it changes. The head that
//!    the queue took is the head that was reviewed.
//! 4. Controls that are about the branch or about the tests are asked once, for the batch.
//! 5. When the batch alters the policy, the altered policy is asked too: the stricter of both.
//! 6. The waivers are those at the tip of the branch.

use super::deployment::{count_population, judge_landings, judge_whole};
use super::documents::DocumentCase;
use super::owner::LandingOwner;
use super::waivers::{self, ScopedFinding};
use super::{
    GATE, altered_policy, gate, judged_commits, policy_reference, read_altered, sealed_decision, stricter_of,
};
use crate::control::{finding, unproven};
use crate::policy::Policy;
use portcullis_model::batch::{BatchEntry, BatchFacts};
use portcullis_model::decision::{Decision, Finding, Judged, SubjectKind, TouchedArea, Verdict};
use portcullis_model::fact::Fact;
use portcullis_model::facts::Facts;
use portcullis_model::id::RequestId;
use portcullis_model::landing::Span;

/// What to do where the queue will do it.
const WAIT: &str = "Wait for the job of the batch that the queue builds in place of this one.";

/// Judges a batch by the policy in force at the tip of its branch.
pub fn decide_batch(policy: &Policy, facts: &BatchFacts) -> Decision {
    let policy = &*policy.in_force(&facts.whole);
    let (mut areas, mut found) = judge_all(policy, facts);
    found.extend(of_gate(policy, facts).into_iter().map(ScopedFinding::firm));
    let mut after = None;
    if let Some(text) = altered_policy(policy, &facts.whole) {
        match read_altered(policy, text, &facts.whole) {
            Ok(altered) => {
                let altered = altered.in_force(&facts.whole).into_owned();
                stricter_of(&mut areas, &mut found, judge_all(&altered, facts));
                after = Some(altered);
            }
            Err(problems) => found.push(ScopedFinding::firm(gate::invalid_after(problems.len()))),
        }
    }
    let lasting = after.as_ref().unwrap_or(policy);
    found.extend(gate::invalid_register(lasting, &facts.whole).map(ScopedFinding::firm));
    found.extend(gate::lost_house(lasting, &facts.whole).map(ScopedFinding::firm));
    if gate::no_deployment_branch(policy, &facts.branch).is_none() {
        let about = LandingOwner::Batch(facts).about(vec![facts.head.clone()]);
        let (altered, deployment) = (after.as_ref(), None);
        DocumentCase { policy, altered, facts: &facts.whole, deployment, about }.judge(&mut found);
    }
    let findings = waivers::of_change(policy, after.as_ref(), &facts.whole, found);
    let judged = Judged {
        requests: requests_of(facts),
        branch: Some(facts.branch.clone()),
        head: Some(facts.head.clone()),
        ..judged_commits(&facts.whole)
    };
    sealed_decision(judged, Some(policy_reference(policy, &facts.whole)), areas, findings)
}

fn judge_all(policy: &Policy, facts: &BatchFacts) -> (Vec<TouchedArea>, Vec<ScopedFinding>) {
    if let Some(outside) = gate::no_deployment_branch(policy, &facts.branch) {
        return (Vec::new(), vec![ScopedFinding::firm(outside)]);
    }
    let owner = LandingOwner::Batch(facts);
    let (all, mut found) = judge_landings(policy, owner, &facts.landings, &facts.head);
    let touched = Fact::from(all);
    found.extend(judge_whole(policy, owner, &touched, &facts.head));
    (touched.value().cloned().unwrap_or_default(), found)
}

/// What the gate itself finds: base, head, and the queue's word on what lies between them.
fn of_gate(policy: &Policy, facts: &BatchFacts) -> Vec<Finding> {
    let whole = &facts.whole;
    let mut findings = vec![of_span(facts)];
    if let Err(gap) = facts.queue.known() {
        findings.push(unproven(GATE, SubjectKind::Change, facts.head.short(), &gap));
    }
    if let Err(gap) = whole.host.branch.known() {
        findings.push(unproven(GATE, SubjectKind::Branch, "the base", &gap));
    }
    let more = [
        facts
            .landings
            .value()
            .zip(facts.span.value())
            .and_then(|(landings, span)| count_population(span, landings, &facts.head)),
        gate::not_asked(policy, whole),
        gate::base_moved(whole),
        gate::empty(whole),
        gate::unrelated(whole),
        gate::detours(&whole.host.detours, facts.head.short()),
    ];
    findings.extend(more.into_iter().flatten());
    findings.extend(of_steps(facts));
    findings.extend(entries_with_facts(facts).filter_map(|(entry, request)| of_entry(facts, entry, request)));
    findings
}

/// The head lies before the tip of the branch.
fn of_span(facts: &BatchFacts) -> Finding {
    let of =
        |verdict, reason: String| finding(GATE, verdict, SubjectKind::Change, facts.head.short(), reason);
    let (branch, tip) =
        (&facts.branch, facts.whole.change.value().map_or("its tip", |change| change.base.short()));
    match facts.span.known() {
        Err(gap) => unproven(GATE, SubjectKind::Change, facts.head.short(), &gap),
        Ok(Span::Steps(_)) => of(Verdict::Met, format!("it follows {tip}, the tip of {branch}")),
        Ok(Span::Equal | Span::Behind) => {
            of(Verdict::Unproven, format!("{branch} holds it already, so there is nothing to judge"))
                .remedy("Judge what is deployed of it with `--environment`")
        }
        Ok(Span::Diverged) => {
            of(Verdict::Unproven, format!("{branch} moved to {tip}, which the batch does not hold")).remedy(WAIT)
        }
        Ok(Span::Beside) => of(
            Verdict::Broken,
            format!("it holds {tip}, the tip of {branch}, but not on its first-parent line, so it would take the place of the branch's own line"),
        )
        .remedy("Find out who built this batch: a merge queue adds commits to the tip of the branch"),
        Ok(Span::Unrelated) => of(Verdict::Broken, format!("it has no history in common with {tip}, the tip of {branch}"))
            .remedy("Find out who built this batch: a merge queue adds commits to the tip of the branch"),
    }
}

/// Each entry of the queue that this batch holds, with the facts of its request.
fn entries_with_facts(facts: &BatchFacts) -> impl Iterator<Item = (&BatchEntry, &Facts)> {
    facts.landings.value().into_iter().flatten().flat_map(|landing| {
        let entry = facts.entry_at(&landing.landing.landed);
        landing.requests.value().into_iter().flatten().filter_map(move |request| Some((entry?, request)))
    })
}

/// Each step is an entry of the queue, and is there with the facts of its one request.
fn of_steps(facts: &BatchFacts) -> impl Iterator<Item = Finding> {
    let steps = facts.landings.value().filter(|_| facts.queue.value().is_some()).into_iter().flatten();
    steps.filter_map(|landing| {
        let tip = &landing.landing.landed;
        let count = landing.requests.value()?.len();
        (count != 1 || facts.entry_at(tip).is_none()).then(|| {
            let reason = format!("the facts name {count} requests for it, where the queue has to name one");
            finding(GATE, Verdict::Unproven, SubjectKind::Landing, tip.short(), reason)
                .remedy("gather the facts again")
        })
    })
}

/// The request is the one that the queue names, is for this branch, and is as the queue took it.
fn of_entry(batch: &BatchFacts, entry: &BatchEntry, facts: &Facts) -> Option<Finding> {
    let of = |verdict, reason: String| {
        Some(finding(GATE, verdict, SubjectKind::Request, entry.request.to_string(), reason))
    };
    let request = match facts.host.request.known() {
        Ok(request) => request,
        Err(gap) => return Some(unproven(GATE, SubjectKind::Request, entry.request.to_string(), &gap)),
    };
    if request.id != entry.request {
        let reason = format!("the facts at its place in the batch are of request {}", request.id);
        return Some(of(Verdict::Unproven, reason)?.remedy("gather the facts again"));
    }
    if request.base_branch != batch.branch {
        let reason =
            format!("it is for branch {}, and the batch is for {}", request.base_branch, batch.branch);
        return Some(of(Verdict::Unproven, reason)?.remedy("Take the request out of the queue"));
    }
    let taken = entry.head.as_ref().filter(|taken| **taken != request.head)?;
    let reason =
        format!("the queue took it at {}, and its head is {} by now", taken.short(), request.head.short());
    Some(
        of(Verdict::Unproven, reason)?
            .remedy("Take the request out of the queue, and add it again once its head is approved"),
    )
}

/// The requests that this batch holds, as the queue lists them.
fn requests_of(facts: &BatchFacts) -> Vec<RequestId> {
    let landings = facts.landings.value().map_or(&[][..], Vec::as_slice);
    landings
        .iter()
        .filter_map(|landing| Some(facts.entry_at(&landing.landing.landed)?.request.clone()))
        .collect()
}

//! Policy and the facts of a deployment to a decision.
//!
//! 1. The baseline and the candidate have to be what a deployment runs between: see `super::gate`.
//! 2. Every landing is judged: its content by `reviewed-landings`, and each request that explains it by the controls of
//!    the merge gate, for every area that the landing touches.
//! 3. Controls that speak of the branch or of the candidate are asked once, for everything that the range touches.
//! 4. When the range alters the policy, the altered policy is asked too: the stricter of old and new. Both have to list the
//!    environment, where they list any.
//! 5. What is deployed is what records and host say; who says otherwise needs another person: see `super::deployed`.
//! 6. Waivers in force let pass what they cover: see `waiving`.

use super::waiving::{self, Found};
use super::{altered, deployed, gate, judged, reference, sealed, stricter};
use crate::control::{Case, Control, LandingCase, Reach, finding, reviewed_landings, unproven};
use crate::model::change::{FileChange, Revision};
use crate::model::decision::{Decision, Finding, Judged, SubjectKind, TouchedArea, Verdict};
use crate::model::deployment::{Deployment, LandingFacts};
use crate::model::fact::{Fact, Gap};
use crate::model::facts::Facts;
use crate::model::landing::{Candidate, Coverage, Span};
use crate::model::path::RepoPath;
use crate::model::waiver::About;
use crate::policy::Policy;
use std::collections::BTreeSet;

/// The control in whose name the gate speaks of landings that it could not see, or not count.
const LANDINGS: &str = reviewed_landings::KIND.name;

/// Judges a deployment by the policy in force at its baseline.
pub fn decide_deployment(policy: &Policy, facts: &Deployment) -> Decision {
    let (mut areas, mut found) = judge(policy, facts);
    let words = deployed::words(policy, facts, &found);
    found.extend(words.into_iter().map(Found::firm));
    found.extend(deployed::unlisted(policy, facts).map(Found::firm));
    found.extend(gate::range(policy, facts).into_iter().map(Found::firm));
    found.extend(population(facts).map(Found::firm));
    found.extend(gate::detours(&facts.whole.host.detours, facts.candidate.short()).map(Found::firm));
    let mut after = None;
    if let Some(text) = altered(policy, &facts.whole) {
        match Policy::parse(text) {
            Ok(altered) => {
                stricter(&mut areas, &mut found, judge(&altered, facts));
                found.extend(deployed::unlisted(&altered, facts).map(Found::firm));
                after = Some(altered);
            }
            Err(problems) => found.push(Found::firm(gate::invalid_after(problems.len()))),
        }
    }
    let findings = waiving::of_deployment(policy, after.as_ref(), facts, found);
    let judged = Judged {
        environment: Some(facts.environment.clone()),
        branch: Some(facts.branch.clone()),
        base: facts.baseline.value().map(|baseline| baseline.revision.clone()),
        head: Some(facts.candidate.clone()),
        ..judged(&facts.whole)
    };
    sealed(judged, Some(reference(policy, &facts.whole)), areas, findings)
}

/// Which areas one landing touches, and what the controls that speak of landings find of it, before any waiver.
pub fn judge_alone(
    policy: &Policy,
    facts: &Deployment,
    landing: &LandingFacts,
) -> (Fact<Vec<TouchedArea>>, Vec<Finding>) {
    let touched = Fact::from(touched(policy, landing, &facts.whole));
    let of_whole =
        |name: &str| policy.controls.get(name).is_some_and(|control| control.kind().reach == Reach::Whole);
    let mut findings: Vec<Finding> = judge_landing(policy, facts, landing, &touched)
        .into_iter()
        .map(|found| found.finding)
        .filter(|finding| !of_whole(&finding.control))
        .collect();
    findings.sort();
    findings.dedup();
    (touched, findings)
}

/// How many commits the range has, and that each of them belongs to one landing: what an auditor counts again.
fn population(facts: &Deployment) -> Option<Finding> {
    let (Span::Steps(steps), landings) = (facts.span.value()?, facts.landings.value()?) else {
        return None;
    };
    let commits: usize = steps.iter().map(crate::model::landing::Step::size).sum();
    let in_landings: Vec<_> = landings.iter().flat_map(|landing| &landing.steps).collect();
    let accounted = steps.iter().map(|step| &step.commit.id).eq(in_landings.iter().copied());
    let of = |verdict, reason: String| {
        finding(LANDINGS, verdict, SubjectKind::Change, facts.candidate.short(), reason)
    };
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
        let reason = format!(
            "{} steps are not those of its landings, of which there are {}",
            steps.len(),
            in_landings.len()
        );
        of(Verdict::Unproven, reason).remedy("gather the facts again")
    })
}

fn judge(policy: &Policy, facts: &Deployment) -> (Vec<TouchedArea>, Vec<Found>) {
    let mut found = Vec::new();
    let mut all: Result<Vec<TouchedArea>, Gap> = Ok(Vec::new());
    match &facts.landings {
        Fact::Known(landings) => {
            for landing in landings {
                let touched = Fact::from(touched(policy, landing, &facts.whole));
                found.extend(judge_landing(policy, facts, landing, &touched));
                all = merge(all, touched);
            }
            all.iter_mut().flatten().for_each(in_order);
        }
        Fact::Gap(gap) => {
            let unseen = unproven(LANDINGS, SubjectKind::Change, facts.candidate.short(), gap);
            found.push(Found::firm(unseen));
            all = Err(gap.clone());
        }
    }
    let touched = Fact::from(match undone(policy, facts) {
        Ok(Some(undone)) => Ok(undone),
        Ok(None) => all,
        Err(gap) => Err(gap),
    });
    let about = about(facts, vec![facts.candidate.clone()]);
    let of_whole = ask(policy, Reach::Whole, facts, &facts.whole, &touched);
    found.extend(of_whole.into_iter().map(|finding| Found::of(finding, &about, &touched)));
    (touched.value().cloned().unwrap_or_default(), found)
}

/// What is found in one landing, before any waiver.
pub(super) fn found_in(policy: &Policy, facts: &Deployment, landing: &LandingFacts) -> Vec<Found> {
    let touched = Fact::from(touched(policy, landing, &facts.whole));
    judge_landing(policy, facts, landing, &touched)
}

/// The areas that going back touches, where that is what would be done.
fn undone(policy: &Policy, facts: &Deployment) -> Result<Option<Vec<TouchedArea>>, Gap> {
    match facts.back.known()? {
        Some(back) => {
            policy.scope.inventory.touched(back.undone.known()?.iter(), &facts.whole.inquiry).map(Some)
        }
        None => Ok(None),
    }
}

fn about(deployment: &Deployment, commits: Vec<Revision>) -> About {
    About { commits, environment: Some(deployment.environment.clone()), ..About::default() }
}

fn judge_landing(
    policy: &Policy,
    deployment: &Deployment,
    landing: &LandingFacts,
    touched: &Fact<Vec<TouchedArea>>,
) -> Vec<Found> {
    let case = LandingCase { landing, deployment, scope: &policy.scope, touched };
    let tip = &landing.landing.landed;
    let about = about(deployment, vec![tip.clone()]);
    let mut findings = Vec::new();
    for (name, control) in controls(policy) {
        let unseen = |gap| vec![unproven(name, SubjectKind::Landing, tip.short(), &gap)];
        findings.extend(control.check_landing(&case).unwrap_or_else(unseen));
    }
    if let Fact::Gap(gap) = &landing.requests {
        findings.push(unproven(LANDINGS, SubjectKind::Landing, tip.short(), gap));
    }
    findings.extend(unknown_proof(landing));
    let mut found: Vec<_> = findings.into_iter().map(|finding| Found::of(finding, &about, touched)).collect();
    for facts in resting_on(landing) {
        let about = of_request(&about, facts);
        let share = Fact::from(share(policy, landing, facts, &deployment.whole));
        let of_request = ask(policy, Reach::Landing, deployment, facts, &share);
        found.extend(of_request.into_iter().map(|finding| within(tip, Found::of(finding, &about, &share))));
    }
    found.iter_mut().for_each(|found| found.landing = Some(tip.clone()));
    found
}

/// Of a request in a landing: its head says what was reviewed.
fn of_request(landing: &About, facts: &Facts) -> About {
    let mut about = landing.clone();
    about.commits.extend(facts.change.value().map(|change| change.head.clone()));
    about.request = facts.host.request.value().map(|request| request.id.clone());
    about
}

/// The requests that the landing rests on. Where one explains all of it, the host may name others whose commits that one
/// holds (a stack of requests): its approvals are for the whole. Without a proof every one has to answer.
fn resting_on(landing: &LandingFacts) -> Vec<&Facts> {
    let requests: Vec<_> = landing.requests.value().into_iter().flatten().collect();
    match proved_by(landing) {
        [] => requests,
        proved => requests.into_iter().filter(|facts| proved.iter().any(|one| is_of(one, facts))).collect(),
    }
}

fn proved_by(landing: &LandingFacts) -> &[Candidate] {
    match &landing.coverage {
        Coverage::Identity(one) | Coverage::Replay(one) | Coverage::Rebase(one) => std::slice::from_ref(one),
        Coverage::Train(all) => all,
        Coverage::Unchanged | Coverage::Residual(_) | Coverage::Unverifiable(_) => &[],
    }
}

/// Do these facts speak of the very commit that the proof rests on?
fn is_of(proved: &Candidate, facts: &Facts) -> bool {
    let request = facts.host.request.value().map(|request| &request.id);
    let head = facts.change.value().map(|change| &change.head);
    request == Some(&proved.request) && head == Some(&proved.head)
}

/// A proof by a request that nothing else is known of proves nothing.
fn unknown_proof(landing: &LandingFacts) -> Option<Finding> {
    let requests = landing.requests.value()?;
    let known = |one: &&Candidate| requests.iter().any(|facts| is_of(one, facts));
    let unknown = proved_by(landing).iter().find(|one| !known(one))?;
    let reason = format!(
        "it is explained by request {} at {}, of which nothing else is known",
        unknown.request,
        unknown.head.short()
    );
    let short = landing.landing.landed.short();
    Some(
        finding(LANDINGS, Verdict::Unproven, SubjectKind::Landing, short, reason)
            .remedy("gather the facts again"),
    )
}

/// The finding says of which landing it speaks.
fn within(landing: &Revision, mut found: Found) -> Found {
    let name = &mut found.finding.subject.name;
    *name = format!("{name} in landing {}", landing.short());
    found
}

/// The controls that are judged before a deployment.
fn controls(policy: &Policy) -> impl Iterator<Item = (&'static str, &dyn Control)> {
    let all = policy.controls.iter().map(|(name, control)| (*name, control.as_ref()));
    all.filter(|(_, control)| control.kind().stage.has_deployments())
}

fn ask(
    policy: &Policy,
    reach: Reach,
    deployment: &Deployment,
    facts: &Facts,
    touched: &Fact<Vec<TouchedArea>>,
) -> Vec<Finding> {
    let case = Case { facts, deployment: Some(deployment), scope: &policy.scope, touched };
    let mut findings = Vec::new();
    for (name, control) in controls(policy).filter(|(_, control)| control.kind().reach == reach) {
        let unseen = |gap| vec![unproven(name, SubjectKind::Change, super::head(facts), &gap)];
        findings.extend(control.check(&case).unwrap_or_else(unseen));
    }
    findings
}

/// What a landing touches: by what it changed, and by what the requests that explain it changed.
fn touched(policy: &Policy, landing: &LandingFacts, whole: &Facts) -> Result<Vec<TouchedArea>, Gap> {
    let mut files: Vec<&FileChange> = landing.files.known()?.iter().collect();
    for facts in landing.requests.value().into_iter().flatten() {
        files.extend(brought(policy, facts)?);
    }
    policy.scope.inventory.touched(files.into_iter(), &whole.inquiry)
}

/// What one request of a landing answers for: what it changed itself, and whatever the landing changed that is no other
/// request's. So a harmless request does not need the approvals of the one that landed in the same batch.
fn share(
    policy: &Policy,
    landing: &LandingFacts,
    request: &Facts,
    whole: &Facts,
) -> Result<Vec<TouchedArea>, Gap> {
    let mut elsewhere = BTreeSet::new();
    let others = landing.requests.value().into_iter().flatten();
    for other in others.filter(|other| !std::ptr::eq(*other, request)) {
        elsewhere.extend(brought(policy, other)?.into_iter().flat_map(paths));
    }
    let mut files = brought(policy, request)?;
    let is_elsewhere = |file: &&FileChange| paths(file).all(|path| elsewhere.contains(path));
    files.extend(landing.files.known()?.iter().filter(|file| !is_elsewhere(file)));
    policy.scope.inventory.touched(files.into_iter(), &whole.inquiry)
}

fn paths(file: &FileChange) -> impl Iterator<Item = &RepoPath> {
    file.entries().map(|entry| &entry.path)
}

fn brought<'a>(policy: &Policy, request: &'a Facts) -> Result<Vec<&'a FileChange>, Gap> {
    let change = request.change.known()?;
    let on_the_way = if policy.each_commit { change.on_the_way.known()?.as_slice() } else { &[] };
    Ok(change.files.iter().chain(on_the_way).collect())
}

/// Each path once. Done when all landings are seen: thousands of them touch the same files again and again.
fn in_order(area: &mut TouchedArea) {
    area.touches.sort();
    area.touches.dedup_by(|a, b| a.path == b.path);
}

fn merge(all: Result<Vec<TouchedArea>, Gap>, more: Fact<Vec<TouchedArea>>) -> Result<Vec<TouchedArea>, Gap> {
    let mut all = all?;
    for area in more.known()?.clone() {
        match all.iter_mut().find(|known| known.area == area.area) {
            Some(known) => known.touches.extend(area.touches),
            None => all.push(area),
        }
    }
    Ok(all)
}

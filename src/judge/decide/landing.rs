//! One landing to findings: its content, and each request that explains it, before any waiver.

use super::owner::LandingOwner;
use super::waivers::ScopedFinding;
use crate::control::{Case, Control, Granularity, LandingCase, finding, reviewed_landings, unproven};
use crate::policy::Policy;
use portcullis_model::change::{FileChange, Revision};
use portcullis_model::decision::{Finding, SubjectKind, TouchedArea, Verdict};
use portcullis_model::deployment::{Deployment, LandingFacts};
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::facts::Facts;
use portcullis_model::landing::{Candidate, Coverage};
use portcullis_model::path::RepoPath;
use portcullis_model::waiver::About;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The control under whose name the gate reports a landing that it could not see, or could not
/// count.
pub(super) const LANDINGS: &str = reviewed_landings::KIND.name;

/// Which areas one landing touches, and what the controls that are about landings find of it,
/// before any waiver.
pub fn judge_alone(
    policy: &Policy,
    facts: &Deployment,
    landing: &LandingFacts,
) -> (Fact<Vec<TouchedArea>>, Vec<Finding>) {
    let owner = LandingOwner::Deployment(facts);
    let touched = Fact::from(touched_by(policy, landing, &facts.whole));
    let of_whole = |name: &str| {
        policy.controls.get(name).is_some_and(|control| control.kind().granularity == Granularity::Once)
    };
    let mut findings: Vec<Finding> = judge_landing(policy, owner, landing, &touched)
        .into_iter()
        .map(|found| found.finding)
        .filter(|finding| !of_whole(&finding.control))
        .collect();
    findings.sort();
    findings.dedup();
    (touched, findings)
}

/// What is found in one landing, before any waiver.
pub(super) fn found_in(policy: &Policy, facts: &Deployment, landing: &LandingFacts) -> Vec<ScopedFinding> {
    let touched = Fact::from(touched_by(policy, landing, &facts.whole));
    judge_landing(policy, LandingOwner::Deployment(facts), landing, &touched)
}

pub(super) fn judge_landing(
    policy: &Policy,
    owner: LandingOwner<'_>,
    landing: &LandingFacts,
    touched: &Fact<Vec<TouchedArea>>,
) -> Vec<ScopedFinding> {
    let (whole, deployment) = (owner.whole(), owner.deployment());
    let case = LandingCase { landing, whole, deployment, scope: &policy.scope, touched };
    let tip = &landing.landing.landed;
    let about = owner.about(vec![tip.clone()]);
    let mut findings = Vec::new();
    for (name, control) in landing_controls(policy) {
        let unseen = |gap| vec![unproven(name, SubjectKind::Landing, tip.short(), &gap)];
        findings.extend(control.check_landing(&case).unwrap_or_else(unseen));
    }
    if let Fact::Gap(gap) = &landing.requests {
        findings.push(unproven(LANDINGS, SubjectKind::Landing, tip.short(), gap));
    }
    findings.extend(unknown_proof(landing));
    let mut found: Vec<_> =
        findings.into_iter().map(|finding| ScopedFinding::of(finding, &about, touched)).collect();
    for facts in resting_on(landing) {
        let about = of_request(&about, facts);
        let share = share_of(policy, landing, facts, whole, touched);
        let of_request = ask_landing(policy, Granularity::PerLanding, owner, facts, &share);
        found.extend(
            of_request
                .into_iter()
                .map(|finding| name_landing(owner, tip, ScopedFinding::of(finding, &about, &share))),
        );
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

/// The requests that the landing rests on. Where one explains all of it, the host may name others
/// whose commits that one holds (a stack of requests): its approvals are for the whole. Without a
/// proof every one has to answer.
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

/// Do these facts are about the very commit that the proof rests on?
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
fn name_landing(owner: LandingOwner<'_>, landing: &Revision, mut found: ScopedFinding) -> ScopedFinding {
    found.finding.subject = owner.name_in(landing, found.finding.subject);
    found
}

/// The controls that look at landings: those that are judged before a deployment.
fn landing_controls(policy: &Policy) -> impl Iterator<Item = (&'static str, &dyn Control)> {
    let all = policy.controls.iter().map(|(name, control)| (*name, control.as_ref()));
    all.filter(|(_, control)| control.kind().stage.has_deployments())
}

pub(super) fn ask_landing(
    policy: &Policy,
    granularity: Granularity,
    owner: LandingOwner<'_>,
    facts: &Facts,
    touched: &Fact<Vec<TouchedArea>>,
) -> Vec<Finding> {
    let case = Case { facts, deployment: owner.deployment(), scope: &policy.scope, touched };
    let mut findings = Vec::new();
    let asked =
        |control: &dyn Control| owner.asks(control.kind().stage) && control.kind().granularity == granularity;
    for (name, control) in policy.controls.iter().filter(|(_, control)| asked(control.as_ref())) {
        let unseen = |gap| vec![unproven(name, SubjectKind::Change, super::head_of(facts), &gap)];
        findings.extend(control.check(&case).unwrap_or_else(unseen));
    }
    findings
}

/// The areas that a landing touches: by what it changed, and by what the requests that explain it
/// changed.
pub(super) fn touched_by(
    policy: &Policy,
    landing: &LandingFacts,
    whole: &Facts,
) -> Result<Vec<TouchedArea>, Gap> {
    let mut files: Vec<&FileChange> = landing.files.known()?.iter().collect();
    for facts in landing.requests.value().into_iter().flatten() {
        files.extend(files_of_request(policy, facts)?);
    }
    policy.scope.inventory.touched(files.into_iter(), &whole.inquiry)
}

/// The areas of what one request of a landing answers for: what it changed itself, and whatever the
/// landing changed that is no other request's. So a harmless request does not need the approvals of
/// the one that landed in the same batch. The only request answers for all that the landing
/// touches.
pub(super) fn share_of<'t>(
    policy: &Policy,
    landing: &LandingFacts,
    request: &Facts,
    whole: &Facts,
    touched: &'t Fact<Vec<TouchedArea>>,
) -> Cow<'t, Fact<Vec<TouchedArea>>> {
    match (landing.requests.value().map(Vec::len), touched) {
        (Some(1), Fact::Known(_)) => Cow::Borrowed(touched),
        _ => Cow::Owned(
            files_of_share(policy, landing, request)
                .and_then(|files| policy.scope.inventory.touched(files.into_iter(), &whole.inquiry))
                .into(),
        ),
    }
}

fn files_of_share<'a>(
    policy: &Policy,
    landing: &'a LandingFacts,
    request: &'a Facts,
) -> Result<Vec<&'a FileChange>, Gap> {
    let mut elsewhere = BTreeSet::new();
    let others = landing.requests.value().into_iter().flatten();
    for other in others.filter(|other| !std::ptr::eq(*other, request)) {
        elsewhere.extend(files_of_request(policy, other)?.into_iter().flat_map(paths_of));
    }
    let mut files = files_of_request(policy, request)?;
    let is_elsewhere = |file: &&FileChange| paths_of(file).all(|path| elsewhere.contains(path));
    files.extend(landing.files.known()?.iter().filter(|file| !is_elsewhere(file)));
    Ok(files)
}

fn paths_of(file: &FileChange) -> impl Iterator<Item = &RepoPath> {
    file.entries().map(|entry| &entry.path)
}

fn files_of_request<'a>(policy: &Policy, request: &'a Facts) -> Result<Vec<&'a FileChange>, Gap> {
    let change = request.change.known()?;
    let on_the_way = if policy.each_commit { change.on_the_way.known()?.as_slice() } else { &[] };
    Ok(change.files.iter().chain(on_the_way).collect())
}

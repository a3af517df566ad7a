//! Policy and the facts of a deployment to a decision.
//!
//! 1. The baseline and the candidate have to be what a deployment runs between: see [`super::gate`].
//! 2. Every landing is judged: its content by `reviewed-landings`, and each request that explains it by the controls of
//!    the merge gate, for every area that the landing touches.
//! 3. Controls that speak of the branch or of the candidate are asked once, for everything that the range touches.
//! 4. When the range alters the policy, the altered policy is asked too: the stricter of old and new.

use super::{altered, gate, judged, reference, sealed, stricter};
use crate::control::{Case, LandingCase, Reach, finding, unproven};
use crate::model::change::FileChange;
use crate::model::decision::{Decision, Finding, Judged, SubjectKind, TouchedArea, Verdict};
use crate::model::deployment::{Deployment, LandingFacts};
use crate::model::fact::{Fact, Gap};
use crate::model::facts::Facts;
use crate::model::landing::{Coverage, Span};
use crate::model::path::RepoPath;
use crate::policy::Policy;
use std::collections::BTreeSet;

/// Judges a deployment by the policy in force at its baseline.
pub fn decide_deployment(policy: &Policy, facts: &Deployment) -> Decision {
    let (mut areas, mut findings) = judge(policy, facts);
    findings.extend(gate::range(policy, facts));
    findings.extend(population(facts));
    if let Some(text) = altered(policy, &facts.whole) {
        match Policy::parse(text) {
            Ok(altered) => stricter(&mut areas, &mut findings, judge(&altered, facts)),
            Err(problems) => findings.push(gate::invalid_after(problems.len())),
        }
    }
    let judged = Judged {
        environment: Some(facts.environment.clone()),
        branch: Some(facts.branch.clone()),
        base: facts.baseline.value().map(|baseline| baseline.revision.clone()),
        head: Some(facts.candidate.clone()),
        ..judged(&facts.whole)
    };
    sealed(judged, Some(reference(policy, &facts.whole)), areas, findings)
}

/// How many commits the range has, and that each of them belongs to one landing: what an auditor counts again.
fn population(facts: &Deployment) -> Option<Finding> {
    let (Span::Steps(steps), landings) = (facts.span.value()?, facts.landings.value()?) else {
        return None;
    };
    let commits: usize = steps.iter().map(crate::model::landing::Step::size).sum();
    let in_landings: usize = landings.iter().map(|landing| landing.steps.len()).sum();
    let of = |verdict, reason: String| {
        finding("reviewed-landings", verdict, SubjectKind::Change, facts.candidate.short(), reason)
    };
    Some(if in_landings == steps.len() {
        of(Verdict::Met, format!("{commits} commits, each in one of {} landings", landings.len()))
    } else {
        of(Verdict::Unproven, format!("{} steps, but {in_landings} in landings", steps.len()))
            .remedy("gather the facts again")
    })
}

fn judge(policy: &Policy, facts: &Deployment) -> (Vec<TouchedArea>, Vec<Finding>) {
    let mut findings = Vec::new();
    let mut all: Result<Vec<TouchedArea>, Gap> = Ok(Vec::new());
    match &facts.landings {
        Fact::Known(landings) => {
            for landing in landings {
                let touched = Fact::from(touched(policy, landing, &facts.whole));
                findings.extend(judge_landing(policy, landing, &touched, &facts.whole));
                all = merge(all, touched);
            }
        }
        Fact::Gap(gap) => {
            findings.push(unproven("reviewed-landings", SubjectKind::Change, facts.candidate.short(), gap));
            all = Err(gap.clone());
        }
    }
    let touched = Fact::from(all);
    findings.extend(ask(policy, Reach::Whole, &facts.whole, &touched));
    (touched.value().cloned().unwrap_or_default(), findings)
}

fn judge_landing(
    policy: &Policy,
    landing: &LandingFacts,
    touched: &Fact<Vec<TouchedArea>>,
    whole: &Facts,
) -> Vec<Finding> {
    let case = LandingCase { landing, touched };
    let short = landing.landing.landed.short();
    let mut findings = Vec::new();
    for (name, control) in &policy.controls {
        let unseen = |gap| vec![unproven(name, SubjectKind::Landing, short, &gap)];
        findings.extend(control.check_landing(&case).unwrap_or_else(unseen));
    }
    match &landing.requests {
        Fact::Known(requests) => {
            for facts in requests.iter().filter(|facts| answers_for(landing, facts)) {
                let share = Fact::from(share(policy, landing, facts, whole));
                let of_request = ask(policy, Reach::Landing, facts, &share);
                findings.extend(of_request.into_iter().map(|finding| within(short, finding)));
            }
        }
        Fact::Gap(gap) => findings.push(unproven("reviewed-landings", SubjectKind::Landing, short, gap)),
    }
    findings
}

/// Does the landing rest on this request? Where one request explains all of it, the host may name others whose commits that
/// one holds (a stack of requests): its approvals are for the whole.
fn answers_for(landing: &LandingFacts, request: &Facts) -> bool {
    match (&landing.coverage, request.host.request.value()) {
        (Coverage::Identity(one) | Coverage::Replay(one) | Coverage::Rebase(one), Some(request)) => {
            one.request == request.number
        }
        _ => true,
    }
}

/// The finding says of which landing it speaks.
fn within(landing: &str, mut finding: Finding) -> Finding {
    finding.subject.name = format!("{} in landing {landing}", finding.subject.name);
    finding
}

fn ask(policy: &Policy, reach: Reach, facts: &Facts, touched: &Fact<Vec<TouchedArea>>) -> Vec<Finding> {
    let case = Case { facts, scope: &policy.scope, touched };
    let mut findings = Vec::new();
    for (name, control) in policy.controls.iter().filter(|(_, control)| control.reach() == reach) {
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

fn merge(all: Result<Vec<TouchedArea>, Gap>, more: Fact<Vec<TouchedArea>>) -> Result<Vec<TouchedArea>, Gap> {
    let mut all = all?;
    for area in more.known()?.clone() {
        match all.iter_mut().find(|known| known.area == area.area) {
            Some(known) => {
                known.touches.extend(area.touches);
                known.touches.sort();
                known.touches.dedup_by(|a, b| a.path == b.path);
            }
            None => all.push(area),
        }
    }
    Ok(all)
}

//! What the gate itself finds, before and beside its controls: which branch it answers for, and
//! whether base, head and policy are what they must be.

use super::GATE;
use crate::control::{finding, unproven};
use crate::policy::{Policy, describe_problems, read_register};
use portcullis_model::change::BranchName;
use portcullis_model::decision::{Finding, HouseReference, SubjectKind, Verdict};
use portcullis_model::deployment::Deployment;
use portcullis_model::digest::Digest;
use portcullis_model::facts::{Detour, Facts};
use portcullis_model::inquiry::TextPurpose;
use portcullis_model::landing::Span;

/// Rule 1. Without a host there is no branch to look at, and the person who names the commits means
/// a deployment branch. A check is on a commit and not on a branch, so an answer for a side branch
/// would also be on a request to another.
pub(super) fn outside(policy: &Policy, facts: &Facts) -> Option<Finding> {
    no_deployment_branch(policy, &facts.host.request.value()?.base_branch)
}

pub(super) fn no_deployment_branch(policy: &Policy, branch: &BranchName) -> Option<Finding> {
    if policy.scope.deployment.iter().any(|glob| glob.matches(branch.as_str().as_bytes())) {
        return None;
    }
    let reason = "it is not a deployment branch of this policy, so the gate does not judge it";
    let finding = finding(GATE, Verdict::Unproven, SubjectKind::Branch, branch.as_str(), reason);
    Some(finding.remedy("run the gate only for deployment branches, or list this one under `[branches]`"))
}

/// Facts that were gathered for another policy may lack what this one asks. Most of that is a gap
/// where it is used; a path that only single commits touch is not there at all.
pub(super) fn not_asked(policy: &Policy, facts: &Facts) -> Option<Finding> {
    let lacking = policy.each_commit && !facts.inquiry.each_commit;
    let name = facts.change.value().map_or("unknown", |change| change.head.short());
    lacking.then(|| {
        let reason = "the facts do not say what individual commits touched, and the policy requires it";
        finding(GATE, Verdict::Unproven, SubjectKind::Change, name, reason)
            .remedy("gather the facts again with this policy")
    })
}

/// Where a host takes part, its request and branch are seen: without them no one knows whether the
/// base that was named is the tip of the branch that would receive the change.
pub(super) fn unseen(facts: &Facts) -> Vec<Finding> {
    let host = &facts.host;
    if !host.took_part() {
        return Vec::new();
    }
    let gaps = [host.request.known().err(), host.branch.known().err()];
    gaps.iter().flatten().map(|gap| unproven(GATE, SubjectKind::Branch, "the base", gap)).collect()
}

/// A policy that was once on the branch is not the policy that is there now.
pub(super) fn base_moved(facts: &Facts) -> Option<Finding> {
    let (branch, base) = (facts.host.branch.value()?, &facts.change.value()?.base);
    (branch.tip != *base).then(|| {
        let reason = format!(
            "the change was judged against {}, but the branch is at {}",
            base.short(),
            branch.tip.short()
        );
        finding(GATE, Verdict::Unproven, SubjectKind::Branch, branch.name.as_str(), reason)
            .remedy("fetch the branch and judge again from its tip")
    })
}

/// An empty range proves nothing: more often than not it is a wrong range.
pub(super) fn empty(facts: &Facts) -> Option<Finding> {
    let change = facts.change.value()?;
    change.commits.is_empty().then(|| {
        let reason =
            format!("{} has no commit that {} does not have", change.head.short(), change.base.short());
        finding(GATE, Verdict::Unproven, SubjectKind::Change, change.head.short(), reason)
            .remedy("check which base and head were meant")
    })
}

/// Without a common commit the range is all that either side ever held: the branch was made anew,
/// or the wrong one is meant.
pub(super) fn unrelated(facts: &Facts) -> Option<Finding> {
    let change = facts.change.value()?;
    change.merge_bases.is_empty().then(|| {
        let reason = format!("{} and {} have no commit in common", change.head.short(), change.base.short());
        finding(GATE, Verdict::Unproven, SubjectKind::Change, change.head.short(), reason)
            .remedy("find out who recreated the branch, and start the change again from its tip")
    })
}

/// Points out what comes between the gate and the host: honest machines use proxies and
/// certificates of their own, and so does anyone who impersonates the host.
pub(super) fn detours(detours: &[Detour], head: &str) -> Option<Finding> {
    let names: Vec<&str> = detours.iter().map(|detour| detour.variable.as_str()).collect();
    let details = detours.iter().map(|detour| format!("{} is {}", detour.variable, detour.value)).collect();
    (!names.is_empty()).then(|| {
        let reason =
            format!("the host's answers came through settings of this environment: {}", names.join(", "));
        finding(GATE, Verdict::Noted, SubjectKind::Change, head, reason)
            .remedy("make sure that the owner of the machine set them, not a step of the job")
            .details(details)
    })
}

pub(super) fn invalid_after(problems: usize) -> Finding {
    let plural = if problems == 1 { "mistake" } else { "mistakes" };
    let reason =
        format!("the change would leave a policy with {problems} {plural}, by which nothing can be judged");
    finding(GATE, Verdict::Broken, SubjectKind::Policy, "after the change", reason)
        .remedy("run `portcullis policy check` on it and correct what it lists")
}

/// A register that the change alters or removes, and that no one could read afterwards: the next
/// change would be judged by none. Facts that do not hold the new text say nothing of it.
pub(super) fn invalid_register(lasting: &Policy, facts: &Facts) -> Option<Finding> {
    let path = &lasting.scope.training.as_ref()?.settings.register;
    let text = facts.gate.value()?.texts.get(path)?;
    if !text.purposes.contains(&TextPurpose::Register) || text.before == text.after {
        return None;
    }
    let (reason, remedy) = match &text.after {
        Some(after) => {
            let problems = describe_problems(after, &read_register(after).err()?);
            let reason =
                format!("the change would leave a register of people that cannot be read: {problems}");
            (reason, "Run `portcullis people check` on it, and correct what it lists.")
        }
        None => (
            "the change would remove the register of people that the policy names".to_string(),
            "Keep it, or take `[training]` and the controls that need it out of the policy.",
        ),
    };
    Some(finding(GATE, Verdict::Broken, SubjectKind::File, path.to_string(), reason).remedy(remedy))
}

/// A house policy that the change alters or removes, while the policy goes on to name the one that
/// was there: then nothing could be judged by it. A clone that has the commit which the policy
/// names needs no file.
pub(super) fn lost_house(lasting: &Policy, facts: &Facts) -> Option<Finding> {
    let HouseReference { file, digest, origin } = &lasting.house.as_ref()?.reference;
    let text = facts.gate.value()?.texts.get(file)?;
    let is_pinned = |text: &String| Digest::of(text.as_bytes()) == *digest;
    if origin.is_some()
        || !text.purposes.contains(&TextPurpose::House)
        || text.after.as_ref().is_some_and(is_pinned)
    {
        return None;
    }
    let (reason, remedy) = match &text.after {
        Some(after) => {
            let actual = Digest::of(after.as_bytes());
            (
                "the change would leave a house policy with another digest than the policy names".to_string(),
                format!("Restore it, or write `digest = \"{actual}\"` into `[extends]` of the policy."),
            )
        }
        None => (
            "the change would leave the policy without the house policy that it extends".to_string(),
            "Keep it, or name in `[extends]` of the policy where it is from now on.".to_string(),
        ),
    };
    Some(finding(GATE, Verdict::Broken, SubjectKind::File, file.to_string(), reason).remedy(remedy))
}

/// Baseline and candidate of a deployment: an honest deployment goes forward along the branch.
/// `rollback` judges a candidate that is older than the baseline.
pub(super) fn range(policy: &Policy, facts: &Deployment, rollback: impl FnOnce() -> Finding) -> Vec<Finding> {
    let mut findings = vec![baseline_finding(facts, rollback), on_branch(facts)];
    findings.extend(no_deployment_branch(policy, &facts.branch));
    findings
}

fn baseline_finding(facts: &Deployment, rollback: impl FnOnce() -> Finding) -> Finding {
    let span = match facts.baseline.known().and_then(|_| facts.span.known()) {
        Ok(span) => span,
        Err(gap) => return unproven(GATE, SubjectKind::Change, facts.candidate.short(), &gap),
    };
    let deployed = facts.baseline.value().map_or("", |baseline| baseline.revision.short());
    let (verdict, reason) = match span {
        Span::Steps(_) => (Verdict::Met, format!("it follows {deployed}, which is deployed")),
        Span::Equal => {
            (Verdict::Unproven, format!("{deployed} is deployed already, so there is nothing to judge"))
        }
        Span::Behind => return rollback(),
        Span::Beside => return finding_beside(facts, deployed),
        Span::Diverged => (Verdict::Broken, format!("it does not contain {deployed}, which is deployed")),
        Span::Unrelated => {
            (Verdict::Broken, format!("it has no history in common with {deployed}, which is deployed"))
        }
    };
    let found = finding(GATE, verdict, SubjectKind::Change, facts.candidate.short(), reason);
    if verdict == Verdict::Met {
        return found;
    }
    found.remedy("check which commit is deployed and which one was meant; revert through a request instead of deploying an older commit")
}

/// It is in the history, and not on the line of first parents. That may be because it never was the
/// tip, or because a merge with its parents the other way round took the place of the line.
fn finding_beside(facts: &Deployment, deployed: &str) -> Finding {
    let reason = format!(
        "it contains {deployed}, which is deployed, but not on its first-parent line: either {deployed} was never its tip, or a later merge has another branch as its first parent"
    );
    let full = facts.baseline.value().map_or("", |baseline| baseline.revision.as_str());
    let (branch, candidate) = (&facts.branch, &facts.candidate);
    finding(GATE, Verdict::Broken, SubjectKind::Change, facts.candidate.short(), reason).remedy(format!(
        "See `git log --first-parent {branch}` for which merge it was. If {deployed} was the tip, restore its first-parent line with a merge that changes nothing: `git checkout --detach {full} && git merge --no-ff {candidate} && git push origin HEAD:{branch}`; that landing is then judged. If it was not, find out who deployed it"
    ))
}

/// Only what is or was the tip of the branch went through it.
fn on_branch(facts: &Deployment) -> Finding {
    let subject = facts.branch.as_str();
    let (verdict, reason) = match facts.on_branch.known() {
        Err(gap) => return unproven(GATE, SubjectKind::Branch, subject, &gap),
        Ok(Span::Equal) => (Verdict::Met, "the candidate is its tip".to_string()),
        Ok(Span::Steps(_)) => (Verdict::Met, "the candidate was its tip".to_string()),
        Ok(_) => (Verdict::Broken, format!("{} never was its tip", facts.candidate.short())),
    };
    let found = finding(GATE, verdict, SubjectKind::Branch, subject, reason);
    if verdict == Verdict::Met { found } else { found.remedy("deploy a commit that landed on the branch") }
}

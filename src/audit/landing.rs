//! One landing: its attributes and its verdicts.

use crate::people::{PeopleNames, authors_of};
use crate::tickets::find_tickets;
use jiff::Timestamp;
use portcullis_judge::decide::{AuditedApproval, audit_approvals, decide_landed, undetermined};
use portcullis_judge::policy::Policy;
use portcullis_model::change::{Commit, FileChange, Side};
use portcullis_model::check::Conclusion;
use portcullis_model::decision::{Decision, Judged, Verdict};
use portcullis_model::deployment::{Deployment, LandingFacts};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::facts::Facts;
use portcullis_model::landing::{Candidate, Coverage, Residual, Span, Step};
use portcullis_wire::audit::v1::{
    AuditedApprovalV1, AuditedCheckV1, AuditedLandingV1, AuditedRequestV1, AuditedTimeV1, ExplainedByV1,
    ExplanationV1, ItemVerdictV1, ResidualPartV1, TimeSourceV1,
};
use portcullis_wire::decision::v1::{DecisionV1, FindingV1, VerdictV1};

/// So many unapproved parts of one landing are listed.
const PARTS: usize = 100;

/// A policy that landings are judged by.
pub enum PolicyThen<'p> {
    /// It can be read.
    Known(&'p Policy),
    /// There is none, or it cannot be read.
    Unreadable(Gap),
}

/// A landing as it was seen.
pub struct SeenLanding<'a> {
    /// Its place among the landings of the branch, counted from 1.
    pub number: u64,
    /// Its facts: a deployment of nothing but this landing.
    pub facts: &'a Deployment,
    /// When it came in, as its commit and the tips that were seen say.
    pub moment: Option<Timestamp>,
    /// Where the facts come from.
    pub source: &'a str,
}

/// A landing, and what could not be seen of it that no finding tells.
pub struct LandingAudit {
    /// The landing.
    pub landing: AuditedLandingV1,
    /// Why its approvals could not be seen, although they were asked for.
    pub unseen: Option<Gap>,
}

/// Judges a landing by the policy in force for it and by that of today.
///
/// `None`: the facts hold no landing.
pub fn audit_landing(
    seen: &SeenLanding<'_>,
    then: &PolicyThen<'_>,
    today: Option<&Policy>,
    as_of: Timestamp,
) -> Option<LandingAudit> {
    let landing = seen.facts.landings.value()?.first()?;
    let time = time_of(landing, seen.moment);
    let in_force = match then {
        PolicyThen::Known(policy) => Some(*policy),
        PolicyThen::Unreadable(_) => None,
    };
    let names = PeopleNames::by(in_force.or(today));
    let decision = match then {
        PolicyThen::Known(policy) => decide_landed(policy, &judged_at(seen.facts, moment_of(&time))),
        PolicyThen::Unreadable(gap) => undetermined(judged_landing(seen.facts), gap),
    };
    let then = verdict_of(&decision);
    let again = today.map(|policy| decide_landed(policy, &judged_at(seen.facts, Some(as_of))));
    let touched = match in_force {
        Some(policy) => policy.scope.inventory.touched(files_of(landing), &seen.facts.whole.inquiry).is_ok(),
        None => false,
    };
    let commits = commits_of(seen.facts);
    let areas = DecisionV1::new(&decision, false).areas;
    let approvals = approvals_of(names, in_force.or(today), seen.facts, landing, &time);
    let unseen = approvals.as_ref().err().cloned();
    let landing = AuditedLandingV1 {
        id: item_id(seen.facts),
        number: seen.number,
        branch: seen.facts.branch.to_string(),
        parent: (&landing.landing.parent).into(),
        landed: (&landing.landing.landed).into(),
        steps: landing.steps.iter().map(Into::into).collect(),
        commits: commits.len() as u64,
        subject: subject_of(landing, &commits),
        tickets: tickets_of(landing, &commits),
        requests: landing
            .requests
            .value()
            .map(|all| all.iter().map(|facts| request_of(names, facts)).collect()),
        authors: authors_of(names, landing, &commits),
        approvals_unseen: unseen.as_ref().map(ToString::to_string),
        approvals: approvals.unwrap_or_default(),
        checks: checks_of(landing),
        explanation: explanation_of(&landing.coverage),
        areas: touched.then_some(areas),
        today: again.map(|again| what_differs(&then, &verdict_of(&again))),
        waivers: waivers_in(&then.findings),
        then,
        time,
        deployments: Vec::new(),
        source: seen.source.to_string(),
    };
    let unseen = unseen.filter(|gap| gap.reason != GapReason::NotAsked);
    Some(LandingAudit { landing, unseen })
}

/// The id of the landing that facts are about.
pub fn item_id(facts: &Deployment) -> String {
    format!("{}@{}", facts.branch, facts.candidate)
}

/// The facts with another moment of judgement. Waivers and freezes go by it.
fn judged_at(facts: &Deployment, moment: Option<Timestamp>) -> Deployment {
    let mut facts = facts.clone();
    facts.whole.observed = match moment {
        Some(moment) => Fact::Known(moment),
        None => Fact::Gap(Gap::not_asked("when the landing came in", "Name a host that knows it.")),
    };
    facts
}

/// The facts, to be judged at the moment at which their landing came in.
pub fn at_landing(facts: &Deployment, time: &AuditedTimeV1) -> Deployment {
    judged_at(facts, moment_of(time))
}

fn judged_landing(facts: &Deployment) -> Judged {
    Judged {
        branch: Some(facts.branch.clone()),
        base: facts.baseline.value().map(|baseline| baseline.revision.clone()),
        head: Some(facts.candidate.clone()),
        ..Judged::default()
    }
}

fn files_of(landing: &LandingFacts) -> impl Iterator<Item = &FileChange> + Clone {
    landing.files.value().into_iter().flatten()
}

fn moment_of(time: &AuditedTimeV1) -> Option<Timestamp> {
    time.at.as_ref().and_then(|at| at.parse().ok())
}

/// The host's word goes before that of the commit: the last of its requests that landed brought it.
fn time_of(landing: &LandingFacts, by_commit: Option<Timestamp>) -> AuditedTimeV1 {
    let requests = landing.requests.value().map_or(&[][..], Vec::as_slice);
    let merged = requests.iter().filter_map(|facts| facts.host.request.value()?.merged).max();
    match (merged, by_commit) {
        (Some(at), _) => AuditedTimeV1 { at: Some(at.to_string()), source: TimeSourceV1::Host },
        (None, Some(at)) => AuditedTimeV1 { at: Some(at.to_string()), source: TimeSourceV1::Commit },
        (None, None) => AuditedTimeV1 { at: None, source: TimeSourceV1::Unknown },
    }
}

/// Every commit that came with the landing.
fn commits_of(facts: &Deployment) -> Vec<&Commit> {
    match facts.span.value() {
        Some(Span::Steps(steps)) => {
            steps.iter().flat_map(|Step { commit, brought }| brought.iter().chain([commit])).collect()
        }
        _ => Vec::new(),
    }
}

fn subject_of(landing: &LandingFacts, commits: &[&Commit]) -> String {
    let titles = landing.requests.value().into_iter().flatten();
    let title =
        titles.filter_map(|facts| facts.host.request.value()).map(|request| request.title.clone()).next();
    let landed = || commits.iter().find(|commit| commit.id == landing.landing.landed);
    title.or_else(|| landed().map(|commit| commit.subject.clone())).unwrap_or_default()
}

fn tickets_of(landing: &LandingFacts, commits: &[&Commit]) -> Vec<String> {
    let requests = landing.requests.value().into_iter().flatten();
    let known = requests.filter_map(|facts| facts.host.request.value());
    let said = known.flat_map(|request| {
        [Some(request.title.as_str()), request.head_branch.as_ref().map(|branch| branch.as_str())]
    });
    let subjects = commits.iter().map(|commit| commit.subject.as_str());
    find_tickets(said.flatten().chain(subjects))
}

fn request_of(names: PeopleNames<'_>, facts: &Facts) -> AuditedRequestV1 {
    match &facts.host.request {
        Fact::Known(request) => AuditedRequestV1 {
            request: Some((&request.id).into()),
            title: Some(request.title.clone()),
            author: request.author.as_ref().map(|account| names.of_login(&account.login)),
            head: Some((&request.head).into()),
            merged: request.merged.map(|merged| merged.to_string()),
            unseen: None,
        },
        Fact::Gap(gap) => AuditedRequestV1 {
            request: None,
            title: None,
            author: None,
            head: facts.change.value().map(|change| (&change.head).into()),
            merged: None,
            unseen: Some(gap.to_string()),
        },
    }
}

fn approvals_of(
    names: PeopleNames<'_>,
    policy: Option<&Policy>,
    facts: &Deployment,
    landing: &LandingFacts,
    landed: &AuditedTimeV1,
) -> Result<Vec<AuditedApprovalV1>, Gap> {
    let no_policy = || {
        let why = "no policy can be read that says which of them count";
        Gap::new("the approvals", GapReason::NotAsked, why, "Name a policy with --policy.")
    };
    let all = audit_approvals(policy.ok_or_else(no_policy)?, facts, landing)?;
    Ok(all.into_iter().map(|approval| written_approval(names, approval, landed)).collect())
}

fn written_approval(
    names: PeopleNames<'_>,
    approval: AuditedApproval,
    landed: &AuditedTimeV1,
) -> AuditedApprovalV1 {
    let AuditedApproval { request, review, counts, why_not, roles } = approval;
    let landed = moment_of(landed).filter(|_| landed.source == TimeSourceV1::Host);
    let source = if review.submitted.is_some() { TimeSourceV1::Host } else { TimeSourceV1::Unknown };
    AuditedApprovalV1 {
        request: request.as_ref().map(Into::into),
        approver: review.reviewer.as_ref().map(|account| names.of_login(&account.login)),
        review: review.id.to_string(),
        roles,
        time: AuditedTimeV1 { at: review.submitted.map(|at| at.to_string()), source },
        commit: review.reviewed.commit().map(Into::into),
        before_landing: review.submitted.zip(landed).map(|(given, landed)| given <= landed),
        counts: counts.value().copied(),
        why_not: counts.known().err().map(|gap| gap.to_string()).or(why_not),
    }
}

fn checks_of(landing: &LandingFacts) -> Vec<AuditedCheckV1> {
    let requests = landing.requests.value().into_iter().flatten();
    let checks = requests.filter_map(|facts| facts.host.checks.value()).flatten();
    let mut all: Vec<AuditedCheckV1> = checks
        .map(|check| AuditedCheckV1 {
            name: check.name.clone(),
            conclusion: conclusion_word(check.conclusion).to_string(),
        })
        .collect();
    all.sort();
    all.dedup();
    all
}

fn conclusion_word(conclusion: Conclusion) -> &'static str {
    match conclusion {
        Conclusion::Running => "running",
        Conclusion::Success => "success",
        Conclusion::Failure => "failure",
        Conclusion::Error => "error",
        Conclusion::Neutral => "neutral",
        Conclusion::Skipped => "skipped",
        Conclusion::Cancelled => "cancelled",
        Conclusion::Stale => "stale",
        Conclusion::TimedOut => "timed-out",
        Conclusion::ActionRequired => "action-required",
        Conclusion::StartupFailure => "startup-failure",
    }
}

fn explanation_of(coverage: &Coverage) -> ExplanationV1 {
    let (by, requests): (_, &[Candidate]) = match coverage {
        Coverage::Unchanged => (ExplainedByV1::Unchanged, &[]),
        Coverage::Identity(one) => (ExplainedByV1::Identity, std::slice::from_ref(one)),
        Coverage::Replay(one) => (ExplainedByV1::Replay, std::slice::from_ref(one)),
        Coverage::Rebase(one) => (ExplainedByV1::Rebase, std::slice::from_ref(one)),
        Coverage::Train(all) => (ExplainedByV1::Train, all),
        Coverage::Residual(Residual { nearest, .. }) => (ExplainedByV1::Residual, nearest),
        Coverage::Unverifiable(_) => (ExplainedByV1::Unverifiable, &[]),
    };
    let hunks = match coverage {
        Coverage::Residual(residual) => residual.hunks.as_slice(),
        _ => &[],
    };
    let part = |hunk: &portcullis_model::landing::ResidualHunk| ResidualPartV1 {
        path: (&hunk.path).into(),
        added: hunk.side == Side::Added,
        line: hunk.line,
        lines: hunk.lines,
    };
    ExplanationV1 {
        by,
        requests: requests.iter().map(|candidate| (&candidate.request).into()).collect(),
        residual: hunks.iter().take(PARTS).map(part).collect(),
        residual_parts: hunks.len() as u64,
        unseen: match coverage {
            Coverage::Unverifiable(gap) => Some(gap.to_string()),
            _ => None,
        },
    }
}

/// A decision as the verdict on an item.
pub fn verdict_of(decision: &Decision) -> ItemVerdictV1 {
    ItemVerdictV1 {
        outcome: decision.outcome.into(),
        policy: decision.policy.as_ref().map(|policy| (&policy.digest).into()),
        findings: decision.findings.iter().map(Into::into).collect(),
    }
}

/// The second verdict without the findings that the first one has. What is only noted differs with
/// the moment and decides nothing.
fn what_differs(then: &ItemVerdictV1, today: &ItemVerdictV1) -> ItemVerdictV1 {
    let is_new =
        |found: &&FindingV1| Verdict::from(found.verdict) != Verdict::Noted && !then.findings.contains(found);
    ItemVerdictV1 { findings: today.findings.iter().filter(is_new).cloned().collect(), ..today.clone() }
}

/// The waivers and rollbacks that findings were waived by, sorted.
pub fn waivers_in(findings: &[FindingV1]) -> Vec<String> {
    let mut ids: Vec<String> = findings.iter().flat_map(grants_of).map(|(id, _)| id.to_string()).collect();
    ids.sort();
    ids.dedup();
    ids
}

/// Each waiver or rollback that a finding was waived by, and who granted it then.
pub(super) fn grants_of(finding: &FindingV1) -> impl Iterator<Item = (&str, &str)> {
    let is_waived = finding.verdict == VerdictV1::Waived;
    let waivers = finding.details.iter().filter_map(|detail| granted_waiver(detail));
    waivers.chain(granted_rollback(&finding.reason)).filter(move |_| is_waived)
}

/// Is this the id of a rollback that the finding was waived by?
pub(super) fn is_rollback(finding: &FindingV1, id: &str) -> bool {
    granted_rollback(&finding.reason).is_some_and(|(granted, _)| granted == id)
}

/// The waiver that a detail of a waived finding names first.
fn granted_waiver(detail: &str) -> Option<(&str, &str)> {
    let (id, rest) = detail.strip_prefix("waived by ")?.split_once(", granted by ")?;
    let (approver, _) = rest.split_once(" until ")?;
    Some((id, approver))
}

/// The rollback that the reason of a waived finding names.
fn granted_rollback(reason: &str) -> Option<(&str, &str)> {
    let (_, rest) = reason.split_once(": a rollback, which ")?.1.split_once(" asked for and ")?;
    let (approver, rest) = rest.split_once(" granted until ")?;
    let (_, id) = rest.strip_suffix(')')?.split_once(" (")?;
    Some((id, approver))
}

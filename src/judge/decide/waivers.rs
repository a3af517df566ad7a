//! Waivers put to the findings, last of all: what they allow stays visible, and so does every
//! waiver.
//!
//! 1. The waivers of a change are those at its base. What the change itself says of waivers has no
//!    effect on it.
//! 2. The waivers of a deployment are those at the candidate, if every landing that touches their
//!    file is sound by itself: its content is proved, a request brought it, and nothing is found
//!    against it while no waiver counts. Otherwise they are those at the baseline. So a waiver
//!    never helps the landing that brings it, and an emergency can be met without deploying first.
//! 3. A finding that is *broken* or *unproven* becomes *waived* when a waiver in force covers it.
//!    Nothing covers what the gate itself finds: the baseline, the branch, the population, changes
//!    of the policy and of the waivers.
//! 4. Where the policy names signers, a waiver whose approver did not sign it has no effect. The
//!    signers are those at the base.
//! 5. Without the moment of judgement no waiver has an effect.

use super::GATE;
use crate::control::{find_kind, finding, unproven};
use crate::policy::Policy;
use jiff::Timestamp;
use portcullis_model::change::Revision;
use portcullis_model::decision::{Finding, Outcome, Subject, SubjectKind, TouchedArea, Verdict};
use portcullis_model::deployment::{Deployment, LandingFacts};
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::facts::{Facts, GateTexts};
use portcullis_model::inquiry::TextPurpose;
use portcullis_model::landing::Coverage;
use portcullis_model::path::RepoPath;
use portcullis_model::waiver::{self, About, Grant, Standing, Waiver};
use std::collections::{BTreeMap, BTreeSet};

/// A finding and what it is about.
pub(super) struct ScopedFinding {
    pub(super) finding: Finding,
    /// What waivers look at; `None` when none may cover it.
    pub(super) about: Option<About>,
    /// The tip of the landing that it was found in.
    pub(super) landing: Option<Revision>,
}

impl ScopedFinding {
    /// A finding that no waiver covers.
    pub(super) fn firm(finding: Finding) -> Self {
        ScopedFinding { finding, about: None, landing: None }
    }

    /// A finding of a control. `about` is what all findings of this judgement are about.
    pub(super) fn of(finding: Finding, about: &About, touched: &Fact<Vec<TouchedArea>>) -> Self {
        let area = area_of(&finding, touched);
        ScopedFinding { about: Some(About { area, ..about.clone() }), finding, landing: None }
    }
}

/// The one area that a finding is about: the one that it names, or the only one that is touched. A
/// finding with a place outside of that area is about something else.
fn area_of(finding: &Finding, touched: &Fact<Vec<TouchedArea>>) -> Option<String> {
    let touched = touched.value()?;
    let Subject { kind, name } = &finding.subject;
    let area = match (kind, touched.as_slice()) {
        (SubjectKind::Area, areas) => areas.iter().find(|area| area.area == *name)?,
        (_, [only]) => only,
        (_, _) => return None,
    };
    let inside = |path: &RepoPath| area.touches.iter().any(|touch| touch.path == *path);
    finding.place.as_ref().is_none_or(|place| inside(&place.path)).then(|| area.area.clone())
}

/// The findings of a change after its waivers, with one about each waiver.
pub(super) fn of_change(
    policy: &Policy,
    after: Option<&Policy>,
    facts: &Facts,
    found: Vec<ScopedFinding>,
) -> Vec<Finding> {
    let Some(gate) = facts.gate.value() else { return without_waivers(found) };
    let texts = WaiverTexts { counting: waivers_before(gate), gate, after: after.unwrap_or(policy) };
    texts.apply(policy, &facts.observed, found)
}

/// The findings of a deployment after its waivers, with one about each waiver.
pub(super) fn of_deployment(
    policy: &Policy,
    after: Option<&Policy>,
    facts: &Deployment,
    found: Vec<ScopedFinding>,
) -> Vec<Finding> {
    let Some(gate) = facts.whole.gate.value() else { return without_waivers(found) };
    let texts =
        WaiverTexts { counting: counting(policy, facts, gate, &found), gate, after: after.unwrap_or(policy) };
    let uncounted = report_uncounted(facts, gate, texts.counting, &found);
    let mut findings = texts.apply(policy, &facts.whole.observed, found);
    findings.extend(uncounted);
    findings
}

/// That the waivers at the candidate do not count, and why: the person who wrote them there would
/// look for them in vain.
fn report_uncounted(
    facts: &Deployment,
    gate: &GateTexts,
    counting: Option<&str>,
    found: &[ScopedFinding],
) -> Option<Finding> {
    let after = waivers_after(gate)?;
    if counting == Some(after) || waivers_before(gate) == Some(after) {
        return None;
    }
    let landings = facts.landings.value().map_or(&[][..], Vec::as_slice);
    let flaw = landings.iter().filter(|landing| landing.may_touch(&RepoPath::from(waiver::PATH)));
    let flaw = flaw.filter_map(|landing| why_unsound(landing, found)).next();
    let remedy = match flaw {
        Some(_) => {
            "Deploy a commit from before that landing, or remove it from the branch and land it again with approval: no later landing makes up for it"
        }
        None => "Write them so that the policy at the deployed commit can read them",
    };
    let flaw = flaw.unwrap_or_else(|| "the policy at the deployed commit cannot read them".to_string());
    let reason = format!("the waivers that the candidate brings do not count: {flaw}");
    Some(finding(GATE, Verdict::Noted, SubjectKind::Policy, waiver::PATH, reason).remedy(remedy))
}

/// The text of the waivers that counts in a deployment.
pub(super) fn counting<'g>(
    policy: &Policy,
    facts: &Deployment,
    gate: &'g GateTexts,
    found: &[ScopedFinding],
) -> Option<&'g str> {
    let after = waivers_after(gate);
    // Those at the candidate may name areas that only the policy there knows: then they do not
    // count yet.
    let readable = after.is_none_or(|text| policy.waivers(text).is_ok());
    if readable && brought_soundly(facts, found) { after } else { waivers_before(gate) }
}

/// The waivers at the base.
fn waivers_before(gate: &GateTexts) -> Option<&str> {
    gate.before(TextPurpose::Waivers).map(String::as_str)
}

/// The waivers as the change would leave them.
fn waivers_after(gate: &GateTexts) -> Option<&str> {
    gate.after(TextPurpose::Waivers).map(String::as_str)
}

/// The signers that the policy names, at the base. Where the list was not read, no waiver is
/// signed.
pub(super) fn signers<'g>(policy: &Policy, gate: &'g GateTexts) -> Option<&'g str> {
    let path = policy.waiver_signers.as_ref()?;
    gate.before_at("the signers of waivers", path, TextPurpose::WaiverSigners).ok().flatten()
}

fn without_waivers(found: Vec<ScopedFinding>) -> Vec<Finding> {
    found.into_iter().map(|found| found.finding).collect()
}

/// Does every landing that touches the waivers prove sound by itself?
fn brought_soundly(facts: &Deployment, found: &[ScopedFinding]) -> bool {
    let Some(landings) = facts.landings.value() else { return false };
    landings
        .iter()
        .filter(|landing| landing.may_touch(&RepoPath::from(waiver::PATH)))
        .all(|landing| is_sound(landing, found))
}

/// Is its content proved, did a request bring it, and is nothing found against it?
pub(super) fn is_sound(landing: &LandingFacts, found: &[ScopedFinding]) -> bool {
    let proved =
        !matches!(landing.coverage, Coverage::Residual(_) | Coverage::Unverifiable(_) | Coverage::Unchanged);
    let brought = landing.requests.value().is_some_and(|requests| !requests.is_empty());
    proved && brought && nothing_against(landing, found)
}

/// Why a landing is not sound by itself.
pub(super) fn why_unsound(landing: &LandingFacts, found: &[ScopedFinding]) -> Option<String> {
    if is_sound(landing, found) {
        return None;
    }
    let tip = &landing.landing.landed;
    let stops = |found: &&ScopedFinding| {
        let stops = found.finding.verdict.outcome() > Some(Outcome::Allow);
        stops && found.landing.as_ref() == Some(tip)
    };
    let why = found.iter().find(stops).map(|found| {
        let Finding { control, subject, reason, .. } = &found.finding;
        format!("{control}: {subject}: {reason}")
    });
    let why = why.unwrap_or_else(|| "no approved request brought it".to_string());
    Some(format!("landing {}, which touches them, is not sound by itself ({why})", tip.short()))
}

fn nothing_against(landing: &LandingFacts, found: &[ScopedFinding]) -> bool {
    let tip = &landing.landing.landed;
    let of_landing = |found: &&ScopedFinding| found.landing.as_ref() == Some(tip);
    found.iter().filter(of_landing).all(|found| found.finding.verdict.outcome() <= Some(Outcome::Allow))
}

/// The texts of waivers, and which of them counts.
struct WaiverTexts<'a> {
    counting: Option<&'a str>,
    gate: &'a GateTexts,
    /// The policy that would read the waivers at the head.
    after: &'a Policy,
}

impl WaiverTexts<'_> {
    fn apply(&self, policy: &Policy, moment: &Fact<Timestamp>, found: Vec<ScopedFinding>) -> Vec<Finding> {
        let left = self.left(policy);
        let waivers = match self.counting.map_or(Ok(Vec::new()), |text| policy.waivers(text)) {
            Ok(waivers) => waivers,
            Err(problems) => {
                let mut findings = without_waivers(found);
                findings.push(invalid_waivers(
                    "the waivers in force cannot be read, so none counts",
                    problems.len(),
                ));
                return findings;
            }
        };
        let mut findings = match moment.known() {
            Ok(moment) => {
                let approvals = self.approvals(policy, &waivers, *moment);
                ActiveWaivers { waivers, moment: *moment, left: left.as_ref().ok(), approvals }.apply(found)
            }
            Err(gap) => without_moment(&waivers, &gap, found),
        };
        let useless = "the change would leave waivers that cannot be read";
        findings.extend(left.err().map(|problems| invalid_waivers(useless, problems)));
        findings
    }

    /// The key of each approval, or why it is not proved. Nothing where the policy takes the file's
    /// word.
    fn approvals(&self, policy: &Policy, waivers: &[Waiver], moment: Timestamp) -> SignedApprovals {
        let signers = policy.signers_of_waivers(signers(policy, self.gate));
        let approval = |waiver: &Waiver| {
            let signers = signers.as_ref()?.as_ref();
            let proved = signers.map_err(Clone::clone).and_then(|all| policy.approval(waiver, all, moment));
            Some((waiver.grant.id.clone(), proved))
        };
        waivers.iter().filter_map(approval).collect()
    }

    /// The waivers that the change would leave behind, as the policy that it would leave behind
    /// reads them; or how many mistakes they have.
    fn left(&self, policy: &Policy) -> Result<Vec<Waiver>, usize> {
        let Some(text) = waivers_after(self.gate) else { return Ok(Vec::new()) };
        let unchanged = waivers_before(self.gate) == Some(text) && self.after.text == policy.text;
        match self.after.waivers(text) {
            Ok(waivers) => Ok(waivers),
            Err(_) if unchanged => Ok(Vec::new()),
            Err(problems) => Err(problems.len()),
        }
    }
}

fn invalid_waivers(consequence: &str, problems: usize) -> Finding {
    let plural = if problems == 1 { "mistake" } else { "mistakes" };
    let reason = format!("{problems} {plural} in {}: {consequence}", waiver::PATH);
    finding(GATE, Verdict::Broken, SubjectKind::Policy, waiver::PATH, reason)
        .remedy("run `portcullis policy check` beside it and correct what it lists")
}

/// By waiver: the key that its approver signed it with, or why that is not proved.
type SignedApprovals = BTreeMap<String, Result<String, String>>;

/// The waivers that count at one moment.
struct ActiveWaivers<'a> {
    waivers: Vec<Waiver>,
    moment: Timestamp,
    /// What the change would leave behind, where it can be read.
    left: Option<&'a Vec<Waiver>>,
    approvals: SignedApprovals,
}

impl ActiveWaivers<'_> {
    fn apply(&self, found: Vec<ScopedFinding>) -> Vec<Finding> {
        let mut used = BTreeSet::new();
        let mut findings: Vec<_> = found.into_iter().map(|found| self.waive(found, &mut used)).collect();
        findings.extend(
            self.waivers.iter().map(|waiver| self.report(waiver, used.contains(waiver.grant.id.as_str()))),
        );
        findings
    }

    fn waive<'s>(&'s self, found: ScopedFinding, used: &mut BTreeSet<&'s str>) -> Finding {
        let ScopedFinding { mut finding, about: Some(about), .. } = found else { return found.finding };
        let stops = matches!(finding.verdict, Verdict::Broken | Verdict::Unproven);
        if !stops || !is_waivable(&finding) {
            return finding;
        }
        let in_force = self.waivers.iter().filter(|waiver| self.is_in_force(waiver));
        let covering: Vec<_> =
            in_force.filter(|waiver| waiver.scope.covers(&finding.control, &about)).collect();
        if !covering.is_empty() {
            used.extend(covering.iter().map(|waiver| waiver.grant.id.as_str()));
            finding.details.splice(0..0, covering.iter().map(|waiver| describe_use(waiver, finding.verdict)));
            finding.verdict = Verdict::Waived;
        }
        finding
    }

    fn is_in_force(&self, waiver: &Waiver) -> bool {
        waiver.standing(self.moment) == Standing::InForce && self.doubt(waiver).is_none()
    }

    /// Why the approval of a waiver is not proved, where it has to be.
    fn doubt(&self, waiver: &Waiver) -> Option<&String> {
        self.approvals.get(&waiver.grant.id).and_then(|approval| approval.as_ref().err())
    }

    fn report(&self, waiver: &Waiver, used: bool) -> Finding {
        let mut finding = self.standing(waiver, used);
        let key = self.approvals.get(&waiver.grant.id).and_then(|approval| approval.as_ref().ok());
        finding
            .details
            .extend(key.map(|key| format!("signed by {} with the key {key}", waiver.grant.approver)));
        finding
    }

    fn standing(&self, waiver: &Waiver, used: bool) -> Finding {
        let doubt = self.doubt(waiver).map_or_else(String::new, |doubt| format!("not in force: {doubt}"));
        let reason = match waiver.standing(self.moment) {
            Standing::Overdue => return self.overdue(waiver),
            Standing::NotYet => format!("not in force yet: it begins at {}", waiver.grant.created),
            Standing::Expired => {
                format!("expired at {}; remove it from {}", waiver.grant.expires, waiver::PATH)
            }
            Standing::InForce if !doubt.is_empty() => doubt,
            Standing::InForce if used => format!("used: it covers findings of {}", waiver.scope.control),
            Standing::InForce => {
                format!("in force and not used: no finding of {} needs it", waiver.scope.control)
            }
        };
        waiver_finding(waiver, Verdict::Noted, reason)
    }

    /// An emergency that no one looked at in time stops everything but the change that says that
    /// someone has.
    fn overdue(&self, waiver: &Waiver) -> Finding {
        let due = waiver.emergency.as_ref().map_or(self.moment, |emergency| emergency.due);
        let settled = |left: &&Waiver| left.grant.id == waiver.grant.id && !left.owes_review(self.moment);
        if self.left.is_some_and(|left| left.iter().any(|left| settled(&left))) {
            let reason = format!("its review was due at {due}; this change records that it took place");
            return waiver_finding(waiver, Verdict::Noted, reason);
        }
        let reason =
            format!("it was granted in an emergency and has not been reviewed; the review was due at {due}");
        waiver_finding(waiver, Verdict::Broken, reason).remedy(format!(
            "Have someone other than {} review what it covered, and write `reviewed-by` and `reviewed-on` into {}.",
            waiver.grant.requester,
            waiver::PATH
        ))
    }
}

/// May a waiver cover it? Not where no one knows the control.
fn is_waivable(finding: &Finding) -> bool {
    find_kind(&finding.control).is_some_and(|kind| kind.waivable.at_all())
}

fn describe_use(waiver: &Waiver, verdict: Verdict) -> String {
    let Grant { id, approver, expires, reason, .. } = &waiver.grant;
    let word = if verdict == Verdict::Broken { "broken" } else { "unproven" };
    format!("waived by {id}, granted by {approver} until {expires}: {reason} (without it: {word})")
}

fn waiver_finding(waiver: &Waiver, verdict: Verdict, reason: String) -> Finding {
    finding(GATE, verdict, SubjectKind::Waiver, &waiver.grant.id, reason).details(describe_waiver(waiver))
}

/// Everything that a waiver says, one sentence each.
fn describe_waiver(waiver: &Waiver) -> Vec<String> {
    let Waiver { grant, scope, emergency } = waiver;
    let Grant { reason, ticket, requester, approver, created, expires, .. } = grant;
    let mut told = vec![
        describe_scope(scope),
        format!("because: {reason} (ticket {ticket})"),
        format!("asked for by {requester}, granted by {approver}, from {created} until {expires}"),
    ];
    told.extend(emergency.as_ref().map(|emergency| match &emergency.review {
        Some((reviewer, at)) => format!("an emergency, reviewed by {reviewer} at {at}"),
        None => format!("an emergency; its review is due at {}", emergency.due),
    }));
    told
}

fn describe_scope(scope: &waiver::Scope) -> String {
    let mut parts = vec![format!("covers {}", scope.control)];
    parts.extend(scope.area.as_ref().map(|area| format!("in area {area}")));
    parts.extend(
        scope
            .commits
            .as_ref()
            .map(|ids| format!("of commit {}", join_names(ids.iter().map(|id| id.short())))),
    );
    parts.extend(
        scope
            .requests
            .as_ref()
            .map(|ids| format!("of request {}", join_names(ids.iter().map(u64::to_string)))),
    );
    parts.extend(scope.environment.as_ref().map(|name| format!("for {name}")));
    parts.join(" ")
}

fn join_names(names: impl Iterator<Item = impl Into<String>>) -> String {
    names.map(Into::into).collect::<Vec<String>>().join(", ")
}

/// No one can say which waivers are in force, nor that no review is overdue.
fn without_moment(waivers: &[Waiver], gap: &Gap, found: Vec<ScopedFinding>) -> Vec<Finding> {
    let mut findings = without_waivers(found);
    findings.extend(waivers.iter().map(|waiver| {
        let unreviewed = waiver.emergency.as_ref().is_some_and(|emergency| emergency.review.is_none());
        if unreviewed {
            return unproven(GATE, SubjectKind::Waiver, &waiver.grant.id, gap)
                .details(describe_waiver(waiver));
        }
        waiver_finding(waiver, Verdict::Noted, format!("it has no effect: {gap}"))
    }));
    findings
}

#[cfg(test)]
mod tests;

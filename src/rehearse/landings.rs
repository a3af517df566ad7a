//! Landings of the past, judged by a policy, by another one, and by the first with one setting
//! changed.

use crate::telling::choose_telling;
use crate::variant::PolicyVariant;
use jiff::Timestamp;
use portcullis_audit::landing::{LandingAudit, PolicyThen, SeenLanding, at_landing, audit_landing};
use portcullis_judge::control::{Granularity, reviewed_landings};
use portcullis_judge::decide::decide_landed;
use portcullis_judge::policy::Policy;
use portcullis_model::decision::{Decision, Finding, Outcome, Verdict};
use portcullis_model::fact::Gap;
use portcullis_wire::audit::v1::{AuditGapV1, AuditedLandingV1};
use portcullis_wire::decision::v1::{FindingV1, OutcomeV1, RequestV1, VerdictV1};
use portcullis_wire::rehearsal::v1::{
    RehearsalKindV1, RehearsalV1, RehearsedAreaV1, RehearsedChangeV1, RehearsedControlV1, RehearsedCountsV1,
    RehearsedLandingV1, RehearsedPastV1, RehearsedPolicyV1, RehearsedSettingV1, RehearsedVerdictV1, VERSION,
};
use std::collections::BTreeMap;

/// So many settings are told.
const SETTINGS: usize = 20;

/// What cannot be shown by any rehearsal.
const LIMITS: [&str; 4] = [
    "No gate saw these landings: people who know that a gate is at work may act otherwise.",
    "A host tells what it knows now: reviews, checks and accounts may have been deleted or renamed since.",
    "Controls that are asked once, of a branch or of a deployment, are not asked of single landings.",
    "Waivers of the repository do not count, and the register of people, CODEOWNERS and lists of signers are read \
     as they were at the commit that each landing came in on.",
];

/// What landings are judged by.
pub struct RehearsedPolicies<'p> {
    /// The policy.
    pub policy: &'p Policy,
    /// The one that it is compared with.
    pub other: Option<&'p Policy>,
    /// The policy with one setting changed.
    pub variants: &'p [PolicyVariant],
    /// The moment that is taken for the present.
    pub as_of: Timestamp,
}

/// What was rehearsed, for the head of the form.
pub struct RehearsalTitle {
    /// The policy.
    pub policy: RehearsedPolicyV1,
    /// The one that it is compared with.
    pub other: Option<RehearsedPolicyV1>,
    /// Which landings.
    pub past: RehearsedPastV1,
    /// The kind of host.
    pub host: String,
    /// The repository on it.
    pub repository: Option<String>,
    /// The program with its version.
    pub program: String,
}

/// A rehearsal on its way.
pub struct RehearsalBook<'p> {
    by: RehearsedPolicies<'p>,
    landings: Vec<RehearsedLandingV1>,
    counts: RehearsedCountsV1,
    other_counts: RehearsedCountsV1,
    changes: Vec<RehearsedChangeV1>,
    /// One for each variant.
    tried: Vec<TriedSetting>,
    areas: BTreeMap<String, RehearsedCountsV1>,
    gaps: Vec<AuditGapV1>,
}

/// What came of one variant so far.
#[derive(Clone, Copy, Default)]
struct TriedSetting {
    counts: RehearsedCountsV1,
    changed: u64,
    newly_allowed: u64,
    no_longer_allowed: u64,
}

impl<'p> RehearsalBook<'p> {
    /// Nothing is rehearsed yet.
    pub fn begin(by: RehearsedPolicies<'p>) -> Self {
        let tried = vec![TriedSetting::default(); by.variants.len()];
        let areas = by.policy.scope.inventory.areas.iter();
        let areas = areas.map(|area| (area.name.clone(), RehearsedCountsV1::default())).collect();
        RehearsalBook {
            by,
            landings: Vec::new(),
            counts: RehearsedCountsV1::default(),
            other_counts: RehearsedCountsV1::default(),
            changes: Vec::new(),
            tried,
            areas,
            gaps: Vec::new(),
        }
    }

    /// How many landings there are so far.
    pub fn count(&self) -> usize {
        self.landings.len()
    }

    /// Judges one more landing.
    pub fn add(&mut self, seen: &SeenLanding<'_>) {
        let then = PolicyThen::Known(self.by.policy);
        let Some(LandingAudit { landing, unseen }) = audit_landing(seen, &then, None, self.by.as_of) else {
            return;
        };
        let facts = at_landing(seen.facts, &landing.time);
        let decision = decide_landed(self.by.policy, &facts);
        let outcome = decision.outcome;
        count(&mut self.counts, outcome);
        unseen.iter().for_each(|gap| self.note_gap(gap, &landing.id));
        if let Some(other) = self.by.other {
            let again = decide_landed(other, &facts);
            count(&mut self.other_counts, again.outcome);
            self.changes.extend(compare_decisions(&landing.id, &decision, &again));
        }
        for (variant, tried) in self.by.variants.iter().zip(&mut self.tried) {
            tried.add(outcome, decide_landed(&variant.policy, &facts).outcome);
        }
        let landing = describe_landing(landing, &decision);
        for area in landing.areas.iter().flatten() {
            count(self.areas.entry(area.clone()).or_default(), outcome);
        }
        self.landings.push(landing);
    }

    /// Notes something that could not be seen.
    pub fn note_gap(&mut self, gap: &Gap, item: &str) {
        let place = self.gaps.iter().position(|known| known.what == gap.what && known.why == gap.detail);
        let place = place.unwrap_or_else(|| {
            self.gaps.push(AuditGapV1 {
                what: gap.what.clone(),
                why: gap.detail.clone(),
                remedy: Some(gap.remedy.clone()),
                items: 0,
                first_items: Vec::new(),
            });
            self.gaps.len() - 1
        });
        if let Some(known) = self.gaps.get_mut(place).filter(|_| !item.is_empty()) {
            known.items += 1;
            if known.first_items.len() < 10 {
                known.first_items.push(item.to_string());
            }
        }
    }

    /// The whole.
    pub fn finish(self, title: RehearsalTitle) -> RehearsalV1 {
        let is_unproven = |one: &RehearsedVerdictV1| one.verdict == VerdictV1::Unproven;
        let unproven = self.landings.iter().flat_map(|landing| &landing.verdicts).any(is_unproven);
        let complete =
            !unproven && self.gaps.is_empty() && self.counts.undetermined == 0 && self.counts.landings > 0;
        let outcome = match (self.counts.blocked, complete) {
            (0, true) => OutcomeV1::Allow,
            (0, false) => OutcomeV1::Undetermined,
            (_, _) => OutcomeV1::Block,
        };
        RehearsalV1 {
            schema: VERSION,
            kind: RehearsalKindV1::Rehearsal,
            project: self.by.policy.project.clone(),
            policy: title.policy,
            other: title.other,
            past: title.past,
            host: title.host,
            repository: title.repository,
            program: title.program,
            outcome,
            complete,
            counts: self.counts,
            other_counts: self.by.other.map(|_| self.other_counts),
            controls: tally_controls(self.by.policy, &self.landings),
            areas: self.areas.into_iter().map(|(area, counts)| RehearsedAreaV1 { area, counts }).collect(),
            settings: rank_settings(self.by.variants, &self.tried),
            settings_tried: self.by.variants.len() as u64,
            telling: choose_telling(&self.landings),
            changes: self.changes,
            landings: self.landings,
            gaps: self.gaps,
            limits: list_limits(),
        }
    }
}

fn list_limits() -> Vec<String> {
    let direct = format!(
        "A landing that no request brought is judged by `{}` alone; without that control nothing is known of it.",
        reviewed_landings::KIND.name
    );
    LIMITS.iter().map(ToString::to_string).chain([direct]).collect()
}

impl TriedSetting {
    fn add(&mut self, before: Outcome, after: Outcome) {
        count(&mut self.counts, after);
        self.changed += u64::from(before != after);
        self.newly_allowed += u64::from(before != Outcome::Allow && after == Outcome::Allow);
        self.no_longer_allowed += u64::from(before == Outcome::Allow && after != Outcome::Allow);
    }
}

fn count(counts: &mut RehearsedCountsV1, outcome: Outcome) {
    counts.landings += 1;
    match outcome {
        Outcome::Allow => counts.allowed += 1,
        Outcome::Undetermined => counts.undetermined += 1,
        Outcome::Block => counts.blocked += 1,
    }
}

fn stops(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Broken | Verdict::Unproven)
}

/// `None` where both come out alike, though for other reasons.
fn compare_decisions(id: &str, before: &Decision, after: &Decision) -> Option<RehearsedChangeV1> {
    let only = |of: &Decision, other: &Decision| -> Vec<FindingV1> {
        let mut own: Vec<&Finding> = of.findings.iter().filter(|found| stops(found.verdict)).collect();
        own.retain(|found| !other.findings.contains(found));
        own.into_iter().map(FindingV1::from).collect()
    };
    (before.outcome != after.outcome).then(|| RehearsedChangeV1 {
        id: id.to_string(),
        before: before.outcome.into(),
        after: after.outcome.into(),
        added: only(after, before),
        removed: only(before, after),
    })
}

fn describe_landing(landing: AuditedLandingV1, decision: &Decision) -> RehearsedLandingV1 {
    let request = |id: &RequestV1| match id {
        RequestV1::Number(number) => number.to_string(),
        RequestV1::Name(name) => name.clone(),
    };
    let requests =
        landing.requests.map(|all| all.iter().filter_map(|one| one.request.as_ref().map(request)).collect());
    let shown = |found: &&FindingV1| !matches!(found.verdict, VerdictV1::Met | VerdictV1::Exempt);
    RehearsedLandingV1 {
        id: landing.id,
        landed: landing.landed,
        time: landing.time,
        subject: landing.subject,
        requests,
        areas: landing.areas.map(|areas| areas.into_iter().map(|area| area.area).collect()),
        outcome: landing.then.outcome,
        findings: landing.then.findings.iter().filter(shown).cloned().collect(),
        source: landing.source,
        verdicts: worst_verdicts(decision),
    }
}

fn worst_verdicts(decision: &Decision) -> Vec<RehearsedVerdictV1> {
    let mut worst: BTreeMap<&str, Verdict> = BTreeMap::new();
    for finding in decision.findings.iter().filter(|found| found.verdict != Verdict::Noted) {
        let known = worst.entry(&finding.control).or_insert(finding.verdict);
        *known = finding.verdict.min(*known);
    }
    let verdict = |(control, verdict): (&str, Verdict)| RehearsedVerdictV1 {
        control: control.to_string(),
        verdict: verdict.into(),
    };
    worst.into_iter().map(verdict).collect()
}

fn tally_controls(policy: &Policy, landings: &[RehearsedLandingV1]) -> Vec<RehearsedControlV1> {
    let mut tallies: BTreeMap<String, RehearsedControlV1> = BTreeMap::new();
    let new = |control: &str, asked| RehearsedControlV1 {
        control: control.to_string(),
        asked,
        broken: 0,
        unproven: 0,
        waived: 0,
        met: 0,
    };
    for (name, control) in &policy.controls {
        let kind = control.kind();
        let asked = kind.granularity == Granularity::PerLanding && kind.stage.has_deployments();
        tallies.insert((*name).to_string(), new(name, asked));
    }
    for one in landings.iter().flat_map(|landing| &landing.verdicts) {
        let tally = tallies.entry(one.control.clone()).or_insert_with(|| new(&one.control, true));
        match one.verdict {
            VerdictV1::Broken => tally.broken += 1,
            VerdictV1::Unproven => tally.unproven += 1,
            VerdictV1::Waived => tally.waived += 1,
            VerdictV1::Met | VerdictV1::Exempt | VerdictV1::Noted => tally.met += 1,
        }
    }
    tallies.into_values().collect()
}

/// Those that change something, most first; of equal ones the first in the policy.
fn rank_settings(variants: &[PolicyVariant], tried: &[TriedSetting]) -> Vec<RehearsedSettingV1> {
    let mut ranked: Vec<RehearsedSettingV1> = variants
        .iter()
        .zip(tried)
        .filter(|(_, tried)| tried.changed > 0)
        .map(|(variant, tried)| RehearsedSettingV1 {
            setting: variant.setting.clone(),
            line: variant.line,
            from: variant.from.clone(),
            to: variant.to.clone(),
            counts: tried.counts,
            changed: tried.changed,
            newly_allowed: tried.newly_allowed,
            no_longer_allowed: tried.no_longer_allowed,
        })
        .collect();
    ranked.sort_by_key(|one| std::cmp::Reverse(one.changed));
    ranked.truncate(SETTINGS);
    ranked
}

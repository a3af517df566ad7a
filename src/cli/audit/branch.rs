//! The landings of one branch in the period.

use super::context::AuditContext;
use super::environments::{ReadRecords, TipSeen, gap_of};
use super::policies::{PolicyBook, PolicyOfCommit};
use super::population::{AuditedLine, CountedRange};
use super::unseen_failure;
use crate::exit::{Failure, Result};
use crate::progress::Progress;
use jiff::Timestamp;
use portcullis_audit::landing::{LandingAudit, SeenLanding, audit_landing};
use portcullis_audit::waivers::WaiverBook;
use portcullis_collect::audit::{AuditGroup, AuditedBranch, GatheredLanding};
use portcullis_collect::sources::Sources;
use portcullis_git::Repository;
use portcullis_judge::policy::Policy;
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::inquiry::{Inquiry, TextPurpose};
use portcullis_model::landing::{Span, Step};
use portcullis_wire::audit::v1::{
    AuditGapV1, AuditedLandingV1, BranchPopulationV1, DateAnomalyV1, PolicyInForceV1, TimeSourceV1,
};
use portcullis_wire::decision::v1::PolicyOriginV1;
use portcullis_wire::text::DigestText;
use std::rc::Rc;

/// So many landings are looked at in one go: their facts are in memory together.
const PORTION: usize = 64;

/// So many items of a gap are named.
const NAMED: usize = 10;

/// The source of a tip that the host named.
const BY_HOST: &str = "host";

/// What was found of a branch.
pub struct BranchAudit {
    pub population: BranchPopulationV1,
    pub landings: Vec<AuditedLandingV1>,
    pub in_force: Vec<PolicyInForceV1>,
    pub policies: Vec<Rc<PolicyOfCommit>>,
    pub gaps: Vec<AuditGapV1>,
}

/// A branch and its tip.
pub struct NamedTip {
    pub name: BranchName,
    pub tip: Revision,
    /// Where the tip comes from.
    pub source: String,
}

impl NamedTip {
    /// Does the host say that this is the tip?
    pub fn is_by_host(&self) -> bool {
        self.source == BY_HOST
    }

    /// The tip by the host, where one takes part; else as it was fetched last, else as it is here.
    ///
    /// # Errors
    /// There is no such branch, or its ref cannot be read.
    pub fn find(repository: &Repository, sources: &Sources<'_>, name: BranchName) -> Result<Self> {
        if sources.host.is_some() {
            let branch = AuditedBranch::of(sources, &name);
            let tip = branch.seen().known().map_err(|gap| unseen_failure(&gap))?.tip.clone();
            return Ok(NamedTip { name, tip, source: BY_HOST.to_string() });
        }
        for place in [format!("refs/remotes/origin/{name}"), format!("refs/heads/{name}")] {
            if let Some(tip) = repository.ref_tip(&place).map_err(|gap| unseen_failure(&gap))? {
                return Ok(NamedTip { name, tip, source: place });
            }
        }
        Err(Failure::environment(format!(
            "there is no branch {name} here, neither of `origin` nor a local one"
        )))
    }
}

/// Audits the landings of a branch.
///
/// # Errors
/// A range names a commit that the branch never was at.
pub fn audit_branch(
    context: &AuditContext<'_>,
    named: &NamedTip,
    book: &mut PolicyBook<'_>,
    records: &mut ReadRecords,
    waivers: &mut WaiverBook,
) -> Result<BranchAudit> {
    let line = match context.sources.repository.dated_line(&named.tip) {
        Ok(line) => line,
        Err(gap) => return Ok(unseen_branch(named, &gap)),
    };
    let seen: Vec<&TipSeen> = records.tips.iter().filter(|tip| tip.branch == named.name).collect();
    let (period, as_of) = (context.period, context.as_of);
    let line = AuditedLine::find(context.sources.repository, line, &seen, period, as_of)?;
    let ends = line.ends().map(|(from, to)| (from.clone(), to.clone()));
    let mut audit = BranchWork { context, named, book, records, waivers, line: &line, last_waivers: None };
    let found = match ends {
        Some((from, to)) => audit.landings(&from, &to),
        None => Ok(FoundLandings::default()),
    };
    let (found, mut gaps) = match found {
        Ok(found) => (found, Vec::new()),
        Err(gap) => (FoundLandings::default(), vec![gap_of(&gap)]),
    };
    let FoundLandings { landings, counted, in_force, policies, gaps: of_landings } = found;
    gaps.extend(of_landings);
    gaps.extend(counted.gap_of(&named.name, landings.len() as u64).as_ref().map(gap_of));
    let mut population = line.population(&named.name, &named.tip, named.source.clone(), &counted);
    population.anomalies.extend(landings.iter().filter_map(|landing| other_time(context, landing)));
    Ok(BranchAudit { population, landings, in_force, policies, gaps })
}

/// A landing that the host says came in at another time than the period's.
fn other_time(context: &AuditContext<'_>, landing: &AuditedLandingV1) -> Option<DateAnomalyV1> {
    let (since, until) = context.period.ends()?;
    let at: Timestamp = landing.time.at.as_ref()?.parse().ok()?;
    let is_by_host = landing.time.source == TimeSourceV1::Host;
    (is_by_host && !(since..until).contains(&at)).then(|| DateAnomalyV1 {
        commit: landing.landed.clone(),
        said: None,
        why: format!("the host says that it came in at {at}, outside of the period"),
        in_period: true,
    })
}

fn unseen_branch(named: &NamedTip, gap: &Gap) -> BranchAudit {
    let population = BranchPopulationV1 {
        branch: named.name.to_string(),
        tip: (&named.tip).into(),
        tip_source: named.source.clone(),
        from: None,
        to: None,
        landings: 0,
        steps: 0,
        commits: 0,
        proof: None,
        excluded: Vec::new(),
        anomalies: Vec::new(),
        lost: Vec::new(),
    };
    let gaps = vec![gap_of(gap)];
    BranchAudit { population, landings: Vec::new(), in_force: Vec::new(), policies: Vec::new(), gaps }
}

#[derive(Default)]
struct FoundLandings {
    landings: Vec<AuditedLandingV1>,
    counted: CountedRange,
    in_force: Vec<PolicyInForceV1>,
    policies: Vec<Rc<PolicyOfCommit>>,
    /// What could not be seen of landings.
    gaps: Vec<AuditGapV1>,
}

/// What the landings of one branch are judged with.
struct BranchWork<'a, 'b> {
    context: &'a AuditContext<'a>,
    named: &'a NamedTip,
    book: &'a mut PolicyBook<'b>,
    records: &'a mut ReadRecords,
    waivers: &'a mut WaiverBook,
    line: &'a AuditedLine,
    last_waivers: Option<String>,
}

/// Consecutive landings that the same policies are asked about.
struct Portion {
    then: Rc<PolicyOfCommit>,
    after: Rc<PolicyOfCommit>,
    groups: Vec<AuditGroup>,
}

impl BranchWork<'_, '_> {
    fn landings(&mut self, from: &Revision, to: &Revision) -> std::result::Result<FoundLandings, Gap> {
        let sources = &self.context.sources;
        let steps = match sources.repository.span(from, to) {
            Fact::Known(Span::Steps(steps)) => steps,
            Fact::Known(_) => return Err(not_in_line(from, to)),
            Fact::Gap(gap) => return Err(gap),
        };
        let branch = AuditedBranch::of(sources, &self.named.name);
        let (view, name) = (self.context.view, &self.named.name);
        let groups = {
            let what = format!("looking for what brought the commits of {name}");
            let progress = Progress::begin(view, what, Some(steps.len()));
            self.groups(&branch, from, steps, &|done| progress.at(done))
        };
        let counted = CountedRange::of(sources.repository, (from, to), &groups)?;
        let mut found = FoundLandings { counted, ..FoundLandings::default() };
        let count = groups.len().max(1);
        let what = portcullis_render::plural(count as u64, "landing");
        let progress = Progress::begin(view, format!("looking at {what} of {name}"), Some(count));
        for portion in self.portions(groups) {
            let before = found.landings.len();
            self.judge(&branch, portion, &mut found, &|done| progress.at(before + done));
        }
        Ok(found)
    }

    fn groups(
        &mut self,
        branch: &AuditedBranch<'_>,
        from: &Revision,
        steps: Vec<Step>,
        progress: &dyn Fn(usize),
    ) -> Vec<AuditGroup> {
        // Which request brought a step does not depend on what a policy asks, but for signed
        // reviews: those that the policy of the present counts.
        let inquiry = self.context.today.inquiry();
        let saved = &self.records.saved;
        let asks = self.context.sources.host.is_none();
        let steps_after = |parent: &Revision| asks.then(|| saved.steps_after(parent)).flatten();
        branch.groups(&inquiry, from, steps, &steps_after, progress)
    }

    fn portions(&mut self, groups: Vec<AuditGroup>) -> Vec<Portion> {
        let mut portions: Vec<Portion> = Vec::new();
        for group in groups {
            let then = self.book.at(&group.parent);
            let after = group.landed().map_or_else(|| Rc::clone(&then), |landed| self.book.at(landed));
            match portions.last_mut() {
                Some(last)
                    if last.groups.len() < PORTION
                        && Rc::ptr_eq(&last.then, &then)
                        && Rc::ptr_eq(&last.after, &after) =>
                {
                    last.groups.push(group);
                }
                _ => portions.push(Portion { then, after, groups: vec![group] }),
            }
        }
        portions
    }

    fn judge(
        &mut self,
        branch: &AuditedBranch<'_>,
        portion: Portion,
        found: &mut FoundLandings,
        progress: &dyn Fn(usize),
    ) {
        let Portion { then, after, groups } = portion;
        let inquiry = self.inquiry_of(&then, &after);
        let repository = self.context.sources.repository;
        let saved = &mut self.records.saved;
        let mut find = |parent: &Revision, landed: &Revision| saved.find(repository, parent, landed);
        for GatheredLanding { facts, source } in branch.gather(&inquiry, groups, &mut find, progress) {
            self.context.people.learn_facts(&facts);
            let seen = SeenLanding {
                number: found.landings.len() as u64 + 1,
                moment: self.line.moment(&facts.candidate),
                facts: &facts,
                source: &source,
            };
            let today = self.context.today.policy.as_ref().ok();
            let audited = audit_landing(&seen, &then.then(), today, self.context.as_of);
            let Some(LandingAudit { landing, unseen }) = audited else { continue };
            if let Some(gap) = unseen {
                note_unseen(&mut found.gaps, &gap, &landing.id);
            }
            self.read_waivers(&then, &after, &facts);
            note_policy(&mut found.in_force, &self.named.name, &then, &landing);
            found.landings.push(landing);
        }
        if !found.policies.iter().any(|known| Rc::ptr_eq(known, &then)) {
            found.policies.push(then);
        }
    }

    /// Everything that the policy in force, the one that a landing leaves, and the one of today
    /// want to know.
    fn inquiry_of(&self, then: &PolicyOfCommit, after: &PolicyOfCommit) -> Inquiry {
        then.inquiry().union(after.inquiry()).union(self.context.today.inquiry())
    }

    fn read_waivers(
        &mut self,
        then: &PolicyOfCommit,
        after: &PolicyOfCommit,
        facts: &portcullis_model::deployment::Deployment,
    ) {
        let Some(gate) = facts.whole.gate.value() else { return };
        for (policy, text) in
            [(then, gate.before(TextPurpose::Waivers)), (after, gate.after(TextPurpose::Waivers))]
        {
            let (Ok(policy), Some(text)) = (&policy.policy, text) else { continue };
            if self.last_waivers.as_ref() != Some(text) {
                // Waivers that cannot be read are a finding of the landing already.
                let _ = self.waivers.add(policy, text, self.context.as_of);
                self.last_waivers = Some(text.clone());
            }
        }
    }
}

/// One gap for all landings of which the same could not be seen for the same reason.
fn note_unseen(gaps: &mut Vec<AuditGapV1>, gap: &Gap, item: &str) {
    let new = gap_of(gap);
    let place = gaps.iter().position(|known| (&known.what, &known.why) == (&new.what, &new.why));
    let place = place.unwrap_or_else(|| {
        gaps.push(new);
        gaps.len() - 1
    });
    if let Some(known) = gaps.get_mut(place) {
        known.items += 1;
        if known.first_items.len() < NAMED {
            known.first_items.push(item.to_string());
        }
    }
}

fn note_policy(
    in_force: &mut Vec<PolicyInForceV1>,
    branch: &BranchName,
    then: &PolicyOfCommit,
    landing: &AuditedLandingV1,
) {
    let digest = then.digest.as_ref().map(Into::into);
    match in_force.last_mut() {
        Some(last) if last.digest == digest => {
            last.landings += 1;
            last.until.clone_from(&landing.time.at);
        }
        _ => in_force.push(PolicyInForceV1 {
            branch: branch.to_string(),
            digest,
            house: house_digest(then.policy.as_ref().ok()),
            origin: if then.given { PolicyOriginV1::Given } else { PolicyOriginV1::Base },
            from: landing.parent.clone(),
            since: landing.time.at.clone(),
            until: landing.time.at.clone(),
            landings: 1,
            problem: then.policy.as_ref().err().map(ToString::to_string),
        }),
    }
}

/// The digest of the house policy that a policy extends.
pub(super) fn house_digest(policy: Option<&Policy>) -> Option<DigestText> {
    Some((&policy?.house.as_ref()?.reference.digest).into())
}

fn not_in_line(from: &Revision, to: &Revision) -> Gap {
    Gap::new(
        "the landings of the period",
        GapReason::Contradiction,
        format!("{} is not on the first-parent line of {}", from.short(), to.short()),
        "Run `git fsck`, and audit a fresh clone.",
    )
}

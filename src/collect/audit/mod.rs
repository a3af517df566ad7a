//! Gathers the facts of landings that came in long ago, each as a deployment of nothing but itself.
//!
//! Which request brought a landing, and what was said of it, comes from facts that were saved when
//! it was deployed, else from the host, else from nowhere. What git shows is always read again.

pub mod cache;
pub mod saved;

use crate::asked_requests::ask_requests;
use crate::candidates::{candidates_in, merged_parents};
use crate::deployment::{Group, Range, ask_branch, no_host};
use crate::sources::{HostSession, Sources};
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::deployment::{Baseline, BaselineOrigin, Deployment, LandingFacts};
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::facts::{Facts, HostFacts};
use portcullis_model::id::RequestId;
use portcullis_model::inquiry::Inquiry;
use portcullis_model::landing::{Coverage, Landing, Span, Step};
use portcullis_model::protection::Branch;
use saved::SavedLanding;
use std::cell::OnceCell;
use std::collections::{BTreeSet, VecDeque};

/// A landing of a branch, before its facts are gathered.
#[derive(Clone, Debug)]
pub struct AuditGroup {
    /// The tip of the branch before.
    pub parent: Revision,
    /// Its steps, with everything that they brought, oldest first; never empty.
    pub steps: Vec<Step>,
    requests: Fact<BTreeSet<RequestId>>,
    saved: bool,
}

impl AuditGroup {
    /// The tip of the branch after it.
    pub fn landed(&self) -> Option<&Revision> {
        self.steps.last().map(|step| &step.commit.id)
    }
}

/// A branch whose landings are audited.
pub struct AuditedBranch<'a> {
    /// Whom to ask.
    pub sources: &'a Sources<'a>,
    /// The branch.
    pub name: &'a BranchName,
    /// The branch as its host sees it.
    seen: Fact<Branch>,
}

impl<'a> AuditedBranch<'a> {
    /// A branch; its host is asked about it.
    pub fn of(sources: &'a Sources<'a>, name: &'a BranchName) -> Self {
        AuditedBranch { sources, name, seen: ask_branch(sources, name) }
    }

    /// The branch as its host sees it.
    pub fn seen(&self) -> &Fact<Branch> {
        &self.seen
    }

    /// The landings that consecutive steps are: those of saved facts as they were, and else the
    /// consecutive steps that the same requests brought.
    pub fn groups(
        &self,
        inquiry: &Inquiry,
        first_parent: &Revision,
        steps: Vec<Step>,
        saved: &dyn Fn(&Revision) -> Option<Vec<Revision>>,
        progress: &dyn Fn(usize),
    ) -> Vec<AuditGroup> {
        let range = self.range(inquiry);
        let line: BTreeSet<Revision> = steps.iter().map(|step| step.commit.id.clone()).collect();
        let mut asked = ask_requests(self.sources, self.name, &steps, progress);
        let mut waiting: VecDeque<Step> = steps.into();
        let mut groups: Vec<AuditGroup> = Vec::new();
        let mut parent = first_parent.clone();
        let mut done = 0;
        let is_asked = !asked.is_empty();
        while let Some(step) = waiting.pop_front() {
            if !is_asked {
                progress(done);
            }
            let id = step.commit.id.clone();
            let kept = saved(&parent).filter(|kept| begins_with(kept, &id, &waiting));
            if let Some(kept) = kept {
                let more = waiting.drain(..kept.len().saturating_sub(1));
                let steps: Vec<Step> = std::iter::once(step).chain(more).collect();
                done += steps.len();
                let next = steps.last().map_or(id, |step| step.commit.id.clone());
                groups.push(AuditGroup { parent, steps, requests: saved_requests(), saved: true });
                parent = next;
                continue;
            }
            done += 1;
            let requests = asked.remove(&id).unwrap_or_else(|| range.requests(&id, self.name, &line));
            let explained = requests.value().is_some_and(|requests| !requests.is_empty());
            match groups.last_mut() {
                Some(last) if explained && !last.saved && last.requests == requests => last.steps.push(step),
                _ => groups.push(AuditGroup { parent, steps: vec![step], requests, saved: false }),
            }
            parent = id;
        }
        groups
    }

    fn range<'r>(&'r self, inquiry: &'r Inquiry) -> Range<'r> {
        Range { inquiry, sources: self.sources, branch: &self.seen, name: self.name, signed: OnceCell::new() }
    }

    /// The facts of landings, each as a deployment of nothing but this landing; all by one inquiry.
    pub fn gather(
        &self,
        inquiry: &Inquiry,
        groups: Vec<AuditGroup>,
        saved: &mut dyn FnMut(&Revision, &Revision) -> Option<SavedLanding>,
        progress: &dyn Fn(usize),
    ) -> Vec<GatheredLanding> {
        let range = self.range(inquiry);
        let host = self.host_of(&range, groups.first());
        let with_host = |range: &Range<'_>, group: &AuditGroup| {
            gather_one(range, group.clone(), host.as_ref(), &mut |_, _| None)
        };
        let done = range.side_by_side(&groups, with_host, progress);
        let mut gathered = Vec::with_capacity(groups.len());
        for (number, (group, done)) in groups.into_iter().zip(done).enumerate() {
            gathered.extend(match done {
                Some(one) => one,
                None => gather_one(&range, group, host.as_ref(), saved),
            });
            progress(number + 1);
        }
        let mut landings: Vec<LandingFacts> =
            gathered.iter_mut().filter_map(|one| take_landing(&mut one.facts)).collect();
        range.prove(&mut landings, &|_| ());
        for (one, landing) in gathered.iter_mut().zip(landings) {
            one.facts.landings = Fact::Known(vec![landing]);
        }
        gathered
    }

    /// What the host says of the branch and itself.
    fn host_of(&self, range: &Range<'_>, first: Option<&AuditGroup>) -> Option<HostFacts> {
        let (forge, first) = (self.sources.host?, first?);
        let request = Fact::Gap(Gap::not_asked("one change request", "a landing may have several"));
        let branch = self.seen.clone();
        let asked = HostSession { forge, on_request: None, request, branch };
        Some(range.facts(of_git(range.inquiry), &first.parent, first.landed()?, Some(&asked)).host)
    }
}

/// The facts of one landing, but for the proof of its content.
fn gather_one(
    range: &Range<'_>,
    group: AuditGroup,
    host: Option<&HostFacts>,
    saved: &mut dyn FnMut(&Revision, &Revision) -> Option<SavedLanding>,
) -> Option<GatheredLanding> {
    let landed = group.landed()?.clone();
    let AuditGroup { parent, steps, requests, saved: is_saved } = group;
    let mut whole = alone(range, &parent, &landed);
    let files = match &whole.change {
        Fact::Known(change) => Fact::Known(change.files.clone()),
        Fact::Gap(gap) => Fact::Gap(gap.clone()),
    };
    let ids: Vec<Revision> = steps.iter().map(|step| step.commit.id.clone()).collect();
    let kept = if is_saved { saved(&parent, &landed) } else { None };
    let (landing, source) = match kept {
        Some(kept) => {
            whole.host = kept.host;
            let candidates = candidates_in(kept.requests.value().map_or(&[], Vec::as_slice));
            let landing = Landing { parent: parent.clone(), landed: landed.clone(), candidates };
            (unproved(landing, ids, files, kept.requests), kept.source)
        }
        None => {
            let requests =
                if is_saved { range.requests(&landed, range.name, &BTreeSet::new()) } else { requests };
            let group = Group { parent: parent.clone(), steps: ids, requests };
            let mut facts = range.landing_with(group, files)?;
            if let Some(host) = host {
                whole.host = host.clone();
            } else if range.inquiry.signed.is_none() {
                facts.landing.candidates =
                    merged_parents(range.sources.repository, &landed).unwrap_or_default();
            }
            (facts, name_source(range))
        }
    };
    let facts = deployment_of(range.name, (parent, landed), steps, landing, whole);
    Some(GatheredLanding { facts, source })
}

fn name_source(range: &Range<'_>) -> String {
    match range.sources.host {
        Some(host) => format!("{} as it was asked now", host.kind()),
        None if range.inquiry.signed.is_some() => "signed reviews in the repository".to_string(),
        None => "git alone".to_string(),
    }
}

fn deployment_of(
    branch: &BranchName,
    (parent, landed): (Revision, Revision),
    steps: Vec<Step>,
    landing: LandingFacts,
    whole: Facts,
) -> Deployment {
    let not_asked = |what: &str| Gap::not_asked(what, "judge a deployment");
    Deployment {
        environment: String::new(),
        branch: branch.clone(),
        deployer: Fact::Gap(not_asked("who deploys")),
        by_host: Fact::Gap(not_asked("what the host says is deployed")),
        recorded: Fact::Gap(not_asked("what was recorded")),
        elsewhere: Fact::Gap(not_asked("what is deployed elsewhere")),
        reconciliation: None,
        incidents: Deployment::no_incidents_asked(),
        on_branch: Fact::Gap(not_asked("whether the commit may be deployed")),
        span: Fact::Known(Span::Steps(steps)),
        back: Fact::Known(None),
        baseline: Fact::Known(Baseline { revision: parent, origin: BaselineOrigin::Asserted }),
        candidate: landed,
        landings: Fact::Known(vec![landing]),
        whole,
    }
}

/// The facts of one landing, and where they come from.
#[derive(Debug)]
pub struct GatheredLanding {
    /// The facts, as of a deployment of nothing else.
    pub facts: Deployment,
    /// Where they come from, in a few words.
    pub source: String,
}

/// In the place of the requests of a landing whose facts were saved.
fn saved_requests() -> Fact<BTreeSet<RequestId>> {
    Fact::Gap(no_host("which requests brought a commit"))
}

/// Are these steps the next ones of the line?
fn begins_with(kept: &[Revision], first: &Revision, rest: &VecDeque<Step>) -> bool {
    let line = std::iter::once(first).chain(rest.iter().map(|step| &step.commit.id));
    !kept.is_empty() && kept.len() <= rest.len() + 1 && kept.iter().zip(line).all(|(kept, step)| kept == step)
}

/// The landing as one change, by git alone. Tests, coverage and reviews are those of its requests.
fn alone(range: &Range<'_>, parent: &Revision, landed: &Revision) -> Facts {
    range.facts(of_git(range.inquiry), parent, landed, None)
}

fn of_git(inquiry: &Inquiry) -> Inquiry {
    let mut inquiry = inquiry.clone();
    inquiry.topics.clear();
    inquiry.tests.clear();
    inquiry.line_coverage.clear();
    inquiry.signed = None;
    inquiry.each_commit = false;
    inquiry
}

fn unproved(
    landing: Landing,
    steps: Vec<Revision>,
    files: Fact<Vec<portcullis_model::change::FileChange>>,
    requests: Fact<Vec<Facts>>,
) -> LandingFacts {
    let gap = Gap::not_asked("what explains the landing", "gather the facts again");
    LandingFacts {
        landing,
        steps,
        files,
        coverage: Coverage::Unverifiable(gap),
        misses: Vec::new(),
        requests,
    }
}

fn take_landing(facts: &mut Deployment) -> Option<LandingFacts> {
    match &mut facts.landings {
        Fact::Known(landings) => landings.pop(),
        Fact::Gap(_) => None,
    }
}

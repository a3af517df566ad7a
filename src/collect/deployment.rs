//! Gathers the facts of a deployment: the range, its landings, and for each the requests that might
//! explain it.

use crate::asked_requests::{AskedRequests, ask_requests};
use crate::candidates::{candidates_in, merged_parents};
use crate::gather::gather_change;
use crate::incidents::ask_incidents;
use crate::runs::gather_runs;
use crate::signed_requests::SignedRequests;
use crate::sources::{Ends, HostSession, Sources};
use portcullis_git::BranchPosition;
use portcullis_model::change::{BranchName, FileChange, Revision};
use portcullis_model::deployment::{
    Back, Baseline, BaselineOrigin, Deployer, Deployment, Elsewhere, HostDeployment, LandingFacts, Recorded,
};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::facts::Facts;
use portcullis_model::id::RequestId;
use portcullis_model::inquiry::{Inquiry, Topic};
use portcullis_model::landing::{Coverage, Landing, Span, Step};
use portcullis_model::path::RepoPath;
use portcullis_model::protection::Branch;
use portcullis_model::waiver;
use std::cell::OnceCell;
use std::collections::BTreeSet;

/// What is asked of the branch and the candidate.
const OF_THE_WHOLE: [Topic; 7] = [
    Topic::Protection,
    Topic::Administration,
    Topic::Reports,
    Topic::Evidence,
    Topic::CodeOwners,
    Topic::Runs,
    Topic::Incidents,
];

/// The parts that the work on a range consists of, each as long as the range.
const PARTS: usize = 3;

/// What would be deployed, from where.
#[derive(Clone, Debug)]
pub struct DeploymentTarget {
    /// Where it would be deployed.
    pub environment: String,
    /// The branch that it would be deployed from.
    pub branch: BranchName,
    /// What would be deployed.
    pub candidate: Revision,
    /// What is deployed.
    pub baseline: Baseline,
    /// Who would deploy it.
    pub deployer: Fact<Deployer>,
    /// What the host says is deployed.
    pub by_host: Fact<Option<HostDeployment>>,
    /// What the records let through.
    pub recorded: Fact<Vec<Recorded>>,
    /// What is known of other environments.
    pub elsewhere: Fact<Elsewhere>,
}

/// Gathers every fact that the inquiry asks for.
pub fn gather_deployment(
    inquiry: &Inquiry,
    target: DeploymentTarget,
    sources: &Sources<'_>,
    progress: &dyn Fn(usize, usize),
) -> Deployment {
    let DeploymentTarget { environment, branch, candidate, baseline, deployer, by_host, recorded, elsewhere } =
        target;
    let repository = sources.repository;
    let span = repository.span(&baseline.revision, &candidate);
    let asked = match (sources.host, &span) {
        (Some(host), Fact::Known(Span::Steps(steps))) => {
            host.foresee_branch(&branch);
            ask_requests(sources, &branch, steps, &|step| progress(step, steps.len() * PARTS))
        }
        _ => AskedRequests::new(),
    };
    let seen = own_branch(sources, inquiry, &branch).unwrap_or_else(|| ask_branch(sources, &branch));
    let on_branch = match &seen {
        Fact::Known(seen) => repository.span(&candidate, &seen.tip),
        Fact::Gap(gap) => Fact::Gap(gap.clone()),
    };
    let range = Range { inquiry, sources, branch: &seen, name: &branch, signed: OnceCell::new() };
    let ends = (&baseline.revision, &candidate);
    let (whole, (landings, back)) = range.beside(
        |range| range.whole(ends.0, ends.1),
        || (range.landings_of(ends.0, &span, asked, progress), range.back_of(ends, &span)),
    );
    let reconciliation =
        gather_runs(repository, &whole.inquiry, &environment, &baseline.revision, sources.observed);
    let baseline = Fact::Known(baseline);
    let incidents = ask_incidents(repository, inquiry, whole.observed.value());
    Deployment {
        environment,
        branch,
        candidate,
        deployer,
        baseline,
        by_host,
        recorded,
        elsewhere,
        incidents,
        on_branch,
        span,
        back,
        landings,
        reconciliation,
        whole,
    }
}

/// One landing of a branch, to explain a single commit: the step at a place of its line, with its
/// neighbours that the same requests brought.
pub fn gather_landing(
    inquiry: &Inquiry,
    branch: &BranchName,
    place: &BranchPosition,
    sources: &Sources<'_>,
) -> Result<Option<Deployment>, Gap> {
    let seen = ask_branch(sources, branch);
    let range = Range { inquiry, sources, branch: &seen, name: branch, signed: OnceCell::new() };
    let Some(group) = range.group_at(branch, place)? else { return Ok(None) };
    let revision = group.parent.clone();
    let Some(mut facts) = range.landing(group) else { return Ok(None) };
    if sources.host.is_none() && inquiry.signed.is_none() {
        facts.landing.candidates = merged_parents(sources.repository, &facts.landing.landed)?;
    }
    let mut landings = vec![facts];
    range.prove(&mut landings, &|_| ());
    let landed =
        landings.first().map(|facts| facts.landing.landed.clone()).unwrap_or_else(|| revision.clone());
    let not_asked = |what: &str| Gap::not_asked(what, "judge a deployment");
    Ok(Some(Deployment {
        environment: String::new(),
        branch: branch.clone(),
        deployer: Fact::Gap(not_asked("who deploys")),
        by_host: Fact::Gap(not_asked("what the host says is deployed")),
        recorded: Fact::Gap(not_asked("what was recorded")),
        elsewhere: Fact::Gap(not_asked("what is deployed elsewhere")),
        reconciliation: None,
        incidents: Deployment::no_incidents_asked(),
        on_branch: Fact::Gap(not_asked("whether the commit may be deployed")),
        span: sources.repository.span(&revision, &landed),
        back: Fact::Known(None),
        whole: range.alone(&revision, &landed),
        baseline: Fact::Known(Baseline { revision, origin: BaselineOrigin::Asserted }),
        candidate: landed,
        landings: Fact::Known(landings),
    }))
}

/// The branch as its host sees it.
pub(super) fn ask_branch(sources: &Sources<'_>, branch: &BranchName) -> Fact<Branch> {
    match sources.host {
        Some(host) => host.branch(branch),
        None => Fact::Gap(no_host("where the branch is")),
    }
}

/// The branch as the repository has it, where signed reviews take the place of a host.
fn own_branch(sources: &Sources<'_>, inquiry: &Inquiry, branch: &BranchName) -> Option<Fact<Branch>> {
    if sources.host.is_some() || inquiry.signed.is_none() {
        return None;
    }
    let tip = sources.repository.ref_tip(&format!("refs/heads/{branch}"));
    let seen = tip.map(|tip| tip.map(|tip| Branch { name: branch.clone(), tip, protected: false }));
    seen.transpose().map(Fact::from)
}

/// Nothing is asked where no host takes part.
pub(super) fn no_host(what: &str) -> Gap {
    Gap::not_asked(what, "name the host: --host github --repository OWNER/NAME")
}

/// A range of a branch, and whom to ask about it.
pub(super) struct Range<'a> {
    pub(super) inquiry: &'a Inquiry,
    pub(super) sources: &'a Sources<'a>,
    pub(super) branch: &'a Fact<Branch>,
    /// The name of the branch.
    pub(super) name: &'a BranchName,
    /// The requests that signed reviews know, where no host knows any.
    pub(super) signed: OnceCell<Result<SignedRequests, Gap>>,
}

/// Consecutive steps that the same requests brought.
#[derive(Clone)]
pub(super) struct Group {
    pub(super) parent: Revision,
    pub(super) steps: Vec<Revision>,
    pub(super) requests: Fact<BTreeSet<RequestId>>,
}

impl Range<'_> {
    fn landings_of(
        &self,
        baseline: &Revision,
        span: &Fact<Span>,
        asked: AskedRequests,
        progress: &dyn Fn(usize, usize),
    ) -> Fact<Vec<LandingFacts>> {
        match span {
            Fact::Known(Span::Steps(steps)) => Fact::Known(self.landings(baseline, steps, asked, progress)),
            Fact::Known(_) => Fact::Known(Vec::new()),
            Fact::Gap(gap) => Fact::Gap(gap.clone()),
        }
    }

    fn back_of(
        &self,
        (baseline, candidate): (&Revision, &Revision),
        span: &Fact<Span>,
    ) -> Fact<Option<Back>> {
        match span {
            Fact::Known(Span::Behind) => self.back(baseline, candidate).map(Some).into(),
            Fact::Known(_) => Fact::Known(None),
            Fact::Gap(gap) => Fact::Gap(gap.clone()),
        }
    }

    fn landings(
        &self,
        baseline: &Revision,
        steps: &[Step],
        asked: AskedRequests,
        progress: &dyn Fn(usize, usize),
    ) -> Vec<LandingFacts> {
        // One part of the work asks who brought each step, one asks about those requests, and one
        // proves their content.
        let total = steps.len() * PARTS;
        let groups = self.groups(baseline, steps, asked, &|step| progress(step, total));
        let groups = self.join_series(groups);
        let count = groups.len().max(1);
        let mut gathered =
            self.gather_groups(groups, &|done| progress(steps.len() + done * steps.len() / count, total));
        self.prove(&mut gathered, &|index| progress(2 * steps.len() + index * steps.len() / count, total));
        progress(total, total);
        gathered
    }

    /// All landings in one go: what was read for one is remembered for the next.
    pub(super) fn prove(&self, gathered: &mut [LandingFacts], progress: &dyn Fn(usize)) {
        let landings: Vec<Landing> = gathered.iter().map(|facts| facts.landing.clone()).collect();
        self.sources.repository.prove_landings(&landings, |number, coverage, misses| {
            progress(number);
            if let Some(facts) = gathered.get_mut(number) {
                (facts.coverage, facts.misses) = (coverage, misses);
            }
        });
    }

    /// A series that was rebased onto the branch, and a request that the branch was moved to, are
    /// several steps and one landing. Steps that no request explains are never taken together.
    fn groups(
        &self,
        baseline: &Revision,
        steps: &[Step],
        mut asked: AskedRequests,
        progress: &dyn Fn(usize),
    ) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        let mut parent = baseline.clone();
        let line: BTreeSet<Revision> = steps.iter().map(|step| step.commit.id.clone()).collect();
        for (number, step) in steps.iter().enumerate() {
            let id = step.commit.id.clone();
            let requests = asked.remove(&id).unwrap_or_else(|| {
                progress(number);
                self.requests(&id, self.name, &line)
            });
            let explained = requests.value().is_some_and(|requests| !requests.is_empty());
            match groups.last_mut() {
                Some(last) if explained && last.requests == requests => last.steps.push(id.clone()),
                _ => groups.push(Group { parent, steps: vec![id.clone()], requests }),
            }
            parent = id;
        }
        groups
    }

    /// The step at a place and those next to it that the same requests brought; `None` when nothing
    /// lies before it.
    fn group_at(&self, branch: &BranchName, place: &BranchPosition) -> Result<Option<Group>, Gap> {
        let Some(step) = place.line.get(place.at) else { return Ok(None) };
        let line: BTreeSet<Revision> = place.line.iter().cloned().collect();
        let requests = self.requests(step, branch, &line);
        let same = |step: &&Revision| {
            requests.value().is_some_and(|all| !all.is_empty())
                && self.requests(step, branch, &line) == requests
        };
        let (before, after) = place.line.split_at(place.at);
        let mut steps: Vec<Revision> = before.iter().rev().take_while(same).cloned().collect();
        steps.reverse();
        steps.push(step.clone());
        steps.extend(after.iter().skip(1).take_while(same).cloned());
        let first = steps.first().unwrap_or(step);
        let parent = self.sources.repository.commit(first)?.parents.into_iter().next();
        Ok(parent.map(|parent| Group { parent, steps, requests }))
    }

    /// The requests that brought a step; `line` holds the steps of the branch.
    pub(super) fn requests(
        &self,
        step: &Revision,
        branch: &BranchName,
        line: &BTreeSet<Revision>,
    ) -> Fact<BTreeSet<RequestId>> {
        match self.sources.host {
            Some(host) => host.landed(step, branch),
            None if self.inquiry.signed.is_some() => {
                let signed =
                    self.signed.get_or_init(|| SignedRequests::read(self.sources, self.inquiry, branch));
                let signed = signed.as_ref().map_err(Clone::clone);
                signed.and_then(|signed| signed.of_step(self.sources.repository, step, line)).into()
            }
            None => Fact::Gap(no_host("which requests brought a commit")),
        }
    }

    /// The range as one change, without facts about the branch or a candidate.
    fn alone(&self, before: &Revision, landed: &Revision) -> Facts {
        let mut inquiry = self.inquiry.clone();
        inquiry.topics.clear();
        self.facts(inquiry, before, landed, None)
    }

    pub(super) fn landing(&self, group: Group) -> Option<LandingFacts> {
        let landed = group.steps.last()?;
        let inquiry = Inquiry { tests: BTreeSet::new(), ..self.inquiry.clone() };
        let change = self.sources.repository.change(&group.parent, landed, &inquiry);
        let files = match change {
            Fact::Known(change) => Fact::Known(change.files),
            Fact::Gap(gap) => Fact::Gap(gap),
        };
        self.landing_with(group, files)
    }

    /// The same, where the files that it changed are known.
    pub(super) fn landing_with(&self, group: Group, files: Fact<Vec<FileChange>>) -> Option<LandingFacts> {
        let landed = group.steps.last()?.clone();
        let requests: Result<Vec<Facts>, Gap> = group
            .requests
            .known()
            .map(|ids| ids.iter().filter_map(|id| self.request(id, &group.parent)).collect());
        let candidates = requests.as_ref().map_or_else(|_| Vec::new(), |requests| candidates_in(requests));
        let landing = Landing { parent: group.parent, landed, candidates };
        // Until it is proved.
        let coverage =
            Coverage::Unverifiable(Gap::not_asked("what explains the landing", "gather the facts again"));
        let (steps, misses) = (group.steps, Vec::new());
        Some(LandingFacts { landing, steps, files, coverage, misses, requests: requests.into() })
    }

    /// The facts about a rollback: its approval is at the baseline, or landed since.
    fn back(&self, baseline: &Revision, candidate: &Revision) -> Result<Back, Gap> {
        let repository = self.sources.repository;
        let tip = &self.branch.known()?.tip;
        let since = match repository.span(baseline, tip) {
            Fact::Known(Span::Steps(steps)) => {
                let asked = ask_requests(self.sources, self.name, &steps, &|_| ());
                let mut landings = self.landings(baseline, &steps, asked, &|_, _| ());
                let path = RepoPath::from(waiver::PATH);
                landings.retain(|landing| landing.may_touch(&path));
                Fact::Known(landings)
            }
            Fact::Known(Span::Equal) => Fact::Known(Vec::new()),
            Fact::Known(_) => Fact::Gap(Gap::new(
                "what landed since the deployed commit",
                GapReason::Contradiction,
                "the deployed commit is no tip that the branch had, on its line of first parents",
                "Name the branch that it was deployed from; see `git log --first-parent` for a merge that took the line's place.",
            )),
            Fact::Gap(gap) => Fact::Gap(gap),
        };
        let undone = match repository.change(candidate, baseline, self.inquiry) {
            Fact::Known(change) => Fact::Known(change.files),
            Fact::Gap(gap) => Fact::Gap(gap),
        };
        Ok(Back { gate: self.alone(baseline, tip).gate, since, undone })
    }

    /// The range as one change, with the facts about the branch and the candidate.
    pub(super) fn whole(&self, baseline: &Revision, candidate: &Revision) -> Facts {
        let mut inquiry = self.inquiry.clone();
        // Checks of the candidate may vouch for evidence; otherwise they are the requests' own.
        let vouch = inquiry.topics.contains(&Topic::Evidence);
        inquiry.topics.retain(|topic| OF_THE_WHOLE.contains(topic) || (vouch && *topic == Topic::Checks));
        let request =
            Fact::Gap(Gap::not_asked("one change request", "a range has as many as it has landings"));
        let asked = self.sources.host.map(|forge| {
            let branch = self.branch.clone();
            HostSession { forge, on_request: None, request, branch }
        });
        self.facts(inquiry, baseline, candidate, asked.as_ref())
    }

    pub(super) fn facts(
        &self,
        inquiry: Inquiry,
        base: &Revision,
        head: &Revision,
        session: Option<&HostSession<'_>>,
    ) -> Facts {
        let ends = Ends { base: base.clone(), head: head.clone(), target: Some(self.name.clone()) };
        gather_change(inquiry, &ends, session, self.sources)
    }
}

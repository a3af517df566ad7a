//! Gathers the facts of a deployment: the range, its landings, and for each the requests that might explain it.

use crate::collect::gather::{Asked, Sources, gather};
use crate::collect::git::Repository;
use crate::collect::host::{Host, Question};
use crate::model::change::{BranchName, Revision};
use crate::model::deployment::{Baseline, Deployer, Deployment, LandingFacts, SCHEMA};
use crate::model::fact::{Fact, Gap};
use crate::model::facts::{self, Facts};
use crate::model::inquiry::{Inquiry, Topic};
use crate::model::landing::{Candidate, Coverage, Landing, Span, Step};
use crate::model::protection::Branch;
use std::collections::BTreeSet;
use std::path::Path;

/// What is asked of the branch and the candidate, and not of each landing.
const OF_THE_WHOLE: [Topic; 4] = [Topic::Protection, Topic::Reports, Topic::Evidence, Topic::CodeOwners];

/// What would be deployed, from where.
#[derive(Clone, Debug)]
pub struct Target {
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
}

/// Whom to ask.
pub struct Witnesses<'a> {
    /// The repository.
    pub repository: &'a Repository,
    /// The host; `None` when none takes part.
    pub host: Option<&'a dyn Host>,
    /// Where reports are looked for.
    pub directory: &'a Path,
    /// Reports named on the command line.
    pub reports: &'a [crate::collect::reports::Named],
    /// Files of statements named on the command line.
    pub evidence: &'a [std::path::PathBuf],
    /// The moment of judgement.
    pub observed: jiff::Timestamp,
}

/// Gathers every fact that the inquiry asks for.
pub fn gather_deployment(
    inquiry: &Inquiry,
    target: Target,
    witnesses: &Witnesses<'_>,
    progress: &dyn Fn(usize, usize),
) -> Deployment {
    let Target { environment, branch, candidate, baseline, deployer } = target;
    let seen = match witnesses.host {
        Some(host) => host.branch(&branch),
        None => Fact::Gap(no_host("where the branch is")),
    };
    let repository = witnesses.repository;
    let on_branch = match &seen {
        Fact::Known(seen) => repository.span(&candidate, &seen.tip),
        Fact::Gap(gap) => Fact::Gap(gap.clone()),
    };
    let span = repository.span(&baseline.revision, &candidate);
    let range = Range { inquiry, witnesses, branch: &seen };
    let landings = match &span {
        Fact::Known(Span::Steps(steps)) => {
            Fact::Known(range.landings(&baseline.revision, &branch, steps, progress))
        }
        Fact::Known(_) => Fact::Known(Vec::new()),
        Fact::Gap(gap) => Fact::Gap(gap.clone()),
    };
    let whole = range.whole(&baseline.revision, &candidate);
    let baseline = Fact::Known(baseline);
    Deployment {
        schema: SCHEMA,
        environment,
        branch,
        candidate,
        deployer,
        baseline,
        on_branch,
        span,
        landings,
        whole,
    }
}

fn no_host(what: &str) -> Gap {
    Gap::not_asked(what, "name the host: --host github --repository OWNER/NAME")
}

struct Range<'a> {
    inquiry: &'a Inquiry,
    witnesses: &'a Witnesses<'a>,
    branch: &'a Fact<Branch>,
}

/// Consecutive steps that the same requests brought.
struct Group {
    parent: Revision,
    steps: Vec<Revision>,
    requests: Fact<BTreeSet<u64>>,
}

impl Range<'_> {
    fn landings(
        &self,
        baseline: &Revision,
        branch: &BranchName,
        steps: &[Step],
        progress: &dyn Fn(usize, usize),
    ) -> Vec<LandingFacts> {
        let groups = self.groups(baseline, branch, steps);
        let total = groups.len();
        let mut gathered = Vec::with_capacity(total);
        for (index, group) in groups.into_iter().enumerate() {
            progress(index, total);
            gathered.extend(self.landing(group));
        }
        self.prove(&mut gathered);
        gathered
    }

    /// All landings in one go: the prover remembers what it read for the one before.
    fn prove(&self, gathered: &mut [LandingFacts]) {
        let landings: Vec<Landing> = gathered.iter().map(|facts| facts.landing.clone()).collect();
        self.witnesses.repository.coverage(&landings, |number, coverage| {
            if let Some(facts) = gathered.get_mut(number) {
                facts.coverage = coverage;
            }
        });
    }

    /// A series that was rebased onto the branch, and a request that the branch was moved to, are several steps and one
    /// landing. Steps that no request explains are never taken together.
    fn groups(&self, baseline: &Revision, branch: &BranchName, steps: &[Step]) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        let mut parent = baseline.clone();
        for step in steps {
            let id = step.commit.id.clone();
            let requests = match self.witnesses.host {
                Some(host) => host.landed(&id, branch),
                None => Fact::Gap(no_host("which requests brought a commit")),
            };
            let explained = requests.value().is_some_and(|requests| !requests.is_empty());
            match groups.last_mut() {
                Some(last) if explained && last.requests == requests => last.steps.push(id.clone()),
                _ => groups.push(Group { parent, steps: vec![id.clone()], requests }),
            }
            parent = id;
        }
        groups
    }

    fn landing(&self, group: Group) -> Option<LandingFacts> {
        let landed = group.steps.last()?.clone();
        let requests: Result<Vec<Facts>, Gap> = group.requests.known().map(|numbers| {
            numbers.iter().filter_map(|number| self.request(*number, &group.parent)).collect()
        });
        let candidates = requests.as_ref().map_or_else(|_| Vec::new(), |requests| candidates(requests));
        let landing = Landing { parent: group.parent, landed, candidates };
        let inquiry = Inquiry { tests: BTreeSet::new(), ..self.inquiry.clone() };
        let change = self.witnesses.repository.change(&landing.parent, &landing.landed, &inquiry);
        let files = match change {
            Fact::Known(change) => Fact::Known(change.files),
            Fact::Gap(gap) => Fact::Gap(gap),
        };
        // Until it is proved.
        let coverage =
            Coverage::Unverifiable(Gap::not_asked("what explains the landing", "gather the facts again"));
        Some(LandingFacts { landing, steps: group.steps, files, coverage, requests: requests.into() })
    }

    /// The facts of a request as a merge gate would have gathered them just before it landed.
    fn request(&self, number: u64, parent: &Revision) -> Option<Facts> {
        let host = self.witnesses.host?.about(number);
        let request = host.request();
        let mut inquiry = self.inquiry.clone();
        inquiry.topics.retain(|topic| !matches!(topic, Topic::Protection | Topic::Reports | Topic::Evidence));
        inquiry.tests.clear();
        inquiry.line_coverage.clear();
        match &request {
            Fact::Known(known) => {
                let head = known.head.clone();
                let asked = Asked { host: host.as_ref(), request, branch: self.branch.clone() };
                Some(self.facts(inquiry, parent, &head, Some(asked)))
            }
            Fact::Gap(gap) => Some(self.unseen(inquiry, host.as_ref(), parent, gap)),
        }
    }

    /// A request that the host does not show has no head, so nothing of it is known. No other commit is judged in its place.
    fn unseen(&self, inquiry: Inquiry, host: &dyn Host, parent: &Revision, gap: &Gap) -> Facts {
        let nothing = Inquiry { topics: BTreeSet::new(), teams: BTreeSet::new(), ..inquiry.clone() };
        let (request, branch) = (Fact::Gap(gap.clone()), self.branch.clone());
        let question = Question {
            request,
            branch,
            head: parent,
            commits: &[],
            before_updates: &[],
            owner_teams: BTreeSet::new(),
        };
        Facts {
            schema: facts::SCHEMA,
            observed: Fact::Known(self.witnesses.observed),
            inquiry,
            change: Fact::Gap(gap.clone()),
            gate: Fact::Gap(gap.clone()),
            host: host.facts(&nothing, question),
            reports: Fact::Gap(gap.clone()),
            line_coverage: Fact::Gap(gap.clone()),
            evidence: Fact::Gap(gap.clone()),
        }
    }

    /// The range as one change, with what speaks of the branch and of the candidate.
    fn whole(&self, baseline: &Revision, candidate: &Revision) -> Facts {
        let mut inquiry = self.inquiry.clone();
        inquiry.topics.retain(|topic| OF_THE_WHOLE.contains(topic));
        let request =
            Fact::Gap(Gap::not_asked("one change request", "a deployment has as many as it has landings"));
        let asked = self.witnesses.host.map(|host| Asked { host, request, branch: self.branch.clone() });
        self.facts(inquiry, baseline, candidate, asked)
    }

    fn facts(&self, inquiry: Inquiry, base: &Revision, head: &Revision, host: Option<Asked<'_>>) -> Facts {
        let Witnesses { repository, directory, reports, evidence, observed, .. } = *self.witnesses;
        gather(inquiry, base, head, &Sources { repository, host, directory, reports, evidence, observed })
    }
}

fn candidates(requests: &[Facts]) -> Vec<Candidate> {
    let seen = requests.iter().filter_map(|facts| facts.host.request.value());
    seen.map(|request| Candidate { request: request.number, head: request.head.clone() }).collect()
}

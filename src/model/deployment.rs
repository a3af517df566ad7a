//! Everything that was seen of a deployment: what is deployed, what would be, and each landing
//! between the two.
//!
//! A landing is judged as the change request that explains it was, or should have been, judged:
//! with the very [`Facts`] of a merge gate, taken after the fact. What is new is the [`Coverage`]:
//! the proof by content that what landed is what the request brought.

use crate::change::{BranchName, FileChange, Revision};
use crate::fact::{Fact, Gap};
use crate::facts::{Facts, GateTexts};
use crate::id::DeploymentId;
use crate::incident::IncidentFacts;
use crate::landing::{Coverage, Landing, Miss, Span};
use crate::path::RepoPath;
use crate::person::Login;
use crate::reconciliation::ReconciliationFacts;

/// The facts of one deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// Where it would be deployed.
    pub environment: String,
    /// The branch that it would be deployed from.
    pub branch: BranchName,
    /// What would be deployed.
    pub candidate: Revision,
    /// Who would deploy it.
    pub deployer: Fact<Deployer>,
    /// What is deployed.
    pub baseline: Fact<Baseline>,
    /// What the host says is deployed; `None` when it lists no deployment that succeeded and
    /// stands.
    pub by_host: Fact<Option<HostDeployment>>,
    /// What the chain of records let through, oldest first; none when there is no record.
    pub recorded: Fact<Vec<Recorded>>,
    /// What is known of other environments, where this one has no record; a gap where it has one.
    /// Facts of the earlier form do not hold it.
    pub elsewhere: Fact<Elsewhere>,
    /// What the register of incidents says; a gap where the policy does not ask for it, and in
    /// facts of an earlier form.
    pub incidents: Fact<IncidentFacts>,
    /// How the candidate lies to the tip of the branch: only a commit that is or was the tip may be
    /// deployed.
    pub on_branch: Fact<Span>,
    /// How the candidate lies to the baseline, with every step between them.
    pub span: Fact<Span>,
    /// What bears on going back; `None` where the candidate does not lie behind the baseline.
    pub back: Fact<Option<Back>>,
    /// The landings of those steps, oldest first.
    pub landings: Fact<Vec<LandingFacts>>,
    /// The runs of the datasets that the policy reconciles; `None` where the inquiry does not ask
    /// for them, and in facts of an earlier form.
    pub reconciliation: Option<ReconciliationFacts>,
    /// The branch as it is, its protection, the range as one change, and the evidence for the
    /// candidate. Its [`Facts::observed`] is the moment at which the deployment is judged.
    pub whole: Facts,
}

/// Who deploys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployer {
    /// Their account on the host.
    pub login: Login,
    /// How we know.
    pub origin: DeployerOrigin,
}

/// How we know who deploys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeployerOrigin {
    /// The host's job says whose action started it.
    Job,
    /// Whoever ran the gate says so.
    Asserted,
}

/// The commit that is deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Baseline {
    /// The commit.
    pub revision: Revision,
    /// How we know.
    pub origin: BaselineOrigin,
}

/// How we know what is deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BaselineOrigin {
    /// The chain of deployment records says so; the number is the record's.
    Recorded(u64),
    /// Whoever ran the gate says so.
    Asserted,
    /// The host's list of deployments says so, in the entry with this identifier.
    Host(DeploymentId),
    /// The baseline of the newest record, whose number this is: its candidate is to be deployed
    /// again, because it never was.
    Retry(u64),
}

/// What bears on a rollback. Who may go back stands beside the policy, and lands on the branch like
/// anything else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Back {
    /// The waivers at the baseline and at the tip of the branch.
    pub gate: Fact<GateTexts>,
    /// The landings since the baseline that touch them.
    pub since: Fact<Vec<LandingFacts>>,
    /// What going back would undo.
    pub undone: Fact<Vec<FileChange>>,
}

/// A deployment that the host lists as done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostDeployment {
    /// The host's identifier of the entry.
    pub id: DeploymentId,
    /// The commit.
    pub revision: Revision,
    /// Since when, by the host's clock.
    pub since: jiff::Timestamp,
}

/// A deployment that the gate let through before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The number of its record.
    pub number: u64,
    /// The commit.
    pub candidate: Revision,
    /// Was its decision taken again from the facts that it keeps, with the same result? A record of
    /// the earlier form keeps none.
    pub taken_again: bool,
    /// Were its facts left out on purpose, so that no one can take its decision again?
    pub facts_omitted: bool,
    /// The list of signers by which its signature was verified; `None`: by none.
    pub signers: Option<RepoPath>,
}

impl Recorded {
    /// May it be relied on, where the policy asks for the signature of someone in this list, or for
    /// none? Anyone who can write the refs of records can write all of a record but its signature.
    pub fn is_proof(&self, signers: Option<&RepoPath>) -> bool {
        self.taken_again && self.is_signed_by(signers)
    }

    /// Is it signed by someone in this list, where one is asked for?
    pub fn is_signed_by(&self, signers: Option<&RepoPath>) -> bool {
        signers.is_none() || self.signers.as_ref() == signers
    }
}

/// What is known of other environments, where one has no record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// Those that have records, sorted by their names.
    pub recorded: Vec<RecordsElsewhere>,
    /// What the host has deployed to others that lies before the baseline on the branch: going on
    /// from the baseline skips what is between the two.
    pub by_host: Fact<Vec<HostElsewhere>>,
}

impl Elsewhere {
    /// The first environment with a record that holds the baseline and may be relied on, and that
    /// record. `signers`: those whom the policy asks for.
    pub fn holding(&self, signers: Option<&RepoPath>) -> Option<(&RecordsElsewhere, &Recorded)> {
        self.recorded
            .iter()
            .find_map(|other| Some((other, other.holds.as_ref().filter(|one| one.is_proof(signers))?)))
    }

    /// There are no other environments.
    pub fn nothing() -> Self {
        Elsewhere { recorded: Vec::new(), by_host: Fact::Known(Vec::new()) }
    }
}

/// The records of another environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordsElsewhere {
    /// The environment.
    pub environment: String,
    /// The newest of its records.
    pub newest: Recorded,
    /// The newest record, among those whose decision was taken again, that let the baseline
    /// through: its candidate is the baseline, or a commit that the branch came to after it.
    pub holds: Option<Recorded>,
}

/// What the host lists as deployed to another environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostElsewhere {
    /// The environment, as the host calls it.
    pub environment: String,
    /// What it has.
    pub deployment: HostDeployment,
}

/// What was seen of one landing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LandingFacts {
    /// From where to where, and the requests that might explain it.
    pub landing: Landing,
    /// The steps that it consists of: more than one for a rebased series or a fast-forward.
    pub steps: Vec<Revision>,
    /// What it changed against its parent.
    pub files: Fact<Vec<FileChange>>,
    /// What of its content those requests explain.
    pub coverage: Coverage,
    /// Which of them were tried in vain, alone or together, and how far they miss.
    pub misses: Vec<Miss>,
    /// The requests that the host says brought it, each with the facts of a merge gate; none for a
    /// direct push.
    pub requests: Fact<Vec<Facts>>,
}

impl Deployment {
    /// The gap of incidents that no one asked for.
    pub fn no_incidents_asked<T>() -> Fact<T> {
        let remedy = "Gather the facts again with this policy";
        Fact::Gap(Gap::not_asked("the register of incidents", remedy))
    }

    /// The facts of the whole range, and of each request behind a landing.
    pub fn all_facts(&self) -> impl Iterator<Item = &Facts> {
        let since = self.back.value().and_then(Option::as_ref).and_then(|back| back.since.value());
        let landings = self.landings.value().into_iter().chain(since).flatten();
        let requests = landings.filter_map(|landing| landing.requests.value()).flatten();
        std::iter::once(&self.whole).chain(requests)
    }
}

impl LandingFacts {
    /// May the landing touch this file? It may where its files could not be seen.
    pub fn may_touch(&self, path: &RepoPath) -> bool {
        let is_it = |file: &FileChange| file.entries().any(|entry| entry.path == *path);
        self.files.value().is_none_or(|files| files.iter().any(is_it))
    }
}

//! What is deployed: where the range of a deployment begins.

use crate::naming::resolve_named;
use crate::records::{Closeness, DeploymentRecords as _};
use portcullis_forge::Forge;
use portcullis_git::Repository;
use portcullis_model::change::Revision;
use portcullis_model::deployment::{Baseline, BaselineOrigin, HostDeployment, Recorded};
use portcullis_model::environment::Environment;
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::landing::Span;
use portcullis_record::{
    self as record, Chain, ChainProblem, Judge, RecordEntry, RecordLink, RecordStanding,
};

/// Everything but the command line that says what is deployed.
pub struct DeploymentHistory {
    /// The records of the environment; `None` when there are none.
    pub chain: Fact<Option<Chain>>,
    /// What the host lists as deployed.
    pub by_host: Fact<Option<HostDeployment>>,
}

/// So many landings are foreseen before the baseline is known for certain.
const FORESEEN: usize = 40;

/// The first steps from what is probably deployed to what would be.
fn first_steps(
    repository: &Repository,
    chain: &Fact<Option<Chain>>,
    base: Option<&str>,
    candidate: &Revision,
) -> Vec<Revision> {
    let recorded = || Some(chain.value()?.as_ref()?.last().ok()?.entry.candidate.clone());
    let begin = match base {
        Some(base) => resolve_named(repository, base).ok(),
        None => recorded(),
    };
    match begin.map(|begin| repository.span(&begin, candidate)) {
        Some(Fact::Known(Span::Steps(steps))) => {
            steps.into_iter().take(FORESEEN).map(|step| step.commit.id).collect()
        }
        _ => Vec::new(),
    }
}

/// Why it is not known what is deployed.
#[derive(Debug)]
pub enum BaselineError {
    /// Something could not be seen.
    Unseen(Gap),
    /// The name of a commit cannot be resolved.
    Unresolved(anyhow::Error),
    /// The records do not verify.
    Broken(Vec<ChainProblem>),
    /// There is no record, and the host says nothing.
    FirstTime {
        /// Other environments that have records.
        others: Vec<Environment>,
        /// What the host said, if it was asked.
        of_host: &'static str,
    },
}

impl DeploymentHistory {
    /// Reads the records and asks the host.
    pub fn gather(
        repository: &Repository,
        host: Option<&dyn Forge>,
        environment: &Environment,
        judge: &Judge<'_>,
        (base, candidate): (Option<&str>, &Revision),
    ) -> Self {
        let chain = repository.deployments(environment, judge, Closeness::Repository);
        let by_host = match host {
            Some(host) => {
                // They are asked about in any case.
                host.foresee_landed(&|| first_steps(repository, &chain, base, candidate));
                host.deployed(environment.as_str())
            }
            None => Fact::Gap(Gap::not_asked("what the host says is deployed", "name the host")),
        };
        DeploymentHistory { chain, by_host }
    }

    /// A copy of a repository has the same commits and other reviewers, and so have its records.
    pub fn of_another(&self, asked: &str) -> Option<Gap> {
        let chain = self.chain.value()?.as_ref()?;
        let of = chain.links.last()?.entry.repository.as_deref().unwrap_or("no host");
        (!of.eq_ignore_ascii_case(asked)).then(|| {
            Gap::new(
                format!("what was let through to {}", chain.environment),
                GapReason::Contradiction,
                format!("its records are of {of}, and the host is asked about {asked}"),
                format!(
                    "Fetch the records of {asked}; if it was renamed, delete `{}` and begin anew with --base.",
                    record::reference(&chain.environment)
                ),
            )
        })
    }

    /// What the records let through, where they can be believed.
    pub fn recorded(&self) -> Fact<Vec<Recorded>> {
        let chain = match &self.chain {
            Fact::Known(Some(chain)) => chain,
            Fact::Known(None) => return Fact::Known(Vec::new()),
            Fact::Gap(gap) => return Fact::Gap(gap.clone()),
        };
        let unseen = chain.links.iter().find_map(|link| match &link.standing {
            RecordStanding::Unseen(gap) => Some(gap),
            RecordStanding::Reproduced
            | RecordStanding::Irreproducible(_)
            | RecordStanding::Omitted
            | RecordStanding::Broken => None,
        });
        match unseen {
            Some(gap) => Fact::Gap(gap.clone()),
            None => Fact::Known(chain.links.iter().map(recorded_of).collect()),
        }
    }

    /// The newest record, where this would be the same deployment once more and the host does not
    /// say that it took place. `said` is the baseline of the command line.
    fn tried(&self, candidate: &Revision, said: Option<&Revision>) -> Option<&RecordLink> {
        let last = self.chain.value()?.as_ref()?.last().ok()?;
        let before = &last.entry.baseline.commit;
        let failed = match &self.by_host {
            Fact::Known(Some(host)) => host.revision == *before,
            // Without any word of the host only the command line can say where the deployment
            // begins.
            Fact::Known(None) => said.is_some(),
            Fact::Gap(_) => false,
        };
        let same = last.entry.candidate == *candidate && said.is_none_or(|said| said == before);
        (same && failed).then_some(last)
    }
}

/// A record as facts name it.
pub(super) fn recorded_of(link: &RecordLink) -> Recorded {
    let RecordEntry { number, candidate, .. } = &link.entry;
    Recorded {
        number: *number,
        candidate: candidate.clone(),
        taken_again: link.standing.is_taken(),
        facts_omitted: link.standing == RecordStanding::Omitted,
        signers: link.signature.list().cloned(),
    }
}

/// What is deployed: what `said` (the command line) names, and it is marked as such; else what the
/// newest record let through; else what the host says. A deployment that is tried again begins
/// where it began. Whether they agree is for the judge. Returned with the newest record.
///
/// # Errors
/// It is not known what is deployed.
pub fn find_baseline(
    repository: &Repository,
    said: Option<&str>,
    candidate: &Revision,
    history: &DeploymentHistory,
) -> Result<(Baseline, Option<Revision>), BaselineError> {
    let chain = history.chain.known().map_err(BaselineError::Unseen)?.as_ref();
    if let Some(Err(problems)) = chain.map(Chain::last) {
        return Err(BaselineError::Broken(problems.to_vec()));
    }
    let tip = chain.and_then(Chain::tip).cloned();
    let said =
        said.map(|name| resolve_named(repository, name)).transpose().map_err(BaselineError::Unresolved)?;
    let tried = history
        .tried(candidate, said.as_ref())
        .map(|last| (last.entry.baseline.commit.clone(), BaselineOrigin::Retry(last.entry.number)));
    let said = || said.map(|said| (said, BaselineOrigin::Asserted));
    let last = || {
        let last = &chain?.links.last()?.entry;
        Some((last.candidate.clone(), BaselineOrigin::Recorded(last.number)))
    };
    match tried.or_else(said).or_else(last) {
        Some((revision, origin)) => Ok((Baseline { revision, origin }, tip)),
        None => by_host(repository, &history.by_host).map(|baseline| (baseline, None)),
    }
}

/// Without a record. A host that does not show its deployments is no host that has none.
fn by_host(
    repository: &Repository,
    by_host: &Fact<Option<HostDeployment>>,
) -> Result<Baseline, BaselineError> {
    let of_host = match by_host {
        Fact::Known(Some(deployed)) => {
            let (revision, origin) = (deployed.revision.clone(), BaselineOrigin::Host(deployed.id.clone()));
            return Ok(Baseline { revision, origin });
        }
        Fact::Gap(gap) if gap.reason != GapReason::NotAsked => {
            return Err(BaselineError::Unseen(gap.clone()));
        }
        Fact::Known(None) => "the host lists no deployment",
        Fact::Gap(_) => "no host was asked",
    };
    Err(BaselineError::FirstTime { others: repository.environments().unwrap_or_default(), of_host })
}

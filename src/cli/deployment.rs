//! `portcullis check --environment NAME`: may this commit be deployed there?

use super::exit::{Exit, Failure, Result};
use super::judged::{Connection, Ends, connection, named_reports, policy_at};
use super::record::{Recording, Unrecorded, record_decision};
use super::{HostName, Subject, actions, output};
use crate::collect::deployment::{Target, Witnesses, gather_deployment};
use crate::collect::git::Repository;
use crate::collect::host::Host;
use crate::collect::host::github::{GitHub, Patience};
use crate::model::change::{BranchName, Revision};
use crate::model::decision::{Decision, Judged, Outcome};
use crate::model::deployment::{
    Baseline, BaselineOrigin, Deployer, DeployerOrigin, Deployment, HostDeployment, Recorded,
};
use crate::model::environment::Environment;
use crate::model::fact::{Fact, Gap, GapReason};
use crate::model::landing::Span;
use crate::model::person::Login;
use crate::policy::Policy;
use crate::record::{self, Chain};
use clap::Args;
use std::path::Path;

/// What a deployment adds to what is judged.
#[derive(Debug, Args)]
pub struct Deploying {
    /// Judge a deployment: everything that landed since what is deployed there. The baseline is `--base`, else what the
    /// record says, else what the host says; the candidate is `--head`.
    #[arg(long, value_name = "NAME", help_heading = "Deployment")]
    environment: Option<Environment>,
    /// The branch that is deployed from. Without it: the job's branch, or the policy's if it names one.
    #[arg(long, value_name = "NAME", requires = "environment", help_heading = "Deployment")]
    branch: Option<String>,
    /// Who deploys, by their account on the host. Without it: whoever started the GitHub Actions job. It is marked as only said.
    #[arg(long, value_name = "LOGIN", requires = "environment", help_heading = "Deployment")]
    deployer: Option<String>,
}

impl Deploying {
    /// The environment, if a deployment is to be judged.
    pub fn environment(&self) -> Option<&Environment> {
        self.environment.as_ref()
    }
}

/// A deployment with its facts, ready to be decided.
pub struct Prepared {
    /// The policy in force at the baseline.
    pub policy: Policy,
    /// The facts.
    pub facts: Deployment,
    /// The newest record when they were gathered.
    pub tip: Option<Revision>,
}

/// A deployment, or the gap that kept even the policy from being seen.
pub enum Preparation {
    /// Ready to decide.
    Ready(Box<Prepared>),
    /// Not even the baseline or the policy could be seen.
    Unseen(Box<Judged>, Gap),
}

/// Judges a deployment, shows the decision, and records it if it is allowed and a record was asked for.
///
/// # Errors
/// Usage, environment or policy errors; a blocked deployment is no error.
pub fn run(
    directory: &Path,
    subject: &Subject,
    deploying: &Deploying,
    environment: &Environment,
    plan: &output::Plan<'_>,
    recording: bool,
) -> Result {
    let prepared = prepare(directory, subject, deploying, environment, connection())?;
    let decision = match &prepared {
        Preparation::Ready(ready) => crate::decide::decide_deployment(&ready.policy, &ready.facts),
        Preparation::Unseen(judged, gap) => crate::decide::undetermined((**judged).clone(), gap),
    };
    // The record comes first: an allowed decision that could not be recorded must not be acted on.
    if let (true, Outcome::Allow, Preparation::Ready(ready)) = (recording, decision.outcome, &prepared) {
        record(directory, environment, ready, &decision)?;
    }
    plan.show(&decision)
}

fn record(directory: &Path, environment: &Environment, ready: &Prepared, decision: &Decision) -> Result<()> {
    let baseline = ready.facts.baseline.known().map_err(|gap| Failure::environment(gap.to_string()))?;
    let origin = match baseline.origin {
        BaselineOrigin::Recorded(_) if ready.facts.span.value() == Some(&Span::Behind) => {
            record::BaselineOrigin::Rollback
        }
        BaselineOrigin::Recorded(_) => record::BaselineOrigin::Recorded,
        BaselineOrigin::Asserted => record::BaselineOrigin::Asserted,
        BaselineOrigin::Host(_) => record::BaselineOrigin::Host,
    };
    let recording = Recording {
        environment,
        tip: ready.tip.as_ref(),
        candidate: &ready.facts.candidate,
        baseline: record::Baseline { commit: baseline.revision.clone(), origin },
        decision,
        facts: None,
        policy: Some(&ready.policy.text),
        recorder: &actions::recorder(),
        time: jiff::Timestamp::now(),
    };
    match record_decision(directory, &recording) {
        Ok(appended) => {
            output::remark(&format!(
                "recorded as {environment} {} ({})",
                appended.number,
                appended.commit.short()
            ));
            Ok(())
        }
        Err(unrecorded @ Unrecorded::Moved(_)) => {
            let failure = Failure::from(unrecorded);
            Err(Failure::environment(format!(
                "{}\nhelp: judge again; this decision was not recorded",
                failure.message
            )))
        }
        Err(unrecorded) => Err(unrecorded.into()),
    }
}

/// Prepares the judgement of a deployment.
///
/// # Errors
/// Usage, environment or policy errors.
pub fn prepare(
    directory: &Path,
    subject: &Subject,
    deploying: &Deploying,
    environment: &Environment,
    connection: Connection,
) -> Result<Preparation> {
    let repository = Repository::open(directory)?;
    let reports = named_reports(directory, subject)?;
    let candidate = repository.resolve(subject.head.as_deref().unwrap_or("HEAD"))?;
    let judged = Judged {
        environment: Some(environment.to_string()),
        head: Some(candidate.clone()),
        ..Judged::default()
    };
    let host = host(subject, connection)?;
    let known = Known::gather(&repository, host.as_deref(), environment);
    let (baseline, tip) = match baseline(&repository, subject, environment, &known)? {
        Ok(found) => found,
        Err(gap) => return Ok(Preparation::Unseen(Box::new(judged), gap)),
    };
    let ends = Ends { base: baseline.revision.clone(), head: candidate.clone() };
    let (policy, inquiry) = match policy_at(&repository, directory, subject, &ends)? {
        Ok(found) => found,
        Err(gap) => return Ok(Preparation::Unseen(Box::new(judged), gap)),
    };
    let branch = branch(deploying, &policy)?;
    let deployer = deployer(deploying.deployer.as_deref(), actions::actor());
    let recorded = known.recorded();
    let environment = environment.to_string();
    let target =
        Target { environment, branch, candidate, baseline, deployer, by_host: known.by_host, recorded };
    let observed = jiff::Timestamp::now();
    let witnesses = Witnesses {
        repository: &repository,
        host: host.as_deref(),
        directory,
        reports: &reports,
        evidence: &subject.evidence,
        observed,
    };
    let facts = gather_deployment(&inquiry, target, &witnesses, &output::progress);
    super::policy::waivers_of_deployment(&policy, &facts.whole.gate)?;
    Ok(Preparation::Ready(Box::new(Prepared { policy, facts, tip })))
}

/// Everything that says what is deployed, beside the command line.
struct Known {
    chain: Fact<Option<Chain>>,
    by_host: Fact<Option<HostDeployment>>,
}

impl Known {
    fn gather(repository: &Repository, host: Option<&dyn Host>, environment: &Environment) -> Self {
        let by_host = match host {
            Some(host) => host.deployed(environment.as_str()),
            None => Fact::Gap(Gap::not_asked("what the host says is deployed", "name the host")),
        };
        Known { chain: repository.deployments(environment), by_host }
    }

    /// What the records let through, where they can be believed.
    fn recorded(&self) -> Fact<Vec<Recorded>> {
        let chain = match &self.chain {
            Fact::Known(Some(chain)) => chain,
            Fact::Known(None) => return Fact::Known(Vec::new()),
            Fact::Gap(gap) => return Fact::Gap(gap.clone()),
        };
        let all = chain.links.iter().map(|link| {
            let (number, candidate) = (link.entry.number, link.entry.candidate.clone());
            Recorded { number, candidate }
        });
        match chain.last() {
            Ok(_) => Fact::Known(all.collect()),
            Err(_) => Fact::Gap(Gap::new(
                format!("what was let through to {}", chain.environment),
                GapReason::Untrusted,
                "its records do not verify",
                format!("See `portcullis record verify {}`.", chain.environment),
            )),
        }
    }
}

type Found = (Baseline, Option<Revision>);

/// What is deployed: what `--base` says, and it is marked as such; else what the newest record let through; else what the
/// host says.
fn baseline(
    repository: &Repository,
    subject: &Subject,
    environment: &Environment,
    known: &Known,
) -> Result<std::result::Result<Found, Gap>> {
    let chain = match &known.chain {
        Fact::Known(chain) => chain,
        Fact::Gap(gap) => return Ok(Err(gap.clone())),
    };
    let tip = chain.as_ref().and_then(Chain::tip).cloned();
    if let Some(name) = &subject.base {
        let revision = repository.resolve(name)?;
        return Ok(Ok((Baseline { revision, origin: BaselineOrigin::Asserted }, tip)));
    }
    let Some(chain) = chain else { return by_host(environment, &known.by_host) };
    match chain.last() {
        Ok(last) => {
            let origin = BaselineOrigin::Recorded(last.entry.number);
            Ok(Ok((Baseline { revision: last.entry.candidate.clone(), origin }, tip)))
        }
        Err(_) => Err(Failure {
            exit: Exit::Unverified,
            message: format!(
                "the records of {environment} do not verify; see `portcullis record verify {environment}`"
            ),
        }),
    }
}

/// Without a record. A host that does not show its deployments is no host that has none.
fn by_host(
    environment: &Environment,
    by_host: &Fact<Option<HostDeployment>>,
) -> Result<std::result::Result<Found, Gap>> {
    match by_host {
        Fact::Known(Some(deployed)) => {
            let (revision, origin) = (deployed.revision.clone(), BaselineOrigin::Host(deployed.number));
            Ok(Ok((Baseline { revision, origin }, None)))
        }
        Fact::Gap(gap) if gap.reason != GapReason::NotAsked => Ok(Err(gap.clone())),
        Fact::Known(None) | Fact::Gap(_) => Err(Failure::usage(format!(
            "neither a record nor the host says what is deployed to {environment}; name it this once with --base REV, and \
             record the decision with --record"
        ))),
    }
}

/// What the command line says, marked as such, and else what the job knows. Where they disagree nobody can tell.
fn deployer(said: Option<&str>, actor: Option<Login>) -> Fact<Deployer> {
    match (said.map(Login::new), actor) {
        (Some(said), Some(actor)) if said != actor => Fact::Gap(Gap::new(
            "who deploys",
            GapReason::Contradiction,
            format!("the command line says {said}, and the job was started by {actor}"),
            "Leave out --deployer in a job.",
        )),
        (_, Some(login)) => Fact::Known(Deployer { login, origin: DeployerOrigin::Job }),
        (Some(login), None) => Fact::Known(Deployer { login, origin: DeployerOrigin::Asserted }),
        (None, None) => Fact::Gap(Gap::not_asked("who deploys", "Name the account: --deployer LOGIN.")),
    }
}

fn branch(deploying: &Deploying, policy: &Policy) -> Result<BranchName> {
    branch_named(deploying.branch.as_deref(), policy)
        .ok_or_else(|| Failure::usage("name the branch that is deployed from: --branch NAME"))
}

/// The branch that is named, else the job's, else the only one that the policy deploys from.
pub fn branch_named(name: Option<&str>, policy: &Policy) -> Option<BranchName> {
    if let Some(name) = name.map(BranchName::new).or_else(actions::branch) {
        return Some(name);
    }
    match policy.scope.deployment.as_slice() {
        [only] if !only.as_str().contains(['*', '?', '[', '{', '\\']) => Some(BranchName::new(only.as_str())),
        _ => None,
    }
}

fn host(subject: &Subject, connection: Connection) -> Result<Option<Box<dyn Host>>> {
    let repository = match (subject.host, &subject.repository) {
        (Some(HostName::None), _) => return Ok(None),
        (_, Some(repository)) => repository.clone(),
        (_, None) => actions::repository().ok_or_else(|| {
            Failure::usage(
                "name the host: --host github --repository OWNER/NAME, or --host none for what git alone can tell",
            )
        })?,
    };
    host_of(&repository, connection).map(Some)
}

/// The host of a repository.
///
/// # Errors
/// Its name or the address of the API cannot be one.
pub fn host_of(repository: &str, connection: Connection) -> Result<Box<dyn Host>> {
    let Connection { api_url, token, transport } = connection;
    // Of no request in particular: each landing names its own.
    let host = GitHub::new(&api_url, repository, 0, token, transport, Patience::default());
    Ok(Box::new(host.and_then(actions::served).map_err(Failure::usage)?))
}

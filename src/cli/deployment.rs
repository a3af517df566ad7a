//! `portcullis check --environment NAME`: may this commit be deployed there?

use super::exit::{Failure, Result};
use super::judged::{Ends, kind_of, named_reports, open_host, policy_at};
use super::record::{Recording, Unrecorded, record_decision};
use super::{HostName, Subject, names, opening, output};
use crate::collect::deployment::{Target, Witnesses, gather_deployment};
use crate::collect::elsewhere;
use crate::collect::git::Repository;
use crate::collect::git::record::Closeness;
use crate::collect::host::ci::{self, JobEvent};
use crate::collect::host::{self, Forge};
use crate::collect::recorded::policy_elsewhere;
use crate::model::change::{BranchName, Revision};
use crate::model::decision::{Decision, Judged, Outcome};
use crate::model::deployment::{
    Baseline, BaselineOrigin, Deployer, DeployerOrigin, Deployment, HostDeployment, Recorded,
};
use crate::model::environment::Environment;
use crate::model::fact::{Fact, Gap, GapReason};
use crate::model::person::Login;
use crate::policy::Policy;
use crate::record::{self, Chain, RecordEntry, RecordLink, RecordStanding};
use crate::render;
use clap::Args;
use std::path::Path;

/// What a deployment adds to what is judged.
#[derive(Debug, Args)]
pub struct Deploying {
    /// Judge a deployment: everything that landed since what is deployed there. The baseline is what the record says; the first
    /// time it is `--base`, which may contradict neither record nor host, nor skip what no record of another environment let through.
    /// The candidate is `--head`.
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
    let job = ci::current_job().event()?;
    let prepared = prepare(directory, subject, deploying, environment, job.as_deref())?;
    let decision = match &prepared {
        Preparation::Ready(ready) => crate::decide::decide_deployment(&ready.policy, &ready.facts),
        Preparation::Unseen(judged, gap) => {
            crate::decide::undetermined_by((**judged).clone(), gap, &ci::detours())
        }
    };
    // The record comes first: an allowed decision that could not be recorded must not be acted on.
    if let (true, Outcome::Allow, Preparation::Ready(ready)) = (recording, decision.outcome, &prepared) {
        record(directory, environment, ready, &decision)?;
    }
    plan.show(&decision)
}

fn record(directory: &Path, environment: &Environment, ready: &Prepared, decision: &Decision) -> Result<()> {
    let facts = &ready.facts;
    let baseline = facts.baseline.known().map_err(|gap| Failure::environment(gap.to_string()))?;
    let Some(origin) = record::RecordedOrigin::of(facts) else {
        output::remark("nothing is recorded: the newest record let this deployment through, and stands");
        return Ok(());
    };
    of_the_repository(directory, ready, &baseline.revision)?;
    let recording = Recording {
        environment,
        tip: ready.tip.as_ref(),
        candidate: &facts.candidate,
        baseline: record::RecordedBaseline { commit: baseline.revision.clone(), origin },
        decision,
        facts,
        policy: &ready.policy.text,
        recorder: &ci::recorder(),
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
            Err(Failure::from(unrecorded).hint("judge again; this decision was not recorded"))
        }
        Err(unrecorded) => Err(unrecorded.into()),
    }
}

/// A record rests on the policy that stands at its baseline, where one stands there: whoever reads it later finds no other.
fn of_the_repository(directory: &Path, ready: &Prepared, baseline: &Revision) -> Result<()> {
    let (policy, inquiry) = (&ready.policy.text, &ready.facts.whole.inquiry);
    match policy_elsewhere(&opening::open(directory)?, policy, baseline, inquiry) {
        Ok(None) => Ok(()),
        Ok(Some(elsewhere)) => Err(Failure::unverified(format!(
            "this decision cannot be recorded: {elsewhere}; leave out --policy"
        ))),
        Err(gap) => Err(Failure::environment(gap.to_string())),
    }
}

/// Prepares the judgement of a deployment: in a job, of the commit that its verdict is for.
///
/// # Errors
/// Usage, environment or policy errors.
pub fn prepare(
    directory: &Path,
    subject: &Subject,
    deploying: &Deploying,
    environment: &Environment,
    job: Option<&dyn JobEvent>,
) -> Result<Preparation> {
    let repository = opening::open(directory)?;
    let reports = named_reports(directory, subject)?;
    let judged = Judged { environment: Some(environment.to_string()), ..Judged::default() };
    let candidate = match candidate(&repository, subject, environment, job)? {
        Ok(candidate) => candidate,
        Err(gap) => return Ok(Preparation::Unseen(Box::new(judged), gap)),
    };
    let judged = Judged { head: Some(candidate.clone()), ..judged };
    let host = match host(subject)? {
        Ok(host) => host,
        Err(gap) => return Ok(Preparation::Unseen(Box::new(judged), gap)),
    };
    let known = Known::gather(&repository, host.as_deref(), environment);
    let (baseline, tip) = match baseline(&repository, subject, &candidate, environment, &known)? {
        Ok(found) => found,
        Err(gap) => return Ok(Preparation::Unseen(Box::new(judged), gap)),
    };
    let asked = asked_of(subject);
    if let Some(gap) = asked.as_deref().and_then(|asked| known.of_another(asked)) {
        return Ok(Preparation::Unseen(Box::new(judged), gap));
    }
    let ends = Ends { base: baseline.revision.clone(), head: candidate.clone() };
    let (policy, inquiry) = match policy_at(&repository, directory, subject, &ends)? {
        Ok(found) => found,
        Err(gap) => return Ok(Preparation::Unseen(Box::new(judged), gap)),
    };
    names::warn(&policy, &reports, &subject.evidence);
    names::warn_of_first(environment, &known.chain, &repository.environments().unwrap_or_default());
    let branch = branch(deploying, &policy)?;
    let deployer = deployer(deploying.deployer.as_deref(), ci::current_job().actor());
    let recorded = known.recorded();
    let elsewhere = match (&recorded, &baseline.origin) {
        (Fact::Known(records), BaselineOrigin::Asserted) if records.is_empty() => {
            let witnesses = elsewhere::Witnesses {
                repository: &repository,
                host: host.as_deref(),
                asked: asked.as_deref(),
                judge: &super::record::judge,
            };
            elsewhere::elsewhere(&witnesses, environment, &baseline.revision, &policy.environments)
        }
        _ => Fact::Gap(Gap::not_asked("what is deployed to other environments", "nothing depends on it")),
    };
    let environment = environment.to_string();
    let target = Target {
        environment,
        branch,
        candidate,
        baseline,
        deployer,
        by_host: known.by_host,
        recorded,
        elsewhere,
    };
    let observed = jiff::Timestamp::now();
    let witnesses = Witnesses {
        repository: &repository,
        host: host.as_deref(),
        directory,
        reports: &reports,
        evidence: &subject.evidence,
        observed,
    };
    let mut facts = gather_deployment(&inquiry, target, &witnesses, &output::progress);
    if host.is_some() {
        facts.whole.host.detours = ci::detours();
    }
    super::policy::waivers_of_deployment(&policy, &facts.whole.gate)?;
    Ok(Preparation::Ready(Box::new(Prepared { policy, facts, tip })))
}

/// What would be deployed: what `--head` names, else what is checked out; and in a job, what its verdict is for.
fn candidate(
    repository: &Repository,
    subject: &Subject,
    environment: &Environment,
    job: Option<&dyn JobEvent>,
) -> Result<std::result::Result<Revision, Gap>> {
    let named = subject.head.as_deref().map(|name| repository.resolve(name)).transpose()?;
    let checked_out = repository.resolve("HEAD");
    let Some(job) = job else { return Ok(Ok(named.map_or(checked_out, Ok)?)) };
    let parents = |commit: &Revision| Some(repository.commit(commit).ok()?.parents);
    Ok(job.verdict_place(Some(&parents)).and_then(|place| {
        place.repository(subject.repository.as_deref())?;
        place.check_environment(environment)?;
        place.candidate(named, || checked_out.map_err(no_head))
    }))
}

fn no_head(error: anyhow::Error) -> Gap {
    let remedy = "Check out what would be deployed, or name it with --head.";
    Gap::new("what is checked out", GapReason::MissingObject, format!("{error:#}"), remedy)
}

/// Everything that says what is deployed, beside the command line.
struct Known {
    chain: Fact<Option<Chain>>,
    by_host: Fact<Option<HostDeployment>>,
}

impl Known {
    fn gather(repository: &Repository, host: Option<&dyn Forge>, environment: &Environment) -> Self {
        let by_host = match host {
            Some(host) => host.deployed(environment.as_str()),
            None => Fact::Gap(Gap::not_asked("what the host says is deployed", "name the host")),
        };
        let chain = repository.deployments(environment, &super::record::judge, Closeness::Repository);
        Known { chain, by_host }
    }

    /// A copy of a repository has the same commits and other reviewers, and so have its records.
    fn of_another(&self, asked: &str) -> Option<Gap> {
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
    fn recorded(&self) -> Fact<Vec<Recorded>> {
        let chain = match &self.chain {
            Fact::Known(Some(chain)) => chain,
            Fact::Known(None) => return Fact::Known(Vec::new()),
            Fact::Gap(gap) => return Fact::Gap(gap.clone()),
        };
        let unseen = chain.links.iter().find_map(|link| match &link.standing {
            RecordStanding::Unseen(gap) => Some(gap),
            RecordStanding::Reproduced | RecordStanding::Irreproducible(_) | RecordStanding::Broken => None,
        });
        match unseen {
            Some(gap) => Fact::Gap(gap.clone()),
            None => Fact::Known(chain.links.iter().map(one).collect()),
        }
    }

    /// The newest record, where this would be the same deployment once more and the host does not say that it took place.
    /// `said` is the baseline of the command line.
    fn tried(&self, candidate: &Revision, said: Option<&Revision>) -> Option<&RecordLink> {
        let last = self.chain.value()?.as_ref()?.last().ok()?;
        let before = &last.entry.baseline.commit;
        let failed = match &self.by_host {
            Fact::Known(Some(host)) => host.revision == *before,
            // Without any word of the host only the command line can say where the deployment begins.
            Fact::Known(None) => said.is_some(),
            Fact::Gap(_) => false,
        };
        let same = last.entry.candidate == *candidate && said.is_none_or(|said| said == before);
        (same && failed).then_some(last)
    }
}

fn one(link: &RecordLink) -> Recorded {
    let RecordEntry { number, candidate, .. } = &link.entry;
    Recorded { number: *number, candidate: candidate.clone(), taken_again: link.standing.is_taken() }
}

type Found = (Baseline, Option<Revision>);

/// What is deployed: what `--base` says, and it is marked as such; else what the newest record let through; else what the
/// host says. A deployment that is tried again begins where it began. Whether they agree is for the judge.
fn baseline(
    repository: &Repository,
    subject: &Subject,
    candidate: &Revision,
    environment: &Environment,
    known: &Known,
) -> Result<std::result::Result<Found, Gap>> {
    let chain = match &known.chain {
        Fact::Known(chain) => chain,
        Fact::Gap(gap) => return Ok(Err(gap.clone())),
    };
    if let Some(Err(problems)) = chain.as_ref().map(Chain::last) {
        let problems: Vec<_> = problems.iter().map(render::record::problem).collect();
        return Err(Failure::unverified(format!(
            "the records of {environment} do not verify: {}; see `portcullis record verify {environment}`",
            problems.join("; ")
        )));
    }
    let tip = chain.as_ref().and_then(Chain::tip).cloned();
    let said = subject.base.as_ref().map(|name| repository.resolve(name)).transpose()?;
    if let Some(last) = known.tried(candidate, said.as_ref()) {
        let (revision, origin) =
            (last.entry.baseline.commit.clone(), BaselineOrigin::Retry(last.entry.number));
        return Ok(Ok((Baseline { revision, origin }, tip)));
    }
    if let Some(revision) = said {
        return Ok(Ok((Baseline { revision, origin: BaselineOrigin::Asserted }, tip)));
    }
    match chain.as_ref().and_then(|chain| chain.links.last()) {
        None => by_host(environment, &repository.environments().unwrap_or_default(), &known.by_host),
        Some(last) => {
            let origin = BaselineOrigin::Recorded(last.entry.number);
            Ok(Ok((Baseline { revision: last.entry.candidate.clone(), origin }, tip)))
        }
    }
}

/// Without a record. A host that does not show its deployments is no host that has none.
fn by_host(
    environment: &Environment,
    others: &[Environment],
    by_host: &Fact<Option<HostDeployment>>,
) -> Result<std::result::Result<Found, Gap>> {
    match by_host {
        Fact::Known(Some(deployed)) => {
            let (revision, origin) = (deployed.revision.clone(), BaselineOrigin::Host(deployed.id.clone()));
            Ok(Ok((Baseline { revision, origin }, None)))
        }
        Fact::Gap(gap) if gap.reason != GapReason::NotAsked => Ok(Err(gap.clone())),
        Fact::Known(None) => Err(first_time(environment, others, "the host lists no deployment")),
        Fact::Gap(_) => Err(first_time(environment, others, "no host was asked")),
    }
}

fn first_time(environment: &Environment, others: &[Environment], of_host: &str) -> Failure {
    let known: Vec<&str> = others.iter().map(Environment::as_str).collect();
    let known = match known.as_slice() {
        [] => String::new(),
        known => format!(" (there are records of {})", known.join(", ")),
    };
    Failure::usage(format!(
        "there is no record of what is deployed to {environment}{known}, and {of_host}; name it this once with --base REV, and record \
         the decision with --record (which needs a host)"
    ))
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
    if let Some(name) = name.map(BranchName::new).or_else(|| ci::current_job().branch()) {
        return Some(name);
    }
    match policy.scope.deployment.as_slice() {
        [only] if !only.as_str().contains(['*', '?', '[', '{', '\\']) => Some(BranchName::new(only.as_str())),
        _ => None,
    }
}

fn host(subject: &Subject) -> Result<std::result::Result<Option<Box<dyn Forge>>, Gap>> {
    if let Some(HostName::None) = subject.host {
        return Ok(Ok(None));
    }
    let repository = asked_of(subject).ok_or_else(|| {
        Failure::usage(format!(
            "name the host: --host {} --repository OWNER/NAME, or --host none for what git alone can tell",
            host::DEFAULT.name
        ))
    })?;
    match kind_of(subject.host) {
        Ok(kind) => open_host(kind, &repository, None).map(|forge| Ok(Some(forge))),
        Err(gap) => Ok(Err(gap)),
    }
}

/// The repository that the host is asked about.
fn asked_of(subject: &Subject) -> Option<String> {
    match subject.host {
        Some(HostName::None) => None,
        _ => subject.repository.clone().or_else(|| ci::current_job().repository()),
    }
}

//! What is deployed and what would be: the commits of a deployment, and what arguments, job and
//! policy say of it.

use super::exit::{Failure, Result};
use super::meant::CommitsQuestion;
use super::names;
use super::record::judge_text;
use super::stop::Stop;
use portcullis_collect::baseline::{BaselineError, DeploymentHistory, find_baseline};
use portcullis_collect::deployment::DeploymentTarget;
use portcullis_collect::elsewhere::gather_elsewhere;
use portcullis_collect::records::DeploymentRecords as _;
use portcullis_collect::request::JudgementRequest;
use portcullis_collect::sources::Ends;
use portcullis_forge::{Forge, ci};
use portcullis_judge::policy::Policy;
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::decision::Judged;
use portcullis_model::deployment::{Baseline, BaselineOrigin, Deployer, DeployerOrigin};
use portcullis_model::environment::Environment;
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::person::Login;

/// The commits of a deployment, and what says so.
pub struct LocatedDeployment {
    environment: Environment,
    candidate: Revision,
    baseline: Baseline,
    history: DeploymentHistory,
    /// The newest record.
    pub tip: Option<Revision>,
}

/// Finds what is deployed.
///
/// # Errors
/// It is not known.
pub fn locate(
    question: &CommitsQuestion<'_>,
    environment: &Environment,
) -> std::result::Result<LocatedDeployment, Stop> {
    let CommitsQuestion { repository, subject, meant, forge } = *question;
    let no_candidate = || Failure::usage("it is not known what would be deployed");
    let candidate = meant.candidate.clone().ok_or_else(no_candidate)?;
    let judged = || judged_deployment(environment, &candidate);
    let ends = (subject.base.as_deref(), &candidate);
    let history = DeploymentHistory::gather(repository, forge, environment, &judge_text, ends);
    let found = find_baseline(repository, subject.base.as_deref(), &candidate, &history);
    let (baseline, tip) = found.map_err(|error| not_known(error, environment, judged()))?;
    let asked = forge.map(Forge::repository);
    if let Some(gap) = asked.as_deref().and_then(|asked| history.of_another(asked)) {
        return Err(Stop::Gap(Box::new(judged()), gap));
    }
    Ok(LocatedDeployment { environment: environment.clone(), candidate, baseline, history, tip })
}

fn judged_deployment(environment: &Environment, candidate: &Revision) -> Judged {
    let environment = Some(environment.to_string());
    Judged { environment, head: Some(candidate.clone()), ..Judged::default() }
}

fn not_known(error: BaselineError, environment: &Environment, judged: Judged) -> Stop {
    match error {
        BaselineError::Unseen(gap) => Stop::Gap(Box::new(judged), gap),
        BaselineError::Unresolved(error) => Stop::from(error),
        BaselineError::Broken(problems) => {
            let problems: Vec<_> = problems.iter().map(portcullis_render::record::problem).collect();
            Stop::from(Failure::unverified(format!(
                "the records of {environment} do not verify: {}; see `portcullis record verify {environment}`",
                problems.join("; ")
            )))
        }
        BaselineError::FirstTime { others, of_host } => Stop::from(first_time(environment, &others, of_host)),
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
         the decision with --record"
    ))
}

impl LocatedDeployment {
    /// The two commits.
    pub fn ends(&self) -> Ends {
        Ends { base: self.baseline.revision.clone(), head: self.candidate.clone(), target: None }
    }

    /// What a decision says of it before the policy is known.
    pub fn judged(&self) -> Judged {
        judged_deployment(&self.environment, &self.candidate)
    }

    /// The deployment, with what the policy says of it.
    ///
    /// # Errors
    /// The branch that is deployed from is not known.
    pub fn target(
        self,
        policy: &Policy,
        question: &CommitsQuestion<'_>,
        request: &JudgementRequest,
    ) -> Result<DeploymentTarget> {
        let LocatedDeployment { environment, candidate, baseline, history, .. } = self;
        let (branch, deployer) = match request {
            JudgementRequest::Deployment { branch, deployer, .. } => (branch.as_deref(), deployer.as_deref()),
            JudgementRequest::Change => (None, None),
        };
        let others = question.repository.environments().unwrap_or_default();
        names::warn_of_first(&environment, &history.chain, &others);
        let unnamed = || Failure::usage("name the branch that is deployed from: --branch NAME");
        let branch = branch_named(branch, policy).ok_or_else(unnamed)?;
        if let Some(forge) = question.forge {
            forge.foresee_branch(&branch);
        }
        let deployer = find_deployer(deployer, ci::current_job().actor());
        let recorded = history.recorded();
        let elsewhere = match (&recorded, &baseline.origin) {
            (Fact::Known(records), BaselineOrigin::Asserted) if records.is_empty() => gather_elsewhere(
                question.repository,
                question.forge,
                &judge_text,
                &environment,
                &baseline.revision,
                &policy.environments,
            ),
            _ => Fact::Gap(Gap::not_asked("what is deployed to other environments", "nothing depends on it")),
        };
        let (environment, by_host) = (environment.to_string(), history.by_host);
        Ok(DeploymentTarget {
            environment,
            branch,
            candidate,
            baseline,
            deployer,
            by_host,
            recorded,
            elsewhere,
        })
    }
}

/// What the command line says, marked as such, and else what the job knows. Where they disagree, it
/// is not known who deploys.
fn find_deployer(said: Option<&str>, actor: Option<Login>) -> Fact<Deployer> {
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

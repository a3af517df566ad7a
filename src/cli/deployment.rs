//! `portcullis check --environment NAME`: what a deployment adds to the arguments, and its record.

use super::exit::{Failure, Result};
use super::prepare::Prepared;
use super::record::{DeploymentRecording, Unrecorded, record_decision};
use super::{opening, output};
use clap::Args;
use portcullis_collect::recorded::policy_elsewhere;
use portcullis_collect::request::JudgementRequest;
use portcullis_forge::ci;
use portcullis_model::change::Revision;
use portcullis_model::decision::Decision;
use portcullis_model::environment::Environment;
use portcullis_model::gathered::GatheredFacts;
use portcullis_model::host::NO_HOST;
use portcullis_record as record;
use std::path::Path;

/// What a deployment adds to what is judged.
#[derive(Debug, Args)]
pub struct Deploying {
    /// Judge a deployment to this environment: everything that landed since the deployed commit.
    /// The newest record names that commit; the first time, name it with `--base`, which must not
    /// contradict a record or the host, or skip commits that no record of another environment
    /// allowed. The candidate is `--head`.
    #[arg(long, value_name = "NAME", help_heading = "Deployment")]
    environment: Option<Environment>,
    /// Branch that is deployed from. Default: the job's branch, or the policy's if it names only
    /// one.
    #[arg(long, value_name = "NAME", requires = "environment", help_heading = "Deployment")]
    branch: Option<String>,
    /// Account on the host that deploys; the decision notes it as an unverified claim. Default: the
    /// actor of the CI job.
    #[arg(long, value_name = "LOGIN", requires = "environment", help_heading = "Deployment")]
    deployer: Option<String>,
}

impl Deploying {
    /// What is asked for: a deployment, if an environment is named.
    pub fn request(&self) -> JudgementRequest {
        let Some(environment) = self.environment.clone() else { return JudgementRequest::Change };
        let (branch, deployer) = (self.branch.clone(), self.deployer.clone());
        JudgementRequest::Deployment { environment, branch, deployer }
    }
}

/// How a deployment is recorded.
#[derive(Clone, Copy, Debug, Default)]
pub struct Recording<'a> {
    /// Is only the digest of the facts kept?
    pub omit_facts: bool,
    /// The key to sign with, where one is named.
    pub key: Option<&'a Path>,
}

/// Records an allowed deployment.
///
/// # Errors
/// It cannot be recorded.
pub fn record_deployment(
    directory: &Path,
    environment: &Environment,
    ready: &Prepared,
    decision: &Decision,
    how: Recording<'_>,
) -> Result<()> {
    let GatheredFacts::Deployment(facts) = &ready.facts else { return Ok(()) };
    let baseline = facts.baseline.known().map_err(|gap| Failure::environment(gap.to_string()))?;
    let Some(origin) = record::RecordedOrigin::of(facts) else {
        output::remark("nothing is recorded: the newest record already allows this deployment");
        return Ok(());
    };
    check_policy(directory, ready, &baseline.revision)?;
    let recording = DeploymentRecording {
        environment,
        tip: ready.tip.as_ref(),
        candidate: &facts.candidate,
        baseline: record::RecordedBaseline { commit: baseline.revision.clone(), origin },
        decision,
        facts,
        policy: &ready.policy.text,
        omit_facts: how.omit_facts,
        recorder: &ci::recorder(),
        time: jiff::Timestamp::now(),
        key: how.key,
    };
    match record_decision(directory, &recording) {
        Ok(appended) => {
            output::remark(&format!(
                "recorded as {environment} {} ({}){}",
                appended.number,
                appended.commit.short(),
                if how.omit_facts { "; not reproducible: facts omitted" } else { "" }
            ));
            if ready.facts.whole().host.kind == NO_HOST {
                output::remark(OF_NO_HOST);
            }
            Ok(())
        }
        Err(unrecorded @ Unrecorded::Moved(_)) => {
            Err(Failure::from(unrecorded).hint("judge again; this decision was not recorded"))
        }
        Err(unrecorded) => Err(unrecorded.into()),
    }
}

/// The next deployment asks the host where this one left off, and a record of no host names none.
const OF_NO_HOST: &str = "warning: this record is of no host, and the next deployment cannot begin where it ends; in a clone of a \
     server without a host, judge and record with `--host bare`";

/// A record has to rest on the policy at its baseline, if there is one: a later reader finds no
/// other.
fn check_policy(directory: &Path, ready: &Prepared, baseline: &Revision) -> Result<()> {
    let (policy, inquiry) = (&ready.policy.text, &ready.facts.whole().inquiry);
    match policy_elsewhere(&opening::open(directory)?, policy, baseline, inquiry) {
        Ok(None) => Ok(()),
        Ok(Some(elsewhere)) => Err(Failure::unverified(format!(
            "this decision cannot be recorded: {elsewhere}; leave out --policy"
        ))),
        Err(gap) => Err(Failure::environment(gap.to_string())),
    }
}

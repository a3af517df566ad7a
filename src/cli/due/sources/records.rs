//! Records of deployments: by `[due] records-within`. What is deployed the host says, or the
//! caller.

use super::changes_at;
use crate::cli::due::source::{DueSource, DueView, StatedDeployment};
use crate::cli::record::judge_text;
use crate::collect::records::{Closeness, DeploymentRecords as _};
use jiff::{SignedDuration, Timestamp};
use portcullis_incident::expected::{ExpectedDeed, SourceAnswer};
use portcullis_model::environment::Environment;
use portcullis_model::fact::{Fact, Gap};
use std::collections::BTreeSet;

/// The source.
pub struct ExpectedRecords;

impl DueSource for ExpectedRecords {
    fn name(&self) -> &'static str {
        "records"
    }

    fn look(&self, view: &DueView<'_>) -> SourceAnswer {
        let Some(within) = view.policy.expected.records_within else {
            return SourceAnswer::idle(self.name(), "the policy has no `[due] records-within`");
        };
        let mut answer = SourceAnswer::of(self.name(), Ok(Vec::new()));
        let environments = match named_environments(view) {
            Ok(environments) => environments,
            Err(gap) => return SourceAnswer::of(self.name(), Err(gap)),
        };
        if environments.is_empty() {
            let remedy = "List them under `[deployment] environments` of the policy.";
            answer.gaps.push(Gap::not_asked("which environments there are", remedy));
        }
        for environment in environments {
            match expect_record(view, &environment, within) {
                Ok(deed) => answer.deeds.extend(deed),
                Err(gap) => answer.gaps.push(gap),
            }
        }
        answer
    }
}

/// Every environment that the policy, a record or the caller names.
fn named_environments(view: &DueView<'_>) -> Result<BTreeSet<Environment>, Gap> {
    let mut named: BTreeSet<Environment> = view.policy.environments.iter().cloned().collect();
    named.extend(view.repository.environments()?);
    named.extend(view.deployed.iter().map(|stated| stated.environment.clone()));
    Ok(named)
}

fn expect_record(
    view: &DueView<'_>,
    environment: &Environment,
    within: SignedDuration,
) -> Result<Option<ExpectedDeed>, Gap> {
    let Some(deployed) = find_deployed(view, environment)? else { return Ok(None) };
    let due = deployed.time.checked_add(within).ok();
    let chain = match view.repository.deployments(environment, &judge_text, Closeness::Chain) {
        Fact::Known(chain) => chain,
        Fact::Gap(gap) => return Err(gap),
    };
    let is_recorded =
        chain.iter().flat_map(|chain| &chain.links).any(|link| link.entry.candidate == deployed.commit);
    let deed = |due: Timestamp| ExpectedDeed {
        source: ExpectedRecords.name(),
        subject: format!("environment {environment}"),
        what: format!("a record of the deployment of {}", deployed.commit.short()),
        due,
        about: format!("record/{environment}/{}", deployed.commit),
        since: Some(deployed.time),
        changes: changes_at(deployed.time),
        remedy: format!(
            "Find out who deployed it without the gate. `portcullis check --deployment {environment} --record` records what it allows."
        ),
    };
    Ok(due.filter(|_| !is_recorded).map(deed))
}

/// What was deployed last to an environment.
fn find_deployed(view: &DueView<'_>, environment: &Environment) -> Result<Option<StatedDeployment>, Gap> {
    let stated = view.deployed.iter().filter(|stated| stated.environment == *environment);
    if let Some(stated) = stated.max_by_key(|stated| stated.time) {
        return Ok(Some(stated.clone()));
    }
    let Some(host) = &view.host else {
        return Err(Gap::not_asked(
            format!("what is deployed to {environment}"),
            "Name the host that lists deployments (--host, --repository), or state it with --deployed.",
        ));
    };
    let deployed = host.deployed(environment.as_str()).known()?.clone();
    Ok(deployed.map(|deployed| StatedDeployment {
        environment: environment.clone(),
        commit: deployed.revision,
        time: deployed.since,
    }))
}

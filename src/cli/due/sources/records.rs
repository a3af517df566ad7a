//! Records of deployments: by `[due] records-within`. What is deployed the host says, or the
//! caller.

use super::changes_at;
use crate::due::source::{DueSource, DueView, StatedDeployment};
use crate::record::judge_text;
use jiff::{SignedDuration, Timestamp};
use portcullis_collect::records::{Closeness, DeploymentRecords as _};
use portcullis_incident::expected::{ExpectedDeed, SourceAnswer};
use portcullis_model::change::Revision;
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
    let entries = chain.iter().flat_map(|chain| &chain.links).map(|link| &link.entry);
    let is_recorded = is_recorded(entries.map(|entry| (entry.time, &entry.candidate)), &deployed);
    let deed = |due: Timestamp| ExpectedDeed {
        source: ExpectedRecords.name(),
        subject: format!("environment {environment}"),
        what: format!("a record of the deployment of {}", deployed.commit.short()),
        due,
        about: format!("record/{environment}/{}", deployed.commit),
        since: Some(deployed.time),
        changes: changes_at(deployed.time),
        remedy: format!(
            "Find out who deployed it without the gate. `portcullis check --environment {environment} --record` records what it allows."
        ),
    };
    Ok(due.filter(|_| !is_recorded).map(deed))
}

/// Does a record tell of this deployment? The gate records before it lets a deployment go on: the
/// newest record from before it has to be of its commit, or one from after it. An older one is of
/// an earlier deployment of the same commit, which another one has replaced.
fn is_recorded<'r>(
    records: impl Iterator<Item = (Timestamp, &'r Revision)>,
    deployed: &StatedDeployment,
) -> bool {
    let (before, after): (Vec<_>, Vec<_>) = records.partition(|(time, _)| *time <= deployed.time);
    let newest = before.into_iter().max_by_key(|(time, _)| *time);
    newest.into_iter().chain(after).any(|(_, commit)| *commit == deployed.commit)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(hour: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour)
    }

    fn commit(digit: char) -> Revision {
        Revision::try_from(digit.to_string().repeat(40)).unwrap()
    }

    /// Is the deployment of `a` at ten o'clock recorded by records of these commits at these hours?
    fn recorded(records: &[(i64, char)]) -> bool {
        let records: Vec<_> = records.iter().map(|(hour, digit)| (moment(*hour), commit(*digit))).collect();
        let environment = "production".parse().unwrap();
        let deployed = StatedDeployment { environment, commit: commit('a'), time: moment(10) };
        is_recorded(records.iter().map(|(time, commit)| (*time, commit)), &deployed)
    }

    #[test]
    fn attack_a_commit_that_was_recorded_once_is_deployed_again_without_the_gate() {
        assert!(!recorded(&[(2, 'a'), (5, 'b')]));
        assert!(!recorded(&[(2, 'a'), (5, 'b'), (12, 'c')]));
        assert!(!recorded(&[]));
    }

    #[test]
    fn twin_a_record_before_the_deployment_or_after_it_counts() {
        assert!(recorded(&[(2, 'b'), (5, 'a')]));
        assert!(recorded(&[(10, 'a')]));
        assert!(recorded(&[(2, 'a'), (5, 'b'), (11, 'a')]));
        // The next candidate is recorded and not deployed yet.
        assert!(recorded(&[(5, 'a'), (11, 'b')]));
    }
}

//! `reconciled`: what is uploaded was compared with what arrived, before and after code changes.
//!
//! A run counts by what it counted, never by what it says of itself: the policy that judges holds
//! its own budgets against the counts, and compares what was compared and how with its own dataset.
//! Of a policy that changes a dataset, both the old and the new one judge, each by the runs of its
//! own definition.

use super::procedure::ControlProcedure;
use super::{
    Case, Control, Documentation, Granularity, Kind, PolicyScope, Stage, Waivable, finding, read, unproven,
};
use dataset::DatasetCase;
use jiff::SignedDuration;
use portcullis_model::decision::{Finding, SubjectKind, Verdict};
use portcullis_model::deployment::Deployment;
use portcullis_model::environment::Environment;
use portcullis_model::fact::Gap;
use portcullis_model::inquiry::{Inquiry, Topic};
use portcullis_model::reconciliation::Dataset;
use serde::Deserialize;
use std::collections::BTreeSet;

mod dataset;

pub use dataset::describe_share;
mod procedure;
mod strictness;

const NAME: &str = "reconciled";

/// How old a green run may be, where neither the dataset nor the control says so; and by when a run
/// is due after a deployment.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// The control.
pub static KIND: Kind = Kind {
    name: NAME,
    stage: Stage::Deployment,
    granularity: Granularity::Once,
    always_on: false,
    waivable: Waivable::Freely,
    documentation: Documentation(include_str!("reconciled.md")),
    procedure: procedure::PART,
    strictness: strictness::ROWS,
    read: read::<Reconciled>,
    #[cfg(test)]
    schema: super::schema::of::<Reconciled>,
};

/// Its settings.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Reconciled {
    /// The environments whose deployments reach the datasets. Default: all.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    environments: Vec<Environment>,
}

impl Control for Reconciled {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn procedure(&self, scope: &PolicyScope) -> ControlProcedure {
        self.tell(scope)
    }

    fn ask(&self, inquiry: &mut Inquiry) {
        inquiry.topics.insert(Topic::Runs);
    }

    fn environments(&self) -> &[Environment] {
        &self.environments
    }

    fn check(&self, case: &Case<'_>) -> Result<Vec<Finding>, Gap> {
        let Some(deployment) = case.deployment else { return Ok(Vec::new()) };
        let name = &deployment.environment;
        if !self.environments.is_empty() && !self.environments.iter().any(|one| one.as_str() == name) {
            let reason = "the policy requires no reconciliation of deployments there";
            return Ok(vec![finding(NAME, Verdict::Exempt, SubjectKind::Environment, name, reason)]);
        }
        if case.scope.datasets.is_empty() {
            let reason = "the policy requires reconciliation and defines no dataset";
            let found = finding(NAME, Verdict::Broken, SubjectKind::Environment, name, reason);
            return Ok(vec![found.remedy(
                "Define what is uploaded under `[reconciliation.NAME]` of the policy, or remove the control.",
            )]);
        }
        Ok(case
            .scope
            .datasets
            .values()
            .flat_map(|dataset| judge_dataset(case, deployment, dataset))
            .collect())
    }
}

/// What is to be said of one dataset.
fn judge_dataset(case: &Case<'_>, deployment: &Deployment, dataset: &Dataset) -> Vec<Finding> {
    let subject = format!("{}: {}", deployment.environment, dataset.name);
    let unseen = |gap: Gap| unproven(NAME, SubjectKind::Environment, subject.as_str(), &gap);
    let judged = || {
        let at = *case.facts.observed.known()?;
        let case_of = DatasetCase { deployment, dataset, at, subject: &subject };
        let overdue = case_of.check_after()?;
        let areas = touched_areas(case, dataset)?;
        if areas.is_empty() && overdue.is_none() {
            let reason = "this deployment touches none of its areas";
            return Ok(vec![finding(
                NAME,
                Verdict::Exempt,
                SubjectKind::Environment,
                subject.as_str(),
                reason,
            )]);
        }
        let before = (!areas.is_empty()).then(|| case_of.check_before().unwrap_or_else(unseen));
        Ok(overdue.into_iter().chain(before).collect())
    };
    judged().unwrap_or_else(|gap| vec![unseen(gap)])
}

/// The areas of a dataset that the deployment touches.
fn touched_areas<'c>(case: &Case<'c>, dataset: &Dataset) -> Result<BTreeSet<&'c str>, Gap> {
    let touched = case.touched.known()?.iter().map(|area| area.area.as_str());
    Ok(touched.filter(|area| dataset.areas.iter().any(|one| one == area)).collect())
}

#[cfg(test)]
mod tests;

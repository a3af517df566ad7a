//! The first deployment to an environment.
//!
//! The command line says where it begins, and no one contradicts it: a person who names another
//! environment could skip in this way what no gate let through. So it begins with what a record of
//! another environment let through, where there is one, or before it. Where there are no records at
//! all, it does not go beyond what the host has deployed elsewhere.

use super::BaselineWords;
use crate::control::{finding, unproven};
use crate::decide::GATE;
use crate::policy::Policy;
use portcullis_model::decision::{Finding, SubjectKind, Verdict};
use portcullis_model::deployment::{
    Deployment, Elsewhere, HostDeployment, HostElsewhere, Recorded, RecordsElsewhere,
};
use portcullis_model::fact::{Fact, GapReason};
use portcullis_model::landing::Span;

/// A policy that lists environments knows no other.
pub fn unlisted_environment(policy: &Policy, facts: &Deployment) -> Option<Finding> {
    let environment = facts.environment.as_str();
    let listed: Vec<&str> = policy.environments.iter().map(|one| one.as_str()).collect();
    if listed.is_empty() || listed.contains(&environment) {
        return None;
    }
    let reason = format!(
        "the policy does not list {environment} under `[deployment] environments`: {}",
        listed.join(", ")
    );
    let remedy = "name one of them, or add the environment there in a change of the policy";
    Some(finding(GATE, Verdict::Broken, SubjectKind::Environment, environment, reason).remedy(remedy))
}

impl BaselineWords<'_> {
    /// What others say of the baseline of a first deployment.
    pub(super) fn first(&self) -> Vec<Finding> {
        match &self.facts.elsewhere {
            Fact::Known(elsewhere) if elsewhere.recorded.is_empty() => self.beside_host(&elsewhere.by_host),
            Fact::Known(elsewhere) => vec![self.beside_records(elsewhere)],
            Fact::Gap(gap) => {
                vec![unproven(GATE, SubjectKind::Environment, self.facts.environment.as_str(), gap)]
            }
        }
    }

    fn beside_records(&self, elsewhere: &Elsewhere) -> Finding {
        let said = self.said.short();
        if let Some((other, record)) = elsewhere.holding(self.signers()) {
            let what = match record.candidate == *self.said {
                true => format!("allowed {said}"),
                false => format!("allowed {}, and {said} comes before it", record.candidate.short()),
            };
            let reason = format!("record {} of {} {what}", record.number, other.environment);
            return self.of(Verdict::Met, reason);
        }
        let newest = |other: &RecordsElsewhere| {
            let Recorded { number, candidate, .. } = &other.newest;
            format!("the newest record of {} is {number}, which allowed {candidate}", other.environment)
        };
        let mut reason = format!(
            "this is the first deployment to {}, and no record of any environment allowed {said}",
            self.facts.environment
        );
        if let (Some((other, record)), Some(signers)) = (elsewhere.holding(None), self.signers()) {
            reason = format!(
                "this is the first deployment to {}, and record {} of {}, which allowed {}, is not signed by anyone in \
                 {signers}: it may be invented",
                self.facts.environment,
                record.number,
                other.environment,
                record.candidate.short()
            );
        }
        let others: Vec<&str> = elsewhere.recorded.iter().map(|other| other.environment.as_str()).collect();
        self.of(Verdict::Unproven, reason)
            .details(elsewhere.recorded.iter().map(newest).collect())
            .remedy(format!(
                "begin with --base at a commit that a record allowed for {}, or at an older commit of the branch; or first judge {said} for such an environment (`--environment NAME --head {} --record`)",
                others.join(" or "),
                self.said
            ))
    }

    fn beside_host(&self, by_host: &Fact<Vec<HostElsewhere>>) -> Vec<Finding> {
        let beyond = match by_host {
            Fact::Known(beyond) => beyond,
            Fact::Gap(gap) if gap.reason == GapReason::NotAsked => return Vec::new(),
            Fact::Gap(gap) => {
                return vec![unproven(GATE, SubjectKind::Environment, self.facts.environment.as_str(), gap)];
            }
        };
        // What the host has deployed there is its word on this very environment.
        if beyond.is_empty() || self.host().is_some_and(|host| host.revision == *self.said) {
            return Vec::new();
        }
        let reason = format!(
            "this is the first deployment to {}, there are no records, and {} is newer than what the host has deployed elsewhere",
            self.facts.environment,
            self.said.short()
        );
        let one = |other: &HostElsewhere| {
            let HostDeployment { id, revision, since } = &other.deployment;
            format!("{} has {revision} since {since} (deployment {id})", other.environment)
        };
        let finding = self.of(Verdict::Unproven, reason).details(beyond.iter().map(one).collect());
        vec![finding.remedy(
            "fetch the records (`git fetch origin 'refs/portcullis/*:refs/portcullis/*'`); if there are none, begin with --base at the oldest of these commits, or list the environments that count in the policy: `[deployment] environments`",
        )]
    }

    /// A record of another environment holds the baseline, and what the host has here is judged
    /// with what follows it.
    pub(super) fn judges_what_the_host_has(&self, host: &HostDeployment) -> bool {
        let steps = match self.facts.span.value() {
            Some(Span::Steps(steps)) => steps.as_slice(),
            _ => &[],
        };
        let is_held =
            self.facts.elsewhere.value().is_some_and(|elsewhere| elsewhere.holding(self.signers()).is_some());
        self.records.is_empty() && is_held && steps.iter().any(|step| step.commit.id == host.revision)
    }
}

//! The reading plan for deployments: which commit does GitHub say is deployed?
//!
//! A deployment is only a wish. What became of it is said by its statuses, of which the newest
//! counts: `success` means that it is deployed, `inactive` that another took its place or that it
//! was taken down, and the others that it never was, or not yet. GitHub adds `inactive` by itself
//! only where the environment is not a production environment (GitHub docs, "Create a deployment
//! status", `auto_inactive`). So several may stand at `success`, and the one that succeeded last is
//! deployed. That is not always the newest deployment: a tool may go back by giving an old one a
//! new status.

use crate::WorkShare;
use crate::github::{GitHub, translate, wire};
use crate::http::gaps::contradiction;
use crate::http::pages::PageNames;
use jiff::Timestamp;
use portcullis_model::deployment::HostDeployment;
use portcullis_model::environment::Environment;
use portcullis_model::fact::{Gap, GapReason};
use std::collections::BTreeMap;

/// No more environments than this are looked at where the policy lists none: each costs a question
/// at least.
const MOST: usize = 40;

impl GitHub {
    pub(super) fn last_deployed(&self, environment: &str) -> Result<Option<HostDeployment>, Gap> {
        let what = format!("the deployments to {environment}");
        let listed = self.listed_deployments(&what, environment)?;
        self.newest_success(&what, listed)
    }

    /// Each other environment with what is deployed there, by its name without regard to case, as
    /// GitHub compares them.
    pub(super) fn deployed_to_others(
        &self,
        environment: &str,
        listed: &[Environment],
    ) -> Result<Vec<(String, HostDeployment)>, Gap> {
        let mut found = Vec::new();
        if listed.is_empty() {
            for (name, deployments) in self.deployments_of_others(environment)? {
                let what = format!("the deployments to {name}");
                found.extend(self.newest_success(&what, deployments)?.map(|newest| (name, newest)));
            }
        }
        for other in listed.iter().filter(|other| other.as_str() != environment) {
            found.extend(self.last_deployed(other.as_str())?.map(|newest| (other.to_string(), newest)));
        }
        Ok(found)
    }

    /// Each success in a period. That a later one took its place, or that it was taken down, is
    /// said by later statuses, and a tool goes back by giving an old deployment a new status: so
    /// each status counts by its own time.
    pub(super) fn deployed_between(
        &self,
        environment: &str,
        (since, until): (Timestamp, Timestamp),
        share: WorkShare,
    ) -> Result<Vec<HostDeployment>, Gap> {
        let what = format!("the deployments to {environment} in the period");
        let mut found = Vec::new();
        for one in share.of(self.named_alike(&what, environment)?) {
            if one.updated_at < since || one.created_at.is_some_and(|created| created >= until) {
                continue;
            }
            let revision = translate::revision(&what, one.sha)?;
            for status in self.statuses(&what, one.id)? {
                if is_success(&what, &status.state)? && (since..until).contains(&status.created_at) {
                    let (id, revision) = (one.id.into(), revision.clone());
                    found.push(HostDeployment { id, revision, since: status.created_at });
                }
            }
        }
        Ok(found)
    }

    /// The deployments to an environment, whatever the case of its name. GitHub does not say
    /// whether its filter tells the case apart, so the whole list is read; where that is longer
    /// than lists may be, what the filter gives.
    fn named_alike(&self, what: &str, environment: &str) -> Result<Vec<wire::DeploymentItem>, Gap> {
        match self.client.list::<wire::DeploymentItem>(what, &self.at(&["deployments"])) {
            Ok(mut all) => {
                all.retain(|one| one.environment.to_lowercase() == environment.to_lowercase());
                Ok(all)
            }
            Err(gap) if gap.reason == GapReason::Truncated => self.listed_deployments(what, environment),
            Err(gap) => Err(gap),
        }
    }

    fn deployments_of_others(
        &self,
        environment: &str,
    ) -> Result<BTreeMap<String, Vec<wire::DeploymentItem>>, Gap> {
        let what = "the deployments to other environments";
        let mut pages = self.client.pages(what, PageNames::Numbered, &self.at(&["deployments"]), &[])?;
        let mut all: BTreeMap<String, Vec<wire::DeploymentItem>> = BTreeMap::new();
        while let Some(page) = pages.next::<Vec<wire::DeploymentItem>>()? {
            for one in page.into_iter().filter(|one| !one.environment.eq_ignore_ascii_case(environment)) {
                all.entry(one.environment.to_lowercase()).or_default().push(one);
            }
        }
        if all.len() > MOST {
            let detail = format!("there are {} of them, and no more than {MOST} are looked at", all.len());
            let remedy = "List the environments that count in the policy: `[deployment] environments`.";
            return Err(Gap::new(what, GapReason::Truncated, detail, remedy));
        }
        Ok(all)
    }

    /// What succeeded last.
    fn newest_success(
        &self,
        what: &str,
        mut listed: Vec<wire::DeploymentItem>,
    ) -> Result<Option<HostDeployment>, Gap> {
        // A new status also moves `updated_at`: behind the first that was not touched since the
        // best one there is no better.
        listed.sort_by_key(|one| std::cmp::Reverse((one.updated_at, one.id)));
        let mut best: Option<HostDeployment> = None;
        for one in listed {
            if best.as_ref().is_some_and(|best| one.updated_at < best.since) {
                break;
            }
            let Some(found) = self.success(what, one)? else { continue };
            if best.as_ref().is_none_or(|best| (best.since, &best.id) < (found.since, &found.id)) {
                best = Some(found);
            }
        }
        Ok(best)
    }

    fn listed_deployments(&self, what: &str, environment: &str) -> Result<Vec<wire::DeploymentItem>, Gap> {
        let segments = self.at(&["deployments"]);
        let mut pages =
            self.client.pages(what, PageNames::Numbered, &segments, &[("environment", environment)])?;
        let mut listed = Vec::new();
        while let Some(page) = pages.next::<Vec<wire::DeploymentItem>>()? {
            listed.extend(page);
        }
        match listed.iter().find(|one| !one.environment.eq_ignore_ascii_case(environment)) {
            Some(other) => {
                Err(contradiction(what, format!("deployment {} is to {}", other.id, other.environment)))
            }
            None => Ok(listed),
        }
    }

    /// The deployment, if its newest status says that it succeeded.
    fn success(&self, what: &str, one: wire::DeploymentItem) -> Result<Option<HostDeployment>, Gap> {
        let statuses = self.statuses(what, one.id)?;
        let Some(newest) = statuses.into_iter().max_by_key(|status| (status.created_at, status.id)) else {
            return Ok(None);
        };
        if !is_success(what, &newest.state)? {
            return Ok(None);
        }
        let (id, since) = (one.id.into(), newest.created_at);
        Ok(Some(HostDeployment { id, revision: translate::revision(what, one.sha)?, since }))
    }

    fn statuses(&self, what: &str, deployment: u64) -> Result<Vec<wire::DeploymentStatus>, Gap> {
        self.client.list(what, &self.at(&["deployments", &deployment.to_string(), "statuses"]))
    }
}

/// Does a state say that a deployment succeeded?
fn is_success(what: &str, state: &str) -> Result<bool, Gap> {
    match state {
        "success" => Ok(true),
        "inactive" | "error" | "failure" | "in_progress" | "queued" | "pending" => Ok(false),
        other => Err(translate::unknown_kind(what, "deployment state", other)),
    }
}

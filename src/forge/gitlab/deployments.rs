//! The reading plan for deployments: which commit does GitLab say is deployed?
//!
//! The deployment to an environment that succeeded last is the one that is deployed, until the
//! environment is stopped. Whoever may write can make such a deployment by the API, so that it is
//! what the host says, and no proof.

use super::{GitLab, translate, wire};
use crate::WorkShare;
use crate::http::gaps::{contradiction, truncated};
use crate::http::pages::PageNames;
use jiff::Timestamp;
use portcullis_model::deployment::HostDeployment;
use portcullis_model::environment::Environment;
use portcullis_model::fact::Gap;
use std::collections::BTreeSet;

/// How many other environments are asked about.
const MOST: usize = 40;

impl GitLab {
    pub(super) fn last_deployed(&self, environment: &str) -> Result<Option<HostDeployment>, Gap> {
        let what = format!("the deployments to {environment}");
        let query = [
            ("environment", environment),
            ("status", "success"),
            ("order_by", "updated_at"),
            ("sort", "desc"),
        ];
        // The newest come first, so that one page is enough.
        let segments = self.at(&["deployments"]);
        let mut pages = self.client.pages(&what, PageNames::Numbered, &segments, &query)?;
        let listed = pages.next::<Vec<wire::Deployment>>()?.unwrap_or_default();
        are_successes(&what, environment, &listed)?;
        let newest = listed.into_iter().max_by_key(|one| (one.updated_at, one.id));
        let standing = newest.filter(|one| one.environment.state.as_deref() != Some("stopped"));
        standing.map(|one| deployment(&what, one)).transpose()
    }

    /// Each deployment that succeeded and was changed last in the period or later, to this
    /// environment and to those whose names differ in case only: to GitLab they are others, to a
    /// person who reads the list they are not.
    pub(super) fn deployed_between(
        &self,
        environment: &str,
        (since, until): (Timestamp, Timestamp),
        share: WorkShare,
    ) -> Result<Vec<HostDeployment>, Gap> {
        let what = format!("the deployments to {environment} in the period");
        let listed: Vec<wire::Environment> = self.client.list(&what, &self.at(&["environments"]))?;
        let alike = listed.into_iter().map(|one| one.name);
        let alike = alike.filter(|name| name.to_lowercase() == environment.to_lowercase());
        let names: BTreeSet<String> = alike.chain([environment.to_string()]).collect();
        let mut found = Vec::new();
        for name in names {
            let query = [
                ("environment", name.as_str()),
                ("status", "success"),
                ("order_by", "updated_at"),
                ("sort", "asc"),
                ("updated_after", &since.to_string()),
            ];
            let listed: Vec<wire::Deployment> =
                self.client.list_with(&what, &self.at(&["deployments"]), &query)?;
            are_successes(&what, &name, &listed)?;
            let is_within = |one: &wire::Deployment| {
                one.updated_at >= since && one.created_at.is_none_or(|created| created < until)
            };
            for one in share.of(listed).filter(is_within) {
                found.push(deployment(&what, one)?);
            }
        }
        Ok(found)
    }

    /// Each other environment with what is deployed there.
    pub(super) fn deployed_to_others(
        &self,
        environment: &str,
        listed: &[Environment],
    ) -> Result<Vec<(String, HostDeployment)>, Gap> {
        let mut names: Vec<String> = listed.iter().map(ToString::to_string).collect();
        if listed.is_empty() {
            names = self.environments()?;
        }
        names.retain(|name| name != environment);
        if names.len() > MOST {
            let detail = format!("there are more than {MOST}");
            return Err(truncated("what is deployed to other environments", detail));
        }
        let mut found = Vec::new();
        for name in names {
            found.extend(self.last_deployed(&name)?.map(|newest| (name, newest)));
        }
        Ok(found)
    }

    fn environments(&self) -> Result<Vec<String>, Gap> {
        let what = "the environments of the project";
        let seen: Vec<wire::Environment> =
            self.client.list_with(what, &self.at(&["environments"]), &[("states", "available")])?;
        Ok(seen.into_iter().map(|environment| environment.name).collect())
    }
}

/// Is the list the one that was asked for?
fn are_successes(what: &str, environment: &str, listed: &[wire::Deployment]) -> Result<(), Gap> {
    let found = |one: &wire::Deployment| {
        if one.environment.name != environment {
            return Some(format!("deployment {} is to {}", one.id, one.environment.name));
        }
        (one.status != "success").then(|| format!("deployment {} is `{}`", one.id, one.status))
    };
    listed.iter().find_map(found).map_or(Ok(()), |detail| Err(contradiction(what, detail)))
}

fn deployment(what: &str, one: wire::Deployment) -> Result<HostDeployment, Gap> {
    let revision = translate::revision(what, one.sha)?;
    Ok(HostDeployment { id: one.id.into(), revision, since: one.updated_at })
}

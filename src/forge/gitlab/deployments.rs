//! The reading plan for deployments: which commit does GitLab say is deployed?
//!
//! The deployment to an environment that succeeded last is the one that is deployed, until the
//! environment is stopped. Whoever may write can make such a deployment by the API, so that it is
//! what the host says, and no proof.

use super::{GitLab, translate, wire};
use crate::http::gaps::{contradiction, truncated};
use crate::http::pages::PageNames;
use portcullis_model::deployment::HostDeployment;
use portcullis_model::environment::Environment;
use portcullis_model::fact::Gap;

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
        if let Some(other) = listed.iter().find(|one| one.environment.name != environment) {
            return Err(contradiction(
                &what,
                format!("deployment {} is to {}", other.id, other.environment.name),
            ));
        }
        if let Some(other) = listed.iter().find(|one| one.status != "success") {
            return Err(contradiction(&what, format!("deployment {} is `{}`", other.id, other.status)));
        }
        let newest = listed.into_iter().max_by_key(|one| (one.updated_at, one.id));
        let standing = newest.filter(|one| one.environment.state.as_deref() != Some("stopped"));
        standing.map(|one| deployment(&what, one)).transpose()
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

fn deployment(what: &str, one: wire::Deployment) -> Result<HostDeployment, Gap> {
    let revision = translate::revision(what, one.sha)?;
    Ok(HostDeployment { id: one.id.into(), revision, since: one.updated_at })
}

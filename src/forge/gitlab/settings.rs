//! The settings of the project, and what it means that something is refused.
//!
//! GitLab answers 403 or 404 where the plan does not have a feature, where the token may not see
//! it, and where the feature is switched off in the project, to an owner as well. The project's own
//! answer tells them apart: it says which level the token has, and has fields that only a plan with
//! approval rules has.

use super::{GitLab, MAINTAINER, TOKEN_ADVICE, wire};
use crate::http::client::Reply;
use crate::http::gaps::contradiction;
use portcullis_model::fact::{Gap, GapReason};
use serde::de::DeserializeOwned;

impl GitLab {
    /// The project, asked for once.
    pub(super) fn settings(&self) -> Result<&wire::Project, Gap> {
        self.settings.get_or_init(|| self.read_settings()).as_ref().map_err(Clone::clone)
    }

    fn read_settings(&self) -> Result<wire::Project, Gap> {
        let what = format!("the settings of {}", self.project);
        let reply = self.client.look(&what, &self.at(&[]))?;
        let project: wire::Project = reply.read(&what)?;
        match project.path_with_namespace.eq_ignore_ascii_case(self.project.as_str()) {
            false if !reply.moved => {
                Err(contradiction(&what, format!("the host answered with {}", project.path_with_namespace)))
            }
            _ => Ok(project),
        }
    }

    /// The level of the token in the project; 0 where the answer does not say, as it does not to an
    /// administrator of the server.
    pub(super) fn level(&self) -> Result<u64, Gap> {
        let permissions = self.settings()?.permissions.as_ref();
        let levels = permissions.into_iter().flat_map(|it| [&it.project_access, &it.group_access]);
        Ok(levels.flatten().map(|access| access.access_level).max().unwrap_or(0))
    }

    /// Asks for something that not every plan has; `None`: the plan does not have it.
    pub(super) fn licensed<T: DeserializeOwned>(
        &self,
        what: &str,
        segments: &[&str],
    ) -> Result<Option<T>, Gap> {
        let reply = self.client.look(what, segments)?;
        match reply.response.status {
            403 | 404 => self.why_refused(what, &reply).map(|()| None),
            _ => reply.read(what).map(Some),
        }
    }

    /// Sees that the plan does not have what was refused.
    ///
    /// # Errors
    /// The token may not see it, or it is switched off in the project.
    fn why_refused(&self, what: &str, reply: &Reply) -> Result<(), Gap> {
        let refusal = reply.refusal(what);
        let project = self.settings().map_err(|_| refusal.clone())?;
        if project.merge_requests_enabled == Some(false) {
            let detail = "merge requests are switched off in the project";
            let remedy =
                "Switch on merge requests (Settings > General > Visibility, project features, permissions).";
            return Err(Gap::new(what, GapReason::NotVisible, detail, remedy));
        }
        if self.level()? < MAINTAINER {
            return Err(Gap { remedy: TOKEN_ADVICE.to_string(), ..refusal });
        }
        if project.approvals_before_merge.is_none() {
            return Ok(());
        }
        let detail = format!(
            "{}, although the token is a Maintainer's and the plan has it: it is switched off in the project",
            refusal.detail
        );
        let remedy = "Switch the feature on in the settings of the project, or ask an administrator of the server why it \
                      is refused.";
        Err(Gap { detail, remedy: remedy.to_string(), ..refusal })
    }
}

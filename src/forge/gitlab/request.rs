//! The reading plan for requests.

use super::{AskedRequest, GitLab, GitLabRequest, translate, wire};
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::fact::Gap;
use portcullis_model::id::RequestId;
use portcullis_model::review::ChangeRequest;
use std::collections::BTreeSet;

impl GitLabRequest<'_> {
    pub(super) fn seen(&self) -> Result<ChangeRequest, Gap> {
        let what = format!("request {}", self.id);
        let reply = self.host.client.look(&what, &self.at(&[]))?;
        let seen: wire::MergeRequest = reply.read(&what)?;
        translate::is_of(&what, &self.host.project, reply.moved, &seen)?;
        self.source.replace(seen.source_project_id);
        let source = match seen.source_project_id {
            Some(id) if id == seen.target_project_id => Some(self.host.project.to_string()),
            Some(id) => Some(self.host.name_of_project(id)),
            None => None,
        };
        let request = translate::request(&what, &self.id, seen, source)?;
        let asked = AskedRequest { id: self.id.clone(), head: Some(request.head.clone()) };
        self.host.asked.replace(Some(asked));
        Ok(request)
    }
}

impl GitLab {
    /// The path of a project; its number where the project is not shown.
    fn name_of_project(&self, id: u64) -> String {
        let (what, number) = (format!("project {id}"), id.to_string());
        let seen: Result<wire::Project, Gap> = self.client.get(&what, &["projects", &number]);
        seen.ok().filter(|project| project.id == id).map_or(what, |project| project.path_with_namespace)
    }

    pub(super) fn requests_of(
        &self,
        commit: &Revision,
        branch: &BranchName,
    ) -> Result<BTreeSet<RequestId>, Gap> {
        let what = format!("the requests that brought {}", commit.short());
        let project = self.settings()?.id;
        let segments = self.at(&["repository", "commits", commit.as_str(), "merge_requests"]);
        Ok(translate::landed(branch, project, self.client.list(&what, &segments)?))
    }
}

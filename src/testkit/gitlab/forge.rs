//! A project with more than one merge request. Each is a [`GitLabWorld`] of its own; whatever is
//! not a request's own business is answered by the first.

use super::GitLabWorld;
use crate::server::Site;
use portcullis_forge::http::transport::Response;
use portcullis_model::check::WorkflowRun;

/// A GitLab with several requests.
#[derive(Clone, Debug)]
pub struct GitLabForge {
    /// The requests; the first also speaks for the branch, its protection, events and the train.
    pub worlds: Vec<GitLabWorld>,
}

impl GitLabForge {
    /// The host of these requests, each with pipelines of its own.
    pub fn of(mut worlds: Vec<GitLabWorld>) -> GitLabForge {
        let activity = worlds.iter().flat_map(|it| it.world.activity.clone()).collect();
        for (number, host) in (1..).zip(&mut worlds) {
            let run = WorkflowRun { workflow: 1.into(), number, event: "pull_request".into(), attempt: 1 };
            let ids = host.world.checks.iter().map(|check| (check.id.clone(), run.clone()));
            host.world.workflow_runs = ids.collect();
        }
        if let Some(first) = worlds.first_mut() {
            first.world.activity = activity;
        }
        GitLabForge { worlds }
    }

    /// The request that a path is about.
    fn world_of(&self, path: &str) -> Option<&GitLabWorld> {
        let after = |part: &str| Some(path.split_once(part)?.1.split(['/', '?', '&']).next()?.to_string());
        if let Some(number) = after("/merge_requests/") {
            return self.worlds.iter().find(|it| it.world.request.id.to_string() == number);
        }
        if let Some(id) = after("/pipelines/") {
            return self.worlds.iter().find(|it| !it.job_bodies(&id).is_empty());
        }
        let sha = after("/repository/commits/").or_else(|| after("pipelines?sha="))?;
        self.worlds.iter().find(|it| it.knows(&sha))
    }
}

impl Site for GitLabForge {
    fn move_to(&mut self, address: &str) {
        self.worlds.iter_mut().for_each(|host| host.world.move_to(address));
    }

    fn answer(&self, method: &str, path: &str, authorization: Option<&str>) -> Response {
        let host = self.world_of(path).or(self.worlds.first());
        let missing = Response { status: 404, headers: Vec::new(), body: b"{}".to_vec() };
        host.map_or(missing, |host| host.answer(method, path, authorization))
    }
}

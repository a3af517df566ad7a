//! A repository with more than one request. Each is a [`GiteaHost`] of its own; whatever is not a
//! request's own business is answered by the first.

use super::GiteaHost;
use crate::server::Site;
use portcullis_forge::http::transport::Response;

/// A Gitea or Forgejo with several requests.
#[derive(Clone, Debug)]
pub struct GiteaForge {
    /// The requests; the first also answers for the branch, its rules, teams and permissions.
    pub hosts: Vec<GiteaHost>,
}

impl GiteaForge {
    /// The request that a path is about.
    fn host_of(&self, path: &str) -> Option<&GiteaHost> {
        let path = path.split('?').next().unwrap_or_default();
        let segments: Vec<&str> = path.split('/').collect();
        match segments.as_slice() {
            [.., "pulls", number] | [.., "pulls" | "issues", number, _] | [.., "pull", number, "head"] => {
                self.hosts.iter().find(|host| host.world.request.id.to_string() == *number)
            }
            [.., "commits", sha, "pull"] => self
                .hosts
                .iter()
                .find(|host| host.landed_as.as_ref().is_some_and(|commit| commit.as_str() == *sha)),
            [.., "commits" | "statuses", sha] => self
                .hosts
                .iter()
                .skip(1)
                .find(|host| host.world.commits.iter().any(|(commit, _)| commit.as_str() == *sha)),
            _ => None,
        }
    }
}

impl Site for GiteaForge {
    fn move_to(&mut self, address: &str) {
        self.hosts.iter_mut().for_each(|host| host.move_to(address));
    }

    fn answer(&self, method: &str, path: &str, authorization: Option<&str>) -> Response {
        let host = self.host_of(path).or(self.hosts.first());
        let missing = Response { status: 404, headers: Vec::new(), body: b"{}".to_vec() };
        host.map_or(missing, |host| host.answer(method, path, authorization))
    }
}

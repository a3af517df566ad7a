//! A repository with more than one request. Each request is a [`World`] of its own; whatever is not
//! a request's own business is answered by the first.

use super::World;
use super::routes::{json_response, message};
use portcullis_forge::http::transport::{Request, Response, Transport, TransportError};
use portcullis_model::change::Revision;
use serde_json::Value;
use std::time::Duration;

/// A host with several requests.
#[derive(Clone, Debug)]
pub struct Forge {
    /// The requests; the first also speaks for the branch, its protection, teams and permissions.
    pub worlds: Vec<World>,
    /// Which commit of the branch each request brought: its merge, its squash, or any commit of its
    /// series.
    pub landed: Vec<(Revision, u64)>,
    /// Refuse to say which requests brought a commit.
    pub silent: bool,
}

impl Forge {
    /// Answers a request for a path (with its query) from the root of the host.
    pub fn answer(&self, method: &str, path_and_query: &str, authorization: Option<&str>) -> Response {
        let path = path_and_query.split('?').next().unwrap_or_default();
        let segments: Vec<&str> = path.split('/').collect();
        match segments.as_slice() {
            [.., "commits", sha, "pulls"] => self.pulls(sha),
            [.., "pulls" | "issues", number, _] | [.., "pulls", number] => {
                let of = |world: &&World| world.request.id.to_string() == *number;
                self.pass(self.worlds.iter().find(of), method, path_and_query, authorization)
            }
            [.., "commits", sha] | [.., "commits", sha, _] => {
                let knows = |world: &&World| {
                    world.request.head.as_str() == *sha
                        || world.commits.iter().any(|(id, _)| id.as_str() == *sha)
                };
                self.pass(self.worlds.iter().find(knows), method, path_and_query, authorization)
            }
            [.., "actions", "runs"] => {
                let of = |world: &&World| path_and_query.contains(world.request.head.as_str());
                self.pass(self.worlds.iter().find(of), method, path_and_query, authorization)
            }
            [.., "graphql"] => self.graphql(method, path_and_query, authorization),
            [.., "activity"] => {
                let on = |world: &&World| path_and_query.contains(&format!("%2F{}&", world.head_branch()));
                self.pass(self.worlds.iter().find(on), method, path_and_query, authorization)
            }
            _ => self.pass(None, method, path_and_query, authorization),
        }
    }

    fn pass(&self, world: Option<&World>, method: &str, path: &str, authorization: Option<&str>) -> Response {
        match world.or(self.worlds.first()) {
            Some(world) => world.answer(method, path, authorization),
            None => message(404, "Not Found"),
        }
    }

    /// What the first says of the branch, with what all say of their commits.
    fn graphql(&self, method: &str, path: &str, authorization: Option<&str>) -> Response {
        let answer = self.pass(None, method, path, authorization);
        let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body) else { return answer };
        let Some(fields) = body.pointer_mut("/data/repository").and_then(Value::as_object_mut) else {
            return answer;
        };
        fields.extend(self.worlds.iter().flat_map(World::author_fields));
        Response { body: body.to_string().into_bytes(), ..answer }
    }

    fn pulls(&self, sha: &str) -> Response {
        if self.silent {
            return message(403, "Resource not accessible by integration");
        }
        let numbers =
            self.landed.iter().filter(|(commit, _)| commit.as_str() == sha).map(|(_, number)| number);
        let worlds = numbers
            .filter_map(|number| self.worlds.iter().find(|world| world.request.id.number() == Some(*number)));
        json_response(Vec::new(), &Value::Array(worlds.map(World::request_body).collect()))
    }
}

impl Transport for Forge {
    fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let first = self.worlds.first().ok_or_else(|| TransportError("there is no host".into()))?;
        let path = request.url.strip_prefix(&first.origin());
        let path = path.ok_or_else(|| TransportError(format!("no host answers at {}", request.url)))?;
        let authorization = request.headers.iter().find(|(name, _)| name == "authorization");
        let method = if request.body.is_some() { "POST" } else { "GET" };
        Ok(self.answer(method, path, authorization.map(|(_, value)| value.as_str())))
    }

    fn wait(&self, _time: Duration) {}
}

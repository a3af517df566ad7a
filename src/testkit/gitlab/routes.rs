//! From an address to an answer: routing, pages, and what is wrong with them.

use super::{FORK, GitLabEndpoint, GitLabWorld, PROJECT};
use crate::answer_faults::{alter_body, next_page, replace_answer};
use crate::world::routes::{decoded, response};
use portcullis_forge::http::transport::Response;
use serde_json::{Value, json};

/// What was asked for, taken apart.
struct GitLabAsked<'a> {
    endpoint: GitLabEndpoint,
    path: &'a str,
    query: Vec<(String, String)>,
}

/// What there is to answer with, before pages and faults.
pub(super) enum GitLabFound {
    One(Value),
    List(Vec<Value>),
    Missing(u16, &'static str),
}

/// The fields of a query.
pub(super) type Query<'q> = &'q [(String, String)];

impl GitLabWorld {
    /// Answers a request for a path (with its query) from the root of the host.
    pub fn answer(&self, method: &str, path_and_query: &str, authorization: Option<&str>) -> Response {
        let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        let prefix = &self.world.address[self.world.origin().len()..];
        let below = path.strip_prefix(prefix).unwrap_or("");
        let segments: Vec<String> = below.split('/').skip(1).map(decoded).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let query: Vec<(String, String)> = pairs.map(|(key, value)| (decoded(key), decoded(value))).collect();
        if method != "GET" {
            return message(405, "405 Method Not Allowed");
        }
        match self.route(&segments, &query) {
            Some((endpoint, _)) if self.refusal(endpoint, authorization).is_some() => {
                let status = self.refusal(endpoint, authorization).unwrap_or(401);
                message(status, if status == 401 { "401 Unauthorized" } else { "404 Project Not Found" })
            }
            Some((endpoint, found)) => self.answer_with(&GitLabAsked { endpoint, path, query }, found),
            None => message(404, "404 Not Found"),
        }
    }

    /// A private project is hidden without a token. A job's token reads little, and gets a 401 for
    /// the rest.
    fn refusal(&self, endpoint: GitLabEndpoint, authorization: Option<&str>) -> Option<u16> {
        use GitLabEndpoint::{Branch, Commit, CommitRequests, Deployments, Environments, Notes, Request};
        let token = self.world.token.as_ref()?;
        let of_job = [Request, Notes, Branch, Commit, CommitRequests, Deployments, Environments];
        match authorization {
            None => Some(404),
            Some(given) if given.starts_with("job-token ") => (!of_job.contains(&endpoint)).then_some(401),
            Some(given) => (!given.ends_with(&format!(" {token}"))).then_some(401),
        }
    }

    fn route(&self, segments: &[&str], query: Query<'_>) -> Option<(GitLabEndpoint, GitLabFound)> {
        let one = |value| GitLabFound::One(value);
        match segments {
            ["projects", project, "events"] => Some((GitLabEndpoint::Events, self.events_of(project))),
            ["projects", project] if *project == FORK.to_string() => {
                let name = self.world.request.head_repository.as_deref();
                let missing = GitLabFound::Missing(404, "404 Project Not Found");
                let found = name.map_or(missing, |name| one(self.project_body(FORK, name)));
                Some((GitLabEndpoint::Project, found))
            }
            ["projects", project, rest @ ..] if self.is_own(project) => self.route_project(rest, query),
            ["groups", group] => Some((GitLabEndpoint::Group, self.group_found(group))),
            ["groups", group, "members"] => Some((GitLabEndpoint::GroupMembers, self.group_members(group))),
            ["users", id] => Some((GitLabEndpoint::User, self.user_found(id))),
            ["users"] => Some((GitLabEndpoint::Users, GitLabFound::List(self.users_found(query)))),
            _ => None,
        }
    }

    fn is_own(&self, project: &str) -> bool {
        project.eq_ignore_ascii_case(&self.world.repository) || project == PROJECT.to_string()
    }

    fn route_project(&self, rest: &[&str], query: Query<'_>) -> Option<(GitLabEndpoint, GitLabFound)> {
        use GitLabFound::{List, One};
        let number = self.world.request.id.to_string();
        let branch = self.world.branch.name.as_str();
        Some(match rest {
            [] => (GitLabEndpoint::Project, One(self.project_body(PROJECT, &self.world.repository))),
            ["merge_requests", n, rest @ ..] if *n == number => return self.route_request(rest),
            ["repository", "branches", name] if *name == branch => {
                (GitLabEndpoint::Branch, One(self.branch_body()))
            }
            ["repository", "commits", sha] => (GitLabEndpoint::Commit, self.commit_found(sha)),
            ["repository", "commits", sha, "merge_requests"] => {
                (GitLabEndpoint::CommitRequests, List(self.requests_of(sha)))
            }
            ["repository", "commits", sha, "statuses"] => {
                (GitLabEndpoint::Statuses, List(self.status_bodies(sha)))
            }
            ["members", "all"] => (GitLabEndpoint::Members, List(self.all_member_bodies(query))),
            ["deploy_keys"] => (GitLabEndpoint::DeployKeys, List(self.deploy_key_bodies())),
            ["members"] => (GitLabEndpoint::Members, List(self.member_bodies(&[]))),
            ["protected_branches"] => (GitLabEndpoint::ProtectedBranches, List(self.protected_bodies())),
            ["approvals"] => (GitLabEndpoint::ApprovalSettings, self.licensed(|it| One(it.settings.clone()))),
            ["approval_rules"] => {
                (GitLabEndpoint::ApprovalRules, self.licensed(|it| List(self.rule_bodies(&it.rules))))
            }
            ["push_rule"] => (GitLabEndpoint::PushRule, self.licensed(|it| One(it.push_rule.clone()))),
            ["external_status_checks"] => {
                (GitLabEndpoint::ExternalChecks, self.licensed(|it| List(self.external_bodies(it, false))))
            }
            ["pipelines"] => (GitLabEndpoint::Pipelines, List(self.pipeline_bodies(query))),
            ["pipelines", id, "jobs"] => (GitLabEndpoint::Jobs, List(self.job_bodies(id))),
            ["deployments"] => (GitLabEndpoint::Deployments, List(self.deployment_bodies(query))),
            ["environments"] => (GitLabEndpoint::Environments, List(self.environment_bodies())),
            ["merge_trains", name] if *name == branch => {
                (GitLabEndpoint::Train, self.licensed(|_| List(self.train_bodies())))
            }
            _ => return None,
        })
    }

    fn route_request(&self, rest: &[&str]) -> Option<(GitLabEndpoint, GitLabFound)> {
        use GitLabFound::{List, One};
        Some(match rest {
            [] => (GitLabEndpoint::Request, One(self.request_body())),
            ["approvals"] => (GitLabEndpoint::Approvals, One(self.approvals_body())),
            ["approval_state"] => {
                (GitLabEndpoint::ApprovalState, self.licensed(|it| One(self.approval_state_body(it))))
            }
            ["reviewers"] => (GitLabEndpoint::Reviewers, List(self.reviewer_bodies())),
            ["notes"] => (GitLabEndpoint::Notes, List(self.note_bodies())),
            ["versions"] => (GitLabEndpoint::Versions, List(self.version_bodies())),
            ["pipelines"] => (GitLabEndpoint::RequestPipelines, List(self.all_pipeline_bodies())),
            ["status_checks"] => {
                (GitLabEndpoint::StatusChecks, self.licensed(|it| List(self.external_bodies(it, true))))
            }
            _ => return None,
        })
    }

    /// The Free tier of gitlab.com refuses with 403 what needs a licence.
    fn licensed(&self, found: impl Fn(&super::Licensed) -> GitLabFound) -> GitLabFound {
        self.licensed.as_ref().map_or(GitLabFound::Missing(403, "403 Forbidden"), found)
    }

    fn answer_with(&self, asked: &GitLabAsked<'_>, found: GitLabFound) -> Response {
        let respond = |body| response(200, Vec::new(), body);
        if let Some(replaced) = replace_answer(&self.faults, asked.endpoint, message, respond) {
            return replaced;
        }
        match found {
            GitLabFound::Missing(status, text) => message(status, text),
            GitLabFound::One(body) => {
                json_answer(Vec::new(), &alter_body(&self.faults, asked.endpoint, body))
            }
            GitLabFound::List(items) => self.page(asked, items),
        }
    }

    fn page(&self, asked: &GitLabAsked<'_>, items: Vec<Value>) -> Response {
        let Value::Array(items) = alter_body(&self.faults, asked.endpoint, Value::Array(items)) else {
            return message(500, "a fault left no list");
        };
        let parameter = |name: &str| asked.query.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        let wanted = parameter("per_page").and_then(|size| size.parse().ok()).unwrap_or(20);
        let size = self.world.page_size.clamp(1, 100).min(wanted);
        let number: usize = parameter("page").and_then(|page| page.parse().ok()).unwrap_or(1);
        let shown: Vec<Value> =
            items.iter().skip(size * number.saturating_sub(1)).take(size).cloned().collect();
        let pages = items.len().div_ceil(size);
        json_answer(self.page_headers(asked, number, pages, items.len()), &Value::Array(shown))
    }

    /// The numbers of pages, and links that spell out the parameters of the path as GitLab's do.
    fn page_headers(
        &self,
        asked: &GitLabAsked<'_>,
        number: usize,
        pages: usize,
        total: usize,
    ) -> Vec<(String, String)> {
        let next = next_page(&self.faults, asked.endpoint, number, pages);
        let link = |page: usize, relation: &str| {
            let others = asked.query.iter().filter(|(key, _)| key != "page");
            let others: String = others.map(|(key, value)| format!("{key}={value}&")).collect();
            let place = format!("{}{}", self.world.origin(), asked.path);
            format!("<{place}?id={PROJECT}&{others}page={page}>; rel=\"{relation}\"")
        };
        let links = next.map(|next| link(next, "next")).into_iter();
        let links: Vec<String> = links.chain([link(1, "first"), link(pages.max(1), "last")]).collect();
        let next = next.map_or_else(String::new, |next| next.to_string());
        [
            ("link", links.join(", ")),
            ("x-next-page", next),
            ("x-page", number.to_string()),
            ("x-total", total.to_string()),
            ("x-total-pages", pages.max(1).to_string()),
        ]
        .map(|(name, value)| (name.to_string(), value))
        .into()
    }
}

fn message(status: u16, text: &str) -> Response {
    response(status, Vec::new(), json!({ "message": text }).to_string().into_bytes())
}

fn json_answer(headers: Vec<(String, String)>, body: &Value) -> Response {
    response(200, headers, body.to_string().into_bytes())
}

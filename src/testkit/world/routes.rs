//! From an address to an answer: routing, pages, and what is wrong with them.

use super::{Endpoint, World};
use crate::answer_faults::{alter_body, next_page, replace_answer};
use portcullis_forge::http::transport::Response;
use serde_json::{Value, json};

/// What was asked for, taken apart.
struct Asked<'a> {
    endpoint: Endpoint,
    path: &'a str,
    query: Vec<(&'a str, String)>,
}

impl Asked<'_> {
    fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }
}

/// What there is to answer with, before pages and faults.
pub(super) enum Found {
    One(Value),
    List(Vec<Value>),
    /// A list inside of an object with `total_count`.
    Counted(&'static str, Vec<Value>),
    Missing(&'static str),
}

impl World {
    /// Scheme, host and port of the address.
    pub(crate) fn origin(&self) -> String {
        let host = self.address.find("://").map_or(0, |at| at + 3);
        let end = self.address[host..].find('/').map_or(self.address.len(), |at| host + at);
        self.address[..end].to_string()
    }

    /// Answers a request for a path (with its query) from the root of the host.
    pub fn answer(&self, method: &str, path_and_query: &str, authorization: Option<&str>) -> Response {
        if let Some(refused) = self.refused(authorization) {
            return refused;
        }
        let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        let prefix = &self.address[self.origin().len()..];
        let below =
            path.strip_prefix(prefix).or_else(|| path.strip_prefix("/api/graphql").map(|_| "/graphql"));
        let segments: Vec<String> = below.unwrap_or("").split('/').skip(1).map(decoded).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let query = query.split('&').filter_map(|pair| pair.split_once('='));
        let query: Vec<(&str, String)> = query.map(|(key, value)| (key, decoded(value))).collect();
        match self.route(method, &segments, &query) {
            Some((endpoint, found)) => self.answer_with(&Asked { endpoint, path, query }, found),
            None => message(404, "Not Found"),
        }
    }

    /// Without a token GitHub hides what is private; a wrong one it refuses.
    fn refused(&self, authorization: Option<&str>) -> Option<Response> {
        let token = self.token.as_ref()?;
        match authorization {
            None => Some(message(404, "Not Found")),
            Some(given) if given != format!("Bearer {token}") => Some(message(401, "Bad credentials")),
            Some(_) => None,
        }
    }

    fn route(&self, method: &str, segments: &[&str], query: &[(&str, String)]) -> Option<(Endpoint, Found)> {
        match (method, segments) {
            ("POST", ["graphql"]) => Some((Endpoint::GraphQl, Found::One(self.graphql_body()))),
            ("GET", ["orgs", organisation, "teams", slug, "members"]) => {
                Some((Endpoint::Members, self.members(organisation, slug)))
            }
            ("GET", ["orgs", organisation, rest @ ..]) => self.route_organization(organisation, rest),
            ("GET", ["repos", owner, name, "activity"]) => {
                let reference = query.iter().find(|(key, _)| *key == "ref").map(|(_, value)| value.as_str());
                Some((Endpoint::Activity, self.activity(&format!("{owner}/{name}"), reference)))
            }
            ("GET", ["repos", owner, name, rest @ ..]) if format!("{owner}/{name}") == self.repository => {
                self.route_repository(rest, query)
            }
            _ => None,
        }
    }

    fn route_repository(&self, rest: &[&str], query: &[(&str, String)]) -> Option<(Endpoint, Found)> {
        let number = self.request.id.to_string();
        Some(match rest {
            ["pulls", n] if *n == number => (Endpoint::Request, Found::One(self.request_body())),
            ["pulls", n, "reviews"] if *n == number => (Endpoint::Reviews, Found::List(self.review_bodies())),
            ["pulls", n, "commits"] if *n == number => {
                (Endpoint::RequestCommits, Found::List(self.listed_commit_bodies()))
            }
            ["issues", n, "events"] if *n == number => (Endpoint::Events, Found::List(self.event_bodies())),
            ["commits", sha] => (Endpoint::Commit, self.commit(sha)),
            ["commits", sha, "check-runs"] => {
                (Endpoint::CheckRuns, Found::Counted("check_runs", self.run_bodies(sha)))
            }
            ["commits", sha, "statuses"] => (Endpoint::Statuses, Found::List(self.status_bodies(sha))),
            ["actions", "runs"] => {
                let head = query.iter().find(|(key, _)| *key == "head_sha").map(|(_, value)| value.as_str());
                let runs = self.workflow_run_bodies(head.unwrap_or_default());
                (Endpoint::CheckRuns, Found::Counted("workflow_runs", runs))
            }
            ["collaborators", login, "permission"] => (Endpoint::Permission, self.permission(login)),
            ["branches", name] if *name == self.branch.name.as_str() => {
                (Endpoint::Branch, Found::One(self.branch_body()))
            }
            ["branches", name, "protection"] if *name == self.branch.name.as_str() => {
                (Endpoint::Classic, self.classic_found())
            }
            ["rules", "branches", name] if *name == self.branch.name.as_str() => {
                (Endpoint::Rules, Found::List(self.rule_bodies()))
            }
            ["rulesets", id] => (Endpoint::Ruleset, self.ruleset_found(id)),
            [] => (Endpoint::Repository, Found::One(self.owned_repository_body())),
            ["collaborators"] => (Endpoint::Collaborators, Found::List(self.collaborator_bodies(query))),
            ["keys"] => (Endpoint::DeployKeys, Found::List(self.deploy_key_bodies())),
            ["deployments"] => {
                let wanted =
                    query.iter().find(|(key, _)| *key == "environment").map(|(_, value)| value.as_str());
                (Endpoint::Deployments, Found::List(self.deployment_bodies(wanted)))
            }
            ["deployments", id, "statuses"] => (Endpoint::DeploymentStatuses, self.deployment_statuses(id)),
            _ => return None,
        })
    }

    fn members(&self, organisation: &str, slug: &str) -> Found {
        let members = self.teams.iter().find(|(team, _)| team.parts() == Some((organisation, slug)));
        members.map_or(Found::Missing("Not Found"), |(_, members)| {
            Found::List(members.iter().map(|account| self.user(account)).collect())
        })
    }

    fn activity(&self, repository: &str, reference: Option<&str>) -> Found {
        let is_base = repository == self.repository;
        let is_head = self.request.head_repository.as_deref() == Some(repository);
        match (is_base, is_head) {
            (false, false) => Found::Missing("Not Found"),
            (true, false) => Found::List(self.base_push_bodies(reference)),
            (false, true) => Found::List(self.activity_bodies(reference)),
            (true, true) => {
                Found::List([self.base_push_bodies(reference), self.activity_bodies(reference)].concat())
            }
        }
    }

    fn commit(&self, sha: &str) -> Found {
        let commit = self.commits.iter().find(|(id, _)| id.as_str() == sha);
        commit.map_or(Found::Missing("Not Found"), |commit| Found::One(self.commit_body(commit)))
    }

    fn permission(&self, login: &str) -> Found {
        let entry = self.permissions.iter().find(|(account, _)| account.login.as_str() == login);
        entry.map_or(Found::Missing("Not Found"), |entry| Found::One(self.permission_body(entry)))
    }

    fn classic_found(&self) -> Found {
        let body = self.classic.as_ref().map(|classic| Found::One(self.classic_body(classic)));
        body.unwrap_or(Found::Missing("Branch not protected"))
    }

    fn ruleset_found(&self, id: &str) -> Found {
        if let Some(imported) = self.imported_body(id) {
            return Found::One(imported);
        }
        let ruleset = self.rulesets.iter().find(|ruleset| ruleset.id.to_string() == id);
        ruleset.map_or(Found::Missing("Not Found"), |ruleset| Found::One(self.ruleset_body(ruleset)))
    }

    fn deployment_statuses(&self, id: &str) -> Found {
        let deployed = self.deployments.iter().find(|one| one.id.to_string() == id);
        deployed.map_or(Found::Missing("Not Found"), |one| Found::List(self.deployment_status_bodies(one)))
    }

    fn answer_with(&self, asked: &Asked<'_>, found: Found) -> Response {
        let respond = |body| response(200, Vec::new(), body);
        if let Some(replaced) = replace_answer(&self.faults, asked.endpoint, message, respond) {
            return replaced;
        }
        match found {
            Found::Missing(text) => message(404, text),
            Found::One(body) => json_response(Vec::new(), &alter_body(&self.faults, asked.endpoint, body)),
            Found::List(items) => self.page(asked, items, |items, _| Value::Array(items)),
            Found::Counted(field, items) => {
                self.page(asked, items, |items, total| json!({ "total_count": total, field: items }))
            }
        }
    }

    fn page(
        &self,
        asked: &Asked<'_>,
        items: Vec<Value>,
        wrap: impl Fn(Vec<Value>, usize) -> Value,
    ) -> Response {
        let Value::Array(items) = alter_body(&self.faults, asked.endpoint, Value::Array(items)) else {
            return message(500, "a fault left no list");
        };
        let wanted = asked.parameter("per_page").and_then(|size| size.parse().ok()).unwrap_or(30);
        let size = self.page_size.clamp(1, 100).min(wanted);
        let cursor = if asked.endpoint == Endpoint::Activity { "after" } else { "page" };
        let number: usize = asked.parameter(cursor).and_then(|page| page.parse().ok()).unwrap_or(1);
        let start = size * number.saturating_sub(1);
        let shown = items.iter().skip(start).take(size).cloned().collect();
        let pages = items.len().div_ceil(size);
        let links = self.links(asked, cursor, number, pages);
        json_response(links, &wrap(shown, items.len()))
    }

    fn links(&self, asked: &Asked<'_>, cursor: &str, number: usize, pages: usize) -> Vec<(String, String)> {
        let link = |page: usize, relation: &str| {
            let others = asked.query.iter().filter(|(key, _)| *key != cursor);
            let others: String = others.map(|(key, value)| format!("{key}={value}&")).collect();
            format!("<{}{}?{others}{cursor}={page}>; rel=\"{relation}\"", self.origin(), asked.path)
        };
        let onward = next_page(&self.faults, asked.endpoint, number, pages).map(|next| link(next, "next"));
        let end = (number < pages).then(|| link(pages, "last"));
        let links: Vec<String> = onward.into_iter().chain(end).collect();
        if links.is_empty() { Vec::new() } else { vec![("link".to_string(), links.join(", "))] }
    }
}

pub(crate) fn message(status: u16, text: &str) -> Response {
    let body = json!({ "message": text, "documentation_url": "https://docs.github.com/rest" });
    response(status, Vec::new(), body.to_string().into_bytes())
}

pub(crate) fn json_response(links: Vec<(String, String)>, body: &Value) -> Response {
    response(200, links, body.to_string().into_bytes())
}

pub(crate) fn response(status: u16, mut headers: Vec<(String, String)>, body: Vec<u8>) -> Response {
    headers.push(("content-type".to_string(), "application/json; charset=utf-8".to_string()));
    Response { status, headers, body }
}

pub(crate) fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        match (first, tail) {
            (b'%', [high, low, after @ ..]) => {
                let digit =
                    |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                bytes.push(digit(high).unwrap_or(0) * 16 + digit(low).unwrap_or(0));
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

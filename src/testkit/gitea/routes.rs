//! From an address to an answer: routing, pages, and what is wrong with them.

use super::{GiteaEndpoint, GiteaHost};
use crate::answer_faults::{AnswerFault, alter_body, faults_at, replace_answer};
use crate::world::routes::decoded;
use portcullis_forge::http::transport::Response;
use portcullis_model::person::Account;
use serde_json::{Value, json};

/// What there is to answer with, before pages and faults.
enum Shown {
    One(Value),
    /// A list in pages, with what is left out of it after that.
    Pages(Vec<Value>, usize),
    /// A list in pages inside of an object.
    PagesIn(&'static str, Vec<Value>),
    /// A whole list; the host counts what it gives.
    Whole(Vec<Value>),
    Missing,
    Refused(&'static str),
}

type Query<'a> = [(&'a str, String)];

impl GiteaHost {
    pub(super) fn answer_request(&self, method: &str, path: &str, authorization: Option<&str>) -> Response {
        match (&self.world.token, authorization) {
            (Some(_), None) => return refusal(404, "The target couldn't be found."),
            (Some(token), Some(given)) if given != format!("token {token}") => {
                return refusal(401, "invalid username, password or token");
            }
            _ => {}
        }
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let Some((_, below)) = path.split_once("/api/v1/") else { return refusal(404, "Not Found") };
        let segments = decoded_path(below);
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let query = query.split('&').filter_map(|pair| pair.split_once('='));
        let query: Vec<(&str, String)> = query.map(|(key, value)| (key, decoded(value))).collect();
        match self.route(&segments, &query).filter(|_| method == "GET") {
            Some((endpoint, shown)) => self.answer_with(endpoint, &query, shown),
            None => refusal(404, "The target couldn't be found."),
        }
    }

    fn route(&self, segments: &[&str], query: &Query<'_>) -> Option<(GiteaEndpoint, Shown)> {
        match segments {
            ["orgs", organisation, "teams", "search"] => {
                let wanted = parameter(query, "q").unwrap_or_default();
                Some((GiteaEndpoint::Teams, Shown::PagesIn("data", self.teams_like(organisation, wanted))))
            }
            ["orgs", name] if self.world.repository.starts_with(&format!("{name}/")) => {
                Some((GiteaEndpoint::Organisation, Shown::One(json!({ "id": 90, "name": name }))))
            }
            ["teams", id, "members"] => Some((GiteaEndpoint::Members, self.members(id))),
            ["repos", owner, name, rest @ ..] if format!("{owner}/{name}") == self.world.repository => {
                self.route_repository(rest)
            }
            _ => None,
        }
    }

    fn route_repository(&self, rest: &[&str]) -> Option<(GiteaEndpoint, Shown)> {
        use GiteaEndpoint as At;
        let number = self.world.request.id.to_string();
        let is_branch = |name: &str| name == self.world.branch.name.as_str();
        Some(match rest {
            ["pulls", n] if *n == number => (At::Request, Shown::One(self.request_body())),
            ["git", "refs", "pull", n, "head"] if *n == number => {
                (At::Reference, Shown::One(self.reference_body()))
            }
            ["pulls", n, "reviews"] if *n == number => (At::Reviews, self.reviews()),
            ["pulls", n, "commits"] if *n == number => {
                let listed = self.world.commits.iter().take(self.world.listed_commits);
                (At::RequestCommits, Shown::Pages(listed.map(|one| self.commit_body(one)).collect(), 0))
            }
            ["issues", n, "timeline"] if *n == number => (At::Timeline, Shown::Whole(self.timeline_bodies())),
            ["git", "commits", sha] => (At::Commit, self.commit(sha)),
            ["compare", ends] => (At::Comparison, self.comparison(ends)),
            ["statuses", sha] => (At::Statuses, self.statuses(sha)),
            ["commits", sha, "pull"] => (At::Landed, self.landed(sha)),
            ["collaborators", login, "permission"] => (At::Permission, self.permission(login)),
            ["branches", name] if is_branch(name) => (At::Branch, Shown::One(self.branch_body())),
            ["branch_protections"] if !self.is_administrator => (
                At::Rules,
                Shown::Refused("user should be an owner or a collaborator with admin write of a repository"),
            ),
            ["branch_protections"] => {
                (At::Rules, Shown::Whole(self.rules.iter().map(|rule| self.rule_body(rule)).collect()))
            }
            _ => return None,
        })
    }

    fn reviews(&self) -> Shown {
        let mut reviews: Vec<_> = self.world.reviews.iter().collect();
        reviews.sort_by(|a, b| a.id.cmp(&b.id));
        Shown::Pages(
            reviews.into_iter().map(|review| self.review_body(review)).collect(),
            self.hidden_reviews,
        )
    }

    fn commit(&self, sha: &str) -> Shown {
        let commit = self.world.commits.iter().find(|(id, _)| id.as_str() == sha);
        commit.map_or(Shown::Missing, |commit| Shown::One(self.commit_body(commit)))
    }

    fn comparison(&self, ends: &str) -> Shown {
        let found = self.comparisons.iter().find(|(known, _)| known == ends);
        found.map_or(Shown::Missing, |(_, commits)| {
            let listed: Vec<Value> = commits.iter().map(|sha| json!({ "sha": sha })).collect();
            Shown::One(json!({ "total_commits": commits.len(), "commits": listed, "files": null }))
        })
    }

    fn statuses(&self, sha: &str) -> Shown {
        let mut checks: Vec<_> =
            self.world.checks.iter().filter(|check| check.head.as_str() == sha).collect();
        checks.sort_by(|a, b| b.id.cmp(&a.id));
        Shown::Pages(checks.into_iter().map(|check| self.status_body(check)).collect(), 0)
    }

    fn landed(&self, sha: &str) -> Shown {
        let is_it = self.landed_as.as_ref().is_some_and(|commit| commit.as_str() == sha);
        if is_it { Shown::One(self.request_body()) } else { Shown::Missing }
    }

    fn permission(&self, login: &str) -> Shown {
        if !self.is_administrator {
            return Shown::Refused(
                "Only admins can query all permissions, repo admins can query all repo permissions",
            );
        }
        let entry = self.world.permissions.iter().find(|(account, _)| account.login.as_str() == login);
        entry.map_or(Shown::Missing, |entry| Shown::One(self.permission_body(entry)))
    }

    /// Teams whose name holds the text, with numbers by their place.
    fn teams_like(&self, organisation: &str, text: &str) -> Vec<Value> {
        let named = (1_u64..).zip(self.world.teams.keys());
        let parts = named.filter_map(|(id, team)| Some((id, team.parts()?)));
        let found = parts.filter(|(_, (owner, name))| *owner == organisation && name.contains(text));
        found.map(|(id, (owner, name))| self.team_body(id, owner, name)).collect()
    }

    fn members(&self, id: &str) -> Shown {
        let team = (1_u64..).zip(self.world.teams.values()).find(|(number, _)| number.to_string() == id);
        team.map_or(Shown::Missing, |(_, members): (u64, &Vec<Account>)| {
            Shown::Pages(members.iter().map(|account| self.user(account)).collect(), 0)
        })
    }

    fn answer_with(&self, endpoint: GiteaEndpoint, query: &Query<'_>, shown: Shown) -> Response {
        let send = |body| respond(200, Vec::new(), body);
        if let Some(replaced) = replace_answer(&self.faults, endpoint, refusal, send) {
            return replaced;
        }
        match shown {
            Shown::Missing => refusal(404, "The target couldn't be found."),
            Shown::Refused(text) => refusal(403, text),
            Shown::One(body) => {
                respond(200, Vec::new(), alter_body(&self.faults, endpoint, body).to_string().into_bytes())
            }
            Shown::Whole(items) => self.whole(endpoint, items),
            Shown::Pages(items, hidden) => self.page(endpoint, query, items, hidden, |page| page),
            Shown::PagesIn(field, items) => {
                self.page(endpoint, query, items, 0, |page| json!({ "ok": true, field: page }))
            }
        }
    }

    /// An empty list is `null`, as Go writes it.
    fn whole(&self, endpoint: GiteaEndpoint, items: Vec<Value>) -> Response {
        let count = items.len();
        let Value::Array(mut items) = alter_body(&self.faults, endpoint, Value::Array(items)) else {
            return refusal(500, "a fault left no list");
        };
        if faults_at(&self.faults, endpoint).any(|fault| matches!(fault, AnswerFault::StopAfter(_))) {
            items.truncate(1);
        }
        let body = if items.is_empty() { Value::Null } else { Value::Array(items) };
        respond(200, self.count_header(count), body.to_string().into_bytes())
    }

    fn page(
        &self,
        endpoint: GiteaEndpoint,
        query: &Query<'_>,
        items: Vec<Value>,
        hidden: usize,
        wrap: impl Fn(Value) -> Value,
    ) -> Response {
        let Value::Array(items) = alter_body(&self.faults, endpoint, Value::Array(items)) else {
            return refusal(500, "a fault left no list");
        };
        let number = |name| parameter(query, name).and_then(|text| text.parse::<usize>().ok());
        let size = self.longest_page.min(self.world.page_size).min(number("limit").unwrap_or(30)).max(1);
        let page = number("page").unwrap_or(1).max(1);
        let is_cut = |fault: &AnswerFault| match fault {
            AnswerFault::StopAfter(last) => page > *last,
            AnswerFault::SkipPage(skipped) => page == *skipped,
            _ => false,
        };
        // What is hidden takes the first places, and is left out after the list was cut.
        let places = std::iter::repeat_n(None, hidden).chain(items.iter().map(Some));
        let here = places.skip(size * (page - 1)).take(size).flatten();
        let shown: Vec<Value> =
            here.filter(|_| !faults_at(&self.faults, endpoint).any(is_cut)).cloned().collect();
        let body = wrap(Value::Array(shown)).to_string().into_bytes();
        respond(200, self.count_header(items.len() + hidden), body)
    }

    fn count_header(&self, count: usize) -> Vec<(String, String)> {
        let header = self.counts.then(|| ("x-total-count".to_string(), count.to_string()));
        header.into_iter().collect()
    }
}

/// The segments of a path.
pub(super) fn decoded_path(path: &str) -> Vec<String> {
    path.split('/').map(decoded).collect()
}

fn parameter<'q>(query: &'q Query<'_>, name: &str) -> Option<&'q str> {
    query.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
}

pub(super) fn refusal(status: u16, text: &str) -> Response {
    let body = json!({ "message": text, "url": "https://git.example.test/api/swagger" });
    respond(status, Vec::new(), body.to_string().into_bytes())
}

pub(super) fn respond(status: u16, mut headers: Vec<(String, String)>, body: Vec<u8>) -> Response {
    headers.push(("content-type".to_string(), "application/json;charset=utf-8".to_string()));
    Response { status, headers, body }
}

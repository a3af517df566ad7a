//! The JSON of requests, people, commits and checks. Every field that GitHub's OpenAPI description
//! requires is there, read by us or not, so that a reader that wants more is served too.

use super::{Activity, Deployed, Event, World, number};
use jiff::Timestamp;
use portcullis_model::change::Revision;
use portcullis_model::check::{Check, Conclusion, Producer, WorkflowRun};
use portcullis_model::id::CheckId;
use portcullis_model::person::{Account, AccountKind};
use portcullis_model::review::{CommitAccounts, Permission, Review, ReviewState};
use serde_json::{Map, Value, json};

/// Fields of a user that are addresses below their own.
const USER_LINKS: &[&str] = &[
    "events",
    "followers",
    "following",
    "gists",
    "organizations",
    "received_events",
    "repos",
    "starred",
    "subscriptions",
];

/// Fields of a repository that are addresses below its own.
const REPOSITORY_LINKS: &[&str] = &[
    "archive",
    "assignees",
    "blobs",
    "branches",
    "clone",
    "collaborators",
    "comments",
    "commits",
    "compare",
    "contents",
    "contributors",
    "deployments",
    "downloads",
    "events",
    "forks",
    "git",
    "git_commits",
    "git_refs",
    "git_tags",
    "hooks",
    "html",
    "issue_comment",
    "issue_events",
    "issues",
    "keys",
    "labels",
    "languages",
    "merges",
    "milestones",
    "notifications",
    "pulls",
    "releases",
    "ssh",
    "stargazers",
    "statuses",
    "subscribers",
    "subscription",
    "svn",
    "tags",
    "teams",
    "trees",
];

/// The links of a request, which it also has as fields.
const REQUEST_LINKS: &[&str] = &[
    "comments",
    "commits",
    "statuses",
    "html",
    "issue",
    "review_comments",
    "review_comment",
    "diff",
    "patch",
];

fn with_links(mut body: Value, base: &str, names: &[&str]) -> Value {
    for name in names {
        body[format!("{name}_url")] = json!(format!("{base}/{name}"));
    }
    body
}

impl World {
    /// The address of something in the repository.
    pub(super) fn below(&self, rest: &str) -> String {
        format!("{}/repos/{}/{rest}", self.address, self.repository)
    }

    /// A user, whole.
    pub(super) fn user(&self, account: &Account) -> Value {
        let kind = match account.kind {
            AccountKind::Human => "User",
            AccountKind::Bot => "Bot",
            AccountKind::Mannequin => "Mannequin",
            AccountKind::Other => "Organization",
        };
        let url = format!("{}/users/{}", self.address, account.login);
        let body = json!({
            "login": account.login, "id": number(&account.id), "node_id": format!("U_{}", account.id), "type": kind,
            "site_admin": false, "gravatar_id": "", "url": url, "html_url": url, "avatar_url": url,
        });
        with_links(body, &url, USER_LINKS)
    }

    /// A user, or null for one that is gone.
    pub(super) fn maybe_user(&self, account: Option<&Account>) -> Value {
        account.map_or(Value::Null, |account| self.user(account))
    }

    fn owner(&self) -> Account {
        let login = self.repository.split('/').next().unwrap_or_default();
        Account { kind: AccountKind::Other, ..super::person(login, 1) }
    }

    pub(super) fn repository_body(&self, full_name: &str) -> Value {
        let url = format!("{}/repos/{full_name}", self.address);
        let name = full_name.rsplit('/').next().unwrap_or_default();
        let body = json!({
            "id": 100, "node_id": "R_100", "name": name, "full_name": full_name, "url": url,
            "owner": self.user(&self.owner()), "private": true, "fork": full_name != self.repository,
            "description": null, "homepage": null, "language": null, "license": null, "mirror_url": null,
            "default_branch": self.branch.name, "archived": false, "disabled": false, "visibility": "private",
            "has_downloads": true, "has_issues": true, "has_projects": false, "has_wiki": false, "has_pages": false,
            "forks": 0, "forks_count": 0, "open_issues": 1, "open_issues_count": 1, "size": 1,
            "stargazers_count": 0, "watchers": 0, "watchers_count": 0,
            "pushed_at": super::minutes(10), "created_at": super::minutes(0), "updated_at": super::minutes(10),
        });
        with_links(body, &url, REPOSITORY_LINKS)
    }

    fn side(&self, branch: &str, sha: &Revision, repository: Option<&str>) -> Value {
        let owner = self.user(&self.owner());
        let label = format!("{}:{branch}", self.owner().login);
        let repository = repository.map_or(Value::Null, |name| self.repository_body(name));
        json!({ "label": label, "ref": branch, "sha": sha, "repo": repository, "user": owner })
    }

    pub(super) fn request_body(&self) -> Value {
        let request = &self.request;
        let url = self.below(&format!("pulls/{}", request.id));
        let links = REQUEST_LINKS.iter().chain(&["self"]);
        let links: Map<String, Value> =
            links.map(|name| (name.to_string(), json!({ "href": format!("{url}/{name}") }))).collect();
        let body = json!({
            "id": number(&request.id).map(|number| 693 + number), "node_id": "PR_700", "number": request.id.number(), "title": request.title, "body": null,
            "state": if request.open { "open" } else { "closed" }, "locked": false, "draft": false, "url": url,
            "user": self.maybe_user(request.author.as_ref()), "author_association": "MEMBER",
            "head": self.side(self.head_branch(), &request.head, request.head_repository.as_deref()),
            "base": self.side(request.base_branch.as_str(), &self.branch.tip, Some(&self.repository)),
            "_links": links, "labels": [], "assignee": null, "assignees": [], "milestone": null,
            "auto_merge": null, "merged": request.merged.is_some(), "merged_by": null, "merged_at": request.merged,
            "merge_commit_sha": null,
            "mergeable": true, "mergeable_state": "clean", "maintainer_can_modify": false,
            "additions": 1, "deletions": 1, "changed_files": 1, "commits": self.commits.len(),
            "comments": 0, "review_comments": 0,
            "created_at": super::minutes(5), "updated_at": super::minutes(50), "closed_at": null,
        });
        with_links(body, &url, REQUEST_LINKS)
    }

    pub(super) fn review_bodies(&self) -> Vec<Value> {
        self.reviews.iter().map(|review| self.review_body(review)).collect()
    }

    fn review_body(&self, review: &Review) -> Value {
        let state = match review.state {
            ReviewState::Approved => "APPROVED",
            ReviewState::ChangesRequested => "CHANGES_REQUESTED",
            ReviewState::Commented => "COMMENTED",
            ReviewState::Dismissed => "DISMISSED",
            ReviewState::Pending => "PENDING",
        };
        let request = self.below(&format!("pulls/{}", self.request.id));
        let url = format!("{request}#review-{}", review.id);
        let mut body = json!({
            "id": number(&review.id), "node_id": format!("PRR_{}", review.id), "body": "", "state": state,
            "user": self.maybe_user(review.reviewer.as_ref()), "commit_id": review.reviewed.stated(),
            "author_association": "MEMBER", "html_url": url, "pull_request_url": request,
            "_links": { "html": { "href": url }, "pull_request": { "href": request } },
        });
        if let Some(submitted) = review.submitted {
            body["submitted_at"] = json!(submitted);
        }
        body
    }

    pub(super) fn event_bodies(&self) -> Vec<Value> {
        let actor = self.maybe_user(self.request.author.as_ref());
        let body = |(index, event): (usize, &Event)| {
            let id = 500 + index;
            json!({
                "id": id, "node_id": format!("E_{id}"), "url": self.below(&format!("issues/events/{id}")),
                "actor": actor, "event": event.kind, "commit_id": null, "commit_url": null,
                "created_at": event.at, "performed_via_github_app": null,
            })
        };
        self.events.iter().enumerate().map(body).collect()
    }

    pub(super) fn listed_commit_bodies(&self) -> Vec<Value> {
        self.commits.iter().take(self.listed_commits).map(|commit| self.commit_body(commit)).collect()
    }

    pub(super) fn commit_body(&self, (id, accounts): &(Revision, CommitAccounts)) -> Value {
        let url = self.below(&format!("commits/{id}"));
        json!({
            "sha": id, "node_id": format!("C_{}", id.short()), "url": url, "html_url": url, "comments_url": url,
            "author": self.maybe_user(accounts.author.as_ref()),
            "committer": self.maybe_user(accounts.committer.as_ref()),
            "parents": [],
            "commit": {
                "url": url, "message": "", "comment_count": 0, "author": null, "committer": null,
                "tree": { "sha": id, "url": url },
                "verification": { "verified": false, "reason": "unsigned", "signature": null, "payload": null,
                                  "verified_at": null },
            },
        })
    }

    /// Newest first.
    pub(super) fn base_push_bodies(&self, reference: Option<&str>) -> Vec<Value> {
        let name = format!("refs/heads/{}", self.branch.name);
        let tips = self.base_tips.windows(2).enumerate().rev();
        let body = |(index, tips): (usize, &[Revision])| {
            json!({
                "id": 900 + index, "node_id": format!("B_{index}"), "before": tips[0], "after": tips[1],
                "ref": name, "timestamp": super::minutes(index as i64), "activity_type": "push", "actor": null,
            })
        };
        tips.filter(|_| reference.is_none_or(|reference| reference == name)).map(body).collect()
    }

    pub(super) fn activity_bodies(&self, reference: Option<&str>) -> Vec<Value> {
        let full = |entry: &Activity| format!("refs/heads/{}", entry.branch);
        let mut entries: Vec<(usize, &Activity)> = self.activity.iter().enumerate().collect();
        entries.retain(|(_, entry)| reference.is_none_or(|reference| reference == full(entry)));
        entries.sort_by_key(|(_, entry)| std::cmp::Reverse(entry.at));
        let before = |entry: &Activity| {
            let older = entries.iter().filter(|(_, it)| it.branch == entry.branch && it.at < entry.at);
            older.map(|(_, it)| it.after.to_string()).next().unwrap_or("0".repeat(40))
        };
        let body = |(index, entry): &(usize, &Activity)| {
            json!({
                "id": 600 + index, "node_id": format!("A_{index}"), "before": before(entry), "after": entry.after,
                "ref": full(entry), "timestamp": entry.at, "activity_type": "push",
                "actor": self.maybe_user(entry.actor.as_ref()),
            })
        };
        entries.iter().map(body).collect()
    }

    /// Newest first.
    pub(super) fn deployment_bodies(&self, environment: Option<&str>) -> Vec<Value> {
        let mut all: Vec<&Deployed> = self.deployments.iter().collect();
        all.retain(|one| environment.is_none_or(|environment| environment == one.environment));
        all.sort_by_key(|one| std::cmp::Reverse(one.id));
        all.into_iter().map(|one| self.deployment_body(one)).collect()
    }

    fn deployment_body(&self, one: &Deployed) -> Value {
        let url = self.below(&format!("deployments/{}", one.id));
        let at = |state: Option<&(String, Timestamp)>| state.map_or(super::minutes(0), |(_, at)| *at);
        json!({
            "id": one.id, "node_id": format!("DE_{}", one.id), "url": url, "sha": one.revision, "ref": "main",
            "task": "deploy", "payload": {}, "original_environment": one.environment, "environment": one.environment,
            "description": null, "creator": self.user(&self.owner()), "transient_environment": false,
            "production_environment": true, "created_at": at(one.states.first()), "updated_at": at(one.states.last()),
            "statuses_url": format!("{url}/statuses"), "repository_url": self.below(""),
        })
    }

    /// Newest first.
    pub(super) fn deployment_status_bodies(&self, one: &Deployed) -> Vec<Value> {
        let url = self.below(&format!("deployments/{}", one.id));
        let body = |(index, (state, at)): (usize, &(String, Timestamp))| {
            let id = one.id * 100 + index as u64;
            json!({
                "id": id, "node_id": format!("DS_{id}"), "url": format!("{url}/statuses/{id}"), "state": state,
                "creator": self.user(&self.owner()), "description": "", "environment": one.environment,
                "target_url": "", "log_url": "", "environment_url": "", "created_at": at, "updated_at": at,
                "deployment_url": url, "repository_url": self.below(""),
            })
        };
        let mut bodies: Vec<Value> = one.states.iter().enumerate().map(body).collect();
        bodies.reverse();
        bodies
    }

    pub(super) fn permission_body(&self, (account, permission): &(Account, Permission)) -> Value {
        let name = match permission {
            Permission::None => "none",
            Permission::Read => "read",
            Permission::Write => "write",
            Permission::Admin => "admin",
        };
        let mut user = self.user(account);
        user["role_name"] = json!(name);
        json!({ "permission": name, "role_name": name, "user": user })
    }

    /// An app, whole.
    pub(super) fn app(&self, id: u64, slug: &str) -> Value {
        let url = format!("{}/apps/{slug}", self.address);
        json!({
            "id": id, "slug": slug, "node_id": format!("APP_{id}"), "name": slug, "description": null,
            "owner": self.user(&self.owner()), "external_url": url, "html_url": url, "permissions": {},
            "events": [], "created_at": super::minutes(0), "updated_at": super::minutes(0),
        })
    }

    pub(super) fn run_bodies(&self, sha: &str) -> Vec<Value> {
        let runs = self.checks.iter().filter(|check| check.head.as_str() == sha);
        runs.filter(|check| !matches!(check.producer, Producer::Account(_)))
            .map(|run| self.run_body(run))
            .collect()
    }

    fn run_body(&self, run: &Check) -> Value {
        let url = self.below(&format!("check-runs/{}", run.id));
        let app = match &run.producer {
            Producer::App { id, slug } => self.app(number(id).unwrap_or_default(), slug),
            _ => Value::Null,
        };
        let end = run_end(run.conclusion);
        json!({
            "id": number(&run.id), "node_id": format!("CR_{}", run.id), "name": run.name, "head_sha": run.head, "app": app,
            "url": url, "html_url": url, "details_url": url, "external_id": "",
            "status": if end.is_some() { "completed" } else { "in_progress" }, "conclusion": end,
            "started_at": super::minutes(11), "completed_at": end.map(|_| super::minutes(15)),
            "check_suite": { "id": suite(&run.id) }, "pull_requests": [],
            "output": { "title": null, "summary": null, "text": null, "annotations_count": 0, "annotations_url": url },
        })
    }

    /// The workflow runs of a commit, each once, newest first.
    pub(super) fn workflow_run_bodies(&self, sha: &str) -> Vec<Value> {
        let of_commit = self.checks.iter().filter(|check| check.head.as_str() == sha);
        let runs = of_commit.filter_map(|check| Some((check, self.workflow_runs.get(&check.id)?)));
        let body = |(check, run): (&Check, &WorkflowRun)| {
            let id = 7000 + suite(&check.id);
            let url = self.below(&format!("actions/runs/{id}"));
            let end = run_end(check.conclusion);
            json!({
                "id": id, "node_id": format!("WFR_{id}"), "name": "CI", "head_branch": self.head_branch(),
                "head_sha": sha, "path": ".github/workflows/ci.yml", "display_title": self.request.title,
                "run_number": run.number, "run_attempt": run.attempt, "event": run.event, "workflow_id": number(&run.workflow),
                "check_suite_id": suite(&check.id), "check_suite_node_id": format!("CS_{id}"), "url": url, "html_url": url,
                "status": if end.is_some() { "completed" } else { "in_progress" }, "conclusion": end,
                "created_at": super::minutes(11), "updated_at": super::minutes(15), "run_started_at": super::minutes(11),
                "actor": self.maybe_user(self.request.author.as_ref()), "pull_requests": [],
            })
        };
        let mut bodies: Vec<Value> = runs.map(body).collect();
        bodies.sort_by_key(|body| std::cmp::Reverse(body["run_number"].as_u64()));
        bodies
    }

    /// The authors of commits as the GraphQL API tells of them, one field for each.
    pub(super) fn author_fields(&self) -> Map<String, Value> {
        let node = |(email, user): &(String, Option<Account>)| {
            let user =
                user.as_ref().map(|user| json!({ "login": user.login, "databaseId": number(&user.id) }));
            json!({ "email": email, "user": user })
        };
        let field = |(id, _): &(Revision, CommitAccounts)| {
            let authors = self.co_authors.iter().find(|(commit, _)| commit == id);
            let nodes: Vec<Value> =
                authors.map_or(&[][..], |(_, authors)| authors).iter().map(node).collect();
            (format!("c{id}"), json!({ "oid": id, "authors": { "nodes": nodes } }))
        };
        self.commits.iter().map(field).collect()
    }

    pub(super) fn status_bodies(&self, sha: &str) -> Vec<Value> {
        let mut checks: Vec<&Check> = self.checks.iter().filter(|check| check.head.as_str() == sha).collect();
        checks.sort_by(|a, b| b.id.cmp(&a.id));
        checks.into_iter().filter_map(|check| self.status_body(check)).collect()
    }

    fn status_body(&self, check: &Check) -> Option<Value> {
        let Producer::Account(creator) = &check.producer else { return None };
        let state = match check.conclusion {
            Conclusion::Success => "success",
            Conclusion::Running => "pending",
            Conclusion::Error => "error",
            _ => "failure",
        };
        Some(json!({
            "id": number(&check.id), "node_id": format!("S_{}", check.id), "context": check.name, "state": state,
            "url": self.below(&format!("statuses/{}", check.head)), "avatar_url": null, "description": null,
            "target_url": null, "creator": self.maybe_user(creator.as_ref()),
            "created_at": super::minutes(15), "updated_at": super::minutes(15),
        }))
    }
}

/// Each check run has a check suite of its own: each belongs to another start of its workflow.
fn suite(check: &CheckId) -> u64 {
    9000 + number(check).unwrap_or_default()
}

fn run_end(conclusion: Conclusion) -> Option<&'static str> {
    Some(match conclusion {
        Conclusion::Running => return None,
        Conclusion::Success => "success",
        Conclusion::Failure | Conclusion::Error => "failure",
        Conclusion::Neutral => "neutral",
        Conclusion::Skipped => "skipped",
        Conclusion::Cancelled => "cancelled",
        Conclusion::Stale => "stale",
        Conclusion::TimedOut => "timed_out",
        Conclusion::ActionRequired => "action_required",
        Conclusion::StartupFailure => "startup_failure",
    })
}

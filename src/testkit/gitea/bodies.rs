//! The JSON of requests, people, commits, checks and teams. Every field that the OpenAPI
//! descriptions of both hosts name is there, read by us or not.

use super::{GiteaHost, Software};
use crate::world::minutes;
use portcullis_model::change::Revision;
use portcullis_model::check::{Check, Conclusion, Producer};
use portcullis_model::person::{Account, AccountKind};
use portcullis_model::review::{CommitAccounts, Permission, Review, ReviewState};
use serde_json::{Value, json};

/// The number of the account of the host's own Actions.
const ACTIONS: i64 = -2;

impl GiteaHost {
    /// An identifier as such a host writes it in JSON: a number.
    pub(super) fn number(&self, id: impl std::fmt::Display) -> u64 {
        id.to_string().parse().unwrap_or_default()
    }

    /// The page of the request.
    pub(super) fn page_of_request(&self) -> String {
        format!("{}/{}/pulls/{}", self.root(), self.world.repository, self.world.request.id)
    }

    fn api(&self, rest: &str) -> String {
        format!("{}/api/v1/repos/{}/{rest}", self.root(), self.world.repository)
    }

    fn account_body(&self, id: i64, login: &str) -> Value {
        let page = format!("{}/{login}", self.root());
        json!({
            "id": id, "login": login, "login_name": "", "source_id": 0, "full_name": "",
            "email": format!("{}@noreply.example.test", login.to_ascii_lowercase()), "avatar_url": page, "html_url": page,
            "language": "", "is_admin": false, "last_login": "0001-01-01T00:00:00Z", "created": minutes(0),
            "restricted": false, "active": false, "prohibit_login": false, "location": "", "website": "",
            "description": "", "visibility": "public", "followers_count": 0, "following_count": 0,
            "starred_repos_count": 0,
        })
    }

    /// An account, whole ("User").
    pub(super) fn user(&self, account: &Account) -> Value {
        self.account_body(account.id.to_string().parse().unwrap_or_default(), account.login.as_str())
    }

    /// An account, or the one that stands for those that are gone.
    pub(super) fn user_or_ghost(&self, account: Option<&Account>) -> Value {
        account.map_or_else(|| self.account_body(-1, "Ghost"), |account| self.user(account))
    }

    fn user_or_null(&self, account: Option<&Account>) -> Value {
        account.map_or(Value::Null, |account| self.user(account))
    }

    fn actions(&self) -> Value {
        let login = match self.software {
            Software::Gitea => "gitea-actions",
            Software::Forgejo => "forgejo-actions",
        };
        self.account_body(ACTIONS, login)
    }

    fn repository_body(&self, full_name: &str) -> Value {
        let (owner, name) = full_name.split_once('/').unwrap_or(("", full_name));
        let page = format!("{}/{full_name}", self.root());
        json!({
            "id": 100, "owner": self.account_body(1, owner), "name": name, "full_name": full_name, "description": "",
            "empty": false, "private": true, "fork": full_name != self.world.repository, "template": false,
            "parent": null, "mirror": false, "size": 1, "language": "", "languages_url": "", "html_url": page,
            "url": format!("{}/api/v1/repos/{full_name}", self.root()), "link": "", "ssh_url": "", "clone_url": page,
            "original_url": "", "website": "", "stars_count": 0, "forks_count": 0, "watchers_count": 0,
            "open_issues_count": 0, "open_pr_counter": 1, "release_counter": 0, "default_branch": self.world.branch.name,
            "archived": false, "created_at": minutes(0), "updated_at": minutes(1), "permissions": null,
            "has_issues": true, "has_pull_requests": true, "allow_merge_commits": true, "object_format_name": "sha1",
        })
    }

    fn side(&self, branch: &str, sha: &str, repository: Option<&str>) -> Value {
        let repo = repository.map_or(Value::Null, |name| self.repository_body(name));
        json!({ "label": branch, "ref": branch, "sha": sha, "repo_id": if repo.is_null() { -1 } else { 100 }, "repo": repo })
    }

    /// "PullRequest".
    pub(super) fn request_body(&self) -> Value {
        let (request, page) = (&self.world.request, self.page_of_request());
        let reference = format!("refs/pull/{}/head", request.id);
        let branch = request.head_branch.as_ref().map_or(reference.as_str(), |branch| branch.as_str());
        let head = self.moved_on.as_ref().unwrap_or(&request.head);
        json!({
            "id": 700, "number": request.id.number(), "url": page, "html_url": page, "diff_url": format!("{page}.diff"),
            "patch_url": format!("{page}.patch"), "user": self.user_or_ghost(request.author.as_ref()),
            "title": request.title, "body": "", "labels": [], "milestone": null, "assignee": null, "assignees": [],
            "requested_reviewers": [], "requested_reviewers_teams": [],
            "state": if request.open { "open" } else { "closed" }, "draft": false, "is_locked": false, "comments": 0,
            "additions": 1, "deletions": 1, "changed_files": 1, "review_comments": 0, "mergeable": request.open,
            "merged": request.merged.is_some(), "merged_at": request.merged, "merge_commit_sha": self.landed_as,
            "merged_by": request.merged.map(|_| self.user_or_ghost(request.author.as_ref())),
            "allow_maintainer_edit": false, "merge_base": self.world.branch.tip,
            "base": self.side(request.base_branch.as_str(), self.world.branch.tip.as_str(), Some(&self.world.repository)),
            "head": self.side(branch, head.as_str(), request.head_repository.as_deref()),
            "due_date": null, "created_at": minutes(5), "updated_at": minutes(50), "closed_at": null, "pin_order": 0,
        })
    }

    /// "Reference".
    pub(super) fn reference_body(&self) -> Value {
        let name = format!("refs/pull/{}/head", self.world.request.id);
        let object = json!({ "type": "commit", "sha": self.world.request.head, "url": "" });
        json!({ "ref": name, "url": self.api(&format!("git/{name}")), "object": object })
    }

    /// "Branch". Only administrators are told which rule is in force.
    pub(super) fn branch_body(&self) -> Value {
        let rule = self.rule_in_force();
        let name = rule.map_or("", |rule| rule.name.as_str());
        let person = json!({ "name": "", "email": "", "username": "" });
        json!({
            "name": self.world.branch.name,
            "commit": {
                "id": self.world.branch.tip, "message": "", "url": "", "author": person, "committer": person,
                "verification": null, "timestamp": minutes(0), "added": null, "removed": null, "modified": null,
            },
            "protected": rule.is_some(), "required_approvals": rule.map_or(0, |rule| rule.approvals),
            "enable_status_check": rule.is_some_and(|rule| rule.checks.is_some()),
            "status_check_contexts": rule.and_then(|rule| rule.checks.clone()).unwrap_or_default(),
            "user_can_push": false, "user_can_merge": true,
            "effective_branch_protection_name": if self.is_administrator { name } else { "" },
        })
    }

    /// "PullReview". A dismissed review still says what it said.
    pub(super) fn review_body(&self, review: &Review) -> Value {
        let state = match review.state {
            ReviewState::Approved | ReviewState::Dismissed => "APPROVED",
            ReviewState::ChangesRequested => "REQUEST_CHANGES",
            ReviewState::Commented => "COMMENT",
            ReviewState::Pending => "PENDING",
        };
        let (page, submitted) = (self.page_of_request(), review.submitted.unwrap_or(minutes(0)));
        let begun = self.begun.get(&review.id).copied().unwrap_or(submitted);
        let commit = review.reviewed.stated().map_or("", |commit| commit.as_str());
        json!({
            "id": self.number(&review.id), "user": self.user_or_ghost(review.reviewer.as_ref()), "team": null,
            "state": state, "body": "", "commit_id": commit, "stale": commit != self.world.request.head.as_str(),
            "official": review.state == ReviewState::Approved, "dismissed": review.state == ReviewState::Dismissed,
            "comments_count": 0, "submitted_at": begun, "updated_at": begun,
            "html_url": format!("{page}#issuecomment-{}", review.id), "pull_request_url": page,
        })
    }

    /// "Commit".
    pub(super) fn commit_body(&self, (id, accounts): &(Revision, CommitAccounts)) -> Value {
        let url = self.api(&format!("git/commits/{id}"));
        let person = json!({ "name": "", "email": "", "date": minutes(0) });
        json!({
            "url": url, "sha": id, "created": minutes(0), "html_url": url,
            "commit": {
                "url": url, "author": person, "committer": person, "message": "",
                "tree": { "url": url, "sha": id, "created": minutes(0) }, "verification": null,
            },
            "author": self.user_or_null(accounts.author.as_ref()),
            "committer": self.user_or_null(accounts.committer.as_ref()), "parents": [], "files": null, "stats": null,
        })
    }

    /// "RepoCollaboratorPermission".
    pub(super) fn permission_body(&self, (account, permission): &(Account, Permission)) -> Value {
        let name = match permission {
            Permission::None => "none",
            Permission::Read => "read",
            Permission::Write => "write",
            Permission::Admin => "admin",
        };
        json!({ "permission": name, "role_name": name, "user": self.user(account) })
    }

    /// "Team".
    pub(super) fn team_body(&self, id: u64, organisation: &str, name: &str) -> Value {
        let page = format!("{}/{organisation}", self.root());
        json!({
            "id": id, "name": name, "description": "", "includes_all_repositories": false, "permission": "write",
            "units": ["repo.code"], "units_map": { "repo.code": "write" }, "can_create_org_repo": false,
            "organization": {
                "id": 1, "name": organisation, "full_name": "", "email": "", "avatar_url": page, "description": "",
                "website": "", "location": "", "visibility": "public", "repo_admin_change_team_access": false,
                "username": organisation,
            },
        })
    }

    /// "CommitStatus": also of what another host calls a check run.
    pub(super) fn status_body(&self, check: &Check) -> Value {
        let status = match check.conclusion {
            Conclusion::Success => "success",
            Conclusion::Running => "pending",
            Conclusion::Error => "error",
            Conclusion::Skipped => "skipped",
            Conclusion::Neutral => "warning",
            _ => "failure",
        };
        let creator = match &check.producer {
            Producer::App { slug, .. } if slug == "github-actions" => self.actions(),
            Producer::App { id, slug } => self.account_body(self.number(id) as i64, slug),
            Producer::Account(Some(account)) if account.kind == AccountKind::Bot => self.actions(),
            Producer::Account(Some(account)) => self.user(account),
            _ => Value::Null,
        };
        json!({
            "id": self.number(&check.id), "status": status, "target_url": "", "description": "", "context": check.name,
            "url": self.api(&format!("statuses/{}", check.head)), "creator": creator, "created_at": minutes(15),
            "updated_at": minutes(15),
        })
    }
}

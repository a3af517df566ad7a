//! The JSON of requests, people, the project and its protection. Every field that the official
//! types require is there, read by us or not.

use super::routes::{GitLabFound, Query};
use super::{FORK, GitLabWorld, Licensed, PROJECT, ProtectedRule, Pusher};
use crate::world::{Deployed, minutes, number};
use jiff::Timestamp;
use portcullis_model::person::{Account, AccountKind};
use portcullis_model::review::Permission;
use serde_json::{Map, Value, json};

/// The number of the first entry of who may push.
pub(super) const FIRST_ENTRY: usize = 10;
/// The number of the first rule of approvals.
pub(super) const FIRST_RULE: usize = 300;

impl GitLabWorld {
    /// A user, in the short form.
    pub(super) fn user(&self, account: &Account) -> Value {
        let url = format!("{}/{}", self.world.address, account.login);
        let email = self.addresses.iter().find(|(_, owner)| owner == account).map(|(email, _)| email);
        json!({
            "id": number(&account.id), "username": account.login, "name": account.login, "state": "active",
            "locked": false, "avatar_url": format!("{url}.png"), "web_url": url, "public_email": email,
        })
    }

    /// A user, or null for one that is gone.
    pub(super) fn maybe_user(&self, account: Option<&Account>) -> Value {
        account.map_or(Value::Null, |account| self.user(account))
    }

    /// Everybody whom the state names.
    fn accounts(&self) -> Vec<&Account> {
        let world = &self.world;
        let reviewers = world.reviews.iter().filter_map(|review| review.reviewer.as_ref());
        let pushers = world.activity.iter().filter_map(|entry| entry.actor.as_ref());
        let members = world.permissions.iter().map(|(account, _)| account);
        let teams = world.teams.values().flatten();
        let owners = self.addresses.iter().map(|(_, account)| account);
        reviewers
            .chain(pushers)
            .chain(members)
            .chain(teams)
            .chain(&world.request.author)
            .chain(owners)
            .collect()
    }

    pub(super) fn user_found(&self, id: &str) -> GitLabFound {
        let account = self.accounts().into_iter().find(|account| account.id.as_str() == id);
        let Some(account) = account else { return GitLabFound::Missing(404, "404 User Not Found") };
        let mut body = self.user(account);
        let rest = json!({
            "bot": account.kind == AccountKind::Bot, "created_at": minutes(0), "bio": "", "location": "",
            "skype": "", "linkedin": "", "twitter": "", "discord": "", "website_url": "", "pronouns": null,
            "organization": "", "job_title": "", "work_information": null, "followers": 0, "following": 0,
            "local_time": null, "is_followed": false,
        });
        extend(&mut body, rest);
        GitLabFound::One(body)
    }

    /// Of those that a search finds.
    pub(super) fn users_found(&self, query: Query<'_>) -> Vec<Value> {
        let asked = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let by_address = self
            .addresses
            .iter()
            .filter(|(email, _)| asked("search").is_some_and(|search| email.eq_ignore_ascii_case(search)));
        let by_name = self.accounts().into_iter().filter(|account| {
            asked("username").is_some_and(|name| account.login.as_str().eq_ignore_ascii_case(name))
        });
        let mut found: Vec<Value> = by_address
            .map(|(email, account)| {
                let mut user = self.user(account);
                user["public_email"] = json!(email);
                user
            })
            .chain(by_name.map(|account| self.user(account)))
            .collect();
        found.dedup();
        found
    }

    pub(super) fn project_body(&self, id: u64, path: &str) -> Value {
        let name = path.rsplit('/').next().unwrap_or_default();
        let group = path.rsplit_once('/').map_or(path, |(group, _)| group);
        let url = format!("{}/{path}", self.world.address);
        let level = json!({ "access_level": self.level, "notification_level": 3 });
        let mut body = json!({
            "id": id, "name": name, "path": name, "path_with_namespace": path, "name_with_namespace": path,
            "description": null, "web_url": url, "created_at": minutes(0), "updated_at": minutes(0),
            "last_activity_at": minutes(10), "default_branch": self.world.branch.name, "visibility": "private",
            "namespace": { "id": 9, "name": group, "path": group, "kind": "group", "full_path": group,
                           "parent_id": null, "avatar_url": null, "web_url": url },
            "topics": [], "ssh_url_to_repo": url, "http_url_to_repo": url, "readme_url": null, "avatar_url": null,
            "forks_count": 0, "star_count": 0, "archived": false, "empty_repo": false,
            "merge_requests_enabled": true, "merge_requests_access_level": "enabled", "jobs_enabled": true,
            "permissions": { "project_access": level, "group_access": null }, "shared_with_groups": [],
            "only_allow_merge_if_pipeline_succeeds": true, "allow_merge_on_skipped_pipeline": false,
            "only_allow_merge_if_all_discussions_are_resolved": true, "merge_method": "ff",
            "squash_option": "default_off", "ci_config_path": "",
        });
        if self.licensed.is_some() {
            let rest = json!({
                "approvals_before_merge": 0, "merge_pipelines_enabled": !self.merges.is_empty(),
                "merge_trains_enabled": !self.train.is_empty(), "merge_trains_skip_train_allowed": false,
                "only_allow_merge_if_all_status_checks_passed": self.requires_external(),
            });
            extend(&mut body, rest);
        }
        for (field, value) in &self.project {
            match (value, body.as_object_mut()) {
                (Value::Null, Some(fields)) => drop(fields.remove(field)),
                _ => body[field] = value.clone(),
            }
        }
        body
    }

    fn requires_external(&self) -> bool {
        self.licensed.as_ref().is_some_and(|licensed| !licensed.external.is_empty())
    }

    pub(super) fn request_body(&self) -> Value {
        let (world, request) = (&self.world, &self.world.request);
        let source = match request.head_repository.as_deref() {
            Some(name) if name == world.repository => json!(PROJECT),
            Some(_) => json!(FORK),
            None => Value::Null,
        };
        let state = match (request.open, request.merged) {
            (true, _) => "opened",
            (false, Some(_)) => "merged",
            (false, None) => "closed",
        };
        let full = format!("{}!{}", world.repository, request.id);
        let zero = json!({ "time_estimate": 0, "total_time_spent": 0, "human_time_estimate": null,
                           "human_total_time_spent": null });
        let mut body = json!({
            "id": 700, "iid": request.id.number(), "project_id": PROJECT, "title": request.title, "description": null,
            "state": state, "created_at": minutes(5), "updated_at": minutes(50), "merged_by": null,
            "merge_user": null, "merged_at": request.merged, "closed_by": null, "closed_at": null,
            "target_branch": request.base_branch, "source_branch": world.head_branch(), "user_notes_count": 0,
            "upvotes": 0, "downvotes": 0, "author": self.maybe_user(request.author.as_ref()), "assignees": [],
            "assignee": null, "reviewers": [], "source_project_id": source, "target_project_id": PROJECT,
            "labels": [], "draft": false, "work_in_progress": false, "milestone": null,
            "merge_when_pipeline_succeeds": false, "merge_status": "can_be_merged",
            "detailed_merge_status": "mergeable", "sha": request.head, "merge_commit_sha": null,
            "squash_commit_sha": null, "discussion_locked": null, "should_remove_source_branch": null,
            "force_remove_source_branch": false, "web_url": format!("{}/{full}", world.address),
        });
        let rest = json!({
            "reference": format!("!{}", request.id), "references": { "short": format!("!{}", request.id),
            "relative": format!("!{}", request.id), "full": full }, "time_stats": zero, "squash": false,
            "task_completion_status": { "count": 0, "completed_count": 0 }, "has_conflicts": false,
            "blocking_discussions_resolved": true, "prepared_at": minutes(5), "approvals_before_merge": null,
            "subscribed": false, "changes_count": "1", "latest_build_started_at": null,
            "latest_build_finished_at": null, "first_deployed_to_production_at": null, "pipeline": null,
            "head_pipeline": null, "diff_refs": { "base_sha": world.branch.tip, "head_sha": request.head,
            "start_sha": world.branch.tip }, "merge_error": null, "first_contribution": false,
            "user": { "can_merge": false },
        });
        extend(&mut body, rest);
        body
    }

    /// The requests that brought a commit: ours, if the commit is among its own or is its merge or
    /// squash.
    pub(super) fn requests_of(&self, sha: &str) -> Vec<Value> {
        if self.knows(sha) { vec![self.request_body()] } else { Vec::new() }
    }

    /// Is it a commit of the request, or one that it landed as?
    pub(super) fn knows(&self, sha: &str) -> bool {
        let own = self.world.commits.iter().map(|(commit, _)| commit);
        own.chain(&self.landed_as).chain([&self.world.request.head]).any(|commit| commit.as_str() == sha)
    }

    pub(super) fn branch_body(&self) -> Value {
        let branch = &self.world.branch;
        json!({
            "name": branch.name, "merged": false, "protected": branch.protected, "default": true,
            "developers_can_push": false, "developers_can_merge": false, "can_push": false, "web_url": "",
            "commit": self.commit_body(branch.tip.as_str(), &[]),
        })
    }

    fn commit_body(&self, sha: &str, parents: &[portcullis_model::change::Revision]) -> Value {
        json!({
            "id": sha, "short_id": sha.get(..8), "title": "Load records", "message": "Load records\n",
            "author_name": "Kim Example", "author_email": "kim@example.test", "created_at": minutes(0),
            "committer_name": "Kim Example", "committer_email": "kim@example.test",
            "authored_date": minutes(0), "committed_date": minutes(0), "parent_ids": parents,
            "web_url": format!("{}/{sha}", self.world.address),
        })
    }

    pub(super) fn commit_found(&self, sha: &str) -> GitLabFound {
        let merge = self.merges.iter().find(|(merge, _)| merge.as_str() == sha);
        let missing = GitLabFound::Missing(404, "404 Commit Not Found");
        merge.map_or(missing, |(_, parents)| GitLabFound::One(self.commit_body(sha, parents)))
    }

    fn member_body(&self, account: &Account, level: u64) -> Value {
        let mut body = self.user(account);
        let rest = json!({ "access_level": level, "expires_at": null, "created_at": minutes(0), "email": "",
                           "membership_state": "active" });
        extend(&mut body, rest);
        body
    }

    pub(super) fn member_bodies(&self, query: Query<'_>) -> Vec<Value> {
        let asked: Vec<&str> =
            query.iter().filter(|(key, _)| key == "user_ids[]").map(|(_, id)| id.as_str()).collect();
        let wanted = |account: &Account| asked.is_empty() || asked.contains(&account.id.as_str());
        let level = |permission: &Permission| match permission {
            Permission::None => 0,
            Permission::Read => 20,
            Permission::Write => 30,
            Permission::Admin => 40,
        };
        let members = self.world.permissions.iter().filter(|(account, _)| wanted(account));
        let members = members.filter(|(_, permission)| *permission != Permission::None);
        members.map(|(account, permission)| self.member_body(account, level(permission))).collect()
    }

    /// With those above developers.
    pub(super) fn all_member_bodies(&self, query: Query<'_>) -> Vec<Value> {
        let mut bodies = self.member_bodies(query);
        if query.iter().any(|(key, _)| key == "user_ids[]") {
            return bodies;
        }
        bodies.extend(self.maintainers.iter().map(|(account, level, role)| {
            let mut body = self.member_body(account, *level);
            if let Some(role) = role {
                body["member_role"] = role.clone();
            }
            body
        }));
        bodies
    }

    pub(super) fn deploy_key_bodies(&self) -> Vec<Value> {
        let body = |(id, title, can_push): &(u64, String, bool)| {
            json!({ "id": id, "title": title, "key": "ssh-ed25519 AAAA", "fingerprint": "", "created_at": minutes(0),
                    "expires_at": null, "can_push": can_push })
        };
        self.deploy_keys.iter().map(body).collect()
    }

    /// A group that the project is below.
    pub(super) fn group_found(&self, path: &str) -> GitLabFound {
        if !self.world.repository.starts_with(&format!("{path}/")) {
            return GitLabFound::Missing(404, "404 Group Not Found");
        }
        GitLabFound::One(json!({
            "id": 9, "name": path, "path": path, "full_path": path, "full_name": path, "visibility": "private",
            "parent_id": null, "web_url": "", "created_at": minutes(0), "shared_with_groups": self.group_shares,
        }))
    }

    pub(super) fn group_members(&self, group: &str) -> GitLabFound {
        let team = self.world.teams.iter().find(|(team, _)| team.as_str().eq_ignore_ascii_case(group));
        let missing = GitLabFound::Missing(404, "404 Group Not Found");
        team.map_or(missing, |(_, members)| {
            GitLabFound::List(members.iter().map(|account| self.member_body(account, 30)).collect())
        })
    }

    pub(super) fn protected_bodies(&self) -> Vec<Value> {
        self.protected.iter().enumerate().map(|(index, rule)| self.protected_body(index, rule)).collect()
    }

    fn protected_body(&self, index: usize, rule: &ProtectedRule) -> Value {
        let level = |(index, pusher): (usize, &Pusher)| {
            let mut entry = json!({
                "id": FIRST_ENTRY + index, "access_level": 40, "access_level_description": "Maintainers",
                "user_id": null, "group_id": null, "deploy_key_id": null,
            });
            match pusher {
                Pusher::Level(level) => {
                    entry["access_level"] = json!(level);
                    entry["access_level_description"] = json!(match level {
                        0 => "No one",
                        30 => "Developers + Maintainers",
                        40 => "Maintainers",
                        _ => "Administrators",
                    });
                }
                Pusher::User(id) => entry["user_id"] = json!(id),
                Pusher::Group(id) => entry["group_id"] = json!(id),
                Pusher::Key(id) => entry["deploy_key_id"] = json!(id),
            }
            entry
        };
        let mut body = json!({
            "id": 1 + index, "name": rule.name, "allow_force_push": rule.force,
            "push_access_levels": rule.push.iter().enumerate().map(level).collect::<Vec<_>>(),
            "merge_access_levels": rule.merge.iter().enumerate().map(|(index, it)| level((80 + index, it))).collect::<Vec<_>>(),
            "unprotect_access_levels": [],
        });
        if self.licensed.is_some() {
            body["code_owner_approval_required"] = json!(rule.owners);
            body["inherited"] = json!(rule.inherited);
        }
        body
    }

    pub(super) fn rule_bodies(&self, rules: &[(String, u64)]) -> Vec<Value> {
        let body = |(index, (name, count)): (usize, &(String, u64))| {
            json!({
                "id": FIRST_RULE + index, "name": name, "rule_type": "any_approver", "report_type": null,
                "eligible_approvers": [], "approvals_required": count, "users": [], "groups": [],
                "contains_hidden_groups": false, "protected_branches": [],
                "applies_to_all_protected_branches": false, "overridden": false,
            })
        };
        rules.iter().enumerate().map(body).collect()
    }

    pub(super) fn approval_state_body(&self, licensed: &Licensed) -> Value {
        let rules = self.rule_bodies(licensed.changed.as_ref().unwrap_or(&licensed.rules));
        let approved = |mut rule: Value| {
            extend(&mut rule, json!({ "approved": true, "approved_by": [], "source_rule": null }));
            rule
        };
        let rules: Vec<Value> = rules.into_iter().map(approved).collect();
        json!({ "approval_rules_overwritten": licensed.changed.is_some(), "rules": rules })
    }

    pub(super) fn external_bodies(&self, licensed: &Licensed, of_request: bool) -> Vec<Value> {
        let body = |(id, name, status): &(u64, String, String)| {
            let mut body = json!({ "id": id, "name": name, "external_url": "https://checks.example.test/" });
            if of_request {
                body["status"] = json!(status);
            } else {
                extend(&mut body, json!({ "project_id": PROJECT, "hmac": true, "protected_branches": [] }));
            }
            body
        };
        licensed.external.iter().map(body).collect()
    }

    pub(super) fn train_bodies(&self) -> Vec<Value> {
        let author = self.maybe_user(self.world.request.author.as_ref());
        let body = |(index, (iid, sha)): (usize, &(u64, Option<portcullis_model::change::Revision>))| {
            let pipeline = sha.as_ref().map(|sha| {
                json!({ "id": 5900 + index, "iid": index, "project_id": PROJECT, "sha": sha,
                        "ref": format!("refs/merge-requests/{iid}/train"), "status": "running",
                        "source": "merge_request_event", "created_at": minutes(60), "updated_at": minutes(60),
                        "web_url": "" })
            });
            json!({
                "id": 70 + index, "user": author, "created_at": minutes(60), "updated_at": minutes(60),
                "merge_request": { "id": 693 + iid, "iid": iid, "project_id": PROJECT, "title": "Load",
                                   "description": null, "state": "opened", "created_at": minutes(5),
                                   "updated_at": minutes(5), "web_url": "" },
                "target_branch": self.world.branch.name, "status": "fresh", "merged_at": null, "duration": 0,
                "pipeline": pipeline,
            })
        };
        self.train.iter().enumerate().map(body).collect()
    }

    fn environment_body(&self, index: usize, name: &str) -> Value {
        json!({
            "id": 50 + index, "name": name, "slug": name, "external_url": "", "state": "available",
            "tier": "production", "created_at": minutes(0), "updated_at": minutes(0), "description": null,
            "auto_stop_at": null, "auto_stop_setting": "always", "enable_advanced_logs_querying": false,
            "logs_api_path": "", "last_deployment": null,
        })
    }

    pub(super) fn environment_bodies(&self) -> Vec<Value> {
        let mut names: Vec<&str> =
            self.world.deployments.iter().map(|one| one.environment.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter().enumerate().map(|(index, name)| self.environment_body(index, name)).collect()
    }

    /// Newest first. A deployment that is inactive since was taken back: its environment is
    /// stopped.
    pub(super) fn deployment_bodies(&self, query: Query<'_>) -> Vec<Value> {
        let asked = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let mut all: Vec<(&Deployed, &str, Timestamp)> =
            self.world.deployments.iter().filter_map(end_of).collect();
        all.retain(|(one, status, _)| {
            asked("environment").is_none_or(|name| name == one.environment)
                && asked("status").is_none_or(|wanted| wanted == *status)
        });
        all.sort_by_key(|(one, _, at)| std::cmp::Reverse((*at, one.id)));
        all.into_iter().map(|(one, status, at)| self.deployment_body(one, status, at)).collect()
    }

    fn deployment_body(&self, one: &Deployed, status: &str, at: Timestamp) -> Value {
        let user = self.maybe_user(self.world.request.author.as_ref());
        let mut environment = self.environment_body(0, &one.environment);
        if one.states.last().is_some_and(|(state, _)| state == "inactive") {
            environment["state"] = json!("stopped");
        }
        json!({
            "id": one.id, "iid": one.id, "ref": self.world.branch.name, "sha": one.revision, "created_at": at,
            "updated_at": at, "status": status, "user": user, "environment": environment, "deployable": null,
        })
    }
}

/// How a deployment ended, in GitLab's words, and when.
fn end_of(one: &Deployed) -> Option<(&Deployed, &'static str, Timestamp)> {
    let (state, at) = one.states.iter().rfind(|(state, _)| state != "inactive")?;
    let status = match state.as_str() {
        "success" => "success",
        "failure" | "error" => "failed",
        _ => "running",
    };
    Some((one, status, *at))
}

pub(super) fn extend(body: &mut Value, more: Value) {
    if let (Value::Object(fields), Value::Object(more)) = (body, more) {
        fields.extend::<Map<String, Value>>(more);
    }
}

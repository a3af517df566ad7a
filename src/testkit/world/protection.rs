//! The JSON of branches, rulesets and classic protection, REST and GraphQL.

use super::{Classic, Ruleset, World, number};
use portcullis_model::protection::{ActorKind, Bypass, BypassMode, Rule};
use serde_json::{Value, json};

/// The number of the first ruleset that was imported.
const IMPORTED: u64 = 9_000;

impl World {
    pub(super) fn branch_body(&self) -> Value {
        let url = self.below(&format!("branches/{}", self.branch.name));
        let accounts = portcullis_model::review::CommitAccounts { author: None, committer: None };
        json!({
            "name": self.branch.name, "commit": self.commit_body(&(self.branch.tip.clone(), accounts)),
            "protected": self.branch.protected, "protection_url": format!("{url}/protection"),
            "_links": { "html": url, "self": url },
            "protection": {
                "enabled": self.classic.is_some(),
                "required_status_checks": { "enforcement_level": "off", "contexts": [], "checks": [] },
            },
        })
    }

    /// What is active on the branch; rulesets that are only evaluated or disabled do not show.
    pub(super) fn rule_bodies(&self) -> Vec<Value> {
        let active = self.rulesets.iter().filter(|ruleset| ruleset.enforcement == "active");
        let own = active.flat_map(|ruleset| self.rules_with_source(ruleset));
        let imported = self.imported.iter().enumerate().filter(|(_, one)| one["enforcement"] == "active");
        own.chain(imported.flat_map(|(place, one)| self.imported_rules(place, one))).collect()
    }

    fn imported_rules(&self, place: usize, ruleset: &Value) -> Vec<Value> {
        let covers = ruleset["conditions"]["ref_name"]["include"].as_array();
        let branch = format!("refs/heads/{}", self.branch.name);
        if !covers.is_some_and(|all| all.iter().any(|one| *one == branch)) {
            return Vec::new();
        }
        let mut rules = ruleset["rules"].as_array().cloned().unwrap_or_default();
        for rule in &mut rules {
            rule["ruleset_source_type"] = json!("Repository");
            rule["ruleset_source"] = json!(self.repository);
            rule["ruleset_id"] = json!(IMPORTED + place as u64);
        }
        rules
    }

    /// A ruleset that was imported, by its number.
    pub(super) fn imported_body(&self, id: &str) -> Option<Value> {
        let place = usize::try_from(id.parse::<u64>().ok()?.checked_sub(IMPORTED)?).ok()?;
        let mut body = self.imported.get(place)?.clone();
        body["id"] = json!(IMPORTED + place as u64);
        body["source_type"] = json!("Repository");
        body["source"] = json!(self.repository);
        Some(body)
    }

    fn rules_with_source(&self, ruleset: &Ruleset) -> Vec<Value> {
        let mut rules = rules(&ruleset.rules);
        for rule in &mut rules {
            rule["ruleset_source_type"] = json!("Repository");
            rule["ruleset_source"] = json!(self.repository);
            rule["ruleset_id"] = json!(ruleset.id);
        }
        rules
    }

    pub(super) fn ruleset_body(&self, ruleset: &Ruleset) -> Value {
        let mut body = json!({
            "id": ruleset.id, "name": ruleset.name, "target": "branch", "source_type": "Repository",
            "source": self.repository, "enforcement": ruleset.enforcement, "node_id": format!("RRS_{}", ruleset.id),
            "conditions": { "ref_name": { "include": [format!("refs/heads/{}", self.branch.name)], "exclude": [] } },
            "rules": rules(&ruleset.rules),
            "created_at": super::minutes(0), "updated_at": super::minutes(0),
        });
        if let Some(bypass) = &ruleset.bypass {
            body["bypass_actors"] = bypass.iter().map(ruleset_actor).collect();
        }
        body
    }

    pub(super) fn classic_body(&self, classic: &Classic) -> Value {
        let url = self.below(&format!("branches/{}/protection", self.branch.name));
        let on = |rule: Rule| json!({ "enabled": classic.rules.contains(&rule) });
        let off = |rule: Rule| json!({ "enabled": !classic.rules.contains(&rule) });
        let mut body = json!({
            "url": url,
            "enforce_admins": { "url": url, "enabled": classic.enforce_admins },
            "required_signatures": { "url": url, "enabled": classic.rules.contains(&Rule::SignedCommits) },
            "required_linear_history": on(Rule::LinearHistory),
            "required_conversation_resolution": on(Rule::ConversationResolution),
            "allow_force_pushes": off(Rule::NoForcePush),
            "allow_deletions": off(Rule::NoDeletion),
            "block_creations": { "enabled": false },
            "lock_branch": { "enabled": false },
            "allow_fork_syncing": { "enabled": false },
        });
        if classic.rules.contains(&Rule::ChangeRequest) {
            body["required_pull_request_reviews"] = self.classic_reviews(classic, &url);
        }
        if classic.rules.iter().any(|rule| matches!(rule, Rule::Check { .. })) {
            body["required_status_checks"] = classic_checks(&classic.rules, &url);
        }
        body
    }

    /// The allowances are there only when there are any, as GitHub does it.
    fn classic_reviews(&self, classic: &Classic, url: &str) -> Value {
        let has = |rule: Rule| classic.rules.contains(&rule);
        let mut body = json!({
            "url": format!("{url}/required_pull_request_reviews"),
            "required_approving_review_count": approvals(&classic.rules),
            "dismiss_stale_reviews": has(Rule::DismissStale),
            "require_code_owner_reviews": has(Rule::CodeOwners),
            "require_last_push_approval": has(Rule::LastPushApproval),
        });
        if !classic.change_request_bypass.is_empty() {
            body["bypass_pull_request_allowances"] = self.allowances(&classic.change_request_bypass);
        }
        body
    }

    fn allowances(&self, bypass: &[Bypass]) -> Value {
        let of = |kind: ActorKind, body: &dyn Fn(u64, &str) -> Value| -> Vec<Value> {
            let actors = bypass.iter().filter(|actor| actor.kind == kind);
            actors
                .map(|actor| {
                    body(actor.id.as_ref().and_then(number).unwrap_or(0), actor.name.as_deref().unwrap_or(""))
                })
                .collect()
        };
        json!({
            "users": of(ActorKind::User, &|id, name| self.user(&super::person(name, id))),
            "teams": of(ActorKind::Team, &|id, name| self.team(id, name)),
            "apps": of(ActorKind::App, &|id, name| self.app(id, name)),
        })
    }

    fn team(&self, id: u64, slug: &str) -> Value {
        let url = format!("{}/teams/{id}", self.address);
        json!({
            "id": id, "node_id": format!("T_{id}"), "url": url, "html_url": url, "members_url": url,
            "repositories_url": url, "name": slug, "slug": slug, "description": null, "permission": "push",
            "parent": null, "type": "organization",
        })
    }

    /// The answer of GraphQL, as a JSON value.
    pub(crate) fn graphql_answer(&self) -> Value {
        self.graphql_body()
    }

    /// The rule of classic protection, as GraphQL shows it; null where there is none.
    pub(crate) fn classic_rule_body(&self) -> Value {
        self.classic.as_ref().map_or(Value::Null, |classic| {
            json!({
                "allowsForcePushes": !classic.rules.contains(&Rule::NoForcePush),
                "isAdminEnforced": classic.enforce_admins,
                "requiredApprovingReviewCount": approvals(&classic.rules),
                "bypassForcePushAllowances": graphql_allowances(&classic.force_push_bypass),
                "bypassPullRequestAllowances": graphql_allowances(&classic.change_request_bypass),
            })
        })
    }

    /// The answer to all questions: about allowances, about the authors of commits, and about the
    /// merge queue.
    pub(super) fn graphql_body(&self) -> Value {
        let rule = self.classic_rule_body();
        let mut fields = self.author_fields();
        fields.insert("ref".to_string(), json!({ "branchProtectionRule": rule }));
        fields.insert("mergeQueue".to_string(), self.queue_body());
        json!({ "data": { "repository": fields } })
    }
}

impl World {
    /// A page of the queue: no more entries than the page is long.
    fn queue_body(&self) -> Value {
        let Some(queue) = &self.queue else { return Value::Null };
        let before = |at: usize| at.checked_sub(1).and_then(|at| queue[at].commit.clone());
        let node = |(at, entry): (usize, &super::Queued)| {
            let (oid, base) = (entry.commit.as_ref(), before(at).unwrap_or_else(|| self.branch.tip.clone()));
            json!({
                "position": at + 1, "state": "AWAITING_CHECKS", "solo": false, "jump": false,
                "enqueuer": { "login": "kim-example" }, "baseCommit": { "oid": base },
                "headCommit": oid.map(|oid| json!({ "oid": oid })),
                "pullRequest": { "number": entry.request, "headRefOid": entry.taken },
            })
        };
        let nodes: Vec<Value> = queue.iter().enumerate().take(self.page_size).map(node).collect();
        let more = queue.len() > nodes.len();
        json!({ "entries": { "totalCount": queue.len(), "pageInfo": { "hasNextPage": more }, "nodes": nodes } })
    }
}

fn approvals(rules: &[Rule]) -> u64 {
    let counts = rules.iter().filter_map(|rule| match rule {
        Rule::Approvals(count) => Some(*count),
        _ => None,
    });
    counts.max().unwrap_or(0)
}

/// The rules as a ruleset has them: those about requests in one, those about checks in another.
fn rules(wanted: &[Rule]) -> Vec<Value> {
    let has = |rule: Rule| wanted.contains(&rule);
    let mut rules = Vec::new();
    if has(Rule::ChangeRequest) {
        rules.push(json!({ "type": "pull_request", "parameters": {
            "required_approving_review_count": approvals(wanted),
            "dismiss_stale_reviews_on_push": has(Rule::DismissStale),
            "require_code_owner_review": has(Rule::CodeOwners),
            "require_last_push_approval": has(Rule::LastPushApproval),
            "required_review_thread_resolution": has(Rule::ConversationResolution),
            "allowed_merge_methods": ["merge", "squash", "rebase"],
        }}));
    }
    let checks: Vec<Value> = wanted.iter().filter_map(ruleset_check).collect();
    if !checks.is_empty() {
        rules.push(json!({ "type": "required_status_checks", "parameters": {
            "required_status_checks": checks,
            "strict_required_status_checks_policy": has(Rule::UpToDate),
        }}));
    }
    let plain = [
        (Rule::NoForcePush, "non_fast_forward"),
        (Rule::NoDeletion, "deletion"),
        (Rule::SignedCommits, "required_signatures"),
        (Rule::LinearHistory, "required_linear_history"),
    ];
    rules.extend(
        plain.into_iter().filter(|(rule, _)| has(rule.clone())).map(|(_, kind)| json!({ "type": kind })),
    );
    rules
}

fn ruleset_check(rule: &Rule) -> Option<Value> {
    match rule {
        Rule::Check { name, app: Some(app) } => {
            Some(json!({ "context": name, "integration_id": number(app) }))
        }
        Rule::Check { name, app: None } => Some(json!({ "context": name })),
        _ => None,
    }
}

fn classic_checks(rules: &[Rule], url: &str) -> Value {
    let checks: Vec<(&String, Option<u64>)> = rules
        .iter()
        .filter_map(|rule| match rule {
            Rule::Check { name, app } => Some((name, app.as_ref().and_then(number))),
            _ => None,
        })
        .collect();
    let contexts: Vec<&String> = checks.iter().map(|(name, _)| *name).collect();
    let checks: Vec<Value> =
        checks.iter().map(|(name, app)| json!({ "context": name, "app_id": app })).collect();
    json!({
        "url": format!("{url}/required_status_checks"), "strict": rules.contains(&Rule::UpToDate),
        "contexts_url": format!("{url}/required_status_checks/contexts"), "contexts": contexts, "checks": checks,
    })
}

fn ruleset_actor(actor: &Bypass) -> Value {
    let kind = match actor.kind {
        ActorKind::App => "Integration",
        ActorKind::OrganizationAdmin => "OrganizationAdmin",
        ActorKind::RepositoryRole | ActorKind::Administrators => "RepositoryRole",
        ActorKind::Team => "Team",
        ActorKind::DeployKey => "DeployKey",
        ActorKind::User => "User",
        ActorKind::Enterprise => "EnterpriseOwner",
        ActorKind::Writers | ActorKind::ServerAccess | ActorKind::Other => "SomethingNew",
    };
    let mode = match actor.mode {
        BypassMode::Always => "always",
        BypassMode::ChangeRequest => "pull_request",
        BypassMode::Exempt => "exempt",
    };
    json!({ "actor_id": actor.id.as_ref().and_then(number), "actor_type": kind, "bypass_mode": mode })
}

fn graphql_allowances(bypass: &[Bypass]) -> Value {
    let nodes: Vec<Value> = bypass.iter().map(|actor| json!({ "actor": graphql_actor(actor) })).collect();
    json!({ "totalCount": nodes.len(), "pageInfo": { "hasNextPage": false }, "nodes": nodes })
}

fn graphql_actor(actor: &Bypass) -> Value {
    let id = actor.id.as_ref().and_then(number);
    match actor.kind {
        ActorKind::User => json!({ "__typename": "User", "login": actor.name, "databaseId": id }),
        ActorKind::Team => json!({ "__typename": "Team", "slug": actor.name, "databaseId": id }),
        _ => json!({ "__typename": "App", "slug": actor.name, "databaseId": id }),
    }
}

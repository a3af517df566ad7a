//! The JSON of Gitea and Forgejo, as their OpenAPI descriptions give it; only the fields that we
//! read.
//!
//! Three things are kept apart where they differ in meaning. A plain field must be there. A field
//! under [`nullable`] must be there and may be `null`. An `Option` without it may also be missing.

use jiff::Timestamp;
use portcullis_model::fact::nullable;
use serde::Deserialize;

/// "User". Numbers of people are positive; -1 stands for an account that is gone.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct User {
    pub id: i64,
    pub login: String,
}

/// "PullRequest".
#[derive(Debug, Deserialize)]
pub(super) struct PullRequest {
    pub number: u64,
    pub title: String,
    pub state: String,
    #[serde(deserialize_with = "nullable")]
    pub user: Option<User>,
    pub merged: bool,
    #[serde(deserialize_with = "nullable")]
    pub merged_at: Option<Timestamp>,
    pub head: PullRequestSide,
    pub base: PullRequestSide,
}

/// "PRBranchInfo". `repo` is null when the fork is gone; `ref` is `refs/pull/N/head` when the
/// branch is gone, or when the request came without one.
#[derive(Debug, Deserialize)]
pub(super) struct PullRequestSide {
    #[serde(rename = "ref")]
    pub branch: String,
    pub sha: String,
    #[serde(deserialize_with = "nullable")]
    pub repo: Option<RepositoryPart>,
}

/// "Repository".
#[derive(Debug, Deserialize)]
pub(super) struct RepositoryPart {
    pub full_name: String,
}

/// "Reference".
#[derive(Debug, Deserialize)]
pub(super) struct GitReference {
    #[serde(rename = "ref")]
    pub name: String,
    pub object: GitObject,
}

/// "GitObject".
#[derive(Debug, Deserialize)]
pub(super) struct GitObject {
    pub sha: String,
}

/// "Branch". What follows `protected` is a part of the rule that is in force; the name of the rule
/// is empty for whoever is no administrator.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Branch {
    pub name: String,
    pub commit: BranchTip,
    pub protected: bool,
    pub required_approvals: u64,
    pub enable_status_check: bool,
    #[serde(deserialize_with = "nullable")]
    pub status_check_contexts: Option<Vec<String>>,
    pub effective_branch_protection_name: String,
}

/// "PayloadCommit".
#[derive(Clone, Debug, Deserialize)]
pub(super) struct BranchTip {
    pub id: String,
}

/// "PullReview". `submitted_at` is when it was begun, and is not read.
#[derive(Debug, Deserialize)]
pub(super) struct PullReview {
    pub id: u64,
    #[serde(deserialize_with = "nullable")]
    pub user: Option<User>,
    pub state: String,
    pub commit_id: String,
    pub dismissed: bool,
    pub pull_request_url: String,
}

/// "TimelineComment": something that happened to a request.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct TimelineEntry {
    pub id: u64,
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(deserialize_with = "nullable")]
    pub user: Option<User>,
    pub body: String,
    pub created_at: Timestamp,
    pub review_id: u64,
    pub pull_request_url: String,
}

/// What the body of an entry `pull_push` holds, as text.
#[derive(Debug, Deserialize)]
pub(super) struct PushBody {
    pub is_force_push: bool,
    #[serde(deserialize_with = "nullable")]
    pub commit_ids: Option<Vec<String>>,
}

/// "Commit". `author` and `committer` are the accounts that the addresses belong to.
#[derive(Debug, Deserialize)]
pub(super) struct CommitItem {
    pub sha: String,
    #[serde(deserialize_with = "nullable")]
    pub author: Option<User>,
    #[serde(deserialize_with = "nullable")]
    pub committer: Option<User>,
}

/// "Compare".
#[derive(Debug, Deserialize)]
pub(super) struct Comparison {
    pub total_commits: u64,
    #[serde(deserialize_with = "nullable")]
    pub commits: Option<Vec<ComparedCommit>>,
}

/// A commit of a comparison.
#[derive(Debug, Deserialize)]
pub(super) struct ComparedCommit {
    pub sha: String,
}

/// "RepoCollaboratorPermission".
#[derive(Debug, Deserialize)]
pub(super) struct CollaboratorPermission {
    pub permission: String,
    #[serde(deserialize_with = "nullable")]
    pub user: Option<User>,
}

/// "Team".
#[derive(Debug, Deserialize)]
pub(super) struct TeamItem {
    pub id: u64,
    pub name: String,
}

/// "CommitStatus". `creator` is null when the account is gone, and where the server does not say
/// that its own Actions wrote it. `url` ends with the commit.
#[derive(Debug, Deserialize)]
pub(super) struct CommitStatus {
    pub id: u64,
    pub status: String,
    pub context: String,
    #[serde(deserialize_with = "nullable")]
    pub creator: Option<User>,
    pub url: String,
}

/// "BranchProtection". The fields that only one of the two hosts has are at the end.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct ProtectionRule {
    pub rule_name: String,
    pub created_at: Timestamp,
    pub enable_push: bool,
    pub enable_push_whitelist: bool,
    #[serde(deserialize_with = "nullable")]
    pub push_whitelist_usernames: Option<Vec<String>>,
    #[serde(deserialize_with = "nullable")]
    pub push_whitelist_teams: Option<Vec<String>>,
    pub push_whitelist_deploy_keys: bool,
    pub enable_status_check: bool,
    #[serde(deserialize_with = "nullable")]
    pub status_check_contexts: Option<Vec<String>>,
    pub required_approvals: u64,
    pub dismiss_stale_approvals: bool,
    pub block_on_outdated_branch: bool,
    pub require_signed_commits: bool,
    pub unprotected_file_patterns: String,
    /// Forgejo before 8 and Gitea before 1.22 do not have it; then it is off.
    pub ignore_stale_approvals: Option<bool>,
    /// Newer servers of both have it; else code owners are only asked.
    pub block_on_codeowner_reviews: Option<bool>,
    pub priority: Option<i64>,
    pub block_admin_merge_override: Option<bool>,
    pub enable_force_push: Option<bool>,
    pub enable_force_push_allowlist: Option<bool>,
    pub force_push_allowlist_usernames: Option<Vec<String>>,
    pub force_push_allowlist_teams: Option<Vec<String>>,
    pub force_push_allowlist_deploy_keys: Option<bool>,
    pub apply_to_admins: Option<bool>,
}

/// "Organization".
#[derive(Debug, Deserialize)]
pub(super) struct Organisation {
    pub id: i64,
}

//! GitHub's JSON, as its OpenAPI description gives it; only the fields that we read.
//!
//! Three things are kept apart where they differ in meaning. A plain field must be there. A field
//! under
//! [`nullable`] must be there and may be `null`. An `Option` without it may also be missing.

use jiff::Timestamp;
use portcullis_model::fact::nullable;
use serde::Deserialize;
use std::collections::BTreeMap;

/// "Simple User".
#[derive(Clone, Debug, Deserialize)]
pub(super) struct SimpleUser {
    pub login: String,
    pub id: u64,
    #[serde(rename = "type")]
    pub kind: String,
}

/// "Pull Request".
#[derive(Debug, Deserialize)]
pub(super) struct PullRequest {
    pub number: u64,
    pub title: String,
    pub state: String,
    #[serde(deserialize_with = "nullable")]
    pub user: Option<SimpleUser>,
    #[serde(deserialize_with = "nullable")]
    pub merged_at: Option<Timestamp>,
    pub head: Head,
    pub base: Base,
}

/// An item of "List pull requests associated with a commit".
#[derive(Debug, Deserialize)]
pub(super) struct AssociatedPull {
    pub number: u64,
    #[serde(deserialize_with = "nullable")]
    pub merged_at: Option<Timestamp>,
    pub base: Base,
}

/// The `head` of a pull request; `repo` is null when the fork is gone.
#[derive(Debug, Deserialize)]
pub(super) struct Head {
    #[serde(rename = "ref")]
    pub branch: String,
    pub sha: String,
    #[serde(deserialize_with = "nullable")]
    pub repo: Option<RepositoryPart>,
}

/// The `base` of a pull request.
#[derive(Debug, Deserialize)]
pub(super) struct Base {
    #[serde(rename = "ref")]
    pub branch: String,
    pub repo: Option<RepositoryPart>,
}

/// "Repository".
#[derive(Debug, Deserialize)]
pub(super) struct RepositoryPart {
    pub full_name: String,
}

/// "Deployment". `sha` is the commit, whatever `ref` was named.
#[derive(Debug, Deserialize)]
pub(super) struct DeploymentItem {
    pub id: u64,
    pub sha: String,
    pub environment: String,
    /// An answer without it is of any time before its last status.
    pub created_at: Option<Timestamp>,
    pub updated_at: Timestamp,
}

/// "Deployment Status".
#[derive(Debug, Deserialize)]
pub(super) struct DeploymentStatus {
    pub id: u64,
    pub state: String,
    pub created_at: Timestamp,
}

/// "Branch With Protection".
#[derive(Debug, Deserialize)]
pub(super) struct BranchWithProtection {
    pub name: String,
    pub commit: Tip,
    pub protected: bool,
}

/// The commit of a branch.
#[derive(Debug, Deserialize)]
pub(super) struct Tip {
    pub sha: String,
}

/// "Pull Request Review". `commit_id` is null when the commit is gone; `submitted_at` is missing
/// while pending.
#[derive(Debug, Deserialize)]
pub(super) struct PullRequestReview {
    pub id: u64,
    #[serde(deserialize_with = "nullable")]
    pub user: Option<SimpleUser>,
    pub state: String,
    #[serde(deserialize_with = "nullable")]
    pub commit_id: Option<String>,
    pub submitted_at: Option<Timestamp>,
    pub pull_request_url: String,
}

/// "Issue Event", of any kind.
#[derive(Debug, Deserialize)]
pub(super) struct IssueEvent {
    pub event: String,
    pub created_at: Timestamp,
}

/// "Commit". `author` and `committer` are the accounts that the addresses belong to.
#[derive(Debug, Deserialize)]
pub(super) struct CommitItem {
    pub sha: String,
    #[serde(deserialize_with = "nullable")]
    pub author: Option<MaybeUser>,
    #[serde(deserialize_with = "nullable")]
    pub committer: Option<MaybeUser>,
}

/// "Simple User" or "Empty Object": GitHub documents both for the accounts of a commit.
#[derive(Debug, Deserialize)]
pub(super) struct MaybeUser {
    pub login: Option<String>,
    pub id: Option<u64>,
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

/// "Repository Collaborator Permission".
#[derive(Debug, Deserialize)]
pub(super) struct Collaborator {
    pub permission: String,
    pub role_name: String,
    #[serde(deserialize_with = "nullable")]
    pub user: Option<SimpleUser>,
}

/// "Activity".
#[derive(Debug, Deserialize)]
pub(super) struct RepositoryActivity {
    pub id: u64,
    pub before: String,
    pub after: String,
    #[serde(rename = "ref")]
    pub reference: String,
    pub timestamp: Timestamp,
    #[serde(deserialize_with = "nullable")]
    pub actor: Option<SimpleUser>,
}

/// "Commit Comparison": the commits that its head has and its base has not, oldest first.
#[derive(Debug, Deserialize)]
pub(super) struct Comparison {
    pub base_commit: Tip,
    pub total_commits: u64,
    pub commits: Vec<Tip>,
}

/// A page of check runs.
#[derive(Debug, Deserialize)]
pub(super) struct CheckRuns {
    pub total_count: u64,
    pub check_runs: Vec<CheckRun>,
}

/// "CheckRun".
#[derive(Debug, Deserialize)]
pub(super) struct CheckRun {
    pub id: u64,
    pub name: String,
    pub head_sha: String,
    pub status: String,
    #[serde(deserialize_with = "nullable")]
    pub conclusion: Option<String>,
    #[serde(deserialize_with = "nullable")]
    pub app: Option<App>,
    pub check_suite: Option<CheckSuite>,
}

/// The check suite of a check run.
#[derive(Debug, Deserialize)]
pub(super) struct CheckSuite {
    pub id: u64,
}

/// A page of workflow runs.
#[derive(Debug, Deserialize)]
pub(super) struct WorkflowRuns {
    pub total_count: u64,
    pub workflow_runs: Vec<WorkflowRunItem>,
}

/// "Workflow Run".
#[derive(Debug, Deserialize)]
pub(super) struct WorkflowRunItem {
    pub id: u64,
    pub workflow_id: u64,
    pub run_number: u64,
    /// The description does not require it.
    pub run_attempt: Option<u64>,
    pub event: String,
    pub head_sha: String,
    pub check_suite_id: Option<u64>,
}

/// "GitHub app". The name in addresses is not required by the description.
#[derive(Debug, Deserialize)]
pub(super) struct App {
    pub id: u64,
    pub slug: Option<String>,
}

/// "Status".
#[derive(Debug, Deserialize)]
pub(super) struct Status {
    pub id: u64,
    pub context: String,
    pub state: String,
    #[serde(deserialize_with = "nullable")]
    pub creator: Option<SimpleUser>,
    pub url: Option<String>,
}

/// A page of the rules that are active on a branch.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct BranchRules(pub Vec<BranchRule>);

/// A rule that is active on a branch, with the ruleset it comes from.
#[derive(Debug, Deserialize)]
pub(super) struct BranchRule {
    #[serde(rename = "type")]
    pub kind: String,
    pub ruleset_id: Option<u64>,
    /// Read by the kinds that have any.
    pub parameters: Option<serde_json::Value>,
}

/// The parameters of a `pull_request` rule.
#[derive(Debug, Deserialize)]
pub(super) struct PullRequestParameters {
    pub required_approving_review_count: u64,
    pub dismiss_stale_reviews_on_push: bool,
    pub require_code_owner_review: bool,
    pub require_last_push_approval: bool,
    pub required_review_thread_resolution: bool,
}

/// The parameters of a `required_status_checks` rule.
#[derive(Debug, Deserialize)]
pub(super) struct StatusCheckParameters {
    pub required_status_checks: Vec<RulesetCheck>,
    pub strict_required_status_checks_policy: bool,
}

/// "StatusCheckConfiguration".
#[derive(Debug, Deserialize)]
pub(super) struct RulesetCheck {
    pub context: String,
    pub integration_id: Option<i64>,
}

/// "Repository ruleset". `bypass_actors` is missing unless the caller may change the ruleset.
#[derive(Debug, Deserialize)]
pub(super) struct RepositoryRuleset {
    pub id: u64,
    pub name: String,
    pub enforcement: String,
    pub bypass_actors: Option<Vec<BypassActor>>,
}

/// "Repository Ruleset Bypass Actor".
#[derive(Debug, Deserialize)]
pub(super) struct BypassActor {
    pub actor_id: Option<u64>,
    pub actor_type: String,
    pub bypass_mode: Option<String>,
}

/// "Branch Protection". GitHub leaves the first two out when they are off; the switches after them
/// are always given.
#[derive(Debug, Deserialize)]
pub(super) struct BranchProtection {
    pub required_pull_request_reviews: Option<ClassicReviews>,
    pub required_status_checks: Option<ClassicChecks>,
    pub enforce_admins: Option<Switch>,
    pub required_conversation_resolution: Option<Switch>,
    pub required_signatures: Option<Switch>,
    pub required_linear_history: Option<Switch>,
    pub allow_force_pushes: Option<Switch>,
    pub allow_deletions: Option<Switch>,
}

/// A setting that is on or off.
#[derive(Debug, Deserialize)]
pub(super) struct Switch {
    pub enabled: bool,
}

/// "Protected Branch Pull Request Review". The allowances are missing when there are none.
#[derive(Debug, Deserialize)]
pub(super) struct ClassicReviews {
    pub required_approving_review_count: Option<u64>,
    pub dismiss_stale_reviews: bool,
    pub require_code_owner_reviews: bool,
    pub require_last_push_approval: Option<bool>,
    pub bypass_pull_request_allowances: Option<ClassicAllowances>,
}

/// Actors of a classic allowance.
#[derive(Debug, Deserialize)]
pub(super) struct ClassicAllowances {
    pub users: Vec<SimpleUser>,
    pub teams: Vec<Team>,
    pub apps: Vec<App>,
}

/// "Team".
#[derive(Debug, Deserialize)]
pub(super) struct Team {
    pub id: u64,
    pub slug: String,
}

/// "Protected Branch Required Status Check". `contexts` is the older form of `checks`, without
/// apps.
#[derive(Debug, Deserialize)]
pub(super) struct ClassicChecks {
    pub strict: Option<bool>,
    pub contexts: Vec<String>,
    pub checks: Vec<ClassicCheck>,
}

/// One required check; `app_id` is null or -1 when any app will do.
#[derive(Debug, Deserialize)]
pub(super) struct ClassicCheck {
    pub context: String,
    #[serde(deserialize_with = "nullable")]
    pub app_id: Option<i64>,
}

/// What "Get a repository" says of the owner.
#[derive(Debug, Deserialize)]
pub(super) struct OwnedRepository {
    pub owner: SimpleUser,
}

/// "Collaborator".
#[derive(Debug, Deserialize)]
pub(super) struct ListedCollaborator {
    #[serde(flatten)]
    pub user: SimpleUser,
    pub permissions: CollaboratorRights,
}

/// What a collaborator may do.
#[derive(Debug, Deserialize)]
pub(super) struct CollaboratorRights {
    pub admin: bool,
}

/// A page of "List app installations for an organization".
#[derive(Debug, Deserialize)]
pub(super) struct Installations {
    pub installations: Vec<Installation>,
}

/// "Installation". `suspended_at` is null, or missing, while the app may act.
#[derive(Debug, Deserialize)]
pub(super) struct Installation {
    pub app_id: u64,
    pub app_slug: String,
    pub permissions: BTreeMap<String, String>,
    pub suspended_at: Option<Timestamp>,
}

/// "Deploy Key".
#[derive(Debug, Deserialize)]
pub(super) struct DeployKey {
    pub id: u64,
    pub title: String,
    pub read_only: bool,
}

/// A page of "List custom repository roles in an organization".
#[derive(Debug, Deserialize)]
pub(super) struct CustomRepositoryRoles {
    pub custom_roles: Vec<CustomRole>,
}

/// A page of "Get all organization roles for an organization".
#[derive(Debug, Deserialize)]
pub(super) struct OrganizationRoles {
    pub roles: Vec<CustomRole>,
}

/// "Organization Custom Repository Role", or "Organization Role".
#[derive(Debug, Deserialize)]
pub(super) struct CustomRole {
    pub id: u64,
    pub name: String,
    pub permissions: Vec<String>,
}

/// "Organization Full". The plan is shown to owners, and to tokens that may read it.
#[derive(Debug, Deserialize)]
pub(super) struct Organization {
    pub plan: Option<Plan>,
}

/// The plan of an organisation.
#[derive(Debug, Deserialize)]
pub(super) struct Plan {
    pub name: String,
}

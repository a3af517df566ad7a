//! GitLab's JSON, as its documentation and entities give it; only the fields that we read.
//!
//! A plain field must be there. A field under [`nullable`] must be there and may be `null`. An
//! `Option` without it may also be missing: GitLab leaves fields out that the licence or the token
//! does not cover, and the reader says what that means.

use jiff::Timestamp;
use portcullis_model::fact::nullable;
use serde::{Deserialize, Deserializer};

/// "User", in its shortest form.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct User {
    pub id: u64,
    pub username: String,
    /// Only "Get a user" has it.
    pub bot: Option<bool>,
    /// Servers of 2023 and newer have it.
    pub public_email: Option<String>,
}

/// "Get a single merge request".
#[derive(Debug, Deserialize)]
pub(super) struct MergeRequest {
    pub iid: u64,
    pub title: String,
    pub state: String,
    #[serde(deserialize_with = "nullable")]
    pub author: Option<User>,
    #[serde(deserialize_with = "nullable")]
    pub merged_at: Option<Timestamp>,
    /// The head. Null for a request without commits.
    #[serde(deserialize_with = "nullable")]
    pub sha: Option<String>,
    pub source_branch: String,
    pub target_branch: String,
    /// Null when the fork is gone.
    #[serde(deserialize_with = "nullable")]
    pub source_project_id: Option<u64>,
    pub target_project_id: u64,
    pub references: Option<References>,
}

/// How a request is referred to.
#[derive(Debug, Deserialize)]
pub(super) struct References {
    /// `group/project!7`
    pub full: String,
}

/// An item of "List merge requests associated with a commit".
#[derive(Debug, Deserialize)]
pub(super) struct AssociatedRequest {
    pub iid: u64,
    pub target_branch: String,
    pub target_project_id: u64,
    #[serde(deserialize_with = "nullable")]
    pub merged_at: Option<Timestamp>,
}

/// "Get single repository branch".
#[derive(Debug, Deserialize)]
pub(super) struct Branch {
    pub name: String,
    pub protected: bool,
    /// May everyone of that level push?
    pub developers_can_push: Option<bool>,
    pub commit: Commit,
}

/// "Get a single commit".
#[derive(Debug, Deserialize)]
pub(super) struct Commit {
    pub id: String,
    pub parent_ids: Option<Vec<String>>,
}

/// "Get merge request diff versions".
#[derive(Debug, Deserialize)]
pub(super) struct Version {
    pub id: u64,
    #[serde(deserialize_with = "nullable")]
    pub head_commit_sha: Option<String>,
    pub created_at: Timestamp,
    pub state: String,
}

/// "Single merge request approval".
#[derive(Debug, Deserialize)]
pub(super) struct Approvals {
    /// Some servers leave it out.
    pub iid: Option<u64>,
    pub approved_by: Vec<ApprovedBy>,
}

/// Who approved; servers before 2025 do not say when.
#[derive(Debug, Deserialize)]
pub(super) struct ApprovedBy {
    #[serde(deserialize_with = "nullable")]
    pub user: Option<User>,
    pub approved_at: Option<Timestamp>,
}

/// "Get merge request reviewers".
#[derive(Debug, Deserialize)]
pub(super) struct Reviewer {
    #[serde(deserialize_with = "nullable")]
    pub user: Option<User>,
    pub state: String,
}

/// "List all merge request notes".
#[derive(Debug, Deserialize)]
pub(super) struct Note {
    pub id: u64,
    pub body: String,
    #[serde(deserialize_with = "nullable")]
    pub author: Option<User>,
    pub created_at: Timestamp,
    pub system: bool,
    pub noteable_iid: Option<u64>,
}

/// "List all visible events for a project".
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Event {
    /// Older servers have none.
    pub id: Option<u64>,
    pub created_at: Timestamp,
    pub author: Option<User>,
    pub push_data: Option<PushData>,
}

/// What was pushed. A push of many refs at once is one event without a ref, with their number.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct PushData {
    pub ref_type: String,
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    pub commit_from: Option<String>,
    pub commit_to: Option<String>,
}

/// "List protected branches": one rule, which may name branches with `*`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct ProtectedBranch {
    pub name: String,
    pub push_access_levels: Vec<AccessLevel>,
    pub merge_access_levels: Option<Vec<AccessLevel>>,
    pub unprotect_access_levels: Option<Vec<AccessLevel>>,
    pub allow_force_push: Option<bool>,
    /// Only where the plan has code owners.
    pub code_owner_approval_required: Option<bool>,
    /// Is it a rule of the group?
    #[serde(default)]
    pub inherited: bool,
}

/// Who may: one of three kinds of actors, or everybody from a level on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct AccessLevel {
    /// The number of the entry.
    pub id: Option<u64>,
    pub access_level: Option<u64>,
    pub user_id: Option<u64>,
    pub group_id: Option<u64>,
    pub deploy_key_id: Option<u64>,
    pub access_level_description: Option<String>,
}

/// "Get a single project". What is missing was not shown to the token, or is not in the plan.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Project {
    pub id: u64,
    pub path_with_namespace: String,
    pub visibility: Option<String>,
    pub merge_method: Option<String>,
    pub only_allow_merge_if_pipeline_succeeds: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    pub allow_merge_on_skipped_pipeline: Option<Option<bool>>,
    pub only_allow_merge_if_all_discussions_are_resolved: Option<bool>,
    /// Only where the plan has status checks.
    pub only_allow_merge_if_all_status_checks_passed: Option<bool>,
    /// Null stands for `.gitlab-ci.yml`.
    #[serde(default, deserialize_with = "present")]
    pub ci_config_path: Option<Option<String>>,
    /// Only where the plan has approval rules.
    #[serde(default, deserialize_with = "present")]
    pub approvals_before_merge: Option<Option<u64>>,
    pub merge_requests_enabled: Option<bool>,
    /// Only where the plan has merged results pipelines.
    pub merge_pipelines_enabled: Option<bool>,
    pub permissions: Option<Permissions>,
    pub shared_with_groups: Option<Vec<serde_json::Value>>,
    pub namespace: Option<Namespace>,
}

/// Where a project is.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Namespace {
    /// `group` or `user`.
    pub kind: String,
    pub full_path: String,
}

impl Project {
    /// Is it shared with groups? Where that is not told, it may be.
    pub fn may_be_shared(&self) -> bool {
        self.shared_with_groups.as_ref().is_none_or(|groups| !groups.is_empty())
    }
}

/// "Get a single group".
#[derive(Debug, Deserialize)]
pub(super) struct Group {
    pub shared_with_groups: Option<Vec<serde_json::Value>>,
}

/// "List deploy keys for project".
#[derive(Debug, Deserialize)]
pub(super) struct DeployKey {
    pub id: u64,
    pub title: String,
    pub can_push: bool,
}

/// What the token may do.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Permissions {
    pub project_access: Option<Access>,
    pub group_access: Option<Access>,
}

/// A level.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Access {
    pub access_level: u64,
}

/// Tells `null` from a field that is missing.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(input: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(input).map(Some)
}

/// "Approval settings of a project".
#[derive(Debug, Deserialize)]
pub(super) struct ApprovalSettings {
    pub reset_approvals_on_push: bool,
    pub disable_overriding_approvers_per_merge_request: Option<bool>,
    pub merge_requests_author_approval: Option<bool>,
    pub merge_requests_disable_committers_approval: bool,
    /// Excludes `reset_approvals_on_push`.
    pub selective_code_owner_removals: Option<bool>,
    pub require_reauthentication_to_approve: Option<bool>,
}

/// "Approval rules of a project", and of a request.
#[derive(Debug, Deserialize)]
pub(super) struct ApprovalRule {
    pub id: u64,
    pub name: String,
    pub rule_type: String,
    pub approvals_required: u64,
    pub applies_to_all_protected_branches: Option<bool>,
    pub protected_branches: Option<Vec<RuleBranch>>,
    pub overridden: Option<bool>,
}

/// A protected branch of an approval rule.
#[derive(Debug, Deserialize)]
pub(super) struct RuleBranch {
    pub id: Option<u64>,
    pub name: String,
}

/// "Approval state of a merge request".
#[derive(Debug, Deserialize)]
pub(super) struct ApprovalState {
    pub approval_rules_overwritten: bool,
    pub rules: Vec<ApprovalRule>,
}

/// "Push rules"; switches that are off may be null.
#[derive(Debug, Deserialize)]
pub(super) struct PushRule {
    pub reject_unsigned_commits: Option<bool>,
}

/// "External status checks" of a project, and of a request.
#[derive(Debug, Deserialize)]
pub(super) struct StatusCheck {
    pub id: u64,
    pub name: String,
    pub status: Option<String>,
    pub protected_branches: Option<Vec<RuleBranch>>,
}

/// "List the statuses of a commit": jobs of its pipelines, and what was posted.
#[derive(Debug, Deserialize)]
pub(super) struct CommitStatus {
    pub id: u64,
    pub sha: String,
    pub name: String,
    pub status: String,
    #[serde(deserialize_with = "nullable")]
    pub author: Option<User>,
}

/// "Pipeline".
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(super) struct Pipeline {
    pub id: u64,
    pub project_id: Option<u64>,
    pub sha: String,
    #[serde(rename = "ref")]
    pub reference: String,
    pub source: Option<String>,
}

/// "Job".
#[derive(Debug, Deserialize)]
pub(super) struct Job {
    pub id: u64,
    pub name: String,
    pub status: String,
    pub pipeline: JobPipeline,
}

/// The pipeline of a job.
#[derive(Debug, Deserialize)]
pub(super) struct JobPipeline {
    pub id: u64,
    pub sha: String,
}

/// "Member", of a project or a group.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Member {
    pub id: u64,
    pub username: String,
    pub state: String,
    pub access_level: u64,
    /// The day on which the membership ends.
    pub expires_at: Option<String>,
    /// `awaiting` until an administrator has let them in.
    pub membership_state: Option<String>,
    /// A role of the organisation's own (Ultimate).
    pub member_role: Option<MemberRole>,
}

/// "Member role": each right is a field.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct MemberRole {
    pub id: u64,
    pub name: String,
    #[serde(flatten)]
    pub rights: serde_json::Map<String, serde_json::Value>,
}

/// "Deployment".
#[derive(Debug, Deserialize)]
pub(super) struct Deployment {
    pub id: u64,
    pub sha: String,
    pub status: String,
    /// An answer without it is of any time before it was last changed.
    pub created_at: Option<Timestamp>,
    pub updated_at: Timestamp,
    pub environment: Environment,
}

/// "Environment".
#[derive(Debug, Deserialize)]
pub(super) struct Environment {
    pub name: String,
    /// The environment of a deployment may not have it.
    pub state: Option<String>,
}

/// "Merge train": one request in it.
#[derive(Debug, Deserialize)]
pub(super) struct TrainCar {
    pub merge_request: CarRequest,
    #[serde(deserialize_with = "nullable")]
    pub pipeline: Option<CarPipeline>,
    pub target_branch: String,
}

/// The pipeline of a request in a train.
#[derive(Debug, Deserialize)]
pub(super) struct CarPipeline {
    pub sha: String,
}

/// The request of a car.
#[derive(Debug, Deserialize)]
pub(super) struct CarRequest {
    pub iid: u64,
}

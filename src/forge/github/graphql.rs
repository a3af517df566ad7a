//! GitHub's JSON of the GraphQL API; only the fields that we ask for. What may be `null` or missing
//! is told as in [`super::wire`].

use portcullis_model::fact::nullable;
use serde::Deserialize;

/// An answer of the GraphQL API to the question about the authors of commits: `data.repository`
/// holds one field for each.
#[derive(Debug, Deserialize)]
pub(super) struct Authors {
    pub data: Option<Commits>,
    #[serde(default)]
    pub errors: Vec<Error>,
}

/// `data` of it.
#[derive(Debug, Deserialize)]
pub(super) struct Commits {
    pub repository: Option<serde_json::Map<String, serde_json::Value>>,
}

/// `Commit`.
#[derive(Debug, Deserialize)]
pub(super) struct CommitNode {
    pub oid: String,
    pub authors: Actors,
}

/// A connection of authors; of a commit with more of them than a page holds, the first.
#[derive(Debug, Deserialize)]
pub(super) struct Actors {
    pub nodes: Vec<Author>,
}

/// `GitActor`; the user is null when the address belongs to nobody.
#[derive(Debug, Deserialize)]
pub(super) struct Author {
    pub email: Option<String>,
    #[serde(deserialize_with = "nullable")]
    pub user: Option<UserNode>,
}

/// `User`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserNode {
    pub login: String,
    pub database_id: Option<u64>,
}

/// An answer of the GraphQL API to the question about allowances.
#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    pub data: Option<Data>,
    #[serde(default)]
    pub errors: Vec<Error>,
}

/// An error inside of an answer.
#[derive(Debug, Deserialize)]
pub(super) struct Error {
    pub message: String,
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

/// `data`.
#[derive(Debug, Deserialize)]
pub(super) struct Data {
    pub repository: Option<RepositoryNode>,
}

/// `repository`.
#[derive(Debug, Deserialize)]
pub(super) struct RepositoryNode {
    #[serde(rename = "ref")]
    pub reference: Option<Ref>,
}

/// `ref`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Ref {
    pub branch_protection_rule: Option<BranchProtectionRule>,
}

/// `BranchProtectionRule`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BranchProtectionRule {
    pub allows_force_pushes: bool,
    pub bypass_force_push_allowances: AllowanceConnection,
    pub bypass_pull_request_allowances: AllowanceConnection,
}

/// A connection of allowances.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AllowanceConnection {
    pub total_count: u64,
    pub page_info: PageInfo,
    pub nodes: Vec<Allowance>,
}

/// `PageInfo`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageInfo {
    pub has_next_page: bool,
}

/// One allowance; the actor is null when it is not shown.
#[derive(Debug, Deserialize)]
pub(super) struct Allowance {
    #[serde(deserialize_with = "nullable")]
    pub actor: Option<Actor>,
}

/// `App`, `Team` or `User`: people have a login, the others a slug.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Actor {
    #[serde(rename = "__typename")]
    pub kind: String,
    pub login: Option<String>,
    pub slug: Option<String>,
    pub database_id: Option<u64>,
}

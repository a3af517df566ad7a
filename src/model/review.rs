//! A change request on its host, and what people said of it.

use crate::model::change::{BranchName, Revision};
use crate::model::fact::Fact;
use crate::model::person::Account;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A pull request, merge request or change: a proposal to land something on a branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeRequest {
    /// Its number in the repository.
    pub number: u64,
    /// Its title: text from outside.
    pub title: String,
    /// Who opened it; `None` when the account is gone.
    #[serde(deserialize_with = "crate::model::fact::nullable")]
    pub author: Option<Account>,
    /// Is it still open?
    pub open: bool,
    /// When it landed; `None` while it has not.
    #[serde(deserialize_with = "crate::model::fact::nullable")]
    pub merged: Option<Timestamp>,
    /// The branch it would land on.
    pub base_branch: BranchName,
    /// Its head as the host knows it now; of one that has landed, the head that landed.
    pub head: Revision,
    /// The branch and repository (`owner/name`) it comes from; `None` when that repository is gone.
    pub head_branch: BranchName,
    /// See `head_branch`.
    #[serde(deserialize_with = "crate::model::fact::nullable")]
    pub head_repository: Option<String>,
}

/// One submitted review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// Its number; later reviews have higher ones.
    pub id: u64,
    /// Who gave it; `None` when the account is gone.
    #[serde(deserialize_with = "crate::model::fact::nullable")]
    pub reviewer: Option<Account>,
    /// What it says now: a dismissal changes the record in place.
    pub state: ReviewState,
    /// The commit it was given on; `None` when the host no longer knows.
    #[serde(deserialize_with = "crate::model::fact::nullable")]
    pub commit: Option<Revision>,
    /// When it was submitted.
    #[serde(deserialize_with = "crate::model::fact::nullable")]
    pub submitted: Option<Timestamp>,
}

/// What a review says (GitHub REST, "List reviews for a pull request").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReviewState {
    /// In favour.
    Approved,
    /// Against.
    ChangesRequested,
    /// Neither.
    Commented,
    /// It was an opinion and has been taken back.
    Dismissed,
    /// Not submitted yet.
    Pending,
}

/// What an account may do in the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Permission {
    /// Nothing.
    None,
    /// Read, or triage.
    Read,
    /// Write, maintain.
    Write,
    /// Everything.
    Admin,
}

/// Who moved a branch to a commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Push {
    /// The commit the branch points to since then.
    pub after: Revision,
    /// Who did it; `None` when the account is gone.
    #[serde(deserialize_with = "crate::model::fact::nullable")]
    pub actor: Option<Account>,
}

/// One move of the branch that a request comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Move {
    /// The commit that the branch pointed to before; `None` where the branch began.
    #[serde(deserialize_with = "crate::model::fact::nullable")]
    pub before: Option<Revision>,
    /// The commit that it points to since then.
    pub after: Revision,
    /// Who did it; `None` when the account is gone.
    #[serde(deserialize_with = "crate::model::fact::nullable")]
    pub actor: Option<Account>,
    /// Is any commit that it brought in the request as it is now? A gap where `after` is not, and its history is not known.
    pub kept: Fact<bool>,
}

/// The accounts that the host attributes a commit to, by the addresses in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommitAccounts {
    /// The account of the author's address; `None` when the address belongs to nobody.
    #[serde(deserialize_with = "crate::model::fact::nullable")]
    pub author: Option<Account>,
    /// The account of the committer's address; `None` when the address belongs to nobody.
    #[serde(deserialize_with = "crate::model::fact::nullable")]
    pub committer: Option<Account>,
}

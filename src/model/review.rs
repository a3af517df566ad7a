//! A change request on its host, and what people said of it.

use crate::change::{BranchName, ObjectName, Revision};
use crate::fact::{Fact, Gap};
use crate::id::{RequestId, ReviewId};
use crate::person::Account;
use crate::signed::{ImportedReview, SignedReview};
use jiff::Timestamp;

/// A pull request, merge request or change: a proposal to land something on a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeRequest {
    /// The host's identifier of the request in the repository.
    pub id: RequestId,
    /// Its title: text from outside.
    pub title: String,
    /// Who opened it; `None` when the account is gone.
    pub author: Option<Account>,
    /// Is it still open?
    pub open: bool,
    /// When it landed; `None` while it has not.
    pub merged: Option<Timestamp>,
    /// The branch it would land on.
    pub base_branch: BranchName,
    /// Its head as the host knows it now; of one that has landed, the head that landed.
    pub head: Revision,
    /// The branch it comes from; `None` on a host whose requests come from no branch.
    pub head_branch: Option<BranchName>,
    /// The repository it comes from, as the host names it; `None` when that repository is gone.
    pub head_repository: Option<String>,
}

/// One submitted review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// The host's identifier, or one that the adapter made up where the host has none.
    pub id: ReviewId,
    /// The place in the host's own order of the reviews of one request: later ones are higher.
    pub position: u64,
    /// Who gave it; `None` when the account is gone.
    pub reviewer: Option<Account>,
    /// What it says now: a dismissal changes the record in place.
    pub state: ReviewState,
    /// What it was given on.
    pub reviewed: ReviewedContent,
    /// When it was submitted. A signed review has no time: that is only the signer's word.
    pub submitted: Option<Timestamp>,
    /// Where it comes from.
    pub source: ReviewSource,
}

/// Where a review comes from, and what vouches for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ReviewSource {
    /// The host of the request.
    #[default]
    Host,
    /// A statement that the reviewer signed.
    Signed(SignedReview),
    /// Another system that keeps its reviews in the repository: of lower trust.
    Imported(ImportedReview),
}

/// What a review was given on, and how that is known.
///
/// Only [`ReviewedContent::Stated`] is what the reviewer is known to have seen. A policy says
/// whether the others count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReviewedContent {
    /// The host states the commit.
    Stated(Revision),
    /// The adapter derived the commit from other facts of the host, such as times.
    Derived {
        /// The commit.
        commit: Revision,
        /// What it was derived from, as a noun phrase: "the version that was newest when it was
        /// given".
        from: String,
    },
    /// A change of the base to this tree, whatever commits lead there.
    Tree {
        /// The commit that the tree was to land on.
        base: Revision,
        /// The tree.
        tree: ObjectName,
    },
    /// The host does not know, or no longer knows.
    Unknown,
    /// What the host says could not be seen or read.
    Unseen(Gap),
}

/// A host that states the commit wherever it still knows it.
impl From<Option<Revision>> for ReviewedContent {
    fn from(commit: Option<Revision>) -> Self {
        commit.map_or(ReviewedContent::Unknown, ReviewedContent::Stated)
    }
}

impl ReviewedContent {
    /// The commit, stated or derived.
    pub fn commit(&self) -> Option<&Revision> {
        match self {
            ReviewedContent::Stated(commit) | ReviewedContent::Derived { commit, .. } => Some(commit),
            ReviewedContent::Tree { .. } | ReviewedContent::Unknown | ReviewedContent::Unseen(_) => None,
        }
    }

    /// What the commit was derived from, where it was.
    pub fn derived_from(&self) -> Option<&str> {
        match self {
            ReviewedContent::Derived { from, .. } => Some(from),
            _ => None,
        }
    }

    /// The commit, where the host states one.
    pub fn stated(&self) -> Option<&Revision> {
        match self {
            ReviewedContent::Stated(commit) => Some(commit),
            ReviewedContent::Derived { .. }
            | ReviewedContent::Tree { .. }
            | ReviewedContent::Unknown
            | ReviewedContent::Unseen(_) => None,
        }
    }
}

/// What a review says (GitHub REST, "List reviews for a pull request").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// The commit the branch points to since then.
    pub after: Revision,
    /// Who did it; `None` when the account is gone.
    pub actor: Option<Account>,
}

/// One move of the branch that a request comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The commit that the branch pointed to before; `None` where the branch began.
    pub before: Option<Revision>,
    /// The commit that it points to since then.
    pub after: Revision,
    /// Who did it; `None` when the account is gone.
    pub actor: Option<Account>,
    /// Is any commit that it brought in the request as it is now? A gap where `after` is not, and
    /// its history is not known.
    pub kept: Fact<bool>,
}

/// The accounts that the host attributes a commit to, by the addresses in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitAccounts {
    /// The account of the author's address; `None` when the address belongs to nobody.
    pub author: Option<Account>,
    /// The account of the committer's address; `None` when the address belongs to nobody.
    pub committer: Option<Account>,
}

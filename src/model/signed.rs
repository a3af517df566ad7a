//! Reviews that are cryptographically bound to content: statements that reviewers sign, kept in the
//! repository as one chain for each reviewer.
//!
//! What a statement says is [`ReviewStatement`]; what a reader found of all chains, for one change,
//! is [`SignedReviews`]. Who may sign is in the file of allowed signers at the base, which the
//! policy names.

use crate::change::Revision;
use crate::digest::Digest;
use crate::evidence::RunSubject;
use crate::fact::Fact;
use crate::id::AccountId;
use crate::person::{Account, AccountKind, Login};
use crate::review::Review;
use jiff::Timestamp;
use std::collections::BTreeSet;

/// Below it each reviewer has a chain, under their own name.
pub const REVIEWS_PREFIX: &str = "refs/portcullis/reviews/";

/// What one statement claims of its subject, the head that was reviewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewStatement {
    /// The tip of the target branch that the reviewer saw.
    pub base: RunSubject,
    /// Words for people; `None` where there are none.
    pub message: Option<String>,
    /// The digest of the policy at the base: the rules that the reviewer was shown.
    pub policy: Digest,
    /// The digest of the envelope before it in the chain; `None` for the first.
    pub previous: Option<Digest>,
    /// The project, as the policy names it.
    pub project: String,
    /// The request, for people; `None` where there is none.
    pub request: Option<String>,
    /// The principal who reviewed.
    pub reviewer: String,
    /// In which capacities. Empty: in every one that the policy gives to the reviewer.
    pub roles: BTreeSet<String>,
    /// The full name of the branch that the head would land on.
    pub target: String,
    /// When it was made, by the signer's word.
    pub time: Timestamp,
    /// The opinion.
    pub verdict: ReviewVerdict,
}

/// An opinion in a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewVerdict {
    /// The head may land.
    Approve,
    /// The head may not land, and nothing that builds on it, until the same person approves.
    Reject,
    /// Neither.
    Comment,
    /// The opinions on this head are taken back.
    Withdraw,
    /// Every opinion on changes to this target is taken back.
    WithdrawAll,
}

impl ReviewVerdict {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            ReviewVerdict::Approve => "approve",
            ReviewVerdict::Reject => "reject",
            ReviewVerdict::Comment => "comment",
            ReviewVerdict::Withdraw => "withdraw",
            ReviewVerdict::WithdrawAll => "withdraw-all",
        }
    }
}

/// What a policy asks of signed reviews.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedInquiry {
    /// The name of the project: statements of other projects do not count.
    pub project: String,
    /// Other systems whose reviews are read, too.
    pub imports: BTreeSet<ImportSource>,
}

/// Another system that keeps reviews in a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ImportSource {
    /// gittuf: its attestations.
    Gittuf,
    /// git-appraise: its notes.
    GitAppraise,
    /// Gerrit: the notes of its changes.
    Gerrit,
}

impl ImportSource {
    /// Every one, by name.
    pub const ALL: [ImportSource; 3] =
        [ImportSource::Gerrit, ImportSource::GitAppraise, ImportSource::Gittuf];

    /// The name in a policy.
    pub fn as_str(self) -> &'static str {
        match self {
            ImportSource::Gittuf => "gittuf",
            ImportSource::GitAppraise => "git-appraise",
            ImportSource::Gerrit => "gerrit",
        }
    }
}

/// What was found of signed reviews of one change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedReviews {
    /// The people in the list of allowed signers at the base.
    pub signers: Vec<SigningPerson>,
    /// The chains, sorted by their names.
    pub chains: Vec<ReviewChain>,
    /// Reviews of other systems that the policy asks for.
    pub imported: Fact<Vec<Review>>,
}

impl SignedReviews {
    /// Every review that was found, of chains that could be read and of other systems.
    pub fn reviews(&self) -> impl Iterator<Item = &Review> {
        let chains = self.chains.iter().filter_map(|chain| chain.reviews.value());
        chains.chain(self.imported.value()).flatten()
    }

    /// The person of the list who has this principal, compared without regard to ASCII case.
    pub fn signer(&self, principal: &str) -> Option<&SigningPerson> {
        self.signers.iter().find(|person| person.has(principal))
    }
}

/// A person in a list of allowed signers: lines that share a key or a principal are one person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SigningPerson {
    /// Everything that the lines call them, patterns included.
    pub principals: BTreeSet<String>,
}

impl SigningPerson {
    /// Is this one of their principals? A pattern is no one's name.
    pub fn has(&self, principal: &str) -> bool {
        self.principals.iter().any(|own| own.eq_ignore_ascii_case(principal))
    }

    /// Does a line name them by a pattern? Then they may be anyone whom it matches.
    pub fn is_pattern(&self) -> bool {
        self.principals.iter().any(|name| name.starts_with('!') || name.contains(['*', '?']))
    }

    /// The account that stands for them: the same one under each of their principals.
    pub fn account(&self, principal: &str) -> Account {
        let first = self.principals.first().map_or(principal, String::as_str);
        Account {
            login: Login::new(principal),
            id: AccountId::from(format!("signer:{}", first.to_ascii_lowercase())),
            kind: AccountKind::Human,
        }
    }
}

/// The chain of statements of one reviewer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewChain {
    /// The reviewer, as the ref names them.
    pub reviewer: String,
    /// The newest commit of the chain.
    pub tip: Revision,
    /// The number of statements; 0 where they could not be counted.
    pub length: u64,
    /// May an allowed signer of this name sign at the moment of judgement? If not, nothing in the
    /// chain counts, for or against a change.
    pub listed: bool,
    /// The opinions on the judged change, oldest first; a gap where the chain cannot be relied on.
    pub reviews: Fact<Vec<Review>>,
    /// Why statements on the judged head do not count, one sentence each.
    pub passed_over: Vec<String>,
}

/// What vouches for a signed review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedReview {
    /// The principal whose chain it is in.
    pub chain: String,
    /// The fingerprint of the key.
    pub key: String,
    /// The digest of the envelope.
    pub statement: Digest,
    /// The capacities that the statement names; empty: all that the policy gives.
    pub roles: BTreeSet<String>,
    /// Everything that the allowed signers call the owner of the key.
    pub signer: SigningPerson,
}

/// What vouches for a review of another system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedReview {
    /// The system.
    pub source: ImportSource,
    /// What vouches for it, as the end of a sentence: "the key SHA256:… of the app".
    pub vouched_by: String,
}

//! Signed reviews as they are in a repository: one chain of commits for each reviewer, below
//! `refs/portcullis/reviews/`, newest at the tip.
//!
//! When one counts:
//!
//! 1. Envelope and statement parse, no member is unknown or there twice.
//! 2. The key is an allowed signer *at the base of the change*, for the principal that the
//!    statement names and for our namespace, and valid at the moment of judgement.
//! 3. Project and target are ours.
//! 4. The digests of the statements before hold over the whole chain, and the newest statement
//!    about the change and all after it verify. Older ones may be of retired keys. Otherwise the
//!    whole chain is a gap.
//! 5. The latest opinion by its place in the chain counts, and no time.
//! 6. The head is the judged commit, or reaches it by clean updates.
//! 7. What holds for any review: independence, roles, quorum. The judge decides 5 to 7.
//!
//! A ref that was set back to an older tip cannot be told from the chain alone. A server keeps the
//! refs append-only (`portcullis hook`); a deployment record keeps the tips that it saw, and an
//! older one is refused after that.

use crate::imports;
use crate::sources::{Ends, ReviewRefs, Sources};
use chain::read_chain;
use jiff::Timestamp;
use opinions::{Asked, Opinions};
use portcullis_attest::signers::AllowedSigners;
use portcullis_git::Repository;
use portcullis_model::change::{BranchName, Change, Revision};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::facts::Facts;
use portcullis_model::inquiry::{Inquiry, TextPurpose};
use portcullis_model::path::RepoPath;
use portcullis_model::signed::{REVIEWS_PREFIX, ReviewChain, SignedInquiry, SignedReviews, SigningPerson};
use std::collections::{BTreeMap, BTreeSet};

mod chain;
mod opinions;
mod remembered;
mod withdrawn;

pub use chain::{CheckedChain, CheckedStatement, STATEMENT_FILE, approved_heads, check_chain};
pub use remembered::remembered_tips;
use withdrawn::Withdrawn;

/// What brings the reviews into a clone.
pub const FETCH: &str = "git fetch origin 'refs/portcullis/*:refs/portcullis/*'";

/// What is asked of the signed reviews of a change.
pub struct ReviewQuestion<'a> {
    /// What the policy asks.
    pub asked: &'a SignedInquiry,
    /// The file of allowed signers.
    pub signers: Option<&'a RepoPath>,
    /// The commit that the change would land on: the signers count as they are there.
    pub base: &'a Revision,
    /// The branch that would receive it; `None` where that is not known.
    pub target: Option<&'a BranchName>,
    /// The judged head.
    pub head: &'a Revision,
    /// The commits that an opinion may be about: the head, the commits of the change.
    pub commits: &'a BTreeSet<Revision>,
    /// The moment of judgement: keys have to be valid then.
    pub at: Timestamp,
    /// What else is known of the refs.
    pub refs: &'a ReviewRefs,
}

/// The signed reviews of a change, where the inquiry asks for them.
pub(super) fn gather(
    sources: &Sources<'_>,
    inquiry: &Inquiry,
    ends: &Ends,
    change: &Fact<Change>,
) -> Fact<SignedReviews> {
    let Some(asked) = &inquiry.signed else { return Facts::no_signed_reviews() };
    let change = match change {
        Fact::Known(change) => change,
        Fact::Gap(gap) => return Fact::Gap(gap.clone()),
    };
    let question = ReviewQuestion {
        asked,
        signers: inquiry.path_of(TextPurpose::ReviewSigners),
        base: &ends.base,
        target: ends.target.as_ref(),
        head: &ends.head,
        commits: &commits_of(change),
        at: sources.observed,
        refs: sources.review_refs,
    };
    read_signed_reviews(sources.repository, &question)
}

fn commits_of(change: &Change) -> BTreeSet<Revision> {
    let commits = change.commits.iter().map(|commit| &commit.id);
    commits.chain([&change.head]).chain(&change.updates.before).cloned().collect()
}

/// Reads every chain of the repository.
///
/// The whole fact is a gap where it is not known who may sign, for which branch the change is, or
/// which refs there are.
pub fn read_signed_reviews(repository: &Repository, question: &ReviewQuestion<'_>) -> Fact<SignedReviews> {
    let read = || {
        let signers = match question.signers {
            None if !question.asked.imports.is_empty() => AllowedSigners::default(),
            path => read_signers(repository, path, question.base)?,
        };
        let target = question.target.ok_or_else(no_target)?;
        let refs = review_refs(repository, &question.refs.moved)?;
        let read = refs.into_iter().map(|(reference, tip)| {
            let reviewer = reference.strip_prefix(REVIEWS_PREFIX).unwrap_or_default().to_string();
            let chain = read_chain(repository, &reviewer, &tip);
            (reviewer, tip, chain)
        });
        let read: Vec<_> = read.collect();
        let asked = Asked { repository, question, target, signers: &signers };
        let withdrawn = Withdrawn::of(&asked, &read);
        let mut chains = Vec::new();
        for (reviewer, tip, chain) in read {
            let elsewhere = withdrawn.beside(&signers, &reviewer);
            let opinions = Opinions { asked, reviewer: &reviewer, elsewhere };
            chains.push(opinions.of_chain(tip, chain));
        }
        chains.extend(remembered::lost(question, &signers, &chains));
        let signers = people_of(&signers);
        let imported = imports::reviews_of(repository, &question.asked.imports, target, question.head).into();
        Ok(SignedReviews { signers, chains, imported })
    };
    read().into()
}

/// The list of signers at the base.
///
/// # Errors
/// It is not there, or cannot be read.
pub fn read_signers(
    repository: &Repository,
    path: Option<&RepoPath>,
    base: &Revision,
) -> Result<AllowedSigners, Gap> {
    let path = path.ok_or_else(|| {
        Gap::not_asked(
            "who may sign reviews",
            "Name the file of allowed signers: `[reviews] signers = \"…\"`",
        )
    })?;
    let what = || format!("who may sign reviews, in {path}");
    let Some(bytes) = repository.file_at(base, path)? else {
        let detail = format!("there is no such file at the base {}", base.short());
        let remedy = "Land the list of signers on the branch first, in a change of its own";
        return Err(Gap::new(what(), GapReason::Untrusted, detail, remedy));
    };
    AllowedSigners::read(&bytes).map_err(|errors| {
        let all: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Gap::new(what(), GapReason::Malformed, all.join("; "), "Correct the list of signers on the branch")
    })
}

/// The people of a list of signers.
pub fn people_of(signers: &AllowedSigners) -> Vec<SigningPerson> {
    let person = |principals: BTreeSet<_>| SigningPerson {
        principals: principals.iter().map(ToString::to_string).collect(),
    };
    signers.all_people().into_iter().map(person).collect()
}

/// The refs of reviews with their tips, as a push would leave them.
///
/// # Errors
/// The refs cannot be read, or one of them is symbolic.
pub fn review_refs(
    repository: &Repository,
    moved: &BTreeMap<String, Option<Revision>>,
) -> Result<BTreeMap<String, Revision>, Gap> {
    let mut found = BTreeMap::new();
    for name in repository.refs_below(REVIEWS_PREFIX)? {
        if let Some(tip) = repository.ref_tip(&name)? {
            found.insert(name, tip);
        }
    }
    for (name, tip) in moved.iter().filter(|(name, _)| name.starts_with(REVIEWS_PREFIX)) {
        match tip {
            Some(tip) => found.insert(name.clone(), tip.clone()),
            None => found.remove(name),
        };
    }
    Ok(found)
}

fn no_target() -> Gap {
    Gap::not_asked(
        "for which branch signed reviews have to be",
        "Name the branch, and not a commit: `--base main`",
    )
}

/// A gap about the chain of a reviewer.
fn chain_gap(reviewer: &str, reason: GapReason, detail: impl Into<String>, remedy: impl Into<String>) -> Gap {
    Gap::new(format!("the signed reviews of {reviewer}"), reason, detail, remedy)
}

/// What to do about a chain that is not as it was written.
fn restore_remedy(reviewer: &str) -> String {
    format!(
        "Find out who changed `{REVIEWS_PREFIX}{reviewer}`, and restore it from a clone that has it whole"
    )
}

/// A chain that says nothing about a change.
fn silent_chain(reviewer: &str, tip: Revision, length: u64, listed: bool) -> ReviewChain {
    let (reviewer, reviews, passed_over) = (reviewer.to_string(), Fact::Known(Vec::new()), Vec::new());
    ReviewChain { reviewer, tip, length, listed, reviews, passed_over }
}

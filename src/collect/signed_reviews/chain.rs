//! A chain of statements: each commit has one file, one parent, and the digest of the statement
//! before it.

use super::{chain_gap, restore_remedy};
use jiff::Timestamp;
use portcullis_attest::review::{LONGEST, UnverifiedReview};
use portcullis_attest::signers::AllowedSigners;
use portcullis_attest::{AttestError, Signer};
use portcullis_git::Repository;
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::digest::Digest;
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::signed::{REVIEWS_PREFIX, ReviewVerdict};

/// The file in the tree of each commit.
pub const STATEMENT_FILE: &str = "statement.json";

/// A longer chain is not read: no reviewer gives so many opinions, and a program could.
const LONGEST_CHAIN: usize = 20_000;

/// A statement in its commit. Nothing vouches for it yet.
pub struct ChainLink {
    /// The commit.
    pub commit: Revision,
    /// The statement.
    pub review: UnverifiedReview,
}

/// A chain whose links hold, oldest first.
pub type LinkedStatements = Vec<ChainLink>;

/// Reads a chain, and checks what holds it together.
///
/// # Errors
/// A gap: an object is missing, or a commit is not what a chain consists of.
pub fn read_chain(repository: &Repository, reviewer: &str, tip: &Revision) -> Result<LinkedStatements, Gap> {
    let broken = |detail: String| chain_gap(reviewer, GapReason::Untrusted, detail, restore_remedy(reviewer));
    let line = repository.line_to(tip, LONGEST_CHAIN)?.ok_or_else(|| {
        let detail = format!("there are more than {LONGEST_CHAIN} statements");
        let remedy =
            "Give the reviewer another principal in the list of allowed signers, with a chain of its own";
        chain_gap(reviewer, GapReason::Truncated, detail, remedy)
    })?;
    let mut chain: LinkedStatements = Vec::with_capacity(line.len());
    for (index, commit) in line.into_iter().enumerate() {
        let number = index + 1;
        let file = repository.single_file(&commit, STATEMENT_FILE, LONGEST)?;
        let file = file.map_err(|fault| broken(format!("in commit {} {fault}", commit.short())))?;
        if file.parents.len() > 1 {
            return Err(broken(format!("commit {} has {} parents", commit.short(), file.parents.len())));
        }
        let review = UnverifiedReview::read(&file.bytes)
            .map_err(|error| broken(format!("statement {number} is not a review: {error}")))?;
        let previous = chain.last().map(|link| &link.review.digest);
        check_link(reviewer, number, &review, previous).map_err(broken)?;
        chain.push(ChainLink { commit, review });
    }
    Ok(chain)
}

fn check_link(
    reviewer: &str,
    number: usize,
    review: &UnverifiedReview,
    previous: Option<&Digest>,
) -> Result<(), String> {
    if review.statement.reviewer != reviewer {
        return Err(format!(
            "statement {number} is of {} and lies in another reviewer's chain",
            review.statement.reviewer
        ));
    }
    match review.statement.previous.as_ref() == previous {
        true => Ok(()),
        false => Err(format!("statement {number} does not follow the one before it")),
    }
}

/// A chain with who vouches for each statement.
pub struct CheckedChain {
    /// The reviewer, as the ref names them.
    pub reviewer: String,
    /// The statements, oldest first.
    pub statements: Vec<CheckedStatement>,
}

/// A statement, and who vouches for it.
pub struct CheckedStatement {
    /// The commit that holds it.
    pub commit: Revision,
    /// What it says.
    pub review: UnverifiedReview,
    /// Who signed it, or why no one is known to have.
    pub signer: Result<Signer, AttestError>,
}

impl CheckedChain {
    /// The newest statement.
    pub fn newest(&self) -> Option<&CheckedStatement> {
        self.statements.last()
    }
}

/// Reads the chain below a ref as it would be with this tip, and verifies every signature.
///
/// # Errors
/// A gap: the ref is not one of a chain, an object is missing, or a link does not hold.
pub fn check_chain(
    repository: &Repository,
    reference: &str,
    tip: &Revision,
    signers: &AllowedSigners,
    at: Timestamp,
) -> Result<CheckedChain, Gap> {
    let reviewer =
        reference.strip_prefix(REVIEWS_PREFIX).filter(|name| !name.is_empty()).ok_or_else(|| {
            let remedy = format!("Name a ref below `{REVIEWS_PREFIX}`");
            Gap::new(
                format!("the ref `{reference}`"),
                GapReason::Unsupported,
                "it is not one of a reviewer",
                remedy,
            )
        })?;
    let verify = |ChainLink { commit, review }: ChainLink| {
        let signer = review.verify(signers, at);
        CheckedStatement { commit, review, signer }
    };
    let statements = read_chain(repository, reviewer, tip)?.into_iter().map(verify).collect();
    Ok(CheckedChain { reviewer: reviewer.to_string(), statements })
}

/// The heads that a chain approves for a branch, each with the base that the reviewer saw. No
/// signature is looked at, and a chain that cannot be read approves nothing: this says what to try.
pub fn approved_heads(
    repository: &Repository,
    reference: &str,
    tip: &Revision,
    project: &str,
    branch: &BranchName,
) -> Vec<(Revision, Revision)> {
    let reviewer = reference.strip_prefix(REVIEWS_PREFIX).unwrap_or_default();
    let chain = read_chain(repository, reviewer, tip).unwrap_or_default();
    let reviews = chain.into_iter().map(|link| link.review).filter(|review| {
        let statement = &review.statement;
        statement.verdict == ReviewVerdict::Approve
            && statement.project == project
            && statement.target.strip_prefix("refs/heads/") == Some(branch.as_str())
    });
    reviews.map(|review| (review.subject.commit, review.statement.base.commit)).collect()
}

//! Reviews that other systems keep in a repository. They are of lower trust: what vouches for each
//! of them is said wherever it is shown.

use portcullis_git::Repository;
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::fact::Gap;
use portcullis_model::path::RepoPath;
use portcullis_model::review::Review;
use portcullis_model::signed::ImportSource;
use std::collections::BTreeSet;

pub mod appraise;
pub mod gerrit;
pub mod gittuf;

/// The reviews of a head, for a branch, that these systems keep.
///
/// # Errors
/// A ref or an object cannot be read, or is not of the form of the system.
pub fn reviews_of(
    repository: &Repository,
    systems: &BTreeSet<ImportSource>,
    branch: &BranchName,
    head: &Revision,
) -> Result<Vec<Review>, Gap> {
    let mut reviews = Vec::new();
    for system in systems {
        reviews.extend(match system {
            ImportSource::Gerrit => gerrit::reviews_of(repository, branch, head)?,
            ImportSource::Gittuf => gittuf::reviews_of(repository, branch, head)?,
            // Nothing vouches for them: they are listed, and never judged.
            ImportSource::GitAppraise => Vec::new(),
        });
    }
    Ok(reviews)
}

/// A review of another system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignReview {
    /// Who gave it, as the system names them.
    pub reviewer: String,
    /// In favour?
    pub approves: bool,
    /// What it was given on, as the end of a sentence; `None`: it does not say.
    pub on: Option<String>,
    /// What vouches for it.
    pub vouched_by: Result<String, String>,
}

/// The files at the tip of a ref, each with its bytes; none where there is no such ref. `each`
/// hears of one after the other.
fn each_file(
    repository: &Repository,
    reference: &str,
    mut each: impl FnMut(&RepoPath, Vec<u8>),
) -> Result<Option<Revision>, Gap> {
    let Some(tip) = repository.ref_tip(reference)? else { return Ok(None) };
    for path in repository.files_at(&tip)?.into_keys() {
        if let Some(bytes) = repository.file_at(&tip, &path)? {
            each(&path, bytes);
        }
    }
    Ok(Some(tip))
}

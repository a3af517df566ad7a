//! The policy as it is in the repository, before and after a change.

use crate::collect::gather::text_at;
use crate::collect::sources::Ends;
use portcullis_git::Repository;
use portcullis_model::fact::Gap;
use portcullis_model::path::RepoPath;

/// The text of the policy at the two commits that a decision names.
pub struct PolicyTexts {
    /// The text at the base; `None` when there is no such file.
    pub before: Option<String>,
    /// The text at the head; `None` when there is no such file.
    pub after: Option<String>,
}

/// Reads the policy at both ends.
///
/// # Errors
/// It cannot be read, or is not UTF-8.
pub fn read_policy_texts(repository: &Repository, ends: &Ends, path: &RepoPath) -> Result<PolicyTexts, Gap> {
    let before = text_at(repository, &ends.base, path)?;
    Ok(PolicyTexts { before, after: text_at(repository, &ends.head, path)? })
}

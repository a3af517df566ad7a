//! The policy as it is in the repository, before and after a change.

use crate::gather::text_at;
use crate::sources::Ends;
use portcullis_git::Repository;
use portcullis_judge::policy::Policy;
use portcullis_judge::policy::house::{HouseTexts, house_of};
use portcullis_model::change::Revision;
use portcullis_model::decision::{HouseOrigin, HouseReference};
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::host::HostProfile;
use portcullis_model::path::RepoPath;

/// The text of the policy at the two commits that a decision names.
pub struct PolicyTexts {
    /// The text at the base; `None` when there is no such file.
    pub before: Option<String>,
    /// The text at the head; `None` when there is no such file.
    pub after: Option<String>,
}

/// The house policy that the text of a policy names, as it is at a commit, and as it is in the
/// repository that it comes from, where this clone has that commit.
///
/// # Errors
/// A file cannot be read, or is not UTF-8.
pub fn houses_at(repository: &Repository, at: &Revision, policy: &str) -> Result<HouseTexts, Gap> {
    let Some(house) = house_of(policy) else { return Ok(HouseTexts::none()) };
    let here = text_at(repository, at, &house.file)?;
    let here = HouseTexts::of(here);
    if here.has(&house.digest) {
        return Ok(here);
    }
    Ok(here.and(HouseTexts::of(fetched_house(repository, &house)?)))
}

/// The house policy as it is in the repository that it comes from; `None` where the policy names no
/// commit of it.
///
/// # Errors
/// The clone does not have the commit, or the file cannot be read, or is not UTF-8.
pub fn fetched_house(repository: &Repository, house: &HouseReference) -> Result<Option<String>, Gap> {
    let Some(HouseOrigin { repository: from, commit }) = &house.origin else { return Ok(None) };
    if repository.has_commit(commit) {
        return text_at(repository, commit, &house.file);
    }
    let what = format!("the house policy {} at {} of {from}", house.file, commit.short());
    let remedy = format!("Run `git fetch {from} {commit}` in the clone, or keep a copy as {}.", house.file);
    Err(Gap::new(what, GapReason::MissingObject, "the clone does not have the commit", remedy))
}

/// A policy as it is at a commit; `None` where nothing can be judged by it.
pub fn valid_policy_at(
    repository: &Repository,
    at: &Revision,
    text: &str,
    host: &HostProfile,
) -> Option<Policy> {
    let houses = houses_at(repository, at, text).ok()?;
    Policy::parse_extending(text, host, &houses).ok()
}

/// Reads the policy at both ends.
///
/// # Errors
/// It cannot be read, or is not UTF-8.
pub fn read_policy_texts(repository: &Repository, ends: &Ends, path: &RepoPath) -> Result<PolicyTexts, Gap> {
    let before = text_at(repository, &ends.base, path)?;
    Ok(PolicyTexts { before, after: text_at(repository, &ends.head, path)? })
}

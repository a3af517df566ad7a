//! The commits that approvals name: what may explain a squash or a rebase, which name their head
//! nowhere.
//!
//! These are proposals. Whether one explains a landing is proved by content, and whether its
//! approval counts is judged; so nothing is verified here.

use portcullis_attest::review::UnverifiedReview;
use portcullis_git::Repository;
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::fact::Gap;
use portcullis_model::path::RepoPath;
use portcullis_model::signed::{REVIEWS_PREFIX, ReviewVerdict};
use std::collections::BTreeMap;

/// The file in the tree of each statement.
const FILE: &str = "statement.json";

/// So many statements of each reviewer are looked at, the newest first.
const MOST: usize = 2_000;

/// The commits that approvals for a branch name, the newest of each reviewer first. `moved` are the
/// refs as a push would leave them.
///
/// # Errors
/// The refs or a commit cannot be read.
pub fn approved_commits(
    repository: &Repository,
    moved: &BTreeMap<String, Option<Revision>>,
    branch: &BranchName,
) -> Result<Vec<Revision>, Gap> {
    let target = format!("refs/heads/{branch}");
    let mut found = Vec::new();
    for tip in chain_tips(repository, moved)? {
        let mut read = 0;
        repository.each_stored_back(&tip, |stored| {
            read += 1;
            let file = stored.files.get(&RepoPath::from(FILE));
            let review = file.and_then(|file| UnverifiedReview::read(&file.bytes).ok());
            let is_approval = |review: &UnverifiedReview| {
                review.statement.verdict == ReviewVerdict::Approve && review.statement.target == target
            };
            if let Some(review) = review.filter(is_approval)
                && !found.contains(&review.subject.commit)
            {
                found.push(review.subject.commit);
            }
            Ok(read < MOST)
        })?;
    }
    Ok(found)
}

fn chain_tips(
    repository: &Repository,
    moved: &BTreeMap<String, Option<Revision>>,
) -> Result<Vec<Revision>, Gap> {
    let mut tips = BTreeMap::new();
    for name in repository.refs_below(REVIEWS_PREFIX)? {
        tips.insert(name.clone(), repository.ref_tip(&name)?);
    }
    tips.extend(
        moved
            .iter()
            .filter(|(name, _)| name.starts_with(REVIEWS_PREFIX))
            .map(|(name, tip)| (name.clone(), tip.clone())),
    );
    Ok(tips.into_values().flatten().collect())
}

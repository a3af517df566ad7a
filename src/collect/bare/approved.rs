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
use std::collections::{BTreeMap, BTreeSet};

/// The file in the tree of each statement.
const FILE: &str = "statement.json";

/// So many statements of each reviewer are looked at, the newest first.
const MOST: usize = 2_000;

/// The commits that approvals for a branch name: the newest of each reviewer, then the next of
/// each. `moved` are the refs as a push would leave them.
///
/// # Errors
/// The refs or a commit cannot be read.
pub fn approved_commits(
    repository: &Repository,
    moved: &BTreeMap<String, Option<Revision>>,
    branch: &BranchName,
) -> Result<Vec<Revision>, Gap> {
    let target = format!("refs/heads/{branch}");
    let mut lists = Vec::new();
    for tip in chain_tips(repository, moved)? {
        let (mut read, mut found) = (0, Vec::new());
        repository.each_stored_back(&tip, |stored| {
            read += 1;
            let file = stored.files.get(&RepoPath::from(FILE));
            let review = file.and_then(|file| UnverifiedReview::read(&file.bytes).ok());
            let is_approval = |review: &UnverifiedReview| {
                review.statement.verdict == ReviewVerdict::Approve && review.statement.target == target
            };
            found.extend(review.filter(is_approval).map(|review| review.subject.commit));
            Ok(read < MOST)
        })?;
        lists.push(found);
    }
    Ok(take_turns(&lists))
}

/// The first of each list, then the second of each, and so on; each once. So no reviewer's many
/// approvals come before the newest of another.
fn take_turns(lists: &[Vec<Revision>]) -> Vec<Revision> {
    let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
    let turns = (0..longest).flat_map(|place| lists.iter().filter_map(move |list| list.get(place)));
    let mut seen = BTreeSet::new();
    turns.filter(|commit| seen.insert(*commit)).cloned().collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reviewer_has_a_turn_before_anyone_has_another() {
        let commit = |number: u8| Revision::try_from(format!("{number:040x}")).unwrap();
        let list = |numbers: &[u8]| numbers.iter().map(|number| commit(*number)).collect::<Vec<_>>();
        let lists = [list(&[1, 2, 3, 2]), list(&[4]), list(&[1, 5])];
        assert_eq!(take_turns(&lists), list(&[1, 4, 2, 5, 3]));
        assert_eq!(take_turns(&[]), []);
    }
}

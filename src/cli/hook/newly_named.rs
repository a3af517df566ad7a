//! Branches that a new policy on the default branch would make deployment branches.
//!
//! What they hold by then was judged by no one. So they begin where a new deployment branch begins:
//! at what a deployment branch holds already.

use super::in_force::PolicyAt;
use super::landing::Ruling;
use super::receiving::Receiving;
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::fact::Gap;
use std::collections::BTreeMap;

/// Refuses a policy that would name a branch with commits that no deployment branch holds. `new` is
/// the tip that the default branch would have.
///
/// # Errors
/// The refs or a commit cannot be read.
pub fn judge_newly_named(receiving: &Receiving, new: &Revision) -> Result<Option<Ruling>, Gap> {
    let after = PolicyAt::read(&receiving.repository, new)?;
    let (mut guarded, mut named) = (vec![new.clone()], Vec::new());
    for (branch, tip) in branches(receiving)? {
        match receiving.in_force.names(&branch) {
            true => guarded.push(tip),
            false if receiving.in_force.would_name(&after, &branch) => named.push((branch, tip)),
            false => {}
        }
    }
    for (branch, tip) in named {
        if !is_held(receiving, &guarded, &tip)? {
            return Ok(Some(refuse_branch(&branch)));
        }
    }
    Ok(None)
}

/// The branches with their tips, as the push would leave them.
fn branches(receiving: &Receiving) -> Result<BTreeMap<BranchName, Revision>, Gap> {
    let mut tips = BTreeMap::new();
    for name in receiving.repository.refs_below("refs/heads/")? {
        tips.insert(name.clone(), receiving.repository.ref_tip(&name)?);
    }
    tips.extend(receiving.moved());
    let branch = |(name, tip): (String, Option<Revision>)| {
        name.starts_with("refs/heads/").then_some((BranchName::new(&name), tip?))
    };
    Ok(tips.into_iter().filter_map(branch).collect())
}

fn is_held(receiving: &Receiving, guarded: &[Revision], tip: &Revision) -> Result<bool, Gap> {
    for one in guarded {
        if receiving.repository.reaches(one, tip)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn refuse_branch(branch: &BranchName) -> Ruling {
    Ruling::Refused(
        format!(
            "{branch} would become a deployment branch by the policy, and it holds commits that no one judged"
        ),
        format!(
            "Land what {branch} holds first, or have it deleted on the server and made again afterwards."
        ),
    )
}

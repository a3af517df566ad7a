//! `[branches]`.

use super::Problem;
use super::document::{Branches, History, List};
use super::meaning::filled;
use crate::model::glob::Glob;

/// What a policy says of branches.
pub struct Checked {
    /// The deployment branches.
    pub deployment: Vec<Glob>,
    /// Do paths count that only single commits touch?
    pub each_commit: bool,
}

/// Checks and simplifies.
pub fn checked(branches: &Branches, problems: &mut Vec<Problem>) -> Checked {
    filled(&branches.deployment, "no branch would be judged", problems);
    Checked { deployment: globs(&branches.deployment), each_commit: branches.history == History::EachCommit }
}

fn globs(list: &List<Glob>) -> Vec<Glob> {
    list.get_ref().iter().map(|glob| glob.get_ref().clone()).collect()
}

//! `[branches]`.

use super::Problem;
use super::document::{Branches, History, List};
use super::meaning::{filled, swallows};
use crate::model::glob::Glob;

/// What a policy says of branches.
pub struct Checked {
    /// The deployment branches.
    pub deployment: Vec<Glob>,
    /// Branches for which nothing is judged.
    pub exempt: Vec<Glob>,
    /// Do paths count that only single commits touch?
    pub each_commit: bool,
}

/// Checks and simplifies.
pub fn checked(branches: &Branches, problems: &mut Vec<Problem>) -> Checked {
    filled(&branches.deployment, "no branch would be judged", problems);
    if let Some(exempt) = &branches.exempt {
        filled(exempt, "leave it out, or name the branches that are not judged", problems);
        self_defeating(exempt, &branches.deployment, problems);
    }
    Checked {
        deployment: globs(&branches.deployment),
        exempt: branches.exempt.as_ref().map(globs).unwrap_or_default(),
        each_commit: branches.history == History::EachCommit,
    }
}

fn globs(list: &List<Glob>) -> Vec<Glob> {
    list.get_ref().iter().map(|glob| glob.get_ref().clone()).collect()
}

fn self_defeating(exempt: &List<Glob>, deployment: &List<Glob>, problems: &mut Vec<Problem>) {
    for narrowing in exempt.get_ref() {
        let branches = deployment.get_ref().iter().map(toml::Spanned::get_ref);
        if let Some(branch) = branches.into_iter().find(|branch| swallows(narrowing.get_ref(), branch)) {
            let message = format!("this exempts the deployment branch `{branch}`");
            problems.push(
                Problem::new(narrowing.span(), message).help("exempt only branches that are not deployed"),
            );
        }
    }
}

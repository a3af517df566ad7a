//! `[branches]`.

use super::Problem;
use super::checks::check_filled;
use super::document::{Branches, HistorySetting};
use super::list::List;
use portcullis_pattern::glob::Glob;
use toml::Spanned;

/// What comes before the name of a branch in full ref names.
const HEADS: &str = "refs/heads/";
const REMOTES: &str = "refs/remotes/";

/// What a policy says of branches.
pub struct CheckedBranches {
    /// The deployment branches.
    pub deployment: Vec<Glob>,
    /// Do paths count that only single commits touch?
    pub each_commit: bool,
}

/// Checks and simplifies.
pub fn check_branches(branches: &Branches, problems: &mut Vec<Problem>) -> CheckedBranches {
    check_filled(&branches.deployment, "no branch would be judged", problems);
    problems.extend(branches.deployment.get_ref().iter().filter_map(check_pattern));
    CheckedBranches {
        deployment: globs_of(&branches.deployment),
        each_commit: branches.history == HistorySetting::EachCommit,
    }
}

/// The gate knows a branch by the name that its host shows, without `refs/heads/` and without a
/// remote.
fn check_pattern(pattern: &Spanned<Glob>) -> Option<Problem> {
    let text = pattern.get_ref().as_str();
    let full = text
        .strip_prefix(HEADS)
        .or_else(|| text.strip_prefix(REMOTES)?.split_once('/').map(|(_, name)| name));
    let (message, help) = match full {
        Some(name) => (
            format!("`{text}` is the full name of a ref, not the name of a branch"),
            format!("write `{name}`"),
        ),
        None if !can_name_a_branch(text) => {
            let help = "write the branch as its host shows it; `git check-ref-format --branch NAME` tells what git takes";
            (format!("no branch can have this name: `{text}`"), help.to_string())
        }
        None => return None,
    };
    Some(Problem::new(pattern.span(), message).help(help))
}

/// The rules of git-check-ref-format(1) that a pattern can break for every name that it matches.
fn can_name_a_branch(pattern: &str) -> bool {
    let outside_classes = pattern.split('[').enumerate().map(|(number, part)| match number {
        0 => part,
        _ => part.split_once(']').map_or("", |(_, after)| after),
    });
    let forbidden = |part: &str| part.contains([' ', '~', '^', ':']) || part.contains("..");
    let is_component = |part: &str| !part.starts_with('.') && !part.ends_with(".lock");
    pattern != "HEAD"
        && !outside_classes.into_iter().any(forbidden)
        && pattern.split('/').all(is_component)
        && !pattern.starts_with('-')
        && !pattern.ends_with('.')
}

fn globs_of(list: &List<Glob>) -> Vec<Glob> {
    list.get_ref().iter().map(|glob| glob.get_ref().clone()).collect()
}

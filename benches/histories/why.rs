//! Why a merge that stands in a history is not what merging gives, as far as git can tell.

use crate::cases::Case;
use crate::yardstick::{Git, Merged};
use git2::Oid;
use portcullis::model::landing::Coverage;

/// Merges as they are made with other options than git's own, or by an older git.
const OTHERWISE: [&[&str]; 7] = [
    &["-Xdiff-algorithm=myers"],
    &["merge.directoryRenames=true"],
    &["merge.directoryRenames=false"],
    &["merge.renames=false"],
    &["-Xours"],
    &["-Xtheirs"],
    &["-Xignore-space-change"],
];

/// One line, the same for all merges of a kind.
pub fn departs(git: &Git, case: &Case, merged: &Merged, coverage: &Coverage) -> String {
    let id = |name: &str| Oid::from_str(name).expect("a name");
    let (parent, landed) = (id(case.landing.parent.as_str()), id(case.landing.landed.as_str()));
    let heads: Vec<Oid> = case.landing.candidates.iter().map(|one| id(one.head.as_str())).collect();
    let trees = git.trees(&[&[landed, parent], &heads[..]].concat());
    let (tree, before) = (trees[0], trees[1]);
    if tree == before {
        return "`-s ours`: nothing of the request was taken".to_string();
    }
    if trees[2..].iter().any(|theirs| holds(git, tree, *theirs)) {
        return "subtree: the request became a directory".to_string();
    }
    let bases = git.names(&["merge-base", "--all", &parent.to_string(), &heads[0].to_string()]);
    if bases.is_empty() {
        return "unrelated histories".to_string();
    }
    if trees[2] == tree {
        return "the tree of the request, whatever the branch held".to_string();
    }
    if let Some(options) = as_with_options(git, parent, &heads, tree) {
        return format!("what git gives with {}", options.join(" "));
    }
    by_hand(merged, coverage).to_string()
}

fn holds(git: &Git, tree: Oid, directory: Oid) -> bool {
    git.names(&["ls-tree", "-r", "-t", "-d", "--object-only", &tree.to_string()])
        .concat()
        .contains(&directory)
}

fn as_with_options(git: &Git, parent: Oid, heads: &[Oid], tree: Oid) -> Option<&'static [&'static str]> {
    let [head] = heads else { return None };
    let line = [format!("{parent} {head}")];
    let gives = |options: &&&[&str]| {
        let merged = git.merge_trees(options, &line);
        merged[0].is_clean() && merged[0].tree == tree
    };
    OTHERWISE.iter().find(gives).copied()
}

fn by_hand(merged: &Merged, coverage: &Coverage) -> &'static str {
    let Coverage::Residual(residual) = coverage else { return "not verifiable" };
    let elsewhere = |path: &str| !merged.conflicts.iter().any(|conflict| conflict == path);
    let is_elsewhere = residual.hunks.iter().any(|hunk| elsewhere(&hunk.path.to_string()));
    match (merged.is_clean(), is_elsewhere) {
        (true, _) => "evil merge: clean to git, and edited by hand",
        (false, false) => "conflict settled by hand",
        (false, true) => "conflict settled by hand, with edits beside it",
    }
}

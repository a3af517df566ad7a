//! Why merges that stand in a history are not what merging gives, as far as git can tell.

use crate::cases::Case;
use crate::yardstick::{Git, Merged};
use git2::Oid;
use portcullis_model::landing::Coverage;

/// Merges as they are made with other options than git's own, or by an older git.
const OTHERWISE: [&str; 7] = [
    "-Xdiff-algorithm=myers",
    "merge.directoryRenames=true",
    "merge.directoryRenames=false",
    "merge.renames=false",
    "-Xours",
    "-Xtheirs",
    "-Xignore-space-change",
];

/// A merge that is not explained.
pub struct Open<'c> {
    pub case: &'c Case,
    pub merged: &'c Merged,
    pub coverage: Coverage,
}

/// For each, one line, the same for all of a kind.
pub fn classify(git: &Git, open: &[Open<'_>]) -> Vec<String> {
    let mut classes: Vec<Option<String>> = open.iter().map(|one| taken_whole(git, one)).collect();
    for option in OTHERWISE {
        as_with(git, open, option, &mut classes);
    }
    let classes = open.iter().zip(classes);
    classes.map(|(one, class)| class.unwrap_or_else(|| by_hand(git, one).to_string())).collect()
}

fn id(name: &str) -> Oid {
    Oid::from_str(name).expect("a name")
}

/// One side alone stands in the landing.
fn taken_whole(git: &Git, open: &Open<'_>) -> Option<String> {
    let landing = &open.case.landing;
    let heads = landing.candidates.iter().map(|one| id(one.head.as_str()));
    let commits: Vec<Oid> =
        [id(landing.landed.as_str()), id(landing.parent.as_str())].into_iter().chain(heads).collect();
    let trees = git.trees(&commits);
    let (tree, before, theirs) = (trees[0], trees[1], &trees[2..]);
    let held = || git.names(&["ls-tree", "-r", "-t", "-d", "--object-only", &tree.to_string()]).concat();
    if tree == before {
        Some("`-s ours`: nothing of the request was taken".to_string())
    } else if theirs.contains(&tree) {
        Some("the tree of the request, whatever the branch held".to_string())
    } else if held().iter().any(|directory| theirs.contains(directory)) {
        Some("subtree: the request became a directory".to_string())
    } else {
        None
    }
}

fn as_with(git: &Git, open: &[Open<'_>], option: &str, classes: &mut [Option<String>]) {
    let asked: Vec<usize> = (0..open.len())
        .filter(|at| classes[*at].is_none() && open[*at].case.landing.candidates.len() == 1)
        .collect();
    let line = |at: &usize| {
        let landing = &open[*at].case.landing;
        format!("{} {}", landing.parent, landing.candidates[0].head)
    };
    let merged = git.merge_trees(&[option], &asked.iter().map(line).collect::<Vec<_>>());
    let landed: Vec<Oid> = asked.iter().map(|at| id(open[*at].case.landing.landed.as_str())).collect();
    for ((at, merged), tree) in asked.iter().zip(merged).zip(git.trees(&landed)) {
        if merged.is_clean() && merged.tree == tree {
            classes[*at] = Some(format!("what git gives with {option}"));
        }
    }
}

fn by_hand(git: &Git, open: &Open<'_>) -> &'static str {
    let landing = &open.case.landing;
    let sides = [landing.parent.as_str(), landing.candidates[0].head.as_str()];
    if git.names(&["merge-base", sides[0], sides[1]]).is_empty() {
        return "unrelated histories";
    }
    let Coverage::Residual(residual) = &open.coverage else { return "not verifiable" };
    let in_conflict = |path: &str| open.merged.conflicts.iter().any(|conflict| conflict == path);
    let is_elsewhere = residual.hunks.iter().any(|hunk| !in_conflict(&hunk.path.to_string()));
    match (open.merged.is_clean(), is_elsewhere) {
        (true, _) => "evil merge: clean to git, and edited by hand",
        (false, false) => "conflict settled by hand",
        (false, true) => "conflict settled by hand, with edits beside it",
    }
}

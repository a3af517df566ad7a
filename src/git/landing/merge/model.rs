//! What is merged, and what merging gives.

use crate::landing::histogram::Git;
use crate::landing::merge::contents::MergedContent;
use crate::landing::merge::entry::MergedItem;
use crate::tree_diff::Item;
use git2::Oid;

/// What is merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Two commits.
    Commits,
    /// Merge bases. git does not look for directories that moved then.
    Bases,
}

/// The trees of a merge; `None` is the empty tree.
#[derive(Clone, Copy, Debug)]
pub struct MergeSides {
    /// The common ancestor.
    pub base: Option<Oid>,
    /// What is merged into.
    pub ours: Option<Oid>,
    /// What is merged.
    pub theirs: Option<Oid>,
}

/// What the merge changes in the tree of our side. The path of a directory ends in `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeEdit {
    /// From the root.
    pub path: Vec<u8>,
    /// What comes to be there; `None`: nothing any more.
    pub item: Option<Item>,
}

/// A path at which all three sides differ and neither of the two has a directory or nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contested {
    /// From the root.
    pub path: Vec<u8>,
    /// What stood there.
    pub base: Option<Item>,
    /// What we made of it.
    pub ours: Item,
    /// What they made of it.
    pub theirs: Item,
}

/// What merging gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merge {
    /// The result, as a difference from our side. Later ones overrule earlier ones.
    pub edits: Vec<TreeEdit>,
    /// Contents that the result has and the repository may lack.
    pub contents: Vec<MergedContent>,
    /// Paths at which contents were merged or should have been.
    pub contested: Vec<Contested>,
    /// Paths that need a person.
    pub conflicts: Vec<Vec<u8>>,
    /// Is the result, so far as the walk saw it, what really landed?
    pub matches: bool,
    /// What an older git and what a newer git made of the contents, where they differ: was either
    /// taken?
    pub versions: Versions,
    /// Paths at which they differ.
    pub depend_on_version: Vec<Vec<u8>>,
    /// Did each path decide for itself? If not, files may have moved, or something is both file and
    /// directory.
    pub is_plain: bool,
}

/// Versions of git that were needed to arrive at what landed. One git alone makes a merge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Versions {
    /// A file is as an older git makes it, and a newer one would not.
    pub older: bool,
    /// A file is as a newer git makes it, and an older one would not.
    pub newer: bool,
}

impl Versions {
    /// Is there a git that arrives there without another's help? If `by` is given: is it of that
    /// version?
    pub fn are_of_one_git(self, by: Option<Git>) -> bool {
        match by {
            None => !(self.older && self.newer),
            Some(Git::Older) => !self.newer,
            Some(Git::Newer) => !self.older,
        }
    }
}

impl Merge {
    /// Where versions of git differ: what the newer ones make of a file, if that is what landed,
    /// and otherwise what the older ones make of it.
    pub fn of_version(&mut self, path: &[u8], mut merged: MergedItem, actual: Option<Item>) -> MergedItem {
        let Some(newer) = merged.newer.take() else { return merged };
        self.depend_on_version.push(path.to_vec());
        let is_newer = newer.is_clean && Some(newer.item) == actual;
        *(if is_newer { &mut self.versions.newer } else { &mut self.versions.older }) = true;
        self.matches &= self.versions.are_of_one_git(None);
        if is_newer { *newer } else { merged }
    }
}

//! What `portcullis policy check` holds a policy against: the branches that a clone knows, and the
//! lines of its files.

use crate::line_diff::whole_text;
use crate::object::parse_oid;
use crate::pattern::{FoundMatches, Patterns, SearchedText};
use crate::tree::SIZE_LIMIT;
use crate::{Repository, tree_diff};
use anyhow::Context;
use git2::BranchType;
use portcullis_model::change::{Revision, Side};
use portcullis_model::fact::{Gap, GapReason};
use std::collections::BTreeSet;

/// So many bytes of files are searched for content patterns; a pattern that matches is mostly found
/// long before.
const SEARCHED: usize = 1 << 30;

/// The branches that a clone knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BranchNames {
    /// Local ones, and those of remotes, without the name of the remote.
    pub names: BTreeSet<String>,
    /// The remotes.
    pub remotes: BTreeSet<String>,
}

impl Repository {
    /// The branches that this clone knows. Names that are no UTF-8 are left out.
    ///
    /// # Errors
    /// The refs cannot be read.
    pub fn branch_names(&self) -> anyhow::Result<BranchNames> {
        let remotes = self.git.remotes().context("the remotes cannot be read")?;
        let mut known = BranchNames::default();
        known.remotes.extend(remotes.iter().flatten().flatten().map(str::to_string));
        for branch in self.git.branches(None).context("the branches cannot be read")? {
            let (branch, kind) = branch.context("a branch cannot be read")?;
            let Ok(Some(name)) = branch.name() else { continue };
            let of_remote = || {
                known.remotes.iter().find_map(|remote| name.strip_prefix(remote.as_str())?.strip_prefix('/'))
            };
            let short = if kind == BranchType::Remote { of_remote() } else { Some(name) };
            let short = short.filter(|short| *short != "HEAD").map(str::to_string);
            known.names.extend(short);
        }
        Ok(known)
    }

    /// Those of the content patterns that no line of any file at a commit matches.
    ///
    /// # Errors
    /// An object is missing or cannot be trusted, a pattern is too big, or the files are too large
    /// to be searched.
    pub fn patterns_without_match(
        &self,
        at: &Revision,
        patterns: &BTreeSet<String>,
    ) -> Result<BTreeSet<String>, Gap> {
        let objects = self.trusted_objects()?;
        let tree = objects.tree_of(parse_oid(at.as_str())?)?;
        let searching = Patterns::parse(patterns)?;
        let (mut found, mut left) = (FoundMatches::default(), SEARCHED);
        for change in tree_diff::diff_trees(&objects, None, Some(tree))? {
            if found.count() == patterns.len() {
                break;
            }
            let Some((_, id)) = change.new.filter(|(mode, _)| mode.is_file()) else { continue };
            let Some(blob) = objects.blob_up_to(id, SIZE_LIMIT)? else { continue };
            let text = blob.data();
            left = left.checked_sub(text.len()).ok_or_else(too_large)?;
            let searched =
                SearchedText { side: Side::Added, text, hunks: &whole_text(text), numbered: false };
            searching.search(&searched, &mut found)?;
        }
        let matched: BTreeSet<String> = found.into_matches().into_iter().map(|found| found.pattern).collect();
        Ok(patterns.difference(&matched).cloned().collect())
    }
}

fn too_large() -> Gap {
    let detail = format!("the files at this commit have more than {SEARCHED} bytes");
    Gap::new(
        "which patterns match no line",
        GapReason::Unsupported,
        detail,
        "Search for the patterns with `git grep -P`",
    )
}

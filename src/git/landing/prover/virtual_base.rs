//! The tree that stands for several merge bases, as git's recursive merge has it.
//!
//! git merges the merge bases, the oldest first, each time over *their* merge bases, and takes what
//! comes out as the base, conflicts and all (`git merge-tree`, strategy "ort"): a conflict of lines
//! stays in the file, between marks that are two signs wider at each level; of a file that one side
//! deleted and the other changed, of a link, and of two different kinds the base's version stays;
//! of binary files the base's content.
//!
//! What cannot be told for sure ([`MergeBase::unsure`]) is no obstacle where both sides of the
//! merge over it have the same.

use crate::landing::cached_tree_diff::diff_cached_trees;
use crate::landing::histogram::Git;
use crate::landing::merge::contents::MergedContent;
use crate::landing::merge::entry::{Contents, REVIEW, merge_contents, merge_modes};
use crate::landing::merge::{Merge, MergeSides, TreeEdit, merge_bases};
use crate::landing::merge_text::ConflictMarks;
use crate::landing::prover::{Prover, order};
use crate::landing::store::Store;
use crate::landing::tree_builder;
use crate::rename::{PairLink, pair_changes};
use crate::tree_diff::{Item, TreeChange};
use git2::Oid;
use portcullis_model::fact::{Gap, GapReason};
use std::collections::{BTreeMap, BTreeSet};

/// Merge bases of merge bases are merged this deep.
pub const VIRTUAL_LIMIT: usize = 16;

/// The names that git gives the sides of such a merge.
const LABELS: [&str; 2] = ["Temporary merge branch 1", "Temporary merge branch 2"];

/// The signs of a conflict mark in a merge of two commits of a branch.
const MARK_WIDTH: usize = 7;

/// A merge base.
#[derive(Clone, Debug, Default)]
pub struct MergeBase {
    /// `None` is the empty tree.
    pub tree: Option<Oid>,
    /// Paths at which git may have something else.
    unsure: BTreeSet<Vec<u8>>,
    /// May another version of git arrive at another tree?
    pub depends_on_version: bool,
}

impl MergeBase {
    fn sure(tree: Oid) -> Self {
        MergeBase { tree: Some(tree), ..MergeBase::default() }
    }

    /// The tree, if nothing in it that is not sure matters for a merge of these sides.
    pub fn for_merge(
        self,
        store: &Store<'_, '_>,
        ours: Option<Oid>,
        theirs: Oid,
    ) -> Result<Option<Oid>, Gap> {
        if self.unsure.is_empty() {
            return Ok(self.tree);
        }
        let differing = diff_cached_trees(store, ours, Some(theirs))?;
        match differing.iter().find(|change| self.unsure.contains(&change.path)) {
            None => Ok(self.tree),
            Some(change) => {
                let path = String::from_utf8_lossy(&change.path);
                Err(unsure_base(format!(
                    "there are several merge bases, whose own merge leaves `{path}` to a person or follows a move"
                )))
            }
        }
    }
}

fn unsure_base(detail: String) -> Gap {
    Gap::new("a recomputed merge", GapReason::Unsupported, detail, REVIEW)
}

impl Prover<'_, '_> {
    /// The base of a merge of `head` into a merge of all `tips`, whose merge bases these are.
    pub(super) fn base(
        &mut self,
        tips: &[Oid],
        head: Oid,
        bases: &[Oid],
        git: Git,
        depth: usize,
    ) -> Result<MergeBase, Gap> {
        match bases {
            [] => Ok(MergeBase::default()),
            [one] => Ok(MergeBase::sure(self.store.tree_of(*one)?)),
            _ if depth >= VIRTUAL_LIMIT => Err(unsure_base(format!(
                "merge bases have several merge bases themselves, more than {VIRTUAL_LIMIT} times over"
            ))),
            _ => {
                let ordered =
                    order::oldest_first(&mut self.graph, self.store.objects.repository(), bases, tips, head)?;
                self.merge_of(&ordered, git, depth + 1)
            }
        }
    }

    fn merge_of(&mut self, bases: &[Oid], git: Git, depth: usize) -> Result<MergeBase, Gap> {
        let question = (git, depth, bases.to_vec());
        if let Some(known) = self.virtual_bases.get(&question) {
            return Ok(known.clone());
        }
        let Some((first, others)) = bases.split_first() else { return Ok(MergeBase::default()) };
        let mut merged = MergeBase::sure(self.store.tree_of(*first)?);
        for (number, next) in others.iter().enumerate() {
            let before = &bases[..=number];
            let below = self.merge_bases(before, *next)?;
            let below = self.base(before, *next, &below, git, depth)?;
            let sides =
                MergeSides { base: below.tree, ours: merged.tree, theirs: Some(self.store.tree_of(*next)?) };
            merged.unsure.extend(below.unsure);
            merged.depends_on_version |= below.depends_on_version;
            self.conflicts_and_all(sides, git, depth, &mut merged)?;
        }
        self.virtual_bases.insert(question, merged.clone());
        Ok(merged)
    }

    /// Merges these sides into a base, with what git makes of conflicts at this depth.
    fn conflicts_and_all(
        &self,
        sides: MergeSides,
        git: Git,
        depth: usize,
        base: &mut MergeBase,
    ) -> Result<(), Gap> {
        let mut merged = merge_bases(&self.store, sides)?;
        let depend_on_version = std::mem::take(&mut merged.depend_on_version);
        base.depends_on_version |= !depend_on_version.is_empty();
        if merged.conflicts.is_empty() && depend_on_version.is_empty() {
            base.tree = tree_builder::tree(&self.store, sides.ours, &merged)?;
            return Ok(());
        }
        let changed = Changed::between(&self.store, sides)?;
        let open: BTreeSet<_> =
            std::mem::take(&mut merged.conflicts).into_iter().chain(depend_on_version).collect();
        let leaving = Leaving { store: &self.store, changed: &changed, git, depth };
        for path in open {
            leaving.at(path, &mut merged)?;
        }
        base.tree = tree_builder::tree(&self.store, sides.ours, &merged)?;
        if !merged.is_plain && changed.some_moved(&self.store) {
            base.unsure.extend(changed.moved());
        }
        Ok(())
    }
}

/// What each side changed.
struct Changed([BTreeMap<Vec<u8>, TreeChange>; 2]);

impl Changed {
    fn between(store: &Store<'_, '_>, sides: MergeSides) -> Result<Self, Gap> {
        let side = |tree| -> Result<BTreeMap<Vec<u8>, TreeChange>, Gap> {
            let changes = diff_cached_trees(store, sides.base, tree)?;
            Ok(changes.into_iter().map(|change| (change.path.clone(), change)).collect())
        };
        Ok(Changed([side(sides.ours)?, side(sides.theirs)?]))
    }

    /// The entry at a path in the base, on our side and on theirs.
    fn items(&self, path: &[u8]) -> [Option<Item>; 3] {
        let [ours, theirs] = self.0.each_ref().map(|side| side.get(path));
        let base = ours.or(theirs).and_then(|change| change.old);
        let [ours, theirs] = [ours, theirs].map(|change| change.map_or(base, |change| change.new));
        [base, ours, theirs]
    }

    /// Did a file of one side move?
    fn some_moved(&self, store: &Store<'_, '_>) -> bool {
        let came_or_went = |change: &&TreeChange| change.old.is_none() || change.new.is_none();
        self.0.iter().any(|side| {
            let changes = side.values().filter(came_or_went).cloned().collect();
            pair_changes(&store.similarity, changes).iter().any(|pair| pair.link == PairLink::Renamed)
        })
    }

    /// Where files came or went.
    fn moved(&self) -> impl Iterator<Item = Vec<u8>> {
        let all = self.0.iter().flat_map(BTreeMap::values);
        all.filter(|change| change.old.is_none() || change.new.is_none()).map(|change| change.path.clone())
    }

    /// Does a side have files below this path?
    fn is_directory(&self, path: &[u8]) -> bool {
        let below = [path, b"/"].concat();
        self.0.iter().any(|side| {
            let behind = side.range(below.clone()..).take_while(|(path, _)| path.starts_with(&below));
            behind.into_iter().any(|(_, change)| change.new.is_some())
        })
    }
}

/// What git leaves at paths in conflict.
struct Leaving<'s, 'o, 'r> {
    store: &'s Store<'o, 'r>,
    changed: &'s Changed,
    git: Git,
    depth: usize,
}

impl Leaving<'_, '_, '_> {
    fn at(&self, path: Vec<u8>, merge: &mut Merge) -> Result<(), Gap> {
        if self.changed.is_directory(&path) {
            let path = String::from_utf8_lossy(&path);
            return Err(unsure_base(format!(
                "there are several merge bases, and in their own merge `{path}` is a file and a directory"
            )));
        }
        let item = match self.changed.items(&path) {
            [base, Some(ours), Some(theirs)] => self.of_both(base, ours, theirs, merge)?,
            [_, None, None] => None,
            [base, ..] => base,
        };
        merge.edits.push(TreeEdit { path, item });
        Ok(())
    }

    /// Where both sides have something else.
    fn of_both(
        &self,
        base: Option<Item>,
        ours: Item,
        theirs: Item,
        merge: &mut Merge,
    ) -> Result<Option<Item>, Gap> {
        let is_same_kind = |one: Item, other: Item| one.0.kind() == other.0.kind();
        if !is_same_kind(ours, theirs) {
            return Ok(base);
        }
        let (mode, _) = merge_modes(base.map(|base| base.0), ours.0, theirs.0);
        let old = base.filter(|base| is_same_kind(*base, ours)).map(|base| base.1);
        if ours.1 == theirs.1 || old == Some(ours.1) {
            return Ok(Some((mode, theirs.1)));
        }
        if old == Some(theirs.1) {
            return Ok(Some((mode, ours.1)));
        }
        if !ours.0.is_file() {
            return Ok(base);
        }
        let id = self.content(old, ours.1, theirs.1, merge)?;
        Ok(Some((mode, id)))
    }

    /// The lines of both sides between marks; of binary files the content of the base, or none.
    fn content(&self, base: Option<Oid>, ours: Oid, theirs: Oid, merge: &mut Merge) -> Result<Oid, Gap> {
        let marks = ConflictMarks { width: MARK_WIDTH + 2 * self.depth, labels: LABELS };
        let text = match merge_contents(self.store, base, ours, theirs, Some(marks))? {
            Contents::Merged(merged) => merged.of(self.git).bytes,
            Contents::Refused => return Err(unsure_base("git refuses to merge the merge bases".to_string())),
            Contents::Binary => match base {
                Some(base) => return Ok(base),
                None => Vec::new(),
            },
        };
        let content = MergedContent::new(text)?;
        let id = content.id;
        merge.contents.push(content);
        Ok(id)
    }
}

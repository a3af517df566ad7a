//! What each side of a merge deleted and added, in the order in which git comes across it
//! (`collect_merge_info` in `merge-ort.c`).

use crate::landing::merge::model::{MergeSides, TreeEdit};
use crate::landing::merge::renames::hash_order::as_git_finds_them;
use crate::landing::merge::renames::parent_of;
use crate::landing::store::{Cursor, Store};
use crate::tree::{Mode, TreeEntry};
use crate::tree_diff::Item;
use crate::walk_budget::WalkBudget;
use git2::Oid;
use portcullis_model::fact::Gap;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Which of the three trees: a bit for each.
type Mask = u8;
const BASE: Mask = 1;
const ALL: Mask = 7;

/// The entry at a path, in the base, on our side and on theirs.
pub type Stages = [Option<Item>; 3];

/// What becomes of a path at which some tree has a file.
#[derive(Clone, Debug, Default)]
pub struct MergePath {
    /// The files. Directories are none.
    pub stages: Stages,
    /// What our side has there.
    pub ours: Option<Item>,
    /// The trees that have the same file there: two of them, or none.
    pub same: Mask,
    /// Has one of the trees a directory there?
    pub is_mixed: bool,
    /// A person has to decide, whatever stands there.
    pub needs_person: bool,
    /// It has moved away.
    pub is_gone: bool,
}

/// Why it matters where a file went that a side deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relevance {
    /// The other side changed or deleted it too.
    Content,
    /// The other side added something to a directory that is gone.
    Location,
}

/// Does it matter where a directory went that a side has no more? In git's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// It does not.
    Nobody,
    /// For a directory above it.
    Ancestor,
    /// For itself.
    Itself,
}

/// A file that a side deleted or added.
#[derive(Clone, Debug)]
pub struct SideChange {
    /// From the root.
    pub path: Vec<u8>,
    /// What was, or is, there.
    pub item: Item,
    /// Added, or deleted?
    pub is_added: bool,
}

/// What one side did.
#[derive(Debug, Default)]
pub struct SideChanges {
    /// What it deleted and added.
    pub changes: Vec<SideChange>,
    /// What of it has to be found again.
    pub relevant: BTreeMap<Vec<u8>, Relevance>,
    /// Directories of the base that it has no more.
    pub removed: BTreeMap<Vec<u8>, Need>,
}

/// What the walk comes across.
#[derive(Debug, Default)]
pub struct MergeInfo {
    /// Paths that are not the same in all trees.
    pub entries: BTreeMap<Vec<u8>, MergePath>,
    /// Directories that one side alone changed, as it has them.
    pub whole: Vec<TreeEdit>,
    /// What each side did.
    pub sides: [SideChanges; 2],
}

/// Walks the three trees.
pub fn walk(store: &Store<'_, '_>, sides: MergeSides) -> Result<MergeInfo, Gap> {
    let mut walk = MergeInfoWalk {
        store,
        budget: WalkBudget::of("a recomputed merge"),
        found: MergeInfo::default(),
        mask: 0,
        later: [const { Vec::new() }; 2],
        may_wait: [true; 2],
    };
    walk.directory([sides.base, sides.ours, sides.theirs], b"", 0)?;
    for side in 0..2 {
        walk.what_waited(side)?;
    }
    Ok(walk.found)
}

/// A directory that one side alone changed: nothing in it matters unless something of that side has
/// to be found again.
struct Waiting {
    stages: Stages,
    mask: Mask,
    depth: usize,
}

struct MergeInfoWalk<'s, 'o, 'r> {
    store: &'s Store<'o, 'r>,
    budget: WalkBudget,
    found: MergeInfo,
    /// The side that still has the directory we are in, which the other one removed; [`ALL`] where
    /// it added something to it.
    mask: Mask,
    later: [Vec<(Vec<u8>, Waiting)>; 2],
    may_wait: [bool; 2],
}

/// The entries of one name.
struct NameStages {
    stages: Stages,
    present: Mask,
    directories: Mask,
    /// The trees that have the same there.
    same: Mask,
}

impl NameStages {
    fn of(stages: Stages) -> Self {
        let [base, ours, theirs] = stages;
        let is_same = |one: Option<Item>, other: Option<Item>| one.is_some() && one == other;
        let same = match (is_same(base, ours), is_same(base, theirs), is_same(ours, theirs)) {
            (true, true, _) => ALL,
            (true, ..) => 3,
            (_, true, _) => 5,
            (.., true) => 6,
            _ => 0,
        };
        let (mut present, mut directories) = (0, 0);
        for (place, (mode, _)) in stages.iter().enumerate().filter_map(|(at, item)| Some((at, (*item)?))) {
            present |= 1 << place;
            directories |= if mode.is_tree() { 1 << place } else { 0 };
        }
        NameStages { stages, present, directories, same }
    }

    fn files(&self) -> Mask {
        self.present & !self.directories
    }

    /// Which side alone changed this directory, by its number from 0.
    fn changed_by(&self) -> Option<usize> {
        match (self.same, self.files(), self.directories) {
            (3, ..) => Some(1),
            (5, ..) => Some(0),
            (_, 0, 2) => Some(0),
            (_, 0, 4) => Some(1),
            _ => None,
        }
    }

    fn entry(&self) -> MergePath {
        let file = |at: usize| self.stages[at].filter(|(mode, _)| !mode.is_tree());
        MergePath {
            stages: [file(0), file(1), file(2)],
            ours: file(1),
            same: self.same & self.files(),
            is_mixed: self.directories != 0,
            ..MergePath::default()
        }
    }
}

impl MergeInfoWalk<'_, '_, '_> {
    fn directory(&mut self, ids: [Option<Oid>; 3], path: &[u8], depth: usize) -> Result<(), Gap> {
        self.budget.enter(path, depth)?;
        let names = names_in_git_order(self.store, ids)?;
        if self.mask != 0 && names.iter().any(|(_, one)| one.files() != 0 && one.files() == self.mask) {
            self.mask = ALL;
        }
        for (name, one) in names {
            let path = if path.is_empty() { name } else { [path, b"/", &name].concat() };
            self.name(path, &one, depth)?;
        }
        Ok(())
    }

    fn name(&mut self, path: Vec<u8>, one: &NameStages, depth: usize) -> Result<(), Gap> {
        self.budget.list(&path)?;
        let before = self.mask;
        let decides_itself = one.files() == ALL && one.same != 0;
        if !decides_itself {
            self.note(&path, one);
        }
        if one.files() != 0 {
            self.found.entries.insert(path.clone(), one.entry());
        }
        if one.directories == 0 {
            return Ok(());
        }
        match one.changed_by() {
            Some(side) if self.mask != ALL && self.may_wait[side] => {
                let waiting = Waiting { stages: one.stages, mask: self.mask, depth };
                self.later[side].push((path, waiting));
            }
            _ => self.directory(directories_of(one.stages), &path, depth + 1)?,
        }
        self.mask = before;
        Ok(())
    }

    /// Takes down what it says of moves.
    fn note(&mut self, path: &[u8], one: &NameStages) {
        let removed = one.directories & BASE != 0 && one.directories != ALL;
        if removed && self.mask != ALL && one.directories != BASE {
            self.mask = one.directories & !BASE;
        }
        for side in 0..2 {
            let bit = 2 << side;
            if removed && one.directories & bit == 0 {
                let need = if self.mask == ALL { Need::Ancestor } else { Need::Nobody };
                self.found.sides[side].removed.insert(path.to_vec(), need);
            }
            if self.mask == ALL && one.files() == 6 - bit {
                self.found.sides[side].removed.insert(parent_of(path).to_vec(), Need::Itself);
            }
        }
        for side in 0..2 {
            self.change(path, one, side);
        }
    }

    fn change(&mut self, path: &[u8], one: &NameStages, side: usize) {
        let bit = 2 << side;
        let (was, is) = (one.files() & BASE != 0, one.files() & bit != 0);
        let item = if was { one.stages[0] } else { one.stages[side + 1] };
        let Some(item) = item.filter(|_| was != is) else { return };
        let side = &mut self.found.sides[side];
        if was && one.same & one.files() == 0 {
            side.relevant.insert(path.to_vec(), Relevance::Content);
        } else if was && self.mask == ALL {
            side.relevant.insert(path.to_vec(), Relevance::Location);
        }
        side.changes.push(SideChange { path: path.to_vec(), item, is_added: is });
    }

    fn what_waited(&mut self, side: usize) -> Result<(), Gap> {
        let nothing_to_find = self.found.sides[side].relevant.is_empty();
        self.may_wait[side] = nothing_to_find;
        for (path, waiting) in as_git_finds_them(std::mem::take(&mut self.later[side])) {
            if nothing_to_find {
                self.as_it_is(&path, side, &waiting.stages);
                continue;
            }
            self.mask = waiting.mask;
            self.directory(directories_of(waiting.stages), &path, waiting.depth + 1)?;
        }
        Ok(())
    }

    fn as_it_is(&mut self, path: &[u8], side: usize, stages: &Stages) {
        let entry = self.found.entries.remove(path);
        if side == 0 {
            return;
        }
        let (directory, file) = match stages[2] {
            Some(item) if item.0.is_tree() => (Some(item), None),
            other => (None, other),
        };
        self.found.whole.push(TreeEdit { path: [path, b"/"].concat(), item: directory });
        if entry.is_some() {
            self.found.whole.push(TreeEdit { path: path.to_vec(), item: file });
        }
    }
}

fn directories_of(stages: Stages) -> [Option<Oid>; 3] {
    stages.map(|item| item.filter(|(mode, _)| mode.is_tree()).map(|(_, id)| id))
}

/// Entries of one name and sort.
struct StageGroup {
    name: Vec<u8>,
    stages: Stages,
}

/// The names that are not the same in all three trees, in the order in which git comes across them
/// (`traverse_trees` in `tree-walk.c`): the least of those that come next in each tree, file and
/// directory of that name together.
fn names_in_git_order(
    store: &Store<'_, '_>,
    ids: [Option<Oid>; 3],
) -> Result<Vec<(Vec<u8>, NameStages)>, Gap> {
    let mut groups = differing_groups(store, ids)?;
    let mut places: BTreeMap<Vec<u8>, Vec<usize>> = BTreeMap::new();
    for (place, group) in groups.iter().enumerate() {
        places.entry(group.name.clone()).or_default().push(place);
    }
    let mut next = [0; 3];
    let mut names = Vec::with_capacity(places.len());
    while let Some(first) = first_name(&groups, &mut next) {
        let mut stages = Stages::default();
        for place in places.remove(&first).unwrap_or_default() {
            for (stage, item) in stages.iter_mut().zip(std::mem::take(&mut groups[place].stages)) {
                *stage = stage.or(item);
            }
        }
        names.push((first, NameStages::of(stages)));
    }
    Ok(names)
}

/// Each tree goes on to the next entry that was not looked at yet.
fn first_name(groups: &[StageGroup], next: &mut [usize; 3]) -> Option<Vec<u8>> {
    for (tree, place) in next.iter_mut().enumerate() {
        while groups.get(*place).is_some_and(|group| group.stages[tree].is_none()) {
            *place += 1;
        }
    }
    next.iter().filter_map(|place| groups.get(*place)).map(|group| &group.name).min().cloned()
}

/// In the order of trees, where a directory's name ends in a `/`.
fn differing_groups(store: &Store<'_, '_>, ids: [Option<Oid>; 3]) -> Result<Vec<StageGroup>, Gap> {
    let trees = store.trees(ids)?;
    let mut cursors = trees.each_ref().map(|tree| tree.as_ref().map_or(Cursor::default(), |t| t.cursor()));
    let mut groups = Vec::new();
    loop {
        let equal = cursors[0].equal_entries(&cursors[1..]);
        cursors.iter_mut().for_each(|cursor| cursor.advance(equal));
        let entries = cursors.map(|cursor| cursor.entry());
        let least = entries.iter().flatten().min_by(|one, other| one.order(other)).copied();
        let Some(least) = least else { return Ok(groups) };
        let group = entries.map(|entry| entry.filter(|entry| entry.order(&least) == Ordering::Equal));
        let mut stages = Stages::default();
        for ((stage, entry), cursor) in stages.iter_mut().zip(&group).zip(&mut cursors) {
            *stage = entry.as_ref().map(item_of).transpose()?;
            cursor.advance(usize::from(entry.is_some()));
        }
        groups.push(StageGroup { name: least.name.to_vec(), stages });
    }
}

fn item_of(entry: &TreeEntry<'_>) -> Result<Item, Gap> {
    Ok((Mode(entry.mode.0), entry.id()?))
}

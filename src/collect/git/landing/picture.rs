//! What the second engine gets to see of a merge in which files may have moved.
//!
//! Most of what somebody changed decides itself: one side alone edited, added or deleted it, and no move can make
//! anything else of it. These take part:
//!
//! - what both sides changed;
//! - of what one side added, whatever can be a file that this side deleted and the other one changed or deleted too;
//! - of what one side deleted, whatever can have moved to a path at which both added something, or equals an addition
//!   that takes part;
//! - what stands where something else is a directory.
//!
//! Where a file went that the other side left alone does not matter: there is nothing to carry along to its new place. So git
//! does not search for it either (`merge-ort.c`, `remove_unneeded_paths_from_src` in `diffcore-rename.c`).

use super::super::likeness::{HALF, is_near, near};
use super::super::rename::file_name;
use super::super::tree_diff::Item;
use super::merge::{Party, Sides};
use super::paths::between;
use super::store::Store;
use crate::model::fact::Gap;
use git2::Oid;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

/// When more files of a side may have moved, their contents are not compared here.
const ORIGINS_LIMIT: usize = 64;

/// What stands at a path that somebody changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// Before.
    pub base: Option<Item>,
    /// On our side.
    pub ours: Option<Item>,
    /// On theirs.
    pub theirs: Option<Item>,
}

impl Changed {
    /// What a side made of it.
    pub fn of(&self, party: Party) -> Option<Item> {
        match party {
            Party::Ours => self.ours,
            Party::Theirs => self.theirs,
        }
    }

    /// Did this side delete it?
    pub fn left(&self, party: Party) -> bool {
        self.base.is_some() && self.of(party).is_none()
    }

    /// Did this side add it?
    pub fn came(&self, party: Party) -> bool {
        self.base.is_none() && self.of(party).is_some()
    }

    /// What the merge makes of it when it decides itself.
    pub fn plain(&self) -> Option<Item> {
        if self.theirs == self.base { self.ours } else { self.theirs }
    }

    /// Did both sides change it, each in its way, or delete it?
    fn is_contested(&self) -> bool {
        let by_both = self.ours != self.base && self.theirs != self.base;
        by_both && (self.ours != self.theirs || self.ours.is_none())
    }

    /// What stands there.
    pub fn items(&self) -> impl Iterator<Item = Item> {
        [self.base, self.ours, self.theirs].into_iter().flatten()
    }
}

/// Everything that somebody changed, by path.
pub type All = BTreeMap<Vec<u8>, Changed>;

/// What takes part, by path.
pub type Picture<'a> = BTreeMap<&'a [u8], &'a Changed>;

/// Everything that either side changed.
pub fn all(store: &Store<'_, '_>, sides: Sides) -> Result<All, Gap> {
    let mut all = All::new();
    for change in between(store, sides.base, sides.ours)? {
        all.insert(change.path, Changed { base: change.old, ours: change.new, theirs: change.old });
    }
    for change in between(store, sides.base, sides.theirs)? {
        let unchanged = Changed { base: change.old, ours: change.old, theirs: None };
        all.entry(change.path).or_insert(unchanged).theirs = change.new;
    }
    Ok(all)
}

/// What of it takes part.
pub fn picture<'a>(store: &Store<'_, '_>, all: &'a All) -> Result<Picture<'a>, Gap> {
    let named = || all.iter().map(|(path, one)| (path.as_slice(), one));
    let mut shown: Picture<'a> = named().filter(|(_, one)| one.is_contested()).collect();
    for party in [Party::Ours, Party::Theirs] {
        let (came, gone) = (arrivals(store, all, &shown, party)?, departures(store, all, &shown, party)?);
        shown.extend(came);
        shown.extend(gone);
        let came = shown.values().filter(|one| one.came(party)).filter_map(|one| one.of(party));
        let came: BTreeSet<Oid> = came.map(|item| item.1).collect();
        let is_equal = |one: &Changed| one.base.is_some_and(|item| came.contains(&item.1));
        shown.extend(named().filter(|(_, one)| one.left(party) && is_equal(one)));
    }
    shown.extend(named().filter(|(path, _)| stands_in_the_way(all, path)));
    Ok(shown)
}

/// What this side added that can be one of the files of the picture that it deleted.
fn arrivals<'a>(
    store: &Store<'_, '_>,
    all: &'a All,
    shown: &Picture<'a>,
    party: Party,
) -> Result<Picture<'a>, Gap> {
    let origins: Vec<_> = shown
        .iter()
        .filter(|(_, one)| one.left(party))
        .filter_map(|(path, one)| Some((*path, one.base?)))
        .collect();
    let mut arrivals = Picture::new();
    if origins.is_empty() {
        return Ok(arrivals);
    }
    let added = Added::of(all, party);
    for (path, item) in &origins {
        let found = added.like(store, path, *item, origins.len() <= ORIGINS_LIMIT)?;
        arrivals.extend(found.into_iter().filter_map(|path| Some((path, all.get(path)?))));
    }
    Ok(arrivals)
}

/// What this side deleted that can have moved to where both added something.
fn departures<'a>(
    store: &Store<'_, '_>,
    all: &'a All,
    shown: &Picture<'a>,
    party: Party,
) -> Result<Picture<'a>, Gap> {
    let likeness = &store.likeness;
    let both_added = shown.values().filter(|one| one.came(Party::Ours) && one.came(Party::Theirs));
    let sizes = both_added.filter_map(|one| one.of(party)).map(|item| likeness.size(item));
    let sizes: Vec<usize> = sizes.filter_map(Result::transpose).collect::<Result<_, _>>()?;
    let mut departures = Picture::new();
    for (path, one) in all.iter().filter(|(_, one)| !sizes.is_empty() && one.left(party)) {
        let size = one.base.map_or(Ok(None), |item| likeness.size(item))?;
        if size.is_some_and(|size| sizes.iter().any(|place| is_near(size, *place))) {
            departures.insert(path, one);
        }
    }
    Ok(departures)
}

/// Its size, its path, and what it is.
type Sized<'a> = (usize, &'a [u8], Item);

/// What a side added.
struct Added<'a> {
    by_id: BTreeMap<Oid, Vec<&'a [u8]>>,
    by_name: BTreeMap<&'a [u8], Vec<(&'a [u8], Item)>>,
    by_size: OnceCell<Vec<Sized<'a>>>,
}

impl<'a> Added<'a> {
    fn of(all: &'a All, party: Party) -> Self {
        let mut added = Added { by_id: BTreeMap::new(), by_name: BTreeMap::new(), by_size: OnceCell::new() };
        for (path, one) in all.iter().filter(|(_, one)| one.came(party)) {
            let Some(item) = one.of(party) else { continue };
            added.by_id.entry(item.1).or_default().push(path);
            added.by_name.entry(file_name(path)).or_default().push((path, item));
        }
        added
    }

    /// Those that may have relatives, the smallest first. Only asked for where nothing else helps, because sizes take time.
    fn by_size(&self, store: &Store<'_, '_>) -> Result<&[Sized<'a>], Gap> {
        if let Some(known) = self.by_size.get() {
            return Ok(known);
        }
        let mut files = Vec::new();
        for (path, item) in self.by_name.values().flatten() {
            files.extend(store.likeness.size(*item)?.map(|size| (size, *path, *item)));
        }
        files.sort();
        Ok(self.by_size.get_or_init(|| files))
    }

    /// Those that can be this file, moved: first those that equal it, then a namesake that has most in common, then whatever
    /// is like it: half as like as git asks for, because others measure otherwise.
    fn like(
        &self,
        store: &Store<'_, '_>,
        path: &[u8],
        item: Item,
        compares: bool,
    ) -> Result<Vec<&'a [u8]>, Gap> {
        if let Some(equal) = self.by_id.get(&item.1) {
            return Ok(equal.clone());
        }
        let likeness = &store.likeness;
        let Some(size) = likeness.size(item)? else { return Ok(Vec::new()) };
        if let Some([(namesake, other)]) = self.by_name.get(file_name(path)).map(Vec::as_slice)
            && likeness.are_namesakes(item, *other)?
        {
            return Ok(vec![namesake]);
        }
        let files = self.by_size(store)?;
        let near = near(size);
        let from = files.partition_point(|(other, ..)| other < near.start());
        let mut like = Vec::new();
        for (_, path, other) in files[from..].iter().take_while(|(other, ..)| other <= near.end()) {
            if !compares || likeness.common(item, *other)? >= HALF / 2 {
                like.push(*path);
            }
        }
        Ok(like)
    }
}

/// Is a file also a directory, or a directory above it also a file?
fn stands_in_the_way(all: &All, path: &[u8]) -> bool {
    let above = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(end, _)| &path[..end]);
    let below = [path, b"/"].concat();
    let mut from = all.range(below.clone()..);
    above.into_iter().any(|directory| all.contains_key(directory))
        || from.next().is_some_and(|(next, _)| next.starts_with(&below))
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::fixture::{Files, Fixture};
    use super::*;

    /// So many lines, of which the first ones are of another file than the last ones.
    fn text(mine: usize, shared: usize) -> String {
        (0..mine).map(|n| format!("mine {n}\n")).chain((0..shared).map(|n| format!("shared {n}\n"))).collect()
    }

    fn shown(base: &[(&str, &str)], ours: &[(&str, &str)], theirs: &[(&str, &str)]) -> Vec<String> {
        let fixture = Fixture::new();
        let tree = |files: &[(&str, &str)]| {
            let files: Files = fixture.files(files);
            Some(fixture.tree(&files))
        };
        let sides = Sides { base: tree(base), ours: tree(ours), theirs: tree(theirs) };
        let opened = fixture.open();
        let objects = opened.trusted_objects().unwrap();
        let store = Store::new(&objects);
        let all = all(&store, sides).unwrap();
        let picture = picture(&store, &all).unwrap();
        picture.keys().map(|path| String::from_utf8_lossy(path).into_owned()).collect()
    }

    #[test]
    fn what_one_side_alone_did_takes_no_part() {
        let base = [("edited", "1"), ("gone", "1"), ("both", "1")];
        let ours = [("edited", "2"), ("both", "2"), ("new", "1 and more")];
        let theirs = [("edited", "1"), ("gone", "1"), ("both", "3")];
        assert_eq!(shown(&base, &ours, &theirs), ["both"]);
        assert_eq!(shown(&base, &theirs, &ours), ["both"]);
    }

    #[test]
    fn a_file_that_moved_and_was_edited_takes_part_with_where_it_went() {
        let (old, edited, moved) = (text(0, 40), text(1, 39), text(8, 32));
        let base = [("f", old.as_str()), ("other", "1")];
        let theirs = [("f", edited.as_str()), ("other", "1")];
        let unlike = text(40, 0);
        let ours = [("d/g", moved.as_str()), ("d/h", &unlike), ("i", "short"), ("other", "1")];
        assert_eq!(shown(&base, &ours, &theirs), ["d/g", "f"]);
        // Where the other side leaves it alone, it can go where it likes.
        assert_eq!(shown(&base, &ours, &base), Vec::<String>::new());
        // Of the same name, or the very same, is enough.
        let ours = [("d/f", edited.as_str()), ("d/g", moved.as_str())];
        assert_eq!(shown(&base, &ours, &theirs), ["d/f", "f"]);
        let ours = [("d/g", old.as_str()), ("d/f", moved.as_str())];
        assert_eq!(shown(&base, &ours, &theirs), ["d/g", "f"]);
    }

    #[test]
    fn what_may_have_moved_to_where_both_added_takes_part() {
        let (old, one, other) = (text(0, 40), text(3, 37), text(5, 35));
        let base = [("f", old.as_str())];
        let (ours, theirs) = ([("g", one.as_str())], [("f", old.as_str()), ("g", other.as_str())]);
        assert_eq!(shown(&base, &ours, &theirs), ["f", "g"]);
    }

    #[test]
    fn a_file_where_the_other_side_has_a_directory_takes_part() {
        assert_eq!(shown(&[], &[("a", "1")], &[("a/b", "2"), ("c", "3")]), ["a", "a/b"]);
        assert_eq!(shown(&[("a", "1")], &[("a/b/c", "2")], &[("a", "1"), ("d", "1")]), ["a", "a/b/c"]);
    }
}

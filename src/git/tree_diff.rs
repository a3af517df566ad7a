//! Which paths differ between two trees.
//!
//! Both trees are read side by side; where the same entry is on both sides with the same object,
//! nothing below it is read. libgit2's own comparison is several times slower (it builds a list of
//! the whole tree).

use crate::object::{Object, ReadObjects};
use crate::tree::{Mode, TreeEntries, TreeEntry};
use crate::walk_budget::WalkBudget;
use git2::{ObjectType, Oid};
use portcullis_model::fact::Gap;
use std::cmp::Ordering;

/// The entry at a path: its mode and its object.
pub type Item = (Mode, Oid);

/// A path that differs. At least one side is there; neither is a directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TreeChange {
    /// The path from the root.
    pub path: Vec<u8>,
    /// Before.
    pub old: Option<Item>,
    /// After.
    pub new: Option<Item>,
}

/// Every path that differs between two trees; `None` is the empty tree. In git's order of trees.
pub fn diff_trees<'o>(
    objects: impl ReadObjects<'o>,
    old: Option<Oid>,
    new: Option<Oid>,
) -> Result<Vec<TreeChange>, Gap> {
    diff_trees_within(&mut WalkBudget::of("the changed paths"), objects, old, new)
}

/// The same, with what is left of an effort.
pub fn diff_trees_within<'o>(
    budget: &mut WalkBudget,
    objects: impl ReadObjects<'o>,
    old: Option<Oid>,
    new: Option<Oid>,
) -> Result<Vec<TreeChange>, Gap> {
    let mut differ = Differ { objects, budget, path: Vec::new(), changes: Vec::new() };
    if old != new {
        differ.trees(old, new, 0)?;
    }
    Ok(differ.changes)
}

struct Differ<'e, R> {
    objects: R,
    budget: &'e mut WalkBudget,
    path: Vec<u8>,
    changes: Vec<TreeChange>,
}

impl<'o, R: ReadObjects<'o>> Differ<'_, R> {
    fn trees(&mut self, old: Option<Oid>, new: Option<Oid>, depth: usize) -> Result<(), Gap> {
        self.budget.enter(&self.path, depth)?;
        let read = |id: Option<Oid>| id.map(|id| self.objects.read(id, ObjectType::Tree)).transpose();
        let (old_object, new_object) = (read(old)?, read(new)?);
        let mut walk =
            TreePairWalk::over(entries_of(old, old_object.as_ref()), entries_of(new, new_object.as_ref()));
        while let Some([old, new]) = walk.next_unequal()? {
            self.entry(old, new, depth)?;
        }
        Ok(())
    }

    /// Both sides have one name, and either both are directories or none is: git's order keeps `a`
    /// and `a/` apart.
    fn entry(
        &mut self,
        old: Option<TreeEntry<'_>>,
        new: Option<TreeEntry<'_>>,
        depth: usize,
    ) -> Result<(), Gap> {
        let Some(one) = old.or(new) else { return Ok(()) };
        let length = self.path.len();
        if length > 0 {
            self.path.push(b'/');
        }
        self.path.extend_from_slice(one.name);
        let (before, after) = (old.map(item_of).transpose()?, new.map(item_of).transpose()?);
        if one.mode.is_tree() {
            self.trees(before.map(|item| item.1), after.map(|item| item.1), depth + 1)?;
        } else {
            self.record(before, after)?;
        }
        self.path.truncate(length);
        Ok(())
    }

    fn record(&mut self, old: Option<Item>, new: Option<Item>) -> Result<(), Gap> {
        self.budget.list(&self.path)?;
        self.changes.push(TreeChange { path: self.path.clone(), old, new });
        Ok(())
    }
}

fn item_of(entry: TreeEntry<'_>) -> Result<Item, Gap> {
    Ok((entry.mode, entry.id()?))
}

/// No entries where there is no tree.
fn entries_of<'t>(id: Option<Oid>, object: Option<&'t Object<'_>>) -> Option<TreeEntries<'t>> {
    id.zip(object).map(|(id, object)| TreeEntries::of(id, object.data()))
}

/// Two trees that are read side by side. Every entry is checked on the way, also those that are
/// equal.
struct TreePairWalk<'t> {
    sides: [Option<TreeEntries<'t>>; 2],
    /// The next entry of each side, once their names have parted.
    next: [Option<TreeEntry<'t>>; 2],
    alike: bool,
}

impl<'t> TreePairWalk<'t> {
    fn over(old: Option<TreeEntries<'t>>, new: Option<TreeEntries<'t>>) -> Self {
        TreePairWalk { sides: [old, new], next: [None, None], alike: true }
    }

    /// The next entries that are on one side only or differ, old first.
    fn next_unequal(&mut self) -> Result<Option<[Option<TreeEntry<'t>>; 2]>, Gap> {
        while self.alike {
            match self.next_alike()? {
                Some([old, new]) if old.is_same(&new) => {}
                Some(pair) => return Ok(Some(pair.map(Some))),
                None => self.part()?,
            }
        }
        loop {
            match self.next_pair()? {
                [None, None] => return Ok(None),
                [Some(old), Some(new)] if old.is_same(&new) => {}
                pair => return Ok(Some(pair)),
            }
        }
    }

    fn next_alike(&mut self) -> Result<Option<[TreeEntry<'t>; 2]>, Gap> {
        match &mut self.sides {
            [Some(old), Some(new)] => old.next_of_both(new),
            _ => Ok(None),
        }
    }

    /// From here on each side is read by itself.
    fn part(&mut self) -> Result<(), Gap> {
        self.alike = false;
        self.take(0)?;
        self.take(1)?;
        Ok(())
    }

    fn next_pair(&mut self) -> Result<[Option<TreeEntry<'t>>; 2], Gap> {
        let order = match &self.next {
            [Some(old), Some(new)] => old.order(new),
            [_, None] => Ordering::Less,
            [None, _] => Ordering::Greater,
        };
        Ok(match order {
            Ordering::Less => [self.take(0)?, None],
            Ordering::Greater => [None, self.take(1)?],
            Ordering::Equal => [self.take(0)?, self.take(1)?],
        })
    }

    /// The next entry of a side, which is left behind.
    fn take(&mut self, side: usize) -> Result<Option<TreeEntry<'t>>, Gap> {
        let after = self.sides[side].as_mut().map_or(Ok(None), TreeEntries::next_entry)?;
        Ok(std::mem::replace(&mut self.next[side], after))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::parse;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn id() -> Oid {
        Oid::from_bytes(&[7; 20]).unwrap()
    }

    /// Mostly trees as git writes them; some out of order, doubled, with a strange name, or cut
    /// off.
    fn raw() -> impl Strategy<Value = Vec<u8>> {
        let name = proptest::sample::select(vec!["a", "a.b", "a0", "b", "b-", "c", "c.d", "d"]);
        let name = prop_oneof![40 => name, 1 => Just("..")];
        let mode = proptest::sample::select(vec!["100644", "100644", "100755", "40000"]);
        let entries = proptest::collection::vec((name, mode, 0..3_u8), 0..8);
        (entries, 0..8_u8, 0..30_usize).prop_map(|(mut entries, disorder, cut)| {
            let key = |(name, mode, _): &(&str, &str, u8)| {
                format!("{name}{}", if *mode == "40000" { "/" } else { "" })
            };
            if disorder > 0 {
                entries.sort_by_key(key);
                entries.dedup_by_key(|(name, ..)| *name);
            }
            let entry = |(name, mode, id): (&str, &str, u8)| {
                [format!("{mode} {name}\0").as_bytes(), &[id; 20]].concat()
            };
            let mut data: Vec<u8> = entries.into_iter().flat_map(entry).collect();
            if cut < 2 {
                data.truncate(data.len().saturating_sub(cut * 21));
            }
            data
        })
    }

    type Found = Vec<(Vec<u8>, bool, Option<Item>, Option<Item>)>;

    fn walked(old: &[u8], new: &[u8]) -> Result<Found, Gap> {
        let mut walk = TreePairWalk::over(Some(TreeEntries::of(id(), old)), Some(TreeEntries::of(id(), new)));
        let mut found = Vec::new();
        while let Some([old, new]) = walk.next_unequal()? {
            let one = old.or(new).unwrap();
            let (old, new) = (old.map(item_of).transpose()?, new.map(item_of).transpose()?);
            found.push((one.name.to_vec(), one.mode.is_tree(), old, new));
        }
        found.sort();
        Ok(found)
    }

    /// The slow and certain way.
    fn compared(old: &[u8], new: &[u8]) -> Result<Found, Gap> {
        let table = |data| -> Result<BTreeMap<(Vec<u8>, bool), Item>, Gap> {
            parse(id(), data)?
                .into_iter()
                .map(|one| Ok(((one.name.to_vec(), one.mode.is_tree()), item_of(one)?)))
                .collect()
        };
        let (old, new) = (table(old)?, table(new)?);
        let mut keys: Vec<_> = old.keys().chain(new.keys()).cloned().collect();
        keys.sort();
        keys.dedup();
        let both = keys
            .into_iter()
            .map(|key| (key.0.clone(), key.1, old.get(&key).copied(), new.get(&key).copied()));
        Ok(both.filter(|(.., old, new)| old != new).collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

        /// What is wrong with either tree is noticed, also where both are wrong in the same way.
        #[test]
        fn reading_side_by_side_finds_what_reading_each_finds((old, new) in (raw(), raw()), same in any::<bool>()) {
            let new = if same { [&old[..], &new[..]].concat() } else { new };
            match (walked(&old, &new), compared(&old, &new)) {
                (Ok(walked), Ok(compared)) => prop_assert_eq!(walked, compared),
                (walked, compared) => prop_assert!(walked.is_err() && compared.is_err()),
            }
        }
    }
}

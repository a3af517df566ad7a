//! Where the entries of a tree begin, and that the tree is sound.
//!
//! The trees of neighbouring commits are nearly the same. So a tree is checked beside a sound one
//! that is like it, and only entries with a mode or name that the other has not are looked at. A
//! tree is sound when every name is, when the entries are in order, and when none has a twin, which
//! is a file and a directory of one name. Of twins at least one is not in the sound tree, so it is
//! enough to search those of the entries that were looked at.

use crate::tree::{ID_WIDTH, TreeEntries, TreeEntry, split_entry};
use git2::Oid;
use portcullis_model::fact::Gap;
use std::cmp::Ordering;

/// Where each entry begins, and where the last one ends.
pub fn of(id: Oid, data: &[u8]) -> Result<Vec<u32>, Gap> {
    let mut starts = Vec::with_capacity(data.len() / (ID_WIDTH + 12) + 2);
    let mut entries = TreeEntries::of(id, data);
    starts.push(0);
    while entries.next_entry()?.is_some() {
        starts.push(entries.place() as u32);
    }
    Ok(starts)
}

/// The same, beside a sound tree. A tree that has a fault is gone through from its beginning, to
/// tell which.
pub fn beside(id: Oid, data: &[u8], sound: &[u8], sound_starts: &[u32]) -> Result<Vec<u32>, Gap> {
    let starts = Vec::with_capacity(sound_starts.len() + 8);
    let beside = Beside { data, sound, sound_starts, next: 0, starts, fresh: Vec::new() };
    beside.starts().map_or_else(|| of(id, data), Ok)
}

/// A tree of which the entries so far are in order, beside a sound one.
struct Beside<'t> {
    data: &'t [u8],
    sound: &'t [u8],
    sound_starts: &'t [u32],
    /// The number of the entry in the sound tree that comes after all so far.
    next: usize,
    /// Where each entry so far begins, and where the last one ends.
    starts: Vec<u32>,
    /// Entries with a mode or name that the sound tree has not.
    fresh: Vec<TreeEntry<'t>>,
}

impl Beside<'_> {
    /// Where each entry begins; `None` when the tree has a fault.
    fn starts(mut self) -> Option<Vec<u32>> {
        self.starts.push(0);
        self.go_along();
        while self.place() < self.data.len() {
            self.fresh_entry()?;
            self.go_along();
        }
        let alone = self.fresh.iter().all(|entry| !self.has(&entry.twin()));
        alone.then_some(self.starts)
    }

    /// Where the next entry begins.
    fn place(&self) -> usize {
        self.starts.last().map_or(0, |start| *start as usize)
    }

    /// Passes over entries that have the same mode and name in both trees.
    fn go_along(&mut self) {
        while let Some((there, ends)) = self.sound_starts.get(self.next..).and_then(<[u32]>::split_first) {
            let (here, there) = (self.place(), *there as usize);
            let equal = common_start(&self.sound[there..], &self.data[here..]);
            let end_here = |end: &u32| *end as usize - there + here;
            // An entry ends with what it points to, which may be something else.
            let is_same =
                |end: &u32| *end as usize - there - ID_WIDTH <= equal && end_here(end) <= self.data.len();
            let count = ends.partition_point(is_same);
            if count == 0 {
                return;
            }
            self.starts.extend(ends[..count].iter().map(|end| end_here(end) as u32));
            self.next += count;
        }
    }

    /// Passes over an entry that is not the next one of the sound tree; `None` when it has a fault.
    fn fresh_entry(&mut self) -> Option<()> {
        let (entry, rest) = split_entry(&self.data[self.place()..], ID_WIDTH)?;
        let last = self.starts.len().checked_sub(2).and_then(|last| entry_at(self.data, self.starts[last]));
        if entry.is_bent() || last.is_some_and(|last| last.order(&entry).is_ge()) {
            return None;
        }
        let follows =
            |start: &u32| entry_at(self.sound, *start).is_some_and(|other| other.order(&entry).is_le());
        self.next += self.sound_starts[self.next..].iter().take_while(|start| follows(start)).count();
        self.starts.push((self.data.len() - rest.len()) as u32);
        self.fresh.push(entry);
        Some(())
    }

    /// Is such an entry among those so far?
    fn has(&self, entry: &TreeEntry<'_>) -> bool {
        let order = |start: &u32| match entry_at(self.data, *start) {
            Some(other) => other.order(entry),
            None => Ordering::Greater,
        };
        self.starts.binary_search_by(order).is_ok()
    }
}

/// The entry that begins here.
pub fn entry_at(tree: &[u8], start: u32) -> Option<TreeEntry<'_>> {
    split_entry(tree.get(start as usize..)?, ID_WIDTH).map(|(entry, _)| entry)
}

/// How many bytes both begin with.
pub fn common_start(one: &[u8], other: &[u8]) -> usize {
    let coarse = common_steps::<512>(one, other);
    let fine = coarse + common_steps::<16>(&one[coarse..], &other[coarse..]);
    fine + one[fine..].iter().zip(&other[fine..]).take_while(|(one, other)| one == other).count()
}

/// The same, in whole steps.
fn common_steps<const STEP: usize>(one: &[u8], other: &[u8]) -> usize {
    let steps = one.as_chunks::<STEP>().0.iter().zip(other.as_chunks::<STEP>().0);
    steps.take_while(|(one, other)| one == other).count() * STEP
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Entry = (bool, &'static str, u8);

    /// Entries in git's order, without doubled names of one kind.
    fn tree(entries: &[Entry]) -> Vec<u8> {
        let key = |entry: &Entry| format!("{}{}", entry.1, if entry.0 { "/" } else { "" });
        let mut entries = entries.to_vec();
        entries.sort_by_key(key);
        entries.dedup_by_key(|entry| key(entry));
        raw(&entries)
    }

    fn raw(entries: &[Entry]) -> Vec<u8> {
        let entry = |(is_tree, name, id): &Entry| {
            let mode = if *is_tree { "40000" } else { "100644" };
            [format!("{mode} {name}\0").as_bytes(), &[*id; ID_WIDTH]].concat()
        };
        entries.iter().flat_map(entry).collect()
    }

    fn id() -> Oid {
        Oid::from_bytes(&[1; ID_WIDTH]).unwrap()
    }

    /// Beside another tree the same is found, and no sound tree is gone through from its beginning.
    fn agree(sound: &[u8], data: &[u8]) {
        let Ok(sound_starts) = of(id(), sound) else { return };
        let (sound_starts, starts, fresh) = (&sound_starts[..], Vec::new(), Vec::new());
        let beside = Beside { data, sound, sound_starts, next: 0, starts, fresh };
        assert_eq!(beside.starts(), of(id(), data).ok(), "{sound:?} {data:?}");
    }

    #[test]
    fn a_file_and_a_directory_of_one_name_are_found_across_the_border() {
        let sound = raw(&[(false, "a-", 1), (true, "a", 2), (false, "b", 3), (false, "c", 4)]);
        let bent =
            raw(&[(false, "a", 1), (false, "a-", 1), (true, "a", 2), (false, "b", 3), (false, "c", 4)]);
        let starts = of(id(), &sound).unwrap();
        assert!(beside(id(), &bent, &sound, &starts).is_err());
        let bent =
            raw(&[(false, "a-", 1), (false, "a", 9), (true, "a", 2), (false, "b", 3), (false, "c", 4)]);
        assert!(beside(id(), &bent, &sound, &starts).is_err());
    }

    fn entry() -> impl Strategy<Value = Entry> {
        let name = proptest::sample::select(&[
            "a", "a-", "a-b", "a.b", "a0", "ab", "abc", "b", "b.", "c", "ca", "d",
        ]);
        (any::<bool>(), name, 0_u8..3)
    }

    proptest! {
        #[test]
        fn a_common_start_ends_where_bytes_differ(length in 0_usize..2_000, at in 0_usize..2_000, cut in 0_usize..20) {
            let one = vec![1; length];
            let mut other = one.clone();
            other.truncate(length.saturating_sub(cut));
            if let Some(byte) = other.get_mut(at) {
                *byte = 2;
            }
            assert_eq!(common_start(&one, &other), at.min(other.len()));
        }

        #[test]
        fn a_tree_is_judged_the_same_beside_any_other(
            sound in proptest::collection::vec(entry(), 0..12),
            other in proptest::collection::vec(entry(), 0..12),
            edits in proptest::collection::vec((0_usize..14, proptest::option::of(entry())), 0..3),
            sorted in any::<bool>(),
        ) {
            let sound_tree = tree(&sound);
            agree(&sound_tree, &tree(&other));
            let mut edited = sound.clone();
            for (at, edit) in edits {
                match edit {
                    Some(entry) => edited.insert(at.min(edited.len()), entry),
                    None if at < edited.len() => drop(edited.remove(at)),
                    None => {}
                }
            }
            agree(&sound_tree, &if sorted { tree(&edited) } else { raw(&edited) });
        }

        #[test]
        fn so_are_any_bytes(
            sound in proptest::collection::vec(entry(), 0..12),
            at in 0_usize..400,
            bytes in proptest::collection::vec(any::<u8>(), 0..4),
            cut in 0_usize..4,
        ) {
            let sound = tree(&sound);
            let mut data = sound.clone();
            let at = at.min(data.len());
            let end = (at + cut).min(data.len());
            data.splice(at..end, bytes);
            agree(&sound, &data);
        }
    }
}

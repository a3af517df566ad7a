//! Where the entries of a tree begin, and that the tree is sound.
//!
//! The trees of neighbouring commits are nearly the same. So a tree is checked beside a sound one that is like it: entries
//! that both begin with were checked there, and so were those that both end with, as soon as nothing before them can
//! contradict them any more. What lies between is checked as ever ([`Entries`]).

use super::super::tree::{Entries, split_entry};
use super::store::ID_WIDTH;
use crate::model::fact::Gap;
use git2::Oid;

/// Where each entry begins, and where the last one ends.
pub fn of(id: Oid, data: &[u8]) -> Result<Vec<u32>, Gap> {
    let mut starts = Vec::with_capacity(data.len() / (ID_WIDTH + 12) + 2);
    go_through(Entries::of(id, data), &mut starts, |_| None)?;
    Ok(starts)
}

/// The same, beside a sound tree.
pub fn beside(id: Oid, data: &[u8], sound: &[u8], sound_starts: &[u32]) -> Result<Vec<u32>, Gap> {
    let equal = common_start(sound, data);
    let unequal = sound_starts.partition_point(|start| *start as usize <= equal).saturating_sub(1);
    let from = fresh(sound, sound_starts, unequal);
    let place = sound_starts.get(from).map_or(0, |start| *start as usize);
    // Where the end begins that both have.
    let end = data.len() - common_end(&sound[place..], &data[place..]);
    let known = |entries: &Entries<'_>| {
        let there = (entries.place() + sound.len()).checked_sub(data.len())?;
        let number = sound_starts.binary_search(&(there as u32)).ok()?;
        (entries.oldest() >= end).then_some(number)
    };
    let mut starts = Vec::with_capacity(sound_starts.len() + 8);
    starts.extend_from_slice(&sound_starts[..from]);
    if let Some(number) = go_through(Entries::from(id, data, place), &mut starts, known)? {
        let here = |start: &u32| (*start as usize + data.len() - sound.len()) as u32;
        starts.extend(sound_starts[number + 1..].iter().map(here));
    }
    Ok(starts)
}

/// Goes through entries until there are no more, or until it is known which entry of another tree all else is like.
fn go_through(
    mut entries: Entries<'_>,
    starts: &mut Vec<u32>,
    known: impl Fn(&Entries<'_>) -> Option<usize>,
) -> Result<Option<usize>, Gap> {
    starts.push(entries.place() as u32);
    while entries.next_entry()?.is_some() {
        starts.push(entries.place() as u32);
        if let Some(number) = known(&entries) {
            return Ok(Some(number));
        }
    }
    Ok(None)
}

/// The last entry before this one which has another first letter than the entry before it: no earlier one matters to it.
fn fresh(data: &[u8], starts: &[u32], before: usize) -> usize {
    let letter = |at: usize| {
        let entry = data.get(*starts.get(at)? as usize..).and_then(|rest| split_entry(rest, ID_WIDTH));
        entry.and_then(|(entry, _)| entry.name.first().copied())
    };
    let mut at = before.saturating_sub(1);
    while at > 0 && letter(at) == letter(at - 1) {
        at -= 1;
    }
    at
}

/// How many bytes both begin with.
pub fn common_start(one: &[u8], other: &[u8]) -> usize {
    const STEP: usize = 64;
    let steps = one.as_chunks::<STEP>().0.iter().zip(other.as_chunks::<STEP>().0);
    let sure = steps.take_while(|(one, other)| one == other).count() * STEP;
    let more = one[sure..].iter().zip(&other[sure..]).take_while(|(one, other)| one == other).count();
    sure + more
}

fn common_end(one: &[u8], other: &[u8]) -> usize {
    const STEP: usize = 64;
    let steps = one.as_rchunks::<STEP>().1.iter().rev().zip(other.as_rchunks::<STEP>().1.iter().rev());
    let sure = steps.take_while(|(one, other)| one == other).count() * STEP;
    let (one, other) = (&one[..one.len() - sure], &other[..other.len() - sure]);
    sure + one.iter().rev().zip(other.iter().rev()).take_while(|(one, other)| one == other).count()
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

    fn agree(sound: &[u8], data: &[u8]) {
        let Ok(starts) = of(id(), sound) else { return };
        assert_eq!(beside(id(), data, sound, &starts), of(id(), data), "{sound:?} {data:?}");
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

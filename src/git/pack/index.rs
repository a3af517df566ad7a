//! Where objects are in a pack: its index, version 2 (gitformat-pack(5), "Version 2 pack-*.idx
//! files").
//!
//! A table says how many names begin with each byte or a lower one. Then come all names, sorted; a
//! checksum of each object; and where each begins in the pack, in four bytes, or in eight at the
//! end of the file. Names are read by the block, and no more blocks than are asked for: the index
//! of a large repository has hundreds of megabytes.

use git2::Oid;
use std::cmp::Ordering;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, OnceLock};

const NAME: usize = 20;
const TABLE: usize = 256;
const START: u64 = 8 + 4 * TABLE as u64;

/// This bit says that the rest counts in the table of long offsets.
const LONG: u32 = 1 << 31;

/// So many names are read at once.
const BLOCK: usize = 512;

/// So many names beside a guess are looked at one by one.
const NEAR: usize = 24;

/// The index of a pack.
pub struct Index {
    /// Read by one thread at a time: each has to find its place first.
    file: Mutex<File>,
    /// How many names begin with this byte or a lower one.
    up_to: Vec<u32>,
    blocks: Vec<OnceLock<Option<IndexBlock>>>,
}

/// Some names that are beside each other, and where their objects begin: as they are in the file.
struct IndexBlock {
    names: Vec<u8>,
    offsets: Vec<u8>,
}

impl Index {
    /// Opens an index; `None` when it is of another version or damaged.
    pub fn open(path: &Path) -> Option<Self> {
        let mut file = File::open(path).ok()?;
        let mut start = [0; START as usize];
        file.read_exact(&mut start).ok()?;
        let counts = start.strip_prefix(b"\xfftOc\0\0\0\x02")?;
        let up_to: Vec<u32> = counts.as_chunks().0.iter().map(|bytes| u32::from_be_bytes(*bytes)).collect();
        let count = up_to.last().copied().unwrap_or(0);
        let is_long_enough = file.metadata().ok()?.len() >= START + u64::from(count) * (NAME as u64 + 8);
        let is_sound = is_long_enough && up_to.is_sorted();
        is_sound.then(|| {
            let blocks = (0..(count as usize).div_ceil(BLOCK)).map(|_| OnceLock::new()).collect();
            Index { file: Mutex::new(file), up_to, blocks }
        })
    }

    /// Where an object begins in the pack; `None` when it is not there.
    pub fn offset(&self, id: Oid) -> Option<u64> {
        let name: &[u8; NAME] = id.as_bytes().try_into().ok()?;
        let offset = self.short_offset(name, self.beginning_like(name))?;
        if offset & LONG == 0 { Some(u64::from(offset)) } else { self.long_offset(offset & !LONG) }
    }

    fn count(&self) -> usize {
        self.up_to.last().map_or(0, |count| *count as usize)
    }

    /// The places of the names with the same first byte.
    fn beginning_like(&self, name: &[u8; NAME]) -> Range<usize> {
        let first = usize::from(name[0]);
        let start = first.checked_sub(1).map_or(0, |before| self.up_to[before]);
        start as usize..self.up_to[first] as usize
    }

    /// Guesses, and searches where the guess was wrong.
    fn short_offset(&self, name: &[u8; NAME], places: Range<usize>) -> Option<u32> {
        let expected = expected_place(name, &places);
        let block = self.block(expected / BLOCK)?;
        let guessed = block.guessed_offset(name, expected % BLOCK, places.len());
        guessed.or_else(|| self.searched_offset(name, expected, places))
    }

    /// Looks where the name should be, then in the block beside that, then in the middle of what is
    /// left.
    fn searched_offset(&self, name: &[u8; NAME], expected: usize, places: Range<usize>) -> Option<u32> {
        let mut at = expected / BLOCK;
        let mut left = places.start / BLOCK..places.end.div_ceil(BLOCK);
        let mut is_first = true;
        while left.contains(&at) {
            let block = self.block(at)?;
            match place_among(name, block.names()) {
                Ordering::Equal => return block.short_offset(name),
                Ordering::Less => left.end = at,
                Ordering::Greater => left.start = at + 1,
            }
            let beside = if left.end == at { at.wrapping_sub(1) } else { at + 1 };
            at = if is_first { beside } else { left.start.midpoint(left.end) };
            is_first = false;
        }
        None
    }

    fn block(&self, number: usize) -> Option<&IndexBlock> {
        self.blocks.get(number)?.get_or_init(|| self.read_block(number)).as_ref()
    }

    fn read_block(&self, number: usize) -> Option<IndexBlock> {
        let (first, all) = (number * BLOCK, self.count());
        let count = BLOCK.min(all - first);
        let names = self.bytes(START + (first * NAME) as u64, count * NAME)?;
        let offsets = self.bytes(START + (all * (NAME + 4) + first * 4) as u64, count * 4)?;
        Some(IndexBlock { names, offsets })
    }

    fn long_offset(&self, place: u32) -> Option<u64> {
        let table = START + (self.count() * (NAME + 4 + 4)) as u64;
        let bytes = self.bytes(table + u64::from(place) * 8, 8)?;
        bytes.first_chunk().map(|bytes| u64::from_be_bytes(*bytes))
    }

    fn bytes(&self, from: u64, count: usize) -> Option<Vec<u8>> {
        let mut file = self.file.lock().ok()?;
        file.seek(SeekFrom::Start(from)).ok()?;
        let mut bytes = vec![0; count];
        file.read_exact(&mut bytes).ok()?;
        Some(bytes)
    }
}

impl IndexBlock {
    /// The offset of a name near the expected place, or near the place that the name found there
    /// suggests.
    fn guessed_offset(&self, name: &[u8; NAME], place: usize, count: usize) -> Option<u32> {
        let names = self.names();
        let away = spread_of(name) as i64 - spread_of(names.get(place)?) as i64;
        let place = place.saturating_add_signed(((away * count as i64) >> 32) as isize).min(names.len() - 1);
        let (before, from) = names.split_at(place);
        let found = match compare_names(from.first()?, name) {
            Ordering::Equal => Some(place),
            Ordering::Less => from.iter().take(NEAR).position(|other| other == name).map(|at| place + at),
            Ordering::Greater => {
                before.iter().rev().take(NEAR).position(|other| other == name).map(|at| place - 1 - at)
            }
        };
        self.offset_at(found?)
    }

    /// The offset of a name.
    fn short_offset(&self, name: &[u8; NAME]) -> Option<u32> {
        self.offset_at(self.names().binary_search_by(|other| compare_names(other, name)).ok()?)
    }

    fn offset_at(&self, place: usize) -> Option<u32> {
        self.offsets.as_chunks().0.get(place).map(|bytes| u32::from_be_bytes(*bytes))
    }

    fn names(&self) -> &[[u8; NAME]] {
        self.names.as_chunks().0
    }
}

/// Where a name lies: before some sorted ones, among them, or behind.
fn place_among(name: &[u8; NAME], names: &[[u8; NAME]]) -> Ordering {
    match (names.first(), names.last()) {
        (_, Some(last)) if compare_names(name, last).is_gt() => Ordering::Greater,
        (Some(first), _) if compare_names(name, first).is_ge() => Ordering::Equal,
        _ => Ordering::Less,
    }
}

/// As bytes are compared; hashes mostly differ in the first of them.
fn compare_names(one: &[u8; NAME], other: &[u8; NAME]) -> Ordering {
    let start = |name: &[u8; NAME]| name.first_chunk().map(|start| u64::from_be_bytes(*start));
    start(one).cmp(&start(other)).then_with(|| one.cmp(other))
}

/// Where a name should be among those with the same first byte: names are hashes and spread evenly.
fn expected_place(name: &[u8; NAME], places: &Range<usize>) -> usize {
    places.start + ((spread_of(name) * places.len() as u64) >> 32) as usize
}

/// How far a name is from the first to the last with the same first byte.
fn spread_of(name: &[u8; NAME]) -> u64 {
    u64::from(u32::from_be_bytes([name[1], name[2], name[3], name[4]]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// An index of these names, each with an offset.
    fn index(offsets: &BTreeMap<[u8; NAME], u32>) -> (tempfile::NamedTempFile, Index) {
        let mut bytes = b"\xfftOc\0\0\0\x02".to_vec();
        for first in 0..TABLE {
            let up_to = offsets.keys().filter(|name| usize::from(name[0]) <= first).count() as u32;
            bytes.extend(up_to.to_be_bytes());
        }
        offsets.keys().for_each(|name| bytes.extend(name));
        offsets.keys().for_each(|_| bytes.extend([0; 4]));
        offsets.values().for_each(|offset| bytes.extend(offset.to_be_bytes()));
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let index = Index::open(file.path()).unwrap();
        (file, index)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn a_name_is_found_wherever_it_is(
            mut names in proptest::collection::vec(any::<[u8; NAME]>(), 0..4 * BLOCK),
            alike in 0..4 * BLOCK,
            first in proptest::option::of(any::<u8>()),
            others in proptest::collection::vec(any::<[u8; NAME]>(), 20),
        ) {
            // Some are closer together than hashes do, or share their first byte.
            names.iter_mut().take(alike).for_each(|name| name[1..4].fill(7));
            names.iter_mut().for_each(|name| name[0] = first.unwrap_or(name[0]));
            let offsets: BTreeMap<[u8; NAME], u32> = names.into_iter().zip(1..).collect();
            let (_file, index) = index(&offsets);
            for name in offsets.keys().chain(&others) {
                let found = index.offset(Oid::from_bytes(name).unwrap());
                prop_assert_eq!(found, offsets.get(name).copied().map(u64::from));
            }
        }
    }

    #[test]
    fn few_blocks_are_read_for_one_name() {
        let name = |n: u32| {
            let hash = Oid::hash_object(git2::ObjectType::Blob, &n.to_be_bytes()).unwrap();
            <[u8; NAME]>::try_from(hash.as_bytes()).unwrap()
        };
        let offsets: BTreeMap<_, u32> = (0..60_000).map(|n| (name(n), n)).collect();
        let (_file, index) = index(&offsets);
        let read = |index: &Index| index.blocks.iter().filter(|block| block.get().is_some()).count();
        for n in 0..10 {
            let before = read(&index);
            assert_eq!(index.offset(Oid::from_bytes(&name(n)).unwrap()), Some(u64::from(n)));
            assert!(read(&index) <= before + 2);
        }
    }
}

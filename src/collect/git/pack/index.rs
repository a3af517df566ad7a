//! Where objects are in a pack: its index, version 2 (gitformat-pack(5), "Version 2 pack-*.idx files").
//!
//! A table says how many names begin with each byte or a lower one. Then come all names, sorted; a checksum of each
//! object; and where each begins in the pack, in four bytes, or in eight at the end of the file. The part
//! for a first byte is read when a name with it is asked for.

use git2::Oid;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Mutex, OnceLock};

const NAME: usize = 20;
const TABLE: usize = 256;
const START: u64 = 8 + 4 * TABLE as u64;
/// This bit says that the rest counts in the table of long offsets.
const LONG: u32 = 1 << 31;

/// The index of a pack.
pub struct Index {
    /// Read by one thread at a time: each has to find its place first.
    file: Mutex<File>,
    /// How many names begin with this byte or a lower one.
    up_to: Vec<u32>,
    parts: Vec<OnceLock<Option<Part>>>,
}

/// All that begin with one byte, as they stand in the file.
struct Part {
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
        let parts = (0..TABLE).map(|_| OnceLock::new()).collect();
        up_to.is_sorted().then_some(Index { file: Mutex::new(file), up_to, parts })
    }

    /// Where an object begins in the pack; `None` when it is not there.
    pub fn offset(&self, id: Oid) -> Option<u64> {
        let name: &[u8; NAME] = id.as_bytes().try_into().ok()?;
        let first = usize::from(name[0]);
        let part = self.parts.get(first)?.get_or_init(|| self.part(first)).as_ref()?;
        let place = place_of(name, part.names.as_chunks().0)?;
        let offset = u32::from_be_bytes(*part.offsets.as_chunks().0.get(place)?);
        if offset & LONG == 0 { Some(u64::from(offset)) } else { self.long_offset(offset & !LONG) }
    }

    fn count(&self) -> u64 {
        self.up_to.last().copied().map_or(0, u64::from)
    }

    fn part(&self, first: usize) -> Option<Part> {
        let before = first.checked_sub(1).map_or(Some(0), |before| self.up_to.get(before).copied())?;
        let count = self.up_to.get(first)?.checked_sub(before)? as usize;
        let before = u64::from(before);
        let names = self.bytes(START + before * NAME as u64, count * NAME)?;
        let offsets = self.bytes(START + self.count() * (NAME as u64 + 4) + before * 4, count * 4)?;
        Some(Part { names, offsets })
    }

    fn long_offset(&self, place: u32) -> Option<u64> {
        let table = START + self.count() * (NAME as u64 + 4 + 4);
        let bytes = self.bytes(table + u64::from(place) * 8, 8)?;
        bytes.first_chunk().map(|bytes| u64::from_be_bytes(*bytes))
    }

    fn bytes(&self, from: u64, count: usize) -> Option<Vec<u8>> {
        let mut file = self.file.lock().ok()?;
        file.seek(SeekFrom::Start(from)).ok()?;
        // As many as it should be, but whatever the table says, not much more than there are.
        let mut bytes = Vec::with_capacity(count.min(1 << 20));
        let read = (&*file).take(count as u64).read_to_end(&mut bytes).ok()?;
        (read == count).then_some(bytes)
    }
}

/// So far on either side of where it should be a name is searched at first.
const NEIGHBOURHOOD: usize = 16;

/// Where a name is among sorted ones. Names are hashes and spread evenly, so a name says where it should be, and is seldom far
/// from there.
fn place_of(name: &[u8; NAME], names: &[[u8; NAME]]) -> Option<usize> {
    // The first byte is the same for all.
    let spread = u64::from(u32::from_be_bytes([name[1], name[2], name[3], name[4]]));
    let guess = ((spread * names.len() as u64) >> 32) as usize;
    let (mut from, mut to) = (guess.saturating_sub(NEIGHBOURHOOD), (guess + NEIGHBOURHOOD).min(names.len()));
    if names.get(from).is_none_or(|first| first > name) {
        from = 0;
    }
    if to == 0 || names[to - 1] < *name {
        to = names.len();
    }
    names[from..to].binary_search(name).ok().map(|place| from + place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_name_is_found_wherever_it_is(
            mut names in proptest::collection::vec(any::<[u8; NAME]>(), 0..200),
            alike in 0_usize..100,
            other in any::<[u8; NAME]>(),
        ) {
            // Some stand closer together than hashes do.
            names.iter_mut().take(alike).for_each(|name| name[1..4].fill(7));
            names.iter_mut().for_each(|name| name[0] = 1);
            names.sort();
            names.dedup();
            for (place, name) in names.iter().enumerate() {
                prop_assert_eq!(place_of(name, &names), Some(place));
            }
            prop_assert_eq!(place_of(&other, &names), names.binary_search(&other).ok());
        }
    }
}

//! How much two files have in common, measured as `git diff -M` does it: in lines, by the size of
//! the larger file.

use crate::cache::ByteCache;
use crate::oid_map::OidMap;
use crate::overlay::Overlay;
use crate::tree_diff::Item;
use git2::{ObjectType, Oid};
use portcullis_model::fact::Gap;
use std::cell::RefCell;
use std::ops::RangeInclusive;
use std::rc::Rc;

/// Larger files are not compared, in bytes.
const SIZE_LIMIT: usize = 1024 * 1024;

/// Longer lines are cut into pieces of this many bytes.
const PIECE: usize = 64;

/// git takes a file with a NUL byte among this many first bytes for binary.
const BINARY_PROBE: usize = 8000;

/// git tells lines apart by their hashes modulo this prime.
const HASHES: u32 = 107_927;

/// So many bytes of prints are kept, and as many of those before.
const KEPT_LIMIT: usize = 16 * 1024 * 1024;

/// A whole file, in the units of [`Fingerprint::common`].
const WHOLE: usize = 60_000;

/// Half of the larger file: what git asks for (`--find-renames`, git-diff(1)).
pub const HALF: usize = WHOLE / 2;

/// Three quarters: what git asks for when both have the same name, before it looks any further
/// (`diffcore-rename.c`, `find_basename_matches`).
pub const NAMESAKE: usize = WHOLE / 4 * 3;

/// Compares files, and remembers what they consist of.
pub struct Similarity<'o, 'r> {
    objects: Overlay<'o, 'r>,
    sizes: RefCell<OidMap<usize>>,
    prints: RefCell<ByteCache<Oid, Rc<Fingerprint>>>,
}

impl<'o, 'r> Similarity<'o, 'r> {
    /// Nothing compared yet.
    pub fn new(objects: Overlay<'o, 'r>) -> Self {
        let (sizes, prints) = (RefCell::new(OidMap::new()), RefCell::new(ByteCache::up_to(KEPT_LIMIT)));
        Similarity { objects, sizes, prints }
    }

    /// The size of a file in bytes; `None` for what has no relatives, because it is no file, or too
    /// large, or empty.
    pub fn size(&self, (mode, id): Item) -> Result<Option<usize>, Gap> {
        if !mode.is_file() {
            return Ok(None);
        }
        let size = self.bytes(id)?;
        Ok((1..=SIZE_LIMIT).contains(&size).then_some(size))
    }

    /// The size of any file in bytes.
    pub fn bytes(&self, id: Oid) -> Result<usize, Gap> {
        let known = self.sizes.borrow().get(id).copied();
        if let Some(size) = known {
            return Ok(size);
        }
        let size = self.objects.blob_size(id)?;
        self.sizes.borrow_mut().add(id, size);
        Ok(size)
    }

    /// How much of the larger of two files is in both, in 60,000ths.
    pub fn common(&self, one: Item, other: Item) -> Result<usize, Gap> {
        Ok(self.print(one.1)?.common(&*self.print(other.1)?))
    }

    /// Have two files of one name so much in common that git looks no further?
    pub fn are_namesakes(&self, one: Item, other: Item) -> Result<bool, Gap> {
        let are_near = self.size(one)?.zip(self.size(other)?).is_some_and(|(one, other)| is_near(one, other));
        Ok(are_near && self.common(one, other)? >= NAMESAKE)
    }

    /// What a file consists of.
    pub fn print(&self, id: Oid) -> Result<Rc<Fingerprint>, Gap> {
        if let Some(print) = self.prints.borrow_mut().get(id) {
            return Ok(print);
        }
        let print = Rc::new(Fingerprint::of(self.objects.read_quickly(id, ObjectType::Blob)?.data()));
        self.prints.borrow_mut().add(id, size_of_val(print.pieces.as_slice()), Rc::clone(&print));
        Ok(print)
    }
}

/// What a file consists of: the hashes of its lines, sorted, with how many bytes each covers. These
/// are git's own hashes, of which there are few (`diffcore-delta.c`): what counts as half of a file
/// must be the same here as there.
#[derive(Debug)]
pub struct Fingerprint {
    size: usize,
    pieces: Vec<(u32, u32)>,
}

impl Fingerprint {
    fn of(text: &[u8]) -> Self {
        let mut pieces = Vec::with_capacity(text.len() / 32);
        let is_text = memchr::memchr(0, &text[..text.len().min(BINARY_PROBE)]).is_none();
        if is_text && memchr::memchr(b'\r', text).is_some() {
            // How a line ends makes no difference.
            let bytes = (0..text.len()).filter(|at| !text[*at..].starts_with(b"\r\n")).map(|at| text[at]);
            cut_lines(&bytes.collect::<Vec<u8>>(), &mut pieces);
        } else {
            cut_lines(text, &mut pieces);
        }
        pieces.sort_unstable();
        pieces.dedup_by(|next, first| {
            let same = next.0 == first.0;
            first.1 += if same { next.1 } else { 0 };
            same
        });
        Fingerprint { size: text.len(), pieces }
    }

    /// How many steps comparing it takes.
    pub fn len(&self) -> usize {
        self.pieces.len()
    }

    /// How much of the larger of two files is in both, in 60,000ths.
    pub fn common(&self, other: &Fingerprint) -> usize {
        let (mut mine, mut theirs) = (self.pieces.iter().peekable(), other.pieces.iter().peekable());
        let mut common = 0;
        while let (Some((hash, size)), Some((other_hash, other_size))) = (mine.peek(), theirs.peek()) {
            if hash == other_hash {
                common += *size.min(other_size) as usize;
            }
            let (left, right) = (hash <= other_hash, other_hash <= hash);
            if left {
                mine.next();
            }
            if right {
                theirs.next();
            }
        }
        common * WHOLE / self.size.max(other.size).max(1)
    }
}

/// Can files of these sizes have half of the larger one in common?
pub fn is_near(one: usize, other: usize) -> bool {
    near_sizes(one).contains(&other)
}

/// The sizes that this may be true of.
pub fn near_sizes(size: usize) -> RangeInclusive<usize> {
    size.div_ceil(2)..=size.saturating_mul(2)
}

/// The hash of each line, or of as much of it as counts as one, with how many bytes it covers.
fn cut_lines(text: &[u8], pieces: &mut Vec<(u32, u32)>) {
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    pieces.extend(
        lines.flat_map(|line| line.chunks(PIECE)).map(|piece| (hash_piece(piece), piece.len() as u32)),
    );
}

fn hash_piece(piece: &[u8]) -> u32 {
    let (mut high, mut low) = (0_u32, 0_u32);
    for byte in piece {
        (low, high) = ((low << 7 ^ high >> 25).wrapping_add(u32::from(*byte)), high << 7 ^ low >> 25);
    }
    low.wrapping_add(high.wrapping_mul(0x61)) % HASHES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_both_counts_by_the_larger_file() {
        let (a, b) = (Fingerprint::of(b"one\ntwo\n"), Fingerprint::of(b"two\nsix\n"));
        assert_eq!(a.common(&b), HALF);
        assert_eq!(a.common(&Fingerprint::of(b"two\nsix\nten\n")), WHOLE / 3);
        assert_eq!(Fingerprint::of(b"x\nx\n").pieces.len(), 1);
        assert_eq!(Fingerprint::of(b"").common(&Fingerprint::of(b"")), 0);
    }

    #[test]
    fn a_file_less_than_half_as_large_has_no_chance() {
        assert!(is_near(50, 100) && is_near(100, 50));
        assert!(!is_near(49, 100));
    }

    #[test]
    fn the_ends_of_lines_make_no_difference_in_a_text() {
        assert_eq!(
            Fingerprint::of(b"one\r\ntwo\r\n").common(&Fingerprint::of(b"one\ntwo\n")),
            WHOLE * 8 / 10
        );
        assert_eq!(Fingerprint::of(b"\0\r\n").common(&Fingerprint::of(b"\0\n")), 0);
    }
}

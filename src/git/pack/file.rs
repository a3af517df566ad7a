//! The pack itself: for each object what it is, its size, and its bytes, deflated
//! (gitformat-pack(5)).
//!
//! Read in blocks, because those who ask for one object soon ask for its neighbours.

use crate::cache::ByteCache;
use crate::pack::{SIZE_LIMIT, StoredForm};
use git2::{ObjectType, Oid};
use libdeflater::Decompressor;
use std::cell::RefCell;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

const BLOCK: u64 = 16 * 1024;

/// This many bytes of blocks are kept, and as many of those before.
const BLOCKS_LIMIT: usize = 2 * 1024 * 1024;

/// The longest head of an object: a size in nine bytes, and a name.
const HEAD: usize = 9 + 20;

/// A pack of version 2 or 3.
pub struct PackFile {
    file: File,
    blocks: RefCell<ByteCache<u64, Arc<Vec<u8>>>>,
    inflater: RefCell<Decompressor>,
}

/// The head of an object.
pub struct ObjectHead {
    pub kind: StoredForm,
    /// Of its content, in bytes.
    pub size: u64,
    /// Where its content begins.
    pub content: u64,
}

impl PackFile {
    /// Opens a pack; `None` when it is none.
    pub fn open(path: &Path) -> Option<Self> {
        let mut file = File::open(path).ok()?;
        let mut start = [0; 8];
        file.read_exact(&mut start).ok()?;
        let is_known = matches!(&start, b"PACK\0\0\0\x02" | b"PACK\0\0\0\x03");
        let blocks = RefCell::new(ByteCache::up_to(BLOCKS_LIMIT));
        is_known.then(|| PackFile { file, blocks, inflater: RefCell::new(Decompressor::new()) })
    }

    /// The head of the object that begins here.
    pub fn head_of(&self, at: u64) -> Option<ObjectHead> {
        self.from(at, HEAD, |bytes| parse_head(at, bytes))?
    }

    /// The content behind a head. Its checksum is left alone: the object is going to be hashed.
    pub fn inflate(&self, head: &ObjectHead) -> Option<Vec<u8>> {
        let size = head.size as usize;
        self.from(head.content, longest_deflated(size), |bytes| self.inflate_bytes(bytes, size))?
    }

    fn inflate_bytes(&self, bytes: &[u8], size: usize) -> Option<Vec<u8>> {
        // The head of a zlib stream: RFC 1950, 2.2. None that git writes asks for a dictionary.
        let (&[method, flags], deflated) = bytes.split_first_chunk()?;
        if method & 0x0f != 8 || flags & 0x20 != 0 {
            return None;
        }
        let mut content = vec![0; size];
        let written = self.inflater.borrow_mut().deflate_decompress(deflated, &mut content).ok()?;
        (written == size).then_some(content)
    }

    /// Looks at the bytes from here on: as many as wanted, or more, or as many as there are; `None`
    /// behind the end.
    fn from<T>(&self, at: u64, wanted: usize, look: impl FnOnce(&[u8]) -> T) -> Option<T> {
        let (block, start) = self.block(at)?;
        let here = &block[start..];
        if here.len() >= wanted {
            return Some(look(here));
        }
        let mut bytes = here.to_vec();
        while bytes.len() < wanted {
            let Some((block, start)) = self.block(at + bytes.len() as u64) else { break };
            bytes.extend_from_slice(&block[start..]);
        }
        Some(look(&bytes))
    }

    /// The block with the byte at this place, and where in it that is; `None` behind the end.
    fn block(&self, at: u64) -> Option<(Arc<Vec<u8>>, usize)> {
        let (number, start) = (at / BLOCK, (at % BLOCK) as usize);
        let kept = self.blocks.borrow_mut().get(number);
        let block = match kept {
            Some(block) => block,
            None => self.read_block(number)?,
        };
        (start < block.len()).then_some((block, start))
    }

    fn read_block(&self, number: u64) -> Option<Arc<Vec<u8>>> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(number * BLOCK)).ok()?;
        let mut block = Vec::with_capacity(BLOCK as usize);
        file.take(BLOCK).read_to_end(&mut block).ok()?;
        let block = Arc::new(block);
        self.blocks.borrow_mut().add(number, block.len(), Arc::clone(&block));
        Some(block)
    }
}

/// The head that these bytes begin with.
fn parse_head(at: u64, bytes: &[u8]) -> Option<ObjectHead> {
    let last = bytes.iter().take(9).position(|byte| byte & 0x80 == 0)?;
    let first = *bytes.first()?;
    let low = u64::from(first & 0x0f);
    let high = bytes[1..=last].iter().rev().fold(0, |size, byte| (size << 7) | u64::from(byte & 0x7f));
    let (kind, length) = parse_kind(first >> 4 & 7, at, &bytes[last + 1..])?;
    let size = high << 4 | low;
    (size <= SIZE_LIMIT).then_some(ObjectHead { kind, size, content: at + (last + 1 + length) as u64 })
}

/// The most bytes that deflating so many gives: at worst five for each block of 65,535 stored as
/// they are (RFC 1951, 3.2.4), which writers make smaller; and the head.
fn longest_deflated(size: usize) -> usize {
    size + size / 1000 + 64
}

/// What an object is, and how many bytes more say from what it is a difference.
fn parse_kind(number: u8, at: u64, rest: &[u8]) -> Option<(StoredForm, usize)> {
    let whole = |kind| Some((StoredForm::Whole(kind), 0));
    match number {
        1 => whole(ObjectType::Commit),
        2 => whole(ObjectType::Tree),
        3 => whole(ObjectType::Blob),
        4 => whole(ObjectType::Tag),
        6 => {
            let last = rest.iter().take(9).position(|byte| byte & 0x80 == 0)?;
            let back =
                rest[..=last].iter().fold(0, |back, byte| (back << 7) + u64::from(byte & 0x7f) + 1) - 1;
            Some((StoredForm::DifferenceAt(at.checked_sub(back).filter(|_| back > 0)?), last + 1))
        }
        7 => Some((StoredForm::DifferenceFrom(Oid::from_bytes(rest.first_chunk::<20>()?).ok()?), 20)),
        _ => None,
    }
}

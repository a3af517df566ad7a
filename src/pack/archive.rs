//! The archive: a tar file (POSIX.1-1988, "ustar") of which every bit follows from the files in it.
//!
//! Tar and not zip: every system has a tool for it, it has one list of names and not two that may
//! differ, and nothing in it is compressed, so the bytes depend on no version of a compressor and
//! nothing in it can swell. Owners, times and modes are fixed, files lie in the order of their
//! paths, and nothing follows the end. A reader takes exactly this and refuses everything else by
//! name: links, devices, folders, extended headers, other orders, other padding.

use crate::fault::{PackFault, PackWrong};
use crate::item_path::{BadPath, ItemPath};
use crate::{LONGEST_ITEM, MOST_BYTES, MOST_ITEMS};
use std::collections::BTreeMap;
use std::io::{self, Read, Write};

/// The length of a header, and what the length of each file is rounded up to.
const BLOCK: usize = 512;

/// The folder that the archive is unpacked into.
pub const FOLDER: &str = "portcullis-pack/";

/// Where a file is in an archive: the offset of its first byte, and its length.
pub type Extent = (u64, u64);

/// Writes files, which have to come in the order of their paths.
pub struct ArchiveWriter<W: Write> {
    out: W,
}

impl<W: Write> ArchiveWriter<W> {
    /// Writes to this place.
    pub fn new(out: W) -> Self {
        ArchiveWriter { out }
    }

    /// Writes one file.
    ///
    /// # Errors
    /// The place cannot be written.
    pub fn add(&mut self, path: &ItemPath, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(&header(path, bytes.len() as u64))?;
        self.out.write_all(bytes)?;
        self.out.write_all(&[0; BLOCK][..padding(bytes.len() as u64)])
    }

    /// Writes the end.
    ///
    /// # Errors
    /// The place cannot be written.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.write_all(&[0; 2 * BLOCK])?;
        self.out.flush()?;
        Ok(self.out)
    }
}

/// The bytes between the end of a file of this length and the next header.
fn padding(length: u64) -> usize {
    (BLOCK - (length % BLOCK as u64) as usize) % BLOCK
}

fn header(path: &ItemPath, length: u64) -> [u8; BLOCK] {
    let mut header = [0; BLOCK];
    let mut put = |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, &format!("{FOLDER}{path}"));
    put(100, "0000644\0");
    put(108, "0000000\0");
    put(116, "0000000\0");
    put(124, &format!("{length:011o}\0"));
    put(136, "00000000000\0");
    put(148, "        ");
    put(156, "0");
    put(257, "ustar\x0000");
    put(329, "0000000\0");
    put(337, "0000000\0");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}

/// Reads the places of the files of an archive, and refuses everything that
/// [`ArchiveWriter`] would not have written.
///
/// # Errors
/// What is wrong, with the name of the entry.
pub fn read_index(input: &mut dyn Read) -> Result<BTreeMap<ItemPath, Extent>, PackFault> {
    let mut reader = IndexReader { input, offset: 0, files: BTreeMap::new() };
    while reader.take_entry()? {}
    reader.expect_end()?;
    Ok(reader.files)
}

struct IndexReader<'a> {
    input: &'a mut dyn Read,
    offset: u64,
    files: BTreeMap<ItemPath, Extent>,
}

impl IndexReader<'_> {
    /// Takes the next file; false at the first block of the end.
    fn take_entry(&mut self) -> Result<bool, PackFault> {
        let block = self.take_block("the archive")?;
        if block == [0; BLOCK] {
            return Ok(false);
        }
        let (path, length) = read_header(&block)?;
        let name = path.to_string();
        let refused = |why: &str| PackFault::new(&name, PackWrong::Refused(why.to_string()));
        match self.files.last_key_value() {
            Some((last, _)) if *last == path => return Err(PackFault::new(path, PackWrong::Repeated)),
            Some((last, _)) if *last > path => {
                let wrong =
                    if self.files.contains_key(&path) { PackWrong::Repeated } else { PackWrong::Order };
                return Err(PackFault::new(path, wrong));
            }
            _ => {}
        }
        if length > LONGEST_ITEM || self.offset.saturating_add(length) > MOST_BYTES {
            return Err(refused("refused: longer than a file of a pack may be, or the pack is too large"));
        }
        if self.files.len() >= MOST_ITEMS {
            return Err(refused("refused: a pack holds at most 200,000 files"));
        }
        self.files.insert(path, (self.offset, length));
        self.skip(length, &name)?;
        Ok(true)
    }

    fn take_block(&mut self, whose: &str) -> Result<[u8; BLOCK], PackFault> {
        let mut block = [0; BLOCK];
        self.input.read_exact(&mut block).map_err(|error| cut_short(whose, &error))?;
        self.offset += BLOCK as u64;
        Ok(block)
    }

    /// Passes over a file and the zeros after it.
    fn skip(&mut self, length: u64, name: &str) -> Result<(), PackFault> {
        let copied = io::copy(&mut (&mut *self.input).take(length), &mut io::sink());
        match copied {
            Ok(copied) if copied == length => {}
            Ok(_) => return Err(PackFault::new(name, PackWrong::Truncated)),
            Err(error) => return Err(cut_short(name, &error)),
        }
        let mut rest = [0; BLOCK];
        let rest = &mut rest[..padding(length)];
        self.input.read_exact(rest).map_err(|error| cut_short(name, &error))?;
        if rest.iter().any(|byte| *byte != 0) {
            let why = "refused: bytes are hidden between it and the next file".to_string();
            return Err(PackFault::new(name, PackWrong::Refused(why)));
        }
        self.offset += length + rest.len() as u64;
        Ok(())
    }

    fn expect_end(&mut self) -> Result<(), PackFault> {
        let block = self.take_block("the archive")?;
        let mut more = [0; 1];
        let after = self.input.read(&mut more).map_err(|error| cut_short("the archive", &error))?;
        if block != [0; BLOCK] || after != 0 {
            let why = "refused: bytes follow its end".to_string();
            return Err(PackFault::new("the archive", PackWrong::Refused(why)));
        }
        Ok(())
    }
}

fn cut_short(whose: &str, error: &io::Error) -> PackFault {
    let wrong = match error.kind() {
        io::ErrorKind::UnexpectedEof => PackWrong::Truncated,
        _ => PackWrong::Io(error.to_string()),
    };
    PackFault::new(whose, wrong)
}

/// The path and length of a file, whose header has to be the one that is written for them.
fn read_header(block: &[u8; BLOCK]) -> Result<(ItemPath, u64), PackFault> {
    let name = text_at(block, 0, 100);
    let refused = |why: String| PackFault::new(&name, PackWrong::Refused(format!("refused: {why}")));
    if !block[257..].starts_with(b"ustar") {
        let why = "not an archive of a pack; unpack what is compressed first".to_string();
        return Err(PackFault::new("the archive", PackWrong::Refused(why)));
    }
    if let Some(kind) = foreign_kind(block[156]) {
        return Err(refused(kind.to_string()));
    }
    let inside = name.strip_prefix(FOLDER).unwrap_or(&name);
    let path = ItemPath::new(inside).map_err(|BadPath(_, why)| refused(format!("its name {why}")))?;
    let length = u64::from_str_radix(text_at(block, 124, 12).trim(), 8)
        .map_err(|_| refused("its length is no number".to_string()))?;
    if header(&path, length) != *block {
        return Err(refused("its header is not the one of a pack (folder, mode, owner, time)".to_string()));
    }
    Ok((path, length))
}

/// What an entry is that is no file.
fn foreign_kind(kind: u8) -> Option<&'static str> {
    match kind {
        b'0' => None,
        b'1' => Some("it is a hard link"),
        b'2' => Some("it is a symbolic link"),
        b'3' | b'4' => Some("it is a device"),
        b'5' => Some("it is a folder; a pack holds files only"),
        b'6' => Some("it is a named pipe"),
        b'x' | b'g' | b'L' | b'K' => Some("it is an extended header, which can rename what follows"),
        _ => Some("it is not a plain file"),
    }
}

fn text_at(block: &[u8; BLOCK], at: usize, length: usize) -> String {
    let bytes = &block[at..at + length];
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(length);
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

#[cfg(test)]
mod tests;

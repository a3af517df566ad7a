//! The raw form of a tree: `mode name NUL id`, again and again, sorted.
//!
//! git sorts as if the names of directories ended in `/`. A tree that is not sorted so, that has
//! one name twice, or that has a name which no checkout can hold was made by hand: different
//! programs see different files in it, so it is refused and not interpreted (git-fsck(1):
//! `treeNotSorted`, `duplicateEntries`, `hasDotdot`, `hasDotgit`, `fullPathname`, `emptyName`).

use crate::object::{Objects, malformed_object};
use git2::{ObjectType, Oid};
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::path::RepoPath;
use std::cmp::Ordering;

/// The largest file that is handed out whole or searched, in bytes.
pub const SIZE_LIMIT: usize = 64 * 1024 * 1024;

/// The width of an object name in a tree, in bytes.
pub const ID_WIDTH: usize = 20;

/// One entry of a tree.
#[derive(Clone, Copy, Debug)]
pub struct TreeEntry<'t> {
    /// One component of a path.
    pub name: &'t [u8],
    /// What it is.
    pub mode: Mode,
    id: &'t [u8],
}

/// The mode of a tree entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mode(pub u32);

impl Mode {
    /// Is it a directory?
    pub fn is_tree(self) -> bool {
        self.0 == 0o040_000
    }

    /// Is it a file, executable or not?
    pub fn is_file(self) -> bool {
        matches!(self.0, 0o100_644 | 0o100_664 | 0o100_755)
    }

    /// File, directory, link or submodule.
    pub fn kind(self) -> u32 {
        self.0 & 0o170_000
    }
}

impl<'t> TreeEntry<'t> {
    /// What it points to.
    pub fn id(&self) -> Result<Oid, Gap> {
        Oid::from_bytes(self.id).map_err(|error| {
            let remedy = "Run `git fsck`, and judge a fresh clone";
            Gap::new("a tree entry", GapReason::Malformed, error.message(), remedy)
        })
    }

    /// The same kind and the same content?
    pub fn is_same(&self, other: &TreeEntry<'_>) -> bool {
        self.mode == other.mode && self.id == other.id
    }

    /// git's order: directories as if their name ended in `/`.
    pub fn order(&self, other: &TreeEntry<'_>) -> Ordering {
        let common = self.common(other);
        self.byte_at(common).cmp(&other.byte_at(common))
    }

    /// The same, compared with a name that has this `/` at its end if it is a directory's.
    pub fn order_to(&self, key: &[u8]) -> Ordering {
        let end: &[u8] = if self.mode.is_tree() { b"/" } else { b"" };
        self.name.iter().chain(end).cmp(key)
    }

    /// How many bytes both names begin with.
    fn common(&self, other: &TreeEntry<'_>) -> usize {
        self.name.iter().zip(other.name).take_while(|(mine, theirs)| mine == theirs).count()
    }

    fn byte_at(&self, at: usize) -> Option<u8> {
        let end = (at == self.name.len() && self.mode.is_tree()).then_some(b'/');
        self.name.get(at).copied().or(end)
    }

    /// The entry that must not be beside this one: a file where this is a directory, and the
    /// reverse.
    pub fn twin(&self) -> TreeEntry<'t> {
        TreeEntry { mode: Mode(if self.mode.is_tree() { 0o100_644 } else { 0o040_000 }), ..*self }
    }

    /// Is its name none that a checkout can hold?
    pub fn is_bent(&self) -> bool {
        let dotted = matches!(self.name.first(), None | Some(b'.'));
        memchr::memchr(b'/', self.name).is_some() || dotted && RepoPath::new(self.name).is_bent()
    }
}

/// Reads a tree, and checks its order and its names.
pub fn parse(id: Oid, data: &[u8]) -> Result<Vec<TreeEntry<'_>>, Gap> {
    let mut all = Vec::with_capacity(data.len() / (id.as_bytes().len() + 20));
    let mut entries = TreeEntries::of(id, data);
    while let Some(entry) = entries.next_entry()? {
        all.push(entry);
    }
    Ok(all)
}

/// The entries of a tree, each checked when it is asked for.
pub struct TreeEntries<'t> {
    id: Oid,
    data: &'t [u8],
    rest: &'t [u8],
    last: Option<TreeEntry<'t>>,
    /// Earlier names with which the last name begins, each longer than the one before. Between the
    /// file `a` and the directory `a` come only names that begin with `a`, so the file is still
    /// among them when the directory comes.
    stems: Vec<&'t [u8]>,
}

impl<'t> TreeEntries<'t> {
    /// All entries of a tree.
    pub fn of(id: Oid, data: &'t [u8]) -> Self {
        TreeEntries { id, data, rest: data, last: None, stems: Vec::new() }
    }

    /// The next entry; `None` at the end.
    pub fn next_entry(&mut self) -> Result<Option<TreeEntry<'t>>, Gap> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let (entry, rest) = split_entry(self.rest, self.id.as_bytes().len()).ok_or_else(|| {
            malformed_object(self.id, ObjectType::Tree, "it does not have the form of a tree")
        })?;
        self.check(&entry)?;
        self.rest = rest;
        self.last = Some(entry);
        Ok(Some(entry))
    }

    /// The next entry of both trees, as far as they have the same names in the same order up to
    /// here: what is checked in one need not be checked in the other. `None` when they part, or at
    /// the end; then the other goes on from where it is.
    pub fn next_of_both(&mut self, other: &mut TreeEntries<'t>) -> Result<Option<[TreeEntry<'t>; 2]>, Gap> {
        let width = self.id.as_bytes().len();
        let head = memchr::memchr(0, self.rest).map_or(0, |end| end + 1);
        let same = head > 0 && other.rest.len() >= head + width && self.rest[..head] == other.rest[..head];
        if !same {
            other.last = self.last;
            other.stems.clone_from(&self.stems);
            return Ok(None);
        }
        let id = &other.rest[head..head + width];
        let Some(mine) = self.next_entry()? else { return Ok(None) };
        other.rest = &other.rest[head + width..];
        Ok(Some([mine, TreeEntry { id, ..mine }]))
    }

    /// Where the next entry begins, in bytes.
    pub fn place(&self) -> usize {
        self.data.len() - self.rest.len()
    }

    fn check(&mut self, entry: &TreeEntry<'t>) -> Result<(), Gap> {
        if entry.is_bent() {
            return Err(untrusted_tree(self.id, entry, "a name that bends its path"));
        }
        let common = self.last.map_or(0, |last| last.common(entry));
        if self.last.is_some_and(|last| last.byte_at(common) >= entry.byte_at(common)) {
            return Err(untrusted_tree(self.id, entry, "entries that are out of order or doubled"));
        }
        while self.stems.pop_if(|stem| stem.len() > common).is_some() {}
        if entry.mode.is_tree() && self.stems.last().is_some_and(|stem| *stem == entry.name) {
            return Err(untrusted_tree(self.id, entry, "a file and a directory of one name"));
        }
        self.stems.push(entry.name);
        Ok(())
    }
}

/// The first entry, and what follows it; `None` at the end, or where the form is not that of a
/// tree.
pub fn split_entry(data: &[u8], width: usize) -> Option<(TreeEntry<'_>, &[u8])> {
    let (mode, rest) = split_mode(data)?;
    let end = memchr::memchr(0, rest)?;
    let id = rest.get(end + 1..end + 1 + width)?;
    Some((TreeEntry { name: &rest[..end], mode, id }, &rest[end + 1 + width..]))
}

/// The mode, and what follows the space after it. Nearly all entries have one of the first two.
fn split_mode(data: &[u8]) -> Option<(Mode, &[u8])> {
    if let Some(rest) = data.strip_prefix(b"100644 ") {
        return Some((Mode(0o100_644), rest));
    }
    if let Some(rest) = data.strip_prefix(b"40000 ") {
        return Some((Mode(0o040_000), rest));
    }
    let space = data.iter().take(8).position(|b| *b == b' ')?;
    Some((Mode(parse_octal(&data[..space])?), &data[space + 1..]))
}

/// Leading zeros are allowed: old tools wrote `040000`.
fn parse_octal(digits: &[u8]) -> Option<u32> {
    let valid = !digits.is_empty() && digits.iter().all(|b| matches!(b, b'0'..=b'7'));
    valid.then(|| digits.iter().fold(0, |mode, digit| mode * 8 + u32::from(digit - b'0')))
}

fn untrusted_tree(id: Oid, entry: &TreeEntry<'_>, fault: &str) -> Gap {
    Gap::new(
        format!("tree {id}"),
        GapReason::Untrusted,
        format!("it holds {fault}, at `{}`", String::from_utf8_lossy(entry.name)),
        "Rewrite the commits that brought this tree: git itself does not write such trees",
    )
}

/// The bytes of a file below a tree; `None` when there is no file of this path.
pub fn file_in(objects: &Objects<'_>, tree: Oid, path: &RepoPath) -> Result<Option<Vec<u8>>, Gap> {
    match entry_in(objects, tree, path)? {
        Some((mode, id)) if mode.is_file() => blob(objects, id, path).map(Some),
        _ => Ok(None),
    }
}

/// What is at this path below a tree, whatever it is.
pub fn entry_in(objects: &Objects<'_>, tree: Oid, path: &RepoPath) -> Result<Option<(Mode, Oid)>, Gap> {
    let mut at = (Mode(0o040_000), tree);
    for component in path.as_bytes().split(|b| *b == b'/') {
        match entry_of(objects, at, component)? {
            Some(next) => at = next,
            None => return Ok(None),
        }
    }
    Ok(Some(at))
}

/// Is something at this path, or on the way to it, that is no directory?
pub fn brings(objects: &Objects<'_>, tree: Oid, path: &RepoPath) -> Result<bool, Gap> {
    let mut at = (Mode(0o040_000), tree);
    for component in path.as_bytes().split(|b| *b == b'/') {
        match entry_of(objects, at, component)? {
            Some(next) if next.0.is_tree() => at = next,
            other => return Ok(other.is_some()),
        }
    }
    Ok(false)
}

fn entry_of(objects: &Objects<'_>, at: (Mode, Oid), name: &[u8]) -> Result<Option<(Mode, Oid)>, Gap> {
    if !at.0.is_tree() {
        return Ok(None);
    }
    let object = objects.read(at.1, ObjectType::Tree)?;
    let entries = parse(at.1, object.data())?;
    let found = entries.iter().find(|entry| entry.name == name);
    found.map(|entry| Ok((entry.mode, entry.id()?))).transpose()
}

/// The bytes of a blob, if it is not larger than [`SIZE_LIMIT`]; the gap names `path`.
pub fn blob(objects: &Objects<'_>, id: Oid, path: &RepoPath) -> Result<Vec<u8>, Gap> {
    let blob = objects.blob_up_to(id, SIZE_LIMIT)?.ok_or_else(|| {
        let detail = format!("it is larger than {SIZE_LIMIT} bytes");
        Gap::new(format!("the file {path}"), GapReason::Truncated, detail, "Make the file smaller")
    })?;
    Ok(blob.data().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> Oid {
        Oid::from_bytes(&[7; 20]).unwrap()
    }

    fn tree(entries: &[(&str, &str)]) -> Vec<u8> {
        let entry =
            |(mode, name): &(&str, &str)| [mode.as_bytes(), b" ", name.as_bytes(), b"\0", &[1; 20]].concat();
        entries.iter().flat_map(entry).collect()
    }

    fn names(entries: &[(&str, &str)]) -> Result<usize, GapReason> {
        let data = tree(entries);
        parse(id(), &data).map(|entries| entries.len()).map_err(|gap| gap.reason)
    }

    #[test]
    fn directories_sort_as_if_they_ended_in_a_slash() {
        assert_eq!(names(&[("100644", "a.b"), ("40000", "a"), ("100644", "a0")]), Ok(3));
        assert_eq!(names(&[("040000", "a"), ("100644", "a.b")]), Err(GapReason::Untrusted));
    }

    #[test]
    fn trees_made_by_hand_are_refused() {
        for bad in [
            vec![("100644", "")],
            vec![("100644", "..")],
            vec![("40000", ".Git")],
            vec![("100644", "a/b")],
            vec![("100644", "a"), ("100644", "a")],
            vec![("100644", "b"), ("100644", "a")],
            vec![("100644", "a"), ("100644", "a-b"), ("40000", "a")],
        ] {
            assert_eq!(names(&bad), Err(GapReason::Untrusted), "{bad:?}");
        }
        assert!(names(&[("100644", ".gitignore"), ("100644", "..a")]).is_err());
        assert_eq!(names(&[("100644", "..a"), ("100644", ".gitignore")]), Ok(2));
    }

    #[test]
    fn truncated_and_strange_entries_are_malformed() {
        let whole = tree(&[("100644", "a"), ("100644", "b")]);
        for end in 1..whole.len() {
            let cut = parse(id(), &whole[..end]);
            assert_eq!(cut.is_ok(), end == whole.len() / 2, "{end}");
        }
        assert_eq!(names(&[("10x644", "a")]), Err(GapReason::Malformed));
        assert_eq!(names(&[("", "a")]), Err(GapReason::Malformed));
    }
}

//! What a landing has that the recomputed merge has not, and the other way round: hunks, by file
//! and line.

use crate::landing::merge_text::is_text;
use crate::line_diff::{Hunk, diff_lines};
use crate::object::{Object, ReadObjects};
use crate::tree::SIZE_LIMIT;
use crate::tree_diff::{Item, TreeChange, diff_trees};
use git2::Oid;
use portcullis_model::change::Side;
use portcullis_model::digest::Digest;
use portcullis_model::fact::Gap;
use portcullis_model::landing::ResidualHunk;
use portcullis_model::path::RepoPath;
use std::collections::BTreeSet;

/// The hunks from the recomputed tree to the landed one. Each conflict shows, even if nothing else
/// differs there.
pub fn hunks<'o>(
    objects: impl ReadObjects<'o>,
    recomputed: Option<Oid>,
    landed: Option<Oid>,
    conflicts: &[Vec<u8>],
) -> Result<Vec<ResidualHunk>, Gap> {
    let changes = diff_trees(objects, recomputed, landed)?;
    let mut seen = BTreeSet::new();
    let mut hunks = Vec::new();
    for change in changes {
        hunks.extend(of_path(objects, &change)?);
        seen.insert(change.path);
    }
    for path in conflicts.iter().filter(|path| !seen.contains(*path)) {
        hunks.push(whole_item(path, Side::Added, b""));
    }
    hunks.sort();
    Ok(hunks)
}

fn of_path<'o>(objects: impl ReadObjects<'o>, change: &TreeChange) -> Result<Vec<ResidualHunk>, Gap> {
    let (old, new) = (read_lines(objects, change.old)?, read_lines(objects, change.new)?);
    let (Some(old), Some(new)) = (old, new) else { return Ok(whole_items(change)) };
    let found = diff_lines(old.data(), new.data());
    let lines = |side, text: &ResidualText<'_>, hunks: &[Hunk]| -> Vec<ResidualHunk> {
        hunks.iter().map(|hunk| of_lines(&change.path, side, text.data(), hunk)).collect()
    };
    let mut hunks = lines(Side::Removed, &old, &found.old);
    hunks.extend(lines(Side::Added, &new, &found.new));
    if hunks.is_empty() || change.old.zip(change.new).is_some_and(|(old, new)| old.0 != new.0) {
        hunks.extend(whole_items(change));
    }
    Ok(hunks)
}

/// What has lines.
pub enum ResidualText<'o> {
    /// Nothing stands there.
    Absent,
    /// A text.
    Read(Object<'o>),
}

impl ResidualText<'_> {
    /// Its bytes.
    pub fn data(&self) -> &[u8] {
        match self {
            ResidualText::Absent => b"",
            ResidualText::Read(object) => object.data(),
        }
    }
}

/// The text of a file; `None` for what has no lines.
pub fn read_lines<'o>(
    objects: impl ReadObjects<'o>,
    item: Option<Item>,
) -> Result<Option<ResidualText<'o>>, Gap> {
    let Some((mode, id)) = item else { return Ok(Some(ResidualText::Absent)) };
    if !mode.is_file() {
        return Ok(None);
    }
    let blob = objects.blob_up_to(id, SIZE_LIMIT)?;
    Ok(blob.filter(|blob| is_text(blob.data())).map(ResidualText::Read))
}

fn of_lines(path: &[u8], side: Side, text: &[u8], hunk: &Hunk) -> ResidualHunk {
    let digest = Digest::of(&text[hunk.bytes.clone()]);
    ResidualHunk { path: RepoPath::new(path), side, line: Some(hunk.line), lines: hunk.lines, digest }
}

fn whole_items(change: &TreeChange) -> Vec<ResidualHunk> {
    let sides = [(Side::Removed, change.old), (Side::Added, change.new)];
    let standing = sides.into_iter().filter_map(|(side, item)| Some((side, item?)));
    standing
        .map(|(side, (mode, id))| whole_item(&change.path, side, format!("{:o} {id}", mode.0).as_bytes()))
        .collect()
}

fn whole_item(path: &[u8], side: Side, bytes: &[u8]) -> ResidualHunk {
    ResidualHunk { path: RepoPath::new(path), side, line: None, lines: 0, digest: Digest::of(bytes) }
}

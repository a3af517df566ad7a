//! Merging the entries at one path: modes, links, submodules, and the contents of files.

use crate::landing::histogram::DiffRefusal;
use crate::landing::merge::contents::{MergedContent, OfVersions};
use crate::landing::merge_text::{self, ConflictMarks, MergedText};
use crate::landing::store::Store;
use crate::tree::{Mode, SIZE_LIMIT};
use crate::tree_diff::Item;
use git2::Oid;
use portcullis_model::fact::{Gap, GapReason};
use std::rc::Rc;

/// What merging a single path gives.
pub struct MergedItem {
    /// The entry there; in a conflict of contents both sides, one after the other.
    pub item: Item,
    /// The content, when it is a new one.
    pub content: Option<MergedContent>,
    /// It needs no person.
    pub is_clean: bool,
    /// What a newer git makes of it ([`crate::landing::histogram::Git::Newer`]),
    /// where that is something else.
    pub newer: Option<Box<MergedItem>>,
}

impl MergedItem {
    /// What all versions of git make of it.
    pub fn settled(item: Item, is_clean: bool) -> Self {
        MergedItem { item, content: None, is_clean, newer: None }
    }
}

/// Merges the entries at one path on both sides.
pub fn merge_items(
    store: &Store<'_, '_>,
    base: Option<Item>,
    ours: Item,
    theirs: Item,
) -> Result<MergedItem, Gap> {
    if !are_of_one_kind(ours.0, theirs.0) {
        return Ok(MergedItem::settled(ours, false));
    }
    let (mode, mode_is_clean) = merge_modes(base.map(|base| base.0), ours.0, theirs.0);
    let old = base.map(|base| base.1);
    if ours.1 == theirs.1 || old == Some(theirs.1) {
        return Ok(MergedItem::settled((mode, ours.1), mode_is_clean));
    }
    if old == Some(ours.1) {
        return Ok(MergedItem::settled((mode, theirs.1), mode_is_clean));
    }
    if !ours.0.is_file() {
        return Ok(MergedItem::settled(ours, false));
    }
    // With something else than a file neither has a line in common.
    let old = base.filter(|base| base.0.is_file()).map(|base| base.1);
    let Some(merged) = merged_contents(store, old, ours.1, theirs.1)? else {
        return Ok(MergedItem::settled(ours, false));
    };
    let made = |(content, is_clean): &(MergedContent, bool)| MergedItem {
        item: (mode, content.id),
        content: Some(content.clone()),
        is_clean: mode_is_clean && *is_clean,
        newer: None,
    };
    let newer = merged.newer.as_ref().map(made).map(Box::new);
    Ok(MergedItem { newer, ..made(&merged.older) })
}

/// Merges the contents of a file, or remembers what came of it; `None` where git leaves it
/// unmerged.
fn merged_contents(
    store: &Store<'_, '_>,
    base: Option<Oid>,
    ours: Oid,
    theirs: Oid,
) -> Result<Option<Rc<OfVersions>>, Gap> {
    let names = (base, ours, theirs);
    if let Some(known) = store.merged.borrow_mut().get(names) {
        return Ok(known);
    }
    let merged = match merge_contents(store, base, ours, theirs, None)? {
        Contents::Merged(merged) => Some(Rc::new(of_versions(merged)?)),
        Contents::Binary | Contents::Refused => None,
    };
    let bytes = merged.as_ref().map_or(0, |merged| merged.size());
    store.merged.borrow_mut().add(names, bytes + size_of_val(&names), merged.clone());
    Ok(merged)
}

fn of_versions(merged: merge_text::VersionedText) -> Result<OfVersions, Gap> {
    let of_text = |text: MergedText| Ok((MergedContent::new(text.bytes)?, text.conflicts == 0));
    Ok(OfVersions { older: of_text(merged.older)?, newer: merged.newer.map(of_text).transpose()? })
}

/// Two files, executable or not; two links; two submodules.
pub fn are_of_one_kind(one: Mode, other: Mode) -> bool {
    one == other || one.is_file() && other.is_file()
}

/// The mode that merging gives, and whether it is clean.
pub fn merge_modes(base: Option<Mode>, ours: Mode, theirs: Mode) -> (Mode, bool) {
    if ours == theirs || Some(ours) == base { (theirs, true) } else { (ours, Some(theirs) == base) }
}

/// What to do where a merge cannot be recomputed. What has landed stays as it is, whatever is
/// reviewed later: only a waiver covers it.
pub const REVIEW: &str = "Before it lands, have the head itself approved; if it has landed, have it reviewed as it is, and grant waivers \
                          for its commit, of each control that says this";

/// What merging the contents of a file gives.
pub enum Contents {
    /// Merged line by line.
    Merged(merge_text::VersionedText),
    /// git merges no binary files.
    Binary,
    /// git refuses the whole merge.
    Refused,
}

/// Merges the contents of a file.
pub fn merge_contents(
    store: &Store<'_, '_>,
    base: Option<Oid>,
    ours: Oid,
    theirs: Oid,
    marks: Option<ConflictMarks<'_>>,
) -> Result<Contents, Gap> {
    let base = base.map(|id| store.file(id)).transpose()?;
    let base = base.as_ref().map_or(&[][..], |base| base.data());
    let (ours, theirs) = (store.file(ours)?, store.file(theirs)?);
    let texts = [base, ours.data(), theirs.data()];
    if !texts.into_iter().all(merge_text::is_text) {
        return Ok(Contents::Binary);
    }
    if texts.into_iter().any(|text| text.len() > SIZE_LIMIT) {
        return Err(too_much(format!("a file that both sides changed is larger than {SIZE_LIMIT} bytes")));
    }
    match merge_text::merge(texts[0], texts[1], texts[2], marks) {
        Ok(merged) => Ok(Contents::Merged(merged)),
        Err(DiffRefusal::Crowded) => Ok(Contents::Refused),
        Err(DiffRefusal::TooLong) => {
            let detail =
                "a file that both sides changed has so many equal lines that comparing it takes too long";
            Err(too_much(detail.to_string()))
        }
    }
}

fn too_much(detail: String) -> Gap {
    Gap::new("a recomputed merge", GapReason::Truncated, detail, REVIEW)
}

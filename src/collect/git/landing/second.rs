//! The second engine: libgit2, which merges lines once more where the base itself is a merge.
//!
//! It knows contents and nothing else: no repository, no attributes, no configuration, no merge drivers.

use super::super::tree_diff::Item;
use super::build;
use super::merge::{Contested, Merge, TreeEdit, merge_modes};
use super::merge_text::is_text;
use super::store::Store;
use crate::model::fact::{Gap, GapReason};
use git2::{MergeFileInput, ObjectType, Oid};

/// Each text begins with this line, so that no result is empty: git2 has no way to hand out an empty one.
const FIRST_LINE: &[u8] = b"the first line of all three texts\n";

/// The tree that the first engine arrived at, with each contested path merged once more; `None` when that is a conflict.
pub fn merge(
    store: &Store<'_, '_>,
    first: &Merge,
    recomputed: Option<Oid>,
) -> Result<Option<Option<Oid>>, Gap> {
    let mut edits = Vec::new();
    for one in &first.contested {
        let Some(item) = merged_item(store, one)? else { return Ok(None) };
        edits.push(TreeEdit { path: one.path.clone(), item: Some(item) });
    }
    build::edited(store, recomputed, &edits).map(Some)
}

/// `None` when libgit2 calls it a conflict, and for what is not merged line by line.
fn merged_item(store: &Store<'_, '_>, one: &Contested) -> Result<Option<Item>, Gap> {
    let base = one.base.filter(|base| base.0.is_file());
    let (mode, is_clean) = merge_modes(base.map(|base| base.0), one.ours.0, one.theirs.0);
    if !is_clean || !one.ours.0.is_file() || !one.theirs.0.is_file() {
        return Ok(None);
    }
    let read = |item: Item| store.file(item.1);
    let base = base.map(read).transpose()?;
    let (ours, theirs) = (read(one.ours)?, read(one.theirs)?);
    let texts = [base.as_ref().map_or(&[][..], |base| base.data()), ours.data(), theirs.data()];
    if !texts.into_iter().all(is_text) {
        return Ok(None);
    }
    let content = merged_text(texts).map_err(|error| refused(&error))?;
    let id = content.map(|content| store.objects.make(ObjectType::Blob, &content)).transpose()?;
    Ok(id.map(|id| (mode, id)))
}

fn merged_text(texts: [&[u8]; 3]) -> Result<Option<Vec<u8>>, git2::Error> {
    let texts = texts.map(|text| [FIRST_LINE, text].concat());
    let [base, ours, theirs] = texts.each_ref().map(|text| {
        let mut input = MergeFileInput::new();
        input.content(text);
        input
    });
    let result = git2::merge_file(&base, &ours, &theirs, None)?;
    if !result.is_automergeable() {
        return Ok(None);
    }
    Ok(result.content().strip_prefix(FIRST_LINE).map(<[u8]>::to_vec))
}

fn refused(error: &git2::Error) -> Gap {
    Gap::new(
        "a merge recomputed by the second engine",
        GapReason::Unsupported,
        format!("libgit2 refuses it: {}", error.message()),
        "Report this as a defect of Portcullis, with the two commits that were merged",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_which_nothing_is_left_is_empty() {
        crate::collect::git::neutralise().unwrap();
        let text = |lines: &str| merged_text([b"1\n2\n3\n4\n5\n", lines.as_bytes(), b"1\n2\n3\n"]).unwrap();
        assert_eq!(text("3\n4\n5\n"), Some(b"3\n".to_vec()));
        assert_eq!(merged_text([b"1\n2\n3\n", b"", b"1\n2\n3\n"]).unwrap(), Some(Vec::new()));
        assert_eq!(text("1\n2\n3\n4\nfive\n"), None);
    }
}

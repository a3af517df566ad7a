//! What the content of a changed file says.
//!
//! A file is looked at in as many ways as a program might read it: as it is; if there is a NUL byte
//! anywhere, also without any (many interpreters skip them); if it begins with a UTF-16 byte order
//! mark, also decoded. A byte order mark before plain text, or a NUL in a comment, hides nothing in
//! this way. A changed line is also searched in every reading in which a language takes its escapes
//! and the like for something else ([`crate::spelling`]). How far all of this sees is
//! the nature of the content ([`crate::readable`]).

use crate::line_diff::{Hunk, LineDiff, diff_lines, whole_text};
use crate::object::{Object, Objects};
use crate::pattern::{FoundMatches, Patterns, SearchedText};
use crate::readable::{Encoding, nature_of};
use crate::rename::{ChangedPair, PairLink};
use crate::tree::SIZE_LIMIT;
use crate::tree_diff::Item;
use portcullis_model::change::{Content, Nature, Side};
use portcullis_model::fact::Gap;
use std::borrow::Cow;
use std::collections::BTreeSet;

const SUBMODULE: u32 = 0o160_000;

/// The content of a change when no pattern asks for it: its nature as far as the modes tell,
/// nothing counted.
pub fn unread(pair: &ChangedPair) -> Content {
    let submodule = [&pair.old, &pair.new].into_iter().flatten().any(|side| side.item.0.0 == SUBMODULE);
    let nature = if submodule { Nature::Opaque } else { Nature::Text };
    Content { nature, matches: Vec::new(), added: 0, removed: 0 }
}

/// Reads both sides and searches what changed.
pub fn read(objects: &Objects<'_>, patterns: &Patterns, pair: &ChangedPair) -> Result<Content, Gap> {
    let load = |side: &Option<crate::rename::ChangedSide>| match side {
        Some(side) => Loaded::read(objects, side.item),
        None => Ok(Loaded::Absent),
    };
    let old = load(&pair.old)?;
    if is_one_blob(pair) {
        return ContentComparison::of(pair, &old, &old).search(patterns);
    }
    ContentComparison::of(pair, &old, &load(&pair.new)?).search(patterns)
}

/// Does one blob be on both sides, so that it need not be read twice?
fn is_one_blob(pair: &ChangedPair) -> bool {
    let [Some(old), Some(new)] = [&pair.old, &pair.new].map(|side| side.as_ref().map(|side| side.item))
    else {
        return false;
    };
    old.1 == new.1 && [old, new].iter().all(|item| item.0.0 != SUBMODULE)
}

enum Loaded<'o> {
    /// There is no such side.
    Absent,
    /// There is nothing to read.
    Unseen,
    /// A blob.
    Read(Object<'o>),
}

impl<'o> Loaded<'o> {
    fn read(objects: &'o Objects<'_>, item: Item) -> Result<Self, Gap> {
        if item.0.0 == SUBMODULE {
            return Ok(Loaded::Unseen);
        }
        let blob = objects.blob_up_to(item.1, SIZE_LIMIT)?;
        Ok(blob.map_or(Loaded::Unseen, Loaded::Read))
    }

    fn text(&self) -> &[u8] {
        match self {
            Loaded::Read(object) => object.data(),
            Loaded::Absent | Loaded::Unseen => b"",
        }
    }

    fn nature(&self) -> Nature {
        match self {
            Loaded::Absent => Nature::Text,
            Loaded::Unseen => Nature::Opaque,
            Loaded::Read(object) => nature_of(object.data()),
        }
    }
}

/// The nature of one whole text, and what patterns find in it.
pub fn of_text(text: &[u8], patterns: &Patterns) -> Result<Content, Gap> {
    ContentComparison { old: &[], new: text, nature: nature_of(text), all: true }.search(patterns)
}

/// The nature of lines that someone states without the files that they are in, and what patterns
/// find in them: each line counts, and the number of a match is that in the list.
///
/// # Errors
/// A pattern that cannot be searched.
pub fn of_lines(removed: &[u8], added: &[u8], patterns: &BTreeSet<String>) -> Result<Content, Gap> {
    let nature = nature_of(removed).max(nature_of(added));
    ContentComparison { old: removed, new: added, nature, all: true }.search(&Patterns::parse(patterns)?)
}

/// Both sides, old first, in one way of reading them.
type View<'t> = (Cow<'t, [u8]>, Cow<'t, [u8]>);

/// Two sides, and how they are to be compared.
struct ContentComparison<'t> {
    old: &'t [u8],
    new: &'t [u8],
    nature: Nature,
    /// Every line of both sides counts, not only those that differ.
    all: bool,
}

impl<'t> ContentComparison<'t> {
    fn of(pair: &ChangedPair, old: &'t Loaded<'_>, new: &'t Loaded<'_>) -> Self {
        let nature = old.nature().max(new.nature());
        let unlike = Encoding::of(old.text()) != Encoding::of(new.text());
        let all = nature != Nature::Text || unlike || !is_edit_in_place(pair);
        ContentComparison { old: old.text(), new: new.text(), nature, all }
    }

    fn search(&self, patterns: &Patterns) -> Result<Content, Gap> {
        let mut found = FoundMatches::default();
        let mut counts = None;
        for (old, new) in self.views() {
            let changed = diff_lines(&old, &new);
            counts.get_or_insert_with(|| (count_lines_of(&changed.new), count_lines_of(&changed.old)));
            let searched =
                if self.all { LineDiff { old: whole_text(&old), new: whole_text(&new) } } else { changed };
            let numbered = matches!(self.nature, Nature::Text | Nature::Opaque);
            for (side, text, hunks) in
                [(Side::Removed, &old, &searched.old), (Side::Added, &new, &searched.new)]
            {
                patterns.search(&SearchedText { side, text, hunks, numbered }, &mut found)?;
            }
        }
        let nature = if found.is_cut() { Nature::Binary.max(self.nature) } else { self.nature };
        let (added, removed) = counts.filter(|_| nature == Nature::Text).unwrap_or_default();
        Ok(Content { nature, matches: found.into_matches(), added, removed })
    }

    /// Both sides in each way of reading them; the one that a person would choose comes first.
    fn views(&self) -> Vec<View<'t>> {
        let mut views = Vec::new();
        if [self.old, self.new].iter().any(|text| Encoding::of(text) != Encoding::Bytes) {
            views.push((decode_utf16(self.old), decode_utf16(self.new)));
        }
        views.push((Cow::Borrowed(self.old), Cow::Borrowed(self.new)));
        if [self.old, self.new].into_iter().any(holds_nul) {
            views.push((without_nul(self.old), without_nul(self.new)));
        }
        views
    }
}

/// The same kind of thing at the same path with other content: only then it is enough to look at
/// the lines that differ.
fn is_edit_in_place(pair: &ChangedPair) -> bool {
    match (&pair.old, &pair.new) {
        (Some(old), Some(new)) => pair.link == PairLink::Same && old.item.0 == new.item.0,
        _ => false,
    }
}

fn count_lines_of(hunks: &[Hunk]) -> u64 {
    hunks.iter().map(|hunk| hunk.lines).sum()
}

fn holds_nul(text: &[u8]) -> bool {
    memchr::memchr(0, text).is_some()
}

fn decode_utf16(text: &[u8]) -> Cow<'_, [u8]> {
    Encoding::decode(text).map_or(Cow::Borrowed(text), |(text, _)| Cow::Owned(text.into_bytes()))
}

fn without_nul(text: &[u8]) -> Cow<'_, [u8]> {
    Cow::Owned(text.iter().copied().filter(|b| *b != 0).collect())
}

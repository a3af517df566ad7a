//! Merging the contents of a file that both sides changed.
//!
//! The changes of each side against the base are laid side by side. Changes that neither overlap
//! nor touch are taken, equal changes are taken once, and the rest is a conflict, which then
//! shrinks to the lines in which the two sides differ (git-merge-file(1); level "zealous" of git's
//! merge). Where a conflict stays, both sides stand in the result one after the other, ours first:
//! what a person made of it shows as lines beside these. Or it is there with git's marks
//! ([`ConflictMarks`]), as in a merge base that git itself merged.

use crate::landing::histogram::{DiffRefusal, Git, LineEdit, edits_of_part, line_edits};
use crate::landing::tree_offsets::common_start;
use crate::line_numbers::{LineNumbers, text_lines};
use std::ops::Range;

/// git takes a file with a NUL byte among this many first bytes for binary, and does not merge it.
const BINARY_PROBE: usize = 8000;

/// With marks, conflicts become one when no more lines than this are between them.
const LINES_BETWEEN: usize = 3;

/// A merged content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergedText {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// How many places need a person.
    pub conflicts: usize,
}

/// What older and newer versions of git make of the same texts.
#[derive(Debug, PartialEq, Eq)]
pub struct VersionedText {
    /// What git makes of it up to version 2.53.
    pub older: MergedText,
    /// What git makes of it since version 2.54, where that is something else.
    pub newer: Option<MergedText>,
}

impl VersionedText {
    /// What this version makes of it.
    pub fn of(self, git: Git) -> MergedText {
        match (git, self.newer) {
            (Git::Newer, Some(newer)) => newer,
            _ => self.older,
        }
    }
}

/// How git marks a conflict.
#[derive(Clone, Copy, Debug)]
pub struct ConflictMarks<'l> {
    /// So many times each sign.
    pub width: usize,
    /// The names of our side and of theirs.
    pub labels: [&'l str; 2],
}

/// Is this content that git merges line by line?
pub fn is_text(content: &[u8]) -> bool {
    !content[..content.len().min(BINARY_PROBE)].contains(&0)
}

/// Merges.
pub fn merge(
    base: &[u8],
    ours: &[u8],
    theirs: &[u8],
    marks: Option<ConflictMarks<'_>>,
) -> Result<VersionedText, DiffRefusal> {
    let mut numbers = LineNumbers::for_bytes(base.len());
    let base = NumberedText::read(&mut numbers, base);
    let places = base.places();
    let [ours, theirs] = [ours, theirs].map(|text| NumberedText::beside(&mut numbers, text, &base, &places));
    let texts = TextTriple { base, ours, theirs };
    let (older, depends_on_version) = texts.merged(Git::Older, marks)?;
    let newer = if depends_on_version { Some(texts.merged(Git::Newer, marks)?.0) } else { None };
    let newer = newer.filter(|newer| *newer != older);
    Ok(VersionedText { older, newer })
}

/// Three texts with lines of the same numbers.
struct TextTriple<'t> {
    base: NumberedText<'t>,
    ours: NumberedText<'t>,
    theirs: NumberedText<'t>,
}

impl TextTriple<'_> {
    /// What merging gives, and whether another version of git may make something else of it.
    fn merged(&self, git: Git, marks: Option<ConflictMarks<'_>>) -> Result<(MergedText, bool), DiffRefusal> {
        let by_us = line_edits(&self.base.numbers, &self.ours.numbers, git)?;
        let by_them = line_edits(&self.base.numbers, &self.theirs.numbers, git)?;
        let mut changes = lay_side_by_side(&by_us.all, &by_them.all, &self.ours, &self.theirs);
        let refined = refine_conflicts(&mut changes, &self.ours, &self.theirs, git)?;
        let bytes = match marks {
            None => write_merged(&changes, &self.ours, &self.theirs),
            Some(marks) => self.write_marked(&join_conflicts(changes.clone()), marks),
        };
        let conflicts = changes.iter().filter(|change| change.taken == TakenSide::Conflict).count();
        Ok((MergedText { bytes, conflicts }, by_us.depend_on_version || by_them.depend_on_version || refined))
    }
}

/// A text as numbers, one for each different line, and where the lines are.
struct NumberedText<'t> {
    bytes: &'t [u8],
    /// Where each line begins, and where the last one ends.
    starts: Vec<usize>,
    numbers: Vec<u32>,
}

/// For a line that a text does not have, or has several times.
const NOWHERE: usize = usize::MAX;

impl<'t> NumberedText<'t> {
    fn read(numbers: &mut LineNumbers<'t>, bytes: &'t [u8]) -> Self {
        let mut text = NumberedText::with_room(bytes, bytes.len() / 32);
        text_lines(bytes).for_each(|line| text.push(line, numbers.of(line)));
        text
    }

    fn with_room(bytes: &'t [u8], lines: usize) -> Self {
        let mut starts = Vec::with_capacity(lines + 1);
        starts.push(0);
        NumberedText { bytes, starts, numbers: Vec::with_capacity(lines) }
    }

    /// The same, beside a text that is probably like it: where both have the same lines for a
    /// while, they need not be searched for. `places` are those of that text.
    fn beside(
        numbers: &mut LineNumbers<'t>,
        bytes: &'t [u8],
        like: &NumberedText<'t>,
        places: &[usize],
    ) -> Self {
        let mut text = NumberedText::with_room(bytes, like.len() + 16);
        let mut at = 0;
        loop {
            at = text.take_equal(like, at);
            let Some(line) = text_lines(text.rest()).next() else { return text };
            let number = numbers.of(line);
            text.push(line, number);
            match places.get(number as usize) {
                Some(&NOWHERE) if like.numbers.get(at + 1) == Some(&number) => at += 2,
                Some(&NOWHERE) | None => {}
                Some(place) => at = place + 1,
            }
        }
    }

    /// Takes over whole lines that this text has next and the other from this place on; the place
    /// after them.
    fn take_equal(&mut self, like: &NumberedText<'t>, at: usize) -> usize {
        let Some(from) = like.starts.get(at).copied() else { return at };
        let (here, equal) = (self.end(), common_start(&like.bytes[from..], self.rest()));
        let mut lines = like.starts[at..].partition_point(|start| *start <= from + equal) - 1;
        // A last line without an end may go on here.
        if lines > 0 && like.bytes[like.starts[at + lines] - 1] != b'\n' {
            lines -= 1;
        }
        self.starts.extend(like.starts[at + 1..=at + lines].iter().map(|start| start - from + here));
        self.numbers.extend_from_slice(&like.numbers[at..at + lines]);
        at + lines
    }

    fn push(&mut self, line: &[u8], number: u32) {
        self.starts.push(self.end() + line.len());
        self.numbers.push(number);
    }

    fn end(&self) -> usize {
        self.starts.last().copied().unwrap_or_default()
    }

    fn rest(&self) -> &'t [u8] {
        &self.bytes[self.end()..]
    }

    /// Where each line stands, by number.
    fn places(&self) -> Vec<usize> {
        let mut places = Vec::new();
        for (place, number) in self.numbers.iter().enumerate() {
            match places.get_mut(*number as usize) {
                Some(known) => *known = NOWHERE,
                // Numbers come in the order in which lines are seen.
                None => places.push(place),
            }
        }
        places
    }

    fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Does this line end in carriage return and line feed (a last line without an end: the one
    /// before it)? `None` when there is no line end to see.
    fn has_carriage_return(&self, at: usize) -> Option<bool> {
        let line = |at: usize| self.bytes.get(*self.starts.get(at)?..*self.starts.get(at + 1)?);
        let seen = line(at).filter(|line| line.ends_with(b"\n")).or_else(|| line(at.checked_sub(1)?))?;
        Some(seen.ends_with(b"\r\n"))
    }

    fn write(&self, range: Range<usize>, out: &mut Vec<u8>) {
        let bytes = self
            .starts
            .get(range.start..=range.end)
            .and_then(|starts| Some(*starts.first()?..*starts.last()?));
        out.extend_from_slice(&self.bytes[bytes.unwrap_or_default()]);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TakenSide {
    Ours,
    Theirs,
    /// Both made the same change.
    Both,
    Conflict,
}

/// Lines of our text that a change covers, and lines of their text that belong there.
#[derive(Clone, Debug)]
struct TextChange {
    taken: TakenSide,
    ours: Range<usize>,
    theirs: Range<usize>,
}

/// Lines of the base in another text, in which what was at `from` is at `to`. A change that both
/// sides take part in may reach before the beginning of that text; the change before it, which it
/// touches, has the true beginning.
fn shift_lines(lines: &Range<usize>, from: usize, to: usize) -> Range<usize> {
    let there = |at: usize| (at + to).saturating_sub(from);
    there(lines.start)..there(lines.end)
}

fn lay_side_by_side(
    by_us: &[LineEdit],
    by_them: &[LineEdit],
    ours: &NumberedText<'_>,
    theirs: &NumberedText<'_>,
) -> Vec<TextChange> {
    let mut changes = TextChanges::default();
    let (mut us, mut them) = (by_us.iter().peekable(), by_them.iter().peekable());
    while let (Some(one), Some(two)) = (us.peek(), them.peek()) {
        if one.old.end < two.old.start {
            changes.push(
                TakenSide::Ours,
                one.new.clone(),
                shift_lines(&one.old, two.old.start, two.new.start),
            );
            us.next();
            continue;
        }
        if two.old.end < one.old.start {
            changes.push(
                TakenSide::Theirs,
                shift_lines(&two.old, one.old.start, one.new.start),
                two.new.clone(),
            );
            them.next();
            continue;
        }
        if !is_same_change(one, two, ours, theirs) {
            let start = one.old.start.min(two.old.start);
            let end = one.old.end.max(two.old.end);
            let widen = |edit: &LineEdit| {
                edit.new.start.saturating_sub(edit.old.start - start)..edit.new.end + (end - edit.old.end)
            };
            changes.push(TakenSide::Conflict, widen(one), widen(two));
        }
        let (end_of_one, end_of_two) = (one.old.end, two.old.end);
        if end_of_one >= end_of_two {
            them.next();
        }
        if end_of_two >= end_of_one {
            us.next();
        }
    }
    for one in us {
        let there = shift_lines(&one.old, base_length(by_them, theirs), theirs.len());
        changes.push(TakenSide::Ours, one.new.clone(), there);
    }
    for two in them {
        let there = shift_lines(&two.old, base_length(by_us, ours), ours.len());
        changes.push(TakenSide::Theirs, there, two.new.clone());
    }
    changes.0
}

fn base_length(edits: &[LineEdit], text: &NumberedText<'_>) -> usize {
    let grown: usize = edits.iter().map(|edit| edit.new.len()).sum();
    let shrunk: usize = edits.iter().map(|edit| edit.old.len()).sum();
    (text.len() + shrunk).saturating_sub(grown)
}

fn is_same_change(
    one: &LineEdit,
    two: &LineEdit,
    ours: &NumberedText<'_>,
    theirs: &NumberedText<'_>,
) -> bool {
    one.old == two.old && ours.numbers[one.new.clone()] == theirs.numbers[two.new.clone()]
}

#[derive(Default)]
struct TextChanges(Vec<TextChange>);

impl TextChanges {
    /// Changes that touch become one; two of different sides that touch are a conflict.
    fn push(&mut self, taken: TakenSide, ours: Range<usize>, theirs: Range<usize>) {
        match self.0.last_mut() {
            Some(last) if ours.start <= last.ours.end || theirs.start <= last.theirs.end => {
                last.taken = if last.taken == taken { taken } else { TakenSide::Conflict };
                last.ours.end = ours.end;
                last.theirs.end = theirs.end;
            }
            _ => self.0.push(TextChange { taken, ours, theirs }),
        }
    }
}

/// Splits each conflict into the parts in which the two sides differ. Does it depend on the version
/// of git?
fn refine_conflicts(
    changes: &mut Vec<TextChange>,
    ours: &NumberedText<'_>,
    theirs: &NumberedText<'_>,
    git: Git,
) -> Result<bool, DiffRefusal> {
    let mut refined = Vec::with_capacity(changes.len());
    let mut depends_on_version = false;
    for change in changes.drain(..) {
        let one_sided = change.ours.is_empty() || change.theirs.is_empty();
        if change.taken != TakenSide::Conflict || one_sided {
            refined.push(change);
            continue;
        }
        let (old, new) = (&ours.numbers[change.ours.clone()], &theirs.numbers[change.theirs.clone()]);
        let parts = edits_of_part(old, new, git)?;
        depends_on_version |= parts.depend_on_version;
        if parts.all.is_empty() {
            refined.push(TextChange { taken: TakenSide::Both, ..change });
            continue;
        }
        let within = |part: Range<usize>, start: usize| part.start + start..part.end + start;
        refined.extend(parts.all.into_iter().map(|part| TextChange {
            taken: TakenSide::Conflict,
            ours: within(part.old, change.ours.start),
            theirs: within(part.new, change.theirs.start),
        }));
    }
    *changes = refined;
    Ok(depends_on_version)
}

/// Conflicts with hardly a line between them as one.
fn join_conflicts(changes: Vec<TextChange>) -> Vec<TextChange> {
    let mut simple: Vec<TextChange> = Vec::with_capacity(changes.len());
    for change in changes {
        match simple.last_mut() {
            Some(last)
                if last.taken == TakenSide::Conflict
                    && change.taken == TakenSide::Conflict
                    && change.ours.start <= last.ours.end + LINES_BETWEEN =>
            {
                (last.ours.end, last.theirs.end) = (change.ours.end, change.theirs.end);
            }
            _ => simple.push(change),
        }
    }
    simple
}

fn write_merged(changes: &[TextChange], ours: &NumberedText<'_>, theirs: &NumberedText<'_>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(ours.bytes.len() + theirs.bytes.len() / 8);
    let mut at = 0;
    for change in changes.iter().filter(|change| change.taken != TakenSide::Both) {
        ours.write(at..change.ours.start, &mut bytes);
        if change.taken != TakenSide::Theirs {
            ours.write(change.ours.clone(), &mut bytes);
        }
        if change.taken == TakenSide::Conflict && bytes.last().is_some_and(|last| *last != b'\n') {
            bytes.push(b'\n');
        }
        if change.taken != TakenSide::Ours {
            theirs.write(change.theirs.clone(), &mut bytes);
        }
        at = change.ours.end;
    }
    ours.write(at..ours.len(), &mut bytes);
    bytes
}

impl TextTriple<'_> {
    fn write_marked(&self, changes: &[TextChange], marks: ConflictMarks<'_>) -> Vec<u8> {
        let (ours, theirs) = (&self.ours, &self.theirs);
        let mut bytes = Vec::with_capacity(ours.bytes.len() + theirs.bytes.len() / 8);
        let mut at = 0;
        for change in changes.iter().filter(|change| change.taken != TakenSide::Both) {
            ours.write(at..change.ours.start, &mut bytes);
            match change.taken {
                TakenSide::Theirs => theirs.write(change.theirs.clone(), &mut bytes),
                TakenSide::Conflict => self.write_conflict(change, marks, &mut bytes),
                TakenSide::Ours | TakenSide::Both => ours.write(change.ours.clone(), &mut bytes),
            }
            at = change.ours.end;
        }
        ours.write(at..ours.len(), &mut bytes);
        bytes
    }

    fn write_conflict(&self, change: &TextChange, marks: ConflictMarks<'_>, bytes: &mut Vec<u8>) {
        let end: &[u8] = if self.ends_in_carriage_return(change) { b"\r\n" } else { b"\n" };
        let mark = |bytes: &mut Vec<u8>, sign: u8, label: &str| {
            bytes.resize(bytes.len() + marks.width, sign);
            if !label.is_empty() {
                bytes.push(b' ');
                bytes.extend_from_slice(label.as_bytes());
            }
            bytes.extend_from_slice(end);
        };
        let side = |bytes: &mut Vec<u8>, text: &NumberedText<'_>, range: &Range<usize>| {
            text.write(range.clone(), bytes);
            if !range.is_empty() && bytes.last() != Some(&b'\n') {
                bytes.extend_from_slice(end);
            }
        };
        mark(bytes, b'<', marks.labels[0]);
        side(bytes, &self.ours, &change.ours);
        mark(bytes, b'=', "");
        side(bytes, &self.theirs, &change.theirs);
        mark(bytes, b'>', marks.labels[1]);
    }

    /// Does the first line of the base end in carriage return and line feed, and neither side's
    /// line before the conflict in a line feed alone?
    fn ends_in_carriage_return(&self, change: &TextChange) -> bool {
        let before = |text: &NumberedText<'_>, at: usize| text.has_carriage_return(at.saturating_sub(1));
        let sides = [before(&self.ours, change.ours.start), before(&self.theirs, change.theirs.start)];
        !sides.contains(&Some(false)) && self.base.has_carriage_return(0) == Some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn merged(base: &str, ours: &str, theirs: &str) -> (String, usize) {
        let split = |text: &str| text.chars().map(|c| format!("{c}\n")).collect::<String>();
        let merged = both(split(base).as_bytes(), split(ours).as_bytes(), split(theirs).as_bytes());
        (String::from_utf8(merged.bytes).unwrap().replace('\n', ""), merged.conflicts)
    }

    /// What all versions of git make of it, or the older ones.
    fn both(base: &[u8], ours: &[u8], theirs: &[u8]) -> MergedText {
        merge(base, ours, theirs, None).unwrap().older
    }

    fn clean(text: &str) -> (String, usize) {
        (text.to_string(), 0)
    }

    #[test]
    fn changes_apart_are_both_taken() {
        assert_eq!(merged("abcde", "Abcde", "abcdE"), clean("AbcdE"));
        assert_eq!(merged("abcde", "abcdE", "Abcde"), clean("AbcdE"));
        assert_eq!(merged("abcde", "bcde", "abxcde"), clean("bxcde"));
        assert_eq!(merged("abcde", "abcde", "abde"), clean("abde"));
    }

    #[test]
    fn equal_changes_are_taken_once() {
        assert_eq!(merged("abc", "aXc", "aXc"), clean("aXc"));
        assert_eq!(merged("abcdefg", "aXcdefg", "aXcdefG"), clean("aXcdefG"));
    }

    #[test]
    fn changes_that_touch_are_a_conflict() {
        assert_eq!(merged("ab", "Ab", "aB"), ("AbaB".to_string(), 1));
        assert_eq!(merged("abc", "a1c", "a2c"), ("a12c".to_string(), 1));
        assert_eq!(merged("abc", "ac", "aXc"), ("aXc".to_string(), 1));
    }

    #[test]
    fn a_conflict_shrinks_to_what_differs() {
        assert_eq!(merged("abc", "aXY1c", "aXY2c"), ("aXY12c".to_string(), 1));
        assert_eq!(merged("", "xy", "xy"), clean("xy"));
    }

    #[test]
    fn a_last_line_without_an_end_stays_one_line() {
        let merged = both(b"a", b"b", b"c");
        assert_eq!((merged.bytes.as_slice(), merged.conflicts), (b"b\nc".as_slice(), 1));
    }

    proptest! {
        /// Lines have the same numbers and places, whether they were searched for or not.
        #[test]
        fn a_text_is_read_the_same_beside_any_other(base in "[abc\n]{0,40}", edit in "[abc\n]{0,6}", at in 0_usize..40, cut in 0_usize..8) {
            let mut other = base.clone();
            let at = at.min(other.len());
            other.replace_range(at..(at + cut).min(base.len()), &edit);
            let mut numbers = LineNumbers::for_bytes(0);
            let like = NumberedText::read(&mut numbers, base.as_bytes());
            let beside = NumberedText::beside(&mut numbers, other.as_bytes(), &like, &like.places());
            let alone = NumberedText::read(&mut numbers, other.as_bytes());
            prop_assert_eq!((beside.starts, beside.numbers), (alone.starts, alone.numbers));
        }

        #[test]
        fn one_side_alone_is_taken_whole(base in "[abc\n]{0,30}", new in "[abc\n]{0,30}") {
            let (base, new) = (base.as_bytes(), new.as_bytes());
            let whole = MergedText { bytes: new.to_vec(), conflicts: 0 };
            prop_assert_eq!(both(base, new, base), whole);
            let whole = MergedText { bytes: new.to_vec(), conflicts: 0 };
            prop_assert_eq!(both(base, base, new), whole);
            let whole = MergedText { bytes: new.to_vec(), conflicts: 0 };
            prop_assert_eq!(both(base, new, new), whole);
        }

        /// Whether there is a conflict does not depend on which side is ours.
        #[test]
        fn sides_are_equal(base in "[abcd]{0,20}", ours in "[abcd]{0,20}", theirs in "[abcd]{0,20}") {
            let (one, other) = (merged(&base, &ours, &theirs), merged(&base, &theirs, &ours));
            if one.1 == 0 && other.1 == 0 {
                prop_assert_eq!(one, other);
            }
        }
    }
}

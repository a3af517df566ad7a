//! Merging the contents of a file that both sides changed.
//!
//! The changes of each side against the base are laid side by side. Changes that neither overlap nor touch are taken,
//! equal changes are taken once, and the rest is a conflict, which then shrinks to the lines in which the two sides
//! differ (git-merge-file(1); level "zealous" of git's merge). Where a conflict stays, both sides stand in the
//! result one after the other, ours first: what a person made of it shows as lines beside these.

use super::super::line_numbers::{LineNumbers, lines};
use super::lines::{Edit, edits};
use super::starts::common_start;
use std::ops::Range;

/// git takes a file with a NUL byte among this many first bytes for binary, and does not merge it.
const BINARY_PROBE: usize = 8000;

/// A merged content.
#[derive(Debug, PartialEq, Eq)]
pub struct MergedText {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// How many places need a person.
    pub conflicts: usize,
}

/// Is this content that git merges line by line?
pub fn is_text(content: &[u8]) -> bool {
    !content[..content.len().min(BINARY_PROBE)].contains(&0)
}

/// Merges; `None` when it would take too long.
pub fn merge(base: &[u8], ours: &[u8], theirs: &[u8]) -> Option<MergedText> {
    let mut numbers = LineNumbers::for_bytes(base.len());
    let base = Text::read(&mut numbers, base);
    let places = base.places();
    let [ours, theirs] = [ours, theirs].map(|text| Text::beside(&mut numbers, text, &base, &places));
    let (by_us, by_them) = (edits(&base.numbers, &ours.numbers)?, edits(&base.numbers, &theirs.numbers)?);
    let mut changes = lay_side_by_side(&by_us, &by_them, &ours, &theirs);
    refine(&mut changes, &ours, &theirs)?;
    let conflicts = changes.iter().filter(|change| change.taken == Taken::Conflict).count();
    Some(MergedText { bytes: write(&changes, &ours, &theirs), conflicts })
}

/// A text as numbers, one for each different line, and where the lines are.
struct Text<'t> {
    bytes: &'t [u8],
    /// Where each line begins, and where the last one ends.
    starts: Vec<usize>,
    numbers: Vec<u32>,
}

/// For a line that a text does not have, or has several times.
const NOWHERE: usize = usize::MAX;

impl<'t> Text<'t> {
    fn read(numbers: &mut LineNumbers<'t>, bytes: &'t [u8]) -> Self {
        let mut text = Text::with_room(bytes, bytes.len() / 32);
        lines(bytes).for_each(|line| text.push(line, numbers.of(line)));
        text
    }

    fn with_room(bytes: &'t [u8], lines: usize) -> Self {
        let mut starts = Vec::with_capacity(lines + 1);
        starts.push(0);
        Text { bytes, starts, numbers: Vec::with_capacity(lines) }
    }

    /// The same, beside a text that is probably like it: where both have the same lines for a while, they need not be
    /// searched for. `places` are those of that text.
    fn beside(numbers: &mut LineNumbers<'t>, bytes: &'t [u8], like: &Text<'t>, places: &[usize]) -> Self {
        let mut text = Text::with_room(bytes, like.len() + 16);
        let mut at = 0;
        loop {
            at = text.take_equal(like, at);
            let Some(line) = lines(text.rest()).next() else { return text };
            let number = numbers.of(line);
            text.push(line, number);
            match places.get(number as usize) {
                Some(&NOWHERE) if like.numbers.get(at + 1) == Some(&number) => at += 2,
                Some(&NOWHERE) | None => {}
                Some(place) => at = place + 1,
            }
        }
    }

    /// Takes over whole lines that this text has next and the other from this place on; the place after them.
    fn take_equal(&mut self, like: &Text<'t>, at: usize) -> usize {
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

    fn write(&self, range: Range<usize>, out: &mut Vec<u8>) {
        let bytes = self
            .starts
            .get(range.start..=range.end)
            .and_then(|starts| Some(*starts.first()?..*starts.last()?));
        out.extend_from_slice(&self.bytes[bytes.unwrap_or_default()]);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    Ours,
    Theirs,
    /// Both made the same change.
    Both,
    Conflict,
}

/// Lines of our text that a change covers, and lines of their text that belong there.
#[derive(Clone, Debug)]
struct Change {
    taken: Taken,
    ours: Range<usize>,
    theirs: Range<usize>,
}

/// Lines of the base in another text, in which what stood at `from` stands at `to`. A change that both sides take part
/// in may reach before the beginning of that text; the change before it, which it touches, has the true beginning.
fn shift(lines: &Range<usize>, from: usize, to: usize) -> Range<usize> {
    let there = |at: usize| (at + to).saturating_sub(from);
    there(lines.start)..there(lines.end)
}

fn lay_side_by_side(by_us: &[Edit], by_them: &[Edit], ours: &Text<'_>, theirs: &Text<'_>) -> Vec<Change> {
    let mut changes = Changes::default();
    let (mut us, mut them) = (by_us.iter().peekable(), by_them.iter().peekable());
    while let (Some(one), Some(two)) = (us.peek(), them.peek()) {
        if one.old.end < two.old.start {
            changes.push(Taken::Ours, one.new.clone(), shift(&one.old, two.old.start, two.new.start));
            us.next();
            continue;
        }
        if two.old.end < one.old.start {
            changes.push(Taken::Theirs, shift(&two.old, one.old.start, one.new.start), two.new.clone());
            them.next();
            continue;
        }
        if !is_same_change(one, two, ours, theirs) {
            let start = one.old.start.min(two.old.start);
            let end = one.old.end.max(two.old.end);
            let widen = |edit: &Edit| {
                edit.new.start.saturating_sub(edit.old.start - start)..edit.new.end + (end - edit.old.end)
            };
            changes.push(Taken::Conflict, widen(one), widen(two));
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
        let there = shift(&one.old, base_length(by_them, theirs), theirs.len());
        changes.push(Taken::Ours, one.new.clone(), there);
    }
    for two in them {
        let there = shift(&two.old, base_length(by_us, ours), ours.len());
        changes.push(Taken::Theirs, there, two.new.clone());
    }
    changes.0
}

fn base_length(edits: &[Edit], text: &Text<'_>) -> usize {
    let grown: usize = edits.iter().map(|edit| edit.new.len()).sum();
    let shrunk: usize = edits.iter().map(|edit| edit.old.len()).sum();
    (text.len() + shrunk).saturating_sub(grown)
}

fn is_same_change(one: &Edit, two: &Edit, ours: &Text<'_>, theirs: &Text<'_>) -> bool {
    one.old == two.old && ours.numbers[one.new.clone()] == theirs.numbers[two.new.clone()]
}

#[derive(Default)]
struct Changes(Vec<Change>);

impl Changes {
    /// Changes that touch become one; two of different sides that touch are a conflict.
    fn push(&mut self, taken: Taken, ours: Range<usize>, theirs: Range<usize>) {
        match self.0.last_mut() {
            Some(last) if ours.start <= last.ours.end || theirs.start <= last.theirs.end => {
                last.taken = if last.taken == taken { taken } else { Taken::Conflict };
                last.ours.end = ours.end;
                last.theirs.end = theirs.end;
            }
            _ => self.0.push(Change { taken, ours, theirs }),
        }
    }
}

/// Splits each conflict into the parts in which the two sides differ.
fn refine(changes: &mut Vec<Change>, ours: &Text<'_>, theirs: &Text<'_>) -> Option<()> {
    let mut refined = Vec::with_capacity(changes.len());
    for change in changes.drain(..) {
        let one_sided = change.ours.is_empty() || change.theirs.is_empty();
        if change.taken != Taken::Conflict || one_sided {
            refined.push(change);
            continue;
        }
        let parts = edits(&ours.numbers[change.ours.clone()], &theirs.numbers[change.theirs.clone()])?;
        if parts.is_empty() {
            refined.push(Change { taken: Taken::Both, ..change });
            continue;
        }
        let within = |part: Range<usize>, start: usize| part.start + start..part.end + start;
        refined.extend(parts.into_iter().map(|part| Change {
            taken: Taken::Conflict,
            ours: within(part.old, change.ours.start),
            theirs: within(part.new, change.theirs.start),
        }));
    }
    *changes = refined;
    Some(())
}

fn write(changes: &[Change], ours: &Text<'_>, theirs: &Text<'_>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(ours.bytes.len() + theirs.bytes.len() / 8);
    let mut at = 0;
    for change in changes.iter().filter(|change| change.taken != Taken::Both) {
        ours.write(at..change.ours.start, &mut bytes);
        if change.taken != Taken::Theirs {
            ours.write(change.ours.clone(), &mut bytes);
        }
        if change.taken == Taken::Conflict && bytes.last().is_some_and(|last| *last != b'\n') {
            bytes.push(b'\n');
        }
        if change.taken != Taken::Ours {
            theirs.write(change.theirs.clone(), &mut bytes);
        }
        at = change.ours.end;
    }
    ours.write(at..ours.len(), &mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn merged(base: &str, ours: &str, theirs: &str) -> (String, usize) {
        let split = |text: &str| text.chars().map(|c| format!("{c}\n")).collect::<String>();
        let merged = merge(split(base).as_bytes(), split(ours).as_bytes(), split(theirs).as_bytes()).unwrap();
        (String::from_utf8(merged.bytes).unwrap().replace('\n', ""), merged.conflicts)
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
        let merged = merge(b"a", b"b", b"c").unwrap();
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
            let like = Text::read(&mut numbers, base.as_bytes());
            let beside = Text::beside(&mut numbers, other.as_bytes(), &like, &like.places());
            let alone = Text::read(&mut numbers, other.as_bytes());
            prop_assert_eq!((beside.starts, beside.numbers), (alone.starts, alone.numbers));
        }

        #[test]
        fn one_side_alone_is_taken_whole(base in "[abc\n]{0,30}", new in "[abc\n]{0,30}") {
            let (base, new) = (base.as_bytes(), new.as_bytes());
            let whole = MergedText { bytes: new.to_vec(), conflicts: 0 };
            prop_assert_eq!(merge(base, new, base).unwrap(), whole);
            let whole = MergedText { bytes: new.to_vec(), conflicts: 0 };
            prop_assert_eq!(merge(base, base, new).unwrap(), whole);
            let whole = MergedText { bytes: new.to_vec(), conflicts: 0 };
            prop_assert_eq!(merge(base, new, new).unwrap(), whole);
        }

        /// Whether there is a conflict does not hang on which side is ours.
        #[test]
        fn sides_are_equal(base in "[abcd]{0,20}", ours in "[abcd]{0,20}", theirs in "[abcd]{0,20}") {
            let (one, other) = (merged(&base, &ours, &theirs), merged(&base, &theirs, &ours));
            if one.1 == 0 && other.1 == 0 {
                prop_assert_eq!(one, other);
            }
        }
    }
}

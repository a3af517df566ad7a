//! Merging the contents of a file that both sides changed.
//!
//! The changes of each side against the base are laid side by side. Changes that neither overlap nor touch are taken,
//! equal changes are taken once, and the rest is a conflict, which then shrinks to the lines in which the two sides
//! differ (git-merge-file(1); level "zealous" of git's merge). Where a conflict stays, both sides stand in the
//! result one after the other, ours first: what a person made of it shows as lines beside these.

use super::super::line_numbers::{LineNumbers, lines};
use super::lines::{Edit, edits};
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
    let mut numbers = LineNumbers::for_bytes(base.len() + ours.len() + theirs.len());
    let [base, ours, theirs] = [base, ours, theirs].map(|text| Text::read(&mut numbers, text));
    let (by_us, by_them) = (edits(&base.numbers, &ours.numbers)?, edits(&base.numbers, &theirs.numbers)?);
    let mut changes = lay_side_by_side(&by_us, &by_them, &ours, &theirs);
    refine(&mut changes, &ours, &theirs)?;
    let conflicts = changes.iter().filter(|change| change.taken == Taken::Conflict).count();
    Some(MergedText { bytes: write(&changes, &ours, &theirs), conflicts })
}

/// A text as numbers, one for each different line, and where the lines are.
struct Text<'t> {
    numbers: Vec<u32>,
    lines: Vec<&'t [u8]>,
}

impl<'t> Text<'t> {
    fn read(numbers: &mut LineNumbers<'t>, text: &'t [u8]) -> Self {
        let lines: Vec<&[u8]> = lines(text).collect();
        Text { numbers: lines.iter().map(|line| numbers.of(line)).collect(), lines }
    }

    fn write(&self, range: Range<usize>, out: &mut Vec<u8>) {
        self.lines.get(range).unwrap_or_default().iter().for_each(|line| out.extend_from_slice(line));
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
        let there = shift(&one.old, base_length(by_them, theirs), theirs.lines.len());
        changes.push(Taken::Ours, one.new.clone(), there);
    }
    for two in them {
        let there = shift(&two.old, base_length(by_us, ours), ours.lines.len());
        changes.push(Taken::Theirs, there, two.new.clone());
    }
    changes.0
}

fn base_length(edits: &[Edit], text: &Text<'_>) -> usize {
    let grown: usize = edits.iter().map(|edit| edit.new.len()).sum();
    let shrunk: usize = edits.iter().map(|edit| edit.old.len()).sum();
    (text.lines.len() + shrunk).saturating_sub(grown)
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
    let mut bytes = Vec::new();
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
    ours.write(at..ours.lines.len(), &mut bytes);
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

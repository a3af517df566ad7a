//! Which lines of a text changed.
//!
//! Equal lines at the beginning and at the end are set aside; between them `similar` looks for a
//! short edit script. Its answer need not be the shortest, and above [`LINE_LIMIT`] it is not asked
//! at all: then every line between beginning and end counts as changed. Too many lines can only
//! make more of them searched, never fewer.

use crate::line_numbers::{self, LineNumbers};
use similar::Algorithm;
use similar::algorithms::{DiffHook, diff_slices};
use std::convert::Infallible;
use std::ops::Range;

/// More lines than this, of both sides together and without equal beginning and end, are not
/// compared.
const LINE_LIMIT: usize = 400_000;

/// A run of lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// Where they are in the text, line ends included.
    pub bytes: Range<usize>,
    /// The number of the first, counted from 1.
    pub line: u64,
    /// How many.
    pub lines: u64,
}

/// The changed lines of both sides, each in the order of its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineDiff {
    /// Of the old text.
    pub old: Vec<Hunk>,
    /// Of the new text.
    pub new: Vec<Hunk>,
}

/// A whole text as one hunk; none for the empty text.
pub fn whole_text(text: &[u8]) -> Vec<Hunk> {
    let lines = count_lines(text);
    if lines == 0 { Vec::new() } else { vec![Hunk { bytes: 0..text.len(), line: 1, lines }] }
}

/// Compares two texts. A line is what ends in a line feed, and what follows the last one.
pub fn diff_lines(old: &[u8], new: &[u8]) -> LineDiff {
    let start = common_start(old, new);
    let end = common_end(&old[start..], &new[start..]);
    let skipped = count_lines(&old[..start]);
    let old_lines = line_ranges(old, start..old.len() - end);
    let new_lines = line_ranges(new, start..new.len() - end);
    let script = edit_script(old, new, &old_lines, &new_lines);
    LineDiff {
        old: hunks_of_runs(&old_lines, &script.removed, skipped),
        new: hunks_of_runs(&new_lines, &script.inserted, skipped),
    }
}

/// How many lines a text has.
pub fn count_lines(text: &[u8]) -> u64 {
    let ends = text.iter().filter(|b| **b == b'\n').count() as u64;
    ends + u64::from(text.last().is_some_and(|b| *b != b'\n'))
}

/// The length of what both begin with, up to the end of a line.
fn common_start(old: &[u8], new: &[u8]) -> usize {
    const STEP: usize = 256;
    let equal = old.chunks(STEP).zip(new.chunks(STEP)).take_while(|(old, new)| old == new);
    let sure: usize = equal.map(|(chunk, _)| chunk.len()).sum();
    let more = old[sure..].iter().zip(&new[sure..]).take_while(|(old, new)| old == new).count();
    let length = sure + more;
    if length == old.len() && length == new.len() {
        return length;
    }
    old[..length].iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1)
}

/// The length of what both end with, from the beginning of a line.
fn common_end(old: &[u8], new: &[u8]) -> usize {
    const STEP: usize = 256;
    let equal = old.rchunks(STEP).zip(new.rchunks(STEP)).take_while(|(old, new)| old == new);
    let sure: usize = equal.map(|(chunk, _)| chunk.len()).sum();
    let (old_rest, new_rest) = (&old[..old.len() - sure], &new[..new.len() - sure]);
    let more = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(old, new)| old == new).count();
    let length = sure + more;
    let tail = &old[old.len() - length..];
    tail.iter().position(|b| *b == b'\n').map_or(0, |at| tail.len() - at - 1)
}

fn line_ranges(text: &[u8], within: Range<usize>) -> Vec<Range<usize>> {
    let mut at = within.start;
    line_numbers::text_lines(&text[within])
        .map(|line| {
            at += line.len();
            at - line.len()..at
        })
        .collect()
}

/// Runs of changed lines, as indices into the compared lines.
#[derive(Default)]
struct Script {
    removed: Vec<Range<usize>>,
    inserted: Vec<Range<usize>>,
}

fn edit_script(old: &[u8], new: &[u8], old_lines: &[Range<usize>], new_lines: &[Range<usize>]) -> Script {
    let mut script = Script::default();
    let one_sided = old_lines.is_empty() || new_lines.is_empty();
    if one_sided || old_lines.len() + new_lines.len() > LINE_LIMIT {
        extend_runs(&mut script.removed, 0..old_lines.len());
        extend_runs(&mut script.inserted, 0..new_lines.len());
        return script;
    }
    let bytes = [old_lines, new_lines].map(|lines| lines.iter().map(ExactSizeIterator::len).sum::<usize>());
    let mut numbers = LineNumbers::for_bytes(bytes[0] + bytes[1]);
    let old_numbers: Vec<u32> = old_lines.iter().map(|line| numbers.of(&old[line.clone()])).collect();
    let new_numbers: Vec<u32> = new_lines.iter().map(|line| numbers.of(&new[line.clone()])).collect();
    let Ok(()) = diff_slices(Algorithm::Myers, &mut script, &old_numbers, &new_numbers);
    script
}

impl DiffHook for Script {
    type Error = Infallible;

    fn delete(&mut self, old: usize, length: usize, _new: usize) -> Result<(), Infallible> {
        extend_runs(&mut self.removed, old..old + length);
        Ok(())
    }

    fn insert(&mut self, _old: usize, new: usize, length: usize) -> Result<(), Infallible> {
        extend_runs(&mut self.inserted, new..new + length);
        Ok(())
    }
}

fn extend_runs(runs: &mut Vec<Range<usize>>, more: Range<usize>) {
    match runs.last_mut() {
        _ if more.is_empty() => {}
        Some(last) if last.end == more.start => last.end = more.end,
        _ => runs.push(more),
    }
}

fn hunks_of_runs(lines: &[Range<usize>], runs: &[Range<usize>], skipped: u64) -> Vec<Hunk> {
    let hunk = |run: &Range<usize>| Hunk {
        bytes: lines[run.start].start..lines[run.end - 1].end,
        line: skipped + run.start as u64 + 1,
        lines: run.len() as u64,
    };
    runs.iter().map(hunk).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts<'t>(text: &'t [u8], hunks: &[Hunk]) -> Vec<(u64, &'t str)> {
        hunks.iter().map(|h| (h.line, std::str::from_utf8(&text[h.bytes.clone()]).unwrap())).collect()
    }

    #[test]
    fn changed_lines_have_their_numbers() {
        let (old, new) = (b"a\nb\nc\nd\n", b"a\nB\nc\nd\ne");
        let found = diff_lines(old, new);
        assert_eq!(texts(old, &found.old), [(2, "b\n")]);
        assert_eq!(texts(new, &found.new), [(2, "B\n"), (5, "e")]);
    }

    #[test]
    fn a_line_end_is_part_of_its_line() {
        let found = diff_lines(b"a\nb", b"a\nb\n");
        assert_eq!((found.old[0].line, found.new[0].line), (2, 2));
        assert_eq!(diff_lines(b"a\r\n", b"a\n").new.len(), 1);
        assert_eq!(diff_lines(b"a\nb\n", b"a\nb\n"), LineDiff::default());
    }

    #[test]
    fn too_many_lines_all_count() {
        let old = "x\n".repeat(LINE_LIMIT);
        let new = format!("first\n{old}last\n");
        let found = diff_lines(old.as_bytes(), new.as_bytes());
        assert_eq!(found.new.iter().map(|hunk| hunk.lines).sum::<u64>(), LINE_LIMIT as u64 + 2);
    }

    proptest! {
        /// Taking the removed lines out of the old text and the added ones out of the new leaves
        /// the same text.
        #[test]
        fn what_is_not_changed_is_equal(
            old in proptest::collection::vec("[abc]{0,2}\n", 0..60),
            new in proptest::collection::vec("[abc]{0,2}\n", 0..60),
            cut in any::<bool>(),
        ) {
            let (old, mut new) = (old.concat(), new.concat());
            if cut { new.pop(); }
            let found = diff_lines(old.as_bytes(), new.as_bytes());
            prop_assert_eq!(rest(old.as_bytes(), &found.old), rest(new.as_bytes(), &found.new));
            for (text, hunks) in [(&old, &found.old), (&new, &found.new)] {
                for hunk in hunks {
                    prop_assert_eq!(count_lines(&text.as_bytes()[..hunk.bytes.start]) + 1, hunk.line);
                    prop_assert_eq!(count_lines(&text.as_bytes()[hunk.bytes.clone()]), hunk.lines);
                }
            }
        }
    }

    fn rest(text: &[u8], hunks: &[Hunk]) -> Vec<u8> {
        let mut at = 0;
        let mut rest = Vec::new();
        for hunk in hunks {
            rest.extend_from_slice(&text[at..hunk.bytes.start]);
            at = hunk.bytes.end;
        }
        rest.extend_from_slice(&text[at..]);
        rest
    }
}

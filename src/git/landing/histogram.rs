//! Which lines of two texts differ, found as git's merges find them.
//!
//! git merges contents with the *histogram* algorithm: of all runs of lines that both texts have,
//! the run whose rarest line is rarest in the old text becomes the anchor, and what lies before and
//! after it is compared in the same way. Where every common line is frequent,
//! [`crate::landing::myers`] decides. Groups of changed lines that could be in
//! several places then slide: as far down as they go, or to the last place where they meet a group
//! of the other text. Merges depend on such choices, so they are made here as git makes them.
//!
//! Since version 2.54 git compares the lines of two groups anew that came to be side by side by
//! sliding. Both ways are git's.

use crate::landing::myers;
use std::collections::BTreeMap;
use std::ops::Range;

/// A line that occurs more often than this in the old text is no anchor.
const FREQUENT: u32 = 64;

/// When more different lines than this share a place of its table, git does not compare, and
/// refuses the merge.
const CROWD: usize = 64;

/// More steps than this are not spent on one comparison.
const STEP_LIMIT: usize = 100_000_000;

/// A change: these old lines became these new ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineEdit {
    /// Lines of the old text.
    pub old: Range<usize>,
    /// Lines of the new text.
    pub new: Range<usize>,
}

/// The git whose comparison is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Git {
    /// Up to version 2.53.
    Older,
    /// Since version 2.54.
    Newer,
}

/// Why there is no comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiffRefusal {
    /// It would take too long.
    TooLong,
    /// git itself refuses: too many lines share a place of its table.
    Crowded,
}

/// The changes from one text to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edits {
    /// In order.
    pub all: Vec<LineEdit>,
    /// May older and newer versions of git find other ones?
    pub depend_on_version: bool,
}

/// The changes from one text to another. Lines are numbered in the order in which the old text has
/// them first.
pub fn line_edits(old: &[u32], new: &[u32], git: Git) -> Result<Edits, DiffRefusal> {
    let mut marks = ChangedLineMarks { old: vec![false; old.len()], new: vec![false; new.len()] };
    let mut histogram = Histogram::of(old, new);
    let mut waiting = vec![(0..old.len(), 0..new.len())];
    while let Some((a, b)) = waiting.pop() {
        if a.is_empty() || b.is_empty() {
            marks.set(a, b);
            continue;
        }
        match histogram.anchor(&a, &b)? {
            Anchor::Run { old, new } => {
                waiting.push((old.end..a.end, new.end..b.end));
                waiting.push((a.start..old.start, b.start..new.start));
            }
            Anchor::Nothing => marks.set(a, b),
            Anchor::AllFrequent => {
                let (old_marks, new_marks) = (&mut marks.old[a.clone()], &mut marks.new[b.clone()]);
                myers::mark(&old[a], &new[b], old_marks, new_marks).ok_or(DiffRefusal::TooLong)?;
            }
        }
    }
    let both = [
        SlidingSide { lines: old, marks: &mut marks.old },
        SlidingSide { lines: new, marks: &mut marks.new },
    ];
    let depend_on_version = slide_both(both, git)?;
    Ok(Edits { all: marks.edits(), depend_on_version })
}

/// The same for lines that are numbered in any other way.
pub fn edits_of_part(old: &[u32], new: &[u32], git: Git) -> Result<Edits, DiffRefusal> {
    let mut numbers = BTreeMap::new();
    let mut numbered = |line: &u32| {
        let next = numbers.len() as u32;
        *numbers.entry(*line).or_insert(next)
    };
    let old: Vec<u32> = old.iter().map(&mut numbered).collect();
    let new: Vec<u32> = new.iter().map(&mut numbered).collect();
    line_edits(&old, &new, git)
}

/// Which lines are changed.
struct ChangedLineMarks {
    old: Vec<bool>,
    new: Vec<bool>,
}

impl ChangedLineMarks {
    fn set(&mut self, old: Range<usize>, new: Range<usize>) {
        self.old[old].fill(true);
        self.new[new].fill(true);
    }

    fn edits(&self) -> Vec<LineEdit> {
        let mut edits = Vec::new();
        let (mut a, mut b) = (0, 0);
        while a < self.old.len() || b < self.new.len() {
            let (start_a, start_b) = (a, b);
            a += run_length(&self.old[a..]);
            b += run_length(&self.new[b..]);
            if (start_a, start_b) != (a, b) {
                edits.push(LineEdit { old: start_a..a, new: start_b..b });
            }
            a += 1;
            b += 1;
        }
        edits
    }
}

fn run_length(marks: &[bool]) -> usize {
    marks.iter().take_while(|mark| **mark).count()
}

enum Anchor {
    Run { old: Range<usize>, new: Range<usize> },
    Nothing,
    AllFrequent,
}

/// Where each line occurs in the part of the old text that is looked at.
struct Histogram<'t> {
    old: &'t [u32],
    new: &'t [u32],
    /// By line.
    places: Vec<Occurrences>,
    /// The next place of the same line, by place.
    next: Vec<u32>,
    steps: usize,
}

const NONE: u32 = u32::MAX;

/// Where a line occurs first, and how often.
#[derive(Clone, Copy)]
struct Occurrences {
    first: u32,
    count: u32,
}

const NOWHERE: Occurrences = Occurrences { first: NONE, count: 0 };

impl<'t> Histogram<'t> {
    fn of(old: &'t [u32], new: &'t [u32]) -> Self {
        let lines = old.iter().chain(new).max().map_or(0, |line| *line as usize + 1);
        Histogram { old, new, places: vec![NOWHERE; lines], next: vec![NONE; old.len()], steps: 0 }
    }

    fn anchor(&mut self, a: &Range<usize>, b: &Range<usize>) -> Result<Anchor, DiffRefusal> {
        self.steps += a.len() + b.len();
        self.scan(a);
        if self.is_crowded(a) {
            return Err(DiffRefusal::Crowded);
        }
        let mut best = Best { old: 0..0, new: 0..0, rarest: FREQUENT + 1, any_common: false };
        let mut at = b.start;
        while at < b.end && self.steps <= STEP_LIMIT {
            at = self.runs_at(at, a, b, &mut best);
        }
        for place in a.clone() {
            self.places[self.old[place] as usize] = NOWHERE;
        }
        if self.steps <= STEP_LIMIT { Ok(best.into_anchor()) } else { Err(DiffRefusal::TooLong) }
    }

    /// git keeps the lines of this part in a table, each at a place that its number gives. The
    /// table is at least as large as the part; only numbers far apart share a place, so it is
    /// seldom worth a look.
    fn is_crowded(&self, a: &Range<usize>) -> bool {
        let digits = a.len().next_power_of_two().trailing_zeros().max(1);
        if self.places.len() <= CROWD << digits {
            return false;
        }
        let size = 1 << digits;
        let mut shares = vec![0_usize; size];
        for place in a.clone() {
            let line = self.old[place] as usize;
            if self.places[line].first as usize == place {
                shares[(line + (line >> digits)) & (size - 1)] += 1;
            }
        }
        shares.into_iter().any(|share| share > CROWD)
    }

    fn scan(&mut self, a: &Range<usize>) {
        for place in a.clone().rev() {
            let places = &mut self.places[self.old[place] as usize];
            self.next[place] = places.first;
            *places = Occurrences { first: place as u32, count: places.count + 1 };
        }
    }

    /// Tries every common run through the new line at `at`; where to look next.
    fn runs_at(&mut self, at: usize, a: &Range<usize>, b: &Range<usize>, best: &mut Best) -> usize {
        let Occurrences { first, count } = self.places[self.new[at] as usize];
        let mut after = at + 1;
        best.any_common |= count > 0;
        if count == 0 || count > best.rarest {
            return after;
        }
        let mut place = first;
        while place != NONE {
            let (old, new, rarest) = self.run_through(place as usize, at, a, b);
            after = after.max(new.end);
            self.steps += old.len();
            place = self.next[place as usize];
            while place != NONE && (place as usize) < old.end {
                place = self.next[place as usize];
                self.steps += 1;
            }
            best.offer(old, new, rarest);
        }
        after
    }

    /// The longest common run through a pair of equal lines, and how often its rarest line occurs.
    fn run_through(
        &self,
        place: usize,
        at: usize,
        a: &Range<usize>,
        b: &Range<usize>,
    ) -> (Range<usize>, Range<usize>, u32) {
        let before = self.old[a.start..place].iter().rev().zip(self.new[b.start..at].iter().rev());
        let back = before.take_while(|(old, new)| old == new).count();
        let behind = self.old[place..a.end].iter().zip(&self.new[at..b.end]);
        let ahead = behind.take_while(|(old, new)| old == new).count();
        let old = place - back..place + ahead;
        let counts = self.old[old.clone()].iter().map(|line| self.places[*line as usize].count);
        (old, at - back..at + ahead, counts.min().unwrap_or(NONE))
    }
}

struct Best {
    old: Range<usize>,
    new: Range<usize>,
    rarest: u32,
    any_common: bool,
}

impl Best {
    /// Longer wins, and so does rarer. A first run of a single line must be rarer than the limit.
    fn offer(&mut self, old: Range<usize>, new: Range<usize>, rarest: u32) {
        if self.old.len().max(1) < old.len() || rarest < self.rarest {
            (self.old, self.new, self.rarest) = (old, new, rarest);
        }
    }

    fn into_anchor(self) -> Anchor {
        if self.any_common && self.rarest > FREQUENT {
            Anchor::AllFrequent
        } else if self.old.is_empty() {
            Anchor::Nothing
        } else {
            Anchor::Run { old: self.old, new: self.new }
        }
    }
}

/// A run of changed lines, maybe empty; between two of them is one line that is not changed.
#[derive(Clone, Copy)]
struct ChangeGroup {
    start: usize,
    end: usize,
}

impl ChangeGroup {
    fn first(marks: &[bool]) -> Self {
        ChangeGroup { start: 0, end: run_length(marks) }
    }

    fn next(&mut self, marks: &[bool]) -> bool {
        if self.end == marks.len() {
            return false;
        }
        self.start = self.end + 1;
        self.end = self.start + run_length(&marks[self.start..]);
        true
    }

    fn previous(&mut self, marks: &[bool]) {
        self.end = self.start.saturating_sub(1);
        self.start = start_of_run(marks, self.end);
    }

    fn slide_up(&mut self, lines: &[u32], marks: &mut [bool]) -> bool {
        let movable = self.start > 0 && lines[self.start - 1] == lines[self.end - 1];
        if movable {
            marks[self.start - 1] = true;
            marks[self.end - 1] = false;
            self.end -= 1;
            self.start = start_of_run(marks, self.start - 1);
        }
        movable
    }

    fn slide_down(&mut self, lines: &[u32], marks: &mut [bool]) -> bool {
        let movable = self.end < lines.len() && lines[self.start] == lines[self.end];
        if movable {
            marks[self.start] = false;
            marks[self.end] = true;
            self.start += 1;
            self.end += run_length(&marks[self.end..]);
        }
        movable
    }

    fn is_empty(self) -> bool {
        self.start == self.end
    }
}

fn start_of_run(marks: &[bool], end: usize) -> usize {
    end - marks[..end].iter().rev().take_while(|mark| **mark).count()
}

/// One of two texts.
struct SlidingSide<'t> {
    lines: &'t [u32],
    marks: &'t mut [bool],
}

/// Moves the groups of both texts to their places. Does it depend on the version of git where they
/// come to stand?
fn slide_both([old, new]: [SlidingSide<'_>; 2], git: Git) -> Result<bool, DiffRefusal> {
    let mut sliding = Sliding { this: old, other: new, git, depends_on_version: false };
    sliding.all()?;
    std::mem::swap(&mut sliding.this, &mut sliding.other);
    sliding.all()?;
    Ok(sliding.depends_on_version)
}

/// Groups of one text slide, and those of the other go along.
struct Sliding<'t> {
    this: SlidingSide<'t>,
    other: SlidingSide<'t>,
    git: Git,
    depends_on_version: bool,
}

impl Sliding<'_> {
    fn all(&mut self) -> Result<(), DiffRefusal> {
        let (mut group, mut partner) =
            (ChangeGroup::first(self.this.marks), ChangeGroup::first(self.other.marks));
        loop {
            if !group.is_empty() {
                let before = group;
                self.slide(&mut group, &mut partner);
                let has_moved = (before.start, before.end) != (group.start, group.end);
                if has_moved && !partner.is_empty() {
                    self.compare_anew(group, partner)?;
                }
            }
            if !group.next(self.this.marks) || !partner.next(self.other.marks) {
                return Ok(());
            }
        }
    }

    fn slide(&mut self, group: &mut ChangeGroup, partner: &mut ChangeGroup) {
        let (lines, marks, other) = (self.this.lines, &mut *self.this.marks, &*self.other.marks);
        let (mut highest_end, mut meets);
        loop {
            let size = group.end - group.start;
            while group.slide_up(lines, marks) {
                partner.previous(other);
            }
            highest_end = group.end;
            meets = !partner.is_empty();
            while group.slide_down(lines, marks) {
                partner.next(other);
                meets |= !partner.is_empty();
            }
            if group.end - group.start == size {
                break;
            }
        }
        if group.end != highest_end && meets {
            while partner.is_empty() && group.slide_up(lines, marks) {
                partner.previous(other);
            }
        }
    }

    /// Two groups that are side by side since one of them moved may have lines in common.
    fn compare_anew(&mut self, group: ChangeGroup, partner: ChangeGroup) -> Result<(), DiffRefusal> {
        self.depends_on_version = true;
        if self.git == Git::Older {
            return Ok(());
        }
        let (these, others) = (group.start..group.end, partner.start..partner.end);
        let (marks, other_marks) =
            (&mut self.this.marks[these.clone()], &mut self.other.marks[others.clone()]);
        marks.fill(false);
        other_marks.fill(false);
        myers::mark(&self.this.lines[these], &self.other.lines[others], marks, other_marks)
            .ok_or(DiffRefusal::TooLong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn numbers(text: &str) -> Vec<u32> {
        text.bytes().map(u32::from).collect()
    }

    fn found(old: &str, new: &str) -> Vec<(Range<usize>, Range<usize>)> {
        edits_of_part(&numbers(old), &numbers(new), Git::Older)
            .unwrap()
            .all
            .into_iter()
            .map(|edit| (edit.old, edit.new))
            .collect()
    }

    #[test]
    fn the_rarest_run_is_the_anchor() {
        assert_eq!(found("abc", "abc"), []);
        assert_eq!(found("abc", "abxc"), [(2..2, 2..3)]);
        assert_eq!(found("", "x"), [(0..0, 0..1)]);
        // A shortest script would keep the braces; the rare line `u` holds instead.
        assert_eq!(found("{}{}u", "u{}{}"), [(0..4, 0..0), (5..5, 1..5)]);
    }

    #[test]
    fn a_group_slides_down() {
        assert_eq!(found("a}b", "a}a}b"), [(2..2, 2..4)]);
    }

    #[test]
    fn frequent_lines_are_compared_all_the_same() {
        let old = "x".repeat(200);
        let new = format!("{}y{}", "x".repeat(90), "x".repeat(110));
        assert_eq!(found(&old, &new).len(), 1);
    }

    proptest! {
        #[test]
        fn what_is_not_changed_is_equal(old in "[abc{]{0,40}", new in "[abc{]{0,40}") {
            let mut left = (numbers(&old), numbers(&new));
            for (a, b) in found(&old, &new).into_iter().rev() {
                left.0.drain(a);
                left.1.drain(b);
            }
            prop_assert_eq!(left.0, left.1);
        }
    }
}

//! The shortest edit script, found as git finds it where every common line is frequent.
//!
//! This is the linear-space algorithm of Myers ("An O(ND) Difference Algorithm and its Variations",
//! 1986) with the short cuts of git's xdiff, which decide what is found: equal lines at both ends
//! are set aside; lines that the other text does not have are changed from the start, and so are
//! frequent lines in the midst of such lines; a search that becomes expensive ends at a promising
//! place, and one that becomes too expensive at the farthest. So a script need not be the shortest,
//! and for a merge to be git's it has to be the one that git finds.

use std::collections::BTreeMap;
use std::ops::Range;

/// A line that the other text has as often as this is frequent, however long that text is.
const FREQUENT_AT_MOST: u32 = 1024;

/// So far around a frequent line it is looked what its neighbours are.
const NEIGHBOURS: usize = 100;

/// A frequent line is changed where fewer than one in so many of its neighbours are frequent.
const FEW: usize = 4;

/// From this cost on a search may end at a promising place.
const PATIENCE: i32 = 256;

/// No search is given up at a lower cost than this.
const LEAST_LIMIT: i32 = 256;

/// So many equal lines in a row make a place promising.
const SNAKE: i32 = 20;

/// How much farther than its cost a promising place lies.
const PROMISE: i32 = 4;

/// More steps than this are not spent on one comparison.
const STEP_LIMIT: u64 = 1_000_000_000;

/// Farther than any line.
const BEYOND: i32 = i32::MAX;

/// Marks the lines of two texts that differ, in marks that are all false; `None` when it would take
/// too long.
pub fn mark(old: &[u32], new: &[u32], old_marks: &mut [bool], new_marks: &mut [bool]) -> Option<()> {
    let start = old.iter().zip(new).take_while(|(one, other)| one == other).count();
    let ends = old[start..].iter().rev().zip(new[start..].iter().rev());
    let end = ends.take_while(|(one, other)| one == other).count();
    let old_kept = ComparedLines::of(old, new, start..old.len() - end, old_marks);
    let new_kept = ComparedLines::of(new, old, start..new.len() - end, new_marks);
    let mut search = MyersSearch::between(&old_kept.lines, &new_kept.lines)?;
    search.all(|side, changed| {
        let (kept, marks) = match side {
            EditedSide::Old => (&old_kept, &mut *old_marks),
            EditedSide::New => (&new_kept, &mut *new_marks),
        };
        kept.places[changed].iter().for_each(|place| marks[*place] = true);
    })
}

/// Twice the square root of a number, roughly: as many binary digits as half of its own need.
fn rough_root(mut number: usize) -> u32 {
    let mut root = 1;
    while number > 0 {
        root <<= 1;
        number >>= 2;
    }
    root
}

/// Lines that are compared, and where they stand.
struct ComparedLines {
    lines: Vec<u32>,
    places: Vec<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Likely {
    /// The other text does not have it.
    Changed,
    Compared,
    /// The other text has it often.
    Frequent,
}

impl ComparedLines {
    /// Of the lines of one text within some bounds; marks those that are not compared at all.
    fn of(text: &[u32], other: &[u32], within: Range<usize>, marks: &mut [bool]) -> Self {
        let frequent = rough_root(text.len()).min(FREQUENT_AT_MOST);
        let counts = count_lines_in(other);
        let likely = |line: &u32| match counts.get(line).copied().unwrap_or_default() {
            0 => Likely::Changed,
            count if count >= frequent => Likely::Frequent,
            _ => Likely::Compared,
        };
        let all: Vec<Likely> = text[within.clone()].iter().map(likely).collect();
        let mut kept = ComparedLines { lines: Vec::new(), places: Vec::new() };
        for (at, one) in all.iter().enumerate() {
            let place = within.start + at;
            if *one == Likely::Changed || *one == Likely::Frequent && is_amid_changed(&all, at) {
                marks[place] = true;
            } else {
                kept.lines.push(text[place]);
                kept.places.push(place);
            }
        }
        kept
    }
}

fn count_lines_in(text: &[u32]) -> BTreeMap<u32, u32> {
    let mut counts = BTreeMap::new();
    text.iter().for_each(|line| *counts.entry(*line).or_default() += 1);
    counts
}

/// Do changed lines are on both sides of a frequent one, and many more of them than of frequent
/// ones?
fn is_amid_changed(all: &[Likely], at: usize) -> bool {
    let before = all[at.saturating_sub(NEIGHBOURS)..at].iter().rev();
    let behind = all[at + 1..all.len().min(at + 1 + NEIGHBOURS)].iter();
    let (before, behind) = (count_neighbours(before), count_neighbours(behind));
    let changed = before.0 + behind.0;
    let frequent = before.1 + behind.1;
    before.0 > 0 && behind.0 > 0 && frequent * FEW < frequent + changed
}

/// How many up to the next line that is compared are changed, and how many frequent, with the line
/// between counted on each side.
fn count_neighbours<'l>(lines: impl Iterator<Item = &'l Likely>) -> (usize, usize) {
    let mut found = (0, 1);
    for one in lines.take_while(|one| **one != Likely::Compared) {
        *(if *one == Likely::Changed { &mut found.0 } else { &mut found.1 }) += 1;
    }
    found
}

#[derive(Clone, Copy)]
enum EditedSide {
    Old,
    New,
}

/// A part of both texts.
#[derive(Clone, Copy)]
struct EditArea {
    old: (i32, i32),
    new: (i32, i32),
    /// Is nothing but the shortest script good enough?
    shortest: bool,
}

impl EditArea {
    /// The diagonal of its first and of its last corner.
    fn corners(self) -> (i32, i32) {
        (self.old.0 - self.new.0, self.old.1 - self.new.1)
    }

    fn split_at(self, split: Split) -> [Self; 2] {
        let Split { old, new, shortest: (below, above) } = split;
        let low = EditArea { old: (self.old.0, old), new: (self.new.0, new), shortest: below };
        [low, EditArea { old: (old, self.old.1), new: (new, self.new.1), shortest: above }]
    }
}

/// Where an area falls into two, and whether the shortest script is wanted before and behind.
struct Split {
    old: i32,
    new: i32,
    shortest: (bool, bool),
}

/// How far each diagonal got, by number from its least.
struct FurthestReach {
    by_diagonal: Vec<i32>,
    offset: i32,
}

impl FurthestReach {
    fn on(&self, diagonal: i32) -> i32 {
        self.by_diagonal[(diagonal + self.offset) as usize]
    }

    fn set(&mut self, diagonal: i32, to: i32) {
        self.by_diagonal[(diagonal + self.offset) as usize] = to;
    }
}

/// The diagonals that are looked at.
#[derive(Clone, Copy)]
struct DiagonalRange {
    low: i32,
    high: i32,
}

impl DiagonalRange {
    fn at(diagonal: i32) -> Self {
        DiagonalRange { low: diagonal, high: diagonal }
    }

    /// One more at each end, or one less where the area ends. What lies outside is out of the
    /// question.
    fn widen(&mut self, reach: &mut FurthestReach, (least, most): (i32, i32), outside: i32) {
        if self.low > least {
            self.low -= 1;
            reach.set(self.low - 1, outside);
        } else {
            self.low += 1;
        }
        if self.high < most {
            self.high += 1;
            reach.set(self.high + 1, outside);
        } else {
            self.high -= 1;
        }
    }

    fn holds(self, diagonal: i32) -> bool {
        (self.low..=self.high).contains(&diagonal)
    }

    /// Every other diagonal, the highest first.
    fn diagonals(self) -> impl Iterator<Item = i32> {
        (self.low..=self.high).rev().step_by(2)
    }
}

/// Both searches in an area, one from each end.
#[derive(Clone, Copy)]
struct Meeting {
    ahead: DiagonalRange,
    back: DiagonalRange,
    /// Do they meet in a step ahead (or in a step back)?
    meets_ahead: bool,
}

struct MyersSearch<'t> {
    old: &'t [u32],
    new: &'t [u32],
    ahead: FurthestReach,
    back: FurthestReach,
    cost_limit: i32,
    steps: u64,
}

impl<'t> MyersSearch<'t> {
    /// `None` where there are more lines than can be counted.
    fn between(old: &'t [u32], new: &'t [u32]) -> Option<Self> {
        let diagonals = old.len() + new.len() + 3;
        let limit = i32::try_from(diagonals * 4).is_ok().then(|| rough_root(diagonals) as i32)?;
        let reach = || FurthestReach { by_diagonal: vec![0; diagonals], offset: new.len() as i32 + 1 };
        Some(MyersSearch {
            old,
            new,
            ahead: reach(),
            back: reach(),
            cost_limit: limit.max(LEAST_LIMIT),
            steps: 0,
        })
    }

    /// Tells `changed` each run of changed lines; `None` when it would take too long.
    fn all(&mut self, mut changed: impl FnMut(EditedSide, Range<usize>)) -> Option<()> {
        let whole = |lines: &[u32]| (0, lines.len() as i32);
        let mut areas = vec![EditArea { old: whole(self.old), new: whole(self.new), shortest: false }];
        while let Some(area) = areas.pop() {
            let area = self.without_equal_ends(area);
            if area.old.0 == area.old.1 {
                changed(EditedSide::New, area.new.0 as usize..area.new.1 as usize);
            } else if area.new.0 == area.new.1 {
                changed(EditedSide::Old, area.old.0 as usize..area.old.1 as usize);
            } else {
                areas.extend(area.split_at(self.split(area)?));
            }
        }
        Some(())
    }

    fn same(&self, old: i32, new: i32) -> bool {
        self.old[old as usize] == self.new[new as usize]
    }

    fn without_equal_ends(&self, area: EditArea) -> EditArea {
        let EditArea { mut old, mut new, shortest } = area;
        while old.0 < old.1 && new.0 < new.1 && self.same(old.0, new.0) {
            (old.0, new.0) = (old.0 + 1, new.0 + 1);
        }
        while old.0 < old.1 && new.0 < new.1 && self.same(old.1 - 1, new.1 - 1) {
            (old.1, new.1) = (old.1 - 1, new.1 - 1);
        }
        EditArea { old, new, shortest }
    }

    /// Searches from both ends until the searches meet, or until it is not worth it any more.
    fn split(&mut self, area: EditArea) -> Option<Split> {
        let (first, last) = area.corners();
        let bounds = (area.old.0 - area.new.1, area.old.1 - area.new.0);
        let meets_ahead = (first - last) % 2 != 0;
        let mut at = Meeting { ahead: DiagonalRange::at(first), back: DiagonalRange::at(last), meets_ahead };
        self.ahead.set(first, area.old.0);
        self.back.set(last, area.old.1);
        for cost in 1.. {
            at.ahead.widen(&mut self.ahead, bounds, -1);
            let (met, snake) = self.step_ahead(area, at);
            if met.is_some() {
                return met;
            }
            at.back.widen(&mut self.back, bounds, BEYOND);
            let (met, other_snake) = self.step_back(area, at);
            if met.is_some() {
                return met;
            }
            if self.steps > STEP_LIMIT {
                return None;
            }
            if area.shortest {
                continue;
            }
            if (snake || other_snake) && cost > PATIENCE {
                let promising = self.promising_ahead(area, at.ahead, cost);
                if let Some(split) = promising.or_else(|| self.promising_back(area, at.back, cost)) {
                    return Some(split);
                }
            }
            if cost >= self.cost_limit {
                return Some(self.farthest(area, at));
            }
        }
        None
    }

    /// One step from the beginning: where it met the other search, and whether it found many equal
    /// lines in a row.
    fn step_ahead(&mut self, area: EditArea, at: Meeting) -> (Option<Split>, bool) {
        let mut snake = false;
        for diagonal in at.ahead.diagonals() {
            let (below, above) = (self.ahead.on(diagonal - 1), self.ahead.on(diagonal + 1));
            let from = if below >= above { below + 1 } else { above };
            let mut old = from;
            while old < area.old.1 && old - diagonal < area.new.1 && self.same(old, old - diagonal) {
                old += 1;
            }
            self.steps += 1 + u64::from(old.abs_diff(from));
            snake |= old - from > SNAKE;
            self.ahead.set(diagonal, old);
            if at.meets_ahead && at.back.holds(diagonal) && self.back.on(diagonal) <= old {
                return (Some(Split { old, new: old - diagonal, shortest: (true, true) }), snake);
            }
        }
        (None, snake)
    }

    /// The same from the end.
    fn step_back(&mut self, area: EditArea, at: Meeting) -> (Option<Split>, bool) {
        let mut snake = false;
        for diagonal in at.back.diagonals() {
            let (below, above) = (self.back.on(diagonal - 1), self.back.on(diagonal + 1));
            let from = if below < above { below } else { above - 1 };
            let mut old = from;
            while old > area.old.0 && old - diagonal > area.new.0 && self.same(old - 1, old - diagonal - 1) {
                old -= 1;
            }
            self.steps += 1 + u64::from(old.abs_diff(from));
            snake |= from - old > SNAKE;
            self.back.set(diagonal, old);
            if !at.meets_ahead && at.ahead.holds(diagonal) && old <= self.ahead.on(diagonal) {
                return (Some(Split { old, new: old - diagonal, shortest: (true, true) }), snake);
            }
        }
        (None, snake)
    }

    /// The end of a long run of equal lines that lies much farther than it cost to get there.
    fn promising_ahead(&self, area: EditArea, span: DiagonalRange, cost: i32) -> Option<Split> {
        let (first, _) = area.corners();
        let mut best = (0, None);
        for diagonal in span.diagonals() {
            let old = self.ahead.on(diagonal);
            let new = old - diagonal;
            let way = (old - area.old.0) + (new - area.new.0) - (diagonal - first).abs();
            let is_inside = area.old.0 + SNAKE <= old
                && old < area.old.1
                && area.new.0 + SNAKE <= new
                && new < area.new.1;
            let is_far = i64::from(way) > i64::from(PROMISE) * i64::from(cost) && way > best.0;
            if is_far && is_inside && (1..=SNAKE).all(|back| self.same(old - back, new - back)) {
                best = (way, Some(Split { old, new, shortest: (true, false) }));
            }
        }
        best.1
    }

    /// The same from the end.
    fn promising_back(&self, area: EditArea, span: DiagonalRange, cost: i32) -> Option<Split> {
        let (_, last) = area.corners();
        let mut best = (0, None);
        for diagonal in span.diagonals() {
            let old = self.back.on(diagonal);
            let new = old.saturating_sub(diagonal);
            let is_inside = area.old.0 < old
                && old <= area.old.1 - SNAKE
                && area.new.0 < new
                && new <= area.new.1 - SNAKE;
            if !is_inside {
                continue;
            }
            let way = (area.old.1 - old) + (area.new.1 - new) - (diagonal - last).abs();
            let is_far = i64::from(way) > i64::from(PROMISE) * i64::from(cost) && way > best.0;
            if is_far && (0..SNAKE).all(|ahead| self.same(old + ahead, new + ahead)) {
                best = (way, Some(Split { old, new, shortest: (false, true) }));
            }
        }
        best.1
    }

    /// The place that a search got farthest to, of both searches the farther one.
    fn farthest(&self, area: EditArea, at: Meeting) -> Split {
        let mut ahead = (-1, -1);
        for diagonal in at.ahead.diagonals() {
            let old = self.ahead.on(diagonal).min(area.old.1);
            let old = if old - diagonal > area.new.1 { area.new.1 + diagonal } else { old };
            if ahead.0 < 2 * old - diagonal {
                ahead = (2 * old - diagonal, old);
            }
        }
        let mut back = (BEYOND, BEYOND);
        for diagonal in at.back.diagonals() {
            let old = self.back.on(diagonal).max(area.old.0);
            let old = if old - diagonal < area.new.0 { area.new.0 + diagonal } else { old };
            if 2 * old - diagonal < back.0 {
                back = (2 * old - diagonal, old);
            }
        }
        let from_start = i64::from(ahead.0) - i64::from(area.old.0 + area.new.0);
        let from_end = i64::from(area.old.1 + area.new.1) - i64::from(back.0);
        if from_end < from_start {
            Split { old: ahead.1, new: ahead.0 - ahead.1, shortest: (true, false) }
        } else {
            Split { old: back.1, new: back.0 - back.1, shortest: (false, true) }
        }
    }
}

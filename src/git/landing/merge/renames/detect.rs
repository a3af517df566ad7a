//! Which of the files that a side deleted are among those that it added (`diffcore-rename.c`, as
//! merges use it): equal files first, then files of one name, then whatever has most in common.

use crate::landing::merge::renames::directory_counts::DestinationCounts;
use crate::landing::merge::renames::merge_info::{Relevance, SideChanges};
use crate::landing::merge::renames::parent_of;
use crate::rename::file_name;
use crate::similarity::{Fingerprint, HALF, NAMESAKE, Similarity};
use crate::tree::Mode;
use crate::tree_diff::Item;
use git2::{ObjectType, Oid};
use portcullis_model::fact::{Gap, GapReason};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// With more pairs than this git itself looks only for equal files and for files of one name
/// (`merge.renameLimit`, git-config(1)).
const PAIR_LIMIT: usize = 7_000 * 7_000;

/// No more steps than this are spent on comparing.
const STEP_LIMIT: usize = 400_000_000;

/// Of so many equal files that are left, the best is taken.
const EQUALS_LIMIT: usize = 100;

/// So many origins are kept in mind for each file.
const CANDIDATES: usize = 4;

/// Which files of a side moved.
#[derive(Debug, Default)]
pub struct DetectedRenames {
    /// From where to where.
    pub renames: Vec<(Vec<u8>, Vec<u8>)>,
    /// What is new and nowhere from.
    pub added: Vec<Vec<u8>>,
    /// Where directories went.
    pub counts: DestinationCounts,
}

impl DetectedRenames {
    /// Where something is that was not there before.
    pub fn arrivals(&self) -> impl Iterator<Item = &[u8]> {
        let renamed = self.renames.iter().map(|(_, to)| to.as_slice());
        renamed.chain(self.added.iter().map(Vec::as_slice))
    }
}

/// Searches a side, unless nothing of it has to be found again.
pub fn detect(similarity: &Similarity<'_, '_>, side: &mut SideChanges) -> Result<DetectedRenames, Gap> {
    let mut search = RenameDetector::of(similarity, side)?;
    if !search.side.relevant.is_empty() && !search.targets.is_empty() && !search.sources.is_empty() {
        search.equal();
        search.counts_of_equal();
        search.namesakes()?;
        search.forget_irrelevant();
        search.similar()?;
        search.counts.retain_known(search.side.removed);
    }
    Ok(search.detected())
}

/// A file that was deleted or added.
#[derive(Clone, Copy)]
struct RenameEnd<'s> {
    path: &'s [u8],
    item: Item,
    /// The other end of the move.
    partner: Option<usize>,
}

struct RenameDetector<'s, 'o, 'r> {
    similarity: &'s Similarity<'o, 'r>,
    side: SideRef<'s>,
    sources: Vec<RenameEnd<'s>>,
    /// Those that still count, in their order.
    left: Vec<usize>,
    targets: Vec<RenameEnd<'s>>,
    /// Additions that are no targets.
    empty: Vec<&'s [u8]>,
    counts: DestinationCounts,
    steps: usize,
}

/// A side, of which only the needs of directories change.
struct SideRef<'s> {
    relevant: &'s BTreeMap<Vec<u8>, Relevance>,
    removed: &'s mut crate::landing::merge::renames::directory_counts::RemovedDirectories,
}

impl<'s, 'o, 'r> RenameDetector<'s, 'o, 'r> {
    /// Empty files never move in a merge.
    fn of(similarity: &'s Similarity<'o, 'r>, side: &'s mut SideChanges) -> Result<Self, Gap> {
        let nothing = crate::object::object_id_of(ObjectType::Blob, b"")?;
        let (mut sources, mut targets, mut empty) = (Vec::new(), Vec::new(), Vec::new());
        for change in &side.changes {
            let file = RenameEnd { path: &change.path, item: change.item, partner: None };
            match (change.is_added, change.item.1 == nothing) {
                (true, false) => targets.push(file),
                (true, true) => empty.push(file.path),
                (false, false) => sources.push(file),
                (false, true) => {}
            }
        }
        let side = SideRef { relevant: &side.relevant, removed: &mut side.removed };
        let (left, counts) = ((0..sources.len()).collect(), DestinationCounts::default());
        Ok(RenameDetector { similarity, side, sources, left, targets, empty, counts, steps: 0 })
    }

    fn join(&mut self, source: usize, target: usize) {
        self.sources[source].partner = Some(target);
        self.targets[target].partner = Some(source);
    }

    fn join_and_count(&mut self, source: usize, target: usize) {
        self.join(source, target);
        self.counts.moved(self.side.removed, self.sources[source].path, self.targets[target].path);
    }

    /// Of several that are equal one of the same name, otherwise the first.
    fn equal(&mut self) {
        let mut free: BTreeMap<(Oid, Mode), BTreeSet<usize>> = BTreeMap::new();
        for (place, source) in self.sources.iter().enumerate() {
            free.entry(rename_key(source.item)).or_default().insert(place);
        }
        for target in 0..self.targets.len() {
            let Some(places) = free.get_mut(&rename_key(self.targets[target].item)) else { continue };
            let name = file_name(self.targets[target].path);
            let mut first = places.iter().take(EQUALS_LIMIT);
            let namesake = first.find(|place| file_name(self.sources[**place].path) == name);
            if let Some(source) = namesake.or(places.first()).copied() {
                places.remove(&source);
                self.join(source, target);
            }
        }
    }

    fn counts_of_equal(&mut self) {
        for target in 0..self.targets.len() {
            if let Some(source) = self.targets[target].partner {
                self.counts.moved(self.side.removed, self.sources[source].path, self.targets[target].path);
            }
        }
        self.left.retain(|place| self.sources[*place].partner.is_none());
    }

    /// Files of one name, if no other file has it, or where their directory seems to have gone.
    fn namesakes(&mut self) -> Result<(), Gap> {
        let guesses = self.counts.guesses();
        let sources = by_name(self.left.iter().map(|place| (*place, self.sources[*place].path)));
        let free = |(_, target): &(usize, &RenameEnd<'s>)| target.partner.is_none();
        let targets = by_name(self.targets.iter().enumerate().filter(free).map(|(at, one)| (at, one.path)));
        let by_path: BTreeMap<&[u8], usize> =
            self.targets.iter().enumerate().filter(free).map(|(at, target)| (target.path, at)).collect();
        for source in self.left.clone() {
            let path = self.sources[source].path;
            let Some(named) = targets.get(file_name(path)) else { continue };
            if !self.side.relevant.contains_key(path) {
                continue;
            }
            let is_only = sources.get(file_name(path)).is_some_and(Option::is_some);
            let target = named.filter(|_| is_only).or_else(|| {
                let directory = guesses.get(parent_of(path))?;
                by_path.get([directory, b"/".as_slice(), file_name(path)].concat().as_slice()).copied()
            });
            let Some(target) = target.filter(|target| self.targets[*target].partner.is_none()) else {
                continue;
            };
            if self.common(source, target, NAMESAKE)? >= NAMESAKE {
                self.join_and_count(source, target);
            }
        }
        Ok(())
    }

    /// What nobody asks for, or what can no longer change where a directory went.
    fn forget_irrelevant(&mut self) {
        let relevant = self.side.relevant;
        let sources = &self.sources;
        self.left
            .retain(|place| sources[*place].partner.is_none() && relevant.contains_key(sources[*place].path));
        for place in &self.left {
            self.counts.may_move(self.side.removed, self.sources[*place].path);
        }
        self.counts.settle(self.side.removed);
        let removed = &self.side.removed;
        self.left.retain(|place| {
            let path = sources[*place].path;
            relevant.get(path) == Some(&Relevance::Content) || is_needed(removed, path)
        });
    }

    /// The most similar first; for each file only so many origins count.
    fn similar(&mut self) -> Result<(), Gap> {
        let free: Vec<usize> =
            (0..self.targets.len()).filter(|target| self.targets[*target].partner.is_none()).collect();
        if self.left.len().saturating_mul(free.len()) > PAIR_LIMIT {
            return Ok(());
        }
        let mut scores = Vec::new();
        for target in free {
            scores.extend(self.best_origins(target)?);
        }
        scores.sort_by_key(|score: &Score| Reverse(score.rank()));
        for Score { common, source, target, .. } in scores {
            let is_free = self.targets[target].partner.is_none() && self.sources[source].partner.is_none();
            if common >= HALF && is_free {
                self.join_and_count(source, target);
            }
        }
        Ok(())
    }

    fn best_origins(&mut self, target: usize) -> Result<Vec<Score>, Gap> {
        let mut best: Vec<Score> = Vec::with_capacity(CANDIDATES);
        for at in 0..self.left.len() {
            let source = self.left[at];
            let is_namesake = file_name(self.sources[source].path) == file_name(self.targets[target].path);
            let score = Score { common: self.common(source, target, HALF)?, is_namesake, source, target };
            if best.len() < CANDIDATES {
                best.push(score);
                continue;
            }
            // The first of the worst makes room.
            if let Some(worst) = best.iter_mut().min_by_key(|one| one.rank())
                && score.rank() > worst.rank()
            {
                *worst = score;
            }
        }
        Ok(best)
    }

    /// How much of the larger of two files is in both; nothing where it cannot be as much as this.
    fn common(&mut self, source: usize, target: usize, least: usize) -> Result<usize, Gap> {
        let (old, new) = (self.sources[source].item, self.targets[target].item);
        if !old.0.is_file() || !new.0.is_file() {
            return Ok(0);
        }
        let (one, other) = (self.similarity.bytes(old.1)?, self.similarity.bytes(new.1)?);
        if !can_have(one, other, least) {
            return Ok(0);
        }
        let (old, new): (Rc<Fingerprint>, Rc<Fingerprint>) =
            (self.similarity.print(old.1)?, self.similarity.print(new.1)?);
        self.steps += old.len() + new.len();
        if self.steps > STEP_LIMIT {
            return Err(too_many());
        }
        Ok(old.common(&new))
    }

    fn detected(self) -> DetectedRenames {
        let (mut renames, mut added) =
            (Vec::new(), self.empty.iter().map(|path| path.to_vec()).collect::<Vec<_>>());
        for target in &self.targets {
            match target.partner {
                Some(source) => renames.push((self.sources[source].path.to_vec(), target.path.to_vec())),
                None => added.push(target.path.to_vec()),
            }
        }
        DetectedRenames { renames, added, counts: self.counts }
    }
}

/// How well a file would do as the origin of another.
#[derive(Clone, Copy)]
struct Score {
    common: usize,
    is_namesake: bool,
    source: usize,
    target: usize,
}

impl Score {
    fn rank(&self) -> (usize, bool) {
        (self.common, self.is_namesake)
    }
}

/// What a file keeps when it moves: its object, and its kind. Files move to files, whether
/// executable or not; links to links; submodules to submodules.
fn rename_key((mode, id): Item) -> (Oid, Mode) {
    (id, if mode.is_file() { Mode(0o100_644) } else { mode })
}

/// Can files of these sizes have so much of the larger one in common?
fn can_have(one: usize, other: usize, least: usize) -> bool {
    let (larger, smaller) = (one.max(other), one.min(other));
    larger.saturating_mul(2 * HALF - least) >= (larger - smaller).saturating_mul(2 * HALF)
}

/// The one place that has a name; none when several have it.
fn by_name<'p>(places: impl Iterator<Item = (usize, &'p [u8])>) -> BTreeMap<&'p [u8], Option<usize>> {
    let mut names = BTreeMap::new();
    for (place, path) in places {
        names.entry(file_name(path)).and_modify(|only| *only = None).or_insert(Some(place));
    }
    names
}

/// Is there a directory above it, without a gap, of which it is not known yet where it went?
fn is_needed(
    removed: &crate::landing::merge::renames::directory_counts::RemovedDirectories,
    path: &[u8],
) -> bool {
    use crate::landing::merge::renames::merge_info::Need;
    let mut directory = parent_of(path);
    loop {
        match removed.get(directory) {
            Some(Need::Itself) => return true,
            Some(Need::Ancestor) if !directory.is_empty() => directory = parent_of(directory),
            _ => return false,
        }
    }
}

fn too_many() -> Gap {
    Gap::new(
        "a recomputed merge",
        GapReason::Truncated,
        "more files may have moved than are compared here",
        "Move files in a request of their own; if it has landed, have it reviewed as it is, and grant waivers for its commit",
    )
}

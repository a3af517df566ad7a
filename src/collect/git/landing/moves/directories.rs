//! Directories that moved with their files (`merge.directoryRenames`, git-config(1)): where one side moved most of a
//! directory and the other side added something to it, git asks a person where that should go.

use super::detect::Detected;
use super::order::as_git_finds_them;
use super::parent;
use super::walk::Need;
use std::collections::{BTreeMap, BTreeSet};

/// How many files went from a directory to others; the others in the order in which they came.
type Places = Vec<(Vec<u8>, usize)>;

/// Where the files of removed directories went.
#[derive(Debug, Default)]
pub struct Counts(BTreeMap<Vec<u8>, Places>);

/// Directories of the base that a side has no more.
pub type Removed = BTreeMap<Vec<u8>, Need>;

/// Where directories went.
type Moved<'c> = BTreeMap<&'c [u8], &'c [u8]>;

/// For a file that may yet be found somewhere.
const UNKNOWN: &[u8] = b"/";

impl Counts {
    /// Counts a file that moved, for its directory, and for those above as long as they are called the same.
    pub fn moved(&mut self, removed: &Removed, from: &[u8], to: &[u8]) {
        let (mut old, mut new) = (from, to);
        let mut is_own = true;
        loop {
            let (old_name, new_name) = (file_name(old), file_name(new));
            (old, new) = (parent(old), parent(new));
            let Some(need) = removed.get(old) else { return };
            if !is_own && old_name != new_name {
                return;
            }
            if is_own || *need == Need::Itself {
                self.count(old, new);
            }
            is_own = false;
            if *need == Need::Nobody || old.is_empty() || new.is_empty() {
                return;
            }
        }
    }

    fn count(&mut self, old: &[u8], new: &[u8]) {
        let places = self.0.entry(old.to_vec()).or_default();
        match places.iter_mut().find(|(place, _)| place == new) {
            Some((_, count)) => *count += 1,
            None => places.push((new.to_vec(), 1)),
        }
    }

    /// Where each directory went, as far as one can say by now.
    pub fn guesses(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let guess = |(from, places): (&Vec<u8>, &Places)| {
            let mut best: Option<(Vec<u8>, usize)> = None;
            for (place, count) in as_git_finds_them(places.clone()) {
                if best.as_ref().is_none_or(|(_, most)| count > *most) {
                    best = Some((place, count));
                }
            }
            Some((from.clone(), best?.0))
        };
        self.0.iter().filter_map(guess).collect()
    }

    /// A file of which nobody knows yet where it went: it may count for each removed directory above it.
    pub fn may_move(&mut self, removed: &Removed, path: &[u8]) {
        let mut directory = parent(path);
        while !directory.is_empty() && removed.get(directory).is_some_and(|need| *need != Need::Nobody) {
            self.count(directory, UNKNOWN);
            directory = parent(directory);
        }
    }

    /// Directories of which the files that may yet be found change nothing.
    pub fn settle(&self, removed: &mut Removed) {
        for (directory, places) in &self.0 {
            let need = removed.get_mut(directory).filter(|need| **need == Need::Itself);
            if let Some(need) = need
                && is_settled(places)
            {
                *need = Need::Ancestor;
            }
        }
    }

    /// Only what matters, and what is known.
    pub fn retain_known(&mut self, removed: &Removed) {
        self.0.retain(|directory, _| removed.get(directory).is_some_and(|need| *need != Need::Nobody));
        self.0.values_mut().for_each(|places| places.retain(|(place, _)| place != UNKNOWN));
    }

    /// The one place where most of it went, for each directory, and the directories that have several.
    fn verdicts(&self) -> (Moved<'_>, Vec<&[u8]>) {
        let (mut moved, mut split) = (BTreeMap::new(), Vec::new());
        for (directory, places) in &self.0 {
            let most = places.iter().map(|(_, count)| *count).max().unwrap_or_default();
            let mut best = places.iter().filter(|(_, count)| *count == most && most > 0);
            match (best.next(), best.next()) {
                (Some((place, _)), None) => {
                    moved.insert(directory.as_slice(), place.as_slice());
                }
                (Some(_), Some(_)) => split.push(directory.as_slice()),
                _ => {}
            }
        }
        (moved, split)
    }
}

fn is_settled(places: &Places) -> bool {
    let unknown = places.iter().find(|(place, _)| place == UNKNOWN).map_or(0, |(_, count)| *count);
    let known = places.iter().filter(|(place, _)| place != UNKNOWN).map(|(_, count)| *count);
    let (mut first, mut second) = (0, 0);
    for count in known {
        if count >= first {
            (first, second) = (count, first);
        } else {
            second = second.max(count);
        }
    }
    first > second + unknown
}

fn file_name(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or(path)
}

/// Where a person has to say what belongs where: directories that went to several places, and paths in directories that the other
/// side moved.
pub fn conflicts(detected: &[Detected; 2]) -> Vec<Vec<u8>> {
    let (mut ours, split) = detected[0].counts.verdicts();
    let (mut theirs, others) = detected[1].counts.verdicts();
    let mut conflicts: Vec<Vec<u8>> = split.into_iter().chain(others).map(<[u8]>::to_vec).collect();
    let by_both: Vec<&[u8]> =
        ours.keys().filter(|directory| theirs.contains_key(*directory)).copied().collect();
    for directory in by_both {
        ours.remove(directory);
        theirs.remove(directory);
    }
    conflicts.extend(strays(&detected[0], &detected[1], &theirs, &ours));
    conflicts.extend(strays(&detected[1], &detected[0], &ours, &theirs));
    conflicts
}

/// Paths of a side in directories that the other side moved, unless it is where the other side's own paths are to go, or the side
/// itself moved the place where the directory went.
fn strays<'d>(
    side: &'d Detected,
    other: &'d Detected,
    moved_by_other: &Moved<'_>,
    moved: &Moved<'_>,
) -> Vec<Vec<u8>> {
    if moved_by_other.is_empty() {
        return Vec::new();
    }
    let target = |path: &&[u8]| {
        let (from, to) = directory_of(path, moved)?;
        let rest = &path[from.len() + usize::from(to.is_empty())..];
        Some([to, rest].concat())
    };
    let targets: BTreeSet<Vec<u8>> = other.arrivals().filter_map(|path| target(&path)).collect();
    let is_stray = |path: &&[u8]| {
        let place = directory_of(path, moved_by_other);
        place.is_some_and(|(_, to)| !moved.contains_key(to)) && !targets.contains(*path)
    };
    side.arrivals().filter(is_stray).map(<[u8]>::to_vec).collect()
}

/// The nearest directory above a path that moved, and where it went.
fn directory_of<'m>(path: &[u8], moved: &Moved<'m>) -> Option<(&'m [u8], &'m [u8])> {
    let mut directory = parent(path);
    while !directory.is_empty() {
        if let Some((from, to)) = moved.get_key_value(directory) {
            return Some((from, to));
        }
        directory = parent(directory);
    }
    None
}

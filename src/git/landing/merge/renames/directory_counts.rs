//! Where the files of removed directories went, counted for each directory.

use crate::landing::merge::renames::hash_order::as_git_finds_them;
use crate::landing::merge::renames::merge_info::Need;
use crate::landing::merge::renames::parent_of;
use std::collections::BTreeMap;

/// How many files went from a directory to others; the others in the order in which they came.
type Destinations = Vec<(Vec<u8>, usize)>;

/// Where the files of removed directories went.
#[derive(Debug, Default)]
pub struct DestinationCounts(BTreeMap<Vec<u8>, Destinations>);

/// Directories of the base that a side has no more.
pub type RemovedDirectories = BTreeMap<Vec<u8>, Need>;

/// Where directories went.
pub type Moved<'c> = BTreeMap<&'c [u8], &'c [u8]>;

/// For a file that may yet be found somewhere.
const UNKNOWN: &[u8] = b"/";

impl DestinationCounts {
    /// Counts a file that moved, for its directory, and for those above as long as they are called
    /// the same.
    pub fn moved(&mut self, removed: &RemovedDirectories, from: &[u8], to: &[u8]) {
        let (mut old, mut new) = (from, to);
        let mut is_own = true;
        loop {
            let (old_name, new_name) = (file_name(old), file_name(new));
            (old, new) = (parent_of(old), parent_of(new));
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
        let guess = |(from, places): (&Vec<u8>, &Destinations)| {
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

    /// A file of which it is not known yet where it went: it may count for each removed directory
    /// above it.
    pub fn may_move(&mut self, removed: &RemovedDirectories, path: &[u8]) {
        let mut directory = parent_of(path);
        while !directory.is_empty() && removed.get(directory).is_some_and(|need| *need != Need::Nobody) {
            self.count(directory, UNKNOWN);
            directory = parent_of(directory);
        }
    }

    /// Directories of which the files that may yet be found change nothing.
    pub fn settle(&self, removed: &mut RemovedDirectories) {
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
    pub fn retain_known(&mut self, removed: &RemovedDirectories) {
        self.0.retain(|directory, _| removed.get(directory).is_some_and(|need| *need != Need::Nobody));
        self.0.values_mut().for_each(|places| places.retain(|(place, _)| place != UNKNOWN));
    }

    /// The one place where most of it went, for each directory, and the directories that have
    /// several.
    pub fn verdicts(&self) -> (Moved<'_>, Vec<&[u8]>) {
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

fn is_settled(places: &Destinations) -> bool {
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

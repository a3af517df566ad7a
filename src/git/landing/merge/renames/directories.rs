//! Directories that moved with their files (`merge.directoryRenames`, git-config(1)): where one
//! side moved most of a directory and the other side added something to it, git asks a person where
//! that should go.

use crate::landing::merge::renames::detect::DetectedRenames;
use crate::landing::merge::renames::directory_counts::Moved;
use crate::landing::merge::renames::parent_of;
use std::collections::BTreeSet;

/// Where a person has to say what belongs where: directories that went to several places, and paths
/// in directories that the other side moved.
pub fn conflicts(detected: &[DetectedRenames; 2]) -> Vec<Vec<u8>> {
    let (mut ours, split) = detected[0].counts.verdicts();
    let (mut theirs, others) = detected[1].counts.verdicts();
    let mut conflicts: Vec<Vec<u8>> = split.into_iter().chain(others).map(<[u8]>::to_vec).collect();
    let by_both: Vec<&[u8]> =
        ours.keys().filter(|directory| theirs.contains_key(*directory)).copied().collect();
    for directory in by_both {
        ours.remove(directory);
        theirs.remove(directory);
    }
    conflicts.extend(stray_paths(&detected[0], &detected[1], &theirs, &ours));
    conflicts.extend(stray_paths(&detected[1], &detected[0], &ours, &theirs));
    conflicts
}

/// Paths of a side in directories that the other side moved, unless it is where the other side's
/// own paths are to go, or the side itself moved the place where the directory went.
fn stray_paths<'d>(
    side: &'d DetectedRenames,
    other: &'d DetectedRenames,
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
    let mut directory = parent_of(path);
    while !directory.is_empty() {
        if let Some((from, to)) = moved.get_key_value(directory) {
            return Some((from, to));
        }
        directory = parent_of(directory);
    }
    None
}

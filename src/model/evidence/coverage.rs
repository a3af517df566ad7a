//! Line coverage as a statement holds it: of the files of the recorded tree, and of no others.
//!
//! A coverage report names files as its tool saw them: absolute paths, home directories, caches of
//! packages. Only names that stand for a file of the tree become paths here; of the rest there is a
//! number. Each file comes with its blob, so that lines of one version are never counted as those
//! of another, on whatever tree they were measured.

use crate::change::ObjectName;
use crate::digest::Digest;
use crate::line_coverage::{CoverageFormat, FileLines};
use crate::lines::Lines;
use crate::path::RepoPath;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What one coverage report says of the files of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedCoverage {
    /// The path of the report.
    pub path: String,
    /// What it is.
    pub format: CoverageFormat,
    /// The digest of its bytes.
    pub digest: Digest,
    /// The files of the tree that it names, sorted by path, each once.
    pub files: Vec<RecordedFile>,
    /// How many of its entries stand for no file of the tree.
    pub elsewhere: u64,
    /// How often it speaks against itself. The sentences would hold names as the report has them.
    pub contradictions: u64,
}

/// One file of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedFile {
    /// Its path.
    pub path: RepoPath,
    /// Its blob in the recorded tree.
    pub blob: ObjectName,
    /// The lines that can be executed.
    pub executable: Lines,
    /// Those that were.
    pub hit: Lines,
    /// What keeps it from saying anything, if something does.
    pub doubt: Option<Doubt>,
}

/// Why an entry says nothing of its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// It is about another version; how that shows, in one sentence.
    OtherVersion(String),
    /// Two entries may be about the file, or one entry about two files.
    SeveralEntries,
}

impl RecordedCoverage {
    /// What types cannot say: each file once and in order, and no line executed that cannot be.
    pub fn is_sound(&self) -> bool {
        let stray = |file: &RecordedFile| !file.hit.without(&file.executable).is_empty();
        self.files.windows(2).all(|pair| pair[0].path < pair[1].path) && !self.files.iter().any(stray)
    }
}

impl RecordedFile {
    /// Its lines, as a report would tell them.
    pub fn lines(&self) -> FileLines {
        FileLines { executable: self.executable.clone(), hit: self.hit.clone() }
    }
}

/// What several reports come to: of each file its blob and lines. A file whose entry is in doubt
/// was not measured.
pub type Measured<'a> = BTreeMap<&'a RepoPath, (&'a ObjectName, FileLines)>;

/// Folds reports of one tree: a line that any of them calls executed was executed.
pub fn fold_reports<'a>(reports: impl IntoIterator<Item = &'a RecordedCoverage>) -> Measured<'a> {
    let mut all = Measured::new();
    let files = reports.into_iter().flat_map(|report| &report.files);
    for file in files.filter(|file| file.doubt.is_none()) {
        let entry = all.entry(&file.path).or_insert_with(|| (&file.blob, FileLines::default()));
        entry.1.add(&file.lines());
    }
    all
}

/// A file whose coverage is not what it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CoverageChange<'a> {
    /// Its path.
    pub path: &'a RepoPath,
    /// How many lines of it can be executed, and how many were; `None` when it was not measured.
    pub before: Option<Share>,
    /// The same of the second run.
    pub after: Option<Share>,
    /// Lines that were executed and no longer are. Only where the file is the same to the byte:
    /// lines of two versions have other numbers.
    pub lost: Lines,
    /// Lines that are executed and were not, likewise.
    pub gained: Lines,
}

/// Lines of one file, counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Share {
    /// Those that can be executed.
    pub executable: u64,
    /// Those that were.
    pub hit: u64,
}

impl Share {
    fn of(lines: &FileLines) -> Self {
        Share { executable: lines.executable.count(), hit: lines.hit.count() }
    }
}

/// The files whose coverage differs, sorted by path.
pub fn coverage_changes<'a>(before: &Measured<'a>, after: &Measured<'a>) -> Vec<CoverageChange<'a>> {
    let paths: BTreeSet<&'a RepoPath> = before.keys().chain(after.keys()).copied().collect();
    paths.into_iter().filter_map(|path| coverage_change(path, before.get(path), after.get(path))).collect()
}

type BlobLines<'a> = (&'a ObjectName, FileLines);

fn coverage_change<'a>(
    path: &'a RepoPath,
    before: Option<&BlobLines<'a>>,
    after: Option<&BlobLines<'a>>,
) -> Option<CoverageChange<'a>> {
    let share = |entry: Option<&BlobLines<'a>>| entry.map(|(_, lines)| Share::of(lines));
    let (lost, gained) = match (before, after) {
        (Some((old, was)), Some((new, is))) if old == new => {
            (was.hit.without(&is.hit), is.hit.without(&was.hit))
        }
        _ => Default::default(),
    };
    let change = CoverageChange { path, before: share(before), after: share(after), lost, gained };
    let same = change.before == change.after && change.lost.is_empty() && change.gained.is_empty();
    (!same).then_some(change)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, blob: char, executable: &[(u32, u32)], hit: &[(u32, u32)]) -> RecordedFile {
        RecordedFile {
            path: path.into(),
            blob: ObjectName::try_from(blob.to_string().repeat(40)).unwrap(),
            executable: Lines::of(executable.iter().copied()),
            hit: Lines::of(hit.iter().copied()),
            doubt: None,
        }
    }

    fn report(files: Vec<RecordedFile>) -> RecordedCoverage {
        let (format, digest) = (CoverageFormat::Lcov, Digest::of(b""));
        RecordedCoverage { path: "x".into(), format, digest, files, elsewhere: 0, contradictions: 0 }
    }

    #[test]
    fn each_file_stands_once_and_executes_only_what_it_can() {
        let (a, b) = (file("a", '1', &[(1, 9)], &[(1, 3)]), file("b", '1', &[], &[]));
        assert!(report(vec![a.clone(), b.clone()]).is_sound());
        assert!(!report(vec![b, a.clone()]).is_sound());
        assert!(!report(vec![a.clone(), a]).is_sound());
        assert!(!report(vec![file("a", '1', &[(1, 2)], &[(3, 3)])]).is_sound());
    }

    #[test]
    fn what_a_file_gained_and_lost_is_told_of_one_version_only() {
        let old = report(vec![file("a", '1', &[(1, 9)], &[(1, 3)]), file("same", '1', &[(1, 1)], &[])]);
        let new = report(vec![
            file("a", '1', &[(1, 9)], &[(2, 4)]),
            file("b", '1', &[(1, 2)], &[(1, 1)]),
            file("same", '1', &[(1, 1)], &[]),
        ]);
        let (before, after) = (fold_reports([&old]), fold_reports([&new]));
        let changes = coverage_changes(&before, &after);
        let said: Vec<String> = changes
            .iter()
            .map(|change| format!("{} -{} +{}", change.path, change.lost, change.gained))
            .collect();
        assert_eq!(said, ["a -1 +4", "b - +"]);
        assert_eq!(changes[1].after, Some(Share { executable: 2, hit: 1 }));
        let other = report(vec![file("a", '2', &[(1, 9)], &[(5, 9)])]);
        let moved = super::coverage_changes(&fold_reports([&old]), &fold_reports([&other]));
        assert!(moved[0].lost.is_empty() && moved[0].after.is_some(), "{moved:?}");
    }

    #[test]
    fn an_entry_in_doubt_measures_nothing() {
        let mut doubtful = file("a", '1', &[(1, 9)], &[(1, 9)]);
        doubtful.doubt = Some(Doubt::SeveralEntries);
        assert!(fold_reports([&report(vec![doubtful])]).is_empty());
    }
}

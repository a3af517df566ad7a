//! Looking at a repository: which file shows which tool, and which lines write to a store or name
//! personal data.
//!
//! Every path is put to all marks at once. Of the texts only so much is read as [`ReadingBounds`]
//! says: settings of tools first, then files whose path hints at records, then other source text.

use crate::ci::CiTool;
use crate::listing::{FileRole, ListedFile, Listing, ending_of, language_of};
use crate::mark::{Mark, MarkIndex};
use crate::runners::RunnerTool;
use crate::search::{Finds, LineSearch};
use crate::tools::DataTool;
use crate::{ci, runners, tools};
use std::collections::{BTreeMap, BTreeSet};

/// How much of the texts is read.
#[derive(Clone, Copy, Debug)]
pub struct ReadingBounds {
    /// Bytes of one file; a larger one is not read.
    pub file: usize,
    /// Bytes of all files.
    pub total: usize,
}

impl Default for ReadingBounds {
    fn default() -> Self {
        ReadingBounds { file: 256 << 10, total: 64 << 20 }
    }
}

/// Reads a file of the list, by its number, up to so many bytes.
pub type ReadFile<'r> = &'r mut dyn FnMut(usize, usize) -> FileText;

/// What reading a file gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileText {
    /// Its bytes.
    Bytes(Vec<u8>),
    /// It has more bytes.
    TooLarge,
    /// It cannot be read.
    Unreadable,
}

/// What was read, and what was not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadingTally {
    /// Files that were read.
    pub files: usize,
    /// Their bytes.
    pub bytes: usize,
    /// Files that are larger than the bound.
    pub too_large: usize,
    /// Files that hold a NUL byte and are no text.
    pub no_text: usize,
    /// Files that cannot be read.
    pub unreadable: usize,
    /// Files that the bound of all bytes left out.
    pub left_out: usize,
}

/// Whose mark it is: the place in the table of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum MarkOwner {
    Tool(usize),
    Runner(usize),
    Coverage(usize),
    Ci(usize),
}

/// What was seen of a repository.
pub struct Survey {
    /// Its files.
    pub listing: Listing,
    /// What was read.
    pub tally: ReadingTally,
    /// The lines that were found, by rule.
    pub(crate) finds: Finds,
    /// The files that showed each owner of marks, by the number of the mark in its list.
    pub(crate) shown: BTreeMap<(MarkOwner, usize), BTreeSet<usize>>,
}

/// A mark and whose it is.
struct OwnedMark {
    owner: MarkOwner,
    number: usize,
    mark: &'static Mark,
}

fn all_marks() -> Vec<OwnedMark> {
    let of = |owner: MarkOwner, marks: &'static [Mark]| {
        marks.iter().enumerate().map(move |(number, mark)| OwnedMark { owner, number, mark })
    };
    let tools = tools::TABLE.iter().enumerate();
    let tools = tools.flat_map(|(at, tool): (usize, &&DataTool)| of(MarkOwner::Tool(at), tool.marks));
    let runners = runners::TABLE.iter().enumerate();
    let runners = runners.flat_map(|(at, runner): (usize, &&RunnerTool)| {
        let coverage = runner.coverage.as_ref().map_or(&[][..], |coverage| coverage.marks);
        of(MarkOwner::Runner(at), runner.marks).chain(of(MarkOwner::Coverage(at), coverage))
    });
    let systems = ci::TABLE.iter().enumerate();
    let systems = systems.flat_map(|(at, system): (usize, &CiTool)| of(MarkOwner::Ci(at), system.marks));
    tools.chain(runners).chain(systems).collect()
}

impl OwnedMark {
    /// Tools are looked for in code; whatever shows a runner or a CI system may be any file of ours.
    fn may_be_at(&self, file: &ListedFile) -> bool {
        match self.owner {
            MarkOwner::Tool(_) => file.is_code(),
            MarkOwner::Ci(_) => true,
            MarkOwner::Runner(_) | MarkOwner::Coverage(_) => {
                !matches!(file.role, FileRole::Vendored | FileRole::Generated | FileRole::Binary)
            }
        }
    }
}

/// A file that is to be read, and for what.
struct ReadingTask {
    /// Lower comes first.
    rank: u8,
    file: usize,
    marks: Vec<usize>,
}

/// Looks at the files of a repository.
pub fn survey_files(listing: Listing, bounds: ReadingBounds, read: ReadFile<'_>) -> Survey {
    let marks = all_marks();
    let index = MarkIndex::of(&marks.iter().map(|owned| owned.mark).collect::<Vec<_>>());
    let mut shown: BTreeMap<(MarkOwner, usize), BTreeSet<usize>> = BTreeMap::new();
    let mut tasks = Vec::new();
    for (at, file) in listing.files.iter().enumerate() {
        let fitting = index.marks_of(&file.path).into_iter().filter(|mark| marks[*mark].may_be_at(file));
        let (by_line, by_path): (Vec<usize>, Vec<usize>) =
            fitting.partition(|mark| marks[*mark].mark.holds.is_some());
        for mark in by_path {
            shown.entry((marks[mark].owner, marks[mark].number)).or_default().insert(at);
        }
        if !by_line.is_empty() || file.role == FileRole::Source {
            let of_setting = by_line.iter().any(|mark| !matches!(marks[*mark].owner, MarkOwner::Tool(_)));
            tasks.push(ReadingTask { rank: rank_of(file, of_setting), file: at, marks: by_line });
        }
    }
    tasks.sort_by_key(|task| (task.rank, task.file));
    let (mut tally, mut finds) = (ReadingTally::default(), Finds::default());
    let mut search = LineSearch::of(marks.iter().map(|owned| owned.mark.holds).collect());
    for task in tasks {
        let file = &listing.files[task.file];
        let Some(text) = read_text(file, bounds, &mut tally, &mut *read) else { continue };
        let matched = search.search(&text, &task.marks, file.role == FileRole::Source);
        for mark in matched.marks {
            shown.entry((marks[mark].owner, marks[mark].number)).or_default().insert(task.file);
        }
        finds.add(task.file, &matched.rules);
    }
    Survey { listing, tally, finds, shown }
}

fn read_text(
    file: &ListedFile,
    bounds: ReadingBounds,
    tally: &mut ReadingTally,
    read: ReadFile<'_>,
) -> Option<Vec<u8>> {
    let left = bounds.total.saturating_sub(tally.bytes);
    if left == 0 {
        tally.left_out += 1;
        return None;
    }
    match read(file.number, bounds.file) {
        FileText::Bytes(text) if text.contains(&0) => tally.no_text += 1,
        FileText::Bytes(text) => {
            tally.files += 1;
            tally.bytes += text.len();
            return Some(text);
        }
        FileText::TooLarge => tally.too_large += 1,
        FileText::Unreadable => tally.unreadable += 1,
    }
    None
}

const HINTS: &[&str] = &[
    "migrat",
    "model",
    "schema",
    "entit",
    "repositor",
    "dao",
    "store",
    "storage",
    "persist",
    "database",
    "db/",
    "sql",
    "etl",
    "load",
    "import",
    "export",
    "ingest",
    "upload",
    "pipeline",
    "dag",
    "job",
    "task",
    "worker",
    "consumer",
    "producer",
    "stream",
    "record",
    "sync",
    "feed",
    "batch",
    "query",
    "queries",
];

/// Which files are read first.
fn rank_of(file: &ListedFile, of_setting: bool) -> u8 {
    let lower = file.path.to_ascii_lowercase();
    match () {
        () if of_setting => 0,
        () if language_of(&file.path) == Some("SQL") || HINTS.iter().any(|hint| lower.contains(hint)) => 1,
        () if file.role == FileRole::Source => 2,
        () if matches!(ending_of(&lower).as_str(), "json" | "yml" | "yaml") => 4,
        () => 3,
    }
}

impl Survey {
    /// The files of each language, the most frequent first.
    pub fn languages(&self) -> Vec<(&'static str, usize)> {
        let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
        let sources = self.listing.files.iter().filter(|file| file.role == FileRole::Source);
        sources
            .filter_map(|file| language_of(&file.path))
            .for_each(|name| *counts.entry(name).or_default() += 1);
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
        counts
    }

    /// The path of a file of the listing.
    pub(crate) fn path(&self, file: usize) -> &str {
        self.listing.files.get(file).map_or("", |file| file.path.as_str())
    }

    /// The place of a path in the listing.
    pub(crate) fn number(&self, path: &str) -> Option<usize> {
        self.listing.files.binary_search_by(|file| file.path.as_str().cmp(path)).ok()
    }

    /// All files that showed an owner of marks.
    pub(crate) fn files_of(&self, owner: MarkOwner) -> BTreeSet<usize> {
        let of_owner = self.shown.iter().filter(|((other, _), _)| *other == owner);
        of_owner.flat_map(|(_, files)| files.iter().copied()).collect()
    }
}

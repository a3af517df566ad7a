//! Looking at a repository: which file shows which tool, and which lines write to a store or name
//! personal data.
//!
//! Every path is put to all marks at once. Of the texts only so much is read as [`ReadingBounds`]
//! says: settings of tools first, then files whose path hints at records, then other source text.

use crate::listing::{FileListing, FileRole, SurveyedFile, ending_of, language_of};
use crate::mark::{Mark, MarkIndex};
use crate::runners::RunnerTool;
use crate::search::{Finds, LineSearch};
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
    pub listing: FileListing,
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

type ShownMarks = BTreeMap<(MarkOwner, usize), BTreeSet<usize>>;

fn all_marks() -> Vec<OwnedMark> {
    let of_tools =
        tools::TABLE.iter().enumerate().flat_map(|(at, tool)| own(MarkOwner::Tool(at), tool.marks));
    let of_runners = runners::TABLE.iter().enumerate().flat_map(|(at, runner)| marks_of_runner(at, runner));
    let of_ci = ci::TABLE.iter().enumerate().flat_map(|(at, system)| own(MarkOwner::Ci(at), system.marks));
    of_tools.chain(of_runners).chain(of_ci).collect()
}

fn own(owner: MarkOwner, marks: &'static [Mark]) -> impl Iterator<Item = OwnedMark> {
    marks.iter().enumerate().map(move |(number, mark)| OwnedMark { owner, number, mark })
}

fn marks_of_runner(at: usize, runner: &'static RunnerTool) -> impl Iterator<Item = OwnedMark> {
    let coverage = runner.coverage.as_ref().map_or(&[][..], |coverage| coverage.marks);
    own(MarkOwner::Runner(at), runner.marks).chain(own(MarkOwner::Coverage(at), coverage))
}

impl OwnedMark {
    /// Tools are looked for in code; whatever shows a runner or a CI system may be any file of
    /// ours.
    fn may_be_at(&self, file: &SurveyedFile) -> bool {
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
pub fn survey_files(listing: FileListing, bounds: ReadingBounds, read: ReadFile<'_>) -> Survey {
    let marks = all_marks();
    let mut shown = ShownMarks::new();
    let tasks = plan_reading(&listing, &marks, &mut shown);
    let mut reading = Reading { bounds, tally: ReadingTally::default(), finds: Finds::default(), read };
    let mut search = LineSearch::of(marks.iter().map(|owned| owned.mark.holds).collect());
    for task in tasks {
        for mark in reading.search_file(&listing, &task, &mut search) {
            show_mark(&mut shown, &marks, mark, task.file);
        }
    }
    let Reading { tally, finds, .. } = reading;
    Survey { listing, tally, finds, shown }
}

fn show_mark(shown: &mut ShownMarks, marks: &[OwnedMark], mark: usize, file: usize) {
    if let Some(owned) = marks.get(mark) {
        shown.entry((owned.owner, owned.number)).or_default().insert(file);
    }
}

/// Puts each path to all marks. What has to be read comes back in the order in which it is read.
fn plan_reading(listing: &FileListing, marks: &[OwnedMark], shown: &mut ShownMarks) -> Vec<ReadingTask> {
    let index = MarkIndex::of(&marks.iter().map(|owned| owned.mark).collect::<Vec<_>>());
    let mut tasks = Vec::new();
    for (at, file) in listing.files.iter().enumerate() {
        let mut fitting = index.marks_of(&file.path);
        fitting.retain(|mark| marks[*mark].may_be_at(file));
        let (by_line, by_path): (Vec<usize>, Vec<usize>) =
            fitting.into_iter().partition(|mark| marks[*mark].mark.holds.is_some());
        by_path.into_iter().for_each(|mark| show_mark(shown, marks, mark, at));
        tasks.extend(reading_task(at, file, by_line, marks));
    }
    tasks.sort_by_key(|task| (task.rank, task.file));
    tasks
}

/// `None` where nothing is looked for in the text.
fn reading_task(
    at: usize,
    file: &SurveyedFile,
    by_line: Vec<usize>,
    marks: &[OwnedMark],
) -> Option<ReadingTask> {
    if by_line.is_empty() && file.role != FileRole::Source {
        return None;
    }
    let of_setting = by_line.iter().any(|mark| !matches!(marks[*mark].owner, MarkOwner::Tool(_)));
    Some(ReadingTask { rank: rank_of(file, of_setting), file: at, marks: by_line })
}

/// Reading within bounds.
struct Reading<'r> {
    bounds: ReadingBounds,
    tally: ReadingTally,
    finds: Finds,
    read: ReadFile<'r>,
}

impl Reading<'_> {
    /// The marks that the lines of a file show; the rules that they match are kept.
    fn search_file(
        &mut self,
        listing: &FileListing,
        task: &ReadingTask,
        search: &mut LineSearch,
    ) -> Vec<usize> {
        let file = &listing.files[task.file];
        let Some(text) = read_text(file, self.bounds, &mut self.tally, &mut *self.read) else {
            return Vec::new();
        };
        let matched = search.search(&text, &task.marks, file.role == FileRole::Source);
        self.finds.add(task.file, &matched.rules);
        matched.marks
    }
}

fn read_text(
    file: &SurveyedFile,
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
fn rank_of(file: &SurveyedFile, of_setting: bool) -> u8 {
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

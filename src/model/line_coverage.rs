//! Which lines a change brings, and which of them tests executed.
//!
//! The word "coverage" alone stands for what explains a landing (see [`crate::landing`]); this is
//! about lines.

use crate::digest::Digest;
use crate::fact::Fact;
use crate::lines::Lines;
use crate::own_times::OwnTimes;
use crate::path::RepoPath;
use std::collections::BTreeMap;

pub use portcullis_testrun::line_coverage::{
    CoverageFormat, FileLines, Reported, ReportedFile, has_drive, is_absolute,
};

/// Where coverage reports are looked for, and how the names in them become paths of the repository.
///
/// A name is mapped exactly: what `strip` says is taken from its beginning, and what `add` says put
/// before it. A name that does not begin with `strip` is mapped only when it is an absolute path in
/// the work tree. A name with backslashes, or with a drive, is also read as Windows reads it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CoverageSource {
    /// Where the files are: a pattern of the one glob dialect, from the working directory.
    pub files: String,
    /// What they are; `None`: their content decides.
    pub format: Option<CoverageFormat>,
    /// The leading components to take from each name.
    pub strip: Option<String>,
    /// The directory to put before each name that is not absolute.
    pub add: Option<String>,
}

/// The changed lines, and what reports say of the files that hold them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineCoverage {
    /// Every path that the head has and the change touches.
    pub changed: BTreeMap<RepoPath, Fact<ChangedLines>>,
    /// Every report that was found, sorted by source and path.
    pub reports: Vec<CoverageReport>,
    /// Of changed files that no report names: the lines of which the text alone shows that nothing
    /// executes them. Facts from before this was looked at have none.
    pub inert: BTreeMap<RepoPath, Lines>,
}

/// What a change brings to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedLines {
    /// The lines of the new text that differ from the old one; over several merge bases the union.
    pub lines: Lines,
    /// How many lines the new text has.
    pub total: u32,
}

/// One coverage report file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoverageReport {
    /// The source that it was found for.
    pub source: CoverageSource,
    /// Its path from the directory the reports were looked for in, `/` between components.
    pub path: String,
    /// The digest of its bytes; `None` when it could not be read.
    pub digest: Option<Digest>,
    /// When the file was last written, as its file system says; `None` when it does not.
    pub written: Option<jiff::Timestamp>,
    /// Is a file of this path part of the judged head, or of the base that it lands on? Then it is
    /// no product of a run.
    pub tracked: bool,
    /// What it says of the changed files, or why it says nothing.
    pub content: Fact<Covered>,
}

/// What one report says of the changed files, and no more of others than it takes to see why a file
/// is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covered {
    /// What it is.
    pub format: CoverageFormat,
    /// The changed files that it names.
    pub files: BTreeMap<RepoPath, FileLines>,
    /// Changed files of which nobody can say whether it names them: the names that may stand for
    /// them.
    pub ambiguous: BTreeMap<RepoPath, Vec<String>>,
    /// Changed files of which it describes another version, each with how that shows, in one
    /// sentence.
    pub stale: BTreeMap<RepoPath, String>,
    /// Names that end like a changed file which no name stands for, as the report has them. A few:
    /// they show what to map.
    pub unmatched: Vec<String>,
    /// Where the report speaks against itself, each one sentence.
    pub contradictions: Vec<String>,
    /// The times that it names itself. Facts from before they were read have none.
    pub times: OwnTimes,
}

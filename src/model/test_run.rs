//! A report file, and the run that it tells of.

use crate::digest::Digest;
use crate::fact::Fact;

pub use portcullis_testrun::test_run::{ReportFormat, SEPARATOR, Test, TestOutcome, TestRun, worst_of_each};

/// One report file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Its path from the directory the reports were looked for in, `/` between components.
    pub path: String,
    /// The suite it was handed over for by name; otherwise the suites' own patterns decide.
    pub suite: Option<String>,
    /// The digest of its bytes; `None` when it could not be read.
    pub digest: Option<Digest>,
    /// When the file was last written, as its file system says; `None` when it does not.
    pub written: Option<jiff::Timestamp>,
    /// Is a file of this path part of the judged head, or of the base that it lands on? Then it is
    /// no product of a run.
    pub tracked: bool,
    /// What it says, or why it says nothing.
    pub run: Fact<TestRun>,
}

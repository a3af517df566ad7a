//! Patterns and named files to parsed test reports.

use crate::model::fact::Fact;
use crate::model::inquiry::Inquiry;
use crate::model::path::RepoPath;
use crate::model::test_run::Report;
use std::path::{Path, PathBuf};

/// A report file named on the command line: `FILE` or `SUITE=FILE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The suite that it is for, if it was named.
    pub suite: Option<String>,
    /// The file.
    pub file: PathBuf,
}

/// Reads the named reports and those that the inquiry's patterns find below `directory`.
/// `tracked` says whether the judged head itself holds a file of this path.
pub fn gather(
    _directory: &Path,
    _named: &[Named],
    _inquiry: &Inquiry,
    _tracked: &dyn Fn(&RepoPath) -> Fact<bool>,
) -> Fact<Vec<Report>> {
    todo!()
}

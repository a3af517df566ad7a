//! The lines that a change brings, and the coverage reports.

use super::fact::FactV4;
use super::report::OwnTimesV4;
use crate::form::{MomentText, NamedValues, objects};
use crate::text::{CoverageFormatText, DigestText, LineRuns, PathText};
use portcullis_model::line_coverage::{
    ChangedLines, CoverageReport, CoverageSource, Covered, FileLines, LineCoverage,
};

objects! {
    /// The changed lines, and what coverage reports say of the files that hold them.
    LineCoverageV4 = LineCoverage {
        /// The lines that the change brings, by path.
        changed: NamedValues<PathText, FactV4<ChangedLinesV4>>,
        /// The reports, sorted by source and path.
        reports: Vec<CoverageReportV4>,
        /// Lines that cannot be executed, as their text alone shows, of changed files that no
        /// report names.
        inert: NamedValues<PathText, LineRuns>,
    }

    /// The lines that a change brings to a file.
    ChangedLinesV4 = ChangedLines {
        /// The lines of the new text that differ from the old one.
        lines: LineRuns,
        /// How many lines the new text has.
        total: u32,
    }

    /// Where coverage reports are looked for, and how the names in them become paths of the
    /// repository.
    CoverageSourceV4 = CoverageSource {
        /// A glob pattern, from the working directory.
        files: String,
        /// The format; null when the content decides.
        format: Option<CoverageFormatText>,
        /// The leading components to take from each name.
        strip: Option<String>,
        /// The directory to put before each name that is not absolute.
        add: Option<String>,
    }

    /// A coverage report.
    CoverageReportV4 = CoverageReport {
        /// The source that it was found for.
        source: CoverageSourceV4,
        /// The path, from the working directory.
        path: String,
        /// The SHA-256 of its bytes; null when it could not be read.
        digest: Option<DigestText>,
        /// When the file was last written; null when its file system does not say.
        written: Option<MomentText>,
        /// True when a file of this path is in the head or in the base: then it is no product of a
        /// run.
        tracked: bool,
        /// What it says of the changed files.
        content: FactV4<CoveredV4>,
    }

    /// What a coverage report says of the changed files.
    CoveredV4 = Covered {
        /// The format.
        format: CoverageFormatText,
        /// The changed files that it names.
        files: NamedValues<PathText, FileLinesV4>,
        /// Changed files for which it is not certain which names in the report are meant.
        ambiguous: NamedValues<PathText, Vec<String>>,
        /// Changed files of which it describes another version, and how that shows.
        stale: NamedValues<PathText, String>,
        /// A few names that end like a changed file which no name is mapped to.
        unmatched: Vec<String>,
        /// Where the report contradicts itself.
        contradictions: Vec<String>,
        /// The times that the report names itself.
        times: OwnTimesV4,
    }

    /// The lines of a file in a coverage report.
    FileLinesV4 = FileLines {
        /// The lines that can be executed.
        executable: LineRuns,
        /// The lines that were executed.
        hit: LineRuns,
    }
}

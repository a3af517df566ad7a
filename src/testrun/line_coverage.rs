//! Which lines of a file tests executed, and the formats of reports that say so.

use crate::lines::Lines;
use crate::own_times::OwnTimes;
use std::collections::BTreeMap;

/// Formats of coverage reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
pub enum CoverageFormat {
    /// Clover XML: PHPUnit, istanbul, OpenClover, gcovr.
    Clover,
    /// Cobertura XML: coverage.py, gcovr, coverlet, istanbul.
    Cobertura,
    /// `coverage json` of coverage.py.
    CoveragePy,
    /// The profile of `go test -coverprofile`.
    GoCover,
    /// istanbul's `coverage-final.json`: nyc, c8, jest, vitest.
    Istanbul,
    /// JaCoCo XML.
    Jacoco,
    /// LCOV tracefiles: geninfo, coverage.py, c8, node, istanbul.
    Lcov,
    /// `llvm-cov export` as JSON.
    LlvmCov,
    /// OpenCover XML: OpenCover, coverlet, AltCover.
    Opencover,
    /// SimpleCov's `.resultset.json` and `coverage.json`.
    Simplecov,
    /// SonarQube's generic coverage XML.
    Sonarqube,
    /// `xccov view --archive --json` of Xcode.
    Xccov,
}

impl CoverageFormat {
    /// Every format, sorted by name.
    pub const ALL: &[CoverageFormat] = &[
        CoverageFormat::Clover,
        CoverageFormat::Cobertura,
        CoverageFormat::CoveragePy,
        CoverageFormat::GoCover,
        CoverageFormat::Istanbul,
        CoverageFormat::Jacoco,
        CoverageFormat::Lcov,
        CoverageFormat::LlvmCov,
        CoverageFormat::Opencover,
        CoverageFormat::Simplecov,
        CoverageFormat::Sonarqube,
        CoverageFormat::Xccov,
    ];

    /// The format of this name.
    pub fn named(name: &str) -> Option<CoverageFormat> {
        CoverageFormat::ALL.iter().copied().find(|format| format.as_str() == name)
    }

    /// Its name in a policy.
    pub fn as_str(self) -> &'static str {
        match self {
            CoverageFormat::Clover => "clover",
            CoverageFormat::Cobertura => "cobertura",
            CoverageFormat::CoveragePy => "coverage-py",
            CoverageFormat::GoCover => "go-cover",
            CoverageFormat::Istanbul => "istanbul",
            CoverageFormat::Jacoco => "jacoco",
            CoverageFormat::Lcov => "lcov",
            CoverageFormat::LlvmCov => "llvm-cov",
            CoverageFormat::Opencover => "opencover",
            CoverageFormat::Simplecov => "simplecov",
            CoverageFormat::Sonarqube => "sonarqube",
            CoverageFormat::Xccov => "xccov",
        }
    }
}

/// The lines of one file, as a report has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileLines {
    /// The lines that can be executed.
    pub executable: Lines,
    /// Those that were.
    pub hit: Lines,
}

impl FileLines {
    /// What either says: a line that any test executed was executed.
    pub fn add(&mut self, other: &FileLines) {
        self.executable = self.executable.or(&other.executable);
        self.hit = self.hit.or(&other.hit);
    }
}

/// What a coverage report says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reported {
    /// The files it names.
    pub files: Vec<ReportedFile>,
    /// Where it contradicts itself, each one sentence.
    pub contradictions: Vec<String>,
    /// The times that it names.
    pub times: OwnTimes,
}

/// What a coverage report says of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedFile {
    /// Its name, or, where the format leaves it open, each name that it may have. Sorted, and never
    /// empty.
    pub names: Vec<String>,
    /// The executable lines, and those that were executed.
    pub lines: FileLines,
    /// Digests of lines, as LCOV has them: MD5, in Base64 or hexadecimal.
    pub checksums: BTreeMap<u32, String>,
}

/// Does the name begin with a drive of Windows (`C:`)?
pub fn has_drive(name: &str) -> bool {
    matches!(name.as_bytes(), [drive, b':', ..] if drive.is_ascii_alphabetic())
}

/// Does the name begin at a root, of whatever system?
pub fn is_absolute(name: &str) -> bool {
    name.starts_with(['/', '\\']) || has_drive(name)
}

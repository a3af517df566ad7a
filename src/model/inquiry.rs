//! What a policy wants to know. Collectors see this and nothing else of the policy, so that none of
//! them can know what would please the judge.

use crate::model::line_coverage::CoverageSource;
use crate::model::path::RepoPath;
use crate::model::person::TeamName;
use crate::model::test_run::ReportFormat;
use std::collections::BTreeSet;

/// The questions to put to the world.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inquiry {
    /// Which topics to ask about at all.
    pub topics: BTreeSet<Topic>,
    /// The content patterns of all areas (regular expressions, as the policy writes them).
    pub patterns: BTreeSet<String>,
    /// The teams whose members matter. The teams of CODEOWNERS are asked for with [`Topic::CodeOwners`].
    pub teams: BTreeSet<TeamName>,
    /// Where reports are looked for: patterns of the one glob dialect, from the working directory.
    pub reports: BTreeSet<String>,
    /// Which files are the sources of tests: patterns of the one glob dialect, from the root of the repository.
    pub tests: BTreeSet<String>,
    /// Where coverage reports are looked for. Without any, nobody asks which lines changed.
    pub line_coverage: BTreeSet<CoverageSource>,
    /// In what format reports are written, where the policy says so. The rest is told by its content.
    pub formats: BTreeSet<SaidFormat>,
    /// Also list the paths that single commits on the way touch, not only what is left of them in the end.
    pub each_commit: bool,
    /// Where the allowed signers of waivers stand in the repository; they are read at the base. `None` when nobody asks.
    pub waiver_signers: Option<RepoPath>,
    /// Where the policy stands in the repository; `None` when it is kept elsewhere.
    pub policy: Option<RepoPath>,
    /// Where the list of signers of evidence stands in the repository; it is read at the base. `None` when nobody asks.
    pub signers: Option<RepoPath>,
}

impl Inquiry {
    /// Everything that either asks.
    #[must_use]
    pub fn union(mut self, other: Inquiry) -> Inquiry {
        self.topics.extend(other.topics);
        self.patterns.extend(other.patterns);
        self.teams.extend(other.teams);
        self.reports.extend(other.reports);
        self.tests.extend(other.tests);
        self.waiver_signers = self.waiver_signers.or(other.waiver_signers);
        self.line_coverage.extend(other.line_coverage);
        self.formats.extend(other.formats);
        self.each_commit |= other.each_commit;
        self.policy = self.policy.or(other.policy);
        self.signers = self.signers.or(other.signers);
        self
    }
}

/// The format of the reports of one suite.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SaidFormat {
    /// The suite, for reports that are handed over for it by name.
    pub suite: String,
    /// The patterns that find its other reports.
    pub reports: BTreeSet<String>,
    /// The format.
    pub format: ReportFormat,
}

/// Topics of questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// Reviews, permissions of reviewers, attribution of commits.
    Reviews,
    /// Who pushed last.
    Pushes,
    /// CODEOWNERS at the base, and the members of its teams.
    CodeOwners,
    /// Branch protection.
    Protection,
    /// Check runs and statuses of the head.
    Checks,
    /// Test reports.
    Reports,
    /// Statements of test runs, of the judged head and of what it began from, and what is checked out.
    Evidence,
}

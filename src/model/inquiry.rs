//! What a policy wants to know. Collectors see this and nothing else of the policy, so that none of
//! them can know what would please the judge.

use crate::model::line_coverage::CoverageSource;
use crate::model::path::RepoPath;
use crate::model::person::TeamName;
use crate::model::test_run::ReportFormat;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The questions to put to the world.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inquiry {
    /// Which topics to ask about at all.
    pub topics: BTreeSet<Topic>,
    /// The content patterns of all areas (regular expressions, as the policy writes them).
    pub patterns: BTreeSet<String>,
    /// The teams whose members matter. The teams of CODEOWNERS are asked for with [`Topic::CodeOwners`].
    pub teams: BTreeSet<TeamName>,
    /// Where reports are looked for: patterns of the one glob dialect, from the working directory.
    pub reports: BTreeSet<String>,
    /// In what format reports are written, where the policy says so. The rest is told by its content.
    pub formats: BTreeSet<SaidFormat>,
    /// Where coverage reports are looked for. Without any, nobody asks which lines changed.
    pub line_coverage: BTreeSet<CoverageSource>,
    /// Also list the paths that single commits on the way touch, not only what is left of them in the end.
    pub each_commit: bool,
    /// Where the policy stands in the repository; `None` when it is kept elsewhere.
    #[serde(deserialize_with = "crate::model::fact::nullable")]
    pub policy: Option<RepoPath>,
}

impl Inquiry {
    /// Everything that either asks.
    #[must_use]
    pub fn union(mut self, other: Inquiry) -> Inquiry {
        self.topics.extend(other.topics);
        self.patterns.extend(other.patterns);
        self.teams.extend(other.teams);
        self.reports.extend(other.reports);
        self.formats.extend(other.formats);
        self.line_coverage.extend(other.line_coverage);
        self.each_commit |= other.each_commit;
        self.policy = self.policy.or(other.policy);
        self
    }
}

/// The format of the reports of one suite.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SaidFormat {
    /// The suite, for reports that are handed over for it by name.
    pub suite: String,
    /// The patterns that find its other reports.
    pub reports: BTreeSet<String>,
    /// The format.
    pub format: ReportFormat,
}

/// Topics of questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
}

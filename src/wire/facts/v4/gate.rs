//! What was asked, and the texts that steer the gate.

use super::lines::CoverageSourceV4;
use super::report::ReportFormatText;
use crate::model::facts::{GateText, GateTexts};
use crate::model::inquiry::{Inquiry, SaidFormat, Topic};
use crate::wire::form::{SortedList, choices, objects};
use crate::wire::text::{PathText, TeamText};

objects! {
    /// The questions that the policy asks.
    InquiryV4 = Inquiry {
        /// The topics.
        topics: SortedList<TopicV4>,
        /// The content patterns of all areas: regular expressions, as the policy writes them.
        patterns: SortedList<String>,
        /// The teams whose members matter.
        teams: SortedList<TeamText>,
        /// Where reports are looked for: glob patterns, from the working directory.
        reports: SortedList<String>,
        /// Which files are the sources of tests: glob patterns, from the root of the repository.
        tests: SortedList<String>,
        /// Where coverage reports are looked for.
        line_coverage: SortedList<CoverageSourceV4>,
        /// The formats of reports, where the policy says them.
        formats: SortedList<SaidFormatV4>,
        /// True when the paths that single commits touch count, too.
        each_commit: bool,
        /// The file with the allowed signers of waivers; null when nobody asks for it.
        waiver_signers: Option<PathText>,
        /// The file with the policy; null when it is outside of the repository.
        policy: Option<PathText>,
        /// The file with the allowed signers of evidence; null when nobody asks for it.
        signers: Option<PathText>,
    }

    /// The format of the reports of a suite.
    SaidFormatV4 = SaidFormat {
        /// The suite.
        suite: String,
        /// The glob patterns of its reports.
        reports: SortedList<String>,
        /// The format.
        format: ReportFormatText,
    }

    /// The texts in the repository that steer the gate, at the base and as the change would leave
    /// them.
    GateTextsV4 = GateTexts {
        /// The policy at the base; null when there is none, or it is outside of the repository.
        policy_before: Option<String>,
        /// The policy as the change would leave it.
        policy_after: Option<String>,
        /// The waivers at the base.
        waivers_before: Option<String>,
        /// The waivers as the change would leave them.
        waivers_after: Option<String>,
        /// The allowed signers of waivers at the base.
        waiver_signers: Option<String>,
        /// CODEOWNERS at the base.
        code_owners: Option<GateTextV4>,
    }

    /// A file and its text.
    GateTextV4 = GateText {
        /// The path.
        path: PathText,
        /// The text.
        text: String,
    }
}

choices! {
    /// Topics of questions.
    TopicV4 = Topic {
        /// Reviews, permissions of reviewers, and the accounts behind commits.
        Reviews,
        /// Who pushed.
        Pushes,
        /// CODEOWNERS, and the members of its teams.
        CodeOwners,
        /// The protection of the branch.
        Protection,
        /// Check runs and commit statuses.
        Checks,
        /// Test reports.
        Reports,
        /// Statements of test runs.
        Evidence,
    }
}

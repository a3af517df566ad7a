//! What was asked, and the texts that steer the gate.

use super::lines::CoverageSourceV4;
use super::report::ReportFormatText;
use super::signed::SignedInquiryV4;
use crate::form::{NamedValues, SortedList, choices, objects};
use crate::text::{DigestText, PathText, TeamText};
use portcullis_model::facts::{GateText, GateTexts};
use portcullis_model::inquiry::{Inquiry, SaidFormat, TextPurpose, Topic};

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
        /// The files of the repository whose texts steer the gate, by path, and what each is read
        /// for. A policy outside of the repository is not among them.
        texts: NamedValues<PathText, SortedList<TextPurposeV4>>,
        /// What is asked of signed reviews. Missing where they do not count.
        signed [default]: Option<SignedInquiryV4>,
        /// The datasets whose runs matter, each with the files of those who may sign its runs.
        /// Missing where none is asked for.
        datasets [default]: NamedValues<String, SortedList<PathText>>,
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

    /// The texts in the repository that steer the gate, by the path of their files.
    GateTextsV4 = GateTexts {
        /// The texts.
        texts: NamedValues<PathText, GateTextV4>,
        /// The texts of house policies that are not among the texts, by their digests. Missing
        /// where there is none.
        houses [default]: NamedValues<DigestText, String>,
    }

    /// The text of a file that steers the gate.
    GateTextV4 = GateText {
        /// What the text is read for.
        purposes: SortedList<TextPurposeV4>,
        /// The text at the base; null when there is no such file.
        before: Option<String>,
        /// The text as the change would leave it; null when there is no such file, and for texts
        /// that count as they are at the base.
        after: Option<String>,
    }
}

choices! {
    /// What a text steers.
    TextPurposeV4 = TextPurpose {
        /// The policy.
        Policy,
        /// The house policy that the policy extends.
        House,
        /// The waivers and rollbacks.
        Waivers,
        /// The allowed signers of waivers.
        WaiverSigners,
        /// The allowed signers of evidence.
        EvidenceSigners,
        /// The allowed signers of reviews.
        ReviewSigners,
        /// The allowed signers of deployment records.
        RecordSigners,
        /// The allowed signers of the runs of a reconciliation.
        RunSigners,
        /// CODEOWNERS.
        CodeOwners,
        /// What a control reads beside the policy.
        Control,
        /// A document that a control compares with the policy.
        Document,
        /// The register of people as the change would leave it.
        Register,
    }

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
        /// Who can change the protection, where the host hides who may bypass it.
        Administration,
        /// Check runs and commit statuses.
        Checks,
        /// Test reports.
        Reports,
        /// Statements of test runs.
        Evidence,
        /// The runs of a reconciliation.
        Runs,
        /// The register of incidents.
        Incidents,
    }
}

//! What a policy wants to know. Collectors see this and nothing else of the policy, so that none of
//! them can know what would please the judge.

use crate::line_coverage::CoverageSource;
use crate::path::RepoPath;
use crate::person::TeamName;
use crate::signed::SignedInquiry;
use crate::test_run::ReportFormat;
use std::collections::{BTreeMap, BTreeSet};

/// The questions to put to the world.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inquiry {
    /// Which topics to ask about at all.
    pub topics: BTreeSet<Topic>,
    /// The content patterns of all areas (regular expressions, as the policy writes them).
    pub patterns: BTreeSet<String>,
    /// The teams whose members matter. The teams of CODEOWNERS are asked for with
    /// [`Topic::CodeOwners`].
    pub teams: BTreeSet<TeamName>,
    /// Where reports are looked for: patterns of the one glob dialect, from the working directory.
    pub reports: BTreeSet<String>,
    /// Which files are the sources of tests: patterns of the one glob dialect, from the root of the
    /// repository.
    pub tests: BTreeSet<String>,
    /// Where coverage reports are looked for. Without any, nobody asks which lines changed.
    pub line_coverage: BTreeSet<CoverageSource>,
    /// In what format reports are written, where the policy says so. The rest is told by its
    /// content.
    pub formats: BTreeSet<SaidFormat>,
    /// Also list the paths that single commits on the way touch, not only what is left of them in
    /// the end.
    pub each_commit: bool,
    /// The files of the repository whose texts steer the gate, by path, and what each of them is
    /// read for. A policy that is kept outside of the repository is not among them, and neither are
    /// waivers then.
    pub texts: BTreeMap<RepoPath, BTreeSet<TextPurpose>>,
    /// Signed reviews, where the policy counts them.
    pub signed: Option<SignedInquiry>,
    /// The datasets whose runs matter, each with the files of those who may sign its runs; none
    /// without [`Topic::Runs`].
    pub datasets: BTreeMap<String, BTreeSet<RepoPath>>,
}

impl Inquiry {
    /// Asks for the text of a file.
    pub fn ask_text(&mut self, path: impl Into<RepoPath>, purpose: TextPurpose) {
        self.texts.entry(path.into()).or_default().insert(purpose);
    }

    /// The file that is read for this purpose; `None` when none is asked for.
    pub fn path_of(&self, purpose: TextPurpose) -> Option<&RepoPath> {
        self.texts.iter().find(|(_, purposes)| purposes.contains(&purpose)).map(|(path, _)| path)
    }

    /// Everything that either asks. A text that both ask for, each at another path, is read where
    /// the first one asks; the files of controls are all read.
    #[must_use]
    pub fn union(mut self, other: Inquiry) -> Inquiry {
        self.topics.extend(other.topics);
        self.patterns.extend(other.patterns);
        self.teams.extend(other.teams);
        self.reports.extend(other.reports);
        self.tests.extend(other.tests);
        self.line_coverage.extend(other.line_coverage);
        self.formats.extend(other.formats);
        self.each_commit |= other.each_commit;
        self.signed = self.signed.or(other.signed);
        for (dataset, signers) in other.datasets {
            self.datasets.entry(dataset).or_default().extend(signers);
        }
        let more: Vec<(RepoPath, TextPurpose)> = other
            .texts
            .into_iter()
            .flat_map(|(path, purposes)| purposes.into_iter().map(move |purpose| (path.clone(), purpose)))
            .filter(|(_, purpose)| purpose.is_found_by_path() || self.path_of(*purpose).is_none())
            .collect();
        more.into_iter().for_each(|(path, purpose)| self.ask_text(path, purpose));
        self
    }
}

/// What the text of a file steers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TextPurpose {
    /// The policy. It is read before and after the change.
    Policy,
    /// The house policy that the policy extends. The one that counts has the digest that the policy
    /// names; that of the file is read before and after the change.
    House,
    /// The waivers and rollbacks beside the policy. They are read before and after the change.
    Waivers,
    /// The allowed signers of waivers, which count as they are at the base.
    WaiverSigners,
    /// The allowed signers of evidence, which count as they are at the base. They are read where
    /// signatures are verified, and their text is not among the facts.
    EvidenceSigners,
    /// The allowed signers of reviews, which count as they are at the base. They are read where
    /// signatures are verified, and their text is not among the facts.
    ReviewSigners,
    /// The allowed signers of deployment records, which count as they are at the baseline. They are
    /// read where signatures are verified, and their text is not among the facts.
    RecordSigners,
    /// The allowed signers of the runs of a reconciliation, which count as they are at the
    /// baseline. They are read where signatures are verified, and their text is not among the
    /// facts.
    RunSigners,
    /// CODEOWNERS at the base. Nothing asks for it by path: the host has a list of places, and the
    /// first file there counts.
    CodeOwners,
    /// What a control reads beside the policy, as it is at the base: a register, for example. The
    /// settings of the control name the path, and the control finds the text by it
    /// ([`GateTexts::before_at`](crate::facts::GateTexts::before_at)).
    Control,
    /// A document that a control compares with the policy: the published procedure, for example. It
    /// is read before and after the change, because a change of the policy brings the new document
    /// along.
    Document,
    /// The register of people as the change would leave it: only whether it can be read matters.
    /// The one that counts is that of the base ([`TextPurpose::Control`]).
    Register,
}

impl TextPurpose {
    /// Can several files be read for this purpose? Then the path tells which one is meant.
    pub fn is_found_by_path(self) -> bool {
        use TextPurpose::{Control, Document, House, Register, RunSigners};
        matches!(self, Control | Document | House | Register | RunSigners)
    }

    /// Is the text read only where signatures are verified? Then it is not among the facts.
    pub fn is_read_by_collector(self) -> bool {
        matches!(
            self,
            TextPurpose::EvidenceSigners
                | TextPurpose::ReviewSigners
                | TextPurpose::RecordSigners
                | TextPurpose::RunSigners
        )
    }

    /// Is the text that the change would leave read as well?
    pub fn is_read_after(self) -> bool {
        use TextPurpose::{Document, House, Policy, Register, Waivers};
        matches!(self, Policy | House | Waivers | Document | Register)
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
    /// Who can change it, where the host hides who may bypass it.
    Administration,
    /// Check runs and statuses of the head.
    Checks,
    /// Test reports.
    Reports,
    /// Statements of test runs, of the judged head and of what it began from, and what is checked
    /// out.
    Evidence,
    /// The runs of a reconciliation.
    Runs,
    /// The register of incidents, before a deployment.
    Incidents,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_path_and_the_files_of_controls_have_all_of_theirs() {
        let asking = |signers: &str, register: &str| {
            let mut inquiry = Inquiry::default();
            inquiry.ask_text(signers, TextPurpose::WaiverSigners);
            inquiry.ask_text(register, TextPurpose::Control);
            inquiry
        };
        let both = asking("signers", "people.txt").union(asking("other-signers", "rooms.txt"));
        let paths: Vec<String> = both.texts.keys().map(ToString::to_string).collect();
        assert_eq!(paths, ["people.txt", "rooms.txt", "signers"]);
        assert_eq!(both.path_of(TextPurpose::WaiverSigners), Some(&RepoPath::from("signers")));
    }
}

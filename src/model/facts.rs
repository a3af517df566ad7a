//! Everything that was seen, for the judge.

use crate::administration::Administration;
use crate::assertion::Assertion;
use crate::change::{Change, Revision};
use crate::check::{Check, WorkflowRun};
use crate::digest::Digest;
use crate::evidence::EvidenceFacts;
use crate::fact::{Fact, Gap};
use crate::host::{HostConventions, HostProfile, NO_HOST, OwnAddresses};
use crate::id::CheckId;
use crate::inquiry::{Inquiry, TextPurpose};
use crate::line_coverage::LineCoverage;
use crate::path::RepoPath;
use crate::person::{Account, Login, TeamName};
use crate::protection::{Branch, Protection};
use crate::review::{ChangeRequest, CommitAccounts, Move, Permission, Push, Review};
use crate::signed::SignedReviews;
use crate::test_run::Report;
use portcullis_pattern::glob::Glob;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Where a policy stands in the repository that it speaks of.
pub const POLICY_PATH: &str = "portcullis.toml";

/// The usual path of a house policy in a repository whose policy extends it.
pub const HOUSE_PATH: &str = "portcullis-house.toml";

/// The answers to one [`Inquiry`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The moment of judgement: a decision that is taken again is taken at this moment. Every
    /// comparison with a date uses it.
    pub observed: Fact<jiff::Timestamp>,
    /// What was asked.
    pub inquiry: Inquiry,
    /// What git shows of the change.
    pub change: Fact<Change>,
    /// The policy and the owners, as they stand in the repository.
    pub gate: Fact<GateTexts>,
    /// What the host says.
    pub host: HostFacts,
    /// The test reports.
    pub reports: Fact<Vec<Report>>,
    /// The changed lines, and the coverage reports.
    pub line_coverage: Fact<LineCoverage>,
    /// Test evidence that is bound to a tree.
    pub evidence: Fact<EvidenceFacts>,
    /// Reviews that are signed, or kept in the repository by another system. A gap where the policy
    /// does not ask for them, and in facts of an earlier form.
    pub signed: Fact<SignedReviews>,
}

impl Facts {
    /// The gap of signed reviews that no one asked for.
    pub fn no_signed_reviews<T>() -> Fact<T> {
        let remedy = "Name the file of allowed signers in the policy: `[reviews] signers = \"…\"`";
        Fact::Gap(Gap::not_asked("signed reviews", remedy))
    }
}

/// Texts that steer the gate, before and after the change, by the path of their files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GateTexts {
    /// One for each file that [`Inquiry::texts`] names (but for those that are read for the signers
    /// of evidence alone), and for CODEOWNERS, where there is one.
    pub texts: BTreeMap<RepoPath, GateText>,
    /// The house policies that were judged by and are not among these texts, by their digests: of a
    /// policy outside of the repository, or fetched from the repository that they come from.
    pub houses: BTreeMap<Digest, String>,
}

/// The text of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GateText {
    /// What it is read for.
    pub purposes: BTreeSet<TextPurpose>,
    /// The text at the base; `None` when there is no such file.
    pub before: Option<String>,
    /// The text as the change would leave it: that of the head if the change touches the file, else
    /// that of the base. `None` when there is no such file, and for texts that count as they are at
    /// the base ([`TextPurpose::is_read_after`]).
    pub after: Option<String>,
}

impl GateTexts {
    /// The file that was read for this purpose, and its text.
    pub fn find(&self, purpose: TextPurpose) -> Option<(&RepoPath, &GateText)> {
        self.texts.iter().find(|(_, text)| text.purposes.contains(&purpose))
    }

    /// The text at the base that was read for this purpose.
    pub fn before(&self, purpose: TextPurpose) -> Option<&String> {
        self.find(purpose)?.1.before.as_ref()
    }

    /// The text that the change would leave, of those read for this purpose.
    pub fn after(&self, purpose: TextPurpose) -> Option<&String> {
        self.find(purpose)?.1.after.as_ref()
    }

    /// The text of a file at the base; `None` where there is no such file.
    ///
    /// # Errors
    /// It was not read for this purpose, so nothing is known of it. `what` is what it is called.
    pub fn before_at(&self, what: &str, path: &RepoPath, purpose: TextPurpose) -> Result<Option<&str>, Gap> {
        let text = self.texts.get(path).filter(|text| text.purposes.contains(&purpose));
        let text = text.ok_or_else(|| Gap::not_asked(what, "Gather the facts again with this policy."))?;
        Ok(text.before.as_deref())
    }

    /// The text of a file, to be filled in.
    pub fn entry(&mut self, path: impl Into<RepoPath>, purpose: TextPurpose) -> &mut GateText {
        let text = self.texts.entry(path.into()).or_default();
        text.purposes.insert(purpose);
        text
    }
}

/// What a host says of the change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostFacts {
    /// The kind of host, `github`; `none` when no host was asked.
    pub kind: String,
    /// The repository as its host names it; on GitHub `owner/name`.
    pub repository: Option<String>,
    /// Who states all of this, where it was not observed: facts of an evidence file, of the kind
    /// [`ASSERTED`](crate::assertion::ASSERTED). `None` of every other kind, and in facts of an
    /// earlier form.
    pub asserted: Option<Assertion>,
    /// What all hosts of this kind have in common. Facts name them where they are not GitHub's;
    /// facts of an earlier form were all GitHub's.
    pub conventions: Arc<HostConventions>,
    /// The domains of the host's own addresses: `github.com`, or the name of an Enterprise Server,
    /// in lower case. Empty in facts of an earlier form: then a no-reply address is an address like
    /// any other, and belongs to nobody we know.
    pub domains: Vec<String>,
    /// The change request.
    pub request: Fact<ChangeRequest>,
    /// The branch that would receive the change.
    pub branch: Fact<Branch>,
    /// What protects that branch.
    pub protection: Fact<Protection>,
    /// Who can change that. It is only asked where it matters: where the policy takes it in place
    /// of a bypass list, and the host hides one. Otherwise, and in facts of an earlier form,
    /// `None`.
    pub administration: Option<Administration>,
    /// The files of the repository that its settings on the host name for what its CI runs, and
    /// those that they include; beside [`HostConventions::workflow_files`]. `None` where the host
    /// has no such setting, and in facts of an earlier form.
    pub workflow_files: Option<Fact<Vec<Glob>>>,
    /// All reviews of the request, oldest first.
    pub reviews: Fact<Vec<Review>>,
    /// When the request was last turned to another base branch: reviews from before were given
    /// against another base. `None`: never.
    pub base_changed: Fact<Option<jiff::Timestamp>>,
    /// The accounts that commits are attributed to.
    pub attribution: Fact<BTreeMap<Revision, CommitAccounts>>,
    /// Who pushed the head.
    pub last_push: Fact<Push>,
    /// Who pushed what the head brings: the last push that brought more than clean merges of the
    /// base, see [`crate::change::Updates`]. The same as `last_push` where the head is no such
    /// merge.
    pub content_push: Fact<Push>,
    /// Everybody who moved the request's branch, as far back as something that they brought may be
    /// in the request. A gap in facts of an earlier form.
    pub moves: Fact<Vec<Move>>,
    /// Checks and statuses of the head.
    pub checks: Fact<Vec<Check>>,
    /// The workflow runs that check runs belong to, by the identifier of the check run. It is only
    /// asked where it matters: where a cancelled check may have been superseded. Otherwise, and in
    /// facts of an earlier form, there are none.
    pub workflow_runs: Fact<BTreeMap<CheckId, WorkflowRun>>,
    /// Whom the host attributes addresses of co-authors to, by the address in lower case. An
    /// address that is not here belongs to nobody that the host told of. In facts of an earlier
    /// form there are none.
    pub co_authors: Fact<BTreeMap<String, Account>>,
    /// The members of each team that was asked for.
    pub members: BTreeMap<TeamName, Fact<Vec<Account>>>,
    /// What each reviewer may do in the repository.
    pub permissions: BTreeMap<Login, Fact<Permission>>,
    /// What stood between the gate and the host, as far as the environment told. It is noted and
    /// decides nothing; facts that were gathered before it was looked at have none.
    pub detours: Vec<Detour>,
}

/// A setting of the environment that the answers of the host depend on: a proxy, other
/// certificates, another address, libraries that are loaded into the program.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Detour {
    /// The variable.
    pub variable: String,
    /// Its value, without a password.
    pub value: String,
}

impl HostFacts {
    /// What the host's own addresses look like.
    pub fn own_addresses(&self) -> OwnAddresses<'_> {
        OwnAddresses { domains: &self.domains, accounts: &self.conventions.accounts }
    }

    /// What has to be known of the host to read a policy.
    pub fn profile(&self) -> HostProfile {
        HostProfile::of(&self.conventions, &self.domains)
    }

    /// Does no one open requests here, and are signed reviews the only ones?
    pub fn is_without_requests(&self) -> bool {
        !self.took_part() || self.conventions.without_requests
    }

    /// The files that the settings of the repository name for what its CI runs, as far as they are
    /// seen.
    pub fn named_workflows(&self) -> &[Glob] {
        self.workflow_files.as_ref().and_then(Fact::value).map_or(&[], Vec::as_slice)
    }

    /// Did a host take part?
    pub fn took_part(&self) -> bool {
        self.kind != NO_HOST
    }

    /// The facts of a host that nobody asked, or that did not answer: every one is this gap.
    pub fn unseen(kind: &str, gap: &Gap) -> Self {
        HostFacts {
            kind: kind.to_string(),
            repository: None,
            asserted: None,
            conventions: HostConventions::github(),
            domains: Vec::new(),
            request: Fact::Gap(gap.clone()),
            branch: Fact::Gap(gap.clone()),
            protection: Fact::Gap(gap.clone()),
            administration: None,
            workflow_files: None,
            reviews: Fact::Gap(gap.clone()),
            base_changed: Fact::Gap(gap.clone()),
            attribution: Fact::Gap(gap.clone()),
            last_push: Fact::Gap(gap.clone()),
            content_push: Fact::Gap(gap.clone()),
            moves: Fact::Gap(gap.clone()),
            checks: Fact::Gap(gap.clone()),
            workflow_runs: no_runs(),
            co_authors: no_co_authors(),
            members: BTreeMap::new(),
            permissions: BTreeMap::new(),
            detours: Vec::new(),
        }
    }
}

fn no_runs() -> Fact<BTreeMap<CheckId, WorkflowRun>> {
    Fact::Known(BTreeMap::new())
}

fn no_co_authors() -> Fact<BTreeMap<String, Account>> {
    Fact::Known(BTreeMap::new())
}

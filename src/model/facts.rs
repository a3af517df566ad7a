//! Everything that was seen, for the judge.

use crate::model::change::{Change, Revision};
use crate::model::check::{Check, WorkflowRun};
use crate::model::evidence::EvidenceFacts;
use crate::model::fact::{Fact, Gap};
use crate::model::id::CheckId;
use crate::model::inquiry::Inquiry;
use crate::model::line_coverage::LineCoverage;
use crate::model::path::RepoPath;
use crate::model::person::{Account, Login, TeamName};
use crate::model::protection::{Branch, Protection};
use crate::model::review::{ChangeRequest, CommitAccounts, Move, Permission, Push, Review};
use crate::model::test_run::Report;
use std::collections::BTreeMap;

/// Where a policy stands in the repository that it speaks of.
pub const POLICY_PATH: &str = "portcullis.toml";

/// The answers to one [`Inquiry`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The moment of judgement: a decision that is taken again is taken at this moment. Every comparison with a date uses it.
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
}

/// Texts that steer the gate, before and after the change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateTexts {
    /// The policy at the base; `None` when there is none or it is kept elsewhere.
    pub policy_before: Option<String>,
    /// The policy as the change would leave it: that of the head if the change touches it, else that of the base;
    /// `None` when there is none or it is kept elsewhere.
    pub policy_after: Option<String>,
    /// The waivers at the base; `None` when there are none or the policy is kept elsewhere.
    pub waivers_before: Option<String>,
    /// The waivers as the change would leave them: those of the head if the change touches them, else those of the base; `None` when there are none or the policy is kept elsewhere.
    pub waivers_after: Option<String>,
    /// The allowed signers of waivers at the base; `None` when there are none or nobody asks.
    pub waiver_signers: Option<String>,
    /// CODEOWNERS at the base, from the first of GitHub's places that has one.
    pub code_owners: Option<GateText>,
}

/// A text and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateText {
    /// Its path.
    pub path: RepoPath,
    /// The text.
    pub text: String,
}

/// What a host says of the change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostFacts {
    /// The kind of host, `github`; `none` when no host was asked.
    pub kind: String,
    /// The repository as its host names it; on GitHub `owner/name`.
    pub repository: Option<String>,
    /// The domains of the host's own addresses: `github.com`, or the name of an Enterprise Server, in lower case. Empty in
    /// facts of an earlier form: then a no-reply address is an address like any other, and belongs to nobody we know.
    pub domains: Vec<String>,
    /// The change request.
    pub request: Fact<ChangeRequest>,
    /// The branch that would receive the change.
    pub branch: Fact<Branch>,
    /// What protects that branch.
    pub protection: Fact<Protection>,
    /// All reviews of the request, oldest first.
    pub reviews: Fact<Vec<Review>>,
    /// When the request was last turned to another base branch: reviews from before were given against another base. `None`: never.
    pub base_changed: Fact<Option<jiff::Timestamp>>,
    /// The accounts that commits are attributed to.
    pub attribution: Fact<BTreeMap<Revision, CommitAccounts>>,
    /// Who pushed the head.
    pub last_push: Fact<Push>,
    /// Who pushed what the head brings: the last push that brought more than clean merges of the base, see
    /// [`crate::model::change::Updates`]. The same as `last_push` where the head is no such merge.
    pub content_push: Fact<Push>,
    /// Everybody who moved the request's branch, as far back as something that they brought may be in the request. A gap
    /// in facts of an earlier form.
    pub moves: Fact<Vec<Move>>,
    /// Checks and statuses of the head.
    pub checks: Fact<Vec<Check>>,
    /// The workflow runs that check runs belong to, by the identifier of the check run. It is only asked where it matters: where a cancelled
    /// check may have been superseded. Otherwise, and in facts of an earlier form, there are none.
    pub workflow_runs: Fact<BTreeMap<CheckId, WorkflowRun>>,
    /// Whom the host attributes addresses of co-authors to, by the address in lower case. An address that is not here belongs to nobody
    /// that the host told of. In facts of an earlier form there are none.
    pub co_authors: Fact<BTreeMap<String, Account>>,
    /// The members of each team that was asked for.
    pub members: BTreeMap<TeamName, Fact<Vec<Account>>>,
    /// What each reviewer may do in the repository.
    pub permissions: BTreeMap<Login, Fact<Permission>>,
    /// What stood between the gate and the host, as far as the environment told. It is noted and decides nothing; facts that
    /// were gathered before it was looked at have none.
    pub detours: Vec<Detour>,
}

/// A setting of the environment that the answers of the host depend on: a proxy, other certificates, another
/// address, libraries that are loaded into the program.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Detour {
    /// The variable.
    pub variable: String,
    /// Its value, without a password.
    pub value: String,
}

impl HostFacts {
    /// The facts of a host that nobody asked, or that did not answer: every one is this gap.
    pub fn unseen(kind: &str, gap: &Gap) -> Self {
        HostFacts {
            kind: kind.to_string(),
            repository: None,
            domains: Vec::new(),
            request: Fact::Gap(gap.clone()),
            branch: Fact::Gap(gap.clone()),
            protection: Fact::Gap(gap.clone()),
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

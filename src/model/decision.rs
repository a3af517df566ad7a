//! What was decided, and every finding it rests on.

use crate::assertion::Assertion;
use crate::change::{BranchName, Revision};
use crate::digest::Digest;
use crate::id::RequestId;
use crate::path::RepoPath;

/// The outcome of one judgement, with the findings it follows from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The maximum over all findings.
    pub outcome: Outcome,
    /// What was judged.
    pub judged: Judged,
    /// By which policy; `None` when none could be seen.
    pub policy: Option<PolicyReference>,
    /// The data-processing areas that the change touches, with the rules that say so.
    pub areas: Vec<TouchedArea>,
    /// Everything that was found, worst first.
    pub findings: Vec<Finding>,
}

/// How a judgement ends. The order is the order of severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The change may land.
    Allow,
    /// We cannot tell. The change may not land.
    Undetermined,
    /// The change may not land.
    Block,
}

impl Outcome {
    /// The outcome of many findings is their maximum; notes decide nothing; of nothing follows
    /// nothing.
    pub fn of(findings: &[Finding]) -> Outcome {
        findings.iter().filter_map(|finding| finding.verdict.outcome()).max().unwrap_or(Outcome::Undetermined)
    }
}

/// What a control says of one subject. The order is the order of display, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It does not hold.
    Broken,
    /// It could not be seen whether it holds.
    Unproven,
    /// It does not hold, and somebody entitled to has let it pass.
    Waived,
    /// It holds or is not concerned, but a reviewer should look. Decides nothing.
    Noted,
    /// It holds.
    Met,
    /// A rule of the policy says that it need not hold here.
    Exempt,
}

impl Verdict {
    /// What follows from it; `None` for a note.
    pub fn outcome(self) -> Option<Outcome> {
        match self {
            Verdict::Broken => Some(Outcome::Block),
            Verdict::Unproven => Some(Outcome::Undetermined),
            Verdict::Waived | Verdict::Met | Verdict::Exempt => Some(Outcome::Allow),
            Verdict::Noted => None,
        }
    }
}

/// A control, its subject, what it says of it, why, and what to do.
///
/// The order of the fields is the order of sorting: worst first, then by control and subject.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// What it says.
    pub verdict: Verdict,
    /// The name of the control.
    pub control: String,
    /// What it speaks of.
    pub subject: Subject,
    /// Why, in one sentence. Text from outside is in it as it came: every renderer escapes.
    pub reason: String,
    /// What to do, in one imperative sentence; `None` when there is nothing to do.
    pub remedy: Option<String>,
    /// What it rests on, one sentence each: rejected approvals, offending actors, failing tests.
    pub details: Vec<String>,
    /// Where to look.
    pub place: Option<Place>,
}

/// What a finding speaks of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// What kind of thing.
    pub kind: SubjectKind,
    /// Which one.
    pub name: String,
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.kind.as_str(), self.name)
    }
}

/// Kinds of subjects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SubjectKind {
    /// A change, by its head.
    Change,
    /// A change request, as its host names it.
    Request,
    /// A branch and a requirement on it: `main: force-push`.
    Branch,
    /// A landing, by the tip that it left.
    Landing,
    /// A data-processing area.
    Area,
    /// A file.
    File,
    /// A test suite.
    Suite,
    /// A check.
    Check,
    /// The policy.
    Policy,
    /// Where something would be deployed.
    Environment,
    /// A waiver, by its id.
    Waiver,
}

impl SubjectKind {
    /// The word for people.
    pub fn as_str(self) -> &'static str {
        match self {
            SubjectKind::Change => "change",
            SubjectKind::Request => "request",
            SubjectKind::Branch => "branch",
            SubjectKind::Landing => "landing",
            SubjectKind::Area => "area",
            SubjectKind::File => "file",
            SubjectKind::Suite => "suite",
            SubjectKind::Check => "check",
            SubjectKind::Policy => "policy",
            SubjectKind::Environment => "environment",
            SubjectKind::Waiver => "waiver",
        }
    }
}

/// A place in the judged head.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file.
    pub path: RepoPath,
    /// The line, counted from 1.
    pub line: Option<u64>,
}

/// What was judged. A decision names one commit and speaks of no other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// The repository on its host, as `owner/name`.
    pub repository: Option<String>,
    /// Where it would be deployed; `None` for a change that is judged before it lands.
    pub environment: Option<String>,
    /// The change request; `None` for a batch.
    pub request: Option<RequestId>,
    /// The change requests of a batch, in the order in which they would land; none for anything
    /// else.
    pub requests: Vec<RequestId>,
    /// The title of the change request: text from outside.
    pub title: Option<String>,
    /// The branch that would receive the change.
    pub branch: Option<BranchName>,
    /// The tip of that branch.
    pub base: Option<Revision>,
    /// The tip of the change.
    pub head: Option<Revision>,
    /// How many commits it has.
    pub commits: Option<u64>,
    /// How many paths it changes.
    pub files: Option<u64>,
    /// Who states what the decision rests on, where it was not observed.
    pub asserted: Option<Assertion>,
}

/// Which policy was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyReference {
    /// The project it speaks of.
    pub project: String,
    /// The digest of its text.
    pub digest: Digest,
    /// Where the text came from.
    pub origin: PolicyOrigin,
    /// The house policy that it extends, where it does.
    pub house: Option<HouseReference>,
}

/// The house policy that a policy extends: where it is, and which text it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HouseReference {
    /// Its file.
    pub file: RepoPath,
    /// The digest of its text.
    pub digest: Digest,
    /// The repository that it comes from, and the commit there, where the policy names them.
    pub origin: Option<HouseOrigin>,
}

/// The repository that a house policy comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HouseOrigin {
    /// The repository, as `git fetch` names it.
    pub repository: String,
    /// The commit that holds the file.
    pub commit: Revision,
}

/// Where a policy's text came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyOrigin {
    /// It stands at the base commit of the change.
    Base,
    /// It was handed over by whoever ran the gate.
    Given,
}

/// A data-processing area that the change touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TouchedArea {
    /// The area.
    pub area: String,
    /// What it is for.
    pub purpose: String,
    /// Which rules say so: one for each file.
    pub touches: Vec<Touch>,
}

/// Why a file belongs to an area.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Touch {
    /// The file.
    pub path: RepoPath,
    /// The rule, as the policy writes it, and what it matched: ``path `db/**` ``, ``content
    /// `nominal_id` in an added line``.
    pub rule: String,
    /// The line of the policy that holds the rule.
    pub policy_line: u64,
    /// The line of the file where a content pattern matches first.
    pub line: Option<u64>,
}

impl Finding {
    /// The same with a remedy, which is a sentence.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(as_sentence(&remedy.into()));
        self
    }

    /// The same with what it rests on.
    #[must_use]
    pub fn details(mut self, details: Vec<String>) -> Self {
        self.details = details;
        self
    }

    /// The same with a place to look at.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }
}

/// With a capital at its beginning and a full stop at its end.
fn as_sentence(text: &str) -> String {
    let mut rest = text.chars();
    let first = rest.next().map(|first| first.to_ascii_uppercase());
    let stop = if text.is_empty() || text.ends_with(['.', '!', '?']) { "" } else { "." };
    first.into_iter().chain(rest).chain(stop.chars()).collect()
}

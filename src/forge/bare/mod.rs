//! A git server without a host: a bare repository with `portcullis hook` in it, or a clone of one.
//!
//! No API is asked. What is known comes from git itself, from the push log that the hook writes,
//! from the state of the hook, and from the allowed signers of the policy. The rest of the program
//! reads these and hands them in as a [`ServerView`]; this folder says what they mean.
//!
//! | fact | from |
//! | --- | --- |
//! | branch | git |
//! | request | target branch and head: `main@HEAD`, which is all that there is |
//! | reviews | signed reviews, which the program reads for every host |
//! | pushes | the push log, and the push that the hook is asked about |
//! | protection | the state of the hook; whoever has access to the server gets round it |
//! | accounts | the allowed signers: a person has one name |
//! | teams, checks, deployments | none |

use crate::WorkShare;
use crate::remedy::{HostRemedy, RemedyRequest};
use crate::{
    ChangeRequestHost, CheckFacts, Connection, Forge, HostError, HostKind, PushFacts, Question, ReviewFacts,
};
use jiff::Timestamp;
use portcullis_model::change::{BranchName, Commit, Revision};
use portcullis_model::deployment::HostDeployment;
use portcullis_model::environment::Environment;
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::host::{
    AccountConventions, CodeOwnersConventions, CodeOwnersDialect, HostConventions, ProtectionAdvice,
    TeamForm, compile_globs,
};
use portcullis_model::id::RequestId;
use portcullis_model::landing::BranchPush;
use portcullis_model::person::{Account, AccountKind, Login, TeamName};
use portcullis_model::protection::{Branch, Protection};
use portcullis_model::review::{ChangeRequest, CommitAccounts};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

mod guard;
mod pushes;
mod remedy;

pub use guard::{GITOLITE_PREFIX, GitoliteRight, GuardCheck, HOOK_CHECKS, SWITCHED_OFF, ServerGuard};
pub use pushes::{LoggedPush, PushedRef};

/// A server without a host among the hosts.
pub static KIND: HostKind = HostKind {
    name: "bare",
    about: "A git server without a host, or a clone of it: the hook's push log and signed reviews",
    default_api: None,
    api_variable: "",
    token_variables: &[],
    conventions,
    repository_form: "DIR",
    request_id: |text| BareRequestId::read(text).map(|id| id.name()),
    settles: crate::settled::never,
    open: |repository, _: Connection| Ok::<Box<dyn Forge>, HostError>(Box::new(unopened(repository))),
    fleet: None,
};

/// What is known of a server, on it or in a clone of it.
pub trait ServerView {
    /// The name of the repository, for people.
    fn name(&self) -> String;

    /// The tip of a branch on the server; `None` where it has no such branch.
    fn tip(&self, branch: &BranchName) -> Fact<Option<Revision>>;

    /// A commit, from git.
    fn commit(&self, commit: &Revision) -> Fact<Commit>;

    /// The commits that approvals for a branch name, whatever became of them.
    fn approved(&self, branch: &BranchName) -> Fact<Vec<Revision>>;

    /// Does a commit reach another one?
    fn reaches(&self, tip: &Revision, one: &Revision) -> Fact<bool>;

    /// Is what landed between two commits of a branch what a head gives, and nothing else?
    fn explains(&self, before: &Revision, after: &Revision, head: &Revision) -> bool;

    /// Hands the pushes that the server took to a reader, newest first, until the reader has seen
    /// enough (`false`).
    ///
    /// # Errors
    /// The log cannot be read, or ends before its beginning.
    fn each_push(&self, reader: &mut dyn FnMut(&LoggedPush) -> bool) -> Result<(), Gap>;

    /// The pushes of a head that another log of the server has, newest first: of the time before
    /// the hook wrote its own.
    fn earlier_pushes(&self, _head: &Revision) -> Vec<LoggedPush> {
        Vec::new()
    }

    /// The one name of the person that an address or a name belongs to; `None` where the allowed
    /// signers do not have it.
    fn person(&self, name: &str) -> Option<String>;

    /// The state of the hooks and settings that protect the server.
    fn guard(&self) -> Fact<ServerGuard>;

    /// How many approvals the hook demands of what lands on a branch: by the policy there.
    fn approvals(&self, branch: &BranchName) -> Fact<u64>;
}

/// A repository on a server without a host.
pub struct BareServer<V> {
    view: V,
}

impl<V: ServerView> BareServer<V> {
    /// The server that is seen so.
    pub fn over(view: V) -> Self {
        BareServer { view }
    }
}

/// What stands for a request where no one opens any: the branch that would receive the change, and
/// its head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BareRequestId {
    /// The branch.
    pub target: BranchName,
    /// The head.
    pub head: Revision,
}

impl BareRequestId {
    /// Reads `BRANCH@HEAD`, with all digits of the head.
    pub fn read(text: &str) -> Option<Self> {
        let (target, head) = text.rsplit_once('@').filter(|(target, _)| !target.is_empty())?;
        Some(BareRequestId { target: BranchName::new(target), head: head.to_string().try_into().ok()? })
    }

    /// The id as other hosts have one.
    pub fn name(&self) -> RequestId {
        RequestId::Name(format!("{}@{}", self.target, self.head))
    }
}

/// A server that no one has looked at: the program hands in a view of it wherever it asks one.
fn unopened(repository: &str) -> BareServer<Unopened> {
    BareServer::over(Unopened(repository.to_string()))
}

struct Unopened(String);

impl Unopened {
    fn gap(&self) -> Gap {
        let remedy = "Run `portcullis check --host bare` in the repository, or in a clone of it.";
        Gap::not_asked(format!("the repository {}", self.0), remedy)
    }
}

impl ServerView for Unopened {
    fn name(&self) -> String {
        self.0.clone()
    }

    fn tip(&self, _: &BranchName) -> Fact<Option<Revision>> {
        Fact::Gap(self.gap())
    }

    fn commit(&self, _: &Revision) -> Fact<Commit> {
        Fact::Gap(self.gap())
    }

    fn approved(&self, _: &BranchName) -> Fact<Vec<Revision>> {
        Fact::Gap(self.gap())
    }

    fn reaches(&self, _: &Revision, _: &Revision) -> Fact<bool> {
        Fact::Gap(self.gap())
    }

    fn explains(&self, _: &Revision, _: &Revision, _: &Revision) -> bool {
        false
    }

    fn each_push(&self, _: &mut dyn FnMut(&LoggedPush) -> bool) -> Result<(), Gap> {
        Err(self.gap())
    }

    fn person(&self, _: &str) -> Option<String> {
        None
    }

    fn guard(&self) -> Fact<ServerGuard> {
        Fact::Gap(self.gap())
    }

    fn approvals(&self, _: &BranchName) -> Fact<u64> {
        Fact::Gap(self.gap())
    }
}

static CONVENTIONS: LazyLock<Arc<HostConventions>> = LazyLock::new(|| {
    Arc::new(HostConventions {
        teams: TeamForm::Text,
        name: "the git server".to_string(),
        // The hook, and what its settings could be changed by, are on the server and in no commit.
        workflow_files: Vec::new(),
        code_owners: CodeOwnersConventions {
            places: compile_globs(&[".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"]),
            dialect: CodeOwnersDialect::Github,
        },
        accounts: AccountConventions {
            no_reply: None,
            web_committer: None,
            application_suffix: None,
            administrator_role: None,
        },
        advice: hook_advice(),
        without_requests: true,
    })
});

fn conventions() -> Arc<HostConventions> {
    Arc::clone(&CONVENTIONS)
}

fn hook_advice() -> ProtectionAdvice {
    let hook = "run `portcullis hook install` for {branch}";
    let rules = ["change-request", "approvals", "dismiss-stale", "no-force-push", "no-deletion"];
    ProtectionAdvice {
        rules: rules.map(|rule| (rule.to_string(), hook.to_string())).into(),
        place: "in the repository on the server".to_string(),
    }
}

/// The account of a name that the allowed signers or the server give.
pub fn account_of(name: &str) -> Account {
    Account { login: Login::new(name), id: name.to_string().into(), kind: AccountKind::Human }
}

impl<V: ServerView> BareServer<V> {
    /// The account that an address or a name belongs to.
    fn known_account(&self, name: &str) -> Option<Account> {
        self.view.person(name).map(|person| account_of(&person))
    }

    fn attribution(&self, commits: &[Commit]) -> BTreeMap<Revision, CommitAccounts> {
        let accounts = |commit: &Commit| CommitAccounts {
            author: self.known_account(&commit.author.email),
            committer: self.known_account(&commit.committer.email),
        };
        commits.iter().map(|commit| (commit.id.clone(), accounts(commit))).collect()
    }

    fn co_authors(&self, commits: &[Commit]) -> BTreeMap<String, Account> {
        let addresses = commits.iter().flat_map(|commit| &commit.co_authors).map(|mailbox| &mailbox.email);
        addresses.filter_map(|email| Some((email.to_ascii_lowercase(), self.known_account(email)?))).collect()
    }

    fn find_request(&self, id: &RequestId) -> Result<ChangeRequest, Gap> {
        let text = id.to_string();
        let Some(BareRequestId { target, head }) = BareRequestId::read(&text) else {
            let remedy = "Name the branch and the head: `--onto BRANCH --head REV`.";
            return Err(Gap::new(
                format!("request {text}"),
                GapReason::Unsupported,
                "a server without a host knows a change by `BRANCH@HEAD`",
                remedy,
            ));
        };
        let commit = self.view.commit(&head);
        let commit = commit.known()?;
        Ok(ChangeRequest {
            id: id.clone(),
            title: commit.subject.clone(),
            // No one opens a request here: who wrote and who pushed is all that counts.
            author: None,
            open: true,
            merged: None,
            base_branch: target,
            head,
            head_branch: None,
            head_repository: None,
        })
    }
}

impl<V: ServerView> Forge for BareServer<V> {
    fn kind(&self) -> &'static str {
        KIND.name
    }

    fn repository(&self) -> String {
        self.view.name()
    }

    fn domains(&self) -> &[String] {
        &[]
    }

    fn conventions(&self) -> Arc<HostConventions> {
        conventions()
    }

    fn request(&self, id: &RequestId) -> Box<dyn ChangeRequestHost + '_> {
        Box::new(BareRequest { server: self, id: id.clone() })
    }

    fn branch(&self, name: &BranchName) -> Fact<Branch> {
        let guard = self.view.guard();
        let read = || {
            let tip = self.view.tip(name).known()?.clone().ok_or_else(|| no_branch(name))?;
            // Where it was not seen what protects it, something may.
            let protected = guard
                .value()
                .is_none_or(|guard| !guard.protection(name, &Fact::Known(0)).requirements.is_empty());
            Ok(Branch { name: name.clone(), tip, protected })
        };
        Fact::from(read())
    }

    fn landed(&self, commit: &Revision, branch: &BranchName) -> Fact<BTreeSet<RequestId>> {
        self.heads_of(commit, branch).into()
    }

    fn branch_pushes(&self, branch: &BranchName, back_to: &[Revision]) -> Fact<Vec<BranchPush>> {
        self.pushes_of(branch, back_to).into()
    }

    fn deployed(&self, _: &str) -> Fact<Option<HostDeployment>> {
        Fact::Known(None)
    }

    fn deployments(&self, _: &str, _: (Timestamp, Timestamp), _: WorkShare) -> Fact<Vec<HostDeployment>> {
        Fact::Known(Vec::new())
    }

    fn deployed_elsewhere(&self, _: &str, _: &[Environment]) -> Fact<Vec<(String, HostDeployment)>> {
        Fact::Known(Vec::new())
    }

    fn protection(&self, question: &Question<'_>) -> Fact<Protection> {
        let guard = self.view.guard();
        let named = question.branch.value().map(|branch| branch.name.clone());
        let meant = || question.request.value().map(|request| request.base_branch.clone());
        let branch = named.or_else(meant).unwrap_or_else(|| BranchName::new(""));
        guard.known().map(|guard| guard.protection(&branch, &self.view.approvals(&branch))).into()
    }

    fn remedy(&self, request: &RemedyRequest<'_>) -> Result<HostRemedy, Gap> {
        Ok(remedy::write_remedy(request))
    }

    fn checks(&self, _: &Revision) -> CheckFacts {
        CheckFacts { checks: Fact::Known(Vec::new()), workflow_runs: Fact::Known(BTreeMap::new()) }
    }

    fn members(&self, team: &TeamName) -> Fact<Vec<Account>> {
        Fact::Gap(Gap::new(
            format!("the members of team {team}"),
            GapReason::Unsupported,
            "a server without a host has no teams",
            "Name the people in the role of the policy: `users = [\"…\"]`.",
        ))
    }
}

fn no_branch(name: &BranchName) -> Gap {
    let detail = "the server has no such branch, as far as this repository knows";
    let remedy = "Fetch it (`git fetch origin`), and name the branch as the server has it.";
    Gap::new(format!("branch {name}"), GapReason::MissingObject, detail, remedy)
}

/// One change.
struct BareRequest<'s, V> {
    server: &'s BareServer<V>,
    id: RequestId,
}

impl<V: ServerView> ChangeRequestHost for BareRequest<'_, V> {
    fn change_request(&self) -> Fact<ChangeRequest> {
        self.server.find_request(&self.id).into()
    }

    fn head_reference(&self) -> Option<String> {
        None
    }

    fn reviews(&self, commits: &[Commit]) -> ReviewFacts {
        ReviewFacts {
            // Signed reviews are read for every host, beside those of the host.
            reviews: Fact::Known(Vec::new()),
            permissions: BTreeMap::new(),
            // A review names the branch that it is for.
            base_changed: Fact::Known(None),
            attribution: Fact::Known(self.server.attribution(commits)),
            co_authors: Fact::Known(self.server.co_authors(commits)),
        }
    }

    fn pushes(&self, question: &Question<'_>) -> PushFacts {
        self.server.push_facts(question)
    }
}

//! A change request in words that every host has, and the made-up hosts that can show it.
//!
//! A [`Scene`] is a project with one change request, and what protects its branch. A [`FakeHost`]
//! renders it in the form of one kind of host. The demonstration and the conformance suite are
//! written against scenes, so that each case means the same on every host.

use crate::answer_faults::AnswerFault;
use crate::bare::BareShow;
use crate::gitea::{ForgejoShow, GiteaShow};
use crate::gitlab::scene::GitLab;
use crate::history::Edit;
use crate::server::Site;
use crate::stage::Stage;
use crate::world::github::GitHub;
use anyhow::Result;
use portcullis_forge::Connection;
use portcullis_forge::http::transport::{Request, Response, Transport, TransportError};
use portcullis_model::person::Account;
use portcullis_model::protection::{ActorKind, Bypass, BypassMode, Rule};
use portcullis_model::review::Permission;
use std::time::Duration;
use tempfile::TempDir;

/// Every made-up host, sorted by kind.
pub static HOSTS: &[&dyn FakeHost] = &[&BareShow, &ForgejoShow, &GiteaShow, &GitHub, &GitLab];

/// A project, its change request, and what protects the branch.
pub struct Scene {
    /// The repository and the neutral state of its host. Protection in its world is not used.
    pub stage: Stage,
    /// The policy at the base.
    pub policy: &'static str,
    /// What protects the branch that would receive the change.
    pub protection: BranchProtection,
    /// What the host does not show, in order.
    pub faults: Vec<(Part, Fault)>,
}

/// What protects a branch, as every host can say it.
#[derive(Clone, Debug)]
pub struct BranchProtection {
    /// What is required; empty: the branch is not protected.
    pub rules: Vec<Rule>,
    /// Who may bypass it; `None`: the host does not show this token who may.
    pub bypass: Option<Vec<Bypass>>,
}

/// A part of what a host knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The change request itself.
    Request,
    /// The branch that would receive it, and its tip.
    Branch,
    /// The reviews of the request.
    Reviews,
    /// What else happened to the request: other base branches, withdrawn reviews.
    RequestHistory,
    /// Who moved the branch of the request.
    Pushes,
    /// The accounts that commits are attributed to.
    Attribution,
    /// What reviewers may do.
    Permissions,
    /// The members of teams.
    Teams,
    /// What protects the branch.
    Protection,
    /// The checks of the head.
    Checks,
}

impl Part {
    /// Every part.
    pub const ALL: [Part; 10] = [
        Part::Request,
        Part::Branch,
        Part::Reviews,
        Part::RequestHistory,
        Part::Pushes,
        Part::Attribution,
        Part::Permissions,
        Part::Teams,
        Part::Protection,
        Part::Checks,
    ];
}

/// A way in which a part is not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Every request for it is answered with this status.
    Refused(u16),
    /// The answer is not what the host documents.
    Garbled,
    /// The list ends after its first item, although it says that there are more.
    Cut,
}

/// Where a scene is shown.
pub enum Shown {
    /// By the API of a host.
    Site(Box<dyn Site>),
    /// In the repository of the stage itself, as a clone of the repository on a server, which is in
    /// this directory.
    Clone(TempDir),
}

impl Shown {
    /// The way to the host, without a network.
    pub fn connection(self) -> Connection {
        match self {
            Shown::Site(site) => {
                let site = InMemory::new(site);
                Connection::to(site.address(), Box::new(site))
            }
            Shown::Clone(_) => Connection::to(String::new(), Box::new(NoHost)),
        }
    }
}

impl Fault {
    /// The fault of each answer about the part; `refusal` is what the host says when it refuses.
    pub fn of_answer(&self, refusal: &str) -> AnswerFault {
        match self {
            Fault::Refused(status) => AnswerFault::Refuse(*status, refusal.to_string()),
            Fault::Garbled => AnswerFault::Text("<html>Sign in</html>".to_string()),
            Fault::Cut => AnswerFault::StopAfter(1),
        }
    }
}

/// A kind of host that can be made up.
pub trait FakeHost: Sync {
    /// The name of the kind of host, as on the command line.
    fn kind(&self) -> &'static str;

    /// The demonstration's policy, with who writes the check `regression` as this kind of host
    /// names it.
    fn policy(&self) -> &'static str;

    /// CODEOWNERS and what defines the gate's job, where this kind of host looks for them.
    fn gate_files(&self) -> Vec<Edit<'static>>;

    /// Shows the scene. A check that the app `github-actions` wrote is one by the host's own CI
    /// system.
    ///
    /// # Errors
    /// Whatever git or the file system says, where the scene is shown there.
    fn show(&self, scene: &Scene) -> Result<Shown>;

    /// How the request is named on the command line.
    fn request(&self, scene: &Scene) -> String {
        scene.stage.world.request.id.to_string()
    }

    /// What this kind of host does not have, so that it cannot withhold it either.
    fn lacks(&self) -> &'static [Part] {
        &[]
    }
}

/// The made-up host of this kind.
pub fn find_host(kind: &str) -> Option<&'static dyn FakeHost> {
    HOSTS.iter().find(|host| host.kind() == kind).copied()
}

impl Scene {
    /// The honest change on a host of this kind, see [`Stage::honest`].
    ///
    /// # Errors
    /// Whatever git or the file system says.
    pub fn honest(host: &dyn FakeHost) -> Result<Scene> {
        let policy = host.policy();
        let mut files = host.gate_files();
        files.extend([
            Edit::Write("portcullis.toml", policy),
            Edit::Write("README.md", "# Record upload\n"),
            Edit::Write("docs/guide.md", "How to upload records.\n"),
            Edit::Write("services/upload/load.sql", "INSERT INTO records SELECT * FROM staging;\n"),
            Edit::Write("tests/upload/load_test.sql", "SELECT count(*) FROM records;\n"),
        ]);
        let stage = Stage::with(&files)?;
        Ok(Scene { stage, policy, protection: BranchProtection::strict(), faults: Vec::new() })
    }

    /// The same with a fault.
    pub fn hide(&mut self, part: Part, fault: Fault) {
        self.faults.push((part, fault));
    }

    /// Lets an account write to the repository.
    pub fn permit(&mut self, account: &Account, permission: Permission) {
        self.stage.world.permissions.retain(|(known, _)| known != account);
        self.stage.world.permissions.push((account.clone(), permission));
    }
}

impl BranchProtection {
    /// Everything that the demonstration's policy requires, with no way round it.
    pub fn strict() -> BranchProtection {
        let rules = vec![
            Rule::ChangeRequest,
            Rule::Approvals(2),
            Rule::DismissStale,
            Rule::NoForcePush,
            Rule::NoDeletion,
        ];
        BranchProtection { rules, bypass: Some(Vec::new()) }
    }

    /// The same without one rule, whatever it holds.
    pub fn drop_rule(&mut self, name: &str) {
        self.rules.retain(|rule| rule.name() != name);
    }

    /// Lets a person bypass everything.
    pub fn let_bypass(&mut self, account: &Account) {
        let bypass = Bypass {
            kind: ActorKind::User,
            id: Some(account.id.to_string().into()),
            name: Some(account.login.to_string()),
            mode: BypassMode::Always,
        };
        self.bypass.get_or_insert_default().push(bypass);
    }
}

/// A host that is asked without a network.
pub struct InMemory {
    address: String,
    site: Box<dyn Site>,
}

impl InMemory {
    /// A host at an address that nothing else has.
    pub fn new(mut site: Box<dyn Site>) -> InMemory {
        let address = "https://api.host.example.test".to_string();
        site.move_to(&address);
        InMemory { address, site }
    }

    /// The address of its API.
    pub fn address(&self) -> String {
        self.address.clone()
    }
}

impl Transport for InMemory {
    fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let method = if request.body.is_some() { "POST" } else { "GET" };
        let path = request
            .url
            .strip_prefix(&self.address)
            .ok_or_else(|| TransportError(format!("no host answers at {}", request.url)))?;
        let authorization = request.headers.iter().find(|(name, _)| name == "authorization");
        Ok(self.site.answer(method, path, authorization.map(|(_, value)| value.as_str())))
    }

    /// Nothing here takes time.
    fn wait(&self, _: Duration) {}
}

/// What answers where there is nothing to ask.
struct NoHost;

impl Transport for NoHost {
    fn send(&self, request: &Request) -> Result<Response, TransportError> {
        Err(TransportError(format!("no host answers at {}", request.url)))
    }

    fn wait(&self, _: Duration) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_hosts_are_found_by_kind() {
        assert!(HOSTS.is_sorted_by(|a, b| a.kind() < b.kind()));
        assert!(HOSTS.iter().all(|host| find_host(host.kind()).is_some()));
        assert!(find_host("sourcebin").is_none());
    }
}

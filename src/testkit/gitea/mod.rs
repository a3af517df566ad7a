//! A Gitea or Forgejo in memory: what a [`World`] holds, in the form that these hosts document.
//!
//! A [`GiteaHost`] is a world with the settings that only these hosts have: rules of branches, and
//! how the timeline of a request tells of pushes. What it withholds or garbles is an
//! [`AnswerFault`] of one [`GiteaEndpoint`].

use crate::answer_faults::AnswerFault;
use crate::server::Site;
use crate::world::World;
use jiff::Timestamp;
use portcullis_forge::http::transport::Response;
use portcullis_model::change::Revision;
use portcullis_model::id::ReviewId;
use portcullis_model::person::Account;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

mod bodies;
pub mod fleet;
pub mod forge;
mod routes;
mod rules;
mod show;
mod timeline;

pub use rules::GiteaRule;
pub use show::{ForgejoShow, GiteaShow};

/// Which of the two hosts it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Software {
    /// Gitea.
    Gitea,
    /// Forgejo.
    Forgejo,
}

/// A push, as an entry of the timeline tells it.
#[derive(Clone, Debug)]
pub struct GiteaPush {
    /// Who pushed; `None` when the account is gone.
    pub actor: Option<Account>,
    /// When.
    pub at: Timestamp,
    /// The text of the entry: JSON on the servers of today.
    pub body: String,
}

/// A repository on a Gitea or Forgejo, with one change request.
#[derive(Clone, Debug)]
pub struct GiteaHost {
    /// Which of the two it is.
    pub software: Software,
    /// The neutral state. Classic protection and rulesets, which only GitHub has, are not used.
    pub world: World,
    /// The rules of its branches, in the order of the list.
    pub rules: Vec<GiteaRule>,
    /// Does the token belong to an administrator of the repository?
    pub is_administrator: bool,
    /// When reviews were begun, where they were submitted later.
    pub begun: BTreeMap<ReviewId, Timestamp>,
    /// Reviews that others have not submitted: they are counted, and not shown.
    pub hidden_reviews: usize,
    /// The pushes that the timeline tells of; `None`: those of the world's activity, as older
    /// servers tell them.
    pub pushes: Option<Vec<GiteaPush>>,
    /// The commits between two others, where the server compares them.
    pub comparisons: Vec<(String, Vec<Revision>)>,
    /// The tip of the request's branch, where it has moved since the request landed.
    pub moved_on: Option<Revision>,
    /// The commit that the request landed as.
    pub landed_as: Option<Revision>,
    /// The longest page that the server gives.
    pub longest_page: usize,
    /// Does it count the items of lists?
    pub counts: bool,
    /// What it withholds or garbles, in order.
    pub faults: Vec<(GiteaEndpoint, AnswerFault)>,
    /// Fields that each rule has in another form than usual.
    pub rule_fields: Map<String, Value>,
}

/// The answers that such a host can give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GiteaEndpoint {
    /// `repos/O/R/pulls/N`
    Request,
    /// `repos/O/R/git/refs/pull/N/head`
    Reference,
    /// `repos/O/R/branches/B`
    Branch,
    /// `repos/O/R/branch_protections`
    Rules,
    /// `repos/O/R/pulls/N/reviews`
    Reviews,
    /// `repos/O/R/issues/N/timeline`
    Timeline,
    /// `repos/O/R/pulls/N/commits`
    RequestCommits,
    /// `repos/O/R/git/commits/SHA`
    Commit,
    /// `repos/O/R/compare/A...B`
    Comparison,
    /// `repos/O/R/collaborators/LOGIN/permission`
    Permission,
    /// `orgs/O`
    Organisation,
    /// `orgs/O/teams/search`
    Teams,
    /// `teams/ID/members`
    Members,
    /// `repos/O/R/statuses/SHA`
    Statuses,
    /// `repos/O/R/commits/SHA/pull`
    Landed,
}

impl GiteaEndpoint {
    /// Every endpoint that a merge gate asks.
    pub const ALL: [GiteaEndpoint; 10] = [
        GiteaEndpoint::Request,
        GiteaEndpoint::Branch,
        GiteaEndpoint::Rules,
        GiteaEndpoint::Reviews,
        GiteaEndpoint::Timeline,
        GiteaEndpoint::RequestCommits,
        GiteaEndpoint::Permission,
        GiteaEndpoint::Teams,
        GiteaEndpoint::Members,
        GiteaEndpoint::Statuses,
    ];
}

impl GiteaHost {
    /// A host with a strict rule for the branch.
    pub fn new(software: Software, world: World) -> GiteaHost {
        GiteaHost {
            software,
            rules: vec![GiteaRule::strict(world.branch.name.as_str())],
            world,
            is_administrator: true,
            begun: BTreeMap::new(),
            hidden_reviews: 0,
            pushes: None,
            comparisons: Vec::new(),
            moved_on: None,
            landed_as: None,
            longest_page: 50,
            counts: true,
            faults: Vec::new(),
            rule_fields: Map::new(),
        }
    }

    /// The same with a fault in an answer.
    #[must_use]
    pub fn with_fault(mut self, endpoint: GiteaEndpoint, fault: AnswerFault) -> GiteaHost {
        self.faults.push((endpoint, fault));
        self
    }

    /// The address of the server, above that of its API.
    fn root(&self) -> &str {
        self.world.address.strip_suffix("/api/v1").unwrap_or(&self.world.address)
    }
}

impl Site for GiteaHost {
    fn move_to(&mut self, address: &str) {
        self.world.address = address.to_string();
    }

    fn answer(&self, method: &str, path: &str, authorization: Option<&str>) -> Response {
        self.answer_request(method, path, authorization)
    }
}

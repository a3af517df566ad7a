//! Waivers: a finding that somebody entitled to has let pass, for a reason and a time.
//!
//! Nothing here reads a clock. Whether a waiver is in force is asked with the moment of judgement,
//! which is a fact.

use crate::change::Revision;
use crate::id::RequestId;
use crate::person::Login;
use jiff::Timestamp;
use portcullis_pattern::fold::is_invisible;
use std::collections::BTreeSet;

/// Where the waivers of a project stand in its repository.
pub const PATH: &str = "portcullis-waivers.toml";

/// What a waiver and a rollback have in common: one person asked for it, and another one granted it
/// for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The id, unique in the file of waivers and rollbacks.
    pub id: String,
    /// Why it is needed: text for people.
    pub reason: String,
    /// Where the request for it is kept, such as the number of a ticket.
    pub ticket: String,
    /// The account that asked for it.
    pub requester: Login,
    /// The account of another person, who granted it.
    pub approver: Login,
    /// The first moment at which it is in force.
    pub created: Timestamp,
    /// The first moment at which it is no longer in force.
    pub expires: Timestamp,
    /// The approver's detached signature of its [`Approved::statement`], armoured and not yet
    /// verified.
    pub signature: Option<String>,
}

/// A waiver that passed the checks of the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    /// Who granted it, why and for how long.
    pub grant: Grant,
    /// Which findings it covers.
    pub scope: Scope,
    /// Set when it was granted in an emergency, before anyone could look closely.
    pub emergency: Option<Emergency>,
}

/// What a waiver covers. Whatever is named narrows it: a finding has to fit all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The control.
    pub control: String,
    /// A data-processing area.
    pub area: Option<String>,
    /// Commits.
    pub commits: Option<BTreeSet<Revision>>,
    /// Change requests, by number.
    pub requests: Option<BTreeSet<u64>>,
    /// Where something would be deployed.
    pub environment: Option<String>,
}

/// The look after the fact that an emergency owes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emergency {
    /// From when it is overdue.
    pub due: Timestamp,
    /// Who looked and when, once somebody has.
    pub review: Option<(Login, Timestamp)>,
}

/// How a waiver stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It does not count yet.
    NotYet,
    /// It counts.
    InForce,
    /// It no longer counts.
    Expired,
    /// It is an emergency that nobody has looked at in time: it does not count until somebody has.
    Overdue,
}

/// A granted rollback: the permission to deploy an earlier commit again. It also settles which
/// commit to go by where the records or the host say that `from` is deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollback {
    /// Who granted it, why and for how long.
    pub grant: Grant,
    /// The environment to which the earlier commit is deployed.
    pub environment: String,
    /// The commit that is deployed now.
    pub from: Revision,
    /// The earlier commit that is deployed instead.
    pub to: Revision,
}

/// A waiver or a rollback: its approver may sign it.
pub trait Approved {
    /// Who granted it, why and for how long.
    fn grant(&self) -> &Grant;

    /// What its approver signs: everything that it says and whose project it is for. Each value
    /// stands on its own line, text in the quotes of JSON, so that no two have the same statement.
    fn statement(&self, project: &str) -> String;
}

/// What a finding speaks of, as far as waivers look at it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// The head of the change; the tip that a landing left, and the heads of the requests that
    /// brought it; or the candidate of a deployment.
    pub commits: Vec<Revision>,
    /// The change request.
    pub request: Option<RequestId>,
    /// The one data-processing area that it speaks of; `None` when it may speak of something else
    /// as well.
    pub area: Option<String>,
    /// Where the change would be deployed.
    pub environment: Option<String>,
}

impl Approved for Waiver {
    fn grant(&self) -> &Grant {
        &self.grant
    }

    /// The review of an emergency may come later, and is left out.
    fn statement(&self, project: &str) -> String {
        let Waiver { grant, scope, emergency } = self;
        let Grant { id, reason, ticket, requester, approver, created, expires, .. } = grant;
        let mut lines = vec!["portcullis waiver 1".to_string()];
        let mut say = |key: &str, value: String| lines.push(format!("{key}: {value}"));
        say("project", quote_text(project));
        say("id", quote_text(id));
        say("control", quote_text(&scope.control));
        scope.area.iter().for_each(|area| say("area", quote_text(area)));
        scope.commits.iter().flatten().for_each(|commit| say("commit", commit.to_string()));
        scope.requests.iter().flatten().for_each(|request| say("request", request.to_string()));
        scope.environment.iter().for_each(|name| say("environment", quote_text(name)));
        say("reason", quote_text(reason));
        say("ticket", quote_text(ticket));
        say("requester", quote_text(requester.as_str()));
        say("approver", quote_text(approver.as_str()));
        say("created", created.to_string());
        say("expires", expires.to_string());
        emergency.iter().for_each(|emergency| say("emergency, review due", emergency.due.to_string()));
        lines.push(String::new());
        lines.join("\n")
    }
}

impl Approved for Rollback {
    fn grant(&self) -> &Grant {
        &self.grant
    }

    fn statement(&self, project: &str) -> String {
        let Rollback { grant, environment, from, to } = self;
        let Grant { id, reason, ticket, requester, approver, created, expires, .. } = grant;
        let lines = [
            "portcullis rollback 1".to_string(),
            format!("project: {}", quote_text(project)),
            format!("id: {}", quote_text(id)),
            format!("environment: {}", quote_text(environment)),
            format!("from: {from}"),
            format!("to: {to}"),
            format!("reason: {}", quote_text(reason)),
            format!("ticket: {}", quote_text(ticket)),
            format!("requester: {}", quote_text(requester.as_str())),
            format!("approver: {}", quote_text(approver.as_str())),
            format!("created: {created}"),
            format!("expires: {expires}"),
            String::new(),
        ];
        lines.join("\n")
    }
}

impl Waiver {
    /// How it stands at this moment.
    pub fn standing(&self, moment: Timestamp) -> Standing {
        if self.is_overdue(moment) {
            Standing::Overdue
        } else if moment < self.grant.created {
            Standing::NotYet
        } else if moment < self.grant.expires {
            Standing::InForce
        } else {
            Standing::Expired
        }
    }

    /// Does it owe a review that nobody has given by this moment?
    pub fn owes_review(&self, moment: Timestamp) -> bool {
        let given = |(_, at): &(Login, Timestamp)| *at <= moment;
        self.emergency.as_ref().is_some_and(|emergency| !emergency.review.as_ref().is_some_and(given))
    }

    fn is_overdue(&self, moment: Timestamp) -> bool {
        self.owes_review(moment) && self.emergency.as_ref().is_some_and(|emergency| emergency.due <= moment)
    }
}

/// Text on one line, in quotes, and nothing in it that cannot be seen: what is signed is what was
/// read.
fn quote_text(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    let shown = |c: char| {
        let mut units = [0; 2];
        let units = c.encode_utf16(&mut units).iter();
        units.map(|unit| format!("\\u{unit:04x}")).collect::<String>()
    };
    quoted.chars().map(|c| if is_invisible(c) || c.is_control() { shown(c) } else { c.to_string() }).collect()
}

impl Scope {
    /// Does it cover a finding of this control that speaks of this?
    pub fn covers(&self, control: &str, about: &About) -> bool {
        let commit =
            |commits: &BTreeSet<Revision>| about.commits.iter().any(|commit| commits.contains(commit));
        let request = |requests: &BTreeSet<u64>| {
            about
                .request
                .as_ref()
                .and_then(RequestId::number)
                .is_some_and(|number| requests.contains(&number))
        };
        self.control == control
            && self.area.as_ref().is_none_or(|area| about.area.as_ref() == Some(area))
            && self.commits.as_ref().is_none_or(commit)
            && self.requests.as_ref().is_none_or(request)
            && self.environment.as_ref().is_none_or(|name| about.environment.as_ref() == Some(name))
    }
}

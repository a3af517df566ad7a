//! The reading plan for a request itself.

use super::Gitea;
use super::translate::{account, branch_name, unknown_word};
use super::wire;
use crate::http::gaps::{contradiction, malformed};
use portcullis_model::change::Revision;
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::id::RequestId;
use portcullis_model::review::ChangeRequest;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// One pull request.
pub(super) struct GiteaRequest<'g> {
    pub host: &'g Gitea,
    pub id: RequestId,
    /// The names that the repository is known by: the one that was asked for, and the one that the
    /// host answered with.
    pub names: RefCell<BTreeSet<String>>,
    /// What happened to the request, once it was read.
    pub timeline: RefCell<Option<Result<Vec<wire::TimelineEntry>, Gap>>>,
}

impl<'g> GiteaRequest<'g> {
    pub fn new(host: &'g Gitea, id: &RequestId) -> GiteaRequest<'g> {
        let names = RefCell::new([host.repository.to_string()].into());
        GiteaRequest { host, id: id.clone(), names, timeline: RefCell::default() }
    }

    /// The request, with the head that landed if it has.
    pub fn request_fact(&self) -> Result<ChangeRequest, Gap> {
        let number = self.id.to_string();
        let what = format!("request {number}");
        let reply = self.host.look(&what, &self.host.at(&["pulls", &number]))?;
        let pull: wire::PullRequest = reply.read(&what).map_err(super::style::name_scope)?;
        let name = self.repository_of(&what, reply.moved, &pull.base)?;
        self.names.borrow_mut().insert(name);
        if RequestId::from(pull.number) != self.id {
            return Err(contradiction(&what, format!("the host answered with request {}", pull.number)));
        }
        if pull.merged != pull.merged_at.is_some() {
            return Err(contradiction(&what, "the host does not say plainly whether it has landed"));
        }
        let head = match pull.merged {
            true => self.landed_head(&what, &number)?,
            false => self.host.revision(&what, &pull.head.sha)?,
        };
        self.translate(&what, pull, head)
    }

    fn translate(&self, what: &str, pull: wire::PullRequest, head: Revision) -> Result<ChangeRequest, Gap> {
        let open = match pull.state.as_str() {
            "open" => true,
            "closed" => false,
            other => return Err(unknown_word(what, "state", other)),
        };
        let is_branch = pull.head.branch != format!("refs/pull/{}/head", self.id);
        Ok(ChangeRequest {
            id: self.id.clone(),
            title: pull.title,
            author: pull.user.and_then(account),
            open,
            merged: pull.merged_at,
            base_branch: branch_name(&pull.base.branch),
            head,
            head_branch: is_branch.then(|| branch_name(&pull.head.branch)),
            head_repository: pull.head.repo.map(|repository| repository.full_name),
        })
    }

    /// The repository that the answer is of: the one that was asked, or the one to which the host
    /// sent us on, which it has been renamed to or moved to since.
    fn repository_of(&self, what: &str, moved: bool, base: &wire::PullRequestSide) -> Result<String, Gap> {
        let seen = base.repo.as_ref().ok_or_else(|| malformed(what, "its repository is not named"))?;
        if !moved && !seen.full_name.eq_ignore_ascii_case(&self.host.repository.to_string()) {
            return Err(contradiction(
                what,
                format!("the host answered with a request of {}", seen.full_name),
            ));
        }
        Ok(seen.full_name.clone())
    }

    /// The head that landed. The host answers with the branch of the request as it is now, which
    /// may have moved since; the reference of the request has not.
    fn landed_head(&self, what: &str, number: &str) -> Result<Revision, Gap> {
        let seen: Value =
            self.host.get(what, &self.host.at(&["git", "refs", "pull", number, "head"]), &[])?;
        let listed = match seen {
            Value::Array(listed) => listed,
            one => vec![one],
        };
        let name = format!("refs/pull/{number}/head");
        for one in listed {
            let reference: wire::GitReference = serde_json::from_value(one)
                .map_err(|error| malformed(what, format!("the reference of its head: {error}")))?;
            if reference.name == name {
                return self.host.revision(what, &reference.object.sha);
            }
        }
        Err(malformed(what, format!("the host does not show {name}")))
    }

    /// The answer to a question about the timeline.
    pub fn with_timeline<T>(
        &self,
        read: impl FnOnce(&[wire::TimelineEntry]) -> Result<T, Gap>,
    ) -> Result<T, Gap> {
        let mut timeline = self.timeline.borrow_mut();
        let entries = timeline.get_or_insert_with(|| self.read_timeline());
        read(entries.as_ref().map_err(Clone::clone)?)
    }

    /// The timeline as a fact of its own.
    pub fn timeline_fact<T>(&self, read: impl FnOnce(&[wire::TimelineEntry]) -> Result<T, Gap>) -> Fact<T> {
        self.with_timeline(read).into()
    }
}

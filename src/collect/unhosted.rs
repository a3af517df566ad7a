//! What is known of a change without a host, where signed reviews stand for those of one: the
//! request is the branch and the head, and no one opened it.

use portcullis_model::change::{BranchName, Change};
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::facts::HostFacts;
use portcullis_model::id::RequestId;
use portcullis_model::inquiry::{Inquiry, Topic};
use portcullis_model::review::{ChangeRequest, CommitAccounts};
use std::collections::BTreeMap;

/// The facts of no host, with what git and the command line tell of the request. Everything else
/// stays unseen.
pub fn facts_without_host(
    unseen: HostFacts,
    inquiry: &Inquiry,
    target: Option<&BranchName>,
    change: &Fact<Change>,
) -> HostFacts {
    let asks = inquiry.signed.is_some() && inquiry.topics.contains(&Topic::Reviews);
    let (true, Some(change)) = (asks, change.value()) else { return unseen };
    let nobody = CommitAccounts { author: None, committer: None };
    let attribution: BTreeMap<_, _> =
        change.commits.iter().map(|commit| (commit.id.clone(), nobody.clone())).collect();
    HostFacts {
        request: target.map(|target| request_of(target, change)).ok_or_else(no_target).into(),
        reviews: Fact::Known(Vec::new()),
        base_changed: Fact::Known(None),
        attribution: Fact::Known(attribution),
        last_push: Fact::Gap(no_pusher()),
        content_push: Fact::Gap(no_pusher()),
        moves: Fact::Gap(no_pusher()),
        ..unseen
    }
}

/// The identity of a request is where it would land and its head.
fn request_of(target: &BranchName, change: &Change) -> ChangeRequest {
    ChangeRequest {
        id: RequestId::Name(format!("{target}@{}", change.head.short())),
        title: title_of(change),
        author: None,
        open: true,
        merged: None,
        base_branch: target.clone(),
        head: change.head.clone(),
        head_branch: None,
        head_repository: None,
    }
}

/// The subject of the head: no one gave the change a title.
fn title_of(change: &Change) -> String {
    let head = change.commits.iter().find(|commit| commit.id == change.head);
    head.map_or_else(|| "a change without a request".to_string(), |commit| commit.subject.clone())
}

fn no_target() -> Gap {
    Gap::not_asked(
        "the branch that would receive the change",
        "Name the branch, and not a commit: `--host none --base main`",
    )
}

fn no_pusher() -> Gap {
    Gap::not_asked(
        "who pushed the change",
        "Judge it in the hook of the server, which knows who pushes. The control of reviews does without, where the \
         policy says `last-pusher = \"ignore\"`: then only the authors and committers of its commits cannot \
         approve it",
    )
}

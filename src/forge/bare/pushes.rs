//! Who pushed what, by the push log of a server.
//!
//! A commit was brought by whoever moved a ref to it. Any ref counts, because a change has no
//! branch of its own here; but for the branch that it lands on: landing what another push brought
//! before adds nothing. The log is read from the newest push down, until one began on what the
//! change begins on: but never less than [`SURE`] pushes, so that whoever brought a commit to
//! another ref before is found too.

use super::{BareRequestId, BareServer, ServerView, account_of};
use crate::{PushFacts, Question};
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::id::RequestId;
use portcullis_model::landing::BranchPush;
use portcullis_model::person::Account;
use portcullis_model::review::{Move, Push};
use std::collections::BTreeSet;

/// So many pushes are read in any case.
const SURE: usize = 2_000;

/// A push that the server took, or that its hook is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedPush {
    /// Who pushed, by the name that the server knows them by; a gap where it does not.
    pub pusher: Fact<String>,
    /// The refs that it moved.
    pub refs: Vec<PushedRef>,
}

/// One ref that a push moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushedRef {
    /// The full name of the ref.
    pub name: String,
    /// Where it pointed before; `None` where it is new.
    pub before: Option<Revision>,
    /// Where it points since; `None` where it was deleted.
    pub after: Option<Revision>,
    /// What merges on the way brought: their parents but the first.
    pub merged: Vec<Revision>,
}

/// What the log says of one change.
struct ChangePushes<'a> {
    question: &'a Question<'a>,
    commits: BTreeSet<&'a Revision>,
    seen: usize,
    /// The newest push that moved a ref to the head.
    head: Option<Fact<Push>>,
    /// The newest push to a commit that the head is but for updates, from none of them.
    content: Option<Fact<Push>>,
    /// The oldest push to the target, or of a merge, that held the head: whoever made it brought
    /// the head if no other push did.
    landed: Option<Fact<Push>>,
    moves: Vec<Move>,
    /// Moves of the target itself.
    landed_moves: Vec<Move>,
    /// Who pushed some commit of the change is not known.
    unknown: Option<Gap>,
    has_begun: bool,
}

impl<'a> ChangePushes<'a> {
    fn of(question: &'a Question<'a>) -> Self {
        ChangePushes {
            question,
            commits: question.commits.iter().map(|commit| &commit.id).collect(),
            seen: 0,
            head: None,
            content: None,
            landed: None,
            moves: Vec::new(),
            landed_moves: Vec::new(),
            unknown: None,
            has_begun: false,
        }
    }

    /// Takes the next push; is more wanted?
    fn take(&mut self, push: &LoggedPush, account: &dyn Fn(&str) -> Account) -> bool {
        self.seen += 1;
        let actor = push.pusher.known().map(|name| account(name)).map_err(|gap| push_anew(gap, &push.refs));
        push.refs.iter().for_each(|one| self.take_ref(one, &actor));
        !(self.has_begun && self.head.is_some() && self.seen >= SURE)
    }

    fn take_ref(&mut self, one: &PushedRef, actor: &Result<Account, Gap>) {
        let Some(after) = &one.after else { return };
        let (head, same) = (self.question.head, self.question.before_updates);
        let said = |after: &Revision| {
            Fact::from(actor.clone().map(|actor| Push { after: after.clone(), actor: Some(actor) }))
        };
        let is_landing = self.target().is_some_and(|target| one.name == target);
        if one.merged.contains(head) || (is_landing && after == head) {
            self.landed = Some(said(head));
        }
        if self.commits.contains(after) {
            self.take_move(one, after, actor, is_landing);
        }
        if is_landing {
            return;
        }
        if after == head && self.head.is_none() {
            self.head = Some(said(after));
        }
        let is_same = |commit: &Revision| commit == head || same.contains(commit);
        let begins = !one.before.as_ref().is_some_and(is_same);
        if is_same(after) && begins && self.content.is_none() {
            self.content = Some(said(after));
        }
    }

    /// The ref that the change lands on.
    fn target(&self) -> Option<String> {
        let request = self.question.request.value()?;
        Some(format!("refs/heads/{}", request.base_branch))
    }

    fn take_move(
        &mut self,
        one: &PushedRef,
        after: &Revision,
        actor: &Result<Account, Gap>,
        is_landing: bool,
    ) {
        let before = one.before.clone();
        let moves = if is_landing { &mut self.landed_moves } else { &mut self.moves };
        match actor {
            Ok(actor) => moves.push(Move {
                before,
                after: after.clone(),
                actor: Some(actor.clone()),
                kept: Fact::Known(true),
            }),
            // Whoever landed it is told of by `landed`, where that counts.
            Err(_) if is_landing => {}
            Err(gap) => self.unknown = Some(gap.clone()),
        }
        if !is_landing {
            self.has_begun |= one.before.as_ref().is_none_or(|before| !self.commits.contains(before));
        }
    }

    /// `end` is a gap where the log could not be read to where it was wanted.
    fn facts(self, end: Result<(), Gap>) -> PushFacts {
        if let Err(gap) = end {
            return PushFacts {
                last: Fact::Gap(gap.clone()),
                content: Fact::Gap(gap.clone()),
                moves: Fact::Gap(gap),
            };
        }
        let is_landed_alone = self.head.is_none();
        let last = self.head.or(self.landed).unwrap_or_else(|| Fact::Gap(not_logged(self.question.head)));
        let content = match self.question.before_updates {
            [] => last.clone(),
            _ => self.content.unwrap_or_else(|| last.clone()),
        };
        let landed = self.landed_moves.into_iter().filter(|_| is_landed_alone);
        let moves = self.moves.into_iter().chain(landed).collect();
        let moves = self.unknown.map_or(Fact::Known(moves), Fact::Gap);
        PushFacts { last, content, moves }
    }
}

/// The log is of the time of the push: whatever the server knows since, it stays unknown.
fn push_anew(gap: Gap, refs: &[PushedRef]) -> Gap {
    let Some(commit) = refs.iter().find_map(|one| one.after.as_ref()) else { return gap };
    let remedy =
        format!("{} Then amend {}, so that it is a new commit, and push that.", gap.remedy, commit.short());
    Gap { remedy, ..gap }
}

fn not_logged(head: &Revision) -> Gap {
    Gap::new(
        "who pushed the head",
        GapReason::NotVisible,
        format!("the push log of the server has no push of {}", head.short()),
        "Have the person who made the head push it to a branch of its own while the hook writes the log; if it was \
         pushed before, below another commit or before the hook was installed, add a commit and push that. In a clone, fetch the log first \
         (`git fetch origin 'refs/portcullis/*:refs/portcullis/*'`).",
    )
}

impl<V: ServerView> BareServer<V> {
    pub(super) fn push_facts(&self, question: &Question<'_>) -> PushFacts {
        let account = |name: &str| self.known_account(name).unwrap_or_else(|| account_of(name));
        let mut found = ChangePushes::of(question);
        let end = self.view.each_push(&mut |push| found.take(push, &account));
        if end.is_ok() && found.head.is_none() {
            for push in self.view.earlier_pushes(question.head) {
                found.take(&push, &account);
            }
        }
        found.facts(end)
    }

    /// The pushes to a branch, newest first, back to those that left it at each of some commits.
    pub(super) fn pushes_of(
        &self,
        branch: &BranchName,
        back_to: &[Revision],
    ) -> Result<Vec<BranchPush>, Gap> {
        let name = format!("refs/heads/{branch}");
        let mut open: BTreeSet<&Revision> = back_to.iter().collect();
        let mut found = Vec::new();
        self.view.each_push(&mut |push| {
            for one in push.refs.iter().filter(|one| one.name == name) {
                open.retain(|commit| Some(*commit) != one.after.as_ref());
                found.push(BranchPush { before: one.before.clone(), after: one.after.clone() });
            }
            !open.is_empty()
        })?;
        Ok(found)
    }

    /// The heads that may have brought a commit to a branch. Of a merge these are what it merged;
    /// of anything else the head of the push that it came with: the tip that it left the branch at,
    /// or an approved head of which replaying gives that. A push may hold several landings with
    /// merges between them: then the same of the commits from one merge to the next.
    pub(super) fn heads_of(
        &self,
        commit: &Revision,
        branch: &BranchName,
    ) -> Result<BTreeSet<RequestId>, Gap> {
        let seen = self.view.commit(commit);
        let parents = &seen.known()?.parents;
        let named = |head: &Revision| BareRequestId { target: branch.clone(), head: head.clone() }.name();
        if parents.len() > 1 {
            return Ok(parents.iter().skip(1).map(named).collect());
        }
        let Some((before, after)) = self.brought_by(commit, branch)? else {
            return Ok([named(commit)].into());
        };
        let approved = self.view.approved(branch);
        let approved = approved.known()?;
        if approved.contains(&after) {
            return Ok([named(&after)].into());
        }
        let found = |(before, after): &(Revision, Revision)| {
            let is_it = |head: &&Revision| *head == after || self.view.explains(before, after, head);
            approved.iter().find(is_it)
        };
        let whole = (before, after);
        let between = self.between_merges(commit, &whole)?;
        let head = found(&between).or_else(|| found(&whole)).unwrap_or(&whole.1);
        Ok([named(head)].into())
    }

    /// The commits of a push around one of them that are no merges, as the commit that they are on
    /// top of and the last of them.
    fn between_merges(
        &self,
        commit: &Revision,
        (before, after): &(Revision, Revision),
    ) -> Result<(Revision, Revision), Gap> {
        let (mut at, mut last, mut is_found) = (after.clone(), after.clone(), false);
        while at != *before {
            let seen = self.view.commit(&at);
            let parents = &seen.known()?.parents;
            is_found |= at == *commit;
            match parents.as_slice() {
                [parent] => at = parent.clone(),
                [parent, ..] if !is_found => {
                    last = parent.clone();
                    at = parent.clone();
                }
                _ => break,
            }
        }
        Ok((at, last))
    }

    /// The push that brought a commit to a branch; `None` where the log has none.
    fn brought_by(
        &self,
        commit: &Revision,
        branch: &BranchName,
    ) -> Result<Option<(Revision, Revision)>, Gap> {
        let name = format!("refs/heads/{branch}");
        let (mut found, mut unseen) = (None, None);
        let holds = |tip: &Revision| self.view.reaches(tip, commit).known().copied();
        self.view.each_push(&mut |push| {
            for one in push.refs.iter().filter(|one| one.name == name) {
                let (Some(before), Some(after)) = (&one.before, &one.after) else { continue };
                match holds(after).and_then(|after| Ok((after, holds(before)?))) {
                    Ok((true, false)) => found = Some((before.clone(), after.clone())),
                    Ok(_) => {}
                    Err(gap) => unseen = Some(gap),
                }
            }
            found.is_none() && unseen.is_none()
        })?;
        unseen.map_or(Ok(found), Err)
    }
}

#[cfg(test)]
mod tests;

//! The reading plan for the moves of a request's branch, by the entries `pull_push` of its
//! timeline.
//!
//! The first entry is made when the request is opened, in the name of whoever opens it; each later
//! one names who pushed. An entry lists the commits that came, oldest first, or for a forced push
//! the commit before and the commit after. Newer servers take earlier entries away when a branch is
//! pushed with force. So a forced push from a commit that no entry led to says that there were
//! others: then the commits of that time are compared with those of the request, and what stays
//! open is a gap.

use super::request::GiteaRequest;
use super::style::name_scope;
use super::translate::account;
use super::wire;
use crate::http::gaps::malformed;
use crate::{PushFacts, Question};
use portcullis_model::change::Revision;
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::person::Account;
use portcullis_model::review::{Move, Push};
use std::collections::BTreeSet;

const WHAT: &str = "who moved the branch of the request";

/// How many comparisons of commits are asked for.
const COMPARED: usize = 5;

/// One push, as the timeline tells it.
struct Step {
    actor: Option<Account>,
    before: Option<Revision>,
    after: Revision,
    /// The commits that it brought; `None` for a forced push, which does not list them.
    brought: Option<Vec<Revision>>,
    /// Does an entry lead to the commit before it?
    follows: bool,
}

impl GiteaRequest<'_> {
    /// Who pushed last, who pushed what the head brings, and everybody else who moved the branch.
    pub(super) fn push_facts(&self, question: &Question<'_>) -> PushFacts {
        let steps = self.with_timeline(|entries| self.steps(entries));
        let steps = match steps.and_then(|steps| self.without_keys(steps, question)) {
            Ok(steps) => steps,
            Err(gap) => {
                let (last, content) = (Fact::Gap(gap.clone()), Fact::Gap(gap.clone()));
                return PushFacts { last, content, moves: Fact::Gap(gap) };
            }
        };
        let same = question.before_updates;
        let last: Fact<Push> = newest(&steps, "who pushed the head", question.head, &[]).into();
        let content = match same {
            [] => last.clone(),
            _ => newest(&steps, "who pushed what the head brings", question.head, same).into(),
        };
        PushFacts { last, content, moves: self.moves(&steps, &RequestCommits::of(question)).into() }
    }

    fn steps(&self, entries: &[wire::TimelineEntry]) -> Result<Vec<Step>, Gap> {
        let mut steps: Vec<Step> = Vec::new();
        for entry in entries.iter().filter(|entry| entry.kind == "pull_push") {
            let step = self.step(entry, steps.last())?;
            // A server that took earlier entries away lists all commits anew, by the same person.
            let relisted = step.brought.is_none()
                && steps.last().is_some_and(|last| last.after == step.after && last.actor == step.actor);
            if relisted {
                steps.pop();
            }
            let follows = match &step.before {
                Some(before) => steps.last().is_some_and(|last| last.after == *before),
                None => steps.is_empty(),
            };
            steps.push(Step { follows, ..step });
        }
        Ok(steps)
    }

    /// A push with a deploy key is shown as one by the owner of the repository. An organisation
    /// pushes nothing itself, so then no one knows who has the key; the key of a person's
    /// repository is taken for that person's.
    fn without_keys(&self, mut steps: Vec<Step>, question: &Question<'_>) -> Result<Vec<Step>, Gap> {
        let source = question.request.value().and_then(|request| request.head_repository.as_deref());
        let source = source.and_then(|name| name.split_once('/')).map(|(owner, _)| owner);
        let owner = source.unwrap_or(&self.host.repository.owner);
        let is_owners = |actor: &Account| actor.login.as_str().eq_ignore_ascii_case(owner);
        if !steps.iter().filter_map(|step| step.actor.as_ref()).any(is_owners) {
            return Ok(steps);
        }
        if self.is_organisation(owner)? {
            steps.iter_mut().for_each(|step| step.actor = step.actor.take().filter(|by| !is_owners(by)));
        }
        Ok(steps)
    }

    fn is_organisation(&self, owner: &str) -> Result<bool, Gap> {
        let what = format!("whether {owner} is an organisation");
        let reply = self.host.look(&what, &["orgs", owner])?;
        if reply.response.status == 404 {
            return Ok(false);
        }
        let seen: wire::Organisation = reply.read(&what).map_err(name_scope)?;
        Ok(seen.id > 0)
    }

    fn step(&self, entry: &wire::TimelineEntry, last: Option<&Step>) -> Result<Step, Gap> {
        let unreadable = |why: &str| {
            let detail = format!(
                "entry {} of the timeline tells of a push in a form that is not known: {why}",
                entry.id
            );
            malformed(WHAT, detail)
        };
        let body: wire::PushBody =
            serde_json::from_str(&entry.body).map_err(|error| unreadable(&error.to_string()))?;
        let commits: Result<Vec<Revision>, Gap> =
            body.commit_ids.iter().flatten().map(|id| self.host.revision(WHAT, id)).collect();
        let (commits, actor) = (commits?, entry.user.clone().and_then(account));
        match (body.is_force_push, commits.as_slice()) {
            (true, [before, after]) => {
                let (before, after) = (Some(before.clone()), after.clone());
                Ok(Step { actor, before, after, brought: None, follows: false })
            }
            (false, [.., after]) => {
                let (before, after) = (last.map(|last| last.after.clone()), after.clone());
                Ok(Step { actor, before, after, brought: Some(commits), follows: true })
            }
            _ => Err(unreadable("it names no commits")),
        }
    }

    fn moves(&self, steps: &[Step], range: &RequestCommits<'_>) -> Result<Vec<Move>, Gap> {
        if let Some(commit) = range.without_push(steps) {
            return Err(without_push(commit));
        }
        let mut left = COMPARED;
        for step in steps.iter().filter(|step| !step.follows) {
            let before = step.before.as_ref().filter(|_| left > 0);
            left = left.saturating_sub(1);
            let kept = before.and_then(|before| self.compared(range.begin.iter().next()?, before, range));
            if kept != Some(false) {
                return Err(erased());
            }
        }
        Ok(steps.iter().map(|step| self.move_of(step, range, &mut left)).collect())
    }

    fn move_of(&self, step: &Step, range: &RequestCommits<'_>, left: &mut usize) -> Move {
        let kept = match &step.brought {
            Some(brought) => Fact::Known(brought.iter().any(|id| range.commits.contains(id))),
            None if range.commits.contains(&step.after) => Fact::Known(true),
            None if range.begin.contains(&step.after) => Fact::Known(false),
            None => {
                let before = step.before.as_ref().filter(|_| *left > 0);
                *left = left.saturating_sub(1);
                let kept = before.and_then(|before| self.compared(before, &step.after, range));
                kept.map_or_else(|| Fact::Gap(gone(&step.after)), Fact::Known)
            }
        };
        let (before, after, actor) = (step.before.clone(), step.after.clone(), step.actor.clone());
        Move { before, after, actor, kept }
    }

    /// Is any commit of the request among those between two others? `None` where the host does not
    /// give them whole.
    fn compared(&self, from: &Revision, to: &Revision, range: &RequestCommits<'_>) -> Option<bool> {
        let ends = format!("{from}...{to}");
        let seen: wire::Comparison = self.host.get(WHAT, &self.host.at(&["compare", &ends]), &[]).ok()?;
        let commits = seen.commits.unwrap_or_default();
        let is_whole = u64::try_from(commits.len()) == Ok(seen.total_commits);
        let is_it = commits.iter().any(|commit| commit.sha == to.as_str());
        let of_request = |sha: &str| range.commits.iter().any(|id| id.as_str() == sha);
        (is_whole && is_it).then(|| commits.iter().any(|commit| of_request(&commit.sha)))
    }
}

/// The newest push that left the branch at the head, or at one of the commits that count as the
/// same, coming from none of them.
fn newest(steps: &[Step], what: &str, head: &Revision, same: &[Revision]) -> Result<Push, Gap> {
    let fits = |step: &&Step| {
        let from_same = step.before.as_ref().is_some_and(|before| same.contains(before));
        (step.after == *head || same.contains(&step.after)) && !from_same
    };
    let is_current = steps.last().is_some_and(|step| step.after == *head);
    let found = steps.iter().rev().find(fits).filter(|_| is_current);
    found.map(|step| Push { after: step.after.clone(), actor: step.actor.clone() }).ok_or_else(|| {
        let detail = "the last push in the timeline of the request is not of the head";
        Gap::new(
            what,
            GapReason::NotVisible,
            detail,
            "Run again when the host has caught up; else push the branch once more.",
        )
    })
}

fn erased() -> Gap {
    let detail = "the branch was pushed with force, and the host no longer tells who pushed before";
    let remedy = "Rebase the branch so that every commit is a new one and push it with force, as one person; then have it approved by others.";
    Gap::new(WHAT, GapReason::NotVisible, detail, remedy)
}

fn without_push(commit: &Revision) -> Gap {
    let detail = format!("no push in the timeline brought commit {}", commit.short());
    let remedy = "Run again when the host has caught up; else rebase the branch so that every commit is a new one, push it \
                  with force, as one person, and have it approved by others.";
    Gap::new(WHAT, GapReason::Truncated, detail, remedy)
}

fn gone(after: &Revision) -> Gap {
    Gap::new(
        format!("whether commits that were pushed with {} are in the request", after.short()),
        GapReason::MissingObject,
        "the branch does not hold that commit any more, and the host does not compare it",
        "Ask someone who did not push to approve.",
    )
}

/// The commits of the request, and those that it began on.
struct RequestCommits<'a> {
    commits: BTreeSet<&'a Revision>,
    begin: BTreeSet<&'a Revision>,
}

impl<'a> RequestCommits<'a> {
    fn of(question: &Question<'a>) -> Self {
        let commits: BTreeSet<&Revision> = question.commits.iter().map(|commit| &commit.id).collect();
        let parents = question.commits.iter().flat_map(|commit| &commit.parents);
        RequestCommits { begin: parents.filter(|parent| !commits.contains(parent)).collect(), commits }
    }

    /// A commit that none of the pushes brought. One with force does not list what it brought.
    fn without_push(&self, steps: &[Step]) -> Option<&'a Revision> {
        let lists: Option<Vec<&Vec<Revision>>> = steps.iter().map(|step| step.brought.as_ref()).collect();
        let listed: BTreeSet<&Revision> = lists?.into_iter().flatten().collect();
        self.commits.iter().copied().find(|commit| !listed.contains(commit))
    }
}

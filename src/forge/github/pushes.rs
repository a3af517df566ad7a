//! The reading plan for the moves of a request's branch: who pushed what, not only last.
//!
//! A commit of the request was brought by whoever moved the branch to it, whatever name stands in
//! it. Moves are read from the newest down, until one began on the base or the branch began: what
//! was there before is not of this request. A whole page is always read, so that a commit that was
//! taken away and brought again in the meantime is seen both times.

use crate::github::address::RepositoryName;
use crate::github::{GitHub, in_repository, translate, wire};
use crate::http::gaps::{malformed, truncated};
use crate::http::pages::PageNames;
use crate::moves::{LoggedPush, PushLog, RequestRange, WHAT};
use crate::{PushFacts, Question};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::review::{ChangeRequest, Move};

/// How many pages of the branch's activity are read.
const PAGES: usize = 5;
/// How many moves to commits that are gone are looked up.
const COMPARED: usize = 10;

const REMEDY: &str = "Give a token that may read the activity of the repository that the head is in.";

impl GitHub {
    /// Who pushed last, who pushed what the head brings, and everybody else who moved the branch.
    pub(super) fn push_facts(&self, question: &Question<'_>) -> PushFacts {
        let range = RequestRange::of(question.head, question.before_updates, question.commits);
        let landed = question.request.value().and_then(|request| request.merged);
        match self.activity(question, &range) {
            Ok(log) => {
                let mut facts = log.facts(&range, landed, REMEDY);
                if let Fact::Known(moves) = &mut facts.moves {
                    self.follow(question, &range, moves);
                }
                facts
            }
            Err(gap) => {
                let (last, content) = (Fact::Gap(gap.clone()), Fact::Gap(gap.clone()));
                PushFacts { last, content, moves: Fact::Gap(gap) }
            }
        }
    }

    /// Asks what came with commits that the branch does not hold any more. Whoever opened the
    /// request had a part in any case.
    fn follow(&self, question: &Question<'_>, range: &RequestRange<'_>, moves: &mut [Move]) {
        let request = question.request.value();
        let opener = request.and_then(|request| request.author.as_ref()).map(|account| &account.id);
        let from = request.and_then(|request| RepositoryName::parse(request.head_repository.as_deref()?));
        let Some(from) = from else { return };
        let is_open = |one: &&mut Move| {
            let by_another = one.actor.as_ref().is_some_and(|account| Some(&account.id) != opener);
            by_another && matches!(one.kept, Fact::Gap(_))
        };
        for one in moves.iter_mut().filter(is_open).take(COMPARED) {
            // What the host does not tell may still be here: the gap stays as it is.
            if let Some(kept) = self.compared(&from, range, one) {
                one.kept = Fact::Known(kept);
            }
        }
    }

    /// Is any commit of the request among those that this move brought? `None` where the host does
    /// not give them whole.
    fn compared(&self, from: &RepositoryName, range: &RequestRange<'_>, one: &Move) -> Option<bool> {
        let before = one.before.as_ref()?;
        let ends = format!("{before}...{}", one.after);
        let seen: wire::Comparison = self.client.get(WHAT, &in_repository(from, &["compare", &ends])).ok()?;
        let is_whole = u64::try_from(seen.commits.len()) == Ok(seen.total_commits);
        let is_it = seen.base_commit.sha == before.as_str()
            && seen.commits.last().is_none_or(|last| last.sha == one.after.as_str());
        let kept = seen.commits.iter().any(|commit| range.holds(&commit.sha));
        (is_whole && is_it).then_some(kept)
    }

    /// What is on record of the branch. An error is one of the question; that a page could not be
    /// read ends the list.
    fn activity(&self, question: &Question<'_>, range: &RequestRange<'_>) -> Result<PushLog, Gap> {
        let (from, reference) = head_reference(question.request.known()?)?;
        let segments = in_repository(&from, &["activity"]);
        let mut pages = self.client.pages(WHAT, PageNames::Cursor, &segments, &[("ref", &reference)])?;
        let mut log = PushLog { entries: Vec::new(), blind: Vec::new(), end: Ok(()) };
        for _ in 0..PAGES {
            match pages.next::<Vec<wire::RepositoryActivity>>() {
                // The host was asked for one branch; entries of others are passed over.
                Ok(Some(page)) => {
                    let own = page.into_iter().filter(|entry| entry.reference == reference);
                    log.entries.extend(own.map(logged_push));
                }
                Ok(None) => return Ok(log),
                Err(gap) => return Ok(PushLog { end: Err(gap), ..log }),
            }
            if log.is_enough(range) {
                return Ok(log);
            }
        }
        log.end = Err(truncated(WHAT, format!("its beginning is not among the last {PAGES} pages")));
        Ok(log)
    }
}

fn logged_push(entry: wire::RepositoryActivity) -> LoggedPush {
    let commit = |name: String| Some(name).filter(|name| !translate::is_no_commit(name));
    LoggedPush {
        before: commit(entry.before),
        after: commit(entry.after),
        actor: entry.actor.map(translate::account),
        at: entry.timestamp,
        number: entry.id,
    }
}

/// The repository that a request comes from, and the ref of its branch there.
pub(super) fn head_reference(request: &ChangeRequest) -> Result<(RepositoryName, String), Gap> {
    let from = request.head_repository.as_deref().ok_or_else(|| {
        let remedy = "Push the branch to a repository that still exists, and open a new request.";
        Gap::new(WHAT, GapReason::NotVisible, "the repository of the head is gone", remedy)
    })?;
    let from = RepositoryName::parse(from)
        .ok_or_else(|| malformed(WHAT, format!("`{from}` is not a repository; write `owner/name`")))?;
    let branch = request.head_branch.as_ref().ok_or_else(|| malformed(WHAT, "the request has no branch"))?;
    Ok((from, format!("refs/heads/{branch}")))
}

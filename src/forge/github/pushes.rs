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
use crate::{PushFacts, Question};
use jiff::Timestamp;
use portcullis_model::change::Revision;
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::review::{ChangeRequest, Move, Push};
use std::collections::BTreeSet;

const WHAT: &str = "who moved the branch of the request";

/// How many pages of the branch's activity are read.
const PAGES: usize = 5;
/// How many moves to commits that are gone are looked up.
const COMPARED: usize = 10;

impl GitHub {
    /// Who pushed last, who pushed what the head brings, and everybody else who moved the branch.
    pub(super) fn push_facts(&self, question: &Question<'_>) -> PushFacts {
        let range = RequestRange::of(question);
        let landed = question.request.value().and_then(|request| request.merged);
        let activity = match self.activity(question, &range) {
            Ok(activity) => activity,
            Err(gap) => {
                let (last, content) = (Fact::Gap(gap.clone()), Fact::Gap(gap.clone()));
                return PushFacts { last, content, moves: Fact::Gap(gap) };
            }
        };
        let (head, same) = (question.head, question.before_updates);
        let last: Fact<Push> = activity.newest("who pushed the head", head, &[]).into();
        let content = match same {
            [] => last.clone(),
            _ => activity.newest("who pushed what the head brings", head, same).into(),
        };
        let moves = activity.moves(&range, landed).map(|moves| self.followed(question, &range, moves));
        PushFacts { last, content, moves: moves.into() }
    }

    /// Asks what came with commits that the branch does not hold any more. Whoever opened the
    /// request had a part in any case.
    fn followed(&self, question: &Question<'_>, range: &RequestRange<'_>, mut moves: Vec<Move>) -> Vec<Move> {
        let request = question.request.value();
        let opener = request.and_then(|request| request.author.as_ref()).map(|account| &account.id);
        let from = request.and_then(|request| RepositoryName::parse(request.head_repository.as_deref()?));
        let Some(from) = from else { return moves };
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
        moves
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
        let kept = seen.commits.iter().any(|commit| range.commits.contains(commit.sha.as_str()));
        (is_whole && is_it).then_some(kept)
    }

    /// What is on record of the branch. An error is one of the question; that a page could not be
    /// read ends the list.
    fn activity(&self, question: &Question<'_>, range: &RequestRange<'_>) -> Result<BranchActivity, Gap> {
        let (from, reference) = head_reference(question.request.known()?)?;
        let segments = in_repository(&from, &["activity"]);
        let mut pages = self.client.pages(WHAT, PageNames::Cursor, &segments, &[("ref", &reference)])?;
        let mut activity = BranchActivity { entries: Vec::new(), end: Ok(()) };
        for _ in 0..PAGES {
            match pages.next::<Vec<wire::RepositoryActivity>>() {
                // The host was asked for one branch; entries of others are passed over.
                Ok(Some(page)) => {
                    activity.entries.extend(page.into_iter().filter(|entry| entry.reference == reference));
                }
                Ok(None) => return Ok(activity),
                Err(gap) => return Ok(BranchActivity { end: Err(gap), ..activity }),
            }
            if activity.is_enough(question, range) {
                return Ok(activity);
            }
        }
        activity.end = Err(truncated(WHAT, format!("its beginning is not among the last {PAGES} pages")));
        Ok(activity)
    }
}

/// The repository that a request comes from, and the ref of its branch there.
fn head_reference(request: &ChangeRequest) -> Result<(RepositoryName, String), Gap> {
    let from = request.head_repository.as_deref().ok_or_else(|| {
        let remedy = "Push the branch to a repository that still exists, and open a new request.";
        Gap::new(WHAT, GapReason::NotVisible, "the repository of the head is gone", remedy)
    })?;
    let from = RepositoryName::parse(from)
        .ok_or_else(|| malformed(WHAT, format!("`{from}` is not a repository; write `owner/name`")))?;
    let branch = request.head_branch.as_ref().ok_or_else(|| malformed(WHAT, "the request has no branch"))?;
    Ok((from, format!("refs/heads/{branch}")))
}

/// What is on record of a branch.
struct BranchActivity {
    entries: Vec<wire::RepositoryActivity>,
    /// Why there may be more that matters.
    end: Result<(), Gap>,
}

impl BranchActivity {
    /// Are the push of the head and a beginning before it among these?
    fn is_enough(&self, question: &Question<'_>, range: &RequestRange<'_>) -> bool {
        let newest = self.newest_entry(question.head, question.before_updates);
        newest.is_some_and(|newest| {
            let mut until =
                self.entries.iter().filter(|entry| activity_order(entry) <= activity_order(newest));
            until.any(|entry| range.begins_before(entry))
        })
    }

    /// The newest push that left the branch at the head, or at one of the commits that count as the
    /// same, coming from none of them: pushes of nothing but updates are passed over.
    fn newest_entry(&self, head: &Revision, same: &[Revision]) -> Option<&wire::RepositoryActivity> {
        let is_same = |name: &str| same.iter().any(|one| one.as_str() == name);
        let fits = |entry: &&wire::RepositoryActivity| {
            (entry.after == head.as_str() || is_same(&entry.after)) && !is_same(&entry.before)
        };
        self.entries.iter().filter(fits).max_by_key(|entry| activity_order(entry))
    }

    fn newest(&self, what: &str, head: &Revision, same: &[Revision]) -> Result<Push, Gap> {
        let newest = self.newest_entry(head, same);
        let Some(entry) = newest else {
            return Err(self.end.as_ref().err().map_or_else(
                || {
                    let remedy =
                        "Give a token that may read the activity of the repository that the head is in.";
                    Gap::new(what, GapReason::NotVisible, "no push of the head is on record", remedy)
                },
                |gap| Gap { what: what.to_string(), ..gap.clone() },
            ));
        };
        let after = translate::revision(what, entry.after.clone())?;
        Ok(Push { after, actor: entry.actor.clone().map(translate::account) })
    }

    /// What came after the request had landed is of another one, on a branch of the same name.
    fn moves(&self, range: &RequestRange<'_>, landed: Option<Timestamp>) -> Result<Vec<Move>, Gap> {
        self.end.clone()?;
        let entries =
            self.entries.iter().filter(|entry| landed.is_none_or(|landed| entry.timestamp <= landed));
        let moves: Result<Vec<_>, Gap> = entries.map(|entry| range.of_entry(entry)).collect();
        Ok(moves?.into_iter().flatten().collect())
    }
}

fn activity_order(entry: &wire::RepositoryActivity) -> (Timestamp, u64) {
    (entry.timestamp, entry.id)
}

/// The commits of the request, and those that it began on.
struct RequestRange<'a> {
    commits: BTreeSet<&'a str>,
    begin: BTreeSet<&'a str>,
}

impl<'a> RequestRange<'a> {
    fn of(question: &Question<'a>) -> Self {
        let commits: BTreeSet<&str> = question.commits.iter().map(|commit| commit.id.as_str()).collect();
        let parents = question.commits.iter().flat_map(|commit| &commit.parents).map(Revision::as_str);
        RequestRange { begin: parents.filter(|parent| !commits.contains(parent)).collect(), commits }
    }

    fn begins_before(&self, entry: &wire::RepositoryActivity) -> bool {
        translate::is_no_commit(&entry.before) || self.begin.contains(entry.before.as_str())
    }

    /// `None` for a deletion of the branch.
    fn of_entry(&self, entry: &wire::RepositoryActivity) -> Result<Option<Move>, Gap> {
        if translate::is_no_commit(&entry.after) {
            return Ok(None);
        }
        let kept = self.kept(&entry.after);
        let before = Some(entry.before.clone()).filter(|name| !translate::is_no_commit(name));
        let before = before.map(|name| translate::revision(WHAT, name)).transpose()?;
        let after = translate::revision(WHAT, entry.after.clone())?;
        Ok(Some(Move { before, after, actor: entry.actor.clone().map(translate::account), kept }))
    }

    fn kept(&self, after: &str) -> Fact<bool> {
        if self.commits.contains(after) {
            return Fact::Known(true);
        }
        if self.begin.contains(after) {
            return Fact::Known(false);
        }
        let short: String = after.chars().take(10).collect();
        Fact::Gap(Gap::new(
            format!("whether commits that were pushed with {short} are in the request"),
            GapReason::MissingObject,
            "the branch does not hold that commit any more, and neither does this clone",
            format!("Fetch it (`git fetch origin {after}`), or let somebody approve who did not push."),
        ))
    }
}

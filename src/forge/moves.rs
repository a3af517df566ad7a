//! The moves of a request's branch, as its host's log of pushes tells of them: who pushed what, not
//! only last.
//!
//! A commit of the request was brought by whoever moved the branch to it, whatever name is in it.
//! Moves are read from the newest down, until one began on the base or the branch began: what was
//! there before is not of this request.

use crate::PushFacts;
use crate::http::gaps::malformed;
use jiff::Timestamp;
use portcullis_model::change::{Commit, Revision};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::person::Account;
use portcullis_model::review::{Move, Push};
use std::collections::BTreeSet;

/// What a gap is about.
pub(crate) const WHAT: &str = "who moved the branch of the request";

/// One entry of a host's log.
#[derive(Clone, Debug)]
pub(crate) struct LoggedPush {
    /// The tip before; `None` where the branch was created.
    pub before: Option<String>,
    /// The tip after; `None` where the branch was deleted.
    pub after: Option<String>,
    /// Who; `None` when the account is gone.
    pub actor: Option<Account>,
    /// When.
    pub at: Timestamp,
    /// Later entries of one moment have higher numbers.
    pub number: u64,
}

impl LoggedPush {
    fn order(&self) -> (Timestamp, u64) {
        (self.at, self.number)
    }
}

/// What is on record of a branch.
#[derive(Debug)]
pub(crate) struct PushLog {
    /// The entries that were read.
    pub entries: Vec<LoggedPush>,
    /// When something was pushed of which the log does not say what: with the gap.
    pub blind: Vec<(Timestamp, Gap)>,
    /// Why there may be more that matters.
    pub end: Result<(), Gap>,
}

/// The commits of a request, and those that it began on.
pub(crate) struct RequestRange<'a> {
    head: &'a Revision,
    /// The commits that the head is, but for clean merges of the base.
    same: &'a [Revision],
    commits: BTreeSet<&'a str>,
    begin: BTreeSet<&'a str>,
}

impl<'a> RequestRange<'a> {
    pub fn of(head: &'a Revision, same: &'a [Revision], commits: &'a [Commit]) -> Self {
        let names: BTreeSet<&str> = commits.iter().map(|commit| commit.id.as_str()).collect();
        let parents = commits.iter().flat_map(|commit| &commit.parents).map(Revision::as_str);
        let begin = parents.filter(|parent| !names.contains(parent)).collect();
        RequestRange { head, same, begin, commits: names }
    }

    /// Is this commit one of the request?
    pub fn holds(&self, commit: &str) -> bool {
        self.commits.contains(commit)
    }

    fn begins_before(&self, entry: &LoggedPush) -> bool {
        entry.before.as_ref().is_none_or(|before| self.begin.contains(before.as_str()))
    }

    /// `None` for a deletion of the branch.
    fn of_entry(&self, entry: &LoggedPush) -> Result<Option<Move>, Gap> {
        let Some(after) = &entry.after else { return Ok(None) };
        let kept = self.kept(after);
        let before = entry.before.clone().map(read_revision).transpose()?;
        Ok(Some(Move { before, after: read_revision(after.clone())?, actor: entry.actor.clone(), kept }))
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
            format!("Fetch it (`git fetch origin {after}`), or ask someone who did not push to approve."),
        ))
    }
}

fn read_revision(name: String) -> Result<Revision, Gap> {
    Revision::try_from(name).map_err(|why| malformed(WHAT, why))
}

impl PushLog {
    /// Are the push of the head and a beginning before it among these?
    pub fn is_enough(&self, range: &RequestRange<'_>) -> bool {
        let newest = self.newest_entry(range, range.same);
        newest.is_some_and(|newest| {
            let mut until = self.entries.iter().filter(|entry| entry.order() <= newest.order());
            until.any(|entry| range.begins_before(entry))
        })
    }

    /// Who pushed last, who pushed what the head brings, and everybody else who moved the branch.
    /// What came after the request had landed is of another one, on a branch of the same name.
    pub fn facts(&self, range: &RequestRange<'_>, landed: Option<Timestamp>, remedy: &str) -> PushFacts {
        let newest = |what, same| Fact::from(self.newest(what, range, same, remedy));
        let last = newest("who pushed the head", &[]);
        let content = match range.same {
            [] => last.clone(),
            same => newest("who pushed what the head brings", same),
        };
        PushFacts { last, content, moves: self.moves(range, landed).into() }
    }

    /// The newest push that left the branch at the head, or at one of the commits that count as the
    /// same, coming from none of them: pushes of nothing but updates are passed over.
    fn newest_entry(&self, range: &RequestRange<'_>, same: &[Revision]) -> Option<&LoggedPush> {
        let is_same = |name: &String| same.iter().any(|one| one.as_str() == name);
        let fits = |entry: &&LoggedPush| {
            let left_at = entry.after.as_ref().is_some_and(|it| it == range.head.as_str() || is_same(it));
            left_at && !entry.before.as_ref().is_some_and(is_same)
        };
        self.entries.iter().filter(fits).max_by_key(|entry| entry.order())
    }

    fn newest(
        &self,
        what: &str,
        range: &RequestRange<'_>,
        same: &[Revision],
        remedy: &str,
    ) -> Result<Push, Gap> {
        let named = |gap: &Gap| Gap { what: what.to_string(), ..gap.clone() };
        let Some(entry) = self.newest_entry(range, same) else {
            let blind = self.blind.first().map(|(_, gap)| gap);
            let unseen = self.end.as_ref().err().or(blind);
            return Err(unseen.map_or_else(
                || Gap::new(what, GapReason::NotVisible, "no push of the head is on record", remedy),
                named,
            ));
        };
        if let Some((_, gap)) = self.blind.iter().find(|(at, _)| *at >= entry.at) {
            return Err(named(gap));
        }
        let after = entry.after.clone().ok_or_else(|| malformed(what, "the push names no commit"))?;
        Ok(Push { after: read_revision(after)?, actor: entry.actor.clone() })
    }

    fn moves(&self, range: &RequestRange<'_>, landed: Option<Timestamp>) -> Result<Vec<Move>, Gap> {
        self.end.clone()?;
        if let Some((_, gap)) = self.blind.iter().find(|(at, _)| landed.is_none_or(|landed| *at <= landed)) {
            return Err(gap.clone());
        }
        let entries = self.entries.iter().filter(|entry| landed.is_none_or(|landed| entry.at <= landed));
        let moves: Result<Vec<_>, Gap> = entries.map(|entry| range.of_entry(entry)).collect();
        Ok(moves?.into_iter().flatten().collect())
    }
}

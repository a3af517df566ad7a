//! The reading plan for pushes: a project's log of events (GitLab docs, "Events API").
//!
//! The log is of all branches of the project, newest first, and of three years. A push of more than
//! a few refs at once is one event that names none of them: whatever it brought is not known.

use super::{GitLab, translate, wire};
use crate::http::gaps::truncated;
use crate::http::pages::{PageNames, Pages};
use crate::moves::{LoggedPush, PushLog, RequestRange, WHAT};
use crate::{PushFacts, Question};
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::landing::BranchPush;

/// How many pages of a project's events are read.
const PAGES: usize = 10;

const REMEDY: &str = "Give a token that may read the activity of the project that the head is in; where GitLab keeps it no longer, push \
                      the head again as a new commit.";

impl GitLab {
    /// Who moved the branch of a request. It is in the project with this number; `None`: that is
    /// gone.
    pub(super) fn push_facts(&self, question: &Question<'_>, source: Option<u64>) -> PushFacts {
        let range = RequestRange::of(question.head, question.before_updates, question.commits);
        match self.request_log(question, source, &range) {
            Ok(log) => {
                let landed = question.request.value().and_then(|request| request.merged);
                log.facts(&range, landed, REMEDY)
            }
            Err(gap) => {
                let (last, content) = (Fact::Gap(gap.clone()), Fact::Gap(gap.clone()));
                PushFacts { last, content, moves: Fact::Gap(gap) }
            }
        }
    }

    fn request_log(
        &self,
        question: &Question<'_>,
        source: Option<u64>,
        range: &RequestRange<'_>,
    ) -> Result<PushLog, Gap> {
        let request = question.request.known()?;
        let project = source.ok_or_else(|| {
            let remedy = "Push the branch to a project that still exists, and open a new request.";
            Gap::new(WHAT, GapReason::NotVisible, "the project of the head is gone", remedy)
        })?;
        let branch = request.head_branch.clone();
        let branch = branch.ok_or_else(|| Gap::not_asked(WHAT, "Open the request from a branch."))?;
        self.log(WHAT, &project.to_string(), &branch, |log| log.is_enough(range))
    }

    /// What is on record of a branch, as far back as it takes. An error is one of the question;
    /// that a page could not be read ends the log.
    fn log(
        &self,
        what: &str,
        project: &str,
        branch: &BranchName,
        is_enough: impl Fn(&PushLog) -> bool,
    ) -> Result<PushLog, Gap> {
        let segments = ["projects", project, "events"];
        let mut pages = self.client.pages(what, PageNames::Numbered, &segments, &[("action", "pushed")])?;
        let mut log = PushLog { entries: Vec::new(), blind: Vec::new(), end: Ok(()) };
        for _ in 0..PAGES {
            match next_page(&mut pages) {
                Ok(Some(page)) => page.into_iter().for_each(|event| add(what, &mut log, branch, event)),
                Ok(None) => return Ok(log),
                Err(gap) => return Ok(PushLog { end: Err(gap), ..log }),
            }
            if is_enough(&log) {
                return Ok(log);
            }
        }
        log.end =
            Err(truncated(what, format!("its beginning is not among the last {PAGES} pages of events")));
        Ok(log)
    }

    /// The pushes to a branch of this project, newest first. Where the log has none that left the
    /// branch at one of these commits, it is read to its end.
    pub(super) fn pushes_to(
        &self,
        branch: &BranchName,
        back_to: &[Revision],
    ) -> Result<Vec<BranchPush>, Gap> {
        const WHAT: &str = "the pushes to the base branch";
        let left_at = |log: &PushLog, tip: &Revision| {
            log.entries.iter().any(|entry| entry.after.as_deref() == Some(tip.as_str()))
        };
        let is_enough = |log: &PushLog| back_to.iter().all(|tip| left_at(log, tip));
        let log = self.log(WHAT, self.project.as_str(), branch, is_enough)?;
        if !is_enough(&log) {
            log.end.clone()?;
        }
        if let Some((_, gap)) = log.blind.first() {
            return Err(gap.clone());
        }
        log.entries.into_iter().map(branch_push).collect()
    }
}

fn branch_push(entry: LoggedPush) -> Result<BranchPush, Gap> {
    const WHAT: &str = "the pushes to the base branch";
    let tip = |name: Option<String>| name.map(|name| translate::revision(WHAT, name)).transpose();
    Ok(BranchPush { before: tip(entry.before)?, after: tip(entry.after)? })
}

fn next_page(pages: &mut Pages<'_>) -> Result<Option<Vec<wire::Event>>, Gap> {
    pages.next()
}

/// Adds what an event says of the branch. Events that are no pushes, and those of other branches
/// and of tags, say nothing.
fn add(what: &str, log: &mut PushLog, branch: &BranchName, event: wire::Event) {
    let Some(push) = event.push_data.filter(|push| push.ref_type == "branch") else { return };
    let Some(reference) = push.reference else {
        log.blind.push((event.created_at, bulk_gap(what)));
        return;
    };
    if reference == branch.as_str() {
        let commit = |name: Option<String>| name.filter(|name| !translate::is_no_commit(name));
        log.entries.push(LoggedPush {
            before: commit(push.commit_from),
            after: commit(push.commit_to),
            actor: event.author.map(translate::account),
            at: event.created_at,
            number: event.id.unwrap_or_default(),
        });
    }
}

fn bulk_gap(what: &str) -> Gap {
    let detail = "several branches were pushed at once, and GitLab keeps no record of which";
    let remedy = "Push the branch by itself, as a new commit, and have the new head approved.";
    Gap::new(what, GapReason::NotVisible, detail, remedy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_model::change::{Commit, ObjectName};
    use portcullis_model::person::Mailbox;
    use serde_json::{Value, json};

    fn revision(digit: char) -> Revision {
        Revision::try_from(digit.to_string().repeat(40)).unwrap()
    }

    fn change(id: char, parent: char) -> Commit {
        let kim = Mailbox { name: "Kim".into(), email: "kim@example.test".into() };
        let tree = ObjectName::try_from("e".repeat(40)).unwrap();
        let (author, committer) = (kim.clone(), kim);
        Commit {
            id: revision(id),
            tree,
            parents: vec![revision(parent)],
            author,
            committer,
            co_authors: Vec::new(),
            subject: String::new(),
        }
    }

    fn event(minute: u8, who: &str, push: Value) -> wire::Event {
        let value = json!({
            "id": minute, "created_at": format!("2026-01-02T03:{minute:02}:00Z"),
            "author": { "id": minute, "username": who }, "push_data": push,
        });
        serde_json::from_value(value).unwrap()
    }

    fn push(from: Option<char>, to: Option<char>) -> Value {
        let name = |digit: Option<char>| digit.map(|digit| digit.to_string().repeat(40));
        json!({ "ref_type": "branch", "ref": "batches", "commit_from": name(from), "commit_to": name(to) })
    }

    fn log(events: Vec<wire::Event>) -> PushLog {
        let mut log = PushLog { entries: Vec::new(), blind: Vec::new(), end: Ok(()) };
        let branch = BranchName::new("batches");
        events.into_iter().for_each(|event| add(WHAT, &mut log, &branch, event));
        log
    }

    fn pusher(log: &PushLog) -> Result<String, GapReason> {
        let (head, commits) = (revision('a'), [change('a', 'c'), change('c', 'b')]);
        let facts = log.facts(&RequestRange::of(&head, &[], &commits), None, REMEDY);
        let last = facts.last.known().map_err(|gap| gap.reason)?.clone();
        Ok(last.actor.unwrap().login.to_string())
    }

    #[test]
    fn the_newest_push_of_the_head_counts() {
        let log = log(vec![
            event(9, "sam", json!({ "ref_type": "tag", "ref": "batches", "commit_to": "a".repeat(40) })),
            event(3, "kim", push(Some('c'), Some('a'))),
            event(2, "robin", push(None, Some('c'))),
        ]);
        assert_eq!(pusher(&log), Ok("kim".to_string()));
        let (head, commits) = (revision('a'), [change('a', 'c'), change('c', 'b')]);
        let range = RequestRange::of(&head, &[], &commits);
        assert!(log.is_enough(&range));
        let moves = log.facts(&range, None, REMEDY).moves;
        let who: Vec<String> =
            moves.known().unwrap().iter().map(|it| it.actor.as_ref().unwrap().login.to_string()).collect();
        assert_eq!(who, ["kim", "robin"]);
    }

    #[test]
    fn a_push_of_many_branches_hides_what_it_brought() {
        let bulk = json!({ "ref_type": "branch", "ref": null, "commit_from": null, "commit_to": null, "ref_count": 9 });
        let of =
            |minute| log(vec![event(minute, "robin", bulk.clone()), event(3, "kim", push(None, Some('a')))]);
        assert_eq!(pusher(&of(4)), Err(GapReason::NotVisible));
        assert_eq!(pusher(&of(2)), Ok("kim".to_string()), "the twin: before the push of the head");
        assert_eq!(pusher(&log(vec![])), Err(GapReason::NotVisible));
    }
}

//! The timeline of a request: its pushes, reviews, dismissals and changes of its base.

use super::{GiteaHost, GiteaPush};
use crate::world::{Activity, minutes};
use jiff::Timestamp;
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::person::Account;
use portcullis_model::review::{Review, ReviewState};
use serde_json::{Value, json};

impl GiteaPush {
    /// A push that brought these commits, the newest last.
    pub fn of(actor: &Account, minute: i64, commits: &[&Revision]) -> GiteaPush {
        let body = json!({ "is_force_push": false, "commit_ids": commits }).to_string();
        GiteaPush { actor: Some(actor.clone()), at: minutes(minute), body }
    }

    /// A push with force.
    pub fn forced(actor: &Account, minute: i64, before: &Revision, after: &Revision) -> GiteaPush {
        let body = json!({ "is_force_push": true, "commit_ids": [before, after] }).to_string();
        GiteaPush { actor: Some(actor.clone()), at: minutes(minute), body }
    }
}

impl GiteaHost {
    /// All entries, oldest first.
    pub(super) fn timeline_bodies(&self) -> Vec<Value> {
        let mut entries: Vec<(Timestamp, Value)> = Vec::new();
        let pushes = self.pushes.clone().unwrap_or_else(|| self.pushes_of_activity());
        for (id, push) in (600_u64..).zip(&pushes) {
            entries.push((push.at, self.entry(id, "pull_push", push.actor.as_ref(), push.at, &push.body, 0)));
        }
        self.world.reviews.iter().for_each(|review| entries.extend(self.review_entries(review)));
        let base_changes = self.world.events.iter().filter(|event| event.kind.starts_with("base_ref"));
        for (id, event) in (900_u64..).zip(base_changes) {
            let author = self.world.request.author.as_ref();
            let mut body = self.entry(id, "change_target_branch", author, event.at, "", 0);
            (body["old_ref"], body["new_ref"]) = (json!("next"), json!(self.world.branch.name));
            entries.push((event.at, body));
        }
        entries.sort_by_key(|(at, body)| (*at, body["id"].as_u64()));
        entries.into_iter().map(|(_, body)| body).collect()
    }

    /// That it was submitted, where the server has that on record, and that it was dismissed.
    fn review_entries(&self, review: &Review) -> Vec<(Timestamp, Value)> {
        let id = self.number(&review.id);
        let by = review.reviewer.as_ref();
        let submitted = review.submitted.map(|at| (at, self.entry(700 + id, "review", by, at, "", id)));
        let is_dismissed = review.state == ReviewState::Dismissed;
        let later = minutes(90);
        let dismissed =
            is_dismissed.then(|| (later, self.entry(800 + id, "dismiss_review", by, later, "", id)));
        submitted.into_iter().chain(dismissed).collect()
    }

    /// Pushes as a server tells them that never takes an entry away. A commit that the request does
    /// not hold any more was followed by a push with force.
    fn pushes_of_activity(&self) -> Vec<GiteaPush> {
        let head = BranchName::new(self.world.head_branch());
        let mut moves: Vec<&Activity> = self.world.activity.iter().filter(|one| one.branch == head).collect();
        moves.sort_by_key(|one| one.at);
        let place = |id: &Revision| self.world.commits.iter().position(|(known, _)| known == id);
        let mut pushes = Vec::new();
        let mut last: Option<&Revision> = None;
        for one in moves {
            let (from, to) = (last.and_then(place), place(&one.after));
            let body = match (last, to) {
                (Some(before), Some(_)) if from.is_none() => {
                    json!({ "is_force_push": true, "commit_ids": [before, one.after] })
                }
                (_, Some(to)) => {
                    let first = from.map_or(0, |from| from + 1).min(to);
                    let ids: Vec<&Revision> =
                        self.world.commits[first..=to].iter().map(|(id, _)| id).collect();
                    json!({ "is_force_push": false, "commit_ids": ids })
                }
                (_, None) => json!({ "is_force_push": false, "commit_ids": [one.after] }),
            };
            pushes.push(GiteaPush { actor: one.actor.clone(), at: one.at, body: body.to_string() });
            last = Some(&one.after);
        }
        pushes
    }

    /// An entry, whole ("TimelineComment").
    fn entry(
        &self,
        id: u64,
        kind: &str,
        by: Option<&Account>,
        at: Timestamp,
        body: &str,
        review: u64,
    ) -> Value {
        let page = self.page_of_request();
        json!({
            "id": id, "type": kind, "html_url": format!("{page}#issuecomment-{id}"), "pull_request_url": page,
            "issue_url": "", "user": self.user_or_ghost(by), "body": body, "created_at": at, "updated_at": at,
            "old_project_id": 0, "project_id": 0, "old_milestone": null, "milestone": null, "tracked_time": null,
            "old_title": "", "new_title": "", "old_ref": "", "new_ref": "", "ref_issue": null, "ref_comment": null,
            "ref_action": "", "ref_commit_sha": "", "review_id": review, "label": null, "assignee": null,
            "assignee_team": null, "removed_assignee": false, "resolve_doer": null, "dependent_issue": null,
        })
    }
}

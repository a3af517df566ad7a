//! What happened, in GitLab's forms: versions of the diff, notes of the system, approvals, events.

use super::routes::GitLabFound;
use super::{FORK, GitLabWorld, PROJECT};
use crate::world::minutes;
use jiff::{SignedDuration, Timestamp};
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::person::Account;
use portcullis_model::review::{Review, ReviewState};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How long GitLab takes to write a version after a push.
const LATENCY: SignedDuration = SignedDuration::from_secs(1);

impl GitLabWorld {
    /// The newest opinion of each account, but for comments.
    fn opinions(&self) -> Vec<&Review> {
        let mut newest: BTreeMap<String, &Review> = BTreeMap::new();
        let mut ghosts = Vec::new();
        for review in &self.world.reviews {
            if matches!(review.state, ReviewState::Commented | ReviewState::Pending) {
                continue;
            }
            let Some(reviewer) = &review.reviewer else {
                ghosts.push(review);
                continue;
            };
            let kept = newest.entry(reviewer.id.to_string()).or_insert(review);
            if (kept.submitted, kept.position) <= (review.submitted, review.position) {
                *kept = review;
            }
        }
        newest.into_values().chain(ghosts).collect()
    }

    pub(super) fn approvals_body(&self) -> Value {
        let request = self.request_body();
        let approved = self.opinions().into_iter().filter(|review| review.state == ReviewState::Approved);
        let entry = |review: &Review| {
            let mut entry = json!({ "user": self.maybe_user(review.reviewer.as_ref()) });
            if let Some(at) = review.submitted.filter(|_| self.says_when) {
                entry["approved_at"] = json!(at);
            }
            entry
        };
        let entries: Vec<Value> = approved.map(entry).collect();
        let mut body = json!({
            "user_has_approved": false, "user_can_approve": false, "approved": !entries.is_empty(),
            "approved_by": entries,
        });
        for field in [
            "id",
            "iid",
            "project_id",
            "title",
            "description",
            "state",
            "created_at",
            "updated_at",
            "merge_status",
        ] {
            body[field] = request[field].clone();
        }
        if let Some(licensed) = &self.licensed {
            let required = licensed.rules.iter().map(|(_, count)| *count).max().unwrap_or_default();
            let given = body["approved_by"].as_array().map_or(0, Vec::len) as u64;
            body["approvals_required"] = json!(required);
            body["approvals_left"] = json!(required.saturating_sub(given));
        }
        body
    }

    pub(super) fn reviewer_bodies(&self) -> Vec<Value> {
        let body = |review: &Review| {
            let state = match review.state {
                ReviewState::Approved => "approved",
                ReviewState::ChangesRequested => "requested_changes",
                _ => "unreviewed",
            };
            json!({ "user": self.maybe_user(review.reviewer.as_ref()), "state": state, "created_at": minutes(5) })
        };
        self.opinions().into_iter().map(body).collect()
    }

    /// Versions: one after each push of the branch, and such that the newest one before each review
    /// is of the commit that the review is of.
    pub(super) fn version_bodies(&self) -> Vec<Value> {
        let world = &self.world;
        let own = world.activity.iter().filter(|it| it.branch.as_str() == world.head_branch());
        let mut heads: Vec<(Timestamp, &Revision)> = own.map(|it| (it.at + LATENCY, &it.after)).collect();
        if heads.is_empty() {
            heads.push((minutes(5), &world.request.head));
        }
        heads.sort();
        for review in &world.reviews {
            let (Some(at), Some(commit)) = (review.submitted, review.reviewed.stated()) else { continue };
            let newest = heads.iter().filter(|(time, _)| *time <= at).max().map(|(_, head)| *head);
            if newest != Some(commit) {
                heads.push((at - LATENCY, commit));
                heads.push((at + LATENCY, newest.unwrap_or(&world.request.head)));
                heads.sort();
            }
        }
        let body = |(index, (at, head)): (usize, (Timestamp, &Revision))| {
            json!({
                "id": 800 + index, "head_commit_sha": head, "base_commit_sha": world.branch.tip,
                "start_commit_sha": world.branch.tip, "created_at": at, "merge_request_id": 700,
                "state": "collected", "real_size": "1", "patch_id_sha": null,
            })
        };
        let mut bodies: Vec<Value> = heads.into_iter().enumerate().map(body).collect();
        bodies.reverse();
        bodies
    }

    /// Oldest first, as they are asked for.
    pub(super) fn note_bodies(&self) -> Vec<Value> {
        let world = &self.world;
        let mut notes: Vec<(Timestamp, Option<Account>, String)> = Vec::new();
        for review in &world.reviews {
            let Some(at) = review.submitted else { continue };
            let mut say = |at, body: &str| notes.push((at, review.reviewer.clone(), body.to_string()));
            match review.state {
                ReviewState::Approved => say(at, "approved this merge request"),
                ReviewState::Dismissed => {
                    say(at, "approved this merge request");
                    say(at + LATENCY, "unapproved this merge request");
                }
                _ => (),
            }
        }
        for event in &world.events {
            let body = match event.kind.as_str() {
                "base_ref_changed" | "automatic_base_change_succeeded" | "base_ref_force_pushed" => {
                    format!("changed target branch from `other` to `{}`", world.branch.name)
                }
                _ => "marked this merge request as **ready**".to_string(),
            };
            notes.push((event.at, world.request.author.clone(), body));
        }
        notes.extend(self.notes.iter().map(|(at, who, body)| (*at, Some(who.clone()), body.clone())));
        notes.sort_by_key(|(at, ..)| *at);
        let body = |(index, (at, who, body)): (usize, (Timestamp, Option<Account>, String))| {
            json!({
                "id": 400 + index, "type": null, "body": body, "attachment": null,
                "author": self.maybe_user(who.as_ref()), "created_at": at, "updated_at": at, "system": true,
                "noteable_id": 700, "noteable_type": "MergeRequest", "noteable_iid": world.request.id.number(),
                "project_id": PROJECT, "resolvable": false, "confidential": false, "internal": false,
            })
        };
        notes.into_iter().enumerate().map(body).collect()
    }

    /// The log of a project, newest first.
    pub(super) fn events_of(&self, project: &str) -> GitLabFound {
        let world = &self.world;
        let is_base = project == PROJECT.to_string() || project.eq_ignore_ascii_case(&world.repository);
        let head = world.request.head_repository.as_deref();
        let is_head = (is_base && head == Some(world.repository.as_str()))
            || (project == FORK.to_string() && head.is_some());
        if !is_base && !is_head {
            return GitLabFound::Missing(404, "404 Project Not Found");
        }
        let mut events: Vec<(Timestamp, Value)> = Vec::new();
        if is_base {
            events.extend(self.base_events());
        }
        if is_head {
            events.extend(self.head_events());
        }
        events.extend(self.bulk_pushes.iter().map(|at| {
            let push = json!({ "commit_count": 0, "action": "pushed", "ref_type": "branch", "commit_from": null,
                               "commit_to": null, "ref": null, "commit_title": null, "ref_count": 9 });
            (*at, push)
        }).map(|(at, push)| (at, self.event_body(None, at, push))));
        events.sort_by_key(|(at, _)| *at);
        let mut bodies: Vec<Value> = events.into_iter().map(|(_, body)| body).collect();
        (1..).zip(&mut bodies).for_each(|(id, body): (u64, _)| body["id"] = json!(600 + id));
        bodies.reverse();
        GitLabFound::List(bodies)
    }

    fn base_events(&self) -> Vec<(Timestamp, Value)> {
        let world = &self.world;
        let event = |(index, tips): (usize, &[Revision])| {
            let at = minutes(index as i64);
            let push = push_body(&world.branch.name, Some(&tips[0]), &tips[1]);
            (at, self.event_body(world.request.author.as_ref(), at, push))
        };
        world.base_tips.windows(2).enumerate().map(event).collect()
    }

    fn head_events(&self) -> Vec<(Timestamp, Value)> {
        let all = &self.world.activity;
        let event = |entry: &crate::world::Activity| {
            let older = all.iter().filter(|it| it.branch == entry.branch && it.at < entry.at);
            let before = older.max_by_key(|it| it.at).map(|it| &it.after);
            let push = push_body(&entry.branch, before, &entry.after);
            (entry.at, self.event_body(entry.actor.as_ref(), entry.at, push))
        };
        all.iter().map(event).collect()
    }

    fn event_body(&self, actor: Option<&Account>, at: Timestamp, push: Value) -> Value {
        let mut body = json!({
            "project_id": PROJECT, "action_name": "pushed to", "target_id": null, "target_iid": null,
            "target_type": null, "author_id": null, "target_title": null, "created_at": at, "push_data": push,
            "author_username": null, "imported": false, "imported_from": "none",
        });
        if let Some(actor) = actor {
            body["author"] = self.user(actor);
            body["author_id"] = body["author"]["id"].clone();
            body["author_username"] = json!(actor.login);
        }
        body
    }
}

fn push_body(branch: &BranchName, before: Option<&Revision>, after: &Revision) -> Value {
    let action = if before.is_some() { "pushed" } else { "created" };
    json!({
        "commit_count": 1, "action": action, "ref_type": "branch", "commit_from": before, "commit_to": after,
        "ref": branch, "commit_title": "Load records", "ref_count": null,
    })
}

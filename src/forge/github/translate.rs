//! GitHub's words in our model. A word that we do not know is never given a mild meaning: it is a
//! gap.

use crate::github::address::RepositoryName;
use crate::github::wire;
use crate::http::gaps::{contradiction, malformed};
use jiff::Timestamp;
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::check::{Check, Conclusion, Producer};
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::id::{AccountId, RequestId};
use portcullis_model::person::{Account, AccountKind, Login};
use portcullis_model::protection::Branch;
use portcullis_model::review::{
    ChangeRequest, CommitAccounts, Permission, Review, ReviewSource, ReviewState,
};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn revision(what: &str, text: String) -> Result<Revision, Gap> {
    Revision::try_from(text).map_err(|why| malformed(what, why))
}

/// A team of a name that no team on GitHub has.
pub(super) fn no_team(what: &str) -> Gap {
    let remedy = "Name the team as `organisation/team-slug`.";
    Gap::new(what, GapReason::Unsupported, "GitHub has no team of such a name", remedy)
}

/// Zeros stand for a branch that was not there.
pub(super) fn is_no_commit(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte == b'0')
}

pub(super) fn account(user: wire::SimpleUser) -> Account {
    let kind = match user.kind.as_str() {
        _ if user.login.ends_with("[bot]") => AccountKind::Bot,
        "User" => AccountKind::Human,
        "Bot" => AccountKind::Bot,
        "Mannequin" => AccountKind::Mannequin,
        _ => AccountKind::Other,
    };
    Account { login: Login::new(user.login), id: user.id.into(), kind }
}

pub(super) fn request(what: &str, id: &RequestId, pull: wire::PullRequest) -> Result<ChangeRequest, Gap> {
    if RequestId::from(pull.number) != *id {
        return Err(contradiction(what, format!("the host answered with request {}", pull.number)));
    }
    let open = match pull.state.as_str() {
        "open" => true,
        "closed" => false,
        other => return Err(unknown_kind(what, "state", other)),
    };
    Ok(ChangeRequest {
        id: id.clone(),
        title: pull.title,
        author: pull.user.map(account),
        open,
        merged: pull.merged_at,
        base_branch: branch_name(&pull.base.branch),
        head: revision(what, pull.head.sha)?,
        head_branch: Some(branch_name(&pull.head.branch)),
        head_repository: pull.head.repo.map(|repository| repository.full_name),
    })
}

/// The repository that an answer about a request is of: the one that was asked, or the one to which
/// the host sent us on, which it has been renamed to or moved to since. An answer that does not say
/// is taken for one of the former.
pub(super) fn is_of(
    what: &str,
    repository: &RepositoryName,
    moved: bool,
    base: &wire::Base,
) -> Result<Option<String>, Gap> {
    let Some(seen) = &base.repo else { return Ok(None) };
    let asked = repository.to_string();
    match seen.full_name.eq_ignore_ascii_case(&asked) {
        false if !moved => {
            Err(contradiction(what, format!("the host answered with a request of {}", seen.full_name)))
        }
        _ => Ok(Some(seen.full_name.clone())),
    }
}

/// GitHub gives branches without `refs/heads/`; one that is itself named `refs/heads/main` is not
/// `main`.
fn branch_name(text: &str) -> BranchName {
    BranchName::new(&format!("refs/heads/{text}"))
}

/// The requests among those that hold a commit that were merged into the branch. GitHub also names
/// requests that are open, or that were closed unmerged, or that landed elsewhere: none of them
/// brought the commit here.
pub(super) fn landed(branch: &BranchName, pulls: Vec<wire::AssociatedPull>) -> BTreeSet<RequestId> {
    let here =
        |pull: &wire::AssociatedPull| pull.merged_at.is_some() && branch_name(&pull.base.branch) == *branch;
    pulls.into_iter().filter(here).map(|pull| pull.number.into()).collect()
}

pub(super) fn branch(what: &str, name: &BranchName, seen: wire::BranchWithProtection) -> Result<Branch, Gap> {
    if seen.name != name.as_str() {
        return Err(contradiction(what, format!("the host answered with branch `{}`", seen.name)));
    }
    Ok(Branch { name: name.clone(), tip: revision(what, seen.commit.sha)?, protected: seen.protected })
}

/// An approval counts for the request that it was given to, and for no other one with the same
/// commit; nor for one of that number in a repository that is not known by any of these names.
pub(super) fn reviews_are_of(
    what: &str,
    names: &BTreeSet<String>,
    number: &str,
    seen: &[wire::PullRequestReview],
) -> Result<(), Gap> {
    let is_ours = |address: &str| {
        let address = address.to_ascii_lowercase();
        names.iter().any(|name| address.ends_with(&format!("/repos/{}", name.to_ascii_lowercase())))
    };
    let request = |review: &wire::PullRequestReview| {
        let address = review.pull_request_url.rsplit_once("/pulls/");
        address.map(|(repository, it)| it == number && is_ours(repository))
    };
    let stray = seen.iter().find(|review| request(review) != Some(true));
    stray.map_or(Ok(()), |review| {
        Err(contradiction(
            what,
            format!("review {} is of another request: {}", review.id, review.pull_request_url),
        ))
    })
}

/// All reviews, oldest first. A review that was submitted says when; without that the order is
/// unknown.
pub(super) fn reviews(what: &str, seen: Vec<wire::PullRequestReview>) -> Result<Vec<Review>, Gap> {
    let reviews: Result<Vec<Review>, Gap> = seen.into_iter().map(|one| review_of(what, one)).collect();
    let mut reviews = reviews?;
    reviews.sort_by(|a, b| (a.submitted, &a.id).cmp(&(b.submitted, &b.id)));
    (1..).zip(&mut reviews).for_each(|(position, review)| review.position = position);
    Ok(reviews)
}

fn review_of(what: &str, seen: wire::PullRequestReview) -> Result<Review, Gap> {
    let state = review_state(what, &seen.state)?;
    if seen.submitted_at.is_none() && state != ReviewState::Pending {
        return Err(malformed(what, format!("review {} does not say when it was submitted", seen.id)));
    }
    let commit = seen.commit_id.map(|id| revision(what, id)).transpose()?;
    Ok(Review {
        id: seen.id.into(),
        position: 0,
        reviewer: seen.user.map(account),
        state,
        reviewed: commit.into(),
        submitted: seen.submitted_at,
        source: ReviewSource::Host,
    })
}

fn review_state(what: &str, text: &str) -> Result<ReviewState, Gap> {
    match text {
        "APPROVED" => Ok(ReviewState::Approved),
        "CHANGES_REQUESTED" => Ok(ReviewState::ChangesRequested),
        "COMMENTED" => Ok(ReviewState::Commented),
        "DISMISSED" => Ok(ReviewState::Dismissed),
        "PENDING" => Ok(ReviewState::Pending),
        other => Err(unknown_kind(what, "review state", other)),
    }
}

/// When the request last turned to another base, by hand, because its base branch went away, or
/// because the base was rewritten (GitHub docs, "Issue event types"). Kinds of events that say
/// nothing of the base are passed over.
pub(super) fn base_changed(events: &[wire::IssueEvent]) -> Option<Timestamp> {
    const KINDS: [&str; 3] = ["base_ref_changed", "base_ref_force_pushed", "automatic_base_change_succeeded"];
    events.iter().filter(|event| KINDS.contains(&event.event.as_str())).map(|event| event.created_at).max()
}

pub(super) fn commit(what: &str, seen: wire::CommitItem) -> Result<(Revision, CommitAccounts), Gap> {
    let accounts =
        CommitAccounts { author: owner_of(what, seen.author)?, committer: owner_of(what, seen.committer)? };
    Ok((revision(what, seen.sha)?, accounts))
}

/// An address belongs to nobody when its account is null or an empty object; half an account is an
/// error.
fn owner_of(what: &str, seen: Option<wire::MaybeUser>) -> Result<Option<Account>, Gap> {
    match seen {
        None | Some(wire::MaybeUser { login: None, id: None, kind: None }) => Ok(None),
        Some(wire::MaybeUser { login: Some(login), id: Some(id), kind: Some(kind) }) => {
            Ok(Some(account(wire::SimpleUser { login, id, kind })))
        }
        Some(_) => Err(malformed(what, "half an account")),
    }
}

/// What a reviewer may do. `permission` folds the finer roles (`maintain` is `write`, `triage` is
/// `read`) and is also right for roles that an organisation made; a standard role must agree with
/// it. The answer must speak of the very account that reviewed: a login can be given up and
/// registered again by somebody else.
pub(super) fn permission(what: &str, of: &Account, seen: wire::Collaborator) -> Result<Permission, Gap> {
    let user = seen.user.ok_or_else(|| malformed(what, "the answer does not say whose permission it is"))?;
    if AccountId::from(user.id) != of.id || Login::new(user.login) != of.login {
        return Err(contradiction(what, format!("the host answered for account {}", user.id)));
    }
    let permission = match seen.permission.as_str() {
        "admin" => Permission::Admin,
        "write" => Permission::Write,
        "read" => Permission::Read,
        "none" => Permission::None,
        other => return Err(unknown_kind(what, "permission", other)),
    };
    match standard_role(&seen.role_name) {
        Some(role) if role != permission => {
            let detail = format!("role `{}` with permission `{}`", seen.role_name, seen.permission);
            Err(contradiction(what, detail))
        }
        _ => Ok(permission),
    }
}

fn standard_role(name: &str) -> Option<Permission> {
    match name {
        "admin" => Some(Permission::Admin),
        "maintain" | "write" => Some(Permission::Write),
        "triage" | "read" => Some(Permission::Read),
        "none" => Some(Permission::None),
        _ => None,
    }
}

/// A check run of the head.
pub(super) fn check_run(what: &str, head: &Revision, run: wire::CheckRun) -> Result<Check, Gap> {
    if run.head_sha != head.as_str() {
        return Err(contradiction(what, format!("check run {} is of another commit", run.id)));
    }
    let producer = match run.app {
        Some(app) => Producer::App { id: app.id.into(), slug: app.slug.unwrap_or_default() },
        None => Producer::Unknown,
    };
    let conclusion = run_conclusion(what, &run.status, run.conclusion.as_deref())?;
    Ok(Check { name: run.name, id: run.id.into(), head: head.clone(), producer, conclusion })
}

fn run_conclusion(what: &str, status: &str, conclusion: Option<&str>) -> Result<Conclusion, Gap> {
    match (status, conclusion) {
        ("queued" | "in_progress" | "waiting" | "requested" | "pending", None) => Ok(Conclusion::Running),
        ("completed", Some(text)) => {
            conclusion_of(text).ok_or_else(|| unknown_kind(what, "conclusion", text))
        }
        _ => Err(malformed(what, format!("a check run is `{status}` and concluded {conclusion:?}"))),
    }
}

fn conclusion_of(text: &str) -> Option<Conclusion> {
    Some(match text {
        "success" => Conclusion::Success,
        "failure" => Conclusion::Failure,
        "neutral" => Conclusion::Neutral,
        "skipped" => Conclusion::Skipped,
        "cancelled" => Conclusion::Cancelled,
        "stale" => Conclusion::Stale,
        "timed_out" => Conclusion::TimedOut,
        "action_required" => Conclusion::ActionRequired,
        "startup_failure" => Conclusion::StartupFailure,
        _ => return None,
    })
}

/// The newest status of each context and creator: every state change is a new record with a higher
/// number.
pub(super) fn statuses(what: &str, head: &Revision, seen: Vec<wire::Status>) -> Result<Vec<Check>, Gap> {
    let mut newest: BTreeMap<(String, Option<AccountId>), Check> = BTreeMap::new();
    for status in seen {
        let check = status_check(what, head, status)?;
        let creator = match &check.producer {
            Producer::Account(Some(account)) => Some(account.id.clone()),
            _ => None,
        };
        let key = (check.name.clone(), creator);
        if newest.get(&key).is_none_or(|kept| kept.id < check.id) {
            newest.insert(key, check);
        }
    }
    Ok(newest.into_values().collect())
}

fn status_check(what: &str, head: &Revision, status: wire::Status) -> Result<Check, Gap> {
    let of_another = status.url.as_ref().filter(|url| url.rsplit('/').next() != Some(head.as_str()));
    if let Some(url) = of_another {
        return Err(contradiction(what, format!("status {} is of another commit: {url}", status.id)));
    }
    let conclusion = match status.state.as_str() {
        "success" => Conclusion::Success,
        "failure" => Conclusion::Failure,
        "error" => Conclusion::Error,
        "pending" => Conclusion::Running,
        other => return Err(unknown_kind(what, "status", other)),
    };
    let producer = Producer::Account(status.creator.map(account));
    Ok(Check { name: status.context, id: status.id.into(), head: head.clone(), producer, conclusion })
}

pub(super) fn unknown_kind(what: &str, kind: &str, text: &str) -> Gap {
    malformed(what, format!("unknown {kind} `{text}`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_model::review::ReviewedContent;
    use serde_json::{Value, json};

    const SHA: &str = "1111111111111111111111111111111111111111";

    fn user(login: &str, id: u64) -> Value {
        json!({ "login": login, "id": id, "type": "User" })
    }

    fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
        serde_json::from_value(value).unwrap()
    }

    fn one_review(alter: impl Fn(&mut Value)) -> Result<Vec<Review>, GapReason> {
        let mut value = json!({
            "id": 5, "user": user("kim", 2), "state": "APPROVED", "commit_id": SHA,
            "submitted_at": "2026-01-02T03:04:05Z", "body": "", "pull_request_url": "https://x.test/repos/o/r/pulls/7"
        });
        alter(&mut value);
        let seen = serde_json::from_value(json!([value])).map_err(|_| GapReason::Malformed)?;
        reviews("it", seen).map_err(|gap| gap.reason)
    }

    #[test]
    fn accounts_are_people_only_when_the_host_says_so() {
        let kind = |login: &str, kind: &str| {
            account(wire::SimpleUser { login: login.into(), id: 1, kind: kind.into() }).kind
        };
        assert_eq!(kind("kim", "User"), AccountKind::Human);
        assert_eq!(kind("helper[bot]", "User"), AccountKind::Bot);
        assert_eq!(kind("helper", "Bot"), AccountKind::Bot);
        assert_eq!(kind("old-kim", "Mannequin"), AccountKind::Mannequin);
        assert_eq!(kind("example", "Organization"), AccountKind::Other);
        assert_eq!(kind("kim", "SomethingNew"), AccountKind::Other);
    }

    #[test]
    fn null_is_an_answer_and_absence_is_none() {
        assert!(one_review(|_| ()).unwrap()[0].reviewer.is_some());
        assert_eq!(one_review(|review| review["user"] = Value::Null).unwrap()[0].reviewer, None);
        assert_eq!(
            one_review(|review| review["commit_id"] = Value::Null).unwrap()[0].reviewed,
            ReviewedContent::Unknown
        );
        for field in ["id", "user", "state", "commit_id", "submitted_at"] {
            let result = one_review(|review| drop(review.as_object_mut().unwrap().remove(field)));
            assert_eq!(result, Err(GapReason::Malformed), "{field}");
        }
    }

    #[test]
    fn a_branch_with_the_name_of_a_reference_is_not_that_branch() {
        assert_eq!(branch_name("main"), BranchName::new("main"));
        assert_ne!(branch_name("refs/heads/main"), BranchName::new("main"));
    }

    #[test]
    fn unknown_words_are_gaps() {
        assert_eq!(one_review(|review| review["state"] = json!("approved")), Err(GapReason::Malformed));
        assert_eq!(one_review(|review| review["commit_id"] = json!("HEAD")), Err(GapReason::Malformed));
        assert_eq!(one_review(|review| review["submitted_at"] = json!("today")), Err(GapReason::Malformed));
        let conclude = |status, end| run_conclusion("it", status, end).map_err(|gap| gap.reason);
        assert_eq!(conclude("completed", Some("success")), Ok(Conclusion::Success));
        assert_eq!(conclude("in_progress", None), Ok(Conclusion::Running));
        for (status, end) in [
            ("completed", None),
            ("completed", Some("splendid")),
            ("dreaming", None),
            ("in_progress", Some("success")),
        ] {
            assert_eq!(conclude(status, end), Err(GapReason::Malformed), "{status} {end:?}");
        }
    }

    #[test]
    fn a_pending_review_has_no_time() {
        let pending = one_review(|review| {
            review["state"] = json!("PENDING");
            review["submitted_at"] = Value::Null;
        });
        assert_eq!(pending.unwrap()[0].submitted, None);
    }

    #[test]
    fn attack_31_a_review_of_another_request_is_no_answer() {
        let of = |url: &str| {
            let seen: Vec<wire::PullRequestReview> = read(
                json!([{ "id": 5, "user": null, "state": "APPROVED", "commit_id": SHA, "pull_request_url": url }]),
            );
            let names = ["o/r".to_string(), "o/renamed".to_string()].into();
            reviews_are_of("it", &names, "7", &seen).map_err(|gap| gap.reason)
        };
        assert_eq!(of("https://x.test/repos/O/R/pulls/7"), Ok(()));
        assert_eq!(of("https://x.test/api/v3/repos/o/renamed/pulls/7"), Ok(()));
        for url in [
            "https://x.test/repos/o/r/pulls/17",
            "https://x.test/repos/o/r/pulls/6",
            "https://x.test/repos/o/r/issues/7",
            "https://x.test/repos/o/other/pulls/7",
            "https://x.test/repos/evil/o/r/pulls/7",
            "",
        ] {
            assert_eq!(of(url), Err(GapReason::Contradiction), "{url}");
        }
    }

    #[test]
    fn reviews_come_oldest_first() {
        let at = |id: u64, time: &str| json!({ "id": id, "user": user("kim", 2), "state": "APPROVED", "commit_id": SHA, "submitted_at": time, "pull_request_url": "" });
        let seen = read(json!([at(1, "2026-01-03T00:00:00Z"), at(2, "2026-01-02T00:00:00Z")]));
        let reviews = reviews("it", seen).unwrap();
        let ids: Vec<(&str, u64)> = reviews.iter().map(|one| (one.id.as_str(), one.position)).collect();
        assert_eq!(ids, [("2", 1), ("1", 2)]);
    }

    #[test]
    fn the_latest_change_of_base_counts() {
        let event = |kind: &str, time: &str| json!({ "event": kind, "created_at": time, "actor": null });
        let events: Vec<wire::IssueEvent> = read(json!([
            event("base_ref_changed", "2026-01-02T00:00:00Z"),
            event("automatic_base_change_succeeded", "2026-01-04T00:00:00Z"),
            event("renamed", "2026-01-05T00:00:00Z"),
            event("base_ref_force_pushed", "2026-01-03T00:00:00Z"),
        ]));
        assert_eq!(base_changed(&events), Some("2026-01-04T00:00:00Z".parse().unwrap()));
        assert_eq!(base_changed(&events[2..3]), None);
    }

    #[test]
    fn commits_belong_to_an_account_or_to_nobody() {
        let accounts = |author: Value| {
            let seen = read(json!({ "sha": SHA, "author": author, "committer": user("kim", 2) }));
            commit("it", seen).map(|(_, accounts)| accounts.author.map(|account| account.id))
        };
        assert_eq!(accounts(user("kim", 2)), Ok(Some(2.into())));
        assert_eq!(accounts(Value::Null), Ok(None));
        assert_eq!(accounts(json!({})), Ok(None));
        assert!(accounts(json!({ "login": "kim" })).is_err());
        assert!(serde_json::from_value::<wire::CommitItem>(json!({ "sha": SHA, "author": null })).is_err());
    }

    #[test]
    fn a_permission_is_of_the_account_that_reviewed() {
        let kim = account(read(user("kim", 2)));
        let may = |permission_name: &str, role: &str, who: Value| {
            let seen = read(json!({ "permission": permission_name, "role_name": role, "user": who }));
            permission("it", &kim, seen).map_err(|gap| gap.reason)
        };
        assert_eq!(may("write", "maintain", user("KIM", 2)), Ok(Permission::Write));
        assert_eq!(may("read", "triage", user("kim", 2)), Ok(Permission::Read));
        assert_eq!(may("write", "release-crew", user("kim", 2)), Ok(Permission::Write));
        assert_eq!(may("none", "none", user("kim", 2)), Ok(Permission::None));
        assert_eq!(may("admin", "read", user("kim", 2)), Err(GapReason::Contradiction));
        assert_eq!(may("write", "write", user("kim", 9)), Err(GapReason::Contradiction));
        assert_eq!(may("own", "own", user("kim", 2)), Err(GapReason::Malformed));
        assert_eq!(may("write", "write", Value::Null), Err(GapReason::Malformed));
    }

    #[test]
    fn the_newest_status_of_each_creator_counts() {
        let head = Revision::try_from(SHA.to_string()).unwrap();
        let status = |id: u64, state: &str, who: Value| json!({ "id": id, "context": "ci", "state": state, "creator": who });
        let seen = read(json!([
            status(3, "failure", user("kim", 2)),
            status(4, "success", user("robin", 1)),
            status(2, "success", user("kim", 2)),
            status(1, "pending", Value::Null),
        ]));
        let checks = statuses("it", &head, seen).unwrap();
        let ends: Vec<(&str, Conclusion)> =
            checks.iter().map(|check| (check.id.as_str(), check.conclusion)).collect();
        assert_eq!(
            ends,
            [("1", Conclusion::Running), ("4", Conclusion::Success), ("3", Conclusion::Failure)]
        );
        let odd = read(json!([status(1, "great", Value::Null)]));
        assert!(statuses("it", &head, odd).is_err());
    }

    #[test]
    fn a_check_run_is_of_the_head_that_was_asked_for() {
        let head = Revision::try_from(SHA.to_string()).unwrap();
        let run = |sha: &str| {
            let app = json!({ "id": 15368, "slug": "ci" });
            let run = json!({ "id": 1, "name": "test", "head_sha": sha, "status": "completed",
                              "conclusion": "success", "app": app });
            check_run("it", &head, read(run)).map(|check| check.producer).map_err(|gap| gap.reason)
        };
        assert_eq!(run(SHA), Ok(Producer::App { id: 15368.into(), slug: "ci".into() }));
        assert_eq!(run(&"2".repeat(40)), Err(GapReason::Contradiction));
    }
}

//! What each host says of things that are over, and of those that go on.

use super::*;
use crate::{gitea, github, gitlab};
use serde_json::json;

const COMMIT: &str = "1111111111111111111111111111111111111111";

fn of(settles: Settles, path: &str, answer: &Value) -> Settlement {
    let path = path.replace("SHA", COMMIT);
    let is_over = |number: &str| number == "7";
    settles(&AnsweredQuestion { path: path.split('/').collect(), is_post: false, answer, is_over: &is_over })
}

#[test]
fn a_request_is_over_once_it_has_landed_and_so_is_what_is_said_of_it() {
    let (hub, lab, tea) = (github::KIND.settles, gitlab::KIND.settles, gitea::GITEA.settles);
    let landed = json!({ "merged_at": "2026-01-05T10:00:00Z", "state": "closed", "merged": true });
    let merged = json!({ "merged_at": "2026-01-05T10:00:00Z", "state": "merged" });
    let seven = || Settlement::Request("7".to_string());
    assert_eq!(of(hub, "/api/v3/repos/o/n/pulls/7", &landed), seven());
    assert_eq!(of(lab, "/api/v4/projects/g%2Fn/merge_requests/7", &merged), seven());
    assert_eq!(of(tea, "/api/v1/repos/o/n/pulls/7", &landed), seven());
    for open in [
        json!({ "merged_at": null, "state": "open", "merged": false }),
        json!({ "merged_at": null, "state": "closed", "merged": false }),
        json!({ "merged_at": null, "state": "opened" }),
        json!({}),
    ] {
        assert_eq!(of(hub, "/repos/o/n/pulls/7", &open), Settlement::Open, "{open}");
        assert_eq!(of(lab, "/api/v4/projects/g%2Fn/merge_requests/7", &open), Settlement::Open, "{open}");
        assert_eq!(of(tea, "/api/v1/repos/o/n/pulls/7", &open), Settlement::Open, "{open}");
    }
    let list = json!([{ "id": 1 }]);
    for (settles, path) in [
        (hub, "/repos/o/n/pulls/N/reviews"),
        (hub, "/repos/o/n/issues/N/events"),
        (lab, "/api/v4/projects/g%2Fn/merge_requests/N/approvals"),
        (tea, "/api/v1/repos/o/n/issues/N/timeline"),
    ] {
        assert_eq!(of(settles, &path.replace('N', "7"), &list), Settlement::Over, "{path}");
        assert_eq!(of(settles, &path.replace('N', "8"), &list), Settlement::Open, "{path}");
    }
}

#[test]
fn what_goes_on_is_never_over() {
    let body = json!({ "state": "closed", "merged_at": "2026-01-05T10:00:00Z", "sha": COMMIT, "runners_token": "x" });
    for path in [
        "/repos/o/n/branches/main",
        "/repos/o/n/branches/main/protection",
        "/repos/o/n/rulesets/17",
        "/repos/o/n/rules/branches/main",
        "/repos/o/n/collaborators/kim/permission",
        "/repos/o/n/deployments/5/statuses",
        "/repos/o/n/activity",
        "/repos/o/n/commits/main",
        "/repos/o/n/compare/main...topic",
        "/orgs/o/teams/t/members",
        "/repos/o/n",
    ] {
        assert_eq!(of(github::KIND.settles, path, &body), Settlement::Open, "{path}");
        assert_eq!(of(gitea::GITEA.settles, path, &body), Settlement::Open, "{path}");
    }
    for path in
        ["projects/g%2Fn", "projects/g%2Fn/repository/branches/main", "projects/g%2Fn/members/all", "users"]
    {
        assert_eq!(of(gitlab::KIND.settles, path, &body), Settlement::Open, "{path}");
    }
}

#[test]
fn checks_are_over_when_each_has_ended_and_there_is_one() {
    let hub = github::KIND.settles;
    let runs = |statuses: &[&str]| {
        let runs: Vec<Value> = statuses.iter().map(|status| json!({ "status": status })).collect();
        of(
            hub,
            "/repos/o/n/commits/SHA/check-runs",
            &json!({ "total_count": runs.len(), "check_runs": runs }),
        )
    };
    assert_eq!(runs(&["completed", "completed"]), Settlement::Over);
    assert_eq!(runs(&["completed", "in_progress"]), Settlement::Open);
    assert_eq!(runs(&[]), Settlement::Open);
    let pulls = |state: &str| {
        of(hub, "/repos/o/n/commits/SHA/pulls", &json!([{ "state": "closed" }, { "state": state }]))
    };
    assert_eq!((pulls("closed"), pulls("open")), (Settlement::Over, Settlement::Open));
}

#[test]
fn of_what_is_posted_only_authors_of_commits_are_over() {
    let posted = |answer: Value| {
        let path = vec!["", "graphql"];
        (github::KIND.settles)(&AnsweredQuestion { path, is_post: true, answer: &answer, is_over: &|_| true })
    };
    let commit = json!({ "oid": COMMIT, "authors": { "nodes": [] } });
    assert_eq!(posted(json!({ "data": { "repository": { "c1": commit } } })), Settlement::Over);
    for answer in [
        json!({ "data": { "repository": { "ref": { "branchProtectionRule": null } } } }),
        json!({ "data": { "repository": { "c1": commit, "ref": null } } }),
        json!({ "data": { "repository": { "c1": commit } }, "errors": [{ "message": "late" }] }),
        json!({ "data": { "repository": {} } }),
    ] {
        assert_eq!(posted(answer.clone()), Settlement::Open, "{answer}");
    }
}

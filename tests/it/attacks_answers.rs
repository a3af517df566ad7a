//! Answers of the host that are withheld, cut or garbled, and input that is not there: never a way to be allowed
//! (classes 79 and 83 of the attack catalogue). An answer that nothing needs may fail: that is the honest twin.

use crate::support::gate::{command, judge, judge_altered, judge_at};
use crate::support::project::{classic, head, project, refused};
use clap::Parser;
use portcullis_cli::SubjectArguments;
use portcullis_cli::prepare::prepare_over;
use portcullis_forge::Connection;
use portcullis_model::check::{Check, Conclusion, Producer};
use portcullis_model::decision::Outcome;
use portcullis_model::review::{Review, ReviewSource, ReviewState, ReviewedContent};
use portcullis_testkit::answer_faults::AnswerFault;
use portcullis_testkit::history::Edit;
use portcullis_testkit::server::{Act, Server};
use portcullis_testkit::stage::{GREEN, KIM, POLICY, Stage, revision};
use portcullis_testkit::world::{Activity, Endpoint, Event, World, minutes, person};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::Command;

const ALWAYS: usize = usize::MAX;

fn honest() -> Stage {
    Stage::honest().unwrap()
}

/// The control that needs an answer.
fn control(endpoint: Endpoint) -> &'static str {
    use Endpoint::{Branch, CheckRuns, Classic, GraphQl, Request, Rules, Ruleset, Statuses};
    match endpoint {
        Request | Branch => "gate-integrity",
        Rules | Ruleset | Classic | GraphQl => "protected-branch",
        CheckRuns | Statuses => "required-checks",
        _ => "required-reviews",
    }
}

/// A path of this endpoint, as the stage's request is asked for.
fn path(stage: &Stage, endpoint: Endpoint) -> String {
    let sha = stage.head();
    let below = match endpoint {
        Endpoint::Request => "pulls/7".to_string(),
        Endpoint::Branch => "branches/main".to_string(),
        Endpoint::Reviews => "pulls/7/reviews".to_string(),
        Endpoint::Events => "issues/7/events".to_string(),
        Endpoint::RequestCommits => "pulls/7/commits".to_string(),
        Endpoint::Commit => format!("commits/{sha}"),
        Endpoint::Permission => "collaborators/alex-example/permission".to_string(),
        Endpoint::Activity => "activity".to_string(),
        Endpoint::Members => return "/orgs/example-org/teams/data-protection/members".to_string(),
        Endpoint::Rules => "rules/branches/main".to_string(),
        Endpoint::Ruleset => "rulesets/17".to_string(),
        Endpoint::Classic => "branches/main/protection".to_string(),
        Endpoint::GraphQl => return "/graphql".to_string(),
        Endpoint::CheckRuns => format!("commits/{sha}/check-runs"),
        Endpoint::Statuses => format!("commits/{sha}/statuses"),
        Endpoint::Deployments => "deployments".to_string(),
        Endpoint::DeploymentStatuses => "deployments/5/statuses".to_string(),
        other => panic!("{other:?} is not asked under this policy"),
    };
    format!("/repos/{}/{below}", stage.world.repository)
}

fn honest_answer(stage: &Stage, endpoint: Endpoint) -> String {
    let method = if endpoint == Endpoint::GraphQl { "POST" } else { "GET" };
    let response = stage.world.answer(method, &path(stage, endpoint), None);
    assert_eq!(response.status, 200, "{endpoint:?}");
    String::from_utf8(response.body).unwrap()
}

/// A server that acts so at this endpoint and at no other whose path begins alike.
fn acting(stage: &Stage, endpoint: Endpoint, times: usize, act: Act) -> Server {
    let at = path(stage, endpoint);
    let mut server = Server::start(stage.world.clone());
    for other in Endpoint::ALL.into_iter().map(|other| path(stage, other)) {
        if other != at && other.starts_with(&at) {
            server = server.trick(&other, ALWAYS, Act::Delay(std::time::Duration::ZERO));
        }
    }
    server.trick(&at, times, act)
}

/// The ways to withhold one answer, and what the gate must say of each.
fn ways(stage: &Stage, endpoint: Endpoint) -> Vec<(Server, String)> {
    let altered = |alter: AnswerFault| Server::start(stage.world.clone().with_fault(endpoint, alter));
    let act = |act: Act| acting(stage, endpoint, ALWAYS, act);
    let refused = [401, 403, 404].map(|status| {
        (
            altered(AnswerFault::Refuse(status, "Not for you".into())),
            format!("the host answered {status} Not for you"),
        )
    });
    let busy = [
        (500, "0", "the host answered 500"),
        (502, "86400", "the host answered 502"),
        (429, "0", "limits the rate"),
        (403, "86400", "wait 86400 seconds"),
    ]
    .map(|(status, wait, text)| {
        (act(Act::message(status, "Try again", &[("retry-after", wait)])), text.to_string())
    });
    let away = Act::Redirect { status: 302, to: "http://host.example.test".into() };
    let whole = honest_answer(stage, endpoint);
    let garbled = [
        "<html><body>Please log in</body></html>",
        "",
        "[".repeat(100_000).as_str(),
        &whole[..whole.len() / 2],
        &whole[..whole.len() - 1],
        &format!("{whole}{whole}"),
    ]
    .map(|text| (altered(AnswerFault::Text(text.into())), "not what GitHub documents".to_string()));
    let mut ways = vec![
        (act(away), "not encrypted".to_string()),
        (altered(AnswerFault::Text("{}".into())), "could not be seen".to_string()),
    ];
    ways.extend(refused.into_iter().chain(busy).chain(garbled));
    ways
}

/// Withholds each answer in every way; `idle` names those that this project has no need of, and that may fail.
fn withhold(make: fn() -> Stage, needed: &[Endpoint], idle: &[Endpoint]) {
    let stage = make();
    assert_eq!(judge(&stage).exit, 0, "the honest twin");
    for endpoint in needed.iter().copied() {
        for (server, text) in ways(&stage, endpoint) {
            eprintln!("-- {endpoint:?}: {text}");
            judge_at(&stage, &server).expect(3, control(endpoint), &text);
        }
    }
    for endpoint in idle.iter().copied() {
        let alter = AnswerFault::Refuse(404, "Not Found".into());
        judge_at(&stage, &Server::start(stage.world.clone().with_fault(endpoint, alter))).expect(0, "", "");
    }
}

#[test]
fn attack_79_each_answer_about_the_request_is_withheld() {
    use Endpoint::{
        Activity, Branch, Classic, DeploymentStatuses, Deployments, Events, GraphQl, Members, Request,
        RequestCommits, Reviews,
    };
    withhold(
        honest,
        &[Request, Branch, Reviews, Events, RequestCommits, Activity],
        &[Members, GraphQl, Classic, Deployments, DeploymentStatuses],
    );
}

#[test]
fn attack_79_each_answer_about_people_branch_and_checks_is_withheld() {
    use Endpoint::{CheckRuns, Commit, Permission, Rules, Ruleset, Statuses};
    withhold(honest, &[Permission, Rules, Ruleset, CheckRuns, Statuses], &[Commit]);
}

#[test]
fn attack_79_each_answer_of_classic_protection_teams_and_single_commits_is_withheld() {
    use Endpoint::{Classic, Commit, GraphQl, Members, RequestCommits, Rules, Ruleset};
    withhold(classic, &[Members, Commit, Classic, GraphQl, RequestCommits], &[Rules, Ruleset]);
}

#[test]
fn attack_79_a_host_that_recovers_is_heard() {
    let stage = honest();
    for endpoint in [Endpoint::Request, Endpoint::Reviews, Endpoint::Ruleset, Endpoint::CheckRuns] {
        for status in [429, 500, 503] {
            let act = Act::message(status, "Try again", &[("retry-after", "0")]);
            assert_eq!(judge_at(&stage, &acting(&stage, endpoint, 3, act)).exit, 0, "{endpoint:?} {status}");
        }
    }
}

#[test]
fn attack_79_a_connection_that_breaks() {
    // Each waits for a while before it gives up, so all wait together.
    std::thread::scope(|scope| {
        for endpoint in [Endpoint::Request, Endpoint::Reviews, Endpoint::Ruleset, Endpoint::CheckRuns] {
            for act in [Act::CutBody, Act::Close] {
                scope.spawn(move || {
                    let stage = honest();
                    let server = acting(&stage, endpoint, ALWAYS, act);
                    judge_at(&stage, &server).expect(3, control(endpoint), "could not be seen");
                });
            }
        }
    });
}

/// Lists of more than one page, wherever the host gives lists.
fn wide(mut stage: Stage) -> Stage {
    let (robin, noor, kim) =
        (person("robin-example", 12), person("noor-example", 15), person("kim-example", 11));
    stage.push(KIM, &kim, &[Edit::Write("docs/guide.md", "More.\n")]).unwrap();
    stage.world.listed_commits = 250;
    let head = head(&stage);
    stage.world.reviews.iter_mut().for_each(|review| review.reviewed = ReviewedContent::Stated(head.clone()));
    stage.world.events.push(Event { kind: "labeled".into(), at: minutes(21) });
    let branch = stage.world.request.head_branch.clone().unwrap();
    let after = revision(stage.base).unwrap();
    // Newest first: the push of the head is on the second page.
    stage.world.activity.push(Activity { branch, after, actor: Some(robin), at: minutes(90) });
    stage.world.teams.values_mut().for_each(|members| members.insert(0, noor.clone()));
    for id in [71, 72_u64] {
        let producer = Producer::Account(Some(noor.clone()));
        let name = format!("status-{id}");
        stage.world.checks.push(Check {
            name,
            id: id.into(),
            head: head.clone(),
            producer,
            conclusion: Conclusion::Success,
        });
    }
    stage.world.page_size = 1;
    stage
}

#[test]
fn attack_79_a_page_of_a_list_is_missing() {
    use Endpoint::{Activity, CheckRuns, Events, Members, RequestCommits, Reviews, Rules, Statuses};
    let lists = [Reviews, Events, RequestCommits, Activity, CheckRuns, Statuses, Rules];
    for (make, lists) in [(honest as fn() -> Stage, &lists[..]), (classic, &[Members])] {
        let stage = wide(make());
        assert_eq!(judge(&stage).exit, 0, "the honest twin: {}", judge(&stage).text);
        for endpoint in lists.iter().copied() {
            for alter in [AnswerFault::SkipPage(2), AnswerFault::StopAfter(1)] {
                eprintln!("-- {endpoint:?} {alter:?}");
                let server = Server::start(stage.world.clone().with_fault(endpoint, alter));
                judge_at(&stage, &server).expect(3, control(endpoint), "could not be seen");
            }
        }
    }
}

#[test]
fn attack_79_a_list_is_cut_without_a_word() {
    let mut stage = honest();
    let at = |id: u64, by: &str, number, state, minute| Review {
        id: id.into(),
        position: id,
        reviewer: Some(person(by, number)),
        state,
        reviewed: ReviewedContent::Stated(head(&stage)),
        submitted: Some(minutes(minute)),
        source: ReviewSource::Host,
    };
    let mut reviews: Vec<Review> =
        (200..298).map(|id| at(id, "noor-example", 15, ReviewState::Commented, 30)).collect();
    reviews.push(at(298, "robin-example", 12, ReviewState::Approved, 41));
    reviews.push(at(299, "alex-example", 13, ReviewState::Approved, 42));
    reviews.push(at(300, "robin-example", 12, ReviewState::ChangesRequested, 43));
    stage.world.reviews = reviews;
    judge(&stage).expect(1, "required-reviews", "requested changes");
    // The same without the link to the second page, as a proxy may lose it.
    let first = format!("{}?per_page=100", path(&stage, Endpoint::Reviews));
    let body = String::from_utf8(stage.world.answer("GET", &first, None).body).unwrap();
    let server = Server::start(stage.world.clone())
        .trick("/reviews?per_page=100&page=2", ALWAYS, Act::Delay(std::time::Duration::ZERO))
        .trick("/reviews", ALWAYS, Act::Answer { status: 200, headers: vec![], body });
    judge_at(&stage, &server).expect(3, "required-reviews", "a full page names no next page");
}

#[test]
fn attack_79_a_count_that_does_not_fit() {
    let stage = honest();
    let mut body: Value = serde_json::from_str(&honest_answer(&stage, Endpoint::CheckRuns)).unwrap();
    for (total, exit) in [(2, 0), (3, 3), (1, 3), (0, 3)] {
        body["total_count"] = json!(total);
        let server = Server::start(
            stage.world.clone().with_fault(Endpoint::CheckRuns, AnswerFault::Text(body.to_string())),
        );
        judge_at(&stage, &server).expect(exit, "required-checks", "check runs were given");
    }
}

#[derive(Parser)]
struct Words {
    #[command(flatten)]
    subject: SubjectArguments,
}

/// The outcome over a world in memory: the same code without a process, for the thousand small cases.
fn outcome(stage: &Stage, world: World) -> Outcome {
    let number = world.request.id.to_string();
    let words =
        Words::parse_from(["x", "--host", "github", "--repository", &world.repository, "--request", &number]);
    let connection = Connection::to(world.address.clone(), Box::new(world));
    prepare_over(portcullis_report::READERS, connection, stage.directory(), &words.subject)
        .unwrap()
        .decide(&[])
        .outcome
}

/// Every field of the honest answer whose absence keeps the change from being allowed. Below a field that nobody
/// misses nothing is tried; of a list the first item is.
fn missed(stage: &Stage, endpoint: Endpoint) -> BTreeSet<String> {
    let mut answer: Value = serde_json::from_str(&honest_answer(stage, endpoint)).unwrap();
    if endpoint == Endpoint::CheckRuns {
        answer = answer["check_runs"].take();
    }
    let mut missed = BTreeSet::new();
    walk(stage, endpoint, &answer, String::new(), &mut missed);
    missed
}

fn walk(stage: &Stage, endpoint: Endpoint, value: &Value, at: String, missed: &mut BTreeSet<String>) {
    let fields: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (format!("{at}/{name}"), value)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().take(1).map(|(i, value)| (format!("{at}/{i}"), value)).collect()
        }
        _ => Vec::new(),
    };
    for (pointer, value) in fields {
        // Addresses to follow: there are many, and only one is read.
        if pointer.ends_with("_url") && !pointer.ends_with("/pull_request_url")
            || pointer.contains("/_links/")
        {
            continue;
        }
        let dropped =
            outcome(stage, stage.world.clone().with_fault(endpoint, AnswerFault::Drop(pointer.clone())));
        let item = pointer.rsplit('/').next().is_some_and(|last| last.parse::<usize>().is_ok());
        if dropped != Outcome::Allow && !item {
            missed.insert(pointer.clone());
        }
        if dropped != Outcome::Allow || item {
            walk(stage, endpoint, value, pointer, missed);
        }
    }
}

/// The fields that a decision rests on, by endpoint: without one of them the change is not allowed, without any other it is.
const NEEDED: &[(Endpoint, &[&str])] = &[
    (
        Endpoint::Request,
        &[
            "/base",
            "/base/ref",
            "/head",
            "/head/ref",
            "/head/repo",
            "/head/repo/full_name",
            "/head/sha",
            "/merged_at",
            "/number",
            "/state",
            "/title",
            "/user",
            "/user/id",
            "/user/login",
            "/user/type",
        ],
    ),
    (Endpoint::Branch, &["/commit", "/commit/sha", "/name", "/protected"]),
    (
        Endpoint::Reviews,
        &[
            "/0/commit_id",
            "/0/id",
            "/0/pull_request_url",
            "/0/state",
            "/0/submitted_at",
            "/0/user",
            "/0/user/id",
            "/0/user/login",
            "/0/user/type",
        ],
    ),
    (Endpoint::Events, &["/0/created_at", "/0/event"]),
    (
        Endpoint::RequestCommits,
        &[
            "/0/author",
            "/0/author/id",
            "/0/author/login",
            "/0/author/type",
            "/0/committer",
            "/0/committer/id",
            "/0/committer/login",
            "/0/committer/type",
            "/0/sha",
        ],
    ),
    (
        Endpoint::Commit,
        &[
            "/author",
            "/author/id",
            "/author/login",
            "/author/type",
            "/committer",
            "/committer/id",
            "/committer/login",
            "/committer/type",
            "/sha",
        ],
    ),
    (Endpoint::Permission, &["/permission", "/role_name", "/user", "/user/id", "/user/login", "/user/type"]),
    (
        Endpoint::Activity,
        &[
            "/0/actor",
            "/0/actor/id",
            "/0/actor/login",
            "/0/actor/type",
            "/0/after",
            "/0/before",
            "/0/id",
            "/0/ref",
            "/0/timestamp",
        ],
    ),
    (Endpoint::Members, &["/0/id", "/0/login", "/0/type"]),
    (
        Endpoint::Rules,
        &[
            "/0/parameters",
            "/0/parameters/dismiss_stale_reviews_on_push",
            "/0/parameters/require_code_owner_review",
            "/0/parameters/require_last_push_approval",
            "/0/parameters/required_approving_review_count",
            "/0/parameters/required_review_thread_resolution",
            "/0/ruleset_id",
            "/0/type",
        ],
    ),
    (Endpoint::Ruleset, &["/bypass_actors", "/enforcement", "/id", "/name"]),
    (
        Endpoint::Classic,
        &[
            "/allow_deletions",
            "/allow_deletions/enabled",
            "/allow_force_pushes",
            "/allow_force_pushes/enabled",
            "/enforce_admins",
            "/enforce_admins/enabled",
            "/required_conversation_resolution",
            "/required_conversation_resolution/enabled",
            "/required_linear_history",
            "/required_linear_history/enabled",
            "/required_pull_request_reviews",
            "/required_pull_request_reviews/dismiss_stale_reviews",
            "/required_pull_request_reviews/require_code_owner_reviews",
            "/required_pull_request_reviews/require_last_push_approval",
            "/required_pull_request_reviews/required_approving_review_count",
            "/required_signatures",
            "/required_signatures/enabled",
            "/required_status_checks",
            "/required_status_checks/checks",
            "/required_status_checks/checks/0/app_id",
            "/required_status_checks/checks/0/context",
            "/required_status_checks/contexts",
            "/required_status_checks/strict",
        ],
    ),
    (
        Endpoint::GraphQl,
        &[
            "/data",
            "/data/repository",
            "/data/repository/ref",
            "/data/repository/ref/branchProtectionRule",
            "/data/repository/ref/branchProtectionRule/allowsForcePushes",
            "/data/repository/ref/branchProtectionRule/bypassForcePushAllowances",
            "/data/repository/ref/branchProtectionRule/bypassForcePushAllowances/nodes",
            "/data/repository/ref/branchProtectionRule/bypassForcePushAllowances/pageInfo",
            "/data/repository/ref/branchProtectionRule/bypassForcePushAllowances/pageInfo/hasNextPage",
            "/data/repository/ref/branchProtectionRule/bypassForcePushAllowances/totalCount",
            "/data/repository/ref/branchProtectionRule/bypassPullRequestAllowances",
            "/data/repository/ref/branchProtectionRule/bypassPullRequestAllowances/nodes",
            "/data/repository/ref/branchProtectionRule/bypassPullRequestAllowances/pageInfo",
            "/data/repository/ref/branchProtectionRule/bypassPullRequestAllowances/pageInfo/hasNextPage",
            "/data/repository/ref/branchProtectionRule/bypassPullRequestAllowances/totalCount",
        ],
    ),
    (
        Endpoint::CheckRuns,
        &[
            "/0/app",
            "/0/app/id",
            "/0/app/slug",
            "/0/conclusion",
            "/0/head_sha",
            "/0/id",
            "/0/name",
            "/0/status",
        ],
    ),
    (
        Endpoint::Statuses,
        &[
            "/0/context",
            "/0/creator",
            "/0/creator/id",
            "/0/creator/login",
            "/0/creator/type",
            "/0/id",
            "/0/state",
        ],
    ),
    // Only a deployment needs them: see tests/host_baseline.rs.
    (Endpoint::Deployments, &[]),
    (Endpoint::DeploymentStatuses, &[]),
];

#[test]
fn attack_79_a_field_is_missing() {
    use Endpoint::{Classic, Commit, GraphQl, Members};
    let (mut plain, other) = (honest(), classic());
    let status = Check {
        id: 73.into(),
        producer: Producer::Account(Some(person("noor-example", 15))),
        ..plain.world.checks.remove(0)
    };
    plain.world.checks.push(status);
    assert_eq!(outcome(&plain, plain.world.clone()), Outcome::Allow);
    assert_eq!(outcome(&other, other.world.clone()), Outcome::Allow);
    assert_eq!(NEEDED.iter().map(|row| row.0).collect::<BTreeSet<_>>(), Endpoint::ALL.into());
    for (endpoint, needed) in NEEDED.iter().copied() {
        let stage = if matches!(endpoint, Classic | Commit | GraphQl | Members) { &other } else { &plain };
        let needed: BTreeSet<String> = needed.iter().map(ToString::to_string).collect();
        assert_eq!(missed(stage, endpoint), needed, "{endpoint:?}");
    }
}

#[test]
fn attack_79_a_missing_field_is_named_with_its_control() {
    for (endpoint, field, text) in [
        (Endpoint::Request, "/head/sha", "missing field `sha`"),
        (Endpoint::Reviews, "/1/commit_id", "missing field `commit_id`"),
        (Endpoint::Reviews, "/0/user", "missing field `user`"),
        (Endpoint::Permission, "/role_name", "missing field `role_name`"),
        (Endpoint::Activity, "/0/actor", "missing field `actor`"),
        (
            Endpoint::Rules,
            "/0/parameters/require_code_owner_review",
            "missing field `require_code_owner_review`",
        ),
        (Endpoint::Ruleset, "/bypass_actors", "bypass actors only to those who may change"),
        (Endpoint::CheckRuns, "/1/conclusion", "missing field `conclusion`"),
    ] {
        judge_altered(|stage| stage.world.faults.push((endpoint, AnswerFault::Drop(field.into())))).expect(
            3,
            control(endpoint),
            text,
        );
    }
}

#[test]
fn attack_79_a_value_of_another_kind() {
    for (endpoint, field, value) in [
        (Endpoint::Request, "/state", json!("merged")),
        (Endpoint::Request, "/number", json!(8)),
        (Endpoint::Request, "/head/sha", json!("HEAD")),
        (Endpoint::Branch, "/protected", json!("yes")),
        (Endpoint::Reviews, "/0/state", json!("approved")),
        (Endpoint::Reviews, "/0/submitted_at", Value::Null),
        (Endpoint::Reviews, "/0/user/id", json!(-12)),
        (Endpoint::Permission, "/permission", json!("owner")),
        (Endpoint::Permission, "/role_name", json!("read")),
        (Endpoint::Activity, "/0/after", json!("0000000000000000000000000000000000000000")),
        (Endpoint::Rules, "/0/parameters/required_approving_review_count", json!("2")),
        (Endpoint::Ruleset, "/bypass_actors", json!("none")),
        (Endpoint::CheckRuns, "/0/conclusion", json!("succeeded")),
        (Endpoint::CheckRuns, "/0/head_sha", json!("1111111111111111111111111111111111111111")),
    ] {
        eprintln!("-- {endpoint:?} {field} {value}");
        judge_altered(|stage| stage.world.faults.push((endpoint, AnswerFault::Set(field.into(), value))))
            .expect(3, control(endpoint), "");
    }
}

#[test]
fn attack_83_an_empty_answer_is_no_success() {
    let empty =
        |endpoint| judge_altered(|stage| stage.world.faults.push((endpoint, AnswerFault::Text("[]".into()))));
    empty(Endpoint::Reviews).expect(1, "required-reviews", "0 of 2 required independent approvals");
    empty(Endpoint::Rules).expect(1, "protected-branch", "no rule requires");
    empty(Endpoint::Activity).expect(3, "required-reviews", "no push of the head");
    empty(Endpoint::CheckRuns).expect(3, "required-checks", "not what GitHub documents");
    let none = r#"{"total_count":0,"check_runs":[]}"#;
    judge_altered(|stage| stage.world.faults.push((Endpoint::CheckRuns, AnswerFault::Text(none.into()))))
        .expect(1, "required-checks", "wrote no check");
    // What honestly may be empty.
    empty(Endpoint::Statuses).expect(0, "", "");
    empty(Endpoint::Events).expect(0, "", "");
}

#[test]
fn attack_83_an_empty_change_or_report_is_no_success() {
    judge_altered(|stage| stage.commits = vec![stage.base]).expect(1, "required-checks", "wrote no check");
    judge_altered(|stage| {
        stage.commits = vec![stage.base];
        stage.honest_world().unwrap();
    })
    .expect(3, "gate-integrity", "has no commit");
    for (report, exit) in [
        (GREEN, 0),
        ("", 3),
        ("<html/>", 3),
        ("{}", 3),
        ("<testsuites/>", 1),
        (r#"<testsuites tests="3"/>"#, 1),
        (&GREEN[..GREEN.len() / 2], 3),
    ] {
        eprintln!("-- report {report}");
        judge_altered(|stage| stage.report(report).unwrap()).expect(exit, "regression-tests", "");
    }
}

/// What is wrong with the job, how it is made so, and the exit code.
type Case<'a> = (&'a str, &'a dyn Fn(&mut Command), i32);

#[test]
fn attack_83_a_job_without_its_environment_is_no_success() {
    let stage = honest();
    let server = Server::start(stage.world.clone());
    let run = |change: &dyn Fn(&mut Command)| {
        let mut command = command(&stage, &server, &["check", "--format", "json"]);
        change(&mut command);
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), output.stdout.is_empty(), text)
    };
    let file = stage.directory().join("event.json");
    let file = &file;
    let event = |text: &'static str| move |_: &mut Command| std::fs::write(file, text).unwrap();
    assert_eq!(run(&|_| ()).0, Some(0));
    let cases: &[Case<'_>] = &[
        ("no event file", &|it| _ = it.env_remove("GITHUB_EVENT_PATH"), 5),
        ("an event file that is not there", &|it| _ = it.env("GITHUB_EVENT_PATH", "/nowhere/event.json"), 5),
        ("an empty event", &event(""), 5),
        ("half an event", &event(r#"{"pull_request": {"number": 7, "#), 5),
        ("a number that is none", &event(r#"{"pull_request": {"number": "7", "head": {"sha": ""}}}"#), 5),
        ("another event", &event(r#"{"ref": "refs/heads/main"}"#), 2),
        ("no repository", &|it| _ = it.env_remove("GITHUB_REPOSITORY"), 5),
        ("a repository that is none", &|it| _ = it.env("GITHUB_REPOSITORY", "../../x"), 2),
        ("no job", &|it| _ = it.env_remove("GITHUB_ACTIONS"), 2),
        ("an address that is none", &|it| _ = it.env("GITHUB_API_URL", "nowhere"), 2),
        ("an address without encryption", &|it| _ = it.env("GITHUB_API_URL", "http://api.example.test"), 2),
        ("a directory without a repository", &|it| _ = it.args(["-C", "/"]), 5),
    ];
    for (what, change, exit) in cases {
        let (code, silent, text) = run(*change);
        assert_eq!(code, Some(*exit), "{what}: {text}");
        assert!(silent && !text.is_empty(), "{what}: a failure shows no decision, and says why: {text}");
    }
}

#[test]
fn attack_83_a_host_that_is_not_there_or_knows_nobody_is_no_success() {
    let private = |stage: &mut Stage, token: &str| stage.world.token = Some(token.into());
    judge_altered(|stage| private(stage, "a-token-of-the-job")).expect(0, "", "");
    judge_altered(|stage| private(stage, "another")).expect(3, "gate-integrity", "401");
    let stage = honest();
    let server = Server::start(stage.world.clone());
    let mut asking = command(&stage, &server, &["check"]);
    drop(server);
    assert_eq!(asking.output().unwrap().status.code(), Some(3), "nobody answers");
    let mut stage = honest();
    private(&mut stage, "a-token-of-the-job");
    let server = Server::start(stage.world.clone());
    let output = command(&stage, &server, &["check"]).env_remove("GITHUB_TOKEN").output().unwrap();
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn attack_83_a_policy_that_is_not_there_or_empty_is_no_success() {
    assert_eq!(judge(&project(POLICY, crate::support::project::OWNERS)).exit, 0);
    for (policy, text) in [
        ("", "schema"),
        (
            "schema = 1
",
            "project",
        ),
        ("\0", ""),
        (
            "schema = 1 # half
[controls",
            "",
        ),
    ] {
        refused(&judge(&project(policy, crate::support::project::OWNERS)), 4, text);
    }
}

#[test]
fn attack_83_facts_that_are_not_there_or_cut_are_no_success() {
    let stage = honest();
    let server = Server::start(stage.world.clone());
    let facts = command(&stage, &server, &["facts"]).output().unwrap().stdout;
    let whole = String::from_utf8(facts).unwrap();
    let (file, policy) = (stage.directory().join("facts.json"), stage.directory().join("policy.toml"));
    std::fs::write(&policy, POLICY).unwrap();
    let half = &whole[..whole.len() / 2];
    for (text, exit) in
        [(whole.as_str(), 0), ("", 5), ("{}", 5), ("null", 5), (half, 5), ("{\"schema\": 99}", 5)]
    {
        std::fs::write(&file, text).unwrap();
        let words = ["decide", "--facts", "facts.json", "--policy", "policy.toml", "--format", "json"];
        let output = command(&stage, &server, &words).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(exit), "{said}");
    }
}

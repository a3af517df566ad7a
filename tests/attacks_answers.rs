//! Answers of the host that are withheld, cut or garbled, and input that is not there: never a way to be allowed
//! (classes 79 and 83 of the attack catalogue). An answer that nothing needs may fail: that is the honest twin.
#![allow(clippy::disallowed_methods, reason = "tests start the program and write files")]
#![allow(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

use clap::Parser;
use portcullis::cli::Subject;
use portcullis::cli::demo::history::Edit;
use portcullis::cli::demo::stage::{GREEN, KIM, POLICY, Stage, revision};
use portcullis::cli::demo::world::{Activity, Bend, Endpoint, Event, World, minutes, person};
use portcullis::cli::judged::{Connection, Preparation, prepare_over};
use portcullis::decide::{decide, undetermined};
use portcullis::model::check::{Check, Conclusion, Producer};
use portcullis::model::decision::Outcome;
use portcullis::model::review::{CommitAccounts, Review, ReviewState};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::Command;
use support::gate::{command, judge, judge_at, judge_bent};
use support::project::{classic, head, project, refused};
use support::{Act, Server};

mod support;

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

/// Withholds each answer in every way; `idle` names those that this project has no need of.
fn withhold(make: fn() -> Stage, endpoints: &[Endpoint], idle: &[Endpoint]) {
    let stage = make();
    assert_eq!(judge(&stage).exit, 0, "the honest twin");
    for endpoint in endpoints.iter().chain(idle).copied() {
        let expect = |what: &str, server: Server, text: &str| {
            eprintln!("-- {endpoint:?}: {what}");
            let exit = if idle.contains(&endpoint) { 0 } else { 3 };
            judge_at(&stage, &server).expect(exit, control(endpoint), text);
        };
        let bent = |bend: Bend| Server::start(stage.world.clone().bent(endpoint, bend));
        for status in [401, 403, 404, 410, 451] {
            expect("refused", bent(Bend::Refuse(status, "Not for you".into())), &format!("the host answered {status}"));
        }
        let at_once: &[(&str, &str)] = &[("retry-after", "0")];
        let tomorrow: &[(&str, &str)] = &[("retry-after", "86400")];
        for (status, headers, text) in [
            (500, at_once, "the host answered 500"),
            (502, tomorrow, "the host answered 502"),
            (429, at_once, "limits the rate"),
            (429, tomorrow, "wait 86400 seconds"),
        ] {
            let act = Act::message(status, "Try again", headers);
            expect("busy", acting(&stage, endpoint, ALWAYS, act), text);
        }
        expect("sent elsewhere", acting(&stage, endpoint, ALWAYS, Act::Redirect { status: 302, to: "http://host.example.test".into() }), "not encrypted");
        for text in ["<html><body>Please log in</body></html>", "", "null", "{}", "\u{feff}[]", &"[".repeat(100_000)] {
            expect("another text", bent(Bend::Text(text.into())), "");
        }
        if !idle.contains(&endpoint) {
            let whole = honest_answer(&stage, endpoint);
            let half = &whole[..whole.len() / 2];
            expect("cut in the middle", bent(Bend::Text(half.into())), "not what GitHub documents");
            expect("cut at the end", bent(Bend::Text(whole[..whole.len() - 1].into())), "not what GitHub documents");
            expect("twice", bent(Bend::Text(format!("{whole}{whole}"))), "not what GitHub documents");
        }
    }
}

#[test]
fn attack_79_each_answer_about_the_request_is_withheld() {
    use Endpoint::{Activity, Branch, Classic, Events, GraphQl, Members, Request, RequestCommits, Reviews};
    withhold(honest, &[Request, Branch, Reviews, Events, RequestCommits, Activity], &[Members, GraphQl, Classic]);
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
    let (robin, noor, kim) = (person("robin-example", 12), person("noor-example", 15), person("kim-example", 11));
    stage.push(KIM, &kim, &[Edit::Write("docs/guide.md", "More.\n")]).unwrap();
    stage.world.listed_commits = 250;
    let head = head(&stage);
    stage.world.reviews.iter_mut().for_each(|review| review.commit = Some(head.clone()));
    stage.world.events.push(Event { kind: "labeled".into(), at: minutes(21) });
    let branch = stage.world.request.head_branch.clone();
    let after = revision(stage.base).unwrap();
    // Newest first: the push of the head is on the second page.
    stage.world.activity.push(Activity { branch, after, actor: Some(robin), at: minutes(90) });
    stage.world.teams.values_mut().for_each(|members| members.insert(0, noor.clone()));
    for id in [71, 72] {
        let producer = Producer::Account(Some(noor.clone()));
        let name = format!("status-{id}");
        stage.world.checks.push(Check { name, id, head: head.clone(), producer, conclusion: Conclusion::Success });
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
            for bend in [Bend::SkipPage(2), Bend::StopAfter(1)] {
                eprintln!("-- {endpoint:?} {bend:?}");
                let server = Server::start(stage.world.clone().bent(endpoint, bend));
                judge_at(&stage, &server).expect(3, control(endpoint), "could not be seen");
            }
        }
    }
}

#[test]
fn attack_79_a_list_is_cut_without_a_word() {
    let mut stage = honest();
    let at = |id, by: &str, number, state, minute| Review {
        id,
        reviewer: Some(person(by, number)),
        state,
        commit: Some(head(&stage)),
        submitted: Some(minutes(minute)),
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
        let server = Server::start(stage.world.clone().bent(Endpoint::CheckRuns, Bend::Text(body.to_string())));
        judge_at(&stage, &server).expect(exit, "required-checks", "check runs were given");
    }
}

#[derive(Parser)]
struct Words {
    #[command(flatten)]
    subject: Subject,
}

/// The outcome over a world in memory: the same code without a process, for the thousand small cases.
fn outcome(stage: &Stage, world: World) -> Outcome {
    let number = world.request.number.to_string();
    let words = Words::parse_from(["x", "--host", "github", "--repository", &world.repository, "--request", &number]);
    let connection = Connection { api_url: world.address.clone(), token: None, transport: Box::new(world) };
    match prepare_over(connection, stage.directory(), &words.subject).unwrap() {
        Preparation::Ready(ready) => decide(&ready.policy, &ready.facts).outcome,
        Preparation::Unseen(judged, gap) => undetermined(*judged, &gap).outcome,
    }
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
        Value::Array(items) => items.iter().enumerate().take(1).map(|(i, value)| (format!("{at}/{i}"), value)).collect(),
        _ => Vec::new(),
    };
    for (pointer, value) in fields {
        let dropped = outcome(stage, stage.world.clone().bent(endpoint, Bend::Drop(pointer.clone())));
        let item = pointer.rsplit('/').next().is_some_and(|last| last.parse::<usize>().is_ok());
        if dropped != Outcome::Allow && !item {
            missed.insert(pointer.clone());
        }
        if dropped != Outcome::Allow || item {
            walk(stage, endpoint, value, pointer, missed);
        }
    }
}

/// The fields that a decision rests on, by endpoint: without one of them no change is allowed.
const NEEDED: &[(Endpoint, &[&str])] = &[
];

#[test]
fn attack_79_a_field_is_missing() {
    use Endpoint::{Classic, Commit, GraphQl, Members};
    let (plain, other) = (honest(), classic());
    assert_eq!(outcome(&plain, plain.world.clone()), Outcome::Allow);
    assert_eq!(outcome(&other, other.world.clone()), Outcome::Allow);
    for endpoint in Endpoint::ALL {
        let stage = if matches!(endpoint, Classic | Commit | GraphQl | Members) { &other } else { &plain };
        println!("({endpoint:?}, &{:?}),", missed(stage, endpoint));
    }
}

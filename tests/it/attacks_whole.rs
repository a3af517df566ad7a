//! Lists and answers that are not whole, and pushes that were not the last (class 101 of the attack catalogue). Next to each
//! attack stands its honest twin, which is allowed.

use crate::support::gate::{judge, judge_altered, judge_at};
use crate::support::people::{honest, kim, robin};
use crate::support::project::{OWNERS, approve_anew, policy, project, review, table};
use portcullis_model::change::Revision;
use portcullis_model::check::{Check, Producer};
use portcullis_model::person::Account;
use portcullis_model::review::ReviewState;
use portcullis_testkit::answer_faults::AnswerFault;
use portcullis_testkit::history::Edit;
use portcullis_testkit::server::{Act, Server};
use portcullis_testkit::stage::{KIM, Stage, revision};
use portcullis_testkit::world::{Activity, Endpoint, Event, minutes, person};
use serde_json::json;

const REVIEWS: &str = "required-reviews";
const MORE: Edit<'static> = Edit::Write("docs/guide.md", "More.\n");

// Who pushed what.

/// Kim wrote two commits and pushed one after the other; Robin and Alex approved the second.
fn two_pushes() -> Stage {
    let mut stage = honest();
    stage.push(KIM, &kim(), &[MORE]).unwrap();
    approve_anew(&mut stage, 70);
    stage
}

/// A move of the branch at this minute.
fn moved(stage: &mut Stage, after: Revision, by: Option<Account>, minute: i64) {
    let branch = stage.world.request.head_branch.clone().unwrap();
    stage.world.activity.push(Activity { branch, after, actor: by, at: minutes(minute) });
}

/// A commit of Kim's that no branch holds.
fn lost(stage: &mut Stage, parents: &[git2::Oid]) -> Revision {
    revision(stage.history.commit(KIM, parents, "Lost", &[MORE]).unwrap()).unwrap()
}

fn unknown() -> Revision {
    Revision::try_from("7".repeat(40)).unwrap()
}

#[test]
fn attack_101_an_approver_pushed_an_earlier_commit_under_another_name() {
    let pushed = "this person pushed";
    table(
        two_pushes,
        &[
            ("the twin: kim pushed both", &|_| (), 0, "", ""),
            (
                "robin pushed the first",
                &|stage| stage.world.activity[0].actor = Some(robin()),
                1,
                REVIEWS,
                pushed,
            ),
            (
                "robin pushed the first, which is on another page",
                &|stage| {
                    stage.world.activity[0].actor = Some(robin());
                    stage.world.page_size = 1;
                },
                1,
                REVIEWS,
                pushed,
            ),
            (
                "robin pushed the first, kim took it away and pushed it again",
                &|stage| {
                    let (first, base) = (revision(stage.commits[0]).unwrap(), revision(stage.base).unwrap());
                    stage.world.activity[0].actor = Some(robin());
                    moved(stage, base, Some(kim()), 20);
                    moved(stage, first, Some(kim()), 21);
                },
                1,
                REVIEWS,
                pushed,
            ),
            (
                "robin pushed the first and one more, and kim replaced that one",
                &|stage| {
                    let more = lost(stage, &[stage.commits[0]]);
                    stage.world.activity[0] =
                        Activity { after: more, actor: Some(robin()), ..stage.world.activity[0].clone() };
                },
                1,
                REVIEWS,
                pushed,
            ),
            (
                "the twin: robin pushed one more, of which nothing is left",
                &|stage| {
                    let more = lost(stage, &[stage.commits[0]]);
                    moved(stage, more, Some(robin()), 20);
                },
                0,
                "",
                "",
            ),
            (
                "the twin: robin brought the branch up to date before kim rebased it",
                &|stage| {
                    let old = stage.history.commit(KIM, &[stage.base], "As it was", &[MORE]).unwrap();
                    let update = lost(stage, &[old, stage.base]);
                    moved(stage, revision(old).unwrap(), Some(kim()), 1);
                    moved(stage, update, Some(robin()), 2);
                },
                0,
                "",
                "",
            ),
            (
                "robin pushed what nobody can look at any more",
                &|stage| moved(stage, unknown(), Some(robin()), 20),
                3,
                REVIEWS,
                "pushed with 7777777777",
            ),
            ("the twin: kim did", &|stage| moved(stage, unknown(), Some(kim()), 20), 0, "", ""),
            (
                "whoever pushed the first is gone",
                &|stage| stage.world.activity[0].actor = None,
                3,
                REVIEWS,
                "who pushed",
            ),
            (
                "the twin: robin pushed to another branch of that name in another request",
                &|stage| {
                    let base = revision(stage.base).unwrap();
                    moved(stage, base, Some(robin()), 1);
                },
                0,
                "",
                "",
            ),
        ],
    );
}

/// What the host tells of a commit that is neither on the branch nor in the clone.
#[test]
fn attack_101_the_host_tells_what_came_with_a_commit_that_is_gone() {
    let verdict = |commits: fn(&Stage) -> Vec<String>, total: u64| {
        let mut stage = two_pushes();
        let (base, first) = (revision(stage.base).unwrap(), revision(stage.commits[0]).unwrap());
        moved(&mut stage, unknown(), Some(robin()), 20);
        let names: Vec<_> = commits(&stage).into_iter().map(|sha| json!({ "sha": sha })).collect();
        let body = json!({ "base_commit": { "sha": first }, "total_commits": total, "commits": names });
        let act = Act::Answer { status: 200, headers: Vec::new(), body: body.to_string() };
        let at = format!("/compare/{first}...{}", unknown());
        assert_ne!(base, first);
        judge_at(&stage, &Server::start(stage.world.clone()).trick(&at, 1, act))
    };
    verdict(|_| vec![unknown().to_string()], 1).expect(0, "", "");
    let with_the_head = |stage: &Stage| vec![stage.head().to_string(), unknown().to_string()];
    verdict(with_the_head, 2).expect(1, REVIEWS, "this person pushed");
    verdict(|_| vec![unknown().to_string()], 300).expect(3, REVIEWS, "pushed with 7777777777");
    verdict(|stage| vec![stage.base.to_string()], 1).expect(3, REVIEWS, "pushed with 7777777777");
}

#[test]
fn attack_101_earlier_pushes_may_be_ignored_only_by_the_policy() {
    let ignoring =
        policy("[controls.required-reviews]\n", "[controls.required-reviews]\nlast-pusher = \"ignore\"\n");
    let make = |policy: &str| {
        let mut stage = project(policy, OWNERS);
        stage.push(KIM, &kim(), &[MORE]).unwrap();
        approve_anew(&mut stage, 70);
        stage.world.activity[0].actor = Some(robin());
        stage
    };
    judge(&make(&ignoring)).expect(0, "", "");
    judge(&make(portcullis_testkit::stage::POLICY)).expect(1, REVIEWS, "this person pushed");
}

// Lists in pages.

/// Robin and Alex approve on the first page, Noor asks for changes on the second.
fn objected() -> Stage {
    let mut stage = honest();
    let noor = person("noor-example", 15);
    stage.world.permissions.push((noor.clone(), portcullis_model::review::Permission::Write));
    review(&mut stage, &noor, ReviewState::ChangesRequested, 45);
    stage.world.page_size = 2;
    stage
}

const LIST: &str = "/repos/example-org/data-upload/pulls/7/reviews";

/// The first page of the reviews, with these headers.
fn first_page(stage: &Stage, links: &[String]) -> Act {
    let body = stage.world.answer("GET", &format!("{LIST}?per_page=100"), None).body;
    let headers = links.iter().map(|value| ("link".to_string(), value.clone())).collect();
    Act::Answer { status: 200, headers, body: String::from_utf8(body).unwrap() }
}

fn judge_pages(stage: &Stage, links: &[String]) -> crate::support::gate::Verdict {
    let server = Server::start(stage.world.clone());
    judge_at(stage, &server.trick("/pulls/7/reviews?per_page=100", 1, first_page(stage, links)))
}

#[test]
fn attack_101_a_link_in_another_form_of_the_standard_loses_no_page() {
    let next = format!("<{LIST}?per_page=100&page=2>");
    let forms: Vec<Vec<String>> = vec![
        vec![format!("{next}; rel=next")],
        vec![format!("{next};rel=next")],
        vec![format!("{next}; REL=\"next\"")],
        vec![format!("{next} ; rel = \"next\"")],
        vec![format!("{next}; rel=\"NEXT\"")],
        vec![format!("{next}; rel=\"last next\"")],
        vec![format!("{next}; title=\"rel=prev\"; rel=next")],
        vec![format!("<{LIST}?page=9,9>; rel=first, {next}; rel=next")],
        vec![format!("<{LIST}?page=1>; rel=\"first\""), format!("{next}; rel=\"next\"")],
        vec!["<?per_page=100&page=2>; rel=next".to_string()],
        vec!["<reviews?per_page=100&page=2>; rel=next".to_string()],
        vec!["</repos/example-org/data-upload/pulls/7/reviews?page=2&per_page=100>; rel=next".to_string()],
    ];
    for links in forms {
        eprintln!("-- {links:?}");
        judge_pages(&objected(), &links).expect(1, REVIEWS, "noor-example requested changes");
        let mut twin = objected();
        twin.world.reviews[2].state = ReviewState::Commented;
        judge_pages(&twin, &links).expect(0, "", "");
    }
}

#[test]
fn attack_101_a_link_that_cannot_be_followed_is_a_gap() {
    let page = |query: &str| format!("<{LIST}?{query}>; rel=next");
    for link in [
        page("per_page=100&page=1"),
        page("per_page=100&page=3"),
        page("per_page=30&page=2"),
        page("per_page=100"),
        "<http://127.0.0.1:9/repos/example-org/data-upload/pulls/7/reviews?per_page=100&page=2>; rel=next"
            .to_string(),
        "</repos/example-org/data-upload/pulls/8/reviews?per_page=100&page=2>; rel=next".to_string(),
        "</repos/example-org/data-upload/issues/7/events?per_page=100&page=2>; rel=next".to_string(),
        format!("<{LIST}?per_page=100&page=2; rel=next"),
        format!("{LIST}?per_page=100&page=2; rel=next"),
        format!("<{LIST}?per_page=100&page=2>; rel=\"next"),
        format!("<{LIST}?per_page=100&page=2>; rel=next, <{LIST}?per_page=100&page=3>; rel=next"),
        format!("<{LIST}?per_page=100&page=2>; rel=next; anchor=\"/elsewhere\""),
        format!("<{LIST}?per_page=100&page=2>; rel=last"),
    ] {
        eprintln!("-- {link}");
        judge_pages(&objected(), &[link]).expect(3, REVIEWS, "the reviews of request 7 could not be seen");
    }
    judge_pages(&honest(), &[format!("<{LIST}?per_page=100&page=1>; rel=first")]).expect(0, "", "");
}

#[test]
fn attack_101_a_page_that_repeats_items_hides_others() {
    let stage = objected();
    let next = format!("<{LIST}?per_page=100&page=2>; rel=next");
    let Act::Answer { status, body, .. } = first_page(&stage, &[]) else { return };
    let again = |body: String| Act::Answer { status, headers: Vec::new(), body };
    let items: Vec<serde_json::Value> = serde_json::from_str(&body).unwrap();
    let mut altered = items[0].clone();
    altered["body"] = json!("edited meanwhile");
    for (what, second) in [
        ("the same bytes", body.clone()),
        ("other white space", format!(" {body}\n")),
        ("one item of the first", json!([items[1]]).to_string()),
        ("that item, altered", json!([altered]).to_string()),
    ] {
        eprintln!("-- {what}");
        let server = Server::start(stage.world.clone()).trick("&page=2", 1, again(second)).trick(
            "/pulls/7/reviews?per_page=100",
            1,
            first_page(&stage, std::slice::from_ref(&next)),
        );
        judge_at(&stage, &server).expect(3, REVIEWS, "came twice");
    }
    let mut twin = objected();
    twin.world.reviews[2].state = ReviewState::Commented;
    judge_pages(&twin, &[next]).expect(0, "", "");
}

#[test]
fn attack_101_a_change_of_base_and_a_failed_check_on_another_page() {
    let events = "/repos/example-org/data-upload/issues/7/events";
    let judge_events = |kind: &str| {
        let mut stage = honest();
        stage.world.events.push(Event { kind: "labeled".into(), at: minutes(20) });
        stage.world.events.push(Event { kind: kind.into(), at: minutes(60) });
        stage.world.page_size = 1;
        let body = stage.world.answer("GET", &format!("{events}?per_page=100"), None).body;
        let link = ("link".to_string(), format!("<{events}?per_page=100&page=2>;rel=next"));
        let act = Act::Answer { status: 200, headers: vec![link], body: String::from_utf8(body).unwrap() };
        stage.world.page_size = 100;
        let server =
            Server::start(stage.world.clone()).trick("/events?per_page=100&page=2", 1, second(&stage));
        judge_at(&stage, &server.trick("/events?per_page=100", 1, act))
    };
    judge_events("base_ref_changed").expect(1, REVIEWS, "base branch of the request was changed");
    judge_events("renamed").expect(0, "", "");
}

/// The second page of the events: what is left of them, under other numbers.
fn second(stage: &Stage) -> Act {
    let event = stage.world.events.last().unwrap();
    let item = json!([{ "id": 999, "event": event.kind, "created_at": event.at, "actor": null }]);
    Act::Answer { status: 200, headers: Vec::new(), body: item.to_string() }
}

#[test]
fn attack_101_a_full_page_of_pushes_without_a_link() {
    let mut stage = two_pushes();
    stage.world.activity[0].actor = Some(robin());
    stage.world.activity.remove(1);
    let head = revision(stage.head()).unwrap();
    for minute in 0..99 {
        moved(&mut stage, head.clone(), Some(kim()), 60 + minute);
    }
    moved(&mut stage, head, Some(kim()), 200);
    stage.world.reviews.iter_mut().for_each(|review| review.submitted = Some(minutes(300)));
    judge(&stage).expect(1, REVIEWS, "this person pushed");
    stage.world.faults.push((Endpoint::Activity, AnswerFault::StopAfter(1)));
    let server = Server::start(stage.world.clone());
    let path = "/repos/example-org/data-upload/activity?ref=refs/heads/batches&per_page=100";
    let body = String::from_utf8(stage.world.answer("GET", path, None).body).unwrap();
    let cut = Act::Answer { status: 200, headers: Vec::new(), body };
    judge_at(&stage, &server.trick("/activity", 1, cut)).expect(3, REVIEWS, "a full page names no next page");
    judge(&two_pushes()).expect(0, "", "");
}

// Answers that say two things, or are no answers.

const SAID_ONCE: [Endpoint; 8] = [
    Endpoint::Request,
    Endpoint::Branch,
    Endpoint::Reviews,
    Endpoint::RequestCommits,
    Endpoint::Activity,
    Endpoint::Rules,
    Endpoint::Ruleset,
    Endpoint::CheckRuns,
];

fn path(stage: &Stage, endpoint: Endpoint) -> String {
    let below = match endpoint {
        Endpoint::Request => "pulls/7".to_string(),
        Endpoint::Branch => "branches/main".to_string(),
        Endpoint::Reviews => "pulls/7/reviews".to_string(),
        Endpoint::RequestCommits => "pulls/7/commits".to_string(),
        Endpoint::Activity => "activity?ref=refs/heads/batches".to_string(),
        Endpoint::Rules => "rules/branches/main".to_string(),
        Endpoint::Ruleset => "rulesets/17".to_string(),
        _ => format!("commits/{}/check-runs", stage.head()),
    };
    format!("/repos/{}/{below}", stage.world.repository)
}

fn answer(stage: &Stage, endpoint: Endpoint) -> String {
    let response = stage.world.answer("GET", &path(stage, endpoint), None);
    assert_eq!(response.status, 200, "{endpoint:?}");
    String::from_utf8(response.body).unwrap()
}

/// Judges the honest stage with one answer replaced.
fn said(endpoint: Endpoint, alter: impl Fn(String) -> String) -> crate::support::gate::Verdict {
    let mut stage = honest();
    let text = alter(answer(&stage, endpoint));
    stage.world.faults.push((endpoint, AnswerFault::Text(text)));
    judge(&stage)
}

#[test]
fn attack_101_a_key_twice_in_the_parameters_of_a_rule() {
    let key = "\"required_approving_review_count\":2";
    let twice = |second: &str| {
        judge_altered(|stage| {
            let text = answer(stage, Endpoint::Rules);
            assert!(text.contains(key), "{text}");
            let text = text.replace(key, &format!("\"required_approving_review_count\":0{second}"));
            stage.world.faults.push((Endpoint::Rules, AnswerFault::Text(text)));
        })
    };
    twice(&format!(",{key}")).expect(3, "protected-branch", "stands twice");
    twice(",\"required_approving_\\u0072eview_count\":2").expect(3, "protected-branch", "stands twice");
    assert_eq!(said(Endpoint::Rules, |text| text).exit, 0);
}

#[test]
fn attack_101_a_key_twice_anywhere_in_an_answer() {
    let end = |text: String, inside: &str| {
        let at = text.find('{').unwrap() + 1;
        format!("{}{inside}{}", &text[..at], &text[at..])
    };
    for endpoint in SAID_ONCE {
        eprintln!("-- {endpoint:?}");
        let verdict = said(endpoint, |text| end(text, "\"aside\":{\"a\":1,\"a\":2},"));
        assert_eq!(verdict.exit, 3, "{}", verdict.text);
        assert!(verdict.text.contains("stands twice"), "{}", verdict.text);
        assert_eq!(said(endpoint, |text| end(text, "\"aside\":{\"a\":1,\"A\":2},")).exit, 0, "{endpoint:?}");
    }
}

#[test]
fn attack_101_an_answer_that_disclaims_itself() {
    let begin = |text: String, inside: &str| format!("{{{inside}{}", &text[1..]);
    for (endpoint, inside) in [
        (Endpoint::Request, "\"message\":\"Not Found\","),
        (Endpoint::Branch, "\"message\":\"Moved Permanently\","),
        (Endpoint::Ruleset, "\"message\":\"Server Error\","),
        (Endpoint::CheckRuns, "\"incomplete_results\":true,"),
        (Endpoint::CheckRuns, "\"truncated\":true,"),
    ] {
        eprintln!("-- {endpoint:?} {inside}");
        assert_eq!(said(endpoint, |text| begin(text, inside)).exit, 3, "{endpoint:?} {inside}");
    }
    assert_eq!(said(Endpoint::CheckRuns, |text| begin(text, "\"incomplete_results\":false,")).exit, 0);
}

#[test]
fn attack_101_an_answer_under_another_status_or_type() {
    let stage = honest();
    let at = "/pulls/7/reviews?";
    let body = answer(&stage, Endpoint::Reviews);
    let act = |status, kind: &str, body: &str| {
        let headers = vec![("content-type".to_string(), kind.to_string())];
        Act::Answer { status, headers, body: body.to_string() }
    };
    let json = "application/json; charset=utf-8";
    for (status, kind, body) in [
        (200, "text/html; charset=utf-8", body.as_str()),
        (200, "text/plain", body.as_str()),
        (200, "application/octet-stream", body.as_str()),
        (203, json, body.as_str()),
        (206, json, body.as_str()),
        (304, json, body.as_str()),
        (204, json, ""),
        (200, json, ""),
        (200, json, "null"),
        (200, json, "{}"),
        (200, json, "[null]"),
        (200, json, "[] []"),
        (200, json, "\"[]\""),
    ] {
        eprintln!("-- {status} {kind} {body}");
        let server = Server::start(stage.world.clone()).trick(at, usize::MAX, act(status, kind, body));
        judge_at(&stage, &server).expect(3, REVIEWS, "the reviews of request 7 could not be seen");
    }
    for kind in [json, "application/vnd.github+json", "Application/JSON"] {
        let server = Server::start(stage.world.clone()).trick(at, usize::MAX, act(200, kind, &body));
        judge_at(&stage, &server).expect(0, "", "");
    }
}

#[test]
fn attack_101_an_answer_about_something_else() {
    let set = |endpoint, pointer: &str, value: &str| {
        let alter = AnswerFault::Set(pointer.to_string(), json!(value));
        judge_altered(|stage| stage.world.faults.push((endpoint, alter)))
    };
    let name = "/base/repo/full_name";
    for other in ["other-org/data-upload", "example-org/other", "example-org/data-upload2"] {
        assert_eq!(set(Endpoint::Request, name, other).exit, 3, "{other}");
    }
    assert_eq!(set(Endpoint::Request, name, "Example-Org/Data-Upload").exit, 0);
    let url = "/0/pull_request_url";
    for other in [
        "https://x.test/repos/other-org/data-upload/pulls/7",
        "https://x.test/repos/example-org/data/pulls/7",
    ] {
        set(Endpoint::Reviews, url, other).expect(3, REVIEWS, "of another request");
    }
    set(Endpoint::Reviews, url, "https://x.test/api/v3/repos/Example-Org/data-upload/pulls/7")
        .expect(0, "", "");
    let status = |url: Option<&str>| {
        judge_altered(|stage| {
            let noor = Producer::Account(Some(person("noor-example", 15)));
            let check =
                Check { id: 90.into(), name: "lint".into(), producer: noor, ..stage.world.checks[0].clone() };
            stage.world.checks.push(check);
            if let Some(url) = url {
                stage.world.faults.push((Endpoint::Statuses, AnswerFault::Set("/0/url".into(), json!(url))));
            }
        })
    };
    let other =
        "https://x.test/repos/example-org/data-upload/statuses/7777777777777777777777777777777777777777";
    status(Some(other)).expect(3, "required-checks", "of another commit");
    status(None).expect(0, "", "");
}

/// A repository that was renamed answers under its new name, after the host has sent us on.
#[test]
fn attack_101_a_repository_that_was_renamed() {
    let stage = honest();
    let renamed = "example-org/data-renamed";
    let mut world = stage.world.clone();
    world.repository = renamed.to_string();
    world.request.head_repository = Some(renamed.to_string());
    let server = Server::start(world);
    let origin = server.origin();
    let send = |at: &str, to: &str| {
        (format!("/repos/example-org/data-upload/{at}"), format!("{origin}/repos/{renamed}/{to}"))
    };
    let head = stage.head();
    let ways = [
        send("pulls/7/reviews", "pulls/7/reviews?per_page=100"),
        send("pulls/7/commits", "pulls/7/commits?per_page=100"),
        send("pulls/7", "pulls/7"),
        send("branches/main/protection", "branches/main/protection"),
        send("rules/branches/main", "rules/branches/main?per_page=100"),
        send("branches/main", "branches/main"),
        send("issues/7/events", "issues/7/events?per_page=100"),
        send("collaborators/robin-example", "collaborators/robin-example/permission"),
        send("collaborators/alex-example", "collaborators/alex-example/permission"),
        send("rulesets/17", "rulesets/17"),
        send(&format!("commits/{head}/check-runs"), &format!("commits/{head}/check-runs?per_page=100")),
        send(&format!("commits/{head}/statuses"), &format!("commits/{head}/statuses?per_page=100")),
    ];
    let server = ways.iter().fold(server, |server, (at, to)| {
        let headers = vec![("location".to_string(), to.clone())];
        server.trick(at, usize::MAX, Act::Answer { status: 301, headers, body: String::new() })
    });
    judge_at(&stage, &server).expect(0, "", "");
}

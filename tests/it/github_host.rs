//! GitHub as a host, through the real transport and a server on this machine.
//!
//! One rule runs through all of it: what was not seen whole is a gap, and never "there is none".

use portcullis_forge::github::GitHub;
use portcullis_forge::http::RetryPolicy;
use portcullis_forge::http::transport::Live;
use portcullis_forge::{Connection, Forge, Question, ask_facts};
use portcullis_model::change::{BranchName, Commit, ObjectName, Revision};
use portcullis_model::check::{Check, Conclusion, Producer};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::facts::HostFacts;
use portcullis_model::inquiry::{Inquiry, Topic};
use portcullis_model::person::{Login, Mailbox, TeamName};
use portcullis_model::protection::{ActorKind, Bypass, BypassMode, Protection, Rule};
use portcullis_model::review::{ChangeRequest, CommitAccounts, Permission, ReviewState, ReviewedContent};
use portcullis_testkit::answer_faults::AnswerFault;
use portcullis_testkit::server::{Act, Server};
use portcullis_testkit::world::{ACTIONS, Activity, Classic, Endpoint, Event, World, minutes, person};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

fn revision(digit: char) -> Revision {
    Revision::try_from(digit.to_string().repeat(40)).unwrap()
}

/// Base `b`, head `a`, and three commits of which the head is one.
fn honest() -> World {
    World::honest(revision('b'), revision('a'), &[revision('a'), revision('c'), revision('d')])
}

fn with_classic() -> World {
    World { rulesets: Vec::new(), classic: Some(Classic::strict()), ..honest() }
}

fn commit(id: Revision) -> Commit {
    let somebody = Mailbox { name: "Kim Example".into(), email: "kim@example.test".into() };
    Commit {
        id,
        tree: ObjectName::try_from("e".repeat(40)).unwrap(),
        parents: Vec::new(),
        author: somebody.clone(),
        committer: somebody,
        co_authors: Vec::new(),
        subject: "Load records in batches".into(),
    }
}

const REPOSITORY: &str = "example-org/data-upload";

fn host_with(server: &Server, token: Option<&str>, retry: RetryPolicy) -> GitHub {
    let way = Connection::to(server.address(), Box::new(Live::new()));
    GitHub::open(REPOSITORY, Connection { token: token.map(str::to_string), retry, ..way }).unwrap()
}

/// What the host says of request 7.
fn request_7(host: &GitHub) -> Fact<ChangeRequest> {
    host.request(&7.into()).change_request()
}

fn host(server: &Server) -> GitHub {
    host_with(
        server,
        None,
        RetryPolicy { attempts: 3, longest_wait: Duration::from_secs(2), ..RetryPolicy::default() },
    )
}

fn team() -> TeamName {
    TeamName::try_from("example-org/data-protection".to_string()).unwrap()
}

fn everything() -> Inquiry {
    let topics = [Topic::Reviews, Topic::Pushes, Topic::CodeOwners, Topic::Protection, Topic::Checks];
    Inquiry { topics: topics.into(), teams: [team()].into(), ..Inquiry::default() }
}

fn ask_host(host: &GitHub, inquiry: &Inquiry) -> HostFacts {
    let on_request = host.request(&7.into());
    let request = on_request.change_request();
    let branch = host.branch(&BranchName::new("main"));
    let commits = ['a', 'c', 'd'].map(|digit| commit(revision(digit)));
    let (head, owner_teams) = (revision('a'), BTreeSet::new());
    let question =
        Question { request, branch, head: &head, commits: &commits, before_updates: &[], owner_teams };
    ask_facts(host, Some(on_request.as_ref()), inquiry, question)
}

fn ask(server: &Server) -> HostFacts {
    ask_host(&host(server), &everything())
}

fn ask_world(world: World) -> HostFacts {
    ask(&Server::start(world))
}

/// Everything that could not be seen of a request, or of what is deployed.
fn unseen(world: World) -> Vec<Gap> {
    let server = Server::start(world);
    let deployed = host(&server).deployed("production").known().err();
    gaps(&ask(&server)).into_iter().chain(deployed).collect()
}

fn reason<T>(fact: &Fact<T>) -> Option<GapReason> {
    match fact {
        Fact::Known(_) => None,
        Fact::Gap(gap) => Some(gap.reason),
    }
}

fn gaps(facts: &HostFacts) -> Vec<Gap> {
    fn gap<T>(fact: &Fact<T>) -> Option<Gap> {
        fact.known().err()
    }
    let mut all = vec![
        gap(&facts.request),
        gap(&facts.branch),
        gap(&facts.protection),
        gap(&facts.reviews),
        gap(&facts.base_changed),
        gap(&facts.attribution),
        gap(&facts.last_push),
        gap(&facts.checks),
    ];
    all.extend(facts.members.values().map(gap));
    all.extend(facts.permissions.values().map(gap));
    if let Fact::Known(protection) = &facts.protection {
        all.extend(protection.unseen.iter().cloned().map(Some));
        all.extend(protection.requirements.iter().map(|requirement| gap(&requirement.bypass)));
    }
    all.into_iter().flatten().collect()
}

fn protection(world: World) -> Protection {
    ask_world(world).protection.known().unwrap().clone()
}

fn rules(protection: &Protection) -> BTreeSet<Rule> {
    protection.requirements.iter().map(|requirement| requirement.rule.clone()).collect()
}

fn all_rules() -> BTreeSet<Rule> {
    Classic::strict().rules.into_iter().collect()
}

fn bypass_of(protection: &Protection, rule: &Rule) -> Fact<Vec<Bypass>> {
    protection.requirements.iter().find(|requirement| requirement.rule == *rule).unwrap().bypass.clone()
}

fn actor(kind: ActorKind, id: u64, name: &str) -> Bypass {
    Bypass { kind, id: Some(id.into()), name: Some(name.to_string()), mode: BypassMode::Always }
}

// What an honest host shows.

#[test]
fn an_honest_world_is_seen_whole() {
    let world = honest();
    let facts = ask_world(world.clone());
    assert_eq!(gaps(&facts), []);
    assert_eq!(facts.kind, "github");
    assert_eq!(facts.repository.as_deref(), Some("example-org/data-upload"));
    assert_eq!(facts.request, Fact::Known(world.request.clone()));
    assert_eq!(facts.branch, Fact::Known(world.branch.clone()));
    assert_eq!(facts.reviews, Fact::Known(world.reviews.clone()));
    assert_eq!(facts.base_changed, Fact::Known(None));
    assert_eq!(facts.checks, Fact::Known(world.checks.clone()));
    assert_eq!(facts.attribution, Fact::Known(world.commits.iter().cloned().collect()));
    let push = facts.last_push.known().unwrap();
    assert_eq!((&push.after, &push.actor), (&world.request.head, &world.request.author));
    assert_eq!(facts.members[&team()], Fact::Known(world.teams[&team()].clone()));
    let writers =
        ["robin-example", "alex-example"].map(|login| (Login::new(login), Fact::Known(Permission::Write)));
    assert_eq!(facts.permissions, writers.into());
    assert_eq!(rules(facts.protection.known().unwrap()), all_rules());
}

#[test]
fn what_nobody_asks_is_not_asked() {
    let server = Server::start(honest());
    let facts = ask_host(&host(&server), &Inquiry::default());
    assert_eq!(server.seen().len(), 2, "the request and the branch");
    assert_eq!(reason(&facts.protection), Some(GapReason::NotAsked));
    assert_eq!(reason(&facts.reviews), Some(GapReason::NotAsked));
    assert!(facts.request.known().is_ok() && facts.members.is_empty() && facts.permissions.is_empty());
}

#[test]
fn teams_of_owners_are_asked_for_with_their_topic() {
    let server = Server::start(honest());
    let host = host(&server);
    let ask = |topics: BTreeSet<Topic>| {
        let (request, branch, head) =
            (request_7(&host), host.branch(&BranchName::new("main")), revision('a'));
        let question = Question {
            request,
            branch,
            head: &head,
            commits: &[],
            before_updates: &[],
            owner_teams: [team()].into(),
        };
        ask_facts(&host, None, &Inquiry { topics, ..Inquiry::default() }, question).members.len()
    };
    assert_eq!((ask(BTreeSet::new()), ask([Topic::CodeOwners].into())), (0, 1));
}

#[test]
fn an_enterprise_server_answers_below_its_path() {
    let server = Server::start_below("/api/v3", World { classic: Some(Classic::strict()), ..honest() });
    let facts = ask(&server);
    assert_eq!(gaps(&facts), []);
    assert_eq!(server.count("/api/graphql"), 1);
    assert!(server.seen().iter().all(|seen| seen.path.starts_with("/api/")));
}

#[test]
fn every_request_says_who_asks_and_for_which_version() {
    let server = Server::start(World { token: Some("secret".into()), ..honest() });
    let facts = ask_host(&host_with(&server, Some("secret"), RetryPolicy::default()), &everything());
    assert_eq!(gaps(&facts), []);
    for seen in server.seen() {
        assert_eq!(seen.header("x-github-api-version"), Some("2022-11-28"));
        assert_eq!(seen.header("accept"), Some("application/vnd.github+json"));
        assert_eq!(seen.header("authorization"), Some("Bearer secret"));
        assert!(seen.header("user-agent").unwrap().starts_with("portcullis/"));
    }
}

#[test]
fn a_branch_with_slashes_is_one_segment() {
    let mut world = honest();
    world.branch.name = BranchName::new("release/1.0 #1");
    world.request.base_branch = world.branch.name.clone();
    let server = Server::start(world);
    assert!(host(&server).branch(&BranchName::new("release/1.0 #1")).known().is_ok());
    assert_eq!(server.count("/branches/release%2F1.0%20%231"), 1);
    assert_eq!(reason(&host(&server).branch(&BranchName::new(".."))), Some(GapReason::Malformed));
    assert_eq!(server.seen().len(), 1);
}

// Lists in pages (attack 79).

#[test]
fn pages_are_put_together() {
    let server = Server::start(World { page_size: 1, ..honest() });
    assert_eq!(ask(&server), ask_world(honest()));
    assert_eq!(server.count("/pulls/7/reviews"), 2);
}

const LISTS: [Endpoint; 7] = [
    Endpoint::Reviews,
    Endpoint::Events,
    Endpoint::RequestCommits,
    Endpoint::Members,
    Endpoint::Rules,
    Endpoint::CheckRuns,
    Endpoint::Statuses,
];

/// A world in which each list has three pages.
fn long() -> World {
    let mut world = World { page_size: 1, ..honest() };
    let at = |minute| Event { kind: "renamed".into(), at: minutes(minute) };
    world.events = vec![at(20), at(21), at(22)];
    let first = portcullis_model::review::Review { id: 30.into(), ..world.reviews[0].clone() };
    world.reviews.insert(0, first);
    let members = world.teams.get_mut(&team()).unwrap();
    members.extend([person("robin-example", 12), person("sam-example", 14)]);
    world.checks.push(Check { id: 43.into(), name: "lint".into(), ..world.checks[0].clone() });
    let status =
        |id: u64| Check { id: id.into(), producer: Producer::Account(None), ..world.checks[0].clone() };
    let statuses = [51, 52, 53].map(|id| Check { name: format!("ci-{id}"), ..status(id) });
    world.checks.extend(statuses);
    world
}

#[test]
fn a_page_that_is_missing_is_a_gap() {
    assert_eq!(gaps(&ask_world(long())), []);
    for endpoint in LISTS {
        for alter in [AnswerFault::SkipPage(2), AnswerFault::StopAfter(1), AnswerFault::StopAfter(2)] {
            let seen = gaps(&ask_world(long().with_fault(endpoint, alter.clone())));
            let reasons: BTreeSet<GapReason> = seen.iter().map(|gap| gap.reason).collect();
            assert_eq!(reasons, [GapReason::Truncated].into(), "{endpoint:?} {alter:?}");
        }
    }
}

#[test]
fn a_full_page_without_a_link_is_looked_behind() {
    let many = |count: u64| {
        let mut world = honest();
        let review = world.reviews[0].clone();
        world.reviews = (0..count)
            .map(|id: u64| portcullis_model::review::Review { id: id.into(), ..review.clone() })
            .collect();
        world
    };
    assert_eq!(ask_world(many(100)).reviews.known().unwrap().len(), 100);
    assert_eq!(ask_world(many(101)).reviews.known().unwrap().len(), 101);
    let links_lost = Server::start(many(101));
    let first_page = links_lost.trick("reviews?per_page=100", 1, first_hundred(&many(101)));
    assert_eq!(reason(&ask(&first_page).reviews), Some(GapReason::Truncated));
}

/// The first page of the reviews, as a proxy gives it that drops the `Link` header.
fn first_hundred(world: &World) -> Act {
    let path = "/repos/example-org/data-upload/pulls/7/reviews?per_page=100";
    let world = World { address: "http://127.0.0.1".into(), ..world.clone() };
    let body = String::from_utf8(world.answer("GET", path, None).body).unwrap();
    Act::Answer { status: 200, headers: Vec::new(), body }
}

#[test]
fn a_page_that_comes_twice_or_lies_elsewhere_is_a_gap() {
    let page = |next: &str| {
        let body = String::from_utf8(
            World { address: "http://127.0.0.1".into(), ..honest() }
                .answer("GET", "/repos/example-org/data-upload/pulls/7/reviews", None)
                .body,
        );
        let link = ("link".to_string(), format!("<{next}>; rel=\"next\""));
        Act::Answer { status: 200, headers: vec![link], body: body.unwrap() }
    };
    let reviews = "/repos/example-org/data-upload/pulls/7/reviews";
    for next in [
        // Another origin, this very page, and the page after next.
        format!("http://127.0.0.1:9{reviews}?page=2"),
        format!("//evil.example.test{reviews}?page=2"),
        format!("{reviews}?per_page=100"),
        format!("{reviews}?per_page=100&page=1"),
        format!("{reviews}?per_page=100&page=3"),
    ] {
        let server = Server::start(honest()).trick("/pulls/7/reviews", 9, page(&next));
        let expected = if next.starts_with("//") { GapReason::Malformed } else { GapReason::Truncated };
        assert_eq!(reason(&ask(&server).reviews), Some(expected), "{next}");
        assert!(server.count("/pulls/7/reviews") <= 2, "{next}");
    }
    // The same page again under the right number, as the last.
    let next = format!("{reviews}?per_page=100&page=2");
    let Act::Answer { status, body, .. } = page(&next) else { return };
    let again = Act::Answer { status, headers: Vec::new(), body };
    let server = Server::start(honest()).trick("&page=2", 1, again).trick("/pulls/7/reviews", 1, page(&next));
    assert_eq!(reason(&ask(&server).reviews), Some(GapReason::Truncated));
    assert_eq!(server.count("/pulls/7/reviews"), 2);
}

#[test]
fn a_list_without_end_is_a_gap() {
    let mut world = World { page_size: 1, ..honest() };
    let review = world.reviews[0].clone();
    world.reviews =
        (0..101_u64).map(|id| portcullis_model::review::Review { id: id.into(), ..review.clone() }).collect();
    let server = Server::start(world);
    assert_eq!(reason(&ask(&server).reviews), Some(GapReason::Truncated));
    assert_eq!(server.count("/pulls/7/reviews"), 100);
}

#[test]
fn fewer_check_runs_than_counted_are_a_gap() {
    let server = Server::start(honest());
    let one_of_two = |total: u64| {
        let world = World { address: "http://127.0.0.1".into(), ..honest() };
        let path = format!("/repos/example-org/data-upload/commits/{}/check-runs", revision('a'));
        let mut body: Value = serde_json::from_slice(&world.answer("GET", &path, None).body).unwrap();
        body["total_count"] = json!(total);
        Act::Answer { status: 200, headers: Vec::new(), body: body.to_string() }
    };
    let server = server.trick("check-runs", 1, one_of_two(3));
    assert_eq!(reason(&ask(&server).checks), Some(GapReason::Truncated));
}

// Refusals: the rows of the classic endpoint's "no", and what they mean everywhere else.

#[test]
fn not_protected_is_known() {
    let seen = protection(World { rulesets: Vec::new(), ..honest() });
    assert_eq!((seen.requirements.len(), seen.unseen), (0, Vec::new()));
    let rulesets_only = protection(honest());
    assert_eq!((rules(&rulesets_only), rulesets_only.unseen), (all_rules(), Vec::new()));
}

#[test]
fn a_branch_that_says_it_is_unprotected_is_not_asked_further() {
    let mut world = World { rulesets: Vec::new(), ..honest() };
    world.branch.protected = false;
    let server =
        Server::start(world.with_fault(Endpoint::Classic, AnswerFault::Refuse(404, "Not Found".into())));
    let seen = ask(&server).protection.known().unwrap().clone();
    assert_eq!((seen.requirements.len(), seen.unseen), (0, Vec::new()));
    assert_eq!(server.count("/branches/main/protection"), 0);
}

#[test]
fn every_other_no_of_the_classic_endpoint_is_a_gap() {
    for (status, message, expected) in [
        (404, "Not Found", GapReason::NotVisible),
        (404, "Required status checks not enabled", GapReason::NotVisible),
        (404, "Branch not found", GapReason::Contradiction),
        (403, "Resource not accessible by integration", GapReason::NotVisible),
        (403, "Resource not accessible by personal access token", GapReason::NotVisible),
        (403, "You have exceeded a secondary rate limit", GapReason::RateLimited),
        (403, "Ask an owner to enable this feature", GapReason::NotVisible),
        (401, "Bad credentials", GapReason::NotVisible),
        (429, "Too many requests", GapReason::RateLimited),
        (410, "Gone", GapReason::Malformed),
    ] {
        let seen = protection(
            with_classic().with_fault(Endpoint::Classic, AnswerFault::Refuse(status, message.into())),
        );
        let reasons: Vec<GapReason> = seen.unseen.iter().map(|gap| gap.reason).collect();
        assert_eq!((seen.requirements.len(), reasons), (0, vec![expected]), "{status} {message}");
    }
}

#[test]
fn a_plan_without_protection_is_known_to_protect_nothing() {
    let message = "Upgrade to GitHub Pro or make this repository public to enable this feature.";
    let no_plan =
        |world: World, endpoint| world.with_fault(endpoint, AnswerFault::Refuse(403, message.into()));
    let seen = protection(no_plan(no_plan(honest(), Endpoint::Rules), Endpoint::Classic));
    assert_eq!((seen.requirements.len(), seen.unseen), (0, Vec::new()));
    // The same words elsewhere are a refusal.
    assert_eq!(reason(&ask_world(no_plan(honest(), Endpoint::Reviews)).reviews), Some(GapReason::NotVisible));
}

#[test]
fn a_refusal_of_any_endpoint_is_a_gap() {
    let whole = |world: World| World { classic: Some(Classic::strict()), listed_commits: 2, ..world };
    assert_eq!(unseen(whole(honest())), []);
    for endpoint in Endpoint::ALL {
        for (status, expected) in [
            (401, GapReason::NotVisible),
            (403, GapReason::NotVisible),
            (404, GapReason::NotVisible),
            (422, GapReason::Malformed),
        ] {
            let world = whole(honest()).with_fault(endpoint, AnswerFault::Refuse(status, "Not Found".into()));
            let seen = unseen(world);
            assert!(!seen.is_empty(), "{endpoint:?} {status}");
            assert!(seen.iter().all(|gap| gap.reason == expected), "{endpoint:?} {status}: {seen:?}");
        }
    }
}

#[test]
fn what_is_not_json_is_a_gap() {
    let whole = || World { classic: Some(Classic::strict()), listed_commits: 2, ..honest() };
    for endpoint in Endpoint::ALL {
        for text in
            ["<!doctype html><title>Sign in</title>", "", "[", "{\"total_count\":0", "null", "{}", "7"]
        {
            let seen = unseen(whole().with_fault(endpoint, AnswerFault::Text(text.into())));
            assert!(!seen.is_empty(), "{endpoint:?} {text}");
            let reasons: BTreeSet<GapReason> = seen.iter().map(|gap| gap.reason).collect();
            // GraphQL without data is the form of "not shown to you".
            let hidden = endpoint == Endpoint::GraphQl && text == "{}";
            let expected = if hidden { GapReason::NotVisible } else { GapReason::Malformed };
            assert_eq!(reasons, [expected].into(), "{endpoint:?} {text}");
        }
    }
}

#[test]
fn without_a_token_a_private_repository_is_a_gap_throughout() {
    let server = Server::start(World { token: Some("secret".into()), ..honest() });
    for token in [None, Some("stale")] {
        let facts = ask_host(&host_with(&server, token, RetryPolicy::default()), &everything());
        let unseen = gaps(&facts);
        assert!(unseen.iter().all(|gap| gap.reason == GapReason::NotVisible), "{unseen:?}");
        assert_eq!(unseen.len(), 9, "{unseen:?}");
    }
}

// Fields that are missing or say something unheard of.

/// Every field that is read, and what its absence touches.
const FIELDS: [(Endpoint, &[&str]); 12] = [
    (
        Endpoint::Request,
        &["number", "title", "state", "user", "head", "base", "head/ref", "head/sha", "head/repo"],
    ),
    (Endpoint::Branch, &["name", "commit", "commit/sha", "protected"]),
    (
        Endpoint::Reviews,
        &["0/id", "0/user", "0/user/id", "0/user/type", "0/state", "0/commit_id", "0/submitted_at"],
    ),
    (Endpoint::Events, &["0/event", "0/created_at"]),
    (Endpoint::RequestCommits, &["0/sha", "0/author", "0/committer", "0/author/id"]),
    (Endpoint::Permission, &["permission", "role_name", "user", "user/id"]),
    (Endpoint::Activity, &["0/after", "0/ref", "0/actor", "0/timestamp", "0/id"]),
    (Endpoint::Members, &["0/login", "0/id", "0/type"]),
    (
        Endpoint::Rules,
        &[
            "0/type",
            "0/ruleset_id",
            "0/parameters",
            "0/parameters/required_approving_review_count",
            "0/parameters/require_last_push_approval",
            "1/parameters/required_status_checks",
            "1/parameters/strict_required_status_checks_policy",
        ],
    ),
    (Endpoint::Ruleset, &["id", "name", "enforcement", "bypass_actors"]),
    (Endpoint::CheckRuns, &["0/id", "0/name", "0/head_sha", "0/status", "0/conclusion", "0/app"]),
    (
        Endpoint::Classic,
        &[
            "enforce_admins",
            "enforce_admins/enabled",
            "required_signatures",
            "required_linear_history",
            "required_conversation_resolution",
            "allow_force_pushes",
            "allow_deletions",
            "required_pull_request_reviews/required_approving_review_count",
            "required_pull_request_reviews/dismiss_stale_reviews",
            "required_pull_request_reviews/require_last_push_approval",
            "required_status_checks/strict",
            "required_status_checks/checks",
            "required_status_checks/contexts",
        ],
    ),
];

#[test]
fn a_field_that_is_missing_is_a_gap() {
    let whole = || World { classic: Some(Classic::strict()), ..honest() };
    for (endpoint, fields) in FIELDS {
        for field in fields {
            let alter = AnswerFault::Drop(format!("/{field}"));
            assert_ne!(
                gaps(&ask_world(whole().with_fault(endpoint, alter))),
                [],
                "{endpoint:?} without {field}"
            );
        }
    }
}

#[test]
fn a_word_that_nobody_knows_is_a_gap() {
    let bypass =
        vec![Bypass { kind: ActorKind::User, id: Some(5.into()), name: None, mode: BypassMode::Always }];
    let mut whole = World { classic: Some(Classic::strict()), ..honest() };
    whole.rulesets[0].bypass = Some(bypass);
    for (endpoint, pointer, value) in [
        (Endpoint::Request, "/state", json!("half-open")),
        (Endpoint::Request, "/head/sha", json!("main")),
        (Endpoint::Reviews, "/0/state", json!("ENDORSED")),
        (Endpoint::Reviews, "/0/commit_id", json!("aaaa")),
        (Endpoint::Permission, "/permission", json!("sovereign")),
        (Endpoint::Permission, "/role_name", json!("read")),
        (Endpoint::Permission, "/user/id", json!(999)),
        (Endpoint::Ruleset, "/bypass_actors/0/bypass_mode", json!("on_sundays")),
        (Endpoint::Ruleset, "/bypass_actors", Value::Null),
        (Endpoint::Ruleset, "/enforcement", json!("evaluate")),
        (Endpoint::Ruleset, "/id", json!(18)),
        (Endpoint::Rules, "/1/parameters/required_status_checks/0/integration_id", json!(-2)),
        (Endpoint::CheckRuns, "/0/status", json!("dreaming")),
        (Endpoint::CheckRuns, "/0/conclusion", json!("splendid")),
        (Endpoint::CheckRuns, "/0/head_sha", json!("b".repeat(40))),
        (Endpoint::Classic, "/required_status_checks/contexts", json!(["other"])),
        (Endpoint::GraphQl, "/data/repository/ref/branchProtectionRule/allowsForcePushes", json!(true)),
    ] {
        let alter = AnswerFault::Set(pointer.to_string(), value.clone());
        assert_ne!(
            gaps(&ask_world(whole.clone().with_fault(endpoint, alter))),
            [],
            "{endpoint:?} {pointer} {value}"
        );
    }
}

#[test]
fn accounts_that_are_gone_are_known_to_be_gone() {
    let mut world = honest();
    world.request.author = None;
    world.request.head_repository = None;
    world.reviews[0].reviewer = None;
    world.reviews[1].reviewed = ReviewedContent::Unknown;
    world.commits[0].1 = CommitAccounts { author: None, committer: None };
    let facts = ask_world(world.clone());
    assert_eq!(facts.request, Fact::Known(world.request));
    assert_eq!(facts.reviews, Fact::Known(world.reviews));
    assert_eq!(facts.attribution.known().unwrap()[&revision('a')].author, None);
    assert_eq!(reason(&facts.last_push), Some(GapReason::NotVisible));
    assert_eq!(facts.permissions.len(), 1);
}

// Reviews.

#[test]
fn only_accounts_with_an_opinion_are_asked_about_and_strangers_are_gaps() {
    let mut world = honest();
    world.reviews[0].state = ReviewState::Commented;
    world.reviews[1].state = ReviewState::ChangesRequested;
    let mut bot = world.reviews[1].clone();
    let app = portcullis_model::person::Account {
        kind: portcullis_model::person::AccountKind::Bot,
        ..person("helper[bot]", 90)
    };
    (bot.id, bot.reviewer, bot.state) = (33.into(), Some(app), ReviewState::Approved);
    let mut stranger = bot.clone();
    (stranger.id, stranger.reviewer) = (34.into(), Some(person("stranger-example", 91)));
    world.reviews.extend([bot, stranger]);
    let facts = ask_world(world);
    let asked: Vec<&str> = facts.permissions.keys().map(Login::as_str).collect();
    assert_eq!(asked, ["alex-example", "stranger-example"]);
    assert_eq!(reason(&facts.permissions[&Login::new("stranger-example")]), Some(GapReason::NotVisible));
}

#[test]
fn a_change_of_base_is_seen() {
    let mut world = honest();
    world.events.push(Event { kind: "base_ref_changed".into(), at: minutes(60) });
    world.events.push(Event { kind: "something_new".into(), at: minutes(90) });
    assert_eq!(ask_world(world).base_changed, Fact::Known(Some(minutes(60))));
}

#[test]
fn commits_beyond_the_list_are_asked_for_one_by_one() {
    let server = Server::start(World { listed_commits: 1, ..honest() });
    assert_eq!(ask(&server).attribution.known().unwrap().len(), 3);
    assert_eq!(server.count(&format!("/commits/{}", revision('d'))), 1);
    let unknown = Server::start(World { commits: honest().commits[..1].to_vec(), ..honest() });
    assert_eq!(reason(&ask(&unknown).attribution), Some(GapReason::NotVisible));
    // A commit that the host swaps for another.
    let swap = AnswerFault::Set("/sha".into(), json!("f".repeat(40)));
    let swapped = ask_world(World { listed_commits: 1, ..honest() }.with_fault(Endpoint::Commit, swap));
    assert_eq!(reason(&swapped.attribution), Some(GapReason::Contradiction));
}

#[test]
fn more_commits_than_can_be_looked_up_are_a_gap() {
    let server = Server::start(honest());
    let host = host(&server);
    let commits: Vec<Commit> =
        (0..301).map(|n| commit(Revision::try_from(format!("{n:040x}")).unwrap())).collect();
    let (head, owner_teams) = (revision('a'), BTreeSet::new());
    let (request, branch) = (request_7(&host), host.branch(&BranchName::new("main")));
    let question =
        Question { request, branch, head: &head, commits: &commits, before_updates: &[], owner_teams };
    let inquiry = Inquiry { topics: [Topic::Reviews].into(), ..Inquiry::default() };
    assert_eq!(
        reason(&ask_facts(&host, Some(host.request(&7.into()).as_ref()), &inquiry, question).attribution),
        Some(GapReason::Truncated)
    );
}

// Pushes.

#[test]
fn the_newest_push_of_the_head_counts() {
    let mut world = honest();
    let push = |branch: &str, after: char, login: &str, minute| Activity {
        branch: BranchName::new(branch),
        after: revision(after),
        actor: Some(person(login, 20)),
        at: minutes(minute),
    };
    world.activity.push(push("batches", 'c', "early-example", 30));
    world.activity.push(push("batches", 'a', "robin-example", 35));
    world.activity.push(push("elsewhere", 'a', "other-example", 99));
    let facts = ask_world(world.clone());
    let pusher = facts.last_push.known().unwrap().actor.as_ref().unwrap().login.clone();
    assert_eq!(pusher, Login::new("robin-example"));
    // A host that ignores which branch was asked for.
    let all = ask_world(
        world
            .with_fault(Endpoint::Activity, AnswerFault::Set("/0/ref".into(), json!("refs/heads/elsewhere"))),
    );
    assert_eq!(all.last_push.known().unwrap().actor.as_ref().unwrap().login, Login::new("kim-example"));
}

#[test]
fn pushes_of_nothing_but_updates_are_passed_over_where_content_is_asked_for() {
    let push = |after: char, login: &str, minute| Activity {
        branch: BranchName::new("batches"),
        after: revision(after),
        actor: Some(person(login, 20)),
        at: minutes(minute),
    };
    let pusher = |activity: &[Activity], before: &[Revision]| {
        let server = Server::start(World { activity: activity.to_vec(), page_size: 1, ..honest() });
        let host = host(&server);
        let (head, owner_teams) = (revision('a'), BTreeSet::new());
        let (request, branch) = (request_7(&host), host.branch(&BranchName::new("main")));
        let question =
            Question { request, branch, head: &head, commits: &[], before_updates: before, owner_teams };
        let inquiry = Inquiry { topics: [Topic::Pushes].into(), ..Inquiry::default() };
        let push = ask_facts(&host, Some(host.request(&7.into()).as_ref()), &inquiry, question)
            .content_push
            .known()
            .cloned();
        push.map(|push| (push.after, push.actor.unwrap().login.to_string()))
    };
    let said = |after: char, login: &str| Ok((revision(after), login.to_string()));
    let before = [revision('b'), revision('c')];
    let honest = [push('c', "kim", 1), push('b', "robin", 2), push('a', "alex", 3)];
    assert_eq!(pusher(&honest, &[]), said('a', "alex"));
    assert_eq!(pusher(&honest, &before), said('c', "kim"));
    assert_eq!(pusher(&honest[1..], &before), said('b', "robin"), "commit and update in one push");
    let swapped = [push('c', "kim", 1), push('d', "robin", 2), push('c', "robin", 3), push('a', "alex", 4)];
    assert_eq!(pusher(&swapped, &before), said('c', "robin"));
    assert_eq!(pusher(&[], &before).unwrap_err().reason, GapReason::NotVisible);
}

#[test]
fn moves_after_the_request_landed_are_of_another() {
    let mut world = honest();
    let later =
        Activity { actor: Some(person("robin-example", 12)), at: minutes(200), ..world.activity[0].clone() };
    world.activity.push(Activity { after: revision('f'), ..later });
    let begun = AnswerFault::Set("/0/before".into(), json!("0".repeat(40)));
    let moves = |merged| {
        let mut world = world.clone();
        world.request.merged = merged;
        let facts = ask_world(world.with_fault(Endpoint::Activity, begun.clone()));
        facts.moves.known().unwrap().iter().map(|one| one.after.clone()).collect::<Vec<_>>()
    };
    assert_eq!(moves(None), [revision('f'), revision('a')]);
    assert_eq!(moves(Some(minutes(100))), [revision('a')]);
}

#[test]
fn a_push_that_is_not_on_record_is_a_gap() {
    let none = ask_world(World { activity: Vec::new(), ..honest() });
    assert_eq!(reason(&none.last_push), Some(GapReason::NotVisible));
    let mut busy = World { page_size: 1, ..honest() };
    let push =
        |minute| Activity { after: revision('c'), at: minutes(minute), ..honest().activity[0].clone() };
    busy.activity.extend((20..30).map(push));
    let server = Server::start(busy);
    assert_eq!(reason(&ask(&server).last_push), Some(GapReason::Truncated));
    assert_eq!(server.count("/activity"), 5);
}

// Protection (attacks 2 to 5).

#[test]
fn a_bypass_list_that_is_left_out_is_a_gap_and_an_empty_one_is_none() {
    let mut world = honest();
    assert_eq!(bypass_of(&protection(world.clone()), &Rule::Approvals(2)), Fact::Known(Vec::new()));
    world.rulesets[0].bypass = None;
    let seen = protection(world);
    assert_eq!(rules(&seen), all_rules());
    assert!(seen.requirements.iter().all(|one| reason(&one.bypass) == Some(GapReason::NotVisible)));
}

#[test]
fn actors_of_rulesets_keep_their_kind_and_mode() {
    let one = |kind, id: Option<u64>, mode| Bypass { kind, id: id.map(Into::into), name: None, mode };
    let bypass = vec![
        one(ActorKind::RepositoryRole, Some(5), BypassMode::Always),
        one(ActorKind::Team, Some(6), BypassMode::ChangeRequest),
        one(ActorKind::App, Some(7), BypassMode::Exempt),
        one(ActorKind::DeployKey, None, BypassMode::Always),
        one(ActorKind::OrganizationAdmin, None, BypassMode::Always),
        one(ActorKind::Enterprise, Some(8), BypassMode::Always),
        one(ActorKind::User, Some(9), BypassMode::Always),
        one(ActorKind::Other, Some(10), BypassMode::Always),
    ];
    let mut world = honest();
    world.rulesets[0].bypass = Some(bypass.clone());
    let server = Server::start(world);
    let seen = ask(&server).protection.known().unwrap().clone();
    assert!(seen.requirements.iter().all(|requirement| requirement.bypass == Fact::Known(bypass.clone())));
    assert!(seen.requirements.iter().all(|requirement| requirement.source == "ruleset \"main\" (17)"));
    assert_eq!(server.count("/rulesets/17?includes_parents=true"), 1, "each ruleset is read once");
}

#[test]
fn a_ruleset_that_is_not_active_does_not_count() {
    let mut world = honest();
    world.rulesets[0].enforcement = "evaluate".into();
    assert_eq!(protection(world).requirements, []);
    // Two answers that differ.
    let contradiction =
        honest().with_fault(Endpoint::Ruleset, AnswerFault::Set("/enforcement".into(), json!("disabled")));
    let seen = protection(contradiction);
    let reasons: Vec<GapReason> = seen.unseen.iter().map(|gap| gap.reason).collect();
    assert_eq!((seen.requirements.len(), reasons), (0, vec![GapReason::Contradiction]));
}

#[test]
fn unknown_kinds_of_rules_are_passed_over() {
    let seen = protection(
        honest().with_fault(Endpoint::Rules, AnswerFault::Set("/2/type".into(), json!("merge_queue"))),
    );
    assert_eq!(rules(&seen).len(), all_rules().len() - 1);
    assert_eq!(seen.unseen, []);
}

#[test]
fn classic_protection_is_read_and_its_absent_lists_are_checked_by_graphql() {
    let seen = protection(with_classic());
    assert_eq!((rules(&seen), seen.unseen.clone()), (all_rules(), Vec::new()));
    assert!(seen.requirements.iter().all(|requirement| requirement.bypass == Fact::Known(Vec::new())));
    assert!(seen.requirements.iter().all(|requirement| requirement.source == "classic protection"));
}

#[test]
fn classic_administrators_go_round_everything() {
    let mut world = with_classic();
    world.classic.as_mut().unwrap().enforce_admins = false;
    let admins = Bypass { kind: ActorKind::Administrators, id: None, name: None, mode: BypassMode::Always };
    let seen = protection(world);
    assert!(
        seen.requirements.iter().all(|requirement| requirement.bypass == Fact::Known(vec![admins.clone()]))
    );
}

#[test]
fn classic_allowances_are_of_their_own_rules() {
    let mut world = with_classic();
    let classic = world.classic.as_mut().unwrap();
    let around = vec![
        actor(ActorKind::User, 5, "sam-example"),
        actor(ActorKind::Team, 6, "release"),
        actor(ActorKind::App, 7, "merger"),
    ];
    let force = vec![actor(ActorKind::Team, 8, "rewriters")];
    classic.change_request_bypass = around.clone();
    classic.force_push_bypass = force.clone();
    let seen = protection(world.clone());
    for rule in [
        Rule::ChangeRequest,
        Rule::Approvals(2),
        Rule::DismissStale,
        Rule::CodeOwners,
        Rule::LastPushApproval,
        Rule::ConversationResolution,
    ] {
        assert_eq!(bypass_of(&seen, &rule), Fact::Known(around.clone()), "{rule:?}");
    }
    assert_eq!(bypass_of(&seen, &Rule::NoForcePush), Fact::Known(force));
    let check = Rule::Check { name: "build".into(), app: Some(ACTIONS.into()) };
    for rule in [check, Rule::UpToDate, Rule::NoDeletion, Rule::SignedCommits, Rule::LinearHistory] {
        assert_eq!(bypass_of(&seen, &rule), Fact::Known(Vec::new()), "{rule:?}");
    }
    // REST hides the list of who needs no request: GraphQL still shows it.
    let pointer = "/required_pull_request_reviews/bypass_pull_request_allowances";
    let hidden = protection(world.with_fault(Endpoint::Classic, AnswerFault::Drop(pointer.into())));
    assert_eq!(bypass_of(&hidden, &Rule::ChangeRequest), Fact::Known(around));
}

#[test]
fn allowances_that_graphql_does_not_show_are_gaps() {
    let rule = "/data/repository/ref/branchProtectionRule";
    let force = format!("{rule}/bypassForcePushAllowances");
    let mut world = with_classic();
    world.classic.as_mut().unwrap().force_push_bypass = vec![actor(ActorKind::Team, 8, "rewriters")];
    for (pointer, value, expected) in [
        (rule.to_string(), Value::Null, GapReason::NotVisible),
        ("/data".to_string(), Value::Null, GapReason::NotVisible),
        (format!("{force}/totalCount"), json!(2), GapReason::Truncated),
        (format!("{force}/pageInfo/hasNextPage"), json!(true), GapReason::Truncated),
        (format!("{force}/nodes/0/actor"), Value::Null, GapReason::NotVisible),
        (format!("{force}/nodes/0"), Value::Null, GapReason::Malformed),
    ] {
        let altered = world.clone().with_fault(Endpoint::GraphQl, AnswerFault::Set(pointer.clone(), value));
        let bypass = bypass_of(&protection(altered), &Rule::NoForcePush);
        assert_eq!(reason(&bypass), Some(expected), "{pointer}");
    }
    let errors = r#"{"data":null,"errors":[{"type":"FORBIDDEN","message":"Resource not accessible"}]}"#;
    let seen = protection(world.with_fault(Endpoint::GraphQl, AnswerFault::Text(errors.into())));
    assert_eq!(reason(&bypass_of(&seen, &Rule::NoForcePush)), Some(GapReason::NotVisible));
    assert_eq!(reason(&bypass_of(&seen, &Rule::NoDeletion)), None);
}

#[test]
fn classic_protection_that_allows_is_no_requirement() {
    let mut world = with_classic();
    world.classic.as_mut().unwrap().rules = vec![Rule::ChangeRequest];
    let seen = protection(world);
    assert_eq!((rules(&seen), seen.unseen), ([Rule::ChangeRequest].into(), Vec::new()));
}

#[test]
fn both_kinds_of_protection_stand_side_by_side() {
    let seen = protection(World { classic: Some(Classic::strict()), ..honest() });
    assert_eq!(seen.requirements.len(), 2 * all_rules().len());
    assert!(
        seen.requirements
            .is_sorted_by_key(|requirement| (requirement.rule.clone(), requirement.source.clone()))
    );
}

#[test]
fn any_app_may_stand_behind_a_check_without_a_number() {
    let any = Rule::Check { name: "build".into(), app: None };
    let pointer = "/required_status_checks/checks/0/app_id";
    for id in [Value::Null, json!(-1)] {
        let seen =
            protection(with_classic().with_fault(Endpoint::Classic, AnswerFault::Set(pointer.into(), id)));
        assert!(rules(&seen).contains(&any));
    }
    let mut world = honest();
    world.rulesets[0].rules.push(any.clone());
    assert!(rules(&protection(world)).contains(&any));
}

// Checks (attack 64).

#[test]
fn checks_keep_their_producer_and_their_end() {
    let mut world = honest();
    let ends = [
        Conclusion::Running,
        Conclusion::Neutral,
        Conclusion::Skipped,
        Conclusion::Cancelled,
        Conclusion::Stale,
        Conclusion::TimedOut,
        Conclusion::ActionRequired,
        Conclusion::StartupFailure,
        Conclusion::Failure,
    ];
    let template = world.checks[0].clone();
    for (id, conclusion) in (50_u64..).zip(ends) {
        world.checks.push(Check { id: id.into(), name: format!("run {id}"), conclusion, ..template.clone() });
    }
    world.checks.push(Check {
        id: 60.into(),
        name: "nobody's".into(),
        producer: Producer::Unknown,
        ..template.clone()
    });
    let spoof = Producer::Account(Some(person("kim-example", 11)));
    world.checks.push(Check { id: 61.into(), producer: spoof.clone(), ..template.clone() });
    let error = Conclusion::Error;
    world.checks.push(Check {
        id: 62.into(),
        name: "old".into(),
        producer: spoof,
        conclusion: error,
        ..template
    });
    world.checks.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    assert_eq!(ask_world(world.clone()).checks, Fact::Known(world.checks));
}

// Trouble on the way.

#[test]
fn failures_are_asked_again() {
    let server = Server::start(honest()).trick("/reviews", 1, Act::message(500, "Server Error", &[])).trick(
        "/events",
        1,
        Act::Close,
    );
    assert_eq!(gaps(&ask(&server)), []);
    assert_eq!((server.count("/reviews"), server.count("/events")), (2, 2));
}

#[test]
fn failures_that_last_are_gaps() {
    for act in [Act::message(502, "Bad Gateway", &[]), Act::Close, Act::CutBody] {
        let server = Server::start(honest()).trick("/reviews", 99, act.clone());
        let facts = ask(&server);
        assert_eq!(reason(&facts.reviews), Some(GapReason::Unreachable), "{act:?}");
        assert_eq!(server.count("/reviews"), 3, "{act:?}");
        assert!(facts.checks.known().is_ok());
    }
}

#[test]
fn a_body_beyond_the_limit_is_a_gap() {
    let body = " ".repeat(33 * 1024 * 1024);
    let endless = Act::Answer { status: 200, headers: Vec::new(), body };
    let server = Server::start(honest()).trick("/pulls/7", 1, endless);
    let once = RetryPolicy { attempts: 1, longest_wait: Duration::ZERO, ..RetryPolicy::default() };
    let seen = request_7(&host_with(&server, None, once));
    assert_eq!(reason(&seen), Some(GapReason::Unreachable));
}

#[test]
fn a_host_that_is_not_there_is_a_gap() {
    let address = Server::start(honest()).address();
    let patience = RetryPolicy { attempts: 1, longest_wait: Duration::ZERO, ..RetryPolicy::default() };
    let way = Connection { retry: patience, ..Connection::to(address, Box::new(Live::new())) };
    let gone = GitHub::open(REPOSITORY, way).unwrap();
    assert_eq!(reason(&request_7(&gone)), Some(GapReason::Unreachable));
}

#[test]
fn a_slow_answer_is_waited_for() {
    let server = Server::start(honest()).trick("/pulls/7", 1, Act::Delay(Duration::from_millis(300)));
    assert!(request_7(&host(&server)).known().is_ok());
}

#[test]
fn a_rate_limit_is_waited_out() {
    let limited = Act::message(429, "Too many requests", &[("retry-after", "1")]);
    let server = Server::start(honest()).trick("/reviews", 1, limited);
    let before = std::time::Instant::now();
    assert_eq!(gaps(&ask(&server)), []);
    assert!(before.elapsed() >= Duration::from_secs(1));
}

#[test]
fn a_rate_limit_beyond_patience_is_a_gap_at_once() {
    let reset = [
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", "1767225600"),
        ("date", "Wed, 31 Dec 2025 23:00:00 GMT"),
    ];
    for headers in [&reset[..], &[("retry-after", "3600")], &[]] {
        let limited = Act::message(429, "Too many requests", headers);
        let server = Server::start(honest()).trick("/reviews", 99, limited);
        assert_eq!(reason(&ask(&server).reviews), Some(GapReason::RateLimited), "{headers:?}");
        assert_eq!(server.count("/reviews"), 1, "{headers:?}");
    }
}

#[test]
fn patience_is_for_the_whole_run() {
    let limited = || Act::message(403, "rate limit", &[("retry-after", "1")]);
    let server = Server::start(honest()).trick("/reviews", 1, limited()).trick("/events", 99, limited());
    let facts = ask(&server);
    assert!(facts.reviews.known().is_ok());
    assert_eq!(reason(&facts.base_changed), Some(GapReason::RateLimited));
    assert_eq!(server.count("/events"), 2);
}

#[test]
fn a_host_that_drips_costs_the_patience_of_one_run_and_no_more() {
    let drip = || Act::Drip { every: Duration::from_millis(100) };
    let server = Server::start(honest()).trick("/reviews", 99, drip()).trick("/rulesets", 99, drip());
    let transport = Live::with_time_out(Duration::from_millis(800));
    let (longest_wait, prompt) = (Duration::from_millis(2_500), Duration::from_millis(100));
    let patience = RetryPolicy { attempts: 4, longest_wait, prompt };
    let way = Connection { retry: patience, ..Connection::to(server.address(), Box::new(transport)) };
    let host = GitHub::open(REPOSITORY, way).unwrap();
    let before = std::time::Instant::now();
    let facts = ask_host(&host, &everything());
    assert!(before.elapsed() < Duration::from_secs(20), "{:?}", before.elapsed());
    assert_eq!(reason(&facts.reviews), Some(GapReason::Unreachable));
    // Where it was asked before it dripped, it answered; where it was asked later, it was not asked any more.
    assert!(facts.request.known().is_ok());
    assert!(gaps(&facts).iter().all(|gap| gap.reason == GapReason::Unreachable), "{:?}", gaps(&facts));
    assert!(server.count("/reviews") <= 3, "{}", server.count("/reviews"));
}

// Redirects.

#[test]
fn a_redirect_to_another_origin_never_carries_the_token() {
    let elsewhere = Server::start(honest());
    for status in [301, 302, 307, 308] {
        let act = Act::Redirect { status, to: elsewhere.origin() };
        let server =
            Server::start(World { token: Some("secret".into()), ..honest() }).trick("/reviews", 1, act);
        let facts = ask_host(&host_with(&server, Some("secret"), RetryPolicy::default()), &everything());
        assert!(facts.reviews.known().is_ok(), "{status}");
    }
    assert_eq!(elsewhere.count("/reviews"), 4);
    assert!(elsewhere.seen().iter().all(|seen| seen.header("authorization").is_none()));
}

#[test]
fn a_token_that_was_left_behind_stays_behind() {
    let home = Server::start(World { token: Some("secret".into()), ..honest() });
    let elsewhere =
        Server::start(honest()).trick("/reviews", 1, Act::Redirect { status: 302, to: home.origin() });
    let home = home.trick("/reviews", 1, Act::Redirect { status: 302, to: elsewhere.origin() });
    let facts = ask_host(&host_with(&home, Some("secret"), RetryPolicy::default()), &everything());
    assert_eq!(reason(&facts.reviews), Some(GapReason::NotVisible));
    let asked: Vec<bool> = home
        .seen()
        .iter()
        .filter(|seen| seen.path.contains("/reviews"))
        .map(|seen| seen.header("authorization").is_some())
        .collect();
    assert_eq!(asked, [true, false]);
}

#[test]
fn a_redirect_on_the_same_origin_keeps_the_token() {
    let server = Server::start(World { token: Some("secret".into()), ..honest() });
    let act = Act::Redirect { status: 301, to: server.origin() };
    let server = server.trick("/pulls/7", 1, act);
    assert!(request_7(&host_with(&server, Some("secret"), RetryPolicy::default())).known().is_ok());
}

#[test]
fn redirects_without_end_or_without_cover_are_gaps() {
    let server = Server::start(honest());
    let around = Act::Redirect { status: 302, to: server.origin() };
    let server = server.trick("/pulls/7", 99, around);
    assert_eq!(reason(&request_7(&host(&server))), Some(GapReason::Unreachable));
    assert_eq!(server.seen().len(), 6);
    for (to, expected) in [
        ("http://example.test", GapReason::Unreachable),
        ("gopher://example.test", GapReason::Malformed),
        ("", GapReason::NotVisible),
    ] {
        let act = match to {
            "" => Act::message(404, "Not Found", &[]),
            _ => Act::Redirect { status: 302, to: to.into() },
        };
        let server = Server::start(honest()).trick("/pulls/7", 1, act);
        assert_eq!(reason(&request_7(&host(&server))), Some(expected), "{to}");
    }
    let open = Act::Redirect { status: 302, to: "http://example.test".into() };
    let server = Server::start(honest()).trick("/pulls/7", 1, open);
    let gap = request_7(&host(&server)).known().unwrap_err();
    assert!(gap.detail.contains("not encrypted"), "{gap:?}");
    let lost = Server::start(honest()).trick("/pulls/7", 1, Act::message(302, "where?", &[]));
    assert_eq!(reason(&request_7(&host(&lost))), Some(GapReason::Malformed));
}

// What cannot be asked at all.

#[test]
fn addresses_and_repositories_that_cannot_be_are_refused() {
    let new = |url: &str, repository: &str| {
        GitHub::open(repository, Connection::to(url, Box::new(Live::new()))).map(|_| ())
    };
    assert!(new("https://api.github.com", "example-org/data-upload").is_ok());
    assert!(new("http://ghe.example.test/api/v3", "example-org/data-upload").is_err());
    assert!(new("https://api.github.com", "../../admin").is_err());
}

#[test]
fn the_world_in_memory_answers_like_the_one_on_the_network() {
    let world = honest();
    let way = Connection::to(world.address.clone(), Box::new(world.clone()));
    let memory = GitHub::open(REPOSITORY, way);
    assert_eq!(ask_host(&memory.unwrap(), &everything()), ask_world(world));
}

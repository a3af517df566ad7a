//! The laws that hold for every host, each over a table of what each kind of host is asked.
//!
//! 1. What is refused, fails, cannot be read or is cut leaves a gap in the facts that need it. No fact is another one than
//!    that of the honest answer: it is that, or a gap.
//! 2. What is answered is known.
//! 3. No token leaves for another origin.
//!
//! A new host needs a row in [`HOSTS`].

use portcullis_forge::http::RetryPolicy;
use portcullis_forge::http::transport::Live;
use portcullis_forge::{Connection, Forge, Question, ask_facts, open};
use portcullis_model::change::{BranchName, Commit, ObjectName, Revision};
use portcullis_model::fact::Fact;
use portcullis_model::facts::HostFacts;
use portcullis_model::id::RequestId;
use portcullis_model::inquiry::{Inquiry, Topic};
use portcullis_model::person::{Mailbox, TeamName};
use portcullis_model::review::ReviewedContent;
use portcullis_render::links::request_page;
use portcullis_testkit::gitea::{GiteaHost, Software};
use portcullis_testkit::gitlab::GitLabWorld;
use portcullis_testkit::scene;
use portcullis_testkit::server::{Act, Server, Site};
use portcullis_testkit::world::World;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// A kind of host, and what it is asked.
struct LawfulHost {
    kind: &'static str,
    /// The honest host.
    site: fn() -> Box<dyn Site>,
    questions: &'static [HostQuestion],
}

/// A question to a host.
struct HostQuestion {
    /// What its address holds, and those of no other question.
    at: &'static str,
    /// Is the answer a list?
    is_list: bool,
    /// The facts that need it.
    facts: &'static [&'static str],
}

const fn one(at: &'static str, facts: &'static [&'static str]) -> HostQuestion {
    HostQuestion { at, is_list: false, facts }
}

const fn list(at: &'static str, facts: &'static [&'static str]) -> HostQuestion {
    HostQuestion { at, is_list: true, facts }
}

/// What Gitea and Forgejo are asked.
const GITEA_QUESTIONS: &[HostQuestion] = &[
    one("/branches/main", &["branch"]),
    list("/pulls/7/reviews", &["reviews"]),
    list("/issues/7/timeline", &["reviews", "base_changed", "last_push", "content_push", "moves"]),
    list("/pulls/7/commits", &["attribution"]),
    one("/collaborators/", &["permissions"]),
    list("/branch_protections", &["protection"]),
    list("/statuses/", &["checks"]),
    list("/teams/search", &["members"]),
    list("/members", &["members"]),
];

const HOSTS: &[LawfulHost] = &[
    LawfulHost {
        kind: "forgejo",
        site: || Box::new(GiteaHost::new(Software::Forgejo, honest_world())),
        questions: GITEA_QUESTIONS,
    },
    LawfulHost {
        kind: "gitea",
        site: || Box::new(GiteaHost::new(Software::Gitea, honest_world())),
        questions: GITEA_QUESTIONS,
    },
    LawfulHost {
        kind: "github",
        site: || Box::new(honest_world()),
        questions: &[
            one("/branches/main", &["branch"]),
            list("/pulls/7/reviews", &["reviews"]),
            list("/issues/7/events", &["base_changed"]),
            list("/pulls/7/commits", &["attribution"]),
            one("/collaborators/", &["permissions"]),
            list("/activity", &["last_push", "content_push", "moves"]),
            list("/rules/branches/", &["protection"]),
            one("/rulesets/", &["protection"]),
            one("/check-runs", &["checks"]),
            list("/statuses", &["checks"]),
            list("/members", &["members"]),
        ],
    },
    LawfulHost {
        kind: "gitlab",
        site: || Box::new(GitLabWorld::honest(honest_world())),
        questions: &[
            one("/repository/branches/main", &["branch"]),
            one("/merge_requests/7/approvals", &["reviews"]),
            list("/merge_requests/7/versions", &["reviews"]),
            list("/merge_requests/7/reviewers", &["reviews"]),
            list("/merge_requests/7/notes", &["base_changed"]),
            list("/users?search", &["attribution", "co_authors"]),
            one("/users/", &["permissions"]),
            list("/members/all", &["permissions"]),
            list("/events", &["last_push", "content_push", "moves"]),
            list("/protected_branches", &["protection"]),
            one("data-upload/approvals", &["protection"]),
            list("/approval_rules", &["protection"]),
            one("/approval_state", &["protection"]),
            one("/push_rule", &["protection"]),
            list("/pipelines?", &["checks"]),
            list("/jobs", &["checks"]),
            list("/statuses", &["checks"]),
            list("/groups/", &["members"]),
        ],
    },
];

const REPOSITORY: &str = "example-org/data-upload";

fn revision(digit: char) -> Revision {
    Revision::try_from(digit.to_string().repeat(40)).unwrap()
}

fn honest_world() -> World {
    World::honest(revision('b'), revision('a'), &[revision('a')])
}

fn commit() -> Commit {
    let kim = Mailbox { name: "Kim Example".into(), email: "kim@example.test".into() };
    Commit {
        id: revision('a'),
        tree: ObjectName::try_from("e".repeat(40)).unwrap(),
        parents: vec![revision('b')],
        author: kim.clone(),
        committer: kim,
        co_authors: Vec::new(),
        subject: "Load records in batches".into(),
    }
}

fn forge(kind: &str, address: String) -> Box<dyn Forge> {
    let way = Connection::to(address, Box::new(Live::new()));
    let retry = RetryPolicy { attempts: 2, longest_wait: Duration::ZERO, ..RetryPolicy::default() };
    open(kind, REPOSITORY, Connection { token: Some("a-token".into()), retry, ..way }).unwrap()
}

fn ask(kind: &str, address: String) -> HostFacts {
    let host = forge(kind, address);
    let on_request = host.request(&7.into());
    let request = on_request.change_request();
    let branch = host.branch(&BranchName::new("main"));
    let topics = [Topic::Reviews, Topic::Pushes, Topic::Protection, Topic::Checks];
    let teams = [TeamName::of_host("example-org/data-protection")];
    let inquiry = Inquiry { topics: topics.into(), teams: teams.into(), ..Inquiry::default() };
    let (head, commits, owner_teams) = (revision('a'), [commit()], BTreeSet::new());
    let question =
        Question { request, branch, head: &head, commits: &commits, before_updates: &[], owner_teams };
    ask_facts(host.as_ref(), Some(on_request.as_ref()), &inquiry, question)
}

/// What is known of each fact; `None` for one with a gap anywhere in it. Facts on many things are one for each of them.
fn known(facts: &HostFacts) -> BTreeMap<String, Option<String>> {
    fn text<T: std::fmt::Debug>(fact: &Fact<T>) -> Option<String> {
        fact.value().map(|value| format!("{value:?}"))
    }
    let is_seen = |content: &ReviewedContent| !matches!(content, ReviewedContent::Unseen(_));
    let reviews = text(&facts.reviews)
        .filter(|_| facts.reviews.value().into_iter().flatten().all(|it| is_seen(&it.reviewed)));
    let protection = text(&facts.protection).filter(|_| {
        let all = facts.protection.value();
        all.is_none_or(|all| {
            all.unseen.is_empty() && all.requirements.iter().all(|it| it.bypass.value().is_some())
        })
    });
    let permissions = facts.permissions.iter().map(|(who, it)| (format!("permissions {who}"), text(it)));
    let members = facts.members.iter().map(|(team, it)| (format!("members {team}"), text(it)));
    [
        ("attribution", text(&facts.attribution)),
        ("base_changed", text(&facts.base_changed)),
        ("branch", text(&facts.branch)),
        ("checks", text(&facts.checks)),
        ("co_authors", text(&facts.co_authors)),
        ("content_push", text(&facts.content_push)),
        ("last_push", text(&facts.last_push)),
        ("moves", text(&facts.moves)),
        ("protection", protection),
        ("request", text(&facts.request)),
        ("reviews", reviews),
    ]
    .map(|(fact, value)| (fact.to_string(), value))
    .into_iter()
    .chain(permissions)
    .chain(members)
    .collect()
}

fn is_of(fact: &str, named: &[&str]) -> bool {
    named.contains(&fact.split(' ').next().unwrap_or_default())
}

/// Ways in which an answer does not come.
fn failures(question: &HostQuestion) -> Vec<(&'static str, Act)> {
    let answer = |status, headers: &[(&str, &str)], body: &str| {
        let headers = headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        Act::Answer { status, headers, body: body.to_string() }
    };
    let mut all = vec![
        ("401", Act::message(401, "Unauthorized", &[])),
        ("403", Act::message(403, "Forbidden", &[])),
        ("404", Act::message(404, "Not Found", &[])),
        ("429", Act::message(429, "Retry later", &[("retry-after", "0")])),
        ("500", Act::message(500, "Internal Server Error", &[])),
        ("a sign-in page", answer(200, &[("content-type", "text/html")], "<html>Sign in</html>")),
        ("half a body", Act::CutBody),
        ("null", answer(200, &[], "null")),
        ("a message under 200", answer(200, &[], r#"{"message":"Not Found"}"#)),
        ("nothing", Act::Close),
    ];
    if question.is_list {
        let more = [
            ("link", "<http://127.0.0.1:1/x?page=9>; rel=\"last\""),
            ("x-next-page", ""),
            ("x-total-pages", "9"),
        ];
        all.push(("one page of nine", answer(200, &more, "[]")));
    }
    all
}

/// Answers that mean that there is none: `null` for push rules that were never made.
const ABSENT: [(&str, &str); 1] = [("/push_rule", "null")];

#[test]
fn what_is_not_answered_is_a_gap_and_nothing_else_changes() {
    for host in HOSTS {
        let honest = known(&ask(host.kind, Server::start((host.site)()).address()));
        assert!(honest.values().all(Option::is_some), "{}: {honest:?}", host.kind);
        for question in host.questions {
            for (failure, act) in failures(question) {
                let name = format!("{}: {failure} at {}", host.kind, question.at);
                let server = Server::start((host.site)()).trick(question.at, usize::MAX, act);
                let seen = known(&ask(host.kind, server.address()));
                assert!(server.count(question.at) > 0, "{name} was not asked");
                for (fact, value) in &seen {
                    assert!(value.is_none() || *value == honest[fact], "{name}: another {fact}");
                }
                if !ABSENT.contains(&(question.at, failure)) {
                    let named = seen.iter().filter(|(fact, _)| is_of(fact, question.facts));
                    let known: Vec<_> = named.filter(|(_, value)| value.is_some()).collect();
                    assert!(known.is_empty(), "{name}: {known:?} known all the same");
                }
            }
        }
    }
}

#[test]
fn no_token_leaves_for_another_origin() {
    for host in HOSTS {
        let other = Server::start((host.site)());
        let away = Act::Redirect { status: 307, to: other.origin() };
        let server = Server::start((host.site)()).trick("/", usize::MAX, away);
        ask(host.kind, server.address());
        assert!(!other.seen().is_empty(), "{}: nothing was redirected", host.kind);
        for seen in other.seen() {
            let tokens = ["authorization", "private-token", "job-token"];
            assert!(tokens.iter().all(|name| seen.header(name).is_none()), "{}: {seen:?}", host.kind);
        }
        assert!(server.seen().iter().any(|seen| seen.credentials().is_some()), "{}", host.kind);
    }
}

/// Lists of hosts that a newcomer could forget. A server without a host has no answers and no pages.
#[test]
fn every_host_of_the_table_is_held_to_the_laws_made_up_and_has_pages() {
    for kind in portcullis_forge::TABLE {
        assert!(scene::find_host(kind.name).is_some(), "{} is not in testkit::scene::HOSTS", kind.name);
        let is_served = kind.name != portcullis_forge::bare::KIND.name;
        let is_lawful = HOSTS.iter().any(|host| host.kind == kind.name);
        assert_eq!(is_lawful, is_served, "{} in HOSTS of this file", kind.name);
        let page = request_page(kind.name, "host.example", "group/name", &RequestId::Number(7));
        assert_eq!(page.is_some(), is_served, "{} in the table of render::links", kind.name);
    }
}

//! GitLab as a host, through the real transport and a server on this machine: what it says, what it
//! hides, and the traps in between.
//!
//! One rule runs through all of it: what was not seen whole is a gap, and never "there is none".

use crate::support::gate::Verdict;
use crate::support::queue::{Batch, Method};
use portcullis_forge::gitlab::GitLab;
use portcullis_forge::http::RetryPolicy;
use portcullis_forge::http::transport::Live;
use portcullis_forge::{BatchQuestion, Connection, Forge, Question, ask_facts};
use portcullis_model::change::{BranchName, Commit, ObjectName, Revision};
use portcullis_model::check::{Check, Conclusion, Producer};
use portcullis_model::fact::{Fact, GapReason};
use portcullis_model::facts::HostFacts;
use portcullis_model::inquiry::{Inquiry, Topic};
use portcullis_model::person::{AccountKind, Mailbox, TeamName};
use portcullis_model::protection::{ActorKind, Protection, Requirement, Rule};
use portcullis_model::review::{Permission, ReviewState, ReviewedContent};
use portcullis_testkit::answer_faults::AnswerFault;
use portcullis_testkit::gitlab::forge::GitLabForge;
use portcullis_testkit::gitlab::scene::show_scene;
use portcullis_testkit::gitlab::{FORK, GitLabEndpoint, GitLabWorld, ProtectedRule, Pusher};
use portcullis_testkit::scene::{Scene, find_host};
use portcullis_testkit::server::{Server, Site};
use portcullis_testkit::stage::{KIM, Stage, revision as commit_of};
use portcullis_testkit::world::{Event, World, minutes, person};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

const REPOSITORY: &str = "example-org/data-upload";

fn revision(digit: char) -> Revision {
    Revision::try_from(digit.to_string().repeat(40)).unwrap()
}

/// Base `b`, head `a`, and three commits of which the head is one.
fn honest() -> GitLabWorld {
    let commits = [revision('a'), revision('c'), revision('d')];
    GitLabWorld::honest(World::honest(revision('b'), revision('a'), &commits))
}

fn commit(id: Revision) -> Commit {
    let kim = Mailbox { name: "Kim Example".into(), email: "kim@example.test".into() };
    Commit {
        id,
        tree: ObjectName::try_from("e".repeat(40)).unwrap(),
        parents: vec![revision('b')],
        author: kim.clone(),
        committer: kim,
        co_authors: Vec::new(),
        subject: "Load records in batches".into(),
    }
}

fn host(server: &Server<GitLabWorld>) -> GitLab {
    host_with(server, Some("glpat-secret"), "GITLAB_TOKEN")
}

fn host_with(server: &Server<GitLabWorld>, token: Option<&str>, variable: &'static str) -> GitLab {
    let way = Connection::to(server.address(), Box::new(Live::new()));
    let retry = RetryPolicy { attempts: 2, longest_wait: Duration::from_secs(2), ..RetryPolicy::default() };
    let token = token.map(str::to_string);
    let token_variable = token.as_ref().map(|_| variable);
    GitLab::open(REPOSITORY, Connection { token, token_variable, retry, ..way }).unwrap()
}

fn team(name: &str) -> TeamName {
    TeamName::of_host(name)
}

fn everything() -> Inquiry {
    let topics = [Topic::Reviews, Topic::Pushes, Topic::CodeOwners, Topic::Protection, Topic::Checks];
    Inquiry {
        topics: topics.into(),
        teams: [team("example-org/data-protection")].into(),
        ..Inquiry::default()
    }
}

fn ask_host(host: &GitLab) -> HostFacts {
    let on_request = host.request(&7.into());
    let request = on_request.change_request();
    let branch = host.branch(&BranchName::new("main"));
    let commits = ['a', 'c', 'd'].map(|digit| commit(revision(digit)));
    let (head, owner_teams) = (revision('a'), BTreeSet::new());
    let question =
        Question { request, branch, head: &head, commits: &commits, before_updates: &[], owner_teams };
    ask_facts(host, Some(on_request.as_ref()), &everything(), question)
}

fn ask(world: GitLabWorld) -> HostFacts {
    ask_host(&host(&Server::start(world)))
}

fn protection(world: GitLabWorld) -> Protection {
    ask(world).protection.known().unwrap().clone()
}

fn requirement(protection: &Protection, rule: &Rule) -> Option<Requirement> {
    protection.requirements.iter().find(|it| it.rule == *rule).cloned()
}

fn bypass(protection: &Protection, rule: &Rule) -> Vec<(ActorKind, String)> {
    let found = requirement(protection, rule).unwrap();
    let actor = |it: &portcullis_model::protection::Bypass| {
        (it.kind, it.id.as_ref().map_or(String::new(), ToString::to_string))
    };
    found.bypass.known().unwrap().iter().map(actor).collect()
}

fn reason<T>(fact: &Fact<T>) -> Option<GapReason> {
    fact.known().err().map(|gap| gap.reason)
}

#[test]
fn an_honest_project_is_seen_whole() {
    let facts = ask(honest());
    let request = facts.request.known().unwrap();
    assert_eq!((request.base_branch.as_str(), request.open), ("main", true));
    assert_eq!(request.head_repository.as_deref(), Some(REPOSITORY));
    let approvals: Vec<&ReviewedContent> =
        facts.reviews.known().unwrap().iter().map(|review| &review.reviewed).collect();
    assert_eq!(approvals.len(), 2);
    for content in approvals {
        assert!(
            matches!(content, ReviewedContent::Derived { commit, .. } if *commit == revision('a')),
            "{content:?}"
        );
    }
    assert_eq!(facts.base_changed, Fact::Known(None));
    let permissions: Vec<&Permission> = facts.permissions.values().map(|it| it.known().unwrap()).collect();
    assert_eq!(permissions, [&Permission::Write, &Permission::Write]);
    assert_eq!(facts.last_push.known().unwrap().actor.as_ref().unwrap().login.as_str(), "kim-example");
    let members = facts.members.values().next().unwrap().known().unwrap();
    assert_eq!(members.iter().map(|it| it.login.as_str()).collect::<Vec<_>>(), ["alex-example"]);
    let seen = facts.protection.known().unwrap();
    assert_eq!(seen.unseen, []);
    for rule in [
        Rule::ChangeRequest,
        Rule::Approvals(2),
        Rule::DismissStale,
        Rule::CodeOwners,
        Rule::LastPushApproval,
        Rule::ConversationResolution,
        Rule::Pipeline,
        Rule::UpToDate,
        Rule::NoForcePush,
        Rule::NoDeletion,
        Rule::LinearHistory,
    ] {
        assert_eq!(bypass(seen, &rule), [], "{rule:?}");
    }
    let checks = facts.checks.known().unwrap();
    let of = |check: &Check| matches!(&check.producer, Producer::Pipeline { source, config, .. } if source == "merge_request_event" && config == ".gitlab-ci.yml");
    assert!(checks.len() == 2 && checks.iter().all(of), "{checks:?}");
}

#[test]
fn the_most_permissive_of_the_matching_rules_opens_the_branch() {
    let wide = ProtectedRule { push: vec![Pusher::Level(30)], force: true, ..ProtectedRule::strict("*") };
    let mut world = honest();
    world.protected.push(ProtectedRule { inherited: true, ..wide.clone() });
    let seen = protection(world);
    let developers = [(ActorKind::RepositoryRole, "30".to_string())];
    assert_eq!(bypass(&seen, &Rule::ChangeRequest), developers);
    assert_eq!(bypass(&seen, &Rule::Approvals(2)), developers, "who pushes directly needs no approval");
    assert_eq!(requirement(&seen, &Rule::NoForcePush), None);
    assert!(requirement(&seen, &Rule::ChangeRequest).unwrap().source.contains("group rule \"*\""));
    let mut elsewhere = honest();
    elsewhere.protected.push(ProtectedRule { name: "release/*".into(), ..wide });
    assert_eq!(
        bypass(&protection(elsewhere), &Rule::ChangeRequest),
        [],
        "the twin: a rule of other branches"
    );
}

#[test]
fn the_token_of_a_job_sees_nothing_of_approvals_and_says_so() {
    let mut world = honest();
    world.world.token = Some("glpat-secret".to_string());
    let server = Server::start(world);
    let facts = ask_host(&host_with(&server, Some("glcbt-1"), "CI_JOB_TOKEN"));
    assert!(facts.request.value().is_some() && facts.branch.value().is_some());
    assert!(facts.base_changed.value().is_some(), "it may read notes");
    let gaps = [
        facts.reviews.known().unwrap_err(),
        facts.checks.known().unwrap_err(),
        facts.last_push.known().unwrap_err(),
        facts.protection.known().unwrap().unseen.first().unwrap().clone(),
    ];
    for gap in gaps {
        assert_eq!(gap.reason, GapReason::NotVisible, "{gap:?}");
        assert!(gap.detail.contains("401") && gap.remedy.contains("CI_JOB_TOKEN"), "{gap:?}");
    }
    assert!(server.seen().iter().all(|seen| seen.header("job-token") == Some("glcbt-1")));
    let facts = ask_host(&host(&server));
    assert!(facts.reviews.value().is_some(), "the twin: a project access token");
    let private = |seen: &portcullis_testkit::server::Seen| seen.header("private-token").is_some();
    assert!(server.seen().iter().any(private));
}

#[test]
fn an_approval_that_outlives_a_push_is_of_the_commit_that_it_was_given_on() {
    let mut world = honest();
    let late = portcullis_testkit::world::Activity {
        after: revision('d'),
        at: minutes(60),
        ..world.world.activity[0].clone()
    };
    world.world.activity.push(late);
    world.world.request.head = revision('d');
    let facts = ask(world);
    for review in facts.reviews.known().unwrap() {
        assert!(
            matches!(&review.reviewed, ReviewedContent::Derived { commit, .. } if *commit == revision('a'))
        );
    }
}

#[test]
fn rules_that_the_request_changed_are_those_that_hold() {
    let mut world = honest();
    world.licensed.as_mut().unwrap().changed = Some(vec![("All Members".into(), 1)]);
    let seen = protection(world);
    assert_eq!(requirement(&seen, &Rule::Approvals(2)), None);
    let found = requirement(&seen, &Rule::Approvals(1)).unwrap();
    assert!(found.source.contains("of the request itself"), "{}", found.source);
    let mut open = honest();
    open.licensed.as_mut().unwrap().settings["disable_overriding_approvers_per_merge_request"] = json!(false);
    let writers = [(ActorKind::Writers, String::new())];
    assert_eq!(bypass(&protection(open), &Rule::Approvals(2)), writers, "where requests may change theirs");
    assert_eq!(bypass(&protection(honest()), &Rule::Approvals(2)), [], "the twin");
}

#[test]
fn what_defines_the_pipeline_is_told_wherever_it_is() {
    let config = |world: GitLabWorld| -> Vec<Option<String>> {
        let of = |check: &Check| match &check.producer {
            Producer::Pipeline { config, .. } => Some(config.clone()),
            _ => None,
        };
        ask(world).checks.known().unwrap().iter().map(of).collect()
    };
    for (value, expected) in [
        (json!(""), Some(".gitlab-ci.yml")),
        (json!("build/ci.yml"), Some("build/ci.yml")),
        (json!("gate.yml@group/gate"), Some("gate.yml@group/gate")),
    ] {
        let expected = expected.map(str::to_string);
        assert_eq!(config(honest().set("ci_config_path", value)), [expected.clone(), expected]);
    }
    assert_eq!(config(honest().set("ci_config_path", Value::Null)), [None, None], "hidden: nobody is named");
}

#[test]
fn a_refusal_of_the_plan_of_the_token_and_of_a_switch_are_told_apart() {
    let refuse = |world: GitLabWorld| {
        let alter = AnswerFault::Refuse(403, "403 Forbidden".to_string());
        protection(world.with_fault(GitLabEndpoint::ApprovalSettings, alter))
    };
    let free = GitLabWorld { licensed: None, ..honest() };
    let seen = protection(free.clone());
    assert_eq!(seen.unseen, [], "the plan has no approvals: nothing is hidden");
    assert_eq!(requirement(&seen, &Rule::DismissStale), None);
    assert!(requirement(&seen, &Rule::ChangeRequest).is_some());
    let developer = refuse(GitLabWorld { level: 30, ..honest() });
    let gap = developer.unseen.first().unwrap();
    assert!(gap.remedy.contains("the role Maintainer"), "{gap:?}");
    let switched = refuse(honest());
    let gap = switched.unseen.first().unwrap();
    assert!(gap.detail.contains("switched off in the project"), "{gap:?}");
    let without =
        refuse(GitLabWorld { licensed: None, ..honest() }.set("merge_requests_enabled", json!(false)));
    let gap = without.unseen.first().unwrap();
    assert!(gap.detail.contains("merge requests are switched off"), "{gap:?}");
    let hidden = refuse(free.set("permissions", Value::Null));
    assert!(!hidden.unseen.is_empty(), "a token whose level is not shown");
}

#[test]
fn withdrawn_and_reset_approvals_are_remembered_by_notes() {
    let mut world = honest();
    world.world.reviews[1].state = ReviewState::Dismissed;
    let robin = person("robin-example", 12);
    world.notes.push((minutes(58), robin, "reset approvals from @noor by pushing to the branch".into()));
    world.notes.push((minutes(57), person("noor-example", 15), "approved this merge request".into()));
    let facts = ask(world);
    let states: Vec<(ReviewState, String)> = facts
        .reviews
        .known()
        .unwrap()
        .iter()
        .map(|review| (review.state, review.reviewer.as_ref().unwrap().login.to_string()))
        .collect();
    assert!(states.contains(&(ReviewState::Approved, "robin-example".into())), "{states:?}");
    assert!(states.contains(&(ReviewState::Dismissed, "alex-example".into())), "{states:?}");
    assert!(states.contains(&(ReviewState::Dismissed, "noor-example".into())), "{states:?}");
}

#[test]
fn older_servers_say_in_notes_when_an_approval_was_given() {
    let older = GitLabWorld { says_when: false, ..honest() };
    let derived = |world: GitLabWorld| {
        let facts = ask(world);
        let reviews = facts.reviews.known().unwrap().clone();
        reviews.iter().filter(|it| matches!(it.reviewed, ReviewedContent::Derived { .. })).count()
    };
    assert_eq!(derived(older.clone()), 2);
    let refused = AnswerFault::Refuse(403, "403 Forbidden".to_string());
    assert_eq!(
        derived(older.with_fault(GitLabEndpoint::Notes, refused.clone())),
        0,
        "without notes it is a gap"
    );
    let newer = honest().with_fault(GitLabEndpoint::Notes, refused);
    assert_eq!(derived(newer.clone()), 2, "the twin: a server that says when");
    assert!(ask(newer).base_changed.known().is_err());
}

#[test]
fn a_note_that_cannot_be_read_is_a_gap() {
    let with = |body: &str| {
        let mut world = honest();
        world.notes.push((minutes(30), person("kim-example", 11), body.to_string()));
        ask(world).base_changed
    };
    assert_eq!(with("changed target branch from `a` to `main`"), Fact::Known(Some(minutes(30))));
    let deleted = "deleted the `a` branch. This merge request now targets the `main` branch";
    assert_eq!(with(deleted), Fact::Known(Some(minutes(30))));
    assert_eq!(reason(&with("hat den target branch gewechselt")), Some(GapReason::Malformed));
    assert_eq!(with("changed the description"), Fact::Known(None), "the twin");
    let mut retargeted = honest();
    retargeted.world.events.push(Event { kind: "base_ref_changed".into(), at: minutes(55) });
    assert_eq!(ask(retargeted).base_changed, Fact::Known(Some(minutes(55))));
}

#[test]
fn a_posted_status_is_never_a_job_however_it_looks() {
    let mut world = honest();
    let kim = person("kim-example", 11);
    for check in &mut world.world.checks {
        check.producer = Producer::Account(Some(kim.clone()));
    }
    let facts = ask(world);
    let producers: Vec<Producer> =
        facts.checks.known().unwrap().iter().map(|check| check.producer.clone()).collect();
    assert!(producers.iter().all(|it| *it == Producer::Account(Some(kim.clone()))), "{producers:?}");
}

#[test]
fn a_job_of_a_child_pipeline_is_no_status_that_its_starter_posted() {
    let mut world = honest();
    let project = REPOSITORY.to_string();
    let child =
        Producer::Pipeline { project, source: "parent_pipeline".into(), config: ".gitlab-ci.yml".into() };
    world.world.checks[0].producer = child;
    let facts = ask(world);
    let checks = facts.checks.known().unwrap();
    let unknown = checks.iter().filter(|check| check.producer == Producer::Unknown).count();
    assert_eq!((checks.len(), unknown), (2, 1), "{checks:?}");
}

#[test]
fn the_pipeline_on_a_merge_of_the_head_counts_for_the_head() {
    let merged = |parents: Vec<Revision>| {
        let mut world = honest();
        world.merges = vec![(revision('9'), parents)];
        world
    };
    let checks = ask(merged(vec![revision('b'), revision('a')])).checks.known().unwrap().clone();
    assert_eq!(checks.len(), 2, "{checks:?}");
    assert!(checks.iter().all(|check| check.head == revision('a')));
    let world = merged(vec![revision('b'), revision('a')]);
    let other = json!([revision('b'), revision('d')]);
    let lying = world.with_fault(GitLabEndpoint::Commit, AnswerFault::Set("/parent_ids".into(), other));
    assert_eq!(ask(lying).checks.known().unwrap().len(), 0, "a merge of another head");
}

#[test]
fn answers_of_services_outside_are_of_the_head_of_the_request() {
    let mut world = honest();
    world.licensed.as_mut().unwrap().external = vec![(3, "scan".into(), "passed".into())];
    let server = Server::start(world);
    let host = host(&server);
    let scans = |facts: portcullis_forge::CheckFacts| {
        let of = |check: &&Check| check.producer == Producer::Service { id: 3.into() };
        facts.checks.known().unwrap().iter().filter(of).count()
    };
    assert_eq!(scans(host.checks(&revision('a'))), 0, "of no request");
    assert!(host.request(&7.into()).change_request().value().is_some());
    assert_eq!(scans(host.checks(&revision('a'))), 1);
    assert_eq!(scans(host.checks(&revision('c'))), 0, "of another head");
}

#[test]
fn only_the_newest_of_several_pipelines_counts() {
    let mut world = honest();
    let old = world.world.checks[1].clone();
    let run = |number| portcullis_model::check::WorkflowRun {
        workflow: 1.into(),
        number,
        event: "pull_request".into(),
        attempt: 1,
    };
    world.world.checks.push(Check { id: 40.into(), conclusion: Conclusion::Failure, ..old.clone() });
    world.world.workflow_runs = [(40.into(), run(1)), (41.into(), run(2)), (42.into(), run(2))].into();
    let checks = ask(world).checks.known().unwrap().clone();
    assert!(checks.iter().all(|check| check.conclusion == Conclusion::Success), "{checks:?}");
}

#[test]
fn who_may_what_follows_levels_states_and_visibility() {
    let robin = |alter: AnswerFault| {
        let facts = ask(honest().with_fault(GitLabEndpoint::Members, alter));
        facts.permissions.iter().next_back().unwrap().1.clone()
    };
    let level = |level: u64| robin(AnswerFault::Set("/0/access_level".into(), json!(level)));
    for (number, permission) in [
        (50, Permission::Admin),
        (40, Permission::Admin),
        (30, Permission::Write),
        (20, Permission::Read),
        (15, Permission::Read),
        (5, Permission::None),
    ] {
        assert_eq!(level(number), Fact::Known(permission), "{number}");
    }
    let expired = robin(AnswerFault::Set("/0/expires_at".into(), json!("2020-01-01")));
    assert_eq!(expired, Fact::Known(Permission::None));
    assert_eq!(robin(AnswerFault::Drop("/0".into())), Fact::Known(Permission::None), "not a member");
    let renamed = robin(AnswerFault::Set("/0/username".into(), json!("mallory")));
    assert_eq!(reason(&renamed), Some(GapReason::Contradiction));
    let shared = GitLabWorld { level: 30, ..honest() }.set("shared_with_groups", json!([{ "group_id": 1 }]));
    let facts = ask(shared.with_fault(GitLabEndpoint::Members, AnswerFault::Drop("/0".into())));
    let unseen = facts.permissions.values().filter(|it| it.value().is_none()).count();
    assert_eq!(unseen, 1, "members of an invited group may be hidden");
}

#[test]
fn bots_are_told_from_people() {
    let mut world = honest();
    world.world.reviews[1].reviewer.as_mut().unwrap().kind = AccountKind::Bot;
    for (account, _) in &mut world.world.permissions {
        if account.login.as_str() == "alex-example" {
            account.kind = AccountKind::Bot;
        }
    }
    let facts = ask(world);
    let kinds: Vec<AccountKind> =
        facts.reviews.known().unwrap().iter().map(|it| it.reviewer.as_ref().unwrap().kind).collect();
    assert_eq!(kinds, [AccountKind::Human, AccountKind::Bot]);
    let hidden = honest().with_fault(GitLabEndpoint::User, AnswerFault::Refuse(403, "403 Forbidden".into()));
    let facts = ask(hidden);
    assert!(facts.permissions.values().all(|it| it.value().is_none()), "a kind that is not known is a gap");
}

#[test]
fn groups_accounts_and_roles_are_members_of_themselves() {
    let server = Server::start(honest());
    let host = host(&server);
    let logins = |name: &str| -> Vec<String> {
        let members = host.members(&team(name));
        members.known().unwrap().iter().map(|account| account.login.to_string()).collect()
    };
    assert_eq!(logins("example-org/data-protection"), ["alex-example"]);
    assert_eq!(logins("robin-example"), ["robin-example"]);
    assert_eq!(logins("@@developers"), ["alex-example", "robin-example"]);
    assert_eq!(logins("@@owner"), [""; 0]);
    assert!(host.members(&team("example-org/hidden")).known().is_err());
    assert!(host.members(&team("../x")).known().is_err());
}

#[test]
fn the_branch_of_a_fork_is_asked_of_the_fork() {
    let mut world = honest();
    world.world.request.head_repository = Some("kim/data-upload".into());
    let server = Server::start(world);
    let facts = ask_host(&host(&server));
    assert_eq!(facts.request.known().unwrap().head_repository.as_deref(), Some("kim/data-upload"));
    assert!(facts.last_push.value().is_some());
    assert!(server.count(&format!("projects/{FORK}/events")) > 0);
    let mut gone = honest();
    gone.world.request.head_repository = None;
    assert_eq!(reason(&ask(gone).last_push), Some(GapReason::NotVisible));
}

#[test]
fn a_push_of_many_branches_after_the_head_hides_who_pushed_last() {
    let mut world = honest();
    world.bulk_pushes.push(minutes(20));
    assert_eq!(reason(&ask(world.clone()).last_push), Some(GapReason::NotVisible));
    world.bulk_pushes = vec![minutes(3)];
    assert!(ask(world).last_push.value().is_some(), "the twin: before the push of the head");
}

#[test]
fn a_list_that_is_cut_or_moves_is_a_gap() {
    for alter in [AnswerFault::StopAfter(1), AnswerFault::SkipPage(2)] {
        let mut world = honest().with_fault(GitLabEndpoint::Notes, alter);
        world.world.page_size = 1;
        assert_eq!(reason(&ask(world).base_changed), Some(GapReason::Truncated));
    }
    let mut whole = honest();
    whole.world.page_size = 1;
    let facts = ask(whole);
    assert!(facts.base_changed.value().is_some() && facts.checks.value().is_some(), "the twin: small pages");
}

#[test]
fn a_token_that_the_host_does_not_know_is_replaced() {
    let mut world = honest();
    world.world.token = Some("glpat-secret".to_string());
    let server = Server::start(world);
    let gap = ask_host(&host_with(&server, Some("glpat-old"), "GITLAB_TOKEN")).request.known().unwrap_err();
    assert!(gap.remedy.contains("GITLAB_TOKEN has expired"), "{gap:?}");
    let gap = ask_host(&host_with(&server, None, "GITLAB_TOKEN")).request.known().unwrap_err();
    assert!(gap.remedy.starts_with("No token was sent: set GITLAB_TOKEN"), "{gap:?}");
    assert!(ask_host(&host(&server)).request.value().is_some(), "the twin");
}

/// Each advice is followed on a project in which nothing is switched on.
#[test]
fn the_settings_that_are_advised_impose_their_rules() {
    type Follow = fn(&mut GitLabWorld);
    fn switch(world: &mut GitLabWorld, field: &str, value: Value) {
        world.project.insert(field.to_string(), value);
    }
    fn approval(world: &mut GitLabWorld, field: &str) {
        world.licensed.as_mut().unwrap().settings[field] = json!(true);
    }
    let lax = || {
        let mut world = honest();
        let rule = ProtectedRule::strict("main");
        world.protected =
            vec![ProtectedRule { push: vec![Pusher::Level(30)], force: true, owners: false, ..rule }];
        let licensed = world.licensed.as_mut().unwrap();
        licensed.rules.clear();
        licensed.settings["reset_approvals_on_push"] = json!(false);
        licensed.settings["merge_requests_disable_committers_approval"] = json!(false);
        switch(&mut world, "only_allow_merge_if_pipeline_succeeds", json!(false));
        switch(&mut world, "only_allow_merge_if_all_discussions_are_resolved", json!(false));
        switch(&mut world, "merge_method", json!("merge"));
        world
    };
    let service = Rule::ServiceCheck { name: "scan".into(), service: 3.into() };
    let followed: [(Rule, Follow); 11] = [
        (Rule::ChangeRequest, |world| world.protected[0].push = vec![Pusher::Level(0)]),
        (Rule::Approvals(2), |world| {
            world.licensed.as_mut().unwrap().rules = vec![("All Members".into(), 2)];
        }),
        (Rule::DismissStale, |world| approval(world, "reset_approvals_on_push")),
        (Rule::CodeOwners, |world| world.protected[0].owners = true),
        (Rule::LastPushApproval, |world| approval(world, "merge_requests_disable_committers_approval")),
        (Rule::ConversationResolution, |world| {
            switch(world, "only_allow_merge_if_all_discussions_are_resolved", json!(true));
        }),
        (Rule::Pipeline, |world| switch(world, "only_allow_merge_if_pipeline_succeeds", json!(true))),
        (service, |world| {
            world.licensed.as_mut().unwrap().external = vec![(3, "scan".into(), "passed".into())];
        }),
        (Rule::UpToDate, |world| switch(world, "merge_method", json!("rebase_merge"))),
        (Rule::NoForcePush, |world| world.protected[0].force = false),
        (Rule::SignedCommits, |world| {
            world.licensed.as_mut().unwrap().push_rule = json!({ "id": 1, "reject_unsigned_commits": true });
        }),
    ];
    let advice = &(portcullis_forge::gitlab::KIND.conventions)().advice;
    for (rule, follow) in followed {
        let before = protection(lax());
        let is_open = requirement(&before, &rule).is_none_or(|it| it.bypass != Fact::Known(Vec::new()));
        assert!(is_open, "{rule:?}");
        let mut world = lax();
        follow(&mut world);
        world.protected[0].push = vec![Pusher::Level(0)];
        assert_eq!(bypass(&protection(world), &rule), [], "{rule:?}");
        assert!(advice.for_rule(&rule, "main").is_some(), "{rule:?}");
    }
}

#[test]
fn a_train_gives_its_requests_in_order() {
    let mut world = honest();
    world.train = vec![(5, Some(revision('5'))), (7, Some(revision('7'))), (9, None)];
    let server = Server::start(world);
    let host = host(&server);
    let (branch, base) = (BranchName::new("main"), revision('b'));
    let ask = |head: char, request: u64| {
        let (head, request) = (revision(head), request.into());
        host.batch(&BatchQuestion { branch: &branch, base: &base, head: &head, request: Some(&request) })
    };
    let batch = ask('7', 7).known().unwrap().clone();
    let requests: Vec<String> = batch.entries.iter().map(|entry| entry.request.to_string()).collect();
    assert_eq!(requests, ["5", "7"]);
    assert_eq!(reason(&ask('7', 5)), Some(GapReason::Contradiction), "another request ends there");
    assert!(ask('8', 7).known().is_err(), "no request ends there, and one has no pipeline yet");
    let free = Server::start(GitLabWorld { licensed: None, ..honest() });
    let host = host_with(&free, Some("t"), "GITLAB_TOKEN");
    let question = BatchQuestion { branch: &branch, base: &base, head: &base, request: None };
    assert_eq!(reason(&host.batch(&question)), Some(GapReason::NotVisible));
}

#[test]
fn what_is_deployed_is_the_newest_success_until_it_is_stopped() {
    let server = Server::start(honest());
    let deployed = host(&server).deployed("production").known().unwrap().clone().unwrap();
    assert_eq!(deployed.revision, revision('b'));
    assert_eq!(host(&server).deployed("staging"), Fact::Known(None));
    server.change(|world| {
        let states = &mut world.world.deployments[0].states;
        states.push(("inactive".to_string(), minutes(9)));
    });
    assert_eq!(host(&server).deployed("production"), Fact::Known(None));
    let cut =
        honest().with_fault(GitLabEndpoint::Deployments, AnswerFault::Refuse(403, "403 Forbidden".into()));
    assert!(host(&Server::start(cut)).deployed("production").known().is_err());
}

#[test]
fn no_more_than_25_requests_are_needed_for_a_decision() {
    let mut world = honest();
    let noor = person("noor-example", 15);
    world.world.reviews.push(portcullis_model::review::Review {
        id: 33.into(),
        position: 3,
        reviewer: Some(noor.clone()),
        submitted: Some(minutes(52)),
        ..world.world.reviews[0].clone()
    });
    world.world.permissions.push((noor.clone(), Permission::Write));
    world.world.teams.insert(team("example-org/other"), vec![noor]);
    let server = Server::start(world);
    let host = host(&server);
    let on_request = host.request(&7.into());
    let request = on_request.change_request();
    let branch = host.branch(&BranchName::new("main"));
    let by = |number: u32| {
        let author = Mailbox { name: "Kim".into(), email: format!("kim-{}@example.test", number % 7) };
        Commit { author: author.clone(), committer: author, ..commit(revision('a')) }
    };
    let commits: Vec<Commit> = (0..100).map(by).collect();
    let head = revision('a');
    let owner_teams = [team("example-org/other")].into();
    let question =
        Question { request, branch, head: &head, commits: &commits, before_updates: &[], owner_teams };
    let facts = ask_facts(&host, Some(on_request.as_ref()), &everything(), question);
    assert_eq!((facts.permissions.len(), facts.members.len()), (3, 2));
    let asked: Vec<String> = server.seen().iter().map(|seen| seen.path.clone()).collect();
    assert!(asked.len() <= 25, "{}: {asked:#?}", asked.len());
}

/// A job of GitLab CI that judges the scene's request: environment and command, nothing else.
fn job<S: Site>(scene: &Scene, server: &Server<S>, set: &[(&str, &str)]) -> Verdict {
    Verdict::of(&job_command(&scene.stage, server, set).output().unwrap())
}

fn job_command<S: Site>(stage: &Stage, server: &Server<S>, set: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env_clear().current_dir(stage.directory()).args(["check", "--format", "json"]);
    let head = stage.head().to_string();
    for (name, value) in [
        ("CI", "true"),
        ("GITLAB_CI", "true"),
        ("GITLAB_TOKEN", "glpat-secret"),
        ("CI_API_V4_URL", &server.address()),
        ("CI_PIPELINE_SOURCE", "merge_request_event"),
        ("CI_PROJECT_PATH", REPOSITORY),
        ("CI_MERGE_REQUEST_IID", "7"),
        ("CI_MERGE_REQUEST_PROJECT_PATH", REPOSITORY),
        ("CI_MERGE_REQUEST_PROJECT_ID", "100"),
        ("CI_MERGE_REQUEST_EVENT_TYPE", "detached"),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
        ("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", ""),
        ("CI_COMMIT_SHA", head.as_str()),
    ] {
        command.env(name, value);
    }
    command.envs(set.iter().copied());
    command
}

/// What the job of a merge train says that holds these requests.
fn judge_train(batch: &Batch, unreviewed: Option<usize>) -> Verdict {
    let entries = batch.host.worlds[0].queue.clone().unwrap();
    let mut worlds: Vec<GitLabWorld> =
        batch.host.worlds.iter().map(|world| GitLabWorld::honest(world.clone())).collect();
    for host in &mut worlds {
        host.addresses = vec![("kim@example.test".into(), person("kim-example", 11))];
    }
    worlds[0].train = entries.iter().map(|entry| (entry.request, entry.commit.clone())).collect();
    if let Some(at) = unreviewed {
        worlds[at].world.reviews.clear();
    }
    let server = Server::start(GitLabForge::of(worlds));
    let repository = git2::Repository::open(batch.stage.directory()).unwrap();
    repository.set_head_detached(batch.tip).unwrap();
    let (tip, last) = (batch.tip.to_string(), entries.last().unwrap().request.to_string());
    let set = [
        ("CI_MERGE_REQUEST_EVENT_TYPE", "merge_train"),
        ("CI_COMMIT_SHA", tip.as_str()),
        ("CI_MERGE_REQUEST_IID", last.as_str()),
    ];
    let policy = TempDir::new().unwrap();
    let file = policy.path().join("portcullis.toml");
    std::fs::write(&file, find_host("gitlab").unwrap().policy()).unwrap();
    let mut command = job_command(&batch.stage, &server, &set);
    Verdict::of(&command.arg("--policy").arg(&file).output().unwrap())
}

#[test]
fn a_merge_train_is_judged_with_all_requests_ahead() {
    let batch = Batch::built(3, Method::Merge);
    let verdict = judge_train(&batch, None);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    assert_eq!(verdict.json["judged"]["requests"], json!([7, 8, 9]), "{}", verdict.text);
    assert_eq!(verdict.json["judged"]["head"], json!(batch.tip.to_string()));
}

#[test]
fn one_request_without_review_stops_the_train() {
    for at in [0, 1, 2] {
        let verdict = judge_train(&Batch::built(3, Method::Merge), Some(at));
        verdict.expect(1, "required-reviews", "0 of");
    }
}

fn scene() -> Scene {
    Scene::honest(find_host("gitlab").unwrap()).unwrap()
}

fn checkout(scene: &Scene, id: git2::Oid) {
    let repository = git2::Repository::open(scene.stage.directory()).unwrap();
    repository.set_head_detached(id).unwrap();
}

#[test]
fn a_job_needs_no_argument() {
    let scene = scene();
    checkout(&scene, scene.stage.head());
    let server = Server::start(show_scene(&scene));
    let verdict = job(&scene, &server, &[]);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    assert_eq!(verdict.json["judged"]["request"], json!(7), "{}", verdict.text);
}

#[test]
fn a_pipeline_on_a_merge_gives_the_verdict_of_the_head() {
    let mut scene = scene();
    let (base, head) = (scene.stage.base, scene.stage.head());
    let merge = scene.stage.history.commit(KIM, &[base, head], "Merge", &[]).unwrap();
    checkout(&scene, merge);
    let server = Server::start(show_scene(&scene));
    let (merge, head) = (merge.to_string(), head.to_string());
    let set = [
        ("CI_MERGE_REQUEST_EVENT_TYPE", "merged_result"),
        ("CI_COMMIT_SHA", merge.as_str()),
        ("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", head.as_str()),
    ];
    let verdict = job(&scene, &server, &set);
    assert_eq!(verdict.json["judged"]["head"], json!(head), "{}", verdict.text);
    let base = scene.stage.base.to_string();
    let lie = [set[0], set[1], ("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", base.as_str())];
    let server = Server::start(show_scene(&scene));
    let verdict = job(&scene, &server, &lie);
    assert_ne!(verdict.exit, 0, "{}", verdict.text);
}

#[test]
fn variables_that_name_another_request_give_no_verdict() {
    let mut scene = scene();
    let head = scene.stage.head();
    let elsewhere = scene.stage.history.commit(KIM, &[scene.stage.base], "Evil", &[]).unwrap();
    checkout(&scene, elsewhere);
    let server = Server::start(show_scene(&scene));
    let set = [("CI_COMMIT_SHA", &*head.to_string())];
    let verdict = job(&scene, &server, &set);
    assert_eq!(verdict.exit, 3, "{}", verdict.text);
    assert!(verdict.text.contains("this clone is at"), "{}", verdict.text);
    checkout(&scene, head);
    assert_eq!(job(&scene, &server, &set).exit, 0, "the twin: the clone that the runner made");
    assert!(commit_of(head).is_ok());
}

#[test]
fn a_pipeline_of_no_request_judges_only_a_request_that_ends_there() {
    let scene = scene();
    checkout(&scene, scene.stage.head());
    for source in ["push", "schedule", "web"] {
        let server = Server::start(show_scene(&scene));
        let set = [("CI_PIPELINE_SOURCE", source), ("CI_MERGE_REQUEST_IID", "")];
        let verdict = job(&scene, &server, &set);
        assert_eq!(verdict.exit, 3, "{source}: {}", verdict.text);
        assert!(verdict.text.contains("is of no request"), "{source}: {}", verdict.text);
    }
}

//! Gitea and Forgejo as hosts: what they say, what they hide, and the traps in between.
//!
//! One rule runs through all of it: what was not seen whole is a gap, and never "there is none".

use portcullis_forge::http::RetryPolicy;
use portcullis_forge::{Connection, Question, ask_facts, open};
use portcullis_model::change::{BranchName, Commit, ObjectName, Revision};
use portcullis_model::check::{Check, Conclusion, Producer};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::facts::HostFacts;
use portcullis_model::inquiry::{Inquiry, Topic};
use portcullis_model::person::{Account, Mailbox, TeamName};
use portcullis_model::protection::{ActorKind, Bypass, BypassMode, Protection, Rule};
use portcullis_model::review::{Permission, Review, ReviewState, ReviewedContent};
use portcullis_testkit::answer_faults::AnswerFault;
use portcullis_testkit::gitea::{GiteaEndpoint, GiteaHost, GiteaPush, GiteaRule, Software};
use portcullis_testkit::scene::InMemory;
use portcullis_testkit::world::{Activity, Event, World, minutes, person};
use serde_json::json;
use std::time::Duration;

const REPOSITORY: &str = "example-org/data-upload";

fn revision(digit: char) -> Revision {
    Revision::try_from(digit.to_string().repeat(40)).unwrap()
}

/// Base `b`, and three commits `d`, `c` and `a`, the last of which is the head.
fn world() -> World {
    World::honest(revision('b'), revision('a'), &[revision('d'), revision('c'), revision('a')])
}

fn gitea() -> GiteaHost {
    GiteaHost::new(Software::Gitea, world())
}

fn forgejo() -> GiteaHost {
    GiteaHost::new(Software::Forgejo, world())
}

fn commit(id: char, parent: char) -> Commit {
    let somebody = Mailbox { name: "Kim Example".into(), email: "kim@example.test".into() };
    Commit {
        id: revision(id),
        tree: ObjectName::try_from("e".repeat(40)).unwrap(),
        parents: vec![revision(parent)],
        author: somebody.clone(),
        committer: somebody,
        co_authors: Vec::new(),
        subject: "Load records in batches".into(),
    }
}

fn commits() -> Vec<Commit> {
    vec![commit('d', 'b'), commit('c', 'd'), commit('a', 'c')]
}

fn everything() -> Inquiry {
    let topics = [Topic::Reviews, Topic::Pushes, Topic::CodeOwners, Topic::Protection, Topic::Checks];
    let team = TeamName::of_host("example-org/data-protection");
    Inquiry { topics: topics.into(), teams: [team].into(), ..Inquiry::default() }
}

fn way(host: GiteaHost) -> Connection {
    let host = InMemory::new(Box::new(host));
    let retry = RetryPolicy { attempts: 2, longest_wait: Duration::from_secs(2), ..RetryPolicy::default() };
    Connection { retry, ..Connection::to(host.address(), Box::new(host)) }
}

fn kind_of(host: &GiteaHost) -> &'static str {
    match host.software {
        Software::Gitea => "gitea",
        Software::Forgejo => "forgejo",
    }
}

fn facts_as(kind: &str, host: GiteaHost, updates: &[Revision]) -> HostFacts {
    let forge = open(kind, REPOSITORY, way(host)).unwrap();
    let on_request = forge.request(&7.into());
    let question = Question {
        request: on_request.change_request(),
        branch: forge.branch(&BranchName::new("main")),
        head: &revision('a'),
        commits: &commits(),
        before_updates: updates,
        owner_teams: [].into(),
    };
    ask_facts(&*forge, Some(&*on_request), &everything(), question)
}

fn facts(host: GiteaHost) -> HostFacts {
    facts_as(kind_of(&host), host, &[])
}

fn gap<T: std::fmt::Debug>(fact: &Fact<T>) -> &Gap {
    match fact {
        Fact::Gap(gap) => gap,
        Fact::Known(value) => panic!("it is known: {value:?}"),
    }
}

fn known<T>(fact: &Fact<T>) -> &T {
    match fact {
        Fact::Known(value) => value,
        Fact::Gap(gap) => panic!("{gap}: {}", gap.remedy),
    }
}

fn bypass_of<'p>(protection: &'p Protection, rule: &Rule) -> &'p Fact<Vec<Bypass>> {
    let found = protection.requirements.iter().find(|requirement| requirement.rule == *rule);
    &found.unwrap_or_else(|| panic!("no {rule:?}: {protection:?}")).bypass
}

fn requires(protection: &Protection, rule: &Rule) -> bool {
    protection.requirements.iter().any(|requirement| requirement.rule == *rule)
}

#[test]
fn an_honest_request_is_known_whole_on_both() {
    for host in [gitea(), forgejo()] {
        let facts = facts(host);
        let request = known(&facts.request);
        assert_eq!((request.head.clone(), request.open, request.merged), (revision('a'), true, None));
        assert_eq!(request.head_branch, Some(BranchName::new("batches")));
        let states: Vec<_> =
            known(&facts.reviews).iter().map(|review| (review.state, review.submitted)).collect();
        let approved = ReviewState::Approved;
        assert_eq!(states, [(approved, Some(minutes(40))), (approved, Some(minutes(50)))]);
        assert!(
            known(&facts.reviews)
                .iter()
                .all(|review| review.reviewed == ReviewedContent::Stated(revision('a')))
        );
        assert!(facts.permissions.values().all(|one| one.value() == Some(&Permission::Write)));
        assert_eq!(known(&facts.attribution).len(), 3);
        assert_eq!(known(&facts.last_push).actor.as_ref().map(|by| by.login.as_str()), Some("kim-example"));
        assert_eq!(known(&facts.moves).len(), 1);
        assert_eq!(known(&facts.checks).len(), 2);
        assert!(facts.members.values().all(|members| known(members).len() == 1));
        let protection = known(&facts.protection);
        assert!(protection.unseen.is_empty());
        for rule in
            [Rule::ChangeRequest, Rule::Approvals(2), Rule::DismissStale, Rule::NoForcePush, Rule::NoDeletion]
        {
            assert_eq!(known(bypass_of(protection, &rule)), &[], "{rule:?}");
        }
        assert_eq!(facts.domains, ["api.host.example.test"]);
    }
}

#[test]
fn each_topic_is_a_gap_for_each_refusal_and_for_no_answer_at_all() {
    for host in [gitea, forgejo] {
        for endpoint in GiteaEndpoint::ALL {
            for alter in [
                AnswerFault::Refuse(401, "invalid username, password or token".into()),
                AnswerFault::Refuse(
                    403,
                    "token does not have at least one of required scope(s): [read:repository]".into(),
                ),
                AnswerFault::Refuse(404, "The target couldn't be found.".into()),
                AnswerFault::Refuse(429, "Too Many Requests".into()),
                AnswerFault::Refuse(500, String::new()),
                AnswerFault::Text("<html>Sign in</html>".into()),
                AnswerFault::Text("{\"message\":\"Not Found\"}".into()),
                AnswerFault::Text(String::new()),
            ] {
                let facts = facts(host().with_fault(endpoint, alter.clone()));
                let seen = format!("{endpoint:?} {alter:?}");
                let is_gap = match endpoint {
                    GiteaEndpoint::Request => facts.request.value().is_none(),
                    GiteaEndpoint::Branch => facts.branch.value().is_none(),
                    GiteaEndpoint::Rules => !known(&facts.protection).unseen.is_empty(),
                    GiteaEndpoint::Reviews => facts.reviews.value().is_none(),
                    GiteaEndpoint::Timeline => {
                        let all = [facts.reviews.value().is_none(), facts.base_changed.value().is_none()];
                        all == [true, true]
                            && facts.moves.value().is_none()
                            && facts.last_push.value().is_none()
                    }
                    GiteaEndpoint::RequestCommits => facts.attribution.value().is_none(),
                    GiteaEndpoint::Permission => facts.permissions.values().all(|one| one.value().is_none()),
                    GiteaEndpoint::Teams | GiteaEndpoint::Members => {
                        facts.members.values().all(|one| one.value().is_none())
                    }
                    GiteaEndpoint::Statuses => facts.checks.value().is_none(),
                    other => panic!("{other:?} is not asked"),
                };
                assert!(is_gap, "{seen}");
            }
        }
    }
}

#[test]
fn a_refusal_names_the_scope_or_the_right_that_the_token_lacks() {
    let scope =
        "token does not have at least one of required scope(s), required=[read:issue], token scope=read:user";
    let seen = facts(gitea().with_fault(GiteaEndpoint::Timeline, AnswerFault::Refuse(403, scope.into())));
    assert_eq!(gap(&seen.base_changed).remedy, "Give the token the scope `read:issue`.");
    let with_token = |host: GiteaHost| {
        let connection = Connection { token: Some("secret".into()), ..way(host) };
        let forge = open("gitea", REPOSITORY, connection).unwrap();
        let on_request = forge.request(&7.into());
        let question = Question {
            request: on_request.change_request(),
            branch: forge.branch(&BranchName::new("main")),
            head: &revision('a'),
            commits: &commits(),
            before_updates: &[],
            owner_teams: [].into(),
        };
        ask_facts(&*forge, Some(&*on_request), &everything(), question)
    };
    let mut host = gitea();
    host.is_administrator = false;
    let seen = with_token(host);
    let remedies: Vec<&str> = seen.permissions.values().map(|one| gap(one).remedy.as_str()).collect();
    assert!(remedies.iter().all(|remedy| remedy.contains("administers the repository")), "{remedies:?}");
    let unseen = &known(&seen.protection).unseen;
    assert!(unseen[0].remedy.contains("administers the repository"), "{unseen:?}");
    let seen = with_token(gitea().with_fault(GiteaEndpoint::Teams, AnswerFault::Refuse(404, String::new())));
    assert!(seen.members.values().all(|one| gap(one).remedy.contains("read:organization")));
}

mod lists {
    use super::*;

    fn many_reviews(count: u64) -> GiteaHost {
        let mut host = gitea();
        let one = host.world.reviews[0].clone();
        let review = |id: u64| Review { id: id.into(), state: ReviewState::Commented, ..one.clone() };
        host.world.reviews = (31..31 + count).map(review).collect();
        host
    }

    #[test]
    fn a_list_is_read_to_its_end_whatever_the_server_calls_a_page() {
        for longest_page in [1, 7, 50, 1000] {
            for counts in [true, false] {
                let host = GiteaHost { longest_page, counts, ..many_reviews(23) };
                assert_eq!(known(&facts(host).reviews).len(), 23, "{longest_page} {counts}");
            }
        }
    }

    #[test]
    fn reviews_that_are_counted_and_not_shown_hide_none_behind_them() {
        for hidden_reviews in [1, 2, 3, 9] {
            let host = GiteaHost { hidden_reviews, longest_page: 2, ..many_reviews(5) };
            assert_eq!(known(&facts(host).reviews).len(), 5, "{hidden_reviews}");
        }
    }

    #[test]
    fn a_page_that_is_missing_or_moved_is_a_gap() {
        let paged = |endpoint, alter| {
            let mut host = gitea().with_fault(endpoint, alter);
            host.longest_page = 1;
            facts(host)
        };
        for alter in [AnswerFault::StopAfter(1), AnswerFault::SkipPage(2)] {
            let seen = paged(GiteaEndpoint::Statuses, alter.clone());
            assert_eq!(gap(&seen.checks).reason, GapReason::Truncated, "{alter:?}");
            let seen = paged(GiteaEndpoint::RequestCommits, alter.clone());
            assert_eq!(gap(&seen.attribution).reason, GapReason::Truncated, "{alter:?}");
        }
        let twice = AnswerFault::Set("/1/id".into(), json!(42));
        let seen = paged(GiteaEndpoint::Statuses, twice);
        assert_eq!(gap(&seen.checks).reason, GapReason::Truncated, "an item came twice");
    }

    /// The host counts reviews that it does not show, so that one that was withheld looks like one that
    /// is pending: an objection, perhaps.
    #[test]
    fn a_review_that_the_timeline_tells_of_and_the_list_does_not_is_a_gap() {
        let mut host = gitea().with_fault(GiteaEndpoint::Reviews, AnswerFault::StopAfter(1));
        host.longest_page = 1;
        let seen = facts(host);
        assert_eq!(gap(&seen.reviews).reason, GapReason::Truncated);
        let seen = facts(gitea().with_fault(GiteaEndpoint::Reviews, AnswerFault::Text("[]".into())));
        assert_eq!(gap(&seen.reviews).reason, GapReason::Truncated);
    }

    #[test]
    fn a_timeline_that_is_cut_is_a_gap() {
        let seen = facts(gitea().with_fault(GiteaEndpoint::Timeline, AnswerFault::StopAfter(1)));
        assert_eq!(gap(&seen.moves).reason, GapReason::Truncated);
        assert_eq!(gap(&seen.base_changed).reason, GapReason::Truncated);
    }

    #[test]
    fn a_list_without_items_is_written_as_null() {
        let mut host = gitea();
        host.world.reviews.clear();
        host.pushes = Some(Vec::new());
        let seen = facts(host);
        assert_eq!(known(&seen.reviews).len(), 0);
        assert_eq!(known(&seen.base_changed), &None);
        gap(&seen.last_push);
    }
}

mod reviews {
    use super::*;

    fn alter(change: impl Fn(&mut Review)) -> GiteaHost {
        let mut host = gitea();
        change(&mut host.world.reviews[0]);
        host
    }

    /// A review that was begun before the base was changed and submitted afterwards was given on the
    /// new base; `submitted_at` says otherwise.
    #[test]
    fn submitted_at_is_when_a_review_was_begun() {
        let mut host = gitea();
        host.begun.insert(31.into(), minutes(1));
        host.world.events.push(Event { kind: "base_ref_changed".into(), at: minutes(30) });
        let seen = facts(host);
        assert_eq!(known(&seen.reviews)[0].submitted, Some(minutes(40)));
        assert_eq!(known(&seen.base_changed), &Some(minutes(30)));
    }

    /// The number of a review is that of when it was begun.
    #[test]
    fn reviews_are_in_the_order_in_which_they_were_submitted() {
        let mut host = gitea();
        let robin = host.world.reviews[0].clone();
        host.world.reviews[0].submitted = Some(minutes(60));
        host.world.reviews.push(Review { id: 40.into(), state: ReviewState::ChangesRequested, ..robin });
        let seen = facts(host);
        let order: Vec<_> = known(&seen.reviews).iter().map(|review| review.id.to_string()).collect();
        assert_eq!(order, ["40", "32", "31"]);
        assert!(known(&seen.reviews).is_sorted_by_key(|review| review.position));
    }

    #[test]
    fn a_review_that_the_timeline_does_not_know_is_a_gap() {
        let mut host = gitea();
        host.world.reviews[0].submitted = None;
        let seen = facts(host.clone());
        assert!(gap(&seen.reviews).detail.contains("review 31"), "{:?}", seen.reviews);
        let remedy = &gap(&seen.reviews).remedy;
        assert!(remedy.starts_with("Dismiss it, and have it given again"), "{remedy}");
        // As it is said: the dismissal is in the timeline, and so is the review that follows.
        let again = Review { id: 40.into(), submitted: Some(minutes(95)), ..host.world.reviews[1].clone() };
        let again = Review { reviewer: host.world.reviews[0].reviewer.clone(), ..again };
        host.world.reviews[0].state = ReviewState::Dismissed;
        host.world.reviews.push(again);
        let seen = facts(host.clone());
        let states: Vec<_> = known(&seen.reviews).iter().map(|one| (one.id.to_string(), one.state)).collect();
        let approved = ReviewState::Approved;
        assert_eq!(states[1..], [("31".into(), ReviewState::Dismissed), ("40".into(), approved)]);
        let pending = alter(|review| (review.state, review.submitted) = (ReviewState::Pending, None));
        assert_eq!(known(&facts(pending).reviews)[0].state, ReviewState::Pending);
    }

    /// A person's newer review takes the leave of the older one to count without dismissing it. Only
    /// the latest opinion is theirs, and that is for the judge: nothing is taken from `official`.
    #[test]
    fn a_cleared_official_is_no_dismissal_and_says_nothing() {
        for official in [true, false] {
            let alter = AnswerFault::Set("/0/official".into(), json!(official));
            let seen = facts(gitea().with_fault(GiteaEndpoint::Reviews, alter));
            assert_eq!(known(&seen.reviews)[0].state, ReviewState::Approved, "{official}");
        }
    }

    #[test]
    fn stale_is_not_the_commit() {
        let seen = facts(
            gitea().with_fault(GiteaEndpoint::Reviews, AnswerFault::Set("/0/stale".into(), json!(false))),
        );
        assert_eq!(known(&seen.reviews)[0].reviewed, ReviewedContent::Stated(revision('a')));
        let earlier = alter(|review| review.reviewed = ReviewedContent::Stated(revision('c')));
        let seen = facts(
            earlier.with_fault(GiteaEndpoint::Reviews, AnswerFault::Set("/0/stale".into(), json!(false))),
        );
        assert_eq!(known(&seen.reviews)[0].reviewed, ReviewedContent::Stated(revision('c')));
    }

    #[test]
    fn a_dismissal_takes_an_opinion_back_and_a_request_for_a_review_is_none() {
        let seen = facts(alter(|review| review.state = ReviewState::Dismissed));
        assert_eq!(known(&seen.reviews)[0].state, ReviewState::Dismissed);
        let asked = AnswerFault::Set("/0/state".into(), json!("REQUEST_REVIEW"));
        assert_eq!(known(&facts(gitea().with_fault(GiteaEndpoint::Reviews, asked)).reviews).len(), 1);
        let unknown = AnswerFault::Set("/0/state".into(), json!("SIGHED"));
        gap(&facts(gitea().with_fault(GiteaEndpoint::Reviews, unknown)).reviews);
    }

    #[test]
    fn an_account_that_is_gone_is_nobody() {
        let seen = facts(alter(|review| review.reviewer = None));
        assert_eq!(known(&seen.reviews)[0].reviewer, None);
        assert_eq!(seen.permissions.len(), 1, "and nobody asks what it may do");
    }

    #[test]
    fn a_review_or_entry_of_another_request_is_a_contradiction() {
        let stray = json!("https://api.host.example.test/example-org/data-upload/pulls/8");
        for (endpoint, pointer) in [
            (GiteaEndpoint::Reviews, "/0/pull_request_url"),
            (GiteaEndpoint::Timeline, "/0/pull_request_url"),
        ] {
            let seen = facts(gitea().with_fault(endpoint, AnswerFault::Set(pointer.into(), stray.clone())));
            assert_eq!(gap(&seen.reviews).reason, GapReason::Contradiction, "{endpoint:?}");
        }
    }

    #[test]
    fn a_permission_is_of_the_account_that_reviewed() {
        let seen = facts(
            gitea().with_fault(GiteaEndpoint::Permission, AnswerFault::Set("/user/id".into(), json!(99))),
        );
        assert!(seen.permissions.values().all(|one| gap(one).reason == GapReason::Contradiction));
        for (word, permission) in
            [("owner", Permission::Admin), ("admin", Permission::Admin), ("none", Permission::None)]
        {
            let alter = AnswerFault::Set("/permission".into(), json!(word));
            let seen = facts(gitea().with_fault(GiteaEndpoint::Permission, alter));
            assert!(seen.permissions.values().all(|one| *known(one) == permission), "{word}");
        }
    }
}

mod pushes {
    use super::*;

    fn kim() -> Account {
        person("kim-example", 11)
    }

    fn robin() -> Account {
        person("robin-example", 12)
    }

    fn pushed(pushes: Vec<GiteaPush>) -> HostFacts {
        facts(pushed_host(pushes))
    }

    fn pushed_host(pushes: Vec<GiteaPush>) -> GiteaHost {
        GiteaHost { pushes: Some(pushes), ..gitea() }
    }

    fn who(moves: &Fact<Vec<portcullis_model::review::Move>>) -> Vec<(String, Option<bool>)> {
        let name = |by: &Option<Account>| by.as_ref().map_or("-".to_string(), |by| by.login.to_string());
        known(moves).iter().map(|one| (name(&one.actor), one.kept.value().copied())).collect()
    }

    #[test]
    fn everybody_who_brought_a_commit_is_known() {
        let (a, c, d) = (revision('a'), revision('c'), revision('d'));
        let seen = pushed(vec![GiteaPush::of(&kim(), 10, &[&d, &c]), GiteaPush::of(&robin(), 20, &[&a])]);
        assert_eq!(
            who(&seen.moves),
            [("kim-example".into(), Some(true)), ("robin-example".into(), Some(true))]
        );
        assert_eq!(known(&seen.last_push).actor, Some(robin()));
        assert_eq!(known(&seen.moves)[1].before, Some(c));
    }

    #[test]
    fn a_push_with_a_deploy_key_is_no_ones_where_the_owner_is_an_organisation() {
        let (a, c, d) = (revision('a'), revision('c'), revision('d'));
        let pushes = |by: &Account| vec![GiteaPush::of(&kim(), 10, &[&d, &c]), GiteaPush::of(by, 20, &[&a])];
        let seen = pushed(pushes(&person("example-org", 90)));
        assert_eq!((&known(&seen.last_push).actor, &known(&seen.moves)[1].actor), (&None, &None));
        let mut own = pushed_host(pushes(&kim()));
        own.world.request.head_repository = Some("kim-example/data-upload".into());
        assert_eq!(known(&facts(own).last_push).actor, Some(kim()), "the twin: a person's own fork");
        let host = pushed_host(pushes(&person("example-org", 90)));
        let refused =
            facts(host.with_fault(GiteaEndpoint::Organisation, AnswerFault::Refuse(403, "no".into())));
        assert!(refused.last_push.value().is_none());
    }

    #[test]
    fn a_commit_that_no_push_brought_is_a_gap() {
        let (a, c, d) = (revision('a'), revision('c'), revision('d'));
        let seen = pushed(vec![GiteaPush::of(&kim(), 10, &[&d]), GiteaPush::of(&kim(), 20, &[&a])]);
        assert_eq!(gap(&seen.moves).reason, GapReason::Truncated);
        let seen = pushed(vec![GiteaPush::of(&kim(), 10, &[&d]), GiteaPush::of(&kim(), 20, &[&c, &a])]);
        assert_eq!(known(&seen.moves).len(), 2, "the twin");
    }

    #[test]
    fn an_update_by_another_person_is_not_what_the_head_brings() {
        let (a, c, d) = (revision('a'), revision('c'), revision('d'));
        let host =
            pushed_host(vec![GiteaPush::of(&kim(), 10, &[&d, &c]), GiteaPush::of(&robin(), 20, &[&a])]);
        let seen = facts_as("gitea", host, &[c]);
        assert_eq!(known(&seen.last_push).actor, Some(robin()));
        assert_eq!(known(&seen.content_push).actor, Some(kim()));
    }

    #[test]
    fn a_push_in_words_that_are_not_known_is_a_gap() {
        for body in [
            "",
            "pushed 3 commits",
            "[]",
            "{}",
            r#"{"is_force_push":false}"#,
            r#"{"is_force_push":false,"commit_ids":null}"#,
            r#"{"is_force_push":false,"commit_ids":[]}"#,
            r#"{"is_force_push":true,"commit_ids":["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]}"#,
            r#"{"is_force_push":false,"commit_ids":["main"]}"#,
        ] {
            let push = GiteaPush { actor: Some(kim()), at: minutes(10), body: body.into() };
            let seen = pushed(vec![push]);
            assert_eq!(gap(&seen.moves).reason, GapReason::Malformed, "{body}");
            assert_eq!(gap(&seen.last_push).reason, GapReason::Malformed, "{body}");
        }
    }

    #[test]
    fn the_last_push_is_of_the_head_or_is_not_known() {
        let (c, d) = (revision('c'), revision('d'));
        let seen = pushed(vec![GiteaPush::of(&kim(), 10, &[&d, &c])]);
        gap(&seen.last_push);
        gap(&seen.content_push);
    }

    #[test]
    fn a_forced_push_of_old_servers_leaves_all_earlier_ones() {
        let (a, c, d, x) = (revision('a'), revision('c'), revision('d'), revision('9'));
        let mut host =
            pushed_host(vec![GiteaPush::of(&robin(), 10, &[&x]), GiteaPush::forced(&kim(), 20, &x, &a)]);
        let seen = facts(host.clone());
        assert_eq!(
            who(&seen.moves),
            [("robin-example".into(), Some(false)), ("kim-example".into(), Some(true))]
        );
        // What a push with force took away may hold commits of the request.
        host.pushes =
            Some(vec![GiteaPush::of(&robin(), 10, &[&d, &c, &x]), GiteaPush::forced(&kim(), 20, &x, &a)]);
        assert_eq!(who(&facts(host).moves)[0], ("robin-example".into(), Some(true)));
    }

    /// Newer servers take the entries of earlier pushes away.
    #[test]
    fn a_forced_push_that_erased_the_earlier_ones_is_compared() {
        let (a, c, d, x) = (revision('a'), revision('c'), revision('d'), revision('9'));
        let erased = |comparisons| GiteaHost {
            comparisons,
            ..pushed_host(vec![
                GiteaPush::of(&kim(), 20, &[&d, &c, &a]),
                GiteaPush::forced(&kim(), 20, &x, &a),
            ])
        };
        let seen = facts(erased(Vec::new()));
        assert!(gap(&seen.moves).detail.contains("no longer tells who pushed before"), "{:?}", seen.moves);
        assert_eq!(known(&seen.last_push).actor, Some(kim()), "the last push is known all the same");
        let ends = format!("{}...{x}", revision('b'));
        let seen = facts(erased(vec![(ends.clone(), vec![d.clone(), x.clone()])]));
        gap(&seen.moves);
        let seen = facts(erased(vec![(ends, vec![revision('8'), x.clone()])]));
        assert_eq!(who(&seen.moves), [("kim-example".into(), Some(true))], "nothing of that time is left");
    }
}

mod protection {
    use super::*;

    fn protected(change: impl Fn(&mut GiteaRule)) -> Protection {
        let mut host = gitea();
        change(&mut host.rules[0]);
        known(&facts(host).protection).clone()
    }

    fn kinds(bypass: &Fact<Vec<Bypass>>) -> Vec<(ActorKind, BypassMode)> {
        known(bypass).iter().map(|actor| (actor.kind, actor.mode)).collect()
    }

    #[test]
    fn administrators_merge_with_force_unless_the_rule_binds_them() {
        for host in [gitea, forgejo] {
            let mut host = host();
            host.rules[0].binds_administrators = false;
            let seen = facts(host);
            let protection = known(&seen.protection);
            let admins = [(ActorKind::Administrators, BypassMode::ChangeRequest)];
            assert_eq!(kinds(bypass_of(protection, &Rule::Approvals(2))), admins);
            assert_eq!(kinds(bypass_of(protection, &Rule::DismissStale)), admins);
            assert_eq!(kinds(bypass_of(protection, &Rule::ChangeRequest)), [], "merging needs a request");
        }
    }

    /// The switch has another name on each of the two, and none on older servers.
    #[test]
    fn a_rule_that_does_not_say_whether_it_binds_administrators_does_not() {
        for (host, field) in
            [(gitea as fn() -> GiteaHost, "block_admin_merge_override"), (forgejo, "apply_to_admins")]
        {
            let seen =
                facts(host().with_fault(GiteaEndpoint::Rules, AnswerFault::Drop(format!("/0/{field}"))));
            let bypass = bypass_of(known(&seen.protection), &Rule::Approvals(2));
            assert_eq!(kinds(bypass), [(ActorKind::Administrators, BypassMode::ChangeRequest)], "{field}");
        }
    }

    #[test]
    fn unprotected_file_patterns_let_every_writer_push_directly() {
        let protection = protected(|rule| rule.unprotected_files = "docs/**; *.md".into());
        let writers = [(ActorKind::Writers, BypassMode::Always)];
        for rule in [Rule::ChangeRequest, Rule::Approvals(2), Rule::DismissStale] {
            assert_eq!(kinds(bypass_of(&protection, &rule)), writers, "{rule:?}");
        }
        assert_eq!(kinds(bypass_of(&protection, &Rule::NoForcePush)), [], "but not with force");
        let named = known(bypass_of(&protection, &Rule::ChangeRequest))[0].name.clone().unwrap();
        assert!(named.contains("docs/**; *.md"), "{named}");
        assert_eq!(
            kinds(bypass_of(&protected(|rule| rule.unprotected_files = " ; ".into()), &Rule::ChangeRequest)),
            []
        );
    }

    /// They forbid more, and one that is no pattern is skipped in silence: nothing is made of them.
    #[test]
    fn protected_file_patterns_that_are_skipped_in_silence_are_not_relied_on() {
        let without = protected(|_| ());
        for patterns in ["portcullis.toml", "[;{", "[", "**"] {
            assert_eq!(protected(|rule| rule.protected_files = patterns.into()), without, "{patterns}");
        }
    }

    #[test]
    fn whoever_may_push_directly_needs_no_approval_and_no_check() {
        let protection = protected(|rule| {
            (rule.push, rule.push_list, rule.push_deploy_keys) = (true, true, true);
            rule.push_users = vec!["release-bot".into()];
            rule.push_teams = vec!["release".into()];
            rule.checks = Some(vec!["gate / gate (pull_request_target)".into()]);
        });
        let actors =
            [ActorKind::User, ActorKind::Team, ActorKind::DeployKey].map(|kind| (kind, BypassMode::Always));
        let check = Rule::Check { name: "gate / gate (pull_request_target)".into(), app: None };
        for rule in [Rule::ChangeRequest, Rule::Approvals(2), check] {
            assert_eq!(kinds(bypass_of(&protection, &rule)), actors, "{rule:?}");
        }
    }

    #[test]
    fn deploy_keys_push_where_there_is_no_list() {
        let protection = protected(|rule| rule.push = true);
        assert!(!requires(&protection, &Rule::ChangeRequest), "everybody who writes may push");
        let approvals = kinds(bypass_of(&protection, &Rule::Approvals(2)));
        assert_eq!(
            approvals,
            [ActorKind::Writers, ActorKind::DeployKey].map(|kind| (kind, BypassMode::Always))
        );
        let listed =
            protected(|rule| (rule.push, rule.push_list, rule.push_users) = (true, true, vec!["x".into()]));
        assert_eq!(kinds(bypass_of(&listed, &Rule::ChangeRequest)), [(ActorKind::User, BypassMode::Always)]);
    }

    /// Administrators of the server can be on a list without being shown.
    #[test]
    fn a_list_that_shows_nobody_does_not_say_that_there_is_nobody() {
        let protection = protected(|rule| (rule.push, rule.push_list) = (true, true));
        for rule in [Rule::ChangeRequest, Rule::Approvals(2)] {
            assert_eq!(gap(bypass_of(&protection, &rule)).reason, GapReason::NotVisible, "{rule:?}");
        }
    }

    #[test]
    fn a_status_check_without_contexts_names_no_check() {
        let protection = protected(|rule| rule.checks = Some(Vec::new()));
        assert!(!protection.requirements.iter().any(|one| matches!(one.rule, Rule::Check { .. })));
    }

    #[test]
    fn no_rule_can_ask_for_the_writer_of_a_status() {
        let protection = protected(|rule| rule.checks = Some(vec!["regression".into()]));
        assert!(requires(&protection, &Rule::Check { name: "regression".into(), app: None }));
    }

    #[test]
    fn force_pushes_are_refused_unless_the_rule_allows_them() {
        let allowed = protected(|rule| (rule.push, rule.force_push) = (true, true));
        assert!(!requires(&allowed, &Rule::NoForcePush));
        let blocked = protected(|rule| (rule.push, rule.force_push) = (false, true));
        assert_eq!(kinds(bypass_of(&blocked, &Rule::NoForcePush)), [], "who may not push may not with force");
        let mut host = forgejo();
        (host.rules[0].push, host.rules[0].force_push) = (true, true);
        assert!(requires(known(&facts(host).protection), &Rule::NoForcePush), "Forgejo never allows them");
    }

    #[test]
    fn what_a_rule_does_not_say_is_a_gap() {
        for field in [
            "enable_push",
            "enable_push_whitelist",
            "push_whitelist_usernames",
            "push_whitelist_teams",
            "push_whitelist_deploy_keys",
            "enable_force_push",
            "unprotected_file_patterns",
            "required_approvals",
            "enable_status_check",
            "rule_name",
        ] {
            let seen =
                facts(gitea().with_fault(GiteaEndpoint::Rules, AnswerFault::Drop(format!("/0/{field}"))));
            assert!(!known(&seen.protection).unseen.is_empty(), "{field}");
        }
    }

    #[test]
    fn a_forgejo_that_is_called_gitea_is_told_and_the_other_way_round() {
        for (kind, host) in [("gitea", forgejo()), ("forgejo", gitea())] {
            let seen = facts_as(kind, host, &[]);
            let unseen = &known(&seen.protection).unseen;
            assert!(unseen[0].remedy.contains("--host gitea` or `--host forgejo"), "{kind}: {unseen:?}");
        }
    }

    #[test]
    fn the_rule_in_force_is_the_one_that_the_server_names() {
        let mut host = gitea();
        let open = GiteaRule { name: "**".into(), push: true, priority: 0, ..GiteaRule::open("**") };
        host.rules.insert(0, open);
        assert!(requires(known(&facts(host.clone()).protection), &Rule::ChangeRequest));
        host.rules.truncate(1);
        assert!(!requires(known(&facts(host.clone()).protection), &Rule::ChangeRequest));
        // Where it names none, the orders of old and new servers have to agree.
        let unnamed = AnswerFault::Set("/effective_branch_protection_name".into(), json!(""));
        let host = GiteaHost { rules: vec![host.rules[0].clone(), GiteaRule::strict("main")], ..host };
        let seen = facts(host.with_fault(GiteaEndpoint::Branch, unnamed));
        assert!(!known(&seen.protection).unseen.is_empty(), "{:?}", seen.protection);
    }

    #[test]
    fn a_branch_is_protected_by_a_rule_or_by_none() {
        let mut host = gitea();
        host.rules.clear();
        let seen = facts(host);
        assert!(!known(&seen.branch).protected);
        assert_eq!(known(&seen.protection), &Protection { requirements: vec![], unseen: vec![] });
        let seen = facts(gitea().with_fault(GiteaEndpoint::Rules, AnswerFault::Text("[]".into())));
        assert!(!known(&seen.protection).unseen.is_empty());
    }

    #[test]
    fn whoever_is_no_administrator_is_shown_a_part() {
        let mut host = gitea();
        host.is_administrator = false;
        host.rules[0].checks = Some(vec!["regression".into()]);
        let seen = facts(host);
        let protection = known(&seen.protection);
        assert!(requires(protection, &Rule::Approvals(2)));
        assert!(requires(protection, &Rule::Check { name: "regression".into(), app: None }));
        assert!(protection.requirements.iter().all(|one| one.bypass.value().is_none()));
        assert!(!protection.unseen.is_empty());
    }
}

mod checks {
    use super::*;

    fn status(id: u64, by: Option<Account>, conclusion: Conclusion) -> Check {
        let producer = Producer::Account(by);
        Check { name: "regression".into(), id: id.into(), head: revision('a'), producer, conclusion }
    }

    fn seen(checks: Vec<Check>) -> Vec<(Option<String>, Conclusion)> {
        let mut host = gitea();
        host.world.checks = checks;
        let writer = |producer: &Producer| match producer {
            Producer::Account(by) => by.as_ref().map(|by| by.login.to_string()),
            _ => None,
        };
        let seen = facts(host);
        known(&seen.checks).iter().map(|check| (writer(&check.producer), check.conclusion)).collect()
    }

    #[test]
    fn a_status_of_each_writer_is_kept() {
        let (ci, kim) = (person("ci-robot", 30), person("kim-example", 11));
        let all = seen(vec![
            status(1, Some(ci.clone()), Conclusion::Failure),
            status(2, Some(ci), Conclusion::Running),
            status(3, Some(kim), Conclusion::Success),
            status(4, None, Conclusion::Success),
        ]);
        let expected = [
            (Some("ci-robot".into()), Conclusion::Running),
            (Some("kim-example".into()), Conclusion::Success),
            (None, Conclusion::Success),
        ];
        assert_eq!(all, expected);
    }

    #[test]
    fn the_actions_of_the_host_write_under_an_account_of_their_own() {
        let facts = facts(gitea());
        let writers: Vec<&Producer> = known(&facts.checks).iter().map(|check| &check.producer).collect();
        let is_actions = |by: &&Producer| matches!(by, Producer::Account(Some(by)) if by.login.as_str() == "gitea-actions");
        assert!(writers.iter().all(is_actions), "{writers:?}");
    }

    /// A policy names the login, and the number tells whose it is.
    #[test]
    fn a_person_with_the_name_of_the_actions_is_not_them() {
        for name in ["gitea-actions", "Gitea-Actions", "forgejo-actions"] {
            let by = Some(person(name, 30));
            assert_eq!(
                seen(vec![status(1, by, Conclusion::Success)]),
                [(None, Conclusion::Success)],
                "{name}"
            );
        }
        let twin = seen(vec![status(1, Some(person("gitea-action", 30)), Conclusion::Success)]);
        assert_eq!(twin, [(Some("gitea-action".into()), Conclusion::Success)]);
    }

    #[test]
    fn warnings_and_skipped_runs_are_no_success() {
        let by = Some(person("ci-robot", 30));
        for conclusion in [Conclusion::Skipped, Conclusion::Neutral, Conclusion::Error] {
            assert_eq!(
                seen(vec![status(1, by.clone(), conclusion)]),
                [(Some("ci-robot".into()), conclusion)]
            );
        }
    }

    #[test]
    fn state_is_not_the_field() {
        let alter = AnswerFault::Drop("/0/status".into());
        let seen = facts(gitea().with_fault(GiteaEndpoint::Statuses, alter));
        assert_eq!(gap(&seen.checks).reason, GapReason::Malformed);
    }

    /// A branch can be called like a commit.
    #[test]
    fn a_status_of_another_commit_is_a_contradiction() {
        let url =
            format!("https://api.host.example.test/api/v1/repos/{REPOSITORY}/statuses/{}", revision('c'));
        let seen =
            facts(gitea().with_fault(GiteaEndpoint::Statuses, AnswerFault::Set("/0/url".into(), json!(url))));
        assert_eq!(gap(&seen.checks).reason, GapReason::Contradiction);
    }
}

#[test]
fn a_team_is_found_by_its_whole_name() {
    let mut host = gitea();
    for other in ["example-org/a-data-protection", "example-org/data-protection-board"] {
        host.world.teams.insert(TeamName::of_host(other), vec![person("mallory-example", 66)]);
    }
    let seen = facts(host.clone());
    let members: Vec<_> = seen.members.values().flat_map(known).map(|one| one.login.to_string()).collect();
    assert_eq!(members, ["alex-example"]);
    host.world.teams.remove(&TeamName::of_host("example-org/data-protection"));
    assert!(facts(host).members.values().all(|one| one.value().is_none()), "others are none of its members");
}

#[test]
fn a_request_that_landed_has_the_head_that_landed() {
    let mut host = gitea();
    host.world.request.merged = Some(minutes(70));
    host.world.request.open = false;
    host.moved_on = Some(revision('9'));
    assert_eq!(
        known(&facts(host.clone()).request).head,
        revision('a'),
        "and not where its branch went since"
    );
    let seen = facts(host.with_fault(GiteaEndpoint::Reference, AnswerFault::Refuse(404, String::new())));
    gap(&seen.request);
}

#[test]
fn a_fork_or_branch_that_is_gone_is_said() {
    let mut host = gitea();
    host.world.request.head_repository = None;
    host.world.request.head_branch = None;
    let seen = facts(host);
    let request = known(&seen.request);
    assert_eq!((&request.head_repository, &request.head_branch), (&None, &None));
}

#[test]
fn a_commit_names_the_request_that_it_landed_as() {
    let mut host = gitea();
    host.landed_as = Some(revision('f'));
    host.world.request.merged = Some(minutes(70));
    let landed = |host: &GiteaHost, commit: char, branch: &str| {
        let forge = open("gitea", REPOSITORY, way(host.clone())).unwrap();
        forge.landed(&revision(commit), &BranchName::new(branch))
    };
    assert_eq!(known(&landed(&host, 'f', "main")), &[7.into()].into());
    assert_eq!(known(&landed(&host, 'f', "next")), &[].into());
    assert_eq!(known(&landed(&host, 'c', "main")), &[].into(), "it shows the commit, and no request");
    gap(&landed(&host, '5', "main"));
    host.faults.push((GiteaEndpoint::Landed, AnswerFault::Refuse(403, String::new())));
    gap(&landed(&host, 'f', "main"));
}

#[test]
fn there_are_no_deployments_to_ask_for() {
    let forge = open("forgejo", REPOSITORY, way(forgejo())).unwrap();
    let deployed = forge.deployed("production");
    assert_eq!(gap(&deployed).reason, GapReason::NotAsked);
    assert!(gap(&deployed).detail.contains("Forgejo keeps no deployments"));
    assert!(forge.deployed_elsewhere("production", &[]).value().is_none());
    let pushes = forge.branch_pushes(&BranchName::new("main"), &[]);
    assert_eq!(known(&pushes), &[]);
}

#[test]
fn pushes_of_a_world_are_shown_as_they_happened() {
    let mut host = gitea();
    let robin = person("robin-example", 12);
    host.world.activity = vec![
        Activity {
            branch: BranchName::new("batches"),
            after: revision('c'),
            actor: Some(robin),
            at: minutes(5),
        },
        Activity { at: minutes(9), ..host.world.activity[0].clone() },
    ];
    let seen = facts(host);
    assert_eq!(known(&seen.moves).len(), 2);
}

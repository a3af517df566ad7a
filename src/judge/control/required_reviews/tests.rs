//! Attacks through the whole control, each with the verdict it gets.

use super::*;
use crate::control::testing::*;
use Outcome::{Allow, Block, Undetermined};
use ReviewState::{Approved, ChangesRequested, Commented, Dismissed, Pending};
use portcullis_model::decision::Outcome;
use portcullis_model::person::{AccountKind, Login, Mailbox};
use portcullis_model::review::{CommitAccounts, Permission, Push, Review, ReviewState, ReviewedContent};
use proptest::prelude::*;

const TWO: &str = "approvals = 2";
const ROLES: &str = "
approvals = 1
[data-processing]
approvals = 2
roles = [{ role = 'dp', approvals = 1 }]
[areas.upload]
roles = [{ role = 'ops', approvals = 1 }, { role = 'dp', approvals = 1 }]
";

fn with_roles() -> World {
    let mut world = World::honest();
    world.role("dp", &["kim"]);
    world.role("ops", &["alex", "sam"]);
    world
}

fn findings(world: &World, settings: &str) -> Vec<Finding> {
    world.judge(&KIND, settings).expect("no gap")
}

#[test]
fn an_honest_change_is_met_under_every_rule() {
    let found = findings(&with_roles(), ROLES);
    let seen: Vec<_> = found.iter().map(|f| (f.verdict, f.subject.to_string())).collect();
    let met = |subject: &str| (Verdict::Met, subject.to_string());
    assert_eq!(seen, [met("request 7"), met("area upload"), met("area upload")]);
    assert_eq!(found[1].place.as_ref().unwrap().path, "services/upload/load.rs".into());
    assert_eq!(found[0].remedy, None);
}

#[test]
fn each_rule_is_its_own_finding() {
    let mut world = with_roles();
    world.role("ops", &["sam"]);
    let found = findings(&world, ROLES);
    let broken = with(&found, Verdict::Broken);
    assert_eq!(broken.len(), 1);
    assert_eq!(broken[0].reason, "0 of 1 required independent approvals by role `ops` (rule for this area)");
}

#[test]
fn attacks_21_to_33_never_pass_for_two_approvals() {
    type Attack = (&'static str, fn(&mut World), Outcome);
    let attacks: [Attack; 26] = [
        ("21 approves the own request", |w| w.request().author = Some(account("kim")), Block),
        ("21 approves the own push", |w| w.host().last_push = push("kim"), Block),
        (
            "21 approves the own commit",
            |w| w.add_commit(commit(revision('c'), "kim"), accounts("kim")),
            Block,
        ),
        ("21 approves as co-author", |w| w.commit().co_authors = vec![no_reply("kim")], Block),
        (
            "21 author by an address of nobody",
            |w| w.add_commit(commit(revision('c'), "x"), nobody()),
            Undetermined,
        ),
        ("21 pusher unknown", |w| w.host().last_push = Fact::Gap(gap()), Undetermined),
        ("22 two accounts", |w| w.person("Kim Example", &["kim", "alex"], &[]), Block),
        ("22 second account of the author", |w| w.person("Robin Example", &["robin", "kim"], &[]), Block),
        ("23 a bot", |w| w.reviews()[0].reviewer = Some(account_of("kim", AccountKind::Bot)), Block),
        (
            "23 a placeholder",
            |w| w.reviews()[0].reviewer = Some(account_of("kim", AccountKind::Mannequin)),
            Block,
        ),
        ("25 may only read", |w| allow(w, "kim", Fact::Known(Permission::Read)), Block),
        ("25 rights not seen", |w| allow(w, "kim", Fact::Gap(gap())), Undetermined),
        ("26 deleted account", |w| w.reviews()[0].reviewer = None, Block),
        ("26 author deleted", |w| w.request().author = None, Undetermined),
        ("27 dismissed", |w| w.reviews()[0].state = Dismissed, Block),
        ("27 later changes requested", |w| w.reviews().push(review(9, "kim", ChangesRequested)), Block),
        ("27 only commented", |w| w.reviews()[0].state = Commented, Block),
        ("27 only pending", |w| w.reviews()[0].state = Pending, Block),
        ("27 older than a dismissed one", |w| w.reviews().push(review(9, "kim", Dismissed)), Block),
        (
            "28 push after approval",
            |w| w.reviews()[0].reviewed = ReviewedContent::Stated(revision('c')),
            Block,
        ),
        ("28 commit unknown", |w| w.reviews()[0].reviewed = ReviewedContent::Unknown, Block),
        ("29 forced back", |w| w.reviews().push(elsewhere(9, "kim")), Block),
        ("29 swapped while judged", |w| w.request().head = revision('c'), Undetermined),
        ("31 approvals of another request", |w| w.reviews().clear(), Block),
        ("32 other base", |w| w.host().base_changed = Fact::Known(Some(at(5000))), Block),
        ("33 reviews of another repository not seen", |w| w.host().reviews = Fact::Gap(gap()), Undetermined),
    ];
    for (name, attack, expected) in attacks {
        let mut world = World::honest();
        assert_eq!(world.outcome(&KIND, TWO), Allow, "{name}");
        attack(&mut world);
        assert_eq!(world.outcome(&KIND, TWO), expected, "{name}: {:?}", world.judge(&KIND, TWO));
    }
}

fn push(login: &str) -> Fact<Push> {
    Fact::Known(Push { after: head(), actor: Some(account(login)) })
}

fn no_reply(login: &str) -> Mailbox {
    Mailbox { name: "K".into(), email: format!("{login}@users.noreply.github.com") }
}

fn nobody() -> CommitAccounts {
    CommitAccounts { author: None, committer: None }
}

fn allow(world: &mut World, login: &str, permission: Fact<Permission>) {
    world.host().permissions.insert(Login::new(login), permission);
}

fn elsewhere(id: u64, login: &str) -> Review {
    Review { reviewed: ReviewedContent::Stated(revision('c')), ..review(id, login, Approved) }
}

#[test]
fn rejected_approvals_are_told_with_every_finding() {
    let mut world = with_roles();
    world.reviews()[0].reviewed = ReviewedContent::Stated(revision('c'));
    for found in findings(&world, ROLES) {
        assert!(found.details.iter().any(|line| line.contains("given on cccccccccc")), "{found:?}");
    }
}

#[test]
fn attack_24_a_bot_wrote_it_and_one_person_approves() {
    let mut world = World::honest();
    let bot = Some(account_of("updater[bot]", AccountKind::Bot));
    world.request().author = bot.clone();
    world.host().last_push = Fact::Known(Push { after: head(), actor: bot.clone() });
    let by_host = CommitAccounts { author: bot.clone(), committer: bot };
    world.host().attribution = Fact::Known(BTreeMap::from([(head(), by_host)]));
    world.reviews().truncate(1);
    assert_eq!(world.outcome(&KIND, "approvals = 1"), Allow);
    assert_eq!(world.outcome(&KIND, TWO), Block);
}

#[test]
fn attack_46_owners_of_each_path() {
    let mut world = World::honest();
    world
        .scope
        .roles
        .insert("owners".into(), crate::control::Role { code_owners: true, ..Default::default() });
    let settings = "roles = [{ role = 'owners', approvals = 1 }]";
    world.files(&["a", "b"]);
    world.code_owners("/a @kim\n/b @sam\n");
    assert_eq!(world.outcome(&KIND, settings), Block);
    world.code_owners("/a @kim\n/b @alex\n");
    assert_eq!(world.outcome(&KIND, settings), Allow);
    world.facts.gate = Fact::Gap(gap());
    assert_eq!(world.outcome(&KIND, settings), Undetermined);
    world.reviews().push(review(9, "sam", ChangesRequested));
    assert_eq!(world.outcome(&KIND, settings), Block, "the objection stands");
}

#[test]
fn attack_51_and_53_settings_that_require_nothing_do_not_parse() {
    for (settings, why) in [
        ("", "require nothing"),
        ("last-pusher = 'ignore'", "require nothing"),
        ("approvals = 0", "nonzero"),
        ("approvals = -1", "nonzero"),
        ("approvals = '2'", "invalid type"),
        ("aprovals = 2", "unknown field"),
        ("roles = []", "requires nothing"),
        ("roles = [{ role = 'dp', approvals = 0 }]", "nonzero"),
        ("roles = [{ role = 'dp' }]", "missing field"),
        ("roles = [{ name = 'dp', approvals = 1 }]", "unknown field"),
        ("last-pusher = 'allow'\napprovals = 1", "unknown variant"),
        ("approvals = 1\n[data-processing]", "requires nothing"),
        ("approvals = 1\n[areas.upload]\nroles = []", "requires nothing"),
        ("[areas]", "require nothing"),
    ] {
        let error = read_control(&KIND, settings).map(|_| ()).expect_err(settings);
        assert!(error.message().contains(why), "{settings}: {}", error.message());
        // What is wrong with the whole table has no place inside it.
        assert!(error.span().is_some() || why == "require nothing", "{settings}");
    }
}

#[test]
fn attack_54_an_area_that_no_rule_speaks_of_is_broken() {
    let mut world = World::honest();
    let settings = "[areas.billing]\napprovals = 1";
    let found = findings(&world, settings);
    assert_eq!((found[0].verdict, found[0].subject.to_string().as_str()), (Verdict::Broken, "area upload"));
    assert_eq!(world.outcome(&KIND, "approvals = 1\n[areas.billing]\napprovals = 9"), Allow);
    world.files(&["README.md"]);
    assert_eq!(findings(&world, settings)[0].verdict, Verdict::Exempt);
}

#[test]
fn areas_that_could_not_be_told_leave_their_rules_unproven() {
    let mut world = World::honest();
    world.touched = Fact::Gap(gap());
    assert_eq!(world.outcome(&KIND, TWO), Allow);
    assert_eq!(world.outcome(&KIND, "[data-processing]\napprovals = 1"), Undetermined);
    assert_eq!(world.outcome(&KIND, "approvals = 3\n[areas.upload]\napprovals = 1"), Block);
}

#[test]
fn an_objection_blocks_however_many_approve() {
    let mut world = World::honest();
    allow(&mut world, "sam", Fact::Known(Permission::Write));
    world.reviews().push(Review { reviewed: ReviewedContent::Unknown, ..review(0, "sam", ChangesRequested) });
    let found = findings(&world, TWO);
    let broken = with(&found, Verdict::Broken);
    assert_eq!(broken[0].reason, "sam requested changes (review 0)");
    assert!(broken[0].remedy.is_some());
    world.reviews().push(review(9, "sam", Approved));
    assert_eq!(world.outcome(&KIND, TWO), Allow);
}

#[test]
fn an_empty_change_is_not_proven() {
    let mut world = World::honest();
    world.change().commits.clear();
    world.change().files.clear();
    assert_eq!(findings(&world, TWO)[0].verdict, Verdict::Unproven);
}

#[test]
fn it_asks_for_what_it_needs_and_names_what_it_refers_to() {
    let asked = |settings| {
        let mut inquiry = Inquiry::default();
        control(&KIND, settings).ask(&mut inquiry);
        inquiry.topics.into_iter().collect::<Vec<_>>()
    };
    assert_eq!(asked(TWO), [Topic::Reviews, Topic::Pushes]);
    assert_eq!(asked("approvals = 1\nlast-pusher = 'ignore'"), [Topic::Reviews]);
    let control = control(&KIND, ROLES);
    let names: Vec<_> = control
        .references()
        .iter()
        .map(|it| match it {
            Reference::Area(name) => (format!("area {}", name.get_ref()), &ROLES[name.span()]),
            Reference::Role(name) => (format!("role {}", name.get_ref()), &ROLES[name.span()]),
            other => panic!("{other:?}"),
        })
        .collect();
    let expected =
        [("area upload", "upload"), ("role dp", "'dp'"), ("role ops", "'ops'"), ("role dp", "'dp'")];
    assert_eq!(names, expected.map(|(name, text)| (name.to_string(), text)));
}

#[test]
fn the_example_of_the_documentation_is_read() {
    let table: toml::Table = example(&KIND).parse().unwrap();
    let settings = toml::to_string(&table["controls"][NAME]).unwrap();
    assert_eq!(control(&KIND, &settings).references().len(), 2);
}

#[test]
fn the_last_pusher_may_be_ignored() {
    let mut world = World::honest();
    world.host().last_push = push("kim");
    assert_eq!(world.outcome(&KIND, TWO), Block);
    assert_eq!(world.outcome(&KIND, "approvals = 2\nlast-pusher = 'ignore'"), Allow);
    world.host().last_push = Fact::Gap(gap());
    assert_eq!(world.outcome(&KIND, "approvals = 2\nlast-pusher = 'ignore'"), Allow);
}

/// A world of the facts that reviews rest on, from a few random choices.
fn worlds() -> impl Strategy<Value = World> {
    let logins = prop::sample::select(vec!["kim", "alex", "sam", "kim-admin", "robin"]);
    let states = prop::sample::select(vec![
        Approved,
        Approved,
        Approved,
        Approved,
        ChangesRequested,
        Commented,
        Dismissed,
    ]);
    let reviews = prop::collection::vec((logins.clone(), states, 0u8..10), 0..7);
    let permissions = prop::collection::vec(0u8..10, 5);
    (reviews, permissions, logins, 0u8..4, any::<bool>(), 0u8..4).prop_map(
        |(reviews, permissions, co_author, attributed, one_person, owners)| {
            let mut world = with_roles();
            let names = ["kim", "alex", "sam", "kim-admin", "robin"];
            for (login, permission) in names.iter().zip(permissions) {
                allow(
                    &mut world,
                    login,
                    match permission {
                        0 => Fact::Known(Permission::Read),
                        1 => Fact::Gap(gap()),
                        _ => Fact::Known(Permission::Write),
                    },
                );
            }
            world.reviews().clear();
            for (id, (login, state, kind)) in (1..).zip(reviews) {
                let mut review = review(id, login, state);
                match kind {
                    0 => review.reviewed = ReviewedContent::Stated(revision('c')),
                    1 => review.submitted = None,
                    2 => review.reviewer = None,
                    _ => {}
                }
                world.reviews().push(review);
            }
            if attributed == 0 {
                world.add_commit(commit(revision('c'), "x"), nobody());
            }
            if attributed == 1 {
                world.commit().co_authors = vec![no_reply(co_author)];
            }
            if one_person {
                world.person("Kim Example", &["kim", "kim-admin"], &[]);
            }
            if owners == 0 {
                let role = crate::control::Role {
                    teams: vec![team("o/dp")],
                    code_owners: true,
                    ..Default::default()
                };
                world.scope.roles.insert("dp".into(), role);
                world.code_owners("* @kim @o/dp\n");
                world.host().members.insert(team("o/dp"), Fact::Known(vec![account("sam")]));
            }
            world
        },
    )
}

/// Every way to take one fact away.
fn withheld(world: &World) -> Vec<World> {
    let take: [fn(&mut World); 9] = [
        |w| w.facts.change = Fact::Gap(gap()),
        |w| w.facts.gate = Fact::Gap(gap()),
        |w| w.touched = Fact::Gap(gap()),
        |w| w.host().request = Fact::Gap(gap()),
        |w| w.host().reviews = Fact::Gap(gap()),
        |w| w.host().base_changed = Fact::Gap(gap()),
        |w| w.host().attribution = Fact::Gap(gap()),
        |w| w.host().last_push = Fact::Gap(gap()),
        |w| w.host().members = w.host().members.keys().map(|team| (team.clone(), Fact::Gap(gap()))).collect(),
    ];
    let taken = take.into_iter().map(|take| {
        let mut world = world.clone();
        take(&mut world);
        world
    });
    let permissions = world.facts.host.permissions.keys().flat_map(|login| {
        let (mut gapped, mut absent) = (world.clone(), world.clone());
        gapped.host().permissions.insert(login.clone(), Fact::Gap(gap()));
        absent.host().permissions.remove(login);
        [gapped, absent]
    });
    taken.chain(permissions).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_fact_taken_away_never_lets_a_change_through(world in worlds()) {
        for settings in [TWO, "approvals = 1", ROLES] {
            let before = world.outcome(&KIND, settings);
            for after in withheld(&world) {
                prop_assert!(before == Allow || after.outcome(&KIND, settings) != Allow, "{:?}", after.facts.host);
            }
        }
    }

    /// Save for a newer approval of another commit, which takes an older one of the head with it.
    #[test]
    fn an_approval_taken_away_never_makes_the_outcome_milder(world in worlds(), which in any::<prop::sample::Index>()) {
        let approvals: Vec<usize> = (0..).zip(world.clone().reviews().iter()).filter(|(_, review)| {
            review.state == Approved && review.reviewed == ReviewedContent::Stated(head())
        }).map(|(place, _)| place).collect();
        prop_assume!(!approvals.is_empty());
        let mut without = world.clone();
        without.reviews().remove(*which.get(&approvals));
        for settings in [TWO, "approvals = 1", ROLES] {
            prop_assert!(without.outcome(&KIND, settings) >= world.outcome(&KIND, settings));
        }
    }

    #[test]
    fn the_order_of_the_reviews_does_not_matter(world in worlds(), turn in 0usize..7) {
        let mut other = world.clone();
        other.reviews().reverse();
        let length = other.reviews().len().max(1);
        other.reviews().rotate_left(turn % length);
        prop_assert_eq!(other.judge(&KIND, ROLES), world.judge(&KIND, ROLES));
    }
}

#[test]
fn the_random_worlds_reach_every_outcome() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen: Vec<_> = (0..200)
        .map(|_| worlds().new_tree(&mut runner).unwrap().current().outcome(&KIND, "approvals = 1"))
        .collect();
    seen.sort();
    seen.dedup();
    assert_eq!(seen, [Allow, Undetermined, Block]);
}

fn derive(world: &mut World) {
    let from = "the version that was newest when it was given".to_string();
    for review in world.reviews() {
        review.reviewed = ReviewedContent::Derived { commit: head(), from: from.clone() };
    }
}

/// The host states no commit: for data-processing code this is no approval, and the finding says
/// what would help. What it says helps.
#[test]
fn a_commit_that_the_host_does_not_state_counts_as_the_policy_says() {
    let mut world = World::honest();
    derive(&mut world);
    let found = findings(&world, "approvals = 1");
    assert_eq!(found[0].verdict, Verdict::Broken);
    assert!(found[0].details[0].contains("for data-processing code only a stated commit counts"));
    let remedy = found[0].remedy.clone().unwrap();
    assert!(remedy.contains("approvals of alex, kim") && remedy.contains("signed reviews"), "{remedy}");
    assert!(remedy.contains("`derived = \"accept\"` in `[controls.required-reviews]`"), "{remedy}");
    world.scope.review_basis.derived = DerivedReviews::Accept;
    let found = findings(&world, "approvals = 1");
    assert_eq!((found[0].verdict, found[0].remedy.clone()), (Verdict::Met, None));
    let says = "review 1 by kim counts (the host does not state its commit, which was derived from the version that was \
                newest when it was given)";
    assert!(found[0].details.contains(&says.to_string()), "{:?}", found[0].details);
    // Honest twin: another part of the repository.
    let mut outside = World::honest();
    outside.files(&["docs/guide.md"]);
    derive(&mut outside);
    assert_eq!(outside.outcome(&KIND, "approvals = 1"), Allow);
    outside.scope.review_basis.derived = DerivedReviews::Refuse;
    assert_eq!(outside.outcome(&KIND, "approvals = 1"), Block);
}

#[test]
fn enough_stated_approvals_need_no_other() {
    let mut world = World::honest();
    let from = "a guess".to_string();
    world.reviews()[0].reviewed = ReviewedContent::Derived { commit: head(), from };
    let found = findings(&world, "approvals = 1");
    assert_eq!((found[0].verdict, found[0].remedy.clone()), (Verdict::Met, None));
    assert_eq!(world.outcome(&KIND, "approvals = 2"), Block);
}

#[test]
fn the_settings_on_what_was_reviewed_are_read() {
    let basis = |settings: &str| control(&KIND, settings).review_basis();
    let of = |derived, trees| Some(ReviewBasis { derived, trees });
    assert_eq!(basis("approvals = 1"), of(DerivedReviews::OutsideDataProcessing, TreeReviews::Proved));
    assert_eq!(
        basis("approvals = 1\nderived = 'accept'\ntrees = 'refuse'"),
        of(DerivedReviews::Accept, TreeReviews::Refuse)
    );
    assert_eq!(basis("approvals = 1\nderived = 'refuse'"), of(DerivedReviews::Refuse, TreeReviews::Proved));
    for wrong in ["derived = true", "derived = 'yes'", "trees = 'accept'"] {
        assert!(read_control(&KIND, &format!("approvals = 1\n{wrong}")).is_err(), "{wrong}");
    }
}

//! Attacks on approvals (classes 21 to 33 of the attack list), each with what becomes of it.

use super::*;
use crate::control::testing::*;
use ReviewState::{Approved, ChangesRequested, Commented, Dismissed, Pending};
use portcullis_model::change::Commit;
use portcullis_model::person::Mailbox;
use portcullis_model::review::{CommitAccounts, Push, Review, ReviewedContent};
use std::collections::BTreeMap;

fn sort(world: &World) -> Result<Approvals, Gap> {
    count_approvals(&world.case(), Independence::default())
}

fn known(world: &World) -> Approvals {
    sort(world).expect("no gap")
}

fn counted(world: &World) -> Vec<String> {
    known(world).counted.iter().map(|approval| approval.login.to_string()).collect()
}

/// Nobody but Alex counts, and the one sentence about review 1 says why.
fn rejected(world: &World, why: &str) {
    let approvals = known(world);
    assert_eq!(counted(world), ["alex"], "{approvals:?}");
    let about =
        approvals.rejected.iter().find(|sentence| sentence.starts_with("review 1 ")).expect("a sentence");
    assert!(about.contains(why), "{about}");
}

fn with_reviews(reviews: Vec<Review>) -> World {
    let mut world = World::honest();
    *world.reviews() = reviews;
    world
}

#[test]
fn honest_approvals_count() {
    let approvals = known(&World::honest());
    assert_eq!(counted(&World::honest()), ["alex", "kim"]);
    assert_eq!(
        (approvals.rejected, approvals.objections, approvals.unattributed, approvals.unclear),
        Default::default()
    );
}

#[test]
fn nobody_can_say_what_was_approved_where_merging_brings_something_else() {
    let mut world = World::honest();
    let gap = Gap::new("what an approval is of", GapReason::Contradiction, "it was left out", "Update it");
    world.change().basis = Fact::Gap(gap.clone());
    assert_eq!(sort(&world), Err(gap));
}

#[test]
fn a_push_that_cannot_be_looked_into_is_doubt_for_every_account_of_who_pushed() {
    let gap = Gap::new("what it brought", GapReason::NotVisible, "it is gone", "Push it again");
    let unseen = |login: &str| {
        let mut world = World::honest();
        world.person("Kim", &["kim", "kim-admin"], &[]);
        let mut one = moved(None, head(), login, true);
        one.after = base();
        one.kept = Fact::Gap(gap.clone());
        world.facts.host.moves = Fact::Known(vec![moved(None, head(), "robin", true), one]);
        counted(&world)
    };
    assert_eq!(unseen("sam"), ["kim", "alex"]);
    assert_eq!(unseen("kim"), ["alex"]);
    assert_eq!(unseen("kim-admin"), ["alex"]);
}

#[test]
fn attack_21_self_approval_in_every_part() {
    let kim = "kim";
    let mut author = World::honest();
    author.request().author = Some(account(kim));
    rejected(&author, "opened the request");

    let mut pusher = World::honest();
    pusher.host().last_push = Fact::Known(Push { after: head(), actor: Some(account("KIM")) });
    rejected(&pusher, "pushed the judged head");
    let ignored = Independence { last_pusher: LastPusher::Ignore, ..Independence::default() };
    assert_eq!(count_approvals(&pusher.case(), ignored).unwrap().counted.len(), 2);

    let mut wrote = World::honest();
    wrote.add_commit(commit(revision('c'), kim), accounts(kim));
    rejected(&wrote, "wrote commit cccccccccc");

    let mut committed = World::honest();
    let by_host = CommitAccounts { author: Some(account("robin")), committer: Some(account(kim)) };
    committed.add_commit(Commit { committer: mailbox(kim), ..commit(revision('c'), "robin") }, by_host);
    rejected(&committed, "committed cccccccccc");

    let mut co_author = World::honest();
    co_author.commit().co_authors = vec![Mailbox {
        name: "K".into(),
        email: format!("{}+Kim@users.noreply.github.com", account("kim").id),
    }];
    rejected(&co_author, "co-author of commit bbbbbbbbbb");
    assert_eq!(known(&co_author).unattributed, Vec::<String>::new());
}

#[test]
fn attack_21_the_address_counts_where_the_host_names_another_account() {
    let mut world = World::honest();
    world.person("Kim Example", &["kim"], &["kim.private@example.test"]);
    world.commit().author.email = "Kim.Private@example.test".into();
    rejected(&world, "wrote commit bbbbbbbbbb");
}

#[test]
fn attack_21_a_co_author_is_known_by_an_address_that_the_host_attributed_elsewhere() {
    let mut world = World::honest();
    world.add_commit(commit(revision('c'), "kim"), accounts("kim"));
    world.commit().co_authors = vec![mailbox("KIM")];
    assert_eq!(known(&world).unattributed, Vec::<String>::new());
    world.commit().co_authors = vec![mailbox("sam")];
    assert_eq!(known(&world).unattributed, ["sam Example <sam@example.test>"]);
}

#[test]
fn attack_22_two_accounts_of_one_person_are_one() {
    let mut world = World::honest();
    world.person("Kim Example", &["kim", "alex"], &[]);
    let approvals = known(&world);
    assert_eq!(counted(&world), ["alex"]);
    assert_eq!(approvals.rejected, ["review 1 by kim does not count: the same person is counted once"]);
}

#[test]
fn attack_22_the_second_account_of_the_author_is_the_author() {
    let mut world = World::honest();
    world.person("Robin Example", &["robin", "kim"], &[]);
    rejected(&world, "opened the request");
}

#[test]
fn attack_22_a_person_withdraws_with_the_other_account() {
    let mut world = World::honest();
    world.person("Kim Example", &["kim", "kim-admin"], &[]);
    world.reviews().push(review(9, "kim-admin", ChangesRequested));
    world.host().permissions.insert(Login::new("kim-admin"), Fact::Known(Permission::Admin));
    rejected(&world, "later requested changes (review 9)");
    assert_eq!(known(&world).objections, ["kim-admin requested changes (review 9)"]);
}

#[test]
fn attack_23_bots_machines_and_placeholders_never_count() {
    for (kind, why) in [
        (AccountKind::Bot, "by a bot"),
        (AccountKind::Mannequin, "unclaimed placeholder"),
        (AccountKind::Other, "not by a person's account"),
    ] {
        let mut world = World::honest();
        world.reviews()[0].reviewer = Some(account_of("kim", kind));
        rejected(&world, why);
    }
    let mut machine = World::honest();
    machine.person("Release robot", &["kim"], &[]);
    machine.scope.people.0[0].machine = true;
    rejected(&machine, "is a machine");
}

#[test]
fn attack_24_what_a_bot_wrote_needs_no_second_author() {
    let mut world = World::honest();
    let bot = Some(account_of("updater[bot]", AccountKind::Bot));
    world.request().author = bot.clone();
    world.host().last_push = Fact::Known(Push { after: head(), actor: bot.clone() });
    let by_host = CommitAccounts { author: bot.clone(), committer: bot };
    world.host().attribution = Fact::Known(BTreeMap::from([(head(), by_host)]));
    let approvals = known(&world);
    assert_eq!((approvals.counted.len(), approvals.unattributed), (2, vec![]));
}

#[test]
fn attack_25_somebody_who_may_only_read_does_not_count() {
    for permission in [Permission::Read, Permission::None] {
        let mut world = World::honest();
        world.host().permissions.insert(Login::new("kim"), Fact::Known(permission));
        rejected(&world, "may not write");
    }
}

#[test]
fn attack_25_what_an_account_may_do_and_was_not_seen_is_unclear() {
    let mut gapped = World::honest();
    gapped.host().permissions.insert(Login::new("kim"), Fact::Gap(gap()));
    let mut absent = World::honest();
    absent.host().permissions.remove(&Login::new("kim"));
    for world in [gapped, absent] {
        let approvals = known(&world);
        assert_eq!(counted(&world), ["alex"]);
        assert_eq!(approvals.unclear[0].0.login, Login::new("kim"));
    }
}

#[test]
fn attack_26_deleted_accounts_never_count_and_renamed_ones_are_the_same() {
    let mut ghost = World::honest();
    ghost.reviews()[0].reviewer = None;
    rejected(&ghost, "account is deleted");

    let mut renamed = World::honest();
    renamed.request().author = Some(Account { login: Login::new("kim-as-was"), ..account("kim") });
    rejected(&renamed, "opened the request");
}

#[test]
fn attack_26_a_part_of_nobody_is_a_gap() {
    let mut author = World::honest();
    author.request().author = None;
    let mut import = World::honest();
    import.request().author = Some(account_of("old", AccountKind::Mannequin));
    let mut pusher = World::honest();
    pusher.host().last_push = Fact::Known(Push { after: head(), actor: None });
    for world in [author, import, pusher] {
        assert!(sort(&world).is_err());
    }
}

#[test]
fn attack_27_the_standing_opinion_decides() {
    for (later, why) in [
        (review(9, "kim", ChangesRequested), "later requested changes (review 9)"),
        (review(9, "kim", Dismissed), "later opinion of the same person was dismissed (review 9)"),
        // Two answers about one review that differ: the page moved under us.
        (review(1, "kim", Dismissed), "dismissed"),
        (Review { submitted: None, ..review(9, "kim", ChangesRequested) }, "later requested changes"),
        (Review { submitted: None, ..review(9, "kim", Dismissed) }, "was dismissed"),
    ] {
        let mut world = World::honest();
        world.reviews().push(later);
        rejected(&world, why);
        world.reviews().reverse();
        rejected(&world, why);
    }
    let mut dismissed = World::honest();
    dismissed.reviews()[0].state = Dismissed;
    rejected(&dismissed, "it was dismissed");
}

#[test]
fn attack_27_comments_and_drafts_say_nothing() {
    for state in [Commented, Pending] {
        let mut beside = World::honest();
        beside.reviews().push(review(9, "kim", state));
        assert_eq!(counted(&beside), ["alex", "kim"]);
        let mut instead = World::honest();
        instead.reviews()[0].state = state;
        assert_eq!(counted(&instead), ["alex"]);
    }
}

#[test]
fn attack_27_a_new_approval_counts_after_a_withdrawal() {
    for state in [ChangesRequested, Dismissed] {
        let world = with_reviews(vec![review(1, "kim", state), review(2, "kim", Approved)]);
        assert_eq!((counted(&world), known(&world).objections), (vec!["kim".to_string()], vec![]));
    }
}

#[test]
fn attack_28_a_push_after_the_approval() {
    let mut world = World::honest();
    world.reviews()[0].reviewed = ReviewedContent::Stated(revision('c'));
    rejected(&world, "given on cccccccccc, not on the judged head bbbbbbbbbb");
    world.reviews()[0].reviewed = ReviewedContent::Unknown;
    rejected(&world, "no longer knows the commit");
}

/// What is not a commit that the host states counts for nothing, and never in silence.
#[test]
fn an_approval_of_a_commit_that_the_host_does_not_state_does_not_count() {
    let from = "the version that was newest when it was given".to_string();
    let mut world = World::honest();
    world.reviews()[0].reviewed = ReviewedContent::Derived { commit: head(), from };
    rejected(&world, "bbbbbbbbbb was derived from the version that was newest");
    world.reviews()[0].reviewed = ReviewedContent::Tree { base: base(), tree: object('e') };
    rejected(&world, "it was given on tree eeeeeeeeee");
    world.reviews()[0].reviewed = ReviewedContent::Unseen(gap());
    let approvals = known(&world);
    assert_eq!((approvals.unclear[0].0.review.as_str(), &approvals.unclear[0].1), ("1", &gap()));
    assert_eq!(counted(&world), ["alex"]);
}

/// The head merges the base into commit `c`, which merged it into commit `d`; robin wrote `d`.
fn updated() -> World {
    let mut world = World::honest();
    for digit in ['c', 'd'] {
        world.add_commit(commit(revision(digit), "robin"), accounts("robin"));
    }
    world.change().updates.before = vec![revision('c'), revision('d')];
    world.host().content_push = Fact::Known(Push { after: revision('d'), actor: Some(account("robin")) });
    world
}

fn given_on(world: &mut World, digit: char) {
    world.reviews()[0].reviewed = ReviewedContent::Stated(revision(digit));
}

#[test]
fn attack_28_an_approval_outlives_proved_updates_and_nothing_else() {
    for digit in ['b', 'c', 'd'] {
        let mut world = updated();
        given_on(&mut world, digit);
        assert_eq!(counted(&world), ["alex", "kim"]);
        let exact = Independence { updates: AfterUpdate::Exact, ..Independence::default() };
        let counted = count_approvals(&world.case(), exact).unwrap().counted.len();
        assert_eq!(counted, if digit == 'b' { 2 } else { 1 });
    }
    let mut below = updated();
    given_on(&mut below, 'e');
    rejected(&below, "given on eeeeeeeeee, not on the judged head bbbbbbbbbb");
    let mut later = updated();
    given_on(&mut later, 'd');
    later
        .reviews()
        .push(Review { reviewed: ReviewedContent::Stated(revision('e')), ..review(9, "kim", Approved) });
    rejected(&later, "later approved another commit (review 9)");
    let mut earlier = updated();
    earlier
        .reviews()
        .push(Review { reviewed: ReviewedContent::Stated(revision('d')), ..review(9, "kim", Approved) });
    assert_eq!(counted(&earlier), ["alex", "kim"], "of the head, then of what it is");
    let mut objection = updated();
    given_on(&mut objection, 'd');
    objection.reviews().push(review(9, "kim", ChangesRequested));
    rejected(&objection, "later requested changes");
}

#[test]
fn attack_9_whoever_only_updates_has_no_part_and_whoever_brings_more_has() {
    let by_kim = |world: &mut World, digit| {
        let Fact::Known(attribution) = &mut world.host().attribution else { panic!() };
        attribution.insert(revision(digit), accounts("kim"));
        let commit = world.change().commits.iter_mut().find(|commit| commit.id == revision(digit)).unwrap();
        (commit.author, commit.committer) = (mailbox("kim"), mailbox("kim"));
    };
    for digit in ['b', 'c'] {
        let mut world = updated();
        by_kim(&mut world, digit);
        world.host().last_push = Fact::Known(Push { after: head(), actor: Some(account("kim")) });
        assert_eq!(counted(&world), ["alex", "kim"]);
        let exact = Independence { updates: AfterUpdate::Exact, ..Independence::default() };
        assert_eq!(count_approvals(&world.case(), exact).unwrap().counted.len(), 1);
    }
    let mut wrote = updated();
    by_kim(&mut wrote, 'd');
    rejected(&wrote, "wrote commit dddddddddd");
    let mut pushed = updated();
    pushed.host().content_push = Fact::Known(Push { after: revision('c'), actor: Some(account("kim")) });
    rejected(&pushed, "pushed the judged head");
    let mut elsewhere = updated();
    elsewhere.host().content_push = Fact::Known(Push { after: revision('e'), actor: Some(account("robin")) });
    assert_eq!(sort(&elsewhere).unwrap_err().reason, GapReason::Contradiction);
    let mut withheld = updated();
    withheld.host().content_push = Fact::Gap(gap());
    assert_eq!(sort(&withheld), Err(gap()));
}

#[test]
fn attack_28_an_update_that_could_not_be_seen_makes_an_approval_unclear() {
    let mut world = updated();
    world.change().updates.unseen = Some(gap());
    given_on(&mut world, 'e');
    let approvals = known(&world);
    assert_eq!(counted(&world), ["alex"]);
    assert_eq!((approvals.unclear[0].0.review.as_str(), &approvals.unclear[0].1), ("1", &gap()));
    given_on(&mut world, 'd');
    assert_eq!(counted(&world), ["alex", "kim"]);
    world.host().permissions.insert(Login::new("kim"), Fact::Known(Permission::Read));
    given_on(&mut world, 'e');
    rejected(&world, "may not write");
}

#[test]
fn attack_29_forced_back_to_what_was_approved_before_something_else() {
    let mut world = World::honest();
    world
        .reviews()
        .push(Review { reviewed: ReviewedContent::Stated(revision('c')), ..review(9, "kim", Approved) });
    rejected(&world, "later approved another commit (review 9)");
}

#[test]
fn attack_29_and_30_the_head_moved_while_we_looked() {
    let mut request = World::honest();
    request.request().head = revision('c');
    assert_eq!(sort(&request).unwrap_err().reason, GapReason::Contradiction);
    let mut push = World::honest();
    push.host().last_push = Fact::Known(Push { after: revision('c'), actor: Some(account("robin")) });
    assert_eq!(sort(&push).unwrap_err().reason, GapReason::Contradiction);
}

#[test]
fn attack_31_and_33_approvals_of_another_request_are_not_in_the_list() {
    let world = with_reviews(vec![]);
    assert_eq!(known(&world), Approvals::default());
}

#[test]
fn attack_32_the_base_branch_changed_after_the_approval() {
    let mut world = World::honest();
    world.host().base_changed = Fact::Known(Some(at(1001)));
    rejected(&world, "base branch of the request was changed");
    world.host().base_changed = Fact::Known(Some(at(1000)));
    assert_eq!(counted(&world), ["alex", "kim"]);
    world.reviews()[0].submitted = None;
    rejected(&world, "does not say when");
}

#[test]
fn objections_count_unless_the_account_may_only_read() {
    let mut world = World::honest();
    world.reviews().push(review(9, "sam", ChangesRequested));
    let mut see = |permission: Option<Fact<Permission>>| {
        world.host().permissions.remove(&Login::new("sam"));
        permission.map(|fact| world.host().permissions.insert(Login::new("sam"), fact));
        known(&world).objections.len()
    };
    assert_eq!(see(Some(Fact::Known(Permission::Read))), 0);
    assert_eq!(see(Some(Fact::Known(Permission::Write))), 1);
    assert_eq!(see(Some(Fact::Gap(gap()))), 1);
    assert_eq!(see(None), 1);
}

#[test]
fn objections_stand_across_commits_dismissed_approvals_and_deleted_accounts() {
    let mut older = World::honest();
    older.reviews().insert(
        0,
        Review { reviewed: ReviewedContent::Stated(revision('c')), ..review(0, "kim", ChangesRequested) },
    );
    assert_eq!(known(&older).objections, Vec::<String>::new(), "kim approved since");
    older.reviews()[1].state = Dismissed;
    assert_eq!(known(&older).objections, ["kim requested changes (review 0)"]);

    let mut ghost = World::honest();
    ghost.reviews().push(Review { reviewer: None, ..review(9, "x", ChangesRequested) });
    assert_eq!(known(&ghost).objections, ["a deleted account requested changes (review 9)"]);
}

#[test]
fn the_web_editor_is_nobody_as_a_committer_only() {
    let web = Mailbox { name: "GitHub".into(), email: "noreply@github.com".into() };
    for seen in [Some(account("web-flow")), None] {
        let mut world = World::honest();
        world.commit().committer = web.clone();
        let by_host = CommitAccounts { author: Some(account("robin")), committer: seen.clone() };
        world.host().attribution = Fact::Known(BTreeMap::from([(head(), by_host)]));
        assert_eq!(known(&world).unattributed, Vec::<String>::new());
        world.commit().author = web.clone();
        let by_host = CommitAccounts { author: seen.clone(), committer: seen };
        world.host().attribution = Fact::Known(BTreeMap::from([(head(), by_host)]));
        assert_eq!(known(&world).unattributed, ["GitHub <noreply@github.com>"]);
    }
}

#[test]
fn mailboxes_of_nobody_are_listed_once() {
    let mut world = World::honest();
    let nobody = CommitAccounts { author: None, committer: None };
    for (digit, email) in [('1', "X@example.test"), ('2', "x@example.test"), ('3', ""), ('4', "")] {
        let mut commit = commit(revision(digit), "x");
        (commit.author.email, commit.committer.email) = (email.into(), email.into());
        world.add_commit(commit, nobody.clone());
    }
    assert_eq!(known(&world).unattributed, ["x Example <>", "x Example <X@example.test>"]);
    world.person("X Example", &["x"], &["x@example.test"]);
    assert_eq!(known(&world).unattributed, ["x Example <>"]);
}

#[test]
fn a_no_reply_address_that_the_host_does_not_know_is_nobodys() {
    let mut world = World::honest();
    let email = "99+invented@users.noreply.github.com".to_string();
    let author = Mailbox { name: "X".into(), email };
    world.add_commit(
        Commit { author, ..commit(revision('c'), "robin") },
        CommitAccounts { author: None, committer: Some(account("robin")) },
    );
    assert_eq!(known(&world).unattributed.len(), 1);
}

#[test]
fn a_commit_that_was_not_asked_about_is_a_gap() {
    let mut world = World::honest();
    world.change().commits.push(commit(revision('c'), "robin"));
    assert_eq!(sort(&world).unwrap_err().reason, GapReason::Truncated);
}

#[test]
fn every_necessary_fact_is_necessary() {
    let gaps: [fn(&mut World); 6] = [
        |world| world.facts.change = Fact::Gap(gap()),
        |world| world.host().request = Fact::Gap(gap()),
        |world| world.host().reviews = Fact::Gap(gap()),
        |world| world.host().base_changed = Fact::Gap(gap()),
        |world| world.host().attribution = Fact::Gap(gap()),
        |world| world.host().last_push = Fact::Gap(gap()),
    ];
    for take_away in gaps {
        let mut world = World::honest();
        take_away(&mut world);
        assert_eq!(sort(&world), Err(gap()));
    }
}

#[test]
fn the_order_of_the_list_does_not_matter() {
    let mut world = World::honest();
    world.reviews().extend([
        review(3, "sam", ChangesRequested),
        review(4, "kim", Approved),
        review(5, "alex", Dismissed),
    ]);
    let forwards = known(&world);
    world.reviews().reverse();
    assert_eq!(known(&world), forwards);
    world.reviews().swap(0, 2);
    assert_eq!(known(&world), forwards);
}

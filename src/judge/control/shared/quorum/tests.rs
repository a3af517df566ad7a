//! Roles, people and doubts, taken both ways.

use super::*;
use crate::control::shared::approval::{Independence, count_approvals};
use crate::control::testing::*;
use Verdict::{Broken, Met, Unproven};
use portcullis_model::change::{EntryKind, FileStatus};
use portcullis_model::fact::Fact;
use portcullis_model::inquiry::TextPurpose;
use portcullis_model::person::Login;
use portcullis_model::review::{CommitAccounts, Permission, ReviewState, ReviewedContent};

/// Judges `approvals` and roles (name, number).
fn ask(world: &World, total: u64, roles: &[(&str, u64)]) -> Judgement {
    let wanted: Vec<_> = roles.iter().map(|(name, number)| wanted(name, *number)).collect();
    let case = world.case();
    let sorted = count_approvals(&case, Independence::default()).unwrap();
    let files = touched_files(&case).unwrap();
    let demand = Demand { approvals: total, roles: &wanted, files: &files, all_owned: false };
    judge_demand(&case, &sorted, &demand).unwrap()
}

fn wanted(name: &str, number: u64) -> RoleApprovals {
    let role = Spanned::new(0..0, name.to_string());
    RoleApprovals { role, approvals: NonZeroU64::new(number).unwrap() }
}

fn verdict(world: &World, total: u64, roles: &[(&str, u64)]) -> Verdict {
    ask(world, total, roles).verdict
}

fn owners_role(world: &mut World) {
    world.scope.roles.insert("owners".into(), Role { code_owners: true, ..Role::default() });
}

fn owned_by(text: &str) -> World {
    let mut world = World::honest();
    owners_role(&mut world);
    world.code_owners(text);
    world
}

#[test]
fn the_number_of_people_counts() {
    let world = World::honest();
    assert_eq!(verdict(&world, 2, &[]), Met);
    let judged = ask(&world, 3, &[]);
    assert_eq!((judged.verdict, judged.reason.as_str()), (Broken, "2 of 3 required independent approvals"));
    assert!(judged.remedy.unwrap().contains("1 more person"));
    assert_eq!(judged.details, ["review 2 by alex counts", "review 1 by kim counts"]);
}

#[test]
fn an_approval_from_before_an_update_says_where_it_was_given() {
    let mut world = World::honest();
    world.change().updates.before = vec![revision('c')];
    world.reviews()[0].reviewed = ReviewedContent::Stated(revision('c'));
    let judged = ask(&world, 2, &[]);
    assert_eq!(judged.verdict, Met);
    assert!(
        judged.details[1].starts_with("review 1 by kim counts: it was given on cccccccccc, "),
        "{judged:?}"
    );
}

#[test]
fn a_role_is_filled_by_its_own_people() {
    let mut world = World::honest();
    world.role("dp", &["KIM", "sam"]);
    assert_eq!(verdict(&world, 1, &[("dp", 1)]), Met);
    let judged = ask(&world, 1, &[("dp", 2)]);
    assert_eq!(judged.reason, "1 of 2 required independent approvals by role `dp`");
    assert_eq!(judged.verdict, Broken);
    assert!(judged.remedy.unwrap().contains("role `dp`"));
}

#[test]
fn roles_need_different_people_and_their_sum() {
    let mut world = World::honest();
    world.role("dp", &["kim"]);
    world.role("ops", &["kim"]);
    assert_eq!(ask(&world, 1, &[("dp", 1), ("ops", 1)]).reason, "one person would have to fill two roles");
    world.role("ops", &["kim", "alex"]);
    assert_eq!(verdict(&world, 1, &[("dp", 1), ("ops", 1)]), Met);
    world.reviews().pop();
    assert_eq!(verdict(&world, 1, &[("dp", 1), ("ops", 1)]), Broken);
}

#[test]
fn attack_22_one_person_with_two_accounts_fills_one_role() {
    let mut world = World::honest();
    world.role("dp", &["kim"]);
    world.role("ops", &["alex"]);
    assert_eq!(verdict(&world, 1, &[("dp", 1), ("ops", 1)]), Met);
    world.person("Kim Example", &["kim", "alex"], &[]);
    assert_eq!(verdict(&world, 1, &[("dp", 1), ("ops", 1)]), Broken);
}

#[test]
fn a_member_of_a_team_fills_its_role_with_any_account() {
    let mut world = World::honest();
    world.scope.roles.insert("dp".into(), Role { teams: vec![team("o/dp")], ..Role::default() });
    world.host().members.insert(team("o/dp"), Fact::Known(vec![account("kim-admin")]));
    assert_eq!(verdict(&world, 1, &[("dp", 1)]), Broken);
    world.person("Kim Example", &["kim", "kim-admin"], &[]);
    assert_eq!(verdict(&world, 1, &[("dp", 1)]), Met);
}

#[test]
fn attack_25_members_that_were_not_seen_leave_it_unproven_only_where_they_matter() {
    let mut world = World::honest();
    world.scope.roles.insert("dp".into(), Role { teams: vec![team("o/dp")], ..Role::default() });
    for members in [None, Some(Fact::Gap(gap()))] {
        world.host().members.clear();
        members.map(|fact| world.host().members.insert(team("o/dp"), fact));
        assert_eq!(verdict(&world, 1, &[("dp", 2)]), Unproven);
        assert_eq!(verdict(&world, 1, &[("dp", 3)]), Broken);
        assert_eq!(verdict(&world, 3, &[("dp", 1)]), Broken);
    }
    assert_eq!(ask(&world, 1, &[("dp", 1)]).remedy.as_deref(), Some("Give it back."));
    let with_kim = Role { teams: vec![team("o/dp")], users: vec![Login::new("kim")], code_owners: false };
    world.scope.roles.insert("dp".into(), with_kim);
    assert_eq!(verdict(&world, 1, &[("dp", 1)]), Met);
    assert_eq!(verdict(&world, 1, &[("dp", 2)]), Unproven);
}

#[test]
fn an_unclear_approval_leaves_it_unproven_only_where_it_matters() {
    let mut world = World::honest();
    world.host().permissions.insert(Login::new("kim"), Fact::Gap(gap()));
    assert_eq!(verdict(&world, 1, &[]), Met);
    let judged = ask(&world, 2, &[]);
    assert_eq!((judged.verdict, judged.remedy.as_deref()), (Unproven, Some("Give it back.")));
    assert_eq!(verdict(&world, 3, &[]), Broken);
}

#[test]
fn every_unknown_mailbox_may_be_an_approver() {
    let mut world = World::honest();
    let nobody = CommitAccounts { author: None, committer: None };
    world.add_commit(commit(revision('c'), "x"), nobody.clone());
    assert_eq!(verdict(&world, 1, &[]), Met);
    let judged = ask(&world, 2, &[]);
    assert_eq!(judged.verdict, Unproven);
    assert!(judged.reason.contains("2 of 3"), "{}", judged.reason);
    assert!(judged.remedy.unwrap().contains("[[people]]"));
    assert_eq!(verdict(&world, 3, &[]), Broken);
    // The number that is asked for at first suffices: two approve, four are needed, and one more.
    let remedy = ask(&world, 4, &[]).remedy.unwrap();
    assert!(remedy.starts_with("Ask 3 more people with write access"), "{remedy}");
    assert!(remedy.contains("`[[people]]` in the policy, and ask 2 more people."), "{remedy}");
    world.add_commit(commit(revision('e'), "y"), nobody);
    assert_eq!(verdict(&world, 1, &[]), Unproven);
}

#[test]
fn an_unknown_mailbox_may_be_the_one_who_fills_the_role() {
    let mut world = World::honest();
    world.role("dp", &["kim"]);
    world.add_commit(commit(revision('c'), "x"), CommitAccounts { author: None, committer: None });
    assert_eq!(verdict(&world, 1, &[("dp", 1)]), Unproven);
    world.role("dp", &["kim", "alex"]);
    assert_eq!(verdict(&world, 1, &[("dp", 1)]), Met);
}

#[test]
fn an_unknown_mailbox_may_be_the_only_owner_who_approved() {
    let mut world = owned_by("/a @kim\n/b @alex\n");
    world.files(&["a", "b"]);
    world.add_commit(commit(revision('c'), "x"), CommitAccounts { author: None, committer: None });
    let judged = ask(&world, 1, &[("owners", 1)]);
    assert_eq!(judged.verdict, Unproven);
    assert!(judged.reason.contains("owner of a approved"), "{}", judged.reason);

    // Alex and Sam for the owners, Kim and Pat for the others: if Alex drops out, no owner of the
    // file is left.
    let mut world = owned_by("/a @kim @alex\n");
    world.files(&["a"]);
    let owners = Role { code_owners: true, users: vec![Login::new("sam")], ..Role::default() };
    world.scope.roles.insert("owners".into(), owners);
    world.role("dp", &["kim", "pat"]);
    for (id, login) in [(3, "sam"), (4, "pat")] {
        world.reviews().push(review(id, login, ReviewState::Approved));
        world.host().permissions.insert(Login::new(login), Fact::Known(Permission::Write));
    }
    assert_eq!(verdict(&world, 1, &[("owners", 1), ("dp", 1)]), Met);
    world.add_commit(commit(revision('c'), "x"), CommitAccounts { author: None, committer: None });
    assert_eq!(verdict(&world, 1, &[("owners", 1), ("dp", 1)]), Unproven);
}

#[test]
fn attack_46_every_touched_file_needs_one_of_its_own_owners() {
    let mut world = owned_by("/a @kim\n/b @alex\n/c @sam\n");
    world.files(&["a", "b"]);
    assert_eq!(verdict(&world, 1, &[("owners", 1)]), Met);
    world.files(&["a", "b", "c/x", "c/y"]);
    let judged = ask(&world, 1, &[("owners", 1)]);
    assert_eq!(judged.verdict, Broken);
    assert_eq!(judged.reason, "no owner of c/x and 1 more approved (CODEOWNERS line 3: @sam)");
}

#[test]
fn attack_46_one_owner_may_cover_many_files_but_not_from_another_role() {
    let mut world = owned_by("* @kim\n");
    world.files(&["a", "b"]);
    assert_eq!(verdict(&world, 2, &[("owners", 1)]), Met);
    world.role("dp", &["kim"]);
    assert_eq!(verdict(&world, 1, &[("owners", 1), ("dp", 1)]), Broken);
    world.role("dp", &["kim", "alex"]);
    assert_eq!(verdict(&world, 1, &[("owners", 1), ("dp", 1)]), Met);
}

#[test]
fn attack_46_a_rename_needs_the_owners_of_both_names() {
    let mut world = owned_by("/a @kim\n/b @sam\n");
    let mut renamed = modified("b");
    renamed.status = FileStatus::Renamed;
    renamed.old = Some(entry("a"));
    world.change().files = vec![renamed];
    assert_eq!(verdict(&world, 1, &[("owners", 1)]), Broken);
    world.code_owners("/a @kim\n/b @alex\n");
    assert_eq!(verdict(&world, 1, &[("owners", 1)]), Met);
}

#[test]
fn attack_54_a_file_without_owner_is_broken_inside_an_area_and_free_outside() {
    for text in ["/other @kim\n", "* @kim\n/services/\n/free\n"] {
        let mut world = owned_by(text);
        let judged = ask(&world, 1, &[("owners", 1)]);
        assert_eq!(judged.verdict, Broken, "{text}");
        assert!(judged.reason.contains("services/upload/load.rs has no owner"), "{}", judged.reason);
        world.files(&["free"]);
        assert_eq!(verdict(&world, 1, &[("owners", 1)]), Met, "{text}");
        // It still counts how many approved.
        assert_eq!(verdict(&world, 1, &[("owners", 3)]), Broken, "{text}");
    }
}

#[test]
fn a_file_that_could_not_be_placed_may_need_an_owner() {
    let mut world = owned_by("/other @kim\n");
    world.scope.inventory.areas[0].content =
        vec![portcullis_model::inventory::Ruled { rule: "nominal_id".into(), line: 1 }];
    world.files(&["free"]);
    world.change().files[0].content = Fact::Gap(gap());
    assert_eq!(verdict(&world, 1, &[("owners", 1)]), Unproven);
}

#[test]
fn attack_50_owners_that_do_not_exist_or_are_known_by_address_only() {
    let world = owned_by("* @nobody-at-all\n");
    assert_eq!(verdict(&world, 1, &[("owners", 1)]), Broken);
    let world = owned_by("* @o/unseen\n");
    assert_eq!(verdict(&world, 1, &[("owners", 1)]), Unproven);
    let mut world = owned_by("* kim@example.test\n");
    assert_eq!(verdict(&world, 1, &[("owners", 1)]), Unproven);
    world.person("Kim Example", &["kim"], &["kim@example.test"]);
    assert_eq!(verdict(&world, 1, &[("owners", 1)]), Met);
}

#[test]
fn attack_50_unreadable_lines_and_missing_or_oversized_files() {
    let mut world = owned_by("* @kim\n/services/ nobody\n/free nobody\n");
    let judged = ask(&world, 1, &[("owners", 1)]);
    assert_eq!(judged.verdict, Broken);
    assert!(judged.reason.contains("CODEOWNERS line 2"), "{}", judged.reason);
    world.files(&["free"]);
    let judged = ask(&world, 1, &[("owners", 1)]);
    assert_eq!(judged.verdict, Unproven);
    assert!(judged.remedy.unwrap().contains("line 3"));
    world.files(&["elsewhere"]);
    assert_eq!(verdict(&world, 1, &[("owners", 1)]), Met);
    world.gate().texts.retain(|_, text| !text.purposes.contains(&TextPurpose::CodeOwners));
    assert_eq!(verdict(&world, 1, &[("owners", 1)]), Broken);
    world.code_owners(&("* @kim\n#".to_string() + &"x".repeat(portcullis_model::codeowners::SIZE_LIMIT)));
    assert_eq!(verdict(&world, 1, &[("owners", 1)]), Unproven);
}

#[test]
fn owners_are_not_read_unless_a_role_needs_them() {
    let mut world = World::honest();
    owners_role(&mut world);
    world.facts.gate = Fact::Gap(gap());
    assert_eq!(verdict(&world, 2, &[]), Met);
    let case = world.case();
    let (sorted, wanted) = (count_approvals(&case, Independence::default()).unwrap(), [wanted("owners", 1)]);
    let demand = Demand { approvals: 1, roles: &wanted, files: &[], all_owned: false };
    assert_eq!(judge_demand(&case, &sorted, &demand), Err(gap()));
}

#[test]
fn files_on_the_way_count_where_they_were_asked_for() {
    let mut world = owned_by("* @kim\n/way @sam\n");
    world.change().on_the_way = Fact::Known(vec![modified("way")]);
    assert_eq!(verdict(&world, 1, &[("owners", 1)]), Met);
    world.facts.inquiry.each_commit = true;
    assert_eq!(verdict(&world, 1, &[("owners", 1)]), Broken);
    world.change().on_the_way = Fact::Gap(gap());
    assert_eq!(touched_files(&world.case()), Err(gap()));
}

#[test]
fn too_many_ways_to_deal_are_never_taken_for_success() {
    let mut world = World::honest();
    let logins: Vec<_> = (0..16).map(|n| format!("p{n}")).collect();
    let names: Vec<_> = logins.iter().map(String::as_str).collect();
    world.reviews().clear();
    for (id, login) in (10..).zip(&names) {
        world.reviews().push(review(id, login, ReviewState::Approved));
        world.host().permissions.insert(Login::new(*login), Fact::Known(Permission::Write));
    }
    world.role("a", &names);
    world.role("b", &names[..15]);
    assert_eq!(verdict(&world, 1, &[("a", 9), ("b", 7)]), Met, "the first way tried");
    assert_eq!(verdict(&world, 1, &[("a", 1), ("b", 15)]), Unproven, "the last way");
}

#[test]
fn a_change_of_nothing_is_not_proven() {
    let mut world = World::honest();
    assert_eq!(nothing_to_judge("x", world.change()), None);
    world.change().commits.clear();
    assert_eq!(nothing_to_judge("x", world.change()), None);
    world.change().files.clear();
    assert_eq!(nothing_to_judge("x", world.change()).unwrap().verdict, Unproven);
}

#[test]
fn an_unknown_role_is_a_gap() {
    let world = World::honest();
    let case = world.case();
    let (sorted, wanted) = (count_approvals(&case, Independence::default()).unwrap(), [wanted("none", 1)]);
    assert!(
        judge_demand(&case, &sorted, &Demand { approvals: 1, roles: &wanted, files: &[], all_owned: false })
            .is_err()
    );
}

#[test]
fn a_submodule_and_a_link_need_the_owner_of_their_path() {
    let mut world = owned_by("/a @sam\n");
    for kind in [EntryKind::Submodule, EntryKind::Symlink(None)] {
        world.files(&["a"]);
        world.change().files[0].new.as_mut().unwrap().kind = kind;
        assert_eq!(verdict(&world, 1, &[("owners", 1)]), Broken);
    }
}

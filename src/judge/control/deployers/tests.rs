//! Who may deploy, and that nobody deploys what only they have seen.

use super::KIND;
use crate::control::testing::{
    World, account, account_of, control, deployment, gap, read_control, review, revision, team,
};
use crate::control::{Case, LandingCase, Role};
use portcullis_model::decision::{Finding, Verdict};
use portcullis_model::deployment::{Deployer, DeployerOrigin, Deployment};
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::person::{AccountKind, Login};
use portcullis_model::review::{Permission, ReviewState, ReviewedContent};

const BOTH: &str = "role = \"release-managers\"\nnot-author-alone = true";

/// Robin wrote request 7; Kim and Alex approved it; Sam, a release manager, deploys.
fn world() -> World {
    let mut world = World::honest();
    world.role("release-managers", &["sam", "robin"]);
    world
}

fn deployed_by(world: &World, login: &str) -> Deployment {
    let deployer = Fact::Known(Deployer { login: Login::new(login), origin: DeployerOrigin::Job });
    Deployment { deployer, ..deployment(world) }
}

fn whole(world: &World, deployment: &Deployment) -> Vec<Finding> {
    let case = Case { deployment: Some(deployment), ..world.case() };
    control(&KIND, BOTH).check(&case).unwrap()
}

fn landing(world: &World, deployment: &Deployment) -> Result<Vec<Finding>, Gap> {
    let landing = &deployment.landings.value().unwrap()[0];
    let case = LandingCase {
        landing,
        whole: &deployment.whole,
        deployment: Some(deployment),
        scope: &world.scope,
        touched: &world.touched,
    };
    control(&KIND, BOTH).check_landing(&case)
}

fn role_verdict(world: &World, login: &str) -> Verdict {
    whole(world, &deployed_by(world, login))[0].verdict
}

fn landing_verdict(world: &World, login: &str) -> Verdict {
    landing(world, &deployed_by(world, login)).unwrap()[0].verdict
}

#[test]
fn the_deployer_holds_the_role() {
    let world = world();
    assert_eq!(role_verdict(&world, "sam"), Verdict::Met);
    assert_eq!(role_verdict(&world, "SAM"), Verdict::Met);
    let found = whole(&world, &deployed_by(&world, "kim")).remove(0);
    assert_eq!(found.verdict, Verdict::Broken);
    assert_eq!(found.reason, "kim, who deploys, does not hold the role `release-managers`");
}

#[test]
fn the_role_is_held_by_person_and_by_team() {
    let mut world = world();
    world.person("Sam Example", &["sam", "sam-admin"], &[]);
    assert_eq!(role_verdict(&world, "sam-admin"), Verdict::Met);
    let managers = team("example/managers");
    let role = Role { teams: vec![managers.clone()], ..Role::default() };
    world.scope.roles.insert("release-managers".into(), role);
    assert_eq!(role_verdict(&world, "sam"), Verdict::Unproven, "the team was not asked for");
    world.facts.host.members.insert(managers.clone(), Fact::Gap(gap()));
    assert_eq!(role_verdict(&world, "sam"), Verdict::Unproven);
    world.facts.host.members.insert(managers.clone(), Fact::Known(vec![account("alex")]));
    assert_eq!(role_verdict(&world, "sam"), Verdict::Broken);
    world.facts.host.members.insert(managers, Fact::Known(vec![account("Sam")]));
    assert_eq!(role_verdict(&world, "sam"), Verdict::Met);
}

#[test]
fn a_machine_holds_no_role_and_owners_of_files_own_no_deployment() {
    let mut world = world();
    world.role("release-managers", &["deploy[bot]", "robot"]);
    world.person("Robot", &["robot"], &[]);
    world.scope.people.0[0].machine = true;
    assert_eq!(role_verdict(&world, "deploy[bot]"), Verdict::Broken);
    assert_eq!(role_verdict(&world, "robot"), Verdict::Broken);
    let owners = Role { code_owners: true, ..Role::default() };
    world.scope.roles.insert("release-managers".into(), owners);
    assert_eq!(role_verdict(&world, "sam"), Verdict::Unproven);
}

#[test]
fn an_unknown_deployer_is_unproven_and_one_that_was_only_said_is_noted() {
    let world = world();
    let unknown = Deployment { deployer: Fact::Gap(gap()), ..deployment(&world) };
    assert_eq!(whole(&world, &unknown)[0].verdict, Verdict::Unproven);
    assert!(landing(&world, &unknown).is_err());
    let said = Deployer { login: Login::new("sam"), origin: DeployerOrigin::Asserted };
    let said = whole(&world, &Deployment { deployer: Fact::Known(said), ..deployment(&world) });
    let verdicts: Vec<_> = said.iter().map(|finding| finding.verdict).collect();
    assert_eq!(verdicts, [Verdict::Met, Verdict::Noted]);
}

#[test]
fn somebody_else_opened_or_approved_what_is_deployed() {
    let mut world = world();
    assert_eq!(landing_verdict(&world, "sam"), Verdict::Met);
    assert_eq!(landing_verdict(&world, "robin"), Verdict::Met, "approved by others");
    assert_eq!(landing_verdict(&world, "kim"), Verdict::Met, "opened by another");
    world.reviews().clear();
    assert_eq!(landing_verdict(&world, "sam"), Verdict::Met);
    assert_eq!(landing_verdict(&world, "robin"), Verdict::Broken);
}

#[test]
fn two_accounts_of_the_deployer_are_no_second_person() {
    let mut world = world();
    world.person("Kim Example", &["kim", "kim-admin"], &[]);
    world.request().author = Some(account_of("app[bot]", AccountKind::Bot));
    *world.reviews() = vec![review(1, "kim", ReviewState::Approved)];
    assert_eq!(landing_verdict(&world, "kim-admin"), Verdict::Broken);
    assert_eq!(landing_verdict(&world, "sam"), Verdict::Met);
}

#[test]
fn a_stale_approval_a_deleted_author_and_a_name_in_a_commit_are_no_second_person() {
    let mut world = world();
    world.request().author = Some(account("sam"));
    *world.reviews() = vec![review(1, "kim", ReviewState::Approved)];
    world.reviews()[0].reviewed = ReviewedContent::Stated(revision('9'));
    // Robin's name in the commit proves nothing: Sam may have written it there.
    assert_eq!(landing_verdict(&world, "sam"), Verdict::Broken);
    world.reviews().clear();
    world.request().author = None;
    assert!(
        !matches!(landing(&world, &deployed_by(&world, "sam")), Ok(found) if found[0].verdict == Verdict::Met)
    );
}

#[test]
fn an_approval_of_which_something_was_not_seen_proves_nothing() {
    let mut world = world();
    *world.reviews() = vec![review(1, "kim", ReviewState::Approved)];
    world.host().permissions.insert(Login::new("kim"), Fact::Gap(gap()));
    assert!(landing(&world, &deployed_by(&world, "robin")).is_err());
    world.host().permissions.insert(Login::new("kim"), Fact::Known(Permission::Read));
    assert_eq!(landing_verdict(&world, "robin"), Verdict::Broken);
}

#[test]
fn every_request_of_a_landing_needs_a_second_person_and_a_push_has_none() {
    let world = world();
    let mut lonely = world.clone();
    lonely.reviews().clear();
    let bent = |requests| {
        let mut deployment = deployed_by(&world, "robin");
        if let Fact::Known(landings) = &mut deployment.landings {
            landings[0].requests = requests;
        }
        landing(&world, &deployment)
    };
    let both = bent(Fact::Known(vec![world.facts.clone(), lonely.facts.clone()])).unwrap();
    assert_eq!(both[0].verdict, Verdict::Broken);
    let pushed = bent(Fact::Known(Vec::new())).unwrap();
    assert_eq!(pushed[0].verdict, Verdict::Broken);
    assert!(bent(Fact::Gap(gap())).is_err());
    // What is known to be missing is not hidden by what was not seen.
    let mut unseen = world.clone();
    unseen.host().reviews = Fact::Gap(gap());
    let hidden = bent(Fact::Known(vec![unseen.facts, lonely.facts])).unwrap();
    assert_eq!(hidden[0].verdict, Verdict::Broken);
}

#[test]
fn only_landings_that_touch_an_area_are_asked() {
    let mut world = world();
    world.reviews().clear();
    world.files(&["docs/readme.md"]);
    assert_eq!(landing(&world, &deployed_by(&world, "robin")), Ok(Vec::new()));
    world.touched = Fact::Gap(gap());
    assert!(landing(&world, &deployed_by(&world, "robin")).is_err());
}

#[test]
fn a_change_that_only_lands_is_not_concerned() {
    assert_eq!(world().judge(&KIND, BOTH), Ok(Vec::new()));
}

#[test]
fn settings_that_require_nothing_do_not_parse() {
    for settings in ["", "not-author-alone = false", "role = 1", "roles = [\"x\"]"] {
        assert!(read_control(&KIND, settings).is_err(), "{settings}");
    }
    assert!(read_control(&KIND, "not-author-alone = true").is_ok());
}

/// Robin deploys what Robin wrote: the second person is whoever approved, by the policy's rule on
/// commits that the host does not state.
#[test]
fn a_derived_approval_is_a_second_person_where_the_policy_counts_it() {
    use crate::control::DerivedReviews;
    let mut world = world();
    assert_eq!(landing_verdict(&world, "robin"), Verdict::Met);
    for review in world.reviews() {
        let from = "the newest version".to_string();
        review.reviewed = ReviewedContent::Derived { commit: crate::control::testing::head(), from };
    }
    assert_eq!(landing_verdict(&world, "robin"), Verdict::Broken);
    world.scope.review_basis.derived = DerivedReviews::Accept;
    assert_eq!(landing_verdict(&world, "robin"), Verdict::Met);
}

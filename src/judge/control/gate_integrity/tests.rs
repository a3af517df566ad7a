//! Attacks on the gate itself (classes 46 to 56 of the attack list), each with the verdict it gets.

use super::*;
use crate::control::Role;
use crate::control::testing::*;
use Outcome::{Allow, Block, Undetermined};
use portcullis_model::change::{BranchName, EntryKind, FileStatus};
use portcullis_model::decision::Outcome;
use portcullis_model::protection::Branch;
use portcullis_model::review::{Review, ReviewState, ReviewedContent};

const OWNERS: &str = "role = 'gate-owners'";

fn touching(paths: &[&str]) -> World {
    let mut world = World::honest();
    world.role("gate-owners", &["sam"]);
    world.files(paths);
    world
}

fn findings(world: &World, settings: &str) -> Vec<Finding> {
    world.judge(&KIND, settings).expect("no gap")
}

#[test]
fn a_change_of_other_files_is_met_whoever_approves() {
    let mut world = World::honest();
    world.facts.host.reviews = Fact::Gap(gap());
    let found = findings(&world, "");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].verdict, Verdict::Met);
    assert!(found[0].reason.contains("nothing that steers the gate"));
}

#[test]
fn attack_47_50_and_65_gate_files_need_the_owners_of_the_gate() {
    for path in [
        "portcullis.toml",
        "Portcullis.TOML",
        "portc\u{200b}ullis.toml",
        ".github/CODEOWNERS",
        "CODEOWNERS",
        "docs/CODEOWNERS",
        "docs/codeowners",
        ".github/workflows/ci.yml",
        ".github/workflows/sub/x",
        ".github/workflows",
        ".GitHub/Workflows/ci.yml",
        ".github/actions/build/index.js",
        "action.yml",
        "tools/build/action.yaml",
    ] {
        let mut world = touching(&["README.md", path]);
        let found = findings(&world, OWNERS);
        assert_eq!(found.len(), 1, "{path}: {found:?}");
        assert_eq!(found[0].verdict, Verdict::Broken, "{path}");
        assert_eq!(found[0].subject.name, RepoPath::from(path).to_string());
        assert!(found[0].reason.contains("role `gate-owners`"), "{}", found[0].reason);
        assert_eq!(world.outcome(&KIND, ""), Allow, "{path}: two independent people, without a role");
        world.role("gate-owners", &["kim"]);
        assert_eq!(world.outcome(&KIND, OWNERS), Allow, "{path}");
    }
}

#[test]
fn files_that_controls_read_are_of_the_gate() {
    for path in ["people/trained.txt", "People/Trained.TXT"] {
        let mut world = touching(&["README.md", path]);
        assert_eq!(findings(&world, OWNERS)[0].verdict, Verdict::Met, "{path}: nothing reads it");
        world.facts.inquiry.ask_text("people/trained.txt", TextPurpose::Control);
        let found = findings(&world, OWNERS);
        assert_eq!((found.len(), found[0].verdict), (1, Verdict::Broken), "{path}: {found:?}");
        assert!(found[0].reason.contains("a file that a control reads"), "{}", found[0].reason);
        world.role("gate-owners", &["kim"]);
        assert_eq!(world.outcome(&KIND, OWNERS), Allow, "{path}");
    }
}

#[test]
fn other_files_that_look_similar_are_not_of_the_gate() {
    for path in ["src/portcullis.toml", "CODEOWNERS.md", "x/CODEOWNERS", "workflows/ci.yml", "action.yml.md"]
    {
        assert_eq!(findings(&touching(&[path]), OWNERS)[0].verdict, Verdict::Met, "{path}");
    }
}

#[test]
fn old_names_deletions_and_link_targets_count() {
    let mut renamed = touching(&["elsewhere.yml"]);
    renamed.change().files[0].old = Some(entry(".github/workflows/ci.yml"));
    renamed.change().files[0].status = FileStatus::Renamed;
    let mut deleted = touching(&[".github/workflows/ci.yml"]);
    deleted.change().files[0].new = None;
    let mut link = touching(&["innocent"]);
    link.change().files[0].new.as_mut().unwrap().kind = EntryKind::Symlink(Some("portcullis.toml".into()));
    for world in [renamed, deleted, link] {
        assert_eq!(world.outcome(&KIND, OWNERS), Block);
    }
}

#[test]
fn a_link_or_submodule_above_the_gate_is_of_the_gate() {
    let settings = "role = 'gate-owners'\ntest-configuration = ['.config/nextest.toml']";
    for (path, kind, outcome) in [
        (".config", EntryKind::Symlink(Some("docs".into())), Block),
        ("x", EntryKind::Symlink(Some(".config/nextest.toml".into())), Block),
        (".github", EntryKind::Submodule, Block),
        ("vendor/lib", EntryKind::Submodule, Allow),
        ("x", EntryKind::Symlink(Some("docs".into())), Allow),
        (".config", EntryKind::File, Allow),
    ] {
        let mut world = touching(&[path]);
        world.change().files[0].new.as_mut().unwrap().kind = kind;
        assert_eq!(world.outcome(&KIND, settings), outcome, "{path}");
    }
}

#[test]
fn one_finding_for_each_reason_with_the_other_files() {
    let world = touching(&[
        "CODEOWNERS",
        ".github/workflows/a.yml",
        ".github/workflows/b.yml",
        "pytest.ini",
        "deploy/x",
    ]);
    let settings = "role = 'gate-owners'\ntest-configuration = ['pytest.ini']\npaths = ['deploy/**']";
    let found = findings(&world, settings);
    let names: Vec<_> = found.iter().map(|found| found.subject.name.as_str()).collect();
    assert_eq!(names, ["CODEOWNERS", ".github/workflows/a.yml", "pytest.ini", "deploy/x"]);
    assert!(found[1].details.contains(&"also .github/workflows/b.yml".to_string()));
    assert_eq!(findings(&world, "").len(), 2, "nothing else is of the gate by default");
}

#[test]
fn the_policy_is_one_of_many_odd_names() {
    for policy in ["ci/[gate].toml", "ci/{a,b}.toml", "a*b?.toml", "gate !.toml", "ci/\u{e9}.toml"] {
        let mut world = touching(&[policy]);
        world.policy_at(policy);
        assert_eq!(world.outcome(&KIND, OWNERS), Block, "{policy}");
        world.files(&["ci/a.toml"]);
        assert_eq!(world.outcome(&KIND, OWNERS), Allow, "{policy}");
    }
    let bytes = RepoPath::new(b"gate\xff.toml".to_vec());
    let mut world = touching(&["x"]);
    world.policy_at(bytes.clone());
    world.change().files[0].new.as_mut().unwrap().path = bytes;
    assert_eq!(world.outcome(&KIND, OWNERS), Block);
}

#[test]
fn attack_21_the_owner_of_the_gate_who_wrote_the_change_does_not_count() {
    let mut world = touching(&["CODEOWNERS"]);
    world.role("gate-owners", &["robin"]);
    world.reviews().push(review(9, "robin", ReviewState::Approved));
    let found = findings(&world, OWNERS);
    assert_eq!(found[0].verdict, Verdict::Broken);
    assert!(found[0].details.iter().any(|line| line.contains("opened the request")), "{found:?}");
}

#[test]
fn a_role_of_code_owners_leaves_no_gate_file_without_an_owner() {
    let mut world = touching(&["portcullis.toml", "README.md"]);
    world.scope.roles.insert("gate-owners".into(), Role { code_owners: true, ..Role::default() });
    world.code_owners("/docs/ @kim\n");
    assert_eq!(world.outcome(&KIND, OWNERS), Block);
    world.code_owners("/portcullis.toml @kim\n");
    assert_eq!(world.outcome(&KIND, OWNERS), Allow, "only gate files have to have an owner");
}

#[test]
fn an_objection_to_a_change_of_the_gate_blocks() {
    let mut world = touching(&["CODEOWNERS"]);
    assert_eq!(world.outcome(&KIND, ""), Allow);
    world.reviews().push(review(9, "sam", ReviewState::ChangesRequested));
    assert_eq!(world.outcome(&KIND, ""), Block);
}

#[test]
fn the_number_of_approvals_holds_without_a_role_too() {
    let world = touching(&["CODEOWNERS"]);
    assert_eq!(world.outcome(&KIND, "approvals = 2"), Allow);
    assert_eq!(world.outcome(&KIND, "approvals = 3"), Block);
}

#[test]
fn attack_56_removing_the_policy_is_broken_whoever_approves_and_whatever_is_not_seen() {
    let mut world = touching(&["portcullis.toml"]);
    world.role("gate-owners", &["kim"]);
    world.gate().policy_text().after = None;
    let found = findings(&world, OWNERS);
    let broken = with(&found, Verdict::Broken);
    assert_eq!(broken[0].subject.to_string(), "policy portcullis.toml");
    world.host().reviews = Fact::Gap(gap());
    assert_eq!(world.outcome(&KIND, OWNERS), Block);
    world.facts.gate = Fact::Gap(gap());
    assert_eq!(world.outcome(&KIND, OWNERS), Undetermined);
}

#[test]
fn a_policy_kept_elsewhere_is_not_missed() {
    let mut world = World::honest();
    world.facts.inquiry.texts.clear();
    (world.gate().policy_text().before, world.gate().policy_text().after) = (None, None);
    world.host().branch = Fact::Gap(gap());
    assert_eq!(world.outcome(&KIND, ""), Allow);
}

#[test]
fn attack_56_a_policy_from_an_unprotected_branch_proves_nothing() {
    let mut world = World::honest();
    let branch = Branch { name: BranchName::new("main"), tip: base(), protected: false };
    world.host().branch = Fact::Known(branch);
    let found = findings(&world, "");
    let unproven = with(&found, Verdict::Unproven);
    assert_eq!(unproven[0].subject.to_string(), "branch main: policy");
    assert_eq!(unproven[0].remedy.as_deref(), Some("Protect main on the host."));
    world.host().branch = Fact::Gap(gap());
    assert_eq!(world.outcome(&KIND, ""), Undetermined);
    world.host().kind = "none".into();
    assert_eq!(world.outcome(&KIND, ""), Allow);
}

#[test]
fn attack_50_unreadable_lines_that_may_mean_touched_files_are_noted() {
    let mut world = World::honest();
    world.code_owners("* @kim\n/services/ nobody\n/other nobody\n");
    let found = findings(&world, "");
    let noted = with(&found, Verdict::Noted);
    assert_eq!(noted[0].details, ["line 2: `nobody` is no owner"]);
    world.code_owners("/services/ nobody\n* @kim\n");
    assert_eq!(with(&findings(&world, ""), Verdict::Noted).len(), 0);
}

#[test]
fn files_of_the_gate_that_only_the_way_touches_count_where_asked_for() {
    let mut world = touching(&["README.md"]);
    world.change().on_the_way = Fact::Known(vec![modified(".github/workflows/ci.yml")]);
    assert_eq!(world.outcome(&KIND, OWNERS), Allow);
    world.facts.inquiry.each_commit = true;
    assert_eq!(world.outcome(&KIND, OWNERS), Block);
    world.change().on_the_way = Fact::Gap(gap());
    assert_eq!(world.outcome(&KIND, OWNERS), Undetermined);
}

#[test]
fn an_empty_change_is_not_proven() {
    let mut world = World::honest();
    world.change().commits.clear();
    world.change().files.clear();
    assert_eq!(findings(&world, "")[0].verdict, Verdict::Unproven);
}

#[test]
fn attack_51_53_and_55_bad_settings_do_not_parse() {
    for settings in [
        "approvals = 0",
        "role = 3",
        "roles = ['x']",
        "paths = ['/x']",
        "test-configuration = ['a/**b']",
        "test_configuration = ['a']",
    ] {
        let error = read_control(&KIND, settings).map(|_| ()).expect_err(settings);
        assert!(error.span().is_some(), "{settings}: {error}");
    }
    assert_eq!(control(&KIND, "").references().len(), 0);
    assert_eq!(control(&KIND, OWNERS).references().len(), 1);
}

#[test]
fn it_always_asks_for_reviews_and_pushes() {
    let mut inquiry = Inquiry::default();
    control(&KIND, "").ask(&mut inquiry);
    assert_eq!(inquiry.topics.into_iter().collect::<Vec<_>>(), [Topic::Reviews, Topic::Pushes]);
}

#[test]
fn the_example_is_read() {
    let table: toml::Table = example(&KIND).parse().unwrap();
    let settings = toml::to_string(&table["controls"][NAME]).unwrap();
    assert_eq!(control(&KIND, &settings).references().len(), 1);
}

#[test]
fn nothing_taken_away_lets_a_change_of_the_gate_through() {
    let take: [fn(&mut World); 10] = [
        |w| w.facts.change = Fact::Gap(gap()),
        |w| w.facts.gate = Fact::Gap(gap()),
        |w| w.host().request = Fact::Gap(gap()),
        |w| w.host().reviews = Fact::Gap(gap()),
        |w| w.host().base_changed = Fact::Gap(gap()),
        |w| w.host().attribution = Fact::Gap(gap()),
        |w| w.host().last_push = Fact::Gap(gap()),
        |w| w.host().branch = Fact::Gap(gap()),
        |w| w.host().permissions.clear(),
        |w| w.reviews().clear(),
    ];
    let mut world = touching(&["CODEOWNERS"]);
    world.role("gate-owners", &["kim"]);
    for take in take {
        let mut without = world.clone();
        assert_eq!(without.outcome(&KIND, OWNERS), Allow);
        take(&mut without);
        assert_ne!(without.outcome(&KIND, OWNERS), Allow);
    }
}

#[test]
fn stale_approvals_of_a_gate_change_are_told() {
    let mut world = touching(&["CODEOWNERS"]);
    world.role("gate-owners", &["kim"]);
    world.reviews()[0] = Review {
        reviewed: ReviewedContent::Stated(revision('c')),
        ..review(1, "kim", ReviewState::Approved)
    };
    let found = findings(&world, OWNERS);
    assert_eq!(found[0].verdict, Verdict::Broken);
    assert!(found[0].details.iter().any(|line| line.contains("given on cccccccccc")));
}

/// Files that steer the gate decide what becomes of data-processing code, also where the change
/// touches none.
#[test]
fn a_derived_commit_approves_the_gate_only_where_the_policy_accepts_it_for_all_code() {
    use crate::control::DerivedReviews;
    for (derived, outcome) in [
        (DerivedReviews::Refuse, Block),
        (DerivedReviews::OutsideDataProcessing, Block),
        (DerivedReviews::Accept, Allow),
    ] {
        let mut world = touching(&["portcullis.toml"]);
        assert_eq!(world.outcome(&KIND, ""), Allow);
        for review in world.reviews() {
            let from = "the newest version".to_string();
            review.reviewed = ReviewedContent::Derived { commit: head(), from };
        }
        world.scope.review_basis.derived = derived;
        assert_eq!(world.outcome(&KIND, ""), outcome, "{derived:?}");
    }
}

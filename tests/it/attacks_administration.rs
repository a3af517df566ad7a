//! A bypass list that GitHub hides, and the proof in its place: who can change the rules. Each part is withheld, shortened and
//! contradicted, through the program as a job runs it; next to each stands its honest twin.

use crate::support::gate::judge;
use crate::support::project::{OWNERS, policy, project};
use portcullis_testkit::answer_faults::AnswerFault;
use portcullis_testkit::stage::Stage;
use portcullis_testkit::world::{Endpoint, InstalledApp, person};
use serde_json::json;

const BRANCH: &str = "protected-branch";
const BRANCH_RULES: &str = "deletion = \"blocked\"\n";

/// The honest project, where the token may not see who bypasses the ruleset.
fn hidden(setting: &str) -> Stage {
    let mut stage = project(&policy(BRANCH_RULES, &format!("{BRANCH_RULES}{setting}\n")), OWNERS);
    stage.world.rulesets[0].bypass = None;
    stage
}

const ACCEPTED: &str =
    "hidden-bypass = { administrators = [\"dana-example\"], reason = \"the token of the gate only reads\" }";

fn accepted() -> Stage {
    hidden(ACCEPTED)
}

/// The judgement of the accepted stage after a change.
fn expect(change: impl FnOnce(&mut Stage), exit: i32, text: &str) {
    let mut stage = accepted();
    change(&mut stage);
    judge(&stage).expect(exit, if exit == 0 { "" } else { BRANCH }, text);
}

#[test]
fn a_hidden_list_is_unproven_until_the_policy_takes_the_administrators_for_it() {
    judge(&hidden("")).expect(3, BRANCH, "shows bypass actors only to those who may change the ruleset");
    let verdict = judge(&accepted());
    verdict.expect(0, "", "");
    let met = verdict.findings(BRANCH, "met").iter().map(ToString::to_string).collect::<String>();
    assert!(met.contains("shown by who can administer: only dana-example can change the rules"), "{met}");
    assert!(met.contains("the token of the gate only reads"), "{met}");
}

/// The setting changes nothing where the list is shown, but that the finding says so.
#[test]
fn a_list_that_is_shown_decides() {
    let shown = |bypass| {
        let mut stage = accepted();
        stage.world.rulesets[0].bypass = Some(bypass);
        // Nothing of this is asked then.
        stage.world.administration.administrators.push(person("sam-example", 18));
        judge(&stage)
    };
    let verdict = shown(Vec::new());
    verdict.expect(0, "", "");
    let met = verdict.findings(BRANCH, "met").iter().map(ToString::to_string).collect::<String>();
    assert!(met.contains("shown by the bypass lists"), "{met}");
    let team = portcullis_model::protection::Bypass {
        kind: portcullis_model::protection::ActorKind::Team,
        id: Some(7.into()),
        name: None,
        mode: portcullis_model::protection::BypassMode::Always,
    };
    shown(vec![team]).expect(1, BRANCH, "team 7");
}

#[test]
fn each_part_that_is_withheld_leaves_it_unproven() {
    for endpoint in Endpoint::ADMINISTRATION {
        for status in [401, 403, 404] {
            // The plan is only asked where the custom roles are hidden.
            let expected = if endpoint == Endpoint::Organization { 0 } else { 3 };
            let alter = AnswerFault::Refuse(status, "Not for you".into());
            let mut stage = accepted();
            stage.world = stage.world.clone().with_fault(endpoint, alter);
            let verdict = judge(&stage);
            assert_eq!(verdict.exit, expected, "{endpoint:?} {status}: {}", verdict.text);
        }
    }
}

#[test]
fn everything_else_that_can_change_the_rules_breaks_it() {
    let sam = || person("sam-example", 18);
    expect(|stage| stage.world.administration.administrators.push(sam()), 1, "sam-example administers");
    expect(
        |stage| {
            stage.world.administration.administrators.push(sam());
            stage.world.administration.owners.push(sam());
        },
        1,
        "sam-example",
    );
    for right in [
        "administration",
        "members",
        "organization_administration",
        "organization_custom_org_roles",
        "organization_custom_roles",
    ] {
        let app = |is_suspended| InstalledApp {
            id: 62,
            slug: "settings-sync".into(),
            permissions: vec![(right.into(), "write".into())],
            is_suspended,
        };
        expect(|stage| stage.world.administration.apps.push(app(false)), 1, "app `settings-sync` (62)");
        expect(|stage| stage.world.administration.apps.push(app(true)), 0, "");
    }
    let key = |read_only| (72, "deployer".to_string(), read_only);
    expect(|stage| stage.world.administration.deploy_keys.push(key(false)), 1, "deploy key `deployer` (72)");
    expect(|stage| stage.world.administration.deploy_keys.push(key(true)), 0, "");
    for right in ["bypass_branch_protection", "edit_repo_protections", "push_protected_branch"] {
        let role = (82, "releaser".to_string(), vec!["close_issue".to_string(), right.to_string()]);
        let roles = |stage: &mut Stage| stage.world.administration.repository_roles = Some(vec![role]);
        expect(roles, 1, "role `releaser` (82)");
    }
    let rules = vec!["manage_organization_ref_rules".to_string()];
    let role = (83, "rule keeper".to_string(), rules);
    expect(|stage| stage.world.administration.organization_roles.push(role), 1, "role `rule keeper` (83)");
}

/// What is known to be wrong stays broken when another part is withheld.
#[test]
fn withholding_more_never_makes_it_milder() {
    for endpoint in Endpoint::ADMINISTRATION {
        if endpoint == Endpoint::Collaborators {
            continue;
        }
        let mut stage = accepted();
        stage.world.administration.administrators.push(person("sam-example", 18));
        stage.world =
            stage.world.clone().with_fault(endpoint, AnswerFault::Refuse(403, "Not for you".into()));
        judge(&stage).expect(1, BRANCH, "sam-example administers the repository");
    }
}

#[test]
fn lists_that_were_shortened_for_the_token_are_no_lists() {
    let people = |stage: &mut Stage| stage.world.administration.owners.clear();
    expect(people, 3, "an organisation has owners");
    let people = |stage: &mut Stage| stage.world.administration.administrators.clear();
    expect(people, 3, "there is always someone");
    let people = |stage: &mut Stage| {
        stage.world.administration.administrators = vec![person("alex-example", 13)];
    };
    expect(people, 3, "dana-example owns the organisation, and is not among the administrators");
    // A page that is missing: the second administrator is not seen.
    let cut = |stage: &mut Stage| {
        stage.world.administration.administrators.push(person("sam-example", 18));
        stage.world.page_size = 1;
        stage.world = stage.world.clone().with_fault(Endpoint::Collaborators, AnswerFault::StopAfter(1));
    };
    expect(cut, 3, "who administers the repository");
    let field = |stage: &mut Stage| {
        let alter = AnswerFault::Drop("/0/permissions".into());
        stage.world = stage.world.clone().with_fault(Endpoint::Collaborators, alter);
    };
    expect(field, 3, "who administers the repository");
    let owner = |stage: &mut Stage| {
        let alter = AnswerFault::Set("/owner/type".into(), json!("Committee"));
        stage.world = stage.world.clone().with_fault(Endpoint::Repository, alter);
    };
    expect(owner, 3, "unknown owner `Committee`");
}

/// Custom repository roles exist on one plan only; elsewhere the answer is as if they were hidden.
#[test]
fn a_plan_without_custom_roles_has_none() {
    for (plan, exit) in [(Some("team"), 0), (Some("free"), 0), (Some("enterprise"), 3), (None, 3)] {
        let change = |stage: &mut Stage| {
            stage.world.administration.repository_roles = None;
            stage.world.administration.plan = plan.map(str::to_string);
        };
        expect(change, exit, if exit == 0 { "" } else { "which custom roles may bypass" });
    }
}

/// The apps of a person are shown to nobody else.
#[test]
fn a_repository_of_a_person_needs_the_list() {
    expect(
        |stage| {
            stage.world.administration.is_organization = false;
            stage.world.administration.owners.clear();
        },
        3,
        "the repository belongs to a person",
    );
}

#[test]
fn a_renamed_administrator_is_the_person_that_the_policy_names() {
    let text = policy(BRANCH_RULES, &format!("{BRANCH_RULES}{ACCEPTED}\n"));
    let people = "[[people]]\nname = \"Dana Example\"\nlogins = [\"dana-example\", \"dana-new\"]\n\n[roles.gate-owners]";
    let mut stage = project(&text.replace("[roles.gate-owners]", people), OWNERS);
    stage.world.rulesets[0].bypass = None;
    for all in [&mut stage.world.administration.administrators, &mut stage.world.administration.owners] {
        *all = vec![person("dana-new", 19)];
    }
    judge(&stage).expect(0, "", "");
}

#[test]
fn settings_that_name_nobody_are_refused() {
    for (setting, text) in [
        ("hidden-bypass = { administrators = [], reason = \"x\" }", "an empty list names no one"),
        ("hidden-bypass = { administrators = [\"@dana\"], reason = \"x\" }", "`@dana` is not a login"),
        (
            "hidden-bypass = { administrators = [\"dana\"], reason = \" \" }",
            "say why these people are enough",
        ),
        ("hidden-bypass = { administrators = [\"dana\"] }", "reason"),
        ("hidden-bypass = true", "hidden-bypass"),
    ] {
        let verdict = judge(&hidden(setting));
        assert_eq!(verdict.exit, 4, "{setting}: {}", verdict.text);
        assert!(verdict.text.contains(text), "{setting}: {}", verdict.text);
    }
}

/// What each finding says to do, done to the letter.
#[test]
fn what_the_remedies_say_leads_there() {
    let remedies = |stage: &Stage| {
        let verdict = judge(stage);
        let found = [verdict.findings(BRANCH, "broken"), verdict.findings(BRANCH, "unproven")].concat();
        assert!(!found.is_empty(), "{}", verdict.text);
        found.iter().map(|finding| finding["remedy"].to_string()).collect::<String>()
    };
    let follow = |alter: &dyn Fn(&mut Stage), text: &str, undo: &dyn Fn(&mut Stage)| {
        let mut stage = accepted();
        alter(&mut stage);
        assert!(remedies(&stage).to_lowercase().contains(text), "{}", remedies(&stage));
        undo(&mut stage);
        judge(&stage).expect(0, "", "");
    };
    let sam = |stage: &mut Stage| stage.world.administration.administrators.push(person("sam-example", 18));
    follow(&sam, "take that right from sam-example, or name them under `hidden-bypass`", &|stage| {
        stage.world.administration.administrators.pop();
    });
    let both = ACCEPTED.replace("\"dana-example\"", "\"dana-example\", \"sam-example\"");
    let mut named = hidden(&both);
    sam(&mut named);
    judge(&named).expect(0, "", "");
    let write = |stage: &mut Stage| stage.world.administration.apps[0].permissions[1].1 = "write".into();
    follow(
        &write,
        "take the right to write `administration`, `members` and custom roles from the app",
        &|stage| {
            stage.world.administration.apps[0].permissions[1].1 = "read".into();
        },
    );
    let key = |stage: &mut Stage| stage.world.administration.deploy_keys[0].2 = false;
    follow(&key, "make the key read-only, or delete it", &|stage| {
        stage.world.administration.deploy_keys[0].2 = true;
    });
    follow(&key, "make the key read-only, or delete it", &|stage| {
        stage.world.administration.deploy_keys.clear();
    });
    let role = |stage: &mut Stage| {
        stage.world.administration.repository_roles.as_mut().unwrap()[0]
            .2
            .push("edit_repo_protections".into());
    };
    follow(&role, "take the rights to bypass and edit rules from the role", &|stage| {
        stage.world.administration.repository_roles.as_mut().unwrap()[0].2.pop();
    });
    let owners = |stage: &mut Stage| stage.world.administration.owners.clear();
    follow(&owners, "give a token of a member of the organisation", &|stage| {
        stage.world.administration.owners = vec![person("dana-example", 19)];
    });
    let personal = |stage: &mut Stage| stage.world.administration.is_organization = false;
    follow(
        &personal,
        "give a token with administration rights (write) on the repository, which shows",
        &|stage| {
            stage.world.rulesets[0].bypass = Some(Vec::new());
        },
    );
}

//! Actors and checks of hosts beyond GitHub, and the proof in place of a hidden bypass list.

use super::*;
use portcullis_model::administration::{Administration, RightsHolder};
use portcullis_model::host::{AccountConventions, HostConventions};
use portcullis_model::person::{Account, AccountKind, KnownPerson, Login};

fn force_push(actors: Vec<Bypass>) -> Protection {
    protection(vec![imposed(Rule::NoForcePush, "the rules of the branch", actors)])
}

const BLOCKED: &str = "force-push = \"blocked\"";

fn allowing(entry: &str) -> String {
    format!("{{ {BLOCKED}, bypass = [{{ {entry}, reason = \"known\" }}] }}")
}

/// Each kind of actor that other hosts have: refused without a word in the policy, accepted with
/// the very word, and with no other.
#[test]
fn each_actor_has_to_be_named_by_its_own_kind() {
    let actors = [
        (ActorKind::Writers, None, "bypass", "kind = \"writers\"", "every account that may write"),
        (
            ActorKind::ServerAccess,
            None,
            "administrators",
            "kind = \"server-access\"",
            "everyone with access to the server",
        ),
        (
            ActorKind::RepositoryRole,
            Some(30),
            "bypass",
            "kind = \"repository-role\", id = 30",
            "the repository role 30",
        ),
        (
            ActorKind::RepositoryRole,
            Some(40),
            "bypass",
            "kind = \"repository-role\", id = 40",
            "the repository role 40",
        ),
        (ActorKind::User, Some(7), "bypass", "kind = \"user\", id = \"7\"", "user 7"),
        (ActorKind::DeployKey, None, "bypass", "kind = \"deploy-key\"", "every deploy key"),
        (ActorKind::Administrators, None, "administrators", "kind = \"administrators\"", "administrators"),
    ];
    for (kind, id, class, _, named) in &actors {
        let seen = || force_push(vec![actor(*kind, *id)]);
        let findings = judged(&format!("{{ {BLOCKED} }}"), seen());
        assert_eq!(verdict(&findings, class), Verdict::Broken, "{kind:?}");
        assert!(of(&findings, class).reason.contains(named), "{:?}", of(&findings, class).reason);
        for (other, number, _, entry, _) in &actors {
            let findings = judged(&allowing(entry), seen());
            let is_same = other == kind && number == id;
            let expected = if is_same { Verdict::Met } else { Verdict::Broken };
            assert_eq!(verdict(&findings, class), expected, "{kind:?} {id:?} by `{entry}`");
        }
    }
}

#[test]
fn the_remedy_for_those_who_log_in_to_the_server_is_to_name_them() {
    let seen = force_push(vec![actor(ActorKind::ServerAccess, None)]);
    let findings = judged(&format!("{{ {BLOCKED} }}"), seen);
    let remedy = of(&findings, "administrators").remedy.clone().unwrap();
    assert!(remedy.contains("`{ kind = \"server-access\", reason = \"…\" }`"), "{remedy}");
    assert!(read_settings(&allowing("kind = \"server-access\"")).is_ok());
    let writers = judged(&format!("{{ {BLOCKED} }}"), force_push(vec![actor(ActorKind::Writers, None)]));
    assert!(of(&writers, "bypass").remedy.as_ref().unwrap().contains("let no one"));
}

/// Two sources: whoever is in a group of unknown members may be in the other list, too.
#[test]
fn groups_without_names_may_hold_anyone() {
    let both = |one: Bypass, other: Bypass| {
        protection(vec![
            imposed(Rule::NoForcePush, "one", vec![one]),
            imposed(Rule::NoForcePush, "two", vec![other]),
        ])
    };
    let settings = format!("{{ {BLOCKED} }}");
    for other in [actor(ActorKind::DeployKey, None), actor(ActorKind::User, 7), actor(ActorKind::App, 9)] {
        for group in [ActorKind::Writers, ActorKind::ServerAccess] {
            let findings = judged(&settings, both(actor(group, None), other.clone()));
            assert_eq!(verdict(&findings, "bypass"), Verdict::Unproven, "{group:?} {other:?}");
        }
    }
    let twice = both(actor(ActorKind::Writers, None), actor(ActorKind::Writers, None));
    assert_eq!(verdict(&judged(&settings, twice), "bypass"), Verdict::Broken);
}

/// On GitHub role 5 is the administrators; on another host it is any role.
#[test]
fn which_role_means_administrators_is_for_the_host_to_say() {
    let of_role = |role: Option<&str>| {
        let mut facts = facts(
            main_branch(true),
            Fact::Known(force_push(vec![actor(ActorKind::RepositoryRole, Some(5))])),
        );
        let github = HostConventions::github();
        let accounts =
            AccountConventions { administrator_role: role.map(str::to_string), ..github.accounts.clone() };
        facts.host.conventions = HostConventions { accounts, ..(*github).clone() }.into();
        let judge = |settings: &str| check_facts(&*control(settings), &facts).unwrap();
        (
            verdict(&judge(&format!("{{ {BLOCKED} }}")), "administrators"),
            verdict(&judge(&allowing("kind = \"administrators\"")), "administrators"),
        )
    };
    assert_eq!(of_role(Some("5")), (Verdict::Broken, Verdict::Met));
    // Then it is not one of the administrators, and an entry for those does not cover it.
    assert_eq!(of_role(Some("40")), (Verdict::Met, Verdict::Met));
    assert_eq!(of_role(None), (Verdict::Met, Verdict::Met));
}

#[test]
fn a_check_is_required_of_the_writer_that_the_policy_names() {
    let pipeline = Rule::PipelineCheck { name: "regression".into(), project: "police/upload".into() };
    let service = Rule::ServiceCheck { name: "regression".into(), service: 7.into() };
    let app = Rule::Check { name: "regression".into(), app: Some(15368.into()) };
    let anybody = Rule::Check { name: "regression".into(), app: None };
    let rows = [
        ("pipeline = \"police/upload\"", &pipeline),
        ("service = 7", &service),
        ("service = \"7\"", &service),
        ("app = 15368", &app),
    ];
    for (wanted, rule) in rows {
        let settings = format!("{{ checks = [{{ name = \"regression\", {wanted} }}] }}");
        for imposed_rule in [&pipeline, &service, &app, &anybody] {
            let seen = protection(vec![imposed(imposed_rule.clone(), "the rules", vec![])]);
            let findings = judged(&settings, seen);
            let found = of(&findings, "check regression");
            let expected = if imposed_rule == rule { Verdict::Met } else { Verdict::Broken };
            assert_eq!(found.verdict, expected, "{wanted}: {imposed_rule:?}");
            assert!(found.reason.contains(&rules::phrase(imposed_rule)), "{}", found.reason);
        }
    }
    let other = Rule::PipelineCheck { name: "regression".into(), project: "someone/upload".into() };
    let settings = "{ checks = [{ name = \"regression\", pipeline = \"police/upload\" }] }";
    let findings = judged(settings, protection(vec![imposed(other, "the rules", vec![])]));
    assert_eq!(verdict(&findings, "check regression"), Verdict::Broken);
}

#[test]
fn a_whole_pipeline_is_a_rule_of_its_own() {
    let with =
        |rule: Rule| judged("{ pipeline = true }", protection(vec![imposed(rule, "the rules", vec![])]));
    assert_eq!(verdict(&with(Rule::Pipeline), "pipeline"), Verdict::Met);
    assert_eq!(verdict(&with(Rule::UpToDate), "pipeline"), Verdict::Broken);
    let job = Rule::PipelineCheck { name: "pipeline".into(), project: "police/upload".into() };
    assert_eq!(verdict(&with(job), "pipeline"), Verdict::Broken);
}

#[test]
fn mistakes_in_checks_and_actors_have_their_place() {
    for (text, at, says) in [
        (
            "{ checks = [{ name = 'a', app = 1, service = 7 }] }",
            "{ name = 'a', app = 1, service = 7 }",
            "write one of `app`, `pipeline` and `service`",
        ),
        ("{ checks = [{ name = 'a', pipeline = '' }] }", "{ name = 'a', pipeline = '' }", "its project"),
        ("{ checks = [{ name = 'a', service = '' }] }", "''", "identifies nothing"),
        ("{ checks = [{ name = 'a', service = -1 }] }", "-1", "never negative"),
        ("{ checks = [{ name = 'a', service = true }] }", "true", "a number, or a text in quotes"),
        (
            "{ checks = [{ name = 'a', service = 7 }, { name = 'a', service = '7' }] }",
            "[{ name = 'a', service = 7 }, { name = 'a', service = '7' }]",
            "of this service is named twice",
        ),
        ("{ pipeline = false }", "false", "requires nothing"),
        (
            "{ pipeline = true, bypass = [{ kind = 'writers', id = 3, reason = 'x' }] }",
            "{ kind = 'writers', id = 3, reason = 'x' }",
            "has no number",
        ),
        (
            "{ pipeline = true, bypass = [{ kind = 'server-access', reason = ' ' }] }",
            "{ kind = 'server-access', reason = ' ' }",
            "say why",
        ),
        (
            "{ pipeline = true, bypass = [{ kind = 'repository-role', reason = 'x' }] }",
            "{ kind = 'repository-role', reason = 'x' }",
            "needs its number",
        ),
    ] {
        let (place, message) = mistake(text);
        assert_eq!(place, at, "{text}: {message}");
        assert!(message.contains(says), "{text}: {message}");
    }
}

fn account(login: &str, id: u64) -> Account {
    Account { login: Login::new(login), id: id.into(), kind: AccountKind::Human }
}

fn holder(name: &str) -> RightsHolder {
    RightsHolder { id: 9.into(), name: name.into() }
}

/// Dana administers and owns, and nothing else can change the rules.
fn administration() -> Administration {
    Administration {
        administrators: Fact::Known(vec![account("dana", 1)]),
        owners: Fact::Known(vec![account("dana", 1)]),
        apps: Fact::Known(Vec::new()),
        deploy_keys: Fact::Known(Vec::new()),
        roles: Fact::Known(Vec::new()),
    }
}

const ACCEPTED: &str =
    "{ approvals = 1, hidden-bypass = { administrators = ['dana'], reason = 'the token only reads' } }";

fn by_administration(settings: &str, seen: Option<Administration>, more: Vec<Requirement>) -> Vec<Finding> {
    let all = [vec![redacted(Rule::Approvals(1), "ruleset 17")], more].concat();
    let mut facts = facts(main_branch(true), Fact::Known(protection(all)));
    facts.host.administration = seen;
    check_facts(&*control(settings), &facts).unwrap()
}

fn both(findings: &[Finding]) -> [Verdict; 2] {
    ["administrators", "bypass"].map(|key| verdict(findings, key))
}

/// Every combination of what is visible: only all five parts together prove anything.
#[test]
fn every_combination_of_visibility() {
    for hidden in 0..32u32 {
        let is_hidden = |bit: u32| hidden & (1 << bit) != 0;
        let mut seen = administration();
        if is_hidden(0) {
            seen.administrators = Fact::Gap(gap("the administrators"));
        }
        if is_hidden(1) {
            seen.owners = Fact::Gap(gap("the owners"));
        }
        if is_hidden(2) {
            seen.apps = Fact::Gap(gap("the apps"));
        }
        if is_hidden(3) {
            seen.deploy_keys = Fact::Gap(gap("the keys"));
        }
        if is_hidden(4) {
            seen.roles = Fact::Gap(gap("the roles"));
        }
        let findings = by_administration(ACCEPTED, Some(seen), Vec::new());
        let expected = if hidden == 0 { Verdict::Met } else { Verdict::Unproven };
        assert_eq!(both(&findings), [expected; 2], "{hidden:05b}");
        for key in ["administrators", "bypass"] {
            let found = of(&findings, key);
            let way =
                if hidden == 0 { "shown by who can administer" } else { "the bypass list is hidden, and" };
            assert!(found.reason.starts_with(way), "{hidden:05b}: {}", found.reason);
            assert_eq!(found.remedy.is_none(), hidden == 0);
        }
    }
    assert_eq!(both(&by_administration(ACCEPTED, None, Vec::new())), [Verdict::Unproven; 2]);
    let unasked = by_administration("{ approvals = 1 }", Some(administration()), Vec::new());
    assert_eq!(both(&unasked), [Verdict::Unproven; 2], "the policy does not accept it");
}

/// Whoever the policy does not name breaks it, whatever else is hidden.
#[test]
fn each_stranger_breaks_it_and_hiding_another_part_changes_nothing() {
    type Bend = fn(&mut Administration);
    let strangers: [(&str, Bend); 5] = [
        ("sam administers the repository", |seen| {
            seen.administrators = Fact::Known(vec![account("dana", 1), account("sam", 2)]);
        }),
        ("sam owns the organisation", |seen| {
            seen.owners = Fact::Known(vec![account("dana", 1), account("sam", 2)]);
        }),
        ("app `sync` (9) may change the rules", |seen| seen.apps = Fact::Known(vec![holder("sync")])),
        ("deploy key `ci` (9) may write", |seen| seen.deploy_keys = Fact::Known(vec![holder("ci")])),
        ("role `releaser` (9) may bypass", |seen| seen.roles = Fact::Known(vec![holder("releaser")])),
    ];
    for (at, (text, make)) in strangers.into_iter().enumerate() {
        for hidden in 0..6 {
            let mut seen = administration();
            let hide: [Bend; 6] = [
                |seen| seen.administrators = Fact::Gap(gap("the administrators")),
                |seen| seen.owners = Fact::Gap(gap("the owners")),
                |seen| seen.apps = Fact::Gap(gap("the apps")),
                |seen| seen.deploy_keys = Fact::Gap(gap("the keys")),
                |seen| seen.roles = Fact::Gap(gap("the roles")),
                |_| (),
            ];
            hide[hidden](&mut seen);
            if hidden == at {
                continue;
            }
            make(&mut seen);
            let findings = by_administration(ACCEPTED, Some(seen), Vec::new());
            assert_eq!(both(&findings), [Verdict::Broken; 2], "{text} {hidden}");
            let found = of(&findings, "bypass");
            assert!(found.reason.contains(text), "{}", found.reason);
            assert!(found.remedy.is_some());
        }
    }
}

#[test]
fn an_administrator_is_the_person_and_not_the_login() {
    let mut seen = administration();
    seen.administrators = Fact::Known(vec![account("dana-admin", 4), account("dana", 1)]);
    let mut facts =
        facts(main_branch(true), Fact::Known(protection(vec![redacted(Rule::Approvals(1), "ruleset 17")])));
    facts.host.administration = Some(seen);
    let judge = |people: People| {
        let scope = PolicyScope {
            reviews: Default::default(),
            review_rules: Default::default(),
            training: None,
            datasets: Default::default(),
            notification: None,
            inventory: Inventory::default(),
            people,
            roles: BTreeMap::new(),
            deployment: Vec::new(),
            review_basis: Default::default(),
        };
        let touched = Fact::Known(Vec::new());
        let case = Case { facts: &facts, deployment: None, scope: &scope, touched: &touched };
        both(&control(ACCEPTED).check(&case).unwrap())
    };
    assert_eq!(judge(People::default()), [Verdict::Broken; 2]);
    let dana = KnownPerson {
        name: "Dana Example".into(),
        logins: vec![Login::new("dana"), Login::new("dana-admin")],
        emails: Vec::new(),
        machine: false,
    };
    assert_eq!(judge(People(vec![dana])), [Verdict::Met; 2]);
}

/// A list that another gap hides is not what the proof stands for, nor an actor that is seen.
#[test]
fn only_a_hidden_list_is_proved_so() {
    let away = Gap { reason: GapReason::Unreachable, ..gap("the bypass list of ruleset 18") };
    let unreachable =
        Requirement { rule: Rule::Approvals(1), source: "ruleset 18".into(), bypass: Fact::Gap(away) };
    let only_away = |more: Vec<Requirement>| {
        let mut facts = facts(main_branch(true), Fact::Known(protection(more)));
        facts.host.administration = Some(administration());
        both(&check_facts(&*control(ACCEPTED), &facts).unwrap())
    };
    assert_eq!(only_away(vec![unreachable.clone()]), [Verdict::Unproven; 2]);
    assert_eq!(
        only_away(vec![redacted(Rule::Approvals(1), "ruleset 17"), unreachable]),
        [Verdict::Unproven; 2]
    );
    let team = imposed(Rule::Approvals(1), "ruleset 18", vec![actor(ActorKind::Team, 7)]);
    let findings = by_administration(ACCEPTED, Some(administration()), vec![team]);
    assert_eq!(verdict(&findings, "bypass"), Verdict::Unproven, "the team may be on the hidden list");
    let nobody = imposed(Rule::Approvals(1), "ruleset 18", vec![]);
    let findings = by_administration(ACCEPTED, Some(administration()), vec![nobody]);
    assert_eq!(both(&findings), [Verdict::Met; 2]);
    assert!(of(&findings, "bypass").details.contains(&"shown by the bypass lists".to_string()));
}

#[test]
fn it_asks_who_can_administer_only_where_the_policy_takes_that() {
    let topics = |settings: &str| {
        let mut inquiry = Inquiry::default();
        control(settings).ask(&mut inquiry);
        inquiry.topics.into_iter().collect::<Vec<_>>()
    };
    assert_eq!(topics("{ approvals = 1 }"), [Topic::Protection]);
    assert_eq!(topics(ACCEPTED), [Topic::Protection, Topic::Administration]);
}

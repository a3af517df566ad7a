//! Composed protections against composed policies, the attack classes on branches, and two laws.

use super::*;
use crate::control::testing::example;
use crate::control::{Control, PolicyScope};
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::decision::Outcome;
use portcullis_model::facts::Facts;
use portcullis_model::id::ActorId;
use portcullis_model::inventory::Inventory;
use portcullis_model::person::People;
use portcullis_model::protection::{ActorKind, Branch, Bypass, BypassMode, Requirement};
use portcullis_model::review::ChangeRequest;
use proptest::prelude::*;
use std::collections::BTreeMap;
use toml::de::ValueDeserializer;

const EVERYTHING: &str = r#"{
    change-request = true, approvals = 2, dismiss-stale = true, code-owners = true, last-push-approval = true,
    checks = [{ name = "regression", app = 15368 }], up-to-date = true, force-push = "blocked", deletion = "blocked",
    administrators = true, conversation-resolution = true, signed-commits = true, linear-history = true
}"#;

fn read_settings(text: &str) -> Result<Box<dyn Control>, toml::de::Error> {
    (KIND.read)(ValueDeserializer::parse(text).unwrap())
}

fn control(text: &str) -> Box<dyn Control> {
    read_settings(text).unwrap()
}

/// The text that an error points at, and its message.
fn mistake(text: &str) -> (String, String) {
    let error = read_settings(text).unwrap_err();
    let span = error.span().expect("a place");
    (text[span].to_string(), error.message().to_string())
}

fn gap(what: &str) -> Gap {
    Gap::new(what, GapReason::NotVisible, "the answer was 404", "give the token administration read")
}

fn revision(digit: char) -> Revision {
    Revision::try_from(digit.to_string().repeat(40)).unwrap()
}

fn main_branch(protected: bool) -> Fact<Branch> {
    Fact::Known(Branch { name: BranchName::new("main"), tip: revision('b'), protected })
}

fn facts(branch: Fact<Branch>, protection: Fact<Protection>) -> Facts {
    let unasked = Gap::not_asked("the rest", "ask");
    let host = HostFacts { branch, protection, ..HostFacts::unseen("github", &unasked) };
    Facts {
        observed: Fact::Known(jiff::Timestamp::UNIX_EPOCH),
        inquiry: Inquiry::default(),
        change: Fact::Gap(unasked.clone()),
        gate: Fact::Gap(unasked.clone()),
        host,
        reports: Fact::Gap(unasked.clone()),
        line_coverage: Fact::Gap(unasked.clone()),
        evidence: Fact::Gap(unasked),
        signed: Facts::no_signed_reviews(),
    }
}

fn check_facts(control: &dyn Control, facts: &Facts) -> Result<Vec<Finding>, Gap> {
    let scope = PolicyScope {
        reviews: Default::default(),
        review_rules: Default::default(),
        training: None,
        datasets: Default::default(),
        notification: None,
        inventory: Inventory::default(),
        people: People::default(),
        roles: BTreeMap::new(),
        deployment: Vec::new(),
        review_basis: Default::default(),
    };
    control.check(&Case { facts, deployment: None, scope: &scope, touched: &Fact::Known(Vec::new()) })
}

fn judged(settings: &str, protection: Protection) -> Vec<Finding> {
    check_facts(&*control(settings), &facts(main_branch(true), Fact::Known(protection))).unwrap()
}

fn of<'a>(findings: &'a [Finding], key: &str) -> &'a Finding {
    let name = format!("main: {key}");
    findings.iter().find(|finding| finding.subject.name == name).unwrap()
}

fn verdict(findings: &[Finding], key: &str) -> Verdict {
    of(findings, key).verdict
}

fn protection(requirements: Vec<Requirement>) -> Protection {
    Protection { requirements, unseen: Vec::new() }
}

fn imposed(rule: Rule, source: &str, bypass: Vec<Bypass>) -> Requirement {
    Requirement { rule, source: source.into(), bypass: Fact::Known(bypass) }
}

fn redacted(rule: Rule, source: &str) -> Requirement {
    Requirement {
        rule,
        source: source.into(),
        bypass: Fact::Gap(gap(&format!("the bypass list of {source}"))),
    }
}

fn actor(kind: ActorKind, id: impl Into<Option<u64>>) -> Bypass {
    Bypass { kind, id: id.into().map(Into::into), name: None, mode: BypassMode::Always }
}

fn user(id: u64) -> Bypass {
    actor(ActorKind::User, id)
}

fn team(id: u64) -> Bypass {
    actor(ActorKind::Team, id)
}

fn rules() -> Vec<Rule> {
    vec![
        Rule::ChangeRequest,
        Rule::Approvals(2),
        Rule::DismissStale,
        Rule::CodeOwners,
        Rule::LastPushApproval,
        Rule::ConversationResolution,
        Rule::Check { name: "regression".into(), app: Some(15368.into()) },
        Rule::UpToDate,
        Rule::NoForcePush,
        Rule::NoDeletion,
        Rule::SignedCommits,
        Rule::LinearHistory,
    ]
}

fn all_rules() -> Protection {
    protection(rules().into_iter().map(|rule| imposed(rule, "ruleset \"main\" (17)", vec![])).collect())
}

mod settings {
    use super::*;

    #[test]
    fn what_requires_nothing_does_not_parse() {
        for (text, at, says) in [
            ("{}", "{}", "nothing is required"),
            ("{ administrators = true }", "{ administrators = true }", "nothing is required"),
            ("{ change-request = false }", "false", "requires nothing"),
            ("{ approvals = 0 }", "0", "nonzero"),
            ("{ approvals = -1 }", "-1", "nonzero"),
            ("{ checks = [] }", "[]", "requires no check"),
            ("{ force-push = \"allowed\" }", "\"allowed\"", "blocked"),
            ("{ deletion = true, approvals = 1 }", "true", ""),
        ] {
            let (place, message) = mistake(text);
            assert_eq!(place, at, "{message}");
            assert!(message.contains(says), "{text}: {message}");
        }
    }

    #[test]
    fn mistakes_in_a_list_point_at_the_entry() {
        for (entry, says) in
            [("{ name = \"a\" }", "anyone can write"), ("{ name = \"\", app = 1 }", "needs a name")]
        {
            let (place, message) = mistake(&format!("{{ checks = [{{ name = \"x\", app = 1 }}, {entry}] }}"));
            assert_eq!(place, entry, "{message}");
            assert!(message.contains(says), "{entry}: {message}");
        }
        for (entry, says) in [
            ("{ kind = \"team\", reason = \"r\" }", "needs its number"),
            ("{ kind = \"administrators\", id = 5, reason = \"r\" }", "no number"),
            ("{ kind = \"deploy-key\", id = 5, reason = \"r\" }", "no number"),
            ("{ kind = \"user\", id = 5, reason = \" \" }", "say why"),
            ("{ kind = \"other\", id = 5, reason = \"r\" }", "unknown kind"),
        ] {
            let (place, message) = mistake(&format!("{{ approvals = 1, bypass = [{entry}] }}"));
            assert_eq!(place, entry, "{message}");
            assert!(message.contains(says), "{entry}: {message}");
        }
    }

    #[test]
    fn unknown_keys_and_repetitions_are_mistakes() {
        assert_eq!(mistake("{ approvals = 1, aprovals = 2 }").0, "aprovals");
        assert_eq!(mistake("{ checks = [{ name = \"a\", app = 1, apps = 2 }] }").0, "apps");
        let twice = "{ name = \"a\", app = 1 }";
        assert!(mistake(&format!("{{ checks = [{twice}, {twice}] }}")).1.contains("twice"));
        let actor = "{ kind = \"team\", id = 7, reason = \"r\" }";
        assert!(mistake(&format!("{{ approvals = 1, bypass = [{actor}, {actor}] }}")).1.contains("twice"));
    }

    #[test]
    fn administrators_cannot_be_switched_off_but_named() {
        let (place, message) = mistake("{ approvals = 1, administrators = false }");
        assert_eq!(place, "false");
        assert!(message.contains("kind = \"administrators\""), "{message}");
        control("{ approvals = 1, bypass = [{ kind = \"administrators\", reason = \"small team\" }] }");
    }

    #[test]
    fn the_example_of_the_documentation_parses() {
        let body = example(&KIND).strip_prefix("[controls.protected-branch]\n").unwrap();
        let table: toml::Value = toml::from_str(body).unwrap();
        assert_eq!(table.as_table().unwrap().len(), 16, "every setting is shown");
        let inline = format!("{{ {} }}", body.lines().map(uncomment).collect::<Vec<_>>().join(", "));
        control(&inline);
    }

    fn uncomment(line: &str) -> &str {
        line.split(" #").next().unwrap().trim()
    }
}

#[test]
fn it_asks_for_protection() {
    let mut inquiry = Inquiry::default();
    control(EVERYTHING).ask(&mut inquiry);
    assert_eq!(inquiry.topics.into_iter().collect::<Vec<_>>(), [Topic::Protection]);
}

#[test]
fn everything_imposed_without_bypass_is_met() {
    let findings = judged(EVERYTHING, all_rules());
    assert_eq!(findings.len(), rules().len() + 2);
    assert!(findings.iter().all(|finding| finding.verdict == Verdict::Met), "{findings:#?}");
    assert!(of(&findings, "approvals").reason.contains("ruleset \"main\" (17)"));
}

#[test]
fn each_missing_rule_breaks_its_own_finding_and_no_other() {
    for rule in rules() {
        let mut some = all_rules();
        some.requirements.retain(|requirement| requirement.rule != rule);
        let findings = judged(EVERYTHING, some.clone());
        let bad: Vec<_> = findings.iter().filter(|finding| finding.verdict != Verdict::Met).collect();
        assert_eq!(bad.len(), 1, "{rule:?}");
        assert_eq!(bad[0].subject.name, format!("main: {}", rules::key(&rule)));
        assert_eq!(bad[0].verdict, Verdict::Broken);
        assert!(bad[0].remedy.as_ref().unwrap().contains("main"));

        some.unseen = vec![gap("classic protection")];
        let findings = judged(EVERYTHING, some);
        let own = of(&findings, &rules::key(&rule));
        assert_eq!(own.verdict, Verdict::Unproven, "{rule:?}");
        assert!(own.reason.contains("classic protection could not be seen"));
        assert_eq!(own.remedy.as_deref(), Some("Give the token administration read."));
        assert_eq!(
            verdict(&findings, "bypass"),
            Verdict::Unproven,
            "nobody knows who gets round an unseen source"
        );
    }
}

#[test]
fn approvals_count_by_the_strictest_source() {
    let with = |counts: &[u64]| {
        let each = counts.iter().enumerate();
        protection(each.map(|(at, n)| imposed(Rule::Approvals(*n), &format!("r{at}"), vec![])).collect())
    };
    assert_eq!(verdict(&judged("{ approvals = 2 }", with(&[1, 3])), "approvals"), Verdict::Met);
    let weak = judged("{ approvals = 2 }", with(&[1, 1]));
    assert_eq!(verdict(&weak, "approvals"), Verdict::Broken);
    assert_eq!(of(&weak, "approvals").reason, "the host requires 1 approval, not 2 approvals");
    let unseen = Protection { unseen: vec![gap("classic protection")], ..with(&[1]) };
    assert_eq!(verdict(&judged("{ approvals = 2 }", unseen), "approvals"), Verdict::Unproven);
}

#[test]
fn a_source_that_asks_for_less_closes_nothing() {
    let mix = protection(vec![
        imposed(Rule::Approvals(2), "strict", vec![user(1)]),
        imposed(Rule::Approvals(1), "mild", vec![]),
    ]);
    let findings = judged("{ approvals = 2 }", mix);
    assert_eq!(verdict(&findings, "approvals"), Verdict::Met);
    assert_eq!(verdict(&findings, "bypass"), Verdict::Broken, "user 1 needs 1 approval, not 2");
}

#[test]
fn a_gap_is_handed_on() {
    let control = control(EVERYTHING);
    let all = facts(main_branch(true), Fact::Gap(gap("the protection of main")));
    assert_eq!(check_facts(&*control, &all).unwrap_err().what, "the protection of main");
    let none = facts(Fact::Gap(gap("branch main")), Fact::Known(all_rules()));
    assert_eq!(check_facts(&*control, &none).unwrap_err().what, "branch main");
}

#[test]
fn where_nothing_is_seen_nothing_is_proven_either_way() {
    let findings =
        judged(EVERYTHING, Protection { requirements: vec![], unseen: vec![gap("classic protection")] });
    assert!(findings.iter().all(|finding| finding.verdict == Verdict::Unproven), "{findings:#?}");
}

#[test]
fn a_host_that_contradicts_itself_proves_nothing() {
    let control = control(EVERYTHING);
    let rules_without_protection = facts(main_branch(false), Fact::Known(all_rules()));
    assert_eq!(
        check_facts(&*control, &rules_without_protection).unwrap_err().reason,
        GapReason::Contradiction
    );
}

#[test]
fn the_request_names_the_branch_when_the_host_shows_none_and_must_agree_when_it_does() {
    let request = |base: &str| {
        Fact::Known(ChangeRequest {
            id: 7.into(),
            title: String::new(),
            author: None,
            open: true,
            merged: None,
            base_branch: BranchName::new(base),
            head: revision('a'),
            head_branch: Some(BranchName::new("topic")),
            head_repository: None,
        })
    };
    let mut facts = facts(Fact::Gap(gap("branch main")), Fact::Known(all_rules()));
    facts.host.request = request("main");
    assert_eq!(verdict(&check_facts(&*control(EVERYTHING), &facts).unwrap(), "approvals"), Verdict::Met);
    facts.host.branch = main_branch(true);
    facts.host.request = request("release/1");
    assert_eq!(check_facts(&*control(EVERYTHING), &facts).unwrap_err().reason, GapReason::Contradiction);
}

#[test]
fn the_order_of_the_hosts_lists_changes_nothing() {
    let mut one = all_rules();
    one.requirements.push(imposed(Rule::Approvals(2), "classic protection", vec![team(2), user(9), user(1)]));
    one.requirements.push(imposed(
        Rule::CodeOwners,
        "a",
        vec![team(3), actor(ActorKind::Administrators, None)],
    ));
    one.requirements.retain(|requirement| requirement.source != "ruleset \"main\" (17)");
    one.unseen = vec![gap("x"), gap("b")];
    let mut other = one.clone();
    other.requirements.reverse();
    other.unseen.reverse();
    for requirement in &mut other.requirements {
        if let Fact::Known(actors) = &mut requirement.bypass {
            actors.reverse();
        }
    }
    assert_eq!(judged(EVERYTHING, one), judged(EVERYTHING, other));
}

mod attacks {
    use super::*;

    #[test]
    fn attack_01_direct_push_is_possible_without_a_change_request_rule() {
        let findings =
            judged("{ change-request = true }", protection(vec![imposed(Rule::Approvals(2), "r", vec![])]));
        assert_eq!(verdict(&findings, "change-request"), Verdict::Broken);
    }

    #[test]
    fn attack_02_each_kind_of_bypass_actor_in_each_mode_is_named() {
        use ActorKind::*;
        let kinds = [
            Administrators,
            RepositoryRole,
            OrganizationAdmin,
            Enterprise,
            Team,
            User,
            App,
            DeployKey,
            Other,
        ];
        for kind in kinds {
            for mode in [BypassMode::Always, BypassMode::ChangeRequest, BypassMode::Exempt] {
                let actor = Bypass { kind, id: Some(9.into()), name: Some("odd one".into()), mode };
                let findings = judged(
                    "{ approvals = 1 }",
                    protection(vec![imposed(Rule::Approvals(1), "ruleset \"x\" (3)", vec![actor])]),
                );
                let admin = matches!(kind, Administrators | OrganizationAdmin | Enterprise);
                let (hit, clear) =
                    if admin { ("administrators", "bypass") } else { ("bypass", "administrators") };
                assert_eq!(verdict(&findings, hit), Verdict::Broken, "{kind:?} {mode:?}");
                assert_eq!(verdict(&findings, clear), Verdict::Met, "{kind:?} {mode:?}");
                let detail = &of(&findings, hit).details[0];
                for part in ["odd one", "approvals", "ruleset \"x\" (3)", bypass::describe_mode(mode)] {
                    assert!(detail.contains(part), "{detail}");
                }
            }
        }
    }

    #[test]
    fn attack_02_a_list_that_is_not_shown_is_unproven_and_not_empty() {
        let findings =
            judged("{ approvals = 1 }", protection(vec![redacted(Rule::Approvals(1), "ruleset 17")]));
        for key in ["administrators", "bypass"] {
            assert_eq!(verdict(&findings, key), Verdict::Unproven);
            assert!(of(&findings, key).reason.contains("the bypass list of ruleset 17 could not be seen"));
        }
    }

    #[test]
    fn attack_03_an_administrator_who_is_not_bound_or_has_switched_the_rule_off_is_found() {
        let unbound = vec![actor(ActorKind::Administrators, None)];
        let findings = judged(
            "{ force-push = \"blocked\" }",
            protection(vec![imposed(Rule::NoForcePush, "classic protection", unbound)]),
        );
        assert_eq!(verdict(&findings, "administrators"), Verdict::Broken);
        let off = judged("{ force-push = \"blocked\" }", protection(vec![]));
        assert_eq!(verdict(&off, "force-push"), Verdict::Broken);
        assert_eq!(verdict(&off, "administrators"), Verdict::Broken);
    }

    #[test]
    fn attack_04_a_ruleset_that_is_not_active_or_misses_the_branch_imposes_nothing() {
        // Such rulesets yield no requirements; what stays is a branch with none.
        let findings = judged(EVERYTHING, protection(vec![]));
        assert!(findings.iter().all(|finding| finding.verdict == Verdict::Broken), "{findings:#?}");
    }

    #[test]
    fn attack_05_classic_protection_that_spares_administrators_is_closed_only_by_a_ruleset_that_does_not() {
        let spared = || {
            imposed(Rule::Approvals(2), "classic protection", vec![actor(ActorKind::Administrators, None)])
        };
        let settings = "{ approvals = 2 }";
        assert_eq!(verdict(&judged(settings, protection(vec![spared()])), "administrators"), Verdict::Broken);
        let closed = protection(vec![spared(), imposed(Rule::Approvals(2), "ruleset", vec![])]);
        assert_eq!(verdict(&judged(settings, closed), "administrators"), Verdict::Met);
        let both = protection(vec![
            spared(),
            imposed(Rule::Approvals(2), "ruleset", vec![actor(ActorKind::RepositoryRole, 5)]),
        ]);
        let findings = judged(settings, both);
        assert_eq!(verdict(&findings, "administrators"), Verdict::Broken, "two names of the same people");
        let detail = &of(&findings, "administrators").details[0];
        assert!(detail.contains("classic protection") && detail.contains("ruleset:"), "{detail}");
    }

    #[test]
    fn attack_06_a_branch_that_can_be_deleted_and_made_anew_is_found() {
        let mut all = all_rules();
        all.requirements.retain(|requirement| requirement.rule != Rule::NoDeletion);
        assert_eq!(verdict(&judged(EVERYTHING, all), "deletion"), Verdict::Broken);
    }

    #[test]
    fn attack_54_a_branch_that_no_rule_matches_is_blocked_and_not_passed_over() {
        let hidden = Protection { requirements: vec![], unseen: vec![gap("classic protection")] };
        let open = facts(main_branch(false), Fact::Known(hidden));
        let findings = check_facts(&*control(EVERYTHING), &open).unwrap();
        assert_eq!(findings.len(), rules().len() + 2);
        assert!(findings.iter().all(|finding| finding.verdict == Verdict::Broken), "{findings:#?}");
    }

    #[test]
    fn attack_64_a_required_check_that_anybody_or_another_app_may_write_is_not_the_wanted_one() {
        for app in [None, Some(1)] {
            let rule = Rule::Check { name: "regression".into(), app: app.map(Into::into) };
            let findings = judged(
                "{ checks = [{ name = \"regression\", app = 15368 }] }",
                protection(vec![imposed(rule.clone(), "classic protection", vec![])]),
            );
            let found = of(&findings, "check regression");
            assert_eq!(found.verdict, Verdict::Broken);
            assert!(found.reason.contains(&rules::phrase(&rule)), "{}", found.reason);
        }
    }

    #[test]
    fn attack_83_an_empty_answer_is_no_success() {
        for settings in ["{ approvals = 1 }", "{ signed-commits = true }", EVERYTHING] {
            assert_eq!(Outcome::of(&judged(settings, protection(vec![]))), Outcome::Block);
        }
    }
}

mod arithmetic {
    use super::*;

    /// The verdicts on administrators and on others for one rule, imposed by one source for each
    /// list.
    fn verdicts(rule: Rule, lists: Vec<Option<Vec<Bypass>>>) -> (Verdict, Verdict) {
        let settings = match rule {
            Rule::NoForcePush => "{ force-push = \"blocked\" }",
            Rule::ChangeRequest => "{ change-request = true }",
            _ => "{ approvals = 1 }",
        };
        let locks = lists.into_iter().enumerate().map(|(at, list)| match list {
            Some(list) => imposed(rule.clone(), &format!("r{at}"), list),
            None => redacted(rule.clone(), &format!("r{at}")),
        });
        let findings = judged(settings, protection(locks.collect()));
        (verdict(&findings, "administrators"), verdict(&findings, "bypass"))
    }

    #[test]
    fn lists_of_several_sources() {
        use ActorKind::{
            Administrators, App, DeployKey, Enterprise, OrganizationAdmin, Other, RepositoryRole,
        };
        use Verdict::{Broken, Met, Unproven};
        let nameless = |kind| actor(kind, None);
        let role = |id: u64| actor(RepositoryRole, id);
        let app = |id: u64| actor(App, id);
        let table = [
            ("one source", vec![vec![user(1)]], Met, Broken),
            ("an empty list closes", vec![vec![user(1)], vec![]], Met, Met),
            ("the same user", vec![vec![user(1)], vec![user(1), user(2)]], Met, Broken),
            ("two users", vec![vec![user(1)], vec![user(2)]], Met, Met),
            ("a user and a team", vec![vec![user(1)], vec![team(1)]], Met, Unproven),
            ("two teams", vec![vec![team(1)], vec![team(2)]], Met, Unproven),
            ("a team between two users", vec![vec![user(1)], vec![team(1)], vec![user(2)]], Met, Met),
            ("an app and a user", vec![vec![app(1)], vec![user(1)]], Met, Met),
            ("an app and a team", vec![vec![app(1)], vec![team(1)]], Met, Met),
            ("an app and a role", vec![vec![app(1)], vec![role(4)]], Met, Unproven),
            ("two apps", vec![vec![app(1)], vec![app(2)]], Met, Met),
            ("deploy keys and a user", vec![vec![nameless(DeployKey)], vec![user(1)]], Met, Met),
            ("deploy keys and a team", vec![vec![nameless(DeployKey)], vec![team(1)]], Met, Met),
            ("deploy keys twice", vec![vec![nameless(DeployKey)], vec![nameless(DeployKey)]], Met, Broken),
            (
                "deploy keys and who knows",
                vec![vec![nameless(DeployKey)], vec![actor(Other, 1)]],
                Met,
                Unproven,
            ),
            ("who knows, twice", vec![vec![actor(Other, 1)], vec![actor(Other, 1)]], Met, Unproven),
            (
                "administrators and a user",
                vec![vec![nameless(Administrators)], vec![user(1)]],
                Unproven,
                Unproven,
            ),
            ("administrators by two names", vec![vec![nameless(Administrators)], vec![role(5)]], Broken, Met),
            ("other roles", vec![vec![role(2)], vec![role(4)]], Met, Unproven),
            (
                "owners and administrators",
                vec![vec![nameless(OrganizationAdmin)], vec![role(5)]],
                Unproven,
                Met,
            ),
            (
                "owners by number and without",
                vec![vec![actor(OrganizationAdmin, 1)], vec![nameless(OrganizationAdmin)]],
                Broken,
                Met,
            ),
            (
                "roles of the enterprise",
                vec![vec![actor(Enterprise, 1)], vec![actor(Enterprise, 2)]],
                Unproven,
                Met,
            ),
        ];
        for (what, lists, administrators, others) in table {
            let lists: Vec<_> = lists.into_iter().map(Some).collect();
            assert_eq!(verdicts(Rule::Approvals(1), lists.clone()), (administrators, others), "{what}");
            let backwards = lists.into_iter().rev().collect();
            assert_eq!(
                verdicts(Rule::Approvals(1), backwards),
                (administrators, others),
                "{what}, backwards"
            );
        }
    }

    #[test]
    fn users_without_numbers_are_never_told_apart() {
        let named = |name: &str| Bypass { name: Some(name.into()), ..actor(ActorKind::User, None) };
        let rule = Rule::Approvals(1);
        let verdict =
            |one: Bypass, other: Bypass| verdicts(rule.clone(), vec![Some(vec![one]), Some(vec![other])]).1;
        assert_eq!(verdict(named("robin"), named("robin")), Verdict::Broken);
        assert_eq!(verdict(named("robin"), named("kim")), Verdict::Unproven);
        assert_eq!(verdict(named("robin"), user(1)), Verdict::Unproven);
    }

    #[test]
    fn a_list_that_is_not_shown_matters_only_where_nothing_else_closes() {
        use Verdict::{Met, Unproven};
        let rule = Rule::Approvals(1);
        assert_eq!(verdicts(rule.clone(), vec![None]), (Unproven, Unproven));
        assert_eq!(verdicts(rule.clone(), vec![None, Some(vec![])]), (Met, Met));
        assert_eq!(verdicts(rule.clone(), vec![None, Some(vec![user(1)])]), (Met, Unproven));
        assert_eq!(verdicts(rule, vec![None, Some(vec![user(1)]), Some(vec![user(2)])]), (Met, Met));
    }

    #[test]
    fn a_bypass_for_merging_opens_neither_direct_pushes_nor_force_pushes() {
        let merging =
            |rule| verdicts(rule, vec![Some(vec![Bypass { mode: BypassMode::ChangeRequest, ..user(1) }])]).1;
        assert_eq!(merging(Rule::ChangeRequest), Verdict::Met);
        assert_eq!(merging(Rule::NoForcePush), Verdict::Met);
        assert_eq!(merging(Rule::Approvals(1)), Verdict::Broken);
        let exempt =
            |rule| verdicts(rule, vec![Some(vec![Bypass { mode: BypassMode::Exempt, ..user(1) }])]).1;
        assert_eq!(exempt(Rule::NoForcePush), Verdict::Broken);
    }

    #[test]
    fn a_source_that_is_not_seen_might_close_the_way_and_proves_nothing() {
        let open = imposed(Rule::Approvals(1), "r", vec![user(1)]);
        let seen = Protection { requirements: vec![open], unseen: vec![gap("classic protection")] };
        let findings = judged("{ approvals = 1 }", seen);
        assert_eq!(verdict(&findings, "approvals"), Verdict::Met);
        assert_eq!(verdict(&findings, "bypass"), Verdict::Unproven);
        assert!(of(&findings, "bypass").details[0].contains("user 1"));
    }

    #[test]
    fn actors_that_the_policy_names_may_and_are_shown_with_the_reason() {
        let settings = r#"{ approvals = 1, bypass = [
            { kind = "team", id = 7, reason = "release engineers" }, { kind = "administrators", reason = "small team" },
        ] }"#;
        let list = vec![team(7), actor(ActorKind::RepositoryRole, 5)];
        let findings = judged(settings, protection(vec![imposed(Rule::Approvals(1), "r", list.clone())]));
        assert_eq!(verdict(&findings, "bypass"), Verdict::Met);
        assert_eq!(verdict(&findings, "administrators"), Verdict::Met);
        assert!(of(&findings, "bypass").details[0].contains("release engineers"));
        assert!(of(&findings, "administrators").details[0].contains("small team"));
        let more = [list, vec![team(8), actor(ActorKind::OrganizationAdmin, 1)]].concat();
        let findings = judged(settings, protection(vec![imposed(Rule::Approvals(1), "r", more)]));
        assert!(of(&findings, "bypass").reason.contains("team 8"));
        assert_eq!(verdict(&findings, "administrators"), Verdict::Broken);
    }

    #[test]
    fn one_sentence_names_an_actor_with_all_that_it_gets_round() {
        let list = || vec![Bypass { name: Some("release".into()), ..team(7) }];
        let seen = protection(vec![
            imposed(Rule::ChangeRequest, "ruleset \"main\" (17)", list()),
            imposed(Rule::NoForcePush, "ruleset \"main\" (17)", list()),
        ]);
        let findings = judged("{ change-request = true, force-push = \"blocked\" }", seen);
        assert_eq!(
            of(&findings, "bypass").details,
            ["team 7 (release) can bypass change-request, force-push \
              (ruleset \"main\" (17): always, including direct pushes)"]
        );
    }

    #[test]
    fn roles_are_shown_by_name() {
        let findings = judged(
            "{ approvals = 1 }",
            protection(vec![imposed(Rule::Approvals(1), "r", vec![actor(ActorKind::RepositoryRole, 2)])]),
        );
        assert!(of(&findings, "bypass").reason.contains("repository role 2 (maintain)"));
    }
}

mod laws {
    use super::*;

    const SETTINGS: &str = r#"{ change-request = true, approvals = 2, force-push = "blocked" }"#;

    fn any_actor() -> impl Strategy<Value = Bypass> {
        use ActorKind::*;
        let kind = prop::sample::select(vec![
            Administrators,
            RepositoryRole,
            OrganizationAdmin,
            Enterprise,
            Team,
            User,
            App,
            DeployKey,
            Other,
        ]);
        let mode =
            prop::sample::select(vec![BypassMode::Always, BypassMode::ChangeRequest, BypassMode::Exempt]);
        let id = prop::option::of(prop::sample::select(vec![1_u64, 2, 5]));
        let name = prop::option::of(prop::sample::select(vec!["robin".to_string(), "kim".to_string()]));
        (kind, id, name, mode).prop_map(|(kind, id, name, mode)| Bypass {
            kind,
            id: id.map(Into::into),
            name,
            mode,
        })
    }

    fn any_requirement() -> impl Strategy<Value = Requirement> {
        let rule = prop::sample::select(vec![
            Rule::ChangeRequest,
            Rule::Approvals(1),
            Rule::Approvals(2),
            Rule::Approvals(3),
            Rule::NoForcePush,
        ]);
        let source =
            prop::sample::select(vec!["classic protection", "ruleset \"a\" (1)", "ruleset \"b\" (2)"]);
        let bypass = prop_oneof![
            4 => prop::collection::vec(any_actor(), 0..3).prop_map(Fact::Known),
            1 => Just(Fact::Gap(gap("a bypass list"))),
        ];
        (rule, source, bypass).prop_map(|(rule, source, bypass)| Requirement {
            rule,
            source: source.into(),
            bypass,
        })
    }

    fn any_protection() -> impl Strategy<Value = Protection> {
        let unseen = prop_oneof![3 => Just(vec![]), 1 => Just(vec![gap("classic protection")])];
        (prop::collection::vec(any_requirement(), 0..8), unseen)
            .prop_map(|(requirements, unseen)| Protection { requirements, unseen })
    }

    fn outcome(protection: &Protection) -> Outcome {
        Outcome::of(&judged(SETTINGS, protection.clone()))
    }

    /// Withheld evidence of a defect may turn "no" into "cannot tell", and nothing into "yes".
    fn no_milder(before: Outcome, after: Outcome) -> bool {
        after >= before.min(Outcome::Undetermined)
    }

    proptest! {
        #[test]
        fn one_more_actor_is_never_milder(all in any_protection(), at in any::<prop::sample::Index>(), more in any_actor()) {
            prop_assume!(!all.requirements.is_empty());
            let mut longer = all.clone();
            let at = at.index(all.requirements.len());
            if let Fact::Known(actors) = &mut longer.requirements[at].bypass {
                actors.push(more);
            }
            prop_assert!(outcome(&longer) >= outcome(&all));
        }

        #[test]
        fn a_hidden_list_or_source_is_never_milder(all in any_protection(), at in any::<prop::sample::Index>()) {
            let before = outcome(&all);
            let unseen = [all.unseen.clone(), vec![gap("another source")]].concat();
            let partly = Protection { unseen, ..all.clone() };
            prop_assert!(no_milder(before, outcome(&partly)));
            prop_assume!(!all.requirements.is_empty());
            let at = at.index(all.requirements.len());
            let mut hidden = all.clone();
            hidden.requirements[at].bypass = Fact::Gap(gap("a bypass list"));
            prop_assert!(no_milder(before, outcome(&hidden)));
            let mut moved = all.clone();
            moved.requirements.remove(at);
            moved.unseen.push(gap("a source"));
            prop_assert!(no_milder(before, outcome(&moved)));
        }

        #[test]
        fn one_more_rule_that_nobody_gets_round_is_never_worse(all in any_protection(), more in any_requirement()) {
            let mut stricter = all.clone();
            stricter.requirements.push(Requirement { bypass: Fact::Known(vec![]), ..more });
            prop_assert!(outcome(&stricter) <= outcome(&all));
        }

        #[test]
        fn who_could_get_round_in_some_world_is_never_overlooked(all in any_protection()) {
            let through = |who: &Who, rule: &Rule| {
                let mut locks = all.requirements.iter().filter(|seen| rules::fulfils(&seen.rule, rule));
                locks.all(|seen| seen.bypass.value().is_none_or(|list| list.iter().any(|entry| who.passes(entry, rule))))
            };
            let rules = [Rule::ChangeRequest, Rule::Approvals(2), Rule::NoForcePush];
            if rules.iter().any(|rule| everybody().iter().any(|who| through(who, rule))) {
                prop_assert!(outcome(&all) > Outcome::Allow);
            }
        }
    }

    /// Somebody in the world that is worst for us: every user is in every group.
    enum Who {
        User(u64),
        App(u64),
        DeployKey,
    }

    fn everybody() -> Vec<Who> {
        let ids = || [1_u64, 2, 5, 99].into_iter();
        ids().map(Who::User).chain(ids().map(Who::App)).chain([Who::DeployKey]).collect()
    }

    impl Who {
        fn passes(&self, entry: &Bypass, rule: &Rule) -> bool {
            let direct = matches!(rule, Rule::ChangeRequest | Rule::NoForcePush);
            let may_be = |id: &u64| entry.id.as_ref().is_none_or(|entry| *entry == ActorId::from(*id));
            let is_entry = match (self, entry.kind) {
                (_, ActorKind::Other) => true,
                (Who::User(id), ActorKind::User) => may_be(id),
                (Who::App(id), ActorKind::App) => may_be(id),
                (Who::DeployKey, kind) => kind == ActorKind::DeployKey,
                (_, ActorKind::User | ActorKind::App | ActorKind::DeployKey) => false,
                (Who::App(_), ActorKind::Team) => false,
                _ => true,
            };
            is_entry && !(direct && entry.mode == BypassMode::ChangeRequest)
        }
    }
}

mod other_hosts;

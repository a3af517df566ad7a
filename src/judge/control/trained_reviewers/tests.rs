//! Attacks on the training of reviewers, each with its honest twin. All but that on signed reviews
//! are whole decisions: the policy and the register are read as they are in a repository.

use super::*;
use crate::control::testing::*;
use crate::decide::{audit_approvals, decide, decide_deployment, decide_landed};
use crate::policy::Policy;
use portcullis_model::decision::{Decision, Outcome};
use portcullis_model::facts::GateText;
use portcullis_model::inquiry::TextPurpose;
use portcullis_model::person::{Account, Login};
use portcullis_model::review::{Permission, ReviewState};
use portcullis_model::training::REGISTER_PATH;

const POLICY: &str = r#"
schema = 1
[project]
name = "Records"
[branches]
deployment = ["main"]
[[data-processing]]
name = "upload"
purpose = "Loads records"
paths = ["services/upload/**"]
[roles.data-protection]
users = ["kim", "alex"]
[training.courses.secure-review]
title = "Reviewing code that processes personal data"
valid-for = "365d"
[controls.required-reviews]
approvals = 1
[controls.trained-reviewers]
courses = ["secure-review"]
"#;

/// Review `n` is of second 1000 + `n` of 1970; Kim approves at 00:16:41 UTC, Alex one second later.
const KIM: &str = r#"
[[people]]
name = "Kim Example"
logins = ["kim"]
training = [{ course = "secure-review", completed = "1970-01-01T00:10:00Z" }]
"#;

fn policy(more: &str) -> Policy {
    Policy::parse(&format!("{POLICY}{more}")).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn world(policy: &Policy, register: Option<&str>) -> World {
    let mut world = World::honest();
    world.facts.inquiry = policy.inquiry(Some("portcullis.toml".into()));
    let text = Some(policy.text.clone());
    *world.gate().policy_text() =
        GateText { before: text.clone(), after: text, ..world.gate().policy_text().clone() };
    let entry = world.gate().entry(REGISTER_PATH, TextPurpose::Control);
    entry.before = register.map(|people| format!("schema = 1\n{people}"));
    world
}

/// What the control finds of the honest change, approved by Kim and then by Alex.
fn judge(settings: &str, register: Option<&str>) -> Decision {
    let policy = policy(settings);
    decide(&policy, &world(&policy, register).facts)
}

fn found(decision: &Decision) -> &Finding {
    let mut all = decision.findings.iter().filter(|finding| finding.control == NAME);
    let first = all.next().unwrap_or_else(|| panic!("{decision:#?}"));
    assert!(all.next().is_none(), "{decision:#?}");
    first
}

fn expect(verdict: Verdict, decision: &Decision, words: &str) {
    let found = found(decision);
    let text = format!("{}\n{}", found.reason, found.details.join("\n"));
    assert_eq!(found.verdict, verdict, "{text}");
    assert!(text.contains(words), "{words:?} is not in:\n{text}");
}

fn entry(name: &str, login: &str, training: &str) -> String {
    format!("\n[[people]]\nname = \"{name}\"\nlogins = [\"{login}\"]\ntraining = [{training}]\n")
}

fn trained(completed: &str, expires: &str) -> String {
    format!("{{ course = \"secure-review\", completed = \"{completed}\", expires = \"{expires}\" }}")
}

#[test]
fn an_approval_of_a_trained_person_suffices_beside_one_of_an_untrained_person() {
    let both = format!("{KIM}{}", entry("Alex Example", "alex", ""));
    let decision = judge("", Some(&both));
    expect(Verdict::Met, &decision, "alex has no training in `secure-review`");
    assert_eq!(decision.outcome, Outcome::Allow, "{decision:#?}");
}

#[test]
fn an_approval_of_an_untrained_person_is_not_one_of_the_required_ones() {
    let both = format!("{}{}", entry("Kim Example", "kim", ""), entry("Alex Example", "alex", ""));
    let decision = judge("", Some(&both));
    expect(Verdict::Broken, &decision, "0 of 1 required independent approvals");
    assert_eq!(decision.outcome, Outcome::Block);
    let found = found(&decision);
    assert!(found.remedy.as_ref().is_some_and(|it| it.contains("whose training in `secure-review`")));
}

#[test]
fn two_required_approvals_need_two_trained_people() {
    let policy = Policy::parse(&POLICY.replace("approvals = 1", "approvals = 2")).unwrap();
    let both = |alex: &str| format!("{KIM}{}", entry("Alex Example", "alex", alex));
    let decision = |register: &str| decide(&policy, &world(&policy, Some(register)).facts);
    expect(Verdict::Broken, &decision(&both("")), "1 of 2");
    let early = trained("1970-01-01T00:00:00Z", "1970-01-02");
    expect(Verdict::Met, &decision(&both(&early)), "kim");
    // The policy can ask for fewer trained people than approvals.
    let fewer = format!("{}approvals = 1\n", policy.text);
    let fewer = Policy::parse(&fewer).unwrap();
    expect(Verdict::Met, &decide(&fewer, &world(&fewer, Some(&both(""))).facts), "alex has no training");
}

#[test]
fn a_role_is_filled_by_trained_people() {
    let roles =
        "[controls.required-reviews.areas.upload]\nroles = [{ role = \"data-protection\", approvals = 1 }]\n";
    let policy = policy(roles);
    let mut world = world(&policy, Some(KIM));
    world.host().permissions.insert(Login::new("sam"), Fact::Known(Permission::Write));
    world.reviews().push(review(3, "sam", ReviewState::Approved));
    expect(Verdict::Met, &decide(&policy, &world.facts), "kim");
    let sam = entry("Sam Example", "sam", &trained("1970-01-01T00:00:00Z", "1970-01-02"));
    let others = format!("{sam}{}{}", entry("Kim", "kim", ""), entry("Alex", "alex", ""));
    world.gate().entry(REGISTER_PATH, TextPurpose::Control).before = Some(format!("schema = 1\n{others}"));
    expect(Verdict::Broken, &decide(&policy, &world.facts), "by role `data-protection`");
}

#[test]
fn an_unknown_person_is_unknown_and_never_untrained() {
    let others = entry("Robin Example", "robin", "");
    let decision = judge("", Some(&others));
    expect(Verdict::Unproven, &decision, "no entry of portcullis-people.toml has this account");
    assert_eq!(decision.outcome, Outcome::Undetermined);
    expect(
        Verdict::Broken,
        &judge("unknown = \"refuse\"\n", Some(&others)),
        "no entry of portcullis-people.toml",
    );
    // An approval of a person who is known suffices, whether or not unknown people approved too.
    expect(Verdict::Met, &judge("", Some(KIM)), "kim");
    expect(Verdict::Met, &judge("unknown = \"refuse\"\n", Some(KIM)), "no entry of portcullis-people.toml");
}

#[test]
fn training_in_the_register_that_the_change_brings_does_not_count_yet() {
    let (policy, alex) = (policy(""), entry("Alex", "alex", ""));
    let mut world = world(&policy, Some(&format!("{}{alex}", entry("Kim", "kim", ""))));
    world.gate().entry(REGISTER_PATH, TextPurpose::Control).after = Some(format!("schema = 1\n{KIM}{alex}"));
    world.files(&["services/upload/load.rs", REGISTER_PATH]);
    let decision = decide(&policy, &world.facts);
    expect(Verdict::Broken, &decision, "kim has no training");
    let of_gate = decision.findings.iter().find(|found| found.control == "gate-integrity").unwrap();
    assert!(of_gate.reason.contains("a file that a control reads"), "{}", of_gate.reason);
    // The same register at the base counts.
    world.gate().entry(REGISTER_PATH, TextPurpose::Control).before = Some(format!("schema = 1\n{KIM}"));
    expect(Verdict::Met, &decide(&policy, &world.facts), "kim");
}

#[test]
fn training_ends_at_the_second_and_in_the_time_zone_that_the_register_says() {
    let alone = |training: &str| judge("", Some(&entry("Kim", "kim", training)));
    for (completed, expires, verdict, words) in [
        ("1970-01-01T00:00:00Z", "1970-01-01T00:16:41Z", Verdict::Broken, "ended at 1970-01-01T00:16:41Z"),
        (
            "1970-01-01T00:00:00Z",
            "1970-01-01T01:16:41+01:00",
            Verdict::Broken,
            "ended at 1970-01-01T00:16:41Z",
        ),
        ("1970-01-01T00:00:00Z", "1970-01-01T01:16:42+01:00", Verdict::Met, "kim"),
        ("1970-01-01T00:16:41Z", "1970-01-02", Verdict::Met, "kim"),
        ("1970-01-01T00:16:42Z", "1970-01-02", Verdict::Broken, "only by 1970-01-01T00:16:42Z"),
        // A date alone says nothing of the hour: it counts from the end of the day.
        ("1970-01-01", "1971-01-01", Verdict::Broken, "only by 1970-01-02T00:00:00Z"),
        ("1969-12-31", "1971-01-01", Verdict::Met, "kim"),
        ("1969-12-01", "1970-01-01", Verdict::Broken, "ended at 1970-01-01T00:00:00Z"),
    ] {
        let decision = alone(&trained(completed, expires));
        // Alex is unknown: with Kim untrained nothing is known of anyone else.
        let verdict = if verdict == Verdict::Broken { Verdict::Unproven } else { verdict };
        expect(verdict, &decision, words);
    }
}

#[test]
fn grace_is_counted_from_the_end_and_told() {
    let kim = entry("Kim", "kim", &trained("1969-01-01T00:00:00Z", "1969-12-31"));
    let both = format!("{kim}{}", entry("Alex", "alex", ""));
    expect(Verdict::Broken, &judge("", Some(&both)), "ended at 1969-12-31");
    expect(Verdict::Met, &judge("grace = \"14d\"\n", Some(&both)), "counts by `grace`");
    expect(Verdict::Broken, &judge("grace = \"1d\"\n", Some(&both)), "ended at 1969-12-31");
}

#[test]
fn a_waived_course_is_told_and_can_be_refused() {
    let waived = r#"{ course = "secure-review", completed = "1969-12-31", waived = "taught it for years" }"#;
    let both = format!("{}{}", entry("Kim", "kim", waived), entry("Alex", "alex", ""));
    expect(Verdict::Met, &judge("", Some(&both)), "taught it for years");
    expect(Verdict::Broken, &judge("waived = \"refuse\"\n", Some(&both)), "the policy does not count");
}

#[test]
fn training_after_the_approval_does_not_reach_back() {
    let late = trained("1970-06-01T00:00:00Z", "2030-01-01");
    let both = format!("{}{}", entry("Kim", "kim", &late), entry("Alex", "alex", ""));
    expect(Verdict::Broken, &judge("", Some(&both)), "kim completed `secure-review` only by 1970-06-01");
    // After the course Kim approves again.
    let policy = policy("");
    let mut world = world(&policy, Some(&both));
    let mut again = review(9, "kim", ReviewState::Approved);
    again.submitted = Some("1970-06-01T00:00:00Z".parse().unwrap());
    world.reviews().push(again);
    expect(Verdict::Met, &decide(&policy, &world.facts), "kim");
}

#[test]
fn an_approval_of_someone_who_left_does_not_count() {
    let left = |moment: &str| KIM.replace("logins", &format!("left = \"{moment}\"\nlogins"));
    let alex = entry("Alex", "alex", "");
    let gone = format!("{}{alex}", left("1970-01-01T00:16:41Z"));
    expect(Verdict::Broken, &judge("", Some(&gone)), "kim left at 1970-01-01T00:16:41Z");
    let later = format!("{}{alex}", left("1970-01-01T00:16:42Z"));
    expect(Verdict::Met, &judge("", Some(&later)), "kim");
}

#[test]
fn logins_are_compared_without_regard_to_case() {
    let spelled = KIM.replace("\"kim\"", "\"KIM\"");
    expect(Verdict::Met, &judge("", Some(&spelled)), "kim");
    // Two entries for the two spellings would make one person two.
    let twice = format!("{KIM}{}", spelled.replace("Kim Example", "Kim Other"));
    let decision = judge("", Some(&twice));
    expect(Verdict::Unproven, &decision, "the login `KIM` is already named in line");
}

#[test]
fn a_login_that_another_account_took_over_has_no_training() {
    let pinned = KIM.replace("logins", "emails = [\"4711+kim@users.noreply.github.com\"]\nlogins");
    let alex = entry("Alex", "alex", "");
    let policy = policy("");
    let mut world = world(&policy, Some(&format!("{pinned}{alex}")));
    expect(Verdict::Unproven, &decide(&policy, &world.facts), "whether kim was trained could not be seen");
    world.reviews()[0].reviewer = Some(Account { id: 4711.into(), ..account("kim") });
    expect(Verdict::Met, &decide(&policy, &world.facts), "kim");
}

#[test]
fn two_accounts_of_one_person_in_the_register_are_one_approval() {
    let two = KIM.replace("[\"kim\"]", "[\"kim\", \"alex\"]");
    let policy = Policy::parse(&POLICY.replace("approvals = 1", "approvals = 2")).unwrap();
    let decision = decide(&policy, &world(&policy, Some(&two)).facts);
    let reviews = decision.findings.iter().find(|found| found.control == "required-reviews").unwrap();
    assert_eq!(reviews.verdict, Verdict::Broken, "{}", reviews.reason);
    let apart = format!("{KIM}{}", entry("Alex", "alex", ""));
    let decision = decide(&policy, &world(&policy, Some(&apart)).facts);
    let reviews = decision.findings.iter().find(|found| found.control == "required-reviews").unwrap();
    assert_eq!(reviews.verdict, Verdict::Met, "{}", reviews.reason);
}

#[test]
fn an_author_does_not_approve_under_an_account_that_the_register_knows() {
    let robin = entry("Robin", "robin", "").replace("[\"robin\"]", "[\"robin\", \"kim\"]");
    let policy = policy("");
    let mut world = world(&policy, Some(&robin));
    world.reviews().pop();
    let decision = decide(&policy, &world.facts);
    let reviews = decision.findings.iter().find(|found| found.control == "required-reviews").unwrap();
    assert_eq!(reviews.verdict, Verdict::Broken, "{reviews:?}");
    // An account of the same name on another host is not one of this host.
    let elsewhere = entry("Robin", "robin", "")
        .replace("logins", "accounts = { \"gitlab.example.test\" = [\"kim\"] }\nlogins");
    world.gate().entry(REGISTER_PATH, TextPurpose::Control).before = Some(format!("schema = 1\n{elsewhere}"));
    let decision = decide(&policy, &world.facts);
    let reviews = decision.findings.iter().find(|found| found.control == "required-reviews").unwrap();
    assert_eq!(reviews.verdict, Verdict::Met, "{reviews:?}");
}

#[test]
fn accounts_of_this_host_count_under_its_name() {
    for (host, verdict) in [("GitHub.com", Verdict::Met), ("gitlab.example.test", Verdict::Unproven)] {
        let kim = KIM.replace("logins = [\"kim\"]", &format!("accounts = {{ \"{host}\" = [\"kim\"] }}"));
        expect(verdict, &judge("", Some(&kim)), "kim");
    }
}

#[test]
fn a_register_that_is_missing_or_cannot_be_read_proves_nothing() {
    let decision = judge("", None);
    expect(Verdict::Unproven, &decision, "there is no portcullis-people.toml at the base");
    assert!(found(&decision).remedy.as_ref().is_some_and(|it| it.starts_with("Land portcullis-people.toml")));
    for broken in [
        "[[people]]\nname = 'Kim'\nlogins = ['kim']\nmarks = 9\n".to_string(),
        "[[people]".to_string(),
        KIM.replace("secure-review\",", "secure-review\", score = 98,"),
        KIM.replace("1970-01-01T00:10:00Z", "yesterday"),
    ] {
        let decision = judge("", Some(&broken));
        expect(Verdict::Unproven, &decision, "line ");
        let reviews = decision.findings.iter().find(|found| found.control == "required-reviews").unwrap();
        assert_eq!(reviews.verdict, Verdict::Unproven, "who is one person is not known: {}", reviews.reason);
    }
    // Facts that were gathered by another policy lack the register.
    let policy = policy("");
    let mut unasked = world(&policy, None);
    unasked.gate().texts.remove(&REGISTER_PATH.into());
    expect(Verdict::Unproven, &decide(&policy, &unasked.facts), "was not asked for");
}

/// What the gate finds of a change that leaves this register.
fn left(before: Option<&str>, after: Option<&str>, more: impl FnOnce(&mut World)) -> Option<String> {
    let policy = policy("");
    let mut world = world(&policy, before);
    let entry = world.gate().entry(REGISTER_PATH, TextPurpose::Register);
    entry.after = after.map(|people| format!("schema = 1\n{people}"));
    more(&mut world);
    let decision = decide(&policy, &world.facts);
    let about = decision.findings.into_iter().filter(|found| found.reason.contains("register of people"));
    about.filter(|found| found.verdict == Verdict::Broken).map(|found| found.reason).next()
}

#[test]
fn a_change_that_leaves_a_register_that_cannot_be_read_is_refused() {
    for after in [
        "[[people]",
        "[[people]]\nname = 'Kim'\nlogins = ['kim']\nmarks = 9\n",
        "[[people]]\nname = 'Kim'\nlogins = ['kim']\n[[people]]\nname = 'Kim'\nlogins = ['kim']\n",
    ] {
        let why = left(Some(KIM), Some(after), |_| ()).unwrap_or_else(|| panic!("{after}"));
        assert!(why.contains("would leave a register of people that cannot be read: line "), "{why}");
        assert!(left(None, Some(after), |_| ()).is_some(), "also as the first one");
    }
    assert!(left(Some(KIM), None, |_| ()).is_some_and(|why| why.contains("would remove the register")));
}

#[test]
fn twin_a_register_that_can_be_read_or_is_left_alone_is_not_refused() {
    assert_eq!(left(Some(KIM), Some(&format!("{KIM}{}", entry("Alex", "alex", ""))), |_| ()), None);
    assert_eq!(left(Some(KIM), Some(KIM), |_| ()), None);
    assert_eq!(left(Some("[[people]"), Some("[[people]"), |_| ()), None, "it was so before");
    assert_eq!(left(Some("[[people]"), Some(KIM), |_| ()), None, "the change mends it");
    // A change that gives up training needs no register any more.
    let given_up = |world: &mut World| {
        let (head, _) = POLICY.split_once("[training.courses").unwrap();
        let text = format!("{head}[controls.required-reviews]\napprovals = 1\n");
        world.gate().policy_text().after = Some(text);
    };
    assert_eq!(left(Some(KIM), None, given_up), None);
    // Facts of before hold no text of after.
    let gone = |world: &mut World| {
        let text = world.gate().texts.get_mut(&REGISTER_PATH.into()).unwrap();
        text.purposes.remove(&TextPurpose::Register);
    };
    assert_eq!(left(Some(KIM), None, gone), None);
}

#[test]
fn a_misspelt_course_is_a_mistake_of_the_policy() {
    let text = format!("{POLICY}[controls.trained-deployers]\ncourses = [\"secure-reviews\"]\n");
    let problems = Policy::parse(&text).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].message, "there is no course `secure-reviews`");
    assert!(problems[0].help.as_ref().is_some_and(|it| it.contains("secure-review")));
    let none = POLICY.replace("[training.courses.secure-review]\ntitle = \"Reviewing code that processes personal data\"\nvalid-for = \"365d\"\n", "");
    let problems = Policy::parse(&none).unwrap_err();
    assert!(
        problems[0].help.as_ref().is_some_and(|it| it.contains("[training.courses.NAME]")),
        "{problems:?}"
    );
}

#[test]
fn an_area_that_requires_no_training_is_a_mistake_of_the_policy() {
    let area = "[controls.trained-reviewers.areas.upload]\napprovals = 2\n";
    assert!(Policy::parse(&format!("{POLICY}{area}")).is_ok(), "the courses for every area");
    let elsewhere = "[[data-processing]]\nname = \"billing\"\npurpose = \"Bills\"\npaths = [\"billing/**\"]\n\
        [controls.trained-reviewers.areas.billing]\ncourses = [\"secure-review\"]\n";
    let without = POLICY.replace("courses = [\"secure-review\"]\n", "");
    assert!(Policy::parse(&format!("{without}{elsewhere}")).is_ok());
    let problems = Policy::parse(&format!("{without}{elsewhere}{area}")).unwrap_err();
    assert!(problems[0].message.contains("requires no training"), "{problems:?}");
}

#[test]
fn changes_outside_every_area_are_exempt_unless_the_policy_wants_them_too() {
    let policy_of = |more: &str| policy(more);
    for (more, verdict) in [("", Verdict::Exempt), ("every-change = true\n", Verdict::Unproven)] {
        let policy = policy_of(more);
        let mut world = world(&policy, Some(""));
        world.files(&["README.md"]);
        expect(verdict, &decide(&policy, &world.facts), "");
    }
}

#[test]
fn each_landing_is_judged_by_the_register_at_its_own_base() {
    let policy = policy("");
    let world_then = world(&policy, Some(KIM));
    let mut facts = deployment(&world_then);
    // At the deployed commit the register did not have Kim yet; another landing brought the entry.
    let earlier = Some(format!("schema = 1\n{}", entry("Robin", "robin", "")));
    let Fact::Known(gate) = &mut facts.whole.gate else { panic!() };
    gate.entry(REGISTER_PATH, TextPurpose::Control).before = earlier.clone();
    let decision = decide_deployment(&policy, &facts);
    expect(Verdict::Met, &decision, "kim");
    // Where its own base does not have it, a later register does not help.
    let Fact::Known(landings) = &mut facts.landings else { panic!() };
    let Fact::Known(requests) = &mut landings[0].requests else { panic!() };
    let Fact::Known(gate) = &mut requests[0].gate else { panic!() };
    gate.entry(REGISTER_PATH, TextPurpose::Control).before = earlier;
    let Fact::Known(gate) = &mut facts.whole.gate else { panic!() };
    gate.entry(REGISTER_PATH, TextPurpose::Control).before = Some(format!("schema = 1\n{KIM}"));
    expect(Verdict::Unproven, &decide_deployment(&policy, &facts), "kim");
}

#[test]
fn a_waiver_is_not_approved_under_another_account_that_the_register_knows() {
    let policy = policy("");
    let waiver = "schema = 1\n[[waivers]]\nid = \"W-1\"\ncontrol = \"trained-reviewers\"\narea = \"upload\"\nreason = \"r\"\n\
        ticket = \"T-1\"\nrequester = \"kim\"\napprover = \"kim-admin\"\ncreated = \"2026-12-18\"\nexpires = \"2026-12-22\"\n";
    let judge = |register: &str| {
        let mut world = world(&policy, Some(register));
        world.gate().waivers_text().before = Some(waiver.to_string());
        world.gate().waivers_text().after = Some(waiver.to_string());
        decide(&policy, &world.facts)
    };
    let untrained = format!("{}{}", entry("Kim", "kim", ""), entry("Alex", "alex", ""));
    let one = untrained.replace("[\"kim\"]", "[\"kim\", \"kim-admin\"]");
    let decision = judge(&one);
    assert!(
        decision.findings.iter().any(|it| it.control == NAME && it.verdict == Verdict::Broken),
        "{decision:#?}"
    );
    let decision = judge(&untrained);
    assert!(
        decision.findings.iter().any(|it| it.control == NAME && it.verdict == Verdict::Waived),
        "{decision:#?}"
    );
}

#[test]
fn an_audit_goes_by_the_register_at_the_base() {
    let policy = policy("");
    let audited = |register: &str| {
        let facts = deployment(&world(&policy, Some(register)));
        let approvals = audit_approvals(&policy, &facts, &facts.landings.value().unwrap()[0]).unwrap();
        let counts: Vec<_> = approvals.into_iter().map(|one| one.counts).collect();
        (counts, decide_landed(&policy, &facts))
    };
    let (counts, decision) = audited(KIM);
    assert_eq!(counts, [Fact::Known(true), Fact::Known(true)]);
    expect(Verdict::Met, &decision, "kim");
    let one = KIM.replace("[\"kim\"]", "[\"kim\", \"robin\"]");
    assert_eq!(audited(&one).0, [Fact::Known(false), Fact::Known(true)], "robin opened the request");
}

#[test]
fn a_signed_review_counts_by_the_training_at_the_judgement() {
    const KEY: &str = "SHA256:abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ";
    let reviews = "[reviews]\nsigners = \"signers\"\n";
    let text = policy("")
        .text
        .replace("[controls.required-reviews]", &format!("{reviews}[controls.required-reviews]"));
    let policy = Policy::parse(&text).unwrap_or_else(|problems| panic!("{problems:?}"));
    let judge = |training: &str, identity: &str| {
        let register = format!("[[people]]\nname = \"Kim\"\n{identity}\ntraining = [{training}]\n");
        let mut world = world(&policy, Some(&register));
        world.reviews().truncate(1);
        let approval = Approval {
            who: portcullis_model::person::Who::Login(Login::new("kim@example.test")),
            login: Login::new("kim@example.test"),
            account: 1.into(),
            review: 1.into(),
            commit: None,
            derived_from: None,
            roles: Default::default(),
            vouched_by: None,
            given: None,
            key: Some(KEY.to_string()),
        };
        let scope = policy.scope_at(&world.facts);
        let training = training_of(&scope).unwrap();
        let who = scope.people.by_login(&approval.login);
        let trainee = Trainee { who: &who, login: &approval.login, key: approval.key.as_deref() };
        training.judge_person(
            &trainee,
            &["secure-review"],
            moment_without_host(&world.case()).unwrap(),
            TrainingRules::default(),
        )
    };
    let valid = trained("2026-12-01", "2026-12-20T12:00:01Z");
    let over = trained("2026-12-01", "2026-12-20T12:00:00Z");
    for identity in [format!("keys = [\"{KEY}\"]"), "emails = [\"kim@example.test\"]".to_string()] {
        assert!(matches!(judge(&valid, &identity), PersonTraining::Trained(_)), "{identity}");
        assert!(matches!(judge(&over, &identity), PersonTraining::Untrained(_)), "{identity}");
    }
    let other = KEY.replace('a', "b");
    assert!(matches!(judge(&valid, &format!("keys = [\"{other}\"]")), PersonTraining::Unknown(_)));
}

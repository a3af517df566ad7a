//! Attacks on the training of deployers, each with its honest twin.

use super::*;
use crate::control::testing::*;
use crate::decide::decide_deployment;
use crate::policy::Policy;
use portcullis_model::decision::Decision;
use portcullis_model::deployment::DeployerOrigin;
use portcullis_model::fact::Fact;
use portcullis_model::inquiry::TextPurpose;
use portcullis_model::person::Login;
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
[training.courses.deployment]
title = "How we deploy"
valid-for = "365d"
[controls.required-reviews]
approvals = 1
[controls.trained-deployers]
courses = ["deployment"]
"#;

const COURSE: &str = "course = \"deployment\", completed = \"2026-12-01\"";

/// What the control finds where `login` deploys, with this register at the deployed commit. The
/// decision is of 2026-12-20, noon.
fn judge(settings: &str, register: Option<&str>, login: &str) -> Decision {
    let policy =
        Policy::parse(&format!("{POLICY}{settings}")).unwrap_or_else(|problems| panic!("{problems:?}"));
    let mut world = World::honest();
    world.facts.inquiry = policy.inquiry(Some("portcullis.toml".into()));
    world.gate().entry(REGISTER_PATH, TextPurpose::Control).before =
        register.map(|people| format!("schema = 1\n{people}"));
    let mut facts = deployment(&world);
    facts.deployer = Fact::Known(Deployer { login: Login::new(login), origin: DeployerOrigin::Job });
    decide_deployment(&policy, &facts)
}

fn sam(training: &str) -> String {
    format!("[[people]]\nname = \"Sam\"\nlogins = [\"Sam\"]\ntraining = [{training}]\n")
}

fn expect(verdict: Verdict, decision: &Decision, words: &str) {
    let found = decision.findings.iter().find(|finding| finding.control == NAME);
    let found = found.unwrap_or_else(|| panic!("{decision:#?}"));
    assert_eq!((found.verdict, found.reason.contains(words)), (verdict, true), "{}", found.reason);
    let is_helped = found.remedy.is_some();
    assert_eq!(is_helped, matches!(verdict, Verdict::Broken | Verdict::Unproven), "{found:?}");
}

#[test]
fn who_deploys_is_trained_at_the_moment_of_the_decision() {
    for (training, verdict, words) in [
        (format!("{{ {COURSE} }}"), Verdict::Met, "is trained in `deployment`"),
        (
            format!("{{ {COURSE}, expires = \"2026-12-20T12:00:00Z\" }}"),
            Verdict::Broken,
            "ended at 2026-12-20T12",
        ),
        (format!("{{ {COURSE}, expires = \"2026-12-20T13:00:01+01:00\" }}"), Verdict::Met, "is trained"),
        (String::new(), Verdict::Broken, "has no training in `deployment`"),
        (
            "{ course = \"deployment\", completed = \"2026-12-20T12:00:01Z\" }".to_string(),
            Verdict::Broken,
            "only by 2026-12-20T12:00:01Z",
        ),
        (
            "{ course = \"deployment\", completed = \"2025-12-01\" }".to_string(),
            Verdict::Broken,
            "ended at 2026-12-02",
        ),
        (
            "{ course = \"other\", completed = \"2026-12-01\" }".to_string(),
            Verdict::Broken,
            "has no training",
        ),
    ] {
        expect(verdict, &judge("", Some(&sam(&training)), "sam"), words);
    }
}

#[test]
fn an_unknown_deployer_is_unknown_and_a_machine_is_not_trained() {
    let register = sam(&format!("{{ {COURSE} }}"));
    expect(Verdict::Unproven, &judge("", Some(&register), "alex"), "whether alex was trained");
    expect(Verdict::Broken, &judge("unknown = \"refuse\"\n", Some(&register), "alex"), "no entry");
    expect(Verdict::Met, &judge("unknown = \"refuse\"\n", Some(&register), "sam"), "sam");
    expect(Verdict::Broken, &judge("", Some(&register), "deploy[bot]"), "is a machine");
    let machine = "[[people]]\nname = \"Deployer\"\nlogins = [\"sam\"]\nmachine = true\n";
    expect(Verdict::Broken, &judge(machine, Some(&register), "sam"), "is a machine");
}

#[test]
fn a_register_that_is_missing_or_cannot_be_read_proves_nothing() {
    expect(Verdict::Unproven, &judge("", None, "sam"), "there is no portcullis-people.toml at the base");
    let broken = sam(&format!("{{ {COURSE}, grade = \"A\" }}"));
    expect(Verdict::Unproven, &judge("", Some(&broken), "sam"), "unknown key `grade`");
    expect(Verdict::Met, &judge("", Some(&sam(&format!("{{ {COURSE} }}"))), "sam"), "sam");
}

#[test]
fn a_second_person_is_not_known_while_the_register_cannot_be_read() {
    let verdicts = |register: &str| -> Vec<Verdict> {
        let decision = judge("[controls.deployers]\nnot-author-alone = true\n", Some(register), "sam");
        let of_deployers = decision.findings.iter().filter(|finding| finding.control == "deployers");
        of_deployers.map(|finding| finding.verdict).collect()
    };
    let readable = sam(&format!("{{ {COURSE} }}"));
    assert_eq!(verdicts(&readable), [Verdict::Met, Verdict::Met]);
    assert!(verdicts(&format!("{readable}marks = 1\n")).contains(&Verdict::Unproven));
}

#[test]
fn other_environments_are_exempt() {
    let register = sam("");
    expect(Verdict::Exempt, &judge("environments = [\"staging\"]\n", Some(&register), "sam"), "no training");
    expect(Verdict::Broken, &judge("environments = [\"production\"]\n", Some(&register), "sam"), "sam");
}

#[test]
fn a_person_is_trained_under_each_of_their_accounts() {
    let two = sam(&format!("{{ {COURSE} }}")).replace("[\"Sam\"]", "[\"sam-admin\"]");
    let map = "[[people]]\nname = \"Sam\"\nlogins = [\"sam\", \"sam-admin\"]\n";
    expect(Verdict::Met, &judge(map, Some(&two), "sam"), "sam");
    expect(Verdict::Unproven, &judge("", Some(&two), "sam"), "whether sam was trained");
}

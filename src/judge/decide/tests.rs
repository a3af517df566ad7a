//! What holds for every policy and all facts.

#[cfg(test)]
mod house;

use super::{decide, decide_deployment};
use crate::control::procedure::ControlProcedure;
use crate::control::testing::{BentTexts as _, World, deployment, revision};
use crate::control::{Case, Control, Granularity, Kind, PolicyScope, Stage, finding, required_checks};
use crate::policy::Policy;
use portcullis_model::change::BranchName;
use portcullis_model::decision::{Decision, Finding, Outcome, PolicyOrigin, SubjectKind, Verdict};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::facts::Facts;
use portcullis_model::inquiry::Inquiry;
use portcullis_wire::decision::v1::DecisionV1;
use portcullis_wire::facts::testing::{change_of, value_of};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) const POLICY: &str = r#"
schema = 1
[project]
name = "Record upload"
[branches]
deployment = ["main"]
[[data-processing]]
name = "upload"
purpose = "loads records"
paths = ["services/upload/**"]
[controls.protected-branch]
change-request = true
approvals = 2
force-push = "blocked"
deletion = "blocked"
[controls.required-reviews]
approvals = 1
[controls.required-reviews.data-processing]
approvals = 2
[controls.regression-tests.suites.upload]
areas = ["upload"]
reports = ["target/junit.xml"]
minimum = 3
[controls.required-checks]
checks = [{ name = "tests", app = "github-actions" }]
"#;

pub(super) fn policy() -> Policy {
    Policy::parse(POLICY).unwrap()
}

pub(super) fn honest() -> Facts {
    let mut world = World::honest();
    world.gate().policy_text().before = Some(POLICY.to_string());
    world.gate().policy_text().after = Some(POLICY.to_string());
    world.facts.inquiry = policy().inquiry(Some("portcullis.toml".into()));
    world.facts
}

fn bent(bend: impl FnOnce(&mut World)) -> Decision {
    let mut world = World { facts: honest(), ..World::honest() };
    bend(&mut world);
    decide(&policy(), &world.facts)
}

fn gate_verdicts(decision: &Decision) -> Vec<(Verdict, String)> {
    let gate = decision.findings.iter().filter(|finding| finding.control == "gate-integrity");
    gate.map(|finding| (finding.verdict, finding.reason.clone())).collect()
}

#[test]
fn an_honest_change_is_allowed_by_the_policy_at_its_base() {
    let decision = decide(&policy(), &honest());
    assert_eq!(decision.outcome, Outcome::Allow, "{:#?}", decision.findings);
    assert_eq!(decision.policy.unwrap().origin, PolicyOrigin::Base);
    assert_eq!(decision.areas.len(), 1);
}

/// Every way to hide one answer: each `known` in the JSON form, at any depth, becomes a gap.
pub(super) fn withheld(facts: &Value) -> Vec<(String, Value)> {
    let mut places = Vec::new();
    known(facts, String::new(), &mut places);
    let gap = json!({"what": "this", "reason": "not-visible", "detail": "withheld", "remedy": "show it"});
    let hide = |place: String| {
        let mut facts = facts.clone();
        *facts.pointer_mut(&place).unwrap() = json!({ "gap": gap });
        (place, facts)
    };
    places.into_iter().map(hide).collect()
}

fn known(value: &Value, place: String, places: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if fields.len() == 1 && fields.contains_key("known") {
                places.push(place.clone());
            }
            for (name, field) in fields {
                known(field, format!("{place}/{}", name.replace('~', "~0").replace('/', "~1")), places);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                known(item, format!("{place}/{index}"), places);
            }
        }
        _ => {}
    }
}

#[test]
fn withheld_evidence_never_makes_a_change_pass() {
    let facts = value_of(honest());
    let cases = withheld(&facts);
    assert!(cases.len() > 15, "{}", cases.len());
    for (place, facts) in cases {
        let facts = change_of(&facts).unwrap();
        let outcome = decide(&policy(), &facts).outcome;
        // Robin's own permission and one file's content decide nothing here: Robin is the author,
        // and the path decides. The moment decides nothing where there is no waiver, nor who pushed
        // before an update where there is none.
        let idle = place.ends_with("/permissions/robin")
            || place.ends_with("/files/0/content")
            || place == "/observed"
            || place == "/host/content_push"
            // No commit has a co-author, and no check was cancelled.
            || place == "/host/co_authors"
            || place == "/host/workflow_runs"
            // Robin moved the branch, who opened the request anyway.
            || place == "/host/moves/known/0/kept";
        let idle =
            idle || (place.contains("/protection/") && outcome == Outcome::Allow && not_asked_for(&place));
        assert_eq!(outcome, if idle { Outcome::Allow } else { Outcome::Undetermined }, "{place}");
    }
}

/// The bypass lists of rules that this policy does not ask for: dismissal, last push, the required
/// check.
fn not_asked_for(place: &str) -> bool {
    ["/2/", "/3/", "/4/"].iter().any(|index| place.contains(&format!("/requirements{index}bypass")))
}

#[test]
fn an_answer_that_is_left_out_of_the_facts_is_an_error_and_no_default() {
    let facts = value_of(honest());
    for name in ["schema", "observed", "inquiry", "change", "gate", "host", "reports"] {
        let mut facts = facts.clone();
        facts.as_object_mut().unwrap().remove(name);
        assert!(change_of(&facts).is_err(), "{name}");
    }
    for (place, name) in
        [("", "texts"), ("/texts/portcullis.toml", "before"), ("/texts/portcullis.toml", "after")]
    {
        let mut facts = facts.clone();
        let gate = facts["gate"]["known"].pointer_mut(place).unwrap();
        gate.as_object_mut().unwrap().remove(name);
        assert!(change_of(&facts).is_err(), "{name}");
    }
    for name in [
        "request",
        "branch",
        "protection",
        "reviews",
        "base_changed",
        "attribution",
        "last_push",
        "checks",
        "members",
        "permissions",
    ] {
        let mut facts = facts.clone();
        facts["host"].as_object_mut().unwrap().remove(name);
        assert!(change_of(&facts).is_err(), "{name}");
    }
}

#[test]
fn the_same_facts_give_the_same_bytes() {
    let facts = honest();
    let again = change_of(&value_of(facts.clone())).unwrap();
    let bytes =
        |facts: &Facts| serde_json::to_string(&DecisionV1::new(&decide(&policy(), facts), false)).unwrap();
    assert_eq!(bytes(&facts), bytes(&again));
}

#[test]
fn attack_12_a_side_branch_gets_no_verdict() {
    let into = |branch: &str| {
        bent(|world| {
            world.request().base_branch = BranchName::new(branch);
            if let Fact::Known(seen) = &mut world.host().branch {
                seen.name = BranchName::new(branch);
            }
        })
    };
    assert_eq!(into("feature/x").outcome, Outcome::Undetermined);
    assert_eq!(into("main").outcome, Outcome::Allow);
}

#[test]
fn attack_14_a_base_that_is_not_the_tip_and_an_empty_range_are_no_answer() {
    let moved = bent(|world| {
        if let Fact::Known(branch) = &mut world.host().branch {
            branch.tip = revision('9');
        }
    });
    assert_eq!(moved.outcome, Outcome::Undetermined);
    let empty = bent(|world| {
        world.change().commits.clear();
        world.change().files.clear();
    });
    assert_ne!(empty.outcome, Outcome::Allow);
    assert!(gate_verdicts(&empty).iter().any(|(verdict, _)| *verdict == Verdict::Unproven));
}

#[test]
fn attack_39_a_change_without_a_common_commit_is_no_answer() {
    let unrelated = bent(|world| world.change().merge_bases.clear());
    assert_eq!(unrelated.outcome, Outcome::Undetermined);
    assert!(gate_verdicts(&unrelated).iter().any(|(_, reason)| reason.contains("no commit in common")));
}

#[test]
fn attack_47_a_policy_changed_by_the_change_is_judged_by_the_stricter_of_both() {
    let with = |after: &str| bent(|world| world.gate().policy_text().after = Some(after.to_string()));
    let weaker = POLICY.replace("minimum = 3", "minimum = 1");
    assert_eq!(with(&weaker).outcome, decide(&policy(), &honest()).outcome);
    let stricter = with(&POLICY.replace("minimum = 3", "minimum = 4"));
    assert_eq!(stricter.outcome, Outcome::Block);
    let finding = &stricter.findings[0];
    assert_eq!(finding.control, "regression-tests");
    assert!(finding.details.iter().any(|detail| detail.contains("as this change would leave it")));
    let broken = with("schema = 1\n[controls");
    assert_eq!(broken.outcome, Outcome::Block);
}

#[test]
fn attack_83_without_a_policy_there_is_no_verdict() {
    let gap = Gap::new("the policy", GapReason::MissingObject, "gone", "fetch it");
    let decision = super::undetermined(portcullis_model::decision::Judged::default(), &gap);
    assert_eq!(decision.outcome, Outcome::Undetermined);
}

#[test]
fn a_pattern_that_was_not_asked_for_is_a_gap() {
    let with_pattern = POLICY.replace(r#"paths = ["#, "content = ['nominal_id']\npaths = [");
    let policy = Policy::parse(&with_pattern).unwrap();
    assert_eq!(decide(&policy, &honest()).outcome, Outcome::Undetermined);
}

/// A control that is broken whenever it is asked.
#[derive(Debug)]
struct Pretend(&'static Kind);

impl Control for Pretend {
    fn kind(&self) -> &'static Kind {
        self.0
    }

    fn procedure(&self, _scope: &PolicyScope) -> ControlProcedure {
        ControlProcedure::default()
    }

    fn ask(&self, _inquiry: &mut Inquiry) {}

    fn check(&self, _case: &Case<'_>) -> Result<Vec<Finding>, Gap> {
        Ok(vec![finding(self.0.name, Verdict::Broken, SubjectKind::Change, "it", "it was asked")])
    }
}

static LANDING: Kind = Kind { name: "landing", stage: Stage::Change, ..required_checks::KIND };
static DEPLOYING: Kind = Kind { name: "deploying", stage: Stage::Deployment, ..required_checks::KIND };
static EACH: Kind = Kind { name: "each", granularity: Granularity::Once, ..required_checks::KIND };

#[test]
fn a_control_is_asked_when_it_says_that_it_is_judged() {
    let mut policy = policy();
    policy.controls = BTreeMap::new();
    for kind in [&LANDING, &DEPLOYING, &EACH] {
        policy.controls.insert(kind.name, std::sync::Arc::new(Pretend(kind)));
    }
    let asked = |decision: Decision| {
        let broken = decision.findings.into_iter().filter(|finding| finding.reason == "it was asked");
        broken.map(|finding| finding.control).collect::<Vec<_>>()
    };
    let world = World { facts: honest(), ..World::honest() };
    assert_eq!(asked(decide(&policy, &world.facts)), ["each", "landing"]);
    assert_eq!(asked(decide_deployment(&policy, &deployment(&world))), ["deploying", "each"]);
}

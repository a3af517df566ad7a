//! Attacks on the runs that a deployment rests on, each with its honest twin.

use super::*;
use crate::control::testing::*;
use crate::decide::decide_deployment;
use crate::policy::Policy;
use jiff::Timestamp;
use portcullis_model::change::Revision;
use portcullis_model::decision::Decision;
use portcullis_model::fact::{Fact, GapReason};
use portcullis_model::reconciliation::{
    ClassCount, DatasetRuns, KnownRun, ReconciliationFacts, RecordClass, RecordedDeployment, RunPopulation,
    RunShare,
};
use std::collections::BTreeMap;

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
[[data-processing]]
name = "reports"
purpose = "Counts records"
paths = ["services/reports/**"]
[controls.required-reviews]
approvals = 1
[controls.reconciled]
environments = ["production"]
[reconciliation.nominal]
areas = ["upload"]
key = [{ name = "id", type = "text" }]
deadline = "24h"
green-within = "24h"
after-deploy = "4h"
"#;

/// The moment at which the world of the tests is judged.
const NOW: &str = "2026-12-20T12:00:00Z";

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn policy(settings: &str) -> Policy {
    let text = format!("{POLICY}{settings}");
    Policy::parse(&text).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn commit(number: u64) -> Revision {
    Revision::try_from(format!("{number:040x}")).unwrap()
}

/// A run that read both sides at this moment, of what the policy compares.
fn run(policy: &Policy, number: u64, as_of: &str) -> KnownRun {
    let count = ClassCount { seen: 9, confirmed: 9, accepted: 0 };
    KnownRun {
        number,
        commit: commit(number),
        time: moment(as_of),
        definition: policy.scope.datasets["nominal"].definition(),
        population: RunPopulation::Full,
        source_as_of: moment(as_of),
        target_as_of: moment(as_of),
        classes: BTreeMap::from([(RecordClass::Ok, count)]),
        shares: Vec::new(),
        faults: Vec::new(),
        signed_by: BTreeSet::new(),
    }
}

fn deployed(number: u64, time: &str, area: &str) -> RecordedDeployment {
    let areas = Fact::Known(BTreeSet::from([area.to_string()]));
    RecordedDeployment { number, candidate: commit(100 + number), time: moment(time), areas }
}

struct Scene {
    policy: Policy,
    seen: Option<ReconciliationFacts>,
    files: &'static [&'static str],
}

impl Scene {
    /// One green run of this morning.
    fn honest() -> Self {
        let policy = policy("");
        let morning = run(&policy, 1, "2026-12-20T06:00:00Z");
        Scene::with(policy, vec![morning])
    }

    fn with(policy: Policy, runs: Vec<KnownRun>) -> Self {
        let runs = DatasetRuns { dataset: "nominal".into(), runs: Fact::Known(runs), older: 0 };
        let seen = ReconciliationFacts { datasets: vec![runs], deployments: Fact::Known(Vec::new()) };
        Scene { policy, seen: Some(seen), files: &["services/upload/load.py"] }
    }

    fn runs(&mut self) -> &mut Vec<KnownRun> {
        match &mut self.seen.as_mut().unwrap().datasets[0].runs {
            Fact::Known(runs) => runs,
            Fact::Gap(gap) => panic!("{gap}"),
        }
    }

    fn after(mut self, deployments: &[RecordedDeployment]) -> Self {
        self.seen.as_mut().unwrap().deployments = Fact::Known(deployments.to_vec());
        self
    }

    fn judge(&self) -> Vec<Finding> {
        let mut world = World::honest();
        world.facts.inquiry = self.policy.inquiry(Some("portcullis.toml".into()));
        world.facts.observed = Fact::Known(moment(NOW));
        world.files(self.files);
        let mut facts = deployment(&world);
        facts.reconciliation = self.seen.clone();
        let decision: Decision = decide_deployment(&self.policy, &facts);
        decision.findings.into_iter().filter(|finding| finding.control == NAME).collect()
    }

    fn expect(&self, verdict: Verdict, words: &str) {
        let found = self.judge();
        let named = found.iter().find(|finding| finding.verdict == verdict && finding.reason.contains(words));
        let named = named.unwrap_or_else(|| panic!("no {verdict:?} with `{words}` in {found:#?}"));
        let is_helped = named.remedy.is_some();
        assert_eq!(is_helped, matches!(verdict, Verdict::Broken | Verdict::Unproven), "{named:?}");
    }
}

fn missing(run: &mut KnownRun, count: u64) {
    run.classes.insert(RecordClass::Missing, ClassCount { seen: count, confirmed: count, accepted: 0 });
}

#[test]
fn a_green_run_of_this_morning_is_enough() {
    Scene::honest().expect(Verdict::Met, "run 1, which read both sides by 2026-12-20T06:00:00Z, is green");
}

#[test]
fn a_deployment_that_touches_no_area_of_the_dataset_needs_no_run() {
    let mut scene = Scene::honest();
    scene.runs().clear();
    scene.files = &["services/reports/count.py"];
    scene.expect(Verdict::Exempt, "touches none of its areas");
}

#[test]
fn attack_no_run_at_all() {
    let mut scene = Scene::honest();
    scene.runs().clear();
    scene.expect(Verdict::Unproven, "no run of it is in this repository");
}

#[test]
fn attack_facts_that_say_nothing_of_runs() {
    let mut scene = Scene::honest();
    scene.seen = None;
    scene.expect(Verdict::Unproven, "it was not asked for");
}

#[test]
fn attack_a_chain_that_does_not_verify() {
    let mut scene = Scene::honest();
    let gap =
        Gap::new("the runs of `nominal`", GapReason::Contradiction, "run 1: edited", "Restore the ref.");
    scene.seen.as_mut().unwrap().datasets[0].runs = Fact::Gap(gap);
    scene.expect(Verdict::Unproven, "run 1: edited");
}

#[test]
fn attack_a_run_of_another_definition() {
    let mut scene = Scene::honest();
    scene.runs()[0].definition = policy("clock-skew = \"1h\"").scope.datasets["nominal"].definition();
    scene.expect(Verdict::Unproven, "compared something else or in another way");
}

#[test]
fn a_newer_run_of_another_definition_takes_nothing_from_an_older_one_of_its_own() {
    let mut scene = Scene::honest();
    let other = policy("clock-skew = \"1h\"");
    let later = run(&other, 2, "2026-12-20T09:00:00Z");
    scene.runs().push(later);
    scene.expect(Verdict::Met, "run 1");
}

#[test]
fn attack_a_run_that_its_own_policy_called_green() {
    let mut scene = Scene::honest();
    missing(&mut scene.runs()[0], 3);
    scene.expect(Verdict::Broken, "run 1 is over the budget of 1 class");
    let mut scene = Scene { policy: policy("budgets = { missing = 3 }"), ..scene };
    scene.expect(Verdict::Met, "run 1");
    missing(&mut scene.runs()[0], 4);
    scene.expect(Verdict::Broken, "run 1 is over the budget");
}

/// A run says that differences are accepted; the policy that judges knows which, and until when.
#[test]
fn attack_differences_that_no_one_accepts_any_more() {
    let with = |settings: &str| {
        let policy = policy(settings);
        let mut morning = run(&policy, 1, "2026-12-20T06:00:00Z");
        let count = ClassCount { seen: 1, confirmed: 1, accepted: 1 };
        morning.classes.insert(RecordClass::Missing, count);
        Scene::with(policy, vec![morning])
    };
    let entry = |class: &str, until: &str| {
        let key = "00112233445566778899aabbccddeeff";
        format!(
            "accepted = [{{ key = \"{key}\", class = \"{class}\", until = \"{until}\", by = \"robin\", reason = \"by post\" }}]\n"
        )
    };
    with(&entry("missing", "2026-12-21")).expect(Verdict::Met, "run 1");
    with("").expect(Verdict::Broken, "run 1 is over the budget");
    with(&entry("missing", "2026-12-20T12:00:00Z")).expect(Verdict::Broken, "run 1 is over the budget");
    with(&entry("stale", "2026-12-21")).expect(Verdict::Broken, "run 1 is over the budget");
    let mut two = with(&entry("missing", "2026-12-21"));
    let count = ClassCount { seen: 2, confirmed: 2, accepted: 2 };
    two.runs()[0].classes.insert(RecordClass::Missing, count);
    two.expect(Verdict::Broken, "run 1 is over the budget");
}

#[test]
fn attack_a_run_over_nothing() {
    let mut scene = Scene::honest();
    scene.runs()[0].faults = vec!["the target has 0 rows, and its floor is 1".into()];
    scene.expect(Verdict::Unproven, "the target has 0 rows");
}

#[test]
fn attack_differences_that_no_later_look_confirmed() {
    let mut scene = Scene::honest();
    let seen = ClassCount { seen: 3, confirmed: 0, accepted: 0 };
    scene.runs()[0].classes.insert(RecordClass::Missing, seen);
    scene.expect(Verdict::Unproven, "no later look confirmed them");
}

#[test]
fn attack_a_manifest_of_the_day_before_yesterday_in_a_run_of_today() {
    let mut scene = Scene::honest();
    scene.runs()[0].target_as_of = moment("2026-12-18T06:00:00Z");
    scene.expect(Verdict::Broken, "the earlier one is more than");
    let mut scene = Scene::honest();
    scene.runs()[0].source_as_of = moment("2026-12-19T12:00:00Z");
    scene.expect(Verdict::Met, "run 1");
}

#[test]
fn attack_a_run_from_the_future() {
    let mut scene = Scene::honest();
    scene.runs()[0] = run(&scene.policy.clone(), 1, "2026-12-21T06:00:00Z");
    scene.expect(Verdict::Unproven, "in the future");
}

#[test]
fn attack_a_deployment_that_no_run_followed() {
    let last = deployed(4, "2026-12-20T07:00:00Z", "upload");
    Scene::honest()
        .after(std::slice::from_ref(&last))
        .expect(Verdict::Broken, "one was due by 2026-12-20T11:00:00Z");
    // Whatever is deployed next.
    let mut elsewhere = Scene::honest().after(std::slice::from_ref(&last));
    elsewhere.files = &["services/reports/count.py"];
    elsewhere.expect(Verdict::Broken, "deployment 4");
    // A run that only compared the target after it does not show what was sent.
    let mut half = Scene::honest().after(std::slice::from_ref(&last));
    half.runs()[0].target_as_of = moment("2026-12-20T10:00:00Z");
    half.expect(Verdict::Broken, "deployment 4");
    // And a run that shows nothing is none.
    let mut broken = Scene::honest().after(&[last]);
    let mut later = run(&broken.policy.clone(), 2, "2026-12-20T10:00:00Z");
    later.faults = vec!["nothing was read".into()];
    broken.runs().push(later);
    broken.expect(Verdict::Broken, "deployment 4");
}

#[test]
fn a_deployment_that_a_run_followed_or_whose_run_is_not_due_yet_blocks_nothing() {
    let last = deployed(4, "2026-12-20T07:00:00Z", "upload");
    let mut followed = Scene::honest().after(&[last]);
    let later = run(&followed.policy.clone(), 2, "2026-12-20T10:00:00Z");
    followed.runs().push(later);
    followed.expect(Verdict::Met, "run 2");
    let recent = deployed(4, "2026-12-20T09:00:00Z", "upload");
    Scene::honest().after(&[recent]).expect(Verdict::Met, "run 1");
    let other = deployed(4, "2026-12-20T07:00:00Z", "reports");
    Scene::honest().after(&[other]).expect(Verdict::Met, "run 1");
}

#[test]
fn attack_a_deployment_whose_areas_cannot_be_seen() {
    let mut last = deployed(4, "2026-12-20T07:00:00Z", "reports");
    last.areas = Fact::Gap(Gap::not_asked("what it touched", "look"));
    Scene::honest().after(&[last]).expect(Verdict::Broken, "deployment 4");
}

#[test]
fn attack_runs_over_changes_alone() {
    let mut scene = Scene::honest();
    scene.runs()[0].population = RunPopulation::Changes;
    scene.expect(Verdict::Unproven, "no run compared all records");
    // They make no older run fresh.
    let mut scene = Scene::honest();
    let policy = scene.policy.clone();
    scene.runs()[0] = run(&policy, 1, "2026-12-18T06:00:00Z");
    let mut changes = run(&policy, 2, "2026-12-20T09:00:00Z");
    changes.population = RunPopulation::Changes;
    scene.runs().push(changes);
    scene.expect(Verdict::Broken, "the earlier one is more than");
    // And what they find counts.
    let mut scene = Scene::honest();
    let mut changes = run(&policy, 2, "2026-12-20T09:00:00Z");
    changes.population = RunPopulation::Changes;
    scene.runs().push(changes);
    scene.expect(Verdict::Met, "run 1");
    missing(&mut scene.runs()[1], 1);
    scene.expect(Verdict::Broken, "run 2 is over the budget");
}

#[test]
fn attack_too_few_of_the_records_in_the_shorter_time() {
    let mut scene = Scene::honest();
    let share = RunShare { of_deletions: false, required: 900_000, within: 86_400, due: 10, arrived: 9 };
    scene.runs()[0].shares = vec![share];
    scene.expect(Verdict::Met, "run 1");
    scene.runs()[0].shares = vec![RunShare { arrived: 8, ..share }];
    scene.expect(Verdict::Broken, "too few records arrived in time");
}

#[test]
fn attack_a_run_that_is_signed_by_no_one_of_the_list() {
    let mut scene = Scene { policy: policy("signers = \".portcullis/runs\""), ..Scene::honest() };
    scene.expect(Verdict::Unproven, "run 1 is not signed by anyone in .portcullis/runs");
    scene.runs()[0].signed_by.insert(".portcullis/runs".into());
    scene.expect(Verdict::Met, "run 1");
    // An unsigned run on top of it hides nothing.
    let later = run(&scene.policy.clone(), 2, "2026-12-20T10:00:00Z");
    scene.runs().push(later);
    scene.expect(Verdict::Unproven, "run 2 is not signed");
}

#[test]
fn a_bad_run_names_the_deployments_since_the_last_good_one() {
    let deployments =
        [deployed(40, "2026-12-18T07:00:00Z", "upload"), deployed(41, "2026-12-19T09:00:00Z", "upload")];
    let mut scene = Scene::honest().after(&deployments);
    let policy = scene.policy.clone();
    let runs = scene.runs();
    runs.clear();
    runs.push(run(&policy, 1, "2026-12-19T06:00:00Z"));
    runs.push(run(&policy, 2, "2026-12-19T12:00:00Z"));
    runs.push(run(&policy, 3, "2026-12-20T06:00:00Z"));
    missing(&mut runs[1], 3);
    missing(&mut runs[2], 5);
    let found = scene.judge();
    let details = &found[0].details;
    assert_eq!(found[0].verdict, Verdict::Broken, "{found:#?}");
    assert!(details.contains(&"missing: 5, and the budget is 0".to_string()), "{details:?}");
    assert!(details.contains(&"last good: run 1 of 2026-12-19T06:00:00Z".to_string()), "{details:?}");
    assert!(details.contains(&"first bad: run 2 of 2026-12-19T12:00:00Z".to_string()), "{details:?}");
    assert!(details.iter().any(|line| line.starts_with("between the two: deployment 41 ")), "{details:?}");
    assert!(!details.iter().any(|line| line.contains("deployment 40 ")), "{details:?}");
}

#[test]
fn a_policy_that_defines_no_dataset_requires_nothing_that_can_be_met() {
    let text = POLICY.split("[reconciliation.nominal]").next().unwrap();
    let scene =
        Scene { policy: Policy::parse(text).unwrap(), seen: None, files: &["services/upload/load.py"] };
    scene.expect(Verdict::Broken, "defines no dataset");
}

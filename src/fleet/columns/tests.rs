//! What each column finds.

use super::*;
use portcullis_model::change::BranchName;
use portcullis_model::fact::GapReason;
use std::collections::BTreeMap;

const POLICY: &str = include_str!("../../../policies/baseline.toml");

fn policy(text: &str) -> SeenPolicy {
    SeenPolicy::Valid(Box::new(Policy::parse(text).unwrap()))
}

fn survey(waivers: Fact<Option<String>>) -> Fact<RepositorySurvey> {
    Fact::Known(RepositorySurvey {
        branch: Some(BranchName::new("main")),
        archived: false,
        texts: BTreeMap::from([(portcullis_model::waiver::PATH.to_string(), waivers)]),
        records: Fact::Known(Vec::new()),
        mark: None,
    })
}

fn judge(
    column: &str,
    policy: &SeenPolicy,
    house: Option<&Policy>,
    waivers: Fact<Option<String>>,
) -> Vec<FleetFinding> {
    let house = house.map(|house| given(&house.text));
    let house = house.as_ref();
    let column = TABLE.iter().find(|one| one.name == column).unwrap();
    let survey = survey(waivers);
    let now = "2026-06-01T00:00:00Z".parse().unwrap();
    (column.judge)(&ColumnCase { survey: &survey, policy, house, protection: &[], now })
}

fn given(text: &str) -> GivenHouse {
    GivenHouse {
        text: text.to_string(),
        digest: Digest::of(text.as_bytes()),
        policy: Policy::parse(text).ok(),
    }
}

fn worst(findings: &[FleetFinding]) -> Option<FleetVerdict> {
    findings.iter().map(|one| one.verdict).max()
}

#[test]
fn names_are_unique_and_each_column_says_what_it_asks() {
    let names: std::collections::BTreeSet<&str> = TABLE.iter().map(|one| one.name).collect();
    assert_eq!(names.len(), TABLE.len());
    assert!(TABLE.iter().all(|one| !one.about.is_empty()));
}

#[test]
fn a_policy_is_there_or_not_or_was_not_seen() {
    let none = || Fact::Known(None);
    let gap = Gap::new("it", GapReason::NotVisible, "why", "do");
    for (seen, verdict) in [
        (policy(POLICY), Some(FleetVerdict::Met)),
        (SeenPolicy::Absent, Some(FleetVerdict::Broken)),
        (SeenPolicy::Invalid(vec!["a".to_string()]), Some(FleetVerdict::Broken)),
        (SeenPolicy::Unseen(gap), Some(FleetVerdict::Unproven)),
        (SeenPolicy::Empty, None),
    ] {
        assert_eq!(worst(&judge("policy", &seen, None, none())), verdict, "{seen:?}");
    }
}

#[test]
fn many_mistakes_are_counted() {
    let mistakes = ["a", "b", "c", "d", "e"].map(str::to_string).to_vec();
    let found = judge("policy", &SeenPolicy::Invalid(mistakes), None, Fact::Known(None));
    assert_eq!(found[0].reason, "it is not valid: a; b; c; and 2 more");
}

#[test]
fn a_house_policy_is_held_against_each_control() {
    let with = |approvals: u64| POLICY.replace("\napprovals = 1", &format!("\napprovals = {approvals}"));
    let house = Policy::parse(&with(2)).unwrap();
    let against = |text: &str| judge("house-policy", &policy(text), Some(&house), Fact::Known(None));
    assert_eq!(worst(&against(&with(2))), Some(FleetVerdict::Met));
    let found = against(&with(1));
    assert_eq!(worst(&found), Some(FleetVerdict::Broken), "{found:?}");
    assert_eq!(worst(&against(&with(3))), Some(FleetVerdict::Met));
    let other = with(2).replace("dismiss-stale = true", "");
    assert_eq!(worst(&against(&other)), Some(FleetVerdict::Unproven));
    assert_eq!(judge("house-policy", &policy(POLICY), None, Fact::Known(None)), []);
    assert_eq!(judge("house-policy", &SeenPolicy::Absent, Some(&house), Fact::Known(None)), []);
}

/// A policy with every control of the house policy may judge nothing: no branch, no path, other people.
#[test]
fn attack_a_policy_has_the_controls_of_the_house_policy_and_judges_nothing() {
    let house = Policy::parse(POLICY).unwrap();
    let against = |text: &str| judge("house-policy", &policy(text), Some(&house), Fact::Known(None));
    assert_eq!(worst(&against(&format!("{POLICY}\n# the same\n"))), Some(FleetVerdict::Met));
    let change = |key: &str, by: &str| {
        let line = POLICY.lines().find(|line| line.trim_start().starts_with(key)).expect(key);
        POLICY.replacen(line, by, 1)
    };
    for (key, by) in
        [("deployment = ", "deployment = [\"never\"]"), ("paths = ", "paths = [\"nothing-here/**\"]")]
    {
        let found = against(&change(key, by));
        assert_eq!(worst(&found), Some(FleetVerdict::Broken), "{key}: {found:?}");
    }
}

#[test]
fn a_file_of_waivers_that_was_not_seen_is_not_one_without_waivers() {
    let gap = Gap::new("it", GapReason::Truncated, "why", "do");
    let verdict = |waivers| worst(&judge("waivers", &policy(POLICY), None, waivers));
    assert_eq!(verdict(Fact::Known(None)), Some(FleetVerdict::Met));
    assert_eq!(verdict(Fact::Gap(gap)), Some(FleetVerdict::Unproven));
    assert_eq!(verdict(Fact::Known(Some("nonsense".to_string()))), Some(FleetVerdict::Broken));
}

/// Which house policy a repository extends, whether it is that of today, and where it differs.
#[test]
fn a_policy_that_extends_another_says_which_and_where_it_differs() {
    use portcullis_judge::policy::house::HouseTexts;
    let house = "schema = 1\n[controls.required-reviews]\napprovals = 1\n";
    let child = format!(
        "schema = 1\n[extends]\nfile = \"h.toml\"\ndigest = \"{}\"\n[project]\nname = \"p\"\n[branches]\ndeployment = [\"main\"]\n\
         [[data-processing]]\nname = \"a\"\npurpose = \"b\"\npaths = [\"c/**\"]\n[controls.required-reviews]\napprovals = 2\n",
        Digest::of(house.as_bytes())
    );
    let host = portcullis_model::host::HostProfile::github_com();
    let read = Policy::parse_extending(&child, &host, &HouseTexts::of([house.to_string()])).unwrap();
    let seen = SeenPolicy::Valid(Box::new(read));
    let survey = survey(Fact::Known(None));
    let now = "2026-06-01T00:00:00Z".parse().unwrap();
    let column = TABLE.iter().find(|one| one.name == "house-policy").unwrap();
    let against = |house: Option<&GivenHouse>| {
        (column.judge)(&ColumnCase { survey: &survey, policy: &seen, house, protection: &[], now })
    };
    let same = against(Some(&given(house)));
    assert_eq!(worst(&same), Some(FleetVerdict::Met));
    assert!(same.iter().any(|one| one.subject == "controls.required-reviews.approvals"), "{same:?}");
    let newer = against(Some(&given(&house.replace("= 1\n[", "= 1\n\n["))));
    assert_eq!(worst(&newer), Some(FleetVerdict::Broken));
    assert_eq!(worst(&against(None)), Some(FleetVerdict::Met));
}

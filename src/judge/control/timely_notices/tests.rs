//! Deployments with incidents behind them.

use super::*;
use crate::control::testing::{World, deployment, example, read_control};
use crate::policy::{Policy, STARTER};
use portcullis_model::fact::Fact;
use portcullis_model::incident::{
    ClosingMark, ClosingOutcome, IncidentFacts, IncidentHistory, NoticeKind, NoticeMark,
};

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn rules(overdue: &str) -> NotificationRules {
    let text = example(&KIND).replace("\"block\"", &format!("\"{overdue}\""));
    Policy::parse(&format!("{STARTER}\n{text}")).unwrap().scope.notification.unwrap()
}

/// An incident of which people became aware on the second of March at ten.
fn incident() -> IncidentHistory {
    IncidentHistory {
        id: "2026-03-02-1a2b3c".to_string().try_into().unwrap(),
        dataset: "nominals".to_string(),
        recorded_at: moment("2026-03-02T10:30:00Z"),
        aware_at: moment("2026-03-02T10:00:00Z"),
        detected_at: None,
        parties: vec!["forces".to_string()],
        notices: Vec::new(),
        closed: None,
    }
}

fn notice(sent: &str, recorded: &str) -> NoticeMark {
    NoticeMark {
        number: 3,
        party: "forces".to_string(),
        kind: NoticeKind::EarlyWarning,
        sent_at: moment(sent),
        recorded_at: moment(recorded),
        digest: portcullis_model::digest::Digest::of(b"letter"),
    }
}

fn judged_with(
    rules: Option<NotificationRules>,
    incidents: Fact<Vec<IncidentHistory>>,
    at: &str,
) -> Result<Vec<Finding>, Gap> {
    let mut world = World::honest();
    world.scope.notification = rules;
    world.facts.observed = Fact::Known(moment(at));
    let mut facts = deployment(&world);
    facts.incidents = match incidents {
        Fact::Known(incidents) => Fact::Known(IncidentFacts {
            tip: facts.candidate.clone(),
            entries: 1 + incidents.len() as u64,
            incidents,
        }),
        Fact::Gap(gap) => Fact::Gap(gap),
    };
    let touched = Fact::Known(Vec::new());
    let case = Case { facts: &facts.whole, deployment: Some(&facts), scope: &world.scope, touched: &touched };
    TimelyNotices {}.check(&case)
}

fn judged(incidents: Vec<IncidentHistory>, at: &str) -> Vec<Finding> {
    judged_with(Some(rules("block")), Fact::Known(incidents), at).unwrap()
}

fn verdicts(found: &[Finding]) -> Vec<Verdict> {
    found.iter().map(|finding| finding.verdict).collect()
}

const IN_TIME: &str = "2026-03-03T10:00:00Z";
const TOO_LATE: &str = "2026-03-03T10:00:01Z";

#[test]
fn an_overdue_notice_blocks_one_second_after_its_time_and_not_before() {
    assert_eq!(verdicts(&judged(vec![incident()], IN_TIME)), [Verdict::Met]);
    let found = judged(vec![incident()], TOO_LATE);
    assert_eq!(verdicts(&found), [Verdict::Broken]);
    let said = "incident 2026-03-02-1a2b3c: the early warning to forces, due 2026-03-03T10:00:00Z";
    assert_eq!(found[0].details, [said]);
    assert_eq!(found[0].subject.to_string(), "environment production");
}

#[test]
fn a_notice_that_can_be_true_lets_the_deployment_through_and_a_back_dated_one_does_not() {
    let told = |sent, recorded| IncidentHistory { notices: vec![notice(sent, recorded)], ..incident() };
    let honest = told("2026-03-02T12:00:00Z", "2026-03-02T13:00:00Z");
    assert_eq!(verdicts(&judged(vec![honest], TOO_LATE)), [Verdict::Met]);
    for forged in [
        told("2026-03-02T12:00:00Z", "2026-03-06T13:00:00Z"),
        told("2026-03-01T12:00:00Z", "2026-03-02T13:00:00Z"),
        told("2026-03-05T12:00:00Z", "2026-03-02T13:00:00Z"),
    ] {
        assert_eq!(verdicts(&judged(vec![forged], "2026-03-06T14:00:00Z")), [Verdict::Broken]);
    }
}

#[test]
fn a_register_that_was_not_seen_proves_nothing_and_an_empty_one_is_fine() {
    let gap = Gap::new("the register", GapReason::MissingObject, "it is not here", "Fetch it.");
    assert!(judged_with(Some(rules("block")), Fact::Gap(gap.clone()), IN_TIME).is_err());
    assert!(judged_with(None, Fact::Known(vec![]), IN_TIME).is_err());
    assert_eq!(verdicts(&judged(vec![], IN_TIME)), [Verdict::Met]);
    // Facts of an earlier form hold no incidents.
    assert!(judged_with(Some(rules("block")), Deployment::no_incidents_asked(), IN_TIME).is_err());
}

#[test]
fn a_party_that_the_policy_dropped_leaves_the_outcome_open() {
    let dropped = IncidentHistory { parties: vec!["commissioner".to_string()], ..incident() };
    assert!(judged_with(Some(rules("block")), Fact::Known(vec![dropped.clone()]), IN_TIME).is_err());
    // What is overdue is worse, and said first.
    assert_eq!(verdicts(&judged(vec![dropped], TOO_LATE)), [Verdict::Broken]);
}

#[test]
fn where_the_policy_warns_a_note_says_so_and_nothing_is_blocked() {
    let warned = |incidents, at| judged_with(Some(rules("warn")), incidents, at).unwrap();
    let found = warned(Fact::Known(vec![incident()]), TOO_LATE);
    assert_eq!(verdicts(&found), [Verdict::Noted, Verdict::Exempt]);
    assert_eq!(found[0].details.len(), 1);
    assert_eq!(verdicts(&warned(Fact::Known(vec![incident()]), IN_TIME)), [Verdict::Met]);
    let gap = Gap::new("the register", GapReason::MissingObject, "it is not here", "Fetch it.");
    assert_eq!(verdicts(&warned(Fact::Gap(gap), IN_TIME)), [Verdict::Noted, Verdict::Exempt]);
}

#[test]
fn closing_an_incident_as_resolved_does_not_replace_a_notice() {
    let closed = |outcome| IncidentHistory {
        closed: Some(ClosingMark { outcome, time: moment("2026-03-02T11:00:00Z") }),
        ..incident()
    };
    assert_eq!(verdicts(&judged(vec![closed(ClosingOutcome::Resolved)], TOO_LATE)), [Verdict::Broken]);
    assert_eq!(verdicts(&judged(vec![closed(ClosingOutcome::NoIncident)], TOO_LATE)), [Verdict::Met]);
}

#[test]
fn without_parties_in_the_policy_the_control_is_refused() {
    let text = format!("{STARTER}\n[controls.timely-notices]\n");
    let problems = Policy::parse(&text).unwrap_err();
    assert_eq!(problems.len(), 1);
    assert!(problems[0].message.contains("`[notification]`"), "{problems:?}");
    assert!(text[problems[0].span.clone()].contains("timely-notices"), "{problems:?}");
    assert!(read_control(&KIND, "overdue = \"warn\"").is_err());
    assert!(Policy::parse(&format!("{STARTER}\n{}", example(&KIND))).is_ok());
}

#[test]
fn changes_before_they_land_are_not_concerned() {
    assert_eq!(World::honest().judge(&KIND, ""), Ok(Vec::new()));
}

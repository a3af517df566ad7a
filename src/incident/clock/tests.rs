//! Terms, notices that count and notices that do not.

use super::*;
use crate::tests::{AWARE, closed, history, hours, moment, notice, rules, working};
use jiff::SignedDuration;

fn duties_of(history: &IncidentHistory, party: &str) -> Vec<NoticeDuty> {
    find_duties(history, &rules()).into_iter().filter(|duty| duty.party == party).collect()
}

/// Kind, end and state of each duty to a party, at this moment.
fn states(history: &IncidentHistory, party: &str, at: &str) -> Vec<(NoticeKind, String, DutyState)> {
    let at = moment(at);
    duties_of(history, party)
        .iter()
        .map(|duty| (duty.kind, duty.until().unwrap().to_string(), duty.state(at)))
        .collect()
}

const EARLY: NoticeKind = NoticeKind::EarlyWarning;

#[test]
fn a_notice_is_overdue_one_second_after_its_time_and_not_before() {
    let none = history(vec![]);
    let duty = &duties_of(&none, "forces")[0];
    let due = duty.until().unwrap();
    assert_eq!(due, moment("2026-03-03T10:00:00Z"));
    for (at, state) in [
        ("2026-03-02T10:00:00Z", DutyState::Waiting),
        ("2026-03-03T09:59:59Z", DutyState::Waiting),
        ("2026-03-03T10:00:00Z", DutyState::Waiting),
        ("2026-03-03T10:00:00.999Z", DutyState::Waiting),
        ("2026-03-03T10:00:01Z", DutyState::Overdue),
    ] {
        assert_eq!(duty.state(moment(at)), state, "{at}");
    }
}

#[test]
fn a_notice_in_its_last_second_is_in_time_and_one_after_it_is_late() {
    for (sent, state) in [
        ("2026-03-03T10:00:00Z", DutyState::Met),
        ("2026-03-03T10:00:00.5Z", DutyState::Met),
        ("2026-03-03T10:00:01Z", DutyState::Late),
    ] {
        let told = history(vec![notice(2, "forces", EARLY, sent)]);
        assert_eq!(duties_of(&told, "forces")[0].state(moment("2026-04-01T00:00:00Z")), state, "{sent}");
    }
}

#[test]
fn each_party_has_its_own_clock_and_a_notice_to_one_is_none_to_another() {
    let told = history(vec![notice(2, "forces", EARLY, "2026-03-02T12:00:00Z")]);
    let at = "2026-03-06T00:00:00Z";
    assert_eq!(states(&told, "forces", at)[0].2, DutyState::Met);
    assert_eq!(
        states(&told, "commissioner", at),
        [(EARLY, "2026-03-05T10:00:00Z".to_string(), DutyState::Overdue)]
    );
}

#[test]
fn phased_information_is_owed_again_from_each_notice_until_the_final_one() {
    use NoticeKind::{Final, Phased};
    let told = |notices: Vec<NoticeMark>| history(notices);
    let first = notice(2, "forces", EARLY, "2026-03-02T12:00:00Z");
    let at = "2026-03-09T12:00:01Z";
    let phased = |history: &IncidentHistory, at: &str| -> Vec<(String, DutyState)> {
        let all = states(history, "forces", at).into_iter().filter(|(kind, ..)| *kind == Phased);
        all.map(|(_, due, state)| (due, state)).collect()
    };
    // Before the first notice only its own term runs.
    assert_eq!(phased(&told(vec![]), at), []);
    assert_eq!(
        phased(&told(vec![first.clone()]), at),
        [("2026-03-09T12:00:00Z".to_string(), DutyState::Overdue)]
    );
    let second = notice(3, "forces", Phased, "2026-03-10T12:00:00Z");
    assert_eq!(
        phased(&told(vec![first.clone(), second.clone()]), at),
        [
            ("2026-03-09T12:00:00Z".to_string(), DutyState::Late),
            ("2026-03-17T12:00:00Z".to_string(), DutyState::Waiting)
        ]
    );
    let last = notice(4, "forces", Final, "2026-03-12T12:00:00Z");
    let all = told(vec![first, second, last.clone()]);
    assert_eq!(phased(&all, at).len(), 2);
    let of_last = states(&all, "forces", at).into_iter().find(|(kind, ..)| *kind == Final).unwrap();
    assert_eq!(of_last.2, DutyState::Met);
    // A final notice tells more than an early warning: it answers that, too.
    let only_last = told(vec![NoticeMark { sent_at: moment("2026-03-03T08:00:00Z"), ..last }]);
    let only_last = IncidentHistory {
        notices: only_last
            .notices
            .into_iter()
            .map(|notice| NoticeMark { recorded_at: notice.sent_at, ..notice })
            .collect(),
        ..only_last
    };
    assert_eq!(states(&only_last, "forces", at)[0].2, DutyState::Met);
    assert_eq!(phased(&only_last, at), []);
}

#[test]
fn a_notice_whose_time_cannot_be_true_is_named_and_stops_no_clock() {
    let sent = |sent: &str, recorded: &str| NoticeMark {
        recorded_at: moment(recorded),
        ..notice(2, "forces", EARLY, sent)
    };
    for (sent, fault) in [
        (sent("2026-03-02T09:59:59Z", "2026-03-02T11:00:00Z"), NoticeFault::BeforeAwareness),
        (sent("2020-03-02T12:00:00Z", "2026-03-02T12:00:00Z"), NoticeFault::BeforeAwareness),
        (sent("2026-03-02T12:00:01Z", "2026-03-02T12:00:00Z"), NoticeFault::Future),
        (sent("2027-03-02T12:00:00Z", "2026-03-02T12:00:00Z"), NoticeFault::Future),
        (sent("2026-03-02T12:00:00Z", "2026-03-03T12:00:01Z"), NoticeFault::RecordedLate(hours(24))),
        (sent("2026-03-02T12:00:00Z", "2026-09-03T12:00:01Z"), NoticeFault::RecordedLate(hours(24))),
    ] {
        let told = history(vec![sent.clone()]);
        assert_eq!(find_notice_fault(&told, &sent, &rules()), Some(fault));
        assert_eq!(
            duties_of(&told, "forces")[0].state(moment("2026-03-04T00:00:00Z")),
            DutyState::Overdue,
            "{sent:?}"
        );
    }
}

#[test]
fn a_notice_that_was_recorded_at_the_edge_of_what_is_allowed_counts() {
    for (sent, recorded) in [
        (AWARE, AWARE),
        ("2026-03-02T12:00:00Z", "2026-03-02T12:00:00Z"),
        ("2026-03-02T12:00:00Z", "2026-03-03T12:00:00Z"),
    ] {
        let mark = NoticeMark { recorded_at: moment(recorded), ..notice(2, "forces", EARLY, sent) };
        let told = history(vec![mark.clone()]);
        assert_eq!(find_notice_fault(&told, &mark, &rules()), None, "{sent} {recorded}");
        assert_eq!(duties_of(&told, "forces")[0].state(moment("2026-03-04T00:00:00Z")), DutyState::Met);
    }
    // In working hours a letter of Friday may be recorded on Monday.
    let friday = NoticeMark {
        recorded_at: moment("2026-03-09T09:30:00Z"),
        ..notice(2, "forces", EARLY, "2026-03-06T16:50:00Z")
    };
    let relaxed = NotificationRules { recorded_within: working(8), ..rules() };
    assert_eq!(find_notice_fault(&history(vec![]), &friday, &relaxed), None);
    assert!(find_notice_fault(&history(vec![]), &friday, &rules()).is_some());
}

#[test]
fn of_several_notices_one_that_cannot_be_true_hides_no_honest_one_behind_it() {
    let forged = NoticeMark {
        recorded_at: moment("2026-03-05T00:00:00Z"),
        ..notice(2, "forces", EARLY, "2026-03-02T11:00:00Z")
    };
    let honest = notice(3, "forces", EARLY, "2026-03-05T00:00:00Z");
    let told = history(vec![forged, honest]);
    let duty = &duties_of(&told, "forces")[0];
    assert_eq!(duty.state(moment("2026-03-06T00:00:00Z")), DutyState::Late);
    assert_eq!(duty.answer, DutyAnswer::Sent { number: 3, at: moment("2026-03-05T00:00:00Z") });
}

#[test]
fn closing_as_resolved_ends_no_duty_but_phased_information() {
    let at = "2026-06-01T00:00:00Z";
    let resolved = closed(history(vec![]), ClosingOutcome::Resolved, "2026-03-02T11:00:00Z");
    assert_eq!(states(&resolved, "forces", at)[0].2, DutyState::Overdue);
    assert_eq!(states(&resolved, "commissioner", at)[0].2, DutyState::Overdue);
    let told = history(vec![
        notice(2, "forces", EARLY, "2026-03-02T12:00:00Z"),
        notice(3, "commissioner", EARLY, "2026-03-02T12:00:00Z"),
    ]);
    let resolved = closed(told, ClosingOutcome::Resolved, "2026-03-05T00:00:00Z");
    let kinds: Vec<_> =
        states(&resolved, "forces", at).into_iter().map(|(kind, _, state)| (kind, state)).collect();
    assert_eq!(
        kinds,
        [
            (EARLY, DutyState::Met),
            (NoticeKind::Phased, DutyState::Ended),
            (NoticeKind::Final, DutyState::Overdue)
        ]
    );
}

#[test]
fn what_was_overdue_when_an_incident_was_closed_as_none_is_shown_as_missed() {
    let at = "2026-06-01T00:00:00Z";
    let early = closed(history(vec![]), ClosingOutcome::NoIncident, "2026-03-02T11:00:00Z");
    assert!(states(&early, "forces", at).iter().all(|(.., state)| *state == DutyState::Ended));
    let late = closed(history(vec![]), ClosingOutcome::NoIncident, "2026-03-04T00:00:00Z");
    assert_eq!(states(&late, "forces", at)[0].2, DutyState::Missed);
    assert_eq!(states(&late, "commissioner", at)[0].2, DutyState::Ended);
}

#[test]
fn a_party_that_the_policy_dropped_after_the_opening_is_not_forgotten() {
    let mut later = rules();
    later.parties.retain(|party| party.name != "forces");
    let duties = find_duties(&history(vec![]), &later);
    let gone = duties.iter().find(|duty| duty.party == "forces").unwrap();
    assert_eq!(gone.state(moment("2026-03-02T10:00:00Z")), DutyState::Unseen);
    // One that hears of other datasets only is gone from this one as well.
    let mut narrowed = rules();
    narrowed.parties[0].datasets = vec!["vehicles".to_string()];
    assert!(find_duties(&history(vec![]), &narrowed).iter().any(|duty| duty.due == gone.due));
    // Who was added later has to be told as well.
    let opened_before = IncidentHistory { parties: vec![], ..history(vec![]) };
    assert_eq!(find_duties(&opened_before, &rules()).len(), 3);
}

#[test]
fn a_term_without_an_end_is_unseen_and_never_met_by_itself() {
    let mut never = rules();
    never.calendar.days = [false; 7];
    never.parties[0].early_warning = Some(working(1));
    let duty = find_duties(&history(vec![]), &never).remove(0);
    assert_eq!(duty.state(moment(AWARE) + SignedDuration::from_hours(1)), DutyState::Unseen);
}

//! When terms end, over every turn that a calendar can take.

use super::*;
use crate::tests::{hours, moment, office, working};
use proptest::prelude::*;

#[track_caller]
fn ends(calendar: &WorkCalendar, start: &str, term: NoticeSpan, end: &str) {
    assert_eq!(end_of_term(calendar, moment(start), term), Some(moment(end)), "{term} from {start}");
}

#[test]
fn clock_hours_pass_at_night_on_holidays_and_while_clocks_change() {
    let london = office("Europe/London", &["2026-03-29"]);
    ends(&london, "2026-03-02T10:00:00Z", hours(72), "2026-03-05T10:00:00Z");
    ends(&london, "2026-03-28T12:00:00Z", hours(24), "2026-03-29T12:00:00Z");
    ends(&london, "2026-10-24T12:00:00Z", hours(24), "2026-10-25T12:00:00Z");
    ends(&london, "2028-02-28T12:00:00Z", hours(24), "2028-02-29T12:00:00Z");
}

#[test]
fn working_hours_go_on_with_the_next_working_day() {
    let london = office("Europe/London", &[]);
    // A Monday in winter: local time is UTC.
    ends(&london, "2026-03-02T10:00:00Z", working(4), "2026-03-02T14:00:00Z");
    ends(&london, "2026-03-02T15:00:00Z", working(4), "2026-03-03T11:00:00Z");
    ends(&london, "2026-03-02T03:00:00Z", working(1), "2026-03-02T10:00:00Z");
    ends(&london, "2026-03-02T20:00:00Z", working(1), "2026-03-03T10:00:00Z");
    // Friday afternoon, over the week-end.
    ends(&london, "2026-03-06T16:00:00Z", working(2), "2026-03-09T10:00:00Z");
    ends(&london, "2026-03-07T12:00:00Z", working(16), "2026-03-10T17:00:00Z");
}

#[test]
fn a_term_that_is_used_up_at_the_end_of_a_working_day_ends_there() {
    let london = office("Europe/London", &[]);
    ends(&london, "2026-03-02T09:00:00Z", working(8), "2026-03-02T17:00:00Z");
    ends(&london, "2026-03-06T16:00:00Z", working(1), "2026-03-06T17:00:00Z");
    // From the very end of a day nothing of it is left.
    ends(&london, "2026-03-06T17:00:00Z", working(8), "2026-03-09T17:00:00Z");
    ends(&london, "2026-03-06T16:59:59Z", working(1), "2026-03-09T09:59:59Z");
}

#[test]
fn the_office_keeps_its_local_hours_when_clocks_are_put_forward() {
    let london = office("Europe/London", &[]);
    // Friday before and Monday after 29 March 2026.
    ends(&london, "2026-03-27T16:00:00Z", working(2), "2026-03-30T09:00:00Z");
    // And back, on 25 October.
    ends(&london, "2026-10-23T15:00:00Z", working(2), "2026-10-26T10:00:00Z");
}

#[test]
fn a_working_day_over_the_change_of_clocks_is_an_hour_shorter_or_longer() {
    let always = |zone| WorkCalendar { days: [true; 7], from: 0, until: 24 * 60, ..office(zone, &[]) };
    // With days without an end working hours are clock hours, whatever clocks do.
    for start in ["2026-03-28T12:00:00Z", "2026-10-24T12:00:00Z"] {
        let start = moment(start);
        let end = end_of_term(&always("Europe/London"), start, working(30));
        assert_eq!(end, start.checked_add(SignedDuration::from_hours(30)).ok());
    }
    let night = WorkCalendar { days: [true; 7], from: 0, until: 6 * 60, ..office("Europe/London", &[]) };
    // 29 March has five hours before six: the sixth is of the next night.
    ends(&night, "2026-03-29T00:00:00Z", working(6), "2026-03-30T00:00:00Z");
    // 25 October has seven.
    ends(&night, "2026-10-24T23:00:00Z", working(7), "2026-10-25T06:00:00Z");
    // A day that begins or ends at a time that clocks leave out, or show twice.
    let odd = WorkCalendar { days: [true; 7], from: 90, until: 150, ..office("Europe/London", &[]) };
    ends(&odd, "2026-03-29T00:00:00Z", working(1), "2026-03-30T01:30:00Z");
    ends(&odd, "2026-10-25T00:00:00Z", working(2), "2026-10-25T02:30:00Z");
}

#[test]
fn zones_that_put_clocks_forward_at_midnight_have_no_first_hour_that_day() {
    let cairo = WorkCalendar { days: [true; 7], from: 0, until: 60, ..office("Africa/Cairo", &[]) };
    // 24 April 2026 begins at one o'clock in Cairo: that working day does not exist.
    ends(&cairo, "2026-04-23T12:00:00Z", working(1), "2026-04-24T22:00:00Z");
}

#[test]
fn holidays_are_no_working_days_and_one_at_a_week_end_changes_nothing() {
    // Christmas Day 2026 is a Friday, Boxing Day a Saturday, its substitute the Monday.
    let london = office("Europe/London", &["2026-12-25", "2026-12-26", "2026-12-28"]);
    ends(&london, "2026-12-24T16:00:00Z", working(2), "2026-12-29T10:00:00Z");
    let saturday = office("Europe/London", &["2026-12-26"]);
    let none = office("Europe/London", &[]);
    for start in ["2026-12-24T16:00:00Z", "2026-12-26T10:00:00Z", "2026-12-27T23:59:59Z"] {
        let end = |calendar| end_of_term(calendar, moment(start), working(2));
        assert_eq!(end(&saturday), end(&none), "{start}");
    }
    // A holiday begins at local midnight, not at that of UTC.
    let auckland = office("Pacific/Auckland", &["2026-03-03"]);
    ends(&auckland, "2026-03-02T02:00:00Z", working(2), "2026-03-02T04:00:00Z");
    ends(&auckland, "2026-03-02T03:00:00Z", working(2), "2026-03-03T21:00:00Z");
}

#[test]
fn a_leap_day_is_a_day() {
    let london = office("Europe/London", &[]);
    // 29 February 2028 is a Tuesday.
    ends(&london, "2028-02-28T16:00:00Z", working(9), "2028-02-29T17:00:00Z");
    let off = office("Europe/London", &["2028-02-29"]);
    ends(&off, "2028-02-28T16:00:00Z", working(9), "2028-03-01T17:00:00Z");
}

#[test]
fn zones_are_those_that_the_program_carries() {
    assert!(find_zone("Europe/London").is_some() && find_zone("Pacific/Chatham").is_some());
    for name in ["", "London", "Europe/Londn", "/etc/localtime", "../Europe/London", ":Europe/London"] {
        assert!(find_zone(name).is_none(), "{name}");
    }
}

#[test]
fn where_no_one_ever_works_no_term_ends() {
    let mut never = office("Europe/London", &[]);
    never.days = [false; 7];
    assert_eq!(end_of_term(&never, moment("2026-03-02T10:00:00Z"), working(1)), None);
    assert_eq!(end_of_term(&office("UTC", &[]), Timestamp::MAX, hours(1)), None);
}

/// Counts second by second, in steps of a minute, as a person with a clock would.
fn counted(calendar: &WorkCalendar, start: Timestamp, minutes: i64) -> Timestamp {
    let (mut now, mut left) = (start, minutes);
    while left > 0 {
        let local = calendar.zone.to_datetime(now);
        let minute = local.hour() as u16 * 60 + local.minute() as u16;
        let weekday = local.date().weekday().to_monday_zero_offset() as usize;
        let works = calendar.days[weekday] && !calendar.holidays.contains(&local.date());
        if works && (calendar.from..calendar.until).contains(&minute) {
            left -= 1;
        }
        now += SignedDuration::from_mins(1);
    }
    now
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn terms_end_where_counting_minute_by_minute_ends(
        day in 0i64..1500, minute in 0i64..1440, length in 1i64..40,
        zone in prop::sample::select(vec!["Europe/London", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "UTC"]),
        free in prop::sample::subsequence(vec!["2026-03-27", "2026-03-30", "2026-10-26", "2028-02-29"], 0..4),
    ) {
        let calendar = office(zone, &free);
        let start = moment("2025-01-01T00:00:00Z") + SignedDuration::from_mins(day * 1440 + minute);
        let end = end_of_term(&calendar, start, working(length)).unwrap();
        prop_assert_eq!(end, counted(&calendar, start, length * 60));
    }

    #[test]
    fn more_time_never_ends_earlier(start in 1_700_000_000i64..1_900_000_000, length in 1i64..200) {
        let calendar = office("Europe/London", &["2026-12-25"]);
        let start = Timestamp::from_second(start).unwrap();
        let end = |length| end_of_term(&calendar, start, working(length)).unwrap();
        prop_assert!(start < end(length) && end(length) < end(length + 1));
        prop_assert!(end_of_term(&calendar, start, hours(length)).unwrap() <= end(length));
    }
}

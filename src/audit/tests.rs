//! The parts of an audit against made-up values.

use crate::period::{AuditedPeriod, SeenTip, cut_line};
use crate::protection::{Look, protection_over_time};
use crate::sample::{SampleRequest, draw_number, draw_sample};
use jiff::Timestamp;
use portcullis_model::change::BranchName;
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::protection::{ActorKind, Bypass, BypassMode, Protection, Requirement, Rule};
use portcullis_wire::audit::v1::{ProtectedBranchV1, ProtectionStateV1};
use proptest::prelude::*;

const DAY: i64 = 86_400;
const START: i64 = 1_767_225_600;

fn day(number: i64) -> Timestamp {
    Timestamp::from_second(START + number * DAY).unwrap()
}

fn period(since: i64, until: i64) -> AuditedPeriod {
    AuditedPeriod { since: day(since), until: day(until) }
}

/// Days, some of them impossible.
fn dates() -> impl Strategy<Value = Vec<i64>> {
    let date = prop_oneof![
        8 => (0_i64..100).prop_map(|number| START + number * DAY),
        1 => Just(0),
        1 => Just(START + 10_000 * DAY),
    ];
    proptest::collection::vec(date, 0..40)
}

proptest! {
    #[test]
    fn adjoining_periods_leave_nothing_between_them(dates in dates(), cut in 1_i64..99) {
        let as_of = day(100);
        let early = cut_line(&dates, &[], &period(-1, cut), as_of);
        let late = cut_line(&dates, &[], &period(cut, 101), as_of);
        prop_assert_eq!(early.first, 0);
        prop_assert_eq!(late.end, dates.len());
        prop_assert!(late.first <= early.end, "{:?} {:?}", early, late);
    }

    #[test]
    fn a_commit_with_a_date_in_the_period_is_in_it(dates in dates(), since in 0_i64..50, days in 1_i64..50) {
        let found = cut_line(&dates, &[], &period(since, since + days), day(100));
        prop_assert!(found.first <= found.end && found.end <= dates.len());
        for (place, date) in dates.iter().enumerate() {
            if (START + since * DAY..START + (since + days) * DAY).contains(date) {
                prop_assert!((found.first..found.end).contains(&place));
            }
        }
    }

    #[test]
    fn dates_that_rise_are_taken_as_they_are(mut days in proptest::collection::vec(0_i64..100, 0..40)) {
        days.sort_unstable();
        let dates: Vec<i64> = days.iter().map(|number| START + number * DAY).collect();
        let found = cut_line(&dates, &[], &period(20, 60), day(100));
        let inside: Vec<usize> =
            (0..days.len()).filter(|place| (20..60).contains(&days[*place])).collect();
        prop_assert_eq!((found.first..found.end).collect::<Vec<_>>(), inside);
        prop_assert!(found.odd.is_empty());
    }
}

#[test]
fn a_tip_that_a_record_saw_goes_before_the_dates_of_commits() {
    let dates: Vec<i64> = [1, 2, 50, 51].iter().map(|number| START + number * DAY).collect();
    let tip = |place, at, was_tip| SeenTip { place, at: day(at), was_tip, source: "production#1".into() };
    let alone = cut_line(&dates, &[], &period(0, 10), day(100));
    assert_eq!((alone.first, alone.end), (0, 2));
    // The third commit was on the branch on day 5 already, whatever it says.
    let seen = cut_line(&dates, &[tip(2, 5, false)], &period(0, 10), day(100));
    assert_eq!((seen.first, seen.end), (0, 3));
    assert!(seen.odd[0].why.contains("production#1"), "{:?}", seen.odd);
    // The first was the tip on day 20: the second came in later than it says.
    let late = cut_line(&dates, &[tip(0, 20, true)], &period(0, 10), day(100));
    assert_eq!((late.first, late.end), (0, 1));
}

#[test]
fn a_draw_number_is_that_of_sha256sum() {
    // printf '%s\n%s' autumn main@1 | sha256sum
    let expected = portcullis_model::digest::Digest::of(b"autumn\nmain@1").to_string();
    assert_eq!(format!("sha256:{}", draw_number("autumn", "main@1")), expected);
    let request = SampleRequest { size: 3, seed: "autumn".into(), by_area: true };
    assert!(draw_sample(&[], &request).strata.is_empty());
}

fn requirement(rule: Rule, bypass: Fact<Vec<Bypass>>) -> Requirement {
    Requirement { rule, source: "ruleset main".into(), bypass }
}

fn actor(name: &str) -> Bypass {
    Bypass { kind: ActorKind::Team, id: None, name: Some(name.into()), mode: BypassMode::Always }
}

fn look(at: i64, requirements: Vec<Requirement>) -> Look {
    let protection = Fact::Known(Protection { requirements, unseen: Vec::new() });
    Look { at: day(at), branch: BranchName::new("main"), protection, source: format!("production#{at}") }
}

fn followed(looks: Vec<Look>) -> ProtectedBranchV1 {
    protection_over_time(looks, Some((day(0), day(40))), &[]).remove(0)
}

#[test]
fn a_lapse_lasts_from_the_last_look_that_held_to_the_next_one() {
    let held = || vec![requirement(Rule::NoForcePush, Fact::Known(Vec::new()))];
    // In any order.
    let branch = followed(vec![look(30, held()), look(10, held()), look(20, Vec::new()), look(35, held())]);
    let found = &branch.requirements[0];
    assert_eq!(found.requirement, "no-force-push");
    assert_eq!(found.since, Some(day(30).to_string()));
    let lapse = &found.lapses[0];
    assert_eq!((&lapse.after, &lapse.before), (&Some(day(10).to_string()), &Some(day(30).to_string())));
    assert_eq!((lapse.state, found.lapses.len()), (ProtectionStateV1::Off, 1));
    assert_eq!(branch.longest_unwatched, Some(10 * DAY as u64));
    let twin = followed(vec![look(10, held()), look(20, held())]);
    assert_eq!((twin.requirements[0].lapses.len(), twin.longest_unwatched), (0, Some(20 * DAY as u64)));
    assert_eq!(twin.requirements[0].since, Some(day(10).to_string()));
}

#[test]
fn fewer_approvals_more_ways_round_and_what_is_hidden_are_told_apart() {
    let approvals = |count, bypass| vec![requirement(Rule::Approvals(count), bypass)];
    let no_one = || Fact::Known(Vec::new());
    let hidden = || Fact::Gap(Gap::not_asked("the bypass list", "Give the token more rights."));
    let branch = followed(vec![
        look(1, approvals(2, no_one())),
        look(2, approvals(1, no_one())),
        look(3, approvals(2, Fact::Known(vec![actor("release")]))),
        look(4, approvals(2, hidden())),
        look(5, approvals(2, no_one())),
    ]);
    let states: Vec<ProtectionStateV1> = branch.requirements[0].spans.iter().map(|span| span.state).collect();
    use ProtectionStateV1::{Held, Hidden, Weaker};
    assert_eq!(states, [Held, Weaker, Weaker, Hidden, Held]);
    assert_eq!(branch.requirements[0].spans[1].detail, "1 instead of 2");
    assert_eq!(branch.requirements[0].spans[2].detail, "also bypassed by team release");
    assert_eq!(branch.requirements[0].since, Some(day(5).to_string()));
    // A look that saw nothing is no look at which it held.
    let mut blind = look(6, Vec::new());
    blind.protection = Fact::Gap(Gap::not_asked("the protection of main", "Name the host."));
    let branch = followed(vec![look(1, approvals(2, no_one())), blind]);
    assert_eq!(branch.requirements[0].since, None);
}

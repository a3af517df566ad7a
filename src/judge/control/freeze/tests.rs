//! When nothing is deployed, and that windows which hold nothing back do not parse.

use super::KIND;
use crate::control::Case;
use crate::control::testing::{World, control, deployment, example, gap, observed, read_control};
use portcullis_model::decision::{Finding, Outcome, Verdict};
use portcullis_model::fact::{Fact, Gap};

/// `observed` is 2026-12-20, a Sunday, at noon UTC.
const HOLIDAY: &str = r#"windows = [{ from = "2026-12-18T18:00:00Z", until = "2027-01-04T08:00:00Z", reason = "nobody is on call" }]"#;

fn judged(settings: &str, moment: Fact<jiff::Timestamp>) -> Result<Vec<Finding>, Gap> {
    let mut world = World::honest();
    world.facts.observed = moment;
    let deployment = deployment(&world);
    let case = Case { deployment: Some(&deployment), ..world.case() };
    control(&KIND, settings).check(&case)
}

fn at_moment(settings: &str, moment: jiff::Timestamp) -> Finding {
    let mut findings = judged(settings, Fact::Known(moment)).unwrap();
    assert_eq!(findings.len(), 1, "{findings:#?}");
    findings.remove(0)
}

fn moment(text: &str) -> jiff::Timestamp {
    text.parse().unwrap()
}

#[test]
fn inside_a_window_nothing_is_deployed_and_the_finding_says_why_and_how_long() {
    let found = at_moment(HOLIDAY, observed());
    assert_eq!(found.verdict, Verdict::Broken);
    assert_eq!(found.reason, "deployments to it are frozen until 2027-01-04T08:00:00Z: nobody is on call");
    assert_eq!(found.subject.to_string(), "environment production");
    assert!(found.remedy.unwrap().contains("2027-01-04T08:00:00Z"));
}

#[test]
fn a_window_begins_with_its_first_moment_and_is_over_at_its_last() {
    for (text, verdict) in [
        ("2026-12-18T17:59:59.999999999Z", Verdict::Met),
        ("2026-12-18T18:00:00Z", Verdict::Broken),
        ("2027-01-04T07:59:59Z", Verdict::Broken),
        ("2027-01-04T08:00:00Z", Verdict::Met),
    ] {
        assert_eq!(at_moment(HOLIDAY, moment(text)).verdict, verdict, "{text}");
    }
}

#[test]
fn without_the_moment_nobody_can_say_that_it_is_not_frozen() {
    assert!(judged(HOLIDAY, Fact::Gap(gap())).is_err());
}

#[test]
fn other_environments_and_changes_that_only_land_are_not_concerned() {
    let staging = format!("environments = [\"staging\"]\n{HOLIDAY}");
    assert_eq!(at_moment(&staging, observed()).verdict, Verdict::Exempt);
    let both = format!("environments = [\"staging\", \"production\"]\n{HOLIDAY}");
    assert_eq!(at_moment(&both, observed()).verdict, Verdict::Broken);
    assert_eq!(World::honest().judge(&KIND, HOLIDAY), Ok(Vec::new()));
}

#[test]
fn each_window_that_holds_is_told() {
    let windows = r#"windows = [
        { from = "2026-12-18", until = "2026-12-25", reason = "migration" },
        { from = "2026-12-20", until = "2026-12-21", reason = "audit" },
        { from = "2026-12-21", until = "2026-12-22", reason = "later" },
    ]"#;
    let findings = judged(windows, Fact::Known(observed())).unwrap();
    assert_eq!(findings.len(), 2);
    assert_eq!(Outcome::of(&findings), Outcome::Block);
}

#[test]
fn a_weekly_window_may_run_over_the_end_of_the_week() {
    let weekend = r#"weekly = [{ from = "fri 16:00", until = "mon 08:00", reason = "weekend" }]"#;
    for (text, until) in [
        ("2026-12-18T15:59:59Z", None),
        ("2026-12-18T16:00:00Z", Some("2026-12-21T08:00:00Z")),
        ("2026-12-20T12:00:00Z", Some("2026-12-21T08:00:00Z")),
        ("2026-12-21T07:59:59.5Z", Some("2026-12-21T08:00:00Z")),
        ("2026-12-21T08:00:00Z", None),
        ("2026-12-23T12:00:00Z", None),
        ("1969-12-27T12:00:00.5Z", Some("1969-12-29T08:00:00Z")),
    ] {
        let found = at_moment(weekend, moment(text));
        let end = until.map(|end| format!("deployments to it are frozen until {end}: weekend"));
        assert_eq!(found.verdict == Verdict::Broken, end.is_some(), "{text}");
        assert!(end.is_none_or(|end| end == found.reason), "{text}: {}", found.reason);
    }
}

#[test]
fn a_weekly_window_keeps_its_offset() {
    let night =
        r#"weekly = [{ from = "sun 23:00", until = "mon 01:00", offset = "+02:00", reason = "night" }]"#;
    for (text, verdict) in [
        ("2026-12-20T20:59:59Z", Verdict::Met),
        ("2026-12-20T21:00:00Z", Verdict::Broken),
        ("2026-07-05T21:00:00Z", Verdict::Broken),
        ("2026-12-20T23:00:00Z", Verdict::Met),
    ] {
        assert_eq!(at_moment(night, moment(text)).verdict, verdict, "{text}");
    }
}

#[test]
fn what_would_hold_nothing_back_does_not_parse() {
    for (settings, says) in [
        ("", "freeze nothing"),
        ("windows = []", "freezes nothing"),
        ("weekly = []", "freezes nothing"),
        (r#"environments = ["production"]"#, "freeze nothing"),
        (&format!("environments = []\n{HOLIDAY}"), "freezes no environment"),
        (&format!("environments = [\"*\"]\n{HOLIDAY}"), "no name of an environment"),
        (
            r#"windows = [{ from = "2026-12-19", until = "2026-12-18", reason = "x" }]"#,
            "write a later `until`",
        ),
        (
            r#"windows = [{ from = "2026-12-18", until = "2026-12-18", reason = "x" }]"#,
            "write a later `until`",
        ),
        (
            r#"windows = [{ from = "2026-12-18", until = "2026-12-19", reason = " " }]"#,
            "reason of the window is empty",
        ),
        (
            r#"windows = [{ from = "2026-12-18T18:00:00", until = "2026-12-19", reason = "x" }]"#,
            "is not a moment",
        ),
        (r#"windows = [{ from = "2026-12-18", until = "2026-12-19" }]"#, "reason"),
        (r#"windows = [{ from = 2026-12-18, until = "2026-12-19", reason = "x" }]"#, "expected a string"),
        (r#"weekly = [{ from = "fri 16:00", until = "fri 16:00", reason = "x" }]"#, "ends when it begins"),
        (r#"weekly = [{ from = "Friday", until = "mon 08:00", reason = "x" }]"#, "not a time of the week"),
        (r#"weekly = [{ from = "fri 24:00", until = "mon 08:00", reason = "x" }]"#, "not a time of the week"),
        (r#"weekly = [{ from = "fri 16:0", until = "mon 08:00", reason = "x" }]"#, "not a time of the week"),
        (
            r#"weekly = [{ from = "fri 16:00", until = "mon 08:00", offset = "Europe/London", reason = "x" }]"#,
            "offset",
        ),
        (
            r#"weekly = [{ from = "fri 16:00", until = "mon 08:00", offset = "+15:00", reason = "x" }]"#,
            "offset",
        ),
        (r#"window = []"#, "unknown field"),
    ] {
        let error = read_control(&KIND, settings).expect_err(settings).to_string();
        assert!(error.contains(says), "{settings}: {error}");
    }
}

#[test]
fn a_mistake_in_one_window_has_the_place_of_that_window() {
    let text = r#"windows = [{ from = "2026-12-18", until = "2026-12-19", reason = "x" },
        { from = "2026-12-20", until = "2026-12-19", reason = "x" }]"#;
    let span = read_control(&KIND, text).expect_err("the second window").span().unwrap();
    assert!(text[span.clone()].starts_with(r#"{ from = "2026-12-20""#), "{}", &text[span]);
}

#[test]
fn the_example_of_its_documentation_is_read() {
    let settings = example(&KIND).replace("[controls.freeze]", "").replace("controls.freeze.", "");
    read_control(&KIND, &settings).unwrap_or_else(|error| panic!("{settings}: {error}"));
}

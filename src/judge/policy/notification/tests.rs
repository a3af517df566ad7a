//! `[notification]`: what is read, and each mistake with its place.

use crate::policy::{Policy, Problem, STARTER};
use jiff::SignedDuration;
use portcullis_model::notification::{Counting, NoticeSpan, NotificationRules, OverdueEffect, PartyRole};

const GOOD: &str = r#"
[notification]
zone = "Europe/London"
holidays = ["2026-12-25", "2026-12-28"]

[notification.parties.forces]
title = "Receiving forces"
role = "recipient"
datasets = ["nominals"]
early-warning = "8 working hours"
phased = "7d"
final = "60d"

[notification.parties.commissioner]
title = "Information Commissioner"
role = "commissioner"
early-warning = "72h"
"#;

fn policy(notification: &str) -> Result<Policy, Vec<Problem>> {
    Policy::parse(&format!("{STARTER}\n{notification}"))
}

/// The problems of a policy, each with the text that it is about.
fn problems(notification: &str) -> Vec<(String, String)> {
    let text = format!("{STARTER}\n{notification}");
    let problems = Policy::parse(&text).expect_err(notification);
    problems.into_iter().map(|problem| (text[problem.span].to_string(), problem.message)).collect()
}

#[test]
fn parties_terms_and_working_hours_are_read() {
    let rules = policy(GOOD).unwrap().scope.notification.unwrap();
    assert_eq!(rules.calendar.zone.iana_name(), Some("Europe/London"));
    assert_eq!((rules.calendar.from, rules.calendar.until), (540, 1020));
    assert_eq!(rules.calendar.days, [true, true, true, true, true, false, false]);
    assert_eq!(rules.calendar.holidays.len(), 2);
    assert_eq!(rules.overdue, OverdueEffect::Block);
    let span = |hours, counting| NoticeSpan { length: SignedDuration::from_hours(hours), counting };
    assert_eq!(rules.recorded_within, span(72, Counting::Clock));
    let forces = rules.party("forces").unwrap();
    assert_eq!(forces.role, PartyRole::Recipient);
    assert_eq!(forces.early_warning, Some(span(8, Counting::Working)));
    assert_eq!(
        (forces.phased, forces.last),
        (Some(span(168, Counting::Clock)), Some(span(1440, Counting::Clock)))
    );
    assert_eq!(rules.parties_of("nominals").count(), 2);
    assert_eq!(
        rules.parties_of("vehicles").map(|party| party.name.as_str()).collect::<Vec<_>>(),
        ["commissioner"]
    );
    assert!(Policy::parse(STARTER).unwrap().scope.notification.is_none());
}

#[test]
fn recipients_of_a_dataset_are_told_beside_those_who_name_it() {
    let mut rules = policy(GOOD).unwrap().scope.notification.unwrap();
    let told = |rules: &NotificationRules, dataset: &str| -> Vec<String> {
        rules.parties_of(dataset).map(|party| party.name.clone()).collect()
    };
    rules.add_recipients(
        "vehicles",
        &["forces".to_string(), "commissioner".to_string(), "nobody".to_string()],
    );
    for dataset in ["vehicles", "nominals"] {
        assert_eq!(told(&rules, dataset), ["commissioner", "forces"], "{dataset}");
    }
    assert_eq!(told(&rules, "others"), ["commissioner"]);
}

#[test]
fn a_party_that_works_round_the_clock_can_be_written() {
    let text = GOOD.replace(
        "zone = \"Europe/London\"",
        "zone = \"UTC\"\nworking-days = [\"sun\", \"mon\"]\nworking-hours = \"00:00-24:00\"\nrecorded-within = \"1 working hour\"\noverdue = \"warn\"",
    );
    let rules = policy(&text).unwrap().scope.notification.unwrap();
    assert_eq!((rules.calendar.from, rules.calendar.until), (0, 1440));
    assert_eq!(rules.calendar.days, [true, false, false, false, false, false, true]);
    assert_eq!((rules.recorded_within.counting, rules.overdue), (Counting::Working, OverdueEffect::Warn));
}

#[test]
fn each_mistake_is_named_at_its_place() {
    for (from, to, place, says) in [
        ("\"Europe/London\"", "\"Europe/Londn\"", "\"Europe/Londn\"", "no time zone"),
        ("\"Europe/London\"", "\"/etc/localtime\"", "\"/etc/localtime\"", "no time zone"),
        ("\"2026-12-28\"", "\"2026-12-25\"", "\"2026-12-25\"", "there twice"),
        ("\"2026-12-28\"", "\"28/12/2026\"", "\"28/12/2026\"", "no date"),
        ("\"2026-12-28\"", "\"2027-02-29\"", "\"2027-02-29\"", "no date"),
        ("\"72h\"", "\"72\"", "\"72\"", "no term"),
        ("\"72h\"", "\"0h\"", "\"0h\"", "no term"),
        ("\"72h\"", "\"+2h\"", "\"+2h\"", "no term"),
        ("\"72h\"", "\"400d\"", "\"400d\"", "no term"),
        ("\"72h\"", "\"2 working days\"", "\"2 working days\"", "no term"),
        ("\"8 working hours\"", "\"8  working hours\"", "\"8  working hours\"", "no term"),
        ("\"recipient\"", "\"friend\"", "\"friend\"", "unknown value `friend`"),
        ("\"Receiving forces\"", "\" \"", "\" \"", "the title of the party is empty"),
        ("[\"nominals\"]", "[]", "[]", "an empty list"),
        ("[\"nominals\"]", "[\"nominals\", \"nominals\"]", "\"nominals\"", "there twice"),
        ("parties.forces", "parties.Forces", "Forces", "cannot be the name of a party"),
        ("early-warning = \"72h\"", "", "commissioner", "no notice to `commissioner` would ever be due"),
        ("zone =", "working-hours = \"17:00-09:00\"\nzone =", "\"17:00-09:00\"", "no working hours"),
        ("zone =", "working-hours = \"09:00-24:01\"\nzone =", "\"09:00-24:01\"", "no working hours"),
        ("zone =", "working-hours = \"9:00-17:00\"\nzone =", "\"9:00-17:00\"", "no working hours"),
        ("zone =", "working-days = []\nzone =", "[]", "no term in working hours would ever end"),
        ("zone =", "working-days = [\"mon\", \"mon\"]\nzone =", "\"mon\"", "there twice"),
        ("zone =", "working-days = [\"monday\"]\nzone =", "\"monday\"", "unknown value `monday`"),
        ("zone =", "overdue = \"ignore\"\nzone =", "\"ignore\"", "unknown value `ignore`"),
        ("zone =", "zones =", "zones", "unknown key `zones`"),
    ] {
        assert!(GOOD.contains(from), "{from}");
        let found = problems(&GOOD.replacen(from, to, 1));
        let is_named = found.iter().any(|(at, message)| at == place && message.contains(says));
        assert!(is_named, "{to}: {found:?}");
        assert_eq!(found.len(), 1, "{to}: {found:?}");
    }
}

#[test]
fn a_policy_without_parties_tells_no_one_and_is_refused() {
    let found = problems("[notification]\nzone = \"UTC\"\n");
    assert!(found.iter().any(|(_, message)| message == "no one would be told of anything"), "{found:?}");
    let found = problems("[notification.parties.forces]\ntitle = \"x\"\nrole = \"other\"\nfinal = \"1d\"\n");
    assert!(found.iter().any(|(_, message)| message == "missing key `zone`"), "{found:?}");
}

#[test]
fn attack_a_party_is_told_of_a_dataset_that_does_not_exist() {
    let dataset = r#"
[reconciliation.nominal]
key = [{ name = "id" }]
fields = []
deadline = "24h"
areas = ["imports"]
"#;
    let found = problems(&format!("{GOOD}{dataset}"));
    let problem = ("\"nominals\"".to_string(), "there is no dataset `nominals`".to_string());
    assert!(found.contains(&problem), "{found:?}");
    let mended = format!("{}{dataset}", GOOD.replace("nominals", "nominal"));
    let text = format!("{STARTER}\n{mended}");
    let found = Policy::parse(&text).err().unwrap_or_default();
    assert!(!found.iter().any(|problem| problem.message.contains("there is no dataset")), "{found:?}");
}

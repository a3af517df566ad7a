//! Every mistake in a file of waivers, with its place.

use crate::policy::{Policy, show};
use portcullis_model::waiver::Waiver;
use proptest::prelude::*;

const POLICY: &str = r#"
schema = 1
[project]
name = "Record upload"
[branches]
deployment = ["main"]
[[data-processing]]
name = "upload"
purpose = "loads records"
paths = ["services/upload/**"]
[[people]]
name = "Kim Example"
logins = ["kim", "kim-admin"]
[[people]]
name = "Robot"
logins = ["robot"]
machine = true
[controls.required-reviews]
approvals = 1
"#;

const GOOD: &str = r#"schema = 1

[[waivers]]
id = "W-12"
control = "required-reviews"
area = "upload"
reason = "the reviewer is away"
ticket = "OPS-881"
requester = "robin"
approver = "kim"
created = "2026-12-18T18:00:00Z"
expires = "2026-12-21T09:00:00Z"
"#;

fn policy() -> Policy {
    Policy::parse(POLICY).unwrap()
}

fn read(text: &str) -> Result<Vec<Waiver>, String> {
    policy().waivers(text).map_err(|problems| show("waivers", text, &problems))
}

/// The good text with one line replaced; `with` may be several lines, or none.
fn line(key: &str, with: &str) -> String {
    let replaced: Vec<_> =
        GOOD.lines().map(|line| if line.starts_with(&format!("{key} =")) { with } else { line }).collect();
    assert!(replaced.iter().filter(|line| **line == with).count() >= 1, "{key}");
    replaced.join("\n")
}

#[track_caller]
fn refused(text: &str, says: &[&str]) {
    let shown = read(text).expect_err(text);
    for part in says {
        assert!(shown.contains(part), "{part:?} is not in:\n{shown}");
    }
}

#[test]
fn a_good_file_is_read() {
    let waivers = read(GOOD).unwrap();
    let [waiver] = waivers.as_slice() else { panic!("{waivers:?}") };
    assert_eq!(
        (waiver.grant.id.as_str(), waiver.grant.requester.as_str(), waiver.grant.approver.as_str()),
        ("W-12", "robin", "kim")
    );
    assert_eq!(waiver.grant.expires.to_string(), "2026-12-21T09:00:00Z");
    assert_eq!(read("schema = 1\n"), Ok(Vec::new()));
}

#[test]
fn whoever_asks_does_not_approve_under_any_account() {
    refused(
        &line("approver", "approver = \"ROBIN\""),
        &["waivers:10:12", "ROBIN both asks for this waiver and approves it"],
    );
    let both = line("requester", "requester = \"kim-admin\"");
    refused(
        &both,
        &[
            "waivers:10:12",
            "Kim Example both asks for this waiver and approves it",
            "two accounts of one person",
        ],
    );
    refused(&line("approver", "approver = \"robot\""), &["is a machine"]);
    refused(&line("approver", "approver = \"release[bot]\""), &["is a machine"]);
    refused(&line("approver", "approver = \"example/managers\""), &["is not a login"]);
}

#[test]
fn a_waiver_ends_within_the_time_that_the_policy_allows() {
    refused(&line("expires", "expires = \"2026-12-18T18:00:00Z\""), &["`expires` is not after `created`"]);
    refused(&line("expires", "expires = \"2027-01-17T18:00:01Z\""), &["more than 30 days after `created`"]);
    assert!(read(&line("expires", "expires = \"2027-01-17T18:00:00Z\"")).is_ok());
    refused(&line("expires", "expires = 2026-12-21"), &["put dates in quotes"]);
    refused(&line("expires", ""), &["missing key `expires`"]);
    refused(&line("expires", "expires = \"never\""), &["`never` is not a moment"]);
    let short = Policy::parse(&format!("{POLICY}\n[waivers]\nlongest = \"12h\"\n")).unwrap();
    assert!(short.waivers(GOOD).unwrap_err()[0].message.contains("more than 12 hours"));
}

#[test]
fn longest_is_a_span_above_zero_and_at_most_a_year() {
    for (text, good) in
        [("30d", true), ("1h", true), ("366d", true), ("367d", false), ("0d", false), ("-1d", false)]
    {
        let read = Policy::parse(&format!("{POLICY}\n[waivers]\nlongest = \"{text}\"\n"));
        assert_eq!(read.is_ok(), good, "{text}");
    }
    for text in ["+1d", "1", "d", "1w", "99999999d", "P1D", "1 d"] {
        assert!(Policy::parse(&format!("{POLICY}\n[waivers]\nlongest = \"{text}\"\n")).is_err(), "{text}");
    }
    assert!(Policy::parse(&format!("{POLICY}\n[waivers]\n")).is_err());
}

#[test]
fn wildcards_and_waivers_without_bounds_are_refused() {
    refused(&line("control", "control = \"*\""), &["waivers:5:11", "there is no control `*`"]);
    refused(&line("control", "control = \"required-review\""), &["did you mean `required-reviews`?"]);
    refused(&line("area", "area = \"**\""), &["there is no area `**`"]);
    refused(&line("area", "area = \"uplaod\""), &["did you mean `upload`?"]);
    refused(&line("area", ""), &["covers everything that its control finds"]);
    refused(&line("area", "environment = \"*\""), &["no name of an environment"]);
    refused(&line("area", "commits = [\"*\"]"), &["is not a full object name"]);
    refused(&line("area", "commits = [\"1a2b3c4\"]"), &["is not a full object name"]);
    refused(&line("area", "commits = []"), &["an empty list"]);
    refused(&line("area", "requests = []"), &["an empty list"]);
    refused(&line("area", "requests = [0]"), &["above zero"]);
    refused(&line("area", "requests = [\"*\"]"), &["expected a whole number"]);
    refused(&line("area", "paths = [\"**\"]"), &["unknown key `paths`"]);
}

#[test]
fn the_gate_is_never_waived_and_unreviewed_content_only_by_commit() {
    refused(&line("control", "control = \"gate-integrity\""), &["cannot be waived"]);
    let landings = line("control", "control = \"reviewed-landings\"");
    refused(&landings, &["names no commit"]);
    let commits = format!("area = \"upload\"\ncommits = [\"{}\"]", "c".repeat(40));
    assert!(read(&landings.replace("area = \"upload\"", &commits)).is_ok());
}

#[test]
fn an_emergency_owes_a_review_and_says_who_gave_it() {
    let with = |lines: &str| format!("{GOOD}{lines}\n");
    refused(&with("emergency = true"), &["an emergency without a date for its review"]);
    refused(&with("review-due = \"2026-12-23\""), &["only an emergency"]);
    let due = "emergency = true\nreview-due = \"2026-12-23\"\n";
    assert!(read(&with(due)).is_ok());
    refused(&with("emergency = true\nreview-due = \"2029-12-23\""), &["`review-due` is more than 30 days"]);
    refused(&with("emergency = true\nreview-due = \"2026-12-18\""), &["`review-due` is not after"]);
    refused(&with(&format!("{due}reviewed-by = \"alex\"")), &["but not when"]);
    refused(&with(&format!("{due}reviewed-on = \"2026-12-22\"")), &["but not by whom"]);
    refused(&with(&format!("{due}reviewed-by = \"robin\"\nreviewed-on = \"2026-12-22\"")), &["reviews it"]);
    refused(
        &with(&format!("{due}reviewed-by = \"alex\"\nreviewed-on = \"2026-12-01\"")),
        &["before `created`"],
    );
    let waivers = read(&with(&format!("{due}reviewed-by = \"alex\"\nreviewed-on = \"2026-12-22\""))).unwrap();
    assert!(waivers[0].emergency.as_ref().unwrap().review.is_some());
}

#[test]
fn ids_are_plain_and_used_once() {
    let twice = format!("{GOOD}{}", GOOD.replace("schema = 1", "").replace("W-12", "w-12"));
    refused(&twice, &["waivers:16:6", "the waiver `w-12` is already in line 4"]);
    refused(&line("id", "id = \"\""), &["cannot be the id"]);
    refused(&line("id", "id = \"W\\u202e12\""), &["cannot be the id", "\\u{202e}"]);
}

#[test]
fn every_mistake_is_told_at_once() {
    let text = GOOD
        .replace("\"required-reviews\"", "\"reviews\"")
        .replace("\"upload\"", "\"up\"")
        .replace("\"the reviewer is away\"", "\" \"")
        .replace("ticket = \"OPS-881\"\n", "")
        .replace("\"2026-12-21T09:00:00Z\"", "\"soon\"")
        .replace("schema = 1\n", "");
    refused(&text, &["missing key `schema`", "missing key `ticket`", "`soon` is not a moment"]);
    let text = text.replace("area =", "ticket = \"\"\narea =").replace("\"soon\"", "\"2026-12-01\"");
    refused(
        &text,
        &[
            "no control `reviews`",
            "no area `up`",
            "the reason of the waiver is empty",
            "the ticket of the waiver is empty",
            "not after",
        ],
    );
}

#[test]
fn another_schema_and_other_keys_are_refused() {
    refused(&GOOD.replace("schema = 1", "schema = 2"), &["schema 2 is not known"]);
    refused(&GOOD.replace("schema = 1", ""), &["missing key `schema`"]);
    refused(&GOOD.replace("[[waivers]]", "[waivers]"), &["expected a list"]);
    refused(&GOOD.replace("[[waivers]]", "[[waiver]]"), &["unknown key `waiver`"]);
    refused("schema = 1\n[[waivers", &["not TOML"]);
}

#[test]
fn the_order_of_the_file_does_not_matter() {
    let other = GOOD.replace("schema = 1", "").replace("W-12", "W-3");
    let ids = |text: &str| read(text).unwrap().into_iter().map(|waiver| waiver.grant.id).collect::<Vec<_>>();
    assert_eq!(ids(&format!("{GOOD}{other}")), ["W-12", "W-3"]);
    assert_eq!(ids(&format!("schema = 1\n{other}{}", GOOD.replace("schema = 1", ""))), ["W-12", "W-3"]);
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC*") {
        let _ = policy().waivers(&text);
    }

    #[test]
    fn no_changed_byte_makes_the_reader_panic(at in 0..GOOD.len(), with in "[ -~\n]") {
        let text = format!("{}{with}{}", &GOOD[..at], &GOOD[at + 1..]);
        let _ = policy().waivers(&text);
    }
}

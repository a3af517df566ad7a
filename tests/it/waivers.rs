//! Waivers in a job, on a real repository: where they stand decides whether they count.

use crate::support::gate::{Verdict, command, judge};
use jiff::{SignedDuration, Timestamp};
use portcullis_testkit::history::Edit;
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::{POLICY, Stage};
use std::process::Command;

/// A day ago, tomorrow and so on, in whole seconds.
fn days(count: i64) -> Timestamp {
    let moment = Timestamp::now() + SignedDuration::from_hours(24 * count);
    Timestamp::from_second(moment.as_second()).unwrap()
}

/// Lets request 7 pass without its second review.
fn waivers(lines: &str) -> String {
    let (created, expires) = (days(-1), days(1));
    format!(
        "schema = 1\n\n[[waivers]]\nid = \"W-1\"\ncontrol = \"required-reviews\"\nrequests = [7]\n\
         reason = \"one reviewer is away\"\nticket = \"OPS-881\"\nrequester = \"kim-example\"\n\
         created = \"{created}\"\nexpires = \"{expires}\"\n{lines}\n"
    )
}

const GRANTED: &str = "approver = \"alex-example\"";

/// A change with one review where two are asked for; these waivers at the base.
fn short_of_a_review(waivers: &str) -> Stage {
    let mut stage = Stage::with(&[
        Edit::Write("portcullis.toml", POLICY),
        Edit::Write("portcullis-waivers.toml", waivers),
        Edit::Write("services/upload/load.sql", "INSERT INTO records SELECT * FROM staging;\n"),
    ])
    .unwrap();
    stage.world.reviews.truncate(1);
    stage
}

fn judged(waivers: &str) -> Verdict {
    judge(&short_of_a_review(waivers))
}

#[test]
fn a_waiver_at_the_base_lets_pass_and_shows_in_every_format() {
    let stage = short_of_a_review(&waivers(GRANTED));
    let verdict = judge(&stage);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    assert_eq!(verdict.findings("required-reviews", "waived").len(), 1);
    let server = Server::start(stage.world.clone());
    for format in ["terminal", "markdown", "github", "json"] {
        let output = command(&stage, &server, &["check", "--format", format]).output().unwrap();
        // A terminal breaks lines where it likes.
        let text = String::from_utf8(output.stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        for part in ["W-1", "alex-example", "one reviewer is away", "OPS-881"] {
            assert!(
                text.contains(part) || text.contains(&part.replace('-', "\\-")),
                "{format}: {part}: {text}"
            );
        }
        assert!(text.to_lowercase().contains("waived"), "{format}: {text}");
    }
}

#[test]
fn no_waiver_no_pass_and_one_in_the_change_itself_is_none() {
    judged("schema = 1\n").expect(1, "required-reviews", "1 of 2");
    let mut stage = short_of_a_review("schema = 1\n");
    let load = Edit::Write("services/upload/load.sql", "INSERT INTO records SELECT 1;\n");
    stage.change(&[load, Edit::Write("portcullis-waivers.toml", &waivers(GRANTED))]).unwrap();
    stage.world.reviews.truncate(1);
    let verdict = judge(&stage);
    assert_eq!(verdict.exit, 1, "{}", verdict.text);
    assert!(verdict.findings("required-reviews", "waived").is_empty(), "{}", verdict.text);
    // And it is a change of the gate, for its owner to approve.
    let touched = verdict.text.contains("the change touches the waivers");
    assert!(touched, "{}", verdict.text);
}

#[test]
fn waivers_that_are_not_valid_end_in_4_with_every_mistake_in_its_place() {
    // Kim asks under one account and grants under another.
    let verdict = judged(&waivers("approver = \"kim-example-admin\"\narea = \"uplaod\""));
    assert_eq!(verdict.exit, 4, "{}", verdict.text);
    for part in [
        "portcullis-waivers.toml at the base:12:12",
        "Kim Example both asks for this waiver and approves it",
        "portcullis-waivers.toml at the base:13:8",
        "did you mean `upload`?",
        "2 problems",
    ] {
        assert!(verdict.text.contains(part), "{part}: {}", verdict.text);
    }
}

#[test]
fn an_expired_waiver_is_told_of_and_lets_nothing_pass() {
    let text = waivers(GRANTED);
    let expired = text.lines().map(|line| match line.starts_with("expires") {
        true => format!("expires = \"{}\"", days(0)),
        false => line.to_string(),
    });
    let verdict = judged(&expired.collect::<Vec<_>>().join("\n"));
    verdict.expect(1, "required-reviews", "1 of 2");
    assert!(verdict.text.contains("expired at"), "{}", verdict.text);
}

#[test]
fn facts_carry_the_moment_and_decide_gives_the_same_bytes_later() {
    let stage = short_of_a_review(&waivers(GRANTED));
    let server = Server::start(stage.world.clone());
    let check = command(&stage, &server, &["check", "--format", "json"]).output().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let facts = elsewhere.path().join("facts.json");
    command(&stage, &server, &["facts", "-o", &facts.display().to_string()]).output().unwrap();
    std::fs::write(elsewhere.path().join("policy.toml"), POLICY).unwrap();
    let decide = |facts: &str| {
        let arguments = ["decide", "--facts", facts, "--policy", "policy.toml", "--format", "json"];
        let mut decide = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        decide.env_clear().current_dir(elsewhere.path()).args(arguments).output().unwrap()
    };
    assert_eq!(String::from_utf8(decide("facts.json").stdout), String::from_utf8(check.stdout));
    // The same facts, looked at when the waiver was over.
    let mut late: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&facts).unwrap()).unwrap();
    late["observed"]["known"] = days(2).to_string().into();
    std::fs::write(elsewhere.path().join("late.json"), late.to_string()).unwrap();
    assert_eq!(decide("late.json").status.code(), Some(1));
}

#[test]
fn policy_check_reads_the_waivers_beside_the_policy() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("portcullis.toml"), POLICY).unwrap();
    let check = |waivers: &str| {
        std::fs::write(folder.path().join("portcullis-waivers.toml"), waivers).unwrap();
        let mut check = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        check.env_clear().current_dir(folder.path()).args(["policy", "check"]).output().unwrap()
    };
    let good = check(&waivers(GRANTED));
    assert_eq!(good.status.code(), Some(0));
    assert!(String::from_utf8(good.stdout).unwrap().contains("portcullis-waivers.toml is valid: 1 waiver"));
    assert_eq!(check(&waivers("approver = \"kim-example\"")).status.code(), Some(4));
}

/// A deployment of the stage's head onto its base, judged without a host, by a policy that is frozen today.
fn deployed(actor: &str, more: &[&str]) -> Verdict {
    let policy = format!(
        "{POLICY}\n[roles.release-managers]\nusers = [\"sam-example\"]\n[controls.deployers]\nrole = \"release-managers\"\n\
         [controls.freeze]\nwindows = [{{ from = \"{}\", until = \"{}\", reason = \"holiday\" }}]\n",
        days(-1),
        days(1)
    );
    let waiver = waivers(GRANTED)
        .replace("required-reviews", "freeze")
        .replace("requests = [7]", "environment = \"staging\"");
    let load = "INSERT INTO records SELECT * FROM staging;\n";
    let stage = Stage::with(&[
        Edit::Write("portcullis.toml", &policy),
        Edit::Write("portcullis-waivers.toml", &waiver),
        Edit::Write("services/upload/load.sql", load),
    ])
    .unwrap();
    let server = Server::start(stage.world.clone());
    let (base, head) = (stage.base.to_string(), stage.head().to_string());
    let mut gate =
        command(&stage, &server, &["check", "--format", "json", "--host", "none", "--branch", "main"]);
    gate.args(["--base", &base, "--head", &head]).args(more).env("GITHUB_TRIGGERING_ACTOR", actor);
    Verdict::of(&gate.env("GITHUB_ACTOR", "robin-example").output().unwrap())
}

#[test]
fn a_freeze_and_a_deployer_are_judged_before_a_deployment() {
    let production = deployed("robin-example", &["--environment", "production"]);
    production.expect(1, "freeze", "holiday");
    production.expect(1, "deployers", "robin-example, who deploys, does not hold the role");
    let staging = deployed("sam-example", &["--environment", "staging"]);
    assert_eq!(staging.findings("freeze", "waived").len(), 1, "{}", staging.text);
    assert_eq!(staging.findings("deployers", "met").len(), 1, "whoever ran the job again: {}", staging.text);
    assert_ne!(staging.exit, 0, "without a host nobody knows what was reviewed");
}

#[test]
fn who_deploys_is_not_said_against_the_job() {
    let said = deployed("robin-example", &["--environment", "production", "--deployer", "sam-example"]);
    assert_eq!(said.findings("deployers", "met").len(), 0, "{}", said.text);
    assert_eq!(said.findings("deployers", "unproven").len(), 1, "{}", said.text);
}

//! `portcullis rehearse`: what a policy would have said of the landings of a lane, with a host, with
//! a part of one, and with git alone.

use crate::audit::extended;
use crate::schema::Printed;
use crate::support::audited::{AS_OF, begun, land_at};
use portcullis_testkit::lane::plan::{FLAVOURS, Plan, SHAPES};
use portcullis_testkit::lane::plant::Plant;
use portcullis_testkit::lane::{How, Lane};
use portcullis_testkit::server::Server;
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use unicode_width::UnicodeWidthStr as _;

struct Rehearsed {
    exit: i32,
    out: String,
    text: String,
}

impl Rehearsed {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("{}{}", self.out, self.text))
    }
}

fn rehearse(directory: &Path, address: Option<&str>, columns: &str, more: &[&str]) -> Rehearsed {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env_clear().env("COLUMNS", columns).current_dir(directory);
    command.args(["rehearse", "--as-of", AS_OF, "--quiet"]).args(more);
    if let Some(address) = address {
        command.env("GITHUB_API_URL", address).env("GITHUB_TOKEN", "a-token-of-the-job");
        command.args(["--host", "github", "--repository", "example-org/data-upload"]);
    }
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    Rehearsed { exit: output.status.code().unwrap(), out: text(&output.stdout), text: text(&output.stderr) }
}

const JSON: [&str; 2] = ["--format", "json"];

fn with_host(lane: &Lane, more: &[&str]) -> Rehearsed {
    let server = Server::start(lane.host());
    rehearse(lane.directory(), Some(&server.address()), "80", &[&JSON[..], more].concat())
}

/// The lane with another policy in its work tree, which no commit has.
fn write_policy(lane: &Lane, name: &str, alter: impl Fn(String) -> String) {
    let text = std::fs::read_to_string(lane.directory().join("portcullis.toml"))
        .unwrap_or_else(|_| portcullis_testkit::lane::POLICY.to_string());
    std::fs::write(lane.directory().join(name), alter(text)).unwrap();
}

fn plant(lane: &mut Lane, plant: Plant) {
    let plan = Plan { how: How::Merge, flavour: FLAVOURS[0], shape: SHAPES[0], plant: Some(plant), seed: 9 };
    plan.play(lane);
}

#[test]
fn honest_landings_would_have_been_allowed_and_nothing_is_recorded() {
    let lane = extended(8);
    drop(lane.host());
    let before = refs(lane.directory());
    let rehearsed = with_host(&lane, &[]);
    let json = rehearsed.json();
    assert_eq!(rehearsed.exit, 0, "{}\n{json:#}", rehearsed.text);
    assert_eq!(json["counts"]["allowed"], lane.landings.len());
    assert_eq!((&json["kind"], &json["complete"]), (&"rehearsal".into(), &true.into()));
    assert_eq!(json["policy"]["in_force"], true);
    assert_eq!(Printed::new("rehearsal").objection(&json), None);
    assert_eq!(refs(lane.directory()), before, "a rehearsal writes nothing");
}

fn refs(directory: &Path) -> String {
    let output = Command::new("git").current_dir(directory).args(["for-each-ref"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_stricter_policy_that_no_one_committed_blocks_and_the_setting_is_found() {
    let mut lane = extended(6);
    plant(&mut lane, Plant::Unapproved);
    let honest = with_host(&lane, &[]).json();
    write_policy(&lane, "portcullis.toml", |text| text.replace("approvals = 2", "approvals = 9"));
    let rehearsed = with_host(&lane, &[]);
    let json = rehearsed.json();
    assert_eq!((rehearsed.exit, &json["outcome"]), (1, &"block".into()), "{}", rehearsed.text);
    assert_eq!(json["policy"]["in_force"], false);
    assert!(json["counts"]["blocked"].as_u64() > honest["counts"]["blocked"].as_u64(), "{json:#}");
    let reviews =
        json["controls"].as_array().unwrap().iter().find(|one| one["control"] == "required-reviews");
    assert_eq!(reviews.unwrap()["broken"], json["counts"]["blocked"]);
    // What would change most was judged, and is the truth: the same policy without it says so.
    let setting = &json["settings"][0];
    assert!(setting["setting"].as_str().unwrap().starts_with("controls.required-reviews"), "{setting:#}");
    assert!(setting["changed"].as_u64().unwrap() > 0 && setting["line"].as_u64().is_some());
    let ids = json["telling"].as_array().unwrap();
    assert!(!ids.is_empty() && ids.len() <= 10);
    for id in ids {
        let landing = json["landings"].as_array().unwrap().iter().find(|one| one["id"] == *id).unwrap();
        assert_ne!(landing["outcome"], "allow", "what is telling is not allowed");
    }
}

#[test]
fn the_effect_of_a_setting_is_what_the_policy_with_it_says() {
    let lane = extended(6);
    write_policy(&lane, "portcullis.toml", |text| text.replace("approvals = 2", "approvals = 9"));
    let json = with_host(&lane, &[]).json();
    let all = json["settings"].as_array().unwrap();
    let without = all
        .iter()
        .find(|one| one["setting"] == "controls.required-reviews.data-processing" && one["to"].is_null());
    let expected = &without.unwrap_or_else(|| panic!("{:#}", json["settings"]))["counts"];
    write_policy(&lane, "portcullis.toml", |text| {
        text.replace("[controls.required-reviews.data-processing]\napprovals = 9\n", "")
    });
    assert_eq!(&with_host(&lane, &[]).json()["counts"], expected);
}

#[test]
fn two_policies_are_compared_landing_by_landing() {
    let lane = extended(5);
    write_policy(&lane, "stricter.toml", |text| text.replace("approvals = 2", "approvals = 9"));
    let rehearsed = with_host(&lane, &["--compare", "stricter.toml"]);
    let json = rehearsed.json();
    assert_eq!(rehearsed.exit, 0, "the policy itself allows: {}", rehearsed.text);
    let changes = json["changes"].as_array().unwrap();
    let counted = json["other_counts"]["blocked"].as_u64().unwrap();
    assert!(counted > 0 && changes.len() as u64 == counted, "{json:#}");
    for change in changes {
        assert_eq!((&change["before"], &change["after"]), (&"allow".into(), &"block".into()));
        assert_eq!(change["added"][0]["control"], "required-reviews");
    }
    assert_eq!(Printed::new("rehearsal").objection(&json), None);
}

#[test]
fn attack_a_partial_look_at_the_host_never_counts_as_allowed() {
    let lane = extended(10);
    let server = Server::start(lane.host());
    let whole = rehearse(lane.directory(), Some(&server.address()), "80", &JSON);
    assert_eq!(whole.exit, 0, "the twin: {}", whole.text);
    let sent = server.seen().len();
    for requests in [0, 1, 3, sent / 2, sent - 1] {
        let server = Server::start(lane.host());
        let limit = requests.to_string();
        let more = [&JSON[..], &["--requests", &limit]].concat();
        let part = rehearse(lane.directory(), Some(&server.address()), "80", &more);
        assert!(server.seen().len() <= requests, "{requests}: {} went out", server.seen().len());
        assert_eq!(part.exit, 3, "{requests}: {}{}", part.out, part.text);
        if let Ok(json) = serde_json::from_str::<Value>(&part.out) {
            assert_eq!((&json["outcome"], &json["complete"]), (&"undetermined".into(), &false.into()));
            assert!(json["counts"]["undetermined"].as_u64().unwrap() > 0, "{requests}: {json:#}");
        }
    }
}

#[test]
fn a_rehearsal_that_was_limited_goes_on_where_it_ended() {
    let lane = extended(8);
    let server = Server::start(lane.host());
    let plain = rehearse(lane.directory(), Some(&server.address()), "80", &JSON).out;
    let cache = tempfile::tempdir().unwrap();
    let folder = cache.path().display().to_string();
    let more = [&JSON[..], &["--cache", &folder, "--requests", "40"]].concat();
    let mut runs = 0;
    let last = loop {
        let part = rehearse(lane.directory(), Some(&server.address()), "80", &more);
        runs += 1;
        assert!(runs < 30, "it never ends: {}", part.text);
        if part.exit == 0 {
            break part.out;
        }
        assert_eq!(part.exit, 3, "{}", part.text);
    };
    assert!(runs > 1, "the limit was none");
    assert_eq!(last, plain);
}

#[test]
fn attack_git_alone_allows_nothing_that_only_a_host_knows() {
    let lane = extended(5);
    drop(lane.host());
    let alone = rehearse(lane.directory(), None, "80", &JSON);
    let json = alone.json();
    assert_eq!(alone.exit, 3, "{}", alone.text);
    assert_eq!((&json["counts"]["allowed"], &json["host"]), (&0.into(), &"none".into()));
    assert!(json["areas"][0]["counts"]["landings"].as_u64().unwrap() > 0, "areas are known to git: {json:#}");
}

#[test]
fn git_alone_says_once_that_the_host_has_to_be_named() {
    let lane = extended(5);
    drop(lane.host());
    let shown =
        rehearse(lane.directory(), None, "80", &["--format", "terminal", "--format", "html=alone.html"]);
    assert_eq!(shown.out.matches("Name the host, with --host").count(), 1, "{}", shown.out);
    assert!(!shown.out.contains("Most telling") && !shown.out.contains("By control"), "{}", shown.out);
    let page = std::fs::read_to_string(lane.directory().join("alone.html")).unwrap();
    assert!(page.contains("git alone shows only what was touched"));
}

#[test]
fn of_several_branches_the_one_that_is_checked_out_is_looked_at() {
    let checkout = begun();
    land_at(&checkout, "2026-02-01T12:00:00Z", "one");
    let policy = std::fs::read_to_string(checkout.path().join("portcullis.toml")).unwrap();
    let several = policy.replace("[\"main\"]", "[\"main\", \"release/*\"]");
    assert_ne!(several, policy);
    std::fs::write(checkout.path().join("several.toml"), several).unwrap();
    let more = [&JSON[..], &["--policy", "several.toml"]].concat();
    let shown = rehearse(checkout.path(), None, "80", &more);
    assert_eq!(shown.json()["past"]["branch"], "main", "{}", shown.text);
    // What is left out is said.
    assert!(shown.text.contains("the first commit of the history is no landing"), "{}", shown.text);
    let last = rehearse(checkout.path(), None, "80", &[&more[..], &["--last", "1"]].concat());
    assert!(!last.text.contains("first commit"), "{}", last.text);
    checkout.git(&["checkout", "-q", "-b", "a-fix"]);
    let shown = rehearse(checkout.path(), None, "80", &more);
    assert_eq!(shown.exit, 2, "{}", shown.out);
    assert!(shown.text.contains("main, release/*"), "{}", shown.text);
}

#[test]
fn a_population_is_what_was_asked_for() {
    let checkout = begun();
    land_at(&checkout, "2026-02-01T12:00:00Z", "one");
    land_at(&checkout, "2026-02-02T12:00:00Z", "two");
    land_at(&checkout, "2026-02-03T12:00:00Z", "three");
    let count = |more: &[&str]| {
        let json = rehearse(checkout.path(), None, "80", &[&JSON[..], more].concat()).json();
        json["counts"]["landings"].as_u64().unwrap()
    };
    assert_eq!(count(&["--last", "2"]), 2);
    assert_eq!(count(&["--last", "100"]), 3, "the first commit landed on nothing");
    assert_eq!(count(&["--since", "2026-02-02"]), 2);
    // Nothing to look at is nothing known.
    let none = rehearse(checkout.path(), None, "80", &[&JSON[..], &["--since", "2026-05-01"]].concat());
    assert_eq!((none.exit, none.json()["counts"]["landings"].as_u64()), (3, Some(0)));
    let usage = |more: &[&str]| rehearse(checkout.path(), None, "80", more).exit;
    assert_eq!(usage(&["--last", "0"]), 2);
    assert_eq!(usage(&["--branch", "other"]), 2, "no deployment branch of the policy");
    assert_eq!(usage(&["--policy", "missing.toml"]), 4);
    assert_eq!(usage(&["--format", "html", "--format", "json"]), 2);
}

#[test]
fn the_table_fits_the_terminal() {
    let mut lane = extended(6);
    plant(&mut lane, Plant::Unapproved);
    write_policy(&lane, "stricter.toml", |text| text.replace("approvals = 2", "approvals = 9"));
    let server = Server::start(lane.host());
    for (columns, width) in [("80", 80), ("120", 120)] {
        let shown =
            rehearse(lane.directory(), Some(&server.address()), columns, &["--compare", "stricter.toml"]);
        for line in shown.out.lines() {
            let is_word = !line.trim_start().contains(' ');
            assert!(line.width() <= width || is_word, "{columns}: {line}");
        }
        for part in [
            "nothing was decided",
            "By control",
            "Most telling",
            "What one other setting",
            "What stricter.toml changes",
        ] {
            assert!(shown.out.contains(part), "{part}: {}", shown.out);
        }
    }
}

#[test]
fn the_page_is_one_file_without_scripts() {
    let mut lane = extended(4);
    plant(&mut lane, Plant::Unapproved);
    let server = Server::start(lane.host());
    let more = ["--format", "html=rehearsal.html", "--format", "terminal"];
    let shown = rehearse(lane.directory(), Some(&server.address()), "80", &more);
    let page = std::fs::read_to_string(lane.directory().join("rehearsal.html")).unwrap();
    assert!(shown.out.contains("By control"), "{}", shown.text);
    for banned in ["<script", "http://", "https://", "src=", "@import", "url("] {
        assert!(!page.contains(banned), "{banned}");
    }
    for part in [
        "Content-Security-Policy",
        "lang=\"en\"",
        "<main",
        "scope=\"col\"",
        "nothing was decided",
        "@media print",
    ] {
        assert!(page.contains(part), "{part}");
    }
    for id in ["outcomes", "controls", "areas", "telling", "settings", "landings", "limits"] {
        assert!(page.contains(&format!("id=\"{id}\"")) && page.contains(&format!("href=\"#{id}\"")), "{id}");
    }
}

//! `portcullis incident`: the register in a repository, its commands, and what someone could try.

use crate::support::checkout::Checkout;
use crate::support::forger::{self, work};
use git2::{Oid, Repository as Git};
use jiff::{SignedDuration, Timestamp};
use portcullis_collect::incidents::{append_incident, read_register};
use portcullis_git::Repository;
use portcullis_incident::register::identify_incident;
use portcullis_incident::{REGISTER_REF, prepare_incident, read_casefiles};
use portcullis_model::incident::{IncidentEvent, OpenedIncident};
use portcullis_testkit::lane::{self, Lane};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

/// The parties of the tests. The Commissioner has a clock of their own.
pub const PARTIES: &str = r#"
[notification]
zone = "Europe/London"
recorded-within = "24h"

[notification.parties.forces]
title = "Receiving forces"
role = "recipient"
datasets = ["nominals"]
early-warning = "24h"
phased = "7d"
final = "60d"

[notification.parties.commissioner]
title = "Information Commissioner"
role = "commissioner"
early-warning = "72h"
"#;

const CONTROLS: &str = "\n[controls.gate-integrity]\n[controls.required-reviews]\napprovals = 1\n";

#[test]
fn an_incident_of_which_no_one_would_be_told_is_not_opened() {
    let all = "role = \"commissioner\"";
    let parties = PARTIES.replace(all, &format!("{all}\ndatasets = [\"nominals\"]"));
    let checkout = Checkout::with(&format!("{CONTROLS}{parties}"), &[]);
    let text = ends(&checkout, &["incident", "open", "--dataset", "nominal"], 2);
    assert!(text.contains("did you mean `nominals`?"), "{text}");
    let unlisted = ["incident", "open", "--dataset", "vehicles", "--unlisted"];
    let text = ends(&checkout, &unlisted, 2);
    assert!(text.contains("names no party for the dataset `vehicles`"), "{text}");
    ends(&checkout, &["incident", "open", "--dataset", "nominals"], 0);
}

pub fn project() -> Checkout {
    Checkout::with(&format!("{CONTROLS}{PARTIES}"), &[("services/upload/a.txt", "a\n")])
}

pub fn run(directory: &Path, arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).current_dir(directory);
    said(&command.env("USER", "robin").env("COLUMNS", "120").args(arguments).output().unwrap())
}

fn said(output: &Output) -> (i32, String) {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    (output.status.code().unwrap(), String::from_utf8_lossy(&text).into_owned())
}

/// A text with its lines joined: where they were broken does not matter.
pub fn in_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
pub fn ends(checkout: &Checkout, arguments: &[&str], exit: i32) -> String {
    let (code, text) = run(checkout.path(), arguments);
    assert_eq!(code, exit, "{arguments:?}: {text}");
    text
}

pub fn ago(hours: i64) -> String {
    let then = Timestamp::now() - SignedDuration::from_hours(hours);
    Timestamp::from_second(then.as_second()).unwrap().to_string()
}

/// Opens an incident that became known so many hours ago; its identifier.
pub fn open(checkout: &Checkout, hours: i64) -> String {
    let aware = ago(hours);
    let text = ends(
        checkout,
        &["incident", "open", "--dataset", "nominals", "--class", "missing=12", "--aware-at", &aware],
        0,
    );
    text.split_whitespace().nth(1).unwrap().to_string()
}

pub fn status(checkout: &Checkout) -> Value {
    let (_, text) = run(checkout.path(), &["incident", "status", "--format", "json"]);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Records an early warning to the forces.
pub fn record<'a>(id: &'a str, at: &'a str) -> [&'a str; 15] {
    [
        "incident",
        "notify",
        id,
        "--party",
        "forces",
        "--kind",
        "early-warning",
        "--sent",
        "letter.txt",
        "--sender",
        "Robin",
        "--recipient",
        "desk@forces.test",
        "--at",
        at,
    ]
}

#[test]
fn an_incident_is_opened_told_and_closed() {
    let checkout = project();
    ends(&checkout, &["incident", "begin"], 0);
    assert!(ends(&checkout, &["incident", "status"], 0).contains("nothing is overdue"));
    let id = open(&checkout, 26);
    let text = ends(&checkout, &["incident", "status"], 1);
    assert!(text.contains("OVERDUE   early warning to forces"), "{text}");
    // A draft is a draft until a person has completed it.
    ends(&checkout, &["incident", "notify", &id, "--party", "forces", "--draft", "-o", "letter.txt"], 0);
    let again =
        ends(&checkout, &["incident", "notify", &id, "--party", "forces", "--draft", "-o", "letter.txt"], 2);
    assert!(again.contains("which may be a letter that was completed"), "{again}");
    let text = ends(&checkout, &record(&id, &ago(1)), 2);
    assert!(text.contains("it still says `[TO COMPLETE:`"), "{text}");
    checkout.write("letter.txt", "Dear colleagues, … [TO\n > COMPLETE: x] [TO\r\n  COMPLETE: name]\n");
    ends(&checkout, &record(&id, &ago(1)), 2);
    checkout.write("letter.txt", "Dear colleagues, …\n");
    ends(&checkout, &record(&id, &ago(1)), 0);
    let text = ends(&checkout, &["incident", "status"], 0);
    assert!(text.contains("LATE      early warning to forces"), "{text}");
    // Final notices are owed before it can be closed as resolved.
    ends(&checkout, &["incident", "close", &id, "--as", "resolved", "--reason", "sent again"], 1);
    for party in ["forces", "commissioner"] {
        let now = ago(0);
        let arguments = [
            "incident",
            "notify",
            &id,
            "--party",
            party,
            "--kind",
            "final",
            "--sent",
            "letter.txt",
            "--sender",
            "Robin",
            "--recipient",
            "desk@forces.test",
            "--at",
            &now,
        ];
        assert!(ends(&checkout, &arguments, 0).contains("the same file was recorded before"));
    }
    ends(&checkout, &["incident", "close", &id[..14], "--as", "resolved", "--reason", "sent again"], 0);
    let shown = ends(&checkout, &["incident", "show", &id], 0);
    assert!(
        shown.contains("resolved: nominals") && shown.contains("by robin: closed as resolved"),
        "{shown}"
    );
    ends(&checkout, &["incident", "verify", "--at-least", "6"], 0);
    ends(&checkout, &["incident", "verify", "--at-least", "7"], 6);
}

#[test]
fn no_register_is_not_the_same_as_no_incident() {
    let checkout = project();
    let text = ends(&checkout, &["incident", "status"], 3);
    assert!(text.contains("could not be seen") && text.contains("git fetch origin"), "{text}");
    ends(&checkout, &["incident", "list"], 5);
    ends(&checkout, &["incident", "verify"], 5);
    ends(&checkout, &["incident", "verify", "--at-least", "1"], 6);
    // The remedy, followed literally.
    ends(&checkout, &["incident", "begin"], 0);
    ends(&checkout, &["incident", "status"], 0);
    ends(&checkout, &["incident", "begin"], 2);
    // A clone does not have it, and says so.
    let clone = Checkout::empty();
    clone.git(&["fetch", "-q", checkout.path().to_str().unwrap(), "main"]);
    clone.git(&["reset", "-q", "--hard", "FETCH_HEAD"]);
    ends(&clone, &["incident", "status"], 3);
    clone.git(&["fetch", "-q", checkout.path().to_str().unwrap(), "refs/portcullis/*:refs/portcullis/*"]);
    ends(&clone, &["incident", "status"], 0);
}

#[test]
fn a_notice_that_was_back_dated_is_kept_named_and_stops_no_clock() {
    let checkout = project();
    let id = open(&checkout, 50);
    checkout.write("letter.txt", "Dear colleagues\n");
    // More than the policy's 24 hours before it is recorded.
    let text = ends(&checkout, &record(&id, &ago(49)), 1);
    assert!(
        text.contains("stops no clock: it was recorded more than 24h after the time that it claims"),
        "{text}"
    );
    // Before the incident was known.
    let text = ends(&checkout, &record(&id, &ago(60)), 1);
    assert!(text.contains("from before the incident was known"), "{text}");
    // In the future nothing was sent yet.
    assert!(ends(&checkout, &record(&id, &ago(-1)), 2).contains("is in the future"));
    let text = ends(&checkout, &["incident", "status"], 1);
    assert!(text.contains("OVERDUE   early warning to forces") && text.contains("stops no clock"), "{text}");
    let status = status(&checkout);
    let notices = status["incidents"][0]["notices"].as_array().unwrap();
    assert_eq!(notices.len(), 2);
    assert!(notices.iter().all(|notice| notice["fault"].is_string()));
    // The remedy, followed: tell them again.
    ends(&checkout, &record(&id, &ago(0)), 0);
    ends(&checkout, &["incident", "status"], 0);
}

#[test]
fn a_flag_or_an_empty_file_is_no_notice() {
    let checkout = project();
    let id = open(&checkout, 1);
    let base = ["incident", "notify", &id, "--party", "forces"];
    ends(&checkout, &base, 2);
    checkout.write("letter.txt", " \n");
    assert!(ends(&checkout, &record(&id, &ago(0)), 2).contains("is empty"));
    ends(&checkout, &[&base[..], &["--kind", "final", "--sent", "letter.txt"]].concat(), 2);
    std::fs::remove_file(checkout.path().join("letter.txt")).unwrap();
    ends(&checkout, &record(&id, &ago(0)), 5);
    let mut other = record(&id, "2026-03-02T10:00:00Z");
    other[4] = "force";
    assert!(ends(&checkout, &other, 2).contains("did you mean `forces`?"));
}

#[test]
fn awareness_is_never_later_than_was_said_and_never_in_the_future() {
    let checkout = project();
    let text = ends(&checkout, &["incident", "open", "--dataset", "x", "--aware-at", &ago(-1)], 2);
    assert!(text.contains("in the future"), "{text}");
    let id = open(&checkout, 10);
    ends(&checkout, &["incident", "note", &id, "it was yesterday", "--aware-at", &ago(5)], 2);
    ends(&checkout, &["incident", "note", &id, "the night shift knew", "--aware-at", &ago(30)], 0);
    assert!(ends(&checkout, &["incident", "status"], 1).contains("OVERDUE   early warning to forces"));
    // Without a word about awareness the clocks run from when a run found it.
    let run = format!("run-9@{}", ago(30));
    ends(&checkout, &["incident", "open", "--dataset", "nominals", "--draft", "--detected-by", &run], 0);
    let second = &status(&checkout)["incidents"][1]["duties"];
    assert!(second.as_array().unwrap().iter().any(|duty| duty["state"] == "overdue"), "{second}");
    // The same run opens one incident, however often it asks.
    let again =
        ends(&checkout, &["incident", "open", "--dataset", "nominals", "--draft", "--detected-by", &run], 0);
    assert!(again.contains("was opened for this before"), "{again}");
    assert_eq!(status(&checkout)["incidents"].as_array().unwrap().len(), 2);
}

/// A scheduled job finds the same differences every day: they are one incident until it is closed.
#[test]
fn later_runs_since_the_same_first_bad_load_find_the_incident_that_is_open() {
    let checkout = project();
    let draft = |run: &str, bad: &str| {
        let (run, bad) = (format!("{run}@2026-03-02T10:00:00Z"), format!("{bad}@2026-03-01T10:00:00Z"));
        let line = ["incident", "open", "--dataset", "nominals", "--draft", "--detected-by", &run];
        ends(&checkout, &[&line[..], &["--first-bad", &bad]].concat(), 0);
        status(&checkout)["incidents"].as_array().unwrap().len()
    };
    assert_eq!(draft("run-9", "run-8"), 1);
    assert_eq!(draft("run-10", "run-8"), 1);
    assert_eq!(draft("run-12", "run-11"), 2, "another stretch is another incident");
}

#[test]
fn a_party_that_was_dropped_is_put_back() {
    let checkout = project();
    open(&checkout, 1);
    let policy = std::fs::read_to_string(checkout.path().join("portcullis.toml")).unwrap();
    let dropped = policy.split("[notification.parties.commissioner]").next().unwrap();
    checkout.write("portcullis.toml", dropped);
    let text = ends(&checkout, &["incident", "status"], 3);
    assert!(
        text.contains("UNSEEN    early warning to commissioner") && text.contains("no longer does"),
        "{text}"
    );
    let text = ends(&checkout, &["due", "--source", "notices"], 3);
    assert!(text.contains("help: Put the party back into the policy"), "{text}");
    checkout.write("portcullis.toml", &policy);
    ends(&checkout, &["incident", "status"], 0);
}

#[test]
fn a_policy_without_parties_gets_some() {
    let checkout = Checkout::with(CONTROLS, &[]);
    let text = ends(&checkout, &["incident", "status"], 4);
    assert!(text.contains("help: name each party: `[notification.parties.NAME]`"), "{text}");
    let policy = std::fs::read_to_string(checkout.path().join("portcullis.toml")).unwrap();
    checkout.write("portcullis.toml", &format!("{policy}{PARTIES}"));
    ends(&checkout, &["incident", "begin"], 0);
    ends(&checkout, &["incident", "status"], 0);
}

#[test]
fn the_beginning_of_an_identifier_is_enough_where_it_is_the_only_one() {
    let checkout = project();
    let first = open(&checkout, 1);
    ends(&checkout, &["incident", "show", "2"], 0);
    open(&checkout, 2);
    assert!(ends(&checkout, &["incident", "show", "2"], 2).contains("help: write more of it"));
    ends(&checkout, &["incident", "show", &first], 0);
    ends(&checkout, &["incident", "show", ""], 2);
    ends(&checkout, &["incident", "show", "1999"], 2);
}

fn register_of(checkout: &Checkout) -> Git {
    Git::open(checkout.path()).unwrap()
}

fn tip_of(git: &Git) -> Oid {
    git.refname_to_id(REGISTER_REF).unwrap()
}

/// The commits of the register, oldest first.
fn line(git: &Git) -> Vec<Oid> {
    let (mut all, mut at) = (vec![tip_of(git)], tip_of(git));
    while let Ok(parent) = git.find_commit(at).unwrap().parent_id(0) {
        all.push(parent);
        at = parent;
    }
    all.reverse();
    all
}

/// Moves the ref of the register to a line of the same entries in another order, or with one left
/// out: each commit gets the new parent, as who may write the ref can have it.
fn rewrite(git: &Git, commits: &[Oid]) {
    let mut parent: Option<Oid> = None;
    for commit in commits {
        let old = git.find_commit(*commit).unwrap();
        let parents: Vec<_> = parent.iter().map(|id| git.find_commit(*id).unwrap()).collect();
        let parents: Vec<_> = parents.iter().collect();
        let buffer = git
            .commit_create_buffer(
                &old.author(),
                &old.committer(),
                old.message().unwrap(),
                &old.tree().unwrap(),
                &parents,
            )
            .unwrap();
        parent = Some(git.odb().unwrap().write(git2::ObjectType::Commit, &buffer).unwrap());
    }
    git.reference(REGISTER_REF, parent.unwrap(), true, "tampered").unwrap();
}

fn written() -> Checkout {
    let checkout = project();
    ends(&checkout, &["incident", "begin"], 0);
    let id = open(&checkout, 1);
    for text in ["one", "two", "three"] {
        ends(&checkout, &["incident", "note", &id, text], 0);
    }
    checkout
}

#[test]
fn a_register_that_was_edited_is_named_and_nothing_is_written_on_top() {
    type Edit = fn(&[Oid]) -> Vec<Oid>;
    let edits: [(&str, Edit); 3] = [
        ("dropped", |all| [&all[..2], &all[3..]].concat()),
        ("reordered", |all| [&all[..2], &[all[3], all[2]], &all[4..]].concat()),
        ("first dropped", |all| all[1..].to_vec()),
    ];
    for (name, edit) in edits {
        let checkout = written();
        let git = register_of(&checkout);
        let before = tip_of(&git);
        rewrite(&git, &edit(&line(&git)));
        let text = ends(&checkout, &["incident", "verify"], 6);
        assert!(text.contains("register of incidents: entry"), "{name}: {text}");
        for arguments in [
            &["incident", "status"][..],
            &["incident", "list"],
            &["incident", "open", "--dataset", "nominals"],
        ] {
            ends(&checkout, arguments, 6);
        }
        let due = ends(&checkout, &["due", "--source", "notices"], 3);
        assert!(due.contains("UNSEEN   notices"), "{name}: {due}");
        // The remedy, followed: restored from where it is whole.
        git.reference(REGISTER_REF, before, true, "restored").unwrap();
        ends(&checkout, &["incident", "verify"], 0);
    }
}

#[test]
fn a_register_whose_text_was_changed_is_named() {
    let checkout = written();
    let git = register_of(&checkout);
    let all = line(&git);
    let old = git.find_commit(all[2]).unwrap();
    let tree = old.tree().unwrap();
    let blob = git.find_blob(tree.get_name("incident.json").unwrap().id()).unwrap();
    let text = String::from_utf8(blob.content().to_vec()).unwrap().replace("\"one\"", "\"none\"");
    let mut builder = git.treebuilder(None).unwrap();
    builder.insert("incident.json", git.blob(text.as_bytes()).unwrap(), 0o100_644).unwrap();
    let tree = git.find_tree(builder.write().unwrap()).unwrap();
    let parent = git.find_commit(all[1]).unwrap();
    let forged =
        git.commit(None, &old.author(), &old.committer(), old.message().unwrap(), &tree, &[&parent]).unwrap();
    rewrite(&git, &[&all[..2], &[forged], &all[3..]].concat());
    assert!(ends(&checkout, &["incident", "verify"], 6).contains("entry 3"), "the changed one");
}

#[test]
fn a_register_that_was_cut_short_is_named_by_what_was_kept_elsewhere() {
    let checkout = written();
    let git = register_of(&checkout);
    let kept = tip_of(&git).to_string();
    ends(&checkout, &["incident", "verify", "--expect-tip", &kept], 0);
    let all = line(&git);
    git.reference(REGISTER_REF, all[1], true, "cut").unwrap();
    let text = in_one_line(&ends(&checkout, &["incident", "verify"], 0));
    assert!(text.contains("unchecked: whether newer ones were removed"), "{text}");
    let text = ends(&checkout, &["incident", "verify", "--expect-tip", &kept], 6);
    assert!(text.contains("does not hold the entry"), "{text}");
}

#[test]
fn a_signed_register_has_no_entry_of_someone_else() {
    let checkout = project();
    let key = checkout.key(1);
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let public = |seed: u8| {
        let pair = ssh_key::private::Ed25519Keypair::from_seed(&[seed; 32]);
        ssh_key::PrivateKey::from(pair).public_key().to_openssh().unwrap()
    };
    let signers = |seed: u8| {
        let line = format!("robin@example.test namespaces=\"portcullis\" {}\n", public(seed));
        {
            let file = checkout.outside.path().join(format!("signers-{seed}"));
            std::fs::write(&file, line).unwrap();
            file.to_str().unwrap().to_string()
        }
    };
    std::fs::write(format!("{key}.pub"), public(1)).unwrap();
    ends(&checkout, &["incident", "begin", "--sign", "--key", &key], 0);
    ends(&checkout, &["incident", "verify", "--signers", &signers(1)], 0);
    let text = ends(&checkout, &["incident", "verify", "--signers", &signers(2)], 6);
    assert!(text.contains("the signature of entry 1 proves nothing"), "{text}");
    let id = open(&checkout, 1);
    let text = ends(&checkout, &["incident", "verify", "--signers", &signers(1)], 6);
    assert!(text.contains("entry 2 is not signed") && !text.contains("entry 1"), "{text}");
    // A signature of one entry is none of another.
    let git = register_of(&checkout);
    let (first, second) = (line(&git)[0], line(&git)[1]);
    let stolen = git.find_commit(first).unwrap().tree().unwrap().get_name("incident.json.sig").unwrap().id();
    let old = git.find_commit(second).unwrap();
    let mut builder = git.treebuilder(Some(&old.tree().unwrap())).unwrap();
    builder.insert("incident.json.sig", stolen, 0o100_644).unwrap();
    let tree = git.find_tree(builder.write().unwrap()).unwrap();
    let parent = git.find_commit(first).unwrap();
    let text = old.message().unwrap();
    let buffer = git.commit_create_buffer(&old.author(), &old.committer(), text, &tree, &[&parent]).unwrap();
    let forged = git.odb().unwrap().write(git2::ObjectType::Commit, &buffer).unwrap();
    git.reference(REGISTER_REF, forged, true, "tampered").unwrap();
    ends(&checkout, &["incident", "verify"], 0);
    let text = ends(&checkout, &["incident", "verify", "--signers", &signers(1)], 6);
    assert!(text.contains("the signature of entry 2 proves nothing"), "{text}");
    ends(&checkout, &["incident", "note", &id, "signed", "--sign", "--key", "nowhere"], 5);
}

#[test]
fn of_many_writers_at_once_no_entry_is_lost() {
    let checkout = project();
    let id = open(&checkout, 1);
    let (writers, notes) = (6, 4);
    std::thread::scope(|scope| {
        for writer in 0..writers {
            let (path, id) = (checkout.path(), id.as_str());
            scope.spawn(move || {
                for note in 0..notes {
                    let (code, text) = run(path, &["incident", "note", id, &format!("note {writer} {note}")]);
                    assert_eq!(code, 0, "{text}");
                }
            });
        }
    });
    let repository = Repository::open(checkout.path()).unwrap();
    let register = read_register(&repository, Timestamp::now()).unwrap().unwrap();
    assert_eq!((register.problems.len(), register.links.len()), (0, 1 + writers * notes));
    let shown = ends(&checkout, &["incident", "show", &id], 0);
    for (writer, note) in (0..writers).flat_map(|writer| (0..notes).map(move |note| (writer, note))) {
        assert!(shown.contains(&format!("note {writer} {note}")), "{shown}");
    }
}

#[test]
fn the_same_moment_gives_the_same_bytes_on_every_machine() {
    let checkout = project();
    open(&checkout, 1);
    let at = ago(-48);
    let formats: Vec<Vec<u8>> = [
        [("TZ", "Pacific/Auckland"), ("LC_ALL", "de_DE.UTF-8"), ("TZDIR", "/nonexistent")],
        [("TZ", "America/New_York"), ("LC_ALL", "C"), ("TZDIR", "/nonexistent")],
        [("TZ", ""), ("LC_ALL", "POSIX"), ("TZDIR", "")],
    ]
    .into_iter()
    .map(|variables| {
        let mut all = Vec::new();
        for format in ["text", "json", "ical"] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
            command.env_clear().envs(variables).current_dir("/").arg("-C").arg(checkout.path());
            let output =
                command.args(["incident", "status", "--at", &at, "--format", format]).output().unwrap();
            assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
            all.extend(output.stdout);
        }
        all
    })
    .collect();
    assert!(formats.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn a_command_of_the_users_own_is_told_when_something_is_overdue() {
    let checkout = project();
    let id = open(&checkout, 1);
    // Nothing is overdue: no one is told.
    ends(&checkout, &["incident", "status", "--exec", "tee told.json"], 0);
    assert!(!checkout.path().join("told.json").exists());
    let at = ago(-48);
    ends(&checkout, &["incident", "status", "--at", &at, "--exec", "tee told.json"], 1);
    let told: Value =
        serde_json::from_slice(&std::fs::read(checkout.path().join("told.json")).unwrap()).unwrap();
    assert_eq!((told["kind"].as_str(), told["overdue"].as_u64()), (Some("incident-status"), Some(1)));
    assert_eq!(told["incidents"][0]["id"], Value::from(id));
    // A command that does not read, fails, or is not there.
    ends(&checkout, &["incident", "status", "--at", &at, "--exec", "true"], 1);
    ends(&checkout, &["incident", "status", "--at", &at, "--exec", "false"], 5);
    ends(&checkout, &["incident", "status", "--at", &at, "--exec", "no-such-command-here"], 5);
    // No shell reads its words.
    ends(&checkout, &["due", "--source", "notices", "--at", &at, "--exec", "true; touch sneaked"], 5);
    assert!(!checkout.path().join("sneaked").exists());
}

#[test]
fn dates_are_icalendar_and_stay_the_same_event() {
    let checkout = project();
    let id = open(&checkout, 1);
    let uids = |text: &str| -> Vec<String> {
        text.split("\r\n").filter(|line| line.starts_with("UID:")).map(ToString::to_string).collect()
    };
    ends(&checkout, &["incident", "status", "--ical", "before.ics"], 0);
    let before = std::fs::read_to_string(checkout.path().join("before.ics")).unwrap();
    assert_eq!(uids(&before).len(), 3);
    checkout.write("letter.txt", "Dear colleagues\n");
    ends(&checkout, &record(&id, &ago(0)), 0);
    ends(&checkout, &["incident", "status", "--ical", "after.ics"], 0);
    let after = std::fs::read_to_string(checkout.path().join("after.ics")).unwrap();
    assert!(uids(&before).iter().all(|uid| uids(&after).contains(uid)), "{before}{after}");
    assert_eq!(after.matches("STATUS:CANCELLED").count(), 1);
    let due = run(checkout.path(), &["due", "--source", "notices", "--format", "ical"]).1;
    let open_ones: Vec<String> = uids(&due);
    assert!(open_ones.iter().all(|uid| uids(&after).contains(uid)) && open_ones.len() == 3, "{due}");
    for file in ["before.ics", "after.ics"] {
        read_by_a_consumer(&checkout.path().join(file));
    }
}

/// Has Python's `icalendar` read a file, where it is installed.
fn read_by_a_consumer(file: &Path) {
    let script = "import sys, icalendar\n\
        calendar = icalendar.Calendar.from_ical(open(sys.argv[1], 'rb').read())\n\
        events = list(calendar.walk('VEVENT'))\n\
        assert len(events) >= 3, events\n\
        for event in events:\n    \
            assert not event.errors and event['UID'] and event['SUMMARY'] and event.decoded('DTSTART').utcoffset() is not None\n";
    let python = |arguments: &[&str]| Command::new("python3").args(arguments).arg(file).output();
    match python(&["-c", "import icalendar"]) {
        Ok(output) if output.status.success() => {
            let output = python(&["-c", script]).unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        _ => println!("left out: Python's `icalendar` is not installed"),
    }
}

#[test]
fn an_incident_points_to_the_deployment_before_it() {
    let lane = forger::deployed();
    let policy = std::fs::read_to_string(lane.directory().join("portcullis.toml"))
        .unwrap_or_else(|_| lane::POLICY.to_string());
    let file = lane.directory().join("with-parties.toml");
    std::fs::write(&file, format!("{policy}{PARTIES}")).unwrap();
    let (good, bad) = (format!("run-1@{}", ago(500_000)), format!("load-2@{}", ago(0)));
    let arguments = [
        "incident",
        "open",
        "--dataset",
        "nominals",
        "--policy",
        "with-parties.toml",
        "--last-good",
        &good,
        "--first-bad",
        &bad,
    ];
    let (code, text) = run(lane.directory(), &arguments);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("the first bad load came after deployment 1 to production"), "{text}");
    let shown = run(lane.directory(), &["incident", "list"]).1;
    let id =
        shown.split_whitespace().find(|word| word.len() == 17 && word.contains('-')).unwrap().to_string();
    let (_, shown) = run(lane.directory(), &["incident", "show", &id]);
    assert!(shown.contains("in between:") && shown.contains("1 to production"), "{shown}");
}

/// A lane whose policy holds deployments back, with one landing that waits.
fn gated(overdue: &str) -> (Lane, Oid, String) {
    let parties = PARTIES.replace("recorded-within", &format!("overdue = \"{overdue}\"\nrecorded-within"));
    let mut lane = Lane::with(&format!("{}{parties}\n[controls.timely-notices]\n", lane::POLICY));
    let tip = work(&mut lane, "the first");
    let base = lane.baseline().to_string();
    (lane, tip, base)
}

/// Puts an incident into the register that became known so many hours ago.
fn plant(lane: &Lane, hours: i64) {
    let aware: Timestamp = ago(hours).parse().unwrap();
    let repository = Repository::open(lane.directory()).unwrap();
    let register = read_register(&repository, Timestamp::now()).unwrap();
    let day = "2026-03-02";
    let mut opened = OpenedIncident {
        id: format!("{day}-000000").try_into().unwrap(),
        dataset: "nominals".to_string(),
        draft: false,
        classes: BTreeMap::new(),
        detected_by: None,
        first_bad: None,
        last_good: None,
        exposure: None,
        known: Vec::new(),
        unknown: Vec::new(),
        aware_at: aware,
        parties: vec!["forces".to_string()],
    };
    opened.id = identify_incident(&opened, day).unwrap();
    let event = IncidentEvent::Opened(Box::new(opened));
    let pending = prepare_incident(event, "robin", aware, register.as_ref()).unwrap();
    append_incident(lane.directory(), &pending).unwrap();
}

#[test]
fn an_overdue_notice_holds_a_deployment_back_and_a_recorded_one_lets_it_through() {
    let (lane, tip, base) = gated("block");
    let more = ["--base", base.as_str(), "--record"];
    // Not seen is not the same as none.
    let verdict = forger::judged(&lane, tip, &more);
    assert_eq!(verdict.exit, 3, "{}", verdict.text);
    assert!(verdict.text.contains("portcullis incident begin"), "{}", verdict.text);
    plant(&lane, 25);
    let verdict = forger::judged(&lane, tip, &more);
    assert_eq!(verdict.exit, 1, "{}", verdict.text);
    assert!(verdict.text.contains("the early warning to forces"), "{}", verdict.text);
    let repository = Repository::open(lane.directory()).unwrap();
    let register = read_register(&repository, Timestamp::now()).unwrap().unwrap();
    let id = read_casefiles(&register.links)[0].history.id.to_string();
    let policy = lane.directory().join("with-parties.toml");
    std::fs::write(&policy, format!("{}{PARTIES}", lane::POLICY)).unwrap();
    std::fs::write(lane.directory().join("letter.txt"), "Dear colleagues\n").unwrap();
    let now = ago(0);
    let arguments = [&record(&id, &now)[..], &["--policy", "with-parties.toml"]].concat();
    let (code, text) = run(lane.directory(), &arguments);
    assert_eq!(code, 0, "{text}");
    let verdict = forger::judged(&lane, tip, &more);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    // The record keeps what it was judged by, and its decision can be taken again.
    let (code, text) = run(lane.directory(), &["record", "verify", "production"]);
    assert_eq!(code, 0, "{text}");
    // A register that is cut short afterwards contradicts the record, and the next deployment too.
    let git = Git::open(lane.directory()).unwrap();
    let (whole, first) = (tip_of(&git), line(&git)[0]);
    git.reference(REGISTER_REF, first, true, "cut").unwrap();
    assert_eq!(run(lane.directory(), &["incident", "verify"]).0, 0);
    let (code, text) = run(lane.directory(), &["record", "verify", "production"]);
    assert_eq!(code, 6, "{text}");
    assert!(text.contains("the register of incidents had 2 entries up to"), "{text}");
    let mut lane = lane;
    let next = work(&mut lane, "the second");
    let verdict = forger::judged(&lane, next, &[]);
    assert!(![0, 1].contains(&verdict.exit), "{}", verdict.text);
    // Restored, it goes on.
    git.reference(REGISTER_REF, whole, true, "restored").unwrap();
    let verdict = forger::judged(&lane, next, &[]);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
}

#[test]
fn where_the_policy_warns_an_overdue_notice_is_a_note() {
    let (lane, tip, base) = gated("warn");
    plant(&lane, 25);
    let verdict = forger::judged(&lane, tip, &["--base", &base]);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    assert!(verdict.text.contains("the early warning to forces"), "{}", verdict.text);
}

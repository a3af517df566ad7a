//! The clock of an incident from the command line: clocks that are put forward and back, holidays,
//! several who write at once, runs that open an incident, and what is silent.

use crate::incident::{PARTIES, ago, ends, in_one_line, open, project, record, run, status};
use crate::support::checkout::Checkout;
use crate::support::dataset_scene::{FAILED, INTENDED, POLICY, RECEIVED};
use serde_json::Value;
use std::process::Command;

const CONTROLS: &str = "\n[controls.gate-integrity]\n[controls.required-reviews]\napprovals = 1\n";

/// Opens an incident that became known at a moment, under a policy with this term for forces; the
/// last second of the early warning, and the one after it.
#[track_caller]
fn turns(term: &str, more: &str, aware: &str, due: &str, late: &str) {
    let parties = PARTIES.split("[notification.parties.commissioner]").next().unwrap();
    let parties = parties.replacen("early-warning = \"24h\"", &format!("early-warning = \"{term}\""), 1);
    let parties = parties.replacen("recorded-within", &format!("{more}\nrecorded-within"), 1);
    let checkout = Checkout::with(&format!("{CONTROLS}{parties}"), &[]);
    ends(&checkout, &["incident", "open", "--dataset", "nominals", "--aware-at", aware], 0);
    let forces = format!("early warning to forces: due {due}");
    for (at, exit, word) in [(due, 0, "WAITING"), (late, 1, "OVERDUE")] {
        let text = ends(&checkout, &["incident", "status", "--at", at], exit);
        assert!(text.contains(&format!("{word}   {forces}")), "{term} from {aware} at {at}: {text}");
        let text = ends(&checkout, &["due", "--source", "notices", "--at", at], exit);
        assert_eq!(text.contains("OVERDUE"), exit == 1, "{text}");
    }
}

#[test]
fn a_term_over_the_week_end_on_which_clocks_are_put_forward() {
    // London goes from GMT to BST on Sunday, 30 March 2025: an hour of that night does not exist.
    turns("24h", "", "2025-03-29T12:00:00Z", "2025-03-30T12:00:00Z", "2025-03-30T12:00:01Z");
    // One hour of Friday afternoon, one of Monday morning, which begins at eight in UTC.
    turns("2 working hours", "", "2025-03-28T16:00:00Z", "2025-03-31T09:00:00Z", "2025-03-31T09:00:01Z");
    // A night shift is an hour shorter: the sixth hour is one of the next night.
    let night = "working-days = [\"sat\", \"sun\", \"mon\"]\nworking-hours = \"00:00-06:00\"";
    turns("6 working hours", night, "2025-03-30T00:00:00Z", "2025-03-31T00:00:00Z", "2025-03-31T00:00:01Z");
}

#[test]
fn a_term_over_the_week_end_on_which_clocks_are_put_back() {
    // And back on Sunday, 26 October 2025: an hour of that night is there twice.
    turns("24h", "", "2025-10-25T12:00:00Z", "2025-10-26T12:00:00Z", "2025-10-26T12:00:01Z");
    turns("2 working hours", "", "2025-10-24T15:00:00Z", "2025-10-27T10:00:00Z", "2025-10-27T10:00:01Z");
    let night = "working-days = [\"sat\", \"sun\", \"mon\"]\nworking-hours = \"00:00-06:00\"";
    turns("7 working hours", night, "2025-10-25T23:00:00Z", "2025-10-26T06:00:00Z", "2025-10-26T06:00:01Z");
}

#[test]
fn a_term_over_holidays() {
    // Christmas Day 2025 is a Thursday, Boxing Day the Friday.
    let holidays = "holidays = [\"2025-12-25\", \"2025-12-26\"]";
    turns(
        "2 working hours",
        holidays,
        "2025-12-24T16:00:00Z",
        "2025-12-29T10:00:00Z",
        "2025-12-29T10:00:01Z",
    );
    turns("2 working hours", "", "2025-12-24T16:00:00Z", "2025-12-25T10:00:00Z", "2025-12-25T10:00:01Z");
    // Clock hours know no holiday.
    turns("24h", holidays, "2025-12-24T16:00:00Z", "2025-12-25T16:00:00Z", "2025-12-25T16:00:01Z");
}

/// What several processes that run at once come to.
fn at_once(checkout: &Checkout, arguments: &[&[&str]]) -> Vec<(i32, String)> {
    std::thread::scope(|scope| {
        let started: Vec<_> =
            arguments.iter().map(|line| scope.spawn(|| run(checkout.path(), line))).collect();
        started.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn runs_that_find_the_same_at_once_open_one_incident() {
    let checkout = project();
    ends(&checkout, &["incident", "begin"], 0);
    let (found, bad) = (format!("run-9@{}", ago(3)), format!("run-9@{}", ago(4)));
    let draft = ["incident", "open", "--dataset", "nominals", "--draft", "--detected-by", &found];
    let draft = [&draft[..], &["--first-bad", &bad]].concat();
    let ended = at_once(&checkout, &[&draft[..]; 6]);
    assert!(ended.iter().all(|(exit, _)| *exit == 0), "{ended:#?}");
    let opened = ended.iter().filter(|(_, text)| text.contains("is open; its clocks run from"));
    assert_eq!(opened.count(), 1, "{ended:#?}");
    assert_eq!(status(&checkout)["incidents"].as_array().unwrap().len(), 1);
    ends(&checkout, &["incident", "verify", "--at-least", "2"], 0);
}

#[test]
fn of_two_who_close_an_incident_at_once_one_does() {
    let checkout = project();
    let id = open(&checkout, 1);
    let close = ["incident", "close", &id, "--as", "no-incident", "--reason", "a rehearsal"];
    let ended = at_once(&checkout, &[&close[..]; 4]);
    assert_eq!(ended.iter().filter(|(exit, _)| *exit == 0).count(), 1, "{ended:#?}");
    let refused = ended.iter().filter(|(exit, text)| *exit == 2 && text.contains("was closed already"));
    assert_eq!(refused.count(), 3, "{ended:#?}");
    assert_eq!(status(&checkout)["entries"], 2);
}

/// Two clones write at once: the second push is refused, and the remedy, followed literally, loses
/// neither entry.
#[test]
fn of_two_clones_that_push_the_second_fetches_and_writes_again() {
    let (first, second, remote) = (project(), project(), Checkout::empty());
    for clone in [&first, &second] {
        clone.git(&["remote", "add", "origin", remote.path().to_str().unwrap()]);
    }
    ends(&first, &["incident", "begin", "--push", "origin"], 0);
    second.git(&["fetch", "-q", "origin", "refs/portcullis/*:refs/portcullis/*"]);
    let id = open(&first, 1);
    first.git(&["push", "-q", "origin", "refs/portcullis/*:refs/portcullis/*"]);
    let other =
        ["incident", "open", "--dataset", "nominals", "--known", "seen elsewhere", "--push", "origin"];
    let text = ends(&second, &other, 5);
    let fetch = text.split('`').find(|words| words.starts_with("git fetch")).unwrap();
    let fetch = fetch.replace('\'', "");
    second.git(&fetch.split_whitespace().skip(1).collect::<Vec<_>>());
    ends(&second, &other, 0);
    let listed = ends(&second, &["incident", "list"], 0);
    assert!(listed.contains("2 incidents in 3 entries") && listed.contains(&id), "{listed}");
    first.git(&["fetch", "-q", "origin", "refs/portcullis/*:refs/portcullis/*"]);
    ends(&first, &["incident", "verify", "--at-least", "3"], 0);
}

/// A repository with a dataset whose target is not as it should be, and parties.
fn failing() -> Checkout {
    let policy = format!("{POLICY}{}", PARTIES.replace("nominals", "nominal"));
    let checkout = Checkout::empty();
    checkout.write("portcullis.toml", &policy);
    checkout.write("out/intended.csv", INTENDED);
    checkout.write("out/received.csv", FAILED);
    let key = checkout.write("dataset.key", "0123456789abcdef0123456789abcdef0123456789abcdef");
    std::fs::set_permissions(key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    checkout.commit("Begin");
    checkout
}

/// Runs the program as a job does that no person started.
fn run_job(checkout: &Checkout, line: &str) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("COLUMNS", "120");
    let output = command.current_dir(checkout.path()).args(line.split(' ')).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}

#[test]
fn a_run_over_budget_opens_a_draft_with_its_clocks_where_no_person_is_named() {
    let checkout = failing();
    let line = "reconcile run nominal --key-file dataset.key --confirm-after 1 --open-incident";
    let (exit, text) = run_job(&checkout, line);
    assert!(exit == 1 && text.contains("is open as a draft"), "{exit}: {text}");
    let listed = ends(&checkout, &["incident", "list"], 0);
    assert!(listed.contains("open (draft): nominal"), "{listed}");
    let id = listed.split_whitespace().find(|word| word.starts_with("20")).unwrap();
    let shown = ends(&checkout, &["incident", "show", id], 0);
    assert!(shown.contains("by portcullis reconcile: opened") && shown.contains("nominal 1, "), "{shown}");
    assert!(!shown.contains("contradiction"), "{shown}");
    let duties = status(&checkout)["incidents"][0]["duties"].as_array().unwrap().len();
    assert_eq!(duties, 3);
    // The next run of the same bad stretch finds it open.
    let (exit, text) = run_job(&checkout, line);
    assert!(exit == 1 && text.contains("was opened for this before"), "{exit}: {text}");
}

/// Records that both parties were told, first and last.
fn tell_all(checkout: &Checkout, id: &str) {
    checkout.write("letter.txt", "Dear colleagues, …\n");
    let now = ago(0);
    for (party, kind) in
        ["forces", "commissioner"].into_iter().flat_map(|party| [(party, "early-warning"), (party, "final")])
    {
        let mut arguments = record(id, &now);
        (arguments[4], arguments[6]) = (party, kind);
        ends(checkout, &arguments, 0);
    }
}

/// A run that opens an incident where it is over budget.
const RUN: &str = "reconcile run nominal --key-file dataset.key --confirm-after 1 --open-incident";

/// An incident that a run opened, and of which everyone was told; its identifier.
fn told() -> (Checkout, String) {
    let checkout = failing();
    assert_eq!(run_job(&checkout, RUN).0, 1);
    let listed = ends(&checkout, &["incident", "list"], 0);
    let id = listed.split_whitespace().find(|word| word.starts_with("20")).unwrap().to_string();
    tell_all(&checkout, &id);
    (checkout, id)
}

#[test]
fn attack_an_incident_is_closed_as_resolved_while_the_newest_run_is_over_budget() {
    let (checkout, id) = told();
    let close = ["incident", "close", &id, "--as", "resolved", "--reason", "sent again"];
    let text = in_one_line(&ends(&checkout, &close, 1));
    assert!(text.contains("not closed: the newest run of nominal, run 1, is over budget"), "{text}");
    // Without the runs no one knows; the remedy brings them back.
    let remote = Checkout::empty();
    checkout.git(&["remote", "add", "origin", remote.path().to_str().unwrap()]);
    checkout.git(&["push", "-q", "origin", "refs/portcullis/*:refs/portcullis/*"]);
    checkout.git(&["update-ref", "-d", "refs/portcullis/reconciliation/nominal"]);
    let text = in_one_line(&ends(&checkout, &close, 1));
    assert!(text.contains("not closed: no run of nominal is here, and one found it at"), "{text}");
    checkout.git(&["fetch", "-q", "origin", "refs/portcullis/*:refs/portcullis/*"]);
    ends(&checkout, &close, 1);
    // The other remedy, followed: what was meant arrived.
    checkout.write("out/received.csv", RECEIVED);
    assert_eq!(run_job(&checkout, RUN).0, 0);
    ends(&checkout, &close, 0);
}

#[test]
fn attack_a_green_run_from_before_the_incident_or_by_other_settings_closes_it() {
    let checkout = failing();
    checkout.write("out/received.csv", RECEIVED);
    let run = "reconcile run nominal --key-file dataset.key --confirm-after 1";
    assert_eq!(run_job(&checkout, run).0, 0);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let text = ends(&checkout, &["incident", "open", "--dataset", "nominal"], 0);
    let id = text.split_whitespace().find(|word| word.starts_with("20")).unwrap().to_string();
    tell_all(&checkout, &id);
    let close = ["incident", "close", &id, "--as", "resolved", "--reason", "green"];
    let text = in_one_line(&ends(&checkout, &close, 1));
    assert!(text.contains("before the incident was known"), "{text}");
    // A run by a policy that no one committed.
    let policy = std::fs::read_to_string(checkout.path().join("portcullis.toml")).unwrap();
    checkout.write("other.toml", &policy.replace("deadline = \"24h\"", "deadline = \"48h\""));
    assert_eq!(run_job(&checkout, &format!("{run} --policy other.toml")).0, 0);
    let text = in_one_line(&ends(&checkout, &close, 1));
    assert!(text.contains("compared by other settings than the policy has"), "{text}");
    assert_eq!(run_job(&checkout, run).0, 0);
    ends(&checkout, &close, 0);
}

/// Records that an earlier run named are right now, and no one looked at the others.
#[test]
fn attack_a_green_look_at_some_records_closes_an_incident() {
    let (checkout, id) = told();
    let extract = |side: &str, number: u8, only: &str| {
        let to = format!("{side}{number}");
        let line = format!("reconcile extract nominal --side {side} --key-file dataset.key -o {to} {only}");
        assert_eq!(run_job(&checkout, line.trim()).0, 0, "{line}");
    };
    ["source", "target"].iter().for_each(|side| extract(side, 1, ""));
    assert_eq!(run_job(&checkout, "reconcile compare source1 target1 --breaks breaks").0, 3);
    checkout.write("out/received.csv", RECEIVED);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    ["source", "target"].iter().for_each(|side| extract(side, 2, "--only breaks"));
    let (exit, text) = run_job(&checkout, "reconcile compare source2 target2 --previous breaks --record");
    assert!(exit == 0 && text.contains("GREEN"), "{text}");
    let close = ["incident", "close", &id, "--as", "resolved", "--reason", "looked again"];
    let text = in_one_line(&ends(&checkout, &close, 1));
    assert!(text.contains("the newest run of nominal, run 2, compared only some of the records"), "{text}");
    assert_eq!(run_job(&checkout, RUN).0, 0);
    ends(&checkout, &close, 0);
}

#[test]
fn twin_an_incident_of_a_dataset_that_is_never_compared_is_closed() {
    let checkout = failing();
    let open = ["incident", "open", "--dataset", "custody records", "--unlisted"];
    checkout
        .write("portcullis.toml", &format!("{POLICY}{}", PARTIES.replace("datasets = [\"nominals\"]\n", "")));
    let text = ends(&checkout, &open, 0);
    let id = text.split_whitespace().find(|word| word.starts_with("20")).unwrap().to_string();
    tell_all(&checkout, &id);
    ends(&checkout, &["incident", "close", &id, "--as", "resolved", "--reason", "sent again"], 0);
    let both = ["incident", "close", &id, "--as", "no-incident", "--reason", "x", "--despite-run"];
    ends(&checkout, &both, 2);
}

#[test]
fn an_incident_that_is_closed_despite_a_run_says_so() {
    let (checkout, id) = told();
    let close = ["incident", "close", &id, "--as", "resolved", "--reason", "by post", "--despite-run"];
    ends(&checkout, &close, 0);
    let shown = in_one_line(&ends(&checkout, &["incident", "show", &id], 0));
    assert!(
        shown.contains("by post (closed although the newest run of nominal, run 1, is over budget)"),
        "{shown}"
    );
}

#[test]
fn attack_the_policy_loses_its_parties_while_an_incident_is_open() {
    let checkout = project();
    let id = open(&checkout, 50);
    let policy = std::fs::read_to_string(checkout.path().join("portcullis.toml")).unwrap();
    checkout.write("portcullis.toml", policy.split("[notification]").next().unwrap());
    let due = ["due", "--source", "notices"];
    let text = in_one_line(&ends(&checkout, &due, 3));
    assert!(text.contains("the register holds 1 incident, and the policy has no `[notification]`"), "{text}");
    // The remedy, followed.
    checkout.write("portcullis.toml", &policy);
    ends(&checkout, &due, 1);
    // Of what was no incident no one has to be told.
    ends(&checkout, &["incident", "close", &id, "--as", "no-incident", "--reason", "a rehearsal"], 0);
    checkout.write("portcullis.toml", policy.split("[notification]").next().unwrap());
    assert!(ends(&checkout, &due, 0).contains("not expected: notices"));
}

#[test]
fn twin_a_policy_without_parties_and_without_incidents_owes_nothing() {
    let checkout = Checkout::with(CONTROLS, &[]);
    assert!(ends(&checkout, &["due", "--source", "notices"], 0).contains("not expected: notices"));
}

#[test]
fn a_dataset_of_which_no_run_is_expected_is_named() {
    let with = |interval: &str| {
        let policy = POLICY.replace("deadline = \"24h\"", &format!("deadline = \"24h\"\n{interval}"));
        let checkout = Checkout::empty();
        checkout.write("portcullis.toml", &policy);
        checkout.commit("Begin");
        checkout
    };
    let due = ["due", "--source", "reconciliation"];
    let silent = with("");
    let text = ends(&silent, &due, 0);
    assert!(
        text.contains("note     reconciliation: dataset nominal sets no interval (`expected-every`)"),
        "{text}"
    );
    assert!(text.contains("looked at: reconciliation") && !text.contains("not expected"), "{text}");
    let form = ends(&silent, &[&due[..], &["--format", "json"]].concat(), 0);
    let form: Value = serde_json::from_str(&form).unwrap();
    assert_eq!(form["notes"][0]["source"], "reconciliation");
    let text = in_one_line(&ends(&with("full-every = \"7d\""), &due, 3));
    assert!(text.contains("only runs over all records are missed"), "{text}");
    let text = ends(&with("expected-every = \"24h\""), &due, 3);
    assert!(!text.contains("note "), "{text}");
}

#[test]
fn attack_a_clone_without_deployment_branches_has_no_snapshot_to_miss() {
    let checkout = Checkout::with(&format!("{CONTROLS}\n[due]\nsnapshots-every = \"25h\"\n"), &[]);
    let policy = std::fs::read_to_string(checkout.path().join("portcullis.toml")).unwrap();
    checkout.write("portcullis.toml", &policy.replace("[\"main\"]", "[\"release/*\"]"));
    let due = ["due", "--source", "snapshots"];
    let text = in_one_line(&ends(&checkout, &due, 3));
    assert!(text.contains("no branch in this repository matches a pattern"), "{text}");
    checkout.git(&["branch", "release/1"]);
    assert!(ends(&checkout, &due, 3).contains("the snapshots of release/1"));
    checkout.write("portcullis.toml", &policy.replace("[\"main\"]", "[\"release/*\", \"hotfix/*\"]"));
    let text = in_one_line(&ends(&checkout, &due, 3));
    assert!(text.contains("note snapshots: no branch in this repository matches `hotfix/*`"), "{text}");
}

//! `portcullis incident` where someone is mistaken: an identifier that means several, a dataset that
//! there is none of, a person whom no one names, times that cannot be; and what is read in 80
//! columns.

use crate::incident::{PARTIES, ago, ends, in_one_line, open, project, record, run, status};
use crate::support::checkout::Checkout;
use serde_json::Value;
use std::process::Command;

const CONTROLS: &str = "\n[controls.gate-integrity]\n[controls.required-reviews]\napprovals = 1\n";

/// How many entries the register has.
fn entries(checkout: &Checkout) -> u64 {
    status(checkout)["entries"].as_u64().unwrap()
}

/// Runs the program without a name for who runs it; exit code, stdout, stderr.
fn run_nameless(checkout: &Checkout, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.env_clear().env("PATH", path).current_dir(checkout.path()).args(arguments);
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn attack_an_entry_goes_to_another_incident_than_was_meant() {
    let checkout = project();
    let (first, second) = (open(&checkout, 1), open(&checkout, 2));
    let before = entries(&checkout);
    checkout.write("letter.txt", "Dear colleagues\n");
    let now = ago(0);
    let close = ["incident", "close", "2", "--as", "no-incident", "--reason", "x"];
    for arguments in
        [&["incident", "show", "2"][..], &["incident", "note", "2", "x"], &close, &record("2", &now)]
    {
        let text = ends(&checkout, arguments, 2);
        let named = [format!("{first} (nominals)"), format!("{second} (nominals)")];
        assert!(named.iter().all(|name| text.contains(name)), "{arguments:?}: {text}");
    }
    assert_eq!(entries(&checkout), before);
    // What an identifier ends with, or holds, does not name it.
    for part in [&first[11..], &first[5..], "-", "%"] {
        ends(&checkout, &["incident", "show", part], 2);
    }
}

#[test]
fn twin_the_whole_identifier_or_enough_of_it_names_one() {
    let checkout = project();
    let (first, second) = (open(&checkout, 1), open(&checkout, 2));
    let shared = first.bytes().zip(second.bytes()).take_while(|(a, b)| a == b).count();
    for (id, enough) in [(&first, &first[..]), (&first, &first[..=shared]), (&second, &second[..=shared])] {
        assert!(ends(&checkout, &["incident", "show", enough], 0).starts_with(id.as_str()), "{enough}");
    }
}

#[test]
fn a_message_about_many_incidents_names_the_newest_and_says_so() {
    let checkout = project();
    let all: Vec<String> = (1..=10).map(|hours| open(&checkout, hours)).collect();
    let text = ends(&checkout, &["incident", "show", "2"], 2);
    assert!(text.contains("10 incidents") && text.contains("and earlier ones"), "{text}");
    assert!(text.contains(&all[9]) && !text.contains(&all[0]), "{text}");
}

/// A policy with a dataset, and a party that is told of it.
fn with_dataset() -> Checkout {
    let policy = crate::support::dataset_scene::POLICY;
    let dataset = policy.split_once("[reconciliation.nominal]").unwrap().1;
    let parties = PARTIES.replace("nominals", "nominal");
    Checkout::with(&format!("{CONTROLS}{parties}[reconciliation.nominal]{dataset}"), &[])
}

#[test]
fn attack_an_incident_is_opened_for_a_dataset_that_there_is_not() {
    let checkout = with_dataset();
    let open = |dataset: &str, exit| ends(&checkout, &["incident", "open", "--dataset", dataset], exit);
    // Only the Commissioner would be told of it.
    let text = open("vehicles", 2);
    assert!(text.contains("there is only nominal") && text.contains("help: add --unlisted"), "{text}");
    assert!(open("nominl", 2).contains("did you mean `nominal`?"));
    assert_eq!(ends(&checkout, &["incident", "list"], 5).matches("nominl").count(), 0);
    // A policy that names no dataset cannot tell a wrong name from a right one.
    let bare =
        Checkout::with(&format!("{CONTROLS}{}", PARTIES.replace("datasets = [\"nominals\"]\n", "")), &[]);
    let text = ends(&bare, &["incident", "open", "--dataset", "nominals"], 2);
    assert!(text.contains("the policy names no dataset") && text.contains("add --unlisted"), "{text}");
    ends(&bare, &["incident", "open", "--dataset", "nominals", "--unlisted"], 0);
}

#[test]
fn twin_a_dataset_of_the_policy_or_of_a_party_or_one_that_is_unlisted_on_purpose() {
    let checkout = with_dataset();
    ends(&checkout, &["incident", "open", "--dataset", "nominal"], 0);
    // Without a dataset in the policy its parties say which there are.
    let by_parties = Checkout::with(&format!("{CONTROLS}{PARTIES}"), &[]);
    ends(&by_parties, &["incident", "open", "--dataset", "nominals"], 0);
    ends(&checkout, &["incident", "open", "--dataset", "vehicles", "--unlisted"], 0);
    let told = &status(&checkout)["incidents"][1]["duties"];
    assert_eq!(told.as_array().unwrap().len(), 1, "{told}");
}

#[test]
fn attack_an_entry_is_written_by_no_one() {
    let checkout = project();
    let arguments = ["incident", "begin"];
    let (exit, _, said) = run_nameless(&checkout, &arguments);
    assert!(exit == 2 && said.contains("it is not known who writes the entry"), "{said}");
    assert!(said.contains("help: name the person or the job: --by NAME"), "{said}");
    assert_eq!(run_nameless(&checkout, &[&arguments[..], &["--by", " "]].concat()).0, 2);
    ends(&checkout, &["incident", "list"], 5);
    // The remedy, followed.
    let (exit, _, said) = run_nameless(&checkout, &[&arguments[..], &["--by", "Robin Example"]].concat());
    assert_eq!(exit, 0, "{said}");
}

/// Opens an incident with these options: the exit code and the text.
fn open_with(checkout: &Checkout, options: &[&str]) -> (i32, String) {
    let (exit, text) =
        run(checkout.path(), &[&["incident", "open", "--dataset", "nominals"][..], options].concat());
    (exit, in_one_line(&text))
}

#[test]
fn attack_times_that_cannot_all_be_true() {
    let checkout = project();
    let at = |name: &str, hours: i64| format!("{name}@{}", ago(hours));
    let aware = ago(3);
    for (options, says) in [
        (vec!["--aware-at", &aware, "--first-bad", &at("load-7", 2)], "the first bad load"),
        (vec!["--aware-at", &aware, "--last-good", &at("run-6", 2)], "the last good run"),
        (vec!["--first-bad", &at("load-7", 5), "--last-good", &at("run-6", 4)], "the last good run"),
        (vec!["--first-bad", &at("load-7", 5), "--detected-by", &at("run-9", 6)], "the first bad load"),
        (vec!["--detected-by", &at("run-9", -2)], "the run that found it"),
        (vec!["--first-bad", &at("load-7", -2)], "the first bad load"),
        (vec!["--last-good", &at("run-6", -2)], "the last good run"),
        (vec!["--aware-at", &ago(-2)], "the moment of awareness"),
        // Of a draft no person can know why the clock begins later.
        (vec!["--draft", "--detected-by", &at("run-9", 6), "--aware-at", &aware], "the moment of awareness"),
    ] {
        let (exit, text) = open_with(&checkout, &options);
        assert!(exit == 2 && text.contains(says), "{options:?}: {exit} {text}");
        assert!(text.contains("help: correct the time"), "{text}");
    }
    ends(&checkout, &["incident", "list"], 5);
}

#[test]
fn twin_times_in_their_order_and_awareness_that_a_person_says_came_later() {
    let checkout = project();
    let at = |name: &str, hours: i64| format!("{name}@{}", ago(hours));
    let (good, bad, found) = (at("run-6", 9), at("load-7", 8), at("run-9", 7));
    let aware = ago(7);
    let times = ["--last-good", &good, "--first-bad", &bad, "--detected-by", &found];
    let (exit, text) = open_with(&checkout, &[&times[..], &["--aware-at", &aware]].concat());
    assert!(exit == 0 && !text.contains("is after"), "{text}");
    let late = ago(3);
    let other = at("run-10", 7);
    let (exit, text) = open_with(&checkout, &["--detected-by", &other, "--aware-at", &late]);
    assert!(exit == 0 && text.contains("is after the run that found it"), "{text}");
    let of = |place: usize| status(&checkout)["incidents"][place]["contradictions"].clone();
    assert_eq!(of(0), Value::Array(Vec::new()));
    assert_eq!(of(1).as_array().unwrap().len(), 1);
    let shown = ends(&checkout, &["incident", "status"], 0);
    assert!(shown.contains("contradiction: the moment of awareness"), "{shown}");
}

/// What is learnt later can contradict what was said at first. It makes the clocks run earlier, so
/// it is kept, and named.
#[test]
fn a_note_that_contradicts_the_opening_is_kept_and_named() {
    let checkout = project();
    let bad = format!("load-7@{}", ago(8));
    let (exit, text) = open_with(&checkout, &["--first-bad", &bad, "--aware-at", &ago(7)]);
    assert_eq!(exit, 0, "{text}");
    let id = text.split_whitespace().nth(1).unwrap();
    let note = ["incident", "note", id, "known before", "--aware-at", &ago(10)];
    let text = in_one_line(&ends(&checkout, &note, 0));
    assert!(
        text.contains("the first bad load") && text.contains("is after the moment of awareness"),
        "{text}"
    );
    assert!(ends(&checkout, &["incident", "show", id], 0).contains("contradiction:"));
}

/// Every line that `incident` and `due` print for people, and the incident that was opened last.
fn everything(columns: &str) -> (String, String) {
    let long = "A sentence that is long enough to need more than one line, however wide the terminal of its reader may be: \
                it goes on, and on, and on.";
    let policy =
        format!("{CONTROLS}{PARTIES}").replace("Receiving forces", "All forces that receive the records");
    let checkout = Checkout::with(&policy, &[]);
    let now = ago(0);
    let said = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("USER", "robin");
        let output =
            command.env("COLUMNS", columns).current_dir(checkout.path()).args(arguments).output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    let (good, bad, aware) = (format!("run-6@{}", ago(90)), format!("load-7@{}", ago(80)), ago(70));
    let opening = ["incident", "open", "--dataset", "nominals", "--known", long, "--unknown", long];
    let times = ["--last-good", &good, "--first-bad", &bad, "--aware-at", &aware];
    let mut text = said(&[&opening[..], &times].concat());
    let id = text.split_whitespace().nth(1).unwrap().to_string();
    checkout.write("letter.txt", "Dear colleagues\n");
    let last = said(&["incident", "open", "--dataset", "nominals", "--aware-at", &ago(30)]);
    let last = last.split_whitespace().nth(1).unwrap().to_string();
    for arguments in [
        &record(&id, &aware)[..],
        &record(&id, &now),
        &record(&id, &now),
        &["incident", "note", &id, long, "--aware-at", &ago(100)],
        &["incident", "close", &id, "--as", "resolved", "--reason", "x"],
        &["incident", "notify", &id, "--party", "forces", "--draft", "-o", "draft.txt"],
        &["incident", "list"],
        &["incident", "show", &id],
        &["incident", "status"],
        &["incident", "verify"],
        &["due", "--within", "90d"],
    ] {
        text += &said(arguments);
    }
    (text, last)
}

#[test]
fn what_people_read_fits_80_columns_and_fills_120() {
    for columns in [80, 120] {
        let (text, last) = everything(&columns.to_string());
        let is_wide = |line: &&str| line.chars().count() > columns && line.trim().contains(' ');
        let wide: Vec<&str> = text.lines().filter(is_wide).collect();
        assert!(wide.is_empty(), "{columns}: {wide:#?}");
        let widest = text.lines().map(|line| line.chars().count()).filter(|width| *width <= columns).max();
        assert!(widest.unwrap() + 12 > columns, "{columns}: {widest:?}");
        // A command that fits into a line can be copied from it.
        assert!(
            text.contains(&format!("portcullis incident notify {last} --party forces --draft")),
            "{text}"
        );
    }
}

#[test]
fn attack_a_look_that_fails_tells_no_one() {
    let checkout = project();
    let told = || -> Value {
        let file = checkout.path().join("told.json");
        let text = std::fs::read(&file).unwrap();
        std::fs::remove_file(file).unwrap();
        serde_json::from_slice(&text).unwrap()
    };
    let exec = ["--exec", "tee told.json"];
    let ended = |arguments: &[&str], exit: i32| {
        let (code, text) = run(checkout.path(), &[arguments, &exec].concat());
        assert_eq!(code, exit, "{text}");
    };
    // No register: it could not be seen whether something is overdue.
    ended(&["incident", "status"], 3);
    let form = told();
    assert_eq!(
        (form["kind"].as_str(), form["look"].as_str()),
        (Some("look-failure"), Some("incident status"))
    );
    assert!(form["exit"] == 3 && form["help"].as_array().unwrap().len() == 2, "{form}");
    // No policy that can be read.
    ended(&["due", "--policy", "nowhere.toml"], 4);
    assert_eq!((told()["kind"].as_str(), form["schema"].as_u64()), (Some("look-failure"), Some(1)));
    // A calendar that cannot be written does not keep what is overdue from being told.
    open(&checkout, 50);
    ended(&["due", "--source", "notices", "--ical", "nowhere/due.ics"], 5);
    assert_eq!(told()["overdue"].as_array().unwrap().len(), 1);
    // A command line that is wrong is for the one who wrote it.
    ended(&["due", "--at", "yesterday"], 2);
    assert!(!checkout.path().join("told.json").exists());
}

#[test]
fn twin_what_a_command_prints_is_not_in_the_data() {
    let checkout = project();
    open(&checkout, 50);
    let arguments = ["due", "--source", "notices", "--format", "json", "--exec", "tee told.json"];
    let (exit, out, err) = run_nameless(&checkout, &arguments);
    assert_eq!(exit, 1, "{err}");
    let shown: Value = serde_json::from_str(&out).unwrap();
    let told: Value =
        serde_json::from_slice(&std::fs::read(checkout.path().join("told.json")).unwrap()).unwrap();
    assert_eq!(shown, told);
    assert!(err.contains("\"overdue\""), "{err}");
}

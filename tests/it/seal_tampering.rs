//! Sealed decisions that were tampered with: each change is named, by whom it may be.

use crate::support::sealing::{Shelf, exit_of, forge, portcullis, seal_request};
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::Stage;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;

/// A blocked request: without approvals.
static BLOCKED: LazyLock<Vec<u8>> = LazyLock::new(|| sealed(|stage| stage.world.reviews.clear()));
/// An allowed one.
static ALLOWED: LazyLock<Vec<u8>> = LazyLock::new(|| sealed(|_| ()));

fn sealed(alter: impl FnOnce(&mut Stage)) -> Vec<u8> {
    let (shelf, mut stage) = (Shelf::new(), Stage::honest().unwrap());
    alter(&mut stage);
    let server = Server::start(stage.world.clone());
    seal_request(&stage, &server, &shelf.path("sealed"), &[]);
    shelf.read("sealed")
}

/// Exit code and text of the program for these bytes.
fn replayed(bytes: &[u8]) -> (i32, String) {
    let shelf = Shelf::new();
    shelf.put("sealed", bytes);
    shelf.replay("sealed", &[])
}

fn named(bytes: &[u8], exit: i32, said: &str) {
    let (code, text) = replayed(bytes);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(code == exit && text.contains(said), "`{said}`: {code} {text}");
    assert!(!text.contains("identical"), "{text}");
}

fn text_of(value: &Value, member: &str) -> String {
    value[member]["text"].as_str().unwrap().to_string()
}

/// The decision with another outcome, every digest computed anew.
fn allow(value: &mut Value) {
    let mut decision: Value = serde_json::from_str(&text_of(value, "decision")).unwrap();
    decision["outcome"] = json!("allow");
    value["outcome"] = json!("allow");
    value["decision"]["text"] = json!(text_of(value, "decision").replacen("\"block\"", "\"allow\"", 1));
}

#[test]
fn an_honest_file_replays_and_a_forger_who_changes_nothing_changes_nothing() {
    assert_eq!((exit_of(&BLOCKED), exit_of(&ALLOWED)), (0, 0));
    assert_eq!(forge(&BLOCKED, |_| ()), *BLOCKED);
}

#[test]
fn a_decision_that_was_made_up_does_not_follow_from_its_facts() {
    let forged = forge(&BLOCKED, allow);
    named(&forged, 6, "do not give the decision: they give the outcome block");
    let (_, text) = replayed(&forged);
    assert!(text.contains("outcome: allow before, block now"), "{text}");
}

#[test]
fn a_finding_that_was_taken_out_is_missed() {
    let forged = forge(&BLOCKED, |value| {
        let mut decision: Value = serde_json::from_str(&text_of(value, "decision")).unwrap();
        decision["findings"].as_array_mut().unwrap().remove(0);
        value["decision"]["text"] = json!(serde_json::to_string_pretty(&decision).unwrap() + "\n");
    });
    named(&forged, 6, "added: 1");
}

#[test]
fn the_policy_of_another_decision_is_noticed() {
    let weaker = |value: &mut Value| {
        let policy = text_of(value, "policy").replace("approvals = 2", "approvals = 0");
        assert_ne!(policy, text_of(value, "policy"));
        value["policy"]["text"] = json!(policy);
    };
    named(&forge(&BLOCKED, weaker), 6, "`policy` and the decision say different things");
}

#[test]
fn the_facts_of_another_decision_are_noticed() {
    let other: Value = serde_json::from_slice(&ALLOWED).unwrap();
    let forged = forge(&BLOCKED, |value| value["facts"]["text"] = other["facts"]["text"].clone());
    named(&forged, 6, "do not give the decision");
    let moved = |value: &mut Value| {
        value["facts"]["text"] =
            json!(text_of(value, "facts").replace("example-org/data-upload", "example-org/fork"));
    };
    named(&forge(&ALLOWED, moved), 6, "other members that differ: 1 judged");
}

#[test]
fn the_decision_of_another_file_is_noticed() {
    let other: Value = serde_json::from_slice(&ALLOWED).unwrap();
    let forged = forge(&BLOCKED, |value| {
        value["decision"]["text"] = other["decision"]["text"].clone();
        value["outcome"] = json!("allow");
    });
    named(&forged, 6, "do not give the decision");
}

#[test]
fn a_verdict_for_another_commit_is_not_the_one_that_was_expected() {
    let (shelf, other) = (Shelf::new(), "0".repeat(40));
    shelf.put("sealed", &ALLOWED);
    let (exit, text) = shelf.replay("sealed", &["--head", &other]);
    assert!(exit == 6 && text.contains("is not about 0000"), "{text}");
    assert_eq!(shelf.replay("sealed", &["--head", "abc"]).0, 2);
    assert_eq!(shelf.replay("sealed", &["--repository", "Example-Org/data-upload"]).0, 0);
    let (exit, text) = shelf.replay("sealed", &["--repository", "example-org/copy"]);
    assert!(exit == 6 && text.contains("not about the repository"), "{text}");
}

#[test]
fn what_the_file_repeats_is_held_against_its_decision_and_its_facts() {
    let flip = |member: &'static str, with: Value| {
        move |value: &mut Value| *value.pointer_mut(member).unwrap() = with.clone()
    };
    for (member, with, said) in [
        ("/outcome", json!("allow"), "`outcome`"),
        ("/advisory", json!(true), "`advisory`"),
        ("/judged/head", json!("1".repeat(40)), "`judged`"),
        ("/judged/repository", json!("example-org/other"), "`judged`"),
        ("/judged/requests", json!([8]), "`judged`"),
        ("/inputs/2/name", json!("other"), "`inputs`"),
        ("/inputs/2/digest", json!(null), "`inputs`"),
        ("/time", json!("1999-01-01T00:00:00Z"), "`time`"),
        ("/time", json!("yesterday"), "`time`"),
    ] {
        named(&forge(&BLOCKED, flip(member, with)), 6, said);
    }
    let fewer = |value: &mut Value| drop(value["inputs"].as_array_mut().unwrap().pop());
    named(&forge(&BLOCKED, fewer), 6, "`inputs`");
    let more = |value: &mut Value| {
        let text = "schema = 1\n";
        value["waivers"] = json!([{ "path": "portcullis-waivers.toml", "side": "before",
            "digest": format!("sha256:{}", "0".repeat(64)), "text": text }]);
    };
    named(&forge(&BLOCKED, more), 6, "`waivers`");
}

#[test]
fn advice_that_is_sealed_as_a_verdict_is_noticed() {
    let forged = forge(&BLOCKED, |value| {
        value["decision"]["text"] =
            json!(text_of(value, "decision").replace("\"advisory\": false", "\"advisory\": true"));
    });
    named(&forged, 6, "`advisory`");
}

#[test]
fn without_facts_nothing_is_allowed() {
    for member in ["facts", "policy"] {
        named(&forge(&ALLOWED, |value| value[member] = Value::Null), 6, "`policy` or `facts` is missing");
    }
    let both = |value: &mut Value| (value["facts"], value["policy"]) = (Value::Null, Value::Null);
    named(&forge(&ALLOWED, both), 6, "`policy` or `facts` is missing");
    let omitted = |value: &mut Value| value["facts"]["text"] = Value::Null;
    named(&forge(&ALLOWED, omitted), 3, "not reproducible: facts omitted");
}

/// Another version may use other words, and never finds something else.
#[test]
fn a_file_that_claims_to_be_of_another_version_gets_no_other_outcome() {
    let old = |value: &mut Value| value["program"]["version"] = json!("portcullis 0.0.1");
    assert_eq!(exit_of(&forge(&BLOCKED, old)), 0, "the same bytes are the same bytes");
    let words = |value: &mut Value| {
        old(value);
        let text = text_of(value, "decision");
        value["decision"]["text"] = json!(text.replacen("\"reason\": \"", "\"reason\": \"Really, ", 1));
    };
    named(&forge(&BLOCKED, words), 3, "finds the same in other words");
    let both = |value: &mut Value| {
        old(value);
        allow(value);
    };
    named(&forge(&BLOCKED, both), 6, "they give the outcome block");
    let unreadable = |value: &mut Value| {
        old(value);
        value["facts"]["text"] = json!("{}");
    };
    named(&forge(&BLOCKED, unreadable), 3, "it was made by portcullis 0.0.1");
    let ours = |value: &mut Value| value["facts"]["text"] = json!("{}");
    named(&forge(&BLOCKED, ours), 6, "missing field");
}

#[test]
fn what_is_there_twice_or_behind_the_end_or_missing_is_named() {
    let text = String::from_utf8(BLOCKED.clone()).unwrap();
    let twice =
        text.replacen("  \"advisory\": false,\n", "  \"advisory\": true,\n  \"advisory\": false,\n", 1);
    named(twice.as_bytes(), 5, "duplicate field");
    named(format!("{text}\n").as_bytes(), 6, "is not as the program writes it");
    named(format!("{text}{{}}").as_bytes(), 5, "trailing characters");
    named(&text.as_bytes()[..text.len() - 1], 6, "is not as the program writes it");
    named(&text.as_bytes()[..text.len() / 2], 5, "");
    named(text.replace("  \"sealer\"", "   \"sealer\"").as_bytes(), 6, "line ");
    named(
        text.replace("\"schema\": 1,\n  \"kind\"", "\"schema\": 2,\n  \"kind\"").as_bytes(),
        5,
        "of schema 2",
    );
    let more = text.replacen("  \"sealer\"", "  \"signed\": true,\n  \"sealer\"", 1);
    named(more.as_bytes(), 5, "unknown field `signed`");
    named(b"", 5, "not a sealed decision");
    named(&text.replace('\n', "\r\n").into_bytes(), 6, "is not as the program writes it");
}

#[test]
fn a_digest_that_was_not_computed_anew_names_its_member() {
    let text = String::from_utf8(BLOCKED.clone()).unwrap();
    let sealer = text.replacen("\"sealer\": \"", "\"sealer\": \"not-", 1);
    named(sealer.as_bytes(), 6, "`seal` is not the SHA-256");
    let policy = text.replacen("approvals = 2", "approvals = 0", 1);
    named(policy.as_bytes(), 6, "`policy`: its text does not have its digest");
}

/// What a file is that is none, and which command reads it.
#[test]
fn a_file_of_another_kind_is_called_what_it_is() {
    let (shelf, sealed) = (Shelf::new(), serde_json::from_slice::<Value>(&BLOCKED).unwrap());
    shelf.put("decision", text_of(&sealed, "decision").as_bytes());
    shelf.put("facts", text_of(&sealed, "facts").as_bytes());
    shelf.put("sealed", &BLOCKED);
    shelf.put("signers", b"");
    for (name, said) in [("decision", "this is a decision without its facts"), ("facts", "these are facts")] {
        let (exit, text) = shelf.replay(name, &[]);
        assert!(exit == 5 && text.contains(said), "{text}");
    }
    for arguments in [
        vec!["evidence", "verify", "sealed", "--signers", "signers"],
        vec!["evidence", "diff", "sealed", "sealed"],
    ] {
        let directory = shelf.path("");
        let (exit, text) = portcullis(&directory, &arguments);
        assert!(exit == 5 && text.contains("this is a sealed decision; use `portcullis replay`"), "{text}");
    }
}

#[test]
fn the_place_where_a_file_is_replayed_does_not_matter() {
    let (shelf, elsewhere) = (Shelf::new(), tempfile::tempdir().unwrap());
    shelf.put("sealed", &BLOCKED);
    // A policy in the work tree has no part in it.
    std::fs::write(elsewhere.path().join("portcullis.toml"), "schema = 1\n").unwrap();
    let file = shelf.text("sealed");
    let mut texts = std::collections::BTreeSet::new();
    for (zone, locale) in
        [("UTC", "C"), ("Pacific/Kiritimati", "de_DE.UTF-8"), ("America/St_Johns", "tr_TR.UTF-8")]
    {
        let mut replay = std::process::Command::new(env!("CARGO_BIN_EXE_portcullis"));
        replay.env_clear().env("TZ", zone).env("LC_ALL", locale).current_dir(elsewhere.path());
        let output = replay.args(["replay", &file, "--json"]).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        texts.insert(output.stdout);
    }
    assert_eq!(texts.len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Whichever byte is another one, the file does not replay.
    #[test]
    fn no_byte_can_be_another_one(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = BLOCKED.clone();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        prop_assert!([5, 6].contains(&exit_of(&bytes)), "byte {at}");
    }

    /// Nor can bytes be cut out or put in.
    #[test]
    fn no_bytes_can_be_cut_out_or_put_in(
        at in any::<prop::sample::Index>(),
        length in 0usize..40,
        more in prop::collection::vec(any::<u8>(), 0..8),
    ) {
        let mut bytes = BLOCKED.clone();
        let at = at.index(bytes.len());
        let end = (at + length).min(bytes.len());
        prop_assume!(bytes[at..end] != more[..]);
        bytes.splice(at..end, more);
        prop_assume!(bytes != *BLOCKED);
        prop_assert!([5, 6].contains(&exit_of(&bytes)), "at {at}");
    }

    /// Whatever line of the decision is taken out, with every digest computed anew.
    #[test]
    fn no_line_of_the_decision_can_be_another_one(at in any::<prop::sample::Index>()) {
        let forged = forge(&BLOCKED, |value| {
            let text = text_of(value, "decision");
            let mut lines: Vec<&str> = text.lines().collect();
            lines.remove(at.index(lines.len()));
            value["decision"]["text"] = json!(lines.join("\n") + "\n");
        });
        prop_assert!([5, 6].contains(&exit_of(&forged)));
    }
}

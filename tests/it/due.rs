//! `portcullis due`: silence is loud, one second after its time and not before.

use crate::incident::PARTIES;
use crate::support::checkout::Checkout;
use crate::support::forger;
use git2::Repository as Git;
use jiff::Timestamp;
use portcullis_collect::snapshots::{append_snapshot, read_snapshots};
use portcullis_git::Repository;
use portcullis_model::change::BranchName;
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::snapshot::ProtectionLook;
use portcullis_record::snapshot::{SnapshotDraft, prepare_snapshot, snapshot_reference};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

const CONTROLS: &str = "\n[controls.gate-integrity]\n[controls.required-reviews]\napprovals = 1\n";

fn run(directory: &Path, arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    let output =
        command.env_clear().env("COLUMNS", "120").current_dir(directory).args(arguments).output().unwrap();
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    (output.status.code().unwrap(), String::from_utf8_lossy(&text).into_owned())
}

/// One source at one moment: the exit code and the text.
fn due(checkout: &Checkout, source: &str, at: &str) -> (i32, String) {
    run(checkout.path(), &["due", "--source", source, "--at", at])
}

/// In time at the first moment, overdue a second later.
#[track_caller]
fn turns(checkout: &Checkout, source: &str, in_time: &str, too_late: &str, says: &str) {
    let (code, text) = due(checkout, source, in_time);
    assert_eq!(code, 0, "{in_time}: {text}");
    let (code, text) = due(checkout, source, too_late);
    assert_eq!(code, 1, "{too_late}: {text}");
    assert!(text.contains("OVERDUE") && text.contains(says), "{text}");
    let coming = run(checkout.path(), &["due", "--source", source, "--at", in_time, "--within", "1h"]);
    assert_eq!(coming.0, 0);
    assert!(coming.1.contains("coming") && coming.1.contains(says), "{}", coming.1);
}

#[test]
fn a_policy_that_expects_nothing_has_nothing_due() {
    let checkout = Checkout::with(CONTROLS, &[]);
    let (code, text) = run(checkout.path(), &["due"]);
    assert_eq!(code, 0, "{text}");
    assert_eq!(text.matches("not expected:").count(), 7, "{text}");
}

/// A snapshot of a branch without protection, or one that could not see it.
fn take(checkout: &Checkout, time: &str, is_seen: bool) {
    let gap = || Gap::not_asked("the protection", "ask");
    let protected = if is_seen { Fact::Known(false) } else { Fact::Known(true) };
    let look = ProtectionLook { protected, protection: Fact::Gap(gap()), administration: None };
    let draft = SnapshotDraft {
        branch: BranchName::new("main"),
        host: "github".to_string(),
        repository: "example-org/data-upload".to_string(),
        time: time.parse().unwrap(),
        tip: Fact::Gap(gap()),
        look,
    };
    let repository = Repository::open(checkout.path()).unwrap();
    let reference = snapshot_reference(&draft.branch);
    let chain = read_snapshots(&repository, &reference, Timestamp::now(), None).unwrap();
    append_snapshot(checkout.path(), &prepare_snapshot(draft, chain.as_ref()).unwrap()).unwrap();
}

#[test]
fn a_look_at_the_protection_is_due_as_often_as_the_policy_says() {
    let checkout = Checkout::with(&format!("{CONTROLS}\n[due]\nsnapshots-every = \"25h\"\n"), &[]);
    // None is here: it cannot be seen whether one was taken.
    let (code, text) = due(&checkout, "snapshots", "2026-03-02T10:00:00Z");
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("UNSEEN   snapshots") && text.contains("portcullis snapshot"), "{text}");
    // A snapshot that could not see the protection is no look at it.
    take(&checkout, "2026-03-01T09:00:00Z", false);
    let (code, text) = due(&checkout, "snapshots", "2026-03-01T10:00:00Z");
    assert!(code == 3 && text.contains("none of them could see the"), "{text}");
    take(&checkout, "2026-03-01T10:00:00Z", true);
    take(&checkout, "2026-03-02T09:00:00Z", false);
    turns(&checkout, "snapshots", "2026-03-02T11:00:00Z", "2026-03-02T11:00:01Z", "a look at its protection");
    // So is a branch that a pattern of the policy means.
    let policy = std::fs::read_to_string(checkout.path().join("portcullis.toml")).unwrap();
    checkout.write("portcullis.toml", &policy.replace("[\"main\"]", "[\"main\", \"release/*\"]"));
    assert_eq!(due(&checkout, "snapshots", "2026-03-02T10:00:00Z").0, 0);
    checkout.git(&["branch", "release/1"]);
    let (code, text) = due(&checkout, "snapshots", "2026-03-02T10:00:00Z");
    assert!(code == 3 && text.contains("the snapshots of release/1"), "{text}");
    checkout.git(&["branch", "-D", "release/1"]);
    // A chain that was tampered with is no look.
    let git = Git::open(checkout.path()).unwrap();
    let head = git.head().unwrap().target().unwrap();
    git.reference("refs/portcullis/snapshots/main", head, true, "tampered").unwrap();
    assert_eq!(due(&checkout, "snapshots", "2026-03-02T10:00:00Z").0, 3);
}

#[test]
fn a_notice_is_due_and_a_register_that_is_not_here_could_not_be_seen() {
    let checkout = Checkout::with(&format!("{CONTROLS}{PARTIES}"), &[]);
    assert_eq!(run(checkout.path(), &["due", "--source", "notices"]).0, 3);
    let aware = "2026-03-02T10:00:00Z";
    let open = ["incident", "open", "--by", "robin", "--dataset", "nominals", "--aware-at", aware];
    let opened = run(checkout.path(), &open);
    assert_eq!(opened.0, 0, "{}", opened.1);
    turns(
        &checkout,
        "notices",
        "2026-03-03T10:00:00Z",
        "2026-03-03T10:00:01Z",
        "the early warning to forces",
    );
}

const WAIVER: &str = r#"schema = 1

[[waivers]]
id = "W-1"
control = "required-reviews"
commits = ["COMMIT"]
reason = "records were lost every minute"
ticket = "OPS-1"
requester = "kim"
approver = "robin"
created = "2026-03-02T10:00:00Z"
expires = "2026-03-09T10:00:00Z"
emergency = true
review-due = "2026-03-04T10:00:00Z"
"#;

#[test]
fn a_review_after_an_emergency_is_due_until_someone_looked() {
    let checkout = Checkout::with(CONTROLS, &[]);
    let waiver = WAIVER.replace("COMMIT", &"a".repeat(40));
    checkout.write("portcullis-waivers.toml", &waiver);
    // It counts no longer from the moment on that it names.
    turns(
        &checkout,
        "emergencies",
        "2026-03-04T09:59:59Z",
        "2026-03-04T10:00:00Z",
        "the review after the emergency",
    );
    let looked = format!("{waiver}reviewed-by = \"alex\"\nreviewed-on = \"2026-03-03T10:00:00Z\"\n");
    checkout.write("portcullis-waivers.toml", &looked);
    let (code, text) = due(&checkout, "emergencies", "2026-03-05T10:00:00Z");
    assert_eq!(code, 0, "{text}");
    checkout.write("portcullis-waivers.toml", "schema = 1\n[[waivers]]\nid = 1\n");
    assert_eq!(due(&checkout, "emergencies", "2026-03-05T10:00:00Z").0, 3);
}

const TRAINING: &str = r#"
[training.courses.secure-review]
title = "Reviewing code that processes personal data"
valid-for = "365d"
"#;

const PEOPLE: &str = r#"schema = 1

[[people]]
name = "Robin Example"
logins = ["robin"]

[[people.training]]
course = "secure-review"
completed = "2025-03-02"
evidence = "certificate 1"
"#;

#[test]
fn training_is_due_again_when_it_ends() {
    let checkout = Checkout::with(&format!("{CONTROLS}{TRAINING}"), &[]);
    assert_eq!(due(&checkout, "training", "2026-03-01T10:00:00Z").0, 3);
    checkout.write("portcullis-people.toml", PEOPLE);
    turns(
        &checkout,
        "training",
        "2026-03-02T23:59:59Z",
        "2026-03-03T00:00:00Z",
        "Robin Example: training in",
    );
    // Who was never trained, and who is said to have been in a year that has not come, is named.
    for other in ["completed = \"2099-01-01\"", "course = \"other\""] {
        let old = if other.starts_with("completed") {
            "completed = \"2025-03-02\""
        } else {
            "course = \"secure-review\""
        };
        assert!(PEOPLE.contains(old), "{PEOPLE}");
        checkout.write("portcullis-people.toml", &PEOPLE.replace(old, other));
        let (_, text) = due(&checkout, "training", "2026-03-01T00:00:00Z");
        assert!(text.contains("Robin Example has not completed"), "{text}");
    }
    // Who left is not expected back.
    checkout.write("portcullis-people.toml", &PEOPLE.replace("logins", "left = \"2026-01-01\"\nlogins"));
    assert_eq!(due(&checkout, "training", "2026-03-05T00:00:00Z").0, 0);
}

#[test]
fn an_approval_of_the_procedure_is_due_when_the_last_one_is_too_old() {
    let controls = format!("{CONTROLS}\n[controls.documented-procedure]\nreview-every = \"30d\"\n");
    let checkout = Checkout::with(&controls, &[]);
    assert_eq!(due(&checkout, "procedure", "2026-03-01T10:00:00Z").0, 3);
    let page = ["policy", "procedure", "-o", "docs/PROCEDURE.md"];
    std::fs::create_dir_all(checkout.path().join("docs")).unwrap();
    assert_eq!(run(checkout.path(), &page).0, 0);
    let approve = ["policy", "procedure", "--update", "docs/PROCEDURE.md", "--approved-by", "kim"];
    let (code, text) = run(checkout.path(), &approve);
    assert_eq!(code, 0, "{text}");
    let now = Timestamp::now();
    let (code, text) = due(&checkout, "procedure", &now.to_string());
    assert_eq!(code, 0, "{text}");
    let later = now + jiff::SignedDuration::from_hours(32 * 24);
    let (code, text) = due(&checkout, "procedure", &later.to_string());
    assert_eq!(code, 1, "{text}");
    // An approval of a day that has not come puts nothing off.
    assert_eq!(run(checkout.path(), &[&approve[..], &["--on", "2099-01-01"]].concat()).0, 0);
    let (code, text) = due(&checkout, "procedure", &later.to_string());
    assert_eq!(code, 1, "{text}");
}

#[test]
fn a_deployment_without_a_record_is_found_after_its_time() {
    let lane = forger::deployed();
    let policy = format!("{}\n[due]\nrecords-within = \"1h\"\n", portcullis_testkit::lane::POLICY);
    std::fs::write(lane.directory().join("with-due.toml"), policy).unwrap();
    let recorded = lane.tip().to_string();
    let asked = |deployed: Option<&str>, at: &str| {
        let mut arguments = vec!["due", "--policy", "with-due.toml", "--source", "records", "--at", at];
        arguments.extend(deployed.iter().flat_map(|deployed| ["--deployed", deployed]));
        run(lane.directory(), &arguments)
    };
    let stated = |commit: &str| format!("production={commit}@2026-03-02T10:00:00Z");
    // What is deployed no one said.
    let (code, text) = asked(None, "2026-03-02T10:00:00Z");
    assert_eq!(code, 3, "{text}");
    let (code, text) = asked(Some(&stated(&recorded)), "2026-03-09T10:00:00Z");
    assert_eq!(code, 0, "{text}");
    let other = stated(&"b".repeat(40));
    assert_eq!(asked(Some(&other), "2026-03-02T11:00:00Z").0, 0);
    let (code, text) = asked(Some(&other), "2026-03-02T11:00:01Z");
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("a record of the deployment of bbbbbbbbbb"), "{text}");
}

#[test]
fn without_environments_no_record_can_be_missed_and_that_is_said() {
    let text = format!("{CONTROLS}\n[due]\nrecords-within = \"1h\"\n");
    let checkout = Checkout::with(&text, &[]);
    let (code, said) = run(checkout.path(), &["due", "--source", "records"]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("List them under `[deployment] environments`"), "{said}");
    let policy = std::fs::read_to_string(checkout.path().join("portcullis.toml")).unwrap();
    let listed = policy.replace("[branches]", "[deployment]\nenvironments = [\"production\"]\n[branches]");
    checkout.write("portcullis.toml", &listed);
    let stated = format!("production={}@2026-03-02T10:00:00Z", "b".repeat(40));
    let arguments = ["due", "--source", "records", "--deployed", &stated, "--at", "2026-03-02T11:00:00Z"];
    assert_eq!(run(checkout.path(), &arguments).0, 0);
}

#[test]
fn what_is_due_is_json_with_every_source_and_what_is_overdue_comes_first() {
    let text = format!("{CONTROLS}{PARTIES}\n[due]\nsnapshots-every = \"25h\"\n");
    let checkout = Checkout::with(&text, &[]);
    let (code, text) = run(checkout.path(), &["due", "--format", "json"]);
    assert_eq!(code, 3);
    let form: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((form["kind"].as_str(), form["schema"].as_u64()), (Some("due"), Some(1)));
    assert_eq!(form["unseen"].as_array().unwrap().len(), 2);
    assert_eq!(form["sources"].as_array().unwrap().len(), 7);
    // Something overdue is not hidden by something that could not be seen.
    take(&checkout, "2026-03-01T10:00:00Z", true);
    assert_eq!(run(checkout.path(), &["due"]).0, 1);
}

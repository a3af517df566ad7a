//! `portcullis init`: what is written is a policy that the program takes, nothing is replaced or led elsewhere, and what
//! `policy check` says of settings that never apply.

use crate::schema::Printed;
use crate::support::checkout::Checkout;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// An application with a database.
const FILES: &[(&str, &str)] = &[
    ("db/migrate/1_people.rb", "create_table(:people) { |t| t.date :date_of_birth }\n"),
    ("db/migrate/2_index.rb", "add_index :people, :id\n"),
    ("app/models/person.rb", "class Person < ApplicationRecord\nend\n"),
    ("app/x.rb", "X = 1\n"),
    (".rspec", ""),
    ("CODEOWNERS", "* @example-org/records\n"),
];

fn application() -> Checkout {
    let checkout = Checkout::empty();
    FILES.iter().for_each(|(path, text)| drop(checkout.write(path, text)));
    checkout.commit("Begin");
    checkout.git(&["remote", "add", "origin", "https://kim:s3cret@github.com/example-org/data-upload.git"]);
    checkout
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat()
}

/// Runs the command, which has to end so; all that it said.
fn init(checkout: &Checkout, arguments: &[&str], exit: i32) -> String {
    let output = checkout.portcullis(&[&["init"], arguments].concat());
    let said = said(&output);
    assert_eq!(output.status.code(), Some(exit), "{said}");
    said
}

fn check(checkout: &Checkout) -> String {
    let output = checkout.portcullis(&["policy", "check"]);
    let said = said(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn policy(checkout: &Checkout) -> String {
    fs::read_to_string(checkout.path().join("portcullis.toml")).unwrap()
}

#[test]
fn what_is_written_passes_the_check_and_conforms_to_the_schema() {
    let checkout = application();
    let told = init(&checkout, &[], 0);
    assert!(told.contains("github: example-org/data-upload at github.com"), "{told}");
    checkout.git(&["add", "-A"]);
    checkout.commit("Add a policy");
    let checked = check(&checkout);
    for area in ["migrations", "storage", "personal-data"] {
        assert!(checked.contains(area), "{checked}");
    }
    // The one sample is the number of tests.
    assert_eq!(checked.matches("warning:").count(), 1, "{checked}");
    assert!(checked.contains("`minimum = 1` is the sample's value"), "{checked}");
    let text = policy(&checkout);
    let value: Value = toml::from_str(&text).unwrap();
    assert_eq!(Printed::new("policy").objection(&value), None, "{text}");
    assert!(text.starts_with("#:schema .portcullis/policy-v1.json\n"), "{text}");
    assert!(text.contains("teams = [\"example-org/records\"]"), "{text}");
    let workflow = fs::read_to_string(checkout.path().join(".github/workflows/portcullis.yml")).unwrap();
    assert!(workflow.contains("branches: [\"main\"]") && workflow.contains("--suite rspec"), "{workflow}");
}

#[test]
fn no_secret_and_no_address_is_shown() {
    let checkout = application();
    let told = init(&checkout, &["--dry-run"], 0);
    assert!(!told.contains("s3cret") && !told.contains("kim:"), "{told}");
    assert!(!told.contains("@example.test"), "{told}");
    let told = init(&checkout, &["--dry-run", "--emails"], 0);
    assert!(told.contains("@"), "{told}");
}

#[test]
fn nothing_is_written_with_dry_run_and_nothing_is_replaced() {
    let checkout = application();
    init(&checkout, &["--dry-run"], 0);
    assert_eq!(checkout.git(&["status", "--porcelain"]), "");
    checkout.write("portcullis.toml", "schema = 1 # mine\n");
    let told = init(&checkout, &[], 5);
    assert!(told.contains("exists already; it was left as it is") && told.contains("--update"), "{told}");
    assert_eq!(policy(&checkout), "schema = 1 # mine\n");
    assert_eq!(checkout.git(&["status", "--porcelain"]).trim(), "?? portcullis.toml");
    init(&checkout, &["--overwrite"], 0);
    assert!(policy(&checkout).contains("[[data-processing]]"));
}

#[test]
fn a_link_leads_nothing_elsewhere() {
    let checkout = application();
    let outside = checkout.outside.path().join("elsewhere");
    fs::create_dir(&outside).unwrap();
    std::os::unix::fs::symlink(&outside, checkout.path().join(".github")).unwrap();
    let told = init(&checkout, &[], 5);
    assert!(told.contains("is a symbolic link; nothing was written"), "{told}");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    assert!(!checkout.path().join("portcullis.toml").exists());
    assert!(!checkout.path().join(".portcullis").exists());
}

#[test]
fn where_git_keeps_the_reviews_the_policy_asks_for_signatures_and_names_no_host() {
    for (host, has_protection) in [("none", false), ("bare", true)] {
        let checkout = application();
        let told = init(&checkout, &["--host", host], 0);
        for not_told in
            ["Where the repository is hosted", "no job is written for this host", "it was not asked"]
        {
            assert!(!told.contains(not_told), "{told}");
        }
        let text = policy(&checkout);
        let value: Value = toml::from_str(&text).unwrap();
        assert_eq!(Printed::new("policy").objection(&value), None, "{text}");
        assert_eq!(value["reviews"]["signers"], ".portcullis/allowed_signers");
        let reviews = &value["controls"]["required-reviews"];
        assert_eq!(reviews["last-pusher"], if has_protection { Value::Null } else { "ignore".into() });
        assert_eq!(value["controls"]["protected-branch"].is_object(), has_protection);
        let suite = &value["controls"]["regression-tests"]["suites"]["rspec"];
        // A hook has no work tree in which a report could lie.
        assert_eq!(suite["trust"], if has_protection { "signed" } else { "local" });
        // CODEOWNERS names a team of a host, whom no key is of.
        assert_eq!(value["roles"].as_object().unwrap().keys().collect::<Vec<_>>(), ["gate-owners"]);
        assert_eq!(value["roles"]["gate-owners"]["teams"], Value::Null);
        let signers = fs::read_to_string(checkout.path().join(".portcullis/allowed_signers")).unwrap();
        assert!(signers.lines().all(|line| line.starts_with('#')), "{signers}");
        assert!(!checkout.path().join(".github").exists());
        checkout.git(&["add", "-A"]);
        checkout.commit("Add a policy");
        assert!(
            check(&checkout)
                .contains("`users = [\"first-gate-owner\", \"second-gate-owner\"]` is the sample's value")
        );
    }
}

#[test]
fn a_host_that_is_none_is_not_asked() {
    let checkout = application();
    let told = init(&checkout, &["--host", "none", "--repository", "example-org/data-upload"], 2);
    assert!(told.contains("--repository asks a host"), "{told}");
}

#[test]
fn a_list_of_signers_that_lacks_those_who_are_asked_is_pointed_out() {
    let checkout = application();
    init(&checkout, &["--host", "none"], 0);
    let land = |policy: Option<&str>, signers: Option<&str>| {
        policy.into_iter().for_each(|text| drop(checkout.write("portcullis.toml", text)));
        signers.into_iter().for_each(|text| drop(checkout.write(".portcullis/allowed_signers", text)));
        checkout.git(&["add", "-A"]);
        checkout.commit("Change the gate");
        check(&checkout)
    };
    let told = land(None, None);
    assert!(
        told.contains("`.portcullis/allowed_signers` holds no key at HEAD, so no one can approve"),
        "{told}"
    );
    let text = policy(&checkout).replace("first-gate-owner", "kim").replace("second-gate-owner", "robin");
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOpKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs";
    let told = land(Some(&text), Some(&format!("Kim {key}\n")));
    let lacking =
        "`robin` has the role `gate-owners`, and `.portcullis/allowed_signers` holds no key of that name";
    assert!(told.contains(lacking) && !told.contains("`kim` has"), "{told}");
    // The list may call a person by another name than the role does.
    let people =
        "\n[[people]]\nname = \"Robin Example\"\nlogins = [\"robin\"]\nemails = [\"kim@example.test\"]\n";
    let told = land(Some(&format!("{text}{people}")), Some(&format!("kim,kim@example.test {key}\n")));
    assert!(!told.contains("holds no key"), "{told}");
    // Beside a host, roles name accounts there.
    let beside = text.replace("[reviews]\n", "[reviews]\nbeside-host = true\n");
    let told = land(Some(&beside), Some(&format!("alex {key}\n")));
    assert!(!told.contains("holds no key"), "{told}");
}

#[test]
fn keys_that_are_listed_already_stay() {
    let checkout = application();
    checkout.write(".portcullis/allowed_signers", "kim ssh-ed25519 AAAA\n");
    let told = init(&checkout, &["--host", "none"], 0);
    assert!(told.contains("allowed_signers exists already; it was left as it is"), "{told}");
    let signers = fs::read_to_string(checkout.path().join(".portcullis/allowed_signers")).unwrap();
    assert_eq!(signers, "kim ssh-ed25519 AAAA\n");
}

#[test]
fn a_bare_clone_is_enough_to_look() {
    let checkout = application();
    let bare = checkout.outside.path().join("bare.git");
    checkout.git(&["clone", "-q", "--bare", ".", bare.to_str().unwrap()]);
    let run = |arguments: &[&str]| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        program.env_clear().current_dir(&bare).args(arguments).output().unwrap()
    };
    let told = said(&run(&["init", "--dry-run"]));
    assert!(told.contains("db/migrate/**"), "{told}");
    let refused = run(&["init"]);
    assert_eq!(refused.status.code(), Some(5));
    assert!(said(&refused).contains("`--dry-run` prints what would be written"), "{}", said(&refused));
}

#[test]
fn a_repository_without_a_commit_gets_the_sample() {
    let checkout = Checkout::empty();
    let told = init(&checkout, &[], 0);
    assert!(told.contains("there is no file at HEAD"), "{told}");
    assert!(check(&checkout).contains("is the sample's value; replace it"));
}

#[test]
fn an_update_adds_what_is_new_and_a_policy_with_mistakes_is_left() {
    let checkout = application();
    init(&checkout, &[], 0);
    let before = policy(&checkout);
    checkout.write("dags/load.py", "from airflow import DAG\n");
    checkout.commit("Load");
    let told = init(&checkout, &["--update", "--dry-run"], 0);
    assert!(told.contains("+name = \"pipelines\"") && policy(&checkout) == before, "{told}");
    let told = init(&checkout, &["--update"], 0);
    assert!(told.contains("added area pipelines: dags/**"), "{told}");
    assert!(before.lines().all(|line| policy(&checkout).contains(line)));
    assert!(init(&checkout, &["--update"], 0).contains("Nothing is new."));
    let bad = format!("{}\n[controls.nonsense]\n", policy(&checkout));
    checkout.write("portcullis.toml", &bad);
    init(&checkout, &["--update"], 4);
    assert_eq!(policy(&checkout), bad);
}

#[test]
fn an_update_keeps_the_ends_of_lines_and_who_may_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let checkout = application();
    init(&checkout, &[], 0);
    let before = policy(&checkout).replace('\n', "\r\n");
    checkout.write("portcullis.toml", &before);
    let file = checkout.path().join("portcullis.toml");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    checkout.write("dags/load.py", "from airflow import DAG\n");
    checkout.commit("Load");
    init(&checkout, &["--update"], 0);
    let after = policy(&checkout);
    assert!(after.contains("\"dags/**\",\r\n"), "{after}");
    assert!(after.lines().count() > before.lines().count());
    assert_eq!(after.matches('\n').count(), after.matches("\r\n").count());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}

/// A policy whose areas are written in one line, and that has no suites.
const INLINE: &str = r#"schema = 1
data-processing = [{ name = "a", purpose = "b", paths = ["c/**"] }]
[project]
name = "Mine"
[branches]
deployment = ["main", "master"]
[roles.gate-owners]
teams = ["acme/owners"]
[controls.gate-integrity]
role = "gate-owners"
approvals = 1
[controls.required-reviews]
approvals = 1
"#;

#[test]
fn what_is_not_added_is_not_called_nothing_new() {
    let checkout = application();
    checkout.write("portcullis.toml", INLINE);
    for _ in 0..2 {
        let told = init(&checkout, &["--update"], 0);
        assert!(told.contains("not added: area migrations: db/migrate/**"), "{told}");
        assert!(!told.contains("Nothing is new.") && !told.contains("  added "), "{told}");
    }
}

#[test]
fn settings_that_never_apply_are_pointed_out() {
    let checkout = application();
    init(&checkout, &[], 0);
    let text = policy(&checkout)
        .replace("name = \"migrations\"\n", "name = \"migrations\"\nexclude = [\"app/**\"]\n");
    checkout.write("portcullis.toml", &text);
    checkout.write("CODEOWNERS", "/app/ @example-org/records\n");
    checkout.write(".portcullis/policy-v1.json", "{}");
    checkout.write("portcullis-waivers.toml", EXPIRED);
    checkout.commit("Change the policy");
    let told = check(&checkout);
    for warning in [
        "`app/**` excludes nothing: no path of area migrations names what it matches",
        "no one has the role `owners` for area migrations: CODEOWNERS names no owner of any of its files",
        "`.portcullis/policy-v1.json` is not the schema of this version",
        "W-1 expired at 2020-02-01T00:00:00Z, so it has no effect; take it out",
    ] {
        assert!(told.contains(warning), "{warning}: {told}");
    }
    assert!(!told.contains("for area storage"), "{told}");
    fs::remove_file(checkout.path().join(".portcullis/policy-v1.json")).unwrap();
    assert!(check(&checkout).contains("there is no file `.portcullis/policy-v1.json`"));
}

const EXPIRED: &str = "\
schema = 1
[[waivers]]
id = \"W-1\"
control = \"required-reviews\"
requests = [7]
reason = \"The reviewer is away\"
ticket = \"OPS-1\"
requester = \"robin\"
approver = \"kim\"
created = \"2020-01-15\"
expires = \"2020-02-01\"
";

/// In a subdirectory it writes to the root of the work tree, where the gate reads.
#[test]
fn the_policy_is_written_to_the_root() {
    let checkout = application();
    let output = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .env_clear()
        .current_dir(checkout.path().join("app"))
        .arg("init")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let exists = |path: &str| Path::new(checkout.path()).join(path).exists();
    assert!(exists("portcullis.toml") && !exists("app/portcullis.toml"));
}

//! `portcullis people`, run as people run it: exit codes, what it says, and what it leaves alone.

use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

const POLICY: &str = r#"
[training.courses.secure-review]
title = "Reviewing code"
valid-for = "365d"
achievements = ["https://academy.example.test/achievements/secure-review"]

[training.issuers.academy]
id = "https://academy.example.test/issuer"

[[training.issuers.academy.keys]]
id = "https://academy.example.test/issuer#key-1"
public-key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOpKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs"

[roles.reviewers]
users = ["kim", "robot"]

[controls.required-reviews]
roles = [{ role = "reviewers", approvals = 1 }]

[controls.trained-reviewers]
courses = ["secure-review"]

[[people]]
name = "Robot"
logins = ["robot"]
machine = true
"#;

const KIM: &str =
    "schema = 1\n\n[[people]]\nname = \"Kim\"\nlogins = [\"Kim\"]\nemails = [\"kim@example.test\"]\n";

const MAPPING: &str = "course = \"secure-review\"\n[columns]\nperson = \"mail\"\ncompleted = \"done\"\n";

struct Office(TempDir);

impl Office {
    fn with(register: &str) -> Office {
        let office = Office(tempfile::tempdir().unwrap());
        let head = "schema = 1\n[project]\nname = \"Records\"\n[branches]\ndeployment = [\"main\"]\n[[data-processing]]\nname = \"upload\"\n\
            purpose = \"Loads records\"\npaths = [\"upload/**\"]\n";
        office.write("portcullis.toml", &format!("{head}{POLICY}"));
        office.write("portcullis-people.toml", register);
        office.write("mapping.toml", MAPPING);
        for name in ["eddsa.jwt", "jcs.json", "es256.jwt", "status-clear.jwt", "status-revoked.jwt"] {
            let vector = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/attest/vectors/badges").join(name);
            std::fs::copy(vector, office.0.path().join(name)).unwrap();
        }
        office
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).unwrap();
    }

    fn register(&self) -> String {
        std::fs::read_to_string(self.0.path().join("portcullis-people.toml")).unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.env_clear().current_dir(self.0.path()).arg("people").args(arguments);
        command.output().unwrap()
    }

    #[track_caller]
    fn expect(&self, exit: i32, words: &str, arguments: &[&str]) {
        let output = self.run(arguments);
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        assert_eq!(output.status.code(), Some(exit), "{arguments:?}: {said}");
        assert!(said.contains(words), "{arguments:?}: {words:?} is not in: {said}");
    }

    #[track_caller]
    fn check(&self, exit: i32, words: &str) {
        self.expect(exit, words, &["check", "--at", "2026-12-20T12:00:00Z"]);
    }
}

fn trained(completed: &str) -> String {
    format!("{KIM}\n[[people.training]]\ncourse = \"secure-review\"\ncompleted = \"{completed}\"\n")
}

#[test]
fn check_says_what_there_is_to_do() {
    Office::with(&trained("2026-06-01")).check(0, "secure-review: until 2027-06-02T00:00:00Z");
    Office::with(&trained("2026-01-20"))
        .check(1, "Kim: training in `secure-review` ends at 2027-01-21T00:00:00Z, in 31 days");
    Office::with(&trained("2025-01-01")).check(1, "Kim: training in `secure-review` ended at 2026-01-02");
    Office::with(KIM).check(1, "kim, in the role `reviewers`, has no training in `secure-review`");
    let other = KIM.replace("\"Kim\"", "\"Sam\"").replace("kim@", "sam@");
    Office::with(&other).check(1, "kim, in the role `reviewers`, is not in the register");
    let elsewhere = trained("2026-06-01").replace("logins", "roles = [\"reviewer\"]\nlogins");
    Office::with(&elsewhere).check(1, "Kim: the policy has no role `reviewer`");
    let course = format!(
        "{}\n[[people.training]]\ncourse = \"cooking\"\ncompleted = \"2026-01-01\"\n",
        trained("2026-06-01")
    );
    Office::with(&course).check(1, "Kim: the policy has no course `cooking`");
}

#[test]
fn check_without_a_policy_or_a_register_says_which_file() {
    let office = Office::with("schema = 1\n[[people]]\nname = \"Kim\"\n");
    office.check(4, "nothing identifies Kim");
    std::fs::remove_file(office.0.path().join("portcullis-people.toml")).unwrap();
    office.check(5, "cannot read portcullis-people.toml");
    office.write("portcullis.toml", "schema = 1\n");
    office.check(4, "portcullis.toml");
    office.expect(2, "write days", &["check", "--within", "soon"]);
}

#[test]
fn check_writes_json_of_the_same() {
    let office = Office::with(&trained("2026-01-20"));
    let output = office.run(&["check", "--json", "--at", "2026-12-20"]);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["schema"], 1);
    assert_eq!(value["people"][0]["courses"]["secure-review"]["valid"], true);
    assert_eq!(
        (value["remarks"][0]["kind"].as_str(), value["remarks"][0]["line"].as_u64()),
        (Some("ends-soon"), Some(8))
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn an_import_writes_only_where_it_is_told_to() {
    let office = Office::with(KIM);
    office.write("done.csv", "mail,done\nkim@example.test,2026-06-01\n");
    let import = ["import", "csv", "done.csv", "--mapping", "mapping.toml"];
    office.expect(0, "+completed = \"2026-06-01\"", &import);
    office.expect(0, "nothing was written", &[&import[..], &["--dry-run"]].concat());
    assert_eq!(office.register(), KIM);
    office.expect(0, "wrote other.toml", &[&import[..], &["-o", "other.toml"]].concat());
    assert_eq!(office.register(), KIM);
    office.expect(0, "1 new, 0 known already; wrote", &[&import[..], &["--update"]].concat());
    assert_eq!(office.register(), trained("2026-06-01"));
    office.expect(0, "0 new, 1 known already", &[&import[..], &["--update"]].concat());
    office.check(0, "secure-review: until");
    office.expect(2, "cannot be used with", &[&import[..], &["--update", "--dry-run"]].concat());
}

#[test]
fn an_import_names_what_it_did_not_take() {
    let office = Office::with(KIM);
    office.write("done.csv", "mail,done\nsam@example.test,2026-06-01\n");
    let import = ["import", "csv", "done.csv", "--mapping", "mapping.toml"];
    office.expect(1, "line 2: no entry of the register has `sam@example.test`", &import);
    office.write("done.csv", "mail,done\nkim@example.test,2026-06-01\nkim@example.test,soon\n");
    office.expect(5, "done.csv, line 3: `soon` is not a date", &[&import[..], &["--update"]].concat());
    assert_eq!(office.register(), KIM);
    office.write("mapping.toml", &format!("{MAPPING}evidence = \"Final grade\"\n"));
    office.expect(5, "looks like marks", &import);
    office.write("mapping.toml", MAPPING);
    office.write(
        "portcullis-people.toml",
        "schema = 1\npeople = [{ name = \"Kim\", emails = [\"kim@example.test\"] }]\n",
    );
    office.write("done.csv", "mail,done\nkim@example.test,2026-06-01\n");
    office.expect(4, "write each person as `[[people]]`", &import);
}

#[test]
fn a_badge_is_imported_for_the_person_whose_it_is() {
    let office = Office::with(KIM);
    let at = ["--at", "2026-12-20", "--update"];
    let with_list = ["import", "open-badge", "eddsa.jwt", "--status-list", "status-clear.jwt"];
    office.expect(0, "+expires = \"2027-05-04T09:30:00Z\"", &[&with_list[..], &at].concat());
    office.check(0, "secure-review: until 2027-05-04T09:30:00Z");
    let office = Office::with(KIM);
    office.expect(
        0,
        "+evidence = \"credential urn:uuid:00000000-0000-4000-8000-000000000003\"",
        &["import", "open-badge", "jcs.json", "--at", "2026-12-20"],
    );
}

#[test]
fn a_badge_that_is_not_proved_changes_nothing() {
    let office = Office::with(KIM);
    let import = |files: &[&'static str], more: &[&'static str]| {
        [&["import", "open-badge"], files, &["--update", "--at"], more].concat()
    };
    let unproven = |words: &str, arguments: &[&str]| office.expect(3, words, arguments);
    unproven(
        "unproven: it expired at 2027-05-04T09:30:00Z",
        &import(&["jcs.json"], &["2027-05-04T11:30:00+02:00"]),
    );
    unproven("is not that of a key of the issuer", &import(&["es256.jwt"], &["2026-12-20"]));
    unproven("unproven: its status list", &import(&["eddsa.jwt"], &["2026-12-20"]));
    unproven(
        "older than 7 days",
        &import(&["eddsa.jwt"], &["2027-01-20", "--status-list", "status-clear.jwt"]),
    );
    office.expect(
        1,
        "broken: its issuer has revoked it",
        &import(&["eddsa.jwt"], &["2026-12-20", "--status-list", "status-revoked.jwt"]),
    );
    // One of two is not proved: neither is written.
    unproven("unproven", &import(&["jcs.json", "eddsa.jwt"], &["2026-12-20"]));
    assert_eq!(office.register(), KIM);
    let sam = Office::with(&KIM.replace("kim@", "sam@"));
    sam.expect(3, "it may be another person's", &import(&["jcs.json"], &["2026-12-20"]));
    let other = Office::with(KIM);
    let policy = std::fs::read_to_string(other.0.path().join("portcullis.toml")).unwrap();
    other.write("portcullis.toml", &policy.replace("achievements/secure-review", "achievements/cooking"));
    other.expect(3, "no course of the policy has the achievement", &import(&["jcs.json"], &["2026-12-20"]));
    other.write("portcullis.toml", &policy.replace("/issuer\"", "/issuers/2\""));
    other.expect(3, "is not one of `[training.issuers]`", &import(&["jcs.json"], &["2026-12-20"]));
}

//! Settings that are well formed and never apply (class 102 of `tests/ATTACKS.md`): the policy looks strict, and the gate
//! would wave through what it means to stop. Each against the program, beside an honest twin.

use crate::support::checkout::Checkout;
use crate::support::gate::judge;
use crate::support::project::{OWNERS, policy, project, refused};
use portcullis_testkit::history::Edit;
use portcullis_testkit::stage::{POLICY, Stage};
use std::process::Output;

const CONTENT: &str = r"content = ['(?i)\bnominal_id\b']";

/// Somebody adds a file that deletes records, outside of every path, with one approval: only content tells.
fn deletes_records(content: &str) -> Stage {
    let mut stage = project(&policy(CONTENT, content), OWNERS);
    stage.change(&[Edit::Write("tools/tidy.sql", "DELETE FROM records WHERE nominal_id = 7;\n")]).unwrap();
    stage.world.reviews.truncate(1);
    stage
}

/// The policy is refused, whatever the change is, and says why.
fn is_refused(content: &str, why: &str) {
    refused(&judge(&deletes_records(content)), 4, why);
}

#[test]
fn an_escape_that_toml_reads_before_the_pattern_does_is_refused() {
    is_refused(r#"content = ["\bnominal_id\b"]"#, "U+0008");
    is_refused(r#"content = ["nominal_id\f"]"#, "U+000C");
    is_refused(r#"content = ["\u001bnominal_id"]"#, "U+001B");
    is_refused(r#"content = ["\u0085nominal_id"]"#, "U+0085");
}

#[test]
fn a_character_that_nobody_sees_is_refused() {
    is_refused("content = ['nominal\u{200b}_id']", "U+200B");
    is_refused("content = ['\u{feff}nominal_id']", "U+FEFF");
    is_refused("content = ['nom\u{ad}inal_id']", "U+00AD");
    is_refused("content = ['nominal_id\u{a0}=']", "U+00A0");
}

#[test]
fn a_pattern_that_no_line_can_match_is_refused() {
    for never in [
        r"nominal^_id",
        r"nominal$_id",
        r"nominal\b_id",
        r"(?i)nominal\b_id",
        r"nominal_id\z\s",
        r"x(a^|b\A)",
    ] {
        is_refused(&format!("content = ['{never}']"), "can never match a line");
    }
}

#[test]
fn the_same_words_written_as_they_are_meant_apply() {
    for content in [
        CONTENT,
        r#"content = ["\\bnominal_id\\b"]"#,
        r"content = ['(?x) nominal _id \s+ =']",
        r"content = ['^DELETE']",
        r"content = ['nominal_id\b\s=', 'a(b$|c)']",
    ] {
        judge(&deletes_records(content)).expect(1, "required-reviews", "rule for every data-processing area");
    }
}

#[test]
fn a_branch_that_no_branch_can_be_called_is_refused() {
    for (name, why) in [
        ("refs/heads/main", "write `main`"),
        ("refs/remotes/origin/main", "write `main`"),
        ("main ", "no branch can have this name"),
        ("release~*", "no branch can have this name"),
        ("re..lease", "no branch can have this name"),
        (".main", "no branch can have this name"),
        ("main.lock", "no branch can have this name"),
        ("HEAD", "no branch can have this name"),
        ("main\\t", "U+0009"),
    ] {
        let stage = project(
            &policy(r#"deployment = ["main"]"#, &format!("deployment = [\"main\", \"{name}\"]")),
            OWNERS,
        );
        refused(&judge(&stage), 4, why);
    }
    let honest = project(
        &policy(r#"deployment = ["main"]"#, r#"deployment = ["main", "release/[0-9]*", "hotfix-{a,b}"]"#),
        OWNERS,
    );
    assert_eq!(judge(&honest).exit, 0);
}

/// `portcullis policy check` in a checkout that holds these files.
fn check(policy: &str, files: &[(&str, &str)]) -> Output {
    let checkout = Checkout::empty();
    checkout.write("portcullis.toml", policy);
    for (path, text) in files {
        checkout.write(path, text);
    }
    checkout.commit("Begin");
    checkout.portcullis(&["policy", "check"])
}

const FILES: &[(&str, &str)] = &[
    ("services/upload/load.sql", "DELETE FROM records WHERE nominal_id = 7;\n"),
    ("db/migrations/1.sql", "ALTER TABLE records ADD COLUMN loaded_on date;\n"),
    ("tests/upload/load_test.sql", "SELECT count(*) FROM records;\n"),
];

fn warnings(policy: &str, files: &[(&str, &str)]) -> Vec<String> {
    let output = check(policy, files);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    // Further lines of a warning are set in.
    let whole = text.replace("\n  ", " ");
    whole.lines().filter(|line| line.contains("warning: ")).map(str::to_string).collect()
}

fn warns(policy: &str, of: &str) {
    let all = warnings(policy, FILES);
    assert!(all.iter().any(|line| line.contains(of)), "it does not say `{of}`: {all:#?}");
}

#[test]
fn policy_check_is_silent_where_everything_applies() {
    let none: Vec<String> = Vec::new();
    assert_eq!(warnings(POLICY, FILES), none);
}

#[test]
fn policy_check_warns_of_patterns_paths_and_branches_that_match_nothing() {
    warns(
        &policy(CONTENT, r"content = ['\\bnominal_id\\b']"),
        r"`\\bnominal_id\\b` of area upload matches no line at HEAD",
    );
    warns(&policy(r#"deployment = ["main"]"#, r#"deployment = ["main", "origin/main"]"#), "`origin/main`");
    warns(
        &policy(r#"deployment = ["main"]"#, r#"deployment = ["main", "mian"]"#),
        "`mian` matches no branch",
    );
    warns(
        &policy(
            "[controls.gate-integrity]",
            "[controls.gate-integrity]\ntest-configuration = [\"pytest.in\"]",
        ),
        "`pytest.in` of gate-integrity matches no file at HEAD",
    );
    warns(
        &policy(r#"["services/upload/**", "#, r#"["service/upload/**", "#),
        "`service/upload/**` of area upload matches no file at HEAD",
    );
}

#[test]
fn policy_check_warns_of_roles_and_suites_that_nothing_stands_behind() {
    warns(&format!("{POLICY}\n[roles.nobody-asks]\nusers = [\"robin-example\"]\n"), "role `nobody-asks`");
    warns(&format!("{POLICY}\n[roles.owners]\ncode-owners = true\n"), "CODEOWNERS");
    warns(&policy("reports = [", "reports = [\"tests/upload/*.sql\", "), "tracked");
    warns(
        &policy("minimum = ", "tests = [\"test/upload/**\"]\nminimum = "),
        "`test/upload/**` of regression-tests matches no file at HEAD",
    );
}

#[test]
fn policy_check_warns_of_sample_values_that_still_stand() {
    let starter =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/baseline.toml")).unwrap();
    warns(&starter, "`name = \"Sample project\"` is the sample's value");
    warns(&starter, "`teams = [\"example/gate-owners\"]` is the sample's value");
    let silent = starter
        .replace(" Replace", " Keep")
        .replace("Sample project", "Records")
        .replace("example/gate", "records/gate");
    let silent = silent.replace("purpose = \"Loads", "purpose = \"Imports");
    let all = warnings(&silent, FILES);
    assert!(!all.iter().any(|line| line.contains("sample's value")), "{all:#?}");
}

#[test]
fn a_freeze_of_an_environment_that_nothing_is_deployed_to_is_refused() {
    let freeze = |names: &str, listed: &str| {
        format!(
            "{POLICY}\n{listed}\n[controls.freeze]\nenvironments = [{names}]\n[[controls.freeze.windows]]\n\
             from = \"2026-12-18T18:00:00Z\"\nuntil = \"2027-01-04T08:00:00Z\"\nreason = \"nobody is on call\"\n"
        )
    };
    let listed = "[deployment]\nenvironments = [\"production\", \"staging\"]";
    for names in ["\"prodution\"", "\"staging\", \"prod\""] {
        let output = check(&freeze(names, listed), FILES);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(4), "{text}");
        assert!(text.contains("does not list"), "{text}");
    }
    let named = "freeze names environments, and any other name is free of it";
    warns(&freeze("\"production\"", ""), named);
    let all = warnings(&freeze("\"production\"", listed), FILES);
    assert!(!all.iter().any(|line| line.contains("freeze")), "{all:#?}");
}

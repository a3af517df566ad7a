//! `portcullis policy test`: cases beside a policy that pass, that fail with their place, and that
//! could never fail.

use crate::support::sealing::portcullis;
use portcullis_testkit::stage::POLICY;
use std::path::Path;
use tempfile::TempDir;

const CASES: &str = r#"schema = 1

[[case]]
name = "two colleagues, a green suite and a protected branch"
[case.change]
files = ["services/upload/load.sql"]
author = "kim-example"
approved-by = ["robin-example", "alex-example"]
suites = ["upload-regression"]
checks = ["regression"]
protection = "as-required"
[case.expect]
outcome = "allowed"

[[case]]
name = "one colleague is not enough inside of the area"
[case.change]
files = ["services/upload/load.sql"]
author = "kim-example"
approved-by = ["robin-example"]
suites = ["upload-regression"]
checks = ["regression"]
protection = "as-required"
[case.expect]
outcome = "blocked"
control = "required-reviews"
reason = "1 of 2"

[[case]]
name = "content makes a file one of the area"
[case.change]
files = ["tools/export.py"]
added = { "tools/export.py" = "query('SELECT nominal_id FROM records')" }
author = "kim-example"
approved-by = ["robin-example"]
checks = ["regression"]
protection = "as-required"
[case.expect]
outcome = "blocked"
control = "regression-tests"
"#;

fn folder(cases: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("portcullis.toml"), POLICY).unwrap();
    std::fs::write(folder.path().join("portcullis-tests.toml"), cases).unwrap();
    folder
}

fn test(cases: &str) -> (i32, String) {
    portcullis(folder(cases).path(), &["policy", "test"])
}

#[test]
fn cases_that_come_out_as_expected_pass() {
    let (exit, text) = test(CASES);
    assert_eq!(exit, 0, "{text}");
    assert!(text.contains("3 cases, as expected") && text.matches("ok ").count() == 3, "{text}");
}

#[test]
fn a_case_that_comes_out_otherwise_is_told_with_its_place() {
    let wrong =
        CASES.replacen("outcome = \"allowed\"", "outcome = \"blocked\"\ncontrol = \"required-reviews\"", 1);
    let (exit, text) = test(&wrong);
    assert_eq!(exit, 1, "{text}");
    for part in
        ["portcullis-tests.toml:12", "expected: blocked, required-reviews broken", "found: allowed", "FAILED"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    let other = CASES.replacen("control = \"required-reviews\"", "control = \"regression-tests\"", 1);
    let (exit, text) = test(&other);
    assert!(exit == 1 && text.contains("found: blocked; required-reviews broken"), "{text}");
}

#[test]
fn attack_a_file_of_cases_that_expects_nothing_is_refused() {
    for (name, cases) in [
        ("no case", "schema = 1\n".to_string()),
        ("nothing at all", String::new()),
        ("no outcome", CASES.replacen("outcome = \"allowed\"\n", "", 1)),
        ("no expectation", CASES.replacen("[case.expect]\noutcome = \"allowed\"\n", "", 1)),
        (
            "blocked for any reason",
            CASES.replacen("control = \"required-reviews\"\nreason = \"1 of 2\"\n", "", 1),
        ),
        ("an empty reason", CASES.replace("\"1 of 2\"", "\"\"")),
        (
            "a control that is not switched on",
            CASES.replacen("control = \"required-reviews\"", "control = \"freeze\"", 1),
        ),
        (
            "a control that is none",
            CASES.replacen("control = \"required-reviews\"", "control = \"reviews\"", 1),
        ),
        ("a key that is none", CASES.replacen("approved-by", "approved_by", 1)),
        ("a suite that is none", CASES.replacen("\"upload-regression\"", "\"upload\"", 1)),
        (
            "one name twice",
            CASES.replace(
                "one colleague is not enough inside of the area",
                "content makes a file one of the area",
            ),
        ),
        ("no file", CASES.replacen("[\"services/upload/load.sql\"]", "[]", 1)),
        ("another version", CASES.replacen("schema = 1", "schema = 2", 1)),
    ] {
        let (exit, text) = test(&cases);
        assert_eq!(exit, 4, "{name}: {text}");
        assert!(!text.contains("as expected\n"), "{name}: {text}");
    }
    let (exit, text) = portcullis(folder(CASES).path(), &["policy", "test", "missing.toml"]);
    assert_eq!(exit, 4, "{text}");
}

#[test]
fn a_suite_that_the_policy_lacks_is_answered_with_those_that_it_has() {
    let (exit, text) = test(&CASES.replacen("\"upload-regression\"", "\"upload\"", 1));
    assert_eq!(exit, 4, "{text}");
    for part in
        ["no suite `upload`", "name one of the policy: `upload-regression`", "portcullis-tests.toml:9"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn what_is_not_described_is_not_there() {
    for taken in [
        "approved-by = [\"robin-example\", \"alex-example\"]\n",
        "suites = [\"upload-regression\"]\n",
        "checks = [\"regression\"]\n",
        "protection = \"as-required\"\n",
    ] {
        let (exit, text) = test(&CASES.replacen(taken, "", 1));
        assert!(exit == 1 && text.contains("found: "), "{taken}: {text}");
    }
    // Nor does the author count, nor someone who may only read.
    for reviewer in [
        "approved-by = [\"robin-example\", \"kim-example\"]",
        "approved-by = [\"robin-example\", \"alex-example\"]\nreaders = [\"alex-example\"]",
    ] {
        let cases = CASES.replacen("approved-by = [\"robin-example\", \"alex-example\"]", reviewer, 1);
        assert_eq!(test(&cases).0, 1, "{reviewer}");
    }
}

#[test]
fn facts_can_be_a_case() {
    let folder = folder("");
    let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    put("request.json", include_str!("../../src/wire/facts/kept/change-v4.json"));
    put("policy.toml", include_str!("../../src/wire/facts/kept/change.policy.toml"));
    let expected: serde_json::Value =
        serde_json::from_str(include_str!("../../src/wire/facts/kept/change.decision.json")).unwrap();
    let outcome = match expected["outcome"].as_str().unwrap() {
        "allow" => "allowed",
        "block" => "blocked",
        other => other,
    };
    let control = expected["findings"][0]["control"].as_str().unwrap();
    let verdict = expected["findings"][0]["verdict"].as_str().unwrap();
    put(
        "cases.toml",
        &format!(
            "schema = 1\n[[case]]\nname = \"kept\"\nfacts = \"request.json\"\n[case.expect]\noutcome = \"{outcome}\"\n\
         control = \"{control}\"\nverdict = \"{verdict}\"\n"
        ),
    );
    let run = |path: &Path| portcullis(path, &["policy", "test", "--policy", "policy.toml", "cases.toml"]);
    let (exit, text) = run(folder.path());
    assert_eq!(exit, 0, "{text}");
    std::fs::remove_file(folder.path().join("request.json")).unwrap();
    assert_eq!(run(folder.path()).0, 5);
}

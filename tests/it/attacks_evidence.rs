//! Attacks through the policy's text and the test evidence, and what the gate explains of them.
//!
//! The numbers are those of a list of ways round such a gate. Each test alters an honest project, runs the real program in a
//! job's environment, and looks at the exit code, the control that speaks and a part of what it says. An honest
//! twin, which the gate lets through, stands beside each attack.

use crate::support::gate::{Verdict, judge, judge_altered, judge_by};
use portcullis_testkit::history::Edit;
use portcullis_testkit::stage::{GREEN, POLICY, REPORT, Stage};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

const LOAD: &str = "services/upload/load.sql";
const LOADED: &str = "INSERT INTO records SELECT * FROM staging;\n";
const CHANGED: Edit<'_> = Edit::Write(LOAD, "INSERT INTO records SELECT * FROM staging ORDER BY id;\n");
const TESTS: &str = "tests/upload/load_test.sql";

/// An honest project with another policy.
fn project(policy: &str) -> Stage {
    Stage::with(&[
        Edit::Write("portcullis.toml", policy),
        Edit::Write(".github/CODEOWNERS", "* @robin-example\n"),
        Edit::Write("docs/guide.md", "How to upload records.\n"),
        Edit::Write(LOAD, LOADED),
        Edit::Write(TESTS, "SELECT count(*) FROM records;\nSELECT 1;\n"),
    ])
    .unwrap()
}

/// The policy with more settings of its suite.
fn suite(more: &str) -> String {
    POLICY.replace("minimum = 3", &format!("minimum = 3\n{more}"))
}

fn write(file: &Path, text: impl AsRef<[u8]>) {
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
}

/// A report of three tests, of which the last holds this.
fn report(attributes: &str, last: &str) -> String {
    format!(
        "<testsuites><testsuite name='upload-regression' {attributes}>\
         <testcase classname='upload' name='loads_new_records'/>\
         <testcase classname='upload' name='amends_records'/>\
         {last}</testsuite></testsuites>"
    )
}

const LAST: &str = "<testcase classname='upload' name='deletes_records'/>";

fn judge_report(text: &str) -> Verdict {
    judge_altered(|stage| stage.report(text).unwrap())
}

fn run(directory: &Path, arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    let output = command.env_clear().current_dir(directory).args(arguments).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}

// 53, 54 and 55: the policy's text.

#[test]
fn attack_53_a_misspelt_policy_judges_nothing() {
    let forms = [
        ("minimum = 3", "minimum = 3\nminimun = 4", "unknown key `minimun`", "did you mean `minimum`?"),
        (
            "[controls.gate-integrity]",
            "[controls.gate-integrety]",
            "`gate-integrety`",
            "did you mean `gate-integrity`?",
        ),
        ("[branches]", "[branchs]", "unknown key `branchs`", "did you mean `branches`?"),
        ("approvals = 2", "aprovals = 2", "unknown key `aprovals`", "did you mean `approvals`?"),
        ("approvals = 2", "approvals = 0", "above zero", "portcullis.toml at"),
        ("approvals = 2", "approvals = -1", "above zero", "portcullis.toml at"),
        ("force-push = \"blocked\"", "force-push = \"blokked\"", "`blokked`", "did you mean `blocked`?"),
        ("areas = [\"upload\"]", "areas = [\"uplaod\"]", "`uplaod`", "did you mean `upload`?"),
        ("areas = [\"upload\"]", "areas = []", "empty list", "portcullis.toml at"),
    ];
    for (from, to, message, help) in forms {
        let policy = POLICY.replace(from, to);
        let verdict = judge(&project(&policy));
        assert_ne!(policy, POLICY, "{from}");
        assert_eq!((verdict.exit, &verdict.json), (4, &Value::Null), "{to}: {}", verdict.text);
        let line = 1 + policy.lines().position(|line| line == to.lines().last().unwrap()).unwrap();
        for part in [message, help, &format!(":{line}:")] {
            assert!(verdict.text.contains(part), "{to}: no `{part}` in {}", verdict.text);
        }
    }
}

#[test]
fn attack_53_a_change_that_would_leave_a_misspelt_policy_is_stopped() {
    let broken = POLICY.replace("minimum = 3", "minimun = 3");
    let verdict = judge_altered(|stage| stage.change(&[Edit::Write("portcullis.toml", &broken)]).unwrap());
    verdict.expect(1, "gate-integrity", "would leave a policy with 1 mistake");
    let longer = format!("{POLICY}\n# no other meaning\n");
    let twin = judge_altered(|stage| stage.change(&[Edit::Write("portcullis.toml", &longer)]).unwrap());
    assert_eq!(twin.exit, 0, "{}", twin.text);
}

#[test]
fn attack_54_an_area_that_the_policy_forgot_is_stopped() {
    let export = "[[data-processing]]\nname = \"export\"\npurpose = \"Sends records on\"\npaths = [\"services/export/**\"]\n\n# Two accounts";
    let with_export = POLICY.replace("# Two accounts", export);
    let only_upload = with_export
        .replace("[controls.required-reviews]\napprovals = 1\n", "")
        .replace("[controls.required-reviews.data-processing]", "[controls.required-reviews.areas.upload]");
    let touching = |policy: &str, path: &str| {
        let mut stage = project(policy);
        stage.change(&[Edit::Write(path, "SELECT 1;\n")]).unwrap();
        judge(&stage)
    };
    let (own, other) = ("services/upload/x.sql", "services/export/x.sql");
    touching(&with_export, other).expect(
        1,
        "regression-tests",
        "the policy names no regression suite for it",
    );
    touching(&only_upload, other).expect(1, "required-reviews", "no rule says who must approve");
    for policy in [&with_export, &only_upload] {
        let verdict = touching(policy, own);
        assert_eq!(verdict.exit, 0, "{}", verdict.text);
    }
    let covered = with_export.replace("areas = [\"upload\"]", "areas = [\"upload\", \"export\"]");
    assert_eq!(touching(&covered, other).exit, 0);
}

fn area_of(paths: &str, exclude: &str) -> String {
    let exclude = if exclude.is_empty() { String::new() } else { format!("exclude = [{exclude}]\n") };
    let policy = POLICY.replace("\"services/upload/**\", \"db/migrations/**\"", paths);
    policy
        .lines()
        .map(|line| if line.starts_with("content") { exclude.clone() } else { format!("{line}\n") })
        .collect()
}

#[test]
fn attack_55_patterns_mean_what_the_documentation_says() {
    let forms = [
        ("services/upload/**", "services/upload/a/b/c.sql", true),
        ("services/*/**", "services/new", true),
        ("services/upload/**", "services/uploads/x.sql", false),
        ("services/upload/**", "old/services/upload/x.sql", false),
        ("services/*", "services/x.sql", true),
        ("services/*", "services/.hidden", true),
        ("services/*", "services/upload/x.sql", false),
        ("**/*.sql", "x.sql", true),
        ("**/*.sql", "a/b/x.SQL", true),
        ("**/*.sql", "a/b/x.sql.bak", false),
        ("services/**/x.sql", "services/x.sql", true),
        ("services/**/x.sql", "services/a/b/x.sql", true),
        ("{services,jobs}/upload/*", "jobs/upload/x", true),
        ("{services,jobs}/upload/*", "tools/upload/x", false),
        ("db/[0-9]*.sql", "db/1_init.sql", true),
        ("db/[!0-9]*.sql", "db/1_init.sql", false),
        ("db/?.sql", "db/ab.sql", false),
        ("db/?.sql", "db/\u{e9}.sql", true),
        ("SERVICES/**", "services/x", true),
        ("services/**", "services/../x", true),
    ];
    let stage = Stage::honest().unwrap();
    for (pattern, path, inside) in forms {
        let policy = area_of(&format!("{pattern:?}"), "");
        write(&stage.directory().join("policy.toml"), policy);
        let (exit, text) = run(stage.directory(), &["explain", path, "--policy", "policy.toml"]);
        let expected = if inside { "upload: inside, by path" } else { "upload: outside by its path" };
        assert!(exit == 0 && text.contains(expected), "{pattern} {path}: {text}");
        // The same question, put to a change.
        let mut changed = project(&area_of(&format!("{pattern:?}"), ""));
        if changed.change(&[Edit::Write(path, "SELECT 1;\n")]).is_ok() {
            let verdict = judge(&changed);
            let touched = !verdict.json["areas"].as_array().unwrap().is_empty();
            assert_eq!((verdict.exit, touched), (0, inside), "{pattern} {path}: {}", verdict.text);
        } else {
            assert_eq!(path, "services/../x", "git writes no other path");
        }
    }
}

#[test]
fn attack_55_patterns_of_two_meanings_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    for (pattern, message) in [
        ("/services/**", "leave out the leading `/`"),
        ("./services/**", "`.` and `..`"),
        ("services/../db/**", "`.` and `..`"),
        ("services//upload", "empty component"),
        ("services/", "`services/**`"),
        ("services/**.sql", "whole components"),
        ("services/[a", ""),
        ("services/{a", ""),
        ("", "an empty pattern"),
    ] {
        let policy = area_of(&format!("{pattern:?}"), "");
        let line = 1 + policy.lines().position(|line| line.starts_with("paths")).unwrap();
        write(&directory.path().join("portcullis.toml"), policy);
        let (exit, text) = run(directory.path(), &["policy", "check"]);
        assert_eq!(exit, 4, "{pattern}: {text}");
        assert!(text.contains(message) && text.contains(&format!(":{line}:")), "{pattern}: {text}");
    }
}

#[test]
fn attack_55_an_exclusion_narrows_to_the_byte_and_not_at_all_when_it_would_leave_nothing() {
    let policy = area_of("\"services/upload/**\"", "\"services/upload/docs/**\"");
    let touching = |path: &str| {
        let mut stage = project(&policy);
        stage.change(&[Edit::Write(path, "x\n")]).unwrap();
        let verdict = judge(&stage);
        assert_eq!(verdict.exit, 0, "{}", verdict.text);
        !verdict.touched().is_empty()
    };
    assert!(!touching("services/upload/docs/x"));
    assert!(touching("services/upload/Docs/x"));
    assert!(touching("services/upload/docs\u{200b}/x"));
    for exclude in ["**", "services/**", "services/upload/**"] {
        let stage = project(&area_of("\"services/upload/**\"", &format!("{exclude:?}")));
        assert_eq!(judge(&stage).exit, 4, "{exclude}");
    }
}

// 60 to 63: test evidence.

#[test]
fn attack_60_reports_without_a_test_are_no_evidence() {
    for text in [
        "<testsuites/>",
        "<testsuites tests='0' failures='0'/>",
        "<testsuites><testsuite name='upload-regression'/></testsuites>",
        "<testsuite name='upload-regression'><properties/><system-out>3 passed</system-out></testsuite>",
        "<testsuites><!-- <testcase name='a'/> --></testsuites>",
    ] {
        judge_report(text).expect(1, "regression-tests", "zero tests are no evidence");
    }
    let none = judge_altered(|stage| std::fs::remove_file(stage.report_file()).unwrap());
    none.expect(1, "regression-tests", "it has no report");
    let twin = judge_report(&report("", LAST));
    assert_eq!(twin.exit, 0, "{}", twin.text);
}

#[test]
fn attack_60_a_summary_decides_nothing_and_may_not_claim_more_than_is_shown() {
    let failing = "<testcase classname='upload' name='deletes_records'><failure message='x'/></testcase>";
    let erring = "<testcase classname='upload' name='deletes_records'><error/></testcase>";
    for (attributes, last, text) in [
        ("tests='3' failures='0' errors='0'", failing, "1 test failed"),
        ("tests='3' failures='0' errors='0'", erring, "1 test failed"),
        ("tests='4' failures='0'", LAST, "claims 4 tests and shows 3"),
        ("tests='3' failures='1'", LAST, "claims 1 failures and shows 0"),
        ("tests='3' errors='1'", LAST, "claims 1 errors and shows 0"),
        ("tests='three'", LAST, "a count that is not a number"),
        ("tests='-3'", LAST, "a count that is not a number"),
        (
            "",
            "<failure message='could not start'/><testcase name='c'/>",
            "reports a failure outside its tests",
        ),
        (
            "",
            "<testcase classname='upload' name='c' status='passed'><failure/></testcase>",
            "called passed and shown as failed",
        ),
        ("", "<testcase classname='upload' name='c' status='maybe'/>", "a status that is not known"),
        ("", "<testcase classname='upload' name='c' status='failed'/>", "1 test failed"),
        ("", "<testcase classname='upload' name='c'><stackFailure/></testcase>", "1 test failed"),
    ] {
        let verdict = judge_report(&report(attributes, last));
        assert_eq!(verdict.exit, 1, "{attributes} {last}: {}", verdict.text);
        verdict.expect(1, "regression-tests", text);
    }
    let twin = judge_report(&report("tests='3' failures='0' errors='0' skipped='0'", LAST));
    assert_eq!(twin.exit, 0, "{}", twin.text);
}

#[test]
fn attack_61_a_required_test_that_does_not_run_is_missed() {
    let policy = suite("required = [\"deletes_records\"]").replace("minimum = 3", "minimum = 2");
    let judged = |last: &str| {
        let stage = project(&policy);
        stage.report(&report("", last)).unwrap();
        judge(&stage)
    };
    assert_eq!(judged(LAST).exit, 0);
    for (form, last, text) in [
        ("deleted", "", "no test matches the required `deletes_records`"),
        ("renamed", "<testcase classname='upload' name='deletes_record'/>", "no test matches the required"),
        (
            "renamed with its name inside",
            "<testcase classname='upload' name='not_deletes_records'/>",
            "no test matches",
        ),
        (
            "skipped",
            "<testcase classname='upload' name='deletes_records'><skipped/></testcase>",
            "deletes_records: skipped",
        ),
        (
            "ignored",
            "<testcase classname='upload' name='deletes_records' status='ignored'/>",
            "deletes_records: skipped",
        ),
        (
            "disabled",
            "<testcase classname='upload' name='deletes_records' status='disabled'/>",
            "deletes_records: skipped",
        ),
        (
            "to do",
            "<testcase classname='upload' name='deletes_records'><skipped type='todo'/><failure/></testcase>",
            "deletes_records: skipped",
        ),
        (
            "flaky",
            "<testcase classname='upload' name='deletes_records'><flakyFailure/></testcase>",
            "deletes_records: flaky",
        ),
    ] {
        let verdict = judged(last);
        assert_eq!(verdict.exit, 1, "{form}: {}", verdict.text);
        verdict.expect(1, "regression-tests", text);
    }
}

#[test]
fn attack_61_tests_that_are_skipped_or_gone_do_not_count() {
    let skipped =
        report("skipped='1'", "<testcase classname='upload' name='deletes_records'><skipped/></testcase>");
    judge_report(&skipped).expect(1, "regression-tests", "2 tests passed, 3 required");
    judge_report(&report("", "")).expect(1, "regression-tests", "2 tests passed, 3 required");
    let more = report("skipped='1'", &format!("{LAST}<testcase name='later'><skipped/></testcase>"));
    assert_eq!(judge_report(&more).exit, 0);
    let stage = project(&suite("skipped = \"block\""));
    stage.report(&more).unwrap();
    judge(&stage).expect(1, "regression-tests", "1 test did not run");
}

#[test]
fn attack_61_the_list_of_required_tests_comes_from_the_base() {
    let policy = suite("required = [\"deletes_records\"]");
    let mut stage = project(&policy);
    stage
        .change(&[CHANGED, Edit::Write("portcullis.toml", &POLICY.replace("minimum = 3", "minimum = 2"))])
        .unwrap();
    stage.report(&report("", "<testcase name='instead'/>")).unwrap();
    judge(&stage).expect(1, "regression-tests", "no test matches the required `deletes_records`");
    stage.report(GREEN).unwrap();
    assert_eq!(judge(&stage).exit, 0, "the owner of the gate agreed to the change of the policy");
}

#[test]
fn attack_62_tests_that_are_weakened_with_the_code_are_pointed_out() {
    let with_patterns = suite("tests = [\"tests/upload/**\"]");
    let by_path: String = with_patterns
        .lines()
        .filter(|line| !line.starts_with("content"))
        .map(|line| format!("{line}\n"))
        .collect();
    let notes = |policy: &str, edits: &[Edit<'_>]| {
        let mut stage = project(policy);
        stage.change(edits).unwrap();
        let verdict = judge(&stage);
        assert_eq!(verdict.exit, 0, "{}", verdict.text);
        let notes = verdict.findings("regression-tests", "noted").into_iter().cloned().collect::<Vec<_>>();
        (notes.len(), format!("{notes:?}"))
    };
    for policy in [&with_patterns, &by_path] {
        for (form, edit) in [
            ("a line less", Edit::Write(TESTS, "SELECT 1;\n")),
            ("deleted", Edit::Remove(TESTS)),
            ("a link instead", Edit::Link(TESTS, "/dev/null")),
            ("binary", Edit::Write(TESTS, "\0")),
        ] {
            let (count, text) = notes(policy, &[CHANGED, edit]);
            assert_eq!(count, 1, "{form}");
            assert!(
                text.contains("removes something from 1 source file") && text.contains(TESTS),
                "{form}: {text}"
            );
        }
        assert_eq!(notes(policy, &[CHANGED]).0, 0);
        assert_eq!(notes(policy, &[CHANGED, Edit::Write("tests/upload/more.sql", "SELECT 2;\n")]).0, 0);
    }
    let longer = Edit::Write(TESTS, "SELECT count(*) FROM records;\nSELECT 1;\nSELECT 2;\n");
    assert_eq!(notes(&with_patterns, &[CHANGED, longer]).0, 0);
}

#[test]
fn attack_62_what_each_test_lost_is_told_with_its_line() {
    let python = "tests/upload/test_load.py";
    let old = "import upload\n\n\ndef test_rejects():\n    assert upload.load('x') == 0\n    assert upload.count() == 0\n\n\n\
               def test_deletes():\n    assert upload.delete(1)\n";
    let honest = old.replace("upload.count()", "upload.count_all()");
    let weak = "import pytest\nimport upload\n\n\ndef test_rejects():\n    assert upload.load('x') == 0\n\n\n\
                @pytest.mark.skip\ndef test_deletes():\n    assert upload.delete(1)\n";
    for (new, expected) in [
        (honest.as_str(), vec![]),
        (
            weak,
            vec![
                (5, "heuristic: `test_rejects` is weaker than before: assertions removed: 2 before, 1 now"),
                (10, "heuristic: `test_deletes` is weaker than before: newly skipped, or expected to fail"),
            ],
        ),
    ] {
        let mut stage = Stage::with(&[
            Edit::Write("portcullis.toml", &suite("tests = [\"tests/upload/**\"]")),
            Edit::Write(LOAD, LOADED),
            Edit::Write(python, old),
        ])
        .unwrap();
        stage.change(&[CHANGED, Edit::Write(python, new)]).unwrap();
        let verdict = judge(&stage);
        assert_eq!(verdict.exit, 0, "{}", verdict.text);
        let mut told: Vec<_> = verdict
            .findings("regression-tests", "noted")
            .into_iter()
            .map(|finding| {
                (finding["place"]["line"].as_i64().unwrap(), finding["reason"].as_str().unwrap().to_string())
            })
            .collect();
        told.sort();
        let told: Vec<_> = told.iter().map(|(line, reason)| (*line, reason.as_str())).collect();
        assert_eq!(told, expected, "{}", verdict.text);
    }
}

#[test]
fn attack_63_a_rerun_does_not_hide_a_failure() {
    let case =
        |inside: &str| format!("<testcase classname='upload' name='deletes_records'>{inside}</testcase>");
    let fail = case("<failure/>");
    for (form, last, text) in [
        (
            "nextest",
            case("<flakyFailure message='x'><system-err/></flakyFailure>"),
            "passed only after a failure",
        ),
        (
            "surefire",
            case("<flakyError message='x'><stackTrace/></flakyError>"),
            "passed only after a failure",
        ),
        ("a rerun alone", case("<rerunFailure/>"), "passed only after a failure"),
        ("an erring rerun", case("<rerunError/>"), "passed only after a failure"),
        ("failed after all", case("<failure/><rerunFailure/>"), "1 test failed"),
        ("failed, then passed", format!("{fail}{LAST}"), "1 test failed"),
        (
            "failed, then passed as a second attempt",
            format!("{fail}{}", LAST.replacen("<testcase", "<testcase attempt='2'", 1)),
            "passed only after a failure",
        ),
        ("passed, then failed", format!("{LAST}{fail}"), "1 test failed"),
        ("thrice", format!("{LAST}{fail}{LAST}"), ""),
    ] {
        let verdict = judge_report(&report("", &last));
        assert_eq!(verdict.exit, 1, "{form}: {}", verdict.text);
        verdict.expect(1, "regression-tests", text);
    }
    let twice = judge_report(&report("", &format!("{LAST}{LAST}")));
    assert_eq!(twice.exit, 0, "{}", twice.text);
    let notes = twice.findings("regression-tests", "noted");
    assert!(notes[0]["reason"].as_str().unwrap().contains("more than once"), "{notes:?}");
    assert_eq!(judge_report(&report("", LAST)).findings("regression-tests", "noted").len(), 0);
}

#[test]
fn attack_63_the_worst_of_several_reports_decides() {
    let policy = POLICY.replace(REPORT, "target/*.xml");
    let with = |name: &str, text: &str| {
        let stage = project(&policy);
        write(&stage.directory().join("target").join(name), text);
        judge(&stage)
    };
    let failing = report("", "<testcase classname='upload' name='deletes_records'><failure/></testcase>");
    for name in ["a.xml", "z.xml"] {
        with(name, &failing).expect(1, "regression-tests", "1 test failed");
        with(name, "<testsuites><testsuite").expect(3, "regression-tests", &format!("target/{name}"));
        with(name, "").expect(3, "regression-tests", "it is empty");
        assert_eq!(with(name, "<testsuite name='more'><testcase name='a'/></testsuite>").exit, 0);
        assert_eq!(with(name, GREEN).exit, 0, "the same bytes are the same report");
    }
}

#[test]
fn attack_63_reports_that_are_no_whole_documents_prove_nothing() {
    let green = report("", LAST);
    let bomb = format!(
        "<!DOCTYPE t [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;\">]>{}",
        green.replace("deletes_records", "&c;")
    );
    let deep = format!("{}{}", "<testsuite>".repeat(500), "</testsuite>".repeat(500));
    for (form, text) in [
        ("cut off", green[..green.len() - 15].to_string()),
        ("cut off after the tests", green.replace("</testsuite></testsuites>", "")),
        ("a document type", format!("<!DOCTYPE testsuites SYSTEM 'file:///etc/passwd'>{green}")),
        ("an entity bomb", bomb),
        ("an entity", green.replace("'deletes_records'", "'&x;'")),
        ("too deep", deep),
        ("empty", String::new()),
        ("blank", " \n".to_string()),
        ("two documents", format!("{green}{green}")),
        ("another format", "{\"tests\": 3, \"passed\": 3}\n".to_string()),
        ("a page", "<html><body>502</body></html>".to_string()),
        ("tags that cross", green.replace("</testsuite></testsuites>", "</testsuites></testsuite>")),
        ("an attribute twice", green.replace("name='deletes_records'", "name='a' name='b'")),
        ("a control character", green.replace("deletes_records", "&#0;")),
    ] {
        let verdict = judge_report(&text);
        assert_eq!(verdict.exit, 3, "{form}: {}", verdict.text);
        verdict.expect(3, "regression-tests", REPORT);
    }
    let utf16 = judge_altered(|stage| {
        let units = green.encode_utf16().flat_map(u16::to_le_bytes);
        std::fs::write(stage.report_file(), [0xff, 0xfe].into_iter().chain(units).collect::<Vec<u8>>())
            .unwrap();
    });
    assert_eq!(utf16.exit, 0, "{}", utf16.text);
}

#[test]
fn attack_57_a_report_that_the_change_brings_is_its_own_evidence() {
    let own = "so it is not evidence of a run";
    let brought = |path: &str, arguments: &[&str], directory: &str| {
        let mut stage = Stage::honest().unwrap();
        stage.change(&[CHANGED, Edit::Write(path, GREEN)]).unwrap();
        std::fs::remove_file(stage.report_file()).unwrap();
        write(&stage.directory().join(path), GREEN);
        let place = stage.directory().join(directory);
        judge_by(&stage, |command| {
            command.current_dir(place).args(arguments);
        })
    };
    brought(REPORT, &[], "").expect(1, "regression-tests", own);
    brought("x.xml", &["--report", "upload-regression=x.xml"], "").expect(1, "regression-tests", own);
    brought("x.xml", &["--report", "upload-regression=./target/../x.xml"], "").expect(
        1,
        "regression-tests",
        own,
    );
    // From a directory below the root the same file has another path.
    let nested = format!("services/{REPORT}");
    brought(&nested, &[], "services").expect(1, "regression-tests", own);
    brought(&nested, &["-C", "services"], "").expect(1, "regression-tests", own);
    let above = ["--report", "upload-regression=../x.xml"];
    brought("x.xml", &above, "target").expect(1, "regression-tests", own);
    // The repository's configuration cannot move its work tree away from under the report.
    let verdict = judge_altered(|stage| {
        stage.change(&[CHANGED, Edit::Write(REPORT, GREEN)]).unwrap();
        std::fs::create_dir(stage.directory().join("decoy")).unwrap();
        write(&stage.directory().join(".git/config"), "[core]\nbare = false\nworktree = ../decoy\n");
    });
    verdict.expect(1, "regression-tests", own);
    let verdict = judge_altered(|stage| {
        stage.change(&[CHANGED, Edit::Write("target/upload-regression.txt", GREEN)]).unwrap();
    });
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
}

#[test]
fn attack_57_a_report_below_the_root_is_found_where_the_gate_works() {
    let stage = Stage::honest().unwrap();
    std::fs::rename(stage.directory().join("target"), stage.directory().join("moved")).unwrap();
    judge(&stage).expect(1, "regression-tests", "it has no report");
    write(&stage.directory().join("services").join(REPORT), GREEN);
    for arguments in [
        &["-C", "services"][..],
        &["-C", "services", "--report", "upload-regression=target/upload-regression.xml"],
    ] {
        let verdict = judge_by(&stage, |command| {
            command.args(arguments);
        });
        assert_eq!(verdict.exit, 0, "{arguments:?}: {}", verdict.text);
    }
}

#[cfg(unix)]
#[test]
fn attack_57_a_link_is_no_report() {
    use std::os::unix::fs::symlink;
    let verdict = judge_altered(|stage| {
        let elsewhere = stage.directory().join("elsewhere.xml");
        std::fs::rename(stage.report_file(), &elsewhere).unwrap();
        symlink(elsewhere, stage.report_file()).unwrap();
    });
    verdict.expect(3, "regression-tests", "it is a symbolic link");
    let verdict = judge_altered(|stage| {
        let elsewhere = stage.directory().join("elsewhere");
        std::fs::rename(stage.report_file().parent().unwrap(), &elsewhere).unwrap();
        symlink(elsewhere, stage.report_file().parent().unwrap()).unwrap();
    });
    verdict.expect(1, "regression-tests", "it has no report");
    // A named report behind a link is known by where it really is.
    let mut stage = Stage::honest().unwrap();
    stage.change(&[CHANGED, Edit::Write("evidence/x.xml", GREEN), Edit::Link("out", "evidence")]).unwrap();
    write(&stage.directory().join("evidence/x.xml"), GREEN);
    symlink("evidence", stage.directory().join("out")).unwrap();
    let verdict = judge_by(&stage, |command| {
        command.args(["--report", "upload-regression=out/x.xml"]);
    });
    verdict.expect(1, "regression-tests", "so it is not evidence of a run");
}

#[test]
fn attack_59_a_report_for_another_suite_proves_nothing_for_this_one() {
    let handed = |name: &str| {
        let stage = Stage::honest().unwrap();
        let place = stage.directory().join("other.xml");
        std::fs::rename(stage.report_file(), &place).unwrap();
        judge_by(&stage, |command| {
            command.args(["--report", &format!("{name}other.xml")]);
        })
    };
    handed("").expect(1, "regression-tests", "it has no report");
    assert_eq!(handed("upload-regression=").exit, 0);
    for name in ["other-suite=", "Upload-Regression="] {
        let refused = handed(name);
        assert_eq!(refused.exit, 2, "{}", refused.text);
        assert!(refused.text.contains("it has upload-regression"), "{}", refused.text);
    }
}

// What the gate explains.

#[test]
fn explain_says_by_which_rule_a_path_or_commit_belongs_to_an_area() {
    let mut stage = Stage::honest().unwrap();
    stage.change(&[CHANGED, Edit::Write("tools/x.sql", "a\nUPDATE records SET nominal_id = 1;\n")]).unwrap();
    stage.history.repository().set_head("refs/heads/batches").unwrap();
    let line = |start: &str| 1 + POLICY.lines().position(|line| line.starts_with(start)).unwrap();
    let (paths, content) = (line("paths"), line("content"));
    let explain = |what: &str| run(stage.directory(), &["explain", what]);
    for (what, parts) in [
        (LOAD, vec![format!("upload: inside, by path `services/upload/**` (line {paths} of the policy)")]),
        ("services/upload/new.sql", vec!["is no file at".to_string(), "upload: inside, by path".to_string()]),
        ("docs/guide.md", vec!["upload: outside by its path".to_string()]),
        (
            "tools/x.sql",
            vec![
                "upload: outside by its path".to_string(),
                format!(
                    r"a change to line 2 is inside, by content `(?i)\bnominal_id\b` (line {content} of the policy)"
                ),
            ],
        ),
        (
            "batches",
            vec![
                "changes: 2 files".to_string(),
                format!("{LOAD}: path `services/upload/**` (policy line {paths})"),
                format!(
                    r"tools/x.sql:2: content `(?i)\bnominal_id\b` in an added line (policy line {content})"
                ),
            ],
        ),
    ] {
        let (exit, text) = explain(what);
        assert_eq!(exit, 0, "{what}: {text}");
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in parts {
            assert!(text.contains(&part), "{what}: no `{part}` in {text}");
        }
    }
    let (exit, text) = explain(&stage.head().to_string());
    assert!(exit == 0 && text.contains("changes:        2 files"), "{text}");
    assert_eq!(explain("nonsense").0, 2);
}

#[test]
fn policy_check_shows_five_mistakes_with_their_places() {
    let mistakes = [
        ("force-push = \"blocked\"", "force-push = \"bloked\""),
        ("paths = [\"services/upload/**\", \"db/migrations/**\"]", "paths = [\"/services/upload/**\"]"),
        ("content = ['(?i)\\bnominal_id\\b']", "content = ['(nominal_id']"),
        ("minimum = 3", "minimum = 0"),
        ("role = \"gate-owners\"", "role = \"gate-owner\""),
    ];
    let policy = mistakes.iter().fold(POLICY.to_string(), |policy, (from, to)| {
        assert!(policy.contains(from), "{from}");
        policy.replace(from, to)
    });
    let directory = tempfile::tempdir().unwrap();
    write(&directory.path().join("portcullis.toml"), &policy);
    let (exit, text) = run(directory.path(), &["policy", "check"]);
    assert_eq!(exit, 4, "{text}");
    assert!(text.contains("5 problems"), "{text}");
    for (_, wrong) in mistakes {
        let line = 1 + policy.lines().position(|line| line == wrong).unwrap();
        assert!(
            text.contains(&format!("portcullis.toml:{line}:")) && text.contains(wrong),
            "{wrong}: {text}"
        );
    }
    write(&directory.path().join("portcullis.toml"), POLICY);
    assert_eq!(run(directory.path(), &["policy", "check"]).0, 0);
}

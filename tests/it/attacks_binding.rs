//! Attacks on what test evidence is bound to: another tree, another time, another run, fewer tests than before.
//!
//! Each test is a real repository with a real work tree. The suite ran on `main` and was recorded there; then somebody
//! changes data-processing code. An honest twin stands beside each attack. The numbers are those of the list of attacks.

use crate::support::checkout::{Checkout as Project, REPORT};
use crate::support::gate::{Verdict, judge};
use portcullis_attest::key::SigningKey;
use portcullis_model::check::Producer;
use portcullis_testkit::history::Edit;
use portcullis_testkit::stage::{self as demo, Stage};
use std::process::Command;
use std::time::{Duration, SystemTime};

const LOAD: &str = "services/upload/load.sql";
const NAME: &str = "regression-tests";

const CONTROLS: &str = r#"[controls.regression-tests]
SIGNERS
[controls.regression-tests.suites.upload]
minimum = 1
reports = ["out/junit*.xml"]
"#;

const LOCAL: &str = "trust = \"local\"\nbaseline = \"required\"\n";

fn case(name: &str, inside: &str) -> String {
    format!("<testcase classname='upload' name='{name}'>{inside}</testcase>")
}

fn report(cases: &[String]) -> String {
    format!("<testsuites><testsuite name='upload'>{}</testsuite></testsuites>", cases.concat())
}

/// What the suite reports when all is well.
fn green() -> String {
    report(&["loads_records", "amends_records", "deletes_records"].map(|name| case(name, "")))
}

/// What this file does with a project.
trait Bound: Sized {
    /// A project whose suite has these settings, on a branch `change` that has one commit more than `main`.
    fn new(suite: &str) -> Self;
    fn begin(suite: &str, recorded: bool) -> Self;
    /// The suite ran on what is checked out.
    fn ran(&self, text: &str);
    fn allows(&self, more: &[&str]) -> Verdict;
    /// The gate stops it, and says this.
    fn stops(&self, exit: i32, text: &str);
}

impl Bound for Project {
    fn new(suite: &str) -> Self {
        Project::begin(suite, true)
    }

    fn begin(suite: &str, recorded: bool) -> Self {
        let public = SigningKey::from_seed(&[7; 32]).public_text().unwrap();
        let signed = suite.contains("\"signed\"");
        let signers = if signed { "signers = \"keys/allowed_signers\"" } else { "" };
        let files = [
            ("keys/allowed_signers", &*format!("ci@example.test {public}\n")),
            (".gitignore", "/out/\n/cache/\n"),
            ("tests/conftest.py", "pass\n"),
            (LOAD, "INSERT INTO records SELECT * FROM staging;\n"),
        ];
        let project = Project::with(&format!("{}{suite}", CONTROLS.replace("SIGNERS", signers)), &files);
        project.ran(&green());
        if recorded {
            project.record(&["--note"]);
        }
        project.change(LOAD, "INSERT INTO records SELECT * FROM staging ORDER BY id;\n");
        project.ran(&green());
        project
    }

    fn ran(&self, text: &str) {
        self.write(REPORT, text);
    }

    fn allows(&self, more: &[&str]) -> Verdict {
        let verdict = self.judge(more);
        assert_eq!(verdict.exit, 0, "{}", verdict.text);
        verdict
    }

    fn stops(&self, exit: i32, text: &str) {
        self.judge(&[]).expect(exit, NAME, text);
    }
}

#[test]
fn attack_61_a_test_that_vanishes_is_missed() {
    let project = Project::new(LOCAL);
    let verdict = project.allows(&[]);
    let met = format!("{:?}", verdict.findings(NAME, "met"));
    assert!(met.contains("are accounted for"), "{met}");
    for (form, cases, text) in [
        ("deleted", vec![case("loads_records", ""), case("amends_records", "")], " missing"),
        (
            "renamed",
            vec![case("loads_records", ""), case("amends_records", ""), case("deletes_record", "")],
            "perhaps renamed to upload > deletes_record",
        ),
        (
            "newly skipped",
            vec![
                case("loads_records", ""),
                case("amends_records", ""),
                case("deletes_records", "<skipped/>"),
            ],
            "anything",
        ),
        (
            "flaky",
            vec![
                case("loads_records", ""),
                case("amends_records", ""),
                case("deletes_records", "<flakyFailure/>"),
            ],
            "passed only after a failure",
        ),
        (
            "a collection error",
            vec!["<testcase classname='' name='tests'><error/></testcase>".into()],
            "1 test failed",
        ),
        ("an empty selection", vec![], "zero tests are no evidence"),
    ] {
        project.ran(&report(&cases));
        let verdict = project.judge(&[]);
        assert_eq!(verdict.exit, 1, "{form}: {}", verdict.text);
        verdict.expect(1, NAME, text);
    }
    project.ran(&green().replace("</testsuite>", &format!("{}</testsuite>", case("more", ""))));
    project.allows(&[]);
}

#[test]
fn attack_61_what_may_go_stands_in_the_policy_at_the_base() {
    let fewer = report(&[case("loads_records", ""), case("amends_records", "")]);
    let project = Project::new(&format!("{LOCAL}removed = [\"deletes_*\"]\n"));
    project.ran(&fewer);
    let verdict = project.allows(&[]);
    assert!(
        format!("{:?}", verdict.findings(NAME, "noted")).contains("went missing or unverified"),
        "{}",
        verdict.text
    );
    // The change cannot grant itself leave.
    let project = Project::new(LOCAL);
    let policy = std::fs::read_to_string(project.path().join("portcullis.toml")).unwrap();
    project.write("portcullis.toml", &format!("{policy}removed = [\"deletes_*\"]\n"));
    project.commit("Give it up");
    project.ran(&fewer);
    project.stops(1, " missing");
}

#[test]
fn attack_71_a_baseline_that_is_not_there_is_not_taken_for_none() {
    let project = Project::begin(LOCAL, false);
    project.stops(3, "this clone has no evidence notes");
    let project = Project::new(LOCAL);
    project.allows(&[]);
    project.git(&["update-ref", "-d", "refs/notes/portcullis"]);
    project.stops(3, "this clone has no evidence notes");
    let project = Project::begin("trust = \"local\"\nbaseline = \"first-run\"\n", false);
    let verdict = project.allows(&[]);
    assert!(format!("{:?}", verdict.findings(NAME, "noted")).contains("no baseline yet"), "{}", verdict.text);
    let project = Project::new("trust = \"local\"\nbaseline = \"first-run\"\n");
    let verdict = project.allows(&[]);
    assert!(format!("{:?}", verdict.findings(NAME, "noted")).contains("still declares"), "{}", verdict.text);
    project.ran(&report(&[case("loads_records", "")]));
    project.stops(1, " missing");
}

#[test]
fn attack_59_a_run_of_another_tree_does_not_count() {
    let project = Project::new(LOCAL);
    project.git(&["checkout", "-q", "main"]);
    project.stops(1, "would land");
    project.record(&["-o", "out/statement.json"]);
    project.git(&["checkout", "-q", "change"]);
    std::fs::remove_file(project.path().join(REPORT)).unwrap();
    let handed = ["--evidence", "out/statement.json"];
    project.judge(&handed).expect(1, NAME, "it has no report");
    project.ran(&green());
    project.record(&["-o", "out/statement.json"]);
    std::fs::remove_file(project.path().join(REPORT)).unwrap();
    project.allows(&handed);
    // Another commit of the same tree is the same content; one more change is not.
    project.git(&["commit", "-q", "--amend", "-m", "The same, told better"]);
    project.allows(&handed);
    project.write(LOAD, "DELETE FROM records;\n");
    project.commit("One more thing");
    project.judge(&handed).expect(1, NAME, "would land");
}

#[test]
fn attack_59_a_work_tree_that_is_not_what_the_commit_says_does_not_count() {
    let project = Project::new(LOCAL);
    project.write("cache/x", "x");
    project.allows(&[]);
    let conftest = project.write("tests/upload/conftest.py", "collect_ignore = ['*']\n");
    project.stops(1, "not part of the commit: tests/upload/conftest.py");
    let said = project.record(&["-o", "out/statement.json"]);
    assert!(said.contains("the gate will not count this run"), "{said}");
    std::fs::remove_file(conftest).unwrap();
    let reports = project.path().join(REPORT);
    std::fs::remove_file(&reports).unwrap();
    project.judge(&["--evidence", "out/statement.json"]).expect(1, NAME, "the work tree differed from");
    project.ran(&green());
    project.write(LOAD, "SELECT 1;\n");
    project.git(&["update-index", "--assume-unchanged", LOAD]);
    project.stops(1, &format!("changed: {LOAD}"));
    project.git(&["update-index", "--no-assume-unchanged", LOAD]);
    project.git(&["checkout", "-q", LOAD]);
    // What ran may have been the other text, until it runs again.
    project.stops(1, "before services/upload/load.sql was written");
    project.ran(&green());
    project.allows(&[]);
}

#[test]
fn attack_58_a_run_of_the_merge_result_counts_and_of_an_evil_merge_does_not() {
    let project = Project::new(LOCAL);
    project.git(&["checkout", "-q", "main"]);
    project.write("docs/guide.md", "How to upload records.\n");
    project.commit("A guide");
    project.record(&["--note"]);
    project.git(&["checkout", "-q", "--detach"]);
    project.git(&["merge", "-q", "--no-ff", "-m", "Merge", "change"]);
    project.ran(&green());
    project.allows(&[]);
    // What main has gained meanwhile must not vanish in the merge.
    project.ran(&report(&[case("loads_records", "")]));
    project.stops(1, " missing");
    project.ran(&green());
    project.write("docs/guide.md", "Nothing to see.\n");
    project.git(&["commit", "-qa", "--amend", "-m", "Merge"]);
    project.stops(1, "would land");
}

#[test]
fn attack_63_a_failed_run_is_not_hidden_by_another_one() {
    let failing = report(&[
        case("loads_records", ""),
        case("amends_records", ""),
        case("deletes_records", "<failure/>"),
    ]);
    let project = Project::new(LOCAL);
    project.ran(&failing);
    project.record(&["--note"]);
    project.ran(&green());
    project.stops(1, "an earlier run of the same tree failed");
    // Nor is a failed attempt that its runner admitted.
    let project = Project::new(LOCAL);
    let flaky = case("deletes_records", "<flakyFailure/>");
    project.ran(&report(&[case("loads_records", ""), case("amends_records", ""), flaky]));
    project.record(&["--note"]);
    project.ran(&green());
    project.stops(1, "1 test passed only after a failure");
    let project = Project::new(&format!("{LOCAL}flaky = \"note\"\n"));
    project.ran(&failing);
    project.record(&["--note"]);
    project.ran(&green());
    project.allows(&[]);
    // Of two runs that are both handed over the worse counts.
    let project = Project::new(LOCAL);
    project.ran(&failing);
    project.record(&["-o", "out/first.json"]);
    project.ran(&green());
    project.record(&["-o", "out/second.json"]);
    let both = ["--evidence", "out/first.json", "--evidence", "out/second.json"];
    project.judge(&both).expect(1, NAME, "1 test failed");
}

#[test]
fn attack_63_results_that_were_only_told_again_are_no_run() {
    let go = |cached: &str| {
        let line = |action: &str, more: &str| {
            let now = jiff::Timestamp::now();
            format!("{{\"Time\":\"{now}\",\"Action\":\"{action}\",\"Package\":\"p\"{more}}}\n")
        };
        let output = format!(",\"Output\":\"ok  \\tp\\t{cached}\\n\"");
        [
            line("start", ""),
            line("run", ",\"Test\":\"TestLoad\""),
            line("pass", ",\"Test\":\"TestLoad\",\"Elapsed\":0"),
            line("output", &output),
            line("pass", ",\"Elapsed\":0"),
        ]
        .concat()
    };
    let project = Project::begin("trust = \"local\"\n", false);
    project.ran(&go("0.01s"));
    project.allows(&[]);
    project.ran(&go("(cached)"));
    project.stops(1, "the runner repeated cached results of an earlier run");
}

#[test]
fn attack_74_a_run_that_is_too_old_or_of_tomorrow_is_not_fresh() {
    let project = Project::new(&format!("{LOCAL}max-age = \"24h\"\n"));
    let written = |at: SystemTime| {
        let file = std::fs::File::options().write(true).open(project.path().join(REPORT)).unwrap();
        file.set_modified(at).unwrap();
    };
    let day = Duration::from_secs(24 * 3600);
    project.allows(&[]);
    written(SystemTime::now() - 2 * day);
    project.stops(1, "before the newest commit of the change was made");
    written(SystemTime::now() + day);
    project.stops(1, "which is in the future");
    // The change itself is old, and so is its run.
    project.git(&["commit", "-q", "--amend", "--no-edit", "--date", "2026-01-01T00:00:00Z"]);
    let mut command = Command::new("git");
    let settings = ["-c", "user.name=Kim Example", "-c", "user.email=kim@example.test"];
    command.current_dir(project.path()).args(settings).env("GIT_COMMITTER_DATE", "2020-01-01T00:00:00Z");
    assert!(command.args(["commit", "-q", "--amend", "--no-edit"]).status().unwrap().success());
    written(SystemTime::now() - 2 * day);
    project.stops(1, "which is longer ago than");
    written(SystemTime::now());
    project.allows(&[]);
}

#[test]
fn attack_61_each_configuration_hands_over_its_own_run() {
    let project = Project::begin("trust = \"local\"\nconfigurations = [\"linux\", \"windows\"]\n", false);
    let run = |configuration: &str, text: &str| {
        project.ran(text);
        let file = format!("out/{configuration}.json");
        project.record(&["--configuration", configuration, "-o", &file]);
        std::fs::remove_file(project.path().join(REPORT)).unwrap();
    };
    let other = green().replace("<testsuites>", "<testsuites time='2'>");
    let both = ["--evidence", "out/linux.json", "--evidence", "out/windows.json"];
    run("linux", &green());
    project.judge(&both[..2]).expect(1, NAME, "windows");
    run("windows", &green());
    project.judge(&both).expect(1, NAME, "several configurations handed over the same report");
    run("windows", &other);
    project.allows(&both);
    let twice = ["--evidence", "out/linux.json", "--evidence", "out/linux.json"];
    project.judge(&twice).expect(1, NAME, "windows");
    run("windows", &report(&[case("loads_records", "<failure/>")]));
    project.judge(&both).expect(1, NAME, "1 test failed");
}

#[test]
fn attack_61_a_test_may_move_between_shards_but_not_out_of_a_configuration() {
    let suite = "trust = \"local\"\nbaseline = \"required\"\nconfigurations = [\"one\", \"two\"]\n";
    let project = Project::begin(suite, false);
    let run = |configuration: &str, names: &[&str], more: &[&str]| {
        let cases: Vec<String> = names.iter().map(|name| case(name, "")).collect();
        project.ran(&report(&cases));
        project.record(&[&["--configuration", configuration], more].concat());
        std::fs::remove_file(project.path().join(REPORT)).unwrap();
    };
    project.git(&["checkout", "-q", "main"]);
    run("one", &["a", "b", "shared"], &["--note"]);
    run("two", &["c", "shared"], &["--note"]);
    project.git(&["checkout", "-q", "change"]);
    let both = ["--evidence", "out/one.json", "--evidence", "out/two.json"];
    run("one", &["a", "shared"], &["-o", "out/one.json"]);
    run("two", &["b", "c", "shared"], &["-o", "out/two.json"]);
    project.allows(&both);
    run("two", &["b", "c"], &["-o", "out/two.json"]);
    project.judge(&both).expect(1, NAME, "shared (two)");
}

#[test]
fn attack_67_to_69_only_what_an_allowed_signer_signed_counts() {
    let project = Project::begin("trust = \"signed\"\nbaseline = \"required\"\n", false);
    let (good, other) = (project.key(7), project.key(8));
    project.git(&["checkout", "-q", "main"]);
    project.record(&["--note", "--key", &good]);
    project.git(&["checkout", "-q", "change"]);
    project.ran(&green().replace("<testsuites>", "<testsuites time='2'>"));
    project.stops(1, "reports are not signed");
    let handed = ["--evidence", "out/statement.json"];
    project.record(&["-o", "out/plain.json"]);
    project.judge(&["--evidence", "out/plain.json"]).expect(1, NAME, "it is not signed");
    project.record(&["-o", "out/statement.json", "--key", &other]);
    project.judge(&handed).expect(1, NAME, "cannot be relied on");
    let output = project.portcullis(&[
        "evidence",
        "sign",
        "out/plain.json",
        "--key",
        &good,
        "-o",
        "out/statement.json",
    ]);
    assert!(output.status.success(), "{output:?}");
    let verdict = project.allows(&handed);
    assert!(verdict.text.contains("are accounted for"), "{}", verdict.text);
    let verified = ["evidence", "verify", "out/statement.json", "--signers", "keys/allowed_signers"];
    assert_eq!(project.portcullis(&verified).status.code(), Some(0));
    // Edited after signing: one byte of the payload.
    let file = project.path().join("out/statement.json");
    let signed = std::fs::read_to_string(&file).unwrap();
    let at = signed.find("\"payload\":\"").unwrap() + 60;
    let byte = if signed.as_bytes()[at] == b'A' { "B" } else { "A" };
    let mut edited = signed.clone();
    edited.replace_range(at..=at, byte);
    std::fs::write(&file, &edited).unwrap();
    project.judge(&handed).expect(1, NAME, "pieces of evidence do not count");
    assert_eq!(project.portcullis(&verified).status.code(), Some(6));
    // The type is signed too.
    std::fs::write(&file, signed.replace("vnd.in-toto+json", "json")).unwrap();
    project.judge(&handed).expect(1, NAME, "pieces of evidence do not count");
    // A note counts as well, since nobody else can write what is in it.
    std::fs::remove_file(&file).unwrap();
    project.record(&["--note", "--key", &good]);
    project.allows(&[]);
    // A baseline that nobody signed is none.
    project.git(&["update-ref", "-d", "refs/notes/portcullis"]);
    project.record(&["--note", "--key", &good]);
    project.git(&["checkout", "-q", "main"]);
    project.record(&["--note"]);
    project.git(&["checkout", "-q", "change"]);
    project.stops(3, "no run that counts is recorded");
}

#[test]
fn attack_70_the_list_of_signers_is_that_of_the_base() {
    let project = Project::begin("trust = \"signed\"\n", false);
    let other = SigningKey::from_seed(&[8; 32]);
    project.write("keys/allowed_signers", &format!("ci@example.test {}\n", other.public_text().unwrap()));
    project.commit("My key too");
    project.ran(&green());
    project.record(&["--note", "--key", &project.key(8)]);
    project.stops(1, "it has no report");
    project.record(&["--note", "--key", &project.key(7)]);
    let verdict = project.judge(&[]);
    assert_eq!(verdict.findings(NAME, "broken").len(), 0, "{}", verdict.text);
    // Whose keys count is for the owners of the gate.
    assert!(
        format!("{:?}", verdict.findings("gate-integrity", "unproven")).contains("signers"),
        "{}",
        verdict.text
    );
}

#[test]
fn attack_59_a_statement_is_bound_also_where_the_suite_does_not_ask_for_it() {
    let project = Project::begin("", false);
    let handed = ["--evidence", "out/statement.json"];
    project.record(&["-o", "out/statement.json"]);
    std::fs::remove_file(project.path().join(REPORT)).unwrap();
    project.allows(&handed);
    project.stops(1, "it has no report");
    project.write(LOAD, "DELETE FROM records;\n");
    project.commit("One more thing");
    project.judge(&handed).expect(1, NAME, "would land");
    // Of a suite that the policy does not have it says nothing.
    project.ran(&green());
    project.record(&["-o", "out/other.json"]);
    let other = project.path().join("out/other.json");
    let statement = std::fs::read_to_string(&other).unwrap();
    assert!(statement.contains("\"suite\":\"upload\""), "{statement}");
    std::fs::write(&other, statement.replace("\"suite\":\"upload\"", "\"suite\":\"uplaod\"")).unwrap();
    let verdict = project.allows(&["--evidence", "out/other.json"]);
    assert!(format!("{:?}", verdict.findings(NAME, "noted")).contains("`uplaod`"), "{}", verdict.text);
}

#[test]
fn attack_71_a_baseline_may_be_handed_over_as_a_file() {
    let project = Project::begin(LOCAL, false);
    project.git(&["checkout", "-q", "main"]);
    project.record(&["-o", "out/main.json"]);
    project.git(&["checkout", "-q", "change"]);
    let handed = ["--evidence", "out/main.json"];
    project.ran(&green());
    project.allows(&handed);
    project.ran(&report(&[case("loads_records", "")]));
    project.judge(&handed).expect(1, NAME, " missing");
}

#[test]
fn attack_61_a_deployment_is_compared_with_what_is_deployed() {
    let project = Project::new(LOCAL);
    let deployed = project.git(&["rev-parse", "main"]);
    project.git(&["checkout", "-q", "main"]);
    project.git(&["merge", "-q", "--ff-only", "change"]);
    project.ran(&green());
    let judged = |deployed: &str| {
        let arguments =
            ["check", "--environment", "production", "--host", "none", "--head", "main", "--format", "json"];
        Verdict::of(&project.portcullis(&[&arguments[..], &["--base", deployed]].concat()))
    };
    let verdict = judged(&deployed);
    // Without a host nothing is allowed, but this control has all that it needs.
    assert!(verdict.findings(NAME, "broken").is_empty(), "{}", verdict.text);
    assert!(format!("{:?}", verdict.findings(NAME, "met")).contains("are accounted for"), "{}", verdict.text);
    project.ran(&report(&[case("loads_records", "")]));
    let verdict = judged(&deployed);
    assert!(format!("{:?}", verdict.findings(NAME, "broken")).contains(" missing"), "{}", verdict.text);
}

#[test]
fn attack_64_the_job_is_vouched_for_by_the_app_that_the_policy_names() {
    let policy = demo::POLICY.replace(
        "minimum = 3",
        "minimum = 3\ntrust = \"host\"\ncheck = { name = \"regression\", app = \"github-actions\" }",
    );
    let mut stage = Stage::with(&[
        Edit::Write("portcullis.toml", &policy),
        Edit::Write(LOAD, "INSERT INTO records SELECT * FROM staging;\n"),
        Edit::Write(".gitignore", "/event.json\n"),
    ])
    .unwrap();
    let repository = stage.history.repository();
    repository.set_head_detached(stage.head()).unwrap();
    repository.checkout_head(Some(git2::build::CheckoutBuilder::new().force())).unwrap();
    // The suite runs on what is checked out now.
    let report = stage.directory().join("target/upload-regression.xml");
    std::fs::File::options().write(true).open(report).unwrap().set_modified(SystemTime::now()).unwrap();
    let verdict = judge(&stage);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    stage.world.checks.iter_mut().for_each(|check| {
        check.producer = Producer::App { id: 666.into(), slug: "somebody-else".to_string() };
    });
    judge(&stage).expect(1, NAME, "does not vouch for it");
}

#[test]
fn attack_71_recorders_that_race_lose_nothing() {
    let project = Project::begin(LOCAL, false);
    let names: Vec<String> = (0..8).map(|number| format!("shard-{number}")).collect();
    std::thread::scope(|scope| {
        for name in &names {
            scope.spawn(|| project.record(&["--note", "--configuration", name]));
        }
    });
    let note = project.git(&["notes", "--ref=portcullis", "show", "HEAD^{tree}"]);
    for name in &names {
        assert!(note.contains(&format!("\"configuration\":\"{name}\"")), "{name} is lost");
    }
    assert_eq!(note.lines().count(), names.len());
    project.git(&["fsck", "--strict"]);
    // The same statement again adds nothing.
    let before = project.git(&["rev-parse", "refs/notes/portcullis"]);
    project.record(&["--note", "--configuration", "shard-0"]);
    assert_eq!(project.git(&["rev-parse", "refs/notes/portcullis"]), before);
}

#[test]
fn statements_name_nobody_and_differences_are_told() {
    let project = Project::new(LOCAL);
    let elsewhere = project.outside.path().join("robin-example").join("junit.xml");
    std::fs::create_dir_all(elsewhere.parent().unwrap()).unwrap();
    std::fs::write(&elsewhere, green().replace("deletes_records", "keeps_records")).unwrap();
    let arguments = ["evidence", "record", "--suite", "upload", "-o", "out/s.json", "--report"];
    let output = project.portcullis(&[&arguments[..], &[elsewhere.to_str().unwrap()]].concat());
    assert!(output.status.success(), "{output:?}");
    let text = std::fs::read_to_string(project.path().join("out/s.json")).unwrap();
    assert!(text.contains("\"path\":\"junit.xml\"") && !text.contains("robin"), "{text}");
    let output = project.portcullis(&["evidence", "diff", "main", "out/s.json"]);
    let said = String::from_utf8(output.stdout).unwrap();
    for part in ["removed: 1", "added: 1", "deletes_records", "keeps_records"] {
        assert!(said.contains(part), "{said}");
    }
    // To keep is not to delete: nobody renamed it.
    assert!(!said.contains("renamed"), "{said}");
    std::fs::write(&elsewhere, green().replace("deletes_records", "deletesRecords")).unwrap();
    let renamed = [
        &["evidence", "record", "--suite", "upload", "-o", "out/r.json", "--report"],
        &[elsewhere.to_str().unwrap()][..],
    ]
    .concat();
    assert!(project.portcullis(&renamed).status.success());
    let output = project.portcullis(&["evidence", "diff", "main", "out/r.json"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("deletes_records -> upload > deletesRecords"), "{said}");
    let output = project.portcullis(&["evidence", "diff", "main", "out/s.json", "--json"]);
    assert!(String::from_utf8(output.stdout).unwrap().contains("\"newly_skipped\": []"));
    let output = project.portcullis(&["evidence", "record", "--suite", "upload", "--report", LOAD]);
    assert_eq!(output.status.code(), Some(5));
    let output = project.portcullis(&[&arguments[..6], &["--test-result", "--report", REPORT]].concat());
    assert!(output.status.success());
    let text = std::fs::read_to_string(project.path().join("out/s.json")).unwrap();
    assert!(text.contains("https://in-toto.io/attestation/test-result/v0.1"), "{text}");
}

#[test]
fn the_gate_leaves_out_nothing_in_silence_when_facts_are_withheld() {
    let project = Project::new(LOCAL);
    let facts = ["facts", "--host", "none", "--base", "main", "--head", "change"];
    let text = String::from_utf8(project.portcullis(&facts).stdout).unwrap();
    let whole: serde_json::Value = serde_json::from_str(&text).unwrap();
    let decide = |facts: &serde_json::Value| {
        project.write("out/facts.json", &facts.to_string());
        let decide = ["decide", "--facts", "out/facts.json", "--policy", "portcullis.toml"];
        project.portcullis(&decide).status.code().unwrap()
    };
    assert_eq!(decide(&whole), 0);
    let gap = serde_json::json!({ "gap": {
        "what": "it", "reason": "not-visible", "detail": "it is hidden", "remedy": "Show it."
    }});
    for place in
        ["/evidence", "/reports", "/evidence/known/checkout", "/evidence/known/statements/0/statement"]
    {
        let mut altered = whole.clone();
        *altered.pointer_mut(place).unwrap() = gap.clone();
        assert_ne!(decide(&altered), 0, "{place}");
    }
    for place in ["/evidence/known/statements", "/reports/known"] {
        let mut altered = whole.clone();
        *altered.pointer_mut(place).unwrap() = serde_json::json!([]);
        assert_ne!(decide(&altered), 0, "{place}");
    }
}

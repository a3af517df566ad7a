//! `portcullis evidence record -- COMMAND`: the run is watched from its beginning to its end, and only what it wrote counts.
#![cfg(unix)]

use crate::support::checkout::{Checkout as Project, REPORT};
use std::path::Path;
use std::process::Output;

const LOAD: &str = "services/upload/load.py";
const STATEMENT: &str = "out/upload.json";
const SUITE: &str = "regression-tests";

const CONTROLS: &str = r#"[controls.regression-tests.suites.upload]
minimum = 1
trust = "local"
max-age = "24h"
EXIT
[controls.changed-line-coverage]
minimum = 100
trust = "local"
[controls.changed-line-coverage.reports.upload]
files = ["out/lcov.info"]
"#;

/// A suite that does as it should: it writes a report and line coverage.
const HONEST: &str = "mkdir -p out\n\
    echo \"<testsuite name='upload'><testcase classname='upload' name='loads'/></testsuite>\" > out/junit.xml\n\
    printf 'TN:\\nSF:services/upload/load.py\\nDA:1,1\\nDA:2,1\\nend_of_record\\n' > out/lcov.info\n";

/// What this file does with a project.
trait Recording: Sized {
    fn new() -> Self;
    /// A project whose suite has this setting more, and a branch `change` with one commit more than `main`.
    fn of(setting: &str) -> Self;
    fn statement(&self) -> serde_json::Value;
    fn is_recorded(&self) -> bool;
    /// Records a run of this script, which lies outside of the repository.
    fn run(&self, script: &str) -> Output;
    fn run_and(&self, more: &[&str], script: &str) -> Output;
    /// The run is recorded, the record ends with this exit code, and the gate with that one.
    fn recorded(&self, script: &str, exit: i32, gate: i32, says: &str);
    /// The run is not recorded.
    fn refused(&self, script: &str, says: &str);
}

impl Recording for Project {
    fn new() -> Self {
        Project::of("")
    }

    fn of(setting: &str) -> Self {
        let files =
            [(LOAD, "def load():\n    return 1\n"), ("tests/test_load.py", "def test_load(): pass\n")];
        let project = Project::with(&CONTROLS.replace("EXIT", setting), &files);
        project.change(LOAD, "def load():\n    return 2\n");
        project
    }

    fn statement(&self) -> serde_json::Value {
        let text = std::fs::read_to_string(self.path().join(STATEMENT)).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    fn is_recorded(&self) -> bool {
        self.path().join(STATEMENT).exists()
    }

    fn run(&self, script: &str) -> Output {
        self.run_and(&[], script)
    }

    fn run_and(&self, more: &[&str], script: &str) -> Output {
        let file = self.outside.path().join("suite.sh");
        std::fs::write(&file, script).unwrap();
        let _ = std::fs::remove_file(self.path().join(STATEMENT));
        let record = ["evidence", "record", "--suite", "upload", "-o", STATEMENT];
        let reports = ["--report", REPORT, "--coverage", "out/lcov.info"];
        let reports = if more.is_empty() { &reports[..] } else { more };
        let command = ["--", "/bin/sh", file.to_str().unwrap(), "--password", "hunter2"];
        self.portcullis(&[&record, reports, &command].concat())
    }

    fn recorded(&self, script: &str, exit: i32, gate: i32, says: &str) {
        let output = self.run(script);
        assert_eq!(output.status.code(), Some(exit), "{}", text(&output));
        assert!(self.is_recorded(), "{}", text(&output));
        self.judge(&["--evidence", STATEMENT]).expect(gate, SUITE, says);
    }

    fn refused(&self, script: &str, says: &str) {
        let output = self.run(script);
        assert_eq!(output.status.code(), Some(5), "{}", text(&output));
        assert!(text(&output).contains(says), "it does not say `{says}`: {}", text(&output));
        assert!(!self.is_recorded(), "{}", text(&output));
    }
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn an_honest_run_is_recorded_and_counts() {
    let project = Project::of("exit-status = \"required\"");
    let output = project.run(&format!("{HONEST}echo seen; echo told >&2\n"));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).contains("seen") && text(&output).contains("told"), "{}", text(&output));
    let verdict = project.judge(&["--evidence", STATEMENT]);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    let statement = project.statement();
    let run = &statement["predicate"];
    assert_eq!(run["exit_status"]["code"], 0, "{statement}");
    assert_eq!(run["command"]["program"], "sh", "{statement}");
    assert!(!statement.to_string().contains("hunter2"), "{statement}");
    // The same run counts for the same tree, whatever the commit is called.
    project.git(&["commit", "-q", "--amend", "-m", "The same, told better"]);
    let verdict = project.judge(&["--evidence", STATEMENT]);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    // Once more: what lies there from the first time is no hindrance.
    project.recorded(HONEST, 0, 0, "");
}

#[test]
fn a_green_report_of_a_run_that_failed_is_a_failure() {
    let project = Project::new();
    project.recorded(&format!("{HONEST}exit 1\n"), 1, 1, "exit status 1");
    assert_eq!(project.statement()["predicate"]["exit_status"]["code"], 1);
    project.recorded(&format!("{HONEST}kill -9 $$\n"), 1, 1, "signal 9");
    assert_eq!(project.statement()["predicate"]["exit_status"]["signal"], 9);
    // Nor does what it measured count.
    std::fs::remove_file(project.path().join("out/lcov.info")).unwrap();
    let verdict = project.judge(&["--evidence", STATEMENT]);
    assert!(verdict.findings("changed-line-coverage", "met").is_empty(), "{}", verdict.text);
    project.recorded(HONEST, 0, 0, "");
}

#[test]
fn a_failed_run_that_was_kept_is_not_hidden_by_the_next() {
    let project = Project::new();
    let reports = ["--report", REPORT, "--note"];
    let output = project.run_and(&reports, &format!("{HONEST}exit 3\n"));
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let green = project.run(HONEST);
    assert_eq!(green.status.code(), Some(0), "{}", text(&green));
    let verdict = project.judge(&["--evidence", STATEMENT]);
    verdict.expect(1, SUITE, "an earlier run of the same tree failed");
}

#[test]
fn a_run_that_ends_before_its_report_is_recorded_as_failed() {
    let project = Project::new();
    let output = project.run_and(&["--report", REPORT], "mkdir -p out\nexit 2\n");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    project.judge(&["--evidence", STATEMENT]).expect(1, SUITE, "wrote no report");
}

#[test]
fn a_run_that_broke_its_report_off_is_recorded_as_failed() {
    let project = Project::new();
    for report in ["<testsuite name='upload'><testcase name='loads'/>", "", "1..2\nok 1 - loads"] {
        let script = format!("mkdir -p out\nprintf \"{report}\" > out/junit.xml\nexit 139\n");
        let output = project.run_and(&["--report", REPORT], &script);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        let run = &project.statement()["predicate"];
        assert_eq!(run["exit_status"]["code"], 139, "{run}");
        assert!(run["errors"][0].as_str().unwrap().contains("out/junit.xml"), "{run}");
        project.judge(&["--evidence", STATEMENT]).expect(1, SUITE, "exit status 139");
    }
    // One that did not fail has a whole report.
    project.refused(
        "mkdir -p out\nprintf '<testsuite>' > out/junit.xml; touch out/lcov.info\n",
        "out/junit.xml",
    );
    project.recorded(HONEST, 0, 0, "");
}

/// prove calls that red; the TAP of the program by itself does not tell.
#[test]
fn a_program_that_dies_after_its_plan_is_told_by_the_exit_status_alone() {
    let tap =
        |script: &str| format!("mkdir -p out/t\nprintf '1..1\\nok 1 - loads\\n' > out/t/load.t\n{script}");
    let record = ["--report", "out/t/**/*.t"];
    let project = Project::of("exit-status = \"required\"");
    let output = project.run_and(&record, &tap("exit 255\n"));
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    project.judge(&["--evidence", STATEMENT]).expect(1, SUITE, "exit status 255");
    // The report that was left behind does not count, and neither does a statement of it without the status.
    project.judge(&["--report", "upload=tap:out/t/load.t"]).expect(1, SUITE, "exit status");
    let bare = project.portcullis(&[
        "evidence",
        "record",
        "--suite",
        "upload",
        "--report",
        "out/t/load.t",
        "-o",
        STATEMENT,
    ]);
    assert_eq!(bare.status.code(), Some(0), "{}", text(&bare));
    project.judge(&["--evidence", STATEMENT]).expect(1, SUITE, "exit status");
    let output = project.run_and(&record, &tap(HONEST));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let verdict = project.judge(&["--evidence", STATEMENT]);
    assert!(verdict.findings(SUITE, "broken").is_empty(), "{}", verdict.text);
    assert!(!verdict.findings(SUITE, "met").is_empty(), "{}", verdict.text);
}

#[test]
fn an_old_report_is_not_taken_for_that_of_a_run_which_writes_none() {
    let project = Project::new();
    project.recorded(HONEST, 0, 0, "");
    project.refused("true\n", "wrote no report");
    // Made new by the run, and nothing more.
    project.recorded(HONEST, 0, 0, "");
    project.refused("touch out/junit.xml out/lcov.info\n", "out/junit.xml");
    // Brought back from where it was kept.
    let kept = project.outside.path().join("kept.xml");
    let old =
        "<testsuite name='upload' timestamp='2026-01-01T00:00:00Z'><testcase name='loads'/></testsuite>";
    std::fs::write(&kept, old).unwrap();
    let copy = |how: &str| format!("{HONEST}{how} {} out/junit.xml\n", kept.display());
    project.refused(&copy("cp"), "by its own account");
    age(&kept);
    project.refused(&copy("cp -p"), "before the command began");
    project.recorded(HONEST, 0, 0, "");
}

fn age(file: &Path) {
    let file = std::fs::File::options().write(true).open(file).unwrap();
    file.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(60)).unwrap();
}

#[test]
fn a_work_tree_that_is_another_one_before_or_after_is_not_recorded() {
    let project = Project::new();
    project.refused(&format!("{HONEST}echo '# more' >> {LOAD}\n"), &format!("changed: {LOAD}"));
    project.refused(HONEST, "before the command ran");
    project.git(&["checkout", "-q", "--", LOAD]);
    project.write("tests/conftest.py", "collect_ignore = ['*']\n");
    project.refused(HONEST, "tests/conftest.py");
    std::fs::remove_file(project.path().join("tests/conftest.py")).unwrap();
    project.refused(&format!("{HONEST}echo x > left-behind\n"), "left-behind");
    std::fs::remove_file(project.path().join("left-behind")).unwrap();
    project.recorded(&format!("{HONEST}echo x > out/left-behind\n"), 0, 0, "");
}

#[test]
fn a_run_that_moves_head_is_not_recorded() {
    let git = "git -c user.name=Kim -c user.email=kim@example.test";
    let project = Project::new();
    project.refused(&format!("{HONEST}{git} commit -q --allow-empty -m More\n"), "HEAD");
    project.git(&["reset", "-q", "--hard", "HEAD~1"]);
    // There and back again.
    project.refused(&format!("git checkout -q main\n{HONEST}git checkout -q change\n"), "HEAD");
    project.recorded(HONEST, 0, 0, "");
}

#[test]
fn the_exit_status_can_be_required_and_be_told() {
    let project = Project::of("exit-status = \"required\"");
    let reports = ["--report", REPORT, "--coverage", "out/lcov.info", "-o", STATEMENT];
    let record = |more: &[&str]| {
        let output =
            project.portcullis(&[&["evidence", "record", "--suite", "upload"], &reports[..], more].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    };
    let handed = ["--evidence", STATEMENT];
    project.run(HONEST);
    // A raw report, and a statement of one, do not say how the run ended.
    record(&[]);
    project.judge(&handed).expect(1, SUITE, "exit status");
    record(&["--exit-status", "1"]);
    project.judge(&handed).expect(1, SUITE, "exit status 1");
    // Windows has others.
    record(&["--exit-status", "-1073741819"]);
    project.judge(&handed).expect(1, SUITE, "exit status -1073741819");
    record(&["--exit-status", "0"]);
    let verdict = project.judge(&handed);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
}

#[test]
fn a_difference_of_two_runs_tells_how_they_ended() {
    let project = Project::new();
    let keep =
        |to: &str| std::fs::copy(project.path().join(STATEMENT), project.outside.path().join(to)).unwrap();
    project.run(HONEST);
    keep("before.json");
    project.run(&format!("{HONEST}exit 3\n"));
    keep("after.json");
    let file = |name: &str| project.outside.path().join(name).display().to_string();
    let told = text(&project.portcullis(&["evidence", "diff", &file("before.json"), &file("after.json")]));
    assert!(told.contains("exit status 0 before, exit status 3 now"), "{told}");
    let same = text(&project.portcullis(&["evidence", "diff", &file("after.json"), &file("after.json")]));
    assert!(same.contains("no difference"), "{same}");
}

#[test]
fn reports_of_unknown_names_are_found_by_a_pattern() {
    let project = Project::new();
    let script = HONEST.replace("out/junit.xml", "out/TEST-$$.xml");
    for _ in 0..2 {
        let output = project.run_and(&["--report", "out/TEST-*.xml", "--coverage", "out/lcov.info"], &script);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
        assert_eq!(project.statement()["predicate"]["reports"].as_array().unwrap().len(), 1);
    }
    let verdict = project.judge(&["--evidence", STATEMENT]);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
}

#[test]
fn what_cannot_be_run_or_has_no_place_to_go_is_said() {
    let project = Project::new();
    let record = ["evidence", "record", "--suite", "upload", "--report", REPORT];
    let nowhere = project.portcullis(&[&record[..], &["--", "true"]].concat());
    assert_eq!(nowhere.status.code(), Some(2), "{}", text(&nowhere));
    // An empty variable leaves no command: nothing was run, so nothing is recorded.
    let empty = project.portcullis(&[&record[..], &["-o", STATEMENT, "--"]].concat());
    assert_eq!(empty.status.code(), Some(2), "{}", text(&empty));
    assert!(!project.is_recorded(), "{}", text(&empty));
    let unknown = project.portcullis(&[&record[..], &["-o", STATEMENT, "--", "no-such-program"]].concat());
    assert_eq!(unknown.status.code(), Some(5), "{}", text(&unknown));
    assert!(text(&unknown).contains("no-such-program"), "{}", text(&unknown));
    // A file of the repository is never removed for being named as a report.
    let tracked = project.portcullis(&[
        "evidence", "record", "--suite", "upload", "--report", LOAD, "-o", STATEMENT, "--", "true",
    ]);
    assert_eq!(tracked.status.code(), Some(5), "{}", text(&tracked));
    assert!(project.path().join(LOAD).exists());
}

#[test]
fn what_is_no_report_is_not_removed_for_lying_in_its_place() {
    let project = Project::new();
    project.write("out/notes.txt", "What I have to think of\n");
    let output = project.run_and(&["--report", "out/*", "--coverage", "out/lcov.info"], HONEST);
    assert_eq!(output.status.code(), Some(5), "{}", text(&output));
    assert!(text(&output).contains("does not look like a report"), "{}", text(&output));
    assert!(project.path().join("out/notes.txt").exists());
    project.recorded(HONEST, 0, 0, "");
}

//! Attacks on line coverage that a statement holds: of another tree, edited, contradicted by its own report, mapped wrongly.
//!
//! Each test is a real repository with a real work tree: the suite ran and was recorded with its coverage, then the gate judges by
//! what was handed over. An honest twin stands beside each attack.

use crate::support::checkout::{Checkout as Project, REPORT as JUNIT};
use crate::support::gate::Verdict;
use portcullis_attest::key::SigningKey;
use std::fs;

const CONTROL: &str = "changed-line-coverage";
const LOAD: &str = "services/upload/load.py";
const COVERAGE: &str = "out/lcov.info";
const STATEMENT: &str = "out/statement.json";
const BEFORE: &str = "def load(rows):\n    return rows\n";
/// Lines 2 to 4 are new.
const AFTER: &str = "def load(rows):\n    if not rows:\n        return None\n    return sorted(rows)\n";
const EVERY_LINE: &str = "1,1 2,1 3,1 4,1";
const GREEN: &str = "<testsuites><testsuite name='upload'><testcase name='loads'/></testsuite></testsuites>";

const CONTROLS: &str = r#"[controls.regression-tests]
signers = "keys/allowed_signers"
[controls.regression-tests.suites.upload]
minimum = 1
[controls.changed-line-coverage]
minimum = 80
MORE
[controls.changed-line-coverage.reports.python]
files = ["out/*.info"]
"#;

/// An LCOV section for a file, of `line,count` in words.
fn lcov(name: &str, lines: &str) -> String {
    let lines: String = lines.split(' ').map(|line| format!("DA:{line}\n")).collect();
    format!("TN:\nSF:{name}\n{lines}end_of_record\n")
}

/// What this file does with a project.
trait Covered: Sized {
    /// A project whose control has these settings more, on a branch `change` that alters the loader.
    fn new(more: &str) -> Self;
    /// The suite runs, is measured and recorded to a file; its reports are gone afterwards.
    fn recorded(&self, coverage: &str, file: &str, more: &[&str]) -> String;
    fn statement(&self) -> String;
    fn handed(&self, files: &[&str]) -> Verdict;
    fn allows(&self, files: &[&str]) -> Verdict;
    fn stops(&self, files: &[&str], exit: i32, text: &str);
}

impl Covered for Project {
    fn new(more: &str) -> Self {
        let signers = format!("ci@example.test {}\n", SigningKey::from_seed(&[7; 32]).public_text().unwrap());
        let files = [("keys/allowed_signers", signers.as_str()), ("lib/load.py", BEFORE), (LOAD, BEFORE)];
        let project = Project::with(&CONTROLS.replace("MORE", more), &files);
        project.change(LOAD, AFTER);
        project
    }

    fn recorded(&self, coverage: &str, file: &str, more: &[&str]) -> String {
        self.write(JUNIT, GREEN);
        self.write(COVERAGE, coverage);
        let arguments = [
            "evidence",
            "record",
            "--suite",
            "upload",
            "--report",
            JUNIT,
            "--coverage",
            COVERAGE,
            "-o",
            file,
        ];
        let output = self.portcullis(&[&arguments, more].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{said}");
        fs::remove_file(self.path().join(COVERAGE)).unwrap();
        fs::remove_file(self.path().join(JUNIT)).unwrap();
        said
    }

    fn statement(&self) -> String {
        fs::read_to_string(self.path().join(STATEMENT)).unwrap()
    }

    fn handed(&self, files: &[&str]) -> Verdict {
        let evidence: Vec<&str> = files.iter().flat_map(|file| ["--evidence", file]).collect();
        self.judge(&evidence)
    }

    fn allows(&self, files: &[&str]) -> Verdict {
        let verdict = self.handed(files);
        assert_eq!(verdict.exit, 0, "{}", verdict.text);
        assert_eq!(verdict.findings(CONTROL, "met").len(), 1, "{}", verdict.text);
        verdict
    }

    fn stops(&self, files: &[&str], exit: i32, text: &str) {
        self.handed(files).expect(exit, CONTROL, text);
    }
}

#[test]
fn recorded_coverage_stands_in_for_a_report_and_says_so() {
    let project = Project::new("");
    let said = project.recorded(&lcov(LOAD, EVERY_LINE), STATEMENT, &[]);
    assert!(said.contains("recorded line coverage of 1 file from out/lcov.info"), "{said}");
    let verdict = project.allows(&[STATEMENT]);
    let met = format!("{:?}", verdict.findings(CONTROL, "met"));
    assert!(met.contains("out/lcov.info, recorded of upload in out/statement.json"), "{met}");
    project.stops(&[], 1, "there is no coverage report of `python` here");
    project.recorded(&lcov(LOAD, "1,1 2,1 3,0 4,1"), STATEMENT, &[]);
    project.stops(&[STATEMENT], 1, "2 of 3 changed executable lines covered (66 %)");
    project.stops(&[STATEMENT], 1, "no test executed 1 of its 3 changed executable lines: 3");
    // A statement without coverage covers nothing.
    project.write(JUNIT, GREEN);
    let bare = ["evidence", "record", "--suite", "upload", "--report", JUNIT, "-o", STATEMENT];
    assert!(project.portcullis(&bare).status.success());
    project.stops(&[STATEMENT], 1, "there is no coverage report of `python` here");
}

#[test]
fn coverage_of_another_tree_does_not_count_and_of_another_commit_of_the_tree_does() {
    let project = Project::new("");
    project.git(&["checkout", "-q", "main"]);
    project.recorded(&lcov(LOAD, "1,1 2,1"), "out/main.json", &[]);
    project.git(&["checkout", "-q", "change"]);
    project.stops(&["out/main.json"], 1, "there is no coverage report of `python` here");
    project.recorded(&lcov(LOAD, EVERY_LINE), STATEMENT, &[]);
    project.allows(&[STATEMENT, "out/main.json"]);
    project.git(&["commit", "-q", "--amend", "-m", "The same, told better"]);
    project.allows(&[STATEMENT]);
    project.write("docs/guide.md", "How to upload.\n");
    project.commit("One more thing");
    project.stops(&[STATEMENT], 1, "would land");
}

#[test]
fn coverage_from_a_work_tree_that_is_not_the_commit_does_not_count() {
    let project = Project::new("");
    project.write(LOAD, &AFTER.replace("sorted(rows)", "rows"));
    let said = project.recorded(&lcov(LOAD, EVERY_LINE), STATEMENT, &[]);
    assert!(said.contains("holds other lines") && said.contains("will not count"), "{said}");
    project.stops(&[STATEMENT], 1, &format!("the work tree differed from the commit (changed: {LOAD})"));
    // Nor where somebody takes the confession out: the entry itself is in doubt.
    let statement = project.statement().replace(&format!("\"changed: {LOAD}\""), "");
    project.write(STATEMENT, &statement);
    project.stops(&[STATEMENT], 1, "of another version of this file");
    project.git(&["checkout", "-q", LOAD]);
    project.recorded(&lcov(LOAD, EVERY_LINE), STATEMENT, &[]);
    project.allows(&[STATEMENT]);
}

#[test]
fn coverage_of_a_merge_that_changed_the_file_has_other_lines() {
    let project = Project::new("");
    project.git(&["checkout", "-q", "main"]);
    project.write("docs/guide.md", "How to upload.\n");
    project.commit("A guide");
    project.git(&["checkout", "-q", "--detach"]);
    project.git(&["merge", "-q", "--no-ff", "-m", "Merge", "change"]);
    project.recorded(&lcov(LOAD, EVERY_LINE), STATEMENT, &[]);
    project.allows(&[STATEMENT]);
    let project = Project::new("");
    project.git(&["checkout", "-q", "main"]);
    project.write(LOAD, &format!("import os\n\n\n\n{BEFORE}"));
    project.commit("More above");
    project.git(&["checkout", "-q", "--detach"]);
    project.git(&["merge", "-q", "--no-ff", "-m", "Merge", "change"]);
    project.recorded(&lcov(LOAD, "1,1 5,1 6,1 7,1 8,1"), STATEMENT, &[]);
    project.stops(&[STATEMENT], 1, "it was recorded for blob");
}

#[test]
fn coverage_edited_after_signing_proves_nothing() {
    let project = Project::new("trust = \"signed\"");
    let (good, other) = (project.key(7), project.key(8));
    let missed = lcov(LOAD, "1,1 2,0 3,0 4,0");
    project.recorded(&lcov(LOAD, EVERY_LINE), STATEMENT, &["--key", &good]);
    project.allows(&[STATEMENT]);
    // A note counts as well, since nobody else can write what is in it.
    project.recorded(&lcov(LOAD, EVERY_LINE), "out/noted.json", &["--key", &good, "--note"]);
    project.write(JUNIT, GREEN);
    let tests = ["--report", "upload=out/junit.xml"];
    assert_eq!(project.judge(&tests).exit, 0);
    project.git(&["update-ref", "-d", "refs/notes/portcullis"]);
    // Signed, and then edited: the payload says that the lines were executed.
    project.recorded(&missed, STATEMENT, &["--key", &good]);
    project.stops(&[STATEMENT], 1, "0 of 3 changed executable lines");
    let signed = project.statement();
    let at = signed.find("\"payload\":\"").unwrap() + 900;
    let mut edited = signed.clone();
    edited.replace_range(at..=at, if signed.as_bytes()[at] == b'A' { "B" } else { "A" });
    project.write(STATEMENT, &edited);
    project.stops(&[STATEMENT], 1, "1 piece of coverage evidence does not count");
    for more in [&["--key", &other][..], &[]] {
        project.recorded(&lcov(LOAD, EVERY_LINE), STATEMENT, more);
        project.stops(&[STATEMENT], 1, "coverage evidence does not count");
    }
    project.write(COVERAGE, &lcov(LOAD, EVERY_LINE));
    project.stops(&[], 1, "reports are not signed");
}

#[test]
fn a_report_that_lies_here_may_not_contradict_the_statement() {
    let project = Project::new("");
    let (every, missed) = (lcov(LOAD, EVERY_LINE), lcov(LOAD, "1,1 2,1 3,0 4,0"));
    project.recorded(&every, STATEMENT, &[]);
    project.write(COVERAGE, &every);
    project.allows(&[STATEMENT]);
    // Two runs, of which one did not execute the lines.
    project.write(COVERAGE, &missed);
    project.stops(&[STATEMENT], 1, "recorded from one at its path disagree");
    project.stops(&[], 1, "1 of 3 changed executable lines");
    // A statement that claims more than its report says, to the digest.
    project.recorded(&missed, STATEMENT, &[]);
    let honest = project.statement();
    assert!(honest.contains("\"hit\":[[1,2]]"), "{honest}");
    project.write(STATEMENT, &honest.replace("\"hit\":[[1,2]]", "\"hit\":[[1,4]]"));
    project.write(COVERAGE, &missed);
    project.stops(&[STATEMENT], 1, "and its own report disagree about the executed lines");
    // Or claims less that could be executed.
    let fewer = honest.replace("\"executable\":[[1,4]]", "\"executable\":[[1,2]]");
    project.write(STATEMENT, &fewer);
    project.stops(&[STATEMENT], 1, "and its own report disagree about the executed lines");
    project.write(STATEMENT, &honest);
    project.stops(&[STATEMENT], 1, "1 of 3 changed executable lines");
}

#[test]
fn a_line_that_one_shard_executed_is_covered_and_two_tellings_of_one_run_are_not_added_up() {
    let project = Project::new("");
    let (first, second) = (lcov(LOAD, "1,1 2,1 3,1 4,0"), lcov(LOAD, "1,1 2,1 3,0 4,1"));
    let (linux, windows) = (["--configuration", "linux"], ["--configuration", "windows"]);
    let files = ["out/linux.json", "out/windows.json"];
    project.recorded(&first, files[0], &linux);
    project.recorded(&second, files[1], &windows);
    project.stops(&files[..1], 1, "2 of 3 changed executable lines");
    let verdict = project.allows(&files);
    assert!(verdict.text.contains("3 of 3 changed executable lines covered (100 %) by 2 reports"));
    // The first shard's own report lies here too, and is counted once.
    project.write(COVERAGE, &first);
    let verdict = project.allows(&files);
    assert!(verdict.text.contains("covered (100 %) by 2 reports"), "{}", verdict.text);
    fs::remove_file(project.path().join(COVERAGE)).unwrap();
    // The same run again, until each line was executed once.
    project.recorded(&second, files[1], &linux);
    project.stops(&files, 1, "two runs of one suite disagree");
    project.recorded(&first, files[1], &linux);
    project.stops(&files, 1, "2 of 3 changed executable lines");
}

#[test]
fn names_are_mapped_to_files_of_the_tree_and_nothing_else_is_kept() {
    let project = Project::new("");
    let elsewhere = lcov("/home/robin-example/.cache/load.py", EVERY_LINE);
    let absolute = project.path().canonicalize().unwrap().join(LOAD);
    let text = lcov(absolute.to_str().unwrap(), EVERY_LINE) + &elsewhere;
    let said = project.recorded(&(text + "TN:\nSF:secret.py\nDA:1,1\nLF:9\nend_of_record\n"), STATEMENT, &[]);
    assert!(said.contains("2 entries are of no file of the tree"), "{said}");
    let statement = project.statement();
    for name in ["robin", "secret", "/home", project.path().to_str().unwrap()] {
        assert!(!statement.contains(name), "{name}: {statement}");
    }
    assert!(statement.contains("\"contradictions\":1"), "{statement}");
    project.stops(&[STATEMENT], 1, "the coverage report is inconsistent");
    for name in ["load.py", "vendor/services/upload/load.py", "/build/services/upload/load.py"] {
        project.recorded(&lcov(name, EVERY_LINE), STATEMENT, &[]);
        project.stops(&[STATEMENT], 1, "the file changed, and no coverage report names it");
    }
    project.recorded(&lcov("/build/services/upload/load.py", EVERY_LINE), STATEMENT, &["--strip", "/build"]);
    assert!(!project.statement().contains("/build"));
    project.allows(&[STATEMENT]);
    project.recorded(&lcov("load.py", EVERY_LINE), STATEMENT, &["--add", "services/upload"]);
    project.allows(&[STATEMENT]);
    let twice = lcov(LOAD, "1,1 2,0 3,0 4,0") + &lcov("./services/upload/load.py", EVERY_LINE);
    project.recorded(&twice, STATEMENT, &[]);
    project.stops(&[STATEMENT], 1, "it is ambiguous which entry");
    project.recorded(&lcov(LOAD, &format!("{EVERY_LINE} 5,1")), STATEMENT, &[]);
    project.stops(&[STATEMENT], 1, "it has a line 5, and the file has 4");
}

#[test]
fn a_file_of_the_repository_is_no_evidence() {
    let project = Project::new("");
    project.recorded(&lcov(LOAD, EVERY_LINE), "statement.json", &[]);
    project.commit("Bring evidence along");
    project.stops(&["statement.json"], 1, "git tracks it");
    let project = Project::new("");
    project.write("lcov.info", &lcov(LOAD, EVERY_LINE));
    project.commit("Bring a report along");
    project.write(JUNIT, GREEN);
    let record = ["evidence", "record", "--suite", "upload", "--report", JUNIT, "--coverage", "lcov.info"];
    let output = project.portcullis(&record);
    assert_eq!(output.status.code(), Some(5), "{output:?}");
}

#[test]
fn a_run_that_is_too_old_or_shows_no_test_does_not_count() {
    let project = Project::new("max-age = \"24h\"");
    project.recorded(&lcov(LOAD, EVERY_LINE), STATEMENT, &[]);
    project.allows(&[STATEMENT]);
    let statement = project.statement();
    let at = statement.find("\"finished\":\"").unwrap() + 12;
    let mut old = statement.clone();
    old.replace_range(at..at + 4, "2020");
    project.write(STATEMENT, &old);
    project.stops(&[STATEMENT], 1, "1 coverage report cannot come from a fresh run");
    let failed = statement.replace("\"outcome\":\"passed\"", "\"outcome\":\"skipped\"");
    assert_ne!(failed, statement);
    project.write(STATEMENT, &failed);
    project.stops(&[STATEMENT], 1, "no test of its run passed");
    // A report that lies here is as old as its file.
    let file = project.write(COVERAGE, &lcov(LOAD, EVERY_LINE));
    project.write(JUNIT, GREEN);
    let tests = ["--report", "upload=out/junit.xml"];
    assert_eq!(project.judge(&tests).exit, 0);
    // Of a statement that cannot be read nobody knows which lines it calls unexecuted.
    project.write(STATEMENT, "{}");
    let handed = [&tests[..], &["--evidence", STATEMENT]].concat();
    project.judge(&handed).expect(3, CONTROL, "statement in out/statement.json");
    let day = std::time::Duration::from_secs(24 * 3600);
    let yesterday = std::time::SystemTime::now() - 2 * day;
    fs::File::options().write(true).open(file).unwrap().set_modified(yesterday).unwrap();
    project.judge(&tests).expect(1, CONTROL, "before the newest commit of the change was made");
}

#[test]
fn reports_beside_another_checkout_do_not_count_where_the_policy_binds_them() {
    let project = Project::new("trust = \"local\"");
    project.write(COVERAGE, &lcov(LOAD, EVERY_LINE));
    project.write(JUNIT, GREEN);
    let tests = ["--report", "upload=out/junit.xml"];
    assert_eq!(project.judge(&tests).exit, 0);
    project.write("services/upload/more.py", "pass\n");
    project.judge(&tests).expect(1, CONTROL, "not part of the commit: services/upload/more.py");
    fs::remove_file(project.path().join("services/upload/more.py")).unwrap();
    project.git(&["checkout", "-q", "main"]);
    project.judge(&tests).expect(1, CONTROL, "would land");
}

#[test]
fn the_difference_of_two_runs_tells_what_is_no_longer_executed() {
    let project = Project::new("");
    project.recorded(&lcov(LOAD, EVERY_LINE), "out/a.json", &[]);
    let text = lcov(LOAD, "1,1 2,1 3,0 4,1") + &lcov("lib/load.py", "1,1 2,0");
    project.recorded(&text, "out/b.json", &[]);
    let output = project.portcullis(&["evidence", "diff", "out/a.json", "out/b.json"]);
    let said = String::from_utf8(output.stdout).unwrap();
    for part in [
        "services/upload/load.py: 4 of 4 lines before, 3 of 4 lines now; no longer executed: 3",
        "lib/load.py: not measured before, 1 of 2 lines now",
    ] {
        assert!(said.contains(part), "{said}");
    }
    let output = project.portcullis(&["evidence", "diff", "out/b.json", "out/a.json", "--json"]);
    assert!(String::from_utf8(output.stdout).unwrap().contains("\"gained\""));
    let output = project.portcullis(&["evidence", "diff", "out/a.json", "out/a.json"]);
    assert!(String::from_utf8(output.stdout).unwrap().contains("no difference"));
}

#[test]
fn facts_that_are_withheld_never_allow_and_hold_only_changed_files() {
    let project = Project::new("");
    project.recorded(&(lcov(LOAD, EVERY_LINE) + &lcov("lib/load.py", "1,1")), STATEMENT, &[]);
    assert!(project.statement().contains("lib/load.py"));
    let facts = ["facts", "--host", "none", "--base", "main", "--head", "change", "--evidence", STATEMENT];
    let text = String::from_utf8(project.portcullis(&facts).stdout).unwrap();
    assert!(!text.contains("lib/load.py"), "{text}");
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
    for place in ["/evidence", "/line_coverage", "/evidence/known/statements/0/statement"] {
        let mut altered = whole.clone();
        *altered.pointer_mut(place).unwrap() = gap.clone();
        assert_ne!(decide(&altered), 0, "{place}");
    }
    let run = "/evidence/known/statements/0/statement/known/run/coverage";
    for place in [run, "/evidence/known/statements", &format!("{run}/0/files")] {
        let mut altered = whole.clone();
        *altered.pointer_mut(place).unwrap() = serde_json::json!([]);
        assert_ne!(decide(&altered), 0, "{place}");
    }
}

#[test]
fn signed_coverage_needs_the_list_of_signers() {
    let project = Project::new("trust = \"signed\"");
    let policy =
        CONTROLS.replace("MORE", "trust = \"signed\"").replace("signers = \"keys/allowed_signers\"\n", "");
    project.write("portcullis.toml", &policy);
    let output = project.portcullis(&["policy", "check"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(
        said.contains("needs a list of signers") && said.contains("[controls.regression-tests]"),
        "{said}"
    );
    for (more, text) in [
        ("trust = \"host\"", "needs a check that vouches"),
        ("check = { name = \"x\", app = \"y\" }", "no effect without"),
        ("trust = \"lokal\"", "lokal"),
        ("max-age = \"soon\"", "is not an age"),
    ] {
        project.write("portcullis.toml", &CONTROLS.replace("MORE", more));
        let output = project.portcullis(&["policy", "check"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(4) && said.contains(text), "{more}: {said}");
    }
}

//! Attacks on the order of things: the tests ran, and only then the work tree came to be what is judged.
//!
//! Each test is a real repository with a real work tree; `trust` and `max-age` are set, as in the ready policies. All of it
//! happens within seconds, so no difference of clocks can excuse anything. An honest twin stands beside each attack.

use crate::support::checkout::{Checkout as Project, REPORT};
use crate::support::gate::Verdict;
use jiff::{SignedDuration, Timestamp};
use std::time::{Duration, SystemTime};

const LOAD: &str = "services/upload/load.py";
const COVERAGE: &str = "out/lcov.info";
const SUITE: &str = "regression-tests";
const LINES: &str = "changed-line-coverage";

const CONTROLS: &str = r#"[controls.regression-tests.suites.upload]
minimum = 1
reports = ["out/junit*.xml", "out/report*"]
trust = "local"
max-age = "24h"
"#;

const MEASURED: &str = r#"[controls.changed-line-coverage]
minimum = 100
trust = "local"
max-age = "24h"
[controls.changed-line-coverage.reports.upload]
files = ["out/lcov.info"]
"#;

const GREEN: &str = "<testsuites><testsuite name='upload'><testcase classname='upload' name='loads'/></testsuite></testsuites>";

fn at(ago: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_secs(ago)
}

/// A report whose tests began so many seconds ago.
type Form = Box<dyn Fn(i64) -> String>;

/// A JUnit report whose suite began this long ago; `zone` stands behind the time.
fn timed(ago: i64, zone: &str) -> String {
    let text = (Timestamp::now() - SignedDuration::from_secs(ago)).strftime("%Y-%m-%dT%H:%M:%S").to_string();
    GREEN.replace("name='upload'>", &format!("name='upload' timestamp='{text}{zone}'>"))
}

/// What this file does with a project.
trait Ordered: Sized {
    /// `main`, and a branch `change` with one commit more. Nothing has run yet.
    fn new() -> Self;
    fn measured() -> Self;
    fn of(controls: &str) -> Self;
    fn edit(&self, value: u8);
    /// The suite runs on what lies there now.
    fn ran(&self);
    fn measure(&self);
    fn set_time(&self, path: &str, at: SystemTime);
    fn stops(&self, control: &str, text: &str) -> Verdict;
    fn allows(&self) -> Verdict;
}

impl Ordered for Project {
    fn new() -> Self {
        Project::of(CONTROLS)
    }

    fn measured() -> Self {
        Project::of(&format!("{CONTROLS}{MEASURED}"))
    }

    fn of(controls: &str) -> Self {
        let files = [
            ("tests/test_load.py", "def test_load(): pass\n"),
            ("tests/test_amend.py", "def test_amend(): pass\n"),
            (LOAD, "def load():\n    return 1\n"),
        ];
        let project = Project::with(controls, &files);
        project.change(LOAD, "def load():\n    return 2\n");
        project
    }

    fn edit(&self, value: u8) {
        self.write(LOAD, &format!("def load():\n    return {value}\n"));
    }

    fn ran(&self) {
        self.write(REPORT, GREEN);
        self.measure();
    }

    fn measure(&self) {
        self.write(COVERAGE, &format!("TN:\nSF:{LOAD}\nDA:1,1\nDA:2,1\nLF:2\nLH:2\nend_of_record\n"));
    }

    fn set_time(&self, path: &str, at: SystemTime) {
        let file = std::fs::File::options().write(true).open(self.path().join(path)).unwrap();
        file.set_modified(at).unwrap();
    }

    fn stops(&self, control: &str, text: &str) -> Verdict {
        let verdict = self.judge(&[]);
        verdict.expect(1, control, text);
        verdict
    }

    fn allows(&self) -> Verdict {
        let verdict = self.judge(&[]);
        assert_eq!(verdict.exit, 0, "{}", verdict.text);
        verdict
    }
}

#[test]
fn a_run_before_the_change_was_made_does_not_count() {
    let project = Project::measured();
    project.ran();
    project.allows();
    project.edit(3);
    project.commit("And now something untested");
    let verdict = project.stops(SUITE, "before");
    verdict.expect(1, LINES, "before");
    // The same in the other order is honest, and so is running again.
    project.ran();
    project.allows();
}

#[test]
fn a_run_before_the_commit_does_not_count_although_no_file_was_written_since() {
    let project = Project::measured();
    project.edit(3);
    project.ran();
    project.commit("What ran may have been something else");
    let verdict = project.stops(SUITE, "before");
    verdict.expect(1, LINES, "before");
    project.ran();
    project.allows();
}

#[test]
fn coverage_from_before_the_change_does_not_count_beside_a_fresh_run() {
    let project = Project::measured();
    project.ran();
    project.edit(3);
    project.commit("And now something that nobody measured");
    project.write(REPORT, GREEN);
    let verdict = project.judge(&[]);
    verdict.expect(1, LINES, "before");
    assert!(verdict.findings(SUITE, "broken").is_empty(), "{}", verdict.text);
    project.measure();
    project.allows();
}

#[test]
fn a_run_of_the_commit_before_it_was_amended_does_not_count() {
    let project = Project::new();
    project.ran();
    project.edit(3);
    project.git(&["commit", "-qa", "--amend", "--no-edit"]);
    project.stops(SUITE, "before");
    project.ran();
    project.allows();
}

#[test]
fn a_run_of_the_branch_before_it_was_rebased_does_not_count() {
    let project = Project::new();
    project.git(&["checkout", "-q", "main"]);
    project.write("services/upload/other.py", "x = 1\n");
    project.commit("Meanwhile");
    project.git(&["checkout", "-q", "change"]);
    project.ran();
    project.git(&["rebase", "-q", "main"]);
    project.stops(SUITE, "before");
    project.ran();
    project.allows();
}

#[test]
fn a_run_before_a_file_was_deleted_does_not_count() {
    let project = Project::new();
    project.ran();
    project.git(&["rm", "-q", "tests/test_amend.py"]);
    project.commit("One test less");
    project.stops(SUITE, "before");
    project.ran();
    project.allows();
}

#[test]
fn a_run_of_another_branch_does_not_count_for_the_one_that_is_checked_out_later() {
    let project = Project::new();
    project.git(&["checkout", "-q", "main"]);
    project.ran();
    project.git(&["checkout", "-q", "change"]);
    project.stops(SUITE, "before");
    project.ran();
    project.allows();
}

#[test]
fn a_change_that_was_there_for_the_run_and_was_taken_back_is_seen() {
    let project = Project::new();
    project.write("tests/test_load.py", "def test_load(): assert True\n");
    project.ran();
    project.git(&["checkout", "-q", "--", "tests/test_load.py"]);
    project.stops(SUITE, "tests/test_load.py");
    project.ran();
    project.allows();
}

#[test]
fn a_report_that_was_touched_or_copied_tells_its_own_time() {
    for old in [timed(3600, "Z"), timed(3600, "+00:00"), timed(3600, "")] {
        let project = Project::new();
        // Copied from another work tree, or handed on by another job: the file is new, and what it says is not.
        project.write(REPORT, &old);
        project.stops(SUITE, "by its own account");
        // And whoever handed it on can record it where it was made, or run the suite here.
        project.write(REPORT, &timed(0, "Z"));
        project.allows();
    }
    // Of two reports the older decides.
    let project = Project::new();
    project.write(REPORT, &timed(0, "Z"));
    project.write("out/junit-2.xml", &timed(3600, "Z").replace("loads", "amends"));
    project.stops(SUITE, "junit-2.xml");
}

#[test]
fn a_report_whose_file_is_older_than_what_it_tells_of_is_no_evidence() {
    let project = Project::new();
    project.write(REPORT, &timed(-600, "Z"));
    project.stops(SUITE, "names a later time itself");
    project.write(REPORT, &timed(0, "Z"));
    project.allows();
    project.set_time(REPORT, SystemTime::now() + Duration::from_secs(300));
    project.stops(SUITE, "in the future");
    project.set_time(REPORT, SystemTime::now() - Duration::from_secs(300));
    project.stops(SUITE, "before");
}

#[test]
fn each_format_that_has_times_is_asked_for_them() {
    let forms: [(&str, Form); 10] = [
        (
            "ctrf",
            Box::new(move |ago| {
                format!(
                    r#"{{"results": {{"tool": {{"name": "x"}}, "summary": {{"tests": 1, "passed": 1, "failed": 0, "skipped": 0,
                    "pending": 0, "other": 0, "start": {0}, "stop": {0}}}, "tests": [{{"name": "a", "status": "passed",
                    "duration": 1}}]}}}}"#,
                    at(ago).as_millisecond()
                )
            }),
        ),
        (
            "go",
            Box::new(move |ago| {
                let line = |more: &str| format!("{{\"Time\":\"{}\",\"Package\":\"p\",{more}}}\n", at(ago));
                [
                    line("\"Action\":\"start\""),
                    line("\"Action\":\"run\",\"Test\":\"A\""),
                    line("\"Action\":\"pass\",\"Test\":\"A\""),
                    line("\"Action\":\"pass\""),
                ]
                .concat()
            }),
        ),
        (
            "nunit",
            Box::new(move |ago| {
                let start = at(ago).strftime("%Y-%m-%d %H:%M:%SZ").to_string();
                format!(
                    "<test-run start-time='{start}'><test-suite name='s'><test-case fullname='a' result='Passed'/></test-suite></test-run>"
                )
            }),
        ),
        (
            "trx",
            Box::new(move |ago| {
                format!(
                    "<TestRun><Times start='{}'/><Results><UnitTestResult testName='a' outcome='Passed'/></Results></TestRun>",
                    at(ago)
                )
            }),
        ),
        (
            "xunit",
            Box::new(move |ago| {
                let (date, time) = (at(ago).strftime("%Y-%m-%d"), at(ago).strftime("%H:%M:%S"));
                format!(
                    "<assemblies><assembly name='s' run-date='{date}' run-time='{time}'><test name='a' result='Pass'/></assembly></assemblies>"
                )
            }),
        ),
        (
            "testng",
            Box::new(move |ago| {
                let start = at(ago).strftime("%Y-%m-%dT%H:%M:%S UTC").to_string();
                format!(
                    "<testng-results><suite name='s' started-at='{start}'><test name='t'><class name='C'><test-method name='a' status='PASS'/>\
                     </class></test></suite></testng-results>"
                )
            }),
        ),
        (
            "robot",
            Box::new(move |ago| {
                let start = at(ago).strftime("%Y%m%d %H:%M:%S.000").to_string();
                format!(
                    "<robot><suite name='s'><test name='a'><status status='PASS' starttime='{start}'/></test><status status='PASS'/></suite></robot>"
                )
            }),
        ),
        (
            "playwright",
            Box::new(move |ago| {
                format!(
                    r#"{{"config": {{}}, "suites": [{{"title": "f", "specs": [{{"title": "a", "ok": true, "tests": [{{"expectedStatus": "passed",
                    "status": "expected", "results": [{{"status": "passed", "startTime": "{}"}}]}}]}}]}}], "errors": []}}"#,
                    at(ago)
                )
            }),
        ),
        (
            "open test reporting",
            Box::new(move |ago| {
                format!(
                    "<e:events xmlns:e='https://schemas.opentest4j.org/reporting/events/0.2.0'><e:started id='1' name='a' time='{}'/>\
                     <e:finished id='1'><result xmlns='x' status='SUCCESSFUL'/></e:finished></e:events>",
                    at(ago)
                )
            }),
        ),
        (
            "junit of one case",
            Box::new(move |ago| GREEN.replace("<testcase", &format!("<testcase timestamp='{}'", at(ago)))),
        ),
    ];
    for (name, form) in forms {
        let project = Project::new();
        project.write("out/report", &form(7200));
        let verdict = project.judge(&[]);
        assert_eq!(verdict.exit, 1, "{name}: {}", verdict.text);
        verdict.expect(1, SUITE, "by its own account");
        project.write("out/report", &form(0));
        let verdict = project.judge(&[]);
        assert_eq!(verdict.exit, 0, "{name}: {}", verdict.text);
    }
}

#[test]
fn a_coverage_report_tells_its_own_time_too() {
    let project = Project::of(&format!("{CONTROLS}{MEASURED}").replace("out/lcov.info", "out/coverage.xml"));
    let form = |ago: i64| {
        let stamp = (Timestamp::now() - SignedDuration::from_secs(ago)).as_millisecond();
        format!(
            "<coverage timestamp='{stamp}' lines-valid='2' lines-covered='2'><packages><package name='u'><classes>\
             <class name='load' filename='{LOAD}'><lines><line number='1' hits='1'/><line number='2' hits='1'/></lines></class>\
             </classes></package></packages></coverage>"
        )
    };
    project.write(REPORT, GREEN);
    project.write("out/coverage.xml", &form(7200));
    project.stops(LINES, "by its own account");
    project.write("out/coverage.xml", &form(0));
    project.allows();
}

#[test]
fn a_report_without_times_of_its_own_counts_by_its_files_time_and_says_so() {
    let project = Project::new();
    project.write(REPORT, GREEN);
    let noted = format!("{:?}", project.allows().findings(SUITE, "noted"));
    assert!(noted.contains("only file times show"), "{noted}");
    project.write(REPORT, &timed(0, "Z"));
    let noted = format!("{:?}", project.allows().findings(SUITE, "noted"));
    assert!(!noted.contains("only file times show"), "{noted}");
}

#[test]
fn a_commit_whose_date_is_ahead_of_this_machine_is_judged_by_when_it_was_checked_out_here() {
    let project = Project::new();
    let ahead = (Timestamp::now() + SignedDuration::from_mins(8)).to_string();
    project.edit(3);
    project.git_at(&ahead, &["commit", "-qa", "-m", "From a machine whose clock runs ahead"]);
    project.git(&["checkout", "-q", "--detach"]);
    project.ran();
    let noted = format!("{:?}", project.allows().findings(SUITE, "noted"));
    assert!(noted.contains("clock"), "{noted}");
    // It excuses nothing that this machine saw itself.
    project.git(&["checkout", "-q", "main"]);
    project.git(&["checkout", "-q", "--detach", "change"]);
    project.stops(SUITE, "before");
}

#[test]
fn a_commit_whose_date_was_put_back_hides_nothing() {
    let project = Project::new();
    project.ran();
    project.edit(3);
    project.git_at("2026-01-01T00:00:00Z", &["commit", "-qa", "-m", "From long ago"]);
    project.stops(SUITE, "before");
    project.ran();
    project.allows();
}

#[test]
fn a_refreshed_index_and_a_fetch_are_no_change() {
    let project = Project::new();
    project.git(&["pack-refs", "--all"]);
    project.ran();
    project.git(&["status"]);
    project.git(&["fetch", "-q", ".", "main:refs/remotes/origin/main"]);
    project.allows();
}

#[test]
fn a_statement_that_was_recorded_from_an_old_report_does_not_count() {
    let handed = ["--evidence", "out/statement.json"];
    let project = Project::new();
    project.ran();
    project.edit(3);
    project.commit("And now something untested");
    let said = project.record(&["-o", "out/statement.json"]);
    assert!(said.contains("will not count"), "{said}");
    std::fs::remove_file(project.path().join(REPORT)).unwrap();
    project.judge(&handed).expect(1, SUITE, "before");
    project.ran();
    project.record(&["-o", "out/statement.json"]);
    std::fs::remove_file(project.path().join(REPORT)).unwrap();
    let verdict = project.judge(&handed);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
}

#[test]
fn the_leeway_is_gone_where_only_the_age_is_asked_for() {
    let project = Project::of(&CONTROLS.replace("trust = \"local\"\n", ""));
    project.ran();
    project.edit(3);
    project.commit("And now something untested");
    project.stops(SUITE, "before");
    project.ran();
    project.allows();
}

/// What somebody does to a work tree between two judgements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Edit,
    Discard,
    Commit,
    Amend,
    Run,
    ThereAndBack,
    Look,
}

/// Does it; says whether a run before it still counts, or `None` when nothing was done.
fn step(project: &Project, step: Step, number: u8, dirty: &mut bool) -> Option<bool> {
    match step {
        Step::Edit => {
            project.edit(number);
            *dirty = true;
        }
        Step::Discard if *dirty => {
            project.git(&["checkout", "-q", "--", LOAD]);
            *dirty = false;
        }
        Step::Commit if *dirty => {
            project.git(&["commit", "-qam", "More"]);
            *dirty = false;
        }
        Step::Amend if !*dirty => drop(project.git(&["commit", "-q", "--amend", "-m", "Told better"])),
        Step::ThereAndBack if !*dirty => {
            project.git(&["checkout", "-q", "main"]);
            project.git(&["checkout", "-q", "change"]);
        }
        Step::Run => {
            project.ran();
            return Some(true);
        }
        Step::Look => drop(project.git(&["status"])),
        _ => return None,
    }
    (step != Step::Look).then_some(false)
}

#[test]
fn in_whatever_order_somebody_works_a_run_counts_exactly_when_nothing_came_after_it() {
    use Step::{Amend, Commit, Discard, Edit, Look, Run, ThereAndBack};
    let steps = [Edit, Edit, Discard, Commit, Amend, Run, Run, ThereAndBack, Look];
    let (mut state, mut allowed) = (11_u64, 0);
    let mut below = |limit: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % limit as u64) as usize
    };
    for story in 0..16_u8 {
        let project = Project::measured();
        let (mut dirty, mut counts, mut told) = (false, false, Vec::new());
        for number in 10..10 + 2 + below(6) as u8 {
            let next = steps[below(steps.len())];
            told.push(next);
            counts = step(&project, next, number, &mut dirty).unwrap_or(counts);
        }
        if dirty {
            counts = step(&project, Commit, 0, &mut dirty).unwrap_or(counts);
        }
        let verdict = project.judge(&[]);
        assert_eq!(verdict.exit == 0, counts, "story {story}, {told:?}: {}", verdict.text);
        allowed += u8::from(counts);
    }
    assert!((3..14).contains(&allowed), "{allowed} of 16 are honest, which shows little");
}

/// Only the committer's own clock would tell that the branch was not moved since.
#[test]
fn a_branch_that_was_packed_after_the_run_has_to_run_again() {
    let project = Project::new();
    project.ran();
    project.git(&["pack-refs", "--all"]);
    project.judge(&[]).expect(1, SUITE, "before");
    project.ran();
    project.allows();
}

/// The content is what it was, and so is the time of writing.
#[test]
fn a_file_that_was_changed_for_the_run_and_put_back_with_its_time() {
    let project = Project::new();
    let file = project.path().join(LOAD);
    let (text, time) = (std::fs::read(&file).unwrap(), std::fs::metadata(&file).unwrap().modified().unwrap());
    std::fs::write(&file, "def load(): return 0\n").unwrap();
    project.ran();
    std::fs::write(&file, text).unwrap();
    std::fs::File::options().write(true).open(&file).unwrap().set_modified(time).unwrap();
    project.judge(&[]).expect(1, SUITE, "before");
    project.ran();
    project.allows();
}

/// A file that changes what the tests do is hidden by rules that stand in no commit.
#[test]
fn a_file_that_only_this_clone_ignores() {
    for (rules, exclude) in
        [(&["config", "core.excludesFile", ".git/mine"][..], ".git/mine"), (&["status"], ".git/info/exclude")]
    {
        let project = Project::new();
        project.git(rules);
        std::fs::create_dir_all(project.path().join(".git/info")).unwrap();
        project.write(exclude, "conftest.py\n");
        project.write("services/upload/conftest.py", "def pytest_runtest_call(item): pass\n");
        project.ran();
        project.judge(&[]).expect(1, SUITE, "services/upload/conftest.py");
        std::fs::remove_file(project.path().join("services/upload/conftest.py")).unwrap();
        project.ran();
        project.allows();
    }
}

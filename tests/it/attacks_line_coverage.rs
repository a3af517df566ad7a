//! Attacks through coverage reports: real repositories, real reports, the real program. An honest twin, which the gate
//! lets through, stands beside each attack.

use crate::support::gate::{Verdict, judge};
use portcullis_testkit::history::Edit;
use portcullis_testkit::stage::{POLICY, Stage};
use serde_json::Value;

const CONTROL: &str = "changed-line-coverage";
const LOAD: &str = "services/upload/load.py";
const REPORT: &str = "coverage/lcov.info";
const BEFORE: &str = "def load(rows):\n    return rows\n";
/// Lines 2 to 4 are new.
const AFTER: &str = "def load(rows):\n    if not rows:\n        return None\n    return sorted(rows)\n";
const EVERY_LINE: &str = "1,1 2,1 3,1 4,1";

fn policy(more: &str) -> String {
    format!(
        "{POLICY}\n[controls.changed-line-coverage]\nminimum = 80\n\n\
         [controls.changed-line-coverage.reports.python]\nfiles = [\"{REPORT}\"]\n{more}"
    )
}

/// Kim changes the loader; nothing is measured yet.
fn project(more: &str) -> Stage {
    let policy = policy(more);
    let mut stage = Stage::with(&[
        Edit::Write("portcullis.toml", &policy),
        Edit::Write(".github/CODEOWNERS", "* @robin-example\n"),
        Edit::Write("lib/load.py", BEFORE),
        Edit::Write(LOAD, BEFORE),
    ])
    .unwrap();
    stage.change(&[Edit::Write(LOAD, AFTER)]).unwrap();
    stage
}

/// An LCOV section for a file, of `line,count` in words.
fn lcov(name: &str, lines: &str) -> String {
    let lines: String = lines.split(' ').map(|line| format!("DA:{line}\n")).collect();
    format!("TN:\nSF:{name}\n{lines}end_of_record\n")
}

fn write(stage: &Stage, path: &str, text: &str) {
    let file = stage.directory().join(path);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
}

fn with_report(more: &str, text: &str) -> Verdict {
    let stage = project(more);
    write(&stage, REPORT, text);
    judge(&stage)
}

fn allowed(verdict: &Verdict) {
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    let about = |word| verdict.findings(CONTROL, word).len();
    assert!(about("met") + about("exempt") > 0, "{}", verdict.text);
}

#[test]
fn an_honest_report_is_let_through_and_what_is_not_covered_is_shown_where_it_is() {
    allowed(&with_report("", &lcov(LOAD, EVERY_LINE)));
    let missed = with_report("", &lcov(LOAD, "1,1 2,1 3,0 4,1"));
    missed.expect(1, CONTROL, "2 of 3 changed executable lines covered (66 %)");
    missed.expect(1, CONTROL, "no test executed 1 of its 3 changed executable lines: 3");
    let places: Vec<&Value> =
        missed.findings(CONTROL, "broken").into_iter().map(|finding| &finding["place"]).collect();
    assert!(places.iter().any(|place| place["path"] == LOAD && place["line"] == 3), "{}", missed.text);
}

#[test]
fn unchanged_lines_count_for_nothing() {
    // Ninety executed lines beside one changed line that nobody executed.
    let many: String = (5..95).map(|line| format!(" {line},1")).collect();
    let long = AFTER.to_string() + &"    pass\n".repeat(90);
    let mut stage = project("");
    stage.change(&[Edit::Write(LOAD, &long)]).unwrap();
    write(&stage, REPORT, &lcov(LOAD, &format!("1,1 2,1 3,1 4,1{many}")));
    allowed(&judge(&stage));
    let verdict = with_report("", &(lcov(LOAD, "1,1 2,0 3,0 4,0") + &lcov("lib/load.py", &many[1..])));
    verdict.expect(1, CONTROL, "0 of 3 changed executable lines");
}

#[test]
fn a_report_that_is_missing_cut_off_or_empty_is_no_evidence() {
    judge(&project("")).expect(1, CONTROL, "there is no coverage report of `python`");
    let whole = lcov(LOAD, EVERY_LINE);
    with_report("", &whole[..whole.len() - 5]).expect(3, CONTROL, "no record of a tracefile");
    with_report("", whole.trim_end_matches("end_of_record\n")).expect(3, CONTROL, "cut off");
    with_report("", "").expect(3, CONTROL, "it is empty");
    with_report("", "TN:\n").expect(3, CONTROL, "it names no file");
}

#[test]
fn a_file_of_the_same_name_elsewhere_is_another_file() {
    for name in [
        "load.py",
        "upload/load.py",
        "lib/load.py",
        "vendor/services/upload/load.py",
        "/build/services/upload/load.py",
        "Services/upload/load.py",
    ] {
        let verdict = with_report("", &lcov(name, EVERY_LINE));
        verdict.expect(1, CONTROL, "the file changed, and no coverage report names it");
    }
    allowed(&with_report("strip = \"/build\"\n", &lcov("/build/services/upload/load.py", EVERY_LINE)));
    allowed(&with_report("add = \"services/upload\"\n", &lcov("load.py", EVERY_LINE)));
    allowed(&with_report("", &lcov("./services/upload/load.py", EVERY_LINE)));
    let stage = project("");
    let absolute = stage.directory().canonicalize().unwrap().join(LOAD);
    write(&stage, REPORT, &lcov(absolute.to_str().unwrap(), EVERY_LINE));
    allowed(&judge(&stage));
}

#[test]
fn two_names_for_one_file_and_one_name_for_two_are_findings() {
    let twice = lcov(LOAD, "1,1 2,0 3,0 4,0") + &lcov("./services/upload/load.py", EVERY_LINE);
    with_report("", &twice).expect(1, CONTROL, "it is ambiguous which entry");
    let class = "<class filename='load.py'><lines><line number='2' hits='1'/><line number='3' hits='1'/><line number='4' hits='1'/></lines></class>";
    let xml = |sources: &str| {
        format!(
            "<coverage><sources>{sources}</sources><packages><package><classes>{class}</classes></package></packages></coverage>"
        )
    };
    let two = "<source>services/upload</source><source>lib</source>";
    with_report("", &xml(two)).expect(1, CONTROL, "it is ambiguous which entry");
    allowed(&with_report("", &xml("<source>services/upload</source>")));
    // A second directory that holds no such file leaves no choice.
    allowed(&with_report("", &xml("<source>services/upload</source><source>tests</source>")));
}

#[test]
fn evidence_that_the_change_brings_is_none() {
    let mut stage = project("");
    let report = lcov(LOAD, EVERY_LINE);
    stage.change(&[Edit::Write(LOAD, AFTER), Edit::Write(REPORT, &report)]).unwrap();
    write(&stage, REPORT, &report);
    judge(&stage).expect(1, CONTROL, "so it is not evidence of a run");
}

#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_a_report_is_not_followed() {
    let stage = project("");
    write(&stage, "evidence.info", &lcov(LOAD, EVERY_LINE));
    std::fs::create_dir(stage.directory().join("coverage")).unwrap();
    std::os::unix::fs::symlink("../evidence.info", stage.directory().join(REPORT)).unwrap();
    judge(&stage).expect(3, CONTROL, "symbolic link");
}

#[test]
fn a_report_of_another_version_is_noticed() {
    with_report("", &lcov(LOAD, &format!("{EVERY_LINE} 5,1"))).expect(1, CONTROL, "of another version");
    // The line checksums of the file before the change.
    let report = |checksum: &str| lcov(LOAD, &format!("1,1 2,1,{checksum} 3,1 4,1"));
    with_report("", &report("t5nLdpx/QbrVMVLfX7nDBw")).expect(1, CONTROL, "its checksum of line 2");
    // What was measured is not what is judged: the work tree holds the merge, or something that nobody committed.
    let stage = project("");
    write(&stage, REPORT, &lcov(LOAD, EVERY_LINE));
    write(&stage, LOAD, &AFTER.replace("sorted(rows)", "rows"));
    judge(&stage).expect(1, CONTROL, "the work tree that it was measured in holds other lines");
    write(&stage, LOAD, &AFTER.replace('\n', "\r\n"));
    allowed(&judge(&stage));
}

#[test]
fn a_summary_that_says_otherwise_is_noticed() {
    let report =
        |claims: &str| lcov(LOAD, EVERY_LINE).replace("end_of_record", &format!("{claims}\nend_of_record"));
    allowed(&with_report("", &report("LF:4\nLH:4")));
    with_report("", &report("LF:6\nLH:4")).expect(1, CONTROL, "claims 6 lines and shows 4");
    with_report("", &report("LF:4\nLH:2")).expect(1, CONTROL, "claims 2 executed lines and shows 4");
}

#[test]
fn lines_hidden_from_line_counting_are_not_passed_over() {
    // Python ends lines at a lone carriage return, so its line 5 is git's line 2.
    let hidden = "def load(rows): # \r# \r# \r\n    drop(rows)\n    pass\n    pass\n    pass\n    pass\n";
    let mut stage = project("");
    stage.change(&[Edit::Write(LOAD, hidden)]).unwrap();
    write(&stage, REPORT, &lcov(LOAD, "1,1 2,1 3,1 4,1 5,0 6,1"));
    judge(&stage).expect(3, CONTROL, "carriage return");
}

#[test]
fn code_that_was_moved_in_is_new_code() {
    let mut stage = project("");
    stage.change(&[Edit::Remove("lib/load.py"), Edit::Write("services/upload/moved.py", BEFORE)]).unwrap();
    write(&stage, REPORT, &lcov("services/upload/moved.py", "1,1 2,0"));
    judge(&stage).expect(1, CONTROL, "1 of 2 changed executable lines");
}

#[test]
fn files_without_lines_need_a_suite_that_has_to_run() {
    let sql = Edit::Write("services/upload/load.sql", "DELETE FROM records;\n");
    let without = |suite: &str| {
        format!(
            "\n[controls.changed-line-coverage.areas.upload]\nwithout-lines = {{ paths = [\"**/*.sql\"], suite = \"{suite}\" }}\n"
        )
    };
    let stage = |more: &str| {
        let mut stage = project(more);
        stage.change(std::slice::from_ref(&sql)).unwrap();
        write(&stage, REPORT, &lcov(LOAD, EVERY_LINE));
        stage
    };
    judge(&stage("")).expect(1, CONTROL, "no coverage report names it");
    let mut honest = stage(&without("upload-regression"));
    allowed(&judge(&honest));
    honest.report("<testsuites/>").unwrap();
    judge(&honest).expect(1, "regression-tests", "zero tests");
    honest = stage(&without("uplaod-regression"));
    let refused = judge(&honest);
    assert_eq!(refused.exit, 4, "{}", refused.text);
    assert!(refused.text.contains("did you mean `upload-regression`?"), "{}", refused.text);
}

#[test]
fn a_suite_of_another_area_stands_in_for_nothing() {
    let area = "[[data-processing]]\nname = \"archive\"\npurpose = \"Keeps records\"\npaths = [\"archive/**\"]\n\n[controls.protected-branch]";
    let own = "\n[controls.changed-line-coverage.areas.archive]\nwithout-lines = { paths = [\"**/*.sql\"], suite = \"upload-regression\" }\n";
    let policy = policy(own).replace("[controls.protected-branch]", area);
    let stage = Stage::with(&[Edit::Write("portcullis.toml", &policy)]).unwrap();
    let refused = judge(&stage);
    assert_eq!(refused.exit, 4, "{}", refused.text);
    assert!(refused.text.contains("does not have to run when `archive` is touched"), "{}", refused.text);
}

#[test]
fn the_facts_hold_no_source_text_and_decide_alike() {
    let stage = project("");
    write(&stage, REPORT, &(lcov(LOAD, "1,1 2,1 3,0 4,1") + &lcov("secret/name.py", "1,1")));
    let run = |arguments: &[&str]| {
        let server = portcullis_testkit::server::Server::start(stage.world.clone());
        crate::support::gate::command(&stage, &server, arguments).output().unwrap()
    };
    let facts = String::from_utf8(run(&["facts"]).stdout).unwrap();
    assert!(facts.contains("\"executable\"") && !facts.contains("return sorted"), "{facts}");
    assert!(!facts.contains("secret/name.py"), "{facts}");
    std::fs::write(stage.directory().join("facts.json"), &facts).unwrap();
    std::fs::write(stage.directory().join("policy.toml"), policy("")).unwrap();
    let again = run(&["decide", "--facts", "facts.json", "--policy", "policy.toml", "--format", "json"]);
    assert_eq!(
        String::from_utf8_lossy(&again.stdout),
        String::from_utf8_lossy(&run(&["check", "--format", "json"]).stdout)
    );
}

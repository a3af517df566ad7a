//! Remedies about test reports, statements, baselines and coverage, followed literally.

use crate::support::checkout::{Checkout, REPORT};
use crate::support::followed::{allowed, judged, notes, remedies, says, text};
use std::fs;
use std::path::Path;

const LOAD: &str = "services/upload/load.sql";
const GREEN: &str = "<testsuite name='s'><testcase classname='c' name='a'/></testsuite>";

fn suite(more: &str) -> String {
    format!("[controls.regression-tests.suites.upload]\nminimum = 1\nreports = [\"out/*.xml\"]\n{more}")
}

fn project(controls: &str) -> Checkout {
    let checkout = Checkout::with(controls, &[(LOAD, "SELECT 1;\n")]);
    checkout.change(LOAD, "SELECT 2;\n");
    checkout
}

// Reports of tests.

/// Settings of the suite, what is wrong with its report, the remedy, and the report of a run that followed it.
type Row = (&'static str, &'static str, &'static str, &'static str);

const TWO: &str =
    "<testsuite name='s'><testcase classname='c' name='a'/><testcase classname='c' name='b'/></testsuite>";

const RUNS: &[Row] = &[
    (
        "",
        "<testsuite name='s' tests='3'><testcase classname='c' name='a'/></testsuite>",
        "Find out what the runner left out, and run the suite again.",
        "<testsuite name='s' tests='1'><testcase classname='c' name='a'/></testsuite>",
    ),
    (
        "",
        "<testsuite name='s'><error/><testcase classname='c' name='a'/></testsuite>",
        "Make the suite start and end without errors, and run it again.",
        GREEN,
    ),
    (
        "",
        "{\"Action\":\"run\",\"Package\":\"p\",\"Test\":\"A\"}\n{\"Action\":\"pass\",\"Package\":\"p\",\"Test\":\"A\"}\n{\"Action\":\"output\",\"Package\":\"p\",\"Output\":\"ok  \\tp\\t(cached)\\n\"}\n{\"Action\":\"pass\",\"Package\":\"p\"}\n",
        "Run the suite again, without the cache of its runner (`go test -count=1`).",
        "{\"Action\":\"run\",\"Package\":\"p\",\"Test\":\"A\"}\n{\"Action\":\"pass\",\"Package\":\"p\",\"Test\":\"A\"}\n{\"Action\":\"output\",\"Package\":\"p\",\"Output\":\"ok  \\tp\\t0.01s\\n\"}\n{\"Action\":\"pass\",\"Package\":\"p\"}\n",
    ),
    ("", "<testsuite name='s'/>", "Check which tests the runner selects, and run the suite again.", GREEN),
    (
        "",
        "<testsuite name='s'><testcase classname='c' name='a'><failure/></testcase></testsuite>",
        "Make the failing tests pass, and run the suite again.",
        GREEN,
    ),
    (
        "",
        "<testsuite name='s'><testcase classname='c' name='a'><flakyFailure/></testcase></testsuite>",
        "Find out why they fail intermittently; a retry hides the cause.",
        GREEN,
    ),
    (
        "skipped = \"block\"\n",
        "<testsuite name='s'><testcase classname='c' name='a'/><testcase classname='c' name='b'><skipped/></testcase></testsuite>",
        "Run every test of the suite, or remove those that are not needed.",
        TWO,
    ),
    (
        "skipped = \"block\"\n",
        "<testsuite name='s'><testcase classname='c' name='a'/><testcase classname='c' name='b'><skipped/></testcase></testsuite>",
        "or remove those that are not needed.",
        GREEN,
    ),
    (
        "required = [\"*b\"]\n",
        "<testsuite name='s'><testcase classname='c' name='a'/><testcase classname='c' name='b'><skipped/></testcase></testsuite>",
        "Make every required test run and pass at the first attempt.",
        TWO,
    ),
    (
        "required = [\"*b\"]\n",
        GREEN,
        "Restore the test, or change `required` in a reviewed change of the policy.",
        TWO,
    ),
    (
        "",
        "<testsuite name='s'><testcase classname='c' name='a'><skipped/></testcase></testsuite>",
        "Run the whole suite; look for tests that were removed, skipped or not selected.",
        GREEN,
    ),
    (
        "",
        "<testsuite name='s'><testcase classname='c' name='a'",
        "Run the suite again, let its runner finish, and hand over the report as it was written.",
        GREEN,
    ),
    (
        "format = \"tap\"\n",
        GREEN,
        "Run the suite again, let its runner finish, and hand over the report as it was written.",
        "TAP version 14\n1..1\nok 1 - a\n",
    ),
];

#[test]
fn a_run_that_followed_the_remedy_is_accepted() {
    for (settings, wrong, remedy, right) in RUNS {
        let checkout = project(&suite(settings));
        checkout.write(REPORT, wrong);
        says(&checkout.judge(&[]), remedy);
        checkout.write(REPORT, right);
        let verdict = checkout.judge(&[]);
        assert_eq!(verdict.exit, 0, "{remedy}: {}", verdict.text);
    }
    // Two tests of one name are pointed out, and give way to two names.
    let checkout = project(&suite(""));
    checkout.write(REPORT, "<testsuite name='s'><testcase classname='c' name='a'/><testcase classname='c' name='a'/></testsuite>");
    notes(&checkout.judge(&[]), "Give every test its own name, and have the runner mark reruns.");
    checkout.write(REPORT, TWO);
    let verdict = checkout.judge(&[]);
    allowed(&verdict);
    assert!(!remedies(&verdict).contains("Give every test its own name"), "{}", verdict.text);
}

#[test]
fn what_lies_where_a_report_should_be_gives_way_to_one() {
    let checkout = project(&suite(""));
    let place = checkout.path().join(REPORT);
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    let other = checkout.write("out/elsewhere.txt", GREEN);
    std::os::unix::fs::symlink(&other, &place).unwrap();
    says(&checkout.judge(&[]), "Write the report itself to this place.");
    fs::remove_file(&place).unwrap();
    fs::create_dir(&place).unwrap();
    let named = format!("upload={REPORT}");
    says(&checkout.judge(&["--report", &named]), "Write the report to a regular file.");
    fs::remove_dir(&place).unwrap();
    says(
        &checkout.judge(&["--report", &named]),
        "Check that the suite ran before the gate, and that the gate may read what it wrote.",
    );
    checkout.write(REPORT, GREEN);
    allowed(&checkout.judge(&["--report", &named]));
    allowed(&checkout.judge(&[]));
}

#[test]
fn a_report_that_the_repository_brings_is_removed_from_it() {
    let checkout = project(&suite(""));
    checkout.write(REPORT, GREEN);
    checkout.git(&["add", "-f", REPORT]);
    checkout.git(&["commit", "-qm", "Bring a report"]);
    says(&checkout.judge(&[]), "Remove the report from the repository and have the pipeline write it.");
    checkout.git(&["rm", "-q", "--cached", REPORT]);
    checkout.git(&["commit", "-qm", "Take it out"]);
    fs::remove_file(checkout.path().join(REPORT)).unwrap();
    checkout.write(REPORT, GREEN);
    allowed(&checkout.judge(&[]));
}

#[test]
fn suites_that_take_one_report_name_one_format() {
    let two = |format: &str| {
        suite("format = \"tap\"\n")
            + &format!(
                "[controls.regression-tests.suites.other]\nminimum = 1\nreports = [\"out/*.xml\"]\nformat = \"{format}\"\n"
            )
    };
    let tap = "TAP version 14\n1..1\nok 1 - a\n";
    let checkout = project(&two("junit"));
    checkout.write(REPORT, tap);
    says(&checkout.judge(&[]), "Let the suites of the policy that take this report name one format.");
    let checkout = project(&two("tap"));
    checkout.write(REPORT, tap);
    allowed(&checkout.judge(&[]));
}

#[test]
fn an_old_report_is_made_anew_or_recorded_with_the_run() {
    let checkout = project(&suite("trust = \"local\"\nmax-age = \"24h\"\n"));
    let place = checkout.write(REPORT, GREEN);
    let old = fs::File::options().write(true).open(&place).unwrap();
    old.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(400_000)).unwrap();
    drop(old);
    says(
        &checkout.judge(&[]),
        "Run the suite again on the judged commit, or let `portcullis evidence record --suite upload --report FILE -o STATEMENT -- COMMAND` run it",
    );
    checkout.write(REPORT, GREEN);
    let verdict = checkout.judge(&[]);
    allowed(&verdict);
    notes(
        &verdict,
        "Let `portcullis evidence record --suite upload --report FILE -o STATEMENT -- COMMAND` run the suite, or have the runner write a report that names its own times",
    );
    // As it says: the gate's own program runs the suite.
    fs::remove_file(&place).unwrap();
    recorded(&checkout, &["-o", "out/s.json"], &format!("mkdir -p out; echo \"{GREEN}\" > {REPORT}\n"));
    let verdict = checkout.judge(&["--evidence", "out/s.json"]);
    allowed(&verdict);
    assert!(!remedies(&verdict).contains("names its own times"), "{}", verdict.text);
}

/// Records a run of a script, which must succeed.
fn recorded(checkout: &Checkout, more: &[&str], script: &str) {
    let (code, said) = record(checkout, more, script);
    assert_eq!(code, Some(0), "{said}");
}

fn record(checkout: &Checkout, more: &[&str], script: &str) -> (Option<i32>, String) {
    let file = checkout.outside.path().join("suite.sh");
    fs::write(&file, script).unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.current_dir(checkout.path());
    command.args(["evidence", "record", "--suite", "upload", "--report", REPORT]).args(more);
    let output = command.args(["--", "sh", file.to_str().unwrap()]).output().unwrap();
    (output.status.code(), text(&output))
}

fn script(report: &str) -> String {
    format!("mkdir -p out; echo \"{report}\" > {REPORT}\n")
}

// Statements and their signatures.

fn signers(checkout: &Checkout, key: &str) -> String {
    let key = ssh_key::PrivateKey::read_openssh_file(Path::new(key)).unwrap();
    let key = key.public_key().to_openssh().unwrap();
    checkout.write("keys/signers", &format!("kim@example.test namespaces=\"portcullis\" {key}\n"));
    key
}

const SIGNED: &str = "[controls.regression-tests]\nsigners = \"keys/signers\"\n\
    [controls.regression-tests.suites.upload]\nminimum = 1\ntrust = \"signed\"\n";

#[test]
fn a_list_of_signers_is_landed_first_and_its_keys_sign() {
    let checkout = Checkout::with(SIGNED, &[(LOAD, "SELECT 1;\n")]);
    let (key, other) = (checkout.key(7), checkout.key(8));
    checkout.change(LOAD, "SELECT 2;\n");
    recorded(&checkout, &["--key", &key, "-o", "out/s.json"], &script(GREEN));
    let verdict = checkout.judge(&["--evidence", "out/s.json"]);
    says(&verdict, "Land the list of signers on the branch first, in a change of its own");
    // As it says; at first with a mistake in it.
    checkout.git(&["checkout", "-q", "main"]);
    checkout.write("keys/signers", "nothing of use\n");
    checkout.commit("List of signers");
    checkout.git(&["checkout", "-q", "change"]);
    checkout.git(&["rebase", "-q", "main"]);
    recorded(&checkout, &["--key", &key, "-o", "out/s.json"], &script(GREEN));
    says(&checkout.judge(&["--evidence", "out/s.json"]), "Mend the list of signers on the branch");
    checkout.git(&["checkout", "-q", "main"]);
    signers(&checkout, &key);
    checkout.commit("Mend the list");
    checkout.git(&["checkout", "-q", "change"]);
    checkout.git(&["rebase", "-q", "main"]);
    recorded(&checkout, &["--key", &other, "-o", "out/s.json"], &script(GREEN));
    says(
        &checkout.judge(&["--evidence", "out/s.json"]),
        "Sign the statement as it was recorded, with a key that the policy's list of signers allows",
    );
    recorded(&checkout, &["--key", &key, "-o", "out/s.json"], &script(GREEN));
    allowed(&checkout.judge(&["--evidence", "out/s.json"]));
}

#[test]
fn a_statement_that_cannot_be_read_is_recorded_again() {
    let checkout = project(&suite("trust = \"local\"\n"));
    recorded(&checkout, &["-o", "out/s.json"], &script(GREEN));
    fs::remove_file(checkout.path().join(REPORT)).unwrap();
    let whole = fs::read_to_string(checkout.path().join("out/s.json")).unwrap();
    fs::write(checkout.path().join("out/s.json"), &whole[..whole.len() / 2]).unwrap();
    says(
        &checkout.judge(&["--evidence", "out/s.json"]),
        "Record the run again with `portcullis evidence record`",
    );
    recorded(&checkout, &["-o", "out/s.json"], &script(GREEN));
    allowed(&checkout.judge(&["--evidence", "out/s.json"]));
}

#[test]
fn configurations_are_recorded_one_by_one_each_with_its_own_report() {
    let checkout = project(&suite("trust = \"local\"\nconfigurations = [\"linux\", \"windows\"]\n"));
    let give = ["--evidence", "out/linux.json", "--evidence", "out/windows.json"];
    recorded(&checkout, &["--configuration", "linux", "-o", "out/linux.json"], &script(GREEN));
    let verdict = checkout.judge(&give[..2]);
    says(
        &verdict,
        "Record each configuration with `portcullis evidence record --configuration NAME`, and hand all of them over",
    );
    // One report for both.
    let again = checkout.portcullis(&[
        "evidence",
        "record",
        "--suite",
        "upload",
        "--report",
        REPORT,
        "--configuration",
        "windows",
        "-o",
        "out/windows.json",
    ]);
    assert_eq!(again.status.code(), Some(0), "{}", text(&again));
    says(&checkout.judge(&give), "Hand over the report that each configuration wrote itself");
    let own = GREEN.replace("name='a'", "name='a' time='0.1'");
    recorded(&checkout, &["--configuration", "windows", "-o", "out/windows.json"], &script(&own));
    allowed(&checkout.judge(&give));
}

// Baselines.

/// A project whose branch recorded a run of two tests, on a change.
fn with_baseline(settings: &str, record_base: bool) -> Checkout {
    let checkout =
        Checkout::with(&suite(&format!("trust = \"local\"\n{settings}")), &[(LOAD, "SELECT 1;\n")]);
    if record_base {
        recorded(&checkout, &["--note"], &script(TWO));
    }
    checkout.change(LOAD, "SELECT 2;\n");
    checkout
}

#[test]
fn tests_that_vanished_are_brought_back_or_listed_under_removed() {
    let checkout = with_baseline("baseline = \"required\"\n", true);
    recorded(&checkout, &["-o", "out/s.json"], &script(GREEN));
    let remedy = "Restore them, or list them under `removed` in the policy, in a separate change that the owners of the gate approve";
    says(&checkout.judge(&["--evidence", "out/s.json"]), remedy);
    recorded(&checkout, &["-o", "out/s.json"], &script(TWO));
    allowed(&checkout.judge(&["--evidence", "out/s.json"]));
    // Listed, on the branch, first.
    let checkout = with_baseline("baseline = \"required\"\nremoved = [\"*b\"]\n", true);
    recorded(&checkout, &["-o", "out/s.json"], &script(GREEN));
    let verdict = checkout.judge(&["--evidence", "out/s.json"]);
    allowed(&verdict);
    notes(&verdict, "Remove them from `removed` once this has landed");
}

#[test]
fn a_baseline_is_recorded_on_the_branch_and_its_notes_are_fetched() {
    let checkout = with_baseline("baseline = \"first-run\"\n", false);
    recorded(&checkout, &["-o", "out/s.json"], &script(TWO));
    let verdict = checkout.judge(&["--evidence", "out/s.json"]);
    allowed(&verdict);
    notes(&verdict, "Record the suite on the deployment branch, and then write `baseline = \"required\"`");
    // Recorded there, the policy still declares a first run.
    let checkout = with_baseline("baseline = \"first-run\"\n", true);
    recorded(&checkout, &["-o", "out/s.json"], &script(TWO));
    let verdict = checkout.judge(&["--evidence", "out/s.json"]);
    allowed(&verdict);
    notes(&verdict, "Write `baseline = \"required\"`, so that a missing baseline is noticed");
    // With it, a clone without notes is told how to get them.
    let checkout = with_baseline("baseline = \"required\"\n", true);
    let from = format!("file://{}", checkout.path().display());
    let clone = checkout.outside.path().join("clone");
    checkout.git(&["clone", "-q", "--branch", "change", &from, clone.to_str().unwrap()]);
    let inside = |what: &[&str]| checkout.git(&[&["-C", clone.to_str().unwrap()], what].concat());
    inside(&["branch", "-q", "main", "origin/main"]);
    recorded(&checkout, &["-o", "out/s.json"], &script(TWO));
    let statement = checkout.path().join("out/s.json");
    let judge = || judged(&clone, "main", "change", &["--evidence", statement.to_str().unwrap()]);
    let verdict = judge();
    says(&verdict, "let the deployment branch record each run with `portcullis evidence record --note`");
    let named = remedies(&verdict).split('`').find(|part| part.starts_with("git fetch")).unwrap().to_string();
    let done = std::process::Command::new("sh").current_dir(&clone).args(["-c", &named]).output().unwrap();
    assert!(done.status.success(), "{named}: {}", text(&done));
    allowed(&judge());
}

#[test]
fn a_failure_before_is_found_out_about_and_changed() {
    let checkout = project(&suite("trust = \"local\"\n"));
    let red = "<testsuite name='s'><testcase classname='c' name='a'><failure/></testcase></testsuite>";
    let (_, said) = record(&checkout, &["--note"], &script(red));
    recorded(&checkout, &["-o", "out/s.json"], &script(GREEN));
    let verdict = checkout.judge(&["--evidence", "out/s.json"]);
    assert_ne!(verdict.exit, 0, "{said}{}", verdict.text);
    says(&verdict, "Find out why it fails intermittently, and remove the cause");
    // What made it do so is changed: another tree, of which no run failed.
    checkout.write(LOAD, "SELECT 3;\n");
    checkout.commit("Make it deterministic");
    recorded(&checkout, &["-o", "out/s.json"], &script(GREEN));
    allowed(&checkout.judge(&["--evidence", "out/s.json"]));
}

// Coverage.

const LINES: &str = "[controls.changed-line-coverage]\nminimum = 100\n[controls.changed-line-coverage.reports.sql]\nfiles = [\"out/lcov.info\"]\n";

fn lcov(path: &str, hits: u32) -> String {
    format!("SF:{path}\nDA:1,{hits}\nend_of_record\n")
}

/// What the coverage report is, the remedy, and what it is after the remedy was followed.
fn covered(controls: &str, wrong: &str, remedy: &str, right: &str) {
    let checkout = project(controls);
    checkout.write("out/lcov.info", wrong);
    says(&checkout.judge(&[]), remedy);
    checkout.write("out/lcov.info", right);
    let verdict = checkout.judge(&[]);
    assert_eq!(verdict.exit, 0, "{remedy}: {}", verdict.text);
}

#[test]
fn coverage_that_followed_the_remedy_is_accepted() {
    let good = lcov(LOAD, 1);
    covered(
        LINES,
        &lcov(LOAD, 0),
        "Test the lines that are listed for each file, and run the suite again",
        &good,
    );
    covered(LINES, &lcov(LOAD, 0), "Test what these lines do", &good);
    covered(
        LINES,
        &format!("SF:{LOAD}\nDA:1,1\nLF:9\nLH:9\nend_of_record\n"),
        "Find out what was left out or changed, and run the suite again",
        &good,
    );
    covered(
        LINES,
        &format!("SF:{LOAD}\nDA:1,1\nDA:99,1\nend_of_record\n"),
        "Measure the judged commit itself (not its merge into the base), and run the gate on that checkout",
        &good,
    );
    covered(
        LINES,
        &lcov("other/file.sql", 1),
        "Measure it in the tests, or name it in `without-lines` with the suite that guards it",
        &good,
    );
    covered(LINES, "", "hand over the report", &good);
}

#[test]
fn coverage_is_written_named_and_mapped_as_the_remedy_says() {
    // Not there, and then written before the gate runs.
    let checkout = project(LINES);
    says(
        &checkout.judge(&[]),
        "Have the suite write it before the gate runs (symbolic links are not followed)",
    );
    checkout.write("out/lcov.info", &lcov(LOAD, 1));
    allowed(&checkout.judge(&[]));
    // Or handed over in a statement.
    let checkout = project(
        &format!("{LINES}trust = \"local\"\n")
            .replace(
                "[controls.changed-line-coverage]\n",
                "[controls.changed-line-coverage]\ntrust = \"local\"\n",
            )
            .replace("files = [\"out/lcov.info\"]\ntrust = \"local\"\n", "files = [\"out/lcov.info\"]\n"),
    );
    let coverage = lcov(LOAD, 1);
    let run =
        format!("mkdir -p out; echo \"{GREEN}\" > {REPORT}; printf '%s' \"{coverage}\" > out/lcov.info\n");
    recorded(&checkout, &["--coverage", "out/lcov.info", "-o", "out/s.json"], &run);
    fs::remove_file(checkout.path().join("out/lcov.info")).unwrap();
    allowed(&checkout.judge(&["--evidence", "out/s.json"]));
    // Names that only end like the path are mapped.
    let checkout = project(LINES);
    checkout.write("out/lcov.info", &lcov(&format!("build/{LOAD}"), 1));
    says(
        &checkout.judge(&[]),
        "Use `strip` and `add` to map the names in the report to paths; an equal ending proves nothing",
    );
    let checkout = project(&format!("{LINES}strip = \"build\"\n"));
    checkout.write("out/lcov.info", &lcov(&format!("build/{LOAD}"), 1));
    allowed(&checkout.judge(&[]));
    // A file without lines, and the suite that guards it.
    let without = format!(
        "{LINES}[controls.changed-line-coverage.areas.upload]\nwithout-lines = {{ paths = [\"**/*.sql\"], suite = \"upload\" }}\n{}",
        suite("areas = [\"upload\"]\n")
    );
    let checkout = project(&without);
    checkout.write("out/lcov.info", &lcov("other/file.sql", 1));
    checkout.write(REPORT, GREEN);
    allowed(&checkout.judge(&[]));
    // An area that no report is for.
    let elsewhere = "[[data-processing]]\nname = \"other\"\npurpose = \"x\"\npaths = [\"other/**\"]\n";
    let checkout = project(&format!("{elsewhere}{LINES}areas = [\"other\"]\n"));
    checkout.write("out/lcov.info", &lcov(LOAD, 1));
    says(
        &checkout.judge(&[]),
        "Add `upload` to the `areas` of a report in [controls.changed-line-coverage.reports]",
    );
    let checkout = project(&format!("{elsewhere}{LINES}areas = [\"other\", \"upload\"]\n"));
    checkout.write("out/lcov.info", &lcov(LOAD, 1));
    allowed(&checkout.judge(&[]));
}

#[test]
fn coverage_that_the_repository_brings_or_that_is_old_is_measured_again() {
    let checkout = project(LINES);
    checkout.write("out/lcov.info", &lcov(LOAD, 1));
    checkout.git(&["add", "-f", "out/lcov.info"]);
    checkout.git(&["commit", "-qm", "Bring a report"]);
    says(&checkout.judge(&[]), "Remove it from the repository and have the pipeline write it");
    checkout.git(&["rm", "-q", "-f", "out/lcov.info"]);
    checkout.git(&["commit", "-qm", "Take it out"]);
    checkout.write("out/lcov.info", &lcov(LOAD, 1));
    allowed(&checkout.judge(&[]));
    let local = LINES.replace("minimum = 100\n", "minimum = 100\ntrust = \"local\"\nmax-age = \"24h\"\n");
    let checkout = project(&local);
    let place = checkout.write("out/lcov.info", &lcov(LOAD, 1));
    let old = fs::File::options().write(true).open(&place).unwrap();
    old.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(400_000)).unwrap();
    drop(old);
    says(
        &checkout.judge(&[]),
        "Measure the judged commit again, or let `portcullis evidence record --suite SUITE --report FILE --coverage FILE -o STATEMENT -- COMMAND` run the suite",
    );
    fs::remove_file(&place).unwrap();
    checkout.write("out/lcov.info", &lcov(LOAD, 1));
    let verdict = checkout.judge(&[]);
    allowed(&verdict);
    notes(
        &verdict,
        "Let `portcullis evidence record --suite SUITE --report FILE --coverage FILE -o STATEMENT -- COMMAND` run the suite",
    );
    // Changed since: measured on a clean checkout of what would land, and recorded there.
    checkout.write(LOAD, "SELECT 9;\n");
    says(
        &checkout.judge(&[]),
        "Measure a clean checkout of what would land, and hand over what was recorded there",
    );
    checkout.git(&["checkout", "-q", "--", LOAD]);
    let coverage = lcov(LOAD, 1);
    let run =
        format!("mkdir -p out; echo \"{GREEN}\" > {REPORT}; printf '%s' \"{coverage}\" > out/lcov.info\n");
    recorded(&checkout, &["--coverage", "out/lcov.info", "-o", "out/s.json"], &run);
    allowed(&checkout.judge(&["--evidence", "out/s.json"]));
}

#[test]
fn lines_that_no_tool_counts_alike_are_written_as_others_are() {
    let checkout = project(LINES);
    let utf16: Vec<u8> =
        [0xff_u8, 0xfe].into_iter().chain("SELECT 2;\n".bytes().flat_map(|byte| [byte, 0])).collect();
    fs::write(checkout.path().join(LOAD), utf16).unwrap();
    checkout.commit("UTF-16");
    checkout.write("out/lcov.info", &lcov(LOAD, 1));
    says(&checkout.judge(&[]), "End lines with a line feed, and write it as UTF-8");
    checkout.write(LOAD, "SELECT 2;\n");
    checkout.commit("UTF-8");
    fs::remove_file(checkout.path().join("out/lcov.info")).unwrap();
    checkout.write("out/lcov.info", &lcov(LOAD, 1));
    allowed(&checkout.judge(&[]));
}

#[test]
fn a_later_attempt_stands_beside_the_first_that_was_recorded() {
    let checkout = project(&suite("trust = \"local\"\n"));
    let attempt = |number: &str, output: &str| {
        let file = checkout.outside.path().join("suite.sh");
        fs::write(&file, script(GREEN)).unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.current_dir(checkout.path()).env("GITHUB_ACTIONS", "true").env("GITHUB_RUN_ID", "1001");
        command.env("GITHUB_RUN_ATTEMPT", number).env("GITHUB_REPOSITORY", "o/r").env("GITHUB_JOB", "tests");
        command
            .args(["evidence", "record", "--suite", "upload", "--report", REPORT, "-o", output, "--", "sh"]);
        let output = command.arg(&file).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    };
    attempt("2", "out/two.json");
    let verdict = checkout.judge(&["--evidence", "out/two.json"]);
    notes(&verdict, "Look at the first attempt, and have the job record every run, including failed ones");
    attempt("1", "out/one.json");
    let verdict = checkout.judge(&["--evidence", "out/one.json", "--evidence", "out/two.json"]);
    allowed(&verdict);
    assert!(!remedies(&verdict).contains("Look at the first attempt"), "{}", verdict.text);
}

#[test]
fn a_statement_of_another_suite_is_recorded_under_its_name() {
    let checkout = project(&suite("trust = \"local\"\n"));
    checkout.write(REPORT, GREEN);
    checkout.record(&["-o", "out/s.json"]);
    let file = checkout.path().join("out/s.json");
    let statement = fs::read_to_string(&file).unwrap();
    assert!(statement.contains("\"suite\":\"upload\""), "{statement}");
    fs::write(&file, statement.replace("\"suite\":\"upload\"", "\"suite\":\"uplaod\"")).unwrap();
    fs::remove_file(checkout.path().join(REPORT)).unwrap();
    let verdict = checkout.judge(&["--evidence", "out/s.json"]);
    assert_ne!(verdict.exit, 0, "{}", verdict.text);
    notes(&verdict, "Record it under the name that the policy gives to the suite");
    checkout.write(REPORT, GREEN);
    checkout.record(&["-o", "out/s.json"]);
    fs::remove_file(checkout.path().join(REPORT)).unwrap();
    allowed(&checkout.judge(&["--evidence", "out/s.json"]));
}

#[test]
fn a_file_without_a_statement_gets_one_before_it_is_compared() {
    let checkout = project(&suite(""));
    checkout.write(REPORT, GREEN);
    checkout.record(&["-o", "out/two.json"]);
    checkout.write("out/one.json", "");
    let diff = || checkout.portcullis(&["evidence", "diff", "out/one.json", "out/two.json"]);
    assert!(
        text(&diff()).contains("record a run into it with `portcullis evidence record -o FILE`"),
        "{}",
        text(&diff())
    );
    checkout.record(&["-o", "out/one.json"]);
    assert_eq!(diff().status.code(), Some(0), "{}", text(&diff()));
}

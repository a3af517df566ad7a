//! `portcullis demo --reconciliation` and `portcullis drill`: the story of 2020 as it is told, and
//! what policies find of it, ready ones and weakened ones.

use crate::support::clean::CleanEnvironment as _;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

const SENSITIVE: &str = include_str!("../../policies/sensitive-data.toml");
const BASELINE: &str = include_str!("../../policies/baseline.toml");

/// What a run of the program came to: exit code, stdout, stderr.
type Ran = (i32, String, String);

fn portcullis(directory: &Path, columns: &str, arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.clean_env().env("COLUMNS", columns).current_dir(directory).args(arguments);
    let kept = ["PATH", "TMPDIR"].into_iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
    command.envs(kept);
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// Drills a policy text.
fn drill_with(policy: &str, columns: &str, more: &[&str]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("portcullis.toml"), policy).unwrap();
    portcullis(folder.path(), columns, &[&["drill"], more].concat())
}

fn drill(policy: &str) -> (i32, Value) {
    let (exit, out, err) = drill_with(policy, "80", &["--format", "json"]);
    assert!(err.is_empty(), "{err}");
    (exit, serde_json::from_str(&out).unwrap())
}

/// A fault of a drill: the day on which it is found, or what would find it and when.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    On(u64),
    Never(Vec<String>, Option<u64>),
}

fn fault(drill: &Value, name: &str) -> Found {
    let fault = drill["faults"].as_array().unwrap().iter().find(|fault| fault["fault"] == name).unwrap();
    match fault["found"]["day"].as_u64() {
        Some(day) => Found::On(day),
        None => {
            let settings = fault["settings"].as_array().unwrap().iter();
            let settings = settings.map(|setting| setting.as_str().unwrap().to_string()).collect();
            Found::Never(settings, fault["then_on_day"].as_u64())
        }
    }
}

fn never(settings: &[&str], then: u64) -> Found {
    Found::Never(settings.iter().map(|setting| setting.to_string()).collect(), Some(then))
}

fn days(drill: &Value) -> [Found; 4] {
    ["test-data", "refused-files", "failed-amendments", "failed-deletions"].map(|name| fault(drill, name))
}

fn stopped_by<'d>(drill: &'d Value, gate: &str) -> Vec<&'d str> {
    let all = drill[gate]["stopped_by"].as_array().unwrap();
    all.iter().map(|one| one["control"].as_str().unwrap()).collect()
}

/// The ready policy with a line replaced, which has to be there.
fn weakened(changes: &[(&str, &str)]) -> String {
    let mut text = SENSITIVE.to_string();
    for (line, instead) in changes {
        assert!(text.contains(line), "{line}");
        text = text.replace(line, instead);
    }
    text
}

#[test]
fn the_story_is_told_in_80_and_in_120_columns() {
    for columns in [80, 120] {
        let (exit, out, err) =
            portcullis(Path::new("."), &columns.to_string(), &["demo", "--reconciliation"]);
        assert_eq!((exit, err.as_str()), (0, ""), "{out}");
        let wide: Vec<&str> = out.lines().filter(|line| line.chars().count() > columns).collect();
        assert!(wide.is_empty(), "{wide:#?}");
        match columns {
            80 => snapbox::assert_data_eq!(out, snapbox::file!["drill/demo-80.txt"].raw()),
            _ => snapbox::assert_data_eq!(out, snapbox::file!["drill/demo-120.txt"].raw()),
        }
    }
}

#[test]
fn the_drill_of_a_ready_policy_is_read_in_80_and_in_120_columns() {
    for columns in [80, 120] {
        let (exit, out, _) = drill_with(SENSITIVE, &columns.to_string(), &[]);
        assert_eq!(exit, 0, "{out}");
        let wide: Vec<&str> = out.lines().filter(|line| line.chars().count() > columns).collect();
        assert!(wide.is_empty(), "{wide:#?}");
        match columns {
            80 => snapbox::assert_data_eq!(out, snapbox::file!["drill/sensitive-80.txt"].raw()),
            _ => snapbox::assert_data_eq!(out, snapbox::file!["drill/sensitive-120.txt"].raw()),
        }
    }
    let (exit, out, _) = drill_with(BASELINE, "80", &[]);
    assert_eq!(exit, 1, "{out}");
    snapbox::assert_data_eq!(out, snapbox::file!["drill/baseline-80.txt"].raw());
}

#[test]
fn each_ready_policy_has_its_day_of_detection() {
    let (exit, found) = drill(SENSITIVE);
    assert_eq!(exit, 0, "{found:#}");
    assert_eq!(days(&found), [Found::On(2), Found::On(3), Found::On(7), Found::On(6)]);
    assert_eq!(found["told"]["parties"][0]["day"], 3);
    let all = [
        "changed-line-coverage",
        "protected-branch",
        "regression-tests",
        "required-checks",
        "required-reviews",
    ];
    assert_eq!(stopped_by(&found, "merge"), all);
    assert_eq!(stopped_by(&found, "deployment"), ["reviewed-landings"]);

    let (exit, found) = drill(BASELINE);
    assert_eq!(exit, 1, "{found:#}");
    let whole = ["a `[reconciliation.NAME]` whose deadlines are 24h"];
    assert_eq!(days(&found), [never(&whole, 2), never(&whole, 4), never(&whole, 5), never(&whole, 6)]);
    assert_eq!(
        stopped_by(&found, "merge"),
        ["protected-branch", "regression-tests", "required-checks", "required-reviews"]
    );
}

#[test]
fn a_raised_budget_puts_the_day_off_or_the_fault_is_never_found() {
    let budget =
        |most: u64| weakened(&[("budgets = { late = 10 }", &format!("budgets = {{ test-data = {most} }}"))]);
    let (exit, found) = drill(&budget(30));
    assert_eq!((exit, fault(&found, "test-data")), (0, Found::On(7)));
    let (exit, found) = drill(&budget(100_000));
    assert_eq!((exit, fault(&found, "test-data")), (1, never(&["budgets.test-data = 0"], 2)));
    assert_eq!(fault(&found, "refused-files"), Found::On(3));
}

#[test]
fn without_a_deadline_of_deletions_they_are_found_later() {
    let shares = "deadline = [{ share = 0.9, within = \"24h\" }, { share = 1.0, within = \"72h\" }]";
    let without = ("deletion-deadline = \"24h\"\n", "");
    let (exit, found) = drill(&weakened(&[(shares, "deadline = \"72h\""), without]));
    assert_eq!((exit, fault(&found, "failed-deletions")), (0, Found::On(8)));
    // Six of thirty did not arrive in a day, and nine of ten have to.
    let (exit, out, _) = drill_with(&weakened(&[without]), "120", &[]);
    assert_eq!(exit, 0, "{out}");
    let line = "  deletions fail          day 5   day 6  fewer arrived within a deadline than its share\n";
    assert!(out.contains(line), "{out}");
}

#[test]
fn without_an_expected_run_nothing_is_found() {
    let silent = ("expected-every = \"24h\"\n", "");
    let (exit, found) = drill(&weakened(&[silent]));
    let every = ["expected-every = \"24h\""];
    assert_eq!(exit, 1);
    assert_eq!(days(&found), [never(&every, 2), never(&every, 3), never(&every, 7), never(&every, 6)]);
    assert_eq!(found["run_every_seconds"], Value::Null);
    // The control asks for a run after each deployment and before the next one, and for no other.
    let reconciled = ("# [controls.reconciled]\n# environments", "[controls.reconciled]\nenvironments");
    let (exit, found) = drill(&weakened(&[silent, reconciled]));
    assert_eq!((exit, fault(&found, "test-data")), (0, Found::On(15)));
}

#[test]
fn without_recipients_no_one_is_told() {
    let (before, rest) = SENSITIVE.split_once("# Who has to be told when").unwrap();
    assert!(rest.contains("[notification]"));
    let (exit, found) = drill(&before.replace("recipients = [\"record-users\"]\n", ""));
    assert_eq!(exit, 1, "{found:#}");
    assert_eq!(fault(&found, "test-data"), Found::On(2));
    assert_eq!(found["told"]["parties"].as_array().unwrap().len(), 0);
    assert!(found["told"]["settings"][0].as_str().unwrap().starts_with("[notification.parties.NAME]"));
    // A recipient without a term for an early warning is told nothing in time.
    let (exit, found) = drill(&weakened(&[("early-warning = \"24h\"\n", ""), ("phased = \"7d\"\n", "")]));
    assert_eq!(exit, 1, "{found:#}");
    assert_eq!(found["told"]["settings"][0], "notification.parties.record-users: early-warning = \"72h\"");
}

#[test]
fn a_policy_with_absurd_settings_does_not_look_green() {
    let classes = ["test-data", "extra", "rejected", "missing", "stale", "undeleted", "late"];
    let budgets: Vec<String> = classes.iter().map(|class| format!("{class} = 9000000000")).collect();
    let absurd = weakened(&[
        ("budgets = { late = 10 }", &format!("budgets = {{ {} }}", budgets.join(", "))),
        (
            "deadline = [{ share = 0.9, within = \"24h\" }, { share = 1.0, within = \"72h\" }]",
            "deadline = \"365d\"",
        ),
        ("deletion-deadline = \"24h\"\n", ""),
        ("expected-every = \"24h\"", "expected-every = \"365d\""),
    ]);
    let (exit, found) = drill(&absurd);
    assert_eq!(exit, 1);
    assert_eq!(found["complete"], false);
    let every = "expected-every = \"24h\"";
    assert_eq!(
        days(&found),
        [
            never(&["budgets.test-data = 0", every], 2),
            never(&["budgets.rejected = 0", every], 3),
            never(&["budgets.stale = 0", "deadline = \"24h\"", every], 5),
            never(&["budgets.undeleted = 0", "deletion-deadline = \"24h\"", every], 6),
        ]
    );
    assert_eq!(found["told"]["parties"], Value::Array(Vec::new()));
}

#[test]
fn contents_that_are_not_compared_hide_amendments() {
    let (start, end) = SENSITIVE.split_once("fields = [").unwrap();
    let without = format!("{start}{}", end.split_once('\n').unwrap().1);
    let target = "[reconciliation.records.target]\n# It has no versions.\nconnector = \"csv\"\nfiles = \"live.csv\"\n\
                  time = { column = \"loaded\" }\n\n[reconciliation.records.source]";
    let (exit, found) = drill(&without.replace("[reconciliation.records.source]", target));
    assert_eq!(exit, 1, "{found:#}");
    assert_eq!(fault(&found, "failed-amendments"), never(&["fields = [...]"], 7));
    assert_eq!(fault(&found, "failed-deletions"), Found::On(6));
}

#[test]
fn a_bad_policy_and_a_missing_name_are_errors() {
    let (exit, out, err) = drill_with(&SENSITIVE.replace("expected-every", "expected-evry"), "80", &[]);
    assert_eq!((exit, out.as_str()), (4, ""), "{err}");
    let two = format!(
        "{SENSITIVE}\n[reconciliation.others]\nareas = [\"upload\"]\nkey = [{{ name = \"id\", type = \"decimal\" }}]\n\
         deadline = \"24h\"\nexpected-every = \"12h\"\n"
    );
    let (exit, _, err) = drill_with(&two, "80", &[]);
    assert_eq!(exit, 2);
    assert!(err.contains("others, records") && err.contains("--dataset"), "{err}");
    let (exit, out, err) = drill_with(&two, "80", &["--dataset", "others"]);
    assert_eq!((exit, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("dataset others"), "{out}");
    let (exit, _, err) = drill_with(&two, "80", &["--dataset", "other"]);
    assert!(exit == 2 && err.contains("did you mean `others`"), "{err}");
    let nowhere = tempfile::tempdir().unwrap();
    assert_eq!(portcullis(nowhere.path(), "80", &["drill"]).0, 4);
}

#[test]
fn a_drill_conforms_to_its_schema_and_is_the_same_twice() {
    let (_, found) = drill(SENSITIVE);
    assert_eq!(crate::schema::Printed::new("drill").objection(&found), None);
    assert_eq!(drill(SENSITIVE).1, found);
}

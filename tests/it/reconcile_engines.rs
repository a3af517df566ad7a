//! `reconcile plan`, `start`, `bucket`, `combine`, `judge --engine-result` and `exchange`, as a person uses them.

use crate::support::clean::CleanEnvironment as _;
use crate::support::sealing::said;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const POLICY: &str = r#"schema = 1
[project]
name = "Record upload"
[branches]
deployment = ["main"]
[[data-processing]]
name = "upload"
purpose = "loads records"
paths = ["services/upload/**"]
[controls.required-reviews]
approvals = 1
[reconciliation.nominal]
areas = ["upload"]
key = [{ name = "id", type = "text" }]
fields = [{ name = "name", type = "text" }]
deadline = "24h"
[reconciliation.nominal.source]
connector = "csv"
files = "sent.csv"
time = { column = "at" }
[reconciliation.nominal.target]
connector = "csv"
files = "held.csv"
time = { column = "at" }
"#;

/// The key of the dataset, of tests alone.
pub const DATASET_KEY: &str = "5e0f4b9bd4a27c1f3a86d2ce7b90e145a1c3d5e7f9b1d3f5";

/// Both sides with a thousand records; what is held is changed first.
pub fn scene(change: impl Fn(usize, String) -> Option<String>) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let line = |number: usize| format!("{number},name {number},2026-01-02T03:04:05Z\n");
    let sent: String = (0..1000).map(line).collect();
    let held: String = (0..1000).filter_map(|number| change(number, line(number))).collect();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("portcullis.toml", POLICY);
    write("sent.csv", &format!("id,name,at\n{sent}"));
    write("held.csv", &format!("id,name,at\n{held}"));
    for side in ["source", "target"] {
        expect(folder.path(), 0, &["extract", "nominal", "--side", side, "--output", side]);
    }
    folder
}

pub fn reconcile(directory: &Path, arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.clean_env().env("PATH", "/usr/bin:/bin").current_dir(directory);
    command.env("PORTCULLIS_DATASET_KEY", DATASET_KEY).arg("reconcile");
    said(&command.args(arguments).output().unwrap())
}

pub fn expect(directory: &Path, exit: i32, arguments: &[&str]) -> String {
    let (found, text) = reconcile(directory, arguments);
    assert_eq!(found, exit, "{arguments:?}: {text}");
    text
}

pub fn one_missing(number: usize, line: String) -> Option<String> {
    (number != 77).then_some(line)
}

/// A plan, and the answers of all buckets.
fn planned() -> TempDir {
    let scene = scene(one_missing);
    expect(scene.path(), 0, &["plan", "source", "target", "--engine", "buckets", "--output", "plan"]);
    answer_all(&scene, &[]);
    scene
}

/// Compares all buckets one by one.
fn answer_all(scene: &TempDir, more: &[&str]) {
    let numbers: Vec<String> = (0..256).map(|number| number.to_string()).collect();
    for half in numbers.chunks(128) {
        let mut arguments = vec!["bucket", "source", "target", "--plan", "plan", "--output", "answer"];
        arguments.extend(more);
        half.iter().for_each(|number| arguments.extend(["--bucket", number]));
        expect(scene.path(), 0, &arguments);
    }
}

const JUDGE: [&str; 7] = ["judge", "source", "target", "--plan", "plan", "--engine-result", "answer"];

#[test]
fn buckets_that_were_compared_apart_are_the_comparison() {
    let scene = planned();
    let (whole, apart) = (
        expect(scene.path(), 3, &["compare", "source", "target"]),
        expect(
            scene.path(),
            3,
            &["combine", "source", "target", "--plan", "plan", "--engine-result", "answer"],
        ),
    );
    let count = |text: &str, class: &str| {
        let mut lines = text.lines().filter(|line| line.split_whitespace().next() == Some(class));
        lines.next().map(str::to_string)
    };
    for class in ["ok", "missing"] {
        assert!(count(&whole, class).is_some(), "{whole}");
        assert_eq!(count(&whole, class), count(&apart, class), "{whole}\n{apart}");
    }
    // 16 are drawn, and the one with the difference may be among them.
    let again = ["compared again here: 16 of 256", "compared again here: 17 of 256"];
    assert!(again.iter().any(|note| apart.contains(note)), "{apart}");
}

/// A difference that a person accepts counts against no budget here either, and its bucket is compared again.
#[test]
fn a_difference_that_a_person_accepts_is_accepted_of_an_engine() {
    let scene = scene(one_missing);
    expect(scene.path(), 3, &["compare", "source", "target", "--breaks", "breaks"]);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    for side in ["source", "target"] {
        fs::remove_dir_all(scene.path().join(side)).unwrap();
        expect(scene.path(), 0, &["extract", "nominal", "--side", side, "--output", side]);
    }
    let previous = ["--previous", "breaks"];
    let plan = ["plan", "source", "target", "--engine", "buckets", "--output", "plan"];
    expect(scene.path(), 0, &[&plan[..], &previous].concat());
    answer_all(&scene, &previous);
    let judge = [&JUDGE[..], &previous, &["--again", "0", "--format", "json"]].concat();
    let text = expect(scene.path(), 1, &judge);
    let run: serde_json::Value = serde_json::from_str(&text[text.find('{').unwrap()..]).unwrap();
    let key = run["breaks"][0]["key"].as_str().unwrap_or_else(|| panic!("{run:#}")).to_string();
    let accept = |key: &str| {
        let entry = format!(
            "accepted = [{{ key = \"{key}\", class = \"missing\", until = \"2999-01-01\", by = \"Robin Roe\", reason = \"by post\" }}]"
        );
        let deadline = "deadline = \"24h\"\n";
        let policy = POLICY.replace(deadline, &format!("{deadline}{entry}\n"));
        fs::write(scene.path().join("portcullis.toml"), policy).unwrap();
        let judge = [&JUDGE[..], &previous, &["--again", "0"]].concat();
        reconcile(scene.path(), &judge)
    };
    let (exit, text) = accept(&key);
    assert!(
        exit == 0 && text.contains("1 accepted") && text.contains("compared again here: 1 of 256"),
        "{text}"
    );
    // Of another record it is over the budget.
    assert_eq!(accept(&"0".repeat(32)).0, 1);
}

/// Which late arrivals were reported before follows from the runs that are kept, and not from what a plan says.
#[test]
fn attack_a_plan_says_that_late_arrivals_were_reported_before() {
    let scene = planned();
    let git = |arguments: &[&str]| {
        let people = ["-c", "user.name=Robin", "-c", "user.email=robin@example.test"];
        let status = Command::new("git").current_dir(scene.path()).args(people).args(arguments).status();
        assert!(status.unwrap().success(), "{arguments:?}");
    };
    git(&["init", "--quiet"]);
    git(&["add", "portcullis.toml"]);
    git(&["commit", "--quiet", "--message=Begin"]);
    let record = [&JUDGE[..], &["--record"]].concat();
    expect(scene.path(), 3, &record);
    // An answer may be judged twice: a run of these very manifests says nothing else of late arrivals.
    expect(scene.path(), 3, &record);
    // A run of other manifests reported late arrivals before it: the plan of a clone without it is another one.
    // Extracted in the same second, they would be the same manifests.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    for (side, folder) in [("source", "source2"), ("target", "target2")] {
        expect(scene.path(), 0, &["extract", "nominal", "--side", side, "--output", folder]);
    }
    expect(scene.path(), 3, &["compare", "source2", "target2", "--record"]);
    let text = expect(scene.path(), 6, &JUDGE);
    assert!(text.contains("another run, or none, was the newest that counts"), "{text}");
    // The remedy, followed.
    fs::remove_dir_all(scene.path().join("plan")).unwrap();
    expect(scene.path(), 0, &["plan", "source", "target", "--engine", "buckets", "--output", "plan"]);
    fs::remove_dir_all(scene.path().join("answer")).unwrap();
    answer_all(&scene, &[]);
    expect(scene.path(), 3, &JUDGE);
    // With the run gone it is that plan which says too much.
    git(&["update-ref", "-d", "refs/portcullis/reconciliation/nominal"]);
    let text = expect(scene.path(), 6, &JUDGE);
    assert!(text.contains("another run, or none, was the newest that counts"), "{text}");
}

#[test]
fn answers_that_do_not_add_up_are_refused_by_name() {
    let scene = planned();
    let file = |bucket: u8| scene.path().join(format!("answer/bucket-{bucket:03}.csv"));
    let refused = |what: &str| {
        let text = expect(scene.path(), 6, &JUDGE);
        assert!(text.contains(what) && text.contains("is not accepted") && text.contains("help: "), "{text}");
    };
    let kept = fs::read_to_string(file(9)).unwrap();
    fs::remove_file(file(9)).unwrap();
    refused("bucket-missing: Bucket 9 ");
    fs::write(file(9), kept.replacen(",ok,", ",pending,", 1)).unwrap();
    refused("Bucket 9");
    fs::write(file(9), &kept).unwrap();
    fs::write(scene.path().join("answer/again.csv"), &kept).unwrap();
    refused("counted-twice");
    fs::remove_file(scene.path().join("answer/again.csv")).unwrap();
    expect(scene.path(), 3, &JUDGE);
    let plan = fs::read_to_string(scene.path().join("plan/plan.json")).unwrap();
    let (before, rest) = plan.split_once("\"text\": \"sha256:").unwrap();
    let older = format!("{before}\"text\": \"sha256:{}{}", "0".repeat(64), &rest[64..]);
    let of_version = |text: &str| text.replacen("\"generator\": \"", "\"generator\": \"older ", 1);
    fs::write(scene.path().join("plan/plan.json"), of_version(&older)).unwrap();
    assert!(expect(scene.path(), 6, &JUDGE).contains("older text"));
    fs::write(scene.path().join("plan/plan.json"), &plan).unwrap();
    expect(scene.path(), 3, &JUDGE);
    fs::write(scene.path().join("portcullis.toml"), POLICY.replace("\"24h\"", "\"48h\"")).unwrap();
    let text = expect(scene.path(), 6, &JUDGE);
    assert!(
        text.contains("another text than this policy gives") && text.contains("write it again"),
        "{text}"
    );
}

#[test]
fn a_plan_of_other_manifests_and_a_place_that_could_end_a_literal_are_refused() {
    let scene = planned();
    fs::remove_dir_all(scene.path().join("target")).unwrap();
    fs::write(scene.path().join("held.csv"), "id,name,at\n1,name 1,2026-01-02T03:04:05Z\n").unwrap();
    expect(scene.path(), 0, &["extract", "nominal", "--side", "target", "--output", "target"]);
    assert!(expect(scene.path(), 6, &JUDGE).contains("of another run"));
    let place = ["plan", "source", "target", "--engine", "spark", "--output", "p", "--inputs-at", "/a'b"];
    assert!(expect(scene.path(), 2, &place).contains("--inputs-at"));
    expect(scene.path(), 2, &["plan", "source", "target", "--engine", "sql", "--output", "p"]);
    for engine in ["buckets", "spark"] {
        let again = ["plan", "source", "target", "--engine", engine, "--output", "plan"];
        assert!(expect(scene.path(), 5, &again).to_lowercase().contains("remove it, or name another folder"));
    }
}

/// The engine is a script that gives back the answers of all buckets, or fails.
#[test]
fn the_users_own_spark_is_started_and_what_it_leaves_half_is_no_answer() {
    let scene = planned();
    let text =
        expect(scene.path(), 0, &["plan", "source", "target", "--engine", "spark", "--output", "spark"]);
    assert!(text.contains("portcullis reconcile start spark --output spark/answer"), "{text}");
    let answers = scene.path().join("answer");
    let program = scene.path().join("spark-sql");
    let script = |end: u8| {
        let text = format!(
            "#!/bin/sh\ncase \"$*\" in *'-f '*run.sql) cat {}/*.csv;; esac\nexit {end}\n",
            answers.display()
        );
        fs::write(&program, text).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    };
    let program = program.to_str().unwrap();
    let start = |output: &'static str| ["start", "plan", "--output", output, "--spark-sql", program];
    assert!(expect(scene.path(), 2, &start("early")).contains("no text"));
    script(1);
    let start = |output: &'static str| {
        ["start", "spark", "--output", output, "--spark-sql", program, "--", "--master", "local[2]"]
    };
    expect(scene.path(), 5, &start("half"));
    let left: Vec<_> =
        fs::read_dir(scene.path().join("half")).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(left, ["_spark.log"], "what Spark said stays, and nothing that could be an answer");
    script(0);
    expect(scene.path(), 0, &start("whole"));
    assert!(expect(scene.path(), 5, &start("whole")).contains("name a folder that does not exist"));
    // The plan for buckets is one for Spark without inputs.
    let judge = ["judge", "source", "target", "--plan", "spark", "--engine-result", "whole"];
    expect(scene.path(), 3, &judge);
    // Somebody changes the text and leaves the digest in it as it was.
    for name in ["query.sql", "run.sql"] {
        let file = scene.path().join("spark").join(name);
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, text.replacen("THEN 'missing'", "THEN 'ok'", 1)).unwrap();
        let (exit, said) = reconcile(scene.path(), &judge);
        assert!(exit == 6 && said.contains("changed the text"), "{said}");
        fs::write(&file, text).unwrap();
    }
    expect(scene.path(), 3, &judge);
}

/// What `plan` prints is what a newcomer pastes: each command is run by a shell, in the order of the lines.
#[test]
fn every_command_that_a_plan_prints_works_as_it_is_printed() {
    let scene = planned();
    let engines = scene.path().join("engines");
    fs::create_dir(&engines).unwrap();
    // Engines that know the answer: what is tried are the commands.
    for engine in ["spark-sql", "psql", "duckdb"] {
        let text = format!("#!/bin/sh\ncat {}/answer/*.csv\n", scene.path().display());
        fs::write(engines.join(engine), text).unwrap();
        fs::set_permissions(engines.join(engine), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let program = Path::new(env!("CARGO_BIN_EXE_portcullis")).parent().unwrap();
    let path = format!("{}:{}:/usr/bin:/bin", program.display(), engines.display());
    for (number, engine) in
        ["buckets", "spark", "sql --dialect postgresql", "sql --dialect duckdb"].into_iter().enumerate()
    {
        let folder = if number % 2 == 0 { "it's my plan".to_string() } else { format!("plan-{number}") };
        let mut arguments = vec!["plan", "source", "target", "--output", &folder, "--engine"];
        arguments.extend(engine.split(' '));
        arguments.extend(["--inputs-at", "/srv/inputs"]);
        let text = expect(scene.path(), 0, &arguments);
        let commands: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("  ")).collect();
        assert!(commands.len() >= 2 && commands.last().unwrap().contains(" judge "), "{text}");
        assert!(!text.contains("ANSWER") && !text.contains('…'), "{text}");
        for command in &commands {
            let mut shell = Command::new("/bin/sh");
            shell.args(["-c", command]).clean_env().env("PATH", &path).current_dir(scene.path());
            let (exit, said) = said(&shell.output().unwrap());
            let expected = if command.contains(" judge ") { 3 } else { 0 };
            // The texts of other dialects have other digests; the judge is reached and says so.
            let refused = exit == 6 && said.contains("other-text") && command.contains(" judge ");
            assert!(exit == expected || refused && engine.starts_with("sql"), "{command}: {exit}: {said}");
        }
        if number % 2 == 0 {
            fs::remove_dir_all(scene.path().join(&folder)).unwrap();
        }
    }
}

#[test]
fn two_parties_find_their_difference_and_show_little_else() {
    let scene = scene(one_missing);
    let answer = |manifest: &str, from: &str, to: &str| {
        reconcile(scene.path(), &["exchange", "answer", manifest, from, "--output", to])
    };
    expect(scene.path(), 0, &["exchange", "begin", "source", "--output", "0.json"]);
    let (exit, text) = answer("target", "0.json", "1.json");
    assert!(exit == 0 && text.contains("send 1.json to the partner"), "{text}");
    let (exit, text) = answer("source", "1.json", "2.json");
    assert!(exit == 1 && text.contains("1 record differs") && text.contains("source-only"), "{text}");
    assert!(expect(scene.path(), 1, &["exchange", "show", "2.json"]).contains("source-only"));
    let shown = fs::read_to_string(scene.path().join("1.json")).unwrap().matches("\"key\"").count();
    assert!(shown < 20, "{shown}");
    let (exit, text) = answer("source", "0.json", "x.json");
    assert!(exit == 6 && text.contains("same side"), "{text}");
    let most = ["exchange", "answer", "target", "0.json", "--output", "y.json", "--most", "1"];
    assert!(expect(scene.path(), 6, &most).contains("--most"));
}

#[test]
fn equal_sides_end_with_the_first_answer() {
    let scene = scene(|_, line| Some(line));
    expect(scene.path(), 0, &["exchange", "begin", "target", "--output", "0.json"]);
    let text = expect(scene.path(), 0, &["exchange", "answer", "source", "0.json", "--output", "1.json"]);
    assert!(text.contains("0 records differ"), "{text}");
}

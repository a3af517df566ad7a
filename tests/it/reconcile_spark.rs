//! `reconcile run --engine spark` with a Spark that answers, lies, fails, hangs, or is not there.

use crate::reconcile_engines::{DATASET_KEY, expect, one_missing, reconcile, scene};
use crate::support::clean::CleanEnvironment as _;
use crate::support::sealing::said;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A program `spark-sql` of the test: it has the honest answer, which this program gives bucket by bucket, and prints it through
/// `bend`.
fn write_spark(scene: &Path, bend: &str) {
    let buckets: String = (0..256).map(|number| format!(" --bucket {number}")).collect();
    let text = format!(
        r#"#!/bin/sh
while [ "$1" != -f ]; do shift; done
plan=$(dirname "$2")
cd {scene}
echo 'WARN a line of Spark' >&2
sides=$(ls -d manifests/* | tail -1)
rm -rf honest
{program} reconcile bucket $sides/source $sides/target --plan "$plan" --output honest{buckets} >&2 || exit 1
cat honest/*.csv | {bend}
"#,
        scene = scene.display(),
        program = env!("CARGO_BIN_EXE_portcullis"),
    );
    write_program(scene, &text);
}

fn write_program(scene: &Path, text: &str) {
    let program = scene.join("spark-sql");
    fs::write(&program, text).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
}

const RUN: [&str; 12] = [
    "run",
    "nominal",
    "--engine",
    "spark",
    "--spark-sql",
    "./spark-sql",
    "--manifests",
    "manifests",
    "--dry-run",
    "--confirm-after",
    "1",
    "--engine-folder",
];

fn run_with(scene: &Path, more: &[&str]) -> (i32, String) {
    reconcile(scene, &[&RUN[..], &["engine"], more].concat())
}

/// What the run says of an engine that bends the honest answer.
fn refused(scene: &TempDir, bend: &str) -> String {
    write_spark(scene.path(), bend);
    let (exit, text) = run_with(scene.path(), &[]);
    assert_eq!(exit, 6, "{bend}: {text}");
    assert!(text.contains("the answer is not accepted") && text.contains("help: "), "{text}");
    assert!(!text.contains("green") && !text.contains("missing  "), "nothing is concluded: {text}");
    text
}

#[test]
fn an_honest_engine_gives_the_run_that_the_comparison_here_gives() {
    let scene = scene(one_missing);
    write_spark(scene.path(), "cat");
    let here =
        expect(scene.path(), 1, &["run", "nominal", "--dry-run", "--confirm-after", "1", "--format", "json"]);
    // Each run has a folder of its own, so that the second finds nothing in its way.
    for number in 1..=2 {
        let (exit, there) = run_with(scene.path(), &["--format", "json"]);
        assert_eq!(exit, 1, "{there}");
        let numbers = |text: &str| {
            let run = &text[text.find('{').unwrap()..];
            let run: serde_json::Value =
                serde_json::Deserializer::from_str(run).into_iter().next().unwrap().unwrap();
            (run["outcome"].clone(), run["classes"].clone(), run["breaks"][0]["key"].clone())
        };
        assert_eq!(numbers(&there), numbers(&here), "{there}\n{here}");
        assert!(!there.contains("a line of Spark"), "{there}");
        let logs = find_files(&scene.path().join("engine"), "_spark.log");
        assert_eq!(logs.len(), number);
        assert!(fs::read_to_string(&logs[0]).unwrap().contains("WARN a line of Spark"));
    }
    let text = run_with(scene.path(), &[]).1;
    assert!(text.contains("An engine made this comparison") && text.contains("manifests stay in"), "{text}");
    // All that the run read and asked is still there: the answer can be judged again.
    let newest = |folder: &str| {
        let mut names: Vec<_> =
            fs::read_dir(scene.path().join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
        names.sort();
        names.pop().unwrap().to_str().unwrap().to_string()
    };
    let (sides, engine) = (newest("manifests"), newest("engine"));
    let again = [
        "judge",
        &format!("{sides}/source"),
        &format!("{sides}/target"),
        "--plan",
        &format!("{engine}/plan"),
    ];
    let answer = format!("{engine}/answer");
    expect(scene.path(), 3, &[&again[..], &["--engine-result", &answer]].concat());
    // Only their owner can read them.
    let mut open = Command::new("find");
    open.args(["manifests", "engine", "-type", "f", "-perm", "/077"]).current_dir(scene.path());
    assert_eq!(said(&open.output().unwrap()), (0, String::new()));
}

fn find_files(folder: &Path, name: &str) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            found.extend(find_files(&entry, name));
        } else if entry.file_name().unwrap() == name {
            found.push(entry);
        }
    }
    found
}

/// Spark ended with exit code 0 and had classified more rows than there are: tasks of a lost executor ran again, and both
/// results counted.
#[test]
fn attack_an_engine_that_ends_with_success_and_classifies_more_rows_than_there_are() {
    let scene = scene(one_missing);
    let twice = "awk -F, -v OFS=, '$3 == \"cell\" && $4 % 4 == 0 { for (n = 11; n <= 21; n++) $n = sprintf(\"%.0f\", $n * 2) } { print }'";
    let text = refused(&scene, twice);
    assert!(text.contains("rows-repeated") && text.contains("rows of the source, which has"), "{text}");
}

#[test]
fn attack_an_engine_that_lost_a_file_or_read_one_twice() {
    let scene = scene(one_missing);
    let text = refused(&scene, "awk -F, '$4 != 17'");
    assert!(text.contains("bucket-missing: Bucket 17 is missing"), "{text}");
    let text = refused(
        &scene,
        "awk -F, '{ print } $4 == 17 { again = again $0 \"\\n\" } END { printf \"%s\", again }'",
    );
    assert!(text.contains("counted-twice"), "{text}");
}

#[test]
fn attack_an_engine_that_answers_for_another_run_or_by_an_older_text() {
    let scene = scene(one_missing);
    write_spark(scene.path(), "tee kept.csv");
    assert_eq!(run_with(scene.path(), &[]).0, 1);
    let text = refused(
        &scene,
        "awk -F, -v OFS=, '{ $2 = \"0000000000000000000000000000000000000000000000000000000000000000\" } { print }'",
    );
    assert!(text.contains("other-text"), "{text}");
    // The answer of yesterday, when nothing was missing from what is there today.
    fs::copy(scene.path().join("sent.csv"), scene.path().join("held.csv")).unwrap();
    let text = refused(&scene, "cat kept.csv");
    assert!(text.contains("other-run"), "{text}");
}

/// The rows are as many, and of the same records in other words: an engine of another dataset, or of one with another key.
#[test]
fn attack_an_engine_that_answers_for_another_dataset_or_key() {
    let other = scene(one_missing);
    let policy = fs::read_to_string(other.path().join("portcullis.toml")).unwrap();
    let elsewhere = other.path().join("elsewhere.csv");
    write_spark(other.path(), &format!("tee {}", elsewhere.display()));
    let key = "7a91c3e5d7f9b1d35e0f4b9bd4a27c1f3a86d2ce7b90e145";
    let run_as = |key: &str, dataset: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.clean_env().env("PATH", "/usr/bin:/bin").env("PORTCULLIS_DATASET_KEY", key);
        let arguments = [&["reconcile", "run", dataset][..], &RUN[2..], &["engine"]].concat();
        said(&command.args(arguments).current_dir(other.path()).output().unwrap())
    };
    assert_eq!(run_as(key, "nominal").0, 1);
    let text = refused(&other, &format!("cat > ignored; cat {}", elsewhere.display()));
    assert!(text.contains("other-run"), "{text}");
    write_spark(other.path(), &format!("tee {}", elsewhere.display()));
    fs::write(
        other.path().join("portcullis.toml"),
        policy.replace("reconciliation.nominal", "reconciliation.second"),
    )
    .unwrap();
    assert_eq!(run_as(DATASET_KEY, "second").0, 1);
    fs::write(other.path().join("portcullis.toml"), policy).unwrap();
    let text = refused(&other, &format!("cat > ignored; cat {}", elsewhere.display()));
    assert!(text.contains("other-run"), "{text}");
}

#[test]
fn attack_an_engine_that_changes_one_bucket() {
    let scene = scene(one_missing);
    // What is missing becomes right, in the count and in the list.
    let text = refused(&scene, "awk -F, -v OFS=, '$5 == \"missing\" { $5 = \"ok\" } { print }'");
    assert!(text.contains("control-row") || text.contains("counted-twice"), "{text}");
    let text = refused(
        &scene,
        "awk -F, -v OFS=, '$3 == \"cell\" && $4 == 9 && $5 == \"ok\" { $12 += 1 } { print }'",
    );
    assert!(text.contains("impossible-class: Bucket 9"), "{text}");
}

/// A second look asks for the keys that are listed. Of a key that neither side has, it sees nothing wrong.
#[test]
fn attack_an_engine_that_lists_a_difference_under_another_key() {
    let scene = scene(one_missing);
    // Control rows are others in each run; the record that is missing is the same.
    let listed = |name: &str| {
        write_spark(scene.path(), &format!("tee {}/{name}", scene.path().display()));
        assert_eq!(run_with(scene.path(), &[]).0, 1);
        let text = fs::read_to_string(scene.path().join(name)).unwrap();
        let rows = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let missing = rows.filter(|row| row[2] == "row" && row[4] == "missing");
        missing.map(|row| row[6].to_string()).collect::<std::collections::BTreeSet<_>>()
    };
    let both = &listed("first") & &listed("second");
    assert_eq!(both.len(), 1);
    let key = both.first().unwrap();
    let other = format!("{}{}", &key[..key.len() - 1], if key.ends_with('7') { "3" } else { "7" });
    let text = refused(&scene, &format!("sed 's/,{key},/,{other},/'"));
    assert!(text.contains("other-records-listed"), "{text}");
}

#[test]
fn an_engine_that_fails_hangs_or_is_not_there_is_no_run() {
    let scene = scene(one_missing);
    write_program(
        scene.path(),
        "#!/bin/sh\necho 'Exception in thread main: no space left' >&2\necho '\tat org.apache' >&2\nexit 3\n",
    );
    let (exit, text) = run_with(scene.path(), &[]);
    assert!(exit == 5 && text.contains("it said: Exception in thread main: no space left"), "{text}");
    assert!(text.contains("_spark.log") && !text.contains("at org.apache"), "{text}");
    write_program(scene.path(), "#!/bin/sh\nexec sleep 600\n");
    let begun = Instant::now();
    let (exit, text) = run_with(scene.path(), &["--spark-limit", "1s"]);
    assert!(exit == 5 && text.contains("took more than 1 s and was ended"), "{text}");
    assert!(begun.elapsed() < Duration::from_secs(60));
    fs::remove_file(scene.path().join("spark-sql")).unwrap();
    let (exit, text) = run_with(scene.path(), &[]);
    assert!(exit == 5 && text.contains("no program that can be started"), "{text}");
    let (exit, text) = reconcile(scene.path(), &["run", "nominal", "--engine", "spark", "--dry-run"]);
    assert!(exit == 5 && text.contains("there is no `spark-sql` in the path"), "{text}");
    assert!(
        text.contains("apt-get install default-jre-headless") && text.contains("pip install pyspark"),
        "{text}"
    );
    for wrong in [&["--spark-limit", "1h"][..], &["--", "--master", "yarn"]] {
        let (exit, text) = reconcile(scene.path(), &[&["run", "nominal", "--dry-run"], wrong].concat());
        assert!(exit == 2 && text.contains("without --engine spark"), "{text}");
    }
    let (exit, text) = run_with(scene.path(), &["--spark-limit", "soon"]);
    assert!(exit == 2 && text.contains("write 30m, 8h or 90s"), "{text}");
}

/// Where an engine did not list every record, no second look at some of them makes the others right.
#[test]
fn records_that_are_counted_and_not_listed_stay_unconfirmed() {
    let scene = scene(|number, line| (number % 10 != 7).then_some(line));
    write_spark(scene.path(), "cat");
    let (exit, text) = run_with(scene.path(), &["--list", "1"]);
    assert!(exit == 3 && text.contains("counted and not listed"), "{text}");
    let (exit, text) = run_with(scene.path(), &["--list", "1", "--replay", "again.jsonl"]);
    assert!(
        exit == 3 && text.contains("give a larger --list") && !scene.path().join("again.jsonl").exists(),
        "{text}"
    );
    let (exit, text) = run_with(scene.path(), &["--replay", "again.jsonl"]);
    assert_eq!(exit, 1, "{text}");
    assert_eq!(fs::read_to_string(scene.path().join("again.jsonl")).unwrap().lines().count(), 100);
}

/// Only where `PORTCULLIS_ENGINES` names an environment with Spark and `PORTCULLIS_SPARK` its master: `.ci/reconcile-engines`.
#[test]
fn a_real_spark_gives_the_run_that_the_comparison_here_gives() {
    let (Some(engines), Ok(master)) =
        (std::env::var_os("PORTCULLIS_ENGINES"), std::env::var("PORTCULLIS_SPARK"))
    else {
        return println!(
            "left out: `run --engine spark` with a real Spark (PORTCULLIS_SPARK names no master)"
        );
    };
    let programs = Path::new(&engines).join("bin");
    let scene = scene(|number, line| match number % 10 {
        7 => None,
        8 => Some(line.replace("name", "other")),
        _ => Some(line),
    });
    println!("| `run nominal` | by | seconds | outcome |");
    let run = |program: Option<&str>, arguments: &[&str]| {
        let begun = Instant::now();
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command
            .clean_env()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("PORTCULLIS_DATASET_KEY", DATASET_KEY);
        command.env("SPARK_LOCAL_IP", "127.0.0.1");
        command.args([
            "reconcile",
            "run",
            "nominal",
            "--dry-run",
            "--confirm-after",
            "1",
            "--format",
            "json",
        ]);
        if let Some(program) = program {
            command.args(["--engine", "spark", "--spark-sql"]).arg(programs.join(program));
        }
        let output = command.args(arguments).current_dir(scene.path()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{program:?}: {said}");
        let run: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let by = program.unwrap_or("here");
        println!("| | {by} | {:.1} | {} |", begun.elapsed().as_secs_f32(), run["outcome"]);
        (run["outcome"].clone(), run["classes"].clone(), run["breaks"].as_array().unwrap().len())
    };
    let here = run(None, &[]);
    for program in ["spark-sql", "spark-submit"] {
        let arguments = [
            "--",
            "--master",
            &master,
            "--conf",
            "spark.ui.enabled=false",
            "--conf",
            "spark.sql.shuffle.partitions=2",
        ];
        assert_eq!(run(Some(program), &arguments), here);
    }
    let arguments = ["reconcile", "run", "nominal", "--dry-run", "--engine", "spark", "--spark-limit", "2s"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command
        .clean_env()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("PORTCULLIS_DATASET_KEY", DATASET_KEY);
    command.env("PORTCULLIS_SPARK_SQL", programs.join("spark-sql")).args(arguments).current_dir(scene.path());
    let (exit, text) = said(&command.output().unwrap());
    assert!(exit == 5 && text.contains("took more than 2 s and was ended"), "{text}");
}

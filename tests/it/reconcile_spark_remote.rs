//! `--spark-remote`: a Spark that listens for clients.

use crate::reconcile_engines::{one_missing, reconcile, scene};

/// A run by the Spark at an address, with other arguments besides.
fn run_at(scene: &std::path::Path, address: &str, more: &[&str]) -> (i32, String) {
    let run = [
        "run",
        "nominal",
        "--engine",
        "spark",
        "--dry-run",
        "--confirm-after",
        "1",
        "--spark-remote",
        address,
    ];
    reconcile(scene, &[&run[..], more].concat())
}

#[test]
fn an_address_is_for_spark_and_goes_with_no_program() {
    let scene = scene(one_missing);
    let (exit, text) =
        reconcile(scene.path(), &["run", "nominal", "--dry-run", "--spark-remote", "sc://spark.example"]);
    assert!(exit == 2 && text.contains("without --engine spark"), "{text}");
    let (exit, text) = run_at(scene.path(), "sc://spark.example", &["--", "--master", "yarn"]);
    assert!(exit == 2 && text.contains("cannot be used with"), "{text}");
    for address in ["http://spark.example", "sc://spark.example:99999", "sc://spark.example/;use_ssl"] {
        let (exit, text) = run_at(scene.path(), address, &[]);
        assert!(exit == 2 && text.contains("is written `sc://host:15002/;use_ssl=true`"), "{text}");
    }
}

#[test]
fn attack_a_token_in_an_address_is_shown_to_all_who_list_processes() {
    let scene = scene(one_missing);
    for address in ["sc://spark.example/;use_ssl=true;token=s3cret", "sc://spark.example?token=s3cret"] {
        let (exit, text) = run_at(scene.path(), address, &[]);
        assert!(exit == 2 && text.contains("SPARK_CONNECT_AUTHENTICATE_TOKEN"), "{text}");
        assert!(!text.contains("s3cret"), "{text}");
    }
}

#[cfg(not(feature = "spark-connect"))]
#[test]
fn a_program_without_the_client_says_how_one_with_it_is_built() {
    let scene = scene(one_missing);
    let (exit, text) = run_at(scene.path(), "sc://127.0.0.1:15002", &[]);
    assert!(exit == 5 && text.contains("built without Spark Connect"), "{text}");
    assert!(text.contains("cargo build --release --features spark-connect"), "{text}");
}

#[cfg(feature = "spark-connect")]
mod with_the_client {
    use super::*;
    use crate::reconcile_engines::expect;
    use std::time::{Duration, Instant};

    #[test]
    fn a_spark_elsewhere_needs_a_folder_that_it_sees() {
        let scene = scene(one_missing);
        let (exit, text) = run_at(scene.path(), "sc://spark.example", &[]);
        assert!(exit == 2 && text.contains("--engine-folder"), "{text}");
    }

    #[test]
    fn a_spark_that_does_not_listen_is_named_in_time_and_leaves_nothing() {
        let scene = scene(one_missing);
        let begun = Instant::now();
        let more = ["--spark-limit", "3s", "--engine-folder", "engine"];
        let (exit, text) = run_at(scene.path(), "sc://127.0.0.1:1", &more);
        assert!(exit == 5 && text.contains("does not listen there: sc://127.0.0.1:1"), "{text}");
        assert!(text.contains("start-connect-server.sh"), "{text}");
        assert!(begun.elapsed() < Duration::from_secs(30), "{text}");
        assert_eq!(std::fs::read_dir(scene.path().join("engine")).unwrap().count(), 1);
        let answers = walk(&scene.path().join("engine"));
        assert!(
            !answers.iter().any(|file| file.ends_with("answer.tsv") || file.ends_with(".partial")),
            "{answers:?}"
        );
        assert!(!text.contains("green"), "{text}");
    }

    fn walk(folder: &std::path::Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let each =
            entries.map(|path| if path.is_dir() { walk(&path) } else { vec![path.display().to_string()] });
        each.flatten().collect()
    }

    /// Only where `PORTCULLIS_SPARK_CONNECT` names servers: `.ci/spark-connect`.
    #[test]
    fn a_spark_that_listens_gives_the_run_that_the_comparison_here_gives() {
        let scene = scene(|number, line| match number % 10 {
            7 => None,
            8 => Some(line.replace("name", "other")),
            _ => Some(line),
        });
        let numbers = |text: &str| {
            let run = &text[text.find('{').unwrap()..];
            let run = serde_json::Deserializer::from_str(run).into_iter::<serde_json::Value>().next();
            let run = run.unwrap().unwrap();
            (run["outcome"].clone(), run["classes"].clone(), run["breaks"].as_array().unwrap().len())
        };
        let json = ["--format", "json"];
        let here = ["run", "nominal", "--dry-run", "--confirm-after", "1"];
        let here = numbers(&expect(scene.path(), 1, &[&here[..], &json].concat()));
        let servers = std::env::var("PORTCULLIS_SPARK_CONNECT").unwrap_or_default();
        if servers.is_empty() {
            println!("left out: `--spark-remote` (PORTCULLIS_SPARK_CONNECT names no server)");
        }
        for address in servers.split_whitespace() {
            let begun = Instant::now();
            let (exit, text) = run_at(scene.path(), address, &json);
            assert_eq!(exit, 1, "{address}: {text}");
            assert_eq!(numbers(&text), here, "{address}");
            println!("| `run nominal` | {address} | {:.1} s |", begun.elapsed().as_secs_f32());
        }
    }
}

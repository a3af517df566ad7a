//! The gate in a GitHub Actions job, with nothing but the job's environment.

use crate::support::gate::{command, judge, judge_at};
use portcullis_testkit::answer_faults::AnswerFault;
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::{POLICY, Stage};
use portcullis_testkit::world::Endpoint;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

#[test]
fn an_honest_change_is_allowed() {
    let stage = Stage::honest().unwrap();
    let verdict = judge(&stage);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    assert_eq!(verdict.json["judged"]["head"], stage.head().to_string());
    assert_eq!(verdict.json["policy"]["origin"], "base");
}

#[test]
fn every_answer_that_is_withheld_leaves_the_change_undetermined() {
    let stage = Stage::honest().unwrap();
    for endpoint in Endpoint::ALL {
        let refuse = AnswerFault::Refuse(403, "Resource not accessible by integration".into());
        let server = Server::start(stage.world.clone().with_fault(endpoint, refuse));
        let verdict = judge_at(&stage, &server);
        // What this policy and this host have no need of: teams, single commits, classic protection, what is deployed.
        let idle = matches!(
            endpoint,
            Endpoint::Members
                | Endpoint::Commit
                | Endpoint::Classic
                | Endpoint::GraphQl
                | Endpoint::Deployments
                | Endpoint::DeploymentStatuses
        );
        let expected = if idle { 0 } else { 3 };
        assert_eq!(verdict.exit, expected, "{endpoint:?}: {}", verdict.text);
    }
}

#[test]
fn facts_and_then_decide_give_the_bytes_of_check_without_the_repository() {
    let stage = Stage::honest().unwrap();
    let server = Server::start(stage.world.clone());
    let check = command(&stage, &server, &["check", "--format", "json"]).output().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let facts = elsewhere.path().join("facts.json");
    let gathered = command(&stage, &server, &["facts", "-o", &facts.display().to_string()]).output().unwrap();
    assert!(gathered.status.success(), "{}", String::from_utf8_lossy(&gathered.stderr));
    std::fs::write(elsewhere.path().join("policy.toml"), POLICY).unwrap();
    drop((stage, server));
    let decide = decide(elsewhere.path());
    assert_eq!(decide.status.code(), Some(0), "{}", String::from_utf8_lossy(&decide.stderr));
    assert_eq!(String::from_utf8(decide.stdout), String::from_utf8(check.stdout));
}

fn decide(directory: &Path) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .env_clear()
        .current_dir(directory)
        .args(["decide", "--facts", "facts.json", "--policy", "policy.toml", "--format", "json"])
        .output()
        .unwrap()
}

#[test]
fn the_exit_code_does_not_depend_on_the_format_and_advice_says_so_in_each() {
    let stage = Stage::honest().unwrap();
    std::fs::remove_file(stage.report_file()).unwrap();
    let server = Server::start(stage.world.clone());
    for format in ["terminal", "json", "github", "markdown"] {
        let plain = command(&stage, &server, &["check", "--format", format]).output().unwrap();
        assert_eq!(plain.status.code(), Some(1), "{format}");
        let advice = command(&stage, &server, &["check", "--advisory", "--format", format]).output().unwrap();
        assert_eq!(advice.status.code(), Some(0), "{format}");
        let text = String::from_utf8(advice.stdout).unwrap();
        assert!(text.contains("advis"), "{format}: {text}");
    }
}

#[test]
fn a_job_shows_text_annotations_and_summary_and_its_text_cannot_command_the_runner() {
    let mut stage = Stage::honest().unwrap();
    stage.world.request.title = "x\n::set-output name=a::b ##[error]no".into();
    std::fs::remove_file(stage.report_file()).unwrap();
    let server = Server::start(stage.world.clone());
    let summary = stage.directory().join("summary.md");
    std::fs::write(&summary, "before\n").unwrap();
    let output = command(&stage, &server, &["check"]).env("GITHUB_STEP_SUMMARY", &summary).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("::stop-commands::"), "{text}");
    let token = text.lines().next().unwrap().trim_start_matches("::stop-commands::").to_string();
    let (quiet, loud) = text.split_once(&format!("\n::{token}::\n")).unwrap();
    assert!(quiet.contains("blocked"));
    assert!(loud.lines().all(|line| line.starts_with("::error") || line.starts_with("::notice")), "{loud}");
    assert!(!loud.contains("\n::set-output"));
    let summary = std::fs::read_to_string(summary).unwrap();
    assert!(summary.starts_with("before\n") && summary.contains("regression-tests"), "{summary}");
}

#[test]
fn the_summary_links_what_was_judged_and_says_who_judged_when() {
    let stage = Stage::honest().unwrap();
    let server = Server::start(stage.world.clone());
    let summary = stage.directory().join("summary.md");
    let mut check =
        command(&stage, &server, &["check", "--format", "default", "--format", "json=decision.json"]);
    check.env("GITHUB_STEP_SUMMARY", &summary).env("GITHUB_SERVER_URL", "https://github.com");
    check.env("GITHUB_RUN_ID", "17");
    let output = check.output().unwrap();
    let log = String::from_utf8(output.stdout).unwrap();
    assert!(log.contains(" title=portcullis%3A "), "{log}");
    let text = std::fs::read_to_string(summary).unwrap();
    let (root, head) = (format!("https://github.com/{}", stage.world.repository), stage.head());
    for link in [
        format!("| Head | [`{head}`]({root}/commit/{head}) |"),
        format!("| Request | [7]({root}/pull/7) |"),
        format!("[run]({root}/actions/runs/17)"),
    ] {
        assert!(text.contains(&link), "{link} is missing: {text}");
    }
    let last = text.trim_end().lines().last().unwrap();
    assert!(last.starts_with(&format!("Portcullis `{}`", env!("CARGO_PKG_VERSION"))), "{last}");
    assert!(last.contains(" \u{b7} `20"), "the moment of the facts: {last}");
    assert!(stage.directory().join("decision.json").is_file());
}

#[test]
fn a_command_line_that_is_not_complete_is_annotated_too() {
    let stage = Stage::honest().unwrap();
    let server = Server::start(stage.world.clone());
    for arguments in [&[][..], &["policy"], &["check", "--hots", "none"]] {
        let output = command(&stage, &server, arguments).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {err}");
        assert!(
            err.contains("::error title=portcullis%3A the command line is wrong::"),
            "{arguments:?}: {err}"
        );
    }
}

#[test]
fn a_job_of_gitea_or_forgejo_is_not_taken_for_one_of_github() {
    let stage = Stage::honest().unwrap();
    for (variable, value) in
        [("GITEA_ACTIONS", "true"), ("FORGEJO_ACTIONS", "true"), ("GITHUB_API_URL", "{server}/api/v1")]
    {
        let server = Server::start(stage.world.clone());
        let value = value.replace("{server}", &server.address());
        let run = |named: &[&str]| {
            let arguments = [&["check", "--format", "json"], named].concat();
            let output = command(&stage, &server, &arguments).env(variable, &value).output().unwrap();
            (output.status.code(), String::from_utf8(output.stdout).unwrap())
        };
        let (exit, text) = run(&["--host", "github"]);
        assert_eq!(exit, Some(3), "{variable}: {text}");
        assert!(text.contains("and GitHub was named"), "{variable}: {text}");
        assert_eq!(server.seen().len(), 0, "{variable}: nothing is asked, and no token is shown");
        let (exit, text) = run(&[]);
        assert_eq!(exit, Some(3), "{variable}: this is no API of a Gitea: {text}");
        let asked = server.seen();
        assert!(!asked.is_empty() && asked.iter().all(|seen| seen.path.starts_with("/api/v1/")), "{asked:?}");
    }
    // What git alone can tell is judged there as everywhere.
    let server = Server::start(stage.world.clone());
    let base = stage.base.to_string();
    let alone = ["check", "--format", "json", "--host", "none", "--base", &base];
    let on = |gitea: &str| {
        let output = command(&stage, &server, &alone).env("GITEA_ACTIONS", gitea).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(on("true"), on(""));
}

#[test]
fn the_token_is_in_no_output() {
    let stage = Stage::honest().unwrap();
    let server = Server::start(stage.world.clone());
    for arguments in [&["check", "--verbose"][..], &["facts"], &["check", "--format", "json"]] {
        let output = command(&stage, &server, arguments).output().unwrap();
        let text =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(!text.contains("a-token-of-the-job"));
    }
    assert!(
        server.seen().iter().all(|seen| seen.header("authorization") == Some("Bearer a-token-of-the-job"))
    );
}

#[test]
fn an_event_without_a_request_is_a_usage_error() {
    let stage = Stage::honest().unwrap();
    let server = Server::start(stage.world.clone());
    let mut command = command(&stage, &server, &["check"]);
    std::fs::write(stage.directory().join("event.json"), r#"{"ref": "refs/heads/main"}"#).unwrap();
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn without_a_policy_at_the_base_the_gate_ends_with_4() {
    use portcullis_testkit::history::Edit;
    let stage = Stage::with(&[Edit::Write("services/upload/load.sql", "SELECT 1;\n")]).unwrap();
    let verdict = judge(&stage);
    assert_eq!((verdict.exit, &verdict.json), (4, &Value::Null), "{}", verdict.text);
    assert!(verdict.text.contains("portcullis init"), "{}", verdict.text);
}

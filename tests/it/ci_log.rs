//! What stands in the log of a CI job: nobody who chose an argument, a name or a text gives orders to the runner, each way to end leaves
//! an annotation and a summary, and many findings of one kind are a few lines.

use crate::support::checkout::{Checkout, REPORT};
use crate::support::gate::command;
use crate::support::release;
use portcullis_testkit::history::Edit;
use portcullis_testkit::lane::state::Op;
use portcullis_testkit::lane::{How, Lane};
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::{KIM, POLICY, Stage};
use std::fs;
use std::process::{Command, Output};

/// Orders to a runner, to a terminal, and to other CI systems.
const ORDERS: [&str; 6] = [
    "\n::add-mask::a",
    "x\r\n  ::set-output name=a::b",
    "##[add-path]/tmp",
    "##vso[task.setvariable variable=a]b",
    "\u{1b}[2J\u{9b}2J",
    "\u{202e}txt",
];

fn text(output: &Output) -> String {
    [&output.stdout[..], &output.stderr].iter().map(|part| String::from_utf8_lossy(part)).collect()
}

/// No line of it is an order, but for our own annotations and marks.
fn assert_harmless(what: &str, text: &str) {
    assert!(!text.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\r']), "{what}: {text:?}");
    for line in text.lines() {
        let ours = [
            "::error title=",
            "::warning title=",
            "::notice title=",
            "::stop-commands::sha256-",
            "::sha256-",
        ];
        let order = line.trim_start().starts_with("::");
        assert!(!order || ours.iter().any(|ours| line.starts_with(ours)), "{what}: {line:?}");
        assert!(!line.contains("##[") && !line.contains("##vso["), "{what}: {line:?}");
    }
}

/// A job that runs this in a directory.
fn job(checkout: &Checkout, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env_clear().current_dir(checkout.path()).args(arguments).env("GITHUB_ACTIONS", "true");
    command.env("GITHUB_WORKSPACE", checkout.path());
    command
}

fn project() -> Checkout {
    let checkout = Checkout::with("[controls.required-reviews]\napprovals = 1\n", &[]);
    checkout.change("services/upload/load.sql", "SELECT 1;\n");
    checkout
}

#[test]
fn no_argument_is_an_order() {
    let checkout = project();
    checkout.write(REPORT, "<testsuite name='s'><testcase name='a'/></testsuite>");
    for order in ORDERS {
        for arguments in [
            &["check", order][..],
            &["check", "--no-such", order],
            &["check", "--host", order],
            &["check", "--request", order],
            &["check", "--format", order],
            &["check", "--environment", order],
            &["check", "--base", order, "--head", order, "--host", "none"],
            &["check", "--policy", order, "--host", "none", "--base", "main"],
            &["check", "--report", order, "--host", "none", "--base", "main", "--head", "change"],
            &["check", "--evidence", order, "--host", "none", "--base", "main", "--head", "change"],
            &[order],
            &["explain", order],
            &["explain", "--at", order],
            &["policy", "check", order],
            &["policy", "waiver", order],
            &["record", "show", order],
            &["record", "verify", "production", "--expect-tip", order],
            &["evidence", "record", "--suite", order, "--report", REPORT],
            &["evidence", "record", "--suite", "upload", "--report", order],
            &["evidence", "record", "--suite", "upload", "--report", REPORT, "-o", "out/x.json", "--", order],
            &["evidence", "diff", order, order],
            &["evidence", "sign", order, "--key", order],
            &["decide", "--facts", order, "--policy", order],
            &["demo", "--show", order],
            &["-C", order, "check"],
        ] {
            let output = job(&checkout, arguments).output().unwrap();
            assert_harmless(&format!("{arguments:?}"), &text(&output));
        }
    }
}

/// Usage errors are told in full all the same.
#[test]
fn an_honest_mistake_is_told_as_before() {
    let checkout = project();
    let said = text(&checkout.portcullis(&["check", "--haed", "x"]));
    assert!(said.contains("--haed") && said.contains("Usage: portcullis check"), "{said}");
    assert!(said.contains("--head"), "{said}");
    let help = checkout.portcullis(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&help.stdout).contains("Usage: portcullis"));
    assert_eq!(checkout.portcullis(&["--version"]).status.code(), Some(0));
    assert_eq!(checkout.portcullis(&[]).status.code(), Some(2));
}

/// Names of files, branches, tests and people are chosen by whoever opens the request.
#[cfg(unix)]
#[test]
fn no_name_in_the_repository_is_an_order() {
    let checkout = project();
    for (number, order) in ORDERS.iter().enumerate() {
        let name = order.replace('/', "_");
        checkout.write(&format!("services/upload/{number}{name}.sql"), "SELECT 1;\n");
        checkout.write(&format!("services/upload/{name}{number}.sql"), "SELECT 1;\n");
    }
    checkout.git(&[
        "-c",
        "user.name=::add-mask::a ##[x]",
        "commit",
        "--allow-empty",
        "-qm",
        "::add-mask::a ##[add-path]x",
    ]);
    checkout.commit("::add-mask::b");
    for arguments in [
        &["check", "--host", "none", "--base", "main", "--head", "change", "--verbose"][..],
        &["check", "--host", "none", "--base", "main", "--head", "change", "--format", "github"],
        &["check", "--host", "none", "--base", "main", "--head", "change", "--format", "json"],
        &["facts", "--host", "none", "--base", "main", "--head", "change"],
        &["explain", "change", "--verbose"],
        &["explain", "services/upload"],
        &["policy", "check"],
    ] {
        let output = job(&checkout, arguments).output().unwrap();
        assert_harmless(&format!("{arguments:?}"), &text(&output));
    }
}

#[test]
fn no_test_in_a_statement_is_an_order() {
    let checkout = project();
    let report =
        "<testsuite name='##[add-path]/tmp'><testcase name='&#10;::add-mask::a ##vso[x]y'/></testsuite>";
    checkout.write(REPORT, report);
    let record = ["evidence", "record", "--suite", "upload", "--report", REPORT];
    let output = job(&checkout, &record).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert_harmless("record", &text(&output));
    // What stands there is the statement, and reads the same.
    fs::write(checkout.path().join("out/x.json"), &output.stdout).unwrap();
    let diff = job(&checkout, &["evidence", "diff", "out/x.json", "out/x.json"]).output().unwrap();
    assert_eq!(diff.status.code(), Some(0), "{}", text(&diff));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(json.to_string().contains("##[add-path]/tmp"));
}

/// A job of the stage's request with these arguments, and what it wrote to the log and to the summary.
fn ended(
    stage: &Stage,
    arguments: &[&str],
    change: impl FnOnce(&mut Command),
) -> (Option<i32>, String, String) {
    let server = Server::start(stage.world.clone());
    let elsewhere = tempfile::tempdir().unwrap();
    let summary = elsewhere.path().join("summary.md");
    let mut command = command(stage, &server, arguments);
    command.env("GITHUB_STEP_SUMMARY", &summary);
    change(&mut command);
    let output = command.output().unwrap();
    let summary = fs::read_to_string(summary).unwrap_or_default();
    (output.status.code(), text(&output), summary)
}

fn assert_told(what: &str, (_, log, summary): &(Option<i32>, String, String)) {
    let annotations = log.lines().filter(|line| line.starts_with("::error title=portcullis%3A ")).count();
    assert_eq!(annotations, 1, "{what}: {log}");
    assert!(summary.starts_with("## Portcullis: "), "{what}: {summary}");
    assert_harmless(what, log);
    assert!(!summary.contains("<script>") || summary.contains('`'), "{summary}");
}

#[test]
fn each_way_to_end_leaves_an_annotation_and_a_summary() {
    let stage = Stage::honest().unwrap();
    let usage = ended(&stage, &["check", "--no-such"], |_| ());
    assert_eq!(usage.0, Some(2));
    assert_told("usage", &usage);
    let usage = ended(&stage, &["check", "--report", ""], |_| ());
    assert_eq!(usage.0, Some(2));
    assert_told("usage", &usage);
    let broken = POLICY.replace("approvals = 2", "approvals = \"two\"");
    let bad = Stage::with(&[Edit::Write("portcullis.toml", &broken)]).unwrap();
    let policy = ended(&bad, &["check"], |_| ());
    assert_eq!(policy.0, Some(4), "{}", policy.1);
    assert_told("policy", &policy);
    assert!(policy.2.contains("approvals"), "{}", policy.2);
    let environment = ended(&stage, &["check"], |command| {
        command.env("GITHUB_EVENT_PATH", "/nowhere/event.json");
    });
    assert_eq!(environment.0, Some(5), "{}", environment.1);
    assert_told("environment", &environment);
    let elsewhere = ended(&stage, &["facts", "-o", "no/where.json"], |_| ());
    assert_eq!(elsewhere.0, Some(5), "{}", elsewhere.1);
    assert_told("a file that cannot be written", &elsewhere);
    let mut blocked = Stage::honest().unwrap();
    blocked.world.reviews.clear();
    let blocked = ended(&blocked, &["check"], |_| ());
    assert_eq!(blocked.0, Some(1));
    assert!(
        blocked.1.contains("::error title=portcullis%3A blocked")
            && blocked.2.contains("## Portcullis: blocked")
    );
}

/// Who names formats gets those; outside of a job there is nobody to annotate for; data stays data.
#[test]
fn nobody_is_told_who_did_not_ask() {
    let stage = Stage::honest().unwrap();
    let named = ended(&stage, &["check", "--format", "json", "--report", ""], |_| ());
    assert_eq!((named.0, named.2.as_str()), (Some(2), ""));
    assert!(!named.1.contains("::error"), "{}", named.1);
    let annotated = ended(&stage, &["check", "--format=github", "--report", ""], |_| ());
    assert!(annotated.1.contains("::error title=portcullis%3A the command line"), "{}", annotated.1);
    let checkout = project();
    let outside = text(&checkout.portcullis(&["check", "--no-such"]));
    assert!(!outside.contains("::error"), "{outside}");
    // The annotation is no data.
    let server = Server::start(stage.world.clone());
    let output = command(&stage, &server, &["facts", "--request", "x"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty(), "{}", text(&output));
    let fine = ended(&stage, &["check"], |_| ());
    assert_eq!(fine.0, Some(0), "{}", fine.1);
    assert!(!fine.1.contains("::error") && fine.2.contains("allowed"), "{}", fine.1);
}

#[test]
fn a_summary_that_cannot_be_written_changes_no_exit_code() {
    let stage = Stage::honest().unwrap();
    let server = Server::start(stage.world.clone());
    let mut command = command(&stage, &server, &["check", "--no-such"]);
    let output = command.env("GITHUB_STEP_SUMMARY", "/nowhere/summary.md").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

/// A lane of landings that lack a review each.
fn many(landings: usize) -> Lane {
    let mut lane = Lane::begin();
    for number in 0..landings {
        let mut draft = lane.open(lane.tip());
        lane.push(&mut draft, KIM, vec![Op::Slot(10, number % 6, format!("line {number}\n"))]);
        draft.approved();
        draft.world.reviews.truncate(1);
        lane.land(vec![draft], How::Squash, &[], &[], "Land it");
    }
    lane
}

#[test]
fn sixty_findings_of_one_kind_are_a_few_lines() {
    let shown = |lane: &Lane, more: &[&str]| {
        let server = Server::start(lane.host());
        let mut command = release::command(lane, &server.address(), lane.tip());
        let output = command.args(["--base", &lane.baseline().to_string()]).args(more).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let lane = many(60);
    let brief = shown(&lane, &[]);
    assert!(brief.lines().count() < 90, "{} lines: {brief}", brief.lines().count());
    assert!(brief.contains("60 broken") || brief.contains("broken"), "{brief}");
    assert!(brief.contains("more of this kind") || brief.contains("the same of"), "{brief}");
    assert!(brief.contains("`--verbose` shows everything"), "{brief}");
    let whole = shown(&lane, &["--verbose"]);
    for landing in &lane.landings {
        let short = &landing.commit.to_string()[..10];
        assert!(whole.contains(&format!("in landing {short}")), "{short} is not shown");
    }
    // A handful is shown one by one.
    let few = many(4);
    let brief = shown(&few, &[]);
    for landing in &few.landings {
        assert!(brief.contains(&landing.commit.to_string()[..10]), "{brief}");
    }
    assert!(!brief.contains("the same of") && !brief.contains("more of this kind"), "{brief}");
}

/// What is kept and signed is written to the byte, and in a job between marks where a line of it would be an order.
#[test]
fn a_policy_that_was_kept_gives_no_orders_from_the_record() {
    let policy = format!("{POLICY}\n[roles.unasked]\nusers = [\n# ##[add-path]/tmp\n'kim']\n");
    let mut lane = Lane::with(&policy);
    let mut draft = lane.open(lane.tip());
    lane.push(&mut draft, KIM, vec![Op::Slot(10, 1, "a line\n".into())]);
    draft.approved();
    lane.land(vec![draft], How::Squash, &[], &[], "Land it");
    let server = Server::start(lane.host());
    let mut record = release::command(&lane, &server.address(), lane.tip());
    let output = record.args(["--base", &lane.baseline().to_string(), "--record"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let show = |job: bool| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.env_clear().current_dir(lane.directory());
        if job {
            command.env("GITHUB_ACTIONS", "true");
        }
        let output =
            command.args(["record", "show", "production", "--file", "policy.toml"]).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(show(false), policy, "to the byte");
    let (first, rest) = show(true).split_once('\n').map(|(a, b)| (a.to_string(), b.to_string())).unwrap();
    assert!(first.starts_with("::stop-commands::sha256-"), "{first}");
    assert!(rest.starts_with(&policy) && rest.trim_end().ends_with("::"), "{rest}");
}

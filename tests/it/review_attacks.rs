//! Ways round the gate that lie between its parts: where it is started, what it is handed, where it writes.

use crate::support::gate::{Verdict, command, judge, judge_at};
use portcullis_model::person::{Account, AccountKind, Login};
use portcullis_model::review::{CommitAccounts, ReviewedContent};
use portcullis_testkit::answer_faults::AnswerFault;
use portcullis_testkit::history::Edit;
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::{GREEN, KIM, POLICY, REPORT, Stage};
use portcullis_testkit::world::Endpoint;
use std::path::Path;
use std::process::{Command, Output};

const LOAD: Edit<'_> = Edit::Write("services/upload/load.sql", "SELECT 1;\n");

fn run(command: &mut Command) -> Verdict {
    Verdict::of(&command.output().unwrap())
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn write(file: &Path, text: &str) {
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
}

// Evidence that came with the repository.

#[test]
fn a_committed_report_is_no_evidence_for_a_gate_that_is_started_below_the_root() {
    let mut stage = Stage::honest().unwrap();
    let committed = format!("job/{REPORT}");
    stage.change(&[LOAD, Edit::Write(&committed, GREEN)]).unwrap();
    let job = stage.directory().join("job");
    write(&job.join(REPORT), GREEN);
    let server = Server::start(stage.world.clone());
    let arguments = ["check", "--format", "json"];
    run(command(&stage, &server, &arguments).current_dir(&job)).expect(
        1,
        "regression-tests",
        "so it is not evidence of a run",
    );
    let arguments = ["-C", "job", "check", "--format", "json"];
    run(&mut command(&stage, &server, &arguments)).expect(
        1,
        "regression-tests",
        "so it is not evidence of a run",
    );
}

#[test]
fn a_committed_report_above_the_place_where_the_gate_is_started_is_no_evidence() {
    let mut stage = Stage::honest().unwrap();
    stage.change(&[LOAD, Edit::Write("evidence.xml", GREEN)]).unwrap();
    let job = stage.directory().join("job");
    write(&stage.directory().join("evidence.xml"), GREEN);
    std::fs::create_dir_all(&job).unwrap();
    let server = Server::start(stage.world.clone());
    let arguments = ["check", "--report", "upload-regression=../evidence.xml", "--format", "json"];
    run(command(&stage, &server, &arguments).current_dir(&job)).expect(
        1,
        "regression-tests",
        "so it is not evidence of a run",
    );
}

#[test]
fn a_report_of_the_job_still_counts_below_the_root() {
    let stage = Stage::honest().unwrap();
    let job = stage.directory().join("job");
    write(&job.join(REPORT), GREEN);
    std::fs::remove_file(stage.report_file()).unwrap();
    let server = Server::start(stage.world.clone());
    let verdict = run(command(&stage, &server, &["check", "--format", "json"]).current_dir(&job));
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    let named = format!("upload-regression={REPORT}");
    let arguments = ["-C", "job", "check", "--format", "json", "--report", &named];
    let verdict = run(&mut command(&stage, &server, &arguments));
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
}

#[test]
fn a_report_that_stands_on_the_base_is_no_evidence() {
    // A checkout of the merged result holds it although the head, which began earlier, does not.
    let mut stage = Stage::honest().unwrap();
    let landed = stage.history.commit(KIM, &[stage.base], "Sample", &[Edit::Write(REPORT, GREEN)]).unwrap();
    stage.base = landed;
    stage.honest_world().unwrap();
    judge(&stage).expect(1, "regression-tests", "so it is not evidence of a run");
}

#[test]
fn a_report_inside_a_submodule_is_no_evidence() {
    let mut stage = Stage::honest().unwrap();
    let elsewhere = stage.base;
    stage.change(&[LOAD, Edit::Submodule("target", elsewhere)]).unwrap();
    judge(&stage).expect(1, "regression-tests", "so it is not evidence of a run");
}

// What the gate is told instead of asking.

#[test]
fn a_base_that_nobody_could_compare_with_the_branch_proves_nothing() {
    let stage = Stage::honest().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let policy = elsewhere.path().join("policy.toml");
    let (before, _) = POLICY.split_once("[controls.protected-branch]").unwrap();
    let (_, suites) = POLICY.split_once("[controls.regression-tests").unwrap();
    let (suites, _) = suites.split_once("[controls.required-checks]").unwrap();
    write(&policy, &format!("{before}\n[controls.regression-tests{suites}"));
    let policy = policy.display().to_string();
    let base = stage.base.to_string();
    let arguments = ["check", "--base", &base, "--policy", &policy, "--format", "json"];
    let seen = run(&mut command(&stage, &Server::start(stage.world.clone()), &arguments));
    assert_eq!(seen.exit, 0, "{}", seen.text);
    for endpoint in [Endpoint::Branch, Endpoint::Request] {
        let hidden = stage.world.clone().with_fault(endpoint, AnswerFault::Refuse(404, "Not Found".into()));
        let verdict = run(&mut command(&stage, &Server::start(hidden), &arguments));
        verdict.expect(3, "gate-integrity", "Not Found");
    }
}

#[test]
fn in_a_job_the_head_of_the_event_is_judged_also_when_its_request_is_named() {
    // The check of this job will stand on the commit of the event, whatever was pushed since.
    let mut stage = Stage::honest().unwrap();
    let judged = stage.head();
    let server_of_later = {
        let kim = stage.world.request.author.clone().unwrap();
        stage.push(KIM, &kim, &[Edit::Write("docs/guide.md", "x\n")]).unwrap();
        Server::start(stage.world.clone())
    };
    let request = stage.world.request.id.to_string();
    let repository = stage.world.repository.clone();
    let arguments = ["check", "--repository", &repository, "--request", &request, "--format", "json"];
    let mut command = command(&stage, &server_of_later, &arguments);
    let event = std::fs::read_to_string(stage.directory().join("event.json")).unwrap();
    let event = event.replace(&stage.head().to_string(), &judged.to_string());
    std::fs::write(stage.directory().join("event.json"), event).unwrap();
    let verdict = run(&mut command);
    assert_eq!(verdict.json["judged"]["head"], judged.to_string(), "{}", verdict.text);
}

#[test]
fn a_policy_that_the_change_itself_brings_judges_nothing() {
    let mut stage = Stage::honest().unwrap();
    let mild = POLICY.replace("approvals = 2", "approvals = 1");
    stage.change(&[LOAD, Edit::Write("portcullis.toml", &mild)]).unwrap();
    stage.world.reviews.truncate(1);
    std::fs::write(stage.directory().join("portcullis.toml"), &mild).unwrap();
    let server = Server::start(stage.world.clone());
    let verdict =
        run(&mut command(&stage, &server, &["check", "--policy", "portcullis.toml", "--format", "json"]));
    assert_eq!(verdict.exit, 4, "{}", verdict.text);
    assert!(verdict.text.contains("leave out --policy"), "{}", verdict.text);
}

#[test]
fn a_given_policy_that_the_change_leaves_alone_is_taken() {
    let stage = Stage::honest().unwrap();
    std::fs::write(stage.directory().join("portcullis.toml"), POLICY).unwrap();
    let server = Server::start(stage.world.clone());
    let verdict =
        run(&mut command(&stage, &server, &["check", "--policy", "portcullis.toml", "--format", "json"]));
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
}

// Facts for another policy, facts with holes.

#[test]
fn facts_that_were_gathered_for_less_prove_nothing() {
    let mut stage = Stage::honest().unwrap();
    // A workflow is changed on the way and changed back.
    let kim = stage.world.request.author.clone().unwrap();
    stage
        .change(&[
            Edit::Write("docs/guide.md", "x\n"),
            Edit::Write(".github/workflows/gate.yml", "on: push\n"),
        ])
        .unwrap();
    stage.push(KIM, &kim, &[Edit::Write(".github/workflows/gate.yml", "on: pull_request\n")]).unwrap();
    let head = portcullis_testkit::stage::revision(stage.head()).unwrap();
    stage.world.reviews.iter_mut().for_each(|review| review.reviewed = ReviewedContent::Stated(head.clone()));
    stage.world.reviews.truncate(1);
    let server = Server::start(stage.world.clone());
    let facts = run(&mut command(&stage, &server, &["facts"])).text;
    let elsewhere = tempfile::tempdir().unwrap();
    write(&elsewhere.path().join("facts.json"), &facts);
    let (strict, _) = POLICY.split_once("[controls.protected-branch]").unwrap();
    let strict =
        strict.replace("deployment = [\"main\"]", "deployment = [\"main\"]\nhistory = \"each-commit\"");
    write(
        &elsewhere.path().join("policy.toml"),
        &format!("{strict}\n[controls.required-reviews]\napprovals = 1\n"),
    );
    let verdict = decide(elsewhere.path());
    verdict.expect(3, "gate-integrity", "individual commits");
}

fn decide(directory: &Path) -> Verdict {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env_clear().current_dir(directory);
    run(command.args(["decide", "--facts", "facts.json", "--policy", "policy.toml", "--format", "json"]))
}

#[test]
fn facts_with_a_missing_field_are_no_facts() {
    let stage = Stage::honest().unwrap();
    let server = Server::start(stage.world.clone());
    let facts: serde_json::Value =
        serde_json::from_str(&run(&mut command(&stage, &server, &["facts"])).text).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    write(&elsewhere.path().join("policy.toml"), POLICY);
    let mut places = Vec::new();
    fields(&facts, String::new(), &mut places);
    assert!(places.len() > 100, "{places:?}");
    // Keys of maps from outside are data, not fields; a missing one is a gap of its own.
    let data = [
        "/host/attribution/known/",
        "/host/permissions/",
        "/host/members/",
        "/inquiry/texts/",
        "/gate/known/texts/",
    ];
    let is_needed = |place: &&String| !data.iter().any(|map| is_key_of(place, map));
    for place in places.iter().filter(is_needed) {
        let mut holed = facts.clone();
        let (parent, key) = place.rsplit_once('/').unwrap();
        holed.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(key);
        write(&elsewhere.path().join("facts.json"), &holed.to_string());
        let verdict = decide(elsewhere.path());
        assert_eq!(verdict.exit, 5, "without {place}: {}", verdict.text);
    }
}

fn is_key_of(place: &str, map: &str) -> bool {
    place.strip_prefix(map).is_some_and(|key| !key.contains('/'))
}

fn fields(value: &serde_json::Value, here: String, places: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(object) => object.iter().for_each(|(key, value)| {
            // As RFC 6901 writes it.
            let place = format!("{here}/{}", key.replace('~', "~0").replace('/', "~1"));
            places.push(place.clone());
            fields(value, place, places);
        }),
        serde_json::Value::Array(list) => {
            list.iter().take(1).for_each(|value| fields(value, format!("{here}/0"), places));
        }
        _ => {}
    }
}

// Where the gate writes.

#[cfg(unix)]
#[test]
fn a_device_is_written_and_never_replaced() {
    use std::os::unix::fs::{FileTypeExt, PermissionsExt};
    let stage = Stage::honest().unwrap();
    let server = Server::start(stage.world.clone());
    let elsewhere = tempfile::tempdir().unwrap();
    let link = elsewhere.path().join("out");
    std::os::unix::fs::symlink("/dev/null", &link).unwrap();
    let format = format!("json={}", link.display());
    let output = command(&stage, &server, &["check", "--format", &format]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(std::fs::metadata(&link).unwrap().file_type().is_char_device());
    let full = elsewhere.path().join("full");
    std::os::unix::fs::symlink("/dev/full", &full).unwrap();
    let output = command(&stage, &server, &["facts", "-o", &full.display().to_string()]).output().unwrap();
    assert_eq!(output.status.code(), Some(5), "{}", text(&output));
    let plain = elsewhere.path().join("facts.json");
    let output = command(&stage, &server, &["facts", "-o", &plain.display().to_string()]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    // As any program would have written it: another user of the machine, such as the next step of a job, may read it.
    let other = elsewhere.path().join("other");
    std::fs::write(&other, "").unwrap();
    let mode = |file: &Path| std::fs::metadata(file).unwrap().permissions().mode();
    assert_eq!(mode(&plain), mode(&other));
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_never_success() {
    let stage = Stage::honest().unwrap();
    let server = Server::start(stage.world.clone());
    for format in ["terminal", "json", "github", "markdown"] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let status = command(&stage, &server, &["check", "--format", format]).stdout(full).status().unwrap();
        assert_eq!(status.code(), Some(5), "{format}");
    }
    let output =
        command(&stage, &server, &["check"]).env("GITHUB_STEP_SUMMARY", "/dev/full").output().unwrap();
    assert_eq!(output.status.code(), Some(5), "{}", text(&output));
}

#[test]
fn complaints_and_explanations_neither_steer_the_terminal_nor_command_the_runner() {
    let steering = POLICY.replace("Loads, amends", "\\u001b[2J\\n::error::x ##[error]");
    let stage = Stage::with(&[Edit::Write("portcullis.toml", &steering), LOAD]).unwrap();
    let server = Server::start(stage.world.clone());
    let steered = command(&stage, &server, &["check"]).output().unwrap();
    assert_eq!(steered.status.code(), Some(4), "{}", text(&steered));
    assert!(text(&steered).contains("U+001B"), "what is refused is named visibly: {}", text(&steered));
    let policy = POLICY.replace("Loads, amends", "Loads\\n::error::x ##[error]");
    let stage = Stage::with(&[Edit::Write("portcullis.toml", &policy), LOAD]).unwrap();
    stage.history.repository().set_head("refs/heads/main").unwrap();
    let server = Server::start(stage.world.clone());
    let explained = command(&stage, &server, &["explain", &stage.head().to_string()]).output().unwrap();
    assert_eq!(explained.status.code(), Some(0), "{}", text(&explained));
    let complained = command(&stage, &server, &["explain", "x\u{1b}[2J\n::error::y"]).output().unwrap();
    assert_ne!(complained.status.code(), Some(0));
    let refused = stage
        .world
        .clone()
        .with_fault(Endpoint::Request, AnswerFault::Refuse(404, "a\n::error::z\u{1b}[2J".into()));
    let facts = command(&stage, &Server::start(refused), &["facts"]).output().unwrap();
    assert_eq!(facts.status.code(), Some(3));
    for output in [steered, explained, complained, facts] {
        let text = text(&output);
        assert!(!text.contains('\u{1b}') && !text.contains("##["), "{text:?}");
        // The annotation of a run without a decision is ours, and one line whatever it repeats.
        let ours = |line: &&str| !line.starts_with("::error title=portcullis%3A ");
        assert!(!text.lines().filter(ours).any(|line| line.trim_start().starts_with("::")), "{text:?}");
    }
}

// The same change, whatever surrounds the gate.

#[test]
fn surroundings_change_no_byte() {
    let stage = Stage::honest().unwrap();
    let server = Server::start(stage.world.clone());
    let plain = command(&stage, &server, &["check", "--format", "json"]).output().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let directory = stage.directory().display().to_string();
    let mut moved = command(&stage, &server, &["-C", &directory, "check", "--format", "json"]);
    moved
        .current_dir(elsewhere.path())
        .env("TZ", "Pacific/Kiritimati")
        .env("LANG", "tr_TR.UTF-8")
        .env("LC_ALL", "C");
    moved.env("COLUMNS", "20").env("CLICOLOR_FORCE", "1").env("HOME", elsewhere.path());
    moved.env("GIT_DIR", "/nowhere").env("GIT_CONFIG_GLOBAL", "/nowhere").env("RUST_LOG", "trace");
    let moved = moved.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&moved.stdout), String::from_utf8_lossy(&plain.stdout));
    assert_eq!(moved.status.code(), Some(0), "{}", text(&moved));
}

#[test]
fn with_each_commit_the_owners_of_what_was_touched_on_the_way_are_asked_for() {
    let policy = POLICY
        .replace("deployment = [\"main\"]", "deployment = [\"main\"]\nhistory = \"each-commit\"")
        .replace("[roles.gate-owners]", "[roles.owners]\ncode-owners = true\n\n[roles.gate-owners]")
        .replace(
            "[controls.required-reviews.data-processing]\n",
            "[controls.required-reviews.data-processing]\nroles = [{ role = \"owners\", approvals = 1 }]\n",
        );
    let mut stage = Stage::with(&[
        Edit::Write("portcullis.toml", &policy),
        Edit::Write(".github/CODEOWNERS", "/services/ @robin-example\n/db/ @example-org/data-protection\n"),
        Edit::Write("services/upload/load.sql", "SELECT 2;\n"),
    ])
    .unwrap();
    let kim = stage.world.request.author.clone().unwrap();
    stage.change(&[LOAD, Edit::Write("db/migrations/1.sql", "SELECT 1;\n")]).unwrap();
    stage.push(KIM, &kim, &[Edit::Remove("db/migrations/1.sql")]).unwrap();
    let head = portcullis_testkit::stage::revision(stage.head()).unwrap();
    stage.world.reviews.iter_mut().for_each(|review| review.reviewed = ReviewedContent::Stated(head.clone()));
    let verdict = judge_at(&stage, &Server::start(stage.world.clone()));
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
}

#[test]
fn a_change_that_only_machines_had_a_part_in_is_pointed_out() {
    let mut stage = Stage::honest().unwrap();
    let bot =
        Account { login: Login::new("github-actions[bot]"), id: 41_898_282.into(), kind: AccountKind::Bot };
    let address = "41898282+github-actions[bot]@users.noreply.github.com";
    let head = stage.history.commit(("github-actions[bot]", address), &[stage.base], "x", &[LOAD]).unwrap();
    stage.commits = vec![head];
    stage.honest_world().unwrap();
    let pointed_out = |stage: &Stage| {
        let verdict = judge(stage);
        assert_eq!(verdict.exit, 0, "{}", verdict.text);
        let notes = verdict.findings("required-reviews", "noted");
        notes.iter().any(|note| note["reason"].to_string().contains("only bots"))
    };
    assert!(!pointed_out(&stage), "Kim opened and pushed it");
    stage.world.request.author = Some(bot.clone());
    stage.world.activity.iter_mut().for_each(|push| push.actor = Some(bot.clone()));
    let accounts = CommitAccounts { author: Some(bot.clone()), committer: Some(bot.clone()) };
    stage.world.commits.iter_mut().for_each(|(_, of)| *of = accounts.clone());
    assert!(pointed_out(&stage));
}

//! Remedies and hints, followed literally: they lead where they say, and none says what is not so.

use crate::support::checkout::{Checkout, REPORT};
use crate::support::followed::{git, judged as judged_in, text};
use crate::support::forger::deployed;
use crate::support::gate::{Verdict, command};
use crate::support::release::judge;
use git2::Oid;
use jiff::{SignedDuration, Timestamp};
use portcullis_testkit::answer_faults::AnswerFault;
use portcullis_testkit::lane::state::{Body, File, Op};
use portcullis_testkit::lane::{How, Lane, ROBIN};
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::{KIM, POLICY, Stage};
use portcullis_testkit::world::Endpoint;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The remedy of the first finding of a control with a verdict.
fn remedy(verdict: &Verdict, control: &str, how: &str) -> String {
    let found = verdict.findings(control, how);
    let first = found.first().unwrap_or_else(|| panic!("no {how} {control}: {}", verdict.text));
    first["remedy"].as_str().unwrap_or_default().to_string()
}

// What has landed.

/// A request that too few approved, landed.
fn landed_short(lane: &mut Lane, ops: Vec<Op>) -> u64 {
    let mut draft = lane.open(lane.tip());
    lane.push(&mut draft, KIM, ops);
    draft.approved();
    draft.world.reviews.truncate(1);
    let number = draft.number;
    lane.land(vec![draft], How::Squash, &[], &[], "Land it");
    number
}

fn approved(lane: &mut Lane, ops: Vec<Op>) -> Oid {
    let mut draft = lane.open(lane.tip());
    lane.push(&mut draft, KIM, ops);
    draft.approved();
    lane.land(vec![draft], How::Squash, &[], &[], "Land it");
    lane.tip()
}

fn judged(lane: &Lane) -> Verdict {
    judge(lane, &Server::start(lane.host()), lane.tip(), &["--base", &lane.baseline().to_string()])
}

fn days(count: i64) -> Timestamp {
    let moment = Timestamp::now() + SignedDuration::from_hours(24 * count);
    Timestamp::from_second(moment.as_second()).unwrap()
}

/// A waiver with these scopes.
fn waiver(control: &str, scope: &str) -> Op {
    let (created, expires) = (days(-1), days(1));
    let text = format!(
        "schema = 1\n\n[[waivers]]\nid = \"W-1\"\ncontrol = \"{control}\"\n{scope}\nreason = \"looked at since\"\n\
         ticket = \"OPS-1\"\nrequester = \"kim-example\"\napprover = \"alex-example\"\ncreated = \"{created}\"\n\
         expires = \"{expires}\"\n"
    );
    Op::Put(700, File::new("portcullis-waivers.toml", Body::Text(text)))
}

#[test]
fn too_few_approvals_of_what_has_landed_cannot_be_made_good_by_approving() {
    let mut lane = Lane::begin();
    let number = landed_short(&mut lane, vec![Op::Slot(10, 1, "sneaky\n".into())]);
    let verdict = judged(&lane);
    let remedy = remedy(&verdict, "required-reviews", "broken");
    assert!(!remedy.contains("approve its head"), "{remedy}");
    assert!(remedy.contains(&format!("`requests = [{number}]`")), "{remedy}");
    // Followed to the letter.
    approved(&mut lane, vec![waiver("required-reviews", &format!("requests = [{number}]"))]);
    assert_eq!(judged(&lane).exit, 0, "{}", judged(&lane).text);
}

#[test]
fn what_steers_the_gate_has_no_waiver_and_the_remedy_offers_none() {
    let mut lane = Lane::begin();
    let before = approved(&mut lane, vec![Op::Slot(10, 1, "first\n".into())]);
    landed_short(&mut lane, vec![waiver("required-reviews", "requests = [1]")]);
    let verdict = judged(&lane);
    let remedy = remedy(&verdict, "gate-integrity", "broken");
    assert!(
        remedy.contains("No waiver covers") && remedy.contains("deploy a commit from before"),
        "{remedy}"
    );
    let server = Server::start(lane.host());
    let earlier = judge(&lane, &server, before, &["--base", &lane.baseline().to_string()]);
    assert_eq!(earlier.exit, 0, "{}", earlier.text);
}

#[test]
fn before_it_lands_more_people_are_asked_for() {
    let mut stage = Stage::honest().unwrap();
    stage.world.reviews.truncate(1);
    let verdict = crate::support::gate::judge(&stage);
    assert_eq!(verdict.exit, 1);
    assert!(remedy(&verdict, "required-reviews", "broken").contains("1 more person"), "{}", verdict.text);
}

#[test]
fn lines_that_nobody_reviewed_are_not_unmade_by_taking_them_back() {
    let mut lane = Lane::begin();
    lane.direct(ROBIN, &[Op::Slot(11, 2, "nobody looked\n".into())], "Push");
    let pushed = lane.tip();
    let found = remedy(&judged(&lane), "reviewed-landings", "broken");
    assert!(found.contains(&format!("`commits = [\"{pushed}\"]`")), "{found}");
    approved(&mut lane, vec![Op::Slot(11, 2, "file 11 begins with 2\n".into())]);
    assert_eq!(judged(&lane).exit, 1, "taken back, and still a landing");
    approved(&mut lane, vec![waiver("reviewed-landings", &format!("commits = [\"{pushed}\"]"))]);
    let verdict = judged(&lane);
    assert!(verdict.findings("reviewed-landings", "broken").is_empty(), "{}", verdict.text);
}

/// `git merge main` in a feature branch, and a push of that to `main`: the line of first parents is the feature's.
#[test]
fn swapped_first_parents_are_named_and_the_line_can_be_put_back() {
    let mut lane = Lane::begin();
    let was = approved(&mut lane, vec![Op::Slot(10, 1, "deployed\n".into())]);
    let start = lane.baseline();
    let side = lane.commit(KIM, &[start], "Feature", lane.state(start).clone());
    let swapped = lane.commit(KIM, &[side, was], "Merge main", lane.state(was).clone());
    lane.line.push(swapped);
    let from =
        |lane: &Lane| judge(lane, &Server::start(lane.host()), lane.tip(), &["--base", &was.to_string()]);
    let verdict = from(&lane);
    assert_eq!(verdict.exit, 1, "{}", verdict.text);
    assert!(!verdict.text.contains("never was the tip of this branch"), "{}", verdict.text);
    let broken = verdict.findings("gate-integrity", "broken");
    let beside = broken.iter().find(|one| one["reason"].to_string().contains("first parent")).unwrap();
    let remedy = beside["remedy"].as_str().unwrap();
    let wanted = format!("git checkout --detach {was} && git merge --no-ff {swapped}");
    assert!(remedy.contains(&wanted), "{remedy}");
    let run = remedy.split('`').find(|part| part.starts_with("git checkout")).unwrap();
    let run = run
        .split(" && git push")
        .next()
        .unwrap()
        .replace("git merge", "git -c user.name=K -c user.email=k@k.test merge -q -m M");
    let done = Command::new("sh")
        .current_dir(lane.directory())
        .args(["-c", &run.replace("--detach", "-q -f --detach")])
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", text(&done));
    let mended = lane.history.repository().head().unwrap().target().unwrap();
    lane.line.push(mended);
    let verdict = from(&lane);
    let says = |one: &&&serde_json::Value| one["reason"].to_string().contains("first parent");
    assert!(!verdict.findings("gate-integrity", "broken").iter().any(|one| says(&one)), "{}", verdict.text);
    assert!(verdict.text.contains("it follows"), "{}", verdict.text);
}

#[test]
fn waivers_that_do_not_count_for_how_they_landed_are_said_to_be_there() {
    let mut lane = deployed();
    let newer = lane.tip();
    let entry = format!(
        "schema = 1\n\n[[rollbacks]]\nid = \"R-1\"\nenvironment = \"production\"\nfrom = \"{newer}\"\nto = \"{}\"\n\
         reason = \"x\"\nticket = \"OPS-902\"\nrequester = \"kim-example\"\napprover = \"robin-example\"\n\
         created = \"{}\"\nexpires = \"{}\"\n",
        lane.baseline(),
        days(-1),
        days(1)
    );
    lane.direct(ROBIN, &[Op::Put(700, File::new("portcullis-waivers.toml", Body::Text(entry)))], "Leave");
    // Forward: a note says that what was pushed does not count.
    let verdict = judge(&lane, &Server::start(lane.host()), lane.tip(), &[]);
    let noted = format!("{:?}", verdict.findings("gate-integrity", "noted"));
    assert!(noted.contains("the waivers that the candidate brings do not count"), "{}", verdict.text);
    assert!(noted.contains("is not sound by itself"), "{noted}");
}

#[test]
fn a_rollback_that_nobody_approved_is_not_said_to_be_missing() {
    let mut lane = deployed();
    let older = lane.tip();
    let newer = approved(&mut lane, vec![Op::Slot(10, 1, "the newer\n".into())]);
    assert_eq!(judge(&lane, &Server::start(lane.host()), newer, &["--record"]).exit, 0);
    lane.direct(ROBIN, &[waiver("required-reviews", "requests = [1]")], "Leave");
    let verdict = judge(&lane, &Server::start(lane.host()), older, &[]);
    assert_eq!(verdict.exit, 1, "{}", verdict.text);
    assert!(!verdict.text.contains("there is no portcullis-waivers.toml"), "{}", verdict.text);
    assert!(verdict.text.contains("does not count: landing"), "{}", verdict.text);
    // Where there is none, that is said.
    let mut lane = deployed();
    let older = lane.tip();
    let newer = approved(&mut lane, vec![Op::Slot(10, 1, "the newer\n".into())]);
    assert_eq!(judge(&lane, &Server::start(lane.host()), newer, &["--record"]).exit, 0);
    judge(&lane, &Server::start(lane.host()), older, &[]).expect(
        1,
        "gate-integrity",
        "there is no portcullis-waivers.toml",
    );
}

// Clones.

/// A clone without blobs, of a repository with a change to a file.
fn partial() -> (Checkout, tempfile::TempDir) {
    let checkout = Checkout::with(
        "[controls.regression-tests.suites.upload]\nminimum = 1\nreports = [\"out/*.xml\"]\n",
        &[("services/upload/load.sql", "SELECT 1;\n")],
    );
    checkout.change("services/upload/load.sql", "SELECT 2;\n");
    checkout.git(&["config", "uploadpack.allowFilter", "true"]);
    checkout.git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
    let place = tempfile::tempdir().unwrap();
    let from = format!("file://{}", checkout.path().display());
    let cloned = git(place.path(), &["clone", "-q", "--no-checkout", "--filter=blob:none", &from, "clone"]);
    assert!(cloned.status.success(), "{}", text(&cloned));
    (checkout, place)
}

#[test]
fn objects_that_a_partial_clone_lacks_come_by_the_command_that_is_named() {
    let (_kept, place) = partial();
    let clone = place.path().join("clone");
    let judge = || judged_in(&clone, "origin/main", "origin/change", &[]);
    let verdict = judge();
    assert_eq!(verdict.exit, 3, "{}", verdict.text);
    let named = verdict
        .text
        .split('`')
        .find(|part| part.starts_with("git fetch"))
        .unwrap_or_else(|| panic!("{}", verdict.text))
        .to_string();
    assert_eq!(named, "git fetch --refetch --no-filter");
    let arguments: Vec<&str> = named.split(' ').skip(1).collect();
    let fetched = git(&clone, &arguments);
    assert!(fetched.status.success(), "{}", text(&fetched));
    let verdict = judge();
    assert_eq!(verdict.exit, 1, "nothing is missing but the report: {}", verdict.text);
    assert!(!verdict.text.contains("--refetch"), "{}", verdict.text);
}

// Tokens.

fn without_token(stage: &Stage, server: &Server) -> Verdict {
    let mut command = command(stage, server, &["check", "--format", "json"]);
    command.env_remove("GITHUB_TOKEN");
    Verdict::of(&command.output().unwrap())
}

#[test]
fn who_sent_no_token_is_told_so() {
    let stage = Stage::honest().unwrap();
    let refused =
        stage.world.clone().with_fault(Endpoint::Reviews, AnswerFault::Refuse(404, "Not Found".into()));
    let server = Server::start(refused);
    let sent = Verdict::of(&command(&stage, &server, &["check", "--format", "json"]).output().unwrap());
    assert!(remedy(&sent, "required-reviews", "unproven").starts_with("Give a token"), "{}", sent.text);
    let verdict = without_token(&stage, &server);
    assert_eq!(verdict.exit, 3, "{}", verdict.text);
    let help = verdict.text.clone();
    for part in ["No token was sent", "GITHUB_TOKEN", "Dependabot", "fork"] {
        assert!(help.contains(part), "no `{part}`: {help}");
    }
    assert!(!help.contains("Give a token that"), "{help}");
}

#[test]
fn the_permission_that_is_missing_is_named_where_the_host_names_it() {
    let stage = Stage::honest().unwrap();
    let headers = [("x-accepted-github-permissions", "pull_requests=read")];
    for status in [403, 404] {
        let act = portcullis_testkit::server::Act::message(
            status,
            "Resource not accessible by integration",
            &headers,
        );
        let server = Server::start(stage.world.clone()).trick("/reviews", 9, act);
        let verdict = crate::support::gate::judge_at(&stage, &server);
        let remedy = remedy(&verdict, "required-reviews", "unproven");
        assert!(remedy.contains("the permission `pull_requests=read`"), "{remedy}");
        assert!(without_token(&stage, &server).text.contains("with the permission `pull_requests=read`"));
    }
    let server = Server::start(stage.world.clone()).trick(
        "/reviews",
        9,
        portcullis_testkit::server::Act::message(401, "Bad credentials", &[]),
    );
    let verdict = crate::support::gate::judge_at(&stage, &server);
    assert!(remedy(&verdict, "required-reviews", "unproven").contains("expired"), "{}", verdict.text);
}

// Evidence and its names.

const SUITE: &str =
    "[controls.regression-tests.suites.upload]\nminimum = 1\ntrust = \"local\"\nreports = [\"out/*.xml\"]\n";
const GREEN: &str = "<testsuite name='s'><testcase classname='c' name='a'/></testsuite>";

fn evidence() -> Checkout {
    let checkout = Checkout::with(SUITE, &[]);
    checkout.change("services/upload/load.sql", "SELECT 1;\n");
    checkout
}

#[test]
fn beside_a_statement_that_cannot_be_read_nobody_says_that_there_is_none() {
    let checkout = evidence();
    let verdict = checkout.judge(&[]);
    verdict.expect(1, "regression-tests", "it has no report");
    fs::write(checkout.outside.path().join("x.json"), "{\"cut\": ").unwrap();
    let file = checkout.outside.path().join("x.json");
    let verdict = checkout.judge(&["--evidence", file.to_str().unwrap()]);
    verdict.expect(3, "regression-tests", "the statement in");
    assert!(!verdict.text.contains("there is no report"), "{}", verdict.text);
}

#[test]
fn a_misspelt_suite_or_configuration_is_pointed_out_when_it_is_recorded() {
    let checkout = evidence();
    checkout.write(REPORT, GREEN);
    let record = |suite: &str, more: &[&str]| {
        let all = ["evidence", "record", "--suite", suite, "--report", REPORT, "-o", "out/x.json"];
        text(&checkout.portcullis(&[&all, more].concat()))
    };
    let said = record("uplaod", &[]);
    assert!(said.contains("has no suite `uplaod`; did you mean `upload`?"), "{said}");
    assert!(said.contains("help: it has upload") && !said.contains("recorded"), "{said}");
    assert!(!record("upload", &[]).contains("warning"), "{}", record("upload", &[]));
    assert!(
        !record("upload", &["--configuration", "linux"]).contains("has no"),
        "none are named in the policy"
    );
    let sharded = Checkout::with(&format!("{SUITE}configurations = [\"linux\", \"macos\"]\n"), &[]);
    sharded.write(REPORT, GREEN);
    let record = |more: &[&str]| {
        let all = ["evidence", "record", "--suite", "upload", "--report", REPORT, "-o", "out/x.json"];
        text(&sharded.portcullis(&[&all, more].concat()))
    };
    assert!(record(&["--configuration", "linxu"]).contains("did you mean `linux`?"));
    assert!(record(&[]).contains("none was named with --configuration"));
    assert!(!record(&["--configuration", "macos"]).contains("warning"));
}

#[test]
fn what_is_named_for_nothing_is_pointed_out_when_it_is_judged() {
    let checkout = evidence();
    checkout.write(REPORT, GREEN);
    let said = |more: &[&str]| {
        let all = ["check", "--host", "none", "--base", "main", "--head", "change"];
        let output = checkout.portcullis(&[&all, more].concat());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(said(&["--report", "uplaod=out/junit.xml"]).contains("did you mean `upload`?"));
    assert!(said(&["--report", "out/nowhere.xml"]).contains("there is no file"));
    assert!(said(&["--evidence", "out/nowhere.json"]).contains("there is no file"));
    assert_eq!(said(&["--report", "upload=out/junit.xml"]), "");
}

#[test]
fn another_suite_or_environment_than_there_is_gets_their_names() {
    let checkout = evidence();
    checkout.write(REPORT, GREEN);
    checkout.record(&["-o", "out/x.json"]);
    let diff =
        text(&checkout.portcullis(&["evidence", "diff", "out/x.json", "out/x.json", "--suite", "uplaod"]));
    assert!(diff.contains("did you mean `upload`?") && !diff.contains("git fetch"), "{diff}");
    let lane = deployed();
    let list = |name: &str| crate::support::forger::said(&lane, &["list", "--environment", name]).1;
    assert!(list("prodction").contains("did you mean `production`?"), "{}", list("prodction"));
    assert!(list("production").contains("production: 1 record\n"), "{}", list("production"));
    let server = Server::start(lane.host());
    let mut misspelt = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    misspelt.env_clear().current_dir(lane.directory()).env("GITHUB_API_URL", server.address());
    misspelt.args([
        "check",
        "--environment",
        "prodction",
        "--host",
        "github",
        "--repository",
        "example-org/data-upload",
    ]);
    let head = lane.tip().to_string();
    let said =
        text(&misspelt.args(["--head", &head, "--base", &lane.baseline().to_string()]).output().unwrap());
    assert!(said.contains("there is no record of prodction; there are records of production"), "{said}");
}

#[test]
fn one_is_no_plural() {
    let lane = deployed();
    let (exit, said) = crate::support::forger::said(&lane, &["verify", "production"]);
    assert_eq!(exit, 0, "{said}");
    assert!(said.contains("production: 1 record verifies; "), "{said}");
    let (_, said) = crate::support::forger::said(&lane, &["verify", "production", "--at-least", "2"]);
    assert!(said.contains("has 1 record, "), "{said}");
    let (_, said) = crate::support::forger::said(&lane, &["show", "production", "7"]);
    assert!(said.contains("there is record 1 only"), "{said}");
}

#[test]
fn a_report_is_not_written_over_by_what_is_made_of_it() {
    let checkout = evidence();
    checkout.write(REPORT, GREEN);
    let record = |output: &str, report: &str| {
        let all = ["evidence", "record", "--suite", "upload", "--report", report, "-o", output];
        checkout.portcullis(&all)
    };
    for (output, report) in [(REPORT, REPORT), ("./out/junit.xml", REPORT), (REPORT, "out/../out/junit.xml")]
    {
        let refused = record(output, report);
        assert_eq!(refused.status.code(), Some(2), "{}", text(&refused));
        assert!(text(&refused).contains("is read for it"), "{}", text(&refused));
        assert_eq!(fs::read_to_string(checkout.path().join(REPORT)).unwrap(), GREEN);
    }
    assert_eq!(record("out/statement.json", REPORT).status.code(), Some(0));
    let check = ["check", "--host", "none", "--base", "main", "--head", "change"];
    for more in [
        &["--report", REPORT, "--format", "json=out/junit.xml"][..],
        &["--evidence", "out/statement.json", "--format", "markdown=out/statement.json"],
    ] {
        let refused = checkout.portcullis(&[&check, more].concat());
        assert_eq!(refused.status.code(), Some(2), "{}", text(&refused));
    }
    let fine = checkout
        .portcullis(&[&check[..], &["--report", REPORT, "--format", "json=out/decision.json"]].concat());
    assert_eq!(fine.status.code(), Some(0), "{}", text(&fine));
}

#[test]
fn what_could_not_be_run_or_read_is_not_said_to_be_unseen() {
    let checkout = evidence();
    let all = ["evidence", "record", "--suite", "upload", "--report", REPORT, "-o", "out/x.json"];
    let said = text(&checkout.portcullis(&[&all[..], &["--", "no-such-program"]].concat()));
    assert!(said.contains("the command `no-such-program` could not be run"), "{said}");
    let said = text(&checkout.portcullis(&all));
    assert!(said.contains("junit.xml could not be read"), "{said}");
    checkout.write(REPORT, "<testsuite><testcase name='a'");
    let said = text(&checkout.portcullis(&all));
    assert!(said.contains("could not be read") && !said.contains("seen"), "{said}");
    let said = text(&checkout.portcullis(&[
        "check",
        "--host",
        "none",
        "--base",
        "main",
        "--head",
        "change",
        "--format",
        "json=no/where.json",
    ]));
    assert!(said.contains("there is no directory `no`") && !said.contains("entity"), "{said}");
    fs::create_dir(checkout.path().join("no")).unwrap();
    let made = checkout.portcullis(&[
        "check",
        "--host",
        "none",
        "--base",
        "main",
        "--head",
        "change",
        "--format",
        "json=no/where.json",
    ]);
    assert!(checkout.path().join("no/where.json").exists(), "{}", text(&made));
}

// Names of paths and commits.

#[test]
fn a_path_is_meant_from_the_directory_that_one_is_in() {
    let checkout = evidence();
    let below = |what: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.env_clear().current_dir(checkout.path().join("services/upload"));
        text(&command.args(["explain", what]).output().unwrap())
    };
    for what in ["load.sql", "./load.sql", "../upload/load.sql", "services/upload/load.sql"] {
        let said = below(what);
        assert!(
            said.contains("services/upload/load.sql at") && said.contains("upload: inside"),
            "{what}: {said}"
        );
    }
    assert!(
        below(checkout.path().canonicalize().unwrap().join("services/upload/load.sql").to_str().unwrap())
            .contains("upload: inside")
    );
    assert!(below("new.sql").contains("upload: inside"), "{}", below("new.sql"));
    assert!(below(".").contains("services/upload at"), "{}", below("."));
    assert!(below("../../README.md").contains("upload: outside"), "{}", below("../../README.md"));
    assert!(below("../../../x.sql").contains("leads out of the work tree"), "{}", below("../../../x.sql"));
    assert!(text(&checkout.portcullis(&["explain", "services/upload"])).contains("1 of them inside"));
    assert!(text(&checkout.portcullis(&["explain", "load.sql"])).contains("upload: outside"));
}

#[test]
fn an_abbreviated_name_is_taken_where_it_is_the_only_one_and_in_a_job_its_whole_is_said() {
    let checkout = evidence();
    let head = checkout.git(&["rev-parse", "change"]);
    let explained = checkout.portcullis(&["explain", &head[..10]]);
    assert_eq!(explained.status.code(), Some(0), "{}", text(&explained));
    assert_eq!(checkout.portcullis(&["explain", &format!("{}~1", &head[..12])]).status.code(), Some(0));
    let few = text(&checkout.portcullis(&["explain", &head[..6]]));
    assert!(few.contains("too few digits") && few.contains("git rev-parse"), "{few}");
    let short = ["check", "--host", "none", "--base", "main", "--head", &head[..10], "--format", "json"];
    let judged = checkout.portcullis(&short);
    assert!(text(&judged).contains(&head), "{}", text(&judged));
    let mut in_job = std::process::Command::new(env!("CARGO_BIN_EXE_portcullis"));
    in_job.env_clear().env("CI", "true").current_dir(checkout.path()).args(short);
    let in_job = in_job.output().unwrap();
    assert_eq!(in_job.status.code(), Some(5));
    assert!(text(&in_job).contains(&format!("write {head}")), "{}", text(&in_job));
    // A branch of that name for another commit: no one can tell which is meant.
    checkout.git(&["branch", &head[..10], "main"]);
    for arguments in [&["explain", &head[..10]][..], &short] {
        let said = text(&checkout.portcullis(arguments));
        assert!(said.contains("ambiguous") && said.contains("refs/heads/"), "{said}");
    }
}

#[test]
fn no_message_holds_a_line_break_as_two_characters() {
    let checkout = evidence();
    let head = checkout.git(&["rev-parse", "change"]);
    // The branch that the policy names is not here: where it landed is not known.
    checkout.git(&["branch", "-m", "main", "other"]);
    let said = text(&checkout.portcullis(&["explain", &head]));
    assert!(said.contains("on an unknown branch"), "{said}");
    assert!(!said.contains("\\n"), "{said}");
    let host = ["explain", &head, "--host", "github", "--repository", "o/r"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env_clear().current_dir(checkout.path()).env("GITHUB_API_URL", "http://127.0.0.1:1");
    let said = text(&command.args(host).output().unwrap());
    assert!(!said.contains("\\n"), "{said}");
}

#[test]
fn warnings_of_a_policy_fit_a_terminal_and_name_their_lines() {
    let policy = POLICY.replace(
        "deployment = [\"main\"]",
        "deployment = [\"main\", \"releases-of-the-record-upload-system/*\"]",
    );
    let checkout = Checkout::empty();
    checkout.write(
        "portcullis.toml",
        &format!("{policy}\n[roles.nobody-asks-for-this-role]\nusers = [\"kim\"]\n"),
    );
    checkout.commit("Begin");
    let output = checkout.portcullis(&["policy", "check"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.lines().all(|line| line.chars().count() <= 80), "{said}");
    let line = policy.lines().position(|line| line.contains("releases-of-the")).unwrap() + 1;
    assert!(said.contains(&format!("portcullis.toml:{line}: `releases-of-the-record")), "{said}");
    let line = policy.lines().count() + 2;
    assert!(said.contains(&format!("portcullis.toml:{line}: no control asks")), "{said}");
}

// Policies that say too little, and suites that want more than a report.

#[test]
fn an_area_that_the_policy_at_the_deployed_commit_forgot_needs_a_waiver() {
    let forgotten = POLICY.replace("areas = [\"upload\"]\n", "areas = [\"other\"]\n");
    assert_ne!(forgotten, POLICY, "the policy names the areas of its suite");
    let other = "[[data-processing]]\nname = \"other\"\npurpose = \"Other records\"\npaths = [\"other/**\"]\n\n[branches]";
    let forgotten = forgotten.replace("[branches]", other);
    let mut lane = Lane::with(&forgotten);
    approved(&mut lane, vec![Op::Slot(10, 1, "a line\n".into())]);
    let verdict = judged(&lane);
    let found = remedy(&verdict, "regression-tests", "broken");
    assert!(found.contains("`area = \"upload\"`"), "{found}");
    approved(&mut lane, vec![waiver("regression-tests", "area = \"upload\"")]);
    let verdict = judged(&lane);
    assert!(verdict.findings("regression-tests", "broken").is_empty(), "{}", verdict.text);
    // Before it lands, the policy can be mended.
    let checkout = Checkout::with(
        "[[data-processing]]\nname = \"other\"\npurpose = \"x\"\npaths = [\"other/**\"]\n\
         [controls.regression-tests.suites.s]\nareas = [\"other\"]\nminimum = 1\n",
        &[],
    );
    checkout.change("services/upload/load.sql", "SELECT 1;\n");
    let found = remedy(&checkout.judge(&[]), "regression-tests", "broken");
    assert!(found.starts_with("Add `upload` to the `areas`"), "{found}");
}

#[test]
fn a_suite_that_wants_signatures_or_configurations_is_not_offered_a_bare_report() {
    let signers = |checkout: &Checkout, key: &str| {
        let key = ssh_key::PrivateKey::read_openssh_file(Path::new(key)).unwrap();
        let line = format!(
            "kim@example.test namespaces=\"portcullis\" {}\n",
            key.public_key().to_openssh().unwrap()
        );
        checkout.write("keys/allowed_signers", &line);
    };
    let checkout = Checkout::empty();
    let key = checkout.key(7);
    signers(&checkout, &key);
    let controls = "[controls.regression-tests]\nsigners = \"keys/allowed_signers\"\n\
                    [controls.regression-tests.suites.upload]\nminimum = 1\ntrust = \"signed\"\nreports = [\"out/*.xml\"]\n";
    let policy = Checkout::with(SUITE, &[]);
    let mended = fs::read_to_string(policy.path().join("portcullis.toml")).unwrap().replace(SUITE, controls);
    checkout.write("portcullis.toml", &mended);
    checkout.write(".gitignore", "/out/\n");
    checkout.commit("Begin");
    checkout.change("services/upload/load.sql", "SELECT 1;\n");
    checkout.write(REPORT, GREEN);
    let verdict = checkout.judge(&[]);
    assert_eq!(verdict.exit, 1, "{}", verdict.text);
    assert!(!verdict.text.contains("--report upload=FILE"), "{}", verdict.text);
    let found = remedy(&verdict, "regression-tests", "broken");
    assert!(found.contains("--key KEY") && found.contains("--evidence"), "{found}");
    let script = checkout.outside.path().join("suite.sh");
    fs::write(&script, format!("mkdir -p out\necho \"{GREEN}\" > {REPORT}\n")).unwrap();
    let record = [
        "evidence",
        "record",
        "--suite",
        "upload",
        "--report",
        REPORT,
        "--key",
        &key,
        "-o",
        "out/s.json",
        "--",
        "sh",
        script.to_str().unwrap(),
    ];
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    let made = command.current_dir(checkout.path()).args(record).output().unwrap();
    assert_eq!(made.status.code(), Some(0), "{}", text(&made));
    let verdict = checkout.judge(&["--evidence", "out/s.json"]);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);

    let sharded = Checkout::with(&format!("{SUITE}configurations = [\"linux\"]\n"), &[]);
    sharded.change("services/upload/load.sql", "SELECT 1;\n");
    let found = remedy(&sharded.judge(&[]), "regression-tests", "broken");
    sharded.write(REPORT, GREEN);
    assert!(found.contains("--configuration NAME"), "{found}");
    sharded.record(&["--configuration", "linux", "-o", "out/s.json"]);
    let verdict = sharded.judge(&["--evidence", "out/s.json"]);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    // A suite that takes reports is offered one, and takes it.
    let plain = evidence();
    assert!(remedy(&plain.judge(&[]), "regression-tests", "broken").contains("--report upload=FILE"));
    plain.write(REPORT, GREEN);
    assert_eq!(plain.judge(&["--report", &format!("upload={REPORT}")]).exit, 0);
}

#[test]
fn coverage_that_lies_here_and_does_not_count_is_not_said_to_be_missing() {
    let controls = "[controls.changed-line-coverage]\nminimum = 100\ntrust = \"local\"\n\
                    [controls.changed-line-coverage.reports.sql]\nfiles = [\"out/lcov.info\"]\n";
    let checkout = Checkout::with(controls, &[("README.md", "# Upload\n")]);
    checkout.change("services/upload/load.sql", "SELECT 1;\n");
    checkout.judge(&[]).expect(1, "changed-line-coverage", "there is no coverage report of `sql` here");
    checkout.write("out/lcov.info", "SF:services/upload/load.sql\nDA:1,1\nend_of_record\n");
    assert_eq!(checkout.judge(&[]).exit, 0, "{}", checkout.judge(&[]).text);
    checkout.write("README.md", "# Changed\n");
    let verdict = checkout.judge(&[]);
    assert_eq!(verdict.exit, 1, "{}", verdict.text);
    assert!(!verdict.text.contains("there is no coverage report"), "{}", verdict.text);
}

#[test]
fn history_that_a_shallow_clone_lacks_comes_by_the_command_that_is_named() {
    let checkout = evidence();
    checkout.write("README.md", "more\n");
    checkout.commit("More");
    let place = tempfile::tempdir().unwrap();
    let from = format!("file://{}", checkout.path().display());
    let cloned = git(place.path(), &["clone", "-q", "--depth", "1", "--no-single-branch", &from, "clone"]);
    assert!(cloned.status.success(), "{}", text(&cloned));
    let clone = place.path().join("clone");
    let judge = || judged_in(&clone, "origin/main", "origin/change", &[]);
    let verdict = judge();
    assert_eq!(verdict.exit, 3, "{}", verdict.text);
    let named = verdict.text.split('`').find(|part| part.starts_with("git fetch")).unwrap().to_string();
    let fetched = git(&clone, &named.split(' ').skip(1).collect::<Vec<_>>());
    assert!(fetched.status.success(), "{named}: {}", text(&fetched));
    assert_eq!(judge().exit, 1, "nothing is missing but the report: {}", judge().text);
}

#[test]
fn a_limit_of_those_who_send_no_token_is_not_blamed_on_one() {
    let stage = Stage::honest().unwrap();
    let headers = [("x-ratelimit-remaining", "0"), ("retry-after", "9000")];
    let act = || portcullis_testkit::server::Act::message(403, "API rate limit exceeded", &headers);
    let server = Server::start(stage.world.clone()).trick("/pulls", 9, act());
    let verdict = without_token(&stage, &server);
    assert!(verdict.text.contains("No token was sent: set GITHUB_TOKEN"), "{}", verdict.text);
    let server = Server::start(stage.world.clone()).trick("/pulls", 9, act());
    let verdict = crate::support::gate::judge_at(&stage, &server);
    assert!(verdict.text.contains("Run again later"), "{}", verdict.text);
}

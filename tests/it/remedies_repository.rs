//! Remedies about the repository, its records, freezes and deployers, followed literally.

use crate::support::checkout::{Checkout, REPORT};
use crate::support::followed::{self, allowed, git, remedies, says, text};
use crate::support::forger::{REF, deployed, said, work};
use crate::support::gate::Verdict;
use crate::support::release::{command, judge};
use jiff::{SignedDuration, Timestamp};
use portcullis_testkit::lane::state::{Body, File, Op};
use portcullis_testkit::lane::{How, Lane, POLICY};
use portcullis_testkit::server::Server;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const SUITE: &str =
    "[controls.regression-tests.suites.upload]\nminimum = 1\ntrust = \"local\"\nreports = [\"out/*.xml\"]\n";
const GREEN: &str = "<testsuite name='s'><testcase classname='c' name='a'/></testsuite>";
const LOAD: &str = "services/upload/load.sql";

fn runs(directory: &Path, arguments: &[&str]) -> String {
    let output = git(directory, arguments);
    assert!(output.status.success(), "git {arguments:?}: {}", text(&output));
    text(&output).trim().to_string()
}

/// A project with an honest change, whose suite wrote its report.
fn project() -> Checkout {
    let checkout = Checkout::with(SUITE, &[(LOAD, "SELECT 1;\n")]);
    checkout.change(LOAD, "SELECT 2;\n");
    checkout.write(REPORT, GREEN);
    checkout
}

/// A clone of it, with the branches of the change and of the base, and the report.
fn clone(of: &Checkout, name: &str) -> PathBuf {
    let place = of.outside.path().join(name);
    let from = format!("file://{}", of.path().display());
    runs(of.outside.path(), &["clone", "-q", "--branch", "change", &from, name]);
    runs(&place, &["config", "gc.auto", "0"]);
    runs(&place, &["branch", "-q", "main", "origin/main"]);
    // Loose, so that one can be lost.
    let pack = fs::read_dir(place.join(".git/objects/pack")).unwrap().flatten().map(|entry| entry.path());
    for pack in pack.filter(|path| path.extension().is_some_and(|ending| ending == "pack")) {
        let outside = of.outside.path().join("a.pack");
        fs::rename(&pack, &outside).unwrap();
        fs::remove_file(pack.with_extension("idx")).unwrap();
        let input = fs::File::open(&outside).unwrap();
        let unpacked =
            Command::new("git").current_dir(&place).args(["unpack-objects", "-q"]).stdin(input).status();
        assert!(unpacked.unwrap().success());
    }
    fs::create_dir_all(place.join("out")).unwrap();
    fs::write(place.join(REPORT), GREEN).unwrap();
    place
}

fn judged(place: &Path) -> Verdict {
    followed::judged(place, "main", "change", &[])
}

fn object(place: &Path, name: &str) -> PathBuf {
    let id = runs(place, &["rev-parse", name]);
    place.join(".git/objects").join(&id[..2]).join(&id[2..])
}

#[test]
fn an_object_that_is_missing_is_fetched_or_the_repository_cloned_again() {
    let checkout = project();
    let place = clone(&checkout, "one");
    allowed(&judged(&place));
    fs::remove_file(object(&place, "change^{tree}")).unwrap();
    let verdict = judged(&place);
    says(&verdict, "Fetch the commit that it belongs to; if it stays missing, clone again");
    // git believes that it has what its refs lead to, so here it stays missing; the second half of the remedy helps.
    runs(&place, &["fetch", "-q", "origin", "change"]);
    says(&judged(&place), "if it stays missing, clone again");
    allowed(&judged(&clone(&checkout, "two")));
    // Where no ref leads to it, a fetch brings it.
    let place = clone(&checkout, "three");
    let head = runs(&place, &["rev-parse", "change"]);
    fs::remove_file(object(&place, "change")).unwrap();
    runs(&place, &["update-ref", "-d", "refs/heads/change"]);
    runs(&place, &["update-ref", "-d", "refs/remotes/origin/change"]);
    runs(&place, &["symbolic-ref", "HEAD", "refs/heads/main"]);
    runs(&place, &["fetch", "-q", "origin", "change"]);
    runs(&place, &["checkout", "-q", "-f", "-B", "change", &head]);
    fs::write(place.join(REPORT), GREEN).unwrap();
    allowed(&judged(&place));
}

#[test]
fn a_damaged_object_is_found_by_fsck_and_a_fresh_clone_has_it() {
    let checkout = project();
    let place = clone(&checkout, "one");
    let (blob, other) = (object(&place, "change^{tree}"), object(&place, "main^{tree}"));
    fs::remove_file(&blob).unwrap();
    fs::copy(&other, &blob).unwrap();
    says(&judged(&place), "Run `git fsck`, and judge a fresh clone");
    let checked = git(&place, &["fsck"]);
    assert!(!checked.status.success() && text(&checked).contains("mismatch"), "{}", text(&checked));
    allowed(&judged(&clone(&checkout, "two")));
}

/// A tree with an entry that git does not write, made by hand, in a commit of the change.
fn odd_tree(checkout: &Checkout, mode: &str, name: &str) {
    let blob = checkout.git(&["rev-parse", &format!("change:{LOAD}")]);
    let mut bytes = format!("{mode} {name}\0").into_bytes();
    bytes.extend((0..20).map(|at| u8::from_str_radix(&blob[at * 2..at * 2 + 2], 16).unwrap()));
    let file = checkout.outside.path().join("tree");
    fs::write(&file, bytes).unwrap();
    let inner = checkout.git(&["hash-object", "-t", "tree", "-w", "--literally", file.to_str().unwrap()]);
    let listing = checkout.git(&["ls-tree", "change"]);
    let listing = format!("{listing}\n040000 tree {inner}\tzz\n");
    fs::write(&file, listing).unwrap();
    let input = fs::File::open(&file).unwrap();
    let made = Command::new("git").current_dir(checkout.path()).arg("mktree").stdin(input).output().unwrap();
    let tree = String::from_utf8(made.stdout).unwrap().trim().to_string();
    let commit = checkout.git(&["commit-tree", &tree, "-p", "change", "-m", "Odd"]);
    checkout.git(&["update-ref", "refs/heads/change", &commit]);
}

/// A commit that git does not write: its author has no date.
fn odd_commit(checkout: &Checkout) {
    let (tree, parent) =
        (checkout.git(&["rev-parse", "change^{tree}"]), checkout.git(&["rev-parse", "change"]));
    let file = checkout.outside.path().join("commit");
    fs::write(&file, format!("tree {tree}\nparent {parent}\ncommitter K <k@k.test> 1 +0000\n\nOdd\n"))
        .unwrap();
    let commit = checkout.git(&["hash-object", "-t", "commit", "-w", "--literally", file.to_str().unwrap()]);
    fs::write(checkout.path().join(".git/refs/heads/change"), format!("{commit}\n")).unwrap();
}

#[test]
fn what_git_does_not_write_is_rewritten() {
    for (mode, name, remedy) in [
        ("100644", "..", "Rewrite the commits that brought this tree: git itself does not write such trees"),
        ("100600", "a.sql", "Commit the path again: git itself does not write this mode"),
        ("", "", "Run `git fsck` on the repository, and rewrite the commits that brought the object"),
    ] {
        let checkout = project();
        if name.is_empty() {
            odd_commit(&checkout)
        } else {
            odd_tree(&checkout, mode, name)
        }
        says(&checkout.judge(&[]), remedy);
        let checked = text(&git(checkout.path(), &["fsck", "--strict"]));
        assert!(checked.contains("error") || checked.contains("warning"), "fsck names it too: {checked}");
        // The commit that brought it is left out.
        checkout.git(&["update-ref", "refs/heads/change", "change~1"]);
        checkout.git(&["reset", "-q", "--hard", "change"]);
        checkout.write(REPORT, GREEN);
        allowed(&checkout.judge(&[]));
    }
}

#[test]
fn grafts_and_moved_work_trees_are_taken_away() {
    let checkout = project();
    let grafts = checkout.path().join(".git/info/grafts");
    fs::create_dir_all(grafts.parent().unwrap()).unwrap();
    fs::write(&grafts, format!("{}\n", checkout.git(&["rev-parse", "change"]))).unwrap();
    says(&checkout.judge(&[]), "Remove the file `info/grafts` from the git directory");
    fs::remove_file(&grafts).unwrap();
    allowed(&checkout.judge(&[]));
    let elsewhere = tempfile::tempdir().unwrap();
    checkout.git(&["config", "core.worktree", elsewhere.path().to_str().unwrap()]);
    says(&checkout.judge(&[]), "Remove `core.worktree` from the configuration of the repository");
    checkout.git(&["config", "--unset", "core.worktree"]);
    allowed(&checkout.judge(&[]));
}

#[test]
fn evidence_is_recorded_in_a_checkout_of_what_is_judged_and_leaves_it_clean() {
    let checkout = project();
    let record = ["evidence", "record", "--suite", "upload", "--report", REPORT, "-o", "out/s.json", "--"];
    let script = |text: &str| {
        let file = checkout.outside.path().join("suite.sh");
        fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_string()
    };
    let run = |what: &str| {
        let script = script(what);
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.current_dir(checkout.path()).args(record).args(["sh", &script]);
        let output = command.output().unwrap();
        (output.status.code(), text(&output))
    };
    let green = format!("mkdir -p out; echo \"{GREEN}\" > {REPORT}\n");
    fs::remove_file(checkout.path().join(REPORT)).unwrap();
    let (_, said) = run(&format!("{green}echo x > left-behind\n"));
    assert!(said.to_lowercase().contains("name in .gitignore what a run leaves behind"), "{said}");
    fs::remove_file(checkout.path().join("left-behind")).unwrap();
    fs::remove_file(checkout.path().join(REPORT)).unwrap();
    // As it says: the file is named in .gitignore.
    checkout.write(".gitignore", "/out/\n/left-behind\n");
    checkout.commit("Ignore what a run leaves behind");
    let (code, said) = run(&format!("{green}echo x > left-behind\n"));
    assert_eq!(code, Some(0), "{said}");
    fs::remove_file(checkout.path().join(REPORT)).unwrap();
    let (_, said) =
        run(&format!("{green}git -c user.name=K -c user.email=k@k.test commit -q --allow-empty -m x\n"));
    assert!(said.to_lowercase().contains("let the command neither commit nor check out anything"), "{said}");
    fs::remove_file(checkout.path().join(REPORT)).unwrap();
    let (code, said) = run(&green);
    assert_eq!(code, Some(0), "{said}");
    fs::remove_file(checkout.path().join(REPORT)).unwrap();
    let (_, said) = run(&format!("{green}touch -d '2 days ago' {REPORT}\n"));
    assert!(
        said.contains("Let the command write the report itself, and bring none back from an earlier run"),
        "{said}"
    );
    // Something that is no report lies where one is to be written.
    checkout.write(REPORT, "notes of mine\n");
    let (_, said) = run(&green);
    assert!(said.contains("Remove it before the suite runs, or name its reports more narrowly"), "{said}");
    fs::remove_file(checkout.path().join(REPORT)).unwrap();
    let (_, said) = run("true\n");
    assert!(said.contains("et the command write it, or name the place where it does"), "{said}");
    let (code, said) = run(&green);
    assert_eq!(code, Some(0), "{said}");
}

// Records of deployments.

/// A clone of a lane's repository, without its records.
fn without_records(lane: &Lane) -> (tempfile::TempDir, PathBuf) {
    let outside = tempfile::tempdir().unwrap();
    let from = format!("file://{}", lane.directory().display());
    runs(outside.path(), &["clone", "-q", &from, "clone"]);
    let place = outside.path().join("clone");
    runs(&place, &["checkout", "-q", "-B", "main", "origin/main"]);
    (outside, place)
}

#[test]
fn records_are_fetched_by_the_command_that_is_named() {
    let mut lane = deployed();
    let first = lane.tip();
    let next = work(&mut lane, "the second");
    let mut host = lane.host();
    host.worlds[0].deployments = vec![portcullis_testkit::world::Deployed::done(
        5,
        portcullis_testkit::stage::revision(first).unwrap(),
        0,
    )];
    let (_kept, place) = without_records(&lane);
    let server = Server::start(host);
    let judge = || {
        let mut check = command(&lane, &server.address(), next);
        Verdict::of(&check.current_dir(&place).args(["--format", "json"]).output().unwrap())
    };
    // What the clone lacks of the requests comes by the commands that are named, too.
    runs(lane.directory(), &["config", "uploadpack.allowAnySHA1InWant", "true"]);
    let mut ran = Vec::new();
    for _ in 0..9 {
        let said = remedies(&judge());
        for named in said.split('`').filter(|part| part.starts_with("git fetch origin ")) {
            let done = Command::new("sh").current_dir(&place).args(["-c", named]).output().unwrap();
            assert!(done.status.success(), "{named}: {}", text(&done));
            ran.push(named.to_string());
        }
    }
    assert!(ran.iter().any(|named| named.contains("refs/portcullis/*")), "{ran:#?}");
    let verdict = judge();
    assert!(!verdict.text.contains("it is not in this repository"), "{}", verdict.text);
    // Records come with all that they rest on; the report of the tests lies where the lane's own work tree is.
    fs::create_dir_all(place.join("target")).unwrap();
    fs::write(place.join(portcullis_testkit::stage::REPORT), portcullis_testkit::stage::GREEN).unwrap();
    allowed(&judge());
}

#[test]
fn the_first_time_is_said_with_base() {
    let mut lane = Lane::begin();
    let tip = work(&mut lane, "the first");
    let mut host = lane.host();
    host.worlds[0].deployments = vec![portcullis_testkit::world::Deployed::done(
        5,
        portcullis_testkit::stage::revision(lane.baseline()).unwrap(),
        0,
    )];
    let verdict = judge(&lane, &Server::start(host.clone()), tip, &[]);
    assert_eq!(verdict.exit, 3, "{}", verdict.text);
    let remedy = remedies(&verdict);
    let base = remedy.split("--base ").nth(1).and_then(|rest| rest.split([' ', '.', ';']).next());
    let base = base.unwrap_or_else(|| panic!("{remedy}\n{}", verdict.text)).to_string();
    allowed(&judge(&lane, &Server::start(host), tip, &["--base", &base]));
}

#[test]
fn refs_among_the_records_that_are_none_are_removed() {
    let lane = deployed();
    let place = lane.directory();
    runs(place, &["update-ref", "refs/kept", REF]);
    runs(place, &["symbolic-ref", REF, "refs/heads/main"]);
    let verdict = judge(&lane, &Server::start(lane.host()), lane.tip(), &[]);
    says(&verdict, "restore the ref from a clone that has it");
    let other = tempfile::tempdir().unwrap();
    runs(other.path(), &["init", "-q", "--bare"]);
    // The clone that has it: what was recorded is there still.
    let recorded = runs(place, &["for-each-ref", "--format=%(objectname)", "refs/kept"]);
    runs(place, &["symbolic-ref", "-d", REF]);
    runs(place, &["push", "-q", other.path().to_str().unwrap(), &format!("{recorded}:{REF}")]);
    runs(place, &["fetch", "-q", other.path().to_str().unwrap(), &format!("{REF}:{REF}")]);
    let verdict = judge(&lane, &Server::start(lane.host()), lane.tip(), &[]);
    assert!(!remedies(&verdict).contains("restore the ref"), "{}", verdict.text);
    // An odd name below the records.
    let lane = deployed();
    runs(
        lane.directory(),
        &["update-ref", "refs/portcullis/deployments/Not A".replace(' ', "%").as_str(), "HEAD"],
    );
    let (code, listed) = said(&lane, &["list"]);
    if let Some(named) = listed.split('`').find(|part| part.starts_with("git update-ref -d")) {
        assert_ne!(code, 0, "{listed}");
        runs(lane.directory(), &["update-ref", "-d", "refs/portcullis/deployments/Not%A"]);
        assert!(named.starts_with("git update-ref -d"));
    }
    assert_eq!(said(&lane, &["list"]).0, 0, "{}", said(&lane, &["list"]).1);
}

// Freezes and deployers.

fn with(controls: &str) -> Lane {
    let mut lane = Lane::with(&format!("{POLICY}{controls}"));
    work(&mut lane, "the first");
    lane
}

fn deploying(lane: &Lane, more: &[&str]) -> Verdict {
    let base = lane.baseline().to_string();
    judge(lane, &Server::start(lane.host()), lane.tip(), &[&["--base", base.as_str()], more].concat())
}

fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_second((Timestamp::now() + SignedDuration::from_secs(seconds)).as_second()).unwrap()
}

fn frozen(until: Timestamp) -> String {
    format!(
        "\n[controls.freeze]\nwindows = [{{ from = \"{}\", until = \"{until}\", reason = \"holiday\" }}]\n",
        moment(-3600)
    )
}

#[test]
fn what_is_frozen_is_deployed_after_the_end_that_is_named() {
    let lane = with(&frozen(moment(4)));
    let verdict = deploying(&lane, &[]);
    says(&verdict, "Deploy after ");
    let named =
        remedies(&verdict).split("Deploy after ").nth(1).unwrap().split(',').next().unwrap().to_string();
    let end: Timestamp = named.parse().unwrap();
    while Timestamp::now() < end {
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    allowed(&deploying(&lane, &[]));
}

#[test]
fn what_cannot_wait_for_the_end_of_a_freeze_has_a_waiver() {
    let mut lane = with(&frozen(moment(36_000)));
    says(&deploying(&lane, &[]), "or ask for a waiver if it cannot wait");
    let waiver = format!(
        "schema = 1\n\n[[waivers]]\nid = \"W-1\"\ncontrol = \"freeze\"\nenvironment = \"production\"\nreason = \"it cannot wait\"\n\
         ticket = \"OPS-1\"\nrequester = \"kim-example\"\napprover = \"alex-example\"\ncreated = \"{}\"\nexpires = \"{}\"\n",
        moment(-60),
        moment(36_000)
    );
    let mut draft = lane.open(lane.tip());
    lane.push(
        &mut draft,
        portcullis_testkit::stage::KIM,
        vec![Op::Put(700, File::new("portcullis-waivers.toml", Body::Text(waiver)))],
    );
    draft.approved();
    lane.land(vec![draft], How::Squash, &[], &[], "Waive it");
    allowed(&deploying(&lane, &[]));
}

#[test]
fn somebody_of_the_role_deploys_and_is_named() {
    let role = "\n[roles.managers]\nusers = [\"sam-example\"]\n[controls.deployers]\nrole = \"managers\"\n";
    let lane = with(role);
    says(&deploying(&lane, &[]), "Name the account: --deployer LOGIN.");
    says(&deploying(&lane, &["--deployer", "kim-example"]), "Have a person with the role `managers` deploy.");
    allowed(&deploying(&lane, &["--deployer", "sam-example"]));
    // A role that nobody can hold.
    let owners = role.replace("users = [\"sam-example\"]", "code-owners = true");
    let lane = with(&owners);
    says(
        &deploying(&lane, &["--deployer", "sam-example"]),
        "Write `users` or `teams` in `[roles.managers]`.",
    );
    let both = role.replace("users = [\"sam-example\"]", "code-owners = true\nusers = [\"sam-example\"]");
    allowed(&deploying(&with(&both), &["--deployer", "sam-example"]));
}

#[test]
fn somebody_else_than_the_author_deploys() {
    let lane = with("\n[controls.deployers]\nnot-author-alone = true\n");
    let mut alone = Lane::with(&format!("{POLICY}\n[controls.deployers]\nnot-author-alone = true\n"));
    // Kim opened it, and only Kim had a part in it.
    crate::support::forger::land(&mut alone, vec![Op::Slot(10, 1, "alone\n".into())], false);
    let verdict = deploying(&alone, &["--deployer", "kim-example"]);
    says(
        &verdict,
        "Have someone else deploy: a person who took no part in it, or was not the only one who did.",
    );
    let other = deploying(&alone, &["--deployer", "sam-example"]);
    assert!(other.findings("deployers", "broken").is_empty(), "{}", other.text);
    allowed(&deploying(&lane, &["--deployer", "kim-example"]));
}

#[test]
fn records_of_another_repository_are_fetched_or_begun_anew() {
    let mut lane = deployed();
    let first = lane.tip();
    let next = work(&mut lane, "the second");
    let renamed = |more: &[&str]| {
        let mut host = lane.host();
        host.worlds.iter_mut().for_each(|world| world.repository = "example-org/renamed".into());
        let server = Server::start(host);
        let mut check = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        check.env_clear().current_dir(lane.directory()).env("GITHUB_API_URL", server.address());
        check.env("GITHUB_TOKEN", "a-token-of-the-job").args([
            "check",
            "--environment",
            "production",
            "--host",
            "github",
        ]);
        check
            .args(["--repository", "example-org/renamed", "--head", &next.to_string(), "--format", "json"])
            .args(more);
        Verdict::of(&check.output().unwrap())
    };
    let verdict = renamed(&[]);
    says(&verdict, "Fetch the records of example-org/renamed; if it was renamed, delete");
    let named = remedies(&verdict).split('`').find(|part| part.starts_with("refs/")).unwrap().to_string();
    runs(lane.directory(), &["update-ref", "-d", &named]);
    allowed(&renamed(&["--base", &first.to_string()]));
}

#[test]
fn evidence_is_judged_in_a_checkout_and_not_in_a_bare_clone() {
    let checkout = project();
    let from = format!("file://{}", checkout.path().display());
    runs(checkout.outside.path(), &["clone", "-q", "--bare", &from, "bare"]);
    let bare = checkout.outside.path().join("bare");
    let report = format!("upload={}", checkout.path().join(REPORT).display());
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env_clear().current_dir(&bare);
    command.args([
        "check", "--host", "none", "--base", "main", "--head", "change", "--format", "json", "--report",
        &report,
    ]);
    let verdict = Verdict::of(&command.output().unwrap());
    says(&verdict, "Run it in a checkout of the commit that is judged");
    allowed(&checkout.judge(&[]));
}

#[test]
fn notes_that_are_a_link_are_removed_and_fetched_again() {
    let checkout = Checkout::with(&format!("{SUITE}baseline = \"required\"\n"), &[(LOAD, "SELECT 1;\n")]);
    checkout.write(REPORT, GREEN);
    checkout.record(&["--note"]);
    let kept = tempfile::tempdir().unwrap();
    runs(kept.path(), &["init", "-q", "--bare"]);
    let place = kept.path().to_str().unwrap().to_string();
    checkout.git(&["push", "-q", &place, "refs/notes/portcullis"]);
    fs::remove_file(checkout.path().join(REPORT)).unwrap();
    checkout.change(LOAD, "SELECT 2;\n");
    checkout.write(REPORT, GREEN);
    allowed(&checkout.judge(&[]));
    checkout.git(&["symbolic-ref", "refs/notes/portcullis", "refs/notes/elsewhere"]);
    says(&checkout.judge(&[]), "Remove the ref, and fetch it again from where the notes are kept");
    checkout.git(&["symbolic-ref", "-d", "refs/notes/portcullis"]);
    checkout.git(&["fetch", "-q", &place, "+refs/notes/portcullis:refs/notes/portcullis"]);
    allowed(&checkout.judge(&[]));
}

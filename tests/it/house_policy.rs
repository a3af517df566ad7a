//! A policy that extends a house policy, judged by the real program: the house policy is the one at the base, of the digest
//! that the policy names, and a sealed decision is taken again without the repository. Beside each attack is what an honest
//! change does.

use crate::support::gate::{Verdict, command};
use crate::support::packed::packed;
use crate::support::project::refused;
use crate::support::release;
use crate::support::sealing::{Shelf, portcullis, seal_request};
use portcullis_model::digest::Digest;
use portcullis_pack::verify::policy_path;
use portcullis_testkit::history::Edit;
use portcullis_testkit::lane::state::{Body, File, Op};
use portcullis_testkit::lane::{How, Lane};
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::{KIM, POLICY, Stage};
use std::path::Path;
use std::process::Command;

const HOUSE_FILE: &str = "portcullis-house.toml";
const LOAD: Edit<'static> = Edit::Write("services/upload/load.sql", "DELETE FROM records;\n");

/// What the organisation asks: the policy of the made-up project, which may name its own people.
fn house() -> String {
    format!("{POLICY}\n[house]\nmay-loosen = [\"people\"]\n")
}

/// A policy that extends this text, with these lines.
fn child(house: &str, lines: &str) -> String {
    let digest = Digest::of(house.as_bytes());
    format!(
        "schema = 1\n\n[extends]\nfile = \"{HOUSE_FILE}\"\ndigest = \"{digest}\"\n\n[project]\nname = \"Record upload\"\n\n{lines}"
    )
}

/// A repository with this policy and this house policy, and a change of data-processing code.
fn stage(policy: &str, house: Option<&str>, edits: &[Edit<'_>]) -> Stage {
    let mut files = vec![
        Edit::Write("portcullis.toml", policy),
        Edit::Write(".github/workflows/gate.yml", "on: pull_request\n"),
        Edit::Write("services/upload/load.sql", "INSERT INTO records SELECT * FROM staging;\n"),
        Edit::Write("tests/upload/load_test.sql", "SELECT count(*) FROM records;\n"),
    ];
    files.extend(house.map(|text| Edit::Write(HOUSE_FILE, text)));
    let mut stage = Stage::with(&files).unwrap();
    stage.change(edits).unwrap();
    stage
}

fn judge(stage: &Stage, more: &[&str]) -> Verdict {
    let server = Server::start(stage.world.clone());
    Verdict::of(&command(stage, &server, &[&["check", "--format", "json"], more].concat()).output().unwrap())
}

fn git(directory: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command
        .current_dir(directory)
        .args(["-c", "user.name=T", "-c", "user.email=t@example.test"])
        .args(arguments);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_string()
}

#[test]
fn a_change_is_judged_by_both_and_the_decision_names_both_digests() {
    let house = house();
    let policy = child(&house, "");
    let honest = stage(&policy, Some(&house), &[LOAD]);
    let found = judge(&honest, &[]);
    found.expect(0, "", "");
    assert_eq!(found.json["policy"]["digest"], Digest::of(policy.as_bytes()).as_str());
    assert_eq!(found.json["policy"]["house"]["digest"], Digest::of(house.as_bytes()).as_str());
    assert_eq!(found.json["policy"]["house"]["file"], HOUSE_FILE);
    // What only the house policy asks.
    let mut lacking = stage(&policy, Some(&house), &[LOAD]);
    lacking.world.reviews.truncate(1);
    judge(&lacking, &[]).expect(1, "required-reviews", "1 of 2");
    // What the policy asks beyond it.
    let stricter = child(&house, "[controls.required-reviews]\napprovals = 3\n");
    judge(&stage(&stricter, Some(&house), &[LOAD]), &[]).expect(1, "required-reviews", "2 of 3");
}

#[test]
fn attack_120_a_policy_that_is_less_strict_judges_nothing() {
    let house = house();
    for (what, lines, said) in [
        (
            "fewer approvals",
            "[controls.required-reviews.data-processing]\napprovals = 1\n",
            "and the house policy has 2",
        ),
        ("another branch", "[branches]\ndeployment = [\"live\"]\n", "and the house policy has [\"main\"]"),
        (
            "a member more",
            "[roles.gate-owners]\nusers = [\"alex-example\", \"kim-example\"]\n",
            "roles.gate-owners.users",
        ),
        (
            "an exclusion",
            "[[data-processing]]\nname = \"upload\"\npurpose = \"x\"\nexclude = [\"services/upload/load.sql\"]\n",
            "data-processing.upload.exclude",
        ),
        (
            "a bypass",
            "[[controls.protected-branch.bypass]]\nkind = \"administrators\"\nreason = \"x\"\n",
            "controls.protected-branch.bypass",
        ),
    ] {
        eprintln!("-- {what}");
        refused(&judge(&stage(&child(&house, lines), Some(&house), &[LOAD]), &[]), 4, said);
    }
    // The twin says the same and more.
    let lines = "[controls.required-reviews.data-processing]\napprovals = 2\n[branches]\ndeployment = [\"main\", \"live\"]\n";
    judge(&stage(&child(&house, lines), Some(&house), &[LOAD]), &[]).expect(0, "", "");
}

#[test]
fn attack_120_without_the_pinned_text_nothing_is_judged() {
    let house = house();
    let policy = child(&house, "");
    let mild = house.replace("approvals = 2", "approvals = 1");
    for (what, other) in [
        ("none", None),
        ("milder", Some(mild)),
        ("other line ends", Some(house.replace('\n', "\r\n"))),
        ("with a mark", Some(format!("\u{feff}{house}"))),
    ] {
        eprintln!("-- {what}");
        let found = judge(&stage(&policy, other.as_deref(), &[LOAD]), &[]);
        refused(&found, 4, if other.is_some() { "has the digest" } else { "there is no house policy" });
    }
    judge(&stage(&policy, Some(&house), &[LOAD]), &[]).expect(0, "", "");
}

/// The house policy that counts is that of the base, and one that the change brings has to fit.
#[test]
fn attack_120_the_change_brings_another_house_policy() {
    let house = house();
    let policy = child(&house, "");
    let mild = house.replace("approvals = 2", "approvals = 1");
    // Of the file alone: the policy would name a text that is not there any more.
    let mut alone = stage(&policy, Some(&house), &[LOAD, Edit::Write(HOUSE_FILE, &mild)]);
    let found = judge(&alone, &[]);
    found.expect(1, "gate-integrity", "another digest than the policy names");
    assert!(found.text.contains(Digest::of(mild.as_bytes()).as_str()), "{}", found.text);
    alone.world.reviews.truncate(1);
    judge(&alone, &[]).expect(1, "required-reviews", "1 of 2");
    // Of both, as the remedy says: the text at the base judges, and the gate's owners have to approve.
    let next = child(&mild, "");
    let edits = [LOAD, Edit::Write(HOUSE_FILE, &mild), Edit::Write("portcullis.toml", &next)];
    let mut both = stage(&policy, Some(&house), &edits);
    judge(&both, &[]).expect(0, "", "");
    both.world.reviews.truncate(1);
    judge(&both, &[]).expect(1, "required-reviews", "1 of 2");
    // The file goes.
    let gone = stage(&policy, Some(&house), &[LOAD, Edit::Remove(HOUSE_FILE)]);
    judge(&gone, &[]).expect(1, "gate-integrity", "without the house policy");
    // A policy that would be less strict than its house policy.
    let loose = child(&house, "[controls.required-reviews.data-processing]\napprovals = 1\n");
    let loosened = stage(&policy, Some(&house), &[LOAD, Edit::Write("portcullis.toml", &loose)]);
    judge(&loosened, &[]).expect(1, "gate-integrity", "would leave a policy with 1 mistake");
}

#[test]
fn attack_120_the_house_policy_is_a_file_of_the_gate() {
    let house = house();
    let remark = format!("{house}# A remark.\n");
    let edits = [Edit::Write(HOUSE_FILE, &remark), Edit::Write("portcullis.toml", &child(&remark, ""))];
    let mut unapproved = stage(&child(&house, ""), Some(&house), &edits);
    unapproved
        .world
        .reviews
        .retain(|review| review.reviewer.as_ref().unwrap().login.as_str() != "alex-example");
    judge(&unapproved, &[]).expect(1, "gate-integrity", "0 of 1");
    judge(&stage(&child(&house, ""), Some(&house), &edits), &[]).expect(0, "", "");
}

#[test]
fn a_house_policy_of_another_repository_is_read_at_its_commit_once_it_is_fetched() {
    let text = house();
    let policies = tempfile::tempdir().unwrap();
    git(policies.path(), &["init", "-q"]);
    std::fs::write(policies.path().join(HOUSE_FILE), &text).unwrap();
    git(policies.path(), &["add", "."]);
    git(policies.path(), &["commit", "-q", "-m", "House policy"]);
    git(policies.path(), &["config", "uploadpack.allowAnySHA1InWant", "true"]);
    let commit = git(policies.path(), &["rev-parse", "HEAD"]);
    let from = policies.path().display().to_string();
    let origin = format!("file = \"{HOUSE_FILE}\"\nrepository = \"{from}\"\ncommit = \"{commit}\"");
    let policy = child(&text, "").replace(&format!("file = \"{HOUSE_FILE}\""), &origin);
    let stage = stage(&policy, None, &[LOAD]);
    // Not to be seen is not the same as not there.
    let unseen = judge(&stage, &[]);
    assert_eq!(unseen.exit, 3, "{}", unseen.text);
    let remedy = format!("git fetch {from} {commit}");
    assert!(unseen.text.contains(&remedy), "{}", unseen.text);
    git(stage.directory(), &["fetch", "-q", &from, &commit]);
    let found = judge(&stage, &[]);
    found.expect(0, "", "");
    assert_eq!(found.json["policy"]["house"]["commit"], commit);
    // The sealed decision holds its text: it is taken again where neither repository is.
    let shelf = Shelf::new();
    let (exit, said) = seal_request(&stage, &Server::start(stage.world.clone()), &shelf.path("sealed"), &[]);
    assert_eq!(exit, 0, "{said}");
    let (exit, said) = shelf.replay("sealed", &[]);
    assert!(exit == 0 && said.starts_with("identical: "), "{said}");
}

#[test]
fn a_sealed_decision_is_taken_again_without_the_repository_and_not_without_the_text() {
    let text = house();
    let stage = stage(&child(&text, ""), Some(&text), &[LOAD]);
    let shelf = Shelf::new();
    let (exit, said) = seal_request(&stage, &Server::start(stage.world.clone()), &shelf.path("sealed"), &[]);
    assert_eq!(exit, 0, "{said}");
    let (exit, said) = shelf.replay("sealed", &[]);
    assert!(exit == 0 && said.starts_with("identical: "), "{said}");
    let sealed: serde_json::Value = serde_json::from_slice(&shelf.read("sealed")).unwrap();
    let inputs = sealed["inputs"].as_array().unwrap();
    let digest = Digest::of(text.as_bytes());
    assert!(inputs.iter().any(|input| input["digest"] == digest.as_str()), "{inputs:?}");
}

#[test]
fn a_policy_outside_of_the_repository_has_its_house_policy_beside_it() {
    let text = house();
    let stage = stage(&child(&text, ""), Some(&text), &[LOAD]);
    let elsewhere = tempfile::tempdir().unwrap();
    let policy = elsewhere.path().join("policy.toml");
    std::fs::write(&policy, child(&text, "[controls.required-reviews]\napprovals = 2\n")).unwrap();
    let given = policy.display().to_string();
    refused(&judge(&stage, &["--policy", &given]), 4, "there is no house policy");
    std::fs::write(elsewhere.path().join(HOUSE_FILE), &text).unwrap();
    judge(&stage, &["--policy", &given]).expect(0, "", "");
    let shelf = Shelf::new();
    let server = Server::start(stage.world.clone());
    let (exit, said) = seal_request(&stage, &server, &shelf.path("sealed"), &["--policy", &given]);
    assert_eq!(exit, 0, "{said}");
    let (exit, said) = shelf.replay("sealed", &[]);
    assert!(exit == 0 && said.starts_with("identical: "), "{said}");
}

#[test]
fn policy_check_says_what_is_extended_and_where_it_differs() {
    let place = tempfile::tempdir().unwrap();
    let text = house();
    let lines = "[controls.required-reviews]\napprovals = 2\n\n[[people]]\nname = \"Robin Example\"\nlogins = [\"robin-example\"]\n";
    std::fs::write(place.path().join("portcullis.toml"), child(&text, lines)).unwrap();
    let (exit, said) = portcullis(place.path(), &["policy", "check"]);
    assert_eq!(exit, 4, "{said}");
    assert!(said.contains("keep a copy of it as portcullis-house.toml"), "{said}");
    std::fs::write(place.path().join(HOUSE_FILE), &text).unwrap();
    let (exit, said) = portcullis(place.path(), &["policy", "check"]);
    assert_eq!(exit, 0, "{said}");
    for line in [
        "extends:  portcullis-house.toml",
        Digest::of(text.as_bytes()).as_str(),
        "stricter than the house policy:\n    controls.required-reviews.approvals = 2, and 1 there",
        "less strict, as the house policy allows:\n    people.Robin Example = ",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    let loose = child(&text, "[controls.required-reviews.data-processing]\napprovals = 1\n");
    std::fs::write(place.path().join("portcullis.toml"), loose).unwrap();
    let (exit, said) = portcullis(place.path(), &["policy", "check"]);
    assert_eq!(exit, 4, "{said}");
    assert!(
        said.contains("portcullis.toml:11:13") && said.contains("Write 2 or more, or remove the key"),
        "{said}"
    );
}

/// The history of a branch goes on: [`KIM`] makes commits that no one else sees.
#[test]
fn a_commit_of_the_house_that_no_one_fetched_is_not_taken_for_one_of_this_repository() {
    let text = house();
    let policy = child(&text, "");
    let mut stage = stage(&policy, None, &[LOAD]);
    let other = stage.history.commit(KIM, &[], "Elsewhere", &[Edit::Write(HOUSE_FILE, &text)]).unwrap();
    // The policy names no commit, so the one that the clone has by chance does not count.
    refused(&judge(&stage, &[]), 4, "there is no house policy");
    assert!(!other.is_zero());
}

/// A recorded deployment and a pack of the period hold the house policy as they hold the policy.
#[test]
fn a_record_is_taken_again_and_a_pack_holds_both_policies() {
    let text = format!("{}\n[house]\n", portcullis_testkit::lane::POLICY);
    let policy = child(&text, "");
    let mut lane = Lane::begin();
    let ops = [
        Op::Put(900, File::new(HOUSE_FILE, Body::Text(text.clone()))),
        Op::Body(0, Body::Text(policy.clone())),
    ];
    lane.direct(KIM, &ops, "Extend the house policy");
    let base = lane.tip().to_string();
    let first = lane.land_file(How::Squash, true);
    let second = lane.land_file(How::Merge, true);
    let server = Server::start(lane.host());
    release::judge(&lane, &server, first, &["--base", &base, "--record"]).expect(0, "", "");
    let found = release::judge(&lane, &server, second, &["--record"]);
    found.expect(0, "", "");
    let digest = Digest::of(text.as_bytes());
    assert_eq!(found.json["policy"]["house"]["digest"], digest.as_str());
    for name in ["production#1", "production#2"] {
        let (exit, said) = portcullis(lane.directory(), &["replay", name]);
        assert!(exit == 0 && said.starts_with("identical: "), "{said}");
    }
    let (exit, said) = portcullis(lane.directory(), &["record", "verify", "production"]);
    assert_eq!(exit, 0, "{said}");
    let packed = packed(lane.directory(), &["--branch", "main"]);
    let wanted = [&policy, &text].map(|text| policy_path(Digest::of(text.as_bytes()).as_str()));
    wanted.iter().for_each(|path| assert!(packed.names().contains(path), "{:?}", packed.names()));
    let folder = packed.folder.display().to_string();
    let (exit, said) = portcullis(lane.directory(), &["pack", "verify", &folder]);
    assert_eq!(exit, 0, "{said}");
}

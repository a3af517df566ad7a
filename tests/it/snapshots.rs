//! `portcullis snapshot`, and what an audit makes of snapshots: honest ones, and chains that want
//! to hide a lapse.

use crate::support::audited::{ALL, Audited, audit, audit_with_host, begun, land_at};
use crate::support::checkout::Checkout;
use git2::Repository as Git;
use jiff::Timestamp;
use portcullis_collect::snapshots::{append_snapshot, read_snapshots};
use portcullis_git::Repository;
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::protection::{Protection, Requirement, Rule};
use portcullis_model::snapshot::ProtectionLook;
use portcullis_record::snapshot::{SnapshotDraft, prepare_snapshot, snapshot_reference};
use portcullis_testkit::answer_faults::AnswerFault;
use portcullis_testkit::lane::state::Op;
use portcullis_testkit::lane::{How, Lane};
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::KIM;
use portcullis_testkit::world::forge::Forge;
use portcullis_testkit::world::{Endpoint, World};
use std::path::Path;
use std::process::{Command, Stdio};

const MAIN: &str = "refs/portcullis/snapshots/main";

/// What a run of the program came to: exit code, stdout, stderr.
type Ran = (i32, String, String);

fn command(directory: &Path, address: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).current_dir(directory);
    command.env("GITHUB_API_URL", address).env("GITHUB_TOKEN", "a-token-of-the-job");
    command.arg("snapshot").args(arguments);
    command
}

fn ran(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

const HOST: [&str; 4] = ["--host", "github", "--repository", "example-org/data-upload"];

/// Takes a snapshot of a host that was altered.
fn take(lane: &Lane, alter: impl Fn(&mut World), more: &[&str]) -> Ran {
    let mut host: Forge = lane.host();
    host.worlds.iter_mut().for_each(alter);
    let server = Server::start(host);
    ran(&mut command(lane.directory(), &server.address(), &[&HOST[..], more].concat()))
}

fn show(directory: &Path, arguments: &[&str]) -> Ran {
    ran(&mut command(directory, "", arguments))
}

/// The bytes of the newest `snapshot.json`.
fn newest(directory: &Path) -> String {
    let git = Git::open(directory).unwrap();
    let tree = git.find_reference(MAIN).unwrap().peel_to_tree().unwrap();
    let blob = tree.get_name("snapshot.json").unwrap().to_object(&git).unwrap();
    String::from_utf8(blob.as_blob().unwrap().content().to_vec()).unwrap()
}

#[test]
fn a_snapshot_that_saw_the_same_stores_its_time_and_tip_alone() {
    let lane = Lane::begin();
    let (exit, out, err) = take(&lane, |_| (), &[]);
    assert_eq!((exit, err.as_str()), (0, ""), "{out}");
    assert!(out.starts_with("main: snapshot 1 ("), "{out}");
    let whole = newest(lane.directory());
    let (exit, out, _) = take(&lane, |_| (), &[]);
    assert!(exit == 0 && out.contains("the same as in snapshot 1"), "{out}");
    let same = newest(lane.directory());
    assert!(same.len() < 800 && same.len() * 2 < whole.len(), "{same}");
    let (exit, out, _) = take(&lane, |world| world.rulesets.clear(), &["--branch", "main"]);
    assert!(exit == 0 && out.contains("0 requirements"), "{out}");
    let (exit, out, _) = show(lane.directory(), &["list"]);
    assert_eq!((exit, out.lines().count()), (0, 4), "{out}");
    let (exit, out, _) = show(lane.directory(), &["verify"]);
    assert!(exit == 0 && out.contains("main: 3 snapshots verified") && out.contains("unchecked"), "{out}");
}

#[test]
fn what_a_host_refuses_or_hides_is_a_look_that_could_not_see() {
    let lane = Lane::begin();
    let refuse = |endpoint: Endpoint| {
        move |world: &mut World| {
            world.faults.push((endpoint, AnswerFault::Refuse(403, "Resource not accessible".into())));
        }
    };
    for (number, endpoint) in [(1, Endpoint::Rules), (2, Endpoint::Branch)] {
        let (exit, out, err) = take(&lane, refuse(endpoint), &["--branch", "main"]);
        assert_eq!(exit, 3, "{out}{err}");
        assert!(
            out.contains(&format!("snapshot {number} (")) && err.contains("could not be seen"),
            "{out}{err}"
        );
        assert!(newest(lane.directory()).contains("\"reason\""), "it is stored");
    }
    let (exit, out, err) = take(&lane, |world| world.rulesets[0].bypass = None, &[]);
    assert_eq!(exit, 3, "{out}{err}");
    assert!(newest(lane.directory()).contains("administration\": {"), "who can change it is asked instead");
    assert_eq!(take(&lane, |_| (), &[]).0, 0, "twin");
    let (_, out, _) = show(lane.directory(), &["list", "main"]);
    assert!(out.contains("gap") && out.contains("could not be seen"), "{out}");
    let closed = ran(&mut command(lane.directory(), "http://127.0.0.1:9", &HOST));
    assert_eq!(closed.0, 3, "a host that cannot be reached: {closed:?}");
    assert_eq!(show(lane.directory(), &["verify", "main", "--at-least", "5"]).0, 0);
}

#[test]
fn chains_that_were_rewound_cut_or_forged_do_not_verify_and_get_no_more_snapshots() {
    let lane = Lane::begin();
    for rules in [true, false, true] {
        take(&lane, |world| world.rulesets.retain(|_| rules), &[]);
    }
    let git = Git::open(lane.directory()).unwrap();
    let tip = git.find_reference(MAIN).unwrap().peel_to_commit().unwrap();
    let name = tip.id().to_string();
    let verify = ["verify", "main", "--expect-tip", &name, "--at-least", "3"];
    assert_eq!(show(lane.directory(), &verify).0, 0, "twin");
    git.reference(MAIN, tip.parent_id(0).unwrap(), true, "cut").unwrap();
    let (exit, _, err) = show(lane.directory(), &verify);
    assert!(exit == 6 && err.contains("does not hold snapshot") && err.contains("at least 3"), "{err}");
    // The snapshot that saw the lapse is left out, and the next one put onto the first.
    let who = tip.author();
    let first = tip.parent(0).unwrap().parent(0).unwrap();
    let forged =
        git.commit(None, &who, &who, tip.message().unwrap(), &tip.tree().unwrap(), &[&first]).unwrap();
    git.reference(MAIN, forged, true, "forged").unwrap();
    let (exit, _, err) = show(lane.directory(), &["verify"]);
    assert!(
        exit == 6 && err.contains("main: snapshot 2 (") && err.contains("after another snapshot"),
        "{err}"
    );
    assert_eq!(show(lane.directory(), &["list"]).0, 6);
    let (exit, _, err) = take(&lane, |_| (), &[]);
    assert!(exit == 6 && err.contains("nothing is written on top"), "{err}");
    // The chain of another branch.
    git.reference(MAIN, tip.id(), true, "mended").unwrap();
    git.reference("refs/portcullis/snapshots/next", tip.id(), true, "copied").unwrap();
    let (exit, _, err) = show(lane.directory(), &["verify"]);
    assert!(exit == 6 && err.contains("it is of another branch, main"), "{err}");
    assert_eq!(show(lane.directory(), &["verify", "none", "--at-least", "1"]).0, 6);
    assert_eq!(show(lane.directory(), &["verify", "none"]).0, 5, "twin: nothing was remembered");
}

#[test]
fn two_jobs_at_the_same_time_write_one_chain() {
    let lane = Lane::begin();
    let server = Server::start(lane.host());
    let start = || {
        let mut command = command(lane.directory(), &server.address(), &HOST);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let jobs: Vec<_> = (0..3).map(|_| start()).collect();
    assert!(jobs.into_iter().all(|mut job| job.wait().unwrap().success()));
    let (exit, out, err) = show(lane.directory(), &["verify", "main", "--at-least", "3"]);
    assert!(exit == 0 && out.contains("3 snapshots"), "{out}{err}");
}

#[test]
fn snapshots_are_pushed_and_never_shorten_the_chain_of_the_remote() {
    let lane = Lane::begin();
    let remote = tempfile::tempdir().unwrap();
    Git::init_bare(remote.path()).unwrap();
    let place = remote.path().to_str().unwrap();
    let (exit, out, err) = take(&lane, |_| (), &["--push", place]);
    assert_eq!(exit, 0, "{out}{err}");
    take(&lane, |_| (), &["--push", place]);
    let tip = |directory: &Path| Git::open(directory).unwrap().find_reference(MAIN).unwrap().target();
    assert_eq!(tip(remote.path()), tip(lane.directory()));
    let kept = tip(remote.path());
    // A clone that did not fetch them begins anew, and cannot push that.
    Git::open(lane.directory()).unwrap().find_reference(MAIN).unwrap().delete().unwrap();
    let (exit, _, err) = take(&lane, |_| (), &["--push", place]);
    assert!(exit == 5 && err.contains("fetch them first: git fetch origin"), "{err}");
    assert_eq!(tip(remote.path()), kept);
}

#[test]
fn branches_come_from_the_policy_and_a_host_is_needed() {
    let lane = Lane::begin();
    let (exit, _, err) = take(&lane, |_| (), &["--policy", "elsewhere.toml"]);
    assert_eq!(exit, 4, "{err}");
    let none = show(lane.directory(), &["--host", "none"]);
    assert!(none.0 == 2 && none.2.contains("what a host says"), "{none:?}");
    let policy = portcullis_testkit::lane::POLICY.replace("\"main\"", "\"release/*\"");
    let file = lane.directory().join("pattern.toml");
    std::fs::write(&file, policy).unwrap();
    let (exit, _, err) = take(&lane, |_| (), &["--policy", file.to_str().unwrap()]);
    assert!(exit == 2 && err.contains("name each branch with --branch"), "{err}");
    let nowhere = show(lane.directory(), &["--host", "github"]);
    assert!(nowhere.0 == 2 && nowhere.2.contains("--repository OWNER/NAME"), "{nowhere:?}");
}

// What an audit makes of them.

const PERIOD: [&str; 5] = ["--since", "2025-07-01", "--until", "2025-12-31", "--no-deployments"];

fn look(rules: &[Rule]) -> ProtectionLook {
    let requirement = |rule: &Rule| Requirement {
        rule: rule.clone(),
        source: "ruleset \"main\"".into(),
        bypass: Fact::Known(vec![]),
    };
    ProtectionLook {
        protected: Fact::Known(true),
        protection: Fact::Known(Protection {
            requirements: rules.iter().map(requirement).collect(),
            unseen: vec![],
        }),
        administration: None,
    }
}

fn hidden() -> ProtectionLook {
    let gap = Gap::new("the rules of main", GapReason::NotVisible, "403", "Give the token more rights.");
    ProtectionLook { protection: Fact::Gap(gap), ..look(&[]) }
}

/// A snapshot of what the branch is now.
fn snap(checkout: &Checkout, time: &str, look: ProtectionLook) {
    let tip = checkout.git(&["rev-parse", "HEAD"]);
    snap_at(checkout.path(), &tip, time, look, "example-org/data-upload");
}

fn snap_at(directory: &Path, tip: &str, time: &str, look: ProtectionLook, name: &str) {
    let repository = Repository::open(directory).unwrap();
    let branch = BranchName::new("main");
    let clock = Timestamp::now();
    let chain = read_snapshots(&repository, &snapshot_reference(&branch), clock, None).unwrap();
    let tip = Revision::try_from(tip.to_string()).unwrap();
    let draft = SnapshotDraft {
        branch,
        host: "github".into(),
        repository: name.into(),
        time: time.parse().unwrap(),
        tip: Fact::Known(tip),
        look,
    };
    let pending = prepare_snapshot(draft, chain.as_ref()).unwrap();
    append_snapshot(directory, &pending).unwrap();
}

const HELD: [Rule; 1] = [Rule::NoForcePush];

/// Held on the 1st and 2nd, as seen on the 3rd, and held again on the 4th of July; a landing on
/// each day at noon, of which the third says this date.
fn lapsing(seen: ProtectionLook, date: &str) -> (Checkout, String) {
    let checkout = begun();
    snap(&checkout, "2025-07-01T02:00:00Z", look(&HELD));
    land_at(&checkout, "2025-07-01T12:00:00Z", "first");
    snap(&checkout, "2025-07-02T02:00:00Z", look(&HELD));
    let landed = land_at(&checkout, date, "second");
    snap(&checkout, "2025-07-03T02:00:00Z", seen);
    snap(&checkout, "2025-07-04T02:00:00Z", look(&HELD));
    land_at(&checkout, "2025-07-04T12:00:00Z", "third");
    snap(&checkout, "2025-07-05T02:00:00Z", look(&HELD));
    (checkout, landed)
}

fn requirement(audited: &Audited) -> &serde_json::Value {
    &audited.json["protection"][0]["requirements"][0]
}

#[test]
fn a_lapse_that_snapshots_saw_names_what_landed_meanwhile_and_begins_anew() {
    for (seen, state) in [(look(&[]), "off"), (hidden(), "hidden")] {
        let (checkout, landed) = lapsing(seen, "2025-07-02T12:00:00Z");
        let audited = audit(checkout.path(), &PERIOD);
        let found = requirement(&audited);
        assert_eq!(found["since"], "2025-07-04T02:00:00Z", "{found:#}");
        let lapse = &found["lapses"][0];
        assert_eq!((&lapse["state"], &lapse["after"]), (&state.into(), &"2025-07-02T02:00:00Z".into()));
        assert_eq!(lapse["landings"], serde_json::json!([format!("main@{landed}")]), "{lapse:#}");
        assert_eq!(lapse["areas"], serde_json::json!(["upload"]));
        let looks = audited.json["protection"][0]["looks"].as_array().unwrap();
        assert_eq!((looks.len(), &looks[4]["source"]), (5, &"snapshot 5".into()));
        assert!(
            audited.json["title"]["sources"].to_string().contains("5 snapshots of the protection of main")
        );
        assert_eq!(audited.json["protection"][0]["longest_unwatched"], 179 * 86_400 + 22 * 3_600);
    }
    let (checkout, _) = lapsing(look(&HELD), "2025-07-02T12:00:00Z");
    let audited = audit(checkout.path(), &PERIOD);
    let found = requirement(&audited);
    assert_eq!((&found["since"], &found["lapses"]), (&"2025-07-01T02:00:00Z".into(), &serde_json::json!([])));
}

#[test]
fn a_landing_in_a_lapse_does_not_get_out_of_it_by_its_date() {
    for date in
        ["2025-06-30T12:00:00Z", "1970-01-02T00:00:00Z", "2025-07-20T12:00:00Z", "2038-01-01T00:00:00Z"]
    {
        let (checkout, landed) = lapsing(look(&[]), date);
        let audited = audit(checkout.path(), &PERIOD);
        let lapse = &requirement(&audited)["lapses"][0];
        assert!(lapse["landings"].to_string().contains(&landed), "{date}: {lapse:#}");
        let anomalies = audited.anomalies();
        let is_bounded = anomalies.contains("snapshot") || date.starts_with("2038");
        assert!(anomalies.contains(&landed) && is_bounded, "{date}: {anomalies}");
    }
}

#[test]
fn snapshots_that_do_not_verify_are_no_looks_and_the_audit_says_so() {
    let (checkout, _) = lapsing(look(&[]), "2025-07-02T12:00:00Z");
    assert_ne!(audit(checkout.path(), &PERIOD).exit, 6, "twin");
    let git = Git::open(checkout.path()).unwrap();
    let tip = git.find_reference(MAIN).unwrap().peel_to_commit().unwrap();
    let who = tip.author();
    let first = tip.parent(0).unwrap().parent(0).unwrap().parent(0).unwrap();
    // The two that saw the lapse and its end are left out.
    let forged =
        git.commit(None, &who, &who, tip.message().unwrap(), &tip.tree().unwrap(), &[&first]).unwrap();
    git.reference(MAIN, forged, true, "forged").unwrap();
    let audited = audit(checkout.path(), &PERIOD);
    assert_eq!((audited.exit, &audited.json["outcome"]), (6, &"unverified".into()), "{}", audited.text);
    assert_eq!(audited.json["protection"], serde_json::json!([]));
    let found = audited.exceptions("records");
    assert!(
        found[0]["finding"]["reason"].as_str().unwrap().contains("the snapshots of the protection of main")
    );
}

#[test]
fn snapshots_of_another_repository_or_from_the_future_are_no_looks() {
    for (name, exit) in [("acme/copy", 6), ("Example-Org/Data-Upload", 3)] {
        let lane = Lane::begin();
        snap_at(lane.directory(), &lane.tip().to_string(), "2026-01-02T02:00:00Z", look(&HELD), name);
        let server = Server::start(lane.host());
        let audited = audit_with_host(&lane, &server.address(), &[&ALL[..], &["--no-deployments"]].concat());
        assert_eq!(audited.exit, exit, "{name}: {} {}", audited.text, audited.json["exceptions"]);
        let looks = audited.json["protection"][0]["looks"].as_array().map_or(0, Vec::len);
        assert_eq!(looks, if exit == 6 { 1 } else { 2 }, "beside the one of now");
    }
    let future = begun();
    land_at(&future, "2025-07-01T12:00:00Z", "first");
    let later = Timestamp::now().checked_add(jiff::SignedDuration::from_hours(48)).unwrap();
    snap(&future, &later.to_string(), look(&HELD));
    let audited = audit(future.path(), &PERIOD);
    assert_eq!(audited.exit, 6, "{}", audited.text);
    assert!(audited.exceptions("records")[0].to_string().contains("in the future"));
}

#[test]
fn a_branch_that_was_rewound_since_a_snapshot_saw_it_is_an_exception() {
    for (rewound, exit) in [(true, 1), (false, 0)] {
        let mut lane = Lane::begin();
        let base = lane.tip();
        let mut draft = lane.open(base);
        lane.push(&mut draft, KIM, vec![Op::Slot(10, 1, "work\n".into())]);
        draft.approved();
        lane.land(vec![draft], How::Squash, &[], &[], "Land it");
        let name = "example-org/data-upload";
        snap_at(lane.directory(), &lane.tip().to_string(), "2026-01-02T02:00:00Z", look(&HELD), name);
        let mut host = lane.host();
        if rewound {
            let base = Revision::try_from(base.to_string()).unwrap();
            host.worlds.iter_mut().for_each(|world| world.branch.tip = base.clone());
        }
        let server = Server::start(host);
        let arguments = [&ALL[..], &["--no-deployments"]].concat();
        let audited = audit_with_host(&lane, &server.address(), &arguments);
        assert_eq!(audited.exit, exit, "{}{}", audited.text, audited.json["exceptions"]);
        assert_eq!(audited.exceptions("population").len(), usize::from(rewound));
        // With git alone a branch that is only behind looks alike.
        lane.history.branch("main", base).unwrap();
        let behind = audit(lane.directory(), &arguments);
        assert!(behind.gaps().contains("Fetch the branch"), "{}", behind.gaps());
        lane.history.branch("main", lane.tip()).unwrap();
        assert!(!audit(lane.directory(), &arguments).gaps().contains("Fetch the branch"), "twin");
    }
}

#[test]
fn what_fails_for_one_branch_leaves_no_other_out() {
    let lane = Lane::begin();
    assert_eq!(take(&lane, |_| (), &["--branch", "aside"]).0, 3, "there is no such branch on the host");
    let git = Git::open(lane.directory()).unwrap();
    let other = git.find_reference("refs/portcullis/snapshots/aside").unwrap().target().unwrap();
    git.reference("refs/portcullis/snapshots/broken", other, true, "copied").unwrap();
    let (exit, out, err) = take(&lane, |_| (), &["--branch", "broken", "--branch", "main"]);
    assert!(exit == 6 && out.contains("main: snapshot 1 ("), "{out}{err}");
}

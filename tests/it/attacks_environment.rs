//! Another environment beside those that have records: its first deployment skips nothing that no record let through.

use crate::support::forger::{Forgery, REF, deployed, earlier_form, host, push, work};
use crate::support::gate::Verdict;
use crate::support::recorder;
use crate::support::release::{judge_to, subcommand_to};
use git2::Oid;
use portcullis_testkit::lane::{Lane, POLICY};
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::revision;
use portcullis_testkit::world::Deployed;
use portcullis_testkit::world::forge::Forge;
use serde_json::json;

const GATE: &str = "gate-integrity";
const PAST: &str = "no record of any environment allowed";

/// One deployment to production on record, something that nobody reviewed, and an honest landing after it.
struct Scene {
    lane: Lane,
    deployed: Oid,
    pushed: Oid,
    tip: Oid,
}

fn scene() -> Scene {
    let mut lane = deployed();
    let deployed = lane.tip();
    let pushed = push(&mut lane, "nobody looked");
    let tip = work(&mut lane, "the second");
    Scene { lane, deployed, pushed, tip }
}

/// The host with these deployments, oldest first, each to its environment.
fn host_of(lane: &Lane, deployments: &[(&str, Oid)]) -> Forge {
    let mut host = host(lane, &[]);
    let done = |(at, (environment, commit)): (usize, &(&str, Oid))| Deployed {
        environment: (*environment).to_string(),
        ..Deployed::done(at as u64 + 5, revision(*commit).unwrap(), at as i64)
    };
    host.worlds[0].deployments = deployments.iter().enumerate().map(done).collect();
    host
}

impl Scene {
    /// The first deployment to an environment, over a baseline, while the host has these deployments.
    fn to(&self, environment: &str, base: Oid, deployments: &[(&str, Oid)]) -> Verdict {
        first(&self.lane, environment, base, self.tip, deployments, &["--record"])
    }
}

fn first(
    lane: &Lane,
    environment: &str,
    base: Oid,
    head: Oid,
    deployments: &[(&str, Oid)],
    more: &[&str],
) -> Verdict {
    let server = Server::start(host_of(lane, deployments));
    let base = base.to_string();
    judge_to(environment, lane, &server, head, &[&["--base", base.as_str()], more].concat())
}

fn allowed(verdict: &Verdict) {
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
}

fn reference(environment: &str) -> String {
    format!("refs/portcullis/deployments/{environment}")
}

fn verified(lane: &Lane, environment: &str) -> (i32, String) {
    recorder::said(lane.directory(), &["verify", environment])
}

#[test]
fn attack_96_another_environment_over_what_nobody_reviewed() {
    let scene = scene();
    for environment in ["prod", "production-2", "prd", "staging", "0"] {
        for deployments in [&[][..], &[("production", scene.deployed)]] {
            scene.to(environment, scene.pushed, deployments).expect(3, GATE, PAST);
        }
        assert!(scene.lane.history.repository().find_reference(&reference(environment)).is_err());
    }
}

#[test]
fn attack_96_another_environment_over_a_commit_beside_the_branch() {
    let scene = scene();
    let state = scene.lane.state(scene.deployed).clone();
    let mut lane = scene.lane;
    let beside = lane.commit(portcullis_testkit::stage::KIM, &[scene.deployed], "Beside", state);
    first(&lane, "prod", beside, scene.tip, &[], &["--record"]).expect(1, GATE, "");
}

#[test]
fn attack_96_another_environment_with_a_deployment_that_somebody_made_up() {
    let scene = scene();
    let made_up = [("production", scene.deployed), ("prod", scene.pushed)];
    scene.to("prod", scene.pushed, &made_up).expect(3, GATE, PAST);
    // Nor does what another environment has on the host stand for a record.
    scene.to("prod", scene.pushed, &[("staging", scene.pushed)]).expect(3, GATE, PAST);
}

#[test]
fn attack_96_another_environment_whose_own_records_were_taken_away() {
    let scene = scene();
    let staging = first(&scene.lane, "staging", scene.lane.baseline(), scene.deployed, &[], &["--record"]);
    allowed(&staging);
    scene.lane.history.repository().find_reference(REF).unwrap().delete().unwrap();
    scene.to("production", scene.pushed, &[]).expect(3, GATE, PAST);
    scene.to("production", scene.pushed, &[("production", scene.pushed)]).expect(3, GATE, PAST);
}

#[test]
fn attack_96_another_environment_where_the_records_were_not_fetched() {
    let scene = scene();
    scene.lane.history.repository().find_reference(REF).unwrap().delete().unwrap();
    scene.to("prod", scene.pushed, &[("production", scene.deployed)]).expect(3, GATE, "is newer than");
    let several = [("staging", scene.tip), ("production", scene.deployed)];
    scene.to("prod", scene.pushed, &several).expect(3, GATE, "is newer than");
    // Nor where the host withholds what it has.
    let mut hidden = host_of(&scene.lane, &[("production", scene.deployed)]);
    let refuse = portcullis_testkit::answer_faults::AnswerFault::Refuse(
        403,
        "Resource not accessible by integration".into(),
    );
    hidden.worlds[0].faults.push((portcullis_testkit::world::Endpoint::Deployments, refuse));
    let base = scene.pushed.to_string();
    let server = Server::start(hidden);
    judge_to("prod", &scene.lane, &server, scene.tip, &["--base", &base]).expect(3, GATE, "the deployments");
}

#[test]
fn attack_96_another_environment_beside_records_that_cannot_be_believed() {
    let scene = scene();
    earlier_form(&scene.lane);
    scene.to("prod", scene.pushed, &[]).expect(3, GATE, PAST);
    // A ref that is no record's name, or leads elsewhere, hides what there is.
    for name in ["refs/portcullis/deployments/Production", "refs/portcullis/deployments/a/b"] {
        let scene = self::scene();
        let git = scene.lane.history.repository();
        let tip = git.refname_to_id(REF).unwrap();
        git.find_reference(REF).unwrap().delete().unwrap();
        git.reference(name, tip, true, "").unwrap();
        scene.to("prod", scene.pushed, &[]).expect(3, GATE, "no name of an environment");
    }
    // Records that do not verify let nothing through.
    let scene = self::scene();
    let mut forged =
        Forgery::from(&scene.lane, &crate::support::forger::facts(&scene.lane, scene.pushed, &[]))
            .decide(|decision| decision["outcome"] = json!("allow"));
    forged.entry.recorder = "mallory".into();
    forged.push(&scene.lane);
    scene.to("prod", scene.pushed, &[]).expect(3, GATE, "do not verify");
}

/// Recorded where nobody saw the records of the others, or said that there are none.
#[test]
fn attack_96_a_first_record_that_knows_of_no_other() {
    let scene = scene();
    let git = scene.lane.history.repository();
    let production = git.refname_to_id(REF).unwrap();
    git.find_reference(REF).unwrap().delete().unwrap();
    allowed(&scene.to("prod", scene.pushed, &[]));
    assert_eq!(verified(&scene.lane, "prod").0, 0, "as long as nobody sees the others");
    git.reference(REF, production, true, "").unwrap();
    let (exit, text) = verified(&scene.lane, "prod");
    assert!(exit == 6 && text.contains("production"), "{exit} {text}");
    scene.to("qa", scene.pushed, &[]).expect(3, GATE, "do not verify");
}

#[test]
fn attack_96_an_environment_that_the_policy_does_not_list() {
    let outside = tempfile::tempdir().unwrap();
    let policy = outside.path().join("policy.toml");
    std::fs::write(
        &policy,
        format!("{POLICY}\n[deployment]\nenvironments = [\"production\", \"staging\"]\n"),
    )
    .unwrap();
    let policy = ["--policy", policy.to_str().unwrap()];
    let mut lane = Lane::begin();
    let tip = work(&mut lane, "the first");
    for environment in ["prod", "stagin", "production-2"] {
        let verdict = first(&lane, environment, lane.baseline(), tip, &[], &policy);
        verdict.expect(1, GATE, "does not list");
    }
    for environment in ["production", "staging"] {
        allowed(&first(&lane, environment, lane.baseline(), tip, &[], &policy));
    }
    // What the list leaves out says nothing of what is deployed.
    let pages = [("github-pages", lane.baseline())];
    let next = work(&mut lane, "the second");
    allowed(&first(&lane, "staging", tip, next, &pages, &policy));
    first(&lane, "staging", tip, next, &pages, &[]).expect(3, GATE, "is newer than");
}

#[test]
fn twin_96_a_second_environment_begins_where_a_record_let_something_through() {
    for older in [false, true] {
        let mut lane = deployed();
        let through = lane.tip();
        let base = if older { lane.baseline() } else { through };
        let next = work(&mut lane, "the second");
        let deployments = [("production", through)];
        let verdict = first(&lane, "staging", base, next, &deployments, &["--record"]);
        allowed(&verdict);
        assert!(verdict.text.contains("of production"), "{}", verdict.text);
        for environment in ["staging", "production"] {
            let (exit, text) = verified(&lane, environment);
            assert_eq!(exit, 0, "{text}");
        }
        // From then on each has records of its own.
        let third = work(&mut lane, "the third");
        let server = Server::start(host_of(&lane, &[("production", through), ("staging", next)]));
        allowed(&judge_to("staging", &lane, &server, third, &["--record"]));
        allowed(&judge_to("production", &lane, &server, third, &["--record"]));
        assert_eq!(verified(&lane, "production").0, 0);
    }
}

#[test]
fn twin_96_a_second_environment_that_is_ahead_on_the_host() {
    let mut lane = deployed();
    let through = lane.tip();
    let ahead = work(&mut lane, "the second");
    let next = work(&mut lane, "the third");
    let deployments = [("production", through), ("staging", ahead)];
    // What it has is judged with what follows it.
    allowed(&first(&lane, "staging", through, next, &deployments, &["--record"]));
    assert_eq!(verified(&lane, "staging").0, 0);
    // The other way: it is judged for the environment that has records, and named afterwards.
    let mut lane = deployed();
    let through = lane.tip();
    let ahead = work(&mut lane, "the second");
    let next = work(&mut lane, "the third");
    let deployments = [("production", through), ("staging", ahead)];
    first(&lane, "staging", ahead, next, &deployments, &["--record"]).expect(3, GATE, PAST);
    let server = Server::start(host_of(&lane, &deployments));
    allowed(&judge_to("production", &lane, &server, ahead, &["--record"]));
    allowed(&first(&lane, "staging", ahead, next, &deployments, &["--record"]));
}

#[test]
fn twin_96_the_first_environment_of_all_beside_others_on_the_host() {
    let mut lane = Lane::begin();
    let one = work(&mut lane, "the first");
    let next = work(&mut lane, "the second");
    let base = lane.baseline();
    for deployments in [
        &[][..],
        &[("staging", one)],
        &[("staging", base), ("github-pages", next)],
        &[("production", base), ("staging", one)],
    ] {
        allowed(&first(&lane, "production", base, next, deployments, &[]));
    }
    // It has its own word on the host.
    allowed(&first(&lane, "staging", one, next, &[("production", base), ("staging", one)], &[]));
    // A preview of what is no part of the branch says nothing of it.
    let state = lane.state(base).clone();
    let preview = lane.commit(portcullis_testkit::stage::KIM, &[base], "Preview", state);
    allowed(&first(&lane, "production", one, next, &[("preview-7", preview)], &[]));
}

#[test]
fn facts_say_what_others_let_through() {
    let scene = scene();
    let server = Server::start(host_of(&scene.lane, &[]));
    let base = scene.deployed.to_string();
    let output = subcommand_to("facts", "staging", &scene.lane, &server.address(), scene.tip)
        .args(["--base", &base])
        .output()
        .unwrap();
    let facts: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let record = json!({ "number": 1, "candidate": base, "taken_again": true });
    let known = json!({ "environment": "production", "newest": record, "holds": record });
    assert_eq!(facts["elsewhere"]["known"]["recorded"], json!([known]));
}

/// The facts of a first deployment, altered until a record of another environment let the baseline through.
#[test]
fn attack_96_a_first_record_that_rests_on_one_that_nobody_wrote() {
    let scene = scene();
    let server = Server::start(host_of(&scene.lane, &[]));
    let output = subcommand_to("facts", "prod", &scene.lane, &server.address(), scene.tip)
        .args(["--base", &scene.pushed.to_string()])
        .output()
        .unwrap();
    let gathered: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let holds = |number: u64, candidate: Oid| {
        let record = json!({ "number": number, "candidate": candidate.to_string(), "taken_again": true });
        json!({ "environment": "production", "newest": record, "holds": record })
    };
    let forge = |others: serde_json::Value| {
        let mut altered = gathered.clone();
        altered["elsewhere"]["known"]["recorded"] = others;
        Forgery::begin(&scene.lane, &altered).push(&scene.lane);
        verified(&scene.lane, "prod")
    };
    for others in [
        json!([]),
        json!([holds(1, scene.deployed)]),
        json!([holds(1, scene.pushed)]),
        json!([holds(2, scene.pushed)]),
        json!([holds(0, scene.pushed)]),
    ] {
        let (exit, text) = forge(others);
        assert!(exit == 6 && text.contains("production"), "{exit} {text}");
    }
    let mut of_none = holds(1, scene.pushed);
    of_none["environment"] = json!("nowhere");
    let (exit, text) = forge(json!([of_none]));
    assert!(exit == 6 || exit == 3, "{exit} {text}");
    scene.to("qa", scene.pushed, &[]).expect(3, GATE, "");
}

#[test]
fn attack_96_first_records_that_rest_on_each_other() {
    let mut lane = deployed();
    let through = lane.tip();
    let next = work(&mut lane, "the second");
    allowed(&first(&lane, "staging", through, next, &[], &["--record"]));
    // The records of production are replaced by a copy of those of staging, under the other name.
    let git = lane.history.repository();
    let staging = git.refname_to_id(&reference("staging")).unwrap();
    git.reference(REF, staging, true, "").unwrap();
    for environment in ["staging", "production"] {
        let (exit, text) = verified(&lane, environment);
        assert_eq!(exit, 6, "{environment}: {text}");
    }
    let third = work(&mut lane, "the third");
    first(&lane, "prod", next, third, &[], &[]).expect(3, GATE, "do not verify");
}

#[test]
fn attack_96_a_first_record_whose_other_is_gone_or_cut_back() {
    let mut lane = deployed();
    let through = lane.tip();
    let next = work(&mut lane, "the second");
    allowed(&first(&lane, "staging", through, next, &[], &["--record"]));
    let git = lane.history.repository();
    git.find_reference(REF).unwrap().delete().unwrap();
    let (exit, text) = verified(&lane, "staging");
    assert!(exit == 3 && text.contains("production"), "{exit} {text}");
    let third = work(&mut lane, "the third");
    let server = Server::start(host_of(&lane, &[]));
    judge_to("staging", &lane, &server, third, &[]).expect(3, GATE, "the records of production");
}

/// In a copy of the repository other people approve, and its records say what they let through.
#[test]
fn attack_96_another_environment_over_the_records_of_a_copy() {
    let mut lane = deployed();
    let through = lane.tip();
    let second = work(&mut lane, "the second");
    let git = lane.history.repository();
    let production = git.refname_to_id(REF).unwrap();
    git.find_reference(REF).unwrap().delete().unwrap();
    let mut copy = host_of(&lane, &[]);
    copy.worlds.iter_mut().for_each(|world| world.repository = "mallory/data-upload".into());
    let server = Server::start(copy);
    let there = std::process::Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .env_clear()
        .current_dir(lane.directory())
        .env("GITHUB_API_URL", server.address())
        .args(["check", "--environment", "staging", "--repository", "mallory/data-upload", "--record"])
        .args(["--head", &second.to_string(), "--base", &through.to_string()])
        .output()
        .unwrap();
    assert_eq!(there.status.code(), Some(0), "{}", String::from_utf8_lossy(&there.stderr));
    git.reference(REF, production, true, "").unwrap();
    let third = work(&mut lane, "the third");
    first(&lane, "prod", second, third, &[], &["--record"]).expect(3, GATE, PAST);
    allowed(&first(&lane, "prod", through, third, &[], &["--record"]));
}

//! The deployment gate as a release manager runs it, over a branch with landings of every kind: the real binary, a real
//! repository, a host on this machine.

use crate::support::gate::Verdict;
use crate::support::release::{command, judge, judge_from_start, subcommand};
use git2::Oid;
use portcullis_model::check::{Check, Conclusion, Producer};
use portcullis_testkit::answer_faults::AnswerFault;
use portcullis_testkit::lane::plan::{FLAVOURS, HOWS, Plan, SHAPES};
use portcullis_testkit::lane::plant::Plant;
use portcullis_testkit::lane::state::Op;
use portcullis_testkit::lane::{How, Lane, POLICY};
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::{KIM, revision};
use portcullis_testkit::world::Endpoint;
use serde_json::Value;
use std::collections::BTreeSet;

const LANDINGS: usize = 60;

/// Every way to land, everything that a request can do, and every shape, in turn: each pair of them occurs.
fn plans() -> impl Iterator<Item = Plan> {
    (0..).map(|number: usize| Plan {
        how: HOWS[number % HOWS.len()],
        flavour: FLAVOURS[number % FLAVOURS.len()],
        shape: SHAPES[(number + number / HOWS.len()) % SHAPES.len()],
        plant: None,
        seed: 1_000 + number as u64,
    })
}

fn extend(lane: &mut Lane, landings: usize) {
    let skip = lane.landings.len();
    for plan in plans().skip(skip) {
        if lane.landings.len() >= landings {
            return;
        }
        plan.play(lane);
    }
}

fn honest(landings: usize) -> Lane {
    let mut lane = Lane::begin();
    extend(&mut lane, landings);
    lane
}

/// A few honest landings, the planted one, and a few more.
fn planted(plant: Plant) -> Lane {
    let mut lane = honest(5);
    let how = [How::Merge, How::Squash, How::Rebase][plant as usize % 3];
    let flavour = FLAVOURS[plant as usize % 3];
    let shape = SHAPES[plant as usize % 2];
    Plan { how, flavour, shape, plant: Some(plant), seed: 77 + plant as u64 }.play(&mut lane);
    let landings = lane.landings.len() + 4;
    extend(&mut lane, landings);
    lane
}

/// The landings that findings with this verdict speak of.
fn named(verdict: &Verdict, word: &str) -> BTreeSet<String> {
    let all = verdict.json["findings"].as_array().unwrap();
    let found = all.iter().filter(|found| found["verdict"] == word);
    let name = |found: &Value| {
        let name = found["subject"]["name"].as_str().unwrap();
        name.rsplit(" in landing ").next().unwrap().to_string()
    };
    found.map(name).collect()
}

fn short(id: Oid) -> String {
    revision(id).unwrap().short().to_string()
}

fn of_the_gate<'v>(verdict: &'v Verdict, word: &str) -> Vec<&'v str> {
    let found = verdict.findings("gate-integrity", word);
    found.iter().filter_map(|found| found["reason"].as_str()).collect()
}

#[test]
fn sixty_honest_landings_of_every_kind_are_allowed() {
    let mut lane = honest(LANDINGS);
    let kinds: BTreeSet<&str> =
        lane.landings.iter().map(|landed| landed.label.split(" of ").next().unwrap()).collect();
    assert!(HOWS.iter().all(|how| kinds.contains(format!("{how:?}").as_str())), "{kinds:?}");
    let verdict = judge_from_start(&lane);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    let counted: Vec<&Value> = verdict
        .findings("reviewed-landings", "met")
        .into_iter()
        .filter(|found| found["subject"]["kind"] == "change")
        .collect();
    let reason = counted[0]["reason"].as_str().unwrap();
    assert!(reason.ends_with(&format!("each in one of {} landings", lane.landings.len())), "{reason}");
    assert_eq!(of_the_gate(&verdict, "noted").len(), 1, "an asserted baseline is marked: {}", verdict.text);

    // What people read stays short.
    let server = Server::start(lane.host());
    let text = command(&lane, &server.address(), lane.tip())
        .args(["--base", &lane.baseline().to_string(), "--record"])
        .output()
        .unwrap();
    assert_eq!(text.status.code(), Some(0));
    let shown = String::from_utf8(text.stdout).unwrap();
    assert!(shown.lines().count() < 40, "{shown}");

    // The next deployment begins where the record says.
    drop(server);
    let deployed = lane.tip();
    let landings = lane.landings.len() + 6;
    extend(&mut lane, landings);
    let server = Server::start(lane.host());
    let verdict = judge(&lane, &server, lane.tip(), &["--record"]);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    assert_eq!(verdict.json["judged"]["base"], deployed.to_string());
    assert!(of_the_gate(&verdict, "noted").is_empty(), "{}", verdict.text);
    let again = judge(&lane, &server, lane.tip(), &["--record"]);
    assert_eq!(again.exit, 3, "nothing is left to judge: {}", again.text);
    let back = judge(&lane, &server, deployed, &["--record"]);
    assert_eq!(back.exit, 1, "a rollback: {}", back.text);
}

#[test]
fn facts_of_a_deployment_are_decided_elsewhere_with_the_same_bytes() {
    let lane = honest(12);
    let server = Server::start(lane.host());
    let elsewhere = tempfile::tempdir().unwrap();
    let facts = elsewhere.path().join("facts.json");
    let base = lane.baseline().to_string();
    let gathered = subcommand("facts", &lane, &server.address(), lane.tip())
        .args(["--base", &base, "-o"])
        .arg(&facts)
        .output()
        .unwrap();
    assert!(gathered.status.success(), "{}", String::from_utf8_lossy(&gathered.stderr));
    let policy = elsewhere.path().join("policy.toml");
    std::fs::write(&policy, POLICY).unwrap();
    let decided = std::process::Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .env_clear()
        .current_dir(elsewhere.path())
        .args(["decide", "--format", "json", "--facts"])
        .arg(&facts)
        .arg("--policy")
        .arg(&policy)
        .output()
        .unwrap();
    assert_eq!(decided.status.code(), Some(0), "{}", String::from_utf8_lossy(&decided.stderr));
    let decided: Value = serde_json::from_slice(&decided.stdout).unwrap();
    assert_eq!(decided["judged"]["environment"], "production");
    assert_eq!(decided["policy"]["origin"], "base");
    let checked = judge(&lane, &server, lane.tip(), &["--base", &base]);
    assert_eq!(decided, checked.json);
}

/// The plant is named with its landing, its control and its place, and nothing else is.
fn is_named(plant: Plant) {
    let lane = planted(plant);
    let expected: BTreeSet<String> = lane.planted().into_keys().collect();
    let verdict = judge_from_start(&lane);
    let (exit, word) = if plant.withholds() { (3, "unproven") } else { (1, "broken") };
    assert_eq!(verdict.exit, exit, "{plant:?}: {}", verdict.text);
    let mut names = named(&verdict, word);
    if plant.withholds() {
        names.remove(&short(lane.tip()));
    }
    assert_eq!(names, expected, "{plant:?}: {}", verdict.text);
    for landed in lane.landings.iter().filter(|landed| landed.plant.is_some()) {
        let findings = verdict.findings(plant.control(), word);
        let name = short(landed.commit);
        let of_it =
            |found: &&&Value| found["subject"]["name"].as_str().is_some_and(|text| text.ends_with(&name));
        let found: Vec<_> = findings.iter().filter(of_it).collect();
        assert!(!found.is_empty(), "{plant:?} in {name}: {}", verdict.text);
        let details: Vec<&str> = found
            .iter()
            .flat_map(|found| found["details"].as_array().into_iter().flatten())
            .filter_map(Value::as_str)
            .collect();
        if plant.control() == "reviewed-landings" {
            for place in &landed.places {
                assert!(details.iter().any(|text| text.starts_with(place)), "{place}: {details:?}");
            }
        }
    }
}

/// Each plant is judged alone, in one of two threads of its own.
#[test]
fn each_planted_landing_is_named_and_no_other() {
    std::thread::scope(|scope| {
        for half in Plant::ALL.chunks(Plant::ALL.len().div_ceil(2)) {
            scope.spawn(|| half.iter().copied().for_each(is_named));
        }
    });
}

#[test]
fn among_sixty_landings_all_that_were_planted_are_named() {
    let mut lane = honest(LANDINGS / 2);
    for (number, plant) in Plant::ALL.into_iter().enumerate() {
        let (how, flavour, shape) = (HOWS[number % 7], FLAVOURS[number % 15], SHAPES[number % 6]);
        Plan { how, flavour, shape, plant: Some(plant), seed: 400 + number as u64 }.play(&mut lane);
    }
    extend(&mut lane, LANDINGS + 10);
    let verdict = judge_from_start(&lane);
    assert_eq!(verdict.exit, 1, "{}", verdict.text);
    let (hidden, wrong): (Vec<_>, Vec<_>) =
        lane.planted().into_iter().partition(|(_, plant)| plant.withholds());
    let names = |of: Vec<(String, Plant)>| of.into_iter().map(|(name, _)| name).collect::<BTreeSet<_>>();
    assert_eq!(named(&verdict, "broken"), names(wrong), "{}", verdict.text);
    assert!(named(&verdict, "unproven").is_superset(&names(hidden)), "{}", verdict.text);
}

#[test]
fn answers_that_the_host_withholds_leave_a_deployment_undetermined() {
    let lane = honest(6);
    let base = lane.baseline().to_string();
    for endpoint in Endpoint::ALL {
        let mut host = lane.host();
        for world in &mut host.worlds {
            world
                .faults
                .push((endpoint, AnswerFault::Refuse(403, "Resource not accessible by integration".into())));
        }
        let verdict = judge(&lane, &Server::start(host), lane.tip(), &["--base", &base]);
        let idle =
            matches!(endpoint, Endpoint::Members | Endpoint::Commit | Endpoint::Classic | Endpoint::GraphQl)
                || matches!(endpoint, Endpoint::DeploymentStatuses);
        let expected = if idle { 0 } else { 3 };
        assert_eq!(verdict.exit, expected, "{endpoint:?}: {}", verdict.text);
    }
    let mut silent = lane.host();
    silent.silent = true;
    let verdict = judge(&lane, &Server::start(silent), lane.tip(), &["--base", &base]);
    assert_eq!(verdict.exit, 3, "{}", verdict.text);
    let mut command = command(&lane, "http://127.0.0.1:1", lane.tip());
    let output = command.args(["--base", &base, "--format", "json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "nobody answers");
}

/// Of sixty landings one request does not show one of its answers: the deployment is undetermined, and that landing says so.
#[test]
fn one_withheld_answer_among_sixty_landings_is_enough() {
    use Endpoint::{
        Activity, Branch, CheckRuns, Events, Permission, Request, RequestCommits, Reviews, Statuses,
    };
    let lane = honest(LANDINGS);
    let base = lane.baseline().to_string();
    let refuse = |of: usize, endpoint| {
        let mut host = lane.host();
        host.worlds[of].faults.push((endpoint, AnswerFault::Refuse(404, "Not Found".into())));
        judge(&lane, &Server::start(host), lane.tip(), &["--base", &base])
    };
    let middle = lane.forge.worlds.len() / 2;
    let number = lane.forge.worlds[middle].request.id.clone();
    let brought = lane.forge.landed.iter().filter(|(_, request)| number == (*request).into());
    let tips: BTreeSet<String> = brought.map(|(commit, _)| commit.short().to_string()).collect();
    for endpoint in [Request, Reviews, Events, RequestCommits, Activity, CheckRuns, Statuses] {
        let verdict = refuse(middle, endpoint);
        assert_eq!(verdict.exit, 3, "{endpoint:?}: {}", verdict.text);
        assert!(named(&verdict, "broken").is_empty(), "{endpoint:?}: {}", verdict.text);
        let unproven = named(&verdict, "unproven");
        assert!(unproven.iter().any(|name| tips.contains(name)), "{endpoint:?}: {unproven:?} {tips:?}");
        let others = unproven.iter().filter(|name| !tips.contains(*name) && **name != short(lane.tip()));
        assert_eq!(others.count(), 0, "{endpoint:?}: {unproven:?}");
    }
    // What speaks of the branch and of everybody is asked of the repository.
    for endpoint in [Branch, Permission, Endpoint::Rules, Endpoint::Ruleset] {
        assert_eq!(refuse(0, endpoint).exit, 3, "{endpoint:?}");
    }
}

#[test]
fn forged_baselines_and_candidates_never_allow() {
    let mut lane = honest(8);
    let server = Server::start(lane.host());
    let beside = lane.forge.worlds.iter().skip(1).map(|world| world.request.head.clone());
    let line: BTreeSet<String> = lane.line.iter().map(ToString::to_string).collect();
    let beside: Vec<String> = beside.map(|id| id.to_string()).filter(|id| !line.contains(id)).collect();
    let unrelated = lane.commit(KIM, &[], "Elsewhere", lane.state(lane.baseline()).clone()).to_string();
    let (tip, older) = (lane.tip(), lane.line[lane.line.len() - 3]);
    let newer = lane.commit(KIM, &[tip], "Newer", lane.state(tip).clone()).to_string();

    let from = |base: &str, head| judge(&lane, &server, head, &["--base", base]);
    for (name, base, head, expected) in [
        ("equal", tip.to_string(), tip, 3),
        ("newer than the candidate", tip.to_string(), older, 1),
        ("newer than the branch", newer.clone(), tip, 1),
    ] {
        let verdict = from(&base, head);
        assert_eq!(verdict.exit, expected, "{name}: {}", verdict.text);
    }
    for base in &beside {
        let verdict = from(base, tip);
        assert_eq!(verdict.exit, 1, "beside the line: {}", verdict.text);
        assert!(!of_the_gate(&verdict, "broken").is_empty(), "{}", verdict.text);
    }
    assert!(!beside.is_empty());
    assert_ne!(from(&unrelated, tip).exit, 0);
    assert_eq!(from(&"7".repeat(40), tip).exit, 5, "there is no such commit");
    // A candidate that never was the tip of the branch.
    for head in [newer.as_str(), beside[0].as_str()] {
        let verdict = from(&lane.baseline().to_string(), Oid::from_str(head).unwrap());
        assert_eq!(verdict.exit, 1, "{}", verdict.text);
    }
    // Another branch, which the policy does not deploy from.
    let aside = judge(&lane, &server, tip, &["--base", &lane.baseline().to_string(), "--branch", "aside"]);
    assert_ne!(aside.exit, 0, "{}", aside.text);
    assert!(aside.text.contains("not a deployment branch"), "{}", aside.text);
    // Without a record and without --base nobody says what is deployed.
    assert_eq!(judge(&lane, &server, tip, &[]).exit, 2);
    assert_eq!(from(&lane.baseline().to_string(), tip).exit, 0);
}

/// A branch whose suite counts only when the app of the policy vouches for the job, checked out at its tip.
fn vouched_for() -> Lane {
    let bound = "minimum = 3\ntrust = \"host\"\ncheck = { name = \"regression\", app = \"github-actions\" }";
    let mut lane = Lane::with(&POLICY.replace("minimum = 3", bound));
    let mut draft = lane.open(lane.tip());
    lane.push(&mut draft, KIM, vec![Op::Slot(10, 1, "another line\n".into())]);
    draft.approved();
    lane.land(vec![draft], How::Squash, &[], &[], "Land it");
    let repository = lane.history.repository();
    repository.set_head_detached(lane.tip()).unwrap();
    repository.checkout_head(Some(git2::build::CheckoutBuilder::new().force())).unwrap();
    // The suite runs on what is checked out now.
    let report = lane.directory().join("target/upload-regression.xml");
    let now = std::time::SystemTime::now();
    std::fs::File::options().write(true).open(report).unwrap().set_modified(now).unwrap();
    lane
}

/// The deployment of its tip, of which the host has these checks.
fn judged_with(lane: &Lane, checks: Vec<Check>, faults: &[Endpoint]) -> Verdict {
    let mut host = lane.host();
    host.worlds[0].checks.extend(checks);
    // The candidate's own checks, and not those of the request.
    let refuse =
        |endpoint: &Endpoint| (*endpoint, AnswerFault::Refuse(403, "Resource not accessible".into()));
    host.worlds[0].faults.extend(faults.iter().map(refuse));
    judge(lane, &Server::start(host), lane.tip(), &["--base", &lane.baseline().to_string()])
}

/// The check of the policy, on the candidate, as its own app wrote it.
fn green(lane: &Lane) -> Check {
    let honest = &lane.forge.worlds[0].checks;
    let check = honest.iter().find(|check| check.name == "regression").unwrap();
    Check { id: 90.into(), head: revision(lane.tip()).unwrap(), ..check.clone() }
}

#[test]
fn the_evidence_of_a_deployment_is_vouched_for_by_the_candidates_own_check() {
    const CONTROL: &str = "regression-tests";
    let lane = vouched_for();
    let check = green(&lane);
    let verdict = judged_with(&lane, vec![check.clone()], &[]);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    assert_eq!(verdict.findings(CONTROL, "met").len(), 1, "{}", verdict.text);
    // That of the request, of another commit, does not stand in for it.
    judged_with(&lane, Vec::new(), &[]).expect(1, CONTROL, "does not vouch for it");
    let red = Check { conclusion: Conclusion::Failure, ..check.clone() };
    judged_with(&lane, vec![red], &[]).expect(1, CONTROL, "does not vouch for it");
    let running = Check { conclusion: Conclusion::Running, ..check.clone() };
    judged_with(&lane, vec![running], &[]).expect(1, CONTROL, "does not vouch for it");
    let producer = Producer::App { id: 666.into(), slug: "somebody-else".to_string() };
    let other = Check { producer, ..check.clone() };
    judged_with(&lane, vec![other], &[]).expect(1, CONTROL, "does not vouch for it");
    let renamed = Check { name: "Regression".into(), ..check.clone() };
    judged_with(&lane, vec![renamed], &[]).expect(1, CONTROL, "does not vouch for it");
    for endpoint in [Endpoint::CheckRuns, Endpoint::Statuses] {
        let verdict = judged_with(&lane, vec![check.clone()], &[endpoint]);
        verdict.expect(3, CONTROL, "Resource not accessible");
        assert!(verdict.findings(CONTROL, "broken").is_empty(), "{}", verdict.text);
    }
    // A green check of the candidate says nothing of reports beside another checkout.
    let repository = lane.history.repository();
    repository.set_head_detached(lane.baseline()).unwrap();
    repository.checkout_head(Some(git2::build::CheckoutBuilder::new().force())).unwrap();
    judged_with(&lane, vec![check], &[]).expect(1, CONTROL, "would land");
}

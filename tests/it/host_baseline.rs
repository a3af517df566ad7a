//! What the host says is deployed: the baseline where there is no record, and a second opinion where there is one
//! (classes 14, 77 and 80 of the attack catalogue).

use crate::support::gate::Verdict;
use crate::support::release::judge;
use git2::Oid;
use portcullis_testkit::answer_faults::AnswerFault;
use portcullis_testkit::lane::state::Op;
use portcullis_testkit::lane::{How, Lane, ROBIN};
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::{KIM, revision};
use portcullis_testkit::world::forge::Forge;
use portcullis_testkit::world::{Deployed, Endpoint, minutes};
use serde_json::{Value, json};

/// A branch with so many honest landings.
fn lane(landings: usize) -> Lane {
    let mut lane = Lane::begin();
    (0..landings).for_each(|number| land(&mut lane, number));
    lane
}

fn land(lane: &mut Lane, number: usize) {
    let mut draft = lane.open(lane.tip());
    lane.push(&mut draft, KIM, vec![Op::Slot(10, 1, format!("landing {number}\n"))]);
    draft.approved();
    lane.land(vec![draft], How::Squash, &[], &[], "Land it");
}

fn done(id: u64, commit: Oid, minute: i64) -> Deployed {
    Deployed::done(id, revision(commit).unwrap(), minute)
}

fn with_states(id: u64, commit: Oid, states: &[(&str, i64)]) -> Deployed {
    let states = states.iter().map(|(state, minute)| ((*state).to_string(), minutes(*minute))).collect();
    Deployed { states, ..done(id, commit, 0) }
}

/// The host with these deployments.
fn host(lane: &Lane, deployments: Vec<Deployed>) -> Forge {
    let mut host = lane.host();
    host.worlds[0].deployments = deployments;
    host
}

fn judged(lane: &Lane, host: Forge, more: &[&str]) -> Verdict {
    judge(lane, &Server::start(host), lane.tip(), more)
}

/// What the gate itself says, with this verdict.
fn gate(verdict: &Verdict, word: &str) -> String {
    verdict.findings("gate-integrity", word).into_iter().map(Value::to_string).collect()
}

#[test]
fn without_a_record_the_hosts_word_alone_is_not_enough() {
    let lane = lane(2);
    let deployed = vec![done(5, lane.baseline(), 1)];
    let verdict = judged(&lane, host(&lane, deployed.clone()), &["--record"]);
    assert_eq!(verdict.json["judged"]["base"], lane.baseline().to_string());
    verdict.expect(3, "gate-integrity", "is deployed (deployment 5); no record does");
    // It is no word to go by alone: whoever runs the gate the first time says so, as the finding tells them to.
    let base = lane.baseline().to_string();
    assert!(verdict.text.contains(&format!("--base {base}")), "{}", verdict.text);
    let verdict = judged(&lane, host(&lane, deployed), &["--record", "--base", &base]);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    assert!(gate(&verdict, "noted").contains("the host says so too (deployment 5)"), "{}", verdict.text);
    let (exit, text) = crate::support::recorder::said(lane.directory(), &["list"]);
    assert!(exit == 0 && text.contains("(asserted)"), "{text}");
    assert_eq!(crate::support::recorder::said(lane.directory(), &["verify", "production"]).0, 0);
}

#[test]
fn what_is_deployed_is_what_succeeded_last_and_stands() {
    let lane = lane(3);
    let [first, second, third] = [lane.line[0], lane.line[1], lane.line[2]];
    for (name, deployments, expected) in [
        (
            "failed, running and queued ones never were deployed",
            vec![
                done(5, first, 1),
                with_states(6, second, &[("in_progress", 3), ("failure", 4)]),
                with_states(7, third, &[("queued", 5), ("in_progress", 6)]),
                with_states(8, third, &[]),
                with_states(9, third, &[("error", 7)]),
            ],
            first,
        ),
        (
            "in production GitHub leaves the older ones at success",
            vec![done(5, first, 1), done(6, second, 3)],
            second,
        ),
        (
            "one that another took the place of is marked",
            vec![with_states(5, second, &[("success", 1), ("inactive", 4)]), done(6, first, 3)],
            first,
        ),
        (
            "an old one may be brought back",
            vec![
                with_states(5, first, &[("success", 1), ("inactive", 4), ("success", 9)]),
                done(6, second, 3),
                done(7, third, 5),
            ],
            first,
        ),
        (
            "another environment is not asked for",
            vec![done(5, first, 1), Deployed { environment: "staging".into(), ..done(6, second, 3) }],
            first,
        ),
    ] {
        let verdict = judged(&lane, host(&lane, deployments.clone()), &[]);
        verdict.expect(3, "gate-integrity", "only the host says that");
        assert_eq!(verdict.json["judged"]["base"], expected.to_string(), "{name}");
        let said = judged(&lane, host(&lane, deployments.clone()), &["--base", &expected.to_string()]);
        assert_eq!(said.exit, 0, "{name}: {}", said.text);
        let mut paged = host(&lane, deployments);
        paged.worlds[0].page_size = 1;
        let verdict = judged(&lane, paged, &[]);
        assert_eq!(verdict.json["judged"]["base"], expected.to_string(), "{name}, in pages");
    }
}

#[test]
fn attack_77_what_went_round_the_gate_shows() {
    let mut lane = lane(2);
    let base = lane.baseline().to_string();
    assert_eq!(judged(&lane, lane.host(), &["--base", &base, "--record"]).exit, 0);
    let first = lane.tip();
    land(&mut lane, 7);
    let agreed = judged(&lane, host(&lane, vec![done(5, first, 1)]), &["--record"]);
    assert_eq!(agreed.exit, 0, "{}", agreed.text);
    assert!(gate(&agreed, "met").contains("the host agree"), "{}", agreed.text);
    let second = lane.tip();
    land(&mut lane, 8);
    // Something that no record let through.
    let beside = lane.commit(KIM, &[second], "Beside", lane.state(second).clone());
    for other in [beside, lane.line[1]] {
        let verdict = judged(&lane, host(&lane, vec![done(5, first, 1), done(6, other, 3)]), &[]);
        verdict.expect(1, "gate-integrity", "which no record allowed");
    }
    // Something that an earlier one did: nobody can say whether the newer was ever deployed.
    let back = host(&lane, vec![done(5, first, 1)]);
    judged(&lane, back.clone(), &[]).expect(
        3,
        "gate-integrity",
        "was never deployed, or someone rolled back",
    );
    // Whoever knows says so, and it shows.
    let said = judged(&lane, back, &["--base", &first.to_string()]);
    assert_eq!(said.exit, 0, "{}", said.text);
    let noted = gate(&said, "noted");
    assert!(noted.contains("the command line says that") && noted.contains("record 2 allowed"), "{noted}");
    let said = judged(&lane, host(&lane, vec![done(6, beside, 3)]), &["--base", &second.to_string()]);
    assert!(gate(&said, "noted").contains("the host says that"), "{}", said.text);
    // A host that lists none has nothing against it.
    assert_eq!(judged(&lane, lane.host(), &[]).exit, 0);
}

/// Withholds an answer once where the record says what is deployed, and once where only the host can.
fn withheld(alter: &dyn Fn(&mut Forge)) {
    let mut lane = lane(1);
    let deployed = |lane: &Lane, commit| {
        let mut host = host(lane, vec![done(4, lane.baseline(), 0), done(5, commit, 2)]);
        alter(&mut host);
        host
    };
    let unrecorded = judged(&lane, deployed(&lane, lane.baseline()), &[]);
    assert_eq!(unrecorded.exit, 3, "{}", unrecorded.text);
    let base = lane.baseline().to_string();
    assert_eq!(judged(&lane, lane.host(), &["--base", &base, "--record"]).exit, 0);
    let first = lane.tip();
    land(&mut lane, 9);
    judged(&lane, deployed(&lane, first), &[]).expect(3, "gate-integrity", "the deployments to production");
}

#[test]
fn attack_79_a_list_of_deployments_that_is_withheld_is_no_empty_list() {
    for endpoint in [Endpoint::Deployments, Endpoint::DeploymentStatuses] {
        for status in [401, 403, 404] {
            let refuse = AnswerFault::Refuse(status, "Resource not accessible by integration".into());
            withheld(&|host| host.worlds[0].faults.push((endpoint, refuse.clone())));
        }
        for alter in [
            AnswerFault::StopAfter(1),
            AnswerFault::SkipPage(2),
            AnswerFault::Text("{}".into()),
            AnswerFault::Text("[".into()),
        ] {
            withheld(&|host| {
                host.worlds[0].page_size = 1;
                host.worlds[0].faults.push((endpoint, alter.clone()));
            });
        }
    }
}

#[test]
fn attack_79_a_field_of_a_deployment_is_missing_or_strange() {
    let fields = [
        (Endpoint::Deployments, &["/0/id", "/0/sha", "/0/environment", "/0/updated_at"][..]),
        (Endpoint::DeploymentStatuses, &["/0/id", "/0/state", "/0/created_at"]),
    ];
    for (endpoint, fields) in fields {
        for field in fields {
            let alter = AnswerFault::Drop((*field).to_string());
            withheld(&|host| host.worlds[0].faults.push((endpoint, alter.clone())));
        }
    }
    for (endpoint, field, value) in [
        (Endpoint::Deployments, "/0/sha", json!("main")),
        (Endpoint::Deployments, "/0/environment", json!("staging")),
        (Endpoint::DeploymentStatuses, "/0/state", json!("destroyed")),
    ] {
        let alter = AnswerFault::Set(field.to_string(), value);
        withheld(&|host| host.worlds[0].faults.push((endpoint, alter.clone())));
    }
}

#[test]
fn a_host_that_lists_nothing_and_no_record_leave_nobody_who_says_it() {
    let mut lane = lane(1);
    assert_eq!(judged(&lane, lane.host(), &[]).exit, 2);
    let taken_back = with_states(5, lane.baseline(), &[("success", 1), ("inactive", 2)]);
    assert_eq!(judged(&lane, host(&lane, vec![taken_back]), &[]).exit, 2);
    // What it says is deployed is held against the branch like any other baseline.
    let beside = lane.commit(ROBIN, &[lane.baseline()], "Beside", lane.state(lane.baseline()).clone());
    assert_eq!(judged(&lane, host(&lane, vec![done(5, beside, 1)]), &[]).exit, 1);
    let unknown = Oid::from_str(&"7".repeat(40)).unwrap();
    assert_eq!(judged(&lane, host(&lane, vec![done(5, unknown, 1)]), &[]).exit, 3);
}

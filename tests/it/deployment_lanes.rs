//! The gate before a deployment asks its host side by side: within limits, nothing twice, and with
//! the bytes of one question after the other.

use crate::audit::extended;
use crate::support::release::{command, subcommand};
use portcullis_testkit::lane::Lane;
use portcullis_testkit::server::{Act, Server, Site};
use portcullis_testkit::world::forge::Forge;
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Output;
use std::time::{Duration, Instant};

const EVERYWHERE: &str = "/";

/// So many requests of a gate are in flight at most.
const MOST: usize = 60;

fn slow(lane: &Lane, wait: u64) -> Server<Forge> {
    let act = Act::Delay(Duration::from_millis(wait));
    Server::start(lane.host()).trick(EVERYWHERE, usize::MAX, act)
}

fn check(lane: &Lane, server: &Server<impl Site>) -> Output {
    let base = lane.baseline().to_string();
    let mut command = command(lane, &server.address(), lane.tip());
    command.args(["--base", &base, "--format", "json"]).output().unwrap()
}

/// The facts, without the moment at which they were seen.
fn facts(lane: &Lane, server: &Server<impl Site>) -> Value {
    let base = lane.baseline().to_string();
    let output = subcommand("facts", lane, &server.address(), lane.tip()).args(["--base", &base]).output();
    let mut facts = serde_json::from_slice(&output.unwrap().stdout).unwrap();
    forget_moments(&mut facts);
    facts
}

fn forget_moments(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.remove("observed");
            members.values_mut().for_each(forget_moments);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_moments),
        _ => {}
    }
}

fn asked(server: &Server<impl Site>) -> BTreeMap<String, usize> {
    let mut asked = BTreeMap::new();
    for seen in server.seen() {
        let body = String::from_utf8_lossy(&seen.body).into_owned();
        *asked.entry(format!("{} {} {body}", seen.method, seen.path)).or_default() += 1;
    }
    asked
}

fn text_of(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

#[test]
fn a_deployment_asks_side_by_side_within_its_limits_and_nothing_twice() {
    let lane = extended(20);
    let server = slow(&lane, 500);
    let began = Instant::now();
    let judged = check(&lane, &server);
    let took = began.elapsed();
    assert_eq!(judged.status.code(), Some(0), "{}", text_of(&judged));
    let most = server.most_at_once();
    assert!((9..=MOST).contains(&most), "{most} requests at once");
    let asked = asked(&server);
    let again: Vec<_> = asked.iter().filter(|(_, count)| **count > 1).collect();
    assert!(again.is_empty(), "asked twice: {again:?}");
    println!("{} questions of 0.5 s in {took:?}, {most} at once", asked.len());
}

#[test]
fn the_order_of_answers_does_not_show_in_facts_and_decision() {
    let lane = extended(12);
    // A second of waiting after the first answer leaves half as many lanes, and another order.
    let limit = Act::message(429, "slow down", &[("retry-after", "1")]);
    let honest = Server::start(lane.host());
    let odd = Server::start(lane.host())
        .trick("/reviews", 5, Act::Delay(Duration::from_millis(90)))
        .trick("/check-runs", 3, limit)
        .trick("/pulls/", 20, Act::Delay(Duration::from_millis(60)));
    assert!(facts(&lane, &honest) == facts(&lane, &odd), "the order of answers shows");
    let (first, second) = (check(&lane, &honest), check(&lane, &odd));
    assert_eq!(first.status.code(), Some(0), "{}", text_of(&first));
    assert_eq!(first.stdout, second.stdout);
}

/// What is refused in one lane is refused in the decision, whichever lane it was.
#[test]
fn a_refusal_in_one_lane_is_a_gap_and_no_answer() {
    let lane = extended(12);
    let refused = Act::message(403, "Resource not accessible by integration", &[]);
    let server = Server::start(lane.host()).trick("/reviews", 1, refused);
    let judged = check(&lane, &server);
    assert_eq!(judged.status.code(), Some(3), "{}", text_of(&judged));
    let asked = asked(&server);
    assert!(asked.values().all(|count| *count == 1), "{asked:?}");
}

#[test]
fn attack_a_host_drops_connections_and_cuts_answers_in_some_lanes() {
    let lane = extended(12);
    let honest = check(&lane, &Server::start(lane.host()));
    let acts = [Act::Close, Act::CutBody, Act::message(502, "busy", &[])];
    for act in acts {
        let failing = Server::start(lane.host()).trick("/reviews", 2, act.clone());
        let judged = check(&lane, &failing);
        assert_eq!(judged.stdout, honest.stdout, "{act:?}: {}", text_of(&judged));
        // And where the host stays so, it is not seen.
        let lost = Server::start(lane.host()).trick("/reviews", usize::MAX, act.clone());
        let judged = check(&lane, &lost);
        assert_eq!(judged.status.code(), Some(3), "{act:?}: {}", text_of(&judged));
    }
}

#[test]
fn attack_a_host_that_limits_its_rate_is_not_asked_in_advance() {
    let lane = extended(12);
    let limit = Act::message(429, "slow down", &[("retry-after", "1")]);
    let server = Server::start(lane.host()).trick("/activity", 1, limit);
    let judged = check(&lane, &server);
    assert_eq!(judged.status.code(), Some(0), "{}", text_of(&judged));
    let again: usize = asked(&server).values().filter(|count| **count > 1).count();
    assert_eq!(again, 1, "only what was refused is asked again");
}

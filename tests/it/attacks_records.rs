//! Records that no decision stands behind, baselines that somebody only says, and deployments that fail
//! (classes 14, 49, 71, 74, 77, 85, 88 and 90 of the attack catalogue).

use crate::support::forger::{
    Forgery, count, deployed, earlier_form, facts, file, judged, judged_with, land, newest, push, replaced,
    said, tip, work,
};
use crate::support::gate::Verdict;
use git2::Oid;
use jiff::{SignedDuration, Timestamp};
use portcullis_testkit::lane::state::{Body, File, Op};
use portcullis_testkit::lane::{Lane, POLICY};
use portcullis_testkit::stage::KIM;
use serde_json::{Value, json};

/// One deployment on record, something that nobody reviewed, and an honest landing after it.
struct Scene {
    lane: Lane,
    /// The newest record, as somebody remembers it.
    remembered: Oid,
    /// What the newest record let through.
    deployed: Oid,
    /// What was pushed past everybody.
    pushed: Oid,
    /// The tip of the branch.
    tip: Oid,
}

fn scene() -> Scene {
    let mut lane = deployed();
    let (remembered, deployed) = (tip(&lane), lane.tip());
    let pushed = push(&mut lane, "nobody looked");
    let tip = work(&mut lane, "the second");
    Scene { lane, remembered, deployed, pushed, tip }
}

impl Scene {
    /// What the program gathers for the pushed commit: it would be blocked.
    fn facts(&self) -> Value {
        facts(&self.lane, self.pushed, &[])
    }

    /// The forged record is named, with and without what somebody remembers, and nothing is built on it.
    fn stopped(&self, text: &str) {
        let tip = self.remembered.to_string();
        for arguments in [&["verify", "production"][..], &["verify", "production", "--expect-tip", &tip]] {
            let (exit, told) = said(&self.lane, arguments);
            assert!(exit == 6 && told.contains(text), "{arguments:?} {exit}: no `{text}` in {told}");
        }
        let base = self.pushed.to_string();
        for more in [&["--record"][..], &["--record", "--base", &base]] {
            let verdict = judged(&self.lane, self.tip, more);
            assert_eq!(verdict.exit, 6, "{}", verdict.text);
            assert!(verdict.text.contains("do not verify"), "{}", verdict.text);
        }
        assert_eq!(newest(&self.lane).recorder, "mallory", "nothing was recorded on top of it");
    }
}

/// The facts of a deployment whose landings changed nothing, as far as they say.
fn harmless(mut facts: Value) -> Value {
    for landing in facts["landings"]["known"].as_array_mut().unwrap() {
        landing["coverage"] = json!("unchanged");
        landing["files"] = json!({ "known": [] });
    }
    facts
}

fn gate(verdict: &Verdict, word: &str) -> String {
    verdict.findings("gate-integrity", word).into_iter().map(Value::to_string).collect()
}

#[test]
fn honest_records_verify_and_each_says_what_was_seen() {
    let mut lane = deployed();
    let remembered = tip(&lane).to_string();
    let second = work(&mut lane, "the second");
    assert_eq!(judged(&lane, second, &["--record"]).exit, 0);
    let (exit, text) = said(&lane, &["verify", "production", "--expect-tip", &remembered]);
    assert_eq!(exit, 0, "{text}");
    assert!(text.contains("2 records verify"), "{text}");
    assert_eq!(text.matches("its decision was reproduced").count(), 2, "{text}");
    assert!(text.contains("newer than the record that was handed over"), "{text}");
    assert!(text.contains("not signed"), "{text}");
    let third = work(&mut lane, "the third");
    let verdict = judged_with(&lane, &[second], third, &["--record"]);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    assert_eq!(count(&lane), 3);
}

#[test]
fn attack_96_a_record_with_a_decision_that_nobody_took() {
    let scene = scene();
    let mut forged =
        Forgery::from(&scene.lane, &scene.facts()).decide(|decision| decision["outcome"] = json!("allow"));
    forged.entry.recorder = "mallory".into();
    forged.push(&scene.lane);
    scene.stopped("its facts, judged again, do not give its decision");
}

#[test]
fn attack_96_a_record_with_the_facts_of_an_earlier_decision() {
    let scene = scene();
    let before: Value =
        serde_json::from_slice(&file(&scene.lane, "facts.json").unwrap_or_else(|| b"{}".to_vec())).unwrap();
    let genuine = scene.facts();
    let mut forged = Forgery::from(&scene.lane, &genuine);
    let mut decision: Value = serde_json::from_slice(&file(&scene.lane, "decision.json").unwrap()).unwrap();
    decision["judged"]["head"] = json!(scene.pushed.to_string());
    decision["judged"]["base"] = json!(scene.deployed.to_string());
    forged.decision = serde_json::to_vec_pretty(&decision).unwrap();
    forged.facts = Some(serde_json::to_vec(&before).unwrap());
    forged.push(&scene.lane);
    scene.stopped("entry and facts name different");
}

#[test]
fn attack_96_the_facts_of_an_earlier_decision_with_the_names_of_this_one() {
    let scene = scene();
    let Some(before) = file(&scene.lane, "facts.json") else { panic!("the record keeps no facts") };
    let before: Value = serde_json::from_slice(&before).unwrap();
    let moved = replaced(&before, &scene.deployed.to_string(), &scene.pushed.to_string());
    let mut moved = replaced(&moved, &scene.lane.baseline().to_string(), &scene.deployed.to_string());
    let genuine = scene.facts();
    for name in ["baseline", "recorded", "on_branch", "by_host"] {
        moved[name] = genuine[name].clone();
    }
    moved["whole"]["observed"] = genuine["whole"]["observed"].clone();
    Forgery::from(&scene.lane, &moved).push(&scene.lane);
    scene.stopped("the repository contradicts its facts");
}

#[test]
fn attack_96_facts_edited_until_they_are_harmless() {
    let scene = scene();
    Forgery::from(&scene.lane, &harmless(scene.facts())).push(&scene.lane);
    scene.stopped("the repository contradicts its facts");
}

#[test]
fn attack_96_facts_without_the_landing_that_nobody_reviewed() {
    let mut lane = deployed();
    let (remembered, deployed) = (tip(&lane), lane.tip());
    push(&mut lane, "nobody looked");
    let pushed = work(&mut lane, "the second");
    let tip = work(&mut lane, "the third");
    let scene = Scene { lane, remembered, deployed, pushed, tip };
    let mut edited = scene.facts();
    edited["landings"]["known"].as_array_mut().unwrap().remove(0);
    edited["span"]["known"]["steps"].as_array_mut().unwrap().remove(0);
    Forgery::from(&scene.lane, &edited).push(&scene.lane);
    scene.stopped("the repository contradicts its facts");
}

#[test]
fn attack_96_facts_that_say_another_request_explains_it() {
    let scene = scene();
    let mut edited = scene.facts();
    // The approved request of the next landing, put to the one that nobody reviewed.
    let next = facts(&scene.lane, scene.tip, &[]);
    let landing = next["landings"]["known"][1].clone();
    let own = edited["landings"]["known"][0].clone();
    let mut invented = landing;
    for name in ["steps", "files"] {
        invented[name] = own[name].clone();
    }
    invented["landing"]["parent"] = own["landing"]["parent"].clone();
    invented["landing"]["landed"] = own["landing"]["landed"].clone();
    edited["landings"]["known"][0] = invented;
    Forgery::from(&scene.lane, &edited).push(&scene.lane);
    scene.stopped("the repository contradicts its facts");
}

#[test]
fn attack_96_a_record_of_another_environment() {
    let scene = scene();
    let elsewhere =
        replaced(&harmless(scene.facts()), "\"environment\":\"production\"", "\"environment\":\"staging\"");
    let forged = Forgery::from(&scene.lane, &elsewhere)
        .decide(|decision| decision["judged"]["environment"] = json!("production"));
    forged.push(&scene.lane);
    scene.stopped("entry and facts name different environments");
}

#[test]
fn attack_96_a_record_of_a_copy_of_the_repository() {
    let scene = scene();
    let copy = replaced(&harmless(scene.facts()), "example-org/data-upload", "mallory/data-upload");
    let mut forged = Forgery::from(&scene.lane, &copy);
    forged.entry.repository = Some("mallory/data-upload".into());
    forged.push(&scene.lane);
    scene.stopped("it is of the repository mallory/data-upload");
}

#[test]
fn attack_96_the_records_of_a_copy_in_place_of_all() {
    let mut lane = Lane::begin();
    let first = work(&mut lane, "the first");
    let mut copy = lane.host();
    copy.worlds.iter_mut().for_each(|world| world.repository = "mallory/data-upload".into());
    let server = portcullis_testkit::server::Server::start(copy);
    let base = lane.baseline().to_string();
    let there = std::process::Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .env_clear()
        .current_dir(lane.directory())
        .env("GITHUB_API_URL", server.address())
        .args(["check", "--environment", "production", "--repository", "mallory/data-upload"])
        .args(["--head", &first.to_string(), "--base", &base, "--record"])
        .output()
        .unwrap();
    assert_eq!(there.status.code(), Some(0), "{}", String::from_utf8_lossy(&there.stderr));
    let next = work(&mut lane, "the second");
    for more in [&["--record"][..], &[], &["--base", &first.to_string()]] {
        judged(&lane, next, more).expect(3, "gate-integrity", "its records are of mallory/data-upload");
    }
}

#[test]
fn attack_96_a_record_of_another_branch() {
    let scene = scene();
    let mut other = harmless(scene.facts());
    other["branch"] = json!("release");
    Forgery::from(&scene.lane, &other)
        .decide(|decision| decision["outcome"] = json!("allow"))
        .push(&scene.lane);
    scene.stopped("its facts name two branches");
}

#[test]
fn attack_96_a_record_judged_by_a_milder_policy() {
    let scene = scene();
    let milder = POLICY.replace("approvals = 2", "approvals = 1");
    assert_ne!(milder, POLICY);
    let gathered = harmless(scene.facts());
    Forgery::by(&scene.lane, &gathered, &milder).push(&scene.lane);
    scene.stopped("the policy is not the one at its baseline");
    // Nor where its facts say that the policy is kept elsewhere.
    let mut scene = self::scene();
    let mut elsewhere = harmless(scene.facts());
    for texts in ["/whole/gate/known/texts", "/whole/inquiry/texts"] {
        let texts = elsewhere.pointer_mut(texts).unwrap().as_object_mut().unwrap();
        for file in ["portcullis.toml", "portcullis-waivers.toml"] {
            texts.remove(file).unwrap();
        }
    }
    Forgery::by(&scene.lane, &elsewhere, &milder).push(&scene.lane);
    scene.stopped("the policy is not the one at its baseline");
    // Nor does the program record it.
    scene.lane.history.repository().find_reference(crate::support::forger::REF).unwrap().delete().unwrap();
    let outside = tempfile::tempdir().unwrap();
    let policy = outside.path().join("policy.toml");
    std::fs::write(&policy, format!("{POLICY}# mine\n")).unwrap();
    let base = scene.pushed.to_string();
    scene.tip = scene.lane.tip();
    let verdict =
        judged(&scene.lane, scene.tip, &["--base", &base, "--record", "--policy", policy.to_str().unwrap()]);
    assert_eq!(verdict.exit, 6, "{}", verdict.text);
}

#[test]
fn attack_96_waivers_that_stand_nowhere() {
    let scene = scene();
    let mut edited = scene.facts();
    let days = |count: i64| {
        Timestamp::from_second((Timestamp::now() + SignedDuration::from_hours(24 * count)).as_second())
            .unwrap()
    };
    let mut text = String::from("schema = 1\n");
    for control in ["reviewed-landings", "required-reviews", "regression-tests"] {
        text += &format!(
            "[[waivers]]\nid = \"W-{control}\"\ncontrol = \"{control}\"\ncommits = [\"{}\"]\nreason = \"away\"\nticket = \"OPS-1\"\n\
             requester = \"kim-example\"\napprover = \"robin-example\"\ncreated = \"{}\"\nexpires = \"{}\"\n",
            scene.pushed,
            days(-1),
            days(1)
        );
    }
    let waivers = edited.pointer_mut("/whole/gate/known/texts/portcullis-waivers.toml").unwrap();
    for side in ["before", "after"] {
        waivers[side] = json!(text);
    }
    Forgery::from(&scene.lane, &edited).push(&scene.lane);
    scene.stopped("the repository contradicts its facts");
}

#[test]
fn attack_96_a_record_of_the_earlier_form_after_one_that_keeps_its_facts() {
    let scene = scene();
    let mut forged =
        Forgery::from(&scene.lane, &scene.facts()).decide(|decision| decision["outcome"] = json!("allow"));
    forged.entry.schema = 1;
    forged.facts = None;
    forged.push(&scene.lane);
    scene.stopped("keeps no facts");
    // Nor one of this form that leaves them out.
    let scene = self::scene();
    let mut forged =
        Forgery::from(&scene.lane, &scene.facts()).decide(|decision| decision["outcome"] = json!("allow"));
    forged.facts = None;
    forged.push(&scene.lane);
    scene.stopped("facts.json is missing");
}

#[test]
fn a_record_of_the_earlier_form_is_confirmed_once() {
    let mut lane = deployed();
    earlier_form(&lane);
    let second = work(&mut lane, "the second");
    judged(&lane, second, &["--record"]).expect(3, "gate-integrity", "cannot be reproduced");
    // It still has a word: another one is not taken in its place.
    let third = work(&mut lane, "the third");
    let base = second.to_string();
    judged(&lane, third, &["--record", "--base", &base]).expect(3, "gate-integrity", "record 1 allowed");
    let mut lane = deployed();
    let base = lane.tip().to_string();
    earlier_form(&lane);
    let second = work(&mut lane, "the second");
    let verdict = judged(&lane, second, &["--record", "--base", &base]);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    assert!(gate(&verdict, "noted").contains("which cannot be reproduced"), "{}", verdict.text);
    let (exit, text) = said(&lane, &["verify", "production"]);
    assert!(exit == 3 && text.contains("1 of 2 records cannot be verified"), "{text}");
    let third = work(&mut lane, "the third");
    assert_eq!(judged(&lane, third, &["--record"]).exit, 0);
}

#[test]
fn attack_96_times_that_cannot_be() {
    let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap();
    let hours = |count: i64| now + SignedDuration::from_hours(count);
    for (time, observed, text) in [
        (hours(-3), hours(-3), "before the record before it"),
        (hours(40), now, "lies in the future"),
        (now, hours(1), "entry and facts name different moments"),
        (now, hours(-3), "entry and facts name different moments"),
    ] {
        let scene = scene();
        let mut edited = harmless(scene.facts());
        edited["whole"]["observed"] = json!({ "known": observed });
        let mut forged = Forgery::from(&scene.lane, &edited);
        forged.entry.time = time;
        forged.push(&scene.lane);
        scene.stopped(text);
    }
}

#[test]
fn attack_96_a_record_that_claims_another_version_of_the_program() {
    for edit in [std::convert::identity, harmless] {
        let scene = scene();
        let mut forged = Forgery::from(&scene.lane, &edit(scene.facts()))
            .decide(|decision| decision["outcome"] = json!("allow"));
        forged.entry.tool = "portcullis 0.0.9".into();
        forged.push(&scene.lane);
        let (exit, text) = said(&scene.lane, &["verify", "production"]);
        assert!(exit == 3 && text.contains("1 of 2 records cannot be verified"), "{exit} {text}");
        let base = scene.pushed.to_string();
        for more in [&["--record"][..], &["--record", "--base", &base]] {
            judged(&scene.lane, scene.tip, more).expect(3, "gate-integrity", "cannot be reproduced");
        }
    }
}

#[test]
fn attack_96_a_forged_record_below_one_that_is_not() {
    let scene = scene();
    // What an honest run would gather, did it believe the forged record: nothing but an honest landing.
    let base = scene.pushed.to_string();
    let mut honest = facts(&scene.lane, scene.tip, &["--base", &base]);
    Forgery::from(&scene.lane, &harmless(scene.facts())).push(&scene.lane);
    let before = [(1, scene.deployed), (2, scene.pushed)];
    let before = before
        .map(|(number, id)| json!({ "number": number, "candidate": id.to_string(), "taken_again": true }));
    honest["recorded"] = json!({ "known": before });
    honest["baseline"]["known"]["origin"] = json!({ "recorded": 2 });
    honest["whole"]["observed"] = json!({ "known": newest(&scene.lane).time });
    Forgery::from(&scene.lane, &honest).push(&scene.lane);
    scene.stopped("record 2 ");
    // And one more that nothing stands behind: every break is named, not the first alone.
    let made_up = Forgery::from(&scene.lane, &honest).decide(|decision| decision["outcome"] = json!("block"));
    made_up.push(&scene.lane);
    scene.stopped("record 2 ");
    scene.stopped("record 4 ");
}

/// Takes the chain away.
fn delete(lane: &Lane) {
    lane.history.repository().find_reference(crate::support::forger::REF).unwrap().delete().unwrap();
}

#[test]
fn attack_96_a_deleted_chain_and_a_deployment_that_somebody_made_up() {
    let scene = scene();
    delete(&scene.lane);
    let verdict = judged_with(&scene.lane, &[scene.pushed], scene.tip, &["--record"]);
    verdict.expect(3, "gate-integrity", "someone deleted them");
    // Nor where the made-up one is the newest of several.
    let verdict = judged_with(&scene.lane, &[scene.deployed, scene.pushed], scene.tip, &["--record"]);
    verdict.expect(3, "gate-integrity", "no record");
    // Nor where --base and the host say different things.
    let base = scene.pushed.to_string();
    let verdict = judged_with(&scene.lane, &[scene.deployed], scene.tip, &["--record", "--base", &base]);
    verdict.expect(3, "gate-integrity", "the host has");
    assert!(scene.lane.history.repository().find_reference(crate::support::forger::REF).is_err());
}

#[test]
fn the_first_time_is_as_the_manual_says() {
    for listed in [false, true] {
        let mut lane = Lane::begin();
        let tip = work(&mut lane, "the first");
        let (base, deployed) = (lane.baseline().to_string(), lane.baseline());
        let deployments: &[Oid] = if listed { &[deployed] } else { &[] };
        let verdict = judged_with(&lane, deployments, tip, &["--base", &base, "--record"]);
        assert_eq!(verdict.exit, 0, "{}", verdict.text);
        assert!(gate(&verdict, "noted").contains("the command line says that"), "{}", verdict.text);
        assert_eq!(said(&lane, &["verify", "production"]).0, 0);
        let next = work(&mut lane, "the second");
        let verdict = judged_with(&lane, &[deployed, tip], next, &["--record"]);
        assert_eq!(verdict.exit, 0, "{}", verdict.text);
    }
}

#[test]
fn attack_96_a_chain_that_was_cut_back() {
    let mut lane = deployed();
    let first = tip(&lane);
    let second = work(&mut lane, "the second");
    assert_eq!(judged(&lane, second, &["--record"]).exit, 0);
    let remembered = tip(&lane).to_string();
    lane.history.repository().reference(crate::support::forger::REF, first, true, "").unwrap();
    let third = work(&mut lane, "the third");
    let verdict = judged_with(&lane, &[second], third, &["--record"]);
    verdict.expect(1, "gate-integrity", "which no record allowed");
    // Not even by repeating what the record says.
    let base = newest(&lane).candidate.to_string();
    judged_with(&lane, &[second], third, &["--record", "--base", &base]).expect(
        1,
        "gate-integrity",
        "which no record allowed",
    );
    let (exit, text) = said(&lane, &["verify", "production", "--expect-tip", &remembered]);
    assert!(exit == 6 && text.contains("does not hold record"), "{text}");
}

#[test]
fn attack_96_a_base_that_contradicts_the_record() {
    let scene = scene();
    let base = scene.pushed.to_string();
    // Record and host agree, only the record has a word, or only the command line agrees with the host.
    for deployments in [&[scene.deployed][..], &[], &[scene.pushed]] {
        let verdict = judged_with(&scene.lane, deployments, scene.tip, &["--record", "--base", &base]);
        assert!([1, 3].contains(&verdict.exit), "{}", verdict.text);
        let told = gate(&verdict, "unproven");
        assert!(told.contains("record 1 allowed"), "{}", verdict.text);
    }
    assert_eq!(count(&scene.lane), 1);
    // Older than the record is a contradiction as well.
    let base = scene.lane.baseline().to_string();
    let verdict = judged_with(&scene.lane, &[scene.deployed], scene.tip, &["--record", "--base", &base]);
    assert!(gate(&verdict, "unproven").contains("record 1 allowed"), "{}", verdict.text);
    // And so it is where the host's word cannot be seen.
    let mut lane = Lane::begin();
    let tip = work(&mut lane, "the first");
    let mut host = lane.host();
    let refuse = portcullis_testkit::answer_faults::AnswerFault::Refuse(
        403,
        "Resource not accessible by integration".into(),
    );
    host.worlds[0].faults.push((portcullis_testkit::world::Endpoint::Deployments, refuse));
    let base = lane.baseline().to_string();
    let verdict = crate::support::release::judge(
        &lane,
        &portcullis_testkit::server::Server::start(host),
        tip,
        &["--base", &base],
    );
    verdict.expect(3, "gate-integrity", "the deployments to production");
}

#[test]
fn a_base_that_repeats_what_record_and_host_say_is_fine() {
    let mut lane = deployed();
    let deployed = lane.tip();
    let base = deployed.to_string();
    let next = work(&mut lane, "the second");
    for deployments in [&[deployed][..], &[]] {
        let verdict = judged_with(&lane, deployments, next, &["--base", &base]);
        assert_eq!(verdict.exit, 0, "{}", verdict.text);
    }
    let verdict = judged_with(&lane, &[deployed], next, &["--base", &base, "--record"]);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    assert_eq!(said(&lane, &["verify", "production"]).0, 0);
    assert_eq!(count(&lane), 2);
}

fn leave(from: Oid, to: Oid) -> Op {
    let days = |count: i64| {
        Timestamp::from_second((Timestamp::now() + SignedDuration::from_hours(24 * count)).as_second())
            .unwrap()
    };
    let text = format!(
        "schema = 1\n\n[[rollbacks]]\nid = \"R-1\"\nenvironment = \"production\"\nfrom = \"{from}\"\nto = \"{to}\"\n\
         reason = \"it was taken back by hand\"\nticket = \"OPS-902\"\nrequester = \"kim-example\"\n\
         approver = \"robin-example\"\ncreated = \"{}\"\nexpires = \"{}\"\n",
        days(-1),
        days(1)
    );
    Op::Put(700, File::new("portcullis-waivers.toml", Body::Text(text)))
}

#[test]
fn two_people_can_say_what_to_go_by() {
    // Something went round the gate, and two people say to go by the record.
    let mut scene = scene();
    scene.tip = land(&mut scene.lane, vec![leave(scene.pushed, scene.deployed)], true);
    let verdict = judged_with(&scene.lane, &[scene.pushed], scene.tip, &[]);
    assert!(gate(&verdict, "waived").contains("R-1"), "{}", verdict.text);
    assert!(gate(&verdict, "broken").is_empty() && gate(&verdict, "unproven").is_empty(), "{}", verdict.text);
    assert_eq!(verdict.exit, 1, "what nobody reviewed is still judged: {}", verdict.text);
    // Without the unreviewed landing nothing is left to stop it.
    let mut lane = deployed();
    let deployed = lane.tip();
    let beside = lane.commit(KIM, &[deployed], "Beside", lane.state(deployed).clone());
    let next = work(&mut lane, "the second");
    judged_with(&lane, &[beside], next, &[]).expect(1, "gate-integrity", "which no record allowed");
    let next = land(&mut lane, vec![leave(beside, deployed)], true);
    let verdict = judged_with(&lane, &[beside], next, &["--record"]);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    assert_eq!(said(&lane, &["verify", "production"]).0, 0);
}

#[test]
fn attack_96_two_people_whom_nobody_reviewed() {
    let mut scene = scene();
    // To something that no record let through: that is what the gate is for.
    scene.tip = land(&mut scene.lane, vec![leave(scene.deployed, scene.pushed)], true);
    let base = scene.pushed.to_string();
    let verdict = judged_with(&scene.lane, &[scene.deployed], scene.tip, &["--record", "--base", &base]);
    verdict.expect(3, "gate-integrity", "no record allowed");
    // Or by a landing that nobody approved.
    let mut lane = deployed();
    let deployed = lane.tip();
    let beside = lane.commit(KIM, &[deployed], "Beside", lane.state(deployed).clone());
    let next = land(&mut lane, vec![leave(beside, deployed)], false);
    let verdict = judged_with(&lane, &[beside], next, &[]);
    assert!(gate(&verdict, "broken").contains("which no record allowed"), "{}", verdict.text);
}

#[test]
fn the_host_may_still_have_what_an_earlier_record_let_through() {
    let mut lane = deployed();
    let first = lane.tip();
    let second = work(&mut lane, "the second");
    assert_eq!(judged(&lane, second, &["--record"]).exit, 0);
    let third = work(&mut lane, "mended");
    judged_with(&lane, &[first], third, &[]).expect(
        3,
        "gate-integrity",
        "was never deployed, or someone rolled back",
    );
    // More is judged, nothing is skipped, and the host says the same.
    let base = first.to_string();
    let verdict = judged_with(&lane, &[first], third, &["--base", &base, "--record"]);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    assert_eq!(said(&lane, &["verify", "production"]).0, 0);
}

#[test]
fn a_failed_deployment_is_tried_again_without_a_second_record() {
    let mut lane = deployed();
    let first = lane.tip();
    let second = work(&mut lane, "the second");
    assert_eq!(judged_with(&lane, &[first], second, &["--record"]).exit, 0);
    let record = tip(&lane);
    let base = first.to_string();
    for more in [&["--record"][..], &["--record", "--base", &base]] {
        let verdict = judged_with(&lane, &[first], second, more);
        assert_eq!(verdict.exit, 0, "{}", verdict.text);
        assert_eq!(verdict.json["judged"]["base"], base);
        assert!(gate(&verdict, "noted").contains("record 2 allowed it"), "{}", verdict.text);
        assert_eq!(tip(&lane), record, "no second record");
    }
    // The command of the first time, where the host keeps no deployments.
    let lane = deployed_again();
    assert_eq!(count(&lane), 1);
}

fn deployed_again() -> Lane {
    let lane = deployed();
    let base = lane.baseline().to_string();
    let verdict = judged(&lane, lane.tip(), &["--base", &base, "--record"]);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    lane
}

#[test]
fn attack_96_a_retry_that_is_none() {
    let mut lane = deployed();
    let first = lane.tip();
    let second = work(&mut lane, "the second");
    assert_eq!(judged_with(&lane, &[first], second, &["--record"]).exit, 0);
    // It is deployed: nothing is to be judged, whatever the command line says.
    let base = first.to_string();
    judged_with(&lane, &[first, second], second, &["--record"]).expect(
        3,
        "gate-integrity",
        "is deployed already",
    );
    let verdict = judged_with(&lane, &[first, second], second, &["--record", "--base", &base]);
    assert_eq!(verdict.exit, 3, "{}", verdict.text);
    // Over another baseline.
    let older = lane.baseline().to_string();
    assert_eq!(judged_with(&lane, &[first], second, &["--base", &older]).exit, 3);
    // The host has something that no record let through.
    let beside = lane.commit(KIM, &[second], "Beside", lane.state(second).clone());
    assert_eq!(judged_with(&lane, &[beside], second, &[]).exit, 1);
    // It would not be allowed any more: its approvals were taken back.
    let mut host = crate::support::forger::host(&lane, &[first]);
    for world in &mut host.worlds {
        world.reviews.clear();
    }
    let verdict =
        crate::support::release::judge(&lane, &portcullis_testkit::server::Server::start(host), second, &[]);
    assert_eq!(verdict.exit, 1, "{}", verdict.text);
    // Another candidate is no retry.
    let third = work(&mut lane, "the third");
    assert_eq!(judged_with(&lane, &[first], third, &[]).exit, 3);
    assert_eq!(count(&lane), 2);
}

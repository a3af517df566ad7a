//! Going back, with everything that bears on it bent or withheld in turn.

use crate::control::testing::{BentTexts as _, World, at, deployment, landed, landing, revision, step};
use crate::decide::decide_deployment;
use crate::decide::tests::{POLICY, honest, policy, withheld};
use crate::policy::Policy;
use portcullis_attest::key::SigningKey;
use portcullis_attest::sshsig;
use portcullis_model::change::Revision;
use portcullis_model::decision::{Decision, Outcome, Verdict};
use portcullis_model::deployment::{Back, Baseline, BaselineOrigin, Deployment, HostDeployment, Recorded};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::landing::{Coverage, Residual, Span};
use portcullis_model::waiver::Approved;
use portcullis_wire::facts::testing::{deployment_of, value_of};

/// What is deployed.
fn newer() -> Revision {
    revision('e')
}

fn entry() -> String {
    format!(
        "schema = 1\n[[rollbacks]]\nid = \"R-1\"\nenvironment = \"production\"\nfrom = \"{}\"\nto = \"{}\"\n\
         reason = \"closed cases stay\"\nticket = \"OPS-902\"\nrequester = \"robin\"\napprover = \"kim\"\n\
         created = \"{}\"\nexpires = \"{}\"\n",
        newer(),
        landed(),
        at(0),
        at(100_000)
    )
}

/// Back from record 2 to record 1, with leave that landed since.
fn rollback() -> Deployment {
    let world = World { facts: honest(), ..World::honest() };
    let mut facts = deployment(&world);
    let mut gate = facts.whole.gate.known().unwrap().clone();
    gate.waivers_text().after = Some(entry());
    let change = world.facts.change.known().unwrap();
    let of_request = facts.landings.known().unwrap()[0].requests.known().unwrap()[0].clone();
    facts.back = Fact::Known(Some(Back {
        gate: Fact::Known(gate),
        since: Fact::Known(vec![landing(of_request)]),
        undone: Fact::Known(change.files.clone()),
    }));
    facts.baseline = Fact::Known(Baseline { revision: newer(), origin: BaselineOrigin::Recorded(2) });
    facts.recorded = Fact::Known(vec![
        Recorded { number: 1, candidate: landed(), taken_again: true, facts_omitted: false, signers: None },
        Recorded { number: 2, candidate: newer(), taken_again: true, facts_omitted: false, signers: None },
    ]);
    facts.on_branch = Fact::Known(Span::Steps(vec![step(newer())]));
    facts.span = Fact::Known(Span::Behind);
    facts.landings = Fact::Known(Vec::new());
    facts.whole.observed = Fact::Known(at(50_000));
    facts
}

fn judged(facts: &Deployment) -> Decision {
    decide_deployment(&policy(), facts)
}

fn back(facts: &mut Deployment) -> &mut Back {
    match &mut facts.back {
        Fact::Known(Some(back)) => back,
        other => panic!("{other:?}"),
    }
}

fn hidden<T>() -> Fact<T> {
    Fact::Gap(Gap::new("this", GapReason::NotVisible, "withheld", "Show it."))
}

#[test]
fn with_leave_it_is_allowed_and_said() {
    let decision = judged(&rollback());
    assert_eq!(decision.outcome, Outcome::Allow, "{:#?}", decision.findings);
    let waived: Vec<_> =
        decision.findings.iter().filter(|finding| finding.verdict == Verdict::Waived).collect();
    assert_eq!(waived.len(), 1);
    assert!(waived[0].reason.contains("a rollback, which robin asked for and kim granted"), "{waived:?}");
    assert_eq!(decision.areas.len(), 1, "what is undone counts as touched");
    assert!(policy().text == POLICY);
}

#[test]
fn leave_is_of_one_way_at_one_time() {
    type Bend = fn(&mut Deployment);
    let bends: &[(&str, Bend)] = &[
        ("before it began", |facts| facts.whole.observed = Fact::Known(at(-1))),
        ("at its end", |facts| facts.whole.observed = Fact::Known(at(100_000))),
        ("elsewhere", |facts| facts.environment = "staging".into()),
        ("to something else", |facts| {
            facts.candidate = revision('d');
            facts.recorded = Fact::Known(vec![
                Recorded {
                    number: 1,
                    candidate: revision('d'),
                    taken_again: true,
                    facts_omitted: false,
                    signers: None,
                },
                Recorded {
                    number: 2,
                    candidate: newer(),
                    taken_again: true,
                    facts_omitted: false,
                    signers: None,
                },
            ]);
        }),
        ("to what no record allowed", |facts| {
            facts.recorded = Fact::Known(vec![Recorded {
                number: 2,
                candidate: newer(),
                taken_again: true,
                facts_omitted: false,
                signers: None,
            }]);
        }),
        ("from what somebody says", |facts| {
            facts.baseline = Fact::Known(Baseline { revision: newer(), origin: BaselineOrigin::Asserted });
        }),
        ("from what the host says", |facts| {
            facts.baseline =
                Fact::Known(Baseline { revision: newer(), origin: BaselineOrigin::Host(5.into()) });
        }),
        ("granted by nobody", |facts| {
            if let Fact::Known(gate) = &mut back(facts).gate {
                gate.waivers_text().after = None;
            }
        }),
        ("granted by a landing with more than its request", |facts| {
            if let Fact::Known(since) = &mut back(facts).since {
                since[0].coverage = Coverage::Residual(Residual { nearest: Vec::new(), hunks: Vec::new() });
            }
        }),
        ("granted by a push", |facts| {
            if let Fact::Known(since) = &mut back(facts).since {
                since[0].requests = Fact::Known(Vec::new());
            }
        }),
    ];
    for (name, bend) in bends {
        let mut facts = rollback();
        bend(&mut facts);
        let decision = judged(&facts);
        assert_eq!(decision.outcome, Outcome::Block, "{name}: {:#?}", decision.findings);
    }
}

#[test]
fn what_is_not_seen_gives_no_leave() {
    for (name, bend) in [
        ("back", (|facts| facts.back = hidden()) as fn(&mut Deployment)),
        ("gate", |facts| back(facts).gate = hidden()),
        ("since", |facts| back(facts).since = hidden()),
        ("undone", |facts| back(facts).undone = hidden()),
        ("recorded", |facts| facts.recorded = hidden()),
        ("moment", |facts| facts.whole.observed = hidden()),
        ("host", |facts| facts.by_host = hidden()),
    ] {
        let mut facts = rollback();
        bend(&mut facts);
        assert_eq!(judged(&facts).outcome, Outcome::Undetermined, "{name}");
    }
    // Whatever is withheld from a rollback that nobody may do, it stays one.
    let mut facts = rollback();
    if let Fact::Known(since) = &mut back(&mut facts).since
        && let Fact::Known(requests) = &mut since[0].requests
    {
        requests[0].host.reviews = Fact::Known(Vec::new());
    }
    assert_eq!(judged(&facts).outcome, Outcome::Block);
    for (place, facts) in withheld(&value_of(facts)) {
        let facts = deployment_of(&facts).unwrap();
        assert_ne!(judged(&facts).outcome, Outcome::Allow, "{place}");
    }
}

#[test]
fn record_and_host_agree_or_it_shows() {
    let said = |revision: Revision| {
        let mut facts = rollback();
        facts.by_host = Fact::Known(Some(HostDeployment { id: 5.into(), revision, since: at(10) }));
        judged(&facts).outcome
    };
    assert_eq!(said(newer()), Outcome::Allow);
    assert_eq!(said(landed()), Outcome::Undetermined);
    assert_eq!(said(revision('9')), Outcome::Block);
}

/// Where the policy names signers of waivers; the entry with this key's signature, or without any.
fn signed(signer: Option<u8>) -> Decision {
    let key = |seed: u8| SigningKey::from_seed(&[seed; 32]);
    let text = format!("{POLICY}[waivers]\nsigners = \"keys/allowed_signers\"\n");
    let policy = Policy::parse(&text).unwrap();
    let mut facts = rollback();
    facts.whole.inquiry = policy.inquiry(Some("portcullis.toml".into()));
    let entry = match signer {
        None => entry(),
        Some(seed) => {
            let rollback = policy.rollbacks(&entry()).unwrap().remove(0);
            let signature = sshsig::sign(rollback.statement(&policy.project).as_bytes(), &key(seed)).unwrap();
            format!("{}signature = '''\n{signature}'''\n", entry())
        }
    };
    let Fact::Known(gate) = &mut back(&mut facts).gate else { panic!("unseen") };
    gate.waivers_text().after = Some(entry);
    gate.signers_text().before = Some(format!("kim {}\n", key(1).public_text().unwrap()));
    let Fact::Known(gate) = &mut facts.whole.gate else { panic!("unseen") };
    (gate.policy_text().before, gate.policy_text().after) = (Some(text.clone()), Some(text));
    decide_deployment(&policy, &facts)
}

#[test]
fn where_signatures_are_wanted_the_approver_has_to_have_signed() {
    let honest = signed(Some(1));
    assert_eq!(honest.outcome, Outcome::Allow, "{:#?}", honest.findings);
    for (signer, why) in [(None, "it is not signed"), (Some(2), "its signature does not verify")] {
        let decision = signed(signer);
        assert_eq!(decision.outcome, Outcome::Block, "{signer:?}");
        let told = decision.findings.iter().flat_map(|finding| &finding.details);
        assert!(told.into_iter().any(|detail| detail.contains(why)), "{:#?}", decision.findings);
    }
}

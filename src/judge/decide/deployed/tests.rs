//! Every word on what is deployed, alone and against the others.

use crate::control::testing::{BentTexts as _, World, at, base, deployment, landed, revision};
use crate::decide::decide_deployment;
use crate::decide::tests::{honest, policy};
use BaselineOrigin::{Asserted, Host, Recorded as Record, Retry};
use Outcome::{Allow, Block, Undetermined};
use portcullis_model::change::Revision;
use portcullis_model::decision::{Decision, Outcome, Verdict};
use portcullis_model::deployment::{
    Baseline, BaselineOrigin, Deployment, Elsewhere, HostDeployment, HostElsewhere, Recorded,
    RecordsElsewhere,
};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::path::RepoPath;

fn facts(origin: BaselineOrigin, records: &[(Revision, bool)], host: Option<Revision>) -> Deployment {
    let mut facts = deployment(&World { facts: honest(), ..World::honest() });
    facts.baseline = Fact::Known(Baseline { revision: base(), origin });
    let one = |(number, (candidate, taken_again)): (u64, &(Revision, bool))| Recorded {
        number,
        candidate: candidate.clone(),
        taken_again: *taken_again,
        facts_omitted: false,
        signers: None,
    };
    facts.recorded = Fact::Known((1..).zip(records).map(one).collect());
    facts.by_host =
        Fact::Known(host.map(|revision| HostDeployment { id: 5.into(), revision, since: at(10) }));
    facts
}

fn judged(facts: &Deployment) -> Decision {
    decide_deployment(&policy(), facts)
}

fn other() -> Revision {
    revision('9')
}

#[test]
fn each_word_against_the_others() {
    let proved = |commit: Revision| (commit, true);
    let earlier_form = |commit: Revision| (commit, false);
    for (name, origin, records, host, expected) in [
        ("the record", Record(1), vec![proved(base())], None, Allow),
        ("record and host", Record(1), vec![proved(base())], Some(base()), Allow),
        ("the host has what nobody let through", Record(1), vec![proved(base())], Some(other()), Block),
        ("a record that keeps no facts", Record(1), vec![earlier_form(base())], Some(base()), Undetermined),
        ("a record that is not there", Record(2), vec![proved(base())], None, Undetermined),
        ("the first time", Asserted, vec![], None, Allow),
        ("the first time, and the host agrees", Asserted, vec![], Some(base()), Allow),
        ("the first time, and the host does not", Asserted, vec![], Some(other()), Undetermined),
        ("repeated", Asserted, vec![proved(base())], Some(base()), Allow),
        ("repeated, round the gate", Asserted, vec![proved(base())], Some(other()), Block),
        ("confirmed", Asserted, vec![earlier_form(base())], None, Allow),
        ("not worth confirming", Asserted, vec![proved(other()), earlier_form(base())], None, Undetermined),
        ("back to what is proved", Asserted, vec![proved(base()), earlier_form(other())], None, Allow),
        ("an older record", Asserted, vec![proved(base()), proved(other())], None, Undetermined),
        (
            "an older record, and the host",
            Asserted,
            vec![proved(base()), proved(other())],
            Some(base()),
            Allow,
        ),
        ("against both", Asserted, vec![proved(base()), proved(other())], Some(other()), Undetermined),
        ("against the record", Asserted, vec![proved(other())], None, Undetermined),
        ("made up on the host", Asserted, vec![proved(other())], Some(base()), Undetermined),
        ("the host alone", Host(5.into()), vec![], Some(base()), Undetermined),
        ("once more", Retry(1), vec![proved(landed())], Some(base()), Allow),
        ("once more, and no word of the host", Retry(1), vec![proved(landed())], None, Allow),
        ("once more, though it is there", Retry(1), vec![proved(landed())], Some(landed()), Undetermined),
        (
            "once more, of the earlier form",
            Retry(1),
            vec![earlier_form(landed())],
            Some(base()),
            Undetermined,
        ),
        ("once more what never was", Retry(1), vec![proved(other())], Some(base()), Undetermined),
    ] {
        let decision = judged(&facts(origin, &records, host));
        assert_eq!(decision.outcome, expected, "{name}: {:#?}", decision.findings);
        // Whoever is stopped is told what to do.
        let stops = |verdict| matches!(verdict, Verdict::Broken | Verdict::Unproven);
        let mute = decision.findings.iter().find(|found| stops(found.verdict) && found.remedy.is_none());
        assert!(mute.is_none(), "{name}: {mute:#?}");
    }
}

#[test]
fn a_word_that_is_withheld_is_no_agreement() {
    let gap = || Gap::new("this", GapReason::NotVisible, "withheld", "Show it.");
    for (origin, record) in [(Record(1), base()), (Asserted, base()), (Retry(1), landed())] {
        let honest = facts(origin.clone(), &[(record, true)], Some(base()));
        assert_eq!(judged(&honest).outcome, Allow, "{origin:?}");
        let hidden = Deployment { by_host: Fact::Gap(gap()), ..honest.clone() };
        assert_eq!(judged(&hidden).outcome, Undetermined, "{origin:?}");
        let hidden = Deployment { recorded: Fact::Gap(gap()), ..honest };
        assert_eq!(judged(&hidden).outcome, Undetermined, "{origin:?}");
    }
    let not_asked = Fact::Gap(Gap::not_asked("the host", "name it"));
    let without = Deployment { by_host: not_asked, ..facts(Record(1), &[(base(), true)], None) };
    assert_eq!(judged(&without).outcome, Allow, "a host that takes no part has no word");
}

fn entry(from: &Revision, to: &Revision, lines: &str) -> String {
    format!(
        "schema = 1\n[[rollbacks]]\nid = \"R-1\"\nenvironment = \"production\"\nfrom = \"{from}\"\nto = \"{to}\"\n\
         reason = \"taken back by hand\"\nticket = \"OPS-902\"\nrequester = \"robin\"\napprover = \"kim\"\n\
         created = \"{}\"\n{lines}",
        at(0),
    )
}

#[test]
fn two_people_settle_what_differs() {
    let expires = format!("expires = \"{}\"\n", at(100_000));
    let settled = |origin: BaselineOrigin, records: &[(Revision, bool)], host, text: String| {
        let mut facts = facts(origin, records, host);
        facts.whole.observed = Fact::Known(at(50_000));
        if let Fact::Known(gate) = &mut facts.whole.gate {
            (gate.waivers_text().before, gate.waivers_text().after) = (Some(text.clone()), Some(text));
        }
        judged(&facts)
    };
    let round = [(base(), true)];
    let honest = settled(Record(1), &round, Some(other()), entry(&other(), &base(), &expires));
    assert_eq!(honest.outcome, Allow, "{:#?}", honest.findings);
    let said =
        honest.findings.iter().flat_map(|found| &found.details).any(|text| text.contains("waived by R-1"));
    assert!(said, "{:#?}", honest.findings);
    let older = [(base(), true), (other(), true)];
    assert_eq!(settled(Asserted, &older, None, entry(&other(), &base(), &expires)).outcome, Allow);
    // The other way, from something else, over, and to what no record allowed.
    let over = format!("expires = \"{}\"\n", at(40_000));
    for text in [
        entry(&base(), &other(), &expires),
        entry(&landed(), &base(), &expires),
        entry(&other(), &base(), &over),
        entry(&other(), &base(), &expires).replace("\"production\"", "\"staging\""),
        entry(&other(), &base(), &expires).replace("\"kim\"", "\"robin\""),
        "schema = 1\n".to_string(),
    ] {
        assert_eq!(settled(Record(1), &round, Some(other()), text).outcome, Block);
    }
    let never = settled(Asserted, &[(other(), true)], None, entry(&other(), &base(), &expires));
    assert_eq!(never.outcome, Undetermined, "{:#?}", never.findings);
    let first = settled(Asserted, &[], Some(other()), entry(&other(), &base(), &expires));
    assert_eq!(first.outcome, Undetermined, "{:#?}", first.findings);
}

#[test]
fn a_record_in_facts_of_the_earlier_form_was_not_taken_again() {
    let record =
        Recorded { number: 1, candidate: base(), taken_again: false, facts_omitted: false, signers: None };
    let earlier = Deployment { recorded: Fact::Known(vec![record]), ..facts(Record(1), &[], Some(base())) };
    assert_eq!(judged(&earlier).outcome, Undetermined);
}

/// The first time, with these records of staging and this that the host has elsewhere.
fn first_time(elsewhere: Fact<Elsewhere>, host: Option<Revision>) -> Decision {
    judged(&Deployment { elsewhere, ..facts(Asserted, &[], host) })
}

fn staging(holds: Option<bool>) -> RecordsElsewhere {
    let one = |taken_again| Recorded {
        number: 4,
        candidate: other(),
        taken_again,
        facts_omitted: false,
        signers: None,
    };
    RecordsElsewhere { environment: "staging".into(), newest: one(true), holds: holds.map(one) }
}

#[test]
fn the_first_time_beside_others() {
    let beyond = || {
        let deployment = HostDeployment { id: 8.into(), revision: other(), since: at(10) };
        Fact::Known(vec![HostElsewhere { environment: "staging".into(), deployment }])
    };
    let gap = |reason| Gap::new("others", reason, "withheld", "Show them.");
    let nothing = || Fact::Known(Vec::new());
    for (name, recorded, by_host, host, expected) in [
        ("there are none", vec![], nothing(), None, Allow),
        ("a record holds it", vec![staging(Some(true))], nothing(), None, Allow),
        ("one of two holds it", vec![staging(None), staging(Some(true))], nothing(), None, Allow),
        ("a record holds it, and the host is beyond", vec![staging(Some(true))], beyond(), None, Allow),
        (
            "a record holds it, and the host has more",
            vec![staging(Some(true))],
            nothing(),
            Some(landed()),
            Allow,
        ),
        (
            "a record holds it, and the host has else",
            vec![staging(Some(true))],
            nothing(),
            Some(other()),
            Undetermined,
        ),
        ("a record that cannot be reproduced", vec![staging(Some(false))], nothing(), None, Undetermined),
        ("no record holds it", vec![staging(None)], nothing(), None, Undetermined),
        (
            "no record holds it, though the host has it",
            vec![staging(None)],
            nothing(),
            Some(base()),
            Undetermined,
        ),
        ("beyond the host", vec![], beyond(), None, Undetermined),
        ("beyond the host, which has it", vec![], beyond(), Some(base()), Allow),
        ("the host is not asked", vec![], Fact::Gap(gap(GapReason::NotAsked)), None, Allow),
        ("the host hides it", vec![], Fact::Gap(gap(GapReason::NotVisible)), None, Undetermined),
    ] {
        let decision = first_time(Fact::Known(Elsewhere { recorded, by_host }), host);
        assert_eq!(decision.outcome, expected, "{name}: {:#?}", decision.findings);
        let stops = |verdict| matches!(verdict, Verdict::Broken | Verdict::Unproven);
        let mute = decision.findings.iter().find(|found| stops(found.verdict) && found.remedy.is_none());
        assert!(mute.is_none(), "{name}: {mute:#?}");
    }
    let hidden = first_time(Fact::Gap(gap(GapReason::NotAsked)), None);
    assert_eq!(hidden.outcome, Undetermined, "nobody looked: {:#?}", hidden.findings);
}

#[test]
fn facts_of_the_earlier_form_know_of_no_other_environment() {
    let honest = facts(Asserted, &[], None);
    let earlier = Deployment { elsewhere: Fact::Gap(Gap::not_asked("it", "ask")), ..honest.clone() };
    assert_eq!(judged(&honest).outcome, Allow);
    assert_eq!(judged(&earlier).outcome, Undetermined);
    // What has a record does not need it.
    let earlier = Deployment { elsewhere: earlier.elsewhere, ..facts(Record(1), &[(base(), true)], None) };
    assert_eq!(judged(&earlier).outcome, Allow);
}

#[test]
fn a_policy_that_lists_environments_knows_no_other() {
    for (listed, expected) in
        [("\"production\"", Allow), ("\"staging\", \"production\"", Allow), ("\"staging\"", Block)]
    {
        let text = format!("{}\n[deployment]\nenvironments = [{listed}]\n", policy().text);
        let policy = crate::policy::Policy::parse(&text).unwrap();
        for (origin, records) in [(Asserted, vec![]), (Record(1), vec![(base(), true)])] {
            let decision = decide_deployment(&policy, &facts(origin, &records, None));
            assert_eq!(decision.outcome, expected, "{listed}: {:#?}", decision.findings);
        }
    }
    // A policy that the range brings counts too: an older baseline gets nobody round it.
    for (listed, expected) in [("\"production\"", Allow), ("\"staging\"", Block)] {
        let text = format!("{}\n[deployment]\nenvironments = [{listed}]\n", policy().text);
        let mut facts = facts(Asserted, &[], None);
        if let Fact::Known(gate) = &mut facts.whole.gate {
            (gate.policy_text().before, gate.policy_text().after) = (Some(policy().text), Some(text));
        }
        let decision = decide_deployment(&policy(), &facts);
        assert_eq!(decision.outcome, expected, "{listed}: {:#?}", decision.findings);
    }
    for wrong in ["[]", "[\"Production\"]", "\"production\"", "[\"a/b\"]"] {
        let text = format!("{}\n[deployment]\nenvironments = {wrong}\n", policy().text);
        assert!(crate::policy::Policy::parse(&text).is_err(), "{wrong}");
    }
}

/// The same, where the policy asks for the signature of someone in this list.
fn judged_signed(facts: &Deployment) -> Decision {
    let mut policy = policy();
    policy.record_signers = Some("recorders".into());
    decide_deployment(&policy, facts)
}

fn signed(mut facts: Deployment, lists: &[Option<&str>]) -> Deployment {
    if let Fact::Known(records) = &mut facts.recorded {
        let all = records.iter_mut().zip(lists);
        all.for_each(|(record, list)| record.signers = list.map(RepoPath::from));
    }
    facts
}

#[test]
fn attack_records_that_no_one_signed_where_the_policy_asks_for_signatures() {
    let (ours, other_list) = (Some("recorders"), Some("docs/recorders"));
    for (name, origin, records, lists, expected) in [
        ("signed", Record(1), vec![base()], [ours, None], Allow),
        ("not signed", Record(1), vec![base()], [None, None], Undetermined),
        ("signed by others", Record(1), vec![base()], [other_list, None], Undetermined),
        ("only the older one is signed", Record(2), vec![other(), base()], [ours, None], Undetermined),
        ("only the newer one is signed", Record(2), vec![other(), base()], [None, ours], Allow),
        ("confirmed, before any was signed", Asserted, vec![base()], [None, None], Allow),
        ("not worth confirming", Asserted, vec![other(), base()], [ours, None], Undetermined),
        ("back to the signed one", Asserted, vec![base(), other()], [ours, None], Allow),
        ("once more", Retry(1), vec![landed()], [ours, None], Allow),
        ("once more, not signed", Retry(1), vec![landed()], [None, None], Undetermined),
    ] {
        let records: Vec<_> = records.into_iter().map(|commit| (commit, true)).collect();
        let facts = signed(facts(origin, &records, None), &lists);
        let decision = judged_signed(&facts);
        assert_eq!(decision.outcome, expected, "{name}: {:#?}", decision.findings);
        let unasked = judged(&facts).outcome;
        assert!(
            unasked == Allow || name.starts_with("back to"),
            "{name}: {unasked:?} where none is asked for"
        );
    }
    let said = judged_signed(&facts(Record(1), &[(base(), true)], None));
    let told = said.findings.iter().find(|found| found.reason.contains("not signed by anyone in recorders"));
    let remedy = told.and_then(|found| found.remedy.clone()).unwrap();
    assert!(remedy.ends_with(&format!("confirm it with --base {}.", base())), "{remedy}");
}

#[test]
fn attack_a_first_deployment_rests_on_an_unsigned_record_of_another_environment() {
    let elsewhere = |signers: Option<&str>| {
        let mut other = staging(Some(true));
        other.holds.as_mut().unwrap().signers = signers.map(RepoPath::from);
        let elsewhere = Elsewhere { recorded: vec![other], by_host: Fact::Known(Vec::new()) };
        Deployment { elsewhere: Fact::Known(elsewhere), ..facts(Asserted, &[], None) }
    };
    let decision = judged_signed(&elsewhere(None));
    assert_eq!(decision.outcome, Undetermined);
    assert!(
        decision.findings.iter().any(|found| found.reason.contains("is not signed by anyone in recorders"))
    );
    assert_eq!(judged_signed(&elsewhere(Some("recorders"))).outcome, Allow);
}

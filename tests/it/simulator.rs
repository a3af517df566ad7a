//! Random histories of a deployment branch, honest and not: the gate names exactly the landings that something was
//! planted in, no more and no fewer.
//!
//! `PORTCULLIS_SIMULATOR_SEED` begins elsewhere, and a failure says which seed to give; `PORTCULLIS_SIMULATOR_HISTORIES`
//! says how many histories to try.

use portcullis_collect::deployment::{DeploymentTarget, gather_deployment};
use portcullis_collect::recorded::contradictions;
use portcullis_collect::records::Resting;
use portcullis_collect::reports::ReportFiles;
use portcullis_collect::sources::Sources;
use portcullis_forge::Connection;
use portcullis_forge::github::GitHub;
use portcullis_git::Repository;
use portcullis_judge::decide::decide_deployment;
use portcullis_judge::policy::Policy;
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::decision::{Decision, Finding, Outcome, SubjectKind, Verdict};
use portcullis_model::deployment::{
    Baseline, BaselineOrigin, Deployment, HostDeployment, LandingFacts, Recorded,
};
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::inquiry::TextPurpose;
use portcullis_model::landing::{Coverage, Span};
use portcullis_model::path::RepoPath;
use portcullis_model::waiver;
use portcullis_testkit::lane::Lane;
use portcullis_testkit::lane::plan::Plan;
use portcullis_testkit::lane::plant::Plant;
use portcullis_testkit::lane::rng::Rng;
use portcullis_testkit::stage::revision;
use std::collections::BTreeSet;

const HISTORIES: u64 = 200;

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

/// A random story; some are honest throughout.
fn story(seed: u64) -> Vec<Plan> {
    let mut rng = Rng(seed);
    let length = 2 + rng.below(7);
    let honest = rng.one_in(3);
    let plans = (0..length).map(|_| {
        let plant = (!honest && rng.one_in(3)).then(|| *rng.pick(&Plant::ALL));
        Plan::any(&mut rng, plant)
    });
    plans.collect()
}

fn played(story: &[Plan]) -> Lane {
    let mut lane = Lane::begin();
    story.iter().for_each(|plan| plan.play(&mut lane));
    lane
}

fn judge(lane: &Lane) -> Decision {
    let start = revision(lane.baseline()).unwrap();
    judged(&gathered(
        lane,
        Words { origin: BaselineOrigin::Asserted, baseline: start, record: None, host: None },
    ))
}

fn judged(facts: &Deployment) -> Decision {
    decide_deployment(&Policy::parse(portcullis_testkit::lane::POLICY).unwrap(), facts)
}

/// Who says what is deployed.
struct Words {
    origin: BaselineOrigin,
    baseline: Revision,
    /// What the only record let through.
    record: Option<Revision>,
    host: Option<Revision>,
}

fn gathered(lane: &Lane, words: Words) -> Deployment {
    let repository = Repository::open(lane.directory()).unwrap();
    let policy = Policy::parse(portcullis_testkit::lane::POLICY).unwrap();
    let inquiry = policy.inquiry(Some(RepoPath::from("portcullis.toml")));
    let forge = lane.host();
    let (address, name) = (forge.worlds[0].address.clone(), forge.worlds[0].repository.clone());
    let host = GitHub::open(&name, Connection::to(address, Box::new(forge))).unwrap();
    let target = DeploymentTarget {
        environment: "production".to_string(),
        branch: BranchName::new("main"),
        candidate: revision(lane.tip()).unwrap(),
        baseline: Baseline { revision: words.baseline, origin: words.origin },
        deployer: Fact::Gap(Gap::not_asked("who deploys", "no policy of the lane asks")),
        by_host: Fact::Known(words.host.map(|revision| HostDeployment {
            id: 5.into(),
            revision,
            since: jiff::Timestamp::UNIX_EPOCH,
        })),
        elsewhere: Fact::Known(portcullis_model::deployment::Elsewhere::nothing()),
        recorded: Fact::Known(
            words
                .record
                .into_iter()
                .map(|candidate| Recorded {
                    number: 1,
                    candidate,
                    taken_again: true,
                    facts_omitted: false,
                    signers: None,
                })
                .collect(),
        ),
    };
    let sources = Sources {
        repository: &repository,
        host: Some(&host),
        crew: None,
        files: ReportFiles { directory: lane.directory(), named: &[], readers: portcullis_report::READERS },
        evidence: &[],
        observed: jiff::Timestamp::UNIX_EPOCH,
        review_refs: &portcullis_collect::sources::NO_REVIEW_REFS,
    };
    gather_deployment(&inquiry, target, &sources, &|_, _| ())
}

/// The landing that a finding speaks of.
fn landing(finding: &Finding) -> String {
    let name = &finding.subject.name;
    match (finding.subject.kind, name.split_once(" in landing ")) {
        (SubjectKind::Landing, _) => name.clone(),
        (_, Some((_, landing))) => landing.to_string(),
        _ => format!("no landing: {name}"),
    }
}

/// What is wrong with the decision, if anything is.
fn complaint(lane: &Lane, decision: &Decision) -> Option<String> {
    let named = |verdict| -> BTreeSet<String> {
        decision.findings.iter().filter(|found| found.verdict == verdict).map(landing).collect()
    };
    let planted = lane.planted();
    let those = |withholding: bool| -> BTreeSet<String> {
        let fits = planted.iter().filter(|(_, plant)| plant.withholds() == withholding);
        fits.map(|(name, _)| name.clone()).collect()
    };
    let (wrong, hidden) = (those(false), those(true));
    let outcome = match (wrong.is_empty(), hidden.is_empty()) {
        (false, _) => Outcome::Block,
        (true, false) => Outcome::Undetermined,
        (true, true) => Outcome::Allow,
    };
    let (broken, mut unproven) = (named(Verdict::Broken), named(Verdict::Unproven));
    // What a landing touches that cannot be seen is lacking for the suites of the range too.
    unproven.retain(|name| hidden.is_empty() || !name.starts_with("no landing"));
    if broken != wrong {
        return Some(format!("broken {broken:?}, but planted {wrong:?}"));
    }
    if !hidden.is_subset(&unproven) || !unproven.is_subset(&wrong.union(&hidden).cloned().collect()) {
        return Some(format!("unproven {unproven:?}, but withheld {hidden:?}"));
    }
    if decision.outcome != outcome {
        return Some(format!("the outcome is {:?}, but {outcome:?} is due", decision.outcome));
    }
    lane.landings.iter().find_map(|landed| unnamed(landed, decision))
}

/// A planted landing whose control or places no finding names.
fn unnamed(landed: &portcullis_testkit::lane::Landed, decision: &Decision) -> Option<String> {
    let plant = landed.plant?;
    let short = revision(landed.commit).unwrap().short().to_string();
    let verdict = if plant.withholds() { Verdict::Unproven } else { Verdict::Broken };
    let of_it = |found: &&Finding| found.verdict == verdict && landing(found) == short;
    let found: Vec<&Finding> = decision.findings.iter().filter(of_it).collect();
    if !found.iter().any(|found| found.control == plant.control()) {
        return Some(format!("{plant:?} in {short} is not named by {}", plant.control()));
    }
    if plant.control() != "reviewed-landings" {
        return None;
    }
    let details: Vec<&String> = found.iter().flat_map(|found| &found.details).collect();
    let lacking = landed.places.iter().find(|place| !details.iter().any(|text| text.starts_with(*place)))?;
    Some(format!("{plant:?} in {short} does not name `{lacking}`"))
}

fn fault(story: &[Plan]) -> Option<String> {
    let lane = played(story);
    let decision = judge(&lane);
    let complaint = complaint(&lane, &decision)?;
    let landings: Vec<String> = lane
        .landings
        .iter()
        .map(|landed| {
            let short = revision(landed.commit).unwrap().short().to_string();
            format!("  {short} {} {:?} {:?}", landed.label, landed.plant, landed.places)
        })
        .collect();
    let bad = decision.findings.iter().filter(|found| found.verdict.outcome() > Some(Outcome::Allow));
    let bad: Vec<String> = bad
        .map(|found| {
            format!(
                "  {:?} {} {}: {} {:?}",
                found.verdict, found.control, found.subject.name, found.reason, found.details
            )
        })
        .collect();
    if setting("PORTCULLIS_SIMULATOR_KEEP").is_some() {
        std::mem::forget(lane);
    }
    Some(format!("{complaint}\nlandings:\n{}\nfindings:\n{}", landings.join("\n"), bad.join("\n")))
}

/// The same story with as few landings as still show the fault.
fn smallest(mut story: Vec<Plan>) -> Vec<Plan> {
    let mut at = 0;
    // An empty story deploys nothing, and so shows another fault.
    while at < story.len() && story.len() > 1 {
        let mut shorter = story.clone();
        shorter.remove(at);
        if fault(&shorter).is_some() { story = shorter } else { at += 1 }
    }
    story
}

#[test]
fn exactly_the_planted_landings_are_named() {
    let first = setting("PORTCULLIS_SIMULATOR_SEED").unwrap_or(1);
    let histories = setting("PORTCULLIS_SIMULATOR_HISTORIES").unwrap_or(HISTORIES);
    let (mut landings, mut planted) = (0, 0);
    for seed in first..first + histories {
        let story = story(seed);
        landings += story.len();
        planted += story.iter().filter(|plan| plan.plant.is_some()).count();
        if fault(&story).is_some() {
            let smallest = smallest(story);
            let fault = fault(&smallest).unwrap();
            panic!("PORTCULLIS_SIMULATOR_SEED={seed}: {fault}\nstory: {smallest:#?}");
        }
    }
    println!("{histories} histories from seed {first}: {landings} plans, {planted} of them planted");
}

/// What somebody may do to the facts of a record; `None` where there is nothing to do it to.
type AnswerFault = fn(&mut Deployment, &mut Rng) -> Option<()>;

const BENDS: &[(&str, AnswerFault)] = &[
    ("a landing is left out", |facts, rng| {
        let (Fact::Known(landings), Fact::Known(Span::Steps(steps))) = (&mut facts.landings, &mut facts.span)
        else {
            return None;
        };
        let gone = landings.remove(rng.below(landings.len()));
        steps.retain(|step| !gone.steps.contains(&step.commit.id));
        Some(())
    }),
    ("a commit is left out", |facts, rng| {
        let Fact::Known(Span::Steps(steps)) = &mut facts.span else { return None };
        let at = rng.below(steps.len());
        steps[at].brought.pop().map(drop)
    }),
    ("a landing changed nothing", |facts, rng| {
        let landing = any_landing(facts, rng, |one| {
            !matches!(one.coverage, Coverage::Unchanged | Coverage::Unverifiable(_))
        })?;
        landing.coverage = Coverage::Unchanged;
        Some(())
    }),
    ("a landing touched no file", |facts, rng| {
        let touches = |one: &LandingFacts| one.files.value().is_some_and(|files| !files.is_empty());
        any_landing(facts, rng, touches)?.files = Fact::Known(Vec::new());
        Some(())
    }),
    ("a request has an author less", |facts, rng| {
        let has = |one: &LandingFacts| {
            let requests = one.requests.value().into_iter().flatten();
            requests.filter_map(|facts| facts.change.value()).any(|change| !change.commits.is_empty())
        };
        let Fact::Known(requests) = &mut any_landing(facts, rng, has)?.requests else { return None };
        let changes = requests.iter_mut().filter_map(|facts| match &mut facts.change {
            Fact::Known(change) if !change.commits.is_empty() => Some(change),
            _ => None,
        });
        changes.into_iter().next()?.commits.pop().map(drop)
    }),
    ("waivers that stand nowhere", |facts, _| {
        let Fact::Known(gate) = &mut facts.whole.gate else { return None };
        gate.entry(waiver::PATH, TextPurpose::Waivers).after = Some("schema = 1\n".to_string());
        Some(())
    }),
];

fn any_landing<'f>(
    facts: &'f mut Deployment,
    rng: &mut Rng,
    fits: impl Fn(&LandingFacts) -> bool,
) -> Option<&'f mut LandingFacts> {
    let Fact::Known(landings) = &mut facts.landings else { return None };
    let mut all: Vec<_> = landings.iter_mut().filter(|landing| fits(landing)).collect();
    (!all.is_empty()).then(|| all.swap_remove(rng.below(all.len())))
}

/// The repository bears out the facts of every history, and of none that somebody altered.
#[test]
fn facts_of_a_record_stand_until_they_are_bent() {
    let first = setting("PORTCULLIS_SIMULATOR_SEED").unwrap_or(1);
    let histories = setting("PORTCULLIS_SIMULATOR_HISTORIES").unwrap_or(HISTORIES) / 5;
    let mut altered = 0;
    for seed in first..first + histories {
        let (lane, mut rng) = (played(&story(seed)), Rng(seed ^ 0x5eed));
        let repository = Repository::open(lane.directory()).unwrap();
        let start = revision(lane.baseline()).unwrap();
        let words = Words { origin: BaselineOrigin::Asserted, baseline: start, record: None, host: None };
        let honest = gathered(&lane, words);
        let resting = Resting { judge: &portcullis_cli::record::judge_text, above: Vec::new() };
        let against = |facts: &Deployment| {
            contradictions(&repository, portcullis_testkit::lane::POLICY, facts, &resting)
        };
        assert_eq!(against(&honest), Ok(Vec::new()), "PORTCULLIS_SIMULATOR_SEED={seed}");
        for (name, alter) in BENDS {
            let mut facts = honest.clone();
            if alter(&mut facts, &mut rng).is_some() {
                let found = against(&facts);
                assert!(
                    found.is_ok_and(|found| !found.is_empty()),
                    "PORTCULLIS_SIMULATOR_SEED={seed}: {name}"
                );
                altered += 1;
            }
        }
    }
    println!("{histories} histories from seed {first}: {altered} records of altered facts");
}

/// What is deployed is what record and host say; a commit that somebody else says skips what was planted before it.
#[test]
fn a_baseline_that_skips_landings_never_stands() {
    let first = setting("PORTCULLIS_SIMULATOR_SEED").unwrap_or(1);
    let histories = setting("PORTCULLIS_SIMULATOR_HISTORIES").unwrap_or(HISTORIES) / 10;
    for seed in first..first + histories {
        let (lane, mut rng) = (played(&story(seed)), Rng(seed ^ 0xba5e));
        let until = lane.line.len() - 1;
        let (record, skip) = (rng.below(until), rng.below(until));
        let (record, skip) = (record.min(skip), record.max(skip));
        let at = |place: usize| revision(lane.line[place]).unwrap();
        let recorded = Some(at(record));
        let contradicts = |facts: &Deployment| {
            let decision = judged(facts);
            let stops = |found: &&Finding| {
                found.subject.kind == SubjectKind::Environment
                    && found.verdict.outcome() > Some(Outcome::Allow)
            };
            (decision.findings.iter().any(|found| stops(&found)), decision.outcome)
        };
        for host in [None, recorded.clone()] {
            for origin in [BaselineOrigin::Recorded(1), BaselineOrigin::Asserted] {
                let words =
                    Words { origin, baseline: at(record), record: recorded.clone(), host: host.clone() };
                let (stopped, _) = contradicts(&gathered(&lane, words));
                assert!(!stopped, "PORTCULLIS_SIMULATOR_SEED={seed}: what record and host say");
            }
        }
        if skip == record {
            continue;
        }
        for (origin, record, host) in [
            (BaselineOrigin::Asserted, recorded.clone(), recorded.clone()),
            (BaselineOrigin::Asserted, recorded.clone(), None),
            (BaselineOrigin::Asserted, recorded.clone(), Some(at(skip))),
            (BaselineOrigin::Asserted, None, recorded.clone()),
            (BaselineOrigin::Host(5.into()), None, Some(at(skip))),
        ] {
            let name = format!("{origin:?} {record:?} {host:?}");
            let words = Words { origin, baseline: at(skip), record, host };
            let (stopped, outcome) = contradicts(&gathered(&lane, words));
            assert!(stopped && outcome > Outcome::Allow, "PORTCULLIS_SIMULATOR_SEED={seed}: {name}");
        }
    }
}

//! Landings and deployments of a made-up project at made-up times: judged and recorded by the code
//! that does it for real ones.

use crate::exit::{Failure, Result};
use crate::prepare::{Preparation, Prepared, prepare_request_over};
use crate::record::{DeploymentRecording, record_decision};
use crate::{HostName, SubjectArguments};
use jiff::Timestamp;
use portcullis_collect::request::JudgementRequest;
use portcullis_forge::{self as host, Connection};
use portcullis_judge::decide::decide_facts;
use portcullis_model::decision::{Decision, Outcome};
use portcullis_model::deployment::Deployment;
use portcullis_model::environment::Environment;
use portcullis_model::fact::Fact;
use portcullis_model::gathered::GatheredFacts;
use portcullis_model::reading::ReportReaders;
use portcullis_record::{RecordedBaseline, RecordedOrigin};
use portcullis_testkit::lane::state::Op;
use portcullis_testkit::lane::{How, Lane};
use portcullis_testkit::stage::{KIM, REPORT};
use std::time::{Duration, UNIX_EPOCH};

/// A day in seconds.
const DAY: i64 = 86_400;

/// The branch of every made-up project.
pub const BRANCH: &str = "main";

/// Where everything is deployed to.
pub const ENVIRONMENT: &str = "production";

/// A request by Kim that Robin and Alex approve, and that lands at this moment.
pub fn land_request(lane: &mut Lane, ops: Vec<Op>, label: &str, at: Timestamp) -> git2::Oid {
    lane.history.set_clock(at.as_second() - DAY);
    let mut draft = lane.open(lane.tip());
    lane.push(&mut draft, KIM, ops);
    draft.approved();
    draft.world.request.title = label.to_string();
    let before = |hours: i64| Timestamp::from_second(at.as_second() - hours * 3600).unwrap_or(at);
    draft.world.activity.iter_mut().for_each(|activity| activity.at = before(20));
    draft.world.events.iter_mut().for_each(|event| event.at = before(18));
    draft.world.reviews.iter_mut().for_each(|review| review.submitted = Some(before(3)));
    lane.history.set_clock(at.as_second() - 60);
    lane.land(vec![draft], How::Squash, &[], &[], label);
    if let Some(world) = lane.forge.worlds.last_mut() {
        world.request.merged = Some(at);
    }
    lane.tip()
}

/// Judges a deployment as of a moment, and records it when it is allowed.
///
/// # Errors
/// It is not allowed, or the repository cannot be written.
pub fn deploy_commit(
    (lane, readers): (&Lane, &dyn ReportReaders),
    candidate: git2::Oid,
    at: Timestamp,
    is_first: bool,
) -> Result<()> {
    let environment: Environment = ENVIRONMENT.parse().map_err(Failure::environment)?;
    date_report(lane, at)?;
    let prepared = prepare_deployment((lane, readers), candidate, &environment, None, is_first)?;
    let Preparation::Ready(mut ready) = prepared else {
        return Err(Failure::environment("the made-up deployment cannot be judged"));
    };
    let GatheredFacts::Deployment(facts) = &mut ready.facts else { return Ok(()) };
    set_moment(facts, at);
    let decision = decide_facts(&ready.policy, &ready.facts);
    if decision.outcome != Outcome::Allow {
        let why = decision.findings.first().map(|finding| finding.reason.clone()).unwrap_or_default();
        return Err(Failure::environment(format!("the made-up deployment of {at} is not allowed: {why}")));
    }
    record(lane, &environment, &ready, &decision, at)
}

/// Gathers what the deployment gate judges a deployment by. The branch has to be named where the
/// policy has several.
///
/// # Errors
/// The repository or the policy in it.
pub fn prepare_deployment(
    (lane, readers): (&Lane, &dyn ReportReaders),
    candidate: git2::Oid,
    environment: &Environment,
    branch: Option<&str>,
    is_first: bool,
) -> Result<Preparation> {
    let request = JudgementRequest::Deployment {
        environment: environment.clone(),
        branch: branch.map(ToString::to_string),
        deployer: Some("sam-example".to_string()),
    };
    let subject = subject_of(lane, candidate, is_first);
    prepare_request_over(readers, connect(lane)?, lane.directory(), &subject, &request)
}

fn record(
    lane: &Lane,
    environment: &Environment,
    ready: &Prepared,
    decision: &Decision,
    at: Timestamp,
) -> Result<()> {
    let GatheredFacts::Deployment(facts) = &ready.facts else { return Ok(()) };
    let baseline = facts.baseline.known().map_err(|gap| Failure::environment(gap.to_string()))?;
    let Some(origin) = RecordedOrigin::of(facts) else { return Ok(()) };
    let recording = DeploymentRecording {
        environment,
        tip: ready.tip.as_ref(),
        candidate: &facts.candidate,
        baseline: RecordedBaseline { commit: baseline.revision.clone(), origin },
        decision,
        facts,
        policy: &ready.policy.text,
        recorder: "deployment job",
        omit_facts: false,
        key: None,
        time: at,
    };
    record_decision(lane.directory(), &recording)?;
    Ok(())
}

fn subject_of(lane: &Lane, candidate: git2::Oid, is_first: bool) -> SubjectArguments {
    SubjectArguments {
        host: Some(HostName::Kind(host::DEFAULT)),
        repository: Some("example-org/data-upload".to_string()),
        head: Some(candidate.to_string()),
        base: is_first.then(|| lane.baseline().to_string()),
        ..SubjectArguments::default()
    }
}

/// The suite ran an hour before the deployment.
fn date_report(lane: &Lane, at: Timestamp) -> Result<()> {
    let file = lane.directory().join(REPORT);
    let hour_before = u64::try_from(at.as_second() - 3600).unwrap_or_default();
    let written = UNIX_EPOCH + Duration::from_secs(hour_before);
    let dated = std::fs::File::options().write(true).open(file).and_then(|file| file.set_modified(written));
    dated.map_err(|error| Failure::environment(format!("the made-up report cannot be dated: {error}")))
}

/// The host as it is now.
fn connect(lane: &Lane) -> Result<Connection> {
    let forge = lane.host();
    let address = forge.worlds.first().map(|world| world.address.clone());
    let address = address.ok_or_else(|| Failure::environment("there is no made-up host"))?;
    Ok(Connection::to(address, Box::new(forge)))
}

/// Everything was looked at in this moment.
fn set_moment(facts: &mut Deployment, at: Timestamp) {
    facts.whole.observed = Fact::Known(at);
    let since = match &mut facts.back {
        Fact::Known(Some(back)) => Some(&mut back.since),
        _ => None,
    };
    for landings in since.into_iter().chain([&mut facts.landings]) {
        let Fact::Known(landings) = landings else { continue };
        for landing in landings {
            if let Fact::Known(requests) = &mut landing.requests {
                requests.iter_mut().for_each(|request| request.observed = Fact::Known(at));
            }
        }
    }
}

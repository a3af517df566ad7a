//! What is known of other environments, where an environment has no record: whose first deployment
//! could otherwise skip everything before a made-up baseline.

use crate::baseline::recorded_of;
use crate::records::{Among, Closeness, DeploymentRecords, Resting};
use portcullis_forge::Forge;
use portcullis_git::Repository;
use portcullis_model::change::Revision;
use portcullis_model::deployment::{Deployment, Elsewhere, HostElsewhere, Recorded, RecordsElsewhere};
use portcullis_model::environment::Environment;
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::landing::Span;
use portcullis_model::path::RepoPath;
use portcullis_record::{Chain, Judge, RecordEntry, RecordLink, RecordStanding};

/// No more records of one environment than this, from the newest on, are looked at.
const MOST: usize = 256;

/// What other environments say of a baseline. `counting` are those that the policy lists; without
/// any, all that there are count.
pub fn gather_elsewhere(
    repository: &Repository,
    host: Option<&dyn Forge>,
    judge: &Judge<'_>,
    environment: &Environment,
    baseline: &Revision,
    counting: &[Environment],
) -> Fact<Elsewhere> {
    let asked = host.map(Forge::repository);
    let read = || {
        let mut recorded = Vec::new();
        for other in repository.environments()? {
            if other != *environment {
                recorded.extend(records_of((repository, judge), asked.as_deref(), &other, baseline)?);
            }
        }
        let by_host = match host {
            Some(host) => deployed_beyond(repository, host, environment, baseline, counting).into(),
            None => Fact::Gap(Gap::not_asked("what the host has deployed elsewhere", "name the host")),
        };
        Ok(Elsewhere { recorded, by_host })
    };
    read().into()
}

fn records_of(
    (repository, judge): (&Repository, &Judge<'_>),
    asked: Option<&str>,
    environment: &Environment,
    baseline: &Revision,
) -> Result<Option<RecordsElsewhere>, Gap> {
    let chain = repository.deployments(environment, judge, Closeness::Repository);
    let Some(chain) = chain.known()? else { return Ok(None) };
    let newest = chain.last().map_err(|_| broken_records(chain))?;
    let mut holds = None;
    let counts = |link: &&RecordLink| link.standing.is_taken() && is_of(&link.entry, asked);
    for link in chain.links.iter().rev().take(MOST).filter(counts) {
        if is_part_of(repository, baseline, &link.entry.candidate)? {
            holds = Some(recorded_of(link));
            break;
        }
    }
    Ok(Some(RecordsElsewhere { environment: environment.to_string(), newest: recorded_of(newest), holds }))
}

/// A copy of a repository has the same commits and other reviewers, and so have its records.
fn is_of(entry: &RecordEntry, asked: Option<&str>) -> bool {
    let of = entry.repository.as_deref();
    asked.is_none_or(|asked| of.is_some_and(|of| of.eq_ignore_ascii_case(asked)))
}

fn broken_records(chain: &Chain) -> Gap {
    let environment = &chain.environment;
    let problems: Vec<String> = chain.problems.iter().map(ToString::to_string).collect();
    Gap::new(
        format!("what was let through to {environment}"),
        GapReason::Contradiction,
        format!("the records of {environment} do not verify: {}", problems.join("; ")),
        format!("See `portcullis record verify {environment}`."),
    )
}

/// Is this commit what was let through, or was it the tip of the branch on the way there?
fn is_part_of(repository: &Repository, commit: &Revision, let_through: &Revision) -> Result<bool, Gap> {
    let span = repository.span(commit, let_through);
    Ok(matches!(span.known()?, Span::Equal | Span::Steps(_)))
}

/// What the host has deployed to others that lies before the baseline on the branch.
fn deployed_beyond(
    repository: &Repository,
    host: &dyn Forge,
    environment: &Environment,
    baseline: &Revision,
    counting: &[Environment],
) -> Result<Vec<HostElsewhere>, Gap> {
    let mut beyond = Vec::new();
    for (environment, deployment) in host.deployed_elsewhere(environment.as_str(), counting).known()? {
        // What a shallow clone lacks is no part of the branch that it shows; the branch itself is
        // looked at as a whole.
        let span = repository.span(&deployment.revision, baseline);
        match span {
            Fact::Known(Span::Steps(_)) => beyond
                .push(HostElsewhere { environment: environment.clone(), deployment: deployment.clone() }),
            Fact::Gap(gap) if gap.reason != GapReason::MissingObject => return Err(gap),
            _ => {}
        }
    }
    Ok(beyond)
}

/// What the repository shows otherwise than the facts of a first record: records of other
/// environments that were there already, or that do not hold what they are said to hold. A record
/// that let the baseline through as well contradicts nothing, even where nobody had seen it.
/// `signers`: those whose signature the policy asks for.
///
/// # Errors
/// The repository does not show the records that the facts name.
pub fn contradictions(
    repository: &Repository,
    (facts, signers): (&Deployment, Option<&RepoPath>),
    baseline: &Revision,
    resting: &Resting<'_>,
) -> Result<Vec<String>, Gap> {
    let (Fact::Known(said), Fact::Known(moment)) = (&facts.elsewhere, &facts.whole.observed) else {
        return Ok(Vec::new());
    };
    let asked = facts.whole.host.repository.as_deref();
    let mut found = Vec::new();
    // One is enough, and the decision goes by the first: to look at all would double the work with
    // each environment.
    if let Some((other, holds)) = said.holding(signers) {
        found.extend(is_otherwise(repository, &other.environment, holds, (baseline, asked), resting)?);
    }
    for environment in repository.environments_by_name()? {
        let is_it = |name: &str| name == environment.as_str();
        if is_it(&facts.environment) || said.recorded.iter().any(|other| is_it(&other.environment)) {
            continue;
        }
        let entries = repository.entries(&environment)?;
        let before = entries.iter().filter(|entry| entry.time <= *moment && is_of(entry, asked));
        if !is_let_through(repository, baseline, &before.collect::<Vec<_>>())? {
            let short = baseline.short();
            found.push(format!("{environment} had records already, of which none let {short} through"));
        }
    }
    Ok(found)
}

/// Did any of these records let the baseline through? Yes, where there are none.
fn is_let_through(
    repository: &Repository,
    baseline: &Revision,
    records: &[&RecordEntry],
) -> Result<bool, Gap> {
    let mut holds = records.is_empty();
    for entry in records.iter().rev().take(MOST) {
        holds = holds || is_part_of(repository, baseline, &entry.candidate)?;
    }
    Ok(holds)
}

/// A record of another environment that does not let through what it is said to. It is looked at as
/// closely as this one.
fn is_otherwise(
    repository: &Repository,
    name: &str,
    holds: &Recorded,
    (baseline, asked): (&Revision, Option<&str>),
    resting: &Resting<'_>,
) -> Result<Option<String>, Gap> {
    let environment: Environment = name.parse().map_err(|error: String| unknown_records(name, error))?;
    if resting.above.contains(&environment) {
        return Ok(Some(format!("its first record and that of {name} rest on each other")));
    }
    let most = usize::try_from(holds.number).unwrap_or(usize::MAX);
    let among = Among { most, above: resting.above.clone() };
    let chain = repository.records(&environment, resting.judge, Closeness::Repository, &among);
    let Some(chain) = chain.known()? else {
        return Err(unknown_records(name, "there are none here".to_string()));
    };
    let link = chain.last().ok().filter(|link| is_as_said(link, holds) && is_of(&link.entry, asked));
    match link.map(|link| &link.standing) {
        Some(RecordStanding::Unseen(gap)) => return Err(gap.clone()),
        Some(RecordStanding::Reproduced) if is_part_of(repository, baseline, &holds.candidate)? => {
            return Ok(None);
        }
        _ => {}
    }
    Ok(Some(format!("no record {} of {name} let {} through", holds.number, baseline.short())))
}

/// Facts that say nothing of a signature contradict none.
fn is_as_said(link: &RecordLink, said: &Recorded) -> bool {
    let seen = recorded_of(link);
    let signers = said.signers.as_ref().and(seen.signers);
    Recorded { signers, ..seen } == *said
}

fn unknown_records(environment: &str, detail: String) -> Gap {
    Gap::new(
        format!("the records of {environment}"),
        GapReason::MissingObject,
        detail,
        format!("Fetch them: `{}`.", crate::records::FETCH),
    )
}

//! `portcullis status`: what is deployed to an environment, what waits, and what blocks it.

use super::deploying::branch_named;
use super::exit::{Exit, Failure, Result};
use super::explain::branch_tip;
use super::hosts::{kind_of, open_host, profile_of};
use super::prepare::{Preparation, Prepared, prepare_named};
use super::record::{listed_record, no_record, pretty_json, read_chain, unseen_failure};
use super::{HostName, SubjectArguments, output};
use clap::Args;
use portcullis_collect::policy_texts::valid_policy_at;
use portcullis_collect::records::DeploymentRecords as _;
use portcullis_collect::request::JudgementRequest;
use portcullis_forge::Forge;
use portcullis_git::Repository;
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::decision::{Decision, Finding, SubjectKind, Verdict};
use portcullis_model::deployment::LandingFacts;
use portcullis_model::environment::Environment;
use portcullis_model::gathered::GatheredFacts;
use portcullis_model::host::NO_HOST;
use portcullis_model::reading::ReportReaders;
use portcullis_record::{Chain, FACTS, POLICY, RecordLink};
use portcullis_wire::decision::v1::FindingV1;
use portcullis_wire::facts::read_facts;
use portcullis_wire::status::v1::{LandingStateV1, StatusKindV1, StatusV1, VERSION, WaitingLandingV1};
use std::path::{Path, PathBuf};

/// Arguments of `status`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 whatever waits and whatever blocks it; 3 what waits could not be seen; 5 there is no record \
                        of the environment; 6 its records do not verify."
)]
pub struct StatusArguments {
    /// Name of the environment.
    environment: Environment,
    /// Host to ask. Default: none; what only a host knows is then unproven.
    #[arg(long, value_enum)]
    host: Option<HostName>,
    /// Repository on the host.
    #[arg(long, value_name = "OWNER/NAME")]
    repository: Option<String>,
    /// Branch that is deployed from. Default: that of the newest record.
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    /// Look at the landings up to this commit. Default: the tip of the branch by the host; without
    /// one as it was fetched last from `origin`, else as it is here.
    #[arg(long, value_name = "REV")]
    head: Option<String>,
    /// Test report, as for `check`. Without reports, suites that the policy wants are not met.
    #[arg(long = "report", value_name = "[SUITE=][FORMAT:]FILE")]
    reports: Vec<String>,
    /// File of statements, as for `check`.
    #[arg(long = "evidence", value_name = "FILE")]
    evidence: Vec<PathBuf>,
    /// Write JSON.
    #[arg(long)]
    json: bool,
}

/// Shows the status.
///
/// # Errors
/// There is no record, or what the environment waits for cannot be seen.
pub fn run(directory: &Path, arguments: &StatusArguments, readers: &dyn ReportReaders) -> Result {
    let repository = super::opening::open(directory)?;
    let environment = &arguments.environment;
    let chain = read_chain(&repository, environment)?.ok_or_else(|| no_record(&repository, environment))?;
    let link = match chain.last() {
        Ok(link) => link,
        Err(problems) => return Err(broken_chain(&chain, problems.len())),
    };
    let branch = find_branch(&repository, arguments, link)?;
    let (tip, tip_name) = find_tip(&repository, arguments, &branch)?;
    let mut status = StatusV1 {
        schema: VERSION,
        kind: StatusKindV1::Status,
        environment: environment.into(),
        records: chain.commits.len() as u64,
        deployed: listed_record(&chain, link),
        subject: subject_of(&repository, &link.entry.candidate),
        branch: branch.to_string(),
        tip: (&tip).into(),
        tip_name,
        host: name_of_host(arguments).to_string(),
        waiting: Some(Vec::new()),
        outcome: None,
        blocks: Vec::new(),
    };
    if tip != link.entry.candidate {
        look_ahead((directory, readers), arguments, &branch, &tip, &mut status)?;
    }
    show_status(&status, arguments.json)?;
    Ok(if status.waiting.is_some() { Exit::Allowed } else { Exit::Undetermined })
}

fn broken_chain(chain: &Chain, problems: usize) -> Failure {
    let environment = &chain.environment;
    let all: Vec<String> = chain.problems.iter().map(portcullis_render::record::problem).collect();
    let problems = portcullis_render::plural(problems as u64, "problem");
    Failure::unverified(format!(
        "the records of {environment} do not verify ({problems}): {}",
        all.join("; ")
    ))
    .hint(format!("see `portcullis record verify {environment}`"))
}

fn name_of_host(arguments: &StatusArguments) -> &'static str {
    match arguments.host {
        Some(HostName::Kind(kind)) => kind.name,
        Some(HostName::None) => NO_HOST,
        None if arguments.repository.is_some() => portcullis_forge::DEFAULT.name,
        None => NO_HOST,
    }
}

/// The branch that is named, else the one of the newest record: by its facts, or where it keeps
/// none by its policy.
fn find_branch(
    repository: &Repository,
    arguments: &StatusArguments,
    link: &RecordLink,
) -> Result<BranchName> {
    if let Some(name) = &arguments.branch {
        return Ok(BranchName::new(name));
    }
    let stored = repository.deployment(&link.commit).map_err(unseen_failure)?;
    let facts = stored.file(FACTS).and_then(|bytes| read_facts(bytes).ok());
    if let Some(GatheredFacts::Deployment(facts)) = facts {
        return Ok(facts.branch);
    }
    let policy = stored.file(POLICY).map(String::from_utf8_lossy);
    let (base, profile) = (&link.entry.baseline.commit, profile_of(arguments.host));
    let policy = policy.and_then(|text| valid_policy_at(repository, base, &text, &profile));
    let named = policy.and_then(|policy| branch_named(None, &policy));
    named.ok_or_else(|| Failure::usage("name the branch that is deployed from: --branch NAME"))
}

/// The commit up to which landings are looked at, and the name that it has.
fn find_tip(
    repository: &Repository,
    arguments: &StatusArguments,
    branch: &BranchName,
) -> Result<(Revision, String)> {
    if let Some(name) = &arguments.head {
        return Ok((repository.resolve(name)?, name.clone()));
    }
    let host = open_asked_host(arguments)?;
    let tip = branch_tip(repository, host.as_deref(), branch)?;
    if host.is_some() {
        return Ok((tip, format!("{branch} by the host")));
    }
    let fetched = format!("refs/remotes/origin/{branch}");
    let name = if repository.resolve(&fetched).is_ok() { fetched } else { format!("refs/heads/{branch}") };
    Ok((tip, name))
}

fn open_asked_host(arguments: &StatusArguments) -> Result<Option<Box<dyn Forge>>> {
    let Some(name) = &arguments.repository else { return Ok(None) };
    if arguments.host == Some(HostName::None) {
        return Ok(None);
    }
    let kind = kind_of(arguments.host).map_err(unseen_failure)?;
    if kind == &portcullis_forge::bare::KIND {
        return Ok(None);
    }
    open_host(kind, name, None).map(Some)
}

fn subject_of(repository: &Repository, commit: &Revision) -> Option<String> {
    repository.commit(commit).ok().map(|commit| commit.subject)
}

/// What the deployment gate would say of the tip.
fn look_ahead(
    (directory, readers): (&Path, &dyn ReportReaders),
    arguments: &StatusArguments,
    branch: &BranchName,
    tip: &Revision,
    status: &mut StatusV1,
) -> Result<()> {
    let is_none = arguments.host.is_none() && arguments.repository.is_none();
    let subject = SubjectArguments {
        host: if is_none { Some(HostName::None) } else { arguments.host },
        repository: arguments.repository.clone(),
        head: Some(tip.to_string()),
        reports: arguments.reports.clone(),
        evidence: arguments.evidence.clone(),
        ..SubjectArguments::default()
    };
    let request = JudgementRequest::Deployment {
        environment: arguments.environment.clone(),
        branch: Some(branch.to_string()),
        deployer: None,
    };
    // Until the landings are seen, no one knows what waits.
    status.waiting = None;
    let prepared = prepare_named(readers, directory, &subject, &request)?;
    let decision = prepared.decide(&[]);
    status.outcome = Some(decision.outcome.into());
    match &prepared {
        Preparation::Ready(ready) => fill_waiting(directory, ready, &decision, status),
        Preparation::Unseen(..) => {
            let stopping = decision.findings.iter().filter(|finding| is_stopping(finding));
            status.blocks = stopping.map(FindingV1::from).collect();
            Ok(())
        }
    }
}

fn fill_waiting(
    directory: &Path,
    ready: &Prepared,
    decision: &Decision,
    status: &mut StatusV1,
) -> Result<()> {
    let repository = super::opening::open(directory)?;
    let GatheredFacts::Deployment(facts) = &ready.facts else { return Ok(()) };
    let landings = facts.landings.value();
    let waiting =
        landings.map(|all| all.iter().map(|one| waiting_landing(&repository, one, decision)).collect());
    let is_other = |finding: &&Finding| {
        let mut landings = landings.into_iter().flatten();
        is_stopping(finding) && !landings.any(|landing| is_about(finding, &landing.landing.landed))
    };
    status.waiting = waiting;
    status.blocks = decision.findings.iter().filter(is_other).map(FindingV1::from).collect();
    Ok(())
}

/// A landing with what the decision says of it. What it says of a request or an area in a landing,
/// it says under the name of that landing.
fn waiting_landing(repository: &Repository, landing: &LandingFacts, decision: &Decision) -> WaitingLandingV1 {
    let landed = &landing.landing.landed;
    let of_it: Vec<&Finding> = decision.findings.iter().filter(|finding| is_about(finding, landed)).collect();
    let has = |verdict| of_it.iter().any(|finding| finding.verdict == verdict);
    let state = match (has(Verdict::Broken), has(Verdict::Unproven), has(Verdict::Waived)) {
        (true, _, _) => LandingStateV1::Blocked,
        (false, true, _) => LandingStateV1::Undetermined,
        (false, false, true) => LandingStateV1::Waived,
        (false, false, false) => LandingStateV1::Allowed,
    };
    let requests = landing.requests.value().into_iter().flatten();
    WaitingLandingV1 {
        landed: landed.into(),
        subject: subject_of(repository, landed),
        requests: requests.filter_map(|facts| Some(facts.host.request.value()?.id.to_string())).collect(),
        state,
        findings: of_it.into_iter().filter(|finding| is_stopping(finding)).map(FindingV1::from).collect(),
    }
}

fn is_about(finding: &Finding, landed: &Revision) -> bool {
    let (name, short) = (finding.subject.name.as_str(), landed.short());
    let is_landing = finding.subject.kind == SubjectKind::Landing && name == short;
    is_landing || name.strip_suffix(short).is_some_and(|rest| rest.ends_with(" in landing "))
}

/// Does it keep something from being allowed?
fn is_stopping(finding: &Finding) -> bool {
    matches!(finding.verdict, Verdict::Broken | Verdict::Unproven)
}

fn show_status(status: &StatusV1, json: bool) -> Result<()> {
    if json {
        return output::stdout(pretty_json(status)?.as_bytes());
    }
    let mut text = Vec::new();
    portcullis_render::status::write_status(status, output::for_columns(), &mut text)
        .map_err(|error| Failure::environment(error.to_string()))?;
    output::stdout(&text)
}

//! `portcullis record`: what was allowed to be deployed, one record after the other.

use super::exit::{Exit, Failure, Result};
use super::output;
use clap::{Args, Subcommand};
use portcullis_collect::record_writer::{Appended, NotAppended, append};
use portcullis_collect::records::{Closeness, DeploymentRecords, FETCH};
use portcullis_forge::check_known;
use portcullis_git::Repository;
use portcullis_judge::decide::decide_deployment;
use portcullis_judge::policy::Policy;
use portcullis_judge::policy::house::HouseTexts;
use portcullis_model::change::Revision;
use portcullis_model::decision::Decision;
use portcullis_model::deployment::Deployment;
use portcullis_model::environment::Environment;
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::gathered::GatheredFacts;
use portcullis_record::{self as record, Chain, Draft, PendingRecord, RecordLink, RecordedBaseline};
use portcullis_render::Style;
use portcullis_wire::facts::write_facts;
use serde::Serialize;
use std::path::{Path, PathBuf};

mod anchor;
mod listed;
mod name;
mod sign;
mod verify;

pub use anchor::read_anchor;
pub use listed::listed_record;
pub use name::RecordName;

/// What to do with the records.
#[derive(Debug, Subcommand)]
pub enum RecordCommand {
    /// List the records of every environment, or of one.
    List {
        /// List only this environment.
        #[arg(value_name = "ENVIRONMENT")]
        name: Option<Environment>,
        /// The same.
        #[arg(long, value_name = "NAME", conflicts_with = "name")]
        environment: Option<Environment>,
        /// Write JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show one record, or one of its files as stored.
    Show {
        /// Name of the environment, or of the record.
        #[arg(value_name = "ENVIRONMENT[#N]")]
        name: RecordName,
        /// Number of the record. Default: the newest.
        number: Option<u64>,
        /// Write one file of the record to stdout: record.json, decision.json, facts.json or
        /// policy.toml.
        #[arg(long, value_name = "NAME")]
        file: Option<String>,
    },
    /// Verify every record of an environment, or of all, and recompute each decision from the
    /// policy and facts that the record keeps.
    Verify(verify::Expectations),
    /// Write down the newest record of each environment and the newest snapshot of each branch, to
    /// be kept outside of the repository: in a ticket, an archive, a time stamp or a signed tag.
    Anchor(Anchoring),
}

/// Where to write an anchor.
#[derive(Debug, Args)]
pub struct Anchoring {
    /// File to write. Default: stdout.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Also write a request for a time stamp of the file (RFC 3161), to send to an authority.
    #[arg(long, value_name = "FILE", requires = "output")]
    timestamp_request: Option<PathBuf>,
}

/// Runs one of the commands.
///
/// # Errors
/// There is no repository or no record, or a record does not verify.
pub fn run(directory: &Path, command: &RecordCommand) -> Result {
    let repository = super::opening::open(directory)?;
    match command {
        RecordCommand::List { name, environment, json } => {
            list_records(&repository, name.as_ref().or(environment.as_ref()), *json)
        }
        RecordCommand::Show { name, number, file } => {
            show_record(&repository, &name.with_number(*number)?, file.as_deref())
        }
        RecordCommand::Verify(expectations) => verify::run(&repository, expectations),
        RecordCommand::Anchor(anchoring) => anchor::run(&repository, anchoring),
    }
}

fn list_records(repository: &Repository, only: Option<&Environment>, json: bool) -> Result {
    let environments = match only {
        Some(environment) => vec![environment.clone()],
        None => repository.environments().map_err(unseen_failure)?,
    };
    if environments.is_empty() {
        return Err(no_records(repository));
    }
    let read = |environment: &Environment| {
        read_chain(repository, environment)?.ok_or_else(|| no_record(repository, environment))
    };
    let mut has_problems = false;
    if json {
        let chains = environments.iter().map(read).collect::<Result<Vec<_>>>()?;
        output::stdout(listed::list_json(&chains)?.as_bytes())?;
        chains.iter().for_each(|chain| has_problems |= report_problems(chain));
    } else {
        for environment in &environments {
            let chain = read(environment)?;
            let mut text = Vec::new();
            portcullis_render::record::list(&chain, &mut text).map_err(write_failure)?;
            output::stdout(&text)?;
            has_problems |= report_problems(&chain);
        }
    }
    Ok(if has_problems { Exit::Unverified } else { Exit::Allowed })
}

/// Says what is wrong with a chain; is anything?
fn report_problems(chain: &Chain) -> bool {
    for problem in &chain.problems {
        output::complain(&format!("{}: {}", chain.environment, portcullis_render::record::problem(problem)));
    }
    !chain.problems.is_empty()
}

fn show_record(repository: &Repository, name: &RecordName, file: Option<&str>) -> Result {
    let RecordName { environment, number } = name;
    let number = *number;
    let chain = read_chain(repository, environment)?.ok_or_else(|| no_record(repository, environment))?;
    if let Some(file) = file {
        show_file(repository, &chain, number, file)?;
    } else {
        let mut text = Vec::new();
        portcullis_render::record::entry(find_readable(&chain, number)?, &mut text).map_err(write_failure)?;
        output::stdout(&text)?;
    }
    Ok(if report_problems(&chain) { Exit::Unverified } else { Exit::Allowed })
}

/// The commit of the record at a place, counted from 1.
fn commit_at(chain: &Chain, number: Option<u64>) -> Result<&Revision> {
    let count = chain.commits.len();
    let place = number.map_or(Some(count), |number| usize::try_from(number).ok());
    let commit = place.and_then(|place| place.checked_sub(1)).and_then(|index| chain.commits.get(index));
    commit.ok_or_else(|| {
        Failure::usage(format!(
            "{} has no such record; {}",
            chain.environment,
            if count == 1 {
                "there is record 1 only".to_string()
            } else {
                format!("there are the records 1 to {count}")
            }
        ))
    })
}

/// The record of this number; the newest where none is named.
///
/// # Errors
/// There is none, or it cannot be read.
pub fn find_readable(chain: &Chain, number: Option<u64>) -> Result<&RecordLink> {
    let commit = commit_at(chain, number)?;
    chain.links.iter().find(|link| link.commit == *commit).ok_or_else(|| {
        report_problems(chain);
        Failure::unverified(format!("the record in commit {commit} cannot be read"))
    })
}

fn show_file(repository: &Repository, chain: &Chain, number: Option<u64>, file: &str) -> Result<()> {
    let stored = repository.deployment(commit_at(chain, number)?).map_err(unseen_failure)?;
    let Some(bytes) = stored.file(file) else {
        let entry = chain.links.iter().find(|link| link.commit == stored.id).map(|link| &link.entry);
        if file == record::FACTS && entry.is_some_and(record::RecordEntry::omits_facts) {
            return Err(Failure::usage("the record keeps no facts.json: not reproducible: facts omitted"));
        }
        let names: Vec<_> = stored.files.keys().map(ToString::to_string).collect();
        return Err(Failure::usage(format!("the record holds no `{file}`; it holds {}", names.join(", "))));
    };
    output::data(bytes)
}

/// The records of an environment, each decision taken again; `None` where there are none.
///
/// # Errors
/// They cannot be read.
pub fn read_chain(repository: &Repository, environment: &Environment) -> Result<Option<Chain>> {
    read_records(repository, environment, Closeness::Chain)
}

fn read_records(
    repository: &Repository,
    environment: &Environment,
    closeness: Closeness,
) -> Result<Option<Chain>> {
    match repository.deployments(environment, &judge_text, closeness) {
        Fact::Known(chain) => Ok(chain),
        Fact::Gap(gap) => Err(unseen_failure(gap)),
    }
}

/// The error where an environment has no records.
pub fn no_record(repository: &Repository, environment: &Environment) -> Failure {
    let known = repository.environments().unwrap_or_default();
    let known: Vec<&str> = known.iter().map(Environment::as_str).collect();
    let known = match (output::nearest(environment.as_str(), known.iter().copied()), known.as_slice()) {
        (Some(meant), _) => format!(" (did you mean `{meant}`?)"),
        (None, []) => String::new(),
        (None, known) => format!(" (there are records of {})", known.join(", ")),
    };
    nothing_recorded(repository, &format!("there is no deployment record of {environment} here{known}"))
}

fn no_records(repository: &Repository) -> Failure {
    nothing_recorded(repository, "there are no deployment records here")
}

/// Records that are elsewhere are fetched; where there is no elsewhere, they are yet to be made.
fn nothing_recorded(repository: &Repository, message: &str) -> Failure {
    let first =
        "the first one is made by a deployment: `portcullis check --environment NAME --base REV --record`";
    match repository.remote_address() {
        Some(_) => Failure::environment(format!("{message}; {}", fetch_hint()))
            .hint(format!("only where the remote has none either: {first}")),
        None => Failure::environment(message.to_string()).hint(first),
    }
}

fn fetch_hint() -> String {
    format!("a clone does not bring them by itself: {FETCH}")
}

/// A gap as an error. What is not here is a matter of the clone; what is here and cannot be a
/// record is not.
pub fn unseen_failure(gap: Gap) -> Failure {
    let exit = match gap.reason {
        GapReason::Malformed | GapReason::Untrusted | GapReason::Truncated => Exit::Unverified,
        _ => Exit::Environment,
    };
    Failure::unseen(exit, &gap)
}

fn write_failure(error: impl std::fmt::Display) -> Failure {
    Failure::environment(error.to_string())
}

/// An allowed decision on its way into the record.
#[derive(Debug)]
pub struct DeploymentRecording<'a> {
    /// Where to.
    pub environment: &'a Environment,
    /// The newest record when the decision was taken; `None` when there was none.
    pub tip: Option<&'a Revision>,
    /// The commit that was allowed.
    pub candidate: &'a Revision,
    /// What it was compared with.
    pub baseline: RecordedBaseline,
    /// The decision.
    pub decision: &'a Decision,
    /// The facts that it was taken from. They hold names and addresses of people.
    pub facts: &'a Deployment,
    /// The text of the policy that it was taken by.
    pub policy: &'a str,
    /// Keep only the digest of the facts.
    pub omit_facts: bool,
    /// Who records.
    pub recorder: &'a str,
    /// When.
    pub time: jiff::Timestamp,
    /// The file of the key to sign the record with, or of its public part; `None`: the one that git
    /// signs with, where the policy asks for signed records.
    pub key: Option<&'a Path>,
}

/// Why a decision was not recorded.
#[derive(Debug)]
pub enum Unrecorded {
    /// The record has moved on since the decision was taken. It is void; another one may be taken.
    Moved(String),
    /// Everything else.
    Failed(Failure),
}

impl From<Failure> for Unrecorded {
    fn from(failure: Failure) -> Self {
        Unrecorded::Failed(failure)
    }
}

impl From<Unrecorded> for Failure {
    fn from(unrecorded: Unrecorded) -> Self {
        match unrecorded {
            Unrecorded::Moved(message) => Failure::environment(message),
            Unrecorded::Failed(failure) => failure,
        }
    }
}

/// Records an allowed decision on top of the record that it was taken on.
///
/// # Errors
/// The record has moved on meanwhile or does not verify, the decision does not allow this
/// candidate, or the repository cannot be written.
pub fn record_decision(
    directory: &Path,
    recording: &DeploymentRecording<'_>,
) -> std::result::Result<Appended, Unrecorded> {
    let chain = read_chain(&super::opening::open(directory)?, recording.environment)?;
    let tip = chain.as_ref().and_then(Chain::tip);
    if tip != recording.tip {
        let environment = recording.environment.clone();
        return Err(Unrecorded::Moved(NotAppended::Moved { environment, tip: tip.cloned() }.to_string()));
    }
    let sealed = sign::sign_record(directory, recording, prepare_draft(recording, chain.as_ref())?)?;
    append(directory, &sealed).map_err(|refusal| match refusal {
        NotAppended::Moved { .. } => Unrecorded::Moved(refusal.to_string()),
        _ => Unrecorded::Failed(Failure::environment(refusal.to_string())),
    })
}

fn prepare_draft(recording: &DeploymentRecording<'_>, chain: Option<&Chain>) -> Result<PendingRecord> {
    chain.map(Chain::last).transpose().map_err(|problems| {
        let problems: Vec<_> = problems.iter().map(portcullis_render::record::problem).collect();
        Failure::unverified(format!(
            "nothing is recorded on top of what does not verify: {}",
            problems.join("; ")
        ))
    })?;
    record::prepare_record(draft_of(recording)?, chain, &judge_text).map_err(|faults| {
        let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
        Failure::unverified(format!("this decision cannot be recorded: {}", faults.join("; ")))
    })
}

fn draft_of(recording: &DeploymentRecording<'_>) -> Result<Draft> {
    let decision = recording.decision;
    Ok(Draft {
        environment: recording.environment.clone(),
        repository: decision.judged.repository.clone(),
        candidate: recording.candidate.clone(),
        baseline: recording.baseline.clone(),
        decision: decision_json(decision, false)?,
        policy: recording.policy.as_bytes().to_vec(),
        facts: facts_json(recording.facts.clone())?.into_bytes(),
        omit_facts: recording.omit_facts,
        recorder: recording.recorder.to_string(),
        time: recording.time,
    })
}

/// Takes a decision again: the bytes that are recorded of it.
///
/// # Errors
/// By this policy nothing can be judged.
pub fn judge_text(policy: &str, facts: &Deployment) -> std::result::Result<Vec<u8>, String> {
    let houses = HouseTexts::in_facts(&facts.whole);
    let policy =
        Policy::parse_extending(policy, &facts.whole.host.profile(), &houses).map_err(|problems| {
            format!(
                "its policy cannot be read ({})",
                portcullis_render::plural(problems.len() as u64, "mistake")
            )
        })?;
    check_known(facts.all_facts()).map_err(|error| error.to_string())?;
    decision_json(&decide_deployment(&policy, facts), false).map_err(|failure| failure.message)
}

/// The bytes of `--format json=FILE`, so that the digest in the record is that of the file.
///
/// # Errors
/// Those of the JSON writer; with these types there are none.
pub fn decision_json(decision: &Decision, advisory: bool) -> Result<Vec<u8>> {
    let style = Style { colour: false, width: 80, verbose: false, advisory };
    let mut bytes = Vec::new();
    (portcullis_render::json::FORMAT.write)(decision, &portcullis_render::Context::plain(style), &mut bytes)
        .map_err(write_failure)?;
    Ok(bytes)
}

/// A form as JSON for programs that call this one: two spaces, harmless in a log.
///
/// # Errors
/// Those of the JSON writer; with the types of `wire` there are none.
pub fn pretty_json(form: &impl Serialize) -> Result<String> {
    let text = serde_json::to_string_pretty(form).map_err(write_failure)?;
    Ok(portcullis_render::plain_json(&text) + "\n")
}

/// Reads the name of a commit with all its digits, for clap.
///
/// # Errors
/// The text is no such name.
pub fn object_name(text: &str) -> Result<Revision> {
    Revision::try_from(text.to_string()).map_err(Failure::usage)
}

/// The text of facts, as `portcullis facts` writes it.
///
/// # Errors
/// Those of the JSON writer; with these types there are none.
pub fn facts_json(facts: impl Into<GatheredFacts>) -> Result<String> {
    let text = write_facts(facts).map_err(write_failure)?;
    Ok(portcullis_render::plain_json(&text) + "\n")
}

//! `portcullis replay`: take a decision again, without network, and compare it byte for byte.

use super::exit::{Failure, Result};
use super::policy_file::read_policy;
use super::program::built_from;
use super::record::{
    RecordName, find_readable, judge_text, no_record, object_name, pretty_json, read_chain, unseen_failure,
};
use super::replayed::{KeptWords, exit_of, judge_gathered, judge_otherwise};
use super::{file_kind, output};
use clap::Args;
use portcullis_collect::records::DeploymentRecords as _;
use portcullis_model::change::Revision;
use portcullis_model::gathered::GatheredFacts;
use portcullis_record::{
    Compared, DECISION, EARLIER, FACTS, LARGEST, NotSealed, NotTaken, POLICY, RecordLink, StoredEntry,
    compare_decisions, is_of_same_build, read_sealed,
};
use portcullis_wire::decision::v1::{DecisionV1, OutcomeV1};
use portcullis_wire::facts::read_facts;
use portcullis_wire::replay::v1::{ReplayResultV1, ReplayV1};
use portcullis_wire::sealed::v1::{SealedJudgedV1, SealedProgramV1};
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Arguments of `replay`.
///
/// Exit codes: 0 the same bytes (whatever the outcome), 6 another decision, or something was
/// changed, 3 it cannot be taken again, 5 the file cannot be read.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 the same bytes, whatever the outcome; 6 another decision, or something was changed; 3 it \
                        cannot be taken again: facts omitted, or other words by another version; 4 --policy is not valid; 5 \
                        the file cannot be read."
)]
pub struct ReplayArguments {
    /// Sealed decision (`./FILE` if its name looks like that of an environment), or a deployment
    /// record: the newest of an environment, or the one of this number.
    #[arg(value_name = "FILE | ENVIRONMENT[#N]")]
    target: PathBuf,
    /// Also show what this policy would have decided from the same facts. Changes no exit code.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Commit that must have been judged, with all its digits.
    #[arg(long, value_name = "COMMIT", value_parser = object_name)]
    head: Option<Revision>,
    /// Repository that must have been asked about: a copy of it holds the same commits, and has
    /// other reviewers.
    #[arg(long, value_name = "OWNER/NAME")]
    repository: Option<String>,
    /// Write JSON.
    #[arg(long)]
    json: bool,
}

/// What a replay takes a decision from.
struct ReplayBasis {
    decision: Vec<u8>,
    facts: GatheredFacts,
    advisory: bool,
}

/// Takes the decision again.
///
/// # Errors
/// There is no such file or record, or it is of another kind.
pub fn run(directory: &Path, arguments: &ReplayArguments) -> Result {
    let name = arguments.target.to_str().and_then(|text| text.parse::<RecordName>().ok());
    let (mut replay, basis) = match name {
        Some(name) => replay_record(directory, &name, &arguments.target)?,
        None => replay_file(&arguments.target)?,
    };
    if let Some(expected) = &arguments.head {
        expect_head(&mut replay, expected);
    }
    if let Some(expected) = &arguments.repository {
        expect_repository(&mut replay, expected);
    }
    if let (Some(file), Some(basis), false) =
        (&arguments.policy, basis, replay.result == ReplayResultV1::Differs)
    {
        let policy = read_policy(file, &basis.facts.whole().host.profile())?;
        replay.other_policy = Some(judge_otherwise(&basis.decision, &policy, &basis.facts, basis.advisory)?);
    }
    show_replay(&replay, arguments)?;
    Ok(exit_of(&replay))
}

fn show_replay(replay: &ReplayV1, arguments: &ReplayArguments) -> Result<()> {
    if arguments.json {
        return output::stdout(pretty_json(replay)?.as_bytes());
    }
    let mut text = Vec::new();
    let asked = arguments.policy.as_deref().map(|file| file.display().to_string());
    portcullis_render::replay::write_replay(replay, asked.as_deref(), output::for_people(false), &mut text)
        .map_err(|error| Failure::environment(error.to_string()))?;
    output::stdout(&text)
}

/// A decision is about one commit, and says nothing about any other.
fn expect_head(replay: &mut ReplayV1, expected: &Revision) {
    if replay.judged.head.as_ref() != Some(&expected.into()) {
        replay.result = ReplayResultV1::Differs;
        replay.reasons.insert(0, format!("the decision is not about {expected}, which was expected"));
    }
}

fn expect_repository(replay: &mut ReplayV1, expected: &str) {
    let judged = replay.judged.repository.as_deref();
    if !judged.is_some_and(|judged| judged.eq_ignore_ascii_case(expected)) {
        let reason = format!("the decision is not about the repository {expected}, which was expected");
        replay.result = ReplayResultV1::Differs;
        replay.reasons.insert(0, reason);
    }
}

fn replay_file(file: &Path) -> Result<(ReplayV1, Option<ReplayBasis>)> {
    let bytes = read_limited(file)?;
    let sealed = read_sealed(&bytes).map_err(|error| not_sealed(file, &bytes, &error))?;
    let faults: Vec<String> = sealed.faults().iter().map(ToString::to_string).collect();
    let taken = sealed.take_again(&judge_gathered);
    let form = &sealed.form;
    let words = KeptWords {
        name: file.display().to_string(),
        outcome: Some(form.outcome),
        advisory: form.advisory,
        judged: form.judged.clone(),
        program: form.program.clone(),
        is_ours: sealed.is_ours(built_from()),
    };
    let replay = words.conclude(faults, taken)?;
    let basis = sealed.facts().ok().map(|facts| ReplayBasis {
        decision: sealed.decision().to_vec(),
        facts,
        advisory: sealed.form.advisory,
    });
    Ok((replay, basis))
}

/// The bytes of a file, unless there are too many.
///
/// # Errors
/// It cannot be read.
pub fn read_limited(file: &Path) -> Result<Vec<u8>> {
    let cannot =
        |why: &dyn std::fmt::Display| Failure::environment(format!("cannot read {}: {why}", file.display()));
    let opened = File::open(file).map_err(|error| {
        let failure = cannot(&error);
        match error.kind() {
            std::io::ErrorKind::NotFound => failure
                .hint("name a sealed decision, or a record as `portcullis record list` does: ENVIRONMENT#N"),
            _ => failure,
        }
    })?;
    let mut bytes = Vec::new();
    opened.take(LARGEST as u64 + 1).read_to_end(&mut bytes).map_err(|error| cannot(&error))?;
    if bytes.len() > LARGEST {
        return Err(cannot(&format!("it is larger than {} MiB", LARGEST >> 20)));
    }
    Ok(bytes)
}

/// The error about a file that is no sealed decision.
pub fn not_sealed(file: &Path, bytes: &[u8], error: &NotSealed) -> Failure {
    let name = file.display();
    match (error, file_kind::recognise_no_seal(bytes)) {
        (NotSealed::Form(_), Some(other)) => Failure::environment(format!("{name}: {other}")),
        _ => Failure::environment(format!("{name}: {error}")),
    }
}

fn replay_record(
    directory: &Path,
    name: &RecordName,
    target: &Path,
) -> Result<(ReplayV1, Option<ReplayBasis>)> {
    let repository = super::opening::open(directory)?;
    let chain = read_chain(&repository, &name.environment)?.ok_or_else(|| {
        let failure = no_record(&repository, &name.environment);
        if target.exists() {
            failure.hint(format!("to replay the file, write ./{}", target.display()))
        } else {
            failure
        }
    })?;
    let link = find_readable(&chain, name.number)?;
    let stored = repository.deployment(&link.commit).map_err(unseen_failure)?;
    let faults: Vec<String> =
        chain.problems.iter().map(|problem| format!("the records do not verify: {problem}")).collect();
    let (decision, facts) = (stored.file(DECISION).unwrap_or_default(), stored.file(FACTS));
    let read = facts.and_then(|bytes| read_facts(bytes).ok());
    let mut replay = words_of_record(name, link, decision).conclude(faults, take_record(link, &stored))?;
    if link.entry.schema == EARLIER && replay.result == ReplayResultV1::NotReproducible {
        replay.reasons = vec!["the record is of the earlier form, which keeps no facts".to_string()];
    }
    let basis = read.map(|facts| ReplayBasis { decision: decision.to_vec(), facts, advisory: false });
    Ok((replay, basis))
}

fn words_of_record(name: &RecordName, link: &RecordLink, decision: &[u8]) -> KeptWords {
    let entry = &link.entry;
    let form: Option<DecisionV1> = serde_json::from_slice(decision).ok();
    let judged = SealedJudgedV1 {
        repository: entry.repository.clone(),
        environment: Some(entry.environment.to_string()),
        requests: form.as_ref().map(|form| form.judged.requests.clone()).unwrap_or_default(),
        base: Some((&entry.baseline.commit).into()),
        head: Some((&entry.candidate).into()),
    };
    KeptWords {
        name: format!("{}#{}", name.environment, entry.number),
        outcome: Some(OutcomeV1::from(entry.outcome)),
        advisory: false,
        judged,
        program: SealedProgramV1 { version: entry.tool.clone(), commit: None },
        is_ours: is_of_same_build(&entry.tool, None, built_from()),
    }
}

fn take_record(link: &RecordLink, stored: &StoredEntry) -> std::result::Result<Compared, NotTaken> {
    let entry = &link.entry;
    if entry.omits_facts() {
        return Err(NotTaken::Omitted);
    }
    if entry.schema == EARLIER {
        return Err(NotTaken::Nothing);
    }
    let unreadable = |why: String| NotTaken::Unreadable(why);
    let missing = |name: &str| NotTaken::Unreadable(format!("{name} is missing"));
    let file = |name: &'static str| stored.file(name).ok_or_else(|| missing(name));
    let facts = read_facts(file(FACTS)?).map_err(|error| unreadable(error.to_string()))?;
    let GatheredFacts::Deployment(facts) = facts else {
        return Err(unreadable("facts.json is not of a deployment".to_string()));
    };
    let again = judge_text(&String::from_utf8_lossy(file(POLICY)?), &facts).map_err(unreadable)?;
    Ok(compare_decisions(file(DECISION)?, &again))
}

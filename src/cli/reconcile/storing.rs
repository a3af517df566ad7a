//! Keeping a run in the repository.

use super::KeepingArguments;
use super::compared::JudgedComparison;
use crate::exit::{Exit, Failure, Result};
use crate::record::unseen_failure;
use crate::{opening, output, signing};
use jiff::Timestamp;
use portcullis_attest::AttestError;
use portcullis_attest::run::SignedRun;
use portcullis_attest::signed_item::SignedItem as _;
use portcullis_attest::signers::AllowedSigners;
use portcullis_collect::record_signatures::signers_at;
use portcullis_collect::records::FETCH;
use portcullis_collect::runs::{append_run, read_runs};
use portcullis_git::commit_writer::WriteError;
use portcullis_model::change::Revision;
use portcullis_model::digest::Digest;
use portcullis_model::path::RepoPath;
use portcullis_model::reconciliation::{Dataset, ReconciliationRun};
use portcullis_record::run::{PendingRun, RunChain, RunChainFault, prepare_run, run_reference};
use std::path::{Path, PathBuf};

/// How often a run is made again when another one was written meanwhile.
const TRIES: u32 = 5;

/// What is kept, and how.
pub(super) struct Keeping<'a> {
    pub(super) directory: &'a Path,
    pub(super) dataset: &'a Dataset,
    pub(super) policy: &'a Digest,
    pub(super) arguments: &'a KeepingArguments,
}

/// The runs of a dataset in the repository here, which have to verify.
pub(super) fn chain_of(directory: &Path, dataset: &Dataset) -> Result<Option<RunChain>> {
    let repository = opening::open(directory)?;
    let chain =
        read_runs(&repository, &run_reference(&dataset.name), Timestamp::now()).map_err(unseen_failure)?;
    match chain.as_ref().and_then(|chain| chain.problems.first()) {
        None => Ok(chain),
        Some(problem) => Err(Failure::unverified(format!(
            "nothing rests on what does not verify: {}: {problem}",
            dataset.name
        ))
        .hint(format!(
            "See `portcullis reconcile verify {}`; restore the ref from a clone that has it.",
            dataset.name
        ))),
    }
}

/// Stores the run of a comparison on top of the newest one, which another job may write at the same
/// time.
pub(super) fn keep_run(
    keeping: &Keeping<'_>,
    compared: &JudgedComparison,
) -> Result<(ReconciliationRun, Revision)> {
    let mut tries = 1;
    loop {
        let pending = prepare(keeping, compared)?;
        match append_run(keeping.directory, &pending) {
            Ok(commit) => {
                publish(keeping)?;
                return Ok((pending.run, commit));
            }
            Err(WriteError::Moved { .. }) if tries < TRIES => tries += 1,
            Err(error) => return Err(Failure::environment(error.to_string())),
        }
    }
}

fn prepare(keeping: &Keeping<'_>, compared: &JudgedComparison) -> Result<PendingRun> {
    let chain = chain_of(keeping.directory, keeping.dataset)?;
    let last = chain.as_ref().and_then(RunChain::newest);
    let draft = compared.draft(keeping.policy, last, Timestamp::now());
    let pending = prepare_run(draft, keeping.dataset, chain.as_ref()).map_err(|fault| match fault {
        RunChainFault::Time => Failure::environment(format!(
            "the newest run of {} is from after the time of this machine: set its clock",
            keeping.dataset.name
        )),
        fault => Failure::environment(format!("no run of {} can be written: {fault}", keeping.dataset.name)),
    })?;
    sign(keeping, pending)
}

fn publish(keeping: &Keeping<'_>) -> Result<()> {
    let Some(remote) = &keeping.arguments.push else { return Ok(()) };
    let reference = run_reference(&keeping.dataset.name);
    signing::push(keeping.directory, remote, &reference, "the run is").map_err(|failure| {
        Failure { hints: Vec::new(), ..failure }
            .hint(format!("where the remote has runs that are not here, fetch them first: {FETCH}"))
    })
}

/// The run with a signature, where the dataset asks for one or a key was named.
fn sign(keeping: &Keeping<'_>, pending: PendingRun) -> Result<PendingRun> {
    let list = keeping.dataset.signers.as_ref();
    let Some(named) = keeping.arguments.sign.clone().or_else(|| list.map(|_| PathBuf::new())) else {
        return Ok(pending);
    };
    let named = Some(named.as_path()).filter(|key| !key.as_os_str().is_empty());
    let key = signing::find_key(keeping.directory, named)?;
    let allowed = list.map(|path| allowed_signers(keeping.directory, path)).transpose()?;
    let name = match &allowed {
        Some(allowed) => listed_name(allowed, &key).ok_or_else(|| {
            let list = list.map(ToString::to_string).unwrap_or_default();
            Failure::policy(format!("the key {} is not in {list} at HEAD", key.public.fingerprint()))
                .hint("name a key of the list with --sign, or land this one there")
        })?,
        None => key.email.clone().unwrap_or_default(),
    };
    let signed =
        SignedRun { run: &pending.digest, dataset: &pending.run.dataset, number: pending.run.number };
    let armoured = signing::sign(keeping.directory, &key, &signed.message(&name).map_err(failed)?)?;
    let envelope = signed.seal(&name, &armoured).map_err(failed)?;
    if let Some(allowed) = &allowed {
        signed.verify(&envelope, allowed, pending.run.time).map_err(|error| {
            Failure::unverified(format!("the signature of the run would not count: {error}"))
        })?;
    }
    output::remark(&format!("signed as {name}"));
    Ok(pending.signed(envelope))
}

fn failed(error: AttestError) -> Failure {
    Failure::environment(error.to_string())
}

pub(super) fn allowed_signers(directory: &Path, path: &RepoPath) -> Result<AllowedSigners> {
    let repository = opening::open(directory)?;
    let head = repository.resolve("HEAD")?;
    signers_at(&repository, path, &head).map_err(|gap| Failure::unseen(Exit::Policy, &gap))
}

/// What the list calls the owner of the key; of several names the address that git commits with.
pub(super) fn listed_name(allowed: &AllowedSigners, key: &signing::FoundKey) -> Option<String> {
    let names = allowed.names_of_key(&key.public);
    let by_address = names.iter().find(|name| Some(name.as_str()) == key.email.as_deref());
    by_address.or_else(|| names.first()).map(|name| name.as_str().to_string())
}

//! Runs of a reconciliation as they lie in a repository. The rules for them are in
//! [`portcullis_record::run`].
//!
//! A fresh clone holds none of them. So "there is no run here" never means "nothing was compared".

use crate::gather::text_at;
use crate::records::entry_of;
use jiff::Timestamp;
use portcullis_attest::run::SignedRun;
use portcullis_attest::signed_item::SignedItem as _;
use portcullis_attest::signers::AllowedSigners;
use portcullis_git::Repository;
use portcullis_git::commit_writer::{NewCommit, WriteError, store_commit};
use portcullis_model::change::{ObjectName, Revision};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::inquiry::Inquiry;
use portcullis_model::path::RepoPath;
use portcullis_model::reconciliation::{DatasetRuns, KnownRun, ReconciliationFacts, RecordedDeployment};
use portcullis_record::run::{PendingRun, RUNS_PREFIX, RunChain, RunLink, RunVerifier, run_reference};
use portcullis_record::{DECISION, PREFIX, RECORD, RecordEntry, StoredEntry};
use portcullis_wire::decision::v1::DecisionV1;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

/// A chain is read up to this length: one run an hour for eleven years.
const LONGEST: usize = 100_000;

/// How many runs and deployments the facts hold, from the newest on.
const KNOWN: usize = 50;

/// The refs of all datasets that have runs here, sorted.
///
/// # Errors
/// The refs cannot be read.
pub fn run_refs(repository: &Repository) -> Result<Vec<String>, Gap> {
    repository.refs_below(RUNS_PREFIX)
}

/// The runs of a dataset, checked; `None` where there are none here.
///
/// # Errors
/// An object is missing, or the chain is longer than any that is read.
pub fn read_runs(
    repository: &Repository,
    reference: &str,
    clock: Timestamp,
) -> Result<Option<RunChain>, Gap> {
    let Some(tip) = repository.ref_tip(reference)? else { return Ok(None) };
    let mut verifier = RunVerifier::new(reference.to_string(), clock);
    let line = repository.line_to(&tip, LONGEST)?.ok_or_else(|| too_long(reference))?;
    for commit in line {
        verifier.push(&entry_of(repository.stored_commit(&commit)?));
    }
    Ok(Some(verifier.finish()))
}

fn too_long(reference: &str) -> Gap {
    Gap::new(
        format!("the runs below `{reference}`"),
        GapReason::Truncated,
        format!("there are more than {LONGEST}"),
        "Find out who wrote them: an hourly job writes 8,760 in a year.",
    )
}

/// Stores a run in the repository that `path` is in, and moves the ref of its dataset to it.
///
/// # Errors
/// The chain has moved on, is locked, or the repository cannot be written. The ref is then as it
/// was.
pub fn append_run(path: &Path, pending: &PendingRun) -> Result<Revision, WriteError> {
    let commit = |tree: &ObjectName| pending.commit(tree);
    let new = NewCommit {
        reference: &run_reference(&pending.run.dataset),
        previous: pending.previous.as_ref(),
        files: &pending.files,
        commit: &commit,
        log: "portcullis: run of a reconciliation",
    };
    store_commit(path, &new)
}

/// What a deployment to an environment from a baseline has to know of reconciliation; `None` where
/// the inquiry does not ask.
pub fn gather_runs(
    repository: &Repository,
    inquiry: &Inquiry,
    environment: &str,
    baseline: &Revision,
    clock: Timestamp,
) -> Option<ReconciliationFacts> {
    if inquiry.datasets.is_empty() {
        return None;
    }
    let mut lists = SignerLists { repository, baseline, known: BTreeMap::new() };
    let datasets = inquiry.datasets.iter().map(|(dataset, signers)| {
        let (runs, older) = match known_runs(repository, dataset, signers, &mut lists, clock) {
            Ok((runs, older)) => (Fact::Known(runs), older),
            Err(gap) => (Fact::Gap(gap), 0),
        };
        DatasetRuns { dataset: dataset.clone(), runs, older }
    });
    let datasets = datasets.collect();
    let deployments = recorded_deployments(repository, environment).into();
    Some(ReconciliationFacts { datasets, deployments })
}

fn known_runs(
    repository: &Repository,
    dataset: &str,
    signers: &BTreeSet<RepoPath>,
    lists: &mut SignerLists<'_>,
    clock: Timestamp,
) -> Result<(Vec<KnownRun>, u64), Gap> {
    let Some(chain) = read_runs(repository, &run_reference(dataset), clock)? else {
        return Ok((Vec::new(), 0));
    };
    if let Some(problem) = chain.problems.first() {
        return Err(Gap::new(
            format!("the runs of `{dataset}`"),
            GapReason::Contradiction,
            problem.to_string(),
            format!("See `portcullis reconcile verify {dataset}`; restore the ref from a clone that has it."),
        ));
    }
    let older = chain.links.len().saturating_sub(KNOWN);
    let newest = chain.links.iter().skip(older);
    Ok((newest.map(|link| known_run(link, signers, lists)).collect(), older as u64))
}

fn known_run(link: &RunLink, signers: &BTreeSet<RepoPath>, lists: &mut SignerLists<'_>) -> KnownRun {
    let run = &link.run;
    KnownRun {
        number: run.number,
        commit: link.commit.clone(),
        time: run.time,
        definition: run.definition.clone(),
        population: run.population,
        source_as_of: run.manifests.source.as_of,
        target_as_of: run.manifests.target.as_of,
        classes: run.classes.clone(),
        shares: run.shares.clone(),
        faults: run.faults.clone(),
        signed_by: signers.iter().filter(|path| lists.verifies(path, link)).cloned().collect(),
    }
}

/// The lists of signers at the baseline, each read once.
struct SignerLists<'a> {
    repository: &'a Repository,
    baseline: &'a Revision,
    known: BTreeMap<RepoPath, Option<AllowedSigners>>,
}

impl SignerLists<'_> {
    /// Is a run signed with a key of this list? A list that cannot be read verifies nothing.
    fn verifies(&mut self, path: &RepoPath, link: &RunLink) -> bool {
        let Some(envelope) = &link.signature else { return false };
        if !self.known.contains_key(path) {
            let text = text_at(self.repository, self.baseline, path).ok().flatten();
            let list = text.and_then(|text| AllowedSigners::read(text.as_bytes()).ok());
            self.known.insert(path.clone(), list);
        }
        let list = self.known.get(path).and_then(Option::as_ref);
        list.is_some_and(|allowed| signed_run(link).verify(envelope, allowed, link.run.time).is_ok())
    }
}

/// The runs of a chain that someone in a list of signers signed, in their order. The list is read
/// at a commit.
pub fn signed_runs<'l>(
    repository: &Repository,
    at: &Revision,
    list: &RepoPath,
    links: &'l [RunLink],
) -> Vec<&'l RunLink> {
    let mut lists = SignerLists { repository, baseline: at, known: BTreeMap::new() };
    links.iter().filter(|link| lists.verifies(list, link)).collect()
}

/// What a signature of a run has to be of.
pub fn signed_run(link: &RunLink) -> SignedRun<'_> {
    SignedRun { run: &link.digest, dataset: &link.run.dataset, number: link.run.number }
}

/// The newest deployments to an environment that its records name, oldest first. The chain of
/// records is checked where it is decided what is deployed.
///
/// # Errors
/// An object is missing, or a record cannot be read.
pub fn recorded_deployments(
    repository: &Repository,
    environment: &str,
) -> Result<Vec<RecordedDeployment>, Gap> {
    let mut found = VecDeque::new();
    let Some(tip) = repository.ref_tip(&format!("{PREFIX}{environment}"))? else { return Ok(Vec::new()) };
    repository.each_stored_back(&tip, |stored| {
        let entry = entry_of(stored);
        found.push_front(read_deployment(&entry)?);
        Ok(found.len() < KNOWN)
    })?;
    Ok(found.into())
}

fn read_deployment(stored: &StoredEntry) -> Result<RecordedDeployment, Gap> {
    let what = || format!("the deployment record {}", stored.id.short());
    let malformed = |detail: String| {
        Gap::new(what(), GapReason::Malformed, detail, "Verify the records: `portcullis record verify`.")
    };
    let bytes = stored.file(RECORD).ok_or_else(|| malformed(format!("it has no `{RECORD}`")))?;
    let entry: RecordEntry = serde_json::from_slice(bytes).map_err(|error| malformed(error.to_string()))?;
    let decision: Option<DecisionV1> =
        stored.file(DECISION).and_then(|bytes| serde_json::from_slice(bytes).ok());
    let areas = match decision {
        Some(decision) => Fact::Known(decision.areas.into_iter().map(|area| area.area).collect()),
        None => Fact::Gap(malformed(format!("its `{DECISION}` cannot be read"))),
    };
    Ok(RecordedDeployment { number: entry.number, candidate: entry.candidate, time: entry.time, areas })
}

//! A run that is made and not yet stored.

use super::chain::{RunChain, find_faults};
use super::fault::RunChainFault;
use super::{LARGEST_RUN, LISTED_BREAKS, RUN_FILE, run_commit};
use crate::{SIGNATURE, TOOL};
use jiff::Timestamp;
use portcullis_model::change::{ObjectName, Revision};
use portcullis_model::digest::Digest;
use portcullis_model::reconciliation::run::{
    RecordBreak, RunManifests, RunShare, judge_run, judge_with_shares,
};
use portcullis_model::reconciliation::{
    ClassCount, Dataset, ReconciliationRun, RecordClass, RunOutcome, RunPopulation,
};
use portcullis_wire::run::v1::{VERSION, write_run};
use std::collections::BTreeMap;

/// What is to be stored.
#[derive(Clone, Debug)]
pub struct RunDraft {
    /// When the comparison ended; kept to the second.
    pub time: Timestamp,
    /// The SHA-256 of the policy.
    pub policy: Digest,
    /// Which records were compared.
    pub population: RunPopulation,
    /// What was compared.
    pub manifests: RunManifests,
    /// How many records each class has.
    pub classes: BTreeMap<RecordClass, ClassCount>,
    /// The shares of deadlines that are not of all records.
    pub shares: Vec<RunShare>,
    /// Rejects for each reason.
    pub reasons: BTreeMap<String, u64>,
    /// Why nothing can be concluded.
    pub faults: Vec<String>,
    /// Why nothing can be concluded where no class is over its budget.
    pub doubts: Vec<String>,
    /// All open differences, oldest first.
    pub breaks: Vec<RecordBreak>,
    /// How many there are that `breaks` leaves out.
    pub unlisted_breaks: u64,
    /// What changed in kind.
    pub drift: Vec<String>,
    /// The SHA-256 of the comparison's result.
    pub result: Option<Digest>,
}

/// A run that only needs to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingRun {
    /// What it says.
    pub run: ReconciliationRun,
    /// The commit before it: the ref must still point to this one when it is stored.
    pub previous: Option<Revision>,
    /// Its files.
    pub files: BTreeMap<&'static str, Vec<u8>>,
    /// The SHA-256 of its `run.json`.
    pub digest: Digest,
}

impl PendingRun {
    /// Its commit as git stores it, given the name of its tree.
    #[must_use]
    pub fn commit(&self, tree: &ObjectName) -> Vec<u8> {
        run_commit(tree, self.previous.as_ref(), &self.run, &self.digest)
    }

    /// The same with a signature of its `run.json`.
    #[must_use]
    pub fn signed(mut self, envelope: Vec<u8>) -> Self {
        self.files.insert(SIGNATURE, envelope);
        self
    }
}

/// Keeps the oldest differences, and all that are accepted.
fn shorten(breaks: &mut Vec<RecordBreak>) {
    let accepted = breaks.iter().filter(|one| one.accepted).count();
    let mut room = LISTED_BREAKS.saturating_sub(accepted);
    breaks.retain(|one| {
        let fits = room > 0;
        room -= usize::from(!one.accepted && fits);
        one.accepted || fits
    });
    breaks.truncate(LISTED_BREAKS);
}

/// Makes a run on top of the chain of its dataset, which has to verify.
///
/// # Errors
/// What a check of the chain would find wrong with it.
pub fn prepare_run(
    draft: RunDraft,
    dataset: &Dataset,
    chain: Option<&RunChain>,
) -> Result<PendingRun, RunChainFault> {
    let last = chain.and_then(|chain| chain.links.last());
    let time = Timestamp::from_second(draft.time.as_second()).map_err(|_| RunChainFault::Time)?;
    if last.is_some_and(|link| time < link.run.time) {
        return Err(RunChainFault::Time);
    }
    let mut faults = draft.faults;
    if judge_run(&draft.classes, &faults, &dataset.budgets) == RunOutcome::Green {
        faults.extend(draft.doubts);
    }
    let outcome = judge_with_shares(&draft.classes, &draft.shares, &faults, &dataset.budgets);
    let mut breaks = draft.breaks;
    let unlisted = breaks.len().saturating_sub(LISTED_BREAKS) as u64;
    shorten(&mut breaks);
    let run = ReconciliationRun {
        schema: VERSION,
        dataset: dataset.name.clone(),
        number: last.map_or(1, |link| link.run.number.saturating_add(1)),
        previous: last.map(|link| link.digest.clone()),
        time,
        definition: dataset.definition(),
        policy: draft.policy,
        population: draft.population,
        manifests: draft.manifests,
        outcome,
        classes: draft.classes,
        shares: draft.shares,
        reasons: draft.reasons,
        faults,
        breaks,
        unlisted_breaks: draft.unlisted_breaks.saturating_add(unlisted),
        drift: draft.drift,
        result: draft.result,
        tool: TOOL.to_string(),
    };
    if let Some(fault) = find_faults(&run).into_iter().next() {
        return Err(fault);
    }
    let unwritable = |error: serde_json::Error| RunChainFault::Unreadable(error.to_string());
    let bytes = write_run(run.clone()).map_err(unwritable)?;
    if bytes.len() > LARGEST_RUN {
        return Err(RunChainFault::Large);
    }
    let digest = Digest::of(&bytes);
    let previous = last.map(|link| link.commit.clone());
    Ok(PendingRun { run, previous, files: BTreeMap::from([(RUN_FILE, bytes)]), digest })
}

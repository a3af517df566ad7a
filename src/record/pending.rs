//! A record that is made and not yet stored.

use super::chain::Chain;
use super::entry::{KeptFile, RecordEntry, RecordedBaseline, commit_bytes};
use super::fault::Fault;
use super::rejudge::{Judge, Rejudging};
use super::stored::RecordLink;
use super::{DECISION, FACTS, POLICY, RECORD, SCHEMA, SIGNATURE, TOOL};
use jiff::Timestamp;
use portcullis_model::change::{ObjectName, Revision};
use portcullis_model::decision::Outcome;
use portcullis_model::digest::Digest;
use portcullis_model::environment::Environment;
use std::collections::BTreeMap;

/// What is to be recorded.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Where to.
    pub environment: Environment,
    /// The repository on its host, as the decision names it.
    pub repository: Option<String>,
    /// The commit that may be deployed.
    pub candidate: Revision,
    /// The commit that it was compared with.
    pub baseline: RecordedBaseline,
    /// The decision as JSON; it must allow.
    pub decision: Vec<u8>,
    /// The text of the policy.
    pub policy: Vec<u8>,
    /// The facts as JSON.
    pub facts: Vec<u8>,
    /// Leave the facts out, so that only their digest is kept.
    pub omit_facts: bool,
    /// Who records.
    pub recorder: String,
    /// When; kept to the second.
    pub time: Timestamp,
}

/// A record that only needs to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingRecord {
    entry: RecordEntry,
    previous: Option<Revision>,
    files: BTreeMap<&'static str, Vec<u8>>,
}

impl PendingRecord {
    /// What it says.
    pub fn entry(&self) -> &RecordEntry {
        &self.entry
    }

    /// The commit before it: the ref must still point to this one when the record is stored.
    pub fn previous(&self) -> Option<&Revision> {
        self.previous.as_ref()
    }

    /// Its files, sorted by name.
    pub fn files(&self) -> &BTreeMap<&'static str, Vec<u8>> {
        &self.files
    }

    /// What a signature is of: its `record.json`.
    pub fn digest(&self) -> Digest {
        Digest::of(self.files.get(RECORD).map(Vec::as_slice).unwrap_or_default())
    }

    /// Adds a signature of its `record.json`.
    #[must_use]
    pub fn with_signature(mut self, envelope: Vec<u8>) -> Self {
        self.files.insert(SIGNATURE, envelope);
        self
    }

    /// Its commit as git stores it, given the name of the tree of its files.
    pub fn commit(&self, tree: &ObjectName) -> Vec<u8> {
        commit_bytes(tree, self.previous.as_ref(), &self.entry, &self.digest())
    }
}

/// Makes a record on top of the chain of its environment, which has to verify.
///
/// # Errors
/// Everything that [`super::verify_chain`] would find wrong with it.
pub fn prepare_record(
    draft: Draft,
    chain: Option<&Chain>,
    judge: &Judge<'_>,
) -> Result<PendingRecord, Vec<Fault>> {
    let links = chain.map_or(&[][..], |chain| &chain.links);
    let previous = links.last();
    let entry = entry_of(&draft, previous)?;
    let omit_facts = draft.omit_facts;
    let files = BTreeMap::from([
        (RECORD, bytes_of(&entry)?),
        (DECISION, draft.decision),
        (POLICY, draft.policy),
        (FACTS, draft.facts),
    ]);
    let file = |name: &str| files.get(name).map(Vec::as_slice);
    let mut faults = super::entry_faults::faults_of_entry(&entry, file, previous);
    let again =
        Rejudging { entry: &entry, earlier: links, complete: true, signatures: true, judge }.take(file);
    faults.extend(again.faults);
    let other = previous.map(|link| &link.entry.environment).filter(|other| **other != entry.environment);
    faults.extend(other.cloned().map(Fault::Environment));
    if !faults.is_empty() {
        return Err(faults);
    }
    let pending = PendingRecord { entry, previous: previous.map(|link| link.commit.clone()), files };
    if omit_facts { without_facts(pending) } else { Ok(pending) }
}

fn bytes_of(entry: &RecordEntry) -> Result<Vec<u8>, Vec<Fault>> {
    entry.bytes().map_err(|error| vec![Fault::Unreadable(error.to_string())])
}

/// The record with nothing but the digest of its facts. They were there when it was checked.
fn without_facts(mut pending: PendingRecord) -> Result<PendingRecord, Vec<Fault>> {
    if let Some(facts) = &mut pending.entry.facts {
        facts.kept = false;
    }
    pending.files.remove(FACTS);
    pending.files.insert(RECORD, bytes_of(&pending.entry)?);
    Ok(pending)
}

fn entry_of(draft: &Draft, previous: Option<&RecordLink>) -> Result<RecordEntry, Vec<Fault>> {
    Ok(RecordEntry {
        schema: SCHEMA,
        environment: draft.environment.clone(),
        number: previous.map_or(1, |link| link.entry.number.saturating_add(1)),
        previous: previous.map(|link| link.digest.clone()),
        repository: draft.repository.clone(),
        candidate: draft.candidate.clone(),
        baseline: draft.baseline.clone(),
        outcome: Outcome::Allow,
        decision: Digest::of(&draft.decision),
        policy: Some(kept_file(&draft.policy)),
        facts: Some(kept_file(&draft.facts)),
        tool: TOOL.to_string(),
        recorder: draft.recorder.clone(),
        time: Timestamp::from_second(draft.time.as_second()).map_err(|_| vec![Fault::Time])?,
    })
}

fn kept_file(bytes: &[u8]) -> KeptFile {
    KeptFile { digest: Digest::of(bytes), kept: true }
}

//! `record.json`: what was decided, and the digests of what it rests on.

use jiff::Timestamp;
use portcullis_model::change::{ObjectName, Revision};
use portcullis_model::decision::Outcome;
use portcullis_model::deployment::{self, Deployment};
use portcullis_model::digest::Digest;
use portcullis_model::environment::Environment;
use portcullis_model::landing::Span;
use portcullis_wire::record::v2::RecordV2;
use serde::{Deserialize, Serialize};

/// One record. Its form as JSON is [`RecordV2`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RecordV2", into = "RecordV2")]
pub struct RecordEntry {
    /// [`super::SCHEMA`], or [`super::EARLIER`].
    pub schema: u32,
    /// Where to. The name of the ref says the same.
    pub environment: Environment,
    /// 1 for the first record of an environment, and one more for each after it.
    pub number: u64,
    /// The SHA-256 of the `record.json` before this one; `None` in the first.
    pub previous: Option<Digest>,
    /// The repository on its host, as `owner/name`, where the decision names one.
    pub repository: Option<String>,
    /// The commit that may be deployed.
    pub candidate: Revision,
    /// The commit that it was compared with.
    pub baseline: RecordedBaseline,
    /// What was decided.
    pub outcome: Outcome,
    /// The SHA-256 of `decision.json`.
    pub decision: Digest,
    /// The policy; `None` when the decision names none.
    pub policy: Option<KeptFile>,
    /// The facts; `None` in a record of the earlier form that has none.
    pub facts: Option<KeptFile>,
    /// The program that sealed, with its version.
    pub tool: String,
    /// Who recorded, by their own account: text from outside.
    pub recorder: String,
    /// When, by the recorder's clock. The order of records is that of their numbers, not of their
    /// times.
    pub time: Timestamp,
}

/// The commit that was taken to be deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedBaseline {
    /// The commit.
    pub commit: Revision,
    /// Who says so.
    pub origin: RecordedOrigin,
}

/// Who says what was deployed before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordedOrigin {
    /// The record before: it is its candidate.
    Recorded,
    /// The host's list of deployments. Where there is a record before, it agrees with it.
    Host,
    /// Whoever ran the gate, with `--base`.
    Asserted,
    /// The record before, of which this one is an approved rollback: its candidate was let through
    /// by an earlier record.
    Rollback,
}

impl RecordedOrigin {
    /// The word for people.
    pub fn as_str(self) -> &'static str {
        match self {
            RecordedOrigin::Recorded => "recorded",
            RecordedOrigin::Host => "host",
            RecordedOrigin::Asserted => "asserted",
            RecordedOrigin::Rollback => "rollback",
        }
    }

    /// Where the baseline of gathered facts comes from; `None` where it is not known, or the facts
    /// are of a deployment that was recorded before.
    pub fn of(facts: &Deployment) -> Option<Self> {
        match facts.baseline.value()?.origin {
            deployment::BaselineOrigin::Recorded(_) if facts.span.value() == Some(&Span::Behind) => {
                Some(RecordedOrigin::Rollback)
            }
            deployment::BaselineOrigin::Recorded(_) => Some(RecordedOrigin::Recorded),
            deployment::BaselineOrigin::Asserted => Some(RecordedOrigin::Asserted),
            deployment::BaselineOrigin::Host(_) => Some(RecordedOrigin::Host),
            deployment::BaselineOrigin::Retry(_) => None,
        }
    }

    /// Must the baseline be the candidate of the record before?
    pub fn follows(self) -> bool {
        matches!(self, RecordedOrigin::Recorded | RecordedOrigin::Host | RecordedOrigin::Rollback)
    }
}

/// Something that the decision rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptFile {
    /// Its SHA-256.
    pub digest: Digest,
    /// Does it lie beside the entry?
    pub kept: bool,
}

impl RecordEntry {
    /// The one way to write it: JSON with the fields in their order, two spaces, one line break at
    /// the end.
    ///
    /// # Errors
    /// Those of the JSON writer; with these types there are none.
    pub fn bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// The files that must lie beside it, with their digests.
    pub fn files(&self) -> impl Iterator<Item = (&'static str, &Digest)> {
        let kept = |name, evidence: &'_ Option<KeptFile>| {
            evidence.as_ref().filter(|evidence| evidence.kept).map(|_| name)
        };
        let facts = kept(super::FACTS, &self.facts).zip(self.facts.as_ref().map(|facts| &facts.digest));
        let policy = kept(super::POLICY, &self.policy).zip(self.policy.as_ref().map(|policy| &policy.digest));
        [Some((super::DECISION, &self.decision)), facts, policy].into_iter().flatten()
    }

    /// Were its facts left out on purpose, so that only their digest is kept?
    pub fn omits_facts(&self) -> bool {
        self.schema != super::EARLIER && self.facts.as_ref().is_some_and(|facts| !facts.kept)
    }

    /// The message of its commit, which names the SHA-256 of `record.json`.
    pub fn message(&self, record: &Digest) -> String {
        let RecordEntry { environment, number, candidate, .. } = self;
        format!("Deployment {number} to {environment}\n\nCandidate: {candidate}\nRecord: {record}\n")
    }
}

/// The commit of an entry as git stores it. Nothing in it depends on chance or on configuration, so
/// that it can be told from any other.
pub fn commit_bytes(
    tree: &ObjectName,
    parent: Option<&Revision>,
    entry: &RecordEntry,
    record: &Digest,
) -> Vec<u8> {
    let parent = parent.map(|parent| format!("parent {parent}\n")).unwrap_or_default();
    let time = entry.time.as_second();
    let who = format!("portcullis <> {time} +0000");
    let message = entry.message(record);
    format!("tree {tree}\n{parent}author {who}\ncommitter {who}\n\n{message}").into_bytes()
}

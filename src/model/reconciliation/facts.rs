//! What a deployment knows of reconciliation: the runs of datasets, and the deployments that they
//! have to be held against.

use super::RecordClass;
use super::run::{ClassCount, RunPopulation, RunShare};
use crate::change::Revision;
use crate::digest::Digest;
use crate::fact::Fact;
use crate::path::RepoPath;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// What was seen of reconciliation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReconciliationFacts {
    /// The datasets that were asked for, each once, sorted by name.
    pub datasets: Vec<DatasetRuns>,
    /// The newest deployments to this environment that were recorded, oldest first.
    pub deployments: Fact<Vec<RecordedDeployment>>,
}

/// The runs of a dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatasetRuns {
    /// The dataset.
    pub dataset: String,
    /// Its newest runs, oldest first; none where it was never compared. A gap where the chain does
    /// not verify.
    pub runs: Fact<Vec<KnownRun>>,
    /// How many older ones there are.
    pub older: u64,
}

/// A run, as a deployment that rests on it knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownRun {
    /// Its number.
    pub number: u64,
    /// Its commit.
    pub commit: Revision,
    /// When it ended.
    pub time: Timestamp,
    /// What was compared and how.
    pub definition: Digest,
    /// Which records were compared.
    pub population: RunPopulation,
    /// When the source was read.
    pub source_as_of: Timestamp,
    /// When the target was read.
    pub target_as_of: Timestamp,
    /// What each class counted.
    pub classes: BTreeMap<RecordClass, ClassCount>,
    /// The shares of deadlines that are not of all records.
    pub shares: Vec<RunShare>,
    /// Why nothing can be concluded from it.
    pub faults: Vec<String>,
    /// The lists of signers by which its signature was verified, among those that were asked for.
    pub signed_by: BTreeSet<RepoPath>,
}

impl KnownRun {
    /// Since when nothing is known: the earlier of the moments at which the sides were read.
    #[must_use]
    pub fn as_of(&self) -> Timestamp {
        self.source_as_of.min(self.target_as_of)
    }
}

/// A deployment that was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedDeployment {
    /// The number of its record.
    pub number: u64,
    /// The commit.
    pub candidate: Revision,
    /// When it was recorded.
    pub time: Timestamp,
    /// The areas that it touched, by its own decision.
    pub areas: Fact<BTreeSet<String>>,
}

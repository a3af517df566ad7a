//! The runs of the datasets that a policy reconciles.

use super::fact::FactV4;
use crate::form::{MomentText, NamedValues, SortedList, objects};
use crate::run::v1::{ClassCountV1, RecordClassText, RunPopulationV1, RunShareV1};
use crate::text::{CommitText, DigestText, PathText};
use portcullis_model::reconciliation::{DatasetRuns, KnownRun, ReconciliationFacts, RecordedDeployment};

objects! {
    /// What was seen of reconciliation.
    ReconciliationFactsV4 = ReconciliationFacts {
        /// The datasets that were asked for, sorted by name.
        datasets: Vec<DatasetRunsV4>,
        /// The newest deployments to this environment that were recorded, oldest first.
        deployments: FactV4<Vec<RecordedDeploymentV4>>,
    }

    /// The runs of a dataset.
    DatasetRunsV4 = DatasetRuns {
        /// The dataset.
        dataset: String,
        /// Its newest runs, oldest first; none where it was never compared.
        runs: FactV4<Vec<KnownRunV4>>,
        /// How many older ones there are.
        older: u64,
    }

    /// A run.
    KnownRunV4 = KnownRun {
        /// Its number.
        number: u64,
        /// Its commit.
        commit: CommitText,
        /// When it ended.
        time: MomentText,
        /// The SHA-256 of what was compared and how.
        definition: DigestText,
        /// Which records were compared.
        population: RunPopulationV1,
        /// When the source was read.
        source_as_of: MomentText,
        /// When the target was read.
        target_as_of: MomentText,
        /// What each class counted.
        classes: NamedValues<RecordClassText, ClassCountV1>,
        /// The shares of deadlines that are not of all records.
        shares: Vec<RunShareV1>,
        /// Why nothing can be concluded from it; empty where something can.
        faults: Vec<String>,
        /// The lists of signers by which its signature was verified.
        signed_by: SortedList<PathText>,
    }

    /// A deployment that was recorded.
    RecordedDeploymentV4 = RecordedDeployment {
        /// The number of its record.
        number: u64,
        /// The commit.
        candidate: CommitText,
        /// When it was recorded.
        time: MomentText,
        /// The areas that it touched.
        areas: FactV4<SortedList<String>>,
    }
}

//! How one dataset is looked at, and its runs with what they come to.

use super::{ArrivalPeriod, PolicyShelf};
use portcullis_model::incident::ExposedDeployment;
use portcullis_model::reconciliation::{Dataset, ReconciliationRun, RunOutcome};
use portcullis_record::run::RunLink;
use portcullis_wire::audit::v1::{AuditedSignatureV1, RunJudgeV1, RunMarkV1};

/// How one dataset is looked at.
pub struct DatasetView<'a> {
    /// Its name.
    pub name: &'a str,
    /// The policies that its runs are judged by.
    pub shelf: &'a PolicyShelf<'a>,
    /// The time that is audited.
    pub period: ArrivalPeriod,
    /// Every deployment that is recorded; empty where none is.
    pub deployments: &'a [ExposedDeployment],
    /// What the signature of a run is worth.
    pub signature: &'a dyn Fn(&RunLink) -> Option<AuditedSignatureV1>,
}

/// A run with what it comes to.
#[derive(Clone, Copy)]
pub(super) struct JudgedRun<'a> {
    pub(super) link: &'a RunLink,
    pub(super) outcome: RunOutcome,
    pub(super) judge: RunJudgeV1,
    pub(super) dataset: Option<&'a Dataset>,
}

impl JudgedRun<'_> {
    pub(super) fn run(&self) -> &ReconciliationRun {
        &self.link.run
    }

    pub(super) fn mark(&self) -> RunMarkV1 {
        let run = self.run();
        RunMarkV1 { number: run.number, as_of: run.manifests.as_of().to_string() }
    }
}

/// The id of a run in an audit.
pub(super) fn run_id(dataset: &str, number: u64) -> String {
    format!("run/{dataset}/{number}")
}

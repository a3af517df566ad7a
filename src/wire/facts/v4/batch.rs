//! A batch of change requests: what a merge queue or a merge train would land together.

use super::deployment::LandingFactsV4;
use super::fact::FactV4;
use super::landing::SpanV4;
use super::{ChangeFactsV4, VERSION, agreement, is_version};
use crate::decision::v1::RequestV1;
use crate::form::{Form, Misshapen, objects};
use crate::text::{BranchText, CommitText};
use portcullis_model::batch::{Batch, BatchEntry, BatchFacts};
use serde::{Deserialize, Serialize};

/// The word that says that facts are of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum BatchKindV4 {
    /// A batch, judged before it lands.
    Batch,
}

/// The facts of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BatchFactsV4 {
    /// The version of this form.
    #[cfg_attr(test, schemars(extend("const" = VERSION)))]
    pub schema: u32,
    /// What the facts are of.
    pub kind: BatchKindV4,
    /// The branch that would receive the batch.
    pub branch: BranchText,
    /// The commit that would land.
    pub head: CommitText,
    /// The requests that the batch holds, as the queue of the host lists them.
    pub queue: FactV4<BatchV4>,
    /// The way from the tip of the branch to the head.
    pub span: FactV4<SpanV4>,
    /// The steps between the two, by the requests that they bring, oldest first.
    pub landings: FactV4<Vec<LandingFactsV4>>,
    /// The branch as it is, its protection, the batch as one change, and the evidence for its head.
    pub whole: ChangeFactsV4,
}

objects! {
    /// The requests of a batch, as a queue lists them.
    BatchV4 = Batch {
        /// The commit that the batch is built on.
        base: CommitText,
        /// The last commit of the batch.
        head: CommitText,
        /// The requests, in the order in which they would land. Some of them may be of another
        /// batch that is tested at the same time.
        entries: Vec<BatchEntryV4>,
    }

    /// A request in a queue.
    BatchEntryV4 = BatchEntry {
        /// The request.
        request: RequestV1,
        /// The head of the request that the queue took; null where the queue does not say.
        head: Option<CommitText>,
        /// The tip of the batch once the request is in it.
        commit: CommitText,
    }
}

impl Form for BatchFactsV4 {
    type Model = BatchFacts;

    fn of(model: BatchFacts) -> Self {
        let BatchFacts { branch, head, queue, span, landings, whole } = model;
        BatchFactsV4 {
            schema: VERSION,
            kind: BatchKindV4::Batch,
            branch: Form::of(branch),
            head: Form::of(head),
            queue: Form::of(queue),
            span: Form::of(span),
            landings: Form::of(landings),
            whole: Form::of(whole),
        }
    }

    fn model(self) -> Result<BatchFacts, Misshapen> {
        let BatchFactsV4 { schema, kind: BatchKindV4::Batch, .. } = self;
        is_version(schema)?;
        self.whole.host.is_observed()?;
        let facts = BatchFacts {
            branch: self.branch.model()?,
            head: self.head.model()?,
            queue: self.queue.model()?,
            span: self.span.model()?,
            landings: self.landings.model()?,
            whole: self.whole.model()?,
        };
        agreement::check_batch(&facts)?;
        Ok(facts)
    }
}

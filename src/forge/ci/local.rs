//! No CI system that this program knows: a person at a terminal, or a job that says nothing but
//! `CI`.

use super::CiJob;
use portcullis_model::evidence::RunProducer;

/// A job that tells nothing of itself.
pub(super) struct LocalJob;

impl CiJob for LocalJob {
    fn producer(&self) -> RunProducer {
        RunProducer { kind: "local".to_string(), run: None, attempt: None, workflow: None }
    }
}

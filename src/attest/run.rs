//! The signature of a run of a reconciliation.

use crate::signed_item::SignedItem;
use portcullis_model::digest::Digest;
use portcullis_wire::run::signature_v1::{RunSignatureV1, RunSignedV1};

/// The run that a signature is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedRun<'a> {
    /// The SHA-256 of `run.json`.
    pub run: &'a Digest,
    /// The dataset.
    pub dataset: &'a str,
    /// The number of the run.
    pub number: u64,
}

impl SignedItem for SignedRun<'_> {
    type Statement = RunSignatureV1;

    const WHAT: &'static str = "run";

    fn statement(&self, signer: &str) -> RunSignatureV1 {
        let predicate = RunSignedV1 {
            dataset: self.dataset.to_string(),
            number: self.number,
            signer: signer.to_string(),
        };
        RunSignatureV1::of(self.run.hex(), predicate)
    }

    fn signer_of(statement: &RunSignatureV1) -> &str {
        &statement.predicate().signer
    }
}

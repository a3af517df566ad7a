//! The signature of a deployment record.

use crate::signed_item::SignedItem;
use portcullis_model::change::Revision;
use portcullis_model::digest::Digest;
use portcullis_model::environment::Environment;
use portcullis_wire::record::signature_v1::{RecordSignatureV1, RecordSignedV1};

/// The record that a signature is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedRecord<'a> {
    /// The SHA-256 of `record.json`.
    pub record: &'a Digest,
    /// The environment.
    pub environment: &'a Environment,
    /// The number of the record.
    pub number: u64,
    /// The commit that may be deployed.
    pub candidate: &'a Revision,
}

impl SignedItem for SignedRecord<'_> {
    type Statement = RecordSignatureV1;

    const WHAT: &'static str = "record";

    fn statement(&self, signer: &str) -> RecordSignatureV1 {
        let predicate = RecordSignedV1 {
            candidate: self.candidate.into(),
            environment: self.environment.into(),
            number: self.number,
            signer: signer.to_string(),
        };
        RecordSignatureV1::of(self.record.hex(), predicate)
    }

    fn signer_of(statement: &RecordSignatureV1) -> &str {
        &statement.predicate().signer
    }
}

//! The signature of a manifest of one side of a dataset.

use crate::signed_item::SignedItem;
use portcullis_model::digest::Digest;
use portcullis_wire::manifest::signature_v1::{ManifestSignatureV1, ManifestSignedV1};
use portcullis_wire::manifest::v1::ManifestContentV1;

/// The manifest that a signature is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedManifest<'a> {
    /// The SHA-256 of `manifest.json`.
    pub header: &'a Digest,
    /// The dataset.
    pub dataset: &'a str,
    /// What its rows are.
    pub content: ManifestContentV1,
}

impl SignedItem for SignedManifest<'_> {
    type Statement = ManifestSignatureV1;

    const WHAT: &'static str = "manifest";

    fn statement(&self, signer: &str) -> ManifestSignatureV1 {
        let predicate = ManifestSignedV1 {
            dataset: self.dataset.to_string(),
            content: self.content,
            signer: signer.to_string(),
        };
        ManifestSignatureV1::of(self.header.hex(), predicate)
    }

    fn signer_of(statement: &ManifestSignatureV1) -> &str {
        &statement.predicate().signer
    }
}

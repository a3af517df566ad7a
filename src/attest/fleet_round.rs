//! The signature of a round over a fleet.

use crate::signed_item::SignedItem;
use portcullis_model::digest::Digest;
use portcullis_wire::fleet::signature_v1::{RoundSignatureV1, RoundSignedV1};

/// The round that a signature is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedRound<'a> {
    /// The SHA-256 of `round.json`.
    pub round: &'a Digest,
    /// The kind of host.
    pub host: &'a str,
    /// The number of the round.
    pub number: u64,
}

impl SignedItem for SignedRound<'_> {
    type Statement = RoundSignatureV1;

    const WHAT: &'static str = "round";

    fn statement(&self, signer: &str) -> RoundSignatureV1 {
        let (host, number) = (self.host.to_string(), self.number);
        let predicate = RoundSignedV1 { host, number, signer: signer.to_string() };
        RoundSignatureV1::of(self.round.hex(), predicate)
    }

    fn signer_of(statement: &RoundSignatureV1) -> &str {
        &statement.predicate().signer
    }
}

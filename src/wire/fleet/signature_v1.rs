//! Version 1 of the signature of a round over a fleet: the predicate
//! `urn:portcullis:fleet-round:v1`, and the statement that holds it. The envelope is that of a
//! signed review.
//!
//! Everything in it follows from the round and the name of the signer, so a reader writes it again
//! and compares the bytes.

use serde::{Deserialize, Serialize};

/// The number at the end of the predicate type.
pub const VERSION: u32 = 1;

/// The type of the predicate.
pub const PREDICATE: &str = "urn:portcullis:fleet-round:v1";

/// The type of the statement around it.
const STATEMENT: &str = "https://in-toto.io/Statement/v1";

/// Who vouches for a round over a fleet: an in-toto Statement, version 1, with exactly one subject.
///
/// The file `signature.json` of the round holds it as the payload of a DSSE envelope. The envelope
/// has the payload type `application/vnd.in-toto+json` and one signature: the bytes that
/// `ssh-keygen -Y sign -n portcullis` makes of the pre-authentication encoding of the payload,
/// without the armour. A member of another name, or one that is there twice, is an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(title = "The signature of a round over a fleet, version 1")
)]
#[serde(deny_unknown_fields)]
pub struct RoundSignatureV1 {
    /// The type of an in-toto Statement.
    #[serde(rename = "_type")]
    #[cfg_attr(test, schemars(extend("const" = STATEMENT)))]
    kind: String,
    /// The file `round.json`, which names the digest of every other file, and of the round before.
    #[cfg_attr(test, schemars(extend("minItems" = 1, "maxItems" = 1)))]
    subject: Vec<SignedRoundFileV1>,
    /// The type of the predicate.
    #[serde(rename = "predicateType")]
    #[cfg_attr(test, schemars(extend("const" = PREDICATE)))]
    predicate_type: String,
    /// What the round is of.
    predicate: RoundSignedV1,
}

/// A resource descriptor of in-toto.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct SignedRoundFileV1 {
    /// `round.json`.
    name: String,
    /// Its digest.
    digest: RoundFileDigestV1,
}

/// The digest of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct RoundFileDigestV1 {
    /// The SHA-256, as 64 lower-case hexadecimal digits.
    #[cfg_attr(test, schemars(regex(pattern = "^[0-9a-f]{64}$")))]
    sha256: String,
}

/// What a signer vouches for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RoundSignedV1 {
    /// The kind of host.
    pub host: String,
    /// The number of the round.
    pub number: u64,
    /// The principal who signs, as the list of signers names them.
    pub signer: String,
}

impl RoundSignatureV1 {
    /// The statement on a round whose `round.json` has this SHA-256, in hexadecimal digits.
    pub fn of(sha256: &str, predicate: RoundSignedV1) -> Self {
        let digest = RoundFileDigestV1 { sha256: sha256.to_string() };
        RoundSignatureV1 {
            kind: STATEMENT.to_string(),
            subject: vec![SignedRoundFileV1 { name: "round.json".to_string(), digest }],
            predicate_type: PREDICATE.to_string(),
            predicate,
        }
    }

    /// What it says. Nothing of it is to be believed until it was compared with the round.
    pub fn predicate(&self) -> &RoundSignedV1 {
        &self.predicate
    }
}

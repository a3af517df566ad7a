//! Version 1 of the signature of a run: the predicate `urn:portcullis:run:v1`, and
//! the statement that holds it. The envelope is that of a signed review.
//!
//! Everything in it follows from the run and the name of the signer, so a reader writes it again
//! and compares the bytes.

use serde::{Deserialize, Serialize};

/// The number at the end of the predicate type.
pub const VERSION: u32 = 1;

/// The type of the predicate.
pub const PREDICATE: &str = "urn:portcullis:run:v1";

/// The type of the statement around it.
const STATEMENT: &str = "https://in-toto.io/Statement/v1";

/// Who vouches for a run: an in-toto Statement, version 1, with exactly one subject.
///
/// The file `signature.json` of the run holds it as the payload of a DSSE envelope. The envelope
/// has the payload type `application/vnd.in-toto+json` and one signature: the bytes that
/// `ssh-keygen -Y sign -n portcullis` makes of the pre-authentication encoding of the payload,
/// without the armour. A member of another name, or one that is there twice, is an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "The signature of a run, version 1"))]
#[serde(deny_unknown_fields)]
pub struct RunSignatureV1 {
    /// The type of an in-toto Statement.
    #[serde(rename = "_type")]
    #[cfg_attr(test, schemars(extend("const" = STATEMENT)))]
    kind: String,
    /// The file `run.json`, which names the digest of everything else, and of the run before.
    #[cfg_attr(test, schemars(extend("minItems" = 1, "maxItems" = 1)))]
    subject: Vec<SignedRunFileV1>,
    /// The type of the predicate.
    #[serde(rename = "predicateType")]
    #[cfg_attr(test, schemars(extend("const" = PREDICATE)))]
    predicate_type: String,
    /// What the run is of.
    predicate: RunSignedV1,
}

/// A resource descriptor of in-toto.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct SignedRunFileV1 {
    /// `run.json`.
    name: String,
    /// Its digest.
    digest: RunFileDigestV1,
}

/// The digest of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct RunFileDigestV1 {
    /// The SHA-256, as 64 lower-case hexadecimal digits.
    #[cfg_attr(test, schemars(regex(pattern = "^[0-9a-f]{64}$")))]
    sha256: String,
}

/// What a signer vouches for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RunSignedV1 {
    /// The dataset.
    pub dataset: String,
    /// The number of the run.
    pub number: u64,
    /// The principal who signs, as the list of signers names them.
    pub signer: String,
}

impl RunSignatureV1 {
    /// The statement on a run whose `run.json` has this SHA-256, in hexadecimal digits.
    pub fn of(sha256: &str, predicate: RunSignedV1) -> Self {
        let digest = RunFileDigestV1 { sha256: sha256.to_string() };
        RunSignatureV1 {
            kind: STATEMENT.to_string(),
            subject: vec![SignedRunFileV1 { name: "run.json".to_string(), digest }],
            predicate_type: PREDICATE.to_string(),
            predicate,
        }
    }

    /// What it says. Nothing of it is to be believed until it was compared with the run.
    pub fn predicate(&self) -> &RunSignedV1 {
        &self.predicate
    }
}

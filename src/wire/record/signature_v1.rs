//! Version 1 of the signature of a deployment record: the predicate `urn:portcullis:record:v1`, and
//! the statement that holds it. The envelope is that of a signed review.
//!
//! Everything in it follows from the record and the name of the signer, so a reader writes it again
//! and compares the bytes.

use crate::text::{CommitText, EnvironmentText};
use serde::{Deserialize, Serialize};

/// The number at the end of the predicate type.
pub const VERSION: u32 = 1;

/// The type of the predicate.
pub const PREDICATE: &str = "urn:portcullis:record:v1";

/// The type of the statement around it.
const STATEMENT: &str = "https://in-toto.io/Statement/v1";

/// Who vouches for a deployment record: an in-toto Statement, version 1, with exactly one subject.
///
/// The file `signature.json` of the record holds it as the payload of a DSSE envelope. The envelope
/// has the payload type `application/vnd.in-toto+json` and one signature: the bytes that
/// `ssh-keygen -Y sign -n portcullis` makes of the pre-authentication encoding of the payload,
/// without the armour. A member of another name, or one that is there twice, is an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(title = "The signature of a deployment record, version 1")
)]
#[serde(deny_unknown_fields)]
pub struct RecordSignatureV1 {
    /// The type of an in-toto Statement.
    #[serde(rename = "_type")]
    #[cfg_attr(test, schemars(extend("const" = STATEMENT)))]
    kind: String,
    /// The file `record.json`, which names the digest of everything else, and of the record before.
    #[cfg_attr(test, schemars(extend("minItems" = 1, "maxItems" = 1)))]
    subject: Vec<SignedFileV1>,
    /// The type of the predicate.
    #[serde(rename = "predicateType")]
    #[cfg_attr(test, schemars(extend("const" = PREDICATE)))]
    predicate_type: String,
    /// What the record is of.
    predicate: RecordSignedV1,
}

/// A resource descriptor of in-toto.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct SignedFileV1 {
    /// `record.json`.
    name: String,
    /// Its digest.
    digest: FileDigestV1,
}

/// The digest of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct FileDigestV1 {
    /// The SHA-256, as 64 lower-case hexadecimal digits.
    #[cfg_attr(test, schemars(regex(pattern = "^[0-9a-f]{64}$")))]
    sha256: String,
}

/// What a signer vouches for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RecordSignedV1 {
    /// The commit that may be deployed.
    pub candidate: CommitText,
    /// The environment.
    pub environment: EnvironmentText,
    /// The number of the record.
    pub number: u64,
    /// The principal who signs, as the list of signers names them.
    pub signer: String,
}

impl RecordSignatureV1 {
    /// The statement on a record whose `record.json` has this SHA-256, in hexadecimal digits.
    pub fn of(sha256: &str, predicate: RecordSignedV1) -> Self {
        let digest = FileDigestV1 { sha256: sha256.to_string() };
        RecordSignatureV1 {
            kind: STATEMENT.to_string(),
            subject: vec![SignedFileV1 { name: "record.json".to_string(), digest }],
            predicate_type: PREDICATE.to_string(),
            predicate,
        }
    }

    /// What it says. Nothing of it is to be believed until it was compared with the record.
    pub fn predicate(&self) -> &RecordSignedV1 {
        &self.predicate
    }
}

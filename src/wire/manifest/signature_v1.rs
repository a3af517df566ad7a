//! Version 1 of the signature of a manifest: the predicate `urn:portcullis:manifest:v1`, and
//! the statement that holds it. The envelope is that of a signed review.
//!
//! Everything in it follows from the manifest and the name of the signer, so a reader writes it
//! again and compares the bytes.

use super::v1::ManifestContentV1;
use serde::{Deserialize, Serialize};

/// The number at the end of the predicate type.
pub const VERSION: u32 = 1;

/// The type of the predicate.
pub const PREDICATE: &str = "urn:portcullis:manifest:v1";

/// The type of the statement around it.
const STATEMENT: &str = "https://in-toto.io/Statement/v1";

/// Who vouches for a manifest: an in-toto Statement, version 1, with exactly one subject.
///
/// The file `signature.json` of the manifest holds it as the payload of a DSSE envelope. The
/// envelope has the payload type `application/vnd.in-toto+json` and one signature: the bytes that
/// `ssh-keygen -Y sign -n portcullis` makes of the pre-authentication encoding of the payload,
/// without the armour. A member of another name, or one that is there twice, is an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "The signature of a manifest, version 1"))]
#[serde(deny_unknown_fields)]
pub struct ManifestSignatureV1 {
    /// The type of an in-toto Statement.
    #[serde(rename = "_type")]
    #[cfg_attr(test, schemars(extend("const" = STATEMENT)))]
    kind: String,
    /// The file `manifest.json`, which names the digest of each bucket.
    #[cfg_attr(test, schemars(extend("minItems" = 1, "maxItems" = 1)))]
    subject: Vec<SignedManifestFileV1>,
    /// The type of the predicate.
    #[serde(rename = "predicateType")]
    #[cfg_attr(test, schemars(extend("const" = PREDICATE)))]
    predicate_type: String,
    /// What the manifest is of.
    predicate: ManifestSignedV1,
}

/// A resource descriptor of in-toto.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct SignedManifestFileV1 {
    /// `manifest.json`.
    name: String,
    /// Its digest.
    digest: ManifestFileDigestV1,
}

/// The digest of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct ManifestFileDigestV1 {
    /// The SHA-256, as 64 lower-case hexadecimal digits.
    #[cfg_attr(test, schemars(regex(pattern = "^[0-9a-f]{64}$")))]
    sha256: String,
}

/// What a signer vouches for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ManifestSignedV1 {
    /// The dataset.
    pub dataset: String,
    /// What its rows are.
    pub content: ManifestContentV1,
    /// The principal who signs, as the list of signers names them.
    pub signer: String,
}

impl ManifestSignatureV1 {
    /// The statement on a manifest whose `manifest.json` has this SHA-256, in hexadecimal digits.
    pub fn of(sha256: &str, predicate: ManifestSignedV1) -> Self {
        let digest = ManifestFileDigestV1 { sha256: sha256.to_string() };
        ManifestSignatureV1 {
            kind: STATEMENT.to_string(),
            subject: vec![SignedManifestFileV1 { name: "manifest.json".to_string(), digest }],
            predicate_type: PREDICATE.to_string(),
            predicate,
        }
    }

    /// What it says. Nothing of it is to be believed until it was compared with the manifest.
    pub fn predicate(&self) -> &ManifestSignedV1 {
        &self.predicate
    }
}

//! Signed evidence: bytes and trusted keys in, what they prove out.
//!
//! This room reads three things that people and CI systems sign: DSSE envelopes ([`dsse`]), in-toto
//! statements inside them ([`statement`], [`test_result`]), and the detached signatures that
//! `ssh-keygen -Y sign` writes ([`sshsig`]). Which keys count, whose they are and when they are
//! valid is in a file of allowed signers ([`signers`]).
//!
//! It has no clock: the caller says at which moment a key has to be valid, and vouches for that
//! moment. A moment that the signed bytes themselves name is only the signer's word: the owner of
//! an expired key can write an earlier one. So a caller takes the moment at which the gate looked,
//! or one that a host or a deployment record vouches for.
//!
//! It proves that the holder of a key signed these bytes, not that they read them.

use std::collections::BTreeSet;

pub mod badge;
pub mod dsse;
pub mod evidence;
pub mod fleet_round;
pub mod json;
pub mod key;
pub mod manifest;
pub mod record;
pub mod review;
pub mod run;
pub mod signed_item;
pub mod signers;
mod single;
pub mod sshsig;
pub mod statement;
pub mod test_result;

/// The namespace of our signatures: `ssh-keygen -Y sign -n portcullis`. A signature that was made
/// for something else (`git`, `file`) cannot be passed off as one for us.
pub const NAMESPACE: &str = "portcullis";

/// Why something that claims to be signed proves nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttestError {
    /// Not JSON of the right form, or JSON with a key twice.
    Json(String),
    /// This part is not base64.
    Base64(&'static str),
    /// Not a signature of the right form.
    Signature(String),
    /// The namespace that was signed is another one.
    Namespace(String),
    /// The key is not one of the allowed signers.
    UnknownKey(String),
    /// The key is allowed, but not here or not then.
    NotAllowed {
        /// The fingerprint of the key.
        key: String,
        /// Why not, for each line that names it.
        why: Vec<String>,
    },
    /// The key is allowed, and did not sign these bytes.
    Mismatch(String),
    /// Too few keys, or too few people.
    Threshold {
        /// How many were needed.
        needed: usize,
        /// How many people signed.
        people: usize,
        /// What became of each signature that did not count.
        refused: Vec<String>,
    },
    /// The payload type that was signed is another one.
    PayloadType {
        /// What it should be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// The statement is not one that we can believe.
    Statement(String),
    /// Parts of the statement contradict each other.
    Contradiction(String),
}

impl std::error::Error for AttestError {}

impl std::fmt::Display for AttestError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            AttestError::Json(problem) => write!(f, "it is not JSON of this form: {problem}"),
            AttestError::Base64(part) => write!(f, "`{part}` is not base64"),
            AttestError::Signature(problem) => write!(f, "it is not a signature: {problem}"),
            AttestError::Namespace(found) => {
                write!(f, "it was signed for `{found}` and not for `{NAMESPACE}`")
            }
            AttestError::UnknownKey(key) => write!(f, "the key {key} is not one of the allowed signers"),
            AttestError::NotAllowed { key, why } => {
                write!(f, "the key {key} does not count: {}", why.join("; "))
            }
            AttestError::Mismatch(key) => write!(f, "the key {key} did not sign these bytes"),
            AttestError::Threshold { needed, people, refused } => {
                write!(f, "{people} of {needed} needed people signed it")?;
                refused.iter().try_for_each(|reason| write!(f, "; {reason}"))
            }
            AttestError::PayloadType { expected, found } => {
                write!(f, "it was signed as `{found}` and not as `{expected}`")
            }
            AttestError::Statement(problem) | AttestError::Contradiction(problem) => f.write_str(problem),
        }
    }
}

/// Somebody who signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// The fingerprint of the key, as `ssh-keygen -l` shows it.
    pub key: String,
    /// Everything that the allowed signers call its owner.
    pub principals: BTreeSet<signers::Principal>,
}

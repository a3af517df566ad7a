//! Signed and unsigned statements as bytes, and notes that hold several of them.
//!
//! A statement is an [in-toto Statement
//! v1](https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md): one line of JSON
//! with one subject, which names a commit (`gitCommit`) and its tree (`gitTree`), and a predicate
//! of a type in the table of [`predicate`]. Unknown fields of the statement are ignored, as in-toto
//! demands; unknown fields of the predicate are refused, because a field that withdraws a claim
//! would go unnoticed. A key that appears twice is refused everywhere. A signed statement is the
//! same in a DSSE envelope.
//!
//! A note has one statement or DSSE envelope per line, sorted, none twice. So
//! `git notes merge --strategy=cat_sort_uniq` merges two notes on one tree, and nothing is lost.

use crate::AttestError;
use crate::dsse;
use crate::signers::AllowedSigners;
use crate::statement::PAYLOAD_TYPE;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeSet;
use std::num::NonZeroUsize;

pub mod additional;
mod lines;
pub mod predicate;
pub mod predicate_type;
pub mod test_run;

pub use lines::{StatementLines, add_line, note_lines};

/// The git ref of the notes.
pub const NOTES: &str = "refs/notes/portcullis";

/// The largest statement that is read or written, in bytes, in its envelope if it has one.
pub const MAXIMUM_BYTES: u64 = 2 << 30;

/// Checks that a statement of this length, in bytes, can be read back.
///
/// # Errors
/// The statement would be too long; says what to do.
pub fn check_length(length: u64) -> Result<(), AttestError> {
    if length <= MAXIMUM_BYTES {
        return Ok(());
    }
    Err(AttestError::Statement(format!(
        "it would be {length} bytes long, and one of more than {MAXIMUM_BYTES} bytes cannot be read back, so it is not written; record the \
         reports of the suite by parts, each with a `--configuration` of its own that the policy names"
    )))
}

/// Tells a DSSE envelope from a bare statement. What the envelope holds is not checked.
pub fn is_envelope(bytes: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct EnvelopeShape {
        #[serde(rename = "payloadType")]
        _payload_type: IgnoredAny,
    }
    serde_json::from_slice::<EnvelopeShape>(bytes).is_ok()
}

/// Verifies a signed statement, reads the verified bytes with `read`, and returns the names of the
/// signers.
///
/// # Errors
/// No allowed key signed it at this moment, or `read` refuses it.
pub fn open<T>(
    bytes: Vec<u8>,
    allowed: &AllowedSigners,
    at: Timestamp,
    read: impl FnOnce(&[u8]) -> Result<T, AttestError>,
) -> Result<(T, BTreeSet<String>), AttestError> {
    let opened = dsse::open(bytes, allowed, at, NonZeroUsize::MIN)?;
    let signers = opened.signers.iter().map(ToString::to_string).collect();
    Ok((read(opened.payload_of(PAYLOAD_TYPE)?)?, signers))
}

#[cfg(test)]
mod tests;

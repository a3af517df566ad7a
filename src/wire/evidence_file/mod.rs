//! Evidence files: what an exporter of another version control system states of a change.

use serde::Deserialize;
use std::fmt;
use v1::{EvidenceFileV1, VERSION};

mod faults;
pub mod v1;

pub use faults::EvidenceFault;

/// The largest evidence file, in bytes.
pub const LARGEST: u64 = 32 << 20;

/// Why a text is no evidence file.
#[derive(Debug)]
pub enum EvidenceFileError {
    /// It is not JSON, or not of the form; with line and column.
    Json(serde_json::Error),
    /// They are facts, or something else that says what it is.
    OtherKind(Option<String>),
    /// A version that this program does not read.
    Version(u64),
    /// What it states cannot be so, each with its place.
    Faults(Vec<EvidenceFault>),
}

impl fmt::Display for EvidenceFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EvidenceFileError::Json(error) => error.fmt(f),
            EvidenceFileError::OtherKind(None) => {
                f.write_str("it does not say `\"kind\": \"evidence-file\"`")
            }
            EvidenceFileError::OtherKind(Some(kind)) => {
                write!(f, "its kind is `{}`, not `evidence-file`", kind.escape_debug())
            }
            EvidenceFileError::Version(other) => {
                write!(f, "it is of schema {other}, and this program reads schema {VERSION}")
            }
            EvidenceFileError::Faults(faults) => {
                let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
                f.write_str(&lines.join("\n"))
            }
        }
    }
}

impl std::error::Error for EvidenceFileError {}

/// What tells a version and a kind before the rest is read.
#[derive(Deserialize)]
struct EvidenceHead {
    schema: Option<u64>,
    kind: Option<String>,
}

/// Is this an evidence file by its own account, whatever else is wrong with it?
pub fn is_evidence_file(text: &[u8]) -> bool {
    let head = serde_json::from_slice::<EvidenceHead>(text);
    head.is_ok_and(|head| head.kind.as_deref() == Some("evidence-file"))
}

/// Reads an evidence file.
///
/// # Errors
/// See [`EvidenceFileError`].
pub fn read_evidence_file(text: &[u8]) -> Result<EvidenceFileV1, EvidenceFileError> {
    let EvidenceHead { schema, kind } = serde_json::from_slice(text).map_err(EvidenceFileError::Json)?;
    if kind.as_deref() != Some("evidence-file") {
        return Err(EvidenceFileError::OtherKind(kind));
    }
    if let Some(schema) = schema.filter(|schema| *schema != u64::from(VERSION)) {
        return Err(EvidenceFileError::Version(schema));
    }
    let file: EvidenceFileV1 = serde_json::from_slice(text).map_err(EvidenceFileError::Json)?;
    let faults = faults::find_faults(&file);
    if faults.is_empty() { Ok(file) } else { Err(EvidenceFileError::Faults(faults)) }
}

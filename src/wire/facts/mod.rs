//! Gathered facts as JSON: what `portcullis facts` writes, and `facts.json` in a deployment record.
//!
//! Facts of a change, of a batch and of a deployment are one form, and its member `kind` tells them
//! apart. Earlier versions had no such member: see [`earlier`].

use crate::form::{Form, Misshapen};
use portcullis_model::deployment::Deployment;
use portcullis_model::facts::Facts;
use portcullis_model::gathered::GatheredFacts;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fmt;
use v4::batch::BatchFactsV4;
use v4::{ChangeFactsV4, DeploymentFactsV4, FactsV4, VERSION};

pub mod earlier;
pub mod v4;

#[cfg(any(test, feature = "testing"))]
pub mod testing;

/// Why a text is none that facts are read from.
#[derive(Debug)]
pub enum FactsError {
    /// It is not JSON, or not of the form.
    Json(serde_json::Error),
    /// A text in it is not of its shape.
    Text(Misshapen),
    /// A version that this program does not read.
    Version(u64),
}

impl fmt::Display for FactsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FactsError::Json(error) => error.fmt(f),
            FactsError::Text(why) => why.fmt(f),
            FactsError::Version(other) => {
                write!(
                    f,
                    "they are of schema {other}, and this program reads schema {VERSION} and earlier ones"
                )
            }
        }
    }
}

impl std::error::Error for FactsError {}

impl From<serde_json::Error> for FactsError {
    fn from(error: serde_json::Error) -> Self {
        FactsError::Json(error)
    }
}

impl From<Misshapen> for FactsError {
    fn from(why: Misshapen) -> Self {
        FactsError::Text(why)
    }
}

/// The facts in the version that is written today.
impl From<GatheredFacts> for FactsV4 {
    fn from(facts: GatheredFacts) -> Self {
        match facts {
            GatheredFacts::Change(facts) => FactsV4::Change(Box::new(Form::of(*facts))),
            GatheredFacts::Batch(facts) => FactsV4::Batch(Box::new(Form::of(*facts))),
            GatheredFacts::Deployment(facts) => FactsV4::Deployment(Box::new(Form::of(*facts))),
        }
    }
}

/// Writes facts: JSON, indented.
///
/// # Errors
/// Those of the JSON writer; with these types there are none.
pub fn write_facts(facts: impl Into<GatheredFacts>) -> serde_json::Result<String> {
    serde_json::to_string_pretty(&FactsV4::from(facts.into()))
}

/// What tells a version and a kind before the rest is read.
#[derive(Deserialize)]
struct VersionHead {
    schema: u64,
    kind: Option<String>,
}

/// Reads facts of this version or of an earlier one.
///
/// # Errors
/// They are of another version, or of none.
pub fn read_facts(text: &[u8]) -> Result<GatheredFacts, FactsError> {
    let VersionHead { schema, kind } = serde_json::from_slice(text)?;
    match (schema, kind.as_deref()) {
        (schema, None) if schema < u64::from(VERSION) => earlier::read_facts(text, schema),
        (schema, _) if schema != u64::from(VERSION) => Err(FactsError::Version(schema)),
        (_, Some("batch")) => {
            let facts: BatchFactsV4 = read_form(text)?;
            Ok(GatheredFacts::Batch(Box::new(facts.model()?)))
        }
        (_, Some("deployment")) => {
            let facts: DeploymentFactsV4 = read_form(text)?;
            Ok(GatheredFacts::Deployment(Box::new(facts.model()?)))
        }
        _ => {
            let facts: ChangeFactsV4 = read_form(text)?;
            Ok(GatheredFacts::Change(Box::new(facts.model()?)))
        }
    }
}

/// Reads facts of a deployment in the version of today without their text in memory; `None` where
/// they are of another kind or version. `open` opens the text, which is read twice.
///
/// # Errors
/// The text cannot be read, or is not of the form.
pub fn stream_deployment<R: std::io::Read>(
    mut open: impl FnMut() -> std::io::Result<R>,
) -> Result<Option<Deployment>, FactsError> {
    let unread = |error| FactsError::Json(serde_json::Error::io(error));
    let VersionHead { schema, kind } = serde_json::from_reader(open().map_err(unread)?)?;
    if schema != u64::from(VERSION) || kind.as_deref() != Some("deployment") {
        return Ok(None);
    }
    let facts: DeploymentFactsV4 = serde_json::from_reader(open().map_err(unread)?)?;
    Ok(Some(facts.model()?))
}

/// Writes the facts of a change in as few bytes as there are: for a program that reads them again.
///
/// # Errors
/// Those of the JSON writer; with these types there are none.
pub fn write_compactly(facts: Facts) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&FactsV4::from(GatheredFacts::Change(Box::new(facts))))
}

fn read_form<T: DeserializeOwned>(text: &[u8]) -> Result<T, FactsError> {
    Ok(serde_json::from_slice(text)?)
}

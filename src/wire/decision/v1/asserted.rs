//! Who states what a decision rests on, where it was not observed.

use super::read::NotVersion1;
use crate::text::{CommitText, DigestText};
use jiff::Timestamp;
use portcullis_model::assertion::{Assertion, NamedProgram};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An exporter of another version control system. Portcullis observed nothing of what it states.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AssertedV1 {
    /// The program that wrote the evidence file, by its own account.
    pub exporter: NamedProgramV1,
    /// The version control system, by the account of the exporter.
    pub system: NamedProgramV1,
    /// When the file was written, by the account of the exporter: RFC 3339, in UTC.
    #[cfg_attr(test, schemars(with = "String", extend("format" = "date-time")))]
    pub exported: Timestamp,
    /// The SHA-256 of the evidence file.
    pub digest: DigestText,
    /// What the system calls its revisions, by the names that `base` and `head` give them.
    pub revisions: BTreeMap<CommitText, String>,
}

/// A program and its version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NamedProgramV1 {
    /// The name: text from outside.
    pub name: String,
    /// The version: text from outside.
    pub version: String,
}

impl From<&Assertion> for AssertedV1 {
    fn from(asserted: &Assertion) -> Self {
        let Assertion { exporter, system, exported, digest, revisions } = asserted;
        AssertedV1 {
            exporter: exporter.into(),
            system: system.into(),
            exported: *exported,
            digest: digest.into(),
            revisions: revisions.iter().map(|(revision, name)| (revision.into(), name.clone())).collect(),
        }
    }
}

impl From<&NamedProgram> for NamedProgramV1 {
    fn from(NamedProgram { name, version }: &NamedProgram) -> Self {
        NamedProgramV1 { name: name.clone(), version: version.clone() }
    }
}

impl From<NamedProgramV1> for NamedProgram {
    fn from(NamedProgramV1 { name, version }: NamedProgramV1) -> Self {
        NamedProgram { name, version }
    }
}

impl TryFrom<AssertedV1> for Assertion {
    type Error = NotVersion1;

    fn try_from(asserted: AssertedV1) -> Result<Self, Self::Error> {
        let AssertedV1 { exporter, system, exported, digest, revisions } = asserted;
        let named =
            |(revision, name): (CommitText, String)| Ok::<_, NotVersion1>((revision.try_into()?, name));
        Ok(Assertion {
            exporter: exporter.into(),
            system: system.into(),
            exported,
            digest: digest.try_into()?,
            revisions: revisions.into_iter().map(named).collect::<Result<_, _>>()?,
        })
    }
}

//! A record as a repository holds it, and as it was read.

use super::entry::RecordEntry;
use super::fault::Fault;
use super::{EARLIER, RECORD, SCHEMA};
use portcullis_model::change::{ObjectName, Revision};
use portcullis_model::deployment::Deployment;
use portcullis_model::digest::Digest;
use portcullis_model::fact::Gap;
use portcullis_model::path::RepoPath;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A record as it was found in a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    /// The name of its commit.
    pub id: Revision,
    /// The commit as git stores it. That it has this name is for the reader to see to.
    pub commit: Vec<u8>,
    /// The tree that the commit names.
    pub tree: ObjectName,
    /// The parents that the commit names.
    pub parents: Vec<Revision>,
    /// What the tree holds.
    pub files: BTreeMap<RepoPath, StoredFile>,
}

/// An entry of the tree of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFile {
    /// Its mode.
    pub mode: u32,
    /// Its bytes; empty for what is no file.
    pub bytes: Vec<u8>,
}

/// The mode of every file of a record.
pub(super) const PLAIN: u32 = 0o100_644;

impl StoredEntry {
    /// The bytes of a file.
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        let file = self.files.get(&RepoPath::from(name)).filter(|file| file.mode == PLAIN);
        file.map(|file| file.bytes.as_slice())
    }
}

/// How far a record that holds together proves its decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordStanding {
    /// Its facts give its decision again.
    Reproduced,
    /// Nothing can be taken again, for this reason.
    Irreproducible(String),
    /// Nothing can be taken again, because its facts were left out (`--omit-facts`).
    Omitted,
    /// It does not hold together: see the problems of the chain.
    Broken,
    /// Its facts give its decision again, but the repository here does not show what they are
    /// about.
    Unseen(Gap),
}

impl RecordStanding {
    /// Is there nothing that the decision could be taken again from?
    pub fn is_irreproducible(&self) -> bool {
        matches!(self, RecordStanding::Irreproducible(_) | RecordStanding::Omitted)
    }

    /// Was the decision taken again, with the same result?
    pub fn is_taken(&self) -> bool {
        *self == RecordStanding::Reproduced
    }
}

/// Who vouches for a record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RecordSignature {
    /// No one signed it, and its policy asks for no signature.
    #[default]
    Unsigned,
    /// No one signed it, although its policy asks for a signature.
    Missing,
    /// One of the people who may sign records did.
    Signed {
        /// The fingerprint of the key.
        key: String,
        /// What the allowed signers call its owner.
        signers: Vec<String>,
        /// The list of those who may.
        list: RepoPath,
    },
    /// The owner of this key did; its policy does not say who may.
    Unlisted(String),
    /// The signature proves nothing, for this reason.
    Invalid(String),
    /// It is not known who may sign.
    Unseen(Gap),
}

impl RecordSignature {
    /// The list of signers by which it was verified, if it was.
    pub fn list(&self) -> Option<&RepoPath> {
        match self {
            RecordSignature::Signed { list, .. } => Some(list),
            _ => None,
        }
    }
}

/// What the signature of a record is worth, by the policy and the list of signers at its baseline.
/// The facts are those of the record, where they can be read.
pub type SignatureCheck<'a> = dyn Fn(&StoredEntry, &RecordLink, Option<&Deployment>) -> RecordSignature + 'a;

/// A record that can be read: the one that the next follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordLink {
    /// Its commit.
    pub commit: Revision,
    /// What it says.
    pub entry: RecordEntry,
    /// The SHA-256 of its `record.json`.
    pub digest: Digest,
    /// How far it proves its decision.
    pub standing: RecordStanding,
    /// Who vouches for it.
    pub signature: RecordSignature,
}

/// The record of an entry.
///
/// # Errors
/// There is none, or it is not of a form that this program reads.
pub(super) fn read_entry(stored: &StoredEntry) -> Result<RecordLink, Fault> {
    let bytes = stored.file(RECORD).ok_or(Fault::Missing(RECORD))?;
    if let Ok(Versioned { schema }) = serde_json::from_slice(bytes)
        && ![EARLIER, SCHEMA].contains(&schema)
    {
        return Err(Fault::Schema(schema));
    }
    let entry: RecordEntry =
        serde_json::from_slice(bytes).map_err(|error| Fault::Unreadable(error.to_string()))?;
    match entry.bytes() {
        Ok(canonical) if canonical == bytes => {
            let (standing, signature) = (RecordStanding::Broken, RecordSignature::Unsigned);
            Ok(RecordLink {
                commit: stored.id.clone(),
                entry,
                digest: Digest::of(bytes),
                standing,
                signature,
            })
        }
        _ => Err(Fault::NotCanonical),
    }
}

#[derive(Deserialize)]
struct Versioned {
    schema: u32,
}

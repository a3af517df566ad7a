//! Version 1 of a snapshot of the protection of a branch. The order of the fields is their order in
//! the file, and the documentation of types and fields is that of the schema.
//!
//! A chain names each `snapshot.json` by its SHA-256, so this version gains no members, and a
//! reader refuses those that it does not know.

use crate::facts::v4::administration::AdministrationV4;
use crate::facts::v4::fact::FactV4;
use crate::facts::v4::protection::ProtectionV4;
use crate::form::{Form, Misshapen, MomentText, choices, objects};
use crate::text::{BranchText, CommitText, DigestText};
use portcullis_model::snapshot::{ProtectionLook, Snapshot, StoredLook};

/// The number in the member `schema`.
pub const VERSION: u32 = 1;

objects! {
    /// A snapshot of the protection of a branch, as `portcullis snapshot` stores it.
    ///
    /// Every member is always there; a member of another name is an error. What was asked and could
    /// not be seen is a `gap`, and never an empty list.
    SnapshotV1 = Snapshot {
        /// The version of this form.
        #[cfg_attr(test, schemars(extend("const" = VERSION)))]
        schema: u32,
        /// The branch, without `refs/heads/`.
        branch: BranchText,
        /// The number of the snapshot, counted from 1 for the first of its branch.
        number: u64,
        /// The SHA-256 of the `snapshot.json` before this one; null in the first.
        previous: Option<DigestText>,
        /// The kind of host.
        host: String,
        /// The repository, as its host names it.
        repository: String,
        /// When the host was asked, by the clock of the machine that asked: RFC 3339, in UTC and
        /// whole seconds.
        time: MomentText,
        /// The commit that the branch pointed to.
        tip: FactV4<CommitText>,
        /// What was seen.
        look: StoredLookV1,
        /// The program that asked, with its version.
        tool: String,
    }

    /// What was seen of the protection of a branch.
    ProtectionLookV1 = ProtectionLook {
        /// True when the host says that something protects the branch.
        protected: FactV4<bool>,
        /// What protects it.
        protection: FactV4<ProtectionV4>,
        /// Who can change that; null where it was not asked, because the host hides no bypass list.
        administration: Option<AdministrationV4>,
    }
}

choices! {
    /// What a snapshot holds of what was seen: only what differs is stored.
    StoredLookV1 = StoredLook {
        /// The look itself.
        New(look: Box<ProtectionLookV1>),
        /// What was seen is what an earlier snapshot holds.
        Same {
            /// The number of the newest snapshot that holds a look itself.
            number: u64,
            /// The SHA-256 of that look: of its JSON with two spaces and one line break at the end.
            digest: DigestText,
        },
    }
}

/// Writes a snapshot: JSON with the fields in their order, two spaces, one line break at the end.
///
/// # Errors
/// Those of the JSON writer; with these types there are none.
pub fn write_snapshot(snapshot: Snapshot) -> Result<Vec<u8>, serde_json::Error> {
    write_form(&SnapshotV1::of(snapshot))
}

/// Writes a look, in the same way.
///
/// # Errors
/// Those of the JSON writer; with these types there are none.
pub fn write_look(look: ProtectionLook) -> Result<Vec<u8>, serde_json::Error> {
    write_form(&ProtectionLookV1::of(look))
}

fn write_form(form: &impl serde::Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = serde_json::to_vec_pretty(form)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Reads a snapshot, whatever its version says.
///
/// # Errors
/// The bytes are not of this form.
pub fn read_snapshot(bytes: &[u8]) -> Result<Snapshot, Misshapen> {
    let form: SnapshotV1 = serde_json::from_slice(bytes).map_err(|error| Misshapen(error.to_string()))?;
    form.model()
}

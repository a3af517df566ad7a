//! Version 1 of the header of a manifest. The order of the fields is their order in the file, and
//! the documentation of types and fields is that of the schema.
//!
//! The types are the values that the program works with, too. A result names each header by its
//! SHA-256, so this version gains no members, and a reader refuses those that it does not know.

use crate::form::{Form as _, MomentText};
use crate::text::DigestText;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The number in the member `schema`.
pub const VERSION: u32 = 1;

/// How many buckets a manifest has: one for each first byte of a keyed key.
pub const BUCKETS: usize = 256;

/// What one extraction found, without a word of content: the rows lie beside it in 256 buckets as
/// keyed keys and keyed digests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "The header of a manifest, version 1"))]
#[serde(deny_unknown_fields)]
pub struct ManifestV1 {
    /// The version of this form.
    #[cfg_attr(test, schemars(extend("const" = VERSION)))]
    pub schema: u32,
    /// The name of the dataset in the policy.
    pub dataset: String,
    /// What the rows are.
    pub content: ManifestContentV1,
    /// Which records were asked for.
    pub scope: ManifestScopeV1,
    /// The state that the rows show: RFC 3339, in UTC and whole seconds.
    pub as_of: MomentText,
    /// How the rows hold together in time.
    pub isolation: ManifestIsolationV1,
    /// The key under which keys and digests were made: 16 hexadecimal digits that follow from it.
    pub key_id: String,
    /// The version of the canonical form of values.
    pub canonical: u32,
    /// The SHA-256 of the fields of the dataset and their rules.
    pub definition: DigestText,
    /// The SHA-256 of how the system was read: its connector with query or files, and the columns
    /// of the fields; null in what a comparison wrote.
    pub settings: Option<DigestText>,
    /// The version of the form of the rows.
    pub rows_form: u32,
    /// How many rows of the system were read. All of them are among `rows`, unless the scope has
    /// only some.
    pub read: u64,
    /// How many rows there are.
    pub rows: u64,
    /// How many rows the system itself said there are to read; null where it said nothing.
    pub announced: Option<u64>,
    /// The greatest sequence among the rows; null where rows have none.
    pub high_water: Option<i64>,
    /// False where the system tells no time of a row. It is then 0 in each.
    pub timed: bool,
    /// Rows for each operation.
    pub operations: OperationCountsV1,
    /// The fields that have a digest of 16 bits of their own in each row, in the order of the
    /// policy; empty where there are none.
    pub columns: Vec<String>,
    /// Reasons of a reject log, which its rows name by their place here; empty in other manifests.
    /// Names that the policy lists, and keyed codes.
    pub reasons: Vec<String>,
    /// The program that made it, with its version.
    pub generator: String,
    /// The 256 buckets, in order.
    #[cfg_attr(test, schemars(extend("minItems" = BUCKETS, "maxItems" = BUCKETS)))]
    pub buckets: Vec<ManifestBucketV1>,
}

/// Rows of a manifest for each operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OperationCountsV1 {
    /// New records; in a target, all of its records.
    pub upload: u64,
    /// Records that change.
    pub amend: u64,
    /// Records that go away.
    pub delete: u64,
}

/// One of the 256 parts of a manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ManifestBucketV1 {
    /// How many rows it has.
    pub rows: u64,
    /// Rows without a whole key. They are among `rows`.
    pub unkeyed: u64,
    /// Rows of which a value could not be put into its canonical form. They are among `rows`.
    pub incomparable: u64,
    /// Rows with a reserved key or the marker of test data. They are among `rows`.
    pub marked: u64,
    /// The sum of the second halves of all keys, as a decimal number: what an SQL engine gets as
    /// `sum(k2)`, in whatever order it reads the rows.
    pub key_sum: String,
    /// The sum of the second halves of all digests, as a decimal number: `sum(d2)`.
    pub digest_sum: String,
    /// How many records live after all operations of the source; in a target, `rows`.
    pub living: u64,
    /// The SHA-256 of keys and digests of the living records, sorted. Where it is equal on both
    /// sides, both hold the same records with the same content.
    pub state: DigestText,
    /// The SHA-256 of the rows of the bucket in the plain form.
    pub digest: DigestText,
    /// The SHA-256 of the digests of columns of the bucket; null where the manifest has none.
    pub columns: Option<DigestText>,
}

/// Words of a manifest's header.
macro_rules! header_words {
    ($($(#[$doc:meta])+ $name:ident { $($(#[$note:meta])+ $word:ident = $text:literal,)+ })+) => { $(
        $(#[$doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($(#[$note])+ $word,)+ }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $($name::$word => $text,)+ })
            }
        }
    )+ };
}

header_words! {
    /// What the rows of a manifest are.
    ManifestContentV1 {
        /// Operations that the source meant.
        Source = "source",
        /// Records that the target holds.
        Target = "target",
        /// Operations that the receiver refused, from its reject log. The first half of the digest
        /// is the place of the reason in `reasons`.
        Rejects = "rejects",
        /// Operations that the receiver answered. The first half of the digest is 1 where it
        /// accepted the operation, 2 where it only received it, and 0 where it refused it.
        Receipts = "receipts",
        /// Deleted records that a comparison saw to be gone, with the sequence of the deletion and
        /// the time of the target.
        Gone = "gone",
        /// Differences that a comparison saw. The first half of the digest is the number of the
        /// class, the time is when the difference was seen first.
        Breaks = "breaks",
    }

    /// How the rows of one extraction hold together in time.
    ManifestIsolationV1 {
        /// Nothing holds them together. Such a manifest confirms no difference.
        None = "none",
        /// A file, read whole while its size and time did not change.
        File = "file",
        /// A transaction that sees one state.
        Repeatable = "repeatable",
        /// A snapshot of the database.
        Snapshot = "snapshot",
    }
}

/// Which records an extraction asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum ManifestScopeV1 {
    /// All of them.
    Whole,
    /// Those that differed in a comparison, to confirm it.
    Only {
        /// The SHA-256 of the header of the manifest of breaks that lists them.
        breaks: DigestText,
    },
}

impl ManifestV1 {
    /// The state that the rows show, in seconds since 1970.
    #[must_use]
    pub fn as_of_second(&self) -> i64 {
        // A moment of a form is always one of the model.
        self.as_of.model().map_or(0, |moment| moment.as_second())
    }
}

/// Writes a header: JSON with the fields in their order, two spaces, one line break at the end.
///
/// # Errors
/// Those of the JSON writer; with these types there are none.
pub fn write_header(header: &ManifestV1) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = serde_json::to_vec_pretty(header)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Reads a header, whatever its version says.
///
/// # Errors
/// The bytes are not of this form.
pub fn read_header(bytes: &[u8]) -> Result<ManifestV1, serde_json::Error> {
    serde_json::from_slice(bytes)
}
